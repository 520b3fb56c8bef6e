//! `portcullis-perf latency`: connect, log on, play orders and cancels, log out, report.

use crate::Load;
use crate::drive::{Heard, Plan, Talk, drive};
use crate::fix::{Client, Identity};
use crate::floor::{self, Floors};
use crate::line::Line;
use crate::report::LatencyReport;
use anyhow::{Context, anyhow};
use clap::Args;
use std::net::SocketAddr;
use std::time::SystemTime;

/// The defaults are those of the demo venue (`portcullis serve`).
#[derive(Args, Debug)]
pub(crate) struct LatencyArgs {
    /// Where the venue takes FIX.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9001")]
    pub(crate) connect: SocketAddr,
    /// SenderCompID (49).
    #[arg(long, default_value = "CLIENT1")]
    session: String,
    /// Password (554). Default: the session's name in lower case.
    #[arg(long)]
    password: Option<String>,
    /// TargetCompID (56).
    #[arg(long, default_value = "PORTCULLIS")]
    venue: String,
    /// Symbol (55). Its book should be empty: an order that trades ends the run.
    #[arg(long, default_value = "ACME")]
    symbol: String,
    /// Measure the floor before and after, and say how far above it the venue is.
    #[arg(long)]
    with_floor: bool,
    #[command(flatten)]
    pub(crate) load: Load,
}

/// Runs it; returns what to print.
///
/// # Errors
/// No venue, a refused Logon, or any message that is not the expected answer.
pub(crate) fn run(args: &LatencyArgs) -> anyhow::Result<String> {
    let floor = || args.with_floor.then(|| floor::measure(&args.load)).transpose();
    let before = floor()?;
    let mut report = measure(args)?;
    report.floors = before.zip(floor()?).map(|(before, after)| Floors { before, after });
    Ok(if args.load.json { report.json().to_string() } else { report.text() })
}

fn measure(args: &LatencyArgs) -> anyhow::Result<LatencyReport> {
    let mut line = Line::connect(args.connect, args.load.spin).map_err(|error| {
        anyhow!(
            "no venue at {}: {error}\n  fix: start one with `portcullis serve` in another terminal, or \
             say where it is with --connect",
            args.connect
        )
    })?;
    let identity = Identity {
        session: args.session.clone(),
        password: args.password.clone().unwrap_or_else(|| args.session.to_lowercase()),
        venue: args.venue.clone(),
        symbol: args.symbol.clone(),
    };
    let mut client = Client::new(identity, SystemTime::now());
    let mut out = Vec::new();
    client.logon(&mut out)?;
    exchange(&mut line, &mut client, &mut out, Client::is_logged_on).with_context(|| {
        format!(
            "the venue refuses the Logon of {} (it does so without a word: is the password right, the \
             clock too, and is the session not logged on already?)",
            args.session
        )
    })?;

    let plan = Plan {
        rounds: args.load.orders,
        warmup: args.load.warmup,
        depth: args.load.depth,
        title: (!args.load.json).then_some("latency"),
    };
    let (bytes_out, bytes_in) = (line.bytes_out, line.bytes_in);
    let timings = drive(&mut line, &mut client, plan)?;
    let requests = (plan.rounds + plan.warmup) * Client::STEPS as u64;
    let message_bytes =
        ((line.bytes_out - bytes_out) / requests, (line.bytes_in - bytes_in) / requests);

    client.logout(&mut out)?;
    exchange(&mut line, &mut client, &mut out, Client::is_logged_out).context("logout")?;
    let [order, cancel] = <[_; Client::STEPS]>::try_from(timings.steps)
        .map_err(|_| anyhow!("a round is an order and a cancel"))?;
    let elapsed = timings.elapsed;
    Ok(LatencyReport { load: args.load, order, cancel, elapsed, message_bytes, floors: None })
}

/// Sends `out` and hears messages until `done`.
fn exchange(
    line: &mut Line,
    client: &mut Client,
    out: &mut Vec<u8>,
    done: impl Fn(&Client) -> bool,
) -> anyhow::Result<()> {
    while !done(client) {
        line.send(out)?;
        out.clear();
        match client.hear(line.received(), out)? {
            Heard::Incomplete => line.receive().map(drop)?,
            Heard::Aside { bytes } => line.take(bytes),
            Heard::Answer { number, .. } => {
                return Err(anyhow!("an answer to request {number}, which was not asked"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn args(connect: SocketAddr) -> LatencyArgs {
        LatencyArgs {
            connect,
            session: "CLIENT1".into(),
            password: None,
            venue: "PORTCULLIS".into(),
            symbol: "ACME".into(),
            with_floor: false,
            load: Load { orders: 1, warmup: 0, depth: 1, spin: false, json: true },
        }
    }

    #[test]
    fn without_a_venue_the_error_says_how_to_start_one() {
        // Bound, then free again: nobody listens there.
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = run(&args(nobody)).unwrap_err().to_string();
        assert!(error.contains("portcullis serve") && error.contains("--connect"), "{error}");
    }

    #[test]
    fn something_else_than_a_venue_is_an_error_not_a_wait() {
        use std::io::Write;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let other = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
            stream
        });
        let error = format!("{:#}", run(&args(address)).unwrap_err());
        assert!(error.contains("no FIX message"), "{error}");
        drop(other.join().unwrap());
    }
}

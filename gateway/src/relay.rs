//! `portcullis relay`: joins a feed and sends the same packets on, by multicast, to single addresses, or both.
//!
//! No venue is in it, and no state but which packets have passed: it may be started and stopped at any time, and
//! relays may follow relays. Which packet passes: `feed/relay.rs`.

use crate::feed::fanout::Fanout;
use crate::feed::relay::{Place, Relay};
use crate::io::udp::{MulticastReceiver, MulticastSender, UnicastSocket};
use crate::listen::{Heard, receive};
use anyhow::{Context, bail};
use marketdata::Line;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Packets between the receiving threads and the sending one.
const QUEUE_PACKETS_MAX: usize = 4096;
const TICK: Duration = Duration::from_millis(50);

/// Join a feed and send the same packets on: to other groups, or to single addresses.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "EXAMPLES:
  portcullis relay --unicast 10.1.0.7:9101 --unicast 10.1.0.8:9101
  portcullis relay --interface 10.0.0.2 --to-interface 10.2.0.1 --ttl 8 \\
      --to-a 239.255.43.1:9101 --to-b 239.255.43.2:9102 --to-snapshot 239.255.43.3:9103

Ctrl-C ends it and says how many packets have passed. Docs: docs/wire/feed.md.")]
pub struct RelayArgs {
    /// Group and port of line A.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.1:9101")]
    a: SocketAddrV4,
    /// Group and port of line B.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.2:9102")]
    b: SocketAddrV4,
    /// Group and port of the snapshots.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.3:9103")]
    snapshot: SocketAddrV4,
    /// Address of the network interface on which to join.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    interface: Ipv4Addr,
    /// Take only what this address has sent (source-specific multicast).
    #[arg(long, value_name = "ADDRESS")]
    source: Option<Ipv4Addr>,
    /// Send what comes on either line to this group.
    #[arg(long, value_name = "GROUP:PORT")]
    to_a: Option<SocketAddrV4>,
    /// And to this one.
    #[arg(long, value_name = "GROUP:PORT")]
    to_b: Option<SocketAddrV4>,
    /// Send snapshots to this group.
    #[arg(long, value_name = "GROUP:PORT")]
    to_snapshot: Option<SocketAddrV4>,
    /// Address of the network interface they leave by.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    to_interface: Ipv4Addr,
    /// Hops of what is sent to groups.
    #[arg(long, default_value_t = 0)]
    ttl: u8,
    /// Send everything to this address; may be given several times.
    #[arg(long, value_name = "ADDRESS:PORT")]
    unicast: Vec<SocketAddr>,
}

struct Outs {
    lines: Vec<MulticastSender>,
    snapshot: Option<MulticastSender>,
    socket: UnicastSocket,
    fanout: Fanout,
}

/// Relays until told to stop.
///
/// # Errors
/// A group cannot be joined or sent to, or there is nowhere to send anything.
pub fn run(args: &RelayArgs) -> anyhow::Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot catch Ctrl-C")?;
    }
    let mut outs = outs(args)?;
    let (queue, packets) = sync_channel(QUEUE_PACKETS_MAX);
    for (line, group) in [(Line::A, args.a), (Line::B, args.b), (Line::Snapshot, args.snapshot)] {
        let receiver = MulticastReceiver::join_from(group, args.interface, args.source)
            .with_context(|| format!("cannot join {group} on interface {}", args.interface))?;
        let (queue, stop) = (queue.clone(), Arc::clone(&stop));
        crate::io::thread::spawn("relay", move || receive(line, &receiver, &queue, &stop));
    }
    drop(queue);
    println!("relaying");
    let mut relay = Relay::default();
    while !stop.load(Ordering::Relaxed) {
        match packets.recv_timeout(TICK) {
            Ok(Heard::Packet(_, packet)) => pass(&mut relay, &packet, &mut outs),
            Ok(Heard::Cannot(_)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let counts = relay.counts();
    let dropped =
        outs.lines.iter().chain(&outs.snapshot).map(MulticastSender::dropped).sum::<u64>();
    println!(
        "passed {}, duplicates {}, unreadable {}, dropped {}",
        counts.passed,
        counts.duplicates,
        counts.unreadable,
        dropped + outs.socket.dropped()
    );
    Ok(ExitCode::SUCCESS)
}

fn outs(args: &RelayArgs) -> anyhow::Result<Outs> {
    let open = |group: SocketAddrV4| {
        MulticastSender::open(group, args.to_interface, args.ttl, true)
            .with_context(|| format!("cannot send to {group}"))
    };
    let lines = args.to_a.into_iter().chain(args.to_b).map(open).collect::<Result<Vec<_>, _>>()?;
    if lines.is_empty() && args.to_snapshot.is_none() && args.unicast.is_empty() {
        bail!("nowhere to send to: give --to-a, --to-b, --to-snapshot or --unicast");
    }
    for group in [args.to_a, args.to_b, args.to_snapshot].into_iter().flatten() {
        if [args.a, args.b, args.snapshot].contains(&group) {
            bail!("{group} is joined as well: every packet would come back");
        }
    }
    let own = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Ok(Outs {
        lines,
        snapshot: args.to_snapshot.map(open).transpose()?,
        socket: UnicastSocket::bind(own).context("cannot open a socket")?,
        fanout: Fanout::new(args.unicast.clone(), 0),
    })
}

fn pass(relay: &mut Relay, packet: &[u8], outs: &mut Outs) {
    let Some(place) = relay.place(packet) else { return };
    // What could not be sent is counted there.
    match (place, &outs.snapshot) {
        (Place::Lines, _) => outs.lines.iter().for_each(|line| {
            let _ = line.send(packet);
        }),
        (Place::Snapshot, Some(snapshot)) => {
            let _ = snapshot.send(packet);
        }
        (Place::Snapshot, None) => {}
    }
    outs.fanout.send(packet, &mut outs.socket);
}

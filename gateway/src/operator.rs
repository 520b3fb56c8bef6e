//! The operator's door to a running venue: `portcullis operate`, and the thread of the venue that it talks to.
//!
//! A line of words comes over a Unix socket in the data directory, which only its owner may open. It becomes one
//! command of the log like any other, of session 0, so it is replayed, replicated and kept; the engine's answer
//! comes back out of the event ring, by way of the gateway. The thread is a cold one, and nobody waits for it.

mod words;

use crate::connection::Ring;
use crate::io::local::{LocalListener, LocalStream};
use crate::rings::CommandSender;
use anyhow::{Context, bail};
use sbe_schemas::header::text;
use sbe_schemas::types::{AdminResult, CommandHead};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Gateway of the commands that come from here; the number of no gateway.
pub const OPERATOR: u16 = u16::MAX;
/// Answers on their way.
pub const ANSWERS_MAX: usize = 64;
const SOCKET: &str = "operator.sock";
const TICK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a command.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// As the command had it.
    pub ticket: u32,
    /// What the engine says.
    pub result: AdminResult,
    /// Orders that have ended.
    pub affected: u32,
}

/// Numbers of what has names, as the log has them: a name's place, plus 1.
pub struct Names {
    symbols: Vec<String>,
    sessions: Vec<String>,
}

impl Names {
    /// Of what is defined.
    pub fn of(engine: &engine::Engine) -> Self {
        let name = |padded: &[u8]| String::from_utf8_lossy(text(padded)).into_owned();
        Self {
            symbols: engine.instruments().iter().map(|i| name(&i.symbol)).collect(),
            sessions: engine.sessions().iter().map(|s| name(&s.comp_id)).collect(),
        }
    }
}

/// The venue's side.
pub struct Operator {
    listener: LocalListener,
    names: Names,
    commands: CommandSender,
    answers: rtrb::Consumer<Answer>,
    tickets: u32,
}

impl Operator {
    /// Listening in the data directory.
    ///
    /// # Errors
    /// The socket cannot be made there.
    pub fn open(
        data: &Path,
        names: Names,
        commands: CommandSender,
        answers: rtrb::Consumer<Answer>,
    ) -> anyhow::Result<Self> {
        let path = data.join(SOCKET);
        let listener = LocalListener::open(&path)
            .with_context(|| format!("{}: cannot listen for the operator", path.display()))?;
        Ok(Self { listener, names, commands, answers, tickets: 0 })
    }

    /// Until the venue stops.
    pub fn run(mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Acquire) {
            match self.listener.accept(PATIENCE) {
                None => std::thread::sleep(TICK),
                Some(mut stream) => {
                    if let Ok(line) = stream.read_line() {
                        let _ = stream.write_line(&self.obey(&line, stop).to_string());
                    }
                }
            }
        }
    }

    fn obey(&mut self, line: &str, stop: &AtomicBool) -> serde_json::Value {
        self.tickets += 1;
        let head = CommandHead {
            gateway: OPERATOR.into(),
            conn_generation: self.tickets.into(),
            ..CommandHead::ZERO
        };
        let slot = match words::command(line, head, &self.names) {
            Ok(slot) => slot,
            Err(error) => return serde_json::json!({"ok": false, "error": error.to_string()}),
        };
        if !self.commands.offer(slot.bytes()) {
            return serde_json::json!({"ok": false, "error": "the engine takes nothing now; try again"});
        }
        self.commands.ring_bell();
        let since = Instant::now();
        while since.elapsed() < PATIENCE && !stop.load(Ordering::Acquire) {
            while let Ok(answer) = self.answers.pop() {
                if answer.ticket == self.tickets {
                    let (result, affected) = (format!("{:?}", answer.result), answer.affected);
                    let ok = answer.result == AdminResult::Done;
                    return serde_json::json!({"ok": ok, "result": result, "affected": affected});
                }
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        serde_json::json!({"ok": false, "error": "no answer came: it may have been done; ask the feed or a drop copy"})
    }
}

/// Tell a running venue what to do: phases, prices, mass cancels and blocks, deposits, busts.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = words::HELP)]
pub struct OperateArgs {
    /// Data directory of the running venue.
    #[arg(long, value_name = "DIR", default_value = "portcullis-data")]
    data: PathBuf,
    /// Say the answer as JSON.
    #[arg(long)]
    json: bool,
    /// What to do.
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
}

/// Says it and prints what became of it.
///
/// # Errors
/// The venue cannot be reached, or it does not take these words.
pub fn run(args: &OperateArgs) -> anyhow::Result<ExitCode> {
    let path = args.data.join(SOCKET);
    let mut stream = LocalStream::connect(&path, PATIENCE + TICK).with_context(|| {
        format!(
            "{}: nobody listens there: is the venue running, and is this its --data?",
            path.display()
        )
    })?;
    stream.write_line(&args.words.join(" "))?;
    let line = stream.read_line().context("the venue has not answered")?;
    let answer: serde_json::Value =
        serde_json::from_str(&line).context("the venue has answered with something else")?;
    let ok = answer["ok"] == true;
    if args.json {
        println!("{answer}");
    } else if let Some(error) = answer["error"].as_str() {
        bail!("{error}");
    } else {
        match (answer["result"].as_str().unwrap_or_default(), answer["affected"].as_u64()) {
            ("Done", Some(0) | None) => println!("done"),
            ("Done", Some(count)) => println!("done: {count} orders ended"),
            (result, _) => println!("refused: {result}"),
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! The `portcullis` binary: words of the command line, and who does them.
#![forbid(unsafe_code)]

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use gateway::config::{Config, DEMO, Placement, Transport};
use gateway::journal::Durability;
use gateway::{doctor, listen, operator, relay, tools, venue};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// An exchange core: FIX 4.4 order entry, matching, a durable log, market data by multicast.
///
/// `portcullis serve` runs the demo venue at once: FIX on 127.0.0.1:9001 (TargetCompID PORTCULLIS,
/// sessions CLIENT1 to CLIENT8, password = the session's name in lower case), data in
/// ./portcullis-data. `portcullis listen --book` watches its market data.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a venue until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Check a configuration and say what is wrong with it.
    Check {
        /// TOML file.
        config: PathBuf,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Join the feed: print it, verify it, build books.
    Listen(listen::ListenArgs),
    /// Join a feed and send the same packets on.
    Relay(relay::RelayArgs),
    Operate(operator::OperateArgs),
    Journal(tools::JournalArgs),
    Snapshot(tools::SnapshotArgs),
    /// What this host could do better: place, processors, memory, network; each with its fix.
    Doctor(doctor::DoctorArgs),
    /// Read a password from standard input and print the hash for a configuration.
    HashPassword,
}

/// Without CONFIG the built-in demo venue runs.
#[derive(clap::Args)]
struct Serve {
    /// TOML file; `--print-config` prints one to start from.
    config: Option<PathBuf>,
    /// Print the built-in configuration, commented, and exit.
    #[arg(long)]
    print_config: bool,
    /// Data directory: journal, snapshots and outboxes.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// When a command counts as committed.
    #[arg(long)]
    durability: Option<Durability>,
    /// Back end of the connections.
    #[arg(long)]
    transport: Option<Transport>,
    /// Which hot threads there are.
    #[arg(long)]
    placement: Option<Placement>,
    /// Needed with `--durability none`.
    #[arg(long)]
    i_accept_loss: bool,
}

/// The tables of an engine are large and read at random.
#[global_allocator]
static MEMORY: gateway::io::huge::HugePages = gateway::io::huge::HugePages;

fn main() -> ExitCode {
    gateway::io::huge::map_buffers();
    die_with_any_thread();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let result = match Arguments::parse().command {
        Command::Serve(serve) => run(&serve),
        Command::Check { config, json } => check(&config, json),
        Command::Listen(args) => listen::run(&args),
        Command::Relay(args) => relay::run(&args),
        Command::Operate(args) => operator::run(&args),
        Command::Journal(args) => tools::run(&args),
        Command::Snapshot(args) => tools::run_snapshot(&args),
        Command::Doctor(args) => doctor::run(&args, &mut std::io::stdout()),
        Command::HashPassword => hash_password(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portcullis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What one thread finds impossible no other may go on after, however this was built.
#[expect(clippy::disallowed_methods, reason = "the hook before it has said why")]
fn die_with_any_thread() {
    let says = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        says(panic);
        std::process::abort();
    }));
}

fn run(serve: &Serve) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    if serve.print_config {
        out.write_all(DEMO.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut config = match &serve.config {
        Some(path) => Config::read(path)?,
        None => Config::demo(),
    };
    if let Some(data) = &serve.data {
        config.host.data.clone_from(data);
    }
    config.host.durability = serve.durability.unwrap_or(config.host.durability);
    config.host.transport = serve.transport.unwrap_or(config.host.transport);
    config.host.placement = serve.placement.unwrap_or(config.host.placement);
    if config.host.durability == Durability::None && !serve.i_accept_loss {
        bail!(
            "durability `none` promises nothing: after any crash acknowledged orders may be gone. Use \
             `process` or `disk`, or say --i-accept-loss"
        );
    }
    venue::serve(&config, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

fn check(path: &std::path::Path, json: bool) -> anyhow::Result<ExitCode> {
    match Config::read(path) {
        Ok(config) => {
            let (instruments, sessions) = (config.instrument.len(), config.session.len());
            if json {
                let told = serde_json::json!({
                    "ok": true, "file": config.file, "instruments": instruments, "sessions": sessions,
                });
                println!("{told}");
            } else {
                println!("{}: fine: {instruments} instruments, {sessions} sessions", config.file);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            if json {
                let told = serde_json::json!({
                    "ok": false, "file": error.file, "key": error.key,
                    "problem": error.problem, "fix": error.fix,
                });
                println!("{told}");
            } else {
                eprintln!("{error}");
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn hash_password() -> anyhow::Result<ExitCode> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).context("cannot read standard input")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.len() > 64 {
        bail!("give a password of 1 to 64 bytes on standard input");
    }
    println!("{}", gateway::auth::hash(password)?);
    Ok(ExitCode::SUCCESS)
}

//! A venue of our own for `--start`: the `portcullis` beside this binary, as a child process.
//!
//! Its configuration is the demo venue's with free ports, multicast groups of its own, rates that are in
//! nobody's way, and as many sessions as are wanted: SESSION1, SESSION2 …, whose password or key is the name
//! in lower case. It ends with its `Venue`, and so does its data.

use crate::floor::Under;
use crate::latency::Protocol;
use crate::skeleton::Shape;
use anyhow::{Context, bail, ensure};
use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use clap::Args;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Names of its sessions begin so.
pub(crate) const SESSION: &str = "SESSION";
/// Accounts and firms of the demo venue; sessions share them.
const ACCOUNTS: usize = 8;
/// Sessions and connections that nobody asked for: those of the demo.
const DEMO_SESSIONS: usize = 64;

/// How to start one.
#[derive(Args, Clone, Debug)]
pub(crate) struct StartArgs {
    /// Start a venue for this run: `portcullis` beside this binary, free ports, data of its own.
    #[arg(long)]
    pub(crate) start: bool,
    /// Of the started venue: what a command waits for. disk, process or none.
    #[arg(long, value_name = "WORD", default_value = "disk", requires = "start")]
    pub(crate) durability: String,
    /// Of the started venue: fused, split or auto.
    #[arg(long, value_name = "WORD", default_value = "auto", requires = "start")]
    pub(crate) placement: String,
    /// Of the started venue: uring, mio or auto.
    #[arg(long, value_name = "WORD", default_value = "auto", requires = "start")]
    pub(crate) transport: String,
    /// Where the started venue keeps its data; `disk` is as fast as this device. Default: the system's temporary directory.
    #[arg(long, value_name = "DIR", requires = "start")]
    pub(crate) data: Option<PathBuf>,
}

/// A child that serves.
pub(crate) struct Venue {
    child: Child,
    /// Where it takes FIX.
    pub(crate) fix: SocketAddr,
    /// Where it takes SBE.
    pub(crate) sbe: SocketAddr,
    /// Lines A of its feed.
    pub(crate) feed_a: SocketAddrV4,
    /// Where it answers for old messages of its feed.
    pub(crate) replay: Option<SocketAddr>,
    /// What it said of itself: durability, placement, transport.
    pub(crate) described: Vec<String>,
    /// Its data are there until it ends.
    pub(crate) directory: PathBuf,
}

impl Venue {
    /// Starts one with so many sessions that speak `protocol`, and waits until it serves.
    ///
    /// # Errors
    /// No `portcullis` beside this binary, or it does not start; it says why on stderr.
    pub(crate) fn start(
        args: &StartArgs,
        protocol: Protocol,
        sessions: usize,
    ) -> anyhow::Result<Self> {
        Self::start_from(args, |demo| config(demo, protocol, sessions))
    }

    /// The same, and it answers for old messages of its feed.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn start_with_replay(
        args: &StartArgs,
        protocol: Protocol,
        sessions: usize,
    ) -> anyhow::Result<Self> {
        let replay = |demo: &str| {
            let of_demo = "# replay = \"127.0.0.1:9104\"";
            ensure!(demo.contains(of_demo), "the demo's configuration has no `{of_demo}`");
            Ok(demo.replace(of_demo, "replay = \"127.0.0.1:0\""))
        };
        Self::start_from(args, |demo| config(&replay(demo)?, protocol, sessions))
    }

    fn start_from(
        args: &StartArgs,
        config: impl FnOnce(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("portcullis");
        ensure!(
            binary.exists(),
            "no venue to start: {} is missing\n  fix: cargo build --release -p gateway, or start one \
             elsewhere and use --connect",
            binary.display()
        );
        let parent = args.data.clone().unwrap_or_else(std::env::temp_dir);
        let directory = parent.join(format!("portcullis-perf-{}", std::process::id()));
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let file = directory.join("venue.toml");
        let config = config(&demo(&binary)?)?;
        std::fs::write(&file, config)?;
        let mut child = Command::new(&binary)
            .arg("serve")
            .arg(&file)
            .arg("--data")
            .arg(directory.join("data"))
            .args(["--durability", &args.durability])
            .args(["--placement", &args.placement])
            .args(["--transport", &args.transport])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let stdout = child.stdout.take().context("its output is a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        let mut said = Vec::new();
        let ready = loop {
            match lines.next() {
                Some(Ok(line)) if line == "ready" => break true,
                Some(Ok(line)) => said.push(line),
                _ => break false,
            }
        };
        // Keeps the pipe open and empty until the venue ends.
        std::thread::spawn(move || lines.count());
        let mut venue = Self {
            child,
            directory,
            fix: SocketAddr::from(([127, 0, 0, 1], 0)),
            sbe: SocketAddr::from(([127, 0, 0, 1], 0)),
            feed_a: SocketAddrV4::new([0, 0, 0, 0].into(), 0),
            replay: None,
            described: Vec::new(),
        };
        if !ready {
            bail!("the venue did not start; what it said is above");
        }
        venue.fix = told(&said, "FIX 4.4", 0)?;
        venue.sbe = told(&said, "SBE", 0)?;
        venue.feed_a = told(&said, "feed", 1)?;
        venue.replay = told(&said, "replay", 0).ok();
        let words = ["durability", "transport", "placement"];
        let of_interest =
            |line: &&String| words.iter().any(|word| line.trim_start().starts_with(word));
        venue.described = said.iter().filter(of_interest).map(|l| l.trim().to_owned()).collect();
        Ok(venue)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The floor that fits it: a skeleton like it, and a durable write where it waits for one.
    ///
    /// # Errors
    /// It has not said what it is.
    pub(crate) fn floor(&self) -> anyhow::Result<Under> {
        let word = |label| told::<String>(&self.described, label, 0);
        let shape = if word("placement")? == "split" { Shape::Split } else { Shape::Fused };
        let waits = word("durability")?.trim_end_matches(':') == "disk";
        let writes_in = waits.then(|| self.directory.clone());
        Ok(Under { shape: Some(shape), transport: word("transport")?, writes_in })
    }

    /// Where it takes `protocol`.
    pub(crate) fn address(&self, protocol: Protocol) -> SocketAddr {
        if protocol == Protocol::Fix { self.fix } else { self.sbe }
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The word that follows `label`, and `skip` words more, where the venue said it.
fn told<T: std::str::FromStr>(said: &[String], label: &str, skip: usize) -> anyhow::Result<T> {
    let line = said.iter().find_map(|line| line.trim_start().strip_prefix(label));
    let word = line.and_then(|rest| rest.split_whitespace().nth(skip));
    word.and_then(|word| word.trim_end_matches(',').parse().ok())
        .with_context(|| format!("the venue does not say where its {label} is"))
}

fn demo(binary: &Path) -> anyhow::Result<String> {
    let printed = Command::new(binary).args(["serve", "--print-config"]).output()?;
    ensure!(printed.status.success(), "{} has no --print-config", binary.display());
    Ok(String::from_utf8(printed.stdout)?)
}

/// The demo's configuration with what `--start` needs.
fn config(demo: &str, protocol: Protocol, sessions: usize) -> anyhow::Result<String> {
    let most = sessions + DEMO_SESSIONS;
    let pid = std::process::id();
    let groups = format!("239.{}.{}.", 192 + pid / 256 % 60, pid % 256);
    let mut text = demo.to_owned();
    for (from, to) in [
        ("127.0.0.1:9001", "127.0.0.1:0".to_owned()),
        ("127.0.0.1:9002", "127.0.0.1:0".to_owned()),
        ("127.0.0.1:9003", "127.0.0.1:0".to_owned()),
        ("239.255.42.", groups),
        // That of orders comes first, that of market data stays.
        ("connections_max = 64", format!("connections_max = {most}")),
        ("sessions_max = 64", format!("sessions_max = {most}")),
        ("rate_soft = 50000", "rate_soft = 100000000".to_owned()),
        ("rate_hard = 100000", "rate_hard = 100000000".to_owned()),
        ("history_mib = 4096", "history_mib = 256".to_owned()),
    ] {
        ensure!(text.contains(from), "the demo's configuration has no `{from}`");
        let times = if from.starts_with("239") { usize::MAX } else { 1 };
        text = text.replacen(from, &to, times);
    }
    for n in 1..=sessions {
        let (name, account) = (format!("{SESSION}{n}"), (n - 1) % ACCOUNTS + 1);
        let secret = secret_of(&name.to_lowercase(), protocol)?;
        text += &format!(
            "\n[[session]]\ncomp_id = \"{name}\"\naccount = \"CLIENT{account}\"\nfirm = {account}\n{secret}\n"
        );
    }
    Ok(text)
}

/// A password is hashed as cheaply as Argon2 allows: a thousand log on, and nothing here is secret.
fn secret_of(secret: &str, protocol: Protocol) -> anyhow::Result<String> {
    if protocol == Protocol::Sbe {
        return Ok(format!("protocol = \"sbe\"\nhmac_key = \"text:{secret}\""));
    }
    let cheap = Params::new(8, 1, 1, None).context("parameters")?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    let hash = hasher.hash_password(secret.as_bytes()).context("a password's hash")?;
    Ok(format!("password_hash = \"{hash}\""))
}

/// Resident memory of a process, KiB.
///
/// # Errors
/// No such process here.
pub(crate) fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("no process {pid}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kib.context("a process without VmRSS")
}

/// Time that all threads of a process have been on a core, nanoseconds.
///
/// # Errors
/// No such process here.
pub(crate) fn cpu_ns(pid: u32) -> anyhow::Result<u64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))
        .with_context(|| format!("no process {pid}"))?;
    let of_task = |task: std::fs::DirEntry| -> Option<u64> {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    Ok(tasks.filter_map(Result::ok).filter_map(of_task).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_venue_says_is_found() {
        let said = [
            "  FIX 4.4     127.0.0.1:39001 · TargetCompID PORTCULLIS".to_owned(),
            "  feed        A 239.255.42.1:9101 · B 239.255.42.2:9102 · snapshot".to_owned(),
        ];
        assert_eq!(told::<SocketAddr>(&said, "FIX 4.4", 0).unwrap().port(), 39_001);
        assert_eq!(told::<SocketAddrV4>(&said, "feed", 1).unwrap().port(), 9101);
        assert!(told::<SocketAddr>(&said, "SBE", 0).is_err());
    }

    #[test]
    fn a_process_has_memory_and_has_used_time() {
        let pid = std::process::id();
        assert!(resident_kib(pid).unwrap() > 100);
        let mut n = 0_u64;
        let began = cpu_ns(pid).unwrap();
        while cpu_ns(pid).unwrap() == began {
            n += 1;
        }
        assert!(n < u64::MAX);
        assert!(resident_kib(u32::MAX).is_err());
    }
}

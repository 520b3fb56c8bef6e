//! The binary as a child process that is killed, stopped and started again on the same data.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How a venue runs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub durability: &'static str,
    pub transport: &'static str,
    pub placement: &'static str,
    /// Commands between two snapshots; 0: none.
    pub snapshot_commands: u64,
    /// What must be free for orders to be taken.
    pub disk_reserve_mib: u64,
}

/// Every one there is.
pub const MATRIX: [Options; 8] = [
    Options {
        durability: "disk",
        transport: "uring",
        placement: "fused",
        snapshot_commands: 40,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "process",
        transport: "mio",
        placement: "split",
        snapshot_commands: 0,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "process",
        transport: "uring",
        placement: "fused",
        snapshot_commands: 0,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "disk",
        transport: "mio",
        placement: "split",
        snapshot_commands: 40,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "disk",
        transport: "uring",
        placement: "split",
        snapshot_commands: 40,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "process",
        transport: "mio",
        placement: "fused",
        snapshot_commands: 0,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "disk",
        transport: "mio",
        placement: "fused",
        snapshot_commands: 0,
        disk_reserve_mib: 0,
    },
    Options {
        durability: "process",
        transport: "uring",
        placement: "split",
        snapshot_commands: 40,
        disk_reserve_mib: 0,
    },
];

static VENUES: AtomicU32 = AtomicU32::new(0);

pub struct Venue {
    child: Option<Child>,
    pub address: String,
    /// Has `venue.toml`, `data` and `stderr.txt`.
    pub directory: PathBuf,
    pub data: PathBuf,
    /// The first three bytes of its multicast groups.
    groups: String,
    options: Options,
    keep: bool,
}

impl Venue {
    /// The demo venue, with less memory and a free port; not started yet.
    pub fn new(name: &str, options: Options) -> Self {
        let (pid, number) = (std::process::id(), VENUES.fetch_add(1, Ordering::Relaxed));
        let directory =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{pid}-{number}"));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        // Other tests on this host have groups of their own.
        let groups = format!("239.{}.{}.", 192 + number % 50, pid % 251);
        let reserve = format!("disk_reserve_mib = {}", options.disk_reserve_mib);
        let snapshots = format!("snapshot_commands = {}", options.snapshot_commands);
        let config = gateway::config::DEMO
            .replace("127.0.0.1:9001", "127.0.0.1:0")
            .replace("127.0.0.1:9002", "127.0.0.1:0")
            .replace("127.0.0.1:9003", "127.0.0.1:0")
            .replace("239.255.42.", &groups)
            .replace("orders_max = 262144", "orders_max = 20000")
            .replace("pages_max = 16384", "pages_max = 4096")
            .replace("snapshot_commands = 1000000", &snapshots)
            .replace("disk_reserve_mib = 256", &reserve)
            // Messages are written long before a slow host gets to read them.
            .replace("sending_time_tolerance_s = 120", "sending_time_tolerance_s = 3600");
        std::fs::write(directory.join("venue.toml"), config).unwrap();
        let data = directory.join("data");
        let address = String::new();
        Self { child: None, address, directory, data, groups, options, keep: false }
    }

    /// Group and port of line A or B.
    pub fn group(&self, line: usize) -> std::net::SocketAddrV4 {
        format!("{}{}:{}", self.groups, line + 1, 9101 + line).parse().unwrap()
    }

    /// Begins to start; [`Self::await_ready`] waits for it.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "one at a time");
        let Options { durability, transport, placement, snapshot_commands: _, disk_reserve_mib: _ } =
            self.options;
        let stderr =
            File::options().create(true).append(true).open(self.directory.join("stderr.txt"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("serve").arg(self.directory.join("venue.toml")).arg("--data").arg(&self.data);
        command.args(["--durability", durability, "--transport", transport]);
        command.args(["--placement", placement]);
        command.stdout(Stdio::piped()).stderr(stderr.unwrap());
        self.child = Some(command.spawn().unwrap());
    }

    /// `false`: it ended instead; [`Self::stderr`] says why.
    pub fn await_ready(&mut self) -> bool {
        let stdout = self.child.as_mut().unwrap().stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        for line in &mut lines {
            let line = line.unwrap();
            if let Some(rest) = line.trim().strip_prefix("FIX 4.4") {
                self.address = rest.split_whitespace().next().unwrap().to_owned();
            }
            if line == "ready" {
                std::thread::spawn(move || lines.count()); // Keeps the pipe open and empty.
                return true;
            }
        }
        false
    }

    pub fn start(&mut self) {
        self.spawn();
        assert!(self.await_ready(), "the venue did not start: {}", self.stderr());
    }

    /// What it has written to standard error in all its lives.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.directory.join("stderr.txt")).unwrap_or_default()
    }

    /// Its end by itself, if it has come.
    pub fn has_ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.as_mut().unwrap().try_wait().unwrap()
    }

    pub fn kill_9(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends `STOP`, `CONT` or `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Of the process that runs.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits for an end in good order.
    pub fn wait_for_exit(&mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.has_ended() {
                self.child = None;
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the venue does not stop");
    }

    /// `portcullis journal WHAT DATA …`
    pub fn journal(&self, what: &str, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["journal", what]).arg(&self.data).args(words).output().unwrap()
    }

    /// The same, of which every line is JSON.
    pub fn journal_json(&self, what: &str, words: &[&str]) -> (i32, Vec<serde_json::Value>) {
        let output = self.journal(what, &[words, &["--json"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        (output.status.code().unwrap(), lines)
    }

    /// The directory stays when this is dropped: somebody will want to look at it.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if !std::thread::panicking() && !self.keep {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

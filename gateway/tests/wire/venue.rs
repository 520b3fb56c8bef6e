//! The binary as a child process with ports and a data directory of its own.

use crate::peer::Peer;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub const MATRIX: [(&str, &str); 4] =
    [("uring", "fused"), ("uring", "split"), ("mio", "fused"), ("mio", "split")];

static VENUES: AtomicU16 = AtomicU16::new(0);

pub struct Venue {
    child: Child,
    address: String,
    /// Of binary order entry.
    pub sbe_address: String,
    market_data: String,
    /// Where old messages of its feed are; empty: nowhere.
    replay: String,
    directory: PathBuf,
    /// The first three bytes of its multicast groups.
    groups: String,
    transport: String,
    placement: String,
}

impl Venue {
    /// The demo venue on a free port, changed by `change`.
    pub fn start(transport: &str, placement: &str, change: impl Fn(String) -> String) -> Self {
        let number = VENUES.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let directory =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("wire-{pid}-{number}"));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let groups = format!("239.255.{}.", 50 + (pid as u16 % 4) * 50 + number % 50);
        let demo = gateway::config::DEMO
            .replace("127.0.0.1:9001", "127.0.0.1:0")
            .replace("127.0.0.1:9002", "127.0.0.1:0")
            .replace("127.0.0.1:9003", "127.0.0.1:0")
            .replace("239.255.42.", &groups)
            // Messages are written long before a slow host gets to read them.
            .replace("sending_time_tolerance_s = 120", "sending_time_tolerance_s = 3600");
        std::fs::write(directory.join("venue.toml"), change(demo)).unwrap();
        let (transport, placement) = (transport.to_owned(), placement.to_owned());
        let mut venue = Self {
            child: Self::command(&directory, &transport, &placement).spawn().unwrap(),
            address: String::new(),
            sbe_address: String::new(),
            market_data: String::new(),
            replay: String::new(),
            directory,
            groups,
            transport,
            placement,
        };
        venue.await_ready();
        venue
    }

    fn command(directory: &std::path::Path, transport: &str, placement: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("serve").arg(directory.join("venue.toml"));
        command.arg("--data").arg(directory.join("data"));
        command.args(["--transport", transport, "--placement", placement]);
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        command
    }

    fn await_ready(&mut self) {
        let mut lines = BufReader::new(self.child.stdout.take().unwrap()).lines();
        for line in &mut lines {
            let line = line.unwrap();
            if let Some(rest) = line.trim().strip_prefix("FIX 4.4") {
                self.address = rest.split_whitespace().next().unwrap().to_owned();
            }
            if let Some(rest) = line.trim().strip_prefix("SBE ") {
                self.sbe_address = rest.split_whitespace().next().unwrap().to_owned();
            }
            if let Some(rest) = line.trim().strip_prefix("FIX data") {
                self.market_data = rest.trim().to_owned();
            }
            if let Some(rest) = line.trim().strip_prefix("replay ") {
                self.replay = rest.trim().split(',').next().unwrap().to_owned();
            }
            if line == "ready" {
                std::thread::spawn(move || lines.count()); // Keeps the pipe open and empty.
                return;
            }
        }
        panic!("the venue did not start");
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Of market data over FIX.
    pub fn market_data(&self) -> &str {
        &self.market_data
    }

    pub fn replay(&self) -> &str {
        &self.replay
    }

    /// Group and port of line A or B.
    pub fn group(&self, line: usize) -> std::net::SocketAddrV4 {
        format!("{}{}:{}", self.groups, line + 1, 9101 + line).parse().unwrap()
    }

    pub fn connect(&self, comp_id: &str) -> Peer {
        Peer::connect(self.address(), comp_id)
    }

    pub fn log_on(&self, comp_id: &str) -> Peer {
        let mut peer = self.connect(comp_id);
        peer.log_on();
        peer
    }

    pub fn kill_9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    pub fn wait_for_exit(&mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the venue does not stop");
    }

    /// Changes the file that the next start reads.
    pub fn reconfigure(&self, change: impl Fn(String) -> String) {
        let path = self.directory.join("venue.toml");
        std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// The same data, perhaps another port.
    pub fn restart(&mut self) {
        let mut command = Self::command(&self.directory, &self.transport, &self.placement);
        self.child = command.spawn().unwrap();
        self.await_ready();
    }

    /// A subscriber of its feed, as a process.
    pub fn listen(&self, words: &[&str]) -> Listener {
        let group = |n: u8, port: u16| format!("{}{n}:{port}", self.groups);
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("listen").args(["--a", &group(1, 9101), "--b", &group(2, 9102)]);
        command.args(["--snapshot", &group(3, 9103)]).args(words);
        Listener(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// What a second process on the same data directory says.
    pub fn start_another(&self) -> String {
        let mut command = Self::command(&self.directory, &self.transport, &self.placement);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

pub struct Listener(Child);

impl Listener {
    /// Waits for its end, which must be a success; what it printed.
    pub fn lines(self) -> Vec<serde_json::Value> {
        let output = self.0.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The OrderIDs of a book as it printed them, at its end.
    pub fn orders(self, symbol: &str) -> Vec<String> {
        let lines = self.lines();
        let orders = lines.iter().filter(|l| l["type"] == "order" && l["symbol"] == symbol);
        orders.map(|line| line["orderId"].to_string()).collect()
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

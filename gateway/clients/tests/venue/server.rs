//! The `portcullis` binary as a child process, with ports and a directory of its own.
//!
//! It is built by the cargo that runs this test, into the same target directory, so that what is
//! tested is never older than the sources. Every wait has an end; a child that is left is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
/// Below the ports that the kernel hands out: a client that tries to connect while the venue is
/// down must never be given the venue's port as its own, and so meet itself.
const PORTS: std::ops::Range<u16> = 10_000..30_000;
/// Venues that one process may have at once.
const SERVERS_MAX: u16 = 8;

static SERVERS: AtomicU16 = AtomicU16::new(0);

/// How a venue is run.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub transport: &'static str,
    pub placement: &'static str,
    pub durability: &'static str,
}

pub struct Server {
    child: Child,
    way: Way,
    /// Configuration, data, what the venue had to say, and the clients' stores.
    pub directory: PathBuf,
    pub port: u16,
    /// Of market data.
    pub market_data_port: u16,
}

impl Server {
    /// The demo venue, on ports of its own.
    pub fn start(way: Way) -> Self {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let directory =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("quickfix-{pid}-{number}"));
        std::fs::create_dir_all(&directory).unwrap();
        let [port, market_data_port] = free_ports(pid, number);
        let configuration = configuration([port, market_data_port], pid, number);
        std::fs::write(directory.join("venue.toml"), configuration).unwrap();
        let child = spawn(way, &directory);
        let mut server = Self { child, way, directory, port, market_data_port };
        server.await_ready();
        server
    }

    fn await_ready(&mut self) {
        let stdout = self.child.stdout.take().unwrap();
        let (tell, hear) = channel();
        std::thread::spawn(move || {
            // Reads to the end, so that the child never writes into a closed pipe.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match hear.recv_timeout(left) {
                Ok(line) if line == "ready" => return,
                Ok(_) => {}
                Err(why) => {
                    let log = std::fs::read_to_string(self.directory.join("stderr.log"));
                    let log = log.unwrap_or_default();
                    let ended = why == RecvTimeoutError::Disconnected;
                    let what = if ended { "ended before" } else { "took too long until" };
                    panic!("the venue {what} `ready` ({:?})\n{log}", self.way);
                }
            }
        }
    }

    /// The end that a power button would give it.
    pub fn kill_9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same data, the same port.
    pub fn restart(&mut self) {
        self.child = spawn(self.way, &self.directory);
        self.await_ready();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// The code it exits with.
    pub fn await_exit(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the venue does not stop ({:?})", self.way);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("left for a look: {}", self.directory.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

fn spawn(way: Way, directory: &Path) -> Child {
    let log = directory.join("stderr.log");
    let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
    let mut command = Command::new(binary());
    command.arg("serve").arg(directory.join("venue.toml"));
    command.arg("--data").arg(directory.join("data"));
    command.args(["--transport", way.transport, "--placement", way.placement]);
    command.args(["--durability", way.durability]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
}

/// The binary beside this test, built if it is not there or not current.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // …/target/debug/deps/venue-…
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "gateway", "--bin", "portcullis"]);
        build.arg("--target-dir").arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        let binary = profile.join("portcullis");
        assert!(
            built.is_ok_and(|status| status.success()) && binary.exists(),
            "no {}: build it with `cargo build -p gateway`",
            binary.display()
        );
        binary
    })
}

/// The built-in configuration with other addresses.
fn configuration([port, market_data_port]: [u16; 2], pid: u32, number: u16) -> String {
    let printed = Command::new(binary()).args(["serve", "--print-config"]).output().unwrap();
    let mut text = String::from_utf8(printed.stdout).unwrap();
    // Groups and ports of the feed: nobody else's, though several of these tests run at once.
    let (group, feed_port) = (pid % 200, 30_000 + (pid as u16 % 500) * 4 + number % 4 * 500);
    let replacements = [
        ("127.0.0.1:9001", format!("127.0.0.1:{port}")),
        ("127.0.0.1:9002", "127.0.0.1:0".to_owned()),
        ("127.0.0.1:9003", format!("127.0.0.1:{market_data_port}")),
        ("239.255.42.1:9101", format!("239.255.{group}.{}:{feed_port}", 10 + number * 3)),
        ("239.255.42.2:9102", format!("239.255.{group}.{}:{}", 11 + number * 3, feed_port + 1)),
        ("239.255.42.3:9103", format!("239.255.{group}.{}:{}", 12 + number * 3, feed_port + 2)),
    ];
    for (from, to) in &replacements {
        assert!(text.contains(from), "the printed configuration has no {from}");
        text = text.replace(from, to);
    }
    text
}

/// Ports that nobody listens on. Every venue of this process looks in a stretch of its own, so
/// that two of them never find the same.
fn free_ports(pid: u32, number: u16) -> [u16; 2] {
    let stretch = PORTS.len() as u16 / SERVERS_MAX;
    let first = PORTS.start + number % SERVERS_MAX * stretch;
    let mut free = (0..stretch)
        .map(|n| first + (pid as u16 % stretch + n) % stretch)
        .filter(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    [free.next().expect("a free port"), free.next().expect("a second free port")]
}

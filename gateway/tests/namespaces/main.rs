//! A venue in one network namespace, its subscriber in another.
//!
//! With nft between them that drops packets by count: what both lines lose is asked for, and in the end every book
//! is the venue's. And (`xdp.rs`) with lines that leave by AF_XDP.
//!
//! Needs root, `ip` and `nft`; where they are missing or refused the test says so and passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod xdp;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Two namespaces with a cable between them; gone when this is dropped.
struct Cable {
    names: [String; 2],
}

fn run(words: &str) -> std::io::Result<Output> {
    let mut words = words.split_whitespace();
    Command::new(words.next().unwrap()).args(words).output()
}

fn must(words: &str) -> Result<(), String> {
    match run(words) {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{words}: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => Err(format!("{words}: {error}")),
    }
}

impl Cable {
    /// 10.77.0.1 (venue) and 10.77.0.2 (subscriber).
    fn new(tag: char) -> Result<Self, String> {
        let pid = std::process::id();
        let cable = Self { names: [format!("pcv{tag}{pid}"), format!("pcs{tag}{pid}")] };
        let [venue, subscriber] = &cable.names;
        must("nft --version")?;
        must(&format!("ip netns add {venue}"))?;
        must(&format!("ip netns add {subscriber}"))?;
        must(&format!("ip link add v0 netns {venue} type veth peer name v0 netns {subscriber}"))?;
        for (n, name) in cable.names.iter().enumerate() {
            must(&format!("ip -n {name} addr add 10.77.0.{}/24 dev v0", n + 1))?;
            must(&format!("ip -n {name} link set v0 up"))?;
            must(&format!("ip -n {name} link set lo up"))?;
        }
        Ok(cable)
    }

    fn command(&self, side: usize, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.names[side], program]);
        command
    }

    /// Drops what comes to the subscriber by UDP at these ports, as `rule` says.
    fn drops(&self, rules: &[&str]) {
        let text: String = rules.iter().map(|rule| format!("  {rule} drop\n")).collect();
        let table = format!(
            "flush ruleset\ntable ip t {{\n chain in {{\n  type filter hook input priority 0;\n{text} }}\n}}\n"
        );
        let mut nft = self.command(1, "nft");
        let mut nft = nft.args(["-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        nft.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
        assert!(nft.wait().unwrap().success());
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = run(&format!("ip netns del {name}"));
        }
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn directory(tag: char) -> PathBuf {
    let name = format!("namespaces-{tag}{}", std::process::id());
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// A venue on the cable, with this changed in its configuration, and what it said when it started; what it says
/// later is in `venue.log`.
fn venue(
    cable: &Cable,
    directory: &std::path::Path,
    (from, to): (&str, &str),
) -> (Process, Vec<String>) {
    let config = gateway::config::DEMO
        .replace("127.0.0.1:9001", "10.77.0.1:9001")
        .replace("# replay = \"127.0.0.1:9104\"", "replay = \"10.77.0.1:9104\"")
        .replace("interface = \"127.0.0.1\"", "interface = \"10.77.0.1\"")
        .replace("ttl = 0 ", "ttl = 1 ")
        .replace("heartbeat_ms = 1000", "heartbeat_ms = 50")
        .replacen(from, to, 1);
    std::fs::write(directory.join("venue.toml"), config).unwrap();
    let mut command = cable.command(0, env!("CARGO_BIN_EXE_portcullis"));
    command
        .arg("serve")
        .arg(directory.join("venue.toml"))
        .arg("--data")
        .arg(directory.join("data"));
    let log = std::fs::File::create(directory.join("venue.log")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    loop {
        match lines.next() {
            Some(Ok(line)) if line == "ready" => break,
            Some(Ok(line)) => said.push(line),
            _ => panic!("the venue did not start: {said:?}"),
        }
    }
    std::thread::spawn(move || lines.count());
    (Process(child), said)
}

/// Sends `orders` limit orders by FIX from inside the venue's namespace, by the shell's /dev/tcp: this process
/// is in neither.
fn trade(cable: &Cable, client: &str, orders: usize) {
    let soh = '\u{1}';
    let message = |number: usize, kind: &str, fields: &str| {
        let body = format!("35={kind}|34={number}|49={client}|52=NOW|56=PORTCULLIS|{fields}");
        body.replace('|', &soh.to_string())
    };
    let now = gateway::fix::time::Stamp::new(
        gateway::io::clock::utc_now_ns(),
        gateway::fix::time::Precision::Millis,
    );
    let now = std::str::from_utf8(now.as_bytes()).unwrap().to_owned();
    let mut bytes = Vec::new();
    let mut push = |body: String| {
        let body = body.replace("NOW", &now);
        let head = format!("8=FIX.4.4{soh}9={}{soh}{body}", body.len());
        let sum = head.bytes().fold(0_u8, u8::wrapping_add);
        bytes.extend(format!("{head}10={sum:03}{soh}").bytes());
    };
    push(message(1, "A", &format!("98=0|108=30|554={}|", client.to_lowercase())));
    for n in 0..orders {
        // Both sides around one price: many trade, many stay.
        let (side, price) = (1 + n % 2, 10_000 + (n * 7919) % 40);
        let fields = format!(
            "11=o{n}|55=ACME|54={side}|60=NOW|38={}|40=2|44={}.{:02}|",
            1 + n % 9,
            price / 100,
            price % 100
        );
        push(message(n + 2, "D", &fields));
    }
    let script = "exec 3<>/dev/tcp/10.77.0.1/9001; cat <&3 >/dev/null & reader=$!; cat >&3; \
                  sleep 1; kill $reader; exit 0";
    let mut shell = cable.command(0, "bash");
    let mut shell = shell.args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    // The logon by itself; then orders at the pace of a client, so that there are many packets.
    let ends: Vec<usize> = bytes
        .windows(7)
        .enumerate()
        .filter(|(_, w)| w.starts_with(b"10=") && w[6] == 1)
        .map(|(at, _)| at + 7)
        .collect();
    let mut from = 0;
    for (n, end) in ends.iter().enumerate() {
        stdin.write_all(&bytes[from..*end]).unwrap();
        stdin.flush().unwrap();
        from = *end;
        std::thread::sleep(Duration::from_micros(if n == 0 { 200_000 } else { 300 }));
    }
    drop(stdin);
    assert!(shell.wait().unwrap().success());
}

struct Listener(Process);

impl Listener {
    fn start(cable: &Cable, words: &[&str]) -> Self {
        let mut command = cable.command(1, env!("CARGO_BIN_EXE_portcullis"));
        command.args(["listen", "--interface", "10.77.0.2", "--json", "--orders", "--verify"]);
        let child = command.args(words).stdout(Stdio::piped()).spawn().unwrap();
        Self(Process(child))
    }

    /// Its summary and the orders of all books, at its end.
    fn finish(mut self) -> (serde_json::Value, Vec<String>) {
        // `ip netns exec` has become the program.
        let pid = self.0.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut text = String::new();
        self.0.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
        let verdict = of("verify").next().unwrap();
        assert_eq!(verdict["ok"], true, "{verdict}");
        (
            of("summary").next().unwrap().clone(),
            of("order").map(|order| order.to_string()).collect(),
        )
    }
}

/// Each of them counts what comes in time, so they leave each other the processors.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn what_nft_drops_on_both_lines_is_asked_for_and_every_book_is_the_venues() {
    let _alone = alone();
    let cable = match Cable::new('n') {
        Ok(cable) => cable,
        Err(why) => return eprintln!("not run: no namespaces here: {why}"),
    };
    let directory = directory('n');
    let (_venue, _) = venue(&cable, &directory, ("", ""));
    // They are stopped when all is quiet; this is for the case that nobody is left to do so.
    let seconds = ["--seconds", "60"];
    let replay = ["--replay", "10.77.0.1:9104"];
    // Of each line every fifth packet is dropped: the same ones of both, so that neither has them. Of what
    // is asked for every third answer is dropped, too.
    cable.drops(&[
        "udp dport 9101 numgen inc mod 5 == 2",
        "udp dport 9102 numgen inc mod 5 == 2",
        "udp sport 9104 numgen inc mod 3 == 1",
    ]);
    // The first hears from the beginning what TCP brings: the truth. Both must have the same books.
    let truth = Listener::start(&cable, &[&seconds[..], &replay, &["--tcp"]].concat());
    let listener = Listener::start(&cable, &[&seconds[..], &replay].concat());
    std::thread::sleep(Duration::from_millis(700));
    trade(&cable, "CLIENT1", 3000);
    // Longer than any answer takes, than the venue's heartbeats, which show what is missing at the end, and than
    // who has not answered on a busy host is left alone.
    std::thread::sleep(Duration::from_secs(8));
    let (told, orders) = listener.finish();
    let (whole, truly) = truth.finish();
    println!("{told}");
    assert!(orders.len() > 20 && orders == truly, "{} and {} orders", orders.len(), truly.len());
    assert!(told["asked"].as_u64().unwrap() > 20, "{told}");
    assert!(told["messagesReplayed"].as_u64().unwrap() > 50, "{told}");
    assert_eq!((told["gaps"].as_u64(), whole["gaps"].as_u64()), (Some(0), Some(0)), "{told}");
    let _ = std::fs::remove_dir_all(&directory);
}

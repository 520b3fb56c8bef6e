//! `portcullis journal` and `portcullis snapshot` on what a real venue has written: whole, running, torn and
//! rotten. `tools/begins_later.rs`: logs whose beginning has been used again, and snapshots.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a test"
)]

#[path = "tools/begins_later.rs"]
mod begins_later;
#[path = "wire/peer.rs"]
mod peer;
#[path = "tools/small.rs"]
mod small;
#[path = "kill/venue.rs"]
mod venue;

use engine::fake_log::Dice;
use peer::Peer;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use venue::{MATRIX, Options, Venue};

const PROCESS: Options = MATRIX[1];

/// A venue that has traded and stopped in good order: its outboxes are complete.
fn traded(name: &str) -> Venue {
    traded_with(name, PROCESS, 20)
}

fn traded_with(name: &str, options: Options, orders: u32) -> Venue {
    let mut venue = Venue::new(name, options);
    venue.start();
    let mut a = Peer::connect(&venue.address, "CLIENT1");
    a.log_on();
    for n in 0..orders {
        a.order(&format!("a{n}"), if n % 2 == 0 { "1" } else { "2" }, "5", "10.25");
        a.expect_skipping(&format!("35=8 150=0 11=a{n}"));
    }
    // Names with every printable byte, and a decimal of all places.
    a.send("D", "11=\"q\\u\"{=}~|55=BTC-USD|54=1|60=NOW|38=0.00001|40=2|44=12345.67|59=1|18=6|");
    a.expect_skipping("35=8 150=0 11=\"q\\u\"{=}~");
    venue.signal("TERM");
    assert_eq!(venue.wait_for_exit(), Some(0));
    venue
}

fn first_segment(venue: &Venue) -> PathBuf {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(venue.data.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "log"))
        .collect();
    paths.sort();
    paths.remove(0)
}

fn flip(venue: &Venue, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(first_segment(venue)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

/// `portcullis snapshot WHAT DIR --json`
fn snapshot_json(what: &str, dir: &Path) -> (i32, serde_json::Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let output = command.args(["snapshot", what]).arg(dir).arg("--json").output().unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), told)
}

/// Where the last batch ends.
fn end(venue: &Venue) -> u64 {
    venue.journal_json("verify", &[]).1[0]["end"]["at"].as_u64().unwrap()
}

#[test]
fn verify_dump_stats_and_replay_tell_one_story() {
    let venue = traded("tools-story");
    let (code, lines) = venue.journal_json("verify", &[]);
    let verified = &lines[0];
    assert_eq!((code, &verified["ok"]), (0, &true.into()), "{verified}");
    let commands = verified["commands"].as_u64().unwrap();
    assert_eq!(verified["firstSeq"], 1);
    assert_eq!(verified["lastSeq"], commands);
    assert_eq!(verified["end"]["kind"], "clean");

    let (code, lines) = venue.journal_json("dump", &[]);
    assert_eq!((code, lines.len() as u64), (0, commands));
    for (seq, line) in (1_u64..).zip(&lines) {
        assert_eq!(line["seq"], seq);
    }
    assert_eq!(lines[0]["message"], "TermStarted");
    let order = lines.iter().rfind(|line| line["message"] == "NewOrder").unwrap();
    let fields = &order["fields"];
    assert_eq!(fields["clOrdId"], "\"q\\u\"{=}~");
    assert_eq!((&fields["price"], &fields["orderQty"]), (&"12345.67".into(), &"0.00001".into()));
    assert_eq!(
        (&fields["side"], &fields["timeInForce"]),
        (&"Buy".into(), &"GoodTillCancel".into())
    );
    assert_eq!(fields["conditions"], serde_json::json!(["PostOnly"]));
    assert_eq!(
        (&fields["stopPx"], &fields["head"]["session"]),
        (&serde_json::Value::Null, &1.into())
    );
    let text =
        String::from_utf8(venue.journal("dump", &["--from", "3", "--to", "4"]).stdout).unwrap();
    let begins: Vec<_> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(begins, ["3", "4"], "{text}");

    let (code, stats) = venue.journal_json("stats", &[]);
    let stats = &stats[0];
    assert_eq!((code, &stats["commands"]), (0, &commands.into()));
    assert_eq!(stats["messages"]["NewOrder"]["commands"], 21);
    assert_eq!(stats["batches"], verified["batches"]);

    let runs: Vec<_> = (0..2)
        .map(|_| venue.journal_json("replay", &["--check-outboxes", "--every", "5"]))
        .collect();
    let hashes = |(code, lines): &(i32, Vec<serde_json::Value>)| {
        let last = lines.last().unwrap();
        assert_eq!((*code, &last["commands"]), (0, &commands.into()), "{last}");
        assert_eq!(last["outboxes"]["different"], serde_json::json!([]));
        assert!(last["outboxes"]["messages"].as_u64().unwrap() > 20);
        lines
            .iter()
            .map(|line| (line["stateHash"].clone(), line["eventHash"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(hashes(&runs[0]), hashes(&runs[1]));
    assert!(runs[0].1.len() > 3, "every fifth batch and the end");
    let toml = venue.directory.join("venue.toml");
    let other = venue.journal_json("replay", &["--config", toml.to_str().unwrap()]);
    assert_eq!(other.1.last().unwrap()["stateHash"], runs[0].1.last().unwrap()["stateHash"]);
    for what in ["verify", "stats", "replay"] {
        let output = venue.journal(what, &[]);
        assert!(output.status.success() && output.stderr.is_empty(), "{what} as text: {output:?}");
    }
}

#[test]
fn memory_is_locked_or_the_venue_says_why_not() {
    let mut venue = Venue::new("tools-memory", PROCESS);
    let toml = venue.directory.join("venue.toml");
    let config = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, config.replace("[host]", "[host]\nlock_memory = true")).unwrap();
    venue.spawn();
    if venue.await_ready() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", venue.pid())).unwrap();
        let locked_kib = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        let locked_kib = locked_kib.trim_end_matches("kB").trim().parse::<u64>().unwrap();
        assert!(locked_kib > 10_000, "{status}");
    } else {
        let said = venue.stderr();
        assert!(said.contains("host.lock_memory") && said.contains("LimitMEMLOCK"), "{said}");
    }
}

#[test]
fn beside_a_running_venue_a_journal_is_never_called_damaged() {
    let mut venue = Venue::new("tools-running", Options { snapshot_commands: 2000, ..PROCESS });
    venue.start();
    let mut a = Peer::connect(&venue.address, "CLIENT1");
    a.log_on();
    let mut orders = Vec::new();
    for n in 0..20_000 {
        orders.extend(a.message("D", &format!("11=a{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|59=3|")));
    }
    orders.extend(a.message("1", "112=all|"));
    let (writer, reader) = (a.write_in_background(orders), a.read_in_background("all"));
    let (mut last, deadline) = (0, Instant::now() + Duration::from_secs(60));
    while !reader.is_finished() {
        let (code, lines) = venue.journal_json("verify", &[]);
        assert_eq!(code, 0, "{}", lines[0]);
        let seq = lines[0]["lastSeq"].as_u64().unwrap();
        assert!(seq >= last, "what was read is there the next time");
        last = seq;
        assert_eq!(venue.journal("replay", &["--check-outboxes"]).status.code(), Some(0));
        let (code, told) = snapshot_json("verify", &venue.data);
        assert_eq!(code, 0, "{told}");
        assert!(Instant::now() < deadline);
    }
    writer.join().unwrap().unwrap();
    reader.join().unwrap();
    venue.signal("TERM");
    assert_eq!(venue.wait_for_exit(), Some(0));
    let (code, lines) = venue.journal_json("replay", &["--check-outboxes"]);
    assert_eq!((code, &lines[0]["outboxes"]["missing"]), (0, &0.into()), "{}", lines[0]);
    assert!(lines[0]["seq"].as_u64().unwrap() > 20_000);
}

#[test]
fn a_torn_end_is_no_damage_and_rot_is() {
    let venue = traded("tools-rot");
    let commands = venue.journal_json("verify", &[]).1[0]["commands"].as_u64().unwrap();
    // The last batch torn: the log is shorter, and fine.
    let last = end(&venue) - 4096;
    flip(&venue, last + 100);
    let (code, lines) = venue.journal_json("verify", &[]);
    assert_eq!((code, &lines[0]["end"]["kind"]), (0, &"torn".into()), "{}", lines[0]);
    assert_eq!(lines[0]["commands"], commands - 1);
    assert_eq!(lines[0]["end"]["at"], last);
    flip(&venue, last + 100);
    // One in the middle: damage, by file, offset and sequence, for every tool.
    flip(&venue, last - 4096 + 100);
    let (code, lines) = venue.journal_json("verify", &[]);
    assert_eq!((code, &lines[0]["end"]["kind"]), (1, &"rot".into()), "{}", lines[0]);
    assert_eq!(lines[0]["end"]["at"], last - 4096);
    assert_eq!(lines[0]["end"]["seq"], commands - 1);
    assert!(lines[0]["end"]["file"].as_str().unwrap().ends_with(".log"));
    for what in ["dump", "stats", "replay"] {
        assert_eq!(venue.journal(what, &[]).status.code(), Some(1), "{what}");
    }
    let said = String::from_utf8(venue.journal("verify", &[]).stdout).unwrap();
    assert!(said.contains("DAMAGED") && said.contains("OPERATING.md"), "{said}");
    flip(&venue, last - 4096 + 100);
    // The first batch: nothing can be read, and that is damage too.
    flip(&venue, 100);
    let (code, lines) = venue.journal_json("verify", &[]);
    assert_eq!((code, &lines[0]["end"]["seq"]), (1, &1.into()), "{}", lines[0]);
}

/// Whatever byte is hit: the tool and the venue's own recovery are of one mind.
#[test]
fn what_verify_calls_damaged_a_start_refuses_and_nothing_else() {
    let mut venue = traded("tools-agree");
    let (segment, used) = (first_segment(&venue), end(&venue));
    let whole = std::fs::read(&segment).unwrap();
    let (mut dice, mut verdicts) = (Dice(1), [0, 0, 0]);
    for n in 0..16 {
        // In a header, among commands, in the padding; anywhere, and often in the last batch.
        let block = if n % 4 == 0 { used / 4096 - 1 } else { dice.below(used / 4096) };
        let at = 4096 * block + [dice.below(64), 64 + dice.below(100), dice.below(4096)][n % 3];
        flip(&venue, at);
        let (code, lines) = venue.journal_json("verify", &[]);
        let (said, torn) = (&lines[0], lines[0]["end"]["kind"] == "torn");
        venue.spawn();
        let started = venue.await_ready();
        verdicts[if started { usize::from(torn) } else { 2 }] += 1;
        assert_eq!(started, code == 0, "byte {at}: {said}; the start: {}", venue.stderr());
        if !started {
            let place = format!("byte {}", said["end"]["at"]);
            let same = said["end"]["kind"] != "rot" || venue.stderr().contains(&place);
            assert!(same, "byte {at}: {said}; the start: {}", venue.stderr());
        }
        venue.kill_9();
        std::fs::write(&segment, &whole).unwrap();
    }
    assert!(verdicts.iter().all(|count| *count > 0), "fine, torn, refused: {verdicts:?}");
}

#[test]
fn a_changed_outbox_is_found_and_one_that_is_behind_is_not_called_wrong() {
    let venue = traded("tools-outbox");
    let path = venue.data.join("sessions/1/1.out");
    let whole = std::fs::read(&path).unwrap();
    let check = || venue.journal_json("replay", &["--check-outboxes"]);
    let outboxes = |lines: &[serde_json::Value]| lines[0]["outboxes"].clone();

    std::fs::write(&path, &whole[..5 * 256]).unwrap();
    let (code, lines) = check();
    assert_eq!((code, outboxes(&lines)["missing"].as_u64().unwrap() > 10), (0, true));

    let mut hole = whole.clone();
    hole[6 * 256..7 * 256].fill(0);
    std::fs::write(&path, hole).unwrap();
    let (code, lines) = check();
    assert_eq!((code, &outboxes(&lines)["different"][0]["number"]), (1, &6.into()));

    let mut changed = whole.clone();
    changed[7 * 256 + 100] ^= 1;
    std::fs::write(&path, changed).unwrap();
    let (code, lines) = check();
    assert_eq!((code, &outboxes(&lines)["different"][0]["number"]), (1, &7.into()));
}

#[test]
fn wrong_usage_is_told_apart_from_damage() {
    let empty = Venue::new("tools-empty", PROCESS);
    std::fs::create_dir_all(&empty.data).unwrap();
    for what in ["verify", "dump", "stats", "replay"] {
        let output = empty.journal(what, &[]);
        assert_eq!(output.status.code(), Some(2), "{what}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("no journal"), "{output:?}");
        assert_eq!(empty.journal(what, &["--nonsense"]).status.code(), Some(2), "{what}");
    }
    for what in ["list", "verify"] {
        assert_eq!(snapshot_json(what, &empty.data).0, 2, "{what}");
        assert_eq!(snapshot_json(what, &empty.data.join("nothing")).0, 2, "{what}");
    }
}

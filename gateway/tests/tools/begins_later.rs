//! Segments that were used again, logs that begin in the middle, and the snapshots that make that good.

use super::small::{self, Small, segments};
use super::venue::{Options, Venue};
use super::{PROCESS, snapshot_json, traded, traded_with};
use engine::{CommandBuffer, Limits};
use gateway::config::Config;
use sbe_schemas::header::Message;
use sbe_schemas::journal::Tick;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const EVERY: u64 = 40;

/// A venue of which the data directory has small segments and begins in the middle, with the two
/// newest snapshots; and the hashes that its whole log led to.
fn begins_later(name: &str) -> (Venue, [Value; 2]) {
    let venue = traded_with(name, PROCESS, 300);
    let (code, lines) = venue.journal_json("replay", &[]);
    assert_eq!(code, 0);
    let whole = venue.directory.join("whole");
    fs::rename(&venue.data, &whole).unwrap();
    let config = Config::read(&venue.directory.join("venue.toml")).unwrap();
    small::copy(&whole, &venue.data, config.engine_limits(1), EVERY);
    assert!(segments(&venue.data)[0] > 0, "segments were used again");
    (venue, hashes(&lines[0]))
}

fn hashes(replayed: &Value) -> [Value; 2] {
    [replayed["stateHash"].clone(), replayed["eventHash"].clone()]
}

/// Oldest first.
fn snapshots(venue: &Venue) -> Vec<PathBuf> {
    let entries = fs::read_dir(venue.data.join("snapshots")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "snap"));
    paths.sort();
    paths
}

fn seq_of(path: &Path) -> u64 {
    path.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

fn segment(venue: &Venue, number: u64) -> PathBuf {
    venue.data.join("journal").join(format!("{number:012}.log"))
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// The last line of `journal replay`, and its code.
fn replay(venue: &Venue, words: &[&str]) -> (i32, Value) {
    let (code, mut lines) = venue.journal_json("replay", words);
    (code, lines.pop().unwrap_or_default())
}

fn verify(venue: &Venue) -> (i32, Value) {
    let (code, mut lines) = venue.journal_json("verify", &[]);
    (code, lines.remove(0))
}

fn stderr(venue: &Venue, what: &str, words: &[&str]) -> String {
    String::from_utf8(venue.journal(what, words).stderr).unwrap()
}

#[test]
fn from_the_beginning_from_every_snapshot_and_live_are_one_state() {
    let options = Options { snapshot_commands: EVERY, ..PROCESS };
    let mut venue = traded_with("tools-snapshots", options, 150);
    let paths = snapshots(&venue);
    assert_eq!(paths.len(), 2);
    let (code, whole) = replay(&venue, &["--check-outboxes"]);
    assert_eq!((code, &whole["from"]), (0, &Value::Null), "{whole}");
    for (path, passed) in paths.iter().zip(whole["snapshots"].as_array().unwrap()) {
        assert_eq!((&passed["seq"], &passed["same"]), (&seq_of(path).into(), &true.into()));
    }
    let (oldest, newest) = (paths[0].to_str().unwrap(), paths[1].to_str().unwrap());
    for (from, path) in [("oldest", oldest), ("newest", newest), (oldest, oldest), (newest, newest)]
    {
        let (code, told) = replay(&venue, &["--check-outboxes", "--from-snapshot", from]);
        assert_eq!((code, hashes(&told)), (0, hashes(&whole)), "{told}");
        assert_eq!(told["from"]["seq"], seq_of(Path::new(path)));
        assert_eq!(told["snapshots"].as_array().unwrap().len(), usize::from(path == oldest));
        assert_eq!(told["outboxes"]["behind"], json!([]));
        assert!(told["commands"].as_u64() < whole["commands"].as_u64());
    }
    let (code, told) = snapshot_json("verify", &venue.data);
    assert_eq!((code, told["snapshots"].as_array().unwrap().len()), (0, 2), "{told}");
    let (code, told) = snapshot_json("list", &venue.data);
    let first = &told["snapshots"][0];
    assert_eq!((code, &told["begunFrom"]), (0, &first["file"]), "{told}");
    assert_eq!((&first["seq"], &first["term"]), (&seq_of(&paths[1]).into(), &1.into()));
    assert!(first["sessions"].as_u64() > Some(0), "{told}");
    // What is written from there on is of the same log.
    venue.start();
    venue.signal("TERM");
    assert_eq!(venue.wait_for_exit(), Some(0));
    assert_eq!(replay(&venue, &[]).0, 0);
}

#[test]
fn a_log_that_begins_in_the_middle_is_whole_with_its_snapshots() {
    let (venue, live) = begins_later("tools-later");
    let (numbers, paths) = (segments(&venue.data), snapshots(&venue));
    let (code, told) = verify(&venue);
    let first_seq = told["firstSeq"].as_u64().unwrap();
    assert_eq!((code, &told["end"]["kind"]), (0, &"clean".into()), "{told}");
    assert!(first_seq > 1 && first_seq <= seq_of(&paths[0]) + 1, "{told}");
    assert_eq!(told["start"], json!({ "fromSeq": seq_of(&paths[1]), "refused": false }));
    // "clean" although older batches lie behind the end.
    let last = fs::read(told["end"]["file"].as_str().unwrap()).unwrap();
    let behind = told["end"]["at"].as_u64().unwrap() as usize;
    let left = segment(&venue, *numbers.last().unwrap());
    let is_left = |bytes: &[u8]| bytes.iter().any(|byte| *byte != 0);
    assert!(is_left(&last[behind..]) || is_left(&fs::read(left).unwrap()), "used again");
    let text = String::from_utf8(venue.journal("verify", &[]).stdout).unwrap();
    assert!(text.contains("what was before is in the snapshots"), "{text}");

    let (code, lines) = venue.journal_json("dump", &[]);
    assert_eq!((code, &lines[0]["seq"]), (0, &first_seq.into()));
    assert_eq!(venue.journal("stats", &[]).status.code(), Some(0));
    for from in [&[][..], &["--from-snapshot", "oldest"], &["--from-snapshot", "newest"]] {
        let (code, told) = replay(&venue, &[from, &["--check-outboxes"]].concat());
        assert_eq!((code, hashes(&told)), (0, live.clone()), "{from:?}: {told}");
        let newest = from.last() == Some(&"newest");
        assert_eq!(told["from"]["seq"], seq_of(&paths[usize::from(newest)]));
    }
    let none = ["--from-snapshot", "none"];
    assert_eq!(venue.journal("replay", &none).status.code(), Some(1));
    let said = stderr(&venue, "replay", &none);
    assert!(said.contains(&format!("begins at sequence {first_seq}")), "{said}");
    assert_eq!(
        venue.journal("replay", &["--from-snapshot", "nothing.snap"]).status.code(),
        Some(2)
    );
}

#[test]
fn rot_and_loss_are_found_there_as_well_and_matter_from_the_snapshot_on() {
    let (venue, live) = begins_later("tools-later-rot");
    let (numbers, paths) = (segments(&venue.data), snapshots(&venue));
    // The first segment is below the newest snapshot: a start does without, nobody else does.
    let (first, newest) = (segment(&venue, numbers[0]), ["--from-snapshot", "newest"]);
    let first_seq = verify(&venue).1["firstSeq"].as_u64().unwrap();
    flip(&first, 5 * 4096 + 100);
    let (code, told) = verify(&venue);
    assert_eq!((code, &told["end"]["kind"], &told["end"]["at"]), (1, &"rot".into(), &20480.into()));
    assert_eq!(told["start"], json!({ "fromSeq": seq_of(&paths[1]), "refused": false }), "{told}");
    assert_eq!(replay(&venue, &newest).1["stateHash"], live[0]);
    flip(&first, 5 * 4096 + 100);
    // Its very first batch: what is lost has no number of its own.
    flip(&first, 100);
    let (code, told) = verify(&venue);
    assert_eq!((code, &told["end"]["kind"]), (1, &"rot".into()), "{told}");
    assert!(told["end"]["seq"].as_u64().unwrap() >= first_seq, "{told}");
    flip(&first, 100);
    // Behind the newest snapshot.
    let (code, told) = verify(&venue);
    assert_eq!(code, 0, "{told}");
    let behind = told["end"]["at"].as_u64().unwrap() - 2 * 4096 + 100;
    flip(Path::new(told["end"]["file"].as_str().unwrap()), behind as usize);
    let (code, told) = verify(&venue);
    assert_eq!((code, &told["start"]["refused"]), (1, &true.into()), "{told}");
    assert_eq!(replay(&venue, &newest).0, 1);
    flip(Path::new(told["end"]["file"].as_str().unwrap()), behind as usize);
    // A segment in the middle is not there.
    fs::remove_file(segment(&venue, numbers[1])).unwrap();
    let (code, told) = verify(&venue);
    assert_eq!((code, &told["end"]["kind"]), (1, &"missing".into()), "{told}");
    assert!(told["end"]["file"].as_str().unwrap().ends_with(&format!("{:012}.log", numbers[1])));
}

#[test]
fn a_damaged_snapshot_is_named_with_its_section_and_passed_over() {
    let (venue, live) = begins_later("tools-damaged");
    let paths = snapshots(&venue);
    let whole = fs::read(&paths[1]).unwrap();
    // The file's header, the snapshot's header, its first section, cut.
    for (at, word) in [(20, "header"), (64 + 20, "header"), (64 + 160 + 3, "Venue")] {
        flip(&paths[1], at);
        let (code, told) = snapshot_json("verify", &venue.data);
        let wrong = told["snapshots"][0]["wrong"].as_str().unwrap_or_default();
        assert_eq!((code, &told["begunFrom"]), (1, &told["snapshots"][1]["file"]), "{told}");
        assert!(wrong.to_lowercase().contains(&word.to_lowercase()), "byte {at}: {wrong}");
        let from = ["--from-snapshot", "newest"];
        let (code, told) = replay(&venue, &from);
        assert_eq!((code, hashes(&told)), (0, live.clone()));
        assert_eq!(told["from"]["seq"], seq_of(&paths[0]));
        assert!(stderr(&venue, "replay", &from).contains("passed over"));
        fs::write(&paths[1], &whole).unwrap();
    }
    fs::write(&paths[1], &whole[..whole.len() - 1]).unwrap();
    let (code, told) = snapshot_json("list", &venue.data);
    assert!(code == 1 && told["snapshots"][0]["wrong"].as_str().unwrap().contains("cut"), "{told}");
    // Nothing left to begin from.
    for path in &paths {
        fs::remove_file(path).unwrap();
    }
    assert_eq!(replay(&venue, &[]).0, 1);
    assert!(stderr(&venue, "replay", &[]).contains("no snapshot from which the log goes on"));
    let (code, told) = verify(&venue);
    assert_eq!((code, &told["start"]), (1, &json!({ "fromSeq": 0, "refused": true })));
    assert!(told["wrong"].as_str().unwrap().contains("there is no snapshot"), "{told}");
}

/// Every CRC is right, and the state is another one.
#[test]
fn a_snapshot_of_another_state_is_found_on_the_way() {
    let (venue, _) = begins_later("tools-other-state");
    let paths = snapshots(&venue);
    let mut bytes = fs::read(&paths[1]).unwrap();
    // docs/wire/snapshot.md: the header begins behind the file's, its CRC at 8, the state hash at 48.
    let header = &mut bytes[64..64 + 160];
    header[48] ^= 1;
    header[8..12].fill(0);
    let crc = crc32c::crc32c(header);
    header[8..12].copy_from_slice(&crc.to_le_bytes());
    fs::write(&paths[1], bytes).unwrap();
    let (code, told) = replay(&venue, &[]);
    let passed = &told["snapshots"][0];
    assert_eq!((code, &passed["same"]), (1, &false.into()), "{told}");
    assert!(passed["why"].as_str().unwrap().contains("state hash"), "{told}");
    let (code, told) = snapshot_json("verify", &venue.data);
    assert_eq!((code, &told["snapshots"][1]["ok"]), (1, &true.into()), "{told}");
    assert!(told["snapshots"][0]["wrong"].as_str().unwrap().contains("hash"), "{told}");
}

#[test]
fn what_a_snapshot_counts_on_in_an_outbox_is_asked_for() {
    let (venue, live) = begins_later("tools-behind");
    let path = venue.data.join("sessions/1/1.out");
    let whole = fs::read(&path).unwrap();
    let words = ["--check-outboxes", "--from-snapshot", "newest"];
    let (code, told) = replay(&venue, &words);
    assert_eq!((code, &told["outboxes"]["missing"]), (0, &0.into()), "{told}");
    // Shorter than the snapshot says, and still as the log says where it is there.
    fs::write(&path, &whole[..20 * 256]).unwrap();
    let (code, told) = replay(&venue, &words);
    assert_eq!((code, hashes(&told)), (1, live), "{told}");
    assert_eq!(told["outboxes"]["behind"][0]["session"], 1, "{told}");
    let (code, told) = snapshot_json("verify", &venue.data);
    assert!(code == 1 && told["begunFrom"].is_null(), "{told}");
    let wrong = told["snapshots"][0]["wrong"].as_str().unwrap();
    assert!(wrong.contains("sessions/1/1.out does not have message"), "{wrong}");
    fs::write(&path, &whole).unwrap();
    assert_eq!(snapshot_json("verify", &venue.data).0, 0);
}

#[test]
fn newer_rules_are_refused_by_a_replay_and_by_a_start() {
    let mut venue = traded("tools-rules");
    let end = verify(&venue).1["end"].clone();
    let (path, at) = (end["file"].as_str().unwrap(), end["at"].as_u64().unwrap() as usize - 4096);
    let mut bytes = fs::read(path).unwrap();
    // docs/wire/journal.md: the rules at 6, the length at 48, the CRC at 52.
    let length = u32::from_le_bytes(bytes[at + 48..at + 52].try_into().unwrap()) as usize;
    let batch = &mut bytes[at..at + 64 + length];
    batch[6] += 1;
    batch[52..56].fill(0);
    let crc = crc32c::crc32c(batch);
    batch[52..56].copy_from_slice(&crc.to_le_bytes());
    fs::write(path, bytes).unwrap();
    let words = format!("byte {at} (sequence ");
    let is_said = |said: &str| said.contains(&words) && said.contains("newer than rules 1 of this");
    let (code, told) = verify(&venue);
    assert!(code == 1 && is_said(told["wrong"].as_str().unwrap()), "{told}");
    assert_eq!(venue.journal("replay", &[]).status.code(), Some(1));
    let said = stderr(&venue, "replay", &[]);
    assert!(is_said(&said), "{said}");
    assert_eq!(venue.journal("dump", &[]).status.code(), Some(0), "to look at it does no harm");
    venue.spawn();
    assert!(!venue.await_ready());
    assert!(is_said(&venue.stderr()), "{}", venue.stderr());
}

#[test]
fn beside_segments_that_are_used_again_nothing_is_called_damaged() {
    let venue = Venue::new("tools-recycling", PROCESS);
    let limits =
        Limits { sessions_max: 2, instruments_max: 2, orders_max: 16, ..Limits::default() };
    let mut small = Small::new(&venue.data, 1, limits, EVERY);
    let mut first = CommandBuffer::new();
    assert!(first.push(&Tick::ZERO));
    small.append(&first, 1); // Something is there to be read.
    let is_over = Arc::new(AtomicBool::new(false));
    let is_over_too = Arc::clone(&is_over);
    let writer = std::thread::spawn(move || {
        let mut tick = CommandBuffer::new();
        assert!(tick.push(&Tick::ZERO));
        for time in (2..).take_while(|_| !is_over_too.load(Ordering::Relaxed)) {
            small.append(&tick, time);
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    // Until the log begins later: a venue says its sizes in the log, and this one only in its snapshots.
    while segments(&venue.data)[0] == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut last = 0;
    while last < 1500 {
        assert!(!writer.is_finished(), "it writes");
        for what in ["verify", "stats", "dump", "replay"] {
            let output = venue.journal(what, &["--json"]);
            let said = [&output.stderr[..], &output.stdout].concat();
            let said = String::from_utf8_lossy(&said);
            assert_eq!(output.status.code(), Some(0), "{what}: {said}");
        }
        let (code, told) = snapshot_json("verify", &venue.data);
        assert_eq!(code, 0, "{told}");
        last = verify(&venue).1["lastSeq"].as_u64().unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert!(segments(&venue.data)[0] > 10, "they were used again all the while");
}

//! The golden day: packets that never change, and the books they must lead to (docs/wire/golden).
//!
//! A small day is played here by script, and its packets must be those of `day.pcap`, byte for byte; whoever
//! reads that file must come to the books of `day.txt` after each packet. `GOLDEN_WRITE=1` writes both anew,
//! after a change that is meant.

use crate::venue::{CHANNEL, LOT, MS, TICK, Venue};
use marketdata::packet::{Packet, PacketBuffer};
use marketdata::{Line, State, Subscriber, SubscriberLimits};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{PacketFlags, Phase, Side};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// Of a capture: header, header of a packet, of IP and of UDP.
const FILE_BYTES: usize = 24;
const RECORD_BYTES: usize = 16;
const IP_BYTES: usize = 20;
const UDP_BYTES: usize = 8;
const SENDER: [u8; 4] = [127, 0, 0, 1];
const GROUP_A: ([u8; 4], u16) = ([239, 255, 42, 1], 9101);
const GROUP_SNAPSHOT: ([u8; 4], u16) = ([239, 255, 42, 3], 9103);

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/wire/golden").join(name)
}

/// Everything that a day has, once: both kinds of allocation, an opening auction, orders that trade in part and in
/// full, an iceberg, one that is not shown, a trade that is taken back, a halt by the operator, a close, a book that is
/// emptied, a snapshot, heartbeats.
fn day() -> Vec<(u64, Line, Vec<u8>)> {
    let mut venue = Venue::new(2, 42);
    let mut told = Vec::new();
    let step = |venue: &mut Venue, told: &mut Vec<_>, script: &dyn Fn(&mut Venue)| {
        venue.now += 10 * MS;
        script(venue);
        let packets = venue.commit_nothing(); // What is due by time comes as well.
        told.extend(packets.into_iter().map(|packet| (venue.now, Line::A, packet)));
    };
    let scripts: [&dyn Fn(&mut Venue); 14] = [
        &|_| {},
        &|v| [1, 2].iter().for_each(|instrument| v.phase(*instrument, Phase::OpeningAuction)),
        &|v| {
            v.order(1, Side::Buy, 1_002, 8);
            v.order(1, Side::Buy, 1_001, 5);
            v.order(1, Side::Sell, 1_000, 6);
            v.order(1, Side::Sell, 1_003, 4);
        },
        &|_| {},
        &|v| [1, 2].iter().for_each(|instrument| v.phase(*instrument, Phase::Continuous)),
        &|v| {
            v.order(2, Side::Sell, 505, 10);
            v.order(2, Side::Sell, 505, 30);
            v.order(2, Side::Sell, 505, 5);
            v.order(2, Side::Buy, 500, 7);
        },
        &|v| v.order(2, Side::Buy, 505, 18),
        &|v| v.iceberg(Side::Sell, 1_003, 12, 3),
        &|v| v.hidden(Side::Buy, 1_002, 9),
        &|v| v.order(1, Side::Buy, 1_004, 11),
        &|v| v.order(1, Side::Sell, 1_002, 4),
        &|v| v.bust(3),
        &|v| v.phase(1, Phase::Halted),
        &|v| (0..40).for_each(|_| v.random()),
    ];
    for script in scripts {
        step(&mut venue, &mut told, script);
    }
    let at = venue.now;
    told.push((at, Line::A, venue.heartbeat()));
    told.extend(venue.snapshot().into_iter().map(|packet| (at, Line::Snapshot, packet)));
    step(&mut venue, &mut told, &|v| v.phase(1, Phase::Continuous));
    for _ in 0..30 {
        step(&mut venue, &mut told, &|v| (0..6).for_each(|_| v.random()));
    }
    step(&mut venue, &mut told, &|v| v.phase(2, Phase::Closed));
    step(&mut venue, &mut told, &|v| v.cancel_all(1));
    told.push((venue.now, Line::A, venue.heartbeat()));
    told
}

/// As `portcullis listen --record` writes it: nanoseconds, packets from IP on.
fn capture(packets: &[(u64, Line, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xA1B2_3C4D_u32, 4 << 16 | 2, 0, 0, 65_535, 101] {
        out.extend(word.to_le_bytes());
    }
    for (at, line, packet) in packets {
        let (group, port) = if *line == Line::A { GROUP_A } else { GROUP_SNAPSHOT };
        let length = IP_BYTES + UDP_BYTES + packet.len();
        for word in [at / 1_000_000_000, at % 1_000_000_000, length as u64, length as u64] {
            out.extend((word as u32).to_le_bytes());
        }
        let mut ip = [0x45, 0, 0, 0, 0, 0, 0x40, 0, 1, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        ip[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        ip[12..16].copy_from_slice(&SENDER);
        ip[16..].copy_from_slice(&group);
        let words = ip.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
        let sum: u32 = words.sum();
        ip[10..12].copy_from_slice(&(!((sum & 0xFFFF) + (sum >> 16)) as u16).to_be_bytes());
        out.extend(ip);
        let udp = [port, port, (UDP_BYTES + packet.len()) as u16, 0];
        out.extend(udp.iter().flat_map(|word| word.to_be_bytes()));
        out.extend(packet);
    }
    out
}

/// The packets of a capture, by the line they came on.
fn packets(mut capture: &[u8]) -> Vec<(Line, Vec<u8>)> {
    let mut told = Vec::new();
    capture = &capture[FILE_BYTES..];
    while !capture.is_empty() {
        let length = u32::from_le_bytes(capture[8..12].try_into().expect("four bytes")) as usize;
        let (record, rest) = capture.split_at(RECORD_BYTES + length);
        let line = if record[RECORD_BYTES + 19] == 3 { Line::Snapshot } else { Line::A };
        told.push((line, record[RECORD_BYTES + IP_BYTES + UDP_BYTES..].to_vec()));
        capture = rest;
    }
    told
}

/// What a subscriber knows after each packet that ended an event and changed something, as `day.txt` has it.
fn books(packets: &[(Line, Vec<u8>)]) -> String {
    let mut subscriber = Subscriber::new(SubscriberLimits::default());
    let (mut text, mut known) = (String::new(), [String::new(), String::new()]);
    for (at, (line, packet)) in packets.iter().enumerate() {
        subscriber.on_packet(*line, packet, at as u64, &mut |_| {});
        if !subscriber.is_between_events() {
            continue; // An event goes on in the next packet.
        }
        for (number, known) in (1..).zip(&mut known) {
            let Some(instrument) = subscriber.instrument(number) else { continue };
            assert_eq!(instrument.state(), State::Live);
            let (book, phase) = (instrument.book(), instrument.phase().expect("defined"));
            let mut now = format!("SYM{number} {phase:?} rptSeq {} ", book.rpt_seq());
            writeln!(now, "checksum {:#018x}", book.checksum()).expect("memory");
            for order in book.walk() {
                let (ticks, lots) =
                    (order.price.mantissa.get() / TICK, order.qty.mantissa.get() / LOT);
                let side = order.side;
                writeln!(now, "  {side:?} {ticks} {lots} order {}", order.order_id)
                    .expect("memory");
            }
            if *known != now {
                write!(text, "after packet {}: {now}", at + 1).expect("memory");
                *known = now;
            }
        }
    }
    let statistics = subscriber.statistics();
    assert!(statistics.checksums_failed + statistics.refused + statistics.gaps == 0);
    text
}

#[test]
fn the_golden_day_comes_out_byte_for_byte() {
    let day = day();
    let (capture, told) = (capture(&day), packets(&capture(&day)));
    let books = books(&told);
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        std::fs::write(file("day.pcap"), &capture).expect("room");
        std::fs::write(file("day.txt"), &books).expect("room");
    }
    let golden = std::fs::read(file("day.pcap")).expect("docs/wire/golden/day.pcap");
    let golden_books = std::fs::read_to_string(file("day.txt")).expect("docs/wire/golden/day.txt");
    for (at, (golden, now)) in packets(&golden).iter().zip(&told).enumerate() {
        assert!(golden == now, "packet {} has changed; is that meant? GOLDEN_WRITE=1", at + 1);
    }
    assert!(golden == capture, "the capture has changed; is that meant? GOLDEN_WRITE=1");
    assert_eq!(self::books(&packets(&golden)), golden_books);
}

#[test]
fn the_golden_day_has_everything_that_a_day_has() {
    let golden = packets(&capture(&day()));
    let mut templates = std::collections::BTreeSet::new();
    let mut heartbeats = 0;
    for (line, packet) in &golden {
        let packet = Packet::parse(packet).expect("a packet");
        let is_snapshot = packet.header.flags.has(PacketFlags::SNAPSHOT);
        assert_eq!(is_snapshot, *line == Line::Snapshot);
        assert!(is_snapshot || packet.header.channel.get() == CHANNEL);
        heartbeats += u32::from(packet.header.message_count.get() == 0);
        for message in packet.messages() {
            let header = sbe_schemas::header::header(message).expect("a message");
            templates.insert(header.template_id.get());
        }
    }
    // Definition to checksum, and the snapshot's three.
    let all = [10, 11, 12, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 40, 41, 42];
    assert_eq!(templates.into_iter().collect::<Vec<_>>(), all);
    assert_eq!(heartbeats, 2);
}

/// What tshark says of a capture with the published dissector: names of messages, and complaints. `None`: there is no
/// tshark here.
fn dissected(capture: &std::path::Path) -> Option<(Vec<String>, Vec<String>)> {
    let script = file("../portcullis.lua");
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-X"]).arg(format!("lua_script:{}", script.display()));
    tshark.arg("-r").arg(capture).args(["-T", "fields", "-e", "portcullis.template"]);
    tshark.args(["-e", "portcullis.malformed", "-e", "_ws.malformed", "-e", "_ws.expert.message"]);
    let output = match tshark.output() {
        Ok(output) => output,
        Err(why) => {
            eprintln!("SKIPPED: no tshark here, so the dissector has read nothing: {why}");
            return None;
        }
    };
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !errors.contains("Lua"), "{errors}");
    let text = String::from_utf8(output.stdout).expect("text");
    let rows = text.lines().map(|row| row.split_once('\t').expect("four fields"));
    let (mut names, mut complaints) = (Vec::new(), Vec::new());
    for (of_row, wrong) in rows {
        names.extend(of_row.split(',').filter(|name| !name.is_empty()).map(str::to_string));
        complaints.extend((!wrong.trim().is_empty()).then(|| wrong.to_string()));
    }
    Some((names, complaints))
}

#[test]
fn wireshark_reads_the_golden_day_with_the_published_dissector_and_has_no_complaint() {
    let Some((names, complaints)) = dissected(&file("day.pcap")) else { return };
    assert_eq!(complaints, [""; 0]);
    let golden = std::fs::read(file("day.pcap")).expect("docs/wire/golden/day.pcap");
    let packets = packets(&golden);
    let parsed = packets.iter().map(|(_, packet)| Packet::parse(packet).expect("a packet"));
    let messages: Vec<&[u8]> = parsed.flat_map(|packet| packet.messages()).collect();
    assert_eq!(names.len(), messages.len(), "every message, and nothing else");
    for (name, message) in names.iter().zip(messages) {
        let mut text = String::new();
        md::describe(message, &mut text).expect("memory");
        assert!(text.starts_with(&format!("{name} ")), "{name}: {text}");
    }
}

/// The golden images of the schema, one message in a packet: those, too, that no multicast carries.
#[test]
fn the_published_dissector_knows_every_message_of_the_schema() {
    let images = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sbe-schemas/tests/golden");
    let (mut day, mut expected) = (Vec::new(), std::collections::BTreeSet::new());
    let mut buffer = PacketBuffer::new(CHANNEL, 1, PacketFlags::EMPTY);
    for entry in std::fs::read_dir(images).expect("golden images") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("text");
        let Some(name) = name.strip_prefix("market-data-") else { continue };
        let text = std::fs::read_to_string(&path).expect("text");
        let hex =
            text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        let image: Vec<u8> = hex.map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect();
        buffer.push(&image, day.len() as u64 + 1, 0);
        day.push((0, Line::A, buffer.finish().to_vec()));
        buffer.clear();
        expected.insert(name.to_string());
    }
    let capture = capture(&day);
    let path = std::env::temp_dir().join(format!("portcullis-{}.pcap", std::process::id()));
    std::fs::write(&path, capture).expect("room");
    let told = dissected(&path);
    std::fs::remove_file(&path).expect("it was there");
    let Some((names, complaints)) = told else { return };
    assert_eq!(complaints, [""; 0]);
    assert_eq!(names.into_iter().collect::<std::collections::BTreeSet<_>>(), expected);
}

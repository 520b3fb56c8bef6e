//! Lines that leave by AF_XDP: every packet comes to ordinary sockets on the other side, byte for byte what the
//! history says, on both lines, and every book is the venue's.
//!
//! What comes has passed the other side's kernel, which drops whatever has a wrong checksum, length or address.

use super::{Cable, Listener, Process, alone, directory, must, trade, venue};
use gateway::history::{HistoryReader, Limit};
use gateway::io::RealDisk;
use marketdata::packet::{Packet, PacketBuffer};
use sbe_schemas::types::PacketFlags;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const PCAP_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const IP_AND_UDP: usize = 28;

/// A venue whose lines leave by AF_XDP; `None`: not on this host.
fn venue_by_xdp(cable: &Cable, directory: &Path) -> Option<Process> {
    let by_xdp = ("# transport = \"socket\"", "transport = \"xdp\"");
    let (venue, said) = venue(cable, directory, by_xdp);
    let by =
        said.iter().find(|line| line.trim_start().starts_with("lines by ")).expect("who sends");
    if by.contains("AF_XDP is refused") {
        eprintln!("not run: {}", by.trim());
        return None;
    }
    assert_eq!(by.trim(), "lines by AF_XDP on v0, queue 0");
    Some(venue)
}

/// Payloads of a recording, by the last number of the group they came to.
fn recorded(file: &Path) -> BTreeMap<u8, Vec<Vec<u8>>> {
    let bytes = std::fs::read(file).unwrap();
    let (mut rest, mut found) = (&bytes[PCAP_HEADER..], BTreeMap::<u8, Vec<Vec<u8>>>::new());
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let packet = &rest[RECORD_HEADER..RECORD_HEADER + length];
        found.entry(packet[19]).or_default().push(packet[IP_AND_UDP..].to_vec());
        rest = &rest[RECORD_HEADER + length..];
    }
    found
}

/// The packet with as many messages as `like`, made out of the history.
fn made_again(history: &mut HistoryReader, like: &Packet<'_>) -> Vec<u8> {
    let count = u64::from(like.header.message_count.get());
    let mut packet = PacketBuffer::new(1, 1, PacketFlags::EMPTY);
    let limit = Limit { messages: count, bytes: Limit::BYTES_MIN.max(1 << 16) };
    let read = history
        .read(like.header.sequence.get(), limit, |stored| {
            packet.push(stored.message, stored.seq, stored.time);
        })
        .unwrap();
    assert_eq!(read, count);
    packet.finish().to_vec()
}

#[test]
fn lines_by_af_xdp_are_the_historys_packets_and_every_book_is_the_venues() {
    let _alone = alone();
    let cable = match Cable::new('x') {
        Ok(cable) => cable,
        Err(why) => return eprintln!("not run: no namespaces here: {why}"),
    };
    let directory = directory('x');
    let Some(venue) = venue_by_xdp(&cable, &directory) else { return };
    let file = directory.join("lines.pcap");
    let seconds = ["--seconds", "60"];
    let replay = ["--replay", "10.77.0.1:9104"];
    let truth = Listener::start(&cable, &[&seconds[..], &replay, &["--tcp"]].concat());
    let record = ["--record", file.to_str().unwrap()];
    let listener = Listener::start(&cable, &[&seconds[..], &replay, &record].concat());
    std::thread::sleep(Duration::from_millis(700));
    trade(&cable, "CLIENT1", 3000);
    std::thread::sleep(Duration::from_secs(2));
    let (told, orders) = listener.finish();
    let (_, truly) = truth.finish();
    println!("{told}");
    assert!(orders.len() > 20 && orders == truly, "{} and {} orders", orders.len(), truly.len());
    // Not asked for before both lines had gone by, and nobody had to bring what they had lost.
    assert_eq!(told["gaps"], 0, "{told}");

    let data = directory.join("data");
    drop(venue);
    let mut history = HistoryReader::open(RealDisk, &data);
    let recorded = recorded(&file);
    let told = |line: u8| recorded[&line].iter().filter(|packet| has_messages(packet));
    let (a, b): (Vec<_>, Vec<_>) = (told(1).collect(), told(2).collect());
    assert!(a.len() > 50, "{} packets", a.len()); // How many depends on how busy the host is.
    assert!(a == b, "line A and line B have the same packets in the same order");
    let mut next = None;
    for bytes in a {
        let packet = Packet::parse(bytes).unwrap();
        let first = packet.header.sequence.get();
        assert!(next.is_none_or(|next| next == first), "a packet is missing before {first}");
        next = Some(first + u64::from(packet.header.message_count.get()));
        assert_eq!(*bytes, made_again(&mut history, &packet), "the packet of {first}");
    }
    let _ = std::fs::remove_dir_all(&directory);
}

fn has_messages(packet: &[u8]) -> bool {
    Packet::parse(packet).unwrap().header.message_count.get() > 0
}

#[test]
fn what_a_link_without_carrier_loses_is_said_and_asked_for() {
    let _alone = alone();
    let cable = match Cable::new('c') {
        Ok(cable) => cable,
        Err(why) => return eprintln!("not run: no namespaces here: {why}"),
    };
    let directory = directory('c');
    let Some(venue) = venue_by_xdp(&cable, &directory) else { return };
    let words = ["--seconds", "60", "--replay", "10.77.0.1:9104"];
    let listener = Listener::start(&cable, &words);
    std::thread::sleep(Duration::from_millis(700));
    trade(&cable, "CLIENT1", 300);
    let far = &cable.names[1];
    must(&format!("ip -n {far} link set v0 down")).unwrap();
    trade(&cable, "CLIENT2", 500);
    let log = std::fs::read_to_string(directory.join("venue.log")).unwrap();
    assert!(log.contains("packets of the feed could not be sent"), "{log}");
    must(&format!("ip -n {far} link set v0 up")).unwrap();
    // Heartbeats show what is missing, and who has not answered is left alone for five seconds.
    std::thread::sleep(Duration::from_secs(7));
    let truth = Listener::start(&cable, &[&words[..], &["--tcp"]].concat());
    std::thread::sleep(Duration::from_secs(1));
    let (told, orders) = listener.finish();
    let (_, truly) = truth.finish();
    println!("{told}");
    assert!(orders.len() > 20 && orders == truly, "{} and {} orders", orders.len(), truly.len());
    drop(venue);
    let _ = std::fs::remove_dir_all(&directory);
}

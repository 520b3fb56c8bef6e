//! The same packets everywhere: multicast, unicast to a list and by lease, and behind a relay.

use crate::venue::Venue;
use gateway::feed::control::ControlPacket;
use gateway::io::udp::MulticastReceiver;
use marketdata::packet::Packet;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::PacketFlags;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A packet of the lines that is no heartbeat: those come by time, and snapshots come without end.
fn is_told(bytes: &[u8]) -> bool {
    let packet = Packet::parse(bytes).unwrap();
    packet.header.message_count.get() > 0 && packet.header.flags == PacketFlags::EMPTY
}

fn heard(mut receive: impl FnMut(&mut [u8]) -> Option<usize>) -> BTreeSet<Vec<u8>> {
    let (mut packets, mut buffer, begun) = (BTreeSet::new(), [0; 2000], Instant::now());
    while begun.elapsed() < Duration::from_millis(400) {
        if let Some(length) = receive(&mut buffer)
            && is_told(&buffer[..length])
        {
            packets.insert(buffer[..length].to_vec());
        }
    }
    packets
}

fn subscriber() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    socket
}

fn lease(socket: &UdpSocket, venue: &Venue, token: u64) -> (u16, u64) {
    let request = md::LeaseRequest {
        request_id: 1.into(),
        epoch: 1.into(),
        seconds: 30.into(),
        token: token.into(),
    };
    socket.send_to(ControlPacket::new(1).of(&request, 0), venue.replay()).unwrap();
    let mut buffer = [0; 2000];
    loop {
        let (length, _) = socket.recv_from(&mut buffer).unwrap();
        let packet = Packet::parse(&buffer[..length]).unwrap();
        let message = packet.messages().next();
        if let Some(Ok((lease, ..))) = message.map(md::Lease::decode) {
            return (lease.seconds.get(), lease.token.get());
        }
    }
}

#[test]
fn unicast_and_what_is_behind_a_relay_are_the_same_packets() {
    let listed = subscriber();
    let address = listed.local_addr().unwrap();
    let venue = Venue::start("mio", "fused", |config| {
        config
            .replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
            .replace("# unicast = [\"10.0.0.7:9101\"]", &format!("unicast = [\"{address}\"]"))
            .replace("# unicast_leases_max", "unicast_leases_max")
    });
    let leased = subscriber();
    leased.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (none, token) = lease(&leased, &venue, 0);
    assert_eq!(none, 0, "he might be anybody");
    assert_eq!(lease(&leased, &venue, token).0, 30);
    leased.set_read_timeout(Some(Duration::from_millis(50))).unwrap();

    // A relay: to other groups and to an address.
    let beyond = subscriber();
    let to = |n: u8| {
        let group = venue.group(0);
        let [a, b, c, _] = group.ip().octets();
        std::net::SocketAddrV4::new(Ipv4Addr::new(a, b, c, 100 + n), group.port())
    };
    let mut relay = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    relay.arg("relay").args(["--a", &venue.group(0).to_string()]);
    relay.args(["--b", &venue.group(1).to_string()]);
    relay.args(["--snapshot", &venue.group(2).to_string()]);
    relay.args(["--to-a", &to(1).to_string(), "--to-snapshot", &to(3).to_string()]);
    relay.args(["--unicast", &beyond.local_addr().unwrap().to_string()]);
    relay.args(["--source", "127.0.0.1", "--transport", "burst"]);
    let mut relay = relay.stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(relay.stdout.take().unwrap()).lines();
    let begun = said.next().unwrap().unwrap();
    assert!(begun.starts_with("relaying, lines by "), "{begun}");

    let join = |group| {
        let receiver = MulticastReceiver::join(group, Ipv4Addr::LOCALHOST).unwrap();
        receiver.set_read_timeout(Duration::from_millis(50)).unwrap();
        receiver
    };
    let (line, relayed) = (join(venue.group(0)), join(to(1)));
    let mut a = venue.log_on("CLIENT1");
    for n in 0..50 {
        a.order(&format!("a{n}"), "1", "4", "10");
        a.expect("35=8 150=0");
    }
    let on_line = heard(|buffer| line.receive(buffer).unwrap());
    assert!(on_line.len() >= 50);
    assert!(heard(|buffer| relayed.receive(buffer).unwrap()) == on_line, "behind the relay");
    for (socket, who) in [(&listed, "listed"), (&leased, "leased"), (&beyond, "relayed")] {
        let got = heard(|buffer| socket.recv(buffer).ok());
        assert!(on_line.is_subset(&got), "{who}: {} of {}", got.len(), on_line.len());
    }
    // Books can be had there, too: by unicast alone, with snapshots.
    drop(beyond);
    let pid = relay.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(relay.wait().unwrap().success());
    let counts = said.next().unwrap().unwrap();
    assert!(counts.contains("unreadable 0") && !counts.contains("duplicates 0,"), "{counts}");
}

#[test]
fn a_listener_by_unicast_has_every_book() {
    let free = subscriber().local_addr().unwrap();
    let venue = Venue::start("mio", "fused", |config| {
        config
            .replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
            .replace("# unicast = [\"10.0.0.7:9101\"]", &format!("unicast = [\"{free}\"]"))
    });
    let mut a = venue.log_on("CLIENT1");
    a.order("before", "1", "4", "9");
    a.expect("35=8 150=0");
    let words = ["--unicast", &free.to_string(), "--replay", venue.replay()];
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("spread-{}.pcap", std::process::id()));
    let record = ["--stats", "--record", file.to_str().unwrap()];
    let words =
        [&words[..], &["--json", "--orders", "--verify", "--seconds", "4"], &record].concat();
    let listener = venue.listen(&words);
    std::thread::sleep(Duration::from_millis(1500));
    a.order("after", "1", "4", "10");
    a.expect("35=8 150=0");
    let lines = listener.lines();
    let of = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
    assert_eq!(of("order").filter(|line| line["symbol"] == "ACME").count(), 2);
    assert!(of("second").count() >= 2);
    assert!(of("second").any(|line| line["delayUsMax"].as_u64().unwrap() > 0));
    check_record(&file, free.port());
    check_dissected(&file, free.port());
    std::fs::remove_file(&file).unwrap();
}

/// Wireshark with the published dissector knows every message of it and has no complaint.
fn check_dissected(file: &std::path::Path, port: u16) {
    let script =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire/portcullis.lua");
    let mut tshark = Command::new("tshark");
    tshark.arg("-X").arg(format!("lua_script:{}", script.display())).arg("-r").arg(file);
    tshark.arg("-d").arg(format!("udp.port=={port},portcullis")).args(["-T", "fields"]);
    tshark.args(["-e", "portcullis.template", "-e", "portcullis.malformed"]);
    let output = match tshark.output() {
        Ok(output) => output,
        Err(why) => return eprintln!("not dissected: tshark: {why}"),
    };
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert_eq!(line.split('\t').nth(1).unwrap_or_default(), "", "{line}");
    }
    for name in ["OrderAdd", "SnapshotBegin", "SnapshotOrder", "SnapshotEnd"] {
        assert!(text.contains(name), "no {name}: {text}");
    }
}

/// The file is one that tshark reads: UDP packets to this port, of which each is a packet of the feed.
fn check_record(file: &std::path::Path, port: u16) {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(file).args(["-o", "ip.check_checksum:TRUE", "-T", "fields"]);
    tshark.args(["-e", "ip.checksum.status", "-e", "udp.dstport", "-e", "udp.payload"]);
    let output = match tshark.output() {
        Ok(output) => output,
        Err(why) => return eprintln!("not read back: tshark: {why}"),
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let mut snapshots = 0;
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!((fields[0], fields[1]), ("1", port.to_string().as_str()), "{line}");
        let hex = fields[2].replace(':', "");
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let packet = Packet::parse(&bytes).unwrap();
        snapshots += usize::from(packet.header.flags.has(PacketFlags::SNAPSHOT));
    }
    assert!(text.lines().count() > 4 && snapshots > 1, "{text}");
}

#[test]
fn who_listens_while_a_venue_begins_with_a_new_log_and_epoch_begins_anew() {
    let replay = |config: String| {
        config.replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
    };
    let mut venue = Venue::start("mio", "fused", replay);
    let listener = venue.listen(&["--json", "--orders", "--verify", "--seconds", "7"]);
    std::thread::sleep(Duration::from_millis(500));
    let mut a = venue.log_on("CLIENT1");
    a.order("of the old log", "1", "4", "9");
    a.expect("35=8 150=0");
    std::thread::sleep(Duration::from_millis(1500));
    venue.terminate();
    assert_eq!(venue.wait_for_exit(), Some(0));
    std::fs::remove_dir_all(venue.data()).unwrap();
    venue.reconfigure(|config| config.replace("# epoch = 1 ", "epoch = 2 "));
    venue.restart();
    let mut a = venue.log_on("CLIENT1");
    for name in ["one", "two"] {
        a.order(name, "1", "5", "10");
        a.expect("35=8 150=0");
    }
    // By TCP who does not know the epoch is told of the one that holds.
    let words = ["--json", "--tcp", "--replay", venue.replay(), "--orders", "--seconds", "1"];
    assert_eq!(venue.listen(&words).orders("ACME").len(), 2);
    let lines = listener.lines();
    let resets: Vec<_> = lines.iter().filter(|line| line["type"] == "reset").collect();
    assert_eq!(resets.len(), 1, "{lines:?}");
    assert_eq!(resets[0]["epoch"], 2);
    let orders = lines.iter().filter(|l| l["type"] == "order" && l["symbol"] == "ACME");
    assert_eq!(orders.count(), 2, "the old one is forgotten: {lines:?}");
}

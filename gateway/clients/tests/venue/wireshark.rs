//! A second opinion: Wireshark's FIX dissector reads what the venue sent.
//!
//! The messages go into a capture file that we write ourselves, one TCP segment each, so nothing has
//! to be captured. Without `tshark` (Debian package of that name) this says so and checks nothing.

use crate::client::Fix;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the venue sends of docs/wire/fix.md's user-defined tags.
const OWN_TAGS: [&str; 7] = ["5018", "5020", "5021", "5022", "5023", "5024", "5025"];
const VENUE_PORT: u16 = 9001;
const CLIENT_PORT: u16 = 40_000;
/// Packets begin with an IP header. Source: pcap link types, LINKTYPE_RAW.
const LINKTYPE_RAW: u32 = 101;
const IPV4_BYTES: usize = 20;
const TCP_BYTES: usize = 20;

/// Wireshark takes every message for one of FIX, with the MsgType and MsgSeqNum that we see, and has
/// no complaint: no bad checksum, no malformed field, no tag of FIX that it does not know.
pub fn understands(messages: &[Fix], directory: &Path) {
    let known = Command::new("tshark").arg("--version").stdout(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no tshark here, so Wireshark has not read the venue's messages");
        return;
    }
    let file = directory.join("venue.pcap");
    std::fs::write(&file, capture(messages)).unwrap();
    let fix = format!("tcp.port=={VENUE_PORT},fix");
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-d", &fix, "-r"]).arg(&file).args(["-T", "fields"]);
    // The last two are of tags that Wireshark does not know, and of whatever it objects to.
    for field in ["fix.MsgType", "fix.MsgSeqNum", "fix.field.tag", "_ws.expert.message"] {
        tshark.args(["-e", field]);
    }
    let output = tshark.stderr(Stdio::null()).output().unwrap();
    let rows = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), messages.len(), "Wireshark sees every message");
    for (row, message) in rows.iter().zip(messages) {
        let mut cells: Vec<&str> = row.split('\t').collect();
        // Tags of the venue's own are nothing that Wireshark could know.
        if cells.len() == 4 && cells[2].split(',').all(|tag| OWN_TAGS.contains(&tag)) {
            cells[2] = "";
        }
        let number = message.number().to_string();
        assert_eq!(cells, [message.text("35"), &number, "", ""], "{}", message.0);
    }
}

/// A capture of `messages` going from the venue to a client.
fn capture(messages: &[Fix]) -> Vec<u8> {
    let mut file = Vec::new();
    // Magic of microsecond captures, version 2.4, zone, accuracy, longest packet, link type.
    for word in [0xA1B2_C3D4, 4 << 16 | 2, 0, 0, 65_535, LINKTYPE_RAW] {
        file.extend(u32::to_le_bytes(word));
    }
    let mut sequence = 1_u32;
    for message in messages {
        let payload = message.0.replace('|', "\u{1}").into_bytes();
        let packet = packet(&payload, sequence);
        sequence += payload.len() as u32;
        for word in [0, 0, packet.len() as u32, packet.len() as u32] {
            file.extend(u32::to_le_bytes(word));
        }
        file.extend(packet);
    }
    file
}

/// `payload` in a TCP segment in an IPv4 packet; checksums stay empty, nobody looks at them.
fn packet(payload: &[u8], sequence: u32) -> Vec<u8> {
    let length = (IPV4_BYTES + TCP_BYTES + payload.len()) as u16;
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 6, 0, 0]); // Time to live 64, protocol TCP.
    packet.extend([127, 0, 0, 1, 127, 0, 0, 1]);
    packet.extend(VENUE_PORT.to_be_bytes());
    packet.extend(CLIENT_PORT.to_be_bytes());
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 1]); // Acknowledged.
    packet.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]); // 20 bytes of header, PSH and ACK.
    packet.extend(payload);
    packet
}

//! A second opinion: Wireshark with the published dissector reads what both sides said.
//!
//! The messages go into a capture file that we write ourselves, one TCP segment each. Without `tshark` (Debian
//! package of that name) this says so and checks nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

static CAPTURES: AtomicUsize = AtomicUsize::new(0);

const VENUE_PORT: u16 = 9002;
const CLIENT_PORT: u16 = 40_000;
/// Packets begin with an IP header. Source: pcap link types, LINKTYPE_RAW.
const LINKTYPE_RAW: u32 = 101;

/// A frame, and whether the client sent it.
pub type Said = (bool, Vec<u8>);

/// Wireshark finds every message, calls it what we call it, and has no complaint.
pub fn understands(said: &[Said], names: &[String]) {
    let known = Command::new("tshark").arg("--version").stdout(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no tshark here, so the dissector has read nothing");
        return;
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Tests of one process run at the same time.
    let number = CAPTURES.fetch_add(1, Ordering::Relaxed);
    let file = directory.join(format!("sbe-{}-{number}.pcap", std::process::id()));
    std::fs::write(&file, capture(said)).expect("room for a capture");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire/portcullis.lua");
    let mut tshark = Command::new("tshark");
    tshark.arg("-n").arg("-X").arg(format!("lua_script:{}", script.display())).arg("-r").arg(&file);
    tshark.args(["-o", "tcp.desegment_tcp_streams:TRUE", "-T", "fields"]);
    for field in ["portcullis.template", "portcullis.value", "_ws.expert.message"] {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().expect("tshark runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("Lua"), "{errors}");
    let rows = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('\t').collect()).collect();
    assert_eq!(rows.len(), said.len(), "Wireshark sees every message: {errors}");
    let mut seen = BTreeSet::new();
    for (row, name) in rows.iter().zip(names) {
        assert_eq!(row[0], name, "{row:?}");
        assert_eq!(row.get(2).copied().unwrap_or_default(), "", "{row:?}");
        seen.insert(row[0]);
    }
    assert!(seen.len() > 25, "only {seen:?}");
    let _ = std::fs::remove_file(&file);
}

fn capture(said: &[Said]) -> Vec<u8> {
    let mut file = Vec::new();
    // Magic of microsecond captures, version 2.4, zone, accuracy, longest packet, link type.
    for word in [0xA1B2_C3D4, 4 << 16 | 2, 0, 0, 65_535, LINKTYPE_RAW] {
        file.extend(u32::to_le_bytes(word));
    }
    let mut next = [1_u32, 1];
    for (from_client, payload) in said {
        let packet = packet(payload, *from_client, next);
        next[usize::from(*from_client)] += payload.len() as u32;
        for word in [0, 0, packet.len() as u32, packet.len() as u32] {
            file.extend(u32::to_le_bytes(word));
        }
        file.extend(packet);
    }
    file
}

/// `payload` in a TCP segment in an IPv4 packet; checksums stay empty, nobody looks at them.
fn packet(payload: &[u8], from_client: bool, next: [u32; 2]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((40 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 6, 0, 0]); // Time to live 64, protocol TCP.
    packet.extend([127, 0, 0, 1, 127, 0, 0, 1]);
    let ports = if from_client { [CLIENT_PORT, VENUE_PORT] } else { [VENUE_PORT, CLIENT_PORT] };
    packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    packet.extend(next[usize::from(from_client)].to_be_bytes());
    packet.extend(next[usize::from(!from_client)].to_be_bytes());
    packet.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]); // 20 bytes of header, PSH and ACK.
    packet.extend(payload);
    packet
}

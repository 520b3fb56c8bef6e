//! Old messages of the feed from the real binary: lines A and B, TCP, UDP and a second life all say the same.

use crate::peer::Peer;
use crate::venue::{MATRIX, Venue};
use gateway::feed::control::{ControlPacket, Framed, next_framed, push_framed};
use gateway::io::udp::MulticastReceiver;
use marketdata::packet::Packet;
use sbe_schemas::market_data as md;
use sbe_schemas::types::PacketFlags;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

type Told = BTreeMap<u64, Vec<u8>>;

/// Puts the messages of a packet where they belong; what was told before must be the same. How many.
fn put(bytes: &[u8], told: &mut Told) -> usize {
    let packet = Packet::parse(bytes).unwrap();
    let messages = (packet.header.sequence.get()..).zip(packet.messages());
    for (sequence, message) in messages {
        let before = told.entry(sequence).or_insert_with(|| message.to_vec());
        assert_eq!(before, message, "message {sequence} is what it always was");
    }
    packet.header.message_count.get().into()
}

/// What is on a line by now.
fn hear(line: &MulticastReceiver) -> Vec<Vec<u8>> {
    let (mut packets, mut buffer) = (Vec::new(), vec![0; 65_536]);
    line.set_read_timeout(Duration::from_millis(60)).unwrap();
    while let Some(length) = line.receive(&mut buffer).unwrap() {
        // Heartbeats come by time.
        if Packet::parse(&buffer[..length]).unwrap().header.message_count.get() > 0 {
            packets.push(buffer[..length].to_vec());
        }
    }
    packets
}

fn request(from: u64, to: u64) -> Vec<u8> {
    let request = md::ReplayRequest {
        request_id: 1.into(),
        epoch: 1.into(),
        channel: 1.into(),
        from: from.into(),
        to: to.into(),
    };
    ControlPacket::new(1).of(&request, 0).to_vec()
}

/// Everything from 1 on by TCP, until message `to` has come.
fn replay(venue: &Venue, to: u64) -> Told {
    let mut stream = TcpStream::connect(venue.replay()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut framed = Vec::new();
    push_framed(&request(0, u64::MAX), &mut framed);
    stream.write_all(&framed).unwrap();
    let (mut bytes, mut told, deadline) = (Vec::new(), Told::new(), Instant::now());
    while !told.contains_key(&to) {
        assert!(deadline.elapsed() < Duration::from_secs(20), "{:?}", told.keys().last());
        let mut piece = [0; 10_000];
        match stream.read(&mut piece) {
            Ok(0) => panic!("cut off"),
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        while let Framed::Packet(packet, taken) = next_framed(&bytes) {
            let flags = Packet::parse(packet).unwrap().header.flags;
            if !flags.has(PacketFlags::CONTROL) {
                put(packet, &mut told);
            }
            bytes.drain(..taken);
        }
    }
    told
}

fn trade(a: &mut Peer, b: &mut Peer, rounds: std::ops::Range<u32>) {
    for n in rounds {
        a.order(&format!("a{n}"), "1", "4", "10");
        a.expect("35=8 150=0");
        b.order(&format!("b{n}"), "2", "4", "10");
        b.expect("35=8 150=0");
        b.expect("35=8 150=F");
        a.expect("35=8 150=F");
    }
}

#[test]
fn lines_replay_and_a_second_life_say_the_same() {
    for (transport, placement) in MATRIX {
        let mut venue = Venue::start(transport, placement, |config| {
            config.replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
        });
        let lines = [0, 1]
            .map(|line| MulticastReceiver::join(venue.group(line), Ipv4Addr::LOCALHOST).unwrap());
        let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
        trade(&mut a, &mut b, 0..60);
        let [on_a, on_b] = [0, 1].map(|line| hear(&lines[line]));
        assert!(on_a == on_b, "byte for byte");
        let mut told = Told::new();
        on_a.iter().for_each(|packet| {
            put(packet, &mut told);
        });
        let last = *told.keys().last().unwrap();
        assert!(last > 120, "{last}");

        // TCP: the whole day, and what follows.
        let replayed = replay(&venue, last);
        assert_eq!(replayed.len() as u64, last, "every message from 1 on");
        assert!(told.iter().all(|(sequence, bytes)| replayed[sequence] == *bytes));

        // UDP: the same again, marked.
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.send_to(&request(20, 29), venue.replay()).unwrap();
        let (mut again, mut buffer) = (Told::new(), [0; 2000]);
        while again.len() < 10 {
            let (length, _) = socket.recv_from(&mut buffer).unwrap();
            put(&buffer[..length], &mut again);
        }
        assert!(again.iter().all(|(sequence, bytes)| replayed[sequence] == *bytes));
        assert_eq!((again.keys().next(), again.keys().last()), (Some(&20), Some(&29)));

        // A second life begins with the end of the first, packet by packet.
        venue.kill_9();
        venue.restart();
        let mut told = replayed;
        let second = hear(&lines[0]);
        let sequence = |packet: &Vec<u8>| Packet::parse(packet).unwrap().header.sequence.get();
        assert!(sequence(&second[0]) < last);
        let repeated: Vec<_> = second.iter().filter(|packet| sequence(packet) <= last).collect();
        assert!(repeated.len() > 30, "{}", repeated.len());
        assert!(repeated.iter().all(|packet| on_a.contains(packet)), "the very same packets");
        second.iter().for_each(|packet| {
            put(packet, &mut told);
        });
        let end = *told.keys().last().unwrap();
        assert!(end > last && told.len() as u64 == end, "and goes on without a hole");
        assert!(replay(&venue, end) == told);
    }
}

//! Old messages of the feed from the real binary: lines A and B, TCP, UDP and a second life all say the same.

use crate::peer::Peer;
use crate::venue::{MATRIX, Venue};
use gateway::feed::control::{ControlPacket, Framed, next_framed, push_framed};
use gateway::io::udp::MulticastReceiver;
use marketdata::packet::Packet;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{self, PacketFlags, View};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// The views of all instruments that come first, by instrument.
fn views<M: Message + Copy>(venue: &Venue, view: View, of: fn(&M) -> u32) -> BTreeMap<u32, M> {
    let mut stream = TcpStream::connect(venue.replay()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let request = md::ViewRequest {
        request_id: 1.into(),
        epoch: 1.into(),
        view: view.into(),
        instrument: 0.into(),
        interval_ms: 20.into(),
    };
    let mut framed = Vec::new();
    push_framed(ControlPacket::new(1).of(&request, 0), &mut framed);
    stream.write_all(&framed).unwrap();
    let (mut bytes, mut told, begun) = (Vec::new(), BTreeMap::new(), Instant::now());
    // Books that are older than the history come with a snapshot, after a second.
    while begun.elapsed() < Duration::from_millis(1500) {
        let mut piece = [0; 10_000];
        match stream.read(&mut piece) {
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        while let Framed::Packet(packet, taken) = next_framed(&bytes) {
            for message in Packet::parse(packet).unwrap().messages() {
                if let Ok((view, ..)) = M::decode(message) {
                    told.insert(of(view), *view);
                }
            }
            bytes.drain(..taken);
        }
    }
    told
}

/// What views of ACME must say after sixty trades of 4 at 10, 5 bid at 9.5 and 7 offered at 11.
fn check_views(venue: &Venue, last: u64) {
    let level =
        |level: types::Level| (level.price.to_string(), level.qty.to_string(), level.orders.get());
    let (bid, ask) = (("9.5".into(), "5".into(), 1), ("11".into(), "7".into(), 1));
    let tops = views::<md::TopOfBook>(venue, View::Top, |m| m.instrument.get());
    let top = tops[&3];
    assert_eq!((level(top.bid), level(top.ask)), (bid, ask));
    assert_eq!((top.last_price.to_string(), top.last_qty.to_string()), ("10".into(), "4".into()));
    assert!(top.to.get() >= last && top.from.get() <= top.to.get(), "{top:?}");
    let depths = views::<md::BookDepth>(venue, View::Depth, |m| m.instrument.get());
    let depth = depths[&3];
    assert_eq!((level(depth.bid1), level(depth.ask1)), (level(top.bid), level(top.ask)));
    assert!(depth.bid2.price.get().is_none() && depth.ask10.price.get().is_none());
    let statistics = views::<md::Statistics>(venue, View::Statistics, |m| m.instrument.get());
    let day = statistics[&3];
    let prices = [day.open, day.high, day.low, day.last, day.vwap].map(|price| price.to_string());
    assert_eq!(prices, ["10"; 5].map(String::from));
    assert_eq!((day.volume.to_string(), day.trades.get()), ("240".to_string(), 60));
    let turnover = u128::from(day.turnover_high.get()) << 64 | u128::from(day.turnover_low.get());
    assert_eq!(turnover, 2400 * 10_u128.pow(16));
}

/// The same by `portcullis listen --view`: the last of each instrument.
fn check_shown(venue: &Venue) {
    let shown = |view: &str| {
        let words = ["--replay", venue.replay(), "--view", view, "--interval-ms", "20"];
        let lines = venue.listen(&[&words[..], &["--json", "--seconds", "2"]].concat()).lines();
        lines.into_iter().rfind(|line| line["instrument"] == 3).expect("of ACME")
    };
    let (bid, ask) = (json!(["9.5", "5", 1]), json!(["11", "7", 1]));
    let top = shown("top");
    assert_eq!((&top["type"], &top["bid"], &top["ask"]), (&json!("TopOfBook"), &bid, &ask));
    assert_eq!((&top["lastPrice"], &top["lastQty"]), (&json!("10"), &json!("4")));
    let depth = shown("depth");
    assert_eq!((&depth["bids"], &depth["asks"]), (&json!([bid]), &json!([ask])));
    let day = shown("stats");
    assert_eq!(
        (&day["vwap"], &day["volume"], &day["trades"]),
        (&json!("10"), &json!("240"), &json!(60))
    );
}

#[test]
fn views_are_told_by_tcp_and_survive_a_restart() {
    let mut venue = Venue::start("mio", "fused", |config| {
        // The day must not end in the middle of this test: it ends in twelve hours.
        let now = gateway::io::clock::utc_now_ns() / 1_000_000_000;
        let end = format!("day_end = \"{:02}:00\"", (now / 3600 + 12) % 24);
        let config = config.replace("day_end = \"00:00\"", &end);
        config.replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
    });
    let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
    trade(&mut a, &mut b, 0..60);
    a.order("bid", "1", "5", "9.5");
    a.expect("35=8 150=0 11=bid");
    b.order("ask", "2", "7", "11");
    b.expect("35=8 150=0 11=ask");
    check_views(&venue, 120);
    check_shown(&venue);
    venue.kill_9();
    venue.restart();
    check_views(&venue, 120);
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
        // One by one, and in bursts: nobody can tell.
        let by = if placement == "split" { "burst" } else { "socket" };
        let mut venue = Venue::start(transport, placement, |config| {
            config
                .replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
                .replace("# transport = \"socket\"", &format!("transport = \"{by}\""))
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

        // The end says that it is one, on both lines.
        venue.terminate();
        assert_eq!(venue.wait_for_exit(), Some(0));
        for line in &lines {
            let (mut buffer, mut last) = ([0; 2000], None);
            while let Some(length) = line.receive(&mut buffer).unwrap() {
                let header = *Packet::parse(&buffer[..length]).unwrap().header;
                last = Some((header.flags, header.message_count.get(), header.sequence.get()));
            }
            assert_eq!(last, Some((PacketFlags::END_OF_SESSION, 0, end + 1)));
        }
    }
}

#[test]
fn floods_and_garbage_at_the_replay_address_disturb_nobody() {
    let venue = Venue::start("mio", "fused", |config| {
        config.replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
    });
    let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
    trade(&mut a, &mut b, 0..10);
    let stop = Arc::new(AtomicBool::new(false));
    let (address, ended) = (venue.replay().to_owned(), Arc::clone(&stop));
    let flood = std::thread::spawn(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let (whole, mut buffer) = (request(1, 30), [0; 2000]);
        let (mut sent, mut answers) = (0_u64, 0_u64);
        let begun = Instant::now();
        while !ended.load(Ordering::Relaxed) {
            for n in 0..20 {
                let packet = if n == 0 { b"garbage that is no packet" } else { &whole[..] };
                sent += u64::from(socket.send_to(packet, &address).is_ok());
            }
            while socket.recv(&mut buffer).is_ok() {
                answers += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        (sent, answers, begun.elapsed())
    });
    // Connections that say nothing, garbage, or half a request; more of them than there are places.
    let strangers: Vec<TcpStream> = (0..40)
        .filter_map(|n| {
            let mut stream = TcpStream::connect(venue.replay()).ok()?;
            let words: &[u8] = [&b""[..], b"GET / HTTP/1.1\r\n\r\n", b"\x3e\0FP"][n % 3];
            stream.write_all(words).ok()?;
            Some(stream)
        })
        .collect();
    let begun = Instant::now();
    trade(&mut a, &mut b, 10..60);
    let took = begun.elapsed();
    std::thread::sleep(Duration::from_secs(1));
    assert!(took < Duration::from_secs(10), "fifty trades took {took:?}");
    stop.store(true, Ordering::Relaxed);
    let (sent, answers, flooded) = flood.join().unwrap();
    let allowed = 256 + 1000 * (flooded.as_secs() + 1);
    assert!(sent > 500 && answers <= allowed, "{answers} answers to {sent} in {flooded:?}");
    drop(strangers);
    // And the honest are served.
    std::thread::sleep(Duration::from_millis(100));
    assert!(replay(&venue, 120).len() >= 120);
}

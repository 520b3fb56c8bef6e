//! The door: whoever has not logged on holds a place only until somebody else needs it.

use crate::peer::Peer;
use crate::venue::{MATRIX, Venue};
use gateway::door::STRANGERS_SPARE;
use socket2::{Domain, Socket, Type};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// In both tables, that of order entry and that of market data.
const PLACES: usize = 4;
/// Far below `logon_ms`, after which strangers are closed anyway.
const AT_ONCE: Duration = Duration::from_secs(5);
const CROWD: usize = 100;

fn venue(transport: &str, placement: &str) -> Venue {
    Venue::start(transport, placement, |config| {
        config.replace("connections_max = 64", &format!("connections_max = {PLACES}"))
    })
}

/// Strangers from loopback that say nothing, in turns to each of these doors.
fn crowd(doors: &[&str]) -> Vec<TcpStream> {
    (0..CROWD).map(|n| TcpStream::connect(doors[n % doors.len()]).unwrap()).collect()
}

fn is_open(socket: &TcpStream) -> bool {
    socket.set_nonblocking(true).unwrap();
    matches!((&*socket).read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// So many of them are left, and not fewer a little later.
fn expect_left(strangers: &[TcpStream], wanted: usize) {
    let count = || strangers.iter().filter(|stranger| is_open(stranger)).count();
    let begun = Instant::now();
    while count() > wanted {
        assert!(begun.elapsed() < AT_ONCE, "{} strangers are left", count());
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(count(), wanted);
}

fn trade(a: &mut Peer, b: &mut Peer, round: &str) {
    a.order(&format!("a{round}"), "1", "1", "10");
    a.expect("35=8 150=0");
    b.order(&format!("b{round}"), "2", "1", "10");
    b.expect("35=8 150=0");
    b.expect("35=8 150=F");
    a.expect("35=8 150=F");
}

#[test]
fn strangers_in_all_places_keep_no_client_out() {
    for (transport, placement) in MATRIX {
        let venue = venue(transport, placement);
        let mut strangers = crowd(&[venue.address(), &venue.sbe_address]);
        let begun = Instant::now();
        let mut a = venue.log_on("CLIENT1");
        let mut b = venue.log_on("CLIENT2");
        trade(&mut a, &mut b, "1");
        assert!(begun.elapsed() < AT_ONCE, "{transport} {placement}: {:?}", begun.elapsed());
        // These two came last of all: just so many strangers are left as places.
        let most = PLACES - 2 + usize::from(STRANGERS_SPARE);
        expect_left(&strangers, most);
        // More of them cost those who are in nothing, and the oldest go.
        strangers.extend(crowd(&[&venue.sbe_address, venue.address()]));
        expect_left(&strangers, most);
        assert!(!strangers[..CROWD].iter().any(is_open));
        trade(&mut a, &mut b, "2");
    }
}

#[test]
fn strangers_keep_nobody_from_market_data() {
    let venue = venue("uring", "fused");
    let mut a = Peer::connect(venue.market_data(), "CLIENT1");
    a.log_on_with("141=Y|");
    let strangers = crowd(&[venue.market_data()]);
    let begun = Instant::now();
    let mut b = Peer::connect(venue.market_data(), "CLIENT2");
    b.log_on_with("141=Y|");
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    expect_left(&strangers, PLACES - 2 + usize::from(STRANGERS_SPARE));
    for peer in [&mut a, &mut b] {
        peer.send("1", "112=x|");
        peer.expect_skipping("35=0 112=x");
    }
}

#[test]
fn nobody_who_has_logged_on_makes_room() {
    for transport in ["uring", "mio"] {
        let venue = venue(transport, "fused");
        let clients = ["CLIENT1", "CLIENT2", "CLIENT3", "CLIENT4"];
        let [mut a, mut b, _c, d] = clients.map(|name| venue.log_on(name));
        venue.connect("CLIENT5").expect_end();
        expect_left(&crowd(&[venue.address(), &venue.sbe_address]), 0);
        trade(&mut a, &mut b, "1");
        d.hang_up();
        let begun = Instant::now();
        let mut e = loop {
            // Its end has to be in the log before its place is free.
            let mut e = venue.connect("CLIENT5");
            if e.tries_to_log_on() {
                break e;
            }
            assert!(begun.elapsed() < AT_ONCE);
        };
        trade(&mut a, &mut e, "2");
    }
}

/// From an address of its own, as fast as it can; it never hangs up, and forgets those that the venue has closed.
fn flood(door: SocketAddr, stop: &AtomicBool) -> usize {
    let (mut sockets, mut count) = (VecDeque::<TcpStream>::new(), 0);
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) && count < 15_000 && begun.elapsed() < 6 * AT_ONCE {
        if sockets.len() > 6 * CROWD {
            match sockets.pop_front() {
                Some(oldest) if is_open(&oldest) => sockets.push_front(oldest),
                _ => continue,
            }
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
        socket.connect(&door.into()).unwrap();
        sockets.push_back(socket.into());
        count += 1;
    }
    count
}

#[test]
fn an_address_that_connects_without_end_turns_out_itself_alone() {
    for transport in ["uring", "mio"] {
        let venue = venue(transport, "split");
        let stop = AtomicBool::new(false);
        let door = venue.address().parse().unwrap();
        std::thread::scope(|scope| {
            let flood = scope.spawn(|| flood(door, &stop));
            std::thread::sleep(Duration::from_millis(100));
            // The last of them takes the last place.
            let clients = ["CLIENT1", "CLIENT2", "CLIENT3", "CLIENT4"];
            let [mut a, .., mut d] = clients.map(|name| venue.log_on(name));
            trade(&mut a, &mut d, "1");
            stop.store(true, Ordering::Relaxed);
            let count = flood.join().unwrap();
            assert!(count > 10 * CROWD, "{transport}: {count} are no flood");
        });
    }
}

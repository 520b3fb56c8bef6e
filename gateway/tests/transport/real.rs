//! What only the real back ends have: other threads, system calls, and memory the kernel writes to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gateway::io::{Close, NetEvent, TransportKind};

use crate::bench::Bench;
use crate::{limits, queue_until_stuck, rigs, send_until_stuck};

/// The back ends that other threads and real time exist for.
fn real_kinds() -> impl Iterator<Item = TransportKind> {
    let uring = rigs::uring_available().then_some(TransportKind::Uring);
    uring.into_iter().chain([TransportKind::Mio])
}

#[test]
fn a_ring_from_another_thread_wakes_a_wait_again_and_again() {
    for kind in real_kinds() {
        let (mut transport, _) = gateway::io::open(kind, limits(8)).unwrap();
        transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        for _ in 0..20 {
            let (bell, rang) = (transport.doorbell(), Arc::new(AtomicBool::new(false)));
            let theirs = Arc::clone(&rang);
            let ringer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(10));
                theirs.store(true, Ordering::Release);
                bell.ring();
            });
            let started = Instant::now();
            let mut events = Vec::with_capacity(4);
            // A wait may end early for no reason; only the ring can end the last of them.
            while !rang.load(Ordering::Acquire) {
                transport.wait(Duration::from_secs(30));
                assert_eq!(transport.poll(&mut events), 0);
            }
            assert!(started.elapsed() < Duration::from_secs(5), "{kind:?} slept through");
            ringer.join().unwrap();
        }
        let started = Instant::now();
        transport.wait(Duration::from_millis(1));
        transport.wait(Duration::from_millis(50));
        assert!(started.elapsed() >= Duration::from_millis(50), "{kind:?} did not sleep");
    }
}

#[test]
fn a_transport_opened_here_serves_on_the_thread_it_is_moved_to() {
    for kind in real_kinds() {
        let (mut transport, _) = gateway::io::open(kind, limits(8)).unwrap();
        let address = transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = std::thread::spawn(move || {
            let mut events = Vec::with_capacity(4);
            loop {
                transport.poll(&mut events);
                for event in &events {
                    if let NetEvent::Readable { conn } = *event {
                        let bytes = transport.received(conn).len();
                        let room = transport.reserve(conn, bytes).unwrap();
                        room.fill(b'!');
                        transport.commit(conn, bytes);
                        transport.consume(conn, bytes);
                        transport.close(conn, Close::Flushed);
                    }
                }
                if transport.stats().bytes_out > 0 {
                    return;
                }
                transport.wait(Duration::from_secs(1));
            }
        });
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        std::io::Write::write_all(&mut client, b"hi").unwrap();
        let mut answer = [0; 2];
        std::io::Read::read_exact(&mut client, &mut answer).unwrap();
        assert_eq!(&answer, b"!!");
        server.join().unwrap();
    }
}

#[test]
fn polling_an_idle_ring_makes_no_system_call() {
    if !rigs::uring_available() {
        return;
    }
    let mut bench = Bench::new(rigs::uring, limits(8));
    let (mut client, conn) = bench.connect();
    bench.assert_echoes(&mut client, conn, b"armed");
    bench.settle();
    let before = bench.transport().stats().enters;
    let mut events = Vec::with_capacity(4);
    for _ in 0..10_000 {
        assert_eq!(bench.transport().poll(&mut events), 0);
        bench.transport().flush();
    }
    assert_eq!(bench.transport().stats().enters, before);
}

#[test]
fn a_transport_dropped_in_full_flight_hangs_up_and_frees_its_memory() {
    for kind in real_kinds() {
        let open = match kind {
            TransportKind::Uring => rigs::uring,
            _ => rigs::mio,
        };
        let mut bench = Bench::new(open, limits(8));
        let (mut client, conn) = bench.connect();
        let (mut stalled, _stalled_conn) = bench.connect();
        send_until_stuck(&mut bench, &mut stalled, 20);
        queue_until_stuck(&mut bench, conn, 21);
        let started = Instant::now();
        drop(bench);
        assert!(started.elapsed() < Duration::from_millis(900), "{kind:?}: operations did not end");
        client.set_nonblocking(false).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // All that the kernel had taken, then the end of the stream or a reset, but an end.
        let end = std::io::copy(&mut client, &mut std::io::sink());
        assert!(!end.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    }
}

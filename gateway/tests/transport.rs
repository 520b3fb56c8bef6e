//! One conformance suite for every `StreamTransport`: io_uring, mio and the simulator.
//!
//! Each case is a function over a rig (a transport and the clients outside it, `rigs.rs`), run
//! once per back end and for several seeds of the simulator. Everything is on one thread: clients
//! never block, and a bench (`bench.rs`) polls the transport and checks what always holds. What
//! needs threads or a kernel is in `real.rs`.
#![allow(clippy::unwrap_used)]

#[path = "transport/bench.rs"]
mod bench;
#[path = "transport/real.rs"]
mod real;
#[path = "transport/rigs.rs"]
mod rigs;

use std::time::{Duration, Instant};

use bench::{Bench, patterned};
use gateway::io::{Close, CloseReason, ConnId, TransportLimits, WhenFull};
use rigs::{Rig, Seen};

/// Runs every case on every back end, as tests named `uring::case` and so on.
macro_rules! conformance {
    ($($case:ident)*) => {
        mod uring {
            $(#[test] fn $case() {
                if crate::rigs::uring_available() {
                    super::$case(crate::rigs::uring);
                }
            })*
        }
        mod uring_short {
            $(#[test] fn $case() {
                if crate::rigs::uring_available() {
                    super::$case(crate::rigs::uring_short);
                }
            })*
        }
        mod mio {
            $(#[test] fn $case() { super::$case(crate::rigs::mio); })*
        }
        mod sim {
            $(#[test] fn $case() {
                (1..=8).for_each(|seed| super::$case(crate::rigs::sim(seed)));
            })*
        }
    };
}

conformance! {
    bytes_come_back_as_they_were_sent
    half_a_message_waits_for_the_other_half_without_being_announced_again
    many_small_pieces_are_one_stream
    a_mebibyte_goes_each_way_at_once
    a_caller_that_does_not_consume_stops_its_client_and_nobody_else
    a_client_that_does_not_read_fills_the_out_buffer_and_nothing_is_lost
    the_end_is_told_after_every_byte_before_it
    a_peer_that_finished_sending_can_still_be_answered
    a_reset_is_told_and_the_bytes_before_it_stay
    a_flushed_close_delivers_everything_even_with_bytes_unread
    a_flushed_close_is_bounded_by_the_linger_time
    a_close_now_ends_at_once_even_while_blocked
    a_stale_id_is_harmless_when_its_slot_is_used_again
    one_connection_too_many_is_closed_and_counted
    one_connection_too_many_waits_if_it_may
    who_waits_has_the_place_of_who_has_lingered_longest
    two_hundred_connections_come_and_go
    stalled_readers_do_not_starve_the_others
    no_event_is_lost_when_the_caller_has_room_for_one
    who_stops_listening_keeps_its_connections
    a_ring_before_the_wait_ends_it
}

fn limits(connections_max: u16) -> TransportLimits {
    TransportLimits { connections_max, ..Default::default() }
}

fn small_buffers() -> TransportLimits {
    TransportLimits { receive_bytes: 4096, send_bytes: 4096, ..limits(8) }
}

fn bytes_come_back_as_they_were_sent<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(8));
    let (mut client, conn) = bench.connect();
    bench.assert_echoes(&mut client, conn, &patterned(1, 0..1000));
    bench.until("an empty out buffer", |bench| bench.transport().queued_bytes(conn) == 0);
    let stats = bench.transport().stats();
    assert_eq!((stats.accepted, stats.bytes_in, stats.bytes_out), (1, 1000, 1000));
}

fn half_a_message_waits_for_the_other_half_without_being_announced_again<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::new(open, limits(8));
    let (mut client, conn) = bench.connect();
    bench.client_sends(&mut client, b"8=FIX");
    bench.until("the first half", |bench| bench.transport().received(conn) == b"8=FIX");
    bench.settle();
    let announced = bench.told[&conn].readable;
    bench.settle();
    assert_eq!(bench.told[&conn].readable, announced, "announced without new bytes");
    bench.client_sends(&mut client, b".4.4|");
    bench.until("the other half", |bench| bench.transport().received(conn) == b"8=FIX.4.4|");
    assert!(bench.told[&conn].readable > announced);
    bench.transport().consume(conn, 7);
    assert_eq!(bench.transport().received(conn), b".4|");
}

fn many_small_pieces_are_one_stream<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, small_buffers());
    let (mut client, conn) = bench.connect();
    let all = patterned(2, 0..20_000);
    let (mut sent, mut came) = (0, Vec::new());
    bench.until("all pieces", |bench| {
        for piece in 1..20 {
            let end = all.len().min(sent + piece);
            sent += bench.rig.send(&mut client, &all[sent..end]);
        }
        // Leaves a few behind each time, as half a message would be.
        let take = bench.transport().received(conn).len().saturating_sub(3);
        came.extend_from_slice(&bench.transport().received(conn)[..take]);
        bench.transport().consume(conn, take);
        came.len() + 3 >= all.len()
    });
    came.extend(bench.server_takes(conn));
    assert!(came == all);
}

fn a_mebibyte_goes_each_way_at_once<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    const BYTES: usize = 1 << 20;
    let mut bench = Bench::new(open, limits(8));
    let (mut client, conn) = bench.connect();
    let (up, down) = (patterned(3, 0..BYTES), patterned(4, 0..BYTES));
    let (mut up_sent, mut down_sent) = (0, 0);
    let (mut up_came, mut down_came) = (Vec::new(), Vec::new());
    bench.until("a mebibyte each way", |bench| {
        up_sent += bench.rig.send(&mut client, &up[up_sent..]);
        down_sent += bench.server_sends(conn, &down[down_sent..]);
        up_came.extend(bench.server_takes(conn));
        bench.rig.recv(&mut client, &mut down_came);
        up_came.len() >= BYTES && down_came.len() >= BYTES
    });
    assert!(up_came == up && down_came == down);
    bench.until("an empty out buffer", |bench| bench.transport().queued_bytes(conn) == 0);
    let stats = bench.transport().stats();
    assert_eq!((stats.bytes_in, stats.bytes_out), (BYTES as u64, BYTES as u64));
    assert_eq!(stats.cq_overflow, 0);
}

/// Sends from the client until nothing more goes for a while: how many bytes went.
fn send_until_stuck<R: Rig>(bench: &mut Bench<R>, client: &mut R::Client, stream: u64) -> usize {
    let piece = 64 << 10;
    let (mut sent, mut before) = (0, usize::MAX);
    while sent != before {
        before = sent;
        for _ in 0..4 {
            sent += bench.rig.send(client, &patterned(stream, sent..sent + piece));
        }
        bench.settle();
        assert!(sent < 256 << 20, "nothing pushes back");
    }
    sent
}

fn a_caller_that_does_not_consume_stops_its_client_and_nobody_else<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::new(open, small_buffers());
    let (mut stuck, stuck_conn) = bench.connect();
    let (mut lively, lively_conn) = bench.connect();
    let sent = send_until_stuck(&mut bench, &mut stuck, 5);
    let waiting = bench.transport().received(stuck_conn).len();
    assert!((4096..=8192).contains(&waiting), "{waiting} wait unread");
    // Out of buffers also stops reading, and leaves nothing to pause.
    let stats = bench.transport().stats();
    assert!(stats.reads_paused + stats.enobufs > 0);
    bench.assert_echoes(&mut lively, lively_conn, &patterned(6, 0..100_000));
    let mut came = Vec::new();
    bench.until("what was held back", |bench| {
        let some = bench.transport().received(stuck_conn).len().div_ceil(2);
        came.extend_from_slice(&bench.transport().received(stuck_conn)[..some]);
        bench.transport().consume(stuck_conn, some);
        came.len() >= sent
    });
    assert!(came == patterned(5, 0..sent));
    bench.assert_echoes(&mut stuck, stuck_conn, b"and on it goes");
}

/// Queues until `reserve` refuses and stays so: how many bytes.
fn queue_until_stuck<R: Rig>(bench: &mut Bench<R>, conn: ConnId, stream: u64) -> usize {
    let mut queued = 0;
    loop {
        let more = bench.server_sends(conn, &patterned(stream, queued..queued + (64 << 10)));
        queued += more;
        if more == 0 {
            let writable = bench.told[&conn].writable;
            bench.settle();
            if bench.told[&conn].writable == writable {
                return queued;
            }
        }
        bench.turn();
        assert!(queued < 256 << 20, "nothing pushes back");
    }
}

fn a_client_that_does_not_read_fills_the_out_buffer_and_nothing_is_lost<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::new(open, small_buffers());
    let (mut slow, slow_conn) = bench.connect();
    let (mut lively, lively_conn) = bench.connect();
    let mut queued = queue_until_stuck(&mut bench, slow_conn, 7);
    let waiting = bench.transport().queued_bytes(slow_conn);
    assert!((4096..=8192).contains(&waiting), "{waiting} queued");
    bench.assert_echoes(&mut lively, lively_conn, &patterned(8, 0..100_000));

    let writable = bench.told[&slow_conn].writable;
    let mut came = Vec::new();
    bench.until("Writable", |bench| {
        bench.rig.recv(&mut slow, &mut came);
        bench.told[&slow_conn].writable > writable
    });
    let more = bench.server_sends(slow_conn, &patterned(7, queued..queued + 1000));
    assert_eq!(more, 1000, "Writable, but no room");
    queued += more;
    bench.until("all that was queued", |bench| {
        bench.rig.recv(&mut slow, &mut came);
        came.len() >= queued
    });
    assert!(came == patterned(7, 0..queued));
    bench.until("an empty out buffer", |bench| bench.transport().queued_bytes(slow_conn) == 0);
}

fn the_end_is_told_after_every_byte_before_it<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    const BYTES: usize = 30_000;
    let mut bench = Bench::new(open, small_buffers());
    let (mut client, conn) = bench.connect();
    let all = patterned(9, 0..BYTES);
    let mut sent = 0;
    bench.until("the client to send", |bench| {
        sent += bench.rig.send(&mut client, &all[sent..]);
        sent == BYTES
    });
    bench.rig.finish(&mut client);
    bench.settle();
    assert_eq!(bench.told[&conn].closed, None, "told before the caller could see all bytes");
    let mut came = Vec::new();
    bench.until("Closed", |bench| {
        if bench.told[&conn].closed.is_some() {
            return true;
        }
        let some = bench.transport().received(conn).len().min(500);
        came.extend_from_slice(&bench.transport().received(conn)[..some]);
        bench.transport().consume(conn, some);
        false
    });
    assert_eq!(bench.told[&conn].closed, Some(CloseReason::Eof));
    assert_eq!(came.len() + bench.transport().received(conn).len(), BYTES);
    bench.settle();
    came.extend(bench.server_takes(conn));
    assert!(came == all);
    bench.close(conn, Close::Now);
    assert!(bench.transport().received(conn).is_empty());
}

fn a_peer_that_finished_sending_can_still_be_answered<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::new(open, limits(8));
    let (mut client, conn) = bench.connect();
    bench.client_sends(&mut client, b"logout");
    bench.rig.finish(&mut client);
    bench.until("Closed", |bench| bench.told[&conn].closed.is_some());
    assert_eq!(bench.transport().received(conn), b"logout");
    assert_eq!(bench.server_sends(conn, b"logout confirmed"), 16);
    bench.close(conn, Close::Flushed);
    assert_eq!(bench.client_drains(&mut client), (b"logout confirmed".to_vec(), Seen::Eof));
}

fn a_reset_is_told_and_the_bytes_before_it_stay<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(1));
    let (mut client, conn) = bench.connect();
    bench.client_sends(&mut client, b"last words");
    bench.until("the bytes", |bench| bench.transport().received(conn).len() == 10);
    bench.rig.reset(client);
    bench.until("Closed", |bench| bench.told[&conn].closed.is_some());
    assert_eq!(bench.told[&conn].closed, Some(CloseReason::Reset));
    assert_eq!(bench.transport().received(conn), b"last words");
    // Answering is useless but harmless.
    bench.server_sends(conn, b"anybody there?");
    bench.settle();
    assert_eq!(bench.transport().received(conn), b"last words");
    bench.close(conn, Close::Flushed);
    bench.settle();
    let (mut next, next_conn) = bench.connect();
    assert_eq!(next_conn.slot, conn.slot);
    bench.assert_echoes(&mut next, next_conn, b"a new life");
}

fn a_flushed_close_delivers_everything_even_with_bytes_unread<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::new(open, limits(8));
    let (mut client, conn) = bench.connect();
    bench.client_sends(&mut client, &patterned(10, 0..10_000));
    bench.until("some bytes", |bench| !bench.transport().received(conn).is_empty());
    let queued = bench.server_sends(conn, &patterned(11, 0..200_000));
    assert!(queued >= 64_000);
    bench.close(conn, Close::Flushed);
    // The client is still talking when we hang up; a plain close would answer with a reset.
    for _ in 0..20 {
        bench.rig.send(&mut client, &patterned(10, 0..1000));
        bench.turn();
    }
    let (got, seen) = bench.client_drains(&mut client);
    assert_eq!((got.len(), seen), (queued, Seen::Eof));
    assert!(got == patterned(11, 0..queued));
}

fn a_flushed_close_is_bounded_by_the_linger_time<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let linger = Duration::from_millis(100);
    let mut bench =
        Bench::new(open, TransportLimits { connections_max: 1, linger, ..small_buffers() });
    let (_deaf, conn) = bench.connect();
    queue_until_stuck(&mut bench, conn, 12);
    let started = Instant::now();
    bench.close(conn, Close::Flushed);
    // The only slot is free again once the transport has given up on the deaf client.
    bench.until("a free slot", |bench| {
        let refused = bench.transport().stats().refused_full;
        let _next = bench.rig.connect().unwrap();
        bench.settle();
        bench.transport().stats().refused_full == refused
    });
    assert!(!R::REAL || started.elapsed() >= linger);
    assert_ne!(bench.accepted(), Some(conn));
}

fn a_close_now_ends_at_once_even_while_blocked<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, TransportLimits { connections_max: 1, ..small_buffers() });
    let (mut client, conn) = bench.connect();
    bench.client_sends(&mut client, b"unread");
    let queued = queue_until_stuck(&mut bench, conn, 13);
    bench.close(conn, Close::Now);
    let (got, _) = bench.client_drains(&mut client);
    assert!(got.len() < queued, "queued bytes were to be dropped");
    assert!(got == patterned(13, 0..got.len()));
    bench.settle();
    let (mut next, next_conn) = bench.connect();
    bench.assert_echoes(&mut next, next_conn, b"next please");
}

fn a_stale_id_is_harmless_when_its_slot_is_used_again<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::new(open, limits(1));
    let (mut first, old) = bench.connect();
    bench.client_sends(&mut first, b"old bytes");
    bench.until("the bytes", |bench| bench.transport().received(old).len() == 9);
    bench.close(old, Close::Now);
    assert_ne!(bench.client_drains(&mut first).1, Seen::Open);
    bench.settle();
    let (mut second, new) = bench.connect();
    assert_eq!(new.slot, old.slot);
    assert!(new.generation > old.generation);
    bench.client_sends(&mut second, b"new bytes");
    bench.until("the bytes", |bench| bench.transport().received(new).len() == 9);
    let transport = bench.transport();
    assert!(transport.received(old).is_empty());
    assert!(transport.reserve(old, 1).is_none());
    transport.consume(old, 5);
    transport.commit(old, 5);
    assert_eq!(transport.queued_bytes(old), 0);
    transport.close(old, Close::Now);
    transport.close(ConnId { slot: u16::MAX, generation: 1 }, Close::Flushed);
    assert_eq!(transport.received(new), b"new bytes");
    assert_eq!(bench.server_takes(new), b"new bytes");
    bench.assert_echoes(&mut second, new, b"untouched");
}

fn one_connection_too_many_is_closed_and_counted<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(2));
    let (mut first, first_conn) = bench.connect();
    let (mut second, second_conn) = bench.connect();
    let mut third = bench.rig.connect().unwrap();
    assert_ne!(bench.client_drains(&mut third).1, Seen::Open);
    assert_eq!(bench.transport().stats().refused_full, 1);
    assert_eq!(bench.accepted(), None);
    bench.assert_echoes(&mut first, first_conn, b"one");
    bench.assert_echoes(&mut second, second_conn, b"two");
    bench.close(first_conn, Close::Now);
    bench.client_drains(&mut first);
    bench.settle();
    let (mut fourth, fourth_conn) = bench.connect();
    bench.assert_echoes(&mut fourth, fourth_conn, b"four");
    assert_eq!(bench.transport().stats().accepted, 3);
}

fn one_connection_too_many_waits_if_it_may<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, TransportLimits { when_full: WhenFull::Wait, ..limits(2) });
    let (first, first_conn) = bench.connect();
    let (mut second, second_conn) = bench.connect();
    let mut waiting: Vec<_> = (0..20).map(|_| bench.rig.connect().unwrap()).collect();
    bench.settle();
    assert_eq!((bench.accepted(), bench.transport().stats().refused_full), (None, 0));
    bench.assert_echoes(&mut second, second_conn, b"undisturbed");
    drop(first);
    bench.close(first_conn, Close::Now);
    // Each makes room for the next; nobody is forgotten, and none comes before its time.
    for client in &mut waiting {
        let conn = bench.accept();
        bench.assert_echoes(client, conn, b"hello");
        bench.close(conn, Close::Now);
    }
    bench.settle();
    assert_eq!((bench.accepted(), bench.transport().stats().refused_full), (None, 0));
    assert_eq!(bench.transport().stats().accepted, 22);
}

fn who_waits_has_the_place_of_who_has_lingered_longest<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let linger = Duration::from_secs(600);
    let when_full = WhenFull::Wait;
    let mut bench = Bench::new(open, TransportLimits { when_full, linger, ..limits(3) });
    let ((mut open, open_conn), (mut old, old_conn)) = (bench.connect(), bench.connect());
    let (mut young, young_conn) = bench.connect();
    bench.close(old_conn, Close::Flushed);
    bench.settle();
    bench.close(young_conn, Close::Flushed);
    bench.settle();
    // Neither hangs up, and for ten minutes the venue would not either.
    let (mut next, next_conn) = bench.connect();
    assert_eq!(next_conn.slot, old_conn.slot);
    bench.assert_echoes(&mut next, next_conn, b"next");
    bench.assert_echoes(&mut open, open_conn, b"open");
    let (mut last, last_conn) = bench.connect();
    assert_eq!(last_conn.slot, young_conn.slot);
    bench.assert_echoes(&mut last, last_conn, b"last");
    for gone in [&mut old, &mut young] {
        assert_ne!(bench.client_drains(gone).1, Seen::Open);
    }
}

fn two_hundred_connections_come_and_go<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(32));
    for round in 0..10u64 {
        let mut clients: Vec<_> = (0..20).map(|_| bench.connect()).collect();
        for (number, (client, conn)) in clients.iter_mut().enumerate() {
            let bytes = patterned(round * 100 + number as u64, 0..3000);
            bench.assert_echoes(client, *conn, &bytes);
        }
        for (number, (mut client, conn)) in clients.into_iter().enumerate() {
            match number % 4 {
                0 => bench.close(conn, Close::Now),
                1 => {
                    bench.close(conn, Close::Flushed);
                    bench.client_drains(&mut client);
                    bench.rig.finish(&mut client);
                }
                2 => {
                    bench.rig.finish(&mut client);
                    bench.until("Closed", |bench| bench.told[&conn].closed.is_some());
                    bench.close(conn, Close::Flushed);
                    bench.client_drains(&mut client);
                }
                _ => {
                    bench.rig.reset(client);
                    bench.until("Closed", |bench| bench.told[&conn].closed.is_some());
                    bench.close(conn, Close::Now);
                }
            }
        }
        bench.settle();
    }
    // No slot has leaked: all of them can be had at once.
    let mut all: Vec<_> = (0..32).map(|_| bench.connect()).collect();
    for (client, conn) in &mut all {
        bench.assert_echoes(client, *conn, b"here");
    }
    let stats = bench.transport().stats();
    assert_eq!((stats.accepted, stats.refused_full, stats.accept_errors), (232, 0, 0));
}

fn stalled_readers_do_not_starve_the_others<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(64));
    let mut stalled: Vec<_> = (0..40).map(|_| bench.connect()).collect();
    let (mut lively, lively_conn) = bench.connect();
    let mut sent = vec![0; stalled.len()];
    bench.until("all of them to be stalled", |bench| {
        for (number, (client, _)) in stalled.iter_mut().enumerate() {
            let bytes = patterned(number as u64, sent[number]..sent[number] + (512 << 10));
            sent[number] += bench.rig.send(client, &bytes);
        }
        stalled.iter().all(|(_, conn)| bench.transport().received(*conn).len() >= 64 << 10)
    });
    bench.assert_echoes(&mut lively, lively_conn, &patterned(99, 0..300_000));
    // And the stalled ones get every byte once they are read again.
    for (number, (_, conn)) in stalled.iter().enumerate() {
        let mut came = Vec::new();
        bench.until("what was held back", |bench| {
            came.extend(bench.server_takes(*conn));
            came.len() >= sent[number]
        });
        assert!(came == patterned(number as u64, 0..sent[number]));
    }
}

fn no_event_is_lost_when_the_caller_has_room_for_one<R: Rig>(
    open: impl FnOnce(TransportLimits) -> R,
) {
    let mut bench = Bench::with_events(open, limits(16), 1);
    let mut clients: Vec<_> = (0..10).map(|_| bench.rig.connect().unwrap()).collect();
    for client in &mut clients {
        assert_eq!(bench.rig.send(client, b"hello"), 5);
        bench.rig.finish(client);
    }
    bench.until("every event", |bench| {
        bench.told.len() == 10 && bench.told.values().all(|told| told.closed.is_some())
    });
    while let Some(conn) = bench.accepted() {
        assert!(bench.told[&conn].readable > 0);
        assert_eq!(bench.transport().received(conn), b"hello");
    }
}

fn who_stops_listening_keeps_its_connections<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(8));
    let (mut client, conn) = bench.connect();
    bench.transport().stop_listening();
    bench.settle();
    assert!(bench.rig.connect().is_none(), "somebody still listens");
    bench.assert_echoes(&mut client, conn, b"still here");
    bench.settle();
    assert_eq!(bench.accepted(), None);
}

fn a_ring_before_the_wait_ends_it<R: Rig>(open: impl FnOnce(TransportLimits) -> R) {
    let mut bench = Bench::new(open, limits(8));
    bench.settle();
    bench.transport().doorbell().ring();
    let started = Instant::now();
    bench.transport().wait(Duration::from_secs(30));
    assert!(started.elapsed() < Duration::from_secs(5), "slept although it had rung");
}

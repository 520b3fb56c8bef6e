//! Replay and the live feed over TCP.

use crate::world::{Got, MS, OPEN, World, request};

/// Tells, lets the history lag and the tap drop, and has clients read now and then.
#[test]
fn the_whole_day_and_then_the_live_feed_come_without_a_hole() {
    let mut dropped = 0;
    for seed in 0..40 {
        // Taps that drop, windows that are too small: the history has the rest.
        let mut world = World::new(seed, 700, 3 + seed as usize % 40, 2 + seed as usize % 60);
        world.tell();
        let mut clients = [world.connect(), world.connect(), world.connect()];
        for turn in 0..1500 {
            for _ in 0..world.random.below(if turn % 300 < 20 { 60 } else { 4 }) {
                world.tell();
            }
            let lag = world.random.below(400);
            world.write_history(lag);
            world.turn();
            match turn {
                3 => clients[0].ask(&world, 0, OPEN),
                5 => clients[1].ask(&world, 650, OPEN),
                700 => clients[2].ask(&world, OPEN, OPEN),
                _ => {}
            }
            for client in &mut clients {
                if world.random.below(3) == 0 {
                    client.read(&world);
                }
            }
        }
        for turn in 0..600 {
            world.write_history(0);
            if turn % 10 == 0 {
                world.heartbeat();
            }
            world.turn();
            clients.iter_mut().for_each(|client| client.read(&world));
        }
        let last = world.next - 1;
        for (client, from) in clients.iter().zip([Some(1), Some(650), None]) {
            let Some(Got::Begin(first, OPEN)) = client.got.first() else {
                panic!("seed {seed}: {:?}", client.got.first())
            };
            assert!(from.is_none_or(|from| *first == from));
            world.assert_told(&client.messages(), *first, last);
            assert_eq!(client.got.last(), Some(&Got::Heartbeat(world.next)), "it is live");
        }
        dropped += world.service.tap.dropped();
    }
    assert!(dropped > 1000, "taps do drop: {dropped}");
}

#[test]
fn a_range_is_answered_to_its_end_and_another_may_follow() {
    let mut world = World::new(4, 5000, 64, 64);
    world.tell();
    world.turn();
    let mut client = world.connect();
    for (from, to) in [(17, 17), (1, 5000), (4990, world.next - 1), (0, 3)] {
        client.got.clear();
        client.ask(&world, from, to);
        for _ in 0..400 {
            world.write_history(0);
            world.turn();
            client.read(&world);
        }
        assert_eq!(client.got.first(), Some(&Got::Begin(from.max(1), to)));
        assert_eq!(client.got.last(), Some(&Got::End(to + 1)));
        world.assert_told(&client.messages(), from.max(1), to);
    }
}

#[test]
fn what_cannot_be_had_is_refused_with_what_can() {
    let mut world = World::new(5, 300, 64, 64);
    world.tell();
    world.turn();
    let next = world.next;
    let mut client = world.connect();
    for ((from, to), channel, epoch, reason) in
        [((1, 9), 2, 1, 2), ((1, 9), 1, 2, 3), ((next + 1, next + 5), 1, 1, 4), ((9, 8), 1, 1, 4)]
    {
        client.got.clear();
        client.send(&world, &request(3, (from, to), channel, epoch));
        for _ in 0..60 {
            world.turn();
            client.read(&world);
        }
        assert_eq!(client.got, [Got::Reject(reason, 1, next)]);
    }
    client.got.clear();
    client.send(&world, &[0; 50]);
    for _ in 0..60 {
        world.turn();
        client.read(&world);
    }
    assert_eq!(client.got, [Got::Reject(1, 0, 0)], "unreadable: told, and closed");
    assert!(client.is_ended(&world));
    let garbage = world.connect();
    assert!(world.net.client_send(garbage.conn, b"GET / HTTP/1.1\r\n\r\n") > 0);
    (0..60).for_each(|_| world.turn());
    assert!(!world.net.client_recv(garbage.conn).is_empty());
    assert!(garbage.is_ended(&world));
}

#[test]
fn who_stops_reading_is_told_and_cut_off_and_nobody_else_notices() {
    let mut world = World::new(6, 20_000, 64, 64);
    world.tell();
    world.turn();
    let (mut slow, mut quick) = (world.connect(), world.connect());
    slow.ask(&world, 1, OPEN);
    quick.ask(&world, 1, OPEN);
    for turn in 0..3000 {
        world.tell();
        world.write_history(0);
        world.turn();
        quick.read(&world);
        // A byte now and then is not reading.
        if turn == 1400 {
            slow.read(&world);
        }
    }
    for _ in 0..20 {
        world.turn();
        quick.read(&world);
    }
    assert!(slow.is_ended(&world));
    assert_eq!(world.service.tcp.counts().slow, 1);
    let at = slow.got.iter().position(|got| matches!(got, Got::Slow(_)));
    // What lay in the window of the network is all it got: the notice was behind it.
    assert!(slow.messages().len() < 3000 && at.is_none_or(|at| at + 1 == slow.got.len()));
    world.assert_told(&quick.messages(), 1, world.next - 1);
}

#[test]
fn the_notice_comes_in_time_for_who_reads_late() {
    let mut world = World::new(6, 20_000, 64, 64);
    world.tell();
    world.turn();
    let mut slow = world.connect();
    slow.ask(&world, 1, OPEN);
    for turn in 0..3000 {
        world.write_history(0);
        world.turn();
        if turn > 700 {
            slow.read(&world);
        }
    }
    let notices: Vec<_> = slow.got.iter().filter(|got| matches!(got, Got::Slow(_))).collect();
    assert!(matches!(notices[..], [Got::Slow(1..=500)]), "{notices:?}");
    world.assert_told(&slow.messages(), 1, world.next - 1);
    assert_eq!(world.service.tcp.counts().slow, 0);
}

#[test]
fn the_rate_of_a_connection_and_the_places_of_an_address_are_bounded() {
    let mut world = World::new(9, 60_000, 64, 64);
    world.tell();
    world.write_history(0);
    world.turn();
    let mut client = world.connect();
    client.ask(&world, 1, OPEN);
    let mut bytes = 0;
    for _ in 0..500 {
        world.turn();
        bytes += world.net.client_recv(client.conn).len();
    }
    assert!(bytes > 1 << 20 && bytes < 7 << 20, "{bytes} in half a second at 4 MiB/s");
    client.got.clear();
    let more: Vec<_> = (0..7).map(|_| world.connect()).collect();
    (0..3).for_each(|_| world.turn());
    assert_eq!(more.iter().filter(|client| client.is_ended(&world)).count(), 2);
    // And who asks for nothing does not keep his place.
    for _ in 0..5100 {
        world.turn();
        world.net.client_recv(client.conn);
    }
    assert!(more.iter().all(|client| client.is_ended(&world)));
    assert!(!client.is_ended(&world) && world.now > 5000 * MS);
}

#[test]
fn after_a_start_requests_wait_until_the_history_is_made_again() {
    // The venue tells its last packets again while the history is still empty.
    let mut world = World::new(8, 0, 64, 8);
    world.next = 500;
    for _ in 0..5 {
        world.tell();
        world.turn();
    }
    let mut client = world.connect();
    client.ask(&world, 0, OPEN);
    for _ in 0..50 {
        world.turn();
        client.read(&world);
    }
    assert!(client.got.is_empty(), "neither refused nor begun with what is newest");
    world.write_history(0);
    for _ in 0..200 {
        world.turn();
        client.read(&world);
    }
    world.assert_told(&client.messages(), 1, world.next - 1);
}

//! Retransmission over UDP.

use crate::world::{Datagram, Got, MS, OPEN, World, got, request};
use gateway::feed::udp::PACKETS_MAX;
use std::net::SocketAddr;

fn address(n: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, n], 5000))
}

fn ask(world: &mut World, packet: Vec<u8>, from: SocketAddr) -> Vec<Datagram> {
    world.wire.0.borrow_mut().0.push_back((packet, from));
    world.turn();
    std::mem::take(&mut world.wire.0.borrow_mut().1)
}

#[test]
fn any_range_is_answered_from_its_first_message_on_by_a_few_packets() {
    for seed in 0..20 {
        let mut world = World::new(seed, 3000, 64, 120);
        for _ in 0..90 {
            world.tell();
            world.turn();
        }
        let lag = world.random.below(100);
        world.write_history(lag);
        for _ in 0..100 {
            world.now += 100 * MS;
            let from = 1 + world.random.below(world.next - 1);
            let to = from + world.random.below(40);
            let answer = ask(&mut world, request(1, (from, to), 1, 1), address(1));
            assert!(answer.len() <= PACKETS_MAX && answer.iter().all(|(_, to)| *to == address(1)));
            let last = to.min(world.next - 1);
            let told: Vec<_> = answer
                .iter()
                .flat_map(|(packet, _)| got(packet))
                .map(|got| match got {
                    Got::Message(message) => message,
                    other => panic!("seed {seed}, {from} to {to}: {other:?}"),
                })
                .collect();
            let end = from + told.len() as u64;
            assert!(end > last || answer.len() == PACKETS_MAX, "{from} to {to}: {end}");
            world.assert_told(&told, from, end - 1);
            assert!(end <= last + 1);
        }
    }
}

#[test]
fn what_cannot_be_had_is_refused_and_garbage_is_not_answered() {
    let mut world = World::new(5, 300, 64, 64);
    assert!(ask(&mut world, request(1, (1, 2), 1, 1), address(1)).is_empty(), "not begun yet");
    world.tell();
    world.turn();
    let next = world.next;
    for ((from, to), channel, epoch, reason) in [
        ((1, 9), 2, 1, 2),
        ((1, 9), 1, 2, 3),
        ((next, next + 5), 1, 1, 4),
        ((9, 8), 1, 1, 4),
        ((0, 8), 1, 1, 4),
        ((1, OPEN), 1, 1, 4),
    ] {
        let answer = ask(&mut world, request(3, (from, to), channel, epoch), address(2));
        assert_eq!(answer.len(), 1);
        assert_eq!(got(&answer[0].0), [Got::Reject(reason, 1, next)]);
    }
    let whole = request(3, (1, 2), 1, 1);
    for end in 0..whole.len() {
        assert!(ask(&mut world, whole[..end].to_vec(), address(2)).is_empty());
    }
    for at in 0..whole.len() {
        let mut broken = whole.clone();
        broken[at] ^= 0x40;
        let answer = ask(&mut world, broken, address(2));
        assert!(answer.len() <= PACKETS_MAX);
        world.now += 100 * MS;
    }
}

#[test]
fn a_flood_gets_its_share_and_the_others_theirs() {
    let mut world = World::new(7, 3000, 64, 20);
    world.tell();
    world.write_history(0);
    world.turn();
    world.now += 10_000 * MS;
    let (mut flooder, mut honest, mut asked) = (0, 0, 0);
    for turn in 0..1000 {
        for _ in 0..50 {
            let from = 1 + world.random.below(2900);
            let flood = (request(1, (from, from + 60), 1, 1), address(66));
            world.wire.0.borrow_mut().0.push_back(flood);
        }
        if turn % 50 == 0 {
            asked += 1;
            let fair = (request(1, (100, 101), 1, 1), address(1));
            world.wire.0.borrow_mut().0.push_back(fair);
        }
        world.turn();
        for (packet, to) in std::mem::take(&mut world.wire.0.borrow_mut().1) {
            let is_message = matches!(got(&packet)[0], Got::Message(_));
            flooder += usize::from(to == address(66));
            honest += usize::from(to == address(1) && is_message);
        }
    }
    assert!(flooder > 500 && flooder < 1300, "{flooder} packets in a second");
    assert_eq!(honest, asked, "one packet each");
    let counts = world.service.udp.counts();
    assert!(counts.ignored > 40_000, "{counts:?}");
}

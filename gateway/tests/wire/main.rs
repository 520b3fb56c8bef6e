//! The real binary on loopback, and clients that speak bytes: what is documented is what happens,
//! and whoever misbehaves disturbs nobody else. Over both back ends and both placements.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod dbn;
mod door;
mod operator;
mod orders;
#[allow(dead_code, reason = "market data's tests use the rest")]
mod peer;
mod replay;
mod spread;
#[allow(dead_code, reason = "market data's tests use the rest")]
mod venue;

use peer::Peer;
use std::time::Duration;
use venue::{MATRIX, Venue};

#[test]
fn two_clients_trade_and_both_are_told() {
    for (transport, placement) in MATRIX {
        let venue = Venue::start(transport, placement, |config| config);
        let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
        a.order("a1", "1", "100", "10.5");
        a.expect("35=8 150=0 11=a1 39=0 151=100");
        b.order("b1", "2", "40", "10.4");
        b.expect("35=8 150=0 11=b1");
        b.expect("35=8 150=F 39=2 32=40 31=10.5 14=40 6=10.5 151=0");
        a.expect("35=8 150=F 39=1 32=40 31=10.5 14=40 151=60");
        a.send("F", "11=a2|41=a1|55=ACME|54=1|60=NOW|");
        a.expect("35=8 150=4 39=4 11=a2 41=a1 14=40 151=0");
    }
}

#[test]
fn hostile_bytes_get_the_documented_answer_and_disturb_nobody() {
    for (transport, placement) in MATRIX {
        let venue = Venue::start(transport, placement, |config| config);
        let mut honest = venue.log_on("CLIENT1");
        let mut bad = venue.log_on("CLIENT2");

        // A wrong checksum: ignored; the gap it leaves is asked for.
        let mut wrong = bad.message("0", "");
        let at = wrong.len() - 2;
        wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
        bad.raw(&wrong);
        bad.send("1", "112=after|");
        bad.expect("35=2 7=2 16=0");
        bad.send_numbered("4", 2, "43=Y|122=NOW|", "123=Y|36=3|");
        bad.expect("35=0 112=after");

        // Too short a BodyLength, garbage between messages: ignored, the next message is read.
        let good = String::from_utf8(bad.message("0", "")).unwrap();
        bad.next_out -= 1; // It will never have been a message.
        let (_, body) = good.split_once("35=").unwrap();
        bad.raw(format!("8=FIX.4.4\u{1}9=20\u{1}35={body}").as_bytes());
        bad.raw(b"garbage\x01that is no FIX\x01");
        bad.send("1", "112=still here|");
        bad.expect("35=0 112=still here");

        // Too long a one takes the next message with it, which is asked for.
        bad.raw(format!("8=FIX.4.4\u{1}9=90\u{1}35={body}").as_bytes());
        bad.send("1", "112=swallowed|");
        bad.send("1", "112=behind|");
        let missing = bad.next_out - 2;
        bad.expect(&format!("35=2 7={missing} 16=0"));
        bad.send_numbered("1", missing, "43=Y|122=NOW|", "112=swallowed|");
        bad.expect("35=0 112=swallowed");
        bad.expect("35=0 112=behind");

        // Tags: undefined is rejected, user-defined ignored, twice is rejected.
        bad.send("1", "112=x|4999=1|");
        bad.expect("35=3 371=4999 373=0 372=1");
        bad.send("1", "112=y|5001=anything|");
        bad.expect("35=0 112=y");
        bad.send("1", "112=z|112=z|");
        bad.expect("35=3 371=112 373=13");
        bad.send("1", "112=z|131072112=z|");
        bad.expect("35=3 373=0");
        bad.send("D", "11=d|55=ACME|54=1|60=NOW|38=1|40=2|44=1.000000001|");
        bad.expect("35=3 371=44 373=6");

        // Half a message, for ever: no answer, nobody waits.
        let half = bad.message("0", "");
        bad.raw(&half[..half.len() / 2]);
        honest.order("h1", "1", "1", "1");
        honest.expect("35=8 150=0 11=h1");
        bad.raw(&half[half.len() / 2..]);
        bad.send("1", "112=whole|");
        bad.expect("35=0 112=whole");

        // Framing lost: the connection ends.
        bad.raw(b"8=FIX.4.4\x019=99999999\x0135=0\x01");
        bad.expect_end();
        let mut again = venue.connect("CLIENT2");
        (again.next_out, again.next_in) = (bad.next_out, bad.next_in);
        again.log_on();

        // Strangers: garbage, no Logon, a wrong password.
        for first in [&b"GET / HTTP/1.1\r\n\r\n"[..], &Peer::order_of_a_stranger()] {
            let mut stranger = venue.connect("CLIENT3");
            stranger.raw(first);
            stranger.expect_end();
        }
        let mut wrong = venue.connect("CLIENT3");
        wrong.send("A", "98=0|108=30|554=wrong|");
        wrong.expect_end();
        let mut second = venue.connect("CLIENT1");
        second.send("A", "98=0|108=30|554=client1|");
        second.expect_end();
        honest.order("h2", "1", "1", "1");
        honest.expect("35=8 150=0 11=h2");
        let mut third = venue.connect("CLIENT3");
        third.log_on();
    }
}

#[test]
fn numbers_go_on_over_kill_9_and_missed_reports_come_again() {
    for (transport, placement) in MATRIX {
        let mut venue = Venue::start(transport, placement, |config| config);
        let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
        for n in 0..50 {
            a.order(&format!("a{n}"), "1", "10", "10");
            a.expect("35=8 150=0");
        }
        b.order("b", "2", "25", "10");
        b.expect("35=8 150=0");
        for _ in 0..3 {
            b.expect("35=8 150=F");
        }
        // The fills of `a` may be on their way: it does not read them before the end.
        venue.kill_9();
        venue.restart();
        let mut after = venue.connect("CLIENT1");
        after.next_out = a.next_out;
        after.log_on_after_gap();
        after.send("2", &format!("7={}|16=0|", a.next_in));
        after.expect("35=8 150=F 43=Y 11=a0 39=2");
        after.expect("35=8 150=F 43=Y 11=a1 39=2");
        after.expect("35=8 150=F 43=Y 11=a2 39=1 151=5");
        after.expect("35=4 43=Y 123=Y");
        for n in 2..50 {
            after.send("F", &format!("11=c{n}|41=a{n}|55=ACME|54=1|60=NOW|"));
            after.expect("35=8 150=4");
        }
    }
}

#[test]
fn whatever_is_asked_for_again_a_number_comes_once_without_poss_dup() {
    for (transport, placement) in MATRIX {
        let venue = Venue::start(transport, placement, |config| config);
        let mut a = venue.log_on("CLIENT1");
        let mut bytes = Vec::new();
        let mut add = |a: &mut Peer, kind: &str, fields: &str| {
            let message = a.message(kind, fields);
            bytes.extend(message);
        };
        // Resends while reports are on their way, in one write.
        for round in 0..5 {
            (0..50).for_each(|_| add(&mut a, "H", "11=x|55=ACME|54=1|"));
            add(&mut a, "2", &format!("7={}|16=0|", round + 1));
            add(&mut a, "2", "7=10|16=14|");
        }
        add(&mut a, "1", "112=end|");
        a.raw(&bytes);
        let all = a.collect_until("35=0 112=end");
        let live: Vec<u64> = all.iter().filter(|(_, dup)| !dup).map(|(n, _)| *n).collect();
        assert_eq!(live, (2..=252).collect::<Vec<u64>>(), "{transport} {placement}");
        let again = |n: u64| all.contains(&(n, true));
        assert!((2..=51).all(again), "what was asked for again came again");
    }
}

#[test]
fn a_client_that_closes_its_half_still_gets_every_answer() {
    for (transport, placement) in MATRIX {
        let venue = Venue::start(transport, placement, |config| config);
        let mut a = venue.connect("CLIENT1");
        let mut bytes = a.message("A", "98=0|108=30|554=client1|");
        for n in 0..1000 {
            bytes.extend(a.message("D", &format!("11=a{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|")));
        }
        bytes.extend(a.message("5", ""));
        a.raw(&bytes);
        a.close_half();
        a.expect("35=A");
        for n in 0..1000 {
            a.expect(&format!("35=8 150=0 11=a{n}"));
        }
        a.expect("35=5");
        a.expect_end();
        // The same without a Logout.
        let mut b = venue.connect("CLIENT2");
        let mut bytes = b.message("A", "98=0|108=30|554=client2|");
        bytes.extend(b.message("1", "112=last|"));
        b.raw(&bytes);
        b.close_half();
        b.expect("35=A");
        b.expect("35=0 112=last");
        b.expect_end();
        b.next_out = 3;
        let mut again = venue.connect("CLIENT2");
        (again.next_out, again.next_in) = (b.next_out, b.next_in);
        again.log_on();
    }
}

#[test]
fn a_slow_reader_loses_nothing_and_holds_nobody_up() {
    for (transport, placement) in MATRIX {
        let venue = Venue::start(transport, placement, |config| config);
        let (mut slow, mut honest) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
        const ORDERS: usize = 4000;
        let mut bytes = Vec::new();
        for n in 0..ORDERS {
            let order = format!("11=s{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|");
            bytes.extend(slow.numbered("D", slow.next_out, "", &order));
            slow.next_out += 1;
        }
        // Written by another thread: the venue may push back while we look at the others.
        let writer = slow.write_in_background(bytes);
        // Nobody reads what the slow one is told, and yet:
        for n in 0..20 {
            honest.order(&format!("h{n}"), "1", "1", "1");
            honest.expect("35=8 150=0");
        }
        for n in 0..ORDERS {
            slow.expect(&format!("35=8 150=0 11=s{n}"));
        }
        writer.join().unwrap().unwrap();
    }
}

#[test]
fn a_client_that_stays_behind_too_long_is_cut_off_and_gets_all_of_it_later() {
    let venue = Venue::start("uring", "fused", |config| {
        config
            .replace("slow_ms = 30000", "slow_ms = 300")
            .replace("rate_soft = 50000", "rate_soft = 1000000")
            .replace("rate_hard = 100000", "rate_hard = 1000000")
    });
    let mut slow = venue.log_on("CLIENT1");
    const ORDERS: usize = 120_000; // More reports than all socket buffers hold.
    let mut bytes = Vec::new();
    for n in 0..ORDERS {
        let order = format!("11=s{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|");
        bytes.extend(slow.numbered("D", slow.next_out, "", &order));
        slow.next_out += 1;
    }
    let writer = slow.write_in_background(bytes);
    let _ = writer.join().unwrap(); // Ends when the venue closes, or when all is written.
    std::thread::sleep(Duration::from_secs(4)); // Takes nothing, for much longer than `slow_ms`.
    let (read, ended) = slow.read_until_end(Duration::from_secs(20));
    assert!(ended, "cut off after {read} messages");
    assert!(read < ORDERS);
    // The end of it, when it comes back and asks.
    let mut back = venue.connect("CLIENT1");
    back.next_out = slow.next_out;
    back.log_on_after_gap();
    let last = back.next_in - 2;
    back.send("2", &format!("7={last}|16={last}|"));
    back.expect_skipping("35=8 43=Y 150=0");
}

#[test]
fn with_little_disk_left_cancels_are_taken_and_orders_are_not() {
    let mut venue = Venue::start("uring", "fused", |config| config);
    let mut client = venue.log_on("CLIENT1");
    client.order("a", "1", "1", "10");
    client.expect("35=8 150=0 11=a");
    client.order("b", "1", "1", "10");
    client.expect("35=8 150=0 11=b");
    let next_out = client.next_out;
    venue.kill_9();
    // More than any disk has.
    venue.reconfigure(|c| c.replace("disk_reserve_mib = 256", "disk_reserve_mib = 1000000000"));
    venue.restart();
    let mut client = venue.connect("CLIENT1");
    client.next_out = next_out;
    client.log_on_after_gap();
    client.order("c", "1", "1", "10");
    client.expect_skipping("35=j 372=D 379=c 380=4");
    client.send("G", "41=a|11=d|55=ACME|54=1|60=NOW|38=2|40=2|44=10|");
    client.expect("35=j 372=G 379=d 380=4");
    client.send("F", "41=a|11=e|55=ACME|54=1|60=NOW|");
    client.expect("35=8 150=4 11=e 41=a");
    client.send("H", "11=b|55=ACME|54=1|");
    client.expect("35=8 150=I 39=0 11=b");
}

#[test]
fn a_hundred_thousand_orders_are_cancelled_at_once_through_64_slots() {
    for placement in ["fused", "split"] {
        let venue = Venue::start("uring", placement, |config| {
            config
                .replace("event_slots = 16384", "event_slots = 64")
                .replace("rate_soft = 50000", "rate_soft = 1000000")
                .replace("rate_hard = 100000", "rate_hard = 1000000")
                .replace("durability = \"disk\"", "durability = \"process\"")
        });
        let mut many = venue.connect("CLIENT1");
        many.log_on_with("8013=Y|");
        const ORDERS: usize = 100_000;
        let mut bytes = Vec::new();
        for n in 0..ORDERS {
            let order = format!("11=m{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|59=1|");
            bytes.extend(many.numbered("D", many.next_out, "", &order));
            many.next_out += 1;
        }
        let writer = many.write_in_background(bytes);
        for n in 0..ORDERS {
            many.expect(&format!("35=8 150=0 11=m{n}"));
        }
        writer.join().unwrap().unwrap();
        many.hang_up();
        // Everything is cancelled, and the venue answers others meanwhile.
        let mut other = venue.log_on("CLIENT2");
        other.order("o", "2", "1", "2");
        other.expect("35=8 150=0 11=o");
        let mut back = venue.connect("CLIENT1");
        (back.next_out, back.next_in) = (many.next_out, many.next_in);
        back.log_on_after_gap();
        back.send("H", &format!("11=m{}|55=ACME|54=1|", ORDERS - 1));
        back.expect_skipping("35=8 150=I 39=4 14=0");
        assert_eq!(back.next_in, (many.next_in as usize + ORDERS + 2) as u64, "one report each");
    }
}

#[test]
fn sigterm_says_goodbye_and_exits_with_zero() {
    for (transport, placement) in MATRIX {
        let mut venue = Venue::start(transport, placement, |config| config);
        let mut a = venue.log_on("CLIENT1");
        a.order("a1", "1", "100", "10.5");
        a.expect("35=8 150=0 11=a1");
        venue.terminate();
        a.expect("35=5 58=the venue stops; log on again later");
        a.send("5", "");
        a.expect_end();
        assert_eq!(venue.wait_for_exit(), Some(0));
        venue.restart();
        let mut back = venue.connect("CLIENT1");
        (back.next_out, back.next_in) = (a.next_out, a.next_in);
        back.log_on();
        back.send("F", "11=a2|41=a1|55=ACME|54=1|60=NOW|");
        back.expect("35=8 150=4 11=a2");
    }
}

#[test]
fn a_listener_that_joins_in_the_middle_has_the_book_order_by_order() {
    for (transport, placement) in MATRIX {
        let venue = Venue::start(transport, placement, |config| {
            config.replace("snapshot_ms = 1000", "snapshot_ms = 200")
        });
        let mut a = venue.log_on("CLIENT1");
        let mut expected = Vec::new();
        for n in 0..300 {
            let (side, price) = if n % 2 == 0 { ("1", 10 - n % 7) } else { ("2", 20 + n % 5) };
            a.order(&format!("a{n}"), side, "10", &price.to_string());
            let id = a.expect("35=8 150=0");
            expected.push((side, price, id));
        }
        let listener = venue.listen(&["--verify", "--orders", "--json", "--seconds", "4"]);
        // The book goes on changing while the listener joins.
        for n in (0..300).step_by(3) {
            a.send("F", &format!("11=c{n}|41=a{n}|55=ACME|54={}|60=NOW|", 1 + n % 2));
            a.expect("35=8 150=4");
            std::thread::sleep(Duration::from_millis(5));
        }
        let left = expected.iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(_, o)| o.clone());
        let (mut buys, mut sells): (Vec<_>, Vec<_>) = left.partition(|(side, ..)| *side == "1");
        buys.sort_by_key(|(_, price, _)| std::cmp::Reverse(*price)); // Stable: age stays.
        sells.sort_by_key(|(_, price, _)| *price);
        let expected: Vec<String> = buys.into_iter().chain(sells).map(|(.., id)| id).collect();
        assert_eq!(listener.orders("ACME"), expected, "{transport} {placement}");
    }
}

#[test]
fn silence_is_asked_once_and_then_the_connection_ends() {
    let venue = Venue::start("uring", "fused", |config| config);
    let mut a = venue.connect("CLIENT1");
    a.heartbeat_s = 1;
    a.log_on();
    a.expect_skipping("35=1");
    // Whoever does not hear does not need a Logout, and it would take a number.
    a.expect_end();
}

#[test]
fn a_long_log_is_replayed_and_the_understudy_agrees_all_along() {
    let mut venue = Venue::start("uring", "fused", |config| {
        config.replace("durability = \"disk\"", "durability = \"process\"")
    });
    let mut a = venue.log_on("CLIENT1");
    // One batch each: more than two comparisons of hot engine and understudy.
    for n in 0..8500 {
        a.order(&format!("a{n}"), "1", "1", "1");
        a.expect("35=8 150=0");
    }
    venue.kill_9();
    venue.restart();
    let mut back = venue.connect("CLIENT1");
    (back.next_out, back.next_in) = (a.next_out, a.next_in);
    back.log_on();
    // Read by the understudy, which has caught up then.
    back.send("2", "7=8000|16=8001|");
    back.expect("35=8 150=0 43=Y 11=a7998");
    back.expect("35=8 150=0 43=Y 11=a7999");
    back.send("H", "11=a8499|55=ACME|54=1|");
    back.expect("35=8 150=I 39=0");
}

#[test]
fn other_limits_after_a_restart_do_not_rewrite_what_was_told() {
    let small = "orders_max = 10";
    let mut venue =
        Venue::start("mio", "fused", |config| config.replace("orders_max = 262144", small));
    let mut a = venue.log_on("CLIENT1");
    for n in 0..15 {
        a.order(&format!("a{n}"), "1", "1", "1");
        a.expect(if n < 10 { "35=8 150=0" } else { "35=8 150=8 103=99" });
    }
    venue.kill_9();
    for limit in ["orders_max = 1000", "orders_max = 5"] {
        venue.reconfigure(|config| config.replace(small, limit));
        venue.restart();
        let mut back = venue.connect("CLIENT1");
        (back.next_out, back.next_in) = (a.next_out, a.next_in);
        back.log_on();
        back.send("H", "11=a9|55=ACME|54=1|");
        back.expect("35=8 150=I 39=0 151=1");
        back.send("H", "11=a14|55=ACME|54=1|");
        back.expect("35=8 150=I 39=8 58=unknown order");
        back.order(&format!("more {limit}"), "1", "1", "1");
        back.expect(if limit.ends_with('5') { "35=8 150=8 103=99" } else { "35=8 150=0" });
        (a.next_out, a.next_in) = (back.next_out, back.next_in);
        venue.kill_9();
        venue.reconfigure(|config| config.replace(limit, small));
    }
}

#[test]
fn who_floods_does_not_keep_others_waiting() {
    for placement in ["fused", "split"] {
        let venue = Venue::start("uring", placement, |config| {
            config
                .replace("rate_soft = 50000", "rate_soft = 10000000")
                .replace("rate_hard = 100000", "rate_hard = 10000000")
                .replace("durability = \"disk\"", "durability = \"process\"")
        });
        let (mut flood, mut honest) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
        const REQUESTS: usize = 200_000;
        let mut bytes = Vec::new();
        for n in 0..REQUESTS {
            bytes.extend(flood.message("1", &format!("112=f{n}|")));
        }
        let writer = flood.write_in_background(bytes);
        let reader = flood.read_in_background(&format!("f{}", REQUESTS - 1));
        let mut answered = 0;
        while !reader.is_finished() {
            honest.order(&format!("h{answered}"), "1", "1", "1");
            honest.expect("35=8 150=0");
            answered += 1;
        }
        reader.join().unwrap();
        writer.join().unwrap().unwrap();
        assert!(answered > 10, "{placement}: {answered} orders while somebody flooded");
    }
}

#[test]
fn the_venue_stops_though_a_client_never_does() {
    for (transport, placement) in MATRIX {
        let mut venue = Venue::start(transport, placement, |config| config);
        let mut stubborn = venue.log_on("CLIENT1");
        let bytes: Vec<u8> = (0..20_000).flat_map(|_| stubborn.message("0", "")).collect();
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let writer = stubborn.write_until(bytes, std::sync::Arc::clone(&stop));
        venue.terminate();
        assert_eq!(venue.wait_for_exit(), Some(0), "{transport} {placement}");
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        writer.join().unwrap();
    }
}

#[test]
fn a_second_process_on_the_same_data_is_refused() {
    let venue = Venue::start("mio", "fused", |config| config);
    let told = venue.start_another();
    assert!(told.contains("another portcullis works in this data directory"), "{told}");
}

#[test]
fn one_address_gets_its_share_of_the_connections() {
    for transport in ["uring", "mio"] {
        let venue = Venue::start(transport, "fused", |config| {
            config.replace(
                "connections_max = 64",
                "connections_max = 64\nconnections_per_address_max = 3",
            )
        });
        let mut a = venue.log_on("CLIENT1");
        let strangers = [venue.connect("CLIENT3"), venue.connect("CLIENT3")];
        let mut one_more = venue.connect("CLIENT2");
        one_more.expect_end();
        a.order("a1", "1", "1", "1");
        a.expect("35=8 150=0 11=a1");
        drop(strangers);
        std::thread::sleep(Duration::from_millis(300));
        venue.log_on("CLIENT2");
    }
}

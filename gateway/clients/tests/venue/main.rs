//! Two real QuickFIX initiators against the real `portcullis`, over both transports and both
//! placements: they trade, miss messages, ask for them again, and live through `kill -9`.
//!
//! QuickFIX checks every message against a dictionary, one of the two against the venue's own, and
//! keeps its numbers on disk; this test only watches. The chapters are functions, in the order of `the_whole_story`.
//! Next: `client.rs` (QuickFIX), `server.rs` (the child process), `wireshark.rs` (a second opinion).
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test")]

#[allow(dead_code, reason = "market data uses the rest")]
mod client;
#[allow(dead_code, reason = "market data uses the rest")]
mod server;
mod wireshark;

use client::{Client, Dictionary, Fix, History};
use server::{Server, Way};
use std::collections::{HashMap, HashSet};

/// Orders of each client that rest while the venue is killed.
const RESTING: usize = 150;
/// Orders of each client that are sent while it is killed.
const CROSSING: usize = 400;
/// Fills that the buyer has seen before it is killed.
const FILLS_BEFORE_KILL: usize = 100;
/// Fills that the seller misses because it is away.
const MISSED: usize = 20;

#[test]
fn uring_fused() {
    the_whole_story("uring", "fused", "disk", ["CLIENT1", "CLIENT2"]);
}

#[test]
fn uring_split() {
    the_whole_story("uring", "split", "process", ["CLIENT3", "CLIENT4"]);
}

#[test]
fn mio_fused() {
    the_whole_story("mio", "fused", "process", ["CLIENT5", "CLIENT6"]);
}

#[test]
fn mio_split() {
    the_whole_story("mio", "split", "process", ["CLIENT7", "CLIENT8"]);
}

/// QuickFIX knows a session by its CompIDs, once in a process: each way has its own two.
fn the_whole_story(
    transport: &'static str,
    placement: &'static str,
    durability: &'static str,
    comp_ids: [&str; 2],
) {
    let mut server = Server::start(Way { transport, placement, durability });
    let [of_a, of_b] = comp_ids;
    let mut a = Client::new(of_a, Dictionary::Venues, &server.directory, server.port);
    let mut b = Client::new(of_b, Dictionary::Fix44, &server.directory, server.port);
    a.log_on();
    b.log_on();
    they_trade(&mut a, &mut b);
    cancels_and_replaces_do_what_they_say(&mut a, &mut b);
    every_kind_of_order_is_in_the_dictionary(&mut a);
    what_cannot_be_is_refused(&mut a);
    what_was_missed_comes_again_when_asked_for(&mut a, &mut b);
    a_killed_venue_comes_back_with_every_acknowledged_order(&mut server, &a, &b);
    fills_of_one_who_is_away_survive_the_venue(&mut server, &mut a, &mut b);
    a_venue_that_stops_says_goodbye(&mut server, &a, &b);
    for client in [&a, &b] {
        nobody_had_anything_to_object(client);
        let sent_by_venue = client.history(|history| history.wire_in.clone());
        wireshark::understands(&sent_by_venue, &server.directory.join(&client.comp_id));
    }
}

fn they_trade(a: &mut Client, b: &mut Client) {
    a.order("a1", "buy 100 ACME @ 10.5");
    a.expect("35=8|150=0|39=0|11=a1|55=ACME|54=1|38=100|44=10.5|151=100|14=0|6=0");
    // Part of it, at the price of the order that was there.
    b.order("b1", "sell 40 ACME @ 10.4");
    b.expect("35=8|150=0|11=b1");
    b.expect("35=8|150=F|39=2|11=b1|32=40|31=10.5|14=40|6=10.5|151=0|851=2");
    a.expect("35=8|150=F|39=1|11=a1|32=40|31=10.5|14=40|151=60|851=1");
    // Immediate or cancel: what is there, and no more.
    b.order("b2", "sell 100 ACME @ 10.5 ioc");
    b.expect("35=8|150=0|11=b2|59=3");
    b.expect("35=8|150=F|39=1|11=b2|32=60|151=40");
    b.expect("35=8|150=4|39=4|11=b2|14=60|151=0|58=nothing more to trade with");
    a.expect("35=8|150=F|39=2|11=a1|32=60|14=100|6=10.5|151=0");
}

fn cancels_and_replaces_do_what_they_say(a: &mut Client, b: &mut Client) {
    a.order("c1", "buy 10 ACME @ 9");
    a.expect("35=8|150=0|11=c1");
    a.cancel("c2", "c1", "buy ACME");
    a.expect("35=8|150=4|39=4|11=c2|41=c1|151=0");

    // Less at the same price keeps the place in the queue: c4 trades first.
    a.order("c3", "buy 10 ACME @ 9");
    a.expect("35=8|150=0|11=c3");
    b.order("d1", "buy 10 ACME @ 9");
    b.expect("35=8|150=0|11=d1");
    a.replace("c4", "c3", "buy 6 ACME @ 9");
    a.expect("35=8|150=5|39=0|11=c4|41=c3|38=6|151=6");
    b.order("d2", "sell 6 ACME @ 9");
    b.expect("35=8|150=0|11=d2");
    b.expect("35=8|150=F|39=2|11=d2|32=6");
    a.expect("35=8|150=F|39=2|11=c4|32=6");

    // Another price loses it, there and back: c5 trades before d4.
    a.order("c5", "buy 5 ACME @ 9");
    a.expect("35=8|150=0|11=c5");
    b.replace("d3", "d1", "buy 10 ACME @ 8.99");
    b.expect("35=8|150=5|11=d3|41=d1|44=8.99");
    b.replace("d4", "d3", "buy 10 ACME @ 9");
    b.expect("35=8|150=5|11=d4|41=d3|44=9");
    b.order("d5", "sell 5 ACME @ 9");
    b.expect("35=8|150=0|11=d5");
    b.expect("35=8|150=F|39=2|11=d5|32=5");
    a.expect("35=8|150=F|39=2|11=c5|32=5");
    b.cancel("d6", "d4", "buy ACME");
    b.expect("35=8|150=4|11=d6|41=d4|14=0");
}

/// The answers with fields that plain orders have not, the venue's own tags among them.
fn every_kind_of_order_is_in_the_dictionary(a: &mut Client) {
    let with = |name: &'static str, side: &'static str, more: &[(i32, &'static str)]| {
        let common = [(11, name), (55, "ACME"), (54, side), (60, "NOW"), (38, "10")];
        [&common[..], more].concat()
    };
    a.send("D", &with("k1", "2", &[(40, "2"), (44, "12"), (111, "3"), (18, "6"), (5018, "Y")]));
    a.expect("35=8|150=0|11=k1|111=3|18=6|5018=Y");
    a.send("D", &with("k2", "2", &[(40, "2"), (44, "12"), (111, "0"), (110, "1"), (5019, "2")]));
    a.expect("35=8|150=0|11=k2|111=0|110=1");
    a.expect("35=8|150=4|11=k2|58=less than MinQty at once");
    let till = [(40, "2"), (44, "13"), (59, "6"), (126, "20991231-00:00:00")];
    a.send("D", &with("k3", "2", &till));
    a.expect("35=8|150=0|11=k3|59=6|126=20991231-00:00:00.000");
    a.send("D", &with("k4", "1", &[(40, "4"), (44, "20"), (99, "19")]));
    a.expect("35=8|150=0|11=k4|40=4|99=19");
    a.send("D", &with("k5", "1", &[(40, "3"), (99, "19")]));
    a.expect("35=8|150=0|11=k5|40=3|99=19");
    a.send("q", &[(11, "k6"), (60, "NOW"), (530, "1"), (55, "ACME"), (5020, "1")]);
    let gone: HashSet<String> =
        (0..4).map(|_| a.expect("35=8|150=4|58=mass cancel").text("11").to_owned()).collect();
    assert_eq!(gone, ["k1", "k3", "k4", "k5"].map(str::to_owned).into());
    a.expect("35=r|11=k6|530=1|531=1|533=4|5020=1");
    a.send("q", &[(11, "k7"), (60, "NOW"), (530, "1"), (55, "NOBODY")]);
    a.expect("35=r|11=k7|531=0|532=1");
    a.send("q", &[(11, "k8"), (60, "NOW"), (530, "7"), (5020, "3"), (5021, "NOBODY")]);
    a.expect("35=r|11=k8|530=7|531=0|532=99|5020=3|5021=NOBODY");
}

fn what_cannot_be_is_refused(a: &mut Client) {
    a.cancel("r1", "c1", "buy ACME");
    a.expect("35=9|11=r1|41=c1|39=4|434=1|102=0");
    a.cancel("r2", "never-sent", "buy ACME");
    a.expect("35=9|37=NONE|11=r2|41=never-sent|39=8|434=1|102=1");
    a.replace("r3", "c5", "buy 9 ACME @ 9");
    a.expect("35=9|11=r3|41=c5|39=2|434=2|102=0");
    a.ask_status("c5", "buy ACME");
    a.expect("35=8|150=I|39=2|11=c5|14=5|151=0");
    a.ask_status("never-sent", "buy ACME");
    a.expect("35=8|150=I|39=8|11=never-sent|37=NONE");
    a.order("r4", "buy 1 NOSUCH @ 1");
    a.expect("35=8|150=8|39=8|11=r4|55=NOSUCH|37=NONE|103=1|58=unknown symbol");
    a.order("c1", "buy 1 ACME @ 1");
    a.expect("35=8|150=8|39=8|11=c1|103=6");
    a.order("r5", "buy 1 ACME @ 1.001");
    a.expect("35=8|150=8|39=8|11=r5|103=99|58=a price is not a positive multiple of the tick");
    // The news that QuickFIX can send and the venue does not take.
    a.send("B", &[(148, "hello"), (33, "1"), (58, "world")]);
    a.expect("35=j|372=B|380=3");
}

/// `b` is away while it trades, and moreover loses its memory of the last messages.
fn what_was_missed_comes_again_when_asked_for(a: &mut Client, b: &mut Client) {
    b.order("m1", "sell 5 ACME @ 20");
    b.expect("35=8|150=0|11=m1");
    b.stop();
    let from = b.forget_messages(8);
    let sent_before = b.history(|history| history.wire_in.clone());
    a.order("m2", "buy 5 ACME @ 20");
    a.expect("35=8|150=0|11=m2");
    a.expect("35=8|150=F|39=2|11=m2|32=5");
    b.log_on();
    b.wait("its own ResendRequest", |history| {
        let asked = format!("35=2|7={from}|16=0");
        history.wire_out.iter().any(|m| m.has(&asked)).then_some(())
    });
    b.wait("the missed fill", |history| {
        let fill = |m: &Fix| m.has("35=8|150=F|39=2|11=m1|43=Y");
        history.delivered.iter().any(fill).then_some(())
    });
    let came_again = b.history(|history| {
        let new = history.wire_in.get(sent_before.len()..).unwrap_or(&[]);
        new.iter().filter(|m| m.has("43=Y") && m.text("35") != "4").cloned().collect::<Vec<_>>()
    });
    let mut compared = 0;
    for again in &came_again {
        let once = sent_before.iter().rev().find(|once| once.number() == again.number());
        assert_eq!(again.get("122").is_some(), again.get("43").is_some());
        if let Some(once) = once {
            assert_eq!(lasting(once), lasting(again), "the same message, but for its envelope");
            assert_eq!(again.get("122"), once.get("52"));
            compared += 1;
        }
    }
    assert!(compared >= 4, "{compared} of {} had been sent before", came_again.len());
    b.skip_delivered();
}

/// The fields that a resend does not change.
fn lasting(message: &Fix) -> Vec<&str> {
    let envelope = ["8=", "9=", "10=", "43=", "52=", "122="];
    let fields = message.0.split('|');
    fields.filter(|field| !envelope.iter().any(|tag| field.starts_with(tag))).collect()
}

fn a_killed_venue_comes_back_with_every_acknowledged_order(
    server: &mut Server,
    a: &Client,
    b: &Client,
) {
    for n in 0..RESTING {
        a.order(&format!("rest-a{n}"), &format!("buy 0.{} BTC-USD @ {}", n + 100, 100 + n));
        b.order(&format!("rest-b{n}"), &format!("sell 0.{} BTC-USD @ {}", n + 100, 1000 + n));
    }
    for (client, side) in [(a, 'a'), (b, 'b')] {
        await_acknowledged(client, (0..RESTING).map(|n| format!("rest-{side}{n}")));
    }
    let before = [a, b].map(|client| client.history(|h| (h.logons, highest(&h.wire_out))));
    let cross = |numbers: std::ops::Range<usize>| {
        for n in numbers {
            a.order(&format!("cross-a{n}"), "buy 10 ETH-USD @ 2000");
            b.order(&format!("cross-b{n}"), "sell 7 ETH-USD @ 2000");
        }
    };
    // Some are done, some are on their way, some are sent while nobody is there.
    cross(0..CROSSING / 2);
    let (mut fills, mut seen) = (0, 0);
    a.wait("fills to be killed among", |history| {
        let new = &history.delivered[seen..];
        fills += new.iter().filter(|m| m.has("150=F|55=ETH-USD")).count();
        seen = history.delivered.len();
        (fills >= FILLS_BEFORE_KILL).then_some(())
    });
    cross(CROSSING / 2..CROSSING * 3 / 4);
    server.kill_9();
    cross(CROSSING * 3 / 4..CROSSING);
    let acknowledged = [a, b].map(|client| client.history(acknowledged));
    server.restart();

    for (client, (logons, sent)) in [a, b].into_iter().zip(before) {
        client.await_logon(logons + 1);
        the_numbers_went_on(client, sent);
    }
    // What the venue never got it asks for, and QuickFIX sends it again: nothing is lost.
    for (client, side) in [(a, 'a'), (b, 'b')] {
        await_acknowledged(client, (0..CROSSING).map(|n| format!("cross-{side}{n}")));
    }
    for ((client, side), known) in [(a, 'a'), (b, 'b')].into_iter().zip(&acknowledged) {
        every_order_is_as_its_reports_say(client, side, known);
    }
    both_saw_the_same_trades(a, b);
    for (client, side, book) in [(a, 'a', "buy BTC-USD"), (b, 'b', "sell BTC-USD")] {
        for n in 0..RESTING {
            client.cancel(&format!("gone-{side}{n}"), &format!("rest-{side}{n}"), book);
        }
        let mut gone = 0;
        let mut seen = 0;
        client.wait("all resting orders cancelled", |history| {
            let new = &history.delivered[seen..];
            gone += new.iter().filter(|m| m.has("150=4|14=0") && is_about(m, "gone-")).count();
            seen = history.delivered.len();
            (gone == RESTING).then_some(())
        });
    }
}

fn is_about(message: &Fix, names: &str) -> bool {
    message.text("11").starts_with(names)
}

/// ClOrdIDs of orders that were accepted.
fn acknowledged(history: &History) -> HashSet<String> {
    let accepted = history.delivered.iter().filter(|m| m.has("35=8|150=0"));
    accepted.map(|m| m.text("11").to_owned()).collect()
}

fn await_acknowledged(client: &Client, names: impl Iterator<Item = String>) {
    let mut missing: HashSet<String> = names.collect();
    let mut seen = 0;
    client.wait("all orders accepted", |history| {
        for message in history.delivered[seen..].iter().filter(|m| m.has("35=8|150=0")) {
            missing.remove(message.text("11"));
        }
        seen = history.delivered.len();
        missing.is_empty().then_some(())
    });
}

fn highest(messages: &[Fix]) -> u64 {
    messages.iter().map(Fix::number).max().unwrap_or(0)
}

/// The last Logon of both sides: above all numbers before, and without a reset.
fn the_numbers_went_on(client: &Client, sent_before: u64) {
    client.history(|history| {
        let last_logon = |messages: &[Fix]| messages.iter().rposition(|m| m.has("35=A"));
        let (at_out, at_in) = (last_logon(&history.wire_out), last_logon(&history.wire_in));
        let (at_out, at_in) = (at_out.unwrap(), at_in.unwrap());
        let (asked, answered) = (&history.wire_out[at_out], &history.wire_in[at_in]);
        assert!(asked.number() > sent_before, "{} after {sent_before}", asked.0);
        let received = highest(&history.wire_in[..at_in]);
        assert!(answered.number() > received, "{} after {received}", answered.0);
        assert_eq!((asked.get("141"), answered.get("141")), (None, None));
        let old = |m: &&Fix| m.number() < answered.number();
        for message in history.wire_in[at_in..].iter().filter(old) {
            assert!(message.has("43=Y"), "{} after {}", message.0, answered.0);
        }
    });
}

/// Asks for the status of every order, and holds each answer against the reports before it.
fn every_order_is_as_its_reports_say(client: &Client, side: char, known: &HashSet<String>) {
    let way = if side == 'a' { "buy" } else { "sell" };
    let resting = (0..RESTING).map(|n| (format!("rest-{side}{n}"), format!("{way} BTC-USD")));
    let crossing = (0..CROSSING).map(|n| (format!("cross-{side}{n}"), format!("{way} ETH-USD")));
    let orders: HashMap<String, String> = resting.chain(crossing).collect();
    for (name, book) in &orders {
        client.ask_status(name, book);
    }
    let mut states: HashMap<String, Fix> = HashMap::new();
    let mut seen = 0;
    client.wait("the status of every order", |history| {
        for message in history.delivered[seen..].iter().filter(|m| m.has("35=8|150=I")) {
            states.insert(message.text("11").to_owned(), message.clone());
        }
        seen = history.delivered.len();
        orders.keys().all(|name| states.contains_key(name)).then_some(())
    });
    for name in known.iter().filter(|name| orders.contains_key(*name)) {
        assert_ne!(states[name].text("39"), "8", "{name} was accepted and is unknown now");
    }
    let fills = client.history(fills);
    for name in orders.keys() {
        let state = &states[name];
        let filled: u64 = fills.iter().filter(|f| f.text("11") == name).map(last_qty).sum();
        if name.starts_with("rest-") {
            assert!(state.has("39=0|14=0") && filled == 0, "{}", state.0);
        } else {
            assert_eq!(state.text("14"), filled.to_string(), "reports add up: {}", state.0);
        }
    }
}

fn fills(history: &History) -> Vec<Fix> {
    history.delivered.iter().filter(|m| m.has("35=8|150=F")).cloned().collect()
}

/// LastQty (32) of trades in whole lots of one.
fn last_qty(fill: &Fix) -> u64 {
    fill.text("32").parse().expect("a whole number")
}

/// Every trade has been told to both sides once, and nothing has been told twice.
fn both_saw_the_same_trades(a: &Client, b: &Client) {
    let [of_a, of_b] = [a, b].map(|client| {
        let mut fills = client.history(fills);
        fills.retain(|fill| is_about(fill, "cross-"));
        let exec_ids: HashSet<&str> = fills.iter().map(|fill| fill.text("17")).collect();
        assert_eq!(exec_ids.len(), fills.len(), "{}: a fill was told twice", client.comp_id);
        let trades = fills.iter().map(|fill| (fill.text("527").to_owned(), last_qty(fill)));
        trades.collect::<HashMap<String, u64>>()
    });
    assert_eq!(of_a, of_b);
    // The buyer wants more than the seller has: all that is sold is traded, once.
    assert_eq!(of_a.values().sum::<u64>(), 7 * CROSSING as u64);
}

/// What `b` had resting trades while it is away, the venue is killed, and `b` comes back.
fn fills_of_one_who_is_away_survive_the_venue(server: &mut Server, a: &mut Client, b: &mut Client) {
    a.skip_delivered();
    for n in 0..MISSED {
        b.order(&format!("away-b{n}"), "sell 3 ACME @ 30");
    }
    await_acknowledged(b, (0..MISSED).map(|n| format!("away-b{n}")));
    b.stop();
    let seen = b.history(|history| history.delivered.len());
    let sent_by_b = b.history(|history| highest(&history.wire_out));
    let (logons, sent) = a.history(|history| (history.logons, highest(&history.wire_out)));
    for n in 0..MISSED {
        a.order(&format!("away-a{n}"), "buy 3 ACME @ 30");
        a.expect(&format!("35=8|150=0|11=away-a{n}"));
        a.expect(&format!("35=8|150=F|39=2|11=away-a{n}|32=3"));
    }
    server.kill_9();
    server.restart();
    a.await_logon(logons + 1);
    the_numbers_went_on(a, sent);
    b.log_on();
    let missed = b.wait("the fills of its absence", |history| {
        let new = &history.delivered[seen..];
        (new.len() >= MISSED).then(|| new.to_vec())
    });
    the_numbers_went_on(b, sent_by_b);
    assert_eq!(missed.len(), MISSED);
    for (n, fill) in missed.iter().enumerate() {
        let wanted = format!("35=8|43=Y|150=F|39=2|11=away-b{n}|32=3");
        assert!(fill.has(&wanted), "{} has not {wanted}", fill.0);
    }
}

fn a_venue_that_stops_says_goodbye(server: &mut Server, a: &Client, b: &Client) {
    server.terminate();
    for client in [a, b] {
        client.wait("the Logout of the venue", |history| {
            let goodbye = "35=5|58=the venue stops; log on again later";
            history.wire_in.iter().any(|m| m.has(goodbye)).then_some(())
        });
    }
    assert_eq!(server.await_exit(), Some(0));
}

/// Neither QuickFIX, with its dictionary, nor the venue refused a message of the other's, and no
/// number was ever too low.
fn nobody_had_anything_to_object(client: &Client) {
    client.history(|history| {
        let objections = |m: &&Fix| m.text("35") == "3" || m.text("58").contains("too low");
        let mut messages = history.wire_in.iter().chain(&history.wire_out);
        assert_eq!(messages.find(objections), None, "{}", client.comp_id);
        assert!(!history.wire_out.iter().any(|m| m.has("35=j")), "{}", client.comp_id);
    });
}

//! Real QuickFIX initiators at the market data port of the real `portcullis`: one checks every message against
//! the venue's dictionary, one against all of FIX 4.4. Two others trade; in the end the books that the first two have
//! made of W and X, levels and orders, are what the traders know of their orders.
//!
//! QuickFIX as a client, the process and Wireshark are those of `../venue`.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test")]

#[allow(dead_code, reason = "order entry uses the rest")]
#[path = "../venue/client.rs"]
mod client;
#[allow(dead_code, reason = "order entry uses the rest")]
#[path = "../venue/server.rs"]
mod server;
#[path = "../venue/wireshark.rs"]
mod wireshark;

use client::{Client, Dictionary, Fix, History};
use server::{Server, Way};
use std::collections::BTreeMap;

/// Orders of each trader.
const ORDERS: usize = 120;

/// By side (269 or 54 less 1) and price: what is open, and orders.
type Levels = BTreeMap<(u8, u64), (u64, u64)>;
/// By OrderID: side, price, what is open.
type Orders = BTreeMap<u64, (u8, u64, u64)>;

#[test]
fn books_made_of_market_data_are_what_the_traders_know() {
    let way = Way { transport: "auto", placement: "split", durability: "process" };
    let mut server = Server::start(way);
    let client = |comp_id: &str, dictionary, port| {
        let mut client = Client::new(comp_id, dictionary, &server.directory, port);
        client.log_on();
        client
    };
    let mut a = client("CLIENT1", Dictionary::Venues, server.port);
    let mut b = client("CLIENT2", Dictionary::Venues, server.port);
    let levels = client("CLIENT3", Dictionary::MarketData, server.market_data_port);
    let orders = client("CLIENT4", Dictionary::Fix44OfMarketData, server.market_data_port);
    reference_data_and_phases(&levels);
    let asked = [(262, "md"), (263, "1"), (264, "0"), (265, "1")];
    levels.ask_for_market_data(&[&asked[..], &[(266, "Y")]].concat(), &["0", "1", "2"]);
    orders.ask_for_market_data(&[&asked[..], &[(266, "N")]].concat(), &["0", "1", "2"]);
    for data in [&levels, &orders] {
        data.wait("a snapshot", |h| h.delivered.iter().any(|m| m.has("35=W|262=md")).then_some(()));
    }
    they_trade(&mut a, &mut b);
    let (open, right) = (open_orders(&[&a, &b]), trades(&[&a, &b]));
    assert!(open.len() > 20 && right.len() > 20, "{} open, {} trades", open.len(), right.len());
    levels.wait("the last trade, in levels", |h| (told_trades(h) == right).then_some(()));
    orders.wait("the last trade, by orders", |h| (told_trades(h) == right).then_some(()));
    levels.wait("the same levels", |h| (levels_told(h) == levels_of(&open)).then_some(()));
    orders.wait("the same orders", |h| (orders_told(h) == open).then_some(()));
    refusals_are_in_the_dictionary(&levels);
    the_end_is_told(&mut server, &[&levels, &orders]);
    for data in [&levels, &orders] {
        nobody_had_anything_to_object(data);
        let sent = data.history(|history| history.wire_in.clone());
        wireshark::understands(&sent, &server.directory.join(&data.comp_id));
    }
}

fn reference_data_and_phases(data: &Client) {
    data.send("x", &[(320, "list"), (559, "4")]);
    data.send("e", &[(324, "status"), (263, "0"), (55, "ACME")]);
    data.send("g", &[(335, "session"), (263, "0"), (336, "ACME")]);
    for wanted in ["35=y|320=list|560=0|393=3|893=Y", "35=f|324=status|326=17", "35=h|340=2"] {
        data.wait(wanted, |h| h.delivered.iter().any(|m| m.has(wanted)).then_some(()));
    }
}

fn refusals_are_in_the_dictionary(data: &Client) {
    let asked = [(262, "no"), (263, "1"), (264, "1000"), (265, "1")];
    data.ask_for_market_data(&asked, &["0"]);
    data.send("e", &[(324, "no"), (263, "1"), (55, "NONE")]);
    data.send("g", &[(335, "no"), (263, "1"), (336, "NONE")]);
    data.send("x", &[(320, "no"), (559, "0"), (55, "NONE")]);
    for wanted in ["35=Y|262=no|281=5", "35=f|324=no|326=20", "35=h|335=no|340=6", "35=y|560=2"] {
        data.wait(wanted, |h| h.delivered.iter().any(|m| m.has(wanted)).then_some(()));
    }
}

/// Prices that cross now and then; every third order is cancelled again.
fn they_trade(a: &mut Client, b: &mut Client) {
    for n in 0..ORDERS {
        let (buy, sell) = (90 + n * 7 % 15, 97 + n * 11 % 15);
        a.order(&format!("a{n}"), &format!("buy {} ACME @ {buy}", 1 + n % 9));
        b.order(&format!("b{n}"), &format!("sell {} ACME @ {sell}", 1 + n % 5));
        if n % 3 == 0 {
            a.cancel(&format!("ac{n}"), &format!("a{n}"), "buy ACME");
        }
    }
    for (client, name) in [(&*a, "a"), (&*b, "b")] {
        // 9 instead, where there was nothing left to cancel.
        let answered = |h: &History| {
            let of = |kind: &str| h.delivered.iter().filter(|m| m.has(kind)).count();
            let canceled = of("35=8|150=4") + of("35=9");
            let wanted = if name == "a" { ORDERS.div_ceil(3) } else { 0 };
            (of("35=8|150=0") == ORDERS && canceled == wanted).then_some(())
        };
        client.wait("an answer to everything", answered);
    }
    // What came last in the log has been told to both once these are answered.
    for client in [&mut *a, &mut *b] {
        client.ask_status("nothing", "buy ACME");
        client.wait("the last answer", |h| {
            h.delivered.iter().any(|m| m.has("35=8|150=I")).then_some(())
        });
    }
}

/// What the reports leave open.
fn open_orders(traders: &[&Client]) -> Orders {
    let mut open = Orders::new();
    for trader in traders {
        trader.history(|history| {
            for report in history.delivered.iter().filter(|m| m.has("35=8") && !m.has("150=I")) {
                let id = report.text("37").parse().unwrap();
                let side = report.text("54").parse::<u8>().unwrap() - 1;
                let row = (side, whole(report.text("44")), whole(report.text("151")));
                match row.2 {
                    0 => open.remove(&id),
                    _ => open.insert(id, row),
                };
            }
        });
    }
    open
}

fn levels_of(open: &Orders) -> Levels {
    let mut levels = Levels::new();
    for (side, price, qty) in open.values() {
        let level = levels.entry((*side, *price)).or_default();
        *level = (level.0 + qty, level.1 + 1);
    }
    levels
}

/// By number: quantity and price, each told to both sides.
fn trades(traders: &[&Client]) -> BTreeMap<u64, (u64, u64)> {
    let mut trades = BTreeMap::new();
    for trader in traders {
        trader.history(|history| {
            for fill in history.delivered.iter().filter(|m| m.has("35=8|150=F")) {
                let told = (whole(fill.text("32")), whole(fill.text("31")));
                trades.insert(fill.text("527").parse().unwrap(), told);
            }
        });
    }
    trades
}

fn whole(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a whole number"))
}

type Entry<'a> = BTreeMap<&'a str, &'a str>;

/// The entries of W and X in order; of a W with a 279 of `W`, the first of them with `first`.
fn entries(history: &History) -> Vec<(bool, Entry<'_>)> {
    let mut all = Vec::new();
    for message in history.delivered.iter().filter(|m| m.has("262=md")) {
        let (begins, is_snapshot) = match message.text("35") {
            "W" => ("269", true),
            "X" => ("279", false),
            _ => continue,
        };
        if is_snapshot {
            all.push((true, Entry::new()));
        }
        let fields = message.0.split('|').filter_map(|field| field.split_once('='));
        let fields = fields.skip_while(|(tag, _)| *tag != begins);
        for (tag, value) in fields.take_while(|(tag, _)| *tag != "10") {
            if tag == begins {
                all.push((false, Entry::new()));
            }
            all.last_mut().unwrap().1.insert(tag, value);
        }
    }
    all
}

fn told_trades(history: &History) -> BTreeMap<u64, (u64, u64)> {
    let entries = entries(history);
    let trades = entries.iter().filter(|(_, entry)| entry.get("269") == Some(&"2"));
    let of_x = trades.filter(|(_, entry)| entry.contains_key("278"));
    of_x.map(|(_, e)| (whole(e["278"]), (whole(e["271"]), whole(e["270"])))).collect()
}

fn levels_told(history: &History) -> Levels {
    let mut levels = Levels::new();
    for (begins_anew, entry) in entries(history) {
        if begins_anew {
            levels.clear();
        }
        let Some(side) = side_of(&entry) else { continue };
        let key = (side, whole(entry["270"]));
        match entry.get("279") {
            Some(&"2") => levels.remove(&key),
            _ => levels.insert(key, (whole(entry["271"]), whole(entry["346"]))),
        };
    }
    levels
}

fn orders_told(history: &History) -> Orders {
    let mut orders = Orders::new();
    for (begins_anew, entry) in entries(history) {
        if begins_anew {
            orders.clear();
        }
        let Some(side) = side_of(&entry) else { continue };
        let id = whole(entry["37"]);
        match entry.get("279") {
            Some(&"2") => orders.remove(&id),
            _ => orders.insert(id, (side, whole(entry["270"]), whole(entry["271"]))),
        };
    }
    orders
}

fn side_of(entry: &Entry<'_>) -> Option<u8> {
    match *entry.get("269")? {
        "0" => Some(0),
        "1" => Some(1),
        _ => None,
    }
}

fn the_end_is_told(server: &mut Server, clients: &[&Client]) {
    server.terminate();
    for client in clients {
        client.wait("the News, and the Logout", |h| {
            let news = h.wire_in.iter().position(|m| m.has("35=B|148=the venue stops"))?;
            let goodbye = "35=5|58=the venue stops; log on again later";
            h.wire_in[news..].iter().any(|m| m.has(goodbye)).then_some(())
        });
    }
    assert_eq!(server.await_exit(), Some(0));
}

/// Neither QuickFIX, with its dictionary, nor the venue refused a message of the other's.
fn nobody_had_anything_to_object(client: &Client) {
    client.history(|history| {
        let objections = |m: &&Fix| matches!(m.text("35"), "3" | "j" | "2");
        let mut messages = history.wire_in.iter().chain(&history.wire_out);
        assert_eq!(messages.find(objections), None, "{}", client.comp_id);
        let told =
            history.wire_in.iter().filter(|m| !matches!(m.text("35"), "A" | "0" | "1" | "5"));
        assert_eq!(told.count(), history.delivered.len(), "QuickFIX let everything through");
    });
}

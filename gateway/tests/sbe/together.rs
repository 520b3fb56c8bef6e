//! Both protocols on one book, and the client library under them.

use crate::peer::Peer;
use crate::schema;
use crate::seat::{KEY, Seat};
use crate::stage;
use crate::venue::Venue;
use sbe_client::{Driver, Heard, Key, Memory, Report, Session, Wants, Width};
use sbe_schemas::header::{Message, fill_text, text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Decimal8, Decimal8Null, OrdType, Side, TimeInForce};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn session(memory: Memory) -> Session {
    Session::new("S0A", Key::Hmac(KEY.to_vec()), Width::Narrow, Wants::default(), memory)
}

fn order(name: &str, side: Side, price: i64, quantity: i64) -> oe::NewOrder {
    oe::NewOrder {
        cl_ord_id: fill_text(name.as_bytes()).unwrap(),
        instrument: 4.into(),
        side: side.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::GoodTillCancel.into(),
        price: Decimal8Null::new(Some(price * 100_000_000)),
        order_qty: Decimal8::new(quantity * 100_000_000),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        ..oe::NewOrder::ZERO
    }
}

fn report(driver: &mut Driver) -> Report {
    match driver.hear(PATIENCE).unwrap() {
        Some(Heard::Report(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn connect(venue: &Venue, session: Session) -> Driver {
    let mut driver = Driver::connect(venue.sbe_address.parse().unwrap(), session).unwrap();
    let heard = driver.hear(PATIENCE).unwrap();
    assert!(matches!(heard, Some(Heard::Established { .. })), "{heard:?}");
    driver
}

fn tag(message: &str, tag: &str) -> String {
    let field = message.split('|').find_map(|field| field.strip_prefix(tag));
    field.unwrap_or_else(|| panic!("{tag} in {message}")).to_owned()
}

#[test]
fn fix_and_sbe_clients_trade_on_one_book_and_the_feed_says_the_same() {
    let venue = Venue::start("mio", "fused", |demo| stage(&demo, 1, false));
    let listener = venue.listen(&["--print", "--json", "--seconds", "4"]);
    std::thread::sleep(Duration::from_millis(700));
    let mut binary = connect(&venue, session(Memory::default()));
    let mut fix: Peer = venue.log_on("CLIENT1");
    binary.send(order("a", Side::Sell, 10, 5)).unwrap();
    let told = report(&mut binary);
    let new = told.get::<oe::ExecutionReportNew>().expect("accepted");
    assert_eq!(text(&new.cl_ord_id), b"a");
    let order_id = new.order_id.get();
    fix.send("D", "11=f|55=R0|54=1|60=NOW|38=2|40=2|44=10|59=3|");
    fix.expect("35=8 150=0");
    let filled = fix.read_message().expect("a trade");
    assert!(filled.contains("|150=F|"), "{filled}");
    let told = report(&mut binary);
    let trade = told.get::<oe::ExecutionReportTrade>().expect("a trade");
    assert_eq!(trade.trade_id.get().to_string(), tag(&filled, "527="), "one trade");
    assert_eq!(told.head.seq.get().to_string(), tag(&filled, "5022="), "one cause");
    assert_eq!((trade.last_qty.get(), trade.last_px.get()), (200_000_000, 1_000_000_000));
    assert!(told.head.received.get() <= told.head.time.get() + 1_000_000_000);

    let lines = listener.lines();
    let public = lines.iter().find(|line| {
        line["type"] == "OrderExecute"
            && line["orderId"].to_string().trim_matches('"') == order_id.to_string()
    });
    let public = public.unwrap_or_else(|| panic!("no trade of {order_id} in {lines:?}"));
    assert_eq!(public["seq"].to_string().trim_matches('"'), told.head.seq.get().to_string());
}

/// Negotiate and Establish are two ways through the log, and between them the client is nobody again.
#[test]
fn strangers_in_all_places_keep_no_binary_client_out() {
    for transport in ["uring", "mio"] {
        let venue = Venue::start(transport, "fused", |demo| {
            stage(&demo, 1, false).replace("connections_max = 64", "connections_max = 1")
        });
        let doors = [venue.address(), &venue.sbe_address];
        let strangers = (0..60).map(|n| TcpStream::connect(doors[n % 2]).unwrap());
        let strangers: Vec<TcpStream> = strangers.collect();
        let begun = Instant::now();
        let mut binary = connect(&venue, session(Memory::default()));
        binary.send(order("a", Side::Buy, 1, 1)).unwrap();
        assert!(report(&mut binary).get::<oe::ExecutionReportNew>().is_some());
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        drop(strangers);
    }
}

#[test]
fn the_library_goes_on_after_kills_without_missing_or_repeating_a_report() {
    let mut venue = Venue::start("uring", "fused", |demo| stage(&demo, 1, false));
    let (mut memory, mut seen) = (Memory::default(), Vec::new());
    for life in 0..4_u64 {
        let mut driver = connect(&venue, session(memory));
        for n in 0..5 {
            let request = order(&format!("o{life}-{n}"), Side::Buy, 1, 1);
            let number = driver.send(request).unwrap();
            // Once more, as a client does that has had no answer.
            driver.repeat(number, request).unwrap();
        }
        // Some of the answers only; the others are fetched by the next life.
        let patience = if life == 3 { Duration::from_secs(2) } else { Duration::from_millis(20) };
        while let Ok(Some(Heard::Report(told))) = driver.hear(patience) {
            seen.push(told.head.msg_seq_num.get());
            if life < 3 && seen.len() % 3 == 0 {
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(200)); // All of them have been taken.
        memory = driver.session().memory();
        drop(driver);
        venue.kill_9();
        venue.restart();
    }
    let mut driver = connect(&venue, session(memory));
    while let Some(Heard::Report(told)) = driver.hear(Duration::from_millis(500)).unwrap() {
        seen.push(told.head.msg_seq_num.get());
    }
    // 20 orders: each accepted once, and answered from its state once.
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
}

/// What follows a Retransmission is as many reports as it says, from where it says, and a Sequence with the number
/// of the next new one; what is new comes between, and nobody waits for the end of a long one.
#[test]
fn a_retransmission_comes_in_pieces_and_what_is_new_between_them() {
    let mut venue = Venue::start("uring", "split", |demo| stage(&demo, 1, false));
    let xml = schema::Schema::read(schema::XML);
    let (mut between, mut next) = (0, 1);
    let mut seat = Seat::new("S0A".into(), true);
    seat.log_on(&xml, &venue.sbe_address).unwrap();
    // Whether the venue is faster than this client is chance: a few times.
    for life in 0..10 {
        let first = next;
        for n in 0..1000 {
            if n >= 900 {
                std::thread::sleep(Duration::from_micros(20)); // Not all before the first piece.
            }
            let name = format!("clOrdId=l{life}n{n}");
            let terms = "side=Buy ordType=Limit timeInForce=Day price=1 orderQty=1 instrument=4";
            let words = format!("{name} {terms}");
            let pairs = words.split(' ').map(|pair| pair.split_once('=').expect("a pair"));
            seat.say(&xml, "NewOrder", pairs.map(|(n, v)| (n.into(), v.into())).collect()).unwrap();
            if n == 899 {
                let asks = [("fromSeqNo", first), ("count", 900)];
                let asks = asks.map(|(n, v): (&str, u64)| (n.to_owned(), v.to_string())).to_vec();
                seat.say(&xml, "RetransmitRequest", asks).unwrap();
            }
        }
        let number = |d: &schema::Decoded, name: &str| d.fields[name].parse::<u64>().expect("one");
        let (mut again, mut pieces) = (first, 0);
        while again < first + 900 || next < first + 1000 {
            let heard = seat.hear(&xml).unwrap();
            if heard.name != "Retransmission" {
                assert_eq!(number(&heard, "msgSeqNum"), next);
                between += u64::from(again > first && again < first + 900);
                next += 1;
                continue;
            }
            assert_eq!(number(&heard, "nextSeqNo"), again);
            for _ in 0..number(&heard, "count") {
                assert_eq!(number(&seat.hear(&xml).unwrap(), "msgSeqNum"), again);
                again += 1;
            }
            let sequence = seat.hear(&xml).unwrap();
            assert_eq!(
                (sequence.name.as_str(), number(&sequence, "nextSeqNo")),
                ("Sequence", next)
            );
            pieces += 1;
        }
        assert!(pieces >= 900 / 64, "{pieces} pieces");
        if between > 0 {
            break;
        }
    }
    assert!(between > 0, "nothing new ever came between two pieces");
    venue.kill_9();
}

#[test]
fn an_order_whose_time_is_over_is_told_to_have_expired() {
    let venue = Venue::start("mio", "fused", |demo| stage(&demo, 1, false));
    let mut driver = connect(&venue, session(Memory::default()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let request = oe::NewOrder {
        time_in_force: TimeInForce::GoodTillDate.into(),
        expire_time: (now.as_nanos() as u64 + 400_000_000).into(),
        ..order("gtd", Side::Buy, 1, 1)
    };
    driver.send(request).unwrap();
    assert!(report(&mut driver).get::<oe::ExecutionReportNew>().is_some());
    let told = report(&mut driver);
    let expired = told.get::<oe::ExecutionReportExpired>().expect("it has expired");
    assert_eq!(text(&expired.cl_ord_id), b"gtd");
    assert_eq!(told.head.received.get(), 0, "time has done it");
}

/// What a FIX client may ask for and the venue does not have: the copy says it in a field that any value fits.
#[test]
fn a_binary_drop_copy_of_a_fix_order_is_as_the_schema_says_whatever_was_asked_for() {
    let of_firm_100 = |demo: String| {
        let demo = demo.replacen("firm = 1 ", "firm = 100 ", 1);
        stage(&demo, 1, false)
    };
    let venue = Venue::start("mio", "fused", of_firm_100);
    let xml = schema::Schema::read(schema::XML);
    let mut copy = Seat::new("S0D".into(), true);
    copy.log_on(&xml, &venue.sbe_address).unwrap();
    let mut fix: Peer = venue.log_on("CLIENT1");
    for (n, terms) in ["54=1|40=D", "54=5|40=2", "54=1|40=2|59=5"].into_iter().enumerate() {
        fix.send("D", &format!("11=f{n}|55=R0|60=NOW|38=2|44=10|{terms}|"));
        fix.expect(&format!("35=8 150=8 11=f{n} {}", terms.replace('|', " ")));
        let heard = copy.hear(&xml).unwrap();
        assert_eq!(heard.name, "ExecutionReportRejected");
        assert_eq!(heard.fields["clOrdId"], format!("f{n}"));
    }
}

//! A first trade in binary: a maker quotes, a taker buys, both over SBE with the client library.
//!
//! `cargo run --example first_trade_sbe [PORT]` beside the demo venue (`scripts/run`), which knows BINARY1 and
//! BINARY2. What a session must remember to go on after a crash is `Session::memory`; here every run is a new
//! version of it.

use sbe_client::{Driver, Heard, Key, MassQuote, Memory, Report, Session, Wants, Width};
use sbe_schemas::header::{Message, text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Decimal8, Decimal8Null, Side, TimeInForce};
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const PATIENCE: Duration = Duration::from_secs(10);
/// Prices and quantities are so many parts of one.
const ONE: i64 = 100_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map_or(Ok(9002), |port| port.parse())?;
    let mut maker = log_on("BINARY1", port)?;
    let mut taker = log_on("BINARY2", port)?;

    maker.send(oe::InstrumentListRequest::ZERO)?;
    let acme = loop {
        let report = hear(&mut maker)?;
        let info = report.get::<oe::InstrumentInfo>().ok_or("no instrument ACME")?;
        if text(&info.symbol) == b"ACME" {
            break info.instrument;
        }
    };

    // Bid and offer in one request; its number names them, so it is a new one each time.
    let quote_id = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
    let quotes = [oe::MassQuoteQuotes {
        instrument: acme,
        bid_price: Decimal8Null::new(Some(10 * ONE)),
        bid_qty: Decimal8::new(5 * ONE),
        offer_price: Decimal8Null::new(Some(11 * ONE)),
        offer_qty: Decimal8::new(5 * ONE),
    }];
    let block = oe::MassQuote { quote_id: quote_id.into(), ..oe::MassQuote::ZERO };
    maker.send(MassQuote { block, quotes: &quotes })?;
    hear_one::<oe::QuoteAck>(&mut maker)?;

    taker.send(oe::NewOrderShort {
        cl_ord_id: quote_id.into(),
        price: Decimal8Null::new(Some(11 * ONE)),
        order_qty: Decimal8::new(ONE),
        instrument: acme,
        side: Side::Buy.into(),
        time_in_force: TimeInForce::ImmediateOrCancel.into(),
        ..oe::NewOrderShort::ZERO
    })?;
    let trade = hear_one::<oe::ExecutionReportTrade>(&mut taker)?;
    let same = hear_one::<oe::ExecutionReportTrade>(&mut maker)?;
    assert_eq!(trade.trade_id, same.trade_id, "one trade, two reports");
    maker.send(oe::QuoteCancel { quote_id: quote_id.into(), ..oe::QuoteCancel::ZERO })?;
    hear_one::<oe::QuoteAck>(&mut maker)?;
    println!("{} of ACME traded at {}", trade.last_qty, trade.last_px);
    Ok(())
}

fn log_on(name: &str, port: u16) -> Result<Driver, Box<dyn Error>> {
    // Of the demo venue; yours come from its operator, and never stand in a program.
    let key = Key::Hmac(name.to_lowercase().into_bytes());
    let session = Session::new(name, key, Width::Narrow, Wants::default(), Memory::default());
    let mut driver = Driver::connect(([127, 0, 0, 1], port).into(), session)?;
    match driver.hear(PATIENCE)? {
        Some(Heard::Established { .. }) => Ok(driver),
        other => Err(format!("{name} is not let in: {other:?}").into()),
    }
}

fn hear(driver: &mut Driver) -> Result<Report, Box<dyn Error>> {
    match driver.hear(PATIENCE)? {
        Some(Heard::Report(report)) => Ok(report),
        other => Err(format!("instead of a report came {other:?}").into()),
    }
}

/// The next report that is an `M`; others are passed over.
fn hear_one<M: Message>(driver: &mut Driver) -> Result<M, Box<dyn Error>> {
    loop {
        if let Some(found) = hear(driver)?.get::<M>() {
            return Ok(*found);
        }
    }
}

//! `portcullis-perf codec`: the FIX and SBE codecs by themselves, on one core, from memory to memory.
//!
//! Reading is all that a gateway does between bytes and a command: the frame with its checksum, the scan,
//! every check of header and dictionary, and the command with its decimals and names. Writing is all between
//! an event and bytes. Orders and reports differ from one to the next in number, name, side, quantity and
//! price, as they do on the wire. A batch is timed whole and divided; what is told is the median batch, and
//! the fastest tenth beside it, because the machine may have other guests.

use anyhow::ensure;
use clap::Args;
use engine::Event;
use gateway::command_slot::Slot;
use gateway::directory::Directory;
use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, next};
use gateway::fix::inbound::{Expected, command, msg_type_of};
use gateway::fix::outbound::{Envelope, MESSAGE_BYTES_MAX, message};
use gateway::fix::tables::{msg_type, tag};
use gateway::fix::time::Precision;
use gateway::fix::validate::check;
use gateway::fix::write::Writer;
use gateway::io::huge::Counted;
use gateway::sbe;
use gateway::sbe::frame::Width;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::market_data::InstrumentDefinition;
use sbe_schemas::order_entry::{self as oe, ExecutionReportNew};
use sbe_schemas::types::{
    CommandHead, Decimal8, Decimal8Null, EventKind, OrdType, Side, TimeInForce,
};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

/// 2026-01-02 09:30 UTC.
const NOW_NS: u64 = 1_767_346_200_000_000_000;
const ONE: i64 = 100_000_000;
const CLIENT: &[u8] = b"CLIENT1";
const VENUE: &[u8] = b"PORTCULLIS";
/// Messages that are not like each other: more than a branch predictor learns by heart is too many,
/// one alone is too few.
const DIFFERENT: usize = 512;
/// Of an order as QuickFIX sends it.
const ORDER_BYTES: usize = 190;

/// The defaults take about two seconds.
#[derive(Args, Debug)]
pub(crate) struct CodecArgs {
    /// Batches that are timed, each of 512 messages.
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    batches: u32,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// Runs it; returns what to print.
///
/// # Errors
/// The codec refuses a message of this program's own: a bug.
pub(crate) fn run(args: &CodecArgs) -> anyhow::Result<String> {
    let report = measure(args.batches)?;
    Ok(if args.json { report.json().to_string() } else { report.text() })
}

/// Nanoseconds for one message.
#[derive(Clone, Copy, Debug)]
struct Cost {
    median_ns: f64,
    /// What nine of ten batches are slower than.
    fast_ns: f64,
    /// Allocations of all batches together.
    allocations: u64,
}

struct Report {
    batches: u32,
    order_bytes: usize,
    report_bytes: usize,
    report_fields: usize,
    /// Each with all before it.
    frame: Cost,
    scan: Cost,
    check: Cost,
    decode: Cost,
    encode: Cost,
    /// The same order and report in binary, and the order in its short form.
    sbe_decode: Cost,
    sbe_short: Cost,
    sbe_encode: Cost,
}

fn measure(batches: u32) -> anyhow::Result<Report> {
    let orders: Vec<Vec<u8>> = (0..DIFFERENT as u64).map(order).collect::<anyhow::Result<_>>()?;
    let events: Vec<Event> = (0..DIFFERENT as u64).map(event).collect();
    let directory = directory();
    let mut scanner = Scanner::new();
    let order_bytes = orders.iter().map(Vec::len).sum::<usize>() / DIFFERENT;
    let mut slot = Slot::EMPTY;
    for order in &orders {
        ensure!(order.len().abs_diff(ORDER_BYTES) <= 3, "an order of {} bytes", order.len());
        ensure!(read(&mut scanner, order, &directory, &mut slot), "an order is refused");
    }
    let mut buffer = [0; MESSAGE_BYTES_MAX];
    let sample = write(&events[7], &directory, &mut buffer);
    let (report_bytes, report_fields) =
        (sample.len(), sample.iter().filter(|byte| **byte == gateway::fix::SOH).count());

    let frame = time(batches, |at| {
        black_box(next(black_box(&orders[at]), MESSAGE_BYTES_MAX));
    });
    let scan = time(batches, |at| {
        let Frame::Message { body, .. } = next(black_box(&orders[at]), MESSAGE_BYTES_MAX) else {
            return;
        };
        black_box(scanner.scan(body).message());
    });
    let check = time(batches, |at| {
        let Frame::Message { body, .. } = next(black_box(&orders[at]), MESSAGE_BYTES_MAX) else {
            return;
        };
        let _ = black_box(check(&scanner.scan(body)));
    });
    let decode = time(batches, |at| {
        black_box(read(&mut scanner, black_box(&orders[at]), &directory, &mut slot));
    });
    let encode = time(batches, |at| {
        black_box(write(black_box(&events[at]), &directory, &mut buffer));
    });
    let binary: Vec<Vec<u8>> = (0..DIFFERENT as u64).map(|n| framed(&binary_order(n))).collect();
    let short: Vec<Vec<u8>> = (0..DIFFERENT as u64).map(|n| framed(&short_order(n))).collect();
    for order in binary.iter().chain(&short) {
        ensure!(read_binary(order, &directory, &mut slot), "a binary order is refused");
    }
    let sbe_decode = time(batches, |at| {
        black_box(read_binary(black_box(&binary[at]), &directory, &mut slot));
    });
    let sbe_short = time(batches, |at| {
        black_box(read_binary(black_box(&short[at]), &directory, &mut slot));
    });
    let sbe_encode = time(batches, |at| {
        let written = sbe::outbound::report(black_box(&events[at]), Width::Narrow, &mut buffer);
        black_box((written, &buffer));
    });
    Ok(Report {
        sbe_decode,
        sbe_short,
        sbe_encode,
        batches,
        order_bytes,
        report_bytes,
        report_fields,
        frame,
        scan,
        check,
        decode,
        encode,
    })
}

fn time(batches: u32, mut one: impl FnMut(usize)) -> Cost {
    (0..DIFFERENT * 20).for_each(|at| one(at % DIFFERENT)); // Caches and predictors are warm.
    let mut times = Vec::with_capacity(batches as usize);
    let before = Counted::allocations();
    for _ in 0..batches {
        let begun = Instant::now();
        (0..DIFFERENT).for_each(&mut one);
        times.push(begun.elapsed().as_nanos());
    }
    let allocations = Counted::allocations() - before;
    times.sort_unstable();
    let at = |place: usize| times[place] as f64 / DIFFERENT as f64;
    Cost { median_ns: at(times.len() / 2), fast_ns: at(times.len() / 10), allocations }
}

/// Bytes to command, as a gateway does it. False: it was refused.
fn read(scanner: &mut Scanner, bytes: &[u8], directory: &Directory, slot: &mut Slot) -> bool {
    let Frame::Message { body, .. } = next(bytes, MESSAGE_BYTES_MAX) else { return false };
    let expected = Expected {
        client: CLIENT,
        venue: VENUE,
        now: NOW_NS,
        sending_time_tolerance_ns: 120 * 1_000_000_000,
        throttled: false,
        refuses_orders: false,
    };
    let fields = scanner.scan(body);
    command(&fields, msg_type_of(body), CommandHead::ZERO, &expected, directory, slot);
    black_box(slot.bytes());
    slot.is_fine()
}

/// A frame to a command, as a gateway does it. False: it was refused.
fn read_binary(bytes: &[u8], directory: &Directory, slot: &mut Slot) -> bool {
    let frame = sbe::frame::next(bytes, Width::Narrow, MESSAGE_BYTES_MAX);
    let sbe::frame::Frame::Message { message, .. } = frame else { return false };
    let expected =
        sbe::inbound::Expected { throttled: false, refuses_orders: false, resending: false };
    sbe::inbound::command(message, CommandHead::ZERO, &expected, directory, slot);
    black_box(slot.bytes());
    slot.is_fine()
}

/// The order of [`order`] in binary.
fn binary_order(number: u64) -> oe::NewOrder {
    let name = format!("5f0e3a-{:09}n", number * 104_729);
    let mut order = oe::NewOrder {
        cl_ord_id: fill_text(name.as_bytes()).unwrap_or([0; 36]),
        account: fill_text(b"CLIENT1").unwrap_or([0; 16]),
        instrument: 1.into(),
        side: if number * 31 % 64 < 32 { Side::Buy.into() } else { Side::Sell.into() },
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::GoodTillCancel.into(),
        price: Decimal8Null::new(Some(100 * ONE + (number as i64 * 13 % 97 + 1) * ONE / 100)),
        order_qty: Decimal8::new((100 + number as i64 * 37 % 900) * ONE),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        ..oe::NewOrder::ZERO
    };
    order.head.msg_seq_num.set(100_000 + number);
    order
}

fn short_order(number: u64) -> oe::NewOrderShort {
    let full = binary_order(number);
    oe::NewOrderShort {
        head: full.head,
        cl_ord_id: (number * 104_729).into(),
        price: full.price,
        order_qty: full.order_qty,
        instrument: full.instrument,
        side: full.side,
        time_in_force: full.time_in_force,
        conditions: full.conditions,
    }
}

fn framed<M: Message>(message: &M) -> Vec<u8> {
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    let written = sbe::outbound::session(message, Width::Narrow, &mut bytes);
    bytes.truncate(written.unwrap_or(0));
    bytes
}

/// Event to bytes, as a gateway does it.
fn write<'b>(event: &Event, directory: &Directory, buffer: &'b mut [u8]) -> &'b [u8] {
    let envelope = Envelope { venue: VENUE, client: CLIENT, resent_at: None };
    message(event, &envelope, directory, buffer).ok().flatten().unwrap_or_default()
}

/// A NewOrderSingle as `portcullis-perf latency` and QuickFIX send it.
fn order(number: u64) -> anyhow::Result<Vec<u8>> {
    let mut buffer = [0; MESSAGE_BYTES_MAX];
    let mut w = Writer::begin(&mut buffer, msg_type::NEW_ORDER_SINGLE);
    w.text(tag::SENDER_COMP_ID, CLIENT);
    w.text(tag::TARGET_COMP_ID, VENUE);
    w.uint(tag::MSG_SEQ_NUM, 100_000 + number * 7919 % 800_000);
    w.timestamp(tag::SENDING_TIME, NOW_NS + number * 1_000_003, Precision::Micros);
    let name = format!("5f0e3a-{:09}n", number * 104_729);
    w.text(tag::CL_ORD_ID, name.as_bytes());
    w.text(tag::ACCOUNT, b"CLIENT1");
    w.text(tag::SYMBOL, b"ACME");
    w.char(tag::SIDE, b'1' + (number * 31 % 64 / 32) as u8);
    w.timestamp(tag::TRANSACT_TIME, NOW_NS + number * 1_000_003, Precision::Micros);
    w.decimal(tag::ORDER_QTY, (100 + number as i64 * 37 % 900) * ONE);
    w.char(tag::ORD_TYPE, b'2');
    w.decimal(tag::PRICE, 100 * ONE + (number as i64 * 13 % 97 + 1) * ONE / 100);
    w.char(tag::TIME_IN_FORCE, b'1');
    let bytes = w.finish().map_err(|_| anyhow::anyhow!("an order of more than a kilobyte"))?;
    Ok(bytes.to_vec())
}

/// The report of an accepted order.
fn event(number: u64) -> Event {
    let name = format!("5f0e3a-{:09}n", number * 104_729);
    let mut event = Event::of(&ExecutionReportNew {
        order_id: (4_294_967_296 + number * 131).into(),
        exec_id: (7_000_000 + number * 3).into(),
        cl_ord_id: fill_text(name.as_bytes()).unwrap_or([0; 36]),
        account: [0; 16],
        instrument: 1.into(),
        price: Decimal8Null::new(Some(100 * ONE + (number as i64 * 13 % 97 + 1) * ONE / 100)),
        order_qty: Decimal8::new((100 + number as i64 * 37 % 900) * ONE),
        side: if number * 31 % 64 < 32 { Side::Buy.into() } else { Side::Sell.into() },
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::GoodTillCancel.into(),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        ..ExecutionReportNew::ZERO
    });
    event.head.kind = EventKind::Report.into();
    event.head.number.set(100_000 + number);
    event.head.seq.set(9_000_000 + number);
    event.head.time.set(NOW_NS + number * 1_000_003);
    event
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    directory.learn(&Event::of(&InstrumentDefinition {
        instrument: 1.into(),
        symbol: fill_text(b"ACME").unwrap_or([0; 16]),
        ..InstrumentDefinition::ZERO
    }));
    directory
}

impl Report {
    fn text(&self) -> String {
        let row = |name: String, cost: &Cost| {
            let Cost { median_ns, fast_ns, allocations } = cost;
            format!("{name:<54}{median_ns:>10.1}{fast_ns:>10.1}{allocations:>13}")
        };
        let Self { order_bytes, report_bytes, report_fields, batches, .. } = self;
        [
            format!(
                "{:<54}{:>10}{:>10}{:>13}",
                "ns a message", "median", "fast 10 %", "allocations"
            ),
            row("  frame and checksum".into(), &self.frame),
            row("  and scan".into(), &self.scan),
            row("  and dictionary".into(), &self.check),
            row(
                format!("NewOrderSingle of {order_bytes} B read, checked, as command"),
                &self.decode,
            ),
            row(
                format!("ExecutionReport of {report_fields} fields, {report_bytes} B written"),
                &self.encode,
            ),
            row("SBE: NewOrder read, checked, as command".into(), &self.sbe_decode),
            row("SBE: NewOrderShort likewise".into(), &self.sbe_short),
            row("SBE: ExecutionReportNew written".into(), &self.sbe_encode),
            format!("{batches} batches of {DIFFERENT} messages"),
        ]
        .join("\n")
    }

    fn json(&self) -> Value {
        let cost = |cost: &Cost| json!({ "median_ns": cost.median_ns, "fast_ns": cost.fast_ns, "allocations": cost.allocations });
        json!({
            "command": "codec",
            "batches": self.batches,
            "order_bytes": self.order_bytes,
            "report_bytes": self.report_bytes,
            "report_fields": self.report_fields,
            "frame": cost(&self.frame),
            "scan": cost(&self.scan),
            "check": cost(&self.check),
            "decode": cost(&self.decode),
            "encode": cost(&self.encode),
            "sbe_decode": cost(&self.sbe_decode),
            "sbe_short": cost(&self.sbe_short),
            "sbe_encode": cost(&self.sbe_encode),
        })
    }
}

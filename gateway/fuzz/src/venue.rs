//! A client of a live session: its bytes through a connection into commands, and these through the
//! engine into answers.
//!
//! The connection gets the same bytes whole, byte by byte and in pieces, with a ring that is full now
//! and then; the commands must be the same. Then an engine applies them, one batch each, and its
//! events are written as FIX. Nothing here reads a clock: it is always [`NOW_NS`](super::NOW_NS).

use super::{CLIENT, Cut, Draw, MESSAGE_BYTES_MAX, NOW_NS, TOLERANCE_NS, VENUE, cut, framed};
use engine::{Engine, Event, Limits, Step};
use gateway::command_slot::Slot;
use gateway::connection::{Connection, ConnectionLimits, Outcome, Ring, Shared, Speaks};
use gateway::directory::Directory;
use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, next};
use gateway::fix::outbound::{Envelope, message};
use gateway::fix::validate::check;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::market_data::InstrumentDefinition;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{CommandHead, Decimal8, DisconnectReason, EventKind, Phase, Protocol};
use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

thread_local! {
    /// Allocations of this thread so far. Whoever counts them does it here; nobody need.
    pub static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Messages that a connection reads in one go.
pub(super) const MESSAGES_MAX: usize = 16;
pub(super) const HEARTBEAT_NS: u64 = 30_000_000_000;
pub(super) const LIMITS: ConnectionLimits = ConnectionLimits {
    logon_ns: 10_000_000_000,
    message_bytes_max: MESSAGE_BYTES_MAX,
    sending_time_tolerance_ns: TOLERANCE_NS,
    timestamp_tolerance_ns: TOLERANCE_NS,
    rate_soft: 1_000_000,
    rate_hard: 1_000_000,
};

/// What a client sends after its Logon, and what becomes of it.
///
/// Input is a byte that draws the cuts, and pieces with NUL between them: `m` and the body of a
/// message, which gets its frame here, or bytes as they are.
pub fn connection(data: &[u8]) {
    let Some((&draw, pieces)) = data.split_first() else { return };
    stream(&stream_of(pieces), u64::from(draw));
    stranger(pieces);
}

/// The bytes that the pieces stand for.
pub fn stream_of(pieces: &[u8]) -> Vec<u8> {
    let piece = |piece: &[u8]| match piece.split_first() {
        Some((b'm', body)) => framed(body),
        _ => piece.to_vec(),
    };
    pieces.split(|byte| *byte == 0).flat_map(piece).collect()
}

/// What became of a stream, for who wants to know that enough was played.
#[derive(Debug, Default)]
pub struct Told {
    /// Messages that were framed.
    pub messages: usize,
    /// Orders that were accepted.
    pub orders: usize,
    /// Reports of trades.
    pub trades: usize,
    /// SessionRejectReasons (373) that were given.
    pub reasons: BTreeSet<u8>,
}

/// See [`connection`]; `draw` decides where the bytes are cut.
pub fn stream(bytes: &[u8], draw: u64) -> Told {
    let mut draw = Draw(draw);
    let whole = commands(bytes, |_| usize::MAX, |_| true);
    let in_bytes = commands(bytes, |_| 1, |_| true);
    same(&in_bytes, &whole, "byte by byte");
    let mut cuts = Draw(draw.roll());
    let mut room = Draw(draw.roll());
    let in_pieces = commands(bytes, |left| 1 + cuts.below(left.min(200)), |_| room.below(4) > 0);
    same(&in_pieces, &whole, "in pieces, with a ring that is full now and then");

    let Cut { messages, lost, .. } = cut(bytes, |_| usize::MAX);
    assert_eq!(whole.slots.len(), messages.len(), "one command for every message, none for others");
    assert_eq!(whole.closed.is_some(), lost, "{:?}", whole.closed);
    Told { messages: messages.len(), ..answers(&whole.slots) }
}

/// Who is not logged on is closed, or waits, or is asked who it is; no command comes of it.
pub fn stranger(bytes: &[u8]) {
    let (mut scanner, directory) = (Scanner::new(), directory());
    let mut connection = Connection::new(NOW_NS, Speaks::Fix, head(), &LIMITS);
    let mut ring = Kept::default();
    let mut slot = Slot::EMPTY;
    let mut shared = shared(&mut scanner, &mut slot, &directory);
    for _ in 0..2 {
        let (used, outcome) =
            connection.on_bytes(NOW_NS, bytes, MESSAGES_MAX, &mut shared, &mut ring);
        assert!(used <= bytes.len());
        match outcome {
            Outcome::Check => assert!(connection.take_credentials().is_some()),
            Outcome::Hungry => {}
            Outcome::Close(why) => {
                let known = [DisconnectReason::BadFirstMessage, DisconnectReason::FramingLost];
                assert!(known.contains(&why), "{why:?}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(ring.bytes.is_empty(), "commands of a stranger");
}

/// What a connection made of a stream.
pub(super) struct Made {
    /// Its commands, the Logon not among them.
    pub(super) slots: Vec<Vec<u8>>,
    /// It ended the connection.
    pub(super) closed: Option<DisconnectReason>,
    /// Bytes it waits with.
    pub(super) held: usize,
}

pub(super) fn same(a: &Made, b: &Made, how: &str) {
    for (at, (a, b)) in a.slots.iter().zip(&b.slots).enumerate() {
        assert!(a == b, "command {at}, {how}");
    }
    assert_eq!((a.slots.len(), a.closed, a.held), (b.slots.len(), b.closed, b.held), "{how}");
}

/// A ring that keeps all, and is full when it is told to be.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) slots: Vec<Vec<u8>>,
    /// Flat, so that taking a slot allocates nothing while it is counted.
    pub(super) bytes: Vec<u8>,
    pub(super) is_full: bool,
}

impl Ring for Kept {
    fn offer(&mut self, slot: &[u8]) -> bool {
        if !self.is_full {
            self.bytes.extend_from_slice(slot);
        }
        !self.is_full
    }
}

impl Kept {
    pub(super) fn split(&mut self) {
        let mut rest = &self.bytes[..];
        while let Some(head) = engine::command::head(rest) {
            let (slot, behind) = rest.split_at(usize::from(head.length.get()));
            self.slots.push(slot.to_vec());
            rest = behind;
        }
        assert!(rest.is_empty());
    }
}

fn commands(
    bytes: &[u8],
    piece: impl FnMut(usize) -> usize,
    has_room: impl FnMut(usize) -> bool,
) -> Made {
    commands_of(bytes, logged_on, piece, has_room)
}

/// What a connection that `enter` has brought in makes of `bytes`.
pub(super) fn commands_of(
    bytes: &[u8],
    enter: impl FnOnce(&mut Shared<'_>, &mut Kept) -> Connection,
    mut piece: impl FnMut(usize) -> usize,
    mut has_room: impl FnMut(usize) -> bool,
) -> Made {
    let (mut scanner, directory) = (Scanner::new(), directory());
    let mut slot = Slot::EMPTY;
    let mut shared = shared(&mut scanner, &mut slot, &directory);
    let mut ring = Kept::default();
    let mut connection = enter(&mut shared, &mut ring);
    ring.bytes.clear();
    ring.bytes.reserve(bytes.len() * 32 + 1024); // The shortest message becomes 256 bytes at most.
    let (mut from, mut to, mut closed) = (0, 0, None);
    let before = ALLOCATIONS.get();
    loop {
        ring.is_full = !has_room(to);
        let held = &bytes[from..to];
        let (used, outcome) =
            connection.on_bytes(NOW_NS, held, MESSAGES_MAX, &mut shared, &mut ring);
        assert!(used <= held.len());
        from += used;
        match outcome {
            Outcome::Hungry if to == bytes.len() => break,
            Outcome::Hungry => {
                // What it waits with is part of one message.
                assert!(to - from < MESSAGE_BYTES_MAX, "{} bytes are held", to - from);
                to += piece(bytes.len() - to).clamp(1, bytes.len() - to);
            }
            Outcome::Waits => {}
            Outcome::RingFull => assert!(ring.is_full),
            Outcome::Close(why) => {
                closed = Some(why);
                break;
            }
            Outcome::Check | Outcome::Refuse(_) => panic!("it is logged on"),
        }
    }
    assert_eq!(ALLOCATIONS.get(), before, "allocations of a live connection");
    // What is closed reads nothing any more.
    connection.close();
    assert_eq!(
        connection.on_bytes(NOW_NS, bytes, MESSAGES_MAX, &mut shared, &mut ring),
        (bytes.len(), Outcome::Hungry)
    );
    ring.split();
    let held = if closed.is_none() { to - from } else { 0 };
    Made { slots: ring.slots, closed, held }
}

pub(super) fn shared<'a>(
    scanner: &'a mut Scanner,
    slot: &'a mut Slot,
    directory: &'a Directory,
) -> Shared<'a> {
    Shared {
        scanner,
        slot,
        directory,
        venue: VENUE.as_bytes(),
        limits: &LIMITS,
        open: true,
        refuses_orders: false,
        resending: false,
    }
}

fn logged_on(shared: &mut Shared<'_>, ring: &mut Kept) -> Connection {
    let mut connection = Connection::new(NOW_NS, Speaks::Fix, head(), &LIMITS);
    let logon = framed(&logon_body());
    let told = connection.on_bytes(NOW_NS, &logon, MESSAGES_MAX, shared, ring);
    assert_eq!(told, (logon.len(), Outcome::Check));
    assert!(connection.take_credentials().is_some());
    assert!(connection.enter(ring));
    connection.on_logon_accepted(NOW_NS, HEARTBEAT_NS);
    connection
}

fn logon_body() -> Vec<u8> {
    let text =
        format!("35=A|49={CLIENT}|56={VENUE}|34=1|52=20260102-09:30:00|98=0|108=30|554=secret|");
    text.replace('|', "\x01").into_bytes()
}

/// Connection 0 of gateway 1.
pub(super) fn head() -> CommandHead {
    CommandHead { gateway: 1.into(), conn_generation: 1.into(), ..CommandHead::ZERO }
}

pub(super) fn session() -> j::SessionDefine {
    j::SessionDefine {
        comp_id: fill_text(CLIENT.as_bytes()).expect("short"),
        account: fill_text(CLIENT.as_bytes()).expect("short"),
        protocol: Protocol::Fix44.into(),
        ..j::SessionDefine::ZERO
    }
}

pub(super) fn directory() -> Directory {
    let mut directory = Directory::default();
    directory.learn(&Event::of(&j::SessionDefined {
        session: 1.into(),
        comp_id: session().comp_id,
        protocol: Protocol::Fix44.into(),
    }));
    directory.learn(&Event::of(&InstrumentDefinition {
        instrument: 1.into(),
        symbol: fill_text(b"ACME").expect("short"),
        ..InstrumentDefinition::ZERO
    }));
    directory
}

/// An engine with this session and one instrument, and what it has said.
struct Venue {
    engine: Engine,
    directory: Directory,
    /// Numbers of the client's that were answered by a Reject.
    rejected: HashSet<(u32, u64)>,
    /// ClOrdIDs that were accepted as orders.
    accepted: HashSet<[u8; 36]>,
    /// The generation of our last message, and its number.
    last: (u32, u64),
    told: Told,
    is_closed: bool,
}

/// Each number is answered at most once, each order taken at most once, our own numbers have no gap,
/// and every answer is a FIX message that we would take ourselves.
fn answers(slots: &[Vec<u8>]) -> Told {
    let mut venue = Venue::new();
    let mut ring = Kept::default();
    let (mut scanner, directory) = (Scanner::new(), directory());
    let mut slot = Slot::EMPTY;
    logged_on(&mut shared(&mut scanner, &mut slot, &directory), &mut ring);
    ring.split();
    for slot in ring.slots.iter().chain(slots) {
        venue.apply(slot);
        if venue.is_closed {
            break; // The gateway reads no more of it.
        }
    }
    assert!(venue.last.1 > 0, "the Logon is answered");
    venue.told
}

impl Venue {
    fn new() -> Self {
        let engine = Engine::new(Limits {
            sessions_max: 2,
            instruments_max: 2,
            orders_max: 256,
            pages_max: 128,
            accounts_max: 8,
            assets_max: 4,
            finished_kept: 256,
            parked_max: 80,
            hash_seed: 3,
        });
        let mut venue = Self {
            engine,
            directory: directory(),
            rejected: HashSet::new(),
            accepted: HashSet::new(),
            last: (1, 0),
            told: Told::default(),
            is_closed: false,
        };
        venue.define(&j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO });
        venue.define(&j::VenueDefine {
            heartbeat_min_s: 5.into(),
            heartbeat_max_s: 3600.into(),
            ..j::VenueDefine::ZERO
        });
        venue.define(&j::InstrumentDefine {
            symbol: fill_text(b"ACME").expect("short"),
            tick_size: Decimal8::new(1_000_000),
            lot_size: Decimal8::new(100_000_000),
            quantity_max: Decimal8::new(100_000_000_000_000),
            price_max: Decimal8::new(500_000_000_000),
            phase: Phase::Continuous.into(),
            ..j::InstrumentDefine::ZERO
        });
        venue.define(&session());
        venue
    }

    fn define<M: Message>(&mut self, message: &M) {
        let mut slot = vec![0; engine::command::slot_bytes::<M>()];
        engine::command::write_slot(message, &mut slot);
        self.apply(&slot);
    }

    fn apply(&mut self, slot: &[u8]) {
        let (seq, mut events) = (self.engine.seq() + 1, Vec::new());
        self.engine.begin_batch(seq, NOW_NS);
        assert_eq!(self.engine.step(&mut events), Step::Done);
        assert_eq!(self.engine.apply(seq, slot, &mut events), Step::Done);
        self.engine.end_batch(1, &mut events);
        for event in &events {
            self.hear(event);
        }
    }

    fn hear(&mut self, event: &Event) {
        self.is_closed |=
            event.get::<j::ConnectionClose>().is_some() || event.get::<j::LogonRefused>().is_some();
        if event.kind() != Some(EventKind::Report) {
            return;
        }
        let (generation, number) = (event.head.generation.get(), event.head.number.get());
        let wanted = if generation == self.last.0 { self.last.1 + 1 } else { 1 };
        assert!(generation >= self.last.0 && number == wanted, "{number} is not {wanted}");
        self.last = (generation, number);
        self.count_answer(event, generation);
        self.write(event);
    }

    fn count_answer(&mut self, event: &Event, generation: u32) {
        let answered = if let Some(reject) = event.get::<j::SessionRejectSent>() {
            self.told.reasons.insert(reject.reason);
            // What acts, or is looked at, whatever its number may be answered again.
            let any_number = [7, 16, 34, 36, 49, 52, 56, 122];
            let again = reject.ref_tag.get().is_some_and(|tag| any_number.contains(&tag))
                || matches!(reject.ref_msg_type.first(), Some(b'2' | b'4' | b'5' | b'A'));
            (!again).then_some(reject.ref_seq_num.get())
        } else {
            event.get::<oe::BusinessReject>().map(|reject| reject.ref_seq_num.get())
        };
        self.told.trades += usize::from(event.get::<oe::ExecutionReportTrade>().is_some());
        if let Some(number) = answered {
            assert!(self.rejected.insert((generation, number)), "{number} is rejected twice");
        }
        if let Some(order) = event.get::<oe::ExecutionReportNew>() {
            assert!(self.accepted.insert(order.cl_ord_id), "an order is taken twice");
            self.told.orders += 1;
        }
    }

    fn write(&self, event: &Event) {
        let envelope =
            Envelope { venue: VENUE.as_bytes(), client: CLIENT.as_bytes(), resent_at: None };
        let mut buffer = [0; gateway::fix::outbound::MESSAGE_BYTES_MAX];
        let written = message(event, &envelope, &self.directory, &mut buffer).expect("it fits");
        let bytes = written.expect("every report is a message");
        let Frame::Message { body, len } = next(bytes, bytes.len()) else {
            panic!("not a message: {}", bytes.escape_ascii())
        };
        assert_eq!(len, bytes.len());
        let verdict = check(&Scanner::new().scan(body));
        assert_eq!(verdict, Ok(()), "{}", body.escape_ascii());
    }
}

/// The checks above, of an engine that would take the same order again: they must fail.
pub fn an_order_applied_twice(order: &[u8]) {
    let made = commands(order, |_| usize::MAX, |_| true);
    let mut venue = Venue::new();
    for _ in 0..2 {
        let mut ring = Kept::default();
        let (mut scanner, directory) = (Scanner::new(), directory());
        let mut slot = Slot::EMPTY;
        logged_on(&mut shared(&mut scanner, &mut slot, &directory), &mut ring);
        ring.split();
        // As if the venue had forgotten everything between the two.
        venue.engine = Venue::new().engine;
        venue.last = (1, 0);
        ring.slots.iter().chain(&made.slots).for_each(|slot| venue.apply(slot));
    }
}

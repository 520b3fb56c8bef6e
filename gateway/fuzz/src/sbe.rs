//! A binary client of an established session: its bytes through a connection into commands, and these
//! through an engine into reports.
//!
//! As in `venue.rs` the same bytes come whole, byte by byte and in pieces, to a ring that is full now and
//! then. What a frame is and what the numbers of requests mean is told again here, in the plainest way
//! ([`frames`], [`Model`]).

use super::venue::{
    HEARTBEAT_NS, Kept, LIMITS, MESSAGES_MAX, Made, commands_of, directory, head, same, session,
    shared,
};
use super::{CLIENT, Draw, MESSAGE_BYTES_MAX, NOW_NS};
use engine::{Engine, Event, Limits, Step};
use gateway::command_slot::Slot;
use gateway::connection::{Connection, Outcome, Shared, Speaks};
use gateway::fix::fields::Scanner;
use gateway::sbe::frame::{ENCODING, Frame, Width, next};
use gateway::sbe::outbound;
use sbe_schemas::header::{self, Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Decimal8, DisconnectReason, EventKind, Phase, Protocol, ReportHead, Verdict,
};
use std::collections::{BTreeSet, HashSet};

/// A number further ahead ends the session. Source: docs/wire/sbe.md, "Numbers".
const AHEAD_MAX: u64 = 1_000_000;

/// What a client sends behind its Establish: the first byte chooses the width of frames and where the
/// bytes are cut.
pub fn sbe_connection(data: &[u8]) {
    let Some((&first, bytes)) = data.split_first() else { return };
    let width = if first & 1 == 0 { Width::Narrow } else { Width::Wide };
    stream(bytes, width, u64::from(first));
    stranger(bytes, width);
}

/// What became of a stream, for who wants to know that enough was played.
#[derive(Debug, Default)]
pub struct Told {
    /// Frames, and as many commands.
    pub frames: usize,
    /// Orders that were accepted.
    pub orders: usize,
    /// Reports of trades.
    pub trades: usize,
    /// Requests whose number was used up.
    pub repeated: usize,
    /// Gaps that were told.
    pub gaps: usize,
    /// Fields that BusinessRejects named.
    pub fields: BTreeSet<u16>,
    /// Templates that were answered with.
    pub templates: BTreeSet<u16>,
}

/// See [`sbe_connection`]; `draw` decides where the bytes are cut.
pub fn stream(bytes: &[u8], width: Width, draw: u64) -> Told {
    let mut draw = Draw(draw);
    let made = |piece: &mut dyn FnMut(usize) -> usize, has_room: &mut dyn FnMut(usize) -> bool| {
        commands_of(bytes, |shared, ring| established(width, shared, ring), piece, has_room)
    };
    let whole = made(&mut |_| usize::MAX, &mut |_| true);
    same(&made(&mut |_| 1, &mut |_| true), &whole, "byte by byte");
    let (mut cuts, mut room) = (Draw(draw.roll()), Draw(draw.roll()));
    let in_pieces = made(&mut |left| 1 + cuts.below(left.min(200)), &mut |_| room.below(4) > 0);
    same(&in_pieces, &whole, "in pieces, with a ring that is full now and then");

    let (frames, lost) = frames(bytes, width);
    assert_eq!(whole.slots.len(), frames.len(), "one command for every frame");
    assert_eq!(whole.closed, lost.then_some(DisconnectReason::FramingLost));
    for (frame, slot) in frames.iter().zip(&whole.slots) {
        says_what_the_frame_says(frame, slot);
    }
    answers(&whole, width, frames.len())
}

/// Who has not established a session is closed, or waits, or is refused, or is asked who it is; no command
/// comes of it.
pub fn stranger(bytes: &[u8], width: Width) {
    let (mut scanner, directory) = (Scanner::new(), directory());
    let mut connection = Connection::new(NOW_NS, Speaks::Sbe(width), head(), &LIMITS);
    let (mut ring, mut slot) = (Kept::default(), Slot::EMPTY);
    let mut shared = shared(&mut scanner, &mut slot, &directory);
    let (used, outcome) = connection.on_bytes(NOW_NS, bytes, MESSAGES_MAX, &mut shared, &mut ring);
    assert!(used <= bytes.len());
    match outcome {
        Outcome::Check => assert!(connection.take_credentials().is_some()),
        Outcome::Hungry | Outcome::Refuse(_) => {}
        Outcome::Close(why) => {
            let known = [DisconnectReason::BadFirstMessage, DisconnectReason::FramingLost];
            assert!(known.contains(&why), "{why:?}");
        }
        other => panic!("{other:?}"),
    }
    assert!(ring.bytes.is_empty(), "commands of a stranger");
}

/// The messages of a stream, as far as there are frames, and whether something else followed.
pub fn frames(mut bytes: &[u8], width: Width) -> (Vec<&[u8]>, bool) {
    let (mut frames, of_length) = (Vec::new(), width.bytes() - 2);
    while bytes.len() >= width.bytes() {
        let length = (0..of_length).rev().fold(0, |sum, at| sum << 8 | usize::from(bytes[at]));
        let encoding = [bytes[of_length], bytes[of_length + 1]];
        let least = width.bytes() + 8;
        if !(least..=MESSAGE_BYTES_MAX).contains(&length) || encoding != ENCODING.to_le_bytes() {
            return (frames, true);
        }
        if bytes.len() < length {
            break;
        }
        frames.push(&bytes[width.bytes()..length]);
        bytes = &bytes[length..];
    }
    (frames, false)
}

/// `message` in a frame whose length does not lie.
pub fn framed(message: &[u8], width: Width) -> Vec<u8> {
    let length = (width.bytes() + message.len()) as u32;
    let mut bytes = length.to_le_bytes()[..width.bytes() - 2].to_vec();
    bytes.extend(ENCODING.to_le_bytes());
    bytes.extend_from_slice(message);
    bytes
}

/// As a client would write it.
pub fn message<M: Message>(m: &M) -> Vec<u8> {
    let mut bytes = vec![0; 8 + usize::from(M::BLOCK_LENGTH)];
    m.encode(&mut bytes).expect("room for the whole message");
    bytes
}

fn established(width: Width, shared: &mut Shared<'_>, ring: &mut Kept) -> Connection {
    let mut connection = Connection::new(NOW_NS, Speaks::Sbe(width), head(), &LIMITS);
    let comp_id = fill_text(CLIENT.as_bytes()).expect("short");
    let negotiate = oe::Negotiate {
        session: comp_id,
        version_id: 1.into(),
        timestamp: NOW_NS.into(),
        ..oe::Negotiate::ZERO
    };
    let establish = oe::Establish {
        session: comp_id,
        version_id: 1.into(),
        timestamp: (NOW_NS + 1).into(),
        next_seq_no: 1.into(),
        keepalive_ms: 30_000.into(),
        ..oe::Establish::ZERO
    };
    for entrance in [message(&negotiate), message(&establish)] {
        let bytes = framed(&entrance, width);
        let told = connection.on_bytes(NOW_NS, &bytes, MESSAGES_MAX, shared, ring);
        assert_eq!(told, (bytes.len(), Outcome::Check));
        assert!(connection.take_credentials().is_some());
        assert!(connection.enter(ring));
        connection.on_negotiated(NOW_NS, &LIMITS);
    }
    connection.on_logon_accepted(NOW_NS, HEARTBEAT_NS);
    connection
}

/// A command that is fine has the fields of its message, found by their place in the schema.
fn says_what_the_frame_says(frame: &[u8], slot: &[u8]) {
    let head = engine::command::head(slot).expect("a command has a head");
    assert_eq!(usize::from(head.length.get()), slot.len());
    let verdict = head.verdict.known().expect("a verdict");
    let template = u16::from_le_bytes([frame[2], frame[3]]);
    let schema = u16::from_le_bytes([frame[4], frame[5]]);
    let ends_the_session = [oe::Negotiate::TEMPLATE_ID, oe::Establish::TEMPLATE_ID];
    if verdict == Verdict::Fatal || ends_the_session.contains(&template) {
        return;
    }
    assert_eq!(schema, oe::SCHEMA_ID, "of another schema");
    let is_request = (20..=27).contains(&template);
    if is_request || verdict != Verdict::Fine {
        let number = u64::from_le_bytes(frame[8..16].try_into().expect("eight"));
        assert_eq!(head.msg_seq_num.get(), number);
        assert!(number > 0);
    }
    if verdict != Verdict::Fine {
        return;
    }
    let u64_at = |at: usize| u64::from_le_bytes(frame[at..at + 8].try_into().expect("eight"));
    if let Ok((order, ..)) = j::NewOrder::decode(slot) {
        if template == oe::NewOrder::TEMPLATE_ID {
            assert_eq!(order.cl_ord_id[..], frame[24..60]);
            assert_eq!(order.order_qty.get() as u64, u64_at(92));
        } else {
            assert_eq!(template, oe::NewOrderShort::TEMPLATE_ID);
            assert_eq!(header::text(&order.cl_ord_id), u64_at(24).to_string().as_bytes());
            assert_eq!(order.order_qty.get() as u64, u64_at(40));
        }
    } else if let Ok((cancel, ..)) = j::CancelOrder::decode(slot) {
        assert_eq!(cancel.cl_ord_id[..], frame[24..60]);
        assert_eq!(cancel.orig_cl_ord_id[..], frame[60..96]);
        assert_eq!(cancel.order_id.get(), u64_at(96));
    } else if let Ok((asked, ..)) = j::RetransmitRequest::decode(slot) {
        assert_eq!((asked.timestamp.get(), asked.from_seq_no.get()), (u64_at(8), u64_at(16)));
    }
}

/// Applies the commands to an engine that knows the session, beside a model of its numbers.
fn answers(made: &Made, width: Width, frames: usize) -> Told {
    let mut venue = Venue::new(width);
    let (mut scanner, directory) = (Scanner::new(), directory());
    let mut ring = Kept::default();
    let mut slot = Slot::EMPTY;
    established(width, &mut shared(&mut scanner, &mut slot, &directory), &mut ring);
    ring.split();
    ring.slots.iter().for_each(|slot| drop(venue.apply(slot)));
    assert!(venue.is_bound(), "it is established");
    for slot in &made.slots {
        venue.on_message(slot);
        if venue.is_closed {
            assert!(!venue.is_bound(), "closed and still bound");
            break; // The gateway reads no more of it.
        }
    }
    venue.is_what_its_log_leads_to();
    Told { frames, ..venue.told }
}

/// An engine with this session and one instrument, and what it has said.
struct Venue {
    engine: Engine,
    width: Width,
    log: Vec<Vec<u8>>,
    accepted: HashSet<[u8; 36]>,
    /// Number of our last report.
    last: u64,
    model: Model,
    told: Told,
    is_closed: bool,
}

/// What the venue must think of the client's numbers.
struct Model {
    next: u64,
    finished: bool,
}

/// What a message must lead to.
#[derive(Debug, PartialEq)]
enum Must {
    /// Nothing that changes an order or a number.
    OnlyAnswer,
    /// This gap first, if there is one; and the number counts.
    Take { gap: Option<(u64, u64)> },
    /// The session ends on this connection.
    End,
}

impl Model {
    fn on(&mut self, slot: &[u8]) -> Must {
        let head = engine::command::head(slot).expect("a command has a head");
        if head.verdict.known() == Some(Verdict::Fatal) {
            return Must::End;
        }
        let is = |template| header::header(slot).is_ok_and(|h| h.template_id.get() == template);
        if is(j::Negotiate::TEMPLATE_ID) || is(j::Establish::TEMPLATE_ID) {
            return Must::End;
        }
        if is(j::Logout::TEMPLATE_ID) {
            return Must::End;
        }
        if let Ok((heard, ..)) = j::SequenceHeard::decode(slot) {
            return self.skip_to(heard.next_seq_no.get());
        }
        if let Ok((finished, ..)) = j::FinishedSending::decode(slot) {
            let last = finished.last_seq_no.get();
            if last < self.next - 1 {
                return Must::End;
            }
            let must = self.skip_to(last.saturating_add(1));
            self.finished |= must != Must::End;
            return must;
        }
        if is(j::RetransmitRequest::TEMPLATE_ID) {
            return Must::OnlyAnswer;
        }
        let number = head.msg_seq_num.get();
        if self.finished {
            Must::End
        } else if number < self.next {
            Must::OnlyAnswer
        } else {
            let must = self.skip_to(number);
            if must == Must::End {
                return must;
            }
            self.next = number + 1;
            if must == Must::OnlyAnswer { Must::Take { gap: None } } else { must }
        }
    }

    fn skip_to(&mut self, next: u64) -> Must {
        let from = self.next;
        if next <= from {
            return Must::OnlyAnswer;
        }
        if next - from > AHEAD_MAX {
            return Must::End;
        }
        self.next = next;
        Must::Take { gap: Some((from, next - from)) }
    }
}

fn engine_of() -> Engine {
    Engine::new(Limits {
        sessions_max: 2,
        instruments_max: 2,
        orders_max: 256,
        pages_max: 128,
        accounts_max: 8,
        assets_max: 4,
        finished_kept: 256,
        parked_max: 80,
        hash_seed: 3,
    })
}

impl Venue {
    fn new(width: Width) -> Self {
        let mut venue = Self {
            engine: engine_of(),
            width,
            log: Vec::new(),
            accepted: HashSet::new(),
            last: 0,
            model: Model { next: 1, finished: false },
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
        venue.define(&j::SessionDefine { protocol: Protocol::Sbe.into(), ..session() });
        venue
    }

    fn define<M: Message>(&mut self, message: &M) {
        let mut slot = vec![0; engine::command::slot_bytes::<M>()];
        engine::command::write_slot(message, &mut slot);
        self.apply(&slot);
    }

    fn apply(&mut self, slot: &[u8]) -> Vec<Event> {
        let events = apply(&mut self.engine, slot);
        self.log.push(slot.to_vec());
        events.iter().for_each(|event| self.hear(event));
        events
    }

    fn is_bound(&self) -> bool {
        self.engine.sessions()[0].bound.is_some()
    }

    /// A message of the client: what came of it is what the model says.
    fn on_message(&mut self, slot: &[u8]) {
        let must = self.model.on(slot);
        let events = self.apply(slot);
        let changes = |event: &Event| {
            event.get::<oe::ExecutionReportNew>().is_some()
                || event.get::<oe::ExecutionReportReplaced>().is_some()
                || event.get::<oe::ExecutionReportCanceled>().is_some()
                || event.get::<oe::ExecutionReportExpired>().is_some()
                || event.get::<oe::ExecutionReportTrade>().is_some()
                || event.get::<oe::MassActionReport>().is_some_and(|told| told.affected.get() > 0)
        };
        let told = || format!("{must:?} {:?}", engine::command::head(slot));
        match must {
            Must::End => {
                assert!(self.is_closed, "{}", told());
                return;
            }
            Must::OnlyAnswer => {
                assert!(!events.iter().any(changes), "done again: {}", told());
                self.told.repeated += usize::from(!events.is_empty());
            }
            Must::Take { gap } => {
                let first = events.iter().find(|event| event.kind() == Some(EventKind::Report));
                let said = first.and_then(|event| event.get::<oe::NotApplied>());
                let said = said.map(|m| (m.from_seq_no.get(), m.count.get()));
                assert_eq!(said, gap, "{}", told());
                self.told.gaps += usize::from(gap.is_some());
            }
        }
        // The fourth request for one range ends it, too.
        if !self.is_closed {
            assert_eq!(self.engine.sessions()[0].next_in, self.model.next, "{}", told());
        }
    }

    fn hear(&mut self, event: &Event) {
        self.is_closed |= event.get::<j::ConnectionClose>().is_some();
        self.told.templates.insert(event.template().1);
        if event.kind() != Some(EventKind::Report) {
            return;
        }
        self.last += 1;
        assert_eq!(event.head.number.get(), self.last, "numbers of reports have no gap");
        let conn = (event.head.gateway.get(), event.head.slot.get());
        assert_eq!(conn, (1, 0), "of another connection");
        if let Some(order) = event.get::<oe::ExecutionReportNew>() {
            assert!(self.accepted.insert(order.cl_ord_id), "an order is taken twice");
            self.told.orders += 1;
        }
        if let Some(reject) = event.get::<oe::BusinessReject>() {
            self.told.fields.insert(reject.ref_field.get());
        }
        self.told.trades += usize::from(event.get::<oe::ExecutionReportTrade>().is_some());
        self.is_well_written(event);
    }

    fn is_well_written(&self, event: &Event) {
        let mut buffer = [0; outbound::FRAME_BYTES_MAX];
        let length = outbound::report(event, self.width, &mut buffer).expect("it fits");
        let Frame::Message { message, len } = next(&buffer[..length], self.width, length) else {
            panic!("no frame")
        };
        assert_eq!(len, length);
        let said = header::header(message).expect("a header");
        assert_eq!(usize::from(said.block_length.get()), message.len() - 8);
        assert!(said.block_length.get() as usize >= size_of::<ReportHead>());
        assert!(oe::name(said.template_id.get()).is_some());
        assert_eq!(message[8..16], event.head.number.get().to_le_bytes());
    }

    fn is_what_its_log_leads_to(&self) {
        let mut engine = engine_of();
        self.log.iter().for_each(|slot| drop(apply(&mut engine, slot)));
        assert_eq!(engine.state_hash(), self.engine.state_hash());
        assert_eq!(engine.event_hash(), self.engine.event_hash());
    }
}

/// In a batch of its own.
fn apply(engine: &mut Engine, slot: &[u8]) -> Vec<Event> {
    let (seq, mut events) = (engine.seq() + 1, Vec::new());
    engine.begin_batch(seq, NOW_NS);
    assert_eq!(engine.step(&mut events), Step::Done);
    assert_eq!(engine.apply(seq, slot, &mut events), Step::Done);
    engine.end_batch(1, &mut events);
    events
}

/// The checks above, where one frame has become two commands with the same number and the venue has forgotten
/// the first: they must fail.
pub fn a_request_applied_twice(request: &[u8], width: Width) {
    let bytes = framed(request, width);
    let enter = |shared: &mut Shared<'_>, ring: &mut Kept| established(width, shared, ring);
    let made = commands_of(&bytes, enter, |_| usize::MAX, |_| true);
    let mut venue = Venue::new(width);
    let mut ring = Kept::default();
    let (mut scanner, directory) = (Scanner::new(), directory());
    let mut slot = Slot::EMPTY;
    established(width, &mut shared(&mut scanner, &mut slot, &directory), &mut ring);
    ring.split();
    for _ in 0..2 {
        venue.engine = Venue::new(width).engine;
        venue.model.next = 1;
        venue.last = 0;
        ring.slots.iter().chain(&made.slots).for_each(|slot| drop(venue.apply(slot)));
    }
}

/// The checks above, against a number that the venue has not counted: they must fail.
pub fn a_number_that_is_not_counted(request: &[u8], width: Width) {
    let mut venue = Venue::new(width);
    let bytes = framed(request, width);
    let enter = |shared: &mut Shared<'_>, ring: &mut Kept| established(width, shared, ring);
    let made = commands_of(&bytes, enter, |_| usize::MAX, |_| true);
    // Nobody is established: the engine hears nothing of it.
    made.slots.iter().for_each(|slot| venue.on_message(slot));
}

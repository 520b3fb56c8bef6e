//! A venue without sockets and threads: a connection, an engine, an outbox, and a wire that loses what is on
//! its way when it is cut, in one direction or in both.

use engine::{Engine, Event, Limits, Step};
use gateway::command_slot::Slot;
use gateway::connection::{Connection, ConnectionLimits, Outcome, Ring, Shared, Speaks, Tick};
use gateway::directory::Directory;
use gateway::fix::fields::Scanner;
use gateway::flow::{Flow, Next};
use gateway::outbox::OutboxId;
use gateway::sbe::frame::Width;
use gateway::sbe::outbound::{self, FRAME_BYTES_MAX};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::market_data::InstrumentDefinition;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CommandHead, Decimal8, Decimal8Null, DisconnectReason, EventKind, OrdType, Phase, Protocol,
    Side, TimeInForce,
};
use std::collections::BTreeMap;

pub const CLIENT: &str = "CLIENT1";
/// Reports of one piece of a retransmission.
const PIECE: u64 = 5;
const LIMITS: ConnectionLimits = ConnectionLimits {
    logon_ns: 10_000_000_000,
    message_bytes_max: 4096,
    sending_time_tolerance_ns: 1,
    timestamp_tolerance_ns: 10_000_000_000,
    rate_soft: 1_000_000,
    rate_hard: 1_000_000,
};

/// One direction of a connection.
#[derive(Default)]
pub struct Way {
    pub bytes: Vec<u8>,
    /// Nothing arrives any more, and nobody knows.
    pub is_cut: bool,
}

impl Way {
    pub fn send(&mut self, bytes: &[u8]) {
        if !self.is_cut {
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub fn cut(&mut self) {
        self.bytes.clear();
        self.is_cut = true;
    }
}

/// A connection at the venue's end.
struct Live {
    connection: Connection,
    generation: u32,
    flow: Flow,
    /// Timestamp of the RetransmitRequest that is being served.
    asked_at: oe::Retransmission,
    received: Vec<u8>,
    closing: bool,
}

pub struct Venue {
    pub now: u64,
    engine: Engine,
    directory: Directory,
    live: Option<Live>,
    /// An earlier connection that is gone; the log has not been told.
    unnoticed: Option<j::Disconnected>,
    generation: u32,
    /// By generation of the session and number.
    pub outbox: BTreeMap<(u32, u64), Event>,
    /// The other trader's.
    other_requests: u64,
    pub up: Way,
    pub down: Way,
}

#[derive(Default)]
struct Commands(Vec<Vec<u8>>);

impl Ring for Commands {
    fn offer(&mut self, slot: &[u8]) -> bool {
        self.0.push(slot.to_vec());
        true
    }
}

impl Venue {
    pub fn new(now: u64) -> Self {
        let engine = Engine::new(Limits {
            sessions_max: 2,
            instruments_max: 1,
            orders_max: 512,
            pages_max: 64,
            accounts_max: 4,
            assets_max: 2,
            finished_kept: 512,
            parked_max: 8,
            hash_seed: 3,
        });
        let mut directory = Directory::default();
        directory.learn(&Event::of(&InstrumentDefinition {
            instrument: 1.into(),
            symbol: fill_text(b"ACME").expect("short"),
            ..InstrumentDefinition::ZERO
        }));
        let mut venue = Self {
            now,
            engine,
            directory,
            live: None,
            unnoticed: None,
            generation: 0,
            outbox: BTreeMap::new(),
            other_requests: 0,
            up: Way::default(),
            down: Way::default(),
        };
        venue.define();
        venue
    }

    fn define(&mut self) {
        self.command(&j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO });
        self.command(&j::VenueDefine {
            heartbeat_min_s: 1.into(),
            heartbeat_max_s: 3600.into(),
            ..j::VenueDefine::ZERO
        });
        self.command(&j::InstrumentDefine {
            symbol: fill_text(b"ACME").expect("short"),
            tick_size: Decimal8::new(1_000_000),
            lot_size: Decimal8::new(100_000_000),
            quantity_max: Decimal8::new(100_000_000_000_000),
            price_max: Decimal8::new(10_000_000_000),
            phase: Phase::Continuous.into(),
            ..j::InstrumentDefine::ZERO
        });
        for comp_id in [CLIENT, "OTHER"] {
            let comp_id = fill_text(comp_id.as_bytes()).expect("short");
            let protocol = Protocol::Sbe.into();
            self.command(&j::SessionDefine { comp_id, protocol, ..j::SessionDefine::ZERO });
        }
        let (head, version_id) = (other(0), 1.into());
        self.command(&j::Negotiate { head, version_id, timestamp: 1.into() });
        self.command(&j::Establish {
            head,
            version_id,
            timestamp: 2.into(),
            next_seq_no: 1.into(),
            keepalive_ms: 3_600_000.into(),
            ..j::Establish::ZERO
        });
        let learnt = Event::of(&j::SessionDefined {
            session: 1.into(),
            comp_id: fill_text(CLIENT.as_bytes()).expect("short"),
            protocol: Protocol::Sbe.into(),
        });
        self.directory.learn(&learnt);
    }

    /// Number that the client's next report will have, and the session's generation.
    pub fn next_report(&self) -> (u32, u64) {
        let session = &self.engine.sessions()[0];
        (session.generation, session.next_out)
    }

    /// A new connection. Of the end of the one before the venue learns with [`notice`](Self::notice).
    pub fn connect(&mut self) {
        (self.up, self.down) = (Way::default(), Way::default());
        if let Some(old) = self.live.take().filter(|old| !old.closing) {
            self.notice();
            let reason = DisconnectReason::PeerClosed.into();
            self.unnoticed = Some(j::Disconnected { head: old.connection.head(), reason });
        }
        self.generation += 1;
        let head = CommandHead {
            gateway: 1.into(),
            conn_generation: self.generation.into(),
            ..CommandHead::ZERO
        };
        self.live = Some(Live {
            connection: Connection::new(self.now, Speaks::Sbe(Width::Narrow), head, &LIMITS),
            generation: self.generation,
            flow: Flow::default(),
            asked_at: oe::Retransmission::ZERO,
            received: Vec::new(),
            closing: false,
        });
    }

    /// The venue sees that an earlier connection is gone.
    pub fn notice(&mut self) {
        if let Some(end) = self.unnoticed.take() {
            self.command(&end);
        }
    }

    /// So many bytes of the client's arrive.
    pub fn hear(&mut self, bytes: usize) {
        let bytes = bytes.min(self.up.bytes.len());
        let arrived: Vec<u8> = self.up.bytes.drain(..bytes).collect();
        if let Some(live) = &mut self.live {
            live.received.extend(arrived);
        }
        while self.read_some() {}
    }

    /// `false`: it waits for more bytes, or for an answer.
    fn read_some(&mut self) -> bool {
        let (mut scanner, mut slot) = (Scanner::new(), Slot::EMPTY);
        let Some(live) = self.live.as_mut().filter(|live| !live.closing) else { return false };
        let mut shared = Shared {
            scanner: &mut scanner,
            slot: &mut slot,
            directory: &self.directory,
            venue: b"VENUE",
            limits: &LIMITS,
            open: true,
            refuses_orders: false,
            resending: live.flow.again.is_some(),
        };
        let mut ring = Commands::default();
        let (used, outcome) =
            live.connection.on_bytes(self.now, &live.received, 1, &mut shared, &mut ring);
        live.received.drain(..used);
        match outcome {
            Outcome::Check => {
                live.connection.take_credentials().expect("an entrance has credentials");
                assert!(live.connection.enter(&mut ring));
            }
            Outcome::Hungry | Outcome::Waits => {}
            other => panic!("{other:?}"),
        }
        let went_on = used > 0 || !ring.0.is_empty();
        ring.0.iter().for_each(|slot| self.apply(slot));
        went_on
    }

    /// Time passes, and what is due is done.
    pub fn pass(&mut self, ns: u64) {
        self.now += ns;
        let Some(live) = &mut self.live else { return };
        match live.connection.on_tick(self.now) {
            Tick::Nothing => {}
            Tick::Due(what) => {
                let due = j::Due { head: live.connection.head(), what: what.into() };
                self.command(&due);
            }
            Tick::Close => {
                live.connection.close();
                live.closing = true;
            }
        }
    }

    /// Somebody else trades with what rests on the book, so that reports come that nobody asked for.
    pub fn other_trades(&mut self, side: Side) {
        self.other_requests += 1;
        let price = if side == Side::Buy { 11 } else { 9 };
        let mut name = [0; 36];
        name[..8].copy_from_slice(format!("x{:07}", self.other_requests).as_bytes());
        self.command(&j::NewOrder {
            head: other(self.other_requests),
            cl_ord_id: name,
            instrument: 1.into(),
            side: side.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::ImmediateOrCancel.into(),
            price: Decimal8Null::new(Some(price * 100_000_000)),
            order_qty: Decimal8::new(300_000_000),
            symbol: fill_text(b"ACME").expect("short"),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            ..j::NewOrder::ZERO
        });
    }

    fn command<M: Message>(&mut self, message: &M) {
        self.apply(Slot::of(message).bytes());
    }

    fn apply(&mut self, slot: &[u8]) {
        let (seq, mut events) = (self.engine.seq() + 1, Vec::new());
        self.engine.begin_batch(seq, self.now);
        assert_eq!(self.engine.step(&mut events), Step::Done);
        assert_eq!(self.engine.apply(seq, slot, &mut events), Step::Done);
        self.engine.end_batch(1, &mut events);
        for event in events.iter().filter(|event| event.head.session.get() == 1) {
            match event.kind() {
                Some(EventKind::Report) => self.on_report(event),
                Some(EventKind::Control) => self.on_control(event),
                _ => {}
            }
        }
    }

    /// As `gateway/outward.rs` does: live at once, or kept until the client has what is before it.
    fn on_report(&mut self, event: &Event) {
        let key = (event.head.generation.get(), event.head.number.get());
        assert!(self.outbox.insert(key, *event).is_none(), "{key:?} twice");
        let Some(live) = addressee(&mut self.live, event) else { return };
        if live.flow.on_report(event) {
            self.down.send(&frame(event));
            live.flow.sent();
        } else {
            live.flow.keep(event, self.now);
        }
    }

    fn on_control(&mut self, event: &Event) {
        let Some(live) = addressee(&mut self.live, event) else { return };
        if event.get::<j::ConnectionClose>().is_some() {
            live.connection.close();
            live.closing = true;
        } else if let Some(asked) = event.get::<oe::Retransmission>() {
            let from = asked.next_seq_no.get();
            live.asked_at = *asked;
            assert!(live.flow.ask_again(from, from + u64::from(asked.count.get()) - 1));
        } else if event.template().0 == oe::SCHEMA_ID {
            if event.get::<oe::NegotiateResponse>().is_some() {
                live.connection.on_negotiated(self.now, &LIMITS);
            }
            if let Some(ack) = event.get::<oe::EstablishAck>() {
                let keepalive_ns = u64::from(ack.keepalive_ms.get()) * 1_000_000;
                live.connection.on_logon_accepted(self.now, keepalive_ns);
                let generation = event.head.generation.get();
                live.flow.begin(OutboxId { session: 1, generation }, ack.next_seq_no.get());
            }
            let refused = event.get::<oe::NegotiateReject>().is_some()
                || event.get::<oe::EstablishReject>().is_some();
            live.closing |= refused;
            if event.get::<oe::Sequence>().is_none() || live.flow.is_live() {
                let mut room = [0; FRAME_BYTES_MAX];
                let length = outbound::control(event, Width::Narrow, &mut room).expect("it fits");
                self.down.send(&room[..length]);
            }
        }
    }

    /// Goes on with a client that is behind, by one piece.
    pub fn pump(&mut self) {
        let Some(live) = &mut self.live else { return };
        let generation = live.flow.id.generation;
        match live.flow.next_step() {
            Next::Live => {}
            Next::Bridged => {
                let event = *live.flow.bridged().expect("it is kept");
                self.down.send(&frame(&event));
                live.flow.sent();
            }
            Next::Fetch { from, to } => {
                let to = to.min(from + PIECE - 1);
                let again = live.flow.again;
                if again.is_some() {
                    self.down.send(&session(&oe::Retransmission {
                        next_seq_no: from.into(),
                        count: ((to - from + 1) as u32).into(),
                        ..live.asked_at
                    }));
                }
                for number in from..=to {
                    self.down.send(&frame(&self.outbox[&(generation, number)]));
                    if again.is_none() {
                        live.flow.sent();
                    }
                }
                if let Some(mut again) = again {
                    again.from = to + 1;
                    live.flow.again = (again.from <= again.to).then_some(again);
                    if live.flow.again.is_none() {
                        let next_seq_no = live.flow.next.into();
                        self.down
                            .send(&session(&oe::Sequence { next_seq_no, ..oe::Sequence::ZERO }));
                    }
                }
            }
        }
    }
}

fn addressee<'a>(live: &'a mut Option<Live>, event: &Event) -> Option<&'a mut Live> {
    let conn = event.conn()?;
    live.as_mut().filter(|live| live.generation == conn.generation && !live.closing)
}

/// A report as it is on the wire.
pub fn frame(event: &Event) -> Vec<u8> {
    let mut room = [0; FRAME_BYTES_MAX];
    let length = outbound::report(event, Width::Narrow, &mut room).expect("it fits");
    room[..length].to_vec()
}

/// A message without a number, as it is on the wire.
pub fn session<M: Message>(message: &M) -> Vec<u8> {
    let mut room = [0; FRAME_BYTES_MAX];
    let length = outbound::session(message, Width::Narrow, &mut room).expect("it fits");
    room[..length].to_vec()
}

/// A command of the other trader, who sits at another gateway.
fn other(number: u64) -> CommandHead {
    CommandHead {
        session: 2.into(),
        gateway: 2.into(),
        conn_generation: 1.into(),
        msg_seq_num: number.into(),
        ..CommandHead::ZERO
    }
}

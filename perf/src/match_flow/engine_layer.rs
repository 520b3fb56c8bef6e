//! The layer `engine`: an `engine::Engine` and nothing else of the venue.
//!
//! 64 sessions, each with an account and a firm of its own, send what their gateway would have
//! written: whole command slots, in batches of 64. An order belongs to the session `account % 64`;
//! who cancels or replaces it is its owner, and names it by OrigClOrdID (41). Reports and feed
//! messages go to a ring of slots that is written over and over; trades are read from the reports,
//! between batches. Names hold the flow's ids, so nothing needs to be looked up for that.

use super::watch::Watch;
use super::{CHUNK_OPS, Layer, Plan, Replaced, SPARE};
use crate::flow::{Flow, Header, Kind, Op, SYMBOLS_MAX, Tape, Trade};
use anyhow::{bail, ensure};
use engine::{
    CommandBuffer, Commands, Conn, Engine, Event, GRANULE_BYTES, LOOK_AHEAD, Limits, SINK_FREE_MIN,
    Sink, Step,
};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CommandHead, Decimal8, Decimal8Null, EventKind, OrdType, Phase, Protocol, SelfTrade,
    TimeInForce,
};
use std::ops::Range;

const SESSIONS: u32 = 64;
const BATCH_COMMANDS: u32 = 64;
/// A replace can be two commands.
const BATCHES_MAX: usize = 2 * CHUNK_OPS / BATCH_COMMANDS as usize;
const RING_SLOTS: usize = 4096;
/// Finished ClOrdIDs that a session keeps.
const FINISHED_KEPT: u32 = 4096;
/// 0.0001: notionals stay far below what a Decimal8 holds.
const TICK: i64 = 10_000;
/// 1.
const LOT: i64 = 100_000_000;
/// Largest OrderQty: beyond every order of a flow, sweeps included.
const QTY_MAX: i64 = u32::MAX as i64 * LOT;
/// Every limit is set, so that it is asked, and none is ever reached.
const NEVER: Decimal8 = Decimal8::new(i64::MAX);
const HEARTBEAT_S: u32 = 3600;
/// 2026-01-05, 09:00 UTC; the day ends at midnight.
const MORNING: u64 = (20_458 * 24 + 9) * 3600 * 1_000_000_000;
/// What time moves by from batch to batch. Nothing falls due in a billion operations.
const BATCH_NS: u64 = 10_000;
/// First byte of the name of an order, and of a cancel.
const ORDER_NAME: u8 = b'N';
const CANCEL_NAME: u8 = b'C';
const NAME_DIGITS: usize = 10;

/// How large an engine this flow needs, and whose its orders are.
pub(super) struct Script {
    header: Header,
    limits: Limits,
    /// By id: the session that entered the order, from 0.
    owners: Vec<u8>,
    replaced: Vec<Replaced>,
}

/// Where batches go before they are applied, with their times.
pub(super) type BatchLog = Box<dyn FnMut(&CommandBuffer, u64)>;

/// An engine, and the other end of its sessions.
pub(super) struct EngineLayer {
    engine: Engine,
    ring: Ring,
    clients: Clients,
    batches: Vec<CommandBuffer>,
    seq: u64,
    time: u64,
    /// Replaces played so far.
    replaces: usize,
    /// Where batches go as well, with their times.
    log: Option<BatchLog>,
}

impl Layer for EngineLayer {
    type Script = Script;

    fn script(flow: &Flow, plan: Plan) -> anyhow::Result<Script> {
        let header = flow.header;
        let mut owners = vec![0; header.max_id as usize + 1];
        for op in &flow.ops {
            let owner = match op.old_id() {
                Some(id) => owners[id as usize],
                None => (op.account % SESSIONS) as u8,
            };
            if let Some(id) = op.new_id() {
                owners[id as usize] = owner;
            }
        }
        let limits = Limits {
            sessions_max: SESSIONS as usize,
            instruments_max: header.symbols as usize,
            orders_max: plan.most.orders + SPARE,
            pages_max: plan.most.prices + SPARE,
            accounts_max: SESSIONS as usize,
            assets_max: 1,
            finished_kept: FINISHED_KEPT,
            parked_max: 64,
            hash_seed: 0x9E37_79B9_7F4A_7C15,
        };
        Ok(Script { header, limits, owners, replaced: plan.replaced })
    }

    fn new(script: &Script) -> anyhow::Result<Self> {
        Self::make(script, None, None)
    }

    fn replay<W: Watch>(
        &mut self,
        flow: &Flow,
        script: &Script,
        ops: Range<usize>,
        watch: &mut W,
        tape: &mut Tape,
    ) -> anyhow::Result<()> {
        for chunk in flow.ops[ops].chunks(CHUNK_OPS) {
            let batches = self.write(script, chunk)?;
            for at in 0..batches {
                self.apply(at, watch, tape)?;
            }
            self.ring.read(tape)?;
        }
        Ok(())
    }
}

impl EngineLayer {
    /// The same, and every batch goes to `log` before it is applied.
    pub(super) fn with_log(script: &Script, log: BatchLog) -> anyhow::Result<Self> {
        Self::make(script, Some(log), None)
    }

    /// The same, and it keeps what the feed is told, from the definition of the venue on.
    pub(super) fn that_hears(script: &Script) -> anyhow::Result<Self> {
        Self::make(script, None, Some(Vec::new()))
    }

    /// What the feed was told: messages, and the ends of batches.
    pub(super) fn heard(self) -> Vec<Event> {
        self.ring.heard.unwrap_or_default()
    }

    /// What it has come to.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    fn make(
        script: &Script,
        log: Option<BatchLog>,
        heard: Option<Vec<Event>>,
    ) -> anyhow::Result<Self> {
        let mut layer = Self {
            engine: Engine::new(script.limits),
            ring: Ring { heard, ..Ring::new() },
            clients: Clients { numbers: [1; SESSIONS as usize], cancels: 0 },
            batches: (0..BATCHES_MAX).map(|_| CommandBuffer::new()).collect(),
            seq: 1,
            time: MORNING,
            replaces: 0,
            log,
        };
        layer.open(&script.header)?;
        Ok(layer)
    }

    /// Defines the venue and logs all sessions on.
    fn open(&mut self, header: &Header) -> anyhow::Result<()> {
        self.send(&j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO })?;
        self.send(&venue())?;
        for session in 1..=SESSIONS {
            self.send(&firm(session))?;
            self.send(&account(session))?;
            self.send(&session_of(session))?;
        }
        for symbol in 0..header.symbols {
            self.send(&instrument(symbol, header.max_price))?;
        }
        self.send(&j::TermReady { ..j::TermReady::ZERO })?;
        let already = self.ring.logons;
        for session in 0..SESSIONS as u8 {
            let head = self.clients.head(session, self.time);
            let heartbeat_s = HEARTBEAT_S.into();
            self.send(&j::Logon { head, heartbeat_s, ..j::Logon::ZERO })?;
        }
        let logons = self.ring.logons - already;
        ensure!(logons == SESSIONS, "the engine let in {logons} of {SESSIONS} sessions");
        Ok(())
    }

    /// A batch of one command.
    fn send<M: Message>(&mut self, message: &M) -> anyhow::Result<()> {
        self.batches[0].clear();
        push(&mut self.batches[0], message);
        let mut nobody_asks = super::watch::Total::default();
        self.apply(0, &mut nobody_asks, &mut Tape::default())?;
        self.ring.read(&mut Tape::default())
    }

    /// Makes the commands of these operations; returns how many batches they fill.
    fn write(&mut self, script: &Script, ops: &[Op]) -> anyhow::Result<usize> {
        let mut at = 0;
        self.batches[at].clear();
        for op in ops {
            let replaced = self.next_replaced(script, op)?;
            let commands = if replaced == Some(Replaced::ByCancelAndNew) { 2 } else { 1 };
            if self.batches[at].count() + commands > BATCH_COMMANDS {
                at += 1;
                self.batches[at].clear();
            }
            self.write_one(script, at, op, replaced);
        }
        Ok(at + 1)
    }

    fn next_replaced(&mut self, script: &Script, op: &Op) -> anyhow::Result<Option<Replaced>> {
        if op.kind != Kind::Replace {
            return Ok(None);
        }
        let Some(replaced) = script.replaced.get(self.replaces) else {
            bail!("replace {} is not in the script", self.replaces);
        };
        self.replaces += 1;
        Ok(Some(*replaced))
    }

    fn write_one(&mut self, script: &Script, at: usize, op: &Op, replaced: Option<Replaced>) {
        let (to, clients, time) = (&mut self.batches[at], &mut self.clients, self.time);
        let id = op.old_id().or(op.new_id()).expect("an operation is about an order");
        let owner = script.owners[id as usize];
        match (op.kind, replaced) {
            (Kind::Cancel, _) => push(to, &clients.cancel(owner, op, time)),
            (_, Some(Replaced::ByReplace { total })) => {
                push(to, &clients.replace(owner, op, total, time));
            }
            (_, Some(Replaced::ByCancelAndNew)) => {
                push(to, &clients.cancel(owner, op, time));
                push(to, &clients.order(owner, op, time));
            }
            (_, None) => push(to, &clients.order(owner, op, time)),
        }
    }

    /// One batch as a partition does it. The watch stops only where the ring must be read.
    fn apply<W: Watch>(&mut self, at: usize, watch: &mut W, tape: &mut Tape) -> anyhow::Result<()> {
        let Self { engine, ring, batches, .. } = self;
        let batch = &batches[at];
        if let Some(log) = &mut self.log {
            log(batch, self.time);
        }
        watch.start();
        engine.begin_batch(self.seq, self.time);
        let mut step = engine.step(ring);
        while step == Step::More {
            make_room(ring, watch, tape)?;
            step = engine.step(ring);
        }
        let mut ahead = Commands::new(batch.bytes());
        for (at, command) in Commands::new(batch.bytes()).enumerate() {
            if at % LOOK_AHEAD == 0 {
                engine.look_ahead(&mut ahead);
            }
            make_room(ring, watch, tape)?;
            watch.start_one();
            let mut step = engine.apply(self.seq, command, ring);
            watch.stop_one();
            while step == Step::More {
                make_room(ring, watch, tape)?;
                watch.start_one();
                step = engine.step(ring);
                watch.stop_one();
            }
            watch.end_one();
            self.seq += 1;
        }
        make_room(ring, watch, tape)?;
        engine.end_batch(batch.count(), ring);
        watch.stop();
        self.time += BATCH_NS;
        Ok(())
    }
}

/// Reads the ring if an engine would not go on for want of slots.
fn make_room<W: Watch>(ring: &mut Ring, watch: &mut W, tape: &mut Tape) -> anyhow::Result<()> {
    if ring.free() >= SINK_FREE_MIN {
        return Ok(());
    }
    watch.stop();
    let read = ring.read(tape);
    watch.start();
    read
}

fn push<M: Message>(batch: &mut CommandBuffer, message: &M) {
    const { assert!(size_of::<M>() + 2 * GRANULE_BYTES < 1024) };
    assert!(batch.push(message), "{BATCH_COMMANDS} commands of less than a KiB fit a batch");
}

/// The sessions' side: numbers, names, messages.
struct Clients {
    /// Next MsgSeqNum (34) of each session.
    numbers: [u64; SESSIONS as usize],
    /// Cancels sent so far, over all sessions.
    cancels: u64,
}

impl Clients {
    /// As the gateway fills it in: the verdict is Fine.
    fn head(&mut self, session: u8, time: u64) -> CommandHead {
        let number = &mut self.numbers[usize::from(session)];
        let conn = Conn { gateway: 1, slot: u16::from(session), generation: 1 };
        let head = CommandHead {
            session: (u32::from(session) + 1).into(),
            gateway: conn.gateway.into(),
            slot: conn.slot.into(),
            conn_generation: conn.generation.into(),
            msg_seq_num: (*number).into(),
            received: time.into(),
            ..CommandHead::ZERO
        };
        *number += 1;
        head
    }

    /// What a NewOrderSingle (D) becomes.
    fn order(&mut self, session: u8, op: &Op, time: u64) -> j::NewOrder {
        let (ord_type, price, time_in_force) = match op.kind {
            Kind::Market => (OrdType::Market, None, TimeInForce::ImmediateOrCancel),
            Kind::Ioc => (OrdType::Limit, Some(op.price), TimeInForce::ImmediateOrCancel),
            _ => (OrdType::Limit, Some(op.price), TimeInForce::GoodTillCancel),
        };
        j::NewOrder {
            head: self.head(session, time),
            cl_ord_id: name(ORDER_NAME, u64::from(op.new_id().expect("an order enters"))),
            instrument: (u32::from(op.symbol) + 1).into(),
            side: op.side.into(),
            ord_type: ord_type.into(),
            time_in_force: time_in_force.into(),
            unsupported: Boolean::False.into(),
            price: Decimal8Null::new(price.map(price_of)),
            order_qty: qty_of(u64::from(op.qty)),
            symbol: symbol_text(u32::from(op.symbol)),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            ..j::NewOrder::ZERO
        }
    }

    /// What an OrderCancelRequest (F) becomes.
    fn cancel(&mut self, session: u8, op: &Op, time: u64) -> j::CancelOrder {
        self.cancels += 1;
        j::CancelOrder {
            head: self.head(session, time),
            cl_ord_id: name(CANCEL_NAME, self.cancels),
            orig_cl_ord_id: name(ORDER_NAME, u64::from(op.id)),
            instrument: (u32::from(op.symbol) + 1).into(),
            side: op.side.into(),
            ..j::CancelOrder::ZERO
        }
    }

    /// What an OrderCancelReplaceRequest (G) becomes; `total`: OrderQty (38) in lots.
    fn replace(&mut self, session: u8, op: &Op, total: u64, time: u64) -> j::ReplaceOrder {
        j::ReplaceOrder {
            head: self.head(session, time),
            cl_ord_id: name(ORDER_NAME, u64::from(op.id2)),
            orig_cl_ord_id: name(ORDER_NAME, u64::from(op.id)),
            instrument: (u32::from(op.symbol) + 1).into(),
            side: op.side.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::GoodTillCancel.into(),
            unsupported: Boolean::False.into(),
            price: Decimal8Null::new(Some(price_of(op.price))),
            order_qty: qty_of(total),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            ..j::ReplaceOrder::ZERO
        }
    }
}

fn price_of(ticks: u32) -> i64 {
    i64::from(ticks) * TICK
}

/// A quantity beyond every number is one that the engine refuses.
fn qty_of(lots: u64) -> Decimal8 {
    Decimal8::new(i64::try_from(lots).unwrap_or(i64::MAX).saturating_mul(LOT))
}

/// A name of fixed length that holds a number.
fn name(kind: u8, mut number: u64) -> [u8; 36] {
    let mut name = [0; 36];
    name[0] = kind;
    for digit in name[1..=NAME_DIGITS].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    name
}

/// The flow's id in the name of an order.
fn id_of(name: &[u8; 36]) -> Option<u32> {
    let digits = name.strip_prefix(&[ORDER_NAME])?.get(..NAME_DIGITS)?;
    digits.iter().try_fold(0u32, |id, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        id.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

fn symbol_text(symbol: u32) -> [u8; 16] {
    const { assert!(SYMBOLS_MAX < 100_000) };
    fill_text(format!("S{symbol:05}").as_bytes()).expect("six characters")
}

fn venue() -> j::VenueDefine {
    j::VenueDefine {
        day_end_ns: 0.into(),
        heartbeat_min_s: 1.into(),
        heartbeat_max_s: HEARTBEAT_S.into(),
        ..j::VenueDefine::ZERO
    }
}

fn firm(firm: u32) -> j::FirmDefine {
    j::FirmDefine {
        firm: firm.into(),
        open_orders_max: u32::MAX.into(),
        open_notional_max: NEVER,
        position_max: NEVER,
        ..j::FirmDefine::ZERO
    }
}

fn account(session: u32) -> j::AccountDefine {
    j::AccountDefine {
        account: account_text(session),
        firm: session.into(),
        open_orders_max: u32::MAX.into(),
        open_notional_max: NEVER,
        position_max: NEVER,
        funded: Boolean::False.into(),
        ..j::AccountDefine::ZERO
    }
}

fn session_of(session: u32) -> j::SessionDefine {
    j::SessionDefine {
        comp_id: fill_text(format!("CLIENT{session}").as_bytes()).expect("eight characters"),
        account: account_text(session),
        user: session.into(),
        firm: session.into(),
        protocol: Protocol::Fix44.into(),
        self_trade: SelfTrade::Allow.into(),
        ..j::SessionDefine::ZERO
    }
}

fn account_text(session: u32) -> [u8; 16] {
    fill_text(format!("ACCOUNT{session}").as_bytes()).expect("nine characters")
}

/// No bands, no balances; every replace goes to the back.
fn instrument(symbol: u32, max_price: u32) -> j::InstrumentDefine {
    j::InstrumentDefine {
        symbol: symbol_text(symbol),
        tick_size: Decimal8::new(TICK),
        lot_size: Decimal8::new(LOT),
        quantity_max: Decimal8::new(QTY_MAX),
        price_max: Decimal8::new(price_of(max_price.max(1 << 16))),
        replace_loses_place: Boolean::True.into(),
        phase: Phase::Continuous.into(),
        ..j::InstrumentDefine::ZERO
    }
}

/// Slots for events, written over and over; what has not been read is never written over.
struct Ring {
    slots: Vec<Event>,
    written: u64,
    read: u64,
    logons: u32,
    /// The resting side of a trade whose other side comes next: TradeID, id.
    maker: Option<(u64, u32)>,
    /// What the feed is told, where somebody wants it.
    heard: Option<Vec<Event>>,
}

impl Ring {
    fn new() -> Self {
        let empty = Event::of(&j::BatchEnd { commands: 0.into() });
        let slots = vec![empty; RING_SLOTS];
        Self { slots, written: 0, read: 0, logons: 0, maker: None, heard: None }
    }

    /// Takes the trades out of what is new.
    fn read(&mut self, tape: &mut Tape) -> anyhow::Result<()> {
        while self.read < self.written {
            let event = &self.slots[self.read as usize % RING_SLOTS];
            self.read += 1;
            if let Some(heard) = &mut self.heard
                && matches!(event.kind(), Some(EventKind::Market | EventKind::Control))
            {
                heard.push(*event);
            }
            if let Some(report) = event.get::<oe::ExecutionReportTrade>() {
                let told = (report.trade_id.get(), id_of(&report.cl_ord_id));
                let (trade_id, Some(id)) = told else { bail!("a trade of an unknown name") };
                if report.aggressor == 0 {
                    self.maker = Some((trade_id, id));
                    continue;
                }
                let maker = self.maker.take().filter(|maker| maker.0 == trade_id);
                let Some((_, maker)) = maker else { bail!("trade {trade_id} has one side") };
                let price = (report.last_px.get() / TICK) as u32;
                let qty = (report.last_qty.get() / LOT) as u32;
                tape.add(Trade { maker, taker: id, price, qty });
            } else if let Some(refused) = event.get::<oe::ExecutionReportRejected>() {
                let order = String::from_utf8_lossy(&refused.cl_ord_id[..=NAME_DIGITS]);
                bail!("the engine refuses order {order}: reason {:?}", refused.reason.known());
            } else if event.get::<j::LogonAccepted>().is_some() {
                self.logons += 1;
            }
        }
        Ok(())
    }
}

impl Sink for Ring {
    fn free(&mut self) -> usize {
        RING_SLOTS - (self.written - self.read) as usize
    }

    fn slot(&mut self) -> &mut Event {
        &mut self.slots[self.written as usize % RING_SLOTS]
    }

    fn publish(&mut self) {
        self.written += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_its_id() {
        for id in [1, 9, 10, 1_000_000, u32::MAX] {
            assert_eq!(id_of(&name(ORDER_NAME, u64::from(id))), Some(id));
        }
        assert_eq!(id_of(&name(CANCEL_NAME, 1)), None);
        assert_eq!(id_of(b"N000000000x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(id_of(&[0; 36]), None);
    }
}

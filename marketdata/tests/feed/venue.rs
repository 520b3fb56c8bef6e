//! A venue for tests: an engine, one client that is logged on, and the packers of its feed.

use engine::fake_log::Dice;
use engine::{CommandBuffer, Commands, Engine, Event, Limits, Step};
use marketdata::packer::Packer;
use marketdata::snapshot::SnapshotCycle;
use marketdata::{RestingOrder, State, Subscriber};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    Allocation, CommandHead, Conditions, Decimal8, Decimal8Null, MassActionScope, MassActionType,
    OrdType, Phase, Side, TimeInForce,
};

pub(crate) const CHANNEL: u16 = 1;
/// A number of its own: the two are told apart by flag and group.
const CHANNEL_SNAPSHOT: u16 = 2;
pub(crate) const EPOCH: u32 = 1;
pub(crate) const TICK: i64 = 1_000_000;
pub(crate) const LOT: i64 = 100_000_000;
/// Noon of a day: no test trades over the end of it.
pub(crate) const NOON_NS: u64 = 20_000 * 86_400_000_000_000 + 43_200_000_000_000;
pub(crate) const MS: u64 = 1_000_000;

pub(crate) struct Venue {
    pub(crate) engine: Engine,
    pub(crate) dice: Dice,
    pub(crate) now: u64,
    /// Random requests empty books now and then.
    pub(crate) clears: bool,
    /// Every event since genesis.
    pub(crate) events: Vec<Event>,
    packer: Packer,
    snapshots: SnapshotCycle,
    batch: CommandBuffer,
    seq: u64,
    msg_seq_num: u64,
    names: u64,
}

impl Venue {
    /// With so many instruments and a client that is logged on; the definitions are not packed yet.
    pub(crate) fn new(instruments: usize, seed: u64) -> Self {
        let mut venue = Self {
            engine: Engine::new(Limits { orders_max: 4096, ..Limits::default() }),
            dice: Dice(seed),
            now: NOON_NS,
            clears: true,
            events: Vec::new(),
            packer: Packer::new(CHANNEL, EPOCH),
            snapshots: SnapshotCycle::new(CHANNEL_SNAPSHOT, EPOCH),
            batch: CommandBuffer::new(),
            seq: 1,
            msg_seq_num: 1,
            names: 0,
        };
        venue.push(j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO });
        for at in 1..=instruments {
            let symbol = fill_text(format!("SYM{at}").as_bytes()).expect("short");
            venue.push(j::InstrumentDefine {
                symbol,
                tick_size: Decimal8::new(TICK),
                lot_size: Decimal8::new(LOT),
                quantity_max: Decimal8::new(1_000 * LOT),
                indicative_ms: 5.into(),
                top_order_percent: 20.into(),
                minimum_lots: 1.into(),
                // Every second one trades pro-rata: there orders trade that are not first.
                allocation: match at % 2 {
                    0 => Allocation::ProRata.into(),
                    _ => Allocation::PriceTime.into(),
                },
                // Every third has bands, so wide that they only move.
                static_band_bps: if at % 3 == 1 { 9_000.into() } else { 0.into() },
                dynamic_band_bps: if at % 3 == 1 { 8_000.into() } else { 0.into() },
                phase: Phase::Continuous.into(),
                ..j::InstrumentDefine::ZERO
            });
        }
        let comp_id = fill_text(b"CLIENT1").expect("short");
        venue.push(j::SessionDefine { comp_id, ..j::SessionDefine::ZERO });
        let head = venue.head();
        venue.push(j::Logon { head, heartbeat_s: 30.into(), ..j::Logon::ZERO });
        venue
    }

    /// A later process over the same log: told from the first `TermStarted` of its own on, as a
    /// restarted venue is.
    pub(crate) fn restart(&mut self) {
        self.packer = Packer::new(CHANNEL, EPOCH);
        self.snapshots = SnapshotCycle::new(CHANNEL_SNAPSHOT, EPOCH);
        self.push(j::TermStarted { term: (self.engine.term() + 1).into(), ..j::TermStarted::ZERO });
        self.msg_seq_num = self.engine.sessions().first().map_or(1, |s| s.next_in);
        let head = self.head();
        self.push(j::Logon { head, heartbeat_s: 30.into(), ..j::Logon::ZERO });
    }

    pub(crate) fn order(&mut self, instrument: u32, side: Side, ticks: i64, lots: i64) {
        let order = self.limit(instrument, side, ticks, lots);
        self.push(order);
    }

    /// An iceberg.
    pub(crate) fn iceberg(&mut self, side: Side, ticks: i64, lots: i64, display_lots: i64) {
        let order = self.limit(1, side, ticks, lots);
        self.push(j::NewOrder { display_qty: some_lots(display_lots), ..order });
    }

    /// An order that is not shown.
    pub(crate) fn hidden(&mut self, side: Side, ticks: i64, lots: i64) {
        let order = self.limit(1, side, ticks, lots);
        self.push(j::NewOrder { conditions: Conditions::HIDDEN, ..order });
    }

    /// The operator wants another phase.
    pub(crate) fn phase(&mut self, instrument: u32, phase: Phase) {
        self.push(j::PhaseSet {
            instrument: instrument.into(),
            phase: phase.into(),
            ..j::PhaseSet::ZERO
        });
    }

    /// The operator cancels all orders of an instrument; 0: of all.
    pub(crate) fn cancel_all(&mut self, instrument: u32) {
        self.push(j::MassAction {
            instrument: instrument.into(),
            action: MassActionType::Cancel.into(),
            scope: MassActionScope::Everyone.into(),
            ..j::MassAction::ZERO
        });
    }

    /// The operator takes back a trade.
    pub(crate) fn bust(&mut self, trade_id: u64) {
        self.push(j::TradeBust { trade_id: trade_id.into(), ..j::TradeBust::ZERO });
    }

    fn limit(&mut self, instrument: u32, side: Side, ticks: i64, lots: i64) -> j::NewOrder {
        let (head, cl_ord_id) = (self.head(), self.name());
        j::NewOrder {
            head,
            cl_ord_id,
            instrument: instrument.into(),
            side: side.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::GoodTillCancel.into(),
            price: Decimal8Null::new(Some(ticks * TICK)),
            order_qty: Decimal8::new(lots * LOT),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            ..j::NewOrder::ZERO
        }
    }

    /// One random request: mostly new orders around one price, some cancels and replaces, and now and
    /// then another phase.
    pub(crate) fn random(&mut self) {
        let instruments = self.engine.instruments().len() as u64;
        let at = self.dice.below(instruments) as usize;
        let resting = self.engine.book(at).map_or(0, |book| book.orders);
        let pick = self.dice.below(resting.into()) as usize;
        let target = self.engine.resting(at).nth(pick).map(|(order, _)| *order);
        let instrument = at as u32 + 1;
        let now = self.engine.instruments().get(at).map_or(Phase::Continuous, |i| i.phase);
        if self.clears && self.dice.hits(3) {
            let instrument = self.dice.below(instruments + 1) as u32;
            return self.cancel_all(instrument);
        }
        if self.dice.hits(if now == Phase::Continuous { 2 } else { 60 }) {
            let calls = [Phase::PreOpen, Phase::VolatilityAuction, Phase::ClosingAuction];
            let call = calls[self.dice.below(3) as usize];
            let next = if now == Phase::Continuous { call } else { Phase::Continuous };
            return self.phase(instrument, next);
        }
        match (self.dice.below(10), target) {
            (0..3, Some(order)) => {
                let (head, cl_ord_id) = (self.head(), self.name());
                self.push(j::CancelOrder {
                    head,
                    cl_ord_id,
                    order_id: order.id.0.into(),
                    instrument: instrument.into(),
                    side: order.side.into(),
                    ..j::CancelOrder::ZERO
                });
            }
            (3..5, Some(order)) => {
                let same_price = self.dice.hits(500);
                let ticks = if same_price { order.ticks } else { order.ticks + 1 };
                let lots = 1 + self.dice.below(order.lots as u64 + 4) as i64;
                let (head, cl_ord_id) = (self.head(), self.name());
                self.push(j::ReplaceOrder {
                    head,
                    cl_ord_id,
                    order_id: order.id.0.into(),
                    instrument: instrument.into(),
                    side: order.side.into(),
                    ord_type: order.ord_type.into(),
                    time_in_force: order.time_in_force.into(),
                    price: Decimal8Null::new(Some(i64::from(ticks) * TICK)),
                    order_qty: Decimal8::new(lots * LOT),
                    stop_px: Decimal8Null::NULL,
                    display_qty: some_lots(order.display_lots),
                    ..j::ReplaceOrder::ZERO
                });
            }
            _ => {
                let side = if self.dice.hits(500) { Side::Buy } else { Side::Sell };
                let away = self.dice.below(12) as i64 - 3;
                let ticks = if side == Side::Buy { 1_000 - away } else { 1_001 + away };
                let lots = 1 + self.dice.below(20) as i64;
                let tif = match self.dice.below(10) {
                    0 => TimeInForce::ImmediateOrCancel,
                    1..5 => TimeInForce::Day,
                    _ => TimeInForce::GoodTillCancel,
                };
                let order = self.limit(instrument, side, ticks, lots);
                let (mut display_lots, mut conditions) = (0, Conditions::EMPTY);
                match self.dice.below(8) {
                    0 => conditions = Conditions::HIDDEN,
                    1 | 2 => display_lots = 1 + lots / 4,
                    _ => {}
                }
                self.push(j::NewOrder {
                    time_in_force: tif.into(),
                    display_qty: some_lots(display_lots),
                    conditions,
                    ..order
                });
            }
        }
    }

    /// Applies what has been pushed as one batch; the packets of its market data.
    pub(crate) fn commit(&mut self) -> Vec<Vec<u8>> {
        self.commit_seeing(|_| {})
    }

    /// The same, and `see` has the engine after each command.
    pub(crate) fn commit_seeing(&mut self, mut see: impl FnMut(&Engine)) -> Vec<Vec<u8>> {
        let first = self.events.len();
        self.engine.begin_batch(self.seq, self.now);
        assert_eq!(self.engine.step(&mut self.events), Step::Done);
        for command in Commands::new(self.batch.bytes()) {
            assert_eq!(self.engine.apply(self.seq, command, &mut self.events), Step::Done);
            self.seq += 1;
            see(&self.engine);
        }
        self.engine.end_batch(self.batch.count(), &mut self.events);
        self.batch.clear();
        pack(&mut self.packer, &self.events[first..])
    }

    /// Time passes.
    pub(crate) fn commit_nothing(&mut self) -> Vec<Vec<u8>> {
        self.push(j::Tick::ZERO);
        self.commit()
    }

    pub(crate) fn heartbeat(&mut self) -> Vec<u8> {
        self.packer.heartbeat(self.now).expect("between batches").to_vec()
    }

    pub(crate) fn snapshot(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        self.snapshots.run(&self.engine, |packet| packets.push(packet.to_vec()));
        packets
    }

    /// The engine's orders of an instrument as a subscriber would see them.
    pub(crate) fn resting(&self, instrument: u32) -> Vec<RestingOrder> {
        resting(&self.engine, instrument)
    }

    /// Every book is live and, order by order, the engine's.
    pub(crate) fn assert_followed_by(&self, subscriber: &Subscriber) {
        assert_eq!(subscriber.instruments().count(), self.engine.instruments().len());
        for (number, instrument) in subscriber.instruments() {
            assert_eq!(instrument.state(), State::Live, "instrument {number}");
            let orders: Vec<RestingOrder> = instrument.book().walk().copied().collect();
            assert_eq!(orders, self.resting(number), "instrument {number}");
            let symbol = self.engine.instruments()[number as usize - 1].symbol;
            assert_eq!(instrument.definition().map(|d| d.symbol), Some(symbol));
            let phase = self.engine.instruments()[number as usize - 1].phase;
            assert_eq!(instrument.phase(), Some(phase), "instrument {number}");
            assert_eq!(instrument.definition().map(|d| d.phase), Some(phase.into()));
            let bands = self.engine.instruments()[number as usize - 1].band_prices();
            assert_eq!(instrument.bands(), Some(bands), "instrument {number}");
            assert_eq!(instrument.definition().map(|d| d.bands), Some(bands));
        }
    }

    fn head(&mut self) -> CommandHead {
        let mut head = CommandHead::ZERO;
        head.session.set(1);
        head.gateway.set(1);
        head.conn_generation.set(1);
        head.msg_seq_num.set(self.msg_seq_num);
        self.msg_seq_num += 1;
        head
    }

    fn name(&mut self) -> [u8; 36] {
        self.names += 1;
        fill_text(self.names.to_string().as_bytes()).expect("short")
    }

    fn push<M: Message>(&mut self, command: M) {
        assert!(self.batch.push(&command));
    }
}

/// None for 0.
fn some_lots(lots: i64) -> Decimal8Null {
    Decimal8Null::new((lots != 0).then_some(lots * LOT))
}

/// The packets of these events.
pub(crate) fn pack(packer: &mut Packer, events: &[Event]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for event in events {
        packer.on_event(event, |packet| packets.push(packet.to_vec()));
    }
    packets
}

/// The engine's orders of an instrument as a subscriber would see them.
pub(crate) fn resting(engine: &Engine, instrument: u32) -> Vec<RestingOrder> {
    let at = instrument as usize - 1;
    let i = engine.instruments()[at];
    let told = |(o, shown): (&engine::orders::Order, i64)| RestingOrder {
        order_id: o.id.0,
        side: o.side,
        price: Decimal8::new(i.price(o.ticks)),
        qty: Decimal8::new(i.qty(shown)),
        priority: o.priority,
    };
    engine.resting(at).map(told).collect()
}

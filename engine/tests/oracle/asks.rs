//! What a random client asks for: new orders, cancels and replaces, near the market.
//!
//! Most asks that the oracle would refuse are asked differently, so that books fill; the rest is asked
//! as it is, so that every reason is met.

use super::Oracle;
use super::command::{Command, MassQuote};
use super::commands::{Generator, text};
use super::order::{Order, has_price, is_stop, opposite};
use super::setup::{AROUND, LOTS_MAX, PRICE_MAX, STEPS, boolean};
use super::told::Text;
use super::venue::MS;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    Boolean, Conditions, Decimal8, Decimal8Null, OrdType, SelfTrade, Side, SideCode, TimeInForce,
};

/// How often an ask that would be refused is asked differently.
const TRIES: usize = 4;

const TYPES: [(u64, OrdType); 5] = [
    (70, OrdType::Limit),
    (9, OrdType::Market),
    (7, OrdType::Stop),
    (8, OrdType::StopLimit),
    (6, OrdType::MarketToLimit),
];
const TIMES_IN_FORCE: [(u64, TimeInForce); 7] = [
    (38, TimeInForce::Day),
    (26, TimeInForce::GoodTillCancel),
    (9, TimeInForce::ImmediateOrCancel),
    (6, TimeInForce::FillOrKill),
    (9, TimeInForce::GoodTillDate),
    (5, TimeInForce::AtTheOpening),
    (7, TimeInForce::AtTheClose),
];
const CONDITIONS: [(u64, Conditions); 8] = [
    (60, Conditions::EMPTY),
    (7, Conditions::POST_ONLY),
    (7, Conditions::POST_ONLY_SLIDE),
    (10, Conditions::ALL_OR_NONE),
    (12, Conditions::HIDDEN),
    (1, Conditions(0b0011)),
    (2, Conditions(0b1100)),
    (1, Conditions(0b0110)),
];

impl Generator {
    pub(crate) fn new_order(&mut self, oracle: &Oracle, at: usize) -> Command {
        let mut c = self.new_terms(oracle, at);
        for _ in 0..TRIES {
            if !oracle.would_refuse(at, &c) || self.random.chance(70) {
                break;
            }
            c = self.new_terms(oracle, at);
        }
        if self.random.chance(30) {
            self.spoil(oracle, &mut c);
        }
        c.head = self.head(at);
        Command::NewOrder(c)
    }

    fn new_terms(&mut self, oracle: &Oracle, at: usize) -> j::NewOrder {
        let instrument = self.random.next() as usize % STEPS.len();
        let (tick, lot) = STEPS[instrument];
        let side = self.random.pick(&[Side::Buy, Side::Sell]);
        let ord_type = self.random.weighted(&TYPES);
        let time_in_force = self.random.weighted(&TIMES_IN_FORCE);
        let lots = self.lots();
        let price = self.price(oracle, instrument, side);
        let stop = self.stop_price(oracle, instrument, side);
        let gtd = time_in_force == TimeInForce::GoodTillDate;
        let expires = oracle.now + self.random.between(1, 80) as u64 * 500 * MS;
        let mut c = j::NewOrder {
            cl_ord_id: self.name(oracle, at),
            instrument: (instrument as u32 + 1).into(),
            side: side.into(),
            ord_type: ord_type.into(),
            time_in_force: time_in_force.into(),
            unsupported: boolean(self.random.chance(4)),
            price: (has_price(ord_type) && ord_type != OrdType::MarketToLimit)
                .then_some(price * tick)
                .map_or(Decimal8Null::NULL, some),
            order_qty: Decimal8::new(lots * lot),
            account: self.account(),
            symbol: text(&format!("SYM{instrument}")),
            stop_px: is_stop(ord_type).then_some(stop * tick).map_or(Decimal8Null::NULL, some),
            display_qty: self.part(130, lots, lot),
            min_qty: self.part(90, lots, lot),
            expire_time: if gtd { expires } else { 0 }.into(),
            conditions: self.random.weighted(&CONDITIONS),
            self_trade: SelfTrade::SessionDefault.into(),
            ..j::NewOrder::ZERO
        };
        if self.random.chance(60) {
            c.party_firm = self.random.pick(&[0u32, 1, 2]).into();
            c.party_user = self.random.pick(&[0u32, 11, 31, 41]).into();
        }
        if self.random.chance(350) {
            c.self_trade = self.random.pick(&SelfTrade::ALL).into();
        }
        c
    }

    /// One thing that is wrong.
    fn spoil(&mut self, oracle: &Oracle, c: &mut j::NewOrder) {
        let (tick, lot) = STEPS[c.instrument.get() as usize - 1];
        let odd = |random: i64| Decimal8Null::new(Some(random));
        let price = odd(self.random.pick(&[0, -tick, tick / 2, (PRICE_MAX + 1) * tick]));
        match self.random.next() % 9 {
            0 => c.instrument = self.random.pick(&[0, 9]).into(),
            1 => c.price = self.random.pick(&[price, Decimal8Null::NULL, odd(AROUND * tick)]),
            2 => {
                c.ord_type = self.random.pick(&[OrdType::StopLimit, OrdType::Limit]).into();
                c.price = some(AROUND * tick);
                c.stop_px = self.random.pick(&[price, Decimal8Null::NULL, odd(AROUND * tick)]);
            }
            3 => {
                let all = [0, -lot, lot / 2, (LOTS_MAX + 1) * lot];
                c.order_qty = Decimal8::new(self.random.pick(&all));
            }
            4 => c.display_qty = odd(self.random.pick(&[0, lot / 2, c.order_qty.get() + lot])),
            5 => c.min_qty = odd(self.random.pick(&[0, lot / 2, c.order_qty.get() + lot])),
            6 => {
                c.time_in_force =
                    self.random.pick(&[TimeInForce::GoodTillDate, TimeInForce::Day]).into();
                c.expire_time = self.random.pick(&[0, 0, 1, oracle.now, oracle.now + 1]).into();
            }
            7 => c.side = SideCode(3),
            _ => c.conditions = Conditions(0b1_0000),
        }
    }

    pub(crate) fn cancel(&mut self, oracle: &Oracle, at: usize) -> Command {
        let cl_ord_id = self.name(oracle, at);
        let mut c = j::CancelOrder { cl_ord_id, ..j::CancelOrder::ZERO };
        match self.own_order(oracle, at) {
            Some(order) => {
                c.orig_cl_ord_id = order.name.0;
                c.instrument = (order.instrument as u32 + 1).into();
                c.side = order.side.into();
                c.order_id = self.order_id(order).into();
            }
            None => {
                c.orig_cl_ord_id = self.old_name(oracle, at);
                (c.instrument, c.side) = (1.into(), Side::Buy.into());
            }
        }
        if self.random.chance(15) {
            c.instrument = self.random.pick(&[1u32, 2, 3]).into();
        }
        c.head = self.head(at);
        Command::CancelOrder(c)
    }

    pub(crate) fn replace(&mut self, oracle: &Oracle, at: usize) -> Command {
        let Some(order) = self.own_order(oracle, at) else {
            return self.replace_nothing(oracle, at);
        };
        let mut c = self.replace_terms(oracle, at, order);
        for _ in 0..TRIES {
            if !oracle.would_refuse_replace(order.slot(), &c) || self.random.chance(100) {
                break;
            }
            c = self.replace_terms(oracle, at, order);
        }
        if self.random.chance(60) {
            self.spoil_replace(order, &mut c);
        }
        c.head = self.head(at);
        Command::ReplaceOrder(c)
    }

    fn replace_terms(&mut self, oracle: &Oracle, at: usize, order: &Order) -> j::ReplaceOrder {
        let (tick, lot) = STEPS[order.instrument];
        let price = match self.random.next() % 10 {
            0..5 => order.limit,
            5 => self.price(oracle, order.instrument, opposite(order.side)),
            _ => self.price(oracle, order.instrument, order.side),
        };
        let lots = match self.random.next() % 10 {
            0..4 => order.lots,
            4..7 => self.random.between(order.filled, order.lots),
            7 => order.lots + self.random.between(1, 50),
            _ => self.lots(),
        };
        let waits = order.stop.filter(|_| !order.triggered);
        let stop = match waits {
            Some(_) if self.random.chance(400) => {
                Some(self.stop_price(oracle, order.instrument, order.side))
            }
            _ => order.stop,
        };
        let display = match order.display {
            Some(_) if self.random.chance(300) => Some(self.random.between(1, lots.max(1))),
            display => display,
        };
        j::ReplaceOrder {
            cl_ord_id: self.name(oracle, at),
            orig_cl_ord_id: order.name.0,
            order_id: self.order_id(order).into(),
            instrument: (order.instrument as u32 + 1).into(),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            unsupported: Boolean::False.into(),
            price: has_price(order.ord_type)
                .then_some(price * tick)
                .map_or(Decimal8Null::NULL, some),
            order_qty: Decimal8::new(lots * lot),
            stop_px: stop.map_or(Decimal8Null::NULL, |stop| some(stop * tick)),
            display_qty: display.map_or(Decimal8Null::NULL, |display| some(display * lot)),
            ..j::ReplaceOrder::ZERO
        }
    }

    /// One thing that is wrong.
    fn spoil_replace(&mut self, order: &Order, c: &mut j::ReplaceOrder) {
        let (tick, lot) = STEPS[order.instrument];
        let odd = |random: i64| Decimal8Null::new(Some(random));
        match self.random.next() % 7 {
            0 => c.time_in_force = TimeInForce::ImmediateOrCancel.into(),
            1 if has_price(order.ord_type) => {
                let all = [odd(0), odd(tick / 2), odd((PRICE_MAX + 1) * tick), Decimal8Null::NULL];
                c.price = self.random.pick(&all);
            }
            2 => {
                let all = [0, lot / 2, (LOTS_MAX + 1) * lot];
                c.order_qty = Decimal8::new(self.random.pick(&all));
            }
            3 => c.display_qty = odd(self.random.pick(&[0, lot / 2, c.order_qty.get() + lot])),
            4 => c.stop_px = self.random.pick(&[Decimal8Null::NULL, odd(AROUND * tick)]),
            5 => c.unsupported = Boolean::True.into(),
            _ => c.display_qty = Decimal8Null::NULL,
        }
    }

    /// A replace of something that does not live.
    fn replace_nothing(&mut self, oracle: &Oracle, at: usize) -> Command {
        let (tick, lot) = STEPS[0];
        let c = j::ReplaceOrder {
            cl_ord_id: self.name(oracle, at),
            orig_cl_ord_id: self.old_name(oracle, at),
            instrument: 1.into(),
            side: Side::Buy.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::Day.into(),
            price: some(AROUND * tick),
            order_qty: Decimal8::new(lot),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            head: self.head(at),
            ..j::ReplaceOrder::ZERO
        };
        Command::ReplaceOrder(c)
    }

    /// Bids and offers around the market: of a maker who quotes again and again.
    pub(crate) fn mass_quote(&mut self, oracle: &Oracle, at: usize) -> Command {
        self.names += 1;
        let used = self.names.saturating_sub(self.random.weighted(&[(97, 0), (3, 1)]));
        let block = j::MassQuote {
            head: self.head(at),
            quote_id: used.into(),
            account: if self.random.chance(900) { [0; 16] } else { self.account() },
            self_trade: self.random.weighted(&[
                (9, SelfTrade::SessionDefault.into()),
                (1, SelfTrade::CancelOldest.into()),
            ]),
            conditions: self.random.weighted(&[
                (80, Conditions::EMPTY),
                (12, Conditions::POST_ONLY),
                (6, Conditions::POST_ONLY_SLIDE),
                (2, Conditions::HIDDEN),
            ]),
        };
        let count = self.random.weighted(&[(3, 1), (2, 2), (1, 3)]);
        let entries = [(); 3].map(|()| self.quote(oracle, at));
        Command::MassQuote(MassQuote { block, entries, count })
    }

    fn quote(&mut self, oracle: &Oracle, at: usize) -> j::MassQuoteQuotes {
        let instrument = self.random.next() as usize % STEPS.len();
        let mut side = |side: Side| {
            let old = oracle.quote_of(at, instrument as u32 + 1, side);
            let (tick, lot) = STEPS[instrument];
            let old = old.filter(|_| self.random.chance(400)).map(|slot| oracle.order(slot));
            let price =
                old.map_or_else(|| self.price(oracle, instrument, side), |order| order.limit);
            let lots = match old {
                Some(order) if self.random.chance(700) => self.random.between(1, order.open()),
                _ => self.lots(),
            };
            let odd = self.random.weighted(&[(96, 0), (2, tick / 2), (2, PRICE_MAX * tick)]);
            let there = self.random.chance(850);
            let price = there.then_some(price * tick + odd).map_or(Decimal8Null::NULL, some);
            let qty =
                self.random.weighted(&[(97, lots * lot), (1, 0), (1, lot / 2), (1, i64::MAX)]);
            (price, Decimal8::new(qty))
        };
        let ((bid_price, bid_qty), (offer_price, offer_qty)) = (side(Side::Buy), side(Side::Sell));
        let number = self.random.weighted(&[(98, instrument as u32 + 1), (1, 0), (1, 9)]);
        j::MassQuoteQuotes { instrument: number.into(), bid_price, bid_qty, offer_price, offer_qty }
    }

    pub(crate) fn quote_cancel(&mut self, at: usize) -> Command {
        let instrument = self.random.pick(&[0u32, 0, 1, 2, 9]).into();
        Command::QuoteCancel(j::QuoteCancel {
            head: self.head(at),
            quote_id: self.names.into(),
            instrument,
        })
    }

    /// One of its orders that live, most of the time.
    fn own_order<'a>(&mut self, oracle: &'a Oracle, at: usize) -> Option<&'a Order> {
        let stranger = self.random.chance(10);
        let own = oracle.orders.values().filter(|o| (o.session == at) != stranger);
        let own: Vec<&Order> = own.collect();
        (!own.is_empty() && self.random.chance(960)).then(|| self.random.pick(&own))
    }

    fn order_id(&mut self, order: &Order) -> u64 {
        self.random.weighted(&[(70, 0), (28, order.id), (2, order.id + (1 << 32))])
    }

    /// A ClOrdID: fresh, but for one in fifty.
    fn name(&mut self, oracle: &Oracle, at: usize) -> [u8; 36] {
        if self.random.chance(20) { self.old_name(oracle, at) } else { self.fresh_name() }
    }

    /// The name of an order of its own, over or open; of somebody else's if it has none.
    fn old_name(&mut self, oracle: &Oracle, at: usize) -> [u8; 36] {
        let over = oracle.sessions[at].finished.iter().map(|used| used.name);
        let open = oracle.orders.values().filter(|o| o.session == at).map(|o| o.name);
        let all: Vec<Text<36>> = over.chain(open).collect();
        if all.is_empty() { text("nobody") } else { self.random.pick(&all).0 }
    }

    fn account(&mut self) -> [u8; 16] {
        text(self.random.weighted(&[
            (60, ""),
            (20, "MAIN"),
            (9, "HOUSE"),
            (9, "FUND"),
            (1, "NOBODY"),
        ]))
    }

    fn lots(&mut self) -> i64 {
        let most = self.random.weighted(&[(30, 5), (50, 20), (6, 60), (2, LOTS_MAX)]);
        self.random.between(1, most)
    }

    /// DisplayQty or MinQty, so many times in a thousand.
    fn part(&mut self, per_mille: u64, lots: i64, lot: i64) -> Decimal8Null {
        if !self.random.chance(per_mille) {
            return Decimal8Null::NULL;
        }
        some(self.random.between(1, lots) * lot)
    }

    /// Around the last trade, drawn back to where all began.
    fn price(&mut self, oracle: &Oracle, at: usize, side: Side) -> i64 {
        let last = oracle.instruments[at].last_trade.unwrap_or(AROUND);
        let around = self.random.pick(&[last, last, AROUND]);
        let far = self.random.weighted(&[(60, 5), (30, 10), (6, 40), (1, 400)]);
        let behind = if side == Side::Buy { -self.behind } else { self.behind };
        (around + behind + self.random.between(-far, far)).clamp(1, PRICE_MAX)
    }

    /// Before the last trade most of the time, behind it otherwise.
    fn stop_price(&mut self, oracle: &Oracle, at: usize, side: Side) -> i64 {
        let last = oracle.instruments[at].last_trade.unwrap_or(AROUND);
        let ahead = self.random.between(-3, 12);
        let ahead = if side == Side::Buy { ahead } else { -ahead };
        (last + ahead).clamp(1, PRICE_MAX)
    }
}

fn some(mantissa: i64) -> Decimal8Null {
    Decimal8Null::new(Some(mantissa))
}

//! An order that lives: what it is, how it is taken and how it ends, and the reports of it.

use super::Oracle;
use super::names::Ending;
use super::told::{Name, Report, Text, Told};
use sbe_schemas::types::{
    CancelCause, Conditions, OrdStatus, OrdType, Phase, RestateCause, SelfTrade, Side, TimeInForce,
};

/// Where an order that lives is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere yet: it is arriving.
    Arriving,
    /// In the book.
    Book,
    /// A stop that has not been triggered.
    Trigger,
    /// At the close, before the closing auction.
    Close,
}

/// §2: at one price shown orders trade first, then hidden ones, then all-or-none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Shown,
    Hidden,
    AllOrNone,
}

/// An order that lives. Prices are ticks, quantities lots.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) session: usize,
    pub(crate) account: usize,
    pub(crate) user: u32,
    pub(crate) firm: u32,
    pub(crate) instrument: usize,
    pub(crate) side: Side,
    pub(crate) ord_type: OrdType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) conditions: Conditions,
    pub(crate) self_trade: SelfTrade,
    /// The limit price that every order has (§1).
    pub(crate) limit: i64,
    pub(crate) stop: Option<i64>,
    pub(crate) triggered: bool,
    /// OrderQty (38).
    pub(crate) lots: i64,
    pub(crate) filled: i64,
    pub(crate) display: Option<i64>,
    /// MinQty, until its check has spent it.
    pub(crate) min: Option<i64>,
    pub(crate) expires: u64,
    /// Shown at the moment, of an order that shows itself; what is open of one that does not.
    pub(crate) part: i64,
    pub(crate) place: Place,
    /// Its age in its queue: a smaller number is older.
    pub(crate) age: u64,
    /// When it was accepted, in the same count.
    pub(crate) born: u64,
    /// Sum of price mantissa × lots over its trades.
    pub(crate) paid: i128,
    pub(crate) maker_ppm: i64,
    pub(crate) taker_ppm: i64,
    pub(crate) name: Name,
}

impl Order {
    pub(crate) fn slot(&self) -> u32 {
        self.id as u32
    }

    pub(crate) fn open(&self) -> i64 {
        self.lots - self.filled
    }

    pub(crate) fn has(&self, condition: Conditions) -> bool {
        self.conditions.has(condition)
    }

    pub(crate) fn is_stop(&self) -> bool {
        is_stop(self.ord_type)
    }

    pub(crate) fn class(&self) -> Class {
        if self.has(Conditions::ALL_OR_NONE) {
            Class::AllOrNone
        } else if self.has(Conditions::HIDDEN) {
            Class::Hidden
        } else {
            Class::Shown
        }
    }

    /// The feed knows it.
    pub(crate) fn is_public(&self) -> bool {
        self.place == Place::Book && self.class() == Class::Shown
    }

    /// An opposite order at `price` is within its limit.
    pub(crate) fn takes(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => price <= self.limit,
            Side::Sell => price >= self.limit,
        }
    }

    /// §1.2.5: what is left of it rests.
    pub(crate) fn may_rest(&self) -> bool {
        let rests = [TimeInForce::Day, TimeInForce::GoodTillCancel, TimeInForce::GoodTillDate];
        let types = [OrdType::Limit, OrdType::StopLimit, OrdType::MarketToLimit];
        types.contains(&self.ord_type) && rests.contains(&self.time_in_force)
    }

    /// After less quantity: an iceberg's reserve went first.
    pub(crate) fn refit(&mut self) {
        self.part = self.part.min(self.open());
    }

    /// What it shows, or would trade at once if hidden, when it takes a new place.
    pub(crate) fn next_part(&self) -> i64 {
        self.display.map_or(self.open(), |display| display.min(self.open()))
    }

    /// OrdStatus (39) while it lives.
    pub(crate) fn status(&self) -> OrdStatus {
        match (self.filled, self.open()) {
            (0, _) => OrdStatus::New,
            (_, 0) => OrdStatus::Filled,
            _ => OrdStatus::PartiallyFilled,
        }
    }
}

pub(crate) fn is_stop(ord_type: OrdType) -> bool {
    matches!(ord_type, OrdType::Stop | OrdType::StopLimit)
}

/// Its Price (44) is told: of all types but market and stop.
pub(crate) fn has_price(ord_type: OrdType) -> bool {
    !matches!(ord_type, OrdType::Market | OrdType::Stop)
}

pub(crate) fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

pub(crate) fn is_call(phase: Phase) -> bool {
    phase == Phase::PreOpen || is_auction(phase)
}

pub(crate) fn is_auction(phase: Phase) -> bool {
    matches!(phase, Phase::OpeningAuction | Phase::VolatilityAuction | Phase::ClosingAuction)
}

impl Oracle {
    /// An order that is known to live.
    pub(crate) fn order(&self, slot: u32) -> &Order {
        &self.orders[&slot]
    }

    pub(crate) fn order_mut(&mut self, slot: u32) -> &mut Order {
        self.orders.get_mut(&slot).expect("a known order")
    }

    /// Gives a new order its OrderID: generation above, slot below.
    pub(crate) fn take_slot(&mut self, mut order: Order) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.generations.push(0);
            self.generations.len() as u32 - 1
        });
        self.generations[slot as usize] += 1;
        order.id = u64::from(self.generations[slot as usize]) << 32 | u64::from(slot);
        self.orders.insert(slot, order);
        slot
    }

    /// Ends an order without a trade: off the book, then the report.
    pub(crate) fn end(&mut self, slot: u32, cause: CancelCause) {
        self.end_on_request(slot, cause, None);
    }

    /// `request`: the ClOrdID of the cancel that asked for it.
    pub(crate) fn end_on_request(&mut self, slot: u32, cause: CancelCause, request: Option<Name>) {
        self.unrest(slot);
        // Only time makes an order expire; what an auction leaves is cancelled.
        let expired = matches!(cause, CancelCause::DayEnd | CancelCause::ExpireTime);
        let status = if expired { OrdStatus::Expired } else { OrdStatus::Canceled };
        let mut report = self.report(slot, status);
        let mut orig = Text([0; 36]);
        if let Some(request) = request {
            (report.cl_ord_id, orig) = (request, report.cl_ord_id);
        }
        let session = self.order(slot).session as u32 + 1;
        self.tell(Told::Canceled { session, report, orig, cause });
        self.forget(slot, status);
    }

    /// The order is over: its slot is free, its name keeps how it ended.
    pub(crate) fn forget(&mut self, slot: u32, status: OrdStatus) {
        let order = self.orders.remove(&slot).expect("a known order");
        self.free.push(slot);
        self.use_up(order.session, order.name, Ending::Order { id: order.id, status });
    }

    pub(crate) fn tell_restated(&mut self, slot: u32, cause: RestateCause) {
        let report = self.report(slot, self.order(slot).status());
        let order = self.order(slot);
        let leaves_qty = order.open() * self.instruments[order.instrument].lot;
        let session = order.session as u32 + 1;
        self.tell(Told::Restated { session, report, leaves_qty, cause });
    }

    /// A report with the next ExecID.
    pub(crate) fn report(&mut self, slot: u32, status: OrdStatus) -> Report {
        let exec_id = self.next_exec_id();
        let order = self.order(slot);
        let i = &self.instruments[order.instrument];
        Report {
            order_id: order.id,
            exec_id,
            cl_ord_id: order.name,
            account: Text(self.accounts[order.account].name),
            instrument: order.instrument as u32 + 1,
            user: order.user,
            price: has_price(order.ord_type).then_some(order.limit * i.tick),
            order_qty: order.lots * i.lot,
            cum_qty: order.filled * i.lot,
            avg_px: average(order.paid, order.filled),
            side: order.side,
            ord_type: order.ord_type,
            time_in_force: order.time_in_force,
            status,
        }
    }
}

/// AvgPx (6): half to even.
fn average(paid: i128, lots: i64) -> i64 {
    if lots == 0 {
        return 0;
    }
    let lots = i128::from(lots);
    let (whole, rest) = (paid / lots, paid % lots);
    let up = 2 * rest > lots || (2 * rest == lots && whole % 2 == 1);
    (whole + i128::from(up)) as i64
}

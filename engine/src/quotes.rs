//! Quotes: a bid and an offer of a session for an instrument, many instruments in one request.
//!
//! A bid and an offer are orders like any other, which nobody has to name: the session's earlier ones are
//! replaced where a replace may do it, and end otherwise. Both sides of an entry are settled, then told with
//! one QuoteAck, and only then meet the book. The rules are docs/rulebook.md §1.4. Called by `session.rs`.

use crate::check::Changed;
use crate::engine::{EXPIRY_WALK_MAX, Engine, Limits};
use crate::event::Sink;
use crate::ids::ClOrdId;
use crate::orders::{OrderId, Slot};
use crate::session::Inbound;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, Conditions, Decimal8, Decimal8Null, EventFlags, OrdRejReason, OrdStatus, OrdType,
    SelfTradeCode, Side, TimeInForce,
};

/// Most entries of a MassQuote.
pub const QUOTES_MAX: usize = 16;

/// Which orders are whose quotes, and the entries of the request under way.
pub(crate) struct Quotes {
    /// Bid and offer of each session and instrument, live or not.
    sides: Vec<[OrderId; 2]>,
    instruments_max: usize,
    wanted: Vec<j::MassQuoteQuotes>,
}

impl Quotes {
    /// Nobody quotes; memory is taken now.
    pub(crate) fn new(limits: &Limits) -> Self {
        let instruments_max = limits.instruments_max;
        let sides = vec![[OrderId(0); 2]; limits.sessions_max * instruments_max];
        Self { sides, instruments_max, wanted: Vec::with_capacity(QUOTES_MAX) }
    }

    /// Room for other numbers of sessions and instruments; who quotes goes on to.
    pub(crate) fn resize(&mut self, limits: &Limits) {
        let wider = limits.instruments_max.max(self.instruments_max);
        let rows = limits.sessions_max.max(self.sides.len() / self.instruments_max.max(1));
        if rows * wider == self.sides.len() {
            return;
        }
        let mut sides = vec![[OrderId(0); 2]; rows * wider];
        let before = self.sides.chunks(self.instruments_max.max(1));
        for (now, before) in sides.chunks_mut(wider.max(1)).zip(before) {
            now[..before.len()].copy_from_slice(before);
        }
        (self.sides, self.instruments_max) = (sides, wider);
    }

    fn place(&self, session: u32, instrument: u32) -> Option<usize> {
        let inside = (instrument as usize) < self.instruments_max;
        inside.then(|| session as usize * self.instruments_max + instrument as usize)
    }

    fn get(&self, session: u32, instrument: u32, side: Side) -> OrderId {
        let sides = self.place(session, instrument).and_then(|at| self.sides.get(at));
        sides.map_or(OrderId(0), |sides| sides[usize::from(side == Side::Sell)])
    }

    /// This order is the session's quote from now on.
    pub(crate) fn set(&mut self, session: u32, instrument: u32, side: Side, order: OrderId) {
        let at = self.place(session, instrument).expect("an order is for an instrument there is");
        self.sides[at][usize::from(side == Side::Sell)] = order;
    }
}

/// What is left of a request.
#[derive(Clone, Copy)]
pub(crate) enum Quoting {
    /// A MassQuote: entries from `next`.
    Entering { at: u32, terms: Terms, next: usize },
    /// A QuoteCancel: sides from `next`, two for each instrument.
    Ending { at: u32, quote_id: u64, instrument: u32, next: u32, end: u32, withdrawn: u32 },
}

/// What holds for all entries of a MassQuote.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    quote_id: u64,
    account: [u8; 16],
    self_trade: SelfTradeCode,
    conditions: Conditions,
}

/// A bid or an offer, as it is asked for.
#[derive(Clone, Copy)]
struct Wanted {
    /// Number of the instrument.
    instrument: u32,
    side: Side,
    price: Decimal8Null,
    qty: i64,
}

/// What has become of one side.
#[derive(Clone, Copy, Default)]
struct SideSet {
    order_id: u64,
    reason: u8,
    withdrawn: bool,
    /// It has not met the book yet.
    arrives: Option<Slot>,
}

impl Engine {
    pub(crate) fn on_mass_quote(&mut self, at: u32, m: Inbound<'_>) {
        let m = j::MassQuote::view(m.bytes).expect("a command of this template");
        assert!((1..=QUOTES_MAX).contains(&m.quotes.len()), "gateways refuse others");
        self.quotes.wanted.clear();
        self.quotes.wanted.extend(m.quotes.iter().map(|entry| *entry.block));
        let terms = Terms {
            quote_id: m.block.quote_id.get(),
            account: m.block.account,
            self_trade: m.block.self_trade,
            conditions: m.block.conditions,
        };
        self.tasks_mut().quoting = Some(Quoting::Entering { at, terms, next: 0 });
    }

    pub(crate) fn on_quote_cancel(&mut self, at: u32, m: Inbound<'_>) {
        let m = m.get::<j::QuoteCancel>();
        let (instrument, all) = (m.instrument.get(), self.instruments.len() as u32);
        let (next, end) = match instrument.checked_sub(1) {
            None => (0, all),
            Some(only) if only < all => (only, only + 1),
            Some(_) => (0, 0),
        };
        self.tasks_mut().quoting = Some(Quoting::Ending {
            at,
            quote_id: m.quote_id.get(),
            instrument,
            next: next * 2,
            end: end * 2,
            withdrawn: 0,
        });
    }

    /// The next entry, or the next that ends.
    pub(crate) fn quote_some<S: Sink>(&mut self, quoting: Quoting, sink: &mut S) {
        match quoting {
            Quoting::Entering { at, terms, next } => {
                let entry = self.quotes.wanted[next];
                let is_last = next + 1 == self.quotes.wanted.len();
                let rest = Quoting::Entering { at, terms, next: next + 1 };
                self.tasks_mut().quoting = (!is_last).then_some(rest);
                self.quote(at, &terms, &entry, is_last, sink);
            }
            Quoting::Ending { .. } => self.end_quotes(quoting, sink),
        }
    }

    /// Both sides of one instrument.
    fn quote<S: Sink>(
        &mut self,
        at: u32,
        terms: &Terms,
        entry: &j::MassQuoteQuotes,
        is_last: bool,
        sink: &mut S,
    ) {
        let instrument = entry.instrument.get();
        let prices = entry.bid_price.get().zip(entry.offer_price.get());
        let crossed = prices.is_some_and(|(bid, offer)| bid >= offer);
        let of = |side, price, qty: Decimal8| Wanted { instrument, side, price, qty: qty.get() };
        let bid = of(Side::Buy, entry.bid_price, entry.bid_qty);
        let bid = self.set_side(at, terms, bid, crossed, sink);
        let offer = of(Side::Sell, entry.offer_price, entry.offer_qty);
        let offer = self.set_side(at, terms, offer, crossed, sink);
        let ack = oe::QuoteAck {
            quote_id: terms.quote_id.into(),
            bid_order_id: bid.order_id.into(),
            offer_order_id: offer.order_id.into(),
            instrument: entry.instrument,
            withdrawn: (u32::from(bid.withdrawn) + u32::from(offer.withdrawn)).into(),
            bid_reason: bid.reason,
            offer_reason: offer.reason,
            is_last: boolean(is_last).into(),
        };
        self.report(at, &ack, EventFlags::EMPTY, sink);
        self.tasks_mut().arriving = offer.arrives;
        if let Some(slot) = bid.arrives {
            self.arrive(slot, 0, sink);
        }
    }

    /// One side, up to where it would meet the book.
    fn set_side<S: Sink>(
        &mut self,
        at: u32,
        terms: &Terms,
        wanted: Wanted,
        crossed: bool,
        sink: &mut S,
    ) -> SideSet {
        let Wanted { instrument, side, price, .. } = wanted;
        let old = instrument.checked_sub(1).and_then(|i| self.quote_of(at, i, side));
        let withdrawn = old.is_some();
        if price.get().is_none() {
            self.withdraw(old, sink);
            return SideSet { withdrawn, ..SideSet::default() };
        }
        let name = quote_name(terms.quote_id, instrument, side);
        let named = self.ids.named(at, &name);
        let used = self.ids.find(named).is_some().then_some(OrdRejReason::DuplicateOrder);
        let refused = used.or(crossed.then_some(OrdRejReason::ConditionsConflict));
        if let (None, Some(slot)) = (refused, old)
            && let Some(to) = self.check_requote(at, slot, terms, &wanted)
        {
            self.change(slot, named, &to, sink);
            let order_id = self.books.id(slot).0;
            let arrives = (!to.keeps_place).then_some(slot);
            return SideSet { order_id, arrives, ..SideSet::default() };
        }
        self.withdraw(old, sink);
        let new = new_order(terms, &wanted, name);
        match refused.map_or_else(|| self.check_new(at, &new), Err) {
            Ok(mut checked) => {
                checked.order.is_quote = true;
                let slot = self.take(named, checked);
                let order = self.orders.get(slot);
                self.quotes.set(at, order.instrument, side, order.id);
                let (order_id, arrives) = (order.id.0, Some(slot));
                SideSet { order_id, withdrawn, arrives, ..SideSet::default() }
            }
            Err(reason) => SideSet { reason: reason.code(), withdrawn, ..SideSet::default() },
        }
    }

    /// The session's open bid or offer for an instrument (number minus 1).
    fn quote_of(&self, at: u32, instrument: u32, side: Side) -> Option<Slot> {
        self.books.find(self.quotes.get(at, instrument, side))
    }

    /// Whose quotes the open orders are, after they have been read from a snapshot.
    pub(crate) fn find_quotes(&mut self) {
        for slot in (0..self.books.used_slots()).map(Slot).filter(|slot| self.books.lives(*slot)) {
            let order = self.orders.get(slot);
            if order.is_quote {
                let session = self.owners.get(order.owner).session;
                self.quotes.set(session, order.instrument, order.side, order.id);
            }
        }
    }

    /// What a replace would do. `None`: it may not, or more than price and quantity is another.
    fn check_requote(
        &self,
        at: u32,
        slot: Slot,
        terms: &Terms,
        wanted: &Wanted,
    ) -> Option<Changed> {
        let order = self.orders.get(slot);
        let account = self.account_of(at, &terms.account)?;
        let same = account == self.owners.get(order.owner).account
            && order.conditions == terms.conditions
            && order.self_trade == self.self_trade_of(at, terms.self_trade);
        let filled = self.instruments[order.instrument as usize].qty(order.filled_lots);
        let replace = j::ReplaceOrder {
            instrument: wanted.instrument.into(),
            side: wanted.side.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::Day.into(),
            price: wanted.price,
            order_qty: Decimal8::new(filled.checked_add(wanted.qty)?),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            ..j::ReplaceOrder::ZERO
        };
        let more = |changed: &Changed| changed.lots > order.filled_lots;
        self.check_replace(at, slot, &replace).ok().filter(|changed| same && more(changed))
    }

    /// Ends an open order of which nothing is told but in a QuoteAck.
    fn withdraw<S: Sink>(&mut self, slot: Option<Slot>, sink: &mut S) {
        if let Some(slot) = slot {
            self.take_off(slot, sink);
            self.forget(slot, OrdStatus::Canceled);
        }
    }

    /// The next quote that ends, or the answer.
    fn end_quotes<S: Sink>(&mut self, quoting: Quoting, sink: &mut S) {
        let Quoting::Ending { at, quote_id, instrument, mut next, end, mut withdrawn } = quoting
        else {
            return;
        };
        for _ in 0..EXPIRY_WALK_MAX {
            if next >= end {
                self.tasks_mut().quoting = None;
                let ack = oe::QuoteAck {
                    quote_id: quote_id.into(),
                    instrument: instrument.into(),
                    withdrawn: withdrawn.into(),
                    is_last: Boolean::True.into(),
                    ..oe::QuoteAck::ZERO
                };
                return self.report(at, &ack, EventFlags::EMPTY, sink);
            }
            let side = if next.is_multiple_of(2) { Side::Buy } else { Side::Sell };
            let slot = self.quote_of(at, next / 2, side);
            next += 1;
            if slot.is_some() {
                withdrawn += 1;
                self.withdraw(slot, sink);
                break;
            }
        }
        self.tasks_mut().quoting =
            Some(Quoting::Ending { at, quote_id, instrument, next, end, withdrawn });
    }
}

/// A side as the order that it is.
fn new_order(terms: &Terms, wanted: &Wanted, name: ClOrdId) -> j::NewOrder {
    j::NewOrder {
        cl_ord_id: name,
        instrument: wanted.instrument.into(),
        side: wanted.side.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::Day.into(),
        price: wanted.price,
        order_qty: Decimal8::new(wanted.qty),
        account: terms.account,
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        conditions: terms.conditions,
        self_trade: terms.self_trade,
        ..j::NewOrder::ZERO
    }
}

/// ClOrdID of a side: `quoteId/instrument` and `B` or `S`.
fn quote_name(quote_id: u64, instrument: u32, side: Side) -> ClOrdId {
    let mut name = [0; 36];
    let slash = write_decimal(quote_id, &mut name);
    name[slash] = b'/';
    let end = slash + 1 + write_decimal(instrument.into(), &mut name[slash + 1..]);
    name[end] = if side == Side::Buy { b'B' } else { b'S' };
    name
}

/// Returns the number of digits.
fn write_decimal(number: u64, out: &mut [u8]) -> usize {
    let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut rest = number;
    for digit in out[..digits].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

const fn boolean(is: bool) -> Boolean {
    if is { Boolean::True } else { Boolean::False }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::text;

    #[test]
    fn a_quote_is_called_after_its_request_its_instrument_and_its_side() {
        let name = |id, instrument, side| {
            String::from_utf8(text(&quote_name(id, instrument, side)).to_vec()).unwrap()
        };
        assert_eq!(name(0, 1, Side::Buy), "0/1B");
        assert_eq!(name(1042, 30, Side::Sell), "1042/30S");
        assert_eq!(name(u64::MAX, u32::MAX, Side::Buy), "18446744073709551615/4294967295B");
    }
}

//! §1.4: quotes.

use super::Oracle;
use super::command::MassQuote;
use super::told::{Name, Text, Told};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::OrdRejReason as No;
use sbe_schemas::types::{Decimal8, Decimal8Null, OrdStatus, OrdType, Side, TimeInForce};

/// What has become of one side.
#[derive(Default)]
struct SideSet {
    order_id: u64,
    reason: Option<No>,
    withdrawn: u32,
    arrives: Option<u32>,
}

impl Oracle {
    pub(crate) fn on_mass_quote(&mut self, c: &MassQuote) {
        let session = c.block.head.session.get() as usize - 1;
        for (n, entry) in c.entries().iter().enumerate() {
            let crossed = match (entry.bid_price.get(), entry.offer_price.get()) {
                (Some(bid), Some(offer)) => bid >= offer,
                _ => false,
            };
            let bid = self.set_side(session, &c.block, entry, Side::Buy, crossed);
            let offer = self.set_side(session, &c.block, entry, Side::Sell, crossed);
            self.tell(Told::QuoteAck {
                session: session as u32 + 1,
                quote_id: c.block.quote_id.get(),
                instrument: entry.instrument.get(),
                order_ids: [bid.order_id, offer.order_id],
                reasons: [bid.reason, offer.reason],
                withdrawn: bid.withdrawn + offer.withdrawn,
                is_last: n + 1 == c.entries().len(),
            });
            let arrive: Vec<u32> = bid.arrives.into_iter().chain(offer.arrives).collect();
            arrive.iter().for_each(|slot| self.go(*slot));
            if !arrive.is_empty() {
                self.look_at_stops(entry.instrument.get() as usize - 1);
            }
        }
    }

    pub(crate) fn on_quote_cancel(&mut self, c: &j::QuoteCancel) {
        let session = c.head.session.get() as usize - 1;
        let (asked, mut withdrawn) = (c.instrument.get(), 0);
        for instrument in 1..=self.instruments.len() as u32 {
            for side in [Side::Buy, Side::Sell] {
                if asked == 0 || asked == instrument {
                    withdrawn += self.withdraw(self.quote_of(session, instrument, side));
                }
            }
        }
        self.tell(Told::QuoteAck {
            session: session as u32 + 1,
            quote_id: c.quote_id.get(),
            instrument: asked,
            order_ids: [0; 2],
            reasons: [None; 2],
            withdrawn,
            is_last: true,
        });
    }

    /// The open order that is the session's bid or offer.
    pub(crate) fn quote_of(&self, session: usize, instrument: u32, side: Side) -> Option<u32> {
        let id = self.quotes.get(&(session, instrument, side.code()))?;
        self.orders.values().find(|order| order.id == *id).map(|order| order.slot())
    }

    /// One side, up to where it meets the book.
    fn set_side(
        &mut self,
        session: usize,
        block: &j::MassQuote,
        entry: &j::MassQuoteQuotes,
        side: Side,
        crossed: bool,
    ) -> SideSet {
        let (price, qty, letter) = match side {
            Side::Buy => (entry.bid_price, entry.bid_qty.get(), 'B'),
            Side::Sell => (entry.offer_price, entry.offer_qty.get(), 'S'),
        };
        let instrument = entry.instrument.get();
        let old = self.quote_of(session, instrument, side);
        if price.get().is_none() {
            return SideSet { withdrawn: self.withdraw(old), ..SideSet::default() };
        }
        let name: Name =
            Text(super::commands::text(&format!("{}/{instrument}{letter}", block.quote_id)));
        let refused = match () {
            () if self.is_used(session, name) => Some(No::DuplicateOrder),
            () if crossed => Some(No::ConditionsConflict),
            () => None,
        };
        if let (None, Some(slot)) = (refused, old)
            && let Some(replace) = self.requote(session, slot, block, side, price, qty)
            && let Ok(terms) = self.check_replace(slot, &replace)
            && terms.lots > self.order(slot).filled
        {
            let arrives = terms.loses_place.then_some(slot);
            self.change(slot, name, &terms);
            return SideSet { order_id: self.order(slot).id, arrives, ..SideSet::default() };
        }
        let withdrawn = self.withdraw(old);
        let new = new_order(block, instrument, side, price, qty, name);
        let checked = refused.map_or_else(|| self.check_new_order(session, &new), Err);
        let order = match checked {
            Err(reason) => {
                return SideSet { reason: Some(reason), withdrawn, ..SideSet::default() };
            }
            Ok(order) => order,
        };
        let slot = self.take(order);
        let order_id = self.order(slot).id;
        self.quotes.insert((session, instrument, side.code()), order_id);
        SideSet { order_id, reason: None, withdrawn, arrives: Some(slot) }
    }

    /// The replace that would do, if only price and quantity are others.
    fn requote(
        &self,
        session: usize,
        slot: u32,
        block: &j::MassQuote,
        side: Side,
        price: Decimal8Null,
        qty: i64,
    ) -> Option<j::ReplaceOrder> {
        let order = self.order(slot);
        let s = &self.sessions[session];
        let account = if block.account == [0; 16] { s.account } else { block.account };
        let mode = self.mode(session, block.self_trade.known().expect("a known mode"));
        let same = self.account_at(s.firm, account) == Some(order.account)
            && block.conditions == order.conditions
            && mode == self.mode(session, order.self_trade);
        let filled = order.filled * self.instruments[order.instrument].lot;
        same.then_some(j::ReplaceOrder {
            instrument: (order.instrument as u32 + 1).into(),
            side: side.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::Day.into(),
            price,
            order_qty: Decimal8::new(filled.checked_add(qty)?),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            ..j::ReplaceOrder::ZERO
        })
    }

    /// Ends it, and tells only the public. How many have ended.
    fn withdraw(&mut self, slot: Option<u32>) -> u32 {
        let Some(slot) = slot else { return 0 };
        self.unrest(slot);
        self.forget(slot, OrdStatus::Canceled);
        1
    }
}

fn new_order(
    block: &j::MassQuote,
    instrument: u32,
    side: Side,
    price: Decimal8Null,
    qty: i64,
    name: Name,
) -> j::NewOrder {
    j::NewOrder {
        cl_ord_id: name.0,
        instrument: instrument.into(),
        side: side.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::Day.into(),
        price,
        order_qty: Decimal8::new(qty),
        account: block.account,
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        conditions: block.conditions,
        self_trade: block.self_trade,
        ..j::NewOrder::ZERO
    }
}

//! §1.3: cancels and replaces.

use super::Oracle;
use super::names::{Ending, Target};
use super::order::{Order, Place, has_price, is_stop};
use super::permissions::{Asked, Denied};
use super::risk::{Ask, Risk};
use super::told::{Name, Text, Told};
use super::venue::Instrument;
use sbe_schemas::journal as j;
use sbe_schemas::types::CxlRejReason as No;
use sbe_schemas::types::{
    Boolean, CancelCause, CxlRejResponseTo, OrdStatus, OrdType, Phase, SideCode,
};

/// What a cancel and a replace have in common.
#[derive(Clone, Copy)]
struct Change {
    session: usize,
    name: Name,
    orig: Name,
    target: Target,
    instrument: u32,
    side: SideCode,
    response_to: CxlRejResponseTo,
}

/// The new terms of a replace that is taken.
pub(crate) struct Terms {
    limit: i64,
    stop: Option<i64>,
    pub(crate) lots: i64,
    display: Option<i64>,
    pub(crate) loses_place: bool,
}

impl Oracle {
    /// Taken in every phase, and from blocked clients.
    pub(crate) fn on_cancel_order(&mut self, c: &j::CancelOrder) {
        let session = c.head.session.get() as usize - 1;
        let (name, orig) = (Text(c.cl_ord_id), Text(c.orig_cl_ord_id));
        let change = Change {
            session,
            name,
            orig,
            target: self.target(session, c.order_id.get(), orig),
            instrument: c.instrument.get(),
            side: c.side,
            response_to: CxlRejResponseTo::Cancel,
        };
        match self.find_changed(change) {
            Err(reason) => self.refuse(change, reason),
            Ok(slot) => {
                self.use_up(session, name, Ending::Else);
                self.end_on_request(slot, CancelCause::Client, Some(name));
            }
        }
    }

    pub(crate) fn on_replace_order(&mut self, c: &j::ReplaceOrder) {
        let session = c.head.session.get() as usize - 1;
        let (name, orig) = (Text(c.cl_ord_id), Text(c.orig_cl_ord_id));
        let change = Change {
            session,
            name,
            orig,
            target: self.target(session, c.order_id.get(), orig),
            instrument: c.instrument.get(),
            side: c.side,
            response_to: CxlRejResponseTo::Replace,
        };
        let found = self.find_changed(change);
        match found.and_then(|slot| Ok((slot, self.check_replace(slot, c)?))) {
            Err(reason) => self.refuse(change, reason),
            Ok((slot, terms)) => self.replace(slot, name, &terms),
        }
    }

    /// The first refusals of both: a used name, an order that is not there, another instrument or side.
    fn find_changed(&self, change: Change) -> Result<u32, No> {
        if self.is_used(change.session, change.name) {
            return Err(No::DuplicateClOrdId);
        }
        match change.target {
            Target::Unknown => Err(No::UnknownOrder),
            Target::Finished { .. } => Err(No::TooLateToCancel),
            Target::Open(slot) => {
                let order = self.order(slot);
                let same = change.instrument == order.instrument as u32 + 1
                    && change.side.known() == Some(order.side);
                if same { Ok(slot) } else { Err(No::NotChangeable) }
            }
        }
    }

    fn refuse(&mut self, change: Change, reason: No) {
        let (order_id, status) = match change.target {
            Target::Open(slot) => (self.order(slot).id, self.order(slot).status()),
            Target::Finished { id, status } => (id, status),
            Target::Unknown => (0, OrdStatus::Rejected),
        };
        self.tell(Told::CancelReject {
            session: change.session as u32 + 1,
            order_id,
            cl_ord_id: change.name,
            orig: change.orig,
            status,
            response_to: change.response_to,
            reason,
        });
    }

    /// For a generator that wants books to move.
    pub(crate) fn would_refuse_replace(&self, slot: u32, c: &j::ReplaceOrder) -> bool {
        self.check_replace(slot, c).is_err()
    }

    pub(crate) fn check_replace(&self, slot: u32, c: &j::ReplaceOrder) -> Result<Terms, No> {
        let order = self.order(slot);
        let i = &self.instruments[order.instrument];
        if !is_changeable(order, i, c) {
            return Err(No::NotChangeable);
        }
        match i.phase {
            Phase::Closed => return Err(No::ExchangeClosed),
            Phase::Halted => return Err(No::Halted),
            _ => {}
        }
        self.check_replace_blocks(order)?;
        let asked = Asked {
            instrument: order.instrument,
            ord_type: order.ord_type,
            time_in_force: order.time_in_force,
            conditions: order.conditions,
            is_iceberg: order.display.is_some(),
            has_min: false,
        };
        self.check_permitted(order.session, &asked).map_err(|denied| match denied {
            Denied::Instrument => No::NotPermittedInstrument,
            Denied::OrderType => No::NotPermittedOrderType,
        })?;
        let waits = order.place == Place::Trigger;
        let (price, stop) = check_prices(order, i, c, waits)?;
        let lots = check_order_qty(i, c)?;
        if lots <= order.filled {
            // Nothing else of it counts: the rest of the order is not wanted.
            let Order { limit, stop, filled: lots, display, .. } = *order;
            return Ok(Terms { limit, stop, lots, display, loses_place: true });
        }
        let display = check_display_qty(i, c, lots)?;
        if let Some(price) = price
            && price != order.limit
        {
            let collared = matches!(order.ord_type, OrdType::Limit | OrdType::MarketToLimit);
            if self.outside_band(order.instrument, price) {
                return Err(No::PriceOutsideBand);
            }
            if collared && self.through_collar(order.instrument, order.side, price) {
                return Err(No::PriceThroughCollar);
            }
        }
        let limit = price.unwrap_or_else(|| i.protected(order.side, stop));
        let kept_price = price.is_none_or(|price| price == order.limit);
        let same = kept_price && display == order.display && stop == order.stop;
        let loses_place = waits || !same || lots > order.lots || i.replace_loses_place;
        let limit = if loses_place {
            self.behind(order.instrument, order.side, order.conditions, limit)
                .ok_or(No::PostOnlyWouldTrade)?
        } else {
            limit
        };
        let ask = Ask {
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            limit,
            open: lots - order.filled,
            instead_of: Some(slot),
        };
        self.check_risk(ask).map_err(reason)?;
        Ok(Terms { limit, stop, lots, display, loses_place })
    }

    fn check_replace_blocks(&self, order: &Order) -> Result<(), No> {
        let [by_session, by_user, by_account, by_firm] = self.blocked(order.session, order.account);
        match () {
            () if by_session => Err(No::BlockedSession),
            () if by_user => Err(No::BlockedUser),
            () if by_account => Err(No::BlockedAccount),
            () if by_firm => Err(No::BlockedFirm),
            () => Ok(()),
        }
    }

    fn replace(&mut self, slot: u32, name: Name, terms: &Terms) {
        let at = self.order(slot).instrument;
        let orig = self.change(slot, name, terms);
        self.tell_replaced(slot, orig);
        if self.order(slot).open() == 0 {
            self.forget(slot, OrdStatus::Filled);
        } else if terms.loses_place {
            self.go(slot);
            self.look_at_stops(at);
        }
    }

    /// Gives an order its new terms; returns the name that it had.
    pub(crate) fn change(&mut self, slot: u32, name: Name, terms: &Terms) -> Name {
        if terms.loses_place {
            self.unrest(slot);
        }
        let rates = self.rates(self.order(slot).account);
        let order = self.order_mut(slot);
        let (orig, session, before) = (order.name, order.session, order.part);
        order.name = name;
        order.limit = terms.limit;
        order.stop = terms.stop;
        order.lots = terms.lots;
        order.display = terms.display;
        (order.maker_ppm, order.taker_ppm) = rates;
        order.refit();
        self.use_up(session, orig, Ending::Else);
        if !terms.loses_place {
            self.tell_reduced(slot, before);
        }
        orig
    }

    fn tell_replaced(&mut self, slot: u32, orig: Name) {
        let report = self.report(slot, self.order(slot).status());
        let order = self.order(slot);
        let i = &self.instruments[order.instrument];
        self.tell(Told::Replaced {
            session: order.session as u32 + 1,
            report,
            orig,
            leaves_qty: order.open() * i.lot,
            stop_px: order.stop.map(|stop| stop * i.tick),
            display_qty: order.display.map(|display| display * i.lot),
        });
    }
}

/// `NotChangeable`: type, time in force, StopPx and DisplayQty as §1.3 wants them.
fn is_changeable(order: &Order, i: &Instrument, c: &j::ReplaceOrder) -> bool {
    let stop_px = c.stop_px.get();
    let stop_fits = match order.stop {
        None => stop_px.is_none(),
        Some(_) if !order.triggered => stop_px.is_some(),
        Some(stop) => stop_px.is_none_or(|px| px == stop * i.tick),
    };
    c.ord_type.known() == Some(order.ord_type)
        && c.time_in_force.known() == Some(order.time_in_force)
        && c.unsupported.known() == Some(Boolean::False)
        && order.ord_type != OrdType::Market
        && stop_fits
        // A stop has no Price that could be changed.
        && (has_price(order.ord_type) || c.price.get().is_none())
        && c.display_qty.get().is_some() == order.display.is_some()
}

/// Price and StopPx in ticks; a triggered stop keeps its StopPx.
fn check_prices(
    order: &Order,
    i: &Instrument,
    c: &j::ReplaceOrder,
    waits: bool,
) -> Result<(Option<i64>, Option<i64>), No> {
    let ticks = |price: i64| i.ticks(price).ok_or(No::InvalidPriceIncrement);
    let price = match has_price(order.ord_type) {
        true => Some(ticks(c.price.get().ok_or(No::InvalidPriceIncrement)?)?),
        false => None,
    };
    let stop = match c.stop_px.get() {
        Some(stop) if waits && is_stop(order.ord_type) => Some(ticks(stop)?),
        _ => order.stop,
    };
    let above = |price: Option<i64>| price.is_some_and(|price| price > i.price_max);
    if above(price) || above(stop) { Err(No::PriceAboveMax) } else { Ok((price, stop)) }
}

fn check_order_qty(i: &Instrument, c: &j::ReplaceOrder) -> Result<i64, No> {
    let lots = i.lots(c.order_qty.get()).ok_or(No::IncorrectQuantity)?;
    if c.order_qty.get() > i.quantity_max { Err(No::QuantityTooLarge) } else { Ok(lots) }
}

fn check_display_qty(i: &Instrument, c: &j::ReplaceOrder, lots: i64) -> Result<Option<i64>, No> {
    let Some(qty) = c.display_qty.get() else { return Ok(None) };
    let display = i.lots(qty).filter(|display| *display <= lots);
    display.map(Some).ok_or(No::InvalidDisplayQty)
}

fn reason(risk: Risk) -> No {
    match risk {
        Risk::Notional => No::NotionalTooLarge,
        Risk::AccountOpenNotional => No::AccountOpenNotional,
        Risk::FirmOpenNotional => No::FirmOpenNotional,
        Risk::AccountPosition => No::AccountPosition,
        Risk::FirmPosition => No::FirmPosition,
        Risk::Balance => No::InsufficientBalance,
        Risk::AccountOpenOrders | Risk::FirmOpenOrders => unreachable!("not asked of a replace"),
    }
}

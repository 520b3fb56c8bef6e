//! §1.1: what is refused, in the order of the text; §1.2 up to the point where an order arrives.

use super::Oracle;
use super::order::{Order, Place, has_price, is_call, is_stop, opposite};
use super::permissions::{Asked, Denied};
use super::risk::{Ask, Risk};
use super::told::{Text, Told};
use super::venue::Instrument;
use sbe_schemas::journal as j;
use sbe_schemas::types::OrdRejReason as No;
use sbe_schemas::types::{
    BandAction, Boolean, Conditions, OrdStatus, OrdType, Phase, SelfTrade, Side, TimeInForce,
};

/// A new order in words that the venue knows.
struct Words {
    at: usize,
    side: Side,
    ord_type: OrdType,
    time_in_force: TimeInForce,
    conditions: Conditions,
    self_trade: SelfTrade,
}

/// All conditions that there are.
const KNOWN_CONDITIONS: u8 = 0b1111;

impl Oracle {
    pub(crate) fn on_new_order(&mut self, c: &j::NewOrder) {
        let session = c.head.session.get() as usize - 1;
        match self.check_new_order(session, c) {
            Ok(order) => self.accept(order, c),
            Err(reason) => {
                let exec_id = self.next_exec_id();
                self.tell(Told::Rejected {
                    session: session as u32 + 1,
                    exec_id,
                    cl_ord_id: Text(c.cl_ord_id),
                    account: Text(c.account),
                    price: c.price.get(),
                    order_qty: c.order_qty.get(),
                    terms: [c.side.0, c.ord_type.0, c.time_in_force.0],
                    reason,
                });
            }
        }
    }

    /// For a generator that wants books to fill.
    pub(crate) fn would_refuse(&self, session: usize, c: &j::NewOrder) -> bool {
        self.check_new_order(session, c).is_err()
    }

    /// §1.2.1.
    fn accept(&mut self, order: Order, c: &j::NewOrder) {
        let (session, at) = (order.session, order.instrument);
        let slot = self.take(order);
        let report = self.report(slot, OrdStatus::New);
        self.tell(Told::New {
            session: session as u32 + 1,
            report,
            stop_px: c.stop_px.get(),
            display_qty: c.display_qty.get(),
            min_qty: c.min_qty.get(),
            expire_time: c.expire_time.get(),
            conditions: c.conditions.0,
        });
        self.go(slot);
        self.look_at_stops(at);
    }

    /// An accepted order, before it does anything.
    pub(crate) fn take(&mut self, mut order: Order) -> u32 {
        let pair = (order.session, order.account);
        if !self.pairs.contains(&pair) {
            self.pairs.push(pair);
        }
        order.born = self.next_age();
        self.take_slot(order)
    }

    /// To where an accepted or replaced order belongs in this phase.
    pub(crate) fn go(&mut self, slot: u32) {
        let order = self.order(slot);
        let phase = self.instruments[order.instrument].phase;
        if order.is_stop() && !order.triggered {
            self.wait_for_trigger(slot);
        } else if order.time_in_force == TimeInForce::AtTheClose && phase != Phase::ClosingAuction {
            let age = self.next_age();
            let order = self.order_mut(slot);
            (order.place, order.age) = (Place::Close, age);
        } else if is_call(phase) {
            self.rest(slot);
        } else {
            self.arrive(slot);
        }
    }

    pub(crate) fn check_new_order(&self, session: usize, c: &j::NewOrder) -> Result<Order, No> {
        if self.is_used(session, Text(c.cl_ord_id)) {
            return Err(No::DuplicateOrder);
        }
        let at = self.instrument_at(c.instrument.get()).ok_or(No::UnknownSymbol)?;
        let i = &self.instruments[at];
        let words = words(at, c).ok_or(No::UnsupportedOrderCharacteristic)?;
        let s = &self.sessions[session];
        let name = if c.account == [0; 16] { s.account } else { c.account };
        let account = self.account_at(s.firm, name).ok_or(No::UnknownAccount)?;
        let (firm, user) = (c.party_firm.get(), c.party_user.get());
        if (firm != 0 && firm != s.firm) || (user != 0 && user != s.user) {
            return Err(No::PartyNotOwn);
        }
        self.check_blocks(session, account)?;
        let asked = Asked {
            instrument: at,
            ord_type: words.ord_type,
            time_in_force: words.time_in_force,
            conditions: words.conditions,
            is_iceberg: c.display_qty.get().is_some(),
            has_min: c.min_qty.get().is_some(),
        };
        self.check_permitted(session, &asked).map_err(|denied| match denied {
            Denied::Instrument => No::NotPermittedInstrument,
            Denied::OrderType => No::NotPermittedOrderType,
        })?;
        check_phase(i.phase, &words, c)?;
        let price = check_price(i, &words, c)?;
        let stop = check_stop(i, &words, c)?;
        let (lots, display, min) = check_quantities(i, c)?;
        if conflict(&words, display.is_some(), min.is_some()) {
            return Err(No::ConditionsConflict);
        }
        self.check_expire_time(&words, c.expire_time.get())?;
        let limit = self.check_market(&words, price, stop)?;
        let ask =
            Ask { account, instrument: at, side: words.side, limit, open: lots, instead_of: None };
        self.check_risk(ask).map_err(reason)?;
        Ok(Order {
            limit,
            stop,
            lots,
            display,
            min,
            ..self.blank_order(session, account, &words, c)
        })
    }

    /// A new order but for its prices and quantities.
    fn blank_order(&self, session: usize, account: usize, w: &Words, c: &j::NewOrder) -> Order {
        let (maker_ppm, taker_ppm) = self.rates(account);
        Order {
            id: 0,
            session,
            account,
            user: self.sessions[session].user,
            firm: self.sessions[session].firm,
            instrument: w.at,
            side: w.side,
            ord_type: w.ord_type,
            time_in_force: w.time_in_force,
            conditions: w.conditions,
            self_trade: w.self_trade,
            limit: 0,
            stop: None,
            triggered: false,
            lots: 0,
            filled: 0,
            display: None,
            min: None,
            expires: c.expire_time.get(),
            part: 0,
            place: Place::Arriving,
            age: 0,
            born: 0,
            paid: 0,
            maker_ppm,
            taker_ppm,
            name: Text(c.cl_ord_id),
        }
    }

    fn check_blocks(&self, session: usize, account: usize) -> Result<(), No> {
        let [by_session, by_user, by_account, by_firm] = self.blocked(session, account);
        match () {
            () if by_session => Err(No::BlockedSession),
            () if by_user => Err(No::BlockedUser),
            () if by_account => Err(No::BlockedAccount),
            () if by_firm => Err(No::BlockedFirm),
            () => Ok(()),
        }
    }

    fn check_expire_time(&self, w: &Words, expires: u64) -> Result<(), No> {
        match (w.time_in_force == TimeInForce::GoodTillDate, expires) {
            (false, 0) => Ok(()),
            (false, _) => Err(No::ExpireTimeNotAllowed),
            (true, 0) => Err(No::ExpireTimeMissing),
            (true, _) if expires <= self.now => Err(No::ExpireTimePast),
            (true, _) => Ok(()),
        }
    }

    /// From `PriceOutsideBand` to `PostOnlyWouldTrade`; the limit price that the order has (§1).
    fn check_market(&self, w: &Words, price: Option<i64>, stop: Option<i64>) -> Result<i64, No> {
        let i = &self.instruments[w.at];
        if price.is_some_and(|price| self.outside_band(w.at, price)) {
            return Err(No::PriceOutsideBand);
        }
        let is_limit = w.ord_type == OrdType::Limit;
        if is_limit && price.is_some_and(|price| self.through_collar(w.at, w.side, price)) {
            return Err(No::PriceThroughCollar);
        }
        let opposite_price = self.best(w.at, opposite(w.side));
        match w.ord_type {
            OrdType::MarketToLimit => opposite_price.ok_or(No::NoOppositePrice),
            OrdType::Stop => Ok(i.protected(w.side, stop)),
            // It trades in a call phase: what it meets now does not matter.
            OrdType::Market if w.time_in_force == TimeInForce::AtTheClose => Ok(i.extreme(w.side)),
            OrdType::Market if is_call(i.phase) => Ok(i.extreme(w.side)),
            OrdType::Market => Ok(i.protected(w.side, opposite_price)),
            OrdType::Limit | OrdType::StopLimit => {
                let price = price.expect("checked");
                let limit = self.behind(w.at, w.side, w.conditions, price);
                limit.ok_or(No::PostOnlyWouldTrade)
            }
        }
    }

    /// §5: with Reject, a price outside the static band.
    pub(crate) fn outside_band(&self, at: usize, price: i64) -> bool {
        let i = &self.instruments[at];
        let band = i.static_band().filter(|_| i.band_action == BandAction::Reject);
        band.is_some_and(|(low, high)| price < low || price > high)
    }

    /// §5: in continuous trading, further than the collar through the best opposite price.
    pub(crate) fn through_collar(&self, at: usize, side: Side, price: i64) -> bool {
        let i = &self.instruments[at];
        let Some(best) = self.best(at, opposite(side)) else { return false };
        let furthest = i.reach(side, best, i.collar_bps);
        let beyond = if side == Side::Buy { price > furthest } else { price < furthest };
        i.collar_bps > 0 && i.phase == Phase::Continuous && beyond
    }

    /// §1.2.2: `price`, or where a post-only order slides to; `None`: it is refused.
    pub(crate) fn behind(&self, at: usize, side: Side, c: Conditions, price: i64) -> Option<i64> {
        let slides = c.has(Conditions::POST_ONLY_SLIDE);
        let i = &self.instruments[at];
        if !(slides || c.has(Conditions::POST_ONLY)) || i.phase != Phase::Continuous {
            return Some(price);
        }
        let Some(best) = self.best(at, opposite(side)) else { return Some(price) };
        let (trades, next) = match side {
            Side::Buy => (price >= best, best - 1),
            Side::Sell => (price <= best, best + 1),
        };
        match trades {
            false => Some(price),
            true => Some(next).filter(|next| slides && *next >= 1 && *next <= i.price_max),
        }
    }
}

fn words(at: usize, c: &j::NewOrder) -> Option<Words> {
    let known =
        c.unsupported.known() == Some(Boolean::False) && c.conditions.0 & !KNOWN_CONDITIONS == 0;
    Some(Words {
        at,
        side: c.side.known()?,
        ord_type: c.ord_type.known()?,
        time_in_force: c.time_in_force.known()?,
        conditions: Some(c.conditions).filter(|_| known)?,
        self_trade: c.self_trade.known()?,
    })
}

fn is_post_only(w: &Words) -> bool {
    w.conditions.has(Conditions::POST_ONLY) || w.conditions.has(Conditions::POST_ONLY_SLIDE)
}

fn is_immediate(w: &Words) -> bool {
    matches!(w.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
}

fn is_for_an_auction(w: &Words) -> bool {
    matches!(w.time_in_force, TimeInForce::AtTheOpening | TimeInForce::AtTheClose)
}

/// §4.
fn check_phase(phase: Phase, w: &Words, c: &j::NewOrder) -> Result<(), No> {
    let opens = matches!(phase, Phase::PreOpen | Phase::OpeningAuction);
    let at_once = is_immediate(w) || is_post_only(w) || c.min_qty.get().is_some();
    match phase {
        Phase::Closed => Err(No::ExchangeClosed),
        Phase::Halted => Err(No::Halted),
        _ if w.time_in_force == TimeInForce::AtTheOpening && !opens => Err(No::TooLateToEnter),
        Phase::Continuous => Ok(()),
        _ if at_once || w.ord_type == OrdType::MarketToLimit => Err(No::NotInAuction),
        _ => Ok(()),
    }
}

fn check_price(i: &Instrument, w: &Words, c: &j::NewOrder) -> Result<Option<i64>, No> {
    let priced = has_price(w.ord_type) && w.ord_type != OrdType::MarketToLimit;
    checked_price(i, c.price.get(), priced, [No::PriceNotAllowed, No::PriceMissing])
}

fn check_stop(i: &Instrument, w: &Words, c: &j::NewOrder) -> Result<Option<i64>, No> {
    let errors = [No::StopPxNotAllowed, No::StopPxMissing];
    checked_price(i, c.stop_px.get(), is_stop(w.ord_type), errors)
}

fn checked_price(
    i: &Instrument,
    price: Option<i64>,
    wanted: bool,
    [not_allowed, missing]: [No; 2],
) -> Result<Option<i64>, No> {
    match (wanted, price) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(not_allowed),
        (true, None) => Err(missing),
        (true, Some(price)) => {
            let ticks = i.ticks(price).ok_or(No::InvalidPriceIncrement)?;
            if ticks > i.price_max { Err(No::PriceAboveMax) } else { Ok(Some(ticks)) }
        }
    }
}

type Quantities = (i64, Option<i64>, Option<i64>);

fn check_quantities(i: &Instrument, c: &j::NewOrder) -> Result<Quantities, No> {
    let lots = i.lots(c.order_qty.get()).ok_or(No::IncorrectQuantity)?;
    if c.order_qty.get() > i.quantity_max {
        return Err(No::OrderExceedsLimit);
    }
    let part = |qty: Option<i64>, error: No| match qty {
        None => Ok(None),
        Some(qty) => i.lots(qty).filter(|part| *part <= lots).map(Some).ok_or(error),
    };
    let display = part(c.display_qty.get(), No::InvalidDisplayQty)?;
    Ok((lots, display, part(c.min_qty.get(), No::InvalidMinQty)?))
}

/// `ConditionsConflict`, term by term as in §1.1.
fn conflict(w: &Words, has_display: bool, has_min: bool) -> bool {
    let post_only = is_post_only(w);
    let both =
        w.conditions.has(Conditions::POST_ONLY) && w.conditions.has(Conditions::POST_ONLY_SLIDE);
    let whole = w.conditions.has(Conditions::ALL_OR_NONE);
    let not_limit = w.ord_type != OrdType::Limit;
    let auction = is_for_an_auction(w);
    let displayed_market = matches!(w.ord_type, OrdType::Market | OrdType::Stop) || is_immediate(w);
    both || (post_only && (not_limit || is_immediate(w) || auction || whole || has_min))
        || (whole && (not_limit || has_display || has_min || auction))
        || (w.conditions.has(Conditions::HIDDEN) && has_display)
        || (has_display && displayed_market)
        || (has_min && (is_stop(w.ord_type) || auction))
        || (has_min && w.time_in_force == TimeInForce::FillOrKill)
        || (auction && (is_stop(w.ord_type) || w.ord_type == OrdType::MarketToLimit))
}

fn reason(risk: Risk) -> No {
    match risk {
        Risk::Notional => No::NotionalTooLarge,
        Risk::AccountOpenOrders => No::AccountOpenOrders,
        Risk::FirmOpenOrders => No::FirmOpenOrders,
        Risk::AccountOpenNotional => No::AccountOpenNotional,
        Risk::FirmOpenNotional => No::FirmOpenNotional,
        Risk::AccountPosition => No::AccountPosition,
        Risk::FirmPosition => No::FirmPosition,
        Risk::Balance => No::InsufficientBalance,
    }
}

//! Everything that can be said against a new order or a replace, in the order in which it is said.
//!
//! The first reason found is the answer (docs/rulebook.md §1.1 and §1.3). Nothing changes here; what
//! is accepted comes out as an [`Order`] with its limit price, whatever its type. Called by `trading.rs`.

use crate::book::{Kind, opposite};
use crate::claim::RiskReject;
use crate::engine::Engine;
use crate::instrument::{Instrument, is_call};
use crate::matching::{is_post_only, kind_of};
use crate::orders::{Order, Owner, Slot};
use crate::permissions::{terms_of, terms_of_open};
use crate::session::Blocked;
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    BandAction, Boolean, Conditions, CxlRejReason, Decimal8Null, OrdRejReason, OrdType, Phase,
    SelfTrade, SelfTradeCode, Side, TimeInForce,
};

/// An order that may be accepted.
pub(crate) struct Checked {
    pub(crate) order: Order,
    pub(crate) account: u32,
    /// `None`: it is the first order of its session and account.
    pub(crate) owner: Option<u32>,
    pub(crate) min_lots: i64,
}

/// What a replace may change, as it would be then.
pub(crate) struct Changed {
    pub(crate) ticks: u32,
    pub(crate) stop_ticks: u32,
    pub(crate) lots: i64,
    pub(crate) display_lots: i64,
    /// It only takes away.
    pub(crate) keeps_place: bool,
}

/// Words of a new order that the venue knows.
struct Words {
    side: Side,
    ord_type: OrdType,
    time_in_force: TimeInForce,
}

use OrdRejReason as R;

/// Conditions that the venue knows.
const CONDITIONS: u8 = Conditions::POST_ONLY.0
    | Conditions::POST_ONLY_SLIDE.0
    | Conditions::ALL_OR_NONE.0
    | Conditions::HIDDEN.0;

impl Engine {
    /// Whether session `at` may enter this order.
    pub(crate) fn check_new(&self, at: u32, new: &j::NewOrder) -> Result<Checked, R> {
        let instrument = new.instrument.get().checked_sub(1).ok_or(R::UnknownSymbol)?;
        let i = self.instruments.get(instrument as usize).ok_or(R::UnknownSymbol)?;
        let words = words_of(new).ok_or(R::UnsupportedOrderCharacteristic)?;
        let Words { side, ord_type, time_in_force } = words;
        let (account, owner) = self.stands_behind(at, &new.account).ok_or(R::UnknownAccount)?;
        let (firm, user) = (new.party_firm.get(), new.party_user.get());
        if firm | user != 0 && !self.are_own(at, firm, user) {
            return Err(R::PartyNotOwn);
        }
        if let Some(blocked) = self.blocked(at, account) {
            return Err(blocked.into());
        }
        if self.sessions[at as usize].restricted.any() {
            let (iceberg, min) = (new.display_qty.get().is_some(), new.min_qty.get().is_some());
            let terms = terms_of(ord_type, time_in_force, new.conditions, iceberg, min);
            self.permitted(at, instrument, terms)?;
        }
        check_phase(i.phase, &words, new)?;

        let price = price_of(i, &words, new.price)?;
        let stop_ticks = stop_px_of(i, ord_type, new.stop_px)?;
        let lots = i.lots(new.order_qty.get()).ok_or(R::IncorrectQuantity)?;
        if new.order_qty.get() > i.quantity_max {
            return Err(R::OrderExceedsLimit);
        }
        let part = |qty: Decimal8Null| match qty.get() {
            None => Some(0),
            Some(qty) => i.lots(qty).filter(|part| *part <= lots),
        };
        let display_lots = part(new.display_qty).ok_or(R::InvalidDisplayQty)?;
        let min_lots = part(new.min_qty).ok_or(R::InvalidMinQty)?;
        if conflict(&words, new.conditions, display_lots != 0, min_lots != 0) {
            return Err(R::ConditionsConflict);
        }
        let expire_time = new.expire_time.get();
        match (time_in_force == TimeInForce::GoodTillDate, expire_time) {
            (false, 0) => {}
            (false, _) => return Err(R::ExpireTimeNotAllowed),
            (true, 0) => return Err(R::ExpireTimeMissing),
            (true, time) if time <= self.now => return Err(R::ExpireTimePast),
            (true, _) => {}
        }
        let opposite = self.books.best_of(instrument, opposite(side));
        if price.is_some_and(|ticks| is_outside_band(i, ticks)) {
            return Err(R::PriceOutsideBand);
        }
        if ord_type == OrdType::Limit && is_through_collar(i, side, price, opposite) {
            return Err(R::PriceThroughCollar);
        }
        let ticks = match ord_type {
            OrdType::Limit | OrdType::StopLimit => price.ok_or(R::PriceMissing)?,
            OrdType::MarketToLimit => opposite.ok_or(R::NoOppositePrice)?,
            OrdType::Stop => i.protected(side, Some(stop_ticks)),
            OrdType::Market
                if i.phase != Phase::Continuous || time_in_force == TimeInForce::AtTheClose =>
            {
                i.extreme(side)
            }
            OrdType::Market => i.protected(side, opposite),
        };
        let ticks = post_only_price(i, side, ticks, new.conditions, opposite)
            .ok_or(R::PostOnlyWouldTrade)?;

        let claim = self.risk.claim(account, instrument, side, i64::from(ticks), lots);
        self.risk.check_new(&claim).map_err(RiskReject::of_new)?;
        let order = Order {
            lots,
            expire_time,
            ticks,
            stop_ticks,
            display_lots,
            instrument,
            maker_ppm: claim.maker_ppm,
            taker_ppm: claim.taker_ppm,
            side,
            ord_type,
            time_in_force,
            conditions: new.conditions,
            self_trade: self.self_trade_of(at, new.self_trade),
            capacity: new.capacity,
            parties: new.parties,
            ..Order::BLANK
        };
        let room = self.books.has_room()
            && self.ids.has_room(1)
            && (owner.is_some() || self.owners.has_room())
            && (!may_stay(&order, i.phase) || self.has_price_room(&order, ticks));
        if !room {
            return Err(R::CapacityReached);
        }
        Ok(Checked { order, account, owner, min_lots })
    }

    /// The account that session `at` means; empty: its own.
    pub(crate) fn account_of(&self, at: u32, name: &[u8; 16]) -> Option<u32> {
        self.stands_behind(at, name).map(|(account, _)| account)
    }

    /// The account that session `at` means, and the two as an owner, if they are one already.
    fn stands_behind(&self, at: u32, name: &[u8; 16]) -> Option<(u32, Option<u32>)> {
        let session = &self.sessions[at as usize];
        let own = session.own?;
        let Owner { account, name: own_name, .. } = *self.owners.get(own);
        if *name == [0; 16] || *name == own_name {
            return Some((account, Some(own)));
        }
        let account = self.risk.find_account(session.firm, name)?;
        Some((account, self.owners.find(at, account)))
    }

    /// Firm and user are those of session `at`; 0: it is not said.
    pub(crate) fn are_own(&self, at: u32, firm: u32, user: u32) -> bool {
        let s = &self.sessions[at as usize];
        (firm == 0 || firm == s.firm) && (user == 0 || user == s.user)
    }

    /// Who is blocked of those that stand behind an order.
    fn blocked(&self, at: u32, account: u32) -> Option<Blocked> {
        let session = self.sessions[at as usize].blocked();
        session.or_else(|| {
            if self.risk.blocked_account(account) {
                Some(Blocked::Account)
            } else {
                self.risk.blocked_firm(account).then_some(Blocked::Firm)
            }
        })
    }

    /// What session `at` means by a mode.
    pub(crate) fn self_trade_of(&self, at: u32, mode: SelfTradeCode) -> SelfTrade {
        match mode.known() {
            Some(SelfTrade::SessionDefault) | None => self.sessions[at as usize].self_trade,
            Some(mode) => mode,
        }
    }

    /// There is room for its price, and for its StopPx while it waits there.
    fn has_price_room(&self, order: &Order, ticks: u32) -> bool {
        let Order { instrument: at, side, stop_ticks, .. } = *order;
        let stop =
            !order.is_waiting_stop() || self.books.has_price_room(at, Kind::Stop, side, stop_ticks);
        let waits = order.time_in_force != TimeInForce::AtTheClose
            || self.books.has_price_room(at, Kind::Waiting, side, ticks);
        stop && waits && self.books.has_price_room(at, kind_of(order.conditions), side, ticks)
    }

    /// Whether the order in `slot` may be replaced like this.
    pub(crate) fn check_replace(
        &self,
        at: u32,
        slot: Slot,
        r: &j::ReplaceOrder,
    ) -> Result<Changed, CxlRejReason> {
        use CxlRejReason as C;
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        if !same_terms(i, order, r) {
            return Err(C::NotChangeable);
        }
        match i.phase {
            Phase::Closed => return Err(C::ExchangeClosed),
            Phase::Halted => return Err(C::Halted),
            _ => {}
        }
        let account = self.owners.get(order.owner).account;
        if let Some(blocked) = self.blocked(at, account) {
            return Err(blocked.into());
        }
        if self.sessions[at as usize].restricted.any() {
            self.permitted(at, order.instrument, terms_of_open(order))?;
        }
        let (price, stop_ticks) = self.replaced_prices(order, r)?;
        let qty = r.order_qty.get();
        let lots = i.lots(qty).ok_or(C::IncorrectQuantity)?;
        if qty > i.quantity_max {
            return Err(C::QuantityTooLarge);
        }
        if lots <= order.filled_lots {
            let room = self.ids.has_room(1);
            return if room { Ok(nothing_left(order)) } else { Err(C::CapacityReached) };
        }
        let display_lots = match r.display_qty.get() {
            None => 0,
            Some(qty) => i.lots(qty).filter(|d| *d <= lots).ok_or(C::InvalidDisplayQty)?,
        };
        let opposite = self.books.best_of(order.instrument, opposite(order.side));
        if let Some(ticks) = price.filter(|ticks| *ticks != order.ticks) {
            if is_outside_band(i, ticks) {
                return Err(C::PriceOutsideBand);
            }
            let limit = matches!(order.ord_type, OrdType::Limit | OrdType::MarketToLimit);
            if limit && is_through_collar(i, order.side, price, opposite) {
                return Err(C::PriceThroughCollar);
            }
        }
        let ticks = price.unwrap_or_else(|| i.protected(order.side, Some(stop_ticks)));
        let keeps_place = !order.is_waiting_stop()
            && !i.replace_loses_place
            && (ticks, display_lots) == (order.ticks, order.display_lots)
            && lots <= order.lots;
        let ticks = match keeps_place || i.phase != Phase::Continuous {
            true => ticks,
            false => post_only_price(i, order.side, ticks, order.conditions, opposite)
                .ok_or(C::PostOnlyWouldTrade)?,
        };

        let old = self.claim_of(order);
        let open = lots - order.filled_lots;
        let new = self.risk.claim(account, order.instrument, order.side, i64::from(ticks), open);
        self.risk.check_replace(&old, &new).map_err(RiskReject::of_replace)?;
        let order = Order { stop_ticks, ..*order };
        let room = self.ids.has_room(1) && self.has_price_room(&order, ticks);
        let changed = Changed { ticks, stop_ticks, lots, display_lots, keeps_place };
        if room { Ok(changed) } else { Err(C::CapacityReached) }
    }

    /// Price and StopPx that a replace asks for. No price: a stop's follows from its StopPx.
    fn replaced_prices(
        &self,
        order: &Order,
        r: &j::ReplaceOrder,
    ) -> Result<(Option<u32>, u32), CxlRejReason> {
        let i = &self.instruments[order.instrument as usize];
        let ticks = |price: Option<i64>| {
            let ticks =
                price.and_then(|p| i.ticks(p)).ok_or(CxlRejReason::InvalidPriceIncrement)?;
            let ticks = u32::try_from(ticks).ok().filter(|ticks| *ticks <= i.ticks_max);
            ticks.ok_or(CxlRejReason::PriceAboveMax)
        };
        let price = match order.ord_type {
            OrdType::Stop => None,
            _ => Some(ticks(r.price.get())?),
        };
        let stop_ticks = match r.stop_px.get() {
            None => order.stop_ticks,
            stop_px => ticks(stop_px)?,
        };
        Ok((price, stop_ticks))
    }
}

fn words_of(new: &j::NewOrder) -> Option<Words> {
    let known = new.unsupported.known()? == Boolean::False
        && new.self_trade.known().is_some()
        && new.conditions.0 & !CONDITIONS == 0;
    let words = Words {
        side: new.side.known()?,
        ord_type: new.ord_type.known()?,
        time_in_force: new.time_in_force.known()?,
    };
    known.then_some(words)
}

fn check_phase(phase: Phase, words: &Words, new: &j::NewOrder) -> Result<(), R> {
    match phase {
        Phase::Closed => return Err(R::ExchangeClosed),
        Phase::Halted => return Err(R::Halted),
        _ => {}
    }
    let opening = matches!(phase, Phase::PreOpen | Phase::OpeningAuction);
    if words.time_in_force == TimeInForce::AtTheOpening && !opening {
        return Err(R::TooLateToEnter);
    }
    let at_once = ends_at_once(words.time_in_force)
        || is_post_only(new.conditions)
        || new.min_qty.get().is_some()
        || words.ord_type == OrdType::MarketToLimit;
    if is_call(phase) && at_once { Err(R::NotInAuction) } else { Ok(()) }
}

fn price_of(i: &Instrument, words: &Words, price: Decimal8Null) -> Result<Option<u32>, R> {
    match (words.ord_type, price.get()) {
        (OrdType::Limit | OrdType::StopLimit, None) => Err(R::PriceMissing),
        (OrdType::Limit | OrdType::StopLimit, Some(price)) => ticks_of(i, price).map(Some),
        (_, Some(_)) => Err(R::PriceNotAllowed),
        (_, None) => Ok(None),
    }
}

/// 0: the order has none.
fn stop_px_of(i: &Instrument, ord_type: OrdType, stop_px: Decimal8Null) -> Result<u32, R> {
    match (ord_type, stop_px.get()) {
        (OrdType::Stop | OrdType::StopLimit, None) => Err(R::StopPxMissing),
        (OrdType::Stop | OrdType::StopLimit, Some(stop_px)) => ticks_of(i, stop_px),
        (_, Some(_)) => Err(R::StopPxNotAllowed),
        (_, None) => Ok(0),
    }
}

fn ticks_of(i: &Instrument, price: i64) -> Result<u32, R> {
    let ticks = i.ticks(price).ok_or(R::InvalidPriceIncrement)?;
    let ticks = u32::try_from(ticks).ok().filter(|ticks| *ticks <= i.ticks_max);
    ticks.ok_or(R::PriceAboveMax)
}

/// Terms that exclude each other (docs/rulebook.md §1.1).
fn conflict(words: &Words, conditions: Conditions, display: bool, min_qty: bool) -> bool {
    use TimeInForce::{AtTheClose, AtTheOpening, FillOrKill};
    let Words { ord_type, time_in_force, .. } = *words;
    let has = |condition| conditions.has(condition);
    let ends = ends_at_once(time_in_force);
    let auction = matches!(time_in_force, AtTheOpening | AtTheClose);
    let stop = matches!(ord_type, OrdType::Stop | OrdType::StopLimit);
    let limit = ord_type == OrdType::Limit;
    let (whole, post_only) = (has(Conditions::ALL_OR_NONE), is_post_only(conditions));
    (has(Conditions::POST_ONLY) && has(Conditions::POST_ONLY_SLIDE))
        || (post_only && (!limit || ends || auction || whole || min_qty))
        || (whole && (!limit || display || min_qty || auction))
        || (has(Conditions::HIDDEN) && display)
        || (display && (matches!(ord_type, OrdType::Market | OrdType::Stop) || ends))
        || (min_qty && (stop || auction || time_in_force == FillOrKill))
        || (auction && (stop || ord_type == OrdType::MarketToLimit))
}

fn ends_at_once(time_in_force: TimeInForce) -> bool {
    matches!(time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
}

fn is_outside_band(i: &Instrument, ticks: u32) -> bool {
    let outside = |(low, high): (u32, u32)| !(low..=high).contains(&ticks);
    i.bands.action == BandAction::Reject && i.static_band().is_some_and(outside)
}

fn is_through_collar(
    i: &Instrument,
    side: Side,
    price: Option<u32>,
    opposite: Option<u32>,
) -> bool {
    let (Some(price), Some(opposite)) = (price, opposite) else { return false };
    if i.bands.collar_bps == 0 || i.phase != Phase::Continuous {
        return false;
    }
    let furthest = i.through(side, opposite, i.bands.collar_bps);
    match side {
        Side::Buy => price > furthest,
        Side::Sell => price < furthest,
    }
}

/// The limit of an order that must not trade at once, moved behind the other side if it slides.
/// `None`: there is no such price.
fn post_only_price(
    i: &Instrument,
    side: Side,
    ticks: u32,
    conditions: Conditions,
    opposite: Option<u32>,
) -> Option<u32> {
    let Some(opposite) = opposite.filter(|_| is_post_only(conditions)) else { return Some(ticks) };
    let (trades, behind) = match side {
        Side::Buy => (ticks >= opposite, opposite - 1),
        Side::Sell => (ticks <= opposite, opposite + 1),
    };
    let slides = conditions.has(Conditions::POST_ONLY_SLIDE);
    match trades {
        false => Some(ticks),
        true if slides && (1..=i.ticks_max).contains(&behind) => Some(behind),
        true => None,
    }
}

/// A replace to what is filled, or less: the rest of the order is not wanted, and nothing else changes. FIX 4.4
/// vol. 4, "Order State Change Matrices": "order qty is amended to cum qty".
fn nothing_left(order: &Order) -> Changed {
    Changed {
        ticks: order.ticks,
        stop_ticks: order.stop_ticks,
        lots: order.filled_lots,
        display_lots: order.display_lots,
        keeps_place: false,
    }
}

/// A replace names these as they are.
fn same_terms(i: &Instrument, order: &Order, r: &j::ReplaceOrder) -> bool {
    let stop_px = r.stop_px.get();
    let stop_fits = match (order.stop_ticks != 0, order.triggered) {
        (true, false) => stop_px.is_some(),
        (true, true) => stop_px.is_none_or(|px| px == i.price(order.stop_ticks)),
        (false, _) => stop_px.is_none(),
    };
    r.ord_type.known() == Some(order.ord_type)
        && r.time_in_force.known() == Some(order.time_in_force)
        && r.unsupported.known() == Some(Boolean::False)
        && order.ord_type != OrdType::Market
        && (order.ord_type != OrdType::Stop || r.price.get().is_none())
        && stop_fits
        && r.display_qty.get().is_some() == (order.display_lots != 0)
}

/// It may come to rest somewhere.
fn may_stay(order: &Order, phase: Phase) -> bool {
    let at_once = ends_at_once(order.time_in_force) || order.is_market();
    let waits = order.stop_ticks != 0 || order.time_in_force == TimeInForce::AtTheClose;
    waits || !at_once || phase != Phase::Continuous
}

impl From<Blocked> for OrdRejReason {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::Session => Self::BlockedSession,
            Blocked::User => Self::BlockedUser,
            Blocked::Account => Self::BlockedAccount,
            Blocked::Firm => Self::BlockedFirm,
        }
    }
}

impl From<Blocked> for CxlRejReason {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::Session => Self::BlockedSession,
            Blocked::User => Self::BlockedUser,
            Blocked::Account => Self::BlockedAccount,
            Blocked::Firm => Self::BlockedFirm,
        }
    }
}

//! Orders: taken, changed, ended, asked about. What a client's message means for an order, and what
//! it is told.
//!
//! Called by `session.rs` once a message counts and its verdict is fine. Next: `matching.rs`.

use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{ClOrdId, Id, Meaning, Outcome};
use crate::instrument::average;
use crate::matching::{limit, may_rest};
use crate::orders::{Order, OrderId, Slot, new_order};
use crate::session::Inbound;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CancelCause, CxlRejReason, CxlRejResponseTo, Decimal8, Decimal8Null, EventFlags,
    OrdRejReason, OrdStatus, OrdType, Side, TimeInForce,
};

/// A new order or replacement whose terms have been checked.
struct Terms {
    instrument: u32,
    ord_type: OrdType,
    ticks: i64,
    lots: i64,
}

/// Which order a cancel, replace or status request means.
enum Target {
    Open(Slot),
    Finished(Outcome),
    Unknown,
}

impl Engine {
    pub(crate) fn on_new_order<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let new = *m.get::<j::NewOrder>();
        if let Some(id) = self.ids.find(at, &new.cl_ord_id) {
            if m.poss_resend() && self.tell_status(at, id, &new.cl_ord_id, true, sink) {
                return;
            }
            return self.reject_order(at, &new, OrdRejReason::DuplicateOrder, sink);
        }
        let (side, terms, time_in_force) = match self.check_new_order(&new) {
            Ok(checked) => checked,
            Err(reason) => return self.reject_order(at, &new, reason, sink),
        };
        let s = &self.sessions[at as usize];
        let account = if new.account == [0; 16] { s.account } else { new.account };
        let id = self.ids.insert(at, &new.cl_ord_id, Meaning::Open(OrderId(0)));
        let Terms { instrument, ord_type, ticks, lots } = terms;
        let order = new_order(
            at,
            instrument,
            side,
            ord_type,
            time_in_force,
            ticks,
            lots,
            account,
            s.user,
            id,
        );
        let slot = self.orders.insert(order, &mut self.sessions[at as usize].orders);
        let order = *self.orders.get(slot);
        self.ids.set(id, Meaning::Open(order.id));

        let i = &self.instruments[instrument as usize];
        let report = oe::ExecutionReportNew {
            order_id: order.id.0.into(),
            exec_id: self.exec_id.into(),
            received: self.received.into(),
            cl_ord_id: new.cl_ord_id,
            account,
            instrument: (instrument + 1).into(),
            user: order.user.into(),
            price: limit(i, &order),
            order_qty: Decimal8::new(i.qty(lots)),
            side: side.into(),
            ord_type: ord_type.into(),
            time_in_force: time_in_force.into(),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            expire_time: 0.into(),
            conditions: sbe_schemas::types::Conditions::EMPTY,
        };
        self.exec_id += 1;
        self.report(at, &report, EventFlags::EMPTY, sink);
        self.start_matching(slot, sink);
    }

    /// Everything that can be said against a new order, in the order in which it is said.
    fn check_new_order(
        &self,
        new: &j::NewOrder,
    ) -> Result<(Side, Terms, TimeInForce), OrdRejReason> {
        let at = new.instrument.get().checked_sub(1).ok_or(OrdRejReason::UnknownSymbol)?;
        let i = self.instruments.get(at as usize).ok_or(OrdRejReason::UnknownSymbol)?;
        let unsupported = OrdRejReason::UnsupportedOrderCharacteristic;
        let side = new.side.known().ok_or(unsupported)?;
        let ord_type = new.ord_type.known().ok_or(unsupported)?;
        let time_in_force = new.time_in_force.known().ok_or(unsupported)?;
        if new.unsupported.known() != Some(Boolean::False) {
            return Err(unsupported);
        }
        let ticks = match (ord_type, new.price.get()) {
            (OrdType::Market, None) => 0,
            (OrdType::Market, Some(_)) => return Err(OrdRejReason::PriceNotAllowed),
            (OrdType::Stop | OrdType::StopLimit | OrdType::MarketToLimit, _) => {
                return Err(unsupported);
            }
            (OrdType::Limit, None) => return Err(OrdRejReason::PriceMissing),
            (OrdType::Limit, Some(p)) => i.ticks(p).ok_or(OrdRejReason::InvalidPriceIncrement)?,
        };
        let qty = new.order_qty.get();
        let lots = i.lots(qty).ok_or(OrdRejReason::IncorrectQuantity)?;
        if qty > i.quantity_max {
            return Err(OrdRejReason::OrderExceedsLimit);
        }
        let rests = ord_type == OrdType::Limit && may_rest(time_in_force);
        let book = &self.books[at as usize];
        if !self.orders.has_room()
            || !self.ids.has_room(1)
            || (rests && !book.has_room(&self.levels, side, ticks))
        {
            return Err(OrdRejReason::CapacityReached);
        }
        Ok((side, Terms { instrument: at, ord_type, ticks, lots }, time_in_force))
    }

    fn reject_order<S: Sink>(
        &mut self,
        at: u32,
        new: &j::NewOrder,
        reason: OrdRejReason,
        sink: &mut S,
    ) {
        let reject = oe::ExecutionReportRejected {
            exec_id: self.exec_id.into(),
            cl_ord_id: new.cl_ord_id,
            account: new.account,
            symbol: new.symbol,
            price: new.price,
            order_qty: new.order_qty,
            side: new.side,
            ord_type: new.ord_type,
            time_in_force: new.time_in_force,
            reason: reason.into(),
        };
        self.exec_id += 1;
        self.report(at, &reject, EventFlags::EMPTY, sink);
    }

    pub(crate) fn on_cancel_order<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let c = *m.get::<j::CancelOrder>();
        let reject = CancelRejected {
            cl_ord_id: c.cl_ord_id,
            orig_cl_ord_id: c.orig_cl_ord_id,
            response_to: CxlRejResponseTo::Cancel,
        };
        let target = self.target(at, c.order_id.get(), &c.orig_cl_ord_id);
        let checked = self.check_change(
            at,
            &m,
            &c.cl_ord_id,
            &target,
            c.instrument.get(),
            c.side.known(),
            sink,
        );
        match checked {
            Changed::Told => {}
            Changed::Refused(reason) => self.reject_cancel(at, reject, &target, reason, sink),
            Changed::Go(slot) => {
                // Before the order's own name: a name never outlives the one it leads to.
                self.use_up(at, &c.cl_ord_id, self.orders.get(slot).cl_ord_id);
                let cause = CancelCause::Client;
                self.end_order(slot, OrdStatus::Canceled, cause, Some(&c.cl_ord_id), sink);
            }
        }
    }

    pub(crate) fn on_replace_order<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let r = *m.get::<j::ReplaceOrder>();
        let reject = CancelRejected {
            cl_ord_id: r.cl_ord_id,
            orig_cl_ord_id: r.orig_cl_ord_id,
            response_to: CxlRejResponseTo::Replace,
        };
        let target = self.target(at, r.order_id.get(), &r.orig_cl_ord_id);
        let checked = self.check_change(
            at,
            &m,
            &r.cl_ord_id,
            &target,
            r.instrument.get(),
            r.side.known(),
            sink,
        );
        let slot = match checked {
            Changed::Told => return,
            Changed::Refused(reason) => {
                return self.reject_cancel(at, reject, &target, reason, sink);
            }
            Changed::Go(slot) => slot,
        };
        match self.check_replace(slot, &r) {
            Ok((ticks, lots)) => self.replace(slot, &r.cl_ord_id, ticks, lots, sink),
            Err(reason) => self.reject_cancel(at, reject, &target, reason, sink),
        }
    }

    /// What cancel and replace have in common: PossResend, a used name, an order that is there.
    #[expect(clippy::too_many_arguments, reason = "the fields that both messages share")]
    fn check_change<S: Sink>(
        &mut self,
        at: u32,
        m: &Inbound<'_>,
        name: &ClOrdId,
        target: &Target,
        instrument: u32,
        side: Option<Side>,
        sink: &mut S,
    ) -> Changed {
        if let Some(id) = self.ids.find(at, name) {
            if m.poss_resend() && self.tell_status(at, id, name, true, sink) {
                return Changed::Told;
            }
            return Changed::Refused(CxlRejReason::DuplicateClOrdId);
        }
        match *target {
            Target::Unknown => Changed::Refused(CxlRejReason::UnknownOrder),
            Target::Finished(_) => Changed::Refused(CxlRejReason::TooLateToCancel),
            Target::Open(slot) => {
                let order = self.orders.get(slot);
                if instrument != order.instrument + 1 || side != Some(order.side) {
                    return Changed::Refused(CxlRejReason::NotChangeable);
                }
                Changed::Go(slot)
            }
        }
    }

    fn check_replace(&self, slot: Slot, r: &j::ReplaceOrder) -> Result<(i64, i64), CxlRejReason> {
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        if r.ord_type.known() != Some(order.ord_type)
            || r.time_in_force.known() != Some(order.time_in_force)
            || r.unsupported.known() != Some(Boolean::False)
        {
            return Err(CxlRejReason::NotChangeable);
        }
        let price = r.price.get().ok_or(CxlRejReason::InvalidPriceIncrement)?;
        let ticks = i.ticks(price).ok_or(CxlRejReason::InvalidPriceIncrement)?;
        let qty = r.order_qty.get();
        let lots = i.lots(qty).ok_or(CxlRejReason::IncorrectQuantity)?;
        if lots <= order.filled_lots {
            return Err(CxlRejReason::IncorrectQuantity);
        }
        if qty > i.quantity_max {
            return Err(CxlRejReason::QuantityTooLarge);
        }
        let book = &self.books[order.instrument as usize];
        if !self.ids.has_room(1) || !book.has_room(&self.levels, order.side, ticks) {
            return Err(CxlRejReason::CapacityReached);
        }
        Ok((ticks, lots))
    }

    /// Less quantity at the same price keeps the place; more quantity or another price loses it.
    fn replace<S: Sink>(
        &mut self,
        slot: Slot,
        name: &ClOrdId,
        ticks: i64,
        lots: i64,
        sink: &mut S,
    ) {
        let before = *self.orders.get(slot);
        let keeps_place = ticks == before.ticks && lots <= before.lots;
        if !keeps_place {
            self.unrest(slot, sink);
        }
        let id = self.ids.insert(before.session, name, Meaning::Open(before.id));
        let owner = &mut self.sessions[before.session as usize];
        let used = Meaning::Used { successor: id };
        let old_name = *self.ids.name(before.cl_ord_id);
        self.ids.finish(before.cl_ord_id, used, &mut owner.finished);
        let order = self.orders.get_mut(slot);
        (order.ticks, order.lots, order.cl_ord_id) = (ticks, lots, id);
        let after = *order;
        if keeps_place {
            self.reduce(&before, &after, sink);
        }
        self.report_replaced(&after, old_name, sink);
        if !keeps_place {
            self.tasks.matching = Some(slot);
        }
    }

    fn report_replaced<S: Sink>(&mut self, order: &Order, orig_cl_ord_id: ClOrdId, sink: &mut S) {
        let i = self.instruments[order.instrument as usize];
        let report = oe::ExecutionReportReplaced {
            order_id: order.id.0.into(),
            exec_id: self.exec_id.into(),
            cl_ord_id: *self.ids.name(order.cl_ord_id),
            orig_cl_ord_id,
            account: order.account,
            instrument: (order.instrument + 1).into(),
            user: order.user.into(),
            price: limit(&i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(order.open_lots())),
            avg_px: Decimal8::new(average(order.notional, order.filled_lots)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: order.status().into(),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
        };
        self.exec_id += 1;
        self.report(order.session, &report, EventFlags::EMPTY, sink);
    }

    fn reject_cancel<S: Sink>(
        &mut self,
        at: u32,
        rejected: CancelRejected,
        target: &Target,
        reason: CxlRejReason,
        sink: &mut S,
    ) {
        let (order_id, status) = match target {
            Target::Open(slot) => {
                let order = self.orders.get(*slot);
                (order.id.0, order.status())
            }
            Target::Finished(outcome) => (outcome.order_id.0, outcome.status),
            Target::Unknown => (0, OrdStatus::Rejected),
        };
        let reject = oe::CancelReject {
            order_id: order_id.into(),
            cl_ord_id: rejected.cl_ord_id,
            orig_cl_ord_id: rejected.orig_cl_ord_id,
            ord_status: status.into(),
            response_to: rejected.response_to.into(),
            reason: reason.into(),
        };
        self.report(at, &reject, EventFlags::EMPTY, sink);
    }

    pub(crate) fn on_order_status<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let q = *m.get::<j::OrderStatusRequest>();
        let told = match self.target(at, q.order_id.get(), &q.cl_ord_id) {
            Target::Open(slot) => Some(outcome_of_open(self.orders.get(slot))),
            Target::Finished(outcome) => Some(outcome),
            Target::Unknown => None,
        };
        match told {
            Some(outcome) => self.report_status(at, &q.cl_ord_id, &outcome, false, sink),
            None => {
                let unknown = oe::StatusUnknownOrder {
                    cl_ord_id: q.cl_ord_id,
                    symbol: q.symbol,
                    side: q.side,
                };
                self.report(at, &unknown, EventFlags::EMPTY, sink);
            }
        }
    }

    /// Answers a known name from the state of its order. `false`: that order is forgotten.
    fn tell_status<S: Sink>(
        &mut self,
        at: u32,
        id: Id,
        name: &ClOrdId,
        poss_resend: bool,
        sink: &mut S,
    ) -> bool {
        let Some(outcome) = self.state_of(id) else { return false };
        self.report_status(at, name, &outcome, poss_resend, sink);
        true
    }

    fn report_status<S: Sink>(
        &mut self,
        at: u32,
        name: &ClOrdId,
        o: &Outcome,
        poss_resend: bool,
        sink: &mut S,
    ) {
        let i = self.instruments[o.instrument as usize];
        let open = match o.status {
            OrdStatus::New | OrdStatus::PartiallyFilled => o.lots - o.filled_lots,
            _ => 0,
        };
        let price = (o.ord_type == OrdType::Limit).then(|| i.price(o.ticks));
        let report = oe::ExecutionReportStatus {
            order_id: o.order_id.0.into(),
            cl_ord_id: *name,
            account: o.account,
            instrument: (o.instrument + 1).into(),
            user: o.user.into(),
            price: Decimal8Null::new(price),
            order_qty: Decimal8::new(i.qty(o.lots)),
            cum_qty: Decimal8::new(i.qty(o.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(open)),
            avg_px: Decimal8::new(o.average),
            side: o.side.into(),
            ord_type: o.ord_type.into(),
            time_in_force: o.time_in_force.into(),
            ord_status: o.status.into(),
        };
        let flags = if poss_resend { EventFlags::POSS_RESEND } else { EventFlags::EMPTY };
        self.report(at, &report, flags, sink);
    }

    /// By OrderID where the client gives one, by its name otherwise.
    fn target(&self, at: u32, order_id: u64, name: &ClOrdId) -> Target {
        if order_id != 0
            && let Some(slot) = self.orders.find(OrderId(order_id))
        {
            let mine = self.orders.get(slot).session == at;
            return if mine { Target::Open(slot) } else { Target::Unknown };
        }
        let Some(id) = self.ids.find(at, name) else { return Target::Unknown };
        match self.ids.meaning(id) {
            Meaning::Open(order) => match self.orders.find(order) {
                Some(slot) if order_id == 0 || order.0 == order_id => Target::Open(slot),
                _ => Target::Unknown,
            },
            Meaning::Finished(outcome) => Target::Finished(outcome),
            // The name before a replace is not the order's name any more.
            Meaning::Used { .. } => Target::Unknown,
        }
    }

    /// The order behind a name, however old the name is.
    fn state_of(&self, mut id: Id) -> Option<Outcome> {
        // A chain of replaces, one link each; all links are younger than the name before them, so
        // none has been forgotten. The bound is the rule that nothing here is unbounded.
        for _ in 0..1024 {
            match self.ids.meaning(id) {
                Meaning::Open(order) => {
                    return Some(outcome_of_open(self.orders.get(self.orders.find(order)?)));
                }
                Meaning::Finished(outcome) => return Some(outcome),
                Meaning::Used { successor } => id = successor,
            }
        }
        None
    }

    /// The name of a cancel request: unique like any other. When there is no room it is not kept:
    /// a cancel must never fail for want of memory.
    fn use_up(&mut self, at: u32, name: &ClOrdId, successor: Id) {
        if self.ids.has_room(1) {
            let used = Meaning::Used { successor };
            let id = self.ids.insert(at, name, used);
            self.ids.finish(id, used, &mut self.sessions[at as usize].finished);
        }
    }
}

struct CancelRejected {
    cl_ord_id: ClOrdId,
    orig_cl_ord_id: ClOrdId,
    response_to: CxlRejResponseTo,
}

enum Changed {
    /// Answered already.
    Told,
    Refused(CxlRejReason),
    Go(Slot),
}

fn outcome_of_open(order: &Order) -> Outcome {
    outcome_of(order, order.status())
}

pub(crate) fn outcome_of(order: &Order, status: OrdStatus) -> Outcome {
    Outcome {
        order_id: order.id,
        instrument: order.instrument,
        user: order.user,
        side: order.side,
        ord_type: order.ord_type,
        time_in_force: order.time_in_force,
        status,
        account: order.account,
        ticks: order.ticks,
        lots: order.lots,
        filled_lots: order.filled_lots,
        average: average(order.notional, order.filled_lots),
    }
}

//! Orders: taken, changed, ended, asked about. What a client's message means for an order, and what
//! it is told.
//!
//! Called by `session.rs` once a message counts and its verdict is fine. Next: `check.rs` for what can be
//! said against it, `matching.rs` for what it does then.

use crate::book::{Identity, Kind};
use crate::check::{Changed as Replacement, Checked};
use crate::claim::Claim;
use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{ClOrdId, End, Id, Meaning, Named, Outcome};
use crate::orders::{Order, OrderId, Slot};
use crate::report::outcome_of;
use crate::session::Inbound;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CancelCause, CxlRejReason, CxlRejResponseTo, EventFlags, OrdRejReason, OrdStatus, Side,
};

/// Which order a cancel, replace or status request means.
#[derive(Clone, Copy)]
enum Target {
    Open(Slot),
    /// By its last name.
    Finished(Id),
    Unknown,
}

impl Engine {
    pub(crate) fn on_new_order<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let new = m.get::<j::NewOrder>();
        let name = self.ids.named(at, &new.cl_ord_id);
        if let Some(id) = self.ids.find(name) {
            if m.poss_resend() && self.tell_status(at, id, &new.cl_ord_id, true, sink) {
                return;
            }
            return self.report_rejected(at, new, OrdRejReason::DuplicateOrder, sink);
        }
        match self.check_new(at, new) {
            Ok(checked) => self.accept(name, checked, sink),
            Err(reason) => self.report_rejected(at, new, reason, sink),
        }
    }

    fn accept<S: Sink>(&mut self, name: Named<'_>, checked: Checked, sink: &mut S) {
        let min_lots = checked.min_lots;
        let slot = self.take(name, checked);
        self.report_new(slot, min_lots, sink);
        self.arrive(slot, min_lots, sink);
    }

    /// Gives an order its slot and its name, and claims of its account what it may need.
    pub(crate) fn take(&mut self, name: Named<'_>, checked: Checked) -> Slot {
        let Checked { mut order, account, owner, min_lots: _ } = checked;
        let owner = owner.or_else(|| self.owner(name.session, account));
        order.owner = owner.expect("room has been checked");
        let slot = self.books.take(order.owner);
        order.id = self.books.id(slot);
        order.cl_ord_id = self.ids.insert(name, order.id);
        self.orders.insert(slot, order, &mut self.owners.get_mut(order.owner).orders);
        self.risk.take(&self.claim_of(&order));
        if order.expire_time != 0 {
            self.expiry.insert(&mut self.orders, slot);
            self.find_next_due();
        }
        slot
    }

    /// The owner of a session and account, made if this is its first order. `None`: no room.
    pub(crate) fn owner(&mut self, at: u32, account: u32) -> Option<u32> {
        if let Some(owner) = self.owners.find(at, account) {
            return Some(owner);
        }
        let known = self.risk.accounts().get(account);
        let (name, firm) = (known.name, known.firm);
        let owner = self.owners.insert(at, account, name)?;
        let user = self.sessions[at as usize].user;
        self.books.add_owner(Identity { account, user, firm });
        Some(owner)
    }

    /// What an open order claims of its account.
    pub(crate) fn claim_of(&self, order: &Order) -> Claim {
        Claim {
            account: self.owners.get(order.owner).account,
            instrument: order.instrument,
            side: order.side,
            ticks: i64::from(order.ticks),
            lots: order.open_lots(),
            maker_ppm: order.maker_ppm,
            taker_ppm: order.taker_ppm,
        }
    }

    pub(crate) fn on_cancel_order<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let c = m.get::<j::CancelOrder>();
        let name = self.ids.named(at, &c.cl_ord_id);
        let target = self.target(at, c.order_id.get(), &c.orig_cl_ord_id);
        let (instrument, side) = (c.instrument.get(), c.side.known());
        match self.check_change(&m, name, target, instrument, side, sink) {
            Changed::Told => {}
            Changed::Refused(reason) => {
                let names = (&c.cl_ord_id, &c.orig_cl_ord_id);
                self.reject_cancel(at, CxlRejResponseTo::Cancel, names, target, reason, sink);
            }
            Changed::Go(slot) => {
                // Before the order's own name: a name never outlives the one it leads to.
                self.use_up(name, self.orders.get(slot).cl_ord_id);
                let cause = CancelCause::Client;
                self.end_order(slot, OrdStatus::Canceled, cause, Some(&c.cl_ord_id), sink);
            }
        }
    }

    pub(crate) fn on_replace_order<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let r = m.get::<j::ReplaceOrder>();
        let name = self.ids.named(at, &r.cl_ord_id);
        let target = self.target(at, r.order_id.get(), &r.orig_cl_ord_id);
        let (instrument, side) = (r.instrument.get(), r.side.known());
        let refused = match self.check_change(&m, name, target, instrument, side, sink) {
            Changed::Told => return,
            Changed::Refused(reason) => reason,
            Changed::Go(slot) => match self.check_replace(at, slot, r) {
                Ok(changed) => return self.replace(slot, name, &changed, sink),
                Err(reason) => reason,
            },
        };
        let names = (&r.cl_ord_id, &r.orig_cl_ord_id);
        self.reject_cancel(at, CxlRejResponseTo::Replace, names, target, refused, sink);
    }

    /// What cancel and replace have in common: PossResend, a used name, an order that is there.
    #[inline]
    fn check_change<S: Sink>(
        &mut self,
        m: &Inbound<'_>,
        name: Named<'_>,
        target: Target,
        instrument: u32,
        side: Option<Side>,
        sink: &mut S,
    ) -> Changed {
        if let Some(id) = self.ids.find(name) {
            if m.poss_resend() && self.tell_status(name.session, id, name.name, true, sink) {
                return Changed::Told;
            }
            return Changed::Refused(CxlRejReason::DuplicateClOrdId);
        }
        match target {
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

    /// What only takes away keeps its place; anything else is like a new arrival. With nothing left it has ended.
    fn replace<S: Sink>(&mut self, slot: Slot, name: Named<'_>, to: &Replacement, sink: &mut S) {
        let old_name = self.change(slot, name, to, sink);
        self.report_replaced(slot, old_name, sink);
        let order = self.orders.get(slot);
        if order.open_lots() == 0 {
            self.forget(slot, order.status());
        } else if !to.keeps_place {
            self.arrive(slot, 0, sink);
        }
    }

    /// Gives an open order other terms; it has left its place if they do not keep it. Returns the name that
    /// it had.
    pub(crate) fn change<S: Sink>(
        &mut self,
        slot: Slot,
        name: Named<'_>,
        to: &Replacement,
        sink: &mut S,
    ) -> ClOrdId {
        let before = *self.orders.get(slot);
        if !to.keeps_place {
            self.take_off(slot, sink);
        }
        let id = self.ids.insert(name, before.id);
        let used = End::Used { successor: id };
        let old_name = *self.ids.name(before.cl_ord_id);
        let row = &mut self.sessions[name.session as usize].finished;
        self.ids.finish(before.cl_ord_id, used, row);

        let order = self.orders.get_mut(slot);
        (order.ticks, order.stop_ticks, order.lots) = (to.ticks, to.stop_ticks, to.lots);
        (order.display_lots, order.cl_ord_id) = (to.display_lots, id);
        let after = *order;
        let rates = self.risk.claim(
            self.owners.get(after.owner).account,
            after.instrument,
            after.side,
            i64::from(after.ticks),
            after.open_lots(),
        );
        self.risk.change(&self.claim_of(&before), &rates);
        let order = self.orders.get_mut(slot);
        (order.maker_ppm, order.taker_ppm) = (rates.maker_ppm, rates.taker_ppm);

        if to.keeps_place && after.lots < before.lots {
            let kind = self.books.resting_as(slot);
            let (was, shows) = self.books.reduce(slot, before.lots - after.lots);
            if kind == Some(Kind::Shown) && was != shows {
                self.tell_reduce(slot, (was, shows), sink);
            }
        }
        old_name
    }

    fn reject_cancel<S: Sink>(
        &mut self,
        at: u32,
        response_to: CxlRejResponseTo,
        (cl_ord_id, orig_cl_ord_id): (&ClOrdId, &ClOrdId),
        target: Target,
        reason: CxlRejReason,
        sink: &mut S,
    ) {
        let (order_id, status) = match target {
            Target::Open(slot) => {
                let order = self.orders.get(slot);
                (order.id.0, order.status())
            }
            Target::Finished(id) => {
                let outcome = self.ids.outcome(id);
                (outcome.order_id.0, outcome.status)
            }
            Target::Unknown => (0, OrdStatus::Rejected),
        };
        let reject = oe::CancelReject {
            order_id: order_id.into(),
            cl_ord_id: *cl_ord_id,
            orig_cl_ord_id: *orig_cl_ord_id,
            ord_status: status.into(),
            response_to: response_to.into(),
            reason: reason.into(),
        };
        self.report(at, &reject, EventFlags::EMPTY, sink);
    }

    pub(crate) fn on_order_status<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let q = m.get::<j::OrderStatusRequest>();
        let told = match self.target(at, q.order_id.get(), &q.cl_ord_id) {
            Target::Open(slot) => Some(self.outcome_of_open(slot)),
            Target::Finished(id) => Some(*self.ids.outcome(id)),
            Target::Unknown => None,
        };
        match told {
            Some(outcome) => self.report_status(at, &q.cl_ord_id, &outcome, false, sink),
            None => {
                let unknown = oe::StatusUnknownOrder {
                    cl_ord_id: q.cl_ord_id,
                    symbol: q.symbol,
                    side: q.side.0,
                    mass_status_req_id: [0; 36],
                };
                self.report(at, &unknown, EventFlags::EMPTY, sink);
            }
        }
    }

    /// Answers a known name from the state of its order. `false`: that order is forgotten.
    pub(crate) fn tell_status<S: Sink>(
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

    /// By OrderID where the client gives one, by its name otherwise.
    fn target(&self, at: u32, order_id: u64, name: &ClOrdId) -> Target {
        if order_id != 0
            && let Some(slot) = self.books.find(OrderId(order_id))
        {
            let mine = self.owners.get(self.orders.get(slot).owner).session == at;
            return if mine { Target::Open(slot) } else { Target::Unknown };
        }
        let Some(id) = self.ids.find(self.ids.named(at, name)) else { return Target::Unknown };
        match self.ids.meaning(id) {
            Meaning::Open(order) => match self.books.find(order) {
                Some(slot) if order_id == 0 || order.0 == order_id => Target::Open(slot),
                _ => Target::Unknown,
            },
            Meaning::Finished => Target::Finished(id),
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
                    return Some(self.outcome_of_open(self.books.find(order)?));
                }
                Meaning::Finished => return Some(*self.ids.outcome(id)),
                Meaning::Used { successor } => id = successor,
            }
        }
        None
    }

    fn outcome_of_open(&self, slot: Slot) -> Outcome {
        let order = self.orders.get(slot);
        outcome_of(&self.instruments[order.instrument as usize], order, order.status())
    }

    /// The name of a cancel request: unique like any other. When there is no room it is not kept:
    /// a cancel must never fail for want of memory.
    fn use_up(&mut self, name: Named<'_>, successor: Id) {
        if self.ids.has_room(1) {
            let id = self.ids.insert(name, OrderId(0));
            let row = &mut self.sessions[name.session as usize].finished;
            self.ids.finish(id, End::Used { successor }, row);
        }
    }
}

enum Changed {
    /// Answered already.
    Told,
    Refused(CxlRejReason),
    Go(Slot),
}

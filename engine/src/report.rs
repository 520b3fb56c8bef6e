//! What the owner of an order is told: execution reports from the state of the order.
//!
//! Every report has the next ExecID (17) and the next number of the session. Called by `trading.rs`,
//! `matching.rs`, `auction.rs`; nothing is decided here.

use crate::engine::Engine;
use crate::event::Sink;
use crate::ids::{ClOrdId, Outcome};
use crate::instrument::{Instrument, average};
use crate::orders::{Order, Owner, Slot};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CancelCause, Decimal8, Decimal8Null, EventFlags, OrdRejReason, OrdStatus, OrdType, PartyRoles,
    RestateCause,
};
use zerocopy::little_endian::U32;

/// What goes to drop copy sessions as well.
trait Copied: Message + Copy {
    /// The session that was told; 0: no copy.
    fn copy_of(&mut self) -> &mut U32;
}

macro_rules! copied {
    ($($report:ident)*) => { $(
        impl Copied for oe::$report {
            fn copy_of(&mut self) -> &mut U32 {
                &mut self.copy_of
            }
        }
    )* };
}

copied! {
    ExecutionReportNew ExecutionReportTrade ExecutionReportReplaced ExecutionReportRestated
    ExecutionReportCanceled ExecutionReportExpired ExecutionReportRejected ExecutionReportTradeBust
}

/// One side of a trade.
pub(crate) struct Filled {
    pub(crate) ticks: u32,
    pub(crate) lots: i64,
    /// Commission (12), mantissa of the quote asset.
    pub(crate) fee: i64,
    pub(crate) aggressor: bool,
    pub(crate) auction: bool,
}

impl Engine {
    /// Its owner, and the firm and user of that.
    fn owner_of(&self, order: &Order) -> (&Owner, u32, u32) {
        let owner = self.owners.get(order.owner);
        let session = &self.sessions[owner.session as usize];
        (owner, session.firm, session.user)
    }

    /// Tells a session, and the drop copy session of its firm.
    #[inline(always)]
    fn tell<M: Copied, S: Sink>(&mut self, session: u32, report: &M, sink: &mut S) {
        self.report(session, report, EventFlags::EMPTY, sink);
        if let Some(copy) = self.sessions[session as usize].copied_to {
            self.tell_again(copy, session, *report, sink);
        }
    }

    #[cold]
    fn tell_again<M: Copied, S: Sink>(&mut self, copy: u32, of: u32, mut report: M, sink: &mut S) {
        report.copy_of().set(of + 1);
        self.report(copy, &report, EventFlags::EMPTY, sink);
    }

    fn next_exec_id(&mut self) -> u64 {
        self.exec_id += 1;
        self.exec_id - 1
    }

    pub(crate) fn report_new<S: Sink>(&mut self, slot: Slot, min_lots: i64, sink: &mut S) {
        let exec_id = self.next_exec_id();
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        let (owner, firm, user) = self.owner_of(order);
        let session = owner.session;
        let report = oe::ExecutionReportNew {
            order_id: order.id.0.into(),
            exec_id: exec_id.into(),
            cl_ord_id: *self.ids.name(order.cl_ord_id),
            account: owner.name,
            instrument: (order.instrument + 1).into(),
            user: user.into(),
            price: limit(i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            stop_px: stop_px(i, order),
            display_qty: some_qty(i, order.display_lots),
            min_qty: some_qty(i, min_lots),
            expire_time: order.expire_time.into(),
            conditions: order.conditions,
            copy_of: 0.into(),
            capacity: order.capacity,
            parties: order.parties,
            firm: firm.into(),
        };
        self.tell(session, &report, sink);
    }

    pub(crate) fn report_trade<S: Sink>(&mut self, slot: Slot, filled: &Filled, sink: &mut S) {
        let exec_id = self.next_exec_id();
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        let (owner, firm, user) = self.owner_of(order);
        let session = owner.session;
        let report = oe::ExecutionReportTrade {
            order_id: order.id.0.into(),
            exec_id: exec_id.into(),
            trade_id: self.trade_id.into(),
            cl_ord_id: *self.ids.name(order.cl_ord_id),
            account: owner.name,
            instrument: (order.instrument + 1).into(),
            user: user.into(),
            price: limit(i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            last_px: Decimal8::new(i.price(filled.ticks)),
            last_qty: Decimal8::new(i.qty(filled.lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(order.open_lots())),
            avg_px: Decimal8::new(avg_px(i, order)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: order.status().into(),
            aggressor: u8::from(filled.aggressor),
            auction: u8::from(filled.auction),
            fee: Decimal8::new(filled.fee),
            copy_of: 0.into(),
            capacity: order.capacity,
            parties: order.parties,
            firm: firm.into(),
        };
        self.trades.keep(order.side, order.owner, self.now, &report);
        self.tell(session, &report, sink);
    }

    /// A trade that was told with `of` is taken back.
    pub(crate) fn report_bust<S: Sink>(
        &mut self,
        owner: u32,
        of: &oe::ExecutionReportTrade,
        sink: &mut S,
    ) {
        let report = oe::ExecutionReportTradeBust {
            exec_id: self.next_exec_id().into(),
            exec_ref_id: of.exec_id,
            copy_of: 0.into(),
            order_id: of.order_id,
            trade_id: of.trade_id,
            cl_ord_id: of.cl_ord_id,
            account: of.account,
            instrument: of.instrument,
            user: of.user,
            price: of.price,
            order_qty: of.order_qty,
            last_px: of.last_px,
            last_qty: of.last_qty,
            cum_qty: of.cum_qty,
            leaves_qty: of.leaves_qty,
            avg_px: of.avg_px,
            side: of.side,
            ord_type: of.ord_type,
            time_in_force: of.time_in_force,
            ord_status: of.ord_status,
            aggressor: of.aggressor,
            auction: of.auction,
            fee: of.fee,
            capacity: of.capacity,
            parties: of.parties,
            firm: of.firm,
        };
        self.tell(self.owners.get(owner).session, &report, sink);
    }

    pub(crate) fn report_replaced<S: Sink>(
        &mut self,
        slot: Slot,
        orig_cl_ord_id: ClOrdId,
        sink: &mut S,
    ) {
        let exec_id = self.next_exec_id();
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        let (owner, firm, user) = self.owner_of(order);
        let session = owner.session;
        let report = oe::ExecutionReportReplaced {
            order_id: order.id.0.into(),
            exec_id: exec_id.into(),
            cl_ord_id: *self.ids.name(order.cl_ord_id),
            orig_cl_ord_id,
            account: owner.name,
            instrument: (order.instrument + 1).into(),
            user: user.into(),
            price: limit(i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(order.open_lots())),
            avg_px: Decimal8::new(avg_px(i, order)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: order.status().into(),
            stop_px: stop_px(i, order),
            display_qty: some_qty(i, order.display_lots),
            copy_of: 0.into(),
            capacity: order.capacity,
            parties: order.parties,
            firm: firm.into(),
        };
        self.tell(session, &report, sink);
    }

    /// The venue has changed the order.
    pub(crate) fn report_restated<S: Sink>(
        &mut self,
        slot: Slot,
        cause: RestateCause,
        sink: &mut S,
    ) {
        let exec_id = self.next_exec_id();
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        let (owner, firm, user) = self.owner_of(order);
        let session = owner.session;
        let report = oe::ExecutionReportRestated {
            order_id: order.id.0.into(),
            exec_id: exec_id.into(),
            cl_ord_id: *self.ids.name(order.cl_ord_id),
            account: owner.name,
            instrument: (order.instrument + 1).into(),
            user: user.into(),
            price: limit(i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(order.open_lots())),
            avg_px: Decimal8::new(avg_px(i, order)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: order.status().into(),
            cause: cause.into(),
            copy_of: 0.into(),
            capacity: order.capacity,
            parties: order.parties,
            firm: firm.into(),
        };
        self.tell(session, &report, sink);
    }

    /// It ended without a trade. `request`: the name of the cancel request that asked for it.
    pub(crate) fn report_canceled<S: Sink>(
        &mut self,
        slot: Slot,
        status: OrdStatus,
        cause: CancelCause,
        request: Option<&ClOrdId>,
        sink: &mut S,
    ) {
        let exec_id = self.next_exec_id();
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        let (owner, firm, user) = self.owner_of(order);
        let session = owner.session;
        let name = self.ids.name(order.cl_ord_id);
        let report = oe::ExecutionReportCanceled {
            order_id: order.id.0.into(),
            exec_id: exec_id.into(),
            cl_ord_id: *request.unwrap_or(name),
            orig_cl_ord_id: request.map_or([0; 36], |_| *name),
            account: owner.name,
            instrument: (order.instrument + 1).into(),
            user: user.into(),
            price: limit(i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            avg_px: Decimal8::new(avg_px(i, order)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: status.into(),
            cause: cause.into(),
            copy_of: 0.into(),
            capacity: order.capacity,
            parties: order.parties,
            firm: firm.into(),
        };
        match status {
            OrdStatus::Expired => {
                self.tell(session, &oe::ExecutionReportExpired::from(report), sink);
            }
            _ => self.tell(session, &report, sink),
        }
    }

    pub(crate) fn report_rejected<S: Sink>(
        &mut self,
        at: u32,
        new: &j::NewOrder,
        reason: OrdRejReason,
        sink: &mut S,
    ) {
        let are_own = self.are_own(at, new.party_firm.get(), new.party_user.get());
        let reject = oe::ExecutionReportRejected {
            exec_id: self.next_exec_id().into(),
            cl_ord_id: new.cl_ord_id,
            account: new.account,
            symbol: new.symbol,
            price: new.price,
            order_qty: new.order_qty,
            side: new.side.0,
            ord_type: new.ord_type.0,
            time_in_force: new.time_in_force.0,
            reason: reason.into(),
            copy_of: 0.into(),
            capacity: new.capacity,
            parties: if are_own { new.parties } else { PartyRoles::EMPTY },
            firm: new.party_firm,
            user: new.party_user,
        };
        self.tell(at, &reject, sink);
    }

    pub(crate) fn report_status<S: Sink>(
        &mut self,
        at: u32,
        name: &ClOrdId,
        o: &Outcome,
        poss_resend: bool,
        sink: &mut S,
    ) {
        let report = self.status(name, o);
        let flags = if poss_resend { EventFlags::POSS_RESEND } else { EventFlags::EMPTY };
        self.report(at, &report, flags, sink);
    }

    /// One of the answers to a mass status request.
    pub(crate) fn report_mass_status<S: Sink>(
        &mut self,
        at: u32,
        slot: Slot,
        request: ClOrdId,
        is_last: bool,
        sink: &mut S,
    ) {
        let order = self.orders.get(slot);
        let i = &self.instruments[order.instrument as usize];
        let outcome = outcome_of(i, order, order.status());
        let report = oe::ExecutionReportStatus {
            mass_status_req_id: request,
            is_last: is_last.into(),
            ..self.status(self.ids.name(order.cl_ord_id), &outcome)
        };
        self.report(at, &report, EventFlags::EMPTY, sink);
    }

    /// The one answer to a mass status request that finds nothing.
    pub(crate) fn report_no_orders<S: Sink>(&mut self, at: u32, request: ClOrdId, sink: &mut S) {
        let none =
            oe::StatusUnknownOrder { mass_status_req_id: request, ..oe::StatusUnknownOrder::ZERO };
        self.report(at, &none, EventFlags::EMPTY, sink);
    }

    fn status(&self, name: &ClOrdId, o: &Outcome) -> oe::ExecutionReportStatus {
        let i = &self.instruments[o.instrument as usize];
        let open = match o.status {
            OrdStatus::New | OrdStatus::PartiallyFilled => o.lots - o.filled_lots,
            _ => 0,
        };
        let owner = self.owners.get(o.owner);
        oe::ExecutionReportStatus {
            order_id: o.order_id.0.into(),
            cl_ord_id: *name,
            account: owner.name,
            instrument: (o.instrument + 1).into(),
            user: self.sessions[owner.session as usize].user.into(),
            price: priced(i, o.ord_type, o.ticks),
            order_qty: Decimal8::new(i.qty(o.lots)),
            cum_qty: Decimal8::new(i.qty(o.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(open)),
            avg_px: Decimal8::new(o.average),
            side: o.side.into(),
            ord_type: o.ord_type.into(),
            time_in_force: o.time_in_force.into(),
            ord_status: o.status.into(),
            mass_status_req_id: [0; 36],
            is_last: 0,
        }
    }
}

pub(crate) fn outcome_of(i: &Instrument, order: &Order, status: OrdStatus) -> Outcome {
    Outcome {
        order_id: order.id,
        instrument: order.instrument,
        owner: order.owner,
        side: order.side,
        ord_type: order.ord_type,
        time_in_force: order.time_in_force,
        status,
        ticks: order.ticks,
        lots: order.lots,
        filled_lots: order.filled_lots,
        average: avg_px(i, order),
    }
}

/// AvgPx (6).
fn avg_px(i: &Instrument, order: &Order) -> i64 {
    if order.filled_lots == 0 {
        return 0;
    }
    average(order.notional * i128::from(i.tick_size), order.filled_lots)
}

/// Price (44) of an order that has one.
fn limit(i: &Instrument, order: &Order) -> Decimal8Null {
    priced(i, order.ord_type, order.ticks)
}

fn priced(i: &Instrument, ord_type: OrdType, ticks: u32) -> Decimal8Null {
    let has_one = !matches!(ord_type, OrdType::Market | OrdType::Stop);
    Decimal8Null::new(has_one.then(|| i.price(ticks)))
}

fn stop_px(i: &Instrument, order: &Order) -> Decimal8Null {
    Decimal8Null::new((order.stop_ticks != 0).then(|| i.price(order.stop_ticks)))
}

fn some_qty(i: &Instrument, lots: i64) -> Decimal8Null {
    Decimal8Null::new((lots != 0).then(|| i.qty(lots)))
}

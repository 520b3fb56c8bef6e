//! Mass actions: cancel, block, kill and unblock for a session, user, account, firm or everybody; and the
//! state of all orders of a session.
//!
//! Orders end, or are told, one a step, owner by owner, oldest first; the cost is that of the orders of those owners.
//! Cancel on disconnect is the same thing. The rules are docs/rulebook.md §7 and §8.

use crate::accounts::Blocker;
use crate::engine::{EXPIRY_WALK_MAX, Engine};
use crate::event::Sink;
use crate::ids::ClOrdId;
use crate::orders::{Order, Slot};
use crate::risk::Blocked;
use crate::session::Inbound;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    AdminResult, CancelCause, EventFlags, MassActionScope, MassActionType, MassRejReason,
    OrdStatus, Side,
};

/// Whose orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Session(u32),
    User(u32),
    Account(u32),
    Firm(u32),
    Everyone,
}

/// A walk over orders under way.
#[derive(Clone, Copy)]
pub(crate) struct Mass {
    whose: Whose,
    /// Index of the instrument; `None`: all.
    instrument: Option<u32>,
    side: Option<Side>,
    cause: CancelCause,
    /// The next owner to look at, and the next order of the one before.
    owner: u32,
    next: Option<Slot>,
    affected: u32,
    answer: Answer,
}

#[derive(Clone, Copy)]
enum Answer {
    Nobody,
    Operator,
    Client {
        at: u32,
        report: oe::MassActionReport,
    },
    /// Nothing is cancelled: each order is told as soon as it is known whether it is the last.
    Status {
        at: u32,
        request: ClOrdId,
        held: Option<Slot>,
    },
}

impl Engine {
    /// All open orders of a session: its connection is gone.
    pub(crate) fn cancel_on_disconnect(&mut self, at: u32) {
        self.cancel_all_of(Whose::Session(at), CancelCause::Disconnect);
    }

    /// All open orders of somebody, without an answer.
    pub(crate) fn cancel_all_of(&mut self, whose: Whose, cause: CancelCause) {
        self.start_mass(whose, None, None, cause, Answer::Nobody);
    }

    /// A mass action of a client, for what is its own.
    pub(crate) fn on_mass_action<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let m = *m.get::<j::MassAction>();
        let mut report = oe::MassActionReport {
            cl_ord_id: m.cl_ord_id,
            account: m.account,
            target: m.target,
            instrument: m.instrument,
            affected: 0.into(),
            side: m.side,
            action: m.action,
            scope: m.scope,
            reason: MassRejReason::None.into(),
        };
        let checked = self.whose_of(at, &m).and_then(|whose| {
            let instrument = self.instrument_filter(m.instrument.get());
            let side = side_filter(m.side).map_err(|_| MassRejReason::InvalidScope)?;
            Ok((whose, instrument.ok_or(MassRejReason::UnknownInstrument)?, side))
        });
        match (checked, m.action.known()) {
            (Ok((whose, instrument, side)), Some(action)) => {
                self.block(whose, action, Blocker::Member);
                let answer = Answer::Client { at, report };
                match cancels(action) {
                    true => {
                        self.start_mass(whose, instrument, side, CancelCause::MassCancel, answer);
                    }
                    false => self.report(at, &report, EventFlags::EMPTY, sink),
                }
            }
            (Err(reason), Some(_)) => {
                report.reason = reason.into();
                self.report(at, &report, EventFlags::EMPTY, sink);
            }
            (_, None) => {
                report.reason = MassRejReason::InvalidScope.into();
                self.report(at, &report, EventFlags::EMPTY, sink);
            }
        }
    }

    /// A mass action of the operator, for anybody.
    pub(crate) fn on_operator_mass_action<S: Sink>(&mut self, m: &j::MassAction, sink: &mut S) {
        let target = m.target.get();
        let whose = match m.scope.known() {
            Some(MassActionScope::Session)
                if (1..=self.sessions.len() as u32).contains(&target) =>
            {
                Ok(Whose::Session(target - 1))
            }
            Some(MassActionScope::User) => Ok(Whose::User(target)),
            Some(MassActionScope::Account) => self
                .risk
                .find_account(m.firm.get(), &m.account)
                .map(Whose::Account)
                .ok_or(AdminResult::UnknownAccount),
            Some(MassActionScope::Firm) => {
                let firm = self.risk.accounts().find_firm(target);
                firm.map(Whose::Firm).ok_or(AdminResult::UnknownFirm)
            }
            Some(MassActionScope::Everyone) => Ok(Whose::Everyone),
            _ => Err(AdminResult::OutOfRange),
        };
        let instrument = self.instrument_filter(m.instrument.get());
        let known = side_filter(m.side).ok().zip(m.action.known());
        match (whose, instrument, known) {
            (Ok(whose), Some(instrument), Some((side, action))) => {
                self.block(whose, action, Blocker::Operator);
                if !cancels(action) {
                    return self.answer(AdminResult::Done, 0, sink);
                }
                self.start_mass(whose, instrument, side, CancelCause::Operator, Answer::Operator);
            }
            (Err(result), _, _) => self.answer(result, 0, sink),
            (_, None, _) => self.answer(AdminResult::UnknownInstrument, 0, sink),
            (_, _, None) => self.answer(AdminResult::OutOfRange, 0, sink),
        }
    }

    /// The state of every open order of the session, each in a report of its own.
    pub(crate) fn on_mass_status<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let m = *m.get::<j::OrderMassStatusRequest>();
        let request = m.mass_status_req_id;
        match self.instrument_filter(m.instrument.get()) {
            Some(instrument) => {
                let answer = Answer::Status { at, request, held: None };
                self.start_mass(Whose::Session(at), instrument, None, CancelCause::Client, answer);
            }
            None => self.report_no_orders(at, request, sink),
        }
    }

    /// Whom a client means, if it may: itself, its user, its firm, an account of its firm.
    fn whose_of(&self, at: u32, m: &j::MassAction) -> Result<Whose, MassRejReason> {
        let session = &self.sessions[at as usize];
        let (target, firm) = (m.target.get(), m.firm.get());
        match m.scope.known() {
            Some(MassActionScope::Session) if target == 0 || target == at + 1 => {
                Ok(Whose::Session(at))
            }
            // Without a number it is nobody's user, and every session's that has none.
            Some(MassActionScope::User)
                if session.user != 0 && (target == 0 || target == session.user) =>
            {
                Ok(Whose::User(session.user))
            }
            Some(MassActionScope::Account) if firm == 0 || firm == session.firm => {
                let account = self.account_of(at, &m.account);
                account.map(Whose::Account).ok_or(MassRejReason::UnknownTarget)
            }
            Some(MassActionScope::Firm) if target == 0 || target == session.firm => {
                let firm = self.risk.accounts().find_firm(session.firm);
                firm.map(Whose::Firm).ok_or(MassRejReason::UnknownTarget)
            }
            _ => Err(MassRejReason::InvalidScope),
        }
    }

    /// Index of an instrument by number, 0: all. `None`: there is no such instrument.
    fn instrument_filter(&self, instrument: u32) -> Option<Option<u32>> {
        match instrument.checked_sub(1) {
            None => Some(None),
            Some(at) => ((at as usize) < self.instruments.len()).then_some(Some(at)),
        }
    }

    fn block(&mut self, whose: Whose, action: MassActionType, by: Blocker) {
        let on = match action {
            MassActionType::Cancel => return,
            MassActionType::Block | MassActionType::Kill => true,
            MassActionType::Unblock => false,
        };
        if by == Blocker::Operator && !on {
            self.block(whose, action, Blocker::Member); // Only the operator lifts both.
        }
        match whose {
            Whose::Session(at) => self.sessions[at as usize].blocks.set(by, on),
            Whose::User(user) => {
                let own = self.sessions.iter_mut().filter(|s| s.user == user);
                own.for_each(|s| s.user_blocks.set(by, on));
            }
            Whose::Account(account) => self.risk.block(Blocked::Account(account), by, on),
            Whose::Firm(firm) => self.risk.block(Blocked::Firm(firm), by, on),
            Whose::Everyone => self.sessions.iter_mut().for_each(|s| s.blocks.set(by, on)),
        }
    }

    fn start_mass(
        &mut self,
        whose: Whose,
        instrument: Option<u32>,
        side: Option<Side>,
        cause: CancelCause,
        answer: Answer,
    ) {
        let start =
            Mass { whose, instrument, side, cause, owner: 0, next: None, affected: 0, answer };
        self.tasks_mut().mass = Some(start);
    }

    /// The next order, or the report.
    pub(crate) fn mass_one<S: Sink>(&mut self, mut mass: Mass, sink: &mut S) {
        for _ in 0..EXPIRY_WALK_MAX {
            let Some(slot) = self.next_of(&mut mass) else { return self.mass_over(mass, sink) };
            let Order { instrument, side, .. } = *self.orders.get(slot);
            let is_there = mass.instrument.is_none_or(|at| instrument == at);
            if is_there && mass.side.is_none_or(|of| side == of) {
                mass.affected += 1;
                if let Answer::Status { at, request, held } = &mut mass.answer {
                    let told = held.replace(slot);
                    let (at, request) = (*at, *request);
                    self.tasks_mut().mass = Some(mass);
                    return told.map_or((), |slot| {
                        self.report_mass_status(at, slot, request, false, sink);
                    });
                }
                self.tasks_mut().mass = Some(mass);
                if mass.whose == Whose::Everyone && mass.side.is_none() {
                    self.tell_clear(instrument, sink);
                }
                return self.end_order(slot, OrdStatus::Canceled, mass.cause, None, sink);
            }
        }
        self.tasks_mut().mass = Some(mass); // Looked at many that are not meant: goes on in the next step.
    }

    fn mass_over<S: Sink>(&mut self, mass: Mass, sink: &mut S) {
        self.tasks_mut().mass = None;
        match mass.answer {
            Answer::Nobody => {}
            Answer::Operator => self.answer(AdminResult::Done, mass.affected, sink),
            Answer::Client { at, mut report } => {
                report.affected = mass.affected.into();
                self.report(at, &report, EventFlags::EMPTY, sink);
            }
            Answer::Status { at, request, held: Some(slot) } => {
                self.report_mass_status(at, slot, request, true, sink);
            }
            Answer::Status { at, request, held: None } => self.report_no_orders(at, request, sink),
        }
    }

    /// The next open order of those meant, and moves on behind it.
    fn next_of(&self, mass: &mut Mass) -> Option<Slot> {
        while mass.next.is_none() {
            let owner = self.owners.all().get(mass.owner as usize)?;
            mass.owner += 1;
            let meant = match mass.whose {
                Whose::Session(at) => owner.session == at,
                Whose::User(user) => self.sessions[owner.session as usize].user == user,
                Whose::Account(account) => owner.account == account,
                Whose::Firm(firm) => self.risk.accounts().get(owner.account).firm == firm,
                Whose::Everyone => true,
            };
            mass.next = owner.orders.first().filter(|_| meant);
        }
        let slot = mass.next?;
        mass.next = self.orders.own_after(slot);
        Some(slot)
    }
}

/// Sides of a wire byte, `None`: both. An error: no such byte.
fn side_filter(side: u8) -> Result<Option<Side>, u8> {
    match side {
        0 => Ok(None),
        1 => Ok(Some(Side::Buy)),
        2 => Ok(Some(Side::Sell)),
        other => Err(other),
    }
}

const fn cancels(action: MassActionType) -> bool {
    matches!(action, MassActionType::Cancel | MassActionType::Kill)
}

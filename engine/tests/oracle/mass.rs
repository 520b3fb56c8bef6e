//! §7 blocks and §8 mass actions, of clients and of the operator.

use super::Oracle;
use super::told::{Text, Told};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    AdminResult, CancelCause, MassActionScope, MassActionType, MassRejReason, Side,
};

/// Whom a mass action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    Session(usize),
    User(u32),
    Account(usize),
    Firm(u32),
    Everyone,
}

/// New orders and replaces of `whom` are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) whom: Whom,
    pub(crate) by_operator: bool,
}

impl Oracle {
    pub(crate) fn on_mass_action(&mut self, c: &j::MassAction) {
        match c.head.session.get().checked_sub(1) {
            Some(session) => self.on_client_mass_action(session as usize, c),
            None => self.on_operator_mass_action(c),
        }
    }

    /// A client's: its session, its user, its firm, an account of its firm.
    fn on_client_mass_action(&mut self, session: usize, c: &j::MassAction) {
        let outcome = match self.whom_of_client(session, c) {
            Ok(_) if self.names_unknown_instrument(c) => Err(MassRejReason::UnknownInstrument),
            Ok(whom) => Ok(self.act(whom, c, false)),
            Err(reason) => Err(reason),
        };
        self.tell(Told::MassActionReport {
            session: session as u32 + 1,
            cl_ord_id: Text(c.cl_ord_id),
            account: Text(c.account),
            target: c.target.get(),
            instrument: c.instrument.get(),
            affected: outcome.unwrap_or(0),
            terms: [c.side, c.action.0, c.scope.0],
            reason: outcome.err().unwrap_or(MassRejReason::None),
        });
    }

    fn whom_of_client(&self, session: usize, c: &j::MassAction) -> Result<Whom, MassRejReason> {
        let s = &self.sessions[session];
        let own = |number: u32| c.target.get() == 0 || c.target.get() == number;
        let unknown = MassRejReason::UnknownTarget;
        match c.scope.known() {
            Some(MassActionScope::Session) if own(session as u32 + 1) => Ok(Whom::Session(session)),
            Some(MassActionScope::User) if own(s.user) => Ok(Whom::User(s.user)),
            Some(MassActionScope::Firm) if own(s.firm) => Ok(Whom::Firm(s.firm)),
            Some(MassActionScope::Account) => {
                let mine = c.firm.get() == 0 || c.firm.get() == s.firm;
                let account = self.account_at(s.firm, c.account).filter(|_| mine);
                account.map(Whom::Account).ok_or(unknown)
            }
            Some(MassActionScope::Everyone) | None => Err(MassRejReason::InvalidScope),
            Some(_) => Err(unknown),
        }
    }

    fn on_operator_mass_action(&mut self, c: &j::MassAction) {
        let (target, firm) = (c.target.get(), c.firm.get());
        let known_session = target >= 1 && target as usize <= self.sessions.len();
        let whom = match c.scope.known() {
            Some(MassActionScope::Session) if known_session => {
                Ok(Whom::Session(target as usize - 1))
            }
            Some(MassActionScope::User) if self.sessions.iter().any(|s| s.user == target) => {
                Ok(Whom::User(target))
            }
            Some(MassActionScope::Firm) if self.firms.contains_key(&target) => {
                Ok(Whom::Firm(target))
            }
            Some(MassActionScope::Firm) => Err(AdminResult::UnknownFirm),
            Some(MassActionScope::Account) => {
                let account = self.account_at(firm, c.account).map(Whom::Account);
                account.ok_or(AdminResult::UnknownAccount)
            }
            Some(MassActionScope::Everyone) => Ok(Whom::Everyone),
            _ => Err(AdminResult::OutOfRange),
        };
        match whom {
            Err(result) => self.answer(result, 0),
            Ok(_) if self.names_unknown_instrument(c) => {
                self.answer(AdminResult::UnknownInstrument, 0);
            }
            Ok(whom) => {
                let affected = self.act(whom, c, true);
                self.answer(AdminResult::Done, affected);
            }
        }
    }

    fn names_unknown_instrument(&self, c: &j::MassAction) -> bool {
        c.instrument.get() != 0 && self.instrument_at(c.instrument.get()).is_none()
    }

    /// Blocks are for all instruments and sides; cancels are filtered. How many orders ended.
    fn act(&mut self, whom: Whom, c: &j::MassAction, by_operator: bool) -> u32 {
        let action = c.action.known().expect("a known action");
        let block = Block { whom, by_operator };
        match action {
            MassActionType::Block | MassActionType::Kill if !self.blocks.contains(&block) => {
                self.blocks.push(block);
            }
            // Only the operator lifts the operator's; the operator lifts both.
            MassActionType::Unblock => {
                self.blocks.retain(|b| b.whom != whom || (b.by_operator && !by_operator));
            }
            _ => {}
        }
        if !matches!(action, MassActionType::Cancel | MassActionType::Kill) {
            return 0;
        }
        let cause = if by_operator { CancelCause::Operator } else { CancelCause::MassCancel };
        let side = match c.side {
            1 => Some(Side::Buy),
            2 => Some(Side::Sell),
            _ => None,
        };
        self.cancel_all(whom, self.instrument_at(c.instrument.get()), side, cause)
    }

    /// Account by account, in the order in which a session first used them, oldest first.
    pub(crate) fn cancel_all(
        &mut self,
        whom: Whom,
        instrument: Option<usize>,
        side: Option<Side>,
        cause: CancelCause,
    ) -> u32 {
        let mut affected = 0;
        for (session, account) in self.pairs.clone() {
            if !self.is_meant(whom, session, account) {
                continue;
            }
            let of_pair = self.orders.values().filter(|o| {
                (o.session, o.account) == (session, account)
                    && instrument.is_none_or(|at| at == o.instrument)
                    && side.is_none_or(|side| side == o.side)
            });
            let mut orders: Vec<_> = of_pair.map(|o| (o.born, o.slot())).collect();
            orders.sort_unstable();
            affected += orders.len() as u32;
            for (_, slot) in orders {
                let order = self.order(slot);
                if whom == Whom::Everyone && side.is_none() {
                    self.clear(order.instrument);
                }
                self.end(slot, cause);
            }
        }
        self.cleared.clear();
        affected
    }

    /// All orders of a book are going: the public is told once, if it knows of any.
    fn clear(&mut self, at: usize) {
        let shown = self.orders.values().any(|o| o.instrument == at && o.is_public());
        if shown && self.cleared.insert(at) {
            self.tell(Told::BookClear { instrument: at as u32 + 1 });
        }
    }

    fn is_meant(&self, whom: Whom, session: usize, account: usize) -> bool {
        match whom {
            Whom::Session(at) => at == session,
            Whom::User(user) => self.sessions[session].user == user,
            Whom::Account(at) => at == account,
            Whom::Firm(firm) => self.accounts[account].firm == firm,
            Whom::Everyone => true,
        }
    }

    /// Blocked as a session, by its user, by the account, by the firm.
    pub(crate) fn blocked(&self, session: usize, account: usize) -> [bool; 4] {
        let (user, firm) = (self.sessions[session].user, self.sessions[session].firm);
        let everyone = self.blocks.iter().any(|b| b.whom == Whom::Everyone);
        let is = |whom: Whom| self.blocks.iter().any(|b| b.whom == whom);
        [
            is(Whom::Session(session)),
            is(Whom::User(user)),
            is(Whom::Account(account)),
            is(Whom::Firm(firm)) || everyone,
        ]
    }
}

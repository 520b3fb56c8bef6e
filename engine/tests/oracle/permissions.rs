//! §7: what a session, or the sessions of a firm, may enter.

use super::Oracle;
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    AdminResult, Boolean, Conditions, InstrumentSet, OrdType, OrderTerms, TimeInForce,
};
use std::collections::BTreeSet;

/// Whose permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    Session(usize),
    Firm(u32),
}

/// What somebody may enter who may not enter everything.
#[derive(Clone, Debug)]
pub(crate) struct Permitted {
    /// Numbers of instruments; `None`: all.
    instruments: Option<BTreeSet<u32>>,
    forbidden: OrderTerms,
}

/// What is not permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    Instrument,
    OrderType,
}

/// An order as the permissions see it.
pub(crate) struct Asked {
    pub(crate) instrument: usize,
    pub(crate) ord_type: OrdType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) conditions: Conditions,
    pub(crate) is_iceberg: bool,
    pub(crate) has_min: bool,
}

impl Asked {
    /// By their names.
    fn terms(&self) -> Vec<OrderTerms> {
        let mut terms = vec![
            match self.ord_type {
                OrdType::Market => OrderTerms::MARKET,
                OrdType::Limit => OrderTerms::LIMIT,
                OrdType::Stop => OrderTerms::STOP,
                OrdType::StopLimit => OrderTerms::STOP_LIMIT,
                OrdType::MarketToLimit => OrderTerms::MARKET_TO_LIMIT,
            },
            match self.time_in_force {
                TimeInForce::Day => OrderTerms::DAY,
                TimeInForce::GoodTillCancel => OrderTerms::GOOD_TILL_CANCEL,
                TimeInForce::AtTheOpening => OrderTerms::AT_THE_OPENING,
                TimeInForce::ImmediateOrCancel => OrderTerms::IMMEDIATE_OR_CANCEL,
                TimeInForce::FillOrKill => OrderTerms::FILL_OR_KILL,
                TimeInForce::GoodTillDate => OrderTerms::GOOD_TILL_DATE,
                TimeInForce::AtTheClose => OrderTerms::AT_THE_CLOSE,
            },
        ];
        for (condition, term) in [
            (Conditions::POST_ONLY, OrderTerms::POST_ONLY),
            (Conditions::POST_ONLY_SLIDE, OrderTerms::POST_ONLY_SLIDE),
            (Conditions::ALL_OR_NONE, OrderTerms::ALL_OR_NONE),
            (Conditions::HIDDEN, OrderTerms::HIDDEN),
        ] {
            terms.extend(self.conditions.has(condition).then_some(term));
        }
        terms.extend(self.is_iceberg.then_some(OrderTerms::ICEBERG));
        terms.extend(self.has_min.then_some(OrderTerms::MIN_QTY));
        terms
    }
}

impl Oracle {
    /// One page of instruments at most: there are three.
    pub(crate) fn define_permissions(&mut self, d: &j::PermissionsDefine) {
        let holder = if d.comp_id == [0; 24] {
            if !self.firms.contains_key(&d.firm.get()) {
                return self.answer(AdminResult::UnknownFirm, 0);
            }
            Holder::Firm(d.firm.get())
        } else {
            match self.sessions.iter().position(|s| s.comp_id == d.comp_id) {
                Some(at) => Holder::Session(at),
                None => return self.answer(AdminResult::OutOfRange, 0),
            }
        };
        let all = d.all_instruments.known() == Some(Boolean::True);
        let word = |set: &InstrumentSet| set.word0.get();
        let listed = (0..64).filter(|bit| word(&d.instruments) >> bit & 1 == 1).map(|bit| bit + 1);
        let instruments = (!all).then(|| listed.collect());
        self.permitted.insert(holder, Permitted { instruments, forbidden: d.forbidden });
        self.answer(AdminResult::Done, 0);
    }

    /// The session and its firm must both permit; instruments come first.
    pub(crate) fn check_permitted(&self, session: usize, asked: &Asked) -> Result<(), Denied> {
        let firm = self.sessions[session].firm;
        let both = [Holder::Session(session), Holder::Firm(firm)];
        let both: Vec<_> = both.iter().filter_map(|holder| self.permitted.get(holder)).collect();
        let number = asked.instrument as u32 + 1;
        let is_listed =
            |p: &&Permitted| p.instruments.as_ref().is_none_or(|listed| listed.contains(&number));
        if !both.iter().all(is_listed) {
            return Err(Denied::Instrument);
        }
        let forbids = |p: &&Permitted| asked.terms().iter().any(|term| p.forbidden.has(*term));
        if both.iter().any(forbids) { Err(Denied::OrderType) } else { Ok(()) }
    }
}

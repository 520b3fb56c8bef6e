//! What a session, or all sessions of a firm, may enter: instruments, and types of orders.
//!
//! Whoever may enter everything has nothing here, and an order of his costs one branch. Others have a
//! *row*: a bit for each term that is forbidden, and a bit for each instrument that is permitted; the session's
//! row and its firm's must both agree. Rows are taken at the first restriction and given back with the last one:
//! two for each session that fits, so memory is bounded by `sessions_max × instruments_max / 4` bytes.
//! The rules are docs/rulebook.md §7. Called by `check.rs`; defined by `define.rs`.

use crate::engine::{Engine, Limits};
use crate::hash::mix;
use crate::orders::Order;
use crate::snapshot::{Reader, SnapshotError, Writer};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    AdminResult, Boolean, Conditions, CxlRejReason, InstrumentSet, OrdRejReason, OrdType,
    OrderTerms, TimeInForce,
};
use zerocopy::little_endian::U64;

/// No row.
const NONE: u32 = u32::MAX;
/// Instruments of one definition, in words of 64.
const PAGE_WORDS: usize = 8;

/// Whose row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nobody's: it may be taken.
    Nobody,
    /// Index of a session.
    Session(u32),
    /// Number of a firm.
    Firm(u32),
}

/// Rows of a session: its own, and its firm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restricted {
    own: u32,
    firm: u32,
}

impl Restricted {
    /// It may enter everything.
    pub(crate) const NOT: Self = Self { own: NONE, firm: NONE };

    /// Something is forbidden to it.
    #[inline]
    pub(crate) const fn any(self) -> bool {
        self.own & self.firm != NONE
    }
}

/// What is not permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPermitted {
    Instrument,
    OrderType,
}

impl From<NotPermitted> for OrdRejReason {
    fn from(what: NotPermitted) -> Self {
        match what {
            NotPermitted::Instrument => Self::NotPermittedInstrument,
            NotPermitted::OrderType => Self::NotPermittedOrderType,
        }
    }
}

impl From<NotPermitted> for CxlRejReason {
    fn from(what: NotPermitted) -> Self {
        match what {
            NotPermitted::Instrument => Self::NotPermittedInstrument,
            NotPermitted::OrderType => Self::NotPermittedOrderType,
        }
    }
}

/// What an order is, as bits of [`OrderTerms`].
pub(crate) const fn terms_of(
    ord_type: OrdType,
    time_in_force: TimeInForce,
    conditions: Conditions,
    is_iceberg: bool,
    has_min_qty: bool,
) -> u32 {
    1 << (ord_type as u32 - 1)
        | 1 << (8 + time_in_force as u32)
        | (conditions.0 as u32) << 16
        | (is_iceberg as u32) << 20
        | (has_min_qty as u32) << 21
}

/// What an order that is open may be called, but for its MinQty, which was spent when it came.
pub(crate) const fn terms_of_open(order: &Order) -> u32 {
    let is_iceberg = order.display_lots != 0;
    terms_of(order.ord_type, order.time_in_force, order.conditions, is_iceberg, false)
}

#[derive(Clone, Copy, Debug)]
struct Row {
    holder: Holder,
    forbidden: u32,
    all_instruments: bool,
}

/// All rows.
pub struct Permissions {
    rows: Vec<Row>,
    rows_max: usize,
    /// A bit for each instrument, so many words for each row.
    bits: Vec<u64>,
    words: usize,
}

impl Permissions {
    /// Room for two rows for each session.
    pub fn new(limits: &Limits) -> Self {
        let (rows_max, words) = sizes(limits);
        let rows = Vec::with_capacity(rows_max);
        Self { rows, rows_max, bits: vec![0; rows_max * words], words }
    }

    /// Other bounds from now on. Instruments beyond them are permitted to nobody who has a list.
    pub(crate) fn resize(&mut self, limits: &Limits) {
        let (rows_max, words) = sizes(limits);
        self.rows_max = rows_max;
        let rows = rows_max.max(self.rows.len());
        if (rows * words, words) == (self.bits.len(), self.words) {
            return;
        }
        let mut bits = vec![0; rows * words];
        let kept = self.bits.chunks(self.words.max(1)).zip(bits.chunks_mut(words.max(1)));
        for (before, now) in kept {
            now.iter_mut().zip(before).for_each(|(now, before)| *now = *before);
        }
        self.rows.reserve_exact(rows - self.rows.len());
        (self.bits, self.words) = (bits, words);
    }

    /// Rows in use.
    pub(crate) fn used(&self) -> usize {
        self.rows.iter().filter(|row| row.holder != Holder::Nobody).count()
    }

    /// Something is forbidden to the holder.
    pub(crate) fn has(&self, holder: Holder) -> bool {
        self.find(holder) != NONE
    }

    fn find(&self, holder: Holder) -> u32 {
        self.rows.iter().position(|row| row.holder == holder).map_or(NONE, |at| at as u32)
    }

    /// A row for the holder. `None`: there is no room.
    fn take(&mut self, holder: Holder) -> Option<u32> {
        let row = Row { holder, forbidden: 0, all_instruments: true };
        if self.rows.len() < self.rows_max {
            self.rows.push(row);
            return Some(self.rows.len() as u32 - 1);
        }
        let at = self.rows.iter().position(|row| row.holder == Holder::Nobody)?;
        self.rows[at] = row;
        Some(at as u32)
    }

    /// Takes a definition into row `at`; the row that the holder has then.
    fn define(&mut self, at: u32, d: &j::PermissionsDefine) -> u32 {
        let bits = &mut self.bits[at as usize * self.words..][..self.words];
        let row = &mut self.rows[at as usize];
        if d.page.get() == 0 {
            bits.fill(0);
            row.forbidden = d.forbidden.0.get();
            row.all_instruments = d.all_instruments.known() == Some(Boolean::True);
            if is_free(d) {
                row.holder = Holder::Nobody;
                return NONE;
            }
        }
        let page = (d.page.get() as usize).saturating_mul(PAGE_WORDS);
        for (word, wished) in bits.iter_mut().skip(page).zip(words_of(&d.instruments)) {
            *word = wished;
        }
        at
    }

    fn permits(&self, at: u32, instrument: u32, terms: u32) -> Result<(), NotPermitted> {
        let Some(row) = self.rows.get(at as usize) else { return Ok(()) }; // `NONE`
        let (word, bit) = (instrument as usize / 64, instrument % 64);
        let listed =
            word < self.words && self.bits[at as usize * self.words + word] >> bit & 1 == 1;
        if !row.all_instruments && !listed {
            return Err(NotPermitted::Instrument);
        }
        if row.forbidden & terms != 0 { Err(NotPermitted::OrderType) } else { Ok(()) }
    }

    /// Everything into a state hash.
    pub(crate) fn hash(&self, mut hash: u64) -> u64 {
        for (row, bits) in self.rows.iter().zip(self.bits.chunks(self.words.max(1))) {
            let (kind, number) = code_of(row.holder);
            let kind = u64::from(kind) << 1 | u64::from(row.all_instruments);
            hash = mix(mix(hash, kind << 32 | u64::from(number)), row.forbidden.into());
            hash = bits.iter().fold(hash, |hash, word| mix(hash, *word));
        }
        hash
    }

    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { rows, rows_max: _, bits, words } = self;
        w.count(rows.len());
        w.count(*words);
        for (Row { holder, forbidden, all_instruments }, bits) in
            rows.iter().zip(bits.chunks((*words).max(1)))
        {
            let (kind, number) = code_of(*holder);
            w.u8(kind);
            w.u32(number);
            w.u32(*forbidden);
            w.flag(*all_instruments);
            bits.iter().for_each(|word| w.u64(*word));
        }
    }

    /// Where no row is yet, and the sizes are those of the state that was saved.
    fn load(&mut self, r: &mut Reader<'_>, sessions: usize) -> Result<(), SnapshotError> {
        let (rows, words) = (r.u32()? as usize, r.u32()? as usize);
        r.check(words == self.words, "permissions of another size")?;
        for at in 0..rows {
            let (kind, number, forbidden) = (r.u8()?, r.u32()?, r.u32()?);
            let holder = match kind {
                0 if number == 0 => Holder::Nobody,
                1 => Holder::Session(r.index(number, sessions)?),
                2 => Holder::Firm(number),
                _ => return Err(r.wrong("permissions of an unknown kind")),
            };
            self.rows.push(Row { holder, forbidden, all_instruments: r.flag()? });
            let bits = r.records::<U64>(words)?;
            if self.bits.len() < (at + 1) * words {
                self.bits.resize((at + 1) * words, 0); // Fewer sessions fit now than once.
            }
            let row = self.bits[at * words..].iter_mut().zip(bits);
            row.for_each(|(word, saved)| *word = saved.get());
        }
        Ok(())
    }
}

/// Rows, and words of each.
fn sizes(limits: &Limits) -> (usize, usize) {
    (2 * limits.sessions_max, limits.instruments_max.div_ceil(64))
}

/// It forbids nothing.
pub(crate) fn is_free(d: &j::PermissionsDefine) -> bool {
    d.page.get() == 0
        && d.forbidden == OrderTerms::EMPTY
        && d.all_instruments.known() == Some(Boolean::True)
}

fn words_of(set: &InstrumentSet) -> [u64; PAGE_WORDS] {
    let InstrumentSet { word0, word1, word2, word3, word4, word5, word6, word7 } = *set;
    [word0, word1, word2, word3, word4, word5, word6, word7].map(|word| word.get())
}

const fn code_of(holder: Holder) -> (u8, u32) {
    match holder {
        Holder::Nobody => (0, 0),
        Holder::Session(at) => (1, at),
        Holder::Firm(number) => (2, number),
    }
}

impl Engine {
    /// A restriction of a session or firm that is known, or the end of one.
    pub(crate) fn on_permissions(&mut self, d: &j::PermissionsDefine) -> AdminResult {
        let holder = match d.comp_id {
            [0, ..] if self.risk.accounts().find_firm(d.firm.get()).is_none() => {
                return AdminResult::UnknownFirm;
            }
            [0, ..] => Holder::Firm(d.firm.get()),
            comp_id => match self.sessions.iter().position(|s| s.comp_id == comp_id) {
                Some(at) => Holder::Session(at as u32),
                None => return AdminResult::OutOfRange,
            },
        };
        let known = match holder {
            Holder::Session(at) => self.sessions[at as usize].restricted.own,
            _ => self.permissions.find(holder),
        };
        let row = match known {
            NONE if is_free(d) => return AdminResult::Done,
            NONE => match self.permissions.take(holder) {
                Some(row) => row,
                None => return AdminResult::CapacityReached,
            },
            known => known,
        };
        let row = self.permissions.define(row, d);
        match holder {
            Holder::Session(at) => self.sessions[at as usize].restricted.own = row,
            Holder::Firm(firm) => {
                let its = self.sessions.iter_mut().filter(|s| s.firm == firm);
                its.for_each(|s| s.restricted.firm = row);
            }
            Holder::Nobody => {}
        }
        AdminResult::Done
    }

    /// After a session has come, or gone to another firm.
    pub(crate) fn find_restricted(&mut self, at: usize) {
        let firm = self.sessions[at].firm;
        self.sessions[at].restricted.firm = self.permissions.find(Holder::Firm(firm));
    }

    /// Whether session `at`, to which something is forbidden, may enter such an order.
    #[cold]
    pub(crate) fn permitted(
        &self,
        at: u32,
        instrument: u32,
        terms: u32,
    ) -> Result<(), NotPermitted> {
        let Restricted { own, firm } = self.sessions[at as usize].restricted;
        let says = [own, firm].map(|row| self.permissions.permits(row, instrument, terms));
        match says {
            [Err(NotPermitted::Instrument), _] | [_, Err(NotPermitted::Instrument)] => {
                Err(NotPermitted::Instrument)
            }
            [own, firm] => own.and(firm),
        }
    }

    /// Behind the sessions.
    pub(crate) fn load_permissions(&mut self, r: &mut Reader<'_>) -> Result<(), SnapshotError> {
        self.permissions.load(r, self.sessions.len())?;
        for (row, at) in self.permissions.rows.iter().zip(0..) {
            match row.holder {
                Holder::Nobody => {}
                Holder::Session(session) => self.sessions[session as usize].restricted.own = at,
                Holder::Firm(firm) => {
                    let its = self.sessions.iter_mut().filter(|s| s.firm == firm);
                    its.for_each(|s| s.restricted.firm = at);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_the_bit_that_the_schema_names() {
        let bit = |name: OrderTerms| name.0.get();
        let none = Conditions::EMPTY;
        for (ord_type, name) in OrdType::ALL.into_iter().zip([
            OrderTerms::MARKET,
            OrderTerms::LIMIT,
            OrderTerms::STOP,
            OrderTerms::STOP_LIMIT,
            OrderTerms::MARKET_TO_LIMIT,
        ]) {
            let terms = terms_of(ord_type, TimeInForce::Day, none, false, false);
            assert_eq!(terms, bit(name) | bit(OrderTerms::DAY));
        }
        for (time_in_force, name) in TimeInForce::ALL.into_iter().zip([
            OrderTerms::DAY,
            OrderTerms::GOOD_TILL_CANCEL,
            OrderTerms::AT_THE_OPENING,
            OrderTerms::IMMEDIATE_OR_CANCEL,
            OrderTerms::FILL_OR_KILL,
            OrderTerms::GOOD_TILL_DATE,
            OrderTerms::AT_THE_CLOSE,
        ]) {
            let terms = terms_of(OrdType::Limit, time_in_force, none, false, false);
            assert_eq!(terms, bit(name) | bit(OrderTerms::LIMIT));
        }
        let plain = terms_of(OrdType::Limit, TimeInForce::Day, none, false, false);
        for (condition, name) in [
            (Conditions::POST_ONLY, OrderTerms::POST_ONLY),
            (Conditions::POST_ONLY_SLIDE, OrderTerms::POST_ONLY_SLIDE),
            (Conditions::ALL_OR_NONE, OrderTerms::ALL_OR_NONE),
            (Conditions::HIDDEN, OrderTerms::HIDDEN),
        ] {
            let terms = terms_of(OrdType::Limit, TimeInForce::Day, condition, false, false);
            assert_eq!(terms, plain | bit(name));
        }
        let both = terms_of(OrdType::Limit, TimeInForce::Day, none, true, true);
        assert_eq!(both, plain | bit(OrderTerms::ICEBERG) | bit(OrderTerms::MIN_QTY));
    }
}

//! ClOrdIDs: which order a client's name means, and which names are used up.
//!
//! A name is unique among a session's open orders and its last `finished_kept` finished ones
//! (older repeats are accepted). One hash table for the partition (`places.rs`), keyed by a seed given
//! at start and never iterated, so no state depends on it; entries live in a slab whose order is the
//! log's.

use crate::hash::{mix, mix_bytes, name_hash};
use crate::orders::OrderId;
use crate::places::Places;
use crate::snapshot::wire::*;
use crate::snapshot::{Counts, Marks, Reader, SnapshotError, Writer};
use crate::tables::zeroed;
use prefetch_index::prefetch_index;
use sbe_schemas::types::{
    OrdStatus, OrdStatusCode, OrdType, OrdTypeCode, Side, SideCode, TimeInForce, TimeInForceCode,
};
use zerocopy::FromZeros;

/// ClOrdID (11), NUL padded.
pub type ClOrdId = [u8; 36];

/// An entry of the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromZeros)]
pub struct Id(pub u32);

impl Id {
    /// No entry.
    pub const NONE: Self = Self(u32::MAX);
}

/// How an order ended: what a status request and a PossResend are answered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Outcome {
    /// OrderID (37).
    pub order_id: OrderId,
    /// Index of its instrument.
    pub instrument: u32,
    /// Index of its owner.
    pub owner: u32,
    /// Side (54).
    pub side: Side,
    /// OrdType (40).
    pub ord_type: OrdType,
    /// TimeInForce (59).
    pub time_in_force: TimeInForce,
    /// OrdStatus (39) at the end.
    pub status: OrdStatus,
    /// Its limit price.
    pub ticks: u32,
    /// OrderQty (38) in lots.
    pub lots: i64,
    /// CumQty (14) in lots.
    pub filled_lots: i64,
    /// AvgPx (6), mantissa.
    pub average: i64,
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The newest name of an order that lives.
    Open(OrderId),
    /// The last name of an order that ended: see [`Ids::outcome`].
    Finished,
    /// A name that was used up: replaced by a later one, or of a cancel request.
    Used {
        /// The name that took over.
        successor: Id,
    },
}

/// Why a name means no open order any more.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// The order ended.
    Order(Outcome),
    /// See [`Meaning::Used`].
    Used {
        /// The name that took over.
        successor: Id,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the free list.
    Free(Id),
    Open(OrderId),
    /// `outcomes` has it.
    Finished,
    Used(Id),
}

/// One cache line: what a look for a name reads.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Entry {
    name: ClOrdId,
    session: u32,
    hash: u32,
    state: State,
}

const _: () = assert!(size_of::<Entry>() == 64);

/// A finished name, with all that forgetting it needs.
#[derive(Clone, Copy, FromZeros)]
struct Gone {
    id: Id,
    hash: u32,
}

/// The finished names of one session: a part of a ring, oldest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct FinishedNames {
    oldest: u32,
    count: u32,
}

/// A name of a session, hashed once for all that it is asked for.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// Index of the session.
    pub session: u32,
    /// The name.
    pub name: &'a ClOrdId,
    hash: u32,
}

/// The table.
pub struct Ids {
    places: Places,
    entries: Vec<Entry>,
    outcomes: Vec<Outcome>,
    /// A ring of `finished_kept` entries for each session.
    finished: Vec<Gone>,
    entries_max: usize,
    free: Id,
    live: usize,
    finished_kept: u32,
    seed: u64,
}

/// How many names ahead memory is fetched when a table is filled.
const PLACES_AHEAD: usize = 16;
/// Names that a command makes forgotten: a cancel's own, and the order's.
const EVICTIONS: u32 = 2;

impl Ids {
    /// Room for `names_max` names; each of `sessions_max` sessions keeps its last `finished_kept`
    /// finished ones.
    pub fn new(names_max: usize, sessions_max: usize, finished_kept: u32, seed: u64) -> Self {
        assert!(names_max < (u32::MAX / 4) as usize);
        Self {
            places: Places::new(names_max),
            entries: Vec::with_capacity(names_max),
            outcomes: Vec::with_capacity(names_max),
            finished: zeroed(sessions_max * finished_kept as usize),
            entries_max: names_max,
            free: Id::NONE,
            live: 0,
            finished_kept,
            seed,
        }
    }

    /// Other bounds from now on; what is known stays.
    pub fn resize(&mut self, names_max: usize, sessions_max: usize) {
        assert!(names_max < (u32::MAX / 4) as usize);
        self.entries_max = names_max;
        let more = names_max.saturating_sub(self.entries.len());
        self.entries.reserve_exact(more);
        self.outcomes.reserve_exact(more);
        let rings = sessions_max * self.finished_kept as usize;
        self.finished.resize(rings.max(self.finished.len()), Gone::new_zeroed());
        if self.places.is_too_small_for(names_max) {
            self.places = Places::new(names_max);
            self.load_table();
        }
    }

    /// Another `names` names fit.
    #[inline]
    pub fn has_room(&self, names: usize) -> bool {
        self.live + names <= self.entries_max
    }

    /// Names that are known.
    #[inline]
    pub fn live(&self) -> usize {
        self.live
    }

    /// A name of a session, to ask for.
    #[inline]
    pub fn named<'a>(&self, session: u32, name: &'a ClOrdId) -> Named<'a> {
        let hash = (name_hash(self.seed, session, name) >> 32) as u32;
        Named { session, name, hash }
    }

    /// What a name means.
    #[inline]
    pub fn find(&self, named: Named<'_>) -> Option<Id> {
        let is_it = |at: u32| {
            let e = &self.entries[at as usize];
            e.session == named.session && e.name == *named.name
        };
        self.places.find(named.hash, is_it).map(Id)
    }

    /// Fetches what [`Self::find`] will read first.
    #[inline]
    pub fn prefetch(&self, named: Named<'_>) {
        self.places.prefetch(named.hash);
    }

    /// Fetches what [`Self::find`] will read then: the entry that the name probably has.
    #[inline]
    pub fn prefetch_entry(&self, named: Named<'_>) -> Option<Id> {
        let id = Id(self.places.find(named.hash, |_| true)?);
        self.prefetch_name(id);
        Some(id)
    }

    /// Fetches what an open name and its end will touch.
    #[inline]
    pub fn prefetch_name(&self, id: Id) {
        prefetch_index(&self.entries, id.0 as usize);
        prefetch_index(&self.outcomes, id.0 as usize);
    }

    /// The order that an open name means, once its entry has been fetched.
    #[inline]
    pub fn glance(&self, id: Id) -> Option<OrderId> {
        match self.entries.get(id.0 as usize)?.state {
            State::Open(order) => Some(order),
            _ => None,
        }
    }

    /// The meaning of an entry that is known to live.
    #[inline]
    pub fn meaning(&self, id: Id) -> Meaning {
        match self.entries[id.0 as usize].state {
            State::Open(order) => Meaning::Open(order),
            State::Finished => Meaning::Finished,
            State::Used(successor) => Meaning::Used { successor },
            State::Free(_) => unreachable!("a known name has a meaning"),
        }
    }

    /// How the order of a finished name ended.
    #[inline]
    pub fn outcome(&self, id: Id) -> &Outcome {
        &self.outcomes[id.0 as usize]
    }

    /// The name of an entry that is known to live.
    #[inline]
    pub fn name(&self, id: Id) -> &ClOrdId {
        &self.entries[id.0 as usize].name
    }

    /// The name of an order that lives. Needs room, and that `find` does not know it.
    #[inline]
    pub fn insert(&mut self, named: Named<'_>, order: OrderId) -> Id {
        assert!(self.has_room(1));
        let Named { session, name, hash } = named;
        let entry = Entry { name: *name, session, hash, state: State::Open(order) };
        let id = match self.entries.get_mut(self.free.0 as usize) {
            None => {
                self.entries.push(entry);
                self.outcomes.push(Outcome::NONE);
                Id(self.entries.len() as u32 - 1)
            }
            Some(place) => {
                let State::Free(next) = place.state else { unreachable!("it is free") };
                *place = entry;
                std::mem::replace(&mut self.free, next)
            }
        };
        self.live += 1;
        self.places.insert(hash, id.0);
        id
    }

    /// A name that means no open order any more goes to the end of its session's ring; the oldest
    /// beyond `finished_kept` is forgotten.
    #[inline]
    pub fn finish(&mut self, id: Id, end: End, row: &mut FinishedNames) {
        let entry = &mut self.entries[id.0 as usize];
        let (session, hash) = (entry.session, entry.hash);
        entry.state = match end {
            End::Used { successor } => State::Used(successor),
            End::Order(outcome) => {
                self.outcomes[id.0 as usize] = outcome;
                State::Finished
            }
        };
        let gone = Gone { id, hash };
        if self.finished_kept == 0 {
            return self.remove(gone);
        }
        if row.count == self.finished_kept {
            self.remove(self.finished[self.ring_slot(session, row.oldest)]);
            row.oldest = self.ring_after(row.oldest, 1);
            row.count -= 1;
        }
        let end = self.ring_slot(session, self.ring_after(row.oldest, row.count));
        self.finished[end] = gone;
        row.count += 1;
    }

    #[inline]
    fn ring_slot(&self, session: u32, at: u32) -> usize {
        session as usize * self.finished_kept as usize + at as usize
    }

    /// `by` places further, at most once around.
    #[inline]
    fn ring_after(&self, at: u32, by: u32) -> u32 {
        let end = at + by;
        if end >= self.finished_kept { end - self.finished_kept } else { end }
    }

    /// Fetches what forgetting the next names of a session will touch.
    #[inline]
    pub fn prefetch_evictions(&self, session: u32, row: &FinishedNames) {
        if row.count < self.finished_kept || self.finished_kept < EVICTIONS {
            return;
        }
        for by in 0..EVICTIONS {
            let gone = self.finished[self.ring_slot(session, self.ring_after(row.oldest, by))];
            prefetch_index(&self.entries, gone.id.0 as usize);
            self.places.prefetch(gone.hash);
        }
    }

    fn remove(&mut self, Gone { id, hash }: Gone) {
        self.places.remove(hash, id.0);
        self.entries[id.0 as usize].state = State::Free(self.free);
        self.free = id;
        self.live -= 1;
    }

    /// All names and their slots into a state hash; the table itself never counts.
    pub fn hash(&self, mut hash: u64) -> u64 {
        for (entry, o) in self.entries.iter().zip(&self.outcomes) {
            let word = match entry.state {
                State::Free(next) => u64::from(next.0) | 1 << 63,
                State::Open(order) => order.0,
                State::Finished => {
                    mix(o.order_id.0, o.filled_lots as u64 ^ (o.status as u64) << 56)
                }
                State::Used(successor) => u64::from(successor.0) << 32,
            };
            hash = mix(hash, word);
            if !matches!(entry.state, State::Free(_)) {
                hash = mix_bytes(mix(hash, u64::from(entry.session)), &entry.name);
            }
        }
        hash
    }

    /// The finished names of a session, oldest first, into a state hash.
    pub fn hash_row(&self, session: u32, row: &FinishedNames, hash: u64) -> u64 {
        let at = |n| self.ring_slot(session, self.ring_after(row.oldest, n));
        (0..row.count).fold(hash, |hash, n| mix(hash, u64::from(self.finished[at(n)].id.0)))
    }
}

impl Outcome {
    const NONE: Self = Self {
        order_id: OrderId(0),
        instrument: 0,
        owner: 0,
        side: Side::Buy,
        ord_type: OrdType::Limit,
        time_in_force: TimeInForce::Day,
        status: OrdStatus::New,
        ticks: 0,
        lots: 0,
        filled_lots: 0,
        average: 0,
    };
}

/// What an entry is, in a snapshot.
const FREE: u8 = 0;
const OPEN: u8 = 1;
const FINISHED: u8 = 2;
const USED: u8 = 3;

/// Of every entry that is not free.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct NameRecord {
    name: ClOrdId,
    session: U32,
    /// OrderID of an open one, successor of a used one, else 0.
    means: U64,
}

/// Of every finished order whose name is known.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct OutcomeRecord {
    order_id: U64,
    instrument: U32,
    owner: U32,
    side: SideCode,
    ord_type: OrdTypeCode,
    time_in_force: TimeInForceCode,
    status: OrdStatusCode,
    ticks: U32,
    lots: I64,
    filled_lots: I64,
    average: I64,
}

impl Ids {
    /// What every entry is, the free ones in the order of their use, names, outcomes; then the finished
    /// names of each session, oldest first.
    pub(crate) fn save<'a>(
        &self,
        rows: impl Iterator<Item = &'a FinishedNames>,
        w: &mut Writer<'_>,
    ) {
        let Self {
            places: _,
            entries,
            outcomes,
            finished,
            entries_max: _,
            free,
            live,
            finished_kept: _,
            seed: _,
        } = self;
        w.count(entries.len());
        for entry in entries {
            w.u8(match entry.state {
                State::Free(_) => FREE,
                State::Open(_) => OPEN,
                State::Finished => FINISHED,
                State::Used(_) => USED,
            });
        }
        w.count(entries.len() - live);
        let mut next = *free;
        while let Some(Entry { state: State::Free(after), .. }) = entries.get(next.0 as usize) {
            w.u32(next.0);
            next = *after;
        }
        for Entry { name, session, hash: _, state } in entries {
            let means = match *state {
                State::Free(_) => continue,
                State::Open(order) => order.0,
                State::Finished => 0,
                State::Used(successor) => u64::from(successor.0),
            };
            w.record(&NameRecord { name: *name, session: (*session).into(), means: means.into() });
        }
        let is_finished = |(entry, _): &(&Entry, &Outcome)| entry.state == State::Finished;
        for (_, outcome) in entries.iter().zip(outcomes).filter(is_finished) {
            w.record(&OutcomeRecord::of(outcome));
        }
        for (session, FinishedNames { oldest, count }) in (0..).zip(rows) {
            w.u32(*count);
            for nth in 0..*count {
                w.u32(finished[self.ring_slot(session, self.ring_after(*oldest, nth))].id.0);
            }
        }
    }

    /// Into a table of no names.
    pub(crate) fn load<'a>(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
        rows: impl Iterator<Item = &'a mut FinishedNames>,
    ) -> Result<(), SnapshotError> {
        let count = r.u32()? as usize;
        let kinds = r.bytes(count)?;
        let free = r.list()?;
        self.live = kinds.iter().filter(|kind| **kind != FREE).count();
        r.check(self.live == counts.names.get() as usize, "another number than in the header")?;
        r.check(self.live + free.len() == count, "an entry that is neither free nor used")?;
        r.check(!self.places.is_too_small_for(self.live), "more names than there can be")?;
        let mut names = r.records::<NameRecord>(self.live)?.iter();
        let finished = kinds.iter().filter(|kind| **kind == FINISHED).count();
        let mut outcomes = r.records::<OutcomeRecord>(finished)?.iter();
        for kind in kinds {
            let name = if *kind == FREE { None } else { names.next() };
            let outcome = if *kind == FINISHED { outcomes.next() } else { None };
            self.load_entry(r, *kind, name, kinds)?;
            self.outcomes.push(match outcome {
                Some(outcome) => outcome.load(r, counts)?,
                None => Outcome::NONE,
            });
        }
        self.load_table();
        self.load_free(r, free)?;
        self.load_rows(r, counts, rows)
    }

    fn load_entry(
        &mut self,
        r: &Reader<'_>,
        kind: u8,
        name: Option<&NameRecord>,
        kinds: &[u8],
    ) -> Result<(), SnapshotError> {
        let Some(NameRecord { name, session, means }) = name else {
            let (name, state) = ([0; 36], State::Free(Id::NONE));
            self.entries.push(Entry { name, session: 0, hash: 0, state });
            return Ok(());
        };
        let (session, means) = (session.get(), means.get());
        let state = match kind {
            OPEN => State::Open(OrderId(means)),
            FINISHED if means == 0 => State::Finished,
            USED => {
                let successor = Id(u32::try_from(means).unwrap_or(u32::MAX));
                let known = kinds.get(successor.0 as usize).is_some_and(|kind| *kind != FREE);
                r.check(known || successor == Id::NONE, "a successor that is none")?;
                State::Used(successor)
            }
            _ => return Err(r.wrong("a name that means nothing")),
        };
        let hash = self.named(session, name).hash;
        self.entries.push(Entry { name: *name, session, hash, state });
        Ok(())
    }

    /// Places are all over the table: their memory is on its way a few names ahead.
    fn load_table(&mut self) {
        for (at, entry) in (0..).zip(&self.entries) {
            if let Some(ahead) = self.entries.get(at as usize + PLACES_AHEAD) {
                self.places.prefetch(ahead.hash);
            }
            if !matches!(entry.state, State::Free(_)) {
                self.places.insert(entry.hash, at);
            }
        }
    }

    fn load_free(&mut self, r: &Reader<'_>, free: &[U32]) -> Result<(), SnapshotError> {
        let mut seen = Marks::new(self.entries.len());
        for at in free.iter().rev().map(|at| at.get()) {
            r.check(seen.first_time(at), "a free entry twice")?;
            let State::Free(next) = &mut self.entries[at as usize].state else {
                return Err(r.wrong("a free entry that is none"));
            };
            *next = std::mem::replace(&mut self.free, Id(at));
        }
        Ok(())
    }

    /// Every name that means no open order is in the ring of its session, once.
    fn load_rows<'a>(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
        rows: impl Iterator<Item = &'a mut FinishedNames>,
    ) -> Result<(), SnapshotError> {
        let mut seen = Marks::new(self.entries.len());
        let mut in_rows = 0;
        for (session, row) in (0..).zip(rows) {
            let list = r.list()?;
            r.check(list.len() <= self.finished_kept as usize, "more names than are kept")?;
            for (nth, at) in (0..).zip(list) {
                let at = at.get();
                r.check(seen.first_time(at), "a finished name twice")?;
                let entry = &self.entries[at as usize];
                let ended = matches!(entry.state, State::Finished | State::Used(_));
                r.check(ended && entry.session == session, "a finished name that is none")?;
                let end = self.ring_slot(session, nth);
                self.finished[end] = Gone { id: Id(at), hash: self.entries[at as usize].hash };
            }
            *row = FinishedNames { oldest: 0, count: list.len() as u32 };
            in_rows += list.len();
        }
        r.check(self.live == self.open() + in_rows, "a finished name in no row")?;
        let sessions = counts.sessions.get();
        let known = |e: &Entry| e.session < sessions || matches!(e.state, State::Free(_));
        r.check(self.entries.iter().all(known), "an index out of range")
    }

    /// An entry is the newest name of this order.
    pub(crate) fn is_open(&self, id: Id, order: OrderId) -> bool {
        self.entries.get(id.0 as usize).is_some_and(|entry| entry.state == State::Open(order))
    }

    /// Names of open orders.
    pub(crate) fn open(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.state, State::Open(_))).count()
    }
}

impl OutcomeRecord {
    fn of(outcome: &Outcome) -> Self {
        let Outcome {
            order_id,
            instrument,
            owner,
            side,
            ord_type,
            time_in_force,
            status,
            ticks,
            lots,
            filled_lots,
            average,
        } = *outcome;
        Self {
            order_id: order_id.0.into(),
            instrument: instrument.into(),
            owner: owner.into(),
            side: side.into(),
            ord_type: ord_type.into(),
            time_in_force: time_in_force.into(),
            status: status.into(),
            ticks: ticks.into(),
            lots: lots.into(),
            filled_lots: filled_lots.into(),
            average: average.into(),
        }
    }

    fn load(&self, r: &Reader<'_>, counts: &Counts) -> Result<Outcome, SnapshotError> {
        Ok(Outcome {
            order_id: OrderId(self.order_id.get()),
            instrument: r.index(self.instrument.get(), counts.instruments.get() as usize)?,
            owner: r.index(self.owner.get(), counts.owners.get() as usize)?,
            side: r.known(self.side.known())?,
            ord_type: r.known(self.ord_type.known())?,
            time_in_force: r.known(self.time_in_force.known())?,
            status: r.known(self.status.known())?,
            ticks: self.ticks.get(),
            lots: self.lots.get(),
            filled_lots: self.filled_lots.get(),
            average: self.average.get(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(n: u32) -> ClOrdId {
        let mut name = [0; 36];
        name[..4].copy_from_slice(&n.to_le_bytes());
        name
    }

    #[test]
    fn every_name_is_found_until_it_is_forgotten_and_never_after() {
        let mut ids = Ids::new(100, 3, 10, 42);
        let mut row = FinishedNames::default();
        for n in 0..1000 {
            assert_eq!(ids.find(ids.named(1, &name(n))), None);
            let id = ids.insert(ids.named(1, &name(n)), OrderId(u64::from(n)));
            ids.finish(id, End::Used { successor: Id::NONE }, &mut row);
            for known in 0..=n {
                assert_eq!(
                    ids.find(ids.named(1, &name(known))).is_some(),
                    known + 10 > n,
                    "{known} of {n}"
                );
            }
            assert_eq!(ids.find(ids.named(2, &name(n))), None, "names are the session's own");
        }
        assert!(ids.has_room(90) && !ids.has_room(91));
    }

    #[test]
    fn a_bigger_table_knows_what_the_smaller_one_knew() {
        let mut ids = Ids::new(10, 3, 10, 7);
        (0..10).for_each(|n| _ = ids.insert(ids.named(1, &name(n)), OrderId(u64::from(n))));
        assert!(!ids.has_room(1));
        ids.resize(1000, 3);
        (10..1000).for_each(|n| _ = ids.insert(ids.named(1, &name(n)), OrderId(u64::from(n))));
        assert!((0..1000).all(|n| ids.find(ids.named(1, &name(n))).is_some()) && !ids.has_room(1));
    }

    #[test]
    fn the_seed_changes_no_answer_and_no_hash() {
        let run = |seed| {
            let mut ids = Ids::new(100, 3, 5, seed);
            let mut row = FinishedNames::default();
            for n in 0..80 {
                let id = ids.insert(ids.named(1, &name(n)), OrderId(u64::from(n)));
                if n % 2 == 0 {
                    ids.finish(id, End::Used { successor: Id::NONE }, &mut row);
                }
            }
            ids.hash(0)
        };
        assert_eq!(run(1), run(2));
    }
}

//! ClOrdIDs: which order a client's name means, and which names are used up.
//!
//! A name is unique among a session's open orders and its last `finished_kept` finished ones
//! (older repeats are accepted). One hash table for the partition (`places.rs`), keyed by a seed given
//! at start and never iterated, so no state depends on it; entries live in a slab whose order is the
//! log's.

use crate::hash::{mix, mix_bytes, name_hash};
use crate::orders::OrderId;
use crate::places::Places;
use prefetch_index::prefetch_index;
use sbe_schemas::types::{OrdStatus, OrdType, Side, TimeInForce};

/// ClOrdID (11), NUL padded.
pub type ClOrdId = [u8; 36];

/// An entry of the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The last name of an order that ended.
    Finished(Outcome),
    /// A name that was used up: replaced by a later one, or of a cancel request.
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
#[derive(Clone, Copy)]
struct Gone {
    id: Id,
    hash: u32,
}

impl Gone {
    const NONE: Self = Self { id: Id::NONE, hash: 0 };
}

/// The finished names of one session: a part of a ring, oldest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct FinishedNames {
    oldest: u32,
    count: u32,
}

/// The hash of a name of a session.
#[derive(Clone, Copy)]
pub struct NameKey(u32);

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
            finished: vec![Gone::NONE; sessions_max * finished_kept as usize],
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
        self.finished.resize(rings.max(self.finished.len()), Gone::NONE);
        if self.places.is_too_small_for(names_max) {
            self.places = Places::new(names_max);
            for (at, entry) in (0..).zip(&self.entries) {
                if !matches!(entry.state, State::Free(_)) {
                    self.places.insert(entry.hash, at);
                }
            }
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

    /// What this name of this session means.
    #[inline]
    pub fn find(&self, session: u32, name: &ClOrdId) -> Option<Id> {
        let is_it = |at: u32| {
            let e = &self.entries[at as usize];
            e.session == session && e.name == *name
        };
        self.places.find(self.hash_of(session, name), is_it).map(Id)
    }

    /// The hash of a name, to look ahead with.
    #[inline]
    pub fn key(&self, session: u32, name: &ClOrdId) -> NameKey {
        NameKey(self.hash_of(session, name))
    }

    /// Fetches what [`Self::find`] will read first.
    #[inline]
    pub fn prefetch(&self, key: NameKey) {
        self.places.prefetch(key.0);
    }

    /// Fetches what [`Self::find`] will read then.
    #[inline]
    pub fn prefetch_entry(&self, key: NameKey) {
        if let Some(entry) = self.candidate(key) {
            self.prefetch_name(Id(entry));
        }
    }

    /// Fetches what an open name and its end will touch.
    #[inline]
    pub fn prefetch_name(&self, id: Id) {
        prefetch_index(&self.entries, id.0 as usize);
        prefetch_index(&self.outcomes, id.0 as usize);
    }

    /// The order that an open name probably means, once its entry has been fetched.
    #[inline]
    pub fn glance(&self, key: NameKey) -> Option<OrderId> {
        match self.entries.get(self.candidate(key)? as usize)?.state {
            State::Open(order) => Some(order),
            _ => None,
        }
    }

    /// The first entry of this hash.
    #[inline]
    fn candidate(&self, key: NameKey) -> Option<u32> {
        self.places.find(key.0, |_| true)
    }

    /// The meaning of an entry that is known to live.
    #[inline]
    pub fn meaning(&self, id: Id) -> Meaning {
        match self.entries[id.0 as usize].state {
            State::Open(order) => Meaning::Open(order),
            State::Finished => Meaning::Finished(self.outcomes[id.0 as usize]),
            State::Used(successor) => Meaning::Used { successor },
            State::Free(_) => unreachable!("a known name has a meaning"),
        }
    }

    /// The name of an entry that is known to live.
    #[inline]
    pub fn name(&self, id: Id) -> &ClOrdId {
        &self.entries[id.0 as usize].name
    }

    /// The name of an order that lives. Needs room, and that `find` does not know it.
    #[inline]
    pub fn insert(&mut self, session: u32, name: &ClOrdId, order: OrderId) -> Id {
        assert!(self.has_room(1));
        let hash = self.hash_of(session, name);
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
    pub fn finish(&mut self, id: Id, meaning: Meaning, row: &mut FinishedNames) {
        let entry = &mut self.entries[id.0 as usize];
        let (session, hash) = (entry.session, entry.hash);
        entry.state = match meaning {
            Meaning::Open(order) => State::Open(order),
            Meaning::Used { successor } => State::Used(successor),
            Meaning::Finished(outcome) => {
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

    #[inline]
    fn hash_of(&self, session: u32, name: &ClOrdId) -> u32 {
        (name_hash(self.seed, session, name) >> 32) as u32
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
            assert_eq!(ids.find(1, &name(n)), None);
            let id = ids.insert(1, &name(n), OrderId(u64::from(n)));
            ids.finish(id, Meaning::Used { successor: Id::NONE }, &mut row);
            for known in 0..=n {
                assert_eq!(ids.find(1, &name(known)).is_some(), known + 10 > n, "{known} of {n}");
            }
            assert_eq!(ids.find(2, &name(n)), None, "names are the session's own");
        }
        assert!(ids.has_room(90) && !ids.has_room(91));
    }

    #[test]
    fn a_bigger_table_knows_what_the_smaller_one_knew() {
        let mut ids = Ids::new(10, 3, 10, 7);
        (0..10).for_each(|n| _ = ids.insert(1, &name(n), OrderId(u64::from(n))));
        assert!(!ids.has_room(1));
        ids.resize(1000, 3);
        (10..1000).for_each(|n| _ = ids.insert(1, &name(n), OrderId(u64::from(n))));
        assert!((0..1000).all(|n| ids.find(1, &name(n)).is_some()) && !ids.has_room(1));
    }

    #[test]
    fn the_seed_changes_no_answer_and_no_hash() {
        let run = |seed| {
            let mut ids = Ids::new(100, 3, 5, seed);
            let mut row = FinishedNames::default();
            for n in 0..80 {
                let id = ids.insert(1, &name(n), OrderId(u64::from(n)));
                if n % 2 == 0 {
                    ids.finish(id, Meaning::Used { successor: Id::NONE }, &mut row);
                }
            }
            ids.hash(0)
        };
        assert_eq!(run(1), run(2));
    }
}

//! ClOrdIDs: which order a client's name means, and which names are used up.
//!
//! A name is unique among a session's open orders and its last `finished_kept` finished ones
//! (DESIGN: older repeats are accepted). One open-addressing table for the partition, sized at
//! start, linear probing, deletion by shifting back. The table is keyed by a seed given at start
//! and never iterated, so no state depends on it; entries live in a slab whose order is the log's.

use crate::hash::{mix, mix_bytes};
use crate::orders::OrderId;
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

#[derive(Clone, Copy)]
struct Entry {
    session: u32,
    name: ClOrdId,
    meaning: Option<Meaning>,
    /// Next in the session's row of finished names, or in the free list.
    next: Id,
}

/// The finished names of one session, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct FinishedNames {
    first: Id,
    last: Id,
    count: u32,
}

impl Default for FinishedNames {
    fn default() -> Self {
        Self { first: Id::NONE, last: Id::NONE, count: 0 }
    }
}

/// The table.
pub struct Ids {
    /// Entry + 1, or 0. A power of two, at most half full.
    table: Vec<u32>,
    entries: Vec<Entry>,
    entries_max: usize,
    free: Id,
    live: usize,
    finished_kept: u32,
    seed: u64,
}

impl Ids {
    /// Room for `names_max` names; each session keeps its last `finished_kept` finished ones.
    pub fn new(names_max: usize, finished_kept: u32, seed: u64) -> Self {
        assert!(names_max < (u32::MAX / 4) as usize);
        Self {
            table: vec![0; (names_max.max(8) * 2).next_power_of_two()],
            entries: Vec::with_capacity(names_max),
            entries_max: names_max,
            free: Id::NONE,
            live: 0,
            finished_kept,
            seed,
        }
    }

    /// Another bound from now on; what is known stays.
    pub fn resize(&mut self, names_max: usize) {
        assert!(names_max < (u32::MAX / 4) as usize);
        self.entries_max = names_max;
        self.entries.reserve_exact(names_max.saturating_sub(self.entries.len()));
        let slots = (names_max.max(8) * 2).next_power_of_two();
        if slots <= self.table.len() {
            return;
        }
        self.table = vec![0; slots];
        for at in 0..self.entries.len() {
            let Entry { session, name, meaning, .. } = self.entries[at];
            if meaning.is_some() {
                self.place(Id(at as u32), session, &name);
            }
        }
    }

    /// Another `names` names fit.
    pub fn has_room(&self, names: usize) -> bool {
        self.live + names <= self.entries_max
    }

    /// What this name of this session means.
    pub fn find(&self, session: u32, name: &ClOrdId) -> Option<Id> {
        let mut at = self.home(session, name);
        loop {
            let entry = self.table[at].checked_sub(1)?;
            let e = &self.entries[entry as usize];
            if e.session == session && e.name == *name {
                return Some(Id(entry));
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }

    /// The meaning of an entry that is known to live.
    pub fn meaning(&self, id: Id) -> Meaning {
        self.entries[id.0 as usize].meaning.expect("a known name has a meaning")
    }

    /// The name of an entry that is known to live.
    pub fn name(&self, id: Id) -> &ClOrdId {
        &self.entries[id.0 as usize].name
    }

    /// A new name. Needs room, and that `find` does not know it.
    pub fn insert(&mut self, session: u32, name: &ClOrdId, meaning: Meaning) -> Id {
        assert!(self.has_room(1));
        let entry = Entry { session, name: *name, meaning: Some(meaning), next: Id::NONE };
        let id = if self.free == Id::NONE {
            self.entries.push(entry);
            Id(self.entries.len() as u32 - 1)
        } else {
            let id = self.free;
            self.free = self.entries[id.0 as usize].next;
            self.entries[id.0 as usize] = entry;
            id
        };
        self.live += 1;
        self.place(id, session, name);
        id
    }

    fn place(&mut self, id: Id, session: u32, name: &ClOrdId) {
        let mut at = self.home(session, name);
        while self.table[at] != 0 {
            at = (at + 1) & (self.table.len() - 1);
        }
        self.table[at] = id.0 + 1;
    }

    /// Gives an open name another meaning.
    pub fn set(&mut self, id: Id, meaning: Meaning) {
        self.entries[id.0 as usize].meaning = Some(meaning);
    }

    /// Puts a name that means no open order at the end of its session's row; the oldest beyond
    /// `finished_kept` is forgotten.
    pub fn finish(&mut self, id: Id, meaning: Meaning, row: &mut FinishedNames) {
        let entry = &mut self.entries[id.0 as usize];
        entry.meaning = Some(meaning);
        entry.next = Id::NONE;
        if row.last == Id::NONE {
            row.first = id;
        } else {
            self.entries[row.last.0 as usize].next = id;
        }
        row.last = id;
        row.count += 1;
        while row.count > self.finished_kept {
            let oldest = row.first;
            row.first = self.entries[oldest.0 as usize].next;
            if row.first == Id::NONE {
                row.last = Id::NONE;
            }
            row.count -= 1;
            self.remove(oldest);
        }
    }

    fn remove(&mut self, id: Id) {
        let Entry { session, name, .. } = self.entries[id.0 as usize];
        let mask = self.table.len() - 1;
        let mut hole = self.home(session, &name);
        while self.table[hole] != id.0 + 1 {
            assert!(self.table[hole] != 0, "a known name is in the table");
            hole = (hole + 1) & mask;
        }
        // Shift back what would no longer be found behind the hole.
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let Some(entry) = self.table[at].checked_sub(1) else { break };
            let e = &self.entries[entry as usize];
            let home = self.home(e.session, &e.name);
            let from_home = at.wrapping_sub(home) & mask;
            let from_hole = at.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.table[hole] = self.table[at];
                hole = at;
            }
        }
        self.table[hole] = 0;
        let entry = &mut self.entries[id.0 as usize];
        entry.meaning = None;
        entry.next = self.free;
        self.free = id;
        self.live -= 1;
    }

    fn home(&self, session: u32, name: &ClOrdId) -> usize {
        let hash = mix_bytes(mix(self.seed, u64::from(session)), name);
        hash as usize & (self.table.len() - 1)
    }

    /// All names and their slots into a state hash; the table itself never counts.
    pub fn hash(&self, mut hash: u64) -> u64 {
        for entry in &self.entries {
            let word = match entry.meaning {
                None => 0,
                Some(Meaning::Open(order)) => order.0,
                Some(Meaning::Finished(o)) => {
                    mix(o.order_id.0, o.filled_lots as u64 ^ (o.status as u64) << 56)
                }
                Some(Meaning::Used { successor }) => u64::from(successor.0) << 32,
            };
            hash = mix(mix(hash, word), u64::from(entry.next.0));
            if entry.meaning.is_some() {
                hash = mix_bytes(mix(hash, u64::from(entry.session)), &entry.name);
            }
        }
        hash
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
        let mut ids = Ids::new(100, 10, 42);
        let mut row = FinishedNames::default();
        for n in 0..1000 {
            assert_eq!(ids.find(1, &name(n)), None);
            let id = ids.insert(1, &name(n), Meaning::Open(OrderId(u64::from(n))));
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
        let mut ids = Ids::new(10, 10, 7);
        (0..10).for_each(|n| _ = ids.insert(1, &name(n), Meaning::Open(OrderId(u64::from(n)))));
        assert!(!ids.has_room(1));
        ids.resize(1000);
        (10..1000).for_each(|n| _ = ids.insert(1, &name(n), Meaning::Open(OrderId(u64::from(n)))));
        assert!((0..1000).all(|n| ids.find(1, &name(n)).is_some()) && !ids.has_room(1));
    }

    #[test]
    fn the_seed_changes_no_answer_and_no_hash() {
        let run = |seed| {
            let mut ids = Ids::new(100, 5, seed);
            let mut row = FinishedNames::default();
            for n in 0..80 {
                let id = ids.insert(n % 3, &name(n), Meaning::Open(OrderId(u64::from(n))));
                if n % 2 == 0 {
                    ids.finish(id, Meaning::Used { successor: Id::NONE }, &mut row);
                }
            }
            ids.hash(0)
        };
        assert_eq!(run(1), run(2));
    }
}

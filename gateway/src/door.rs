//! The door: who has to go when newcomers find all places taken.
//!
//! `connections_max` counts those who have logged on. Beside them a few more may be about to (`STRANGERS_SPARE`), and
//! when there are too many of these, some go: of the address that has the most of them the oldest. So strangers
//! hold places only until somebody else needs them, and one address that connects without end turns out itself alone. Who
//! has logged on, or has a Logon on its way into the log, is no stranger. While all `connections_max` have, nobody else
//! could, and whoever comes goes.
//!
//! The owner of the table looks each turn in which somebody has come, after it has read what they have said, so that nobody
//! goes whose Logon is there. The transport accepts only while it has a place: nobody is lost meanwhile.

use crate::io::{ConnId, TransportLimits, WhenFull};
use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Connections that may be about to log on while all others have.
pub const STRANGERS_SPARE: u16 = 16;
/// Places of the transport beyond `connections_max`: those, and as many for who has just come or is on his way out.
pub const PLACES_SPARE: u16 = 2 * STRANGERS_SPARE;

/// A connection that has not logged on.
#[derive(Clone, Copy, Debug)]
pub struct Stranger {
    /// Which.
    pub conn: ConnId,
    /// Where it comes from.
    pub address: IpAddr,
    /// Its secret is being checked: it goes after those of its address that have said nothing.
    pub is_checked: bool,
    /// Until when it may log on, ns: later for those who came later.
    pub deadline: u64,
}

impl Stranger {
    fn age(&self) -> (bool, u64, u16) {
        (self.is_checked, self.deadline, self.conn.slot)
    }
}

/// See the file's map.
pub struct Door {
    connections_max: usize,
    strangers: Vec<Stranger>,
    too_many: usize,
    turned_out: Arc<AtomicU64>,
}

impl Door {
    /// Of a table for so many who have logged on.
    pub fn new(connections_max: u16) -> Self {
        let strangers = Vec::with_capacity(Self::places(connections_max));
        let connections_max = connections_max.into();
        Self { connections_max, strangers, too_many: 0, turned_out: Arc::default() }
    }

    /// Places that such a table has.
    pub fn places(connections_max: u16) -> usize {
        usize::from(connections_max) + usize::from(PLACES_SPARE)
    }

    /// These are all the strangers there are, and so many others.
    pub fn look(&mut self, strangers: impl Iterator<Item = Stranger>, others: usize) {
        self.strangers.clear();
        self.strangers.extend(strangers);
        self.strangers.sort_unstable_by_key(|stranger| (stranger.address, stranger.age()));
        let spare = if self.is_full(others) { 0 } else { usize::from(STRANGERS_SPARE) };
        let all = self.strangers.len() + others;
        self.too_many = all.saturating_sub(self.connections_max + spare);
    }

    /// Nobody else can log on.
    pub fn is_full(&self, others: usize) -> bool {
        others >= self.connections_max
    }

    /// Who has to go next; `None`: nobody.
    pub fn turn_out(&mut self) -> Option<ConnId> {
        self.too_many = self.too_many.checked_sub(1)?;
        let (mut at, mut largest) = (0, None);
        for crowd in self.strangers.chunk_by(|one, next| one.address == next.address) {
            let rank = (crowd.len(), Reverse(crowd.first().map(Stranger::age)));
            if largest.is_none_or(|(other, _)| rank > other) {
                largest = Some((rank, at));
            }
            at += crowd.len();
        }
        let (_, oldest) = largest?;
        self.turned_out.fetch_add(1, Ordering::Relaxed);
        Some(self.strangers.remove(oldest).conn)
    }

    /// How many had to go since the start, for who tells the operator.
    pub fn turned_out(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.turned_out)
    }
}

/// The limits of a transport for so many connections and their newcomers.
pub fn transport_limits(connections_max: u16, limits: TransportLimits) -> TransportLimits {
    let connections_max = connections_max.saturating_add(PLACES_SPARE);
    TransportLimits { connections_max, when_full: WhenFull::Wait, ..limits }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slot, last byte of the address, deadline.
    fn stranger((slot, host, deadline): (u16, u8, u64)) -> Stranger {
        let conn = ConnId { slot, generation: 1 };
        Stranger { conn, address: [10, 0, 0, host].into(), is_checked: false, deadline }
    }

    /// Who goes, in this order, where 4 may log on and `others` have.
    fn order(strangers: &[Stranger], others: usize) -> Vec<u16> {
        let mut door = Door::new(4);
        let room = door.strangers.capacity();
        door.look(strangers.iter().copied(), others);
        let order = std::iter::from_fn(|| door.turn_out()).map(|conn| conn.slot).collect();
        assert_eq!(door.strangers.capacity(), room);
        order
    }

    #[test]
    fn the_oldest_of_the_address_that_has_the_most_goes_first() {
        let all = [(0, 1, 10), (1, 2, 7), (2, 2, 5), (3, 3, 20), (4, 2, 6), (5, 3, 4)];
        let all = all.map(stranger);
        // Three of .2, two of .3; at two each, and at one each, the oldest there is.
        assert_eq!(order(&all, 4), [2, 5, 4, 1, 0, 3]);
        assert!(order(&[], 4).is_empty());
    }

    #[test]
    fn strangers_have_the_places_of_those_who_have_not_come_and_some_more() {
        let spare = STRANGERS_SPARE;
        let all: Vec<_> = (0..spare + 4).map(|n| stranger((n, 1, n.into()))).collect();
        assert!(order(&all, 0).is_empty());
        assert_eq!(order(&all, 3), [0, 1, 2]);
        assert_eq!(order(&all, 4).len(), all.len(), "nobody else could log on");
    }

    #[test]
    fn who_has_said_nothing_goes_before_those_of_its_address_that_have() {
        let mut all = [(0, 1, 1), (1, 1, 2), (2, 1, 3)].map(stranger);
        all[0].is_checked = true;
        assert_eq!(order(&all, 4), [1, 2, 0]);
    }
}

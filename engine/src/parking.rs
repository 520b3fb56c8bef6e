//! Parked commands: messages of a client that came before one that is missing.
//!
//! One pool per partition, sized at start; a list per session, ordered by number. A parked logon or
//! resend request has already been acted upon and only waits to be counted.

use crate::hash::mix_bytes;
use crate::snapshot::{Marks, Reader, SnapshotError, Writer};

/// Longest command that can wait.
const PARKED_BYTES_MAX: usize = 256;
/// Most commands of one session that wait.
pub const PARKED_PER_SESSION_MAX: u32 = 64;
const NONE: u32 = u32::MAX;

/// The waiting commands of one session.
#[derive(Clone, Copy, Debug)]
pub struct ParkedList {
    first: u32,
    count: u32,
}

impl ParkedList {
    /// Nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Default for ParkedList {
    fn default() -> Self {
        Self { first: NONE, count: 0 }
    }
}

#[derive(Clone)]
struct Slot {
    next: u32,
    number: u64,
    acted: bool,
    length: u16,
    bytes: [u8; PARKED_BYTES_MAX],
}

/// A command that came off the list.
#[derive(Clone)]
pub struct Parked {
    /// Its MsgSeqNum.
    pub number: u64,
    /// Already acted upon: count it, nothing else.
    pub acted: bool,
    length: u16,
    bytes: [u8; PARKED_BYTES_MAX],
}

impl Parked {
    /// The command.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The pool.
pub struct Parking {
    slots: Vec<Slot>,
    free: u32,
}

impl Parking {
    /// Room for `parked_max` commands of all sessions together.
    pub fn new(parked_max: usize) -> Self {
        let empty =
            Slot { next: NONE, number: 0, acted: false, length: 0, bytes: [0; PARKED_BYTES_MAX] };
        let mut slots = vec![empty; parked_max];
        for (i, slot) in slots.iter_mut().enumerate() {
            slot.next = if i + 1 < parked_max { i as u32 + 1 } else { NONE };
        }
        Self { slots, free: if parked_max == 0 { NONE } else { 0 } }
    }

    /// Puts a command in its place by number. `false`: no room, or it waits already.
    pub fn park(
        &mut self,
        list: &mut ParkedList,
        number: u64,
        command: &[u8],
        acted: bool,
    ) -> bool {
        if list.count >= PARKED_PER_SESSION_MAX
            || self.free == NONE
            || command.len() > PARKED_BYTES_MAX
        {
            return false;
        }
        let (mut before, mut at) = (NONE, list.first);
        while at != NONE && self.slots[at as usize].number < number {
            (before, at) = (at, self.slots[at as usize].next);
        }
        if at != NONE && self.slots[at as usize].number == number {
            return false;
        }
        let place = self.free;
        let slot = &mut self.slots[place as usize];
        self.free = slot.next;
        *slot = Slot {
            next: at,
            number,
            acted,
            length: command.len() as u16,
            bytes: [0; PARKED_BYTES_MAX],
        };
        slot.bytes[..command.len()].copy_from_slice(command);
        if before == NONE {
            list.first = place;
        } else {
            self.slots[before as usize].next = place;
        }
        list.count += 1;
        true
    }

    /// Number of the first that waits.
    pub fn first(&self, list: &ParkedList) -> Option<u64> {
        (list.first != NONE).then(|| self.slots[list.first as usize].number)
    }

    /// Takes the first off.
    pub fn take(&mut self, list: &mut ParkedList) -> Option<Parked> {
        if list.first == NONE {
            return None;
        }
        let place = list.first;
        let slot = &mut self.slots[place as usize];
        let parked = Parked {
            number: slot.number,
            acted: slot.acted,
            length: slot.length,
            bytes: slot.bytes,
        };
        list.first = slot.next;
        list.count -= 1;
        slot.next = self.free;
        self.free = place;
        Some(parked)
    }

    /// Drops all that wait.
    pub fn clear(&mut self, list: &mut ParkedList) {
        while self.take(list).is_some() {}
    }

    /// The waiting commands of `list`, into a state hash.
    pub fn hash(&self, list: &ParkedList, mut hash: u64) -> u64 {
        let mut at = list.first;
        while at != NONE {
            let slot = &self.slots[at as usize];
            hash = mix_bytes(hash, &slot.bytes[..usize::from(slot.length)]);
            hash = crate::hash::mix(hash, slot.number ^ (u64::from(slot.acted) << 63));
            hash = crate::hash::mix(hash, u64::from(at));
            at = slot.next;
        }
        hash
    }
}

impl Parking {
    /// The free slots, the next to be used first.
    pub(crate) fn save_free(&self, w: &mut Writer<'_>) {
        let Self { slots, free } = self;
        let next = |at: &u32| Some(slots[*at as usize].next).filter(|next| *next != NONE);
        let chain = || std::iter::successors(Some(*free).filter(|free| *free != NONE), next);
        w.count(chain().count());
        chain().for_each(|at| w.u32(at));
    }

    /// The waiting commands of `list`, the first to be applied first.
    pub(crate) fn save_list(&self, list: &ParkedList, w: &mut Writer<'_>) {
        let ParkedList { first, count } = *list;
        w.u32(count);
        let mut at = first;
        while at != NONE {
            let Slot { next, number, acted, length, bytes } = &self.slots[at as usize];
            w.u32(at);
            w.u64(*number);
            w.flag(*acted);
            w.u32(u32::from(*length));
            w.bytes(&bytes[..usize::from(*length)]);
            at = *next;
        }
    }

    /// Slots that are in no list, each seen for the first time.
    pub(crate) fn load_free(
        &mut self,
        r: &mut Reader<'_>,
        seen: &mut Marks,
    ) -> Result<(), SnapshotError> {
        self.free = NONE;
        for at in r.list()?.iter().rev().map(|at| at.get()) {
            r.check(seen.first_time(at), "a free place that is none")?;
            self.slots[at as usize].next = std::mem::replace(&mut self.free, at);
        }
        Ok(())
    }

    /// A list as [`Self::save_list`] wrote it.
    pub(crate) fn load_list(
        &mut self,
        r: &mut Reader<'_>,
        seen: &mut Marks,
    ) -> Result<ParkedList, SnapshotError> {
        let count = r.u32()?;
        r.check(count <= PARKED_PER_SESSION_MAX, "more than may wait")?;
        let mut list = ParkedList { first: NONE, count };
        let (mut last, mut highest) = (NONE, 0);
        for nth in 0..count {
            let (at, number, acted, length) = (r.u32()?, r.u64()?, r.flag()?, r.u32()?);
            r.check(seen.first_time(at), "a place that is none")?;
            r.check(nth == 0 || number > highest, "numbers that do not rise")?;
            r.check(length as usize <= PARKED_BYTES_MAX, "a command that is too long")?;
            let slot = &mut self.slots[at as usize];
            *slot = Slot {
                next: NONE,
                number,
                acted,
                length: length as u16,
                bytes: [0; PARKED_BYTES_MAX],
            };
            slot.bytes[..length as usize].copy_from_slice(r.bytes(length as usize)?);
            match last {
                NONE => list.first = at,
                last => self.slots[last as usize].next = at,
            }
            (last, highest) = (at, number);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_back_by_number_whatever_order_they_came_in() {
        let mut parking = Parking::new(4);
        let mut list = ParkedList::default();
        for number in [7, 5, 6] {
            assert!(parking.park(&mut list, number, &[number as u8; 64], false));
        }
        assert!(!parking.park(&mut list, 6, &[0; 64], false), "it waits already");
        assert!(parking.park(&mut list, 9, &[9; 64], true));
        assert!(!parking.park(&mut list, 10, &[0; 64], false), "the pool is full");
        let order: Vec<_> = std::iter::from_fn(|| parking.take(&mut list))
            .map(|p| (p.number, p.bytes()[0]))
            .collect();
        assert_eq!(order, [(5, 5), (6, 6), (7, 7), (9, 9)]);
        assert_eq!(parking.first(&list), None);
    }
}

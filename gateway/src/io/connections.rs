//! The table of connections: what every back end keeps, whatever moves the bytes.
//!
//! A back end adds its own state `S` per connection, moves bytes between the kernel and the two
//! buffers, and raises events; ids, slots, events, and the caller's half of the trait live here.
//! Everything is allocated in `new`, and all lists are bounded by one entry per connection.
//! Next: `buffers.rs` (the bytes), then the back ends.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};

use super::buffers::{ReceiveBuffer, SendBuffer};
use super::transport::{
    Close, CloseReason, ConnId, NetEvent, TransportLimits, TransportStats, WhenFull,
};

// Events raised and not yet polled, as bits; told to the caller in this order.
pub(super) const ACCEPTED: u8 = 1;
pub(super) const READABLE: u8 = 2;
pub(super) const WRITABLE: u8 = 4;
pub(super) const CLOSED: u8 = 8;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Free,
    Open,
    /// Closed by the caller: queued bytes still leave, what the peer says is thrown away.
    Draining {
        deadline_ns: u64,
    },
    /// Our FIN is sent. A close with unread bytes in the kernel would be a reset, which can
    /// destroy what the peer has not read yet; so we read on until its FIN.
    Lingering {
        deadline_ns: u64,
    },
    /// Only waits for the kernel to let go of it.
    Dying,
}

/// One slot of the table.
pub(super) struct Connection<S> {
    pub(super) phase: Phase,
    pub(super) receive: ReceiveBuffer,
    pub(super) send: SendBuffer,
    /// The peer's bytes have ended; told to the caller once all of them are in `receive`.
    pub(super) ended: Option<CloseReason>,
    /// The back end's own.
    pub(super) io: S,
    generation: u32,
    listener: u8,
    peer: SocketAddr,
    events: u8,
    /// In `with_events` / in `touched` already.
    listed: bool,
    is_touched: bool,
}

/// All slots, and the short lists of those with something to do.
pub(super) struct Connections<S> {
    slots: Box<[Connection<S>]>,
    free: Vec<u16>,
    with_events: VecDeque<u16>,
    touched: Vec<u16>,
    closing: Vec<u16>,
    linger_ns: u64,
    when_full: WhenFull,
    pub(super) stats: TransportStats,
}

impl<S: Default> Connections<S> {
    /// # Panics
    /// Limits that nothing could work with: a mistake in the configuration's own checks.
    pub(super) fn new(limits: TransportLimits) -> Self {
        assert!(limits.connections_max > 0, "connections_max is 0");
        assert!(limits.receive_bytes >= 4096, "receive_bytes is under 4096");
        assert!((1..=1 << 30).contains(&limits.send_bytes), "send_bytes is out of range");
        let slot = |_| Connection {
            phase: Phase::Free,
            receive: ReceiveBuffer::new(limits.receive_bytes),
            send: SendBuffer::new(limits.send_bytes),
            ended: None,
            io: S::default(),
            generation: 0,
            listener: 0,
            peer: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            events: 0,
            listed: false,
            is_touched: false,
        };
        let slots_max = usize::from(limits.connections_max);
        Self {
            slots: (0..slots_max).map(slot).collect(),
            free: (0..limits.connections_max).rev().collect(),
            with_events: VecDeque::with_capacity(slots_max),
            // While one round is worked off, each slot may be entered for the next.
            touched: Vec::with_capacity(slots_max * 2),
            closing: Vec::with_capacity(slots_max),
            when_full: limits.when_full,
            linger_ns: u64::try_from(limits.linger.as_nanos()).unwrap_or(u64::MAX),
            stats: TransportStats::default(),
        }
    }

    /// A new connection in a free slot, with `Accepted` raised. `None`, counted: all are taken.
    pub(super) fn claim(&mut self, listener: u8, peer: SocketAddr, io: S) -> Option<u16> {
        let Some(slot) = self.free.pop() else {
            self.stats.refused_full += 1;
            return None;
        };
        self.stats.accepted += 1;
        let conn = self.at(slot);
        conn.generation = conn.generation.wrapping_add(1);
        (conn.phase, conn.ended, conn.io) = (Phase::Open, None, io);
        (conn.listener, conn.peer) = (listener, peer);
        conn.receive.clear();
        conn.send.reset();
        self.raise(slot, ACCEPTED);
        self.touch(slot);
        Some(slot)
    }

    /// How many may come now; `None`: as many as like, who finds no place is refused.
    pub(super) fn room(&self) -> Option<usize> {
        (self.when_full == WhenFull::Wait).then_some(self.free.len())
    }

    /// All places are taken, and who comes now is to wait.
    pub(super) fn lets_wait(&self) -> bool {
        self.room() == Some(0)
    }

    /// Gives the slot back. The kernel must no longer know anything of it.
    pub(super) fn release(&mut self, slot: u16) {
        let conn = self.at(slot);
        assert!(conn.phase != Phase::Free, "slot released twice");
        (conn.phase, conn.io, conn.events) = (Phase::Free, S::default(), 0);
        self.free.push(slot);
    }

    /// The slot's connection; `slot` comes from this table, so it is in range.
    pub(super) fn at(&mut self, slot: u16) -> &mut Connection<S> {
        &mut self.slots[usize::from(slot)]
    }

    pub(super) fn generation(&self, slot: u16) -> u32 {
        self.slots[usize::from(slot)].generation
    }

    pub(super) fn len(&self) -> u16 {
        self.slots.len() as u16
    }

    /// The slot an id of the caller means, if that connection is still the caller's.
    pub(super) fn find(&self, id: ConnId) -> Option<u16> {
        let conn = self.slots.get(usize::from(id.slot))?;
        (conn.generation == id.generation && conn.phase == Phase::Open).then_some(id.slot)
    }

    // ----- events and work -----

    /// Raises an event, unless the caller has closed the connection.
    pub(super) fn raise(&mut self, slot: u16, event: u8) {
        let conn = &mut self.slots[usize::from(slot)];
        if conn.phase != Phase::Open {
            return;
        }
        conn.events |= event;
        if !conn.listed {
            conn.listed = true;
            self.with_events.push_back(slot);
        }
    }

    pub(super) fn has_events(&self) -> bool {
        !self.with_events.is_empty()
    }

    /// Moves events to the caller, up to the capacity of `out`.
    pub(super) fn tell(&mut self, out: &mut Vec<NetEvent>) -> usize {
        assert!(out.capacity() > 0, "no room for a single event");
        while out.len() < out.capacity() {
            let Some(&slot) = self.with_events.front() else { break };
            let conn = &mut self.slots[usize::from(slot)];
            let id = ConnId { slot, generation: conn.generation };
            let next = conn.events & conn.events.wrapping_neg();
            conn.events &= !next;
            match next {
                ACCEPTED => {
                    let (listener, peer) = (conn.listener, conn.peer);
                    out.push(NetEvent::Accepted { conn: id, listener, peer });
                }
                READABLE => out.push(NetEvent::Readable { conn: id }),
                WRITABLE => out.push(NetEvent::Writable { conn: id }),
                CLOSED => {
                    let why = conn.ended.unwrap_or(CloseReason::Eof);
                    out.push(NetEvent::Closed { conn: id, why });
                }
                _ => {
                    conn.listed = false;
                    self.with_events.pop_front();
                }
            }
        }
        out.len()
    }

    /// The back end is to look at this slot before it next talks to the kernel.
    pub(super) fn touch(&mut self, slot: u16) {
        let conn = &mut self.slots[usize::from(slot)];
        if !conn.is_touched {
            conn.is_touched = true;
            self.touched.push(slot);
        }
    }

    /// How many slots are touched now; each is then taken once by `touched_at(0..n)`, and
    /// `touched_done(n)` ends the round. Slots touched meanwhile belong to the next.
    pub(super) fn touched(&self) -> usize {
        self.touched.len()
    }

    pub(super) fn touched_at(&mut self, index: usize) -> u16 {
        let slot = self.touched[index];
        self.at(slot).is_touched = false;
        slot
    }

    pub(super) fn touched_done(&mut self, count: usize) {
        self.touched.drain(..count);
    }

    pub(super) fn forget_touched(&mut self) {
        while let Some(slot) = self.touched.pop() {
            self.at(slot).is_touched = false;
        }
    }

    // ----- closing -----

    /// The caller is done with `id`; what is left to do is the back end's.
    pub(super) fn close(&mut self, id: ConnId, how: Close, now_ns: u64) {
        let Some(slot) = self.find(id) else { return };
        let deadline_ns = now_ns.saturating_add(self.linger_ns);
        let conn = self.at(slot);
        conn.events = 0;
        conn.receive.clear();
        conn.phase = match how {
            Close::Now => Phase::Dying,
            Close::Flushed => Phase::Draining { deadline_ns },
        };
        if how == Close::Flushed {
            self.closing.push(slot);
        }
        self.touch(slot);
    }

    pub(super) fn is_closing(&self) -> bool {
        !self.closing.is_empty()
    }

    /// Lets those that have lingered too long die, and answers when the next one will have.
    pub(super) fn expire(&mut self, now_ns: u64) -> Option<u64> {
        let mut nearest = None;
        let mut index = 0;
        while let Some(&slot) = self.closing.get(index) {
            let deadline = match self.at(slot).phase {
                Phase::Draining { deadline_ns } | Phase::Lingering { deadline_ns } => deadline_ns,
                _ => 0,
            };
            if deadline > now_ns {
                nearest = Some(nearest.map_or(deadline, |other: u64| other.min(deadline)));
                index += 1;
                continue;
            }
            if deadline > 0 {
                self.at(slot).phase = Phase::Dying;
                self.touch(slot);
            }
            self.closing.swap_remove(index);
        }
        nearest
    }

    /// Somebody may wait for a place: unless one is on its way back, who has lingered longest dies now.
    pub(super) fn make_room(&mut self) {
        if self.slots.iter().any(|conn| conn.phase == Phase::Dying) {
            return;
        }
        let lingers = |&slot: &u16| match self.slots[usize::from(slot)].phase {
            Phase::Draining { deadline_ns } | Phase::Lingering { deadline_ns } => {
                Some((deadline_ns, slot))
            }
            _ => None,
        };
        if let Some((_, slot)) = self.closing.iter().filter_map(lingers).min() {
            self.at(slot).phase = Phase::Dying;
            self.touch(slot);
        }
    }

    // ----- the caller's half of the trait -----

    pub(super) fn received(&self, id: ConnId) -> &[u8] {
        match self.find(id) {
            Some(slot) => self.slots[usize::from(slot)].receive.held(),
            None => &[],
        }
    }

    pub(super) fn consume(&mut self, id: ConnId, bytes: usize) {
        if let Some(slot) = self.find(id) {
            self.at(slot).receive.consume(bytes);
            self.touch(slot);
        }
    }

    pub(super) fn reserve(&mut self, id: ConnId, bytes: usize) -> Option<&mut [u8]> {
        let slot = self.find(id)?;
        self.at(slot).send.reserve(bytes)
    }

    pub(super) fn commit(&mut self, id: ConnId, bytes: usize) {
        if let Some(slot) = self.find(id) {
            self.at(slot).send.commit(bytes);
            self.touch(slot);
        }
    }

    pub(super) fn queued_bytes(&self, id: ConnId) -> usize {
        self.find(id).map_or(0, |slot| self.slots[usize::from(slot)].send.queued_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(connections_max: u16) -> Connections<()> {
        Connections::new(TransportLimits {
            connections_max,
            receive_bytes: 4096,
            send_bytes: 8,
            ..Default::default()
        })
    }

    fn peer() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 1))
    }

    #[test]
    fn events_beyond_the_callers_room_come_next_time_and_in_order() {
        let mut table = table(2);
        let slot = table.claim(3, peer(), ()).unwrap();
        table.raise(slot, CLOSED | READABLE);
        let mut events = Vec::with_capacity(2);
        let room = events.capacity();
        table.tell(&mut events);
        let conn = ConnId { slot, generation: 1 };
        assert_eq!(events[0], NetEvent::Accepted { conn, listener: 3, peer: peer() });
        assert_eq!(events[1], NetEvent::Readable { conn });
        events.clear();
        table.tell(&mut events);
        assert_eq!(events, [NetEvent::Closed { conn, why: CloseReason::Eof }]);
        assert_eq!(events.capacity(), room);
        assert!(!table.has_events() || table.tell(&mut Vec::with_capacity(1)) == 0);
    }

    #[test]
    fn a_stale_id_finds_nothing_once_its_slot_is_used_again() {
        let mut table = table(1);
        let slot = table.claim(0, peer(), ()).unwrap();
        let old = ConnId { slot, generation: table.generation(slot) };
        assert!(table.claim(0, peer(), ()).is_none());
        assert_eq!(table.stats.refused_full, 1);
        table.close(old, Close::Now, 0);
        table.release(slot);
        let slot = table.claim(0, peer(), ()).unwrap();
        assert!(table.find(old).is_none());
        assert!(table.reserve(old, 1).is_none());
        assert!(table.find(ConnId { slot, generation: old.generation + 1 }).is_some());
    }
}

//! What a client still has to get: one cursor over its outbox.
//!
//! Live, the cursor is at the tail and messages come from the event ring. A resend, or a client that
//! reads slower than it is told, sets the cursor back; then messages come from the outbox in small
//! pieces, read by the understudy, until the cursor meets the tail again. The last few live messages
//! are kept beside it to bridge the time the understudy lags. Nothing here grows.
//!
//! Over FIX what is new waits until a resend is over. A binary client is told where each piece begins and
//! ends, so what is new comes between the pieces.

use crate::outbox::OutboxId;
use engine::Event;
use std::collections::VecDeque;

/// Live messages kept while the cursor is behind.
const BRIDGE_MESSAGES: usize = 128;

/// Numbers to send again, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// Next to send.
    pub from: u64,
    /// Last.
    pub to: u64,
    /// Administrative messages passed over since this number, whose time is kept for the gap fill.
    pub gap: Option<(u64, u64)>,
}

/// What is to be done next for a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it has all there is.
    Live,
    /// Send this message, kept here.
    Bridged,
    /// Get these from the outbox.
    Fetch {
        /// First number.
        from: u64,
        /// Last number.
        to: u64,
    },
}

/// See the file's map.
pub struct Flow {
    /// Which outbox; session 0 before logon.
    pub id: OutboxId,
    /// First number that was never sent on this connection.
    pub next: u64,
    /// Number after the newest message of the ring.
    pub tail: u64,
    /// What was asked for again; over FIX it goes first.
    pub again: Option<Again>,
    /// What is new need not wait for what was asked for again.
    pub interleaves: bool,
    /// A piece is on its way: its ticket.
    pub ticket: Option<u64>,
    /// Since when the cursor is behind and has not moved.
    pub behind_since: Option<u64>,
    bridge: VecDeque<Event>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            id: OutboxId { session: 0, generation: 0 },
            next: 0,
            tail: 0,
            again: None,
            interleaves: false,
            ticket: None,
            behind_since: None,
            bridge: VecDeque::with_capacity(BRIDGE_MESSAGES),
        }
    }
}

impl Flow {
    /// A Logon was accepted with this number: all before it is history, to be asked for.
    pub fn begin(&mut self, id: OutboxId, number: u64) {
        self.reset();
        (self.id, self.next, self.tail) = (id, number, number);
    }

    /// For the next client in this place.
    pub fn reset(&mut self) {
        self.bridge.clear();
        (self.again, self.ticket, self.behind_since) = (None, None, None);
        (self.next, self.tail, self.interleaves) = (0, 0, false);
        self.id = OutboxId { session: 0, generation: 0 };
    }

    /// A message of the ring. `true`: it can be sent at once, if there is room.
    pub fn on_report(&mut self, event: &Event) -> bool {
        assert_eq!(event.head.number.get(), self.tail, "numbers of a session have no gaps");
        let live = self.next == self.tail && (self.again.is_none() || self.interleaves);
        self.tail += 1;
        live
    }

    /// The message that was just told could not be sent, or waits behind others: keep it.
    pub fn keep(&mut self, event: &Event, now: u64) {
        self.behind_since.get_or_insert(now);
        if self.bridge.len() == BRIDGE_MESSAGES {
            self.bridge.pop_front();
        }
        self.bridge.push_back(*event);
    }

    /// These numbers are to be sent again. A range that is under way is widened, not forgotten; what
    /// this connection never got is left out: it comes by itself, without PossDupFlag. `false`:
    /// nothing is left.
    pub fn ask_again(&mut self, from: u64, to: u64) -> bool {
        let (mut from, mut to) = (from, to.min(self.next.saturating_sub(1)));
        if let Some(under_way) = self.again {
            let begun = under_way.gap.map_or(under_way.from, |(first, _)| first);
            (from, to) = (from.min(begun), to.max(under_way.to));
        }
        if from > to {
            return false;
        }
        self.again = Some(Again { from, to, gap: None });
        self.ticket = None;
        true
    }

    /// Nothing is missing.
    pub fn is_live(&self) -> bool {
        self.again.is_none() && self.next == self.tail
    }

    /// What to do next.
    pub fn next_step(&self) -> Next {
        let first = self.bridge.front().map(|event| event.head.number.get());
        let bridged = self.next < self.tail && first.is_some_and(|first| first <= self.next);
        match self.again {
            Some(_) if self.interleaves && bridged => Next::Bridged,
            Some(again) => Next::Fetch { from: again.from, to: again.to },
            None if self.next == self.tail => Next::Live,
            None if bridged => Next::Bridged,
            None => Next::Fetch { from: self.next, to: self.tail - 1 },
        }
    }

    /// The kept message that the cursor is at.
    pub fn bridged(&mut self) -> Option<&Event> {
        while self.bridge.front().is_some_and(|event| event.head.number.get() < self.next) {
            self.bridge.pop_front();
        }
        self.bridge.front()
    }

    /// A message that was never sent before is out.
    pub fn sent(&mut self) {
        self.next += 1;
        if self.is_live() {
            self.caught_up();
        }
    }

    /// A message is out: slow is only who takes nothing.
    pub fn progressed(&mut self, now: u64) {
        if let Some(since) = &mut self.behind_since {
            *since = now;
        }
    }

    /// The cursor met the tail.
    pub fn caught_up(&mut self) {
        self.behind_since = None;
        self.bridge.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::FromZeros;

    fn report(number: u64) -> Event {
        let mut event = Event::new_zeroed();
        event.head.number.set(number);
        event
    }

    #[test]
    fn a_second_request_widens_the_first_and_never_reaches_what_was_not_sent() {
        let mut flow = Flow::default();
        flow.begin(OutboxId { session: 1, generation: 1 }, 1);
        for number in 1..=50 {
            assert!(flow.on_report(&report(number)));
            flow.sent();
        }
        assert!(flow.ask_again(10, 14) && flow.ask_again(40, 44));
        assert_eq!(flow.next_step(), Next::Fetch { from: 10, to: 44 });
        for number in 51..=60 {
            assert!(!flow.on_report(&report(number)), "it waits behind the resend");
            flow.keep(&report(number), 0);
        }
        assert!(flow.ask_again(1, 60));
        assert_eq!(flow.next_step(), Next::Fetch { from: 1, to: 50 });
        flow.again = None;
        assert!(!flow.ask_again(55, 60), "those come by themselves");
        assert_eq!(flow.next_step(), Next::Bridged);
    }

    #[test]
    fn what_is_new_comes_between_the_pieces_of_a_binary_retransmission() {
        let mut flow = Flow::default();
        flow.begin(OutboxId { session: 1, generation: 1 }, 1);
        flow.interleaves = true;
        for number in 1..=50 {
            assert!(flow.on_report(&report(number)));
            flow.sent();
        }
        assert!(flow.ask_again(1, 50));
        assert!(flow.on_report(&report(51)), "at once");
        flow.sent();
        assert!(flow.on_report(&report(52)));
        flow.keep(&report(52), 0); // There was no room.
        assert!(!flow.on_report(&report(53)), "behind the one before");
        flow.keep(&report(53), 0);
        assert_eq!(flow.next_step(), Next::Bridged);
        flow.sent();
        flow.sent();
        assert_eq!(flow.next_step(), Next::Fetch { from: 1, to: 50 });
        flow.again = None;
        assert_eq!(flow.next_step(), Next::Live);
    }

    #[test]
    fn a_cursor_that_fell_behind_takes_the_bridge_when_the_outbox_has_brought_it_there() {
        let mut flow = Flow::default();
        flow.begin(OutboxId { session: 1, generation: 1 }, 1);
        for number in 1..=300 {
            flow.on_report(&report(number));
            flow.keep(&report(number), 0);
        }
        assert_eq!(flow.next_step(), Next::Fetch { from: 1, to: 300 });
        for _ in 1..=172 {
            flow.sent();
        }
        assert_eq!(flow.next_step(), Next::Bridged);
        for number in 173..=300 {
            assert_eq!(flow.bridged().map(|event| event.head.number.get()), Some(number));
            flow.sent();
        }
        assert_eq!(flow.next_step(), Next::Live);
    }
}

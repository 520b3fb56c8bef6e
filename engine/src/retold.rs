//! The newest public events of a replay: what a feed says again when it begins, so that who has missed the
//! last packets of the life before gets them without asking. A sink that keeps the last ones; reports and
//! what is for gateways go nowhere, as before a process leads nothing leaves. Kept by `partition.rs`.

use crate::event::{Event, Sink};
use sbe_schemas::header::Message;
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::types::EventKind;
use zerocopy::FromZeros;

/// Events that are kept: messages of the feed, and the ends of their batches.
const KEPT: usize = 1024;

/// See the file's map.
pub struct Retold {
    /// One more than is kept: the next is being written.
    events: Box<[Event]>,
    /// Since the start; event `n` is in slot `n % events`.
    count: usize,
}

impl Default for Retold {
    fn default() -> Self {
        Self { events: vec![Event::new_zeroed(); KEPT + 1].into(), count: 0 }
    }
}

impl Retold {
    /// The events in order, from the beginning of a batch on: a packer makes the packets of them that
    /// were made before.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        let kept = self.count.min(KEPT);
        let slots = self.events.len();
        let all = (self.count - kept..self.count).map(move |n| &self.events[n % slots]);
        let is_end = |event: &&Event| event.template().1 == BatchEnd::TEMPLATE_ID;
        let first = if kept < KEPT { 0 } else { all.clone().take_while(|e| !is_end(e)).count() };
        all.skip(first)
    }
}

impl Sink for Retold {
    #[inline]
    fn free(&mut self) -> usize {
        usize::MAX
    }

    #[inline]
    fn slot(&mut self) -> &mut Event {
        let slots = self.events.len();
        &mut self.events[self.count % slots]
    }

    #[inline]
    fn publish(&mut self) {
        let event = &self.events[self.count % self.events.len()];
        let is_kept = match event.kind() {
            Some(EventKind::Market) => true,
            Some(EventKind::Control) => event.template().1 == BatchEnd::TEMPLATE_ID,
            _ => false,
        };
        self.count += usize::from(is_kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::market_data as md;
    use sbe_schemas::types::{EventHead, EventKindCode};

    fn put(retold: &mut Retold, kind: EventKind, number: u64) {
        let head = EventHead {
            kind: EventKindCode(kind.code()),
            number: number.into(),
            ..EventHead::ZERO
        };
        match kind {
            EventKind::Control => retold.slot().write(head, &BatchEnd::ZERO),
            _ => retold.slot().write(head, &md::OrderDelete::ZERO),
        }
        retold.publish();
    }

    #[test]
    fn the_newest_messages_of_whole_batches_are_kept_and_nothing_else() {
        let mut retold = Retold::default();
        assert_eq!(retold.events().count(), 0);
        for number in 1..=5000 {
            put(&mut retold, EventKind::Report, number);
            put(&mut retold, EventKind::Market, number);
            if number % 3 == 0 {
                put(&mut retold, EventKind::Control, 0);
            }
            let kept: Vec<u64> = retold.events().map(|event| event.head.number.get()).collect();
            let told: Vec<u64> = kept.iter().copied().filter(|n| *n > 0).collect();
            assert_eq!(told.last(), Some(&number));
            assert!(told.windows(2).all(|pair| pair[0] + 1 == pair[1]));
            match number {
                0..=767 => assert_eq!(told[0], 1),
                // It begins behind the end of a batch.
                _ => assert!(kept[0] == 0 && told[0] % 3 == 1 && kept.len() > KEPT - 4, "{number}"),
            }
        }
    }
}

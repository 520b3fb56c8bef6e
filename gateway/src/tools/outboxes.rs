//! `replay --check-outboxes`: files of sessions against the reports that the log leads to.
//!
//! The understudy writes outboxes from the log, a little later than the log, and a start writes them
//! anew. So a message that is not there yet is no damage; another message in its place is, and so is a
//! hole in front of messages that are there.

use crate::io::reading::Reading;
use engine::{EVENT_BYTES, Event, Sink};
use sbe_schemas::types::EventKind;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use zerocopy::FromZeros;
use zerocopy::IntoBytes;

/// Slots read at once.
const WINDOW_SLOTS: usize = 256;
/// Files kept open; beyond that all are closed and opened again as needed.
const OPEN_MAX: usize = 256;

/// One outbox: as far as it has been compared.
#[derive(Default)]
struct Outbox {
    file: Option<Reading>,
    /// Slots from `first` on, as they were read.
    window: Vec<u8>,
    first: u64,
    /// The first message that was not there: nothing behind it is compared.
    missing_from: Option<u64>,
    last: u64,
}

/// See the file's map.
pub(super) struct OutboxCheck {
    directory: PathBuf,
    outboxes: BTreeMap<(u32, u32), Outbox>,
    open: usize,
    pub(super) messages: u64,
    pub(super) missing: u64,
    left_over: u64,
    /// Session, generation and number of what differs; one an outbox.
    pub(super) different: Vec<(u32, u32, u64)>,
    error: Option<io::Error>,
    slot: Event,
}

impl Sink for OutboxCheck {
    fn free(&mut self) -> usize {
        usize::MAX
    }

    fn slot(&mut self) -> &mut Event {
        &mut self.slot
    }

    fn publish(&mut self) {
        let event = self.slot;
        if event.kind() == Some(EventKind::Report)
            && self.error.is_none()
            && let Err(error) = self.compare(&event)
        {
            self.error = Some(error);
        }
    }
}

impl OutboxCheck {
    /// Against the files under `data/sessions`.
    pub(super) fn new(data: PathBuf) -> Self {
        Self {
            directory: data.join("sessions"),
            outboxes: BTreeMap::new(),
            open: 0,
            messages: 0,
            missing: 0,
            left_over: 0,
            different: Vec::new(),
            error: None,
            slot: Event::new_zeroed(),
        }
    }

    fn compare(&mut self, event: &Event) -> io::Result<()> {
        let id = (event.head.session.get(), event.head.generation.get());
        let number = event.head.number.get();
        if self.open >= OPEN_MAX
            && self.outboxes.get(&id).is_none_or(|outbox| outbox.file.is_none())
        {
            self.outboxes.values_mut().for_each(|outbox| outbox.file = None);
            self.open = 0;
        }
        let outbox = self.outboxes.entry(id).or_default();
        self.messages += 1;
        outbox.last = number;
        if outbox.missing_from.is_some() {
            self.missing += 1;
            return Ok(());
        }
        if outbox.file.is_none() {
            let path = self.directory.join(id.0.to_string()).join(format!("{}.out", id.1));
            outbox.file = match Reading::open(&path) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            self.open += usize::from(outbox.file.is_some());
        }
        match outbox.slot(number)? {
            None => {
                outbox.missing_from = Some(number);
                self.missing += 1;
            }
            Some(slot) if slot == event.as_bytes() => {}
            Some(_) => {
                if !self
                    .different
                    .iter()
                    .any(|(session, generation, _)| (*session, *generation) == id)
                {
                    self.different.push((id.0, id.1, number));
                }
            }
        }
        Ok(())
    }

    /// Looks behind the last messages; call once, at the end.
    ///
    /// # Errors
    /// A file could not be read.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        for ((session, generation), outbox) in &mut self.outboxes {
            let Some(file) = &outbox.file else { continue };
            let slots = (file.length()? / EVENT_BYTES as u64).max(1);
            self.left_over += (slots - 1).saturating_sub(outbox.last);
            if let Some(missing) = outbox.missing_from.filter(|missing| slots - 1 > *missing) {
                // The last one was there; then what is written before it was there as well.
                outbox.window.clear();
                if outbox.slot(slots - 1)?.is_some() {
                    outbox.window.clear();
                    if outbox.slot(missing)?.is_none() {
                        self.different.push((*session, *generation, missing));
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn text(&self) -> String {
        let agree = self.messages - self.missing;
        let mut text = format!("{} of {} messages are there", agree, self.messages);
        if self.missing > 0 {
            text += "; the others are not written yet: the next start writes them";
        }
        if self.left_over > 0 {
            text += &format!(
                "; {} slots behind the last: of a log that was cut, or newer",
                self.left_over
            );
        }
        for (session, generation, number) in &self.different {
            text += &format!(
                "\n  DIFFERENT  session {session}, generation {generation}: from message {number} on. \
                 Stop the venue, delete DATA/sessions, start it: they are made again"
            );
        }
        text
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let different = self.different.iter().map(|(session, generation, number)| {
            json!({ "session": session, "generation": generation, "number": number })
        });
        json!({
            "messages": self.messages, "missing": self.missing, "leftOver": self.left_over,
            "different": different.collect::<Vec<_>>(),
        })
    }
}

impl Outbox {
    /// The slot of a message; `None`: it has not been written.
    fn slot(&mut self, number: u64) -> io::Result<Option<&[u8]>> {
        let Some(file) = &self.file else { return Ok(None) };
        let within = |first: u64, window: &[u8]| {
            let at = number.checked_sub(first)? as usize * EVENT_BYTES;
            let there = window.get(at..at + EVENT_BYTES)?.iter().any(|byte| *byte != 0);
            there.then_some(at)
        };
        // What was not there when the window was read may be there now.
        if within(self.first, &self.window).is_none() {
            self.window.resize(WINDOW_SLOTS * EVENT_BYTES, 0);
            let have = file.read_at(&mut self.window, number * EVENT_BYTES as u64)?;
            self.window.truncate(have);
            self.first = number;
        }
        let at = within(self.first, &self.window);
        Ok(at.and_then(|at| self.window.get(at..at + EVENT_BYTES)))
    }
}

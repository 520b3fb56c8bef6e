//! `replay --check-outboxes`: files of sessions against the reports that the log leads to.
//!
//! The understudy writes outboxes from the log, a little later than the log, and a start writes them
//! anew from the snapshot on. So a message that is not there yet is no damage; another message in its
//! place is, and so is a hole in front of messages that are there, and in front of a snapshot, which
//! counts on them. Of the generations of a session's numbers two are kept (`outbox.rs`).

use crate::io::reading::Reading;
use crate::outbox::{OutboxId, Outboxes, stored};
use engine::{EVENT_BYTES, Engine, Event, Sink};
use sbe_schemas::types::EventKind;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use zerocopy::{FromZeros, IntoBytes};

/// Slots read at once.
const WINDOW_SLOTS: usize = 256;
/// Files kept open; beyond that all are closed and opened again as needed.
const OPEN_MAX: usize = 256;
/// Generations of a session's numbers that a venue keeps; see `outbox.rs`.
const GENERATIONS_KEPT: u32 = 2;

/// One outbox: as far as it has been compared.
#[derive(Default)]
struct Outbox {
    file: Option<Reading>,
    /// Slots from `first` on, as they were read.
    window: Vec<u8>,
    first: u64,
    /// The first message that was not there: nothing behind it is compared.
    missing_from: Option<u64>,
    missing: u64,
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
    /// Messages of generations that are not kept any more.
    forgotten: u64,
    /// What a snapshot counts on and is not there.
    behind: Vec<Message>,
    /// What differs; one an outbox.
    pub(super) different: Vec<Message>,
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

/// Session, generation and number of a message.
pub(super) type Message = (u32, u32, u64);

/// A start from the state of `engine` counts on the last message of every session being in its outbox, and so
/// those before it; which are not there.
///
/// # Errors
/// A file could not be read.
pub(super) fn missing_behind(data: &Path, engine: &Engine) -> io::Result<Vec<Message>> {
    let outboxes = Outboxes::new(data);
    let mut missing = Vec::new();
    for (session, s) in (1..).zip(engine.sessions()) {
        let (generation, number) = (s.generation, s.next_out - 1);
        if number > 0 && !outboxes.has(OutboxId { session, generation }, number)? {
            missing.push((session, generation, number));
        }
    }
    Ok(missing)
}

impl OutboxCheck {
    /// Against the files under `data/sessions`; `behind`: see [`missing_behind`].
    pub(super) fn new(data: &Path, behind: Vec<Message>) -> Self {
        Self {
            directory: data.join("sessions"),
            outboxes: BTreeMap::new(),
            open: 0,
            messages: 0,
            missing: 0,
            left_over: 0,
            forgotten: 0,
            behind,
            different: Vec::new(),
            error: None,
            slot: Event::new_zeroed(),
        }
    }

    /// Nothing differs from the log.
    pub(super) fn agrees(&self) -> bool {
        self.different.is_empty() && self.behind.is_empty()
    }

    /// `None`: it is not there.
    fn open(&mut self, session: u32, generation: u32) -> io::Result<Option<Reading>> {
        let path = self.directory.join(session.to_string()).join(format!("{generation}.out"));
        let file = match Reading::open(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        self.open += usize::from(file.is_some());
        Ok(file)
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
        let wants_file = |outbox: &Outbox| outbox.file.is_none() && outbox.missing_from.is_none();
        let file = match self.outboxes.get(&id).is_none_or(wants_file) {
            true => self.open(id.0, id.1)?,
            false => None,
        };
        let outbox = self.outboxes.entry(id).or_default();
        outbox.file = file.or_else(|| outbox.file.take());
        self.messages += 1;
        outbox.last = number;
        if outbox.missing_from.is_some() {
            outbox.missing += 1;
            return Ok(());
        }
        match outbox.slot(number)? {
            None => {
                outbox.missing_from = Some(number);
                outbox.missing += 1;
            }
            Some(slot) if slot == stored(event).as_bytes() => {}
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
        let mut newest = BTreeMap::new();
        for (session, generation) in self.outboxes.keys() {
            newest.insert(*session, *generation); // In order: the last one stays.
        }
        for ((session, generation), outbox) in &mut self.outboxes {
            let is_old = generation + GENERATIONS_KEPT <= newest[session];
            if is_old && outbox.file.is_none() {
                self.forgotten += outbox.missing;
            } else {
                self.missing += outbox.missing;
            }
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

    /// For a log that begins at `first_seq`.
    pub(super) fn text(&self, first_seq: u64) -> String {
        let agree = self.messages - self.missing - self.forgotten;
        let mut text = format!("{} of {} messages are there", agree, self.messages);
        if self.missing > 0 {
            text += "; the others are not written yet: the next start writes them";
        }
        if self.forgotten > 0 {
            text += &format!("; {} of numbers that were reset long ago are gone", self.forgotten);
        }
        if self.left_over > 0 {
            text += &format!(
                "; {} slots behind the last: of a log that was cut, or newer",
                self.left_over
            );
        }
        let help = match first_seq {
            1 => {
                "Stop the venue, delete DATA/sessions and DATA/snapshots, start it: they are made again"
            }
            _ => "Restore DATA/sessions from a copy: docs/OPERATING.md",
        };
        for (session, generation, number) in &self.behind {
            text += &format!(
                "\n  MISSING    session {session}, generation {generation}: message {number}, which the \
                 snapshot counts on: a start passes the snapshot over. {help}"
            );
        }
        for (session, generation, number) in &self.different {
            text += &format!(
                "\n  DIFFERENT  session {session}, generation {generation}: from message {number} on. {help}"
            );
        }
        text
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let list = |messages: &[Message]| -> serde_json::Value {
            let each = messages.iter().map(|(session, generation, number)| {
                json!({ "session": session, "generation": generation, "number": number })
            });
            each.collect()
        };
        json!({
            "messages": self.messages, "missing": self.missing, "forgotten": self.forgotten,
            "leftOver": self.left_over, "behind": list(&self.behind), "different": list(&self.different),
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

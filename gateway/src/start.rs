//! What a start begins from: the newest snapshot that will do, the journal behind it, and the
//! understudy's engine at the same place.
//!
//! Nothing here knows a socket, a configuration or a thread: `venue.rs` starts a process with it, the
//! simulator a life on a disk that fails.

use crate::history::{self, History, HistoryError};
use crate::io::Disk;
use crate::journal::{Begin, Journal, JournalReader, OpenError, Settings};
use crate::outbox::{OutboxId, Outboxes};
use crate::snapshots::{Snapshots, Unusable, Usable};
use engine::{Engine, Limits};
use std::io;
use std::path::Path;

/// Why a process does not start over what is on the disk.
#[derive(Debug)]
pub enum StartError {
    /// The directory of snapshots cannot be read.
    Snapshots(io::Error),
    /// See [`OpenError`].
    Journal(OpenError),
    /// The feed's history cannot be read or written.
    History(io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Snapshots(error) => write!(f, "cannot read the snapshots: {error}"),
            Self::Journal(error) => write!(f, "{error}"),
            Self::History(error) => write!(f, "cannot go on with the feed's history: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// The durable parts of a process that has just started.
pub struct Start<D: Disk> {
    /// Checked, its torn tail cut, ready to replay. Nobody keeps it and nobody writes for it yet.
    pub journal: Journal<D>,
    /// Follows it, for the understudy.
    pub source: JournalReader<D>,
    /// The understudy's engine, where the journal begins.
    pub understudied: Engine,
    /// The last sequence in it; 0: genesis.
    pub begun_seq: u64,
    /// What sessions were told.
    pub outboxes: Outboxes<D>,
    /// Where the next ones go.
    pub snapshots: Snapshots<D>,
    /// What the feed was told; goes on where `understudied` is.
    pub history: History<D>,
}

/// Starts over what is in `data`. What is wrong with newer snapshots than the one that is begun from is
/// said in the log of the program.
///
/// # Errors
/// See [`StartError`]; nothing was changed then, unless it is the feed's history that could not be written.
pub fn start<D: Disk>(
    disk: &D,
    data: &Path,
    limits: Limits,
    settings: Settings,
    of_feed: history::Settings,
) -> Result<Start<D>, StartError> {
    let outboxes = Outboxes::on(disk.clone(), data);
    let snapshots = Snapshots::on(disk.clone(), data);
    let begun_from = newest(&snapshots, &outboxes, limits, settings.partition);
    let (begin, understudied) = match begun_from.map_err(StartError::Snapshots)? {
        Some(Usable { tail, bytes, engine, .. }) => (Some(Begin { tail, snapshot: bytes }), engine),
        None => (None, Engine::new(limits)),
    };
    let begun_seq = understudied.seq();
    let journal =
        Journal::open(disk.clone(), data, settings, begin).map_err(StartError::Journal)?;
    let source = journal.reader(None);
    let history = go_on(disk, data, of_feed, understudied.feed_seq())?;
    Ok(Start { journal, source, understudied, begun_seq, outboxes, snapshots, history })
}

/// The feed's history from message `next` on. It is derived: without it the venue trades on.
fn go_on<D: Disk>(
    disk: &D,
    data: &Path,
    settings: history::Settings,
    next: u64,
) -> Result<History<D>, StartError> {
    let mut history = History::open(disk.clone(), data, settings).map_err(StartError::History)?;
    match history.begin_at(next) {
        Ok(()) => {}
        Err(HistoryError::Io(error)) => return Err(StartError::History(error)),
        Err(damage) => {
            tracing::warn!("{damage}. The feed's history begins anew with message {next}");
            history.begin_empty_at(next).map_err(StartError::History)?;
        }
    }
    Ok(history)
}

/// The newest snapshot that this start can begin from.
fn newest<D: Disk>(
    snapshots: &Snapshots<D>,
    outboxes: &Outboxes<D>,
    limits: Limits,
    partition: u32,
) -> io::Result<Option<Usable>> {
    let has_messages = |engine: &Engine| {
        for (session, s) in (1..).zip(engine.sessions()) {
            let id = OutboxId { session, generation: s.generation };
            let number = s.next_out - 1;
            if number > 0 && !outboxes.has(id, number)? {
                return Err(Unusable::Outbox { session, generation: s.generation, number });
            }
        }
        Ok(())
    };
    let pass_over = |path: &Path, why| {
        tracing::warn!(
            "{}: not begun from: {why}. An older one, or the log from its beginning",
            path.display()
        );
    };
    snapshots.newest(partition, limits, has_messages, pass_over)
}

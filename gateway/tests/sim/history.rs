//! What happened over all lives of a process, as seen from outside: records, and no judgement.

use engine::log::{AppendError, BatchRef, Tail};
use engine::{CommandBuffer, Log, LogEvent};
use gateway::understudy::Source;
use marketdata::packet::Packet;
use std::cell::RefCell;
use std::rc::Rc;

/// Everything of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub starts: Vec<Start>,
    /// Every batch that the log called committed, each time it did.
    pub batches: Vec<Batch>,
    /// Every batch that an understudy has read. It may be ahead of its partition.
    pub read: Vec<Batch>,
    pub clients: Vec<Told>,
    /// Messages of the feed as they left.
    pub feed: Vec<FeedMessage>,
    /// Snapshots that were written: their last sequence, and what `Engine::save` said.
    pub snapshots: Vec<(u64, Vec<u8>)>,
    /// What the files of the feed's history have in the end; empty: the run was over before.
    pub kept_feed: Vec<(u64, Vec<u8>)>,
    /// How it stands when everybody has everything; `None`: the run was over before.
    pub end: Option<End>,
}

/// A process has begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The last sequence of its snapshot, 0: genesis.
    pub from: u64,
    /// The last sequence of the log that it has found.
    pub to: u64,
}

/// A batch as it was handed to the partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub life: usize,
    pub first_seq: u64,
    pub end_seq: u64,
    /// Header and commands.
    pub bytes: Vec<u8>,
}

/// What one client has heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Every message, in the order in which they came.
    pub got: Vec<Got>,
    /// Application messages that it has taken, in order: version of the session (FIX: 0) and number.
    pub known: Vec<(u64, u64)>,
}

/// A message of the venue.
#[derive(Clone, Debug, PartialEq)]
pub struct Got {
    pub life: usize,
    /// Of the session; numbers begin anew in each. FIX: 0.
    pub version: u64,
    pub number: u64,
    /// `|` between its fields; of a binary report what `words.rs` makes of it.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FeedMessage {
    pub life: usize,
    pub sequence: u64,
    pub bytes: Vec<u8>,
}

/// A venue in which nothing moves any more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    pub seq: u64,
    pub event_hash: u64,
    pub state_hash: u64,
    /// The understudy's state at the same place.
    pub understudy_hash: u64,
}

impl Got {
    /// Under which the venue must never say anything else.
    pub fn key(&self) -> (u64, u64) {
        (self.version, self.number)
    }

    /// The value of a tag.
    pub fn field(&self, tag: &str) -> Option<&str> {
        self.text.split('|').find_map(|field| field.strip_prefix(tag)?.strip_prefix('='))
    }

    /// Sent again.
    pub fn is_again(&self) -> bool {
        self.field("43") == Some("Y")
    }

    /// Of the session itself: not sent again.
    pub fn is_admin(&self) -> bool {
        matches!(self.field("35"), Some("A" | "0" | "1" | "2" | "4" | "5"))
    }

    /// Without what a resend changes: length, checksum, 43, 52, 122.
    pub fn body(&self) -> Vec<&str> {
        let changes = ["9=", "10=", "43=", "52=", "122="];
        let stays = |field: &&str| !changes.iter().any(|tag| field.starts_with(tag));
        self.text.split('|').filter(stays).collect()
    }
}

/// FIX as one reads it.
pub fn text(message: &[u8]) -> String {
    String::from_utf8_lossy(message).replace('\u{1}', "|")
}

impl History {
    pub fn on_packet(&mut self, packet: &[u8]) {
        let packet = Packet::parse(packet).expect("the venue never sends a broken packet");
        for (sequence, message) in (packet.header.sequence.get()..).zip(packet.messages()) {
            let life = self.starts.len();
            self.feed.push(FeedMessage { life, sequence, bytes: message.to_vec() });
        }
    }

    /// The last sequence that any life has called committed.
    pub fn committed_seq(&self) -> u64 {
        let all = self.batches.iter().chain(&self.read);
        all.map(|batch| batch.end_seq - 1).max().unwrap_or(0)
    }
}

/// A log that remembers what it has called committed.
pub struct Witness<L> {
    pub log: L,
    pub life: usize,
    /// What the history has not been given yet.
    pub handed: Vec<Batch>,
    last_seq: u64,
}

impl<L> Witness<L> {
    pub fn new(log: L, life: usize) -> Self {
        Self { log, life, handed: Vec::new(), last_seq: 0 }
    }
}

impl<L: Log> Log for Witness<L> {
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError> {
        self.log.append(commands, time)
    }

    fn poll(&mut self) -> LogEvent<'_> {
        let event = self.log.poll();
        if let LogEvent::Committed(batch) = &event
            && batch.end_seq() > self.last_seq
        {
            self.last_seq = batch.end_seq();
            self.handed.push(Batch::of(self.life, batch));
        }
        event
    }

    fn release(&mut self) {
        self.log.release();
    }

    fn snapshot_taken(&mut self, seq: u64) {
        self.log.snapshot_taken(seq);
    }

    fn turn(&mut self, now: u64) -> usize {
        self.log.turn(now)
    }
}

/// A source that remembers what it has given.
pub struct ReadWitness<S> {
    pub source: S,
    pub life: usize,
    /// What the history has not been given yet.
    pub given: Rc<RefCell<Vec<Batch>>>,
}

impl<S: Source> Source for ReadWitness<S> {
    fn next_batch(&mut self) -> std::io::Result<Option<BatchRef<'_>>> {
        let batch = self.source.next_batch()?;
        let seen = batch.iter().map(|batch| Batch::of(self.life, batch));
        self.given.borrow_mut().extend(seen);
        Ok(batch)
    }

    fn tail(&self) -> Tail {
        self.source.tail()
    }
}

impl Batch {
    fn of(life: usize, batch: &BatchRef<'_>) -> Self {
        let mut bytes = zerocopy::IntoBytes::as_bytes(batch.header).to_vec();
        bytes.extend_from_slice(batch.bytes);
        let first_seq = batch.header.first_seq.get();
        Self { life, first_seq, end_seq: batch.end_seq(), bytes }
    }

    pub fn read(&self) -> BatchRef<'_> {
        BatchRef::trusted(&self.bytes).expect("it was a batch")
    }
}

//! The understudy: a second engine over the same committed batches, on a cold thread.
//!
//! It alone writes what is derived: the session outboxes, the feed's history, snapshots of the state, and
//! the snapshot channel of the feed; later the sinks. It reads the journal's files, so it may lag as far as it
//! likes and nothing waits for it. Every 4096 batches its event hash must equal the hot engine's.
//! It also answers gateways that want old messages, in bounded pieces.

use crate::history::History;
use crate::io::{Disk, Doorbell, RealDisk};
use crate::journal::JournalReader;
use crate::outbox::{OutboxId, Outboxes};
use crate::snapshots::Snapshots;
use engine::log::{BatchRef, Tail};
use engine::partition::CHECKPOINT_BATCHES;
use engine::{Engine, Event, Sink, Step};
use marketdata::{Gathered, Gatherer};
use sbe_schemas::types::EventKind;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zerocopy::FromZeros;

/// Messages in one piece of an outbox.
pub const PIECE_MESSAGES: usize = 64;
/// Batches applied in one turn.
const TURN_BATCHES_MAX: usize = 64;

/// A gateway wants messages `from` to `to`, as many as one piece holds.
#[derive(Clone, Copy, Debug)]
pub struct PieceRequest {
    /// Given back with the piece.
    pub ticket: u64,
    /// Of which outbox.
    pub id: OutboxId,
    /// First number.
    pub from: u64,
    /// Last number.
    pub to: u64,
}

impl PieceRequest {
    /// A ticket that is not given twice: `count` rises, `slot` is the connection's place.
    pub fn ticket(count: u64, slot: u16) -> u64 {
        count << 16 | u64::from(slot)
    }

    fn slot(&self) -> u16 {
        self.ticket as u16
    }
}

/// Messages with consecutive numbers.
#[derive(Clone)]
pub struct Piece {
    /// Of the request.
    pub ticket: u64,
    /// How many of `messages` count; at least 1.
    pub count: usize,
    /// The messages.
    pub messages: [Event; PIECE_MESSAGES],
}

/// The gateway's end of the way to the understudy.
pub struct OutboxClient {
    requests: rtrb::Producer<PieceRequest>,
    /// Who serves them may sleep.
    bell: Option<Doorbell>,
    /// Pieces.
    pub pieces: rtrb::Consumer<Piece>,
}

impl OutboxClient {
    /// The understudy sleeps on a thread of its own: this wakes it.
    pub fn wakes(&mut self, understudy: Doorbell) {
        self.bell = Some(understudy);
    }

    /// Hands over a request, one per connection at most; `false`: no room.
    pub fn ask(&mut self, request: PieceRequest) -> bool {
        let asked = self.requests.push(request).is_ok();
        if let Some(bell) = &self.bell {
            bell.ring();
        }
        asked
    }
}

/// The understudy's end of it.
pub struct OutboxServer {
    requests: rtrb::Consumer<PieceRequest>,
    pieces: rtrb::Producer<Piece>,
}

/// A way with room for `connections_max` requests.
pub fn outbox_way(connections_max: usize) -> (OutboxClient, OutboxServer) {
    let (request_in, request_out) = rtrb::RingBuffer::new(connections_max);
    let (piece_in, piece_out) = rtrb::RingBuffer::new(connections_max);
    (
        OutboxClient { requests: request_in, bell: None, pieces: piece_out },
        OutboxServer { requests: request_out, pieces: piece_in },
    )
}

/// Where committed batches come from: the journal's files, or the simulator's log.
pub trait Source {
    /// The next committed batch; `None`: there is none yet.
    ///
    /// # Errors
    /// What was committed cannot be read back: the process must stop.
    fn next_batch(&mut self) -> io::Result<Option<BatchRef<'_>>>;

    /// Behind the last batch that was given.
    fn tail(&self) -> Tail;
}

impl<D: Disk> Source for JournalReader<D> {
    fn next_batch(&mut self) -> io::Result<Option<BatchRef<'_>>> {
        Self::next_batch(self)
    }

    fn tail(&self) -> Tail {
        Self::tail(self)
    }
}

/// Why the understudy stops the process.
#[derive(Debug)]
pub enum Stop {
    /// A file could not be read or written.
    Io(io::Error),
    /// Hot engine and understudy do not agree.
    Disagree {
        /// After so many batches.
        batches: u64,
    },
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "understudy: {error}"),
            Self::Disagree { batches } => write!(
                f,
                "understudy: after {batches} batches its events differ from the hot engine's: memory \
                 is damaged or the engine is not deterministic. Keep the data directory and report it"
            ),
        }
    }
}

impl std::error::Error for Stop {}

/// What one turn of the understudy did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Batches applied.
    pub batches: usize,
    /// Pieces sent to gateways.
    pub pieces: usize,
}

impl Done {
    /// There is nothing to do.
    pub fn is_nothing(self) -> bool {
        self.batches == 0 && self.pieces == 0
    }

    /// There may be more to do at once. A few batches are not worth a turn of their own: each costs
    /// several writes, on a core that may have better things to do.
    pub fn is_behind(self) -> bool {
        self.batches == TURN_BATCHES_MAX || self.pieces > 0
    }
}

/// What is kept beside the outboxes: when snapshots are taken, and who is told.
pub struct Keeping<D: Disk = RealDisk> {
    /// What the feed was told; goes on where the engine does.
    pub history: History<D>,
    /// Where they are.
    pub snapshots: Snapshots<D>,
    /// Commands between two; 0: none is taken.
    pub every_commands: u64,
    /// Last sequence that the log is not needed for any more.
    pub released: Arc<AtomicU64>,
}

struct ToFiles<'a, D: Disk> {
    outboxes: &'a mut Outboxes<D>,
    history: &'a mut History<D>,
    gatherer: &'a mut Gatherer,
    slot: Event,
}

impl<D: Disk> Sink for ToFiles<'_, D> {
    fn free(&mut self) -> usize {
        usize::MAX
    }

    fn slot(&mut self) -> &mut Event {
        &mut self.slot
    }

    fn publish(&mut self) {
        match self.slot.kind() {
            Some(EventKind::Report) => self.outboxes.put(&self.slot),
            Some(EventKind::Market | EventKind::Control) => {
                self.gatherer.on_event(&self.slot, |gathered| match gathered {
                    Gathered::Message(told) => self.history.put(told),
                    Gathered::BatchEnd => {}
                });
            }
            None => {}
        }
    }
}

/// See the file's map.
pub struct Understudy<S, D: Disk = RealDisk> {
    engine: Engine,
    source: S,
    outboxes: Outboxes<D>,
    gatherer: Gatherer,
    server: OutboxServer,
    /// Requests for messages that the log has, and this engine has not reached yet.
    waiting: VecDeque<PieceRequest>,
    checkpoints: rtrb::Consumer<(u64, u64)>,
    /// Own hashes that the hot engine has not confirmed yet.
    own: VecDeque<(u64, u64)>,
    batches: u64,
    keeping: Keeping<D>,
    /// Last sequence of the newest snapshot.
    kept_seq: u64,
    /// First message of the feed behind it.
    kept_feed_seq: u64,
}

impl<S: Source, D: Disk> Understudy<S, D> {
    /// At genesis, or where a snapshot has brought `engine`; `source` goes on there.
    pub fn new(
        engine: Engine,
        source: S,
        outboxes: Outboxes<D>,
        keeping: Keeping<D>,
        server: OutboxServer,
        checkpoints: rtrb::Consumer<(u64, u64)>,
    ) -> Self {
        Self {
            kept_seq: engine.seq(),
            kept_feed_seq: engine.feed_seq(),
            engine,
            source,
            outboxes,
            gatherer: Gatherer::default(),
            server,
            waiting: VecDeque::new(),
            checkpoints,
            own: VecDeque::new(),
            batches: 0,
            keeping,
        }
    }

    /// Its engine, between two batches.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// One turn; says what was done.
    ///
    /// # Errors
    /// See [`Stop`]: then the process stops.
    pub fn turn(&mut self) -> Result<Done, Stop> {
        let mut batches = 0;
        while batches < TURN_BATCHES_MAX && self.apply_next().map_err(Stop::Io)? {
            batches += 1;
        }
        self.outboxes.flush().map_err(Stop::Io)?;
        self.keeping.history.flush().map_err(Stop::Io)?;
        self.compare()?;
        self.keep().map_err(Stop::Io)?;
        Ok(Done { batches, pieces: self.serve().map_err(Stop::Io)? })
    }

    fn apply_next(&mut self) -> io::Result<bool> {
        let Some(batch) = self.source.next_batch()? else { return Ok(false) };
        let mut sink = ToFiles {
            outboxes: &mut self.outboxes,
            history: &mut self.keeping.history,
            gatherer: &mut self.gatherer,
            slot: Event::new_zeroed(),
        };
        self.engine.begin_batch(batch.header.first_seq.get(), batch.header.time.get());
        let begun = self.engine.step(&mut sink);
        assert_eq!(begun, Step::Done, "this sink is never full");
        for (seq, command) in (batch.header.first_seq.get()..).zip(batch.commands()) {
            let applied = self.engine.apply(seq, command, &mut sink);
            assert_eq!(applied, Step::Done, "this sink is never full");
        }
        self.engine.end_batch(batch.header.count.get(), &mut sink);
        self.batches += 1;
        if self.batches.is_multiple_of(CHECKPOINT_BATCHES) {
            self.own.push_back((self.batches, self.engine.event_hash()));
        }
        Ok(true)
    }

    /// A snapshot, if it is time. It counts on every message below it being in an outbox, or in the
    /// feed's history.
    fn keep(&mut self) -> io::Result<()> {
        let every = self.keeping.every_commands;
        if every == 0 || self.engine.seq() < self.kept_seq + every {
            return Ok(());
        }
        self.outboxes.sync()?;
        self.keeping.history.sync()?;
        let released = self.keeping.snapshots.write(self.source.tail(), &self.engine)?;
        for (session, s) in (1..).zip(self.engine.sessions()) {
            self.outboxes.forget_old(OutboxId { session, generation: s.generation })?;
        }
        // The snapshot before this one may still be begun from.
        self.keeping.history.forget_old(self.kept_feed_seq)?;
        (self.kept_seq, self.kept_feed_seq) = (self.engine.seq(), self.engine.feed_seq());
        self.keeping.released.store(released, Ordering::Release);
        Ok(())
    }

    fn compare(&mut self) -> Result<(), Stop> {
        while let Some(own) = self.own.front() {
            let Ok(hot) = self.checkpoints.peek() else { return Ok(()) };
            if hot != own {
                return Err(Stop::Disagree { batches: own.0 });
            }
            self.own.pop_front();
            let _ = self.checkpoints.pop();
        }
        Ok(())
    }

    fn serve(&mut self) -> io::Result<usize> {
        while let Ok(request) = self.server.requests.pop() {
            // A connection waits for one piece; what it asked for before is forgotten.
            self.waiting.retain(|older| older.slot() != request.slot());
            self.waiting.push_back(request);
        }
        let mut done = 0;
        for _ in 0..self.waiting.len() {
            if self.server.pieces.is_full() {
                break;
            }
            let Some(request) = self.waiting.pop_front() else { break };
            match self.piece(&request)? {
                Some(piece) => {
                    done += 1;
                    let _ = self.server.pieces.push(piece);
                }
                None => self.waiting.push_back(request),
            }
        }
        Ok(done)
    }

    fn piece(&mut self, request: &PieceRequest) -> io::Result<Option<Piece>> {
        let mut piece = Piece {
            ticket: request.ticket,
            count: 0,
            messages: [Event::new_zeroed(); PIECE_MESSAGES],
        };
        // Only what this life has written: behind it may lie slots of a log that was cut since.
        let sessions = self.engine.sessions();
        let Some(session) = sessions.get((request.id.session as usize).wrapping_sub(1)) else {
            return Ok(None);
        };
        let written = match session.generation.cmp(&request.id.generation) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => session.next_out - 1,
            std::cmp::Ordering::Greater => u64::MAX,
        };
        let wanted = (request.to.min(written) + 1).saturating_sub(request.from);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(PIECE_MESSAGES);
        let into = &mut piece.messages[..wanted];
        piece.count = self.outboxes.read(request.id, request.from, into)?;
        Ok((piece.count > 0).then_some(piece))
    }
}

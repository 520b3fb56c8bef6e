//! A world over a disk that fails: the real journal, its keeper, outboxes and snapshots, begun as
//! `start.rs` begins a process.
//!
//! The world's steps are the cold thread that makes segments and the ring that carries writes: each takes
//! as many steps as the dice say. A life has one fault of the disk at an I/O operation that the seed
//! chooses, or none; when it is over, by that fault or by a kill, the power may go as well.

use crate::history::{Batch, History, Start};
use crate::world::{Begun, Store, Verdict, limits};
use engine::fake_log::Dice;
use gateway::io::sim_disk::{Fault, Lie, SimDisk, SimWrite};
use gateway::io::{Disk, DiskFile, DiskWritten};
use gateway::journal::{Durability, Journal, JournalReader, Keeper, Settings};
use gateway::start;
use gateway::understudy::Keeping;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BLOCK: u64 = 4096;
/// Bytes in front of what `Engine::save` said, in a snapshot's file.
const SNAPSHOT_HEADER_BYTES: usize = 64;
/// Little, so that segments are used again soon; the longest batch fits.
const SEGMENT_BYTES: u64 = 20 * BLOCK;
/// Messages of the feed in one file of its history.
const FEED_FILE_MESSAGES: u64 = 40;

/// What the disk does in a run.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    pub durability: Durability,
    /// Lives of 10 that have a fault.
    pub faults: u64,
    /// Operations of a life within which its fault hits.
    pub reach: u64,
    /// A fault of the first life alone.
    pub first: Option<(Fault, u64)>,
    /// Once, something that was safe is damaged: a flipped bit, a write that goes elsewhere, a lost outbox.
    pub damage: bool,
    /// Planted: a promise that is broken.
    pub lie: Option<Lie>,
    /// Planted: the journal is told that the device has what only the kernel has.
    pub early_ack: bool,
}

impl Trouble {
    /// A good disk.
    pub const NONE: Self = Self {
        durability: Durability::Disk,
        faults: 0,
        reach: 1,
        first: None,
        damage: false,
        lie: None,
        early_ack: false,
    };
}

pub struct Real {
    trouble: Trouble,
    pub disk: SimDisk,
    dice: Dice,
    keeper: Option<Keeper<SimDisk>>,
    /// Under way to the device, for so many turns more.
    writing: Option<(SimWrite, u64)>,
    write_turns: u64,
    every_commands: u64,
    /// Something was damaged in this run.
    damaged: bool,
    /// The write with this number goes elsewhere.
    misdirect: Option<u64>,
    writes: u64,
    /// How lives ended.
    pub deaths: Deaths,
}

/// How many lives ended how; for the tests to say that everything was played.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaths {
    /// At a chosen operation.
    pub at_an_operation: u64,
    /// By a write or a sync that failed.
    pub failed: u64,
    /// On a full disk.
    pub full: u64,
    /// Any of these, before the process had begun.
    pub in_recovery: u64,
    /// The power went too.
    pub without_power: u64,
}

impl std::ops::AddAssign for Deaths {
    fn add_assign(&mut self, other: Self) {
        self.at_an_operation += other.at_an_operation;
        self.failed += other.failed;
        self.full += other.full;
        self.in_recovery += other.in_recovery;
        self.without_power += other.without_power;
    }
}

impl Real {
    pub fn new(seed: u64, trouble: Trouble) -> Self {
        let mut dice = Dice(seed ^ 0xD15C);
        let disk = SimDisk::new(seed);
        if let Some(lie) = trouble.lie {
            disk.lie(lie);
        }
        if let Some((fault, at)) = trouble.first {
            disk.plan(fault, at);
        }
        Self {
            every_commands: 5 + dice.below(56),
            write_turns: if dice.hits(100) { 40 } else { 1 + dice.below(4) },
            misdirect: (trouble.damage && dice.hits(500)).then(|| dice.below(60)),
            trouble,
            disk,
            dice,
            keeper: None,
            writing: None,
            damaged: false,
            writes: 0,
            deaths: Deaths::default(),
        }
    }

    /// Something was damaged in this run.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// These last words are of a start that could not know better.
    pub fn is_unproven(said: &str) -> bool {
        said == UNPROVEN
    }

    /// One fault for the life that begins.
    fn plan_a_life(&mut self) {
        if !self.dice.hits(100 * self.trouble.faults) {
            return;
        }
        let reach = if self.dice.hits(250) { 60 } else { self.trouble.reach };
        let at = self.disk.operations() + self.dice.below(reach);
        match self.dice.below(10) {
            0 | 1 => self.disk.plan(Fault::Write, at),
            2 | 3 => self.disk.plan(Fault::Sync, at),
            4 => self.disk.set_space(self.dice.below(100) * BLOCK),
            _ => self.disk.plan(Fault::Crash, at),
        }
    }

    /// A bit of the log or of a snapshot is another than it was, or an outbox is gone.
    fn damage(&mut self) {
        let list = |directory: &str, ending| {
            self.disk.list(&data().join(directory), ending).expect("no fault is planned")
        };
        let of = match self.dice.below(10) {
            0..=5 => list("journal", ".log"),
            6 | 7 => list("snapshots", ".snap"),
            _ => list("sessions/1", ".out"),
        };
        if of.is_empty() {
            return;
        }
        self.damaged = true;
        let path = &of[self.dice.below(of.len() as u64) as usize];
        if path.starts_with(data().join("sessions")) {
            self.disk.remove(path).expect("no fault is planned");
            self.disk.sync_dir(path.parent().expect("it has one")).expect("no fault is planned");
            return;
        }
        let bytes = self.disk.contents(path).expect("it is in the list").len() as u64;
        self.disk.flip(path, self.dice.below(bytes), self.dice.below(8) as u8);
    }

    /// The write under way goes on, or the next one sets out.
    fn carry_writes(&mut self, journal: &mut Journal<SimDisk>) {
        match self.writing.take() {
            Some((write, 0)) => journal.on_written(write.finish()),
            Some((write, turns)) => self.writing = Some((write, turns - 1)),
            None => {
                let Some(write) = journal.next_write() else { return };
                if self.trouble.early_ack {
                    let result = write.file.write_at(&write.buffer[..write.bytes], write.offset);
                    return journal.on_written(DiskWritten { buffer: write.buffer, result });
                }
                self.writes += 1;
                if self.misdirect.is_some_and(|number| number < self.writes) {
                    self.misdirect = None;
                    self.damaged = true;
                    self.disk.plan(Fault::Misdirect, self.disk.operations());
                }
                self.writing = Some((self.disk.begin(write), self.dice.below(self.write_turns)));
            }
        }
    }

    fn dead(&self) -> Result<(), String> {
        if self.disk.is_dead() { Err("the process has died".into()) } else { Ok(()) }
    }
}

impl Store for Real {
    type Log = Journal<SimDisk>;
    type Source = JournalReader<SimDisk>;

    fn begin(&mut self, history: &History) -> Result<Begun<Self::Log, Self::Source>, String> {
        if self.trouble.damage && !self.damaged && self.dice.hits(300) && !history.starts.is_empty()
        {
            self.damage();
        }
        let proven = if self.damaged { proven_seq(&self.disk, history) } else { u64::MAX };
        self.plan_a_life();
        let settings = Settings {
            partition: 1,
            durability: self.trouble.durability,
            segment_bytes: SEGMENT_BYTES,
        };
        let of_feed = gateway::history::Settings {
            file_messages: FEED_FILE_MESSAGES,
            ..gateway::history::Settings::new(1, 1)
        };
        let begun = start::start(&self.disk, &data(), limits(), settings, of_feed);
        let mut begun = begun.map_err(|error| error.to_string())?;
        let to = begun.journal.recovered().commands;
        if (proven.saturating_add(1)..=history.committed_seq()).contains(&(to + 1)) {
            return Err(UNPROVEN.into());
        }
        self.keeper = Some(begun.journal.keeper());
        let keeping = Keeping {
            history: begun.history,
            snapshots: begun.snapshots,
            every_commands: self.every_commands,
            released: Arc::default(),
        };
        Ok(Begun {
            log: begun.journal,
            source: begun.source,
            understudied: begun.understudied,
            outboxes: begun.outboxes,
            keeping,
            start: Start { from: begun.begun_seq, to },
        })
    }

    fn carry(&mut self, journal: &mut Self::Log) -> Result<(), String> {
        self.dead()?;
        if self.dice.hits(300)
            && let Some(keeper) = &mut self.keeper
        {
            let _ = keeper.turn(); // It is tried again, and the journal says when there is none left.
        }
        self.dead()?;
        self.carry_writes(journal);
        self.dead()
    }

    fn show(&mut self, _: &Self::Log) {}

    fn is_busy(&self, journal: &Self::Log) -> bool {
        journal.is_busy()
    }

    fn end(&mut self, _: Option<Self::Log>) {
        self.deaths.in_recovery += u64::from(self.keeper.is_none());
        (self.writing, self.keeper) = (None, None);
        self.disk.forget_plans();
        self.disk.set_space(u64::MAX); // Somebody has made room.
        if self.trouble.durability == Durability::Disk && self.dice.hits(700) {
            self.deaths.without_power += 1;
            self.disk.crash();
        } else {
            self.disk.kill();
        }
    }

    fn judge(&mut self, said: &str) -> Verdict {
        let (dead, failed) = (said.contains("has died"), said.contains("(planned)"));
        let full = said.contains("no storage space");
        self.deaths.at_an_operation += u64::from(dead);
        self.deaths.failed += u64::from(failed);
        self.deaths.full += u64::from(full);
        let stopped = said.contains("cannot be read back");
        if dead || failed || full || self.damaged && stopped {
            Verdict::Planned
        } else if self.damaged && REFUSALS.iter().any(|words| said.contains(words)) {
            Verdict::Damaged
        } else {
            Verdict::Wrong
        }
    }

    fn snapshot(&self, seq: u64) -> Option<Vec<u8>> {
        if self.damaged {
            return None; // Perhaps just this one.
        }
        let path = data().join("snapshots").join(format!("{seq:020}.snap"));
        Some(self.disk.contents(&path)?.split_off(SNAPSHOT_HEADER_BYTES))
    }

    fn disk(&self) -> SimDisk {
        self.disk.clone()
    }

    fn has_damage(&self) -> bool {
        self.damaged
    }

    fn calm(&mut self, _: Option<&mut Self::Log>) {
        self.trouble = Trouble { durability: self.trouble.durability, ..Trouble::NONE };
        self.misdirect = None;
        self.disk.forget_plans();
        self.disk.set_space(u64::MAX);
    }
}

fn data() -> PathBuf {
    PathBuf::from("data")
}

/// A start has gone on without the last batches, and nothing that is left says that they were
/// acknowledged: one disk cannot know better.
const UNPROVEN: &str = "the only proof is damaged as well";

/// What a start says that finds damage.
const REFUSALS: [&str; 5] = [
    "had been acknowledged and is damaged",
    "written in journal version",
    "this is the log of partition",
    "the log begins here",
    UNPROVEN,
];

/// The last sequence that some whole batch, at its own place, says was durable when it was written.
fn proven_seq(disk: &SimDisk, history: &History) -> u64 {
    let blocks = SEGMENT_BYTES / BLOCK;
    let is_there = |batch: &&Batch| {
        let position = u64::from(batch.read().header.position.get());
        let path = format!("data/journal/{:012}.log", position / blocks);
        let offset = (position % blocks * BLOCK) as usize;
        let file = disk.contents(Path::new(&path));
        file.is_some_and(|file| file[offset..].starts_with(&batch.bytes))
    };
    let there = history.batches.iter().filter(is_there);
    there.map(|batch| batch.read().header.durable_seq.get()).max().unwrap_or(0)
}

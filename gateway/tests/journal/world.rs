//! Lives of a journal on a disk that fails as a seed says, and what must hold over all of them.
//!
//! A life opens the journal, is told all there is, leads, appends, and dies: at some I/O operation, by a
//! power cut or a kill. The world remembers what was ever told as committed; [`check_replay`] compares.

use engine::fake_log::Dice;
use engine::log::{BatchRef, Tail};
use engine::{AppendError, CommandBuffer, Log, LogEvent};
use gateway::io::sim_disk::{Lie, SimDisk, SimWrite};
use gateway::io::{Blocks, Disk, DiskWritten};
use gateway::journal::{Begin, Durability, Journal, JournalReader, Keeper, OpenError, Settings};
use sbe_schemas::header::Message;
use sbe_schemas::journal::Tick;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Once;
use zerocopy::IntoBytes;

/// Little, so that segments are used again soon; the longest batch fits.
pub const SMALL_SEGMENT: u64 = 20 * 4096;

/// What a world is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    pub durability: Durability,
    /// Steps of a life that does not die before.
    pub steps: u64,
    /// Planted: the disk breaks a promise.
    pub lie: Option<Lie>,
    /// Planted: the journal is told of a write's end when it sets out.
    pub early_ack: bool,
}

impl Plan {
    pub fn new(seed: u64, durability: Durability) -> Self {
        Self { seed, durability, steps: 60, lie: None, early_ack: false }
    }

    pub fn settings(&self) -> Settings {
        Settings { partition: 1, durability: self.durability, segment_bytes: SMALL_SEGMENT }
    }
}

/// A batch as it was told: header and commands.
pub type Told = Vec<u8>;
/// What was appended: time and commands.
pub type Appended = (u64, Vec<u8>);

pub fn told(batch: &BatchRef<'_>) -> Told {
    [batch.header.as_bytes(), batch.bytes].concat()
}

fn appended(told: &Told) -> Appended {
    let batch = BatchRef::trusted(told).expect("a batch");
    (batch.header.time.get(), batch.bytes.to_vec())
}

/// What was replayed against what had been told and what may have come through untold.
pub fn check_replay(told: &[Told], untold: &[Appended], replayed: &[Told]) -> Result<(), String> {
    for (n, expected) in told.iter().enumerate() {
        match replayed.get(n) {
            None => return Err(format!("batch {n} of {} was committed and is lost", told.len())),
            Some(seen) if seen != expected => return Err(format!("batch {n} is another")),
            Some(_) => {}
        }
    }
    let more = &replayed[told.len()..];
    let came_through = untold.iter().take(more.len());
    if more.iter().map(appended).ne(came_through.cloned()) {
        return Err(format!("{} batches behind the last told were not appended there", more.len()));
    }
    Ok(())
}

#[derive(Default)]
pub struct World {
    /// Every batch that was ever told as committed.
    pub told: Vec<Told>,
    /// Where the log stood behind each.
    tails: Vec<Tail>,
    /// Appended by the last life that led, and not told.
    untold: Vec<Appended>,
    /// The newest two: how many batches they hold.
    pub snapshots: Vec<usize>,
    /// Segments whose number is gone: they were used again.
    pub reused: u64,
}

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// It had nothing more to do.
    Content,
    /// At the operation that was planned.
    Crashed,
    /// A write had failed.
    DiskFailed,
}

pub fn data() -> PathBuf {
    PathBuf::from("data")
}

/// Tail behind a batch.
pub fn tail_after(batch: &BatchRef<'_>) -> Tail {
    let position = u64::from(batch.header.position.get());
    let mut tail = Tail { position, ..Tail::genesis(batch.header.partition.get()) };
    tail.advance(batch);
    tail
}

struct Life<'a> {
    world: &'a mut World,
    disk: &'a SimDisk,
    plan: &'a Plan,
    dice: Dice,
    journal: Journal<SimDisk>,
    keeper: Keeper<SimDisk>,
    reader: JournalReader<SimDisk>,
    /// Batches the reader has seen, from the beginning of all.
    read: usize,
    writing: Option<(SimWrite, u64)>,
    time: u64,
}

impl World {
    /// One life. An error: a promise was broken.
    pub fn live(&mut self, disk: &SimDisk, plan: &Plan, life: u64) -> Result<Death, String> {
        quiet_deaths();
        let dice = Dice(plan.seed.wrapping_mul(1_000_003).wrapping_add(life));
        let lived = catch_unwind(AssertUnwindSafe(|| self.live_on(disk, plan, dice)));
        match lived {
            Ok(Err(why)) if disk.is_dead() && why.contains("has died") => Ok(Death::Crashed),
            Ok(lived) => lived,
            // What the process does with an error of a dying disk is to stop.
            Err(_) if disk.is_dead() => Ok(Death::Crashed),
            Err(panic) if said(&*panic).contains("no room for another segment") => {
                Ok(Death::DiskFailed)
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    fn live_on(&mut self, disk: &SimDisk, plan: &Plan, dice: Dice) -> Result<Death, String> {
        let from = self.snapshots.last().copied();
        let begin = from.map(|batches| Begin {
            tail: self.tails[batches - 1],
            snapshot: batches.to_string().into_bytes(),
        });
        let from = from.unwrap_or(0);
        let mut journal = match Journal::open(disk.clone(), &data(), plan.settings(), begin) {
            Ok(journal) => journal,
            Err(OpenError::Io { error, .. }) if error.to_string().contains("(planned)") => {
                return Ok(Death::DiskFailed);
            }
            Err(error) => return Err(format!("cannot open: {error}")),
        };
        let keeper = journal.keeper();
        self.be_told(&mut journal, from)?;
        let reader = journal.reader(None);
        let time = self.tails.last().map_or(0, |tail| tail.time);
        let mut life = Life {
            world: self,
            disk,
            plan,
            dice,
            journal,
            keeper,
            reader,
            read: from,
            writing: None,
            time,
        };
        for _ in 0..plan.steps {
            if let Some(death) = life.step()? {
                return Ok(death);
            }
        }
        life.end()
    }

    /// Everything up to `Leading`.
    fn be_told(&mut self, journal: &mut Journal<SimDisk>, from: usize) -> Result<(), String> {
        let mut replayed = Vec::new();
        let mut next = if from == 0 { 1 } else { self.tails[from - 1].next_seq };
        loop {
            match journal.poll() {
                LogEvent::Restore(snapshot) => {
                    let expected = if from == 0 { String::new() } else { from.to_string() };
                    assert_eq!(snapshot, expected.as_bytes(), "the snapshot is handed out");
                }
                LogEvent::Committed(batch) => {
                    if batch.header.first_seq.get() != next {
                        return Err(format!("a hole before sequence {next}"));
                    }
                    next = batch.end_seq();
                    replayed.push(told(&batch));
                    if from + replayed.len() > self.told.len() {
                        check_replay(&self.told[from..], &self.untold, &replayed)?;
                        self.told.push(told(&batch));
                        self.tails.push(tail_after(&batch));
                        self.untold.remove(0);
                    }
                    journal.release();
                }
                LogEvent::Leading { term } => {
                    check_replay(&self.told[from..], &self.untold, &replayed)?;
                    let last = self.tails.last().map_or(0, |tail| tail.term);
                    if term <= last {
                        return Err(format!("term {term} after term {last}"));
                    }
                    self.untold.clear();
                    return Ok(());
                }
                LogEvent::Nothing | LogEvent::Following => {
                    return Err("a local journal leads at once".into());
                }
            }
        }
    }
}

impl Life<'_> {
    fn step(&mut self) -> Result<Option<Death>, String> {
        match self.dice.below(10) {
            0..=3 => self.append(),
            4 => self.take_snapshot(),
            5 => match self.keeper.turn() {
                Err(error) if self.disk.is_dead() => return Err(format!("the keeper: {error}")),
                _ => {} // It is tried again.
            },
            6 => {
                let batches = self.dice.below(8);
                self.follow(batches)?;
            }
            _ => {}
        }
        if !self.carry() {
            return Ok(Some(Death::DiskFailed));
        }
        self.take_committed()?;
        Ok(None)
    }

    fn append(&mut self) {
        let mut commands = CommandBuffer::new();
        let many = match self.dice.below(12) {
            0 => 1 + self.dice.below(1000),
            1..=3 => 1 + self.dice.below(150),
            _ => 1 + self.dice.below(50),
        };
        let mut tick = Tick::ZERO;
        tick.head.received.set(self.dice.roll());
        (0..many).for_each(|_| assert!(commands.push(&tick)));
        self.time += 1 + self.dice.below(1000);
        // Before it is known whether it is taken: it may come through all the same.
        self.world.untold.push((self.time, commands.bytes().to_vec()));
        match self.journal.append(&commands, self.time) {
            Ok(()) => {}
            Err(AppendError::Full) => {
                self.world.untold.pop();
            }
            Err(AppendError::NotLeader) => panic!("it leads"),
        }
    }

    /// The write under way goes on, or the next one sets out. `false`: one has failed.
    fn carry(&mut self) -> bool {
        match self.writing.take() {
            Some((write, 0)) => {
                let written = write.finish();
                if written.result.is_err() {
                    return false;
                }
                if !self.plan.early_ack {
                    self.journal.on_written(written);
                }
            }
            Some((write, turns)) => self.writing = Some((write, turns - 1)),
            None => {
                let Some(write) = self.journal.next_write() else { return true };
                if self.plan.early_ack {
                    let mut buffer = Blocks::zeroed(write.buffer.len());
                    buffer.copy_from_slice(&write.buffer);
                    self.journal.on_written(DiskWritten { buffer, result: Ok(()) });
                }
                self.writing = Some((self.disk.begin(write), self.dice.below(4)));
            }
        }
        true
    }

    fn take_committed(&mut self) -> Result<(), String> {
        while let LogEvent::Committed(batch) = self.journal.poll() {
            let batch_told = told(&batch);
            let tail = tail_after(&batch);
            self.journal.release();
            if self.world.untold.is_empty() || appended(&batch_told) != self.world.untold.remove(0)
            {
                return Err("a batch was committed that is not the next appended".into());
            }
            self.world.told.push(batch_told);
            self.world.tails.push(tail);
        }
        Ok(())
    }

    /// The reader goes on by so many batches, if there are.
    fn follow(&mut self, batches: u64) -> Result<(), String> {
        for _ in 0..batches {
            let Some(batch) = self.reader.next_batch().map_err(|e| format!("the reader: {e}"))?
            else {
                return Ok(());
            };
            if self.world.told.get(self.read) != Some(&told(&batch)) {
                return Err(format!("the reader sees another batch {}", self.read));
            }
            self.read += 1;
        }
        Ok(())
    }

    /// As far as the reader is; two are kept, and what is below the older may go.
    fn take_snapshot(&mut self) {
        let snapshots = &mut self.world.snapshots;
        if self.read > snapshots.last().copied().unwrap_or(0) {
            snapshots.push(self.read);
        }
        if snapshots.len() > 2 {
            snapshots.remove(0);
        }
        if let [older, _] = snapshots[..] {
            self.journal.snapshot_taken(self.world.tails[older - 1].next_seq - 1);
        }
    }

    /// Everything that was appended arrives, and the reader reads all of it.
    fn end(mut self) -> Result<Death, String> {
        for _ in 0..100 {
            if !self.carry() {
                return Ok(Death::DiskFailed);
            }
            self.take_committed()?;
        }
        if self.journal.is_busy() || !self.world.untold.is_empty() {
            return Err("what was appended is never committed".into());
        }
        self.follow(u64::MAX)?;
        if self.read < self.world.told.len() {
            return Err("the reader does not see all".into());
        }
        let files = self.disk.list(&data().join("journal"), ".log");
        if let Some(last) = files.as_ref().ok().and_then(|files| files.last()) {
            let last: u64 = last.file_stem().unwrap().to_str().unwrap().parse().unwrap();
            self.world.reused = last + 1 - files.map_or(0, |files| files.len() as u64);
        }
        Ok(Death::Content)
    }
}

/// The process ends; with `power` so does the kernel.
pub fn die(disk: &SimDisk, power: bool) {
    disk.forget_plans();
    if power { disk.crash() } else { disk.kill() }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map_or("", String::as_str)
}

/// Panics of a process whose disk has failed are what is expected of it.
fn quiet_deaths() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let said = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
            if !said.contains("has died") && !said.contains("no room for another segment") {
                loud(panic);
            }
        }));
    });
}

//! A log in memory that misbehaves on purpose: it proves the trait, and drives the simulator.
//!
//! It can be slow, refuse, lose what was not committed, change its leader, and be cut by a crash.
//! Every choice comes from a seed, so a failure plays again exactly.

use crate::command::CommandBuffer;
use crate::log::{
    AppendError, BATCH_ENCODED_MAX, BatchRef, IN_FLIGHT_BYTES_MAX, Log, LogEvent, ScanEnd, Tail,
    scan,
};
use std::collections::VecDeque;

/// How the log misbehaves; chances are in 1000.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Turns that pass before a batch is committed, at most.
    pub delay_turns_max: u64,
    /// `append` says `Full` without reason.
    pub refuse: u64,
    /// A turn in which leadership is lost, with everything not committed, and taken back later.
    pub depose: u64,
}

/// A number from a seed: splitmix64.
#[derive(Clone, Copy, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 for an `end` of 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.roll() % end }
    }

    /// True `chance` times in 1000.
    pub fn hits(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }
}

enum Role {
    Restoring,
    Replaying,
    Leading,
    /// Somebody else leads until this turn.
    Deposed {
        told: bool,
        until: u64,
    },
}

/// The log.
pub struct FakeLog {
    faults: Faults,
    dice: Dice,
    role: Role,
    tail: Tail,
    /// Committed bytes, as they would be on a disk.
    disk: Vec<u8>,
    /// Where the next batch to hand out begins.
    told_at: usize,
    told_bytes: usize,
    /// Appended, not committed: encoded bytes and the turn in which they are.
    in_flight: VecDeque<(Vec<u8>, u64)>,
    turns: u64,
    term: u64,
}

impl FakeLog {
    /// A log over what an earlier life left; empty: genesis.
    pub fn new(disk: Vec<u8>, faults: Faults, seed: u64) -> Self {
        let mut tail = Tail::genesis(1);
        let end = scan(&disk, &mut tail, |_| {});
        assert!(matches!(end, ScanEnd::Whole), "{end:?}");
        Self {
            faults,
            dice: Dice(seed),
            role: Role::Restoring,
            term: tail.term + 1,
            tail,
            disk,
            told_at: 0,
            told_bytes: 0,
            in_flight: VecDeque::new(),
            turns: 0,
        }
    }

    /// What is committed.
    pub fn disk(&self) -> &[u8] {
        &self.disk
    }

    /// Misbehaves no more.
    pub fn calm(&mut self) {
        self.faults = Faults::default();
    }

    /// The process dies. What was in flight survives up to a point that chance chooses, whole
    /// batches only (torn ones are the journal's own tests).
    pub fn crash(mut self) -> Vec<u8> {
        let survive = self.dice.below(self.in_flight.len() as u64 + 1) as usize;
        for (bytes, _) in self.in_flight.iter().take(survive) {
            self.disk.extend_from_slice(bytes);
        }
        self.disk
    }

    fn committed_tail(&self) -> Tail {
        let mut tail = Tail::genesis(1);
        scan(&self.disk, &mut tail, |_| {});
        tail
    }
}

impl Log for FakeLog {
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError> {
        if !matches!(self.role, Role::Leading) {
            return Err(AppendError::NotLeader);
        }
        let waiting: usize = self.in_flight.iter().map(|(bytes, _)| bytes.len()).sum();
        if waiting + commands.bytes().len() > IN_FLIGHT_BYTES_MAX
            || self.dice.hits(self.faults.refuse)
        {
            return Err(AppendError::Full);
        }
        let mut out = vec![0; BATCH_ENCODED_MAX];
        let durable = self.tail.next_seq - 1;
        let bytes = self.tail.encode(commands, self.term, time, durable, &mut out);
        out.truncate(bytes);
        let delay = self.dice.below(self.faults.delay_turns_max + 1);
        self.in_flight.push_back((out, self.turns + delay));
        Ok(())
    }

    fn poll(&mut self) -> LogEvent<'_> {
        if let Role::Restoring = self.role {
            self.role = Role::Replaying;
            return LogEvent::Restore(&[]);
        }
        if let Some(rest) = self.disk.get(self.told_at..)
            && let Ok(batch) = BatchRef::parse(rest)
        {
            self.told_bytes = batch.encoded_bytes();
            return LogEvent::Committed(batch);
        }
        match self.role {
            Role::Replaying => {
                self.role = Role::Leading;
                LogEvent::Leading { term: self.term }
            }
            Role::Deposed { told: false, until } => {
                self.role = Role::Deposed { told: true, until };
                LogEvent::Following
            }
            Role::Deposed { told: true, until } if self.turns >= until => {
                self.term += 2; // Another leader had the one between.
                self.role = Role::Leading;
                LogEvent::Leading { term: self.term }
            }
            _ => LogEvent::Nothing,
        }
    }

    fn release(&mut self) {
        self.told_at += self.told_bytes;
        self.told_bytes = 0;
    }

    fn snapshot_taken(&mut self, _: u64) {}

    fn turn(&mut self, _: u64) -> usize {
        self.turns += 1;
        let mut done = 0;
        while self.in_flight.front().is_some_and(|(_, turn)| *turn <= self.turns) {
            let (bytes, _) = self.in_flight.pop_front().expect("just seen");
            self.disk.extend_from_slice(&bytes);
            done += 1;
        }
        if matches!(self.role, Role::Leading) && self.dice.hits(self.faults.depose) {
            self.in_flight.clear();
            self.tail = self.committed_tail();
            let until = self.turns + 1 + self.dice.below(20);
            self.role = Role::Deposed { told: false, until };
        }
        done
    }
}

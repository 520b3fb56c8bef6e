//! A world over [`FakeLog`]: a log that refuses, loses what was not committed and changes its leader.
//! Its batches are whole and never lost; what a disk does to them is in `real.rs`.

use crate::history::{History, Start};
use crate::world::{Begun, Store, Verdict, limits};
use engine::Engine;
use engine::fake_log::{FakeLog, Faults};
use engine::log::{BatchRef, Tail};
use gateway::history::History as FeedHistory;
use gateway::io::sim_disk::SimDisk;
use gateway::outbox::Outboxes;
use gateway::snapshots::Snapshots;
use gateway::understudy::{Keeping, Source};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

pub struct Fake {
    faults: Faults,
    seed: u64,
    lives: u64,
    /// What the last life has left of the log.
    left: Vec<u8>,
    /// What the understudy may read.
    shown: Rc<RefCell<Vec<u8>>>,
    /// Of the outboxes; it keeps all its promises.
    disk: SimDisk,
}

impl Fake {
    pub fn new(seed: u64, faults: Faults) -> Self {
        let (left, shown) = (Vec::new(), Rc::default());
        Self { faults, seed, lives: 0, left, shown, disk: SimDisk::new(seed) }
    }
}

impl Store for Fake {
    type Log = FakeLog;
    type Source = Shown;

    fn begin(&mut self, _: &History) -> Result<Begun<FakeLog, Shown>, String> {
        self.lives += 1;
        let left = std::mem::take(&mut self.left);
        self.shown = Rc::new(RefCell::new(left.clone()));
        let mut tail = Tail::genesis(1);
        engine::log::scan(&left, &mut tail, |_| {});
        let bytes = Rc::clone(&self.shown);
        let source = Shown { bytes, at: 0, current: Vec::new(), tail: Tail::genesis(1) };
        let data = Path::new("data");
        let snapshots = Snapshots::on(self.disk.clone(), data);
        let settings = gateway::history::Settings::new(1, 1);
        let history = FeedHistory::open(self.disk.clone(), data, settings);
        let mut history = history.map_err(|error| error.to_string())?;
        history.begin_at(1).map_err(|error| error.to_string())?;
        Ok(Begun {
            log: FakeLog::new(left, self.faults, self.seed.wrapping_mul(1000) + self.lives),
            source,
            understudied: Engine::new(limits()),
            outboxes: Outboxes::on(self.disk.clone(), data),
            keeping: Keeping { history, snapshots, every_commands: 0, released: Arc::default() },
            start: Start { from: 0, to: tail.next_seq - 1 },
        })
    }

    fn carry(&mut self, _: &mut FakeLog) -> Result<(), String> {
        Ok(())
    }

    fn show(&mut self, log: &FakeLog) {
        let mut shown = self.shown.borrow_mut();
        let known = shown.len();
        shown.extend_from_slice(&log.disk()[known..]);
    }

    fn is_busy(&self, _: &FakeLog) -> bool {
        false
    }

    fn end(&mut self, log: Option<FakeLog>) {
        self.left = log.expect("it always starts").crash();
        self.disk.kill();
    }

    fn judge(&mut self, _: &str) -> Verdict {
        Verdict::Wrong
    }

    fn snapshot(&self, _: u64) -> Option<Vec<u8>> {
        None
    }

    fn disk(&self) -> SimDisk {
        self.disk.clone()
    }

    fn has_damage(&self) -> bool {
        false
    }

    fn calm(&mut self, log: Option<&mut FakeLog>) {
        self.faults = Faults::default();
        if let Some(log) = log {
            log.calm();
        }
    }
}

/// The committed log as the understudy sees it.
pub struct Shown {
    bytes: Rc<RefCell<Vec<u8>>>,
    at: usize,
    current: Vec<u8>,
    tail: Tail,
}

impl Source for Shown {
    fn next_batch(&mut self) -> std::io::Result<Option<BatchRef<'_>>> {
        let bytes = self.bytes.borrow();
        let Ok(batch) = BatchRef::parse(bytes.get(self.at..).unwrap_or(&[])) else {
            return Ok(None);
        };
        let length = batch.encoded_bytes();
        self.current.clear();
        self.current.extend_from_slice(&bytes[self.at..self.at + length]);
        self.at += length;
        drop(bytes);
        let batch = BatchRef::trusted(&self.current);
        batch.iter().for_each(|batch| self.tail.advance(batch));
        Ok(batch)
    }

    fn tail(&self) -> Tail {
        self.tail
    }
}

//! What a venue writes, in segments so small that they are used again after a few batches.

use engine::log::BatchRef;
use engine::{AppendError, CommandBuffer, Engine, Limits, Log, LogEvent};
use gateway::history::{self, History};
use gateway::io::{Disk, RealDisk};
use gateway::journal::{Durability, Journal, JournalReader, Keeper, Settings};
use gateway::outbox::Outboxes;
use gateway::snapshots::Snapshots;
use gateway::tools::JournalFiles;
use gateway::understudy::{Keeping, OutboxClient, Understudy, outbox_way};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest batch fits.
pub const SEGMENT_BYTES: u64 = 20 * 4096;

pub struct Small {
    journal: Journal,
    keeper: Keeper<RealDisk>,
    understudy: Understudy<JournalReader>,
    released: Arc<AtomicU64>,
    _client: OutboxClient,
}

impl Small {
    /// Under `data`, with a snapshot every so many commands.
    pub fn new(data: &Path, partition: u32, limits: Limits, every_commands: u64) -> Self {
        let settings =
            Settings { partition, durability: Durability::Process, segment_bytes: SEGMENT_BYTES };
        let mut journal = Journal::open(RealDisk, data, settings, None).unwrap();
        let keeper = journal.keeper();
        while !matches!(journal.poll(), LogEvent::Leading { .. }) {}
        let released = Arc::new(AtomicU64::new(0));
        let snapshots = Snapshots::on(RealDisk, data);
        let mut history =
            History::open(RealDisk, data, history::Settings::new(partition, 1)).unwrap();
        history.begin_at(1).unwrap();
        let released_too = Arc::clone(&released);
        let keeping = Keeping { history, snapshots, every_commands, released: released_too };
        let (client, server) = outbox_way(1);
        let (engine, source) = (Engine::new(limits), journal.reader(None));
        let (_, checkpoints) = rtrb::RingBuffer::new(1);
        let outboxes = Outboxes::new(data);
        let understudy = Understudy::new(engine, source, outboxes, keeping, server, checkpoints);
        Self { journal, keeper, understudy, released, _client: client }
    }

    pub fn append(&mut self, commands: &CommandBuffer, time: u64) {
        loop {
            self.keeper.turn().unwrap();
            match self.journal.append(commands, time) {
                Err(AppendError::Full) => {}
                taken => break taken.unwrap(),
            }
        }
        // In `process` there may be none: the kernel has it already.
        if let Some(write) = self.journal.next_write() {
            self.journal.on_written(write.run());
        }
        assert!(matches!(self.journal.poll(), LogEvent::Committed(_)));
        self.journal.release();
        self.understudy.turn().unwrap();
        self.journal.snapshot_taken(self.released.load(Ordering::Acquire));
    }
}

/// The log under `from` once more, under `to`: the same commands in the same batches.
pub fn copy(from: &Path, to: &Path, limits: Limits, every_commands: u64) {
    let mut files = JournalFiles::open(from).unwrap();
    let mut small: Option<Small> = None;
    while let Some((_, batch)) = files.next_batch().unwrap() {
        let partition = batch.header.partition.get();
        let small = small.get_or_insert_with(|| Small::new(to, partition, limits, every_commands));
        small.append(&commands_of(&batch), batch.header.time.get());
    }
}

fn commands_of(batch: &BatchRef<'_>) -> CommandBuffer {
    let mut commands = CommandBuffer::new();
    batch.commands().for_each(|command| assert!(commands.push_slot(command)));
    commands
}

/// Numbers of the segments under `data`.
pub fn segments(data: &Path) -> Vec<u64> {
    let paths = RealDisk.list(&data.join("journal"), ".log").unwrap();
    paths.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().parse().unwrap()).collect()
}

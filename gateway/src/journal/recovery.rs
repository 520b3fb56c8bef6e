//! What a start finds: the end of the log, a torn write behind it, or a reason not to start.
//!
//! The log is read from where it is to begin, batch by batch; what is below is not looked at. Where it
//! ends, everything behind is searched for a batch that proves that more had been acknowledged. If there is
//! none, what lies there was in flight and nobody was told: it is cut by writing over it. With `disk`
//! what was not known durable is written once more, because a kernel that has failed to write, or has not
//! yet written, shows the same bytes as a device that has them.

use super::segments::Layout;
use super::walk::{Found, Walk};
use super::{Durability, OpenError, Settings};
use crate::io::{Access, Blocks, Disk, DiskFile};
use engine::log::{
    BATCH_ALIGN, BATCH_ENCODED_MAX, BATCH_MAGIC, BatchError, BatchRef, RULES_VERSION, Tail,
};
use sbe_schemas::types::BatchHeader;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use zerocopy::FromBytes;

/// What recovery found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovered {
    /// The last sequence of the log.
    pub commands: u64,
    /// Commands above the snapshot: these are replayed.
    pub replayed: u64,
    /// Bytes of a write that was under way when the last process died, now cut.
    pub torn_bytes: u64,
}

/// The end of the log, and what was learnt on the way.
pub(super) struct End {
    pub(super) tail: Tail,
    pub(super) recovered: Recovered,
    /// Files there are.
    pub(super) numbers: Vec<u64>,
    /// Number and first sequence of segments, oldest first.
    pub(super) known: VecDeque<(u64, u64)>,
}

/// A batch that no later batch knows to be durable.
struct Unproven {
    position: u64,
    bytes: usize,
    last_seq: u64,
}

/// Reads the log from `begin` on. Changes nothing unless it is in order.
pub(super) fn recover<D: Disk>(
    disk: &D,
    layout: &Layout,
    settings: &Settings,
    begin: Tail,
) -> Result<End, OpenError> {
    let in_directory = |error| OpenError::io(&layout.directory, error);
    disk.make_dir(&layout.directory).map_err(in_directory)?;
    let numbers = layout.numbers(disk).map_err(in_directory)?;
    check_files(layout, &numbers, begin)?;
    let mut known = VecDeque::with_capacity(1024);
    for number in numbers.iter().filter(|number| layout.start(**number) < begin.position) {
        let path = layout.path(*number);
        let first =
            first_seq(disk, layout, *number).map_err(|error| OpenError::io(&path, error))?;
        known.extend(first.map(|seq| (*number, seq)));
    }
    let mut walk = Walk::new(disk.clone(), layout.clone(), Access::Read, begin);
    let mut unproven = VecDeque::new();
    let why = loop {
        let found = walk.find().map_err(|error| in_segment(layout, walk.tail, error))?;
        let Found::Nothing(why) = found else {
            check_rules(&walk, layout)?;
            note_batch(&walk, layout, &mut known, &mut unproven);
            walk.advance();
            continue;
        };
        break why;
    };
    let tail = walk.tail;
    let torn_bytes = judge(disk, layout, &numbers, begin, tail, why)?;
    if settings.durability == Durability::Disk {
        make_durable(disk, layout, begin, tail, &unproven)?;
    }
    let recovered = Recovered {
        commands: tail.next_seq - 1,
        replayed: tail.next_seq - begin.next_seq,
        torn_bytes,
    };
    Ok(End { tail, recovered, numbers, known })
}

fn in_segment(layout: &Layout, tail: Tail, error: io::Error) -> OpenError {
    OpenError::io(&layout.path(layout.number(tail.position)), error)
}

/// Every segment from `begin` on is there.
pub(crate) fn check_files(layout: &Layout, numbers: &[u64], begin: Tail) -> Result<(), OpenError> {
    let needed = layout.number(begin.position);
    let later: Vec<u64> = numbers.iter().copied().filter(|number| *number >= needed).collect();
    let missing = |number: u64| Err(OpenError::Missing { path: layout.path(number) });
    for (number, expected) in later.iter().zip(needed..) {
        if *number != expected {
            return match expected == needed && numbers.first() == Some(number) {
                true => Err(OpenError::BeginsLater {
                    path: layout.path(*number),
                    needed: layout.path(needed),
                    seq: begin.next_seq,
                }),
                false => missing(expected),
            };
        }
    }
    // A snapshot may end where a segment does, before the next one is made.
    let at_edge =
        layout.offset(begin.position) == 0 && (needed == 0 || numbers.contains(&(needed - 1)));
    if later.is_empty() && !at_edge {
        return missing(needed);
    }
    Ok(())
}

/// The first sequence of a segment that is not read; `None`: it was never written.
fn first_seq<D: Disk>(disk: &D, layout: &Layout, number: u64) -> io::Result<Option<u64>> {
    let mut block = Blocks::zeroed(BATCH_ALIGN);
    let have = disk.open(&layout.path(number), Access::Read)?.read_at(&mut block, 0)?;
    let header = BatchHeader::ref_from_prefix(&block[..have]).ok();
    let at_home = |header: &&BatchHeader| {
        header.magic.get() == BATCH_MAGIC && header.position.get() == layout.start(number) as u32
    };
    Ok(header.map(|(header, _)| header).filter(at_home).map(|header| header.first_seq.get()))
}

/// Commands under newer rules would come to another state here than where they were acknowledged.
fn check_rules<D: Disk>(walk: &Walk<D>, layout: &Layout) -> Result<(), OpenError> {
    let (batch, position) = (walk.batch(), walk.tail.position);
    let (seq, seen) = (batch.header.first_seq.get(), batch.header.rules_version.get());
    if seen <= RULES_VERSION {
        return Ok(());
    }
    let (path, at) = (layout.path(layout.number(position)), layout.offset(position));
    Err(OpenError::Rules { path, at, seq, seen })
}

fn note_batch<D: Disk>(
    walk: &Walk<D>,
    layout: &Layout,
    known: &mut VecDeque<(u64, u64)>,
    unproven: &mut VecDeque<Unproven>,
) {
    let (batch, position) = (walk.batch(), walk.tail.position);
    let number = layout.number(position);
    if known.back().is_none_or(|(last, _)| *last < number) {
        known.push_back((number, batch.header.first_seq.get()));
    }
    let durable_seq = batch.header.durable_seq.get();
    while unproven.front().is_some_and(|before: &Unproven| before.last_seq <= durable_seq) {
        unproven.pop_front();
    }
    let (bytes, last_seq) = (batch.encoded_bytes(), batch.end_seq() - 1);
    unproven.push_back(Unproven { position, bytes, last_seq });
}

/// No batch carries on at `tail`. Returns the bytes that are cut there, or why not to start.
pub(crate) fn judge<D: Disk>(
    disk: &D,
    layout: &Layout,
    numbers: &[u64],
    begin: Tail,
    tail: Tail,
    why: BatchError,
) -> Result<u64, OpenError> {
    let number = layout.number(tail.position);
    let (path, at) = (layout.path(number), layout.offset(tail.position));
    if let BatchError::Version { seen } = why {
        return Err(OpenError::Version { path, seen });
    }
    let io = |error| OpenError::io(&path, error);
    // Past the cache: most of it will be written over soon.
    let mut walk = Walk::new(disk.clone(), layout.clone(), Access::ReadDirect, tail);
    if tail == begin
        && let Ok(batch) = BatchRef::parse(walk.raw().map_err(io)?)
        && batch.header.position.get() == tail.position as u32
        && batch.header.partition.get() != tail.partition
    {
        let seen = batch.header.partition.get();
        return Err(OpenError::Partition { path, seen, expected: tail.partition });
    }
    // Of the last life, or of one that wrote no batch which is left.
    let was_in_flight = |term: u64, first_seq: u64| term >= tail.term && first_seq >= tail.next_seq;
    let mut torn_end = tail.position;
    if let Ok((header, _)) = BatchHeader::ref_from_prefix(walk.raw().map_err(io)?)
        && header.magic.get() == BATCH_MAGIC
        && header.position.get() == tail.position as u32
        && was_in_flight(header.term.get(), header.first_seq.get())
    {
        let bytes =
            (size_of::<BatchHeader>() + header.length.get() as usize).min(BATCH_ENCODED_MAX);
        torn_end += bytes.div_ceil(BATCH_ALIGN) as u64;
    }
    let last = numbers.last().copied().unwrap_or(number);
    let proof = walk.search(last, |batch, position| {
        if was_in_flight(batch.header.term.get(), batch.header.first_seq.get()) {
            torn_end = torn_end.max(position + (batch.encoded_bytes() / BATCH_ALIGN) as u64);
        }
        tail.is_contradicted_by(batch, position)
    });
    if proof.map_err(io)? {
        let after_snapshot = tail == begin && begin.next_seq > 1;
        return Err(OpenError::Rot { path, at, seq: tail.next_seq, after_snapshot });
    }
    Ok((torn_end - tail.position) * BATCH_ALIGN as u64)
}

/// The device has everything up to `tail`, whatever the last process had left to the kernel.
fn make_durable<D: Disk>(
    disk: &D,
    layout: &Layout,
    begin: Tail,
    tail: Tail,
    unproven: &VecDeque<Unproven>,
) -> Result<(), OpenError> {
    if tail == begin {
        return Ok(());
    }
    for number in layout.number(begin.position)..=layout.number(tail.position - 1) {
        let path = layout.path(number);
        let again = |batch: &&Unproven| layout.number(batch.position) == number;
        let batches = unproven.iter().filter(again);
        write_again(disk, layout, &path, batches).map_err(|error| OpenError::io(&path, error))?;
    }
    let synced = disk.sync_dir(&layout.directory);
    synced.map_err(|error| OpenError::io(&layout.directory, error))
}

fn write_again<'a, D: Disk>(
    disk: &D,
    layout: &Layout,
    path: &Path,
    batches: impl Iterator<Item = &'a Unproven>,
) -> io::Result<()> {
    let file = disk.open(path, Access::Write)?;
    let mut buffer = Blocks::zeroed(BATCH_ENCODED_MAX);
    for batch in batches {
        let bytes = &mut buffer[..batch.bytes];
        let offset = layout.offset(batch.position);
        if file.read_at(bytes, offset)? < bytes.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_at(bytes, offset)?;
    }
    file.sync()
}

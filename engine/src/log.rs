//! The log: the trait that a partition sees, and the bytes of a batch.
//!
//! `append` offers a batch, `poll` hands back what is committed. Between the two lie a disk, or
//! later a majority; the partition does not know which. The log gives the sequence numbers. Start,
//! recovery and a change of leader are one path: `Restore`, then what was committed, then `Leading`.
//!
//! ```text
//! batch, starts on 4 KiB:  | BatchHeader 64 | command | command | … | zeros to 4 KiB |
//!                                           ^ length bytes           ^
//! ```
//! Source of the layout: journal.xml and docs/wire/journal.md.

use crate::command::{BATCH_BYTES_MAX, CommandBuffer, Commands};
use sbe_schemas::types::BatchHeader;
use zerocopy::{FromBytes, IntoBytes};

/// Batches start on a multiple of this, as `O_DIRECT` writes must.
pub const BATCH_ALIGN: usize = 4096;
/// `PRGB`.
pub const BATCH_MAGIC: u32 = 0x4247_5250;
/// Version of the batch layout.
pub const BATCH_VERSION: u16 = 2;
/// Version of the rules under which commands are applied.
pub const RULES_VERSION: u16 = 1;
/// Bytes of a header.
pub const HEADER_BYTES: usize = size_of::<BatchHeader>();
/// Longest batch with its padding.
pub const BATCH_ENCODED_MAX: usize = (HEADER_BYTES + BATCH_BYTES_MAX).next_multiple_of(BATCH_ALIGN);
/// At most this much may be appended and not yet committed.
pub const IN_FLIGHT_BYTES_MAX: usize = 2 * BATCH_BYTES_MAX;

const _: () = assert!(HEADER_BYTES == 64);

/// Why a batch was not taken. It has had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// Too much is on its way: keep the batch and offer it again.
    Full,
    /// Somebody else leads: drop the batch, answer nobody, close connections.
    NotLeader,
}

/// What the log has to say.
pub enum LogEvent<'a> {
    /// Nothing now.
    Nothing,
    /// The oldest committed batch that has not been released.
    Committed(BatchRef<'a>),
    /// Begin from this snapshot; empty: from genesis.
    Restore(&'a [u8]),
    /// This process may append, from this term on. Comes only when everything committed before has
    /// been handed out and released.
    Leading {
        /// Rises with every leader.
        term: u64,
    },
    /// Another process leads.
    Following,
}

/// See the file's map.
pub trait Log {
    /// Offers a batch of at least one command; its commands get the next sequences.
    ///
    /// # Errors
    /// See [`AppendError`].
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError>;
    /// What happened. A committed batch comes again until it is released.
    fn poll(&mut self) -> LogEvent<'_>;
    /// The batch of the last `poll` has been applied.
    fn release(&mut self);
    /// A snapshot up to `seq` is safe: what is older may go.
    fn snapshot_taken(&mut self, seq: u64);
    /// Does what is waiting; returns how much was done.
    fn turn(&mut self, now: u64) -> usize;
}

/// A batch whose CRC is right.
#[derive(Clone, Copy)]
pub struct BatchRef<'a> {
    /// Its header.
    pub header: &'a BatchHeader,
    /// Its commands, slot after slot.
    pub bytes: &'a [u8],
}

/// Why bytes are no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// Cut off.
    Short,
    /// Not written as a batch (zeros of a fresh segment, say).
    Magic,
    /// Written by another version.
    Version {
        /// The version found.
        seen: u16,
    },
    /// Damaged.
    Crc,
}

impl<'a> BatchRef<'a> {
    /// Checks magic, version, length and CRC of the batch at the start of `bytes`.
    ///
    /// # Errors
    /// See [`BatchError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let (header, rest) = BatchHeader::ref_from_prefix(bytes).map_err(|_| BatchError::Short)?;
        if header.magic.get() != BATCH_MAGIC {
            return Err(BatchError::Magic);
        }
        if header.version.get() != BATCH_VERSION {
            return Err(BatchError::Version { seen: header.version.get() });
        }
        let length = header.length.get() as usize;
        if length > BATCH_BYTES_MAX {
            return Err(BatchError::Crc);
        }
        let commands = rest.get(..length).ok_or(BatchError::Short)?;
        if crc(header, commands) != header.crc.get() {
            return Err(BatchError::Crc);
        }
        Ok(Self { header, bytes: commands })
    }

    /// A batch that this process wrote or has already checked: the CRC is not looked at again.
    pub fn trusted(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = BatchHeader::ref_from_prefix(bytes).ok()?;
        Some(Self { header, bytes: rest.get(..header.length.get() as usize)? })
    }

    /// Its commands.
    pub fn commands(&self) -> Commands<'a> {
        Commands::new(self.bytes)
    }

    /// Sequence after its last command.
    pub fn end_seq(&self) -> u64 {
        self.header.first_seq.get() + u64::from(self.header.count.get())
    }

    /// Bytes that the batch at the start of `bytes` says it takes; 0: there is no header.
    pub fn encoded_length(bytes: &[u8]) -> usize {
        BatchHeader::ref_from_prefix(bytes).map_or(0, |(header, _)| {
            let length = header.length.get() as usize;
            HEADER_BYTES.saturating_add(length).next_multiple_of(BATCH_ALIGN)
        })
    }

    /// Bytes it takes in the log, padding included.
    pub fn encoded_bytes(&self) -> usize {
        (HEADER_BYTES + self.bytes.len()).next_multiple_of(BATCH_ALIGN)
    }
}

/// Bytes that a batch of `commands` takes in the log, padding included.
pub fn encoded_bytes(commands: &CommandBuffer) -> usize {
    (HEADER_BYTES + commands.bytes().len()).next_multiple_of(BATCH_ALIGN)
}

fn crc(header: &BatchHeader, commands: &[u8]) -> u32 {
    let mut zeroed = *header;
    zeroed.crc.set(0);
    crc32c::crc32c_append(crc32c::crc32c(zeroed.as_bytes()), commands)
}

/// Where a log stands: what the next batch must carry on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Partition of this log.
    pub partition: u32,
    /// Sequence of the next command.
    pub next_seq: u64,
    /// CRC of the last batch.
    pub chain: u32,
    /// Term of the last batch.
    pub term: u64,
    /// Time of the last batch.
    pub time: u64,
    /// Where the next batch begins, in blocks of [`BATCH_ALIGN`] from the beginning of the log.
    /// Every batch says its own place, so what an earlier use of a segment left is told apart from what
    /// belongs there, whatever it is.
    pub position: u64,
}

impl Tail {
    /// Of an empty log.
    pub fn genesis(partition: u32) -> Self {
        Self { partition, next_seq: 1, chain: 0, term: 0, time: 0, position: 0 }
    }

    /// `batch` is the next of this log.
    pub fn continues(&self, batch: &BatchRef<'_>) -> bool {
        batch.header.first_seq.get() == self.next_seq
            && batch.header.chain.get() == self.chain
            && batch.header.partition.get() == self.partition
            && batch.header.position.get() == self.position as u32
    }

    /// `batch`, found at `position`, proves that what should be at this tail had been acknowledged and
    /// is lost: it lies where it was written, and when it was, that sequence was durable. What was
    /// in flight at the end of a life, or is left of an earlier use of the segment, proves nothing.
    pub fn is_contradicted_by(&self, batch: &BatchRef<'_>, position: u64) -> bool {
        batch.header.partition.get() == self.partition
            && batch.header.position.get() == position as u32
            && batch.header.durable_seq.get() >= self.next_seq
    }

    /// Behind `batch`.
    pub fn advance(&mut self, batch: &BatchRef<'_>) {
        self.next_seq = batch.end_seq();
        self.chain = batch.header.crc.get();
        self.term = batch.header.term.get();
        self.time = batch.header.time.get();
        self.position += (batch.encoded_bytes() / BATCH_ALIGN) as u64;
    }

    /// Writes the next batch into `out`, zero-padded to [`BATCH_ALIGN`], and moves behind it.
    /// Returns its bytes. `out` has room for [`BATCH_ENCODED_MAX`].
    pub fn encode(
        &mut self,
        commands: &CommandBuffer,
        term: u64,
        time: u64,
        durable_seq: u64,
        out: &mut [u8],
    ) -> usize {
        assert!(commands.count() > 0 && time >= self.time);
        let mut header = BatchHeader {
            magic: BATCH_MAGIC.into(),
            version: BATCH_VERSION.into(),
            rules_version: RULES_VERSION.into(),
            partition: self.partition.into(),
            count: commands.count().into(),
            term: term.into(),
            first_seq: self.next_seq.into(),
            time: time.into(),
            durable_seq: durable_seq.into(),
            length: (commands.bytes().len() as u32).into(),
            crc: 0.into(),
            chain: self.chain.into(),
            position: (self.position as u32).into(),
        };
        header.crc.set(crc(&header, commands.bytes()));
        let end = HEADER_BYTES + commands.bytes().len();
        let padded = encoded_bytes(commands);
        out[..HEADER_BYTES].copy_from_slice(header.as_bytes());
        out[HEADER_BYTES..end].copy_from_slice(commands.bytes());
        out[end..padded].fill(0);
        self.advance(&BatchRef { header: &header, bytes: commands.bytes() });
        padded
    }
}

/// What a scan over a segment found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanEnd {
    /// Every byte belongs to the log, up to the end of the segment.
    Whole,
    /// The log ends at this offset; behind it is nothing that was ever acknowledged.
    Tail {
        /// Offset in the segment.
        at: usize,
        /// Bytes of a batch that was being written: torn, cut.
        torn: bool,
    },
    /// A batch that had been acknowledged is damaged: do not start.
    Rot {
        /// Offset in the segment.
        at: usize,
        /// The sequence that is lost.
        seq: u64,
    },
    /// Written by a version that this program does not read: do not start.
    Version {
        /// Offset in the segment.
        at: usize,
        /// The version found.
        seen: u16,
    },
}

/// Reads the batches that carry on from `tail`, in order. `segment` begins at the tail's position.
///
/// After the first that does not, looks through the rest: a valid batch at its own place that says a
/// sequence at or behind the bad one was durable proves that the bad one had been acknowledged (one
/// write is in flight at a time), see [`Tail::is_contradicted_by`].
pub fn scan(segment: &[u8], tail: &mut Tail, mut on_batch: impl FnMut(BatchRef<'_>)) -> ScanEnd {
    let mut at = 0;
    let bad = loop {
        let Some(rest) = segment.get(at..).filter(|rest| !rest.is_empty()) else {
            return ScanEnd::Whole;
        };
        match BatchRef::parse(rest) {
            Ok(batch) if tail.continues(&batch) => {
                on_batch(batch);
                tail.advance(&batch);
                at += batch.encoded_bytes();
            }
            Ok(_) => break BatchError::Magic,
            Err(error) => break error,
        }
    };
    if let BatchError::Version { seen } = bad {
        return ScanEnd::Version { at, seen };
    }
    if says_durable(segment, at, tail) {
        return ScanEnd::Rot { at, seq: tail.next_seq };
    }
    ScanEnd::Tail { at, torn: bad != BatchError::Magic }
}

/// A batch behind `at`, where `tail` stands, knows that what should be at `at` was durable.
pub fn says_durable(segment: &[u8], at: usize, tail: &Tail) -> bool {
    let (mut block, mut rest) = (0, segment.get(at..).unwrap_or(&[]));
    while !rest.is_empty() {
        let found = BatchRef::parse(rest).ok();
        if found.is_some_and(|batch| tail.is_contradicted_by(&batch, tail.position + block)) {
            return true;
        }
        let skip = found.map_or(BATCH_ALIGN, |batch| batch.encoded_bytes());
        block += (skip / BATCH_ALIGN) as u64;
        rest = rest.get(skip..).unwrap_or(&[]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;
    use sbe_schemas::journal::Tick;

    fn log(batches: u64) -> Vec<u8> {
        let mut tail = Tail::genesis(1);
        let mut out = vec![0; BATCH_ENCODED_MAX];
        let mut log = Vec::new();
        for n in 0..batches {
            let mut commands = CommandBuffer::new();
            assert!(commands.push(&Tick::ZERO) && commands.push(&Tick::ZERO));
            let durable = tail.next_seq - 1;
            let bytes = tail.encode(&commands, 1, 100 + n, durable, &mut out);
            log.extend_from_slice(&out[..bytes]);
        }
        log
    }

    fn scanned(segment: &[u8]) -> (u64, ScanEnd) {
        let mut tail = Tail::genesis(1);
        let end = scan(segment, &mut tail, |_| {});
        (tail.next_seq - 1, end)
    }

    #[test]
    fn a_whole_log_is_read_to_its_end() {
        assert_eq!(scanned(&log(3)), (6, ScanEnd::Whole));
        let mut spare = log(3);
        spare.resize(spare.len() + 3 * BATCH_ALIGN, 0);
        assert_eq!(scanned(&spare), (6, ScanEnd::Tail { at: 3 * BATCH_ALIGN, torn: false }));
    }

    #[test]
    fn a_torn_last_batch_is_cut() {
        let mut torn = log(3);
        torn[2 * BATCH_ALIGN + 100] ^= 1;
        assert_eq!(scanned(&torn), (4, ScanEnd::Tail { at: 2 * BATCH_ALIGN, torn: true }));
    }

    #[test]
    fn a_damaged_batch_that_was_acknowledged_is_never_cut() {
        let mut rot = log(3);
        rot[BATCH_ALIGN + 100] ^= 1;
        assert_eq!(scanned(&rot), (2, ScanEnd::Rot { at: BATCH_ALIGN, seq: 3 }));
        rot[BATCH_ALIGN..2 * BATCH_ALIGN].fill(0);
        assert_eq!(scanned(&rot), (2, ScanEnd::Rot { at: BATCH_ALIGN, seq: 3 }));
    }

    #[test]
    fn leftovers_of_an_older_life_of_the_segment_are_not_data() {
        let old = log(5);
        let mut segment = log(5);
        // A shorter, newer history over an older one.
        let mut tail = Tail::genesis(1);
        let mut out = vec![0; BATCH_ENCODED_MAX];
        let mut commands = CommandBuffer::new();
        (0..20).for_each(|_| assert!(commands.push(&Tick::ZERO)));
        let bytes = tail.encode(&commands, 2, 500, 0, &mut out);
        segment[..bytes].copy_from_slice(&out[..bytes]);
        segment[bytes..].copy_from_slice(&old[bytes..]);
        let mut from = Tail::genesis(1);
        let end = scan(&segment, &mut from, |_| {});
        assert_eq!((from.next_seq, end), (21, ScanEnd::Tail { at: bytes, torn: false }));
    }

    #[test]
    fn a_leftover_that_knows_more_is_no_proof_at_another_place() {
        // A later piece of the same log, in a segment that had another number then.
        let long = log(9);
        let mut segment = log(3);
        segment.extend_from_slice(&long[7 * BATCH_ALIGN..]);
        assert_eq!(scanned(&segment), (6, ScanEnd::Tail { at: 3 * BATCH_ALIGN, torn: false }));
        // The same batches at their own place prove that those between are lost.
        segment.truncate(3 * BATCH_ALIGN);
        segment.resize(7 * BATCH_ALIGN, 0);
        segment.extend_from_slice(&long[7 * BATCH_ALIGN..]);
        assert_eq!(scanned(&segment), (6, ScanEnd::Rot { at: 3 * BATCH_ALIGN, seq: 7 }));
    }

    #[test]
    fn a_batch_at_another_place_than_its_own_does_not_carry_on() {
        let (bytes, tail) = (log(1), Tail::genesis(1));
        let batch = BatchRef::parse(&bytes).unwrap();
        assert!(tail.continues(&batch));
        assert!(!Tail { position: 1, ..tail }.continues(&batch));
        assert!(Tail { position: 1 << 32, ..tail }.continues(&batch), "places wrap after 16 TiB");
    }

    #[test]
    fn an_unknown_version_is_not_a_torn_tail() {
        let mut newer = log(2);
        newer[BATCH_ALIGN + 4] = 9;
        assert_eq!(scanned(&newer).1, ScanEnd::Version { at: BATCH_ALIGN, seen: 9 });
    }
}

//! Snapshots: the state behind a batch, so that a start need not replay everything before it.
//!
//! `snapshots/<seq>.snap` is a header of 64 bytes (where the log stood) and what `Engine::save` says
//! (docs/wire/snapshot.md). The understudy writes them beside the venue: into `new.tmp`, synced, renamed,
//! the directory synced. Two are kept; the log is needed from the older one on, so that a damaged
//! newest one costs time and nothing else. Cold threads only.

use crate::io::{Access, Disk, DiskFile, RealDisk};
use engine::log::Tail;
use engine::snapshot::{Header, SnapshotError};
use engine::{Engine, Limits};
use std::io;
use std::path::{Path, PathBuf};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `PRSF`.
pub const FILE_MAGIC: u32 = 0x4653_5250;
/// Version of the file's header.
pub const FILE_VERSION: u16 = 1;
/// Snapshots that are kept.
const KEPT: usize = 2;
/// Bytes written in one go.
const CHUNK_BYTES: usize = 1 << 20;
/// Bytes between two syncs: little enough that the journal's writes never wait for long behind them.
const SYNC_BYTES: usize = 4 << 20;

/// What a file begins with.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FileHeader {
    /// [`FILE_MAGIC`].
    pub magic: U32,
    /// [`FILE_VERSION`].
    pub version: U16,
    /// 0.
    pub reserved: U16,
    /// Whose log it is.
    pub partition: U32,
    /// `crc` of the last batch in it.
    pub chain: U32,
    /// Sequence of the first command that is not in it.
    pub next_seq: U64,
    /// Term of the last batch.
    pub term: U64,
    /// Time of the last batch.
    pub time: U64,
    /// Where the log goes on, in blocks of 4 KiB.
    pub position: U64,
    /// Bytes behind this header.
    pub length: U64,
    /// CRC-32C of this header, this field 0.
    pub crc: U32,
    /// 0.
    pub reserved_too: U32,
}

const FILE_HEADER_BYTES: usize = size_of::<FileHeader>();
const _: () = assert!(FILE_HEADER_BYTES == 64);

/// Why a file is no snapshot to begin from.
#[derive(Debug)]
pub enum Unusable {
    /// The file system says no.
    Io(io::Error),
    /// Cut, damaged, or no snapshot at all.
    File(&'static str),
    /// Another partition's.
    Partition {
        /// Found.
        seen: u32,
    },
    /// What is in it will not do.
    Snapshot(SnapshotError),
    /// A session's messages that the snapshot counts on are not in its outbox.
    Outbox {
        /// Which session.
        session: u32,
        /// Which generation of its numbers.
        generation: u32,
        /// The last number that should be there.
        number: u64,
    },
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::File(what) => write!(f, "{what}"),
            Self::Partition { seen } => write!(f, "it is of partition {seen}"),
            Self::Snapshot(error) => write!(f, "{error}"),
            Self::Outbox { session, generation, number } => write!(
                f,
                "sessions/{session}/{generation}.out does not have message {number}, which a resend may ask for"
            ),
        }
    }
}

impl std::error::Error for Unusable {}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SnapshotError> for Unusable {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error)
    }
}

/// A snapshot that can be begun from.
pub struct Usable {
    /// Where it is.
    pub path: PathBuf,
    /// Where the log stood.
    pub tail: Tail,
    /// What `Engine::save` said.
    pub bytes: Vec<u8>,
    /// The state itself.
    pub engine: Engine,
}

/// The snapshots of a partition.
#[derive(Clone)]
pub struct Snapshots<D: Disk = RealDisk> {
    disk: D,
    directory: PathBuf,
}

impl<D: Disk> Snapshots<D> {
    /// Under `data/snapshots` of `disk`.
    pub fn on(disk: D, data: &Path) -> Self {
        Self { disk, directory: data.join("snapshots") }
    }

    /// Their files, the newest first.
    ///
    /// # Errors
    /// As the file system says.
    pub fn list(&self) -> io::Result<Vec<PathBuf>> {
        let mut paths = self.disk.list(&self.directory, ".snap")?;
        paths.reverse();
        Ok(paths)
    }

    /// Writes the state behind the batch where `tail` stands; on the device when it returns, and older
    /// ones are gone. Returns the last sequence that the log is not needed for any more, 0: all of it is.
    ///
    /// # Errors
    /// As the file system says; the snapshots there were are still there.
    pub fn write(&self, tail: Tail, engine: &Engine) -> io::Result<u64> {
        self.disk.make_dir(&self.directory)?;
        let temporary = self.directory.join("new.tmp");
        self.disk.create(&temporary, 0)?;
        let file = self.disk.open(&temporary, Access::Write)?;
        let mut out = Chunks::new(&file);
        engine.save(&mut |bytes| out.put(bytes));
        let length = out.finish()?;
        file.write_at(FileHeader::new(tail, length).as_bytes(), 0)?;
        file.sync()?;
        let seq = tail.next_seq - 1;
        self.disk.rename(&temporary, &self.directory.join(format!("{seq:020}.snap")))?;
        self.disk.sync_dir(&self.directory)?;
        self.forget_old()
    }

    /// Takes away all but the newest. Returns as [`Self::write`] does.
    fn forget_old(&self) -> io::Result<u64> {
        let paths = self.list()?;
        for old in paths.get(KEPT..).unwrap_or(&[]) {
            self.disk.remove(old)?;
        }
        self.disk.sync_dir(&self.directory)?;
        Ok(paths.get(KEPT - 1).and_then(|path| seq_of(path)).unwrap_or(0))
    }

    /// The newest that can be begun from; `None`: there is none, and `unusable` says which were looked at.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn newest(
        &self,
        partition: u32,
        limits: Limits,
        has_messages: impl Fn(&Engine) -> Result<(), Unusable>,
        mut unusable: impl FnMut(&Path, Unusable),
    ) -> io::Result<Option<Usable>> {
        for path in self.list()? {
            let begun = self.read(&path).and_then(|(tail, bytes)| {
                if tail.partition != partition {
                    return Err(Unusable::Partition { seen: tail.partition });
                }
                let engine = restore(limits, &bytes)?;
                has_messages(&engine)?;
                Ok(Usable { path: path.clone(), tail, bytes, engine })
            });
            match begun {
                Ok(usable) => return Ok(Some(usable)),
                Err(why) => unusable(&path, why),
            }
        }
        Ok(None)
    }

    /// Where the log stood and what `Engine::save` said, CRCs looked at.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn read(&self, path: &Path) -> Result<(Tail, Vec<u8>), Unusable> {
        let file = self.disk.open(path, Access::Read)?;
        let mut header = [0; FILE_HEADER_BYTES];
        let have = file.read_at(&mut header, 0)?;
        let header = FileHeader::read(&header[..have])?;
        let length = file.bytes()?.saturating_sub(FILE_HEADER_BYTES as u64);
        if length != header.length.get() {
            return Err(Unusable::File("it is cut, or longer than it says"));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        if file.read_at(&mut bytes, FILE_HEADER_BYTES as u64)? < bytes.len() {
            return Err(Unusable::File("it is cut"));
        }
        let snapshot = engine::snapshot::verify(&bytes)?;
        if snapshot.seq.get() + 1 != header.next_seq.get() {
            return Err(Unusable::File("its header is of another snapshot"));
        }
        Ok((header.tail(), bytes))
    }
}

/// An engine with room for what is in the snapshot and for `limits`.
///
/// # Errors
/// See [`SnapshotError`].
pub fn restore(limits: Limits, bytes: &[u8]) -> Result<Engine, SnapshotError> {
    let sizes = Header::read(bytes)?.limits(limits.hash_seed);
    Engine::restore(limits.covering(&sizes), bytes)
}

impl FileHeader {
    fn new(tail: Tail, length: u64) -> Self {
        let mut header = Self {
            magic: FILE_MAGIC.into(),
            version: FILE_VERSION.into(),
            reserved: 0.into(),
            partition: tail.partition.into(),
            chain: tail.chain.into(),
            next_seq: tail.next_seq.into(),
            term: tail.term.into(),
            time: tail.time.into(),
            position: tail.position.into(),
            length: length.into(),
            crc: 0.into(),
            reserved_too: 0.into(),
        };
        header.crc = header.sum().into();
        header
    }

    fn sum(&self) -> u32 {
        crc32c::crc32c(Self { crc: 0.into(), ..*self }.as_bytes())
    }

    fn read(bytes: &[u8]) -> Result<Self, Unusable> {
        let header = Self::read_from_bytes(bytes).map_err(|_| Unusable::File("it is cut"))?;
        if header.magic.get() != FILE_MAGIC {
            return Err(Unusable::File("it is no snapshot"));
        }
        if header.version.get() != FILE_VERSION {
            return Err(Unusable::File("another version of this program has written it"));
        }
        if header.sum() != header.crc.get() {
            return Err(Unusable::File("its header is damaged"));
        }
        Ok(header)
    }

    fn tail(&self) -> Tail {
        Tail {
            partition: self.partition.get(),
            next_seq: self.next_seq.get(),
            chain: self.chain.get(),
            term: self.term.get(),
            time: self.time.get(),
            position: self.position.get(),
        }
    }
}

/// The sequence in a file's name.
fn seq_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

/// Bytes on their way into a file behind its header, in pieces that suit a disk.
struct Chunks<'a, F> {
    file: &'a F,
    waiting: Vec<u8>,
    written: u64,
    unsynced: usize,
    error: Option<io::Error>,
}

impl<'a, F: DiskFile> Chunks<'a, F> {
    fn new(file: &'a F) -> Self {
        let waiting = Vec::with_capacity(CHUNK_BYTES);
        Self { file, waiting, written: 0, unsynced: 0, error: None }
    }

    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.error.is_none() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = later;
            if self.waiting.len() == CHUNK_BYTES {
                self.error = self.write().err();
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.write_at(&self.waiting, FILE_HEADER_BYTES as u64 + self.written)?;
        self.written += self.waiting.len() as u64;
        self.unsynced += self.waiting.len();
        self.waiting.clear();
        if self.unsynced >= SYNC_BYTES {
            self.unsynced = 0;
            self.file.sync()?;
        }
        Ok(())
    }

    /// Bytes in all.
    fn finish(mut self) -> io::Result<u64> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        self.write()?;
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::sim_disk::{Fault, SimDisk};
    use sbe_schemas::header::Message;
    use sbe_schemas::journal as j;

    fn limits() -> Limits {
        Limits { sessions_max: 2, instruments_max: 2, orders_max: 16, ..Limits::default() }
    }

    /// After `batches` batches of one command.
    fn state(batches: u64) -> (Tail, Engine) {
        let mut engine = Engine::new(limits());
        for seq in 1..=batches {
            engine.begin_batch(seq, 100 * seq);
            let mut commands = engine::CommandBuffer::new();
            assert!(commands.push(&j::Tick::ZERO));
            let mut sink = engine::NoSink::default();
            let applied = engine.apply(seq, commands.bytes(), &mut sink);
            assert_eq!(applied, engine::Step::Done);
            engine.end_batch(1, &mut sink);
        }
        (Tail { next_seq: batches + 1, time: 100 * batches, ..Tail::genesis(7) }, engine)
    }

    fn newest(snapshots: &Snapshots<SimDisk>) -> (Option<u64>, Vec<String>) {
        let mut unusable = Vec::new();
        let found =
            snapshots.newest(7, limits(), |_| Ok(()), |_, why| unusable.push(why.to_string()));
        (found.unwrap().map(|usable| usable.engine.seq()), unusable)
    }

    #[test]
    fn two_are_kept_and_the_log_is_needed_from_the_older_one_on() {
        let snapshots = Snapshots::on(SimDisk::new(1), Path::new("data"));
        let needed = [3, 5, 9].map(|seq| {
            let (tail, engine) = state(seq);
            snapshots.write(tail, &engine).unwrap()
        });
        assert_eq!(needed, [0, 3, 5]);
        assert_eq!(snapshots.list().unwrap().len(), 2);
        assert_eq!(newest(&snapshots), (Some(9), Vec::new()));
    }

    #[test]
    fn a_damaged_newest_one_is_passed_over_and_named() {
        let disk = SimDisk::new(1);
        let snapshots = Snapshots::on(disk.clone(), Path::new("data"));
        for seq in [3, 5] {
            let (tail, engine) = state(seq);
            snapshots.write(tail, &engine).unwrap();
        }
        let path = snapshots.list().unwrap().remove(0);
        let file = disk.open(&path, Access::Write).unwrap();
        for at in [8, 70, 300] {
            let mut byte = [0];
            file.read_at(&mut byte, at).unwrap();
            file.write_at(&[byte[0] ^ 4], at).unwrap();
            let (seq, unusable) = newest(&snapshots);
            assert_eq!((seq, unusable.len()), (Some(3), 1), "byte {at}");
            file.write_at(&byte, at).unwrap();
        }
        assert_eq!(newest(&snapshots), (Some(5), Vec::new()));
        let other = snapshots.newest(8, limits(), |_| Ok(()), |_, _| {}).unwrap();
        assert!(other.is_none(), "another partition's");
    }

    #[test]
    fn whenever_power_fails_there_is_the_new_one_or_the_old_one() {
        let (old, new) = (state(3), state(5));
        for seed in 0..20 {
            for operation in 0.. {
                let disk = SimDisk::new(seed);
                let snapshots = Snapshots::on(disk.clone(), Path::new("data"));
                snapshots.write(old.0, &old.1).unwrap();
                disk.plan(Fault::Crash, disk.operations() + operation);
                let written = snapshots.write(new.0, &new.1).is_ok();
                disk.forget_plans();
                disk.crash();
                let (seq, unusable) = newest(&snapshots);
                assert!(unusable.is_empty(), "seed {seed}, operation {operation}: {unusable:?}");
                assert!(
                    seq == Some(5) || (seq == Some(3) && !written),
                    "{seed} {operation} {seq:?}"
                );
                if written {
                    break;
                }
            }
        }
    }
}

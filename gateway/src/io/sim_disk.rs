//! A disk in memory that keeps no promise it was not made to keep.
//!
//! It holds apart what the device has and what only the kernel has. [`SimDisk::crash`] is the power cut:
//! every write that was not synced is lost, kept or torn at 512 bytes or 4 KiB, in any order; every name
//! that was not synced may be the old one. [`SimDisk::kill`] is `kill -9`: the kernel lives on. Faults are
//! planned by the number of the I/O operation they hit. Same seed, same calls, same disk.
//! `sim_disk/state.rs` has the device; the promises that are tested against it: `disk.rs`.

mod state;

use super::disk::{Access, Disk, DiskFile, DiskWrite, DiskWritten};
use state::State;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// What goes wrong, once, at the first operation it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Any operation: it is begun, perhaps half done, and from then on there is only silence (every
    /// operation fails) until [`SimDisk::crash`] or [`SimDisk::kill`].
    Crash,
    /// A write fails; part of it may be there.
    Write,
    /// A sync, or a write that is to be durable, fails. What it was for may be on the device or not;
    /// the kernel thinks it is, shows it to every reader, and never writes it again.
    Sync,
    /// A write goes to another block of the same file, and says it went well.
    Misdirect,
}

/// A promise that the disk breaks without a word: to plant what a checker must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A sync of a file, or a durable write, that syncs nothing.
    Sync,
    /// A sync of a directory that syncs nothing.
    SyncDir,
}

/// The disk. A handle: clones are the same disk.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<State>>);

impl SimDisk {
    /// An empty disk.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State::new(seed))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that has failed elsewhere shall say why, not that a lock is poisoned.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// `fault` hits the first operation it fits from number `from` on (see [`Self::operations`]).
    pub fn plan(&self, fault: Fault, from: u64) {
        self.state().plans.push((fault, from));
    }

    /// Faults that were planned and have not hit yet are forgotten.
    pub fn forget_plans(&self) {
        self.state().plans.clear();
    }

    /// Operations so far; the next one has this number.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// A [`Fault::Crash`] has hit.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Breaks this promise from now on.
    pub fn lie(&self, lie: Lie) {
        self.state().lies.push(lie);
    }

    /// So many bytes may still be taken; beyond that there is no space left.
    pub fn set_space(&self, bytes: u64) {
        self.state().space = Some(bytes);
    }

    /// Every operation that would change something is refused, as by a disk mounted read-only.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// Flips one bit of what is on the device and in the kernel: rot at rest.
    ///
    /// # Panics
    /// When there is no such file or byte.
    pub fn flip(&self, path: &Path, byte: u64, bit: u8) {
        self.state().flip(path, byte, bit);
    }

    /// The power goes and comes back. Every file that was open is dead.
    pub fn crash(&self) {
        self.state().crash();
    }

    /// The process dies, the kernel does not: nothing that was written is lost, and nothing of it is
    /// more durable than before. Every file that was open is dead.
    pub fn kill(&self) {
        self.state().kill();
    }

    /// The bytes that a reader sees; `None`: there is no such file.
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        self.state().contents(path)
    }

    /// Begins `write` and leaves it under way, as a ring would; [`SimWrite::finish`] ends it.
    pub fn begin(&self, write: DiskWrite<SimFile>) -> SimWrite {
        let begun = write.file.check().and_then(|()| {
            let bytes = &write.buffer[..write.bytes];
            self.state().begin_write(write.file.inode, bytes, write.offset)
        });
        SimWrite { write, begun }
    }
}

/// A durable write under way.
pub struct SimWrite {
    write: DiskWrite<SimFile>,
    begun: io::Result<u64>,
}

impl SimWrite {
    /// It is on the device, or has failed.
    pub fn finish(self) -> DiskWritten {
        let file = &self.write.file;
        let result = self
            .begun
            .and_then(|id| file.check().and_then(|()| file.disk.state().end_write(file.inode, id)));
        DiskWritten { buffer: self.write.buffer, result }
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&self, directory: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
        let mut state = self.state();
        state.operation()?;
        let inside = |path: &&PathBuf| {
            path.parent() == Some(directory) && path.to_string_lossy().ends_with(ending)
        };
        Ok(state.names.keys().filter(inside).cloned().collect())
    }

    fn make_dir(&self, _: &Path) -> io::Result<()> {
        self.state().operation() // Directories are there and durable.
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<SimFile> {
        let mut state = self.state();
        state.operation()?;
        let known = state.names.get(path).copied();
        let inode = match (known, access) {
            (Some(inode), _) => inode,
            (None, Access::WriteOrCreate) => {
                state.changes()?;
                state.link_new(path, 0)
            }
            (None, _) => return Err(io::ErrorKind::NotFound.into()),
        };
        if !matches!(access, Access::Read | Access::Follow | Access::ReadDirect) {
            state.changes()?;
        }
        Ok(SimFile { disk: self.clone(), inode, life: state.life })
    }

    fn create(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let mut state = self.state();
        state.operation()?;
        state.changes()?;
        state.link_new(path, bytes);
        Ok(())
    }

    fn create_written(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.create(path, bytes)?;
        let file = self.open(path, Access::Write)?;
        file.write_at(&vec![0; bytes as usize], 0)?;
        file.sync()
    }

    fn create_cached(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.create(path, bytes) // There is no cache here to be filled.
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let crash = state.operation();
        state.changes()?;
        let done = state.rename(from, to);
        crash.and(done)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let crash = state.operation();
        state.changes()?;
        let done = state.remove(path);
        crash.and(done)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operation()?;
        state.changes()?;
        state.sync_dir(directory);
        Ok(())
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        let mut state = self.state();
        state.operation()?;
        Ok(state.space.unwrap_or(u64::MAX))
    }
}

/// A file of a [`SimDisk`].
#[derive(Clone)]
pub struct SimFile {
    disk: SimDisk,
    inode: usize,
    life: u64,
}

impl SimFile {
    /// Files of a process that has died do nothing.
    fn check(&self) -> io::Result<()> {
        if self.disk.state().life == self.life { Ok(()) } else { Err(state::dead()) }
    }
}

impl DiskFile for SimFile {
    fn bytes(&self) -> io::Result<u64> {
        self.check()?;
        let mut state = self.disk.state();
        state.operation()?;
        Ok(state.inode(self.inode).now.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.check()?;
        let mut state = self.disk.state();
        state.operation()?;
        let now = &state.inode(self.inode).now;
        let from = (offset as usize).min(now.len());
        let have = bytes.len().min(now.len() - from);
        bytes[..have].copy_from_slice(&now[from..from + have]);
        Ok(have)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check()?;
        self.disk.state().write(self.inode, bytes, offset)
    }

    fn write_durable_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check()?;
        let mut state = self.disk.state();
        let id = state.begin_write(self.inode, bytes, offset)?;
        state.end_write(self.inode, id)
    }

    fn sync(&self) -> io::Result<()> {
        self.check()?;
        self.disk.state().sync(self.inode)
    }

    fn is_direct(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::Blocks;
    use super::*;

    const BYTES: usize = 16384;

    fn path() -> PathBuf {
        PathBuf::from("d/file")
    }

    /// A disk with one file of zeros that is wholly durable.
    fn disk(seed: u64) -> (SimDisk, SimFile) {
        let disk = SimDisk::new(seed);
        disk.create_written(&path(), BYTES as u64).unwrap();
        disk.sync_dir(Path::new("d")).unwrap();
        let file = disk.open(&path(), Access::Write).unwrap();
        (disk, file)
    }

    /// What is left after `work` and a power cut, over many seeds.
    fn after_crash(work: impl Fn(&SimDisk, &SimFile)) -> Vec<Vec<u8>> {
        let one = |seed| {
            let (disk, file) = disk(seed);
            work(&disk, &file);
            disk.crash();
            assert!(file.sync().is_err(), "files of a dead process are dead");
            disk.contents(&path()).unwrap()
        };
        (0..200).map(one).collect()
    }

    fn ones(bytes: &[u8]) -> usize {
        bytes.iter().filter(|byte| **byte == 1).count()
    }

    #[test]
    fn what_was_synced_stays_and_what_was_not_is_lost_kept_or_torn() {
        let synced = after_crash(|_, file| {
            file.write_at(&[1; BYTES], 0).unwrap();
            file.sync().unwrap();
        });
        assert!(synced.iter().all(|left| ones(left) == BYTES));
        let durable = after_crash(|_, file| file.write_durable_at(&[1; BYTES], 0).unwrap());
        assert!(durable.iter().all(|left| ones(left) == BYTES));
        let loose = after_crash(|_, file| file.write_at(&[1; BYTES], 0).unwrap());
        assert!(loose.iter().any(|left| ones(left) == 0));
        assert!(loose.iter().any(|left| ones(left) == BYTES));
        let torn = |at: usize| {
            loose.iter().any(|left| {
                let n = ones(left);
                n > 0 && n < BYTES && n.is_multiple_of(at)
            })
        };
        assert!(torn(512) && torn(4096));
        // A later piece without an earlier one.
        assert!(loose.iter().any(|left| left[0] == 0 && ones(left) > 0));
    }

    #[test]
    fn writes_between_two_syncs_arrive_in_any_order() {
        let left = after_crash(|_, file| {
            file.write_at(&[1; 512], 0).unwrap();
            file.write_at(&[2; 512], 0).unwrap();
        });
        for byte in [0, 1, 2] {
            assert!(left.iter().any(|left| left[0] == byte), "{byte}");
        }
    }

    #[test]
    fn a_kill_loses_nothing_and_makes_nothing_durable() {
        let lost = (0..50).filter(|seed| {
            let (disk, file) = disk(*seed);
            file.write_at(&[1; BYTES], 0).unwrap();
            disk.kill();
            assert_eq!(ones(&disk.contents(&path()).unwrap()), BYTES);
            disk.crash();
            ones(&disk.contents(&path()).unwrap()) < BYTES
        });
        assert!(lost.count() > 0);
    }

    #[test]
    fn a_name_that_was_not_synced_may_be_the_old_one() {
        let renamed = |sync: bool| {
            let one = |seed| {
                let (disk, _) = disk(seed);
                disk.rename(&path(), Path::new("d/other")).unwrap();
                if sync {
                    disk.sync_dir(Path::new("d")).unwrap();
                }
                disk.crash();
                let names = disk.list(Path::new("d"), "").unwrap();
                assert_eq!(names.len(), 1, "a rename is one change");
                names[0] == path()
            };
            (0..50).map(one).collect::<Vec<bool>>()
        };
        assert!(renamed(true).iter().all(|old| !old));
        let loose = renamed(false);
        assert!(loose.contains(&true) && loose.contains(&false));
    }

    #[test]
    fn after_a_failed_sync_readers_see_what_the_device_may_not_have() {
        let left = after_crash(|disk, file| {
            disk.plan(Fault::Sync, 0);
            file.write_at(&[1; BYTES], 0).unwrap();
            assert!(file.sync().is_err());
            let mut seen = [0; BYTES];
            file.read_at(&mut seen, 0).unwrap();
            assert_eq!(ones(&seen), BYTES);
            file.sync().unwrap(); // Says yes, and proves nothing.
        });
        assert!(left.iter().any(|left| ones(left) < BYTES));
        assert!(left.iter().any(|left| ones(left) == BYTES));
    }

    #[test]
    fn a_crash_at_an_operation_ends_all_and_every_fault_hits_once() {
        let (disk, file) = disk(1);
        disk.plan(Fault::Write, 0);
        assert!(file.write_at(&[1], 0).is_err());
        file.write_at(&[1], 0).unwrap();
        disk.plan(Fault::Misdirect, 0);
        file.write_at(&[7; 512], 0).unwrap();
        let seen = disk.contents(&path()).unwrap();
        assert!(seen[0] == 1 && seen.contains(&7));
        disk.plan(Fault::Crash, disk.operations() + 1);
        file.sync().unwrap();
        assert!(file.sync().is_err() && disk.is_dead() && file.bytes().is_err());
        disk.crash();
        disk.open(&path(), Access::Read).unwrap();
    }

    #[test]
    fn a_write_under_way_is_seen_and_durable_only_when_it_has_ended() {
        let (disk, file) = disk(1);
        let mut buffer = Blocks::zeroed(4096);
        buffer.fill(1);
        let write = disk.begin(DiskWrite { file, offset: 4096, bytes: 4096, buffer });
        assert_eq!(ones(&disk.contents(&path()).unwrap()), 0);
        assert!(write.finish().result.is_ok());
        disk.crash();
        assert_eq!(ones(&disk.contents(&path()).unwrap()), 4096);
    }

    #[test]
    fn space_and_permission_end() {
        let (disk, file) = disk(1);
        disk.set_space(4096);
        file.write_at(&[1; BYTES], 0).unwrap(); // Written before: takes nothing new.
        let full = |result: io::Result<()>| result.unwrap_err().kind();
        let over = file.write_at(&[1; 8192], BYTES as u64);
        assert_eq!(full(over), io::ErrorKind::StorageFull);
        disk.set_read_only(true);
        assert_eq!(full(file.write_at(&[1], 0)), io::ErrorKind::ReadOnlyFilesystem);
        assert!(disk.open(&path(), Access::Read).is_ok());
        assert!(disk.open(&path(), Access::Write).is_err());
    }

    #[test]
    fn a_lie_is_found_out_by_the_next_power_cut() {
        for lie in [Lie::Sync, Lie::SyncDir] {
            let lost = (0..50).any(|seed| {
                let (disk, file) = disk(seed);
                disk.lie(lie);
                file.write_durable_at(&[1; BYTES], 0).unwrap();
                disk.rename(&path(), Path::new("d/other")).unwrap();
                disk.sync_dir(Path::new("d")).unwrap();
                disk.crash();
                let left = disk.contents(Path::new("d/other"));
                left.is_none_or(|left| ones(&left) < BYTES)
            });
            assert!(lost, "{lie:?}");
        }
    }
}

//! The device behind a `SimDisk`: what is safe, what only the kernel has, and how the two part.

use super::{Fault, Lie};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What a device writes whole.
const SECTOR: usize = 512;
/// What a file takes of the disk's space at a time.
const BLOCK: usize = 4096;

/// One file.
#[derive(Default)]
pub(super) struct Inode {
    /// What readers see.
    pub(super) now: Vec<u8>,
    /// What the device has.
    safe: Vec<u8>,
    /// What is under way to the device, oldest first.
    pending: Vec<Pending>,
    /// Blocks that were ever written: they need no more space.
    taken: Vec<bool>,
}

struct Pending {
    id: u64,
    offset: usize,
    bytes: Vec<u8>,
    /// Readers do not see it yet.
    hidden: bool,
}

/// A change of names that is not synced.
struct NameChange {
    path: PathBuf,
    /// The file that has the name now; `None`: nobody.
    inode: Option<usize>,
    /// The name that it had; it goes with the change, as a rename is one.
    from: Option<PathBuf>,
}

/// See the file's map.
pub(super) struct State {
    random: u64,
    pub(super) life: u64,
    pub(super) operations: u64,
    pub(super) plans: Vec<(Fault, u64)>,
    pub(super) lies: Vec<Lie>,
    pub(super) dead: bool,
    pub(super) space: Option<u64>,
    pub(super) read_only: bool,
    pub(super) names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
    changes: Vec<NameChange>,
    inodes: Vec<Inode>,
    next_id: u64,
}

/// What every operation of a dead process says.
pub(super) fn dead() -> io::Error {
    io::Error::other("the process has died")
}

fn failed() -> io::Error {
    io::Error::other("input/output error (planned)")
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: seed,
            life: 0,
            operations: 0,
            plans: Vec::new(),
            lies: Vec::new(),
            dead: false,
            space: None,
            read_only: false,
            names: BTreeMap::new(),
            safe_names: BTreeMap::new(),
            changes: Vec::new(),
            inodes: Vec::new(),
            next_id: 0,
        }
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        // splitmix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize % end
    }

    pub(super) fn inode(&mut self, inode: usize) -> &mut Inode {
        &mut self.inodes[inode]
    }

    // ----- faults -----

    /// Counts an operation. An error: the process is dead, or dies in this one.
    pub(super) fn operation(&mut self) -> io::Result<()> {
        if self.dead {
            return Err(dead());
        }
        self.operations += 1;
        if self.hits(Fault::Crash) {
            self.dead = true;
            return Err(dead());
        }
        Ok(())
    }

    fn hits(&mut self, fault: Fault) -> bool {
        let number = self.operations - 1;
        let due = self.plans.iter().position(|(f, from)| *f == fault && *from <= number);
        due.map(|at| self.plans.remove(at)).is_some()
    }

    pub(super) fn changes(&self) -> io::Result<()> {
        if self.read_only { Err(io::ErrorKind::ReadOnlyFilesystem.into()) } else { Ok(()) }
    }

    // ----- files -----

    pub(super) fn write(&mut self, inode: usize, bytes: &[u8], offset: u64) -> io::Result<()> {
        let begun = self.start(inode, bytes, offset, false);
        begun.and_then(|_| if self.hits(Fault::Write) { Err(failed()) } else { Ok(()) })
    }

    /// A durable write sets out. Until it ends readers do not see it.
    pub(super) fn begin_write(
        &mut self,
        inode: usize,
        bytes: &[u8],
        offset: u64,
    ) -> io::Result<u64> {
        self.start(inode, bytes, offset, true)
    }

    fn start(&mut self, at: usize, bytes: &[u8], offset: u64, hidden: bool) -> io::Result<u64> {
        let alive = self.operation();
        self.changes()?;
        let mut offset = offset as usize;
        let blocks = self.inodes[at].now.len() / BLOCK;
        if alive.is_ok() && blocks > 1 && self.hits(Fault::Misdirect) {
            offset = (offset + BLOCK * (1 + self.below(blocks - 1))) % (blocks * BLOCK);
        }
        self.take_space(at, offset, bytes.len())?;
        let id = self.next_id;
        self.next_id += 1;
        let inode = &mut self.inodes[at];
        inode.pending.push(Pending { id, offset, bytes: bytes.to_vec(), hidden });
        if !hidden {
            put(&mut inode.now, offset, bytes);
        }
        alive.map(|()| id)
    }

    /// The durable write `id` has ended.
    pub(super) fn end_write(&mut self, at: usize, id: u64) -> io::Result<()> {
        if self.dead {
            return Err(dead());
        }
        let (failed_write, failed_sync) = (self.hits(Fault::Write), self.hits(Fault::Sync));
        let lie = self.lies.contains(&Lie::Sync);
        let place = self.inodes[at].pending.iter().position(|p| p.id == id).expect("it was begun");
        let mut write = self.inodes[at].pending.remove(place);
        if failed_write || failed_sync {
            self.settle(at, &write);
            if failed_sync {
                put(&mut self.inodes[at].now, write.offset, &write.bytes);
            }
            return Err(failed());
        }
        let inode = &mut self.inodes[at];
        put(&mut inode.now, write.offset, &write.bytes);
        if lie {
            write.hidden = false;
            inode.pending.push(write);
        } else {
            put(&mut inode.safe, write.offset, &write.bytes);
        }
        Ok(())
    }

    pub(super) fn sync(&mut self, at: usize) -> io::Result<()> {
        self.operation()?;
        self.changes()?;
        if self.lies.contains(&Lie::Sync) {
            return Ok(());
        }
        if self.hits(Fault::Sync) {
            self.settle_all(at, |write| !write.hidden);
            return Err(failed());
        }
        let inode = &mut self.inodes[at];
        for write in inode.pending.extract_if(.., |write| !write.hidden) {
            put(&mut inode.safe, write.offset, &write.bytes);
        }
        let bytes = inode.now.len();
        inode.safe.resize(bytes, 0);
        Ok(())
    }

    fn take_space(&mut self, at: usize, offset: usize, bytes: usize) -> io::Result<()> {
        let taken = &mut self.inodes[at].taken;
        let end = (offset + bytes).div_ceil(BLOCK);
        taken.resize(taken.len().max(end), false);
        let needed = taken[offset / BLOCK..end].iter().filter(|taken| !**taken).count() * BLOCK;
        if let Some(space) = &mut self.space {
            let left = space.checked_sub(needed as u64);
            *space = left.ok_or(io::ErrorKind::StorageFull)?;
        }
        taken[offset / BLOCK..end].fill(true);
        Ok(())
    }

    pub(super) fn flip(&mut self, path: &Path, byte: u64, bit: u8) {
        let inode = self.names[path];
        let inode = &mut self.inodes[inode];
        inode.now[byte as usize] ^= 1 << bit;
        inode.safe[byte as usize] ^= 1 << bit;
    }

    pub(super) fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        self.names.get(path).map(|inode| self.inodes[*inode].now.clone())
    }

    // ----- names -----

    pub(super) fn link_new(&mut self, path: &Path, bytes: u64) -> usize {
        self.inodes.push(Inode { now: vec![0; bytes as usize], ..Inode::default() });
        let inode = self.inodes.len() - 1;
        self.names.insert(path.to_owned(), inode);
        self.changes.push(NameChange { path: path.to_owned(), inode: Some(inode), from: None });
        inode
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        self.names.insert(to.to_owned(), inode);
        let (path, from) = (to.to_owned(), Some(from.to_owned()));
        self.changes.push(NameChange { path, inode: Some(inode), from });
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.names.remove(path).ok_or(io::ErrorKind::NotFound)?;
        self.changes.push(NameChange { path: path.to_owned(), inode: None, from: None });
        Ok(())
    }

    pub(super) fn sync_dir(&mut self, directory: &Path) {
        if self.lies.contains(&Lie::SyncDir) {
            return;
        }
        let (synced, other): (Vec<_>, Vec<_>) = std::mem::take(&mut self.changes)
            .into_iter()
            .partition(|change| change.path.parent() == Some(directory));
        synced.into_iter().for_each(|change| self.make_safe(change));
        self.changes = other;
    }

    fn make_safe(&mut self, change: NameChange) {
        if let Some(from) = change.from
            && self.safe_names.get(&from) == change.inode.as_ref()
        {
            self.safe_names.remove(&from);
        }
        match change.inode {
            Some(inode) => self.safe_names.insert(change.path, inode),
            None => self.safe_names.remove(&change.path),
        };
    }

    // ----- the end of a life -----

    pub(super) fn kill(&mut self) {
        // A durable write under way may end or not, whole or in part; then it is in nobody's cache.
        for at in 0..self.inodes.len() {
            self.settle_all(at, |write| write.hidden);
        }
        self.dead = false;
        self.life += 1;
    }

    pub(super) fn crash(&mut self) {
        for at in 0..self.inodes.len() {
            self.settle_all(at, |_| true);
            if self.below(2) == 0 {
                let bytes = self.inodes[at].now.len(); // The size made it, its bytes did not.
                self.inodes[at].safe.resize(bytes, 0);
            }
            let safe = self.inodes[at].safe.clone();
            self.inodes[at].now = safe;
        }
        for change in std::mem::take(&mut self.changes) {
            if self.below(2) == 0 {
                self.make_safe(change);
            }
        }
        self.names = self.safe_names.clone();
        for (at, inode) in self.inodes.iter_mut().enumerate() {
            if !self.names.values().any(|named| *named == at) {
                *inode = Inode::default();
            }
        }
        self.dead = false;
        self.life += 1;
    }

    /// What was under way arrives in any order, each write for itself lost, kept or torn.
    fn settle_all(&mut self, at: usize, which: impl Fn(&Pending) -> bool) {
        let pending = self.inodes[at].pending.extract_if(.., |write| which(write));
        let mut pending: Vec<_> = pending.collect();
        while !pending.is_empty() {
            let next = self.below(pending.len());
            let write = pending.swap_remove(next);
            self.settle(at, &write);
        }
    }

    fn settle(&mut self, at: usize, write: &Pending) {
        let tear = match self.below(4) {
            0 => return,
            1 => write.bytes.len().max(1),
            2 => SECTOR,
            _ => BLOCK,
        };
        // A prefix, or any pieces at all; of a write that does not tear, the one there is.
        let whole = tear >= write.bytes.len();
        let prefix = self.below(2) == 0;
        let end = self.below(write.bytes.len() / tear + 1);
        for (n, piece) in write.bytes.chunks(tear).enumerate() {
            let arrives = whole || if prefix { n < end } else { self.below(2) == 0 };
            let inode = &mut self.inodes[at];
            if arrives {
                put(&mut inode.safe, write.offset + n * tear, piece);
            }
            if arrives && write.hidden {
                put(&mut inode.now, write.offset + n * tear, piece);
            }
        }
    }
}

fn put(into: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[offset..end].copy_from_slice(bytes);
}

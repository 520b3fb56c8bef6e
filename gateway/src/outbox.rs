//! Outboxes: every numbered message of a session, kept for resends.
//!
//! `sessions/<id>/<generation>.out` is a row of 256-byte slots, message *n* at slot *n*: the place is
//! the index. Slot 0 stays empty. The bytes are those of the event ring, and a checksum: what a client was
//! told is told again as it was, or not at all. The understudy writes them, from the log. Cold threads only.

use crate::io::{Access, Disk, DiskFile, RealDisk};
use engine::{EVENT_BYTES, Event};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use zerocopy::{FromZeros, IntoBytes};

/// Messages that are written in one go.
const RUN_MAX: usize = 256;
/// Generations of a session's numbers that are kept: the one in use, and the one before.
const GENERATIONS_KEPT: u32 = 2;
/// Files kept open; beyond that all are closed and opened again as needed.
const OPEN_MAX: usize = 256;

/// Which outbox: a session and a generation of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId {
    /// Session, from 1.
    pub session: u32,
    /// Generation, from 1.
    pub generation: u32,
}

/// Messages with consecutive numbers that are not written yet.
struct Run {
    id: OutboxId,
    first: u64,
    bytes: Vec<u8>,
}

/// An event as it stands in an outbox.
pub(crate) fn stored(event: &Event) -> Event {
    let mut slot = *event;
    slot.head.crc.set(0);
    slot.head.crc.set(crc32c::crc32c(slot.as_bytes()));
    slot
}

impl OutboxId {
    /// Takes the checksum off message `number` of this outbox; `false`: that is not what `slot` is.
    fn unseal(self, number: u64, slot: &mut Event) -> bool {
        let head = &slot.head;
        let is_it = (head.session.get(), head.generation.get(), head.number.get())
            == (self.session, self.generation, number);
        let crc = head.crc.get();
        slot.head.crc.set(0);
        is_it && crc32c::crc32c(slot.as_bytes()) == crc
    }
}

/// All outboxes of a partition.
pub struct Outboxes<D: Disk = RealDisk> {
    disk: D,
    directory: PathBuf,
    files: HashMap<OutboxId, D::File>,
    /// Written and not synced.
    dirty: BTreeSet<OutboxId>,
    run: Option<Run>,
    spare: Vec<u8>,
    error: Option<io::Error>,
}

impl Outboxes {
    /// Under `data/sessions` of this host.
    pub fn new(data: &Path) -> Self {
        Self::on(RealDisk, data)
    }
}

impl<D: Disk> Outboxes<D> {
    /// Under `data/sessions` of `disk`.
    pub fn on(disk: D, data: &Path) -> Self {
        Self {
            disk,
            directory: data.join("sessions"),
            files: HashMap::new(),
            dirty: BTreeSet::new(),
            run: None,
            spare: Vec::with_capacity(RUN_MAX * EVENT_BYTES),
            error: None,
        }
    }

    /// Takes a report; written by the next [`Self::flush`] at the latest.
    pub fn put(&mut self, event: &Event) {
        let id =
            OutboxId { session: event.head.session.get(), generation: event.head.generation.get() };
        let number = event.head.number.get();
        let fits = self.run.as_ref().is_some_and(|run| {
            let have = run.bytes.len() / EVENT_BYTES;
            run.id == id && run.first + have as u64 == number && have < RUN_MAX
        });
        if !fits {
            self.write_run();
            let bytes = std::mem::take(&mut self.spare);
            self.run = Some(Run { id, first: number, bytes });
        }
        if let Some(run) = &mut self.run {
            run.bytes.extend_from_slice(stored(event).as_bytes());
        }
    }

    /// Everything that was put is in the kernel.
    ///
    /// # Errors
    /// The first since the last flush; the outboxes are then incomplete and the process must stop.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write_run();
        self.error.take().map_or(Ok(()), Err)
    }

    /// Everything that was put is on the device.
    ///
    /// # Errors
    /// As the kernel says; final.
    pub fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        for id in std::mem::take(&mut self.dirty) {
            self.file(id)?.sync()?;
            self.disk.sync_dir(&self.directory_of(id))?;
        }
        Ok(())
    }

    /// Message `number` is there, and so are those before it.
    ///
    /// # Errors
    /// As the kernel says; a file that is not there is no error.
    pub fn has(&self, id: OutboxId, number: u64) -> io::Result<bool> {
        let path = self.path_of(id);
        let file = match self.disk.open(&path, Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened?,
        };
        let mut last = Event::new_zeroed();
        let have = file.read_at(last.as_mut_bytes(), number * EVENT_BYTES as u64)?;
        Ok(have == EVENT_BYTES && id.unseal(number, &mut last))
    }

    /// Takes away the generation of numbers that ended `GENERATIONS_KEPT` before this one, if it is there.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn forget_old(&mut self, id: OutboxId) -> io::Result<()> {
        let Some(generation) = id.generation.checked_sub(GENERATIONS_KEPT) else { return Ok(()) };
        let old = OutboxId { generation, ..id };
        self.files.remove(&old);
        match self.disk.remove(&self.path_of(old)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads message `number` and those after it into `into`; returns how many there are, less than
    /// asked only when fewer have been written.
    ///
    /// # Errors
    /// As the kernel says, or one of them is not what was written.
    pub fn read(&mut self, id: OutboxId, number: u64, into: &mut [Event]) -> io::Result<usize> {
        self.write_run();
        let file = self.file(id)?;
        let have = file.read_at(into.as_mut_bytes(), number * EVENT_BYTES as u64)?;
        let whole = have / EVENT_BYTES;
        for (number, slot) in (number..).zip(&mut into[..whole]) {
            if !id.unseal(number, slot) {
                let path = self.path_of(id);
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!(
                        "{}: message {number} is damaged. Restore it from a copy; or, if the log begins at \
                         sequence 1, stop, delete the directories sessions and snapshots, and start: \
                         both are made again",
                        path.display()
                    ),
                ));
            }
        }
        Ok(whole)
    }

    fn write_run(&mut self) {
        let Some(mut run) = self.run.take() else { return };
        self.dirty.insert(run.id);
        let result = self
            .file(run.id)
            .and_then(|file| file.write_at(&run.bytes, run.first * EVENT_BYTES as u64));
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
        run.bytes.clear();
        self.spare = run.bytes;
    }

    fn file(&mut self, id: OutboxId) -> io::Result<&D::File> {
        if self.files.len() >= OPEN_MAX && !self.files.contains_key(&id) {
            self.files.clear();
        }
        if !self.files.contains_key(&id) {
            self.disk.make_dir(&self.directory_of(id))?;
            self.files.insert(id, self.disk.open(&self.path_of(id), Access::WriteOrCreate)?);
        }
        Ok(&self.files[&id])
    }

    fn directory_of(&self, id: OutboxId) -> PathBuf {
        self.directory.join(id.session.to_string())
    }

    fn path_of(&self, id: OutboxId) -> PathBuf {
        self.directory_of(id).join(format!("{}.out", id.generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::sim_disk::SimDisk;
    use sbe_schemas::types::EventHead;

    const ID: OutboxId = OutboxId { session: 1, generation: 1 };

    fn message(id: OutboxId, number: u64) -> Event {
        let mut event = Event::new_zeroed();
        event.head = EventHead {
            session: id.session.into(),
            generation: id.generation.into(),
            number: number.into(),
            ..EventHead::ZERO
        };
        event
    }

    /// Three messages of two sessions, and what was done to the file of the first.
    fn after(harm: impl Fn(&SimDisk, &Path)) -> Outboxes<SimDisk> {
        let disk = SimDisk::new(1);
        let mut outboxes = Outboxes::on(disk.clone(), Path::new("data"));
        for id in [ID, OutboxId { session: 2, ..ID }] {
            (1..=3).for_each(|number| outboxes.put(&message(id, number)));
        }
        outboxes.sync().unwrap();
        harm(&disk, &outboxes.path_of(ID));
        outboxes
    }

    fn write(disk: &SimDisk, path: &Path, slot: u64, bytes: &[u8]) {
        let file = disk.open(path, Access::WriteOrCreate).unwrap();
        file.write_at(bytes, slot * EVENT_BYTES as u64).unwrap();
    }

    #[test]
    fn what_was_told_comes_back_as_it_was() {
        let mut outboxes = after(|_, _| {});
        let mut read = [Event::new_zeroed(); 4];
        assert_eq!(outboxes.read(ID, 1, &mut read).unwrap(), 3);
        for (number, event) in (1..).zip(&read[..3]) {
            assert_eq!(event.as_bytes(), message(ID, number).as_bytes());
        }
        assert!(outboxes.has(ID, 3).unwrap());
        assert!(!outboxes.has(ID, 4).unwrap());
    }

    #[test]
    fn what_is_not_what_was_told_is_never_told() {
        let harms: [fn(&SimDisk, &Path); 4] = [
            |disk, path| write(disk, path, 2, &[0xFF]), // A byte rots,
            |disk, path| write(disk, path, 2, stored(&message(ID, 3)).as_bytes()), // another number,
            |disk, path| {
                // another session's,
                let other = OutboxId { session: 2, ..ID };
                write(disk, path, 2, stored(&message(other, 2)).as_bytes());
            },
            |disk, path| write(disk, path, 2, &[0; EVENT_BYTES]), // nothing.
        ];
        for harm in harms {
            let mut outboxes = after(harm);
            let mut read = [Event::new_zeroed(); 3];
            let error = outboxes.read(ID, 1, &mut read).unwrap_err();
            assert!(
                error.to_string().contains("sessions/1/1.out: message 2 is damaged"),
                "{error}"
            );
            assert!(!outboxes.has(ID, 2).unwrap());
            assert_eq!(outboxes.read(ID, 1, &mut read[..1]).unwrap(), 1, "the first is whole");
        }
    }
}

//! The journal's own thread: one write after the other, each on the device when it answers.

use crate::io::{DiskFile, DiskWrite, DiskWritten, Doorbell, thread};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, OnceLock};

/// The way to the thread and back.
pub(super) struct WritingThread<F> {
    work: SyncSender<DiskWrite<F>>,
    done: Receiver<DiskWritten>,
    /// Rung when a write has ended; set once, before the first.
    pub(super) bell: Arc<OnceLock<Doorbell>>,
}

impl<F: DiskFile> WritingThread<F> {
    pub(super) fn start() -> Self {
        // One write is under way at a time, so neither end ever waits for room.
        let (work, waiting) = sync_channel::<DiskWrite<F>>(1);
        let (written, done) = sync_channel(1);
        let bell = Arc::new(OnceLock::<Doorbell>::new());
        let rings = Arc::clone(&bell);
        thread::spawn("journal", move || {
            while let Ok(write) = waiting.recv() {
                if written.send(write.run()).is_err() {
                    return; // The journal is gone.
                }
                if let Some(bell) = rings.get() {
                    bell.ring();
                }
            }
        });
        Self { work, done, bell }
    }

    pub(super) fn write(&self, write: DiskWrite<F>) {
        assert!(self.work.send(write).is_ok(), "journal: its thread is gone");
    }

    pub(super) fn written(&self) -> Option<DiskWritten> {
        match self.done.try_recv() {
            Ok(written) => Some(written),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("journal: its thread is gone"),
        }
    }
}

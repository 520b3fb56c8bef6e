//! A bar on standard error while a tool reads; nothing where that is no terminal.

use super::Place;
use indicatif::{ProgressBar, ProgressStyle};

/// Batches between two looks at the bar.
const EVERY: u64 = 256;

/// See the file's map.
pub(super) struct Progress {
    bar: ProgressBar,
    batches: u64,
}

impl Progress {
    /// Of so many bytes.
    pub(super) fn new(length: u64, what: &'static str) -> Self {
        let bar = ProgressBar::new(length);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {percent:>3} %  {eta} left")
        {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self { bar, batches: 0 }
    }

    /// Another batch has been read.
    pub(super) fn at(&mut self, place: Place) {
        self.batches += 1;
        if self.batches.is_multiple_of(EVERY) {
            self.bar.set_position(place.read);
        }
    }

    /// So many bytes have been read.
    pub(super) fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

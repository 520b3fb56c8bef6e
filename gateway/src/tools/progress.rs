//! A bar on standard error while a tool reads; nothing where that is no terminal.

use super::Place;
use indicatif::{ProgressBar, ProgressStyle};

/// Batches between two looks at the bar.
const EVERY: u64 = 256;

/// See the file's map.
pub(super) struct Progress {
    bar: ProgressBar,
    batches: u64,
    /// Bytes of the segments before the one that is read.
    before: u64,
    segment: usize,
    last: u64,
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
        Self { bar, batches: 0, before: 0, segment: 0, last: 0 }
    }

    /// Another batch has been read.
    pub(super) fn at(&mut self, place: Place) {
        if place.segment != self.segment {
            self.before += self.last;
            self.segment = place.segment;
        }
        self.last = (place.at + place.bytes) as u64;
        self.batches += 1;
        if self.batches.is_multiple_of(EVERY) {
            self.bar.set_position(self.before + self.last);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

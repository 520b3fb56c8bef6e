//! Where names are: a hash table of numbers, one cache line for seven of them.
//!
//! A number is found by a hash of 32 bits and by what its owner says of it; the hash is kept, so a miss
//! rarely looks at an entry. A number that finds its line full goes to the next one and is counted in
//! every line it has passed: taking it out again counts back, so nothing is left behind and no other
//! number ever moves. Sized once, at most four sevenths full, never iterated. Called by `ids.rs`.

use crate::tables::zeroed;
use prefetch_index::prefetch_index;
use zerocopy::FromZeros;

/// Numbers in a line, and one place that is for something else.
const LANES: usize = 8;
const LAST: usize = LANES - 1;
/// Numbers of a line when the table is full.
const FILL: usize = 4;

#[derive(Clone, Copy, FromZeros)]
#[repr(C, align(64))]
struct Line {
    /// The last: numbers that found this line full and went on.
    hashes: [u32; LANES],
    /// Number + 1; 0: free. The last is not used.
    numbers: [u32; LANES],
}

const _: () = assert!(size_of::<Line>() == 64);

impl Line {
    /// Lanes of this hash, a bit each; some may be free.
    #[inline]
    fn of_hash(&self, hash: u32) -> u32 {
        lanes_of(&self.hashes, hash)
    }

    #[inline]
    fn lane_of(&self, number: u32) -> Option<usize> {
        let bits = lanes_of(&self.numbers, number);
        (bits != 0).then_some(bits.trailing_zeros() as usize)
    }

    #[inline]
    fn passed(&mut self) -> &mut u32 {
        &mut self.hashes[LAST]
    }
}

/// All at once: no branch for a lane.
#[inline]
fn lanes_of(lanes: &[u32; LANES], wanted: u32) -> u32 {
    let bits = lanes.iter().enumerate();
    bits.fold(0, |bits, (n, lane)| bits | u32::from(*lane == wanted) << n) & ((1 << LAST) - 1)
}

/// The table.
pub(crate) struct Places {
    /// A power of two.
    lines: Vec<Line>,
}

impl Places {
    /// Room for `numbers_max`; what was never used takes none.
    pub(crate) fn new(numbers_max: usize) -> Self {
        Self { lines: zeroed(lines_for(numbers_max)) }
    }

    /// A table for so many is larger than this one.
    pub(crate) fn is_too_small_for(&self, numbers_max: usize) -> bool {
        lines_for(numbers_max) > self.lines.len()
    }

    /// The number of this hash for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        loop {
            let line = &self.lines[at];
            let mut bits = line.of_hash(hash);
            while bits != 0 {
                let number = line.numbers[bits.trailing_zeros() as usize].checked_sub(1);
                if number.is_some_and(&is_it) {
                    return number;
                }
                bits &= bits - 1;
            }
            if line.hashes[LAST] == 0 {
                return None;
            }
            at = self.after(at);
        }
    }

    /// Another number, which is not there yet. Needs room.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        let mut at = self.home(hash);
        loop {
            let next = self.after(at);
            let line = &mut self.lines[at];
            if let Some(lane) = line.lane_of(0) {
                (line.hashes[lane], line.numbers[lane]) = (hash, number + 1);
                return;
            }
            *line.passed() += 1;
            at = next;
        }
    }

    /// Takes out a number that is there.
    #[inline]
    pub(crate) fn remove(&mut self, hash: u32, number: u32) {
        let mut at = self.home(hash);
        loop {
            let next = self.after(at);
            let line = &mut self.lines[at];
            if let Some(lane) = line.lane_of(number + 1) {
                line.numbers[lane] = 0;
                return;
            }
            let passed = line.passed().checked_sub(1);
            *line.passed() = passed.expect("a number that is there is found");
            at = next;
        }
    }

    /// Fetches where a hash is looked for first.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u32) {
        prefetch_index(&self.lines, self.home(hash));
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        hash as usize & (self.lines.len() - 1)
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.lines.len() - 1)
    }
}

fn lines_for(numbers_max: usize) -> usize {
    numbers_max.max(1).div_ceil(FILL).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_log::Dice;
    use std::collections::BTreeMap;

    /// Few hashes, so that lines overflow all the time.
    #[test]
    fn what_is_there_is_found_and_nothing_else() {
        for seed in 0..50 {
            let mut dice = Dice(seed);
            let mut places = Places::new(64);
            let mut known = BTreeMap::new();
            for _ in 0..2000 {
                let number = dice.below(64) as u32;
                match known.remove(&number) {
                    Some(hash) => places.remove(hash, number),
                    None => {
                        let hash = dice.below(6) as u32;
                        places.insert(hash, number);
                        known.insert(number, hash);
                    }
                }
                for number in 0..64 {
                    for hash in 0..6 {
                        let found = places.find(hash, |n| n == number).is_some();
                        assert_eq!(found, known.get(&number) == Some(&hash), "seed {seed}");
                    }
                }
            }
            known.iter().for_each(|(number, hash)| places.remove(*hash, *number));
            assert!(places.lines.iter().all(|l| l.hashes[LAST] == 0 && l.numbers == [0; LANES]));
        }
    }
}

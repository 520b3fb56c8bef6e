//! A network that loses, delays, repeats and reorders, by a seed. Delivery is by time.

use crate::venue::MS;
use engine::fake_log::Dice;
use marketdata::Line;
use std::collections::BTreeMap;

/// Chances in 1000, for each packet on each line.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) lose: u64,
    pub(crate) repeat: u64,
    /// Comes later than what is sent within the next few milliseconds.
    pub(crate) delay: u64,
    /// Comes so late that it counts as lost.
    pub(crate) delay_long: u64,
}

impl Faults {
    pub(crate) const NONE: Self = Self { lose: 0, repeat: 0, delay: 0, delay_long: 0 };
}

pub(crate) struct Network {
    faults: Faults,
    dice: Dice,
    /// By time and order of sending.
    under_way: BTreeMap<(u64, u64), (Line, Vec<u8>)>,
    sent: u64,
}

impl Network {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self { faults, dice: Dice(seed), under_way: BTreeMap::new(), sent: 0 }
    }

    pub(crate) fn send(&mut self, line: Line, packet: &[u8], now: u64) {
        let Faults { lose, repeat, delay, delay_long } = self.faults;
        let copies = u64::from(!self.dice.hits(lose)) + u64::from(self.dice.hits(repeat));
        for _ in 0..copies {
            let late = match () {
                () if self.dice.hits(delay_long) => 30 * MS + self.dice.below(30 * MS),
                () if self.dice.hits(delay) => self.dice.below(10 * MS),
                () => 0,
            };
            self.sent += 1;
            self.under_way.insert((now + late, self.sent), (line, packet.to_vec()));
        }
    }

    /// The next packet that has arrived by `now`, and when.
    pub(crate) fn receive(&mut self, now: u64) -> Option<(u64, Line, Vec<u8>)> {
        let entry = self.under_way.first_entry()?;
        let (time, _) = *entry.key();
        if time > now {
            return None;
        }
        let (line, packet) = entry.remove();
        Some((time, line, packet))
    }
}

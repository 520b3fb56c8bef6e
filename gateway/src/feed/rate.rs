//! How much a peer may have: a bucket that fills with time, and a bounded table of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

const NS_PER_S: u64 = 1_000_000_000;

/// Fills with `per_s` a second up to `most`; what is taken must be in it.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    per_s: u64,
    most: u64,
    filled: u64,
    at_ns: u64,
}

impl Bucket {
    /// Full at `now`, nanoseconds of any clock that does not step back.
    pub fn full(per_s: u64, most: u64, now: u64) -> Self {
        Self { per_s: per_s.max(1), most, filled: most, at_ns: now }
    }

    /// What is in it.
    pub fn has(&mut self, now: u64) -> u64 {
        let passed = now.saturating_sub(self.at_ns);
        let more = u128::from(passed) * u128::from(self.per_s) / u128::from(NS_PER_S);
        // Only whole units move the clock on: what is too little for one is not lost.
        if more > 0 {
            self.filled = u64::try_from(more)
                .map_or(self.most, |more| self.filled.saturating_add(more).min(self.most));
            self.at_ns = match self.filled == self.most {
                true => now,
                false => self.at_ns + (more * u128::from(NS_PER_S) / u128::from(self.per_s)) as u64,
            };
        }
        self.filled
    }

    /// Takes what is in it, `wanted` at most; returns how much that was.
    pub fn take(&mut self, wanted: u64, now: u64) -> u64 {
        let taken = wanted.min(self.has(now));
        self.filled -= taken;
        taken
    }

    /// Gives back what was taken and not used.
    pub fn give_back(&mut self, unused: u64) {
        self.filled = self.filled.saturating_add(unused).min(self.most);
    }
}

/// A bucket for each address, of which only those that are not full need be known.
#[derive(Debug)]
pub struct Rates {
    per_s: u64,
    most: u64,
    addresses_max: usize,
    buckets: BTreeMap<IpAddr, Bucket>,
}

impl Rates {
    /// Of at most so many addresses at once.
    pub fn new(per_s: u64, most: u64, addresses_max: usize) -> Self {
        Self { per_s, most, addresses_max, buckets: BTreeMap::new() }
    }

    /// The bucket of an address; `None`: too many others are not full.
    pub fn of(&mut self, address: IpAddr, now: u64) -> Option<&mut Bucket> {
        if !self.buckets.contains_key(&address) && self.buckets.len() >= self.addresses_max {
            let most = self.most;
            self.buckets.retain(|_, bucket| bucket.has(now) < most);
            if self.buckets.len() >= self.addresses_max {
                return None;
            }
        }
        let (per_s, most) = (self.per_s, self.most);
        Some(self.buckets.entry(address).or_insert_with(|| Bucket::full(per_s, most, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn over_any_time_no_more_is_taken_than_has_come_and_a_full_bucket() {
        let mut bucket = Bucket::full(1000, 50, 0);
        let mut taken = 0;
        for ms in 0..10_000 {
            taken += bucket.take(7, ms * 300_000); // 0.3 ms apart: 0.3 come each time.
        }
        assert_eq!(taken, 50 + 3 * 1000 - 1);
        assert_eq!(bucket.take(100, u64::MAX), 50);
        bucket.give_back(20);
        assert_eq!(bucket.take(100, u64::MAX), 20);
    }

    #[test]
    fn strangers_find_no_bucket_while_too_many_others_are_in_debt() {
        let mut rates = Rates::new(10, 5, 2);
        let address = |n| IpAddr::V4(Ipv4Addr::new(10, 0, 0, n));
        for n in 1..=2 {
            assert_eq!(rates.of(address(n), 0).unwrap().take(1, 0), 1);
        }
        assert!(rates.of(address(3), 0).is_none());
        assert!(rates.of(address(1), 0).is_some());
        assert!(rates.of(address(3), NS_PER_S).is_some(), "the others are full again");
    }
}

//! What a trade costs: tiers of rates, and the traded notional that decides who is in which.
//!
//! A volume is notional (10^-16) over all instruments; today's counts from the end of the day on.
//! Called by `risk.rs`, which keeps each account's rates at hand, and by `money.rs`, which charges them.

use crate::accounts::DECIMAL_ONE;
use crate::engine::Limits;
use crate::hash::{mix, mix_i128};
use crate::snapshot::{Reader, SnapshotError, Writer};
use sbe_schemas::journal as j;
use sbe_schemas::types::AdminResult;

/// Fees are parts of a million.
pub const PPM: i128 = 1_000_000;
/// Largest fee or rebate: a tenth.
pub const FEE_PPM_MAX: i32 = 100_000;
/// Days that a tier looks back.
const VOLUME_DAYS: usize = 30;
/// Most that counts of a day, so that a sum of days stays far from the end of an `i128`.
const DAY_VOLUME_MAX: i128 = i128::MAX / 64;
const TIERS: usize = 8;

/// Fees in millionths of the notional; below 0 a rebate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of the resting order, and of both in an uncross.
    pub maker_ppm: i32,
    /// Of the arriving order.
    pub taker_ppm: i32,
}

impl Rates {
    pub(crate) fn hash(self, hash: u64) -> u64 {
        mix(hash, u64::from(self.maker_ppm as u32) << 32 | u64::from(self.taker_ppm as u32))
    }
}

/// Millionths of an amount, rounded towards 0.
pub fn ppm_of(amount: i128, ppm: i32) -> i128 {
    let product = amount * i128::from(ppm);
    // A wide division is a call of dozens of cycles; nearly all products are narrow.
    match i64::try_from(product) {
        Ok(narrow) => i128::from(narrow / PPM as i64),
        Err(_) => product / PPM,
    }
}

#[derive(Clone, Copy)]
struct Tier {
    /// 10^-16.
    volume_min: i128,
    rates: Rates,
}

/// Notional that an account has traded, 10^-16.
#[derive(Clone, Copy)]
struct Volume {
    today: i128,
    /// Sum of `days`.
    last_days: i128,
    days: [i128; VOLUME_DAYS],
}

impl Volume {
    const NONE: Self = Self { today: 0, last_days: 0, days: [0; VOLUME_DAYS] };
}

/// All tiers and volumes.
pub struct Fees {
    tiers: [Option<Tier>; TIERS],
    /// Of each account.
    volumes: Vec<Volume>,
    /// Where the day that ends next goes.
    day: usize,
}

impl Fees {
    /// Room for so many accounts, taken now. Nothing costs a fee.
    pub fn new(limits: &Limits) -> Self {
        let mut tiers = [None; TIERS];
        tiers[0] = Some(Tier { volume_min: 0, rates: Rates::default() });
        Self { tiers, volumes: vec![Volume::NONE; limits.accounts_max], day: 0 }
    }

    /// Room for at least so many accounts.
    pub fn resize(&mut self, accounts: usize) {
        self.volumes.resize(accounts.max(self.volumes.len()), Volume::NONE);
    }

    /// One tier of the fees. Who is in it now is another question: [`Fees::rates`].
    pub fn define(&mut self, d: &j::FeesDefine) -> AdminResult {
        let at = d.tier.get() as usize;
        let volume_min = i128::from(d.volume_min.get()) * DECIMAL_ONE;
        let rates = Rates { maker_ppm: d.maker_ppm.get(), taker_ppm: d.taker_ppm.get() };
        let allowed = -FEE_PPM_MAX..=FEE_PPM_MAX;
        if at >= TIERS
            || volume_min < 0
            || (at == 0 && volume_min > 0)
            || !allowed.contains(&rates.maker_ppm)
            || !allowed.contains(&rates.taker_ppm)
        {
            return AdminResult::OutOfRange;
        }
        self.tiers[at] = Some(Tier { volume_min, rates });
        AdminResult::Done
    }

    /// Fees of the highest tier that the last 30 days of an account have reached.
    pub fn rates(&self, account: u32) -> Rates {
        let volume = self.volumes[account as usize].last_days;
        let mut tiers = self.tiers.iter().rev().flatten();
        tiers.find(|tier| tier.volume_min <= volume).expect("tier 0 begins at 0").rates
    }

    /// Counts a trade for today.
    pub fn add_volume(&mut self, account: u32, notional: i128) {
        let today = &mut self.volumes[account as usize].today;
        *today = (*today + notional).min(DAY_VOLUME_MAX);
    }

    /// Today becomes the youngest of the last days, the oldest is forgotten.
    pub fn end_day(&mut self) {
        for volume in &mut self.volumes {
            let oldest = std::mem::replace(&mut volume.days[self.day], volume.today);
            volume.last_days += volume.today - oldest;
            volume.today = 0;
        }
        self.day = (self.day + 1) % VOLUME_DAYS;
    }

    /// Everything into a state hash.
    pub fn hash(&self, accounts: u32, mut hash: u64) -> u64 {
        for (at, tier) in (0..).zip(&self.tiers) {
            let Some(tier) = tier else { continue };
            hash = tier.rates.hash(mix_i128(mix(hash, at), tier.volume_min));
        }
        for volume in &self.volumes[..accounts as usize] {
            hash = mix_i128(hash, volume.today);
            hash = volume.days.iter().fold(hash, |hash, day| mix_i128(hash, *day));
        }
        mix(hash, self.day as u64)
    }
}

impl Rates {
    pub(crate) fn save(self, w: &mut Writer<'_>) {
        let Self { maker_ppm, taker_ppm } = self;
        w.u32(maker_ppm as u32);
        w.u32(taker_ppm as u32);
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self { maker_ppm: r.u32()? as i32, taker_ppm: r.u32()? as i32 })
    }
}

impl Fees {
    pub(crate) fn save(&self, accounts: u32, w: &mut Writer<'_>) {
        let Self { tiers, volumes, day } = self;
        for tier in tiers {
            w.flag(tier.is_some());
            if let Some(Tier { volume_min, rates }) = tier {
                w.i128(*volume_min);
                rates.save(w);
            }
        }
        w.count(*day);
        for Volume { today, last_days: _, days } in &volumes[..accounts as usize] {
            [today].into_iter().chain(days).for_each(|volume| w.i128(*volume));
        }
    }

    /// For so many accounts, for which there is room.
    pub(crate) fn load(&mut self, accounts: u32, r: &mut Reader<'_>) -> Result<(), SnapshotError> {
        for tier in &mut self.tiers {
            *tier = match r.flag()? {
                true => Some(Tier { volume_min: r.i128()?, rates: Rates::load(r)? }),
                false => None,
            };
        }
        r.check(self.tiers[0].is_some_and(|tier| tier.volume_min == 0), "tier 0 begins at 0")?;
        self.day = r.u32()? as usize;
        r.check(self.day < VOLUME_DAYS, "a day that is none")?;
        let mut volume = || {
            let volume = r.i128()?;
            r.check((0..=DAY_VOLUME_MAX).contains(&volume), "more than counts of a day")?;
            Ok(volume)
        };
        for of_account in &mut self.volumes[..accounts as usize] {
            let mut read = Volume { today: volume()?, ..Volume::NONE };
            for day in &mut read.days {
                *day = volume()?;
                read.last_days += *day;
            }
            *of_account = read;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;
    use sbe_schemas::types::Decimal8;

    #[test]
    fn parts_of_a_million_round_towards_zero_however_wide() {
        assert_eq!((ppm_of(1_999_999, 1), ppm_of(1_999_999, -1)), (1, -1));
        let wide = i128::from(i64::MAX) * 10;
        assert_eq!(ppm_of(wide, 100_000), i128::from(i64::MAX));
        assert_eq!(ppm_of(wide + 9, -100_000), -i128::from(i64::MAX));
    }

    #[test]
    fn a_tier_out_of_range_is_refused() {
        let mut fees = Fees::new(&Limits::default());
        let mut tier = |tier: u32, volume_min, maker: i32, taker: i32| {
            fees.define(&j::FeesDefine {
                tier: tier.into(),
                volume_min: Decimal8::new(volume_min),
                maker_ppm: maker.into(),
                taker_ppm: taker.into(),
                ..Message::ZERO
            })
        };
        assert_eq!(tier(7, 1, -100_000, 100_000), AdminResult::Done);
        for refused in [
            tier(8, 1, 0, 0),
            tier(0, 1, 0, 0),
            tier(1, -1, 0, 0),
            tier(1, 1, -100_001, 0),
            tier(1, 1, 0, 100_001),
        ] {
            assert_eq!(refused, AdminResult::OutOfRange);
        }
    }
}

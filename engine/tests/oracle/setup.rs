//! The venue that random commands meet: three instruments, two firms, four accounts, four sessions.
//!
//! One instrument is price-time with balances and refuses prices outside its bands; one is pro-rata;
//! one is price-time and goes into a volatility auction. What a seed may choose it chooses here.

use super::command::Command;
use super::random::Random;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    Allocation, BandAction, Boolean, BooleanCode, CancelOnDisconnect, CommandHead, Decimal8, Phase,
    Protocol, SelfTrade, SelfTradeScope,
};

/// 2026-01-05, 09:00 UTC.
pub(crate) const MORNING: u64 = (20_458 * 24 + 9) * 3600 * 1_000_000_000;
/// Everything happens on this grid, so that a timer due every 100 ms is due at a batch.
pub(crate) const GRID_MS: u64 = 100;
/// Around which all prices are, in ticks.
pub(crate) const AROUND: i64 = 1000;
pub(crate) const PRICE_MAX: i64 = 1500;
pub(crate) const LOTS_MAX: i64 = 200;
/// Tick and lot of each instrument.
pub(crate) const STEPS: [(i64, i64); 3] =
    [(1_000, 100_000_000), (25_000_000, 10_000_000), (1_000_000, 100_000_000)];
/// Name, firm and whether it is funded.
pub(crate) const ACCOUNTS: [(&str, u32, bool); 4] =
    [("MAIN", 1, true), ("HOUSE", 1, false), ("MAIN", 2, false), ("FUND", 2, true)];
/// Account, user and firm of each session.
pub(crate) const SESSIONS: [(&str, u32, u32); 4] =
    [("MAIN", 11, 1), ("HOUSE", 11, 1), ("MAIN", 31, 2), ("FUND", 41, 2)];
pub(crate) const ASSETS: [&str; 2] = ["BASE", "QUOTE"];

/// Every definition, and four logons.
pub(crate) fn setup(random: &mut Random) -> Vec<Command> {
    let mut all = vec![
        Command::TermStarted(j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO }),
        Command::Venue(venue()),
    ];
    all.extend((0..STEPS.len()).map(|at| Command::Instrument(instrument(at, random))));
    all.extend([1, 2].map(|firm| Command::Firm(free_firm(firm))));
    all.extend((0..ACCOUNTS.len()).map(|at| Command::Account(free_account(at))));
    all.extend((0..SESSIONS.len()).map(|at| Command::Session(session(at, random))));
    all.extend((0..3).map(|tier| Command::Fees(tier_of(tier, random))));
    for (at, (.., funded)) in ACCOUNTS.iter().enumerate() {
        if *funded {
            all.push(Command::Transfer(transfer(at, "BASE", 50 * 100_000_000)));
            all.push(Command::Transfer(transfer(at, "QUOTE", 50_000_000)));
        }
    }
    all.extend((4..6).map(|line| Command::Schedule(line_of(line, random))));
    all.push(Command::TermReady(j::TermReady::ZERO));
    all
}

/// The day ends at 17:00.
fn venue() -> j::VenueDefine {
    j::VenueDefine {
        day_end_ns: (17 * 3600 * 1_000_000_000).into(),
        heartbeat_min_s: 1.into(),
        heartbeat_max_s: 3600.into(),
        dead_man_min_ms: 100.into(),
        dead_man_max_ms: 60_000.into(),
        ..j::VenueDefine::ZERO
    }
}

/// The plainest instrument: price-time, no bands, no balances, in continuous trading.
pub(crate) fn plain_instrument(at: usize) -> j::InstrumentDefine {
    let (tick, lot) = STEPS[at];
    j::InstrumentDefine {
        symbol: fill_text(format!("SYM{at}").as_bytes()).unwrap(),
        tick_size: Decimal8::new(tick),
        lot_size: Decimal8::new(lot),
        quantity_max: Decimal8::new(LOTS_MAX * lot),
        price_max: Decimal8::new(PRICE_MAX * tick),
        volatility_auction_ms: 2000.into(),
        phase: Phase::Continuous.into(),
        ..j::InstrumentDefine::ZERO
    }
}

fn instrument(at: usize, random: &mut Random) -> j::InstrumentDefine {
    let (tick, lot) = STEPS[at];
    let one_of = |random: &mut Random, all: &[u32]| random.pick(all).into();
    let mut d = plain_instrument(at);
    // Price × quantity as a mantissa of 10^-8.
    let notional = i128::from(AROUND * tick) * i128::from(LOTS_MAX * lot) / 4 / 100_000_000;
    d.notional_max = Decimal8::new(if random.chance(700) { notional as i64 } else { 0 });
    d.reference_price = Decimal8::new(random.pick(&[AROUND, AROUND, AROUND, 0]) * tick);
    d.collar_bps = one_of(random, &[0, 80, 150]);
    d.protection_bps = one_of(random, &[0, 30, 60]);
    d.indicative_ms = one_of(random, &[0, GRID_MS as u32, GRID_MS as u32]);
    d.phase = random.pick(&[Phase::Continuous, Phase::Closed]).into();
    d.replace_loses_place = boolean(random.chance(150));
    match at {
        0 => {
            d.base = fill_text(b"BASE").unwrap();
            d.quote = fill_text(b"QUOTE").unwrap();
            d.static_band_bps = one_of(random, &[150, 300]);
            d.dynamic_band_bps = one_of(random, &[0, 50, 90]);
            d.band_action = BandAction::Reject.into();
        }
        1 => {
            d.allocation = Allocation::ProRata.into();
            d.top_order_percent = random.pick(&[0, 20, 40, 100]).into();
            d.minimum_lots = one_of(random, &[0, 1, 2, 3]);
            d.static_band_bps = one_of(random, &[0, 500]);
        }
        _ => {
            d.static_band_bps = one_of(random, &[0, 100, 200]);
            d.dynamic_band_bps = one_of(random, &[40, 60, 100]);
            d.band_action = BandAction::Auction.into();
        }
    }
    d
}

/// Without limits.
pub(crate) fn free_firm(firm: u32) -> j::FirmDefine {
    j::FirmDefine { firm: firm.into(), ..j::FirmDefine::ZERO }
}

/// Without limits.
pub(crate) fn free_account(at: usize) -> j::AccountDefine {
    let (name, firm, funded) = ACCOUNTS[at];
    j::AccountDefine {
        account: fill_text(name.as_bytes()).unwrap(),
        firm: firm.into(),
        funded: boolean(funded),
        ..j::AccountDefine::ZERO
    }
}

/// Of no self-trade prevention, but for what a seed chooses.
fn session(at: usize, random: &mut Random) -> j::SessionDefine {
    let mut d = plain_session(at);
    d.grace_ms = random.pick(&[0u32, 0, 500, 3000]).into();
    d.cancel_on_disconnect =
        random.pick(&[CancelOnDisconnect::No, CancelOnDisconnect::Session]).into();
    d.self_trade = random.pick(&SelfTrade::ALL).into();
    d.self_trade_scope = random.pick(&SelfTradeScope::ALL).into();
    d
}

/// Its orders stay after a disconnect, and trade with each other.
pub(crate) fn plain_session(at: usize) -> j::SessionDefine {
    let (account, user, firm) = SESSIONS[at];
    j::SessionDefine {
        comp_id: fill_text(format!("CLIENT{}", at + 1).as_bytes()).unwrap(),
        account: fill_text(account.as_bytes()).unwrap(),
        user: user.into(),
        firm: firm.into(),
        protocol: Protocol::Fix44.into(),
        ..j::SessionDefine::ZERO
    }
}

/// Fees that are rounded, and that fall with the volume; the highest tier may be a rebate.
pub(crate) fn tier_of(tier: u32, random: &mut Random) -> j::FeesDefine {
    j::FeesDefine {
        tier: tier.into(),
        volume_min: Decimal8::new(
            i64::from(tier) * random.pick(&[10, 1_000, 20_000]) * 100_000_000,
        ),
        maker_ppm: (random.between(-90, 300) as i32).into(),
        taker_ppm: (random.between(0, 700) as i32).into(),
        ..j::FeesDefine::ZERO
    }
}

/// Any phase at any second of the day.
pub(crate) fn line_of(line: u32, random: &mut Random) -> j::ScheduleDefine {
    j::ScheduleDefine {
        line: line.into(),
        instrument: random.pick(&[0u32, 1, 2, 3]).into(),
        time_ns: (random.between(0, 86_399) as u64 * 1_000_000_000).into(),
        phase: random.pick(&Phase::ALL).into(),
        active: boolean(true),
        ..j::ScheduleDefine::ZERO
    }
}

pub(crate) fn transfer(account: usize, asset: &str, amount: i64) -> j::Transfer {
    let (name, firm, _) = ACCOUNTS[account];
    j::Transfer {
        account: fill_text(name.as_bytes()).unwrap(),
        firm: firm.into(),
        asset: fill_text(asset.as_bytes()).unwrap(),
        amount: Decimal8::new(amount),
        ..j::Transfer::ZERO
    }
}

/// Of session `at` (number minus 1) on its connection of this generation.
pub(crate) fn head(at: usize, generation: u32, number: u64) -> CommandHead {
    CommandHead {
        session: (at as u32 + 1).into(),
        gateway: 1.into(),
        slot: (at as u16).into(),
        conn_generation: generation.into(),
        msg_seq_num: number.into(),
        ..CommandHead::ZERO
    }
}

pub(crate) fn boolean(value: bool) -> BooleanCode {
    if value { Boolean::True.into() } else { Boolean::False.into() }
}

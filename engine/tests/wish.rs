//! The wished exchange against the state: differences become commands, impossible ones are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test")]

use engine::fake_log::{FakeLog, Faults};
use engine::partition::WishError;
use engine::{CommandBuffer, Event, Inputs, Limits, Partition, Wish};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::Decimal8;

const ONE: i64 = 100_000_000;

struct Nobody;

impl Inputs for Nobody {
    fn take(&mut self, _: &mut CommandBuffer) -> usize {
        0
    }
}

fn instrument(symbol: &str, tick: i64, quantity_max: i64) -> j::InstrumentDefine {
    j::InstrumentDefine {
        symbol: fill_text(symbol.as_bytes()).unwrap(),
        tick_size: Decimal8::new(tick),
        lot_size: Decimal8::new(ONE),
        quantity_max: Decimal8::new(quantity_max),
        ..j::InstrumentDefine::ZERO
    }
}

fn session(comp_id: &str, user: u32) -> j::SessionDefine {
    let comp_id = fill_text(comp_id.as_bytes()).unwrap();
    j::SessionDefine { comp_id, user: user.into(), ..j::SessionDefine::ZERO }
}

fn wish(instruments: &[j::InstrumentDefine], sessions: &[j::SessionDefine]) -> Wish {
    let venue = j::VenueDefine::ZERO;
    Wish {
        venue,
        instruments: instruments.to_vec(),
        sessions: sessions.to_vec(),
        ..Wish::default()
    }
}

/// One start over `disk`; what is left on it, or why the wish was refused.
fn start(disk: Vec<u8>, wish: Wish) -> Result<(Vec<u8>, usize, Vec<u32>), WishError> {
    let limits = Limits { sessions_max: 2, instruments_max: 2, orders_max: 8, ..Limits::default() };
    let mut partition = Partition::new(limits, FakeLog::new(disk, Faults::default(), 1), wish);
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..10 {
        partition.turn(1, &mut Nobody, &mut events);
        if let Some(refused) = partition.refused() {
            return Err(refused.clone());
        }
    }
    let users = partition.engine().sessions().iter().map(|s| s.user).collect();
    let instruments = partition.engine().instruments().len();
    Ok((partition.into_log().crash(), instruments, users))
}

#[test]
fn new_instruments_and_sessions_are_defined_and_known_ones_stay() {
    let acme = instrument("ACME", ONE, 10 * ONE);
    let first = wish(&[acme], &[session("A", 1)]);
    let (disk, instruments, users) = start(Vec::new(), first).unwrap();
    assert_eq!((instruments, users), (1, vec![1]));
    let second = wish(&[acme, instrument("B", ONE, ONE)], &[session("C", 3), session("A", 2)]);
    let (disk, instruments, users) = start(disk, second).unwrap();
    assert_eq!((instruments, users), (2, vec![2, 3]), "numbers stay, policies change");
    // What is not wished any more is not taken away: orders may rest there.
    let (_, instruments, users) = start(disk, wish(&[], &[])).unwrap();
    assert_eq!((instruments, users), (2, vec![2, 3]));
}

#[test]
fn a_wish_that_a_living_state_cannot_take_is_refused_with_its_reason() {
    let acme = instrument("ACME", ONE, 10 * ONE);
    let (disk, ..) = start(Vec::new(), wish(&[acme], &[session("A", 1)])).unwrap();
    let refused = |instruments: &[_], sessions: &[_]| {
        start(disk.clone(), wish(instruments, sessions)).expect_err("refused")
    };
    let symbol = || "ACME".to_owned();
    let other_tick = instrument("ACME", 2 * ONE, 10 * ONE);
    assert_eq!(refused(&[other_tick], &[]), WishError::InstrumentChanged { symbol: symbol() });
    let endless =
        j::InstrumentDefine { lot_size: Decimal8::new(1), ..instrument("ACME", 1, i64::MAX) };
    assert_eq!(refused(&[endless], &[]), WishError::QuantityTooLarge { symbol: symbol() });
    let three = ["B", "C"].map(|symbol| instrument(symbol, ONE, ONE));
    assert_eq!(refused(&three, &[]), WishError::TooManyInstruments { max: 2 });
    let three = ["B", "C"].map(|comp_id| session(comp_id, 1));
    assert_eq!(refused(&[], &three), WishError::TooManySessions { max: 2 });
}

//! A state, its bytes, and the state of those bytes are one and the same.
//!
//! Random commands of the oracle's generator, and a script of what only sessions know: an engine is saved
//! again and again, each snapshot is restored by another process (another seed, more memory), and all of
//! them go on with the same commands to the end, saying the same. Then the bytes are damaged.
//!
//! A field that `save` forgets is noticed three ways. `save` takes every `self` apart without `..`, so a
//! new field does not compile until somebody has decided. What the state hash has is compared with the
//! header's at once. What it has not (`received`, an outcome's average price, shares of pro-rata …)
//! changes an event later, which is why the restored engines go on; and the bytes of a restored engine
//! are compared with those it came from, so nothing can be written and not be read.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[allow(dead_code, reason = "the generator is all that is needed of it")]
mod oracle;

use common::commands::{
    cancel, conn, disconnected, due, head, logon, name, order, replace, slot_of,
};
use engine::snapshot::{Header, SnapshotError, verify};
use engine::{Engine, Event, Limits, NoSink, Step};
use oracle::Oracle;
use oracle::commands::Generator;
use oracle::random::Random;
use oracle::setup::MORNING;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CommandFlags, CommandHead, Decimal8, Decimal8Null, DueWhat, InstrumentSet, OrderTerms,
    PartyRoles, Protocol, Side,
};
use zerocopy::IntoBytes;

/// Finished names that a session keeps: few, so that names are forgotten and used again.
const KEPT: u32 = 64;
const COMMANDS_PER_SEED: u64 = 3000;

fn limits() -> Limits {
    Limits {
        sessions_max: 6,
        instruments_max: 4,
        orders_max: 2000,
        pages_max: 500,
        accounts_max: 6,
        assets_max: 3,
        finished_kept: KEPT,
        parked_max: 20,
        hash_seed: 1,
    }
}

/// More of everything.
fn ample() -> Limits {
    Limits {
        sessions_max: 9,
        instruments_max: 7,
        orders_max: 5000,
        pages_max: 900,
        accounts_max: 50,
        assets_max: 8,
        finished_kept: 100,
        parked_max: 70,
        hash_seed: 99,
    }
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut |piece| bytes.extend_from_slice(piece));
    bytes
}

fn hashes(engine: &Engine) -> (u64, u64) {
    (engine.event_hash(), engine.state_hash())
}

/// One batch of one command.
fn apply(engine: &mut Engine, time: u64, slot: &[u8]) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let seq = engine.seq() + 1;
    engine.begin_batch(seq, time);
    assert_eq!(engine.step(&mut events), Step::Done);
    assert_eq!(engine.apply(seq, slot, &mut events), Step::Done);
    engine.end_batch(1, &mut events);
    events
}

/// The commands of a seed: when, and what.
fn random_commands(seed: u64, count: u64) -> Vec<(u64, Vec<u8>)> {
    let (mut generator, definitions) = Generator::new(seed);
    let mut oracle = Oracle::new(KEPT as usize);
    let mut commands = Vec::new();
    for command in definitions {
        oracle.apply(MORNING, &command);
        commands.push((MORNING, command.slot()));
    }
    for _ in 0..count {
        let (time, command) = generator.next(&oracle);
        oracle.apply(time, &command);
        commands.push((time, command.slot()));
    }
    commands
}

/// Plays `commands` on one engine and on every engine restored from it after so many commands each.
fn play(commands: &[(u64, Vec<u8>)], every: usize, what: &str) -> Engine {
    let mut live = Engine::new(limits());
    let mut restored: Vec<Engine> = Vec::new();
    for (at, (time, slot)) in commands.iter().enumerate() {
        if at % every == 0 {
            let bytes = saved(&live);
            let seed = Limits { hash_seed: at as u64, ..limits() };
            let given = if restored.len().is_multiple_of(2) { ample() } else { seed };
            let again = Engine::restore(given, &bytes);
            let again = again.unwrap_or_else(|error| panic!("{what}, command {at}: {error}"));
            assert_eq!(hashes(&again), hashes(&live), "{what}, command {at}");
            assert!(saved(&again) == bytes, "{what}, command {at}: other bytes");
            let header = verify(&bytes).unwrap();
            assert_eq!((header.seq.get(), header.time.get()), (live.seq(), live.now()));
            assert_eq!((again.next_due(), again.feed_seq()), (live.next_due(), live.feed_seq()));
            restored.push(again);
        }
        let events = apply(&mut live, *time, slot);
        let hashes = hashes(&live);
        for (nth, engine) in restored.iter_mut().enumerate() {
            let told = apply(engine, *time, slot);
            let same = told.as_bytes() == events.as_bytes();
            assert!(same, "{what}, command {at}: the one saved {nth}th says something else");
            assert_eq!((engine.event_hash(), engine.state_hash()), hashes, "{what}, command {at}");
        }
    }
    let bytes = saved(&live);
    assert!(restored.iter().all(|engine| saved(engine) == bytes), "{what}: other bytes");
    live
}

#[test]
fn what_is_restored_goes_on_as_what_was_saved() {
    for seed in 1..=16 {
        let commands = random_commands(seed, COMMANDS_PER_SEED);
        play(&commands, 700 + seed as usize, &format!("seed {seed}"));
    }
}

#[test]
fn bytes_are_those_of_the_state_whoever_has_it() {
    for seed in 101..105 {
        // Sizes of the log: the same for both, whatever memory was taken at start.
        let sizes = j::VenueDefine {
            heartbeat_min_s: 1.into(),
            heartbeat_max_s: 3600.into(),
            sessions_max: 6.into(),
            instruments_max: 4.into(),
            orders_max: 2000.into(),
            pages_max: 500.into(),
            accounts_max: 6.into(),
            assets_max: 3.into(),
            ..j::VenueDefine::ZERO
        };
        let (mut small, mut large) = (Engine::new(limits()), Engine::new(limits_of_log()));
        for (at, (time, slot)) in random_commands(seed, 2000).iter().enumerate() {
            if at == 2 {
                apply(&mut small, *time, &slot_of(&sizes));
                apply(&mut large, *time, &slot_of(&sizes));
            }
            apply(&mut small, *time, slot);
            apply(&mut large, *time, slot);
            if at % 100 == 99 {
                assert_eq!(small.state_hash(), large.state_hash(), "seed {seed}, command {at}");
                assert!(saved(&small) == saved(&large), "seed {seed}, command {at}");
            }
        }
    }
}

/// As [`limits`], with more memory for what the log has a say in, and another seed.
fn limits_of_log() -> Limits {
    Limits { finished_kept: KEPT, parked_max: 20, ..ample() }
}

/// What the account of session 1 begins with: it counts once.
fn deposit() -> j::Transfer {
    j::Transfer {
        firm: (1 << 31 | 1).into(),
        account: *b"ACCOUNT1\0\0\0\0\0\0\0\0",
        asset: *b"EUR\0\0\0\0\0",
        amount: Decimal8::new(7),
        initial: Boolean::True.into(),
        ..j::Transfer::ZERO
    }
}

/// Session 1 has every trouble there is, session 2 trades with it.
fn session_commands() -> Vec<(u64, Vec<u8>)> {
    let mut slots: Vec<Vec<u8>> = Vec::new();
    slots.push(slot_of(&j::TermStarted { term: 7.into(), ..j::TermStarted::ZERO }));
    slots.push(slot_of(&common::venue()));
    let mut instruments = common::instruments();
    (instruments[0].base, instruments[0].quote) = (*b"ACME\0\0\0\0", *b"EUR\0\0\0\0\0");
    slots.extend(instruments.iter().map(slot_of));
    slots.extend((1..3).map(|n| slot_of(&common::session(n, n != 2, 1500 * n))));
    let sbe = Protocol::Sbe.into();
    slots.push(slot_of(&j::SessionDefine { protocol: sbe, ..common::session(3, false, 0) }));
    slots.push(slot_of(&deposit()));
    let permissions = j::PermissionsDefine {
        comp_id: common::session(2, false, 0).comp_id,
        instruments: InstrumentSet { word0: 1.into(), ..InstrumentSet::ZERO },
        forbidden: OrderTerms::MARKET,
        ..j::PermissionsDefine::ZERO
    };
    slots.push(slot_of(&permissions));
    let hours = j::SessionDefine { hours: 1.into(), ..common::session(1, true, 1500) };
    slots.push(slot_of(&hours));
    for (opens, closes) in [(0, 100_000), (100_000, 200_000)] {
        slots.push(slot_of(&j::SessionWindow {
            hours: 1.into(),
            opens: (MORNING + opens * common::NS_PER_S).into(),
            closes: (MORNING + closes * common::NS_PER_S).into(),
            numbers_from: MORNING.into(),
            ..j::SessionWindow::ZERO
        }));
    }
    slots.push(slot_of(&j::TermReady::ZERO));
    let me = |number| head(1, conn(1, 1), number);
    let other = |number| head(2, conn(2, 1), number);
    let again = |number| CommandHead { flags: CommandFlags::POSS_RESEND, ..me(number) };
    let status = |head, of: &str| j::OrderStatusRequest {
        head,
        cl_ord_id: name(of),
        instrument: 1.into(),
        side: Side::Buy.into(),
        ..j::OrderStatusRequest::ZERO
    };
    let cod = Boolean::True.into();
    let dead_man_ms = 50_000.into();
    slots.push(slot_of(&j::Logon { cancel_on_disconnect: cod, dead_man_ms, ..logon(me(1), 30) }));
    slots.push(slot_of(&logon(other(1), 40)));
    slots.push(slot_of(&order(me(2), "a", Side::Buy, "10", "100.01")));
    slots.push(slot_of(&order(other(2), "x", Side::Sell, "3", "100")));
    slots.push(slot_of(&order(other(3), "y", Side::Sell, "7", "99")));
    slots.push(slot_of(&order(me(3), "b", Side::Buy, "30", "99.5")));
    slots.push(slot_of(&replace(me(4), "c", "b", Side::Buy, "20", "99.5")));
    let iceberg = j::NewOrder {
        capacity: b'A',
        parties: PartyRoles::CUSTOMER_ACCOUNT,
        display_qty: Decimal8Null::new(Some(200_000_000)),
        ..order(me(5), "ice", Side::Buy, "9", "99")
    };
    slots.push(slot_of(&iceberg));
    // 6 is missing: what follows waits, is asked for once, and some of it finds no place.
    for n in 7..30u64 {
        let price = format!("{}", 50 + n);
        slots.push(slot_of(&order(me(n), &format!("w{n}"), Side::Buy, "1", &price)));
    }
    slots.push(slot_of(&j::TestRequest { head: me(30), test_req_id: [b'T'; 64] }));
    let ask = j::ResendRequest { head: me(31), begin_seq_no: 1.into(), ..j::ResendRequest::ZERO };
    slots.push(slot_of(&ask));
    slots.push(slot_of(&due(me(0), DueWhat::Heartbeat)));
    slots.push(slot_of(&due(me(0), DueWhat::Silence)));
    slots.push(slot_of(&j::Heartbeat { head: other(4) }));
    slots.push(slot_of(&j::SequenceReset {
        head: me(6),
        new_seq_no: 9.into(),
        gap_fill: Boolean::True.into(),
    }));
    // What finished, what was replaced, what was cancelled.
    for (n, of) in (32u64..).zip(["a", "b", "c", "ice", "w8", "nobody"]) {
        slots.push(slot_of(&status(me(n), of)));
    }
    for n in 27..32u64 {
        slots.push(slot_of(&j::Heartbeat { head: me(n) }));
    }
    for (n, of) in (38u64..).zip(["a", "b", "c", "ice", "w8", "w24"]) {
        slots.push(slot_of(&status(me(n), of)));
    }
    slots.push(slot_of(&cancel(me(44), "d", "c", Side::Buy)));
    slots.push(slot_of(&order(again(45), "a", Side::Buy, "10", "100.01")));
    slots.push(slot_of(&order(again(46), "b", Side::Buy, "30", "99.5")));
    slots.push(slot_of(&due(other(0), DueWhat::Silence)));
    slots.push(slot_of(&disconnected(me(0))));
    slots.push(slot_of(&j::LogoutAll::ZERO));
    slots.push(slot_of(&j::Tick::ZERO));
    slots.push(slot_of(&due(other(0), DueWhat::Heartbeat)));
    slots.push(slot_of(&j::Logon { reset_seq_num: cod, ..logon(head(1, conn(3, 1), 1), 30) }));
    slots.push(slot_of(&order(head(1, conn(3, 1), 2), "z", Side::Buy, "1", "90")));
    slots.push(slot_of(&deposit()));
    slots.push(slot_of(&j::TermStarted { term: 8.into(), ..j::TermStarted::ZERO }));
    slots.push(slot_of(&j::Tick::ZERO));
    // Long enough for a silence of two commands to be one.
    let time = |at: u64| MORNING + at * 20 * common::NS_PER_S;
    (0..).map(time).zip(slots).collect()
}

/// After every command, because every one of them leaves a session in another state.
#[test]
fn sessions_are_restored_in_the_middle_of_everything() {
    let commands = session_commands();
    let end = play(&commands, 1, "sessions");
    let d = deposit();
    assert!(end.risk().is_endowed(d.firm.get(), &d.account, &d.asset), "the deposit counted");
    // The script is about what it says: these were told at least once.
    let mut live = Engine::new(limits());
    let told: Vec<Event> = commands.iter().flat_map(|(t, c)| apply(&mut live, *t, c)).collect();
    for (schema, template) in [
        (j::SCHEMA_ID, j::ResendRequestSent::TEMPLATE_ID),
        (j::SCHEMA_ID, j::TestRequestSent::TEMPLATE_ID),
        (j::SCHEMA_ID, j::Resend::TEMPLATE_ID),
        (j::SCHEMA_ID, j::LogoutSent::TEMPLATE_ID),
        (oe::SCHEMA_ID, oe::ExecutionReportStatus::TEMPLATE_ID),
        (oe::SCHEMA_ID, oe::ExecutionReportReplaced::TEMPLATE_ID),
        (oe::SCHEMA_ID, oe::ExecutionReportTrade::TEMPLATE_ID),
        (oe::SCHEMA_ID, oe::ExecutionReportCanceled::TEMPLATE_ID),
    ] {
        let came = told.iter().any(|event| event.template() == (schema, template));
        assert!(came, "schema {schema}, template {template} never came");
    }
}

#[test]
fn limits_may_be_greater_and_never_smaller_than_the_sizes_of_the_log() {
    let mut engine = Engine::new(limits());
    for (time, slot) in random_commands(7, 500) {
        apply(&mut engine, time, &slot);
    }
    let bytes = saved(&engine);
    let again = Engine::restore(ample(), &bytes).unwrap();
    assert_eq!(again.limits().orders_max, 2000, "the log's sizes stay");
    let too_small = [
        ("sessions_max", Limits { sessions_max: 5, ..ample() }),
        ("instruments_max", Limits { instruments_max: 3, ..ample() }),
        ("orders_max", Limits { orders_max: 1999, ..ample() }),
        ("pages_max", Limits { pages_max: 499, ..ample() }),
        ("accounts_max", Limits { accounts_max: 5, ..ample() }),
        ("assets_max", Limits { assets_max: 2, ..ample() }),
        ("finished_kept", Limits { finished_kept: 63, ..ample() }),
        ("parked_max", Limits { parked_max: 19, ..ample() }),
    ];
    for (limit, given) in too_small {
        match Engine::restore(given, &bytes).err().unwrap() {
            SnapshotError::TooSmall { what, needs, given } => {
                assert_eq!((what, needs), (limit, given + 1));
            }
            error => panic!("{limit}: {error}"),
        }
        let enough = given.covering(&Header::read(&bytes).unwrap().limits(0));
        assert_eq!(hashes(&Engine::restore(enough, &bytes).unwrap()), hashes(&engine));
    }
}

/// The operator has lowered the sizes below what is there: what is there stays, and comes back.
#[test]
fn sizes_that_were_lowered_while_orders_were_open_are_restored_as_they_are() {
    let lowered = j::VenueDefine {
        heartbeat_max_s: 3600.into(),
        orders_max: 3.into(),
        pages_max: 2.into(),
        accounts_max: 1.into(),
        sessions_max: 1.into(),
        ..j::VenueDefine::ZERO
    };
    let mut commands = random_commands(4, 1200);
    commands.insert(600, (commands[600].0, slot_of(&lowered)));
    let live = play(&commands[..600], 200, "before");
    assert!(live.open_orders() > 3, "there is more than fits");
    play(&commands, 300, "lowered");
}

// --- damage ---------------------------------------------------------------------------------

/// A state with something in every section.
fn rich() -> Vec<u8> {
    let mut engine = Engine::new(limits());
    let mut best = (0, Vec::new());
    for (time, slot) in random_commands(5, 1500) {
        apply(&mut engine, time, &slot);
        if engine.open_orders() > best.0 {
            best = (engine.open_orders(), saved(&engine));
        }
    }
    assert!(best.0 > 20, "{} orders are not many", best.0);
    best.1
}

/// With commands that wait behind a gap.
fn waiting() -> Vec<u8> {
    let mut engine = Engine::new(limits());
    for (time, slot) in &session_commands()[..30] {
        apply(&mut engine, *time, slot);
    }
    saved(&engine)
}

#[test]
fn a_byte_that_changed_is_noticed_wherever_it_is() {
    for bytes in [rich(), waiting()] {
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            let error = Engine::restore(limits(), &damaged).err();
            assert!(error.is_some(), "byte {at} of {} changed", bytes.len());
            assert_eq!(verify(&damaged).err(), error, "bytes alone say so");
        }
    }
}

#[test]
fn a_snapshot_that_is_cut_or_has_too_much_is_refused() {
    let bytes = rich();
    let sampled = (0..bytes.len()).step_by(13);
    for end in sampled.chain(0..400).chain(bytes.len() - 400..bytes.len()) {
        assert!(Engine::restore(limits(), &bytes[..end]).is_err(), "cut to {end}");
    }
    for more in [1, 8, 16, 224, 4096] {
        let longer = [bytes.as_slice(), &vec![0; more]].concat();
        assert!(Engine::restore(limits(), &longer).is_err(), "{more} bytes more");
    }
}

#[test]
fn garbage_is_no_snapshot() {
    let good = rich();
    let mut random = Random(1);
    for _ in 0..300 {
        let length = random.next() as usize % 5000;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        assert!(Engine::restore(limits(), &bytes).is_err());
        let head = length.min(160);
        bytes[..head].copy_from_slice(&good[..head]);
        assert!(Engine::restore(limits(), &bytes).is_err());
    }
}

#[test]
fn another_version_says_which() {
    let mut newer = rich();
    newer[4] = 9;
    let error = Engine::restore(limits(), &newer).err();
    assert_eq!(error, Some(SnapshotError::Version { seen: 9 }));
    let mut rules = rich();
    rules[6] = 9;
    seal(&mut rules);
    let error = Engine::restore(limits(), &rules).err();
    assert_eq!(error, Some(SnapshotError::Rules { seen: 9 }));
}

/// Makes every CRC right again, as docs/wire/snapshot.md says.
fn seal(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize, size: usize| {
        (0..size).rev().fold(0u64, |n, byte| n << 8 | u64::from(bytes[at + byte]))
    };
    let tail = bytes.len() - 16;
    let lines = number(bytes, tail + 8, 4) as usize;
    let first = tail - 16 * lines;
    let mut at = 160;
    for line in (first..tail).step_by(16) {
        let end = at + number(bytes, line + 8, 8) as usize;
        let crc = crc32c::crc32c(&bytes[at..end]);
        bytes[line + 4..line + 8].copy_from_slice(&crc.to_le_bytes());
        at = end;
    }
    for (from, to, crc_at) in [(0, 160, 8), (first, bytes.len(), bytes.len() - 4)] {
        bytes[crc_at..crc_at + 4].fill(0);
        let crc = crc32c::crc32c(&bytes[from..to]);
        bytes[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
    }
}

/// Damage that no CRC shows: whatever the bytes say, there is an answer. What is accepted is as good
/// as the original to the state hash, and is saved as it was read.
#[test]
fn wrong_bytes_with_right_sums_never_panic() {
    let mut answers = std::collections::BTreeSet::new();
    for bytes in [rich(), waiting()] {
        let mut same = bytes.clone();
        seal(&mut same);
        assert_eq!(same, bytes, "sealing is what saving does");
        let contents = bytes.len() - 16 - 16 * 14;
        let mut random = Random(9);
        for at in 8..contents {
            let mut damaged = bytes.clone();
            match random.next() % 4 {
                0 => damaged[at] ^= 1 << (random.next() % 8),
                1 => damaged[at] = damaged[at].wrapping_add(1),
                2 => damaged[at] = 0xFF,
                _ => damaged[at] = 0,
            }
            seal(&mut damaged);
            match Engine::restore(limits(), &damaged) {
                Ok(engine) => assert!(saved(&engine) == damaged, "byte {at}: read as another"),
                Err(SnapshotError::Wrong { section, what }) => {
                    answers.insert(format!("{section:?}: {what}"));
                }
                Err(_) => {}
            }
        }
    }
    assert!(answers.len() > 25, "{answers:#?}");
}

// --- size and time --------------------------------------------------------------------------

/// `cargo test --release -p engine --test snapshot -- --ignored --nocapture`
#[test]
#[ignore = "takes a gigabyte and prints times: for --release"]
#[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures")]
fn a_million_open_orders_are_saved_and_restored_in_well_under_a_second() {
    use std::time::Instant;
    const ORDERS: u64 = 1_000_000;
    let limits =
        Limits { sessions_max: 64, orders_max: 1_100_000, pages_max: 20_000, ..Limits::default() };
    let mut engine = Engine::new(limits);
    let mut define = vec![slot_of(&j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO })];
    define.push(slot_of(&common::venue()));
    define.extend(common::instruments().iter().map(slot_of));
    define.extend((1..65).map(|n| slot_of(&common::session(n, false, 0))));
    define.extend((1..65).map(|n| slot_of(&logon(head(n, conn(n as u16, 1), 1), 30))));
    define.iter().for_each(|slot| _ = apply(&mut engine, MORNING, slot));

    // Orders come and go at random, so that neighbours in a queue are far apart in memory.
    let mut random = Random(1);
    let mut numbers = [1u64; 65];
    let mut open: Vec<(u32, u64, Side)> = Vec::new();
    let mut names = 0;
    let mut send = |slot: &[u8]| {
        let seq = engine.seq() + 1;
        engine.begin_batch(seq, MORNING);
        assert_eq!(engine.apply(seq, slot, &mut NoSink::default()), Step::Done);
        engine.end_batch(1, &mut NoSink::default());
    };
    for _ in 0..2 * ORDERS {
        let mut next = |session: u32| {
            numbers[session as usize] += 1;
            head(session, conn(session as u16, 1), numbers[session as usize])
        };
        if open.len() as u64 == ORDERS {
            let (session, of, side) = open.swap_remove(random.next() as usize % open.len());
            names += 1;
            let (new, of) = (format!("name-{names}"), format!("name-{of}"));
            send(&slot_of(&cancel(next(session), &new, &of, side)));
        }
        names += 1;
        let session = 1 + (random.next() % 64) as u32;
        let side = if random.chance(500) { Side::Buy } else { Side::Sell };
        let cents = 1 + random.next() % 20_000;
        let cents = if side == Side::Buy { 100_000 - cents } else { 100_000 + cents };
        let price = format!("{}.{:02}", cents / 100, cents % 100);
        send(&slot_of(&order(next(session), &format!("name-{names}"), side, "5", &price)));
        open.push((session, names, side));
    }
    assert_eq!(engine.open_orders() as u64, ORDERS);

    let mut bytes = Vec::with_capacity(1 << 30);
    for _ in 0..3 {
        let start = Instant::now();
        let hash = engine.state_hash();
        let hashed = start.elapsed();
        bytes.clear();
        let start = Instant::now();
        engine.save(&mut |piece| bytes.extend_from_slice(piece));
        let saved = start.elapsed();
        let start = Instant::now();
        let again = Engine::restore(limits, &bytes).unwrap();
        let restored = start.elapsed();
        assert_eq!(again.state_hash(), hash);
        println!(
            "{} MB, {} bytes an order ({} names); state hash {hashed:?}, save {saved:?}, restore {restored:?}",
            bytes.len() / 1_000_000,
            bytes.len() as u64 / ORDERS,
            Header::read(&bytes).unwrap().counts.names,
        );
    }
}

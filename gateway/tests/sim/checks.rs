//! What must hold whatever happened when: one function an invariant, over what was recorded.
//!
//! The numbers are those of the list of invariants of a replicated venue; those that are left out need
//! more than one node. Each is tested in `checks/planted.rs` with the fault that it must catch.

use crate::client::{comp_id, width};
use crate::history::{Batch, Got, History, Told, text};
use crate::words;
use crate::world::limits;
use engine::{Engine, Event, Sink, Step};
use gateway::directory::Directory;
use gateway::fix::decimal;
use gateway::fix::outbound::{self, Envelope};
use gateway::{sbe, snapshots};
use marketdata::{Gathered, Gatherer};
use sbe_schemas::order_entry::NegotiateResponse;
use sbe_schemas::types::{EventFlags, EventKind};
use std::collections::{BTreeMap, BTreeSet};

mod planted;

pub type Check = fn(&History, &Story) -> Result<(), String>;

/// All of them, by name.
pub const ALL: [(&str, Check); 8] = [
    ("I1 nothing acknowledged is missing", i1_nothing_acknowledged_is_missing),
    ("I2 no order is doubled or filled too far", i2_no_order_is_doubled_or_filled_too_far),
    ("I4 one feed sequence has one content, over all lives", i4_one_sequence_one_content),
    ("I5 what was published is committed", i5_what_was_published_is_committed),
    ("I7 numbers go on and keep their content", i7_numbers_go_on_and_keep_their_content),
    ("I8 genesis, snapshots and the living lead to one state", i8_every_way_leads_to_one_state),
    ("I10 what was bought was sold", i10_what_was_bought_was_sold),
    ("in the end every client knows everything", in_the_end_every_client_knows_everything),
];

/// The first that does not hold.
pub fn all(history: &History) -> Result<(), String> {
    let story = Story::of(history);
    ALL.iter().try_for_each(|(name, check)| {
        check(history, &story).map_err(|what| format!("{name}: {what}"))
    })
}

fn must(good: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(what()) }
}

/// Of one session by version and number: live bytes as text, and whether it is of the session itself.
type Reports = BTreeMap<(u64, u64), (String, bool)>;

/// What the committed batches of all lives say happened, replayed from genesis.
pub struct Story {
    engine: Engine,
    /// What each client must have been told.
    told: Vec<Reports>,
    /// The version that each session has now. FIX: 0.
    newest: Vec<u64>,
    /// Reports of versions that clients have given up before they had them.
    given_up: Vec<Vec<Got>>,
    /// The feed, in order.
    feed: Vec<(u64, Vec<u8>)>,
    /// State hash and bytes at the end of batches behind which a snapshot was written.
    saved: BTreeMap<u64, (u64, Vec<u8>)>,
}

impl Story {
    pub fn of(history: &History) -> Self {
        let (mut engine, mut events) = (Engine::new(limits()), Vec::new());
        let wanted: BTreeSet<u64> = history.snapshots.iter().map(|(seq, _)| *seq).collect();
        let mut saved = BTreeMap::new();
        for batch in first_content(history) {
            apply(&mut engine, batch, &mut events);
            if wanted.contains(&engine.seq()) {
                saved.insert(engine.seq(), (engine.state_hash(), save(&engine)));
            }
        }
        let (mut gatherer, mut feed) = (Gatherer::default(), Vec::new());
        for event in &events {
            gatherer.on_event(event, |gathered| {
                if let Gathered::Message(told) = gathered {
                    feed.push((told.sequence, told.message.to_vec()));
                }
            });
        }
        let (told, newest) = told(&events, history.clients.len());
        let given_up = given_up(history, &told, &newest);
        Self { told, newest, given_up, feed, engine, saved }
    }
}

/// Every batch as it was first seen, as far as they carry on.
fn first_content(history: &History) -> impl Iterator<Item = &Batch> {
    let mut first = BTreeMap::new();
    for batch in history.batches.iter().chain(&history.read) {
        first.entry(batch.first_seq).or_insert(batch);
    }
    let mut next = 1;
    first.into_values().take_while(move |batch| {
        let carries_on = batch.first_seq == next;
        next = batch.end_seq;
        carries_on
    })
}

fn apply(engine: &mut Engine, batch: &Batch, sink: &mut impl Sink) {
    let batch = batch.read();
    engine.begin_batch(batch.header.first_seq.get(), batch.header.time.get());
    assert_eq!(engine.step(sink), Step::Done);
    for (seq, command) in (batch.header.first_seq.get()..).zip(batch.commands()) {
        assert_eq!(engine.apply(seq, command, sink), Step::Done);
    }
    engine.end_batch(batch.header.count.get(), sink);
}

fn save(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut |piece| bytes.extend_from_slice(piece));
    bytes
}

/// The messages of every session as they leave live, and the versions that sessions end with.
fn told(events: &[Event], clients: usize) -> (Vec<Reports>, Vec<u64>) {
    let mut directory = Directory::default();
    events.iter().for_each(|event| directory.learn(event));
    let mut told = vec![BTreeMap::new(); clients];
    let mut versions = vec![0; clients];
    for event in events {
        let client = (event.head.session.get() as usize).wrapping_sub(1);
        if event.kind() == Some(EventKind::Report) && client >= clients {
            continue; // To somebody who means harm: nobody looks at what he is told.
        }
        if let Some(response) = event.get::<NegotiateResponse>() {
            versions[client] = response.version_id.get();
        }
        if event.kind() == Some(EventKind::Report) {
            let admin = event.head.flags.has(EventFlags::ADMIN);
            let key = (versions[client], event.head.number.get());
            let before = told[client].insert(key, (as_told(event, client, &directory), admin));
            assert!(before.is_none(), "client {client}: {key:?} twice in one log");
        }
    }
    (told, versions)
}

/// A report as its client has it live.
fn as_told(event: &Event, client: usize, directory: &Directory) -> String {
    let mut buffer = [0; outbound::MESSAGE_BYTES_MAX];
    let Some(width) = width(client) else {
        let comp_id = comp_id(client);
        let envelope = Envelope { venue: b"VENUE", client: comp_id.as_bytes(), resent_at: None };
        let bytes = outbound::message(event, &envelope, directory, &mut buffer);
        return text(bytes.expect("it fits").expect("a report is a message"));
    };
    let length = sbe::outbound::report(event, width, &mut buffer).expect("it fits");
    words::of_report(&buffer[width.bytes()..length]).expect("a report").1
}

/// A client that negotiates anew cannot have older reports any more.
fn given_up(history: &History, told: &[Reports], newest: &[u64]) -> Vec<Vec<Got>> {
    let of_client = |((client, told), newest): ((&Told, &Reports), &u64)| {
        let got: BTreeSet<_> = client.got.iter().map(Got::key).collect();
        let lost = told.iter().filter(|(key, _)| key.0 < *newest && !got.contains(key));
        let as_got = |(key, (text, _)): (&(u64, u64), &(String, bool))| {
            let ((version, number), text) = (*key, text.clone());
            Got { life: 0, version, number, text }
        };
        lost.map(as_got).collect()
    };
    history.clients.iter().zip(told).zip(newest).map(of_client).collect()
}

/// What a log has once called committed it has in every later life, and each life goes on behind it.
pub fn the_log_goes_on(h: &History) -> Result<(), String> {
    let mut content: BTreeMap<u64, &Batch> = BTreeMap::new();
    let mut committed = 0;
    for (life, start) in (1..).zip(&h.starts) {
        must(start.to >= committed, || {
            format!("life {life} starts at {}, and {committed} had been committed", start.to)
        })?;
        for batches in [&h.batches, &h.read] {
            let mut next = start.from + 1;
            for batch in batches.iter().filter(|batch| batch.life == life) {
                let seq = batch.first_seq;
                must(seq == next, || format!("life {life} has {seq} after {}", next - 1))?;
                let first = content.entry(seq).or_insert(batch);
                must(first.bytes == batch.bytes, || {
                    format!("sequence {seq} of life {} is another in life {life}", first.life)
                })?;
                next = batch.end_seq;
                committed = committed.max(next - 1);
            }
        }
    }
    Ok(())
}

/// The log keeps what it had, and every answer that a client got is in it.
pub fn i1_nothing_acknowledged_is_missing(h: &History, story: &Story) -> Result<(), String> {
    the_log_goes_on(h)?;
    for (n, client) in h.clients.iter().enumerate() {
        for got in client.got.iter().filter(|got| !got.is_admin()) {
            must(story.told[n].contains_key(&got.key()), || {
                format!("client {n}: the log does not know of {}", got.text)
            })?;
        }
    }
    Ok(())
}

/// Reports of a client by version and number, the first time they came, and those it has given up.
fn reports<'a>(h: &'a History, story: &'a Story, n: usize) -> BTreeMap<(u64, u64), &'a Got> {
    let mut reports = BTreeMap::new();
    let all = h.clients[n].got.iter().chain(&story.given_up[n]);
    for got in all.filter(|got| matches!(got.field("35"), Some("8" | "r" | "MassActionReport"))) {
        reports.entry(got.key()).or_insert(got);
    }
    reports
}

fn quantity(got: &Got, tag: &str) -> i64 {
    let text = got.field(tag).unwrap_or_else(|| panic!("no {tag} in {}", got.text));
    decimal::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{tag} in {}", got.text))
}

/// Each ClOrdID is accepted once at most, as an order, for one or as a mass action; ExecIDs are unique, what an order has filled rises to its
/// quantity and not beyond, and in the end a trade has two sides.
pub fn i2_no_order_is_doubled_or_filled_too_far(h: &History, story: &Story) -> Result<(), String> {
    let mut exec_ids = BTreeSet::new();
    let mut trades: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for n in 0..h.clients.len() {
        let mut accepted = BTreeSet::new();
        for got in reports(h, story, n).values() {
            let told = || format!("client {n}: {}", got.text);
            let (kind, id) = (got.field("150").unwrap_or("0"), got.field("17").unwrap_or("0"));
            must(id == "0" || exec_ids.insert(id.to_owned()), || {
                format!("ExecID twice: {}", told())
            })?;
            if matches!(kind, "0" | "5") {
                let name = got.field("11").unwrap_or("");
                must(accepted.insert(name), || format!("accepted twice: {}", told()))?;
            }
            if kind == "F" {
                must(quantity(got, "14") <= quantity(got, "38"), || {
                    format!("filled too far: {}", told())
                })?;
                must(quantity(got, "14") + quantity(got, "151") == quantity(got, "38"), || {
                    format!("filled and open are not the order: {}", told())
                })?;
                let side = got.field("54").unwrap_or("").to_owned();
                let trade = got.field("527").unwrap_or("").to_owned();
                trades.entry(trade).or_default().push((side, quantity(got, "32")));
            }
        }
    }
    for (trade, sides) in trades {
        let good = match &sides[..] {
            [a, b] => a.0 != b.0 && a.1 == b.1,
            sides => sides.len() == 1 && h.end.is_none(),
        };
        must(good, || format!("trade {trade} has the sides {sides:?}"))?;
    }
    Ok(())
}

/// Whatever life it came from; in a life it rises; and the log's own feed has no gap.
pub fn i4_one_sequence_one_content(h: &History, story: &Story) -> Result<(), String> {
    let mut content = BTreeMap::new();
    let mut before: Option<(usize, u64)> = None;
    for m in &h.feed {
        let first = content.entry(m.sequence).or_insert(m);
        must(first.bytes == m.bytes, || {
            format!("{} of life {} is another in life {}", m.sequence, first.life, m.life)
        })?;
        let good = before.is_none_or(|(life, last)| life != m.life || m.sequence == last + 1);
        must(good, || format!("life {}: {} after {before:?}", m.life, m.sequence))?;
        before = Some((m.life, m.sequence));
    }
    for (expected, (sequence, _)) in (1..).zip(&story.feed) {
        must(expected == *sequence, || format!("the feed has {sequence}, not {expected}"))?;
    }
    Ok(())
}

/// Every message that left live, and every message of the feed, is what the log says, byte for byte; so is
/// the feed's history, whole.
pub fn i5_what_was_published_is_committed(h: &History, story: &Story) -> Result<(), String> {
    for m in &h.feed {
        let said = story.feed.get(m.sequence as usize - 1).map(|(_, bytes)| bytes);
        must(said == Some(&m.bytes), || {
            format!("feed sequence {} of life {} is not what the log says", m.sequence, m.life)
        })?;
    }
    // Whether it may begin later than with the first is not said here (`World::read_kept_feed`).
    let kept = h.kept_feed.len();
    let goes_to_the_end = story.feed.ends_with(&h.kept_feed) && (kept > 0 || story.feed.is_empty());
    must(h.end.is_none() || goes_to_the_end, || {
        format!("the feed's history has {kept} messages of {}", story.feed.len())
    })?;
    for (n, client) in h.clients.iter().enumerate() {
        for got in client.got.iter().filter(|got| !got.is_again()) {
            let said = story.told[n].get(&got.key()).map(|(text, _)| text);
            must(said == Some(&got.text), || {
                format!("client {n}, life {}: {}\n  the log says {said:?}", got.life, got.text)
            })?;
        }
    }
    Ok(())
}

/// From 1, and anew in each version.
fn rise_by_one<'a>(keys: impl Iterator<Item = &'a (u64, u64)>) -> Result<(), String> {
    let mut before = (0, 0);
    for key in keys {
        let next = if key.0 == before.0 { before.1 + 1 } else { 1 };
        must(key.0 >= before.0 && key.1 == next, || format!("{key:?} after {before:?}"))?;
        before = *key;
    }
    Ok(())
}

/// What is sent live rises by one within a life and never falls; a number has one content for ever.
pub fn i7_numbers_go_on_and_keep_their_content(h: &History, story: &Story) -> Result<(), String> {
    for (n, client) in h.clients.iter().enumerate() {
        rise_by_one(story.told[n].keys()).map_err(|what| format!("client {n}: {what}"))?;
        rise_by_one(client.known.iter().filter(|(version, _)| *version > 0))
            .map_err(|what| format!("client {n} has taken {what}"))?;
        let mut last = (0, 0);
        let mut content: BTreeMap<(u64, u64), &Got> = BTreeMap::new();
        for got in &client.got {
            if !got.is_again() {
                must(got.key() > last, || format!("client {n}: after {last:?} came {}", got.text))?;
                last = got.key();
            }
            if got.is_admin() {
                continue;
            }
            let first = content.entry(got.key()).or_insert(got);
            must(first.body() == got.body(), || {
                format!("client {n}: {}\n  came before as {}", got.text, first.text)
            })?;
            // Also if it never came live.
            let said = story.told[n].get(&got.key()).map(|(text, _)| text.clone());
            let said = Got { text: said.unwrap_or_default(), ..got.clone() };
            must(said.body() == got.body(), || {
                format!("client {n}: {}\n  the log says {}", got.text, said.text)
            })?;
        }
    }
    Ok(())
}

/// Snapshots from which the log is replayed to its end, of one run.
const REPLAYED_MAX: usize = 3;

/// Replay from genesis, from a snapshot, hot engine and understudy: one state. Every snapshot is what
/// genesis leads to, byte for byte.
pub fn i8_every_way_leads_to_one_state(h: &History, story: &Story) -> Result<(), String> {
    let step = h.snapshots.len().div_ceil(REPLAYED_MAX).max(1);
    for (n, (seq, bytes)) in h.snapshots.iter().enumerate() {
        let engine = snapshots::restore(limits(), bytes);
        let mut engine = engine.map_err(|error| format!("snapshot {seq}: {error}"))?;
        let genesis = story.saved.get(seq).map(|(hash, saved)| (*hash, saved));
        must(genesis == Some((engine.state_hash(), bytes)), || {
            format!("snapshot {seq} is not what genesis leads to")
        })?;
        if n % step > 0 {
            continue;
        }
        let behind = first_content(h).filter(|batch| batch.first_seq > *seq);
        behind.for_each(|batch| apply(&mut engine, batch, &mut engine::NoSink::default()));
        must(state(&engine) == state(&story.engine), || {
            format!("replay from snapshot {seq} leads to another state")
        })?;
    }
    let Some(end) = h.end else { return Ok(()) };
    must((end.seq, end.event_hash, end.state_hash) == state(&story.engine), || {
        "replay from genesis leads to another state than the living".into()
    })?;
    must(end.understudy_hash == end.state_hash, || "the understudy has another state".into())
}

fn state(engine: &Engine) -> (u64, u64, u64) {
    (engine.seq(), engine.event_hash(), engine.state_hash())
}

/// Over all clients, by symbol; and no money came or went.
pub fn i10_what_was_bought_was_sold(h: &History, story: &Story) -> Result<(), String> {
    must(story.engine.risk().sums_to_zero(), || "the balances do not add up".into())?;
    if h.end.is_none() {
        return Ok(()); // Not everybody has heard everything.
    }
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for n in 0..h.clients.len() {
        for got in reports(h, story, n).values().filter(|got| got.field("150") == Some("F")) {
            let sign = if got.field("54") == Some("1") { 1 } else { -1 };
            *sums.entry(got.field("55").unwrap_or("")).or_default() += sign * quantity(got, "32");
        }
    }
    for (symbol, sum) in sums {
        must(sum == 0, || format!("{symbol}: {sum} more bought than sold, in 10^-8"))?;
    }
    Ok(())
}

/// Each message that has a number and is not of the session itself has been taken, in its order; of
/// versions that are given up, as far as they were had.
pub fn in_the_end_every_client_knows_everything(h: &History, story: &Story) -> Result<(), String> {
    if h.end.is_none() {
        return Ok(());
    }
    for (n, client) in h.clients.iter().enumerate() {
        let known: BTreeSet<_> = client.known.iter().copied().collect();
        for (key, (text, admin)) in &story.told[n] {
            must(*admin || key.0 < story.newest[n] || known.contains(key), || {
                format!("client {n} has never taken {text}")
            })?;
        }
    }
    Ok(())
}

//! What must hold whatever was killed when: one function an invariant, over what was recorded.
//!
//! The numbers are those of the list of invariants of a replicated venue; those that are left out
//! need more than one node. Each is tested below with the fault that it must catch.

use crate::history::{Got, History, Session, body};
use gateway::fix::decimal;
use std::collections::{BTreeMap, BTreeSet};

pub type Check = fn(&History) -> Result<(), String>;

/// All of them, by name.
pub const ALL: [(&str, Check); 7] = [
    ("I1 nothing acknowledged is missing", i1_nothing_acknowledged_is_missing),
    ("I2 no order is doubled or filled too far", i2_no_order_is_doubled_or_filled_too_far),
    ("I4 one feed sequence has one content, over all lives", i4_one_sequence_one_content),
    ("I5 what was published is committed", i5_what_was_published_is_committed),
    ("I7 numbers go on and keep their content", i7_numbers_go_on_and_keep_their_content),
    ("I8 replay leads to one state", i8_replay_leads_to_one_state),
    ("I10 what was bought was sold", i10_what_was_bought_was_sold),
];

fn must(good: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(what()) }
}

/// Every report by its number, the first time it came.
fn reports(session: &Session) -> BTreeMap<u64, &Got> {
    let mut reports = BTreeMap::new();
    for got in session.got.iter().filter(|got| !got.is_admin()) {
        reports.entry(got.number).or_insert(got);
    }
    reports
}

fn quantity(got: &Got, tag: &str) -> i64 {
    let text = got.field(tag).unwrap_or_else(|| panic!("no {tag} in {}", got.text));
    decimal::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{tag} in {}", got.text))
}

/// An answer proves that the log has the command; and whatever was told once comes again, in every
/// later resend of everything.
pub fn i1_nothing_acknowledged_is_missing(h: &History) -> Result<(), String> {
    for (n, session) in h.sessions.iter().enumerate() {
        for got in session.got.iter().filter(|got| matches!(got.field("35"), Some("8" | "9"))) {
            let Some(name) = got.field("11") else { continue };
            must(h.log.names.contains(&(n, name.to_owned())), || {
                format!("session {n}: {name} was answered and is not in the log: {}", got.text)
            })?;
        }
        for resend in &session.resends {
            let again = &session.got[resend.begin..resend.end];
            let again: BTreeSet<u64> =
                again.iter().filter(|got| !got.is_admin()).map(|got| got.number).collect();
            for got in session.got[..resend.begin].iter().filter(|got| !got.is_admin()) {
                must(got.number > resend.last || again.contains(&got.number), || {
                    let (life, number) = (resend.life, got.number);
                    format!(
                        "session {n}, life {life}: report {number} did not come again: {}",
                        got.text
                    )
                })?;
            }
        }
    }
    Ok(())
}

/// Each ClOrdID is accepted once at most, ExecIDs are unique, an order's fills add up to what it says
/// and not to more than its quantity, a trade has two sides.
pub fn i2_no_order_is_doubled_or_filled_too_far(h: &History) -> Result<(), String> {
    let mut exec_ids = BTreeSet::new();
    let mut trades: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for (n, session) in h.sessions.iter().enumerate() {
        let mut accepted = BTreeSet::new();
        let mut filled: BTreeMap<&str, i64> = BTreeMap::new();
        for (number, got) in reports(session) {
            if got.field("35") != Some("8") {
                continue;
            }
            let (kind, id) = (got.field("150").unwrap_or(""), got.field("17").unwrap_or("0"));
            let told = || format!("session {n}, report {number}: {}", got.text);
            must(id == "0" || exec_ids.insert(id.to_owned()), || {
                format!("ExecID twice: {}", told())
            })?;
            if kind == "0" {
                let name = got.field("11").unwrap_or("");
                must(accepted.insert(name), || format!("accepted twice: {}", told()))?;
            }
            if kind == "F" {
                let (order, last) = (got.field("37").unwrap_or(""), quantity(got, "32"));
                let sum = filled.entry(order).or_default();
                *sum += last;
                must(*sum == quantity(got, "14"), || {
                    format!("14 is not the sum of 32: {}", told())
                })?;
                must(*sum <= quantity(got, "38"), || format!("filled too far: {}", told()))?;
                let side = got.field("54").unwrap_or("").to_owned();
                let trade = got.field("527").unwrap_or("").to_owned();
                trades.entry(trade).or_default().push((side, last));
            }
        }
    }
    for (trade, sides) in trades {
        let good = matches!(&sides[..], [a, b] if a.0 != b.0 && a.1 == b.1);
        must(good, || format!("trade {trade} has the sides {sides:?}"))?;
    }
    Ok(())
}

/// Whatever line and life it came from; and the log's own sequence has no hole.
pub fn i4_one_sequence_one_content(h: &History) -> Result<(), String> {
    let mut first = BTreeMap::new();
    for m in &h.feed {
        let before = first.entry(m.sequence).or_insert(m);
        must(before.bytes == m.bytes, || {
            let (sequence, line, life) = (m.sequence, m.line, m.life);
            format!(
                "feed sequence {sequence}: line {line} in life {life} is not line {} in life {}",
                before.line, before.life
            )
        })?;
    }
    for (expected, sequence) in (1..).zip(h.log.feed.keys()) {
        must(expected == *sequence, || {
            format!("the feed goes from {} to {sequence}", expected - 1)
        })?;
    }
    Ok(())
}

/// Every report and every message of the feed that left is what the log says, byte for byte.
pub fn i5_what_was_published_is_committed(h: &History) -> Result<(), String> {
    for m in &h.feed {
        must(h.log.feed.get(&m.sequence) == Some(&m.bytes), || {
            format!("feed sequence {} of life {} is not what the log says", m.sequence, m.life)
        })?;
    }
    for (n, session) in h.sessions.iter().enumerate() {
        for got in session.got.iter().filter(|got| !got.is_again()) {
            let (number, life) = (got.number, got.life);
            let expected = h.log.reports.get(&(n, number));
            must(expected == Some(&got.text), || {
                format!(
                    "session {n}, life {life}: {number} was {}\n  and the log says {expected:?}",
                    got.text
                )
            })?;
        }
    }
    Ok(())
}

/// The venue's numbers rise by one and never begin again; a number has one content for ever; and the
/// venue knows of our numbers all that it has answered, and none that we have not used.
pub fn i7_numbers_go_on_and_keep_their_content(h: &History) -> Result<(), String> {
    for (n, session) in h.sessions.iter().enumerate() {
        let mut next: Option<(usize, u64)> = None;
        let mut content: BTreeMap<u64, &Got> = BTreeMap::new();
        for got in &session.got {
            let told = || format!("session {n}, life {}: {}", got.life, got.text);
            if !got.is_again() {
                let good = match next {
                    None => true,
                    Some((life, next)) if life == got.life => got.number == next,
                    // What was missed in between is asked for again.
                    Some((_, next)) => got.number >= next,
                };
                must(good, || format!("expected {next:?}, not {}", told()))?;
                next = Some((got.life, got.number + 1));
            }
            if got.is_admin() {
                continue;
            }
            let first = content.entry(got.number).or_insert(got);
            must(body(&first.text) == body(&got.text), || {
                format!("number {} was {}\n  and is {}", got.number, first.text, told())
            })?;
            if got.is_again() {
                let sent = first.field(if first.is_again() { "122" } else { "52" });
                must(got.field("122") == sent, || format!("122 is not {sent:?}: {}", told()))?;
            }
        }
        for logon in &session.logons {
            let before = &session.got[..logon.got_before];
            let highest = before.iter().filter(|got| !got.is_again()).map(|got| got.number).max();
            must(highest.is_none_or(|highest| logon.theirs > highest), || {
                format!(
                    "session {n}, life {}: Logon {} after {highest:?}",
                    logon.life, logon.theirs
                )
            })?;
            let Some(asked) = logon.asked_from else { continue };
            let answered: BTreeSet<&str> =
                before.iter().filter_map(|got| got.field("11")).collect();
            let known = session.sent.iter().filter(|sent| answered.contains(sent.name.as_str()));
            // A name may have been sent twice: the first time is the one that counts.
            let mut first: BTreeMap<&str, u64> = BTreeMap::new();
            for sent in known {
                first.entry(&sent.name).or_insert(sent.number);
            }
            let known = first.values().filter(|number| **number < logon.ours).max();
            must(asked <= logon.ours && known.is_none_or(|known| asked > *known), || {
                let (life, ours) = (logon.life, logon.ours);
                format!(
                    "session {n}, life {life}: asked from {asked}, answered {known:?}, Logon {ours}"
                )
            })?;
        }
    }
    Ok(())
}

/// Twice the same hashes, from the beginning and from every snapshot (`story.rs` makes one answer of
/// these, with code 1 when they do not agree); and what the understudy wrote is what comes out. The last
/// replay is of a venue that has stopped in good order: nothing may be missing there.
pub fn i8_replay_leads_to_one_state(h: &History) -> Result<(), String> {
    must(h.replays.len() >= 2, || "replayed less than twice".into())?;
    for replay in &h.replays {
        let same = |other: &crate::history::Replay| {
            (&replay.state_hash, &replay.event_hash) == (&other.state_hash, &other.event_hash)
        };
        let good = replay.code == 0 && replay.outboxes_different == 0 && same(&h.replays[0]);
        must(good, || format!("{:?}", h.replays))?;
    }
    must(h.replays.last().is_some_and(|last| last.outboxes_missing == 0), || {
        format!("outboxes are not complete: {:?}", h.replays)
    })
}

/// Over all sessions, by symbol. (Every session has asked for everything before this is called.)
pub fn i10_what_was_bought_was_sold(h: &History) -> Result<(), String> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for session in &h.sessions {
        for got in reports(session).values().filter(|got| got.field("150") == Some("F")) {
            let sum = sums.entry(got.field("55").unwrap_or("").to_owned()).or_default();
            match got.field("54") {
                Some("1") => sum.0 += quantity(got, "32"),
                _ => sum.1 += quantity(got, "32"),
            }
        }
    }
    for (symbol, (bought, sold)) in sums {
        must(bought == sold, || format!("{symbol}: {bought} bought, {sold} sold, in 10^-8"))?;
    }
    Ok(())
}

mod planted;

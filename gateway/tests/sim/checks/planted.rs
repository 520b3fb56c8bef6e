//! Each check is given what a right day has left, and then the same with the fault that it must see.

use super::*;
use crate::disk_fails::play;
use crate::history::FeedMessage;
use crate::real::Trouble;
use crate::world::Plan;
use std::sync::OnceLock;

/// A day with two kills.
fn right() -> &'static History {
    static RIGHT: OnceLock<History> = OnceLock::new();
    RIGHT.get_or_init(|| {
        let plan = Plan { steps: 300, crash: 10, ..Plan::default() };
        let days = (1..50).map(|seed| play(seed, plan, Trouble::NONE).history);
        let mut days = days.filter(|h| h.starts.len() == 3 && h.snapshots.len() > 2);
        days.next().expect("one of them has two kills")
    })
}

/// `check` is content with what is right, and not once `plant` has been at it.
#[track_caller]
fn catches(check: Check, plant: impl Fn(&mut History)) {
    let mut h = right().clone();
    check(&h, &Story::of(&h)).expect("right");
    plant(&mut h);
    assert!(check(&h, &Story::of(&h)).is_err(), "the fault was not seen");
}

/// The first message of anybody that has this in it.
fn first<'a>(h: &'a mut History, words: &str) -> &'a mut Got {
    let mut all = h.clients.iter_mut().flat_map(|client| &mut client.got);
    all.find(|got| got.text.contains(words)).unwrap_or_else(|| panic!("nobody got {words}"))
}

/// Another value for a tag.
fn set(got: &mut Got, tag: &str, value: &str) {
    let old = format!("|{tag}={}|", got.field(tag).expect("it has the tag"));
    got.text = got.text.replacen(&old, &format!("|{tag}={value}|"), 1);
}

/// The first message of a binary client that has this in it: who, and which.
fn first_binary(h: &History, words: &str) -> (usize, usize) {
    let has = |got: &Got| got.version > 0 && got.text.contains(words);
    let mut all = (0..).zip(&h.clients);
    all.find_map(|(n, client)| Some((n, client.got.iter().position(has)?)))
        .unwrap_or_else(|| panic!("no binary client got {words}"))
}

/// A day on which binary clients replace, act on many orders, are told again and begin new versions.
fn binary() -> &'static History {
    static BINARY: OnceLock<History> = OnceLock::new();
    BINARY.get_or_init(|| {
        let plan = Plan { steps: 600, crash: 10, cut: 10, ..Plan::default() };
        let days = (1..200).map(|seed| play(seed, plan, Trouble::NONE).history);
        let has = |h: &History, words: &str| {
            h.clients.iter().flat_map(|c| &c.got).any(|g| g.version > 0 && g.text.contains(words))
        };
        let begins_anew = |h: &History| {
            h.clients.iter().any(|c| c.known.windows(2).any(|w| 0 < w[0].0 && w[0].0 < w[1].0))
        };
        let mut good = days.filter(|h| {
            let wanted = ["|150=5|", "|35=MassActionReport|", "|43=Y|", "|35=NotApplied|"];
            begins_anew(h) && wanted.iter().all(|words| has(h, words))
        });
        good.next().expect("one of them has it all")
    })
}

/// As [`catches`], on a day of binary clients.
#[track_caller]
fn catches_binary(check: Check, plant: impl Fn(&mut History)) {
    let mut h = binary().clone();
    check(&h, &Story::of(&h)).expect("right");
    plant(&mut h);
    assert!(check(&h, &Story::of(&h)).is_err(), "the fault was not seen");
}

#[test]
fn i1_sees_a_binary_report_that_is_in_no_log() {
    catches_binary(i1_nothing_acknowledged_is_missing, |h| {
        let (n, at) = first_binary(h, "|150=0|");
        h.clients[n].got[at].version += 1;
    });
}

#[test]
fn i2_sees_a_request_that_came_again_and_was_done_twice() {
    for what in ["|150=0|", "|150=5|", "|35=MassActionReport|"] {
        // Under a number of its own, as in a new version.
        for version in [0, 1] {
            catches_binary(i2_no_order_is_doubled_or_filled_too_far, |h| {
                let (n, at) = first_binary(h, what);
                let mut twice = h.clients[n].got[at].clone();
                twice.text = twice.text.replace("|17=", "|17=99999999");
                twice.number += 10_000;
                twice.version += version;
                h.clients[n].got.push(twice);
            });
        }
    }
}

#[test]
fn i5_sees_a_binary_report_with_another_byte() {
    catches_binary(i5_what_was_published_is_committed, |h| {
        let (n, at) = first_binary(h, "|150=0|");
        let text = &mut h.clients[n].got[at].text;
        *text = text.replace("|bytes=", "|bytes=0");
    });
}

#[test]
fn i7_sees_a_retransmission_that_says_something_else() {
    let check = i7_numbers_go_on_and_keep_their_content;
    catches_binary(check, |h| {
        let (n, at) = first_binary(h, "|43=Y|");
        let text = &mut h.clients[n].got[at].text;
        *text = text.replace("|bytes=", "|bytes=0");
    });
    catches_binary(check, |h| {
        // Live once more.
        let (n, at) = first_binary(h, "|150=0|");
        let twice = h.clients[n].got[at].clone();
        h.clients[n].got.push(twice);
    });
}

#[test]
fn i7_sees_reports_that_are_handed_out_twice_or_out_of_order() {
    let check = i7_numbers_go_on_and_keep_their_content;
    let binary_client = |h: &History| first_binary(h, "|150=0|").0;
    catches_binary(check, |h| {
        let n = binary_client(h);
        let twice = h.clients[n].known[2];
        h.clients[n].known.insert(3, twice);
    });
    catches_binary(check, |h| {
        let n = binary_client(h);
        h.clients[n].known.swap(2, 3);
    });
    catches_binary(check, |h| {
        let n = binary_client(h);
        h.clients[n].known.remove(2);
    });
}

#[test]
fn the_end_sees_a_binary_client_who_was_never_told() {
    catches_binary(in_the_end_every_client_knows_everything, |h| {
        let n = first_binary(h, "|150=0|").0;
        h.clients[n].known.pop();
    });
}

/// What the client hears next, live, with another number.
fn hears_also(h: &mut History, mut got: Got) {
    got.number += 10_000;
    h.clients[0].got.push(got);
}

#[test]
fn i1_sees_what_is_lost() {
    let check = i1_nothing_acknowledged_is_missing;
    catches(check, |h| {
        let first_life = h.batches.iter().filter(|batch| batch.life == 1);
        let committed = first_life.map(|batch| batch.end_seq - 1).max().expect("batches");
        h.starts[1].to = committed - 1;
    });
    catches(check, |h| {
        // The log ends before what somebody was told.
        let (end, life) = (h.committed_seq() / 2, h.starts.len());
        h.batches.retain(|batch| batch.end_seq <= end);
        h.read.retain(|batch| batch.end_seq <= end);
        h.starts.truncate(life - 1);
    });
    catches(check, |h| {
        // A hole, and another content.
        let at = h.batches.len() / 2;
        h.batches.remove(at);
    });
    catches(check, |h| {
        let mut other = h.read.last().expect("something was read").clone();
        *other.bytes.last_mut().expect("a batch") ^= 1;
        *h.read.last_mut().expect("the same") = other;
    });
}

#[test]
fn i2_sees_orders_that_are_doubled_or_filled_too_far() {
    let check = i2_no_order_is_doubled_or_filled_too_far;
    catches(check, |h| {
        let mut twice = first(h, "|150=0|").clone();
        set(&mut twice, "17", "999999999");
        let client =
            h.clients.iter().position(|c| c.got.iter().any(|g| g.text.contains("|150=0|")));
        twice.number += 10_000;
        h.clients[client.expect("it was found")].got.push(twice);
    });
    catches(check, |h| {
        let twice = first(h, "|150=F|").clone();
        hears_also(h, twice);
    });
    catches(check, |h| set(first(h, "|150=F|"), "14", "1000000"));
    catches(check, |h| set(first(h, "|150=F|"), "151", "999"));
    catches(check, |h| {
        // One side of a trade is never told.
        let id = first(h, "|150=F|").field("17").expect("an ExecID").to_owned();
        for client in &mut h.clients {
            client.got.retain(|got| got.field("17") != Some(&id));
        }
    });
}

#[test]
fn i4_sees_a_feed_that_changes_or_has_a_hole() {
    let check = i4_one_sequence_one_content;
    catches(check, |h| {
        let FeedMessage { life, sequence, mut bytes } = h.feed[5].clone();
        bytes[0] ^= 1;
        h.feed.push(FeedMessage { life: life + 7, sequence, bytes });
    });
    catches(check, |h| {
        h.feed.remove(5);
    });
    catches(check, |h| h.feed.swap(5, 6));
}

#[test]
fn i5_sees_what_was_told_and_is_in_no_log() {
    let check = i5_what_was_published_is_committed;
    catches(check, |h| h.feed[5].bytes[0] ^= 1);
    catches(check, |h| h.kept_feed[5].1[0] ^= 1);
    catches(check, |h| {
        h.kept_feed.pop();
    });
    catches(check, |h| {
        let last = h.feed.iter().map(|m| m.sequence).max().expect("a feed");
        h.feed.push(FeedMessage { life: 1, sequence: last + 1, bytes: vec![1] });
    });
    catches(check, |h| set(first(h, "|150=0|"), "38", "77"));
    catches(check, |h| {
        let more = first(h, "|150=0|").clone();
        hears_also(h, more);
    });
}

#[test]
fn i7_sees_numbers_that_are_used_again_and_words_that_change() {
    let check = i7_numbers_go_on_and_keep_their_content;
    catches(check, |h| {
        let twice = h.clients[0].got[0].clone();
        h.clients[0].got.push(twice);
    });
    catches(check, |h| {
        let at = h.clients[0].got.iter().position(|got| got.field("150") == Some("0"));
        let mut again = h.clients[0].got[at.expect("it trades")].clone();
        again.text.push_str("43=Y|58=another|");
        h.clients[0].got.push(again);
    });
    catches(check, |h| {
        // Never heard before, and not what the log says.
        let at = h.clients[0].got.iter().position(|got| got.field("150") == Some("0"));
        let got = &mut h.clients[0].got[at.expect("it trades")];
        got.text = got.text.replace("|35=8|", "|35=8|43=Y|");
        set(got, "38", "77");
    });
}

#[test]
fn i8_sees_every_way_that_leads_elsewhere() {
    let check = i8_every_way_leads_to_one_state;
    catches(check, |h| h.end.as_mut().expect("it ended well").state_hash ^= 1);
    catches(check, |h| h.end.as_mut().expect("it ended well").event_hash ^= 1);
    catches(check, |h| h.end.as_mut().expect("it ended well").understudy_hash ^= 1);
    catches(check, |h| h.snapshots[1].1[100] ^= 1);
    catches(check, |h| h.snapshots[1].1 = h.snapshots[0].1.clone());
    catches(check, |h| h.snapshots[1].0 += 1);
}

#[test]
fn i10_sees_what_comes_from_nowhere() {
    let check = i10_what_was_bought_was_sold;
    catches(check, |h| set(first(h, "|150=F|"), "32", "1000"));
    catches(check, |h| {
        let more = first(h, "|150=F|").clone();
        hears_also(h, more);
    });
}

#[test]
fn the_end_sees_a_client_who_was_never_told() {
    let check = in_the_end_every_client_knows_everything;
    catches(check, |h| {
        h.clients[1].known.pop();
    });
}

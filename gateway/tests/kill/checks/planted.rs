//! Each check is given a history that is right, and the same one with the fault that it must see.

use super::*;
use crate::history::{FeedMessage, Log, Logon, Replay, Resend, Sent};

const TAIL: &str = "52=20260102-09:30:00.000|";

fn got(life: usize, number: u64, kind: &str, fields: &str) -> Got {
    let text = format!("8=FIX.4.4|9=100|35={kind}|34={number}|{TAIL}{fields}10=000|");
    Got { life, number, text }
}

fn again(life: usize, first: &Got) -> Got {
    let now = "43=Y|52=20260102-09:31:00.000|122=20260102-09:30:00.000|";
    Got {
        life,
        number: first.number,
        text: first.text.replace(TAIL, now).replace("9=100", "9=130"),
    }
}

fn new(name: &str, side: u8) -> String {
    format!("37={side}|17={side}|150=0|11={name}|55=ACME|54={side}|38=5|14=0|")
}

fn fill(name: &str, side: u8, exec: u8) -> String {
    format!("37={side}|17={exec}|150=F|11={name}|55=ACME|54={side}|38=5|14=5|32=5|527=7|")
}

/// Two sessions trade, the venue is killed, both ask for everything.
fn right() -> History {
    let mut h = History::default();
    for (n, name, side) in [(0, "a1", 1), (1, "b1", 2)] {
        let mut s = Session::default();
        s.sent.push(Sent { life: 0, number: 2, name: name.into() });
        s.logons.push(Logon { life: 0, ours: 1, theirs: 1, asked_from: None, got_before: 0 });
        s.got.push(got(0, 1, "A", "108=30|"));
        s.got.push(got(0, 2, "8", &new(name, side)));
        s.got.push(got(0, 3, "8", &fill(name, side, 10 + side)));
        s.sent.push(Sent { life: 0, number: 3, name: format!("{name}-lost") });
        s.logons.push(Logon { life: 1, ours: 4, theirs: 4, asked_from: Some(3), got_before: 3 });
        s.got.push(got(1, 4, "A", "108=30|"));
        s.got.extend([again(1, &s.got[1]), again(1, &s.got[2])]);
        s.resends.push(Resend { life: 1, last: 4, begin: 4, end: 6 });
        h.log.names.insert((n, name.into()));
        for got in s.got.iter().filter(|got| !got.is_again()) {
            h.log.reports.insert((n, got.number), got.text.clone());
        }
        h.sessions.push(s);
    }
    for sequence in 1..=4 {
        h.log.feed.insert(sequence, vec![sequence as u8; 20]);
        for line in 0..2 {
            let bytes = vec![sequence as u8; 20];
            h.feed.push(FeedMessage { life: sequence as usize / 3, line, sequence, bytes });
        }
    }
    let replay = Replay {
        code: 0,
        state_hash: "0x1".into(),
        event_hash: "0x2".into(),
        outboxes_missing: 0,
        outboxes_different: 0,
    };
    h.replays = vec![replay; 2];
    h
}

/// `check` is content with what is right, and not once `plant` has been at it.
#[track_caller]
fn catches(check: Check, plant: impl Fn(&mut History)) {
    let mut h = right();
    check(&h).expect("right");
    plant(&mut h);
    assert!(check(&h).is_err(), "the fault was not seen");
}

fn change(got: &mut Got, from: &str, to: &str) {
    assert!(got.text.contains(from), "{}", got.text);
    got.text = got.text.replace(from, to);
}

#[test]
fn what_is_right_passes_every_check() {
    for (name, check) in ALL {
        check(&right()).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

#[test]
fn i1_sees_an_order_that_was_answered_and_is_gone() {
    catches(i1_nothing_acknowledged_is_missing, |h| h.log.names = Log::default().names);
    catches(i1_nothing_acknowledged_is_missing, |h| {
        h.log.names.remove(&(1, "b1".into()));
    });
    // A fill that does not come again after the kill.
    catches(i1_nothing_acknowledged_is_missing, |h| {
        h.sessions[0].got.remove(5);
        h.sessions[0].resends[0].end = 5;
    });
}

#[test]
fn i2_sees_doubled_orders_and_fills_and_half_a_trade() {
    let i2 = i2_no_order_is_doubled_or_filled_too_far;
    catches(i2, |h| {
        h.sessions[0].got.push(got(1, 5, "8", &new("a1", 1).replace("17=1|", "17=99|")))
    });
    catches(i2, |h| h.sessions[0].got.push(got(1, 5, "8", &new("a2", 1))));
    catches(i2, |h| {
        let more = fill("a1", 1, 50).replace("14=5", "14=10").replace("527=7", "527=8");
        h.sessions[0].got.push(got(1, 5, "8", &more));
    });
    catches(i2, |h| change(&mut h.sessions[1].got[2], "14=5", "14=4"));
    catches(i2, |h| {
        h.sessions.pop();
    });
    catches(i2, |h| {
        let doubled = fill("a9", 1, 60).replace("37=1|", "37=9|");
        h.sessions[0].got.push(got(1, 5, "8", &doubled));
    });
}

#[test]
fn i4_sees_a_sequence_that_changed_and_a_hole() {
    catches(i4_one_sequence_one_content, |h| h.feed[3].bytes[7] = 0);
    catches(i4_one_sequence_one_content, |h| {
        h.feed.push(FeedMessage { life: 1, line: 0, sequence: 2, bytes: vec![9; 20] });
    });
    catches(i4_one_sequence_one_content, |h| {
        h.log.feed.remove(&2);
    });
}

#[test]
fn i5_sees_what_left_and_is_not_in_the_log() {
    let i5 = i5_what_was_published_is_committed;
    catches(i5, |h| h.sessions[0].got.push(got(1, 5, "8", &new("a2", 1))));
    catches(i5, |h| change(&mut h.sessions[0].got[1], "38=5", "38=6"));
    catches(i5, |h| h.feed.push(FeedMessage { life: 1, line: 1, sequence: 5, bytes: vec![5] }));
    catches(i5, |h| {
        h.log.feed.insert(2, vec![0; 20]);
    });
}

#[test]
fn i7_sees_numbers_that_go_back_jump_or_change_their_content() {
    let i7 = i7_numbers_go_on_and_keep_their_content;
    catches(i7, |h| h.sessions[0].got[3].number = 3);
    catches(i7, |h| h.sessions[0].got[2].number = 4);
    catches(i7, |h| change(&mut h.sessions[1].got[5], "32=5", "32=4"));
    catches(i7, |h| {
        change(&mut h.sessions[1].got[5], "122=20260102-09:30:00", "122=20260102-09:30:01")
    });
    catches(i7, |h| h.sessions[0].logons[1].theirs = 3);
    // The venue forgot an order that it had answered, or knows of numbers that we never used.
    catches(i7, |h| h.sessions[0].logons[1].asked_from = Some(2));
    catches(i7, |h| h.sessions[0].logons[1].asked_from = Some(5));
}

#[test]
fn i8_sees_another_state_and_outboxes_that_differ() {
    catches(i8_replay_leads_to_one_state, |h| h.replays[1].state_hash = "0x3".into());
    catches(i8_replay_leads_to_one_state, |h| h.replays[1].event_hash = "0x3".into());
    catches(i8_replay_leads_to_one_state, |h| h.replays[0].code = 1);
    catches(i8_replay_leads_to_one_state, |h| h.replays[0].outboxes_different = 1);
    catches(i8_replay_leads_to_one_state, |h| h.replays[1].outboxes_missing = 1);
    catches(i8_replay_leads_to_one_state, |h| h.replays.truncate(1));
}

#[test]
fn i10_sees_more_bought_than_sold() {
    catches(i10_what_was_bought_was_sold, |h| change(&mut h.sessions[0].got[2], "32=5", "32=6"));
    catches(i10_what_was_bought_was_sold, |h| {
        h.sessions[1].got.truncate(2);
    });
}

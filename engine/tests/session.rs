//! The rulebook of sessions: one script per rule in `session/`, protocol-neutral.
//!
//! ```text
//! ! window 1 10s..100s numbers=10s [anew]    of the hours 1; seconds since the script began
//! venue cod grace=10s hours=1  a new venue; without it, the usual one
//! < logon 1 hb=30 [reset] [cod]        client 1 on connection `a`, MsgSeqNum 1
//! < b: logon 1                         client 1 on connection `b`; `c`: client 2
//! < order 5..7 [dup]                   a new order for each number, named o5, o6, o7
//! < resend 1-0 at 7 | fill 9 at 4 | reset 9 at 4 | test X at 2 | heartbeat 3 | logout 4
//! < refused session at 5 tag=44 reason=5     verdict session | business | throttled | fatal
//! < disconnect
//! ~ 36s due silence | heartbeat | logout     time passes; the gateway says what is due
//! ! term | logoutall | tick            what no client sends
//! > ok o5 #6                           what that caused, all of it: words and our MsgSeqNum
//! > b: refused AlreadyLoggedOn         to connection `b`; `nobody:` when none is bound
//! ```
//! Words are those of `common/words.rs`.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{conn, disconnected, due, head, logon, order};
use common::words::words;
use common::{NS_PER_S, Rig, limits, session};
use engine::{Conn, Event};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{Boolean, CommandFlags, CommandHead, DueWhat, RefTag, Side, Verdict};

macro_rules! rules {
    ($($rule:ident)*) => { $(
        #[test]
        fn $rule() {
            check(include_str!(concat!("session/", stringify!($rule), ".txt")));
        }
    )* };
}

rules! {
    the_first_connection_wins
    a_logon_is_refused_with_its_reason
    a_logon_with_a_number_too_high_is_answered_then_asked
    next_expected_says_what_the_other_side_lacks
    another_begin_string_ends_the_session
    a_number_too_high_is_asked_for_once_and_applied_in_order
    a_gap_fill_closes_the_gap_and_loses_nothing
    a_number_too_low_ends_the_session_unless_it_is_a_duplicate
    some_messages_act_whatever_their_number
    a_reset_starts_a_new_generation_of_numbers
    every_verdict_counts
    a_sequence_reset_stays_within_its_bounds
    a_resend_has_a_fixed_range_and_is_not_repeated_for_ever
    silence_is_asked_once_then_ended
    a_heartbeat_answers_a_test_request_or_our_own_silence
    commands_of_a_lost_connection_are_ignored
    a_new_term_unbinds_everybody
    a_venue_that_stops_waits_for_the_clients_logout
    hours_say_when_a_session_may_be_logged_on
    numbers_begin_anew_with_the_window_that_says_so
}

/// More than a session may park: what finds no place is asked for again, once the gap is closed.
#[test]
fn an_overflow_of_waiting_messages_is_asked_for_again() {
    let mut play = Play::new("");
    play.line("< logon 1");
    assert_eq!(play.line("< order 3"), ["resendrequest 2-0 #2"]);
    assert_eq!(play.line("< order 4..70"), [""; 0]);
    // Parked: 3 to 66. Dropped: 67 to 70.
    let told = play.line("< order 2");
    assert_eq!((told.len(), told[0].as_str()), (66, "ok o2 #3"));
    assert_eq!(told[64..], ["ok o66 #67", "resendrequest 67-0 #68"]);
    let told = play.line("< order 67..70 dup");
    assert_eq!(told, ["ok o67 #69", "ok o68 #70", "ok o69 #71", "ok o70 #72"]);
    assert_eq!(play.line("< order 71"), ["ok o71 #73"]);
    play.rig.check_replay();
}

/// The pool has 100 places for all sessions; nobody gets more than 64, nobody is told another's.
#[test]
fn the_pool_of_waiting_messages_is_shared() {
    let mut play = Play::new("");
    play.line("< logon 1");
    play.line("< c: logon 1");
    play.line("< order 3..70");
    assert_eq!(play.line("< c: order 3..42"), ["c: resendrequest 2-0 #2"]);
    // 36 places are left for the second: 3 to 38.
    let told = play.line("< c: order 2");
    assert_eq!(told.len(), 38);
    assert_eq!(told[36..], ["c: ok o38 #39", "c: resendrequest 39-0 #40"]);
    // A connection that ends gives its places back.
    assert_eq!(play.line("< disconnect"), ["close PeerGone"]);
    assert_eq!(play.line("< c: order 40..103"), [""; 0]);
    let told = play.line("< c: order 39");
    assert_eq!((told.len(), told[64].as_str()), (65, "c: ok o103 #105"));
    play.rig.check_replay();
}

#[test]
fn a_venue_without_sessions_can_stop() {
    let mut rig = Rig::new(limits(), &[]);
    assert!(words(&rig.send(&j::LogoutAll::ZERO)).is_empty());
}

fn check(script: &str) {
    let mut play = Play::new("");
    let mut told: Vec<String> = Vec::new();
    for (at, line) in script.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        if let Some(wanted) = line.strip_prefix("> ") {
            assert!(!told.is_empty(), "line {}: nothing for {line}", at + 1);
            assert_eq!(told.remove(0), wanted, "line {}", at + 1);
            continue;
        }
        assert!(told.is_empty(), "before line {}: {told:?}", at + 1);
        if let Some(options) = line.strip_prefix("venue") {
            play.rig.check_replay();
            play = Play::new(options);
        } else {
            told = play.line(line);
        }
    }
    assert!(told.is_empty(), "at the end: {told:?}");
    play.rig.check_replay();
}

/// A venue and the connections `a`, `b` (client 1), `c` (client 2); nobody is logged on.
struct Play {
    rig: Rig,
    term: u64,
}

impl Play {
    fn new(options: &str) -> Self {
        let (mut cod, mut grace_ms, mut hours) = (false, 0, 0);
        for option in options.split_whitespace() {
            match option.split_once('=') {
                Some(("grace", grace)) => grace_ms = seconds(grace) as u32 * 1000,
                Some(("hours", row)) => hours = row.parse().unwrap(),
                _ => cod = option == "cod",
            }
        }
        let mut sessions = [session(1, cod, grace_ms), session(2, cod, grace_ms)];
        sessions[0].hours = u32::into(hours); // The second one is always open.
        Self { rig: Rig::new(limits(), &sessions), term: 1 }
    }

    /// Does what a line says; tells what it caused, all of it.
    fn line(&mut self, line: &str) -> Vec<String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let events = match (words[0], &words[1..]) {
            ("<", [who @ ("a:" | "b:" | "c:"), rest @ ..]) => self.message(&who[..1], rest),
            ("<", rest) => self.message("a", rest),
            ("~", [time, rest @ ..]) => {
                self.rig.now += seconds(time) * NS_PER_S;
                match rest {
                    [] => Vec::new(),
                    ["due", "silence"] => self.due(DueWhat::Silence),
                    ["due", "heartbeat"] => self.due(DueWhat::Heartbeat),
                    other => panic!("{other:?}"),
                }
            }
            ("!", ["term"]) => {
                self.term += 1;
                self.rig.send(&j::TermStarted { term: self.term.into(), ..j::TermStarted::ZERO })
            }
            ("!", ["window", row, from_to, rest @ ..]) => {
                let (from, to) = from_to.split_once("..").unwrap();
                let time = |text: &str| common::MORNING + seconds(text) * NS_PER_S;
                let numbers = rest.iter().find_map(|word| word.strip_prefix("numbers="));
                let window = j::SessionWindow {
                    hours: row.parse::<u32>().unwrap().into(),
                    opens: time(from).into(),
                    closes: time(to).into(),
                    numbers_from: numbers.map_or(0, time).into(),
                    anew: flag(rest.contains(&"anew")).into(),
                    ..j::SessionWindow::ZERO
                };
                self.rig.send(&window)
            }
            ("!", ["logoutall"]) => self.rig.send(&j::LogoutAll::ZERO),
            ("!", ["tick"]) => self.rig.send(&j::Tick::ZERO),
            _ => panic!("{line}"),
        };
        told(&events)
    }

    fn due(&mut self, what: DueWhat) -> Vec<Event> {
        self.rig.send(&due(head(1, connection("a"), 0), what))
    }

    /// `order 5..7 dup`, `resend 1-0 at 7`, `logon 1 hb=30 reset`, …
    fn message(&mut self, who: &str, words: &[&str]) -> Vec<Event> {
        let client = if who == "c" { 2 } else { 1 };
        let option = |key: &str| words.iter().find_map(|word| word.strip_prefix(key));
        let at = words.iter().position(|word| *word == "at");
        let numbers = at.map(|at| words[at + 1]).or_else(|| words.get(1).copied()).unwrap_or("0");
        let (first, last) = numbers.split_once("..").unwrap_or((numbers, numbers));
        let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());

        let mut events = Vec::new();
        for number in first..=last {
            let mut head = head(client, connection(who), number);
            if words.contains(&"dup") {
                head.flags = CommandFlags::POSS_DUP;
            }
            events.extend(match words[0] {
                "logon" => {
                    let heartbeat_s = option("hb=").map_or(30, |hb| hb.parse().unwrap());
                    let mut logon = logon(head, heartbeat_s);
                    logon.reset_seq_num = flag(words.contains(&"reset")).into();
                    logon.cancel_on_disconnect = flag(words.contains(&"cod")).into();
                    let next = option("next=").map_or(0, |next| next.parse().unwrap());
                    logon.next_expected = u64::into(next);
                    self.rig.send(&logon)
                }
                "order" => {
                    let name = format!("o{number}");
                    self.rig.send(&order(head, &name, Side::Buy, "1", "100"))
                }
                "resend" => {
                    let (begin, end) = words[1].split_once('-').unwrap();
                    let (begin, end): (u64, u64) = (begin.parse().unwrap(), end.parse().unwrap());
                    let (begin_seq_no, end_seq_no) = (begin.into(), end.into());
                    self.rig.send(&j::ResendRequest { head, begin_seq_no, end_seq_no })
                }
                kind @ ("fill" | "reset") => {
                    let new_seq_no = words[1].parse::<u64>().unwrap().into();
                    let gap_fill = flag(kind == "fill").into();
                    self.rig.send(&j::SequenceReset { head, new_seq_no, gap_fill })
                }
                "test" => {
                    let test_req_id = fill_text(words[1].as_bytes()).unwrap();
                    self.rig.send(&j::TestRequest { head, test_req_id })
                }
                "refused" => {
                    let tag = option("tag=").map_or(0, |tag| tag.parse().unwrap());
                    let reason = option("reason=").map_or(0, |reason| reason.parse().unwrap());
                    self.rig.send(&refused(head, words[1], tag, reason))
                }
                "heartbeat" => self.rig.send(&j::Heartbeat { head }),
                "peerreject" => self.rig.send(&j::PeerReject { head, ref_seq_num: 1.into() }),
                "logout" => self.rig.send(&j::Logout { head }),
                "disconnect" => self.rig.send(&disconnected(head)),
                other => panic!("{other}"),
            });
        }
        events
    }
}

/// A NewOrderSingle (D) named `bad` that the gateway's checks did not like.
fn refused(head: CommandHead, verdict: &str, tag: u16, reason: u8) -> j::Refused {
    let verdict = match verdict {
        "session" => Verdict::SessionReject,
        "business" => Verdict::BusinessReject,
        "throttled" => Verdict::Throttled,
        "fatal" => Verdict::Fatal,
        "version" => Verdict::OtherVersion,
        other => panic!("{other}"),
    };
    j::Refused {
        head: CommandHead { verdict: verdict.into(), reason, ..head },
        ref_msg_type: fill_text(b"D").unwrap(),
        ref_id: fill_text(b"bad").unwrap(),
        ref_tag: RefTag::new((tag != 0).then_some(tag.into())),
        ..j::Refused::ZERO
    }
}

/// Words, to whom if not to `a`, and the number if there is one.
fn told(events: &[Event]) -> Vec<String> {
    let one = |(words, event): (String, &Event)| {
        let to = match event.conn() {
            None => "nobody: ",
            Some(c) if c == connection("a") => "",
            Some(c) if c == connection("b") => "b: ",
            Some(c) => {
                assert_eq!(c, connection("c"));
                "c: "
            }
        };
        let number = event.head.number.get();
        if number == 0 { format!("{to}{words}") } else { format!("{to}{words} #{number}") }
    };
    words(events).into_iter().map(one).collect()
}

fn connection(who: &str) -> Conn {
    conn(u16::from(who.as_bytes()[0] - b'a'), 9)
}

fn flag(set: bool) -> Boolean {
    if set { Boolean::True } else { Boolean::False }
}

fn seconds(text: &str) -> u64 {
    text.strip_suffix('s').unwrap().parse().unwrap()
}

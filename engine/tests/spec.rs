//! The rulebook of orders: one script per rule in `spec/`, played against an engine.
//!
//! ```text
//! # §1.2                     the paragraph of docs/rulebook.md that it plays, first of all
//! venue orders=2 cod         a new venue; without it, the usual one (`play/setup.rs`, also `client`)
//! buy A 10 @ 100 ioc of BTC  -> ok A      client 1; day unless said; ACME unless said
//! s2: sell B 5 market        -> ok B, trade BxA 5 @ 100
//! buy C 10 @ 100 hidden min=5 gtd=10s account=MAIN self=oldest       stop= show= post slide aon
//! cancel A as C | replace A as A2 5 @ 100 | status A      `#A`: by OrderID (37)
//! quote 7 10@99/8@101 1@9/-:BTC post      bid/offer of ACME, a bid of BTC: orders 7/1B, 7/1S and 7/2B
//! unquote 8 BTC              -> quoted 8/2 withdrawn 1
//! resend buy A 10 @ 100      -> again A …                 PossResend (97=Y)
//! mass M kill user | session | account=MAIN | firm        (`play/operator.rs`)
//! operator: phase ACME closing            instrument ACME static=500
//! ~ 10s                                   time passes; it shows with the next command
//! days 30                                 so often 24 hours and a tick
//! tick | disconnect | logout | heartbeat | logon [cod] [keep] [dead=5s]
//! book | book all            -> buy 5 @ 100 A, …          best first, oldest first
//! balance MAIN USD           -> 90 of 100
//! ```
//! Each command must cause exactly what stands behind its arrow: words of `common/words.rs`. Lines
//! behind `# wrong today:` are what the rulebook says and the engine does not do yet.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod common;
mod play;

use play::{Play, Setup};
use sbe_schemas::types::{AdminResult, CancelCause, CxlRejReason, MassRejReason, OrdRejReason};
use std::collections::BTreeSet;
use std::fmt::Debug;

macro_rules! rules {
    ($($rule:ident)*) => {
        /// Name and text of every script.
        const SCRIPTS: &[(&str, &str)] =
            &[$((stringify!($rule), include_str!(concat!("spec/", stringify!($rule), ".txt")))),*];
        $(
            #[test]
            fn $rule() {
                check(include_str!(concat!("spec/", stringify!($rule), ".txt")));
            }
        )*
    };
}

rules! {
    price_first_then_age
    an_order_that_may_not_rest_ends_at_once
    a_replace_keeps_its_place_only_when_it_asks_for_less
    a_replace_that_crosses_trades
    a_replace_is_refused_with_its_reason
    a_replace_to_what_is_filled_ends_the_order
    a_cancel_is_refused_with_its_reason
    a_new_order_is_rejected_with_its_reason
    a_full_venue_says_so_and_still_cancels
    a_cl_ord_id_is_used_once_until_it_is_forgotten
    a_possible_resend_is_answered_and_never_executed_again
    a_status_request_tells_the_state
    a_drop_copy_session_is_told_what_its_firm_is_told
    day_orders_expire_at_the_end_of_the_day
    the_average_price_is_rounded_half_to_even
    orders_are_cancelled_after_a_disconnect_only_if_asked_for
    a_market_order_goes_as_far_as_its_protection
    a_market_to_limit_order_rests_at_the_best_opposite_price
    a_stop_is_triggered_by_a_trade
    stops_are_triggered_one_at_a_time_and_may_trigger_others
    an_iceberg_shows_a_part_at_a_time
    shown_orders_trade_before_hidden_ones
    an_all_or_none_order_trades_whole_or_not
    a_post_only_order_never_trades_on_arrival
    enough_at_once_is_asked_before_the_first_trade
    pro_rata_shares_out_what_trades_at_a_price
    the_public_is_told_before_the_owners
    the_first_thing_said_against_an_order_is_the_answer
    terms_that_exclude_each_other_are_refused
    an_order_for_the_auction_waits_for_it
    each_phase_takes_what_it_takes
    the_uncross_trades_most_at_one_price
    an_uncross_takes_the_best_of_either_side_part_by_part
    an_auction_tells_its_indicative_price
    an_order_that_is_not_permitted_is_refused
    a_client_that_falls_silent_loses_its_orders
    a_logout_may_leave_the_orders_where_they_are
    phases_change_by_timetable
    stops_wait_for_continuous_trading
    a_block_refuses_what_is_new
    a_funded_account_spends_what_it_has
    a_limit_may_not_go_far_through_the_other_side
    a_mass_cancel_ends_what_it_names
    a_replace_is_asked_what_may_change
    a_trade_outside_a_band_does_not_happen
    a_volatility_auction_begins_where_a_band_would_be_left
    an_order_good_till_a_date_ends_at_its_time
    an_order_that_meets_one_of_its_own_does_as_it_was_told
    fees_follow_the_traded_volume
    limits_of_accounts_and_firms_hold
    the_first_thing_said_against_a_replace_is_the_answer
    what_is_due_at_one_instant_happens_in_order
    who_is_one_and_the_same
    a_trade_that_is_busted_is_undone_for_both
    a_quote_is_what_its_session_says_last
    a_quote_that_is_refused_leaves_nothing_behind
    a_quote_ends_like_an_order_and_by_request
}

/// Plays a script; the reasons and causes it was told.
fn check(script: &str) -> BTreeSet<String> {
    let (mut setup, mut play) = (Setup::venue(""), None::<Play>);
    let (mut reasons, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut end = |play: Option<Play>| {
        if let Some(mut play) = play {
            play.rig.check_replay();
            reasons.append(&mut play.reasons);
        }
    };
    for (at, line) in script.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        if let Some(options) = line.strip_prefix("venue") {
            end(play.take());
            setup = Setup::venue(options);
            continue;
        }
        if let Some(words) = line.strip_prefix("client ") {
            assert!(play.is_none(), "line {}: clients come before they act", at + 1);
            setup.client(words);
            continue;
        }
        let (action, wanted) = line.split_once("->").unwrap_or((line, ""));
        let wanted: Vec<_> =
            wanted.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        let told = play.get_or_insert_with(|| Play::new(&setup)).act(action.trim());
        if told != wanted {
            wrong.push(format!("line {}: {line}\n   was told: {}", at + 1, told.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    end(play);
    reasons
}

#[test]
fn every_reject_reason_is_reached_by_a_script() {
    let told: BTreeSet<_> = SCRIPTS.iter().flat_map(|(_, script)| check(script)).collect();
    let all = [
        names("OrdRejReason", &OrdRejReason::ALL),
        names("CxlRejReason", &CxlRejReason::ALL),
        names("CancelCause", &CancelCause::ALL),
        names("MassRejReason", &MassRejReason::ALL),
        names("AdminResult", &AdminResult::ALL),
    ]
    .concat();
    let missing: Vec<_> = all.iter().filter(|reason| !told.contains(*reason)).collect();
    assert!(missing.is_empty(), "nobody was told {missing:?}");
}

fn names<T: Debug>(kind: &str, values: &[T]) -> Vec<String> {
    values.iter().map(|value| format!("{kind} {value:?}")).collect()
}

/// The paragraphs of the rulebook that are rules: its headings, without the introduction.
fn paragraphs() -> Vec<&'static str> {
    let headings = include_str!("../../docs/rulebook.md").lines().filter(|l| l.starts_with("##"));
    let number = |line: &'static str| line.split(' ').nth(1).unwrap().trim_end_matches('.');
    headings.map(number).collect()
}

#[test]
fn every_script_cites_a_paragraph_and_every_paragraph_is_cited() {
    let mut cited = BTreeSet::new();
    for (name, script) in SCRIPTS {
        let first = script.lines().next().unwrap_or("");
        let citations = first.strip_prefix("# ").unwrap_or("").split(' ');
        for citation in citations {
            let number = citation.strip_prefix('§').unwrap_or_else(|| panic!("{name}: {first}"));
            // A rule's own number within its paragraph (§1.2.3) is the reader's.
            let is_in = |p: &str| number == p || number.starts_with(&format!("{p}."));
            let paragraph = paragraphs().into_iter().rev().find(|p| is_in(p));
            cited.insert(paragraph.unwrap_or_else(|| panic!("{name} cites §{number}")));
        }
    }
    let silent: Vec<_> = paragraphs().into_iter().filter(|p| !cited.contains(p)).collect();
    assert!(silent.is_empty(), "no script plays {silent:?}");
}

#[test]
fn every_script_is_played() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spec");
    for file in std::fs::read_dir(directory).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let rule = name.strip_suffix(".txt").unwrap();
        assert!(SCRIPTS.iter().any(|(known, _)| *known == rule), "{name} is nobody's rule");
    }
}

//! The network cards: how long they hold a packet back, and how many they can hold.

use super::Finding;
use crate::io::host::Facts;

pub(super) fn look(facts: &impl Facts) -> Vec<Finding> {
    // What has a device behind it; bridges, tunnels and loopback have none.
    let is_card = |name: &String| !facts.names(&format!("/sys/class/net/{name}/device")).is_empty();
    let cards: Vec<_> = facts.names("/sys/class/net").into_iter().filter(is_card).collect();
    if cards.is_empty() {
        return vec![Finding::unknown("network card", "there is none")];
    }
    cards.iter().flat_map(|card| [coalescing(facts, card), rings(facts, card)]).collect()
}

/// `Name: value` and `Name:  value` lines.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(name))?;
    line.strip_prefix(':')?.split_whitespace().next()
}

fn coalescing(facts: &impl Facts, card: &str) -> Finding {
    let what = format!("{card} coalescing");
    let Some(told) = facts.said("ethtool", &["-c", card]) else {
        return Finding::unknown(
            &what,
            "ethtool does not say (is it installed, does the driver know?)",
        );
    };
    let waits = value(&told, "rx-usecs").filter(|us| *us != "n/a").unwrap_or("0");
    let adapts = value(&told, "Adaptive RX") == Some("on");
    if waits == "0" && !adapts {
        return Finding::pass(&what, "a packet interrupts at once");
    }
    let seen = if adapts { "adaptive".into() } else { format!("a packet waits up to {waits} us") };
    Finding::warn(&what, seen, format!("sudo scripts/tune-host --apply --interface {card}"))
}

fn rings(facts: &impl Facts, card: &str) -> Finding {
    let what = format!("{card} receive ring");
    let told = facts.said("ethtool", &["-g", card]).unwrap_or_default();
    let Some((most, now)) = told.split_once("Current hardware settings") else {
        return Finding::unknown(
            &what,
            "ethtool does not say (is it installed, does the driver know?)",
        );
    };
    let number = |text| value(text, "RX").and_then(|n| n.parse::<u64>().ok());
    match (number(most), number(now)) {
        (Some(most), Some(now)) if now < most => Finding::warn(
            &what,
            format!("{now} of {most} packets"),
            format!("ethtool -G {card} rx {most}"),
        ),
        (Some(_), Some(now)) => Finding::pass(&what, format!("{now} packets")),
        _ => Finding::unknown(&what, "the driver does not say"),
    }
}

//! `portcullis doctor`: what this host could do better for a venue, from the region down to the interrupts.
//!
//! In the order in which it matters, which is also that of AWS's guidance for exchanges: region, zone, placement,
//! instance (`doctor/place.rs`), then the operating system (`doctor/system.rs`) and the network cards
//! (`doctor/cards.rs`). Each finding passes, warns and says the fix, or is unknown. Nothing is changed: what
//! `scripts/tune-host` can do is left to it. What is asked of the host goes through `io/host.rs`.

mod cards;
mod place;
mod system;

use crate::io::host::{Facts, ThisHost};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// How to say it.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 nothing to do better, 1 there are warnings.")]
pub struct DoctorArgs {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pass,
    Warn,
    Unknown,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    what: String,
    state: State,
    seen: String,
    /// What to do; empty unless it warns.
    fix: String,
}

impl Finding {
    fn pass(what: &str, seen: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Pass, seen: seen.into(), fix: String::new() }
    }

    fn unknown(what: &str, why: impl Into<String>) -> Self {
        Self { state: State::Unknown, ..Self::pass(what, why) }
    }

    fn warn(what: &str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Warn, fix: fix.into(), ..Self::pass(what, seen) }
    }
}

fn look(facts: &impl Facts) -> Vec<Finding> {
    let mut findings = place::look(facts);
    findings.extend(system::look(facts));
    findings.extend(cards::look(facts));
    findings
}

/// Looks at this host and prints what it has found.
///
/// # Errors
/// Standard output cannot be written to.
pub fn run(args: &DoctorArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let findings = look(&ThisHost::default());
    if args.json {
        writeln!(out, "{}", as_json(&findings))?;
    } else {
        write!(out, "{}", as_text(&findings))?;
    }
    Ok(if warnings(&findings) > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn warnings(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.state == State::Warn).count()
}

fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { what, state, seen, fix } in findings {
        text += &format!("{:<8}{what:<20}{seen}\n", state.name());
        if !fix.is_empty() {
            text += &format!("{:<28}fix: {fix}\n", "");
        }
    }
    let unknown = findings.iter().filter(|finding| finding.state == State::Unknown).count();
    text + &format!("{} warnings, {unknown} unknown, of {}\n", warnings(findings), findings.len())
}

fn as_json(findings: &[Finding]) -> serde_json::Value {
    let told = |finding: &Finding| {
        json!({
            "what": finding.what,
            "state": finding.state.name(),
            "seen": finding.seen,
            "fix": (!finding.fix.is_empty()).then_some(&finding.fix),
        })
    };
    json!({
        "ok": warnings(findings) == 0,
        "findings": findings.iter().map(told).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;

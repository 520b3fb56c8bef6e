//! Binary order entry against the real binary: every rule of docs/wire/sbe.md as a script, on both back ends
//! and placements, over a client that knows the published XML only. `SBE_RULES=word` runs those with the word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test, and parts that it shares with another"
)]

#[path = "../wire/peer.rs"]
mod peer;
mod schema;
mod script;
mod seat;
mod together;
#[path = "../wire/venue.rs"]
mod venue;
mod wireshark;

use schema::Schema;
use script::Play;
use std::fmt::Write;
use venue::{MATRIX, Venue};
use wireshark::Said;

/// Instruments of the demo venue stand in front of the scripts' own.
const DEMO_INSTRUMENTS: u32 = 3;
/// Scripts in which somebody says what is in no schema.
const WRONG_ON_PURPOSE: [&str; 3] = ["credentials", "fields", "malformed"];

fn scripts() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sbe/rules");
    let word = std::env::var("SBE_RULES").unwrap_or_default();
    let mut scripts: Vec<_> = std::fs::read_dir(folder)
        .expect("the rules")
        .map(|entry| entry.expect("a rule").path())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("text"))
        })
        .collect();
    scripts.sort();
    scripts.retain(|(name, _)| name.contains(&word));
    assert!(!scripts.is_empty());
    scripts
}

/// The demo venue with an instrument and three sessions for each script.
fn stage(demo: &str, scripts: usize, wide: bool) -> String {
    let mut text = demo.replace("wide_frames = false", &format!("wide_frames = {wide}"));
    text = text.replace("sessions_max = 64", "sessions_max = 512");
    text = text.replace("accounts_max = 256", "accounts_max = 1024");
    for n in 0..scripts {
        let _ = write!(
            text,
            "\n[[instrument]]\nsymbol = \"R{n}\"\ntick = \"0.01\"\nlot = \"1\"\nquantity_max = \"1000\"\nprice_max = \"1000\"\n"
        );
        let _ = write!(text, "\n[[firm]]\nnumber = {}\n", 100 + n);
        for who in ["A", "B", "D"] {
            let drop_copy = if who == "D" { "drop_copy = true\n" } else { "" };
            let _ = write!(
                text,
                "\n[[session]]\ncomp_id = \"S{n}{who}\"\nprotocol = \"sbe\"\nfirm = {}\nhmac_key = \"text:secret-key\"\n{drop_copy}",
                100 + n
            );
        }
    }
    text
}

impl script::Venue for Venue {
    fn address(&self) -> String {
        self.sbe_address.clone()
    }

    fn kill(&mut self) {
        self.kill_9();
        self.restart();
    }
}

fn play_all(transport: &str, placement: &str, wide: bool) {
    let (schema, scripts) = (Schema::read(), scripts());
    let mut venue = Venue::start(transport, placement, |demo| stage(&demo, scripts.len(), wide));
    let (mut failed, mut said) = (String::new(), Vec::new());
    for (n, (name, text)) in scripts.iter().enumerate() {
        let mut play = Play {
            schema: &schema,
            venue: &mut venue,
            prefix: format!("S{n}"),
            instrument: DEMO_INSTRUMENTS + 1 + n as u32,
            narrow: !wide,
        };
        match play.run(text) {
            Ok(mut of_it) if !WRONG_ON_PURPOSE.contains(&name.as_str()) => said.append(&mut of_it),
            Ok(_) => {}
            Err(why) => {
                let _ = write!(failed, "\n{name}, {why}");
            }
        }
    }
    assert!(failed.is_empty(), "{transport}, {placement}:{failed}");
    if !wide && std::env::var("SBE_RULES").is_err() {
        let name = |(_, frame): &Said| schema.decode(&frame[4..]).expect("as in the schema").name;
        let names: Vec<String> = said.iter().map(name).collect();
        wireshark::understands(&said, &names);
    }
}

#[test]
fn rules_hold_over_io_uring_fused() {
    play_all(MATRIX[0].0, MATRIX[0].1, false);
}

#[test]
fn rules_hold_over_io_uring_split_in_wide_frames() {
    play_all(MATRIX[1].0, MATRIX[1].1, true);
}

#[test]
fn rules_hold_over_mio_fused() {
    play_all(MATRIX[2].0, MATRIX[2].1, false);
}

#[test]
fn rules_hold_over_mio_split() {
    play_all(MATRIX[3].0, MATRIX[3].1, false);
}

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

use schema::{Schema, XML, XML_0};
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
    play_as(XML, &scripts(), transport, placement, wide);
}

fn play_as(xml: &str, scripts: &[(String, String)], transport: &str, placement: &str, wide: bool) {
    let schema = Schema::read(xml);
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
        if xml == XML {
            wireshark::understands(&said, &names);
        }
    }
}

/// A client of an earlier version: it knows neither quotes nor assets, and all else is as it was.
#[test]
fn rules_hold_for_a_client_of_the_first_version() {
    let mut scripts = scripts();
    scripts.retain(|(name, _)| name != "quotes");
    let scripts: Vec<_> = scripts.into_iter().map(|(name, text)| (name, without(&text))).collect();
    play_as(XML_0, &scripts, MATRIX[0].0, MATRIX[0].1, false);
}

/// Without what later versions have added.
fn without(text: &str) -> String {
    let text = text.replace(" base=BTC quote=USD", "");
    let known = |line: &&str| !line.contains("MassQuote") && !line.contains("refTemplate=28");
    text.lines().filter(known).collect::<Vec<_>>().join("\n")
}

/// A client of a version that there is not yet: requests are longer than the venue knows, reports shorter than
/// the client knows, and a request of a template that the venue does not know is refused.
#[test]
fn rules_hold_for_a_client_of_a_later_version() {
    let later = r#"<field name="later" id="90" type="uint64" sinceVersion="2"/>"#;
    let grown = |xml: String, message: &str| {
        let (before, at) = xml.split_once(&format!("name=\"{message}\" id=")).expect("a message");
        let end = at.find("<group").unwrap_or(usize::MAX);
        let end = end.min(at.find("</sbe:message>").expect("its end"));
        format!("{before}name=\"{message}\" id={}{later}{}", &at[..end], &at[end..])
    };
    let mut xml = XML.replacen("version=\"1\"", "version=\"2\"", 1).replacen(
        "?xml version=\"2\"",
        "?xml version=\"1\"",
        1,
    );
    for message in
        ["NewOrder", "Cancel", "CancelReplace", "MassQuote", "ExecutionReportNew", "InstrumentInfo"]
    {
        xml = grown(xml, message);
    }
    let request = r#"<sbe:message name="Later" id="35" sinceVersion="2"><field name="head" id="1" type="RequestHead"/></sbe:message></sbe:messageSchema>"#;
    let xml = xml.replace("</sbe:messageSchema>", request);
    let mut scripts = scripts();
    let asks = "A logs on\nA> Later\nA< BusinessReject refSeqNum=1 refTemplate=35 reason=3\n";
    scripts.push(("later".into(), asks.into()));
    play_as(&xml, &scripts, MATRIX[0].0, MATRIX[0].1, false);
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

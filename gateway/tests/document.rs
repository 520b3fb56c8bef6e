//! The examples of docs/wire/fix.md, executed: a client sends what stands behind `>`, and the venue answers
//! what stands behind `<`.
//!
//! A block is a story of its own, of CLIENT1 and a new demo venue; one that does not begin with a Logon begins
//! behind it. What a line leaves out is filled in: 49, 56, 34, 52, and `…` for a time that is now. Of an
//! answer every field must be there with its value and in this order; times, and fields with `…`, need only
//! be there, and `…` by itself stands for others between. A line without arrow says what another does:
//! `somebody buys|sells N`, at the price of the last order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

#[allow(dead_code, reason = "the wire's tests take more of it")]
#[path = "wire/peer.rs"]
mod peer;
#[allow(dead_code, reason = "the wire's tests take more of it")]
#[path = "wire/venue.rs"]
mod venue;

use peer::Peer;
use std::path::Path;
use venue::Venue;

/// What the runner, or the moment, says.
const FILLED: [&str; 5] = ["35", "49", "56", "34", "52"];
const TIMES: [&str; 3] = ["52", "60", "122"];

#[test]
fn the_examples_of_the_document_are_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire/fix.md");
    let document = std::fs::read_to_string(path).unwrap();
    let stories: Vec<&str> = blocks(&document)
        .into_iter()
        .filter(|block| block.starts_with("> ") || block.starts_with("< "))
        .collect();
    assert!(stories.len() >= 2, "the examples of docs/wire/fix.md were not found");
    for story in stories {
        play(story);
    }
}

#[test]
fn an_example_that_is_not_true_is_found() {
    let order = "> 35=D|34=2|11=a1|55=ACME|54=1|60=…|38=100|40=2|44=10.5|59=1|\n";
    for wrong in
        ["< 35=8|150=4|", "< 35=8|39=0|150=0|", "< 35=8|150=0|9999=…|", "  nobody does anything"]
    {
        let story = format!("{order}{wrong}");
        assert!(std::panic::catch_unwind(|| play(&story)).is_err(), "{wrong}");
    }
}

fn blocks(document: &str) -> Vec<&str> {
    let parts = document.split("```text\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap_or("")).collect()
}

fn play(story: &str) {
    let venue = Venue::start("mio", "fused", |config| config);
    let mut client = venue.connect("CLIENT1");
    let mut other = None;
    if !story.starts_with("> 35=A|") {
        client.log_on();
    }
    let mut price = String::new();
    for line in story.lines() {
        if let Some(message) = line.strip_prefix("> ") {
            let fields = fields(message);
            price = value(&fields, "44").unwrap_or(&price).to_owned();
            send(&mut client, &fields);
        } else if let Some(wanted) = line.strip_prefix("< ") {
            let seen = client.read_message().unwrap_or_else(|| panic!("nothing for {line}"));
            matches(&fields(wanted), &fields(&seen), line);
        } else {
            let somebody = other.get_or_insert_with(|| venue.log_on("CLIENT2"));
            act(somebody, line, &price);
        }
    }
}

type Field<'a> = (&'a str, &'a str);

/// `…` by itself is a field without tag.
fn fields(text: &str) -> Vec<Field<'_>> {
    let all = text.trim().split('|').filter(|field| !field.is_empty());
    all.map(|field| field.split_once('=').unwrap_or(("", field))).collect()
}

fn value<'a>(fields: &[Field<'a>], tag: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.0 == tag).map(|field| field.1)
}

fn send(client: &mut Peer, fields: &[Field<'_>]) {
    if let Some(number) = value(fields, "34") {
        assert_eq!(number, client.next_out.to_string(), "the number of the message");
    }
    let body: Vec<String> = fields
        .iter()
        .filter(|(tag, _)| !FILLED.contains(tag))
        .map(|(tag, value)| format!("{tag}={}|", value.replace('…', "NOW")))
        .collect();
    client.send(value(fields, "35").expect("a message has a MsgType"), &body.concat());
}

/// Each wanted field is in what was seen, behind the one before it.
fn matches(wanted: &[Field<'_>], seen: &[Field<'_>], line: &str) {
    let mut rest = seen.iter();
    for (tag, value) in wanted.iter().filter(|(tag, _)| !tag.is_empty()) {
        let free = *value == "…" || TIMES.contains(tag);
        let found = rest.any(|(t, v)| t == tag && (free || v == value));
        assert!(found, "no {tag}={value} in its place: {line}\n  {seen:?}");
    }
}

/// `somebody sells 40`.
fn act(somebody: &mut Peer, line: &str, price: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (side, quantity) = match words[..] {
        ["somebody", "buys", quantity] => ("1", quantity),
        ["somebody", "sells", quantity] => ("2", quantity),
        _ => panic!("nobody knows how to do this: {line}"),
    };
    let name = format!("other-{}", somebody.next_out);
    somebody.order(&name, side, quantity, price);
    somebody.expect("35=8 150=0");
}

//! The committed files are what the generator prints today, and the dictionary for clients is what
//! docs/wire/fix.md says.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn check(what: &str, committed: &str) {
    let printed = Command::new(env!("CARGO_BIN_EXE_fix-oracle")).arg(what).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let before = std::fs::read_to_string(root().join(committed)).unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let differs = printed.lines().zip(before.lines()).position(|(new, old)| new != old);
    assert!(
        printed == before,
        "line {:?} differs: cargo run -p fix-oracle -- {what} > {committed}",
        differs.map(|line| line + 1)
    );
}

#[test]
fn the_committed_tables_are_current() {
    check("tables", "gateway/src/fix/tables.rs");
}

#[test]
fn the_committed_dictionaries_are_current() {
    check("orders", "docs/fix/portcullis-orders.xml");
    check("market-data", "docs/fix/portcullis-market-data.xml");
}

/// Tags of a message, and those that are required.
type Fields = (BTreeSet<u16>, BTreeSet<u16>);

/// Every tag that a row of "Messages in" or "Messages out" names is in the dictionary's message, bold ones as
/// required; and no message is in one and not in the other.
#[test]
fn the_dictionary_has_what_the_document_says() {
    let xml = agree("docs/wire/fix.md", "docs/fix/portcullis-orders.xml");
    for tag in [5018, 5019, 5020, 5021, 5022, 8013] {
        assert!(xml.contains(&format!("<field number='{tag}'")), "{tag}");
    }
}

/// The same of market data; what is in brackets there are the fields of a group.
#[test]
fn the_dictionary_of_market_data_has_what_the_page_says() {
    let page = "docs/wire/fix-market-data.md";
    let xml = agree(page, "docs/fix/portcullis-market-data.xml");
    for tag in [5022, 5024, 5025] {
        assert!(xml.contains(&format!("<field number='{tag}'")), "{tag}");
    }
    let document = std::fs::read_to_string(root().join(page)).unwrap();
    let dictionary = messages(&xml);
    for (kinds, text) in rows(&document) {
        let kind = kinds[0].as_str();
        let groups = text.match_indices('(').map(|(at, _)| &text[at + 1..]);
        for group in groups.map(|rest| rest.split(')').next().unwrap()) {
            let said = group.split(", ").filter_map(|word| word.parse().ok());
            let said: BTreeSet<u16> = said.collect();
            let known = &dictionary[kind].0;
            assert!(said.is_subset(known), "{kind}: {:?}", said.difference(known));
        }
    }
}

/// The text of the dictionary, once it has been held against the page.
fn agree(page: &str, dictionary: &str) -> String {
    let document = std::fs::read_to_string(root().join(page)).unwrap();
    let xml = std::fs::read_to_string(root().join(dictionary)).unwrap();
    let dictionary = messages(&xml);
    let mut said = BTreeSet::new();
    for (kinds, text) in rows(&document) {
        for kind in kinds {
            if text == "as in order entry" {
                said.insert(kind); // Its fields are held against the other page.
                continue;
            }
            let (known, required) = dictionary.get(&kind).unwrap_or_else(|| {
                panic!("no {kind}: add it to ORDERS of gateway/oracle/src/quickfix.rs")
            });
            // A row of several messages says which tags are whose: `0: 112. 1: 112.`
            let of_kind = text.split(". ").find_map(|part| part.strip_prefix(&format!("{kind}: ")));
            let (tags, bold) = tags(of_kind.unwrap_or(&text));
            assert!(tags.is_subset(known), "{kind}: {:?}", tags.difference(known));
            assert!(bold.is_subset(required), "{kind}: {:?}", bold.difference(required));
            said.insert(kind);
        }
    }
    let known: BTreeSet<String> = dictionary.into_keys().collect();
    assert_eq!(said, known);
    xml
}

/// MsgTypes and what is said of their fields, of both tables.
fn rows(document: &str) -> Vec<(Vec<String>, String)> {
    let mut rows = Vec::new();
    for title in ["## Messages in\n", "## Messages out\n"] {
        let (_, part) = document.split_once(title).unwrap();
        let table = part.lines().skip_while(|line| !line.starts_with("| 35 |")).skip(2);
        for row in table.take_while(|line| line.starts_with('|')) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let kinds = cells[0].split([' ', ',']).filter(|kind| !kind.is_empty());
            rows.push((kinds.map(str::to_owned).collect(), cells[2].to_owned()));
        }
    }
    assert!(rows.len() > 10, "the tables of docs/wire/fix.md were not found");
    rows
}

/// The numbers in `text` that are tags: what follows a `=` or is in brackets is not.
fn tags(text: &str) -> Fields {
    let (mut tags, mut bold) = (BTreeSet::new(), BTreeSet::new());
    let mut plain = String::new();
    let mut depth = 0;
    for letter in text.chars() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        plain.extend((depth == 0).then_some(letter));
    }
    for word in plain.split([' ', ',', ';']) {
        let name = word.trim_matches('*').split('=').next().unwrap_or("");
        if let Ok(tag) = name.parse() {
            tags.insert(tag);
            if word.starts_with("**") {
                bold.insert(tag);
            }
        }
    }
    (tags, bold)
}

/// The messages of the dictionary, those of header and trailer not among their fields.
fn messages(xml: &str) -> BTreeMap<String, Fields> {
    let attribute = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}='"))?;
        Some(rest.split_once('\'')?.0.to_owned())
    };
    let mut numbers = BTreeMap::new();
    for line in xml.lines().filter(|line| line.contains("<field number=")) {
        let number: u16 = attribute(line, "number").unwrap().parse().unwrap();
        numbers.insert(attribute(line, "name").unwrap(), number);
    }
    let mut all: BTreeMap<String, Fields> = BTreeMap::new();
    let mut current = None;
    let header: Vec<u16> = vec![115, 116, 128, 129, 144, 145];
    for line in xml.lines() {
        if line.contains("<message ") {
            let kind = attribute(line, "msgtype").unwrap();
            all.insert(kind.clone(), (header.iter().copied().collect(), BTreeSet::new()));
            current = Some(kind);
        } else if line.contains("</message>") {
            current = None;
        } else if let (Some(kind), true) =
            (&current, line.contains("<field name=") || line.contains("<group name="))
        {
            let tag = numbers[&attribute(line, "name").unwrap()];
            let (tags, required) = all.get_mut(kind).unwrap();
            tags.insert(tag);
            if attribute(line, "required").unwrap() == "Y" {
                required.insert(tag);
            }
        }
    }
    all
}

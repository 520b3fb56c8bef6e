//! Writes `gateway/src/fix/tables.rs` from the FIX 4.4 dictionary that fefix carries, and from the same
//! the dictionaries that clients load.
//!
//! ```text
//! cargo run -p fix-oracle -- tables > gateway/src/fix/tables.rs
//! cargo run -p fix-oracle -- orders > docs/fix/portcullis-orders.xml
//! cargo run -p fix-oracle -- market-data > docs/fix/portcullis-market-data.xml
//! ```
//!
//! A tool of the developers, never part of the binary. `model.rs` reads the dictionary and checks
//! that it is plausible; this file only prints, and `quickfix.rs` what is for clients.
//! `tests/current.rs` proves the committed files current; `tests/differential.rs` sets our decoder
//! against fefix's.

mod model;
mod quickfix;

use std::fmt::Write as _;

use anyhow::Context as _;
use model::{Field, Group, Layout, Model};

const USAGE: &str = "usage: fix-oracle tables | orders | market-data";

const HEAD: &str = "\
//! FIX 4.4 as static data: tags, message types, fields, groups, messages.
//!
//! GENERATED from the dictionary of fefix 0.7, do not edit:
//! `cargo run -p fix-oracle -- tables > gateway/src/fix/tables.rs`.
//! `dictionary.rs` says what the shapes mean and is what other files ask.

use super::dictionary::{Field, Group, Kind::*, Layout, Message, Values::Words};
use super::dictionary::{any, chars, one_of, pair, set};
";

fn main() -> anyhow::Result<()> {
    let model = Model::fix44()?;
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().filter(|_| arguments.len() == 0);
    match wanted.as_deref() {
        Some("tables") => print!("{}", tables(&model)?),
        Some(file) => {
            let books = [quickfix::ORDER_ENTRY, quickfix::MARKET_DATA];
            let book = books.iter().find(|book| book.file == file).context(USAGE)?;
            print!("{}", quickfix::dictionary(&model, book)?);
        }
        None => anyhow::bail!(USAGE),
    }
    Ok(())
}

fn tables(model: &Model) -> anyhow::Result<String> {
    let mut out = String::from(HEAD);
    let tag_max = model.fields.keys().last().copied().unwrap_or(0);
    writeln!(out, "\n/// The highest tag of FIX 4.4.\npub const TAG_MAX: u16 = {tag_max};")?;

    writeln!(out, "\n/// Every tag, by its FIX name.")?;
    writeln!(out, "#[allow(missing_docs, reason = \"the names are FIX 4.4's\")]")?;
    writeln!(out, "pub mod tag {{")?;
    for (tag, field) in &model.fields {
        writeln!(out, "    pub const {}: u16 = {tag};", screaming(&field.name))?;
    }
    writeln!(out, "}}\n\n/// Every value of MsgType (35), by the name of the message.")?;
    writeln!(out, "#[allow(missing_docs, reason = \"the names are FIX 4.4's\")]")?;
    writeln!(out, "pub mod msg_type {{")?;
    for (msg_type, message) in &model.messages {
        writeln!(out, "    pub const {}: &[u8] = b\"{msg_type}\";", screaming(&message.name))?;
    }
    writeln!(out, "}}\n\n/// Every field; the tag is the index.")?;
    writeln!(out, "pub(super) static FIELDS: [Field; TAG_MAX as usize + 1] = [")?;
    for tag in 0..=tag_max {
        match model.fields.get(&tag) {
            Some(field) => write_field(&mut out, tag, field)?,
            None => writeln!(out, "    any(Undefined), // {tag}")?,
        }
    }
    writeln!(out, "];")?;

    for (at, group) in model.groups.iter().enumerate() {
        write_group(&mut out, model, at, group)?;
    }
    writeln!(out, "\n/// In front of every message.")?;
    write!(out, "pub(super) static HEADER: Layout = ")?;
    write_layout(&mut out, model, &model.header, 0)?;
    writeln!(out, ";\n\n/// At the end of every message.")?;
    write!(out, "pub(super) static TRAILER: Layout = ")?;
    write_layout(&mut out, model, &model.trailer, 0)?;
    writeln!(out, ";\n\n/// Every message, in byte order of MsgType.")?;
    writeln!(out, "pub(super) static MESSAGES: [Message; {}] = [", model.messages.len())?;
    for (msg_type, message) in &model.messages {
        writeln!(out, "    // {}", message.name)?;
        writeln!(out, "    Message {{")?;
        writeln!(out, "        msg_type: \"{msg_type}\",")?;
        write!(out, "        body: ")?;
        write_layout(&mut out, model, &message.body, 8)?;
        writeln!(out, ",\n    }},")?;
    }
    writeln!(out, "];")?;
    Ok(out)
}

fn write_field(out: &mut String, tag: u16, field: &Field) -> std::fmt::Result {
    let (kind, name) = (field.kind, &field.name);
    if field.pair != 0 {
        return writeln!(out, "    pair({kind}, {}), // {tag} {name}", field.pair);
    }
    if field.values.is_empty() {
        return writeln!(out, "    any({kind}), // {tag} {name}");
    }
    if field.values.iter().all(|value| value.len() == 1) {
        let all: String = field.values.iter().map(String::as_str).collect();
        return writeln!(out, "    one_of({kind}, chars(b\"{all}\")), // {tag} {name}");
    }
    let quoted: Vec<_> = field.values.iter().map(|value| format!("\"{value}\"")).collect();
    let line = format!("    one_of({kind}, Words(&[{}])), // {tag} {name}", quoted.join(", "));
    if line.len() <= 100 {
        return writeln!(out, "{line}");
    }
    writeln!(out, "    // {tag} {name}\n    one_of({kind}, Words(&[")?;
    write_wrapped(out, &quoted, 8)?;
    writeln!(out, "    ])),")
}

fn write_group(out: &mut String, model: &Model, at: usize, group: &Group) -> std::fmt::Result {
    writeln!(out, "\n/// {} ({}).", model.fields[&group.count].name, group.count)?;
    writeln!(out, "static {}: Group = Group {{", model.group_name(at))?;
    writeln!(out, "    count: {},\n    delimiter: {},", group.count, group.delimiter)?;
    write!(out, "    entry: ")?;
    write_layout(out, model, &group.entry, 4)?;
    writeln!(out, ",\n}};")
}

fn write_layout(
    out: &mut String,
    model: &Model,
    layout: &Layout,
    indent: usize,
) -> std::fmt::Result {
    let pad = " ".repeat(indent);
    writeln!(out, "Layout {{")?;
    write_set(out, "fields", layout.fields.iter(), indent + 4)?;
    write_set(out, "required", layout.required.iter(), indent + 4)?;
    let groups: Vec<_> =
        layout.groups.iter().map(|&at| format!("&{}", model.group_name(at))).collect();
    let line = format!("{pad}    groups: &[{}],", groups.join(", "));
    if line.len() <= 100 {
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "{pad}    groups: &[")?;
        write_wrapped(out, &groups, indent + 8)?;
        writeln!(out, "{pad}    ],")?;
    }
    write!(out, "{pad}}}")
}

fn write_set<'a>(
    out: &mut String,
    name: &str,
    tags: impl Iterator<Item = &'a u16>,
    indent: usize,
) -> std::fmt::Result {
    let pad = " ".repeat(indent);
    let tags: Vec<_> = tags.map(u16::to_string).collect();
    let line = format!("{pad}{name}: set(&[{}]),", tags.join(", "));
    if line.len() <= 100 {
        return writeln!(out, "{line}");
    }
    writeln!(out, "{pad}{name}: set(&[")?;
    write_wrapped(out, &tags, indent + 4)?;
    writeln!(out, "{pad}]),")
}

/// `items` with commas, in lines of at most 100 columns.
fn write_wrapped(out: &mut String, items: &[String], indent: usize) -> std::fmt::Result {
    let mut line = " ".repeat(indent);
    for item in items {
        if line.len() + item.len() + 1 > 100 {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
        }
        line += item;
        line += ", ";
    }
    writeln!(out, "{}", line.trim_end())
}

/// `ClOrdID` -> `CL_ORD_ID`, `NoMDEntries` -> `NO_MD_ENTRIES`, `NoPartyIDs` -> `NO_PARTY_IDS`.
fn screaming(name: &str) -> String {
    // Where capitals alone do not show the words.
    let name = name.replace("IDs", "Ids").replace("IOIID", "IoiID").replace("UIndex", "Uindex");
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let starts_word = before.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            || (before.is_some() && after.is_some_and(char::is_ascii_lowercase));
        if letter.is_ascii_uppercase() && starts_word {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

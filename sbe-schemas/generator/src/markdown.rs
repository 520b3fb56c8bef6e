//! The model as a page for people: every message with its fields and offsets, every enum and set.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::model::{Def, Field, Group, Level, Message, Prim, REPORT_HEAD, Schema, Shape};
use crate::spell::line;

const COLUMNS: &str = "| offset | id | field | type | |\n| ---: | ---: | --- | --- | --- |";

/// Everything of one schema, as Markdown.
pub(crate) fn page(schema: &Schema) -> String {
    let mut out = String::new();
    line!(out, "# {}: schema {}, version {}\n", schema.doc, schema.id, schema.version);
    line!(
        out,
        "<!-- Written by `cargo run -p sbe-generator` from {}; do not edit. -->\n",
        schema.file
    );
    line!(out, "All numbers are little-endian; offsets count from the end of the SBE header.\n");
    line!(out, "## Messages\n");
    for message in &schema.messages {
        one(&mut out, schema, message);
    }
    let used = used(schema);
    line!(out, "## Types\n");
    for def in used.iter().filter_map(|name| schema.defs.get(name)) {
        values(&mut out, def);
    }
    out
}

fn one(out: &mut String, schema: &Schema, message: &Message) {
    let Level { name, doc, block_length, head_length, fields, base, .. } = &message.level;
    let length = block_length + head_length;
    let from = since(*base, 0);
    line!(out, "### {name} ({}), {length} bytes{from}\n", message.id);
    if !doc.is_empty() {
        line!(out, "{}.\n", doc.trim_end_matches('.'));
    }
    line!(out, "{COLUMNS}");
    if *head_length > 0
        && let Some(Shape::Composite { fields: parts }) =
            schema.defs.get(REPORT_HEAD).map(|def| &def.shape)
    {
        parts.iter().for_each(|part| row(out, part, (0, *base), "head."));
    }
    for field in fields {
        match &field.def.shape {
            Shape::Composite { fields: parts }
                if parts.iter().filter(|p| !p.is_constant()).count() > 1 =>
            {
                let at = usize::from(*head_length) + field.offset;
                let prefix = format!("{}.", field.name);
                parts.iter().for_each(|part| row(out, part, (at, *base), &prefix));
            }
            _ => row(out, field, (usize::from(*head_length), *base), ""),
        }
    }
    line!(out, "");
    message.level.groups.iter().for_each(|group| entries(out, group));
}

/// A group: its dimensions, then the fields of an entry.
fn entries(out: &mut String, group: &Group) {
    let Group { name, widths: (length, count), level, .. } = group;
    line!(
        out,
        "Then the group `{name}`: u{} blockLength, u{} numInGroup, and so many entries of {} bytes:\n",
        length * 8,
        count * 8,
        level.block_length
    );
    line!(out, "{COLUMNS}");
    level.fields.iter().for_each(|field| row(out, field, (0, level.base), ""));
    line!(out, "");
}

/// `from`: where the block begins, and the version that it has been there since.
fn row(out: &mut String, field: &Field, (from, base): (usize, u16), prefix: &str) {
    let id = field.id.map_or(String::new(), |id| id.to_string());
    let words = field.words().replace('|', "\\|") + &since(field.since, base);
    let kind = kind(&field.def);
    line!(out, "| {} | {id} | {prefix}{} | {kind} | {words} |", from + field.offset, field.name);
}

/// Words for a version, if it is later than `base`.
fn since(version: u16, base: u16) -> String {
    if version > base { format!(", since version {version}") } else { String::new() }
}

/// How bytes of a type are read.
fn kind(def: &Def) -> String {
    match &def.shape {
        Shape::Scalar { prim, length: 1 } => primitive(*prim),
        Shape::Scalar { prim, length } => format!("{}[{length}]", primitive(*prim)),
        Shape::Optional { prim, null } => format!("{}, absent: {null}", primitive(*prim)),
        Shape::Enum { .. } | Shape::Set { .. } => {
            format!("[{0}](#{1})", def.name, def.name.to_lowercase())
        }
        Shape::Composite { fields } => {
            let inner = fields.iter().find(|field| !field.is_constant());
            let inner = inner.map_or(String::new(), |field| kind(&field.def));
            format!("{} ({inner}, × 10⁻⁸)", def.name)
        }
        Shape::Constant { .. } | Shape::Dimensions { .. } | Shape::Data { .. } => def.name.clone(),
    }
}

fn primitive(prim: Prim) -> String {
    match prim {
        Prim::Char => "char".to_owned(),
        Prim::Unsigned(bytes) => format!("u{}", bytes * 8),
        Prim::Signed(bytes) => format!("i{}", bytes * 8),
    }
}

/// Names of the enums and sets that messages of the schema use.
fn used(schema: &Schema) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut take = |def: &Def| match &def.shape {
        Shape::Enum { .. } | Shape::Set { .. } => {
            used.insert(def.name.clone());
        }
        Shape::Composite { fields } => {
            let named = fields.iter().map(|field| &field.def);
            used.extend(named.filter(|d| is_named(d)).map(|d| d.name.clone()));
        }
        _ => {}
    };
    for message in &schema.messages {
        let inner = message.level.groups.iter().flat_map(|group| &group.level.fields);
        message.level.fields.iter().chain(inner).for_each(|field| take(&field.def));
    }
    if let Some(head) = schema.defs.get(REPORT_HEAD) {
        take(head);
    }
    used
}

fn is_named(def: &Def) -> bool {
    matches!(def.shape, Shape::Enum { .. } | Shape::Set { .. })
}

fn values(out: &mut String, def: &Def) {
    let (prim, choices, what) = match &def.shape {
        Shape::Enum { prim, values } => (*prim, values, "value"),
        Shape::Set { prim, choices } => (*prim, choices, "bit"),
        _ => return,
    };
    line!(out, "### {}\n", def.name);
    let words = if def.doc.is_empty() { String::new() } else { format!(" {}.", def.doc) };
    line!(out, "{}.{words}\n", primitive(prim));
    line!(out, "| {what} | name | |\n| ---: | --- | --- |");
    for choice in choices {
        let code = match prim {
            Prim::Char if what == "value" => format!("'{}'", char::from(choice.code as u8)),
            _ => choice.code.to_string(),
        };
        line!(out, "| {code} | {} | {} |", choice.name, choice.doc);
    }
    line!(out, "");
}

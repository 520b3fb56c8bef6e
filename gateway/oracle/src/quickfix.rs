//! The venue's dictionaries for clients, in QuickFIX's format: `docs/fix/portcullis-orders.xml` and
//! `docs/fix/portcullis-market-data.xml`.
//!
//! Which messages and fields there are is said here and in docs/wire/fix.md and fix-market-data.md, in the same
//! words; a test (`tests/current.rs`) holds them together. What a field is called, what type and which values it has,
//! is said by the model that the gateway's own tables come from, so both judge a message alike. Header and
//! trailer are FIX 4.4's whole ones. Groups that the venue takes and does not look at are left out: a client that
//! sends them has no need to have them checked, and the venue never sends them.

use crate::model::{Field, Layout, Model};
use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A message: MsgType, tags that are required, tags that may be there.
pub(crate) type Message = (&'static str, &'static [u16], &'static [u16]);
/// A group of a message: MsgType, NumInGroup, its delimiter, and the other tags of an entry.
pub(crate) type Group = (&'static str, u16, u16, &'static [u16]);

/// A dictionary: the name of its file, its page, its messages and their groups.
pub(crate) struct Book {
    pub(crate) file: &'static str,
    page: &'static str,
    messages: &'static [Message],
    groups: &'static [Group],
}

/// Order entry and drop copies.
pub(crate) const ORDER_ENTRY: Book =
    Book { file: "orders", page: "fix.md", messages: ORDERS, groups: ORDER_GROUPS };
/// Market data.
pub(crate) const MARKET_DATA: Book =
    Book { file: "market-data", page: "fix-market-data.md", messages: DATA, groups: DATA_GROUPS };

/// Order entry and its answers. What is required of both ways is what the stricter of them says.
const ORDERS: &[Message] = &[
    ("0", &[], &[112]),
    ("1", &[112], &[]),
    ("2", &[7, 16], &[]),
    ("3", &[45], &[371, 372, 373, 58]),
    ("4", &[36], &[123]),
    ("5", &[], &[58]),
    ("A", &[98, 108], &[141, 789, 553, 554, 5023, 8013]),
    ("j", &[372, 380], &[45, 379, 58]),
    (
        "8",
        &[37, 17, 150, 39, 55, 54, 151, 14, 6, 60],
        &[
            11, 1, 38, 40, 44, 59, 99, 111, 110, 126, 18, 5018, 32, 31, 19, 527, 851, 12, 13, 41,
            378, 58, 103, 584, 912, 636, 528, 453, 5022,
        ],
    ),
    ("9", &[37, 11, 41, 39, 60, 434, 102], &[58, 5022]),
    (
        "D",
        &[11, 55, 54, 60, 38, 40],
        &[44, 99, 59, 126, 432, 111, 110, 18, 1, 453, 528, 5018, 5019],
    ),
    ("F", &[11, 41, 55, 54, 60], &[37, 38]),
    ("G", &[11, 41, 55, 54, 60, 38, 40], &[44, 99, 111, 59, 37]),
    ("H", &[11, 55, 54], &[37]),
    ("AF", &[584, 585], &[55]),
    ("q", &[11, 60, 530], &[55, 54, 5020, 5021]),
    ("r", &[11, 37, 530, 531, 533, 60, 5020], &[532, 55, 54, 58, 5021, 5022]),
];

/// Market data both ways.
const DATA: &[Message] = &[
    ("0", &[], &[112]),
    ("1", &[112], &[]),
    ("2", &[7, 16], &[]),
    ("3", &[45], &[371, 372, 373, 58]),
    ("4", &[36], &[123]),
    ("5", &[], &[58]),
    ("A", &[98, 108], &[141, 789, 553, 554, 8013]),
    ("j", &[372, 380], &[45, 379, 58]),
    ("V", &[262, 263, 264, 267, 146], &[265, 266, 547]),
    ("W", &[268], &[5022, 5025, 5024, 262, 55]),
    ("X", &[268], &[5022, 5025, 262]),
    ("Y", &[262], &[281, 58]),
    ("x", &[320, 559], &[55, 263]),
    ("y", &[320, 322, 560], &[393, 893, 146]),
    ("e", &[324, 263], &[55]),
    ("f", &[], &[5022, 324, 55, 625, 325, 326, 58]),
    ("g", &[335, 263], &[336]),
    ("h", &[336, 340], &[335, 625, 325, 567, 58]),
    ("B", &[148, 33], &[42, 61]),
];

const ORDER_GROUPS: &[Group] = &[("D", 453, 448, &[447, 452]), ("8", 453, 448, &[447, 452])];

const DATA_GROUPS: &[Group] = &[
    ("V", 267, 269, &[]),
    ("V", 146, 55, &[]),
    ("W", 268, 269, &[270, 271, 272, 273, 277, 286, 37, 346]),
    ("X", 268, 279, &[269, 278, 55, 270, 271, 272, 273, 277, 286, 37, 346]),
    ("y", 146, 55, &[15, 561, 562, 58]),
    ("B", 33, 58, &[]),
];

/// A tag of the venue's own: number, name, type, values with their words.
type Own = (u16, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const OWN: &[Own] = &[
    (5018, "PostOnlySlide", "BOOLEAN", &[]),
    (
        5019,
        "SelfTradePrevention",
        "CHAR",
        &[
            ("0", "SESSION_DEFAULT"),
            ("1", "ALLOW"),
            ("2", "CANCEL_NEWEST"),
            ("3", "CANCEL_OLDEST"),
            ("4", "CANCEL_BOTH"),
            ("5", "DECREMENT"),
        ],
    ),
    (
        5020,
        "MassCancelScope",
        "CHAR",
        &[("1", "SESSION"), ("2", "USER"), ("3", "ACCOUNT"), ("4", "FIRM")],
    ),
    (5021, "MassCancelAccount", "STRING", &[]),
    (5022, "LogSeq", "SEQNUM", &[]),
    (5023, "DeadManTimer", "INT", &[]),
    (5024, "BookState", "INT", &[("2", "RECOVERING")]),
    (5025, "BookRptSeq", "SEQNUM", &[]),
    (8013, "CancelOnDisconnect", "CHAR", &[("Y", "YES"), ("L", "NOT_AFTER_LOGOUT"), ("N", "NO")]),
];

/// What MsgCat of QuickFIX's format calls session messages.
const SESSION: &[&str] = &["0", "1", "2", "3", "4", "5", "A"];

/// The text of a dictionary.
pub(crate) fn dictionary(model: &Model, book: &Book) -> anyhow::Result<String> {
    let &Book { file, page, messages, groups } = book;
    let mut used = BTreeSet::new();
    let mut out = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n\
         <!-- FIX 4.4 as portcullis speaks it: docs/wire/{page}. Generated, do not edit:\n     \
         cargo run -p fix-oracle -- {file} > docs/fix/portcullis-{file}.xml -->\n\
         <fix type='FIX' major='4' minor='4' servicepack='0'>\n"
    );
    frame(&mut out, model, "header", &model.header, &mut used)?;
    writeln!(out, " <messages>")?;
    for &(msg_type, required, optional) in messages {
        let known = model.messages.get(msg_type).with_context(|| format!("no {msg_type}"))?;
        let category = if SESSION.contains(&msg_type) { "admin" } else { "app" };
        let name = &known.name;
        writeln!(out, "  <message name='{name}' msgtype='{msg_type}' msgcat='{category}'>")?;
        let missing = known.body.required.iter().find(|tag| !required.contains(tag));
        ensure!(missing.is_none(), "{msg_type} needs {missing:?}");
        for &tag in required.iter().chain(optional) {
            let own = OWN.iter().any(|own| own.0 == tag);
            ensure!(own || known.body.fields.contains(&tag), "{msg_type} has no {tag}");
            let of_fix = known.body.groups.iter().map(|&at| &model.groups[at]);
            let of_fix = of_fix.into_iter().find(|group| group.count == tag);
            let ours = groups.iter().find(|group| group.0 == msg_type && group.1 == tag);
            ensure!(of_fix.is_some() == ours.is_some(), "{msg_type}: is {tag} a group?");
            let is_required = required.contains(&tag);
            match of_fix.zip(ours) {
                Some((of_fix, ours)) => {
                    group(&mut out, model, of_fix, ours, is_required, &mut used)?
                }
                None => reference(&mut out, model, tag, is_required, 3)?,
            }
            used.insert(tag);
        }
        writeln!(out, "  </message>")?;
    }
    writeln!(out, " </messages>")?;
    frame(&mut out, model, "trailer", &model.trailer, &mut used)?;
    writeln!(out, " <components/>\n <fields>")?;
    for tag in used {
        match OWN.iter().find(|own| own.0 == tag) {
            Some(&(_, name, datatype, values)) => write_own(&mut out, tag, name, datatype, values)?,
            None => write_field(&mut out, tag, &model.fields[&tag], messages)?,
        }
    }
    writeln!(out, " </fields>\n</fix>")?;
    Ok(out)
}

/// A group of a message, with the fields that the venue uses of it.
fn group(
    out: &mut String,
    model: &Model,
    of_fix: &crate::model::Group,
    &(msg_type, count, delimiter, others): &Group,
    required: bool,
    used: &mut BTreeSet<u16>,
) -> anyhow::Result<()> {
    ensure!(of_fix.delimiter == delimiter, "{msg_type}: {count} begins with {delimiter}?");
    let (name, yes_or_no) = (&model.fields[&count].name, if required { 'Y' } else { 'N' });
    writeln!(out, "   <group name='{name}' required='{yes_or_no}'>")?;
    for &tag in [delimiter].iter().chain(others) {
        ensure!(of_fix.entry.fields.contains(&tag), "{msg_type}: {count} has no {tag}");
        reference(out, model, tag, of_fix.entry.required.contains(&tag), 4)?;
        used.insert(tag);
    }
    writeln!(out, "   </group>")?;
    Ok(())
}

/// Header or trailer, its groups included. The order of the first three, and of the last, is the wire's.
fn frame(
    out: &mut String,
    model: &Model,
    name: &str,
    layout: &Layout,
    used: &mut BTreeSet<u16>,
) -> anyhow::Result<()> {
    writeln!(out, " <{name}>")?;
    let mut tags: Vec<u16> = layout.fields.iter().copied().collect();
    tags.sort_by_key(|tag| match tag {
        8 | 9 => u32::from(*tag),
        35 => 10,
        10 => u32::MAX,
        _ => 11,
    });
    for tag in tags {
        used.insert(tag);
        let group = layout.groups.iter().map(|&at| &model.groups[at]).find(|g| g.count == tag);
        let Some(group) = group else {
            reference(out, model, tag, layout.required.contains(&tag), 2)?;
            continue;
        };
        writeln!(out, "  <group name='{}' required='N'>", model.fields[&tag].name)?;
        ensure!(group.entry.groups.is_empty(), "a group inside of {tag}");
        let others = group.entry.fields.iter().filter(|tag| **tag != group.delimiter);
        for &tag in [&group.delimiter].into_iter().chain(others) {
            reference(out, model, tag, group.entry.required.contains(&tag), 3)?;
            used.insert(tag);
        }
        writeln!(out, "  </group>")?;
    }
    writeln!(out, " </{name}>")?;
    Ok(())
}

fn reference(
    out: &mut String,
    model: &Model,
    tag: u16,
    required: bool,
    indent: usize,
) -> anyhow::Result<()> {
    let own = OWN.iter().find(|own| own.0 == tag).map(|own| own.1);
    let name = match own {
        Some(name) => name,
        None => &model.fields.get(&tag).with_context(|| format!("no field {tag}"))?.name,
    };
    let required = if required { 'Y' } else { 'N' };
    writeln!(out, "{:indent$}<field name='{name}' required='{required}'/>", "")?;
    Ok(())
}

fn write_field(
    out: &mut String,
    tag: u16,
    field: &Field,
    messages: &[Message],
) -> std::fmt::Result {
    let (name, datatype) = (&field.name, &field.datatype);
    write!(out, "  <field number='{tag}' name='{name}' type='{datatype}'")?;
    // Of MsgType only what is here: QuickFIX refuses the others as unknown.
    let values: Vec<_> = match tag {
        35 => field.words.iter().filter(|(v, _)| messages.iter().any(|m| m.0 == *v)).collect(),
        _ => field.words.iter().filter(|(v, _)| field.values.contains(*v)).collect(),
    };
    if values.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    for (value, words) in values {
        writeln!(out, "   <value enum='{value}' description='{words}'/>")?;
    }
    writeln!(out, "  </field>")
}

fn write_own(
    out: &mut String,
    tag: u16,
    name: &str,
    datatype: &str,
    values: &[(&str, &str)],
) -> std::fmt::Result {
    write!(out, "  <field number='{tag}' name='{name}' type='{datatype}'")?;
    if values.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    for (value, words) in values {
        writeln!(out, "   <value enum='{value}' description='{words}'/>")?;
    }
    writeln!(out, "  </field>")
}

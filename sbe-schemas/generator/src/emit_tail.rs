//! Messages with more than one block, and their groups: groups, var-data, later versions of either.
//!
//! Each level becomes a struct of the fields that every version has, one struct per later version,
//! a view (`Take`: all of it, checked) and an encoder. The encoder's const parameter counts the
//! parts written, so that parts can be neither left out nor mixed up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::emit::{base, block};
use crate::model::{Field, Group, Level, Message};
use crate::names::snake;
use crate::spell::{display, doc, line};

/// Whether a message is more than one block.
pub(crate) fn needed(level: &Level) -> bool {
    !level.groups.is_empty() || !level.data.is_empty()
}

/// The structs, view and encoder of a message.
pub(crate) fn message(out: &mut String, message: &Message, used: &mut BTreeSet<String>) {
    let Message { id, level: Level { name, block_length, .. } } = message;
    let end = level(out, &message.level, used);
    line!(
        out,
        "impl {name} {{
            /// Number of the message in its schema.
            pub const TEMPLATE_ID: u16 = {id};
            /// Name of the message in its schema.
            pub const NAME: &'static str = \"{name}\";

            /// All of the message at the start of `bytes`, its header first.
            ///
            /// # Errors
            /// Every [`DecodeError`] can be the answer.
            pub fn view(bytes: &[u8]) -> Result<{name}View<'_>, DecodeError> {{
                super::tail::view(bytes, SCHEMA_ID, Self::TEMPLATE_ID)
            }}
        }}

        impl<'a> {name}Encoder<'a, 0> {{
            /// Writes the header to the start of `out`.
            pub fn new(out: &'a mut [u8]) -> Self {{
                let mut writer = Writer::new(out);
                let header = MessageHeader::new({block_length}, {id}, SCHEMA_ID, VERSION);
                writer.bytes(header.as_bytes());
                Self(writer)
            }}
        }}

        impl {name}Encoder<'_, {end}> {{
            /// Bytes written. `None`: no room, or a group or var-data was too long.
            pub fn finish(self) -> Option<usize> {{ self.0.finish() }}
        }}
        "
    );
}

/// The structs, view and encoder of one level, groups inside first. Returns the number of parts.
fn level(out: &mut String, level: &Level, used: &mut BTreeSet<String>) -> usize {
    for group in &level.groups {
        self::level(out, &group.level, used);
    }
    let name = &level.name;
    let shape = base(out, level, level.base, used);
    line!(out, "impl {name} {{ /// Every byte zero. An optional field is then 0, not absent.");
    line!(out, "pub const ZERO: Self = {}; }}\n", shape.zero);
    let mut parts = vec![Part { version: None, offset: 0, gaps: shape.gaps }];
    let mut later: BTreeMap<u16, Vec<&Field>> = BTreeMap::new();
    for field in level.fields.iter().filter(|field| field.since > level.base) {
        if !field.is_constant() {
            later.entry(field.since).or_default().push(field);
        }
    }
    for (version, fields) in later {
        let (name, words) = (format!("{name}V{version}"), format!("Added in version {version}"));
        let range = match &fields[..] {
            [first, .., last] => (first.offset, last.end()),
            [only] => (only.offset, only.end()),
            [] => continue,
        };
        let shape = block(out, &words, &name, &fields, range, used);
        line!(out, "impl {name} {{ /// Every byte zero. An optional field is then 0, not absent.");
        line!(out, "pub const ZERO: Self = {}; }}\n", shape.zero);
        display(out, &name, &shape.show);
        parts.push(Part { version: Some(version), offset: range.0, gaps: shape.gaps });
    }
    view(out, level, &parts);
    encoder(out, level, &parts)
}

/// One struct of a block.
struct Part {
    /// In which it was added; `None`: the base.
    version: Option<u16>,
    offset: usize,
    gaps: String,
}

fn view(out: &mut String, level: &Level, parts: &[Part]) {
    let name = &level.name;
    let (mut fields, mut takes, mut shows) = (String::new(), String::new(), String::new());
    for Part { version, offset, .. } in parts {
        let Some(version) = version else { continue };
        line!(fields, "/// Added in version {version}; `None` from an older sender.");
        line!(fields, "pub v{version}: Option<&'a {name}V{version}>,");
        line!(takes, "v{version}: at.extension({version}, whole, {offset}),");
        line!(
            shows,
            "if let Some(v{version}) = self.v{version} {{ write!(f, \" {{v{version}}}\")?; }}"
        );
    }
    for Group { name: group, since, widths, level: entry } in &level.groups {
        let of = format!("Group<'a, {}View<'a>>", entry.name);
        let take = format!("group({widths:?})");
        member(level, group, &entry.doc, *since, (&of, &take), (&mut fields, &mut takes));
        shown(&mut shows, level, group, *since, "{group}");
    }
    for data in &level.data {
        let take = format!("data({})", data.width);
        member(
            level,
            &data.name,
            &data.doc,
            data.since,
            ("&'a [u8]", &take),
            (&mut fields, &mut takes),
        );
        shown(&mut shows, level, &data.name, data.since, "{}");
    }
    let whole = if parts.len() > 1 { "whole" } else { "_" };
    line!(
        out,
        "/// All of a [`{name}`], checked.
        #[derive(Clone, Copy, Debug)]
        pub struct {name}View<'a> {{
            /// The fields that every version has.
            pub block: &'a {name},
            {fields}
        }}

        impl<'a> Take<'a> for {name}View<'a> {{
            fn take(at: &mut Cursor<'a>, block_length: u16) -> Result<Self, DecodeError> {{
                let (block, {whole}) = at.block(block_length)?;
                Ok(Self {{ block, {takes} }})
            }}
        }}
        "
    );
    display(out, &format!("{name}View<'_>"), &format!("self.block.fmt(f)?; {shows} Ok(())"));
}

/// A group or var-data as field of a view. `of`: its type, and the call that takes it.
fn member(
    level: &Level,
    name: &str,
    words: &str,
    since: u16,
    of: (&str, &str),
    (fields, takes): (&mut String, &mut String),
) {
    let (inner, (of, take)) = (snake(name), of);
    doc(fields, words, &format!("`{name}`"));
    if since > level.base {
        line!(fields, "/// Added in version {since}; `None` from an older sender.");
        line!(fields, "pub {inner}: Option<{of}>,");
        line!(takes, "{inner}: at.since({since}, |at| at.{take})?,");
    } else {
        line!(fields, "pub {inner}: {of},");
        line!(takes, "{inner}: at.{take}?,");
    }
}

/// Prints a group or var-data.
fn shown(shows: &mut String, level: &Level, name: &str, since: u16, format: &str) {
    let inner = snake(name);
    let value = if format == "{}" { "value.escape_ascii()" } else { "value" };
    let write = format!("write!(f, \" {name}={{}}\", {value})?;");
    if since > level.base {
        line!(shows, "if let Some(value) = self.{inner} {{ {write} }}");
    } else {
        line!(shows, "let value = self.{inner}; {write}");
    }
}

fn encoder(out: &mut String, level: &Level, parts: &[Part]) -> usize {
    let (name, length) = (&level.name, level.block_length);
    let (mut arguments, mut places) = (String::new(), String::new());
    for Part { version, offset, gaps } in parts {
        let suffix = version.map(|version| format!("V{version}")).unwrap_or_default();
        let argument = if suffix.is_empty() { "block".to_owned() } else { suffix.to_lowercase() };
        let _ = write!(arguments, ", {argument}: &{name}{suffix}");
        line!(places, "({offset}, {argument}.as_bytes(), &{gaps}),");
    }
    line!(
        out,
        "/// Writes a [`{name}`] part by part; `NEXT` parts are written.
        #[derive(Debug)]
        pub struct {name}Encoder<'a, const NEXT: usize>(Writer<'a>);

        impl<'a> {name}Encoder<'a, 0> {{
            /// Writes all fixed fields; what the schema leaves unused is zero.
            pub fn block(mut self{arguments}) -> {name}Encoder<'a, 1> {{
                self.0.block({length}, &[{places}]);
                {name}Encoder(self.0)
            }}
        }}
        "
    );
    let mut next = 1;
    for Group { name: group, widths, level: entry, .. } in &level.groups {
        let (inner, of, length) = (snake(group), &entry.name, entry.block_length);
        let end = 1 + entry.groups.len() + entry.data.len();
        let then = next + 1;
        line!(
            out,
            "impl<'a> {name}Encoder<'a, {next}> {{
                /// Writes `{group}`: `write` is called once per entry.
                pub fn {inner}<T>(
                    self,
                    entries: impl IntoIterator<Item = T>,
                    mut write: impl FnMut({of}Encoder<'a, 0>, T) -> {of}Encoder<'a, {end}>,
                ) -> {name}Encoder<'a, {then}> {{
                    let write = |writer, entry| write({of}Encoder(writer), entry).0;
                    {name}Encoder(self.0.group({widths:?}, {length}, entries, write))
                }}
            }}
            "
        );
        next = then;
    }
    for data in &level.data {
        let (inner, width, then) = (snake(&data.name), data.width, next + 1);
        line!(
            out,
            "impl<'a> {name}Encoder<'a, {next}> {{
                /// Writes `{}`.
                pub fn {inner}(mut self, data: &[u8]) -> {name}Encoder<'a, {then}> {{
                    self.0.data({width}, data);
                    {name}Encoder(self.0)
                }}
            }}
            ",
            data.name
        );
        next = then;
    }
    next
}

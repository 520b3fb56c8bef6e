//! The published schema as data: any message of `journal.xml` as JSON, field by field.
//!
//! Read from the XML itself, so nothing here knows a message and a new one is printed without a
//! line of code. Exact: bytes can be made again from what is printed, which the tests do. Names are
//! the schema's; decimals are strings, enums their names, sets lists of names, absent values null;
//! what has no name is its number. Char arrays are strings where they are printable, else `{"hex"}`.

use roxmltree::{Document, Node};
use sbe_schemas::header;
use sbe_schemas::show::Decimal;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// What journals are made of.
const JOURNAL_XML: &str = include_str!("../../../sbe-schemas/schemas/journal.xml");
/// Bytes of a message header.
const HEADER_BYTES: usize = size_of::<header::MessageHeader>();

/// An integer on the wire, little-endian.
#[derive(Clone, Copy, Debug)]
struct Prim {
    bytes: usize,
    signed: bool,
    is_char: bool,
}

/// What the bytes of a field are.
#[derive(Clone, Debug)]
enum Kind {
    Number(Prim),
    Optional(Prim, i128),
    Numbers(Prim, usize),
    Text(usize),
    Enum(Prim, Vec<(i128, String)>),
    Set(Prim, Vec<(u32, String)>),
    /// Mantissa, its null value, exponent.
    Decimal(Prim, Option<i128>, i8),
    Composite(Vec<Field>),
    /// No bytes; as JSON.
    Constant(String),
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    offset: usize,
    kind: Kind,
}

/// A block of fields and its tail: of a message, or of the entries of a group.
#[derive(Clone, Debug, Default)]
struct Level {
    block_length: usize,
    fields: Vec<Field>,
    groups: Vec<Group>,
    /// Name and bytes of the length.
    data: Vec<(String, Prim)>,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    /// Block length and count of its dimensions.
    dimensions: (Prim, Prim),
    level: Level,
}

/// The messages of one schema.
#[derive(Debug)]
pub struct Schema {
    id: u16,
    messages: BTreeMap<u16, (String, Level)>,
}

impl Schema {
    /// That of the journal.
    ///
    /// # Panics
    /// When the embedded file is no schema, which a test excludes.
    pub fn journal() -> Self {
        Self::read(JOURNAL_XML).expect("the embedded schema is one")
    }

    /// A schema from its XML; `None`: it is none, or has what the generator refuses as well.
    fn read(xml: &str) -> Option<Self> {
        let document = Document::parse(xml).ok()?;
        let root = document.root_element();
        let mut types = Types::default();
        for types_element in root.children().filter(|node| node.has_tag_name("types")) {
            for element in types_element.children().filter(Node::is_element) {
                types.elements.insert(element.attribute("name")?, element);
            }
        }
        let mut messages = BTreeMap::new();
        for message in root.children().filter(|node| node.tag_name().name() == "message") {
            let name = message.attribute("name")?.to_owned();
            messages.insert(number(message, "id")?, (name, types.level(message)?));
        }
        Some(Self { id: number(root, "id")?, messages })
    }

    /// Name of a message; `None`: this schema has none of this number.
    pub fn name(&self, template_id: u16) -> Option<&str> {
        self.messages.get(&template_id).map(|(name, _)| name.as_str())
    }

    /// Appends the message at the start of `bytes` to `out` as a JSON object of its fields. `None`:
    /// it is no message of this schema, or cut short; `out` is then as it was.
    pub fn json(&self, bytes: &[u8], out: &mut String) -> Option<()> {
        let begun = out.len();
        let header = header::header(bytes).ok()?;
        if header.schema_id.get() != self.id {
            return None;
        }
        let (_, level) = self.messages.get(&header.template_id.get())?;
        let rest = bytes.get(HEADER_BYTES..)?;
        let written = level.json(rest, usize::from(header.block_length.get()), out);
        if written.is_none() {
            out.truncate(begun);
        }
        written.map(|_| ())
    }
}

impl Level {
    /// Writes a block of `length` bytes and its tail; returns what follows.
    fn json<'a>(&self, bytes: &'a [u8], length: usize, out: &mut String) -> Option<&'a [u8]> {
        let (block, mut rest) = bytes.split_at_checked(length)?;
        out.push('{');
        for field in &self.fields {
            key(&field.name, out);
            field.kind.json(block.get(field.offset..).unwrap_or(&[]), out);
        }
        if let Some(more) = block.get(self.block_length..).filter(|more| !more.is_empty()) {
            key("moreBytes", out); // Fields of a later version.
            hex(more, out);
        }
        for group in &self.groups {
            let (block_length, count) = group.dimensions;
            let length = usize::try_from(block_length.take(&mut rest)?).ok()?;
            key(&group.name, out);
            out.push('[');
            for n in 0..count.take(&mut rest)? {
                out.push_str(if n > 0 { "," } else { "" });
                rest = group.level.json(rest, length, out)?;
            }
            out.push(']');
        }
        for (name, prim) in &self.data {
            let length = usize::try_from(prim.take(&mut rest)?).ok()?;
            let (data, behind) = rest.split_at_checked(length)?;
            key(name, out);
            text_or_hex(data, out);
            rest = behind;
        }
        out.push('}');
        Some(rest)
    }
}

impl Kind {
    /// Bytes that it takes.
    fn size(&self) -> usize {
        match self {
            Self::Number(p) | Self::Optional(p, _) | Self::Enum(p, _) | Self::Set(p, _) => p.bytes,
            Self::Decimal(mantissa, ..) => mantissa.bytes,
            Self::Numbers(prim, length) => prim.bytes * length,
            Self::Text(length) => *length,
            Self::Composite(fields) => {
                fields.iter().map(|field| field.offset + field.kind.size()).max().unwrap_or(0)
            }
            Self::Constant(_) => 0,
        }
    }

    /// Writes the value at the start of `bytes`; `null`: an older sender did not have it.
    fn json(&self, bytes: &[u8], out: &mut String) {
        let Some(bytes) = bytes.get(..self.size()) else { return out.push_str("null") };
        match self {
            Self::Number(prim) => push(out, prim.get(bytes)),
            Self::Optional(prim, null) => match prim.get(bytes) {
                value if value == *null => out.push_str("null"),
                value => push(out, value),
            },
            Self::Numbers(prim, _) => list(bytes.chunks(prim.bytes), out, |value, out| {
                push(out, prim.get(value));
            }),
            Self::Text(_) => text_or_hex_padded(bytes, out),
            Self::Enum(prim, values) => {
                let code = prim.get(bytes);
                match values.iter().find(|(known, _)| *known == code) {
                    Some((_, name)) => string(name, out),
                    None => push(out, code),
                }
            }
            Self::Set(prim, choices) => {
                let seen = prim.get(bytes);
                let bits = (0..8 * prim.bytes as u32).filter(|bit| seen >> bit & 1 == 1);
                list(bits, out, |bit, out| match choices.iter().find(|(known, _)| *known == bit) {
                    Some((_, name)) => string(name, out),
                    None => push(out, i128::from(bit)),
                });
            }
            Self::Decimal(prim, null, exponent) => match prim.get(bytes) {
                value if Some(value) == *null => out.push_str("null"),
                mantissa => {
                    let _ = write!(out, "\"{}\"", Decimal { mantissa, exponent: *exponent });
                }
            },
            Self::Composite(fields) => {
                out.push('{');
                for field in fields {
                    key(&field.name, out);
                    field.kind.json(bytes.get(field.offset..).unwrap_or(&[]), out);
                }
                out.push('}');
            }
            Self::Constant(value) => out.push_str(value),
        }
    }
}

impl Prim {
    fn named(name: &str) -> Option<Self> {
        let (signed, bits) = match name {
            "char" => return Some(Self { bytes: 1, signed: false, is_char: true }),
            _ => match name.strip_prefix('u') {
                Some(unsigned) => (false, unsigned.strip_prefix("int")?),
                None => (true, name.strip_prefix("int")?),
            },
        };
        let bits: usize = bits.parse().ok()?;
        [8, 16, 32, 64].contains(&bits).then_some(Self { bytes: bits / 8, signed, is_char: false })
    }

    /// The value that means absent where the schema names none.
    fn null(self) -> i128 {
        match (self.is_char, self.signed) {
            (true, _) => 0,
            (_, true) => -(1 << (8 * self.bytes - 1)),
            (_, false) => (1 << (8 * self.bytes)) - 1,
        }
    }

    fn get(self, bytes: &[u8]) -> i128 {
        let mut wide = [0; 16];
        wide[..self.bytes].copy_from_slice(&bytes[..self.bytes]);
        let value = i128::from_le_bytes(wide);
        let too_large = self.signed && value >> (8 * self.bytes - 1) == 1;
        if too_large { value - (1 << (8 * self.bytes)) } else { value }
    }

    /// The value at the start of `rest`, which moves behind it.
    fn take(self, rest: &mut &[u8]) -> Option<i128> {
        let (value, behind) = rest.split_at_checked(self.bytes)?;
        *rest = behind;
        Some(self.get(value))
    }
}

/// `<types>`, resolved when they are asked for.
#[derive(Default)]
struct Types<'a> {
    elements: HashMap<&'a str, Node<'a, 'a>>,
}

impl Types<'_> {
    fn level(&self, element: Node<'_, '_>) -> Option<Level> {
        let (mut level, mut end) = (Level::default(), 0);
        for child in element.children().filter(Node::is_element) {
            let name = child.attribute("name")?.to_owned();
            match child.tag_name().name() {
                "field" => {
                    let kind = self.kind(child.attribute("type")?)?;
                    let kind = match child.attribute("valueRef") {
                        Some(path) => Kind::Constant(format!("{:?}", path.split_once('.')?.1)),
                        None => kind,
                    };
                    let offset = offset(child, end)?;
                    end = offset + kind.size();
                    level.fields.push(Field { name, offset, kind });
                }
                "group" => {
                    let dimensions =
                        child.attribute("dimensionType").unwrap_or("groupSizeEncoding");
                    let part = |part| member(*self.elements.get(dimensions)?, part);
                    let dimensions = (part("blockLength")?, part("numInGroup")?);
                    level.groups.push(Group { name, dimensions, level: self.level(child)? });
                }
                _ => {
                    let length = member(*self.elements.get(child.attribute("type")?)?, "length")?;
                    level.data.push((name, length));
                }
            }
        }
        level.block_length =
            element.attribute("blockLength").map_or(Some(end), |n| n.parse().ok())?;
        Some(level)
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        match self.elements.get(name) {
            Some(element) => self.kind_of(*element),
            None => Some(Kind::Number(Prim::named(name)?)),
        }
    }

    fn kind_of(&self, element: Node<'_, '_>) -> Option<Kind> {
        match element.tag_name().name() {
            "type" => simple(element),
            "ref" => self.kind(element.attribute("type")?),
            "enum" => {
                let prim = self.encoding(element)?;
                let values = named(element, |text| match prim.is_char {
                    true => text.bytes().next().map(i128::from),
                    false => text.parse().ok(),
                });
                Some(Kind::Enum(prim, values?))
            }
            "set" => {
                let choices = named(element, |text| text.parse().ok());
                Some(Kind::Set(self.encoding(element)?, choices?))
            }
            _ => self.composite(element),
        }
    }

    fn composite(&self, element: Node<'_, '_>) -> Option<Kind> {
        let (mut fields, mut end) = (Vec::new(), 0);
        for child in element.children().filter(Node::is_element) {
            let (name, kind) = (child.attribute("name")?.to_owned(), self.kind_of(child)?);
            let offset = offset(child, end)?;
            end = offset + kind.size();
            fields.push(Field { name, offset, kind });
        }
        if let [Field { name: m, kind: mantissa, .. }, Field { name: e, kind: exponent, .. }] =
            &fields[..]
            && (m.as_str(), e.as_str()) == ("mantissa", "exponent")
            && let Kind::Constant(exponent) = exponent
        {
            let exponent = exponent.parse().ok()?;
            match mantissa {
                Kind::Number(prim) => return Some(Kind::Decimal(*prim, None, exponent)),
                Kind::Optional(prim, null) => {
                    return Some(Kind::Decimal(*prim, Some(*null), exponent));
                }
                _ => {}
            }
        }
        Some(Kind::Composite(fields))
    }

    fn encoding(&self, element: Node<'_, '_>) -> Option<Prim> {
        match self.kind(element.attribute("encodingType")?)? {
            Kind::Number(prim) => Some(prim),
            Kind::Text(1) => Prim::named("char"),
            _ => None,
        }
    }
}

/// A `<type>`: one value or an array, optional or constant.
fn simple(element: Node<'_, '_>) -> Option<Kind> {
    let prim = Prim::named(element.attribute("primitiveType")?)?;
    let length = element.attribute("length").map_or(Some(1), |n| n.parse().ok())?;
    Some(match element.attribute("presence").unwrap_or("required") {
        "constant" => {
            let value = element.text().unwrap_or("").trim();
            Kind::Constant(if prim.is_char { format!("{value:?}") } else { value.to_owned() })
        }
        "optional" => {
            let null = element.attribute("nullValue").map(|n| n.parse().ok());
            Kind::Optional(prim, null.unwrap_or(Some(prim.null()))?)
        }
        _ if prim.is_char => Kind::Text(length),
        _ if length == 1 => Kind::Number(prim),
        _ => Kind::Numbers(prim, length),
    })
}

/// The names of an enum's values or a set's choices, by what `code` makes of their text.
fn named<T>(element: Node<'_, '_>, code: impl Fn(&str) -> Option<T>) -> Option<Vec<(T, String)>> {
    let values = element.children().filter(Node::is_element);
    let pair = |value: Node<'_, '_>| {
        Some((code(value.text()?.trim())?, value.attribute("name")?.to_owned()))
    };
    values.map(pair).collect()
}

/// The integer `name` of a composite.
fn member(composite: Node<'_, '_>, name: &str) -> Option<Prim> {
    let found = composite.children().find(|child| child.attribute("name") == Some(name))?;
    Prim::named(found.attribute("primitiveType")?)
}

fn number(element: Node<'_, '_>, attribute: &str) -> Option<u16> {
    element.attribute(attribute)?.parse().ok()
}

fn offset(element: Node<'_, '_>, end: usize) -> Option<usize> {
    element.attribute("offset").map_or(Some(end), |n| n.parse().ok())
}

/// A key, after a comma where it is not the first.
pub(super) fn key(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    string(name, out);
    out.push(':');
}

/// `value` as a JSON string.
pub(super) fn string(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push(out: &mut String, value: i128) {
    let _ = write!(out, "{value}");
}

fn list<T>(values: impl Iterator<Item = T>, out: &mut String, each: impl Fn(T, &mut String)) {
    out.push('[');
    for (n, value) in values.enumerate() {
        out.push_str(if n > 0 { "," } else { "" });
        each(value, out);
    }
    out.push(']');
}

/// A char array: its text where that and zeros behind it are all there is.
fn text_or_hex_padded(bytes: &[u8], out: &mut String) {
    let text = header::text(bytes);
    let padding = bytes.get(text.len()..).unwrap_or(&[]);
    if padding.iter().all(|byte| *byte == 0) { text_or_hex(text, out) } else { hex(bytes, out) }
}

fn text_or_hex(bytes: &[u8], out: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) => string(text, out),
        _ => hex(bytes, out),
    }
}

/// `{"hex":"…"}`
pub(super) fn hex(bytes: &[u8], out: &mut String) {
    out.push_str("{\"hex\":\"");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push_str("\"}");
}

#[cfg(test)]
mod tests;

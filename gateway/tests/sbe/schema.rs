//! An SBE schema as a stranger reads it: the published XML and the standard, none of our generated code.
//!
//! Encodes a message from `name=value` pairs and decodes one strictly: schema, version and block length are
//! those of the XML, enums and sets have known values only, text is padded with NUL to its end, and nothing
//! follows the block.

use std::collections::BTreeMap;

const XML: &str = include_str!("../../../sbe-schemas/schemas/order-entry.xml");

#[derive(Clone, Debug)]
enum Kind {
    Unsigned,
    Signed,
    Text,
    Bytes,
    /// Names by value.
    Enum(BTreeMap<u64, String>),
    /// Names by bit.
    Set(BTreeMap<u64, String>),
    /// Mantissa of 10^-8, and the value that stands for none.
    Decimal(Option<i64>),
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    id: u16,
    offset: usize,
    size: usize,
    kind: Kind,
}

struct Message {
    id: u16,
    fields: Vec<Field>,
    block_length: usize,
}

pub struct Schema {
    id: u16,
    version: u16,
    messages: BTreeMap<String, Message>,
}

/// A message as it came: its name, and every field as text.
#[derive(Clone, Debug)]
pub struct Decoded {
    pub name: String,
    pub fields: BTreeMap<String, String>,
}

fn primitive(name: &str) -> (usize, Kind) {
    match name {
        "char" => (1, Kind::Text),
        "uint8" => (1, Kind::Unsigned),
        "uint16" => (2, Kind::Unsigned),
        "uint32" => (4, Kind::Unsigned),
        "uint64" => (8, Kind::Unsigned),
        "int8" => (1, Kind::Signed),
        "int64" => (8, Kind::Signed),
        other => panic!("no primitive type {other}"),
    }
}

impl Schema {
    pub fn read() -> Self {
        let document = roxmltree::Document::parse(XML).expect("well-formed");
        let root = document.root_element();
        let number = |node: roxmltree::Node<'_, '_>, name| -> u16 {
            node.attribute(name).expect(name).parse().expect(name)
        };
        let types: BTreeMap<&str, roxmltree::Node<'_, '_>> = root
            .children()
            .filter(|n| n.has_tag_name("types"))
            .flat_map(|n| n.children().filter(|n| n.is_element()))
            .map(|n| (n.attribute("name").expect("a name"), n))
            .collect();
        let mut messages = BTreeMap::new();
        for node in root.children().filter(|n| n.tag_name().name() == "message") {
            let (mut fields, mut offset) = (vec![], 0);
            for field in node.children().filter(|n| n.is_element()) {
                assert_eq!(field.tag_name().name(), "field", "no groups, no data");
                let (name, id) = (field.attribute("name").expect("a name"), number(field, "id"));
                lay(
                    &types,
                    field.attribute("type").expect("a type"),
                    name,
                    id,
                    &mut offset,
                    &mut fields,
                );
            }
            let message = Message { id: number(node, "id"), fields, block_length: offset };
            messages.insert(node.attribute("name").expect("a name").to_owned(), message);
        }
        Self { id: number(root, "id"), version: number(root, "version"), messages }
    }

    /// A message with these fields; others are zero, optional decimals absent.
    pub fn encode(&self, name: &str, pairs: &[(String, String)]) -> Vec<u8> {
        let message = self.messages.get(name).unwrap_or_else(|| panic!("no message {name}"));
        let header = [message.block_length as u16, message.id, self.id, self.version];
        let mut bytes: Vec<u8> = header.into_iter().flat_map(u16::to_le_bytes).collect();
        bytes.resize(8 + message.block_length, 0);
        for field in &message.fields {
            let given = pairs.iter().find(|(name, _)| *name == field.name).map(|(_, v)| v.as_str());
            let place = &mut bytes[8 + field.offset..][..field.size];
            match given {
                Some(value) => put(field, value, place),
                None if matches!(field.kind, Kind::Decimal(Some(_))) => put(field, "-", place),
                None => {}
            }
        }
        for (given, _) in pairs {
            assert!(message.fields.iter().any(|f| f.name == *given), "{name} has no {given}");
        }
        bytes
    }

    /// Where a field of a message begins, and its size; with the header.
    pub fn place(&self, name: &str, field: &str) -> (usize, usize) {
        let fields = &self.messages[name].fields;
        let field = fields.iter().find(|f| f.name == field).expect("a field");
        (8 + field.offset, field.size)
    }

    /// Id of a field.
    pub fn field_id(&self, name: &str, field: &str) -> u16 {
        self.messages[name].fields.iter().find(|f| f.name == field).expect("a field").id
    }

    /// # Errors
    /// Whatever is not exactly as the XML has it.
    pub fn decode(&self, bytes: &[u8]) -> Result<Decoded, String> {
        let word = |at: usize| -> Result<u16, String> {
            let pair = bytes.get(at..at + 2).ok_or("cut short in the header")?;
            Ok(u16::from_le_bytes([pair[0], pair[1]]))
        };
        let (length, id, schema, version) = (word(0)?, word(2)?, word(4)?, word(6)?);
        if (schema, version) != (self.id, self.version) {
            return Err(format!("schema {schema} version {version}"));
        }
        let known = self.messages.iter().find(|(_, m)| m.id == id);
        let (name, message) = known.ok_or(format!("no message {id}"))?;
        if usize::from(length) != message.block_length || bytes.len() != 8 + message.block_length {
            return Err(format!("{name}: block of {length}, {} bytes in all", bytes.len()));
        }
        let mut fields = BTreeMap::new();
        for field in &message.fields {
            let value = text_of(field, &bytes[8 + field.offset..][..field.size]);
            let value = value.map_err(|what| format!("{name}.{}: {what}", field.name))?;
            fields.insert(field.name.clone(), value);
        }
        Ok(Decoded { name: name.clone(), fields })
    }
}

fn lay(
    types: &BTreeMap<&str, roxmltree::Node<'_, '_>>,
    kind: &str,
    name: &str,
    id: u16,
    offset: &mut usize,
    fields: &mut Vec<Field>,
) {
    let mut push = |size, kind| {
        fields.push(Field { name: name.to_owned(), id, offset: *offset, size, kind });
        *offset += size;
    };
    let Some(node) = types.get(kind) else {
        let (size, kind) = primitive(kind);
        return push(size, kind);
    };
    let values = |tag: &str| -> BTreeMap<u64, String> {
        let values = node.children().filter(|n| n.has_tag_name(tag));
        let value = |n: roxmltree::Node<'_, '_>| {
            let text = n.text().expect("a value").trim();
            let code = text.parse().unwrap_or_else(|_| u64::from(text.as_bytes()[0]));
            let is_char = node.attribute("encodingType") == Some("char");
            let code = if is_char { u64::from(text.as_bytes()[0]) } else { code };
            (code, n.attribute("name").expect("a name").to_owned())
        };
        values.map(value).collect()
    };
    match node.tag_name().name() {
        "type" => {
            let (size, kind) = primitive(node.attribute("primitiveType").expect("a primitive"));
            let length: usize = node.attribute("length").map_or(1, |n| n.parse().expect("length"));
            match (kind, length) {
                (Kind::Unsigned, 2..) => push(length, Kind::Bytes),
                (kind, _) => push(size * length, kind),
            }
        }
        "enum" => push(1, Kind::Enum(values("validValue"))),
        "set" => push(1, Kind::Set(values("choice"))),
        "composite" => {
            let members: Vec<_> = node
                .children()
                .filter(|n| n.is_element() && n.attribute("presence") != Some("constant"))
                .collect();
            if let [member] = &members[..] {
                let null = member.attribute("nullValue").map(|null| null.parse().expect("null"));
                return push(8, Kind::Decimal(null));
            }
            for member in members {
                let name = member.attribute("name").expect("a name");
                let kind = member.attribute("type").or(member.attribute("primitiveType"));
                lay(types, kind.expect("a type"), name, id, offset, fields);
            }
        }
        other => panic!("no type {other}"),
    }
}

fn decimal(text: &str) -> i64 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: i64 = format!("{part:0<8}").parse().expect("a fraction");
    sign * (whole.parse::<i64>().expect("a number") * 100_000_000 + part)
}

fn put(field: &Field, value: &str, place: &mut [u8]) {
    let code = |names: &BTreeMap<u64, String>, name: &str| -> u64 {
        let known = names.iter().find(|(_, known)| *known == name).map(|(code, _)| *code);
        known.unwrap_or_else(|| name.parse().unwrap_or_else(|_| panic!("{}: {name}", field.name)))
    };
    let number = match &field.kind {
        Kind::Text => {
            place[..value.len()].copy_from_slice(value.as_bytes());
            return;
        }
        Kind::Bytes => {
            assert_eq!(value, "bad");
            place.fill(0x5A);
            return;
        }
        Kind::Unsigned => value.parse().expect("a number"),
        Kind::Signed => value.parse::<i64>().expect("a number") as u64,
        Kind::Enum(names) => code(names, value),
        Kind::Set(names) => value.split('|').map(|name| 1 << code(names, name)).sum(),
        Kind::Decimal(null) if value == "-" => null.expect("it may be absent") as u64,
        Kind::Decimal(_) => decimal(value) as u64,
    };
    place.copy_from_slice(&number.to_le_bytes()[..field.size]);
}

fn text_of(field: &Field, place: &[u8]) -> Result<String, String> {
    let mut word = [0; 8];
    if place.len() <= 8 {
        word[..place.len()].copy_from_slice(place);
    }
    let number = u64::from_le_bytes(word);
    Ok(match &field.kind {
        Kind::Text => {
            let end = place.iter().position(|byte| *byte == 0).unwrap_or(place.len());
            let (text, padding) = place.split_at(end);
            if !text.iter().all(u8::is_ascii_graphic) || padding.iter().any(|byte| *byte != 0) {
                return Err(format!("{place:?} is no padded text"));
            }
            String::from_utf8_lossy(text).into_owned()
        }
        Kind::Bytes => format!("{place:?}"),
        Kind::Unsigned => number.to_string(),
        Kind::Signed => (number as i64).to_string(),
        Kind::Enum(names) => match names.get(&number) {
            Some(name) => name.clone(),
            // A report with nothing to say there, as the schema's own types allow.
            None => return Err(format!("{number} is no value of the enum")),
        },
        Kind::Set(names) => {
            let bits = (0..64).filter(|bit| number >> bit & 1 == 1);
            let named = bits.map(|bit| names.get(&bit).cloned().ok_or(format!("bit {bit}")));
            named.collect::<Result<Vec<_>, _>>()?.join("|")
        }
        Kind::Decimal(null) if *null == Some(number as i64) => "-".to_owned(),
        Kind::Decimal(_) => {
            let (whole, part) = (number as i64 / 100_000_000, number as i64 % 100_000_000);
            let part = format!("{:08}", part.abs());
            let part = part.trim_end_matches('0');
            let sign = if whole == 0 && (number as i64) < 0 { "-" } else { "" };
            if part.is_empty() { whole.to_string() } else { format!("{sign}{whole}.{part}") }
        }
    })
}

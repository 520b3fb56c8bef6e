//! An SBE schema as a stranger reads it: the published XML and the standard, none of our generated code.
//!
//! Encodes a message from `name=value` pairs and decodes one strictly: schema, version and block length are
//! those of the XML, enums and sets have known values only, text is padded with NUL to its end, and nothing
//! follows. A message of a later version may be longer, and one of an earlier version shorter, than the XML says.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// As it is today.
pub const XML: &str = include_str!("../../../sbe-schemas/schemas/order-entry.xml");
/// As it was first published.
pub const XML_0: &str = include_str!("../../../sbe-schemas/schemas/published/order-entry-0.xml");

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
    /// Of dimensions u16 and u16.
    group: Option<Group>,
}

struct Group {
    name: String,
    id: u16,
    fields: Vec<Field>,
    entry_length: usize,
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
    pub fn read(xml: &str) -> Self {
        let document = roxmltree::Document::parse(xml).expect("well-formed");
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
            let block = |node: roxmltree::Node<'_, '_>| {
                let (mut fields, mut offset) = (vec![], 0);
                for field in node.children().filter(|n| n.has_tag_name("field")) {
                    let (name, id) = (field.attribute("name").expect("name"), number(field, "id"));
                    let kind = field.attribute("type").expect("a type");
                    lay(&types, kind, name, id, &mut offset, &mut fields);
                }
                (fields, offset)
            };
            let (fields, block_length) = block(node);
            let group = node.children().find(|n| n.has_tag_name("group")).map(|node| {
                let (fields, entry_length) = block(node);
                let name = node.attribute("name").expect("a name").to_owned();
                Group { name, id: number(node, "id"), fields, entry_length }
            });
            assert!(!node.children().any(|n| n.has_tag_name("data")), "no data");
            let message = Message { id: number(node, "id"), fields, block_length, group };
            messages.insert(node.attribute("name").expect("a name").to_owned(), message);
        }
        Self { id: number(root, "id"), version: number(root, "version"), messages }
    }

    /// A message with these fields; others are zero, optional decimals absent.
    pub fn encode(&self, name: &str, pairs: &[(String, String)]) -> Vec<u8> {
        let message = self.messages.get(name).unwrap_or_else(|| panic!("no message {name}"));
        let header = [message.block_length as u16, message.id, self.id, self.version];
        let mut bytes: Vec<u8> = header.into_iter().flat_map(u16::to_le_bytes).collect();
        let mut own = pairs.to_vec();
        let entries = message.group.as_ref().map(|group| {
            let given = own.iter().position(|(name, _)| *name == group.name);
            let text = given.map(|at| own.remove(at).1).unwrap_or_default();
            (group, text)
        });
        bytes.extend(block(name, &message.fields, message.block_length, &own));
        if let Some((group, text)) = entries {
            let entries: Vec<&str> = text.split(';').filter(|entry| !entry.is_empty()).collect();
            let dimensions = [group.entry_length as u16, entries.len() as u16];
            bytes.extend(dimensions.into_iter().flat_map(u16::to_le_bytes));
            for entry in entries {
                let pair = |pair: &str| {
                    let (name, value) = pair.split_once(':').expect("name:value");
                    (name.to_owned(), value.to_owned())
                };
                let pairs: Vec<_> = entry.split(',').map(pair).collect();
                bytes.extend(block(&group.name, &group.fields, group.entry_length, &pairs));
            }
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
        let message = &self.messages[name];
        let group = message.group.as_ref().filter(|group| group.name == field);
        let named = message.fields.iter().find(|f| f.name == field).map(|f| f.id);
        named.or(group.map(|group| group.id)).expect("a field")
    }

    /// The name of the message in `bytes`; `None`: it is of a later version than this schema.
    pub fn name_of(&self, bytes: &[u8]) -> Option<&str> {
        let id = u16::from_le_bytes(bytes[2..4].try_into().expect("two bytes"));
        self.messages.iter().find(|(_, m)| m.id == id).map(|(name, _)| name.as_str())
    }

    /// # Errors
    /// Whatever is not exactly as the XML has it.
    pub fn decode(&self, bytes: &[u8]) -> Result<Decoded, String> {
        let word = |at: usize| -> Result<u16, String> {
            let pair = bytes.get(at..at + 2).ok_or("cut short in the header")?;
            Ok(u16::from_le_bytes([pair[0], pair[1]]))
        };
        let (length, id, schema, version) = (word(0)?, word(2)?, word(4)?, word(6)?);
        if schema != self.id {
            return Err(format!("schema {schema}"));
        }
        let known = self.messages.iter().find(|(_, m)| m.id == id);
        let (name, message) = known.ok_or(format!("no message {id}"))?;
        let (length, wanted) = (usize::from(length), message.block_length);
        let fits = match version.cmp(&self.version) {
            Ordering::Less => length <= wanted,
            Ordering::Equal => length == wanted,
            Ordering::Greater => length >= wanted,
        };
        let (block, tail) = bytes[8..].split_at_checked(length).ok_or(format!("{name} is cut"))?;
        let tail = match &message.group {
            Some(group) => after_group(group, tail)?,
            None => tail,
        };
        if !fits || !tail.is_empty() {
            return Err(format!("{name}: block of {length}, {} bytes in all", bytes.len()));
        }
        let mut fields = BTreeMap::new();
        for field in &message.fields {
            let Some(place) = block.get(field.offset..field.offset + field.size) else { continue };
            let value = text_of(field, place);
            let value = value.map_err(|what| format!("{name}.{}: {what}", field.name))?;
            fields.insert(field.name.clone(), value);
        }
        Ok(Decoded { name: name.clone(), fields })
    }
}

/// What follows a group, whose entries are read strictly too.
fn after_group<'a>(group: &Group, tail: &'a [u8]) -> Result<&'a [u8], String> {
    let word = |at: usize| tail.get(at..at + 2).map(|b| usize::from(b[0]) | usize::from(b[1]) << 8);
    let (length, count) = word(0).zip(word(2)).ok_or("no dimensions")?;
    let (entries, rest) = tail[4..].split_at_checked(length * count).ok_or("a cut group")?;
    for entry in entries.chunks(length.max(1)) {
        for field in &group.fields {
            let place =
                entry.get(field.offset..field.offset + field.size).ok_or("a short entry")?;
            text_of(field, place)?;
        }
    }
    Ok(rest)
}

/// Fields that are not given are zero, optional decimals absent.
fn block(of: &str, fields: &[Field], length: usize, pairs: &[(String, String)]) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for field in fields {
        let given = pairs.iter().find(|(name, _)| *name == field.name).map(|(_, v)| v.as_str());
        let place = &mut bytes[field.offset..][..field.size];
        match given {
            Some(value) => put(field, value, place),
            None if matches!(field.kind, Kind::Decimal(Some(_))) => put(field, "-", place),
            None => {}
        }
    }
    for (given, _) in pairs {
        assert!(fields.iter().any(|f| f.name == *given), "{of} has no {given}");
    }
    bytes
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

//! An SBE 1.0 schema as data: every offset and length computed, every name resolved.
//!
//! Filled from XML by `types.rs` and `messages.rs`, turned into Rust by `emit.rs`.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Result, ensure};

use crate::names::is_taken;

/// The type of a report's first field. It is on the wire only: where reports are stored, what stands
/// in front of the message says the same, so the struct begins behind it.
pub(crate) const REPORT_HEAD: &str = "ReportHead";

/// One XML file.
pub(crate) struct Schema {
    /// Name of the file, as given.
    pub(crate) file: String,
    /// `package`: the module of its messages.
    pub(crate) package: String,
    pub(crate) id: u16,
    pub(crate) version: u16,
    pub(crate) doc: String,
    /// By name; without the header.
    pub(crate) defs: BTreeMap<String, Rc<Def>>,
    pub(crate) messages: Vec<Message>,
}

/// A type. Two schemas may share a name if all but the words and the place is equal.
#[derive(Debug)]
pub(crate) struct Def {
    /// Empty for a primitive type.
    pub(crate) name: String,
    pub(crate) doc: String,
    /// `file:line`.
    pub(crate) place: String,
    pub(crate) since: u16,
    /// Bytes; 0 for a constant.
    pub(crate) size: usize,
    pub(crate) shape: Shape,
}

impl PartialEq for Def {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.since, self.size) == (&other.name, other.since, other.size)
            && self.shape == other.shape
    }
}

/// What a type is.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    /// `length` 1: one value; otherwise an array.
    Scalar {
        prim: Prim,
        length: usize,
    },
    Optional {
        prim: Prim,
        null: i128,
    },
    Constant {
        prim: Prim,
        length: usize,
        value: String,
    },
    Composite {
        fields: Vec<Field>,
    },
    Enum {
        prim: Prim,
        values: Vec<Choice>,
    },
    Set {
        prim: Prim,
        choices: Vec<Choice>,
    },
    /// Dimensions of a group.
    Dimensions {
        block_length: Prim,
        count: Prim,
    },
    /// Length in front of var-data.
    Data {
        length: Prim,
    },
}

/// A value of an enum, or (`code` is its number) a bit of a set.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) code: u16,
    pub(crate) since: u16,
}

impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.code, self.since) == (&other.name, other.code, other.since)
    }
}

/// A field of a message or group, or a member of a composite.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Of a message's field; members of composites have none.
    pub(crate) id: Option<u16>,
    pub(crate) doc: String,
    pub(crate) since: u16,
    pub(crate) offset: usize,
    pub(crate) def: Rc<Def>,
    /// `valueRef`: the field is no bytes but always this (enum, value).
    pub(crate) value_ref: Option<(String, String)>,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.since, self.offset) == (&other.name, other.since, other.offset)
            && self.value_ref == other.value_ref
            && self.def == other.def
    }
}

impl Field {
    /// Where it ends; a constant takes no bytes.
    pub(crate) fn end(&self) -> usize {
        self.offset + self.size()
    }

    pub(crate) fn size(&self) -> usize {
        if self.value_ref.is_some() { 0 } else { self.def.size }
    }

    /// Its description, or else that of its type.
    pub(crate) fn words(&self) -> &str {
        if self.doc.is_empty() { &self.def.doc } else { &self.doc }
    }

    pub(crate) fn is_constant(&self) -> bool {
        self.value_ref.is_some() || matches!(self.def.shape, Shape::Constant { .. })
    }
}

pub(crate) struct Message {
    pub(crate) id: u16,
    pub(crate) level: Level,
}

/// A block and its tail: of a message, or of the entries of a group.
pub(crate) struct Level {
    /// Of its Rust type.
    pub(crate) name: String,
    pub(crate) doc: String,
    /// Version in which the message or group appeared: its fields are the base.
    pub(crate) base: u16,
    pub(crate) block_length: u16,
    /// Bytes of the block in front of its fields here: the head of a report ([`REPORT_HEAD`]).
    pub(crate) head_length: u16,
    pub(crate) fields: Vec<Field>,
    pub(crate) groups: Vec<Group>,
    pub(crate) data: Vec<Data>,
}

impl Level {
    /// Takes the head of a report off.
    pub(crate) fn behead(&mut self) {
        if self.fields.first().is_none_or(|first| first.def.name != REPORT_HEAD) {
            return;
        }
        let head = self.fields.remove(0);
        self.head_length = head.size() as u16;
        self.block_length -= self.head_length;
        self.fields.iter_mut().for_each(|field| field.offset -= head.size());
    }
}

pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) since: u16,
    /// Bytes of block length and of count in the dimensions.
    pub(crate) widths: (usize, usize),
    pub(crate) level: Level,
}

pub(crate) struct Data {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) since: u16,
    /// Bytes of the length.
    pub(crate) width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Prim {
    Char,
    Unsigned(usize),
    Signed(usize),
}

impl Prim {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "char" => Self::Char,
            "uint8" => Self::Unsigned(1),
            "uint16" => Self::Unsigned(2),
            "uint32" => Self::Unsigned(4),
            "uint64" => Self::Unsigned(8),
            "int8" => Self::Signed(1),
            "int16" => Self::Signed(2),
            "int32" => Self::Signed(4),
            "int64" => Self::Signed(8),
            _ => return None,
        })
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::Char => 1,
            Self::Unsigned(bytes) | Self::Signed(bytes) => bytes,
        }
    }

    pub(crate) fn range(self) -> (i128, i128) {
        match self {
            Self::Char => (0, 255),
            Self::Unsigned(bytes) => (0, (1 << (8 * bytes)) - 1),
            Self::Signed(bytes) => (-(1 << (8 * bytes - 1)), (1 << (8 * bytes - 1)) - 1),
        }
    }

    pub(crate) fn holds(self, value: i128) -> bool {
        (self.range().0..=self.range().1).contains(&value)
    }

    /// The value for "absent" where the schema gives none. Source: SBE 1.0, "Null values".
    pub(crate) fn null(self) -> i128 {
        match self {
            Self::Char => 0,
            Self::Unsigned(_) => self.range().1,
            Self::Signed(_) => self.range().0,
        }
    }
}

/// All types of all schemas by name.
///
/// # Errors
/// Two types of one name that are not the same, or a message named like a type.
pub(crate) fn merge(schemas: &[Schema]) -> Result<BTreeMap<String, Rc<Def>>> {
    let mut all: BTreeMap<String, Rc<Def>> = BTreeMap::new();
    for def in schemas.iter().flat_map(|schema| schema.defs.values()) {
        if let Some(first) = all.get(&def.name) {
            ensure!(
                first == def,
                "{}: {} is not the same as in {}: make them equal or rename one",
                def.place,
                def.name,
                first.place
            );
        } else {
            all.insert(def.name.clone(), def.clone());
        }
    }
    for def in all.values() {
        ensure!(
            !is_taken(&def.name),
            "{}: the name {} is taken: rename the type",
            def.place,
            def.name
        );
    }
    for schema in schemas {
        for message in &schema.messages {
            let name = &message.level.name;
            let free = !all.contains_key(name) && !is_taken(name);
            ensure!(free, "{}: the name of message {name} is taken: rename it", schema.file);
        }
    }
    Ok(all)
}

//! The model as tables of a Wireshark dissector; `dissector.lua` has the code that reads them.

use std::fmt::Write;

use crate::model::{Def, Field, Group, Message, Prim, REPORT_HEAD, Schema, Shape};
use crate::spell::line;

/// The dissector for these schemas.
pub(crate) fn dissector(schemas: &[&Schema]) -> String {
    let mut out = String::from("-- Written by `cargo run -p sbe-generator`; do not edit.\n");
    line!(
        out,
        "-- Name, kind, bytes, and names of the values, of every field in the order of the wire."
    );
    line!(out, "local schemas = {{");
    for schema in schemas {
        line!(
            out,
            "  [{}] = {{ name = \"{}\", version = {}, messages = {{",
            schema.id,
            schema.package,
            schema.version
        );
        for message in &schema.messages {
            one(&mut out, schema, message);
        }
        line!(out, "  }} }},");
    }
    line!(out, "}}\n");
    out + include_str!("dissector.lua")
}

fn one(out: &mut String, schema: &Schema, message: &Message) {
    let level = &message.level;
    let length = level.block_length + level.head_length;
    line!(
        out,
        "    [{}] = {{ name = \"{}\", length = {length}, fields = {{",
        message.id,
        level.name
    );
    let head = schema.defs.get(REPORT_HEAD).filter(|_| level.head_length > 0);
    if let Some(Shape::Composite { fields }) = head.map(|def| &def.shape) {
        fields.iter().for_each(|field| row(out, field, 0, &field.name));
    }
    for field in &level.fields {
        let at = usize::from(level.head_length);
        match &field.def.shape {
            Shape::Composite { fields }
                if fields.iter().filter(|f| !f.is_constant()).count() > 1 =>
            {
                fields.iter().for_each(|part| row(out, part, at + field.offset, &part.name));
            }
            _ => row(out, field, at, &field.name),
        }
    }
    line!(out, "    }}, groups = {{");
    for Group { name, widths: (length, count), level, .. } in &level.groups {
        line!(
            out,
            "      {{ name = \"{name}\", widths = {{ {length}, {count} }}, length = {}, fields = {{",
            level.block_length
        );
        level.fields.iter().for_each(|field| row(out, field, 0, &field.name));
        line!(out, "      }} }},");
    }
    line!(out, "    }} }},");
}

fn row(out: &mut String, field: &Field, from: usize, name: &str) {
    let Some((kind, names)) = kind(&field.def) else { return };
    let (at, size) = (from + field.offset, field.size());
    line!(out, "      {{ \"{name}\", {at}, {size}, \"{kind}\"{names} }},");
}

/// How the bytes are shown, and names of values; `None`: there are no bytes.
fn kind(def: &Def) -> Option<(&'static str, String)> {
    Some(match &def.shape {
        Shape::Scalar { prim: Prim::Char, .. } => ("text", String::new()),
        Shape::Scalar { prim: Prim::Unsigned(_), length: 1 } => ("unsigned", String::new()),
        Shape::Scalar { prim: Prim::Signed(_), length: 1 } => ("signed", String::new()),
        Shape::Scalar { .. } => ("bytes", String::new()),
        Shape::Optional { prim: Prim::Signed(_), .. } => ("signed", String::new()),
        Shape::Optional { .. } => ("unsigned", String::new()),
        Shape::Enum { values, .. } => ("enum", names(values.iter().map(|v| (v.code, &v.name)))),
        Shape::Set { choices, .. } => ("set", names(choices.iter().map(|c| (c.code, &c.name)))),
        Shape::Composite { .. } => ("decimal", String::new()),
        Shape::Constant { .. } | Shape::Dimensions { .. } | Shape::Data { .. } => return None,
    })
}

fn names<'a>(values: impl Iterator<Item = (u16, &'a String)>) -> String {
    let mut out = String::from(", {");
    for (code, name) in values {
        let _ = write!(out, " [{code}] = \"{name}\",");
    }
    out + " }"
}

//! How types, values and comments are spelled in Rust.

use std::fmt::Write;

use crate::model::{Def, Prim, Shape};
use crate::names::pascal;

/// Appends one formatted line. Writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {{ let _ = writeln!($out, $($text)*); }};
}
pub(crate) use line;

/// Of every struct that lies on the wire's bytes.
pub(crate) const DERIVES: &str = "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n\
    #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]";

/// How a type is written in a struct.
pub(crate) struct Spelled {
    pub(crate) rust: String,
    pub(crate) zero: String,
    /// In a format string, and the value for it with `$` for the field.
    pub(crate) format: &'static str,
    pub(crate) value: &'static str,
    /// Whether it has a struct in `types.rs`.
    pub(crate) named: bool,
}

/// How fields of type `def` are written. Constants are no fields.
pub(crate) fn spell(def: &Def) -> Spelled {
    let name = pascal(&def.name);
    let (rust, format) = match &def.shape {
        Shape::Scalar { prim, length } => return array(*prim, *length),
        Shape::Enum { .. } => (name + "Code", "{}"),
        Shape::Composite { fields } if fields.iter().filter(|f| !f.is_constant()).count() > 1 => {
            (name, "({})")
        }
        _ => (name, "{}"),
    };
    Spelled { zero: format!("{rust}::ZERO"), rust, format, value: "$", named: true }
}

fn array(prim: Prim, length: usize) -> Spelled {
    let (format, value) = match (prim, length) {
        (Prim::Char, 1) => ("{}", "Text(core::slice::from_ref(&$))"),
        (Prim::Char, _) => ("{}", "Text(&$)"),
        (_, 1) => ("{}", "$"),
        _ => ("{:?}", "$"),
    };
    let (mut rust, mut zero) = (wire(prim).to_owned(), make(prim, "0"));
    if length > 1 {
        (rust, zero) = (format!("[{rust}; {length}]"), format!("[{zero}; {length}]"));
    }
    Spelled { rust, zero, format, value, named: false }
}

/// The type of `prim` in a struct.
pub(crate) fn wire(prim: Prim) -> &'static str {
    match prim {
        Prim::Unsigned(2) => "U16",
        Prim::Unsigned(4) => "U32",
        Prim::Unsigned(8) => "U64",
        Prim::Signed(2) => "I16",
        Prim::Signed(4) => "I32",
        Prim::Signed(8) => "I64",
        Prim::Signed(_) => "i8",
        _ => "u8",
    }
}

/// The type of `prim` in a register.
pub(crate) fn native(prim: Prim) -> String {
    wire(prim).to_ascii_lowercase()
}

/// An expression of the wire type from one of the native type.
pub(crate) fn make(prim: Prim, value: &str) -> String {
    if prim.size() == 1 { value.to_owned() } else { format!("{}::new({value})", wire(prim)) }
}

/// And back.
pub(crate) fn read(prim: Prim, place: &str) -> String {
    if prim.size() == 1 { place.to_owned() } else { format!("{place}.get()") }
}

/// `text` or else `otherwise` as a doc comment that fits 100 columns in a field's indent.
pub(crate) fn doc(out: &mut String, text: &str, otherwise: &str) {
    let text = if text.is_empty() { otherwise } else { text };
    let mut row = "///".to_owned();
    for word in text.split_whitespace() {
        if row.len() + 1 + word.len() > 95 {
            line!(out, "{row}");
            row = "///".to_owned();
        }
        row = row + " " + word;
    }
    line!(out, "{row}{}", if text.ends_with(['.', '?', '!']) { "" } else { "." });
}

/// A description that says when its value appeared.
pub(crate) fn since(doc: &str, version: u16) -> String {
    match (version, doc) {
        (0, doc) => doc.to_owned(),
        (version, "") => format!("Since version {version}"),
        (version, doc) => format!("{doc}. Since version {version}"),
    }
}

/// `body` prints `self` to `f`.
pub(crate) fn display(out: &mut String, name: &str, body: &str) {
    line!(out, "impl fmt::Display for {name} {{");
    line!(out, "fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{ {body} }} }}\n");
}

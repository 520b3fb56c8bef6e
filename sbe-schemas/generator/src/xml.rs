//! An XML element that says where it stands: what is missing, wrong or unknown is refused with
//! `file:line`, the element and what to do.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use roxmltree::Node;

use crate::names::{check_name, is_keyword, snake};

/// Attributes by element; all others are refused. Source: SBE 1.0, "Message schema".
const ATTRIBUTES: [(&str, &str); 13] = [
    ("messageSchema", "package id version semanticVersion byteOrder description headerType"),
    ("types", ""),
    (
        "type",
        "name description primitiveType length presence nullValue minValue maxValue \
         characterEncoding semanticType sinceVersion offset",
    ),
    ("composite", "name description semanticType sinceVersion offset"),
    ("ref", "name type description offset"),
    ("enum", "name description encodingType semanticType sinceVersion offset"),
    ("validValue", "name description sinceVersion"),
    ("set", "name description encodingType semanticType sinceVersion offset"),
    ("choice", "name description sinceVersion"),
    ("message", "name id description blockLength semanticType sinceVersion"),
    ("field", "name id type description offset presence valueRef semanticType sinceVersion"),
    ("group", "name id description dimensionType blockLength semanticType sinceVersion"),
    ("data", "name id type description semanticType sinceVersion"),
];

#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) node: Node<'a, 'a>,
    pub(crate) file: &'a str,
    /// Of the schema.
    pub(crate) version: u16,
}

impl<'a> Element<'a> {
    /// `file:line`.
    pub(crate) fn place(self) -> String {
        let row = self.node.document().text_pos_at(self.node.range().start).row;
        format!("{}:{row}", self.file)
    }

    pub(crate) fn fail<T>(self, what: &str) -> Result<T> {
        let name = self.get("name").map(|name| format!(" name={name:?}")).unwrap_or_default();
        Err(anyhow!("{}: <{}{name}>: {what}", self.place(), self.tag()))
    }

    pub(crate) fn must(self, good: bool, what: &str) -> Result<()> {
        if good { Ok(()) } else { self.fail(what) }
    }

    pub(crate) fn tag(self) -> &'a str {
        self.node.tag_name().name()
    }

    /// The elements inside. Refuses all but `known` ones, their unknown attributes, and text.
    pub(crate) fn children(self, known: &[&str]) -> Result<Vec<Self>> {
        for text in self.node.children().filter(Node::is_text) {
            let blank = text.text().unwrap_or_default().trim().is_empty();
            self.must(blank, "text between its elements: remove it")?;
        }
        let elements = self.node.children().filter(Node::is_element);
        let children: Vec<Self> = elements.map(|node| Self { node, ..self }).collect();
        for child in &children {
            let what = format!("not supported here, only {known:?}");
            child.must(known.contains(&child.tag()), &what)?;
            child.attributes()?;
            child.leaf()?;
        }
        Ok(children)
    }

    /// Refuses what a leaf of the schema cannot hold.
    fn leaf(self) -> Result<()> {
        match self.tag() {
            "field" | "data" | "ref" => self.children(&[]).map(|_| ()),
            "type" | "validValue" | "choice" => {
                let plain = self.node.children().all(|child| child.is_text());
                self.must(plain, "only a value may stand in it")
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn attributes(self) -> Result<()> {
        let known = ATTRIBUTES.iter().find(|(tag, _)| *tag == self.tag()).map_or("", |row| row.1);
        for attribute in self.node.attributes().filter(|attribute| attribute.namespace().is_none())
        {
            let name = attribute.name();
            let what = format!("attribute {name:?} is not supported: remove it");
            self.must(known.split(' ').any(|known| known == name), &what)?;
        }
        Ok(())
    }

    pub(crate) fn get(self, attribute: &str) -> Option<&'a str> {
        self.node.attribute(attribute)
    }

    pub(crate) fn need(self, attribute: &str) -> Result<&'a str> {
        match self.get(attribute) {
            Some(value) => Ok(value),
            None => self.fail(&format!("attribute {attribute:?} is missing")),
        }
    }

    pub(crate) fn number<T: FromStr>(self, attribute: &str) -> Result<T> {
        let text = self.need(attribute)?;
        text.parse().or_else(|_| self.fail(&format!("{attribute}={text:?}: no number that fits")))
    }

    pub(crate) fn number_or<T: FromStr>(self, attribute: &str, default: T) -> Result<T> {
        if self.get(attribute).is_some() { self.number(attribute) } else { Ok(default) }
    }

    /// `name`, which can be spelled in Rust.
    pub(crate) fn name(self) -> Result<&'a str> {
        let name = self.need("name")?;
        check_name(name).or_else(|what| self.fail(&what))?;
        Ok(name)
    }

    /// `name`, which no sibling has, in Rust's spelling either.
    pub(crate) fn unique(self, seen: &mut BTreeSet<String>) -> Result<&'a str> {
        let name = self.name()?;
        self.must(seen.insert(snake(name)), "a second one of this name: rename it")?;
        Ok(name)
    }

    /// Likewise, of what becomes a field in Rust.
    pub(crate) fn unique_field(self, seen: &mut BTreeSet<String>) -> Result<&'a str> {
        let name = self.unique(seen)?;
        self.must(!is_keyword(name), "a word of Rust: rename it")?;
        Ok(name)
    }

    pub(crate) fn since(self) -> Result<u16> {
        let since = self.number_or("sinceVersion", 0)?;
        let what = format!("sinceVersion {since}, but the schema has version {}", self.version);
        self.must(since <= self.version, &what)?;
        Ok(since)
    }

    /// Where the field starts, if the one before ends at `end`.
    pub(crate) fn offset(self, end: usize) -> Result<usize> {
        let offset = self.number_or("offset", end)?;
        let what = format!("offset {offset} overlaps the field before, which ends at {end}");
        self.must(offset >= end, &what)?;
        Ok(offset)
    }

    pub(crate) fn text(self) -> &'a str {
        self.node.text().unwrap_or_default().trim()
    }

    pub(crate) fn doc(self) -> String {
        let range = match (self.get("minValue"), self.get("maxValue")) {
            (None, None) => String::new(),
            (min, max) => {
                format!(" ({} to {}, not checked)", min.unwrap_or("any"), max.unwrap_or("any"))
            }
        };
        format!("{}{range}", self.get("description").unwrap_or_default().trim())
    }
}

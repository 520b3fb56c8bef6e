//! A schema from its XML: its messages, with the rules by which they may grow.
//!
//! What an older reader could not skip is refused here. Source: SBE 1.0, "Message schema" and
//! "Schema extension mechanism".

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use roxmltree::Document;

use crate::model::{Data, Field, Group, Level, Message, Schema, Shape};
use crate::names::{check_name, pascal};
use crate::types::{Types, usable};
use crate::xml::Element;

/// The XML namespace of SBE 1.0.
const NAMESPACE: &str = "http://fixprotocol.io/2016/sbe";

/// The model of one file.
///
/// # Errors
/// Whatever is not a valid schema or not supported, with `file:line` and what to do.
pub(crate) fn read(file: &str, xml: &str) -> Result<Schema> {
    let document = Document::parse(xml).with_context(|| format!("{file}: not well-formed XML"))?;
    let mut root = Element { node: document.root_element(), file, version: 0 };
    let good = root.tag() == "messageSchema" && root.node.tag_name().namespace() == Some(NAMESPACE);
    root.must(good, &format!("the root must be messageSchema of {NAMESPACE}"))?;
    root.attributes()?;
    let little = root.get("byteOrder").is_none_or(|order| order == "littleEndian");
    root.must(little, "byteOrder must be littleEndian")?;
    let header = root.get("headerType").is_none_or(|name| name == "messageHeader");
    root.must(header, "headerType must be messageHeader")?;
    let package = root.need("package")?;
    check_name(package).or_else(|what| root.fail(&what))?;
    root.version = root.number("version")?;

    let mut types = Types::read(root)?;
    let (mut messages, mut ids, mut names) = (vec![], BTreeSet::new(), BTreeSet::new());
    for element in root.children(&["types", "message"])? {
        if element.tag() == "message" {
            let (name, id) = (pascal(element.unique(&mut names)?), element.number("id")?);
            element.must(ids.insert(id), "a second message of this id: choose another")?;
            let base = element.since()?;
            let mut reader = Reader { types: &mut types, ids: BTreeSet::new() };
            let mut level = reader.level(element, name, base, false)?;
            level.behead();
            messages.push(Message { id, level });
        }
    }
    Ok(Schema {
        file: file.to_owned(),
        package: package.to_owned(),
        id: root.number("id")?,
        version: root.version,
        doc: root.doc(),
        defs: types.defs,
        messages,
    })
}

/// Reads one message.
struct Reader<'t, 'a> {
    types: &'t mut Types<'a>,
    /// Of fields, groups and data so far.
    ids: BTreeSet<u16>,
}

impl<'a> Reader<'_, 'a> {
    /// A block and its tail: of a message or, `entry`, of a group.
    fn level(
        &mut self,
        element: Element<'a>,
        name: String,
        base: u16,
        entry: bool,
    ) -> Result<Level> {
        let (mut names, mut rank, mut end) = (BTreeSet::new(), 0, 0);
        // Newest field, and newest group or data, so far.
        let mut newest = (base, base);
        let doc = element.doc();
        let (fields, groups, data) = (vec![], vec![], vec![]);
        let (block_length, head_length) = (0, 0);
        let mut level = Level { name, doc, base, block_length, head_length, fields, groups, data };
        let kinds = ["field", "group", "data"];
        for child in element.children(&kinds)? {
            let name = child.unique_field(&mut names)?.to_owned();
            let first = self.ids.insert(child.number("id")?);
            child.must(first, "a second field of this id in the message: choose another")?;
            let seen = kinds.iter().position(|kind| *kind == child.tag()).unwrap_or(0);
            child.must(seen >= rank, "fields come first, then groups, then data: move it")?;
            rank = seen;
            let since = child.since()?.max(base);
            let newest = if rank == 0 { &mut newest.0 } else { &mut newest.1 };
            child
                .must(since >= *newest, "older readers could not skip this: move it to the end")?;
            *newest = since;
            let what = "older readers could not skip this: entries of a group grow only by fields";
            child.must(rank == 0 || !entry || since == base, what)?;
            match child.tag() {
                "field" => level.fields.push(self.field(child, name, since, &mut end)?),
                "group" => level.groups.push(self.group(child, name, since, &level.name)?),
                _ => level.data.push(self.data(child, name, since)?),
            }
        }
        let tail = !level.groups.is_empty() || !level.data.is_empty();
        element.must(!entry || end > 0 || tail, "entries without bytes: add a field")?;
        let length: usize = element.number_or("blockLength", end)?;
        let what = format!("a block of {length} bytes, but its fields end at {end}, at most 65535");
        element.must(length >= end && length <= usize::from(u16::MAX), &what)?;
        level.block_length = length as u16;
        Ok(level)
    }

    fn field(
        &mut self,
        element: Element<'a>,
        name: String,
        since: u16,
        end: &mut usize,
    ) -> Result<Field> {
        let def = self.types.get(element.need("type")?, element)?;
        usable(&def, element)?;
        element.must(def.since <= since, "its type appears in a later version")?;
        let value_ref = match element.get("valueRef") {
            Some(path) => Some(self.value_ref(element, path)?),
            None => None,
        };
        let optional = matches!(def.shape, Shape::Optional { .. });
        let constant = value_ref.is_some() || matches!(def.shape, Shape::Constant { .. });
        let agrees = match element.get("presence") {
            None => value_ref.is_none(),
            Some("required") => !constant && !optional,
            Some("optional") => optional || matches!(def.shape, Shape::Enum { .. }),
            Some(presence) => presence == "constant" && constant,
        };
        let what = "presence and type disagree: name an optional or constant type, or a valueRef";
        element.must(agrees, what)?;
        let offset = element.offset(*end)?;
        let id = Some(element.number("id")?);
        let field = Field { name, id, doc: element.doc(), since, offset, def, value_ref };
        *end = field.end();
        Ok(field)
    }

    /// (enum, value) of `Enum.Value`.
    fn value_ref(&mut self, element: Element<'a>, path: &str) -> Result<(String, String)> {
        if let Some((name, value)) = path.split_once('.')
            && let Shape::Enum { values, .. } = &self.types.get(name, element)?.shape
            && values.iter().any(|known| known.name == value)
        {
            return Ok((name.to_owned(), value.to_owned()));
        }
        element.fail("valueRef is no value of an enum: write Enum.Value")
    }

    fn group(
        &mut self,
        element: Element<'a>,
        name: String,
        since: u16,
        outer: &str,
    ) -> Result<Group> {
        let dimensions = element.get("dimensionType").unwrap_or("groupSizeEncoding");
        let Shape::Dimensions { block_length, count } = self.types.get(dimensions, element)?.shape
        else {
            return element.fail("dimensionType is no composite of blockLength and numInGroup");
        };
        let level = self.level(element, format!("{outer}{}", pascal(&name)), since, true)?;
        let fits = block_length.holds(i128::from(level.block_length));
        element.must(fits, "its block is longer than its dimensions can say")?;
        Ok(Group { name, since, widths: (block_length.size(), count.size()), level })
    }

    fn data(&mut self, element: Element<'a>, name: String, since: u16) -> Result<Data> {
        match self.types.get(element.need("type")?, element)?.shape {
            Shape::Data { length } => {
                Ok(Data { name, doc: element.doc(), since, width: length.size() })
            }
            _ => element.fail("the type of data is a composite of length and varData"),
        }
    }
}

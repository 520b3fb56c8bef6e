//! `<types>` of a schema: reads each and resolves what it refers to, in any order.
//!
//! Source: SBE 1.0, "Field encoding" and "Message schema". Next: `messages.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::str::FromStr;

use anyhow::Result;

use crate::model::{Choice, Def, Field, Prim, Shape};
use crate::names::pascal;
use crate::xml::Element;

#[derive(Default)]
pub(crate) struct Types<'a> {
    /// By name, as XML.
    elements: HashMap<&'a str, Element<'a>>,
    /// By name, resolved.
    pub(crate) defs: BTreeMap<String, Rc<Def>>,
    /// Being resolved, outermost first.
    open: Vec<String>,
}

impl<'a> Types<'a> {
    /// All types under `root`; the header is checked and left out.
    pub(crate) fn read(root: Element<'a>) -> Result<Self> {
        let mut types = Self::default();
        let (mut order, kinds) = (vec![], ["type", "composite", "enum", "set"]);
        for part in root.children(&["types", "message"])? {
            if part.tag() == "types" {
                order.extend(part.children(&kinds)?);
            }
        }
        for element in &order {
            let first = types.elements.insert(element.name()?, *element).is_none();
            element.must(first, "a second type of this name: rename one")?;
            element.must(element.get("offset").is_none(), "offset is for members: remove it")?;
        }
        for element in order {
            types.get(element.name()?, element)?;
        }
        let header = types.defs.remove("messageHeader");
        root.must(header.is_some_and(|header| is_header(&header)), HEADER)?;
        Ok(types)
    }

    /// The type `name`; `user` is who asks for it.
    pub(crate) fn get(&mut self, name: &str, user: Element<'a>) -> Result<Rc<Def>> {
        if let Some(def) = self.defs.get(name) {
            return Ok(def.clone());
        }
        let Some(element) = self.elements.get(name).copied() else {
            let prim = primitive(name, user)?;
            return Ok(unnamed(prim.size(), Shape::Scalar { prim, length: 1 }, user));
        };
        let circle = self.open.iter().any(|open| open == name);
        element.must(!circle, "it contains itself: break the circle")?;
        self.open.push(name.to_owned());
        let def = self.define(element, name)?;
        self.open.pop();
        Ok(def)
    }

    /// Resolves the type that `element` defines and keeps it as `name`.
    fn define(&mut self, element: Element<'a>, name: &str) -> Result<Rc<Def>> {
        let (size, shape) = match element.tag() {
            "type" => simple(element)?,
            "composite" => self.composite(element)?,
            "enum" => self.enumeration(element)?,
            _ => self.set(element)?,
        };
        let (doc, place, since) = (element.doc(), element.place(), element.since()?);
        let def = Rc::new(Def { name: name.to_owned(), doc, place, since, size, shape });
        let first = self.defs.insert(name.to_owned(), def.clone()).is_none();
        element.must(first, "a second type of this name: rename one")?;
        Ok(def)
    }

    fn composite(&mut self, element: Element<'a>) -> Result<(usize, Shape)> {
        let members = element.children(&["type", "composite", "enum", "set", "ref"])?;
        if members.iter().any(|member| member.get("name") == Some("varData")) {
            return var_data(element, &members);
        }
        let (mut fields, mut end, mut names) = (vec![], 0, BTreeSet::new());
        for member in members {
            let name = member.unique_field(&mut names)?.to_owned();
            let def = match member.tag() {
                "ref" => self.get(member.need("type")?, member)?,
                "type" => {
                    let (size, shape) = simple(member)?;
                    unnamed(size, shape, member)
                }
                _ => self.define(member, &pascal(&name))?,
            };
            usable(&def, member)?;
            member.must(member.since()? == 0, "a composite never grows: make a new one")?;
            let offset = member.offset(end)?;
            end = offset + def.size;
            let (id, doc) = (None, member.doc());
            fields.push(Field { name, id, doc, since: 0, offset, def, value_ref: None });
        }
        if let [a, b] = &fields[..]
            && (a.name.as_str(), b.name.as_str()) == ("blockLength", "numInGroup")
        {
            return dimensions(element, a, b);
        }
        let sized = fields.iter().filter(|field| field.size() > 0).count();
        element.must(sized > 0, "without a member: add one")?;
        let unnamed_optional = fields.iter().any(|field| {
            field.def.name.is_empty() && matches!(field.def.shape, Shape::Optional { .. })
        });
        let what = "an optional member among several must be a <ref> to a named type";
        element.must(sized == 1 || !unnamed_optional, what)?;
        Ok((end, Shape::Composite { fields }))
    }

    fn enumeration(&mut self, element: Element<'a>) -> Result<(usize, Shape)> {
        let prim = self.encoding(element)?;
        let good = matches!(prim, Prim::Char | Prim::Unsigned(1 | 2));
        element.must(good, "an enum is encoded as char, uint8 or uint16")?;
        let values = choices(element, "validValue", |text| match (prim, text.as_bytes()) {
            (Prim::Char, [byte]) if byte.is_ascii_alphanumeric() => Some(u16::from(*byte)),
            (Prim::Char, _) => None,
            _ => text.parse().ok().filter(|code| prim.holds(i128::from(*code))),
        })?;
        let null = values.iter().any(|value| i128::from(value.code) == prim.null());
        element.must(!null, "a value is the null value of its type: choose another")?;
        Ok((prim.size(), Shape::Enum { prim, values }))
    }

    fn set(&mut self, element: Element<'a>) -> Result<(usize, Shape)> {
        let prim = self.encoding(element)?;
        let unsigned = matches!(prim, Prim::Unsigned(_));
        element.must(unsigned, "a set is encoded as uint8, uint16, uint32 or uint64")?;
        let bits = 8 * prim.size();
        let choices = choices(element, "choice", |text| {
            text.parse().ok().filter(|bit| usize::from(*bit) < bits)
        })?;
        Ok((prim.size(), Shape::Set { prim, choices }))
    }

    fn encoding(&mut self, element: Element<'a>) -> Result<Prim> {
        match self.get(element.need("encodingType")?, element)?.shape {
            Shape::Scalar { prim, length: 1 } => Ok(prim),
            _ => element.fail("encodingType must be a primitive, required type"),
        }
    }
}

/// A `<type>`: one value or an array, optional or constant.
fn simple(element: Element) -> Result<(usize, Shape)> {
    let prim = primitive(element.need("primitiveType")?, element)?;
    let (value, presence) = (element.text(), element.get("presence").unwrap_or("required"));
    let optional = presence == "optional" || element.get("nullValue").is_none();
    element.must(optional, "nullValue without presence=\"optional\": add it")?;
    let constant = presence == "constant" || value.is_empty();
    element.must(constant, "a value without presence=\"constant\": add it")?;
    let usual = if presence == "constant" && prim == Prim::Char { value.len() } else { 1 };
    let length: usize = element.number_or("length", usual)?;
    match presence {
        "required" if length > 0 => Ok((prim.size() * length, Shape::Scalar { prim, length })),
        "optional" if length == 1 => {
            let null = element.number_or("nullValue", prim.null())?;
            element.must(prim.holds(null), "its nullValue does not fit its type")?;
            Ok((prim.size(), Shape::Optional { prim, null }))
        }
        "constant" => {
            let fits = match prim {
                Prim::Char => value.is_ascii() && (1..=length).contains(&value.len()),
                _ => length == 1 && i128::from_str(value).is_ok_and(|value| prim.holds(value)),
            };
            element.must(fits, "its value does not fit its type")?;
            Ok((0, Shape::Constant { prim, length, value: value.to_owned() }))
        }
        _ => {
            element.fail("presence and length: only required values and char constants are arrays")
        }
    }
}

fn dimensions(element: Element, a: &Field, b: &Field) -> Result<(usize, Shape)> {
    match (&a.def.shape, &b.def.shape) {
        (
            &Shape::Scalar { prim: block_length @ Prim::Unsigned(1 | 2), length: 1 },
            &Shape::Scalar { prim: count @ Prim::Unsigned(1 | 2), length: 1 },
        ) if b.offset == a.end() => Ok((b.end(), Shape::Dimensions { block_length, count })),
        _ => element.fail("dimensions of a group are two adjacent uint8 or uint16"),
    }
}

fn var_data(element: Element, members: &[Element]) -> Result<(usize, Shape)> {
    if let [length, data] = members
        && (length.get("name"), data.get("length")) == (Some("length"), Some("0"))
        && matches!(data.get("primitiveType"), Some("uint8" | "char"))
        && let Prim::Unsigned(1 | 2 | 4) = primitive(length.need("primitiveType")?, *length)?
        && let Shape::Scalar { prim, length: 1 } = simple(*length)?.1
    {
        return Ok((prim.size(), Shape::Data { length: prim }));
    }
    element.fail("var-data is an unsigned length, then varData of char or uint8 with length=\"0\"")
}

fn choices(element: Element, tag: &str, code: impl Fn(&str) -> Option<u16>) -> Result<Vec<Choice>> {
    let (mut choices, mut names, mut codes) = (vec![], BTreeSet::new(), BTreeSet::new());
    for child in element.children(&[tag])? {
        let name = child.unique(&mut names)?.to_owned();
        let Some(code) = code(child.text()) else {
            return child.fail("its value does not fit the encodingType");
        };
        child.must(codes.insert(code), "a second one of this value: choose another")?;
        choices.push(Choice { name, doc: child.doc(), code, since: child.since()? });
    }
    element.must(!choices.is_empty(), "without a value: add one")?;
    Ok(choices)
}

/// Dimensions and var-data stand in front of groups and data only.
pub(crate) fn usable(def: &Def, user: Element) -> Result<()> {
    let framing = matches!(def.shape, Shape::Dimensions { .. } | Shape::Data { .. });
    user.must(!framing, "its type is for groups or data only")
}

fn primitive(name: &str, user: Element) -> Result<Prim> {
    match (Prim::named(name), name) {
        (Some(prim), _) => Ok(prim),
        (_, "float" | "double") => user.fail("floats are not exact: use a decimal composite"),
        _ => user.fail(&format!("no type {name:?}: define it in <types>")),
    }
}

fn unnamed(size: usize, shape: Shape, user: Element) -> Rc<Def> {
    Rc::new(Def {
        name: String::new(),
        doc: String::new(),
        place: user.place(),
        since: 0,
        size,
        shape,
    })
}

const HEADER: &str =
    "composite messageHeader must be uint16 blockLength, templateId, schemaId, version";

fn is_header(def: &Def) -> bool {
    let Shape::Composite { fields } = &def.shape else { return false };
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    def.size == 8
        && names == ["blockLength", "templateId", "schemaId", "version"]
        && fields.iter().all(|field| {
            matches!(field.def.shape, Shape::Scalar { prim: Prim::Unsigned(2), length: 1 })
        })
}

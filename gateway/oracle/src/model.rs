//! The FIX 4.4 dictionary of fefix, flattened and checked: what `main.rs` prints.
//!
//! fefix 0.7 reads its XML with one flaw that matters here: every *reference* to a component is
//! stored as one more, empty, component of that name, and look-up by name finds the last of them.
//! So components are taken from the list of all of them, where the one with items is the real one.
//! Whatever else does not look like FIX 4.4 stops the tool ([`Model::check`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, bail, ensure};
use fefix::dict::{Dictionary, FixDatatype, LayoutItem, LayoutItemKind};

/// One tag.
pub(crate) struct Field {
    pub(crate) name: String,
    /// The variant of `dictionary::Kind`.
    pub(crate) kind: &'static str,
    /// The values it may have, in byte order; none: any.
    pub(crate) values: BTreeSet<String>,
    /// The other half of a Length and Data pair, or 0.
    pub(crate) pair: u16,
    /// Its type in QuickFIX's words.
    pub(crate) datatype: String,
    /// What FIX calls its values, those that `values` leaves out included.
    pub(crate) words: BTreeMap<String, String>,
}

/// One level: a message, the header, an entry.
#[derive(Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) fields: BTreeSet<u16>,
    pub(crate) required: BTreeSet<u16>,
    /// Indexes of [`Model::groups`].
    pub(crate) groups: Vec<usize>,
}

#[derive(PartialEq)]
pub(crate) struct Group {
    pub(crate) count: u16,
    pub(crate) delimiter: u16,
    pub(crate) entry: Layout,
}

pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) body: Layout,
}

pub(crate) struct Model {
    pub(crate) fields: BTreeMap<u16, Field>,
    /// Each different group once; inner ones before those that hold them.
    pub(crate) groups: Vec<Group>,
    pub(crate) header: Layout,
    pub(crate) trailer: Layout,
    /// By MsgType, in byte order.
    pub(crate) messages: BTreeMap<String, Message>,
}

/// Components by name.
type Components = HashMap<String, Vec<Item>>;

/// fefix's layout items, owned; its borrows do not outlive one call.
#[derive(Clone)]
enum Item {
    Field { tag: u16, required: bool },
    Group { count: u16, required: bool, items: Vec<Item> },
    Component { name: String, required: bool },
}

impl Model {
    pub(crate) fn fix44() -> anyhow::Result<Self> {
        let dictionary = Dictionary::fix44();
        let mut components = Components::new();
        for component in dictionary.iter_components() {
            let items: Vec<_> = component.items().map(|item| own(&item)).collect();
            if !items.is_empty() {
                let twice = components.insert(component.name().to_owned(), items);
                ensure!(twice.is_none(), "component {} is defined twice", component.name());
            }
        }
        let mut model = Self {
            fields: fields(&dictionary)?,
            groups: Vec::new(),
            header: Layout::default(),
            trailer: Layout::default(),
            messages: BTreeMap::new(),
        };
        let component = |name: &str| components.get(name).context("no such component");
        model.header = model.layout(component("StandardHeader")?, &components)?;
        model.trailer = model.layout(component("StandardTrailer")?, &components)?;
        for message in dictionary.iter_messages() {
            let items: Vec<_> = message.layout().map(|item| own(&item)).collect();
            let body = model.layout(&items, &components).context(message.name().to_owned())?;
            let named = Message { name: message.name().to_owned(), body };
            ensure!(model.messages.insert(message.msg_type().to_owned(), named).is_none());
        }
        model.check()?;
        Ok(model)
    }

    /// `G453`, or `G146_2` for the second of several groups with the same count tag.
    pub(crate) fn group_name(&self, at: usize) -> String {
        let count = self.groups[at].count;
        match self.groups[..at].iter().filter(|group| group.count == count).count() {
            0 => format!("G{count}"),
            before => format!("G{count}_{}", before + 1),
        }
    }

    fn layout(&mut self, items: &[Item], components: &Components) -> anyhow::Result<Layout> {
        let mut layout = Layout::default();
        self.fill(&mut layout, items, true, components)?;
        Ok(layout)
    }

    /// A field is required only if every component around it is.
    fn fill(
        &mut self,
        layout: &mut Layout,
        items: &[Item],
        all_required: bool,
        components: &Components,
    ) -> anyhow::Result<()> {
        for item in items {
            let (tag, required) = match item {
                Item::Component { name, required } => {
                    let inner = components.get(name).with_context(|| format!("no {name}"))?;
                    self.fill(layout, inner, all_required && *required, components)?;
                    continue;
                }
                Item::Field { tag, required } => (*tag, *required),
                Item::Group { count, required, items } => {
                    let entry = self.layout(items, components)?;
                    let delimiter = first_field(items, components)?;
                    let group = Group { count: *count, delimiter, entry };
                    let known = self.groups.iter().position(|other| *other == group);
                    layout.groups.push(known.unwrap_or_else(|| {
                        self.groups.push(group);
                        self.groups.len() - 1
                    }));
                    (*count, *required)
                }
            };
            ensure!(layout.fields.insert(tag), "tag {tag} twice on one level");
            if required && all_required {
                layout.required.insert(tag);
            }
        }
        Ok(())
    }

    /// Stops when what was read cannot be FIX 4.4.
    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.fields.len() == 912 && self.messages.len() == 93, "another FIX version?");
        let header = [8, 9, 34, 35, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129];
        ensure!(header.iter().all(|tag| self.header.fields.contains(tag)), "header fields");
        ensure!(self.header.required == BTreeSet::from([8, 9, 34, 35, 49, 52, 56]), "header");
        ensure!(self.trailer.fields == BTreeSet::from([10, 89, 93]), "trailer");
        for (tag, field) in &self.fields {
            let paired = matches!(field.kind, "Length" | "Data") && ![9, 383].contains(tag);
            ensure!(paired == (field.pair != 0), "{} has no other half", field.name);
        }
        for group in &self.groups {
            ensure!(self.fields[&group.count].kind == "NumInGroup", "group {}", group.count);
            ensure!(group.entry.fields.contains(&group.delimiter), "group {}", group.count);
            ensure!(self.fields[&group.delimiter].kind != "NumInGroup", "group {}", group.count);
        }
        let frame = [&self.header.fields, &self.trailer.fields];
        for message in self.messages.values() {
            let clash = frame.iter().any(|set| !set.is_disjoint(&message.body.fields));
            ensure!(!clash, "{} repeats a field of the header or trailer", message.name);
        }
        Ok(())
    }
}

fn own(item: &LayoutItem<'_>) -> Item {
    let required = item.required();
    match item.kind() {
        LayoutItemKind::Field(field) => Item::Field { tag: field.tag().get(), required },
        LayoutItemKind::Component(component) => {
            Item::Component { name: component.name().to_owned(), required }
        }
        LayoutItemKind::Group(count, items) => Item::Group {
            count: count.tag().get(),
            required,
            items: items.iter().map(own).collect(),
        },
    }
}

fn first_field(items: &[Item], components: &Components) -> anyhow::Result<u16> {
    match items.first() {
        Some(Item::Field { tag, .. }) => Ok(*tag),
        Some(Item::Component { name, .. }) => {
            first_field(components.get(name).context("no such component")?, components)
        }
        _ => bail!("a group that starts with nothing or with a group"),
    }
}

fn fields(dictionary: &Dictionary) -> anyhow::Result<BTreeMap<u16, Field>> {
    let mut fields = BTreeMap::new();
    let mut tags_by_name = HashMap::new();
    for field in dictionary.iter_fields() {
        let mut values: BTreeSet<String> =
            field.enums().into_iter().flatten().map(|value| value.value().to_owned()).collect();
        ensure!(
            values.iter().all(|v| v.bytes().all(|b| b.is_ascii_graphic())),
            field.name().to_owned()
        );
        let mut kind = kind(field.data_type().basetype()).context(field.name().to_owned())?;
        // Declared `char`, but some of the values (`99`, `10`) are longer.
        if kind == "Char" && values.iter().any(|value| value.len() > 1) {
            kind = "Text";
        }
        // Y and N are the kind's business. 27 is "S, M, L or a number", 35 has its own table.
        if kind == "Bool" || matches!(field.tag().get(), 27 | 35) {
            values.clear();
        }
        tags_by_name.insert(field.name().to_owned(), field.tag().get());
        let words = field.enums().into_iter().flatten();
        let words = words.map(|value| (value.value().to_owned(), value.description().to_owned()));
        let read = Field {
            name: field.name().to_owned(),
            kind,
            values,
            pair: 0,
            datatype: quickfix_type(field.data_type().basetype(), kind),
            words: words.collect(),
        };
        ensure!(fields.insert(field.tag().get(), read).is_none());
    }
    let lengths: Vec<_> =
        fields.iter().filter(|(_, f)| f.kind == "Length").map(|(t, _)| *t).collect();
    for length in lengths {
        let name = fields[&length].name.clone();
        let Some(stem) = name.strip_suffix("Length").or_else(|| name.strip_suffix("Len")) else {
            continue;
        };
        let Some(&data) = tags_by_name.get(stem) else { continue };
        ensure!(fields[&data].kind == "Data", "{name} is the length of what is no data");
        fields.entry(length).and_modify(|field| field.pair = data);
        fields.entry(data).and_modify(|field| field.pair = length);
    }
    Ok(fields)
}

fn quickfix_type(datatype: FixDatatype, kind: &str) -> String {
    use FixDatatype as T;
    match datatype {
        T::MultipleCharValue | T::MultipleStringValue => "MULTIPLEVALUESTRING".into(),
        T::XmlData => "DATA".into(),
        T::TagNum => "INT".into(),
        T::Language => "STRING".into(),
        T::Char if kind == "Text" => "STRING".into(),
        other => other.name().to_uppercase(),
    }
}

fn kind(datatype: FixDatatype) -> Option<&'static str> {
    use FixDatatype as T;
    Some(match datatype {
        T::Int | T::DayOfMonth | T::TagNum => "Int",
        T::Length => "Length",
        T::NumInGroup => "NumInGroup",
        T::SeqNum => "SeqNum",
        T::Float | T::Amt | T::Price | T::PriceOffset | T::Qty | T::Percentage => "Float",
        T::Char => "Char",
        T::Boolean => "Bool",
        T::Data | T::XmlData => "Data",
        T::UtcTimestamp => "UtcTimestamp",
        T::UtcTimeOnly => "UtcTimeOnly",
        T::UtcDateOnly | T::LocalMktDate => "Date",
        T::MonthYear => "MonthYear",
        T::MultipleCharValue | T::MultipleStringValue => "Multi",
        T::String | T::Currency | T::Exchange | T::Country | T::Language => "Text",
        _ => return None,
    })
}

//! Messages: as a script drafts them, and as they came.

use crate::script::Said;
use gateway::fix::frame::checksum;
use gateway::fix::time::{Precision, Stamp};

const NS_PER_S: u64 = 1_000_000_000;
/// Where they are not said, these are in front, in this order.
const HEAD: [&str; 4] = ["49", "56", "34", "52"];
/// What stands in front of the body.
const HEADER: [&str; 21] = [
    "8", "9", "35", "49", "56", "34", "52", "43", "97", "122", "115", "116", "144", "128", "129",
    "145", "50", "57", "142", "143", "369",
];

/// What a value may mean.
pub struct Words<'a> {
    pub now_ns: u64,
    /// By letter.
    pub comp_id: &'a dyn Fn(char) -> String,
    pub venue: &'a str,
    /// The number of A's firm, and of its user.
    pub firm: u32,
    pub symbol: &'a str,
    /// `$id` and the like.
    pub known: &'a dyn Fn(&str) -> Option<String>,
}

impl Words<'_> {
    /// A value as it is sent.
    pub fn value(&self, text: &str) -> String {
        if text == "ACME" {
            return self.symbol.into();
        }
        if let Some(value) = text.strip_prefix('$').and_then(|name| (self.known)(name)) {
            return value;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['N', '{']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let taken = if rest.starts_with("NOW") {
                self.time(&mut out, rest)
            } else {
                self.brace(&mut out, rest)
            };
            rest = &rest[taken..];
        }
        out + rest
    }

    /// `NOW-121s:ns`; how many bytes it has.
    fn time(&self, out: &mut String, text: &str) -> usize {
        let end = text.find(['|', ' ', '\u{1}']).unwrap_or(text.len());
        let (shift, fraction) = text[3..end].split_once(':').unwrap_or((&text[3..end], "ms"));
        let unit_at = shift.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(shift.len());
        let unit_ns = match &shift[unit_at..] {
            "" => 0,
            "ms" => 1_000_000,
            "s" => NS_PER_S,
            "m" => 60 * NS_PER_S,
            "h" => 3600 * NS_PER_S,
            "d" => 86_400 * NS_PER_S,
            other => panic!("no unit of time: {other}"),
        };
        let by = shift[..unit_at].parse::<i64>().unwrap_or(0) * unit_ns as i64;
        let time = self.now_ns.checked_add_signed(by).expect("a time");
        let precision = match fraction {
            "us" => Precision::Micros,
            "ns" => Precision::Nanos,
            _ => Precision::Millis,
        };
        let stamp = Stamp::new(time, precision);
        let written = std::str::from_utf8(stamp.as_bytes()).unwrap();
        out.push_str(if fraction == "s" { &written[..17] } else { written });
        end
    }

    /// `{A}`, `{V}`, `{firm}`, `{x*500}`; anything else stays.
    fn brace(&self, out: &mut String, text: &str) -> usize {
        let inside = text.strip_prefix('{').and_then(|text| text.split_once('}'));
        let Some((inside, _)) = inside else {
            out.push_str(&text[..1]);
            return 1;
        };
        match (inside, inside.split_once('*')) {
            ("V", _) => out.push_str(self.venue),
            ("firm" | "user", _) => out.push_str(&self.firm.to_string()),
            (_, Some((what, times))) => out.push_str(&what.repeat(times.parse().unwrap())),
            _ => out.push_str(&(self.comp_id)(inside.parse().unwrap())),
        }
        inside.len() + 2
    }

    /// `|` is SOH.
    pub fn bytes(&self, text: &str) -> Vec<u8> {
        self.fields(text).into_bytes()
    }

    fn fields(&self, text: &str) -> String {
        let field = |field: &str| match field.split_once('=') {
            Some((tag, value)) => format!("{tag}={}", self.value(value)),
            None => self.value(field),
        };
        text.split('|').map(field).collect::<Vec<_>>().join("\u{1}")
    }

    /// Around everything between BodyLength and CheckSum.
    pub fn framed(&self, body: &str) -> Vec<u8> {
        enclose(&self.fields(body), None, None, None)
    }

    /// A message of `kind` with what is said, the usual fields, and `numbered` where 34 is not said.
    pub fn message(&self, kind: &str, who: char, number: u64, said: &[Said]) -> Vec<u8> {
        let mut body = format!("35={kind}\u{1}");
        let mut add = |tag: &str, value: &str| {
            body.push_str(&format!("{tag}={}\u{1}", self.value(value)));
        };
        let first = |tag: &str| said.iter().position(|field| field.tag == tag);
        for tag in HEAD {
            match (first(tag), tag) {
                (Some(at), _) => said[at].value.iter().for_each(|value| add(tag, value)),
                (None, "49") => add(tag, &(self.comp_id)(who)),
                (None, "56") => add(tag, self.venue),
                (None, "34") => add(tag, &number.to_string()),
                (None, _) => add(tag, "NOW"),
            }
        }
        let frame = |tag: &str| matches!(tag, "8" | "9" | "10");
        let is_first = |at: usize, tag: &str| HEAD.contains(&tag) && first(tag) == Some(at);
        let others = || {
            said.iter().enumerate().filter_map(|(at, field)| {
                let tag = field.tag.as_str();
                let value = field.value.as_deref()?;
                (!frame(tag) && !is_first(at, tag)).then_some((tag, value))
            })
        };
        let in_front = |tag: &str| HEADER.contains(&tag) && tag != "35" && !HEAD.contains(&tag);
        others().filter(|(tag, _)| in_front(tag)).for_each(|(tag, value)| add(tag, value));
        for (tag, value) in usual(kind) {
            if first(tag).is_none() {
                add(tag, value);
            }
        }
        others().filter(|(tag, _)| !in_front(tag)).for_each(|(tag, value)| add(tag, value));
        let of_frame = |tag: &str| first(tag).map(|at| said[at].value.as_deref());
        let begin = of_frame("8").flatten();
        let length = of_frame("9").flatten();
        let sum = of_frame("10").map(|said| said.unwrap_or("!"));
        enclose(&body, begin, length, sum)
    }
}

/// Fields that a message has unless something is said about them.
fn usual(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "A" => &[("98", "0"), ("108", "30"), ("554", "secret")],
        "D" | "G" => {
            &[("55", "ACME"), ("54", "1"), ("60", "NOW"), ("38", "100"), ("40", "2"), ("44", "10")]
        }
        "F" => &[("55", "ACME"), ("54", "1"), ("60", "NOW")],
        "H" => &[("55", "ACME"), ("54", "1")],
        "q" => &[("60", "NOW")],
        _ => &[],
    }
}

/// BodyLength and CheckSum that are said: as they are, or `+3` and `-3` away from what is right; a
/// CheckSum of `!` is left out.
fn enclose(body: &str, begin: Option<&str>, length: Option<&str>, sum: Option<&str>) -> Vec<u8> {
    let shifted = |right: i64, said: Option<&str>| match said {
        None => right.to_string(),
        Some(said) if said.starts_with(['+', '-']) => {
            (right + said.parse::<i64>().unwrap()).to_string()
        }
        Some(said) => said.into(),
    };
    let begin = begin.unwrap_or("FIX.4.4");
    let length = shifted(body.len() as i64, length);
    let mut message = format!("8={begin}\u{1}9={length}\u{1}{body}").into_bytes();
    match sum {
        Some("!") => {}
        Some(said) if !said.starts_with(['+', '-']) => {
            message.extend(format!("10={said}\u{1}").bytes());
        }
        said => {
            let by = said.map_or(0, |said| said.parse::<i64>().unwrap());
            let sum = (i64::from(checksum(&message)) + by).rem_euclid(256);
            message.extend(format!("10={sum:03}\u{1}").bytes());
        }
    }
    message
}

/// A message of the venue.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard(pub Vec<(String, String)>);

impl Heard {
    /// `bytes` are one framed message. ACME stands for `symbol`.
    pub fn new(bytes: &[u8], symbol: &str) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "bytes that are no text")?;
        let mut fields = Vec::new();
        for field in text.trim_end_matches('\u{1}').split('\u{1}') {
            let (tag, value) = field.split_once('=').ok_or(format!("no field: {field}"))?;
            if value.is_empty() {
                return Err(format!("empty: {field} in {text}"));
            }
            let value = if tag == "55" && value == symbol { "ACME" } else { value };
            fields.push((tag.to_owned(), value.to_owned()));
        }
        Ok(Self(fields))
    }

    pub fn get(&self, tag: &str) -> Option<&str> {
        self.0.iter().find(|(seen, _)| seen == tag).map(|(_, value)| value.as_str())
    }

    /// In the order of the message.
    pub fn all(&self, tag: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(seen, _)| seen == tag).map(|(_, value)| value.as_str())
    }

    pub fn kind(&self) -> &str {
        self.get("35").unwrap_or("")
    }

    pub fn number(&self, tag: &str) -> u64 {
        self.get(tag).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    pub fn is_again(&self) -> bool {
        self.get("43") == Some("Y")
    }

    /// Not sent again: of the session itself. A Reject is sent again.
    pub fn is_admin(&self) -> bool {
        matches!(self.kind(), "A" | "0" | "1" | "2" | "4" | "5")
    }

    /// What a resend does not change.
    pub fn content(&self) -> Vec<(String, String)> {
        let changes = |tag: &str| matches!(tag, "9" | "10" | "43" | "52" | "122");
        self.0.iter().filter(|(tag, _)| !changes(tag)).cloned().collect()
    }
}

impl std::fmt::Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hidden = ["8", "9", "10", "49", "56", "52"];
        let shown = self.0.iter().filter(|(tag, _)| !hidden.contains(&tag.as_str()));
        shown.into_iter().try_for_each(|(tag, value)| write!(f, "{tag}={value} "))
    }
}

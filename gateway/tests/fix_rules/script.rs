//! A script: what clients do and what they must hear, one line each.
//!
//! ```text
//! # A number too high: the venue asks once.            a comment; an empty line begins a new case
//! A logs on 108=5                                      connects, sends a Logon, takes the answer
//! A connects                                           without a Logon
//! A > 1 34=3 112=x                                     a TestRequest; 8 9 35 49 56 34 52 10 come by themselves,
//! A > 0 52! 9=+1 10=000                                 are left out by `!`, or are what is said
//! A > body 35=0|34=2|49={A}|56={V}|52=NOW|             all between BodyLength and CheckSum
//! A > bytes 8=FIX.4.4|9=5|                             just these
//! A < 2 7=2 16=0 58!                                   the next message has these fields, and has no 58
//! A < 8 150=0 37=$id                                   `$id` is whatever it is, the same from then on; `*`: anything
//! A < closed                                           the end of the connection
//! A < nothing                                          a third of a second of silence
//! A counts from 7                                      its next number
//! A begins anew                                        the numbers of both sides are 1 again
//! A hangs up · A closes its half · A stays away        stays away: no farewell at the end of the case
//! A holds back · A lets go                             what it sends in between leaves in one breath
//! A is cut off                                         whatever came, then the end; it reads nothing before
//! ~ 1500ms                                             time passes
//! 30 times A > 1 112=x                                 the line, so often
//! ACME has collar_bps = 100                            in front of a case: what the configuration says of its
//! A's firm has … · A's account has … · the venue has … instrument, of a firm, of account MAIN, of [venue]
//! the timetable has time = "22:14", phase = "closed"   a line of it; only where nobody else plays, as of [venue]
//! the venue stops · the venue is back                  stops in good order; only where nobody else plays
//! ```
//! Values: `NOW`, `NOW-121s`, `NOW+1h:ns` (the time, shifted, with so fine a fraction: s ms us ns),
//! `{A}` a CompID, `{V}` the venue's, `{firm}` and `{user}` the numbers of A's, `{x*500}` so many x.
//! ACME is an instrument of the case alone.
//! Fields in front of the body are ordered; those of the body come as said, behind the usual ones of
//! their message (`message.rs`), which they replace.

use std::fmt;
use std::path::Path;

/// Fresh sessions, one conversation.
#[derive(Clone, Debug)]
pub struct Case {
    /// File, and the line of it that it begins in.
    pub name: String,
    /// What the configuration says beside what it says for all cases.
    pub settings: Vec<(Of, String)>,
    pub lines: Vec<Line>,
}

/// What a setting is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Venue,
    /// Of all instruments of the venue.
    Timetable,
    Instrument,
    Firm(Who),
    /// The account MAIN of the session's firm.
    Account(Who),
}

#[derive(Clone, Debug)]
pub struct Line {
    pub number: usize,
    pub text: String,
    pub act: Act,
}

/// A letter: one of the sessions of the case.
pub type Who = char;

#[derive(Clone, Debug)]
pub enum Act {
    Connects(Who),
    LogsOn(Who, Vec<Said>),
    Sends(Who, Draft),
    Body(Who, String),
    Bytes(Who, String),
    Hears(Who, Wanted),
    Ends(Who),
    Nothing(Who),
    Counts(Who, u64),
    BeginsAnew(Who),
    HangsUp(Who),
    ClosesHalf(Who),
    StaysAway(Who),
    HoldsBack(Who),
    LetsGo(Who),
    IsCutOff(Who),
    VenueStops,
    VenueIsBack,
    /// Milliseconds.
    Waits(u64),
}

/// A message to send: its type, and what is said about its fields.
#[derive(Clone, Debug)]
pub struct Draft {
    pub kind: String,
    pub said: Vec<Said>,
}

/// A field as it is sent; no value: it is left out.
#[derive(Clone, Debug)]
pub struct Said {
    pub tag: String,
    pub value: Option<String>,
}

/// A message that must come.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub kind: String,
    /// No value: the tag is absent.
    pub fields: Vec<Said>,
}

impl Wanted {
    pub fn mentions(&self, tag: &str) -> bool {
        self.fields.iter().any(|field| field.tag == tag)
    }

    pub fn value(&self, tag: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.tag == tag)?.value.as_deref()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4}  {}", self.number, self.text)
    }
}

impl Case {
    /// Keys of a table of its venue, a line each.
    pub fn settings_of(&self, wanted: Of) -> String {
        let of = self.settings.iter().filter(|(of, _)| *of == wanted);
        of.map(|(_, setting)| format!("{setting}\n")).collect()
    }

    /// The letters that appear, in order.
    pub fn cast(&self) -> Vec<Who> {
        let mut cast: Vec<Who> = self.lines.iter().filter_map(|line| line.who()).collect();
        cast.sort_unstable();
        cast.dedup();
        cast
    }

    /// It is about time: on a host that others use too, a pause of theirs may look like one of ours.
    pub fn is_timed(&self) -> bool {
        let asks_often = |said: &[Said]| said.iter().any(|field| field.tag == "108");
        self.lines.iter().any(|line| match &line.act {
            Act::Waits(_) => true,
            Act::LogsOn(_, said) => asks_often(said),
            _ => false,
        })
    }

    /// It means the same when the venue dies on the way: nobody's connection ends by the script, and no
    /// number is said.
    pub fn survives(&self) -> bool {
        let numbered =
            |said: &[Said]| said.iter().any(|field| field.tag == "34" || field.tag == "45");
        self.lines.iter().all(|line| match &line.act {
            Act::LogsOn(_, said) => said.is_empty(),
            Act::Sends(_, draft) => {
                matches!(draft.kind.as_str(), "D" | "F" | "G" | "H" | "q") && !numbered(&draft.said)
            }
            Act::Hears(_, wanted) => !numbered(&wanted.fields),
            _ => false,
        })
    }
}

impl Line {
    fn who(&self) -> Option<Who> {
        match &self.act {
            Act::Waits(_) | Act::VenueStops | Act::VenueIsBack => None,
            Act::Connects(who)
            | Act::LogsOn(who, _)
            | Act::Sends(who, _)
            | Act::Body(who, _)
            | Act::Bytes(who, _)
            | Act::Hears(who, _)
            | Act::Ends(who)
            | Act::Nothing(who)
            | Act::Counts(who, _)
            | Act::BeginsAnew(who)
            | Act::HangsUp(who)
            | Act::ClosesHalf(who)
            | Act::StaysAway(who)
            | Act::HoldsBack(who)
            | Act::LetsGo(who)
            | Act::IsCutOff(who) => Some(*who),
        }
    }
}

/// Every case of a directory beside this file, by file and line.
pub fn read(directory: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fix_rules").join(directory);
    let only = std::env::var("FIX_RULES").unwrap_or_default();
    let files = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if stem.contains(&only) {
            let text = std::fs::read_to_string(&file).unwrap();
            cases.extend(parse(&format!("{directory}/{stem}"), &text));
        }
    }
    assert!(!cases.is_empty() || !only.is_empty(), "no scripts in {directory}");
    cases
}

fn parse(name: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut begins = true;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            begins = true;
        } else if !line.starts_with('#') {
            if begins {
                let name = format!("{name}:{number}");
                cases.push(Case { name, settings: Vec::new(), lines: Vec::new() });
                begins = false;
            }
            let case = cases.last_mut().unwrap();
            if let Some(setting) = setting(line) {
                assert!(case.lines.is_empty(), "{name}:{number}: settings come first");
                case.settings.push(setting);
                continue;
            }
            let (times, line) = repeated(line);
            let act = act(line).unwrap_or_else(|| panic!("{name}:{number}: {line}"));
            let line = Line { number, text: line.into(), act };
            case.lines.extend(std::iter::repeat_n(line, times));
        }
    }
    assert!(!cases.is_empty(), "{name} has no case");
    cases
}

/// `A's firm has open_orders_max = 2`
fn setting(line: &str) -> Option<(Of, String)> {
    let (of, setting) = line.split_once(" has ")?;
    let who = || of.chars().next().filter(char::is_ascii_uppercase);
    let of = match of {
        "the venue" => Of::Venue,
        "the timetable" => Of::Timetable,
        "ACME" => Of::Instrument,
        _ if of.get(1..) == Some("'s firm") => Of::Firm(who()?),
        _ if of.get(1..) == Some("'s account") => Of::Account(who()?),
        _ => return None,
    };
    Some((of, setting.into()))
}

/// `30 times A hangs up`
fn repeated(line: &str) -> (usize, &str) {
    let split = line.split_once(" times ");
    split.and_then(|(n, rest)| Some((n.parse().ok()?, rest))).unwrap_or((1, line))
}

fn act(line: &str) -> Option<Act> {
    match line {
        "the venue stops" => return Some(Act::VenueStops),
        "the venue is back" => return Some(Act::VenueIsBack),
        _ => {}
    }
    let (who, rest) = line.split_once(' ')?;
    if who == "~" {
        return Some(Act::Waits(rest.strip_suffix("ms")?.parse().ok()?));
    }
    let who = who.parse::<char>().ok().filter(char::is_ascii_uppercase)?;
    if let Some(rest) = rest.strip_prefix("> ") {
        return Some(match rest.split_once(' ') {
            Some(("body", body)) => Act::Body(who, body.into()),
            Some(("bytes", bytes)) => Act::Bytes(who, bytes.into()),
            Some((kind, said)) => Act::Sends(who, Draft { kind: kind.into(), said: fields(said)? }),
            None => Act::Sends(who, Draft { kind: rest.into(), said: Vec::new() }),
        });
    }
    if let Some(rest) = rest.strip_prefix("< ") {
        return Some(match rest.split_once(' ') {
            None if rest == "closed" => Act::Ends(who),
            None if rest == "nothing" => Act::Nothing(who),
            None => Act::Hears(who, Wanted { kind: rest.into(), fields: Vec::new() }),
            Some((kind, wanted)) => {
                Act::Hears(who, Wanted { kind: kind.into(), fields: fields(wanted)? })
            }
        });
    }
    match rest {
        "begins anew" => Some(Act::BeginsAnew(who)),
        "connects" => Some(Act::Connects(who)),
        "hangs up" => Some(Act::HangsUp(who)),
        "closes its half" => Some(Act::ClosesHalf(who)),
        "stays away" => Some(Act::StaysAway(who)),
        "holds back" => Some(Act::HoldsBack(who)),
        "lets go" => Some(Act::LetsGo(who)),
        "is cut off" => Some(Act::IsCutOff(who)),
        "logs on" => Some(Act::LogsOn(who, Vec::new())),
        _ => match rest.strip_prefix("counts from ") {
            Some(number) => Some(Act::Counts(who, number.parse().ok()?)),
            None => Some(Act::LogsOn(who, fields(rest.strip_prefix("logs on ")?)?)),
        },
    }
}

/// `11=a 58=several words 43!`
fn fields(text: &str) -> Option<Vec<Said>> {
    let mut fields: Vec<Said> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_tag = |tag: &str| {
            !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        match (word.split_once('='), word.strip_suffix('!')) {
            (Some((tag, value)), _) if is_tag(tag) => {
                fields.push(Said { tag: tag.into(), value: Some(value.into()) });
            }
            (_, Some(tag)) if is_tag(tag) && tag.as_bytes()[0].is_ascii_digit() => {
                fields.push(Said { tag: tag.into(), value: None });
            }
            _ => {
                let last = fields.last_mut()?.value.as_mut()?;
                last.push(' ');
                last.push_str(word);
            }
        }
    }
    Some(fields)
}

//! Rules as text: who sends what, and what comes back.
//!
//! ```text
//! A logs on                             connects, negotiates version 1, establishes
//! A connects      A drops      kill     kill: kill -9 of the venue, and its restart
//! A comes back                          connects and establishes the version it has
//! A> NewOrder clOrdId=a side=Buy …      a message; requests get the next number unless msgSeqNum is given
//! A>> 2a00ffff                          bytes
//! A>| 0800e703                          bytes in a frame
//! A< ExecutionReportNew clOrdId=a orderId=$x   the next message: only what is named is compared
//! A< closed      A< nothing             within half a second
//! wait 300                              milliseconds
//! ```
//! `I` is the script's own instrument, `S_A` the name of A's session; `$x` keeps a value, or gives it back.

use crate::schema::Schema;
use crate::seat::Seat;
use crate::wireshark::Said;
use std::collections::BTreeMap;

/// A venue that can be killed.
pub trait Venue {
    fn address(&self) -> String;
    fn kill(&mut self);
}

pub struct Play<'a> {
    pub schema: &'a Schema,
    pub venue: &'a mut dyn Venue,
    /// In front of the names of the script's sessions.
    pub prefix: String,
    pub instrument: u32,
    pub narrow: bool,
}

impl Play<'_> {
    /// # Errors
    /// The line that did not hold, and why.
    pub fn run(&mut self, text: &str) -> Result<Vec<Said>, String> {
        let mut seats: BTreeMap<String, Seat> = BTreeMap::new();
        let mut kept: BTreeMap<String, String> = BTreeMap::new();
        for (n, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                self.line(line, &mut seats, &mut kept)
                    .map_err(|why| format!("line {}: {line}\n    {why}", n + 1))?;
            }
        }
        Ok(seats.into_values().flat_map(|seat| seat.said).collect())
    }

    fn line(
        &mut self,
        line: &str,
        seats: &mut BTreeMap<String, Seat>,
        kept: &mut BTreeMap<String, String>,
    ) -> Result<(), String> {
        if line == "kill" {
            self.venue.kill();
            return Ok(());
        }
        if let Some(ms) = line.strip_prefix("wait ") {
            std::thread::sleep(std::time::Duration::from_millis(ms.parse().expect("a number")));
            return Ok(());
        }
        let (name, rest) = line.split_at(1);
        let prefix = &self.prefix;
        let seat = seats.entry(name.to_owned());
        let seat = seat.or_insert_with(|| Seat::new(format!("{prefix}{name}"), self.narrow));
        let address = self.venue.address();
        if let Some(hex) = rest.strip_prefix(">> ").or(rest.strip_prefix(">| ")) {
            let bytes =
                (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
            let bytes = bytes.collect::<Result<Vec<u8>, _>>().expect("hexadecimal");
            return if rest.starts_with(">>") {
                seat.send(&bytes)
            } else {
                seat.send_framed(&bytes)
            };
        }
        if let Some(words) = rest.strip_prefix("> ") {
            let (message, pairs) = self.pairs(words, kept);
            return seat.say(self.schema, &message, pairs);
        }
        match rest {
            " connects" => return seat.connect(&address),
            " drops" => return seat.drop_connection(),
            " logs on" => return seat.log_on(self.schema, &address),
            " comes back" => return seat.come_back(self.schema, &address),
            "< closed" => return seat.expect_closed(self.schema),
            "< nothing" => return seat.expect_nothing(self.schema),
            _ => {}
        }
        let words = rest.strip_prefix("< ").ok_or("not a line of a script")?;
        let (message, wanted) = self.pairs_raw(words);
        let heard = seat.hear(self.schema)?;
        if heard.name != message {
            return Err(format!("{} came: {:?}", heard.name, heard.fields));
        }
        for (field, value) in wanted {
            let found = heard.fields.get(&field).ok_or(format!("{message} has no {field}"))?;
            match value.strip_prefix('$') {
                Some(name) if !kept.contains_key(name) => {
                    kept.insert(name.to_owned(), found.clone());
                }
                name => {
                    let value = name.map_or(value.clone(), |name| kept[name].clone());
                    let value = if value == "I" { self.instrument.to_string() } else { value };
                    if *found != value {
                        return Err(format!("{field} is {found}: {:?}", heard.fields));
                    }
                }
            }
        }
        Ok(())
    }

    fn pairs_raw(&self, words: &str) -> (String, Vec<(String, String)>) {
        let mut words = words.split_whitespace();
        let message = words.next().unwrap_or_default().to_owned();
        let pair = |word: &str| {
            let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word}"));
            (name.to_owned(), value.to_owned())
        };
        (message, words.map(pair).collect())
    }

    fn pairs(
        &self,
        words: &str,
        kept: &BTreeMap<String, String>,
    ) -> (String, Vec<(String, String)>) {
        let (message, mut pairs) = self.pairs_raw(words);
        for (_, value) in &mut pairs {
            if let Some(name) = value.strip_prefix('$') {
                *value = kept[name].clone();
            } else if value == "I" {
                *value = self.instrument.to_string();
            } else if value == "S_A" {
                *value = format!("{}A", self.prefix);
            } else if value.contains(":I") {
                *value = value.replace(":I", &format!(":{}", self.instrument));
            }
        }
        (message, pairs)
    }
}

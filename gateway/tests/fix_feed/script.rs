//! Scripts: what clients say and hear, and what happens in the venue, one line each.
//!
//! ```text
//! # An empty line begins a new case, in a venue of its own.
//! A logs on 108=5                             connects, sends a Logon, takes the answer
//! A connects · A hangs up · A stops reading
//! A > V 262=r 263=1 264=0 …                   a message; 8 9 35 49 56 34 52 10 come by themselves, `52=!`: not
//! A > garbage 8=FIX.4.4|9=5|                  just these bytes
//! A < X 262=r 268=1 279=0 270=10.5 58!        the next message has these fields in this order, and has no 58
//! A < nothing · A < closed
//! ~ 1500ms                                    time passes
//! buy 5 @ 100 · hidden sell 5 @ 101 on SYM2 · iceberg buy 9 @ 100 showing 3
//! phase opening-auction · phase halted on SYM2
//! the feed loses: buy 5 @ 100                 what comes of it is lost on the way to the thread
//! no snapshots · snapshots again · the venue stops
//! ```
//! SYM1 unless another is named. `*` is any value; in the document ACME is SYM1.

use crate::client::{Heard, Peer};
use crate::exchange::{LOT, TICK};
use crate::world::{MS, World, settings};
use gateway::fix::decimal;
use sbe_schemas::types::{Phase, Side};
use std::collections::{BTreeMap, BTreeSet};

/// Nobody waits longer for the venue.
const PATIENCE_MS: u64 = 400;

pub struct Play {
    pub world: World,
    peers: BTreeMap<char, Peer>,
    deaf: BTreeSet<char>,
}

/// Plays all cases of a text; what went wrong, with the line.
pub fn play(name: &str, text: &str) -> Result<usize, String> {
    let mut cases = 0;
    let mut case: Option<Play> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            finish(case.take()).map_err(|error| format!("{name}:{number}: {error}"))?;
        } else if !line.starts_with('#') {
            cases += usize::from(case.is_none());
            let play = case.get_or_insert_with(Play::new);
            play.line(line).map_err(|error| format!("{name}:{number}: {line}\n    {error}"))?;
        }
    }
    finish(case).map_err(|error| format!("{name}: at the end: {error}"))?;
    Ok(cases)
}

/// Nobody has been told what no line says.
fn finish(case: Option<Play>) -> Result<(), String> {
    let Some(mut play) = case else { return Ok(()) };
    play.pass(50);
    match play.peers.iter().find_map(|(who, peer)| Some((who, peer.inbox.front()?))) {
        Some((who, heard)) => Err(format!("{who} was told more: {heard}")),
        None => Ok(()),
    }
}

impl Play {
    pub fn new() -> Self {
        let world = World::new(3, 7, settings());
        Self { world, peers: BTreeMap::new(), deaf: BTreeSet::new() }
    }

    pub fn pass(&mut self, ms: u64) {
        let deaf = &self.deaf;
        let hear = self.peers.iter_mut().filter(|(who, _)| !deaf.contains(who));
        let mut peers: Vec<&mut Peer> = hear.map(|(_, peer)| peer).collect();
        self.world.pass(ms, &mut peers);
    }

    pub fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(ms) = line.strip_prefix("~ ") {
            let ms = ms.strip_suffix("ms").and_then(|ms| ms.parse().ok()).ok_or("no time")?;
            self.pass(ms);
            return Ok(());
        }
        let (who, rest) = line.split_once(' ').ok_or("no such line")?;
        let letter = who.parse::<char>().ok().filter(char::is_ascii_uppercase);
        match letter {
            Some(who) => self.client(who, rest),
            None => self.venue(line),
        }
    }

    fn client(&mut self, who: char, rest: &str) -> Result<(), String> {
        if let Some(said) = rest.strip_prefix("> ") {
            let (kind, fields) = said.split_once(' ').unwrap_or((said, ""));
            return self.send(who, kind, fields);
        }
        if let Some(wanted) = rest.strip_prefix("< ") {
            let (kind, fields) = wanted.split_once(' ').unwrap_or((wanted, ""));
            return self.hear(who, kind, fields);
        }
        match rest {
            "connects" => {
                let peer = self.world.connect(who);
                self.peers.insert(who, peer);
                self.pass(2);
            }
            "hangs up" => {
                let peer = self.peers.get(&who).ok_or("not connected")?;
                self.world.net.client_reset(peer.client);
            }
            "stops reading" => {
                self.deaf.insert(who);
            }
            _ => {
                let fields = rest.strip_prefix("logs on").ok_or("no such line")?;
                self.client(who, "connects")?;
                let heartbeat = if fields.contains("108=") { "" } else { "108=30 " };
                self.send(who, "A", &format!("98=0 {heartbeat}554=secret {fields}"))?;
                self.hear(who, "A", "98=0")?;
            }
        }
        Ok(())
    }

    fn send(&mut self, who: char, kind: &str, fields: &str) -> Result<(), String> {
        let now = self.world.now;
        let peer = self.peers.get_mut(&who).ok_or("not connected")?;
        if kind == "garbage" {
            let bytes = fields.replace('|', "\u{1}");
            self.world.net.client_send(peer.client, bytes.as_bytes());
            return Ok(());
        }
        let fields = parse(fields);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(t, v)| (&**t, &**v)).collect();
        peer.send(&self.world.net, kind, &fields, now);
        Ok(())
    }

    /// The next message.
    pub fn next(&mut self, who: char) -> Result<Option<Heard>, String> {
        for _ in 0..PATIENCE_MS {
            let peer = self.peers.get_mut(&who).ok_or("not connected")?;
            if let Some(heard) = peer.inbox.pop_front() {
                return Ok(Some(heard));
            }
            self.pass(1);
        }
        Ok(None)
    }

    fn hear(&mut self, who: char, kind: &str, fields: &str) -> Result<(), String> {
        let heard = self.next(who)?;
        match (kind, heard) {
            ("closed", None) => {
                let client = self.peers.get(&who).ok_or("not connected")?.client;
                self.world.net.client_ended(client).map(|_| ()).ok_or("it goes on".into())
            }
            ("nothing", None) => Ok(()),
            (_, None) => Err("nothing came".into()),
            (_, Some(heard)) => matches(&heard, kind, fields),
        }
    }

    fn venue(&mut self, line: &str) -> Result<(), String> {
        if let Some(lost) = line.strip_prefix("the feed loses: ") {
            self.world.drops = true;
            return self.venue(lost);
        }
        match line {
            "no snapshots" => self.world.without_snapshots = true,
            "snapshots again" => self.world.without_snapshots = false,
            "the venue stops" => self.world.feed.begin_stop(self.world.now, 1000 * MS),
            _ => {
                let words: Vec<&str> = line.split(' ').collect();
                self.happens(&words).ok_or("nothing like this happens")?;
                self.world.commit();
                self.pass(3);
            }
        }
        Ok(())
    }

    fn happens(&mut self, words: &[&str]) -> Option<()> {
        let (words, instrument) = match words {
            [front @ .., "on", symbol] => (front, symbol.strip_prefix("SYM")?.parse().ok()?),
            _ => (words, 1),
        };
        let venue = &mut self.world.venue;
        let ticks = |price: &str| Some(decimal::parse(price.as_bytes()).ok()? / TICK);
        let lots = |qty: &str| Some(decimal::parse(qty.as_bytes()).ok()? / LOT);
        match words {
            ["phase", name] => venue.phase(instrument, phase(name)?),
            ["hidden", side, qty, "@", price] => {
                venue.hidden(side_of(side)?, ticks(price)?, lots(qty)?);
            }
            ["iceberg", side, qty, "@", price, "showing", shown] => {
                venue.iceberg(side_of(side)?, ticks(price)?, lots(qty)?, lots(shown)?);
            }
            [side, qty, "@", price] => {
                venue.order(instrument, side_of(side)?, ticks(price)?, lots(qty)?);
            }
            _ => return None,
        }
        Some(())
    }
}

fn side_of(word: &str) -> Option<Side> {
    match word {
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => None,
    }
}

fn phase(name: &str) -> Option<Phase> {
    Some(match name {
        "closed" => Phase::Closed,
        "pre-open" => Phase::PreOpen,
        "opening-auction" => Phase::OpeningAuction,
        "continuous" => Phase::Continuous,
        "volatility-auction" => Phase::VolatilityAuction,
        "closing-auction" => Phase::ClosingAuction,
        "halted" => Phase::Halted,
        _ => return None,
    })
}

/// `58=several words 43!`: a word without `=` belongs to the value before it; of `43!` the value is `!`.
fn parse(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let tag_of = |tag: &str| tag.bytes().all(|b| b.is_ascii_digit()).then(|| tag.to_owned());
        let said = word.split_once('=').and_then(|(tag, value)| Some((tag_of(tag)?, value.into())));
        let absent = || word.strip_suffix('!').and_then(|tag| Some((tag_of(tag)?, "!".into())));
        match (said.or_else(absent), fields.last_mut()) {
            (Some(field), _) => fields.push(field),
            (None, Some((_, value))) => {
                value.push(' ');
                value.push_str(word);
            }
            (None, None) => panic!("no field: {word}"),
        }
    }
    fields
}

/// Every field that is wanted stands behind the one before it.
pub fn matches(heard: &Heard, kind: &str, fields: &str) -> Result<(), String> {
    if heard.kind() != kind {
        return Err(format!("{heard} came"));
    }
    let mut rest = heard.0.iter();
    for (tag, value) in parse(fields) {
        if value == "!" {
            if heard.get(&tag).is_some() {
                return Err(format!("{tag} in {heard}"));
            }
        } else if !rest.any(|(t, v)| *t == tag && (value == "*" || *v == value)) {
            return Err(format!("no {tag}={value} in its place in {heard}"));
        }
    }
    Ok(())
}

//! Plays one case against a venue, wherever that runs, and says where it went wrong.
//!
//! Beyond what a script says, every message must be addressed right, in sequence, sent again as it was
//! the first time, and without tags that the script does not expect. At the end everybody who is on
//! gets an answer to a TestRequest, gets everything again, and logs out.

use crate::message::{Heard, Words};
use crate::script::{Act, Case, Draft, Said, Wanted, Who};
use gateway::fix::frame::{Frame, next};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const NS_PER_S: u64 = 1_000_000_000;
/// Longer than this nobody waits for the venue.
const PATIENCE_NS: u64 = 20 * NS_PER_S;
/// Within this the venue has noticed that a connection is gone.
const NOTICED_MS: u64 = 250;
/// Numbers further ahead are not meant.
const AHEAD_MAX: u64 = 1_000_000;
const SILENCE_NS: u64 = NS_PER_S / 3;
const MESSAGE_BYTES_MAX: usize = 1 << 16;

/// A connection to a venue.
pub trait Wire {
    fn write(&mut self, bytes: &[u8]);
    /// What has come; nothing after a little while; `None`: the connection has ended.
    fn read(&mut self) -> Option<Vec<u8>>;
    fn close_half(&mut self);
    fn hang_up(&mut self);
}

/// Where a venue runs.
pub trait Host {
    type Wire: Wire;
    fn connect(&self) -> Self::Wire;
    fn now_ns(&self) -> u64;
    fn wait_ms(&self, ms: u64);
    /// CompID of the session that plays `who` in the `case`th case.
    fn comp_id(&self, case: usize, who: Who) -> String;
    fn symbol(&self, case: usize) -> String;
    fn venue(&self) -> &str;
    /// Stops the venue in good order.
    fn stop(&self);
}

/// One session of a case.
struct Seat<W> {
    who: Who,
    comp_id: String,
    wire: Option<W>,
    received: Vec<u8>,
    /// Sent, but not yet on the wire.
    held: Option<Vec<u8>>,
    next_out: u64,
    next_in: u64,
    /// It has been logged on, and may come back.
    is_member: bool,
    /// It is logged on.
    is_on: bool,
    stays_away: bool,
    /// What came, by number, the first time.
    heard: BTreeMap<u64, Heard>,
    /// What is to be sent again if the venue asks for it.
    sent: BTreeMap<u64, Draft>,
    /// Came with a recovery, for the script to take.
    pending: VecDeque<Heard>,
    /// Application messages, in order, as the client knows them.
    told: Vec<Heard>,
    /// The last that was said either way.
    diary: Vec<String>,
}

/// A case that is being played.
pub struct Play<'a, W> {
    pub case: &'a Case,
    index: usize,
    at: usize,
    seats: Vec<Seat<W>>,
    known: BTreeMap<String, String>,
    exec_ids: BTreeSet<String>,
    symbol: String,
    venue: String,
}

impl<'a, W: Wire> Play<'a, W> {
    pub fn new<H: Host<Wire = W>>(case: &'a Case, index: usize, host: &H) -> Self {
        let seat = |who| Seat {
            who,
            comp_id: host.comp_id(index, who),
            wire: None,
            received: Vec::new(),
            held: None,
            next_out: 1,
            next_in: 1,
            is_member: false,
            is_on: false,
            stays_away: false,
            heard: BTreeMap::new(),
            sent: BTreeMap::new(),
            pending: VecDeque::new(),
            told: Vec::new(),
            diary: Vec::new(),
        };
        Self {
            case,
            index,
            at: 0,
            seats: case.cast().into_iter().map(seat).collect(),
            known: BTreeMap::new(),
            exec_ids: BTreeSet::new(),
            symbol: host.symbol(index),
            venue: host.venue().into(),
        }
    }

    pub fn is_over(&self) -> bool {
        self.at == self.case.lines.len()
    }

    /// The venue is to be started again before the next line.
    pub fn wants_it_back(&self) -> bool {
        self.case.lines.get(self.at).is_some_and(|line| matches!(line.act, Act::VenueIsBack))
    }

    /// The next line. What went wrong is told with everything that is needed to see why.
    pub fn step<H: Host<Wire = W>>(&mut self, host: &H) -> Result<(), String> {
        let Some(line) = self.case.lines.get(self.at) else { return Ok(()) };
        let done = self.act(host, &line.act).map_err(|error| self.describe(&error));
        self.at += 1;
        done
    }

    pub fn run<H: Host<Wire = W>>(&mut self, host: &H) -> Result<(), String> {
        while !self.is_over() {
            self.step(host)?;
        }
        self.farewell(host)
    }

    fn describe(&self, error: &str) -> String {
        let line = self.case.lines.get(self.at).map_or("at the end".into(), ToString::to_string);
        let mut text = format!("{}\n    {line}\n      {error}", self.case.name);
        for seat in &self.seats {
            for said in &seat.diary[seat.diary.len().saturating_sub(6)..] {
                text.push_str(&format!("\n        {} {said}", seat.who));
            }
        }
        text
    }

    fn act<H: Host<Wire = W>>(&mut self, host: &H, act: &Act) -> Result<(), String> {
        match act {
            Act::Waits(ms) => host.wait_ms(*ms),
            Act::Connects(who) => self.connect(host, *who),
            Act::LogsOn(who, said) => return self.log_on(host, *who, said),
            Act::Sends(who, draft) => self.send(host, *who, draft),
            Act::Body(who, body) => {
                let bytes = self.words(host).framed(body);
                let number =
                    body.split('|').find_map(|field| field.strip_prefix("34=")?.parse().ok());
                let seat = self.seat(*who);
                seat.count_to(number.map_or(0, |number: u64| number.saturating_add(1)));
                seat.transmit(&bytes);
            }
            Act::Bytes(who, bytes) => {
                let bytes = self.words(host).bytes(bytes);
                self.seat(*who).transmit(&bytes);
            }
            Act::Hears(who, wanted) => return self.hear(host, *who, wanted),
            Act::Ends(who) => return self.expect_end(host, *who),
            Act::Nothing(who) => return self.expect_nothing(host, *who),
            Act::Counts(who, number) => self.seat(*who).next_out = *number,
            Act::BeginsAnew(who) => self.seat(*who).begin_anew(),
            Act::HangsUp(who) => {
                self.seat(*who).hang_up();
                host.wait_ms(NOTICED_MS); // Or the venue would take who comes back for a second one.
            }
            Act::ClosesHalf(who) => {
                self.seat(*who).wire.as_mut().expect("connected").close_half();
            }
            Act::StaysAway(who) => self.seat(*who).stays_away = true,
            Act::HoldsBack(who) => self.seat(*who).held = Some(Vec::new()),
            Act::LetsGo(who) => self.seat(*who).let_go(),
            Act::IsCutOff(who) => return self.read_to_the_end(host, *who),
            Act::VenueStops => host.stop(),
            Act::VenueIsBack => {} // Whoever runs the case has seen to it.
        }
        Ok(())
    }

    fn seat(&mut self, who: Who) -> &mut Seat<W> {
        self.seats.iter_mut().find(|seat| seat.who == who).expect("in the cast")
    }

    fn words<'b, H: Host<Wire = W>>(&'b self, host: &'b H) -> WordsOf<'b, W, H> {
        WordsOf { play: self, host }
    }

    fn connect<H: Host<Wire = W>>(&mut self, host: &H, who: Who) {
        let wire = host.connect();
        let seat = self.seat(who);
        seat.diary.push("  (connects)".into());
        (seat.wire, seat.is_on) = (Some(wire), false);
        seat.received.clear();
    }

    fn send<H: Host<Wire = W>>(&mut self, host: &H, who: Who, draft: &Draft) {
        let number = self.seat(who).next_out;
        let bytes = self.words(host).message(&draft.kind, who, number, &draft.said);
        let said = |tag: &str| draft.said.iter().find(|field| field.tag == tag);
        let value = |tag: &str| said(tag).and_then(|field| field.value.as_deref()?.parse().ok());
        let own_number = said("34").is_none();
        let seat = self.seat(who);
        let used = if own_number { number } else { value("34").unwrap_or(0) };
        seat.count_to(used.saturating_add(1));
        if draft.kind == "4"
            && let Some(new) = value("36")
        {
            seat.count_to(new);
        }
        if draft.kind == "A"
            && used == 1
            && draft.said.iter().any(|f| f.tag == "141" && f.value.as_deref() == Some("Y"))
        {
            seat.begin_anew();
            seat.next_out = 2;
        }
        let is_order = matches!(draft.kind.as_str(), "D" | "F" | "G" | "H" | "q");
        let plain = ["8", "9", "10", "34", "49", "52", "56"].iter().all(|tag| said(tag).is_none());
        if is_order && plain {
            seat.sent.insert(number, draft.clone());
        }
        seat.transmit(&bytes);
    }

    fn log_on<H: Host<Wire = W>>(
        &mut self,
        host: &H,
        who: Who,
        said: &[Said],
    ) -> Result<(), String> {
        self.connect(host, who);
        self.send(host, who, &Draft { kind: "A".into(), said: said.to_vec() });
        let given =
            |tag: &str| said.iter().find(|field| field.tag == tag).and_then(|f| f.value.clone());
        let mut fields = vec![field("98", "0"), field("108", &given("108").unwrap_or("30".into()))];
        if let Some(flag) = given("141").filter(|flag| flag == "Y") {
            fields.push(field("141", &flag));
        }
        if given("789").is_some() {
            fields.push(field("789", "*"));
        }
        self.hear(host, who, &Wanted { kind: "A".into(), fields })
    }

    /// The next message is the one that is wanted, and is as every message must be.
    fn hear<H: Host<Wire = W>>(
        &mut self,
        host: &H,
        who: Who,
        wanted: &Wanted,
    ) -> Result<(), String> {
        let heard = self.next_message(host, who)?.ok_or("the connection has ended")?;
        if heard.kind() != wanted.kind {
            return Err(format!("{heard} came"));
        }
        for (at, Said { tag, value }) in wanted.fields.iter().enumerate() {
            // A tag that is said again is that of the next entry of a group.
            let before = wanted.fields[..at].iter().filter(|field| field.tag == *tag).count();
            self.compare(host, &heard, (tag, before), value.as_deref())?;
        }
        if let Some((tag, _)) =
            heard.0.iter().find(|(tag, _)| is_remarkable(&heard, tag) && !wanted.mentions(tag))
        {
            return Err(format!("{tag} was not expected: {heard}"));
        }
        check_required(&heard)?;
        let seat = self.seat(who);
        seat.take_note(&heard, wanted.value("34").is_some())?;
        self.note_exec_id(&heard)
    }

    fn compare<H: Host<Wire = W>>(
        &mut self,
        host: &H,
        heard: &Heard,
        (tag, before): (&str, usize),
        wanted: Option<&str>,
    ) -> Result<(), String> {
        let seen = heard.all(tag).nth(before).map(ToOwned::to_owned);
        match (wanted, seen) {
            (None, None) | (Some("*"), Some(_)) => return Ok(()),
            (Some(name), Some(seen)) if name.starts_with('$') => {
                let known = self.known.entry(name[1..].into()).or_insert(seen.clone());
                if *known == seen {
                    return Ok(());
                }
            }
            (Some(wanted), Some(seen)) => {
                let wanted =
                    if wanted == "ACME" { wanted.into() } else { self.words(host).get(wanted) };
                if wanted == seen {
                    return Ok(());
                }
            }
            _ => {}
        }
        let wanted = wanted.map_or(format!("no {tag}"), |value| format!("{tag}={value}"));
        Err(format!("not {wanted}: {heard}"))
    }

    /// An ExecID names one report, and its copy for a drop copy session (115).
    fn note_exec_id(&mut self, heard: &Heard) -> Result<(), String> {
        match heard
            .get("17")
            .filter(|id| *id != "0" && !heard.is_again() && heard.get("115").is_none())
        {
            Some(id) if !self.exec_ids.insert(id.into()) => Err(format!("ExecID twice: {heard}")),
            _ => Ok(()),
        }
    }

    fn expect_end<H: Host<Wire = W>>(&mut self, host: &H, who: Who) -> Result<(), String> {
        if let Some(heard) = self.next_message(host, who)? {
            return Err(format!("{heard} came"));
        }
        let seat = self.seat(who);
        (seat.wire, seat.is_on) = (None, false);
        Ok(())
    }

    /// It has not read for a while: what had left for it still comes, and then the end.
    fn read_to_the_end<H: Host<Wire = W>>(&mut self, host: &H, who: Who) -> Result<(), String> {
        let until = host.now_ns() + PATIENCE_NS;
        while self.seat(who).wire.as_mut().ok_or("not connected")?.read().is_some() {
            if host.now_ns() > until {
                return Err("it is not cut off".into());
            }
        }
        self.seat(who).lost();
        Ok(())
    }

    fn expect_nothing<H: Host<Wire = W>>(&mut self, host: &H, who: Who) -> Result<(), String> {
        let until = host.now_ns() + SILENCE_NS;
        while host.now_ns() < until {
            let seat = self.seat(who);
            let Some(bytes) = seat.wire.as_mut().expect("connected").read() else {
                return Err("the connection has ended".into());
            };
            seat.received.extend(bytes);
            if !seat.received.is_empty() {
                return Err(format!("{} came", String::from_utf8_lossy(&seat.received)));
            }
        }
        Ok(())
    }

    /// `None`: the connection has ended.
    fn next_message<H: Host<Wire = W>>(
        &mut self,
        host: &H,
        who: Who,
    ) -> Result<Option<Heard>, String> {
        let symbol = self.symbol.clone();
        let venue = self.venue.clone();
        let seat = self.seat(who);
        if let Some(heard) = seat.pending.pop_front() {
            return Ok(Some(heard));
        }
        let until = host.now_ns() + PATIENCE_NS;
        loop {
            match next(&seat.received, MESSAGE_BYTES_MAX) {
                Frame::Message { len, .. } => {
                    let heard = Heard::new(&seat.received[..len], &symbol)?;
                    seat.received.drain(..len);
                    seat.diary.push(format!("< {heard}"));
                    let to_us = (heard.get("49"), heard.get("56"));
                    if to_us != (Some(venue.as_str()), Some(seat.comp_id.as_str())) {
                        return Err(format!("not for us: {to_us:?}"));
                    }
                    return Ok(Some(heard));
                }
                Frame::Incomplete { .. } => {}
                other => return Err(format!("the venue sent {other:?}")),
            }
            let wire = seat.wire.as_mut().ok_or("not connected")?;
            match wire.read() {
                Some(bytes) => seat.received.extend(bytes),
                None if seat.received.is_empty() => {
                    seat.diary.push("< (the end)".into());
                    return Ok(None);
                }
                None => return Err("the connection ended within a message".into()),
            }
            if host.now_ns() > until {
                return Err("nothing comes".into());
            }
        }
    }

    /// The venue has died: everybody who was on comes back, sends what is asked for and asks for what is
    /// missing.
    pub fn recover<H: Host<Wire = W>>(&mut self, host: &H) -> Result<(), String> {
        let members: Vec<Who> = self.seats.iter().filter(|s| s.is_on).map(|s| s.who).collect();
        for seat in &mut self.seats {
            seat.lost();
        }
        for who in members {
            self.come_back(host, who).map_err(|error| self.describe(&error))?;
        }
        Ok(())
    }

    /// Takes what a recovery has brought, whatever it is.
    pub fn take_all(&mut self) -> Result<(), String> {
        self.seats.iter_mut().try_for_each(|seat| {
            let pending = std::mem::take(&mut seat.pending);
            pending.iter().try_for_each(|heard| seat.take_note(heard, false))
        })
    }

    fn come_back<H: Host<Wire = W>>(&mut self, host: &H, who: Who) -> Result<(), String> {
        self.connect(host, who);
        let say = |kind: &str, said: Vec<Said>| Draft { kind: kind.into(), said };
        self.send(host, who, &say("A", Vec::new()));
        let logon = self.next_of_recovery(host, who)?;
        if logon.kind() != "A" || logon.is_again() {
            return Err(format!("{logon} answers a Logon"));
        }
        let seat = self.seat(who);
        (seat.is_on, seat.is_member) = (true, true);
        let (expected, first) = (seat.next_in, logon.number("34"));
        if first < expected {
            return Err(format!("{first} was used before"));
        }
        let mut came = BTreeMap::from([(first, (first + 1, logon))]);
        if first > expected {
            let range = vec![field("7", &expected.to_string()), field("16", "0")];
            self.send(host, who, &say("2", range));
        }
        let id = format!("back{}", self.seat(who).next_out);
        self.send(host, who, &say("1", vec![field("112", &id)]));
        let mut end = None;
        loop {
            let known = covered(&came, expected);
            if end.is_some_and(|end| known > end) {
                break;
            }
            let heard = self.next_of_recovery(host, who)?;
            let number = heard.number("34");
            match heard.kind() {
                "2" => self.send_again(host, who, heard.number("7"), heard.number("16")),
                "0" if heard.get("112") == Some(&id) => end = Some(number),
                _ => {}
            }
            if number >= expected {
                let is_fill = heard.kind() == "4";
                let behind = if is_fill { heard.number("36") } else { number + 1 };
                came.entry(number).or_insert((behind, heard));
            }
        }
        self.seat(who).next_in = covered(&came, expected);
        for (_, heard) in came.into_values() {
            if !heard.is_admin() {
                let fields = heard.0.into_iter().filter(|(tag, _)| tag != "43" && tag != "122");
                self.seat(who).pending.push_back(Heard(fields.collect()));
            }
        }
        Ok(())
    }

    fn next_of_recovery<H: Host<Wire = W>>(&mut self, host: &H, who: Who) -> Result<Heard, String> {
        // What waits for the script stays where it is.
        let waiting = std::mem::take(&mut self.seat(who).pending);
        let heard = self.next_message(host, who);
        self.seat(who).pending = waiting;
        heard?.ok_or("the connection has ended".into())
    }

    /// Orders again with PossDup, everything else as gap fills.
    fn send_again<H: Host<Wire = W>>(&mut self, host: &H, who: Who, first: u64, last: u64) {
        let next_out = self.seat(who).next_out;
        let end = if last == 0 { next_out } else { next_out.min(last + 1) };
        let mut fill_from = None;
        for number in first..=end {
            let draft = self.seat(who).sent.get(&number).filter(|_| number < end).cloned();
            if draft.is_none() && number < end {
                fill_from.get_or_insert(number);
                continue;
            }
            if let Some(from) = fill_from.take() {
                let said = vec![field("123", "Y"), field("36", &number.to_string())];
                self.again(host, who, from, Draft { kind: "4".into(), said });
            }
            if let Some(draft) = draft {
                self.again(host, who, number, draft);
            }
        }
    }

    fn again<H: Host<Wire = W>>(&mut self, host: &H, who: Who, number: u64, mut draft: Draft) {
        draft.said.retain(|field| field.tag != "43" && field.tag != "122");
        draft.said.extend([field("43", "Y"), field("122", "NOW")]);
        let bytes = self.words(host).message(&draft.kind, who, number, &draft.said);
        self.seat(who).transmit(&bytes);
    }

    /// Whoever is on gets an answer, gets everything again as it was, and leaves.
    pub fn farewell<H: Host<Wire = W>>(&mut self, host: &H) -> Result<(), String> {
        let who: Vec<Who> =
            self.seats.iter().filter(|s| s.is_on && !s.stays_away).map(|s| s.who).collect();
        who.into_iter()
            .try_for_each(|who| self.leave(host, who))
            .map_err(|error| self.describe(&format!("farewell: {error}")))
    }

    fn leave<H: Host<Wire = W>>(&mut self, host: &H, who: Who) -> Result<(), String> {
        let wanted = |kind: &str, fields| Wanted { kind: kind.into(), fields };
        self.send(host, who, &Draft { kind: "1".into(), said: vec![field("112", "farewell")] });
        self.hear(host, who, &wanted("0", vec![field("112", "farewell")]))?;
        let last = self.seat(who).next_in - 1;
        let range = vec![field("7", "1"), field("16", &last.to_string())];
        self.send(host, who, &Draft { kind: "2".into(), said: range });
        let mut number = 1;
        while number <= last {
            let heard = self.next_message(host, who)?.ok_or("the connection has ended")?;
            if heard.number("34") != number || !heard.is_again() || heard.get("122").is_none() {
                return Err(format!("{number} again: {heard}"));
            }
            if heard.kind() == "4" {
                let behind = heard.number("36");
                if heard.get("123") != Some("Y") || behind <= number {
                    return Err(format!("no gap fill: {heard}"));
                }
                let seat = self.seat(who);
                if let Some((_, lost)) =
                    seat.heard.range(number..behind).find(|(_, heard)| !heard.is_admin())
                {
                    return Err(format!("not sent again: {lost}"));
                }
                number = behind;
            } else {
                if heard.is_admin() {
                    return Err(format!("sent again: {heard}"));
                }
                self.seat(who).compare_again(&heard)?;
                number += 1;
            }
        }
        self.send(host, who, &Draft { kind: "5".into(), said: Vec::new() });
        self.hear(host, who, &wanted("5", Vec::new()))?;
        self.expect_end(host, who)
    }

    /// What everybody was told, so that two runs can be compared: without times and numbers of messages,
    /// and with ids named by their first appearance.
    pub fn story(&self) -> Vec<String> {
        let mut ids: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut story = Vec::new();
        for seat in &self.seats {
            for heard in &seat.told {
                let mut line = format!("{}", seat.who);
                for (tag, value) in &heard.0 {
                    match tag.as_str() {
                        "8" | "9" | "10" | "34" | "43" | "49" | "52" | "56" | "60" | "122"
                        | "45" | "126" | "5022" => {}
                        "17" | "37" | "527" if value != "0" && value != "NONE" => {
                            let n = ids.len();
                            let n = ids.entry((tag.clone(), value.clone())).or_insert(n);
                            line.push_str(&format!(" {tag}=#{n}"));
                        }
                        _ => line.push_str(&format!(" {tag}={value}")),
                    }
                }
                story.push(line);
            }
        }
        story
    }
}

/// The number behind all those without a gap from `expected` on.
fn covered(came: &BTreeMap<u64, (u64, Heard)>, expected: u64) -> u64 {
    came.iter().fold(
        expected,
        |known, (number, (behind, _))| {
            if *number <= known { known.max(*behind) } else { known }
        },
    )
}

fn field(tag: &str, value: &str) -> Said {
    Said { tag: tag.into(), value: Some(value.into()) }
}

/// Tags that say something: a script that does not expect them has not been understood.
fn is_remarkable(heard: &Heard, tag: &str) -> bool {
    const ALWAYS: [&str; 25] = [
        "43", "97", "103", "102", "378", "41", "32", "31", "99", "111", "110", "126", "18", "371",
        "141", "789", "112", "12", "115", "116", "144", "128", "129", "145", "453",
    ];
    // A Reject's text only repeats its reason.
    let text = tag == "58" && matches!(heard.kind(), "8" | "5");
    let trade = heard.get("150") == Some("F") && (tag == "31" || tag == "32");
    let refused = heard.kind() == "9" && (tag == "41" || tag == "102");
    text || (ALWAYS.contains(&tag) && !trade && !refused)
}

/// FIX 4.4: what a message cannot do without; and the arithmetic of a report.
fn check_required(heard: &Heard) -> Result<(), String> {
    let required: &[&str] = match heard.kind() {
        "8" => &["37", "17", "150", "39", "11", "55", "54", "151", "14", "6", "60"],
        "9" => &["37", "11", "41", "39", "434", "102", "60"],
        "3" => &["45", "373", "58"],
        "j" => &["45", "372", "380", "58"],
        "r" => &["37", "530", "531"],
        "2" => &["7", "16"],
        "4" => &["36"],
        "A" => &["98", "108"],
        "1" => &["112"],
        "0" | "5" => &[],
        _ => return Err(format!("never sent: {heard}")),
    };
    if let Some(tag) = required.iter().find(|tag| heard.get(tag).is_none()) {
        return Err(format!("{tag} is missing: {heard}"));
    }
    let whole = |tag| heard.get(tag).and_then(|value| value.parse::<u64>().ok());
    if heard.kind() == "8"
        && let (Some(qty), Some(left), Some(filled)) = (whole("38"), whole("151"), whole("14"))
    {
        let is_open = matches!(heard.get("39"), Some("0" | "1" | "2"));
        if left != if is_open { qty - filled } else { 0 } {
            return Err(format!("38, 14 and 151 do not fit: {heard}"));
        }
    }
    Ok(())
}

impl<W: Wire> Seat<W> {
    fn transmit(&mut self, bytes: &[u8]) {
        self.diary.push(format!("> {}", String::from_utf8_lossy(bytes).replace('\u{1}', "|")));
        match &mut self.held {
            Some(held) => held.extend(bytes),
            None => self.wire.as_mut().expect("connected").write(bytes),
        }
    }

    fn let_go(&mut self) {
        let held = self.held.take().expect("it holds back");
        self.wire.as_mut().expect("connected").write(&held);
    }

    /// The numbers of both sides are 1 again.
    fn begin_anew(&mut self) {
        (self.next_out, self.next_in) = (1, 1);
        self.heard.clear();
        self.sent.clear();
    }

    /// Its own next number follows what it sends, unless that is nonsense.
    fn count_to(&mut self, number: u64) {
        if number <= self.next_out.saturating_add(AHEAD_MAX) {
            self.next_out = self.next_out.max(number);
        }
    }

    fn hang_up(&mut self) {
        self.wire.as_mut().expect("connected").hang_up();
        self.lost();
    }

    fn lost(&mut self) {
        (self.wire, self.is_on, self.held) = (None, false, None);
        self.received.clear();
        self.diary.push("  (off)".into());
    }

    /// It has come: is it in sequence, and as it was before?
    fn take_note(&mut self, heard: &Heard, number_is_said: bool) -> Result<(), String> {
        let number = heard.number("34");
        match heard.kind() {
            "A" => (self.is_on, self.is_member) = (true, true),
            "5" => self.is_on = false,
            _ => {}
        }
        if heard.is_again() {
            return if heard.kind() == "4" { Ok(()) } else { self.compare_again(heard) };
        }
        // What a recovery brought has been counted.
        if number >= self.next_in {
            if number != self.next_in && !number_is_said {
                return Err(format!("{} was to come: {heard}", self.next_in));
            }
            self.next_in = number + 1;
        }
        if self.heard.insert(number, heard.clone()).is_some() {
            return Err(format!("came twice without PossDup: {heard}"));
        }
        if !heard.is_admin() {
            self.told.push(heard.clone());
        }
        Ok(())
    }

    fn compare_again(&self, heard: &Heard) -> Result<(), String> {
        match self.heard.get(&heard.number("34")) {
            Some(first) if first.content() != heard.content() => {
                Err(format!("again {heard} but first {first}"))
            }
            _ => Ok(()),
        }
    }
}

/// What values mean in this play.
struct WordsOf<'b, W, H> {
    play: &'b Play<'b, W>,
    host: &'b H,
}

impl<W: Wire, H: Host<Wire = W>> WordsOf<'_, W, H> {
    fn with<T>(&self, work: impl FnOnce(&Words<'_>) -> T) -> T {
        let comp_id = |who| self.host.comp_id(self.play.index, who);
        let known = |name: &str| self.play.known.get(name).cloned();
        work(&Words {
            now_ns: self.host.now_ns(),
            comp_id: &comp_id,
            venue: &self.play.venue,
            firm: crate::cast::base(self.play.index),
            symbol: &self.play.symbol,
            known: &known,
        })
    }

    fn get(&self, text: &str) -> String {
        self.with(|words| words.value(text))
    }

    fn framed(&self, body: &str) -> Vec<u8> {
        self.with(|words| words.framed(body))
    }

    fn bytes(&self, text: &str) -> Vec<u8> {
        self.with(|words| words.bytes(text))
    }

    fn message(&self, kind: &str, who: Who, number: u64, said: &[Said]) -> Vec<u8> {
        self.with(|words| words.message(kind, who, number, said))
    }
}

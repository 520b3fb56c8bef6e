//! What the log says, read from its files: names by `journal dump`, reports and feed by replaying it.

use crate::history::{Log, Replay};
use crate::venue::Venue;
use engine::{Engine, Event, Step};
use gateway::config::Config;
use gateway::directory::Directory;
use gateway::fix::outbound::{self, Envelope};
use gateway::tools::JournalFiles;
use marketdata::{Gathered, Gatherer};
use sbe_schemas::types::EventKind;
use std::path::Path;

/// Of a venue that does not run; `comp_ids` are those of sessions 1 and up.
pub fn log(venue: &Venue, comp_ids: &[String]) -> Log {
    let mut log = Log::default();
    let (_, lines) = venue.journal_json("dump", &[]);
    for line in &lines {
        let fields = &line["fields"];
        let session = fields["head"]["session"].as_u64().unwrap();
        if let (Some(name), 1..) = (fields["clOrdId"].as_str(), session) {
            log.names.insert((session as usize - 1, name.to_owned()));
        }
    }
    let events = events(venue);
    let mut directory = Directory::default();
    events.iter().for_each(|event| directory.learn(event));
    let mut gatherer = Gatherer::default();
    for event in &events {
        gatherer.on_event(event, |gathered| {
            if let Gathered::Message(told) = gathered {
                log.feed.insert(told.sequence, told.message.to_vec());
            }
        });
        let (number, session) = (event.head.number.get(), event.head.session.get() as usize);
        match event.kind() {
            Some(EventKind::Report) if session <= comp_ids.len() => {
                let client = comp_ids[session - 1].as_bytes();
                let envelope = Envelope { venue: b"PORTCULLIS", client, resent_at: None };
                let mut buffer = [0; outbound::MESSAGE_BYTES_MAX];
                let bytes = outbound::message(event, &envelope, &directory, &mut buffer);
                let text = String::from_utf8_lossy(bytes.unwrap().unwrap()).replace('\u{1}', "|");
                log.reports.insert((session - 1, number), text);
            }
            _ => {}
        }
    }
    log
}

fn events(venue: &Venue) -> Vec<Event> {
    let config = Config::read(&venue.directory.join("venue.toml")).unwrap();
    let mut engine = Engine::new(config.engine_limits(7));
    let mut events = Vec::new();
    let mut files = JournalFiles::open(&venue.data).unwrap();
    while let Some((_, batch)) = files.next_batch().unwrap() {
        let first = batch.header.first_seq.get();
        engine.begin_batch(first, batch.header.time.get());
        assert_eq!(engine.step(&mut events), Step::Done);
        for (seq, command) in (first..).zip(batch.commands()) {
            assert_eq!(engine.apply(seq, command, &mut events), Step::Done);
        }
        engine.end_batch(batch.header.count.get(), &mut events);
    }
    events
}

/// `journal replay --check-outboxes`, as the history wants it: from the beginning as long as the log has
/// it, which compares the state with every snapshot on the way, and from the snapshots that there are. One answer: when they
/// do not agree, its code is 1 and what they say stands side by side.
pub fn replay(venue: &Venue) -> Replay {
    let mut replay = replay_with(venue, &["--check-outboxes"]);
    let is_snapshot = |path: &Path| path.extension().is_some_and(|extension| extension == "snap");
    let mut files = std::fs::read_dir(venue.data.join("snapshots")).into_iter().flatten();
    // The directory may be there before the first of them.
    if files.any(|entry| is_snapshot(&entry.unwrap().path())) {
        for from in ["oldest", "newest"] {
            replay.merge(&replay_with(venue, &["--check-outboxes", "--from-snapshot", from]));
        }
    }
    replay
}

fn replay_with(venue: &Venue, words: &[&str]) -> Replay {
    let (code, lines) = venue.journal_json("replay", words);
    let last = lines.last().expect("it says something");
    let outboxes = &last["outboxes"];
    let count = |of: &str| outboxes[of].as_array().unwrap().len() as u64;
    Replay {
        code,
        state_hash: last["stateHash"].as_str().unwrap().to_owned(),
        event_hash: last["eventHash"].as_str().unwrap().to_owned(),
        outboxes_missing: outboxes["missing"].as_u64().unwrap(),
        outboxes_different: count("different") + count("behind"),
    }
}

impl Replay {
    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in
            [(&mut self.state_hash, &other.state_hash), (&mut self.event_hash, &other.event_hash)]
        {
            if mine != theirs {
                *mine = format!("{mine} / {theirs}");
                self.code = self.code.max(1);
            }
        }
        self.code = self.code.max(other.code);
        self.outboxes_missing = self.outboxes_missing.max(other.outboxes_missing);
        self.outboxes_different += other.outboxes_different;
    }
}

//! What a replay begins from, and the snapshots that it passes on its way.
//!
//! Replay from the beginning = replay from a snapshot = what was live: at the sequence of a snapshot
//! the replayed state must be the one that the snapshot was taken of.

use super::snapshots::{Whole, hash_text, of_data};
use super::{JournalFiles, grouped};
use anyhow::bail;
use engine::Engine;
use engine::log::Tail;
use engine::snapshot::Header;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What `--from-snapshot` says.
#[derive(Clone, Debug)]
pub(super) enum From {
    Newest,
    Oldest,
    None,
    This(PathBuf),
}

impl FromStr for From {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "newest" => Self::Newest,
            "oldest" => Self::Oldest,
            "none" => Self::None,
            path => Self::This(path.into()),
        })
    }
}

/// The snapshot to begin from; `None`: the log's beginning. Said or not, a log that does not begin at
/// sequence 1 needs one.
pub(super) fn begin(from: Option<&From>, files: &JournalFiles) -> anyhow::Result<Option<Whole>> {
    let first_seq = files.first_seq();
    let mut paths = of_data(&files.data())?;
    match from {
        None | Some(From::None) if first_seq == 1 => return Ok(None),
        Some(From::None) => bail!(
            "the log begins at sequence {first_seq}: what was before is in the snapshots, leave out \
             --from-snapshot none"
        ),
        Some(From::Newest) => {}
        None | Some(From::Oldest) => paths.reverse(),
        Some(From::This(path)) => return this(path, files).map(Some),
    }
    for path in &paths {
        match Whole::read(path) {
            None => {}
            Some(Ok(whole)) if fits(&whole, files).is_ok() => return Ok(Some(whole)),
            Some(Ok(whole)) => note(path, fits(&whole, files).err().unwrap_or_default()),
            Some(Err(why)) => note(path, why.to_string()),
        }
    }
    bail!(
        "{}: there is no snapshot from which the log goes on; it begins at sequence {first_seq}",
        files.data().join("snapshots").display()
    )
}

/// The one that was asked for, or why not.
fn this(path: &Path, files: &JournalFiles) -> anyhow::Result<Whole> {
    let whole = match Whole::read(path) {
        None => Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            format!("{}: there is no such snapshot", path.display()),
        ))?,
        Some(Err(why)) => bail!("{}: {why}", path.display()),
        Some(Ok(whole)) => whole,
    };
    match fits(&whole, files) {
        Err(why) => bail!("{}: {why}", path.display()),
        Ok(()) => Ok(whole),
    }
}

/// The log goes on from it, as far as numbers can say.
fn fits(whole: &Whole, files: &JournalFiles) -> Result<(), String> {
    let (seen, expected) = (whole.tail.partition, files.partition());
    if seen != expected {
        return Err(format!("it is of partition {seen}, and the log of {expected}"));
    }
    if whole.tail.next_seq < files.first_seq() {
        let (seq, first) = (whole.seq(), files.first_seq());
        return Err(format!("it ends at sequence {seq}, and the log begins at {first}"));
    }
    Ok(())
}

fn note(path: &Path, why: String) {
    eprintln!("portcullis: {}: passed over: {why}", path.display());
}

/// A snapshot on the way.
struct Waypoint {
    path: PathBuf,
    tail: Tail,
    header: Header,
    /// `None`: not reached.
    found: Option<Result<(), String>>,
}

/// The snapshots behind the one that a replay begins from.
pub(super) struct Waypoints {
    passed: Vec<Waypoint>,
    ahead: VecDeque<Waypoint>,
}

impl Waypoints {
    /// Behind sequence `begun_seq`; what cannot be read is said and left out.
    pub(super) fn new(files: &JournalFiles, begun_seq: u64) -> anyhow::Result<Self> {
        let mut ahead = VecDeque::new();
        for path in of_data(&files.data())?.into_iter().rev() {
            match Whole::read(&path) {
                None => {}
                Some(Err(why)) => note(&path, why.to_string()),
                Some(Ok(whole)) if whole.seq() > begun_seq => {
                    let Whole { path, tail, header, .. } = whole;
                    ahead.push_back(Waypoint { path, tail, header, found: None });
                }
                Some(Ok(_)) => {}
            }
        }
        Ok(Self { passed: Vec::new(), ahead })
    }

    /// The replay stands behind a batch, where the log stands at `tail`.
    pub(super) fn at(&mut self, engine: &Engine, tail: Tail) {
        let is_passed = |waypoint: &Waypoint| waypoint.header.seq.get() <= engine.seq();
        while self.ahead.front().is_some_and(is_passed)
            && let Some(mut waypoint) = self.ahead.pop_front()
        {
            waypoint.found = Some(waypoint.compare(engine, tail));
            self.passed.push(waypoint);
        }
    }

    /// Every snapshot that was passed is of the state that was replayed.
    pub(super) fn agree(&self) -> bool {
        self.passed.iter().all(|waypoint| matches!(waypoint.found, Some(Ok(()))))
    }

    /// `None`: there were none.
    pub(super) fn text(&self) -> Option<String> {
        let (passed, ahead) = (self.passed.len(), self.ahead.len());
        if passed + ahead == 0 {
            return None;
        }
        let same = self.passed.iter().filter(|waypoint| matches!(waypoint.found, Some(Ok(()))));
        let mut text = format!("{passed} on the way, {} of them of the same state", same.count());
        for waypoint in &self.ahead {
            let (path, seq) = (waypoint.path.display(), grouped(waypoint.header.seq.get()));
            text +=
                &format!("\n  not reached {path}: it is of sequence {seq}, behind the end of this");
        }
        for waypoint in &self.passed {
            if let Some(Err(why)) = &waypoint.found {
                text += &format!("\n  DIFFERENT  {}: {why}", waypoint.path.display());
            }
        }
        Some(text)
    }

    pub(super) fn json(&self) -> Value {
        let all = self.passed.iter().chain(&self.ahead).map(|waypoint| {
            let (same, why) = match &waypoint.found {
                None => (Value::Null, Value::Null),
                Some(Ok(())) => (true.into(), Value::Null),
                Some(Err(why)) => (false.into(), why.clone().into()),
            };
            let (file, seq) = (waypoint.path.display().to_string(), waypoint.header.seq.get());
            json!({ "file": file, "seq": seq, "same": same, "why": why })
        });
        all.collect()
    }
}

impl Waypoint {
    fn compare(&self, engine: &Engine, tail: Tail) -> Result<(), String> {
        if self.header.seq.get() != engine.seq() {
            return Err(format!("no batch of this log ends at sequence {}", self.header.seq));
        }
        if self.tail != tail {
            return Err("it is of another log: chain, term, time or position differ".into());
        }
        for (what, saved, here) in [
            ("state", self.header.state_hash.get(), engine.state_hash()),
            ("event", self.header.event_hash.get(), engine.event_hash()),
        ] {
            if saved != here {
                let [saved, here] = [saved, here].map(hash_text);
                return Err(format!("its {what} hash is {saved}, the replay has {here}"));
            }
        }
        Ok(())
    }
}

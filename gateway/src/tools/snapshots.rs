//! `portcullis snapshot`: the snapshots of a venue, listed and checked.
//!
//! Checked is what a start checks (`snapshots.rs`): the file, every section, the state itself, which is
//! restored; the messages in the outboxes that it counts on; and that the log carries on from it. A
//! running venue takes snapshots and takes old ones away meanwhile: one that went away is not missed.

use super::outboxes::missing_behind;
use super::progress::Progress;
use super::{End, JournalFiles, end_text, ends_well, grouped, time_text};
use crate::io::reading::Reading;
use crate::io::{Disk, RealDisk};
use crate::snapshots::{Snapshots, Unusable, restore};
use engine::log::Tail;
use engine::snapshot::Header;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Read snapshots: list them, check them.
///
/// DIR is a data directory, the directory of its snapshots, or one file of them. No lock is taken and
/// nothing is written, so it may be that of a running venue.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "EXAMPLES:
  portcullis snapshot list portcullis-data                what there is, and which a start begins from
  portcullis snapshot verify portcullis-data              is every byte, and the state, as it was written?
  portcullis snapshot list portcullis-data --json | jq -r '.begunFrom'

Exit codes: 0 fine, 1 damaged, 2 wrong usage. Docs: docs/OPERATING.md, docs/wire/snapshot.md.")]
pub struct SnapshotArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Print a line for each, the newest first.
    ///
    /// Sequence, time, term, bytes, open orders, sessions, state hash, and which of them a start begins
    /// from: that one is checked as `verify` checks it. Exit code 1: one of them is damaged.
    List(ListArgs),
    /// Check each: header, CRC of every section, the state hash of what is restored from it.
    ///
    /// In a data directory also that the outboxes have the messages it counts on, and that the log
    /// carries on from it. Exit code 1: something is wrong with one.
    Verify(ListArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct ListArgs {
    /// Data directory, the directory of its snapshots, or one snapshot.
    dir: PathBuf,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

/// A snapshot whose every CRC is right.
pub(super) struct Whole {
    pub(super) path: PathBuf,
    /// Where the log stood.
    pub(super) tail: Tail,
    pub(super) header: Header,
    /// What `Engine::save` said.
    pub(super) bytes: Vec<u8>,
}

impl Whole {
    /// With every CRC looked at; `None`: it is not there any more.
    pub(super) fn read(path: &Path) -> Option<Result<Self, Unusable>> {
        let whole = Snapshots::on(RealDisk, Path::new("")).read(path).and_then(|(tail, bytes)| {
            let header = *Header::read(&bytes)?;
            Ok(Self { path: path.to_owned(), tail, header, bytes })
        });
        match whole {
            Err(Unusable::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            whole => Some(whole),
        }
    }

    /// Last sequence in it.
    pub(super) fn seq(&self) -> u64 {
        self.header.seq.get()
    }
}

/// The files in the snapshots of a data directory, the newest first.
pub(super) fn of_data(data: &Path) -> io::Result<Vec<PathBuf>> {
    Snapshots::on(RealDisk, data).list()
}

/// Where the newest snapshot that is whole, and of this partition, says that the log stood.
pub(super) fn newest_whole(data: &Path, partition: u32) -> io::Result<Option<Tail>> {
    let whole = of_data(data)?.into_iter().filter_map(|path| Whole::read(&path)?.ok());
    Ok(whole.map(|whole| whole.tail).find(|tail| tail.partition == partition))
}

/// What was found out about one.
struct Checked {
    path: PathBuf,
    file_bytes: u64,
    /// What it says, if it can be believed.
    says: Option<(Tail, Header)>,
    wrong: Option<String>,
}

/// Where snapshots are, and what is around them.
struct Place {
    paths: Vec<PathBuf>,
    /// The data directory; `None`: only snapshots were given.
    data: Option<PathBuf>,
}

pub(super) fn run(args: &SnapshotArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (args, verify) = match &args.what {
        What::List(args) => (args, false),
        What::Verify(args) => (args, true),
    };
    let place = Place::find(&args.dir)?;
    let (checked, begun_from) = check(&place, verify)?;
    if args.json {
        let begun_from = begun_from.map(|at| checked[at].path.display().to_string());
        let all: Vec<_> = checked.iter().map(Checked::json).collect();
        writeln!(out, "{}", json!({ "snapshots": all, "begunFrom": begun_from }))?;
    } else {
        tell(&place, &checked, begun_from, out)?;
    }
    let fine = checked.iter().all(|snapshot| snapshot.wrong.is_none());
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at all of them; also, which a start would begin from. What costs much, restoring, is done for
/// those that are verified, and to find that one.
fn check(place: &Place, verify: bool) -> anyhow::Result<(Vec<Checked>, Option<usize>)> {
    let progress = Progress::new(place.bytes(), "checking");
    let partition = place.partition();
    let (mut checked, mut begun_from) = (Vec::new(), None);
    for path in &place.paths {
        let bytes = file_bytes(path);
        let Some(whole) = Whole::read(path) else { continue };
        let mut snapshot =
            Checked { path: path.clone(), file_bytes: bytes, says: None, wrong: None };
        match whole {
            Err(why) => snapshot.wrong = Some(why.to_string()),
            Ok(whole) => {
                snapshot.says = Some((whole.tail, whole.header));
                if verify || begun_from.is_none() {
                    snapshot.wrong = place.wrong(&whole, partition)?;
                }
            }
        }
        if snapshot.wrong.is_none() && begun_from.is_none() {
            begun_from = Some(checked.len());
        }
        progress.add(bytes);
        checked.push(snapshot);
    }
    Ok((checked, begun_from))
}

impl Place {
    fn find(path: &Path) -> io::Result<Self> {
        if path.is_file() {
            return Ok(Self { paths: vec![path.to_owned()], data: None });
        }
        let paths = of_data(path)?;
        let is_data = !paths.is_empty() || JournalFiles::open(path).is_ok();
        if is_data {
            return Ok(Self { paths, data: Some(path.to_owned()) });
        }
        let mut paths = RealDisk.list(path, ".snap")?;
        paths.reverse();
        if !paths.is_empty() {
            return Ok(Self { paths, data: None });
        }
        let what = "there is neither a snapshot nor a journal: give a data directory, the directory with its \
                    *.snap files, or one of them";
        Err(io::Error::new(io::ErrorKind::NotFound, format!("{}: {what}", path.display())))
    }

    fn bytes(&self) -> u64 {
        self.paths.iter().map(|path| file_bytes(path)).sum()
    }

    /// Of the log beside them, if there is one.
    fn partition(&self) -> Option<u32> {
        let mut files = JournalFiles::open(self.data.as_ref()?).ok()?;
        files.next_batch().ok()??;
        Some(files.partition())
    }

    /// What keeps a start from beginning there.
    fn wrong(&self, whole: &Whole, partition: Option<u32>) -> anyhow::Result<Option<String>> {
        if let Some(expected) = partition.filter(|partition| *partition != whole.tail.partition) {
            let seen = whole.tail.partition;
            return Ok(Some(format!("it is of partition {seen}, and the log of {expected}")));
        }
        let engine = match restore(whole.header.limits(0), &whole.bytes) {
            Ok(engine) => engine,
            Err(why) => return Ok(Some(why.to_string())),
        };
        let Some(data) = &self.data else { return Ok(None) };
        if let Some((session, generation, number)) = missing_behind(data, &engine)?.first().copied()
        {
            return Ok(Some(Unusable::Outbox { session, generation, number }.to_string()));
        }
        log_does_not_carry_on(data, whole)
    }
}

/// Reads the log from there to its end: only its last batch proves that none before it is lost.
fn log_does_not_carry_on(data: &Path, whole: &Whole) -> anyhow::Result<Option<String>> {
    let mut files = match JournalFiles::open(data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    files.begin_at(whole.tail);
    let carries_on = files.next_batch()?.is_some();
    // One that a running venue does not need any more, or that stands at the end.
    if carries_on || ends_well(&files) || matches!(files.end(), End::Recycled { .. }) {
        return Ok(None);
    }
    Ok(end_text(&files))
}

fn file_bytes(path: &Path) -> u64 {
    Reading::open(path).and_then(|file| file.length()).unwrap_or(0)
}

impl Checked {
    fn json(&self) -> Value {
        let mut told = json!({
            "file": self.path.display().to_string(), "bytes": self.file_bytes,
            "ok": self.wrong.is_none(), "wrong": self.wrong,
        });
        if let Some((tail, header)) = &self.says {
            told["seq"] = header.seq.get().into();
            told["time"] = time_text(header.time.get()).into();
            told["term"] = header.term.get().into();
            told["partition"] = tail.partition.into();
            told["orders"] = header.counts.orders.get().into();
            told["sessions"] = header.counts.sessions.get().into();
            told["stateHash"] = hash_text(header.state_hash.get()).into();
            told["eventHash"] = hash_text(header.event_hash.get()).into();
        }
        told
    }
}

fn tell(
    place: &Place,
    checked: &[Checked],
    begun_from: Option<usize>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for (at, snapshot) in checked.iter().enumerate() {
        let word = match (begun_from == Some(at), &snapshot.wrong) {
            (true, _) if place.data.is_some() => "fine, a start begins from it",
            (_, None) => "fine",
            _ => "NOT USABLE",
        };
        writeln!(out, "{}: {word}", snapshot.path.display())?;
        if let Some((tail, header)) = &snapshot.says {
            let (seq, term, counts) = (header.seq, header.term, &header.counts);
            let time = time_text(header.time.get());
            writeln!(
                out,
                "  sequence   {seq} · {time} · term {term}, partition {}",
                tail.partition
            )?;
            let orders = grouped(counts.orders.get().into());
            writeln!(out, "  has        {orders} open orders · {} sessions", counts.sessions)?;
            writeln!(out, "  state hash {}", hash_text(header.state_hash.get()))?;
        }
        writeln!(out, "  bytes      {}", grouped(snapshot.file_bytes))?;
        if let Some(wrong) = &snapshot.wrong {
            writeln!(out, "  WRONG      {wrong}")?;
        }
    }
    match (&place.data, begun_from) {
        (Some(_), None) if checked.is_empty() => writeln!(out, "there is no snapshot yet")?,
        (Some(_), None) => writeln!(out, "a start begins from none of them: docs/OPERATING.md")?,
        _ => {}
    }
    Ok(())
}

/// As `journal replay` prints it.
pub(super) fn hash_text(hash: u64) -> String {
    format!("{hash:#018x}")
}

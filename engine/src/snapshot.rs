//! The state of an engine as bytes: header, sections, contents. The layout is docs/wire/snapshot.md.
//!
//! Each module writes and reads what is its own (`save` and `load` at its end) with the writer and the
//! reader of `snapshot/bytes.rs`; `engine.rs` says in which order. Written is what cannot be found out again,
//! in an order that follows from the state alone: queues oldest first, free lists first to go first.
//! Hash tables, pages of prices, back links and timers follow from it and are made anew.
//!
//! Bytes are never believed: a section whose CRC is wrong is not read, a length is compared with what is
//! there before memory is taken, an index with what it points into, and in the end the state hash with
//! that of the header. `save` takes a whole `self` apart without `..`: a field that is new does not
//! compile until it has its place here.

mod bytes;

pub(crate) use bytes::{Marks, Reader, Writer, flag};

use crate::engine::Limits;
use crate::log::RULES_VERSION;
use std::fmt;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `PRGS`.
pub const SNAPSHOT_MAGIC: u32 = 0x5347_5250;
/// Version of the layout.
pub const SNAPSHOT_VERSION: u16 = 1;

/// What a snapshot consists of, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Section {
    /// Numbers of the whole partition, and the timetable.
    Venue = 1,
    /// Rules of instruments, and where their trading stands.
    Instruments,
    /// Firms and accounts.
    Accounts,
    /// Assets and balances.
    Money,
    /// Tiers and volumes.
    Fees,
    /// What risk knows of instruments; positions of accounts and firms.
    Positions,
    /// Sessions, and the commands that wait in them.
    Sessions,
    /// Sessions with the accounts that they trade for.
    Owners,
    /// Hot halves of orders, generations, free slots.
    Slots,
    /// Who stands where in the books.
    Queues,
    /// ClOrdIDs.
    Names,
    /// Cold halves of orders.
    Orders,
    /// ExpireTimes.
    Expiries,
    /// The last trades.
    Trades,
}

/// All of them.
const SECTIONS: [Section; 14] = [
    Section::Venue,
    Section::Instruments,
    Section::Accounts,
    Section::Money,
    Section::Fees,
    Section::Positions,
    Section::Sessions,
    Section::Owners,
    Section::Slots,
    Section::Queues,
    Section::Names,
    Section::Orders,
    Section::Expiries,
    Section::Trades,
];

/// Why bytes are no snapshot that this engine can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// Too short to be one, or cut: the end does not say what is before it.
    Cut,
    /// Not written as a snapshot.
    Magic,
    /// Written in another layout: take a program of that version, or replay the log.
    Version {
        /// The version found.
        seen: u16,
    },
    /// Made under other rules: as above.
    Rules {
        /// The version found.
        seen: u16,
    },
    /// Header or contents are damaged.
    Crc,
    /// A section is damaged.
    SectionCrc {
        /// Which.
        section: Section,
    },
    /// A section says what cannot be.
    Wrong {
        /// Which.
        section: Section,
        /// What is wrong in it.
        what: &'static str,
    },
    /// The limits given have no room for it: see [`Limits::covering`].
    TooSmall {
        /// The limit.
        what: &'static str,
        /// What it must be at least.
        needs: u64,
        /// What it is.
        given: u64,
    },
    /// What was read is another state than the one that was written.
    StateHash {
        /// As the header says.
        saved: u64,
        /// Of what was read.
        restored: u64,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => write!(f, "the snapshot is cut"),
            Self::Magic => write!(f, "this is no snapshot"),
            Self::Version { seen } => {
                write!(f, "the snapshot has layout {seen}, this program reads {SNAPSHOT_VERSION}")
            }
            Self::Rules { seen } => {
                write!(f, "the snapshot has rules {seen}, this program knows {RULES_VERSION}")
            }
            Self::Crc => write!(f, "the snapshot's header or contents are damaged"),
            Self::SectionCrc { section } => {
                write!(f, "the snapshot is damaged: section {section:?} has another CRC")
            }
            Self::Wrong { section, what } => {
                write!(f, "the snapshot is damaged: section {section:?}, {what}")
            }
            Self::TooSmall { what, needs, given } => {
                write!(f, "the snapshot needs {what} of {needs} at least, {given} is given")
            }
            Self::StateHash { saved, restored } => write!(
                f,
                "the snapshot's state hash is {saved:016x}, what was read from it has {restored:016x}"
            ),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// How many of everything there are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Counts {
    /// Sessions.
    pub sessions: U32,
    /// Instruments.
    pub instruments: U32,
    /// Firms.
    pub firms: U32,
    /// Accounts.
    pub accounts: U32,
    /// Assets.
    pub assets: U32,
    /// Sessions with the accounts that they trade for.
    pub owners: U32,
    /// Order slots ever used.
    pub slots: U32,
    /// Open orders; a slot that is used up for ever counts too.
    pub orders: U32,
    /// Pages of 64 neighbouring prices in use.
    pub pages: U32,
    /// ClOrdIDs that are known.
    pub names: U32,
}

/// The sizes that decide rejects, as the log said them last. No given limit replaces them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Sizes {
    /// As in [`Limits`].
    pub sessions_max: U64,
    /// As in [`Limits`].
    pub instruments_max: U64,
    /// As in [`Limits`].
    pub orders_max: U64,
    /// As in [`Limits`].
    pub pages_max: U64,
    /// As in [`Limits`].
    pub accounts_max: U64,
    /// As in [`Limits`].
    pub assets_max: U64,
    /// As in [`Limits`].
    pub finished_kept: U64,
    /// As in [`Limits`].
    pub parked_max: U64,
}

/// What a snapshot begins with.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Header {
    /// [`SNAPSHOT_MAGIC`].
    pub magic: U32,
    /// [`SNAPSHOT_VERSION`].
    pub version: U16,
    /// Rules under which the state came about.
    pub rules_version: U16,
    /// CRC-32C of the header, this field 0.
    pub crc: U32,
    /// 0.
    pub reserved: U32,
    /// Last sequence in it: the log goes on with the next.
    pub seq: U64,
    /// Time of the last batch.
    pub time: U64,
    /// The term that started last.
    pub term: U64,
    /// Running hash over every event since genesis.
    pub event_hash: U64,
    /// [`crate::Engine::state_hash`].
    pub state_hash: U64,
    /// What is in it.
    pub counts: Counts,
    /// What may be in it.
    pub sizes: Sizes,
}

const _: () = assert!(size_of::<Header>() == 160);

/// One line of the contents.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Line {
    section: U32,
    /// CRC-32C of the section.
    crc: U32,
    length: U64,
}

/// What a snapshot ends with, behind a [`Line`] for each section.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Tail {
    /// Of the whole snapshot, this included.
    length: U64,
    /// Lines.
    sections: U32,
    /// CRC-32C of lines and tail, this field 0.
    crc: U32,
}

const CONTENTS_BYTES: usize = SECTIONS.len() * size_of::<Line>() + size_of::<Tail>();

impl Header {
    /// The header at the start of `bytes`, its CRC looked at. What follows is another matter: [`verify`].
    ///
    /// # Errors
    /// `Cut`, `Magic`, `Version`, `Crc`, `Rules`, in this order.
    pub fn read(bytes: &[u8]) -> Result<&Self, SnapshotError> {
        let (header, _) = Self::ref_from_prefix(bytes).map_err(|_| SnapshotError::Cut)?;
        if header.magic.get() != SNAPSHOT_MAGIC {
            return Err(SnapshotError::Magic);
        }
        if header.version.get() != SNAPSHOT_VERSION {
            return Err(SnapshotError::Version { seen: header.version.get() });
        }
        if header.sum() != header.crc.get() || header.reserved.get() != 0 {
            return Err(SnapshotError::Crc);
        }
        if header.rules_version.get() != RULES_VERSION {
            return Err(SnapshotError::Rules { seen: header.rules_version.get() });
        }
        Ok(header)
    }

    fn sum(&self) -> u32 {
        crc32c::crc32c(Self { crc: 0.into(), ..*self }.as_bytes())
    }

    /// The sizes as limits, with this seed. Sizes beyond a `usize` are the greatest there is.
    pub fn limits(&self, hash_seed: u64) -> Limits {
        let size = |size: U64| usize::try_from(size.get()).unwrap_or(usize::MAX);
        let sizes = &self.sizes;
        Limits {
            sessions_max: size(sizes.sessions_max),
            instruments_max: size(sizes.instruments_max),
            orders_max: size(sizes.orders_max),
            pages_max: size(sizes.pages_max),
            accounts_max: size(sizes.accounts_max),
            assets_max: size(sizes.assets_max),
            finished_kept: u32::try_from(sizes.finished_kept.get()).unwrap_or(u32::MAX),
            parked_max: size(sizes.parked_max),
            hash_seed,
        }
    }

    /// There is room in `limits` for what is in the snapshot, and for what may yet be by its sizes.
    pub(crate) fn fits(&self, limits: &Limits) -> Result<(), SnapshotError> {
        let (s, c) = (&self.sizes, &self.counts);
        let at_least = |what, size: U64, count: u32, given: usize| {
            let (needs, given) = (size.get().max(count.into()), given as u64);
            if needs > given { Err(SnapshotError::TooSmall { what, needs, given }) } else { Ok(()) }
        };
        at_least("sessions_max", s.sessions_max, c.sessions.get(), limits.sessions_max)?;
        let instruments = c.instruments.get();
        at_least("instruments_max", s.instruments_max, instruments, limits.instruments_max)?;
        at_least("orders_max", s.orders_max, c.orders.get(), limits.orders_max)?;
        at_least("pages_max", s.pages_max, c.pages.get(), limits.pages_max)?;
        let parties = c.accounts.get().max(c.firms.get());
        at_least("accounts_max", s.accounts_max, parties, limits.accounts_max)?;
        at_least("assets_max", s.assets_max, c.assets.get(), limits.assets_max)?;
        at_least("finished_kept", s.finished_kept, 0, limits.finished_kept as usize)?;
        at_least("parked_max", s.parked_max, 0, limits.parked_max)?;
        let owners = crate::define::owners_max(limits);
        at_least("4 x (sessions_max + accounts_max)", 0.into(), c.owners.get(), owners)
    }
}

/// Whole and undamaged as far as bytes can say: header, contents and the CRC of every section.
///
/// # Errors
/// See [`SnapshotError`].
pub fn verify(bytes: &[u8]) -> Result<&Header, SnapshotError> {
    Ok(Parts::of(bytes)?.header)
}

impl Limits {
    /// The greater of each size: room for what either has room for. The seed stays.
    pub fn covering(self, other: &Self) -> Self {
        Self {
            sessions_max: self.sessions_max.max(other.sessions_max),
            instruments_max: self.instruments_max.max(other.instruments_max),
            orders_max: self.orders_max.max(other.orders_max),
            pages_max: self.pages_max.max(other.pages_max),
            accounts_max: self.accounts_max.max(other.accounts_max),
            assets_max: self.assets_max.max(other.assets_max),
            finished_kept: self.finished_kept.max(other.finished_kept),
            parked_max: self.parked_max.max(other.parked_max),
            hash_seed: self.hash_seed,
        }
    }
}

/// Header and sections, cut apart; every CRC is right.
pub(crate) struct Parts<'a> {
    pub(crate) header: &'a Header,
    sections: [&'a [u8]; SECTIONS.len()],
    next: usize,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, SnapshotError> {
        let header = Header::read(bytes)?;
        let rest = bytes.get(size_of::<Header>()..).ok_or(SnapshotError::Cut)?;
        let at = rest.len().checked_sub(CONTENTS_BYTES).ok_or(SnapshotError::Cut)?;
        let (mut body, contents) = rest.split_at(at);
        let (lines, tail) = <[Line]>::ref_from_prefix_with_elems(contents, SECTIONS.len())
            .map_err(|_| SnapshotError::Cut)?;
        let tail = Tail::ref_from_bytes(tail).map_err(|_| SnapshotError::Cut)?;
        if tail.length.get() != bytes.len() as u64 {
            return Err(SnapshotError::Cut);
        }
        let sum = crc32c::crc32c(lines.as_bytes());
        if crc32c::crc32c_append(sum, Tail { crc: 0.into(), ..*tail }.as_bytes()) != tail.crc.get()
        {
            return Err(SnapshotError::Crc);
        }
        let mut sections: [&[u8]; SECTIONS.len()] = [&[]; SECTIONS.len()];
        for ((line, section), bytes) in lines.iter().zip(SECTIONS).zip(&mut sections) {
            let length = usize::try_from(line.length.get()).unwrap_or(usize::MAX);
            let (here, behind) = body.split_at_checked(length).ok_or(SnapshotError::Cut)?;
            (*bytes, body) = (here, behind);
            if line.section.get() != section as u32 || crc32c::crc32c(here) != line.crc.get() {
                return Err(SnapshotError::SectionCrc { section });
            }
        }
        if tail.sections.get() != SECTIONS.len() as u32 || !body.is_empty() {
            return Err(SnapshotError::Crc);
        }
        Ok(Self { header, sections, next: 0 })
    }

    /// The next section, read to its end by `load`.
    pub(crate) fn section<T>(
        &mut self,
        section: Section,
        load: impl FnOnce(&mut Reader<'a>) -> Result<T, SnapshotError>,
    ) -> Result<T, SnapshotError> {
        assert_eq!(SECTIONS[self.next], section, "sections are read in their order");
        let mut reader = Reader::new(section, self.sections[self.next]);
        self.next += 1;
        let loaded = load(&mut reader)?;
        reader.check(reader.is_empty(), "more than it says")?;
        Ok(loaded)
    }
}

/// Records as they lie in a section: each module's own, in wire order.
pub(crate) mod wire {
    pub(crate) use zerocopy::little_endian::{I64, I128, U32, U64};
    pub(crate) use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};
}

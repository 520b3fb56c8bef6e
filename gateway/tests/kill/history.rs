//! What was seen from outside over all lives of a venue, and what its log says: nothing but records.

use std::collections::{BTreeMap, BTreeSet};

/// Everything of one run.
#[derive(Clone, Default)]
pub struct History {
    pub sessions: Vec<Session>,
    /// Messages of the feed as they arrived.
    pub feed: Vec<FeedMessage>,
    pub log: Log,
    pub replays: Vec<Replay>,
}

/// One FIX session over all its connections.
#[derive(Clone, Default)]
pub struct Session {
    /// Application messages that this client has sent, resends with 43=Y left out.
    pub sent: Vec<Sent>,
    /// Everything that it was sent.
    pub got: Vec<Got>,
    pub logons: Vec<Logon>,
    pub resends: Vec<Resend>,
}

#[derive(Clone)]
pub struct Sent {
    pub life: usize,
    pub number: u64,
    /// ClOrdID (11).
    pub name: String,
}

/// A message of the venue, `|` between its fields.
#[derive(Clone)]
pub struct Got {
    pub life: usize,
    pub number: u64,
    pub text: String,
}

#[derive(Clone)]
pub struct Logon {
    pub life: usize,
    /// MsgSeqNum of the Logon, ours and the venue's answer.
    pub ours: u64,
    pub theirs: u64,
    /// The venue asked for our messages from here on.
    pub asked_from: Option<u64>,
    /// How much of `got` there was before.
    pub got_before: usize,
}

/// A resend of everything from 1, complete.
#[derive(Clone)]
pub struct Resend {
    pub life: usize,
    /// It covers numbers up to this, at least.
    pub last: u64,
    /// Where in `got` it begins and ends.
    pub begin: usize,
    pub end: usize,
}

#[derive(Clone)]
pub struct FeedMessage {
    pub life: usize,
    /// 0: A, 1: B.
    pub line: usize,
    pub sequence: u64,
    pub bytes: Vec<u8>,
}

/// What the log says, read and replayed from its files.
#[derive(Clone, Default)]
pub struct Log {
    /// ClOrdIDs of commands, by session from 0.
    pub names: BTreeSet<(usize, String)>,
    /// Every report as it must have left, by session from 0 and number.
    pub reports: BTreeMap<(usize, u64), String>,
    /// Every message of the feed.
    pub feed: BTreeMap<u64, Vec<u8>>,
}

/// What `portcullis journal replay --check-outboxes` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    pub code: i32,
    pub state_hash: String,
    pub event_hash: String,
    pub outboxes_missing: u64,
    pub outboxes_different: u64,
}

impl Got {
    pub fn field(&self, tag: &str) -> Option<&str> {
        field(&self.text, tag)
    }

    /// Sent again.
    pub fn is_again(&self) -> bool {
        self.field("43") == Some("Y")
    }

    /// Of the session itself: not sent again.
    pub fn is_admin(&self) -> bool {
        matches!(self.field("35"), Some("A" | "0" | "1" | "2" | "4" | "5"))
    }
}

/// The value of a tag.
pub fn field<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    text.split('|').find_map(|field| field.strip_prefix(tag)?.strip_prefix('='))
}

/// A message without what a resend changes: length, checksum, 43, 52, 122.
pub fn body(text: &str) -> Vec<&str> {
    let changes = ["9=", "10=", "43=", "52=", "122="];
    text.split('|').filter(|field| !changes.iter().any(|tag| field.starts_with(tag))).collect()
}

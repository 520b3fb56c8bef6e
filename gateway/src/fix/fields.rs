//! Fields: one scan of a message body, then every tag is one look-up away.
//!
//! [`Scanner`] is made once per connection and reused; a scan writes into its table and allocates
//! nothing. It settles what needs the order of fields: where each one starts and ends (data fields
//! may contain SOH), which repeating group and entry it belongs to, what came twice, and whether
//! header, body and trailer follow each other. It always goes on to the end, because even a
//! bad message has a MsgSeqNum; of all faults the first one is kept for `validate.rs`, which
//! looks at the values.
//!
//! ```text
//! 35=D|55=ACME|453=2|448=JOE|452=1|448=ANN|452=3|54=1|       453 NoPartyIDs, 448 its delimiter
//! 0    0       0     1┘      1     1┘      1     0           depth; ┘ starts an entry
//! ```
//! A member of a group is never found on the top level, and 54 is, because no entry of 453 has it.

use super::SOH;
use super::decimal::{parse_int, parse_uint};
use super::dictionary::{self, Class, Field, Group, Kind, Layout, Message, Part, TagSet};
use super::tables::{HEADER, TAG_MAX, tag};
use wide::u8x64;

/// Fields of one message. The longest that FIX 4.4 clients send to a venue have about a hundred.
pub const FIELDS_MAX: usize = 256;
/// Digits of the largest tag number, 65535.
const TAG_DIGITS_MAX: usize = 5;
/// Groups inside groups. A test holds this against the tables.
pub const DEPTH_MAX: usize = 4;

/// Why a message is refused: the values of SessionRejectReason (373) that we give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// Not a tag number, or one that FIX 4.4 does not define.
    InvalidTagNumber = 0,
    /// The message cannot do without it.
    RequiredTagMissing = 1,
    /// A tag of FIX 4.4, but not of this message.
    TagNotDefinedForThisMessageType = 2,
    /// `55=` and nothing behind it.
    TagSpecifiedWithoutValue = 4,
    /// Not one of the values FIX 4.4 lists.
    ValueIsIncorrect = 5,
    /// The value does not look like its type.
    IncorrectDataFormat = 6,
    /// FIX 4.4 has no such message.
    InvalidMsgType = 11,
    /// Twice on one level.
    TagAppearsMoreThanOnce = 13,
    /// Header, body and trailer are mixed.
    TagSpecifiedOutOfRequiredOrder = 14,
    /// An entry does not start with its delimiter.
    RepeatingGroupFieldsOutOfOrder = 15,
    /// NumInGroup is not the number of entries.
    IncorrectNumInGroupCount = 16,
    /// More than [`FIELDS_MAX`] fields.
    Other = 99,
}

/// What a Reject (35=3) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// SessionRejectReason (373).
    pub reason: Reason,
    /// RefTagID (371), as it was written: it need not be a tag.
    pub tag: Option<i32>,
}

/// A field's place: in the body, and in the tree of groups.
#[derive(Clone, Copy, Default)]
struct Slot {
    start: u32,
    len: u32,
    tag: u16,
    depth: u8,
    starts_entry: bool,
}

/// A group whose entries are being read.
#[derive(Clone, Copy)]
struct OpenGroup {
    group: &'static Group,
    /// What its NumInGroup says.
    declared: u64,
    entries: u64,
    /// Tags of the current entry.
    seen: TagSet,
}

/// The table a message is scanned into; about five kilobytes, made once.
pub struct Scanner {
    slots: Box<[Slot; FIELDS_MAX]>,
    len: usize,
    message: Option<&'static Message>,
    /// Tags of the top level, and where the first of each is in `slots`. Old places are never
    /// cleared: one counts only if its tag was seen.
    seen: TagSet,
    /// There are tags that FIX 4.4 does not define.
    has_undefined: bool,
    places: Box<[u8; TAG_MAX as usize + 1]>,
    part: Part,
    open: [Option<OpenGroup>; DEPTH_MAX],
    depth: usize,
    /// The first fault, and the index of the field it was found at.
    fault: Option<(usize, Refusal)>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// Allocates the table.
    pub fn new() -> Self {
        Self {
            slots: Box::new([Slot::default(); FIELDS_MAX]),
            len: 0,
            message: None,
            seen: TagSet::EMPTY,
            has_undefined: false,
            places: Box::new([0; TAG_MAX as usize + 1]),
            part: Part::Header,
            open: [None; DEPTH_MAX],
            depth: 0,
            fault: None,
        }
    }

    /// Takes `body` (of [`Frame::Message`](super::frame::Frame::Message)) apart.
    ///
    /// Never fails: what is wrong with the message is for [`check`](super::validate::check) to say.
    pub fn scan<'a>(&'a mut self, body: &'a [u8]) -> Fields<'a> {
        self.reset();
        // `tag=` of the data field that the length field before promised, and its bytes.
        let mut promised = None;
        let mut ends = Ends::new(body);
        let mut at = 0;
        while at < body.len() {
            if self.len > 0 && self.depth == 0 && promised.is_none() {
                at = self.plain_fields(body, at, &mut ends);
                if at >= body.len() {
                    break;
                }
            }
            if self.len == FIELDS_MAX {
                self.fault_of(Reason::Other, None);
                break;
            }
            let rest = body.get(at..).unwrap_or_default();
            let Some((tag, digits)) = split_tag(rest) else {
                let end = ends.from(at);
                self.fault_of(
                    Reason::InvalidTagNumber,
                    no_tag(body.get(at..end).unwrap_or_default()),
                );
                at = end + 1;
                continue;
            };
            let value_at = at + digits + 1;
            let defined = dictionary::field(tag);
            let end = self.value_end(tag, defined, value_at, &mut ends, promised.take());
            let value = body.get(value_at..end).unwrap_or_default();
            if value.is_empty() {
                self.fault(Reason::TagSpecifiedWithoutValue, tag);
            }
            if let Some(&Field { kind: Kind::Length, pair: data @ 1.., .. }) = defined {
                promised = parse_uint(value).ok().map(|bytes| (data, bytes));
            }
            self.push(tag, defined, value, value_at);
            at = end + 1;
        }
        if let Some((data, _)) = promised {
            self.fault(Reason::RequiredTagMissing, data);
        }
        while self.depth > 0 {
            self.close_group();
        }
        Fields { scanner: self, body }
    }

    /// Takes fields from `at` on for as long as nothing depends on them but themselves and nothing is wrong with
    /// them: nearly all that there are. Returns where the others begin.
    #[inline(never)] // Registers for this loop alone.
    fn plain_fields(&mut self, body: &[u8], mut at: usize, ends: &mut Ends<'_>) -> usize {
        let Self { slots, places, seen, .. } = self;
        let (mut len, mut part) = (self.len, self.part);
        while let Some(slot) = slots.get_mut(len) {
            let rest = body.get(at..).unwrap_or_default();
            let Some((tag, digits)) = split_tag(rest) else { break };
            let class = dictionary::class(tag);
            // From the tag on, which has no SOH: the search need not wait for where it ends.
            let (start, end) = (at + digits + 1, ends.from(at));
            let Some(place) = places.get_mut(usize::from(tag)) else { break };
            if !class.is_plain() || class.part() < part || start == end || !seen.insert(tag) {
                break;
            }
            part = class.part();
            *place = len as u8;
            let (start, bytes) = (start as u32, (end - start) as u32);
            *slot = Slot { start, len: bytes, tag, depth: 0, starts_entry: false };
            len += 1;
            at = end + 1;
        }
        (self.len, self.part) = (len, part);
        at
    }

    fn reset(&mut self) {
        self.len = 0;
        self.message = None;
        self.seen = TagSet::EMPTY;
        self.has_undefined = false;
        // The frame has these; one more in the body is a second one.
        for framed in [tag::BEGIN_STRING, tag::BODY_LENGTH, tag::CHECK_SUM] {
            self.seen.insert(framed);
        }
        self.part = Part::Header;
        self.depth = 0;
        self.fault = None;
    }

    #[cold]
    fn fault(&mut self, reason: Reason, tag: u16) {
        self.fault_of(reason, Some(tag.into()));
    }

    /// Keeps the first fault only.
    fn fault_of(&mut self, reason: Reason, tag: Option<i32>) {
        if self.fault.is_none() {
            self.fault = Some((self.len, Refusal { reason, tag }));
        }
    }

    /// Where the value that starts at `at` ends: at the next SOH, or for data behind as many bytes as promised.
    fn value_end(
        &mut self,
        tag: u16,
        defined: Option<&Field>,
        at: usize,
        ends: &mut Ends<'_>,
        promised: Option<(u16, u64)>,
    ) -> usize {
        match promised {
            Some((data, bytes)) if data == tag => {
                let end = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(at);
                if ends.body.get(end) == Some(&SOH) {
                    return end;
                }
                let length = defined.map_or(0, |field| field.pair);
                self.fault(Reason::IncorrectDataFormat, length);
            }
            Some((data, _)) => self.fault(Reason::RequiredTagMissing, data),
            None => {
                if let Some(&Field { kind: Kind::Data, pair: length, .. }) = defined {
                    self.fault(Reason::RequiredTagMissing, length);
                }
            }
        }
        ends.from(at)
    }

    fn push(&mut self, tag: u16, defined: Option<&Field>, value: &[u8], start: usize) {
        if self.len == 0 && tag == tag::MSG_TYPE {
            self.message = dictionary::message(value);
        }
        // Tags nobody defined are of the venue and its clients: they stand wherever they stand.
        self.has_undefined |= defined.is_none();
        let starts_entry = defined.is_some() && self.place(tag);
        let depth = self.depth;
        if matches!(defined, Some(field) if field.kind == Kind::NumInGroup) {
            self.open_group(tag, value);
        }
        self.store(depth, tag, start, value.len(), starts_entry);
    }

    #[inline]
    fn store(&mut self, depth: usize, tag: u16, start: usize, len: usize, starts_entry: bool) {
        if let Some(free) = self.slots.get_mut(self.len) {
            let (start, len) = (start as u32, len as u32);
            *free = Slot { start, len, tag, depth: depth as u8, starts_entry };
            self.len += 1;
        }
    }

    /// Finds the level `tag` belongs to, closing the groups it ends. True: it starts an entry.
    fn place(&mut self, tag: u16) -> bool {
        while let Some(open) = self.innermost() {
            let entry = &open.group.entry;
            if tag == open.group.delimiter {
                let missing = entry.required.first_not_in(&open.seen);
                let first = open.entries == 0;
                open.entries += 1;
                open.seen = TagSet::EMPTY;
                open.seen.insert(tag);
                if let (Some(missing), false) = (missing, first) {
                    self.fault(Reason::RequiredTagMissing, missing);
                }
                return true;
            }
            if entry.fields.contains(tag) {
                if open.entries == 0 {
                    self.fault(Reason::RepeatingGroupFieldsOutOfOrder, tag);
                } else if !open.seen.insert(tag) {
                    self.fault(Reason::TagAppearsMoreThanOnce, tag);
                }
                return false;
            }
            self.close_group();
        }
        self.place_on_top(tag, dictionary::class(tag));
        false
    }

    #[inline]
    fn place_on_top(&mut self, tag: u16, class: Class) {
        let part = class.part();
        if !self.seen.insert(tag) {
            return self.fault(Reason::TagAppearsMoreThanOnce, tag);
        }
        if let Some(place) = self.places.get_mut(usize::from(tag)) {
            *place = self.len as u8;
        }
        if part < self.part {
            self.fault(Reason::TagSpecifiedOutOfRequiredOrder, tag);
        } else {
            self.part = part;
        }
    }

    fn innermost(&mut self) -> Option<&mut OpenGroup> {
        self.open.get_mut(self.depth.checked_sub(1)?)?.as_mut()
    }

    /// If `tag` starts a group on this level, the fields that follow may be its entries.
    fn open_group(&mut self, tag: u16, value: &[u8]) {
        let starts = |layout: &Layout| layout.group(tag);
        let group = match self.innermost() {
            Some(open) => starts(&open.group.entry),
            None => {
                let message = self.message.and_then(|message| starts(&message.body));
                message.or_else(|| starts(&HEADER))
            }
        };
        let Some(group) = group else { return };
        // A count that is no number is the business of `validate.rs`, which comes to it first.
        let declared = parse_uint(value).unwrap_or(0);
        if let Some(free) = self.open.get_mut(self.depth) {
            *free = Some(OpenGroup { group, declared, entries: 0, seen: TagSet::EMPTY });
            self.depth += 1;
        }
    }

    fn close_group(&mut self) {
        if let Some(&mut OpenGroup { group, declared, entries, seen }) = self.innermost() {
            let missing = group.entry.required.first_not_in(&seen);
            match missing {
                _ if entries != declared => {
                    self.fault(Reason::IncorrectNumInGroupCount, group.count);
                }
                Some(missing) if entries > 0 => self.fault(Reason::RequiredTagMissing, missing),
                _ => {}
            }
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn used(&self) -> &[Slot] {
        self.slots.get(..self.len).unwrap_or_default()
    }
}

/// The tag `bytes` start with and its digits: `11=…` is (11, 2). `None`: there is no tag.
///
/// One to five digits without leading zero, at most 65535, and `=` right behind. A larger number
/// is no tag at all; folding it into sixteen bits would let `65571=F` replace `35=D`.
#[inline(always)]
fn split_tag(bytes: &[u8]) -> Option<(u16, usize)> {
    // One to three digits: nearly all tags that are sent. No field is shorter than `1=x|`.
    let digit = |byte: u8| u16::from(byte - b'0');
    match bytes.first_chunk().copied() {
        Some([a @ b'1'..=b'9', b @ b'0'..=b'9', b'=', _]) => {
            return Some((digit(a) * 10 + digit(b), 2));
        }
        Some([a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b'=']) => {
            return Some((digit(a) * 100 + digit(b) * 10 + digit(c), 3));
        }
        Some([a @ b'1'..=b'9', b'=', ..]) => return Some((digit(a), 1)),
        _ => {}
    }
    let mut tag = 0_u32;
    for (digits, &byte) in bytes.iter().take(TAG_DIGITS_MAX + 1).enumerate() {
        match byte {
            b'0'..=b'9' => tag = tag * 10 + u32::from(byte - b'0'),
            b'=' if digits > 0 => return Some((u16::try_from(tag).ok()?, digits)),
            _ => return None,
        }
        if tag == 0 {
            return None; // A leading zero.
        }
    }
    None
}

/// The number in front of `=` that is no tag; `None`: it is no number either.
fn no_tag(field: &[u8]) -> Option<i32> {
    let number = field.get(..memchr::memchr(b'=', field)?)?;
    i32::try_from(parse_int(number).ok()?).ok().filter(|number| *number != i32::MIN)
}

/// Where fields end: the SOHs of 64 bytes, found at once and kept as bits.
struct Ends<'a> {
    body: &'a [u8],
    /// Where the 64 bytes start.
    start: usize,
    /// The lowest bit is the first of them.
    bits: u64,
}

impl<'a> Ends<'a> {
    const BYTES: usize = 64;

    fn new(body: &'a [u8]) -> Self {
        let mut ends = Self { body, start: 0, bits: 0 };
        ends.look(0);
        ends
    }

    /// The first SOH from `at` on, or the end of the body. Cheap where `at` goes up.
    #[inline]
    fn from(&mut self, mut at: usize) -> usize {
        loop {
            let ahead = at.wrapping_sub(self.start);
            let bits = if ahead < Self::BYTES { self.bits >> ahead } else { 0 };
            if bits != 0 {
                return at + bits.trailing_zeros() as usize;
            }
            let seen = self.start + Self::BYTES;
            if at >= self.start {
                if seen >= self.body.len() {
                    return self.body.len();
                }
                at = at.max(seen);
            }
            self.look(at);
        }
    }

    /// Looks at the bytes from `at` on, or at the last ones, should there be fewer.
    fn look(&mut self, at: usize) {
        self.start = at.min(self.body.len().saturating_sub(Self::BYTES));
        let bytes = self.body.get(self.start..).unwrap_or_default();
        self.bits = if let Some(bytes) = bytes.first_chunk() {
            soh_bits(bytes)
        } else {
            let mut padded = [0; Self::BYTES];
            if let Some(place) = padded.get_mut(..bytes.len()) {
                place.copy_from_slice(bytes);
            }
            soh_bits(&padded)
        };
    }
}

/// A bit for each SOH, the lowest for the first byte.
fn soh_bits(bytes: &[u8; Ends::BYTES]) -> u64 {
    u8x64::new(*bytes).simd_eq(u8x64::splat(SOH)).to_bitmask()
}

/// The fields of one message. Borrows the scanner and the body; copied freely.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    scanner: &'a Scanner,
    body: &'a [u8],
}

impl<'a> Fields<'a> {
    /// What FIX 4.4 says about the message; `None`: it has no message of this MsgType (35).
    pub fn message(&self) -> Option<&'static Message> {
        self.scanner.message
    }

    /// The value of `tag` on the top level; of several the first. Never a member of a group. A tag
    /// that FIX 4.4 does not define has no level and is found anywhere, by a search.
    #[inline]
    pub fn get(&self, tag: u16) -> Option<&'a [u8]> {
        if !self.scanner.seen.contains(tag) {
            if !self.scanner.has_undefined || dictionary::field(tag).is_some() {
                return None;
            }
            let slot = self.scanner.used().iter().find(|slot| slot.tag == tag)?;
            return value(self.body, slot);
        }
        let place = usize::from(*self.scanner.places.get(usize::from(tag))?);
        // The frame's own three are seen but have no place.
        let slot = self.scanner.used().get(place).filter(|slot| slot.tag == tag)?;
        value(self.body, slot)
    }

    /// Does `tag`, which FIX 4.4 does not define, come more than once?
    #[inline]
    pub(super) fn comes_twice(&self, tag: u16) -> bool {
        let slots = self.scanner.used().iter();
        self.scanner.has_undefined && slots.filter(|slot| slot.tag == tag).count() > 1
    }

    /// The entries of the group that `count_tag` starts on the top level.
    #[inline]
    pub fn group(&self, count_tag: u16) -> Entries<'a> {
        if !self.scanner.seen.contains(count_tag) {
            return Entries { slots: &[], body: self.body, depth: 1 };
        }
        group(self.scanner.used(), self.body, 0, count_tag)
    }

    /// Every field in the order of the message, members of groups included.
    pub fn iter(&self) -> impl Iterator<Item = Placed<'a>> {
        let body = self.body;
        self.scanner.used().iter().map(move |slot| Placed {
            tag: slot.tag,
            value: value(body, slot).unwrap_or_default(),
            depth: slot.depth,
        })
    }

    /// Those whose value may be wrong though it is text. All are of FIX 4.4 if all tags that were seen are.
    pub(super) fn values_in_question(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let body = self.body;
        let slots = self.scanner.used().iter();
        let slots = slots.filter(|slot| !dictionary::class(slot.tag).is_any_text());
        slots.map(move |slot| (slot.tag, value(body, slot).unwrap_or_default()))
    }

    /// Everything that was scanned.
    pub(super) fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Tags on the top level, those of the frame included.
    pub(super) fn seen(&self) -> &'a TagSet {
        &self.scanner.seen
    }

    /// The first fault of the scan, and how many fields stand before it.
    pub(super) fn fault(&self) -> Option<(usize, Refusal)> {
        self.scanner.fault
    }
}

/// One field as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<'a> {
    /// Its tag.
    pub tag: u16,
    /// The bytes between `=` and SOH.
    pub value: &'a [u8],
    /// 0: top level; otherwise so many groups are around it.
    pub depth: u8,
}

/// Iterates over the entries of a repeating group.
#[derive(Clone, Copy)]
pub struct Entries<'a> {
    slots: &'a [Slot],
    body: &'a [u8],
    depth: u8,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let (_, behind_first) = self.slots.split_first()?;
        let starts = |slot: &Slot| slot.starts_entry && slot.depth == self.depth;
        let len = behind_first.iter().position(starts).unwrap_or(behind_first.len()) + 1;
        let (slots, rest) = self.slots.split_at_checked(len)?;
        self.slots = rest;
        Some(Entry { slots, body: self.body, depth: self.depth })
    }
}

/// One entry of a repeating group.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    slots: &'a [Slot],
    body: &'a [u8],
    depth: u8,
}

impl<'a> Entry<'a> {
    /// The value of `tag` in this entry. Never a member of a group inside.
    pub fn get(&self, tag: u16) -> Option<&'a [u8]> {
        let here = |slot: &&Slot| slot.tag == tag && slot.depth == self.depth;
        value(self.body, self.slots.iter().find(here)?)
    }

    /// The entries of the group that `count_tag` starts in this entry.
    pub fn group(&self, count_tag: u16) -> Entries<'a> {
        group(self.slots, self.body, self.depth, count_tag)
    }
}

fn value<'a>(body: &'a [u8], slot: &Slot) -> Option<&'a [u8]> {
    body.get(slot.start as usize..)?.get(..slot.len as usize)
}

fn group<'a>(slots: &'a [Slot], body: &'a [u8], depth: u8, count_tag: u16) -> Entries<'a> {
    let mut behind = slots.iter();
    let found = behind.any(|slot| slot.tag == count_tag && slot.depth == depth);
    let slots = if found { behind.as_slice() } else { &[] };
    let len = slots.iter().position(|slot| slot.depth <= depth).unwrap_or(slots.len());
    Entries { slots: slots.get(..len).unwrap_or_default(), body, depth: depth + 1 }
}

#[cfg(test)]
mod tests {
    use super::{Ends, SOH};

    #[test]
    fn the_end_of_a_field_is_found_wherever_it_stands_and_whatever_stands_around_it() {
        for other in [0, 2, 0x80, 0x81, 0xFF, b'='] {
            for length in 0..200 {
                for at in 0..length {
                    let mut body = vec![other; length];
                    body[at] = SOH;
                    let mut ends = Ends::new(&body);
                    assert_eq!(ends.from(0), at, "of {length}");
                    assert_eq!((ends.from(at), ends.from(at + 1)), (at, length), "of {length}");
                }
                let body = vec![other; length];
                assert_eq!(Ends::new(&body).from(length / 2), length);
            }
        }
        // Back, too: what a field looks like may be asked again.
        let body: Vec<u8> = (0..200).map(|at| if at % 70 == 69 { SOH } else { b'x' }).collect();
        for (first, then) in (0..200).flat_map(|first| (0..200).map(move |then| (first, then))) {
            let end = |at: usize| [69, 139, 200].into_iter().find(|end| *end >= at).unwrap();
            let mut ends = Ends::new(&body);
            assert_eq!((ends.from(first), ends.from(then)), (end(first), end(then)));
        }
        let ends = vec![SOH; 200];
        let mut found = Ends::new(&ends);
        assert!((0..200).all(|at| found.from(at) == at));
    }
}

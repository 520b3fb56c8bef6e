//! What FIX 4.4 says about tags, messages and groups: the shapes, and how to ask.
//!
//! The data is `tables.rs`, generated and never edited; this file gives it meaning. All of it is
//! static: asking costs an index or a short binary search and never allocates. Nothing here looks
//! at a message; `fields.rs` asks where a field belongs, `validate.rs` what its value may be.

use super::tables::{FIELDS, HEADER, MESSAGES, TAG_MAX, TRAILER};

/// What the bytes of a value must look like. FIX 4.4 vol. 1, "Data types".
///
/// Types with the same rule share a variant: Price, Qty, Amt, Percentage and PriceOffset are
/// `Float`; Currency, Exchange and Country are `Text`, because venues trade what ISO never listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not a tag of FIX 4.4.
    Undefined,
    /// Printable ASCII.
    Text,
    /// One printable byte.
    Char,
    /// `Y` or `N`.
    Bool,
    /// Digits with an optional minus.
    Int,
    /// Digits; a sequence number.
    SeqNum,
    /// Digits; the number of entries of the group that follows.
    NumInGroup,
    /// Digits; the bytes of the [`Data`](Kind::Data) field that follows.
    Length,
    /// Any bytes at all, SOH included; as many as the Length field in front says.
    Data,
    /// A decimal number, see `decimal.rs`.
    Float,
    /// `YYYYMMDD-HH:MM:SS`, with up to nine decimals.
    UtcTimestamp,
    /// `HH:MM:SS`, with up to nine decimals.
    UtcTimeOnly,
    /// `YYYYMMDD`, be it UTC or of the local market.
    Date,
    /// `YYYYMM`, `YYYYMMDD` or `YYYYMMwN`.
    MonthYear,
    /// Values of the set, separated by one space.
    Multi,
}

/// The values a field may have.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// Whatever its kind allows.
    Any,
    /// One byte out of this set; bit = ASCII code.
    Chars(u128),
    /// One of these, in byte order.
    Words(&'static [&'static str]),
}

impl Values {
    /// Is `value` one of them?
    #[inline]
    pub fn contain(self, value: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Chars(set) => matches!(value, &[c] if c < 128 && set >> c & 1 == 1),
            Self::Words(words) => words.binary_search_by(|w| w.as_bytes().cmp(value)).is_ok(),
        }
    }
}

/// One tag of FIX 4.4.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What its value must look like.
    pub kind: Kind,
    /// What its value may be.
    pub values: Values,
    /// Of a Length field the tag of its data, of a Data field the tag of its length; else 0.
    pub pair: u16,
}

/// A set of FIX 4.4 tags, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagSet([u64; TagSet::WORDS]);

impl TagSet {
    const WORDS: usize = TAG_MAX as usize / 64 + 1;
    /// No tag.
    pub const EMPTY: Self = Self([0; Self::WORDS]);

    /// Is `tag` in the set? Tags FIX 4.4 does not define never are.
    #[inline]
    pub fn contains(&self, tag: u16) -> bool {
        self.0.get(usize::from(tag / 64)).is_some_and(|word| word >> (tag % 64) & 1 == 1)
    }

    /// Adds `tag`; does nothing with one beyond FIX 4.4. True: it was not in the set before.
    #[inline]
    pub fn insert(&mut self, tag: u16) -> bool {
        let Some(word) = self.0.get_mut(usize::from(tag / 64)) else { return false };
        let bit = 1 << (tag % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Has it all tags of all three?
    #[inline]
    pub(super) fn has_all(&self, [a, b, c]: [&Self; 3]) -> bool {
        // Nothing lacks nearly always: told without a branch for each word.
        let sets = self.0.iter().zip(&a.0).zip(&b.0).zip(&c.0);
        sets.fold(0, |lacking, (((seen, a), b), c)| lacking | ((a | b | c) & !seen)) == 0
    }

    /// Is each of its tags in one of the three?
    #[inline]
    pub(super) fn is_within(&self, [a, b, c]: [&Self; 3]) -> bool {
        let sets = self.0.iter().zip(&a.0).zip(&b.0).zip(&c.0);
        sets.fold(0, |beyond, (((mine, a), b), c)| beyond | (mine & !(a | b | c))) == 0
    }

    /// The lowest tag of `self` that `other` lacks.
    #[inline]
    pub fn first_not_in(&self, other: &Self) -> Option<u16> {
        let lacking = |(at, (mine, theirs)): (usize, (&u64, &u64))| {
            let left = mine & !theirs;
            (left != 0).then(|| (at * 64 + left.trailing_zeros() as usize) as u16)
        };
        self.0.iter().zip(&other.0).enumerate().find_map(lacking)
    }
}

/// What one level of a message may hold: the message itself, its header, one entry of a group.
#[derive(Debug)]
pub struct Layout {
    /// Every tag that may stand on this level, count tags of groups included, their members not.
    pub fields: TagSet,
    /// The tags without which it is refused.
    pub required: TagSet,
    /// The groups that may start on this level.
    pub groups: &'static [&'static Group],
}

impl Layout {
    /// The group `count_tag` starts on this level.
    #[inline]
    pub fn group(&self, count_tag: u16) -> Option<&'static Group> {
        self.groups.iter().copied().find(|group| group.count == count_tag)
    }
}

/// A repeating group.
#[derive(Debug)]
pub struct Group {
    /// The NumInGroup field in front of it.
    pub count: u16,
    /// The field every entry starts with.
    pub delimiter: u16,
    /// One entry.
    pub entry: Layout,
}

/// A message of FIX 4.4, without the header and trailer all messages share.
#[derive(Debug)]
pub struct Message {
    /// The value of MsgType (35).
    pub msg_type: &'static str,
    /// Its body.
    pub body: Layout,
}

/// What FIX 4.4 says about `tag`, if it says anything.
#[inline]
pub fn field(tag: u16) -> Option<&'static Field> {
    FIELDS.get(usize::from(tag)).filter(|field| field.kind != Kind::Undefined)
}

/// The parts of a message, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The header of all messages.
    Header,
    /// The message itself. Tags that FIX 4.4 does not define count as its own.
    Body,
    /// The trailer of all messages.
    Trailer,
}

/// What is asked of every field that is read.
#[derive(Clone, Copy)]
pub(super) struct Class {
    part: Part,
    is_plain: bool,
    is_any_text: bool,
}

impl Class {
    const UNDEFINED: Self = Self { part: Part::Body, is_plain: false, is_any_text: false };

    /// A tag of FIX 4.4 that stands for itself: not a length, nor its data, nor the count of a group.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        self.is_plain
    }

    /// A tag of FIX 4.4 whose value may be any text.
    #[inline]
    pub(super) fn is_any_text(self) -> bool {
        self.is_any_text
    }

    /// Where it stands in a message.
    #[inline]
    pub(super) fn part(self) -> Part {
        self.part
    }
}

static CLASSES: [Class; TAG_MAX as usize + 1] = classes();

#[expect(clippy::indexing_slicing, reason = "runs in the compiler")]
const fn classes() -> [Class; TAG_MAX as usize + 1] {
    let mut all = [Class::UNDEFINED; TAG_MAX as usize + 1];
    let mut tag = 0;
    while tag < all.len() {
        let (word, bit) = (tag / 64, 1 << (tag % 64));
        let part = if HEADER.fields.0[word] & bit != 0 {
            Part::Header
        } else if TRAILER.fields.0[word] & bit != 0 {
            Part::Trailer
        } else {
            Part::Body
        };
        let Field { kind, values, .. } = FIELDS[tag];
        let leads = matches!(kind, Kind::NumInGroup | Kind::Length | Kind::Data);
        let is_plain = !leads && !matches!(kind, Kind::Undefined);
        let is_any_text = matches!((kind, values), (Kind::Text, Values::Any));
        all[tag] = Class { part, is_plain, is_any_text };
        tag += 1;
    }
    all
}

/// The class of `tag`.
#[inline]
pub(super) fn class(tag: u16) -> Class {
    CLASSES.get(usize::from(tag)).copied().unwrap_or(Class::UNDEFINED)
}

/// The message with this MsgType (35), if FIX 4.4 has one.
pub fn message(msg_type: &[u8]) -> Option<&'static Message> {
    if let &[letter] = msg_type {
        return MESSAGES.get(usize::from(*LETTERS.get(usize::from(letter))?));
    }
    let wanted = msg_type_key(msg_type)?;
    let key = |message: &Message| msg_type_key(message.msg_type.as_bytes()).unwrap_or(0);
    MESSAGES.get(MESSAGES.binary_search_by_key(&wanted, key).ok()?)
}

/// Where the message of one letter is in `MESSAGES`; `u8::MAX`: nowhere.
static LETTERS: [u8; 128] = letters();

#[expect(clippy::indexing_slicing, reason = "runs in the compiler")]
const fn letters() -> [u8; 128] {
    let mut places = [u8::MAX; 128];
    let mut at = 0;
    while at < MESSAGES.len() {
        let name = MESSAGES[at].msg_type.as_bytes();
        if name.len() == 1 {
            places[name[0] as usize] = at as u8;
        }
        at += 1;
    }
    places
}

// A place fits a byte, and 255 is none.
const _: () = assert!(MESSAGES.len() < u8::MAX as usize);

/// One or two bytes as a number that sorts like them: seven comparisons of numbers, no `memcmp`.
fn msg_type_key(msg_type: &[u8]) -> Option<u16> {
    match *msg_type {
        [first] => Some(u16::from_be_bytes([first, 0])),
        [first, second @ 1..=255] => Some(u16::from_be_bytes([first, second])),
        _ => None,
    }
}

/// The set of `tags`; for tables. All must be of FIX 4.4, or the tables do not compile.
#[expect(clippy::indexing_slicing, reason = "runs in the compiler: a bad tag stops the build")]
pub(super) const fn set(tags: &[u16]) -> TagSet {
    let mut words = [0; TagSet::WORDS];
    let mut at = 0;
    while at < tags.len() {
        words[tags[at] as usize / 64] |= 1 << (tags[at] % 64);
        at += 1;
    }
    TagSet(words)
}

/// The one-byte values in `bytes`; for tables.
#[expect(clippy::indexing_slicing, reason = "runs in the compiler")]
pub(super) const fn chars(bytes: &[u8]) -> Values {
    let mut set = 0;
    let mut at = 0;
    while at < bytes.len() {
        set |= 1_u128 << bytes[at];
        at += 1;
    }
    Values::Chars(set)
}

/// A field of `kind` that may have any value; for tables.
pub(super) const fn any(kind: Kind) -> Field {
    Field { kind, values: Values::Any, pair: 0 }
}

/// A field of `kind` with a set of values; for tables.
pub(super) const fn one_of(kind: Kind, values: Values) -> Field {
    Field { kind, values, pair: 0 }
}

/// A Length or Data field and its other half; for tables.
pub(super) const fn pair(kind: Kind, pair: u16) -> Field {
    Field { kind, values: Values::Any, pair }
}

#[cfg(test)]
mod tests {
    use super::super::fields::DEPTH_MAX;
    use super::super::tables::{HEADER, TRAILER};
    use super::*;

    fn tags(set: &TagSet) -> impl Iterator<Item = u16> {
        (0..=TAG_MAX).filter(|&tag| set.contains(tag))
    }

    /// Calls `visit` with every layout, the tags on the levels around it, and how deep it is.
    fn walk(
        layout: &Layout,
        around: &[u16],
        depth: usize,
        visit: &mut impl FnMut(&Layout, &[u16], usize),
    ) {
        visit(layout, around, depth);
        let mut inner: Vec<u16> = around.to_vec();
        inner.extend(tags(&layout.fields));
        for group in layout.groups {
            walk(&group.entry, &inner, depth + 1, visit);
        }
    }

    #[test]
    fn no_group_is_deeper_than_a_scanner_can_follow() {
        let mut deepest = 0;
        for message in &MESSAGES {
            walk(&message.body, &[], 0, &mut |_, _, depth| deepest = deepest.max(depth));
        }
        assert!((1..=DEPTH_MAX).contains(&deepest), "{deepest}");
    }

    #[test]
    fn a_tag_has_one_level_in_a_message_so_grouping_is_never_ambiguous() {
        for message in &MESSAGES {
            let frame: Vec<u16> = tags(&HEADER.fields).chain(tags(&TRAILER.fields)).collect();
            walk(&message.body, &frame, 0, &mut |layout, around, _| {
                assert!(tags(&layout.fields).all(|tag| !around.contains(&tag)), "{message:?}");
            });
        }
    }

    #[test]
    fn required_tags_and_groups_are_among_the_tags_of_their_level() {
        for message in &MESSAGES {
            walk(&message.body, &[], 0, &mut |layout, _, _| {
                assert_eq!(layout.required.first_not_in(&layout.fields), None, "{message:?}");
                for group in layout.groups {
                    assert!(layout.fields.contains(group.count), "{message:?}");
                    assert_eq!(field(group.count).unwrap().kind, Kind::NumInGroup);
                    assert!(group.entry.fields.contains(group.delimiter), "{message:?}");
                }
            });
        }
    }

    #[test]
    fn look_ups_that_a_venue_needs_find_what_fix_4_4_says() {
        let order = message(b"D").unwrap();
        assert!([11, 40, 54, 60].iter().all(|&tag| order.body.required.contains(tag)));
        assert!([44, 38, 59, 99, 453].iter().all(|&tag| order.body.fields.contains(tag)));
        assert!(![448, 41, 8, 10].iter().any(|&tag| order.body.fields.contains(tag)));
        assert_eq!(order.body.group(453).unwrap().delimiter, 448);
        assert_eq!(message(b"AE").unwrap().msg_type, "AE");
        for wrong in ["", "zz", "D\0", "DD", "AEE", "\u{ff}"] {
            assert!(message(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
        for each in &MESSAGES {
            assert!(std::ptr::eq(message(each.msg_type.as_bytes()).unwrap(), each));
        }
        assert!(field(0).is_none() && field(20).is_none() && field(957).is_none());
        assert!(field(u16::MAX).is_none());
        let side = field(54).unwrap();
        assert_eq!(side.kind, Kind::Char);
        assert!(side.values.contain(b"1") && !side.values.contain(b"Z"));
        assert!(!side.values.contain(b"12") && !side.values.contain(b"\xb1"));
        assert!(field(574).unwrap().values.contain(b"M3"));
        assert_eq!((field(95).unwrap().pair, field(96).unwrap().pair), (96, 95));
    }
}

//! Validation: is a scanned message what FIX 4.4 allows, and if not, what does the Reject say?
//!
//! One pass over the fields in their order; the first fault wins, be it one the scan noted (tags,
//! groups, order, duplicates: `fields.rs`) or one of a value (here). What is missing has no place
//! in the message and comes last, lowest tag first. The cost is bounded by the bytes of the message.
//!
//! User-defined tags, 5000–9999, may stand anywhere, once or more; only their bytes are looked at.
//! Knows nothing of sessions or business: whether *we* take the message is decided elsewhere.

use super::SOH;
use super::decimal::{self, parse_int, parse_uint};
use super::dictionary::{self, Field, Kind, Message, Part, Values};
use super::fields::{Fields, Placed, Reason, Refusal};
use super::tables::{HEADER, TRAILER};
use super::time;

/// Tags that FIX leaves to venues and their clients. FIX 4.4 vol. 1, "User defined fields".
const USER_DEFINED: std::ops::RangeInclusive<u16> = 5000..=9999;

/// Checks `fields` against the dictionary.
///
/// # Errors
/// The first thing wrong: what SessionRejectReason (373) and RefTagID (371) of the Reject say.
pub fn check(fields: &Fields<'_>) -> Result<(), Refusal> {
    let is_text = all_text(fields.body());
    match fields.message() {
        Some(message) if is_text && is_fine(fields, message) => Ok(()),
        message => first_fault(fields, message, is_text),
    }
}

/// What nearly all messages are: all of it text, all its tags of FIX 4.4 and of the message, none missing, and each value
/// as it must be. False: that, or something is wrong; a look at one field after the other tells.
fn is_fine(fields: &Fields<'_>, message: &Message) -> bool {
    let Message { body, .. } = message;
    fields.fault().is_none()
        && fields.seen().is_within([&HEADER.fields, &body.fields, &TRAILER.fields])
        && fields.seen().has_all([&HEADER.required, &body.required, &TRAILER.required])
        && fields.values_in_question().all(|(tag, value)| {
            dictionary::field(tag).is_some_and(|field| check_value(field, value, true).is_ok())
        })
}

/// The same, field by field in their order.
fn first_fault(
    fields: &Fields<'_>,
    message: Option<&Message>,
    is_text: bool,
) -> Result<(), Refusal> {
    let (fault_at, fault) = match fields.fault() {
        Some((at, refusal)) => (at, Err(refusal)),
        None => (usize::MAX, Ok(())),
    };
    for (at, field) in fields.iter().enumerate() {
        if at == fault_at {
            return fault;
        }
        check_field(&field, message, is_text)
            .map_err(|reason| Refusal { reason, tag: Some(field.tag.into()) })?;
    }
    fault?;
    let body = message.map(|message| &message.body.required);
    [Some(&HEADER.required), body, Some(&TRAILER.required)]
        .into_iter()
        .flatten()
        .find_map(|required| required.first_not_in(fields.seen()))
        .map_or(Ok(()), |tag| {
            Err(Refusal { reason: Reason::RequiredTagMissing, tag: Some(tag.into()) })
        })
}

/// `is_text` may save looking at the bytes: it says that those of the whole message are text.
fn check_field(
    placed: &Placed<'_>,
    message: Option<&Message>,
    is_text: bool,
) -> Result<(), Reason> {
    let &Placed { tag, value, depth } = placed;
    let Some(field) = dictionary::field(tag) else {
        return match tag {
            _ if !USER_DEFINED.contains(&tag) => Err(Reason::InvalidTagNumber),
            _ if is_text || all_text(value) => Ok(()),
            _ => Err(Reason::IncorrectDataFormat),
        };
    };
    let Some(message) = message else {
        return Err(Reason::InvalidMsgType);
    };
    // Deeper down the scan has already matched the tag with its group.
    let of_all = dictionary::class(tag).part() != Part::Body;
    let of_message = depth > 0 || of_all || message.body.fields.contains(tag);
    if !of_message {
        return Err(Reason::TagNotDefinedForThisMessageType);
    }
    check_value(field, value, is_text)
}

#[inline(always)]
fn check_value(field: &Field, value: &[u8], is_text: bool) -> Result<(), Reason> {
    let well_formed = match field.kind {
        Kind::Data | Kind::Undefined => true,
        Kind::Text | Kind::Multi => is_text || all_text(value),
        Kind::Char => value.len() == 1 && (is_text || all_text(value)),
        Kind::Bool => matches!(value, b"Y" | b"N"),
        Kind::Int => parse_int(value).is_ok(),
        Kind::SeqNum | Kind::NumInGroup | Kind::Length => parse_uint(value).is_ok(),
        Kind::Float => decimal::parse(value).is_ok(),
        // A time we cannot count in nanoseconds (99991231-…, "never") is a time all the same.
        Kind::UtcTimestamp => time::is_timestamp(value),
        Kind::UtcTimeOnly => time::parse_time(value).is_ok(),
        Kind::Date => time::parse_date(value).is_ok(),
        Kind::MonthYear => time::is_month_year(value),
    };
    if !well_formed {
        return Err(Reason::IncorrectDataFormat);
    }
    let listed = match (field.kind, field.values) {
        (_, Values::Any) => true,
        (Kind::Multi, values) => value.split(|&byte| byte == b' ').all(|one| values.contain(one)),
        (_, values) => values.contain(value),
    };
    if listed { Ok(()) } else { Err(Reason::ValueIsIncorrect) }
}

/// Printable ASCII only, and the ends of fields. Nothing else is ever stored or sent back outside of data fields.
fn all_text(bytes: &[u8]) -> bool {
    const LANES: usize = 32;
    let Some(last) = bytes.last_chunk::<LANES>() else {
        return bytes.iter().all(|byte| beyond_text(*byte) == 0);
    };
    // Side by side and without an early exit: the compiler looks at all lanes at once. The last bytes may be
    // looked at twice.
    let mut beyond = [0; LANES];
    for chunk in bytes.as_chunks().0.iter().chain([last]) {
        beyond.iter_mut().zip(chunk).for_each(|(beyond, byte)| *beyond |= beyond_text(*byte));
    }
    beyond == [0; LANES]
}

/// How far `byte` is from the nearest that is text.
#[inline]
fn beyond_text(byte: u8) -> u8 {
    let beyond_print = byte.saturating_sub(b'~') | b' '.saturating_sub(byte);
    beyond_print.min(byte ^ SOH)
}

#[cfg(test)]
mod tests {
    use super::all_text;

    #[test]
    fn text_is_printable_ascii_and_the_ends_of_fields_wherever_a_byte_stands() {
        for length in 1..70 {
            for at in 0..length {
                for byte in 0..=255_u8 {
                    let mut value = vec![b'a'; length];
                    value[at] = byte;
                    assert_eq!(all_text(&value), matches!(byte, 1 | b' '..=b'~'), "{byte} at {at}");
                }
            }
        }
    }
}

//! Numbers of FIX: whole ones, and decimals as exact multiples of 10⁻⁸. Never a float.
//!
//! A decimal is an optional minus, digits, at most one point, at least one digit: `23`, `23.0`,
//! `0023.23`, `-23.5`, and also `.5` and `5.`, which FIX 4.4 (vol. 1, "float") does not forbid and
//! common engines send. `+5`, `1e3`, `1,000`, `.` and `-` are not numbers. Leading zeros mean
//! nothing, and so do trailing ones: `1.0000000000` is 1. What does not fit exactly is refused,
//! never rounded. `-0` is 0.
//!
//! Printing is the shortest form: no trailing zeros, no point without digits behind it.

/// One, in units of 10⁻⁸.
pub const ONE: i64 = 100_000_000;
/// Decimals that are kept.
const DECIMALS: usize = 8;
/// So many digits, or bytes taken for digits, fit a `u64` whatever they are.
const DIGITS_SAFE: usize = 16;
const POWERS_OF_TEN: [u64; DECIMALS + 1] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Why bytes are not taken as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not a number as FIX writes them.
    Format,
    /// A number, but one the type cannot hold exactly: too large or too many decimals.
    Inexact,
}

/// A decimal in units of 10⁻⁸.
///
/// # Errors
/// See [`NumberError`].
pub fn parse(bytes: &[u8]) -> Result<i64, NumberError> {
    let (negative, digits) = sign(bytes);
    if digits.len() <= DIGITS_SAFE
        && let Some(units) = parse_short(digits)
    {
        return signed(negative, units);
    }
    let mut units = 0_u64;
    let mut any_digit = false;
    let mut decimals = None;
    for &byte in digits {
        match (byte, decimals) {
            (b'.', None) => {
                decimals = Some(0);
                continue;
            }
            (b'0', Some(DECIMALS)) => {}
            (b'1'..=b'9', Some(DECIMALS)) => return Err(NumberError::Inexact),
            (b'0'..=b'9', _) => {
                units = push_digit(units, byte)?;
                decimals = decimals.map(|count| count + 1);
            }
            _ => return Err(NumberError::Format),
        }
        any_digit = true;
    }
    if !any_digit {
        return Err(NumberError::Format);
    }
    let power = POWERS_OF_TEN.get(DECIMALS - decimals.unwrap_or(0)).unwrap_or(&1);
    signed(negative, units.checked_mul(*power).ok_or(NumberError::Inexact)?)
}

/// What nearly all decimals are: digits and at most one point, too few to overflow on the way, and no
/// more than eight decimals. `None`: anything else, be it a number or not.
#[inline]
fn parse_short(digits: &[u8]) -> Option<u64> {
    let (mut units, mut point) = (0_u64, None);
    for (at, &byte) in digits.iter().enumerate() {
        match byte.wrapping_sub(b'0') {
            digit @ 0..=9 => units = units * 10 + u64::from(digit),
            _ if byte == b'.' && point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |at| digits.len() - at - 1);
    if digits.len() == usize::from(point.is_some()) {
        return None;
    }
    units.checked_mul(*POWERS_OF_TEN.get(DECIMALS.checked_sub(decimals)?)?)
}

/// An `int` with its optional minus; leading zeros are fine.
///
/// # Errors
/// See [`NumberError`].
pub fn parse_int(bytes: &[u8]) -> Result<i64, NumberError> {
    let (negative, digits) = sign(bytes);
    signed(negative, parse_uint(digits)?)
}

/// Digits and nothing else: SeqNum, Length, NumInGroup, ids. Leading zeros are fine.
///
/// # Errors
/// See [`NumberError`].
pub fn parse_uint(bytes: &[u8]) -> Result<u64, NumberError> {
    if bytes.is_empty() {
        return Err(NumberError::Format);
    }
    if bytes.len() <= DIGITS_SAFE {
        let (value, wrong) = bytes.iter().fold((0, false), |(value, wrong), byte| {
            let digit = byte.wrapping_sub(b'0');
            (value * 10 + u64::from(digit), wrong | (digit > 9))
        });
        return if wrong { Err(NumberError::Format) } else { Ok(value) };
    }
    bytes.iter().try_fold(0, |value, &byte| match byte {
        b'0'..=b'9' => push_digit(value, byte),
        _ => Err(NumberError::Format),
    })
}

fn sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    }
}

fn signed(negative: bool, magnitude: u64) -> Result<i64, NumberError> {
    let value = if negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    };
    value.ok_or(NumberError::Inexact)
}

fn push_digit(value: u64, digit: u8) -> Result<u64, NumberError> {
    value
        .checked_mul(10)
        .and_then(|value| value.checked_add(u64::from(digit - b'0')))
        .ok_or(NumberError::Inexact)
}

/// Writes a whole number to the front of `out`; returns its bytes. `None`: there is no room.
#[inline]
pub(super) fn write_uint(out: &mut [u8], value: u64) -> Option<usize> {
    let digits = value.checked_ilog10().map_or(1, |power| power as usize + 1);
    fill(out.get_mut(..digits)?, value);
    Some(digits)
}

/// The same for a decimal in units of 10⁻⁸, in its shortest form.
#[inline]
pub(super) fn write_decimal(out: &mut [u8], units: i64) -> Option<usize> {
    let (one, magnitude) = (ONE.unsigned_abs(), units.unsigned_abs());
    let (whole, mut fraction) = (magnitude / one, magnitude % one);
    let mut len = 0;
    if units < 0 {
        *out.first_mut()? = b'-';
        len = 1;
    }
    len += write_uint(out.get_mut(len..)?, whole)?;
    if fraction == 0 {
        return Some(len);
    }
    let mut decimals = DECIMALS;
    for (zeros, power) in [(4, 10_000), (2, 100), (1, 10)] {
        if fraction % power == 0 {
            fraction /= power;
            decimals -= zeros;
        }
    }
    let (point, rest) = out.get_mut(len..)?.split_first_mut()?;
    *point = b'.';
    fill(rest.get_mut(..decimals)?, fraction);
    Some(len + 1 + decimals)
}

/// Fills `out` with the last digits of `value`, two at a time: a division for each is what printing costs.
#[inline]
fn fill(out: &mut [u8], mut value: u64) {
    let (first, pairs) = out.as_rchunks_mut();
    for pair in pairs.iter_mut().rev() {
        let two = (value % 100) as u8;
        *pair = [b'0' + two / 10, b'0' + two % 10];
        value /= 100;
    }
    if let [first] = first {
        *first = b'0' + (value % 10) as u8;
    }
}

/// A number as text, on the stack.
#[derive(Clone, Copy, Debug)]
pub struct Printed {
    bytes: [u8; Printed::BYTES],
    len: usize,
}

impl Printed {
    /// Twenty digits of a `u64`, a point, a minus, and room.
    const BYTES: usize = 24;

    /// Digits only.
    pub fn uint(value: u64) -> Self {
        Self::of(|out| write_uint(out, value))
    }

    /// A decimal given in units of 10⁻⁸, in its shortest form.
    pub fn decimal(units: i64) -> Self {
        Self::of(|out| write_decimal(out, units))
    }

    fn of(write: impl FnOnce(&mut [u8]) -> Option<usize>) -> Self {
        let mut bytes = [0; Self::BYTES];
        let len = write(&mut bytes).unwrap_or(0);
        Self { bytes, len }
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        use NumberError::{Format, Inexact};
        for (text, wanted) in [
            ("23", Ok(23 * ONE)),
            ("23.0", Ok(23 * ONE)),
            ("0023.23", Ok(2_323_000_000)),
            ("-23.5", Ok(-2_350_000_000)),
            ("-0", Ok(0)),
            (".5", Ok(50_000_000)),
            ("-.5", Ok(-50_000_000)),
            ("5.", Ok(5 * ONE)),
            ("0.00000001", Ok(1)),
            ("1.000000000000000000000000", Ok(ONE)),
            ("0.000000001", Err(Inexact)),
            ("0.0000000010", Err(Inexact)),
            ("92233720368.54775807", Ok(i64::MAX)),
            ("-92233720368.54775808", Ok(i64::MIN)),
            ("92233720368.54775808", Err(Inexact)),
            ("99999999999999999999999", Err(Inexact)),
            ("000000000000000000000000000001", Ok(ONE)),
            ("", Err(Format)),
            (".", Err(Format)),
            ("-", Err(Format)),
            ("-.", Err(Format)),
            ("+5", Err(Format)),
            ("--5", Err(Format)),
            ("1e3", Err(Format)),
            ("1E3", Err(Format)),
            ("1,000", Err(Format)),
            ("1.2.3", Err(Format)),
            (" 1", Err(Format)),
            ("1 ", Err(Format)),
            ("0x10", Err(Format)),
            ("nan", Err(Format)),
            ("inf", Err(Format)),
        ] {
            assert_eq!(parse(text.as_bytes()), wanted, "{text}");
        }
    }

    #[test]
    fn whole_numbers_stop_at_the_edge_of_their_type() {
        use NumberError::{Format, Inexact};
        assert_eq!(parse_uint(b"00018446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse_uint(b"18446744073709551616"), Err(Inexact));
        assert_eq!(parse_uint(b"-1"), Err(Format));
        assert_eq!(parse_uint(b"+1"), Err(Format));
        assert_eq!(parse_uint(b""), Err(Format));
        assert_eq!(parse_int(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse_int(b"9223372036854775808"), Err(Inexact));
        assert_eq!(parse_int(b"-"), Err(Format));
        assert_eq!(parse_int(b"1.0"), Err(Format));
    }

    #[test]
    fn what_is_printed_is_the_shortest_form() {
        for (units, wanted) in [
            (0, "0"),
            (1, "0.00000001"),
            (-50_000_000, "-0.5"),
            (ONE, "1"),
            (10 * ONE, "10"),
            (2_323_000_000, "23.23"),
            (i64::MAX, "92233720368.54775807"),
            (i64::MIN, "-92233720368.54775808"),
        ] {
            assert_eq!(Printed::decimal(units).as_bytes(), wanted.as_bytes());
        }
        assert_eq!(Printed::uint(u64::MAX).as_bytes(), b"18446744073709551615");
        assert_eq!(Printed::uint(0).as_bytes(), b"0");
    }
    #[test]
    fn numbers_of_every_length_are_printed_as_rust_prints_them_and_fit_exactly() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        for value in powers.flat_map(|power| [power - 1, power, power + 1, power.saturating_mul(7)])
        {
            let wanted = value.to_string();
            assert_eq!(Printed::uint(value).as_bytes(), wanted.as_bytes());
            assert_eq!(write_uint(&mut vec![0; wanted.len() - 1], value), None, "{value}");
            let Ok(units) = i64::try_from(value) else { continue };
            for units in [units, -units] {
                let printed = Printed::decimal(units);
                assert_eq!(parse(printed.as_bytes()), Ok(units));
                let room = printed.as_bytes().len();
                assert_eq!(write_decimal(&mut vec![0; room], units), Some(room));
                assert_eq!(write_decimal(&mut vec![0; room - 1], units), None, "{units}");
            }
        }
    }
}

//! Times of FIX as nanoseconds of UTC since 1970, and back. No clock here, only arithmetic.
//!
//! UTCTimestamp is `YYYYMMDD-HH:MM:SS`, and after a point one to nine decimals: FIX 4.4 (vol. 1)
//! knows three, venues send six and nine. The date must exist. Second 60 is taken at 23:59 only,
//! where leap seconds are, and means the last nanosecond of that minute: it stays after all of its
//! second 59 and before the next day, which a jump to the next second would not promise.

/// Nanoseconds of one second.
const SECOND_NS: u64 = 1_000_000_000;
const DAY_NS: u64 = 86_400 * SECOND_NS;
/// What the last of so many decimals counts, nanoseconds.
const SCALES: [u64; 10] =
    [SECOND_NS, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
/// Days of a year up to the end of each month, from none on; and of a leap year.
const MONTHS_END: [[u16; 13]; 2] = [
    [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
    [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
];

/// Why bytes are not taken as a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not a time as FIX writes them, or not one of the calendar.
    Format,
    /// A time of the calendar, but before 1970 or after July 2554: `u64` nanoseconds do not reach.
    Range,
}

/// How many decimals a printed time has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Three; what FIX 4.4 knows.
    #[default]
    Millis,
    /// Six.
    Micros,
    /// Nine.
    Nanos,
}

/// `YYYYMMDD-HH:MM:SS[.d…]` in nanoseconds of UTC since 1970.
///
/// # Errors
/// See [`TimeError`].
#[inline]
pub fn parse_timestamp(bytes: &[u8]) -> Result<u64, TimeError> {
    let (date, rest) = bytes.split_first_chunk::<8>().ok_or(TimeError::Format)?;
    let [b'-', time @ ..] = rest else { return Err(TimeError::Format) };
    let (days, time_ns) = (parse_date(date)?, parse_time(time)?);
    u64::try_from(days)
        .ok()
        .and_then(|days| days.checked_mul(DAY_NS)?.checked_add(time_ns))
        .ok_or(TimeError::Range)
}

/// Is it a timestamp of FIX, whether or not its year can be counted in nanoseconds?
#[inline]
pub fn is_timestamp(bytes: &[u8]) -> bool {
    bytes.split_first_chunk::<8>().is_some_and(|(date, rest)| {
        matches!(rest, [b'-', time @ ..] if parse_date(date).is_ok() && parse_time(time).is_ok())
    })
}

/// `HH:MM:SS[.d…]` in nanoseconds since midnight.
///
/// # Errors
/// Only [`TimeError::Format`].
#[inline]
pub fn parse_time(bytes: &[u8]) -> Result<u64, TimeError> {
    let clock = bytes.first_chunk::<8>().ok_or(TimeError::Format)?;
    let [hour, _, _, minute, _, _, second, _] = pairs(clock, b"00:00:00")?;
    let fraction_ns = fraction_ns(bytes)?;
    let minute_ns = (u64::from(hour) * 60 + u64::from(minute)) * 60 * SECOND_NS;
    match (hour, minute, second) {
        (23, 59, 60) => Ok(DAY_NS - 1),
        (0..=23, 0..=59, 0..=59) => Ok(minute_ns + u64::from(second) * SECOND_NS + fraction_ns),
        _ => Err(TimeError::Format),
    }
}

/// `YYYYMMDD` in days since 1970-01-01; negative before.
///
/// # Errors
/// Only [`TimeError::Format`].
#[inline]
pub fn parse_date(bytes: &[u8]) -> Result<i64, TimeError> {
    let date: &[u8; 8] = bytes.try_into().map_err(|_| TimeError::Format)?;
    let [century, _, year, _, month, _, day, _] = pairs(date, b"00000000")?;
    let (year, day) = (u32::from(century) * 100 + u32::from(year), u16::from(day));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let ends = MONTHS_END.get(usize::from(is_leap)).ok_or(TimeError::Format)?;
    let (Some(&end_before), Some(&end)) =
        (ends.get(usize::from(month).wrapping_sub(1)), ends.get(usize::from(month)))
    else {
        return Err(TimeError::Format);
    };
    if day == 0 || day > end - end_before {
        return Err(TimeError::Format);
    }
    Ok(days_before_year(year) + i64::from(end_before + day) - 1)
}

/// `YYYYMM`, `YYYYMMDD` or `YYYYMMwN` with N from 1 to 5: does `bytes` name a month?
pub fn is_month_year(bytes: &[u8]) -> bool {
    let Some((&[y1, y2, y3, y4, m1, m2], rest)) = bytes.split_first_chunk::<6>() else {
        return false;
    };
    match rest {
        [] | [b'w', b'1'..=b'5'] => parse_date(&[y1, y2, y3, y4, m1, m2, b'0', b'1']).is_ok(),
        _ => parse_date(bytes).is_ok(),
    }
}

/// Each digit with the one behind it as a number of two, where `like` has zeros; elsewhere `bytes` must be
/// like `like`.
///
/// All eight at once: what a digit may not be carries into the top bit of its byte, or has it already; no
/// number of two digits carries into the next byte.
#[inline]
fn pairs(bytes: &[u8; 8], like: &[u8; 8]) -> Result<[u8; 8], TimeError> {
    const TOP: u64 = u64::from_le_bytes([0x80; 8]);
    let carries = like.map(|byte| if byte == b'0' { 0x7F - 9 } else { 0x7F });
    let values = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes(*like);
    let wrong = values.wrapping_add(u64::from_le_bytes(carries)) | values;
    if wrong & TOP == 0 {
        Ok((values * 10 + (values >> 8)).to_le_bytes())
    } else {
        Err(TimeError::Format)
    }
}

/// What stands behind `HH:MM:SS` in `time`: nothing, or a point and one to nine digits.
#[inline]
fn fraction_ns(time: &[u8]) -> Result<u64, TimeError> {
    let digits = match time.get(8..).unwrap_or_default() {
        [] => return Ok(0),
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => digits,
        _ => return Err(TimeError::Format),
    };
    // The last eight are read at once, with zeros for what stands before the point; a ninth by itself.
    let first = match digits {
        [first @ b'0'..=b'9', _, _, _, _, _, _, _, _] => u64::from(first - b'0'),
        [_, _, _, _, _, _, _, _, _] => return Err(TimeError::Format),
        _ => 0,
    };
    let last = time.last_chunk::<8>().ok_or(TimeError::Format)?;
    let kept = u64::MAX.checked_shl(64 - 8 * digits.len().min(8) as u32).unwrap_or(0);
    let last = eight_digits(u64::from_le_bytes(*last), kept).ok_or(TimeError::Format)?;
    let scale = SCALES.get(digits.len()).copied().unwrap_or(1);
    Ok((first * 100_000_000 + last) * scale)
}

/// The number that eight digits are, the first of them in the lowest byte; those out of `kept` count as zeros.
/// Source: Lemire, "Quickly parsing eight digits".
#[inline]
fn eight_digits(bytes: u64, kept: u64) -> Option<u64> {
    const TOP: u64 = u64::from_le_bytes([0x80; 8]);
    let digits = (bytes ^ u64::from_le_bytes([b'0'; 8])) & kept;
    if (digits.wrapping_add(u64::from_le_bytes([0x7F - 9; 8])) | digits) & TOP != 0 {
        return None;
    }
    let twos = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF)
}

/// Days from 1970-01-01 to the first of January of `year`, proleptic Gregorian.
#[inline]
fn days_before_year(year: u32) -> i64 {
    // Of the years before, each fourth is a leap year, but for each hundredth, but for each 400th: 0 is one.
    let leap_days = year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
    // 719 528 days lie between 0000-01-01 and 1970-01-01.
    i64::from(year * 365 + leap_days) - 719_528
}

/// Year, month, day of a day since 1970-01-01; the inverse of [`parse_date`].
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// A time as text, on the stack.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    bytes: [u8; Stamp::BYTES],
    len: usize,
}

impl Stamp {
    const BYTES: usize = Self::bytes_of(Precision::Nanos);

    /// `time_ns` since 1970 as UTCTimestamp. Decimals beyond `precision` are cut, never rounded:
    /// a printed time is never later than the real one.
    pub fn new(time_ns: u64, precision: Precision) -> Self {
        let (year, month, day) = civil_from_days(time_ns / DAY_NS);
        let seconds = time_ns % DAY_NS / SECOND_NS;
        let fraction_ns = time_ns % SECOND_NS;
        let mut bytes = *b"YYYYMMDD-HH:MM:SS.nnnnnnnnn";
        put(&mut bytes, 0, year / 100);
        put(&mut bytes, 2, year % 100);
        put(&mut bytes, 4, month);
        put(&mut bytes, 6, day);
        put(&mut bytes, 9, seconds / 3_600);
        put(&mut bytes, 12, seconds / 60 % 60);
        put(&mut bytes, 15, seconds % 60);
        put(&mut bytes, 18, fraction_ns / 10_000_000);
        put(&mut bytes, 20, fraction_ns / 100_000 % 100);
        put(&mut bytes, 22, fraction_ns / 1_000 % 100);
        // Nine is odd: the last two pairs share a digit.
        put(&mut bytes, 24, fraction_ns / 10 % 100);
        put(&mut bytes, 25, fraction_ns % 100);
        Self { bytes, len: Self::bytes_of(precision) }
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// How long the text is.
    pub(super) const fn bytes_of(precision: Precision) -> usize {
        let decimals = match precision {
            Precision::Millis => 3,
            Precision::Micros => 6,
            Precision::Nanos => 9,
        };
        b"YYYYMMDD-HH:MM:SS.".len() + decimals
    }
}

/// `value`, below 100, as two digits at `at`.
#[inline(always)] // All places are known to the compiler then.
fn put(bytes: &mut [u8; Stamp::BYTES], at: usize, value: u64) {
    if let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_to_the_nanosecond() {
        for (text, wanted) in [
            ("19700101-00:00:00", 0),
            ("19700101-00:00:00.000000001", 1),
            ("19700101-00:00:00.987654321", 987_654_321),
            ("19700101-00:00:00.98765432", 987_654_320),
            ("19700101-00:00:00.9876543", 987_654_300),
            ("19700101-00:00:00.9876", 987_600_000),
            ("20000229-12:30:45.5", 951_827_445_500_000_000),
            ("20260102-09:30:00.000", 1_767_346_200_000_000_000),
            ("20260102-09:30:00.123456", 1_767_346_200_123_456_000),
            ("25540721-23:34:33.709551615", u64::MAX),
        ] {
            assert_eq!(parse_timestamp(text.as_bytes()), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn a_leap_second_stays_inside_its_day() {
        let leap = parse_timestamp(b"19981231-23:59:60.5").unwrap();
        assert!(leap >= parse_timestamp(b"19981231-23:59:59.999999999").unwrap());
        assert!(leap < parse_timestamp(b"19990101-00:00:00").unwrap());
        assert_eq!(parse_timestamp(b"19981231-12:59:60"), Err(TimeError::Format));
        assert_eq!(parse_timestamp(b"19981231-23:59:61"), Err(TimeError::Format));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "20260102",
            "20260102-",
            "20260102 09:30:00",
            "20260102-9:30:00",
            "20260102-09:30",
            "20260102-09:30:00.",
            "20260102-09:30:00.1234567890",
            "20260102-09:30:00.12x",
            "20260102-09:30:00.x2345678",
            "20260102-09:30:00.x23456789",
            "20260102-09:30:00.1234/678",
            "20260102-09:30:00.1234:678",
            "20260102-09:30:00.12345678\u{7f}",
            "20260102-09:30:00.12345678\u{e9}",
            "20260102-09:30:00Z",
            "20260102-24:00:00",
            "20260102-09:60:00",
            "20260002-09:30:00",
            "20261302-09:30:00",
            "20260100-09:30:00",
            "20260230-09:30:00",
            "20250229-09:30:00",
            "21000229-09:30:00",
            "2026-01-02-09:30",
        ] {
            assert_eq!(parse_timestamp(text.as_bytes()), Err(TimeError::Format), "{text}");
        }
        assert_eq!(parse_timestamp(b"19691231-23:59:59"), Err(TimeError::Range));
        assert_eq!(parse_timestamp(b"99991231-23:59:59"), Err(TimeError::Range));
        assert_eq!(parse_timestamp(b"25540721-23:34:33.709551616"), Err(TimeError::Range));
    }

    #[test]
    fn months_may_carry_a_day_or_a_week() {
        for text in ["202601", "20260131", "202601w1", "202602w5"] {
            assert!(is_month_year(text.as_bytes()), "{text}");
        }
        for text in ["", "2026", "202613", "202600", "202601w0", "202601w6", "20260132", "202601W1"]
        {
            assert!(!is_month_year(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_is_printed_as_it_was_read() {
        // Days one by one over the odd centuries, with the last nanosecond of each.
        for day in (0..213_503).chain([213_502]) {
            let time_ns = (day + 1) * DAY_NS - 1;
            let stamp = Stamp::new(time_ns, Precision::Nanos);
            assert_eq!(parse_timestamp(stamp.as_bytes()), Ok(time_ns), "day {day}");
        }
    }

    #[test]
    fn printed_times_are_cut_not_rounded() {
        let time_ns = 951_827_445_999_999_999;
        for (precision, wanted) in [
            (Precision::Millis, "20000229-12:30:45.999"),
            (Precision::Micros, "20000229-12:30:45.999999"),
            (Precision::Nanos, "20000229-12:30:45.999999999"),
        ] {
            assert_eq!(Stamp::new(time_ns, precision).as_bytes(), wanted.as_bytes());
        }
    }
}

//! Fields as text, for people and tools: what generated `Display` implementations share.
//!
//! Never on the data path. Every byte of a peer that is not printable ASCII is escaped.

use core::fmt;

use crate::header::text;

/// A char array: up to the first NUL, escaped where it is not printable.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", text(self.0).escape_ascii())
    }
}

/// `mantissa × 10^exponent`, exact and without trailing zeros.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// Any.
    pub mantissa: i128,
    /// Digits after the point are printed from 0 down to -18; beyond that, `5e20`.
    pub exponent: i8,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !(-18..=0).contains(&self.exponent) {
            return write!(f, "{}e{}", self.mantissa, self.exponent);
        }
        let mut digits = usize::from(self.exponent.unsigned_abs());
        let unit = 10_u128.pow(u32::from(self.exponent.unsigned_abs()));
        let (whole, mut part) =
            (self.mantissa.unsigned_abs() / unit, self.mantissa.unsigned_abs() % unit);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        while part % 10 == 0 {
            part /= 10;
            digits -= 1;
        }
        write!(f, "{sign}{whole}.{part:0digits$}")
    }
}

/// A set: the names of its bits joined by `|`, bits without a name as hex, `-` for none.
///
/// # Errors
/// Those of the writer.
pub fn bits(f: &mut fmt::Formatter<'_>, seen: u64, names: &[(&str, u32)]) -> fmt::Result {
    if seen == 0 {
        return f.write_str("-");
    }
    let (mut unnamed, mut bar) = (seen, "");
    for (name, bit) in names {
        let mask = 1_u64.checked_shl(*bit).unwrap_or_default();
        if seen & mask != 0 {
            write!(f, "{bar}{name}")?;
            unnamed &= !mask;
            bar = "|";
        }
    }
    if unnamed == 0 { Ok(()) } else { write!(f, "{bar}{unnamed:#x}") }
}

/// An optional value; `-` when it is absent.
///
/// # Errors
/// Those of the writer.
pub fn optional(f: &mut fmt::Formatter<'_>, value: Option<impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => value.fmt(f),
        None => f.write_str("-"),
    }
}

//! The few hashes of the exchange: a running hash over events, the checksum of a book, and the
//! keyed hash of the ClOrdID table. None is cryptographic; all are fixed for ever by their tests.

/// Odd constants with well-mixed bits (the fractional parts of the golden ratio and of sqrt 2).
const K0: u64 = 0x9E37_79B9_7F4A_7C15;
const K1: u64 = 0x6A09_E667_F3BC_C909;

/// One word into a hash: multiply to 128 bits and fold.
#[inline]
pub const fn mix(hash: u64, word: u64) -> u64 {
    let product = ((hash ^ word) as u128).wrapping_mul((K0 | 1) as u128);
    ((product >> 64) as u64) ^ (product as u64).rotate_left(23) ^ K1
}

/// A wide number into a state hash.
pub fn mix_i128(hash: u64, value: i128) -> u64 {
    mix(mix(hash, value as u64), (value >> 64) as u64)
}

/// Bytes into a hash, eight at a time; a short tail is padded with zeros and its length mixed in.
pub fn mix_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    mix(mix(hash, u64::from_le_bytes(last)), bytes.len() as u64)
}

/// An event into the running hash: 32 bytes at a time, two multiplications side by side, so that
/// only the last one waits for the event before.
#[inline]
pub fn mix_event(hash: u64, blocks: &[[u8; 32]]) -> u64 {
    let (mut a, mut b) = (K0, K1);
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        let [w, x, y, z] = [0, 1, 2, 3].map(|at| u64::from_le_bytes(words[at]));
        a = fold(w ^ K1, x ^ a);
        b = fold(y ^ K0, z ^ b);
    }
    fold(hash ^ a, b ^ K1)
}

/// A name of a session, for the ClOrdID table: two multiplications side by side and one after them.
#[inline]
pub fn name_hash(seed: u64, session: u32, name: &[u8; 36]) -> u64 {
    let (words, tail) = name.as_chunks::<8>();
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| u64::from_le_bytes(words[at]));
    let tail = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    let seed = seed ^ K1; // A seed of 0 shall not make short names alike.
    let left = fold(a ^ K0, b ^ seed);
    let right = fold(c ^ K1, d ^ seed.rotate_left(32) ^ tail << 32);
    fold(left ^ tail ^ K1, right ^ u64::from(session) ^ K0)
}

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product >> 64) as u64 ^ product as u64
}

/// What one resting order adds to the checksum of its book (docs/wire/feed.md). The checksum is
/// the wrapping sum over all orders, so adding, changing and taking one away costs the same.
///
/// `side` is 1 or 2, `price` and `qty` are mantissas of 10^-8, `priority` is the `rptSeq` of the
/// message that gave the order its place.
pub const fn order_sum(order_id: u64, side: u8, price: i64, qty: i64, priority: u64) -> u64 {
    let hash = mix(mix(K1, order_id), side as u64);
    mix(mix(mix(hash, price as u64), qty as u64), priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_never_change_as_logs_and_feeds_carry_them() {
        assert_eq!(mix(1, 2), 0xFC37_09DD_EC51_9A3E);
        assert_eq!(order_sum(1, 1, 100, 5, 1), 0x13D7_B678_5B71_F4FB);
        assert_eq!(mix_bytes(0, b"ab"), 0xD202_1B23_8E69_425A);
        assert_ne!(order_sum(1, 1, 100, 5, 1), order_sum(1, 1, 100, 5, 2));
        assert_ne!(mix_bytes(0, b"ab"), mix_bytes(0, b"ab\0"));
    }
}

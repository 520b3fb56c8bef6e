//! A flow: orders, cancels and replaces for one or many books, in a file that is the same everywhere.
//!
//! A file is a 64-byte header and 24-byte records, little-endian: first the *prefill* that builds the
//! books, then the *measured* segment, then the *sweep*, market orders that consume every resting
//! order, so that its trades are the final books in priority order. A [`Tape`] turns trades into one
//! checksum; two matchers that agree on it have done the same trades in the same order.
//!
//! | offset | header | | offset | record |
//! | --- | --- | --- | --- | --- |
//! | 0 | magic `PCFLOW01` | | 0 | u32 id of the order, or of the one cancelled or replaced |
//! | 8 | u64 seed | | 4 | u32 id2: id after a replace, else 0 |
//! | 16 | u64 prefill records | | 8 | u32 price in ticks; 0 for cancel and market |
//! | 24 | u64 measured records | | 12 | u32 quantity in lots; 0 for cancel |
//! | 32 | u64 sweep records | | 16 | u32 account |
//! | 40 | u32 highest id | | 20 | u16 symbol, from 0 |
//! | 44 | u32 symbols | | 22 | u8 kind |
//! | 48 | u32 highest price | | 23 | u8 side: 0 buy, 1 sell |
//! | 52 | u32 live orders aimed at, u64 reserved | | | |
//!
//! Next: `generate.rs` draws a flow, `reference.rs` plays one, `match_flow.rs` measures with it.

pub(crate) mod generate;
pub(crate) mod reference;

use anyhow::{Context, bail, ensure};
use sbe_schemas::types::Side;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::Path;

const MAGIC: [u8; 8] = *b"PCFLOW01";
const HEADER_BYTES: usize = 64;
const RECORD_BYTES: usize = 24;
/// Symbols have 16 bits.
pub(crate) const SYMBOLS_MAX: u32 = 1 << 16;

/// What an operation does. A cancel or replace of an order that is not live does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// GTC limit: trades with what crosses, rests what is left.
    Add = 0,
    /// Cancels the order `id`.
    Cancel = 1,
    /// Cancels the order `id` and enters `id2`, at the back of its price.
    Replace = 2,
    /// Limit, immediate-or-cancel.
    Ioc = 3,
    /// Market, immediate-or-cancel.
    Market = 4,
}

/// One operation. Price in ticks, quantity in lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) id: u32,
    pub(crate) id2: u32,
    pub(crate) price: u32,
    pub(crate) qty: u32,
    pub(crate) account: u32,
    pub(crate) symbol: u16,
    pub(crate) kind: Kind,
    pub(crate) side: Side,
}

impl Op {
    /// The id that this operation uses for the first time.
    pub(crate) fn new_id(&self) -> Option<u32> {
        match self.kind {
            Kind::Cancel => None,
            Kind::Replace => Some(self.id2),
            Kind::Add | Kind::Ioc | Kind::Market => Some(self.id),
        }
    }

    /// The id of an order that is there already.
    pub(crate) fn old_id(&self) -> Option<u32> {
        matches!(self.kind, Kind::Cancel | Kind::Replace).then_some(self.id)
    }

    /// The worst price it takes, in ticks; `None`: any.
    pub(crate) fn limit(&self) -> Option<u32> {
        (self.kind != Kind::Market).then_some(self.price)
    }

    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let words = [self.id, self.id2, self.price, self.qty, self.account];
        for (at, word) in bytes.chunks_exact_mut(4).zip(words) {
            at.copy_from_slice(&word.to_le_bytes());
        }
        bytes[20..22].copy_from_slice(&self.symbol.to_le_bytes());
        bytes[22] = self.kind as u8;
        bytes[23] = u8::from(self.side == Side::Sell);
        bytes
    }

    fn of_bytes(bytes: &[u8; RECORD_BYTES]) -> anyhow::Result<Self> {
        let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| bytes[at + n]));
        Ok(Self {
            id: word(0),
            id2: word(4),
            price: word(8),
            qty: word(12),
            account: word(16),
            symbol: u16::from_le_bytes([bytes[20], bytes[21]]),
            kind: match bytes[22] {
                0 => Kind::Add,
                1 => Kind::Cancel,
                2 => Kind::Replace,
                3 => Kind::Ioc,
                4 => Kind::Market,
                other => bail!("kind {other} is none of 0 to 4"),
            },
            side: match bytes[23] {
                0 => Side::Buy,
                1 => Side::Sell,
                other => bail!("side {other} is neither 0 nor 1"),
            },
        })
    }
}

/// What the file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) seed: u64,
    pub(crate) prefill: u64,
    pub(crate) measured: u64,
    pub(crate) sweep: u64,
    pub(crate) max_id: u32,
    pub(crate) symbols: u32,
    pub(crate) max_price: u32,
    pub(crate) live_target: u32,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        let long = [self.seed, self.prefill, self.measured, self.sweep];
        for (at, word) in bytes[8..40].chunks_exact_mut(8).zip(long) {
            at.copy_from_slice(&word.to_le_bytes());
        }
        let short = [self.max_id, self.symbols, self.max_price, self.live_target];
        for (at, word) in bytes[40..56].chunks_exact_mut(4).zip(short) {
            at.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn of_bytes(bytes: &[u8; HEADER_BYTES]) -> anyhow::Result<Self> {
        ensure!(bytes[..8] == MAGIC, "it does not begin with PCFLOW01, so it is not a flow file");
        let long = |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|n| bytes[at + n]));
        let short = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| bytes[at + n]));
        let header = Self {
            seed: long(8),
            prefill: long(16),
            measured: long(24),
            sweep: long(32),
            max_id: short(40),
            symbols: short(44),
            max_price: short(48),
            live_target: short(52),
        };
        let symbols = header.symbols;
        ensure!(
            (1..=SYMBOLS_MAX).contains(&symbols),
            "{symbols} symbols: 1 to {SYMBOLS_MAX} may be"
        );
        ensure!(header.max_id < u32::MAX, "its highest id leaves no room");
        Ok(header)
    }

    /// Bytes of the whole file; `None`: more than any file has.
    fn file_bytes(&self) -> Option<u64> {
        let records = self.prefill.checked_add(self.measured)?.checked_add(self.sweep)?;
        records.checked_mul(RECORD_BYTES as u64)?.checked_add(HEADER_BYTES as u64)
    }
}

/// A whole flow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) header: Header,
    pub(crate) ops: Vec<Op>,
}

impl Flow {
    /// The operations that build the books.
    pub(crate) fn prefill(&self) -> Range<usize> {
        0..self.header.prefill as usize
    }

    /// The operations that count, at most `ops_max` of them.
    pub(crate) fn measured(&self, ops_max: u64) -> Range<usize> {
        let start = self.header.prefill;
        start as usize..(start + self.header.measured.min(ops_max)) as usize
    }

    /// The operations that turn the final books into trades.
    pub(crate) fn sweep(&self) -> Range<usize> {
        self.ops.len() - self.header.sweep as usize..self.ops.len()
    }

    /// Writes the file; one that is there is replaced.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let written = File::create(path).and_then(|file| self.write_to(BufWriter::new(file)));
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    fn write_to(&self, mut file: impl Write) -> std::io::Result<()> {
        file.write_all(&self.header.to_bytes())?;
        for op in &self.ops {
            file.write_all(&op.to_bytes())?;
        }
        file.flush()
    }

    /// Reads a file and checks that it makes sense, so that whoever replays it need not.
    ///
    /// # Errors
    /// The file cannot be read, or is no flow; says what is wrong with it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let bytes = file.metadata().map(|metadata| metadata.len())?;
        Self::read_from(BufReader::new(file), bytes)
            .with_context(|| format!("{} cannot be replayed", path.display()))
    }

    fn read_from(mut file: impl Read, bytes: u64) -> anyhow::Result<Self> {
        let mut head = [0; HEADER_BYTES];
        ensure!(bytes >= HEADER_BYTES as u64, "{bytes} bytes are too few for the header of 64");
        file.read_exact(&mut head)?;
        let header = Header::of_bytes(&head)?;
        let Header { prefill, measured, sweep, .. } = header;
        let wanted = header.file_bytes();
        ensure!(
            wanted == Some(bytes),
            "the header counts {prefill} + {measured} + {sweep} operations, which does not make \
             its {bytes} bytes (64, and 24 for each): it is cut short, or another file"
        );
        let records = (bytes as usize - HEADER_BYTES) / RECORD_BYTES;
        let mut ops = Vec::with_capacity(records);
        let mut checker = Checker::new(header);
        let mut record = [0; RECORD_BYTES];
        for at in 0..records {
            file.read_exact(&mut record)?;
            let op = Op::of_bytes(&record).and_then(|op| checker.check(&op).map(|()| op));
            ops.push(op.with_context(|| format!("operation {at} of {records}"))?);
        }
        let seen = checker.orders.len() as u32 - 1;
        ensure!(seen == header.max_id, "it has {seen} ids, its header says {}", header.max_id);
        Ok(Self { header, ops })
    }
}

/// Holds the rules of a flow: new ids are dense from 1, an old id is of this symbol and side.
struct Checker {
    header: Header,
    /// Symbol and side of each id; 0 is no id.
    orders: Vec<(u16, Side)>,
}

impl Checker {
    fn new(header: Header) -> Self {
        let mut orders = Vec::with_capacity(header.max_id as usize + 1);
        orders.push((0, Side::Buy));
        Self { header, orders }
    }

    fn check(&mut self, op: &Op) -> anyhow::Result<()> {
        let Header { symbols, max_price, .. } = self.header;
        ensure!(u32::from(op.symbol) < symbols, "symbol {} of {symbols}", op.symbol);
        if let Some(id) = op.old_id() {
            let known = self.orders.get(id as usize).filter(|_| id != 0);
            let Some(known) = known else { bail!("order {id} is named before it is entered") };
            ensure!(*known == (op.symbol, op.side), "order {id} has another symbol or side");
        }
        if let Some(id) = op.new_id() {
            let next = self.orders.len();
            ensure!(id as usize == next, "id {id} where {next} is the next");
            ensure!(op.qty > 0, "an order of quantity 0");
            self.orders.push((op.symbol, op.side));
        }
        if matches!(op.kind, Kind::Add | Kind::Replace | Kind::Ioc) {
            ensure!((1..=max_price).contains(&op.price), "price {} of 1 to {max_price}", op.price);
        }
        Ok(())
    }
}

/// One trade, at the price of the maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trade {
    /// Flow id of the resting order.
    pub(crate) maker: u32,
    /// Flow id of the arriving order.
    pub(crate) taker: u32,
    /// Ticks.
    pub(crate) price: u32,
    /// Lots.
    pub(crate) qty: u32,
}

/// Trades as one number that depends on each of them and on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tape {
    /// `h = (rotl(h, 5) xor w) × 0x9E3779B97F4A7C15`, wrapping, from 0, for each trade's words
    /// `maker << 32 | taker` and `price << 32 | qty`.
    pub(crate) hash: u64,
    /// How many.
    pub(crate) trades: u64,
}

impl Tape {
    /// Adds one trade.
    pub(crate) fn add(&mut self, trade: Trade) {
        let Trade { maker, taker, price, qty } = trade;
        self.mix(u64::from(maker) << 32 | u64::from(taker));
        self.mix(u64::from(price) << 32 | u64::from(qty));
        self.trades += 1;
    }

    fn mix(&mut self, word: u64) {
        self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use super::generate::tests::small;
    use super::*;

    fn file() -> Vec<u8> {
        let mut file = Vec::new();
        small((1, 50, 500, 5, 2)).flow.write_to(&mut file).unwrap();
        file
    }

    fn error(file: &[u8]) -> String {
        let read = Flow::read_from(file, file.len() as u64);
        format!("{:#}", read.expect_err("refused"))
    }

    #[test]
    fn what_was_written_is_read() {
        let flow = small((1, 50, 500, 5, 2)).flow;
        let file = file();
        assert_eq!(file.len(), HEADER_BYTES + RECORD_BYTES * flow.ops.len());
        assert_eq!(Flow::read_from(&file[..], file.len() as u64).unwrap(), flow);
    }

    #[test]
    fn a_file_that_is_none_is_named_with_what_is_wrong() {
        let path = std::env::temp_dir().join(format!("no-{}.flow", std::process::id()));
        std::fs::write(&path, [b'x'; 100]).unwrap();
        let told = format!("{:#}", Flow::read(&path).expect_err("refused"));
        std::fs::remove_file(&path).unwrap();
        assert!(told.contains(path.to_str().unwrap()) && told.contains("PCFLOW01"), "{told}");
        let told = format!("{:#}", Flow::read(&path).expect_err("refused"));
        assert!(told.contains("cannot open") && told.contains(path.to_str().unwrap()), "{told}");
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused() {
        let file = file();
        let longer = [&file[..], &[0]].concat();
        for cut in [&file[..file.len() - 1], &file[..file.len() - RECORD_BYTES], &longer[..]] {
            assert!(error(cut).contains("cut short"), "{}", error(cut));
        }
        for short in [0, 8, 63] {
            assert!(error(&file[..short]).contains("too few"), "{short}");
        }
        // Counts whose sum or length in bytes no machine holds.
        for (at, count) in [(16, u64::MAX), (24, u64::MAX / 24), (32, u64::MAX - 5)] {
            let mut file = file.clone();
            file[at..at + 8].copy_from_slice(&count.to_le_bytes());
            assert!(error(&file).contains("the header counts"), "{count}");
        }
    }

    #[test]
    fn operations_that_make_no_sense_are_refused() {
        let record = |at: usize| HEADER_BYTES + RECORD_BYTES * at;
        // The first operation is an add with id 1.
        let (first, last) = (record(0), file().len() - RECORD_BYTES);
        for (at, bytes, words) in [
            (first + 22, &[9][..], "operation 0 of"),
            (first + 22, &[9], "kind 9"),
            (first + 23, &[7], "side 7"),
            (first + 8, &[0; 4], "price 0"),
            (first + 8, &[255; 4], "price 4294967295"),
            (first + 12, &[0; 4], "quantity 0"),
            (first, &[2], "id 2 where 1"),
            (first + 20, &[2], "symbol 2 of 2"),
            (first + 22, &[1], "named before"),
            (last + 22, &[2], "has another symbol or side"),
            (40, &[1, 0, 0, 0], "its header says 1"),
            (44, &[0; 4], "0 symbols"),
            (44, &[255; 4], "4294967295 symbols"),
            (40, &[255; 4], "highest id"),
        ] {
            let mut file = file();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            if words.contains("has another") {
                file[last..last + 4].copy_from_slice(&1u32.to_le_bytes());
                file[last + 20] ^= 1;
            }
            assert!(error(&file).contains(words), "{words} is not in: {}", error(&file));
        }
    }
}

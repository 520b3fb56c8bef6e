//! `listen --dbn`: books and trades as a DBN file (Databento Binary Encoding, version 3), for the tools that read
//! those.
//!
//! ```text
//! header, "mixed" schema             then records, each about one instrument
//! InstrumentDefinition               SymbolMappingMsg: number to symbol
//! OrderAdd                           A
//! OrderReduce                        M, the quantity that is left
//! OrderDelete                        C, all of it
//! OrderExecute                       T (aggressor's side), F (resting order), C of what has traded
//! Trade                              T
//! BookClear                          R
//! a book that was recovered          R, and then A with F_SNAPSHOT for each of its orders
//! ```
//! Prices count 10⁻⁹, sizes count lots (DBN knows whole numbers only). `ts_event` is the engine's time, `ts_recv`
//! ours, `sequence` that of the feed. The last record that an event has about an instrument carries F_LAST.
//! Source: databento.com/docs, "Databento Binary Encoding" and "MBO"; read back in `gateway/tests/wire/dbn.rs`.

use super::append::Append;
use crate::io::clock::utc_now_ns;
use marketdata::{BookMessage, FeedEvent, RestingOrder, State, Subscriber};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, Phase, PhaseCode, Side};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

const VERSION: u8 = 3;
/// Longest symbol, with its NUL.
const SYMBOL_BYTES: usize = 71;
/// Schema and symbol type that say "mixed".
const MIXED_SCHEMA: u16 = u16::MAX;
const MIXED_SYMBOLS: u8 = u8::MAX;
const INSTRUMENT_ID: u8 = 0;
const RAW_SYMBOL: u8 = 1;
const NO_TIME: u64 = u64::MAX;
const NO_PRICE: i64 = i64::MAX;
const RTYPE_MBO: u8 = 0xA0;
const RTYPE_SYMBOL_MAPPING: u8 = 0x16;
/// What a record's length is counted in.
const WORD_BYTES: usize = 4;
const MBO_BYTES: usize = 56;
const SYMBOL_MAPPING_BYTES: usize = 176;
/// Where a record of ours has its flags.
const FLAGS_AT: usize = 36;
/// The last record of an event; a record of a snapshot.
const F_LAST: u8 = 0x80;
const F_SNAPSHOT: u8 = 0x20;
/// This venue, and its feed. Databento gives numbers to publishers; this one has none.
const PUBLISHER: u16 = 1;
const CHANNEL: u8 = 1;

/// A file that is being written.
pub(super) struct Dbn {
    file: Append,
    instruments: BTreeMap<u32, Known>,
    /// Of the message that is being told.
    time: u64,
    sequence: u64,
    received: u64,
    /// The last record of each instrument that the event under way is about, and where in the run it is.
    last: Vec<(u32, usize)>,
}

struct Known {
    symbol: [u8; 16],
    lot: Decimal8,
    phase: PhaseCode,
    /// The book is to be told whole after this packet.
    rebuild: bool,
}

/// One record about an order or a trade.
struct Mbo {
    instrument: u32,
    action: u8,
    side: u8,
    order_id: u64,
    price: Option<Decimal8>,
    qty: Decimal8,
    flags: u8,
}

impl Dbn {
    /// In place of whatever is there.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let now = utc_now_ns();
        let mut file = Append::create(path)?;
        file.run.extend(metadata(now));
        let (instruments, last) = (BTreeMap::new(), Vec::new());
        Ok(Self { file, instruments, time: 0, sequence: 0, received: now, last })
    }

    /// One event of the packet.
    pub(super) fn on_event(&mut self, event: &FeedEvent<'_>) {
        match *event {
            FeedEvent::Message { sequence, time, .. } => {
                (self.sequence, self.time, self.received) = (sequence, time, utc_now_ns());
            }
            FeedEvent::EndOfEvent { .. } | FeedEvent::Gap { .. } => self.close_event(),
            FeedEvent::Defined { definition } => self.on_definition(definition),
            FeedEvent::Phase { status } => {
                if let Some(known) = self.instruments.get_mut(&status.instrument.get()) {
                    known.phase = status.phase;
                }
            }
            FeedEvent::Changed { instrument, message, before } => {
                self.on_change(instrument, message, before);
            }
            FeedEvent::Trade { trade } => {
                let side = match trade.aggressor {
                    1 => b'B',
                    2 => b'A',
                    _ => b'N',
                };
                self.trade(trade.instrument.get(), side, trade.price, trade.qty);
            }
            FeedEvent::State { instrument, .. } => {
                if let Some(known) = self.instruments.get_mut(&instrument) {
                    known.rebuild = true;
                }
            }
            FeedEvent::Reset { .. } => self.instruments.values_mut().for_each(|i| i.rebuild = true),
            _ => {}
        }
    }

    /// All events of the packet were told.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn end(&mut self, subscriber: &Subscriber) -> io::Result<()> {
        let rebuild: Vec<u32> = self
            .instruments
            .iter_mut()
            .filter_map(|(number, known)| std::mem::take(&mut known.rebuild).then_some(*number))
            .collect();
        for number in rebuild {
            self.tell_book(number, subscriber);
        }
        // An event may go on in the next packet, so its last record stays.
        let first_open = self.last.iter().map(|(_, at)| *at).min();
        let whole = first_open.unwrap_or(self.file.run.len());
        if self.file.flush_many(whole)? {
            self.last.iter_mut().for_each(|(_, at)| *at -= whole);
        }
        Ok(())
    }

    /// Everything is in the kernel.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.close_event();
        self.file.flush()
    }

    fn on_definition(&mut self, definition: &md::InstrumentDefinition) {
        let (number, symbol) = (definition.instrument.get(), definition.symbol);
        let (lot, phase) = (definition.lot_size, definition.phase);
        let known = Known { symbol, lot, phase, rebuild: false };
        let before = self.instruments.insert(number, known);
        let is_new = before.as_ref().is_none_or(|before| before.symbol != symbol);
        if let (Some(known), Some(before)) = (self.instruments.get_mut(&number), before) {
            known.rebuild = before.rebuild;
        }
        if !is_new {
            return;
        }
        self.close_event();
        let run = &mut self.file.run;
        header(run, SYMBOL_MAPPING_BYTES, RTYPE_SYMBOL_MAPPING, number, self.time);
        run.push(RAW_SYMBOL);
        push_text(run, sbe_schemas::header::text(&symbol), SYMBOL_BYTES);
        run.push(INSTRUMENT_ID);
        push_text(run, number.to_string().as_bytes(), SYMBOL_BYTES);
        run.extend([NO_TIME, NO_TIME].iter().flat_map(|time| time.to_le_bytes()));
    }

    fn on_change(&mut self, instrument: u32, message: &BookMessage, before: Option<RestingOrder>) {
        let Some(known) = self.instruments.get(&instrument) else { return };
        let (is_told_whole, phase) = (known.rebuild, known.phase.known());
        let record = |action, side: Side, order_id, price, qty| {
            let side = letter(side);
            Mbo { instrument, action, side, order_id, price: Some(price), qty, flags: 0 }
        };
        let record = match (message, before) {
            (BookMessage::Add(m), _) => {
                let Some(side) = m.side.known() else { return };
                record(b'A', side, m.order_id.get(), m.price, m.qty)
            }
            (BookMessage::Clear(_), _) => {
                let (action, side, order_id) = (b'R', b'N', 0);
                let (price, qty, flags) = (None, Decimal8::new(0), 0);
                Mbo { instrument, action, side, order_id, price, qty, flags }
            }
            (BookMessage::Reduce(m), Some(o)) => record(b'M', o.side, o.order_id, o.price, m.qty),
            (BookMessage::Delete(_), Some(o)) => record(b'C', o.side, o.order_id, o.price, o.qty),
            (BookMessage::Execute(m), Some(o)) => {
                let aggressor = match (phase, o.side) {
                    (Some(Phase::Continuous), Side::Buy) => b'A',
                    (Some(Phase::Continuous), Side::Sell) => b'B',
                    _ => b'N',
                };
                self.trade(instrument, aggressor, m.price, m.qty);
                self.put(&record(b'F', o.side, o.order_id, m.price, m.qty));
                record(b'C', o.side, o.order_id, o.price, m.qty)
            }
            _ => return,
        };
        if !is_told_whole {
            self.put(&record);
        }
    }

    fn trade(&mut self, instrument: u32, side: u8, price: Decimal8, qty: Decimal8) {
        let price = Some(price);
        let (action, order_id, flags) = (b'T', 0, 0);
        self.put(&Mbo { instrument, action, side, order_id, price, qty, flags });
    }

    /// Cleared, and each order again; a book that is not live is only cleared.
    fn tell_book(&mut self, instrument: u32, subscriber: &Subscriber) {
        self.close_event();
        self.received = utc_now_ns();
        let nothing = Decimal8::new(0);
        let clear = Mbo {
            instrument,
            action: b'R',
            side: b'N',
            order_id: 0,
            price: None,
            qty: nothing,
            flags: F_SNAPSHOT,
        };
        self.put(&clear);
        let told = subscriber.instrument(instrument).filter(|told| told.state() == State::Live);
        for order in told.into_iter().flat_map(|told| told.book().walk()) {
            let RestingOrder { order_id, side, price, qty, .. } = *order;
            let (side, price) = (letter(side), Some(price));
            self.put(&Mbo { action: b'A', side, order_id, price, qty, ..clear });
        }
        self.close_event();
    }

    fn put(&mut self, record: &Mbo) {
        let &Mbo { instrument, action, side, order_id, price, qty, flags } = record;
        let lot =
            self.instruments.get(&instrument).map_or(1, |known| known.lot.mantissa.get().max(1));
        let run = &mut self.file.run;
        match self.last.iter_mut().find(|(known, _)| *known == instrument) {
            Some((_, at)) => *at = run.len(),
            None => self.last.push((instrument, run.len())),
        }
        header(run, MBO_BYTES, RTYPE_MBO, instrument, self.time);
        run.extend(order_id.to_le_bytes());
        let price =
            price.and_then(|price| price.mantissa.get().checked_mul(10)).unwrap_or(NO_PRICE);
        run.extend(price.to_le_bytes());
        run.extend(u32::try_from(qty.mantissa.get() / lot).unwrap_or(u32::MAX).to_le_bytes());
        run.extend([flags, CHANNEL, action, side]);
        run.extend(self.received.to_le_bytes());
        let under_way = i128::from(self.received) - i128::from(self.time);
        run.extend((under_way.clamp(i32::MIN.into(), i32::MAX.into()) as i32).to_le_bytes());
        run.extend((self.sequence as u32).to_le_bytes());
    }

    /// Nothing more comes of the last event.
    fn close_event(&mut self) {
        for (_, at) in self.last.drain(..) {
            if let Some(flags) = self.file.run.get_mut(at + FLAGS_AT) {
                *flags |= F_LAST;
            }
        }
    }
}

fn letter(side: Side) -> u8 {
    if side == Side::Buy { b'B' } else { b'A' }
}

/// What every record begins with.
fn header(run: &mut Vec<u8>, bytes: usize, rtype: u8, instrument: u32, time: u64) {
    run.extend([(bytes / WORD_BYTES) as u8, rtype]);
    run.extend(PUBLISHER.to_le_bytes());
    run.extend(instrument.to_le_bytes());
    run.extend(time.to_le_bytes());
}

fn push_text(run: &mut Vec<u8>, text: &[u8], bytes: usize) {
    let end = run.len() + bytes;
    run.extend(text);
    run.resize(end, 0);
}

/// The header of the file. Symbols come in records, when they become known.
fn metadata(start: u64) -> Vec<u8> {
    let mut fields = Vec::new();
    push_text(&mut fields, b"PORTCULLIS", 16);
    fields.extend(MIXED_SCHEMA.to_le_bytes());
    // Until when, and how many records at most: nobody knows, and no limit.
    fields.extend([start, NO_TIME, 0].iter().flat_map(|word| word.to_le_bytes()));
    fields.extend([MIXED_SYMBOLS, INSTRUMENT_ID, 0]);
    fields.extend((SYMBOL_BYTES as u16).to_le_bytes());
    fields.resize(100, 0);
    // A definition of the schema, symbols, partial ones, those not found, mappings: none.
    fields.resize(100 + 5 * 4, 0);
    let mut bytes = b"DBN".to_vec();
    bytes.push(VERSION);
    bytes.extend((fields.len() as u32).to_le_bytes());
    bytes.extend(fields);
    bytes
}

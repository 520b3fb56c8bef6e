//! What `portcullis listen` prints: for people, or as JSON with one object per line.
//!
//! Every kind of line is made in one place, text and JSON side by side, so that neither says what
//! the other does not. Decimals are exact: text in text, strings in JSON.

use marketdata::book::Level;
use marketdata::{BookMessage, FeedEvent, Instrument, RestingOrder, SnapshotUse, Subscriber};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::show::{Decimal, Text};
use sbe_schemas::types::{Decimal8, Side, SideCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufWriter, ErrorKind, Write};

/// Rows of a ladder.
const ROWS_MAX: usize = 10;

/// See the file's map.
pub(super) struct Show<W: Write> {
    json: bool,
    out: BufWriter<W>,
    symbols: BTreeMap<u32, String>,
    failed: Option<std::io::Error>,
}

impl<W: Write> Show<W> {
    pub(super) fn new(json: bool, out: W) -> Self {
        Self { json, out: BufWriter::new(out), symbols: BTreeMap::new(), failed: None }
    }

    /// Nothing more can be written.
    pub(super) fn is_over(&self) -> bool {
        self.failed.is_some()
    }

    /// Shows what has been written so far.
    pub(super) fn flush(&mut self) {
        let flushed = self.out.flush();
        self.keep(flushed);
    }

    /// All is written. A closed pipe is somebody who has seen enough, not an error.
    pub(super) fn finish(mut self) -> std::io::Result<()> {
        self.flush();
        match self.failed.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    /// The symbol of an instrument, `#number` before it is known.
    pub(super) fn symbol(&self, number: u32) -> String {
        self.symbols.get(&number).cloned().unwrap_or_else(|| format!("#{number}"))
    }

    /// One event of the feed. Successes that come every second are left to the summary.
    pub(super) fn event(&mut self, event: &FeedEvent<'_>) {
        match *event {
            FeedEvent::Message { sequence, time, bytes } => self.message(sequence, time, bytes),
            FeedEvent::Defined { definition: d } => {
                let symbol = Text(&d.symbol).to_string();
                self.symbols.insert(d.instrument.get(), symbol.clone());
                let (tick, lot) = (d.tick_size, d.lot_size);
                self.say(
                    || format!("{symbol} is instrument {}: tick {tick}, lot {lot}", d.instrument),
                    || {
                        json!({"type": "instrument", "instrument": d.instrument.get(),
                            "symbol": symbol, "tickSize": tick.to_string(),
                            "lotSize": lot.to_string(), "quantityMax": d.quantity_max.to_string()})
                    },
                );
            }
            FeedEvent::Reset { epoch } => self.say(
                || format!("the venue began anew, epoch {epoch}: all is forgotten"),
                || json!({"type": "reset", "epoch": epoch}),
            ),
            FeedEvent::Gap { from, to } => self.say(
                || format!("messages {from} to {} came on neither line", to.saturating_sub(1)),
                || json!({"type": "gap", "from": from, "to": to}),
            ),
            FeedEvent::State { instrument, state } => {
                let symbol = self.symbol(instrument);
                self.say(
                    || format!("{symbol} is {}", state.name()),
                    || json!({"type": "state", "symbol": symbol, "state": state.name()}),
                );
            }
            FeedEvent::Checksum { instrument, rpt_seq, verified: false }
            | FeedEvent::Snapshot { instrument, rpt_seq, used: SnapshotUse::Differs }
            | FeedEvent::SnapshotWrong { instrument, rpt_seq } => {
                let symbol = self.symbol(instrument);
                self.say(
                    || format!("{symbol} DIFFERS from its checksum at rptSeq {rpt_seq}"),
                    || json!({"type": "checksumFailed", "symbol": symbol, "rptSeq": rpt_seq}),
                );
            }
            FeedEvent::Refused { instrument, sequence, error } => {
                let symbol = self.symbol(instrument);
                let error = format!("{error:?}");
                self.say(
                    || format!("{symbol}: message {sequence} CANNOT BE TRUE: {error}"),
                    || {
                        json!({"type": "refused", "symbol": symbol, "message": sequence,
                            "error": error})
                    },
                );
            }
            FeedEvent::Checksum { .. }
            | FeedEvent::Snapshot { .. }
            | FeedEvent::SnapshotCut { .. }
            | FeedEvent::Ignored { .. } => {}
        }
    }

    fn message(&mut self, sequence: u64, time: u64, bytes: &[u8]) {
        let symbol = BookMessage::decode(bytes).map(|m| self.symbol(m.instrument()));
        self.say(
            || {
                let mut text = format!("{sequence} {} ", utc(time));
                let _ = md::describe(bytes, &mut text); // A String takes everything.
                match &symbol {
                    Some(symbol) => format!("{text} symbol={symbol}"),
                    None => text,
                }
            },
            || {
                let mut object = message_json(bytes);
                object["sequence"] = sequence.into();
                object["time"] = time.into();
                if let Some(symbol) = &symbol {
                    object["symbol"] = symbol.as_str().into();
                }
                object
            },
        );
    }

    /// The ladder of a book.
    pub(super) fn book(&mut self, number: u32, instrument: &Instrument) {
        let (symbol, book) = (self.symbol(number), instrument.book());
        let state = instrument.state().name();
        let side = |side| book.levels(side).take(ROWS_MAX).collect::<Vec<Level>>();
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        self.say(
            || {
                let (rpt_seq, orders) = (book.rpt_seq(), book.orders());
                let mut text = format!("{symbol} {state}, rptSeq {rpt_seq}, {orders} orders\n");
                text += &format!("{:>7} {:>16} {:>16} |", "orders", "qty", "buy");
                text += &format!(" {:<16} {:<16} orders", "sell", "qty");
                for row in 0..bids.len().max(asks.len()) {
                    let bid = bids.get(row).map(|l| (l.orders.to_string(), qty(l), price(l)));
                    let (orders, open, at) = bid.unwrap_or_default();
                    text += &format!("\n{orders:>7} {open:>16} {at:>16} |");
                    if let Some(ask) = asks.get(row) {
                        text += &format!(" {:<16} {:<16} {}", price(ask), qty(ask), ask.orders);
                    }
                }
                text
            },
            || {
                let rows = |levels: &[Level]| -> Value {
                    levels.iter().map(|l| json!([price(l), qty(l), l.orders])).collect()
                };
                json!({"type": "book", "symbol": symbol, "state": state,
                    "rptSeq": book.rpt_seq(), "orders": book.orders(),
                    "bids": rows(&bids), "asks": rows(&asks)})
            },
        );
    }

    /// Every order of a book, in the order in which they would trade; buyers first.
    pub(super) fn orders(&mut self, number: u32, instrument: &Instrument) {
        let symbol = self.symbol(number);
        for order in instrument.book().walk() {
            let RestingOrder { order_id, side, price, qty, priority } = *order;
            let side = side_name(side.into());
            self.say(
                || format!("{symbol} {side} {qty} @ {price} order {order_id} since {priority}"),
                || {
                    json!({"type": "order", "symbol": symbol, "side": side,
                        "price": price.to_string(), "qty": qty.to_string(),
                        "orderId": order_id, "priority": priority})
                },
            );
        }
    }

    /// The counts, and how each book stands.
    pub(super) fn summary(&mut self, subscriber: &Subscriber) {
        for (number, instrument) in subscriber.instruments() {
            let (symbol, book) = (self.symbol(number), instrument.book());
            let (state, orders, checksum) =
                (instrument.state().name(), book.orders(), book.checksum());
            self.say(
                || format!("{symbol}: {state}, rptSeq {}, {orders} orders", book.rpt_seq()),
                || {
                    json!({"type": "bookSummary", "symbol": symbol, "state": state,
                        "rptSeq": book.rpt_seq(), "orders": orders,
                        "checksum": format!("{checksum:#018x}")})
                },
            );
        }
        let s = *subscriber.statistics();
        let counts = [
            ("packetsA", s.packets_a),
            ("packetsB", s.packets_b),
            ("packetsSnapshot", s.packets_snapshot),
            ("heartbeats", s.heartbeats),
            ("duplicates", s.duplicates),
            ("held", s.held),
            ("unreadable", s.unreadable),
            ("outdated", s.outdated),
            ("messages", s.messages),
            ("gaps", s.gaps),
            ("messagesLost", s.messages_lost),
            ("resets", s.resets),
            ("recoveries", s.recoveries),
            ("refused", s.refused),
            ("checksumsVerified", s.checksums_verified),
            ("checksumsFailed", s.checksums_failed),
            ("snapshotsAdopted", s.snapshots_adopted),
            ("snapshotsVerified", s.snapshots_verified),
            ("snapshotsCut", s.snapshots_cut),
            ("instrumentsIgnored", s.instruments_ignored),
        ];
        self.say(
            || {
                let counted = counts.iter().filter(|(_, count)| *count > 0);
                let counted: Vec<String> =
                    counted.map(|(n, count)| format!("{n} {count}")).collect();
                if counted.is_empty() { "nothing came".to_string() } else { counted.join(", ") }
            },
            || {
                let mut object = json!({"type": "summary"});
                for (name, count) in counts {
                    object[name] = count.into();
                }
                object
            },
        );
    }

    /// What `--verify` found.
    pub(super) fn verdict(&mut self, problems: &[String]) {
        self.say(
            || match problems {
                [] => "verified: every book is live and every checksum was right".to_string(),
                _ => format!("NOT VERIFIED: {}", problems.join("; ")),
            },
            || json!({"type": "verify", "ok": problems.is_empty(), "problems": problems}),
        );
    }

    fn say(&mut self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        if self.failed.is_none() {
            let written = if self.json {
                writeln!(self.out, "{}", json())
            } else {
                writeln!(self.out, "{}", text())
            };
            self.keep(written);
        }
    }

    fn keep(&mut self, result: std::io::Result<()>) {
        if let Err(error) = result {
            self.failed.get_or_insert(error);
        }
    }
}

/// Seconds since 1970 with all nine digits: exact, and sorts.
fn utc(ns: u64) -> String {
    format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

fn price(level: &Level) -> String {
    level.price.to_string()
}

fn qty(level: &Level) -> String {
    Decimal { mantissa: level.qty, exponent: Decimal8::EXPONENT }.to_string()
}

fn side_name(side: SideCode) -> &'static str {
    match side.known() {
        Some(Side::Buy) => "buy",
        Some(Side::Sell) => "sell",
        None => "unknown",
    }
}

/// A message of the incremental channel, its fields named as in the schema.
fn message_json(bytes: &[u8]) -> Value {
    if let Ok((d, ..)) = md::InstrumentDefinition::decode(bytes) {
        return json!({"type": md::InstrumentDefinition::NAME, "instrument": d.instrument.get(),
            "phase": d.phase.to_string(), "symbol": Text(&d.symbol).to_string(),
            "tickSize": d.tick_size.to_string(), "lotSize": d.lot_size.to_string(),
            "quantityMax": d.quantity_max.to_string()});
    }
    let Some(message) = BookMessage::decode(bytes) else { return json!({"type": "unknown"}) };
    let (name, side, seq, order_id, mut object) = match message {
        BookMessage::Add(m) => {
            let own = json!({"price": m.price.to_string(), "qty": m.qty.to_string()});
            (md::OrderAdd::NAME, m.side, m.seq, m.order_id, own)
        }
        BookMessage::Reduce(m) => {
            let own = json!({"qty": m.qty.to_string()});
            (md::OrderReduce::NAME, m.side, m.seq, m.order_id, own)
        }
        BookMessage::Delete(m) => (md::OrderDelete::NAME, m.side, m.seq, m.order_id, json!({})),
        BookMessage::Execute(m) => {
            let own = json!({"tradeId": m.trade_id.get(), "price": m.price.to_string(),
                "qty": m.qty.to_string(), "leavesQty": m.leaves_qty.to_string()});
            (md::OrderExecute::NAME, m.side, m.seq, m.order_id, own)
        }
        BookMessage::Checksum(m) => {
            return json!({"type": md::BookChecksum::NAME, "instrument": m.instrument.get(),
                "orders": m.orders.get(), "rptSeq": m.rpt_seq.get(),
                "checksum": format!("{:#018x}", m.checksum.get())});
        }
    };
    object["type"] = name.into();
    object["instrument"] = message.instrument().into();
    object["rptSeq"] = message.rpt_seq().into();
    object["side"] = side_name(side).into();
    object["seq"] = seq.get().into();
    object["orderId"] = order_id.get().into();
    object
}

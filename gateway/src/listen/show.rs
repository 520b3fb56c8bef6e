//! What `portcullis listen` prints: for people, or as JSON with one object per line.
//!
//! Every kind of line is made in one place, text and JSON side by side, so that neither says what
//! the other does not. Decimals are exact: text in text, strings in JSON.

use super::messages::{
    Traded, bust_json, indicative_json, instrument_of, message_json, result_json, side_name,
    side_or_none,
};
use super::meter::Second;
use marketdata::book::Level;
use marketdata::gatherer::ends_event;
use marketdata::{FeedEvent, Instrument, RestingOrder, SnapshotUse, Subscriber};
use sbe_schemas::market_data as md;
use sbe_schemas::show::{Decimal, Text};
use sbe_schemas::types::{Decimal8, Phase, PhaseCode, Side};
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
    phases: BTreeMap<u32, PhaseCode>,
    /// The last trade shown: an uncross tells one twice, once for each order.
    trade_id: u64,
    failed: Option<std::io::Error>,
}

impl<W: Write> Show<W> {
    pub(super) fn new(json: bool, out: W) -> Self {
        Self {
            json,
            out: BufWriter::new(out),
            symbols: BTreeMap::new(),
            phases: BTreeMap::new(),
            trade_id: 0,
            failed: None,
        }
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

    /// The number of an instrument, once it is known.
    pub(super) fn number(&self, symbol: &str) -> Option<u32> {
        self.symbols.iter().find(|(_, known)| *known == symbol).map(|(number, _)| *number)
    }

    /// A picture, at once.
    pub(super) fn picture(&mut self, text: &str) {
        if self.failed.is_none() {
            let written = self.out.write_all(text.as_bytes());
            self.keep(written);
            self.flush();
        }
    }

    /// What came in a second.
    pub(super) fn second(&mut self, second: &Second) {
        let Second { packets: [a, b, snapshot, replay], messages, lost, asked, delay_us } = *second;
        let ([gaps, missing], [median, most, largest]) = (lost, delay_us);
        self.say(
            || {
                format!(
                    "{messages} messages in a second, packets A {a}, B {b}, snapshot {snapshot}, replay {replay}, \
                     asked {asked}, lost {missing}; under way {median} us, 99 of 100 {most} us, at most {largest} us"
                )
            },
            || {
                json!({"type": "second", "messages": messages, "packetsA": a, "packetsB": b,
                    "packetsSnapshot": snapshot, "packetsReplay": replay, "asked": asked,
                    "gaps": gaps, "messagesLost": missing, "delayUsMedian": median,
                    "delayUs99": most, "delayUsMax": largest})
            },
        );
    }

    /// What an instrument is called, and what it is doing.
    pub(super) fn learn(&mut self, event: &FeedEvent<'_>) {
        if let FeedEvent::Defined { definition: d } = event {
            self.symbols.insert(d.instrument.get(), Text(&d.symbol).to_string());
            self.phases.insert(d.instrument.get(), d.phase);
        } else if let FeedEvent::Phase { status } = event {
            self.phases.insert(status.instrument.get(), status.phase);
        }
    }

    /// The trade that a message tells of, if it does and has not been shown yet.
    pub(super) fn trade(&mut self, time: u64, bytes: &[u8]) {
        let Some(traded) = Traded::in_message(bytes) else { return };
        if std::mem::replace(&mut self.trade_id, traded.trade_id) == traded.trade_id {
            return;
        }
        let symbol = self.symbol(traded.instrument);
        let phase = self.phases.get(&traded.instrument).and_then(|phase| phase.known());
        let is_auction = phase.is_some_and(|phase| phase != Phase::Continuous);
        let aggressor = traded.aggressor(is_auction);
        let Traded { trade_id, price, qty, .. } = traded;
        self.say(
            || {
                let by = aggressor.unwrap_or("auction");
                format!("{} {symbol} trade {trade_id}: {qty} @ {price}, {by}", utc(time))
            },
            || {
                json!({"type": "trade", "symbol": symbol, "tradeId": trade_id,
                    "price": price.to_string(), "qty": qty.to_string(),
                    "aggressor": aggressor, "time": time})
            },
        );
    }

    /// One event of the feed. Successes that come every second are left to the summary.
    pub(super) fn event(&mut self, event: &FeedEvent<'_>) {
        match *event {
            FeedEvent::Message { sequence, time, bytes } => self.message(sequence, time, bytes),
            FeedEvent::Defined { definition: d } => {
                let symbol = self.symbol(d.instrument.get());
                let (tick, lot, phase) = (d.tick_size, d.lot_size, d.phase);
                self.say(
                    || {
                        let number = d.instrument;
                        format!("{symbol} is instrument {number}: tick {tick}, lot {lot}, {phase}")
                    },
                    || {
                        json!({"type": "instrument", "instrument": d.instrument.get(),
                            "symbol": symbol, "tickSize": tick.to_string(),
                            "lotSize": lot.to_string(), "quantityMax": d.quantity_max.to_string(),
                            "phase": phase.to_string()})
                    },
                );
            }
            FeedEvent::Phase { status } => {
                let symbol = self.symbol(status.instrument.get());
                let (phase, reason) = (status.phase, status.reason);
                self.say(
                    || format!("{symbol} is in {phase} ({reason})"),
                    || {
                        json!({"type": "phase", "symbol": symbol, "phase": phase.to_string(),
                            "reason": reason.to_string()})
                    },
                );
            }
            FeedEvent::Indicative { indicative } => self.indicative(indicative),
            FeedEvent::AuctionResult { result } => self.auction_result(result),
            FeedEvent::Reset { epoch } => self.say(
                || format!("the venue began anew, epoch {epoch}: all is forgotten"),
                || json!({"type": "reset", "epoch": epoch}),
            ),
            FeedEvent::Asked { from, to } => self.say(
                || format!("asking for messages {from} to {to}"),
                || json!({"type": "asked", "from": from, "to": to}),
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
            FeedEvent::Bust { bust } => {
                let symbol = self.symbol(bust.instrument.get());
                let (id, qty, price) = (bust.trade_id, bust.qty, bust.price);
                let text = format!("{symbol}: trade {id}, {qty} @ {price}, is taken back");
                let json = bust_json(bust);
                self.say(|| text, || json);
            }
            FeedEvent::Changed { .. }
            | FeedEvent::EndOfEvent { .. }
            | FeedEvent::Checksum { .. }
            | FeedEvent::Snapshot { .. }
            | FeedEvent::Bands { .. }
            | FeedEvent::Summary { .. }
            | FeedEvent::Trade { .. }
            | FeedEvent::SnapshotCut { .. }
            | FeedEvent::Ignored { .. } => {}
        }
    }

    fn indicative(&mut self, m: &md::AuctionIndicative) {
        let symbol = self.symbol(m.instrument.get());
        let (price, qty, left) = (m.price, m.qty, m.imbalance_qty);
        self.say(
            || match (price.get(), side_or_none(m.imbalance_side)) {
                (None, _) => format!("{symbol} would not trade in its auction"),
                (_, None) => format!("{symbol} would trade {qty} @ {price}"),
                (_, Some(side)) => {
                    format!("{symbol} would trade {qty} @ {price}, {left} to {side} left")
                }
            },
            || {
                let mut object = indicative_json(m);
                object["symbol"] = symbol.as_str().into();
                object
            },
        );
    }

    fn auction_result(&mut self, m: &md::AuctionResult) {
        let symbol = self.symbol(m.instrument.get());
        let (price, qty) = (m.price, m.qty);
        self.say(
            || match price.get() {
                None => format!("{symbol} did not trade in its auction"),
                Some(_) => format!("{symbol} traded {qty} @ {price} in its auction"),
            },
            || {
                let mut object = result_json(m);
                object["symbol"] = symbol.as_str().into();
                object
            },
        );
    }

    fn message(&mut self, sequence: u64, time: u64, bytes: &[u8]) {
        let symbol = instrument_of(bytes).map(|number| self.symbol(number));
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
                object["endOfEvent"] = ends_event(bytes).into();
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
        let phase = instrument.definition().map(|d| d.phase.to_string());
        let phase = phase.unwrap_or_else(|| "phase not known".to_string());
        let side = |side| book.levels(side).take(ROWS_MAX).collect::<Vec<Level>>();
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        self.say(
            || {
                let (rpt_seq, orders) = (book.rpt_seq(), book.orders());
                let mut text =
                    format!("{symbol} {state}, {phase}, rptSeq {rpt_seq}, {orders} orders\n");
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
                json!({"type": "book", "symbol": symbol, "state": state, "phase": phase,
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
            ("packetsReplay", s.packets_replay),
            ("heartbeats", s.heartbeats),
            ("duplicates", s.duplicates),
            ("held", s.held),
            ("unreadable", s.unreadable),
            ("outdated", s.outdated),
            ("messages", s.messages),
            ("messagesReplayed", s.messages_replayed),
            ("asked", s.asked),
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

    /// One line, in the form that is wanted.
    pub(super) fn say(&mut self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
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

pub(super) fn price(level: &Level) -> String {
    level.price.to_string()
}

pub(super) fn qty(level: &Level) -> String {
    Decimal { mantissa: level.qty, exponent: Decimal8::EXPONENT }.to_string()
}

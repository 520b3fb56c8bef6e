//! `listen --ladder`: one book as a picture in the terminal, drawn anew a few times a second.
//!
//! Asks above, bids below, best prices in the middle, a bar as long as the quantity; beside it the last trades.

use super::messages::Traded;
use super::show::{price, qty};
use marketdata::book::Level;
use marketdata::{Instrument, Statistics};
use sbe_schemas::types::Side;
use std::collections::VecDeque;

/// Prices of a side.
const ROWS: usize = 10;
/// Length of the longest bar.
const BAR: i128 = 24;
/// Trades that are shown.
const TRADES: usize = 2 * ROWS;
/// Top left, everything below cleared.
const BEGIN: &str = "\u{1b}[H\u{1b}[J";

/// The picture and what it needs beside the book.
#[derive(Default)]
pub(super) struct Ladder {
    trades: VecDeque<String>,
    trade_id: u64,
}

impl Ladder {
    /// Takes a message of this instrument.
    pub(super) fn take(&mut self, bytes: &[u8], instrument: u32) {
        let Some(traded) = Traded::in_message(bytes).filter(|t| t.instrument == instrument) else {
            return;
        };
        if std::mem::replace(&mut self.trade_id, traded.trade_id) != traded.trade_id {
            let Traded { price, qty, .. } = traded;
            self.trades.push_front(format!("{qty} @ {price}"));
            self.trades.truncate(TRADES);
        }
    }

    /// The whole screen.
    pub(super) fn draw(&self, symbol: &str, instrument: &Instrument, told: &Statistics) -> String {
        let book = instrument.book();
        let side = |side| book.levels(side).take(ROWS).collect::<Vec<Level>>();
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        let most = bids.iter().chain(&asks).map(|level| level.qty).max().unwrap_or(1).max(1);
        let bar = |level: &Level| "█".repeat((level.qty * BAR / most).max(1) as usize);
        let phase = instrument.definition().map(|d| d.phase.to_string()).unwrap_or_default();
        let mut text = format!(
            "{BEGIN}{symbol}  {phase}  {}  {} orders  {} messages, {} lost\n\n",
            instrument.state().name(),
            book.orders(),
            told.messages,
            told.messages_lost
        );
        let mut trades = self.trades.iter();
        let mut row = |bid: String, price: String, ask: String| {
            let trade = trades.next().map_or("", String::as_str);
            let line = format!("{bid:>42} {price:>16} {ask:<42} {trade}");
            text += line.trim_end();
            text += "\n";
        };
        for n in (0..ROWS).rev() {
            let ask = asks.get(n);
            let text = ask.map(|level| format!("{:>16} {}", qty(level), bar(level)));
            row(String::new(), ask.map(price).unwrap_or_default(), text.unwrap_or_default());
        }
        for n in 0..ROWS {
            let bid = bids.get(n);
            let text = bid.map(|level| format!("{} {:>16}", bar(level), qty(level)));
            row(text.unwrap_or_default(), bid.map(price).unwrap_or_default(), String::new());
        }
        text
    }
}

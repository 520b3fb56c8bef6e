//! Messages of the incremental channel for `show.rs`: whose they are, as JSON, and as trades.

use marketdata::BookMessage;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::show::Text;
use sbe_schemas::types::{BandPrices, Decimal8, Decimal8Null, Side, SideCode};
use serde_json::{Value, json};

/// A trade, wherever in a message it was told.
pub(super) struct Traded {
    pub(super) instrument: u32,
    pub(super) trade_id: u64,
    pub(super) price: Decimal8,
    pub(super) qty: Decimal8,
    /// Of the resting order; `None`: not told, a [`md::Trade`].
    resting: Option<SideCode>,
    /// Of a [`md::Trade`].
    aggressor: u8,
}

impl Traded {
    /// `None`: the message tells of no trade.
    pub(super) fn in_message(bytes: &[u8]) -> Option<Self> {
        if let Ok((m, ..)) = md::OrderExecute::decode(bytes) {
            let (instrument, trade_id) = (m.instrument.get(), m.trade_id.get());
            let (price, qty, resting) = (m.price, m.qty, Some(m.side));
            return Some(Self { instrument, trade_id, price, qty, resting, aggressor: 0 });
        }
        let (m, ..) = md::Trade::decode(bytes).ok()?;
        let (instrument, trade_id) = (m.instrument.get(), m.trade_id.get());
        let (price, qty, aggressor) = (m.price, m.qty, m.aggressor);
        Some(Self { instrument, trade_id, price, qty, resting: None, aggressor })
    }

    /// Who came: `buy`, `sell`, or nobody in an auction.
    pub(super) fn aggressor(&self, is_auction: bool) -> Option<&'static str> {
        match self.resting.and_then(|side| side.known()) {
            _ if is_auction => None,
            Some(Side::Buy) => Some("sell"),
            Some(Side::Sell) => Some("buy"),
            None => side_or_none(self.aggressor),
        }
    }
}

/// The instrument that a message is about; `None`: a definition, or a message of a later version.
pub(super) fn instrument_of(bytes: &[u8]) -> Option<u32> {
    fn read<M: Message>(bytes: &[u8], of: fn(&M) -> u32) -> Option<u32> {
        M::decode(bytes).ok().map(|(message, ..)| of(message))
    }
    BookMessage::decode(bytes)
        .map(|message| message.instrument())
        .or_else(|| read::<md::TradingStatus>(bytes, |m| m.instrument.get()))
        .or_else(|| read::<md::Trade>(bytes, |m| m.instrument.get()))
        .or_else(|| read::<md::PriceBands>(bytes, |m| m.instrument.get()))
        .or_else(|| read::<md::TradeSummary>(bytes, |m| m.instrument.get()))
        .or_else(|| read::<md::TradeBust>(bytes, |m| m.instrument.get()))
        .or_else(|| read::<md::AuctionIndicative>(bytes, |m| m.instrument.get()))
        .or_else(|| read::<md::AuctionResult>(bytes, |m| m.instrument.get()))
}

pub(super) fn side_name(side: SideCode) -> &'static str {
    side_or_none(side.0).unwrap_or("unknown")
}

/// Sides that may be absent: 1 buy, 2 sell.
pub(super) fn side_or_none(side: u8) -> Option<&'static str> {
    match SideCode(side).known()? {
        Side::Buy => Some("buy"),
        Side::Sell => Some("sell"),
    }
}

/// A message as JSON, its fields named as in the schema.
pub(super) fn message_json(bytes: &[u8]) -> Value {
    match BookMessage::decode(bytes) {
        Some(message) => book_json(&message),
        None => other_json(bytes),
    }
}

fn other_json(bytes: &[u8]) -> Value {
    if let Ok((d, ..)) = md::InstrumentDefinition::decode(bytes) {
        return json!({"type": md::InstrumentDefinition::NAME, "instrument": d.instrument.get(),
            "phase": d.phase.to_string(), "symbol": Text(&d.symbol).to_string(),
            "tickSize": d.tick_size.to_string(), "lotSize": d.lot_size.to_string(),
            "quantityMax": d.quantity_max.to_string(), "bands": bands_json(&d.bands)});
    }
    if let Ok((m, ..)) = md::TradingStatus::decode(bytes) {
        return json!({"type": md::TradingStatus::NAME, "instrument": m.instrument.get(),
            "phase": m.phase.to_string(), "reason": m.reason.to_string(), "seq": m.seq.get()});
    }
    if let Ok((m, ..)) = md::Trade::decode(bytes) {
        return json!({"type": md::Trade::NAME, "instrument": m.instrument.get(),
            "aggressor": side_or_none(m.aggressor), "seq": m.seq.get(),
            "tradeId": m.trade_id.get(), "price": m.price.to_string(), "qty": m.qty.to_string()});
    }
    if let Ok((m, ..)) = md::PriceBands::decode(bytes) {
        return json!({"type": md::PriceBands::NAME, "instrument": m.instrument.get(),
            "seq": m.seq.get(), "bands": bands_json(&m.bands)});
    }
    if let Ok((m, ..)) = md::TradeSummary::decode(bytes) {
        return json!({"type": md::TradeSummary::NAME, "instrument": m.instrument.get(),
            "aggressor": side_name(m.aggressor), "seq": m.seq.get(), "tradeId": m.trade_id.get(),
            "price": m.price.to_string(), "qty": m.qty.to_string(), "trades": m.trades.get()});
    }
    if let Ok((m, ..)) = md::TradeBust::decode(bytes) {
        return bust_json(m);
    }
    if let Ok((m, ..)) = md::AuctionIndicative::decode(bytes) {
        return indicative_json(m);
    }
    if let Ok((m, ..)) = md::AuctionResult::decode(bytes) {
        return result_json(m);
    }
    json!({"type": "unknown"})
}

fn bands_json(bands: &BandPrices) -> Value {
    let price = |price: Decimal8Null| price.get().map(|_| price.to_string());
    json!({"low": price(bands.low), "high": price(bands.high),
        "staticLow": price(bands.static_low), "staticHigh": price(bands.static_high)})
}

/// See [`message_json`].
pub(super) fn indicative_json(m: &md::AuctionIndicative) -> Value {
    json!({"type": md::AuctionIndicative::NAME, "instrument": m.instrument.get(),
        "imbalanceSide": side_or_none(m.imbalance_side), "seq": m.seq.get(),
        "price": m.price.get().map(|_| m.price.to_string()), "qty": m.qty.to_string(),
        "imbalanceQty": m.imbalance_qty.to_string()})
}

/// See [`message_json`].
pub(super) fn bust_json(m: &md::TradeBust) -> Value {
    json!({"type": md::TradeBust::NAME, "instrument": m.instrument.get(), "seq": m.seq.get(),
        "tradeId": m.trade_id.get(), "price": m.price.to_string(), "qty": m.qty.to_string(),
        "tradeTime": m.trade_time.get()})
}

/// See [`message_json`].
pub(super) fn result_json(m: &md::AuctionResult) -> Value {
    json!({"type": md::AuctionResult::NAME, "instrument": m.instrument.get(), "seq": m.seq.get(),
        "price": m.price.get().map(|_| m.price.to_string()), "qty": m.qty.to_string()})
}

fn book_json(message: &BookMessage) -> Value {
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
        BookMessage::Clear(m) => {
            return json!({"type": md::BookClear::NAME, "instrument": m.instrument.get(),
                "rptSeq": m.rpt_seq.get(), "seq": m.seq.get()});
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

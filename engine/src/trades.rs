//! The last trades, kept so that the operator can take one back.
//!
//! A bust undoes what a trade did to positions, balances and fees, and says so to both owners and to the public.
//! Orders, books, prices and volumes stay as they are: nobody gets a place back that others have passed.
//! What is kept follows from the events and is not part of the state hash. The rules are docs/rulebook.md §10.

use crate::claim::Busted;
use crate::engine::Engine;
use crate::event::Sink;
use crate::snapshot::{Counts, Reader, SnapshotError, Writer};
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{AdminResult, FeedFlags, Side};
use zerocopy::{FromBytes, IntoBytes};

/// Trades of a partition that can be taken back, a power of two.
pub const TRADES_KEPT: usize = 16_384;

/// A trade, as both sides were told of it; buyer first.
#[derive(Clone, Copy)]
struct Kept {
    /// 0: none, or it has been taken back.
    trade_id: u64,
    /// When, nanoseconds UTC.
    time: u64,
    owners: [u32; 2],
    reports: [oe::ExecutionReportTrade; 2],
}

/// See the file's map.
pub(crate) struct Trades {
    /// By TradeID, the latest over the oldest.
    kept: Vec<Kept>,
    room: usize,
}

impl Trades {
    /// Room for so many, a power of two, taken now.
    pub(crate) fn new(room: usize) -> Self {
        assert!(room.is_power_of_two());
        Self { kept: Vec::with_capacity(room), room }
    }

    fn place(&self, trade_id: u64) -> usize {
        trade_id as usize & (self.room - 1)
    }

    /// One side of the newest trade.
    #[inline]
    pub(crate) fn keep(&mut self, side: Side, owner: u32, time: u64, m: &oe::ExecutionReportTrade) {
        let at = self.place(m.trade_id.get());
        while self.kept.len() <= at {
            // Only until all of it is in use.
            self.kept.push(Kept { trade_id: 0, time: 0, owners: [0; 2], reports: [*m; 2] });
        }
        let kept = &mut self.kept[at];
        let side = usize::from(side == Side::Sell);
        (kept.trade_id, kept.time) = (m.trade_id.get(), time);
        (kept.owners[side], kept.reports[side]) = (owner, *m);
    }

    fn find(&mut self, trade_id: u64) -> Option<&mut Kept> {
        let at = self.place(trade_id);
        self.kept.get_mut(at).filter(|kept| trade_id != 0 && kept.trade_id == trade_id)
    }
}

impl Engine {
    /// Takes a trade back: `Done`, `UnknownTrade` (none, long ago, or taken back), `InsufficientBalance` (a funded
    /// account has not any more what it would have to give back).
    pub(crate) fn on_trade_bust<S: Sink>(&mut self, m: &j::TradeBust, sink: &mut S) {
        let Some(kept) = self.trades.find(m.trade_id.get()).copied() else {
            return self.answer(AdminResult::UnknownTrade, 0, sink);
        };
        let [buy, sell] = kept.reports;
        let at = buy.instrument.get() - 1;
        let i = &self.instruments[at as usize];
        let lots = i.lots(buy.last_qty.get()).expect("a trade is of lots");
        let ticks = i.ticks(buy.last_px.get()).expect("a trade is at a tick");
        let account = |owner: u32| self.owners.get(owner).account;
        let busted = Busted {
            instrument: at,
            buyer: account(kept.owners[0]),
            seller: account(kept.owners[1]),
            ticks,
            lots,
            fees: (buy.fee.get(), sell.fee.get()),
        };
        if !self.risk.bust(&busted) {
            return self.answer(AdminResult::InsufficientBalance, 0, sink);
        }
        if let Some(kept) = self.trades.find(m.trade_id.get()) {
            kept.trade_id = 0;
        }
        let told = md::TradeBust {
            instrument: buy.instrument,
            flags: FeedFlags::EMPTY,
            seq: self.seq.into(),
            trade_id: buy.trade_id,
            price: buy.last_px,
            qty: buy.last_qty,
            trade_time: kept.time.into(),
        };
        self.market(at, &told, sink);
        for (owner, report) in kept.owners.into_iter().zip(&kept.reports) {
            self.report_bust(owner, report, sink);
        }
        self.answer(AdminResult::Done, 0, sink);
    }
}

impl Trades {
    /// Those that can be taken back, by place.
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { kept, room: _ } = self;
        w.count(kept.len());
        for Kept { trade_id, time, owners, reports } in kept {
            w.u64(*trade_id);
            w.u64(*time);
            owners.iter().for_each(|owner| w.u32(*owner));
            reports.iter().for_each(|report| w.bytes(report.as_bytes()));
        }
    }

    /// Where nothing has traded yet.
    pub(crate) fn load(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
        trade_id: u64,
    ) -> Result<(), SnapshotError> {
        let count = r.u32()? as usize;
        r.check(count <= self.room, "more trades than are kept")?;
        for at in 0..count {
            let mut kept = Kept {
                trade_id: r.u64()?,
                time: r.u64()?,
                owners: [r.u32()?, r.u32()?],
                reports: [read_report(r)?, read_report(r)?],
            };
            for owner in &mut kept.owners {
                *owner = r.index(*owner, counts.owners.get() as usize)?;
            }
            let [buy, sell] = &kept.reports;
            let instrument = buy.instrument.get().wrapping_sub(1);
            r.index(instrument, counts.instruments.get() as usize)?;
            let fits = kept.trade_id <= trade_id
                && (kept.trade_id == 0 || self.place(kept.trade_id) == at)
                && buy.instrument == sell.instrument
                && (buy.last_px, buy.last_qty) == (sell.last_px, sell.last_qty);
            r.check(fits, "a trade that cannot be")?;
            self.kept.push(kept);
        }
        Ok(())
    }

    /// What the trades that can be taken back say of their instruments is right.
    pub(crate) fn agree(&self, fits: impl Fn(u32, i64, i64) -> bool) -> bool {
        self.kept.iter().filter(|kept| kept.trade_id != 0).all(|kept| {
            let [buy, _] = &kept.reports;
            fits(buy.instrument.get() - 1, buy.last_px.get(), buy.last_qty.get())
        })
    }
}

fn read_report(r: &mut Reader<'_>) -> Result<oe::ExecutionReportTrade, SnapshotError> {
    let bytes = r.bytes(size_of::<oe::ExecutionReportTrade>())?;
    r.known(oe::ExecutionReportTrade::read_from_bytes(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;

    #[test]
    fn the_last_trades_are_found_and_those_before_are_not() {
        let mut trades = Trades::new(4);
        for trade_id in 1..=10 {
            let report = oe::ExecutionReportTrade {
                trade_id: trade_id.into(),
                ..oe::ExecutionReportTrade::ZERO
            };
            trades.keep(Side::Buy, 1, 5, &report);
            trades.keep(Side::Sell, 2, 5, &report);
            for old in 0..=trade_id + 1 {
                let is_there = old != 0 && old <= trade_id && old + 4 > trade_id;
                assert_eq!(trades.find(old).is_some(), is_there, "{old} at {trade_id}");
            }
        }
        trades.find(9).unwrap().trade_id = 0;
        assert!(trades.find(9).is_none() && trades.find(10).is_some());
        assert_eq!(trades.find(10).unwrap().owners, [1, 2]);
    }
}

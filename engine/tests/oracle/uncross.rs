//! §4, the uncross: one price at which most lots trade, and the trades.

use super::Oracle;
use super::phases::Indicative;
use super::risk::Role;
use super::told::Told;
use sbe_schemas::types::{OrdStatus, Side};

impl Oracle {
    /// Price, volume and surplus of an uncross now.
    pub(crate) fn indicative(&self, at: usize) -> Indicative {
        let limits = |side: Side| -> Vec<(i64, i64)> {
            let queue = self.trading_queue(at, side);
            queue.iter().map(|slot| self.order(*slot)).map(|o| (o.limit, o.open())).collect()
        };
        let (buyers, sellers) = (limits(Side::Buy), limits(Side::Sell));
        let (Some((high, _)), Some((low, _))) = (buyers.first(), sellers.first()) else {
            return Indicative::default();
        };
        // Price, D and S. Outside the best prices of the two sides one of them is 0.
        let curves = |price: i64| {
            let demand = buyers.iter().filter(|(limit, _)| *limit >= price).map(|(_, open)| open);
            let supply = sellers.iter().filter(|(limit, _)| *limit <= price).map(|(_, open)| open);
            (price, demand.sum::<i64>(), supply.sum::<i64>())
        };
        let all: Vec<_> = (*low..=*high).map(curves).collect();
        let volume = |&(_, d, s): &(i64, i64, i64)| d.min(s);
        let surplus = |&(_, d, s): &(i64, i64, i64)| (d - s).abs();
        let Some(most) = all.iter().map(volume).max() else { return Indicative::default() };
        let best = all.into_iter().filter(|p| volume(p) == most).collect::<Vec<_>>();
        let least = best.iter().map(surplus).min().expect("there is one");
        let best: Vec<_> = best.into_iter().filter(|p| surplus(p) == least).collect();
        let one_sided = best.iter().all(|(_, d, s)| d > s) || best.iter().all(|(_, d, s)| d < s);
        // A price that nobody has named is not one at which somebody is left over.
        let i = &self.instruments[at];
        let named = |side: Side, all: &[(i64, i64)]| -> Vec<i64> {
            let inside = |limit: &i64| match side {
                Side::Buy => *limit < i.extreme(side),
                Side::Sell => *limit > i.extreme(side),
            };
            all.iter().map(|(limit, _)| *limit).filter(inside).collect()
        };
        let named = [named(Side::Buy, &buyers), named(Side::Sell, &sellers)].concat();
        let best = match (named.iter().min(), named.iter().max()) {
            (Some(lowest), Some(highest)) if one_sided => {
                let all: Vec<_> = (*low..=*high).map(curves).collect();
                let within = all.into_iter().filter(|p| p.0 >= *lowest && p.0 <= *highest);
                let within: Vec<_> = within.filter(|p| volume(p) == most).collect();
                let least = within.iter().map(surplus).min();
                let within: Vec<_> =
                    within.into_iter().filter(|p| Some(surplus(p)) == least).collect();
                if within.is_empty() { best } else { within }
            }
            _ => best,
        };
        let (lowest, highest) = (best[0].0, best[best.len() - 1].0);
        let price = if best.iter().all(|(_, d, s)| d > s) {
            highest
        } else if best.iter().all(|(_, d, s)| d < s) {
            lowest
        } else {
            let middle = (lowest + highest).div_euclid(2);
            i.reference.or(i.last_trade).map_or(middle, |near| near.clamp(lowest, highest))
        };
        let (_, d, s) = curves(price);
        Indicative { price: Some(price), lots: most, surplus: d - s }
    }

    /// The trades at that price, and AuctionResult.
    pub(crate) fn uncross(&mut self, at: usize) {
        let Indicative { price, lots, .. } = self.indicative(at);
        if let Some(price) = price {
            let mut left = lots;
            while left > 0 {
                left -= self.uncross_one(at, price, left);
            }
            let i = &mut self.instruments[at];
            (i.reference, i.last_trade) = (Some(price), Some(price));
        }
        let i = &self.instruments[at];
        let (price, qty) = (price.map(|price| price * i.tick), lots * i.lot);
        self.tell(Told::AuctionResult { instrument: at as u32 + 1, price, qty });
    }

    /// Best-priced buyer with best-priced seller, the smaller shown part.
    fn uncross_one(&mut self, at: usize, price: i64, left: i64) -> i64 {
        let buyer = self.trading_queue(at, Side::Buy)[0];
        let seller = self.trading_queue(at, Side::Sell)[0];
        let lots = left.min(self.order(buyer).part).min(self.order(seller).part);
        let trade_id = self.next_trade_id();
        self.fill(buyer, price, lots);
        self.fill(seller, price, lots);
        let shown = [buyer, seller].into_iter().filter(|slot| self.order(*slot).is_public());
        let shown: Vec<u32> = shown.collect();
        if shown.is_empty() {
            self.tell_public_trade(at, 0, trade_id, price, lots);
        }
        shown.into_iter().for_each(|slot| self.tell_executed(slot, trade_id, price, lots));
        self.settle(buyer, price, lots, trade_id, Role::Uncross);
        self.settle(seller, price, lots, trade_id, Role::Uncross);
        for slot in [buyer, seller] {
            if self.order(slot).open() == 0 {
                self.forget(slot, OrdStatus::Filled);
            }
        }
        self.refresh(buyer);
        self.refresh(seller);
        lots
    }
}

//! What is compared after each command, and what must hold of the oracle whatever happened.

use super::Oracle;
use super::order::{Class, Order, Place};
use super::told::Text;
use sbe_schemas::types::{Phase, Side};

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resting {
    pub(crate) order_id: u64,
    /// Ticks.
    pub(crate) limit: i64,
    /// Lots to be seen or, of an order that is not shown, lots open.
    pub(crate) part: i64,
    /// Lots, the reserve of an iceberg included.
    pub(crate) open: i64,
}

/// One instrument: its phase, and buyers and sellers of each class (shown, hidden, all-or-none), the
/// first to trade first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) phase: Option<Phase>,
    pub(crate) reference: Option<i64>,
    pub(crate) last_trade: Option<i64>,
    pub(crate) resting: [[Vec<Resting>; 3]; 2],
}

/// An account: its firm, its balances (balance and reserved, by asset, mantissas of 10^-8) and its
/// net traded lots by instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) firm: u32,
    pub(crate) account: Option<Text<16>>,
    pub(crate) balances: Vec<(i128, i128)>,
    pub(crate) positions: Vec<i64>,
}

/// The whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) books: Vec<Book>,
    /// OrderID and open lots of every order that lives, those that wait included, by slot.
    pub(crate) orders: Vec<(u64, i64)>,
    pub(crate) accounts: Vec<Money>,
}

impl Oracle {
    pub(crate) fn state(&self) -> State {
        State {
            books: (0..self.instruments.len()).map(|at| self.book_state(at)).collect(),
            orders: self.orders.values().map(|o| (o.id, o.open())).collect(),
            accounts: (0..self.accounts.len()).map(|at| self.money(at)).collect(),
        }
    }

    fn book_state(&self, at: usize) -> Book {
        let i = &self.instruments[at];
        let class = |queue: &[u32], class: Class| -> Vec<Resting> {
            let orders = queue.iter().map(|slot| self.order(*slot));
            orders.filter(|o| o.class() == class).map(resting).collect()
        };
        let side = |side: Side| {
            let queue = self.queue(at, side);
            [Class::Shown, Class::Hidden, Class::AllOrNone].map(|kind| class(&queue, kind))
        };
        Book {
            phase: Some(i.phase),
            reference: i.reference,
            last_trade: i.last_trade,
            resting: [side(Side::Buy), side(Side::Sell)],
        }
    }

    fn money(&self, at: usize) -> Money {
        let account = &self.accounts[at];
        let balance = |asset: usize| {
            (*account.balances.get(&asset).unwrap_or(&0), self.reserved(at, asset, None))
        };
        let position = |at: usize| *account.positions.get(&at).unwrap_or(&0);
        Money {
            firm: account.firm,
            account: Some(Text(account.name)),
            balances: (0..self.assets.len()).map(balance).collect(),
            positions: (0..self.instruments.len()).map(position).collect(),
        }
    }

    /// What must hold after every command. `state` is that of now.
    pub(crate) fn check(&self, state: &State) {
        for (asset, deposited) in &self.deposited {
            let held: i128 = state.accounts.iter().map(|money| money.balances[*asset].0).sum();
            let fees = self.fees.get(asset).unwrap_or(&0);
            assert_eq!(held + fees, *deposited, "money is neither made nor lost");
        }
        for at in 0..self.instruments.len() {
            let net: i64 = state.accounts.iter().map(|money| money.positions[at]).sum();
            assert_eq!(net, 0, "for every buyer a seller");
            if self.instruments[at].phase == Phase::Continuous {
                let (bid, ask) = (self.best(at, Side::Buy), self.best(at, Side::Sell));
                assert!(bid.is_none() || ask.is_none() || bid < ask, "a crossed book");
            }
        }
        for (money, account) in state.accounts.iter().zip(&self.accounts) {
            for (balance, reserved) in &money.balances {
                let covered = *reserved >= 0 && balance >= reserved;
                assert!(!account.funded || covered, "{money:?} is not covered");
            }
        }
        self.orders.values().for_each(check_order);
    }
}

fn resting(o: &Order) -> Resting {
    Resting { order_id: o.id, limit: o.limit, part: o.part, open: o.open() }
}

fn check_order(o: &Order) {
    assert!(o.open() > 0, "an order that is filled lives");
    assert_ne!(o.place, Place::Arriving, "an order that is nowhere lives");
    if o.place == Place::Book {
        assert!(o.part > 0 && o.part <= o.open(), "{o:?}");
        assert!(o.display.map_or(o.part == o.open(), |display| o.part <= display), "{o:?}");
    }
}

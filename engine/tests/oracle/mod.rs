//! The naive exchange: every rule of docs/rulebook.md, written to be compared with the text and not
//! to be fast. Lists, linear searches and whole recomputations; nothing of `engine/src` but the
//! shape of an event ([`Told::of`]).
//!
//! [`Oracle::apply`] takes the time and one [`Command`] and says what happened. Reads with the
//! rulebook: `entry.rs` (§1.1), `arrive.rs` (§1.2, pro-rata of §2, bands of §5, §6), `replace.rs` (§1.3
//! and cancels), `quotes.rs` (§1.4), `book.rs` (queues of §2), `stops.rs` (§3), `phases.rs` and `uncross.rs` (§4), `risk.rs`
//! and `permissions.rs` (§7), `mass.rs` and `time.rs` (§8). `venue.rs` has the definitions and the price rules of §1 and §5,
//! `order.rs` the order and its reports, `names.rs` the ClOrdIDs, `state.rs` what is compared after
//! each command.
//!
//! Random commands come from `commands.rs` and `asks.rs`, for the venue of `setup.rs`, by the numbers of
//! `random.rs`; the tests of the oracle itself are in `scripts.rs`.
//!
//! Every command comes from a logged-on session whose numbers are right: there is no session layer
//! but for [`Command::Logon`], [`Command::Disconnected`] and the cancels after the grace.

pub(crate) mod arrive;
pub(crate) mod asks;
pub(crate) mod book;
pub(crate) mod command;
pub(crate) mod commands;
pub(crate) mod entry;
pub(crate) mod mass;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod permissions;
pub(crate) mod phases;
pub(crate) mod quotes;
pub(crate) mod random;
pub(crate) mod replace;
pub(crate) mod risk;
mod scripts;
pub(crate) mod setup;
pub(crate) mod state;
pub(crate) mod stops;
pub(crate) mod time;
pub(crate) mod told;
pub(crate) mod uncross;
pub(crate) mod venue;

pub(crate) use command::Command;
use mass::Block;
use names::Finished;
use order::Order;
use permissions::{Holder, Permitted};
use risk::{Account, Firm, Tier};
use sbe_schemas::types::{AdminResult, SelfTrade, SelfTradeScope};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use time::Line;
pub(crate) use told::Told;
use venue::Instrument;

/// A client session, as far as orders know it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) comp_id: [u8; 24],
    pub(crate) account: [u8; 16],
    pub(crate) user: u32,
    pub(crate) firm: u32,
    pub(crate) grace_ns: u64,
    /// The venue cancels its orders after a disconnect.
    pub(crate) cancels: bool,
    /// The client asked for it at its last logon.
    pub(crate) cancels_this_time: bool,
    /// Silence after which its orders are cancelled; 0: none is too long.
    pub(crate) silence_ns: u64,
    /// When it was heard last; `None`: it has been punished for its silence.
    pub(crate) heard: Option<u64>,
    pub(crate) bound: bool,
    pub(crate) grace_ends: Option<u64>,
    pub(crate) self_trade: SelfTrade,
    pub(crate) scope: SelfTradeScope,
    /// Its finished names, oldest first.
    pub(crate) finished: VecDeque<Finished>,
}

/// The whole exchange.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    /// Time of the batch.
    pub(crate) now: u64,
    pub(crate) day_end_ns: u64,
    /// When the day ends next.
    pub(crate) day_ends: Option<u64>,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) firms: BTreeMap<u32, Firm>,
    pub(crate) accounts: Vec<Account>,
    /// Names of assets, in the order in which instruments named them.
    pub(crate) assets: Vec<[u8; 8]>,
    /// What the venue has taken in fees, by asset.
    pub(crate) fees: BTreeMap<usize, i128>,
    /// What was deposited less what was withdrawn, by asset.
    pub(crate) deposited: BTreeMap<usize, i128>,
    pub(crate) tiers: BTreeMap<u32, Tier>,
    pub(crate) lines: BTreeMap<u32, Line>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) permitted: BTreeMap<Holder, Permitted>,
    /// Every order that lives, by the low half of its OrderID.
    pub(crate) orders: BTreeMap<u32, Order>,
    /// Books that the mass cancel under way has told to be empty.
    pub(crate) cleared: BTreeSet<usize>,
    /// Trades that have not been taken back: price, quantity and both sides.
    pub(crate) trades: BTreeMap<u64, ((i64, i64), Vec<risk::TradedSide>)>,
    /// OrderID of the last bid and offer of each session and instrument (number), live or not.
    pub(crate) quotes: BTreeMap<(usize, u32, u8), u64>,
    /// Generation of each slot, and the free ones: the last freed is the next taken.
    generations: Vec<u32>,
    free: Vec<u32>,
    /// Session and account of §8, in the order of first use.
    pub(crate) pairs: Vec<(usize, usize)>,
    /// ClOrdIDs of ended orders that a session keeps.
    finished_kept: usize,
    exec_id: u64,
    pub(crate) trade_id: u64,
    /// Counts places in queues: a later place is a larger number.
    ages: u64,
    told: Vec<Told>,
}

impl Oracle {
    /// Nothing is defined; each session will keep so many finished names.
    pub(crate) fn new(finished_kept: usize) -> Self {
        Self { finished_kept, ..Self::default() }
    }

    /// What is due by `time`, then the command, then what it made due at once.
    pub(crate) fn apply(&mut self, time: u64, command: &Command) -> Vec<Told> {
        assert!(time >= self.now);
        self.now = time;
        self.fire_due();
        self.obey(command);
        self.fire_due();
        std::mem::take(&mut self.told)
    }

    fn obey(&mut self, command: &Command) {
        let now = self.now;
        if let Some(s) = command.session().and_then(|at| self.sessions.get_mut(at)) {
            s.heard = Some(now);
        }
        match command {
            Command::Venue(d) => self.define_venue(d),
            Command::Instrument(d) => self.define_instrument(d),
            Command::Firm(d) => self.define_firm(d),
            Command::Account(d) => self.define_account(d),
            Command::Session(d) => self.define_session(d),
            Command::Schedule(d) => self.define_line(d),
            Command::Permissions(d) => self.define_permissions(d),
            Command::Fees(d) => self.define_tier(d),
            Command::PhaseSet(c) => self.on_phase_set(c),
            Command::ReferencePriceSet(c) => self.on_reference_price_set(c),
            Command::Transfer(c) => self.on_transfer(c),
            Command::TradeBust(c) => self.on_trade_bust(c),
            Command::NewOrder(c) => self.on_new_order(c),
            Command::CancelOrder(c) => self.on_cancel_order(c),
            Command::ReplaceOrder(c) => self.on_replace_order(c),
            Command::MassAction(c) => self.on_mass_action(c),
            Command::MassQuote(c) => self.on_mass_quote(c),
            Command::QuoteCancel(c) => self.on_quote_cancel(c),
            Command::Logon(c) => self.on_logon(c),
            Command::Disconnected(c) => self.on_disconnected(c),
            Command::TermStarted(_) => (0..self.sessions.len()).for_each(|at| self.unbind(at)),
            Command::TermReady(_) | Command::Tick(_) => {}
        }
    }

    fn tell(&mut self, told: Told) {
        self.told.push(told);
    }

    fn answer(&mut self, result: AdminResult, affected: u32) {
        self.tell(Told::AdminAnswer { result, affected });
    }

    fn next_exec_id(&mut self) -> u64 {
        self.exec_id += 1;
        self.exec_id
    }

    fn next_trade_id(&mut self) -> u64 {
        self.trade_id += 1;
        self.trade_id
    }

    fn next_age(&mut self) -> u64 {
        self.ages += 1;
        self.ages
    }
}

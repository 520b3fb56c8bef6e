//! What is defined: the venue, instruments, sessions, firms, accounts, fees; and who is told of it.
//!
//! Commands of the wish at start (`partition.rs`) and of the operator. What a definition may not change while
//! it is in use is never asked for: `Wish::difference` refuses it with its reason.

use crate::book::{Identity, ShareRules};
use crate::claim::InstrumentMoney;
use crate::engine::{Engine, Limits, NS_PER_DAY, Venue};
use crate::event::{Addressed, CONTROL, Conn, Sink};
use crate::instrument::Instrument;
use crate::session::{Inbound, Session};
use crate::timers::next_time_of_day;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{AdminResult, Allocation, Decimal8, FeedFlags};

/// Definitions announced in one unit.
const ANNOUNCE_MAX: usize = 32;

impl Engine {
    pub(crate) fn on_venue(&mut self, define: &j::VenueDefine) {
        self.venue = Venue {
            day_end_ns: define.day_end_ns.get() % NS_PER_DAY,
            heartbeat_min_s: define.heartbeat_min_s.get(),
            heartbeat_max_s: define.heartbeat_max_s.get(),
            dead_man_min_ms: define.dead_man_min_ms.get(),
            dead_man_max_ms: define.dead_man_max_ms.get(),
        };
        self.day_ends = next_time_of_day(self.now, self.venue.day_end_ns);
        self.find_next_due();
        self.resize(define);
    }

    /// Sizes decide who is rejected: they are the log's, whatever memory was taken at start. A wish
    /// beyond that takes more, here, before anybody trades.
    pub(crate) fn resize(&mut self, define: &j::VenueDefine) {
        let set = |size: &mut usize, wished: u32| {
            if wished != 0 {
                *size = wished as usize;
            }
        };
        let limits = &mut self.limits;
        set(&mut limits.sessions_max, define.sessions_max.get());
        set(&mut limits.instruments_max, define.instruments_max.get());
        set(&mut limits.orders_max, define.orders_max.get());
        set(&mut limits.pages_max, define.pages_max.get());
        set(&mut limits.accounts_max, define.accounts_max.get());
        set(&mut limits.assets_max, define.assets_max.get());
        self.books.resize(limits.orders_max, limits.pages_max);
        self.books.reserve_owners(owners_max(limits));
        self.orders.resize(limits.orders_max);
        self.expiry.resize(limits.orders_max);
        self.owners.resize(owners_max(limits));
        self.risk.resize(limits);
        self.permissions.resize(limits);
        self.quotes.resize(limits);
        self.ids.resize(names_max(limits), limits.sessions_max);
    }

    /// A new instrument, or other rules for a known one.
    pub(crate) fn on_instrument<S: Sink>(&mut self, define: &j::InstrumentDefine, sink: &mut S) {
        let known = self.instruments.iter().position(|i| i.symbol == define.symbol);
        let (tick, lot) = (define.tick_size.get(), define.lot_size.get());
        let room = self.instruments.len() < self.limits.instruments_max;
        let at = known.unwrap_or(self.instruments.len()) as u32;
        if tick <= 0 || lot <= 0 || (known.is_none() && !room) {
            return; // `Wish::difference` never asks for it.
        }
        let money = InstrumentMoney {
            tick_size: tick,
            lot_size: lot,
            notional_max: define.notional_max.get(),
            base: define.base,
            quote: define.quote,
        };
        if self.risk.define_instrument(at, &money) != AdminResult::Done {
            return; // Nor for this.
        }
        let allocation = define.allocation.known().unwrap_or(Allocation::PriceTime);
        let (top, least) = (define.top_order_percent.get(), define.minimum_lots.get());
        let shares = ShareRules::of(allocation, top, least);
        let mut tell = true;
        if let Some(i) = known.map(|at| &mut self.instruments[at]) {
            tell = i.quantity_max != define.quantity_max.get();
            i.define(define);
            self.books.set_shares(at, shares);
        } else {
            let instrument = Instrument::new(define);
            self.books.add_book(instrument.ticks_max, shares);
            self.instruments.push(instrument);
            self.start_timers(at);
        }
        self.move_bands(at, sink);
        if tell {
            self.announce_instrument(at as usize, sink);
        }
    }

    pub(crate) fn on_session<S: Sink>(&mut self, define: &j::SessionDefine, sink: &mut S) {
        let known = self.sessions.iter().position(|s| s.comp_id == define.comp_id);
        if known.is_none() && self.sessions.len() >= self.limits.sessions_max {
            return;
        }
        let at = known.unwrap_or(self.sessions.len());
        let same_user = known.is_some_and(|at| self.sessions[at].user == define.user.get());
        if known.is_none() {
            self.sessions.push(Session::new(at as u32, define));
        } else {
            self.sessions[at].define(at as u32, define);
        }
        self.find_drop_copies();
        self.find_restricted(at);
        let Session { firm, user, .. } = self.sessions[at];
        if !same_user {
            let mut others = self.sessions.iter().enumerate().filter(|(n, _)| *n != at);
            let blocks = others.find(|(_, s)| s.user == user).map(|(_, s)| s.user_blocks);
            self.sessions[at].user_blocks = blocks.unwrap_or_default();
        }
        let account = self.risk.ensure_account(firm, &define.account);
        self.sessions[at].own = account.and_then(|account| self.owner(at as u32, account));
        for (owner, o) in self.owners.all().iter().enumerate() {
            if o.session as usize == at {
                let firm = self.risk.accounts().get(o.account).firm;
                let identity = Identity { account: o.account, user, firm };
                self.books.set_owner(owner as u32, identity);
            }
        }
        if known.is_none() {
            self.announce_session(at, sink);
        }
    }

    /// Which session is told what another is told of its orders.
    pub(crate) fn find_drop_copies(&mut self) {
        self.sessions.iter_mut().for_each(|s| s.copied_to = None);
        for copy in 0..self.sessions.len() {
            let Session { firm, is_drop_copy, .. } = self.sessions[copy];
            if !is_drop_copy {
                continue;
            }
            let told = self.sessions.iter_mut().filter(|s| s.firm == firm && !s.is_drop_copy);
            told.for_each(|s| s.copied_to = s.copied_to.or(Some(copy as u32)));
        }
    }

    /// A command of the venue's operator: session 0.
    pub(crate) fn on_operator_command<S: Sink>(&mut self, m: Inbound<'_>, sink: &mut S) {
        self.asked_by = m.conn();
        let result = match m.template {
            j::MassAction::TEMPLATE_ID => return self.on_operator_mass_action(m.get(), sink),
            j::PhaseSet::TEMPLATE_ID => return self.on_phase_set(m.get(), sink),
            j::ReferencePriceSet::TEMPLATE_ID => return self.on_reference_price(m.get(), sink),
            j::ScheduleDefine::TEMPLATE_ID => return self.on_schedule(m.get(), sink),
            j::TradeBust::TEMPLATE_ID => return self.on_trade_bust(m.get(), sink),
            j::FirmDefine::TEMPLATE_ID => self.risk.define_firm(m.get()),
            j::AccountDefine::TEMPLATE_ID => self.risk.define_account(m.get()),
            j::SessionWindow::TEMPLATE_ID => self.on_window(m.get()),
            j::PermissionsDefine::TEMPLATE_ID => self.on_permissions(m.get()),
            j::FeesDefine::TEMPLATE_ID => self.risk.define_fees(m.get()),
            j::Transfer::TEMPLATE_ID => self.risk.transfer(m.get()),
            _ => return,
        };
        self.answer(result, 0, sink);
    }

    /// To the operator: what became of a command.
    pub(crate) fn answer<S: Sink>(&mut self, result: AdminResult, affected: u32, sink: &mut S) {
        let answer = j::AdminAnswer { result: result.into(), affected: affected.into() };
        let asked_by = Some(self.asked_by).filter(|conn| conn.generation != 0);
        self.emit(CONTROL.addressed(asked_by), &answer, sink);
    }

    /// Tells gateways and the public what is defined: sessions first, then instruments.
    pub(crate) fn announce_some<S: Sink>(&mut self, told: usize, sink: &mut S) {
        let sessions = self.sessions.len();
        let all = sessions + self.instruments.len();
        let end = all.min(told + ANNOUNCE_MAX);
        for at in told..end {
            match at.checked_sub(sessions) {
                None => self.announce_session(at, sink),
                Some(instrument) => self.announce_instrument(instrument, sink),
            }
        }
        self.tasks_mut().announcing = (end < all).then_some(end);
    }

    fn announce_session<S: Sink>(&mut self, at: usize, sink: &mut S) {
        let session = &self.sessions[at];
        let defined = j::SessionDefined {
            session: (at as u32 + 1).into(),
            comp_id: session.comp_id,
            protocol: session.protocol.into(),
        };
        let nobody = Conn { gateway: 0, slot: 0, generation: 0 };
        self.control(at as u32, nobody, &defined, sink);
    }

    fn announce_instrument<S: Sink>(&mut self, at: usize, sink: &mut S) {
        let i = &self.instruments[at];
        let definition = md::InstrumentDefinition {
            instrument: (at as u32 + 1).into(),
            flags: FeedFlags::EMPTY,
            phase: i.phase.into(),
            symbol: i.symbol,
            tick_size: Decimal8::new(i.tick_size),
            lot_size: Decimal8::new(i.lot_size),
            quantity_max: Decimal8::new(i.quantity_max),
            bands: i.bands_told,
        };
        self.market(at as u32, &definition, sink);
    }
}

/// Every open order has a name, and every session its finished ones.
pub(crate) fn names_max(limits: &Limits) -> usize {
    limits.orders_max + limits.sessions_max * limits.finished_kept as usize
}

/// A session may trade for more than one account.
pub(crate) fn owners_max(limits: &Limits) -> usize {
    4 * (limits.sessions_max + limits.accounts_max)
}

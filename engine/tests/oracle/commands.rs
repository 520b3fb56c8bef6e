//! Random commands that make sense most of the time: who asks, when, and for what.
//!
//! The generator looks at the oracle, so that replaces and cancels mostly mean orders that live,
//! closed instruments open again, and blocks and limits are lifted after a while. What an order asks for
//! is in `asks.rs`, the venue in `setup.rs`. The same seed makes the same commands.

use super::Oracle;
use super::command::Command;
use super::mass::{Block, Whom};
use super::random::Random;
use super::setup::{
    ACCOUNTS, AROUND, ASSETS, GRID_MS, MORNING, SESSIONS, STEPS, boolean, free_account, free_firm,
    head, line_of, setup, tier_of, transfer,
};
use super::venue::MS;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    CommandHead, Decimal8, DisconnectReason, MassActionScope, MassActionType, Phase,
};

/// A connection as its client knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Client {
    bound: bool,
    generation: u32,
    number: u64,
}

/// Makes the commands of one seed.
pub(crate) struct Generator {
    pub(crate) random: Random,
    now: u64,
    clients: [Client; SESSIONS.len()],
    /// Counts ClOrdIDs.
    pub(crate) names: u64,
    /// Someone's limits bind.
    limited: bool,
    /// Someone may not enter everything.
    restricted: bool,
    /// In every other seed the operator and mass actions are rare, so that books grow deep.
    calm: bool,
    /// How many ticks behind the market prices are on average: books are thin or deep.
    pub(crate) behind: i64,
}

/// Phases that an operator or a timetable asks for, by weight.
const PHASES: [(u64, Phase); 7] = [
    (2, Phase::Closed),
    (3, Phase::PreOpen),
    (4, Phase::OpeningAuction),
    (6, Phase::Continuous),
    (2, Phase::VolatilityAuction),
    (5, Phase::ClosingAuction),
    (2, Phase::Halted),
];

impl Generator {
    /// The generator, and the commands that define the venue.
    pub(crate) fn new(seed: u64) -> (Self, Vec<Command>) {
        let mut random = Random(seed);
        let definitions = setup(&mut random);
        let clients = [Client::default(); SESSIONS.len()];
        let (calm, behind) = (random.chance(500), random.pick(&[1, 3, 6]));
        let names = 0;
        let generator = Self {
            random,
            now: MORNING,
            clients,
            names,
            limited: false,
            restricted: false,
            calm,
            behind,
        };
        (generator, definitions)
    }

    /// When, and what.
    pub(crate) fn next(&mut self, oracle: &Oracle) -> (u64, Command) {
        self.now += self.pause() * GRID_MS * MS;
        (self.now, self.command(oracle))
    }

    /// In steps of the grid: mostly none, sometimes hours.
    fn pause(&mut self) -> u64 {
        let (low, high) = self.random.weighted(&[
            (700, (0, 0)),
            (220, (1, 5)),
            (60, (10, 100)),
            (15, (600, 6000)),
            (5, (36_000, 180_000)),
        ]);
        self.random.between(low, high) as u64
    }

    fn command(&mut self, oracle: &Oracle) -> Command {
        let at = self.random.next() as usize % self.clients.len();
        if !self.clients[at].bound {
            return if self.random.chance(300) { self.logon(at) } else { self.operate(oracle) };
        }
        if self.random.chance(if self.calm { 15 } else { 60 }) {
            return self.operate(oracle);
        }
        match self.random.next() % 1000 {
            0..4 if !self.calm || self.random.chance(200) => self.disconnect(at),
            4..14 if !self.calm || self.random.chance(200) => self.mass_action(at),
            14..120 => self.cancel(oracle, at),
            120..330 => self.replace(oracle, at),
            330..400 => self.mass_quote(oracle, at),
            400..405 => self.quote_cancel(at),
            _ => self.new_order(oracle, at),
        }
    }

    /// The head of the next message of a client.
    pub(crate) fn head(&mut self, at: usize) -> CommandHead {
        let client = &mut self.clients[at];
        client.number += 1;
        head(at, client.generation, client.number)
    }

    fn logon(&mut self, at: usize) -> Command {
        let client = &mut self.clients[at];
        client.bound = true;
        client.generation += 1;
        let cancel_on_disconnect = boolean(self.random.chance(300));
        let head = self.head(at);
        let logon = j::Logon { head, heartbeat_s: 30.into(), ..j::Logon::ZERO };
        let dead_man_ms = self.random.pick(&[0u32, 0, 0, 300, 2000, 20_000]).into();
        Command::Logon(j::Logon { cancel_on_disconnect, dead_man_ms, ..logon })
    }

    fn disconnect(&mut self, at: usize) -> Command {
        self.clients[at].bound = false;
        let head = head(at, self.clients[at].generation, 0);
        let reason = DisconnectReason::PeerClosed.into();
        Command::Disconnected(j::Disconnected { head, reason })
    }

    /// What a session of a client asks for its orders; a block is seldom.
    fn mass_action(&mut self, at: usize) -> Command {
        let scope = self.random.pick(&[
            MassActionScope::Session,
            MassActionScope::Session,
            MassActionScope::User,
            MassActionScope::Account,
            MassActionScope::Firm,
            MassActionScope::Everyone,
        ]);
        let (account, user, firm) = SESSIONS[at];
        let own = match scope {
            MassActionScope::Session => at as u32 + 1,
            MassActionScope::User => user,
            MassActionScope::Firm => firm,
            _ => 0,
        };
        let mut c = self.mass_terms(scope);
        c.head = self.head(at);
        c.cl_ord_id = self.fresh_name();
        c.target = self.random.pick(&[0, own]).into();
        if scope == MassActionScope::Account {
            c.account = text(self.random.pick(&[account, account, "MAIN", "NOBODY"]));
        }
        Command::MassAction(c)
    }

    /// Action, instrument and side.
    fn mass_terms(&mut self, scope: MassActionScope) -> j::MassAction {
        let action = self.random.weighted(&[
            (6, MassActionType::Cancel),
            (2, MassActionType::Block),
            (2, MassActionType::Kill),
            (1, MassActionType::Unblock),
        ]);
        let action =
            if scope == MassActionScope::Everyone { MassActionType::Cancel } else { action };
        j::MassAction {
            instrument: self.random.pick(&[0, 0, 0, 0, 1, 2, 3, 9]).into(),
            side: self.random.pick(&[0, 0, 1, 2]),
            action: action.into(),
            scope: scope.into(),
            ..j::MassAction::ZERO
        }
    }

    /// What the operator does, if there is nothing to put right.
    fn operate(&mut self, oracle: &Oracle) -> Command {
        let closed = oracle.instruments.iter().position(|i| i.phase != Phase::Continuous);
        if let Some(at) = closed
            && self.random.chance(if self.calm { 600 } else { 250 })
        {
            return self.phase_set(at as u32 + 1, Phase::Continuous);
        }
        if !oracle.blocks.is_empty() && self.random.chance(400) {
            let block = self.random.pick(&oracle.blocks);
            return self.unblock(block);
        }
        if self.limited && self.random.chance(250) {
            return self.free();
        }
        if self.restricted && self.random.chance(250) {
            self.restricted = self.random.chance(800);
            return self.permissions(true);
        }
        match self.random.next() % 100 {
            0..30 => {
                let instrument = self.random.pick(&[0, 1, 1, 2, 2, 3, 3, 9]);
                let phase = self.random.weighted(&PHASES);
                self.phase_set(instrument, phase)
            }
            30..42 => self.limit(),
            42..52 => self.operator_mass_action(),
            52..62 => self.reference_price_set(),
            62..74 => self.transfer(),
            74..78 => self.bust(oracle),
            78..82 => self.fees(),
            82..86 => self.line(),
            86..91 => {
                self.restricted = true;
                self.permissions(false)
            }
            _ => Command::Tick(j::Tick::ZERO),
        }
    }

    fn phase_set(&mut self, instrument: u32, phase: Phase) -> Command {
        let (instrument, phase) = (instrument.into(), phase.into());
        Command::PhaseSet(j::PhaseSet { instrument, phase, ..j::PhaseSet::ZERO })
    }

    /// One of the last trades, or one that there is not.
    fn bust(&mut self, oracle: &Oracle) -> Command {
        let trade_id = oracle.trade_id.saturating_sub(self.random.between(0, 20) as u64);
        let ahead = u64::from(self.random.chance(50));
        Command::TradeBust(j::TradeBust {
            trade_id: (trade_id + ahead).into(),
            ..j::TradeBust::ZERO
        })
    }

    /// Lifts a block, by somebody who may or by somebody who may not.
    fn unblock(&mut self, block: Block) -> Command {
        let mut c = j::MassAction { action: MassActionType::Unblock.into(), ..j::MassAction::ZERO };
        let (scope, target) = match block.whom {
            Whom::Session(at) => (MassActionScope::Session, at as u32 + 1),
            Whom::User(user) => (MassActionScope::User, user),
            Whom::Firm(firm) => (MassActionScope::Firm, firm),
            Whom::Account(at) => {
                (c.account, c.firm) = (text(ACCOUNTS[at].0), ACCOUNTS[at].1.into());
                (MassActionScope::Account, 0)
            }
            Whom::Everyone => (MassActionScope::Everyone, 0),
        };
        (c.scope, c.target) = (scope.into(), target.into());
        let member = (0..SESSIONS.len()).find(|at| {
            let (_, user, firm) = SESSIONS[*at];
            let may = match block.whom {
                Whom::Session(session) => session == *at,
                Whom::User(number) => number == user,
                Whom::Firm(number) => number == firm,
                Whom::Account(account) => ACCOUNTS[account].1 == firm,
                Whom::Everyone => false,
            };
            may && self.clients[*at].bound
        });
        if let Some(at) = member
            && self.random.chance(500)
        {
            c.head = self.head(at);
            c.cl_ord_id = self.fresh_name();
        }
        Command::MassAction(c)
    }

    fn operator_mass_action(&mut self) -> Command {
        let scope = self.random.pick(&MassActionScope::ALL);
        let mut c = self.mass_terms(scope);
        let (_, user, firm) = self.random.pick(&SESSIONS);
        c.target = match scope {
            MassActionScope::Session => self.random.between(1, 4) as u32,
            MassActionScope::User => user,
            MassActionScope::Firm => self.random.pick(&[1, 2, 2, 9]),
            _ => 0,
        }
        .into();
        if scope == MassActionScope::Account {
            c.firm = firm.into();
            c.account = text(self.random.pick(&["MAIN", "MAIN", "NOBODY"]));
        }
        Command::MassAction(c)
    }

    fn reference_price_set(&mut self) -> Command {
        let instrument = self.random.pick(&[1u32, 1, 2, 2, 3, 3, 9]);
        let tick = STEPS[(instrument as usize - 1) % STEPS.len()].0;
        let ticks = self.random.pick(&[AROUND, AROUND, AROUND, AROUND + 5, AROUND - 5, 0, 1501]);
        let price = Decimal8::new(ticks * tick + i64::from(self.random.chance(50)));
        let instrument = instrument.into();
        Command::ReferencePriceSet(j::ReferencePriceSet {
            instrument,
            price,
            ..j::ReferencePriceSet::ZERO
        })
    }

    fn transfer(&mut self) -> Command {
        let account = self.random.next() as usize % ACCOUNTS.len();
        let asset = self.random.pick(&["BASE", "QUOTE", "QUOTE", ASSETS[0], "GOLD"]);
        let unit = if asset == "BASE" { 100_000_000 } else { 1_000_000 };
        let amount = self.random.between(-90, 70) * unit;
        let mut c = transfer(account, asset, amount);
        if self.random.chance(50) {
            c.account = text("NOBODY");
        }
        Command::Transfer(c)
    }

    /// One limit of a firm or an account.
    fn limit(&mut self) -> Command {
        self.limited = true;
        let orders = self.random.between(1, 12) as u32;
        // Lots of the second instrument are tenths of a unit.
        let position = Decimal8::new(self.random.between(5, 150) * 10_000_000);
        let notional = Decimal8::new(self.random.between(1, 300) * 1_000_000 * 1000);
        let which = self.random.next() % 3;
        if self.random.chance(500) {
            let mut d = free_firm(self.random.pick(&[1, 2]));
            match which {
                0 => d.open_orders_max = orders.into(),
                1 => d.open_notional_max = notional,
                _ => d.position_max = position,
            }
            return Command::Firm(d);
        }
        let mut d = free_account(self.random.next() as usize % ACCOUNTS.len());
        match which {
            0 => d.open_orders_max = orders.into(),
            1 => d.open_notional_max = notional,
            _ => d.position_max = position,
        }
        if self.random.chance(60) {
            d.firm = 9.into();
        }
        Command::Account(d)
    }

    /// Takes the limits of somebody away; of all, after a while.
    fn free(&mut self) -> Command {
        self.limited = self.random.chance(850);
        if self.random.chance(500) {
            Command::Firm(free_firm(self.random.pick(&[1, 2])))
        } else {
            Command::Account(free_account(self.random.next() as usize % ACCOUNTS.len()))
        }
    }

    fn fees(&mut self) -> Command {
        let tier = self.random.pick(&[0, 1, 2, 3, 7, 8]);
        Command::Fees(tier_of(tier, &mut self.random))
    }

    fn line(&mut self) -> Command {
        let line = self.random.pick(&[0, 1, 4, 5, 15, 16]);
        let mut d = line_of(line, &mut self.random);
        d.active = boolean(self.random.chance(800));
        if self.random.chance(50) {
            d.instrument = 9.into();
        }
        Command::Schedule(d)
    }

    /// What somebody may enter: everything, or not.
    fn permissions(&mut self, everything: bool) -> Command {
        let mut d = j::PermissionsDefine::ZERO;
        match self.random.next() % 8 {
            0..4 => d.comp_id = text(&format!("CLIENT{}", self.random.between(1, 4))),
            4..7 => d.firm = self.random.pick(&[1, 2]).into(),
            _ if everything || self.random.chance(700) => {
                d.firm = self.random.pick(&[1, 2]).into();
            }
            _ if self.random.chance(500) => d.comp_id = text("NOBODY"),
            _ => d.firm = 9.into(),
        }
        let all = everything || self.random.chance(500);
        d.all_instruments = boolean(all);
        d.instruments.word0 = (self.random.next() & 0b1111).into();
        if !everything {
            let bits = self.random.next() & self.random.next() & self.random.next();
            d.forbidden.0 = (bits as u32).into();
        }
        Command::Permissions(d)
    }

    /// A ClOrdID that nobody has used.
    pub(crate) fn fresh_name(&mut self) -> [u8; 36] {
        self.names += 1;
        text(&format!("n{}", self.names))
    }
}

pub(crate) fn text<const N: usize>(text: &str) -> [u8; N] {
    fill_text(text.as_bytes()).expect("it fits")
}

//! What sessions and firms may enter: `instruments`, `instrument_groups`, `order_types`, `times_in_force` and
//! `conditions` of `[[session]]` and `[[firm]]`. A key that is not there permits everything of its kind; where both
//! a session and its firm say something, both must permit.

use super::tables::{Firm, Instrument, Session};
use super::{Config, ConfigError};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{Boolean, InstrumentSet, OrderTerms};
use serde::Deserialize;

/// Instruments of one command.
const PAGE: usize = 512;

/// An order type, time in force or condition, by its bit.
macro_rules! terms {
    ($(#[$doc:meta])* $name:ident: $($term:ident = $bit:ident),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "the names are those of the rulebook")]
        pub enum $name { $($term),* }

        impl $name {
            const ALL: &[Self] = &[$(Self::$term),*];

            fn bit(self) -> u32 {
                match self { $(Self::$term => OrderTerms::$bit.0.get()),* }
            }
        }
    };
}

terms! {
    /// OrdType (40).
    OrderType: Market = MARKET, Limit = LIMIT, Stop = STOP, StopLimit = STOP_LIMIT,
    MarketToLimit = MARKET_TO_LIMIT,
}
terms! {
    /// TimeInForce (59).
    TimeInForce: Day = DAY, GoodTillCancel = GOOD_TILL_CANCEL, AtTheOpening = AT_THE_OPENING,
    ImmediateOrCancel = IMMEDIATE_OR_CANCEL, FillOrKill = FILL_OR_KILL,
    GoodTillDate = GOOD_TILL_DATE, AtTheClose = AT_THE_CLOSE,
}
terms! {
    /// ExecInst (18), MaxFloor (111), MinQty (110) and 5018.
    Condition: PostOnly = POST_ONLY, PostOnlySlide = POST_ONLY_SLIDE, AllOrNone = ALL_OR_NONE,
    Hidden = HIDDEN, Iceberg = ICEBERG, MinQty = MIN_QTY,
}

/// The keys of one table.
struct Permitted<'a> {
    /// `session[3]`
    table: String,
    instruments: &'a Option<Vec<String>>,
    groups: &'a Option<Vec<String>>,
    order_types: &'a Option<Vec<OrderType>>,
    times_in_force: &'a Option<Vec<TimeInForce>>,
    conditions: &'a Option<Vec<Condition>>,
}

impl Config {
    /// Of all firms and sessions.
    pub(super) fn define_permissions(&self) -> Result<Vec<j::PermissionsDefine>, ConfigError> {
        let mut all = Vec::new();
        for (n, firm) in self.firm.iter().enumerate() {
            let Firm {
                instruments,
                instrument_groups,
                order_types,
                times_in_force,
                conditions,
                ..
            } = firm;
            let keys = Permitted {
                table: format!("firm[{n}]"),
                instruments,
                groups: instrument_groups,
                order_types,
                times_in_force,
                conditions,
            };
            let whose = j::PermissionsDefine { firm: firm.number.into(), ..Message::ZERO };
            self.add_pages(&keys, whose, &mut all)?;
        }
        for (n, session) in self.session.iter().enumerate() {
            let Session {
                instruments,
                instrument_groups,
                order_types,
                times_in_force,
                conditions,
                ..
            } = session;
            let keys = Permitted {
                table: format!("session[{n}]"),
                instruments,
                groups: instrument_groups,
                order_types,
                times_in_force,
                conditions,
            };
            let comp_id = fill_text(session.comp_id.as_bytes()).unwrap_or_default();
            let whose = j::PermissionsDefine { comp_id, ..Message::ZERO };
            self.add_pages(&keys, whose, &mut all)?;
        }
        Ok(all)
    }

    /// Instruments are said by their numbers: `venue.rs` sees to it that the log agrees with the file.
    pub fn names_instruments(&self) -> bool {
        let lists = |symbols: &Option<Vec<String>>, groups: &Option<Vec<String>>| {
            symbols.is_some() || groups.is_some()
        };
        self.firm.iter().any(|firm| lists(&firm.instruments, &firm.instrument_groups))
            || self.session.iter().any(|s| lists(&s.instruments, &s.instrument_groups))
    }

    fn add_pages(
        &self,
        keys: &Permitted<'_>,
        whose: j::PermissionsDefine,
        all: &mut Vec<j::PermissionsDefine>,
    ) -> Result<(), ConfigError> {
        let listed = self.listed(keys)?;
        let forbidden = forbidden(keys.order_types, OrderType::ALL, OrderType::bit)
            | forbidden(keys.times_in_force, TimeInForce::ALL, TimeInForce::bit)
            | forbidden(keys.conditions, Condition::ALL, Condition::bit);
        let first = j::PermissionsDefine {
            forbidden: OrderTerms(forbidden.into()),
            all_instruments: match listed {
                None => Boolean::True.into(),
                Some(_) => Boolean::False.into(),
            },
            ..whose
        };
        all.push(first);
        for (page, listed) in listed.iter().flat_map(|listed| listed.chunks(PAGE)).enumerate() {
            let at = all.len() - 1;
            if page > 0 {
                all.push(j::PermissionsDefine { page: (page as u32).into(), ..first });
            }
            all[at + usize::from(page > 0)].instruments = set_of(listed);
        }
        Ok(())
    }

    /// Which instruments; `None`: all.
    fn listed(&self, keys: &Permitted<'_>) -> Result<Option<Vec<bool>>, ConfigError> {
        if keys.instruments.is_none() && keys.groups.is_none() {
            return Ok(None);
        }
        let mut listed = vec![false; self.instrument.len()];
        for symbol in keys.instruments.iter().flatten() {
            let at = self.instrument.iter().position(|i| i.symbol == *symbol).ok_or_else(|| {
                let fix =
                    "name symbols of [[instrument]] tables, or leave the key out: all of them";
                let key = format!("{}.instruments", keys.table);
                self.error(key, format!("{symbol} is not there"), fix)
            })?;
            listed[at] = true;
        }
        for group in keys.groups.iter().flatten() {
            let is_in = |i: &Instrument| i.groups.contains(group);
            if !self.instrument.iter().any(is_in) {
                let fix = "name a group that an [[instrument]] lists under groups";
                let key = format!("{}.instrument_groups", keys.table);
                return Err(self.error(key, format!("no instrument is in {group}"), fix));
            }
            let its = self.instrument.iter().zip(&mut listed).filter(|(i, _)| is_in(i));
            its.for_each(|(_, listed)| *listed = true);
        }
        Ok(Some(listed))
    }
}

/// What is not in the list; no list: nothing.
fn forbidden<T: Copy + PartialEq>(list: &Option<Vec<T>>, all: &[T], bit: fn(T) -> u32) -> u32 {
    let Some(list) = list else { return 0 };
    let missing = all.iter().filter(|term| !list.contains(term));
    missing.fold(0, |bits, term| bits | bit(*term))
}

/// A page of at most 512.
fn set_of(listed: &[bool]) -> InstrumentSet {
    let word = |at: usize| {
        let its = listed.iter().skip(64 * at).take(64).enumerate();
        its.fold(0u64, |word, (bit, is)| word | u64::from(*is) << bit).into()
    };
    InstrumentSet {
        word0: word(0),
        word1: word(1),
        word2: word(2),
        word3: word(3),
        word4: word(4),
        word5: word(5),
        word6: word(6),
        word7: word(7),
    }
}

//! What a gateway must know to read and write messages: which symbol is which instrument, which
//! CompID is which session. It learns both from events, as the log tells them; it holds no truth.

use engine::Event;
use sbe_schemas::journal::SessionDefined;
use sbe_schemas::market_data::InstrumentDefinition;
use std::collections::HashMap;

/// Symbol (55), NUL padded.
pub type Symbol = [u8; 16];
/// CompID, NUL padded.
pub type CompId = [u8; 24];

/// The directory of one partition.
#[derive(Debug, Default)]
pub struct Directory {
    symbols: Vec<Symbol>,
    /// In the order of their symbols: looked up for every order, and there are few.
    instruments: Vec<(u128, u32)>,
    comp_ids: Vec<CompId>,
    sessions: HashMap<CompId, u32>,
}

impl Directory {
    /// Learns from a definition; other events say nothing.
    pub fn learn(&mut self, event: &Event) {
        if let Some(defined) = event.get::<SessionDefined>() {
            let session = defined.session.get();
            put(&mut self.comp_ids, session, defined.comp_id);
            self.sessions.insert(defined.comp_id, session);
        } else if let Some(definition) = event.get::<InstrumentDefinition>() {
            let instrument = definition.instrument.get();
            put(&mut self.symbols, instrument, definition.symbol);
            let key = u128::from_be_bytes(definition.symbol);
            match self.instruments.binary_search_by_key(&key, |(key, _)| *key) {
                Ok(at) => self.instruments[at].1 = instrument,
                Err(at) => self.instruments.insert(at, (key, instrument)),
            }
        }
    }

    /// The instrument of a symbol, without padding; 0: there is none.
    #[inline]
    pub fn instrument(&self, symbol: &[u8]) -> u32 {
        if symbol.len() > size_of::<Symbol>() {
            return 0;
        }
        let text = symbol.iter().fold(0_u128, |text, byte| text << 8 | u128::from(*byte));
        let padding = size_of::<Symbol>() - symbol.len();
        let key = text.checked_shl(8 * padding as u32).unwrap_or(0);
        let at = self.instruments.binary_search_by_key(&key, |(key, _)| *key);
        at.ok().and_then(|at| self.instruments.get(at)).map_or(0, |(_, instrument)| *instrument)
    }

    /// The symbol of an instrument; empty: not known.
    pub fn symbol(&self, instrument: u32) -> &[u8] {
        name(&self.symbols, instrument)
    }

    /// The same, NUL padded; zeros: not known.
    pub fn padded_symbol(&self, instrument: u32) -> Symbol {
        self.symbols.get(instrument as usize).copied().unwrap_or_default()
    }

    /// The session of a CompID; `None`: there is none.
    pub fn session(&self, comp_id: &CompId) -> Option<u32> {
        self.sessions.get(comp_id).copied()
    }

    /// The CompID of a session; empty: not known.
    pub fn comp_id(&self, session: u32) -> &[u8] {
        name(&self.comp_ids, session)
    }
}

/// Numbers are dense, from 1.
fn put<const N: usize>(names: &mut Vec<[u8; N]>, number: u32, value: [u8; N]) {
    let at = number as usize;
    if names.len() <= at {
        names.resize(at + 1, [0; N]);
    }
    if let Some(place) = names.get_mut(at) {
        *place = value;
    }
}

fn name<const N: usize>(names: &[[u8; N]], number: u32) -> &[u8] {
    names.get(number as usize).map_or(&[], |name| sbe_schemas::header::text(name))
}

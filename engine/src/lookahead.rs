//! Memory on its way before it is asked for.
//!
//! With a million orders nearly everything a command touches has left the caches: a name's place in
//! the table, its entry, the order, its neighbours, its price. What a batch will touch is known when it
//! is committed, so it is fetched in four passes over a few commands at a time, each pass reading what
//! the one before has fetched. Nothing changes here, and no answer depends on it.

use crate::command::Commands;
use crate::engine::Engine;
use crate::ids::NameKey;
use crate::orders::Slot;
use crate::session::Inbound;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::Side;

/// Commands fetched together: enough to have many reads in flight, few enough to stay in the cache.
pub const LOOK_AHEAD: usize = 16;
/// With fewer names all of it stays in the caches, and looking ahead costs more than it gives.
const NAMES_MIN: usize = 16_384;

/// What of a command memory is fetched for.
#[derive(Clone, Copy)]
struct Ahead {
    session: u32,
    name: NameKey,
    /// Another order's name.
    orig: Option<NameKey>,
    /// Instrument, side and ticks at which it may rest.
    place: Option<(u32, Side, u32)>,
}

impl Engine {
    /// Fetches what the next [`LOOK_AHEAD`] commands will touch. Call it with the commands of a batch
    /// before the first is applied, and again whenever so many have been.
    pub fn look_ahead(&self, commands: &mut Commands<'_>) {
        if self.ids.live() < NAMES_MIN {
            return;
        }
        let mut group = [None; LOOK_AHEAD];
        for place in &mut group {
            *place = commands.next().and_then(|command| self.ahead_of(command));
        }
        for ahead in group.iter().flatten() {
            self.ids.prefetch(ahead.name);
            if let Some(session) = self.sessions.get(ahead.session as usize) {
                self.ids.prefetch_evictions(ahead.session, &session.finished);
            }
            ahead.orig.inspect(|orig| self.ids.prefetch(*orig));
            ahead.place.inspect(|(at, side, ticks)| self.books.prefetch_price(*at, *side, *ticks));
        }
        for ahead in group.iter().flatten() {
            ahead.orig.inspect(|orig| self.ids.prefetch_entry(*orig));
            ahead
                .place
                .inspect(|(at, side, ticks)| self.books.prefetch_youngest(*at, *side, *ticks));
        }
        let slots = group.map(|ahead| Some(Slot(self.ids.glance(ahead?.orig?)?.0 as u32)));
        for slot in slots.into_iter().flatten() {
            self.books.prefetch(slot);
            self.orders.prefetch(slot);
        }
        for slot in slots.into_iter().flatten() {
            self.books.prefetch_neighbours(slot);
            self.orders.prefetch_own(slot);
        }
    }

    #[inline]
    fn ahead_of(&self, command: &[u8]) -> Option<Ahead> {
        let m = Inbound::of(command)?;
        let session = m.head.session.get().wrapping_sub(1);
        let key = |name| self.ids.key(session, name);
        match m.template {
            j::NewOrder::TEMPLATE_ID => {
                let new = m.get::<j::NewOrder>();
                let place = self.place_of(new.instrument.get(), new.side.known(), new.price.get());
                Some(Ahead { session, name: key(&new.cl_ord_id), orig: None, place })
            }
            j::CancelOrder::TEMPLATE_ID => {
                let c = m.get::<j::CancelOrder>();
                let (name, orig) = (key(&c.cl_ord_id), Some(key(&c.orig_cl_ord_id)));
                Some(Ahead { session, name, orig, place: None })
            }
            j::ReplaceOrder::TEMPLATE_ID => {
                let r = m.get::<j::ReplaceOrder>();
                let place = self.place_of(r.instrument.get(), r.side.known(), r.price.get());
                let (name, orig) = (key(&r.cl_ord_id), Some(key(&r.orig_cl_ord_id)));
                Some(Ahead { session, name, orig, place })
            }
            _ => None,
        }
    }

    fn place_of(
        &self,
        instrument: u32,
        side: Option<Side>,
        price: Option<i64>,
    ) -> Option<(u32, Side, u32)> {
        let at = instrument.checked_sub(1)?;
        let ticks = price? / self.instruments.get(at as usize)?.tick_size;
        Some((at, side?, u32::try_from(ticks).ok()?))
    }
}

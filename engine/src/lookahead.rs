//! Memory on its way before it is asked for.
//!
//! With a million orders nearly everything a command touches has left the caches: a name's place in
//! the table, its entry, the order, its neighbours, its price. What a batch will touch is known when it
//! is committed, so it is fetched in four passes over a few commands at a time, each pass reading what
//! the one before has fetched. Nothing changes here, and no answer depends on it.

use crate::command::Commands;
use crate::engine::Engine;
use crate::ids::{Id, Named};
use crate::orders::Slot;
use crate::session::Inbound;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::Side;

/// Commands fetched together: enough to have many reads in flight, few enough to stay in the cache.
pub const LOOK_AHEAD: usize = 16;
/// With fewer names all of it stays in the caches, and looking ahead costs more than it gives.
const NAMES_MIN: usize = 16_384;

/// What of a command memory is fetched for, as far as it is known.
#[derive(Clone, Copy)]
struct Ahead<'a> {
    name: Named<'a>,
    /// Another order's name, its entry, its slot.
    orig: Option<Named<'a>>,
    entry: Option<Id>,
    slot: Option<Slot>,
    /// The price at which it may rest.
    level: Option<u32>,
}

impl Engine {
    /// Fetches what the next [`LOOK_AHEAD`] commands will touch. Call it with the commands of a batch
    /// before the first is applied, and again whenever so many have been.
    pub fn look_ahead(&self, commands: &mut Commands<'_>) {
        if self.ids.live() < NAMES_MIN {
            return;
        }
        let nothing = [0; 36];
        let name = self.ids.named(0, &nothing);
        let mut group =
            [Ahead { name, orig: None, entry: None, slot: None, level: None }; LOOK_AHEAD];
        let mut count = 0;
        for command in commands.take(LOOK_AHEAD) {
            let Some(ahead) = self.ahead_of(command) else { continue };
            group[count] = ahead;
            count += 1;
        }
        let group = &mut group[..count];
        for ahead in &*group {
            self.ids.prefetch(ahead.name);
            if let Some(session) = self.sessions.get(ahead.name.session as usize) {
                self.ids.prefetch_evictions(ahead.name.session, &session.finished);
            }
            ahead.orig.inspect(|orig| self.ids.prefetch(*orig));
            ahead.level.inspect(|level| self.books.prefetch_level(*level));
        }
        for ahead in &mut *group {
            ahead.entry = ahead.orig.and_then(|orig| self.ids.prefetch_entry(orig));
            ahead.level.inspect(|level| self.books.prefetch_youngest(*level));
        }
        for ahead in &mut *group {
            let order = ahead.entry.and_then(|id| self.ids.glance(id));
            ahead.slot = order.map(|order| Slot(order.0 as u32));
            ahead.slot.inspect(|slot| self.books.prefetch(*slot));
            ahead.slot.inspect(|slot| self.orders.prefetch(*slot));
        }
        for slot in group.iter().filter_map(|ahead| ahead.slot) {
            self.books.prefetch_neighbours(slot);
            self.orders.prefetch_own(slot);
        }
    }

    #[inline]
    fn ahead_of<'a>(&self, command: &'a [u8]) -> Option<Ahead<'a>> {
        let m = Inbound::of(command)?;
        let session = m.head.session.get().wrapping_sub(1);
        let named = |name| self.ids.named(session, name);
        let (name, orig, level) = match m.template {
            j::NewOrder::TEMPLATE_ID => {
                let new = m.get::<j::NewOrder>();
                let level = self.level_of(new.instrument.get(), new.side.known(), new.price.get());
                (named(&new.cl_ord_id), None, level)
            }
            j::CancelOrder::TEMPLATE_ID => {
                let c = m.get::<j::CancelOrder>();
                (named(&c.cl_ord_id), Some(named(&c.orig_cl_ord_id)), None)
            }
            j::ReplaceOrder::TEMPLATE_ID => {
                let r = m.get::<j::ReplaceOrder>();
                let level = self.level_of(r.instrument.get(), r.side.known(), r.price.get());
                (named(&r.cl_ord_id), Some(named(&r.orig_cl_ord_id)), level)
            }
            _ => return None,
        };
        Some(Ahead { name, orig, entry: None, slot: None, level })
    }

    fn level_of(&self, instrument: u32, side: Option<Side>, price: Option<i64>) -> Option<u32> {
        let at = instrument.checked_sub(1)?;
        let ticks = price? / self.instruments.get(at as usize)?.tick_size;
        self.books.level_if_there(at, side?, u32::try_from(ticks).ok()?)
    }
}

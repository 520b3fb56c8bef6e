//! ClOrdIDs: unique among a session's open orders and its last finished names (docs/wire/fix.md).

use super::Oracle;
use super::told::Name;
use sbe_schemas::types::OrdStatus;

/// How a name was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was the last name of an order that ended.
    Order { id: u64, status: OrdStatus },
    /// Replaced by a later name, or of a cancel request.
    Else,
}

/// A name that means no open order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished {
    pub(crate) name: Name,
    pub(crate) ending: Ending,
}

/// Which order a cancel or replace means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Open(u32),
    Finished { id: u64, status: OrdStatus },
    Unknown,
}

impl Oracle {
    /// The open order that has this name.
    fn named(&self, session: usize, name: Name) -> Option<u32> {
        let found = self.orders.iter().find(|(_, o)| o.session == session && o.name == name);
        found.map(|(slot, _)| *slot)
    }

    pub(crate) fn is_used(&self, session: usize, name: Name) -> bool {
        self.named(session, name).is_some()
            || self.sessions[session].finished.iter().any(|used| used.name == name)
    }

    /// A name that means no open order any more; the oldest beyond what is kept is forgotten.
    pub(crate) fn use_up(&mut self, session: usize, name: Name, ending: Ending) {
        let finished = &mut self.sessions[session].finished;
        finished.push_back(Finished { name, ending });
        if finished.len() > self.finished_kept {
            finished.pop_front();
        }
    }

    /// By OrderID where the client gives one that lives, by name otherwise.
    pub(crate) fn target(&self, session: usize, order_id: u64, name: Name) -> Target {
        if let Some(order) = self.orders.values().find(|o| o.id == order_id) {
            let mine = order.session == session;
            return if mine { Target::Open(order.slot()) } else { Target::Unknown };
        }
        if let Some(slot) = self.named(session, name) {
            return if order_id == 0 { Target::Open(slot) } else { Target::Unknown };
        }
        let finished = self.sessions[session].finished.iter().find(|used| used.name == name);
        match finished.map(|used| used.ending) {
            Some(Ending::Order { id, status }) => Target::Finished { id, status },
            Some(Ending::Else) | None => Target::Unknown,
        }
    }
}

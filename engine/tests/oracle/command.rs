//! One command, in the messages of `journal.xml`.

use engine::command::{seal_slot, slot_bytes, write_slot};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use std::fmt;

/// What can be asked of the exchange.
#[derive(Clone, Copy)]
pub(crate) enum Command {
    TermStarted(j::TermStarted),
    Venue(j::VenueDefine),
    Instrument(j::InstrumentDefine),
    Firm(j::FirmDefine),
    Account(j::AccountDefine),
    Session(j::SessionDefine),
    Schedule(j::ScheduleDefine),
    Permissions(j::PermissionsDefine),
    Fees(j::FeesDefine),
    TermReady(j::TermReady),
    Tick(j::Tick),
    PhaseSet(j::PhaseSet),
    ReferencePriceSet(j::ReferencePriceSet),
    Transfer(j::Transfer),
    TradeBust(j::TradeBust),
    NewOrder(j::NewOrder),
    CancelOrder(j::CancelOrder),
    ReplaceOrder(j::ReplaceOrder),
    MassAction(j::MassAction),
    MassQuote(MassQuote),
    QuoteCancel(j::QuoteCancel),
    Logon(j::Logon),
    Disconnected(j::Disconnected),
}

/// A MassQuote of a few entries.
#[derive(Clone, Copy)]
pub(crate) struct MassQuote {
    pub(crate) block: j::MassQuote,
    pub(crate) entries: [j::MassQuoteQuotes; 3],
    pub(crate) count: usize,
}

impl MassQuote {
    pub(crate) fn entries(&self) -> &[j::MassQuoteQuotes] {
        &self.entries[..self.count]
    }

    fn slot(&self) -> Vec<u8> {
        let mut slot = vec![0; 256];
        let written = j::MassQuoteEncoder::new(&mut slot)
            .block(&self.block)
            .quotes(self.entries(), |out, entry| out.block(entry))
            .finish();
        seal_slot(&mut slot, written.expect("room for three"));
        slot
    }
}

/// `$f` of whatever message it is.
macro_rules! each {
    ($command:expr, $m:ident => $f:expr) => {
        match $command {
            Command::TermStarted($m) => $f,
            Command::Venue($m) => $f,
            Command::Instrument($m) => $f,
            Command::Firm($m) => $f,
            Command::Account($m) => $f,
            Command::Session($m) => $f,
            Command::Schedule($m) => $f,
            Command::Permissions($m) => $f,
            Command::Fees($m) => $f,
            Command::TermReady($m) => $f,
            Command::Tick($m) => $f,
            Command::PhaseSet($m) => $f,
            Command::ReferencePriceSet($m) => $f,
            Command::Transfer($m) => $f,
            Command::TradeBust($m) => $f,
            Command::NewOrder($m) => $f,
            Command::CancelOrder($m) => $f,
            Command::ReplaceOrder($m) => $f,
            Command::MassAction($m) => $f,
            Command::QuoteCancel($m) => $f,
            Command::MassQuote(_) => unreachable!("it has a group"),
            Command::Logon($m) => $f,
            Command::Disconnected($m) => $f,
        }
    };
}

impl Command {
    /// Index of the session whose client says it.
    pub(crate) fn session(&self) -> Option<usize> {
        let head = match self {
            Self::NewOrder(c) => c.head,
            Self::CancelOrder(c) => c.head,
            Self::ReplaceOrder(c) => c.head,
            Self::MassAction(c) => c.head,
            Self::MassQuote(c) => c.block.head,
            Self::QuoteCancel(c) => c.head,
            Self::Logon(c) => c.head,
            _ => return None,
        };
        (head.session.get() as usize).checked_sub(1)
    }

    /// The slot that a ring would carry.
    pub(crate) fn slot(&self) -> Vec<u8> {
        fn slot_of<M: Message>(message: &M) -> Vec<u8> {
            let mut slot = vec![0; slot_bytes::<M>()];
            write_slot(message, &mut slot);
            slot
        }
        match self {
            Self::MassQuote(c) => c.slot(),
            _ => each!(self, m => slot_of(m)),
        }
    }
}

impl fmt::Debug for Command {
    /// Who and what; of the head the session only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn show<M: Message + fmt::Display>(m: &M, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let text = m.to_string();
            let session = text.split_whitespace().find(|word| word.starts_with("session="));
            let body = text.split_once(") ").map_or("", |(_, body)| body);
            write!(f, "{} {} {body}", session.unwrap_or("session=0"), M::NAME)
        }
        if let Self::MassQuote(c) = self {
            let view = c.slot();
            let view = j::MassQuote::view(&view).expect("just written");
            return write!(f, "session={} MassQuote {view}", c.block.head.session);
        }
        each!(self, m => show(m, f))
    }
}

//! One message of a binary client as one command of the log.
//!
//! What is wrong with it becomes a *verdict* in the command, never an answer from here. What is not a
//! message of the schema is fatal; a field that cannot be what it says makes the request a business
//! reject that names the field by its id. Whether an order makes sense is for the engine to say.

use crate::command_slot::Slot;
use crate::directory::Directory;
use engine::quotes::QUOTES_MAX;
use sbe_schemas::header::{self, Message};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CommandHead, Decimal8Null, OrdType, RefTag, RequestHead, Verdict,
};

/// BusinessRejectReason (380): other, with the field that is wrong.
const FIELD_IS_WRONG: u8 = 0;
/// BusinessRejectReason (380): unsupported message type.
const UNSUPPORTED_MESSAGE: u8 = 3;
/// BusinessRejectReason (380): application not available.
const APPLICATION_NOT_AVAILABLE: u8 = 4;
/// OrderCapacity (528): agency, proprietary, individual, principal, riskless principal, agent for another member.
const CAPACITIES: [u8; 6] = *b"AGIPRW";
/// Where the entries of a MassQuote begin: behind header, block and dimensions.
const QUOTES_AT: usize = size_of::<header::MessageHeader>() + size_of::<oe::MassQuote>() + 4;
/// Ids that fields of several requests share.
const CL_ORD_ID: u16 = 2;

/// What the checks compare with.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Above the soft rate: requests are refused.
    pub throttled: bool,
    /// The venue takes no new orders and replaces now.
    pub refuses_orders: bool,
    /// The connection is still sending what was asked for before.
    pub resending: bool,
}

/// What a Negotiate or an Establish offers, and the command it becomes once the signature is right.
pub struct Entrance {
    /// CompID of the session.
    pub comp_id: [u8; 24],
    /// When the client says it is.
    pub timestamp: u64,
    /// Bytes that the signature is over.
    pub signed_bytes: usize,
    /// The signature.
    pub signature: [u8; 64],
    /// The command, without a session.
    pub command: Entering,
}

/// How a stranger comes in.
#[derive(Clone, Copy, Debug)]
pub enum Entering {
    /// With a new version of its session.
    Negotiate(oe::Negotiate),
    /// To the version that was negotiated last.
    Establish(oe::Establish),
}

impl Entering {
    /// The command.
    pub fn slot(&self, head: CommandHead) -> Slot {
        match self {
            Self::Negotiate(asked) => Slot::of(&j::Negotiate {
                head,
                version_id: asked.version_id,
                timestamp: asked.timestamp,
            }),
            Self::Establish(asked) => Slot::of(&j::Establish {
                head,
                version_id: asked.version_id,
                timestamp: asked.timestamp,
                next_seq_no: asked.next_seq_no,
                keepalive_ms: asked.keepalive_ms,
                cancel_window_ms: asked.cancel_window_ms,
                cancel_on_disconnect: asked.cancel_on_disconnect,
                dead_man_ms: asked.dead_man_ms,
            }),
        }
    }
}

/// The first message of a stranger. `None`: it is neither, or not well written.
pub fn entrance(message: &[u8]) -> Option<Entrance> {
    let signed = |of: usize| size_of::<header::MessageHeader>() + of - size_of::<[u8; 64]>();
    let (comp_id, timestamp, signature, signed_bytes, command) =
        match header::header(message).ok()?.template_id.get() {
            oe::Negotiate::TEMPLATE_ID => {
                let m = *whole::<oe::Negotiate>(message)?;
                let bytes = signed(size_of::<oe::Negotiate>());
                (m.session, m.timestamp, m.signature, bytes, Entering::Negotiate(m))
            }
            oe::Establish::TEMPLATE_ID => {
                let m = *whole::<oe::Establish>(message)?;
                m.cancel_on_disconnect.known()?;
                let bytes = signed(size_of::<oe::Establish>());
                (m.session, m.timestamp, m.signature, bytes, Entering::Establish(m))
            }
            _ => return None,
        };
    is_text(&comp_id, 1).then_some(Entrance {
        comp_id,
        timestamp: timestamp.get(),
        signed_bytes,
        signature,
        command,
    })
}

/// Writes the one command that a message becomes into `slot`. `head` names session, connection and time
/// received.
pub fn command(
    message: &[u8],
    mut head: CommandHead,
    expected: &Expected,
    directory: &Directory,
    slot: &mut Slot,
) {
    head.msg_seq_num.set(0);
    let template = header::header(message).map_or(0, |header| header.template_id.get());
    if let Err(bad) = read(message, template, head, expected, directory, slot) {
        refused(template, head, bad, slot);
    }
}

/// A verdict that is not `Fine`.
enum Bad {
    /// Not a message of the schema.
    Malformed,
    /// A request that is answered with a reject.
    Request { number: u64, name: [u8; 36], verdict: Verdict, reason: u8, field: u16 },
}

#[cold]
fn refused(template: u16, mut head: CommandHead, bad: Bad, slot: &mut Slot) {
    let mut refused = j::Refused { ref_template: template.into(), ..j::Refused::ZERO };
    refused.ref_tag = RefTag::NULL;
    match bad {
        Bad::Malformed => head.verdict = Verdict::Fatal.into(),
        Bad::Request { number, name, verdict, reason, field } => {
            head.msg_seq_num.set(number);
            (head.verdict, head.reason) = (verdict.into(), reason);
            refused.ref_id = if is_text(&name, 0) { name } else { [0; 36] };
            refused.ref_tag = RefTag::new((field != 0).then(|| field.into()));
        }
    }
    slot.set(&j::Refused { head, ..refused });
}

/// Not a message of the session itself.
pub(crate) fn is_request(message: &[u8]) -> bool {
    !matches!(
        header::header(message).map_or(0, |header| header.template_id.get()),
        oe::Sequence::TEMPLATE_ID
            | oe::RetransmitRequest::TEMPLATE_ID
            | oe::Terminate::TEMPLATE_ID
            | oe::FinishedSending::TEMPLATE_ID
            | oe::Negotiate::TEMPLATE_ID
            | oe::Establish::TEMPLATE_ID
    )
}

fn read(
    message: &[u8],
    template: u16,
    mut head: CommandHead,
    expected: &Expected,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    match template {
        oe::Sequence::TEMPLATE_ID => {
            let m = block::<oe::Sequence>(message)?;
            slot.set(&j::SequenceHeard { head, next_seq_no: m.next_seq_no });
        }
        oe::RetransmitRequest::TEMPLATE_ID => {
            let m = block::<oe::RetransmitRequest>(message)?;
            let in_progress = if expected.resending { Boolean::True } else { Boolean::False };
            slot.set(&j::RetransmitRequest {
                head,
                timestamp: m.timestamp,
                from_seq_no: m.from_seq_no,
                count: m.count,
                in_progress: in_progress.into(),
            });
        }
        oe::Terminate::TEMPLATE_ID => {
            block::<oe::Terminate>(message)?;
            slot.set(&j::Logout { head });
        }
        oe::FinishedSending::TEMPLATE_ID => {
            let m = block::<oe::FinishedSending>(message)?;
            slot.set(&j::FinishedSending { head, last_seq_no: m.last_seq_no });
        }
        // Not here: the engine ends the session for it.
        oe::Negotiate::TEMPLATE_ID => {
            block::<oe::Negotiate>(message)?;
            slot.set(&j::Negotiate { head, ..j::Negotiate::ZERO });
        }
        oe::Establish::TEMPLATE_ID => {
            block::<oe::Establish>(message)?;
            slot.set(&j::Establish { head, ..j::Establish::ZERO });
        }
        oe::NewOrder::TEMPLATE_ID => {
            let m = block::<oe::NewOrder>(message)?;
            let mut check = Check::begin(&mut head, m.head, &m.cl_ord_id, expected, true)?;
            new_order(m, head, &mut check, directory, slot)?;
        }
        oe::NewOrderShort::TEMPLATE_ID => {
            let m = block::<oe::NewOrderShort>(message)?;
            let name = decimal_name(m.cl_ord_id.get());
            let mut check = Check::begin(&mut head, m.head, &name, expected, true)?;
            new_order_short(m, head, &mut check, directory, slot)?;
        }
        oe::CancelReplace::TEMPLATE_ID => {
            let m = block::<oe::CancelReplace>(message)?;
            let mut check = Check::begin(&mut head, m.head, &m.cl_ord_id, expected, true)?;
            cancel_replace(m, head, &mut check, slot)?;
        }
        oe::Cancel::TEMPLATE_ID => {
            let m = block::<oe::Cancel>(message)?;
            let mut check = Check::begin(&mut head, m.head, &m.cl_ord_id, expected, false)?;
            check.name(&m.cl_ord_id, CL_ORD_ID)?;
            check.target(&m.orig_cl_ord_id, 3, m.order_id.get())?;
            check.known(m.side.known().is_some(), 6)?;
            slot.set(&j::CancelOrder {
                head,
                cl_ord_id: m.cl_ord_id,
                orig_cl_ord_id: m.orig_cl_ord_id,
                order_id: m.order_id,
                instrument: m.instrument,
                side: m.side,
            });
        }
        oe::MassAction::TEMPLATE_ID => {
            let m = block::<oe::MassAction>(message)?;
            let mut check = Check::begin(&mut head, m.head, &m.cl_ord_id, expected, false)?;
            check.name(&m.cl_ord_id, CL_ORD_ID)?;
            check.known(is_text(&m.account, 0), 3)?;
            check.known(m.side <= 2, 5)?;
            check.known(m.action.known().is_some(), 6)?;
            check.known(m.scope.known().is_some(), 7)?;
            slot.set(&j::MassAction {
                head,
                cl_ord_id: m.cl_ord_id,
                account: m.account,
                instrument: m.instrument,
                side: m.side,
                action: m.action,
                scope: m.scope,
                ..j::MassAction::ZERO
            });
        }
        oe::OrderStatusRequest::TEMPLATE_ID => {
            let m = block::<oe::OrderStatusRequest>(message)?;
            let mut check = Check::begin(&mut head, m.head, &m.cl_ord_id, expected, false)?;
            check.target(&m.cl_ord_id, CL_ORD_ID, m.order_id.get())?;
            check.known(m.side.known().is_some(), 5)?;
            slot.set(&j::OrderStatusRequest {
                head,
                cl_ord_id: m.cl_ord_id,
                order_id: m.order_id,
                instrument: m.instrument,
                side: m.side,
                symbol: symbol(directory, m.instrument.get()).1,
            });
        }
        oe::MassStatusRequest::TEMPLATE_ID => {
            let m = block::<oe::MassStatusRequest>(message)?;
            let name = m.mass_status_req_id;
            let mut check = Check::begin(&mut head, m.head, &name, expected, false)?;
            check.name(&name, CL_ORD_ID)?;
            slot.set(&j::OrderMassStatusRequest {
                head,
                mass_status_req_id: name,
                instrument: m.instrument,
            });
        }
        oe::InstrumentListRequest::TEMPLATE_ID => {
            let m = block::<oe::InstrumentListRequest>(message)?;
            Check::begin(&mut head, m.head, &[0; 36], expected, false)?;
            slot.set(&j::InstrumentListRequest {
                head,
                request_id: m.request_id,
                instrument: m.instrument,
            });
        }
        oe::MassQuote::TEMPLATE_ID => mass_quote(message, head, expected, slot)?,
        oe::QuoteCancel::TEMPLATE_ID => {
            let m = block::<oe::QuoteCancel>(message)?;
            Check::begin(&mut head, m.head, &[0; 36], expected, false)?;
            slot.set(&j::QuoteCancel { head, quote_id: m.quote_id, instrument: m.instrument });
        }
        _ => return Err(unknown(message, head, expected)),
    }
    Ok(())
}

/// A template of a later version, or none for clients. Requests have their numbers where all have them.
fn unknown(message: &[u8], mut head: CommandHead, expected: &Expected) -> Bad {
    let Ok(header) = header::header(message) else { return Bad::Malformed };
    let is_request = (oe::NewOrder::TEMPLATE_ID..oe::ExecutionReportNew::TEMPLATE_ID)
        .contains(&header.template_id.get());
    let block = message.get(size_of::<header::MessageHeader>()..).unwrap_or_default();
    let numbers = zerocopy::FromBytes::read_from_prefix(block);
    let (true, oe::SCHEMA_ID, Ok((request, _))) = (is_request, header.schema_id.get(), numbers)
    else {
        return Bad::Malformed;
    };
    match Check::begin(&mut head, request, &[0; 36], expected, false) {
        Ok(mut check) => check.bad(Verdict::BusinessReject, UNSUPPORTED_MESSAGE, 0),
        Err(bad) => bad,
    }
}

/// A number as ClOrdID.
fn decimal_name(number: u64) -> [u8; 36] {
    let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
    let (mut name, mut rest) = ([0; 36], number);
    // Two at a time: half as many divisions, each waiting for the one before.
    let mut end = digits;
    while let Some([tens, ones]) = end.checked_sub(2).and_then(|at| name.get_mut(at..end)) {
        let pair = (rest % 100) as u8;
        rest /= 100;
        (*tens, *ones) = (b'0' + pair / 10, b'0' + pair % 10);
        end -= 2;
    }
    if let (1, Some(first)) = (end, name.first_mut()) {
        *first = b'0' + (rest % 10) as u8;
    }
    name
}

fn new_order(
    m: &oe::NewOrder,
    head: CommandHead,
    check: &mut Check<'_>,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    check.name(&m.cl_ord_id, CL_ORD_ID)?;
    check.known(is_text(&m.account, 0), 3)?;
    check.known(m.side.known().is_some(), 5)?;
    check.known(m.ord_type.known().is_some(), 6)?;
    check.known(m.time_in_force.known().is_some(), 7)?;
    check.known(m.self_trade.known().is_some(), 8)?;
    check.known(m.capacity == 0 || CAPACITIES.contains(&m.capacity), 16)?;
    let (instrument, symbol) = symbol(directory, m.instrument.get());
    slot.set(&j::NewOrder {
        head,
        cl_ord_id: m.cl_ord_id,
        instrument: instrument.into(),
        side: m.side,
        ord_type: m.ord_type,
        time_in_force: m.time_in_force,
        price: m.price,
        order_qty: m.order_qty,
        account: m.account,
        symbol,
        stop_px: m.stop_px,
        display_qty: m.display_qty,
        min_qty: m.min_qty,
        expire_time: m.expire_time,
        conditions: m.conditions,
        self_trade: m.self_trade,
        capacity: m.capacity,
        ..j::NewOrder::ZERO
    });
    Ok(())
}

fn new_order_short(
    m: &oe::NewOrderShort,
    head: CommandHead,
    check: &mut Check<'_>,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    check.known(m.side.known().is_some(), 6)?;
    check.known(m.time_in_force.known().is_some(), 7)?;
    let (instrument, symbol) = symbol(directory, m.instrument.get());
    let is_market = m.price.get().is_none();
    slot.set(&j::NewOrder {
        head,
        cl_ord_id: *check.name,
        instrument: instrument.into(),
        side: m.side,
        ord_type: if is_market { OrdType::Market.into() } else { OrdType::Limit.into() },
        time_in_force: m.time_in_force,
        price: m.price,
        order_qty: m.order_qty,
        symbol,
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        conditions: m.conditions,
        ..j::NewOrder::ZERO
    });
    Ok(())
}

fn cancel_replace(
    m: &oe::CancelReplace,
    head: CommandHead,
    check: &mut Check<'_>,
    slot: &mut Slot,
) -> Result<(), Bad> {
    check.name(&m.cl_ord_id, CL_ORD_ID)?;
    check.target(&m.orig_cl_ord_id, 3, m.order_id.get())?;
    check.known(m.side.known().is_some(), 6)?;
    check.known(m.ord_type.known().is_some(), 7)?;
    check.known(m.time_in_force.known().is_some(), 8)?;
    slot.set(&j::ReplaceOrder {
        head,
        cl_ord_id: m.cl_ord_id,
        orig_cl_ord_id: m.orig_cl_ord_id,
        order_id: m.order_id,
        instrument: m.instrument,
        side: m.side,
        ord_type: m.ord_type,
        time_in_force: m.time_in_force,
        price: m.price,
        order_qty: m.order_qty,
        stop_px: m.stop_px,
        display_qty: m.display_qty,
        ..j::ReplaceOrder::ZERO
    });
    Ok(())
}

fn mass_quote(
    message: &[u8],
    mut head: CommandHead,
    expected: &Expected,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let m = oe::MassQuote::view(message).map_err(|_| Bad::Malformed)?;
    let entries = m.quotes.len();
    let length = QUOTES_AT + entries * size_of::<oe::MassQuoteQuotes>();
    let later = header::header(message).is_ok_and(|h| h.version.get() > oe::NewOrder::VERSION);
    if message.len() != length && !later {
        return Err(Bad::Malformed);
    }
    let mut check = Check::begin(&mut head, m.block.head, &[0; 36], expected, true)?;
    check.known(is_text(&m.block.account, 0), 3)?;
    check.known(m.block.self_trade.known().is_some(), 4)?;
    check.known((1..=QUOTES_MAX).contains(&entries), 6)?;
    let block = j::MassQuote {
        head,
        quote_id: m.block.quote_id,
        account: m.block.account,
        self_trade: m.block.self_trade,
        conditions: m.block.conditions,
    };
    let quotes = m.quotes.iter().map(|entry| j::MassQuoteQuotes {
        instrument: entry.block.instrument,
        bid_price: entry.block.bid_price,
        bid_qty: entry.block.bid_qty,
        offer_price: entry.block.offer_price,
        offer_qty: entry.block.offer_qty,
    });
    let write = |out: &mut [u8]| {
        let out = j::MassQuoteEncoder::new(out).block(&block);
        out.quotes(quotes, |out, entry| out.block(&entry)).finish()
    };
    slot.set_with(write).ok_or(Bad::Malformed)
}

/// The checks of one request, which know how to refuse it.
struct Check<'m> {
    number: u64,
    name: &'m [u8; 36],
}

impl<'m> Check<'m> {
    /// Takes the number over and asks whether requests are taken now at all.
    fn begin(
        head: &mut CommandHead,
        request: RequestHead,
        name: &'m [u8; 36],
        expected: &Expected,
        enters: bool,
    ) -> Result<Self, Bad> {
        head.msg_seq_num = request.msg_seq_num;
        let mut check = Self { number: request.msg_seq_num.get(), name };
        if check.number == 0 {
            return Err(Bad::Malformed);
        }
        if expected.throttled {
            return Err(check.bad(Verdict::Throttled, 0, 0));
        }
        if enters && expected.refuses_orders {
            return Err(check.bad(Verdict::BusinessReject, APPLICATION_NOT_AVAILABLE, 0));
        }
        Ok(check)
    }

    fn bad(&mut self, verdict: Verdict, reason: u8, field: u16) -> Bad {
        Bad::Request { number: self.number, name: *self.name, verdict, reason, field }
    }

    fn known(&mut self, is_known: bool, field: u16) -> Result<(), Bad> {
        if is_known {
            return Ok(());
        }
        Err(self.bad(Verdict::BusinessReject, FIELD_IS_WRONG, field))
    }

    fn name(&mut self, name: &[u8; 36], field: u16) -> Result<(), Bad> {
        self.known(is_text(name, 1), field)
    }

    /// The order meant: by its number, or else by a name.
    fn target(&mut self, name: &[u8; 36], field: u16, order_id: u64) -> Result<(), Bad> {
        self.known(is_text(name, usize::from(order_id == 0)), field)
    }
}

/// Number and symbol of an instrument; 0: there is none.
fn symbol(directory: &Directory, instrument: u32) -> (u32, [u8; 16]) {
    let symbol = directory.padded_symbol(instrument);
    (if symbol == [0; 16] { 0 } else { instrument }, symbol)
}

/// At least `least` printable characters without spaces, then NUL to the end.
///
/// Every byte is looked at, whatever the others are: that is a few vector instructions.
#[inline]
fn is_text<const N: usize>(field: &[u8; N], least: usize) -> bool {
    let bad = field.iter().fold(false, |bad, byte| bad | !matches!(byte, 0 | b'!'..=b'~'));
    let behind = field.get(1..).unwrap_or_default();
    let gap = field.iter().zip(behind).fold(false, |gap, (a, b)| gap | (*a == 0 && *b != 0));
    let long_enough = least.checked_sub(1).is_none_or(|last| field.get(last) != Some(&0));
    !bad && !gap && long_enough
}

#[inline]
fn block<M: Message>(message: &[u8]) -> Result<&M, Bad> {
    whole(message).ok_or(Bad::Malformed)
}

/// The message, if it is one of the schema. What a later version has put behind it is passed over.
#[inline]
fn whole<M: Message>(message: &[u8]) -> Option<&M> {
    let (m, header, rest) = M::decode(message).ok()?;
    (rest.is_empty() || header.version.get() > M::VERSION).then_some(m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::text;

    #[test]
    fn a_number_as_name_is_the_number_in_decimal() {
        let odd_and_even = [0, 7, 10, 99, 100, 12_345, 999_999, u64::MAX - 1, u64::MAX];
        for number in odd_and_even.into_iter().chain((0..64).map(|bit| 1 << bit)) {
            assert_eq!(text(&decimal_name(number)), number.to_string().as_bytes());
        }
    }

    #[test]
    fn text_is_printable_to_its_end_and_nothing_behind() {
        let field = |text: &[u8]| {
            let mut field = [0; 8];
            field[..text.len()].copy_from_slice(text);
            field
        };
        for good in [&b"a"[..], b"abc-!~", b"12345678"] {
            assert!(is_text(&field(good), 1), "{good:?}");
        }
        for bad in [&b"a b"[..], b" ", b"a\0b", b"\0a", b"a\x7f", b"\x80", b"a\n"] {
            assert!(!is_text(&field(bad), 0), "{bad:?}");
        }
        assert!(is_text(&field(b""), 0) && !is_text(&field(b""), 1));
    }
}

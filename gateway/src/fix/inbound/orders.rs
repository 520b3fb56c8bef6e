//! Application messages: order (D), cancel (F), replace (G), status request (H), mass cancel (q).
//!
//! What an order is comes together here from several fields; whether such an order makes sense is
//! for the engine to say (`engine/src/check.rs`), so that every answer has one place. An instruction
//! that the venue does not know makes the order *unsupported*: never guess, never leave it out.

use super::{Bad, boolean, code, copy_text, optional_text, reject, text};
use crate::command_slot::Slot;
use crate::directory::{Directory, Symbol};
use crate::fix::decimal::{parse, parse_uint};
use crate::fix::fields::{Entry, Fields, Reason};
use crate::fix::tables::tag;
use crate::fix::time::{TimeError, parse_date, parse_timestamp};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    CommandHead, Conditions, Decimal8, Decimal8Null, MassActionScopeCode, MassActionType, OrdType,
    OrdTypeCode, PartyRoles, SelfTrade, SelfTradeCode, Side, SideCode, TimeInForceCode, Verdict,
};

/// Post-only that slides: `Y`. With or without 18=6. A tag of the venue's own.
pub const TAG_POST_ONLY_SLIDE: u16 = 5018;
/// Self-trade prevention of this order: 0 the session's, 1 allow, 2 cancel newest, 3 cancel oldest,
/// 4 cancel both, 5 decrement. A tag of the venue's own.
pub const TAG_SELF_TRADE: u16 = 5019;
/// Whose orders a mass cancel means: 1 the session's, 2 the user's, 3 an account's, 4 the firm's.
/// A tag of the venue's own.
pub const TAG_MASS_CANCEL_SCOPE: u16 = 5020;
/// With scope 3: the account; without it the session's own. A tag of the venue's own, because
/// FIX 4.4 has no Account (1) in a mass cancel.
pub const TAG_MASS_CANCEL_ACCOUNT: u16 = 5021;

/// BusinessRejectReason (380): conditionally required field missing.
const CONDITIONALLY_REQUIRED: u8 = 5;
/// PartyRole (452): customer account.
const CUSTOMER_ACCOUNT: &[u8] = b"24";
/// PartyRole (452): executing firm.
const EXECUTING_FIRM: &[u8] = b"1";
/// PartyRole (452): order origination trader, executing trader, entering trader.
const USERS: [&[u8]; 3] = [b"11", b"12", b"36"];
/// PartyRole (452) of parties that are given back.
pub const PARTY_ROLES: [(PartyRoles, &[u8]); 5] = [
    (PartyRoles::EXECUTING_FIRM, EXECUTING_FIRM),
    (PartyRoles::ORIGINATION_TRADER, b"11"),
    (PartyRoles::EXECUTING_TRADER, b"12"),
    (PartyRoles::CUSTOMER_ACCOUNT, CUSTOMER_ACCOUNT),
    (PartyRoles::ENTERING_TRADER, b"36"),
];
const DAY_NS: u64 = 86_400_000_000_000;
/// Instructions that would change what an order does, and that the venue does not know.
const UNKNOWN_INSTRUCTIONS: [u16; 3] =
    [tag::DISCRETION_INST, tag::PEG_OFFSET_VALUE, tag::CASH_ORDER_QTY];

pub(super) fn new_order(
    fields: &Fields<'_>,
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let order: &mut j::NewOrder = slot.begin(&head);
    order.instrument = instrument(fields, directory, &mut order.symbol)?.into();
    let (display_qty, hidden) = max_floor(fields)?;
    let (conditions, known) = conditions(fields);
    order.conditions = if hidden { conditions.with(Conditions::HIDDEN) } else { conditions };
    copy_text(fields, tag::CL_ORD_ID, &mut order.cl_ord_id)?;
    order.side = SideCode(code(fields.get(tag::SIDE)));
    order.ord_type = ord_type(fields);
    order.time_in_force = TimeInForceCode(code(fields.get(tag::TIME_IN_FORCE).or(Some(b"0"))));
    order.unsupported = boolean(!known || has_unknown_instruction(fields));
    order.price = optional_decimal(fields, tag::PRICE)?;
    order.order_qty = order_qty(fields)?;
    account(fields, &mut order.account)?;
    order.stop_px = optional_decimal(fields, tag::STOP_PX)?;
    order.display_qty = display_qty;
    order.min_qty = optional_decimal(fields, tag::MIN_QTY)?;
    order.expire_time = expire_time(fields)?.into();
    order.self_trade = self_trade(fields);
    order.capacity = single(fields.get(tag::ORDER_CAPACITY));
    if fields.get(tag::NO_PARTY_IDS).is_some() {
        order.party_firm = party(fields, &[EXECUTING_FIRM])?.into();
        order.party_user = party(fields, &USERS)?.into();
        order.parties = roles(fields);
    }
    Ok(())
}

pub(super) fn cancel_order(
    fields: &Fields<'_>,
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let cancel: &mut j::CancelOrder = slot.begin(&head);
    copy_text(fields, tag::CL_ORD_ID, &mut cancel.cl_ord_id)?;
    copy_text(fields, tag::ORIG_CL_ORD_ID, &mut cancel.orig_cl_ord_id)?;
    cancel.order_id = order_id(fields).into();
    cancel.instrument = instrument(fields, directory, &mut [0; 16])?.into();
    cancel.side = SideCode(code(fields.get(tag::SIDE)));
    Ok(())
}

/// Conditions, MinQty, ExpireTime and self-trade mode stay those of the order, whatever a replace
/// repeats of them; what the venue does not know is refused as in a new order.
pub(super) fn replace_order(
    fields: &Fields<'_>,
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let (display_qty, _) = max_floor(fields)?;
    let (_, known) = conditions(fields);
    let replace: &mut j::ReplaceOrder = slot.begin(&head);
    copy_text(fields, tag::CL_ORD_ID, &mut replace.cl_ord_id)?;
    copy_text(fields, tag::ORIG_CL_ORD_ID, &mut replace.orig_cl_ord_id)?;
    replace.order_id = order_id(fields).into();
    replace.instrument = instrument(fields, directory, &mut [0; 16])?.into();
    replace.side = SideCode(code(fields.get(tag::SIDE)));
    replace.ord_type = ord_type(fields);
    replace.time_in_force = TimeInForceCode(code(fields.get(tag::TIME_IN_FORCE).or(Some(b"0"))));
    replace.unsupported = boolean(!known || has_unknown_instruction(fields));
    replace.price = optional_decimal(fields, tag::PRICE)?;
    replace.order_qty = order_qty(fields)?;
    replace.stop_px = optional_decimal(fields, tag::STOP_PX)?;
    replace.display_qty = display_qty;
    Ok(())
}

pub(super) fn order_status(
    fields: &Fields<'_>,
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let mut symbol = [0; 16];
    let instrument = instrument(fields, directory, &mut symbol)?;
    slot.set(&j::OrderStatusRequest {
        head,
        cl_ord_id: text(fields, tag::CL_ORD_ID)?,
        order_id: order_id(fields).into(),
        instrument: instrument.into(),
        side: SideCode(code(fields.get(tag::SIDE))),
        symbol,
    });
    Ok(())
}

/// OrderMassStatusRequest (AF), for all orders of the session or those of one instrument.
pub(super) fn mass_status(
    fields: &Fields<'_>,
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let instrument = match fields.get(tag::MASS_STATUS_REQ_TYPE) {
        Some(b"1") => one_instrument(fields, directory)?,
        Some(b"7") => 0,
        _ => return Err(reject(Reason::ValueIsIncorrect, tag::MASS_STATUS_REQ_TYPE)),
    };
    let mass_status_req_id = text(fields, tag::MASS_STATUS_REQ_ID)?;
    slot.set(&j::OrderMassStatusRequest {
        head,
        mass_status_req_id,
        instrument: instrument.into(),
    });
    Ok(())
}

/// OrderMassCancelRequest (q). Whatever cannot be read exactly is refused: a filter left out would
/// cancel more than was meant.
pub(super) fn mass_cancel(
    fields: &Fields<'_>,
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    let wrong = |tag| Err(reject(Reason::ValueIsIncorrect, tag));
    let instrument = match fields.get(tag::MASS_CANCEL_REQUEST_TYPE) {
        Some(b"1") => one_instrument(fields, directory)?,
        Some(b"7") => 0,
        _ => return wrong(tag::MASS_CANCEL_REQUEST_TYPE),
    };
    let side = match fields.get(tag::SIDE) {
        None => 0,
        Some(b"1") => Side::Buy.code(),
        Some(b"2") => Side::Sell.code(),
        Some(_) => return wrong(tag::SIDE),
    };
    let scope = match fields.get(TAG_MASS_CANCEL_SCOPE) {
        None | Some(b"1") => 1,
        Some([digit @ b'2'..=b'4']) => digit - b'0',
        Some(_) => return wrong(TAG_MASS_CANCEL_SCOPE),
    };
    slot.set(&j::MassAction {
        head,
        cl_ord_id: text(fields, tag::CL_ORD_ID)?,
        account: optional_text(fields, TAG_MASS_CANCEL_ACCOUNT)?,
        instrument: instrument.into(),
        side,
        action: MassActionType::Cancel.into(),
        scope: MassActionScopeCode(scope),
        ..j::MassAction::ZERO // Target and firm 0: the client's own.
    });
    Ok(())
}

fn has_unknown_instruction(fields: &Fields<'_>) -> bool {
    UNKNOWN_INSTRUCTIONS.iter().any(|tag| fields.get(*tag).is_some())
}

/// For requests in which 0 means all instruments.
fn one_instrument(fields: &Fields<'_>, directory: &Directory) -> Result<u32, Bad> {
    Ok(match instrument(fields, directory, &mut [0; 16])? {
        0 => u32::MAX, // Unknown.
        known => known,
    })
}

/// Account (1), or the customer account among the parties: one that differs from the other is refused.
fn account(fields: &Fields<'_>, account: &mut [u8; 16]) -> Result<(), Bad> {
    if fields.get(tag::ACCOUNT).is_some() {
        copy_text(fields, tag::ACCOUNT, account)?;
    }
    let named = |party: &Entry<'_>| party.get(tag::PARTY_ROLE) == Some(CUSTOMER_ACCOUNT);
    for party in fields.group(tag::NO_PARTY_IDS).filter(named) {
        let id = party.get(tag::PARTY_ID).and_then(fill_text);
        match id {
            Some(id) if *account == [0; 16] || *account == id => *account = id,
            _ => return Err(reject(Reason::ValueIsIncorrect, tag::PARTY_ID)),
        }
    }
    Ok(())
}

/// The number among the parties with one of these roles; 0: there is none. What is no number, or two
/// of them, is nobody's: the engine says so.
fn party(fields: &Fields<'_>, roles: &[&[u8]]) -> Result<u32, Bad> {
    let mut number = 0;
    let named =
        |party: &Entry<'_>| party.get(tag::PARTY_ROLE).is_some_and(|role| roles.contains(&role));
    for party in fields.group(tag::NO_PARTY_IDS).filter(named) {
        let id = party.get(tag::PARTY_ID).unwrap_or_default();
        if !id.iter().all(u8::is_ascii_digit) {
            continue; // A name that the client has given somebody: firms and users are numbers here.
        }
        let id = parse_uint(id).ok().and_then(|id| u32::try_from(id).ok());
        let id = id.filter(|id| *id != 0).unwrap_or(u32::MAX);
        if number != 0 && number != id {
            return Err(reject(Reason::ValueIsIncorrect, tag::PARTY_ID));
        }
        number = id;
    }
    Ok(number)
}

/// The roles of those parties that are given back: not of names that are the client's own.
fn roles(fields: &Fields<'_>) -> PartyRoles {
    fields.group(tag::NO_PARTY_IDS).fold(PartyRoles::EMPTY, |roles, party| {
        let (id, said) = (party.get(tag::PARTY_ID).unwrap_or_default(), party.get(tag::PARTY_ROLE));
        let is_known = said == Some(CUSTOMER_ACCOUNT) || id.iter().all(u8::is_ascii_digit);
        let role = PARTY_ROLES.iter().find(|(_, number)| is_known && said == Some(*number));
        role.map_or(roles, |(role, _)| roles.with(*role))
    })
}

/// A single letter; 0: none.
fn single(value: Option<&[u8]>) -> u8 {
    match value {
        Some([letter]) => *letter,
        _ => 0,
    }
}

/// FIX 4.4 leaves Symbol (55) out of the required fields; we cannot do without.
fn instrument(fields: &Fields<'_>, directory: &Directory, symbol: &mut Symbol) -> Result<u32, Bad> {
    let value = fields.get(tag::SYMBOL).ok_or(reject(Reason::RequiredTagMissing, tag::SYMBOL))?;
    // Longer than any symbol of ours: the answer shows its beginning.
    let len = value.len().min(symbol.len());
    if let (Some(room), Some(text)) = (symbol.get_mut(..len), value.get(..len)) {
        room.copy_from_slice(text);
    }
    Ok(directory.instrument(value))
}

/// OrderID (37) is ours, so it is a number; anything else is the id of no order.
fn order_id(fields: &Fields<'_>) -> u64 {
    fields.get(tag::ORDER_ID).map_or(0, |value| parse_uint(value).unwrap_or(u64::MAX))
}

/// OrdType (40): K has a number in our schemas, letters we do not know stay what they are.
fn ord_type(fields: &Fields<'_>) -> OrdTypeCode {
    match fields.get(tag::ORD_TYPE) {
        Some(b"K") => OrdType::MarketToLimit.into(),
        value => OrdTypeCode(code(value)),
    }
}

/// ExecInst (18), several with spaces between them, and the tag for sliding. False: one is unknown.
fn conditions(fields: &Fields<'_>) -> (Conditions, bool) {
    let (mut post_only, mut whole, mut known) = (Conditions::EMPTY, Conditions::EMPTY, true);
    for instruction in fields.get(tag::EXEC_INST).unwrap_or(&[]).split(|byte| *byte == b' ') {
        match instruction {
            b"" => {}
            b"6" => post_only = Conditions::POST_ONLY,
            b"G" => whole = Conditions::ALL_OR_NONE,
            _ => known = false,
        }
    }
    match fields.get(TAG_POST_ONLY_SLIDE) {
        None | Some(b"N") => {}
        // It says how to be post-only, so it takes the place of the rejecting mode.
        Some(b"Y") => post_only = Conditions::POST_ONLY_SLIDE,
        Some(_) => known = false,
    }
    (post_only.with(whole), known)
}

fn self_trade(fields: &Fields<'_>) -> SelfTradeCode {
    match fields.get(TAG_SELF_TRADE) {
        None => SelfTrade::SessionDefault.into(),
        value => SelfTradeCode(code(value)),
    }
}

/// MaxFloor (111) as DisplayQty, or as "never shown", which is how FIX says it: 111=0.
fn max_floor(fields: &Fields<'_>) -> Result<(Decimal8Null, bool), Bad> {
    let shown = optional_decimal(fields, tag::MAX_FLOOR)?;
    if shown.get() == Some(0) { Ok((Decimal8Null::NULL, true)) } else { Ok((shown, false)) }
}

/// ExpireTime (126), or the end of ExpireDate (432); nanoseconds, 0: neither. Years that cannot be
/// counted are far past or never.
fn expire_time(fields: &Fields<'_>) -> Result<u64, Bad> {
    if let Some(value) = fields.get(tag::EXPIRE_TIME) {
        return match parse_timestamp(value) {
            Ok(time) => Ok(time.max(1)),
            Err(TimeError::Range) if value < b"1970".as_slice() => Ok(1),
            Err(TimeError::Range) => Ok(u64::MAX),
            Err(TimeError::Format) => Err(reject(Reason::IncorrectDataFormat, tag::EXPIRE_TIME)),
        };
    }
    let Some(value) = fields.get(tag::EXPIRE_DATE) else { return Ok(0) };
    let days =
        parse_date(value).map_err(|_| reject(Reason::IncorrectDataFormat, tag::EXPIRE_DATE))?;
    let end = u64::try_from(days + 1).map(|days| days.saturating_mul(DAY_NS));
    Ok(end.unwrap_or(0).max(1))
}

/// A decimal that may be absent. The number that means absent is not one that a client may send.
fn optional_decimal(fields: &Fields<'_>, tag: u16) -> Result<Decimal8Null, Bad> {
    let Some(value) = fields.get(tag) else { return Ok(Decimal8Null::NULL) };
    match parse(value).map(|mantissa| Decimal8Null::new(Some(mantissa))) {
        Ok(decimal) if decimal.get().is_some() => Ok(decimal),
        _ => Err(reject(Reason::ValueIsIncorrect, tag)),
    }
}

fn order_qty(fields: &Fields<'_>) -> Result<Decimal8, Bad> {
    let Some(value) = fields.get(tag::ORDER_QTY) else {
        let verdict = Verdict::BusinessReject;
        return Err(Bad {
            verdict,
            reason: CONDITIONALLY_REQUIRED,
            tag: Some(tag::ORDER_QTY.into()),
        });
    };
    let mantissa = parse(value).map_err(|_| reject(Reason::ValueIsIncorrect, tag::ORDER_QTY))?;
    Ok(Decimal8::new(mantissa))
}

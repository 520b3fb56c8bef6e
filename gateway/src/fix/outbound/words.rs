//! The words of Text (58), each in one place. docs/wire/fix.md lists them all, and a test below holds
//! the page against this file: clients read the page, and compare with what they get.

use sbe_schemas::types::{
    CancelCause, CxlRejReason, LogoutReason, MassRejReason, OrdRejReason, RestateCause,
};

/// Text (58) of a Logout.
pub fn logout_words(reason: LogoutReason) -> &'static [u8] {
    match reason {
        LogoutReason::Answer => b"",
        // Two numbers follow, with ` but received ` between them.
        LogoutReason::MsgSeqNumTooLow => b"MsgSeqNum too low, expecting ",
        LogoutReason::NextExpectedTooHigh => b"NextExpectedMsgSeqNum too high, expecting at most ",
        LogoutReason::OtherVersion => b"Incorrect BeginString",
        LogoutReason::ResendRepeated => b"the same range was requested too often",
        LogoutReason::VenueStops => b"the venue stops; log on again later",
        LogoutReason::OutsideHours => b"outside of session hours",
        LogoutReason::HoursOver => b"the session hours are over",
        LogoutReason::DeadManOutOfRange => b"5023 is out of range",
        LogoutReason::BadMessage => b"see the Reject before this",
        LogoutReason::ResetNeedsOne => b"ResetSeqNumFlag=Y needs MsgSeqNum 1",
        LogoutReason::HeartBtIntOutOfRange => b"HeartBtInt is out of range",
        // Never said: the first connection must not notice, and a slow reader reads nothing.
        LogoutReason::AlreadyLoggedOn | LogoutReason::SlowReader => b"",
    }
}

/// Text (58) of a Reject, by SessionRejectReason (373).
pub fn reject_words(reason: u8) -> &'static [u8] {
    match reason {
        0 => b"Invalid tag number",
        1 => b"Required tag missing",
        2 => b"Tag not defined for this message type",
        4 => b"Tag specified without a value",
        5 => b"Value is incorrect (out of range) for this tag",
        6 => b"Incorrect data format for value",
        9 => b"CompID problem",
        10 => b"SendingTime accuracy problem",
        11 => b"Invalid MsgType",
        13 => b"Tag appears more than once",
        14 => b"Tag specified out of required order",
        15 => b"Repeating group fields out of order",
        16 => b"Incorrect NumInGroup count for repeating group",
        _ => b"Not expected now",
    }
}

/// Text (58) of a BusinessMessageReject, by BusinessRejectReason (380).
pub fn business_rejected(reason: u8, throttled: bool) -> &'static [u8] {
    match reason {
        _ if throttled => b"too many messages; slow down",
        3 => b"Unsupported Message Type",
        4 => b"no orders are taken now: the venue is short of disk; cancels are",
        5 => b"Conditionally Required Field Missing",
        6 => b"Not authorized",
        _ => b"",
    }
}

/// Text (58) of a rejected order (150=8), by OrdRejReason (103).
pub fn rejected(reason: OrdRejReason) -> &'static [u8] {
    use OrdRejReason as R;
    match reason {
        R::UnknownSymbol => b"unknown symbol",
        R::ExchangeClosed => b"the instrument is closed",
        R::OrderExceedsLimit => b"OrderQty is above the largest allowed",
        R::TooLateToEnter => b"too late for the opening auction",
        R::DuplicateOrder => b"ClOrdID has been used",
        R::UnsupportedOrderCharacteristic => b"not supported",
        R::IncorrectQuantity => b"OrderQty is not a positive multiple of the lot",
        R::UnknownAccount => b"unknown account",
        R::InvalidPriceIncrement => b"a price is not a positive multiple of the tick",
        R::PriceMissing => b"a limit order needs a Price",
        R::PriceNotAllowed => b"such an order has no Price",
        R::CapacityReached => b"the venue has no room for another order",
        R::Halted => b"trading is halted",
        R::NotInAuction => b"not in this phase: it needs continuous trading",
        R::BlockedSession => b"the session is blocked",
        R::BlockedUser => b"the user is blocked",
        R::BlockedAccount => b"the account is blocked",
        R::BlockedFirm => b"the firm is blocked",
        R::StopPxMissing => b"a stop order needs a StopPx",
        R::StopPxNotAllowed => b"such an order has no StopPx",
        R::PriceAboveMax => b"a price is above the highest allowed",
        R::InvalidDisplayQty => b"MaxFloor is not a multiple of the lot from one lot to OrderQty",
        R::InvalidMinQty => b"MinQty is not a multiple of the lot from one lot to OrderQty",
        R::ConditionsConflict => b"terms that exclude each other",
        R::ExpireTimeMissing => b"a good-till-date order needs an ExpireTime or ExpireDate",
        R::ExpireTimeNotAllowed => b"only good-till-date orders have an ExpireTime or ExpireDate",
        R::ExpireTimePast => b"ExpireTime is over",
        R::PriceOutsideBand => b"Price is outside the price band",
        R::PriceThroughCollar => b"Price is too far through the other side",
        R::NoOppositePrice => b"there is no price on the other side",
        R::PostOnlyWouldTrade => b"post-only, and it would trade at once",
        R::NotionalTooLarge => b"price x quantity is above the largest allowed",
        R::AccountOpenOrders => b"limit of the account: open orders",
        R::FirmOpenOrders => b"limit of the firm: open orders",
        R::AccountOpenNotional => b"limit of the account: open notional",
        R::FirmOpenNotional => b"limit of the firm: open notional",
        R::AccountPosition => b"limit of the account: position",
        R::FirmPosition => b"limit of the firm: position",
        R::InsufficientBalance => b"the account has not enough",
        R::PartyNotOwn => b"a party is not the session's firm or user",
        R::NotPermittedInstrument => b"not permitted: the instrument",
        R::NotPermittedOrderType => b"not permitted: such an order",
    }
}

/// Text (58) of an OrderCancelReject, by CxlRejReason (102).
pub fn cancel_rejected(reason: CxlRejReason) -> &'static [u8] {
    use CxlRejReason as R;
    match reason {
        R::TooLateToCancel => b"too late: the order has ended",
        R::UnknownOrder => b"unknown order",
        R::DuplicateClOrdId => b"ClOrdID has been used",
        R::IncorrectQuantity => b"OrderQty is not a positive multiple of the lot",
        R::InvalidPriceIncrement => b"a price is not a positive multiple of the tick",
        R::NotChangeable => b"a replace changes only Price, OrderQty, StopPx and MaxFloor",
        R::CapacityReached => b"the venue has no room for the change",
        R::QuantityTooLarge => b"OrderQty is above the largest allowed",
        R::ExchangeClosed => b"the instrument is closed",
        R::Halted => b"trading is halted",
        R::BlockedSession => b"the session is blocked",
        R::BlockedUser => b"the user is blocked",
        R::BlockedAccount => b"the account is blocked",
        R::BlockedFirm => b"the firm is blocked",
        R::PriceAboveMax => b"a price is above the highest allowed",
        R::InvalidDisplayQty => b"MaxFloor is not a multiple of the lot from one lot to OrderQty",
        R::PriceOutsideBand => b"Price is outside the price band",
        R::PriceThroughCollar => b"Price is too far through the other side",
        R::PostOnlyWouldTrade => b"post-only, and it would trade at once",
        R::NotionalTooLarge => b"price x quantity is above the largest allowed",
        R::AccountOpenNotional => b"limit of the account: open notional",
        R::FirmOpenNotional => b"limit of the firm: open notional",
        R::AccountPosition => b"limit of the account: position",
        R::FirmPosition => b"limit of the firm: position",
        R::InsufficientBalance => b"the account has not enough",
        R::NotPermittedInstrument => b"not permitted: the instrument",
        R::NotPermittedOrderType => b"not permitted: such an order",
    }
}

/// Text (58) of an order that ended without a trade (150=4 or C).
pub fn canceled(cause: CancelCause) -> &'static [u8] {
    match cause {
        CancelCause::Client => b"", // The answer to a request needs none.
        CancelCause::ImmediateOrCancel => b"nothing more to trade with",
        CancelCause::FillOrKill => b"not enough to fill it whole",
        CancelCause::Disconnect => b"cancel on disconnect",
        CancelCause::DayEnd => b"end of the day",
        CancelCause::ExpireTime => b"ExpireTime",
        CancelCause::MinQty => b"less than MinQty at once",
        CancelCause::SelfTrade => b"self-trade prevention",
        CancelCause::PriceBand => b"the next trade would have left the price band",
        CancelCause::AuctionOver => b"the auction is over",
        CancelCause::MassCancel => b"mass cancel",
        CancelCause::DeadMan => b"nothing heard for as long as 5023 says",
        CancelCause::Operator => b"cancelled by the venue",
        CancelCause::CapacityReached => b"the venue has no room for its price",
    }
}

/// Text (58) of an order that the venue changed (150=D).
pub fn restated(cause: RestateCause) -> &'static [u8] {
    match cause {
        RestateCause::Triggered => b"StopPx is reached",
        RestateCause::SelfTradeDecrement => b"less, by self-trade prevention",
    }
}

/// Text (58) of an OrderMassCancelReport, by MassCancelRejectReason (532).
pub fn mass_cancel_refused(reason: MassRejReason) -> &'static [u8] {
    match reason {
        MassRejReason::None => b"",
        MassRejReason::InvalidScope => b"not a scope for this session",
        MassRejReason::UnknownInstrument => b"unknown symbol",
        MassRejReason::UnknownTarget => b"unknown account",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::types::{
        CancelCauseCode, CxlRejReasonCode, LogoutReasonCode, MassRejReasonCode, OrdRejReasonCode,
        RestateCauseCode,
    };

    const DOCUMENT: &str = include_str!("../../../../docs/wire/fix.md");

    /// One of the lists: what may have no words, every reason with its number and words, and the heading
    /// of its table in the document.
    fn check<R: Copy + std::fmt::Debug>(
        heading: &str,
        known: impl Fn(u8) -> Option<R>,
        words: impl Fn(R) -> &'static [u8],
        silent: &[u8],
        number: impl Fn(u8) -> String,
    ) {
        let (_, table) = DOCUMENT.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
        let rows: Vec<&str> =
            table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
        let mut listed = 0;
        for (code, reason) in (0..=u8::MAX).filter_map(|code| Some((code, known(code)?))) {
            let words = std::str::from_utf8(words(reason)).unwrap();
            assert_eq!(words.is_empty(), silent.contains(&code), "{reason:?} has no words");
            if words.is_empty() {
                continue;
            }
            listed += 1;
            let row = format!("| {} | `{words}` |", number(code));
            let found = rows.iter().filter(|line| line.starts_with(&row)).count();
            assert_eq!(found, 1, "docs/wire/fix.md, {heading}: {row} for {reason:?}");
        }
        // Two more lines: what is under the heading's line, and nothing that is not said.
        assert_eq!(rows.len(), listed + 1, "{heading} lists what is never said");
    }

    fn listed(code: u8) -> String {
        if code < 99 { code.to_string() } else { "99".into() }
    }

    #[test]
    fn every_reason_and_cause_has_words_and_the_document_has_them_all() {
        let known = |code| OrdRejReasonCode(code).known();
        check("| 103, order rejected |", known, rejected, &[], listed);
        let known = |code| CxlRejReasonCode(code).known();
        check("| 102, cancel or replace rejected |", known, cancel_rejected, &[], listed);
        let known = |code| MassRejReasonCode(code).known();
        check("| 532, mass cancel refused |", known, mass_cancel_refused, &[0], listed);
        let known = |code| CancelCauseCode(code).known();
        let exec_type = |code| match CancelCauseCode(code).known() {
            Some(CancelCause::DayEnd | CancelCause::ExpireTime) => "C".into(),
            _ => "4".into(),
        };
        check("| 150, order ended by the venue |", known, canceled, &[0], exec_type);
        let known = |code| RestateCauseCode(code).known();
        let exec_type = |_| "D".into();
        check("| 150, order changed by the venue |", known, restated, &[], exec_type);
    }

    #[test]
    fn every_word_of_a_logout_is_in_the_document() {
        let silent =
            [LogoutReason::Answer, LogoutReason::AlreadyLoggedOn, LogoutReason::SlowReader];
        for reason in (0..=u8::MAX).filter_map(|code| LogoutReasonCode(code).known()) {
            let words = std::str::from_utf8(logout_words(reason)).unwrap();
            assert_eq!(words.is_empty(), silent.contains(&reason), "{reason:?}");
            assert!(DOCUMENT.contains(words), "{words}");
        }
    }
}

//! Every message that a market data client gets, field by field. Writes with `fix/write.rs` into a buffer that
//! is there; knows no subscription and no book. Order of fields: FIX 4.4 vol. 3, header by tag as in order entry.

use super::books::{Listed, Status};
use crate::fix::outbound::words::reject_words;
use crate::fix::tables::{msg_type, tag};
use crate::fix::time::{Precision, Stamp};
use crate::fix::write::{Full, Writer};
use sbe_schemas::types::{Phase, PhaseReason};

/// Log sequence of what caused a message, as in reports.
pub const TAG_LOG_SEQ: u16 = 5022;
/// Changes of the book that a message includes. (83 is no field of W and X in FIX 4.4.)
pub const TAG_RPT_SEQ: u16 = 5025;
/// What is known of the book: absent, all; `2`, nothing, it is being recovered.
pub const TAG_BOOK_STATE: u16 = 5024;

/// What an answer to one message takes at most.
pub const REPLY_BYTES_MAX: usize = 4096;
/// What a message takes beside its entries.
pub const FRAME_BYTES_MAX: usize = 512;
/// What an entry takes.
pub const ENTRY_BYTES_MAX: usize = 256;
/// SessionRejectReason (373) that QuickFIX gives without a RefTagID (371), as in order entry.
const SPEAKS_FOR_ITSELF: [u8; 3] = [9, 10, 11];

/// Bytes of the message.
pub type Written = Result<usize, Full>;

/// Who talks to whom, with which number, when.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Our CompID.
    pub venue: &'a [u8],
    /// The client's.
    pub client: &'a [u8],
    /// MsgSeqNum (34).
    pub number: u64,
    /// SendingTime (52), nanoseconds UTC.
    pub now: u64,
}

/// Answers to one message, or to the passing of time: bounded, and sent before the next is read.
pub struct Replies {
    bytes: Box<[u8; REPLY_BYTES_MAX]>,
    len: usize,
}

impl Default for Replies {
    fn default() -> Self {
        Self { bytes: Box::new([0; REPLY_BYTES_MAX]), len: 0 }
    }
}

impl Replies {
    /// Adds what `write` writes. `false`: there was no room, which two answers of ours never lack.
    pub fn push(&mut self, write: impl FnOnce(&mut [u8]) -> Written) -> bool {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let written = write(room);
        self.len += written.unwrap_or(0);
        written.is_ok()
    }

    /// What has been added.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Empty again.
    pub fn clear(&mut self) {
        self.len = 0;
    }
}

fn begin<'b>(kind: &[u8], envelope: &Envelope<'_>, buffer: &'b mut [u8]) -> Writer<'b> {
    let mut w = Writer::begin(buffer, kind);
    w.uint(tag::MSG_SEQ_NUM, envelope.number);
    w.text(tag::SENDER_COMP_ID, envelope.venue);
    w.timestamp(tag::SENDING_TIME, envelope.now, Precision::Millis);
    w.text(tag::TARGET_COMP_ID, envelope.client);
    w
}

fn end(w: Writer<'_>) -> Written {
    w.finish().map(<[u8]>::len)
}

/// Logon (A).
pub fn logon(envelope: &Envelope<'_>, heartbeat_s: u32, reset: bool, buffer: &mut [u8]) -> Written {
    let mut w = begin(msg_type::LOGON, envelope, buffer);
    w.uint(tag::ENCRYPT_METHOD, 0);
    w.uint(tag::HEART_BT_INT, heartbeat_s.into());
    if reset {
        w.bool(tag::RESET_SEQ_NUM_FLAG, true);
    }
    end(w)
}

/// Heartbeat (0); `id` empty: not an answer.
pub fn heartbeat(envelope: &Envelope<'_>, id: &[u8], buffer: &mut [u8]) -> Written {
    let mut w = begin(msg_type::HEARTBEAT, envelope, buffer);
    w.text(tag::TEST_REQ_ID, id);
    end(w)
}

/// TestRequest (1).
pub fn test_request(envelope: &Envelope<'_>, id: u64, buffer: &mut [u8]) -> Written {
    let mut w = begin(msg_type::TEST_REQUEST, envelope, buffer);
    w.uint(tag::TEST_REQ_ID, id);
    end(w)
}

/// ResendRequest (2) from `first` on.
pub fn resend_request(envelope: &Envelope<'_>, first: u64, buffer: &mut [u8]) -> Written {
    let mut w = begin(msg_type::RESEND_REQUEST, envelope, buffer);
    w.uint(tag::BEGIN_SEQ_NO, first);
    w.uint(tag::END_SEQ_NO, 0);
    end(w)
}

/// SequenceReset (4) in place of the messages from the envelope's number to `next` - 1.
pub fn gap_fill(envelope: &Envelope<'_>, next: u64, buffer: &mut [u8]) -> Written {
    let mut w = Writer::begin(buffer, msg_type::SEQUENCE_RESET);
    w.uint(tag::MSG_SEQ_NUM, envelope.number);
    w.bool(tag::POSS_DUP_FLAG, true);
    w.text(tag::SENDER_COMP_ID, envelope.venue);
    w.timestamp(tag::SENDING_TIME, envelope.now, Precision::Millis);
    w.text(tag::TARGET_COMP_ID, envelope.client);
    w.timestamp(tag::ORIG_SENDING_TIME, envelope.now, Precision::Millis);
    w.uint(tag::NEW_SEQ_NO, next);
    w.bool(tag::GAP_FILL_FLAG, true);
    end(w)
}

/// Reject (3) of the message with the number `at`.
pub fn reject(
    envelope: &Envelope<'_>,
    at: u64,
    kind: &[u8],
    reason: u8,
    ref_tag: Option<i64>,
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::REJECT, envelope, buffer);
    w.uint(tag::REF_SEQ_NUM, at);
    w.text(tag::TEXT, reject_words(reason));
    if let Some(ref_tag) = ref_tag.filter(|_| !SPEAKS_FOR_ITSELF.contains(&reason)) {
        w.int(tag::REF_TAG_ID, ref_tag);
    }
    w.text(tag::REF_MSG_TYPE, kind.get(..kind.len().min(8)).unwrap_or(&[]));
    w.uint(tag::SESSION_REJECT_REASON, reason.into());
    end(w)
}

/// BusinessMessageReject (j).
pub fn business_reject(
    envelope: &Envelope<'_>,
    at: u64,
    kind: &[u8],
    reason: u64,
    words: &[u8],
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::BUSINESS_MESSAGE_REJECT, envelope, buffer);
    w.uint(tag::REF_SEQ_NUM, at);
    w.text(tag::TEXT, words);
    w.text(tag::REF_MSG_TYPE, kind.get(..kind.len().min(8)).unwrap_or(&[]));
    w.uint(tag::BUSINESS_REJECT_REASON, reason);
    end(w)
}

/// Logout (5).
pub fn logout(envelope: &Envelope<'_>, words: &[u8], buffer: &mut [u8]) -> Written {
    let mut w = begin(msg_type::LOGOUT, envelope, buffer);
    w.text(tag::TEXT, words);
    end(w)
}

/// Logout (5) in the words that FIX engines look for.
pub fn too_low(
    envelope: &Envelope<'_>,
    expected: u64,
    received: u64,
    buffer: &mut [u8],
) -> Written {
    use crate::fix::decimal::Printed;
    let (expected, received) = (Printed::uint(expected), Printed::uint(received));
    let parts: [&[u8]; 4] = [
        b"MsgSeqNum too low, expecting ",
        expected.as_bytes(),
        b" but received ",
        received.as_bytes(),
    ];
    let mut words = [0; 96];
    let len = join(&mut words, &parts);
    logout(envelope, words.get(..len).unwrap_or(&[]), buffer)
}

/// News (B): the venue is about to stop.
pub fn news_of_the_end(envelope: &Envelope<'_>, buffer: &mut [u8]) -> Written {
    let mut w = begin(msg_type::NEWS, envelope, buffer);
    w.timestamp(tag::ORIG_TIME, envelope.now, Precision::Millis);
    w.char(tag::URGENCY, b'1');
    w.text(tag::HEADLINE, b"the venue stops");
    w.uint(tag::NO_LINES_OF_TEXT, 1);
    w.text(tag::TEXT, b"market data ends with this connection; log on again later");
    end(w)
}

/// One entry of W or X. What is `None` or 0 is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// MDUpdateAction (279): 0 new, 1 change, 2 delete. X only.
    pub action: u8,
    /// MDEntryType (269).
    pub kind: u8,
    /// MDEntryID (278, X only): OrderID or trade.
    pub id: u64,
    /// MDEntryPx (270).
    pub price: Option<i64>,
    /// MDEntrySize (271).
    pub qty: Option<i128>,
    /// MDEntryDate, MDEntryTime (272, 273).
    pub time: u64,
    /// TradeCondition (277).
    pub condition: Option<u8>,
    /// OpenCloseSettlFlag (286).
    pub flag: Option<u8>,
    /// `id` is an OrderID (37).
    pub is_order: bool,
    /// NumberOfOrders (346).
    pub orders: u32,
}

impl Entry {
    /// Of this type, with nothing in it.
    pub const fn of(action: u8, kind: u8) -> Self {
        Self {
            action,
            kind,
            id: 0,
            price: None,
            qty: None,
            time: 0,
            condition: None,
            flag: None,
            is_order: false,
            orders: 0,
        }
    }

    /// What follows the symbol in X, and the type in W.
    fn write(&self, w: &mut Writer<'_>) {
        if let Some(price) = self.price {
            w.decimal(tag::MD_ENTRY_PX, price);
        }
        if let Some(qty) = self.qty {
            // A level of more than 92 billion units does not fit the wire; nobody has them.
            w.decimal(tag::MD_ENTRY_SIZE, i64::try_from(qty).unwrap_or(i64::MAX));
        }
        if self.time != 0 {
            let stamp = Stamp::new(self.time, Precision::Millis);
            let (date, time) = stamp.as_bytes().split_at_checked(8).unwrap_or_default();
            w.text(tag::MD_ENTRY_DATE, date);
            w.text(tag::MD_ENTRY_TIME, time.get(1..).unwrap_or(&[]));
        }
        if let Some(condition) = self.condition {
            w.char(tag::TRADE_CONDITION, condition);
        }
        if let Some(flag) = self.flag {
            w.char(tag::OPEN_CLOSE_SETTL_FLAG, flag);
        }
        if self.is_order {
            w.uint(tag::ORDER_ID, self.id);
        }
        if self.orders != 0 {
            w.uint(tag::NUMBER_OF_ORDERS, self.orders.into());
        }
    }
}

/// MarketDataSnapshotFullRefresh (W). `recovering`: the book is not known now.
pub fn snapshot(
    envelope: &Envelope<'_>,
    req_id: &[u8],
    listed: &Listed,
    entries: &[Entry],
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::MARKET_DATA_SNAPSHOT_FULL_REFRESH, envelope, buffer);
    causes(&mut w, listed.seq(), listed.rpt_seq());
    if !listed.is_live() {
        w.uint(TAG_BOOK_STATE, 2);
    }
    w.text(tag::MD_REQ_ID, req_id);
    w.text(tag::SYMBOL, listed.symbol());
    w.uint(tag::NO_MD_ENTRIES, entries.len() as u64);
    for entry in entries {
        w.char(tag::MD_ENTRY_TYPE, entry.kind);
        entry.write(&mut w);
    }
    end(w)
}

/// MarketDataIncrementalRefresh (X) of one instrument, up to the change (`seq`, `rpt_seq`).
pub fn increment(
    envelope: &Envelope<'_>,
    req_id: &[u8],
    symbol: &[u8],
    (seq, rpt_seq): (u64, u64),
    entries: &[Entry],
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::MARKET_DATA_INCREMENTAL_REFRESH, envelope, buffer);
    causes(&mut w, seq, rpt_seq);
    w.text(tag::MD_REQ_ID, req_id);
    w.uint(tag::NO_MD_ENTRIES, entries.len() as u64);
    for entry in entries {
        w.char(tag::MD_UPDATE_ACTION, b'0' + entry.action);
        w.char(tag::MD_ENTRY_TYPE, entry.kind);
        if entry.id != 0 {
            w.uint(tag::MD_ENTRY_ID, entry.id);
        }
        w.text(tag::SYMBOL, symbol);
        entry.write(&mut w);
    }
    end(w)
}

/// In front of the group: behind it a parser that does not know them would take them for its end.
fn causes(w: &mut Writer<'_>, seq: u64, rpt_seq: u64) {
    if seq != 0 {
        w.uint(TAG_LOG_SEQ, seq);
    }
    w.uint(TAG_RPT_SEQ, rpt_seq);
}

/// MarketDataRequestReject (Y).
pub fn market_data_reject(
    envelope: &Envelope<'_>,
    req_id: &[u8],
    reason: u8,
    words: &[u8],
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::MARKET_DATA_REQUEST_REJECT, envelope, buffer);
    w.text(tag::MD_REQ_ID, req_id);
    w.char(tag::MD_REQ_REJ_REASON, reason);
    w.text(tag::TEXT, words);
    end(w)
}

/// What SecurityList (y) says beside its instruments.
#[derive(Clone, Copy, Debug)]
pub struct ListHead<'a> {
    /// SecurityReqID (320).
    pub req_id: &'a [u8],
    /// SecurityResponseID (322).
    pub response: u64,
    /// SecurityRequestResult (560).
    pub result: u64,
    /// TotNoRelatedSym (393).
    pub total: u64,
    /// LastFragment (893).
    pub is_last: bool,
}

/// SecurityList (y): the instruments, each with the currency it is paid with.
pub fn security_list<'l>(
    envelope: &Envelope<'_>,
    head: &ListHead<'_>,
    listed: &[(&'l Listed, &'l [u8])],
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::SECURITY_LIST, envelope, buffer);
    w.text(tag::SECURITY_REQ_ID, head.req_id);
    w.uint(tag::SECURITY_RESPONSE_ID, head.response);
    w.uint(tag::SECURITY_REQUEST_RESULT, head.result);
    w.uint(tag::TOT_NO_RELATED_SYM, head.total);
    w.bool(tag::LAST_FRAGMENT, head.is_last);
    if !listed.is_empty() {
        w.uint(tag::NO_RELATED_SYM, listed.len() as u64);
    }
    for (listed, currency) in listed {
        let definition = listed.definition();
        w.text(tag::SYMBOL, listed.symbol());
        w.text(tag::CURRENCY, currency);
        w.decimal(tag::ROUND_LOT, definition.lot_size.get());
        w.decimal(tag::MIN_TRADE_VOL, definition.lot_size.get());
        let mut words = [0; 128];
        let len = terms(&mut words, listed);
        w.text(tag::TEXT, words.get(..len).unwrap_or(&[]));
    }
    end(w)
}

/// `tick=0.01 lot=1 max=1000000`: FIX 4.4 has no field for a tick.
fn terms(words: &mut [u8], listed: &Listed) -> usize {
    use crate::fix::decimal::Printed;
    let d = listed.definition();
    let [tick, lot, max] =
        [d.tick_size, d.lot_size, d.quantity_max].map(|value| Printed::decimal(value.get()));
    let parts: [&[u8]; 6] =
        [b"tick=", tick.as_bytes(), b" lot=", lot.as_bytes(), b" max=", max.as_bytes()];
    join(words, &parts)
}

/// SecurityStatus (f). `listed` is none: the instrument is not known.
pub fn security_status(
    envelope: &Envelope<'_>,
    req_id: &[u8],
    symbol: &[u8],
    listed: Option<&Listed>,
    unsolicited: bool,
    words: &[u8],
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::SECURITY_STATUS, envelope, buffer);
    if let Some(listed) = listed.filter(|listed| listed.seq() != 0) {
        w.uint(TAG_LOG_SEQ, listed.seq());
    }
    w.text(tag::SECURITY_STATUS_REQ_ID, req_id);
    w.text(tag::SYMBOL, symbol);
    let status = listed.map(Listed::status);
    if let Some(status) = status {
        w.text(tag::TRADING_SESSION_SUB_ID, phase_name(status.phase));
    }
    w.bool(tag::UNSOLICITED_INDICATOR, unsolicited);
    w.uint(tag::SECURITY_TRADING_STATUS, trading_status(status.and_then(|s| s.phase)));
    w.text(tag::TEXT, if words.is_empty() { reason_words(status) } else { words });
    end(w)
}

/// What a TradingSessionStatus (h) is about.
#[derive(Clone, Copy, Debug)]
pub enum Session<'a> {
    /// The session of an instrument.
    Of(&'a Listed),
    /// The request is refused: TradSesStatusRejReason (567), and the words.
    Refused(u64, &'a [u8]),
}

/// TradingSessionStatus (h). Each instrument is a trading session of its own, called by its symbol.
pub fn session_status(
    envelope: &Envelope<'_>,
    req_id: &[u8],
    session_id: &[u8],
    about: Session<'_>,
    unsolicited: bool,
    buffer: &mut [u8],
) -> Written {
    let mut w = begin(msg_type::TRADING_SESSION_STATUS, envelope, buffer);
    w.text(tag::TRAD_SES_REQ_ID, req_id);
    w.text(tag::TRADING_SESSION_ID, session_id);
    match about {
        Session::Of(listed) => {
            w.text(tag::TRADING_SESSION_SUB_ID, phase_name(listed.status().phase));
            w.bool(tag::UNSOLICITED_INDICATOR, unsolicited);
            w.uint(tag::TRAD_SES_STATUS, session_state(listed.status().phase));
            w.text(tag::TEXT, reason_words(Some(listed.status())));
        }
        Session::Refused(reason, words) => {
            w.uint(tag::TRAD_SES_STATUS, 6);
            w.uint(tag::TRAD_SES_STATUS_REJ_REASON, reason);
            w.text(tag::TEXT, words);
        }
    }
    end(w)
}

/// TradingSessionSubID (625): the phase in the words of the rulebook.
fn phase_name(phase: Option<Phase>) -> &'static [u8] {
    match phase {
        Some(Phase::Closed) => b"closed",
        Some(Phase::PreOpen) => b"pre-open",
        Some(Phase::OpeningAuction) => b"opening-auction",
        Some(Phase::Continuous) => b"continuous",
        Some(Phase::VolatilityAuction) => b"volatility-auction",
        Some(Phase::ClosingAuction) => b"closing-auction",
        Some(Phase::Halted) => b"halted",
        None => b"",
    }
}

/// SecurityTradingStatus (326).
fn trading_status(phase: Option<Phase>) -> u64 {
    match phase {
        Some(Phase::Closed) => 18,         // Not available for trading.
        Some(Phase::PreOpen) => 21,        // Pre-open.
        Some(Phase::OpeningAuction) => 22, // Opening rotation.
        Some(Phase::Continuous) => 17,     // Ready to trade.
        Some(Phase::VolatilityAuction | Phase::ClosingAuction) => 5, // Price indication.
        Some(Phase::Halted) => 2,          // Trading halt.
        None => 20,                        // Unknown.
    }
}

/// TradSesStatus (340).
fn session_state(phase: Option<Phase>) -> u64 {
    match phase {
        Some(Phase::Closed) => 3,
        Some(Phase::PreOpen | Phase::OpeningAuction) => 4,
        Some(Phase::Continuous) => 2,
        Some(Phase::VolatilityAuction | Phase::Halted) => 1,
        Some(Phase::ClosingAuction) => 5,
        None => 0,
    }
}

/// Text (58): why the phase began.
fn reason_words(status: Option<Status>) -> &'static [u8] {
    match status.and_then(|status| status.reason) {
        Some(PhaseReason::Start) => b"start",
        Some(PhaseReason::Schedule) => b"timetable",
        Some(PhaseReason::Operator) => b"operator",
        Some(PhaseReason::PriceBand) => b"price band",
        Some(PhaseReason::AuctionEnd) => b"end of a volatility auction",
        None => b"",
    }
}

/// The parts one behind the other; what has no room is left out. Returns the length.
fn join(out: &mut [u8], parts: &[&[u8]]) -> usize {
    let mut len = 0;
    for part in parts {
        if let Some(place) = out.get_mut(len..len + part.len()) {
            place.copy_from_slice(part);
            len += part.len();
        }
    }
    len
}

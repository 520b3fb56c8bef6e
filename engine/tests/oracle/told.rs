//! What was said, as plain values: every report of an order and every public message, in the order
//! in which they leave. [`Told::of`] reads the real engine's events into the same words.
//!
//! Prices and quantities are mantissas of 10^-8, as on the wire. `rptSeq`, sequence numbers and
//! checksums are left to `common/watch.rs`. Next: `mod.rs`.

use engine::Event;
use sbe_schemas::header::text;
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    AdminResult, Boolean, CancelCause, CxlRejReason, CxlRejResponseTo, Decimal8Null, MassRejReason,
    OrdRejReason, OrdRejReasonCode, OrdStatus, OrdType, Phase, PhaseReason, RestateCause, Side,
    TimeInForce,
};
use std::fmt;

/// A NUL padded text that shows itself as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<const N: usize>(pub(crate) [u8; N]);

/// ClOrdID (11).
pub(crate) type Name = Text<36>;

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(text(&self.0)))
    }
}

/// What every report of an accepted order says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) order_id: u64,
    pub(crate) exec_id: u64,
    pub(crate) cl_ord_id: Name,
    pub(crate) account: Text<16>,
    pub(crate) instrument: u32,
    pub(crate) user: u32,
    pub(crate) price: Option<i64>,
    pub(crate) order_qty: i64,
    pub(crate) cum_qty: i64,
    pub(crate) avg_px: i64,
    pub(crate) side: Side,
    pub(crate) ord_type: OrdType,
    pub(crate) time_in_force: TimeInForce,
    /// OrdStatus (39); LeavesQty follows from it and from the quantities.
    pub(crate) status: OrdStatus,
}

/// One thing said, to the owner of an order (`session`), to the public or to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    New {
        session: u32,
        report: Report,
        stop_px: Option<i64>,
        display_qty: Option<i64>,
        min_qty: Option<i64>,
        expire_time: u64,
        conditions: u8,
    },
    Trade {
        session: u32,
        report: Report,
        trade_id: u64,
        last_px: i64,
        last_qty: i64,
        leaves_qty: i64,
        aggressor: bool,
        auction: bool,
        fee: i64,
    },
    Replaced {
        session: u32,
        report: Report,
        orig: Name,
        leaves_qty: i64,
        stop_px: Option<i64>,
        display_qty: Option<i64>,
    },
    Canceled {
        session: u32,
        report: Report,
        orig: Name,
        cause: CancelCause,
    },
    Restated {
        session: u32,
        report: Report,
        leaves_qty: i64,
        cause: RestateCause,
    },
    /// Side, type and time in force as the client wrote them.
    Rejected {
        session: u32,
        exec_id: u64,
        cl_ord_id: Name,
        account: Text<16>,
        price: Option<i64>,
        order_qty: i64,
        terms: [u8; 3],
        reason: OrdRejReason,
    },
    CancelReject {
        session: u32,
        order_id: u64,
        cl_ord_id: Name,
        orig: Name,
        status: OrdStatus,
        response_to: CxlRejResponseTo,
        reason: CxlRejReason,
    },
    /// Side, action and scope as the client wrote them.
    MassActionReport {
        session: u32,
        cl_ord_id: Name,
        account: Text<16>,
        target: u32,
        instrument: u32,
        affected: u32,
        terms: [u8; 3],
        reason: MassRejReason,
    },
    /// Bid first.
    QuoteAck {
        session: u32,
        quote_id: u64,
        instrument: u32,
        order_ids: [u64; 2],
        reasons: [Option<OrdRejReason>; 2],
        withdrawn: u32,
        is_last: bool,
    },
    OrderAdd {
        instrument: u32,
        side: Side,
        order_id: u64,
        price: i64,
        qty: i64,
    },
    OrderReduce {
        instrument: u32,
        side: Side,
        order_id: u64,
        qty: i64,
    },
    BookClear {
        instrument: u32,
    },
    OrderDelete {
        instrument: u32,
        side: Side,
        order_id: u64,
    },
    OrderExecute {
        instrument: u32,
        side: Side,
        order_id: u64,
        trade_id: u64,
        price: i64,
        qty: i64,
        leaves_qty: i64,
    },
    /// A trade is taken back; `report` says what the report of the trade said.
    Bust {
        session: u32,
        report: Report,
        trade_id: u64,
        exec_ref: u64,
    },
    PublicBust {
        instrument: u32,
        trade_id: u64,
        price: i64,
        qty: i64,
        time: u64,
    },
    /// The public message of a trade that no shown order took part in.
    PublicTrade {
        instrument: u32,
        aggressor: u8,
        trade_id: u64,
        price: i64,
        qty: i64,
    },
    TradingStatus {
        instrument: u32,
        phase: Phase,
        reason: PhaseReason,
    },
    PriceBands {
        instrument: u32,
        trades: Option<(i64, i64)>,
        fixed: Option<(i64, i64)>,
    },
    AuctionIndicative {
        instrument: u32,
        price: Option<i64>,
        qty: i64,
        imbalance_side: u8,
        imbalance_qty: i64,
    },
    AuctionResult {
        instrument: u32,
        price: Option<i64>,
        qty: i64,
    },
    AdminAnswer {
        result: AdminResult,
        affected: u32,
    },
}

/// The fields that the reports of an order share; `$cum` and `$avg` where the message has them.
macro_rules! report {
    ($r:expr, $cum:expr, $avg:expr, $status:expr) => {
        Report {
            order_id: $r.order_id.get(),
            exec_id: $r.exec_id.get(),
            cl_ord_id: Text($r.cl_ord_id),
            account: Text($r.account),
            instrument: $r.instrument.get(),
            user: $r.user.get(),
            price: $r.price.get(),
            order_qty: $r.order_qty.get(),
            cum_qty: $cum,
            avg_px: $avg,
            side: $r.side.known().expect("a known side"),
            ord_type: $r.ord_type.known().expect("a known type"),
            time_in_force: $r.time_in_force.known().expect("a known time in force"),
            status: $status,
        }
    };
    ($r:expr) => {
        report!(
            $r,
            $r.cum_qty.get(),
            $r.avg_px.get(),
            $r.ord_status.known().expect("a known status")
        )
    };
}

impl Told {
    /// `None`: an event that is not about orders (sessions, definitions, checksums, status answers).
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let session = event.head.session.get();
        Self::of_report(event, session)
            .or_else(|| Self::of_answer(event, session))
            .or_else(|| Self::of_book(event))
            .or_else(|| Self::of_phase(event))
    }

    fn of_report(event: &Event, session: u32) -> Option<Self> {
        if let Some(r) = event.get::<oe::ExecutionReportNew>() {
            return Some(Self::New {
                session,
                report: report!(r, 0, 0, OrdStatus::New),
                stop_px: r.stop_px.get(),
                display_qty: r.display_qty.get(),
                min_qty: r.min_qty.get(),
                expire_time: r.expire_time.get(),
                conditions: r.conditions.0,
            });
        }
        if let Some(r) = event.get::<oe::ExecutionReportTrade>() {
            return Some(Self::Trade {
                session,
                report: report!(r),
                trade_id: r.trade_id.get(),
                last_px: r.last_px.get(),
                last_qty: r.last_qty.get(),
                leaves_qty: r.leaves_qty.get(),
                aggressor: r.aggressor == 1,
                auction: r.auction == 1,
                fee: r.fee.get(),
            });
        }
        if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
            return Some(Self::Replaced {
                session,
                report: report!(r),
                orig: Text(r.orig_cl_ord_id),
                leaves_qty: r.leaves_qty.get(),
                stop_px: r.stop_px.get(),
                display_qty: r.display_qty.get(),
            });
        }
        let expired = event.get::<oe::ExecutionReportExpired>().map(|r| (*r).into());
        let ended: Option<oe::ExecutionReportCanceled> =
            expired.or(event.get::<oe::ExecutionReportCanceled>().copied());
        if let Some(r) = ended {
            let (orig, cause) = (Text(r.orig_cl_ord_id), r.cause.known().expect("a known cause"));
            return Some(Self::Canceled { session, report: report!(r), orig, cause });
        }
        if let Some(r) = event.get::<oe::ExecutionReportTradeBust>() {
            let (trade_id, exec_ref) = (r.trade_id.get(), r.exec_ref_id.get());
            return Some(Self::Bust { session, report: report!(r), trade_id, exec_ref });
        }
        let r = event.get::<oe::ExecutionReportRestated>()?;
        let (leaves_qty, cause) = (r.leaves_qty.get(), r.cause.known().expect("a known cause"));
        Some(Self::Restated { session, report: report!(r), leaves_qty, cause })
    }

    fn of_answer(event: &Event, session: u32) -> Option<Self> {
        if let Some(r) = event.get::<oe::ExecutionReportRejected>() {
            return Some(Self::Rejected {
                session,
                exec_id: r.exec_id.get(),
                cl_ord_id: Text(r.cl_ord_id),
                account: Text(r.account),
                price: r.price.get(),
                order_qty: r.order_qty.get(),
                terms: [r.side, r.ord_type, r.time_in_force],
                reason: r.reason.known().expect("a known reason"),
            });
        }
        if let Some(r) = event.get::<oe::CancelReject>() {
            return Some(Self::CancelReject {
                session,
                order_id: r.order_id.get(),
                cl_ord_id: Text(r.cl_ord_id),
                orig: Text(r.orig_cl_ord_id),
                status: r.ord_status.known().expect("a known status"),
                response_to: r.response_to.known().expect("a known request"),
                reason: r.reason.known().expect("a known reason"),
            });
        }
        if let Some(r) = event.get::<oe::MassActionReport>() {
            return Some(Self::MassActionReport {
                session,
                cl_ord_id: Text(r.cl_ord_id),
                account: Text(r.account),
                target: r.target.get(),
                instrument: r.instrument.get(),
                affected: r.affected.get(),
                terms: [r.side, r.action.0, r.scope.0],
                reason: r.reason.known().expect("a known reason"),
            });
        }
        if let Some(r) = event.get::<oe::QuoteAck>() {
            let reason = |code| OrdRejReasonCode(code).known();
            return Some(Self::QuoteAck {
                session,
                quote_id: r.quote_id.get(),
                instrument: r.instrument.get(),
                order_ids: [r.bid_order_id.get(), r.offer_order_id.get()],
                reasons: [reason(r.bid_reason), reason(r.offer_reason)],
                withdrawn: r.withdrawn.get(),
                is_last: r.is_last == Boolean::True.into(),
            });
        }
        let m = event.get::<j::AdminAnswer>()?;
        let result = m.result.known().expect("a known result");
        Some(Self::AdminAnswer { result, affected: m.affected.get() })
    }

    fn of_book(event: &Event) -> Option<Self> {
        if let Some(m) = event.get::<md::OrderAdd>() {
            return Some(Self::OrderAdd {
                instrument: m.instrument.get(),
                side: m.side.known().expect("a known side"),
                order_id: m.order_id.get(),
                price: m.price.get(),
                qty: m.qty.get(),
            });
        }
        if let Some(m) = event.get::<md::BookClear>() {
            return Some(Self::BookClear { instrument: m.instrument.get() });
        }
        if let Some(m) = event.get::<md::OrderReduce>() {
            let (instrument, order_id) = (m.instrument.get(), m.order_id.get());
            let side = m.side.known().expect("a known side");
            return Some(Self::OrderReduce { instrument, side, order_id, qty: m.qty.get() });
        }
        if let Some(m) = event.get::<md::OrderDelete>() {
            let (instrument, order_id) = (m.instrument.get(), m.order_id.get());
            let side = m.side.known().expect("a known side");
            return Some(Self::OrderDelete { instrument, side, order_id });
        }
        if let Some(m) = event.get::<md::OrderExecute>() {
            return Some(Self::OrderExecute {
                instrument: m.instrument.get(),
                side: m.side.known().expect("a known side"),
                order_id: m.order_id.get(),
                trade_id: m.trade_id.get(),
                price: m.price.get(),
                qty: m.qty.get(),
                leaves_qty: m.leaves_qty.get(),
            });
        }
        if let Some(m) = event.get::<md::TradeBust>() {
            return Some(Self::PublicBust {
                instrument: m.instrument.get(),
                trade_id: m.trade_id.get(),
                price: m.price.get(),
                qty: m.qty.get(),
                time: m.trade_time.get(),
            });
        }
        let m = event.get::<md::Trade>()?;
        Some(Self::PublicTrade {
            instrument: m.instrument.get(),
            aggressor: m.aggressor,
            trade_id: m.trade_id.get(),
            price: m.price.get(),
            qty: m.qty.get(),
        })
    }

    fn of_phase(event: &Event) -> Option<Self> {
        if let Some(m) = event.get::<md::TradingStatus>() {
            return Some(Self::TradingStatus {
                instrument: m.instrument.get(),
                phase: m.phase.known().expect("a known phase"),
                reason: m.reason.known().expect("a known reason"),
            });
        }
        if let Some(m) = event.get::<md::PriceBands>() {
            let (b, band) = (m.bands, |low: Decimal8Null, high: Decimal8Null| {
                assert_eq!(low.get().is_some(), high.get().is_some());
                low.get().zip(high.get())
            });
            return Some(Self::PriceBands {
                instrument: m.instrument.get(),
                trades: band(b.low, b.high),
                fixed: band(b.static_low, b.static_high),
            });
        }
        if let Some(m) = event.get::<md::AuctionIndicative>() {
            return Some(Self::AuctionIndicative {
                instrument: m.instrument.get(),
                price: m.price.get(),
                qty: m.qty.get(),
                imbalance_side: m.imbalance_side,
                imbalance_qty: m.imbalance_qty.get(),
            });
        }
        let m = event.get::<md::AuctionResult>()?;
        let (instrument, price) = (m.instrument.get(), m.price.get());
        Some(Self::AuctionResult { instrument, price, qty: m.qty.get() })
    }

    /// Kind and reason in two or three words: what a run must have met.
    pub(crate) fn mark(&self) -> String {
        match self {
            Self::New { report, .. } => format!("New {:?}", report.ord_type),
            Self::Trade { auction: true, .. } => "Trade auction".into(),
            Self::Trade { .. } => "Trade".into(),
            Self::Replaced { .. } => "Replaced".into(),
            Self::Canceled { cause, .. } => format!("Canceled {cause:?}"),
            Self::Restated { cause, .. } => format!("Restated {cause:?}"),
            Self::Rejected { reason, .. } => format!("Rejected {reason:?}"),
            Self::CancelReject { reason, .. } => format!("CancelReject {reason:?}"),
            Self::MassActionReport { reason, .. } => format!("MassActionReport {reason:?}"),
            Self::QuoteAck { reasons: [None, None], order_ids, .. } => {
                format!("QuoteAck {:?}", order_ids.map(|id| id != 0))
            }
            Self::QuoteAck { reasons: [Some(reason), _] | [_, Some(reason)], .. } => {
                format!("QuoteAck {reason:?}")
            }
            Self::OrderAdd { .. } => "OrderAdd".into(),
            Self::OrderReduce { .. } => "OrderReduce".into(),
            Self::OrderDelete { .. } => "OrderDelete".into(),
            Self::BookClear { .. } => "BookClear".into(),
            Self::OrderExecute { .. } => "OrderExecute".into(),
            Self::Bust { .. } => "Bust".into(),
            Self::PublicBust { .. } => "PublicBust".into(),
            Self::PublicTrade { aggressor: 0, .. } => "PublicTrade auction".into(),
            Self::PublicTrade { .. } => "PublicTrade".into(),
            Self::TradingStatus { phase, reason, .. } => format!("{phase:?} {reason:?}"),
            Self::PriceBands { fixed: None, .. } => "PriceBands dynamic".into(),
            Self::PriceBands { .. } => "PriceBands".into(),
            Self::AuctionIndicative { price: None, .. } => "AuctionIndicative none".into(),
            Self::AuctionIndicative { .. } => "AuctionIndicative".into(),
            Self::AuctionResult { price: None, .. } => "AuctionResult none".into(),
            Self::AuctionResult { .. } => "AuctionResult".into(),
            Self::AdminAnswer { result, .. } => format!("AdminAnswer {result:?}"),
        }
    }
}

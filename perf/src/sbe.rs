//! A binary client, as small as measuring needs: the same orders and cancels as `fix.rs`, over the client
//! library. Orders go in the short form. A report that is missing or strange ends the run.

use crate::drive::{Heard, Request, Talk};
use crate::mix::{Mix, ONE, STEPS};
use crate::stages::Stamps;
use anyhow::{Context, anyhow, bail, ensure};
use sbe_client::{self as client, Key, Memory, Report, Wants, Width};
use sbe_schemas::header::{Message, fill_text, text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Decimal8, Decimal8Null, Side, TimeInForce};
use std::time::{SystemTime, UNIX_EPOCH};

/// A loop that waits for answers is never silent for so long.
const KEEPALIVE_MS: u32 = 30_000;

/// One session from its Negotiate to its Terminate.
pub(crate) struct Client {
    session: client::Session,
    symbols: Vec<String>,
    /// Numbers of those instruments; 0: not known yet.
    instruments: Vec<u32>,
    mix: Mix,
    /// The first ClOrdID: above those of any earlier run.
    run: u64,
    terminated: bool,
    /// Of the last report that acknowledged an order.
    stamps: Option<Stamps>,
}

impl Client {
    /// Not connected yet. `started`: when, for ClOrdIDs that no earlier run has used. With [`Mix::Trade`] the
    /// lowest bit of a request's number must be its step.
    pub(crate) fn new(
        name: &str,
        key: &str,
        symbols: Vec<String>,
        mix: Mix,
        started: SystemTime,
    ) -> Self {
        let wants = Wants { keepalive_ms: KEEPALIVE_MS, ..Wants::default() };
        let key = Key::Hmac(key.as_bytes().to_vec());
        Self {
            session: client::Session::new(name, key, Width::Narrow, wants, Memory::default()),
            instruments: vec![0; symbols.len()],
            symbols,
            mix,
            run: ns(started),
            terminated: false,
            stamps: None,
        }
    }

    /// Orders may be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.session.is_established() && !self.instruments.contains(&0)
    }

    /// Its Terminate was answered.
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated
    }

    /// A new version of the session.
    pub(crate) fn open(&mut self, out: &mut Vec<u8>) {
        self.session.open(ns(SystemTime::now()), out);
    }

    /// The end.
    pub(crate) fn terminate(&mut self, out: &mut Vec<u8>) {
        self.session.terminate(ns(SystemTime::now()), out);
    }

    /// Says something if it has been silent for long.
    pub(crate) fn on_time(&mut self, out: &mut Vec<u8>) {
        self.session.on_time(ns(SystemTime::now()), out);
    }

    /// What was heard means: `Some`, the number of the request that it answers.
    fn on_heard(&mut self, heard: client::Heard, out: &mut Vec<u8>) -> anyhow::Result<Option<u64>> {
        match heard {
            client::Heard::Established { .. } => {
                let list = oe::InstrumentListRequest::ZERO;
                self.session.send(ns(SystemTime::now()), list, out);
                Ok(None)
            }
            client::Heard::Report(report) => self.on_report(&report),
            client::Heard::Terminated(_) => {
                self.terminated = true;
                Ok(None)
            }
            refused => bail!("the venue refuses the session: {refused:?}"),
        }
    }

    fn on_report(&mut self, report: &Report) -> anyhow::Result<Option<u64>> {
        if let Some(info) = report.get::<oe::InstrumentInfo>() {
            for (symbol, instrument) in self.symbols.iter().zip(&mut self.instruments) {
                if text(&info.symbol) == symbol.as_bytes() {
                    *instrument = info.instrument.get();
                }
                ensure!(info.is_last.0 == 0 || *instrument != 0, "the venue has no {symbol}");
            }
            return Ok(None);
        }
        let trades = self.mix == Mix::Trade;
        let trade = report.get::<oe::ExecutionReportTrade>().filter(|_| trades);
        let name = if let Some(trade) = trade {
            text(&trade.cl_ord_id)
        } else if let Some(new) = report.get::<oe::ExecutionReportNew>() {
            let (received, engine) = (report.head.received.get(), report.head.time.get());
            self.stamps = Some(Stamps { received, engine });
            text(&new.cl_ord_id)
        } else if let Some(canceled) = report.get::<oe::ExecutionReportCanceled>() {
            text(&canceled.cl_ord_id).strip_suffix(b"c").unwrap_or_default()
        } else if let Some(rejected) = report.get::<oe::BusinessReject>() {
            ensure!(
                rejected.throttled == 0,
                "too many messages (fix: raise rate_soft and rate_hard in [fix] of the venue, or --depth 1)"
            );
            bail!("a request was refused: {rejected}");
        } else {
            bail!("an unexpected report: {}", report.name());
        };
        let digits = std::str::from_utf8(name).ok().and_then(|digits| digits.parse::<u64>().ok());
        let number = digits.and_then(|number| number.checked_sub(self.run));
        let number = number.context("a report of a strange ClOrdID")?;
        // The order that rests is answered by its ack, the one that trades by its execution.
        let answers = !trades || trade.is_some() == (number % 2 == 1);
        Ok(answers.then_some(number))
    }
}

impl Talk for Client {
    const STEPS: usize = STEPS;

    fn ask(&mut self, request: &Request, out: &mut Vec<u8>) -> anyhow::Result<()> {
        let &Request { number, previous, round, step } = request;
        let act = self.mix.act(round, step, self.symbols.len());
        let instrument = self.instruments.get(act.instrument).copied().unwrap_or_default().into();
        let side = if act.is_buyer { Side::Buy } else { Side::Sell };
        let now = ns(SystemTime::now());
        if !act.cancels {
            let order = oe::NewOrderShort {
                cl_ord_id: (self.run + number).into(),
                price: Decimal8Null::new(Some(act.price)),
                order_qty: Decimal8::new(ONE),
                instrument,
                side: side.into(),
                time_in_force: TimeInForce::Day.into(),
                ..oe::NewOrderShort::ZERO
            };
            self.session.send(now, order, out);
            return Ok(());
        }
        let mut name = Name::default();
        let cancel = oe::Cancel {
            cl_ord_id: name.write(self.run + number, "c"),
            orig_cl_ord_id: name.write(self.run + previous, ""),
            instrument,
            side: side.into(),
            ..oe::Cancel::ZERO
        };
        self.session.send(now, cancel, out);
        Ok(())
    }

    fn stamps(&self) -> Option<Stamps> {
        self.stamps
    }

    fn hear(&mut self, received: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard> {
        let now = ns(SystemTime::now());
        let heard = self.session.on_bytes(now, received, out).map_err(|what| anyhow!(what))?;
        Ok(match heard {
            (0, None) => Heard::Incomplete,
            (bytes, None) => Heard::Aside { bytes },
            (bytes, Some(heard)) => match self.on_heard(heard, out)? {
                Some(number) => Heard::Answer { number, bytes },
                None => Heard::Aside { bytes },
            },
        })
    }
}

/// Room for a ClOrdID.
#[derive(Default)]
struct Name(Vec<u8>);

impl Name {
    fn write(&mut self, number: u64, suffix: &str) -> [u8; 36] {
        use std::io::Write;
        self.0.clear();
        let written = write!(self.0, "{number}{suffix}");
        assert!(written.is_ok(), "memory takes what is written");
        fill_text(&self.0).expect("20 digits and a letter fit")
    }
}

fn ns(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

//! A FIX 4.4 client, as small as measuring needs: it logs on with fresh numbers, asks, and checks
//! every answer field by field. It never asks for a resend: a gap here is a lost message, and a run
//! with a lost message is no measurement.
//!
//! Bytes in, bytes out; the line is `latency.rs`'s. Source: FIX 4.4 vol. 2 (session), vol. 4
//! (NewOrderSingle, OrderCancelRequest, ExecutionReport).

use crate::drive::{Heard, Request, Talk};
use crate::mix::{BID, Mix, OFFER, ONE, STEPS};
use anyhow::{Context, bail, ensure};
use gateway::fix::fields::{Fields, Scanner};
use gateway::fix::frame::{Frame, next};
use gateway::fix::tables::{msg_type, tag};
use gateway::fix::time::Precision;
use gateway::fix::write::Writer;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longest message taken or written.
const MESSAGE_BYTES_MAX: usize = 1024;
/// HeartBtInt (108). A loop that waits for answers is never silent for so long.
const HEARTBEAT_S: u64 = 30;
/// Ends the ClOrdID of an order. An ack with another ExecType than its request asks for is never taken for it.
const ORDER: &str = "n";
/// Ends the ClOrdID of a cancel.
const CANCEL: &str = "c";

/// Who talks to whom, about what.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// SenderCompID (49), also Username (553).
    pub(crate) session: String,
    /// Password (554).
    pub(crate) password: String,
    /// TargetCompID (56).
    pub(crate) venue: String,
    /// Symbols (55) of the instruments it uses.
    pub(crate) symbols: Vec<String>,
    /// What it asks for. With [`Mix::Trade`] the lowest bit of a request's number must be its step.
    pub(crate) mix: Mix,
}

/// One session from its first Logon to its Logout.
pub(crate) struct Client {
    scanner: Scanner,
    session: Session,
}

/// All but the table that messages are scanned into, which is lent out while fields are looked at.
struct Session {
    identity: Identity,
    next_out: u64,
    next_in: u64,
    /// Start of every ClOrdID (11): unlike that of any other run.
    run: String,
    logged_on: bool,
    logged_out: bool,
}

impl Client {
    /// Not logged on yet. `started`: when, for ClOrdIDs that no earlier run has used.
    pub(crate) fn new(identity: Identity, started: SystemTime) -> Self {
        let run = format!("{:x}-", since_1970(started).as_micros());
        let session =
            Session { identity, next_out: 1, next_in: 1, run, logged_on: false, logged_out: false };
        Self { scanner: Scanner::new(), session }
    }

    /// The Logon was answered.
    pub(crate) fn is_logged_on(&self) -> bool {
        self.session.logged_on
    }

    /// The Logout was answered.
    pub(crate) fn is_logged_out(&self) -> bool {
        self.session.logged_out
    }

    /// Logon with numbers that begin again.
    pub(crate) fn logon(&mut self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        self.session.say(msg_type::LOGON, out, |w, identity, _| {
            w.uint(tag::ENCRYPT_METHOD, 0);
            w.uint(tag::HEART_BT_INT, HEARTBEAT_S);
            w.bool(tag::RESET_SEQ_NUM_FLAG, true);
            w.text(tag::USERNAME, identity.session.as_bytes());
            w.text(tag::PASSWORD, identity.password.as_bytes());
        })
    }

    /// Logout.
    pub(crate) fn logout(&mut self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        self.session.say(msg_type::LOGOUT, out, |_, _, _| {})
    }
}

impl Talk for Client {
    const STEPS: usize = STEPS;

    fn ask(&mut self, request: &Request, out: &mut Vec<u8>) -> anyhow::Result<()> {
        let &Request { number, previous, round, step } = request;
        let Identity { symbols, mix, .. } = &self.session.identity;
        let act = mix.act(round, step, symbols.len());
        let (mut id, mut original) = ([0; 36], [0; 36]);
        let (kind, suffix) = match act.cancels {
            false => (msg_type::NEW_ORDER_SINGLE, ORDER),
            true => (msg_type::ORDER_CANCEL_REQUEST, CANCEL),
        };
        let id = cl_ord_id(&mut id, &self.session.run, number, suffix);
        let original = cl_ord_id(&mut original, &self.session.run, previous, ORDER);
        self.session.say(kind, out, |w, identity, now| {
            w.text(tag::CL_ORD_ID, id);
            if act.cancels {
                w.text(tag::ORIG_CL_ORD_ID, original);
            }
            let symbol = identity.symbols.get(act.instrument).map(String::as_bytes);
            w.text(tag::SYMBOL, symbol.unwrap_or_default());
            w.char(tag::SIDE, if act.is_buyer { b'1' } else { b'2' });
            w.timestamp(tag::TRANSACT_TIME, now, Precision::Millis);
            w.decimal(tag::ORDER_QTY, ONE);
            if !act.cancels {
                w.char(tag::ORD_TYPE, b'2');
                w.decimal(tag::PRICE, act.price);
                w.char(tag::TIME_IN_FORCE, b'0');
            }
        })
    }

    fn hear(&mut self, received: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard> {
        let (body, bytes) = match next(received, MESSAGE_BYTES_MAX) {
            Frame::Message { body, len } => (body, len),
            Frame::Incomplete { .. } => return Ok(Heard::Incomplete),
            other => bail!("what came is no FIX message: {other:?}"),
        };
        Ok(match self.session.on_fields(&self.scanner.scan(body), out)? {
            Some(number) => Heard::Answer { number, bytes },
            None => Heard::Aside { bytes },
        })
    }
}

impl Session {
    /// Appends one message; `fields` writes what is between header and trailer, given the time.
    fn say(
        &mut self,
        kind: &[u8],
        out: &mut Vec<u8>,
        fields: impl FnOnce(&mut Writer<'_>, &Identity, u64),
    ) -> anyhow::Result<()> {
        let now = u64::try_from(since_1970(SystemTime::now()).as_nanos()).unwrap_or(u64::MAX);
        let mut buffer = [0; MESSAGE_BYTES_MAX];
        let mut w = Writer::begin(&mut buffer, kind);
        w.text(tag::SENDER_COMP_ID, self.identity.session.as_bytes());
        w.text(tag::TARGET_COMP_ID, self.identity.venue.as_bytes());
        w.uint(tag::MSG_SEQ_NUM, self.next_out);
        w.timestamp(tag::SENDING_TIME, now, Precision::Millis);
        fields(&mut w, &self.identity, now);
        let message = w.finish().ok().context("names, symbol or password are too long")?;
        out.extend_from_slice(message);
        self.next_out += 1;
        Ok(())
    }

    /// What a message means: `Some`, the number of the request that it answers.
    fn on_fields(&mut self, fields: &Fields<'_>, out: &mut Vec<u8>) -> anyhow::Result<Option<u64>> {
        let kind = fields.get(tag::MSG_TYPE).unwrap_or_default();
        if kind == msg_type::LOGOUT && self.next_in == 1 {
            bail!("the venue refuses the Logon of {}: {}", self.identity.session, words(fields));
        }
        let number: u64 = parsed(fields, tag::MSG_SEQ_NUM)?;
        ensure!(
            number == self.next_in,
            "MsgSeqNum is {number} and {} was due: a message is lost or came twice",
            self.next_in
        );
        self.next_in += 1;
        match kind {
            msg_type::EXECUTION_REPORT => return self.on_report(fields),
            msg_type::HEARTBEAT => {}
            msg_type::TEST_REQUEST => {
                let id = fields.get(tag::TEST_REQ_ID).unwrap_or_default();
                self.say(msg_type::HEARTBEAT, out, |w, _, _| w.text(tag::TEST_REQ_ID, id))?;
            }
            msg_type::LOGON => self.logged_on = true,
            msg_type::LOGOUT if self.next_out > 2 && fields.get(tag::TEXT).is_none() => {
                self.logged_out = true;
            }
            _ => bail!(
                "an unexpected message (MsgType {}): {}",
                String::from_utf8_lossy(kind),
                words(fields)
            ),
        }
        Ok(None)
    }

    /// The number of the request that an ExecutionReport answers; `None`: it is about one answered already,
    /// or not yet.
    fn on_report(&self, fields: &Fields<'_>) -> anyhow::Result<Option<u64>> {
        let trades = self.identity.mix == Mix::Trade;
        let exec_type = fields.get(tag::EXEC_TYPE).unwrap_or_default();
        let suffix = match exec_type {
            b"0" => ORDER,
            b"4" => CANCEL,
            b"F" if trades => ORDER,
            b"8" => bail!("an order was rejected: {}", words(fields)),
            b"F" => bail!(
                "an order traded: somebody else's orders lie between {} and {} {}. Measure with --symbol \
                 of an empty book",
                BID / ONE,
                OFFER / ONE,
                self.identity.symbols.join(" ")
            ),
            other => {
                bail!(
                    "an unexpected ExecType {}: {}",
                    String::from_utf8_lossy(other),
                    words(fields)
                )
            }
        };
        let id = fields.get(tag::CL_ORD_ID).and_then(|id| std::str::from_utf8(id).ok());
        let number: Option<u64> = id
            .and_then(|id| id.strip_prefix(self.run.as_str())?.strip_suffix(suffix))
            .and_then(|digits| digits.parse().ok());
        let number = number.with_context(|| {
            format!("an ExecutionReport of a strange ClOrdID {}", id.unwrap_or("(none)"))
        })?;
        // The order that rests is answered by its ack, the one that trades by its execution.
        let answers = !trades || (exec_type == b"F") == (number % 2 == 1);
        Ok(answers.then_some(number))
    }
}

/// `run`, the number and what kind it is: at most 36 bytes for numbers below 10^20.
fn cl_ord_id<'b>(buffer: &'b mut [u8; 36], run: &str, number: u64, suffix: &str) -> &'b [u8] {
    use std::io::Write;
    let mut rest = &mut buffer[..];
    let written = write!(rest, "{run}{number}{suffix}");
    assert!(written.is_ok(), "14 + 20 + 1 bytes fit");
    let left = rest.len();
    buffer.get(..36 - left).unwrap_or_default()
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn parsed(fields: &Fields<'_>, tag: u16) -> anyhow::Result<u64> {
    let text = fields.get(tag).and_then(|value| std::str::from_utf8(value).ok());
    let number = text.and_then(|text| text.parse().ok());
    number.with_context(|| format!("a message without a number in tag {tag}"))
}

/// Text (58) of a message that says no, or what stands for it.
fn words(fields: &Fields<'_>) -> String {
    let text = String::from_utf8_lossy(fields.get(tag::TEXT).unwrap_or(b"without a reason"));
    if text.contains("too many messages") {
        return format!(
            "{text} (fix: raise rate_soft and rate_hard in [fix] of the venue, or --depth 1)"
        );
    }
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        let identity = Identity {
            session: "CLIENT1".into(),
            password: "client1".into(),
            venue: "PORTCULLIS".into(),
            symbols: vec!["ACME".into()],
            mix: Mix::OrderCancel,
        };
        Client::new(identity, UNIX_EPOCH + Duration::from_micros(0xabc))
    }

    fn asked(client: &mut Client, step: usize) -> String {
        let mut out = Vec::new();
        let request = Request { number: 70 + step as u64, previous: 70, round: 3, step };
        client.ask(&request, &mut out).unwrap();
        String::from_utf8(out).unwrap().replace('\x01', "|")
    }

    /// What the client makes of a message of the venue with this number.
    fn heard(
        client: &mut Client,
        kind: &str,
        number: u64,
        fields: &[(u16, &str)],
    ) -> Result<Heard, String> {
        let mut buffer = [0; MESSAGE_BYTES_MAX];
        let mut w = Writer::begin(&mut buffer, kind.as_bytes());
        w.uint(tag::MSG_SEQ_NUM, number);
        fields.iter().for_each(|(tag, value)| w.text(*tag, value.as_bytes()));
        let message = w.finish().unwrap().to_vec();
        let mut out = Vec::new();
        client.hear(&message, &mut out).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn an_order_and_its_cancel_name_the_same_order() {
        let mut client = client();
        let order = asked(&mut client, 0);
        assert!(order.contains("|35=D|49=CLIENT1|56=PORTCULLIS|34=1|"), "{order}");
        assert!(order.contains("|11=abc-70n|55=ACME|54=2|"), "{order}");
        assert!(order.contains("|38=1|40=2|44=201|59=0|"), "{order}");
        let cancel = asked(&mut client, 1);
        assert!(cancel.contains("|11=abc-71c|41=abc-70n|55=ACME|54=2|"), "{cancel}");
    }

    #[test]
    fn requests_are_about_as_long_as_those_of_the_floor() {
        let length = asked(&mut client(), 0).len();
        assert!(length.abs_diff(crate::floor::REQUEST_BYTES) < 50, "{length}");
    }

    #[test]
    fn acks_are_answers_and_heartbeats_are_not() {
        let mut client = client();
        let ack = heard(&mut client, "8", 1, &[(11, "abc-70n"), (150, "0")]).unwrap();
        assert!(matches!(ack, Heard::Answer { number: 70, .. }), "{ack:?}");
        let cancelled = heard(&mut client, "8", 2, &[(11, "abc-71c"), (150, "4")]).unwrap();
        assert!(matches!(cancelled, Heard::Answer { number: 71, .. }), "{cancelled:?}");
        let heartbeat = heard(&mut client, "0", 3, &[]).unwrap();
        assert!(matches!(heartbeat, Heard::Aside { .. }), "{heartbeat:?}");
    }

    #[test]
    fn of_orders_that_trade_the_first_waits_for_its_ack_and_the_second_for_its_execution() {
        let mut client = client();
        client.session.identity.mix = Mix::Trade;
        let buy = asked(&mut client, 1);
        assert!(buy.contains("35=D|") && buy.contains("|11=abc-71n|") && buy.contains("|54=1|"));
        for (number, kind, id, answers) in [
            (1, "0", "abc-70n", true),
            (2, "0", "abc-71n", false),
            (3, "F", "abc-70n", false),
            (4, "F", "abc-71n", true),
        ] {
            let told = heard(&mut client, "8", number, &[(11, id), (150, kind)]).unwrap();
            assert_eq!(matches!(told, Heard::Answer { .. }), answers, "{kind} {id}");
        }
    }

    #[test]
    fn a_test_request_is_answered_with_its_own_words() {
        let mut client = client();
        let mut buffer = [0; 256];
        let mut w = Writer::begin(&mut buffer, b"1");
        w.uint(tag::MSG_SEQ_NUM, 1);
        w.text(tag::TEST_REQ_ID, b"there?");
        let message = w.finish().unwrap().to_vec();
        let mut out = Vec::new();
        client.hear(&message, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("35=0\x01") && out.contains("112=there?\x01"), "{out}");
    }

    #[test]
    fn whatever_else_comes_ends_the_run_with_its_reason() {
        for (kind, number, fields, reason) in [
            ("8", 1, &[(150, "8"), (58, "too dear")][..], "an order was rejected: too dear"),
            ("8", 1, &[(11, "abc-70n"), (150, "F")], "an order traded"),
            ("8", 1, &[(11, "abc-70n"), (150, "4")], "strange ClOrdID abc-70n"),
            ("8", 1, &[(11, "else-70n"), (150, "0")], "strange ClOrdID else-70n"),
            ("8", 2, &[(11, "abc-70n"), (150, "0")], "2 and 1 was due"),
            ("9", 1, &[(58, "unknown order")], "MsgType 9): unknown order"),
            ("3", 1, &[(58, "bad tag")], "MsgType 3): bad tag"),
            ("5", 1, &[(58, "wrong password")], "refuses the Logon of CLIENT1: wrong password"),
        ] {
            let told = heard(&mut client(), kind, number, fields).unwrap_err();
            assert!(told.contains(reason), "{told}");
        }
    }

    #[test]
    fn part_of_a_message_waits_for_the_rest() {
        let mut out = Vec::new();
        assert_eq!(client().hear(b"8=FIX.4.4\x019=1", &mut out).unwrap(), Heard::Incomplete);
        assert!(client().hear(b"GET / HTTP/1.1\r\n\r\n", &mut out).is_err());
    }
}

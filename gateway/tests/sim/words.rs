//! Binary reports as one reads them: in the tags of FIX, so that one check judges both, and at the end all
//! bytes of the message.

use gateway::fix::decimal::Printed;
use sbe_schemas::header::{Message, MessageHeader, text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Boolean, Decimal8, EventFlags, ReportHead};
use std::fmt::{Display, Write};
use zerocopy::FromBytes;

/// By instrument.
const SYMBOLS: [&str; 3] = ["", "ACME", "BTC-USD"];

/// Head and words of a report, SBE header first; `None`: it is none.
pub fn of_report(message: &[u8]) -> Option<(ReportHead, String)> {
    let (header, block) = MessageHeader::ref_from_prefix(message).ok()?;
    let template = header.template_id.get();
    if template < oe::ExecutionReportNew::TEMPLATE_ID {
        return None;
    }
    assert_eq!(header.schema_id.get(), oe::SCHEMA_ID);
    assert_eq!(usize::from(header.block_length.get()), block.len(), "a block and no more");
    let (head, body) = ReportHead::read_from_prefix(block).expect("every report has a head");
    let mut words = Words(String::from("|"));
    words.say("34", head.msg_seq_num);
    words.report(template, body);
    if head.flags.has(EventFlags::POSS_RESEND) {
        words.say("97", "Y");
    }
    let bytes: String = message.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all");
        text
    });
    words.say("bytes", bytes);
    Some((head, words.0))
}

struct Words(String);

fn read<M: Message>(body: &[u8]) -> &M {
    M::ref_from_bytes(body).expect("as long as its template")
}

impl Words {
    fn say(&mut self, tag: &str, value: impl Display) {
        write!(self.0, "{tag}={value}|").expect("a String takes all");
    }

    fn units(&mut self, tag: &str, value: Decimal8) {
        let printed = Printed::decimal(value.get());
        self.say(tag, std::str::from_utf8(printed.as_bytes()).expect("digits"));
    }

    fn execution(&mut self, kind: char, exec_id: u64, name: &[u8; 36]) {
        self.say("35", 8);
        self.say("150", kind);
        self.say("17", exec_id);
        self.say("11", String::from_utf8_lossy(text(name)));
    }

    /// Filled, open, all of it.
    fn quantities(&mut self, cum: Decimal8, leaves: Decimal8, all: Decimal8) {
        self.units("14", cum);
        self.units("151", leaves);
        self.units("38", all);
    }

    fn report(&mut self, template: u16, body: &[u8]) {
        match template {
            oe::ExecutionReportNew::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportNew>(body);
                self.execution('0', m.exec_id.get(), &m.cl_ord_id);
                self.units("38", m.order_qty);
            }
            oe::ExecutionReportTrade::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportTrade>(body);
                self.execution('F', m.exec_id.get(), &m.cl_ord_id);
                self.quantities(m.cum_qty, m.leaves_qty, m.order_qty);
                self.say("527", m.trade_id);
                self.units("32", m.last_qty);
                self.say("54", m.side.0);
                self.say("55", SYMBOLS[m.instrument.get() as usize]);
            }
            oe::ExecutionReportReplaced::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportReplaced>(body);
                self.execution('5', m.exec_id.get(), &m.cl_ord_id);
                self.quantities(m.cum_qty, m.leaves_qty, m.order_qty);
            }
            oe::ExecutionReportCanceled::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportCanceled>(body);
                self.execution('4', m.exec_id.get(), &m.cl_ord_id);
                self.quantities(m.cum_qty, Decimal8::new(0), m.order_qty);
            }
            oe::ExecutionReportExpired::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportExpired>(body);
                self.execution('C', m.exec_id.get(), &m.cl_ord_id);
                self.quantities(m.cum_qty, Decimal8::new(0), m.order_qty);
            }
            oe::ExecutionReportRejected::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportRejected>(body);
                self.execution('8', m.exec_id.get(), &m.cl_ord_id);
            }
            oe::ExecutionReportStatus::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportStatus>(body);
                self.execution('I', 0, &m.cl_ord_id);
                self.quantities(m.cum_qty, m.leaves_qty, m.order_qty);
                self.request(&m.mass_status_req_id, m.is_last == Boolean::True.code());
            }
            oe::ExecutionReportRestated::TEMPLATE_ID => {
                let m = read::<oe::ExecutionReportRestated>(body);
                self.execution('D', m.exec_id.get(), &m.cl_ord_id);
                self.quantities(m.cum_qty, m.leaves_qty, m.order_qty);
            }
            _ => self.other(template, body),
        }
    }

    /// The request that a list is the answer to, and whether that is all.
    fn request(&mut self, name: &[u8; 36], is_last: bool) {
        if !text(name).is_empty() {
            self.say("584", String::from_utf8_lossy(text(name)));
            self.say("912", if is_last { 'Y' } else { 'N' });
        }
    }

    fn other(&mut self, template: u16, body: &[u8]) {
        self.say("35", oe::name(template).expect("a template of the schema"));
        match template {
            oe::CancelReject::TEMPLATE_ID => {
                let m = read::<oe::CancelReject>(body);
                self.say("11", String::from_utf8_lossy(text(&m.cl_ord_id)));
            }
            oe::MassActionReport::TEMPLATE_ID => {
                let m = read::<oe::MassActionReport>(body);
                self.say("11", String::from_utf8_lossy(text(&m.cl_ord_id)));
            }
            oe::StatusUnknownOrder::TEMPLATE_ID => {
                let m = read::<oe::StatusUnknownOrder>(body);
                self.say("11", String::from_utf8_lossy(text(&m.cl_ord_id)));
                self.request(&m.mass_status_req_id, true);
            }
            oe::InstrumentInfo::TEMPLATE_ID => {
                let m = read::<oe::InstrumentInfo>(body);
                if m.is_last.known() == Some(Boolean::True) {
                    self.say("320", m.request_id);
                }
            }
            oe::QuoteAck::TEMPLATE_ID => {
                let m = read::<oe::QuoteAck>(body);
                if m.is_last.known() == Some(Boolean::True) {
                    self.say("117", m.quote_id);
                }
            }
            oe::BusinessReject::TEMPLATE_ID => {
                let m = read::<oe::BusinessReject>(body);
                self.say("45", m.ref_seq_num);
                self.say("380", m.reason);
            }
            oe::NotApplied::TEMPLATE_ID => {
                let m = read::<oe::NotApplied>(body);
                self.say("7", m.from_seq_no);
                self.say("16", m.from_seq_no.get() + m.count.get() - 1);
            }
            _ => panic!("template {template} has no words"),
        }
    }
}

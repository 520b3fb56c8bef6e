//! Binary input for the properties: frames as clients send them, and everything that can be done to them.
//!
//! A frame begins as a message of the schema with plausible values. Its fields are given others, its header
//! says another length, version, schema or template, its block is cut or goes on, its frame lies, and frames
//! are joined and cut. Everything comes from the seed.

use crate::properties::sbe::{framed, message};
use crate::properties::{Draw, NOW_NS};
use gateway::sbe::frame::Width;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Conditions, Decimal8, Decimal8Null, RequestHead};

const UNIT: i64 = 100_000_000;
/// Numbers that someone reads in another way.
const NUMBERS: [u64; 12] = [
    0,
    1,
    2,
    255,
    256,
    65_535,
    1_000_001,
    u32::MAX as u64,
    1 << 63,
    (1 << 63) - 1,
    u64::MAX - 1,
    u64::MAX,
];
/// One of the schema is drawn as often as all of these.
const ODD_TEMPLATES: [u16; 12] = [0, 1, 2, 4, 5, 9, 12, 13, 19, 28, 40, 65_535];

/// A stream of bytes.
pub struct Stream {
    pub width: Width,
    pub bytes: Vec<u8>,
    /// If no length in it lies: the frames that it has.
    pub frames: Option<usize>,
}

pub struct Generator {
    draw: Draw,
    number: u64,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { draw: Draw(seed), number: 1 }
    }

    fn hits(&mut self, percent: usize) -> bool {
        self.draw.below(100) < percent
    }

    pub fn stream(&mut self) -> Stream {
        let width = if self.hits(50) { Width::Narrow } else { Width::Wide };
        // A third of the streams is what honest clients send, or nearly so.
        let honest = self.hits(33);
        let count = 1 + self.draw.below(24);
        let (mut bytes, mut lies) = (Vec::new(), false);
        for _ in 0..count {
            let mut message = self.message();
            if self.hits(if honest { 4 } else { 40 }) {
                self.change(&mut message);
            }
            let mut frame = framed(&message, width);
            if !honest && self.hits(4) {
                lies = true;
                self.lie(&mut frame);
            }
            bytes.extend(frame);
        }
        if !honest && self.hits(15) {
            lies = true;
            bytes.truncate(self.draw.below(bytes.len()));
        }
        Stream { width, bytes, frames: (!lies).then_some(count) }
    }

    /// A message of the schema.
    fn message(&mut self) -> Vec<u8> {
        match self.draw.below(40) {
            0..=13 => message(&self.new_order()),
            14..=19 => message(&self.short()),
            20..=23 => message(&oe::CancelReplace {
                head: self.head(),
                cl_ord_id: self.name(),
                orig_cl_ord_id: self.name(),
                instrument: 1.into(),
                side: self.new_order().side,
                ord_type: self.new_order().ord_type,
                time_in_force: self.new_order().time_in_force,
                price: self.price(),
                order_qty: self.quantity(),
                stop_px: none(),
                display_qty: none(),
                ..oe::CancelReplace::ZERO
            }),
            24..=27 => message(&oe::Cancel {
                head: self.head(),
                cl_ord_id: self.name(),
                orig_cl_ord_id: self.name(),
                order_id: [0, 0, 0, 1][self.draw.below(4)].into(),
                instrument: 1.into(),
                side: self.new_order().side,
            }),
            28 | 29 => {
                let mut action = message(&oe::MassAction {
                    head: self.head(),
                    cl_ord_id: self.name(),
                    ..oe::MassAction::ZERO
                });
                let end = action.len();
                // Side, action, scope.
                let (side, what, scope) =
                    (self.draw.below(3), 1 + self.draw.below(4), 1 + self.draw.below(5));
                action[end - 3..].copy_from_slice(&[side as u8, what as u8, scope as u8]);
                action
            }
            30 => message(&oe::OrderStatusRequest {
                head: self.head(),
                cl_ord_id: self.name(),
                instrument: 1.into(),
                side: self.new_order().side,
                ..oe::OrderStatusRequest::ZERO
            }),
            31 => message(&oe::MassStatusRequest {
                head: self.head(),
                mass_status_req_id: self.name(),
                instrument: (self.draw.below(3) as u32).into(),
            }),
            32 => message(&oe::InstrumentListRequest {
                head: self.head(),
                request_id: 7.into(),
                instrument: (self.draw.below(3) as u32).into(),
            }),
            33 => self.mass_quote(),
            34 => message(&oe::QuoteCancel {
                head: self.head(),
                quote_id: self.number.into(),
                instrument: (self.draw.below(3) as u32).into(),
            }),
            35 => message(&oe::Sequence {
                next_seq_no: (self.number + [0, 0, 0, 1, 3][self.draw.below(5)]).into(),
                ..oe::Sequence::ZERO
            }),
            36 | 37 => message(&oe::RetransmitRequest {
                timestamp: NOW_NS.into(),
                from_seq_no: (self.draw.below(12) as u64).into(),
                count: (self.draw.below(12) as u32).into(),
            }),
            38 if self.hits(30) => {
                message(&oe::FinishedSending { last_seq_no: (self.number - 1).into() })
            }
            39 if self.hits(20) => message(&oe::Terminate::ZERO),
            _ => message(&self.short()),
        }
    }

    /// Mostly the next number.
    fn head(&mut self) -> RequestHead {
        let number = match self.draw.below(16) {
            0 => 1 + self.draw.below(self.number as usize) as u64,
            1 => self.number + 1 + self.draw.below(5) as u64,
            2 if self.hits(5) => NUMBERS[self.draw.below(NUMBERS.len())],
            _ => self.number,
        };
        if number < self.number + 10 {
            self.number = self.number.max(number + 1);
        }
        RequestHead { msg_seq_num: number.into(), sending_time: NOW_NS.into() }
    }

    fn name(&mut self) -> [u8; 36] {
        let name = format!("N{}", self.draw.below(40));
        fill_text(name.as_bytes()).expect("short")
    }

    fn price(&mut self) -> Decimal8Null {
        Decimal8Null::new(Some(10 * UNIT + self.draw.below(10) as i64 * UNIT / 100))
    }

    fn quantity(&mut self) -> Decimal8 {
        Decimal8::new((1 + self.draw.below(9)) as i64 * UNIT)
    }

    fn new_order(&mut self) -> oe::NewOrder {
        use sbe_schemas::types::{OrdType, SelfTrade, Side, TimeInForce};
        let mut order = oe::NewOrder {
            head: self.head(),
            cl_ord_id: self.name(),
            instrument: 1.into(),
            side: Side::ALL[self.draw.below(2)].into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::GoodTillCancel.into(),
            self_trade: SelfTrade::SessionDefault.into(),
            price: self.price(),
            order_qty: self.quantity(),
            stop_px: none(),
            display_qty: none(),
            min_qty: none(),
            ..oe::NewOrder::ZERO
        };
        match self.draw.below(12) {
            0 => order.display_qty = Decimal8Null::new(Some(UNIT)),
            1 => order.conditions = Conditions(self.draw.roll() as u8),
            2 => (order.ord_type, order.stop_px) = (OrdType::StopLimit.into(), order.price),
            3 => order.ord_type = OrdType::ALL[self.draw.below(OrdType::ALL.len())].into(),
            4 => {
                let tif = TimeInForce::ALL[self.draw.below(TimeInForce::ALL.len())];
                order.time_in_force = tif.into();
            }
            5 => order.self_trade = SelfTrade::ALL[self.draw.below(SelfTrade::ALL.len())].into(),
            6 => order.min_qty = Decimal8Null::new(Some(2 * UNIT)),
            _ => {}
        }
        order
    }

    /// None to 17 entries, where 1 to 16 are taken.
    fn mass_quote(&mut self) -> Vec<u8> {
        let entries = [0, 1, 1, 2, 3, 16, 17][self.draw.below(7)];
        let mut out = vec![0; 1024];
        let block = oe::MassQuote {
            head: self.head(),
            quote_id: self.number.into(),
            ..oe::MassQuote::ZERO
        };
        let quotes = (0..entries).map(|_| {
            let (bid, offer) = (self.new_order(), self.new_order());
            oe::MassQuoteQuotes {
                instrument: (self.draw.below(3) as u32).into(),
                bid_price: bid.price,
                bid_qty: bid.order_qty,
                offer_price: offer.price,
                offer_qty: offer.order_qty,
            }
        });
        let quotes: Vec<_> = quotes.collect();
        let encoder = oe::MassQuoteEncoder::new(&mut out).block(&block);
        let written = encoder.quotes(&quotes, |out, quote| out.block(quote)).finish();
        out.truncate(written.expect("room for 17"));
        out
    }

    fn short(&mut self) -> oe::NewOrderShort {
        let like = self.new_order();
        oe::NewOrderShort {
            head: like.head,
            cl_ord_id: (self.draw.below(1000) as u64).into(),
            price: like.price,
            order_qty: like.order_qty,
            instrument: 1.into(),
            side: like.side,
            time_in_force: like.time_in_force,
            conditions: Conditions::EMPTY,
        }
    }

    /// Something is other than it should be; the frame around it will not lie.
    fn change(&mut self, message: &mut Vec<u8>) {
        match self.draw.below(12) {
            0 => self.put(message, 0, 2), // The length of the block.
            1 => {
                let template = ODD_TEMPLATES[self.draw.below(ODD_TEMPLATES.len())];
                message[2..4].copy_from_slice(&template.to_le_bytes());
            }
            2 => message[2..4].copy_from_slice(&(self.draw.below(60) as u16).to_le_bytes()),
            3 => self.put(message, 4, 2), // The schema.
            4 => self.put(message, 6, 2), // The version.
            5 => message.truncate(8 + self.draw.below(message.len() - 8)),
            6 => self.grow(message),
            7 => {
                let at = self.draw.below(message.len());
                message[at] ^= 1 << self.draw.below(8);
            }
            8 => {
                // Text that is none: without a name, with a space, with something behind its end.
                let at = 24 + self.draw.below(36);
                let byte = [0, b' ', 0xE9, b'x'][self.draw.below(4)];
                if let Some(place) = message.get_mut(at) {
                    *place = byte;
                }
            }
            _ => {
                let bytes = [1, 4, 8][self.draw.below(3)];
                let at = 8 + self.draw.below(message.len() - 8);
                self.put(message, at, bytes);
            }
        }
    }

    /// As a later version would: a longer block that says so; or one that does not, or groups behind it.
    fn grow(&mut self, message: &mut Vec<u8>) {
        let more = 1 + self.draw.below(16);
        message.extend(std::iter::repeat_n(0xAA, more));
        if self.hits(70) {
            let length = message.len() as u16 - 8;
            message[..2].copy_from_slice(&length.to_le_bytes());
        }
        if self.hits(70) {
            message[6..8].copy_from_slice(&(1 + self.draw.below(999) as u16).to_le_bytes());
        }
    }

    fn put(&mut self, message: &mut [u8], at: usize, bytes: usize) {
        let value = NUMBERS[self.draw.below(NUMBERS.len())].to_le_bytes();
        for (place, byte) in message.iter_mut().skip(at).take(bytes).zip(value) {
            *place = byte;
        }
    }

    /// A length or an encoding that is not true, or bytes that are no frame.
    fn lie(&mut self, frame: &mut Vec<u8>) {
        match self.draw.below(5) {
            0 => self.put(frame, 0, 2),
            1 => {
                let by = [1, 2, 12, 64, 255][self.draw.below(5)];
                frame[0] = frame[0].wrapping_add(by);
            }
            2 => {
                let at = self.draw.below(frame.len().min(6));
                frame[at] ^= 1 << self.draw.below(8);
            }
            3 => frame.truncate(self.draw.below(frame.len())),
            _ => {
                let (many, at) = (1 + self.draw.below(30), self.draw.below(frame.len()));
                for _ in 0..many {
                    frame.insert(at, self.draw.roll() as u8);
                }
            }
        }
    }
}

fn none() -> Decimal8Null {
    Decimal8Null::new(None)
}

/// A request that is fine, with number 1.
pub fn request() -> Vec<u8> {
    let mut honest = Generator::new(1);
    message(&oe::NewOrder {
        conditions: Conditions::EMPTY,
        ord_type: sbe_schemas::types::OrdType::Limit.into(),
        head: RequestHead { msg_seq_num: 1.into(), sending_time: NOW_NS.into() },
        stop_px: none(),
        display_qty: none(),
        min_qty: none(),
        ..honest.new_order()
    })
}

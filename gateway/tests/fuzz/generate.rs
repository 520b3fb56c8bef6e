//! Input for the properties: messages as clients send them, and everything that can be done to them.
//!
//! A message begins as one of [`templates`]. Its fields are moved, doubled, dropped, renamed and
//! given other values; its frame lies; its bytes flip; it is cut off, joined with another and put
//! inside of one. Everything comes from the seed.

use crate::properties::{CLIENT, Draw, MESSAGE_BYTES_MAX, VENUE, framed};

/// A stream of bytes.
pub struct Stream {
    pub bytes: Vec<u8>,
    /// If nothing in it can take another message with it: the whole messages that it has.
    pub whole_messages: Option<usize>,
}

pub struct Generator {
    draw: Draw,
    number: u64,
    templates: Vec<String>,
}

type Field = (String, Vec<u8>);

const TIME: &str = "20260102-09:30:00";
/// Values that someone reads in another way.
const VALUES: [&[u8]; 34] = [
    b"",
    b"0",
    b"1",
    b"-1",
    b"2",
    b"7",
    b"00000001",
    b"256",
    b"65571",
    b"4294967297",
    b"1.5",
    b".5",
    b"5.",
    b"18446744073709551616",
    b"9223372036854775807",
    b"-92233720368.54775808",
    b"0.000000001",
    b"1e3",
    b"+1",
    b"Y",
    b"N",
    b"Z",
    b"6 G",
    b"6  G",
    b"ACME",
    b"NOBODY",
    b"20260102-09:30:00.123456789",
    b"20261332-25:61:61",
    b"99991231-23:59:60",
    b"a\x01b",
    b"\x00",
    b"caf\xc3\xa9",
    b"8=FIX.4.4\x019=5\x0135=0\x0110=161\x01",
    b"x\x0110=000\x01",
];
/// Tags with a meaning of their own: the frame, the header, groups, data, those of the venue.
const TAGS: [&str; 44] = [
    "8", "9", "10", "34", "35", "36", "43", "49", "52", "56", "89", "93", "97", "115", "116",
    "122", "128", "144", "1", "7", "11", "16", "18", "37", "38", "40", "41", "44", "54", "55",
    "58", "59", "60", "111", "126", "432", "453", "448", "802", "95", "96", "354", "355", "8013",
];
const ODD_TAGS: [&str; 16] = [
    "0",
    "-1",
    "035",
    "65571",
    "131107",
    "4294967331",
    "",
    "3A",
    "+35",
    " 35",
    "20",
    "957",
    "4999",
    "5001",
    "10000",
    "99999",
];

/// Bytes that have been trouble, with `|` for SOH.
pub const TROUBLE: [(&str, &str); 16] = [
    ("short-length", "8=FIX.4.4|9=4|35=0|10=161|8=FIX.4.4|9=5|35=0|10=163|"),
    ("long-length", "8=FIX.4.4|9=10|35=0|10=161|8=FIX.4.4|9=5|35=0|10=163|"),
    ("zero-length", "8=FIX.4.4|9=0|10=000|8=FIX.4.4|9=5|35=0|10=163|"),
    ("huge-length", "8=FIX.4.4|9=9999999999|35=0|10=161|"),
    ("endless-length", "8=FIX.4.4|9=18446744073709551621|35=0|10=161|"),
    ("signed-length", "8=FIX.4.4|9=+5|35=0|10=161|8=FIX.4.4|9=-5|35=0|10=161|"),
    ("zeros-in-length", "8=FIX.4.4|9=0000000005|35=0|10=131|"),
    ("wrong-sum", "8=FIX.4.4|9=5|35=0|10=000|8=FIX.4.4|9=5|35=0|10=163|"),
    ("odd-sum", "8=FIX.4.4|9=5|35=0|10=1x3|8=FIX.4.4|9=5|35=0|10=163|"),
    ("not-third", "8=FIX.4.4|9=5|34=0|10=162|"),
    ("other-version", "8=FIX.4.2|9=5|35=0|10=161|8=FIXT.1.1|9=5|35=0|10=012|"),
    ("start-in-text", "58=x8=FIX.4.4|9=5|35=0|10=163|8=FIX.4.4|9=5|35=0|10=163|"),
    ("half-start", "8=FIX.4.4|8=FIX.4.4|9=|8=FIX.4.4|9=5|35=0|10=163|"),
    ("smuggled", "8=FIX.4.4|9=90|35=0|58=x|8=FIX.4.4|9=5|35=0|10=163|8=FIX.4.4|9=5|35=0|10=163|"),
    ("stranger", "GET / HTTP/1.1\r\nHost: venue\r\n\r\n"),
    ("nothing", "|||||||"),
];

/// Streams of a session: bodies without their header, each a message with the next number.
/// `=n` in front says another number, `!` bytes as they are.
pub const SESSIONS: &[(&str, &[&str])] = &[
    (
        "orders",
        &[
            "D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|59=1|",
            "D|11=b|55=ACME|54=2|60=T|38=3|40=2|44=10|59=3|",
            "G|11=c|41=a|55=ACME|54=1|60=T|38=9|40=2|44=11|59=1|",
            "H|11=c|55=ACME|54=1|",
            "F|11=d|41=c|55=ACME|54=1|60=T|",
            "q|11=e|60=T|530=7|",
        ],
    ),
    (
        "stops-and-icebergs",
        &[
            "D|11=a|55=ACME|54=1|60=T|38=5|40=3|99=12|",
            "D|11=b|55=ACME|54=2|60=T|38=5|40=2|44=12|111=1|",
            "D|11=c|55=ACME|54=1|60=T|38=1|40=1|59=3|",
            "D|11=d|55=ACME|54=2|60=T|38=5|40=2|44=13|18=6|5018=Y|",
            "D|11=e|55=ACME|54=2|60=T|38=5|40=2|44=13|59=6|432=20260103|",
            "q|11=f|60=T|530=1|55=ACME|54=2|",
        ],
    ),
    (
        "a-gap",
        &[
            "=5D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
            "=2430|43=Y|122=T|123=Y|36=5|",
            "10|112=x|",
        ],
    ),
    ("gap-fills", &["=24|123=Y|36=9|", "=94|123=Y|36=9|", "=90|", "=14|36=100|", "=1000|"]),
    (
        "resends",
        &["2|7=1|16=0|", "2|7=1|16=0|", "2|7=0|16=0|", "2|7=9|16=3|", "2|7=1|16=0|", "2|7=1|16=0|"],
    ),
    (
        "possible-duplicates",
        &[
            "D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
            "=2D|43=Y|122=T|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
            "=2D|43=Y|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
            "=3D|97=Y|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
        ],
    ),
    (
        "twice",
        &[
            "D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
            "=2D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|",
        ],
    ),
    (
        "rejects",
        &[
            "3|45=1|",
            "j|45=1|372=D|380=0|",
            "3|",
            "3|45=x|999=1|",
            "D|11=a|",
            "D|55=|",
            "zz|1=1|",
            "B|148=x|33=1|58=y|",
        ],
    ),
    (
        "smuggling",
        &[
            "D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|65571=F|",
            "D|11=b|55=ACME|54=1|54=2|60=T|38=5|40=2|44=10|",
            "0|58=x|35=D|11=c|",
            "0|95=9|96=a|10=000||",
        ],
    ),
    (
        "groups",
        &[
            "D|11=a|55=ACME|54=1|60=T|38=5|40=2|44=10|453=2|448=A|447=D|452=1|802=1|523=x|448=B|",
            "D|11=b|453=4294967297|448=A|",
            "V|262=r|263=1|264=0|267=2|269=0|269=1|146=1|55=ACME|",
            "V|262=r|263=1|264=0|267=2|269=0|",
        ],
    ),
    ("other-times", &["0|52=20250102-09:30:00|", "=30|"]),
    ("other-names", &["0|115=x|116=y|128=z|", "D|115=x|1=1|", "=4!8=FIX.4.2|9=5|35=0|10=161|"]),
    (
        "second-logon",
        &["A|98=0|108=30|554=secret|", "=1A|98=0|108=30|141=Y|554=secret|", "=2A|98=0|108=1|"],
    ),
    ("logout", &["5|", "0|"]),
    (
        "garbage",
        &["!nonsense|", "0|", "!8=FIX.4.4|9=4|35=0|10=161|", "1|112=x|", "!8=FIX.4.4|9=99999|"],
    ),
];

/// The bodies of messages as clients send them, without their header.
pub fn templates() -> Vec<String> {
    let order = format!("11=A1|55=ACME|54=1|60={TIME}|38=10|");
    let mut all: Vec<String> = [
        "0|",
        "0|112=x|",
        "1|112=are you there|",
        "2|7=1|16=0|",
        "3|45=3|372=8|373=5|58=no|",
        "5|",
        "5|58=bye|",
        "4|123=Y|36=9|",
        "4|36=9|",
        "j|45=3|372=8|380=0|",
        "A|98=0|108=30|553=CLIENT1|554=secret|",
        "H|11=A1|55=ACME|54=1|",
        "B|148=hello|33=2|58=one|58=two|354=3|355=a|b|",
        "V|262=r|263=1|264=0|267=2|269=0|269=1|146=1|55=ACME|",
        "x|320=r|559=0|",
        "0|95=9|96=a|10=000||112=x|",
    ]
    .map(str::to_owned)
    .to_vec();
    for terms in [
        "40=2|44=10.5|59=1|",
        "40=2|44=10.50|59=0|21=1|15=USD|",
        "40=1|59=3|",
        "40=2|44=10|59=4|",
        "40=3|99=11|",
        "40=4|44=11|99=11.5|",
        "40=K|",
        "40=2|44=9|111=1|",
        "40=2|44=9|111=0|110=2|",
        "40=2|44=9|18=6 G|5018=Y|5019=2|",
        "40=2|44=9|59=6|126=20260102-10:00:00|",
        "40=2|44=9|59=6|432=20260103|",
        "40=2|44=9|1=CLIENT1|5001=mine|5001=again|",
        "40=2|44=9|453=2|448=JOE|447=D|452=1|802=2|523=desk|803=1|523=floor|448=ANN|452=3|",
        "40=2|44=9|78=1|79=acct|80=5|58=hello|354=7|355=a|10=0||",
    ] {
        all.push(format!("D|{order}{terms}"));
    }
    let of_order = format!("11=A2|41=A1|55=ACME|54=1|60={TIME}|");
    all.push(format!("F|{of_order}"));
    all.push(format!("F|{of_order}37=1|38=10|"));
    all.push(format!("G|{of_order}38=20|40=2|44=9.99|59=0|"));
    all.push(format!("G|{of_order}38=20|40=4|44=9|99=9|111=2|"));
    all.push(format!("q|11=Q1|60={TIME}|530=7|"));
    all.push(format!("q|11=Q1|60={TIME}|530=1|55=ACME|54=2|5020=3|5021=CLIENT1|"));
    all.push(format!(
        "E|66=L|394=1|68=2|73=2|11=A1|67=1|453=1|448=J|55=ACME|54=1|40=1|11=A2|67=2|55=ACME|54=2|40=1|60={TIME}|"
    ));
    all
}

/// A template with its header.
pub fn plain(template: &str, number: u64) -> Vec<u8> {
    join(&parse(template, number))
}

fn parse(template: &str, number: u64) -> Vec<Field> {
    let (kind, fields) = template.split_once('|').unwrap();
    let header = format!("35={kind}|49={CLIENT}|56={VENUE}|34={number}|52={TIME}|");
    let mut all = split(&header);
    // Data may have SOH in it; it is told by its length.
    all.extend(split(fields));
    all
}

fn split(text: &str) -> Vec<Field> {
    let mut rest = text;
    let mut fields: Vec<Field> = Vec::new();
    while let Some((tag, behind)) = rest.split_once('=') {
        let promised = fields.last().filter(|(tag, _)| matches!(tag.as_str(), "95" | "354"));
        let length = promised.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok());
        let end = length.unwrap_or_else(|| behind.find('|').unwrap_or(behind.len()));
        fields.push((tag.to_owned(), behind[..end].replace('|', "\x01").into_bytes()));
        rest = behind.get(end + 1..).unwrap_or("");
    }
    fields
}

fn join(fields: &[Field]) -> Vec<u8> {
    let mut body = Vec::new();
    for (tag, value) in fields {
        body.extend_from_slice(tag.as_bytes());
        body.push(b'=');
        body.extend_from_slice(value);
        body.push(1);
    }
    body
}

/// A session of [`SESSIONS`] as input of the target `connection`.
pub fn pieces(session: &[&str]) -> Vec<u8> {
    let mut out = vec![7]; // What draws the cuts.
    let mut next = 2;
    for (at, piece) in session.iter().enumerate() {
        let (said, piece) = match piece.strip_prefix('=') {
            // One digit or `10`, `100`: the number ends where the MsgType of one letter begins.
            Some(rest) => {
                let end = rest.find('|').unwrap() - 1;
                (rest[..end].parse().ok(), &rest[end..])
            }
            None => (None, *piece),
        };
        if at > 0 {
            out.push(0);
        }
        if let Some(raw) = piece.strip_prefix('!') {
            out.extend(raw.replace('|', "\x01").bytes());
            continue;
        }
        let number = said.unwrap_or(next);
        next = number + 1;
        let piece = piece.replace("=T|", &format!("={TIME}|"));
        out.push(b'm');
        out.extend(plain(&piece, number));
    }
    out
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { draw: Draw(seed), number: 2, templates: templates() }
    }

    fn hits(&mut self, percent: usize) -> bool {
        self.draw.below(100) < percent
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.draw.below(all.len())]
    }

    /// Up to some dozens of messages and other things.
    pub fn stream(&mut self) -> Stream {
        let pieces = 1 + self.draw.below(24);
        // A third of the streams is what honest clients send, or nearly so.
        let honest = self.hits(33);
        let (mut bytes, mut whole) = (Vec::new(), 0);
        // More garbled bytes in a row than the longest message has end the connection.
        let (mut garbled, mut garbled_most) = (0, 0);
        for _ in 0..pieces {
            if !honest && self.hits(25) {
                self.other(&mut bytes);
                continue;
            }
            let body = self.body_of(if honest { 20 } else { 50 });
            let mut message = framed(&body);
            if self.hits(5) {
                // A wrong CheckSum: skipped, and nothing else with it.
                let at = message.len() - 2;
                message[at] = b'0' + (message[at] - b'0' + 1) % 10;
                garbled += message.len();
                garbled_most = garbled_most.max(garbled);
            } else {
                whole += 1;
                garbled = 0;
            }
            bytes.extend_from_slice(&message);
        }
        if !honest && self.hits(30) {
            self.flip(&mut bytes);
        }
        if !honest && self.hits(20) {
            bytes.truncate(self.draw.below(bytes.len() + 1));
        }
        let is_known = honest && garbled_most <= MESSAGE_BYTES_MAX;
        Stream { bytes, whole_messages: is_known.then_some(whole) }
    }

    /// The body of one message.
    pub fn body(&mut self) -> Vec<u8> {
        let mut body = self.body_of(60);
        if self.hits(15) {
            self.flip(&mut body);
        }
        body
    }

    fn body_of(&mut self, changed_percent: usize) -> Vec<u8> {
        let number = self.next_number();
        let at = self.draw.below(self.templates.len());
        let mut fields = parse(&self.templates[at], number);
        if self.hits(10) {
            let dup = [("43", "Y"), ("122", TIME), ("97", "Y")];
            for (tag, value) in dup.iter().take(1 + self.draw.below(3)) {
                fields.insert(5.min(fields.len()), ((*tag).into(), value.as_bytes().into()));
            }
        }
        self.other_names(&mut fields);
        if self.hits(changed_percent) {
            for _ in 0..1 + self.draw.below(3) {
                self.change(&mut fields);
            }
        }
        // A message is whatever its frame says; only MsgType must be first.
        if fields.first().is_none_or(|(tag, _)| tag != "35") {
            fields.insert(0, ("35".into(), b"D".into()));
        }
        let mut body = join(&fields);
        body.truncate(3500);
        if body.last() != Some(&1) {
            body.push(1);
        }
        body
    }

    /// Mostly the next one.
    fn next_number(&mut self) -> u64 {
        let number = self.number;
        match self.draw.below(20) {
            0 => number + 1 + self.draw.below(5) as u64,
            1 => 1 + self.draw.below(number as usize) as u64,
            2 => number + 1000,
            _ => {
                self.number += 1;
                number
            }
        }
    }

    /// Mostly another ClOrdID each time, so that orders are new.
    fn other_names(&mut self, fields: &mut [Field]) {
        if self.hits(80) {
            let name = format!("N{}", self.draw.below(40));
            for (_, value) in fields.iter_mut().filter(|(tag, _)| tag == "11") {
                *value = name.clone().into_bytes();
            }
        }
        if self.hits(60) {
            let side = [b"1", b"2"][self.draw.below(2)];
            for (_, value) in fields.iter_mut().filter(|(tag, _)| tag == "54") {
                *value = side.to_vec();
            }
            let name = format!("N{}", self.draw.below(40));
            for (_, value) in fields.iter_mut().filter(|(tag, _)| tag == "41") {
                *value = name.clone().into_bytes();
            }
        }
    }

    fn change(&mut self, fields: &mut Vec<Field>) {
        let at = self.draw.below(fields.len());
        let to = self.draw.below(fields.len());
        match self.draw.below(12) {
            0 => fields.swap(at, to),
            1 => drop(fields.remove(at)),
            2 => fields.insert(to, fields[at].clone()),
            3 => fields[at].1 = self.one_of(&VALUES).to_vec(),
            4 => fields[at].0 = self.one_of(&TAGS).to_owned(),
            5 => fields[at].0 = self.one_of(&ODD_TAGS).to_owned(),
            6 => {
                let (tag, value) = (self.one_of(&TAGS).to_owned(), self.one_of(&VALUES).to_vec());
                fields.insert(to, (tag, value));
            }
            7 => fields[at].0 = self.draw.below(1100).to_string(),
            8 => self.abuse_group(fields, to),
            9 => {
                // A whole message inside of a text, or of data that is as long as it says, or nearly.
                let inner = framed(&plain("D|11=evil|55=ACME|54=1|38=1|40=1|", self.number));
                if self.hits(50) {
                    fields.insert(to, ("58".into(), inner));
                } else {
                    let said = inner.len() + [0, 0, 1, 7][self.draw.below(4)];
                    fields.insert(to, ("96".into(), inner));
                    fields.insert(to, ("95".into(), said.to_string().into_bytes()));
                }
            }
            10 => {
                let byte = self.draw.roll() as u8;
                let value = &mut fields[at].1;
                value.push(byte);
            }
            _ => {
                let many = 1 + self.draw.below(300);
                let tag = ["5001", "448", "58", "453"][self.draw.below(4)];
                for _ in 0..many {
                    fields.insert(to, (tag.into(), b"1".into()));
                }
            }
        }
        if fields.is_empty() {
            fields.push(("35".into(), b"0".into()));
        }
    }

    fn abuse_group(&mut self, fields: &mut Vec<Field>, at: usize) {
        let declared = ["0", "1", "2", "3", "255", "4294967296", "x"][self.draw.below(7)];
        let mut group: Vec<Field> = vec![("453".into(), declared.into())];
        for _ in 0..self.draw.below(4) {
            let tag = ["448", "447", "452", "802", "523", "803", "453", "55"][self.draw.below(8)];
            group.push((tag.into(), self.one_of(&[&b"1"[..], b"2", b"D", b"A"]).to_vec()));
        }
        fields.splice(at..at, group);
    }

    /// What is no message, or a message whose frame lies.
    fn other(&mut self, bytes: &mut Vec<u8>) {
        let body = self.body_of(30);
        let mut message = framed(&body);
        match self.draw.below(7) {
            0 => bytes
                .extend(self.one_of(&TROUBLE.map(|(_, text)| text)).replace('|', "\x01").bytes()),
            1 => {
                let lie = body.len() as i64 + self.draw.below(64) as i64 - 32;
                let text = format!("8=FIX.4.4\x019={}\x01", lie.max(0));
                bytes.extend(text.bytes().chain(body).chain(*b"10=123\x01"));
            }
            2 => {
                message.truncate(self.draw.below(message.len()));
                bytes.extend(message);
            }
            3 => {
                let from = self.draw.below(message.len());
                bytes.extend(&message[from..]);
            }
            4 => {
                self.flip(&mut message);
                bytes.extend(message);
            }
            5 => {
                let most = if self.hits(5) { 6000 } else { 60 };
                let many = self.draw.below(most);
                for _ in 0..many {
                    bytes.push(self.draw.roll() as u8);
                }
            }
            _ => {
                // Two messages, one inside the other.
                let inner = framed(&self.body_of(0));
                let at = self.draw.below(message.len());
                message.splice(at..at, inner);
                bytes.extend(message);
            }
        }
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        if bytes.is_empty() {
            return;
        }
        for _ in 0..1 + self.draw.below(4) {
            let at = self.draw.below(bytes.len());
            bytes[at] ^= 1 << self.draw.below(8);
        }
    }
}

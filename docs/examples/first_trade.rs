//! A first trade: two sessions of the demo venue buy and sell one share of ACME.
//!
//! ```text
//! cargo run -p gateway --example first_trade [PORT]
//! ```
//! Plain `std`, no FIX library: this is all that a client needs that keeps its numbers in memory. Numbers
//! start again with 141=Y, so it can be run as often as you like.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One FIX 4.4 session: a socket, what has come and is not read yet, and the number of the next message.
struct Session {
    name: &'static str,
    socket: TcpStream,
    received: Vec<u8>,
    number: u64,
}

impl Session {
    /// Connects and logs on.
    fn log_on(name: &'static str, port: u16) -> Result<Self, Box<dyn Error>> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut session = Self { name, socket, received: Vec::new(), number: 1 };
        let password = name.to_lowercase();
        session.send("A", &format!("98=0|108=30|141=Y|553={name}|554={password}|"))?;
        session.expect("A", "")?;
        Ok(session)
    }

    /// Sends a message; `fields` have `|` for SOH.
    fn send(&mut self, kind: &str, fields: &str) -> Result<(), Box<dyn Error>> {
        let (name, number, now) = (self.name, self.number, now());
        let body = format!("35={kind}|49={name}|56=PORTCULLIS|34={number}|52={now}|{fields}");
        let text = format!("8=FIX.4.4|9={}|{body}", body.len()).replace('|', "\u{1}");
        let sum: u32 = text.bytes().map(u32::from).sum();
        self.socket.write_all(format!("{text}10={:03}\u{1}", sum % 256).as_bytes())?;
        println!("{name} > {body}");
        self.number += 1;
        Ok(())
    }

    /// The next message, which must be of this kind and have this field.
    fn expect(&mut self, kind: &str, field: &str) -> Result<(), Box<dyn Error>> {
        let message = self.next_message()?;
        println!("{} < {message}", self.name);
        let has = |field: &str| message.contains(&format!("|{field}|"));
        if has(&format!("35={kind}")) && (field.is_empty() || has(field)) {
            return Ok(());
        }
        Err(format!("expected 35={kind} {field}").into())
    }

    /// Bytes up to the end of the next message, by its BodyLength (9).
    fn next_message(&mut self) -> Result<String, Box<dyn Error>> {
        loop {
            if let Some(length) = whole_message(&self.received) {
                let bytes: Vec<u8> = self.received.drain(..length).collect();
                return Ok(String::from_utf8(bytes)?.replace('\u{1}', "|"));
            }
            let mut buffer = [0; 4096];
            match self.socket.read(&mut buffer)? {
                0 => return Err("the venue closed the connection".into()),
                read => self.received.extend_from_slice(&buffer[..read]),
            }
        }
    }

    fn order(&mut self, name: &str, side: u8, price: &str) -> Result<(), Box<dyn Error>> {
        let now = now();
        self.send("D", &format!("11={name}|55=ACME|54={side}|60={now}|38=1|40=2|44={price}|"))
    }
}

/// `8=FIX.4.4|9=n|`, n bytes, `10=ddd|`: the bytes of all of it, if they are there.
fn whole_message(bytes: &[u8]) -> Option<usize> {
    let text = bytes.strip_prefix(b"8=FIX.4.4\x019=")?;
    let digits = text.iter().position(|byte| *byte == 1)?;
    let body: usize = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    let length = "8=FIX.4.4|9=".len() + digits + 1 + body + "10=ddd|".len();
    (length <= bytes.len()).then_some(length)
}

/// UTC as FIX writes it: `20260102-09:30:00.000`.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Years that begin in March have their leap day at the end; 400 of them have 146 097 days.
    let day = days + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let (month, day) = ((from_march + 2) % 12 + 1, day_of_year - (153 * from_march + 2) / 5 + 1);
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let millis = since.subsec_millis();
    format!("{year:04}{month:02}{day:02}-{hour:02}:{minute:02}:{second:02}.{millis:03}")
}

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map_or(Ok(9001), |port| port.parse())?;
    let mut buyer = Session::log_on("CLIENT1", port)?;
    let mut seller = Session::log_on("CLIENT2", port)?;
    let stamp = now().replace([':', '.', '-'], "");
    buyer.order(&format!("buy-{stamp}"), 1, "10.50")?;
    buyer.expect("8", "150=0")?; // Accepted.
    seller.order(&format!("sell-{stamp}"), 2, "10.50")?;
    seller.expect("8", "150=0")?;
    seller.expect("8", "31=10.5")?; // Traded.
    buyer.expect("8", "150=F")?;
    for session in [&mut buyer, &mut seller] {
        session.send("5", "")?;
        session.expect("5", "")?;
    }
    println!("one share of ACME traded at 10.50");
    Ok(())
}

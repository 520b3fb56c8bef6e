//! A client that speaks bytes: it sends what it is told, right or wrong, and reads messages.

use gateway::fix::frame::checksum;
use gateway::fix::time::{Precision, Stamp};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Peer {
    socket: TcpStream,
    comp_id: String,
    received: Vec<u8>,
    at: usize,
    pub next_out: u64,
    pub next_in: u64,
    pub heartbeat_s: u32,
}

fn now() -> String {
    let stamp = Stamp::new(gateway::io::clock::utc_now_ns(), Precision::Millis);
    String::from_utf8(stamp.as_bytes().to_vec()).unwrap()
}

fn framed(body: &str) -> Vec<u8> {
    let body = body.replace("NOW", &now()).replace('|', "\u{1}");
    let mut message = format!("8=FIX.4.4\u{1}9={}\u{1}{body}", body.len()).into_bytes();
    let sum = checksum(&message);
    message.extend(format!("10={sum:03}\u{1}").bytes());
    message
}

impl Peer {
    pub fn connect(address: &str, comp_id: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            socket,
            comp_id: comp_id.into(),
            received: Vec::new(),
            at: 0,
            next_out: 1,
            next_in: 1,
            heartbeat_s: 30,
        }
    }

    pub fn order_of_a_stranger() -> Vec<u8> {
        framed("35=D|49=CLIENT3|56=PORTCULLIS|34=1|52=NOW|11=a|55=ACME|54=1|60=NOW|38=1|40=1|")
    }

    /// A message with this number. `header` and `fields` are `tag=value|…`; NOW is the time.
    pub fn numbered(&self, kind: &str, number: u64, header: &str, fields: &str) -> Vec<u8> {
        let comp_id = &self.comp_id;
        framed(&format!("35={kind}|49={comp_id}|56=PORTCULLIS|34={number}|52=NOW|{header}{fields}"))
    }

    /// The next message, which counts.
    pub fn message(&mut self, kind: &str, fields: &str) -> Vec<u8> {
        self.next_out += 1;
        self.numbered(kind, self.next_out - 1, "", fields)
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }

    pub fn send(&mut self, kind: &str, fields: &str) {
        let message = self.message(kind, fields);
        self.raw(&message);
    }

    pub fn send_numbered(&mut self, kind: &str, number: u64, header: &str, fields: &str) {
        let message = self.numbered(kind, number, header, fields);
        self.raw(&message);
    }

    pub fn order(&mut self, name: &str, side: &str, qty: &str, price: &str) {
        self.send("D", &format!("11={name}|55=ACME|54={side}|60=NOW|38={qty}|40=2|44={price}|"));
    }

    pub fn log_on(&mut self) {
        self.log_on_with("");
    }

    pub fn log_on_with(&mut self, more: &str) {
        self.ask_for_logon(more);
        self.expect("35=A");
    }

    /// `false`: the connection ended without an answer.
    pub fn tries_to_log_on(&mut self) -> bool {
        self.ask_for_logon("");
        let Some(message) = self.read_message() else { return false };
        self.count(&message);
        has_all(&message, "35=A")
    }

    fn ask_for_logon(&mut self, more: &str) {
        let password = self.comp_id.to_lowercase();
        let heartbeat_s = self.heartbeat_s;
        self.send(
            "A",
            &format!("98=0|108={heartbeat_s}|553={}|554={password}|{more}", self.comp_id),
        );
    }

    /// Logs on; the numbers of the answer may be ahead of ours: those were missed.
    pub fn log_on_after_gap(&mut self) {
        self.ask_for_logon("");
        let message = self.read_message().expect("an answer to the Logon");
        assert!(message.contains("|35=A|"), "{message}");
        self.next_in = number_of(&message) + 1;
    }

    pub fn write_in_background(&self, bytes: Vec<u8>) -> JoinHandle<std::io::Result<()>> {
        let mut socket = self.socket.try_clone().unwrap();
        std::thread::spawn(move || socket.write_all(&bytes))
    }

    /// Writes pieces of `bytes`, then heartbeats that repeat an old number, until told to stop or the
    /// connection ends.
    pub fn write_until(&self, bytes: Vec<u8>, stop: Arc<AtomicBool>) -> JoinHandle<()> {
        let mut socket = self.socket.try_clone().unwrap();
        let again = self.numbered("0", 2, "43=Y|122=NOW|", "");
        std::thread::spawn(move || {
            for piece in bytes.chunks(4096) {
                if stop.load(Ordering::Relaxed) || socket.write_all(piece).is_err() {
                    return;
                }
            }
            while !stop.load(Ordering::Relaxed) && socket.write_all(&again).is_ok() {}
        })
    }

    /// Reads, on another thread, until a message with this TestReqID comes.
    pub fn read_in_background(&self, test_req_id: &str) -> JoinHandle<()> {
        let mut socket = self.socket.try_clone().unwrap();
        let last = format!("112={test_req_id}\u{1}").into_bytes();
        std::thread::spawn(move || {
            let mut seen = Vec::new();
            let mut buffer = [0; 65_536];
            loop {
                let read = match socket.read(&mut buffer) {
                    Ok(0) => panic!("the connection ended"),
                    Ok(read) => read,
                    Err(_) => continue, // A timeout; whoever waits for this thread has patience.
                };
                seen.extend_from_slice(&buffer[..read]);
                if seen.windows(last.len()).any(|window| window == last) {
                    return;
                }
                seen.drain(..seen.len().saturating_sub(last.len()));
            }
        })
    }

    /// The same connection, for another thread to read from.
    pub fn another_end(&self) -> TcpStream {
        self.socket.try_clone().unwrap()
    }

    pub fn close_half(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    pub fn hang_up(&self) {
        self.socket.shutdown(Shutdown::Both).unwrap();
    }

    /// The next message has all these fields (`tag=value` up to the next ` tag=`); returns its
    /// OrderID (37).
    pub fn expect(&mut self, fields: &str) -> String {
        let message = self.read_message();
        let message = message.unwrap_or_else(|| panic!("{}: no {fields}", self.comp_id));
        self.count(&message);
        assert!(has_all(&message, fields), "{}: {message}\n  has not {fields}", self.comp_id);
        let id = message.split('|').find_map(|field| field.strip_prefix("37="));
        id.unwrap_or("").to_owned()
    }

    /// Some later message has all these fields.
    pub fn expect_skipping(&mut self, fields: &str) {
        loop {
            let message = self.read_message();
            let message = message.unwrap_or_else(|| panic!("{}: no {fields}", self.comp_id));
            self.count(&message);
            if has_all(&message, fields) {
                return;
            }
        }
    }

    /// Number and PossDup of every message up to one with these fields.
    pub fn collect_until(&mut self, fields: &str) -> Vec<(u64, bool)> {
        let mut all = Vec::new();
        loop {
            let message = self.read_message().expect("more messages");
            all.push((number_of(&message), message.contains("|43=Y|")));
            if has_all(&message, fields) {
                return all;
            }
        }
    }

    pub fn expect_end(&mut self) {
        while let Some(message) = self.read_message() {
            assert!(message.contains("|35=0|"), "{}: not the end but {message}", self.comp_id);
        }
    }

    /// Reads until the connection ends or time is over; returns messages read, and whether it ended.
    pub fn read_until_end(&mut self, patience: Duration) -> (usize, bool) {
        let deadline = Instant::now() + patience;
        let mut read = 0;
        while Instant::now() < deadline {
            match self.read_message() {
                Some(_) => read += 1,
                None => return (read, true),
            }
        }
        (read, false)
    }

    fn count(&mut self, message: &str) {
        let number = number_of(message);
        if message.contains("|43=Y|") {
            return;
        }
        if !message.contains("|35=5|") {
            assert_eq!(number, self.next_in, "{}: {message}", self.comp_id);
        }
        self.next_in = number + 1;
    }

    /// The next message with `|` between its fields; `None`: the connection has ended.
    pub fn read_message(&mut self) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        self.socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        loop {
            if let Some(length) = whole_message(&self.received[self.at..]) {
                let message = &self.received[self.at..self.at + length];
                let text = String::from_utf8_lossy(message).replace('\u{1}', "|");
                self.at += length;
                if self.at > 1 << 16 {
                    self.received.drain(..self.at);
                    self.at = 0;
                }
                return Some(text);
            }
            let mut buffer = [0; 16_384];
            match self.socket.read(&mut buffer) {
                Ok(0) => return None,
                Ok(n) => self.received.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                    assert!(Instant::now() < deadline, "{}: nothing comes", self.comp_id);
                }
                Err(e) => panic!("{}: {e}", self.comp_id),
            }
        }
    }
}

fn whole_message(bytes: &[u8]) -> Option<usize> {
    use gateway::fix::frame::{Frame, next};
    match next(bytes, 1 << 16) {
        Frame::Message { len, .. } => Some(len),
        Frame::Incomplete { .. } => None,
        other => panic!("the venue sent {other:?}"),
    }
}

fn number_of(message: &str) -> u64 {
    let field = message.split('|').find_map(|field| field.strip_prefix("34="));
    field.unwrap().parse().unwrap()
}

/// `fields` is `35=8 150=0 58=words with spaces`.
fn has_all(message: &str, fields: &str) -> bool {
    let mut wanted: Vec<String> = Vec::new();
    for word in fields.split(' ') {
        match (word.split_once('='), wanted.last_mut()) {
            (None, Some(last)) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => wanted.push(word.to_owned()),
        }
    }
    wanted.iter().all(|field| message.contains(&format!("|{field}|")))
}

//! A client that says what it is told, right or wrong, and decodes strictly what comes.

use crate::schema::{Decoded, Schema};
use hmac::{Hmac, KeyInit, Mac};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub const KEY: &[u8] = b"secret-key";
const PATIENCE: Duration = Duration::from_secs(20);
const QUIET: Duration = Duration::from_millis(500);
const KEEPALIVE_MS: &str = "60000";

pub struct Seat {
    name: String,
    narrow: bool,
    socket: Option<TcpStream>,
    received: Vec<u8>,
    next_request: u64,
    version: u64,
    /// The last Negotiate or Establish as it went out.
    entrance: Vec<u8>,
    /// Every frame, and whether it is ours.
    pub said: Vec<(bool, Vec<u8>)>,
}

fn now_ns() -> u64 {
    gateway::io::clock::utc_now_ns()
}

impl Seat {
    pub fn new(name: String, narrow: bool) -> Self {
        let (received, entrance) = (vec![], vec![]);
        let (socket, said) = (None, vec![]);
        Self { name, narrow, socket, received, next_request: 1, version: 0, entrance, said }
    }

    pub fn connect(&mut self, address: &str) -> Result<(), String> {
        let socket = TcpStream::connect(address).map_err(|error| error.to_string())?;
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        self.received.clear();
        self.socket = Some(socket);
        Ok(())
    }

    pub fn drop_connection(&mut self) -> Result<(), String> {
        self.socket = None;
        // Nobody says that the venue has noticed: until then it refuses a second connection.
        std::thread::sleep(Duration::from_millis(150));
        Ok(())
    }

    pub fn log_on(&mut self, schema: &Schema, address: &str) -> Result<(), String> {
        self.connect(address)?;
        self.version += 1;
        let version = ("versionId".to_owned(), self.version.to_string());
        self.say(schema, "Negotiate", vec![version])?;
        self.expect(schema, "NegotiateResponse")?;
        self.next_request = 1;
        self.establish(schema)
    }

    pub fn come_back(&mut self, schema: &Schema, address: &str) -> Result<(), String> {
        self.connect(address)?;
        self.establish(schema)
    }

    fn establish(&mut self, schema: &Schema) -> Result<(), String> {
        let pairs =
            [("versionId", self.version.to_string()), ("nextSeqNo", self.next_request.to_string())];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value)).to_vec();
        self.say(schema, "Establish", pairs)?;
        self.expect(schema, "EstablishAck")
    }

    fn expect(&mut self, schema: &Schema, name: &str) -> Result<(), String> {
        let heard = self.hear(schema)?;
        if heard.name == name {
            Ok(())
        } else {
            Err(format!("{} came: {:?}", heard.name, heard.fields))
        }
    }

    /// A message, with what goes without saying: number, times, name and signature.
    pub fn say(
        &mut self,
        schema: &Schema,
        message: &str,
        mut pairs: Vec<(String, String)>,
    ) -> Result<(), String> {
        if message == "again" {
            return self.send_framed(&self.entrance.clone());
        }
        let mut add = |name: &str, value: String| {
            if !pairs.iter().any(|(given, _)| given == name) {
                pairs.push((name.to_owned(), value));
            }
        };
        let enters = matches!(message, "Negotiate" | "Establish");
        let session = ["Sequence", "RetransmitRequest", "Terminate", "FinishedSending"];
        if enters {
            add("session", self.name.clone());
            add("timestamp", now_ns().to_string());
        } else if !session.contains(&message) {
            add("msgSeqNum", self.next_request.to_string());
        }
        if message == "Establish" {
            add("keepaliveMs", KEEPALIVE_MS.to_owned());
        }
        if message == "RetransmitRequest" {
            add("timestamp", "7".to_owned());
        }
        let value =
            |name: &str| pairs.iter().find(|(given, _)| given == name).map(|(_, v)| v.clone());
        if let Some(version) = value("versionId") {
            self.version = version.parse().expect("a number");
        }
        if let Some(number) = value("msgSeqNum") {
            self.next_request = number.parse::<u64>().expect("a number") + 1;
        }
        let mut bytes = schema.encode(message, &pairs);
        if enters && value("signature").is_none() {
            let (at, size) = schema.place(message, "signature");
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY).expect("a key");
            mac.update(&bytes[..at]);
            bytes[at..at + size].fill(0);
            bytes[at..at + 32].copy_from_slice(&mac.finalize().into_bytes());
        }
        if enters {
            self.entrance.clone_from(&bytes);
        }
        self.send_framed(&bytes)
    }

    pub fn send_framed(&mut self, message: &[u8]) -> Result<(), String> {
        let mut bytes = match self.narrow {
            true => (message.len() as u16 + 4).to_le_bytes().to_vec(),
            false => (message.len() as u32 + 6).to_le_bytes().to_vec(),
        };
        bytes.extend([0x50, 0xEB]);
        bytes.extend(message);
        self.said.push((true, bytes.clone()));
        self.send(&bytes)
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let socket = self.socket.as_mut().ok_or("not connected")?;
        socket.write_all(bytes).map_err(|error| error.to_string())
    }

    pub fn hear(&mut self, schema: &Schema) -> Result<Decoded, String> {
        loop {
            let Some(message) = self.message(PATIENCE)? else {
                return Err("nothing came".to_owned());
            };
            // What a later version says besides is passed over.
            if schema.name_of(&message).is_some() {
                return schema.decode(&message);
            }
        }
    }

    pub fn expect_nothing(&mut self, schema: &Schema) -> Result<(), String> {
        match self.message(QUIET)? {
            None => Ok(()),
            Some(message) => Err(format!("{:?} came", schema.decode(&message)?)),
        }
    }

    pub fn expect_closed(&mut self, schema: &Schema) -> Result<(), String> {
        match self.message(PATIENCE) {
            Err(why) if why == "closed" => Ok(()),
            Err(why) => Err(why),
            Ok(None) => Err("still open".to_owned()),
            Ok(Some(message)) => Err(format!("{:?} came", schema.decode(&message)?)),
        }
    }

    /// The next message; `Ok(None)`: none within `patience`.
    fn message(&mut self, patience: Duration) -> Result<Option<Vec<u8>>, String> {
        let end = Instant::now() + patience;
        loop {
            let width = if self.narrow { 2 } else { 4 };
            if self.received.len() >= width + 2 {
                let mut length = [0; 4];
                length[..width].copy_from_slice(&self.received[..width]);
                let length = u32::from_le_bytes(length) as usize;
                assert_eq!(self.received[width..width + 2], [0x50, 0xEB], "the encoding");
                if self.received.len() >= length {
                    let message = self.received[width + 2..length].to_vec();
                    self.said.push((false, self.received[..length].to_vec()));
                    self.received.drain(..length);
                    return Ok(Some(message));
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let socket = self.socket.as_mut().ok_or("not connected")?;
            socket.set_read_timeout(Some(left)).map_err(|error| error.to_string())?;
            let mut bytes = [0; 4096];
            match socket.read(&mut bytes) {
                Ok(0) => return Err("closed".to_owned()),
                Ok(count) => self.received.extend_from_slice(&bytes[..count]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) if e.kind() == ErrorKind::ConnectionReset => return Err("closed".to_owned()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

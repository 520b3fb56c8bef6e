//! A blocking TCP connection under a [`Session`].

use crate::session::{Heard, Request, Session};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One connection at a time; [`Driver::connect`] makes the next.
pub struct Driver {
    session: Session,
    stream: TcpStream,
    received: Vec<u8>,
    out: Vec<u8>,
}

impl Driver {
    /// Connects and says what comes first; [`Driver::hear`] tells when it is established.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn connect(address: SocketAddr, mut session: Session) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut out = Vec::new();
        session.open(now_ns(), &mut out);
        stream.write_all(&out)?;
        out.clear();
        Ok(Self { session, stream, received: Vec::new(), out })
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Drops the connection and gives the session for the next one.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Sends a request; returns its number.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send<R: Request>(&mut self, request: R) -> io::Result<u64> {
        let number = self.session.send(now_ns(), request, &mut self.out);
        self.flush()?;
        Ok(number)
    }

    /// Sends a request again under the number that it had.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn repeat<R: Request>(&mut self, number: u64, request: R) -> io::Result<()> {
        self.session.repeat(now_ns(), number, request, &mut self.out);
        self.flush()
    }

    /// Says something else of the session, as `say` writes it.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn say(&mut self, say: impl FnOnce(&mut Session, u64, &mut Vec<u8>)) -> io::Result<()> {
        say(&mut self.session, now_ns(), &mut self.out);
        self.flush()
    }

    /// What is heard next; `None`: nothing within `patience`.
    ///
    /// # Errors
    /// Those of the connection; `UnexpectedEof` once the venue has closed it; `InvalidData` for bytes that
    /// no venue sends.
    pub fn hear(&mut self, patience: Duration) -> io::Result<Option<Heard>> {
        let end = Instant::now() + patience;
        loop {
            let heard = self.session.on_bytes(now_ns(), &self.received, &mut self.out);
            let (used, heard) =
                heard.map_err(|what| io::Error::new(ErrorKind::InvalidData, what))?;
            self.received.drain(..used);
            self.session.on_time(now_ns(), &mut self.out);
            self.flush()?;
            if heard.is_some() {
                return Ok(heard);
            }
            if used > 0 {
                continue;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.read(left.min(Duration::from_millis(100)))?;
        }
    }

    fn read(&mut self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))?;
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.received.extend_from_slice(&bytes[..count]);
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }
}

fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

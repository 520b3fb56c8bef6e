//! A line: one TCP connection, and the time when its bytes came.
//!
//! Blocking by default, as most clients are; spinning for those with a core to give. Reads take
//! whatever is there, so a burst of answers costs one call. Knows nothing of messages.

use anyhow::{Context, bail};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Bytes that may wait to be looked at; more than all answers to the deepest load.
const INBOUND_BYTES: usize = 256 * 1024;
/// An answer that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);
/// While spinning the clock is looked at only every so often.
const SPINS_PER_LOOK: u32 = 4096;

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    spin: bool,
    inbound: Vec<u8>,
    /// Bytes received and not taken yet: `inbound[start..end]`.
    start: usize,
    end: usize,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

impl Line {
    /// Connects. `spin`: never sleep in [`Line::receive`].
    ///
    /// # Errors
    /// As the system says; the caller knows what to advise.
    pub(crate) fn connect(address: SocketAddr, spin: bool) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, CONNECT_PATIENCE)?;
        // An order waits for nothing: without this a second small message waits for an ACK.
        stream.set_nodelay(true)?;
        stream.set_nonblocking(spin)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let inbound = vec![0; INBOUND_BYTES];
        Ok(Self { stream, spin, inbound, start: 0, end: 0, bytes_in: 0, bytes_out: 0 })
    }

    /// To be waited for together with something else.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Hands all of `bytes` to the kernel.
    ///
    /// # Errors
    /// The peer is gone, or takes nothing for ten seconds.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.bytes_out += bytes.len() as u64;
        let mut rest = bytes;
        let mut patience = Patience::new();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) => self.wait_or_fail(error, &mut patience).context("cannot send")?,
            }
        }
        Ok(())
    }

    /// Waits for at least one more byte; returns when the system call that brought it came back.
    ///
    /// # Errors
    /// The peer hung up, or is silent for ten seconds.
    pub(crate) fn receive(&mut self) -> anyhow::Result<Instant> {
        self.inbound.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let mut patience = Patience::new();
        loop {
            let room = self.inbound.get_mut(self.end..).unwrap_or_default();
            if room.is_empty() {
                bail!("{INBOUND_BYTES} bytes came and are no whole message");
            }
            match self.stream.read(room) {
                Ok(0) => bail!("the other side closed the connection"),
                Ok(bytes) => {
                    let came = Instant::now();
                    self.end += bytes;
                    self.bytes_in += bytes as u64;
                    return Ok(came);
                }
                Err(error) => self.wait_or_fail(error, &mut patience)?,
            }
        }
    }

    fn wait_or_fail(&self, error: std::io::Error, patience: &mut Patience) -> anyhow::Result<()> {
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            // A blocking socket says this when its timeout is over.
            ErrorKind::WouldBlock | ErrorKind::TimedOut if !self.spin || patience.is_over() => {
                bail!("nothing for {} seconds: a message is lost", PATIENCE.as_secs())
            }
            ErrorKind::WouldBlock => {
                std::hint::spin_loop();
                Ok(())
            }
            _ => Err(error).context("the connection broke"),
        }
    }

    /// What has come and was not taken.
    pub(crate) fn received(&self) -> &[u8] {
        self.inbound.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes the first `bytes` of [`Line::received`].
    pub(crate) fn take(&mut self, bytes: usize) {
        assert!(bytes <= self.end - self.start, "more taken than there is");
        self.start += bytes;
    }
}

/// Ends a spin, and hardly ever reads the clock.
struct Patience {
    spins: u32,
    until: Option<Instant>,
}

impl Patience {
    fn new() -> Self {
        Self { spins: 0, until: None }
    }

    fn is_over(&mut self) -> bool {
        self.spins += 1;
        if self.spins < SPINS_PER_LOOK {
            return false;
        }
        self.spins = 0;
        let now = Instant::now();
        now >= *self.until.get_or_insert(now + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pair(spin: bool) -> (Line, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Line::connect(listener.local_addr().unwrap(), spin).unwrap();
        (line, listener.accept().unwrap().0)
    }

    #[test]
    fn bytes_wait_until_they_are_taken() {
        for spin in [false, true] {
            let (mut line, mut peer) = pair(spin);
            peer.write_all(b"onetwo").unwrap();
            while line.received().len() < 6 {
                line.receive().unwrap();
            }
            line.take(3);
            assert_eq!(line.received(), b"two");
            peer.write_all(b"three").unwrap();
            while line.received().len() < 8 {
                line.receive().unwrap();
            }
            assert_eq!((line.received(), line.bytes_in), (&b"twothree"[..], 11));
        }
    }

    #[test]
    fn a_peer_that_hangs_up_is_an_error() {
        let (mut line, peer) = pair(false);
        drop(peer);
        let error = line.receive().unwrap_err().to_string();
        assert!(error.contains("closed"), "{error}");
    }
}

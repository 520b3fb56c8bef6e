//! The other end of a TCP connection: for tools, which wait for one peer on a thread of its own.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection that we have made.
pub struct TcpClient(TcpStream);

impl TcpClient {
    /// Connects within `timeout`; so long at most waits each `receive` and each `send`.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn connect(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        Ok(Self(stream))
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Waits for bytes and writes them to the front of `buffer`: how many, 0: the peer sends no more; `None`
    /// after the timeout.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match self.0.read(buffer) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            },
        }
    }
}

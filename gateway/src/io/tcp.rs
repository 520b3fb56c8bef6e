//! A listening TCP socket, opened the same way for every real back end.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

/// Handshakes the kernel finishes before we accept: a whole venue may reconnect in one second.
const BACKLOG: i32 = 1024;

/// A blocking listener at `addr`, and the address really bound.
///
/// # Errors
/// What the kernel said: address in use, not ours, not permitted.
pub(super) fn listener(addr: SocketAddr) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for connections of the last life to leave TIME_WAIT.
    socket.set_reuse_address(true)?;
    // Linux hands this on to accepted sockets, which saves a call per connection.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    let bound = socket
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not an IP address"))?;
    Ok((socket, bound))
}

/// The number of the next listener.
///
/// # Errors
/// `InvalidInput`: 256 are open.
pub(super) fn listener_number(open: usize) -> io::Result<u8> {
    u8::try_from(open).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "256 listeners"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_socket_has_nagle_off_without_being_told() {
        let (listener, addr) = listener("127.0.0.1:0".parse().unwrap()).unwrap();
        let _client = std::net::TcpStream::connect(addr).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.tcp_nodelay().unwrap());
    }
}

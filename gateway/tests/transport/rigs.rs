//! The three worlds a case is played in: a transport and the clients on its other side.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use gateway::io::sim::{SimClient, SimNet, SimTransport};
use gateway::io::uring::UringTransport;
use gateway::io::{BoxedTransport, CloseReason, StreamTransport, TransportKind, TransportLimits};

/// What a client knows of the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Open,
    Eof,
    Reset,
}

/// A transport that listens on one listener, and its clients, which never block.
pub(crate) trait Rig {
    /// Whether other threads and real time exist here.
    const REAL: bool;
    type Client;
    fn transport(&mut self) -> &mut dyn StreamTransport;
    /// `None`: nobody listens.
    fn connect(&mut self) -> Option<Self::Client>;
    /// Sends what there is room for: how many bytes.
    fn send(&mut self, client: &mut Self::Client, bytes: &[u8]) -> usize;
    /// Appends all that has come.
    fn recv(&mut self, client: &mut Self::Client, into: &mut Vec<u8>) -> Seen;
    /// Sends no more.
    fn finish(&mut self, client: &mut Self::Client);
    /// Breaks off.
    fn reset(&mut self, client: Self::Client);
}

/// Whether to run the io_uring cases; says so if not.
pub(crate) fn uring_available() -> bool {
    match gateway::io::uring::probe() {
        Ok(()) => true,
        Err(error) => {
            eprintln!("SKIPPED, NOT TESTED: {error}");
            false
        }
    }
}

pub(crate) fn uring(limits: TransportLimits) -> SocketRig {
    SocketRig::open(TransportKind::Uring, limits)
}

/// io_uring with so few receive buffers that it runs out of them all the time.
pub(crate) fn uring_short(limits: TransportLimits) -> SocketRig {
    SocketRig::on(Box::new(UringTransport::with_buffers(limits, 8).unwrap()))
}

pub(crate) fn mio(limits: TransportLimits) -> SocketRig {
    SocketRig::open(TransportKind::Mio, limits)
}

pub(crate) fn sim(seed: u64) -> impl FnOnce(TransportLimits) -> SimRig {
    move |limits| {
        eprintln!("simulated with seed {seed}");
        let net = SimNet::new(seed);
        let mut transport = net.transport(limits).unwrap();
        transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        SimRig { net, transport }
    }
}

/// Either real back end on loopback.
pub(crate) struct SocketRig {
    transport: BoxedTransport,
    address: SocketAddr,
}

impl SocketRig {
    fn open(kind: TransportKind, limits: TransportLimits) -> Self {
        let (transport, fallback) = gateway::io::open(kind, limits).unwrap();
        assert_eq!(fallback, None);
        Self::on(transport)
    }

    fn on(mut transport: BoxedTransport) -> Self {
        let address = transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_ne!(address.port(), 0);
        Self { transport, address }
    }
}

impl Rig for SocketRig {
    const REAL: bool = true;
    type Client = TcpStream;

    fn transport(&mut self) -> &mut dyn StreamTransport {
        &mut *self.transport
    }

    fn connect(&mut self) -> Option<TcpStream> {
        let client = TcpStream::connect_timeout(&self.address, Duration::from_secs(5)).ok()?;
        client.set_nonblocking(true).unwrap();
        client.set_nodelay(true).unwrap();
        Some(client)
    }

    fn send(&mut self, client: &mut TcpStream, bytes: &[u8]) -> usize {
        // An error is that of a connection that is gone; `recv` tells which.
        client.write(bytes).unwrap_or(0)
    }

    fn recv(&mut self, client: &mut TcpStream, into: &mut Vec<u8>) -> Seen {
        let mut piece = [0; 4096];
        loop {
            match client.read(&mut piece) {
                Ok(0) => return Seen::Eof,
                Ok(bytes) => into.extend_from_slice(&piece[..bytes]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Seen::Open,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
                    return Seen::Reset;
                }
            }
        }
    }

    fn finish(&mut self, client: &mut TcpStream) {
        client.shutdown(Shutdown::Write).unwrap();
    }

    fn reset(&mut self, client: TcpStream) {
        socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// The simulated network.
pub(crate) struct SimRig {
    net: SimNet,
    transport: SimTransport,
}

impl Rig for SimRig {
    const REAL: bool = false;
    type Client = SimClient;

    fn transport(&mut self) -> &mut dyn StreamTransport {
        &mut self.transport
    }

    fn connect(&mut self) -> Option<SimClient> {
        self.net.connect(0)
    }

    fn send(&mut self, client: &mut SimClient, bytes: &[u8]) -> usize {
        self.net.client_send(*client, bytes)
    }

    fn recv(&mut self, client: &mut SimClient, into: &mut Vec<u8>) -> Seen {
        into.extend(self.net.client_recv(*client));
        match self.net.client_ended(*client) {
            None => Seen::Open,
            Some(CloseReason::Eof) => Seen::Eof,
            Some(_) => Seen::Reset,
        }
    }

    fn finish(&mut self, client: &mut SimClient) {
        self.net.client_close(*client);
    }

    fn reset(&mut self, client: SimClient) {
        self.net.client_reset(client);
    }
}

//! The socket back end: non-blocking sockets under epoll, for hosts that forbid io_uring and for
//! kernel-bypass libraries that stand in for the socket calls.
//!
//! epoll is edge-triggered here: a socket is announced once per change, so each connection
//! remembers whether reading or writing may still succeed until the kernel says `WouldBlock`.
//! Table and buffers: `connections.rs`. The promises kept: `transport.rs`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use super::clock;
use super::connections::{CLOSED, Connections, Phase, READABLE, WRITABLE};
use super::doorbell::{Doorbell, Sleeper};
use super::tcp;
use super::transport::{
    Close, CloseReason, ConnId, NetEvent, StreamTransport, TransportLimits, TransportStats,
};

/// Socket events taken from the kernel in one call.
const SOCKET_EVENTS_MAX: usize = 1024;
/// Connections accepted, and chunks thrown away of a closing one, in one poll: neither may keep
/// the others waiting for long.
const STEPS_MAX: usize = 64;
/// How soon a failed accept is tried again; out of descriptors, at once would be a busy loop.
const ACCEPT_RETRY_NS: u64 = 10_000_000;

// Connections' tokens are their slots; a slot is a u16, so these cannot collide.
const BELL: Token = Token(1 << 20);
const LISTENER_0: usize = 1 << 21;

#[derive(Default)]
struct Io {
    stream: Option<TcpStream>,
    /// The kernel has not said `WouldBlock` since the last announcement.
    may_read: bool,
    may_write: bool,
    /// A failed write's `errno`. Told when reading ends: what came before must be seen first.
    write_error: Option<i32>,
}

struct Listener {
    socket: TcpListener,
    may_accept: bool,
    retry_at_ns: u64,
}

/// See the module.
pub struct MioTransport {
    poll: Poll,
    sockets: Events,
    listeners: Vec<Listener>,
    /// Whose turn it is to accept first.
    first: usize,
    connections: Connections<Io>,
    sleeper: Sleeper,
}

impl MioTransport {
    /// Allocates everything; listens nowhere yet.
    ///
    /// # Errors
    /// Out of descriptors or memory.
    pub fn new(limits: TransportLimits) -> io::Result<Self> {
        let poll = Poll::new()?;
        let sleeper = Sleeper::in_poll(Waker::new(poll.registry(), BELL)?);
        Ok(Self {
            poll,
            sockets: Events::with_capacity(SOCKET_EVENTS_MAX),
            listeners: Vec::new(),
            first: 0,
            connections: Connections::new(limits),
            sleeper,
        })
    }

    /// Asks the kernel what has changed and notes it; `timeout` zero does not block.
    fn ask(&mut self, timeout: Duration) {
        self.connections.stats.enters += 1;
        if let Err(error) = self.poll.poll(&mut self.sockets, Some(timeout)) {
            assert!(error.kind() == io::ErrorKind::Interrupted, "epoll_wait: {error}");
            return;
        }
        for event in &self.sockets {
            match event.token() {
                BELL => {}
                Token(number) if number >= LISTENER_0 => {
                    if let Some(listener) = self.listeners.get_mut(number - LISTENER_0) {
                        listener.may_accept = true;
                    }
                }
                Token(slot) => {
                    // A closed socket leaves epoll with its last descriptor, so none is stale;
                    // a spare look at a reused slot would only cost a `WouldBlock` anyway.
                    let slot = slot as u16;
                    let io = &mut self.connections.at(slot).io;
                    io.may_read |=
                        event.is_readable() || event.is_read_closed() || event.is_error();
                    io.may_write |= event.is_writable() || event.is_error();
                    self.connections.touch(slot);
                }
            }
        }
    }

    fn accept(&mut self) {
        // Places may be fewer than those who want one: each listener is the first in turn.
        self.first = self.first.wrapping_add(1);
        for offset in 0..self.listeners.len() {
            let number = self.first.wrapping_add(offset) % self.listeners.len();
            for _ in 0..STEPS_MAX {
                let listener = &mut self.listeners[number];
                if !listener.may_accept
                    || (listener.retry_at_ns > 0 && clock::monotonic_ns() < listener.retry_at_ns)
                {
                    break;
                }
                if self.connections.lets_wait() {
                    self.connections.make_room();
                    return;
                }
                listener.retry_at_ns = 0;
                match listener.socket.accept() {
                    Ok((stream, peer)) => self.welcome(number as u8, stream, peer),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        listener.may_accept = false;
                    }
                    Err(_) => {
                        listener.retry_at_ns = clock::monotonic_ns() + ACCEPT_RETRY_NS;
                        self.connections.stats.accept_errors += 1;
                    }
                }
            }
        }
    }

    fn welcome(&mut self, listener: u8, stream: TcpStream, peer: SocketAddr) {
        let io = Io { may_read: true, may_write: true, ..Io::default() };
        let Some(slot) = self.connections.claim(listener, peer, io) else { return };
        let stream = self.connections.at(slot).io.stream.insert(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(stream, Token(slot.into()), interest) {
            // Out of memory in the kernel: this peer cannot be served.
            let errno = error.raw_os_error().unwrap_or(libc::ENOMEM);
            self.connections.at(slot).io.stream = None;
            self.connections.at(slot).ended = Some(CloseReason::Error(errno));
            self.connections.raise(slot, CLOSED);
        }
    }

    /// Brings every connection that has changed, or that the caller has touched, up to date.
    fn settle(&mut self) {
        let count = self.connections.touched();
        for index in 0..count {
            let slot = self.connections.touched_at(index);
            match self.connections.at(slot).phase {
                Phase::Free => continue,
                Phase::Open => {
                    self.write(slot);
                    self.read(slot);
                }
                Phase::Draining { .. } | Phase::Lingering { .. } => self.wind_down(slot),
                Phase::Dying => {}
            }
            if self.connections.at(slot).phase == Phase::Dying {
                if let Some(stream) = &self.connections.at(slot).io.stream {
                    let _ = stream.shutdown(Shutdown::Both);
                }
                self.connections.release(slot);
            }
        }
        self.connections.touched_done(count);
    }

    fn read(&mut self, slot: u16) {
        let mut came = 0;
        let conn = self.connections.at(slot);
        while conn.io.may_read && conn.ended.is_none() && !conn.receive.is_full() {
            let Some(stream) = &mut conn.io.stream else { break };
            // At least one usual read's worth: do not move the buffer for a few bytes of room.
            match stream.read(conn.receive.room(4096)) {
                Ok(0) => {
                    let failed = conn.io.write_error.map(CloseReason::of_errno);
                    conn.ended = Some(failed.unwrap_or(CloseReason::Eof));
                }
                Ok(bytes) => {
                    conn.receive.filled(bytes);
                    came += bytes;
                }
                Err(error) => note_read_error(error, &mut conn.io, &mut conn.ended),
            }
        }
        let (ended, paused) = (conn.ended.is_some(), conn.io.may_read && conn.receive.is_full());
        if came > 0 {
            self.connections.stats.bytes_in += came as u64;
            self.connections.stats.reads_paused += u64::from(paused && !ended);
            self.connections.raise(slot, READABLE);
        }
        // `may_read` is the "not told yet" of the end: nothing is read after it.
        if ended && std::mem::take(&mut self.connections.at(slot).io.may_read) {
            self.connections.raise(slot, CLOSED);
        }
    }

    fn write(&mut self, slot: u16) {
        let conn = self.connections.at(slot);
        let (mut left, mut short, mut room) = (0, 0, false);
        while conn.io.may_write {
            let bytes = conn.send.next();
            let Some(stream) = &mut conn.io.stream else { break };
            if bytes.is_empty() {
                break;
            }
            let whole = bytes.len();
            match stream.write(bytes) {
                Ok(sent) => {
                    room |= conn.send.sent(sent);
                    left += sent as u64;
                    short += u64::from(sent < whole);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    conn.io.may_write = false;
                }
                Err(error) => {
                    conn.io.may_write = false;
                    conn.io.write_error = Some(error.raw_os_error().unwrap_or(libc::EPIPE));
                    conn.send.break_off();
                }
            }
        }
        self.connections.stats.bytes_out += left;
        self.connections.stats.short_sends += short;
        if room {
            self.connections.raise(slot, WRITABLE);
        }
    }

    /// One step of `Close::Flushed`: send the rest, say FIN, read until theirs.
    fn wind_down(&mut self, slot: u16) {
        self.write(slot);
        let conn = self.connections.at(slot);
        for _ in 0..STEPS_MAX {
            let Some(stream) = &mut conn.io.stream else { break };
            if !conn.io.may_read || conn.ended.is_some() {
                break;
            }
            conn.receive.clear();
            match stream.read(conn.receive.room(0)) {
                Ok(0) => conn.ended = Some(CloseReason::Eof),
                Ok(_) => {}
                Err(error) => note_read_error(error, &mut conn.io, &mut conn.ended),
            }
        }
        if let (Phase::Draining { deadline_ns }, 0) = (conn.phase, conn.send.queued_bytes()) {
            if let Some(stream) = &conn.io.stream {
                let _ = stream.shutdown(Shutdown::Write);
            }
            conn.phase = Phase::Lingering { deadline_ns };
        }
        let lingering = matches!(conn.phase, Phase::Lingering { .. });
        let broken = !matches!(conn.ended, None | Some(CloseReason::Eof));
        if broken || (lingering && (conn.ended.is_some() || conn.io.stream.is_none())) {
            conn.phase = Phase::Dying;
        } else if conn.io.may_read && conn.ended.is_none() {
            self.connections.touch(slot);
        }
    }

    fn expire(&mut self) -> Option<u64> {
        if !self.connections.is_closing() {
            return None;
        }
        self.connections.expire(clock::monotonic_ns())
    }
}

fn note_read_error(error: io::Error, io: &mut Io, ended: &mut Option<CloseReason>) {
    match error.kind() {
        io::ErrorKind::WouldBlock => io.may_read = false,
        io::ErrorKind::Interrupted => {}
        _ => *ended = Some(CloseReason::of_errno(error.raw_os_error().unwrap_or(libc::EIO))),
    }
}

impl StreamTransport for MioTransport {
    fn name(&self) -> &'static str {
        "mio"
    }

    fn listen(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        let number = tcp::listener_number(self.listeners.len())?;
        let (socket, bound) = tcp::listener(addr)?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpListener::from_std(socket.into());
        let token = Token(LISTENER_0 + usize::from(number));
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        self.listeners.push(Listener { socket, may_accept: true, retry_at_ns: 0 });
        Ok(bound)
    }

    fn poll(&mut self, events: &mut Vec<NetEvent>) -> usize {
        events.clear();
        self.ask(Duration::ZERO);
        self.accept();
        self.expire();
        self.settle();
        self.connections.tell(events)
    }

    fn received(&self, conn: ConnId) -> &[u8] {
        self.connections.received(conn)
    }

    fn consume(&mut self, conn: ConnId, bytes: usize) {
        self.connections.consume(conn, bytes);
    }

    fn reserve(&mut self, conn: ConnId, bytes: usize) -> Option<&mut [u8]> {
        self.connections.reserve(conn, bytes)
    }

    fn commit(&mut self, conn: ConnId, bytes: usize) {
        self.connections.commit(conn, bytes);
    }

    fn flush(&mut self) {
        self.settle();
    }

    fn queued_bytes(&self, conn: ConnId) -> usize {
        self.connections.queued_bytes(conn)
    }

    fn close(&mut self, conn: ConnId, how: Close) {
        self.connections.close(conn, how, clock::monotonic_ns());
    }

    fn stop_listening(&mut self) {
        self.listeners.clear();
    }

    fn wait(&mut self, timeout: Duration) {
        self.flush();
        // An edge that has been reported and not worked off is not reported again.
        let accepting = self.listeners.iter().any(|one| one.may_accept && one.retry_at_ns == 0);
        if accepting || self.connections.has_events() || self.connections.touched() > 0 {
            return;
        }
        let now_ns = clock::monotonic_ns();
        let timeout_ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let mut until_ns = now_ns.saturating_add(timeout_ns);
        let linger_ns = self.expire().into_iter();
        let retry_ns = self.listeners.iter().map(|listener| listener.retry_at_ns);
        for deadline_ns in linger_ns.chain(retry_ns.filter(|&at| at > 0)) {
            until_ns = until_ns.min(deadline_ns);
        }
        if self.sleeper.announce() {
            self.ask(Duration::from_nanos(until_ns.saturating_sub(now_ns)));
            self.sleeper.cancel();
        }
    }

    fn doorbell(&self) -> Doorbell {
        self.sleeper.doorbell()
    }

    fn stats(&self) -> TransportStats {
        self.connections.stats
    }
}

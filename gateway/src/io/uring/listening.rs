//! Listeners of the io_uring back end: a multishot accept each, armed again whenever it ends.
//!
//! Such an accept brings connections whether there is a place for them or not; they wait here.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use io_uring::opcode;
use io_uring::types::{CancelBuilder, Fd};
use socket2::Socket;

use super::super::{clock, tcp};
use super::{Io, Operation, UringTransport};

/// How soon a failed accept is tried again; out of descriptors, at once would be a busy loop.
const ACCEPT_RETRY_NS: u64 = 10_000_000;
/// Connections that may wait for a place; each has a descriptor.
pub(super) const WAITING_MAX: usize = 256;

/// A connection that waits for a place.
pub(super) struct Waiting {
    listener: u8,
    peer: SocketAddr,
    socket: Socket,
}

/// One listening socket.
pub(super) struct Listener {
    /// None: closed. The descriptor must outlive the accept in flight.
    socket: Option<Socket>,
    accepting: bool,
    stopped: bool,
    pub(super) retry_at_ns: u64,
}

impl UringTransport {
    pub(super) fn open_listener(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        tcp::listener_number(self.listeners.len())?;
        let (socket, bound) = tcp::listener(addr)?;
        let socket = Some(socket);
        self.listeners.push(Listener { socket, accepting: false, stopped: false, retry_at_ns: 0 });
        Ok(bound)
    }

    pub(super) fn close_listeners(&mut self) {
        for number in 0..self.listeners.len() {
            let listener = &mut self.listeners[number];
            listener.stopped = true;
            self.waiting.clear();
            match &listener.socket {
                Some(socket) if listener.accepting => {
                    let fd = Fd(socket.as_raw_fd());
                    let cancel = opcode::AsyncCancel2::new(CancelBuilder::fd(fd).all()).build();
                    self.push(cancel.user_data(Operation::CancelAccept.user_data(0, 0)));
                }
                _ => listener.socket = None,
            }
        }
    }

    /// Starts the accepts that have ended or never begun.
    pub(super) fn arm_listeners(&mut self) {
        for number in 0..self.listeners.len() {
            let listener = &self.listeners[number];
            let Some(socket) = &listener.socket else { continue };
            let late = listener.retry_at_ns > 0 && clock::monotonic_ns() < listener.retry_at_ns;
            if listener.accepting || listener.stopped || late {
                continue;
            }
            let accept = opcode::AcceptMulti::new(Fd(socket.as_raw_fd()));
            let accept = accept.flags(libc::SOCK_CLOEXEC).build();
            let user_data = Operation::Accept.user_data(number as u16, 0);
            self.listeners[number].accepting = self.push(accept.user_data(user_data));
            self.listeners[number].retry_at_ns = 0;
        }
    }

    pub(super) fn on_accept(&mut self, number: u16, result: i32, more: bool) {
        if result >= 0 {
            // WHY: a completion carries a bare descriptor.
            // SAFETY: the kernel has just made it for this accept and told nobody else.
            let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(result as RawFd) });
            self.welcome(number, socket);
        }
        let Some(listener) = self.listeners.get_mut(usize::from(number)) else { return };
        if !more {
            listener.accepting = false;
            if listener.stopped {
                listener.socket = None;
            } else if result < 0 {
                listener.retry_at_ns = clock::monotonic_ns() + ACCEPT_RETRY_NS;
                self.connections.stats.accept_errors += 1;
            }
        }
    }

    fn welcome(&mut self, number: u16, socket: Socket) {
        if self.listeners.get(usize::from(number)).is_none_or(|listener| listener.stopped) {
            return;
        }
        // A multishot accept has no place for the address. A peer that is gone already has none.
        let Some(peer) = socket.peer_addr().ok().and_then(|peer| peer.as_socket()) else {
            self.connections.stats.accept_errors += 1;
            return;
        };
        let waiting = Waiting { listener: number as u8, peer, socket };
        let waits = self.connections.lets_wait() || !self.waiting.is_empty();
        if waits && self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(waiting);
        } else {
            self.seat(waiting);
        }
    }

    fn seat(&mut self, Waiting { listener, peer, socket }: Waiting) {
        let io = Io { socket: Some(socket), ..Io::default() };
        self.connections.claim(listener, peer, io);
    }

    /// Gives places to those who wait, in the order in which they came.
    pub(super) fn seat_waiting(&mut self) {
        while !self.connections.lets_wait()
            && let Some(waiting) = self.waiting.pop_front()
        {
            self.seat(waiting);
        }
        if !self.waiting.is_empty() {
            self.connections.make_room();
        }
    }
}

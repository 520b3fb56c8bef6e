//! Listeners of the io_uring back end: a few accepts each, armed again when they have brought somebody.
//!
//! A multishot accept would bring connections whether there is a place for them or not. Where newcomers are to wait
//! there are never more accepts than places, and they wait in the kernel.

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
/// Accepts in flight for each listener: so many connections come in one turn.
const ACCEPTS_EACH: usize = 4;

/// One listening socket.
pub(super) struct Listener {
    /// None: closed. The descriptor must outlive the accept in flight.
    socket: Option<Socket>,
    /// Accepts in flight.
    accepting: usize,
    stopped: bool,
    pub(super) retry_at_ns: u64,
}

impl UringTransport {
    pub(super) fn open_listener(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        tcp::listener_number(self.listeners.len())?;
        let (socket, bound) = tcp::listener(addr)?;
        let socket = Some(socket);
        self.listeners.push(Listener { socket, accepting: 0, stopped: false, retry_at_ns: 0 });
        Ok(bound)
    }

    pub(super) fn close_listeners(&mut self) {
        for number in 0..self.listeners.len() {
            let listener = &mut self.listeners[number];
            listener.stopped = true;
            match &listener.socket {
                Some(socket) if listener.accepting > 0 => {
                    let fd = Fd(socket.as_raw_fd());
                    let cancel = opcode::AsyncCancel2::new(CancelBuilder::fd(fd).all()).build();
                    self.push(cancel.user_data(Operation::CancelAccept.user_data(0, 0)));
                }
                _ => listener.socket = None,
            }
        }
    }

    /// Starts the accepts that have ended or never begun, as far as there are places for what they bring.
    pub(super) fn arm_listeners(&mut self) {
        let mut accepting: usize = self.listeners.iter().map(|listener| listener.accepting).sum();
        let room = self.connections.room().unwrap_or(usize::MAX);
        let mut is_short = false;
        for number in 0..self.listeners.len() {
            let listener = &self.listeners[number];
            let Some(socket) = &listener.socket else { continue };
            let fd = Fd(socket.as_raw_fd());
            let late = listener.retry_at_ns > 0 && clock::monotonic_ns() < listener.retry_at_ns;
            if listener.stopped || late {
                continue;
            }
            self.listeners[number].retry_at_ns = 0;
            while self.listeners[number].accepting < ACCEPTS_EACH && accepting < room {
                let accept = opcode::Accept::new(fd, std::ptr::null_mut(), std::ptr::null_mut());
                let accept = accept.flags(libc::SOCK_CLOEXEC).build();
                if !self.push(accept.user_data(Operation::Accept.user_data(number as u16, 0))) {
                    return;
                }
                self.listeners[number].accepting += 1;
                accepting += 1;
            }
            is_short |= self.listeners[number].accepting == 0;
        }
        if is_short {
            self.connections.make_room();
        }
    }

    pub(super) fn on_accept(&mut self, number: u16, result: i32) {
        if result >= 0 {
            // WHY: a completion carries a bare descriptor.
            // SAFETY: the kernel has just made it for this accept and told nobody else.
            let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(result as RawFd) });
            self.welcome(number, socket);
        }
        let Some(listener) = self.listeners.get_mut(usize::from(number)) else { return };
        listener.accepting -= 1;
        if listener.stopped {
            if listener.accepting == 0 {
                listener.socket = None;
            }
        } else if result < 0 {
            listener.retry_at_ns = clock::monotonic_ns() + ACCEPT_RETRY_NS;
            self.connections.stats.accept_errors += 1;
        }
    }

    fn welcome(&mut self, number: u16, socket: Socket) {
        if self.listeners.get(usize::from(number)).is_none_or(|listener| listener.stopped) {
            return;
        }
        // A peer that is gone already has no address.
        let Some(peer) = socket.peer_addr().ok().and_then(|peer| peer.as_socket()) else {
            self.connections.stats.accept_errors += 1;
            return;
        };
        let io = Io { socket: Some(socket), ..Io::default() };
        self.connections.claim(number as u8, peer, io);
    }
}

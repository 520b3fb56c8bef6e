//! How connections of the io_uring back end end, and the transport itself.
//!
//! The kernel may read and write a connection's memory until the last operation of it has
//! completed; nothing is closed, reused or freed before.

use std::mem::ManuallyDrop;
use std::net::Shutdown;

use io_uring::opcode;
use io_uring::types::CancelBuilder;

use super::super::clock;
use super::super::connections::Phase;
use super::super::transport::CloseReason;
use super::{Operation, UringTransport, fd_of, provided, setup};

/// How long dropping waits for the kernel to let go of our memory before leaking it instead.
const DROP_WAIT_MS: u64 = 1000;

impl UringTransport {
    /// One step of `Close::Flushed`: send the rest, say FIN, receive until theirs.
    pub(super) fn wind_down(&mut self, slot: u16) {
        self.forget_backlog(slot);
        self.start_send(slot);
        self.steer_receive(slot);
        let conn = self.connections.at(slot);
        if let (Phase::Draining { deadline_ns }, 0) = (conn.phase, conn.send.queued_bytes()) {
            if let Some(socket) = &conn.io.socket {
                let _ = socket.shutdown(Shutdown::Write);
            }
            conn.phase = Phase::Lingering { deadline_ns };
        }
        let lingering = matches!(conn.phase, Phase::Lingering { .. });
        let broken = !matches!(conn.ended, None | Some(CloseReason::Eof));
        if broken || (lingering && conn.ended.is_some()) {
            conn.phase = Phase::Dying;
            self.die(slot);
        }
    }

    /// Cancel, shut down, close, in this order: a close with operations in flight would neither
    /// end them nor tell the peer.
    pub(super) fn die(&mut self, slot: u16) {
        self.forget_backlog(slot);
        let io = &self.connections.at(slot).io;
        if let (false, false, Some(fd)) = (io.idle(), io.cancelled, fd_of(io)) {
            let cancel = opcode::AsyncCancel2::new(CancelBuilder::fd(fd).all()).build();
            let started = self.start(slot, Operation::CancelAll, cancel);
            let io = &mut self.connections.at(slot).io;
            (io.cancelling, io.cancelled) = (started, started);
        } else if io.idle() {
            if let Some(socket) = &io.socket {
                let _ = socket.shutdown(Shutdown::Both);
            }
            self.connections.release(slot);
        }
    }

    fn forget_backlog(&mut self, slot: u16) {
        let conn = self.connections.at(slot);
        while !conn.io.backlog.is_empty() {
            self.provided.forget_oldest(&mut conn.io.backlog);
        }
    }

    /// The cancel of all operations of a connection has been worked off.
    pub(super) fn on_cancelled(&mut self, slot: u16) {
        let io = &mut self.connections.at(slot).io;
        io.cancelling = false;
        // Whatever the cancel could not catch ends with the socket.
        if let (false, Some(socket)) = (io.idle(), &io.socket) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for UringTransport {
    /// Ends all operations, then frees the memory they point to; leaks it if they do not end.
    fn drop(&mut self) {
        let deadline_ns = clock::monotonic_ns() + DROP_WAIT_MS * 1_000_000;
        let mut quiet = !self.enabled;
        if self.enabled {
            let everything = opcode::AsyncCancel2::new(CancelBuilder::any()).build();
            let everything = everything.user_data(Operation::CancelEverything.user_data(0, 0));
            quiet = setup::cancel_all(&mut self.ring, everything, self.in_flight, deadline_ns);
        }
        if quiet {
            // No operation can look for a buffer any more; this only tidies up.
            let _ = self.ring.submitter().unregister_buf_ring(provided::GROUP);
            // WHY: the kernel may write to this memory as long as an operation is in flight.
            // SAFETY: none is, or the ring was never enabled; and nothing uses the fields after.
            unsafe {
                ManuallyDrop::drop(&mut self.connections);
                ManuallyDrop::drop(&mut self.provided);
                ManuallyDrop::drop(&mut self.bell_count);
                ManuallyDrop::drop(&mut self.file_write);
            }
        }
    }
}

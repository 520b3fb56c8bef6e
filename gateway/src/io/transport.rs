//! What a gateway needs of a network: accepted connections, bytes in order, room for bytes out.
//!
//! Pull-shaped: the caller polls for events and then asks for bytes, so nothing calls back and
//! nothing is re-entrant. Buffers belong to the transport and are allocated once, at start; a full
//! one is the only back-pressure there is. Back ends: `uring.rs`, `mio.rs`, and `sim.rs` for tests;
//! `gateway/tests/transport.rs` holds all three to the promises written here.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::disk::{DiskWrite, DiskWritten};
use super::doorbell::Doorbell;
use super::file::RealFile;

/// Names one connection for as long as it lives. A slot is used again, a name never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnId {
    /// Which of the `connections_max` places; an index the caller may use for its own table.
    pub slot: u16,
    /// Rises each time the slot is used again, so a stale id finds nothing.
    pub generation: u32,
}

/// What [`StreamTransport::poll`] reports. For one connection the order is as written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetEvent {
    /// A peer has connected.
    Accepted {
        /// The new connection.
        conn: ConnId,
        /// The listener it came to, numbered from 0 in the order of `listen` calls.
        listener: u8,
        /// The peer's address.
        peer: SocketAddr,
    },
    /// New bytes wait in `received`. Raised for new bytes only, never for ones left unread.
    Readable {
        /// The connection.
        conn: ConnId,
    },
    /// A `reserve` that was answered `None` would now succeed.
    Writable {
        /// The connection.
        conn: ConnId,
    },
    /// No more bytes will come; all that came before are in `received` until `close`.
    /// After [`CloseReason::Eof`] bytes may still be sent: the peer may have closed only its half.
    Closed {
        /// The connection. It keeps its slot until the caller calls `close`.
        conn: ConnId,
        /// What ended it.
        why: CloseReason,
    },
}

/// Why a peer's bytes have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer said it will send no more.
    Eof,
    /// The peer, or the network, broke the connection off.
    Reset,
    /// Another error; the value is the `errno`.
    Error(i32),
}

impl CloseReason {
    /// The reason for an `errno` that a read or a write of the connection has returned.
    pub(super) fn of_errno(errno: i32) -> Self {
        match errno {
            libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED => Self::Reset,
            other => Self::Error(other),
        }
    }
}

/// How a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// After the queued bytes have left, then FIN; bounded by [`TransportLimits::linger`].
    Flushed,
    /// At once; queued bytes that the kernel has not taken yet are dropped.
    Now,
}

/// What happens to a connection that finds all places taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is accepted, closed and counted.
    Refuse,
    /// It waits in the kernel for the next place: the caller sees to it that there soon is one. When places
    /// run out, connections that linger are ended, the oldest first.
    Wait,
}

/// Sizes fixed at start; all memory of a transport follows from them.
#[derive(Clone, Copy, Debug)]
pub struct TransportLimits {
    /// Connections served at once.
    pub connections_max: u16,
    /// What happens to one more.
    pub when_full: WhenFull,
    /// Bytes per connection that may wait unread before reading stops; at least 4096.
    /// `received` may show up to twice as many: what was under way when the limit was reached.
    pub receive_bytes: usize,
    /// Bytes per connection in each of two out buffers: one is filled while the other is sent.
    pub send_bytes: usize,
    /// How long [`Close::Flushed`] may take before it becomes [`Close::Now`].
    pub linger: Duration,
}

impl Default for TransportLimits {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            when_full: WhenFull::Refuse,
            receive_bytes: 64 << 10,
            send_bytes: 64 << 10,
            linger: Duration::from_millis(1000),
        }
    }
}

/// Counts since the transport was opened. They only rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransportStats {
    /// Connections given to the caller.
    pub accepted: u64,
    /// Connections closed at once because `connections_max` were open.
    pub refused_full: u64,
    /// Accepts that failed in the kernel (out of descriptors, peer already gone).
    pub accept_errors: u64,
    /// Bytes made visible to the caller.
    pub bytes_in: u64,
    /// Bytes the kernel has taken.
    pub bytes_out: u64,
    /// Sends of which the kernel took only a part.
    pub short_sends: u64,
    /// Times reading from a peer was stopped because its bytes were not consumed.
    pub reads_paused: u64,
    /// io_uring: receives that found no free buffer. Rare is fine; many: slow callers.
    pub enobufs: u64,
    /// io_uring: times the completion queue ran over. Must stay 0: it is sized for the worst case.
    pub cq_overflow: u64,
    /// System calls made to submit, poll or wait (not those of opening and closing).
    pub enters: u64,
}

/// Serves TCP connections, or what a simulator passes off as such, to one thread.
///
/// An id that is stale (closed by the caller, or its slot used again) is harmless everywhere: it
/// has no bytes and no room. TCP_NODELAY is on.
pub trait StreamTransport {
    /// `"uring"`, `"mio"` or `"sim"`.
    fn name(&self) -> &'static str;

    /// Starts to accept at `addr`; the answer is the address really bound, so port 0 may be asked
    /// for. Listeners are numbered 0, 1, … in order of these calls.
    ///
    /// # Errors
    /// What the kernel said; `InvalidInput` for more than 256 listeners.
    fn listen(&mut self, addr: SocketAddr) -> io::Result<SocketAddr>;

    /// Clears `events` and fills it with what has happened, up to its capacity, which must not be
    /// 0; what does not fit comes next time. Never blocks, never allocates. Returns how many.
    fn poll(&mut self, events: &mut Vec<NetEvent>) -> usize;

    /// The bytes that wait, in order and contiguous.
    fn received(&self, conn: ConnId) -> &[u8];

    /// Frees the first `bytes` of `received`. At most what `received` shows: more is a bug.
    /// Not calling this is how a caller stops reading: the buffer fills and TCP pushes back.
    fn consume(&mut self, conn: ConnId, bytes: usize);

    /// Room for `bytes` (at most `send_bytes`) at the end of the out buffer. `None`: no room now;
    /// a `Writable` follows when there is, or `Closed` if there will never be.
    fn reserve(&mut self, conn: ConnId, bytes: usize) -> Option<&mut [u8]>;

    /// Queues the first `bytes` of what `reserve` gave. They leave with the next `flush`.
    fn commit(&mut self, conn: ConnId, bytes: usize);

    /// Starts to send what is committed. One send is in flight per connection; what is committed
    /// meanwhile follows by itself when it has completed and `poll` is called.
    fn flush(&mut self);

    /// Bytes committed that the kernel has not taken.
    fn queued_bytes(&self, conn: ConnId) -> usize;

    /// Ends the connection. The id is dead for the caller at once: no event of it follows.
    fn close(&mut self, conn: ConnId, how: Close);

    /// Accepts no more. Connections that are open stay open.
    fn stop_listening(&mut self);

    /// Flushes, then blocks until something has happened, the doorbell rang, or `timeout`.
    /// May return early for no reason.
    fn wait(&mut self, timeout: Duration);

    /// What other threads ring to end a `wait`. A ring while awake makes the next `wait` return
    /// at once, so none is lost.
    fn doorbell(&self) -> Doorbell;

    /// The counters.
    fn stats(&self) -> TransportStats;

    /// This back end also brings writes of files to the device, beside its connections.
    fn writes_files(&self) -> bool {
        false
    }

    /// Takes a write; it leaves with the next `poll`, `flush` or `wait`, and its end is an end of
    /// `wait`. One at a time, and only where [`Self::writes_files`]: anything else is a bug.
    fn submit_write(&mut self, _write: DiskWrite<RealFile>) {
        unreachable!("this back end writes no files");
    }

    /// The write that has ended since it was submitted.
    fn take_written(&mut self) -> Option<DiskWritten> {
        None
    }
}

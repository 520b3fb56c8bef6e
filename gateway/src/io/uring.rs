//! The io_uring back end: one ring, many connections, one system call per turn.
//!
//! ```text
//!   settle   for each touched connection: start its next send, start or stop its receive
//!   enter    hand all that to the kernel in one call; skipped when there is nothing to hand over
//!   reap     for each completion: bytes in, room back, the end of an operation
//! ```
//! A connection has at most one multishot receive and **one send** in flight (two could be torn
//! apart by a short first), and is freed only when no operation of it is left, so a completion
//! always finds the connection it belongs to. What the caller consumed is looked at right *before*
//! the enter: the kernel works only inside it, so a receive is stopped before it brings more.
//!
//! The ring belongs to the thread that first polls, flushes or waits. `setup.rs` makes rings and
//! finds out whether this host allows them, `listening.rs` accepts, `closing.rs` ends connections, `files.rs` writes files,
//! `provided.rs` holds the receive buffers, `operation.rs` tells completions apart, `connections.rs` is the table. The promises kept: `transport.rs`.

use std::io;
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use io_uring::squeue::Entry;
use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode};
use socket2::Socket;

use super::clock;
use super::connections::{CLOSED, Connections, Phase, READABLE, WRITABLE};
use super::disk::{DiskWrite, DiskWritten};
use super::doorbell::{Doorbell, Sleeper};
use super::file::RealFile;
use super::transport::{
    Close, CloseReason, ConnId, NetEvent, StreamTransport, TransportLimits, TransportStats,
};
use files::FileWrite;
use listening::Listener;
use operation::Operation;
use provided::{Backlog, Counts, Provided};

mod closing;
mod files;
mod listening;
mod operation;
mod provided;
mod setup;

pub use setup::{ProbeError, probe};

#[derive(Default)]
struct Io {
    socket: Option<Socket>,
    // Operations in flight.
    receiving: bool,
    pausing: bool,
    sending: bool,
    cancelling: bool,
    /// All operations were told to end; do it once.
    cancelled: bool,
    backlog: Backlog,
    /// A failed send's `errno`. Told when the receive ends: what came before must be seen first.
    send_error: Option<i32>,
}

impl Io {
    fn idle(&self) -> bool {
        !(self.receiving || self.pausing || self.sending || self.cancelling)
    }
}

/// See the module.
pub struct UringTransport {
    ring: IoUring,
    // The kernel knows this memory by address: `Drop` decides whether it may be freed.
    connections: ManuallyDrop<Connections<Io>>,
    provided: ManuallyDrop<Provided>,
    bell_count: ManuallyDrop<Box<[u8; 8]>>,
    file_write: ManuallyDrop<FileWrite>,
    listeners: Vec<Listener>,
    sleeper: Sleeper,
    /// The ring has found its thread.
    enabled: bool,
    /// Operations whose last completion has not come.
    in_flight: usize,
}

impl UringTransport {
    /// Allocates everything; listens nowhere yet. Call [`probe`] first to learn whether to try.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn new(limits: TransportLimits) -> io::Result<Self> {
        Self::with(limits, Counts::for_connections(limits.connections_max))
    }

    /// With `buffers` (a power of two) for all receives together, however few: tests show that
    /// running out of them loses nothing.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn with_buffers(limits: TransportLimits, buffers: u16) -> io::Result<Self> {
        Self::with(limits, Counts { buffers, offered: buffers })
    }

    fn with(limits: TransportLimits, counts: Counts) -> io::Result<Self> {
        let connections: Connections<Io> = Connections::new(limits);
        let ring = setup::ring(limits.connections_max.into(), counts.offered.into())?;
        let provided = Provided::new(&ring, counts)?;
        Ok(Self {
            ring,
            connections: ManuallyDrop::new(connections),
            provided: ManuallyDrop::new(provided),
            bell_count: ManuallyDrop::new(Box::new([0; 8])),
            file_write: ManuallyDrop::default(),
            listeners: Vec::new(),
            sleeper: Sleeper::new()?,
            enabled: false,
            in_flight: 0,
        })
    }

    // ----- towards the kernel -----

    /// Queues one operation for the next enter. False: no room even after an enter; come again.
    fn push(&mut self, entry: Entry) -> bool {
        for _ in 0..2 {
            // WHY: the queue cannot know how long the memory behind an entry lives.
            // SAFETY: entries point to the fixed buffers of a connection, to `bell_count` or to the
            // heap buffer of the write in `file_write`, which are neither moved nor freed while
            // `in_flight` counts the operation (see `Drop`), and to descriptors that stay open
            // until it has ended.
            if unsafe { self.ring.submission().push(&entry) }.is_ok() {
                self.in_flight += 1;
                return true;
            }
            self.enter(None);
        }
        false
    }

    /// Submits what is queued and lets the kernel work; with a timeout, also waits for something
    /// to complete.
    fn enter(&mut self, timeout: Option<Duration>) {
        let result = self.try_enter(timeout);
        // Anything else is a descriptor or an entry we got wrong, or a ring on the wrong thread.
        assert!(result.is_ok(), "io_uring_enter: {result:?}");
    }

    fn try_enter(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if !self.enabled {
            self.ring.submitter().register_enable_rings()?;
            self.enabled = true;
            self.arm_bell();
        }
        self.connections.stats.enters += 1;
        let submitter = self.ring.submitter();
        let result = match timeout {
            None => submitter.submit(),
            Some(timeout) => {
                let timeout = Timespec::from(timeout);
                submitter.submit_with_args(1, &SubmitArgs::new().timespec(&timeout))
            }
        };
        match result.map_err(|error| (error.raw_os_error(), error)) {
            Ok(_) => Ok(()),
            // Timed out; a signal; completions must be reaped first; short of memory for now. In
            // all of them what was not submitted stays queued and goes with the next enter.
            Err((Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN), _)) => Ok(()),
            Err((_, error)) => Err(error),
        }
    }

    /// Enters if there is anything to submit or the kernel has something to finish. A poll of a
    /// quiet transport stops here, without a system call.
    fn enter_if_due(&mut self) {
        let submission = self.ring.submission();
        let overflow = submission.cq_overflow();
        let due = overflow || submission.taskrun() || !submission.is_empty();
        drop(submission);
        self.connections.stats.cq_overflow += u64::from(overflow);
        if due || !self.enabled {
            self.enter(None);
        }
    }

    fn arm_bell(&mut self) {
        let bell = Fd(self.sleeper.fd().as_raw_fd());
        let read = opcode::Read::new(bell, self.bell_count.as_mut_ptr(), 8).build();
        // Fits: pushed into an empty queue, or in answer to a completion.
        let pushed = self.push(read.user_data(Operation::Bell.user_data(0, 0)));
        assert!(pushed, "no room for the doorbell");
    }

    /// Queues the write of a file, and what each touched connection needs next.
    fn settle(&mut self) {
        self.start_file_write();
        let count = self.connections.touched();
        for index in 0..count {
            let slot = self.connections.touched_at(index);
            match self.connections.at(slot).phase {
                Phase::Free => {}
                Phase::Open => {
                    self.start_send(slot);
                    self.drain_backlog(slot);
                    self.steer_receive(slot);
                }
                Phase::Draining { .. } | Phase::Lingering { .. } => self.wind_down(slot),
                Phase::Dying => self.die(slot),
            }
        }
        self.connections.touched_done(count);
    }

    fn start(&mut self, slot: u16, operation: Operation, entry: Entry) -> bool {
        let generation = self.connections.generation(slot);
        let started = self.push(entry.user_data(operation.user_data(slot, generation)));
        if !started {
            self.connections.touch(slot);
        }
        started
    }

    fn start_send(&mut self, slot: u16) {
        let conn = self.connections.at(slot);
        let bytes = conn.send.next();
        let (Some(fd), false) = (fd_of(&conn.io), bytes.is_empty() || conn.io.sending) else {
            return;
        };
        let send = opcode::Send::new(fd, bytes.as_ptr(), bytes.len() as u32)
            .flags(libc::MSG_WAITALL | libc::MSG_NOSIGNAL);
        self.connections.at(slot).io.sending = self.start(slot, Operation::Send, send.build());
    }

    /// Receives while the caller keeps up, stops while it does not.
    fn steer_receive(&mut self, slot: u16) {
        let conn = self.connections.at(slot);
        let (full, io) = (conn.receive.is_full() || !conn.io.backlog.is_empty(), &conn.io);
        let Some(fd) = fd_of(io) else { return };
        if full && io.receiving && !io.pausing {
            let target = Operation::Receive.user_data(slot, self.connections.generation(slot));
            let cancel = opcode::AsyncCancel::new(target).build();
            self.connections.stats.reads_paused += 1;
            self.connections.at(slot).io.pausing = self.start(slot, Operation::Pause, cancel);
        } else if !full && !io.receiving && !io.pausing && conn.ended.is_none() {
            if !self.provided.any_left() {
                // Armed now it would fail at once. Looked at again every turn until one is back.
                self.connections.touch(slot);
                return;
            }
            // No length: one receive takes one buffer at most, and that is the cap we want.
            let receive = opcode::RecvMulti::new(fd, provided::GROUP).build();
            self.connections.at(slot).io.receiving = self.start(slot, Operation::Receive, receive);
        }
    }

    /// Shows the caller what had to wait, now that there may be room.
    fn drain_backlog(&mut self, slot: u16) {
        let mut shown = 0;
        let conn = self.connections.at(slot);
        while let Some(bytes) = self.provided.oldest(conn.io.backlog) {
            if !conn.receive.take(bytes) {
                break;
            }
            shown += bytes.len() as u64;
            self.provided.forget_oldest(&mut conn.io.backlog);
        }
        if shown > 0 {
            let last = conn.ended.is_some() && conn.io.backlog.is_empty();
            self.connections.stats.bytes_in += shown;
            self.connections.raise(slot, if last { READABLE | CLOSED } else { READABLE });
        }
    }

    // ----- from the kernel -----

    fn reap(&mut self) {
        loop {
            let Some(completion) = self.ring.completion().next() else { break };
            let (user_data, result, flags) =
                (completion.user_data(), completion.result(), completion.flags());
            let more = cqueue::more(flags);
            self.in_flight -= usize::from(!more);
            let (slot, generation) = operation::owner(user_data);
            match Operation::of(user_data) {
                Operation::Accept => self.on_accept(slot, result),
                Operation::Bell => self.arm_bell(),
                Operation::Write => self.on_file_written(result),
                Operation::CancelAccept | Operation::CancelEverything => {}
                of_connection => {
                    let ours = self.connections.generation(slot) == generation;
                    assert!(ours, "a completion outlived its connection");
                    match of_connection {
                        Operation::Receive => {
                            self.on_receive(slot, result, cqueue::buffer_select(flags), more);
                        }
                        Operation::Send => self.on_send(slot, result),
                        Operation::Pause => self.connections.at(slot).io.pausing = false,
                        _ => self.on_cancelled(slot),
                    }
                    self.connections.touch(slot);
                }
            }
        }
    }

    fn on_receive(&mut self, slot: u16, result: i32, buffer: Option<u16>, more: bool) {
        let conn = self.connections.at(slot);
        conn.io.receiving = more;
        if let Some(buffer) = buffer {
            let bytes = usize::try_from(result).unwrap_or(0);
            let open = conn.phase == Phase::Open;
            if open && bytes > 0 {
                let fits = conn.io.backlog.is_empty()
                    && conn.receive.take(self.provided.bytes(buffer, bytes));
                if !fits {
                    self.provided.keep(&mut conn.io.backlog, buffer, bytes);
                    return;
                }
                self.connections.stats.bytes_in += bytes as u64;
                self.connections.raise(slot, READABLE);
            }
            self.provided.give_back(buffer);
        }
        let failed = self.connections.at(slot).io.send_error.map(CloseReason::of_errno);
        let ended = match -result {
            0 => failed.unwrap_or(CloseReason::Eof),
            // Out of buffers: armed again as soon as one is back. Paused, or interrupted: as soon
            // as there is reason to.
            libc::ENOBUFS => {
                self.connections.stats.enobufs += 1;
                return;
            }
            libc::ECANCELED | libc::EINTR | libc::EAGAIN => return,
            errno if errno > 0 => CloseReason::of_errno(errno),
            _ => return,
        };
        let conn = self.connections.at(slot);
        conn.ended = Some(ended);
        if conn.io.backlog.is_empty() {
            self.connections.raise(slot, CLOSED);
        }
    }

    fn on_send(&mut self, slot: u16, result: i32) {
        let conn = self.connections.at(slot);
        conn.io.sending = false;
        let Ok(bytes) = usize::try_from(result) else {
            if !matches!(-result, libc::EINTR | libc::EAGAIN | libc::ECANCELED) {
                conn.io.send_error = Some(-result);
                conn.send.break_off();
            }
            return;
        };
        let short = bytes < conn.send.next().len();
        let room = conn.send.sent(bytes);
        self.connections.stats.short_sends += u64::from(short);
        self.connections.stats.bytes_out += bytes as u64;
        if room {
            self.connections.raise(slot, WRITABLE);
        }
    }

    fn expire(&mut self) -> Option<u64> {
        if !self.connections.is_closing() {
            return None;
        }
        self.connections.expire(clock::monotonic_ns())
    }
}

fn fd_of(io: &Io) -> Option<Fd> {
    io.socket.as_ref().map(|socket| Fd(socket.as_raw_fd()))
}

impl StreamTransport for UringTransport {
    fn name(&self) -> &'static str {
        "uring"
    }

    fn listen(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        self.open_listener(addr)
    }

    fn poll(&mut self, events: &mut Vec<NetEvent>) -> usize {
        events.clear();
        self.reap();
        self.expire();
        // What is here goes to the caller first: entering now could bring more bytes of a
        // connection whose last ones it has had no chance to consume.
        if !self.connections.has_events() {
            self.arm_listeners();
            self.settle();
            self.enter_if_due();
            self.reap();
        }
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
        self.reap();
        self.arm_listeners();
        self.settle();
        self.enter_if_due();
    }

    fn queued_bytes(&self, conn: ConnId) -> usize {
        self.connections.queued_bytes(conn)
    }

    fn close(&mut self, conn: ConnId, how: Close) {
        self.connections.close(conn, how, clock::monotonic_ns());
    }

    fn stop_listening(&mut self) {
        self.close_listeners();
        self.enter_if_due();
    }

    fn wait(&mut self, timeout: Duration) {
        self.reap();
        self.arm_listeners();
        self.settle();
        if self.connections.has_events() || self.file_write.has_written() {
            self.enter_if_due();
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
            // Submits and waits in one call.
            self.enter(Some(Duration::from_nanos(until_ns.saturating_sub(now_ns))));
            self.sleeper.cancel();
        } else {
            self.enter_if_due();
        }
    }

    fn doorbell(&self) -> Doorbell {
        self.sleeper.doorbell()
    }

    fn stats(&self) -> TransportStats {
        self.connections.stats
    }

    fn writes_files(&self) -> bool {
        true
    }

    fn submit_write(&mut self, write: DiskWrite<RealFile>) {
        self.file_write.submit(write);
    }

    fn take_written(&mut self) -> Option<DiskWritten> {
        self.file_write.take()
    }
}

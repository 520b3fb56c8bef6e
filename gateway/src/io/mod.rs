//! The room that touches the kernel: sockets, clocks, cores, shared memory between threads.
//!
//! It moves bytes and knows nothing of what they mean: no message, session or order is named here.
//! All `unsafe` of the workspace is in this room, each block with its proof.
//!
//! Where to go: `transport.rs` is the one trait connections are served through; `uring.rs`,
//! `mio.rs` and `sim.rs` are its three back ends, which share `connections.rs`,
//! `buffers.rs` and `tcp.rs`.
//! `doorbell.rs` wakes a sleeping thread, `event_ring.rs` carries events from one thread to many,
//! `udp.rs` is multicast; `datagram.rs` the one trait the feed leaves through, by sockets (`burst.rs`) or past the
//! kernel's stack (`af_xdp.rs`, with `frame.rs` and `interfaces.rs`). `client.rs` is the other end of a connection, `clock.rs` the time, `cpu.rs` the cores, `host.rs` what a host
//! says of itself. `disk.rs` is the one trait files
//! are reached through, `file.rs` this host's, `sim_disk.rs` one that can fail as told.

pub mod af_xdp;
mod buffers;
pub mod burst;
pub mod client;
pub mod clock;
mod connections;
pub mod cpu;
pub mod datagram;
pub mod disk;
pub mod doorbell;
pub mod event_ring;
pub mod file;
mod frame;
pub mod host;
pub mod huge;
mod interfaces;
pub mod local;
pub mod mio;
pub mod reading;
pub mod sim;
pub mod sim_disk;
mod tcp;
pub mod thread;
pub mod transport;
pub mod udp;
pub mod uring;

pub use disk::{Access, Blocks, Disk, DiskFile, DiskWrite, DiskWritten};
pub use doorbell::{Doorbell, Sleeper};
pub use file::RealDisk;
pub use transport::{
    Close, CloseReason, ConnId, NetEvent, StreamTransport, TransportLimits, TransportStats,
    WhenFull,
};

/// Which back end serves the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportKind {
    /// io_uring where this host allows it, else mio.
    #[default]
    Auto,
    /// io_uring or an error.
    Uring,
    /// Non-blocking sockets and epoll.
    Mio,
}

/// A back end on the heap, ready to be moved to the thread that will serve it.
pub type BoxedTransport = Box<dyn StreamTransport + Send>;

/// Opens the back end asked for; with `Auto` also says why it is not io_uring, if it is not.
///
/// The io_uring back end belongs to the thread that first polls, flushes or waits on it, so it may
/// be opened, told to listen, and then moved to that thread.
///
/// # Errors
/// What the kernel said. `Auto` falls back only where io_uring is *forbidden or unknown* here; a
/// host out of memory or descriptors is an error, because mio would run into it next.
pub fn open(
    kind: TransportKind,
    limits: TransportLimits,
) -> std::io::Result<(BoxedTransport, Option<String>)> {
    let fallback = match kind {
        TransportKind::Mio => None,
        TransportKind::Uring | TransportKind::Auto => match uring::probe() {
            Ok(()) => return Ok((Box::new(uring::UringTransport::new(limits)?), None)),
            Err(missing @ uring::ProbeError::Unsupported { .. }) if kind == TransportKind::Auto => {
                Some(missing.to_string())
            }
            Err(error) => return Err(error.into()),
        },
    };
    Ok((Box::new(mio::MioTransport::new(limits)?), fallback))
}

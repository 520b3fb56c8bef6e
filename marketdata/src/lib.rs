//! The feed: events to packets, packets to books.
//!
//! Sending: `packer.rs` puts market events into packets, `snapshot.rs` a whole book. Receiving:
//! `packet.rs` reads packets, `subscriber.rs` arbitrates lines, sees gaps and recovers from the
//! snapshot channel, `book.rs` is the book it keeps. No sockets, no clock: bytes and time come in.
//! The wire is docs/wire/feed.md, the messages sbe-schemas/schemas/market-data.xml.
#![forbid(unsafe_code)]

pub mod packer;
pub mod packet;
pub mod snapshot;

//! The feed: events to packets, packets to books.
//!
//! Sending: `gatherer.rs` makes market events what is told, `packer.rs` puts that into packets, `snapshot.rs` whole books.
//!
//! Receiving: `packet.rs` reads packets and `subscriber.rs` is the door. Behind it `arbiter.rs` makes
//! one row of two lines, `asking.rs` says whom to ask for what both have lost, `recovery.rs` collects snapshots, `instrument.rs` knows which books are
//! live, `book.rs` is a book, `feed_event.rs` what a listener is told.
//!
//! Beside them: `views.rs` makes best prices, depth and (`daily.rs`) statistics of what a subscriber has.
//!
//! No sockets, no clock: bytes and time come in. The wire is docs/wire/feed.md, the messages are
//! sbe-schemas/schemas/market-data.xml.
#![forbid(unsafe_code)]

pub mod arbiter;
pub mod asking;
pub mod book;
pub mod daily;
pub mod feed_event;
pub mod gatherer;
pub mod instrument;
pub mod packer;
pub mod packet;
pub mod recovery;
pub mod snapshot;
pub mod subscriber;
pub mod views;

pub use asking::{Ask, AskLimits, Way};
pub use book::{Book, BookError, BookMessage, Level, RestingOrder};
pub use feed_event::{FeedEvent, SnapshotUse, State, Statistics};
pub use gatherer::{Gathered, Gatherer, Told};
pub use instrument::Instrument;
pub use subscriber::{Line, Subscriber, SubscriberLimits};

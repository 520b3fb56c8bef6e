//! The real binary as the place of a play, and all cases at once in it.

use crate::cast;
use crate::play::{Host, Play, Wire};
use crate::script::{Case, Who};
use crate::venue::Venue;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Cases that are played at a time; most of the time they wait.
const PLAYERS: usize = 24;
/// A read waits so long.
const READ_MS: u64 = 50;
/// What the kernel keeps for a client.
const RECEIVE_BYTES: usize = 64 << 10;

/// A process with a venue made for `cases`.
pub struct Binary {
    pub venue: Venue,
    address: String,
}

impl Binary {
    pub fn start(
        (transport, placement): (&str, &str),
        cases: &[Case],
        neighbours: usize,
        change: impl Fn(String) -> String,
    ) -> Self {
        let venue = Venue::start(transport, placement, |demo| {
            change(cast::config(&demo, cases.iter().enumerate(), neighbours))
        });
        let address = venue.address().to_owned();
        Self { venue, address }
    }

    /// It dies without a word, and begins again over what it has left.
    pub fn kill_and_restart(&mut self) {
        self.venue.kill_9();
        self.venue.restart();
        self.address = self.venue.address().to_owned();
    }

    /// It was told to stop: it does, and begins again over what it has left.
    pub fn restart(&mut self) {
        assert_eq!(self.venue.wait_for_exit(), Some(0), "it stops in good order");
        self.venue.restart();
        self.address = self.venue.address().to_owned();
    }
}

impl Host for Binary {
    type Wire = Socket;

    fn connect(&self) -> Socket {
        let socket = TcpStream::connect(&self.address).unwrap();
        socket.set_nodelay(true).unwrap();
        // Who does not read is soon behind.
        socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BYTES).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(READ_MS))).unwrap();
        Socket(socket)
    }

    fn now_ns(&self) -> u64 {
        gateway::io::clock::utc_now_ns()
    }

    fn wait_ms(&self, ms: u64) {
        std::thread::sleep(Duration::from_millis(ms));
    }

    fn comp_id(&self, case: usize, who: Who) -> String {
        cast::comp_id(case, who)
    }

    fn symbol(&self, case: usize) -> String {
        cast::symbol(case)
    }

    fn venue(&self) -> &str {
        cast::VENUE
    }

    fn stop(&self) {
        self.venue.terminate();
    }
}

pub struct Socket(TcpStream);

impl Wire for Socket {
    fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes); // The venue may have hung up: the script says whether it should.
    }

    fn read(&mut self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 16_384];
        match self.0.read(&mut buffer) {
            Ok(0) => None,
            Ok(read) => {
                buffer.truncate(read);
                Some(buffer)
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    Some(Vec::new())
                }
                ErrorKind::ConnectionReset => None,
                _ => panic!("{error}"),
            },
        }
    }

    fn close_half(&mut self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    fn hang_up(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Does `work` for everyone, many at a time; what went wrong.
pub fn at_once<T: Send>(
    everyone: &mut [T],
    work: impl Fn(&mut T) -> Result<(), String> + Sync,
) -> Vec<String> {
    let slots: Vec<Mutex<&mut T>> = everyone.iter_mut().map(Mutex::new).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..PLAYERS.min(slots.len()) {
            scope.spawn(|| {
                while let Some(one) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(&mut one.lock().unwrap()) {
                        wrong.lock().unwrap().push(error);
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

/// Every case as it stands, and what everybody was told in each.
pub fn play_through(host: &Binary, cases: &[Case]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut plays: Vec<_> = (0..).zip(cases).map(|(n, case)| Play::new(case, n, host)).collect();
    let wrong = at_once(&mut plays, |play| play.run(host));
    (wrong, plays.iter().map(Play::story).collect())
}

//! The real binary is killed again and again under load; whoever looks from outside must not notice.
//!
//! `client.rs` trades over FIX, `listener.rs` hears the feed, `history.rs` is what they saw, `story.rs`
//! what the log says, `checks.rs` what must hold between the two, each check tested with the fault
//! that it must see. A failure prints its seed and keeps the data:
//! `KILL_SEED=n` plays from that seed on, `KILL_RUNS=n` so many, `KILL_KILLS=n` kills in each. The
//! seed says how the venue runs and what is done to it; when exactly it is hit the host decides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod checks;
mod client;
mod full;
mod history;
mod listener;
mod story;
mod venue;

use client::Client;
use engine::fake_log::Dice;
use gateway::tools::JournalFiles;
use history::History;
use listener::Listener;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use venue::{MATRIX, Venue};

const CLIENTS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    }
}

#[test]
fn whatever_is_killed_when_nobody_outside_notices() {
    let (first, runs) = (setting("KILL_SEED", 1), setting("KILL_RUNS", 8));
    let kills = setting("KILL_KILLS", 3);
    let mut all = Seen::default();
    for seed in first..first + runs {
        let mut run = Run::new(seed);
        let told = format!("KILL_SEED={seed} KILL_RUNS=1 KILL_KILLS={kills}");
        println!("{told}: {:?}", run.options);
        match catch_unwind(AssertUnwindSafe(|| run.play(kills))) {
            Ok(seen) => all.add(&seen),
            Err(panic) => {
                run.venue.keep();
                eprintln!("failed: {told} cargo test -p gateway --test kill -- whatever_is_killed");
                eprintln!("its data: {}", run.venue.directory.display());
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("all: {all:?}");
    // One run may be short of something; so many are not.
    let happened = all.fills > 0 && all.feed > 0 && all.resends > 0;
    let lost = all.asked > 0 && all.known > 0 && all.new > 0;
    assert!(runs * kills < 20 || (happened && lost), "too little has happened: {all:?}");
}

/// The fault planted for real: the end of the log is wiped out after it has been acknowledged.
#[test]
fn a_venue_that_forgets_what_it_has_answered_is_noticed() {
    let mut run = Run::new(2);
    let listener = Listener::new(&run.venue);
    run.venue.start();
    run.connect();
    while run.requests() < 300 {
        run.turn(true);
    }
    run.turn_until("everything is answered", Client::is_quiet);
    run.venue.kill_9();
    run.clients.iter_mut().for_each(Client::drain);

    let (mut files, mut places) = (JournalFiles::open(&run.venue.data).unwrap(), Vec::new());
    let prefix = run.clients[0].comp_id.trim_end_matches(char::is_numeric).as_bytes().to_vec();
    while let Some((place, batch)) = files.next_batch().unwrap() {
        // With a ClOrdID in it: who only beats after the last answer is not missed.
        if batch.bytes.windows(prefix.len()).any(|bytes| *bytes == prefix) {
            places.push(place);
        }
    }
    let lost = places[places.len() - 5];
    let segment = File::options().write(true).open(&files.segments()[lost.segment]).unwrap();
    segment.write_all_at(&vec![0; files.offset() - lost.at], lost.at as u64).unwrap();

    run.life = 1;
    listener.life.store(1, Ordering::Relaxed);
    run.live_and_stop();
    let history = run.history(listener.finish());
    let failed = checks::ALL.iter().filter(|(_, check)| check(&history).is_err());
    let failed: Vec<_> = failed.map(|(name, _)| name.split(' ').next().unwrap()).collect();
    for check in ["I1", "I5", "I7"] {
        assert!(failed.contains(&check), "{check} has seen nothing; {failed:?} did");
    }
}

struct Run {
    dice: Dice,
    options: venue::Options,
    venue: Venue,
    clients: Vec<Client>,
    life: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self::with(seed, "kill", MATRIX[(seed % MATRIX.len() as u64) as usize])
    }

    fn with(seed: u64, name: &str, options: venue::Options) -> Self {
        let clients = (0..CLIENTS).map(|n| Client::new(n, seed << 8 | n as u64)).collect();
        let venue = Venue::new(name, options);
        Self { dice: Dice(seed), options, venue, clients, life: 0 }
    }

    fn play(&mut self, kills: u64) -> Seen {
        let listener = Listener::new(&self.venue);
        for _ in 0..kills {
            listener.life.store(self.life, Ordering::Relaxed);
            self.live_and_be_killed();
            self.life += 1;
            if self.dice.below(3) == 0 {
                let (code, lines) = self.venue.journal_json("verify", &[]);
                assert_eq!(code, 0, "the journal of a killed venue: {lines:?}");
            }
        }
        listener.life.store(self.life, Ordering::Relaxed);
        self.live_and_stop();
        self.check(&self.history(listener.finish()))
    }

    /// One life that ends in `kill -9`: while it starts, while clients log on, or under load; some
    /// with pauses.
    fn live_and_be_killed(&mut self) {
        self.venue.spawn();
        let moment = self.dice.below(10);
        if moment == 0 && self.life > 0 {
            std::thread::sleep(Duration::from_millis(self.dice.below(80)));
            return self.venue.kill_9();
        }
        assert!(self.venue.await_ready(), "life {}: {}", self.life, self.venue.stderr());
        self.connect();
        let requests = match moment {
            1 => self.dice.below(8), // Before, while or after they are let in.
            _ => 50 + self.dice.below(1500),
        };
        let pause = if self.dice.below(4) == 0 { self.dice.below(requests) } else { u64::MAX };
        let (begun, mut paused) = (Instant::now(), false);
        while self.requests() < requests && begun.elapsed() < PATIENCE {
            if self.requests() >= pause && !paused {
                paused = true;
                self.pause();
            }
            self.turn(true);
        }
        if moment < 5 {
            self.venue.signal("STOP"); // In the middle of whatever it does.
        }
        // What is sent now may be lost, be taken, or be taken and not answered.
        self.clients.iter_mut().for_each(Client::trade);
        std::thread::sleep(Duration::from_micros(self.dice.below(1500)));
        self.venue.kill_9();
        self.clients.iter_mut().for_each(Client::drain);
    }

    /// The venue stands still; clients go on sending.
    fn pause(&mut self) {
        self.venue.signal("STOP");
        let end = Instant::now() + Duration::from_millis(20 + self.dice.below(150));
        while Instant::now() < end {
            self.turn(true);
        }
        self.venue.signal("CONT");
    }

    /// The last life: everything that is open gets its answer, then the venue stops in good order.
    fn live_and_stop(&mut self) {
        self.venue.start();
        self.connect();
        self.turn_until("everybody trades", |client| client.is_trading());
        let load = Instant::now() + Duration::from_millis(100);
        while Instant::now() < load {
            self.turn(true);
        }
        self.turn_until("everything is answered", |client| client.is_quiet());
        self.venue.signal("TERM");
        std::thread::sleep(Duration::from_millis(20));
        self.clients.iter_mut().for_each(Client::read);
        self.clients.iter_mut().for_each(Client::log_out);
        assert_eq!(self.venue.wait_for_exit(), Some(0), "{}", self.venue.stderr());
        self.clients.iter_mut().for_each(Client::drain);
    }

    fn connect(&mut self) {
        let (life, address) = (self.life, self.venue.address.clone());
        self.clients.iter_mut().for_each(|client| client.connect(life, &address));
    }

    /// Sent in this life.
    fn requests(&self) -> u64 {
        self.clients.iter().map(|client| client.sent_in_life).sum()
    }

    fn turn(&mut self, trade: bool) {
        if let Some(status) = self.venue.has_ended() {
            panic!(
                "life {}: the venue ended by itself, {status}: {}",
                self.life,
                self.venue.stderr()
            );
        }
        for client in &mut self.clients {
            client.read();
            if trade {
                client.trade();
            }
        }
        std::thread::sleep(Duration::from_micros(200)); // The venue wants the core, too.
    }

    fn turn_until(&mut self, what: &str, is_so: impl Fn(&Client) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.clients.iter().all(&is_so) {
            assert!(Instant::now() < deadline, "life {}: not yet: {what}", self.life);
            self.turn(false);
        }
    }

    /// What was seen, and what the log of the stopped venue says.
    fn history(&self, feed: Vec<history::FeedMessage>) -> History {
        let comp_ids: Vec<_> = self.clients.iter().map(|client| client.comp_id.clone()).collect();
        let log = story::log(&self.venue, &comp_ids);
        let sessions = self.clients.iter().map(|client| client.record.clone()).collect();
        let replays = (0..2).map(|_| story::replay(&self.venue)).collect();
        History { sessions, feed, log, replays }
    }

    fn check(&self, history: &History) -> Seen {
        for client in &self.clients {
            assert!(client.rejects.is_empty(), "{}: {:?}", client.comp_id, client.rejects);
        }
        let seen = Seen::of(history);
        println!("  {} lives, {seen:?}", self.life + 1);
        for (name, check) in checks::ALL {
            check(history).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
        seen
    }
}

/// How much of what matters has happened.
#[derive(Debug, Default)]
struct Seen {
    messages: usize,
    fills: usize,
    feed: usize,
    /// Everything came again.
    resends: usize,
    /// The venue had not got all that was sent, and asked.
    asked: usize,
    /// Orders of an earlier life, sent again: known to the venue, and new to it.
    known: usize,
    new: usize,
}

impl Seen {
    fn of(history: &History) -> Self {
        let mut seen = Self { feed: history.feed.len(), ..Self::default() };
        for session in &history.sessions {
            seen.messages += session.got.len();
            seen.resends += session.resends.len();
            seen.asked += session.logons.iter().filter(|logon| logon.asked_from.is_some()).count();
            for got in session.got.iter().filter(|got| !got.is_again()) {
                seen.fills += usize::from(got.field("150") == Some("F"));
                seen.known += usize::from(got.field("97") == Some("Y"));
            }
            let first_life =
                |name: &str| session.sent.iter().find(|s| s.name == name).map(|s| s.life);
            for got in session.got.iter().filter(|got| !got.is_again()) {
                let accepted = got.field("150") == Some("0");
                let before = got.field("11").and_then(first_life) < Some(got.life);
                seen.new += usize::from(accepted && before);
            }
        }
        seen
    }

    fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.fills += other.fills;
        self.feed += other.feed;
        self.resends += other.resends;
        self.asked += other.asked;
        self.known += other.known;
        self.new += other.new;
    }
}

//! Who asks when, and how long it took.
//!
//! ```text
//! open loop     due ─── the client is late ───► asked ─── service ───► answered     request k is due at k / rate,
//!               └───────────────── latency ──────────────────────────┘              of session k mod sessions
//! closed loop   each session has `depth` requests on their way; the next is due when one is answered
//! ```
//! In the open loop nobody waits: requests go when they are due, whether or not those before are answered.
//! *Latency* counts from when a request was due, so a venue (or a client) that stands still for a
//! millisecond makes everything late that would have been sent meanwhile, and all of it is seen:
//! coordinated omission is corrected. *Service* counts from when it was sent.

use super::fleet::Fleet;
use crate::drive::Request;
use crate::mix::STEPS;
use crate::report::Distribution;
use anyhow::Context;
use gateway::io::clock::monotonic_ns;
use std::io::IsTerminal;
use std::time::Duration;

const NS_PER_S: u64 = 1_000_000_000;
/// Most requests of one session on their way in the open loop; those behind them wait, and are counted.
const WINDOW_MAX: u64 = 8192;
/// An answer that comes later than this after the end is lost.
const DRAIN_NS: u64 = 10 * NS_PER_S;
const PROGRESS_NS: u64 = NS_PER_S / 2;

/// When requests are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So many a second, of all sessions together.
    Open(u64),
    /// So many on their way, for each session.
    Closed(u16),
}

/// How long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) warmup: Duration,
    pub(crate) measured: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// From when a request was due to its answer; of orders, and of what follows them.
    pub(crate) latency: [Distribution; STEPS],
    /// From when it was sent.
    pub(crate) service: Distribution,
    /// From when it was due to when it was sent: how late the client itself was.
    pub(crate) late: Distribution,
    /// Requests that were due in the measured time.
    pub(crate) due: u64,
    /// Of them answered, and until when that took.
    pub(crate) answered: u64,
    pub(crate) elapsed: Duration,
    /// Of all that were sent, never answered.
    pub(crate) lost: u64,
    /// Of all: sent at all.
    pub(crate) sent: u64,
    /// Times that a request had to wait because its session had too many on their way.
    pub(crate) held_back: u64,
}

/// A request on its way.
#[derive(Clone, Copy)]
struct Waiting {
    number: u64,
    due: u64,
    sent: u64,
    round: u64,
    step: usize,
    measured: bool,
}

/// What one session has on its way, and what it says next.
#[derive(Default)]
struct Hand {
    waiting: Vec<Option<Waiting>>,
    free: Vec<usize>,
    /// Requests asked so far: numbers are unlike those of any other.
    asked: u64,
    rounds: u64,
    /// Open loop: the round whose second request is still to be sent, and its first one's number.
    half: Option<(u64, u64)>,
    /// Open loop: requests of this run that were sent.
    turns: u64,
}

impl Hand {
    fn in_flight(&self) -> u64 {
        (self.waiting.len() - self.free.len()) as u64
    }

    fn slot(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.waiting.push(None);
            self.waiting.len() - 1
        })
    }
}

/// The sessions that trade.
pub(crate) struct Play {
    hands: Vec<Hand>,
}

impl Play {
    /// The first so many seats of a fleet.
    pub(crate) fn new(sessions: usize) -> Self {
        Self { hands: (0..sessions).map(|_| Hand::default()).collect() }
    }

    /// One run. Rounds that were begun are finished, so the books are as before.
    ///
    /// # Errors
    /// A reject, a lost connection, an answer to nothing.
    pub(crate) fn run(
        &mut self,
        fleet: &mut Fleet,
        pace: Pace,
        span: Span,
        title: Option<&str>,
    ) -> anyhow::Result<Outcome> {
        let start = monotonic_ns() + 1_000_000;
        let from = start + span.warmup.as_nanos() as u64;
        let end = from + span.measured.as_nanos() as u64;
        self.hands.iter_mut().for_each(|hand| hand.turns = 0);
        let run = Run {
            fleet,
            hands: &mut self.hands,
            pace,
            start,
            from,
            end,
            last: from,
            next: 0,
            answers: Vec::new(),
            outcome: Outcome::new(),
        };
        run.whole(title)
    }
}

impl Outcome {
    fn new() -> Self {
        Self {
            latency: [Distribution::new(), Distribution::new()],
            service: Distribution::new(),
            late: Distribution::new(),
            due: 0,
            answered: 0,
            elapsed: Duration::ZERO,
            lost: 0,
            sent: 0,
            held_back: 0,
        }
    }

    /// Of all requests together, from when they were due.
    pub(crate) fn all(&self) -> Distribution {
        let mut all = Distribution::new();
        self.latency.iter().for_each(|one| all.add(one));
        all
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> u64 {
        let per_s = u128::from(self.answered) * u128::from(NS_PER_S);
        (per_s / self.elapsed.as_nanos().max(1)) as u64
    }
}

struct Run<'a> {
    fleet: &'a mut Fleet,
    hands: &'a mut Vec<Hand>,
    pace: Pace,
    start: u64,
    from: u64,
    end: u64,
    /// When the last measured answer came.
    last: u64,
    /// Open loop: the next request that falls due.
    next: u64,
    answers: Vec<(u64, u64)>,
    outcome: Outcome,
}

impl Run<'_> {
    fn whole(mut self, title: Option<&str>) -> anyhow::Result<Outcome> {
        let mut shown = self.start;
        let title = title.filter(|_| std::io::stderr().is_terminal());
        if let Pace::Closed(depth) = self.pace {
            for n in 0..self.hands.len() {
                for _ in 0..depth {
                    self.begin_round(n, monotonic_ns())?;
                }
                self.seat(n)?.flush()?;
            }
        }
        loop {
            let now = monotonic_ns();
            if now >= self.end {
                break;
            }
            self.send_due(now)?;
            let until = if let Pace::Open(rate) = self.pace {
                self.due_at(self.next, rate)
            } else {
                self.end
            };
            self.fleet.sleep(Some(until.min(self.end)))?;
            self.hear()?;
            if let Some(title) = title.filter(|_| now >= shown + PROGRESS_NS) {
                let done = now.saturating_sub(self.start) * 100 / (self.end - self.start).max(1);
                eprint!("\r{title}: {done} %, {} requests sent ", self.outcome.sent);
                shown = now;
            }
        }
        if title.is_some() {
            eprint!("\r\x1b[K");
        }
        self.finish()
    }

    /// What was due before the end is sent, however late that is; begun rounds are ended, answers awaited.
    fn finish(mut self) -> anyhow::Result<Outcome> {
        let until = monotonic_ns() + DRAIN_NS;
        self.send_due(self.end - 1)?;
        while self.is_behind() && monotonic_ns() < until {
            self.fleet.sleep(Some(until))?;
            self.hear()?;
        }
        for n in 0..self.hands.len() {
            let now = monotonic_ns();
            if let Some((round, first)) = self.hand(n)?.half.take() {
                self.ask(n, Some((round, first)), 1, now, now)?;
                self.seat(n)?.flush()?;
            }
        }
        let until = monotonic_ns() + DRAIN_NS;
        while self.in_flight() > 0 && monotonic_ns() < until {
            self.fleet.sleep(Some(until))?;
            self.hear()?;
        }
        self.outcome.lost = self.in_flight();
        self.outcome.elapsed = Duration::from_nanos(self.last - self.from);
        if let Pace::Open(rate) = self.pace {
            let of = |at: u64| (at - self.start) as u128 * u128::from(rate) / u128::from(NS_PER_S);
            self.outcome.due = (of(self.end) - of(self.from)) as u64;
        }
        Ok(self.outcome)
    }

    /// Open loop: a session has not sent all that was due before the end.
    fn is_behind(&self) -> bool {
        let Pace::Open(rate) = self.pace else { return false };
        let sessions = self.hands.len() as u64;
        let mut next = self.hands.iter().zip(0..).map(|(hand, n)| hand.turns * sessions + n);
        next.any(|turn| self.due_at(turn, rate) < self.end)
    }

    fn in_flight(&self) -> u64 {
        self.hands.iter().map(Hand::in_flight).sum()
    }

    fn due_at(&self, turn: u64, rate: u64) -> u64 {
        self.start + (u128::from(turn) * u128::from(NS_PER_S) / u128::from(rate)) as u64
    }

    fn send_due(&mut self, now: u64) -> anyhow::Result<()> {
        let Pace::Open(rate) = self.pace else { return Ok(()) };
        while self.due_at(self.next, rate) <= now {
            let n = self.next % self.hands.len() as u64;
            self.next += 1;
            self.pump(n as usize, rate, now)?;
        }
        Ok(())
    }

    /// All of this session that is due and has room.
    fn pump(&mut self, n: usize, rate: u64, now: u64) -> anyhow::Result<()> {
        let sessions = self.hands.len() as u64;
        loop {
            let hand = self.hand(n)?;
            let (turn, in_flight) = (hand.turns * sessions + n as u64, hand.in_flight());
            let due = self.due_at(turn, rate);
            if due > now || due >= self.end {
                break;
            }
            if in_flight >= WINDOW_MAX || !self.seat(n)?.has_room() {
                self.outcome.held_back += 1;
                break;
            }
            let hand = self.hand(n)?;
            hand.turns += 1;
            let half = hand.half.take();
            self.ask(n, half, usize::from(half.is_some()), due, now)?;
        }
        self.seat(n)?.flush()
    }

    fn begin_round(&mut self, n: usize, now: u64) -> anyhow::Result<()> {
        self.ask(n, None, 0, now, now)
    }

    /// `begun`: the round and its first request's number; none: a new round.
    fn ask(
        &mut self,
        n: usize,
        begun: Option<(u64, u64)>,
        step: usize,
        due: u64,
        now: u64,
    ) -> anyhow::Result<()> {
        let measured = (self.from..self.end).contains(&due);
        let is_open = matches!(self.pace, Pace::Open(_));
        let hand = self.hand(n)?;
        let slot = hand.slot();
        // The slot is found by it, the step is its lowest bit, and it never comes again.
        let number = ((hand.asked * WINDOW_MAX + slot as u64) << 1) | step as u64;
        hand.asked += 1;
        let (round, previous) = begun.unwrap_or_else(|| {
            hand.rounds += 1;
            (((n as u64) << 40) + hand.rounds, number)
        });
        if is_open && step == 0 {
            hand.half = Some((round, number));
        }
        let waiting = Waiting { number, due, sent: now, round, step, measured };
        *hand.waiting.get_mut(slot).context("a slot")? = Some(waiting);
        self.outcome.sent += 1;
        self.seat(n)?.ask(&Request { number, previous, round, step })
    }

    fn hear(&mut self) -> anyhow::Result<()> {
        let woken = std::mem::take(&mut self.fleet.woken);
        for &n in &woken {
            let mut answers = std::mem::take(&mut self.answers);
            self.seat(n)?.receive(&mut answers)?;
            for (number, came) in answers.drain(..) {
                self.on_answer(n, number, came)?;
            }
            self.answers = answers;
            // An idle session has no hand.
            match self.pace {
                Pace::Open(rate) if n < self.hands.len() => self.pump(n, rate, monotonic_ns())?,
                _ => self.seat(n)?.flush()?,
            }
        }
        self.fleet.woken = woken;
        Ok(())
    }

    fn on_answer(&mut self, n: usize, number: u64, came: u64) -> anyhow::Result<()> {
        let hand = self.hand(n)?;
        let slot = ((number >> 1) % WINDOW_MAX) as usize;
        let waiting =
            hand.waiting.get_mut(slot).and_then(|held| held.take_if(|w| w.number == number));
        let Waiting { due, sent, round, step, measured, .. } = waiting
            .with_context(|| format!("an answer to request {number}, which waits for none"))?;
        hand.free.push(slot);
        if measured {
            let since = |then: u64| Duration::from_nanos(came.saturating_sub(then));
            if let Some(latency) = self.outcome.latency.get_mut(step) {
                latency.record(since(due));
            }
            self.outcome.service.record(since(sent));
            self.outcome.late.record(Duration::from_nanos(sent.saturating_sub(due)));
            self.outcome.answered += 1;
            self.last = self.last.max(came);
        }
        if matches!(self.pace, Pace::Open(_)) {
            return Ok(());
        }
        let now = monotonic_ns();
        match step {
            0 => self.ask(n, Some((round, number)), 1, now, now),
            _ if now < self.end => self.begin_round(n, now),
            _ => Ok(()),
        }
    }

    fn hand(&mut self, n: usize) -> anyhow::Result<&mut Hand> {
        self.hands.get_mut(n).context("a session that asks for nothing was answered")
    }

    fn seat(&mut self, n: usize) -> anyhow::Result<&mut super::fleet::Seat> {
        self.fleet.seats.get_mut(n).context("a seat for every session")
    }
}

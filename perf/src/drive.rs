//! The loop that times: up to `depth` lanes, each with one request on its way.
//!
//! ```text
//! round   step 0        step 1            a lane plays rounds one after the other; the next round
//!   lane  order ─► ack  cancel ─► ack     begins when the last step has been answered
//! ```
//! A request's time runs from just before the system call that sends it to just after the one that
//! brings the end of its answer. Requests that become due together leave in one call.
//!
//! The loop is *closed*: a slow answer delays the next request of its lane, so these are times at a
//! given depth, not at a given rate, and a stall is seen once per lane, not once per order that
//! would have come meanwhile.

use crate::line::Line;
use crate::report::Distribution;
use crate::stages::{Stages, Stamps};
use anyhow::{Context, bail, ensure};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Most requests on their way. All their bytes fit the socket buffers of both ends, so two peers
/// that write before they read can never wait for each other.
pub(crate) const DEPTH_MAX: u16 = 256;
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// What one lane says next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Unlike that of any other request of this run; the answer is recognised by it.
    pub(crate) number: u64,
    /// Number of the step before, in the same round.
    pub(crate) previous: u64,
    /// Round, counted from 0.
    pub(crate) round: u64,
    /// Step in the round.
    pub(crate) step: usize,
}

/// What the first bytes received are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Not a whole message yet.
    Incomplete,
    /// The answer to the request with this number, and its length in bytes.
    Answer { number: u64, bytes: usize },
    /// Something else, dealt with; its length in bytes.
    Aside { bytes: usize },
}

/// What is said over a line. Anything that is not the expected answer is an error: a measurement
/// with a reject in it measured something else.
pub(crate) trait Talk {
    /// Requests of one round.
    const STEPS: usize;

    /// Appends one request to `out`.
    fn ask(&mut self, request: &Request, out: &mut Vec<u8>) -> anyhow::Result<()>;

    /// Looks at the first message of `received`; what must be said at once is appended to `out`.
    fn hear(&mut self, received: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard>;

    /// What the other side has stamped the last answer with. `None`: it says nothing, or nothing exact enough.
    fn stamps(&self) -> Option<Stamps> {
        None
    }
}

/// How many rounds, and how many at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Rounds that are measured.
    pub(crate) rounds: u64,
    /// Rounds before those.
    pub(crate) warmup: u64,
    /// Lanes.
    pub(crate) depth: u16,
    /// What is measured, for the progress line; `None`: no progress line.
    pub(crate) title: Option<&'static str>,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Timings {
    /// One distribution per step.
    pub(crate) steps: Vec<Distribution>,
    /// Where the time of the first step goes.
    pub(crate) stages: Stages,
    /// From the first measured request to the last answer.
    pub(crate) elapsed: Duration,
}

/// What a lane waits for.
#[derive(Clone, Copy)]
struct Waiting {
    request: Request,
    sent: Instant,
}

struct Drive<'a, T> {
    line: &'a mut Line,
    talk: &'a mut T,
    plan: Plan,
    lanes: Vec<Option<Waiting>>,
    /// Lanes whose request is in `out` and has not left.
    due: Vec<usize>,
    out: Vec<u8>,
    rounds_begun: u64,
    answers: u64,
    measured_from: Option<Instant>,
    timings: Timings,
}

/// Plays `plan` over `line`.
///
/// # Errors
/// Whatever is not the expected answer, or no answer at all.
pub(crate) fn drive<T: Talk>(line: &mut Line, talk: &mut T, plan: Plan) -> anyhow::Result<Timings> {
    let steps = (0..T::STEPS).map(|_| Distribution::new()).collect();
    let mut drive = Drive {
        line,
        talk,
        plan,
        lanes: vec![None; usize::from(plan.depth)],
        due: Vec::with_capacity(usize::from(plan.depth)),
        out: Vec::with_capacity(usize::from(plan.depth) * 512),
        rounds_begun: 0,
        answers: 0,
        measured_from: None,
        timings: Timings { steps, stages: Stages::new(), elapsed: Duration::ZERO },
    };
    let total = (plan.rounds + plan.warmup) * T::STEPS as u64;
    drive.run(total).with_context(|| format!("after {} of {total} answers", drive.answers))?;
    Ok(drive.timings)
}

impl<T: Talk> Drive<'_, T> {
    fn run(&mut self, total: u64) -> anyhow::Result<()> {
        let mut progress = Progress::new(self.plan.title);
        for lane in 0..self.lanes.len() {
            self.begin_round(lane)?;
        }
        let mut came = Instant::now();
        while self.answers < total {
            self.send_due()?;
            came = self.line.receive()?;
            self.hear_all(came)?;
            progress.show(came, self.answers, total);
        }
        progress.clear();
        self.send_due()?;
        ensure!(self.line.received().is_empty(), "bytes after the last answer");
        let from = self.measured_from.context("nothing was measured")?;
        self.timings.elapsed = came.duration_since(from);
        Ok(())
    }

    fn begin_round(&mut self, lane: usize) -> anyhow::Result<()> {
        if self.rounds_begun == self.plan.rounds + self.plan.warmup {
            return Ok(());
        }
        let round = self.rounds_begun;
        self.rounds_begun += 1;
        self.ask(lane, round, 0)
    }

    fn ask(&mut self, lane: usize, round: u64, step: usize) -> anyhow::Result<()> {
        let depth = u64::from(self.plan.depth);
        let number = (round * T::STEPS as u64 + step as u64) * depth + lane as u64;
        let request = Request { number, previous: number.saturating_sub(depth), round, step };
        self.talk.ask(&request, &mut self.out)?;
        if let Some(waiting) = self.lanes.get_mut(lane) {
            // The time is set when it leaves.
            *waiting = Some(Waiting { request, sent: Instant::now() });
        }
        self.due.push(lane);
        Ok(())
    }

    fn send_due(&mut self) -> anyhow::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let now = Instant::now();
        for lane in self.due.drain(..) {
            if let Some(waiting) = self.lanes.get_mut(lane).and_then(Option::as_mut) {
                waiting.sent = now;
                if waiting.request.round >= self.plan.warmup {
                    self.measured_from.get_or_insert(now);
                }
            }
        }
        self.line.send(&self.out)?;
        self.out.clear();
        Ok(())
    }

    fn hear_all(&mut self, came: Instant) -> anyhow::Result<()> {
        loop {
            match self.talk.hear(self.line.received(), &mut self.out)? {
                Heard::Incomplete => return Ok(()),
                Heard::Aside { bytes } => self.line.take(bytes),
                Heard::Answer { number, bytes } => {
                    self.line.take(bytes);
                    self.on_answer(number, came)?;
                }
            }
        }
    }

    fn on_answer(&mut self, number: u64, came: Instant) -> anyhow::Result<()> {
        let lane = (number % u64::from(self.plan.depth)) as usize;
        let waiting = self.lanes.get_mut(lane).and_then(Option::take);
        let Some(Waiting { request, sent }) = waiting.filter(|w| w.request.number == number) else {
            bail!("an answer to request {number}, which waits for none");
        };
        self.answers += 1;
        if request.round >= self.plan.warmup
            && let Some(step) = self.timings.steps.get_mut(request.step)
        {
            step.record(came.saturating_duration_since(sent));
            if let Some(stamps) = self.talk.stamps().filter(|_| request.step == 0) {
                self.timings.stages.record(sent, came, stamps);
            }
        }
        match request.step + 1 {
            step if step < T::STEPS => self.ask(lane, request.round, step),
            _ => self.begin_round(lane),
        }
    }
}

/// One line on a terminal that is written over, and nothing anywhere else.
struct Progress {
    title: Option<&'static str>,
    next: Instant,
    shown: bool,
}

impl Progress {
    fn new(title: Option<&'static str>) -> Self {
        let title = title.filter(|_| std::io::stderr().is_terminal());
        Self { title, next: Instant::now() + PROGRESS_EVERY, shown: false }
    }

    fn show(&mut self, now: Instant, done: u64, total: u64) {
        let Some(title) = self.title.filter(|_| now >= self.next) else { return };
        eprint!("\r{title}: {done} of {total} answers, {} %", done * 100 / total.max(1));
        (self.next, self.shown) = (now + PROGRESS_EVERY, true);
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\x1b[K");
        }
    }
}

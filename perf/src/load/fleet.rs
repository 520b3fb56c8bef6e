//! A fleet: many sessions of one process, all served by one thread that sleeps in one place.
//!
//! A seat is one connection and the client that speaks over it. Nothing here waits for a single peer: what
//! the kernel does not take stays in the seat's `out`, and that is counted as back-pressure. Sleeping ends
//! with bytes, with room, or with a timer of its own (`epoll` counts in milliseconds).

use crate::drive::{Heard, Request, Talk};
use crate::fix::{self, Identity};
use crate::latency::Protocol;
use crate::mix::Mix;
use crate::sbe;
use anyhow::{Context, bail, ensure};
use gateway::io::clock::monotonic_ns;
use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

const NS_PER_S: u64 = 1_000_000_000;
/// Bytes received and not looked at yet.
const INBOUND_BYTES: usize = 64 * 1024;
/// With more waiting to leave, a seat asks for nothing.
const OUT_BYTES_MAX: usize = 64 * 1024;
/// Logons on their way at a time: every one costs the venue a check of its password.
const LOGONS_MAX: usize = 32;
/// All logons, and the last words.
const PATIENCE_NS: u64 = 120 * NS_PER_S;
const GOODBYE_NS: u64 = 5 * NS_PER_S;
const TIMER: Token = Token(usize::MAX);

/// Who its sessions are.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) protocol: Protocol,
    /// Session n is this and n, from 1; its password or key is that in lower case.
    pub(crate) prefix: String,
    /// TargetCompID (56).
    pub(crate) venue: String,
    pub(crate) symbols: Vec<String>,
    pub(crate) mix: Mix,
}

/// All sessions, and what wakes their thread.
pub(crate) struct Fleet {
    poll: Poll,
    events: Events,
    timer: OwnedFd,
    spin: bool,
    address: SocketAddr,
    names: Names,
    pub(crate) seats: Vec<Seat>,
    /// Seats that the last [`Fleet::sleep`] has woken.
    pub(crate) woken: Vec<usize>,
    kept_alive: u64,
}

impl Fleet {
    /// Nobody yet. `spin`: never sleep.
    ///
    /// # Errors
    /// As the system says.
    pub(crate) fn new(address: SocketAddr, names: Names, spin: bool) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let interest = Interest::READABLE;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, interest)?;
        let (seats, woken) = (Vec::new(), Vec::new());
        let events = Events::with_capacity(1024);
        Ok(Self { poll, events, timer, spin, address, names, seats, woken, kept_alive: 0 })
    }

    /// Logs on until so many are in.
    ///
    /// # Errors
    /// A connection or a logon that is refused, or no answer.
    pub(crate) fn log_on(&mut self, wanted: usize) -> anyhow::Result<()> {
        let until = monotonic_ns() + PATIENCE_NS;
        let (mut ready, mut answers) = (self.seats.len(), Vec::new());
        while ready < wanted {
            while self.seats.len() < wanted && self.seats.len() - ready < LOGONS_MAX {
                self.seat()?;
            }
            self.sleep(Some(until))?;
            ensure!(
                monotonic_ns() < until,
                "{ready} of {wanted} sessions are in after two minutes"
            );
            for n in std::mem::take(&mut self.woken) {
                let seat = self.seats.get_mut(n).context("a seat")?;
                let was_ready = seat.speaker.is_ready();
                seat.receive(&mut answers).with_context(|| seat.refused())?;
                seat.flush()?;
                ready += usize::from(!was_ready && seat.speaker.is_ready());
            }
        }
        Ok(())
    }

    /// One more connection, whose logon is on its way.
    fn seat(&mut self) -> anyhow::Result<()> {
        let n = self.seats.len();
        let name = format!("{}{}", self.names.prefix, n + 1);
        let stream = std::net::TcpStream::connect_timeout(&self.address, Duration::from_secs(3))
            .with_context(|| {
                format!(
                    "no venue at {} for {name}\n  fix: start one with --start, or say where it is with --connect",
                    self.address
                )
            })?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(n), interest)?;
        let mut speaker = Speaker::new(&self.names, &name);
        let mut out = Vec::with_capacity(4096);
        speaker.open(&mut out)?;
        let inbound = vec![0; INBOUND_BYTES];
        let mut seat =
            Seat { name, stream, speaker, inbound, have: 0, out, gone: 0, pushed_back: 0 };
        seat.flush()?;
        self.seats.push(seat);
        Ok(())
    }

    /// Until a seat has something, or until that time; then see [`Fleet::woken`].
    ///
    /// # Errors
    /// As the system says.
    pub(crate) fn sleep(&mut self, until: Option<u64>) -> anyhow::Result<()> {
        let now = monotonic_ns();
        self.keep_alive(now)?;
        let at_once = self.spin || until.is_some_and(|until| until <= now);
        if let Some(until) = until.filter(|_| !at_once) {
            let nanos = (until % NS_PER_S) as i64;
            let at = Timespec { tv_sec: (until / NS_PER_S) as i64, tv_nsec: nanos };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once)?;
        }
        let timeout = at_once.then_some(Duration::ZERO);
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            polled => polled?,
        }
        self.woken.clear();
        self.woken
            .extend(self.events.iter().map(|e| e.token()).filter(|t| *t != TIMER).map(|t| t.0));
        Ok(())
    }

    /// Silent sessions say that they live.
    fn keep_alive(&mut self, now: u64) -> anyhow::Result<()> {
        if now < self.kept_alive + 5 * NS_PER_S || self.names.protocol == Protocol::Fix {
            return Ok(());
        }
        self.kept_alive = now;
        for seat in self.seats.iter_mut().filter(|seat| seat.speaker.is_ready()) {
            seat.speaker.on_time(&mut seat.out);
            seat.flush()?;
        }
        Ok(())
    }

    /// Everybody logs out; who does not answer in time is hung up on.
    pub(crate) fn log_out(mut self) -> anyhow::Result<()> {
        for seat in &mut self.seats {
            seat.speaker.close(&mut seat.out)?;
            seat.flush()?;
        }
        let until = monotonic_ns() + GOODBYE_NS;
        let mut answers = Vec::new();
        while monotonic_ns() < until && self.seats.iter().any(|seat| !seat.speaker.is_closed()) {
            self.sleep(Some(until))?;
            for n in std::mem::take(&mut self.woken) {
                let Some(seat) = self.seats.get_mut(n) else { continue };
                if !seat.speaker.is_closed()
                    && let Err(error) = seat.receive(&mut answers)
                    && !seat.speaker.is_closed()
                {
                    return Err(error.context(format!("logout of {}", seat.name)));
                }
            }
        }
        Ok(())
    }
}

/// One session.
pub(crate) struct Seat {
    pub(crate) name: String,
    stream: TcpStream,
    speaker: Speaker,
    /// What has come: `inbound[..have]`.
    inbound: Vec<u8>,
    have: usize,
    out: Vec<u8>,
    /// Bytes of `out` that have left.
    gone: usize,
    /// Times that the kernel took no more.
    pub(crate) pushed_back: u64,
}

impl Seat {
    /// It may ask for more.
    pub(crate) fn has_room(&self) -> bool {
        self.out.len() < OUT_BYTES_MAX
    }

    /// Appends a request to what is on its way.
    ///
    /// # Errors
    /// Names that are too long for a message.
    pub(crate) fn ask(&mut self, request: &Request) -> anyhow::Result<()> {
        match &mut self.speaker {
            Speaker::Fix(client) => client.ask(request, &mut self.out),
            Speaker::Sbe(client) => client.ask(request, &mut self.out),
        }
    }

    /// As much of `out` as the kernel takes.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        while let Some(rest) = self.out.get(self.gone..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(bytes) => self.gone += bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.pushed_back += 1;
                    return Ok(());
                }
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("the connection of {} broke", self.name));
                }
            }
        }
        self.out.clear();
        self.gone = 0;
        Ok(())
    }

    /// Reads all there is; answers go to `answers`: the request's number, and when its answer came.
    ///
    /// # Errors
    /// The venue hung up, or said what no measurement wants to hear.
    pub(crate) fn receive(&mut self, answers: &mut Vec<(u64, u64)>) -> anyhow::Result<()> {
        loop {
            let room = self.inbound.get_mut(self.have..).unwrap_or_default();
            ensure!(!room.is_empty(), "{INBOUND_BYTES} bytes came and are no whole message");
            let wanted = room.len();
            match self.stream.read(room) {
                Ok(0) => bail!("the venue hung up on {}", self.name),
                Ok(bytes) => {
                    self.have += bytes;
                    self.hear(monotonic_ns(), answers).with_context(|| self.name.clone())?;
                    if bytes < wanted {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("the connection of {} broke", self.name));
                }
            }
        }
    }

    fn hear(&mut self, came: u64, answers: &mut Vec<(u64, u64)>) -> anyhow::Result<()> {
        let mut taken = 0;
        loop {
            let received = self.inbound.get(taken..self.have).unwrap_or_default();
            let heard = match &mut self.speaker {
                Speaker::Fix(client) => client.hear(received, &mut self.out)?,
                Speaker::Sbe(client) => client.hear(received, &mut self.out)?,
            };
            match heard {
                Heard::Incomplete => break,
                Heard::Aside { bytes } => taken += bytes,
                Heard::Answer { number, bytes } => {
                    taken += bytes;
                    answers.push((number, came));
                }
            }
        }
        self.inbound.copy_within(taken..self.have, 0);
        self.have -= taken;
        Ok(())
    }

    fn refused(&self) -> String {
        format!(
            "the venue does not let {} in (is there such a session, with its name in lower case as password \
             or key, and is it not logged on already?)",
            self.name
        )
    }
}

/// A client of either kind.
enum Speaker {
    Fix(Box<fix::Client>),
    Sbe(Box<sbe::Client>),
}

impl Speaker {
    fn new(names: &Names, name: &str) -> Self {
        let (secret, symbols, now) =
            (name.to_lowercase(), names.symbols.clone(), SystemTime::now());
        if names.protocol == Protocol::Sbe {
            return Self::Sbe(Box::new(sbe::Client::new(name, &secret, symbols, names.mix, now)));
        }
        let identity = Identity {
            session: name.to_owned(),
            password: secret,
            venue: names.venue.clone(),
            symbols,
            mix: names.mix,
        };
        Self::Fix(Box::new(fix::Client::new(identity, now)))
    }

    fn open(&mut self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        match self {
            Self::Fix(client) => client.logon(out),
            Self::Sbe(client) => {
                client.open(out);
                Ok(())
            }
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Self::Fix(client) => client.is_logged_on(),
            Self::Sbe(client) => client.is_ready(),
        }
    }

    fn on_time(&mut self, out: &mut Vec<u8>) {
        if let Self::Sbe(client) = self {
            client.on_time(out);
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        match self {
            Self::Fix(client) => client.logout(out),
            Self::Sbe(client) => {
                client.terminate(out);
                Ok(())
            }
        }
    }

    fn is_closed(&self) -> bool {
        match self {
            Self::Fix(client) => client.is_logged_out(),
            Self::Sbe(client) => client.is_terminated(),
        }
    }
}

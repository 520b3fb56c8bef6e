//! The skeleton of a venue: its transport, its rings, its threads and their way of waiting, and nothing in between.
//!
//! A process of its own, as a venue is, so that a request crosses the same borders: TCP, `StreamTransport`, a
//! command in the command ring, an event in the event ring, TCP. No field is read, nothing is matched, written to a
//! log or told to anybody else. What a venue takes longer than its skeleton is the venue's own work. Of a venue
//! that waits for the disk there is also one that writes: each batch is on the device before it is answered.
//!
//! ```text
//! fused   edge.turn, echo.turn, edge.turn …           one thread, as gateway/src/run.rs does
//! split   edge.turn … ◄─ rings, doorbells ─► echo.turn …     two
//! ```

use crate::floor::{REPLY_BYTES, REQUEST_BYTES};
use anyhow::{Context, bail, ensure};
use clap::Args;
use engine::command::{CommandBuffer, Commands, head};
use engine::{Event, Inputs};
use gateway::command_slot::Slot;
use gateway::connection::Ring;
use gateway::io::clock::SteadyClock;
use gateway::io::disk::DISK_BLOCK;
use gateway::io::event_ring::{EventReader, EventWriter, event_ring};
use gateway::io::{
    self, Access, Blocks, BoxedTransport, Close, ConnId, Disk, DiskWrite, Doorbell, NetEvent,
    RealDisk, Sleeper, TransportKind, TransportLimits, cpu,
};
use gateway::rings::{CommandReceivers, CommandSender};
use gateway::run::{Idle, Waiting};
use sbe_schemas::header::Message;
use sbe_schemas::journal::NewOrder;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use zerocopy::FromZeros;

/// As the demo venue's.
const EVENT_SLOTS: usize = 8192;
/// More than a ring gives in one turn.
const EVENTS_FREE_MIN: usize = 64;
/// Of the file that a skeleton writes to, and of what it writes at most: a batch in whole blocks.
const LOG_BYTES: u64 = 64 << 20;
const LOG_WRITE_MAX: usize = 128 << 10;
const SLEEP_MAX: Duration = Duration::from_millis(10);
/// In front of its address.
const SERVES: &str = "serves ";

/// Where a venue's hot work runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// One hot thread.
    Fused,
    /// The network on one, the engine on another.
    Split,
}

impl Shape {
    /// As it is said on command lines.
    pub(crate) fn name(self) -> &'static str {
        if self == Self::Fused { "fused" } else { "split" }
    }
}

/// How to serve one.
#[derive(Args, Debug)]
pub(crate) struct SkeletonArgs {
    /// Threads.
    #[arg(value_enum)]
    shape: Shape,
    /// uring, mio or auto.
    #[arg(long, default_value = "auto", value_parser = transport_kind)]
    transport: TransportKind,
    /// Fused, and with a transport that writes files: every batch is on the device there before it is answered.
    #[arg(long, value_name = "DIR")]
    writes_in: Option<PathBuf>,
}

fn transport_kind(word: &str) -> Result<TransportKind, String> {
    match word {
        "auto" => Ok(TransportKind::Auto),
        "uring" => Ok(TransportKind::Uring),
        "mio" => Ok(TransportKind::Mio),
        _ => Err("not uring, mio or auto".into()),
    }
}

/// Serves one connection, then ends; it ends with its standard input, too.
///
/// # Errors
/// No such transport here.
pub(crate) fn run(args: &SkeletonArgs) -> anyhow::Result<String> {
    let limits = TransportLimits { connections_max: 8, ..TransportLimits::default() };
    let (mut transport, _) = io::open(args.transport, limits).context("no transport")?;
    let address = transport.listen(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("{SERVES}{address}");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let waiting = Waiting::for_cores(cpu::allowed_cores()?.len());
    let mut rings = CommandReceivers::default();
    let commands = rings.add();
    let (events, mut readers) = event_ring(EVENT_SLOTS, 1, Event::new_zeroed());
    let replies = readers.pop().context("one reader")?;
    let echo = Echo { rings, batch: CommandBuffer::new(), events };
    let log = args.writes_in.as_deref().map(Log::create).transpose()?;
    ensure!(
        log.is_none() || args.shape == Shape::Fused && transport.writes_files(),
        "only a fused skeleton over io_uring writes"
    );
    let bell = transport.doorbell();
    let net_events = Vec::with_capacity(256);
    let mut edge = Edge { transport, net_events, conn: None, ended: false, commands, replies };
    match args.shape {
        Shape::Fused => run_fused(edge, echo, log, waiting),
        Shape::Split => {
            let sleeper = Sleeper::new().context("cannot make a doorbell")?;
            edge.commands.wakes(sleeper.doorbell());
            let stop = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| run_echo(echo, &sleeper, &bell, waiting, &stop));
                run_edge(edge, waiting);
                stop.store(true, Ordering::Release);
            });
        }
    }
    Ok(format!("a {} skeleton has ended", args.shape.name()))
}

/// What talks to the network.
struct Edge {
    transport: BoxedTransport,
    net_events: Vec<NetEvent>,
    conn: Option<ConnId>,
    ended: bool,
    commands: CommandSender,
    replies: EventReader<Event>,
}

impl Edge {
    fn turn(&mut self) -> usize {
        let mut done = self.transport.poll(&mut self.net_events);
        for event in &self.net_events {
            match *event {
                NetEvent::Accepted { conn, .. } => self.conn = Some(conn),
                NetEvent::Closed { conn, .. } => {
                    self.transport.close(conn, Close::Now);
                    self.ended = true;
                }
                NetEvent::Readable { .. } | NetEvent::Writable { .. } => {}
            }
        }
        if let Some(conn) = self.conn {
            done += self.read(conn) + self.reply(conn);
        }
        self.commands.ring_bell();
        self.transport.flush();
        done
    }

    /// A command of each request; what finds no room stays where it is.
    fn read(&mut self, conn: ConnId) -> usize {
        let mut taken = 0;
        for request in self.transport.received(conn).chunks_exact(REQUEST_BYTES) {
            let mut order = NewOrder::ZERO;
            order.head.slot.set(conn.slot);
            order.head.conn_generation.set(conn.generation);
            let number = request.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            order.head.msg_seq_num.set(number);
            if !self.commands.offer(Slot::of(&order).bytes()) {
                break;
            }
            taken += 1;
        }
        if taken > 0 {
            self.transport.consume(conn, taken * REQUEST_BYTES);
        }
        taken
    }

    fn reply(&mut self, conn: ConnId) -> usize {
        let mut done = 0;
        while let Some(event) = self.replies.peek() {
            let Some(room) = self.transport.reserve(conn, REPLY_BYTES) else { break };
            if let Some((number, rest)) = room.split_first_chunk_mut() {
                *number = event.head.number.get().to_le_bytes();
                if let Some(rest) = rest.get_mut(..REPLY_BYTES - size_of::<u64>()) {
                    rest.fill(b'.');
                }
            }
            self.transport.commit(conn, REPLY_BYTES);
            self.replies.release();
            done += 1;
        }
        done
    }
}

/// What would decide.
struct Echo {
    rings: CommandReceivers,
    batch: CommandBuffer,
    events: EventWriter<Event>,
}

impl Echo {
    fn turn(&mut self) -> usize {
        let done = self.take();
        self.answer();
        done
    }

    /// What is written before it is answered.
    fn turn_with(&mut self, log: &mut Log, transport: &mut BoxedTransport) -> usize {
        let mut done = 0;
        if log.buffer.is_none() {
            let Some(written) = transport.take_written() else { return 0 };
            assert!(written.result.is_ok(), "a durable write failed: {:?}", written.result);
            log.buffer = Some(written.buffer);
            self.answer();
            done += 1;
        }
        let taken = self.take();
        if taken > 0
            && let Some(write) = log.write(self.batch.bytes())
        {
            transport.submit_write(write);
        }
        done + taken
    }

    fn take(&mut self) -> usize {
        if self.events.free() < EVENTS_FREE_MIN {
            return 0;
        }
        self.rings.take(&mut self.batch)
    }

    fn answer(&mut self) {
        for command in Commands::new(self.batch.bytes()) {
            let Some(head) = head(command) else { break };
            let mut event = Event::new_zeroed();
            event.head.slot = head.slot;
            event.head.conn_generation = head.conn_generation;
            event.head.number = head.msg_seq_num;
            self.events.push(&event);
        }
        self.batch.clear();
    }
}

/// A file that is written as a journal's segment is: blocks that are there, one after the other.
struct Log {
    file: <RealDisk as Disk>::File,
    next: u64,
    /// `None`: on its way to the device.
    buffer: Option<Blocks>,
}

impl Log {
    /// Without a name: it ends with this process.
    fn create(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(format!("portcullis-perf-log-{}.tmp", std::process::id()));
        let opened = RealDisk
            .create_written(&path, LOG_BYTES)
            .and_then(|()| RealDisk.open(&path, Access::WriteDirect));
        let _ = std::fs::remove_file(&path);
        let file = opened.with_context(|| path.display().to_string())?;
        Ok(Self { file, next: 0, buffer: Some(Blocks::zeroed(LOG_WRITE_MAX)) })
    }

    fn is_writing(&self) -> bool {
        self.buffer.is_none()
    }

    fn write(&mut self, batch: &[u8]) -> Option<DiskWrite<<RealDisk as Disk>::File>> {
        let mut buffer = self.buffer.take()?;
        let bytes = batch.len().next_multiple_of(DISK_BLOCK);
        buffer.get_mut(..batch.len())?.copy_from_slice(batch);
        if self.next + bytes as u64 > LOG_BYTES {
            self.next = 0;
        }
        let offset = self.next;
        self.next += bytes as u64;
        Some(DiskWrite { file: self.file.clone(), offset, bytes, buffer })
    }
}

fn run_fused(mut edge: Edge, mut echo: Echo, mut log: Option<Log>, waiting: Waiting) {
    let (mut idle, mut clock) = (Idle::new(waiting), SteadyClock::default());
    while !edge.ended {
        let now = clock.now_ns();
        let done = edge.turn();
        let echoed = match &mut log {
            None => echo.turn(),
            Some(log) => echo.turn_with(log, &mut edge.transport),
        };
        if done + echoed > 0 {
            idle.worked(now);
        } else if idle.should_sleep(now, log.as_ref().is_some_and(Log::is_writing)) {
            edge.transport.wait(SLEEP_MAX);
        }
    }
}

fn run_edge(mut edge: Edge, waiting: Waiting) {
    let (mut idle, mut clock) = (Idle::new(waiting), SteadyClock::default());
    while !edge.ended {
        let now = clock.now_ns();
        if edge.turn() > 0 {
            idle.worked(now);
        } else if idle.should_sleep(now, false) {
            edge.transport.wait(SLEEP_MAX);
        }
    }
}

fn run_echo(
    mut echo: Echo,
    sleeper: &Sleeper,
    edge: &Doorbell,
    waiting: Waiting,
    stop: &AtomicBool,
) {
    let (mut idle, mut clock) = (Idle::new(waiting), SteadyClock::default());
    while !stop.load(Ordering::Acquire) {
        let now = clock.now_ns();
        if echo.turn() > 0 {
            idle.worked(now);
            edge.ring();
        } else if idle.should_sleep(now, false) && sleeper.announce() {
            if echo.rings.has_commands() {
                sleeper.cancel();
            } else {
                sleeper.wait(SLEEP_MAX);
            }
        }
    }
}

/// One in a process of its own, for one client.
pub(crate) struct Skeleton {
    child: Child,
    /// Its last words have somewhere to go.
    _said: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Skeleton {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// This binary cannot be run again, or has no such transport; it says why on stderr.
    pub(crate) fn start(
        shape: Shape,
        transport: &str,
        writes_in: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["skeleton", shape.name(), "--transport", transport])
            .args(writes_in.into_iter().flat_map(|at| [Path::new("--writes-in"), at]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run this binary again")?;
        let mut said = String::new();
        let mut stdout = BufReader::new(child.stdout.take().context("its output is a pipe")?);
        stdout.read_line(&mut said)?;
        let address = said.trim().strip_prefix(SERVES).and_then(|word| word.parse().ok());
        match address {
            Some(address) => Ok(Self { child, _said: stdout, address }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                bail!("a {} skeleton does not start: {said:?}", shape.name())
            }
        }
    }

    /// Its client is gone: waits for its end.
    ///
    /// # Errors
    /// It failed.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the skeleton failed: {ended}");
        Ok(())
    }
}

impl Drop for Skeleton {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

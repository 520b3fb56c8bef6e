//! The venue: a configuration becomes parts, parts are wired in numbered stages, threads run them.
//!
//! ```text
//! TCP ─► 6 gateway ─ring─► 5 partition ─► 2 journal      cold: 3 understudy ─► outboxes, snapshots
//! TCP ◄─ 6 gateway ◄─event ring─ 5 partition                   4 secrets
//! UDP ◄─ 7 publisher ◄─event ring─┘                            7 feed service, out of history and tap
//! TCP ◄─ fix_feed/ ◄─packets─ 7 publisher, 3 understudy   cold: market data over FIX
//! ```

use crate::auth::auth_way;
use crate::care::{Care, Counted};
use crate::config::{Config, Instrument, Placement, ScheduleLine};
use crate::feed::fanout::Fanout;
use crate::feed::lines::{OpenFeed, OutLines, open_feed};
use crate::feed::service::{FeedService, Viewer};
use crate::feed::supply::Supply;
use crate::feed::tap::tap;
use crate::feed::tcp;
use crate::feed::udp::UdpReplay;
use crate::fix_feed::start::open as open_market_data;
use crate::gateway::{Gateway, Settings};
use crate::health::{Health, StallWatch};
use crate::history;
use crate::io::event_ring::event_ring;
use crate::io::file::DataDir;
use crate::io::thread::spawn;
use crate::io::udp::UnicastSocket;
use crate::io::{self, RealDisk, Sleeper, StreamTransport, clock, cpu};
use crate::journal::{self, Durability, JournalReader};
use crate::operator::{ANSWERS_MAX, Names, Operator};
use crate::publisher::{Lines, Publisher};
use crate::rings::CommandReceivers;
use crate::run::{
    EdgePart, EnginePart, Flags, Released, Waiting, carry_writes, run_engine, run_fused, run_split,
};
use crate::start::{Start, start};
use crate::understudy::{Keeping, Understudy, outbox_way};
use anyhow::{Context, anyhow, bail};
use engine::{Event, Partition};
use marketdata::SubscriberLimits;
use marketdata::packer::Packer;
use marketdata::snapshot::SnapshotCycle;
use marketdata::views::Views;
use sbe_schemas::header::text;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use zerocopy::FromZeros;

/// Channel numbers of the feed.
const CHANNEL_INCREMENTAL: u16 = 1;
const CHANNEL_SNAPSHOT: u16 = 2;
/// Checkpoints that the understudy may be behind.
const CHECKPOINTS: usize = 65_536;
/// The understudy looks for new batches this often when it is not behind: on one core with the hot threads its
/// turns are then longer, and fewer orders meet one.
const UNDERSTUDY_SLEEP: Duration = Duration::from_millis(10);
/// Between two bursts of snapshot packets.
const BURST_SLEEP: Duration = Duration::from_millis(1);
/// Packets between the lines and the feed's cold thread: a tenth of a second at a million messages.
const TAP_PACKETS: usize = 1024;
/// Packets of the snapshot channel on their way there.
const SNAPSHOT_TAP_PACKETS: usize = 256;
/// The newest packets that the feed's cold thread has at hand.
const WINDOW_PACKETS: usize = 4096;
/// The feed's cold thread looks for new packets this often when there is nothing else.
const SERVICE_SLEEP: Duration = Duration::from_millis(1);
/// A connection for replay that asks for nothing is closed after so long.
const REPLAY_IDLE_NS: u64 = 30_000_000_000;
/// Snapshot packets that leave in one go; then the understudy has its turn.
const SNAPSHOT_BURST: usize = 16;

/// Packets of the last life that the lines begin with.
const TOLD_AGAIN: usize = 64;

/// Runs the venue until SIGTERM or SIGINT, then stops it in good order.
///
/// # Errors
/// What keeps it from starting, or from keeping its promises.
pub fn serve(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    let begun = Instant::now();
    // 1. The data directory, for this process alone.
    let data = DataDir::lock(&config.host.data).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => anyhow!(
            "{}: another portcullis works in this data directory. Stop it, or give another one with --data",
            config.host.data.display()
        ),
        _ => anyhow!("{}: cannot work in this data directory: {error}", config.host.data.display()),
    })?;
    let flags = Arc::new(Flags::default());
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&flags.stop))
            .context("cannot listen for signals")?;
    }

    // 2. The newest snapshot, and the journal behind it: checked, torn tail cut, ready to replay.
    let limits = config.engine_limits(hash_seed());
    let settings = journal::Settings::new(config.venue.partition, config.host.durability);
    let of_feed = history::Settings {
        kept_bytes: config.feed.history_mib.saturating_mul(1 << 20),
        ..history::Settings::new(config.venue.partition, config.feed.epoch)
    };
    let Start { mut journal, source, understudied, begun_seq, outboxes, snapshots, history } =
        start(&RealDisk, data.path(), limits, settings, of_feed)?;
    let recovered = journal.recovered();
    journal.keep_on_thread();

    // 3. The understudy, on a cold thread.
    let health = Arc::new(Health::default());
    let released = Arc::new(AtomicU64::new(0));
    let keeping = Keeping {
        history,
        snapshots,
        every_commands: config.host.snapshot_commands,
        released: Arc::clone(&released),
    };
    let (mut outbox_client, outbox_server) = outbox_way(usize::from(config.fix.connections_max));
    let understudy_sleeper = Sleeper::new().context("cannot make a doorbell")?;
    outbox_client.wakes(understudy_sleeper.doorbell());
    let (checkpoints, hot_checkpoints) = rtrb::RingBuffer::new(CHECKPOINTS);
    let understudy =
        Understudy::new(understudied, source, outboxes, keeping, outbox_server, hot_checkpoints);

    // 4. The checker of secrets, on a cold thread.
    let (auth_client, checker) = auth_way(config.secrets()?);

    // 5. The partition: replays, then leads.
    let (events, mut readers) = event_ring(config.limits.event_slots, 2, Event::new_zeroed());
    let feed_events = readers.pop().context("two readers")?;
    let gateway_events = readers.pop().context("two readers")?;
    let mut rings = CommandReceivers::default();
    let mut commands = rings.add();
    let mut operator_commands = rings.add();

    // 6. The gateway, listening.
    let cores = cpu::allowed_cores().context("cannot read the cores of this process")?.len();
    let placement = place(config, cores)?;
    let (mut transport, fallback) =
        io::open(config.host.transport.into(), config.transport_limits())
            .context("cannot open a transport; try --transport mio")?;
    let bell = transport.doorbell();
    let engine_sleeper = Sleeper::new().context("cannot make a doorbell")?;
    // Fused, a ring that serves connections also brings the journal to the device.
    let on_ring = placement != Placement::Split && transport.writes_files();
    if !on_ring {
        journal.write_on_thread();
    }
    match placement {
        Placement::Split => {
            journal.wakes(engine_sleeper.doorbell());
            commands.wakes(engine_sleeper.doorbell());
            operator_commands.wakes(engine_sleeper.doorbell());
        }
        Placement::Fused | Placement::Auto => {
            journal.wakes(bell.clone());
            operator_commands.wakes(bell.clone());
        }
    }
    let mut engine = EnginePart {
        partition: Partition::new(limits, journal, config.wish()?),
        rings,
        events,
        checkpoints,
        released: Released::new(released),
        stall: StallWatch::new(config.host.stall_ms * 1_000_000),
        health: Arc::clone(&health),
    };
    replay(&mut engine, on_ring.then_some(&mut *transport), config)?;
    let path_to_device = engine.partition.log().path_to_device().unwrap_or_default();
    let replay_ms = begun.elapsed().as_millis();
    let mut addresses = Vec::new();
    for (key, wished, _) in config.listeners() {
        let address = transport.listen(wished).map_err(|error| {
            anyhow!("{}: {key}: cannot listen on {wished}: {error}\n  fix: stop who has it, or choose another", config.file)
        })?;
        addresses.push(address);
    }
    let back_end = transport.name();
    let settings = Settings {
        venue: config.venue.comp_id.clone(),
        number: 1,
        limits: config.connection_limits(),
        slow_ns: config.fix.slow_ms * 1_000_000,
        per_address_max: config.fix.connections_per_address_max.unwrap_or(u16::MAX),
        listeners: config.listeners().into_iter().map(|(_, _, speaks)| speaks).collect(),
    };
    let mut gateway = Gateway::new(
        settings,
        transport,
        config.fix.connections_max,
        commands,
        gateway_events,
        outbox_client,
        auth_client,
    );

    gateway.heeds(Arc::clone(&health));
    let (answers, answered) = rtrb::RingBuffer::new(ANSWERS_MAX);
    gateway.answers(answers);
    let names = Names::of(engine.partition.engine());
    let operator = Operator::open(data.path(), names, operator_commands, answered)?;

    // 7. Market data over FIX, listening; what serves the feed; the publisher.
    let OpenFeed { mut lines, mut snapshots, fallback: feed_fallback } = open_feed(config)?;
    let feed_by = lines.describe();
    let unsent = Counted::new(vec![lines.unsent(), snapshots.unsent()]);
    let mut turned_out = Counted::new(vec![gateway.turned_out()]);
    let market_data = open_market_data(config)?.map(|(opened, [incremental, snapshot])| {
        lines.taps.push(incremental);
        snapshots.taps.push(snapshot);
        turned_out.add(opened.turned_out());
        opened
    });
    let service = open_replay(config, &mut lines, &mut snapshots)?;
    let packer = Packer::new(CHANNEL_INCREMENTAL, config.feed.epoch);
    let mut publisher =
        Publisher::new(feed_events, packer, lines, config.feed.heartbeat_ms * 1_000_000);
    publisher.tell_again(engine.partition.retold().events(), TOLD_AGAIN);

    // 8. Threads.
    let waiting = Waiting::for_cores(cores);
    let cold_stop = Arc::new(AtomicBool::new(false));
    let auth_bell = bell.clone();
    let operator_stop = Arc::clone(&cold_stop);
    let operator = spawn("operator", move || operator.run(&operator_stop));
    let _ = spawn("secrets", move || checker.run(&auth_bell));
    let cold = spawn_understudy(
        understudy,
        Bells { own: understudy_sleeper, gateway: bell.clone() },
        (SnapshotCycle::new(CHANNEL_SNAPSHOT, config.feed.epoch), snapshots),
        Care::new(config, health, unsent, turned_out),
        Duration::from_millis(config.feed.snapshot_ms),
        recovered.commands,
        Arc::clone(&cold_stop),
    );
    let (replay, served) = match service {
        None => (None, None),
        Some((address, service)) => {
            (Some(address), Some(spawn_service(service, Arc::clone(&cold_stop))))
        }
    };
    let edge = EdgePart { gateway, publisher };
    if config.host.lock_memory {
        lock_memory(config)?;
    }
    announce(
        out,
        config,
        &Started {
            back_end,
            path_to_device,
            on_ring,
            fallback: fallback.as_deref(),
            feed: (&feed_by, feed_fallback.as_deref()),
            placement,
            waiting,
            cores,
            addresses: &addresses,
            market_data: market_data.as_ref().map(|market_data| market_data.address),
            snapshot_seq: begun_seq,
            commands: recovered.commands.saturating_sub(begun_seq),
            torn_bytes: recovered.torn_bytes,
            replay_ms,
            replay,
        },
    )?;
    let market_data = market_data.map(|opened| opened.serve(Arc::clone(&flags.stop)));
    pin(config.host.gateway_core)?;
    let mut engine = match placement {
        Placement::Split => {
            let (give, take) = sync_channel(1);
            let (engine_flags, core) = (Arc::clone(&flags), config.host.engine_core);
            let thread = spawn("engine", move || {
                pin(core).unwrap_or_else(|error| panic!("{error:#}"));
                let engine = run_engine(engine, &engine_sleeper, &bell, waiting, &engine_flags);
                let _ = give.send(engine);
            });
            run_split(edge, thread, waiting, &flags);
            take.recv().context("the engine's thread is gone")?
        }
        Placement::Fused | Placement::Auto => run_fused(edge, engine, waiting, &flags),
    };

    // 9. The end: everything written, nothing torn.
    let synced = engine.partition.log_mut().sync();
    cold_stop.store(true, Ordering::Release);
    if let Some(thread) = market_data {
        thread.join().map_err(|_| anyhow!("the thread of market data over FIX failed"))?;
    }
    operator.join().map_err(|_| anyhow!("the operator's thread failed"))?;
    cold.join().map_err(|_| anyhow!("the understudy's thread failed"))?;
    if let Some(served) = served {
        served.join().map_err(|_| anyhow!("the feed's thread failed"))?;
    }
    synced.context("the journal could not be synced at the end")?;
    writeln!(out, "stopped in good order at sequence {}", engine.partition.engine().seq())?;
    Ok(())
}

/// Applies what the log has and takes the lead, before anybody can connect.
fn replay(
    engine: &mut EnginePart,
    mut ring: Option<&mut (dyn StreamTransport + Send + 'static)>,
    config: &Config,
) -> anyhow::Result<()> {
    while !engine.partition.is_live() {
        engine.turn(clock::utc_now_ns());
        if let Some(ring) = &mut ring {
            carry_writes(engine, *ring);
            ring.flush();
        }
        if let Some(refused) = engine.partition.refused() {
            bail!("{}: {}", config.file, explain(refused));
        }
    }
    check_numbers(engine, config)
}

/// Timetable and permissions say an instrument by its number: the file must list them as the log does.
fn check_numbers(engine: &EnginePart, config: &Config) -> anyhow::Result<()> {
    let known = engine.partition.engine().instruments();
    let names = |line: &ScheduleLine| line.instrument.is_some();
    let same = |(i, known): (&Instrument, &engine::instrument::Instrument)| {
        text(&known.symbol) == i.symbol.as_bytes()
    };
    let numbers_count = config.schedule.iter().any(names) || config.names_instruments();
    if numbers_count && !config.instrument.iter().zip(known).all(same) {
        let symbols: Vec<_> =
            known.iter().map(|i| String::from_utf8_lossy(text(&i.symbol))).collect();
        bail!(
            "{}: [[schedule]] or instruments of a [[session]] or [[firm]]: these are not those of the log in this data directory\n  fix: list \
             [[instrument]] in the order in which they came: {}",
            config.file,
            symbols.join(", ")
        );
    }
    Ok(())
}

fn explain(refused: &engine::partition::WishError) -> String {
    use engine::partition::WishError;
    match refused {
        WishError::InstrumentChanged { symbol } => format!(
            "instrument {symbol}: its tick, lot, price_max, base or quote differs from what the log in this \
             data directory has\n  fix: write the old values back, or list it under a new symbol"
        ),
        WishError::QuantityTooLarge { symbol } => format!(
            "instrument {symbol}: quantity_max / lot x limits.orders_max does not fit 64 bits\n  \
             fix: lower quantity_max or raise the lot"
        ),
        WishError::NotPayable { symbol } => format!(
            "instrument {symbol}: one lot at one tick is not a whole 10^-8 of its quote asset\n  fix: raise \
             tick or lot, or leave base and quote out"
        ),
        WishError::PricesOutOfRange { symbol } => format!(
            "instrument {symbol}: tick and lot must be above 0, and price_max / tick at most 2^30\n  fix: lower price_max or raise the tick"
        ),
        WishError::TooManyAccounts { max } => format!(
            "limits.accounts_max: the log and this file have more than {max} accounts, those of sessions \
             included\n  fix: raise it"
        ),
        WishError::TooManyInstruments { max } => format!(
            "limits.instruments_max: the log and this file have more than {max} instruments\n  fix: raise it"
        ),
        WishError::TooManyPermissions { max } => format!(
            "limits.sessions_max: the log and this file have more than {max} sessions and firms with              permissions of their own\n  fix: raise it"
        ),
        WishError::TooManySessions { max } => format!(
            "limits.sessions_max: the log and this file have more than {max} sessions\n  fix: raise it"
        ),
    }
}

fn place(config: &Config, cores: usize) -> anyhow::Result<Placement> {
    let placement = match config.host.placement {
        Placement::Auto if cores <= 2 => Placement::Fused,
        Placement::Auto => Placement::Split,
        chosen => chosen,
    };
    let pinned = [config.host.gateway_core, config.host.engine_core];
    if placement == Placement::Split && pinned[0].is_some() && pinned[0] == pinned[1] {
        bail!(
            "{}: host.gateway_core, host.engine_core: both are core {}\n  fix: give each its own, or \
             leave both out",
            config.file,
            pinned[0].unwrap_or_default()
        );
    }
    Ok(placement)
}

fn pin(core: Option<usize>) -> anyhow::Result<()> {
    match core {
        None => Ok(()),
        Some(core) => cpu::pin(core).with_context(|| format!("cannot pin a thread to core {core}")),
    }
}

type Service = FeedService<RealDisk, UnicastSocket>;

/// What answers for old messages, and where; both channels feed it from now on.
fn open_replay(
    config: &Config,
    lines: &mut OutLines,
    snapshot_lines: &mut OutLines,
) -> anyhow::Result<Option<(std::net::SocketAddr, Service)>> {
    let feed = &config.feed;
    let Some(wished) = feed.replay else { return Ok(None) };
    let refused = |error: std::io::Error| {
        anyhow!(
            "{}: feed.replay: cannot listen on {wished}: {error}\n  fix: stop who has it, or choose another",
            config.file
        )
    };
    let limits = io::TransportLimits {
        connections_max: feed.replay_connections_max,
        when_full: io::WhenFull::Refuse,
        receive_bytes: tcp::RECEIVE_BYTES,
        send_bytes: tcp::SEND_BYTES,
        linger: Duration::from_secs(1),
    };
    let (mut transport, _) = io::open(io::TransportKind::Mio, limits).map_err(refused)?;
    let address = transport.listen(wished).map_err(refused)?;
    let datagrams = UnicastSocket::bind(address).map_err(refused)?;
    let settings = tcp::Settings {
        channel: CHANNEL_INCREMENTAL,
        epoch: feed.epoch,
        per_address_max: usize::from(feed.replay_connections_max).div_ceil(2),
        bytes_per_s: u64::from(feed.replay_mib_s) << 20,
        slow_ns: feed.replay_slow_ms * 1_000_000,
        idle_ns: REPLAY_IDLE_NS,
    };
    let (tap_in, mut packets) = tap(TAP_PACKETS);
    packets.set_open(true);
    lines.taps.push(tap_in);
    let (data, now) = (config.host.data.clone(), clock::monotonic_ns());
    let udp = UdpReplay::new(CHANNEL_INCREMENTAL, feed.epoch, datagrams, RealDisk, &data, now);
    let connections = feed.replay_connections_max;
    let tcp = tcp::TcpReplay::new(settings, transport, connections, RealDisk, data);
    let supply = Supply::new(CHANNEL_INCREMENTAL, feed.epoch, WINDOW_PACKETS);
    let day_end_ns = config.day_end_ns()?;
    let orders_max = config.limits.orders_max as usize;
    let views = SubscriberLimits {
        instruments_max: config.limits.instruments_max as usize,
        orders_max,
        waiting_max: orders_max,
        ..SubscriberLimits::default()
    };
    let reader = history::HistoryReader::open(RealDisk, &config.host.data);
    let viewer = Viewer::new(Views::new(views, day_end_ns), reader, day_end_ns);
    let (snapshot_tap, mut snapshots) = tap(SNAPSHOT_TAP_PACKETS);
    snapshots.set_open(true);
    snapshot_lines.taps.push(snapshot_tap);
    let fanout = Fanout::new(feed.unicast.clone(), feed.unicast_leases_max.into());
    let service = FeedService { tap: packets, snapshots, supply, viewer, tcp, udp, fanout };
    Ok(Some((address, service)))
}

/// The cold thread that answers for old messages.
fn spawn_service(mut service: Service, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    let work = move || {
        while !stop.load(Ordering::Acquire) {
            if service.turn(clock::monotonic_ns(), clock::utc_now_ns()) == 0 {
                service.tcp.transport().wait(SERVICE_SLEEP);
            }
        }
    };
    spawn("feed", work)
}

/// What the understudy sleeps on, and whom it wakes.
struct Bells {
    own: Sleeper,
    gateway: io::Doorbell,
}

/// The cold thread: follows the log, answers for old messages, sends snapshots in small bursts.
fn spawn_understudy(
    mut understudy: Understudy<JournalReader>,
    bells: Bells,
    (mut cycle, mut snapshots): (SnapshotCycle, OutLines),
    mut care: Care,
    every: Duration,
    recovered_seq: u64,
    stop: Arc<AtomicBool>,
) -> JoinHandle<()> {
    care.look(); // Before the first client.
    let work = move || {
        let mut packets: VecDeque<Vec<u8>> = VecDeque::new();
        let mut next = Instant::now();
        loop {
            care.look();
            let done = understudy.turn().unwrap_or_else(|stop| fail(&stop));
            if done.pieces > 0 {
                bells.gateway.ring();
            }
            // Not before it knows what this process knew at start: older books help nobody.
            let knows = understudy.engine().seq() >= recovered_seq;
            if packets.is_empty() && knows && Instant::now() >= next {
                next = Instant::now() + every;
                cycle.run(understudy.engine(), |packet| packets.push_back(packet.to_vec()));
            }
            for packet in packets.drain(..packets.len().min(SNAPSHOT_BURST)) {
                snapshots.send(&packet);
            }
            snapshots.flush();
            if done.is_nothing() && stop.load(Ordering::Acquire) {
                return;
            }
            if !done.is_behind() && bells.own.announce() {
                let rest = if packets.is_empty() { UNDERSTUDY_SLEEP } else { BURST_SLEEP };
                bells.own.wait(rest);
            }
        }
    };
    spawn("understudy", work)
}

/// A promise cannot be kept: the process ends, loudly.
fn fail(stop: &crate::understudy::Stop) -> ! {
    tracing::error!("{stop}");
    eprintln!("portcullis: {stop}");
    std::process::exit(1)
}

/// A key for the ClOrdID table that clients cannot know. No state depends on it.
fn hash_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

struct Started<'a> {
    back_end: &'a str,
    path_to_device: &'a str,
    on_ring: bool,
    fallback: Option<&'a str>,
    /// What sends the lines, and why it is not what was wished.
    feed: (&'a str, Option<&'a str>),
    placement: Placement,
    waiting: Waiting,
    cores: usize,
    addresses: &'a [std::net::SocketAddr],
    market_data: Option<std::net::SocketAddr>,
    snapshot_seq: u64,
    commands: u64,
    torn_bytes: u64,
    replay_ms: u128,
    replay: Option<std::net::SocketAddr>,
}

/// Everything that a hot thread will touch is there now: none takes memory later.
fn lock_memory(config: &Config) -> anyhow::Result<()> {
    io::host::lock_memory().map_err(|error| {
        config
            .error(
                "host.lock_memory",
                format!("the kernel does not lock the memory of this process: {error}"),
                "allow it (`ulimit -l unlimited`, systemd: LimitMEMLOCK=infinity), give the host more memory, lower \
                 [limits], or leave the key out",
            )
            .into()
    })
}

fn announce(out: &mut impl Write, config: &Config, s: &Started<'_>) -> std::io::Result<()> {
    let placement = match s.placement {
        Placement::Split => "split (gateway and feed | engine)",
        Placement::Fused | Placement::Auto => "fused (one hot thread)",
    };
    let durability = match config.host.durability {
        Durability::Disk => "disk: a command counts when the device has it",
        Durability::Process => {
            "process: a command counts when the kernel has it; not safe from power loss"
        }
        Durability::None => "none: NOTHING is promised",
    };
    let feed = &config.feed;
    writeln!(
        out,
        "portcullis {} · partition {} · {}",
        env!("CARGO_PKG_VERSION"),
        config.venue.partition,
        config.file
    )?;
    writeln!(
        out,
        "  journal     {} · {}{} commands replayed in {} ms",
        config.host.data.display(),
        match s.snapshot_seq {
            0 => String::new(),
            seq => format!("snapshot at sequence {seq} · "),
        },
        s.commands,
        s.replay_ms
    )?;
    if s.torn_bytes > 0 {
        writeln!(
            out,
            "              cut {} bytes of a batch that was being written when the last process died",
            s.torn_bytes
        )?;
    }
    writeln!(out, "  durability  {durability}")?;
    if config.host.durability == Durability::Disk {
        let who = if s.on_ring { "the gateway's ring" } else { "a thread of its own" };
        writeln!(out, "              by {}, on {who}", s.path_to_device)?;
    }
    writeln!(
        out,
        "  transport   {}{}",
        s.back_end,
        s.fallback.map_or(String::new(), |why| format!(" ({why})"))
    )?;
    writeln!(out, "  placement   {placement} · {} cores · {}", s.cores, s.waiting.describe())?;
    if config.host.lock_memory {
        writeln!(out, "  memory      locked")?;
    }
    let mut addresses = s.addresses.iter();
    if let Some(fix) = addresses.next() {
        writeln!(out, "  FIX 4.4     {fix} · TargetCompID {}", config.venue.comp_id)?;
    }
    if let (Some(sbe), Some(settings)) = (addresses.next(), &config.sbe) {
        let width = if settings.wide_frames { "four" } else { "two" };
        writeln!(out, "  SBE         {sbe} · frames with a length of {width} bytes")?;
    }
    if let Some(address) = s.market_data {
        writeln!(out, "  FIX data    {address}")?;
    }
    writeln!(
        out,
        "  feed        A {} · B {} · snapshot {} · interface {}",
        feed.a, feed.b, feed.snapshot, feed.interface
    )?;
    let (feed_by, why) = s.feed;
    let why = why.map_or(String::new(), |why| format!(" (AF_XDP is refused: {why})"));
    writeln!(out, "              lines by {feed_by}{why}")?;
    if let Some(address) = s.replay {
        writeln!(out, "  replay      {address}, TCP and UDP")?;
    }
    writeln!(
        out,
        "  instruments {}",
        config.instrument.iter().map(|i| i.symbol.as_str()).collect::<Vec<_>>().join(" ")
    )?;
    writeln!(out, "ready")?;
    out.flush()
}

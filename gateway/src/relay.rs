//! `portcullis relay`: joins a feed and sends the same packets on, by multicast, to single addresses, or both.
//!
//! No venue is in it, and no state but which packets have passed: it may be started and stopped at any time, and
//! relays may follow relays. Which packet passes: `feed/relay.rs`.

use crate::config::FeedTransport;
use crate::feed::fanout::Fanout;
use crate::feed::relay::{Place, Relay};
use crate::io::datagram::{BoxedDatagrams, DatagramKind, DatagramRoute, open_datagrams};
use crate::io::udp::{MulticastReceiver, UnicastSocket};
use crate::listen::{Heard, receive};
use anyhow::{Context, bail};
use marketdata::Line;
use marketdata::packet::PACKET_BYTES_MAX;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Packets between the receiving threads and the sending one.
const QUEUE_PACKETS_MAX: usize = 4096;
/// Packets that are passed before what has been kept back leaves.
const TURN_PACKETS_MAX: usize = 64;
const TICK: Duration = Duration::from_millis(50);

/// Join a feed and send the same packets on: to other groups, or to single addresses.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "EXAMPLES:
  portcullis relay --unicast 10.1.0.7:9101 --unicast 10.1.0.8:9101
  portcullis relay --interface 10.0.0.2 --to-interface 10.2.0.1 --ttl 8 \\
      --to-a 239.255.43.1:9101 --to-b 239.255.43.2:9102 --to-snapshot 239.255.43.3:9103

Ctrl-C ends it and says how many packets have passed. Docs: docs/wire/feed.md.")]
pub struct RelayArgs {
    /// Group and port of line A.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.1:9101")]
    a: SocketAddrV4,
    /// Group and port of line B.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.2:9102")]
    b: SocketAddrV4,
    /// Group and port of the snapshots.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.3:9103")]
    snapshot: SocketAddrV4,
    /// Address of the network interface on which to join.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    interface: Ipv4Addr,
    /// Take only what this address has sent (source-specific multicast).
    #[arg(long, value_name = "ADDRESS")]
    source: Option<Ipv4Addr>,
    /// Send what comes on either line to this group.
    #[arg(long, value_name = "GROUP:PORT")]
    to_a: Option<SocketAddrV4>,
    /// And to this one.
    #[arg(long, value_name = "GROUP:PORT")]
    to_b: Option<SocketAddrV4>,
    /// Send snapshots to this group.
    #[arg(long, value_name = "GROUP:PORT")]
    to_snapshot: Option<SocketAddrV4>,
    /// Address of the network interface they leave by.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    to_interface: Ipv4Addr,
    /// Hops of what is sent to groups.
    #[arg(long, default_value_t = 0)]
    ttl: u8,
    /// What the lines leave by, as `feed.transport` of a venue: to groups, not to addresses.
    #[arg(long, value_enum, default_value_t = FeedTransport::Socket)]
    transport: FeedTransport,
    /// Queue of the interface, for `xdp`.
    #[arg(long, value_name = "N", default_value_t = 0)]
    xdp_queue: u32,
    /// Send everything to this address; may be given several times.
    #[arg(long, value_name = "ADDRESS:PORT")]
    unicast: Vec<SocketAddr>,
}

struct Outs {
    lines: Option<BoxedDatagrams>,
    snapshot: Option<BoxedDatagrams>,
    socket: UnicastSocket,
    fanout: Fanout,
}

/// Relays until told to stop.
///
/// # Errors
/// A group cannot be joined or sent to, or there is nowhere to send anything.
pub fn run(args: &RelayArgs) -> anyhow::Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot catch Ctrl-C")?;
    }
    let mut outs = outs(args)?;
    let (queue, packets) = sync_channel(QUEUE_PACKETS_MAX);
    for (line, group) in [(Line::A, args.a), (Line::B, args.b), (Line::Snapshot, args.snapshot)] {
        let receiver = MulticastReceiver::join_from(group, args.interface, args.source)
            .with_context(|| format!("cannot join {group} on interface {}", args.interface))?;
        let (queue, stop) = (queue.clone(), Arc::clone(&stop));
        crate::io::thread::spawn("relay", move || receive(line, &receiver, &queue, &stop));
    }
    drop(queue);
    match &outs.lines {
        Some(lines) => println!("relaying, lines by {}", lines.name()),
        None => println!("relaying"),
    }
    let mut relay = Relay::default();
    while !stop.load(Ordering::Relaxed) {
        let first = match packets.recv_timeout(TICK) {
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        // What waits behind it may leave together with it.
        for heard in std::iter::once(first).chain(packets.try_iter()).take(TURN_PACKETS_MAX) {
            if let Heard::Packet(_, packet) = heard {
                pass(&mut relay, &packet, &mut outs);
            }
        }
        outs.lines.iter_mut().chain(&mut outs.snapshot).for_each(|groups| groups.flush());
    }
    let counts = relay.counts();
    let dropped = outs.lines.iter().chain(&outs.snapshot).map(|out| out.dropped()).sum::<u64>();
    println!(
        "passed {}, duplicates {}, unreadable {}, dropped {}",
        counts.passed,
        counts.duplicates,
        counts.unreadable,
        dropped + outs.socket.dropped()
    );
    Ok(ExitCode::SUCCESS)
}

fn outs(args: &RelayArgs) -> anyhow::Result<Outs> {
    let open = |kind, groups: &[SocketAddrV4]| -> anyhow::Result<Option<BoxedDatagrams>> {
        if groups.is_empty() {
            return Ok(None);
        }
        let route = DatagramRoute {
            groups: groups.to_vec(),
            interface: args.to_interface,
            ttl: args.ttl,
            packet_bytes_max: PACKET_BYTES_MAX,
        };
        let opened = open_datagrams(kind, &route);
        let (out, refused) = opened.with_context(|| format!("cannot send to {groups:?}"))?;
        if let Some(why) = refused {
            eprintln!("portcullis: AF_XDP is refused ({why}): lines leave by sockets");
        }
        Ok(Some(out))
    };
    if args.transport == FeedTransport::Xdp && args.ttl == 0 {
        bail!("--transport xdp with --ttl 0: no packet would leave this host; set --ttl");
    }
    let lines: Vec<SocketAddrV4> = args.to_a.into_iter().chain(args.to_b).collect();
    if lines.is_empty() && args.to_snapshot.is_none() && args.unicast.is_empty() {
        bail!("nowhere to send to: give --to-a, --to-b, --to-snapshot or --unicast");
    }
    for group in [args.to_a, args.to_b, args.to_snapshot].into_iter().flatten() {
        if [args.a, args.b, args.snapshot].contains(&group) {
            bail!("{group} is joined as well: every packet would come back");
        }
    }
    let own = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let kind = match args.transport {
        FeedTransport::Socket => DatagramKind::Socket,
        FeedTransport::Burst => DatagramKind::Burst,
        FeedTransport::Xdp => DatagramKind::Xdp { queue: args.xdp_queue },
    };
    Ok(Outs {
        lines: open(kind, &lines)?,
        snapshot: open(DatagramKind::Socket, args.to_snapshot.as_slice())?,
        socket: UnicastSocket::bind(own).context("cannot open a socket")?,
        fanout: Fanout::new(args.unicast.clone(), 0),
    })
}

fn pass(relay: &mut Relay, packet: &[u8], outs: &mut Outs) {
    let Some(place) = relay.place(packet) else { return };
    // What could not be sent is counted there.
    let groups = match place {
        Place::Lines => &mut outs.lines,
        Place::Snapshot => &mut outs.snapshot,
    };
    if let Some(groups) = groups {
        groups.send(packet);
    }
    outs.fanout.send(packet, &mut outs.socket);
}

//! What this machine's parts take by themselves: a durable write, a packet, a hop between threads, the clock.
//!
//! Each is the least that a venue pays for what its clients want of it: `disk` durability waits for one such
//! write, every change leaves in one such packet for each line of the feed, and with `split` placement an
//! order hops twice.

use crate::report::{Distribution, head};
use anyhow::{Context, anyhow};
use gateway::io::udp::MulticastSender;
use rustix::fs::OFlags;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// What the journal writes at least, and what direct writes must be aligned to.
const BLOCK_BYTES: usize = 4096;
const WRITES: u64 = 500;
const PACKETS: u64 = 20_000;
/// About as long as two events.
const PACKET_BYTES: usize = 200;
/// Nobody is there.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 99, 99), 9199);
const HOPS: u64 = 50_000;
/// Looks at an empty ring before the core is given away: other threads may need it.
const SPINS: u32 = 200;
const READS: u32 = 1_000_000;

/// Its parts.
pub(crate) struct Machine {
    /// One block, written around the page cache, on the device when the call returns. Why not: no such file system.
    pub(crate) write: Result<Distribution, String>,
    /// One datagram to a multicast group on loopback.
    pub(crate) packet: Distribution,
    /// Half of the way to another thread and back, by rings of cache lines.
    pub(crate) hop: Distribution,
    /// One reading of the monotonic clock, tenths of a nanosecond.
    pub(crate) clock_tenths_ns: u64,
}

impl Machine {
    /// Measures all of them; the file is written in `directory` and removed.
    ///
    /// # Errors
    /// No multicast on loopback, no thread.
    pub(crate) fn measure(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            write: writes(directory).map_err(|error| format!("{error:#}")),
            packet: packets()?,
            hop: hops()?,
            clock_tenths_ns: clock(),
        })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut lines = vec![head()];
        match &self.write {
            Ok(write) => lines.push(write.row("durable write")),
            Err(why) => lines.push(format!("durable write  not measured: {why}")),
        }
        lines.push(self.packet.row("UDP send"));
        lines.push(self.hop.row("ring hop"));
        let clock = self.clock_tenths_ns;
        lines.push(format!("clock          {}.{} ns a reading", clock / 10, clock % 10));
        lines.join("\n")
    }

    /// For programs. `durable_write` is null where the file system cannot.
    pub(crate) fn json(&self) -> Value {
        json!({
            "durable_write": self.write.as_ref().ok().map(Distribution::json),
            "udp_send": self.packet.json(),
            "ring_hop": self.hop.json(),
            "clock_ns": self.clock_tenths_ns as f64 / 10.0,
        })
    }
}

/// Times of durable writes there.
///
/// # Errors
/// No such directory, or a file system that cannot.
pub(crate) fn writes(directory: &Path) -> anyhow::Result<Distribution> {
    let path = directory.join(format!("portcullis-perf-floor-{}.tmp", std::process::id()));
    let times = writes_to(&path).with_context(|| path.display().to_string());
    let _ = std::fs::remove_file(&path);
    times
}

fn writes_to(path: &Path) -> anyhow::Result<Distribution> {
    // All of it is there before: a journal's segment is, too.
    File::create(path)?.write_all_at(&vec![0; BLOCK_BYTES * WRITES as usize], 0)?;
    File::open(path)?.sync_all()?;
    let flags = OFlags::DIRECT | OFlags::DSYNC;
    let file = OpenOptions::new().write(true).custom_flags(flags.bits() as i32).open(path)?;
    let mut room = vec![0_u8; 2 * BLOCK_BYTES];
    let start = room.as_ptr().align_offset(BLOCK_BYTES);
    let block = room.get_mut(start..start + BLOCK_BYTES).context("a block in two")?;
    let mut times = Distribution::new();
    for n in 0..WRITES {
        block.fill(n as u8);
        let begun = Instant::now();
        file.write_all_at(block, n * BLOCK_BYTES as u64)?;
        times.record(begun.elapsed());
    }
    Ok(times)
}

fn packets() -> anyhow::Result<Distribution> {
    let sender = MulticastSender::open(GROUP, Ipv4Addr::LOCALHOST, 0, true)
        .context("cannot send multicast on 127.0.0.1")?;
    let mut times = Distribution::new();
    for _ in 0..PACKETS {
        let begun = Instant::now();
        sender.send(&[0; PACKET_BYTES])?;
        times.record(begun.elapsed());
    }
    Ok(times)
}

/// A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(u64);

fn hops() -> anyhow::Result<Distribution> {
    let (mut there, mut from_here) = rtrb::RingBuffer::<Line>::new(64);
    let (mut back, mut from_there) = rtrb::RingBuffer::<Line>::new(64);
    let echo = std::thread::Builder::new().name("hop".into()).spawn(move || {
        while let Some(line) = waited(&mut from_here) {
            if back.push(line).is_err() {
                break;
            }
        }
    })?;
    let mut times = Distribution::new();
    for n in 0..HOPS {
        let begun = Instant::now();
        there.push(Line(n)).map_err(|_| anyhow!("a ring with one line in it is full"))?;
        let line = waited(&mut from_there).context("the other thread ended")?;
        times.record(begun.elapsed() / 2);
        anyhow::ensure!(line.0 == n, "line {n} came back as {}", line.0);
    }
    drop(there);
    echo.join().map_err(|_| anyhow!("the other thread failed"))?;
    Ok(times)
}

/// The next line; `None`: the other side is gone.
fn waited(ring: &mut rtrb::Consumer<Line>) -> Option<Line> {
    let mut spins = 0;
    loop {
        if let Ok(line) = ring.pop() {
            return Some(line);
        }
        if ring.is_abandoned() {
            return ring.pop().ok();
        }
        spins += 1;
        if spins < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}

fn clock() -> u64 {
    let begun = Instant::now();
    for _ in 0..READS {
        black_box(Instant::now());
    }
    let took: Duration = begun.elapsed();
    (took.as_nanos() * 10 / u128::from(READS)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_measured_and_nothing_is_left_behind() {
        let directory = std::env::temp_dir().join(format!("perf-machine-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let machine = Machine::measure(&directory).unwrap();
        assert_eq!((machine.packet.count(), machine.hop.count()), (PACKETS, HOPS));
        assert!(machine.clock_tenths_ns > 0);
        match &machine.write {
            Ok(write) => assert_eq!(write.count(), WRITES),
            Err(why) => assert!(machine.text().contains(why)),
        }
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
        std::fs::remove_dir(&directory).unwrap();
    }

    #[test]
    fn without_a_place_to_write_the_rest_is_told_and_the_reason() {
        let machine = Machine::measure(Path::new("/nowhere/at/all")).unwrap();
        assert!(machine.text().contains("not measured: /nowhere/at/all"), "{}", machine.text());
        assert!(machine.json()["durable_write"].is_null());
    }
}

//! A healthy client beside those that mean harm: whatever they do, it is answered.

use crate::peer::Peer;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// It orders, cancels and waits for each answer, until it is told to stop.
pub struct Neighbour {
    stop: &'static AtomicBool,
    thread: JoinHandle<Vec<Duration>>,
}

impl Neighbour {
    /// `peer` is connected.
    pub fn start(mut peer: Peer) -> Self {
        let stop: &'static AtomicBool = Box::leak(Box::default());
        let thread = std::thread::spawn(move || {
            peer.send("A", "98=0|108=30|554=secret|");
            peer.expect("35=A");
            let mut waits = Vec::new();
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let begun = Instant::now();
                peer.send("D", &format!("11=n{n}|55=NEXT|54=1|60=NOW|38=1|40=2|44=1|"));
                peer.expect(&format!("35=8 150=0 11=n{n}"));
                waits.push(begun.elapsed());
                peer.send("F", &format!("11=c{n}|41=n{n}|55=NEXT|54=1|60=NOW|"));
                peer.expect(&format!("35=8 150=4 41=n{n}"));
                std::thread::sleep(Duration::from_millis(2));
            }
            waits
        });
        Self { stop, thread }
    }

    /// How long it waited for each answer, shortest first.
    pub fn stop(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        let mut waits = self.thread.join().expect("the neighbour was answered");
        waits.sort_unstable();
        waits
    }
}

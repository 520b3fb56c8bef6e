//! Both lines of the feed, as they arrive, over all lives of the venue.

use crate::history::FeedMessage;
use crate::venue::Venue;
use gateway::io::udp::MulticastReceiver;
use marketdata::packet::Packet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

pub struct Listener {
    threads: Vec<JoinHandle<Vec<FeedMessage>>>,
    stop: Arc<AtomicBool>,
    pub life: Arc<AtomicUsize>,
}

impl Listener {
    pub fn new(venue: &Venue) -> Self {
        let (stop, life) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let listen = |line| {
            let receiver = MulticastReceiver::join(venue.group(line), Ipv4Addr::LOCALHOST).unwrap();
            receiver.set_read_timeout(Duration::from_millis(50)).unwrap();
            let (stop, life) = (Arc::clone(&stop), Arc::clone(&life));
            std::thread::spawn(move || {
                let (mut heard, mut buffer) = (Vec::new(), vec![0; 65_536]);
                while !stop.load(Ordering::Relaxed) {
                    let Some(length) = receiver.receive(&mut buffer).unwrap() else { continue };
                    let packet =
                        Packet::parse(&buffer[..length]).expect("no packet is ever broken");
                    let first = packet.header.sequence.get();
                    for (sequence, message) in (first..).zip(packet.messages()) {
                        let life = life.load(Ordering::Relaxed);
                        heard.push(FeedMessage { life, line, sequence, bytes: message.to_vec() });
                    }
                }
                heard
            })
        };
        let threads = [0, 1].map(listen).into();
        Self { threads, stop, life }
    }

    pub fn finish(self) -> Vec<FeedMessage> {
        std::thread::sleep(Duration::from_millis(100)); // What is still on its way.
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    }
}

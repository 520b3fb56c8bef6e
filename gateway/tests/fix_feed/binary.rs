//! The real process: an order session and market data clients, some of which mean harm.

use crate::peer::Peer;
use crate::venue::Venue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ALL: &str = "263=1|264=0|265=1|267=3|269=0|269=1|269=2|146=1|55=ACME|";

fn venue(transport: &str, placement: &str) -> Venue {
    Venue::start(transport, placement, |config| {
        config
            .replace("snapshot_ms = 1000", "snapshot_ms = 50")
            .replace("heartbeat_ms = 1000", "heartbeat_ms = 50")
            .replace("slow_ms = 10000", "slow_ms = 2000")
    })
}

fn market_data(venue: &Venue, comp_id: &str) -> Peer {
    let mut peer = Peer::connect(venue.market_data(), comp_id);
    peer.log_on_with("141=Y|");
    peer
}

/// Messages up to and with the one that has all of `fields`.
fn read_until(peer: &mut Peer, fields: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let message = peer.read_message().expect("the connection goes on");
        let found = fields.split(' ').all(|field| message.contains(&format!("|{field}|")));
        all.push(message);
        if found {
            return all;
        }
    }
}

#[test]
fn market_data_follows_orders_and_the_end_is_told() {
    for (transport, placement) in [("uring", "split"), ("mio", "fused")] {
        let mut venue = venue(transport, placement);
        let mut data = market_data(&venue, "CLIENT1");
        let mut orders = venue.log_on("CLIENT2");
        data.send("x", "320=l|559=4|");
        data.expect("35=y 560=0 393=3 55=BTC-USD 15=USD 55=ACME");
        data.send("V", &format!("262=r|{ALL}"));
        data.expect("35=W 262=r 55=ACME 268=0");
        data.send("e", "324=s|263=0|55=ACME|");
        data.expect("35=f 324=s 326=17");
        orders.order("a", "1", "5", "10");
        orders.expect("35=8 150=0");
        data.expect("35=X 262=r 268=1 279=0 269=0 270=10 271=5 346=1");
        orders.order("b", "2", "2", "10");
        orders.expect("35=8 150=0");
        data.expect("35=X 268=2 279=0 269=2 270=10 271=2 279=1 269=0 270=10 271=3");
        venue.terminate();
        data.expect("35=B 148=the venue stops");
        data.expect("35=5 58=the venue stops; log on again later");
        data.send("5", "");
        assert_eq!(venue.wait_for_exit(), Some(0));
    }
}

#[test]
fn a_venue_that_was_killed_tells_the_same_book() {
    let mut venue = venue("mio", "split");
    let mut orders = venue.log_on("CLIENT2");
    orders.order("a", "1", "5", "10");
    orders.expect("35=8 150=0");
    venue.kill_9();
    venue.restart();
    let mut data = market_data(&venue, "CLIENT1");
    data.send("V", &format!("262=r|266=N|{ALL}"));
    let told = read_until(&mut data, "35=W 55=ACME 268=1");
    assert!(told.last().unwrap().contains("|269=0|270=10|271=5|37="), "{told:?}");
}

/// One that floods, one that sends garbage, one that never reads: an order session and another market data
/// client notice nothing, and who never reads is cut off.
#[test]
fn clients_that_mean_harm_change_nothing_for_others() {
    let venue = venue("mio", "split");
    let stop = Arc::new(AtomicBool::new(false));
    let mut healthy = market_data(&venue, "CLIENT1");
    healthy.send("V", &format!("262=r|{ALL}"));
    healthy.expect("35=W 262=r");

    let mut deaf = market_data(&venue, "CLIENT3");
    for n in 0..50 {
        deaf.send("V", &format!("262=d{n}|{ALL}"));
    }
    let flooder = market_data(&venue, "CLIENT4");
    let flood: Vec<u8> = (2..20_000)
        .flat_map(|n| flooder.numbered("V", n, "", &format!("262=f{n}|{ALL}")))
        .collect();
    let flooding = flooder.write_until(flood, Arc::clone(&stop));
    let flooded = drain(&flooder, Arc::clone(&stop));
    let noise = market_data(&venue, "CLIENT5");
    let garbage = (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let noising = noise.write_until(garbage, Arc::clone(&stop));

    let mut orders = venue.log_on("CLIENT2");
    let mut longest = Duration::ZERO;
    for n in 0..400 {
        // Far from each other: each is a level of its own, and each X to the deaf one is as long as can be.
        let begun = Instant::now();
        orders.order(&format!("o{n}"), "1", "3", &format!("{}", 100 + n));
        orders.expect("35=8 150=0");
        longest = longest.max(begun.elapsed());
    }
    orders.order("last", "1", "7", "99");
    orders.expect("35=8 150=0");
    let told = read_until(&mut healthy, "270=99 271=7");
    let levels: usize = told.iter().map(|message| message.matches("|279=0|").count()).sum();
    assert_eq!(levels, 401, "each level was told once");
    println!("longest answer to an order {longest:?}");
    assert!(longest < Duration::from_secs(5), "an order waited {longest:?}");
    stop.store(true, Ordering::Relaxed);
    for peer in [&flooder, &noise] {
        let _ = peer.another_end().shutdown(std::net::Shutdown::Both); // If the venue has not yet.
    }
    flooding.join().unwrap();
    noising.join().unwrap();
    flooded.join().unwrap();

    // What nobody takes fills all buffers; then the client is cut off, and whoever is there goes on.
    let deadline = Instant::now() + Duration::from_secs(40);
    let mut n = 0;
    let cut_off = loop {
        for _ in 0..200 {
            n += 1;
            orders.order(&format!("p{n}"), "1", "1", "50");
            orders.expect("35=8 150=0");
        }
        let sign_of_life = deaf.message("0", "");
        if deaf.write_in_background(sign_of_life).join().unwrap().is_err() {
            break true;
        }
        if Instant::now() > deadline {
            break false;
        }
    };
    assert!(cut_off, "who never reads is cut off");
    orders.order("end", "1", "1", "49");
    orders.expect("35=8 150=0");
    read_until(&mut healthy, "270=49 271=1");
}

/// Reads and forgets until told to stop.
fn drain(peer: &Peer, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let mut socket = peer.another_end();
    std::thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while !stop.load(Ordering::Relaxed) {
            match std::io::Read::read(&mut socket, &mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    })
}

//! Scratch.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub, dead_code, reason = "a test")]
#[path = "/tmp/rv_peer.rs"]
mod peer;
#[path = "/tmp/rv_venue.rs"]
mod venue;
use std::time::{Duration, Instant};
use venue::Venue;

fn fast(config: String) -> String {
    config.replace("durability = \"disk\"", "durability = \"process\"")
        .replace("rate_soft = 50000", "rate_soft = 1000000")
        .replace("rate_hard = 100000", "rate_hard = 1000000")
}

#[test]
fn r1_restart_after_many_batches() {
    let mut venue = Venue::start("uring", "fused", fast);
    let mut a = venue.log_on("CLIENT1");
    for n in 0..8300 {
        a.order(&format!("a{n}"), "1", "1", "1");
        a.expect("35=8 150=0");
    }
    venue.kill_9();
    venue.restart();
    std::thread::sleep(Duration::from_secs(3));
    let mut b = venue.log_on("CLIENT2");
    b.order("b", "1", "1", "1");
    b.expect("35=8 150=0");
}

/// Asks for all while behind.
#[test]
fn r2_resend_twice_under_load() {
    let venue = Venue::start("uring", "fused", fast);
    let mut a = venue.log_on("CLIENT1");
    let mut bytes = Vec::new();
    for n in 0..3000 {
        bytes.extend(a.numbered("D", a.next_out, "", &format!("11=s{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|")));
        a.next_out += 1;
        if n % 300 == 299 {
            bytes.extend(a.numbered("2", a.next_out, "", &format!("7={}|16=0|", n / 300 + 1)));
            a.next_out += 1;
        }
    }
    let w = a.write_in_background(bytes);
    // as a client: a number lower than expected without 43=Y is fatal
    let mut next = a.next_in;
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut bad = Vec::new();
    let mut dups = 0;
    while Instant::now() < deadline {
        let Some(m) = a.try_read(Duration::from_secs(3)) else { break };
        let number: u64 = m.split('|').find_map(|f| f.strip_prefix("34=")).unwrap().parse().unwrap();
        let dup = m.contains("|43=Y|");
        dups += usize::from(dup);
        if number < next && !dup { bad.push((number, next)); }
        if number > next { eprintln!("gap {number} {next}"); }
        if m.contains("|35=4|") {
            let n: u64 = m.split('|').find_map(|f| f.strip_prefix("36=")).unwrap().parse().unwrap();
            next = next.max(n);
        }
        next = next.max(number + 1);
    }
    w.join().unwrap().unwrap();
    eprintln!("next {next} dups {dups} bad {} first {:?}", bad.len(), bad.first());
    assert!(bad.is_empty());
}

/// Two ranges asked for at once: both must come.
#[test]
fn r3_two_ranges() {
    let venue = Venue::start("uring", "fused", fast);
    let mut a = venue.log_on("CLIENT1");
    for n in 0..400 {
        a.order(&format!("a{n}"), "1", "1", "1");
        a.expect("35=8 150=0");
    }
    let mut bytes = a.message("2", "7=2|16=200|");
    bytes.extend(a.message("2", "7=201|16=400|"));
    a.raw(&bytes);
    let mut seen = std::collections::BTreeSet::new();
    while let Some(m) = a.try_read(Duration::from_secs(3)) {
        if m.contains("|43=Y|") {
            seen.insert(m.split('|').find_map(|f| f.strip_prefix("34=")).unwrap().parse::<u64>().unwrap());
        }
    }
    eprintln!("first {:?} last {:?} count {}", seen.first(), seen.last(), seen.len());
    assert_eq!(seen.len(), 399);
}

fn flood(a: &mut peer::Peer, orders: usize, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..orders {
        bytes.extend(a.numbered("D", a.next_out, "", &format!("11={name}{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|59=3|")));
        a.next_out += 1;
    }
    bytes
}

/// One floods; another's order, and a third one's logon.
#[test]
fn r5_starvation() {
    for (placement, disk) in [("fused", true), ("split", true), ("fused", false)] {
        let venue = Venue::start("uring", placement, |c| if disk { c.replace("rate_soft = 50000", "rate_soft = 1000000").replace("rate_hard = 100000", "rate_hard = 1000000") } else { fast(c) });
        let mut hs: Vec<_> = (1..=3).map(|n| venue.log_on(&format!("CLIENT{n}"))).collect();
        let mut h = venue.log_on("CLIENT8");
        let mut ws = Vec::new();
        for (n, a) in hs.iter_mut().enumerate() {
            let bytes = flood(a, 150_000, &format!("f{n}-"));
            ws.push(a.write_in_background(bytes));
            let r = a.drain_in_background();
            ws.push(r);
        }
        std::thread::sleep(Duration::from_millis(300));
        for n in 0..5 {
            let t = Instant::now();
            h.order(&format!("h{n}"), "1", "1", "1");
            h.expect("35=8 150=0");
            eprintln!("{placement} disk {disk}: honest order {:?}; floods done: {}", t.elapsed(), ws[0].is_finished());
        }
        let t = Instant::now();
        let _x = venue.log_on("CLIENT7");
        eprintln!("{placement} disk {disk}: logon {:?}; floods done: {}", t.elapsed(), ws[0].is_finished());
    }
}

/// SIGTERM while somebody goes on sending and ignores the Logout.
#[test]
fn r6_sigterm_under_flood() {
    for placement in ["fused", "split"] {
        let mut venue = Venue::start("uring", placement, |c| c);
        let mut a = venue.log_on("CLIENT1");
        let bytes = flood(&mut a, 600_000, "f");
        let w = a.write_in_background(bytes);
        let _r = a.drain_in_background();
        std::thread::sleep(Duration::from_millis(500));
        venue.terminate();
        let t = Instant::now();
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| venue.wait_for_exit()));
        eprintln!("{placement}: exit {code:?} after {:?}; flood done: {}", t.elapsed(), w.is_finished());
    }
}

/// Limits differ on the second start.
#[test]
fn r7_other_limits() {
    let mut venue = Venue::start("uring", "fused", |c| fast(c).replace("orders_max = 262144", "orders_max = 10"));
    let mut a = venue.log_on("CLIENT1");
    for n in 0..20 {
        a.order(&format!("a{n}"), "1", "1", "1");
        let (mut ok, mut no) = (0, 0);
        let m = a.try_read(Duration::from_secs(3)).unwrap();
        if m.contains("|150=0|") { ok += 1 } else { no += 1 }
        if n > 8 { eprintln!("{n} ok {ok} no {no}"); }
        a.next_in += 1;
    }
    venue.kill_9();
    venue.change_config(|c| c.replace("orders_max = 10", "orders_max = 1000"));
    venue.restart();
    let mut b = venue.connect("CLIENT1");
    (b.next_out, b.next_in) = (a.next_out, a.next_in);
    b.log_on();
    b.send("H", "11=a15|55=ACME|54=1|");
    let m = b.try_read(Duration::from_secs(3)).unwrap();
    eprintln!("{m}");
    assert!(!m.contains("|39=0|"), "an order that had been rejected is open");
}

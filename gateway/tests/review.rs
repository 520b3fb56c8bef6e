//! Scratch.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a test"
)]
#[path = "/tmp/rv_peer.rs"]
mod peer;
#[path = "/tmp/rv_venue.rs"]
mod venue;
use std::time::{Duration, Instant};
use venue::Venue;

fn fast(config: String) -> String {
    config
        .replace("durability = \"disk\"", "durability = \"process\"")
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
        bytes.extend(a.numbered(
            "D",
            a.next_out,
            "",
            &format!("11=s{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|"),
        ));
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
        let number: u64 =
            m.split('|').find_map(|f| f.strip_prefix("34=")).unwrap().parse().unwrap();
        let dup = m.contains("|43=Y|");
        dups += usize::from(dup);
        if number < next && !dup {
            bad.push((number, next));
        }
        if number > next {
            eprintln!("gap {number} {next}");
        }
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
            seen.insert(
                m.split('|').find_map(|f| f.strip_prefix("34=")).unwrap().parse::<u64>().unwrap(),
            );
        }
    }
    eprintln!("first {:?} last {:?} count {}", seen.first(), seen.last(), seen.len());
    assert_eq!(seen.len(), 399);
}

fn flood(a: &mut peer::Peer, orders: usize, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..orders {
        bytes.extend(a.numbered(
            "D",
            a.next_out,
            "",
            &format!("11={name}{n}|55=ACME|54=1|60=NOW|38=1|40=2|44=1|59=3|"),
        ));
        a.next_out += 1;
    }
    bytes
}

/// One floods; another's order, and a third one's logon.
#[test]
fn r5_starvation() {
    for (placement, disk) in [("fused", true), ("split", true), ("fused", false)] {
        let venue = Venue::start("uring", placement, |c| {
            if disk {
                c.replace("rate_soft = 50000", "rate_soft = 1000000")
                    .replace("rate_hard = 100000", "rate_hard = 1000000")
            } else {
                fast(c)
            }
        });
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
            eprintln!(
                "{placement} disk {disk}: honest order {:?}; floods done: {}",
                t.elapsed(),
                ws[0].is_finished()
            );
        }
        let t = Instant::now();
        let _x = venue.log_on("CLIENT7");
        eprintln!(
            "{placement} disk {disk}: logon {:?}; floods done: {}",
            t.elapsed(),
            ws[0].is_finished()
        );
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
        eprintln!(
            "{placement}: exit {code:?} after {:?}; flood done: {}",
            t.elapsed(),
            w.is_finished()
        );
    }
}

/// Limits differ on the second start.
#[test]
fn r7_other_limits() {
    let mut venue = Venue::start("uring", "fused", |c| {
        fast(c).replace("orders_max = 262144", "orders_max = 10")
    });
    let mut a = venue.log_on("CLIENT1");
    for n in 0..20 {
        a.order(&format!("a{n}"), "1", "1", "1");
        let (mut ok, mut no) = (0, 0);
        let m = a.try_read(Duration::from_secs(3)).unwrap();
        if m.contains("|150=0|") {
            ok += 1
        } else {
            no += 1
        }
        if n > 8 {
            eprintln!("{n} ok {ok} no {no}");
        }
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

/// A slow reader is cut while the ring is full: can it ever log on again?
#[test]
fn r4_cut_while_the_ring_is_full() {
    let venue = Venue::start("uring", "fused", |c| {
        c.replace("rate_soft = 50000", "rate_soft = 1000000")
            .replace("rate_hard = 100000", "rate_hard = 1000000")
            .replace("slow_ms = 30000", "slow_ms = 500")
    });
    let mut slow = venue.log_on("CLIENT4");
    let bytes = flood(&mut slow, 120_000, "s");
    let sw = slow.write_in_background(bytes);
    let mut hs: Vec<_> = (1..=3).map(|n| venue.log_on(&format!("CLIENT{n}"))).collect();
    let mut ws = Vec::new();
    for (n, a) in hs.iter_mut().enumerate() {
        let bytes = flood(a, 400_000, &format!("f{n}-"));
        ws.push(a.write_in_background(bytes));
        a.drain_in_background();
    }
    let t = Instant::now();
    for w in ws {
        let _ = w.join();
    }
    eprintln!("floods over after {:?}; slow writer done {}", t.elapsed(), sw.is_finished());
    let (read, ended) = slow.read_until_end(Duration::from_secs(5));
    eprintln!("slow read {read} ended {ended}");
    for _ in 0..4 {
        std::thread::sleep(Duration::from_secs(1));
        let mut b = venue.connect("CLIENT4");
        b.next_out = 1_000_000;
        b.ask_for_logon("");
        eprintln!("{:?}", b.try_read(Duration::from_secs(3)));
    }
}

/// SIGTERM while somebody trades at a steady pace and ignores the Logout.
#[test]
fn r6b_sigterm_steady() {
    use std::io::Write;
    for placement in ["fused", "split"] {
        let mut venue = Venue::start("uring", placement, |c| c);
        let mut a = venue.log_on("CLIENT1");
        let _r = a.drain_in_background();
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let s2 = stop.clone();
        let w = std::thread::spawn(move || {
            let mut n = 0;
            while !s2.load(std::sync::atomic::Ordering::Relaxed) {
                for _ in 0..10 {
                    n += 1;
                    a.order(&format!("x{n}"), "1", "1", "1");
                }
                std::thread::sleep(Duration::from_micros(100));
            }
        });
        std::thread::sleep(Duration::from_millis(500));
        venue.terminate();
        let t = Instant::now();
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| venue.wait_for_exit()));
        eprintln!("{placement}: exit {} after {:?}", code.is_ok(), t.elapsed());
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        w.join().unwrap();
        let _ = std::io::stdout().flush();
    }
}

/// How fast an old range comes, calm.
#[test]
fn r8_resend_speed() {
    for placement in ["fused", "split"] {
        let venue = Venue::start("uring", placement, fast);
        let mut a = venue.log_on("CLIENT1");
        let bytes = flood(&mut a, 50_000, "f");
        let w = a.write_in_background(bytes);
        for _ in 0..100_000 {
            a.try_read(Duration::from_secs(3)).unwrap();
        }
        w.join().unwrap().unwrap();
        let t = Instant::now();
        a.send("2", "7=2|16=0|");
        for _ in 0..50_000 {
            assert!(a.try_read(Duration::from_secs(3)).unwrap().contains("|43=Y|"));
        }
        eprintln!("{placement} calm: 50k in {:?}", t.elapsed());
        // while another one trades
        let mut b = venue.log_on("CLIENT2");
        let bytes = flood(&mut b, 400_000, "g");
        let w = b.write_in_background(bytes);
        let _d = b.drain_in_background();
        std::thread::sleep(Duration::from_millis(100));
        let t = Instant::now();
        a.send("2", "7=3|16=20002|");
        for _ in 0..20_000 {
            assert!(a.try_read(Duration::from_secs(20)).unwrap().contains("|43=Y|"));
        }
        eprintln!("{placement} busy: 20k in {:?}, flood over: {}", t.elapsed(), w.is_finished());
    }
}

fn flood_tests(a: &mut peer::Peer, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..count {
        bytes.extend(a.numbered("1", a.next_out, "", "112=x|"));
        a.next_out += 1;
    }
    bytes
}

#[test]
fn r4b_cut_while_the_ring_is_full() {
    let venue = Venue::start("uring", "fused", |c| {
        c.replace("rate_soft = 50000", "rate_soft = 1000000")
            .replace("rate_hard = 100000", "rate_hard = 1000000")
            .replace("slow_ms = 30000", "slow_ms = 500")
    });
    let mut slow = venue.log_on("CLIENT4");
    let bytes = flood(&mut slow, 60_000, "s");
    let mut hs: Vec<_> = (1..=3).map(|n| venue.log_on(&format!("CLIENT{n}"))).collect();
    let floods: Vec<_> = hs.iter_mut().map(|a| flood_tests(a, 500_000)).collect();
    let sw = slow.write_in_background(bytes);
    std::thread::sleep(Duration::from_millis(300));
    let mut ws = Vec::new();
    for (bytes, a) in floods.into_iter().zip(&hs) {
        ws.push(a.write_in_background(bytes));
        a.drain_in_background();
    }
    let t = Instant::now();
    for w in ws {
        let _ = w.join();
    }
    eprintln!("floods over after {:?}; slow writer done {}", t.elapsed(), sw.is_finished());
    let (read, ended) = slow.read_until_end(Duration::from_secs(5));
    eprintln!("slow read {read} ended {ended}");
    for _ in 0..3 {
        std::thread::sleep(Duration::from_secs(1));
        let mut b = venue.connect("CLIENT4");
        b.next_out = 1_000_000;
        b.ask_for_logon("");
        eprintln!("{:?}", b.try_read(Duration::from_secs(3)));
    }
}

#[test]
fn r5b_starvation_long() {
    for placement in ["fused", "split"] {
        let venue = Venue::start("uring", placement, |c| {
            c.replace("rate_soft = 50000", "rate_soft = 1000000")
                .replace("rate_hard = 100000", "rate_hard = 1000000")
        });
        let mut a = venue.log_on("CLIENT1");
        let mut h = venue.log_on("CLIENT8");
        h.heartbeat_s = 1;
        let bytes = flood_tests(&mut a, 1_500_000);
        let t0 = Instant::now();
        let w = a.write_in_background(bytes);
        a.drain_in_background();
        std::thread::sleep(Duration::from_millis(300));
        for n in 0..3 {
            let t = Instant::now();
            h.order(&format!("h{n}"), "1", "1", "1");
            h.expect("35=8 150=0");
            eprintln!(
                "{placement}: honest order {:?}; flood done: {}",
                t.elapsed(),
                w.is_finished()
            );
        }
        let t = Instant::now();
        let _x = venue.log_on("CLIENT7");
        eprintln!("{placement}: logon {:?}; flood done: {}", t.elapsed(), w.is_finished());
        w.join().unwrap().unwrap();
        eprintln!("{placement}: flood took {:?}", t0.elapsed());
    }
}

#[test]
fn r6c_sigterm_endless() {
    use std::sync::atomic::{AtomicBool, Ordering};
    for placement in ["fused", "split"] {
        let mut venue = Venue::start("uring", placement, |c| c);
        let mut a = venue.log_on("CLIENT1");
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let mut bytes = Vec::new();
        for _ in 0..2000 {
            bytes.extend(a.numbered("0", 1, "43=Y|122=NOW|", ""));
        }
        let s2 = stop.clone();
        a.drain_in_background();
        let w = std::thread::spawn(move || {
            while !s2.load(Ordering::Relaxed) {
                a.raw(&bytes)
            }
        });
        std::thread::sleep(Duration::from_millis(500));
        venue.terminate();
        let t = Instant::now();
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| venue.wait_for_exit()));
        eprintln!("{placement}: exited {} after {:?}", code.is_ok(), t.elapsed());
        stop.store(true, Ordering::Relaxed);
        drop(venue);
        w.join().unwrap();
    }
}

#[test]
fn r9_resend_right_after_restart() {
    let mut venue =
        Venue::start("uring", "fused", |c| fast(c).replace("slow_ms = 30000", "slow_ms = 400"));
    let mut a = venue.log_on("CLIENT1");
    let mut b = venue.log_on("CLIENT2");
    b.order("mine", "1", "1", "1");
    b.expect("35=8 150=0");
    let bytes = flood(&mut a, 300_000, "f");
    let w = a.write_in_background(bytes);
    let d = a.drain_in_background();
    w.join().unwrap().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    venue.kill_9();
    let _ = d.join();
    venue.restart();
    let mut c = venue.connect("CLIENT2");
    (c.next_out, c.next_in) = (b.next_out, b.next_in);
    c.log_on();
    let t = Instant::now();
    c.send("2", "7=2|16=2|");
    eprintln!("{:?} after {:?}", c.try_read(Duration::from_secs(10)), t.elapsed());
}

#[test]
fn r10_logon_storm() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let venue = Venue::start("uring", "fused", |c| c);
    let mut h = venue.log_on("CLIENT8");
    let stop = std::sync::Arc::new(AtomicBool::new(false));
    let mut ts = Vec::new();
    let address = venue.address();
    for _ in 0..50 {
        let (stop, address) = (stop.clone(), address.clone());
        ts.push(std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let Ok(mut p) =
                    std::panic::catch_unwind(|| peer::Peer::connect(&address, "CLIENT1"))
                else {
                    continue;
                };
                p.send("A", "98=0|108=30|554=wrong|");
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    p.try_read(Duration::from_secs(5))
                }));
            }
        }));
    }
    std::thread::sleep(Duration::from_secs(1));
    let mut how = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..10 {
        let t = Instant::now();
        h.order(
            &format!("h{:?}", Instant::now()).replace([' ', '{', '}', ':', ','], "")[..20]
                .to_owned(),
            "1",
            "1",
            "1",
        );
        let _ = h.try_read(Duration::from_secs(3));
        let trade = t.elapsed();
        let mut p = venue.connect("CLIENT2");
        p.send("A", "98=0|108=30|554=client2|");
        let t = Instant::now();
        let m = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            p.try_read(Duration::from_secs(5))
        }))
        .unwrap_or(None);
        let k = m.map_or("none".into(), |m| {
            if m.contains("|35=A|") {
                "in".into()
            } else {
                m.split("|58=").nth(1).unwrap_or("").to_owned()
            }
        });
        eprintln!("trade {trade:?} logon {:?} {k}", t.elapsed());
        *how.entry(k).or_default() += 1;
        drop(p);
        std::thread::sleep(Duration::from_millis(100));
    }
    stop.store(true, Ordering::Relaxed);
    for t in ts {
        let _ = t.join();
    }
    eprintln!("{how:?}");
}

#[test]
fn r11_sigstop() {
    let venue = Venue::start("uring", "fused", |c| c);
    let pid = venue.pid().to_string();
    let mut ps: Vec<_> = (1..=4)
        .map(|n| {
            let mut p = venue.connect(&format!("CLIENT{n}"));
            p.heartbeat_s = 1;
            p.log_on();
            p
        })
        .collect();
    let t = Instant::now();
    let (mut stopped, mut cont) = (false, false);
    let mut last = Instant::now();
    while t.elapsed() < Duration::from_secs(12) {
        if !stopped && t.elapsed() > Duration::from_secs(2) {
            stopped = true;
            let _ = std::process::Command::new("kill").args(["-STOP", &pid]).status();
        }
        if !cont && t.elapsed() > Duration::from_secs(7) {
            cont = true;
            let _ = std::process::Command::new("kill").args(["-CONT", &pid]).status();
        }
        if last.elapsed() > Duration::from_millis(900) {
            last = Instant::now();
            for p in &mut ps {
                p.send("0", "");
            }
        }
        for (n, p) in ps.iter_mut().enumerate() {
            if let Some(m) = p.try_read(Duration::from_millis(1)) {
                if !m.contains("|35=0|") {
                    eprintln!("{:?} {n}: {m}", t.elapsed());
                }
            }
        }
    }
}

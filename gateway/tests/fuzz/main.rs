//! Fuzzing of order entry on a stable compiler: input of its own making against the properties of
//! `gateway/fuzz/src`, and the corpus of `gateway/fuzz/corpus` once through.
//!
//! `generate.rs` (FIX) and `generate_sbe.rs` make the input: messages as clients send them, and all that can be
//! done to them.
//! Plays for [`SECONDS`] or as long as `FUZZ_SECONDS` says, from `FUZZ_SEED` on, which it prints;
//! a failure names the seed of its case: `FUZZ_SEED=n FUZZ_CASES=1 cargo test -p gateway --test fuzz`, with `sbe` for
//! the binary ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod generate;
mod generate_sbe;
#[path = "../../fuzz/src/lib.rs"]
mod properties;

use generate::Generator;
use properties::venue::{ALLOCATIONS, Told};
use std::alloc::{GlobalAlloc, Layout, System};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// So long, if nobody wishes otherwise.
const SECONDS: u64 = 10;

struct Counting;

// WHY: only the allocator itself can see every allocation of a live connection.
// SAFETY: both calls are handed to `System` unchanged, which keeps the contract; counting touches
// no memory but its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System.alloc` with this `layout`, as every one here does.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn whatever_a_client_sends_the_properties_hold() {
    let played = corpus();
    assert!(played >= 30, "a corpus of {played}");
    planted_faults_are_found();
    let mut all = Told::default();
    let cases = for_a_while("", |seed| {
        let (told, length) = catch_unwind(|| play(seed))
            .map_err(|_| Generator::new(seed).stream().bytes.escape_ascii().to_string())?;
        all.messages += told.messages;
        all.orders += told.orders;
        all.trades += told.trades;
        all.reasons.extend(told.reasons);
        Ok(length)
    });
    println!("{all:?}");
    if cases >= 1000 {
        assert!(all.orders > 100 && all.trades > 10, "{all:?}");
        let reasons = [0, 1, 2, 4, 5, 6, 9, 11, 13, 14, 15, 16, 99];
        assert!(reasons.iter().all(|reason| all.reasons.contains(reason)), "{all:?}");
    }
}

#[test]
fn whatever_an_sbe_client_sends_the_properties_hold() {
    let mut all = properties::sbe::Told::default();
    let cases = for_a_while("sbe", |seed| {
        let (told, length) = catch_unwind(|| play_sbe(seed))
            .map_err(|_| format!("{:02x?}", generate_sbe::Generator::new(seed).stream().bytes))?;
        all.frames += told.frames;
        all.orders += told.orders;
        all.trades += told.trades;
        all.repeated += told.repeated;
        all.gaps += told.gaps;
        all.fields.extend(told.fields);
        all.templates.extend(told.templates);
        Ok(length)
    });
    println!("{all:?}");
    if cases >= 1000 {
        let least = [all.orders, all.trades, all.repeated, all.gaps].into_iter().min();
        assert!(least > Some(100), "{all:?}");
        assert!([2, 3, 5, 6, 7, 8].iter().all(|field| all.fields.contains(field)), "{all:?}");
        let reports = (40..=52).chain([9, 10, 11, 13]);
        let missing: Vec<u16> = reports.filter(|it| !all.templates.contains(it)).collect();
        assert!(missing.is_empty(), "no {missing:?}: {all:?}");
    }
}

/// Plays seed after seed, as long as is wished; an error of a case is its input. Returns how many.
fn for_a_while(name: &str, mut case: impl FnMut(u64) -> Result<usize, String>) -> u64 {
    let first = number("FUZZ_SEED").unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs())
    });
    let seconds = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(SECONDS));
    let cases_max = number("FUZZ_CASES").unwrap_or(u64::MAX);
    println!("FUZZ_SEED={first}");
    let begun = Instant::now();
    let (mut cases, mut bytes) = (0, 0);
    while cases < cases_max && begun.elapsed() < seconds {
        let seed = first.wrapping_add(cases);
        bytes += case(seed).unwrap_or_else(|input| {
            let again = format!("FUZZ_SEED={seed} FUZZ_CASES=1 cargo test -p gateway --test fuzz");
            panic!("failed: {again} {name}\n{input}")
        });
        cases += 1;
    }
    println!("{cases} cases of {bytes} bytes, and all properties hold");
    cases
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// One stream and a few bodies. Returns what became of the stream, and its length.
fn play(seed: u64) -> (Told, usize) {
    let mut generator = Generator::new(seed);
    let stream = generator.stream();
    properties::frame(&stream.bytes);
    let told = properties::venue::stream(&stream.bytes, seed);
    if let Some(whole) = stream.whole_messages {
        assert_eq!(told.messages, whole, "messages between others with a wrong CheckSum");
    }
    properties::venue::stranger(&stream.bytes);
    for _ in 0..4 {
        properties::decode(&generator.body());
    }
    (told, stream.bytes.len())
}

/// One stream of a binary client. Returns what became of it, and its length.
fn play_sbe(seed: u64) -> (properties::sbe::Told, usize) {
    let stream = generate_sbe::Generator::new(seed).stream();
    let told = properties::sbe::stream(&stream.bytes, stream.width, seed);
    if let Some(frames) = stream.frames {
        assert_eq!(told.frames, frames, "frames whose lengths do not lie");
    }
    properties::sbe::stranger(&stream.bytes, stream.width);
    (told, stream.bytes.len())
}

/// Every file of the corpus, through the target it is of.
fn corpus() -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut played = 0;
    for (folder, target) in [
        ("frame", properties::frame as fn(&[u8])),
        ("decode", properties::decode),
        ("connection", properties::connection),
        ("sbe_connection", properties::sbe_connection),
    ] {
        for file in files(&root.join(folder)) {
            target(&std::fs::read(&file).unwrap());
            played += 1;
        }
    }
    played
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// A property that cannot fail proves nothing: each is held against something wrong.
fn planted_faults_are_found() {
    let silent = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let fails = |what: &str, fault: &dyn Fn()| {
        assert!(catch_unwind(AssertUnwindSafe(fault)).is_err(), "not found: {what}");
    };
    fails("a wrong CheckSum in a message that was let through", &|| {
        properties::is_a_message(b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01");
    });
    fails("an order taken twice", &|| {
        let order = "35=D|49=CLIENT1|56=PORTCULLIS|34=2|52=20260102-09:30:00|11=a|55=ACME|54=1|\
                     60=20260102-09:30:00|38=1|40=2|44=1|";
        let body = order.replace('|', "\x01").into_bytes();
        properties::venue::an_order_applied_twice(&properties::framed(&body));
    });
    let request = generate_sbe::request();
    let width = gateway::sbe::frame::Width::Narrow;
    fails("a request done twice", &|| properties::sbe::a_request_applied_twice(&request, width));
    fails("a number that is not counted", &|| {
        properties::sbe::a_number_that_is_not_counted(&request, width);
    });
    std::panic::set_hook(silent);
}

/// Writes the corpus anew: `cargo test -p gateway --test fuzz -- --ignored`.
#[test]
#[ignore = "writes files of the tree"]
fn the_corpus_is_written_anew() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let write = |folder: &str, name: String, bytes: &[u8]| {
        std::fs::write(root.join(folder).join(name), bytes).unwrap();
    };
    for (at, body) in generate::templates().iter().enumerate() {
        let body = generate::plain(body, at as u64 + 2);
        write("decode", format!("valid-{at:02}"), &body);
        if at % 3 == 0 {
            let two = properties::framed(&body).repeat(2);
            write("frame", format!("valid-{at:02}"), &two);
        }
    }
    for (name, text) in generate::TROUBLE {
        write("frame", format!("trouble-{name}"), text.replace('|', "\x01").as_bytes());
    }
    for (name, pieces) in generate::SESSIONS {
        write("connection", (*name).to_owned(), &generate::pieces(pieces));
    }
    for seed in 1..=12 {
        let stream = generate_sbe::Generator::new(seed).stream();
        let first = u8::from(stream.width == gateway::sbe::frame::Width::Wide);
        let input: Vec<u8> = std::iter::once(first).chain(stream.bytes).collect();
        write("sbe_connection", format!("seed-{seed:02}"), &input);
    }
}

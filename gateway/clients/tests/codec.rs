//! The codec beside QuickFIX's, in one run on one machine:
//! `cargo test --release -p quickfix-clients --test codec -- --ignored --nocapture`.
//!
//! Ours is what `portcullis-perf codec --json` says: bytes to a checked command, an event to bytes. QuickFIX is
//! measured through its Rust bindings. Reading is `Message(text, dictionary)`: fields, frame and checksum; the
//! bindings do not give out `DataDictionary::validate`, so it does less than ours. Writing sets the fields and
//! makes the text; the bindings make it twice, once for its length, so the figure is that of both and half of
//! the text is also told.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use quickfix::{DataDictionary, FieldMap, Message};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const BATCHES: usize = 200;
const MESSAGES: usize = 500;

#[test]
#[ignore = "a measurement"]
fn both_codecs_read_an_order_and_write_a_report() {
    let ours = ours();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dictionary =
        DataDictionary::try_from_path(root.join("docs/fix/portcullis-orders.xml")).unwrap();
    let order = order();
    assert_eq!(order.len(), 190);
    let read = median_ns(|| drop(black_box(dictionary.try_build_message(&order).unwrap())));
    let build = median_ns(|| drop(black_box(report())));
    let ready = report();
    let print = median_ns(|| drop(black_box(ready.to_fix_string().unwrap())));
    println!("ns, median                       portcullis  QuickFIX");
    println!("NewOrderSingle, 190 B, read      {:>10.0}{read:>10.0}", ours.0);
    println!(
        "ExecutionReport, 23 fields       {:>10.0}{:>10.0}  (set {build:.0}, text {:.0} of {print:.0})",
        ours.1,
        build + print / 2.0,
        print / 2.0
    );
}

fn median_ns(mut one: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..BATCHES)
        .map(|_| {
            let begun = Instant::now();
            (0..MESSAGES).for_each(|_| one());
            begun.elapsed().as_nanos() as f64 / MESSAGES as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[BATCHES / 2]
}

/// Read and write, as `portcullis-perf codec` tells them.
fn ours() -> (f64, f64) {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--release", "-p", "perf", "--", "codec", "--json"]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let median = |part: &str| -> f64 {
        let (_, rest) = text.split_once(&format!("\"{part}\":{{")).unwrap();
        let (_, rest) = rest.split_once("\"median_ns\":").unwrap();
        rest.split([',', '}']).next().unwrap().parse().unwrap()
    };
    (median("decode"), median("encode"))
}

fn order() -> String {
    let body = "35=D|49=CLIENT1|56=PORTCULLIS|34=100023|52=20260102-09:30:00.123456|11=5f0e3a-000104729n|\
                1=CLIENT1|55=ACME|54=1|60=20260102-09:30:00.123456|38=137|40=2|44=100.14|59=1|";
    let text = format!("8=FIX.4.4|9={}|{body}", body.len()).replace('|', "\u{1}");
    let sum: u32 = text.bytes().map(u32::from).sum();
    format!("{text}10={:03}\u{1}", sum % 256)
}

fn report() -> Message {
    let mut message = Message::new();
    message
        .with_header_mut(|header| {
            for (tag, value) in [
                (8, "FIX.4.4"),
                (35, "8"),
                (49, "PORTCULLIS"),
                (56, "CLIENT1"),
                (34, "100023"),
                (52, "20260102-09:30:00.123"),
            ] {
                header.set_field(tag, value)?;
            }
            Ok::<_, quickfix::QuickFixError>(())
        })
        .unwrap();
    for (tag, value) in [
        (37, "4294967427"),
        (17, "7000003"),
        (150, "0"),
        (39, "0"),
        (11, "5f0e3a-000104729n"),
        (55, "ACME"),
        (54, "1"),
        (38, "137"),
        (40, "2"),
        (44, "100.14"),
        (59, "1"),
        (151, "137"),
        (14, "0"),
        (6, "0"),
        (60, "20260102-09:30:00.123"),
    ] {
        message.set_field(tag, value).unwrap();
    }
    message
}

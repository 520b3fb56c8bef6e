//! `listen --dbn`, read back by Databento's own library: its books are those that `listen` built.

use crate::venue::Venue;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that has `databento-dbn`; `None`, said aloud: there is none and cannot be.
fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dbn-venv");
    let python = venv.join("bin/python");
    let ran = |command: &mut Command| command.output().is_ok_and(|ran| ran.status.success());
    let has_it = || ran(Command::new(&python).args(["-c", "import databento_dbn"]));
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "databento-dbn"];
    let is_there = has_it()
        || (ran(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            && ran(Command::new(&python).args(install))
            && has_it());
    if !is_there {
        eprintln!("SKIPPED: no python3 with venv, or pip cannot install databento-dbn");
    }
    is_there.then_some(python)
}

/// What the library says of a file.
fn read(python: &Path, file: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/dbn.py");
    let output = Command::new(python).arg(script).arg(file).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A decimal of the feed in units of 10⁻⁹.
fn nanos(decimal: &Value) -> i64 {
    gateway::fix::decimal::parse(decimal.as_str().unwrap().as_bytes()).unwrap() * 10
}

/// The orders that `listen --orders` printed, as the script has them; lots of ACME are whole.
fn orders(lines: &[Value]) -> Vec<Value> {
    let orders = lines.iter().filter(|line| line["type"] == "order");
    let mut orders: Vec<Value> = orders
        .map(|line| {
            let side = if line["side"] == "buy" { "B" } else { "A" };
            let size = nanos(&line["qty"]) / 1_000_000_000;
            json!([line["symbol"], line["orderId"], side, nanos(&line["price"]), size])
        })
        .collect();
    orders.sort_by_key(Value::to_string);
    orders
}

fn sorted(orders: &Value) -> Vec<Value> {
    let mut orders = orders.as_array().unwrap().clone();
    orders.sort_by_key(Value::to_string);
    orders
}

#[test]
fn a_dbn_file_has_the_books_and_trades_of_the_feed() {
    let Some(python) = python() else { return };
    let venue = Venue::start("mio", "fused", |config| {
        config.replace("# replay = \"127.0.0.1:9104\"", "replay = \"127.0.0.1:0\"")
    });
    let file = |name: &str| {
        let name = format!("{name}-{}.dbn", std::process::id());
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
    };
    let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
    for (n, price) in ["10", "9.5", "9"].iter().enumerate() {
        a.order(&format!("bid{n}"), "1", "40", price);
        a.expect(&format!("35=8 150=0 11=bid{n}"));
    }
    // One joins late, after the first snapshot; what follows it hears message by message.
    let late = file("late");
    let listener =
        venue.listen(&["--dbn", late.to_str().unwrap(), "--orders", "--json", "--seconds", "6"]);
    std::thread::sleep(std::time::Duration::from_secs(3));
    // One order trades in full and the next in part; one becomes smaller, one goes.
    b.order("ask", "2", "50", "9.5");
    b.expect("35=8 150=0 11=ask");
    b.expect("35=8 150=F 32=40");
    b.expect("35=8 150=F 32=10");
    b.order("rest", "2", "7", "11");
    b.expect("35=8 150=0 11=rest");
    b.send("G", "41=rest|11=less|55=ACME|54=2|60=NOW|38=5|40=2|44=11|");
    b.expect("35=8 150=5 11=less");
    a.expect("35=8 150=F 11=bid0");
    a.expect("35=8 150=F 11=bid1");
    a.send("F", "41=bid2|11=gone|55=ACME|54=1|60=NOW|");
    a.expect("35=8 150=4 41=bid2");

    let whole = file("whole");
    let words = ["--replay", venue.replay(), "--tcp", "--dbn", whole.to_str().unwrap()];
    let words = [&words[..], &["--orders", "--json", "--seconds", "2"]].concat();
    let lines = venue.listen(&words).lines();
    let told = read(&python, &whole);
    assert_eq!(sorted(&told["orders"]), orders(&lines));
    assert_eq!(orders(&lines).len(), 2, "{lines:?}");
    let trades =
        json!([["ACME", "A", 10_000_000_000_i64, 40], ["ACME", "A", 9_500_000_000_i64, 10]]);
    assert_eq!(told["trades"], trades);

    let lines = listener.lines();
    let told = read(&python, &late);
    assert_eq!(sorted(&told["orders"]), orders(&lines));
    assert_eq!(told["trades"], trades, "it has joined before them");
    [whole, late].iter().for_each(|file| std::fs::remove_file(file).unwrap());
}

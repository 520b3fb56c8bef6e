//! What a replay has shown, as text for people and JSON for programs.

use super::watch::Figures;
use super::{Checksums, LayerName};
use crate::flow::reference::Size;
use serde_json::{Value, json};

/// Of `portcullis-perf match`.
pub(super) struct MatchReport {
    pub(super) file: String,
    pub(super) layer: LayerName,
    /// Measured operations.
    pub(super) ops: u64,
    /// The file has more.
    pub(super) cut: bool,
    pub(super) symbols: u32,
    /// Most that was open.
    pub(super) most: Size,
    /// Of each repetition, shortest first; never empty.
    pub(super) run_ns: Vec<u64>,
    pub(super) each: Option<Figures>,
    /// KiB resident before the first repetition, and at its peak.
    pub(super) memory: Option<(u64, u64)>,
    pub(super) checksums: Checksums,
}

impl MatchReport {
    /// For people.
    pub(super) fn text(&self) -> String {
        let (median, min) = (self.median_ns(), self.min_ns());
        let Checksums { tape, book } = self.checksums;
        let cut = if self.cut { " (cut)" } else { "" };
        let mut lines = vec![
            format!(
                "{}: {} operations{cut}, {} symbol(s), at most {} open orders at {} prices",
                self.file, self.ops, self.symbols, self.most.orders, self.most.prices
            ),
            format!("layer {}, {} repetition(s)", self.layer_name(), self.run_ns.len()),
            format!("{:<12}{:>12}{:>12}", "", "median", "best"),
            row("ns/op", tenths(median * 10, self.ops), tenths(min * 10, self.ops)),
            row("Mop/s", hundredths(self.ops, median), hundredths(self.ops, min)),
        ];
        if let Some(each) = self.each {
            lines.push(format!(
                "one by one   p50 {} ns, p99 {} ns, p99.9 {} ns, max {} ns; of each {} ns are the timer",
                each.p50, each.p99, each.p99_9, each.max, each.timer
            ));
        }
        if let Some((before, peak)) = self.memory {
            let grown = peak.saturating_sub(before);
            lines.push(format!(
                "memory       {} MiB at peak, {} MiB of them since the flow was loaded",
                tenths(peak * 10, 1024),
                tenths(grown * 10, 1024)
            ));
        }
        lines.push(format!(
            "trades       {} measured, tape {:016x}, book {:016x}; all repetitions as the reference",
            tape.trades, tape.hash, book.hash
        ));
        lines.join("\n")
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let Checksums { tape, book } = self.checksums;
        let mut told = json!({
            "command": "match",
            "file": self.file,
            "layer": self.layer_name(),
            "ops": self.ops,
            "cut": self.cut,
            "symbols": self.symbols,
            "open_orders_max": self.most.orders,
            "prices_max": self.most.prices,
            "run_ns": self.run_ns,
            "ns_per_op_median": self.median_ns() as f64 / self.ops as f64,
            "ns_per_op_min": self.min_ns() as f64 / self.ops as f64,
            "trades": tape.trades,
            "tape": format!("{:016x}", tape.hash),
            "book": format!("{:016x}", book.hash),
        });
        if let Some(each) = self.each {
            told["each"] = json!({
                "count": each.count, "p50_ns": each.p50, "p99_ns": each.p99, "p99_9_ns": each.p99_9,
                "max_ns": each.max, "timer_ns": each.timer,
            });
        }
        if let Some((before, peak)) = self.memory {
            told["memory_peak_kib"] = peak.into();
            told["memory_grown_kib"] = peak.saturating_sub(before).into();
        }
        told
    }

    fn median_ns(&self) -> u64 {
        self.run_ns[self.run_ns.len() / 2]
    }

    fn min_ns(&self) -> u64 {
        self.run_ns[0]
    }

    fn layer_name(&self) -> &'static str {
        match self.layer {
            LayerName::Book => "book",
            LayerName::Engine => "engine",
        }
    }
}

fn row(name: &str, median: String, best: String) -> String {
    format!("{name:<12}{median:>12}{best:>12}")
}

/// A number of tenths, divided, with one decimal.
fn tenths(tenths: u64, by: u64) -> String {
    let rounded = (tenths + by / 2) / by.max(1);
    format!("{}.{}", rounded / 10, rounded % 10)
}

/// Operations per microsecond with two decimals.
fn hundredths(ops: u64, ns: u64) -> String {
    let ns = u128::from(ns.max(1));
    let rounded = (u128::from(ops) * 100_000 + ns / 2) / ns;
    format!("{}.{:02}", rounded / 100, rounded % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Tape;

    fn report() -> MatchReport {
        MatchReport {
            file: "busy.flow".into(),
            layer: LayerName::Engine,
            ops: 1_000,
            cut: false,
            symbols: 2,
            most: Size { orders: 40, prices: 20 },
            run_ns: vec![400_000, 512_340, 900_000],
            each: None,
            memory: Some((1024, 3 * 1024)),
            checksums: Checksums {
                tape: Tape { hash: 1, trades: 5 },
                book: Tape { hash: 2, trades: 9 },
            },
        }
    }

    #[test]
    fn people_read_the_median_and_the_best() {
        let text = report().text();
        for words in [
            "ns/op              512.3       400.0",
            "Mop/s               1.95        2.50",
            "3.0 MiB at peak, 2.0 MiB of them",
            "tape 0000000000000001, book 0000000000000002",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
    }

    #[test]
    fn programs_read_the_same() {
        let told = report().json();
        assert_eq!(told["ns_per_op_median"].as_f64().unwrap(), 512.34);
        assert_eq!((&told["tape"], &told["trades"]), (&json!("0000000000000001"), &json!(5)));
        assert_eq!(told["memory_grown_kib"], json!(2048));
        assert!(told.get("each").is_none());
    }
}

//! Reports: what was measured, as text for people and JSON for programs.
//!
//! Times are nanoseconds everywhere, and are printed in microseconds with one decimal. Percentiles
//! come out of a histogram that keeps three significant digits, so they are exact to 0.1 %.

use crate::Load;
use crate::cores::Cores;
use crate::floor::{Floors, REPLY_BYTES, REQUEST_BYTES};
use crate::host;
use crate::machine::Machine;
use crate::stages::Stages;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest time that is told apart; the client gives up earlier.
const TIME_NS_MAX: u64 = 60_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Times of one kind of request.
#[derive(Debug)]
pub(crate) struct Distribution {
    histogram: Histogram<u64>,
}

impl Distribution {
    /// Empty.
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, TIME_NS_MAX, SIGNIFICANT_DIGITS);
        Self { histogram: histogram.expect("constant bounds that the histogram takes") }
    }

    /// Counts one time.
    pub(crate) fn record(&mut self, time: Duration) {
        self.histogram.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts all of another one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("the same bounds");
    }

    /// The time that so large a share of all times does not exceed, nanoseconds.
    pub(crate) fn at_ns(&self, quantile: f64) -> u64 {
        self.histogram.value_at_quantile(quantile)
    }

    /// How many were counted.
    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The median, nanoseconds.
    pub(crate) fn p50_ns(&self) -> u64 {
        self.histogram.value_at_quantile(0.5)
    }

    /// p50, p90, p99, p99.9 and the maximum, nanoseconds.
    fn figures_ns(&self) -> [u64; 5] {
        let at = |quantile| self.histogram.value_at_quantile(quantile);
        [at(0.5), at(0.9), at(0.99), at(0.999), self.histogram.max()]
    }

    /// The percentile file that HdrHistogram's tools read and plot (`.hgrm`), in microseconds.
    pub(crate) fn hgrm(&self) -> String {
        let mut text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n".to_owned();
        for step in self.histogram.iter_quantiles(5) {
            let (us, quantile) = (step.value_iterated_to() as f64 / 1000.0, step.quantile());
            let behind = match 1.0 / (1.0 - quantile) {
                inverse if inverse.is_finite() => format!(" {inverse:14.2}"),
                _ => String::new(),
            };
            let until = self.histogram.count_between(0, step.value_iterated_to());
            text += &format!("{us:12.3} {quantile:14.12} {until:10}{behind}\n");
        }
        let (mean, deviation) = (self.histogram.mean() / 1000.0, self.histogram.stdev() / 1000.0);
        text += &format!("#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n");
        let max = self.histogram.max() as f64 / 1000.0;
        text + &format!("#[Max     = {max:12.3}, Total count    = {:12}]\n", self.count())
    }

    /// Pairs of quantile and nanoseconds, closer together towards the tail.
    fn curve(&self) -> Vec<(f64, u64)> {
        let steps = self.histogram.iter_quantiles(4);
        let mut curve: Vec<_> =
            steps.map(|s| (s.quantile_iterated_to(), s.value_iterated_to())).collect();
        curve.dedup_by_key(|point| point.0);
        curve
    }

    /// Pairs of nanoseconds and how many took no longer and longer than the pair before; eight a doubling.
    fn buckets(&self) -> Vec<(u64, u64)> {
        let mut buckets: Vec<(u64, u64)> = Vec::new();
        let mut edge = 100.0_f64;
        for step in self.histogram.iter_recorded() {
            while (edge as u64) < step.value_iterated_to() {
                edge *= 2_f64.powf(0.125);
            }
            match buckets.last_mut().filter(|last| last.0 == edge as u64) {
                Some(last) => last.1 += step.count_at_value(),
                None => buckets.push((edge as u64, step.count_at_value())),
            }
        }
        buckets
    }

    pub(crate) fn row(&self, name: &str) -> String {
        let mut row = format!("{name:<16}{:>10}", self.count());
        for ns in self.figures_ns() {
            row += &format!("{:>10}", micros(ns));
        }
        row
    }

    pub(crate) fn json(&self) -> Value {
        let [p50, p90, p99, p99_9, max] = self.figures_ns();
        json!({
            "count": self.count(),
            "p50_ns": p50, "p90_ns": p90, "p99_ns": p99, "p99_9_ns": p99_9, "max_ns": max,
            "curve": self.curve(), "buckets": self.buckets(),
        })
    }
}

/// One floor.
#[derive(Debug)]
pub(crate) struct MeasuredFloor {
    /// Request to reply, TCP echo.
    pub(crate) echo: Distribution,
    /// From the echo's first measured request to its last reply.
    pub(crate) elapsed: Duration,
    /// The same of a skeleton.
    pub(crate) skeleton: Option<Distribution>,
    /// Durable writes.
    pub(crate) write: Option<Distribution>,
    /// Request to reply of a skeleton that writes so before it answers: one process, and what sleeping and waking
    /// between the two really costs. Told beside the ratios, which are to the sum of the two.
    pub(crate) writing: Option<Distribution>,
}

impl MeasuredFloor {
    /// What a venue is held against, nanoseconds: the skeleton, without one the echo, and the durable write on top.
    /// A sum of two percentiles: near enough for medians, generous in the tail.
    pub(crate) fn at_ns(&self, quantile: f64) -> u64 {
        let below = self.skeleton.as_ref().unwrap_or(&self.echo).at_ns(quantile);
        below + self.write.as_ref().map_or(0, |write| write.at_ns(quantile))
    }

    /// For people. `when`: before or after.
    pub(crate) fn rows(&self, when: &str) -> Vec<String> {
        let mut rows = vec![self.echo.row(&format!("echo {when}"))];
        rows.extend(self.skeleton.as_ref().map(|one| one.row(&format!("skeleton {when}"))));
        rows.extend(self.write.as_ref().map(|one| one.row(&format!("write {when}"))));
        rows.extend(self.writing.as_ref().map(|one| one.row(&format!("both {when}"))));
        rows
    }

    pub(crate) fn json(&self) -> Value {
        let mut told = json!({ "echo": self.echo.json(), "requests_per_s": per_second(self.echo.count(), self.elapsed) });
        let parts = [
            ("skeleton", &self.skeleton),
            ("durable_write", &self.write),
            ("writing_skeleton", &self.writing),
        ];
        for (name, part) in parts {
            if let Some(part) = part {
                told[name] = part.json();
            }
        }
        told
    }
}

/// Of `portcullis-perf floor`.
pub(crate) struct FloorReport {
    pub(crate) load: Load,
    pub(crate) floor: MeasuredFloor,
    /// Fused and split.
    pub(crate) skeletons: [Distribution; 2],
    pub(crate) machine: Machine,
}

impl FloorReport {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let [fused, split] = &self.skeletons;
        format!(
            "{}\non loopback, {REQUEST_BYTES} B in, {REPLY_BYTES} B out, {}\n{}\n{}\n{}\n{}\n{} echoes/s",
            self.machine.text(),
            described(&self.load),
            head(),
            self.floor.echo.row("TCP echo"),
            fused.row("skeleton fused"),
            split.row("skeleton split"),
            per_second(self.floor.echo.count(), self.floor.elapsed),
        )
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let mut told = json!({ "command": "floor", "depth": self.load.depth, "spin": self.load.spin, "cores": Cores::describe(self.load.cores) });
        let [fused, split] = &self.skeletons;
        told["floor"] = self.floor.json();
        told["skeleton"] = json!({ "fused": fused.json(), "split": split.json() });
        told["machine"] = self.machine.json();
        told["host"] = host::json();
        told
    }
}

/// Of `portcullis-perf latency`.
pub(crate) struct LatencyReport {
    pub(crate) load: Load,
    pub(crate) order: Distribution,
    pub(crate) cancel: Distribution,
    /// Of order to ack.
    pub(crate) stages: Stages,
    pub(crate) elapsed: Duration,
    /// Mean length of a request and of its answer, bytes.
    pub(crate) message_bytes: (u64, u64),
    /// Around it, and the ratios of all rounds.
    pub(crate) floors: Option<(Floors, Vec<f64>)>,
    /// FIX or SBE.
    pub(crate) protocol: &'static str,
    /// What a started venue said of itself.
    pub(crate) venue: Vec<String>,
}

impl LatencyReport {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let (request, reply) = self.message_bytes;
        let (protocol, how) = (self.protocol, described(&self.load));
        let mut lines = self.venue.clone();
        lines.extend([
            format!("{protocol} over TCP, {request} B in, {reply} B out, {how}"),
            head(),
            self.order.row("order > ack"),
        ]);
        lines.extend(self.stages.rows());
        lines.push(self.cancel.row("cancel > ack"));
        if let Some((floors, ratios)) = &self.floors {
            lines.extend(floors.rows(&self.steps()));
            if ratios.len() > 1 {
                let ratios: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
                lines.push(format!("median of {} rounds: {}", ratios.len(), ratios.join(" ")));
            }
        }
        lines.push(format!("{} requests/s", self.requests_per_s()));
        lines.join("\n")
    }

    fn steps(&self) -> [(&'static str, &Distribution); 2] {
        [("order_to_ack", &self.order), ("cancel_to_ack", &self.cancel)]
    }

    fn requests_per_s(&self) -> u64 {
        per_second(self.order.count() + self.cancel.count(), self.elapsed)
    }

    /// For programs. `ratio_p50` is null without floors, and when they disagree.
    pub(crate) fn json(&self) -> Value {
        let (request, reply) = self.message_bytes;
        let mut told = json!({
            "command": "latency",
            "protocol": self.protocol,
            "venue": self.venue,
            "host": host::json(),
            "depth": self.load.depth,
            "spin": self.load.spin,
            "cores": Cores::describe(self.load.cores),
            "order_to_ack": self.order.json(),
            "cancel_to_ack": self.cancel.json(),
            "stages": self.stages.json(),
            "requests_per_s": self.requests_per_s(),
            "request_bytes": request,
            "reply_bytes": reply,
            "ratio_p50": null,
        });
        if let Some((floors, ratios)) = &self.floors {
            floors.tell(&self.steps(), &mut told);
            told["ratio_p50_rounds"] = ratios.as_slice().into();
        }
        told
    }
}

fn described(load: &Load) -> String {
    let waits = if load.spin { "client spins" } else { "client blocks" };
    format!("{} at a time, {waits}, {}", load.depth, Cores::describe(load.cores))
}

pub(crate) fn head() -> String {
    format!(
        "{:<16}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}",
        "us", "count", "p50", "p90", "p99", "p99.9", "max"
    )
}

/// Nanoseconds as microseconds with one decimal, rounded half up.
pub(crate) fn micros(ns: u64) -> String {
    let tenths = ns.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `part / whole` with two decimals, rounded half up.
pub(crate) fn ratio(part: u64, whole: u64) -> String {
    let hundredths = (part * 100 + whole / 2) / whole.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

pub(crate) fn per_second(count: u64, elapsed: Duration) -> u64 {
    let per_s = u128::from(count) * 1_000_000_000 / elapsed.as_nanos().max(1);
    u64::try_from(per_s).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::Under;

    const LOAD: Load =
        Load { orders: 1_000, warmup: 0, depth: 1, spin: false, cores: None, json: false };

    /// 1, 2, … 1000 microseconds.
    fn thousand() -> Distribution {
        let mut times = Distribution::new();
        (1..=1_000).for_each(|us| times.record(Duration::from_micros(us)));
        times
    }

    fn constant(us: u64) -> Distribution {
        let mut times = Distribution::new();
        times.record(Duration::from_micros(us));
        times
    }

    fn report(floors: Option<(u64, u64)>) -> LatencyReport {
        let floor = |us| MeasuredFloor {
            echo: constant(us),
            elapsed: Duration::from_secs(1),
            skeleton: None,
            write: None,
            writing: None,
        };
        LatencyReport {
            load: LOAD,
            order: constant(30),
            cancel: constant(20),
            stages: Stages::new(),
            elapsed: Duration::from_millis(1),
            message_bytes: (190, 200),
            protocol: "FIX",
            venue: Vec::new(),
            floors: floors.map(|(a, b)| {
                let (before, after) = (floor(a), floor(b));
                (Floors { under: Under::echo(), before, after }, vec![3.0, 3.1])
            }),
        }
    }

    #[test]
    fn percentiles_are_right_to_a_thousandth() {
        let wanted = [500_000, 900_000, 990_000, 999_000, 1_000_000];
        for (seen, wanted) in thousand().figures_ns().into_iter().zip(wanted) {
            assert!(seen.abs_diff(wanted) <= wanted / 1_000, "{seen} is not {wanted}");
        }
    }

    #[test]
    fn a_row_has_its_columns_under_the_head() {
        let (head, row) = (head(), thousand().row("order > ack"));
        assert_eq!(head.len(), row.len());
        let columns: Vec<_> = row.split_whitespace().skip(3).collect();
        assert_eq!(columns, ["1000", "500.2", "900.1", "990.2", "999.4", "1000.4"]);
    }

    #[test]
    fn a_time_beyond_every_bound_is_the_longest_not_lost() {
        let mut times = Distribution::new();
        times.record(Duration::from_secs(1_000_000));
        assert_eq!(times.count(), 1);
        assert!(times.figures_ns()[4] >= TIME_NS_MAX);
    }

    #[test]
    fn curve_buckets_and_file_count_everything_and_rise() {
        let times = thousand();
        let curve = times.curve();
        assert!(curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{curve:?}");
        assert_eq!(curve.last().unwrap().0, 1.0);
        let buckets = times.buckets();
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(buckets.iter().map(|bucket| bucket.1).sum::<u64>(), 1_000);
        let file = times.hgrm();
        let last = file.lines().rfind(|line| !line.starts_with('#')).unwrap();
        let words: Vec<_> = last.split_whitespace().collect();
        assert_eq!(words[1..], ["1.000000000000", "1000"], "{last}");
    }

    #[test]
    fn numbers_are_rounded_where_they_are_printed() {
        assert_eq!(micros(0), "0.0");
        assert_eq!(micros(14_949), "14.9");
        assert_eq!(micros(14_950), "15.0");
        assert_eq!(ratio(15_000, 10_000), "1.50");
        assert_eq!(ratio(9_999, 10_000), "1.00");
        assert_eq!(per_second(5, Duration::from_millis(500)), 10);
    }

    #[test]
    fn floors_that_agree_give_a_ratio() {
        let report = report(Some((10, 10)));
        let text = report.text();
        assert!(
            text.contains("times the TCP echo:\norder_to_ack") && text.contains(" 3.00x"),
            "{text}"
        );
        assert!(text.contains("median of 2 rounds: 3.00 3.10"), "{text}");
        assert!(
            (report.json()["ratio"]["cancel_to_ack"]["p99"].as_f64().unwrap() - 2.0).abs() < 0.01
        );
        let ratio = report.json()["ratio_p50"]["order_to_ack"].as_f64().unwrap();
        assert!((ratio - 3.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn floors_that_disagree_give_a_warning_and_no_ratio() {
        let report = report(Some((10, 12)));
        assert!(report.text().contains("NO RATIO"), "{}", report.text());
        assert!(report.json()["ratio_p50"].is_null());
    }

    #[test]
    fn without_floors_nothing_is_said_of_them() {
        let report = report(None);
        assert!(!report.text().contains("times the"), "{}", report.text());
        assert!(report.json().get("floor_before").is_none());
    }
}

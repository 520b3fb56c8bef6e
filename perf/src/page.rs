//! `portcullis-perf report`: one or two measurements as a page that needs nothing else.
//!
//! Reads what `--json` of the other commands printed. Whatever has a curve in it is drawn: latency over
//! percentiles (both logarithmic, so that the tail has room), and how many took how long. Two measurements
//! are drawn into one plot, the second dashed, and compared in a table.

use crate::report::{micros, ratio};
use crate::stages;
use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::Value;
use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 32.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;
/// Tell each other apart for most colour-blind people, too. Source: Okabe, Ito 2008.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"];
const PERCENTILES: [(&str, &str); 5] = [
    ("p50", "p50_ns"),
    ("p90", "p90_ns"),
    ("p99", "p99_ns"),
    ("p99.9", "p99_9_ns"),
    ("max", "max_ns"),
];

const HELP: &str = "\
Examples
  portcullis-perf latency --start --with-floor --json > a.json
  portcullis-perf load --start --rate 5000 --json > b.json
  portcullis-perf report a.json --out a.html
  portcullis-perf report before.json after.json --out compared.html --svg compared.svg";

/// What to draw, and where to.
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct ReportArgs {
    /// What --json of latency, load or floor printed.
    #[arg(value_name = "A.json")]
    first: PathBuf,
    /// A second one, to compare.
    #[arg(value_name = "B.json")]
    second: Option<PathBuf>,
    /// The page.
    #[arg(long, value_name = "FILE.html", required_unless_present_any = ["svg", "png"])]
    out: Option<PathBuf>,
    /// The percentile plot alone.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
    /// The same in pixels; rsvg-convert (Debian: librsvg2-bin) draws them.
    #[arg(long, value_name = "FILE.png")]
    png: Option<PathBuf>,
}

/// One distribution of one measurement.
struct Drawn {
    name: String,
    /// Quantile and nanoseconds.
    curve: Vec<(f64, f64)>,
    /// Nanoseconds and how many took so long.
    buckets: Vec<(f64, f64)>,
    figures: [u64; 5],
    count: u64,
}

impl Drawn {
    /// Some of it took longer than the shortest times that are told apart in a histogram.
    fn takes_time(&self) -> bool {
        self.buckets.iter().any(|bucket| bucket.0 > 100.0)
    }
}

/// One file.
struct Measured {
    label: String,
    told: Value,
    drawn: Vec<Drawn>,
}

/// Runs it; returns what to print.
///
/// # Errors
/// A file that cannot be read, is no measurement, or cannot be written.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<String> {
    let paths = std::iter::once(&args.first).chain(&args.second);
    let measured = paths.map(|path| Measured::read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let plot = percentile_plot(&measured);
    let mut written = Vec::new();
    if let Some(file) = &args.svg {
        write(file, &plot)?;
        written.push(file.display().to_string());
    }
    if let Some(file) = &args.png {
        draw(file, &plot)?;
        written.push(file.display().to_string());
    }
    if let Some(file) = &args.out {
        write(file, &page(&measured, &plot))?;
        written.push(file.display().to_string());
    }
    Ok(format!("written: {}", written.join(", ")))
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Twice as many pixels as the plot has units.
fn draw(file: &Path, svg: &str) -> anyhow::Result<()> {
    let child = Command::new("rsvg-convert")
        .args(["--zoom", "2", "--output"])
        .arg(file)
        .stdin(Stdio::piped())
        .spawn();
    let mut child = child
        .context("--png needs rsvg-convert\n  fix: apt-get install librsvg2-bin, or take --svg")?;
    // Dropped at the end of the statement: the converter sees the end of its input.
    child.stdin.take().context("its input is a pipe")?.write_all(svg.as_bytes())?;
    let ended = child.wait()?;
    ensure!(ended.success(), "rsvg-convert cannot write {}: {ended}", file.display());
    Ok(())
}

impl Measured {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let told: Value = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is no JSON\n  fix: print it with --json of latency, load or floor",
                path.display()
            )
        })?;
        let mut drawn = Vec::new();
        collect("", &told, &mut drawn);
        ensure!(
            !drawn.is_empty(),
            "{} has no times in it\n  fix: print it with --json of latency, load or floor",
            path.display()
        );
        if drawn.iter().any(|one| one.curve.is_empty()) {
            bail!("{}: a curve without points", path.display());
        }
        let label = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { label, told, drawn })
    }

    /// What is not a stage of something else: stages have bars.
    fn wholes(&self) -> impl Iterator<Item = &Drawn> {
        self.drawn.iter().filter(|one| !one.name.starts_with("stages "))
    }

    fn named(&self, name: &str) -> Option<&Drawn> {
        self.drawn.iter().find(|one| one.name == name)
    }
}

/// Everything that has a curve, at any depth.
fn collect(name: &str, told: &Value, drawn: &mut Vec<Drawn>) {
    let Some(object) = told.as_object() else { return };
    if told["curve"].is_array() {
        let figures = PERCENTILES.map(|(_, key)| told[key].as_u64().unwrap_or_default());
        drawn.push(Drawn {
            name: name.replace('_', " "),
            curve: pairs(&told["curve"]),
            buckets: pairs(&told["buckets"]),
            figures,
            count: told["count"].as_u64().unwrap_or_default(),
        });
        return;
    }
    for (key, inner) in object {
        let inner_name = if name.is_empty() { key.clone() } else { format!("{name} {key}") };
        collect(&inner_name, inner, drawn);
    }
}

fn pairs(told: &Value) -> Vec<(f64, f64)> {
    let pair = |pair: &Value| Some((pair[0].as_f64()?, pair[1].as_f64()?));
    told.as_array().map(|all| all.iter().filter_map(pair).collect()).unwrap_or_default()
}

/// Logarithmic axes: decades of time, and of one minus the quantile.
struct Axes {
    from: f64,
    to: f64,
}

impl Axes {
    /// Whole decades around all these times, nanoseconds.
    fn around(times: impl Iterator<Item = f64>) -> Self {
        let (mut from, mut to) = (f64::MAX, 0.0_f64);
        for ns in times.map(|ns| ns.max(1.0)) {
            (from, to) = (from.min(ns), to.max(ns));
        }
        let from = from.min(to).log10().floor();
        Self { from, to: to.log10().ceil().max(from + 1.0) }
    }

    fn share(&self, ns: f64) -> f64 {
        ((ns.max(1.0).log10() - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    fn decades(&self) -> impl Iterator<Item = f64> + use<> {
        (self.from as i32..=self.to as i32).map(|n| 10_f64.powi(n))
    }
}

/// A time on an axis.
fn named(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.0} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.0} ms", ns / 1e6),
        ns => format!("{:.0} s", ns / 1e9),
    }
}

fn begin(height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui,sans-serif\" \
         font-size=\"12\"><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>"
    )
}

fn line(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = write!(
        svg,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>"
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let words = escaped(words);
    let _ = write!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{words}</text>"
    );
}

/// Times over percentiles of everything; the second measurement is dashed.
fn percentile_plot(measured: &[Measured]) -> String {
    let all = || measured.iter().flat_map(Measured::wholes);
    let axes = Axes::around(all().flat_map(|one| one.curve.iter().map(|point| point.1)));
    let largest = all().map(|one| one.count).max().unwrap_or(1).max(10);
    let nines = (largest as f64).log10().ceil();
    let rows = all().count().div_ceil(3) as f64;
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut svg = begin(HEIGHT + rows * 18.0);
    let at_nines = |n: f64| LEFT + (n / nines).clamp(0.0, 1.0) * (right - LEFT);
    let at_ns = |ns: f64| bottom - axes.share(ns) * (bottom - TOP);
    for ns in axes.decades() {
        line(&mut svg, (LEFT, at_ns(ns)), (right, at_ns(ns)));
        text(&mut svg, (LEFT - 6.0, at_ns(ns) + 4.0), "end", &named(ns));
    }
    for n in 0..=nines as i32 {
        let percent = 100.0 - 100.0 / 10_f64.powi(n);
        let x = at_nines(f64::from(n));
        line(&mut svg, (x, TOP), (x, bottom));
        text(&mut svg, (x, bottom + 16.0), "middle", &format!("{percent}%"));
    }
    let mut nth = 0;
    for (which, one) in measured.iter().enumerate() {
        for (colour, drawn) in one.wholes().enumerate() {
            let colour = COLOURS[colour % COLOURS.len()];
            let dashes = if which == 0 { "" } else { " stroke-dasharray=\"6 4\"" };
            let _ = write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"{dashes} points=\""
            );
            for (quantile, ns) in &drawn.curve {
                let x = at_nines(-(1.0 - quantile).max(1e-12).log10());
                let _ = write!(svg, "{x:.1},{:.1} ", at_ns(*ns));
            }
            svg += "\"/>";
            let (x, y) = (LEFT + f64::from(nth % 3) * 260.0, HEIGHT + f64::from(nth / 3) * 18.0);
            let _ = write!(
                svg,
                "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2.5\"{dashes}/>",
                x + 26.0
            );
            let whose =
                if measured.len() > 1 { format!(" ({})", one.label) } else { String::new() };
            text(&mut svg, (x + 32.0, y + 4.0), "start", &format!("{}{whose}", drawn.name));
            nth += 1;
        }
    }
    svg + "</svg>\n"
}

/// A bar for each percentile of order to ack, and in it a piece for each stage: their own percentiles side by side.
fn stage_bars(one: &Measured) -> Option<String> {
    const HIGH: f64 = 30.0;
    let named = |(key, _): &(&str, &str)| one.named(&format!("stages {}", key.replace('_', " ")));
    let stages: Vec<&Drawn> = stages::NAMES.iter().filter_map(named).collect();
    let sum = |which: usize| stages.iter().map(|drawn| drawn.figures[which] as f64).sum::<f64>();
    // p50, p90 and p99.
    let most = (0..3).map(sum).fold(0.0, f64::max);
    if stages.is_empty() || most <= 0.0 {
        return None;
    }
    let mut svg = begin(TOP + 3.0 * HIGH + stages.len() as f64 * 18.0 + 10.0);
    for (which, (name, _)) in PERCENTILES.into_iter().take(3).enumerate() {
        let (y, mut x) = (TOP + which as f64 * HIGH, LEFT);
        text(&mut svg, (LEFT - 6.0, y + 15.0), "end", name);
        for (drawn, colour) in stages.iter().zip(COLOURS) {
            let ns = drawn.figures[which];
            let width = ns as f64 / most * (WIDTH - LEFT - RIGHT);
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"22\" fill=\"{colour}\" fill-opacity=\"0.7\"/>"
            );
            if width > 40.0 {
                text(&mut svg, (x + width / 2.0, y + 15.0), "middle", &micros(ns));
            }
            x += width;
        }
    }
    for (n, (drawn, colour)) in stages.iter().zip(COLOURS).enumerate() {
        let y = TOP + 3.0 * HIGH + n as f64 * 18.0;
        let _ = write!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\" fill-opacity=\"0.7\"/>"
        );
        let name = drawn.name.trim_start_matches("stages ");
        text(&mut svg, (LEFT + 20.0, y + 10.0), "start", name);
    }
    Some(svg + "</svg>\n")
}

/// How many took how long.
fn histogram(drawn: &[(&str, &Drawn)]) -> String {
    const HIGH: f64 = 150.0;
    let axes = Axes::around(drawn.iter().flat_map(|(_, one)| one.buckets.iter().map(|b| b.0)));
    let share = |one: &Drawn, count: f64| count / one.count.max(1) as f64;
    let shares = drawn.iter().flat_map(|(_, one)| one.buckets.iter().map(|b| share(one, b.1)));
    let most = shares.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let (right, bottom) = (WIDTH - RIGHT, HIGH - 24.0);
    let at = |ns: f64| LEFT + axes.share(ns) * (right - LEFT);
    let mut svg = begin(HIGH);
    for ns in axes.decades() {
        line(&mut svg, (at(ns), TOP), (at(ns), bottom));
        text(&mut svg, (at(ns), bottom + 16.0), "middle", &named(ns));
    }
    text(&mut svg, (LEFT - 6.0, TOP + 8.0), "end", &format!("{:.1} %", most * 100.0));
    for (n, ((label, one), colour)) in drawn.iter().zip(COLOURS).enumerate() {
        if drawn.len() > 1 {
            let y = TOP + 4.0 + 16.0 * n as f64;
            let _ = write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\" fill-opacity=\"0.55\"/>",
                right - 10.0
            );
            text(&mut svg, (right - 16.0, y + 9.0), "end", label);
        }
        for (edge, count) in &one.buckets {
            let (left, right) = (at(edge / 2_f64.powf(0.125)), at(*edge));
            let high = share(one, *count) / most * (bottom - TOP);
            let _ = write!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"{colour}\" fill-opacity=\"0.55\"/>",
                bottom - high,
                (right - left).max(1.0),
            );
        }
    }
    svg + "</svg>\n"
}

fn page(measured: &[Measured], plot: &str) -> String {
    let title = measured.iter().map(|one| one.label.as_str()).collect::<Vec<_>>().join(" and ");
    let title = escaped(&title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<style>\n\
         body{{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}}\n\
         table{{border-collapse:collapse;margin:.5em 0}}td,th{{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}}\n\
         td:first-child,th:first-child{{text-align:left}}svg{{width:100%;height:auto}}.warning{{background:#fde0d0;padding:.6em}}\n\
         </style>\n<h1>{title}</h1>\n"
    );
    for one in measured {
        if one.told["unreliable"] == true {
            let label = escaped(&one.label);
            let _ = writeln!(
                html,
                "<p class=\"warning\">{label}: the floors before and after are more than 15 % apart. The machine was busy \
                 with something else: these times are unreliable.</p>"
            );
        }
    }
    let _ = writeln!(html, "<h2>Percentiles</h2>\n{plot}\n<p>Times in µs.</p>");
    html += &table(measured);
    for one in measured {
        if let Some(bars) = stage_bars(one) {
            let label = escaped(&one.label);
            let _ = writeln!(
                html,
                "<h2>Stages of order to ack, {label}</h2>\n{bars}\n<p>µs; percentiles of each stage by itself.</p>"
            );
        }
    }
    html += "<h2>Distributions</h2>\n";
    let Some(first) = measured.first() else { return html };
    // A stage of a fused venue may take no time by its own clock.
    for drawn in first.drawn.iter().filter(|drawn| drawn.takes_time()) {
        let mut both = vec![(first.label.as_str(), drawn)];
        both.extend(
            measured.iter().skip(1).filter_map(|m| Some((m.label.as_str(), m.named(&drawn.name)?))),
        );
        let _ = writeln!(html, "<h3>{}</h3>\n{}", escaped(&drawn.name), histogram(&both));
    }
    html += "<h2>Machine and settings</h2>\n<table>\n";
    for one in measured {
        let _ = writeln!(html, "<tr><th>{}</th><th></th></tr>", escaped(&one.label));
        settings("", &one.told, &mut html);
    }
    html + "</table>\n</html>\n"
}

/// Every distribution's figures; of two measurements the second's also as a multiple of the first's.
fn table(measured: &[Measured]) -> String {
    let mut html = "<table><tr><th></th><th>count</th>".to_owned();
    PERCENTILES.iter().for_each(|(name, _)| html += &format!("<th>{name}</th>"));
    html += "</tr>\n";
    let Some(first) = measured.first() else { return html };
    for (which, one) in measured.iter().enumerate() {
        for drawn in &one.drawn {
            let whose =
                if measured.len() > 1 { format!(" ({})", one.label) } else { String::new() };
            let base = first.named(&drawn.name).filter(|_| which > 0);
            let _ = write!(
                html,
                "<tr><td>{}</td><td>{}</td>",
                escaped(&format!("{}{whose}", drawn.name)),
                drawn.count
            );
            for (n, ns) in drawn.figures.into_iter().enumerate() {
                let than = base.and_then(|base| base.figures.get(n)).filter(|than| **than > 0);
                let than = than.map(|than| format!(" (×{})", ratio(ns, *than))).unwrap_or_default();
                let _ = write!(html, "<td>{}{than}</td>", micros(ns));
            }
            html += "</tr>\n";
        }
    }
    html + "</table>\n"
}

/// Everything else that was told, one row each.
fn settings(name: &str, told: &Value, html: &mut String) {
    match told {
        Value::Object(object) if !object.contains_key("curve") => {
            for (key, inner) in object {
                let name = if name.is_empty() { key.clone() } else { format!("{name} {key}") };
                settings(&name.replace('_', " "), inner, html);
            }
        }
        Value::Array(lines) if lines.iter().all(Value::is_string) => {
            lines.iter().for_each(|line| settings(name, line, html));
        }
        Value::Null | Value::Object(_) | Value::Array(_) => {}
        value => {
            let words = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ =
                writeln!(html, "<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(&words));
        }
    }
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_at_any_depth_and_words_cannot_leave_their_place() {
        let told: Value = serde_json::json!({
            "floor": { "echo": { "curve": [[0.5, 10_000], [1.0, 90_000]], "buckets": [[12_000, 3]], "count": 3, "p50_ns": 10_000 } },
            "host": { "processor": "<script>" },
        });
        let mut drawn = Vec::new();
        collect("", &told, &mut drawn);
        assert_eq!(drawn.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["floor echo"]);
        assert_eq!(drawn[0].curve, [(0.5, 10_000.0), (1.0, 90_000.0)]);
        let measured = [Measured { label: "a<b".into(), told, drawn }];
        let html = page(&measured, &percentile_plot(&measured));
        assert!(
            !html.contains("<script>") && !html.contains("a<b") && html.contains("&lt;script&gt;")
        );
        assert_eq!(html.matches("<svg").count(), 2);
        assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    }

    #[test]
    fn stages_are_drawn_where_they_are_known() {
        let stage = serde_json::json!({ "curve": [[0.5, 4_000]], "buckets": [[4_000, 1]], "count": 1, "p50_ns": 4_000, "p90_ns": 5_000, "p99_ns": 6_000 });
        let told =
            serde_json::json!({ "stages": { "to_the_gateway": stage, "to_the_engine": stage } });
        let mut drawn = Vec::new();
        collect("", &told, &mut drawn);
        let measured = Measured { label: "a".into(), told, drawn };
        let bars = stage_bars(&measured).unwrap();
        assert_eq!(bars.matches("<rect").count(), 1 + 3 * 2 + 2, "{bars}");
        assert!(bars.contains(">to the engine<") && bars.contains(">4.0<"), "{bars}");
        let none = Measured { drawn: Vec::new(), ..measured };
        assert!(stage_bars(&none).is_none());
    }

    #[test]
    fn axes_have_room_for_all_and_whole_decades() {
        let axes = Axes::around([12_000.0, 90_000.0, 3_000_000.0].into_iter());
        assert_eq!((axes.from, axes.to), (4.0, 7.0));
        assert_eq!(axes.share(10_000.0), 0.0);
        assert_eq!(axes.share(10_000_000.0), 1.0);
        assert_eq!(
            axes.decades().map(named).collect::<Vec<_>>(),
            ["10 µs", "100 µs", "1 ms", "10 ms"]
        );
    }
}

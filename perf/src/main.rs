//! The `portcullis-perf` binary: the public wire measured from outside, and matching by itself.
//!
//! From outside it knows of a venue what any client knows: FIX and SBE over TCP. Absolute times on a shared
//! machine mean little from one minute to the next, so a venue is held against the *floor*: the same
//! client, the same sizes and the same loop over something that does nothing, measured in the same run.
//!
//! By itself, without a venue, matching is measured on a *flow*: a file of orders that is the same
//! everywhere, and whose trades have a checksum, so that what is fast is also right.
//!
//! ```text
//! latency.rs   orders and cancels, as a client of `fix.rs` or `sbe.rs` ┐
//! load.rs      many such clients at a given rate or depth, from one thread; mix.rs what they ask for;
//!              venue.rs the venue that `--start` starts
//! abuse.rs     a client beside others that mean harm
//! stages.rs    where an order's time goes, by the venue's own stamps
//! tick.rs      from an order to the feed, and from the feed to a trade
//! floor.rs     fixed-size messages and their echo; skeleton.rs the     ┴─► drive.rs: the loop that
//!              venue's transport, rings and threads, and nothing else       times both, over a `line.rs`
//! cores.rs     who runs where
//! machine.rs   a durable write, a packet, a hop, the clock; host.rs which machine it is
//! report.rs    distributions as text and JSON; page.rs draws what was printed as JSON
//!
//! flow.rs         the file; flow/generate.rs draws one, flow/reference.rs plays one
//! match_flow.rs   the engine, or its book alone, on such a file
//! codec.rs        an order read, a report written: the FIX codec by itself
//! feed.rs         packets made, sent, and made into books: the feed by itself
//! ```

#![forbid(unsafe_code)]

mod abuse;
mod codec;
mod cores;
mod drive;
mod feed;
mod fix;
mod floor;
mod flow;
mod host;
mod latency;
mod line;
mod load;
mod machine;
mod match_flow;
mod mix;
mod page;
mod report;
mod sbe;
mod skeleton;
mod stages;
mod tick;
mod venue;

use clap::{Args, Parser, Subcommand};
use cores::Cores;
use std::process::ExitCode;

/// Measures a venue from outside, as its clients see it, and matching by itself.
///
/// A venue: start one with `portcullis serve`, then `portcullis-perf latency --with-floor`.
/// Matching: `portcullis-perf flow busy.flow`, then `portcullis-perf match busy.flow`.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Order to ack and cancel to ack over FIX or SBE, against a running venue.
    Latency(latency::LatencyArgs),
    /// Many sessions at a rate: what a venue holds, and what it costs.
    Load(load::LoadArgs),
    /// What this machine takes at least: a TCP echo, a durable write, a packet, a hop, the clock.
    Floor(floor::FloorArgs),
    /// The skeleton of a venue, for one client: `floor` and `latency --with-floor` start it.
    #[command(hide = true)]
    Skeleton(skeleton::SkeletonArgs),
    /// Draw a file of orders to match: the same arguments give the same bytes everywhere.
    Flow(flow::generate::FlowArgs),
    /// Orders of such a file per second through the engine, without wire, log or threads.
    Match(match_flow::MatchArgs),
    /// One order read and one report written, without wire or threads.
    Codec(codec::CodecArgs),
    /// The feed: packets made and sent, books made of them.
    Feed(feed::FeedArgs),
    /// One or two measurements as a page: percentiles, histograms, a comparison.
    Report(page::ReportArgs),
    /// How long a venue takes to start, from a snapshot and from its log alone.
    Recover(match_flow::recover::RecoverArgs),
}

/// How much, and how closely packed.
#[derive(Args, Clone, Copy, Debug)]
struct Load {
    /// Rounds that are measured. A round is an order and its cancel; of the floor, one request.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    orders: u64,
    /// Rounds before those, not measured.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    warmup: u64,
    /// Requests on their way at a time. One: the way of a single order. More: how it shares.
    #[arg(long, value_name = "D", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=drive::DEPTH_MAX as i64))]
    depth: u16,
    /// Never sleep while waiting for an answer. Needs a core of its own.
    #[arg(long)]
    spin: bool,
    /// Put the client on one core, the venue and what stands for it on another or the same. Default: as the system
    /// chooses, which differs from run to run.
    #[arg(long, value_name = "CLIENT,VENUE")]
    cores: Option<Cores>,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// The tables of an engine are large and read at random.
#[global_allocator]
static MEMORY: gateway::io::huge::Counted = gateway::io::huge::Counted;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Latency(args) => latency::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Floor(args) => floor::run(&args),
        Command::Skeleton(args) => skeleton::run(&args),
        Command::Flow(args) => flow::generate::run(&args),
        Command::Match(args) => match_flow::run(&args),
        Command::Codec(args) => codec::run(&args),
        Command::Feed(args) => feed::run(&args),
        Command::Report(args) => page::run(&args),
        Command::Recover(args) => match_flow::recover::run(&args),
    };
    match result {
        Ok(printed) => {
            println!("{printed}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("portcullis-perf: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::error::ErrorKind;

    fn refusal(words: &str) -> ErrorKind {
        let words = ["portcullis-perf"].into_iter().chain(words.split_whitespace());
        Arguments::try_parse_from(words).err().expect("refused").kind()
    }

    #[test]
    fn a_load_that_measures_nothing_is_refused() {
        for words in ["floor --orders 0", "floor --depth 0", "latency --depth 257"] {
            assert_eq!(refusal(words), ErrorKind::ValueValidation, "{words}");
        }
        assert_eq!(refusal("floor --orders -1"), ErrorKind::UnknownArgument);
        assert_eq!(refusal("latency --orders many"), ErrorKind::ValueValidation);
    }

    #[test]
    fn a_flow_that_nobody_can_draw_or_replay_is_refused() {
        for words in [
            "flow x --symbols 0",
            "flow x --symbols 65537",
            "flow x --live 50000001",
            "flow x --ops 1000000001",
            "flow x --depth 10000001",
            "match x --reps 0",
            "match x --ops 0",
        ] {
            assert_eq!(refusal(words), ErrorKind::ValueValidation, "{words}");
        }
        assert_eq!(refusal("match x --layer wire"), ErrorKind::InvalidValue);
        assert_eq!(refusal("match"), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn words_nobody_knows_are_refused() {
        assert_eq!(refusal("latencies"), ErrorKind::InvalidSubcommand);
        assert_eq!(refusal("floor --symbol ACME"), ErrorKind::UnknownArgument);
    }

    #[test]
    fn the_demo_venue_needs_no_words_at_all() {
        let parsed = Arguments::try_parse_from(["portcullis-perf", "latency"]).expect("fine");
        let Command::Latency(args) = parsed.command else { panic!("another command") };
        assert_eq!((args.load.orders, args.load.warmup, args.load.depth), (20_000, 2_000, 1));
    }
}

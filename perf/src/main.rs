//! The `portcullis-perf` binary: the public wire, measured from outside.
//!
//! It knows of a venue what any client knows: FIX over TCP. Absolute times on a shared machine mean
//! little from one minute to the next, so a venue is held against the *floor*: the same client, the
//! same sizes and the same loop over a plain TCP echo, measured in the same run.
//!
//! ```text
//! latency.rs   orders and cancels as a FIX client (`fix.rs`) ┐
//! floor.rs     fixed-size messages and their echo            ┴─► drive.rs: the loop that times
//!                                                                 both, over a `line.rs`
//! report.rs    distributions as text and JSON
//! ```

#![forbid(unsafe_code)]

mod drive;
mod fix;
mod floor;
mod latency;
mod line;
mod report;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;

/// Measures a venue from outside, as its clients see it.
///
/// Start one first: `portcullis serve`. Then `portcullis-perf latency --with-floor`.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Order to ack and cancel to ack over FIX, against a running venue.
    Latency(latency::LatencyArgs),
    /// The same client against a plain TCP echo: what this machine's loopback takes at least.
    Floor(Load),
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
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Latency(args) => latency::run(&args),
        Command::Floor(load) => floor::run(&load),
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

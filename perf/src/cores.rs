//! Which cores the client and the other side run on.
//!
//! Left to the scheduler, two processes that talk to each other share a core in one run and not in the next, and
//! times differ by a factor of three. `--cores` says it for both, for the floors and the venue alike.

use anyhow::{Context, anyhow};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::str::FromStr;

/// `CLIENT,VENUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    /// Of the thread that measures.
    pub(crate) client: usize,
    /// Of all threads of the venue, a skeleton or the echo.
    pub(crate) venue: usize,
}

impl FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not two cores, as in 1,0");
        let (client, venue) = text.split_once(',').ok_or_else(wrong)?;
        let core = |word: &str| word.parse().ok().filter(|core| *core < CpuSet::MAX_CPU);
        Ok(Self { client: core(client).ok_or_else(wrong)?, venue: core(venue).ok_or_else(wrong)? })
    }
}

impl Cores {
    /// For people.
    pub(crate) fn describe(cores: Option<Self>) -> String {
        match cores {
            Some(Self { client, venue }) => {
                format!("client on core {client}, venue on core {venue}")
            }
            None => "cores as the system chooses".into(),
        }
    }

    /// Puts this thread on the client's core, for good.
    ///
    /// # Errors
    /// No such core, or not for this process.
    pub(crate) fn put_client(cores: Option<Self>) -> anyhow::Result<()> {
        cores.map_or(Ok(()), |cores| put(cores.client))
    }

    /// Does something that starts a thread or a process: that will be on the venue's core.
    ///
    /// # Errors
    /// Those of `start`; no such core.
    pub(crate) fn start_venue<T>(
        cores: Option<Self>,
        start: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let Some(cores) = cores else { return start() };
        let before = sched_getaffinity(None)?;
        put(cores.venue)?;
        let started = start();
        sched_setaffinity(None, &before)?;
        started
    }
}

fn put(core: usize) -> anyhow::Result<()> {
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one)
        .map_err(|error| anyhow!(error))
        .with_context(|| format!("core {core} does not exist, or is not for this process"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway::io::cpu::allowed_cores;

    #[test]
    fn two_numbers_are_two_cores_and_nothing_else_is() {
        assert_eq!("1,0".parse(), Ok(Cores { client: 1, venue: 0 }));
        for wrong in ["", "1", "1,", "a,b", "1,2,3", "0,99999999"] {
            assert!(wrong.parse::<Cores>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_started_is_on_the_core_of_the_venue_and_the_client_is_where_it_was() {
        std::thread::spawn(|| {
            let before = allowed_cores().unwrap();
            let cores = Some(Cores { client: before[0], venue: *before.last().unwrap() });
            let there = || Ok(std::thread::spawn(|| allowed_cores().unwrap()).join().unwrap());
            assert_eq!(Cores::start_venue(cores, there).unwrap(), [*before.last().unwrap()]);
            assert_eq!(allowed_cores().unwrap(), before);
            Cores::put_client(cores).unwrap();
            assert_eq!(allowed_cores().unwrap(), [before[0]]);
            assert!(Cores::put_client(Some(Cores { client: 1000, venue: 0 })).is_err());
        })
        .join()
        .unwrap();
    }
}

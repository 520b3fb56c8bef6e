//! A disk that fills up under load, for real: a small tmpfs as data directory.
//!
//! The venue stops and says why; with room made it goes on, and nothing that was answered is missing.
//! Needs to be root in a place where mounting is allowed; says so where it is not.

use crate::client::Client;
use crate::listener::Listener;
use crate::venue::MATRIX;
use crate::{PATIENCE, Run, setting};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The disk when there is room, and what is left of it when there is not.
const ENOUGH: &str = "size=600m";
const LEFT_BYTES: u64 = 2 << 20;
/// What the system says then.
const FULL: &str = "No space left on device";

struct Mount(PathBuf);

impl Mount {
    fn tmpfs(at: &Path, size: &str) -> Result<Self, String> {
        std::fs::create_dir_all(at).unwrap();
        mount(at, size).map(|()| Self(at.to_owned()))
    }
}

/// Gives the disk so many bytes.
fn remount(at: &Path, bytes: u64) {
    mount(at, &format!("remount,size={bytes}")).unwrap();
}

fn used_bytes(at: &Path) -> u64 {
    let disk = rustix::fs::statvfs(at).unwrap();
    (disk.f_blocks - disk.f_bfree) * disk.f_frsize
}

fn mount(at: &Path, options: &str) -> Result<(), String> {
    let output =
        Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let (true, Some(directory)) = (std::thread::panicking(), self.0.parent()) {
            let kept = directory.join("data-kept");
            let _ = Command::new("cp").arg("-r").args([&self.0, &kept]).status();
            let _ = Command::new("umount").arg("-l").arg(&self.0).status();
            eprintln!("its data: {}", kept.display());
            return;
        }
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = self.0.parent().map(std::fs::remove_dir_all);
    }
}

#[test]
fn a_full_disk_stops_the_venue_with_words_and_nothing_answered_is_missing() {
    // Both durabilities, back ends and placements.
    for (seed, options) in (setting("KILL_SEED", 1)..).zip(&MATRIX[..3]) {
        let run = Run::with(seed, "full", *options);
        let _mount = match Mount::tmpfs(&run.venue.data, ENOUGH) {
            Ok(mount) => mount,
            Err(why) => {
                // Past the test harness, which would keep it to itself.
                let _ = writeln!(
                    std::io::stderr(),
                    "SKIPPED: a full disk: cannot mount a tmpfs: {why}"
                );
                return;
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play(run))) {
            let first = setting("KILL_SEED", 1);
            eprintln!("failed: KILL_SEED={first} cargo test -p gateway --test kill -- a_full_disk");
            std::panic::resume_unwind(panic);
        }
    }
}

fn play(mut run: Run) {
    let listener = Listener::new(&run.venue);
    run.venue.start();
    run.connect();
    run.turn_until("everybody trades", Client::is_trading);
    std::thread::sleep(Duration::from_secs(1)); // What the venue makes ahead is made.
    let used = used_bytes(&run.venue.data);
    remount(&run.venue.data, used + LEFT_BYTES);
    let (deadline, options) = (Instant::now() + PATIENCE, run.options);
    while run.venue.has_ended().is_none() && !run.venue.stderr().contains(FULL) {
        let said = run.venue.stderr();
        assert!(Instant::now() < deadline, "{options:?}: the disk is never full: {said}");
        run.clients.iter_mut().for_each(|client| {
            client.read();
            client.trade();
        });
    }
    // A thread that fails ends the process at once where panics abort, as in a release build. A debug
    // build unwinds that thread only: it has said why, and answers nothing any more.
    std::thread::sleep(Duration::from_millis(300));
    let (status, said) = (run.venue.has_ended(), run.venue.stderr());
    println!("{options:?}: {status:?}: {}", said.trim());
    assert!(said.contains(FULL), "{options:?}: {status:?}: {said}");
    assert!(!status.is_some_and(|status| status.success()), "{options:?}: {said}");
    assert!(status.is_some() || cfg!(debug_assertions), "{options:?}: it did not stop: {said}");
    run.venue.kill_9();
    run.clients.iter_mut().for_each(Client::drain);

    remount(&run.venue.data, used + (400 << 20));
    run.life = 1;
    run.live_and_stop();
    let seen = run.check(&run.history(listener.finish()));
    assert!(seen.messages > 100, "{options:?}: full before anything happened: {seen:?}");
}

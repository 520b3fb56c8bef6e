//! The venue beside our own binary.

use std::path::Path;
use std::process::Command;

/// Our own binary.
pub(crate) const PERF: &str = env!("CARGO_BIN_EXE_portcullis-perf");

/// `portcullis` is beside our own binary; built now if need be.
pub(crate) fn build_the_venue() {
    let beside = Path::new(PERF).with_file_name("portcullis");
    if beside.exists() {
        return;
    }
    let (profile, target) = (beside.parent().unwrap(), beside.ancestors().nth(2).unwrap());
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "-p", "gateway", "--bin", "portcullis", "--target-dir"]).arg(target);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success(), "the venue does not build");
}

//! The committed tables are what the generator prints today.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_committed_tables_are_current() {
    let printed = Command::new(env!("CARGO_BIN_EXE_fix-oracle")).arg("tables").output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/fix/tables.rs");
    let committed = std::fs::read_to_string(&path).unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let differs = printed.lines().zip(committed.lines()).position(|(new, old)| new != old);
    assert!(
        printed == committed,
        "line {:?} differs: cargo run -p fix-oracle -- tables > gateway/src/fix/tables.rs",
        differs.map(|line| line + 1)
    );
}

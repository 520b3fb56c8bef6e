//! `cargo run -p sbe-generator`: writes the generated modules of `sbe-schemas` from its XML.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (path, text) in sbe_generator::outputs(&room)? {
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

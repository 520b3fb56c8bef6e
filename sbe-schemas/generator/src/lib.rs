//! SBE 1.0 XML schemas to Rust: structs that lie on the wire's bytes, checked views, encoders.
//!
//! Runs before a build, not in it: the output is committed, and a test proves that it is current.
//! Reading order: `model.rs` (XML to a checked model), `emit.rs` (model to Rust), `emit_tail.rs`
//! (groups, var-data and later versions), `names.rs` (spelling), `markdown.rs` and `lua.rs` (the same
//! model as pages and as a Wireshark dissector), `main.rs` (the command).

mod emit;
mod emit_tail;
mod lua;
mod markdown;
mod messages;
mod model;
mod names;
mod spell;
mod types;
mod xml;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// What is generated in this workspace: directory of the modules, schemas.
///
/// Of several schemas with a type of one name, the first describes it. The two of the tests cannot
/// share a directory: one is the next version of the other.
const OUTPUTS: [(&str, &[&str]); 3] = [
    ("src", &["schemas/journal.xml", "schemas/order-entry.xml", "schemas/market-data.xml"]),
    ("tests/test_schema/v0", &["generator/tests/quotes-v0.xml"]),
    ("tests/test_schema/v1", &["generator/tests/quotes-v1.xml"]),
];

/// The schemas that clients see, and their pages in `docs/wire`.
const PUBLISHED: [(&str, &str); 2] = [
    ("schemas/order-entry.xml", "sbe-messages.md"),
    ("schemas/market-data.xml", "feed-messages.md"),
];

/// Every generated file of `room`, the directory of `sbe-schemas`: its path and what is in it.
///
/// # Errors
/// A schema that cannot be read, or those of [`generate`].
pub fn outputs(room: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut outputs = vec![];
    for (directory, files) in OUTPUTS {
        let read = |file: &&str| fs::read_to_string(room.join(file)).context(file.to_string());
        let texts = files.iter().map(read).collect::<Result<Vec<String>>>()?;
        let schemas: Vec<(&str, &str)> =
            files.iter().copied().zip(texts.iter().map(String::as_str)).collect();
        for (module, text) in generate(&schemas)? {
            outputs.push((room.join(directory).join(module).with_extension("rs"), text));
        }
    }
    outputs.extend(published(room)?);
    Ok(outputs)
}

/// What clients get beside the XML: a page for each schema, and the dissector.
fn published(room: &Path) -> Result<Vec<(PathBuf, String)>> {
    let docs = room.join("../docs/wire");
    let mut schemas = vec![];
    for (file, page) in PUBLISHED {
        let xml = fs::read_to_string(room.join(file)).context(file)?;
        schemas.push((page, messages::read(file, &xml)?));
    }
    let mut outputs: Vec<(PathBuf, String)> =
        schemas.iter().map(|(page, schema)| (docs.join(page), markdown::page(schema))).collect();
    let both: Vec<&model::Schema> = schemas.iter().map(|(_, schema)| schema).collect();
    outputs.push((docs.join("portcullis.lua"), lua::dissector(&both)));
    Ok(outputs)
}

/// Rust modules for `schemas`, given as (file name, XML text): `types` first, then one per schema
/// in the order given, as (module name, formatted text).
///
/// # Errors
/// A schema that is not valid or uses what is not supported, types that differ between schemas, or
/// no `rustfmt` on the path. The message names file and line and says what to do.
pub fn generate(schemas: &[(&str, &str)]) -> Result<Vec<(String, String)>> {
    let schemas = schemas
        .iter()
        .map(|(file, xml)| messages::read(file, xml))
        .collect::<Result<Vec<model::Schema>>>()?;
    let defs = model::merge(&schemas)?;
    let files: Vec<String> = schemas.iter().map(|schema| format!("`{}`", schema.file)).collect();
    let types = emit::types(defs.values().map(|def| &**def), &files.join(", "));
    let mut modules = vec![("types".to_owned(), format(&types)?)];
    for schema in &schemas {
        modules.push((schema.package.clone(), format(&emit::messages(schema))?));
    }
    Ok(modules)
}

/// `text` as `rustfmt` lays it out with this workspace's settings.
fn format(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=100,use_small_heuristics=Max"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt did not start: rustup component add rustfmt")?;
    // rustfmt reads all of its input before it writes, so neither side waits for the other.
    child.stdin.take().context("rustfmt has no stdin")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "rustfmt refused generated code; this is a bug of the generator"
    );
    Ok(String::from_utf8(output.stdout)?)
}

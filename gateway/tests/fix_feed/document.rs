//! The examples of docs/wire/fix-market-data.md, executed: a client sends what stands behind `>`, and is told
//! what stands behind `<`. Each block is a story of its own, behind a Logon unless it begins with one. What a line
//! leaves out is filled in, and `…` is any value. Other lines say what happens, as in `script.rs`.

use crate::script::Play;
use std::path::Path;

#[test]
fn the_examples_of_the_document_are_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire/fix-market-data.md");
    let document = std::fs::read_to_string(path).unwrap();
    let blocks = document.split("```text\n").skip(1).map(|part| part.split("```").next().unwrap());
    let stories: Vec<&str> =
        blocks.filter(|block| block.lines().any(|line| line.starts_with("< "))).collect();
    assert!(stories.len() >= 5, "the examples of the page were not found");
    for story in stories {
        tell(story).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn an_example_that_is_not_true_is_found() {
    let begin = "> 35=V|262=r|263=1|264=0|265=1|267=1|269=0|146=1|55=ACME|\n";
    for wrong in ["< 35=W|268=7|", "< 35=X|", "  nothing of the kind happens"] {
        assert!(tell(&format!("{begin}{wrong}")).is_err(), "{wrong}");
    }
}

fn tell(story: &str) -> Result<(), String> {
    let mut play = Play::new();
    if !story.starts_with("> 35=A|") {
        play.line("A logs on")?;
    } else {
        play.line("A connects")?;
    }
    for line in story.lines() {
        let line = line.replace("ACME", "SYM1").replace("BTC-USD", "SYM2");
        let said = match (line.strip_prefix("> "), line.strip_prefix("< ")) {
            (Some(message), _) => format!("A > {}", words(message)),
            (_, Some(message)) => format!("A < {}", words(message)),
            _ => line.trim().to_owned(),
        };
        play.line(&said).map_err(|error| format!("{line}\n    {error}"))?;
    }
    Ok(())
}

/// `35=W|262=r|270=…|` as `script.rs` has it.
fn words(message: &str) -> String {
    let fields = message.trim().split('|').filter(|field| !field.is_empty() && *field != "…");
    let skipped = ["49=", "56=", "34=", "52="];
    let told: Vec<String> = fields
        .filter(|field| !skipped.iter().any(|tag| field.starts_with(tag)))
        .map(|field| field.replace('…', "*").replace("CLIENT1", "A").replace("client1", "secret"))
        .collect();
    told.join(" ").trim_start_matches("35=").to_owned()
}

//! The room rules of docs/ARCHITECTURE.md, held against the source text.
//!
//! Clippy's walls (`.clippy.toml` in each room) catch types and calls; this catches what they
//! cannot: which room may say `unsafe`, who may depend on whom, what stands at the top level.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the tree") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).expect("inside").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// Lines of code before the tests of the file, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let before_tests = text.split("\n#[cfg(test)]").next().unwrap_or("");
    let before_tests = before_tests.split("\n#[cfg(all(test,").next().unwrap_or("");
    let lines = before_tests.lines().enumerate();
    lines.filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(n, line)| (n + 1, line))
}

fn must_not_say(folder: &str, but_for: &[&str], words: &[&str]) {
    for (name, text) in sources(folder) {
        if but_for.iter().any(|allowed| name.contains(allowed)) {
            continue;
        }
        for (n, line) in code(&text) {
            for word in words {
                assert!(!line.contains(word), "{name}:{n} says `{word}`: {line}");
            }
        }
    }
}

#[test]
fn unsafe_is_said_in_gateway_io_only() {
    let unsafe_word = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"];
    for folder in ["sbe-schemas/src", "engine/src", "marketdata/src", "perf/src"] {
        must_not_say(folder, &[], &unsafe_word);
    }
    must_not_say("gateway/src", &["gateway/src/io/"], &unsafe_word);
}

#[test]
fn the_pure_rooms_touch_no_kernel() {
    let words =
        ["std::net", "std::fs", "std::thread", "std::time", "SystemTime", "Instant", "std::env"];
    let sans_io =
        ["sbe-schemas/src", "engine/src", "marketdata/src", "gateway/src/fix", "gateway/src/sbe"];
    for folder in sans_io {
        must_not_say(folder, &[], &words);
    }
    let floats = [": f64", ": f32", "as f64", "as f32", "HashMap"];
    for folder in ["engine/src", "marketdata/src", "gateway/src/fix", "gateway/src/sbe"] {
        must_not_say(folder, &[], &floats);
    }
}

#[test]
fn the_codecs_know_no_socket_and_no_number_of_their_own() {
    let words = ["crate::io", "next_in", "next_out", ".unwrap()", "Vec::new", "String::new"];
    must_not_say("gateway/src/fix", &[], &words);
    must_not_say("gateway/src/sbe", &[], &words);
}

/// Beside `start.rs`, which makes it, market data over FIX is given its time and its packets; it reaches into
/// no part of the order path.
#[test]
fn market_data_over_fix_is_given_what_it_knows() {
    let words = [
        "std::thread",
        "Instant",
        "io::clock",
        ".unwrap()",
        "crate::gateway",
        "crate::rings",
        "crate::journal",
        "engine::",
        "f64",
    ];
    must_not_say("gateway/src/fix_feed", &["fix_feed/start.rs"], &words);
}

#[test]
fn files_and_sockets_are_opened_in_gateway_io_only() {
    let words =
        ["std::fs", "File::open", "TcpListener", "TcpStream::connect", "UdpSocket", "Socket::new"];
    must_not_say("gateway/src", &["gateway/src/io/"], &words);
}

#[test]
fn threads_begin_and_time_is_read_in_io() {
    let threads = ["std::thread::spawn", "thread::Builder"];
    must_not_say("gateway/src", &["gateway/src/io/", "gateway/src/listen"], &threads);
    must_not_say("gateway/src", &["gateway/src/io/"], &["SystemTime", "utc_now_ns() -"]);
}

#[test]
fn the_room_that_moves_bytes_does_not_know_what_an_order_is() {
    let words = ["engine::", "marketdata::", "sbe_schemas", "crate::fix", "crate::gateway"];
    must_not_say("gateway/src/io", &[], &words);
}

#[test]
fn dependencies_never_point_back() {
    let rooms = ["sbe-schemas", "engine", "marketdata", "gateway", "perf"];
    for (n, room) in rooms.iter().enumerate() {
        let manifest =
            fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
        for later in &rooms[n + 1..] {
            let depends = manifest.lines().any(|line| line.starts_with(&format!("{later}.")));
            assert!(!depends, "{room} depends on {later}");
        }
    }
}

#[test]
fn the_top_level_is_the_house_and_nothing_else() {
    let house = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "gateway",
        "engine",
        "marketdata",
        "sbe-schemas",
        "perf",
        "scripts",
        "docs",
        "target",
        "portcullis-data",
    ];
    for entry in fs::read_dir(root()).expect("the tree") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || house.contains(&name.as_str()), "{name} has no room");
    }
}

#[test]
fn every_file_opens_with_a_map() {
    for folder in ["sbe-schemas/src", "engine/src", "marketdata/src", "gateway/src", "perf/src"] {
        for (name, text) in sources(folder) {
            assert!(text.starts_with("//!"), "{name} does not say what it is for");
        }
    }
}

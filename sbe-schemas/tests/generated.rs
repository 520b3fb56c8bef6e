//! The committed modules are what the generator makes of the schemas beside them.

use std::fs;
use std::path::Path;

#[test]
fn the_generated_modules_are_current() {
    let outputs = sbe_generator::outputs(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(outputs.len(), 11);
    for (path, text) in outputs {
        let committed = fs::read_to_string(&path).unwrap();
        assert!(committed == text, "{} is old: cargo run -p sbe-generator", path.display());
    }
}

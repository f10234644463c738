//! The order of the house: a module imports only those that stand before it in the flow of data.

#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

/// The flow, left to right. `render` sees the report and nothing before it.
const FLOW: [&str; 10] =
    ["error", "input", "model", "parse", "compare", "source", "classify", "report", "render", "cli"];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn imports_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30);
    for file in files {
        let inside = file.strip_prefix(&root).expect("in src");
        let module = inside.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
        let Some(rank) = FLOW.iter().position(|m| *m == module) else { continue };
        let text = fs::read_to_string(&file).expect("readable");
        for (number, line) in text.lines().enumerate() {
            for part in line.split("crate::").skip(1) {
                let imported = part.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                let Some(imported_rank) = FLOW.iter().position(|m| *m == imported) else { continue };
                let allowed = imported_rank <= rank && (module != "render" || matches!(imported, "report" | "render"));
                assert!(allowed, "{}:{}: {module} imports {imported}", inside.display(), number + 1);
            }
        }
    }
}

/// Only the command line touches standard output, the environment and the clock.
#[test]
fn only_cli_touches_the_world() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files.iter().filter(|f| !f.starts_with(root.join("cli")) && !f.ends_with("main.rs")) {
        let text = fs::read_to_string(file).expect("readable");
        for forbidden in ["std::env::", "io::stdout", "io::stderr", "Instant::now", "SystemTime::now", "println!"] {
            assert!(!text.contains(forbidden), "{} has {forbidden}", file.display());
        }
    }
}

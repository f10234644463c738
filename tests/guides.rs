//! What the guides show is what the commands print.

#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

#[test]
fn the_guides_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for entry in fs::read_dir(root.join("docs")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let guide = fs::read_to_string(&path).expect("readable");
        for block in guide.split("```console\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
            let (command, shown) = block.split_once('\n').expect("a command and its output");
            let (words, head) = match command.split_once(" | head -n ") {
                Some((words, lines)) => (words, lines.trim().parse().expect("a number of lines")),
                None => (command, usize::MAX),
            };
            let words = words.strip_prefix("$ unpark ").expect("a command").split(' ');
            let words: Vec<String> = words.map(|word| word.trim_matches('\'').to_owned()).collect();
            let mut unpark = Command::new(env!("CARGO_BIN_EXE_unpark"));
            let output = unpark.current_dir(root).env("COLUMNS", "100").args(&words).output().expect("it starts");
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let printed: Vec<&str> = printed.trim_end().lines().take(head).collect();
            assert_eq!(printed.join("\n").trim_end(), shown.trim_end(), "{}: {command}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked} commands in the guides");
}

/// What the source can tell is told in the guide's table and in the pages, and nothing else is.
#[test]
fn the_guide_to_source_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).expect("readable");
    let folder =
        |name: &str| fs::read_dir(root.join(name)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let rules: String = folder("src/classify/cause").map(|path| read(&path)).collect();
    let guide = read(&root.join("docs/source.md"));
    let table = guide.split("## Which causes it can tell apart").nth(1).and_then(|rest| rest.split("\n## ").next());
    let table = table.expect("a table");
    let mut told = 0;
    for page in folder("src/classify/patterns").filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let name = page.file_stem().and_then(|name| name.to_str()).expect("a name");
        let by_source = rules.contains(&format!("\"{name}\""));
        assert_eq!(table.contains(&format!("`{name}`")), by_source, "{name} in docs/source.md");
        assert_eq!(read(&page).contains("`--source DIR`"), by_source, "{name}: --source DIR in its page");
        told += usize::from(by_source);
    }
    assert!(read(&root.join("README.md")).contains(&format!("{told} of the patterns can be told by source")), "{told}");
}

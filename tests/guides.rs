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

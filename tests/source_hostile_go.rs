//! Files that lie where a frame's source should be and are no Go that anybody wrote: the command says what it can, ends as it
//! would without them, and prints nothing that does harm.

#![cfg(unix)]
#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// A line with the blocking send, and a program around it.
const PROGRAM: &str = "package main\n\nfunc leak(out chan int) {\n\tout <- 1\n}\n\nfunc main() {\n\tout := make(chan int)\n\tgo leak(out)\n}\n";

/// Goroutines that block at a line of `/app/main.go`, as `panic` and the debug=2 profile print them.
fn dump(goroutines: usize, line: usize) -> String {
    let goroutine = |id: usize| {
        format!(
            "goroutine {id} [chan send, 9 minutes]:\nmain.leak(0xc000012345)\n\t/app/main.go:{line} +0x1d\ncreated by main.main in goroutine 1\n\t/app/main.go:9 +0x2f\n\n"
        )
    };
    (10..10 + goroutines).map(goroutine).collect()
}

/// What the command prints about such goroutines with `text` as their source, and whether it exits as it does without.
struct Run {
    table: String,
    json: Value,
}

fn run(source: impl AsRef<[u8]>, line: usize) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("main.go"), source).expect("written");
    run_in(folder.path(), line)
}

fn run_in(folder: &Path, line: usize) -> Run {
    let json = output(folder, line, "json");
    Run { table: output(folder, line, "table"), json: serde_json::from_str(&json).expect("JSON") }
}

fn output(folder: &Path, line: usize, format: &str) -> String {
    let (before, after) = (folder.join("before.txt"), folder.join("after.txt"));
    fs::write(&before, dump(12, line)).expect("written");
    fs::write(&after, dump(30, line)).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    command.env("COLUMNS", "100").arg("diff").args([&before, &after]).args(["--format", format, "--fail-on", "likely"]);
    command.arg("--path-map").arg(format!("/app={}", folder.display()));
    let output = command.output().expect("the command starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    // 30 goroutines are likely stuck, whatever the source says: the gate fails.
    assert_eq!(output.status.code(), Some(1), "{errors:.2000}");
    assert!(!errors.contains("panicked"), "{errors:.2000}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // JSON is for programs: it escapes what it must.
    let is_data = matches!(format, "json" | "sarif");
    let harmless = |c: char| !c.is_control() || matches!(c, '\n' | '\t') || (is_data && c > '\u{7e}');
    assert!(text.chars().all(harmless), "{format}: {text:.2000}");
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
    text
}

/// The pattern that the one finding names.
fn pattern(run: &Run) -> &Value {
    let findings = run.json["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{}", run.table);
    &findings[0]["pattern"]
}

/// The codes of all warnings.
fn warnings(run: &Run) -> Vec<String> {
    let snapshots = run.json["snapshots"].as_array().into_iter().flatten();
    let all = snapshots.flat_map(|one| one["warnings"].as_array().into_iter().flatten());
    let mut codes: Vec<String> = all.filter_map(|one| one["code"].as_str().map(str::to_owned)).collect();
    codes.dedup();
    codes
}

#[test]
fn the_program_itself_is_understood() {
    let run = run(PROGRAM, 4);
    assert_eq!((pattern(&run), warnings(&run)), (&"consumer-gone".into(), Vec::new()), "{}", run.table);
}

/// Real Go after or before the program: nothing of it hides the program.
#[test]
fn what_is_long_but_go_is_read() {
    let functions: String = (0..30_000)
        .map(|i| format!("func f{i}(c chan int) {{\n\tfor v := range c {{\n\t\tc <- v + {i}\n\t}}\n}}\n"))
        .collect();
    let text = format!("{PROGRAM}\n{functions}");
    assert!(text.len() > 1 << 20);
    assert_eq!(pattern(&run(text, 4)), "consumer-gone");
    let table: String = (0..300_000).map(|i| format!("\t{i},\n")).collect();
    let text = format!("{PROGRAM}\nvar table = []int{{\n{table}}}\n");
    assert!(text.len() > 2 << 20);
    assert_eq!(pattern(&run(text, 4)), "consumer-gone");
    let comment = format!("{PROGRAM}\n/*{}*/\n", "*".repeat(3 << 20));
    assert_eq!(pattern(&run(comment, 4)), "consumer-gone");
}

/// Found by fuzzing: the file ends where the call should be.
#[test]
fn files_may_end_anywhere() {
    for end in PROGRAM.char_indices().map(|(at, _)| at).filter(|at| *at > PROGRAM.len() - 12) {
        run(&PROGRAM[..end], 4);
    }
    run("package main\n\nfunc leak(out chan int) {\n\tout <- 1\n\tgo leak(out) // st\u{1}ts itself\n\tgo", 4);
}

/// 4 MiB is what is parsed of a file, 16 MiB what is read.
#[test]
fn what_is_too_large_is_refused() {
    for mebibytes in [5, 10, 17] {
        let run = run(format!("{PROGRAM}//{}\n", "x".repeat(mebibytes << 20)), 4);
        assert_eq!(warnings(&run), ["source-refused"], "{}", run.table);
        assert!(run.json["findings"][0]["source"].is_null());
    }
}

#[test]
fn nesting_has_no_end_and_the_command_has() {
    let deep = [
        ("parentheses", format!("var x = {}1{}", "(".repeat(100_000), ")".repeat(100_000))),
        ("open parentheses", format!("var x = {}", "(".repeat(100_000))),
        ("blocks", format!("func deep() {}{}", "{".repeat(100_000), "}".repeat(100_000))),
        ("open blocks", format!("func deep() {}", "{".repeat(100_000))),
        ("closing braces", "}".repeat(100_000)),
        ("literals", format!("var x = {}1{}", "func() { ".repeat(50_000), " }()".repeat(50_000))),
        (
            "literals in a function",
            format!("func deep() {{ {}{} }}", "go func() { ".repeat(50_000), "}()\n".repeat(50_000)),
        ),
        ("terms", format!("var x = a{}", " + a".repeat(200_000))),
        ("terms in a function", format!("func deep(a int) int {{ return a{} }}", " + a".repeat(200_000))),
        ("fields", format!("func deep() {{ a{}.Lock() }}", ".b".repeat(100_000))),
        ("elements", format!("func deep() {{ a{} <- 1 }}", "[0]".repeat(100_000))),
        ("calls", format!("func deep() {{ a{} }}", "()".repeat(100_000))),
        ("receives", format!("func deep() {{ {}a }}", "<-".repeat(100_000))),
        ("types", format!("var x {}int", "[]".repeat(100_000))),
        ("channels of channels", format!("var x {}int", "chan ".repeat(100_000))),
        ("structs", format!("type x {}{}", "struct { a ".repeat(50_000), "}".repeat(50_000))),
        ("loops", format!("func deep() {{ {}{} }}", "for range c { ".repeat(50_000), "}\n".repeat(50_000))),
        ("branches", format!("func deep() {{ {} {{}} }}", "if a {} else ".repeat(50_000))),
        ("labels", format!("func deep() {{ {} }}", "a: ".repeat(100_000))),
        ("selects", format!("func deep() {{ {} }}", "select { case <-a: ".repeat(50_000))),
    ];
    for (name, text) in deep {
        // Beside the program it may be given up; alone there is nothing to find.
        let beside = run(format!("{PROGRAM}\n{text}\n"), 4);
        assert!(beside.json["findings"].as_array().is_some_and(|all| all.len() == 1), "{name}");
        let within = run(format!("package main\n\nfunc leak(out chan int) {{\n\tout <- 1; {text}\n}}\n"), 4);
        assert!(within.json["findings"].as_array().is_some_and(|all| all.len() == 1), "{name}");
    }
}

#[test]
fn bytes_that_are_no_text_are_no_source() {
    let random: Vec<u8> = (0..1u64 << 16)
        .scan(1u64, |state, _| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some((*state >> 56) as u8)
        })
        .collect();
    let in_string =
        |bytes: &[u8]| [b"package main\n\nfunc leak(out chan int) {\n\tout <- 1 // ", bytes, b"\n}\n"].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("random bytes", random.clone()),
        ("empty", Vec::new()),
        ("one line break", b"\n".to_vec()),
        ("NULs", vec![0; 1 << 18]),
        ("a mark of bytes' order", b"\xef\xbb\xbf".to_vec()),
        ("UTF-16", PROGRAM.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("lone surrogates and long forms", b"\xed\xa0\x80\xc0\xaf\xf8\x88\x80\x80\x80\xff\xfe".repeat(1000)),
        ("no end of a string", b"package main\n\nvar x = \"".to_vec()),
        ("no end of a raw string", [b"package main\n\nvar x = `".to_vec(), b"\n x".repeat(10_000)].concat()),
        ("no end of a comment", [b"package main\n\n/*".to_vec(), b"/*".repeat(100_000)].concat()),
        ("no end of a rune", b"package main\n\nvar x = '".to_vec()),
        ("no line breaks", b"a ".repeat(1 << 17)),
        ("carriage returns", PROGRAM.replace('\n', "\r").into_bytes()),
    ];
    for (name, bytes) in cases {
        let run = run(&bytes, 4);
        let findings = &run.json["findings"];
        assert!(findings.as_array().is_some_and(|all| all.len() == 1), "{name}");
        assert!(!warnings(&run).is_empty(), "{name}: {}", run.table);
        assert_eq!(findings[0]["pattern"], Value::Null, "{name}: {}", run.table);
    }
    // Go takes no such file; the send is there to see, though.
    for bytes in [&b"\xff\xfe\xed\xa0\x80"[..], b"a\0b\0", &random[..200]] {
        let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\n').collect();
        run(in_string(&bytes), 4);
    }
}

#[test]
fn links_out_of_the_directory_are_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).expect("made");
    fs::write(folder.path().join("secret.go"), PROGRAM.replace("out <- 1", "out <- 1 // secret")).expect("written");
    symlink("../secret.go", inside.join("main.go")).expect("linked");
    let run = run_in(&inside, 4);
    assert_eq!(warnings(&run), ["source-refused"], "{}", run.table);
    assert!(!run.table.contains("// secret") && !run.json.to_string().contains("// secret"));
}

/// Lines of source are shown in every format, and mean nothing there.
#[test]
fn what_lines_hold_does_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let nasty = "\u{1b}[31m\u{1b}]0;title\u{7}\u{202e}\u{200b}\u{9b}2J</td></table></script><script>alert(1)</script><img src=x onerror=alert(2)>&lt; ``` ~~~ </details> | [x](javascript:alert(3)) ]]>";
    let line = format!("\tout <- 1 // {nasty}\n\t// ```\n\t// <script>alert(4)</script>");
    fs::write(folder.path().join("main.go"), PROGRAM.replace("\tout <- 1", &line)).expect("written");
    // The program's go statement is two lines further down, and the dump says the ninth.
    let text = fs::read_to_string(folder.path().join("main.go")).expect("readable");
    let text = text.replace("package main\n\n", "package main; ").replace("\n\nfunc main", "\nfunc main");
    fs::write(folder.path().join("main.go"), text.replace("{\n\tout <- 1", "{\n\n\tout <- 1")).expect("written");
    for format in ["table", "json", "markdown", "html", "sarif"] {
        let text = output(folder.path(), 3, format);
        let is_hidden = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}');
        assert!(!text.contains(is_hidden) || matches!(format, "json" | "sarif"), "{format}");
        match format {
            "html" => {
                for tag in ["<script>alert", "<img src=x", "</td></table></script>"] {
                    assert!(!text.contains(tag), "{tag}");
                }
                assert!(text.contains("&#60;script&#62;alert(4)"), "the line is shown");
            }
            "markdown" => {
                let block = text.split_once("<summary>Source</summary>").expect("the source").1;
                let fence = block.lines().find(|line| line.starts_with("```")).expect("a fence");
                let fence: String = fence.chars().take_while(|c| *c == '`').collect();
                assert!(fence.len() > 3, "{block:.300}");
                let inside = block.split(&fence).nth(1).expect("a block");
                assert!(inside.contains("</details>") && inside.contains("<script>alert(4)"), "{block:.900}");
            }
            "table" => assert!(text.contains("<script>alert(4)"), "{text}"),
            _ => {}
        }
    }
}

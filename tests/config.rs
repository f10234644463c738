//! `unpark.toml` and `unpark accept`.

#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const CRASH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/orders/crash.log");
const FINDING: &str = "send-premature-return@main.price.func1";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unpark"));
    command.current_dir(folder).args(arguments).output().expect("the command starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn gate(folder: &Path, more: &[&str]) -> Option<i32> {
    run(folder, &[&["triage", CRASH, "--fail-on", "likely"], more].concat()).status.code()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_slice(&run(folder, arguments).stdout).expect("JSON")
}

#[test]
fn what_is_accepted_does_not_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    assert_eq!(gate(folder, &[]), Some(1));
    assert!(run(folder, &["triage", CRASH, "--format", "json", "-o", "report.json"]).status.success());
    let accept = |finding: &str, more: &[&str]| run(folder, &[&["accept", "report.json", finding], more].concat());

    let unknown = accept("send-premature", &["--reason", "x"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains(&format!("the nearest is {FINDING}")));
    assert_eq!(accept(FINDING, &["--reason", "x", "--until", "tomorrow"]).status.code(), Some(2));
    assert!(!folder.join("unpark.toml").exists());

    assert!(accept(FINDING, &["--reason", "a \"quoted\" \\ reason\n= 1", "--until", "9999-12-31"]).status.success());
    assert_eq!(gate(folder, &[]), Some(0));
    assert_eq!(gate(folder, &["--no-config"]), Some(1));
    let report = json(folder, &["triage", CRASH, "--format", "json"]);
    let accepted = &report["findings"][0]["accepted"];
    assert_eq!(
        (&accepted["reason"], &accepted["until"]),
        (&"a \"quoted\" \\ reason\n= 1".into(), &"9999-12-31".into())
    );
    let sarif = json(folder, &["triage", CRASH, "--format", "sarif"]);
    assert_eq!(sarif["runs"][0]["results"][0]["suppressions"][0]["kind"], "external");

    // Once more changes nothing, and from a folder below it is the same file.
    let once = fs::read_to_string(folder.join("unpark.toml")).expect("written");
    assert!(accept(FINDING, &["--reason", "again"]).status.success());
    assert_eq!(fs::read_to_string(folder.join("unpark.toml")).expect("there"), once);
    fs::create_dir(folder.join("below")).expect("made");
    assert_eq!(gate(&folder.join("below"), &[]), Some(0));
}

#[test]
fn entries_fit_by_all_that_they_say_until_their_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let with = |entry: &str| {
        fs::write(folder.join("unpark.toml"), format!("[[accept]]\nreason = 'known'\n{entry}\n")).expect("written");
        gate(folder, &["-v"])
    };
    for (entry, code) in [
        ("top = '^main\\.price\\.'", 0),
        ("any = 'price'", 0),
        ("creator = '^main\\.price$'", 0),
        ("signature = 'send-premature-return'", 0),
        ("signature = 'send-premature-return'\ntop = 'somewhere'", 1),
        ("creator = 'price\\.func1'", 1),
        ("label = 'tenant=a'", 1),
        ("top = 'price'\nuntil = '2020-01-01'", 1),
    ] {
        assert_eq!(with(entry), Some(code), "{entry}");
    }
    with("top = 'price'\nuntil = '2020-01-01'");
    let output = run(folder, &["triage", CRASH]);
    assert!(stderr(&output).contains("its day has passed"), "{}", stderr(&output));
}

#[test]
fn settings_stand_behind_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let config = |text: &str| fs::write(folder.join("unpark.toml"), text).expect("written");
    config("fail-on = 'likely'\ntop = 1\nmin-count = 2\nsource-root = ['example.com/orders']\n");
    assert_eq!(run(folder, &["triage", CRASH]).status.code(), Some(1));
    assert_eq!(run(folder, &["triage", CRASH, "--fail-on", "leaked"]).status.code(), Some(0));
    let report = json(folder, &["triage", CRASH, "--format", "json"]);
    assert_eq!(report["groups"].as_array().map(Vec::len), Some(1));
    let sarif = json(folder, &["triage", CRASH, "--format", "sarif"]);
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "main.go");
    let uri = |arguments: &[&str]| {
        let sarif = json(folder, &[&["triage", CRASH, "--format", "sarif"], arguments].concat());
        sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    config("source-root = ['example.com/orders=services/orders']\n");
    assert_eq!(uri(&[]), "services/orders/main.go");
    assert_eq!(uri(&["--source-root", "example.com/orders=cmd"]), "cmd/main.go");

    // A rule file beside it.
    fs::create_dir(folder.join("below")).expect("made");
    fs::write(
        folder.join("ours.toml"),
        "[[signature]]\nid = 'price'\ntitle = 'prices'\nframes = ['^main\\.price\\.func1$']\n",
    )
    .expect("written");
    config("rules = ['ours.toml']\n");
    let report = json(&folder.join("below"), &["triage", CRASH, "--format", "json"]);
    assert_eq!(report["groups"][0]["signature"], "price");

    // Whose code it is.
    let dump = "goroutine 9 [chan receive]:\ngithub.com/acme/pool.wait(0x1)\n\t/go/pkg/mod/github.com/acme/pool@v1.2.0/pool.go:3 +0x1\n\n";
    fs::write(folder.join("dump.txt"), dump).expect("written");
    let origin = || json(folder, &["triage", "dump.txt", "--format", "json"])["groups"][0]["site"]["origin"].clone();
    config("");
    assert_eq!(origin(), "dependency");
    config("ours = ['github.com/acme/']");
    assert_eq!(origin(), "user");
    config("ours = ['github.com/ac']");
    assert_eq!(origin(), "dependency");
}

#[test]
fn source_is_relative_to_the_settings_and_beside_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir_all(folder.join("below")).expect("made");
    fs::create_dir_all(folder.join("src")).expect("made");
    fs::write(folder.join("unpark.toml"), "source = ['src']\npath-map = ['/build=src', 'example.com/x=.']\n")
        .expect("written");
    let code = |from: &str, more: &[&str]| {
        let output = run(&folder.join(from), &[&["triage", CRASH], more].concat());
        (output.status.code(), stderr(&output))
    };
    assert_eq!(code("", &[]), (Some(0), String::new()));
    assert_eq!(code("below", &[]), (Some(0), String::new()));
    assert_eq!(
        code("below", &["--source", "../src", "--source", ".", "--path-map", "C:\\b=.."]),
        (Some(0), String::new())
    );
    assert_eq!(code("below", &["--no-config", "--path-map", "/build=../src"]), (Some(0), String::new()));
    for (arguments, said) in [
        (["--source", "src"], "--source src: No such file"),
        (["--source", "../unpark.toml"], "--source ../unpark.toml: no directory"),
        (["--path-map", "/build=src"], "--path-map src: No such file"),
        (["--path-map", "/build"], "invalid value '/build' for '--path-map <FROM=TO>': expected FROM=TO, such as "),
        (["--path-map", "=src"], "expected FROM=TO"),
    ] {
        let (code, stderr) = code("below", &arguments);
        assert!(code == Some(2) && stderr.contains(said), "{arguments:?}: {stderr}");
    }
    // What the settings name must be there too.
    fs::remove_dir(folder.join("src")).expect("removed");
    let (code, stderr) = code("below", &[]);
    assert!(code == Some(2) && stderr.contains("src: No such file"), "{stderr}");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("other.toml");
    for (text, said) in [
        ("top = 1\nfail-onn = 'likely'\n", "line 2, column 1"),
        ("top = 1\nfail-onn = 'likely'\n", "expected one of `fail-on`"),
        ("fail-on = 'sure'\n", "expected one of `leaked`, `likely`, `suspect`"),
        ("[[accept]]\ntop = 'x'\n", "missing field `reason`"),
        ("[[accept]]\nreason = 'x'\n", "accept entry 1: say which"),
        ("[[accept]]\nreason = ' '\ntop = 'x'\n", "say why"),
        ("[[accept]]\nreason = 'x'\ntop = '('\n", "top: regex parse error"),
        ("[[accept]]\nreason = 'x'\ntop = 'x'\nuntil = 'soon'\n", "YYYY-MM-DD"),
        ("[[accept]]\nreason = 'x'\nlabel = 'tenant'\n", "key=value"),
        ("path-map = ['/build']\n", "other.toml: path-map \"/build\": expected FROM=TO, such as "),
        ("source = ['none']\n", "--source none: No such file"),
        ("path-map = ['/build=other.toml']\n", "--path-map other.toml: no directory"),
        ("source-root = ['x=../y']\n", "--source-root x=../y: ../y is no folder within a repository"),
    ] {
        fs::write(&file, text).expect("written");
        let output = run(folder.path(), &["triage", CRASH, "--config", "other.toml"]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(stderr(&output).contains(said), "{text}: {}", stderr(&output));
    }
    assert_eq!(run(folder.path(), &["triage", CRASH, "--config", "none.toml"]).status.code(), Some(2));
}

#[test]
fn its_schema_in_the_repository_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/unpark-toml.schema.json");
    let made = serde_json::to_string_pretty(&unpark::cli::config_schema()).expect("JSON") + "\n";
    if std::env::var_os("UNPARK_WRITE_SCHEMA").is_some() {
        fs::write(path, &made).expect("writable");
    }
    assert!(
        fs::read_to_string(path).is_ok_and(|text| text == made),
        "run UNPARK_WRITE_SCHEMA=1 cargo test --test config"
    );
}

#[test]
fn completions_and_manual_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("--fail-on"), "{shell}");
    }
    for command in ["triage", "diff", "trend", "convert", "explain", "accept"] {
        let page = String::from_utf8(run(folder.path(), &["man", command]).stdout).expect("UTF-8");
        assert!(page.contains(".SH NAME") && page.contains("Examples:"), "{command}");
    }
    let output = run(folder.path(), &["man", "triaje"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the nearest is triage"));
}

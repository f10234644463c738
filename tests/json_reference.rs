//! `docs/json.md` is made from the JSON Schema, which is made from the types.

#![allow(clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value};

/// The type of a field in words, with a link where it is one of the report's own.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(any) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return any.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    let one = |name: &str| match name {
        "array" => format!("list of {}", type_of(&schema["items"])),
        "object" => match &schema["additionalProperties"] {
            Value::Object(_) => format!("object of {}", type_of(&schema["additionalProperties"])),
            _ => "object".into(),
        },
        other => other.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or "),
        _ if schema["const"].is_string() => format!("`\"{}\"`", schema["const"].as_str().unwrap_or_default()),
        _ => "any".into(),
    }
}

fn text(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

fn fields(schema: &Value, out: &mut String) {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    out.push_str("| field | type | |\n|---|---|---|\n");
    for (name, field) in properties {
        let sometimes = if required.contains(&name.as_str()) { "" } else { " _Not always there._" };
        writeln!(out, "| `{name}` | {} | {}{sometimes} |", type_of(field), text(field)).expect("memory");
    }
}

/// The words that a value can be, with what they mean.
fn words(schema: &Value, out: &mut String) {
    for one in schema["oneOf"].as_array().into_iter().flatten() {
        let word = one["const"].as_str().map(str::to_owned).or_else(|| {
            let words = one["enum"].as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>();
            Some(words.join("`, `"))
        });
        if let Some(word) = word {
            writeln!(out, "* `{word}`: {}", text(one)).expect("memory");
        }
    }
}

fn reference() -> String {
    let schema = unpark::report::Report::json_schema();
    let mut out = String::from(
        "# The JSON report\n\nMade from the schema (`schema/report-v1.schema.json`), which is made from the types: \
         `UNPARK_WRITE_SCHEMA=1 cargo test --test json_reference`.\n\nNumbers are numbers; what is unknown is null, never 0 or \
         \"\". Fields are only ever added within a version. Groups come by count (descending), then id; findings by verdict, then \
         goroutines × confidence, then id. `--format ndjson` prints one [Group](#group) a line.\n\n## Report\n\n",
    );
    writeln!(out, "{}\n", text(&schema)).expect("memory");
    fields(&schema, &mut out);
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        writeln!(out, "\n## {name}\n\n{}\n", text(definition)).expect("memory");
        if definition["properties"].is_object() {
            fields(definition, &mut out);
        } else {
            words(definition, &mut out);
        }
    }
    out
}

#[test]
fn the_reference_is_that_of_the_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");
    let made = reference();
    assert!(made.contains("| `findings` | list of [Finding](#finding) |"), "{made}");
    assert!(made.contains("* `likely`: A leak by signature and by behaviour."), "{made}");
    if std::env::var_os("UNPARK_WRITE_SCHEMA").is_some() {
        fs::write(path, &made).expect("writable");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "run UNPARK_WRITE_SCHEMA=1 cargo test --test json_reference");
}

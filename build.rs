//! Compiles `proto/profile.proto` into `OUT_DIR` with protox, a protobuf compiler in Rust (no `protoc` needs to be
//! installed), and packs the signatures: TOML files become one JSON text with the literals of their regexes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/classify/signature/literal.rs"]
#[allow(dead_code, unreachable_pub, reason = "the build needs only how literals are found")]
mod literal;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SIGNATURES: &str = "src/classify/signatures";
/// The fields of a rule that hold regexes.
const PATTERN_FIELDS: [&str; 5] = ["frames", "absent", "site", "entry", "creator"];

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=proto/profile.proto");
    println!("cargo::rerun-if-changed={SIGNATURES}");
    println!("cargo::rerun-if-changed=src/classify/signature/literal.rs");
    let descriptors = protox::compile(["proto/profile.proto"], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    let packed = pack_signatures(Path::new(SIGNATURES))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("signatures.json"), packed)?;
    Ok(())
}

fn pack_signatures(folder: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut rules: Vec<serde_json::Value> = Vec::new();
    let mut literals = BTreeMap::new();
    for file in files {
        let parsed: serde_json::Value =
            toml::from_str(&fs::read_to_string(&file)?).map_err(|e| format!("{}: {e}", file.display()))?;
        for rule in parsed["signature"].as_array().into_iter().flatten() {
            for pattern in PATTERN_FIELDS.iter().filter_map(|field| rule.get(field)).flat_map(texts) {
                let found =
                    literal::Literals::of(&pattern).map_err(|e| format!("{}: {pattern}: {e}", file.display()))?;
                literals.insert(pattern, found);
            }
            rules.push(rule.clone());
        }
    }
    Ok(serde_json::to_string(&serde_json::json!({ "rules": rules, "literals": literals }))?)
}

/// A text, or the texts of a list.
fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

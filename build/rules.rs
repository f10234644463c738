//! The TOML files of the signatures as the files that the crate includes.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use serde_json::Value;

use crate::packed::{NO_PATTERN, PackedRule, SCOPES, SHAPES};
use crate::{Result, automaton};

/// Files for `OUT_DIR` and their contents.
pub(crate) fn pack(folder: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut packer = Packer::default();
    for file in files {
        let parsed: Value =
            toml::from_str(&fs::read_to_string(&file)?).map_err(|e| format!("{}: {e}", file.display()))?;
        for rule in parsed["signature"].as_array().into_iter().flatten() {
            packer.add(rule)?;
        }
    }
    let (anchored, rest) = automaton::of(&packer.patterns)?;
    Ok(vec![
        ("signatures.idx", packer.heads),
        ("signatures.pb", packer.rules),
        ("signatures.txt", packer.texts.into_bytes()),
        ("names_from_start.bin", anchored),
        ("names_anywhere.bin", rest),
    ])
}

#[derive(Default)]
struct Packer {
    heads: Vec<u8>,
    /// The conditions of each.
    rules: Vec<u8>,
    /// What is text of each.
    texts: String,
    patterns: Vec<String>,
}

impl Packer {
    fn add(&mut self, rule: &Value) -> Result<()> {
        let id = rule["id"].as_str().ok_or("a rule without an id")?.to_owned();
        let texts_of: Vec<String> =
            [id, serde_json::to_string(rule)?].into_iter().chain(texts(&rule["states"])).collect();
        self.texts.push_str(&texts_of.concat());
        let mut patterns = |field: &str| -> Vec<u32> {
            texts(&rule[field]).into_iter().map(|text| number(&mut self.patterns, text)).collect()
        };
        let (frames, absent) = (patterns("frames"), patterns("absent"));
        let mut pattern = |field: &str| patterns(field).first().copied();
        let (site, entry, creator) = (pattern("site"), pattern("entry"), pattern("creator"));
        let packed = PackedRule {
            texts: texts_of.iter().map(|text| Ok(u32::try_from(text.len())?)).collect::<Result<_>>()?,
            shapes: texts(&rule["shapes"]).iter().map(|shape| place(&SHAPES, shape)).collect::<Result<_>>()?,
            scope: place(&SCOPES, rule["scope"].as_str().unwrap_or(SCOPES[0]))?,
            language: rule["language"] == true,
            context: rule["context"] == true,
            frames,
            absent,
            site,
            entry,
            creator,
        };
        let first = packed.frames.first().copied().or(site).or(entry).or(creator);
        let texts: usize = texts_of.iter().map(String::len).sum();
        self.heads.extend(first.map_or(Ok(NO_PATTERN), u16::try_from)?.to_le_bytes());
        self.heads.extend(u16::try_from(packed.encoded_len())?.to_le_bytes());
        self.heads.extend(u32::try_from(texts)?.to_le_bytes());
        Ok(packed.encode(&mut self.rules)?)
    }
}

/// Where a name stands.
fn place(names: &[&str], name: &str) -> Result<u32> {
    let at = names.iter().position(|known| *known == name).ok_or_else(|| format!("{name} is none of {names:?}"))?;
    Ok(u32::try_from(at)?)
}

/// The number of a pattern; each stands once.
fn number(patterns: &mut Vec<String>, text: String) -> u32 {
    let at = patterns.iter().position(|known| *known == text).unwrap_or_else(|| {
        patterns.push(text);
        patterns.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A text, or the texts of a list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

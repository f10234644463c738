//! `unpark.toml`: what a project always asks for, what code is its own, and which findings it has accepted.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::plan::regex;
use crate::report::Acceptance;
use crate::source::PathMap;

/// The name that is looked for in the working directory and above it.
pub(super) const NAME: &str = "unpark.toml";

/// A larger file isn't read.
const LIMIT: u64 = 1 << 20;

/// The settings of a project. What the command line says comes before them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "unpark.toml")]
pub(super) struct Config {
    /// As `--fail-on`: leaked, likely or suspect
    pub(super) fail_on: Option<FailOn>,
    /// As `--top`
    pub(super) top: Option<usize>,
    /// As `--min-count`
    pub(super) min_count: Option<u64>,
    /// As `--focus`
    pub(super) focus: Option<String>,
    /// As `--ignore`
    pub(super) ignore: Option<String>,
    /// As `--max-input`
    pub(super) max_input: Option<String>,
    /// As `--rules`, beside those of the command line; paths are relative to this file
    #[serde(default)]
    pub(super) rules: Vec<PathBuf>,
    /// As `--strip`, before those of the command line
    #[serde(default)]
    pub(super) strip: Vec<String>,
    /// As `--source-root`, beside those of the command line: `PREFIX` or `PREFIX=FOLDER`
    #[serde(default)]
    pub(super) source_root: Vec<String>,
    /// As `--source`, behind those of the command line; paths are relative to this file
    #[serde(default)]
    pub(super) source: Vec<PathBuf>,
    /// As `--path-map`, behind those of the command line: FROM=TO; TO is relative to this file
    #[serde(default)]
    path_map: Vec<String>,
    /// Modules whose code is the project's own wherever it lies: a module path, or what several begin with
    #[serde(default)]
    pub(super) ours: Vec<String>,
    /// Findings that are known and don't count for `--fail-on`
    #[serde(default)]
    accept: Vec<Entry>,
}

/// From which verdict on a build fails.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FailOn {
    /// Proof: they can never proceed
    Leaked,
    /// A leak by place and behaviour, or proof
    Likely,
    /// Whatever is worth a look
    Suspect,
}

/// A finding that is accepted: one that fits all that stands here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    /// Why
    reason: String,
    /// The last day on which it holds, YYYY-MM-DD
    until: Option<String>,
    /// The id of the finding
    finding: Option<String>,
    /// The signature
    signature: Option<String>,
    /// A regex for the function where the goroutines block
    top: Option<String>,
    /// A regex for any function of their stacks
    any: Option<String>,
    /// A regex for the function with the go statement
    creator: Option<String>,
    /// A label, key=value
    label: Option<String>,
}

/// The settings, what they accept, and the file they are from.
#[derive(Debug, Default)]
pub(super) struct Project {
    pub(super) config: Config,
    pub(super) accepted: Vec<Acceptance>,
    pub(super) path_maps: Vec<PathMap>,
    pub(super) file: Option<PathBuf>,
}

impl Project {
    /// Reads the file that is named, else the nearest `unpark.toml` from the working directory upward, else nothing.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, String> {
        match named.map(Path::to_owned).or_else(nearest) {
            Some(file) => Project::read(&file),
            None => Ok(Project::default()),
        }
    }

    fn read(file: &Path) -> Result<Self, String> {
        let name = file.display();
        let size = fs::metadata(file).map_err(|e| format!("{name}: {e}"))?.len();
        if size > LIMIT {
            return Err(format!("{name}: {size} bytes; {LIMIT} are allowed"));
        }
        let text = fs::read_to_string(file).map_err(|e| format!("{name}: {e}"))?;
        let mut config: Config = toml::from_str(&text).map_err(|e| format!("{name}: {e}"))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        config.rules.iter_mut().chain(&mut config.source).for_each(|path| *path = folder.join(&path));
        let path_maps = config.path_map.iter().map(|text| match text.parse::<PathMap>() {
            Ok(map) => Ok(map.relative_to(folder)),
            Err(what) => Err(format!("{name}: path-map \"{text}\": {what}")),
        });
        let path_maps = path_maps.collect::<Result<_, _>>()?;
        let accept = std::mem::take(&mut config.accept);
        let accepted = accept
            .into_iter()
            .enumerate()
            .map(|(at, entry)| entry.read().map_err(|what| format!("{name}: accept entry {}: {what}", at + 1)));
        let accepted = accepted.collect::<Result<_, _>>()?;
        Ok(Project { accepted, path_maps, config, file: Some(file.to_owned()) })
    }
}

impl Entry {
    fn read(self) -> Result<Acceptance, String> {
        if self.reason.trim().is_empty() {
            return Err("reason: say why".into());
        }
        let pattern = |field: &str, text: Option<String>| -> Result<Option<Regex>, String> {
            text.map(|text| regex(field, &text)).transpose()
        };
        let date = |text: String| text.parse::<Date>().map_err(|_| format!("until = \"{text}\": expected YYYY-MM-DD"));
        let label = |text: String| match text.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(format!("label = \"{text}\": expected key=value")),
        };
        let acceptance = Acceptance {
            until: self.until.map(date).transpose()?,
            top: pattern("top", self.top)?,
            any: pattern("any", self.any)?,
            creator: pattern("creator", self.creator)?,
            label: self.label.map(label).transpose()?,
            finding: self.finding,
            signature: self.signature,
            reason: self.reason,
        };
        let says_which = acceptance.finding.is_some()
            || acceptance.signature.is_some()
            || acceptance.top.is_some()
            || acceptance.any.is_some()
            || acceptance.creator.is_some()
            || acceptance.label.is_some();
        if says_which {
            Ok(acceptance)
        } else {
            Err("say which: finding, signature, top, any, creator or label".into())
        }
    }
}

fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file())
}

/// The JSON Schema of the file, as it stands in `schema/unpark-toml.schema.json`.
#[must_use]
pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}

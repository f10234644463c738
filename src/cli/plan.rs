//! What to do, decided once from the arguments and the terminal.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use regex::{Regex, RegexBuilder};

use super::args::{
    ConvertArguments, ConvertFormat, FailOnArgument, FormatArgument, ReadingArguments, ReportArguments,
    SelectionArguments, SourceArguments,
};
use super::config::{Config, FailOn, Project};
use super::terminal;
use crate::classify::signature::Rules;
use crate::input::Threads;
use crate::parse::Options;
use crate::render::{Format, SourceRoot, Style};
use crate::report::{Acceptance, Baseline, By, Selection, Verdict};
use crate::source::{PathMap, SourceTree};

/// A decided run.
pub(super) struct Plan {
    pub(super) job: Job,
    pub(super) format: Format,
    pub(super) output: Option<PathBuf>,
    pub(super) by: Option<By>,
    pub(super) rules: Rules,
    pub(super) selection: Selection,
    pub(super) options: Options,
    pub(super) baseline: Option<Baseline>,
    pub(super) accepted: Vec<Acceptance>,
    pub(super) ours: Vec<String>,
    /// Where the program's source lies, if anywhere.
    pub(super) source: Option<SourceTree>,
    /// Where the project's settings are from.
    pub(super) config: Option<PathBuf>,
    pub(super) fail_on: Option<Verdict>,
    pub(super) style: Style,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

/// The command and its inputs.
#[derive(Debug)]
pub(super) enum Job {
    Triage(Vec<PathBuf>),
    Trend(Vec<PathBuf>),
    Diff { before: PathBuf, after: PathBuf },
    Convert(PathBuf),
}

/// A rule file of the user's may not be larger.
const RULES_LIMIT: u64 = 4 << 20;

/// A pattern of the user's may not take more memory than this to compile.
const REGEX_LIMIT: usize = 4 << 20;

impl Plan {
    /// Decides; the error is a sentence for the user.
    pub(super) fn new(job: Job, report: ReportArguments) -> Result<Self, String> {
        job.check()?;
        let project = project(&report.reading)?;
        let Project { config, accepted, path_maps, file } = project;
        let to_terminal = report.output.is_none();
        let format = match report.format {
            FormatArgument::Table => Format::Table,
            FormatArgument::Json => Format::Json,
            FormatArgument::Ndjson => Format::Ndjson,
            FormatArgument::Markdown => Format::Markdown,
            FormatArgument::Sarif => Format::Sarif,
            FormatArgument::Html => Format::Html,
        };
        let options = options(&report.reading, &config)?;
        let source = source(report.source, config.source.clone(), path_maps, options.threads)?;
        Ok(Plan {
            job,
            format,
            by: by(&report.by)?,
            rules: rules(&[config.rules.clone(), report.reading.rules.clone()].concat())?,
            selection: selection(&report.selection, &config)?,
            options,
            baseline: report.baseline.as_deref().map(baseline).transpose()?,
            fail_on: report.fail_on.map(FailOnArgument::verdict).or(config.fail_on.map(FailOn::verdict)),
            style: Style {
                width: terminal::width(to_terminal),
                color: terminal::color(report.color, to_terminal),
                top: report.top.or(config.top).map(|n| if n == 0 { usize::MAX } else { n }),
                full: report.full,
                source_roots: source_roots(&report.source_root, &config)?,
            },
            accepted,
            source,
            ours: config.ours,
            config: file,
            output: report.output,
            quiet: report.reading.quiet,
            verbose: report.reading.verbose,
        })
    }

    /// Decides on a conversion.
    pub(super) fn convert(convert: ConvertArguments) -> Result<Self, String> {
        let format = match convert.to {
            ConvertFormat::Pprof => Format::Pprof,
            ConvertFormat::Folded => Format::Folded,
            ConvertFormat::Json => Format::Json,
        };
        if format == Format::Pprof && convert.output.is_none() && terminal::is_stdout() {
            return Err("a profile.proto is no text: name a file with -o, or redirect standard output".into());
        }
        let Project { config, file, .. } = project(&convert.reading)?;
        Ok(Plan {
            job: Job::Convert(convert.input),
            format,
            by: None,
            rules: rules(&[config.rules.clone(), convert.reading.rules.clone()].concat())?,
            selection: selection(&convert.selection, &Config::default())?,
            options: Options { keep_samples: format == Format::Pprof, ..options(&convert.reading, &config)? },
            baseline: None,
            fail_on: None,
            style: Style { width: terminal::width(false), full: true, ..Style::default() },
            accepted: Vec::new(),
            source: None,
            ours: config.ours,
            config: file,
            output: convert.output,
            quiet: convert.reading.quiet,
            verbose: convert.reading.verbose,
        })
    }
}

fn project(reading: &ReadingArguments) -> Result<Project, String> {
    if reading.no_config { Ok(Project::default()) } else { Project::find(reading.config.as_deref()) }
}

/// What the command line names comes first.
fn source(
    named: SourceArguments,
    roots: Vec<PathBuf>,
    path_maps: Vec<PathMap>,
    threads: Threads,
) -> Result<Option<SourceTree>, String> {
    let roots = [named.source, roots].concat();
    let maps = [named.path_map, path_maps].concat();
    if roots.is_empty() && maps.is_empty() {
        Ok(None)
    } else {
        Ok(Some(SourceTree::new(roots, maps)?.with_threads(threads)))
    }
}

fn options(reading: &ReadingArguments, config: &Config) -> Result<Options, String> {
    let max_input = reading.max_input.as_ref().or(config.max_input.as_ref());
    let strips = config.strip.iter().chain(&reading.strip);
    Ok(Options {
        strip: strips.map(|text| strip(text)).collect::<Result<_, _>>()?,
        max_input: max_input.map_or(Ok(Options::default().max_input), |text| size(text))?,
        threads: Threads::new(reading.threads),
        ..Options::default()
    })
}

impl Job {
    fn check(&self) -> Result<(), String> {
        let stdin = |path: &PathBuf| path.as_os_str() == "-";
        let times = match self {
            Job::Triage(inputs) | Job::Trend(inputs) => inputs.iter().filter(|p| stdin(p)).count(),
            Job::Convert(_) => 1,
            Job::Diff { before, after } => [before, after].into_iter().filter(|p| stdin(p)).count(),
        };
        if times > 1 { Err("standard input can be read only once: give `-` once".into()) } else { Ok(()) }
    }
}

/// The rules that are compiled in, and those of the user's files.
pub(super) fn rules(files: &[PathBuf]) -> Result<Rules, String> {
    let mut rules = Rules::built_in();
    for file in files {
        let name = file.display();
        let size = fs::metadata(file).map_err(|e| format!("--rules {name}: {e}"))?.len();
        if size > RULES_LIMIT {
            return Err(format!("--rules {name}: {size} bytes; {RULES_LIMIT} are allowed"));
        }
        let text = fs::read_to_string(file).map_err(|e| format!("--rules {name}: {e}"))?;
        rules.add_toml(&text).map_err(|e| match (e.line, e.column) {
            (Some(line), Some(column)) => format!("{name}:{line}:{column}: {}", e.message),
            _ => format!("{name}: {}", e.message),
        })?;
    }
    Ok(rules)
}

fn baseline(path: &Path) -> Result<Baseline, String> {
    let file = File::open(path).map_err(|e| format!("--baseline {}: {e}", path.display()))?;
    Baseline::read(&format!("--baseline {}", path.display()), BufReader::new(file))
}

fn by(what: &str) -> Result<Option<By>, String> {
    Ok(Some(match what {
        "stack" => return Ok(None),
        "site" => By::Site,
        "entry" => By::Entry,
        "creator" => By::Creator,
        "function" => By::Function,
        "package" => By::Package,
        "state" => By::State,
        other => match other.strip_prefix("label:") {
            Some(key) if !key.is_empty() => By::Label(key.to_owned()),
            _ => {
                return Err(format!(
                    "--by {other}: expected stack, site, entry, creator, function, package, state or label:KEY"
                ));
            }
        },
    }))
}

fn selection(report: &SelectionArguments, config: &Config) -> Result<Selection, String> {
    let pattern = |option: &str, text: Option<&String>| text.map(|text| regex(option, text)).transpose();
    Ok(Selection {
        focus: pattern("--focus", report.focus.as_ref().or(config.focus.as_ref()))?,
        ignore: pattern("--ignore", report.ignore.as_ref().or(config.ignore.as_ref()))?,
        states: report.state.clone(),
        min_count: report.min_count.or(config.min_count),
        min_wait: report.min_wait,
    })
}

/// Those of the command line come first: of equal prefixes the first holds.
fn source_roots(named: &[String], config: &Config) -> Result<Vec<SourceRoot>, String> {
    let read = |text: &String| SourceRoot::parse(text).map_err(|what| format!("--source-root {text}: {what}"));
    named.iter().chain(&config.source_root).map(read).collect()
}

/// What stands at the beginning of a line and nowhere else.
fn strip(text: &str) -> Result<regex::bytes::Regex, String> {
    regex::bytes::RegexBuilder::new(&format!("^(?:{text})"))
        .size_limit(REGEX_LIMIT)
        .build()
        .map_err(|e| format!("--strip: {e}"))
}

/// Bytes with an optional unit: `500MiB`, `64G`.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].trim().trim_end_matches("iB").trim_end_matches('B') {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(format!("--max-input {text}: expected a number of bytes, KiB, MiB, GiB or TiB")),
    };
    let number: u64 = digits.parse().map_err(|e| format!("--max-input {text}: {e}"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("--max-input {text}: too large a number"))
}

/// A regex of the user's; `of` is what it is for.
pub(super) fn regex(of: &str, text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(REGEX_LIMIT).build().map_err(|e| format!("{of}: {e}"))
}

impl FailOnArgument {
    fn verdict(self) -> Verdict {
        match self {
            FailOnArgument::Leaked => Verdict::Leaked,
            FailOnArgument::Likely => Verdict::Likely,
            FailOnArgument::Suspect => Verdict::Suspect,
        }
    }
}

impl FailOn {
    fn verdict(self) -> Verdict {
        match self {
            FailOn::Leaked => Verdict::Leaked,
            FailOn::Likely => Verdict::Likely,
            FailOn::Suspect => Verdict::Suspect,
        }
    }
}

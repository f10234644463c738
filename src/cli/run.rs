//! Carries a plan out.

use std::path::{Path, PathBuf};

use super::plan::{Job, Plan};
use super::{CANNOT_TELL, FOUND, OK, UNREADABLE, output, terminal};
use crate::compare;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{self, Source};
use crate::model::{ProfileKind, Snapshot, Symbols};
use crate::parse;
use crate::render;
use crate::report::{self, Acceptance, By, Gate, Report, Verdict, Wanted};
use crate::source::SourceTree;

/// Returns the exit code.
pub(super) fn run(plan: &Plan) -> u8 {
    let mut symbols = Symbols::new().with_ours(plan.ours.clone());
    let (report, code) = match &plan.job {
        Job::Triage(inputs) => triage(plan, inputs, &mut symbols),
        Job::Trend(inputs) => trend(plan, inputs, &mut symbols),
        Job::Diff { before, after } => diff(plan, before, after, &mut symbols),
        Job::Convert(input) => convert(plan, input, &mut symbols),
    };
    let Some(mut report) = report else { return code };
    if let Some(baseline) = &plan.baseline {
        baseline.compare(&mut report);
    }
    accept(plan, &mut report);
    if !plan.quiet {
        plan.source.iter().flat_map(SourceTree::notes).for_each(|note| terminal::note(note));
    }
    let written = output::write_to(plan.output.as_deref(), plan.style.color, |out| {
        render::write(&report, plan.format, &plan.style, out)
    });
    let code = match written {
        Ok(()) if code != OK => code,
        Ok(()) => plan.fail_on.map_or(OK, |fail_on| gate(&report, fail_on)),
        Err(e) => {
            let place = plan.output.as_ref().map_or_else(|| "standard output".into(), |p| p.display().to_string());
            terminal::complain(&format!("{place}: {e}"), &[]);
            UNREADABLE
        }
    };
    // The process ends: giving back each name and stack by itself would take longer than printing them.
    std::mem::forget((report, symbols));
    code
}

/// Leaves out what the project has accepted; says which entries are of no use any more.
fn accept(plan: &Plan, report: &mut Report) {
    let (unused, expired) = report.accept(&plan.accepted, terminal::today());
    let file = plan.config.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    let note = |at: usize, what: &str| {
        terminal::note(&format!("{file}: accept entry {} ({}): {what}", at + 1, plan.accepted[at].reason));
    };
    if !plan.quiet {
        expired.iter().for_each(|at| note(*at, "its day has passed; the finding counts again"));
    }
    if plan.verbose {
        unused.iter().for_each(|at| note(*at, "no finding fits it"));
    }
}

/// The exit code of `--fail-on`, and why on standard error.
fn gate(report: &Report, fail_on: Verdict) -> u8 {
    match report.gate(fail_on) {
        Gate::Open => OK,
        Gate::Closed(n) => {
            let new = if report.baseline.is_some() { ", new or worse than the baseline" } else { "" };
            terminal::note(&format!("--fail-on {}: {}{new}", fail_on.word(), report::counted(n as i64, "finding")));
            FOUND
        }
        Gate::CannotTell(why) => {
            terminal::note(&format!("--fail-on {}: none found, but that proves nothing: {why}", fail_on.word()));
            CANNOT_TELL
        }
    }
}

fn triage(plan: &Plan, inputs: &[PathBuf], symbols: &mut Symbols) -> (Option<Report>, u8) {
    let (mut snapshots, mut code) = (Vec::new(), OK);
    for (input, sources) in inputs.iter().zip(read_inputs(plan, inputs, symbols)) {
        let sources = match sources {
            Ok(sources) => sources,
            Err(error) => {
                code = unreadable(&error);
                continue;
            }
        };
        let is_directory = sources.len() > 1 || input.is_dir();
        let mut found = Vec::new();
        for (source, read) in sources {
            match told(plan, &source, read) {
                Ok(read) => found.extend(read),
                // What else lies in a directory needn't be a profile.
                Err(Error { kind: ErrorKind::NotGoroutines(_) | ErrorKind::Empty, .. }) if is_directory => {
                    if !plan.quiet {
                        terminal::note(&format!("{}: no goroutine profile; left out", source.name()));
                    }
                }
                Err(error) => code = unreadable(&error),
            }
        }
        in_time_order(&mut found);
        snapshots.extend(found);
    }
    if snapshots.is_empty() {
        if code == OK {
            terminal::complain("no goroutine profile in the inputs", &[]);
        }
        return (None, UNREADABLE);
    }
    (Some(report::triage(snapshots, symbols, wanted(plan))), code)
}

/// Moments of one program, each input one, or the files of a directory; forms of one moment are merged.
fn trend(plan: &Plan, inputs: &[PathBuf], symbols: &mut Symbols) -> (Option<Report>, u8) {
    let (mut moments, mut code) = (Vec::new(), OK);
    for (input, sources) in inputs.iter().zip(read_inputs(plan, inputs, symbols)) {
        match sources {
            Ok(sources) => {
                let (found, worst) = moments_of(plan, sources, input.is_dir(), symbols);
                moments.extend(found);
                code = code.max(worst);
            }
            Err(error) => code = unreadable(&error),
        }
    }
    one_kind(plan, &mut moments);
    if moments.len() < 2 {
        let hint = "unpark triage reads one moment; trend needs two and tells more with three and more".to_owned();
        terminal::complain("fewer than two moments in the inputs", &[hint]);
        return (None, UNREADABLE);
    }
    in_time_order(&mut moments);
    (Some(report::trend(moments, symbols, wanted(plan))), code)
}

/// A series is of profiles of one kind: what only shows leaked goroutines, or a difference, is no moment among others.
fn one_kind(plan: &Plan, moments: &mut Vec<Snapshot>) {
    let kind = |moment: &Snapshot| (moment.info.profile == ProfileKind::Goroutine, moment.info.delta);
    let Some(wanted) = moments.iter().map(kind).max_by_key(|(whole, delta)| (*whole, !*delta)) else { return };
    moments.retain(|moment| {
        let fits = kind(moment) == wanted;
        if !fits && !plan.quiet {
            terminal::note(&format!("{}: another kind of profile; left out of the series", moment.info.source));
        }
        fits
    });
}

/// The moments that files hold: those with one stem are one in several forms.
fn moments_of(plan: &Plan, sources: Vec<ReadSource>, is_directory: bool, symbols: &Symbols) -> (Vec<Snapshot>, u8) {
    let names: Vec<String> = sources.iter().map(|(source, _)| source.name()).collect();
    let mut sources: Vec<Option<ReadSource>> = sources.into_iter().map(Some).collect();
    let (mut moments, mut code) = (Vec::new(), OK);
    for forms in input::by_moment(&names) {
        let mut snapshots = Vec::new();
        for (source, read) in forms.into_iter().filter_map(|i| sources[i].take()) {
            match told(plan, &source, read) {
                Ok(found) => snapshots.push(found),
                Err(Error { kind: ErrorKind::NotGoroutines(_) | ErrorKind::Empty, .. }) if is_directory => {
                    if !plan.quiet {
                        terminal::note(&format!("{}: no goroutine profile; left out", source.name()));
                    }
                }
                Err(error) => code = unreadable(&error),
            }
        }
        // A file of several dumps is a series of its own.
        if snapshots.iter().all(|found| found.len() == 1) && snapshots.len() > 1 {
            let forms: Vec<Snapshot> = snapshots.into_iter().flatten().collect();
            for difference in compare::forms_disagree(&forms, symbols).iter().filter(|_| plan.verbose) {
                terminal::note(difference);
            }
            moments.push(compare::merge_forms(forms, symbols));
        } else {
            moments.extend(snapshots.into_iter().flatten());
        }
    }
    (moments, code)
}

fn diff(plan: &Plan, before: &Path, after: &Path, symbols: &mut Symbols) -> (Option<Report>, u8) {
    let sources = [before, after].map(one_source);
    let readable: Vec<&Source> = sources.iter().flatten().collect();
    let mut read = read_each(plan, &readable, symbols).into_iter();
    let [before, after] = sources.map(|source| {
        let snapshot = source.and_then(|source| one_moment(plan, &source, read.next().unwrap_or(Ok(Vec::new()))));
        snapshot.map_err(|error| unreadable(&error)).ok()
    });
    match (before, after) {
        (Some(before), Some(after)) => (Some(report::diff(before, after, symbols, wanted(plan))), OK),
        _ => (None, UNREADABLE),
    }
}

/// One moment, as it is judged alone.
fn convert(plan: &Plan, input: &Path, symbols: &mut Symbols) -> (Option<Report>, u8) {
    let source = one_source(input);
    let read = source.and_then(|source| {
        let read = read_each(plan, &[&source], symbols).pop().unwrap_or(Ok(Vec::new()));
        one_moment(plan, &source, read)
    });
    match read {
        Ok(snapshot) => {
            let fewer = snapshot.groups.iter().filter(|group| group.count < 0).count();
            if plan.format == render::Format::Folded && fewer > 0 {
                let stacks = report::counted(fewer as i64, "stack");
                terminal::note(&format!(
                    "{stacks} of which there are fewer are left out: the format has no place for them"
                ));
            }
            (Some(report::triage(vec![snapshot], symbols, wanted(plan))), OK)
        }
        Err(error) => (None, unreadable(&error)),
    }
}

fn wanted(plan: &Plan) -> Wanted<'_> {
    // Tables show labels in whole stacks only, and those where they are asked to.
    let whole = plan.format != render::Format::Table || plan.style.full;
    let accepted = |by: &dyn Fn(&Acceptance) -> bool| plan.accepted.iter().any(by);
    Wanted {
        rules: &plan.rules,
        selection: &plan.selection,
        by: plan.by.as_ref(),
        labels: whole || accepted(&|entry| entry.label.is_some()),
        frames: whole
            || accepted(&|entry| entry.any.is_some())
            || plan.selection.looks_at_frames()
            || plan.by == Some(By::Function),
        source: plan.source.as_ref(),
    }
}

/// The one source that a path stands for.
fn one_source(path: &Path) -> Result<Source> {
    let mut sources = input::expand(path)?;
    match (sources.pop(), sources.len()) {
        (Some(source), 0) => Ok(source),
        (_, others) => {
            let what = format!("holds {} files where one profile is needed", others + 1);
            Err(Error::new(&path.display().to_string(), ErrorKind::Unusable(what)))
        }
    }
}

/// The snapshot to compare: of several in one input, the one with the most goroutines.
fn one_moment(plan: &Plan, source: &Source, read: Result<Vec<Snapshot>>) -> Result<Snapshot> {
    let mut snapshots = told(plan, source, read)?;
    if snapshots.is_empty() {
        return Err(Error::new(&source.name(), ErrorKind::Empty));
    }
    let parts = snapshots.len();
    let largest = (0..parts).max_by_key(|i| snapshots[*i].goroutines()).unwrap_or(0);
    let snapshot = snapshots.swap_remove(largest);
    if parts > 1 && !plan.quiet {
        let (part, n) = (snapshot.info.part, snapshot.goroutines());
        terminal::note(&format!(
            "{} holds {parts} dumps; part {part} with {n} goroutines, the largest, is taken",
            source.name()
        ));
    }
    Ok(snapshot)
}

/// A source and what was read from it.
type ReadSource = (Source, Result<Vec<Snapshot>>);

/// The sources that each input stands for, read.
fn read_inputs(plan: &Plan, inputs: &[PathBuf], symbols: &mut Symbols) -> Vec<Result<Vec<ReadSource>>> {
    let expanded: Vec<Result<Vec<Source>>> = inputs.iter().map(|input| input::expand(input)).collect();
    let sources: Vec<&Source> = expanded.iter().flatten().flatten().collect();
    let mut read = read_each(plan, &sources, symbols).into_iter();
    expanded.into_iter().map(|sources| Ok(sources?.into_iter().zip(read.by_ref()).collect())).collect()
}

fn read_each(plan: &Plan, sources: &[&Source], symbols: &mut Symbols) -> Vec<Result<Vec<Snapshot>>> {
    let hook = |inner, size| terminal::with_progress(inner, size, plan.quiet);
    parse::read_each(sources, symbols, &plan.options, &hook)
}

/// What was read from a source, which is said where the user wants to hear of it.
fn told(plan: &Plan, source: &Source, read: Result<Vec<Snapshot>>) -> Result<Vec<Snapshot>> {
    let snapshots = read?;
    if plan.verbose {
        let goroutines: i64 = snapshots.iter().map(Snapshot::goroutines).sum();
        let groups: usize = snapshots.iter().map(|s| s.groups.len()).sum();
        let name = source.name();
        let dumps = report::counted(snapshots.len() as i64, "dump");
        let (goroutines, groups) = (report::counted(goroutines, "goroutine"), report::counted(groups as i64, "group"));
        terminal::note(&format!("{name}: {dumps}, {goroutines}, {groups}"));
    }
    Ok(snapshots)
}

/// Orders snapshots by their times where all carry one; names order them already. What a process printed when it died or was
/// signalled carries none, and is its last.
fn in_time_order(snapshots: &mut [Snapshot]) {
    let is_last = |s: &Snapshot| s.info.cause.is_some() && s.info.captured_at.is_none();
    if snapshots.iter().all(|s| s.info.captured_at.is_some() || is_last(s)) {
        snapshots.sort_by_key(|s| (is_last(s), s.info.captured_at));
    }
}

fn unreadable(error: &Error) -> u8 {
    terminal::complain(&error.to_string(), &error.hints);
    UNREADABLE
}

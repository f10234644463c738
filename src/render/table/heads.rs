//! What stands above the table: where the snapshots are from, why they were printed, what is missing, and the headline.

use super::moments::MOMENTS_SHOWN;
use super::{ALARM, BOLD, DIM, NO_BREAK, PLAIN, Page, WARN};
use crate::render::text::{clean, counted, cut_middle, function, place, signed, thousands};
use crate::report::{
    BaselineReport, CauseName, CauseReport, Command, FormatName, Group, MatchedBy, ProfileName, SnapshotReport,
    Verdict, WarningReport,
};

/// States shown in the line below the headline.
const STATES_SHOWN: usize = 6;
/// Dumps with a line above the table: the answer shall stand on the first screen.
const HEADS_SHOWN: usize = 6;
/// Lines of a panic's message shown below its first.
const MESSAGE_LINES: usize = 4;

impl Page<'_> {
    pub(super) fn heads(&mut self) {
        let report = self.report;
        let all = report.snapshots.len();
        for snapshot in &report.snapshots {
            if all > HEADS_SHOWN && (HEADS_SHOWN / 2..all - HEADS_SHOWN / 2).contains(&snapshot.index) {
                if snapshot.index == HEADS_SHOWN / 2 {
                    self.line(&format!("… {} more dumps; --format json lists all", all - HEADS_SHOWN), DIM);
                }
                continue;
            }
            let role = match (report.command, snapshot.index) {
                (Command::Diff, 0) => "before  ",
                (Command::Diff, _) => "after   ",
                _ => "",
            };
            let width = self.style.width - role.len();
            let count = if role.is_empty() && report.snapshots.len() > 1 { Some(snapshot.goroutines) } else { None };
            self.line(&format!("{role}{}", source(snapshot, count, width)), DIM);
            if let Some(cause) = &snapshot.cause {
                self.cause(snapshot, cause);
            }
            for warning in &snapshot.warnings {
                let (word, ansi) = match warning.code.as_str() {
                    "unwrapped" | "other-lines" | "nul-bytes" | "other-encoding" => ("note", DIM),
                    _ => ("warning", WARN),
                };
                self.line(&format!("{word}: {}", warned(warning)), ansi);
            }
        }
    }

    pub(super) fn cause(&mut self, snapshot: &SnapshotReport, cause: &CauseReport) {
        let prefix = match cause.kind {
            CauseName::Panic | CauseName::TestTimeout => "panic: ",
            CauseName::Fatal | CauseName::Deadlock => "fatal error: ",
            CauseName::Sigquit | CauseName::Sigabrt | CauseName::Signal => "",
        };
        let mut lines = cause.message.lines().map(clean);
        self.line(&format!("{prefix}{}", lines.next().unwrap_or_default()), ALARM);
        for more in lines.take(MESSAGE_LINES) {
            self.line(&format!("  {more}"), ALARM);
        }
        let Some(id) = cause.goroutine else { return };
        let here = |g: &&Group| g.counts.get(snapshot.index).is_some_and(|n| *n != 0) && g.goroutine_ids.contains(&id);
        if let Some(site) = self.report.groups.iter().find(here).and_then(|g| g.site.as_ref()) {
            let width = self.style.width;
            self.line(&format!("  in goroutine {id}, {}", function(&site.function, width / 2)), BOLD);
            self.line(&format!("  at {}", place(site, width - 5)), BOLD);
        }
    }

    pub(super) fn headline(&mut self) {
        let summary = &self.report.summary;
        let (goroutines, groups) = (summary.goroutines, counted(summary.groups as i64, "group"));
        let active: i64 = ["running", "runnable"].iter().filter_map(|s| summary.by_state.get(*s)).sum();
        let unknown = summary.by_state.get("unknown").copied().unwrap_or(0);
        let all = |wanted: fn(&SnapshotReport) -> bool| self.report.snapshots.iter().all(wanted);
        let sentence = match self.report.command {
            Command::Diff | Command::Trend => self.comparison(),
            Command::Triage if all(|s| s.delta) => {
                let seconds = match &self.report.snapshots[..] {
                    [only] => only.seconds.as_ref().and_then(serde_json::Number::as_f64),
                    _ => None,
                };
                let time = seconds.map_or("over the time of the profiles".into(), |s| format!("within {s:.0} s"));
                match goroutines {
                    0 => format!("As many goroutines as before {time}, in {groups}."),
                    n => format!("{} goroutines {time}, in {groups}.", signed(n)),
                }
            }
            Command::Triage if all(|s| s.profile == ProfileName::GoroutineLeak) => {
                // Go 1.27 may add a record without frames that stands for no leak.
                let proved = |g: &&Group| g.state_detail.leaked == Some(true);
                let leaked = self.report.groups.iter().filter(proved).map(|g| g.count).sum();
                let rest = goroutines - leaked;
                let rest = if rest == 0 { String::new() } else { format!("; {} without a stack", thousands(rest)) };
                format!("{} proved leaked by the runtime{rest}, in {groups}.", counted(leaked, "goroutine"))
            }
            Command::Triage => format!(
                "{} in {groups}: {} wait, {} run or could run{}.",
                self.moments_counted(),
                thousands(goroutines - active - unknown),
                thousands(active),
                if unknown > 0 { format!(", {} can't be told", thousands(unknown)) } else { String::new() }
            ),
        };
        self.line(&sentence, BOLD);
        if let Some(answer) = self.answer() {
            self.line(&answer, BOLD);
        }
        if let Some(baseline) = &self.report.baseline {
            let gone: i64 = baseline.gone.iter().map(|finding| finding.goroutines).sum();
            let gone = match baseline.gone.len() {
                0 => "none gone".to_owned(),
                n => format!("{n} gone ({})", counted(gone, "goroutine")),
            };
            let BaselineReport { new, worse, known, .. } = baseline;
            self.line(&format!("Since the baseline: {new} new, {worse} worse, {known} known, {gone}."), BOLD);
        }
        let mut states: Vec<_> = summary.by_state.iter().collect();
        states.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let mut words: Vec<String> =
            states.iter().take(STATES_SHOWN).map(|(state, n)| format!("{} {}", clean(state), thousands(**n))).collect();
        if states.len() > STATES_SHOWN {
            words.push(counted((states.len() - STATES_SHOWN) as i64, "more state"));
        }
        if !words.is_empty() {
            let when = if self.report.command == Command::Triage { "" } else { "now: " };
            let items: Vec<String> = words.iter().map(|w| w.replace(' ', &NO_BREAK.to_string())).collect();
            self.line(&format!("{when}{}", items.join(&format!("{NO_BREAK}· "))), PLAIN);
        }
    }

    /// How many are stuck, and where most of them.
    fn answer(&self) -> Option<String> {
        let report = self.report;
        let findings = &report.findings;
        let delta = report.snapshots.iter().any(|s| s.delta);
        let Some(first) = findings.first() else {
            return if delta { None } else { self.nothing() };
        };
        let of = |verdict: Verdict| report.summary.by_verdict.get(verdict.word()).copied().unwrap_or(0);
        let counts = [
            (of(Verdict::Leaked), "can never proceed"),
            (of(Verdict::Likely), if of(Verdict::Likely) == 1 { "is likely stuck" } else { "are likely stuck" }),
            (of(Verdict::Suspect), if of(Verdict::Suspect) == 1 { "is worth a look" } else { "are worth a look" }),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{} {words}", thousands(*n))).collect();
        let share = first.share.as_f64().unwrap_or(0.0) * 100.0;
        let of = if delta { " of what came" } else { "" };
        let share = if share < 1.0 { "<1 %".to_owned() } else { format!("{share:.0} %") };
        let lead = if findings.len() == 1 { "one cause" } else { "first" };
        Some(format!("{}; {lead}: {} ({share}{of}).", counts.join(", "), clean(&first.title)))
    }

    /// Nothing stands out, and how far that goes.
    fn nothing(&self) -> Option<String> {
        let unknown = self.report.summary.by_verdict.get(Verdict::Unknown.word()).copied().unwrap_or(0);
        match self.report.command {
            _ if self.report.summary.goroutines <= 1 => None,
            Command::Triage if unknown > 0 => Some(format!(
                "Nothing stands out. One moment can't tell of {} what they are; two can: unpark diff.",
                counted(unknown, "goroutine")
            )),
            _ => Some("No leak found.".into()),
        }
    }

    /// `433 goroutines`; of several moments each, since their sum is nothing that ever was.
    fn moments_counted(&self) -> String {
        let moments = self.report.snapshots.len();
        let all = counted(self.report.summary.goroutines, "goroutine");
        if moments == 1 {
            return all;
        }
        if moments > MOMENTS_SHOWN {
            return format!("{moments} dumps with {all} in all,");
        }
        let at = |i: usize| self.report.groups.iter().filter_map(|g| g.counts.get(i)).sum();
        let each: Vec<String> = (0..moments).map(|i| thousands(at(i))).collect();
        format!("{moments} dumps with {} goroutines,", each.join(" + "))
    }

    fn comparison(&self) -> String {
        let goroutines = |s: Option<&SnapshotReport>| s.map_or(0, |s| s.goroutines);
        let (before, after) = (goroutines(self.report.snapshots.first()), goroutines(self.report.snapshots.last()));
        let frames = self.report.groups.iter().any(|g| g.matched_by == MatchedBy::Frames);
        let how = if frames { " Groups were matched by frames alone where a format hides states." } else { "" };
        format!(
            "{} → {} goroutines ({}).{how}",
            thousands(before),
            thousands(after),
            if before == after { "no more, no fewer".into() } else { signed(after - before) }
        )
    }
}

/// A warning, how often and where first.
pub(super) fn warned(warning: &WarningReport) -> String {
    match times(warning).as_str() {
        "" => warning.message.clone(),
        times => format!("{} ({times})", warning.message),
    }
}

fn times(warning: &WarningReport) -> String {
    let place = match (warning.line, warning.offset) {
        (Some(line), _) => format!("line {line}"),
        (_, Some(offset)) => format!("offset {offset}"),
        _ => String::new(),
    };
    match (warning.count, place.is_empty()) {
        (1, _) => place,
        (n, true) => format!("{} times", thousands(n as i64)),
        (n, false) => format!("{} times, first at {place}", thousands(n as i64)),
    }
}

/// The input, how it was read, and its goroutines where no headline says how many it has.
pub(super) fn source(snapshot: &SnapshotReport, count: Option<i64>, width: usize) -> String {
    let format = match snapshot.format {
        FormatName::Pprof => "profile.proto",
        FormatName::Debug1 => "debug=1",
        FormatName::Debug2 => "debug=2",
        FormatName::Crash => "crash dump",
    };
    let mut words = vec![format.to_owned()];
    words.extend((snapshot.part > 1).then(|| format!("part {}", snapshot.part)));
    words.extend(snapshot.go_version.clone());
    words.extend(snapshot.captured_at.as_ref().map(|t| t.split('.').next().unwrap_or(t).replace('T', " ") + " UTC"));
    words.extend(count.map(|n| counted(n, "goroutine")));
    let words = words.join(", ");
    format!("{} ({words})", cut_middle(&clean(&snapshot.source), width.saturating_sub(words.len() + 3).max(16)))
}

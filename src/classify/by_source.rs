//! What the source adds to the judgement on a cluster: the cause where it shows one, the lines, or why it tells nothing.

use super::cause::{self, Cause};
use super::cluster::Cluster;
use super::evidence::{Evidence, EvidenceKind};
use super::observe::doing;
use super::scene::Scene;
use super::words::{counted, function, place, place_of};
use crate::model::{FrameId, StackGroup, Wait};
use crate::source::{
    CaseKind, Examined, LockFacts, Readings, Role, Section, SiteFacts, SourcePlace, SourceView, Unsure,
};

/// Groups of one cluster whose source is asked: they wait at one place.
const GROUPS: usize = 20;
/// Lines shown on each side of one that matters.
const CONTEXT: u64 = 2;

/// What the source tells of a cluster.
#[derive(Clone, Default)]
pub(super) struct BySource {
    /// The cause that it shows.
    pub cause: Option<Cause>,
    /// The lines.
    pub view: Option<SourceView>,
    /// Why nothing is concluded, or what speaks against a leak.
    pub remark: Option<Evidence>,
    /// A timer's case ends the wait by itself.
    pub timed: bool,
    /// The lock that they wait for.
    pub lock: Option<LockFacts>,
}

/// Asks the source of a cluster's groups: the first of which it tells something.
pub(super) fn ask(cluster: &Cluster, readings: &Readings) -> BySource {
    let asked = cluster.groups.iter().take(GROUPS).filter_map(|group| readings.of(*group));
    let mut unsure = None;
    for examined in asked {
        match examined {
            Examined::Facts(facts) => return told(facts, readings),
            Examined::Unsure(why) => {
                unsure.get_or_insert(why);
            }
        }
    }
    BySource { remark: unsure.map(doubt), ..BySource::default() }
}

fn told(facts: &SiteFacts, readings: &Readings) -> BySource {
    let cause = cause::cause(facts);
    let timer = facts.cases.iter().find(|case| case.leaves && matches!(case.kind, CaseKind::Timer | CaseKind::Ticker));
    let ends = timer.map(|case| {
        format!("the case of a timer at {} ends the wait by itself", place_of(&case.place.file, case.place.line))
    });
    // Never the cause of goroutines that stay: it costs memory (time/sleep.go:After).
    let each_time = facts.cases.iter().find(|case| case.timer_each_time && facts.repeats.is_some()).map(|case| {
        let at = place_of(&case.place.file, case.place.line);
        format!("time.After at {at} makes a timer each time round (unpark explain timer-after-loop)")
    });
    let remarks: Vec<String> = ends.into_iter().chain(each_time).collect();
    let remark = (!remarks.is_empty()).then(|| Evidence::new(EvidenceKind::Source, remarks.join("; ")));
    BySource {
        view: view(facts, cause.as_ref(), readings),
        remark,
        timed: timer.is_some(),
        lock: facts.lock.clone(),
        cause,
    }
}

/// The same where the dump shows who is between the lock and its unlock: what that one waits for is the cause, unless the
/// source leaves no other.
pub(super) fn with_holder(source: &BySource, cluster: &Cluster, scene: &Scene<'_>) -> Option<BySource> {
    let lock = source.lock.as_ref().filter(|_| !source.cause.as_ref().is_some_and(|cause| cause.sure))?;
    let (holder, frame, section) = under_the_lock(cluster, scene, lock)?;
    // A library's own channels are its way to wait for a peer.
    let own = scene.symbols.frames(holder.key.stack).next().is_some_and(|leaf| leaf == frame);
    let (pattern, fix) = match holder.key.state.wait {
        Wait::ChanSend | Wait::ChanReceive | Wait::ChanOp | Wait::Select if own => {
            ("lock-and-channel", "wait for the channel after the lock is given back")
        }
        Wait::IoWait | Wait::Sleep | Wait::Syscall | Wait::WaitGroupWait | Wait::Select | Wait::ChanReceive => {
            ("lock-convoy", "wait before the lock is taken, and hold it only to store the result")
        }
        _ => return None,
    };
    let at = scene.symbols.frame_at(frame);
    let culprit = SourcePlace { file: scene.symbols.str(at.file).to_owned(), line: u64::from(at.line) };
    let evidence = format!(
        "{} in {} at {}, between the lock at {} and its unlock, {} and may hold it",
        counted(holder.count, "goroutine"),
        function(frame, scene.symbols),
        place(frame, scene.symbols),
        place_of(&section.place.file, section.place.line),
        doing(holder.key.state.wait).replace("wait ", "waits ").replace("are ", "is "),
    );
    let remedy = format!("in {}: {fix}", section.function);
    let mut source = source.clone();
    // The source and the dump agree.
    if let Some(cause) = source.cause.as_mut().filter(|cause| cause.pattern == pattern) {
        cause.evidence.push(evidence);
        cause.sure = true;
        return Some(source);
    }
    if let Some(view) = &mut source.view {
        view.culprit = Some(culprit.clone());
    }
    source.cause = Some(Cause::of_holder(pattern, evidence, remedy, culprit));
    Some(source)
}

/// The largest group with a frame between the lock and its unlock that isn't about to take it, that frame, and the section.
fn under_the_lock<'s, 'l>(
    cluster: &Cluster,
    scene: &Scene<'s>,
    lock: &'l LockFacts,
) -> Option<(&'s StackGroup, FrameId, &'l Section)> {
    let symbols = scene.symbols;
    let inside = |frame: FrameId| {
        let at = symbols.frame_at(frame);
        let (file, line) = (symbols.str(at.file), u64::from(at.line));
        lock.sections.iter().find(|section| {
            let between = section.place.line < line && line <= section.last_line;
            between
                && section.place.file == file
                && !section.read
                // Lines of a literal within the function may run at any time.
                && symbols.name_of(frame).ends_with(&format!(".{}", section.function))
        })
    };
    let groups = (0..scene.groups.len()).filter(|i| !cluster.groups.contains(i)).filter_map(|i| scene.now(i));
    let found = groups.filter(|group| group.count > 0).filter_map(|group| {
        let (frame, section) = symbols.frames(group.key.stack).find_map(|frame| Some((frame, inside(frame)?)))?;
        Some((group, frame, section))
    });
    found.max_by_key(|(group, ..)| (group.count, std::cmp::Reverse(group.key.stack)))
}

/// The lines that show what is known: one excerpt for each file.
fn view(facts: &SiteFacts, cause: Option<&Cause>, readings: &Readings) -> Option<SourceView> {
    let culprit = cause.and_then(|cause| cause.culprit.clone());
    let mut marks: Vec<(SourcePlace, Role)> = Vec::new();
    marks.extend(culprit.iter().map(|place| (place.clone(), Role::Culprit)));
    marks.push((facts.place.clone(), Role::Blocks));
    if let [spawn] = facts.spawns.as_slice() {
        marks.push((spawn.place.clone(), Role::Go));
    }
    marks.extend(cause.into_iter().flat_map(|cause| cause.marks.iter().cloned()));
    let mut files: Vec<&str> = Vec::new();
    for (place, _) in &marks {
        if !files.contains(&place.file.as_str()) {
            files.push(&place.file);
        }
    }
    let excerpts = files.into_iter().filter_map(|file| {
        let lines: Vec<(u64, Role)> =
            marks.iter().filter(|(place, _)| place.file == file).map(|(place, role)| (place.line, *role)).collect();
        let function = (facts.place.file == file).then_some(facts.function.as_str()).filter(|name| !name.is_empty());
        readings.excerpt(file, function, &lines, CONTEXT)
    });
    let excerpts: Vec<_> = excerpts.collect();
    (!excerpts.is_empty()).then_some(SourceView { culprit, excerpts })
}

/// Why nothing is concluded.
fn doubt(unsure: &Unsure) -> Evidence {
    let text = match unsure {
        Unsure::Missing { file } => {
            format!("the source of {} isn't in the directories that were named", place_of(file, 0))
        }
        Unsure::Refused { file, why } => format!("the source of {} isn't used: {why}", place_of(file, 0)),
        Unsure::Changed { place, why } => format!(
            "the source at {} isn't what ran: {why}; nothing is concluded from it",
            place_of(&place.file, place.line)
        ),
    };
    Evidence::new(EvidenceKind::Source, text)
}

//! What the script works from, as JSON: the tree, the groups that have a place of their own, and sums of the others.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde::Serialize;

use super::hidden::Hidden;
use super::intern::{Frames, Texts};
use super::rank::Ranked;
use super::sum::Sum;
use super::tree::Tree;
use super::{name, words};
use crate::report::{Command, Group, Report, Verdict};

/// Values to choose from in a list.
const STATES: usize = 40;
const PACKAGES: usize = 150;
const LABELS: usize = 100;
/// Moments with counts of their own; of more, some are left out evenly.
pub(super) const MOMENTS: usize = 24;
/// Evidence and findings of one group.
const EVIDENCE: usize = 12;
const FINDINGS: usize = 8;

const VERDICTS: [Verdict; 5] = [Verdict::Leaked, Verdict::Likely, Verdict::Suspect, Verdict::Unknown, Verdict::Normal];

/// The whole.
#[derive(Serialize)]
struct Data {
    comparison: bool,
    /// Whether goroutines of several moments are added up.
    sum: bool,
    moments: Vec<String>,
    verdicts: [&'static str; 5],
    states: Vec<String>,
    packages: Vec<String>,
    labels: Vec<String>,
    /// Labels that the list doesn't have.
    rare_labels: usize,
    texts: Vec<String>,
    /// Function, file and package as texts, and the line; -1 is unknown.
    frames: Vec<[i64; 4]>,
    /// The caller's node and the frame, one after the other; -1 where stacks are merged.
    nodes: Vec<i64>,
    /// The page's findings, by their number.
    findings: Vec<String>,
    groups: Vec<Entry>,
    /// Sums of merged groups, and the names inside them.
    rest: Vec<Sum>,
    names: String,
    merged: usize,
    /// Merged groups of which not all names are known.
    unnamed: usize,
    below: Option<u64>,
}

/// A group, or a sum of merged ones.
#[derive(Default, Serialize)]
pub(super) struct Entry {
    /// Its node.
    pub(super) n: usize,
    /// State, verdict and package, by their places in the lists.
    pub(super) s: usize,
    pub(super) v: usize,
    pub(super) p: usize,
    /// Goroutines: in all, and in each moment.
    pub(super) c: i64,
    pub(super) k: Vec<i64>,
    /// Findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) f: Vec<usize>,
    /// A label and its goroutines, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) l: Vec<i64>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

/// What only a group of its own has.
#[derive(Serialize)]
struct Details {
    id: String,
    /// The state in words.
    w: usize,
    /// Confidence in percent.
    sure: i64,
    /// The frames of the site and the `go` statement.
    at: Option<usize>,
    by: Option<usize>,
    ids: Vec<u64>,
    /// Who stayed, came, went.
    who: Option<[u64; 3]>,
    /// Evidence.
    e: Vec<usize>,
    lock: Option<String>,
    /// Labels beyond the list.
    more: usize,
}

/// The lists that groups are chosen by.
struct Lists {
    states: Ranked,
    packages: Ranked,
    labels: Ranked,
    findings: HashMap<String, Vec<usize>>,
}

pub(super) fn json(report: &Report) -> io::Result<String> {
    let lists = Lists::of(report);
    let (mut texts, mut frames) = (Texts::default(), Frames::default());
    let tree = Tree::of(report, &mut frames, |merged| lists.sums(report, merged).len());
    let moments = moments(report.snapshots.len());
    let mut groups = Vec::with_capacity(tree.kept.len());
    for (place, node) in &tree.kept {
        let group = &report.groups[*place];
        let mut entry = lists.entry(group, *node, &moments);
        entry.details = Some(lists.details(group, &mut texts, &mut frames));
        groups.push(entry);
    }
    let sums = lists.sums(report, &tree.merged);
    let hidden = hidden(report, &tree, &sums);
    let unnamed =
        sums.values().enumerate().filter(|(i, _)| hidden.cut.contains(i)).map(|(_, groups)| groups.len()).sum();
    let sum = |(((node, ..), groups), names): ((&SumKey, &Vec<usize>), String)| Sum {
        entry: lists.sum(report, *node, groups, &moments),
        groups: groups.len(),
        names,
    };
    let rest = sums.iter().zip(hidden.lists).map(sum).collect();
    // Many frames are of merged stacks only.
    let (nodes, frames) = used(&tree, &mut groups, &frames, &mut texts);
    let data = Data {
        comparison: report.command != Command::Triage,
        sum: report.command == Command::Triage && report.snapshots.len() > 1,
        moments: moments.iter().map(|i| moment(report, *i)).collect(),
        verdicts: VERDICTS.map(Verdict::word),
        states: with_rest(&lists.states, "states"),
        packages: with_rest(&lists.packages, "packages"),
        rare_labels: lists.labels.rest,
        labels: lists.labels.values.iter().map(|value| name(value)).collect(),
        texts: texts.all,
        frames,
        nodes,
        findings: report.findings.iter().take(FINDINGS * 50).map(|finding| name(&finding.title)).collect(),
        names: hidden.names,
        merged: tree.merged.len(),
        unnamed,
        below: tree.below,
        groups,
        rest,
    };
    Ok(serde_json::to_string(&data)?)
}

/// The names inside merged stacks: what stands below the box that they are merged in.
fn hidden(report: &Report, tree: &Tree, sums: &BTreeMap<SumKey, Vec<usize>>) -> Hidden {
    let mut above = vec![0_usize; tree.nodes.len()];
    for (i, node) in tree.nodes.iter().enumerate().skip(1) {
        above[i] = above[node.parent] + usize::from(node.frame.is_some());
    }
    let groups = |members: &[usize]| members.iter().map(|place| &report.groups[*place]).collect();
    let boxes: Vec<_> = sums.iter().map(|((node, ..), members)| (above[*node], groups(members))).collect();
    Hidden::of(&boxes)
}

/// Nodes and frames with only what is shown, frames renumbered.
fn used(tree: &Tree, groups: &mut [Entry], frames: &Frames, texts: &mut Texts) -> (Vec<i64>, Vec<[i64; 4]>) {
    let (mut numbers, mut shown) = (HashMap::new(), Vec::new());
    let mut number = |frame: usize| -> usize {
        *numbers.entry(frame).or_insert_with(|| {
            let report = frames.all[frame];
            let mut text = |t: Option<&str>| t.map_or(-1, |t| as_number(texts.of(t)));
            let function = text(Some(&report.function));
            let (file, package) = (text(report.file.as_deref()), text(report.package.as_deref()));
            shown.push([function, file, package, report.line.map_or(-1, i64::from)]);
            shown.len() - 1
        })
    };
    let mut nodes = Vec::with_capacity(tree.nodes.len() * 2);
    for node in &tree.nodes {
        nodes.extend([as_number(node.parent), node.frame.map_or(-1, |frame| as_number(number(frame)))]);
    }
    for details in groups.iter_mut().filter_map(|entry| entry.details.as_mut()) {
        details.at = details.at.map(&mut number);
        details.by = details.by.map(&mut number);
    }
    (nodes, shown)
}

fn as_number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(-1)
}

fn with_rest(ranked: &Ranked, what: &str) -> Vec<String> {
    let mut values: Vec<String> =
        ranked.values.iter().map(|value| if value.is_empty() { "–".into() } else { name(value) }).collect();
    if ranked.rest > 0 {
        values.push(format!("{} more {what}", ranked.rest));
    }
    values
}

/// All moments, or evenly chosen ones with the first and the last.
fn moments(all: usize) -> Vec<usize> {
    if all <= MOMENTS {
        return (0..all).collect();
    }
    (0..MOMENTS).map(|i| i * (all - 1) / (MOMENTS - 1)).collect()
}

fn moment(report: &Report, index: usize) -> String {
    let snapshot = &report.snapshots[index];
    let time = snapshot.captured_at.as_ref().and_then(|t| t.split('.').next()?.split('T').nth(1));
    let time = time.map(|time| time.trim_end_matches('Z'));
    match (report.command, index, time) {
        (Command::Diff, 0, _) => "before".into(),
        (Command::Diff, _, _) => "after".into(),
        (Command::Trend, _, Some(time)) => format!("#{} {}", index + 1, name(time)),
        _ => format!("#{}", index + 1),
    }
}

/// Where a merged group is added up: its node, state, verdict, package and findings.
type SumKey = (usize, usize, usize, usize, Vec<usize>);

impl Lists {
    fn of(report: &Report) -> Self {
        let groups = || report.groups.iter().map(|g| (g, weight(g)));
        let labels: Vec<(String, u64)> = report
            .groups
            .iter()
            .flat_map(|g| g.labels.iter())
            .flat_map(|(key, values)| values.iter().map(move |(value, n)| (label(key, value), n.unsigned_abs())))
            .collect();
        let mut findings: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, finding) in report.findings.iter().enumerate().take(FINDINGS * 50) {
            for id in &finding.groups {
                let of = findings.entry(id.clone()).or_default();
                if of.len() < FINDINGS {
                    of.push(number);
                }
            }
        }
        Lists {
            states: Ranked::new(groups().map(|(g, n)| (g.state.as_str(), n)), STATES),
            packages: Ranked::new(groups().map(|(g, n)| (package(g), n)), PACKAGES),
            labels: Ranked::new(labels.iter().map(|(label, n)| (label.as_str(), *n)), LABELS),
            findings,
        }
    }

    fn key(&self, group: &Group, node: usize) -> SumKey {
        let verdict = VERDICTS.iter().position(|v| *v == group.verdict).unwrap_or(VERDICTS.len() - 1);
        let findings = self.findings.get(&group.id).cloned().unwrap_or_default();
        (node, self.states.place(&group.state), verdict, self.packages.place(package(group)), findings)
    }

    fn entry(&self, group: &Group, node: usize, moments: &[usize]) -> Entry {
        let (n, s, v, p, f) = self.key(group, node);
        let k = moments.iter().map(|i| group.counts.get(*i).copied().unwrap_or(0)).collect();
        let l = self.labels(group).into_iter().flat_map(|(label, n)| [as_number(label), n]).collect();
        Entry { n, s, v, p, c: group.count, k, f, l, details: None }
    }

    /// The goroutines of a group by the labels that the list has.
    fn labels(&self, group: &Group) -> BTreeMap<usize, i64> {
        // Of a group that is gone the labels are those it had.
        if group.count == 0 {
            return BTreeMap::new();
        }
        let all = group.labels.iter().flat_map(|(key, values)| values.iter().map(move |(value, n)| (key, value, n)));
        all.filter_map(|(key, value, n)| Some((self.labels.own_place(&label(key, value))?, *n))).collect()
    }

    fn details<'a>(&self, group: &'a Group, texts: &mut Texts, frames: &mut Frames<'a>) -> Details {
        let all: usize = group.labels.values().map(BTreeMap::len).sum();
        Details {
            id: name(&group.id),
            w: texts.of(&words::state(group)),
            sure: group.confidence.as_f64().map_or(0, |c| (c * 100.0).round() as i64),
            at: group.site.as_ref().map(|frame| frames.of(frame)),
            by: group.creator.as_ref().map(|frame| frames.of(frame)),
            ids: group.goroutine_ids.clone(),
            who: group.identity.as_ref().map(|i| [i.survivors, i.births, i.deaths]),
            e: group.evidence.iter().take(EVIDENCE).map(|evidence| texts.of_sentence(&evidence.text)).collect(),
            lock: group.lock_address.as_deref().map(name),
            more: all.saturating_sub(self.labels(group).len()),
        }
    }

    /// Merged groups by what they are added up by, in an order that depends on nothing else.
    fn sums(&self, report: &Report, merged: &[(usize, usize)]) -> BTreeMap<SumKey, Vec<usize>> {
        let mut sums: BTreeMap<SumKey, Vec<usize>> = BTreeMap::new();
        for (group, node) in merged {
            sums.entry(self.key(&report.groups[*group], *node)).or_default().push(*group);
        }
        sums
    }

    fn sum(&self, report: &Report, node: usize, members: &[usize], moments: &[usize]) -> Entry {
        let mut sum = Entry { k: vec![0; moments.len()], ..Entry::default() };
        let mut labels: BTreeMap<usize, i64> = BTreeMap::new();
        for group in members.iter().map(|place| &report.groups[*place]) {
            let entry = self.entry(group, node, moments);
            (sum.n, sum.s, sum.v, sum.p, sum.f) = (entry.n, entry.s, entry.v, entry.p, entry.f);
            sum.c = sum.c.saturating_add(entry.c);
            sum.k.iter_mut().zip(entry.k).for_each(|(all, n)| *all = all.saturating_add(n));
            for (label, n) in self.labels(group) {
                *labels.entry(label).or_default() += n;
            }
        }
        sum.l = labels.into_iter().flat_map(|(label, n)| [as_number(label), n]).collect();
        sum
    }
}

fn label(key: &str, value: &str) -> String {
    format!("{key}={value}")
}

fn package(group: &Group) -> &str {
    group.site.as_ref().and_then(|site| site.package.as_deref()).unwrap_or_default()
}

/// How much a group counts for the order of lists: its most goroutines.
fn weight(group: &Group) -> u64 {
    group.counts.iter().map(|n| n.unsigned_abs()).max().unwrap_or(0)
}

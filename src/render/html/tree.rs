//! All stacks as one tree, entry first, with what is too narrow to see merged where it is too much for a page.

use std::collections::HashMap;

use super::intern::Frames;
use crate::report::Report;

/// The width of all goroutines: weights are parts of this.
const WHOLE: u128 = 1_000_000_000;
/// Below which part of the width stacks are merged, tried in turn until the page is small enough. Nothing is merged where
/// all fits; from 2,000 on a stack is narrower than a pixel of most screens.
const PARTS: [u128; 11] = [WHOLE, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100];
/// What a page holds at most: measured, a page of so many opens within two seconds and has about two megabytes.
const MOST_NODES: usize = 20_000;
const MOST_GROUPS: usize = 3_000;
/// Numbers in the sums of what is merged.
const MOST_NUMBERS: usize = 240_000;
/// Numbers in one sum besides its moments.
const NUMBERS_EACH: usize = 5;
/// Groups of findings that are kept however narrow: a single proven leak is what the page is for.
const KEPT_FINDINGS: usize = 50;
const KEPT_GROUPS: usize = 4;
/// The largest groups, so that the list of them is never empty.
const KEPT_LARGEST: usize = 50;

/// No node.
const NONE: usize = usize::MAX;

/// A call on the way from the entry.
pub(super) struct Node {
    /// The number of the caller's node; the root is its own.
    pub(super) parent: usize,
    /// The number of its frame; none at the root and where stacks are merged.
    pub(super) frame: Option<usize>,
}

/// The tree as the page shows it.
pub(super) struct Tree {
    /// Callers stand before their callees, each followed by all that is below it.
    pub(super) nodes: Vec<Node>,
    /// Groups that have a place of their own: the group's number and its node's, in the report's order.
    pub(super) kept: Vec<(usize, usize)>,
    /// Groups that are merged: the group's number and the node of what is merged there, in the report's order.
    pub(super) merged: Vec<(usize, usize)>,
    /// Which part of the width merged stacks are below; none where nothing is merged.
    pub(super) below: Option<u64>,
}

impl Tree {
    /// Builds the tree. `remainders` tells how many entries merged groups will need.
    pub(super) fn of<'a>(
        report: &'a Report,
        frames: &mut Frames<'a>,
        remainders: impl Fn(&[(usize, usize)]) -> usize,
    ) -> Self {
        let full = Full::of(report, frames);
        let weights = weights(report);
        let sums = full.sums(&weights);
        let wanted = wanted(report);
        let mut tree = full.cut(0, &weights, &sums, &wanted);
        let moments = report.snapshots.len().min(super::data::MOMENTS);
        let numbers = |merged: &[(usize, usize)]| remainders(merged) * (NUMBERS_EACH + moments);
        for part in PARTS {
            let least = if part == WHOLE { 0 } else { WHOLE / part };
            let nodes = full.kept(least, &sums, &wanted).iter().filter(|kept| **kept).count();
            if nodes > MOST_NODES && part != PARTS[PARTS.len() - 1] {
                continue;
            }
            tree = full.cut(least, &weights, &sums, &wanted);
            tree.below = (least > 0 && !tree.merged.is_empty()).then(|| u64::try_from(part).unwrap_or(0));
            if tree.kept.len() <= MOST_GROUPS && numbers(&tree.merged) <= MOST_NUMBERS {
                break;
            }
        }
        tree
    }
}

/// Each group's largest part of any moment's goroutines.
fn weights(report: &Report) -> Vec<u128> {
    let moments = report.snapshots.len();
    let totals: Vec<u128> = (0..moments)
        .map(|i| report.groups.iter().filter_map(|g| g.counts.get(i)).map(|n| u128::from(n.unsigned_abs())).sum())
        .collect();
    let weight = |counts: &[i64]| {
        let parts = counts.iter().zip(&totals).map(|(n, all)| u128::from(n.unsigned_abs()) * WHOLE / (*all).max(1));
        parts.max().unwrap_or(0)
    };
    report.groups.iter().map(|group| weight(&group.counts)).collect()
}

/// Groups that stay however narrow: the largest, those of the worst findings, and the goroutine that ended the process.
fn wanted(report: &Report) -> Vec<bool> {
    let places: HashMap<&str, usize> = report.groups.iter().enumerate().map(|(i, g)| (g.id.as_str(), i)).collect();
    let mut wanted: Vec<bool> = (0..report.groups.len()).map(|i| i < KEPT_LARGEST).collect();
    for finding in report.findings.iter().take(KEPT_FINDINGS) {
        for place in finding.groups.iter().take(KEPT_GROUPS).filter_map(|id| places.get(id.as_str())) {
            wanted[*place] = true;
        }
    }
    for id in report.snapshots.iter().filter_map(|snapshot| snapshot.cause.as_ref()?.goroutine) {
        if let Some(place) = report.groups.iter().position(|group| group.goroutine_ids.contains(&id)) {
            wanted[place] = true;
        }
    }
    wanted
}

/// The tree of all stacks.
struct Full {
    nodes: Vec<Node>,
    /// Each group's node.
    leaves: Vec<usize>,
}

impl Full {
    fn of<'a>(report: &'a Report, frames: &mut Frames<'a>) -> Self {
        let mut nodes = vec![Node { parent: 0, frame: None }];
        let mut calls: HashMap<(usize, usize), usize> = HashMap::new();
        let mut leaf = |group: &'a crate::report::Group| {
            let mut at = 0;
            for frame in group.frames.iter().rev() {
                let frame = frames.of(frame);
                at = *calls.entry((at, frame)).or_insert_with(|| {
                    nodes.push(Node { parent: at, frame: Some(frame) });
                    nodes.len() - 1
                });
            }
            at
        };
        let leaves = report.groups.iter().map(&mut leaf).collect();
        Full { nodes, leaves }
    }

    /// What each node and all below it weigh. A caller stands before its callees.
    fn sums(&self, weights: &[u128]) -> Vec<u128> {
        let mut sums = vec![0; self.nodes.len()];
        for (leaf, weight) in self.leaves.iter().zip(weights) {
            sums[*leaf] += weight;
        }
        for i in (1..sums.len()).rev() {
            sums[self.nodes[i].parent] += sums[i];
        }
        sums
    }

    /// Nodes that are wide enough, or on the way to a group that stays.
    fn kept(&self, least: u128, sums: &[u128], wanted: &[bool]) -> Vec<bool> {
        let mut kept: Vec<bool> = sums.iter().map(|sum| *sum >= least).collect();
        kept[0] = true;
        for (leaf, _) in self.leaves.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
            let mut at = *leaf;
            while !kept[at] {
                kept[at] = true;
                at = self.nodes[at].parent;
            }
        }
        kept
    }

    /// The tree without what is narrower than `least`.
    fn cut(&self, least: u128, weights: &[u128], sums: &[u128], wanted: &[bool]) -> Tree {
        let kept = self.kept(least, sums, wanted);
        // Where what is cut from below a node goes.
        let mut has_more = vec![false; self.nodes.len()];
        let homes: Vec<(usize, bool)> = (0..self.leaves.len())
            .map(|group| {
                let mut at = self.leaves[group];
                let stays = kept[at] && (weights[group] >= least || wanted[group]);
                while !kept[at] {
                    at = self.nodes[at].parent;
                }
                has_more[at] |= !stays;
                (at, stays)
            })
            .collect();
        let (nodes, numbers, more) = self.in_order(&kept, sums, &has_more);
        let (mut own, mut merged) = (Vec::new(), Vec::new());
        for (group, (home, stays)) in homes.into_iter().enumerate() {
            if stays {
                own.push((group, numbers[home]));
            } else {
                merged.push((group, more[home]));
            }
        }
        Tree { nodes, kept: own, merged, below: None }
    }

    /// The nodes that stay, the widest callee first and what is merged last; their new numbers, and those of the merged.
    fn in_order(&self, kept: &[bool], sums: &[u128], has_more: &[bool]) -> (Vec<Node>, Vec<usize>, Vec<usize>) {
        let mut callees: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for i in (1..self.nodes.len()).filter(|i| kept[*i]) {
            callees[self.nodes[i].parent].push(i);
        }
        let mut nodes = Vec::new();
        let (mut numbers, mut more) = (vec![NONE; self.nodes.len()], vec![NONE; self.nodes.len()]);
        // The caller's new number, and the node, or none for what is merged there.
        let mut open = vec![(0, 0, true)];
        while let Some((parent, at, is_node)) = open.pop() {
            let number = nodes.len();
            nodes.push(Node { parent, frame: self.nodes[at].frame.filter(|_| is_node) });
            if !is_node {
                more[at] = number;
                continue;
            }
            numbers[at] = number;
            if has_more[at] {
                open.push((number, at, false));
            }
            let mut below = std::mem::take(&mut callees[at]);
            // The last pushed comes first; of equals, the one that the report has first.
            below.sort_by(|a, b| sums[*a].cmp(&sums[*b]).then_with(|| b.cmp(a)));
            open.extend(below.into_iter().map(|callee| (number, callee, true)));
        }
        (nodes, numbers, more)
    }
}

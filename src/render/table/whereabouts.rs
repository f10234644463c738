//! What a row says of its group: the state, where it blocks, who made it, who stayed.

use crate::render::text::{clean, cut_middle, function, place, short_place, thousands};
use crate::report::{FrameReport, Group, MatchedBy};

/// Labels shown of a group with `--full`.
const LABELS_SHOWN: usize = 8;

/// The state with its details, and the waits below.
pub(super) fn state(group: &Group) -> String {
    let detail = &group.state_detail;
    let mut text = clean(&group.state);
    for (mark, set) in
        [(" (nil chan)", detail.nil_channel), (" (no cases)", detail.no_cases), (" (leaked)", detail.leaked)]
    {
        if set == Some(true) {
            text.push_str(mark);
        }
    }
    if let Some(waits) = &group.wait_minutes {
        let range =
            if waits.min == waits.max { waits.max.to_string() } else { format!("{}–{}", waits.min, waits.max) };
        text.push_str(&format!("\n{range} min"));
    }
    text
}

/// Where a group blocks: its site, or its whole stack.
pub(super) fn where_lines(group: &Group, width: usize, creator_elsewhere: bool, full: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let frames = if full { group.frames.as_slice() } else { group.site.as_slice() };
    for frame in frames {
        lines.push(function(&frame.function, width));
        let at = place(frame, width.saturating_sub(if full { 4 } else { 0 }));
        if !at.is_empty() {
            lines.push(if full { format!("    {at}") } else { at });
        }
    }
    if lines.is_empty() {
        lines.push("(no frames)".into());
    }
    if !creator_elsewhere {
        match (&group.creator, root(group)) {
            (Some(creator), _) => lines.push(linked("created by", creator, width)),
            (None, Some(entry)) if !full => lines.push(linked("entry", entry, width)),
            _ => {}
        }
    }
    if let Some(who) = &group.identity
        && group.counts.iter().all(|count| *count != 0)
    {
        let [stayed, came, went] = [who.survivors, who.births, who.deaths].map(|n| thousands(n as i64));
        lines.push(format!("{stayed} stayed, {came} came, {went} went"));
    }
    if group.matched_by == MatchedBy::Functions {
        lines.push("(lines moved in a new build)".into());
    }
    if full {
        lines.extend(labels(group, width));
        lines.push(String::new());
    }
    lines
}

/// Who made a group, for a column of its own.
pub(super) fn creator_lines(group: &Group, width: usize) -> Vec<String> {
    match (&group.creator, root(group)) {
        (Some(creator), _) => vec![function(&creator.function, width), place(creator, width)],
        (None, Some(entry)) => vec![format!("entry {}", function(&entry.function, width.saturating_sub(6)))],
        (None, None) => Vec::new(),
    }
}

/// Formats without a creator show the entry instead, where the site doesn't already.
fn root(group: &Group) -> Option<&FrameReport> {
    group.entry.as_deref().filter(|entry| group.site.as_ref().is_some_and(|site| site.function != entry.function))
}

/// `created by NAME FILE:LINE` on one line.
fn linked(what: &str, frame: &FrameReport, width: usize) -> String {
    let at = short_place(frame);
    let room = width.saturating_sub(what.len() + at.chars().count() + 2);
    cut_middle(&format!("{what} {} {at}", function(&frame.function, room)), width)
}

fn labels(group: &Group, width: usize) -> Vec<String> {
    let mut all: Vec<(i64, String)> = Vec::new();
    for (key, values) in &group.labels {
        all.extend(values.iter().map(|(value, n)| (*n, format!("{}={} ×{}", clean(key), clean(value), thousands(*n)))));
    }
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let more = all.len().saturating_sub(LABELS_SHOWN);
    let mut lines: Vec<String> =
        all.into_iter().take(LABELS_SHOWN).map(|(_, text)| cut_middle(&format!("label {text}"), width)).collect();
    if more > 0 {
        lines.push(format!("… {more} more labels"));
    }
    lines
}

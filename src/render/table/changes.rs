//! The tables of a comparison: what became of each group.

use comfy_table::{Attribute, Cell, Color};

use super::grid::{Column, Grid};
use super::whereabouts::state;
use super::{BOLD, DIM, Page};
use crate::render::text::{counted, signed, thousands};
use crate::report::Group;

/// What became of a group between two moments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Grown,
    New,
    Shrunk,
    Gone,
    Unchanged,
}

impl Change {
    fn of(group: &Group) -> Self {
        let (first, last) = ends(group);
        match (first, last) {
            _ if first == last => Change::Unchanged,
            (0, _) => Change::New,
            (_, 0) => Change::Gone,
            _ if last > first => Change::Grown,
            _ => Change::Shrunk,
        }
    }
}

fn ends(group: &Group) -> (i64, i64) {
    (group.counts.first().copied().unwrap_or(0), group.counts.last().copied().unwrap_or(0))
}

impl Page<'_> {
    pub(super) fn changes(&mut self) {
        let report = self.report;
        let full = self.style.full;
        // What findings say needn't be said again.
        let shown = |g: &&Group| !g.own && (full || !g.verdict.is_finding());
        let of = |wanted: Change| report.groups.iter().filter(shown).filter(move |g| Change::of(g) == wanted);
        let kinds = [(Change::Grown, "GREW"), (Change::New, "NEW"), (Change::Shrunk, "SHRANK"), (Change::Gone, "GONE")];
        let mut quiet = true;
        for (kind, title) in kinds {
            let mut groups: Vec<&Group> = of(kind).collect();
            if !groups.is_empty() {
                quiet = false;
                groups.sort_by(|a, b| {
                    let size = |g: &Group| g.delta.unwrap_or(0).unsigned_abs();
                    size(b).cmp(&size(a)).then_with(|| b.count.cmp(&a.count)).then_with(|| a.id.cmp(&b.id))
                });
                self.text.push('\n');
                self.change(&groups, title);
            }
        }
        if quiet && report.findings.is_empty() {
            self.line("Nothing grew, shrank, came or went.", BOLD);
        }
        let unchanged: Vec<&Group> = of(Change::Unchanged).collect();
        if !unchanged.is_empty() {
            let goroutines: i64 = unchanged.iter().map(|g| g.count).sum();
            let (groups, goroutines) = (counted(unchanged.len() as i64, "group"), counted(goroutines, "goroutine"));
            self.text.push('\n');
            self.line(&format!("unchanged in number: {groups} with {goroutines}{}", turnover(&unchanged)), DIM);
        }
    }

    fn change(&mut self, groups: &[&Group], title: &str) {
        let mut grid = Grid::of_groups(vec![Column::number(title), Column::text("STATE")], self.style);
        let shown = self.top().min(groups.len());
        for group in &groups[..shown] {
            let delta = group.delta.unwrap_or(0);
            let (first, last) = ends(group);
            let color = if delta > 0 { Color::Red } else { Color::Green };
            let change = format!("{}\n{} → {}", signed(delta), thousands(first), thousands(last));
            let cells = vec![Cell::new(change).add_attribute(Attribute::Bold).fg(color), Cell::new(state(group))];
            grid.row(cells, group);
        }
        grid.write(&mut self.text);
        if shown < groups.len() {
            let rest: i64 = groups[shown..].iter().filter_map(|g| g.delta).sum();
            let more = counted((groups.len() - shown) as i64, "more group");
            self.more(&format!("{more} with {} goroutines", signed(rest)));
        }
    }
}

/// Equal counts may hide that all goroutines are others.
fn turnover(groups: &[&Group]) -> String {
    let known: Vec<_> = groups.iter().filter_map(|g| g.identity.as_ref()).collect();
    if known.is_empty() {
        return String::new();
    }
    let (stayed, came): (u64, u64) = (known.iter().map(|i| i.survivors).sum(), known.iter().map(|i| i.births).sum());
    format!("; {} stayed, {} were replaced", thousands(stayed as i64), thousands(came as i64))
}

//! The table of a triage.

use comfy_table::{Attribute, Cell};

use super::Page;
use super::grid::{Column, Grid};
use super::whereabouts::state;
use crate::render::text::{counted, signed, thousands};
use crate::report::{Group, Verdict};

/// Up to so many moments have columns of their own.
pub(super) const MOMENTS_SHOWN: usize = 4;

impl Page<'_> {
    pub(super) fn moments(&mut self) {
        let groups: Vec<&Group> = self.report.groups.iter().filter(|g| !g.own && self.is_of_the_rest(g)).collect();
        let healthy = !self.style.full && self.healthy();
        if !groups.is_empty() && (healthy || !self.report.findings.is_empty()) {
            self.text.push('\n');
        }
        let moments = self.report.snapshots.len();
        let is_delta = self.report.snapshots.iter().all(|snapshot| snapshot.delta);
        let several = (2..=MOMENTS_SHOWN).contains(&moments);
        let mut head = vec![Column::number("COUNT")];
        if several {
            head.extend((1..=moments).map(|n| Column::number(&format!("#{n}"))));
        }
        head.push(Column::text("STATE"));
        let mut grid = Grid::of_groups(head, self.style);
        let shown = self.top().min(groups.len());
        for group in &groups[..shown] {
            let count = if is_delta {
                signed(group.count)
            } else {
                format!("{}{}", thousands(group.count), share(group.count, self.report.summary.goroutines))
            };
            let mut cells = vec![Cell::new(count).add_attribute(Attribute::Bold)];
            if several {
                cells.extend(group.counts.iter().map(|n| Cell::new(thousands(*n))));
            }
            cells.push(Cell::new(state(group)));
            grid.row(cells, group);
        }
        grid.write(&mut self.text);
        let rest: i64 = groups[shown..].iter().map(|g| g.count).sum();
        if shown < groups.len() {
            let more = counted((groups.len() - shown) as i64, "more group");
            self.more(&format!("{more} with {}", counted(rest, "goroutine")));
        }
    }
}

impl Page<'_> {
    /// Neither part of a finding nor known to be healthy; `--full` shows all stacks.
    pub(super) fn is_of_the_rest(&self, group: &Group) -> bool {
        self.style.full || group.verdict == Verdict::Unknown
    }
}

/// A line with the share of all, where that is a percent or more.
fn share(count: i64, all: i64) -> String {
    let percent = if all > 0 { count.saturating_mul(100) / all } else { 0 };
    if (1..=100).contains(&percent) { format!("\n{percent} %") } else { String::new() }
}

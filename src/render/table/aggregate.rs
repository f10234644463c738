//! The table of `--by`.

use comfy_table::{Attribute, Cell};

use super::grid::{Column, Grid};
use super::moments::MOMENTS_SHOWN;
use super::{DIM, Page};
use crate::render::text::{clean, counted, cut_middle, function, signed, thousands};
use crate::report::{Aggregate, AggregateRow};

/// A column of a moment: a number of six digits and a gap.
const MOMENT_WIDE: usize = 9;

impl Page<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate) {
        let is_comparison = aggregate.rows.iter().any(|row| row.delta.is_some());
        let count = Column::number(if is_comparison { "CHANGE" } else { "COUNT" });
        let moments = self.report.snapshots.len();
        let several = !is_comparison && (2..=MOMENTS_SHOWN).contains(&moments);
        let mut head = vec![count];
        if several {
            head.extend((1..=moments).map(|n| Column::number(&format!("#{n}"))));
        }
        head.extend([Column::number("GROUPS"), Column::text(&aggregate.by.to_uppercase())]);
        let mut grid = Grid::new(head, self.style);
        // In a comparison, what stayed as it was is no answer.
        let rows: Vec<&AggregateRow> = aggregate.rows.iter().filter(|row| row.delta != Some(0)).collect();
        let shown = self.top().min(rows.len());
        let moments_wide = if several { moments * MOMENT_WIDE } else { 0 };
        let width = self.style.width.saturating_sub(moments_wide + if is_comparison { 32 } else { 22 });
        for row in &rows[..shown] {
            let count = match row.delta {
                Some(delta) => {
                    let (first, last) = (row.counts.first().unwrap_or(&0), row.counts.last().unwrap_or(&0));
                    format!("{}\n{} → {}", signed(delta), thousands(*first), thousands(*last))
                }
                None => thousands(row.count),
            };
            let key = row.key.as_deref().map_or_else(|| "(none)".to_owned(), clean);
            let lines = match key.split_once(' ') {
                Some((name, at)) if matches!(aggregate.by.as_str(), "site" | "creator") => {
                    format!("{}\n{}", function(name, width), cut_middle(at, width))
                }
                _ => function(&key, width),
            };
            let mut cells = vec![Cell::new(count).add_attribute(Attribute::Bold)];
            if several {
                cells.extend(row.counts.iter().map(|n| Cell::new(thousands(*n))));
            }
            cells.extend([Cell::new(thousands(row.groups as i64)), Cell::new(lines)]);
            grid.plain_row(cells);
        }
        grid.write(&mut self.text);
        if shown < rows.len() {
            self.more(&format!("{} more", rows.len() - shown));
        }
        if rows.len() < aggregate.rows.len() {
            let same = counted((aggregate.rows.len() - rows.len()) as i64, "more");
            self.line(&format!("unchanged in number: {}", same.trim_end_matches('s')), DIM);
        }
    }
}

//! A table without lines: fixed columns, and for groups one or two that say where, fitted into what is left.

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Row, Table, presets};

use super::whereabouts::{creator_lines, where_lines};
use crate::render::text::{Style, columns};
use crate::report::Group;

/// From this width on, the creator has a column of its own.
const WIDE: usize = 120;
/// Less can't be read; a narrower terminal wraps.
const LEAST_ROOM: usize = 30;
const GAP: usize = 2;

/// A column's title and side.
pub(super) struct Column {
    title: String,
    is_number: bool,
}

impl Column {
    pub(super) fn number(title: &str) -> Self {
        Column { title: title.into(), is_number: true }
    }

    pub(super) fn text(title: &str) -> Self {
        Column { title: title.into(), is_number: false }
    }
}

pub(super) struct Grid<'a> {
    columns: Vec<Column>,
    rows: Vec<(Vec<Cell>, Option<&'a Group>)>,
    style: Style,
    has_creator: bool,
}

impl<'a> Grid<'a> {
    /// A table of the given columns.
    pub(super) fn new(columns: Vec<Column>, style: &Style) -> Self {
        Grid { columns, rows: Vec::new(), style: style.clone(), has_creator: false }
    }

    /// A table of groups: the given columns, then where they block and who made them.
    pub(super) fn of_groups(mut columns: Vec<Column>, style: &Style) -> Self {
        let has_creator = style.width >= WIDE && !style.full;
        columns.push(Column::text("WHERE"));
        if has_creator {
            columns.push(Column::text("CREATED BY"));
        }
        Grid { columns, rows: Vec::new(), style: style.clone(), has_creator }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>, group: &'a Group) {
        self.rows.push((cells, Some(group)));
    }

    pub(super) fn plain_row(&mut self, cells: Vec<Cell>) {
        self.rows.push((cells, None));
    }

    pub(super) fn write(self, out: &mut String) {
        if self.rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.style.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let titles = self.columns.iter().map(|c| Cell::new(&c.title).add_attribute(Attribute::Dim));
        table.set_header(Row::from(titles.collect::<Vec<_>>()));
        let (site, creator) = self.room();
        for (mut cells, group) in self.rows {
            if let Some(group) = group {
                cells.push(Cell::new(where_lines(group, site, self.has_creator, self.style.full).join("\n")));
                if self.has_creator {
                    cells.push(Cell::new(creator_lines(group, creator).join("\n")));
                }
            }
            table.add_row(cells);
        }
        for (i, column) in self.columns.iter().enumerate() {
            if let Some(drawn) = table.column_mut(i) {
                drawn.set_padding((0, GAP as u16));
                if column.is_number {
                    drawn.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        for line in table.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }

    /// The widths of the last two columns.
    fn room(&self) -> (usize, usize) {
        let given = self.rows.first().map_or(0, |(cells, _)| cells.len());
        let fixed: usize = (0..given).map(|i| self.width_of(i) + GAP).sum();
        let room = self.style.width.saturating_sub(fixed).max(LEAST_ROOM);
        if self.has_creator {
            let site = (room - GAP) * 3 / 5;
            (site, room - GAP - site)
        } else {
            (room, 0)
        }
    }

    fn width_of(&self, column: usize) -> usize {
        let title = self.columns.get(column).map_or(0, |c| columns(&c.title));
        let widest = |cell: &Cell| cell.content().lines().map(columns).max().unwrap_or(0);
        self.rows.iter().filter_map(|(cells, _)| cells.get(column)).map(widest).max().unwrap_or(0).max(title)
    }
}

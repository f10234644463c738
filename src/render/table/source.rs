//! The lines of source that a finding is about, in the table.

use super::findings::MARGIN;
use super::{ALARM, BOLD, DIM, PLAIN, Page};
use crate::render::source::{Block, Line, MOST, Row, blocks};
use crate::render::text::{counted, cut_end, cut_middle, function};
use crate::report::Finding;

/// Lines shown where `--full` doesn't ask for all: three findings shall stand on the first screens.
const LINES_SHOWN: usize = 12;

impl Page<'_> {
    pub(super) fn source(&mut self, finding: &Finding) {
        let (blocks, left_out) = blocks(finding, if self.style.full { MOST } else { LINES_SHOWN });
        let columns = columns(&blocks);
        for (i, block) in blocks.iter().enumerate() {
            let text = self.block_head(block);
            self.entry(if i == 0 { "source" } else { "" }, &text, PLAIN);
            self.rows(block, columns);
        }
        if left_out > 0 {
            let how = if self.style.full { "--format json has all" } else { "--full shows them" };
            self.entry("", &format!("… {}; {how}", counted(left_out as i64, "more line")), DIM);
        }
    }

    fn block_head(&self, block: &Block) -> String {
        let room = self.style.width.saturating_sub(MARGIN + 4);
        let Some(name) = &block.function else { return cut_middle(&block.place, room) };
        let name = function(name, room / 2);
        let place = cut_middle(&block.place, room.saturating_sub(name.chars().count() + 2));
        format!("{name}  {place}")
    }

    fn rows(&mut self, block: &Block, columns: (usize, usize)) {
        let (words, digits) = columns;
        for row in &block.rows {
            match row {
                Row::Gap => self.two_toned(&format!("  {:words$}{:>digits$}", "", "…"), "", PLAIN),
                Row::Line(line) => self.source_line(line, columns),
            }
        }
    }

    /// `  blocks   29 │ c <- 1`
    fn source_line(&mut self, line: &Line, (words, digits): (usize, usize)) {
        let room = self.style.width.saturating_sub(2 + words + digits + 3);
        let (word, number, text) = (&line.words, line.number, cut_end(&line.text, room));
        if !self.style.color {
            self.two_toned("", &format!("  {word:words$}{number:>digits$} │ {text}"), PLAIN);
            return;
        }
        let (mark, code) = match (line.is_culprit, word.is_empty()) {
            (true, _) => (ALARM, BOLD),
            (false, false) => (BOLD, PLAIN),
            (false, true) => (DIM, DIM),
        };
        self.text
            .push_str(&format!("  {mark}{word:words$}{mark:#}{DIM}{number:>digits$} │{DIM:#} {code}{text}{code:#}\n"));
    }
}

/// How wide the words before the lines are, and their numbers.
fn columns(blocks: &[Block]) -> (usize, usize) {
    let rows = blocks.iter().flat_map(|block| &block.rows);
    let lines = rows.filter_map(|row| if let Row::Line(line) = row { Some(line) } else { None });
    lines.fold((MARGIN, 1), |(words, digits), line| {
        (words.max(line.words.len() + 2), digits.max(line.number.to_string().len()))
    })
}

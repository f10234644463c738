//! What the user says stands before each line: `--strip`.

use regex::bytes::Regex;

use super::layer::{Part, Undo};

/// Takes matches away from the beginnings of lines.
pub(super) struct Strip {
    patterns: Vec<Regex>,
}

impl Strip {
    pub(super) fn new(patterns: &[Regex]) -> Self {
        Strip { patterns: patterns.to_vec() }
    }
}

impl Undo for Strip {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let mut text = part.text;
        for pattern in self.patterns.iter().filter(|_| part.starts) {
            text = pattern.find(text).filter(|found| found.start() == 0).map_or(text, |found| &text[found.end()..]);
        }
        out.extend_from_slice(text);
        out.extend_from_slice(part.end);
    }
}

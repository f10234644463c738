//! Lines that a shipper delivered twice, one after the other. What a dump itself repeats, as the frames of a recursion,
//! stands there four times then.

use super::layer::{Part, Undo};

/// Leaves out lines that repeat the one before.
#[derive(Debug, Default)]
pub(super) struct Twice {
    last: Vec<u8>,
}

impl Undo for Twice {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let is_whole = part.starts && part.ends;
        if is_whole && part.text == self.last {
            // A third one is another.
            self.last.clear();
            return;
        }
        self.last.clear();
        if is_whole {
            self.last.extend_from_slice(part.text);
        }
        out.extend_from_slice(part.text);
        out.extend_from_slice(part.end);
    }
}

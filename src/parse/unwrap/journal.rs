//! The export format of systemd's journal: a field a line, entries parted by empty lines
//! (systemd.io/JOURNAL_EXPORT_FORMATS). A field that holds line ends or control characters has its length in eight bytes on
//! the next line, and then its bytes.

use super::layer::{Part, Undo};

/// The field with the text.
pub(super) const MESSAGE: &[u8] = b"MESSAGE=";

/// Takes the messages out of entries.
#[derive(Debug, Default)]
pub(super) struct Journal {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Between fields
    #[default]
    Fields,
    /// In a message of one line
    Message,
    /// Before the length of a message
    Length,
    /// In a message of so many bytes more
    Bytes(u64),
}

impl Undo for Journal {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let mut text = part.text;
        if self.state == State::Length {
            let (length, rest) = text.split_at(text.len().min(8));
            self.state = length.try_into().map_or(State::Fields, |bytes| State::Bytes(u64::from_le_bytes(bytes)));
            text = rest;
        }
        if let State::Bytes(left) = self.state {
            out.extend_from_slice(text);
            out.extend_from_slice(if part.ends { b"\n" } else { b"" });
            let left = left.saturating_sub((text.len() + part.end.len()) as u64);
            self.state = if left == 0 { State::Fields } else { State::Bytes(left) };
            return;
        }
        if part.starts {
            self.state = match text.strip_prefix(MESSAGE) {
                Some(message) => {
                    text = message;
                    State::Message
                }
                None if text == b"MESSAGE" => State::Length,
                None => State::Fields,
            };
        }
        if self.state == State::Message {
            out.extend_from_slice(text);
            out.extend_from_slice(part.end);
        }
    }
}

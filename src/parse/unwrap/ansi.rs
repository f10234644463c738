//! Colours and other escape sequences of terminals (ECMA-48), taken out.

use super::layer::{Part, Undo};

/// Takes escape sequences out.
#[derive(Debug, Default)]
pub(super) struct Ansi {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind ESC
    Escape,
    /// Behind ESC [, until a letter or so
    Control,
    /// Behind ESC ] and the like, until BEL or ESC \
    Command,
    /// ESC within that
    CommandEscape,
}

impl Undo for Ansi {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let mut rest = part.text;
        if part.starts {
            // A sequence that isn't ended by its line is no sequence.
            self.state = State::Text;
        }
        while let Some(byte) = rest.first() {
            if self.state == State::Text {
                let plain = memchr::memchr(0x1b, rest).unwrap_or(rest.len());
                out.extend_from_slice(&rest[..plain]);
                if plain == rest.len() {
                    break;
                }
                self.state = State::Escape;
                rest = &rest[plain + 1..];
                continue;
            }
            self.state = match (self.state, *byte) {
                (State::Escape, b'[') => State::Control,
                (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => State::Command,
                (State::Control, 0x20..=0x3f) => State::Control,
                (State::Command, 0x1b) => State::CommandEscape,
                (State::Command, 0x07) => State::Text,
                (State::Command, _) => State::Command,
                (State::CommandEscape, b'\\') => State::Text,
                (State::CommandEscape, _) => State::Command,
                _ => State::Text,
            };
            rest = &rest[1..];
        }
        out.extend_from_slice(part.end);
    }
}

//! Text within a quoted string of each line, with escapes: JSON of any logger, logfmt, `%q`.

use memchr::memmem::Finder;

use super::layer::{Part, Undo};

/// Takes the text out of the string behind a key. Lines without the key are given as they are, but for JSON, which is left
/// out.
#[derive(Debug)]
pub(super) struct Quoted {
    /// What stands before the string: `"log":` or `msg=`.
    key: Finder<'static>,
    /// The text has its own line ends; a string without one goes on in the next line (Docker parts lines at 16 KiB,
    /// `go test -json` where a test printed no line end).
    joins: bool,
    state: State,
    /// A code point that `\u` began, and how many digits are missing; the high half of a pair before it.
    code: (u32, u8),
    high: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the string
    Seek,
    /// In it
    Inside,
    /// Behind a backslash in it
    Escape,
    /// Within the digits of `\u` or `\x`
    Code,
    /// Behind it
    Behind,
}

impl Quoted {
    pub(super) fn new(key: &[u8], joins: bool) -> Self {
        Quoted { key: Finder::new(key).into_owned(), joins, state: State::Seek, code: (0, 0), high: None }
    }

    /// Where the string begins in a line.
    fn begin(&self, line: &[u8]) -> Option<usize> {
        let is_logfmt = self.key.needle().ends_with(b"=");
        self.key.find_iter(line).find_map(|at| {
            let mut next = at + self.key.needle().len();
            // A key is whole: not the end of another.
            if is_logfmt && at > 0 && !line[at - 1].is_ascii_whitespace() {
                return None;
            }
            while !is_logfmt && line.get(next).is_some_and(u8::is_ascii_whitespace) {
                next += 1;
            }
            (line.get(next) == Some(&b'"')).then_some(next + 1)
        })
    }

    /// A value of logfmt that needs no quotes.
    fn bare<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        let key = self.key.needle();
        let mut places = self.key.find_iter(line).filter(|_| key.ends_with(b"="));
        let at = places.find(|at| *at == 0 || line[at - 1].is_ascii_whitespace())? + key.len();
        let rest = &line[at..];
        Some(&rest[..memchr::memchr(b' ', rest).unwrap_or(rest.len())])
    }

    fn inside(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        while let Some(byte) = text.first() {
            match self.state {
                State::Inside => {
                    let plain = memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len());
                    out.extend_from_slice(&text[..plain]);
                    let Some(byte) = text.get(plain) else { return };
                    self.state = if *byte == b'"' { State::Behind } else { State::Escape };
                    text = &text[plain + 1..];
                    if self.state == State::Behind {
                        return;
                    }
                    continue;
                }
                State::Escape => self.escape(*byte, out),
                State::Code => self.digit(*byte, out),
                State::Seek | State::Behind => return,
            }
            text = &text[1..];
        }
    }

    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.state = State::Inside;
        match byte {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => {}
            b'u' => (self.state, self.code) = (State::Code, (0, 4)),
            b'U' => (self.state, self.code) = (State::Code, (0, 8)),
            b'x' => (self.state, self.code) = (State::Code, (0, 2)),
            b'a' | b'b' | b'f' | b'v' => out.push(b' '),
            other => out.push(other),
        }
    }

    fn digit(&mut self, byte: u8, out: &mut Vec<u8>) {
        let Some(digit) = char::from(byte).to_digit(16) else {
            self.state = State::Inside;
            return;
        };
        self.code = (self.code.0 << 4 | digit, self.code.1 - 1);
        if self.code.1 > 0 {
            return;
        }
        self.state = State::Inside;
        let code = match (self.high.take(), self.code.0) {
            (_, high @ 0xd800..0xdc00) => {
                self.high = Some(high);
                return;
            }
            (Some(high), low @ 0xdc00..0xe000) => 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00),
            (_, code) => code,
        };
        let mut utf8 = [0; 4];
        out.extend_from_slice(char::from_u32(code).unwrap_or('\u{fffd}').encode_utf8(&mut utf8).as_bytes());
    }
}

impl Undo for Quoted {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let mut text = part.text;
        if part.starts {
            (self.state, self.high) = (State::Seek, None);
            if let Some(at) = self.begin(text) {
                self.state = State::Inside;
                text = &text[at..];
            } else if let Some(value) = self.bare(text) {
                out.extend_from_slice(value);
                self.state = State::Behind;
                out.push(b'\n');
                return;
            } else if !text.trim_ascii_start().starts_with(b"{") && part.ends {
                out.extend_from_slice(text);
                out.extend_from_slice(part.end);
                return;
            }
        }
        let was_inside = !matches!(self.state, State::Seek | State::Behind);
        self.inside(text, out);
        let is_inside = !matches!(self.state, State::Seek | State::Behind);
        let is_over = was_inside && (!is_inside || part.ends);
        if is_over && !self.joins && out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
    }
}

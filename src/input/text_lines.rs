//! Lines and blocks of text, streamed through one buffer.

use std::io::{self, Read};

use super::Bytes;
use crate::error::{Error, ErrorKind, Result};

/// How much is read at once.
const CHUNK: usize = 1 << 20;
/// Longer lines are cut; Go prints none near this (a panic's message may be long, a stack line isn't).
const MAX_LINE: usize = 4 << 20;

/// Reads text line by line, and lets a reader look ahead over lines before it consumes them.
///
/// Offsets into the text ahead stay valid until something is consumed, however much is read meanwhile. Lines end in `\n`
/// or `\r\n`, which are not part of them. A line over 4 MiB is cut to that.
pub struct TextLines {
    inner: Bytes,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_eof: bool,
    offset: u64,
    line: u64,
    damage: Option<String>,
    cut_lines: u64,
}

/// A line ahead: where it lies in [`TextLines::ahead`], and where the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineAhead {
    /// Its first byte.
    pub start: usize,
    /// Its end, without the end-of-line.
    pub end: usize,
    /// The next line's first byte.
    pub next: usize,
    /// Whether an end-of-line stands behind it.
    pub terminated: bool,
}

impl TextLines {
    /// Starts reading; a UTF-8 byte order mark is skipped.
    ///
    /// # Errors
    /// Where the source can't be read.
    pub fn new(inner: impl Read + Send + 'static, name: &str) -> Result<Self> {
        let mut lines = TextLines {
            inner: Box::new(inner),
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            at_eof: false,
            offset: 0,
            line: 1,
            damage: None,
            cut_lines: 0,
        };
        while lines.end < 3 && !lines.at_eof {
            lines.read_more(name)?;
        }
        if lines.buffer[..lines.end].starts_with(b"\xef\xbb\xbf") {
            lines.start = 3;
            lines.offset = 3;
        }
        Ok(lines)
    }

    /// The same text, of which is known that its packed data are damaged.
    #[must_use]
    pub fn damaged(mut self, damage: Option<ErrorKind>) -> Self {
        self.damage = damage.map(|kind| kind.to_string()).or(self.damage);
        self
    }

    /// The text that is read and not consumed.
    #[must_use]
    pub fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The line that starts at `from` in the text ahead, reading as far as needed; `None` at the end of the text.
    ///
    /// # Errors
    /// Where the source can't be read.
    pub fn line_at(&mut self, from: usize, name: &str) -> Result<Option<LineAhead>> {
        let mut searched = from;
        loop {
            let ahead = &self.buffer[self.start..self.end];
            if let Some(i) = ahead.get(searched..).and_then(|rest| memchr::memchr(b'\n', rest)) {
                let newline = searched + i;
                let end = if newline > from && ahead[newline - 1] == b'\r' { newline - 1 } else { newline };
                return Ok(Some(LineAhead { start: from, end, next: newline + 1, terminated: true }));
            }
            searched = ahead.len();
            if searched - from.min(searched) > MAX_LINE {
                self.cut_line(from, name)?;
                searched = from;
            } else if self.at_eof {
                return Ok((from < searched).then_some(LineAhead {
                    start: from,
                    end: searched,
                    next: searched,
                    terminated: false,
                }));
            } else {
                self.read_more(name)?;
            }
        }
    }

    /// The line ahead; of a line over the limit its beginning, and true.
    ///
    /// # Errors
    /// Where the source can't be read.
    pub fn first_line(&mut self, name: &str) -> Result<Option<(LineAhead, bool)>> {
        self.look(MAX_LINE, name, true)?;
        let end = self.ahead().len();
        if end < MAX_LINE || memchr::memchr(b'\n', self.ahead()).is_some() {
            return Ok(self.line_at(0, name)?.map(|line| (line, false)));
        }
        Ok(Some((LineAhead { start: 0, end, next: end, terminated: false }, true)))
    }

    /// Reads until so many bytes are ahead, as far as the text goes; with `to_line_end` no further than a line.
    ///
    /// # Errors
    /// Where the source can't be read.
    pub fn look(&mut self, bytes: usize, name: &str, to_line_end: bool) -> Result<&[u8]> {
        let mut searched = 0;
        while self.end - self.start < bytes && !self.at_eof {
            let ahead = &self.buffer[self.start..self.end];
            if to_line_end && memchr::memchr(b'\n', &ahead[searched..]).is_some() {
                break;
            }
            searched = ahead.len();
            self.read_more(name)?;
        }
        Ok(self.ahead())
    }

    /// Puts something between the source and what is still to be read.
    pub fn wrap(&mut self, undo: impl FnOnce(Bytes) -> Bytes) {
        let ahead = io::Cursor::new(self.ahead().to_vec());
        let inner = std::mem::replace(&mut self.inner, Box::new(io::empty()));
        self.inner = undo(Box::new(ahead.chain(inner)));
        self.end = self.start;
        self.at_eof = false;
    }

    /// Drops what a line has beyond the limit.
    fn cut_line(&mut self, from: usize, name: &str) -> Result<()> {
        self.cut_lines += 1;
        let keep = from + MAX_LINE;
        loop {
            let from = self.start + keep;
            if let Some(i) = memchr::memchr(b'\n', &self.buffer[from..self.end]) {
                self.buffer.copy_within(from + i..self.end, from);
                self.end -= i;
                return Ok(());
            }
            self.end = from;
            if self.at_eof {
                return Ok(());
            }
            self.read_more(name)?;
        }
    }

    /// Consumes the first `bytes` of the text ahead, which hold `lines` line ends.
    pub fn consume(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.line += lines;
    }

    /// The number of the line ahead, counted from 1.
    #[must_use]
    pub fn line_number(&self) -> u64 {
        self.line
    }

    /// How many bytes were consumed.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What ended the text early: damage of the packed data.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// How many lines were cut.
    #[must_use]
    pub fn cut_lines(&self) -> u64 {
        self.cut_lines
    }

    fn read_more(&mut self, name: &str) -> Result<()> {
        if self.start > 0 && self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        match self.inner.read(&mut self.buffer[self.end..]) {
            Ok(0) => self.at_eof = true,
            Ok(n) => self.end += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => match super::unpack::as_kind(e) {
                ErrorKind::Packed(what) => {
                    self.damage = Some(what);
                    self.at_eof = true;
                }
                kind => return Err(Error::new(name, kind)),
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{MAX_LINE, TextLines};

    fn all(text: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = TextLines::new(io::Cursor::new(text.to_vec()), "test").expect("readable");
        let mut out = Vec::new();
        while let Some(line) = lines.line_at(0, "test").expect("readable") {
            out.push(lines.ahead()[line.start..line.end].to_vec());
            lines.consume(line.next, 1);
        }
        out
    }

    #[test]
    fn ends_of_lines_and_marks() {
        assert_eq!(all(b"\xef\xbb\xbfa\r\n\nb"), [b"a".to_vec(), b"".to_vec(), b"b".to_vec()]);
        assert_eq!(all(b""), Vec::<Vec<u8>>::new());
        assert_eq!(all(b"\n"), [b"".to_vec()]);
    }

    #[test]
    fn long_lines_are_cut_and_the_next_is_whole() {
        let mut text = vec![b'x'; 3 * MAX_LINE];
        text.extend_from_slice(b"\nnext\n");
        let lines = all(&text);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= MAX_LINE + 1);
        assert_eq!(lines[1], b"next");
    }
}

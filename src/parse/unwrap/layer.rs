//! A layer of wrapping on its way to be undone: text in, text out, streamed through one small buffer.

use std::io::{self, Read};

use crate::input::Bytes;

/// How much is read at once; a longer line comes in parts.
const CHUNK: usize = 64 << 10;

/// What undoes one kind of wrapping.
pub(super) trait Undo {
    /// Takes a line, or a part of one, without its end, and appends to `out` what it wraps.
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>);

    /// Appends what was set aside, some of it; false where nothing is left.
    fn rest(&mut self, _out: &mut Vec<u8>) -> io::Result<bool> {
        Ok(false)
    }
}

/// A line or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    /// Its bytes, without the end of the line.
    pub(super) text: &'a [u8],
    /// The line starts with it.
    pub(super) starts: bool,
    /// The line ends with it.
    pub(super) ends: bool,
    /// What ended the line; empty within it and at the end of the text.
    pub(super) end: &'a [u8],
}

/// A reader of what a layer wraps.
pub(super) struct Layer<U> {
    inner: Bytes,
    undo: U,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    in_line: bool,
    at_eof: bool,
    /// What the source ended with.
    failure: Option<io::Error>,
    out: Vec<u8>,
    given: usize,
}

impl<U: Undo> Layer<U> {
    pub(super) fn new(inner: Bytes, undo: U) -> Self {
        Layer {
            inner,
            undo,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            in_line: false,
            at_eof: false,
            failure: None,
            out: Vec::with_capacity(CHUNK),
            given: 0,
        }
    }

    /// Undoes what the buffer holds and reads more.
    fn advance(&mut self) -> io::Result<()> {
        while let Some(i) = memchr::memchr(b'\n', &self.buffer[self.start..self.end]) {
            let newline = self.start + i;
            let has_return = i > 0 && self.buffer[newline - 1] == b'\r';
            let text_end = newline - usize::from(has_return);
            let part = Part {
                text: &self.buffer[self.start..text_end],
                starts: !self.in_line,
                ends: true,
                end: &self.buffer[text_end..=newline],
            };
            self.undo.take(part, &mut self.out);
            self.in_line = false;
            self.start = newline + 1;
            if self.out.len() >= CHUNK {
                return Ok(());
            }
        }
        let is_full = self.start == 0 && self.end == self.buffer.len();
        if is_full || (self.at_eof && self.start < self.end) {
            let part =
                Part { text: &self.buffer[self.start..self.end], starts: !self.in_line, ends: self.at_eof, end: &[] };
            self.undo.take(part, &mut self.out);
            self.in_line = true;
            self.start = self.end;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if !self.at_eof {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_eof = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.at_eof = true;
                    self.failure = Some(e);
                }
            }
        }
        Ok(())
    }
}

impl<U: Undo> Read for Layer<U> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() {
            self.out.clear();
            self.given = 0;
            if self.at_eof && self.start == self.end {
                // What can be read is read before the failure is told.
                if !self.undo.rest(&mut self.out)? && self.out.is_empty() {
                    return self.failure.take().map_or(Ok(0), Err);
                }
            } else {
                self.advance()?;
            }
        }
        let n = into.len().min(self.out.len() - self.given);
        into[..n].copy_from_slice(&self.out[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

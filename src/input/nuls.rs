//! NUL bytes in text: a log that was truncated while its writer went on begins with them, a disk that lost a block has them
//! in the middle, and UTF-16 without a mark has one behind each letter.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// So many in a row are no letters' other half: something is missing there.
const HOLE: u64 = 64;

/// The NUL bytes that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nuls {
    /// How many.
    pub count: u64,
    /// Where the first is, in bytes from the beginning.
    pub first: u64,
    /// How many holes there are behind the first byte of text: 64 and more in a row.
    pub holes: u64,
    /// Where the first hole begins.
    pub first_hole: u64,
}

/// What was found so far, shared.
#[derive(Clone, Debug, Default)]
pub struct NulCount(Arc<Mutex<Nuls>>);

impl NulCount {
    /// What was found so far.
    #[must_use]
    pub fn get(&self) -> Nuls {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, found: Nuls) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

/// Reads what is no NUL byte.
pub struct WithoutNuls<R> {
    inner: R,
    found: NulCount,
    /// How many bytes were read.
    read: u64,
    /// How many NUL bytes stand before the next byte.
    row: u64,
}

impl<R> WithoutNuls<R> {
    /// Counts in `found` what it leaves out.
    pub fn new(inner: R, found: NulCount) -> Self {
        WithoutNuls { inner, found, read: 0, row: 0 }
    }

    /// Takes the NUL bytes out of what was just read; returns how much is left.
    #[cold]
    fn squeeze(&mut self, bytes: &mut [u8]) -> usize {
        let mut found = self.found.get();
        let mut kept = 0;
        for i in 0..bytes.len() {
            let at = self.read + i as u64;
            if bytes[i] != 0 {
                self.row = 0;
                bytes[kept] = bytes[i];
                kept += 1;
                continue;
            }
            if found.count == 0 {
                found.first = at;
            }
            found.count += 1;
            self.row += 1;
            // At the very beginning nothing is missing but what was there before.
            if self.row == HOLE && at + 1 > HOLE {
                if found.holes == 0 {
                    found.first_hole = at + 1 - HOLE;
                }
                found.holes += 1;
            }
        }
        self.found.set(found);
        kept
    }
}

impl<R: Read> Read for WithoutNuls<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.inner.read(buffer)?;
            if n == 0 {
                return Ok(0);
            }
            let bytes = &mut buffer[..n];
            let kept = if memchr::memchr(0, bytes).is_some() {
                self.squeeze(bytes)
            } else {
                self.row = 0;
                n
            };
            self.read += n as u64;
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{NulCount, Nuls, WithoutNuls};

    /// The text without them, and what is said of them, read `step` bytes at a time.
    fn read(text: &[u8], step: usize) -> (Vec<u8>, Nuls) {
        let found = NulCount::default();
        let mut reader = WithoutNuls::new(text, found.clone());
        let (mut out, mut buffer) = (Vec::new(), vec![0; step]);
        loop {
            let n = reader.read(&mut buffer).expect("readable");
            if n == 0 {
                return (out, found.get());
            }
            out.extend_from_slice(&buffer[..n]);
        }
    }

    #[test]
    fn they_are_left_out_and_counted() {
        let hole = [0; 100];
        let at_front = [&hole[..], b"text"].concat();
        let within = [b"te\0", &hole[..], b"x\0t", &hole[..10], b"!"].concat();
        for step in [1, 7, 63, 64, 65, 4096] {
            assert_eq!(read(b"text", step), (b"text".to_vec(), Nuls::default()));
            assert_eq!(read(b"", step), (Vec::new(), Nuls::default()));
            let front = Nuls { count: 100, ..Nuls::default() };
            assert_eq!(read(&at_front, step), (b"text".to_vec(), front), "{step}");
            let nuls = Nuls { count: 112, first: 2, holes: 1, first_hole: 2 };
            assert_eq!(read(&within, step), (b"text!".to_vec(), nuls), "{step}");
        }
    }
}

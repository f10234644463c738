//! A bound on what an input may unpack to: a few kilobytes of packed data can stand for terabytes.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::ErrorKind;

/// Unpacked bytes for each packed one that no honest data have: gzip's most is 1,032 in one layer, and dumps of one stack
/// over and over stay below 300.
const MAX_RATIO: u64 = 2_000;
/// Below so many bytes no ratio is looked at.
const FREE: u64 = 256 << 20;

/// Bytes that went by, shared.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed(Arc<AtomicU64>);

/// Counts what goes by. It has no buffer of its own: what is read of it is what lies in that of `inner`.
pub(super) struct Counted<R> {
    inner: R,
    passed: Passed,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, passed: Passed) -> Self {
        Counted { inner, passed }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.passed.0.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.passed.0.fetch_add(amount as u64, Ordering::Relaxed);
        self.inner.consume(amount);
    }
}

/// Fails where more comes out than is allowed, or than honest data give.
pub(super) struct Limited<R> {
    inner: R,
    packed: Passed,
    max: u64,
    given: u64,
}

impl<R> Limited<R> {
    pub(super) fn new(inner: R, packed: Passed, max: u64) -> Self {
        Limited { inner, packed, max, given: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.given += n as u64;
        let packed = self.packed.0.load(Ordering::Relaxed);
        if self.given > self.max {
            let text = format!("it unpacks to more than {} MiB; --max-input allows more", self.max >> 20);
            return Err(io::Error::other(TooLarge(text)));
        }
        if self.given > FREE && self.given / MAX_RATIO > packed {
            let text = format!("{packed} packed bytes unpack to more than {} MiB: no profile does", self.given >> 20);
            return Err(io::Error::other(TooLarge(text)));
        }
        Ok(n)
    }
}

/// Travels in an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TooLarge(String);

/// The kind of an error that a limit gave; else the error back.
pub(super) fn too_large(error: io::Error) -> Result<ErrorKind, io::Error> {
    let is_limit = error.get_ref().is_some_and(|inner| inner.is::<TooLarge>());
    if is_limit { Ok(ErrorKind::TooLarge(error.to_string())) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use crate::input::unpack;

    #[test]
    fn plain_data_below_the_limit_are_read_however_large() {
        let (size, max) = (300 << 20, 400 << 20);
        let mut reader = unpack(Box::new(io::repeat(b'\n').take(size)), max, "x").expect("opens");
        assert_eq!(io::copy(&mut reader, &mut io::sink()).expect("read"), size);
        let mut reader = unpack(Box::new(io::repeat(b'\n').take(size)), size - 1, "x").expect("opens");
        assert!(io::copy(&mut reader, &mut io::sink()).is_err());
    }
}

//! What a piece of text says without any that came before it: where goroutines begin and end in it, and their
//! fingerprints. Pieces can be scanned at once by several threads.

use foldhash::fast::RandomState;

use super::block;
use super::header::Header;

/// A goroutine's block, whole and plain: lines end in `\n` alone, and an empty one follows.
#[derive(Clone, Debug)]
pub(super) struct Scanned {
    /// Where its header begins, in bytes from the beginning of the text.
    pub(super) at: u64,
    /// The length of its header's line, its end included.
    pub(super) header: usize,
    /// The length of what stands below.
    pub(super) body: usize,
    /// How many lines both have.
    pub(super) lines: u64,
    /// [`block::fingerprint`]
    pub(super) fingerprint: u64,
    /// [`block::parent`]
    pub(super) parent: Option<u64>,
}

/// Finds goroutines in `text`, which begins with a line, `base` bytes from the beginning. What isn't whole in it, or not
/// plain, is left to be read line by line.
pub(super) fn scan(text: &[u8], base: u64, hasher: &RandomState) -> Vec<Scanned> {
    let mut found = Vec::with_capacity(text.len() / 2048);
    let finder = memchr::memmem::Finder::new(b"\n\ngoroutine ");
    let mut at = 0;
    loop {
        if !text[at..].starts_with(b"goroutine ") {
            match finder.find(&text[at..]) {
                Some(before) => at += before + 2,
                None => return found,
            }
        }
        match one(&text[at..], base + at as u64, hasher) {
            Some(scanned) => {
                at += scanned.header + scanned.body;
                found.push(scanned);
                // The empty line.
                at += 1;
            }
            None => at += 1,
        }
    }
}

fn one(text: &[u8], at: u64, hasher: &RandomState) -> Option<Scanned> {
    let header_end = memchr::memchr(b'\n', text)?;
    let header = Header::parse(&text[..header_end])?;
    let rest = &text[header_end + 1..];
    let mut hash = block::Fingerprint::of(&header, hasher);
    let (mut end, mut lines) = (0, 1);
    loop {
        let length = memchr::memchr(b'\n', &rest[end..])?;
        let line = &rest[end..end + length];
        if line.is_empty() {
            break;
        }
        if line.ends_with(b"\r") || line.starts_with(b"goroutine") {
            return None;
        }
        hash.line(line);
        end += length + 1;
        lines += 1;
    }
    let body = &rest[..end];
    let (fingerprint, parent) = (hash.finish(), block::parent(body));
    Some(Scanned { at, header: header_end + 1, body: end, lines, fingerprint, parent })
}

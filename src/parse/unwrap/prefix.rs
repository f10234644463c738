//! What a logger, a shipper or a mail program puts before each line: learned from one line, found in the others.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use super::layer::{Part, Undo};
use super::{ANOTHER, Undone, find_dump, is_plain, names_cause};

/// How many shapes of prefixes one text may have.
const MAX_SHAPES: usize = 16;
/// How many other origins with dumps of their own are set aside.
const MAX_ORIGINS: usize = 64;
/// What of them is kept in memory each; the rest goes to a temporary file.
const KEPT_IN_MEMORY: usize = 1 << 20;

/// What prefixes of one logger have in common: words of any letters and digits, runs of spaces, and the same other
/// characters between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape(Vec<Class>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Letters and digits
    Word,
    /// One space and more
    Spaces,
    /// So many spaces: before the text, whose own indentation must stay
    Last(usize),
    /// This byte
    Byte(u8),
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn run(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|b| belongs(**b)).count()
}

impl Shape {
    /// The shape of a prefix.
    pub(super) fn of(prefix: &[u8]) -> Self {
        let mut classes = Vec::new();
        let mut rest = prefix;
        while let Some(byte) = rest.first() {
            let n = match *byte {
                b' ' => {
                    let n = run(rest, |b| b == b' ');
                    classes.push(if n == rest.len() { Class::Last(n) } else { Class::Spaces });
                    n
                }
                b if is_word(b) => {
                    classes.push(Class::Word);
                    run(rest, is_word)
                }
                b => {
                    classes.push(Class::Byte(b));
                    1
                }
            };
            rest = &rest[n..];
        }
        Shape(classes)
    }

    /// How long the prefix of a line is; `None` where it has another.
    pub(super) fn length(&self, line: &[u8]) -> Option<usize> {
        let mut at = 0;
        let mut classes = self.0.iter().copied().peekable();
        while let Some(class) = classes.next() {
            let rest = &line[at..];
            at += match class {
                Class::Word => {
                    let n = run(rest, is_word);
                    // Fractions of seconds come and go: Go prints no zeros at their end (time.RFC3339Nano).
                    let fraction = &rest[n..];
                    let has = fraction.first().is_some_and(|b| *b == b'.' || *b == b',')
                        && fraction.get(1).is_some_and(u8::is_ascii_digit);
                    let next = classes.peek().copied();
                    match next {
                        Some(Class::Byte(b'.' | b',')) if n > 0 && !has && !fraction.starts_with(b".") => {
                            classes.next();
                            classes.next_if_eq(&Class::Word);
                            n
                        }
                        Some(Class::Byte(b'.' | b',')) => n,
                        _ if has => n + 1 + run(&fraction[1..], is_word),
                        _ => n,
                    }
                }
                Class::Spaces => run(rest, |b| b == b' '),
                // An editor may have cut what stands at the end of a line.
                Class::Last(n) if rest.is_empty() && at > 0 => return (n > 0).then_some(at),
                Class::Last(n) if run(rest, |b| b == b' ') >= n => n,
                Class::Byte(b) if rest.first() == Some(&b) => 1,
                Class::Last(_) | Class::Byte(_) => return None,
            };
            if at == line.len() && classes.peek().is_none() {
                return Some(at);
            }
            if matches!(class, Class::Word | Class::Spaces) && rest.len() == line.len() - at {
                return None;
            }
        }
        Some(at)
    }
}

/// A prefix without the times in it: who wrote the line.
pub(super) fn origin(prefix: &[u8]) -> Vec<u8> {
    let mut origin = Vec::with_capacity(prefix.len());
    let mut times = Times::default();
    for token in prefix.split(|b| *b == b' ').filter(|token| !token.is_empty()) {
        if !times.hold(token) {
            origin.extend_from_slice(token);
            origin.push(b' ');
        }
    }
    origin
}

/// Whether a prefix is of an origin.
fn is_of(prefix: &[u8], mut origin: &[u8]) -> bool {
    let mut times = Times::default();
    for token in prefix.split(|b| *b == b' ').filter(|token| !token.is_empty()) {
        match origin.strip_prefix(token).and_then(|rest| rest.strip_prefix(b" ")) {
            Some(rest) => origin = rest,
            None if times.hold(token) => {}
            None => return false,
        }
    }
    origin.is_empty()
}

/// Tells times from names, token by token.
#[derive(Default)]
struct Times {
    after_month: bool,
}

impl Times {
    fn hold(&mut self, token: &[u8]) -> bool {
        const MONTHS: [&[u8]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        let bare = token.strip_prefix(b"[").unwrap_or(token);
        let bare = match (bare.first(), memchr::memchr(b'>', bare)) {
            // The priority that syslog puts before the time (RFC 3164).
            (Some(b'<'), Some(at)) => &bare[at + 1..],
            _ => bare,
        };
        let is_month = MONTHS.contains(&bare);
        let is_day = self.after_month && bare.len() <= 2 && bare.iter().all(u8::is_ascii_digit);
        self.after_month = is_month;
        is_month || is_day || is_time(bare)
    }
}

/// Dates, times of day, Unix times, klog's `I1120`.
fn is_time(token: &[u8]) -> bool {
    let digits = token.iter().filter(|b| b.is_ascii_digit()).count();
    let of_time = |b: &u8| b.is_ascii_digit() || b"TZ:.,+-/]\"".contains(b);
    let is_klog = matches!(token, [b'I' | b'W' | b'E' | b'F', rest @ ..] if rest.len() == 4 && digits == 4);
    let value = token.strip_prefix(b"time=\"").or_else(|| token.strip_prefix(b"time=")).unwrap_or(token);
    is_klog || (digits >= 4 && value.iter().all(of_time) && (digits >= 9 || value.iter().any(|b| b":-/".contains(b))))
}

/// Takes prefixes away. Lines of the origin whose dump comes first go on; those of others are set aside until its end, where
/// they hold a dump of their own.
pub(super) struct Prefixes {
    shapes: Vec<Shape>,
    origin: Vec<u8>,
    /// Prefixes of one origin are alike but for times.
    tells_origin: bool,
    others: BTreeMap<Vec<u8>, SpooledTempFile>,
    /// The first of them is being given out.
    draining: bool,
    /// The last prefix of the first origin, and which of its bytes are of times: most lines have the same but for those.
    last: Vec<u8>,
    of_times: Vec<bool>,
    /// Where the line that goes on goes.
    to: To,
    undone: Undone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    Out,
    Aside(Vec<u8>),
    Nowhere,
}

impl Prefixes {
    /// Of a first prefix.
    pub(super) fn new(prefix: &[u8], tells_origin: bool, undone: Undone) -> Self {
        Prefixes {
            shapes: vec![Shape::of(prefix)],
            origin: origin(prefix),
            tells_origin,
            others: BTreeMap::new(),
            draining: false,
            last: Vec::new(),
            of_times: Vec::new(),
            to: To::Out,
            undone,
        }
    }

    /// Whether a line begins as the last one did, but for the digits of times.
    fn begins_alike(&self, line: &[u8]) -> bool {
        let alike =
            |(i, (a, b)): (usize, (&u8, &u8))| a == b || (self.of_times[i] && a.is_ascii_digit() && b.is_ascii_digit());
        !self.last.is_empty() && line.len() >= self.last.len() && line.iter().zip(&self.last).enumerate().all(alike)
    }

    /// Remembers a prefix of the first origin.
    fn remember(&mut self, prefix: &[u8]) {
        self.last = prefix.to_vec();
        self.of_times.clear();
        let mut times = Times::default();
        for token in prefix.split(|b| *b == b' ') {
            let is_time = !token.is_empty() && times.hold(token);
            self.of_times.extend(std::iter::repeat_n(is_time, token.len()));
            self.of_times.push(false);
        }
    }

    /// How long the prefix of a line is.
    fn prefix(&mut self, line: &[u8]) -> Option<usize> {
        if is_plain(line) {
            return None;
        }
        if let Some(n) = self.shapes.iter().find_map(|shape| shape.length(line)) {
            return Some(n);
        }
        // Another host, another pod: its prefix has another shape.
        let at = find_dump(line).filter(|at| *at > 0 && self.shapes.len() < MAX_SHAPES)?;
        self.shapes.push(Shape::of(&line[..at]));
        Some(at)
    }

    /// Where a line goes.
    fn route(&mut self, prefix: &[u8], text: &[u8]) -> To {
        if !self.tells_origin || is_of(prefix, &self.origin) {
            return To::Out;
        }
        let origin = origin(prefix);
        if self.others.contains_key(&origin) {
            return To::Aside(origin);
        }
        // Not only at the beginning: another layer may stand within this one.
        let is_dump = find_dump(text).is_some();
        if is_dump && self.others.len() == MAX_ORIGINS {
            self.undone.lost();
        } else if is_dump || (names_cause(text) && self.others.len() < MAX_ORIGINS) {
            self.others.insert(origin.clone(), SpooledTempFile::new(KEPT_IN_MEMORY));
            return To::Aside(origin);
        }
        To::Nowhere
    }

    fn write(&mut self, text: &[u8], out: &mut Vec<u8>) {
        match &self.to {
            To::Out => out.extend_from_slice(text),
            To::Aside(origin) => {
                let spool = self.others.get_mut(origin);
                if spool.is_some_and(|spool| spool.write_all(text).is_err()) {
                    // No room: what is there stays, the rest is lost and counted.
                    self.undone.lost();
                }
            }
            To::Nowhere => {}
        }
    }
}

impl Undo for Prefixes {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let mut text = part.text;
        if part.starts {
            self.to = To::Out;
            if self.begins_alike(text) {
                text = &text[self.last.len()..];
                self.undone.line(false);
            } else if let Some(n) = self.prefix(text) {
                let (prefix, rest) = text.split_at(n);
                self.to = self.route(prefix, rest);
                if self.to == To::Out && prefix.ends_with(b" ") {
                    self.remember(prefix);
                }
                text = rest;
                self.undone.line(self.to == To::Nowhere);
            }
        }
        self.write(text, out);
        self.write(part.end, out);
    }

    fn rest(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let Some(mut entry) = self.others.first_entry() else { return Ok(false) };
        let spool = entry.get_mut();
        if !std::mem::replace(&mut self.draining, true) {
            spool.seek(SeekFrom::Start(0))?;
            out.extend_from_slice(b"\n");
            out.extend_from_slice(ANOTHER);
            out.push(b'\n');
            return Ok(true);
        }
        if Read::by_ref(spool).take(1 << 16).read_to_end(out)? == 0 {
            self.draining = false;
            entry.remove();
        }
        Ok(true)
    }
}

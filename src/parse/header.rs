//! The header of a goroutine in debug=2 and crash text (runtime/traceback.go:goroutineheader):
//!
//! ```text
//! header := "goroutine " GOID gpm? " [" status mods "]" labels? ":"
//! gpm    := " gp=0xH m=nil" | " gp=0xH m=N mp=0xH"                                        Go ≥1.22, traceback level 2
//! mods   := " (leaked)"? " (scan)"? " (durable)"? ", N minutes"? ", locked to thread"? bubble? labels-1.26?
//! ```

use crate::model::{StrId, Symbols, Wait, WaitState};

/// A header, cut into its parts but not interpreted: cheap enough to do for every goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// The goroutine's id.
    pub(super) id: u64,
    /// `gp=… m=…` is there: printed at traceback level 2, or the goroutine that crashed.
    pub(super) has_gp: bool,
    /// Status and marks before the wait: `chan receive (nil chan) (durable)`.
    pub(super) status: &'a [u8],
    /// Whole minutes.
    pub(super) wait_minutes: Option<u32>,
    /// What stands after the wait: `, locked to thread, synctest bubble 2`.
    pub(super) tail: &'a [u8],
    /// The labels, braces left out; empty where there are none.
    pub(super) labels: &'a [u8],
}

/// Whether a line can be a header: what ends the block before it.
pub(super) fn starts_header(line: &[u8]) -> bool {
    line.strip_prefix(b"goroutine ").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

impl<'a> Header<'a> {
    /// Cuts a line, without its end of line. `None` where it is no header by the grammar.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"goroutine ")?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let id = parse_decimal(&rest[..digits])?;
        let rest = rest[digits..].strip_suffix(b":")?;
        let open = memchr::memchr(b'[', rest)?;
        let has_gp = match &rest[..open] {
            b" " => false,
            between if between.starts_with(b" gp=") && between.ends_with(b" ") => true,
            _ => return None,
        };
        let inner = &rest[open + 1..];
        let (inner, labels) = match memchr::memmem::find(inner, b" labels:{") {
            Some(at) => (&inner[..at], inner[at + 9..].strip_suffix(b"}]")?),
            None => {
                let close = memchr::memchr(b']', inner)?;
                let labels = match &inner[close + 1..] {
                    b"" => &[][..],
                    after => after.strip_prefix(b" {")?.strip_suffix(b"}")?,
                };
                (&inner[..close], labels)
            }
        };
        let (status, after) = match memchr::memchr(b',', inner) {
            Some(comma) => inner.split_at(comma),
            None => (inner, &[][..]),
        };
        let (wait_minutes, tail) = match wait(after) {
            Some((minutes, tail)) => (Some(minutes), tail),
            None => (None, after),
        };
        Some(Header { id, has_gp, status, wait_minutes, tail, labels })
    }

    /// The state that the header names. `semacquire` stays what it is: the frames below tell more.
    pub(super) fn state(&self, symbols: &mut Symbols) -> WaitState {
        let mut words = self.status;
        let mut strip = |mark: &[u8]| {
            let found = words.strip_suffix(mark);
            words = found.unwrap_or(words);
            found.is_some()
        };
        // The order of printing is leaked, scan, durable.
        let durable = strip(b" (durable)") | strip(b" (synctest)");
        strip(b" (scan)");
        let leaked = strip(b" (leaked)");
        let nil_channel = strip(b" (nil chan)");
        let no_cases = strip(b" (no cases)");
        let wait = Wait::parse(&String::from_utf8_lossy(words), symbols);
        WaitState {
            wait,
            nil_channel: Some(nil_channel),
            no_cases: Some(no_cases),
            leaked: Some(leaked),
            durable: Some(durable),
            locked_to_thread: Some(memchr::memmem::find(self.tail, b", locked to thread").is_some()),
        }
    }
}

/// `, N minutes` and what follows.
fn wait(after: &[u8]) -> Option<(u32, &[u8])> {
    let rest = after.strip_prefix(b", ")?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let minutes = u32::try_from(parse_decimal(&rest[..digits])?).unwrap_or(u32::MAX);
    Some((minutes, rest[digits..].strip_prefix(b" minutes")?))
}

/// Digits only; `None` for none and for more than 64 bits hold.
pub(super) fn parse_decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

/// Reads labels: `k: v, "k 2": "v-2"` (Go 1.27, quoted where needed) or `"k": "v"` (Go 1.26, always quoted), each once.
/// What breaks the grammar ends the reading.
pub(super) fn labels(mut text: &[u8], symbols: &mut Symbols, out: &mut Vec<(StrId, StrId)>) {
    out.clear();
    while !text.is_empty() {
        let (key, rest) = label_word(text);
        let Some(rest) = rest.strip_prefix(b":") else { break };
        let (value, rest) = label_word(rest.strip_prefix(b" ").unwrap_or(rest));
        out.push((symbols.string_of(&key), symbols.string_of(&value)));
        let Some(rest) = rest.strip_prefix(b",") else { break };
        text = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    out.sort_unstable();
    out.dedup();
}

/// A bare or quoted word and what follows it.
fn label_word(text: &[u8]) -> (Vec<u8>, &[u8]) {
    if text.first() == Some(&b'"') {
        return unquote(text);
    }
    let end = text.iter().position(|b| matches!(b, b':' | b',' | b'}' | b' ')).unwrap_or(text.len());
    (text[..end].to_vec(), &text[end..])
}

/// Reads a quoted string of Go (strconv.Quote, runtime.printindented) that `text` starts with, and what follows it.
pub(super) fn unquote(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut out = Vec::new();
    let mut i = 1;
    while i < text.len() {
        match text[i] {
            b'"' => {
                i += 1;
                break;
            }
            b'\\' => i = unescape(text, i, &mut out),
            byte => {
                out.push(byte);
                i += 1;
            }
        }
    }
    (out, &text[i.min(text.len())..])
}

/// Appends what the escape at `at` stands for; returns where the text goes on.
fn unescape(text: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let Some(kind) = text.get(at + 1) else { return at + 1 };
    let digits = match kind {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => {
            out.push(match kind {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'a' => 7,
                b'b' => 8,
                b'f' => 12,
                b'v' => 11,
                other => *other,
            });
            return at + 2;
        }
    };
    let hex = text.get(at + 2..at + 2 + digits).and_then(|h| std::str::from_utf8(h).ok());
    match hex.and_then(|h| u32::from_str_radix(h, 16).ok()) {
        Some(byte) if digits == 2 => out.push(byte as u8),
        Some(code) => {
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        None => {
            out.push(b'\\');
            return at + 1;
        }
    }
    at + 2 + digits
}

#[cfg(test)]
mod tests {
    use super::{Header, labels};
    use crate::model::{Symbols, Wait};

    fn words(line: &str) -> (u64, String, Option<u32>, String) {
        let header = Header::parse(line.as_bytes()).expect("a header");
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).expect("UTF-8");
        (header.id, text(header.status), header.wait_minutes, text(header.labels))
    }

    #[test]
    fn every_version() {
        for (line, id, status, minutes, label_text) in [
            ("goroutine 1 [running]:", 1, "running", None, ""),
            ("goroutine 7 [chan receive, 12 minutes]:", 7, "chan receive", Some(12), ""),
            (
                "goroutine 7 [chan receive (nil chan), 1 minutes, locked to thread]:",
                7,
                "chan receive (nil chan)",
                Some(1),
                "",
            ),
            ("goroutine 9 gp=0x2aefebc981e0 m=nil [sleep]:", 9, "sleep", None, ""),
            ("goroutine 0 gp=0x5417c0 m=0 mp=0x542580 [idle]:", 0, "idle", None, ""),
            ("goroutine 4 [select (leaked) (durable), synctest bubble 3]:", 4, "select (leaked) (durable)", None, ""),
            (
                "goroutine 5 [select, 3 minutes] {k: v, \"k 2\": \"v-2\"}:",
                5,
                "select",
                Some(3),
                "k: v, \"k 2\": \"v-2\"",
            ),
            ("goroutine 5 [select labels:{\"k\": \"]:\"}]:", 5, "select", None, "\"k\": \"]:\""),
            ("goroutine 18446744073709551615 [GC worker (idle)]:", u64::MAX, "GC worker (idle)", None, ""),
        ] {
            assert_eq!(words(line), (id, status.to_owned(), minutes, label_text.to_owned()), "{line}");
        }
    }

    #[test]
    fn not_headers() {
        for line in [
            "goroutine profile: total 3",
            "goroutine 5 [running]",
            "goroutine 5 [running",
            "goroutine x [running]:",
            "goroutine 99999999999999999999999 [running]:",
            "goroutine 5 says [hello]:",
            " goroutine 5 [running]:",
        ] {
            assert_eq!(Header::parse(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn marks() {
        let mut symbols = Symbols::new();
        let header = Header::parse(b"goroutine 4 [chan send (nil chan) (leaked) (scan) (durable), locked to thread]:");
        let state = header.expect("a header").state(&mut symbols);
        assert_eq!(state.wait, Wait::ChanSend);
        assert_eq!(
            (state.nil_channel, state.leaked, state.durable, state.locked_to_thread, state.no_cases),
            (Some(true), Some(true), Some(true), Some(true), Some(false))
        );
    }

    #[test]
    fn labels_of_both_versions() {
        let mut symbols = Symbols::new();
        let mut out = Vec::new();
        let mut read = |text: &str| -> Vec<(String, String)> {
            labels(text.as_bytes(), &mut symbols, &mut out);
            out.iter().map(|(k, v)| (symbols.str(*k).to_owned(), symbols.str(*v).to_owned())).collect()
        };
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_eq!(read(r#"a: /x/y.c, "k 2": "v-2""#), [pair("a", "/x/y.c"), pair("k 2", "v-2")]);
        assert_eq!(
            read(r#""nl": "a\nb\tc", "u": "\u00e9", "bad": "\xff", "q": "a\"b\\c, d}""#),
            [pair("nl", "a\nb\tc"), pair("u", "é"), pair("bad", "ÿ"), pair("q", "a\"b\\c, d}"),]
        );
        assert_eq!(read("empty: , k: v"), [pair("empty", ""), pair("k", "v")]);
    }
}

//! The two lines of a frame in text (runtime/traceback.go:traceback2) and those that stand between frames:
//!
//! ```text
//! frame   := NAME "(" args ")\n\t" FILE ":" LINE (" +0xH")? (" fp=0xH sp=0xH pc=0xH")?
//! created := "created by " NAME (" in goroutine " GOID)? "\n\t" FILE ":" LINE (" +0xH")?
//! elided  := "...N frames elided..." | "...additional frames elided..."
//! ```

use super::header::parse_decimal;

/// What a line within a goroutine's block is, by its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockLine<'a> {
    /// `NAME(args)`, cut at the last parenthesis that opens: receivers have some too.
    Function {
        /// The name as spelled.
        name: &'a [u8],
        /// What stands between the parentheses.
        arguments: &'a [u8],
    },
    /// An indented `FILE:LINE`.
    Location(Location<'a>),
    /// `created by NAME`
    CreatedBy(&'a [u8]),
    /// Frames were left out here.
    Elided,
    /// `[originating from goroutine N]:`, where the stacks of its ancestors begin (GODEBUG=tracebackancestors).
    Ancestors,
    /// `goroutine running on other thread; stack unavailable`
    Unavailable,
    /// None of these.
    Other,
}

/// A file and a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location<'a> {
    pub(super) file: &'a [u8],
    pub(super) line: u32,
    /// An instruction offset follows: the line is whole.
    pub(super) has_offset: bool,
}

impl<'a> BlockLine<'a> {
    /// Tells a line, without its end.
    pub(super) fn parse(line: &'a [u8]) -> Self {
        match line.first() {
            Some(b'\t' | b' ') => match location(line.trim_ascii()) {
                Some(location) => BlockLine::Location(location),
                None if line.trim_ascii() == UNAVAILABLE => BlockLine::Unavailable,
                None => BlockLine::Other,
            },
            Some(b'.') if line.ends_with(b"frames elided...") => BlockLine::Elided,
            Some(b'[') if line.starts_with(ANCESTORS) => BlockLine::Ancestors,
            _ => match line.strip_prefix(CREATED_BY) {
                Some(rest) => BlockLine::CreatedBy(creator_name(rest)),
                None => {
                    function(line).map_or(BlockLine::Other, |(name, arguments)| BlockLine::Function { name, arguments })
                }
            },
        }
    }
}

pub(super) const CREATED_BY: &[u8] = b"created by ";
pub(super) const ANCESTORS: &[u8] = b"[originating from goroutine ";
const UNAVAILABLE: &[u8] = b"goroutine running on other thread; stack unavailable";

/// `NAME in goroutine N` or `NAME`.
pub(super) fn creator_name(rest: &[u8]) -> &[u8] {
    match memchr::memmem::rfind(rest, b" in goroutine ") {
        Some(at) if parse_decimal(&rest[at + 14..]).is_some() => &rest[..at],
        _ => rest,
    }
}

fn function(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = line.strip_suffix(b")")?;
    let open = memchr::memrchr(b'(', inner)?;
    let name = &inner[..open];
    // Import paths and identifiers have no spaces, and debug=2 folds type arguments; what a logger prints has some.
    let plausible = !name.is_empty() && !name.iter().any(u8::is_ascii_whitespace);
    plausible.then_some((name, &inner[open + 1..]))
}

/// Reads `FILE:LINE +0x1f fp=0x… sp=0x… pc=0x…` from the right: paths hold spaces and colons.
pub(super) fn location(text: &[u8]) -> Option<Location<'_>> {
    let place = without_addresses(text);
    let colon = memchr::memrchr(b':', place)?;
    let line = parse_decimal(&place[colon + 1..])?;
    let file = &place[..colon];
    (!file.is_empty()).then(|| Location {
        file,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        has_offset: text.len() > place.len() + " +0x".len(),
    })
}

/// Cuts ` +0x…`, ` fp=0x…`, ` sp=0x…` and ` pc=0x…` from the end of a location.
pub(super) fn without_addresses(mut text: &[u8]) -> &[u8] {
    while let Some(space) = memchr::memrchr(b' ', text) {
        match &text[space + 1..] {
            [b'+', b'0', b'x', ..] => return &text[..space],
            [b'f' | b's', b'p', b'=', ..] | [b'p', b'c', b'=', ..] => text = &text[..space],
            _ => break,
        }
    }
    text
}

/// The first argument as an address: hexadecimal, sure (`?` marks what may be stale), not nil.
pub(super) fn first_address(arguments: &[u8]) -> Option<u64> {
    let first = arguments.split(|b| *b == b',').next()?;
    let hex = std::str::from_utf8(first.strip_prefix(b"0x")?).ok()?;
    u64::from_str_radix(hex, 16).ok().filter(|address| *address != 0)
}

#[cfg(test)]
mod tests {
    use super::{BlockLine, Location, first_address, location};

    fn function(line: &str) -> Option<(&str, &str)> {
        match BlockLine::parse(line.as_bytes()) {
            BlockLine::Function { name, arguments } => {
                Some((std::str::from_utf8(name).expect("UTF-8"), std::str::from_utf8(arguments).expect("UTF-8")))
            }
            _ => None,
        }
    }

    #[test]
    fn functions_are_cut_at_the_last_parenthesis() {
        assert_eq!(function("main.main()"), Some(("main.main", "")));
        assert_eq!(
            function("net/http.(*conn).serve(0xc0, {0x1, 0x2})"),
            Some(("net/http.(*conn).serve", "0xc0, {0x1, 0x2}"))
        );
        assert_eq!(function("main.(*Box[...]).GM[...](...)"), Some(("main.(*Box[...]).GM[...]", "...")));
        assert_eq!(function("panic({0x4b79a8?, 0x1})"), Some(("panic", "{0x4b79a8?, 0x1}")));
        assert_eq!(function("main.main)("), None);
        assert_eq!(function("2026/01/01 http: panic serving 1.2.3.4: boom (x)"), None);
        assert_eq!(function("2026/01/01 GET / (12ms)"), None);
    }

    #[test]
    fn locations_are_read_from_the_right() {
        for (text, file, line, has_offset) in [
            ("/usr/go/src/net/http/server.go:3210 +0x44", "/usr/go/src/net/http/server.go", 3210, true),
            ("/home/a b/c:d/x.go:7", "/home/a b/c:d/x.go", 7, false),
            ("C:/Users/x y/m.go:693 +0x9f", "C:/Users/x y/m.go", 693, true),
            ("runtime/proc.go:474 +0xca fp=0x1 sp=0x2 pc=0x3", "runtime/proc.go", 474, true),
            ("/go/src/pkg/runtime/proc.c:1394 fp=0x2ba270d3ffa8", "/go/src/pkg/runtime/proc.c", 1394, true),
            ("<autogenerated>:1", "<autogenerated>", 1, false),
        ] {
            assert_eq!(location(text.as_bytes()), Some(Location { file: file.as_bytes(), line, has_offset }), "{text}");
        }
        assert_eq!(location(b"/usr/go/src/net/http/ser"), None);
        assert_eq!(location(b"no line here:"), None);
    }

    #[test]
    fn the_rest() {
        assert_eq!(BlockLine::parse(b"created by main.main in goroutine 1"), BlockLine::CreatedBy(b"main.main"));
        assert_eq!(BlockLine::parse(b"created by time.goFunc"), BlockLine::CreatedBy(b"time.goFunc"));
        assert_eq!(BlockLine::parse(b"...43526 frames elided..."), BlockLine::Elided);
        assert_eq!(BlockLine::parse(b"...additional frames elided..."), BlockLine::Elided);
        assert_eq!(BlockLine::parse(b"[originating from goroutine 20]:"), BlockLine::Ancestors);
        assert_eq!(BlockLine::parse(b"\tgoroutine running on other thread; stack unavailable"), BlockLine::Unavailable);
        assert_eq!(BlockLine::parse(b"exit status 2"), BlockLine::Other);
    }

    #[test]
    fn addresses() {
        assert_eq!(first_address(b"0xc000123456, 0x1"), Some(0xc000_123456));
        assert_eq!(first_address(b"0xc000123456?"), None);
        assert_eq!(first_address(b"0x0"), None);
        assert_eq!(first_address(b"..."), None);
    }
}

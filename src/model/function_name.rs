//! Function names as every format and Go version writes them, brought to one spelling.

use std::borrow::Cow;

/// A function name in the spelling that all formats share, and where its package ends.
///
/// * Type arguments are folded: `main.G[go.shape.int]` (profile.proto) and `main.G[...]` (text) are one function.
/// * The linker's escapes are undone: `gopkg.in/yaml%2ev3.Unmarshal` is shown as `gopkg.in/yaml.v3.Unmarshal`
///   (cmd/internal/objabi.PathToPrefix escapes the dots of the last path element; Go 1.27 escapes some closures twice).
/// * `runtime.gopanic` is `panic`, as the traceback prints it (runtime/traceback.go:printFuncName).
#[derive(Debug, PartialEq, Eq)]
pub struct FunctionName<'a> {
    /// The name, package path included.
    pub name: Cow<'a, str>,
    /// The package's import path: `net/http`, `gopkg.in/yaml.v3`, `main`; empty for names without a dot.
    pub package: Cow<'a, str>,
}

impl<'a> FunctionName<'a> {
    /// Reads a name as a profile or dump spells it, without an argument list.
    #[must_use]
    pub fn parse(raw: &'a str) -> Self {
        if raw == "runtime.gopanic" || raw == "panic" {
            return FunctionName { name: Cow::Borrowed("panic"), package: Cow::Borrowed("runtime") };
        }
        // Nearly all names are spelled as they are shared.
        if let Some(end) = package_end_of_plain(raw) {
            return FunctionName { name: Cow::Borrowed(raw), package: Cow::Borrowed(&raw[..end]) };
        }
        let folded = fold_type_arguments(raw);
        let end = package_end(&folded);
        match folded {
            Cow::Borrowed(text) => FunctionName { name: unescape(text), package: unescape(&text[..end]) },
            Cow::Owned(text) => FunctionName {
                name: Cow::Owned(unescape(&text).into_owned()),
                package: Cow::Owned(unescape(&text[..end]).into_owned()),
            },
        }
    }
}

/// Replaces what stands between outermost brackets by `...`. A bracket that never closes is left as it is.
fn fold_type_arguments(raw: &str) -> Cow<'_, str> {
    if !raw.contains('[') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let (mut depth, mut open) = (0usize, 0usize);
    for (i, c) in raw.char_indices() {
        match c {
            '[' => {
                if depth == 0 {
                    open = i;
                }
                depth += 1;
            }
            ']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    out.push_str("[...]");
                }
            }
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    if depth > 0 {
        out.push_str(&raw[open..]);
    }
    if out == raw { Cow::Borrowed(raw) } else { Cow::Owned(out) }
}

/// Where the package path ends in an escaped name: at the first dot after its last slash. Slashes in receivers and type
/// arguments don't count (`os/exec.*closeOnce.(os/exec.close)·fm`, Go 1.3).
fn package_end(name: &str) -> usize {
    let path = memchr::memchr3(b'(', b'[', b'*', name.as_bytes()).map_or(name, |end| &name[..end]);
    let after_slash = memchr::memrchr(b'/', path.as_bytes()).map_or(0, |i| i + 1);
    memchr::memchr(b'.', &name.as_bytes()[after_slash..]).map_or(0, |i| after_slash + i)
}

/// The same in one pass over a name without type arguments and escapes; none of another.
fn package_end_of_plain(name: &str) -> Option<usize> {
    let (mut dot, mut in_path) = (None, true);
    for (at, byte) in name.bytes().enumerate() {
        // Most bytes are letters, which come behind all of these.
        if byte > b'[' {
            continue;
        }
        match byte {
            b'[' | b'%' => return None,
            b'/' if in_path => dot = None,
            b'(' | b'*' => in_path = false,
            b'.' if dot.is_none() => dot = Some(at),
            _ => {}
        }
    }
    Some(dot.unwrap_or(0))
}

/// Undoes `%xx`, twice where an escape was escaped.
fn unescape(text: &str) -> Cow<'_, str> {
    let Some(once) = unescape_once(text) else { return Cow::Borrowed(text) };
    match unescape_once(&once) {
        Some(twice) => Cow::Owned(twice),
        None => Cow::Owned(once),
    }
}

/// `None` where there is nothing to undo.
fn unescape_once(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let escape = (bytes[i] == b'%')
            .then(|| bytes.get(i + 1..i + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escape {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    (out != bytes).then(|| String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FunctionName, package_end, package_end_of_plain};

    fn parts(raw: &str) -> (String, String) {
        let parsed = FunctionName::parse(raw);
        (parsed.name.into_owned(), parsed.package.into_owned())
    }

    proptest! {
        #[test]
        fn one_pass_finds_the_package_of_two(name in "[a·./(*%\\[]{0,12}") {
            prop_assert!(package_end_of_plain(&name).is_none_or(|end| end == package_end(&name)));
        }
    }

    #[test]
    fn one_spelling_for_all_formats() {
        for (raw, name, package) in [
            ("main.main", "main.main", "main"),
            ("net/http.(*conn).serve", "net/http.(*conn).serve", "net/http"),
            ("main.G[go.shape.int]", "main.G[...]", "main"),
            ("main.(*Box[go.shape.struct { A []int }]).GM[go.shape.string]", "main.(*Box[...]).GM[...]", "main"),
            ("main.G[...].func1", "main.G[...].func1", "main"),
            ("slices.SortFunc[github.com/a/b.T]", "slices.SortFunc[...]", "slices"),
            ("gopkg.in/yaml%2ev3.(*Decoder).Decode", "gopkg.in/yaml.v3.(*Decoder).Decode", "gopkg.in/yaml.v3"),
            ("gopkg.in/yaml%252ev3.(*D).Dec.1", "gopkg.in/yaml.v3.(*D).Dec.1", "gopkg.in/yaml.v3"),
            ("runtime.gopanic", "panic", "runtime"),
            ("testing.func·007", "testing.func·007", "testing"),
            ("os/exec.*closeOnce.(os/exec.close)·fm", "os/exec.*closeOnce.(os/exec.close)·fm", "os/exec"),
            ("_cgoexp_48eab9614568_goCallback", "_cgoexp_48eab9614568_goCallback", ""),
            ("main.open[unclosed", "main.open[unclosed", "main"),
            ("a%zzb.f", "a%zzb.f", "a%zzb"),
        ] {
            assert_eq!(parts(raw), (name.to_owned(), package.to_owned()), "{raw}");
            assert!(package_end_of_plain(raw).is_none_or(|end| end == package_end(raw)), "{raw}");
        }
    }
}

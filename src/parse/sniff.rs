//! What an input is, told from its first bytes.

/// How many bytes are looked at.
pub(super) const HEAD: usize = 1024;

/// What an input can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Empty,
    /// profile.proto, whole or cut
    Proto,
    /// Anything that may hold goroutines as text
    Text,
    /// The same, two bytes a character, with a byte order mark
    Utf16,
    /// Known, and not ours: what it is, and what to do.
    Foreign(&'static str, &'static str),
}

/// Tells the content from the first [`HEAD`] bytes (fewer where the input is shorter).
pub(super) fn sniff(head: &[u8]) -> Content {
    if head.is_empty() {
        return Content::Empty;
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Content::Utf16;
    }
    if head.starts_with(b"go 1.") && memchr::memmem::find(&head[..head.len().min(16)], b" trace").is_some() {
        return Content::Foreign(
            "an execution trace (/debug/pprof/trace), not a goroutine profile",
            "capture /debug/pprof/goroutine, or read this one with: go tool trace FILE",
        );
    }
    if is_proto(head) { Content::Proto } else { Content::Text }
}

/// Whether the bytes are fields of a Profile message: known numbers with their wire types, and bytes that no text has.
fn is_proto(head: &[u8]) -> bool {
    let (mut at, mut fields) = (0, 0);
    while at < head.len() && fields < 8 {
        let key = head[at];
        let (number, wire) = (key >> 3, key & 7);
        let expected = match number {
            1..=6 | 11 => &[2][..],
            7..=10 | 12 | 14 | 15 => &[0],
            13 => &[0, 2],
            _ => return false,
        };
        if !expected.contains(&wire) {
            return false;
        }
        let Some((value, next)) = varint(head, at + 1) else { break };
        at = next;
        fields += 1;
        if wire == 2 {
            // A length that lies is for the parser to refuse.
            at = usize::try_from(value).ok().and_then(|n| at.checked_add(n)).unwrap_or(head.len());
        }
    }
    fields > 0 && head.iter().take(64).any(|b| *b < 9 || (14..27).contains(b))
}

fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Content, sniff};

    #[test]
    fn by_content() {
        // How Go's profiles begin: period_type, period, sample_type.
        assert_eq!(sniff(b"Z\x04\x08\x01\x10\x02`\x01\n\x04\x08\x01\x10\x02\"\x10"), Content::Proto);
        assert_eq!(sniff(b"\n\x04\x08\x01\x10\x02"), Content::Proto);
        for text in
            ["goroutine 1 [running]:\n", "\n\npanic: x\n", "Z is a letter\n", "{\"log\":\"goroutine\"}", "<html>"]
        {
            assert_eq!(sniff(text.as_bytes()), Content::Text, "{text}");
        }
        assert_eq!(sniff(b""), Content::Empty);
        assert!(matches!(sniff(b"go 1.22 trace\0\0\0"), Content::Foreign(..)));
    }
}

//! Numbers and places as words.

use crate::model::{FrameId, Symbols};

/// A number with commas between thousands.
#[must_use]
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 goroutine`, `2 goroutines`.
#[must_use]
pub fn counted(n: i64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// The share of a whole in percent, for sentences: `98 %`, `<1 %`.
#[must_use]
pub fn percent(part: i64, whole: i64) -> String {
    match (part.saturating_mul(100)).checked_div(whole) {
        Some(0) if part > 0 => "<1 %".into(),
        Some(n) => format!("{n} %"),
        None => "0 %".into(),
    }
}

/// `fetch.go:41`; without a file the function's name.
#[must_use]
pub fn place(frame: FrameId, symbols: &Symbols) -> String {
    let at = symbols.frame_at(frame);
    match (symbols.str(at.file), at.line) {
        ("", _) => function(frame, symbols),
        (file, line) => place_of(file, u64::from(line)),
    }
}

/// The file's own name and the line: `fetch.go:41`; without a line the name.
#[must_use]
pub fn place_of(file: &str, line: u64) -> String {
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    if line == 0 { base.to_owned() } else { format!("{base}:{line}") }
}

/// A function without the directories of its package: `http.(*conn).serve`.
#[must_use]
pub fn function(frame: FrameId, symbols: &Symbols) -> String {
    let name = symbols.name_of(frame);
    let path_end = name.find(['(', '[']).unwrap_or(name.len());
    name[..path_end].rfind('/').map_or(name, |at| &name[at + 1..]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{counted, percent, thousands};

    #[test]
    fn numbers() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(-1_234_567), "-1,234,567");
        assert_eq!(thousands(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!((counted(1, "lock"), counted(2, "lock")), ("1 lock".into(), "2 locks".into()));
        assert_eq!((percent(1, 3), percent(1, 1000), percent(0, 0)), ("33 %".into(), "<1 %".into(), "0 %".into()));
    }
}

//! What names of files say: which are forms of one moment, in which order moments are, and when they were.

use std::cmp::Ordering;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Endings that say how a file is stored.
const ENDINGS: [&str; 9] = ["pb", "pprof", "prof", "proto", "txt", "text", "log", "out", "dump"];

/// Words before the ending that say in which form a profile is, with and without `curl -O`'s query.
const FORMS: [&str; 6] = ["debug0", "debug1", "debug2", "debug=0", "debug=1", "debug=2"];

/// What parts words of a name.
const SEPARATORS: [char; 4] = ['.', '-', '_', '?'];

/// The part of a file name that the forms of one moment share: `t1` of `t1.goroutine.debug2.txt.gz` and of
/// `t1.goroutine.pb.gz`. Never empty where the name isn't. Files named `debug0`, `debug1`, `debug2` share `debug`.
#[must_use]
pub fn stem(name: &str) -> &str {
    let packed = without_gz(name);
    let stored = strip_word(packed, &ENDINGS, &['.']).map_or(packed, without_gz);
    if FORMS.iter().any(|form| stored.eq_ignore_ascii_case(form)) {
        return stored.get(.."debug".len()).unwrap_or(stored);
    }
    let form = strip_word(stored, &FORMS, &SEPARATORS).unwrap_or(stored);
    // Some captures name the profile in one of its forms only.
    strip_word(form, &["goroutine", "goroutines"], &SEPARATORS).unwrap_or(form)
}

fn without_gz(mut name: &str) -> &str {
    while let Some(rest) = strip_word(name, &["gz"], &['.']) {
        name = rest;
    }
    name
}

/// A name without one of `words` at its end and the separator before it, where something is left.
fn strip_word<'a>(name: &'a str, words: &[&str], separators: &[char]) -> Option<&'a str> {
    let (at, _) = name.char_indices().rev().find(|(_, c)| separators.contains(c))?;
    let word = name.get(at + 1..)?;
    let known = words.iter().any(|known| known.eq_ignore_ascii_case(word));
    name.get(..at).filter(|rest| known && !rest.is_empty())
}

/// The order of names in which numbers count as numbers: `snap2` before `snap10`. Names that differ in leading zeros only
/// are in the order of their bytes, so that different names are never equal.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(x), Some(y)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (x, y) = (split_number(&mut left), split_number(&mut right));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            x.cmp(y)
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits off the front; gives them without leading zeros.
fn split_number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let (number, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
    *text = rest;
    &number[number.iter().take_while(|b| **b == b'0').count()..]
}

/// The indices of names, those of one [`stem`] together, stems in [`natural`] order.
#[must_use]
pub fn by_moment(names: &[String]) -> Vec<Vec<usize>> {
    let mut sorted: Vec<(&str, usize)> = names.iter().enumerate().map(|(i, name)| (stem(name), i)).collect();
    sorted.sort_by(|a, b| natural(a.0, b.0).then(a.1.cmp(&b.1)));
    sorted.chunk_by(|a, b| a.0 == b.0).map(|group| group.iter().map(|(_, i)| *i).collect()).collect()
}

/// The time that a name holds, in nanoseconds since the Unix epoch: the first date with a time of day (UTC where no zone
/// stands behind it), else the first number that is Unix seconds or milliseconds of a year from 2000 to 2100.
#[must_use]
pub fn time_in_name(name: &str) -> Option<i64> {
    let bytes = name.as_bytes();
    let starts = || {
        let first = |i: &usize| bytes[*i].is_ascii_digit() && (*i == 0 || !bytes[*i - 1].is_ascii_digit());
        (0..bytes.len()).filter(first).map(|i| &bytes[i..])
    };
    starts().find_map(|rest| Reader { rest }.date_and_time()).or_else(|| starts().find_map(unix_time))
}

/// A number of 9, 10 or 13 digits with nothing more of a word behind it; a commit's hash would go on.
fn unix_time(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if text.get(digits).is_some_and(u8::is_ascii_alphabetic) || !matches!(digits, 9 | 10 | 12 | 13) {
        return None;
    }
    let number: i64 = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    let (seconds, nanos) = if digits < 12 { (number, 1_000_000_000) } else { (number / 1000, 1_000_000) };
    // 2000-01-01 to 2101-01-01
    (946_684_800..4_133_980_800).contains(&seconds).then(|| number.checked_mul(nanos))?
}

/// Reads a date and time from the front.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn date_and_time(mut self) -> Option<i64> {
        let year = i16::try_from(self.number(4)?).ok().filter(|year| (2000..=2100).contains(year))?;
        let separator = self.peek(b"-_.");
        let month = self.behind(separator, 2)?;
        let day = self.behind(separator, 2)?;
        if self.one_of(b"Tt_- .@").is_none() && separator.is_some() {
            return None;
        }
        let hour = self.number(2)?;
        let separator = self.peek(b"-:._");
        let minute = self.behind(separator, 2)?;
        let second = self.behind(separator, 2);
        let fraction = second.and_then(|_| self.fraction()).unwrap_or(0);
        if self.rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let east = self.zone().unwrap_or(0);
        let small = |n: i32| i8::try_from(n).ok();
        let (hour, minute, second) = (small(hour)?, small(minute)?, small(second.unwrap_or(0))?);
        let time = DateTime::new(year, small(month)?, small(day)?, hour, minute, second, fraction).ok()?;
        let nanos = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond();
        i64::try_from(nanos - i128::from(east) * 60_000_000_000).ok()
    }

    /// Takes a number of exactly so many digits, or nothing.
    fn number(&mut self, digits: usize) -> Option<i32> {
        let (number, rest) = self.rest.split_at_checked(digits)?;
        let all = number.iter().all(u8::is_ascii_digit);
        let value = number.iter().fold(0i32, |n, b| n * 10 + i32::from(b.wrapping_sub(b'0')));
        all.then(|| self.rest = rest).map(|()| value)
    }

    /// Takes a number with a separator before it, or nothing.
    fn behind(&mut self, separator: Option<u8>, digits: usize) -> Option<i32> {
        let before = self.rest;
        let there = separator.is_none_or(|s| self.one_of(&[s]).is_some());
        let number = if there { self.number(digits) } else { None };
        if number.is_none() {
            self.rest = before;
        }
        number
    }

    fn peek(&self, bytes: &[u8]) -> Option<u8> {
        self.rest.first().copied().filter(|first| bytes.contains(first))
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let first = self.peek(bytes)?;
        self.rest = &self.rest[1..];
        Some(first)
    }

    /// Takes a fraction of a second as nanoseconds. Of 3, 6 or 9 digits: `.7` behind a time may be a running number.
    fn fraction(&mut self) -> Option<i32> {
        let (b'.' | b',', digits) = self.rest.split_first()? else { return None };
        let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let unit = [(3, 1_000_000), (6, 1000), (9, 1)].into_iter().find(|(n, _)| *n == length)?.1;
        self.rest = digits;
        self.number(length).map(|n| n * unit)
    }

    /// The minutes east of UTC, where the name has a zone. `-0500` may be a running number; `-05:00` isn't.
    fn zone(&mut self) -> Option<i32> {
        let sign = self.one_of(b"+-")?;
        let hours = self.number(2)?;
        let colon = self.one_of(b":");
        let minutes = self.number(2)?;
        let ends = !self.rest.first().is_some_and(u8::is_ascii_digit);
        let sane = hours <= 14 && minutes < 60 && ends && (sign == b'+' || colon.is_some());
        sane.then(|| (hours * 60 + minutes) * if sign == b'+' { 1 } else { -1 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{by_moment, natural, stem, time_in_name};

    #[test]
    fn forms_of_one_moment_have_one_stem() {
        for (name, wanted) in [
            ("t1_scrapes.goroutine.debug2.txt", "t1_scrapes"),
            ("t1_scrapes.goroutine.pb.gz", "t1_scrapes"),
            ("s1.goroutine.debug1.txt.gz", "s1"),
            ("snap03.debug2.txt.gz", "snap03"),
            ("snap03.PB.GZ", "snap03"),
            ("snap03_debug2.log", "snap03"),
            ("snap03.debug1.gz.txt.gz.gz", "snap03"),
            ("s4.goroutineleak.pb.gz", "s4.goroutineleak"),
            ("goroutine?debug=2", "goroutine"),
            ("pprof.server.goroutine.001.pb.gz", "pprof.server.goroutine.001"),
            ("2026-11-21_02.40.28Z.txt", "2026-11-21_02.40.28Z"),
            ("goroutine-1763692828", "goroutine-1763692828"),
            ("debug0.pb.gz", "debug"),
            ("debug2.txt.gz", "debug"),
            (".gz", ".gz"),
            (".txt", ".txt"),
            ("Größe.debug2.txt", "Größe"),
            ("é.debüg2", "é.debüg2"),
            ("", ""),
        ] {
            assert_eq!(stem(name), wanted, "{name}");
        }
    }

    #[test]
    fn names_hold_times() {
        const SECOND: i64 = 1_795_228_828; // date -ud 2026-11-21T02:40:28 +%s
        let at = |name: &str| time_in_name(name).map(|nanos| (nanos / 1_000_000_000 - SECOND, nanos % 1_000_000_000));
        for (name, seconds) in [
            ("2026-11-21T02-40-28", 0),
            ("20261121-024028", 0),
            ("20261121024028.pb.gz", 0),
            ("202611210240.pb.gz", -28),
            ("2026-11-21_02.40.28Z", 0),
            ("orders-7.2026_11_21-02_40_28.debug2.txt", 0),
            ("heap 2026-11-21 02:40:28+01:00.txt", -3600),
            ("2026-11-21T02:40:28-05:00", 5 * 3600),
            ("20261121T024028+0545", -(5 * 60 + 45) * 60),
            ("20261121-024028-0500", 0),
            ("2026-11-21T02-40.debug2.txt", -28),
            ("2026-11-21_02.40.pb.gz", -28),
            ("20261121-0240", -28),
            ("2026-11-21T02.40.28.7.txt", 0),
            ("goroutine-1795228828.pb.gz", 0),
            ("1795228828000.pb.gz", 0),
            ("1999-01-01T00-00-00.1795228828", 0),
        ] {
            assert_eq!(at(name), Some((seconds, 0)), "{name}");
        }
        assert_eq!(at("20261121T024028.250Z.pb.gz"), Some((0, 250_000_000)));
        assert_eq!(at("goroutine-1795228828250.pb.gz"), Some((0, 250_000_000)));
    }

    #[test]
    fn other_names_hold_none() {
        for name in [
            "",
            "snap10.txt",
            "2026-11-21.pb.gz",
            "2026-11-21-10.pb.gz",
            "2026-13-21T02-40-28",
            "2026-02-30T02-40-28",
            "2026-11-21T25-40-28",
            "2026-11-21T02-60",
            "2026-11_21T02-40-28",
            "20261121-0240281",
            "1795228828abcdef.txt",
            "9999999999",
            "17952288281",
            "123456789.pb.gz",
            "17952288280000000000",
            "２０２６-11-21T02-40-28",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(time_in_name(name), None, "{name}");
        }
    }

    #[test]
    fn moments_are_in_natural_order() {
        let names = ["s10.pb.gz", "s2.debug2.txt", "s10.debug2.txt.gz", "s2.goroutineleak.pb.gz", "s1.txt", "s2.pb.gz"];
        let names: Vec<String> = names.map(str::to_owned).to_vec();
        assert_eq!(by_moment(&names), [vec![4], vec![1, 5], vec![3], vec![0, 2]]);
        assert_eq!(by_moment(&[]), Vec::<Vec<usize>>::new());
        let mut sorted = ["a10", "a2", "a02", "a", "b1", "a2b", "a2.1", "a99999999999999999999999", "A3"];
        sorted.sort_by(|a, b| natural(a, b));
        assert_eq!(sorted, ["A3", "a", "a02", "a2", "a2.1", "a2b", "a10", "a99999999999999999999999", "b1"]);
    }

    proptest! {
        #[test]
        fn natural_is_a_total_order(a in "[a0-2./é]{0,5}", b in "[a0-2./é]{0,5}", c in "[a0-2./é]{0,5}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b).is_eq(), a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }

        #[test]
        fn any_name_is_read(name in "\\PC{0,40}|[0-9T:._+-]{0,40}") {
            prop_assert!(name.starts_with(stem(&name)));
            prop_assert!(time_in_name(&name).is_none_or(|nanos| nanos > 0));
        }
    }
}

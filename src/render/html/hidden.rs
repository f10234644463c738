//! The names inside merged stacks, so that a search finds the box that holds them.
//!
//! A page says each name once, in order of first use and without what it shares with the name before it; a box lists the
//! numbers of its names by their distances. Both are written in digits of five bits and one that says that more follow.

use std::collections::{BTreeSet, HashMap};

use super::name;
use crate::report::Group;

/// Bytes that names and lists may take of a page. Measured: 100,000 stacks that differ in their leaf need 1.1 to 1.3 million.
const ROOM: usize = 1_300_000;

const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// What merged stacks hold, box by box.
#[derive(Default)]
pub(super) struct Hidden {
    /// All names, a line each: how much of the name before it begins, and the rest.
    pub(super) names: String,
    /// The numbers of each box's names.
    pub(super) lists: Vec<String>,
    /// Boxes whose names did not all have room.
    pub(super) cut: BTreeSet<usize>,
    numbers: HashMap<String, usize>,
    count: usize,
    before: String,
    used: usize,
    /// The last number in each list.
    last: Vec<usize>,
}

impl Hidden {
    /// Takes the groups of each box, with how many frames of each stand above the box, from the entry on.
    pub(super) fn of(boxes: &[(usize, Vec<&Group>)]) -> Self {
        let mut hidden =
            Hidden { lists: vec![String::new(); boxes.len()], last: vec![0; boxes.len()], ..Hidden::default() };
        // Functions say more than files: these come where there is room left.
        for files in [false, true] {
            // A file that is called as a function is has a number of its own, so that numbers only rise.
            hidden.numbers.clear();
            for (place, (above, groups)) in boxes.iter().enumerate() {
                let frames = groups.iter().flat_map(|g| &g.frames[..g.frames.len().saturating_sub(*above)]);
                let texts: BTreeSet<&str> = if files {
                    frames.filter_map(|frame| frame.file.as_deref()).collect()
                } else {
                    frames.map(|frame| frame.function.as_str()).collect()
                };
                hidden.add(place, texts.into_iter().map(name).collect());
            }
        }
        hidden
    }

    /// Adds names to a box, all or none.
    fn add(&mut self, place: usize, names: BTreeSet<String>) {
        let (known, new): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| self.numbers.contains_key(name));
        let mut numbers: Vec<usize> = known.iter().filter_map(|name| self.numbers.get(name)).copied().collect();
        numbers.sort_unstable();
        numbers.extend(self.count..self.count + new.len());
        let (mut lines, mut before) = (String::new(), self.before.as_str());
        for name in &new {
            lines.push_str(&line(before, name));
            before = name;
        }
        let (mut list, mut last) = (String::new(), self.last[place]);
        for number in numbers {
            push(&mut list, number - last);
            last = number;
        }
        let cost = lines.chars().map(bytes).sum::<usize>();
        if self.used + cost + list.len() > ROOM {
            self.cut.insert(place);
            return;
        }
        self.used += cost + list.len();
        self.before = new.last().cloned().unwrap_or_else(|| self.before.clone());
        self.names.push_str(&lines);
        self.lists[place].push_str(&list);
        self.last[place] = last;
        for name in new {
            self.numbers.insert(name, self.count);
            self.count += 1;
        }
    }
}

/// What a character takes in the JSON of a page.
fn bytes(c: char) -> usize {
    match c {
        '\n' | '"' | '\\' => 2,
        '<' | '>' | '&' => 6,
        c => c.len_utf8(),
    }
}

/// A name after another: how much they share, as a script counts it, and the rest.
fn line(before: &str, name: &str) -> String {
    let same = before.chars().zip(name.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c);
    let (bytes, units) = same.fold((0, 0), |(bytes, units), c| (bytes + c.len_utf8(), units + c.len_utf16()));
    let mut line = String::new();
    push(&mut line, units);
    line.push_str(&name[bytes..]);
    line.push('\n');
    line
}

fn push(text: &mut String, mut number: usize) {
    while number >= 32 {
        text.push(char::from(DIGITS[32 + number % 32]));
        number /= 32;
    }
    text.push(char::from(DIGITS[number]));
}

#[cfg(test)]
mod tests {
    use super::{Hidden, ROOM, line, push};

    fn digits(number: usize) -> String {
        let mut text = String::new();
        push(&mut text, number);
        text
    }

    #[test]
    fn numbers_by_five_bits_the_lowest_first() {
        for (number, text) in [(0, "0"), (31, "V"), (32, "W1"), (33, "X1"), (1023, "_V"), (1024, "WW1")] {
            assert_eq!(digits(number), text);
        }
    }

    #[test]
    fn a_name_is_said_by_what_it_adds() {
        assert_eq!(line("", "main.a"), "0main.a\n");
        assert_eq!(line("main.a", "main.ab"), "6b\n");
        assert_eq!(line("main.𝒜a", "main.𝒜b"), "7b\n", "a script counts a letter beyond U+FFFF twice");
        assert_eq!(line("main.𝒜", "main.𝒞"), "5𝒞\n");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let mut hidden = Hidden { lists: vec![String::new(); 2], last: vec![0; 2], ..Hidden::default() };
        hidden.add(0, ["a".repeat(ROOM)].into());
        hidden.add(1, ["main.a".to_owned(), "main.b".to_owned()].into());
        assert_eq!(
            (hidden.names.as_str(), &hidden.lists[..]),
            ("0main.a\n5b\n", &[String::new(), "01".to_owned()][..])
        );
        assert_eq!(hidden.cut, [0].into());
        hidden.add(1, ["<".repeat(ROOM / 5)].into());
        assert_eq!(hidden.cut, [0, 1].into());
    }
}

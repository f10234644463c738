//! Which patterns of the rules that are compiled in match a name: one pass over the name through two automata, which
//! `build/automaton.rs` makes of all patterns, and describes. Nothing is made ready for it at run time.

/// Of the patterns that begin with `^`: nodes with runs of bytes between them (`build/nodes.rs`).
const FROM_START: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/names_from_start.bin"));
/// Of all others: a table.
const ANYWHERE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/names_anywhere.bin"));

/// Adds the patterns that match a name to `found`, in the order of their numbers; `pattern` makes one of its number.
pub(super) fn add_matching<P: Ord>(name: &str, found: &mut Vec<P>, pattern: impl Fn(u16) -> P) {
    let start = found.len();
    let mut add = |number| {
        let pattern = pattern(number);
        if !found[start..].contains(&pattern) {
            found.push(pattern);
        }
    };
    // A file that ended early would end the walk; a test holds that they say what the regexes say.
    let _ = from_start(name.as_bytes(), &mut add);
    let _ = anywhere(name.as_bytes(), &mut add);
    found[start..].sort_unstable();
}

/// Walks from node to node; none is what a name does that no pattern goes on with.
fn from_start(mut name: &[u8], add: &mut impl FnMut(u16)) -> Option<()> {
    let mut node = Reader { rest: FROM_START };
    loop {
        node.patterns(&mut *add)?;
        node.patterns(|pattern| {
            if name.is_empty() {
                add(pattern);
            }
        })?;
        let run = node.byte()?;
        let next = if run > 0 {
            name = name.strip_prefix(node.bytes(usize::from(run))?)?;
            node.u32()?
        } else {
            let (byte, rest) = name.split_first()?;
            name = rest;
            node.choice(*byte)?
        };
        node = Reader { rest: FROM_START.get(usize::try_from(next).ok()?..)? };
    }
}

/// Walks from row to row of the table.
fn anywhere(name: &[u8], add: &mut impl FnMut(u16)) -> Option<()> {
    let mut head = Reader { rest: ANYWHERE };
    let columns = usize::from(head.u16()?);
    let states = usize::from(head.u16()?);
    let (classes, cells) = head.rest.split_first_chunk::<256>()?;
    let (cells, _) = cells.as_chunks::<2>();
    let width = columns + 2;
    let (rows, lists) = cells.split_at_checked(states * width)?;
    let number = |cells: &[[u8; 2]], at: usize| cells.get(at).map(|cell| u16::from_le_bytes(*cell));
    let mut add_list = |cell: usize| {
        let at = usize::from(number(rows, cell)?);
        // The empty list is the first, and most states have it.
        if at > 0 {
            for place in at + 1..=at + usize::from(number(lists, at)?) {
                add(number(lists, place)?);
            }
        }
        Some(())
    };
    let mut row = 0;
    for byte in name {
        add_list(row + columns)?;
        row = usize::from(number(rows, row + usize::from(classes[usize::from(*byte)]))?) * width;
    }
    add_list(row + columns)?;
    add_list(row + columns + 1)
}

/// Numbers, little endian, of what is left of a file.
struct Reader {
    rest: &'static [u8],
}

impl Reader {
    fn bytes(&mut self, count: usize) -> Option<&'static [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes(2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn patterns(&mut self, mut each: impl FnMut(u16)) -> Option<()> {
        for _ in 0..self.byte()? {
            each(self.u16()?);
        }
        Some(())
    }

    /// The node to which a byte leads.
    fn choice(&mut self, byte: u8) -> Option<u32> {
        let usual = self.u32()?;
        let count = usize::from(self.byte()?);
        let mut exceptions = self.bytes(count * 6)?.chunks_exact(6);
        match exceptions.find(|exception| exception[0] <= byte && byte <= exception[1]) {
            Some(exception) => Reader { rest: exception.get(2..)? }.u32(),
            None => Some(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use regex::bytes::RegexBuilder;

    use super::super::{PatternId, Rules};
    use super::add_matching;

    /// The patterns that are compiled in, by number.
    fn patterns() -> BTreeMap<u16, String> {
        let rules = Rules::built_in();
        let mut all = BTreeMap::new();
        for signature in rules.signatures() {
            let rule = signature.rule();
            let texts =
                rule.frames.iter().chain(&rule.site).chain(&rule.entry).chain(&rule.creator).chain(&rule.absent);
            let ids = signature.patterns().chain(signature.absent.iter().copied());
            for (id, text) in ids.zip(texts) {
                let number = (0..u16::MAX).find(|n| PatternId::built_in((*n).into()) == Some(id)).expect("built in");
                assert!(all.insert(number, text.clone()).is_none_or(|known| known == *text), "{text}");
            }
        }
        all
    }

    /// Names as they stand in real dumps, and as each pattern would have them.
    fn names(patterns: &BTreeMap<u16, String>) -> BTreeSet<String> {
        let stacks = include_str!("../../../testdata/benign-stacks.tsv");
        let words = stacks.split(|c: char| c.is_whitespace() || c == ';').map(|word| word.trim_end_matches(','));
        let mut names: BTreeSet<String> = words.map(str::to_owned).collect();
        let mut runner = TestRunner::deterministic();
        for pattern in patterns.values() {
            let inner = pattern.trim_matches(['^', '$']).replace("$|^", "|").replace(['^', '$'], "");
            // As the patterns are meant: over ASCII.
            let inner = inner.replace(r"\d", "[0-9]").replace(r"\w", "[0-9A-Za-z_]");
            let strategy = proptest::string::string_regex(&inner).expect("a regex");
            for _ in 0..20 {
                let name = strategy.new_tree(&mut runner).expect("a name").current();
                names.extend([format!("x{name}"), format!("{name}x"), name[..name.len() / 2].to_owned()]);
                names.insert(name);
            }
        }
        names
    }

    #[test]
    fn the_automata_say_what_the_regexes_say() {
        let patterns = patterns();
        assert!(patterns.len() > 250, "{}", patterns.len());
        let regexes: BTreeMap<u16, regex::bytes::Regex> = patterns
            .iter()
            .map(|(number, text)| (*number, RegexBuilder::new(text).unicode(false).build().expect("a regex")))
            .collect();
        let (names, mut hits) = (names(&patterns), BTreeSet::new());
        for name in &names {
            let mut found = Vec::new();
            add_matching(name, &mut found, |number| number);
            let known: Vec<u16> = regexes
                .iter()
                .filter(|(_, regex)| regex.is_match(name.as_bytes()))
                .map(|(number, _)| *number)
                .collect();
            assert_eq!(found, known, "{name}");
            hits.extend(found);
        }
        assert_eq!(hits.len(), patterns.len(), "a pattern matched none of {} names", names.len());
    }
}

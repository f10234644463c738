//! Which patterns a name may match, by how it begins: most patterns begin with a package's path, and a name is tried
//! against those of its own only.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::literal::Literals;

/// How much of a beginning is looked up: the host and a part of the path.
const KEY: usize = 16;

/// Patterns by the beginnings of the names that they match.
#[derive(Default)]
pub(super) struct Prefixes {
    /// By the first bytes of a beginning, 16 or as many as it has: where its chain of patterns starts in `links`.
    first: HashMap<(usize, u128), usize, foldhash::fast::RandomState>,
    /// Patterns, each with the next of its chain.
    links: Vec<(u16, Option<usize>)>,
    /// Which numbers of bytes the beginnings have.
    lengths: BTreeSet<usize>,
    /// Patterns of which nothing is known of the beginning.
    rest: Vec<u16>,
}

impl Prefixes {
    /// Sorts patterns, given in the order of their numbers, by their literals.
    pub(super) fn of<'a>(patterns: impl Iterator<Item = &'a Literals>) -> Self {
        let mut prefixes = Prefixes::default();
        for (number, literals) in (0..).zip(patterns) {
            let Some(texts) = literals.starts() else {
                prefixes.rest.push(number);
                continue;
            };
            for text in texts {
                prefixes.add(text.as_bytes(), number);
            }
        }
        prefixes
    }

    fn add(&mut self, text: &[u8], number: u16) {
        let length = text.len().min(KEY);
        self.lengths.insert(length);
        let link = self.links.len();
        let next = self.first.insert(key(&text[..length]), link);
        self.links.push((number, next));
    }

    /// Every pattern that `name` may match is among these, in the order of their numbers.
    pub(super) fn candidates(&self, name: &str) -> Vec<u16> {
        let mut found = self.rest.clone();
        for beginning in self.lengths.iter().filter_map(|length| name.as_bytes().get(..*length)) {
            let mut at = self.first.get(&key(beginning)).copied();
            while let Some((number, next)) = at.map(|at| self.links[at]) {
                found.push(number);
                at = next;
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// At most 16 bytes as a number.
fn key(bytes: &[u8]) -> (usize, u128) {
    (bytes.len(), bytes.iter().fold(0, |key, byte| key << 8 | u128::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::{Literals, Prefixes};

    #[test]
    fn candidates_are_those_whose_literals_allow_the_name() {
        let literals = |any: &[&str], at_start| Literals {
            any: any.iter().map(|s| (*s).to_owned()).collect(),
            at_start,
            texts: None,
        };
        let all = [
            literals(&["net/http.(*"], true),
            literals(&["net/"], true),
            literals(&["ServeHTTP"], false),
            literals(&[], true),
            literals(&["net/http.(*Server)", "net/http.serve", "m"], true),
            literals(&["net/http.(*Server).Serve"], true),
            literals(&["net/http.(*A)"], true),
            literals(&["net/http.(*"], true),
        ];
        let prefixes = Prefixes::of(all.iter());
        for name in [
            "net/http.(*Server).Serve",
            "net/http.(*Server)",
            "net/http",
            "net/",
            "main.x",
            "",
            "é",
            "net/http.serve",
            "z",
        ] {
            let known: Vec<u16> = (0..).zip(&all).filter(|(_, l)| l.allow(name)).map(|(n, _)| n).collect();
            let found = prefixes.candidates(name);
            assert!(known.iter().all(|n| found.contains(n)), "{name}: {found:?} lacks some of {known:?}");
            let short = |n: &u16| all[usize::from(*n)].any.iter().all(|text| text.len() <= 16);
            assert!(found.iter().all(|n| known.contains(n) || *n == 2 || !short(n)), "{name}: {found:?}, {known:?}");
        }
    }
}

//! The texts that a regex of the user's rules can't match without: looked for before the regex is even compiled.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

/// More texts than this tell less than shorter ones.
const MAX_TEXTS: usize = 16;

/// What a name must begin with, or hold, for a regex to match it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Literals {
    /// One of these is in every name that matches; none means that every name has to be tried.
    pub any: Vec<String>,
    /// They stand at its beginning.
    pub at_start: bool,
    /// Where the regex is nothing but texts: what they say, in place of all others.
    pub texts: Option<Texts>,
}

/// What a regex says that is nothing but texts behind `^`, such as `^(a|b$)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// Names that match.
    pub whole: Vec<String>,
    /// Beginnings of names that match.
    pub start: Vec<String>,
}

impl Texts {
    fn of(hir: &Hir) -> Option<Self> {
        let mut texts = Texts::default();
        texts.add(hir, false).then_some(texts)
    }

    /// Adds the texts that an expression matches; false where it is more than texts. `anchored`: a `^` stands before it.
    fn add(&mut self, hir: &Hir, anchored: bool) -> bool {
        match hir.kind() {
            HirKind::Capture(group) => self.add(&group.sub, anchored),
            HirKind::Alternation(parts) => parts.iter().all(|part| self.add(part, anchored)),
            HirKind::Concat(parts) => match (parts.as_slice(), anchored) {
                ([first, rest @ ..], false) => is(first, Look::Start) && self.add(&Hir::concat(rest.to_vec()), true),
                ([rest @ .., last], true) if is(last, Look::End) => self.add_texts(&Hir::concat(rest.to_vec()), true),
                ([only], true) => self.add(only, true),
                (_, true) => self.add_texts(hir, false),
                ([], false) => false,
            },
            _ => anchored && self.add_texts(hir, false),
        }
    }

    fn add_texts(&mut self, hir: &Hir, is_whole: bool) -> bool {
        let sequence = Extractor::new().extract(hir);
        let texts = sequence.literals().unwrap_or_default().iter().map(|l| String::from_utf8(l.as_bytes().to_vec()));
        let Ok(texts) = texts.collect::<Result<Vec<String>, _>>() else { return false };
        let is_exact = hir.properties().look_set().is_empty() && sequence.is_exact() && !texts.is_empty();
        if is_whole {
            self.whole.extend(texts)
        } else {
            self.start.extend(texts)
        }
        is_exact
    }

    fn matches(&self, name: &str) -> bool {
        self.whole.iter().any(|text| name == text.as_str())
            || self.start.iter().any(|text| name.starts_with(text.as_str()))
    }
}

fn is(part: &Hir, look: Look) -> bool {
    matches!(part.kind(), HirKind::Look(found) if *found == look)
}

impl Literals {
    /// The literals of a regex in Rust's syntax.
    ///
    /// # Errors
    /// Where the regex breaks its syntax, says why.
    pub(super) fn of(pattern: &str) -> Result<Self, String> {
        let hir: Hir = ParserBuilder::new()
            .utf8(false)
            .unicode(false)
            .nest_limit(64)
            .build()
            .parse(pattern)
            .map_err(|e| e.to_string())?;
        if let Some(texts) = Texts::of(&hir) {
            return Ok(Literals { texts: Some(texts), ..Literals::default() });
        }
        let at_start = hir.properties().look_set_prefix().contains(Look::Start);
        let sequence = Extractor::new().limit_total(MAX_TEXTS).extract(&hir);
        let texts = sequence.literals().unwrap_or_default().iter();
        let any: Vec<String> = texts.filter_map(|l| String::from_utf8(l.as_bytes().to_vec()).ok()).collect();
        let useful = any.len() == sequence.len().unwrap_or(0) && any.iter().all(|text| !text.is_empty());
        Ok(if useful { Literals { any, at_start, texts: None } } else { Literals::default() })
    }

    /// Whether a name matches, where the literals are enough to tell.
    pub(super) fn decide(&self, name: &str) -> Option<bool> {
        self.texts.as_ref().map(|texts| texts.matches(name))
    }

    /// Whether a name may match.
    #[must_use]
    pub(super) fn allow(&self, name: &str) -> bool {
        if let Some(matches) = self.decide(name) {
            return matches;
        }
        match self.at_start {
            _ if self.any.is_empty() => true,
            true => self.any.iter().any(|text| name.starts_with(text.as_str())),
            false => self.any.iter().any(|text| name.contains(text.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Literals;

    /// Where literals are enough, they say what the regex says.
    #[test]
    fn texts_alone_decide_as_the_regex_does() {
        let names = ["a.b", "a.bc", "a.b.c", "xa.b", "a.", "", "a.d", "a.b\n", "a.c", "A.b", "ab"];
        for (pattern, decides) in [
            (r"^a\.b$", true),
            (r"^a\.b", true),
            (r"^a\.(b|d)$", true),
            (r"^a\.(b|d)?c$", true),
            (r"^a(\.|)b", true),
            (r"^(a\.b|a\.d)$", true),
            (r"^a\.(b$|d)", false),
            (r"^(a\.b$|a\.d)", true),
            (r"^(a\.b$|a\.d|(a\.c$|A))", true),
            (r"^a\.b$|^a\.d$", true),
            (r"^a\.b$|a\.d$", false),
            (r"^(a\.b|^a\.d)$", false),
            (r"^a\.b+$", false),
            (r"a\.b$", false),
            (r"^a\.[b-z]*$", false),
            (r"^a\b\.b$", false),
            (r"^^a\.b", false),
            (r"(?m)^a\.b$", false),
            (r"^$", false),
        ] {
            let literals = Literals::of(pattern).expect("valid");
            let regex = regex::Regex::new(pattern).expect("valid");
            for name in names {
                let decided = literals.decide(name);
                assert_eq!(decided.is_some(), decides, "{pattern}: {literals:?}");
                assert_eq!(decided.unwrap_or(regex.is_match(name)), regex.is_match(name), "{pattern} {name:?}");
            }
        }
    }

    #[test]
    fn no_name_that_matches_is_turned_away() {
        for (pattern, name) in [
            (r"^net/http\.\(\*persistConn\)\.readLoop$", "net/http.(*persistConn).readLoop"),
            (r"^k8s\.io/klog(/v2)?\.\(\*x\)$|^glog\.y", "k8s.io/klog/v2.(*x)"),
            (r"ServeHTTP$", "main.(*api).ServeHTTP"),
            (r"^a\.F[0-9]+\.g", "a.F17.g"),
            (r"(?i)^Main", "mAIN.x"),
            (r".*", ""),
            (r"^(a|b)?c", "c"),
        ] {
            let literals = Literals::of(pattern).expect("valid");
            assert!(regex::Regex::new(pattern).expect("valid").is_match(name), "{pattern}");
            assert!(literals.allow(name), "{pattern}: {literals:?}");
        }
        let literals = Literals::of(r"^net/http\.\(\*persistConn\)\.readLoop$").expect("valid");
        assert!(literals.texts.is_some());
        assert!(!literals.allow("net/http.(*persistConn).writeLoop"));
        assert!(Literals::of("(").is_err());
    }
}

//! The texts that a regex can't match without: looked for before the regex is even compiled.
//!
//! `build.rs` uses this file too, so that the literals of the rules that are compiled in cost nothing at run time.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, Look};

/// What a name must begin with, or hold, for a regex to match it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Literals {
    /// One of these is in every name that matches; none means that every name has to be tried.
    pub any: Vec<String>,
    /// They stand at its beginning.
    pub at_start: bool,
}

impl Literals {
    /// The literals of a regex in Rust's syntax.
    ///
    /// # Errors
    /// Where the regex breaks its syntax, says why.
    pub(crate) fn of(pattern: &str) -> Result<Self, String> {
        let hir: Hir = ParserBuilder::new()
            .utf8(false)
            .unicode(false)
            .nest_limit(64)
            .build()
            .parse(pattern)
            .map_err(|e| e.to_string())?;
        let at_start = hir.properties().look_set_prefix().contains(Look::Start);
        let sequence = Extractor::new().extract(&hir);
        let texts = sequence.literals().unwrap_or_default().iter();
        let any: Vec<String> = texts.filter_map(|l| String::from_utf8(l.as_bytes().to_vec()).ok()).collect();
        let useful = any.len() == sequence.len().unwrap_or(0) && any.iter().all(|text| !text.is_empty());
        Ok(if useful { Literals { any, at_start } } else { Literals::default() })
    }

    /// Whether a name may match.
    #[must_use]
    pub(crate) fn allow(&self, name: &str) -> bool {
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
        assert_eq!((literals.any.len(), literals.at_start), (1, true));
        assert!(!literals.allow("net/http.(*persistConn).writeLoop"));
        assert!(Literals::of("(").is_err());
    }
}

//! Rules from what is compiled in, and from the user's files.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::built_in::{Entry, Lazy};
use super::name_pattern::{NamePatterns, PatternId};
use super::rule::{Known, Rule, RuleFile, Scope};
use super::{Rules, Signature};
use crate::classify::patterns;

/// A rule that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The line, from 1, where known.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl Rules {
    /// Adds the rules of a TOML text. A rule with the id of a known one takes its place.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn add_toml(&mut self, text: &str) -> Result<(), RuleError> {
        let file: RuleFile = toml::from_str(text).map_err(|e| error(text, e.span(), e.message()))?;
        let spans = spans(text);
        let mut seen = BTreeSet::new();
        for (number, rule) in file.signature.into_iter().enumerate() {
            let id = rule.id.clone();
            let at = |message: String| {
                let message = if id.is_empty() { message } else { format!("signature {id}: {message}") };
                let spot = spans.get(number).map(|whole| spot(text, whole, &message));
                error(text, spot, &message)
            };
            if !seen.insert(rule.id.clone()) {
                return Err(at("another rule of this file has the same id".into()));
            }
            let signature = compile(rule, &mut self.names).map_err(&at)?;
            signature.check(&self.names).map_err(&at)?;
            match self.entries.iter_mut().find(|known| known.get().id == signature.id) {
                Some(known) => *known = Entry::of(signature),
                None => self.entries.push(Entry::of(signature)),
            }
        }
        for signature in self.signatures().filter(|signature| seen.contains(&*signature.id)) {
            let rule = signature.rule();
            if let Some(partner) = rule.companion_of.iter().find(|id| self.get(id).is_none()) {
                let message = format!("signature {}: companion_of names no signature: {partner}", rule.id);
                return Err(error(text, None, &message));
            }
        }
        self.index();
        Ok(())
    }
}

fn compile(rule: Rule, names: &mut NamePatterns) -> Result<Signature, String> {
    check(&rule)?;
    let mut add = |field: &str, text: &String| names.add(text).map_err(|e| format!("{field} = '{text}': {e}"));
    let mut all = |field: &str, texts: &[String]| -> Result<Vec<PatternId>, String> {
        texts.iter().map(|text| add(field, text)).collect()
    };
    let (frames, absent) = (all("frames", &rule.frames)?, all("absent", &rule.absent)?);
    let mut one = |field: &str, text: &Option<String>| text.as_ref().map(|text| add(field, text)).transpose();
    let (site, entry, creator) = (one("site", &rule.site)?, one("entry", &rule.entry)?, one("creator", &rule.creator)?);
    Ok(Signature {
        id: Cow::Owned(rule.id.clone()),
        states: rule.states.iter().cloned().map(Cow::Owned).collect(),
        shapes: rule.shapes.clone(),
        scope: rule.scope,
        language: rule.language,
        context: rule.context,
        frames,
        absent,
        site,
        entry,
        creator,
        rule: Lazy::read(rule),
    })
}

/// What the types of a rule can't say.
fn check(rule: &Rule) -> Result<(), String> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if rule.id.is_empty() || !rule.id.chars().all(is_word) {
        return Err("id: expected lower-case letters, digits and hyphens".into());
    }
    if rule.title.is_empty() {
        return Err("title: missing".into());
    }
    let by_name = !rule.frames.is_empty() || rule.site.is_some() || rule.entry.is_some() || rule.creator.is_some();
    if !by_name && !rule.language {
        return Err("a rule needs frames, site, entry or creator: a wait state alone says nothing of a cause".into());
    }
    if rule.language && rule.known == Known::User {
        return Err("language: only rules that are compiled in can be of the language".into());
    }
    if (rule.scope == Scope::Companion) == rule.companion_of.is_empty() {
        return Err("companion_of: needed for scope companion, and only there".into());
    }
    if rule.per_object == Some(0) {
        return Err("per_object: expected 1 or more".into());
    }
    if let Some(unknown) = rule.patterns.iter().find(|id| patterns::get(id).is_none()) {
        let nearest = patterns::nearest(unknown).map(|id| format!("; the nearest is {id}")).unwrap_or_default();
        return Err(format!("patterns: there is no pattern {unknown}{nearest}"));
    }
    Ok(())
}

impl Signature {
    fn check(&self, names: &NamePatterns) -> Result<(), String> {
        self.patterns().chain(self.absent.iter().copied()).try_for_each(|id| names.check(id))
    }
}

/// Where each `[[signature]]` of a text lies.
fn spans(text: &str) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = text
        .match_indices("[[signature]]")
        .map(|(at, _)| at)
        .filter(|at| text[..*at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty()))
        .collect();
    starts.push(text.len());
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// The line of a rule that a message is about: that of the field it names, else its first.
fn spot(text: &str, whole: &Range<usize>, message: &str) -> Range<usize> {
    let field = message.rsplit("signature ").next().and_then(|rest| rest.split([':', '=', ' ']).find(|w| is_field(w)));
    let found = field.and_then(|field| {
        let mut at = whole.start;
        text[whole.clone()].split_inclusive('\n').find_map(|line| {
            let start = at + (line.len() - line.trim_start().len());
            at += line.len();
            let is_it = line.trim_start().strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with('='));
            is_it.then_some(start)
        })
    });
    let start = found.unwrap_or(whole.start);
    start..start
}

fn is_field(word: &str) -> bool {
    const FIELDS: [&str; 11] = [
        "id",
        "title",
        "frames",
        "absent",
        "site",
        "entry",
        "creator",
        "language",
        "companion_of",
        "per_object",
        "patterns",
    ];
    FIELDS.contains(&word)
}

fn error(text: &str, span: Option<Range<usize>>, message: &str) -> RuleError {
    let place = span.map(|span| {
        let before = &text[..floor(text, span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    });
    RuleError { line: place.map(|p| p.0), column: place.map(|p| p.1), message: message.trim().to_owned() }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::name_pattern::NamePatterns;
    use super::super::{Rules, Signature};
    use super::compile;

    #[test]
    fn every_rule_that_is_compiled_in_is_good() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/classify/signatures");
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let texts: String = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
        let rules = Rules::built_in();
        assert_eq!(rules.iter().count(), texts.matches("[[signature]]").count(), "one isn't loaded");
        let mut names = NamePatterns::default();
        for rule in rules.iter() {
            // What is read first says what the rule does.
            let good = compile(rule.clone(), &mut names).unwrap_or_else(|e| panic!("{}: {e}", rule.id));
            let known = rules.get(&rule.id).unwrap_or_else(|| panic!("{} is not found", rule.id));
            let conditions = |s: &Signature| (s.states.clone(), s.shapes.clone(), s.scope, s.language, s.context);
            assert_eq!(conditions(known), conditions(&good), "{}", rule.id);
            good.check(&names).unwrap_or_else(|e| panic!("{}: {e}", rule.id));
            for (field, text) in [("title", &rule.title), ("normal", &rule.normal), ("leak", &rule.leak)] {
                assert!(!text.ends_with('.'), "{}: {field} is a clause or phrase: {text}", rule.id);
            }
            assert!(rule.title.chars().count() <= 72, "{}: {}", rule.id, rule.title);
            assert!(rule.reference.is_some(), "{}: no reference", rule.id);
            assert!(rule.companion_of.iter().all(|id| rules.get(id).is_some()), "{}: {:?}", rule.id, rule.companion_of);
        }
        let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands twice");
    }

    #[test]
    fn a_bad_rule_is_told_with_its_place() {
        let good = "[[signature]]\nid = \"mine\"\ntitle = \"things\"\nframes = ['^main\\.f$']\n";
        assert_eq!(Rules::default().add_toml(good), Ok(()));
        for (text, line, column, says) in [
            ("[[signature]]\nid = \"x\"\ntitel = \"t\"\n", 3, 1, "unknown field"),
            ("[[signature]]\nid = \"x\"\ntitle = \"t\"\nframes = ['(']\n", 4, 1, "unclosed group"),
            ("[[signature]]\nid = \"x\"\ntitle = \"t\"\nstates = [\"select\"]\n", 1, 1, "a rule needs frames"),
            ("\n[[signature]]\nid = \"X Y\"\ntitle = \"t\"\n", 3, 1, "lower-case"),
            (
                "[[signature]]\nid = \"x\"\ntitle = \"t\"\nentry = 'a'\n  patterns = [\"body-not-close\"]\n",
                5,
                3,
                "body-not-closed",
            ),
            ("[[signature]]\nid = \"x\"\ntitle = 5\n", 3, 9, "expected"),
            ("[[signature]\n", 1, 13, ""),
        ] {
            let error = Rules::default().add_toml(text).expect_err(text);
            assert_eq!((error.line, error.column), (Some(line), Some(column)), "{text}: {error:?}");
            assert!(error.message.contains(says), "{error:?}");
        }
        let twice = format!("{good}{good}");
        let error = Rules::default().add_toml(&twice).expect_err("twice");
        assert_eq!((error.line, error.column), (Some(6), Some(1)));
    }
}

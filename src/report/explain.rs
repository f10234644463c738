//! What labels mean, as Markdown: the pages about patterns, signatures in words, and the list of both.

use crate::classify::patterns::{self, Pattern};
use crate::classify::signature::{Ceiling, Known, Rule, Rules, Scope};

/// A name that is no pattern and no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchLabel {
    /// The nearest name, where one is near.
    pub nearest: Option<String>,
}

/// All patterns and signatures, a line each.
#[must_use]
pub fn labels(rules: &Rules) -> String {
    let mut text = String::from("# Patterns: causes in the code\n");
    let mut area = "";
    for pattern in patterns::ALL {
        if pattern.area != area {
            area = pattern.area;
            text.push_str(&format!("\n## {area}\n\n"));
        }
        text.push_str(&line(pattern.id, pattern.title()));
    }
    text.push_str("\n# Signatures: stacks that are known\n");
    for (heading, language) in [("of libraries and the runtime", false), ("of the language", true)] {
        let mut known: Vec<&Rule> = rules.iter().filter(|rule| rule.language == language).collect();
        known.sort_by(|a, b| a.id.cmp(&b.id));
        text.push_str(&format!("\n## {heading}\n\n"));
        known.iter().for_each(|rule| text.push_str(&line(&rule.id, &rule.title)));
    }
    text
}

fn line(id: &str, title: &str) -> String {
    format!("    {id:28}  {title}\n")
}

/// The page about a pattern or a signature.
///
/// # Errors
/// Where there is neither of that name; says which is nearest.
pub fn explain(name: &str, rules: &Rules) -> Result<String, NoSuchLabel> {
    match (patterns::get(name), rules.get(name)) {
        (Some(pattern), Some(signature)) if signature.rule().patterns.iter().any(|id| id == pattern.id) => {
            Ok(format!("{}\n{}", pattern.page, about(signature.rule())))
        }
        (Some(pattern), _) => Ok(with_signatures(pattern, rules)),
        (None, Some(signature)) => Ok(about(signature.rule())),
        (None, None) => {
            let names = patterns::ALL.iter().map(|pattern| pattern.id).chain(rules.iter().map(|rule| rule.id.as_str()));
            let names: Vec<&str> = names.collect();
            Err(NoSuchLabel { nearest: patterns::nearest_of(name, names.iter().copied()).map(str::to_owned) })
        }
    }
}

/// A pattern's page and the signatures that may mean it.
fn with_signatures(pattern: &Pattern, rules: &Rules) -> String {
    let mut ids: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.patterns.iter().any(|id| id == pattern.id))
        .map(|rule| rule.id.as_str())
        .collect();
    ids.sort_unstable();
    let mut text = pattern.page.to_owned();
    if !ids.is_empty() {
        text.push_str("\n## Signatures that may mean it\n\n");
        ids.iter().for_each(|id| text.push_str(&format!("- {id}\n")));
    }
    text
}

/// A signature in words.
fn about(rule: &Rule) -> String {
    let mut text = format!("# {}: {}\n", rule.id, rule.title);
    let mut section = |heading: &str, lines: Vec<String>| {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            text.push_str(&format!("\n## {heading}\n\n{}\n", lines.join("\n")));
        }
    };
    let list = |what: &str, items: &[String]| {
        if items.is_empty() { String::new() } else { format!("- {what}: {}", items.join(", ")) }
    };
    let each = |what: &str, items: &[String]| -> Vec<String> {
        items.iter().map(|item| format!("- {what} matches `{item}`")).collect()
    };
    let one = |what: &str, item: &Option<String>| {
        item.as_ref().map_or_else(String::new, |i| format!("- {what} matches `{i}`"))
    };
    let mut recognised = vec![list("state", &rule.states)];
    recognised.extend(each("a frame", &rule.frames));
    recognised.extend([
        one("the frame where it blocks", &rule.site),
        one("the outermost frame", &rule.entry),
        one("the function with the go statement", &rule.creator),
    ]);
    recognised.extend(each("no frame", &rule.absent));
    section("Recognised by", recognised);
    let normal = if rule.normal.is_empty() { String::new() } else { format!("Normal: {}.", rule.normal) };
    let leak = if rule.leak.is_empty() { String::new() } else { format!("A leak when {}.", rule.leak) };
    section("What it means", vec![scope(rule), normal, leak, thresholds(rule)]);
    section("Causes", rule.patterns.iter().map(|id| format!("- {id}  (unpark explain {id})")).collect());
    section("What decides", rule.decides.iter().map(|text| format!("{text}?")).collect());
    section("What to change", rule.remedy.iter().cloned().collect());
    let known = match rule.known {
        Known::Seen => "seen on real stacks",
        Known::Read => "read in the library's source",
        Known::Literature => "from the literature",
        Known::User => "from your rules",
    };
    section("References", vec![format!("- {known}"), rule.reference.iter().map(|r| format!("- {r}")).collect()]);
    text
}

fn scope(rule: &Rule) -> String {
    let object = rule.object.as_deref().unwrap_or("object");
    let each = match rule.per_object {
        Some(n) if n > 1 => format!("{n} goroutines per {object}."),
        _ if rule.object.is_some() => format!("One goroutine per {object}."),
        _ => String::new(),
    };
    let text = match rule.scope {
        Scope::System => "The runtime's or the profiler's own: never reported.",
        Scope::Singleton => "A singleton: a process has one, or a fixed few.",
        Scope::Pool => "Members of a pool: as many as its limit.",
        Scope::Companion => "A companion: part of another signature's finding, never one alone.",
        Scope::PerObject => "As many as objects that are alive.",
        Scope::PerConnection => "As many as connections.",
        Scope::PerRequest => "As many as requests, or calls, in flight.",
    };
    let context = if rule.context { " It says for whom the goroutine works, not what blocks it." } else { "" };
    let victim = if rule.victim { " These wait because of others." } else { "" };
    format!("{text} {each}{context}{victim}").replace("  ", " ").trim_end().to_owned()
}

fn thresholds(rule: &Rule) -> String {
    let object = rule.object.as_deref().unwrap_or("goroutine");
    let mut parts = Vec::new();
    parts.extend(rule.suspect_count.map(|n| format!("{n} {object}s in one snapshot")));
    parts.extend(rule.suspect_wait.map(|n| format!("waits of {n} minutes")));
    if rule.ceiling == Some(Ceiling::Normal) {
        return "Never reported.".into();
    }
    let ceiling = if rule.ceiling == Some(Ceiling::Suspect) { " Never called more than suspect." } else { "" };
    match parts.as_slice() {
        [] => ceiling.trim_start().to_owned(),
        parts => format!("Worth a look: {}.{ceiling}", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{NoSuchLabel, explain, labels};
    use crate::classify::patterns;
    use crate::classify::signature::Rules;

    #[test]
    fn every_label_has_a_page() {
        let rules = Rules::built_in();
        let list = labels(&rules);
        for id in patterns::ALL.iter().map(|p| p.id.to_owned()).chain(rules.iter().map(|rule| rule.id.clone())) {
            assert!(list.contains(&format!(" {id} ")), "{id}");
            let page = explain(&id, &rules).expect("a page");
            assert!(page.starts_with(&format!("# {id}: ")), "{id}: {page}");
        }
        assert_eq!(explain("body-not-close", &rules), Err(NoSuchLabel { nearest: Some("body-not-closed".into()) }));
        assert_eq!(explain("no such thing at all", &rules), Err(NoSuchLabel { nearest: None }));
    }
}

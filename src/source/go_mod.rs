//! What go.mod and vendor/modules.txt say (go.dev/ref/mod, cmd/go/internal/modload/vendor.go), as far as it is needed.

/// What a go.mod says of modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GoMod {
    /// The module's path.
    pub(super) module: String,
    /// What is taken instead of other modules.
    pub(super) replaced: Vec<Replaced>,
}

/// A `replace` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replaced {
    /// The module that is replaced.
    pub(super) module: String,
    /// Only at this version.
    pub(super) version: Option<String>,
    /// A directory, relative to that of the go.mod, or another module.
    pub(super) by: String,
    /// The other module's version; a directory has none.
    pub(super) by_version: Option<String>,
}

impl GoMod {
    /// Reads a go.mod; `None` where it has no module line.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut found = GoMod::default();
        let mut block = "";
        for line in text.lines() {
            let line = line.split_once("//").map_or(line, |(code, _)| code).trim();
            let mut words = line.split_whitespace().map(|word| word.trim_matches(['"', '`']));
            let directive = match block {
                "" => words.next().unwrap_or_default(),
                _ => block,
            };
            if line == ")" {
                block = "";
            } else if line.ends_with('(') {
                block = directive;
            } else if directive == "module" && found.module.is_empty() {
                found.module = words.next().unwrap_or_default().to_owned();
            } else if directive == "replace" {
                found.replaced.extend(replaced(&words.collect::<Vec<_>>()));
            }
        }
        (!found.module.is_empty()).then_some(found)
    }
}

fn replaced(words: &[&str]) -> Option<Replaced> {
    let arrow = words.iter().position(|word| *word == "=>")?;
    let owned = |word: &&str| (*word).to_owned();
    Some(Replaced {
        module: owned(words[..arrow].first()?),
        version: words[..arrow].get(1).map(owned),
        by: owned(words.get(arrow + 1)?),
        by_version: words.get(arrow + 2).map(owned),
    })
}

/// The version of a module that vendor/modules.txt names: its lines are `# golang.org/x/sync v0.3.0`, with ` => …` behind
/// where the module is replaced.
pub(super) fn vendored_version<'t>(modules_txt: &'t str, module: &str) -> Option<&'t str> {
    modules_txt.lines().find_map(|line| {
        let mut words = line.strip_prefix("# ")?.split_whitespace();
        (words.next()? == module).then(|| words.next())?
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::{GoMod, vendored_version};

    #[test]
    fn go_mod() {
        let text = "// Deprecated: use v2\nmodule \"example.com/acme\" // ours\n\ngo 1.26\n\nrequire (\n\tmodule v1.0.0\n)\n\
            replace example.com/Lib => ../lib\nreplace (\n\texample.com/a v1.2.3 => example.com/b v1.3.0\n\tbad\n)\n";
        let read = GoMod::parse(text).expect("a module");
        assert_eq!(read.module, "example.com/acme");
        let replaced: Vec<_> = read
            .replaced
            .iter()
            .map(|r| (r.module.as_str(), r.version.as_deref(), r.by.as_str(), r.by_version.as_deref()))
            .collect();
        let expected = [
            ("example.com/Lib", None, "../lib", None),
            ("example.com/a", Some("v1.2.3"), "example.com/b", Some("v1.3.0")),
        ];
        assert_eq!(replaced, expected);
        assert_eq!(GoMod::parse("go 1.26\n"), None);
        assert_eq!(GoMod::parse("module\n"), None);
    }

    #[test]
    fn modules_txt() {
        let text = "# golang.org/x/sync v0.3.0\n## explicit; go 1.17\ngolang.org/x/sync/errgroup\n\
            # example.com/a v1.2.3 => example.com/b v1.3.0\n# broken\n";
        for (module, version) in [
            ("golang.org/x/sync", Some("v0.3.0")),
            ("example.com/a", Some("v1.2.3")),
            ("golang.org/x", None),
            ("broken", None),
        ] {
            assert_eq!(vendored_version(text, module), version, "{module}");
        }
    }
}

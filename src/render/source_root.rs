//! Where the source files that a program names stand in a repository.

/// What paths in a program begin with, and what stands there in the repository instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRoot {
    /// A directory or, for programs that were built with `-trimpath`, a module path; without a slash at its end.
    from: String,
    /// A folder of the repository, empty or with a slash at its end.
    to: String,
}

impl SourceRoot {
    /// Reads `FROM`, whose files stand at the repository's root, or `FROM=TO`. The last `=` parts them, since a directory's
    /// name may have one, and a module path none (`golang.org/x/mod/module`, `CheckPath`).
    ///
    /// # Errors
    /// Where `FROM=TO` names no prefix, or where `TO` is no folder within a repository.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (from, to) = text.rsplit_once('=').unwrap_or((text, ""));
        if from.is_empty() {
            return Err("names no prefix: give PREFIX or PREFIX=FOLDER".into());
        }
        let parts = || to.split('/').filter(|part| !part.is_empty() && *part != ".");
        if to.starts_with('/') || parts().any(|part| part == "..") {
            return Err(format!("{to} is no folder within a repository: give its path from the repository's root"));
        }
        let to = parts().map(|part| format!("{part}/")).collect();
        Ok(SourceRoot { from: from.trim_end_matches('/').to_owned(), to })
    }

    /// The file in the repository, by the longest prefix that it lies below; none where it lies below none. Of equal
    /// prefixes the first holds.
    pub(super) fn file_in_repository(roots: &[Self], file: &str) -> Option<String> {
        let below = |root: &Self| Some((root.to.clone(), file.strip_prefix(&root.from)?.strip_prefix('/')?));
        let (to, rest) = roots.iter().filter_map(below).min_by_key(|(_, rest)| rest.len())?;
        Some(to + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::SourceRoot;

    #[test]
    fn a_prefix_is_replaced() {
        let roots = ["/build/app", "/build/app/vendor/", "example.com/acme=services/acme", "/src/a=b=./b//", "/"];
        let roots = roots.map(|root| SourceRoot::parse(root).unwrap());
        for (file, wanted) in [
            ("/build/app/main.go", Some("main.go")),
            ("/build/app/vendor/x/y.go", Some("x/y.go")),
            ("/build/application/main.go", Some("build/application/main.go")),
            ("example.com/acme/cart/cart.go", Some("services/acme/cart/cart.go")),
            ("example.com/acme@v1.2.3/cart.go", None),
            ("example.com/acmes/cart.go", None),
            ("/src/a=b/c.go", Some("b/c.go")),
        ] {
            assert_eq!(SourceRoot::file_in_repository(&roots, file).as_deref(), wanted, "{file}");
        }
    }

    #[test]
    fn what_leads_out_of_a_repository_is_refused() {
        for (text, said) in [
            ("", "names no prefix"),
            ("=services", "names no prefix"),
            ("example.com/acme=/services", "/services is no folder within a repository"),
            ("example.com/acme=../acme", "../acme is no folder within a repository"),
        ] {
            assert!(SourceRoot::parse(text).unwrap_err().contains(said), "{text}");
        }
        assert_eq!(SourceRoot::parse("example.com/acme="), SourceRoot::parse("example.com/acme/"));
        assert_eq!(SourceRoot::parse("example.com/acme=."), SourceRoot::parse("example.com/acme"));
    }
}

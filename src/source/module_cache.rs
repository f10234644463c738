//! Modules at a version: in a module cache, in a vendor directory, or replaced by a directory of the user's.

use super::folder::{Folders, Lookup};
use super::frame_path::FramePath;
use super::go_mod::{Replaced, vendored_version};
use super::modules::{Base, Module, Modules, base_of, below_module, one_of};

/// A longer vendor/modules.txt isn't read; that of Kubernetes has 60 kB.
const MAX_MODULES_TXT: u64 = 16 << 20;

/// A file in a module at a version, from `…/pkg/mod/golang.org/x/sync@v0.3.0/errgroup/errgroup.go` or, with `-trimpath`,
/// `golang.org/x/sync@v0.3.0/errgroup/errgroup.go`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Versioned<'p, 'a> {
    /// The module's path, capitals as they are.
    module: String,
    version: String,
    rest: &'p [&'a str],
    trimmed: bool,
}

impl<'p, 'a> Versioned<'p, 'a> {
    /// `None` where the path names no version.
    pub(super) fn parse(path: &'p FramePath<'a>, package: &str) -> Option<Self> {
        let at = path.directories().iter().position(|part| has_version(part))?;
        let (last, version) = path.parts[at].split_once('@')?;
        let (module, version) = ([&path.parts[..at], &[last]].concat(), unescape(version));
        let in_cache = module.windows(2).rposition(|pair| pair == ["pkg", "mod"]);
        let module = match in_cache {
            Some(cache) if path.absolute => module[cache + 2..].join("/"),
            _ if !path.absolute => module.join("/"),
            // A GOMODCACHE elsewhere: the package says where the module's path begins.
            _ => {
                let package: Vec<&str> = package.split('/').collect();
                let starts = (0..module.len()).map(|start| module[start..].join("/"));
                starts.into_iter().find(|module| below_module(&unescape(module), &package).is_some())?
            }
        };
        let version = version.to_owned();
        let trimmed = !path.absolute;
        (!module.is_empty()).then(|| Versioned {
            module: unescape(&module),
            version,
            rest: &path.parts[at + 1..],
            trimmed,
        })
    }

    /// Looks for it in the roots.
    pub(super) fn find(&self, folders: &Folders, modules: &Modules) -> Lookup {
        self.replaced(folders, modules)
            .or(|| in_cache(folders, &self.module, &self.version, self.rest))
            .or(|| self.vendored(folders, modules))
            .or(|| self.checked_out(folders, modules))
    }

    /// `-trimpath` names a module by the version that is required, even where a `replace` takes another.
    fn replaced(&self, folders: &Folders, modules: &Modules) -> Lookup {
        if !self.trimmed {
            return Lookup::Missing;
        }
        let fits = |by: &&Replaced| by.module == self.module && by.version.as_ref().is_none_or(|v| *v == self.version);
        one_of(
            modules
                .all
                .iter()
                .flat_map(|module| module.replaced.iter().filter(fits).map(|by| self.replacement(folders, module, by))),
        )
    }

    fn replacement(&self, folders: &Folders, module: &Module, by: &Replaced) -> Lookup {
        let found = match &by.by_version {
            Some(version) => in_cache(folders, &by.by, version, self.rest),
            None => {
                let directory = module.base.path(folders).join(&by.by).canonicalize().ok();
                let base = directory.and_then(|directory| base_of(folders, &directory));
                base.map_or(Lookup::Missing, |base| base.probe(folders, self.rest))
            }
        };
        let words = |name: &str, version: Option<&String>| match version {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        };
        let what = words(&by.by, by.by_version.as_ref());
        let place = module.base.shown(folders);
        found.or(|| {
            Lookup::Refused(format!(
                "the go.mod in {place} replaces {} by {what}, where the file isn't found",
                self.module
            ))
        })
    }

    fn vendored(&self, folders: &Folders, modules: &Modules) -> Lookup {
        let rest: Vec<&str> =
            ["vendor"].into_iter().chain(self.module.split('/')).chain(self.rest.iter().copied()).collect();
        let mut refused = Lookup::Missing;
        for base in modules.bases() {
            let found = base.probe(folders, &rest);
            if found == Lookup::Missing {
                continue;
            }
            match self.vendored_at(folders, &base) {
                Some(version) if version == self.version => return found,
                version if refused == Lookup::Missing => {
                    let has = version.unwrap_or_else(|| "no version of it".into());
                    let (place, module, wanted) = (base.shown(folders), &self.module, &self.version);
                    refused = Lookup::Refused(format!(
                        "vendor/modules.txt in {place} has {has}, the profile is of {module} {wanted}"
                    ));
                }
                _ => {}
            }
        }
        refused
    }

    fn vendored_at(&self, folders: &Folders, base: &Base) -> Option<String> {
        let text = folders.small_text(&base.path(folders).join("vendor/modules.txt"), MAX_MODULES_TXT)?;
        vendored_version(&text, &self.module).map(str::to_owned)
    }

    /// A working copy of the module has the file at some version that its files don't tell.
    fn checked_out(&self, folders: &Folders, modules: &Modules) -> Lookup {
        let copies = modules.all.iter().filter(|module| module.path == self.module);
        let found = copies.filter(|copy| copy.base.probe(folders, self.rest).found().is_some());
        match found.map(|copy| copy.base.shown(folders)).next() {
            Some(place) => Lookup::Refused(format!(
                "{place} doesn't tell its version, the profile is of {module}@{version}; where it is that one, say --path-map \
                 {module}@{version}={place}",
                module = self.module,
                version = self.version,
            )),
            None => Lookup::Missing,
        }
    }
}

/// Looks in the roots that are a module cache, or a GOPATH with one.
fn in_cache(folders: &Folders, module: &str, version: &str, rest: &[&str]) -> Lookup {
    let place = format!("{}@{}", escape(module), escape(version));
    let place: Vec<&str> = place.split('/').chain(rest.iter().copied()).collect();
    let in_gopath = [&["pkg", "mod"], place.as_slice()].concat();
    let mut roots = folders.roots().iter().flat_map(|root| [(root, &place), (root, &in_gopath)]);
    let found =
        roots.find_map(|(root, below)| Some(folders.probe(root, below)).filter(|found| *found != Lookup::Missing));
    found.unwrap_or(Lookup::Missing)
}

/// `sync@v0.3.0`; not the `me@vienna` of somebody's home.
fn has_version(part: &str) -> bool {
    let version = part.split_once('@').filter(|(module, _)| !module.is_empty()).and_then(|(_, v)| v.strip_prefix('v'));
    let is_number = |number: Option<&str>| number.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    version
        .is_some_and(|version| (0..3).zip(version.split('.').map(Some).chain([None, None])).all(|(_, n)| is_number(n)))
}

/// Capitals as the module cache writes them: `!x` for `X` (golang.org/x/mod/module.EscapePath).
fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn unescape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut capital = false;
    for c in path.chars() {
        match c {
            '!' => capital = true,
            c => {
                out.push(if capital { c.to_ascii_uppercase() } else { c });
                capital = false;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{FramePath, Versioned, escape, has_version, unescape};

    #[test]
    fn versions_in_paths() {
        for (part, is) in [
            ("sync@v0.3.0", true),
            ("a@v1.0.1-0.20210819022825-2ae1ddf74ef7", true),
            ("a@v2.0.0+incompatible", true),
            ("toolchain@v0.0.1-go1.22.10.linux-amd64", true),
            ("me@vienna", false),
            ("me@v2", false),
            ("@v1.2.3", false),
            ("sync", false),
        ] {
            assert_eq!(has_version(part), is, "{part}");
        }
        for (path, escaped) in [("github.com/DataDog/x", "github.com/!data!dog/x"), ("v1.0.0-RC1", "v1.0.0-!r!c1")] {
            assert_eq!((escape(path).as_str(), unescape(escaped).as_str()), (escaped, path));
        }
    }

    #[test]
    fn modules_in_paths() {
        let parse = |file: &str, package: &str| {
            let path = FramePath::parse(file)?;
            let versioned = Versioned::parse(&path, package)?;
            Some(format!("{} {} {}", versioned.module, versioned.version, versioned.rest.join("/")))
        };
        let errgroup = Some("golang.org/x/sync v0.3.0 errgroup/errgroup.go".to_owned());
        for file in [
            "golang.org/x/sync@v0.3.0/errgroup/errgroup.go",
            "/root/go/pkg/mod/golang.org/x/sync@v0.3.0/errgroup/errgroup.go",
            "/gomodcache/golang.org/x/sync@v0.3.0/errgroup/errgroup.go",
        ] {
            assert_eq!(parse(file, "golang.org/x/sync/errgroup"), errgroup, "{file}");
        }
        let capitals = Some("github.com/DataDog/stack v1.0.0-RC1 x.go".to_owned());
        assert_eq!(parse("/go/pkg/mod/github.com/!data!dog/stack@v1.0.0-!r!c1/x.go", "main"), capitals);
        assert_eq!(parse("github.com/DataDog/stack@v1.0.0-RC1/x.go", "github.com/DataDog/stack"), capitals);
        assert_eq!(parse("/home/me@vienna/app/x.go", "example.com/app"), None);
        assert_eq!(parse("/cache/other.org/x@v1.0.0/x.go", "example.com/app"), None);
    }
}

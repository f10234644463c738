//! The modules in the roots: every go.mod that a bounded walk finds.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use super::folder::{Folder, Folders, Lookup};
use super::go_mod::{GoMod, Replaced};
use super::goroot;

/// A walk looks into no more directories than these, in all roots together.
const MAX_DIRECTORIES: usize = 20_000;

/// A walk looks at no more files and directories than these.
const MAX_ENTRIES: usize = 2_000_000;

/// A longer go.mod isn't read; those of Kubernetes have 20 kB.
const MAX_GO_MOD: u64 = 1 << 20;

/// A directory below a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// The number of the root.
    pub(super) root: usize,
    /// The directories below it; none for the root itself.
    pub(super) below: Vec<String>,
}

/// A module whose go.mod lies in a root.
#[derive(Debug)]
pub(super) struct Module {
    /// The module's path.
    pub(super) path: String,
    /// The directory of its go.mod.
    pub(super) base: Base,
    /// What it takes instead of other modules.
    pub(super) replaced: Vec<Replaced>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Modules {
    /// The numbers of the roots with a user's code: all but GOROOTs.
    roots: Vec<usize>,
    /// By directory, those nearer to a root first.
    pub(super) all: Vec<Module>,
    /// What was left out, in sentences.
    pub(super) notes: Vec<String>,
}

impl Base {
    /// Looks for a file below the directory.
    pub(super) fn probe(&self, folders: &Folders, rest: &[&str]) -> Lookup {
        let below: Vec<&str> = self.below.iter().map(String::as_str).chain(rest.iter().copied()).collect();
        folders.probe(&folders.roots()[self.root], &below)
    }

    /// The directory on this disk.
    pub(super) fn path(&self, folders: &Folders) -> std::path::PathBuf {
        folders.roots()[self.root].canonical.join(self.below.join("/"))
    }

    /// The directory, for people.
    pub(super) fn shown(&self, folders: &Folders) -> String {
        let below: Vec<&str> = self.below.iter().map(String::as_str).collect();
        let shown = folders.roots()[self.root].shown(&below);
        if shown.is_empty() { ".".to_owned() } else { shown }
    }
}

impl Modules {
    /// Walks the roots, level by level, each in the order of names. GOROOTs are left out, as are directories that hold no
    /// module of the user's: hidden ones, `testdata`, `vendor`, `node_modules`, and modules of the cache (`x@v1.2.3`). Symbolic
    /// links aren't followed.
    pub(super) fn find(folders: &Folders) -> Self {
        Modules::walk(folders, MAX_DIRECTORIES, MAX_ENTRIES)
    }

    fn walk(folders: &Folders, max_directories: usize, max_entries: usize) -> Self {
        let is_user = |root: &usize| goroot::version(folders, &folders.roots()[*root]).is_none();
        let roots = (0..folders.roots().len()).filter(is_user).collect();
        let mut found = Modules { roots, ..Modules::default() };
        let mut queue: VecDeque<Base> =
            found.roots.iter().map(|root| Base { root: *root, below: Vec::new() }).collect();
        let (mut directories, mut entries) = (0, 0);
        while let Some(base) = queue.pop_front() {
            if directories == max_directories || entries >= max_entries {
                found.notes.push(format!(
                    "the roots have more than {directories} directories; go.mod files from {} on weren't looked for: name \
                     the modules' directories with --source",
                    base.shown(folders)
                ));
                break;
            }
            directories += 1;
            let path = base.path(folders);
            if let Some(go_mod) = folders.small_text(&path.join("go.mod"), MAX_GO_MOD).and_then(|t| GoMod::parse(&t)) {
                found.all.push(Module { path: go_mod.module, base: base.clone(), replaced: go_mod.replaced });
            }
            for name in below(&path, max_entries - entries, &mut entries) {
                let below = [base.below.as_slice(), &[name]].concat();
                queue.push_back(Base { root: base.root, below });
            }
        }
        found
    }

    /// The modules that hold a package or, with `-trimpath`, a file, and what of the path lies below each; the longest
    /// module path first.
    pub(super) fn holding<'m, 'p, 'a>(&'m self, path: &'p [&'a str]) -> Vec<(&'m Module, &'p [&'a str])> {
        let mut holding: Vec<_> = self.all.iter().filter_map(|m| Some((m, below_module(&m.path, path)?))).collect();
        holding.sort_by_key(|(_, rest)| rest.len());
        holding
    }

    /// Where a build may have begun: each root with a user's code, and each module's directory.
    pub(super) fn bases(&self) -> impl Iterator<Item = Base> + '_ {
        let is_module = |root: &usize| self.all.iter().any(|m| m.base.root == *root && m.base.below.is_empty());
        let roots = self.roots.iter().copied().filter(move |root| !is_module(root));
        roots.map(|root| Base { root, below: Vec::new() }).chain(self.all.iter().map(|module| module.base.clone()))
    }

    /// The module that the directory lies in, by the nearest go.mod above it.
    pub(super) fn owner(&self, root: usize, directories: &[&str]) -> Option<&Module> {
        let fits = |module: &&Module| {
            let below = &module.base.below;
            module.base.root == root
                && below.len() <= directories.len()
                && below.iter().zip(directories).all(|(a, b)| a == b)
        };
        self.all.iter().filter(fits).max_by_key(|module| module.base.below.len())
    }
}

/// What of a path lies below a module.
pub(super) fn below_module<'p, 'a>(module: &str, path: &'p [&'a str]) -> Option<&'p [&'a str]> {
    let mut below = path;
    for part in module.split('/') {
        below = below.split_first().filter(|(first, _)| **first == part)?.1;
    }
    Some(below)
}

/// The one file among what was found; several different ones are refused, since nothing tells which of them it was.
pub(super) fn one_of(found: impl IntoIterator<Item = Lookup>) -> Lookup {
    let mut one = Lookup::Missing;
    for lookup in found {
        match (&one, lookup) {
            (_, Lookup::Missing) => {}
            (Lookup::Missing, lookup) => one = lookup,
            (Lookup::Found(a), Lookup::Found(b)) if a.path != b.path => {
                return Lookup::Refused(format!(
                    "ambiguous: it may be {} or {}; --path-map says which",
                    a.shown, b.shown
                ));
            }
            (Lookup::Refused(_), found @ Lookup::Found(_)) => one = found,
            _ => {}
        }
    }
    one
}

/// The directories in a directory that may hold modules, by name.
fn below(path: &Path, limit: usize, entries: &mut usize) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path).into_iter().flatten().take(limit) {
        *entries += 1;
        let Ok(entry) = entry else { continue };
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_other = name.starts_with(['.', '_']) || matches!(&*name, "node_modules" | "testdata" | "vendor");
        if is_directory && !is_other && !name.contains(['@', '\\']) {
            names.push(name);
        }
    }
    names.sort_unstable();
    names
}

/// Which root and directories a path without symbolic links is in.
pub(super) fn base_of(folders: &Folders, canonical: &Path) -> Option<Base> {
    folders.roots().iter().enumerate().find_map(|(root, folder): (usize, &Folder)| {
        let below = canonical.strip_prefix(&folder.canonical).ok()?;
        let below = below.iter().map(|part| part.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
        Some(Base { root, below })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use std::fs;

    use super::{Folders, Modules};

    #[test]
    fn a_walk_has_limits_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b", "b/deep", "c", "a", "a@v1.0.0", ".git", "vendor", "testdata", "node_modules", "_old"] {
            let module = folder.path().join(name);
            fs::create_dir_all(&module).expect("made");
            fs::write(module.join("go.mod"), format!("module example.com/{name}\n")).expect("written");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).expect("linked");
        let folders = Folders::open(&[folder.path().to_owned()], &[]).expect("readable");
        let walk = |directories, entries| {
            let found = Modules::walk(&folders, directories, entries);
            let names: Vec<_> =
                found.all.iter().map(|m| m.path.trim_start_matches("example.com/").to_owned()).collect();
            (names.join(" "), found.notes.join(" "))
        };
        assert_eq!(walk(100, 100), ("a b c b/deep".into(), String::new()));
        let (names, notes) = walk(3, 100);
        assert_eq!(names, "a b");
        assert!(notes.contains("more than 3 directories") && notes.contains("/c on weren't looked for"), "{notes}");
        assert!(walk(100, 10).1.contains("weren't looked for"));
        // Several roots have one limit together, and one directory is walked once.
        let twice = Folders::open(&[folder.path().to_owned(), folder.path().join(".")], &[]).expect("readable");
        assert_eq!(twice.roots().len(), 1);
    }
}

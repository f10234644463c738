//! Go source on this disk: from the file that a frame names to the file that it was.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::folder::{Folders, Lookup};
use super::frame_path::FramePath;
use super::module_cache::Versioned;
use super::modules::{Modules, one_of};
use super::path_map::PathMap;
use super::{elsewhere, goroot};
use crate::input::Threads;
use crate::model::Origin;

/// So many different files are looked for at most: a profile may name millions that aren't there.
const MAX_LOOKUPS: usize = 20_000;

/// And at so many places, which takes a few seconds.
const MAX_PROBES: usize = 1_000_000;

/// Where Go source lies on this disk: roots, and what the user says about paths. It opens nothing outside of these.
#[derive(Debug)]
pub struct SourceTree {
    pub(super) folders: Folders,
    /// With the number of the folder where each leads; the longest first.
    maps: Vec<(usize, PathMap)>,
    modules: OnceLock<Modules>,
    known: Mutex<HashMap<[String; 3], Lookup>>,
    threads: Threads,
}

impl SourceTree {
    /// Opens roots (modules, repositories, GOPATHs, module caches, GOROOTs) and the directories that maps lead to. Of maps that
    /// fit one file the longest is tried first, then in their order.
    ///
    /// # Errors
    /// A sentence that names the directory which can't be read.
    pub fn new(roots: Vec<PathBuf>, maps: Vec<PathMap>) -> Result<Self, String> {
        let targets: Vec<&Path> = maps.iter().map(PathMap::to).collect();
        let folders = Folders::open(&roots, &targets)?;
        let mut maps: Vec<(usize, PathMap)> = maps.into_iter().enumerate().collect();
        maps.sort_by_key(|(_, map)| std::cmp::Reverse(map.length()));
        Ok(SourceTree { folders, maps, modules: OnceLock::new(), known: Mutex::default(), threads: Threads::ONE })
    }

    /// The same, read by so many threads.
    #[must_use]
    pub fn with_threads(self, threads: Threads) -> Self {
        SourceTree { threads, ..self }
    }

    /// How many threads read it.
    pub(super) fn threads(&self) -> usize {
        self.threads.count()
    }

    /// Where the file lies that a frame names. `file` is as the profile has it, `package` the import path of the frame's
    /// function (`main` for commands), `go_version` what built the program (`go1.26.1`).
    ///
    /// The first of these that exists: what a path map says; the very path in a root; a module at a version in a module
    /// cache or vendor directory; Go's own source in a GOROOT of the same version; with `-trimpath` the module of the path
    /// in a root; the file at the end of a build path that its package agrees with.
    #[must_use]
    pub fn find(&self, file: &str, package: &str, go_version: Option<&str>) -> Lookup {
        let Some(path) = FramePath::parse(file) else { return Lookup::Missing };
        let key = [file.to_owned(), package.to_owned(), go_version.unwrap_or_default().to_owned()];
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = known.get(&key) {
            return lookup.clone();
        }
        if known.len() >= MAX_LOOKUPS || self.folders.probes() >= MAX_PROBES {
            return Lookup::Refused(format!("{} other files were looked for already", known.len()));
        }
        let lookup = self.look(&path, file, package, go_version);
        known.insert(key, lookup.clone());
        lookup
    }

    fn look(&self, path: &FramePath<'_>, file: &str, package: &str, go_version: Option<&str>) -> Lookup {
        let mapped = self.mapped(path);
        if mapped != Lookup::Missing || path.foreign {
            return mapped;
        }
        let is_go = Origin::of(package, file).is_go();
        let in_goroot = || if is_go { goroot::find(&self.folders, path, go_version) } else { Lookup::Missing };
        let inside = self.inside(path, go_version);
        if let Some(versioned) = Versioned::parse(path, package) {
            return inside.or(|| versioned.find(&self.folders, self.modules())).or(in_goroot);
        }
        if is_go {
            return inside.or(in_goroot);
        }
        inside.or(|| self.trimmed(path)).or(|| elsewhere::find(&self.folders, self.modules(), path, package))
    }

    fn mapped(&self, path: &FramePath<'_>) -> Lookup {
        let fitting = self.maps.iter().filter_map(|(number, map)| Some((*number, map.rest(path)?)));
        let found = fitting.map(|(number, rest)| self.folders.probe(self.folders.target(number), rest));
        found.into_iter().find(|found| *found != Lookup::Missing).unwrap_or(Lookup::Missing)
    }

    /// The very path. A GOROOT at the same place may still be of another version: then its files are refused, also in frames
    /// of the user's own functions, into which the compiler puts closures of Go's.
    fn inside(&self, path: &FramePath<'_>, go_version: Option<&str>) -> Lookup {
        if !path.absolute {
            return Lookup::Missing;
        }
        let roots = self.folders.roots().iter().filter_map(|root| Some((root, root.rest(&path.parts)?)));
        let found = roots.map(|(root, rest)| match goroot::version(&self.folders, root) {
            Some(_) => goroot::find(&self.folders, path, go_version),
            None => self.folders.probe(root, rest),
        });
        found.into_iter().find(|found| *found != Lookup::Missing).unwrap_or(Lookup::Missing)
    }

    /// `example.com/acme/internal/x/y.go`: below the module with the longest path that has the file.
    fn trimmed(&self, path: &FramePath<'_>) -> Lookup {
        if path.absolute {
            return Lookup::Missing;
        }
        let holding = self.modules().holding(&path.parts);
        let by_module = holding.chunk_by(|(_, a), (_, b)| a.len() == b.len());
        let found =
            by_module.map(|same| one_of(same.iter().map(|(module, rest)| module.base.probe(&self.folders, rest))));
        found.into_iter().find(|found| *found != Lookup::Missing).unwrap_or(Lookup::Missing)
    }

    fn modules(&self) -> &Modules {
        self.modules.get_or_init(|| Modules::find(&self.folders))
    }

    /// What was left out so far, in sentences.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.modules.get().map_or(&[], |modules| &modules.notes)
    }
}

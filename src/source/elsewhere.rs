//! A program that was built elsewhere: `/build/src/acme/internal/x/y.go` against `/home/me/acme`. The frame's import path says
//! which directory it was, so a file of the same name elsewhere isn't taken for it.

use super::folder::{Folders, Lookup};
use super::frame_path::{FramePath, parts};
use super::modules::{Modules, one_of};

/// Longer ends of a path aren't tried.
const MAX_SUFFIX: usize = 32;

/// Looks for the file by the module that its package is in, else by the end of its path; `package` is its import path, or `main`.
pub(super) fn find(folders: &Folders, modules: &Modules, path: &FramePath<'_>, package: &str) -> Lookup {
    if package.is_empty() {
        return Lookup::Missing;
    }
    if package == "main" {
        return by_end(folders, modules, path, package).or(|| main_module(folders, modules, path));
    }
    let package = import_path(path, package);
    by_module(folders, modules, path, package).or(|| by_end(folders, modules, path, package))
}

/// The import path of the directory: external tests are a package `x_test` beside `x`.
fn import_path<'p>(path: &FramePath<'_>, package: &'p str) -> &'p str {
    let directory = path.directories().last().copied().unwrap_or_default();
    match package.strip_suffix("_test") {
        Some(tested) if path.name().ends_with("_test.go") && !directory.ends_with("_test") => tested,
        _ => package,
    }
}

fn by_module(folders: &Folders, modules: &Modules, path: &FramePath<'_>, package: &str) -> Lookup {
    let package: Vec<&str> = package.split('/').collect();
    let holding = modules.holding(&package);
    let longest = holding.first().map_or(0, |(_, rest)| rest.len());
    let nearest = holding.iter().filter(|(_, rest)| rest.len() == longest && path.directories().ends_with(rest));
    one_of(nearest.map(|(module, rest)| module.base.probe(folders, &[rest, [path.name()].as_slice()].concat())))
}

/// The longest end of the path that exists in a root, with one directory at least.
fn by_end(folders: &Folders, modules: &Modules, path: &FramePath<'_>, package: &str) -> Lookup {
    let import: Vec<&str> = parts(package).collect();
    for length in (2..=path.parts.len().min(MAX_SUFFIX)).rev() {
        let end = &path.parts[path.parts.len() - length..];
        let directories = &end[..length - 1];
        if package != "main" && !import.ends_with(directories) && !directories.ends_with(&import) {
            continue;
        }
        let fits = modules.bases().filter(|base| {
            let place: Vec<&str> = base.below.iter().map(String::as_str).chain(directories.iter().copied()).collect();
            package == "main" || is_package(modules, base.root, &place, &import)
        });
        let found = one_of(fits.map(|base| base.probe(folders, end)));
        if found != Lookup::Missing {
            return found;
        }
    }
    Lookup::Missing
}

/// Whether a directory isn't another package, by the go.mod above it. In a vendor directory it says nothing.
fn is_package(modules: &Modules, root: usize, directories: &[&str], import: &[&str]) -> bool {
    let is_vendored =
        directories.len() > import.len() && directories[..directories.len() - import.len()].ends_with(&["vendor"]);
    let owner = modules.owner(root, directories).filter(|_| !is_vendored);
    owner.is_none_or(|module| {
        let below = directories[module.base.below.len()..].iter().copied();
        module.path.split('/').chain(below).eq(import.iter().copied())
    })
}

/// `/build/orders/main.go` in the directory of the module `example.com/orders`.
fn main_module(folders: &Folders, modules: &Modules, path: &FramePath<'_>) -> Lookup {
    let Some(directory) = path.directories().last() else { return Lookup::Missing };
    let named = modules.all.iter().filter(|module| last_element(&module.path) == *directory);
    one_of(named.map(|module| module.base.probe(folders, &[path.name()])))
}

/// `orders` of `example.com/orders/v2`.
fn last_element(module: &str) -> &str {
    let is_major = |last: &str| last.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok());
    match module.rsplit_once('/') {
        Some((before, last)) if is_major(last) => before.rsplit('/').next().unwrap_or(before),
        Some((_, last)) => last,
        None => module,
    }
}

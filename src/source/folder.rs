//! The directories that may be read: nothing outside them is opened, whatever a frame, a symbolic link or a go.mod says.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::frame_path::parts;

/// A file of Go source on this disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoFile {
    /// Where it lies: absolute, without symbolic links.
    pub path: PathBuf,
    /// The same for people: relative to the working directory where the root was given so.
    pub shown: String,
}

/// Where the file that a frame names lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Here.
    Found(GoFile),
    /// In none of the roots, or it is no file of Go source.
    Missing,
    /// Something is there, but it isn't sure that it is what the program was built from; the reason, without a full stop.
    Refused(String),
}

impl Lookup {
    /// The file, where it was found.
    #[must_use]
    pub fn found(&self) -> Option<&GoFile> {
        match self {
            Lookup::Found(file) => Some(file),
            _ => None,
        }
    }

    /// What `next` says, where this is nowhere.
    pub(super) fn or(self, next: impl FnOnce() -> Lookup) -> Lookup {
        if self == Lookup::Missing { next() } else { self }
    }
}

/// Why a file isn't read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It lies outside the roots and the directories of path maps, or a symbolic link leads out of them.
    #[error("it lies outside the directories that --source and --path-map name")]
    Outside,
    /// A directory, a pipe, a device.
    #[error("it is no regular file")]
    NotRegular,
    /// Larger than [`super::MAX_FILE`].
    #[error("it has {0} bytes; {limit} are allowed", limit = super::MAX_FILE)]
    TooLarge(u64),
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A directory: a root, or where a path map leads.
#[derive(Debug)]
pub(super) struct Folder {
    given: PathBuf,
    pub(super) canonical: PathBuf,
}

impl Folder {
    fn open(option: &str, given: &Path) -> Result<Self, String> {
        let said = |why: &dyn std::fmt::Display| format!("{option} {}: {why}", given.display());
        let canonical = given.canonicalize().map_err(|e| said(&e))?;
        if !canonical.is_dir() {
            return Err(said(&"no directory"));
        }
        fs::read_dir(&canonical).map_err(|e| said(&e))?;
        Ok(Folder { given: given.to_owned(), canonical })
    }

    /// What of an absolute path lies below this directory, by its components alone: the disk isn't asked about paths outside.
    pub(super) fn rest<'p, 'a>(&self, path: &'p [&'a str]) -> Option<&'p [&'a str]> {
        let absolute = std::path::absolute(&self.given).ok();
        absolute.iter().chain([&self.canonical]).find_map(|folder| {
            let folder = folder.to_str()?;
            let mut below = path;
            for part in parts(folder) {
                below = below.split_first().filter(|(first, _)| **first == part)?.1;
            }
            Some(below)
        })
    }

    /// A path below this directory, for people.
    pub(super) fn shown(&self, below: &[&str]) -> String {
        let given = self.given.components().map(|part| part.as_os_str()).filter(|part| *part != ".");
        given.chain(below.iter().map(OsStr::new)).collect::<PathBuf>().to_string_lossy().into_owned()
    }
}

/// All directories that may be read. The first of them are roots, the others where path maps lead.
#[derive(Debug, Default)]
pub(super) struct Folders {
    all: Vec<Folder>,
    roots: usize,
    probes: AtomicUsize,
}

impl Folders {
    /// Opens them; a directory that can't be read is an error that names it.
    pub(super) fn open(roots: &[PathBuf], targets: &[&Path]) -> Result<Self, String> {
        let mut folders = Folders::default();
        for root in roots {
            let folder = Folder::open("--source", root)?;
            if folders.all.iter().all(|known| known.canonical != folder.canonical) {
                folders.all.push(folder);
            }
        }
        folders.roots = folders.all.len();
        for target in targets {
            folders.all.push(Folder::open("--path-map", target)?);
        }
        Ok(folders)
    }

    /// The directories of `--source`.
    pub(super) fn roots(&self) -> &[Folder] {
        &self.all[..self.roots]
    }

    /// Where the path map with this number leads.
    pub(super) fn target(&self, map: usize) -> &Folder {
        &self.all[self.roots + map]
    }

    /// Whether a path without symbolic links lies in one of them.
    pub(super) fn hold(&self, canonical: &Path) -> bool {
        self.all.iter().any(|folder| canonical.starts_with(&folder.canonical))
    }

    /// At how many places a file was looked for so far.
    pub(super) fn probes(&self) -> usize {
        self.probes.load(Ordering::Relaxed)
    }

    /// Looks for a file of Go source below a directory. What is no regular file counts as not being there; a symbolic link
    /// out of all directories is refused.
    pub(super) fn probe(&self, folder: &Folder, below: &[&str]) -> Lookup {
        if below.iter().any(|part| matches!(*part, "" | "." | "..") || part.contains(['/', '\\', '\0'])) {
            return Lookup::Missing;
        }
        self.probes.fetch_add(1, Ordering::Relaxed);
        let path = folder.canonical.join(below.join("/"));
        let Ok(canonical) = path.canonicalize() else { return Lookup::Missing };
        let shown = folder.shown(below);
        if !self.hold(&canonical) {
            return Lookup::Refused(format!("{shown} is a symbolic link out of {}", folder.given.display()));
        }
        if canonical.extension().is_none_or(|e| e != "go") || !canonical.is_file() {
            return Lookup::Missing;
        }
        Lookup::Found(GoFile { path: canonical, shown })
    }

    /// The text of a small file that Go keeps beside source (go.mod, VERSION, modules.txt); `None` where it isn't there, is no
    /// regular file in one of the directories, or is larger than `limit` bytes.
    pub(super) fn small_text(&self, path: &Path, limit: u64) -> Option<String> {
        let canonical = path.canonicalize().ok().filter(|canonical| self.hold(canonical))?;
        let about = fs::metadata(&canonical).ok()?;
        if !about.is_file() || about.len() > limit {
            return None;
        }
        fs::read(&canonical).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    }
}

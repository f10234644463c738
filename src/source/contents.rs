//! What files of Go source hold, with limits.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::folder::Unreadable;
use super::tree::SourceTree;

/// A file with more bytes isn't read: 16 MiB. The largest of Go's own have 2 MB.
pub const MAX_FILE: u64 = 16 << 20;

/// No more files of one package are read.
pub const MAX_PACKAGE_FILES: usize = 2_000;

/// No more bytes of one package are read: 64 MiB.
pub const MAX_PACKAGE_BYTES: u64 = 64 << 20;

/// The other files of a package.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PackageFiles {
    /// Absolute, without symbolic links, by name.
    pub files: Vec<PathBuf>,
    /// How many are left out: too many, too large, unreadable, or links out of the roots.
    pub left_out: usize,
}

impl SourceTree {
    /// Reads a file that [`SourceTree::find`] or [`SourceTree::package_files`] gave.
    ///
    /// # Errors
    /// It isn't in one of the directories, no regular file, larger than [`MAX_FILE`], or the system refuses.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let canonical = self.regular(path)?.0;
        let mut bytes = Vec::new();
        // It may grow while it is read.
        File::open(canonical)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 {
            length if length > MAX_FILE => Err(Unreadable::TooLarge(length)),
            _ => Ok(bytes),
        }
    }

    /// Where a file is that may be read, and its size.
    fn regular(&self, path: &Path) -> Result<(PathBuf, u64), Unreadable> {
        let canonical = path.canonicalize()?;
        if !self.folders.hold(&canonical) {
            return Err(Unreadable::Outside);
        }
        let about = fs::metadata(&canonical)?;
        match about.len() {
            _ if !about.is_file() => Err(Unreadable::NotRegular),
            length if length > MAX_FILE => Err(Unreadable::TooLarge(length)),
            length => Ok((canonical, length)),
        }
    }

    /// The other files of Go source beside a file: of its package, and of its tests where it is one itself. Names that
    /// begin with `.` or `_` are no part of a package (go help packages).
    #[must_use]
    pub fn package_files(&self, path: &Path) -> PackageFiles {
        let mut found = PackageFiles::default();
        let Ok((path, _)) = self.regular(path) else { return found };
        let (Some(directory), Some(own)) = (path.parent(), path.file_name()) else { return found };
        let with_tests = is_test(own.as_encoded_bytes());
        let mut names = BTreeSet::new();
        for name in fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name()) {
            if name != own && is_of_package(&name, with_tests) {
                names.insert(name);
            }
            // The first by name, however many there are.
            if names.len() > MAX_PACKAGE_FILES {
                names.pop_last();
                found.left_out += 1;
            }
        }
        let mut bytes = 0;
        for name in names {
            match self.regular(&directory.join(&name)) {
                // A link to a file that is there by its own name, or that is no Go.
                Ok((file, _)) if is_other_name(&file, directory, &name) => {}
                Ok((file, length)) if bytes + length <= MAX_PACKAGE_BYTES => {
                    bytes += length;
                    found.files.push(file);
                }
                // A directory may be called x.go.
                Err(Unreadable::NotRegular) => {}
                _ => found.left_out += 1,
            }
        }
        found
    }
}

fn is_other_name(file: &Path, directory: &Path, name: &OsStr) -> bool {
    let is_link_beside = file.parent() == Some(directory) && file.file_name() != Some(name);
    is_link_beside || file.extension().is_none_or(|extension| extension != "go")
}

fn is_test(name: &[u8]) -> bool {
    name.ends_with(b"_test.go")
}

fn is_of_package(name: &OsStr, with_tests: bool) -> bool {
    let name = name.as_encoded_bytes();
    name.ends_with(b".go") && !name.starts_with(b".") && !name.starts_with(b"_") && (with_tests || !is_test(name))
}

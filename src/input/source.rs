//! What the user named: a path, standard input, or a directory of captures.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// One input to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `-`
    Stdin,
    /// A file, a FIFO, a device
    Path(PathBuf),
}

impl Source {
    /// The name as messages and reports show it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Source::Stdin => "-".to_owned(),
            Source::Path(path) => path.display().to_string(),
        }
    }
}

/// The inputs that an argument names: itself, or the files of a directory (not of those within it) in the order of their
/// names, hidden ones left out.
///
/// # Errors
/// Where a directory can't be listed or holds no file.
pub fn expand(argument: &Path) -> Result<Vec<Source>> {
    if argument.as_os_str() == "-" {
        return Ok(vec![Source::Stdin]);
    }
    if !argument.is_dir() {
        return Ok(vec![Source::Path(argument.to_owned())]);
    }
    let name = argument.display().to_string();
    let entries = std::fs::read_dir(argument).map_err(|e| Error::new(&name, e))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| Error::new(&name, e))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Error::new(&name, ErrorKind::Unusable("the directory holds no file".into())));
    }
    Ok(paths.into_iter().map(Source::Path).collect())
}

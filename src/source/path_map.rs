//! `--path-map FROM=TO`: what the user says about where a directory of the build lies here.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::frame_path::{FramePath, is_absolute, parts};

/// A directory as the program's frames name it, and the same directory here.
///
/// `FROM` is a prefix at the borders of path components, with `/` or `\`: an absolute directory of the build, a module's
/// path where the program was built with `-trimpath`, or a module with its version (`golang.org/x/sync@v0.3.0`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathMap {
    from: Vec<String>,
    absolute: bool,
    to: PathBuf,
}

impl PathMap {
    /// The directory here.
    #[must_use]
    pub fn to(&self) -> &Path {
        &self.to
    }

    /// The same map, with a relative directory taken as below `folder`.
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        self.to = folder.join(self.to);
        self
    }

    /// How many components it speaks of: the longest that fits a file is the most exact.
    pub(super) fn length(&self) -> usize {
        self.from.len()
    }

    /// What of the path lies below the directory.
    pub(super) fn rest<'p, 'a>(&self, path: &'p FramePath<'a>) -> Option<&'p [&'a str]> {
        let fits = self.absolute == path.absolute
            && path.parts.len() > self.from.len()
            && self.from.iter().zip(&path.parts).all(|(from, part)| from == part);
        fits.then(|| &path.parts[self.from.len()..])
    }
}

impl FromStr for PathMap {
    type Err = String;

    /// Reads `FROM=TO`; the first `=` parts them.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected FROM=TO, such as /build/src=. or example.com/acme=services/acme".to_owned();
        let (from, to) = text.split_once('=').ok_or_else(wrong)?;
        if from.is_empty() || to.is_empty() {
            return Err(wrong());
        }
        let map = PathMap {
            from: parts(from).map(str::to_owned).collect(),
            absolute: is_absolute(from),
            to: PathBuf::from(to),
        };
        // `.=src` would fit every file with a relative path, whatever module it is of.
        if map.from.is_empty() && !map.absolute {
            return Err(wrong());
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::{FramePath, PathMap};

    #[test]
    fn a_prefix_at_the_borders_of_components() {
        let rest = |map: &str, file: &str| {
            let map: PathMap = map.parse().expect("a map");
            map.rest(&FramePath::parse(file).expect("a path")).map(|rest| rest.join("/"))
        };
        for (map, file, below) in [
            ("/build/src=.", "/build/src/a/x.go", Some("a/x.go")),
            ("/build/src/=.", "/build/src/x.go", Some("x.go")),
            ("/build/src=.", "/build/src2/a/x.go", None),
            ("/build/src/x.go=.", "/build/src/x.go", None),
            ("/build=.", "build/x.go", None),
            ("build=.", "/build/x.go", None),
            ("/=.", "/build/x.go", Some("build/x.go")),
            ("example.com/acme=.", "example.com/acme/y/x.go", Some("y/x.go")),
            ("example.com/acme=.", "example.com/acme@v1.0.0/x.go", None),
            ("C:\\src=.", "C:/src/a/x.go", Some("a/x.go")),
            ("C:/src=.", "C:\\src\\a\\x.go", Some("a/x.go")),
        ] {
            assert_eq!(rest(map, file).as_deref(), below, "{map} {file}");
        }
    }

    #[test]
    fn what_is_no_map_is_told() {
        for text in ["", "/build", "=.", "/build=", ".=src"] {
            assert!(text.parse::<PathMap>().is_err_and(|why| why.contains("expected FROM=TO")), "{text}");
        }
        let map: PathMap = "/a=b=c".parse().expect("a map");
        assert_eq!(map.relative_to("/home".as_ref()).to(), std::path::Path::new("/home/b=c"));
    }
}

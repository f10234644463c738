//! Go's own source: a GOROOT of exactly the version that built the program, since lines move between any two.

use super::folder::{Folder, Folders, Lookup};
use super::frame_path::FramePath;

/// `VERSION` holds two short lines.
const MAX_VERSION: u64 = 4096;

/// The version of the Go whose tree this directory is (`go1.26.1`): it has `src/runtime` and a `VERSION`, whose first word that is.
pub(super) fn version(folders: &Folders, folder: &Folder) -> Option<String> {
    let text = folders.small_text(&folder.canonical.join("VERSION"), MAX_VERSION)?;
    let version = text.split_whitespace().next().filter(|word| word.starts_with("go") || word.starts_with("devel"))?;
    folder.canonical.join("src/runtime").is_dir().then(|| version.to_owned())
}

/// Looks for a file of the standard library: `/usr/local/go/src/net/http/server.go`, or `net/http/server.go` with `-trimpath`.
pub(super) fn find(folders: &Folders, path: &FramePath<'_>, go_version: Option<&str>) -> Lookup {
    let below = match path.directories().iter().rposition(|part| *part == "src") {
        Some(src) if path.absolute => &path.parts[src + 1..],
        _ if path.absolute => return Lookup::Missing,
        _ => &path.parts,
    };
    let below = [&["src"], below].concat();
    let mut refused = Lookup::Missing;
    for folder in folders.roots() {
        let Some(version) = version(folders, folder) else { continue };
        let found = folders.probe(folder, &below);
        if found != Lookup::Missing && go_version == Some(version.as_str()) {
            return found;
        }
        if found != Lookup::Missing && refused == Lookup::Missing {
            let profile = match go_version {
                Some(of) => format!("the profile is of {of}"),
                None => {
                    format!("the profile doesn't say which Go built the program{}", way_out(path, &folder.shown(&[])))
                }
            };
            refused = Lookup::Refused(format!("GOROOT is {version}, {profile}"));
        }
    }
    refused
}

/// What the user can say who knows it.
fn way_out(path: &FramePath<'_>, goroot: &str) -> String {
    match path.directories().iter().rposition(|part| *part == "src") {
        Some(src) if path.absolute => {
            format!("; where it was that one, say --path-map /{}={goroot}", path.parts[..src].join("/"))
        }
        _ => String::new(),
    }
}

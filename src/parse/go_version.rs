//! The version of Go that built a program, where its paths show it.

use crate::model::{Snapshot, Symbols};

/// Looks for a version in the paths of Go's own frames: `/usr/local/go1.27.3/src/…`, `/usr/lib/go-1.19/src/…`,
/// `…/golang.org/toolchain@v0.0.1-go1.22.10.linux-amd64/src/…`. Most paths have none.
pub(super) fn of(snapshot: &Snapshot, symbols: &Symbols) -> Option<String> {
    snapshot.groups.iter().take(64).find_map(|group| {
        symbols.frames(group.key.stack).find_map(|frame| {
            let frame = symbols.frame_at(frame);
            if frame.origin.is_go() { in_path(symbols.str(frame.file)) } else { None }
        })
    })
}

fn in_path(file: &str) -> Option<String> {
    let root = &file[..file.find("/src/")?];
    ["go1.", "go-1."].iter().find_map(|mark| {
        // Most have none, which is told faster than where the last one is.
        let at = root.contains(mark).then(|| root.rfind(mark)).flatten()?;
        let version = &root[at + mark.len() - 2..];
        let end = version
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c.is_ascii_lowercase()))
            .unwrap_or(version.len());
        let mut version = &version[..end];
        // `1.22.10.linux-amd64`: the platform is no part of it.
        if let Some(platform) = version.find(|c: char| c.is_ascii_lowercase())
            && version[..platform].ends_with('.')
        {
            version = &version[..platform - 1];
        }
        let version = version.trim_end_matches('.');
        (version.len() > 2).then(|| format!("go{version}"))
    })
}

#[cfg(test)]
mod tests {
    use super::in_path;

    #[test]
    fn versions() {
        for (path, version) in [
            ("/usr/sdk/go1.27.3/src/runtime/proc.go", Some("go1.27.3")),
            ("/usr/lib/go-1.19/src/runtime/proc.go", Some("go1.19")),
            ("/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.10.linux-amd64/src/net/net.go", Some("go1.22.10")),
            ("/sdk/go1.24rc2/src/net/net.go", Some("go1.24rc2")),
            ("/usr/local/go/src/net/net.go", None),
            ("net/net.go", None),
        ] {
            assert_eq!(in_path(path).as_deref(), version, "{path}");
        }
    }
}

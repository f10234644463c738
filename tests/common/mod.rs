//! What the integration tests share: reading test data through the library.

#![allow(dead_code, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use unpark::classify::signature::Rules;
use unpark::input;
use unpark::model::{Snapshot, Symbols};
use unpark::parse::{self, Options};
use unpark::report::{self, Report, Selection, Wanted};

/// The path of a file in `testdata/`.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The bytes of a file in `testdata/`, gunzipped.
pub(crate) fn plain(name: &str) -> Vec<u8> {
    let file = fs::File::open(path(name)).expect("test data");
    let mut bytes = Vec::new();
    input::unpack(Box::new(file), input::MAX_UNPACKED, name)
        .expect("readable")
        .read_to_end(&mut bytes)
        .expect("readable");
    bytes
}

/// The text of a file in `testdata/`, gunzipped.
pub(crate) fn text(name: &str) -> String {
    String::from_utf8(plain(name)).expect("UTF-8")
}

/// Reads bytes as an input.
pub(crate) fn read(bytes: impl Into<Vec<u8>>, symbols: &mut Symbols) -> Result<Vec<Snapshot>, unpark::Error> {
    let options = Options::default();
    let reader =
        input::unpack(Box::new(std::io::Cursor::new(bytes.into())), input::MAX_UNPACKED, "input").expect("readable");
    parse::read_unpacked(reader, "input", symbols, &options)
}

/// Reads a file of `testdata/` that holds one snapshot.
pub(crate) fn snapshot(name: &str, symbols: &mut Symbols) -> Snapshot {
    let mut snapshots = read(fs::read(path(name)).expect("test data"), symbols).expect("a profile");
    assert_eq!(snapshots.len(), 1, "{name}");
    snapshots.remove(0)
}

/// The names of a group's frames, leaf first.
pub(crate) fn names(group: &unpark::model::StackGroup, symbols: &Symbols) -> Vec<String> {
    symbols.frames(group.key.stack).map(|frame| symbols.name_of(frame).to_owned()).collect()
}

/// The report on two files.
pub(crate) fn diff(before: &Path, after: &Path, rules: &Rules) -> Report {
    let mut symbols = Symbols::new();
    let (before, after) = (one(before, &mut symbols), one(after, &mut symbols));
    diff_of(before, after, &symbols, rules)
}

/// The report on one file.
pub(crate) fn triage(file: &Path, rules: &Rules) -> Report {
    let mut symbols = Symbols::new();
    let snapshot = one(file, &mut symbols);
    triage_of(vec![snapshot], &symbols, rules)
}

/// The report on two snapshots.
pub(crate) fn diff_of(before: Snapshot, after: Snapshot, symbols: &Symbols, rules: &Rules) -> Report {
    report::diff(
        before,
        after,
        symbols,
        Wanted { rules, selection: &Selection::default(), by: None, labels: true, frames: true, source: None },
    )
}

/// The report on snapshots beside each other.
pub(crate) fn triage_of(snapshots: Vec<Snapshot>, symbols: &Symbols, rules: &Rules) -> Report {
    report::triage(
        snapshots,
        symbols,
        Wanted { rules, selection: &Selection::default(), by: None, labels: true, frames: true, source: None },
    )
}

fn one(path: &Path, symbols: &mut Symbols) -> Snapshot {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut snapshots = read(bytes, symbols).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(snapshots.len(), 1, "{}", path.display());
    snapshots.remove(0)
}

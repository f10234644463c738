//! What the integration tests share: reading test data through the library.

#![allow(dead_code, clippy::expect_used)]

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use unpark::input;
use unpark::model::{KeepIds, Snapshot, Symbols};
use unpark::parse::{self, Options};

/// The path of a file in `testdata/`.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The bytes of a file in `testdata/`, gunzipped.
pub(crate) fn plain(name: &str) -> Vec<u8> {
    let file = fs::File::open(path(name)).expect("test data");
    let mut bytes = Vec::new();
    input::unpack(Box::new(file), name).expect("readable").read_to_end(&mut bytes).expect("readable");
    bytes
}

/// The text of a file in `testdata/`, gunzipped.
pub(crate) fn text(name: &str) -> String {
    String::from_utf8(plain(name)).expect("UTF-8")
}

/// Reads bytes as an input.
pub(crate) fn read(bytes: impl Into<Vec<u8>>, symbols: &mut Symbols) -> Result<Vec<Snapshot>, unpark::Error> {
    let options = Options { keep_ids: KeepIds::All, ..Options::default() };
    let reader = input::unpack(Box::new(std::io::Cursor::new(bytes.into())), "input").expect("readable");
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

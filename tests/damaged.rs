//! Damage that logs really have: NUL bytes, names in other encodings, a rotation in the middle of a dump. The dump is
//! `crash/sigquit.txt`, 13 goroutines; lines and offsets are those of the text.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::io::Cursor;
use std::path::Path;

use unpark::error::Place;
use unpark::input::{MAX_UNPACKED, unpack};
use unpark::model::{Snapshot, Symbols, Warning, WarningCode};
use unpark::parse::{Options, read_unpacked};

fn dump() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crash/sigquit.txt");
    std::fs::read(path).expect("the repository is whole")
}

/// The one snapshot of a text, and the names of its sites and entries.
fn read(bytes: &[u8]) -> (Snapshot, Symbols) {
    let mut symbols = Symbols::new();
    let mut snapshots = unpack(Box::new(Cursor::new(bytes.to_vec())), MAX_UNPACKED, "damaged")
        .and_then(|reader| read_unpacked(reader, "damaged", &mut symbols, &Options::default()))
        .expect("it holds a dump");
    assert_eq!(snapshots.len(), 1);
    (snapshots.remove(0), symbols)
}

fn warning(snapshot: &Snapshot, code: WarningCode) -> Option<(Place, u64)> {
    let find = |w: &&Warning| w.code == code;
    snapshot.info.warnings.sorted().iter().find(find).map(|w| (w.place, w.count))
}

/// Names of all frames, sorted.
fn names(snapshot: &Snapshot, symbols: &Symbols) -> Vec<String> {
    let stacks = snapshot.groups.iter().map(|group| group.key.stack);
    let mut names: Vec<String> =
        stacks.flat_map(|stack| symbols.frames(stack)).map(|frame| symbols.name_of(frame).to_owned()).collect();
    names.sort();
    names
}

fn find(text: &[u8], what: &str) -> usize {
    memchr::memmem::find(text, what.as_bytes()).expect("it stands there")
}

/// The log was emptied while its writer went on at the old place (logrotate's copytruncate).
#[test]
fn nuls_before_a_dump_lose_nothing() {
    let (whole, symbols) = read(&dump());
    let (snapshot, found) = read(&[&[0; 5000], dump().as_slice()].concat());
    assert_eq!((snapshot.goroutines(), snapshot.groups.len()), (13, 13));
    assert_eq!(names(&snapshot, &found), names(&whole, &symbols));
    assert_eq!(snapshot.info.cause, whole.info.cause);
    assert!(snapshot.complete());
    assert_eq!(warning(&snapshot, WarningCode::NulBytes), Some((Place::Offset(0), 5000)));
}

/// A file system that lost a block gives one of NULs.
#[test]
fn a_hole_within_a_dump_is_told() {
    let dump = dump();
    let at = find(&dump, "goroutine 19 ");
    let end = at + 4096.min(dump.len() - at);
    let mut damaged = dump.clone();
    damaged[at..end].fill(0);
    let (snapshot, _) = read(&damaged);
    let text = String::from_utf8_lossy(&damaged).into_owned();
    let headers = text.split('\n').filter(|line| line.trim_start_matches('\0').starts_with("goroutine ")).count();
    assert!(headers < 13 && !snapshot.complete());
    assert_eq!(snapshot.goroutines(), i64::try_from(headers).unwrap());
    let (count, place) = ((end - at) as u64, Place::Offset(at as u64));
    assert_eq!(warning(&snapshot, WarningCode::Hole), Some((place, 1)));
    assert_eq!(warning(&snapshot, WarningCode::NulBytes), Some((place, count)));
}

/// A part of the log was written by a program of another encoding.
#[test]
fn utf16_between_is_read_too() {
    let dump = String::from_utf8(dump()).unwrap();
    let at = find(dump.as_bytes(), "goroutine 19 ");
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let utf16 = |text: &str| text.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
        let (snapshot, _) = read(&[&dump.as_bytes()[..at], &utf16(&dump[at..])].concat());
        assert_eq!((snapshot.goroutines(), snapshot.groups.len(), snapshot.complete()), (13, 13, true));
        let first = Place::Offset(at as u64 + u64::from(to_bytes(1)[0] == 1));
        assert_eq!(warning(&snapshot, WarningCode::NulBytes), Some((first, (dump.len() - at) as u64)));
    }
}

/// `mäin` and `möin` in Latin-1 stay two functions, and are shown as they were written.
#[test]
fn names_of_other_encodings_stay_apart() {
    let goroutine = |id: u8, name: &[u8]| {
        let header = format!("goroutine {id} [chan send]:\n");
        [
            header.as_bytes(),
            name,
            b".work(0x1)\n\t/src/",
            name,
            b".go:7 +0x1d\ncreated by main.main\n\t/src/x.go:3 +0x1\n\n",
        ]
        .concat()
    };
    let text = [goroutine(4, b"m\xe4in"), goroutine(5, b"m\xf6in"), goroutine(6, b"m\xf6in")].concat();
    let (snapshot, symbols) = read(&text);
    assert_eq!(names(&snapshot, &symbols), ["mäin.work", "möin.work"]);
    assert_eq!(snapshot.groups.iter().map(|g| g.count).collect::<Vec<_>>(), [1, 2]);
    assert!(snapshot.complete());
    // Function and file of two stacks.
    assert_eq!(warning(&snapshot, WarningCode::OtherEncoding), Some((Place::Line(1), 4)));
    assert_eq!(warning(&read(&dump()).0, WarningCode::OtherEncoding), None);
}

/// Each half of a rotated log says that it is one; both together are whole.
#[test]
fn a_log_rotated_within_a_dump() {
    let dump = String::from_utf8(dump()).unwrap();
    let start = find(dump.as_bytes(), "goroutine 19 ");
    let stop = start + find(&dump.as_bytes()[start..], "\n\n");
    let line_ends = dump[start..stop].match_indices('\n').map(|(i, _)| start + i + 1);
    for cut in line_ends {
        let (older, newer) = dump.split_at(cut);
        let headers = |text: &str| text.lines().filter(|line| line.starts_with("goroutine ")).count();
        let (first, second) = (read(older.as_bytes()).0, read(newer.as_bytes()).0);
        assert_eq!(first.goroutines(), i64::try_from(headers(older)).unwrap());
        assert_eq!(second.goroutines(), i64::try_from(headers(newer)).unwrap());
        assert!(!first.complete(), "{:?} is the end of the older", older.lines().last());
        assert!(!second.complete(), "{:?} is the beginning of the newer", newer.lines().next());
        assert!(warning(&second, WarningCode::CutAtFront).is_some());
        let (both, _) = read(&[older, newer].concat().into_bytes());
        assert_eq!((both.goroutines(), both.complete()), (13, true));
    }
}

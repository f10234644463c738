//! From bytes to snapshots, by content and never by name. One file per format; no pattern of leaks is known here.

mod block;
mod chunks;
mod converted;
mod debug1;
mod dump;
mod frame_line;
mod go_version;
mod header;
mod hidden_pcs;
mod leaf_state;
mod numbered;
mod preamble;
mod proto;
mod records;
mod scan;
mod several;
mod sniff;
mod stack;
mod text;
mod unwrap;
mod wire;

use std::io::{Cursor, Read};

use crate::error::{Error, ErrorKind, Result};
use crate::input::{self, Bytes, ReadHook, Source, Threads, Unpacked};
use crate::model::{Snapshot, Symbols};

pub use several::read_each;

/// How to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many bytes one input may unpack to.
    pub max_input: u64,
    /// What to take away from the beginning of each line, where nothing known stands there.
    pub strip: Vec<regex::bytes::Regex>,
    /// The largest profile.proto to unpack, in bytes: it has to be held whole, since its strings come last.
    pub max_proto_bytes: u64,
    /// How many bytes of names, stacks and groups a run may hold.
    pub max_symbol_bytes: usize,
    /// How many threads may read a large input.
    pub threads: Threads,
    /// Whether goroutines are looked for ahead of the lines. Only the time differs, which a test holds.
    pub scan_ahead: bool,
    /// How many dumps one input may hold.
    pub max_dumps: usize,
    /// Whether to keep for each group which labels and waits stand together, as a conversion needs.
    pub keep_samples: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_input: input::MAX_UNPACKED,
            strip: Vec::new(),
            max_proto_bytes: 1 << 30,
            max_symbol_bytes: 1 << 30,
            threads: Threads::ONE,
            scan_ahead: true,
            max_dumps: 256,
            keep_samples: false,
        }
    }
}

/// Reads all snapshots of a source. `hook` sees the packed bytes on their way in.
///
/// # Errors
/// Where it can't be opened, holds no goroutine profile, or breaks its format so that nothing of it can be trusted.
pub fn read(source: &Source, symbols: &mut Symbols, options: &Options, hook: ReadHook<'_>) -> Result<Vec<Snapshot>> {
    let name = source.name();
    let reader = input::open(source, options.max_input, hook)?;
    read_unpacked(reader, &name, symbols, options)
}

/// Reads all snapshots of plain bytes.
///
/// # Errors
/// As [`read`].
pub fn read_unpacked(
    mut reader: Unpacked,
    name: &str,
    symbols: &mut Symbols,
    options: &Options,
) -> Result<Vec<Snapshot>> {
    let mut head = Vec::with_capacity(sniff::HEAD);
    let damage = reader.by_ref().take(sniff::HEAD as u64).read_to_end(&mut head).err().map(input::as_kind);
    match (sniff::sniff(&head), damage) {
        (sniff::Content::Foreign(what, hint), _) => {
            Err(Error::new(name, ErrorKind::NotGoroutines(what.to_owned())).hint(hint))
        }
        (sniff::Content::Empty | sniff::Content::Proto, Some(kind)) | (_, Some(kind @ ErrorKind::Io(_))) => {
            Err(Error::new(name, kind))
        }
        (sniff::Content::Empty, None) => Err(Error::new(name, ErrorKind::Empty)),
        (sniff::Content::Proto, None) => {
            proto::read(Cursor::new(head).chain(reader), name, symbols, options).map(|s| vec![s])
        }
        (content @ (sniff::Content::Text | sniff::Content::Utf16), damage) => {
            let mut text: Bytes = Box::new(Cursor::new(head).chain(reader));
            if content == sniff::Content::Utf16 {
                text = Box::new(input::to_utf8(text));
            }
            text::read(text, damage, name, symbols, options)
        }
    }
}

/// About what a group takes, besides its stack and names.
const GROUP_BYTES: usize = 512;

/// The error for an input with more dumps than anybody can look at.
fn too_many_dumps(name: &str, options: &Options) -> Error {
    Error::new(name, ErrorKind::TooLarge(format!("it holds more than {} dumps", options.max_dumps)))
        .hint("read a part of it, such as its end: tail -n 100000 FILE | unpark triage -")
}

/// The error for a run whose distinct names and stacks outgrow the limit.
fn too_many_stacks(name: &str, options: &Options) -> Error {
    let mib = options.max_symbol_bytes >> 20;
    Error::new(name, ErrorKind::TooLarge(format!("its distinct stacks and names need more than {mib} MiB")))
}

//! Bytes of a source, gzip and zstd undone wherever they occur.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::Source;
use super::limit::{Counted, Limited, Passed, too_large};
use super::zstd::{Zstd, is_zstd};
use crate::error::{Error, ErrorKind, Result};

/// Bytes to read, on whatever thread.
pub type Bytes = Box<dyn Read + Send>;

/// Wraps the packed bytes of a source on their way in, such as with a progress bar; gets their number where known.
pub type ReadHook<'a> = &'a dyn Fn(Bytes, Option<u64>) -> Bytes;

/// The plain bytes of a source.
pub type Unpacked = BufReader<Bytes>;

/// Unpacked bytes that an input may have where nothing else is said.
pub const MAX_UNPACKED: u64 = 64 << 30;

/// How often gzip within gzip is undone. People compress what a tool had compressed already; more is an attack.
const MAX_LAYERS: usize = 4;

const BUFFER: usize = 64 * 1024;

/// How much of what was unpacked is looked at for another layer. Readers of more than this go past the buffer, which the
/// standard library fills with zeros first.
const UNPACKED_BUFFER: usize = 16 * 1024;

/// Opens a source and undoes gzip and zstd; of more than `max` bytes unpacked, reading fails.
///
/// # Errors
/// Where the source can't be opened or its first bytes can't be read.
pub fn open(source: &Source, max: u64, hook: ReadHook<'_>) -> Result<Unpacked> {
    let name = source.name();
    let (packed, size): (Bytes, Option<u64>) = match source {
        Source::Stdin => (Box::new(io::stdin()), None),
        Source::Path(path) => {
            let file = File::open(path).map_err(|e| Error::new(&name, e))?;
            let meta = file.metadata().map_err(|e| Error::new(&name, e))?;
            if meta.is_dir() {
                return Err(Error::new(&name, ErrorKind::Unusable("is a directory where a file is needed".into())));
            }
            (Box::new(file), meta.is_file().then_some(meta.len()))
        }
    };
    unpack(hook(packed, size), max, &name)
}

/// Undoes gzip and zstd around `packed`, in layers.
///
/// # Errors
/// Where the first bytes can't be read, or are packed in more than four layers.
pub fn unpack(packed: Bytes, max: u64, name: &str) -> Result<Unpacked> {
    let passed = Passed::default();
    let mut reader = BufReader::with_capacity(BUFFER, packed);
    for layer in 0..=MAX_LAYERS {
        let head = fill(&mut reader).map_err(|e| Error::new(name, as_kind(e)))?;
        let (is_gzip, is_zstd) = (head.starts_with(&[0x1f, 0x8b]), is_zstd(head));
        if !is_gzip && !is_zstd {
            if layer > 0 || max == MAX_UNPACKED {
                return Ok(reader);
            }
            let counted = Counted::new(reader, passed.clone());
            return Ok(BufReader::with_capacity(BUFFER, Box::new(Limited::new(counted, passed, max))));
        }
        let packed: Box<dyn BufRead + Send> = match layer {
            0 => Box::new(Counted::new(reader, passed.clone())),
            _ => Box::new(reader),
        };
        let unpacked: Bytes = if is_gzip { Box::new(MultiGzDecoder::new(packed)) } else { Box::new(Zstd::new(packed)) };
        let limited: Bytes = Box::new(Limited::new(unpacked, passed.clone(), max));
        reader = BufReader::with_capacity(UNPACKED_BUFFER, limited);
    }
    Err(Error::new(name, ErrorKind::TooLarge(format!("packed data within packed data, more than {MAX_LAYERS} layers"))))
}

/// Like `fill_buf`, past interruptions.
fn fill(reader: &mut Unpacked) -> io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(reader.buffer())
}

/// Tells damage of the packed data from failures of the machine.
pub(crate) fn as_kind(error: io::Error) -> ErrorKind {
    let error = match too_large(error) {
        Ok(kind) => return kind,
        Err(error) => error,
    };
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ErrorKind::Packed("it ends early".into()),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => ErrorKind::Packed(error.to_string()),
        _ => ErrorKind::Io(error),
    }
}

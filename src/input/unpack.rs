//! Bytes of a source, gzip undone wherever it occurs.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::Source;
use crate::error::{Error, ErrorKind, Result};

/// Wraps the packed bytes of a source on their way in, such as with a progress bar; gets their number where known.
pub type ReadHook<'a> = &'a dyn Fn(Box<dyn Read>, Option<u64>) -> Box<dyn Read>;

/// The plain bytes of a source.
pub type Unpacked = BufReader<Box<dyn Read>>;

/// How often gzip within gzip is undone. People compress what a tool had compressed already; more is an attack.
const MAX_LAYERS: usize = 4;

const BUFFER: usize = 64 * 1024;

/// Opens a source and undoes gzip.
///
/// # Errors
/// Where the source can't be opened or its first bytes can't be read.
pub fn open(source: &Source, hook: ReadHook<'_>) -> Result<Unpacked> {
    let name = source.name();
    let (packed, size): (Box<dyn Read>, Option<u64>) = match source {
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
    unpack(hook(packed, size), &name)
}

/// Undoes gzip around `packed`, in layers.
///
/// # Errors
/// Where the first bytes can't be read, or are gzip in more than four layers.
pub fn unpack(packed: Box<dyn Read>, name: &str) -> Result<Unpacked> {
    let mut reader = BufReader::with_capacity(BUFFER, packed);
    for _ in 0..=MAX_LAYERS {
        let head = fill(&mut reader).map_err(|e| Error::new(name, as_kind(e)))?;
        if !head.starts_with(&[0x1f, 0x8b]) {
            return Ok(reader);
        }
        reader = BufReader::with_capacity(BUFFER, Box::new(MultiGzDecoder::new(reader)));
    }
    Err(Error::new(name, ErrorKind::TooLarge(format!("gzip within gzip, more than {MAX_LAYERS} layers"))))
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
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ErrorKind::Gzip("it ends early".into()),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => ErrorKind::Gzip(error.to_string()),
        _ => ErrorKind::Io(error),
    }
}

//! Opens inputs and undoes gzip, zstd and UTF-16: from a path, standard input or a directory to plain bytes.

mod encoding;
mod limit;
mod moments;
mod nuls;
mod source;
mod text_lines;
mod threads;
mod unpack;
mod zstd;

pub use encoding::to_utf8;
pub use moments::{by_moment, natural, stem, time_in_name};
pub use nuls::{NulCount, Nuls, WithoutNuls};
pub use source::{Source, expand};
pub use text_lines::{LineAhead, TextLines};
pub use threads::Threads;
pub(crate) use unpack::as_kind;
pub use unpack::{Bytes, MAX_UNPACKED, ReadHook, Unpacked, open, unpack};

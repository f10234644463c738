//! Opens inputs and undoes gzip: from a path, standard input or a directory to plain bytes.

mod moments;
mod source;
mod text_lines;
mod unpack;

pub use moments::{by_moment, natural, stem, time_in_name};
pub use source::{Source, expand};
pub use text_lines::{LineAhead, TextLines};
pub(crate) use unpack::as_kind;
pub use unpack::{ReadHook, Unpacked, open, unpack};

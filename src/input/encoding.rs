//! Text in other encodings than UTF-8.

use std::io::Read;

use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

/// UTF-16 text, whose byte order mark says which, as UTF-8. What is no UTF-16 becomes U+FFFD.
pub fn to_utf8<R: Read>(text: R) -> DecodeReaderBytes<R, Vec<u8>> {
    DecodeReaderBytesBuilder::new().bom_sniffing(true).build(text)
}

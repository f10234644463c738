//! zstd data: frames, one after the other.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// What a frame may ask of memory: the most that `zstd -d` gives without being told (`--long=27`).
const MAX_WINDOW: u64 = 128 << 20;

/// How every frame begins (RFC 8878, 3.1.1), and the first byte of those that hold none of the data begin with.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether data are zstd's.
pub(super) fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Unpacks frames.
pub(super) struct Zstd<R: BufRead> {
    state: State<R>,
}

enum State<R: BufRead> {
    Between(R),
    Frame(Box<StreamingDecoder<R, FrameDecoder>>),
    Over,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(packed: R) -> Self {
        Zstd { state: State::Between(packed) }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Between(mut packed) => {
                    if packed.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new_with_max_window_size(packed, MAX_WINDOW).map_err(damaged)?;
                    self.state = State::Frame(Box::new(decoder));
                }
                State::Frame(mut decoder) => {
                    let n = decoder
                        .read(buffer)
                        .map_err(|e| if e.kind() == io::ErrorKind::Interrupted { e } else { damaged(e) })?;
                    if n > 0 || buffer.is_empty() {
                        self.state = State::Frame(decoder);
                        return Ok(n);
                    }
                    self.state = State::Between(decoder.into_inner());
                }
            }
        }
    }
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("zstd: {error}"))
}

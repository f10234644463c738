//! unpark reads goroutine profiles and dumps of Go programs, groups the goroutines by what they wait for and where, and
//! compares moments.
//!
//! Data flows one way, and a module imports only those that stand before it here:
//!
//! ```text
//! bytes ─ input ─→ parse ─→ model ─→ compare ─→ source ─→ classify ─→ report (words) ─→ render (bytes)     cli drives it
//! ```
//!
//! * [`input`] opens a path, standard input or a directory and undoes gzip, zstd and UTF-16, with limits. It knows no format.
//! * [`model`] is what every later stage works on: interned names, frames and stacks ([`model::Symbols`]), the canonical
//!   wait state ([`model::WaitState`]), stack groups and snapshots.
//! * [`parse`] turns bytes into snapshots, one file per format, and takes away what loggers put around them. It knows no
//!   leak pattern.
//! * [`compare`] says which group of one snapshot is which group of another, and who stayed.
//! * [`source`] is the Go source beside a dump: where it lies, and what it tells of the places where goroutines block.
//! * [`classify`] says what stuck groups are: signatures, patterns, verdicts, evidence. Its knowledge is data.
//! * [`report`] turns ids into words; its types are the JSON schema. Renderers see nothing else.
//! * [`render`] writes a report in one format per file.
//! * [`cli`] alone touches arguments, the environment, the terminal and the clock.
//!
//! ```
//! use unpark::model::Symbols;
//!
//! let dump = "goroutine 7 [chan send]:\nmain.leak(0xc000012345)\n\t/app/main.go:9 +0x1d\n";
//! let reader = unpark::input::unpack(Box::new(dump.as_bytes()), unpark::input::MAX_UNPACKED, "dump.txt")?;
//! let mut symbols = Symbols::new();
//! let snapshots = unpark::parse::read_unpacked(reader, "dump.txt", &mut symbols, &Default::default())?;
//! let group = &snapshots[0].groups[0];
//! assert_eq!((group.count, group.key.state.wait.words(&symbols)), (1, "chan send"));
//! # Ok::<(), unpark::Error>(())
//! ```
//!
//! Invariants: the same input gives the same bytes; what isn't read is a counted [`model::Warning`] of its snapshot;
//! nothing that input can reach panics.

pub mod classify;
pub mod cli;
pub mod compare;
pub mod error;
pub mod input;
pub mod model;
pub mod parse;
mod profile_proto;
pub mod render;
pub mod report;
pub mod source;

pub use error::{Error, ErrorKind, Place};

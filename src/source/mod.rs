//! Go source beside a dump: where the files lie that its frames name, what they tell of the places where goroutines block, and
//! which lines show it.
//!
//! ```text
//! frame ─ folder, tree … (files) ─→ go (nodes) ─→ package, alias, uses (names) ─→ examine (facts) ─→ classify
//! ```

mod alias;
mod channel;
mod contents;
mod elsewhere;
mod examine;
mod excerpt;
mod facts;
#[cfg(test)]
mod facts_tests;
mod flow;
mod folder;
mod frame_path;
mod go;
mod go_mod;
mod goroot;
mod locks;
mod module_cache;
mod modules;
mod package;
mod path_map;
mod platform;
mod reading;
mod site;
mod spawn;
mod tree;
mod uses;

pub use contents::{MAX_FILE, MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES, PackageFiles};
pub use excerpt::{Excerpt, Role, SourceLine, SourcePlace, SourceView};
pub use facts::*;
pub use folder::{GoFile, Lookup, Unreadable};
pub use path_map::PathMap;
pub use reading::{Examined, Readings, Unsure, read};
pub use tree::SourceTree;

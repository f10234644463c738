//! Compiles `proto/profile.proto` into `OUT_DIR` with protox, a protobuf compiler in Rust (no `protoc` needs to be
//! installed), and packs the signatures, so that a process which starts neither parses TOML nor compiles a regex.

#![allow(clippy::print_stdout, reason = "Cargo reads what a build script prints")]

#[path = "build/automaton.rs"]
mod automaton;
#[path = "build/nodes.rs"]
mod nodes;
#[path = "src/classify/signature/packed.rs"]
#[allow(unreachable_pub, dead_code, reason = "the build only writes what the crate reads")]
mod packed;
#[path = "build/rules.rs"]
mod rules;

use std::path::Path;
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SIGNATURES: &str = "src/classify/signatures";

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=proto/profile.proto");
    println!("cargo::rerun-if-changed={SIGNATURES}");
    println!("cargo::rerun-if-changed=src/classify/signature/packed.rs");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let descriptors = protox::compile(["proto/profile.proto"], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    let out = env::var("OUT_DIR")?;
    for (name, bytes) in rules::pack(Path::new(SIGNATURES))? {
        fs::write(Path::new(&out).join(name), bytes)?;
    }
    Ok(())
}

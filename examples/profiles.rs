//! Writes large profiles for benchmarks of whole processes: the same arguments give the same bytes.
//!
//! ```text
//! cargo run --release --example profiles -- debug2 100000 > dump.txt        208 stacks, ids, arguments and waits differ
//! cargo run --release --example profiles -- debug2 100000 REAL.txt > dump.txt    the stacks of another dump
//! cargo run --release --example profiles -- distinct 100000 > dump.txt      a stack for each goroutine
//! cargo run --release --example profiles -- debug1 100000 > profile.txt     a label value for each goroutine
//! cargo run --release --example profiles -- labelled 100000 > profile.pb    the same as profile.proto
//! ```

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, dead_code)]

use std::io::{self, BufWriter, Write};

#[path = "../benches/generator/mod.rs"]
mod generator;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (kind, goroutines) = match arguments.as_slice() {
        [kind, number, ..] => (kind.as_str(), number.parse().expect("a number of goroutines")),
        _ => panic!("expected KIND GOROUTINES [FILE]"),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match kind {
        "debug2" => {
            let real = arguments.get(2).map(|file| generator::read(file));
            generator::write_debug2(real.as_deref(), goroutines, &mut out)?;
        }
        "distinct" => generator::write_distinct(goroutines, &mut out)?,
        "debug1" => out.write_all(&generator::debug1(goroutines).bytes)?,
        "labelled" => out.write_all(&generator::proto_labelled(goroutines).bytes)?,
        other => panic!("{other}: expected debug2, distinct, debug1 or labelled"),
    }
    out.flush()
}

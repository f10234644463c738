//! The `unpark` command. All it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    unpark::cli::run(std::env::args_os())
}

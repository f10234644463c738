//! Where a report goes: standard output, or a file that is written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Calls `write` with the place that the report goes to. A closed pipe ends quietly.
pub(super) fn write_to(
    output: Option<&Path>,
    color: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match output {
        None => quietly(to_stdout(color, write)),
        Some(path) if is_special(path) => quietly(buffered(File::options().write(true).open(path)?, write)),
        Some(path) => to_file(path, write),
    }
}

fn to_stdout(color: bool, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let choice = if color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never };
    if color {
        return buffered(anstream::AutoStream::new(io::stdout().lock(), choice), write);
    }
    buffered(io::stdout().lock(), write)
}

fn buffered(inner: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, inner);
    write(&mut out)?;
    out.flush()
}

/// Writes beside the file and then puts it in its place.
fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A link keeps pointing where it does.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unpark-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file: NamedTempFile = builder.tempfile_in(folder)?;
    remove_when_stopped(file.path());
    buffered(&file, write)?;
    file.persist(&path).map(|_| ()).map_err(|e| e.error)
}

/// Removes the half-written file where the process is stopped by Ctrl-C or a signal that asks it to end.
fn remove_when_stopped(half: &Path) {
    let half = half.to_owned();
    // Where that can't be arranged, a hidden file may stay; the report is no worse for it.
    let _ = ctrlc::set_handler(move || {
        let _ = fs::remove_file(&half);
        std::process::exit(STOPPED);
    });
}

/// The exit code of a process that Ctrl-C stopped, as shells have it.
const STOPPED: i32 = 130;

/// Devices and FIFOs can't be replaced by a file.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

fn quietly(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

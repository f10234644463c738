//! The terminal: its width and colours, progress, complaints.

use std::io::{self, IsTerminal, Read, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::ColorArgument;
use crate::input::Bytes;
use crate::render;

/// The width where nothing tells one.
const DEFAULT_WIDTH: usize = 100;
/// Narrower and wider terminals than these are treated as these.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=200;
/// Reading that takes longer shows its progress.
const PATIENCE: Duration = Duration::from_millis(500);

/// The day, in UTC.
pub(super) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Whether a person sees what goes to standard output.
pub(super) fn is_stdout() -> bool {
    io::stdout().is_terminal()
}

/// The width to lay tables out for: the terminal's, else `COLUMNS`.
pub(super) fn width(to_terminal: bool) -> usize {
    let measured = if to_terminal { terminal_size::terminal_size_of(io::stdout()) } else { None };
    measured
        .map(|(width, _)| usize::from(width.0))
        .filter(|width| *width > 0)
        .or_else(|| std::env::var("COLUMNS").ok()?.parse().ok())
        .unwrap_or(DEFAULT_WIDTH)
        .clamp(*WIDTHS.start(), *WIDTHS.end())
}

/// Whether to colour what goes to standard output, or to a file.
pub(super) fn color(wanted: ColorArgument, to_terminal: bool) -> bool {
    match wanted {
        ColorArgument::Always => true,
        ColorArgument::Never => false,
        ColorArgument::Auto => {
            to_terminal && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
        }
    }
}

/// Says on standard error what went wrong, and what to do.
pub(super) fn complain(message: &str, hints: &[String]) {
    let mut stderr = io::stderr().lock();
    // Where standard error is closed too, nobody listens.
    let _ = writeln!(stderr, "unpark: {}", harmless(message));
    for hint in hints {
        let _ = writeln!(stderr, "  hint: {hint}");
    }
}

/// Says on standard error what the user may want to know.
pub(super) fn note(message: &str) {
    let _ = writeln!(io::stderr().lock(), "unpark: {}", harmless(message));
}

/// Names from the file system and messages from inputs can hold anything; only line ends are kept.
pub(super) fn harmless(text: &str) -> String {
    text.lines().map(render::clean).collect::<Vec<_>>().join("\n")
}

/// Shows how far reading has come, where it takes long and someone watches.
pub(super) fn with_progress(inner: Bytes, size: Option<u64>, quiet: bool) -> Bytes {
    if quiet || !io::stderr().is_terminal() {
        return inner;
    }
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden());
    let template =
        if size.is_some() { "reading {bar:30} {bytes} of {total_bytes}" } else { "reading {spinner} {bytes}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    Box::new(Watched { inner, bar, since: Instant::now(), shown: false })
}

struct Watched {
    inner: Bytes,
    bar: ProgressBar,
    since: Instant,
    shown: bool,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bar.inc(n as u64);
        if !self.shown && self.since.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        Ok(n)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! What a process says before its goroutines: why it prints them.

use super::header::starts_header;
use crate::model::{Cause, CauseKind};

/// How much of a message is kept.
const MESSAGE_LIMIT: usize = 4096;

/// Follows the lines outside goroutines and remembers the last cause that a dump can belong to.
#[derive(Debug, Default)]
pub(super) struct Preamble {
    cause: Option<Cause>,
    /// The message goes on until an empty line.
    open: bool,
    /// A signal was named; the runtime's next line has the PC.
    awaits_pc: bool,
    /// What stands before the line that comes: GOTRACEBACK=crash hands SIGQUIT from thread to thread, and parts what they
    /// print by `-----` and an empty line (runtime/signal_unix.go:sighandler).
    separator: Separator,
    relay: bool,
    /// How many lines that look like headers a message held.
    headers_in_message: u64,
    /// Something else than goroutines stood before the line that comes.
    text: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Separator {
    #[default]
    None,
    Dashes,
    DashesAndEmptyLine,
}

impl Preamble {
    /// Whether lines belong to a panic's message, whatever they look like.
    pub(super) fn in_message(&self) -> bool {
        self.open
    }

    /// Ends a message whose end an empty line would have marked.
    pub(super) fn close_message(&mut self) {
        self.open = false;
    }

    /// Reads a line outside goroutines.
    pub(super) fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            self.open = false;
            if self.separator == Separator::Dashes {
                self.separator = Separator::DashesAndEmptyLine;
            }
            return;
        }
        self.text = true;
        let separator = std::mem::take(&mut self.separator);
        if self.in_message() {
            self.headers_in_message += u64::from(starts_header(line));
            self.append(line.trim_ascii());
            return;
        }
        if std::mem::take(&mut self.awaits_pc) && !line.starts_with(b"PC=") {
            self.cause = None;
            self.relay = false;
        }
        if line == b"-----" {
            self.separator = Separator::Dashes;
        } else if let Some((kind, message)) = cause(line) {
            let is_signal = matches!(kind, CauseKind::Sigquit | CauseKind::Signal | CauseKind::Sigabrt);
            self.relay = is_signal && separator == Separator::DashesAndEmptyLine;
            self.cause = Some(Cause { kind, message: String::new(), goroutine: None });
            self.append(message);
            self.open = matches!(kind, CauseKind::Panic | CauseKind::TestTimeout);
            self.awaits_pc = matches!(kind, CauseKind::Sigquit | CauseKind::Sigabrt | CauseKind::Signal);
        } else if line.starts_with(b"[signal ") {
            self.append(line);
        } else if !belongs_before_goroutines(line) {
            self.cause = None;
            self.relay = false;
        }
    }

    fn append(&mut self, line: &[u8]) {
        if let Some(cause) = &mut self.cause
            && cause.message.len() < MESSAGE_LIMIT
        {
            if !cause.message.is_empty() {
                cause.message.push('\n');
            }
            let room = MESSAGE_LIMIT - cause.message.len().min(MESSAGE_LIMIT);
            cause.message.push_str(&String::from_utf8_lossy(&line[..line.len().min(room)]));
        }
    }

    /// Whether something else than goroutines stood before the one that comes now.
    pub(super) fn take_text(&mut self) -> bool {
        std::mem::take(&mut self.text)
    }

    /// The cause of the goroutines that come now, and whether they only repeat a thread's part of the dump before.
    pub(super) fn take(&mut self) -> (Option<Cause>, bool) {
        let relay = std::mem::take(&mut self.relay);
        self.open = false;
        self.awaits_pc = false;
        self.separator = Separator::None;
        (self.cause.take(), relay)
    }

    /// The cause that no goroutine followed.
    pub(super) fn unused(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// How many lines that look like headers stood in messages since the last call.
    pub(super) fn take_headers_in_message(&mut self) -> u64 {
        std::mem::take(&mut self.headers_in_message)
    }
}

/// Whether a line names a cause.
pub(super) fn names_cause(line: &[u8]) -> bool {
    cause(line).is_some()
}

/// runtime/panic.go:printpanics and :throw, runtime/signal_unix.go:sighandler, testing/testing.go:startAlarm.
fn cause(line: &[u8]) -> Option<(CauseKind, &[u8])> {
    // A terminal shows the key that was pressed.
    let line = line.strip_prefix(b"^\\").unwrap_or(line);
    if let Some(message) = line.strip_prefix(b"panic: ") {
        let kind =
            if message.starts_with(b"test timed out after ") { CauseKind::TestTimeout } else { CauseKind::Panic };
        return Some((kind, message));
    }
    if let Some(message) = line.strip_prefix(b"fatal error: ") {
        let kind = if message.ends_with(b"- deadlock!") { CauseKind::Deadlock } else { CauseKind::Fatal };
        return Some((kind, message));
    }
    let colon = memchr::memmem::find(line, b": ")?;
    let signal = line[..colon].strip_prefix(b"SIG")?;
    let upper = !signal.is_empty() && signal.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    upper.then_some(match signal {
        b"QUIT" => (CauseKind::Sigquit, line),
        b"ABRT" => (CauseKind::Sigabrt, line),
        _ => (CauseKind::Signal, line),
    })
}

/// Lines that the runtime prints between a cause and the goroutines.
fn belongs_before_goroutines(line: &[u8]) -> bool {
    line.starts_with(b"\t")
        || line.starts_with(b" ")
        || line.ends_with(b")")
        || line.starts_with(b"runtime")
        || line.starts_with(b"PC=")
        || line.starts_with(b"signal arrived during cgo")
        || line.starts_with(b"created by ")
        || line.starts_with(b"goroutine running")
}

#[cfg(test)]
mod tests {
    use super::Preamble;
    use crate::model::CauseKind;

    fn after(text: &str) -> (Option<(CauseKind, String)>, bool) {
        let mut preamble = Preamble::default();
        text.lines().for_each(|line| preamble.line(line.as_bytes()));
        let (cause, relay) = preamble.take();
        (cause.map(|c| (c.kind, c.message)), relay)
    }

    #[test]
    fn causes() {
        for (text, kind, message) in [
            ("panic: first\n\tpanic: second\n\n", CauseKind::Panic, "first\npanic: second"),
            ("panic: boom\n[signal SIGSEGV: x]\n\n", CauseKind::Panic, "boom\n[signal SIGSEGV: x]"),
            (
                "fatal error: all goroutines are asleep - deadlock!\n\n",
                CauseKind::Deadlock,
                "all goroutines are asleep - deadlock!",
            ),
            (
                "runtime: sp=0x1\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw(0x1)\n\tx.go:1\n\n",
                CauseKind::Fatal,
                "stack overflow",
            ),
            ("SIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\n", CauseKind::Sigquit, "SIGQUIT: quit"),
            ("^\\SIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\n", CauseKind::Sigquit, "SIGQUIT: quit"),
            (
                "panic: test timed out after 1s\n\trunning tests:\n\t\tTestX (1s)\n\n",
                CauseKind::TestTimeout,
                "test timed out after 1s\nrunning tests:\nTestX (1s)",
            ),
        ] {
            assert_eq!(after(text), (Some((kind, message.to_owned())), false), "{text}");
        }
    }

    #[test]
    fn what_a_program_logs_later_ends_it() {
        assert_eq!(after("panic: recovered, says the log\n\n2026-01-01 all is well\n"), (None, false));
        assert_eq!(after("SIGTERM: received, dumping goroutines\n2026-01-01 dump follows\n"), (None, false));
        assert_eq!(after("SIGTERM: received, dumping goroutines\n(all of them)\n"), (None, false));
    }

    #[test]
    fn a_relay_is_no_new_dump() {
        assert!(after("-----\n\nSIGQUIT: quit\nPC=0x1 m=2 sigcode=0\n\n").1);
        // Two logs that somebody put together, and a rule that a program drew long before.
        assert!(!after("-----\nSIGQUIT: quit\nPC=0x1 m=2 sigcode=0\n\n").1);
        assert!(!after("-----\n\nall is well\n\nSIGQUIT: quit\nPC=0x1 m=2 sigcode=0\n\n").1);
    }
}

//! What of an input was skipped, repaired or can't be relied on: counted, with the first place.

use crate::error::Place;

/// The kinds of warnings. The codes are part of the JSON output: scripts match on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningCode {
    /// The input ends in the middle of something: counts are a lower bound.
    Truncated,
    /// The input begins in the middle of a goroutine: counts are a lower bound.
    CutAtFront,
    /// Exactly 64 MiB, where runtime/pprof stops writing debug=2: counts are a lower bound.
    PprofLimit,
    /// gzip or zstd data ends early or fails its checksum; what could be unpacked was read.
    DamagedPacking,
    /// The records of a debug=1 profile don't add up to its total.
    TotalMismatch,
    /// A line that is part of no goroutine stood within one.
    StrayLine,
    /// A function without its file and line, or a location without its function.
    IncompleteFrame,
    /// More than a million frames in one goroutine: the outermost were left out.
    TooManyFrames,
    /// A header without frames below it.
    NoFrames,
    /// A record of a debug=1 profile that can't be read.
    BadRecord,
    /// A line that looks like a goroutine's header and isn't one by its grammar.
    BadHeader,
    /// Goroutine headers that stand behind a prefix (of a logger, say) and were not read.
    PrefixedHeader,
    /// Text that looks like a goroutine inside a panic's own message.
    HeaderInMessage,
    /// GOTRACEBACK=crash printed the goroutines of each thread again; they are counted as printed.
    RelayedGoroutine,
    /// Goroutines stand in the dump more than once, ids and all; they are counted as printed.
    RepeatedGoroutine,
    /// A line longer than the limit was cut.
    LongLine,
    /// What a logger or shipper put around the dump was taken away.
    Unwrapped,
    /// Lines of other programs stood between those of the dump.
    OtherLines,
    /// Lines of further dumps in one log could not be kept.
    LostLines,
    /// NUL bytes between the text, such as a log begins with that was cut while it was written.
    NulBytes,
    /// So many NUL bytes in a row, behind text, that they stand in place of text.
    Hole,
    /// Names that are no UTF-8 were read as Windows-1252.
    OtherEncoding,
    /// A crash printed the goroutine that crashed and no other: there may have been any number.
    OnlyCrashed,
    /// The process was started anew since the moment before: goroutines can't be told apart over it.
    Restarted,
    /// The times of moments can't be true together.
    Times,
    /// Source that a stack lies in wasn't found.
    SourceMissing,
    /// Source that can't be used: too large, of another Go version, no Go.
    SourceRefused,
    /// Source that isn't what ran: nothing is concluded from it.
    SourceChanged,
}

impl WarningCode {
    /// The code that scripts see.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            WarningCode::Truncated => "truncated",
            WarningCode::CutAtFront => "cut-at-front",
            WarningCode::PprofLimit => "pprof-64mib-limit",
            WarningCode::DamagedPacking => "damaged-packing",
            WarningCode::TotalMismatch => "total-mismatch",
            WarningCode::StrayLine => "stray-line",
            WarningCode::IncompleteFrame => "incomplete-frame",
            WarningCode::TooManyFrames => "too-many-frames",
            WarningCode::NoFrames => "no-frames",
            WarningCode::BadRecord => "bad-record",
            WarningCode::BadHeader => "bad-header",
            WarningCode::PrefixedHeader => "prefixed-header",
            WarningCode::HeaderInMessage => "header-in-message",
            WarningCode::RelayedGoroutine => "relayed-goroutine",
            WarningCode::RepeatedGoroutine => "repeated-goroutine",
            WarningCode::LongLine => "long-line",
            WarningCode::Unwrapped => "unwrapped",
            WarningCode::OtherLines => "other-lines",
            WarningCode::LostLines => "lost-lines",
            WarningCode::NulBytes => "nul-bytes",
            WarningCode::Hole => "hole",
            WarningCode::OtherEncoding => "other-encoding",
            WarningCode::OnlyCrashed => "only-crashed",
            WarningCode::Restarted => "restarted",
            WarningCode::Times => "times",
            WarningCode::SourceMissing => "source-missing",
            WarningCode::SourceRefused => "source-refused",
            WarningCode::SourceChanged => "source-changed",
        }
    }

    /// Whether something that the process had is missing from the snapshot because of it.
    #[must_use]
    pub fn loses_goroutines(self) -> bool {
        !matches!(
            self,
            WarningCode::StrayLine
                | WarningCode::HeaderInMessage
                | WarningCode::RelayedGoroutine
                | WarningCode::Unwrapped
                | WarningCode::OtherLines
                | WarningCode::RepeatedGoroutine
                | WarningCode::NulBytes
                | WarningCode::OtherEncoding
                | WarningCode::Restarted
                | WarningCode::Times
                | WarningCode::SourceMissing
                | WarningCode::SourceRefused
                | WarningCode::SourceChanged
        )
    }
}

/// One kind of warning of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its kind.
    pub code: WarningCode,
    /// A sentence for people.
    pub message: String,
    /// Where it happened first.
    pub place: Place,
    /// How often.
    pub count: u64,
}

/// The warnings of a snapshot, one per kind.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Vec<Warning>);

impl Warnings {
    /// Counts one more of a kind; the first one's message and place are kept.
    pub fn add(&mut self, code: WarningCode, place: Place, message: impl FnOnce() -> String) {
        self.add_many(code, place, 1, message);
    }

    /// Counts `count` more of a kind; the first one's message and place are kept.
    pub fn add_many(&mut self, code: WarningCode, place: Place, count: u64, message: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|w| w.code == code) {
            Some(known) => known.count += count,
            None => self.0.push(Warning { code, message: message(), place, count }),
        }
    }

    /// Like [`Self::add_many`], where there are any.
    pub fn add_many_if(&mut self, code: WarningCode, place: Place, count: u64, message: impl FnOnce() -> String) {
        if count > 0 {
            self.add_many(code, place, count, message);
        }
    }

    /// Whether there is one of a kind.
    #[must_use]
    pub fn has(&self, code: WarningCode) -> bool {
        self.0.iter().any(|w| w.code == code)
    }

    /// True where nothing was lost.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.0.iter().any(|w| w.code.loses_goroutines())
    }

    /// The warnings, by kind.
    #[must_use]
    pub fn sorted(&self) -> Vec<Warning> {
        let mut all = self.0.clone();
        all.sort_by_key(|w| w.code);
        all
    }
}

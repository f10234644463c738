//! The messages of `proto/profile.proto`, and what `unpark convert` writes into them besides stacks and counts.

/// As prost-build makes them.
#[allow(missing_docs, clippy::all, unreachable_pub, dead_code)]
mod messages {
    include!(concat!(env!("OUT_DIR"), "/perftools.profiles.rs"));
}

pub(crate) use messages::{Function, Label, Line, Location, Mapping, Profile, Sample, ValueType};

/// The comment by which a converted profile is known.
pub(crate) const CONVERTED: &str = "converted by unpark";

/// The comment of a profile whose states have all their marks: what isn't said of a goroutine isn't so.
pub(crate) const MARKS_KNOWN: &str = "marks of states are complete";

/// Labels of converted samples.
pub(crate) mod label {
    /// The state with its marks, as headers have it: `chan receive (nil chan), locked to thread`.
    pub(crate) const STATE: &str = "state";
    /// Marks that the state is known not to have, with commas; where [`super::MARKS_KNOWN`] isn't said.
    pub(crate) const STATE_WITHOUT: &str = "state_without";
    /// How a receive was written: `value` or `ok`.
    pub(crate) const RECEIVE: &str = "receive";
    /// The wait, a number.
    pub(crate) const WAIT: &str = "wait_minutes";
    /// The function with the `go` statement.
    pub(crate) const CREATOR: &str = "creator";
    /// Its file and line.
    pub(crate) const CREATOR_AT: &str = "creator_at";
    /// How sure a leak it is.
    pub(crate) const VERDICT: &str = "verdict";
    /// The rule that recognised it.
    pub(crate) const SIGNATURE: &str = "signature";
    /// The likeliest cause.
    pub(crate) const PATTERN: &str = "pattern";
    /// What stands before the program's own labels where they have one of these names.
    pub(crate) const OWN: &str = "label.";

    /// All that a conversion adds.
    const ADDED: [&str; 9] = [STATE, STATE_WITHOUT, RECEIVE, WAIT, CREATOR, CREATOR_AT, VERDICT, SIGNATURE, PATTERN];

    /// How a label of the program's own is written: one that could be taken for one of ours gets [`OWN`] before it.
    pub(crate) fn own(key: &str) -> String {
        let is_taken = ADDED.contains(&key) || key.starts_with(OWN);
        format!("{}{key}", if is_taken { OWN } else { "" })
    }
}

/// Marks of states, with the words that headers have for them (runtime/traceback.go:goroutineheader).
pub(crate) mod mark {
    /// An operation on a nil channel
    pub(crate) const NIL_CHANNEL: &str = "nil chan";
    /// `select {}`
    pub(crate) const NO_CASES: &str = "no cases";
    /// The runtime's proof
    pub(crate) const LEAKED: &str = "leaked";
    /// In a synctest bubble
    pub(crate) const DURABLE: &str = "durable";
    /// Wired to one thread
    pub(crate) const LOCKED: &str = "locked to thread";
}

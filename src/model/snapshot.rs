//! Snapshots: all goroutines of one process at one moment, as groups.

use hashbrown::HashMap;

use super::{Goroutine, GroupKey, Moved, Receive, StackGroup, Warnings};

/// The format that a snapshot was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// profile.proto (`debug=0`)
    Pprof,
    /// The counted text form (`debug=1`)
    Debug1,
    /// Stack traces (`debug=2`, runtime.Stack)
    Debug2,
    /// Stack traces that a dying or signalled process printed
    Crash,
}

impl Format {
    /// Whether goroutine ids, creators and headers are in it.
    #[must_use]
    pub fn has_headers(self) -> bool {
        matches!(self, Format::Debug2 | Format::Crash)
    }
}

/// Which goroutines a profile is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// All.
    Goroutine,
    /// Those that the runtime proved leaked (Go 1.26 and later).
    GoroutineLeak,
}

/// Why a process printed its goroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseKind {
    /// An unrecovered panic
    Panic,
    /// A fatal error of the runtime
    Fatal,
    /// All goroutines are asleep
    Deadlock,
    /// SIGQUIT
    Sigquit,
    /// SIGABRT
    Sigabrt,
    /// `go test -timeout`
    TestTimeout,
    /// Another signal
    Signal,
}

/// Why a process printed its goroutines, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The kind.
    pub kind: CauseKind,
    /// What it said, lines joined by `\n`, at most 4 KiB.
    pub message: String,
    /// The goroutine that caused it, where one did.
    pub goroutine: Option<u64>,
}

/// What is known of a snapshot besides its groups.
#[derive(Clone, Debug)]
pub struct SnapshotInfo {
    /// The path as given, or `-`.
    pub source: String,
    /// Which dump of its input it is, counted from 1.
    pub part: usize,
    /// The format.
    pub format: Format,
    /// Which goroutines it is about.
    pub profile: ProfileKind,
    /// Nanoseconds since the Unix epoch, where the profile carries its time.
    pub captured_at: Option<i64>,
    /// Such as `go1.27.3`, where paths show it.
    pub go_version: Option<String>,
    /// A difference of two moments (`?seconds=N`): counts may be negative.
    pub delta: bool,
    /// Nanoseconds over which the difference was taken; 0 where it is none.
    pub duration_nanos: i64,
    /// Why the process printed it.
    pub cause: Option<Cause>,
    /// What of it could not be read, or not be relied on.
    pub warnings: Warnings,
}

impl SnapshotInfo {
    /// A snapshot of which only the source and format are known yet.
    #[must_use]
    pub fn new(source: &str, part: usize, format: Format) -> Self {
        SnapshotInfo {
            source: source.to_owned(),
            part,
            format,
            profile: ProfileKind::Goroutine,
            captured_at: None,
            go_version: None,
            delta: false,
            duration_nanos: 0,
            cause: None,
            warnings: Warnings::default(),
        }
    }
}

/// All goroutines of one process at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Where it is from and how far it can be trusted.
    pub info: SnapshotInfo,
    /// The groups, in the order of the input.
    pub groups: Vec<StackGroup>,
}

impl Snapshot {
    /// How many goroutines; in a delta profile by how many they became more.
    #[must_use]
    pub fn goroutines(&self) -> i64 {
        self.groups.iter().map(|g| g.count).sum()
    }

    /// Gives all ids the values that they have in another store of symbols.
    pub fn move_to(&mut self, moved: &Moved) {
        self.groups.iter_mut().for_each(|group| group.move_to(moved));
    }

    /// False where something of the input is missing from it.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.info.warnings.is_complete()
    }
}

/// Collects the goroutines of a snapshot into groups.
pub struct SnapshotBuilder {
    /// What is known of it so far.
    pub info: SnapshotInfo,
    groups: Vec<StackGroup>,
    keep_samples: bool,
    index: HashMap<GroupKey, usize, foldhash::fast::RandomState>,
}

impl SnapshotBuilder {
    /// A snapshot without goroutines.
    #[must_use]
    pub fn new(info: SnapshotInfo) -> Self {
        SnapshotBuilder { info, groups: Vec::new(), keep_samples: false, index: HashMap::default() }
    }

    /// Keeps for each group which labels and waits stand together.
    #[must_use]
    pub fn keep_samples(mut self, keep: bool) -> Self {
        self.keep_samples = keep;
        self
    }

    /// Makes room for the groups of so many samples, each of which may be one; of many samples most are not.
    #[must_use]
    pub fn with_room(mut self, samples: usize) -> Self {
        const MOST: usize = 1024;
        let room = samples.min(MOST);
        self.groups.reserve(room);
        self.index.reserve(room);
        self
    }

    /// The group with this key, made where there is none yet. The index stays valid until [`Self::finish`].
    pub fn group(&mut self, key: GroupKey, receive: Option<Receive>) -> usize {
        let at = *self.index.entry(key).or_insert(self.groups.len());
        if at == self.groups.len() {
            self.groups.push(StackGroup::new(key, receive, self.keep_samples));
        } else if self.groups[at].receive != receive {
            self.groups[at].receive = None;
        }
        at
    }

    /// Adds one goroutine to the group at `at`.
    pub fn add(&mut self, at: usize, goroutine: &Goroutine<'_>) {
        self.groups[at].add(goroutine);
    }

    /// The group at `at`, to add counted goroutines to.
    pub fn group_mut(&mut self, at: usize) -> &mut StackGroup {
        &mut self.groups[at]
    }

    /// Whether it has a goroutine of this id. Looks through all groups.
    #[must_use]
    pub fn has_id(&self, id: u64) -> bool {
        self.groups.iter().any(|group| group.ids.contains(id))
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// True before the first group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The finished snapshot.
    #[must_use]
    pub fn finish(self) -> Snapshot {
        Snapshot { info: self.info, groups: self.groups }
    }
}

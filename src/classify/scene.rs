//! The whole that a cluster is judged in: all goroutines of the last moment, and why the process printed them.

use hashbrown::HashMap;

use super::cluster::{Cluster, Moments};
use super::fullest::total;
use super::signature::{enclosing, is_main};
use crate::compare::Matched;
use crate::model::{
    CauseKind, Format, FrameId, FunctionId, GoroutineIds, SnapshotInfo, StackGroup, StackId, Symbols, Wait,
};

/// What all clusters of a run share.
pub(super) struct Scene<'a> {
    /// The names.
    pub symbols: &'a Symbols,
    /// All groups.
    pub groups: &'a [Matched],
    /// The snapshots.
    pub infos: &'a [SnapshotInfo],
    /// What the snapshots are to each other.
    pub moments: &'a Moments,
    /// The moment that it is of: the last of a comparison; in a triage one of the snapshots.
    pub at: usize,
    /// Goroutines at that moment.
    pub total: i64,
    /// The ids of all of them.
    pub alive: GoroutineIds,
    /// The ids of goroutines that made those of more than one group.
    parents_of_several: GoroutineIds,
    /// How many goroutines have a function on their stacks, closures under their function's name.
    on_stacks: HashMap<String, i64, foldhash::fast::RandomState>,
    /// How many wait for the network, by the type whose method they run.
    readers_by_type: HashMap<&'a str, i64, foldhash::fast::RandomState>,
    /// The same, by the function that made them.
    readers_by_maker: HashMap<FunctionId, i64, foldhash::fast::RandomState>,
}

impl<'a> Scene<'a> {
    /// The scene of a run at one of its moments.
    #[must_use]
    pub(super) fn new(
        groups: &'a [Matched],
        infos: &'a [SnapshotInfo],
        moments: &'a Moments,
        at: usize,
        symbols: &'a Symbols,
    ) -> Self {
        let mut scene = Scene {
            symbols,
            groups,
            infos,
            moments,
            at,
            total: total(groups, at),
            alive: GoroutineIds::default(),
            parents_of_several: GoroutineIds::default(),
            on_stacks: HashMap::default(),
            readers_by_type: HashMap::default(),
            readers_by_maker: HashMap::default(),
        };
        let mut parents = GoroutineIds::default();
        let mut by_function: HashMap<FunctionId, i64, foldhash::fast::RandomState> = HashMap::default();
        for group in groups.iter().filter_map(|group| group.parts.get(at)?.as_ref()) {
            scene.alive.absorb(&group.ids);
            scene.parents_of_several.absorb(&parents.intersection(&group.parents));
            parents.absorb(&group.parents);
            scene.note_reader(group);
            for frame in symbols.frames(group.key.stack) {
                *by_function.entry(symbols.frame_at(frame).function).or_default() += group.count;
            }
        }
        for (function, goroutines) in by_function {
            *scene.on_stacks.entry(symbols.function_name(function).to_owned()).or_default() += goroutines;
        }
        scene
    }

    /// Whether some goroutine has a frame's function on its stack.
    #[must_use]
    pub(super) fn is_on_a_stack(&self, frame: FrameId) -> bool {
        self.on_stacks.contains_key(self.symbols.name_of(frame))
    }

    /// Whether the cluster is the main goroutine.
    #[must_use]
    pub(super) fn is_main(&self, cluster: &Cluster) -> bool {
        self.entry(cluster).is_some_and(|entry| is_main(self.symbols.name_of(entry)))
    }

    /// The outermost frame.
    #[must_use]
    pub(super) fn entry(&self, cluster: &Cluster) -> Option<FrameId> {
        self.symbols.entry(cluster.key.stack)
    }

    /// Where the cluster blocks.
    #[must_use]
    pub(super) fn site(&self, cluster: &Cluster) -> Option<FrameId> {
        self.symbols.site(cluster.key.stack)
    }

    /// Whether the runtime found the process deadlocked and the cluster is part of that: its own goroutines aren't.
    #[must_use]
    pub(super) fn deadlocked(&self, cluster: &Cluster) -> bool {
        let own = self.site(cluster).is_some_and(|site| !self.is_runtime(site));
        own && !cluster.key.state.wait.is_active() && self.all_end_by(CauseKind::Deadlock)
    }

    /// Whether the snapshots are of tests that ran out of time and the cluster is a test's goroutine in its own code.
    #[must_use]
    pub(super) fn test_timed_out(&self, cluster: &Cluster) -> bool {
        let name = |frame| self.symbols.name_of(frame);
        self.all_end_by(CauseKind::TestTimeout)
            && self.entry(cluster).is_some_and(|entry| name(entry) == "testing.tRunner")
            && self.site(cluster).is_some_and(|site| !self.symbols.frame_at(site).origin.is_go())
            // These wait for other tests.
            && !self.symbols.frames(cluster.key.stack).any(|f| matches!(name(f), "testing.(*T).Run" | "testing.(*T).Parallel"))
    }

    /// Whether goroutines that wait for the network go with the cluster's, as many and of the same type or maker: the two
    /// halves of sessions.
    #[must_use]
    pub(super) fn serves_connections(&self, cluster: &Cluster) -> bool {
        let by_type = self.receiver(cluster.key.stack).and_then(|name| self.readers_by_type.get(name));
        let maker = cluster.key.creator.map(|frame| self.symbols.frame_at(frame).function);
        let by_maker = maker.and_then(|function| self.readers_by_maker.get(&function));
        let readers = by_type.max(by_maker).copied().unwrap_or(0);
        readers * 5 >= cluster.last * 4
    }

    fn note_reader(&mut self, group: &StackGroup) {
        if group.key.state.wait != Wait::IoWait {
            return;
        }
        if let Some(name) = self.receiver(group.key.stack) {
            *self.readers_by_type.entry(name).or_default() += group.count;
        }
        if let Some(creator) = group.key.creator {
            *self.readers_by_maker.entry(self.symbols.frame_at(creator).function).or_default() += group.count;
        }
    }

    /// The type whose method a goroutine runs.
    fn receiver(&self, stack: StackId) -> Option<&'a str> {
        let name = self.symbols.name_of(self.symbols.entry(stack)?);
        name.find(").").map(|end| &name[..end])
    }

    /// Handlers whose connections nobody watches any more. While a handler of HTTP/1 runs, one goroutine reads from its
    /// connection to notice that the client goes away; then it ends (net/http/server.go:(*connReader).backgroundRead).
    #[must_use]
    pub(super) fn handlers_left(&self, cluster: &Cluster) -> Option<String> {
        let entry = self.entry(cluster).map(|frame| self.symbols.name_of(frame));
        if entry != Some("net/http.(*conn).serve") || cluster.last < 10 {
            return None;
        }
        let watched = self.on_stacks.get("net/http.(*connReader).backgroundRead").copied().unwrap_or(0);
        (watched * 2 <= cluster.last).then(|| {
            format!(
                "at every moment more of these HTTP handlers stay, and only {watched} connections are watched for their \
                 clients: the other clients have gone"
            )
        })
    }

    fn all_end_by(&self, kind: CauseKind) -> bool {
        self.infos
            .iter()
            .all(|info| info.format == Format::Crash && info.cause.as_ref().is_some_and(|cause| cause.kind == kind))
    }

    fn is_runtime(&self, frame: FrameId) -> bool {
        crate::model::is_runtime(self.symbols.package(self.symbols.frame_at(frame).function))
    }

    /// Whether they wait for a sync.Once: `(*Once).doSlow` takes the Once's mutex (sync/once.go).
    #[must_use]
    pub(super) fn is_once(&self, cluster: &Cluster) -> bool {
        cluster.key.state.wait == Wait::MutexLock
            && self.symbols.frames(cluster.key.stack).any(|f| self.symbols.name_of(f) == "sync.(*Once).doSlow")
    }

    /// The group at that moment.
    #[must_use]
    pub(super) fn now(&self, index: usize) -> Option<&'a StackGroup> {
        self.groups[index].parts.get(self.at)?.as_ref()
    }

    /// Whether one of the cluster's creators runs once, when the program starts.
    #[must_use]
    pub(super) fn made_at_start(&self, cluster: &Cluster) -> bool {
        cluster.creators.iter().any(|(creator, _)| {
            let name = enclosing(self.symbols.name_of(*creator));
            is_main(name) || name.ends_with(".init") || name.contains(".init.")
        })
    }

    /// Whether each goroutine is the only one that its parent made and that is left.
    #[must_use]
    pub(super) fn only_children(&self, cluster: &Cluster) -> bool {
        let parents = cluster.parents.len();
        let siblings = cluster.parents.shared(&self.parents_of_several);
        parents * 10 >= cluster.last.unsigned_abs() * 9 && siblings * 10 <= parents
    }

    /// Groups of the last moment that have one of the cluster's creators' functions on their stacks.
    #[must_use]
    pub(super) fn creators_alive(&self, cluster: &Cluster) -> bool {
        cluster.creators.iter().any(|(creator, _)| {
            self.is_on_a_stack(*creator) || self.on_stacks.contains_key(enclosing(self.symbols.name_of(*creator)))
        })
    }
}

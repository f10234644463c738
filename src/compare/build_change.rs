//! Whether the program was built anew between two snapshots, file by file.

use hashbrown::HashMap;

use crate::model::{FrameId, FunctionId, StackGroup, StrId, Symbols};

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A call or a `go` statement: from which function to which. A build has mostly one line for each.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Call {
    from: FunctionId,
    to: FunctionId,
    is_go: bool,
}

/// Where a call stands; `None` where it stands at several places.
type Places = Map<Call, Option<FrameId>>;

#[derive(Clone, Copy, Default)]
struct Tally {
    same: u32,
    moved: u32,
    moved_go: u32,
}

/// Which files have other lines in the second of two snapshots.
pub(super) struct BuildChange {
    files: Map<StrId, Tally>,
    changed: bool,
}

impl BuildChange {
    /// Compares where calls stand that both snapshots show at one place each. One call at another line may be another
    /// call of the same function; a file counts as changed where two and more moved and they are a third of those seen
    /// in it, or where a `go` statement moved and nothing in the file stayed.
    pub(super) fn between(before: &[StackGroup], after: &[StackGroup], symbols: &Symbols) -> Self {
        let (before, after) = (places(before, symbols), places(after, symbols));
        let mut files: Map<StrId, Tally> = Map::default();
        for (call, place) in &before {
            let (Some(old), Some(Some(new))) = (place, after.get(call)) else { continue };
            let tally = files.entry(symbols.frame_at(*old).file).or_default();
            if old == new {
                tally.same += 1;
            } else {
                tally.moved += 1;
                tally.moved_go += u32::from(call.is_go);
            }
        }
        let changed = files
            .values()
            .any(|t| (t.moved >= 2 && t.moved * 3 >= t.moved + t.same) || (t.moved_go >= 1 && t.same == 0));
        BuildChange { files, changed }
    }

    /// True where some file changed.
    pub(super) fn is_some(&self) -> bool {
        self.changed
    }

    /// Whether two frames of one function may be one place before and after: they are the same, or in a file of which
    /// something moved or nothing is known.
    pub(super) fn allows(&self, old: FrameId, new: FrameId, symbols: &Symbols) -> bool {
        let tally = self.files.get(&symbols.frame_at(old).file);
        old == new || tally.is_none_or(|t| t.moved > 0 || t.same == 0)
    }
}

fn places(groups: &[StackGroup], symbols: &Symbols) -> Places {
    let mut places = Places::default();
    let mut note = |call: Call, frame: FrameId| {
        places.entry(call).and_modify(|known| *known = known.filter(|k| *k == frame)).or_insert(Some(frame));
    };
    for group in groups {
        let mut callee: Option<FunctionId> = None;
        for frame in symbols.frames(group.key.stack) {
            let function = symbols.frame_at(frame).function;
            if let Some(to) = callee {
                note(Call { from: function, to, is_go: false }, frame);
            }
            callee = Some(function);
        }
        if let (Some(to), Some(creator)) = (callee, group.key.creator) {
            note(Call { from: symbols.frame_at(creator).function, to, is_go: true }, creator);
        }
    }
    places
}

//! The stacks of two forms of one moment, each with what either form tells of it.

use hashbrown::HashMap;

use super::align::{SharedKey, SharedKeys};
use crate::model::{Labels, StackGroup, StackId, Symbols, Wait};

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A stack in both forms.
#[derive(Default)]
struct Bundle {
    text_count: i64,
    text_groups: usize,
    /// Whether the text's headers have labels.
    text_labels: bool,
    counted: Option<StackGroup>,
}

impl Bundle {
    /// Adds to a group of the text what only the other form tells.
    fn complete(&self, group: &mut StackGroup) {
        let Some(counted) = &self.counted else { return };
        if group.key.state.wait == Wait::ChanReceive {
            group.receive = group.receive.or(counted.receive);
        }
        let has_labels = counted.labels.iter().next().is_some();
        if has_labels && (self.text_groups == 1 || !self.text_labels) {
            group.labels = self.sure_labels(counted, group.count);
        }
    }

    /// The labels of a part of the stack's goroutines. Which goroutines a label stands on isn't known: of `n` with it
    /// among `all`, at least `n - (all - part)` are in the part, and that's exact for a label of all and for the whole.
    fn sure_labels(&self, counted: &StackGroup, part: i64) -> Labels {
        let others = self.text_count.max(counted.count).saturating_sub(part);
        let mut labels = Labels::default();
        for (key, value, goroutines) in counted.labels.iter() {
            let sure = goroutines.saturating_sub(others).min(part);
            if sure > 0 {
                labels.add(&[(key, value)], sure);
            }
        }
        labels
    }
}

/// All stacks of two forms.
pub(super) struct Bundles {
    keys: SharedKeys,
    by_key: Map<SharedKey, Bundle>,
}

impl Bundles {
    /// Puts the groups of both forms together by stack.
    pub(super) fn of(text: &[StackGroup], counted: &[StackGroup], symbols: &Symbols) -> Self {
        let mut bundles = Bundles { keys: SharedKeys::of([text, counted]), by_key: Map::default() };
        for group in text {
            let key = bundles.key(group.key.stack, symbols);
            let bundle = bundles.by_key.entry(key).or_default();
            bundle.text_count += group.count;
            bundle.text_groups += 1;
            bundle.text_labels |= group.labels.iter().next().is_some();
        }
        for group in counted {
            let key = bundles.key(group.key.stack, symbols);
            match &mut bundles.by_key.entry(key).or_default().counted {
                Some(known) => known.absorb(group),
                empty => *empty = Some(group.clone()),
            }
        }
        bundles
    }

    fn key(&self, stack: StackId, symbols: &Symbols) -> SharedKey {
        // It does other things to write another form, but is one goroutine. No other stack has this key.
        if writes_profile(stack, symbols) { (None, Vec::new()) } else { self.keys.key(stack, symbols) }
    }

    /// The text's groups, completed, and the stacks that it lacks.
    pub(super) fn merge(
        &self,
        mut text: Vec<StackGroup>,
        counted: Vec<StackGroup>,
        symbols: &Symbols,
    ) -> Vec<StackGroup> {
        let bundle = |group: &StackGroup| self.by_key.get(&self.key(group.key.stack, symbols));
        for group in &mut text {
            if let Some(bundle) = bundle(group) {
                bundle.complete(group);
            }
        }
        let only_counted = |group: &StackGroup| bundle(group).is_none_or(|bundle| bundle.text_groups == 0);
        text.extend(counted.into_iter().filter(only_counted));
        text
    }

    /// What the two forms count differently.
    pub(super) fn differences(&self, text_name: &str, counted_name: &str) -> Vec<String> {
        let (mut both, mut differ, mut in_text, mut in_counted) = (0u64, 0u64, 0i64, 0i64);
        let (mut only_text, mut only_counted) = (0i64, 0i64);
        for bundle in self.by_key.values() {
            match &bundle.counted {
                None => only_text += bundle.text_count,
                Some(counted) if bundle.text_groups == 0 => only_counted += counted.count,
                Some(counted) => {
                    both += 1;
                    if counted.count != bundle.text_count {
                        differ += 1;
                        in_text += bundle.text_count;
                        in_counted += counted.count;
                    }
                }
            }
        }
        let mut sentences = Vec::new();
        if differ > 0 {
            sentences.push(format!(
                "At {differ} of {both} stacks {text_name} has {in_text} goroutines and {counted_name} {in_counted}: the \
                 former count is used."
            ));
        }
        for (goroutines, name) in [(only_text, text_name), (only_counted, counted_name)] {
            if goroutines != 0 {
                sentences.push(format!("{goroutines} goroutines have stacks that are in {name} only."));
            }
        }
        sentences
    }
}

/// Whether a stack is that of the goroutine that writes the profile (runtime/pprof/pprof.go:writeGoroutine, or
/// writeGoroutineLeak): its frames near the leaf differ from form to form.
fn writes_profile(stack: StackId, symbols: &Symbols) -> bool {
    const NEAR_LEAF: usize = 6;
    symbols
        .frames(stack)
        .take(NEAR_LEAF)
        .any(|frame| symbols.name_of(frame).starts_with("runtime/pprof.writeGoroutine"))
}

//! Goroutines that wait for others to be done, or for a condition.

use super::{Cause, Rule, at};
use crate::source::{Role, SiteFacts};

/// Groups, then conditions.
pub(super) const RULES: &[Rule] =
    &[errgroup, done_is_skipped, nobody_is_done, done_is_not_deferred, missed_signal, nobody_signals];

/// When one member fails, the others go on waiting: they aren't told, or don't listen.
pub(super) fn errgroup(facts: &SiteFacts) -> Option<Cause> {
    let group = facts.group.as_ref()?;
    let name = &group.name;
    let (evidence, remedy) = match group.errgroup? {
        false => (
            format!(
                "{name} has no context of its own: when a member fails, nothing ends the others, and Wait waits for all"
            ),
            format!("{name}, ctx := errgroup.WithContext(ctx), and let every member wait for ctx.Done() too"),
        ),
        true => (
            format!("Wait waits for all members of {name}, also for one that doesn't look at the group's context"),
            "let every member wait for ctx.Done() too, beside each send and receive".to_owned(),
        ),
    };
    let cause = Cause::new("errgroup-misuse", evidence, remedy).culprit(&facts.place);
    Some(if group.errgroup == Some(true) { cause.unsure() } else { cause })
}

fn done_is_skipped(facts: &SiteFacts) -> Option<Cause> {
    let group = facts.group.as_ref()?;
    let (done, exit) = group.dones.iter().filter(|done| !done.deferred).find_map(|done| {
        // Where the function counts itself, what leaves before the Add is no way around Done.
        let added = group.adds.iter().find(|add| add.function == done.function && add.place.line < done.place.line);
        let exit = done.skipped_by.as_ref()?;
        added.is_none_or(|add| exit.place.line > add.place.line).then_some((done, exit))
    })?;
    let evidence =
        format!("{} at {} leaves before {}.Done() at {}", exit.text, at(&exit.place), group.name, at(&done.place));
    let remedy = format!("defer {}.Done() as the goroutine's first statement", group.name);
    Some(
        Cause::new("waitgroup-never-done", evidence, remedy)
            .culprit(&exit.place)
            .mark(Some(&done.place), Role::Partner),
    )
}

fn nobody_is_done(facts: &SiteFacts) -> Option<Cause> {
    let group = facts.group.as_ref().filter(|group| group.errgroup.is_none() && group.dones.is_empty())?;
    let add = group.adds.first()?;
    let evidence =
        format!("{}.Add at {} counts goroutines, and nothing in the package calls Done", group.name, at(&add.place));
    let remedy = format!("defer {}.Done() in what is started after {}", group.name, at(&add.place));
    Some(Cause::new("waitgroup-never-done", evidence, remedy).culprit(&add.place))
}

fn done_is_not_deferred(facts: &SiteFacts) -> Option<Cause> {
    let group = facts.group.as_ref()?;
    let done = group.dones.iter().find(|done| !done.deferred)?;
    let evidence = format!(
        "{}.Done() at {} isn't deferred: a panic before it, which somebody recovers, leaves the count as it is",
        group.name,
        at(&done.place)
    );
    let remedy = format!("defer {}.Done() as soon as it is owed", group.name);
    Some(Cause::new("waitgroup-never-done", evidence, remedy).culprit(&done.place).unsure())
}

/// A signal that comes before the wait is lost, unless a predicate is checked (sync/cond.go:(*Cond).Wait).
fn missed_signal(facts: &SiteFacts) -> Option<Cause> {
    let condition = facts.condition_variable.as_ref().filter(|condition| !condition.in_loop)?;
    let signal = condition.signals.first().map(|place| format!(" (at {})", at(place))).unwrap_or_default();
    let evidence = format!(
        "Wait at {} stands in no loop that checks a predicate: a signal{signal} that came before is lost",
        at(&facts.place)
    );
    let remedy = format!("for !ready {{ {}.Wait() }}, with what Signal announces set under the lock", condition.name);
    let cause = Cause::new("cond-missed-signal", evidence, remedy).culprit(&facts.place);
    Some(cause.mark(condition.signals.first(), Role::Partner))
}

fn nobody_signals(facts: &SiteFacts) -> Option<Cause> {
    let condition = facts.condition_variable.as_ref().filter(|condition| condition.signals.is_empty())?;
    let evidence = format!("nothing in the package calls Signal or Broadcast of {}", condition.name);
    let remedy = format!("{}.Broadcast() wherever the predicate may become true", condition.name);
    Some(Cause::new("cond-missed-signal", evidence, remedy).culprit(&facts.place).unsure())
}

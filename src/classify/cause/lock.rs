//! Goroutines that wait for a lock: who keeps it.

use super::{Cause, Rule, at};
use crate::source::{LockFacts, Role, SiteFacts};

/// First what the goroutine itself holds, then what is done under the lock elsewhere.
pub(super) const RULES: &[Rule] = &[
    holds_it_itself,
    holds_another_of_its_kind,
    taken_twice,
    left_locked,
    opposite_orders,
    waits_for_channel,
    waits_for_peer,
    never_unlocked,
    panics_under_it,
];

fn lock(facts: &SiteFacts) -> Option<&LockFacts> {
    facts.lock.as_ref()
}

fn holds_it_itself(facts: &SiteFacts) -> Option<Cause> {
    let wanted = lock(facts)?;
    let held = facts.held.iter().find(|held| held.same)?;
    let (pattern, how) = match (held.read, wanted.read) {
        (true, false) => ("rwmutex-upgrade", "holds it for reading"),
        (true, true) => ("rwmutex-upgrade", "holds it for reading already; a writer between the two blocks both"),
        (false, _) => ("double-lock", "holds it already"),
    };
    let evidence = format!("{} at {} took {}: the goroutine {how}", held.function, at(&held.place), held.name);
    let remedy = match pattern {
        "double-lock" => {
            format!("call a variant that expects the lock to be held, instead of locking again at {}", at(&facts.place))
        }
        _ => format!("RUnlock before Lock at {}, and check again what was read", at(&facts.place)),
    };
    Some(Cause::new(pattern, evidence, remedy).culprit(&facts.place).mark(Some(&held.place), Role::Partner))
}

fn holds_another_of_its_kind(facts: &SiteFacts) -> Option<Cause> {
    let wanted = lock(facts)?;
    let held = facts.held.iter().find(|held| held.same_field)?;
    let evidence = format!(
        "it holds {}, taken at {}, and wants {}: another goroutine that takes the two the other way round waits for it",
        held.name,
        at(&held.place),
        wanted.name
    );
    let remedy = format!(
        "take {} and {} in one order everywhere, by an id of their owners for instance",
        held.name, wanted.name
    );
    Some(Cause::new("lock-order", evidence, remedy).culprit(&facts.place).mark(Some(&held.place), Role::Partner))
}

/// Some function takes the lock again while it has it.
fn taken_twice(facts: &SiteFacts) -> Option<Cause> {
    let (section, again) = lock(facts)?.sections.iter().find_map(|section| Some((section, section.again.as_ref()?)))?;
    let pattern = if section.read { "rwmutex-upgrade" } else { "double-lock" };
    let evidence = format!(
        "{} takes it at {} and, before it is unlocked, again at {}",
        section.function,
        at(&section.place),
        at(again)
    );
    let remedy = match section.read {
        true => format!("RUnlock before Lock at {}, and check again what was read", at(again)),
        false => format!("don't lock again at {}", at(again)),
    };
    Some(Cause::new(pattern, evidence, remedy).culprit(again).mark(Some(&section.place), Role::Partner))
}

fn left_locked(facts: &SiteFacts) -> Option<Cause> {
    let (section, exit) = lock(facts)?.sections.iter().find_map(|section| Some((section, section.exit.as_ref()?)))?;
    let evidence = format!(
        "{} at {} leaves {} with the lock of {} still taken",
        exit.text,
        at(&exit.place),
        section.function,
        at(&section.place)
    );
    let remedy = format!("defer the unlock right after {}", at(&section.place));
    Some(Cause::new("missing-unlock", evidence, remedy).culprit(&exit.place).mark(Some(&section.place), Role::Partner))
}

fn opposite_orders(facts: &SiteFacts) -> Option<Cause> {
    let wanted = lock(facts)?;
    let (held, section, other) = facts.held.iter().find_map(|held| {
        wanted.sections.iter().find_map(|section| {
            let (key, place) = section.takes.as_ref()?;
            (!key.is_empty() && *key == held.key && *key != wanted.key).then_some((held, section, place))
        })
    })?;
    let evidence = format!(
        "it holds {} and wants {}; {} takes them the other way round, at {} and {}",
        held.name,
        wanted.name,
        section.function,
        at(&section.place),
        at(other)
    );
    let remedy = format!("take {} and {} in one order everywhere", held.name, wanted.name);
    Some(Cause::new("lock-order", evidence, remedy).culprit(other).mark(Some(&held.place), Role::Partner))
}

fn waits_for_channel(facts: &SiteFacts) -> Option<Cause> {
    blocked_section(
        facts,
        true,
        "lock-and-channel",
        "wait for the channel after the lock is given back, or add a default case",
    )
}

fn waits_for_peer(facts: &SiteFacts) -> Option<Cause> {
    blocked_section(facts, false, "lock-convoy", "call before the lock is taken, and hold it only to store the result")
}

fn blocked_section(facts: &SiteFacts, channel: bool, pattern: &'static str, fix: &str) -> Option<Cause> {
    let sections = &lock(facts)?.sections;
    let (section, blocks) = sections
        .iter()
        .find_map(|section| Some((section, section.blocks.as_ref().filter(|blocks| blocks.channel == channel)?)))?;
    let evidence = format!(
        "{} holds the lock, taken at {}, while it waits at {}: {}",
        section.function,
        at(&section.place),
        at(&blocks.place),
        blocks.text
    );
    let remedy = format!("in {}: {fix}", section.function);
    let cause = Cause::new(pattern, evidence, remedy).culprit(&blocks.place).mark(Some(&section.place), Role::Partner);
    Some(cause.unsure())
}

fn never_unlocked(facts: &SiteFacts) -> Option<Cause> {
    let sections = &lock(facts)?.sections;
    let section = sections.first().filter(|_| lock(facts).is_some_and(|lock| lock.unlocks == 0))?;
    let evidence = format!("nothing in the package unlocks {}", lock(facts)?.name);
    let remedy = format!("defer the unlock right after {}", at(&section.place));
    Some(Cause::new("missing-unlock", evidence, remedy).culprit(&section.place).unsure())
}

/// A panic that somebody recovers skips an unlock that isn't deferred.
fn panics_under_it(facts: &SiteFacts) -> Option<Cause> {
    let (section, panics, recovers) = lock(facts)?
        .sections
        .iter()
        .find_map(|section| Some((section, section.may_panic.as_ref()?, section.recovered.as_ref()?)))?;
    let evidence = format!(
        "the unlock in {} isn't deferred: a panic after {} leaves the lock taken, and recover() at {} lets the program go on",
        section.function,
        at(&section.place),
        at(recovers)
    );
    let remedy = format!("defer the unlock right after {}", at(&section.place));
    let cause =
        Cause::new("missing-unlock", evidence, remedy).culprit(panics).mark(Some(&section.place), Role::Partner);
    Some(cause.unsure())
}

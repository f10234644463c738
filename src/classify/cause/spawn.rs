//! Goroutines that start others of their kind, or that sleep in a loop.

use super::{Cause, Rule, at};
use crate::source::SiteFacts;

/// First who starts them, then the loop.
pub(super) const RULES: &[Rule] = &[of_itself, sleeps_in_a_loop];

pub(super) fn of_itself(facts: &SiteFacts) -> Option<Cause> {
    let again = facts.spawns_itself.as_ref()?;
    let place = at(&again.place);
    let (pattern, evidence, remedy) = match &again.after_sleep {
        Some(sleep) => (
            "retry-spawn",
            format!("it waits at {} and starts another of itself at {place}: the attempts multiply", at(sleep)),
            format!("try again in the same goroutine: a loop instead of the go statement at {place}"),
        ),
        None => (
            "recursive-spawn",
            format!("it starts goroutines of itself at {place}, without a bound"),
            format!("put the work into a queue for a fixed number of workers instead of the go statement at {place}"),
        ),
    };
    Some(Cause::new(pattern, evidence, remedy).culprit(&again.place))
}

fn sleeps_in_a_loop(facts: &SiteFacts) -> Option<Cause> {
    let around = facts.repeats.as_ref().filter(|around| around.exit.is_none())?;
    let context = facts.context.as_deref();
    let looks = context.map(|context| format!(" and never looks at {context}, which is at hand")).unwrap_or_default();
    let evidence = format!("the loop at {} ({}) sleeps{looks}", at(&around.place), around.text);
    let context = context.unwrap_or("ctx");
    let remedy = format!(
        "instead of sleeping at {}: select {{ case <-time.After(…): case <-{context}.Done(): return }}",
        at(&facts.place)
    );
    Some(Cause::new("sleep-loop", evidence, remedy).culprit(&facts.place).unsure())
}

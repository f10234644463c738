//! Goroutines in a select: why no case comes that ends them.

use super::receive::{contract, lost_cancel};
use super::{Cause, Rule, at};
use crate::source::{CaseFacts, CaseKind, ChannelKind, Role, SiteFacts};

/// First the cases that should end it, then that there is none.
pub(super) const RULES: &[Rule] = &[never_cancelled, never_stopped, nobody_closes, no_way_out];

fn leaving(facts: &SiteFacts) -> impl Iterator<Item = &CaseFacts> {
    facts.cases.iter().filter(|case| case.leaves)
}

/// A case that time alone brings about: it ends by itself.
fn ends_by_time(facts: &SiteFacts) -> bool {
    leaving(facts).any(|case| matches!(case.kind, CaseKind::Timer | CaseKind::Ticker))
}

fn never_cancelled(facts: &SiteFacts) -> Option<Cause> {
    if ends_by_time(facts) {
        return None;
    }
    leaving(facts).find_map(|case| match &case.channel.as_ref()?.kind {
        ChannelKind::Done(context) => lost_cancel(context).map(|cause| cause.mark(Some(&case.place), Role::Partner)),
        _ => None,
    })
}

fn never_stopped(facts: &SiteFacts) -> Option<Cause> {
    if ends_by_time(facts) || leaving(facts).any(|case| case.kind == CaseKind::Done) {
        return None;
    }
    let ends = leaving(facts).filter(|case| case.kind == CaseKind::Receive).filter_map(|case| case.channel.as_ref());
    let mut ends = ends.filter(|channel| channel.sends.is_empty() && channel.escapes.is_none());
    ends.find_map(contract)
}

/// A case that would end it waits for a channel that nobody closes or sends to.
fn nobody_closes(facts: &SiteFacts) -> Option<Cause> {
    if ends_by_time(facts) || leaving(facts).any(|case| case.kind == CaseKind::Done) {
        return None;
    }
    let never = |case: &&CaseFacts| {
        case.channel.as_ref().is_some_and(|channel| {
            channel.sends.is_empty()
                && channel.closes.is_empty()
                && channel.escapes.is_none()
                && !channel.makes.is_empty()
        })
    };
    let all: Vec<&CaseFacts> = leaving(facts).collect();
    let case = all.first().filter(|_| all.iter().all(never))?;
    let channel = case.channel.as_ref()?;
    let evidence =
        format!("the case at {} would end it, and nothing closes {} or sends to it", at(&case.place), channel.name);
    let remedy = format!("close({}) when the goroutine is no longer wanted", channel.name);
    Some(Cause::new("contract-violation", evidence, remedy).culprit(&case.place))
}

fn no_way_out(facts: &SiteFacts) -> Option<Cause> {
    let around = facts.repeats.as_ref().filter(|around| around.endless && around.exit.is_none())?;
    if facts.cases.is_empty() || leaving(facts).next().is_some() {
        return None;
    }
    let looks = match &facts.context {
        Some(context) => format!(" and none looks at {context}, which is at hand"),
        None => String::new(),
    };
    let evidence =
        format!("no case of the select at {} leaves the loop at {}{looks}", at(&facts.place), at(&around.place));
    let context = facts.context.as_deref().unwrap_or("ctx");
    let remedy = format!("at {} add case <-{context}.Done(): return", at(&facts.place));
    let cause = Cause::new("ctx-ignored", evidence, remedy).culprit(&facts.place);
    // Ticks wake it: what it does then may be wanted for as long as the process lives.
    let ticks = facts.cases.iter().any(|case| matches!(case.kind, CaseKind::Ticker | CaseKind::Timer));
    Some(if ticks || facts.context.is_none() { cause.unsure() } else { cause })
}

//! Goroutines that wait to receive: why nothing comes.

use super::{Cause, Rule, after_buffer, at, made, never_made};
use crate::source::{ChannelFacts, ChannelKind, Operation, Role, SiteFacts, UseFacts};

/// First what the channel is, then whether it is closed, then who should send.
pub(super) const RULES: &[Rule] = &[
    never_made,
    ticker_loop,
    never_cancelled,
    no_close,
    close_is_skipped,
    only_stop_closes,
    deaf_loop,
    nobody_sends,
    sends_are_skipped,
    too_few_sends,
];

/// A channel of the program's that no other code has.
fn own(facts: &SiteFacts) -> Option<&ChannelFacts> {
    let channel = facts.channel.as_ref()?;
    (channel.kind == ChannelKind::Plain && channel.escapes.is_none() && !channel.makes.is_empty()).then_some(channel)
}

/// A ticker's channel is never closed, also not by Stop (time/tick.go:(*Ticker).Stop).
fn ticker_loop(facts: &SiteFacts) -> Option<Cause> {
    let channel = facts.channel.as_ref().filter(|channel| channel.kind == ChannelKind::Ticker)?;
    let deaf = facts.operation == Operation::Range || facts.repeats.as_ref().is_some_and(|around| around.endless);
    let leaves = facts.repeats.as_ref().is_some_and(|around| around.exit.is_some());
    if !deaf || leaves {
        return None;
    }
    let evidence = format!(
        "the loop over {} at {} has no other end: Stop doesn't close a ticker's channel",
        channel.name,
        at(&facts.place)
    );
    let context = facts.context.as_deref().unwrap_or("ctx");
    let remedy = format!(
        "for {{ select {{ case <-{}: … case <-{context}.Done(): return }} }}, and defer the ticker's Stop",
        channel.name
    );
    Some(Cause::new("ticker-loop", evidence, remedy).culprit(&facts.place))
}

fn never_cancelled(facts: &SiteFacts) -> Option<Cause> {
    let ChannelKind::Done(context) = &facts.channel.as_ref()?.kind else { return None };
    lost_cancel(context)
}

/// The cancel function of a context that is waited for is never called.
pub(super) fn lost_cancel(context: &crate::source::ContextFacts) -> Option<Cause> {
    let derived = context.derived.as_ref().filter(|_| context.never_cancelled)?;
    let evidence = format!("the cancel function of {} at {} is never called", context.name, at(derived));
    let remedy = format!("keep the cancel function at {} and defer cancel() there", at(derived));
    Some(Cause::new("lost-cancel", evidence, remedy).culprit(derived))
}

fn no_close(facts: &SiteFacts) -> Option<Cause> {
    let channel = own(facts).filter(|channel| facts.operation == Operation::Range && channel.closes.is_empty())?;
    let evidence = format!(
        "the range over {} at {} ends when it is closed, and nothing closes it",
        channel.name,
        at(&facts.place)
    );
    let remedy = match last_send(channel) {
        Some(send) if send.own => {
            format!("count the values instead of ranging, or close({}) once all have been sent", channel.name)
        }
        Some(send) => format!(
            "close the channel when nothing more is sent: defer close in {}, which sends at {}",
            send.function,
            at(&send.place)
        ),
        None => format!("close({}) where nothing will be sent any more", channel.name),
    };
    let cause = Cause::new("range-without-close", evidence, remedy).mark(made(facts), Role::Made);
    let send = last_send(channel);
    Some(match send {
        Some(send) => cause.culprit(&send.place),
        None => cause.culprit(&facts.place),
    })
}

fn last_send(channel: &ChannelFacts) -> Option<&UseFacts> {
    channel.sends.last()
}

/// The path on which a statement isn't reached.
fn skipped(one: &UseFacts) -> Option<String> {
    let skips = match (&one.skipped_by, &one.condition, &one.repeats) {
        _ if one.deferred => return None,
        (Some(exit), _, _) => format!("{} at {} leaves before it", exit.text, at(&exit.place)),
        (None, Some(condition), _) => format!("it stands in the branch at {}", at(condition)),
        (None, None, Some(around)) if around.over.is_some() => {
            format!("the loop at {} may have nothing to go over", at(&around.place))
        }
        _ => return None,
    };
    Some(skips)
}

fn close_is_skipped(facts: &SiteFacts) -> Option<Cause> {
    let channel = own(facts).filter(|_| facts.operation == Operation::Range)?;
    let [close] = channel.closes.as_slice() else { return None };
    let skips = skipped(close)?;
    let evidence = format!("close({}) at {} can be missed: {skips}", channel.name, at(&close.place));
    let remedy = format!("defer the close at {}", at(&close.place));
    let cause = Cause::new("range-without-close", evidence, remedy).culprit(&close.place).mark(made(facts), Role::Made);
    Some(cause.mark(close.skipped_by.as_ref().map(|exit| &exit.place), Role::Partner).unsure())
}

/// Only a method that its owner must call ends it.
fn only_stop_closes(facts: &SiteFacts) -> Option<Cause> {
    let channel = own(facts).filter(|channel| channel.sends.is_empty() || facts.operation == Operation::Range)?;
    contract(channel)
}

/// A channel that only `Stop`, `Close` and the like close: whoever started the goroutine must call it.
pub(super) fn contract(channel: &ChannelFacts) -> Option<Cause> {
    let close = channel.closes.first().filter(|_| channel.closes.iter().all(|close| is_contract(&close.function)))?;
    let (of, field) = channel.field.as_ref()?;
    let evidence = format!(
        "only {} at {} closes {field}: a {of} that isn't stopped waits for ever",
        close.function,
        at(&close.place)
    );
    let remedy = format!("where a {of} is made and started: defer the call of {}", close.function);
    let make = channel.makes.first()?;
    let cause = Cause::new("contract-violation", evidence, remedy).culprit(&make.place);
    Some(cause.mark(Some(&close.place), Role::Partner))
}

/// Methods that end what a type has started.
fn is_contract(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function).to_lowercase();
    function.contains('.')
        && ["stop", "close", "shutdown", "cancel", "finish", "done", "end"].iter().any(|word| name.contains(word))
}

/// A loop that only receives and can't be told to end.
fn deaf_loop(facts: &SiteFacts) -> Option<Cause> {
    let around = facts.repeats.as_ref().filter(|around| around.endless && around.exit.is_none())?;
    let (context, channel) = (facts.context.as_ref()?, facts.channel.as_ref()?);
    if facts.operation != Operation::Receive || channel.kind != ChannelKind::Plain {
        return None;
    }
    let evidence = format!(
        "the loop at {} waits for {} alone and never looks at {context}, which is at hand",
        at(&around.place),
        channel.name
    );
    let remedy = format!("at {} add case <-{context}.Done(): return", at(&facts.place));
    Some(Cause::new("ctx-ignored", evidence, remedy).culprit(&facts.place).mark(made(facts), Role::Made))
}

fn nobody_sends(facts: &SiteFacts) -> Option<Cause> {
    let channel = own(facts).filter(|channel| channel.sends.is_empty() && channel.closes.is_empty())?;
    let evidence = after_buffer(facts, &format!("nothing in its package sends to {} or closes it", channel.name));
    let remedy = format!("send to {} or close it on every way, or don't wait for it", channel.name);
    let cause = Cause::new("never-sent", evidence, remedy);
    Some(match made(facts) {
        Some(make) => cause.culprit(make),
        None => cause.culprit(&facts.place),
    })
}

fn sends_are_skipped(facts: &SiteFacts) -> Option<Cause> {
    let channel = own(facts).filter(|channel| !channel.sends.is_empty() && channel.closes.is_empty())?;
    let skips: Vec<String> = channel.sends.iter().filter_map(skipped).collect();
    if skips.len() < channel.sends.len() || facts.operation == Operation::Range {
        return None;
    }
    let send = &channel.sends[0];
    let what = match channel.sends.len() {
        1 => format!("the only send to {}, at {}, can be missed: {}", channel.name, at(&send.place), skips[0]),
        n => format!(
            "all {n} sends to {} can be missed: of the first, at {}, {}",
            channel.name,
            at(&send.place),
            skips[0]
        ),
    };
    let remedy = format!(
        "send or close on every way: defer close({}) in the goroutine that sends, at {}",
        channel.name,
        at(&send.place)
    );
    let cause = Cause::new("never-sent", what, remedy).culprit(&send.place).mark(made(facts), Role::Made);
    Some(cause.mark(send.condition.as_ref(), Role::Partner))
}

fn too_few_sends(facts: &SiteFacts) -> Option<Cause> {
    let channel = own(facts).filter(|channel| channel.closes.is_empty() && !channel.sends.is_empty())?;
    let once = |uses: &[UseFacts]| uses.iter().all(|one| one.repeats.is_none() && !one.is_range);
    let takes = channel.receives.iter().filter(|one| one.own).count();
    if !once(&channel.sends) || !once(&channel.receives) || takes <= channel.sends.len() {
        return None;
    }
    let evidence = after_buffer(
        facts,
        &format!(
            "{takes} values are received from {} and {} sent, at {}",
            channel.name,
            sent(channel.sends.len()),
            at(&channel.sends[0].place)
        ),
    );
    let remedy = format!("send as many values as are received, or close {} after the last", channel.name);
    Some(
        Cause::new("never-sent", evidence, remedy)
            .culprit(&facts.place)
            .mark(Some(&channel.sends[0].place), Role::Partner),
    )
}

fn sent(n: usize) -> String {
    if n == 1 { "one is".into() } else { format!("{n} are") }
}

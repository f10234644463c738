//! Goroutines that wait to send: why nobody receives.

use super::{Cause, Rule, after_buffer, at, made, never_made, spawn, started};
use crate::source::{CaseKind, ChannelFacts, Role, SiteFacts, SpawnKind, UseFacts};

/// First what the channel is for, then who should receive.
pub(super) const RULES: &[Rule] = &[
    never_made,
    slot_not_released,
    sent_under_lock,
    errgroup_member,
    nobody_receives,
    more_senders_than_receives,
    first_error_returns,
    receiver_was_stopped,
    receiver_timed_out,
    returned_before_receive,
    receiver_left_its_loop,
    sent_twice,
    takes_a_few,
];

/// The channel, where others should receive: not one that counts, or that the function itself receives from.
fn channel(facts: &SiteFacts) -> Option<&ChannelFacts> {
    let channel = facts.channel.as_ref().filter(|_| !facts.takes_back)?;
    (!channel.receives.iter().any(|one| one.own) && can_fill(facts, channel)).then_some(channel)
}

/// Whether the channel can be full: what is sent to a local channel with room for it never waits.
fn can_fill(facts: &SiteFacts, channel: &ChannelFacts) -> bool {
    let shared = channel.field.is_some() || channel.makes.is_empty();
    if shared || facts.repeats.is_some() || channel.makes.iter().any(|make| make.capacity.is_none()) {
        return true;
    }
    // A capacity that is worked out, such as len(items), is taken for enough.
    let is_number = |capacity: &str| capacity.bytes().all(|b| b.is_ascii_digit());
    let small = channel.makes.iter().any(|make| make.capacity.as_deref().is_none_or(is_number));
    small && (facts.sent_before.is_some() || facts.spawns.iter().any(|spawn| spawn.repeats.is_some()))
}

/// The receives, where one stands beside the `go` statement: elsewhere they may be called any number of times.
fn receives_beside_go(facts: &SiteFacts) -> Option<Vec<&UseFacts>> {
    receives(facts).filter(|receives| receives.iter().any(|one| one.spawner))
}

/// The receives of others.
fn receives(facts: &SiteFacts) -> Option<Vec<&UseFacts>> {
    let receives: Vec<&UseFacts> = channel(facts)?.receives.iter().filter(|one| !one.own).collect();
    (!receives.is_empty()).then_some(receives)
}

/// The channel counts slots: a send takes one, the same function's receive gives it back.
fn slot_not_released(facts: &SiteFacts) -> Option<Cause> {
    let name = &facts.channel.as_ref()?.name;
    let exit = facts.kept.as_ref()?;
    let evidence = format!(
        "{name} counts slots: each send takes one; {} at {} leaves {} without the receive that gives it back",
        exit.text,
        at(&exit.place),
        facts.function
    );
    let remedy = format!(
        "after the send at {}: defer func() {{ <-{name} }}(), so that every way out gives the slot back",
        at(&facts.place)
    );
    Some(Cause::new("semaphore-not-released", evidence, remedy).culprit(&exit.place).mark(made(facts), Role::Made))
}

/// Whoever should receive wants the lock that the sender holds.
fn sent_under_lock(facts: &SiteFacts) -> Option<Cause> {
    let channel = channel(facts)?;
    let held = facts.held.iter().find(|held| held.shared_with.is_some())?;
    let other = held.shared_with.as_ref()?;
    let wants_it = channel.receives.iter().any(|receive| held.shared_in.contains(&receive.function));
    if !channel.receives.is_empty() && !wants_it {
        return None;
    }
    let evidence = format!(
        "it sends to {} while it holds {}, which it took at {}; {} takes the same lock",
        channel.name,
        held.name,
        at(&held.place),
        at(other)
    );
    let remedy = format!(
        "send after {} is unlocked, or with a default case: select {{ case {} <- …: default: }}",
        held.name, channel.name
    );
    let cause = Cause::new("lock-and-channel", evidence, remedy);
    let cause = cause.culprit(&facts.place).mark(Some(&held.place), Role::Partner);
    Some(if wants_it { cause } else { cause.unsure() })
}

/// A member of an errgroup isn't told that another has failed, or doesn't listen.
fn errgroup_member(facts: &SiteFacts) -> Option<Cause> {
    let spawn = spawn(facts)?;
    let SpawnKind::ErrGroup { with_context } = spawn.by else { return None };
    let receives = receives(facts)?;
    let exit = receives.iter().find_map(|one| one.repeats.as_ref()?.exit.as_ref());
    let leaves = exit.map_or_else(
        || "when another member fails".to_owned(),
        |exit| format!("when the receiver leaves by {} at {}", exit.text, at(&exit.place)),
    );
    let select = format!(
        "at {} select {{ case {} <- …: case <-ctx.Done(): return ctx.Err() }}",
        at(&facts.place),
        channel(facts)?.name
    );
    let (evidence, remedy) = match with_context {
        true => (
            format!("the send doesn't look at the group's context: {leaves}, it waits for ever, and Wait for it"),
            select,
        ),
        false => (
            format!("the group has no context: {leaves}, nothing tells this sender, and Wait waits for it for ever"),
            format!("g, ctx := errgroup.WithContext(ctx), and {select}"),
        ),
    };
    let cause = Cause::new("errgroup-misuse", evidence, remedy).mark(Some(&spawn.place), Role::Go);
    Some(cause.culprit(&facts.place).mark(exit.map(|exit| &exit.place), Role::Partner))
}

fn nobody_receives(facts: &SiteFacts) -> Option<Cause> {
    let channel = channel(facts)?;
    if !channel.receives.is_empty() || channel.escapes.is_some() || channel.makes.is_empty() {
        return None;
    }
    let evidence = after_buffer(facts, &format!("nothing in its package receives from {}", channel.name));
    let make = channel.makes.first()?;
    let remedy = match facts.repeats {
        None => format!(
            "a buffer of 1 at {} lets the sender end though nobody receives; or receive from it",
            at(&make.place)
        ),
        Some(_) => format!(
            "receive from {} until it is closed, or send with a select that also waits for ctx.Done()",
            channel.name
        ),
    };
    Some(Cause::new("consumer-gone", evidence, remedy).culprit(&make.place))
}

fn more_senders_than_receives(facts: &SiteFacts) -> Option<Cause> {
    let (spawn, receives) =
        (spawn(facts).filter(|spawn| !matches!(spawn.by, SpawnKind::Passed(_)))?, receives_beside_go(facts)?);
    let around = spawn.repeats.as_ref().filter(|_| facts.repeats.is_none())?;
    if receives.iter().any(|one| one.repeats.is_some()) {
        return None;
    }
    let times = if receives.len() == 1 { "once".to_owned() } else { format!("{} times", receives.len()) };
    let sentence = format!(
        "{} at {} starts a sender each time round ({}), and {} is received from {times}, at {}",
        started(&spawn.by),
        at(&spawn.place),
        around.text,
        channel(facts)?.name,
        at(&receives[0].place)
    );
    let remedy = room_for_all(facts, around.over.as_deref());
    let cause = Cause::new("ncast", after_buffer(facts, &sentence), remedy).mark(Some(&spawn.place), Role::Go);
    Some(culprit_make(cause, facts).mark(Some(&receives[0].place), Role::Partner))
}

/// `make(chan T, len(urls))`.
fn room_for_all(facts: &SiteFacts, over: Option<&str>) -> String {
    let room = match over {
        Some(over)
            if over.parse::<u64>().is_ok()
                || over.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && over.len() == 1 =>
        {
            over.to_owned()
        }
        Some(over) => format!("len({over})"),
        None => "as many as goroutines are started".into(),
    };
    let at = made(facts).map(|make| format!(" at {}", at(make))).unwrap_or_default();
    format!("give the channel{at} room for every sender ({room}), or cancel the others when the first has answered")
}

fn culprit_make(cause: Cause, facts: &SiteFacts) -> Cause {
    match made(facts) {
        Some(make) => cause.culprit(make),
        None => cause,
    }
}

fn first_error_returns(facts: &SiteFacts) -> Option<Cause> {
    let (spawn, receives) = (spawn(facts)?, receives(facts)?);
    let around = spawn.repeats.as_ref()?;
    let (receive, exit) = receives.iter().find_map(|one| Some((one, one.repeats.as_ref()?.exit.as_ref()?)))?;
    let sentence = format!(
        "{} at {} starts a sender each time round ({}); {} at {} leaves the loop that receives before all have sent",
        started(&spawn.by),
        at(&spawn.place),
        around.text,
        exit.text,
        at(&exit.place)
    );
    let remedy = room_for_all(facts, around.over.as_deref());
    let cause = Cause::new("first-error-return", after_buffer(facts, &sentence), remedy).culprit(&exit.place);
    let cause = cause.mark(made(facts), Role::Made).mark(Some(&receive.place), Role::Partner);
    // Whoever counts what came leaves a loop without a condition when all have.
    Some(if receive.repeats.as_ref().is_some_and(|around| around.endless) { cause.unsure() } else { cause })
}

/// The loop that receives also waits for what ends it, and doesn't take what is still sent then.
fn receiver_was_stopped(facts: &SiteFacts) -> Option<Cause> {
    let receives = receives(facts)?;
    let [receive] = receives.as_slice() else { return None };
    let around = receive.repeats.as_ref().filter(|around| around.endless && !receive.beside.is_empty())?;
    let exit = around.exit.as_ref()?;
    let name = &channel(facts)?.name;
    let sentence = format!(
        "the loop at {} that receives leaves by {} at {}, whether or not more is sent",
        at(&around.place),
        exit.text,
        at(&exit.place)
    );
    let remedy = format!(
        "let the sender wait for what ends the receiver too: at {} select {{ case {name} <- …: case <-done: return }}; or take the rest before {}",
        at(&facts.place),
        at(&exit.place)
    );
    let cause = Cause::new("not-drained", after_buffer(facts, &sentence), remedy).culprit(&exit.place);
    let cause = cause.mark(made(facts), Role::Made).mark(Some(&receive.place), Role::Partner);
    let buffered = channel(facts)?.makes.iter().any(|make| make.capacity.is_some());
    Some(if buffered && facts.repeats.is_none() { cause.unsure() } else { cause })
}

fn receiver_timed_out(facts: &SiteFacts) -> Option<Cause> {
    let receives = receives(facts)?;
    let [receive] = receives.as_slice() else { return None };
    let other = receive.beside.first()?;
    let buffered = channel(facts)?.field.is_some() && channel(facts)?.makes.iter().any(|make| make.capacity.is_some());
    if receive.never_waits || receive.repeats.is_some() || buffered {
        return None;
    }
    let timed = receive.beside.iter().find(|case| matches!(case, CaseKind::Done | CaseKind::Timer | CaseKind::Ticker));
    let (pattern, what) = match timed.unwrap_or(other) {
        CaseKind::Done => ("timeout-leak", "its context ends"),
        CaseKind::Timer | CaseKind::Ticker => ("timeout-leak", "its timer fires"),
        _ => ("consumer-gone", "another case comes first"),
    };
    let sentence =
        format!("the select at {} goes on without it when {what}, and then nobody receives", at(&receive.place));
    let remedy = buffer_of_one(facts, receive);
    let cause = Cause::new(pattern, after_buffer(facts, &sentence), remedy).mark(Some(&receive.place), Role::Partner);
    Some(culprit_make(cause, facts))
}

fn buffer_of_one(facts: &SiteFacts, receive: &UseFacts) -> String {
    match (made(facts), &facts.repeats) {
        (Some(make), None) => format!("a buffer of 1 at {}, so that the send never waits", at(make)),
        _ => format!(
            "send with a select that also waits for what ends the receiver at {}: case <-ctx.Done()",
            at(&receive.place)
        ),
    }
}

fn returned_before_receive(facts: &SiteFacts) -> Option<Cause> {
    let (spawn, receives) = (spawn(facts)?, receives(facts)?);
    if facts.repeats.is_some() && spawn.receive.is_none() {
        return None;
    }
    let receive = receives.iter().find(|one| Some(&one.place) == spawn.receive.as_ref()).unwrap_or(&receives[0]);
    if let Some(exit) = &spawn.exit_before_receive {
        let receive_at = spawn.receive.as_ref().unwrap_or(&receive.place);
        let sentence = format!("{} at {} leaves before the receive at {}", exit.text, at(&exit.place), at(receive_at));
        let remedy = buffer_of_one(facts, receive);
        let cause = Cause::new("premature-return", after_buffer(facts, &sentence), remedy).culprit(&exit.place);
        return Some(cause.mark(made(facts), Role::Made).mark(Some(receive_at), Role::Partner));
    }
    let condition =
        receive.condition.as_ref().filter(|_| receives.len() == 1 && receive.spawner && !receive.never_waits)?;
    let sentence = format!("it is received from only on the branch at {}", at(condition));
    let cause = Cause::new("premature-return", after_buffer(facts, &sentence), buffer_of_one(facts, receive));
    Some(cause.culprit(condition).mark(made(facts), Role::Made).mark(Some(&receive.place), Role::Partner))
}

/// One sender of many values, whose receiver stops early.
fn receiver_left_its_loop(facts: &SiteFacts) -> Option<Cause> {
    let receives = receives(facts)?;
    let sends_on = facts.repeats.is_some() || channel(facts)?.sends.len() > 1;
    let (receive, exit) = receives.iter().find_map(|one| Some((one, one.repeats.as_ref()?.exit.as_ref()?)))?;
    if !sends_on || receives.len() > 1 {
        return None;
    }
    let sentence = format!("{} at {} leaves the loop that receives, and more is sent", exit.text, at(&exit.place));
    let name = &channel(facts)?.name;
    let remedy = format!(
        "give the sender a way out: at {} select {{ case {name} <- …: case <-ctx.Done(): return }}, and cancel when the receiver leaves",
        at(&facts.place)
    );
    let cause = Cause::new("premature-return", after_buffer(facts, &sentence), remedy).culprit(&exit.place);
    Some(cause.mark(made(facts), Role::Made).mark(Some(&receive.place), Role::Partner))
}

fn sent_twice(facts: &SiteFacts) -> Option<Cause> {
    let receives = receives_beside_go(facts)?;
    let before = facts.sent_before.as_ref()?;
    if receives.len() > 1 || receives[0].repeats.is_some() {
        return None;
    }
    let sentence = format!(
        "after the send at {} it goes on to the one at {}, and one value is received, at {}",
        at(before),
        at(&facts.place),
        at(&receives[0].place)
    );
    let remedy = format!("return after the send at {}", at(before));
    let cause = Cause::new("double-send", after_buffer(facts, &sentence), remedy).culprit(before);
    Some(cause.mark(made(facts), Role::Made).mark(Some(&receives[0].place), Role::Partner))
}

fn takes_a_few(facts: &SiteFacts) -> Option<Cause> {
    let receives = receives_beside_go(facts)?;
    let around = facts.repeats.as_ref()?;
    let bounded = |one: &&UseFacts| {
        !one.is_range && one.repeats.as_ref().is_none_or(|around| !around.endless && around.over.is_none())
    };
    if !receives.iter().all(bounded) {
        return None;
    }
    let name = &channel(facts)?.name;
    let sentence = format!(
        "it sends in a loop ({}), and {name} is received from a fixed number of times, at {}",
        around.text,
        at(&receives[0].place)
    );
    let remedy = format!(
        "receive until {name} is closed, or give the sender a way out: at {} select {{ case {name} <- …: case <-ctx.Done(): return }}",
        at(&facts.place)
    );
    let cause = Cause::new("consumer-gone", after_buffer(facts, &sentence), remedy).mark(made(facts), Role::Made);
    Some(cause.culprit(&receives[0].place))
}

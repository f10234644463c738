//! Labels of profiles that `unpark convert` made: states, creators and waits that profile.proto has no other place for.

use super::header::Header;
use crate::model::{FrameId, Receive, StrId, Symbols, WaitState};
use crate::profile_proto::{label, mark};

/// What the labels of a sample say.
#[derive(Debug, Default)]
pub(super) struct Converted {
    pub(super) state: Option<WaitState>,
    pub(super) receive: Option<Receive>,
    pub(super) creator: Option<FrameId>,
    pub(super) wait_minutes: Option<u32>,
}

/// Takes what a conversion added out of `labels`, whose numbers are written as text. `marks_known`: a state has no marks
/// but those that it is said to have.
pub(super) fn take(labels: &mut Vec<(StrId, StrId)>, marks_known: bool, symbols: &mut Symbols) -> Converted {
    let (mut state, mut without, mut wait) = (None, None, None);
    let (mut receive, mut creator, mut creator_at) = (None, None, None);
    labels.retain_mut(|(key, value)| {
        let place = match symbols.str(*key) {
            label::STATE => &mut state,
            label::STATE_WITHOUT => &mut without,
            label::RECEIVE => &mut receive,
            label::WAIT => &mut wait,
            label::CREATOR => &mut creator,
            label::CREATOR_AT => &mut creator_at,
            label::VERDICT | label::SIGNATURE | label::PATTERN => return false,
            own => {
                if let Some(own) = own.strip_prefix(label::OWN).map(str::to_owned) {
                    *key = symbols.string(&own);
                }
                return true;
            }
        };
        *place = Some(*value);
        false
    });
    labels.sort_unstable();
    let text = |id: Option<StrId>| id.map(|id| symbols.str(id).to_owned());
    let (state, without, wait) = (text(state), text(without).unwrap_or_default(), text(wait));
    let (creator, creator_at) = (text(creator), text(creator_at).unwrap_or_default());
    let receive = receive.and_then(|id| match symbols.str(id) {
        "value" => Some(Receive::Value),
        "ok" => Some(Receive::Ok),
        _ => None,
    });
    Converted {
        receive,
        state: state.map(|words| read_state(&words, &without, marks_known, symbols)),
        creator: creator.map(|name| read_creator(&name, &creator_at, symbols)),
        wait_minutes: wait.and_then(|text| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()),
    }
}

fn read_state(words: &str, without: &str, marks_known: bool, symbols: &mut Symbols) -> WaitState {
    let (status, tail) = words.split_at(words.find(',').unwrap_or(words.len()));
    let header = Header {
        id: 0,
        has_gp: false,
        status: status.as_bytes(),
        wait_minutes: None,
        tail: tail.as_bytes(),
        labels: b"",
    };
    let mut state = header.state(symbols);
    for (word, flag) in [
        (mark::NIL_CHANNEL, &mut state.nil_channel),
        (mark::NO_CASES, &mut state.no_cases),
        (mark::LEAKED, &mut state.leaked),
        (mark::DURABLE, &mut state.durable),
        (mark::LOCKED, &mut state.locked_to_thread),
    ] {
        let is_known = marks_known || *flag == Some(true) || without.split(',').any(|known| known == word);
        *flag = flag.filter(|_| is_known);
    }
    state
}

fn read_creator(name: &str, at: &str, symbols: &mut Symbols) -> FrameId {
    let function = symbols.function(name);
    let (file, line) = match at.rsplit_once(':') {
        Some((file, line)) => (file, line.parse().unwrap_or(0)),
        None => (at, 0),
    };
    let file = symbols.string(file);
    symbols.frame(function, file, line, false)
}

//! What a stack looks like besides its names: the conditions that language rules are made of.

use serde::{Deserialize, Serialize};

use crate::model::{FrameId, GroupKey, Origin, Symbols};

/// A property of a stack that regexes can't say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The goroutine is `main.main`.
    Main,
    /// It isn't.
    NotMain,
    /// It runs a function literal.
    Closure,
    /// It runs a function literal of the function that made it.
    ClosureOfCreator,
    /// It runs a method of a type.
    Method,
    /// It blocks in the function that it was started with.
    BlocksAtEntry,
    /// The function that made it is on its own stack, or is the one that it runs: it makes goroutines like itself.
    SpawnsItself,
    /// Two methods of the blocking method's receiver type are on the stack.
    SameReceiverTwice,
    /// It serves a request: a rule of scope per-request with `context` matches too.
    InRequest,
    /// It waits for a sync.Once (sync/once.go:(*Once).doSlow).
    InOnce,
    /// The receive takes the channel's being closed into account (`range`, `v, ok :=`).
    ReceiveOk,
}

/// The stack in the terms that shapes are told by.
pub struct Form<'a> {
    symbols: &'a Symbols,
    key: &'a GroupKey,
    /// Names, empty where there is none.
    entry: &'a str,
    creator: Option<&'a str>,
    /// Whether it serves a request.
    pub in_request: bool,
    /// Whether the receive is known to be of two values.
    pub receive_ok: Option<bool>,
}

impl<'a> Form<'a> {
    /// The form of a group.
    #[must_use]
    pub fn new(symbols: &'a Symbols, key: &'a GroupKey, receive_ok: Option<bool>) -> Self {
        let name = |frame| symbols.name_of(frame);
        let (entry, creator) = (symbols.entry(key.stack).map_or("", name), key.creator.map(name));
        Form { symbols, key, entry, creator, in_request: false, receive_ok }
    }

    /// Whether the stack has a shape; what a format hides, it hasn't.
    #[must_use]
    pub fn has(&self, shape: Shape) -> bool {
        let Form { entry, creator, .. } = *self;
        match shape {
            Shape::Main => is_main(entry),
            Shape::NotMain => !is_main(entry),
            Shape::Closure => is_closure(entry),
            Shape::ClosureOfCreator => {
                is_closure(entry) && creator.is_none_or(|creator| enclosing(entry) == enclosing(creator))
            }
            Shape::Method => entry.contains(").") && !is_closure(entry),
            Shape::BlocksAtEntry => self.symbols.site(self.key.stack).map(|f| self.symbols.name_of(f)) == Some(entry),
            Shape::SpawnsItself => creator.is_some_and(|creator| self.spawns_itself(creator, entry)),
            Shape::SameReceiverTwice => self.same_receiver_twice(),
            Shape::InRequest => self.in_request,
            Shape::InOnce => {
                self.symbols.frames(self.key.stack).any(|f| self.symbols.name_of(f) == "sync.(*Once).doSlow")
            }
            Shape::ReceiveOk => self.receive_ok == Some(true),
        }
    }

    /// The function that made it is one that it runs. A closure's own name doesn't count: `f.func1` made by `f` is the
    /// common case.
    fn spawns_itself(&self, creator: &str, entry: &str) -> bool {
        let of_user = |frame: FrameId| !self.symbols.frame_at(frame).origin.is_go();
        without_wrapper(entry) == without_wrapper(creator)
            || self.symbols.frames(self.key.stack).any(|frame| of_user(frame) && self.symbols.name_of(frame) == creator)
    }

    fn same_receiver_twice(&self) -> bool {
        let own = |frame: &FrameId| matches!(self.symbols.frame_at(*frame).origin, Origin::User | Origin::Dependency);
        let mut names = self.symbols.frames(self.key.stack).filter(own).map(|frame| self.symbols.name_of(frame));
        let Some((receiver, method)) = names.next().and_then(receiver) else { return false };
        names.any(|name| self::receiver(name).is_some_and(|(other, m)| other == receiver && m != method))
    }
}

/// The entry of the main goroutine is `main.main` in text and `runtime.main` in counted profiles, where nothing of it is
/// left out (runtime/proc.go:main).
#[must_use]
pub fn is_main(entry: &str) -> bool {
    matches!(entry, "main.main" | "runtime.main")
}

/// Whether a name is that of a function literal: `f.func1`, `f.func2.1`, `f.gowrap3` (cmd/compile/internal/ir:closureName).
#[must_use]
pub fn is_closure(name: &str) -> bool {
    let last = name.rsplit('.').find(|part| !part.bytes().all(|b| b.is_ascii_digit())).unwrap_or_default();
    let number = last.strip_prefix("func").or_else(|| last.strip_prefix("gowrap")).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// A name without the parts that function literals add.
#[must_use]
pub fn enclosing(name: &str) -> &str {
    let mut name = name;
    loop {
        let Some((rest, last)) = name.rsplit_once('.') else { return name };
        let generated = last.bytes().all(|b| b.is_ascii_digit())
            || ["func", "gowrap", "deferwrap"].iter().any(|word| {
                last.strip_prefix(word)
                    .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
            });
        if !generated || last.is_empty() {
            return name;
        }
        name = rest;
    }
}

/// `f.gowrap1` and `f-fm` run `f`.
fn without_wrapper(name: &str) -> &str {
    let name = name.strip_suffix("-fm").unwrap_or(name);
    match name.rsplit_once(".gowrap") {
        Some((rest, number)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => name,
    }
}

/// `main.(*account).Balance` is `main.(*account)` and `Balance`.
fn receiver(name: &str) -> Option<(&str, &str)> {
    let end = name.find(").")?;
    Some((&name[..=end], name[end + 2..].split('.').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{enclosing, is_closure, receiver};

    #[test]
    fn names_of_function_literals() {
        for (name, closure, around) in [
            ("main.price.func1", true, "main.price"),
            ("main.(*T).M.func2.1", true, "main.(*T).M"),
            ("main.(*T).M.gowrap3", true, "main.(*T).M"),
            ("main.(*T).M", false, "main.(*T).M"),
            ("main.functional", false, "main.functional"),
            ("example.com/a.b/c.F", false, "example.com/a.b/c.F"),
        ] {
            assert_eq!((is_closure(name), enclosing(name)), (closure, around), "{name}");
        }
        assert_eq!(receiver("a/b.(*T[...]).Close.func1"), Some(("a/b.(*T[...])", "Close")));
        assert_eq!(receiver("a/b.F"), None);
    }
}

//! The statement that a frame stands at: which node of its file, if it is the same code.

use super::facts::Operation;
use super::flow;
use super::go::{Expression, GoFile, Kind, Loop, NodeId};
use super::package::{Callee, Package, Spot};
use crate::model::Wait;

/// What a function is called in its file, without the package: `(*Svc).quote.func1` is `("Svc", "quote")`. `None` where
/// the name says nothing of it, as for literals outside of functions.
pub(super) fn declared_as(function: &str) -> Option<(&str, &str)> {
    let path_end = function.find(['(', '[']).unwrap_or(function.len());
    let after_slash = function[..path_end].rfind('/').map_or(0, |at| at + 1);
    let rest = &function[after_slash..];
    let rest = &rest[rest.find('.')? + 1..];
    let (receiver, rest) = match rest.strip_prefix("(*") {
        Some(inner) => {
            let (receiver, rest) = inner.split_once(')')?;
            (receiver, rest.strip_prefix('.')?)
        }
        None => ("", rest),
    };
    let mut parts = rest.split('.').map(plain).filter(|part| !part.is_empty());
    let first = parts.next()?;
    if first == "glob" || (receiver.is_empty() && first == "init") {
        return None;
    }
    match parts.next() {
        Some(second) if receiver.is_empty() && !is_made_by_compiler(second) => Some((first, second)),
        _ => Some((plain(receiver), first)),
    }
}

/// A part of a name without type arguments and without the number of a range's body.
fn plain(part: &str) -> &str {
    let end = part.find(['[', '-', ']']).unwrap_or(part.len());
    &part[..end]
}

/// `func1`, `gowrap2`, `deferwrap1`, `2`: names of literals and wrappers (cmd/compile/internal/ir/func.go:closureName).
fn is_made_by_compiler(part: &str) -> bool {
    let digits = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let word = &part[..part.len() - digits.len()];
    digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.is_empty()
        && matches!(word, "" | "func" | "gowrap" | "deferwrap")
}

/// What blocks at a line in a state: the node, and what it is.
pub(super) fn blocking(package: &Package, file: usize, line: u32, wait: Wait) -> Option<(Spot, Operation)> {
    let go = &package.files[file].go;
    let fits = |node: NodeId| operation(go, node, line, wait).map(|operation| (Spot { file, node }, operation));
    let mut found: Vec<(Spot, Operation)> = go.covering(line).filter_map(fits).collect();
    // What begins in the line before what only reaches into it, the innermost first.
    found.sort_by_key(|(spot, _)| (go.line(spot.node) != line, std::cmp::Reverse(go.line(spot.node)), spot.node));
    found.into_iter().next()
}

fn operation(go: &GoFile, node: NodeId, line: u32, wait: Wait) -> Option<Operation> {
    let here = go.line(node) == line;
    // One of several cases waits as a select.
    let alone = || flow::select_of(go, node).is_none_or(|select| flow::cases(go, select).count() == 1);
    let sends = matches!(wait, Wait::ChanSend | Wait::ChanOp);
    let receives = matches!(wait, Wait::ChanReceive | Wait::ChanOp);
    match go.kind(node) {
        Kind::Send { .. } if sends && alone() => Some(Operation::Send),
        Kind::Receive { .. } if receives && alone() => Some(Operation::Receive),
        Kind::For { over: Loop::Range(..) } if receives && here => Some(Operation::Range),
        Kind::Select if wait == Wait::Select && here => Some(Operation::Select),
        Kind::Call { callee, .. } => match (called(callee)?, wait) {
            ("Lock", Wait::MutexLock | Wait::RwMutexLock) | ("RLock", Wait::RwMutexRLock) => Some(Operation::Lock),
            // A writer waits for the readers under the mutex of other writers (sync/rwmutex.go:(*RWMutex).Lock).
            ("RLock", Wait::MutexLock) => Some(Operation::Lock),
            ("Wait", Wait::WaitGroupWait) => Some(Operation::WaitGroup),
            ("Wait", Wait::CondWait) => Some(Operation::Condition),
            ("Sleep", Wait::Sleep) => Some(Operation::Sleep),
            _ => None,
        },
        _ => None,
    }
}

/// The last name of what is called.
pub(super) fn called(callee: &Expression) -> Option<&str> {
    match callee {
        Expression::Name(name) | Expression::Field(_, name) => Some(name),
        _ => None,
    }
}

/// Whether a line may call a function: anything but calls of other functions that are known.
pub(super) fn calls(package: &Package, file: usize, line: u32, function: &str) -> bool {
    let go = &package.files[file].go;
    let wanted = declared_as(function).map(|(_, name)| name);
    go.covering(line).any(|node| match go.kind(node) {
        Kind::Call { callee, .. } => {
            let is_other = called(callee).zip(wanted).is_some_and(|(name, wanted)| name != wanted);
            !is_other || !matches!(package.callee(Spot { file, node }), Callee::Own(_))
        }
        // Of a loop over a function, and what runs at the end of a function.
        Kind::For { over: Loop::Range(..) } | Kind::Return { .. } => true,
        _ => false,
    })
}

/// The innermost function or literal around a line.
pub(super) fn function_at(package: &Package, file: usize, line: u32) -> Option<Spot> {
    let go = &package.files[file].go;
    let around = go.covering(line).filter(|node| go.kind(*node).is_function());
    around.max_by_key(|node| (go.line(*node), *node)).map(|node| Spot { file, node })
}

/// The `go` statements of a line.
pub(super) fn go_statements(package: &Package, file: usize, line: u32) -> impl Iterator<Item = Spot> {
    let go = &package.files[file].go;
    go.covering(line).filter(move |node| matches!(go.kind(*node), Kind::Go)).map(move |node| Spot { file, node })
}

#[cfg(test)]
mod tests {
    use super::declared_as;

    #[test]
    fn names_as_go_writes_them() {
        for (function, expected) in [
            ("example.com/acme/quote.(*Svc).quote.func1", Some(("Svc", "quote"))),
            ("main.main", Some(("", "main"))),
            ("main.leak.func2.1", Some(("", "leak"))),
            ("main.T.run", Some(("T", "run"))),
            ("main.T.run.gowrap1", Some(("T", "run"))),
            ("a/b.Map[...].func1", Some(("", "Map"))),
            ("a/b.(*Stack[...]).Push", Some(("Stack", "Push"))),
            ("gopkg.in/yaml.v3.Unmarshal", Some(("v3", "Unmarshal"))),
            ("main.each-range1", Some(("", "each"))),
            ("main.glob..func1", None),
            ("main.init.0.func1", None),
            ("", None),
        ] {
            assert_eq!(declared_as(function), expected, "{function}");
        }
    }
}

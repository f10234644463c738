//! The way through a function: loops, conditions, and where it is left.

use super::go::{Expression, GoFile, Kind, Loop, NodeId};
use super::package::{Callee, Package, Spot};

/// The innermost loop that a node lies in, within its own function.
pub(super) fn loop_around(go: &GoFile, node: NodeId) -> Option<NodeId> {
    go.around(node)
        .skip(1)
        .take_while(|at| !go.kind(*at).is_function())
        .find(|at| matches!(go.kind(*at), Kind::For { .. }))
}

/// The innermost `if`, `else` or case that a node lies in, within its own function and innermost loop. A select's cases are
/// no conditions of the program's.
pub(super) fn condition_around(go: &GoFile, node: NodeId) -> Option<NodeId> {
    go.around(node)
        .skip(1)
        .take_while(|at| !go.kind(*at).is_function())
        .find(|at| matches!(go.kind(*at), Kind::If | Kind::Else | Kind::SwitchCase))
}

/// A part of a function that control may go around.
pub(super) fn is_branch(kind: &Kind) -> bool {
    matches!(kind, Kind::If | Kind::Else | Kind::SwitchCase | Kind::SelectCase { .. } | Kind::For { .. })
}

/// Whether two nodes of a function lie in different branches of one decision: control that comes to one doesn't come to the
/// other, but by a loop.
pub(super) fn exclude_each_other(go: &GoFile, one: NodeId, other: NodeId) -> bool {
    let contains = |outer: NodeId, node: NodeId| (outer..go.nodes[outer as usize].next).contains(&node);
    let below = |node: NodeId| go.around(node).take_while(|at| !(contains(*at, one) && contains(*at, other))).last();
    let Some(decision) = go.around(one).find(|at| contains(*at, other)) else { return false };
    let in_else = |node: NodeId| below(node).is_some_and(|at| matches!(go.kind(at), Kind::Else));
    match go.kind(decision) {
        Kind::Switch | Kind::Select => true,
        Kind::If => in_else(one) != in_else(other),
        _ => false,
    }
}

/// The select whose case a node communicates in.
pub(super) fn select_of(go: &GoFile, node: NodeId) -> Option<NodeId> {
    let case = go.nodes[node as usize].parent?;
    (matches!(go.kind(case), Kind::SelectCase { .. }) && node == case + 1).then(|| go.nodes[case as usize].parent)?
}

/// The cases of a select, without `default`.
pub(super) fn cases(go: &GoFile, select: NodeId) -> impl Iterator<Item = NodeId> {
    go.within(select).filter(move |at| {
        go.nodes[*at as usize].parent == Some(select) && matches!(go.kind(*at), Kind::SelectCase { default: false })
    })
}

/// Whether a select has a `default`, so that it never waits.
pub(super) fn has_default(go: &GoFile, select: NodeId) -> bool {
    go.within(select).any(|at| {
        go.nodes[at as usize].parent == Some(select) && matches!(go.kind(at), Kind::SelectCase { default: true })
    })
}

/// Whether a node is under `defer`, itself or within a literal that is deferred.
pub(super) fn is_deferred(go: &GoFile, node: NodeId) -> bool {
    go.around(node)
        .skip(1)
        .take_while(|at| !matches!(go.kind(*at), Kind::Function { .. } | Kind::Go))
        .any(|at| matches!(go.kind(at), Kind::Defer))
}

/// Whether a node leaves its function or its goroutine: a return, a panic, an exit of the test, the goroutine or the process.
pub(super) fn leaves_function(package: &Package, spot: Spot) -> bool {
    match package.kind(spot) {
        Kind::Return { .. } => true,
        Kind::Call { callee, .. } => {
            let name = match callee {
                Expression::Name(name) | Expression::Field(_, name) => name.as_str(),
                _ => return false,
            };
            let fatal = matches!(
                name,
                "panic"
                    | "Fatal"
                    | "Fatalf"
                    | "Fatalln"
                    | "FailNow"
                    | "Skip"
                    | "Skipf"
                    | "SkipNow"
                    | "Goexit"
                    | "Panicf"
                    | "Panic"
            );
            fatal && !matches!(package.callee(spot), Callee::Own(_)) && !in_literal_call(package, spot)
        }
        _ => false,
    }
}

/// Nobody returns from the function because a deferred literal panics.
fn in_literal_call(package: &Package, spot: Spot) -> bool {
    is_deferred(package.go(spot), spot.node)
}

/// The first node within a loop that leaves it before its time, in source order: `return`, `break`, `goto`, a panic.
pub(super) fn leaves_loop(package: &Package, at: Spot) -> Option<Spot> {
    let go = package.go(at);
    let function = go.function_of(at.node)?;
    go.within(at.node).map(|node| Spot { file: at.file, node }).find(|spot| {
        if go.function_of(spot.node) != Some(function) {
            return false;
        }
        match package.kind(*spot) {
            Kind::Break { label: Some(label) } => {
                // A label outside the loop, or the loop's own.
                go.around(at.node).skip(1).any(|outer| matches!(go.kind(outer), Kind::Label { name } if name == label))
            }
            Kind::Break { label: None } => breaks_of(go, spot.node) == Some(at.node),
            Kind::Goto => true,
            _ => leaves_function(package, *spot),
        }
    })
}

/// The loop, switch or select that a `break` without a label ends.
fn breaks_of(go: &GoFile, node: NodeId) -> Option<NodeId> {
    go.around(node).skip(1).find(|at| matches!(go.kind(*at), Kind::For { .. } | Kind::Switch | Kind::Select))
}

/// Whether a case of a select leads out of the loop around it, or out of the function.
pub(super) fn case_leaves(package: &Package, case: Spot) -> bool {
    let go = package.go(case);
    let around = loop_around(go, case.node);
    let function = go.function_of(case.node);
    go.within(case.node).any(|node| {
        let spot = Spot { file: case.file, node };
        if go.function_of(node) != function {
            return false;
        }
        match package.kind(spot) {
            Kind::Break { label: Some(label) } => {
                let outer = around.unwrap_or(case.node);
                go.around(outer).skip(1).any(|at| matches!(go.kind(at), Kind::Label { name } if name == label))
            }
            Kind::Break { label: None } => breaks_of(go, node).is_some() && breaks_of(go, node) == around,
            Kind::Goto => true,
            _ => leaves_function(package, spot),
        }
    })
}

/// A loop without an end of its own: `for {`, or one over a channel.
pub(super) fn is_endless(go: &GoFile, node: NodeId) -> bool {
    matches!(go.kind(node), Kind::For { over: Loop::Endless })
}

/// The head of a loop, as written.
pub(super) fn loop_head(go: &GoFile, node: NodeId) -> String {
    let text = go.text_of(node);
    before_body(text).chars().take(HEAD).collect()
}

/// A loop's text until its body, which may stand in the same line, or a comment.
pub(super) fn before_body(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.split(" {").next().unwrap_or(line).trim_end().trim_end_matches('{').trim_end()
}

/// Characters of a loop's head that are told.
const HEAD: usize = 80;

//! What is done under a lock, and which locks are held at a line.

use super::alias::{self, Name};
use super::examine::Examiner;
use super::facts::{Blocking, Exit, HeldLock, LockFacts, Section};
use super::flow;
use super::go::{Expression, Kind, Loop, NodeId, Type};
use super::package::{Callee, Package, Spot};
use super::site;
use super::uses::{What, method_of};

/// Functions that call functions that…: how deep a wait is looked for.
const CALLS: usize = 3;
/// Places where one lock is taken that are looked at.
const SECTIONS: usize = 50;
/// Statements under one lock that are looked at.
const UNDER: usize = 2_000;
/// Locks that one frame is said to hold.
const HELD: usize = 4;

/// A call of a lock's method.
#[derive(Clone)]
pub(super) struct LockCall {
    pub spot: Spot,
    pub of: Option<Name>,
    /// The lock as written: `s.mu`.
    pub text: String,
    pub method: String,
}

impl LockCall {
    /// `RLock` and `RUnlock`.
    pub(super) fn read(&self) -> bool {
        self.method.starts_with('R')
    }

    fn is_lock(&self) -> bool {
        matches!(self.method.as_str(), "Lock" | "RLock")
    }

    fn is_unlock(&self) -> bool {
        matches!(self.method.as_str(), "Unlock" | "RUnlock")
    }
}

/// A node as a call of a lock's method.
pub(super) fn lock_call(package: &Package, spot: Spot) -> Option<LockCall> {
    let Kind::Call { callee, arguments } = package.kind(spot) else { return None };
    let Expression::Field(base, method) = callee else { return None };
    if !matches!(method.as_str(), "Lock" | "RLock" | "Unlock" | "RUnlock") || !arguments.is_empty() {
        return None;
    }
    // A method of the package's own of that name is another matter.
    if let Type::Name(of) = package.type_of(spot.file, base).target()
        && package.function(of, method).is_some()
    {
        return None;
    }
    let text = package.go(spot).text_of(spot.node);
    let text = text.rfind(&format!(".{method}")).map_or(text, |at| &text[..at]).to_owned();
    Some(LockCall { spot, of: method_of(package, spot.file, callee), text, method: method.clone() })
}

impl Examiner<'_> {
    /// What is done under the lock that a call waits for.
    pub(super) fn lock(&self, call: &LockCall) -> LockFacts {
        let uses = call.of.as_ref().map(|of| self.uses_of(of)).unwrap_or_default();
        let calls =
            uses.iter().filter(|one| one.what == What::Method).filter_map(|one| lock_call(self.package, one.spot));
        let sections = calls.filter(LockCall::is_lock).take(SECTIONS).filter_map(|call| self.section(&call)).collect();
        let unlocks =
            uses.iter().filter_map(|one| lock_call(self.package, one.spot)).filter(LockCall::is_unlock).count();
        LockFacts { unlocks, key: key(call), name: call.text.clone(), read: call.read(), sections }
    }

    /// From a lock to its unlock in the same function.
    fn section(&self, lock: &LockCall) -> Option<Section> {
        let go = self.package.go(lock.spot);
        let function = go.function_of(lock.spot.node)?;
        // To lock under defer is to give back a lock that the caller had.
        if flow::is_deferred(go, lock.spot.node) {
            return None;
        }
        let spot = |node: NodeId| alias::beside(lock.spot, node);
        self.spend((go.nodes[function as usize].next - function) as usize);
        let unlocks: Vec<NodeId> = go
            .within(function)
            .filter(|node| *node > lock.spot.node)
            .filter(|node| {
                lock_call(self.package, spot(*node))
                    .is_some_and(|call| call.is_unlock() && call.read() == lock.read() && call.text == lock.text)
            })
            .collect();
        // Deferred on every way that locks.
        let deferred = unlocks.iter().any(|node| {
            flow::is_deferred(go, *node)
                && frees(self.package, lock.spot, deferring(go, spot(*node)), go.nodes[function as usize].next)
        });
        let own_unlocks: Vec<NodeId> = unlocks
            .iter()
            .copied()
            .filter(|node| go.function_of(*node) == Some(function) && !flow::is_deferred(go, *node))
            .collect();
        let end = match (deferred, own_unlocks.last()) {
            (false, Some(last)) => *last,
            _ => go.nodes[function as usize].next,
        };
        let last_line = go.nodes.get(end as usize).filter(|_| !deferred && !own_unlocks.is_empty());
        let last_line = last_line.map_or(go.nodes[function as usize].last_line, |node| node.line);
        let under: Vec<NodeId> =
            go.own(function).filter(|node| *node > lock.spot.node && *node < end).take(UNDER).collect();
        let free = |node: NodeId| {
            own_unlocks.iter().any(|unlock| *unlock < node && frees(self.package, lock.spot, spot(*unlock), node))
        };
        // A literal that unlocks may be returned, or run elsewhere.
        let given_on =
            unlocks.iter().any(|node| go.function_of(*node) != Some(function) && !flow::is_deferred(go, *node));
        let returns = |node: &NodeId| matches!(go.kind(*node), Kind::Return { .. });
        // Leaves on every way that has locked: nothing behind it is under the lock.
        let left = under.iter().copied().find(|node| {
            flow::leaves_function(self.package, spot(*node)) && is_on_the_way(self.package, spot(*node), lock.spot.node)
        });
        let comes_to = |node: &NodeId| {
            !free(*node)
                && left.is_none_or(|left| *node <= left)
                && !flow::exclude_each_other(go, lock.spot.node, *node)
        };
        let exit = under.iter().copied().filter(returns).find(comes_to);
        let locked: Vec<Spot> = under.iter().copied().filter(comes_to).map(spot).collect();
        Some(Section {
            function: self.function_name(lock.spot),
            place: self.place(lock.spot),
            read: lock.read(),
            last_line: u64::from(last_line),
            deferred,
            exit: exit.filter(|_| !deferred && !own_unlocks.is_empty() && !given_on).map(|node| self.exit(spot(node))),
            no_unlock: unlocks.is_empty(),
            blocks: locked.iter().find_map(|spot| self.blocks(*spot)),
            again: locked.iter().find_map(|spot| self.again(*spot, lock)),
            takes: locked.iter().find_map(|spot| self.takes(*spot, lock)),
            recovered: self.recovers(spot(function)).filter(|_| !deferred && !given_on).map(|spot| self.place(spot)),
            may_panic: locked.iter().find(|spot| !deferred && self.may_panic(**spot)).map(|spot| self.place(*spot)),
        })
    }

    /// Another lock that is taken under a lock.
    fn takes(&self, spot: Spot, lock: &LockCall) -> Option<(String, super::SourcePlace)> {
        let call = lock_call(self.package, spot)?;
        (call.is_lock() && call.text != lock.text).then(|| (key(&call), self.place(spot)))
    }

    /// The lock is taken again under itself: in the function, or in a method that it calls of the same value.
    fn again(&self, spot: Spot, lock: &LockCall) -> Option<super::SourcePlace> {
        if let Some(call) = lock_call(self.package, spot) {
            return (call.is_lock() && call.text == lock.text).then(|| self.place(spot));
        }
        let owner = lock.text.rsplit_once('.')?.0;
        let Callee::Own(function) = self.package.callee(spot) else { return None };
        let text = self.package.go(spot).text_of(spot.node);
        if is_spawned(self.package, spot) || !text.strip_prefix(owner).is_some_and(|rest| rest.starts_with('.')) {
            return None;
        }
        let own = self.package.go(function).own(function.node).map(|node| alias::beside(function, node));
        // Of the method's own value, and not given back before.
        let receiver = match self.package.kind(function) {
            Kind::Function { receiver: Some((Some(id), _)), .. } => {
                &self.package.go(function).variables[*id as usize].name
            }
            _ => return None,
        };
        let wanted = format!("{receiver}{}", lock.text.strip_prefix(owner)?);
        let mut calls = own.filter_map(|spot| lock_call(self.package, spot));
        let first = calls.find(|call| call.of.is_some() && call.of == lock.of && call.text == wanted)?;
        first.is_lock().then(|| self.place(first.spot))
    }

    /// Whether a node is of those that panic when a value isn't what was thought: an index, a key, code of the package's own.
    fn may_panic(&self, spot: Spot) -> bool {
        match self.package.kind(spot) {
            Kind::Element => true,
            Kind::Call { .. } => match self.package.callee(spot) {
                Callee::Own(_) | Callee::Unknown(_) => true,
                Callee::BuiltIn(name) => name == "panic",
                _ => false,
            },
            _ => false,
        }
    }

    /// A node that may wait for long, itself or in what it calls.
    fn blocks(&self, spot: Spot) -> Option<Blocking> {
        let channel = self.waits(spot, 0)?;
        let text = self.package.go(spot).text_of(spot.node).lines().next().unwrap_or_default().trim().to_owned();
        Some(Blocking { place: self.place(spot), text, channel })
    }

    /// The locks that are held at a line of a function, which waits for `wanted` if that is a lock.
    pub(super) fn held_at(&self, file: usize, line: u32, wanted: Option<&LockCall>, site: bool) -> Vec<HeldLock> {
        let Some(function) = site::function_at(self.package, file, line) else { return Vec::new() };
        let go = self.package.go(function);
        let spot = |node: NodeId| alias::beside(function, node);
        let before = go.own(function.node).filter(|node| go.line(*node) <= line);
        let calls: Vec<LockCall> = before.filter_map(|node| lock_call(self.package, spot(node))).collect();
        let at =
            go.own(function.node).find(|node| go.line(*node) >= line).unwrap_or(go.nodes[function.node as usize].next);
        let mut held = Vec::new();
        self.spend((go.nodes[function.node as usize].next - function.node) as usize);
        // The latest are those that count.
        for lock in calls.iter().rev().filter(|call| call.is_lock()) {
            if held.len() >= HELD {
                break;
            }
            self.spend(calls.len());
            let is_wanted_itself = site && wanted.is_some_and(|wanted| wanted.spot == lock.spot);
            let freed = calls.iter().any(|call| {
                call.is_unlock()
                    && call.text == lock.text
                    && call.spot.node > lock.spot.node
                    && !flow::is_deferred(go, call.spot.node)
                    && frees(self.package, lock.spot, call.spot, at)
            });
            if is_wanted_itself || freed || flow::is_deferred(go, lock.spot.node) || go.line(lock.spot.node) >= line {
                continue;
            }
            if is_on_the_way(self.package, lock.spot, at) {
                held.push(self.held_lock(lock, wanted, site));
            }
        }
        held.reverse();
        held
    }

    /// Whether two locks of one type are of two parameters of a function: callers may pass them the other way round.
    fn interchangeable(&self, one: &LockCall, other: &LockCall) -> bool {
        let parameter = |call: &LockCall| {
            let Kind::Call { callee: Expression::Field(lock, _), .. } = self.package.kind(call.spot) else {
                return None;
            };
            let base = match lock.as_ref() {
                Expression::Field(base, _) => base.as_ref(),
                whole => whole,
            };
            let Expression::Variable(id) = base else { return None };
            let go = self.package.go(call.spot);
            let function = go.declaration_of(call.spot.node)?;
            let Kind::Function { receiver, signature, .. } = go.kind(function) else { return None };
            let receiver = receiver.as_ref().and_then(|(id, _)| *id);
            let mut parameters = signature.parameters.iter().filter_map(|(id, _)| *id).chain(receiver);
            parameters.any(|known| known == *id).then_some((function, *id))
        };
        match (parameter(one), parameter(other)) {
            (Some((a, one)), Some((b, other))) => a == b && one != other,
            _ => false,
        }
    }

    /// A function that recovers, and through calls comes to another.
    fn recovers(&self, function: Spot) -> Option<Spot> {
        let recover = |spot: &Spot| {
            let is_call = matches!(self.package.kind(*spot), Kind::Call { callee: Expression::Name(name), .. } if name == "recover");
            is_call && flow::is_deferred(self.package.go(*spot), spot.node)
        };
        self.package.spots().filter(recover).find(|spot| {
            let start = self.package.go(*spot).declaration_of(spot.node).map(|node| Spot { node, ..*spot });
            start.is_some_and(|start| start == function || self.reaches(start, function, 0))
        })
    }

    fn reaches(&self, from: Spot, to: Spot, calls: usize) -> bool {
        let go = self.package.go(from);
        calls < CALLS
            && go.own(from.node).map(|node| alias::beside(from, node)).any(|spot| {
                matches!(self.package.kind(spot), Kind::Call { .. })
                    && match self.package.callee(spot) {
                        Callee::Own(callee) => callee == to || self.reaches(callee, to, calls + 1),
                        _ => false,
                    }
            })
    }

    fn held_lock(&self, lock: &LockCall, wanted: Option<&LockCall>, same_function: bool) -> HeldLock {
        let same_name = wanted.is_some_and(|wanted| match (&lock.of, &wanted.of) {
            (Some(a), Some(b)) => self.aliases.are_same(a, b),
            _ => false,
        });
        // In one function two values of one type have two names; across functions the receiver's name says nothing.
        let same = same_name && (!same_function || wanted.is_some_and(|wanted| wanted.text == lock.text));
        let others = lock.of.as_ref().map(|of| self.uses_of(of)).unwrap_or_default();
        let function = |spot: Spot| (spot.file, self.package.go(spot).declaration_of(spot.node));
        let others = others.iter().filter_map(|one| lock_call(self.package, one.spot));
        let shared: Vec<Spot> = others
            .filter(|call| call.is_lock() && function(call.spot) != function(lock.spot))
            .map(|call| call.spot)
            .collect();
        HeldLock {
            name: lock.text.clone(),
            key: key(lock),
            place: self.place(lock.spot),
            function: self.function_name(lock.spot),
            read: lock.read(),
            same,
            same_field: same_name && !same && wanted.is_some_and(|wanted| self.interchangeable(lock, wanted)),
            shared_with: shared.first().map(|spot| self.place(*spot)),
            shared_in: shared.iter().map(|spot| self.function_name(*spot)).collect(),
        }
    }
}

/// The `defer` that a node stands under.
fn deferring(go: &super::go::GoFile, spot: Spot) -> Spot {
    let defer = go.around(spot.node).find(|at| matches!(go.kind(*at), Kind::Defer));
    alias::beside(spot, defer.unwrap_or(spot.node))
}

/// What tells locks apart wherever they are written: the type and the field, or the variable of the package; else nothing.
fn key(call: &LockCall) -> String {
    match &call.of {
        Some(Name::Field(of, field)) => format!("{of}.{field}"),
        Some(Name::Global(name)) => name.clone(),
        _ => String::new(),
    }
}

/// Whether control that comes from a lock to a node has passed an unlock: that one lies in no branch that the node is outside
/// of, or in none that the lock is outside of.
fn frees(package: &Package, lock: Spot, unlock: Spot, node: NodeId) -> bool {
    is_on_the_way(package, unlock, node) || is_on_the_way(package, unlock, lock.node)
}

/// Whether control that comes to a node has passed another: that one lies in no branch that the node is outside of.
pub(super) fn is_on_the_way(package: &Package, passed: Spot, node: NodeId) -> bool {
    let go = package.go(passed);
    let branch = go.around(passed.node).skip(1).find(|at| flow::is_branch(go.kind(*at)) || go.kind(*at).is_function());
    branch.is_some_and(|branch| (branch..go.nodes[branch as usize].next).contains(&node))
}

impl Examiner<'_> {
    /// Whether a node may wait for long, and whether for a channel.
    fn waits(&self, spot: Spot, calls: usize) -> Option<bool> {
        let package = self.package;
        let go = package.go(spot);
        let never = || flow::select_of(go, spot.node).is_some_and(|select| flow::has_default(go, select));
        match package.kind(spot) {
            Kind::Send { channel, .. } => (!never() && self.is_unbuffered(spot.file, channel)).then_some(true),
            Kind::Receive { .. } => (!never()).then_some(true),
            Kind::For { over: Loop::Range(over, _) } => {
                let of = package.underlying(package.type_of(spot.file, over));
                matches!(of, Type::Channel(_)).then_some(true)
            }
            Kind::Call { .. } => match package.callee(spot) {
                Callee::Function(path, name) => is_slow(&path, &name).then_some(false),
                Callee::Method(of_package, of, name) => is_slow_method(&of_package, &of, &name).then_some(false),
                Callee::Own(function) if calls < CALLS && !is_spawned(package, spot) => {
                    let own = package.go(function);
                    own.own(function.node).find_map(|node| self.waits(alias::beside(function, node), calls + 1))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a channel is known, and has no buffer wherever it is made: one with a buffer mostly has room.
    fn is_unbuffered(&self, file: usize, channel: &Expression) -> bool {
        let Some(of) = alias::name(self.package, file, channel) else { return false };
        let uses = self.uses_of(&of);
        let mut makes = uses.iter().filter(|one| one.what == What::Make).map(|one| self.package.kind(one.spot));
        let unbuffered = |kind: &Kind| matches!(kind, Kind::MakeChannel { capacity: None });
        makes.next().is_some_and(|first| unbuffered(first) && makes.all(unbuffered))
    }
}

fn is_spawned(package: &Package, call: Spot) -> bool {
    let go = package.go(call);
    go.nodes[call.node as usize].parent.is_some_and(|parent| matches!(go.kind(parent), Kind::Go | Kind::Defer))
}

/// Functions of the standard library that wait for a clock, a peer or a process.
fn is_slow(path: &str, name: &str) -> bool {
    match path {
        "time" => name == "Sleep",
        "net/http" => matches!(name, "Get" | "Head" | "Post" | "PostForm"),
        "net" => name.starts_with("Dial") || name.starts_with("Lookup"),
        "io" => matches!(name, "ReadAll" | "Copy" | "CopyN" | "ReadFull"),
        _ => false,
    }
}

/// Methods that do.
fn is_slow_method(package: &str, of: &str, name: &str) -> bool {
    match (package, of) {
        ("http", "Client") => matches!(name, "Do" | "Get" | "Head" | "Post" | "PostForm"),
        ("sql", "DB" | "Tx" | "Conn" | "Stmt") => {
            ["Query", "Exec", "Begin", "Ping", "Prepare", "Commit"].iter().any(|start| name.starts_with(start))
        }
        ("exec", "Cmd") => matches!(name, "Run" | "Wait" | "Output" | "CombinedOutput"),
        ("net", "Conn" | "TCPConn" | "UnixConn") => matches!(name, "Read" | "Write"),
        ("sync", "WaitGroup") => name == "Wait",
        _ => false,
    }
}

/// What a lock's section leaves by.
impl Examiner<'_> {
    /// A statement that leaves, as written.
    pub(super) fn exit(&self, spot: Spot) -> Exit {
        let text = self.package.go(spot).text_of(spot.node).lines().next().unwrap_or_default().trim().to_owned();
        Exit { place: self.place(spot), text }
    }
}

//! From a blocked goroutine's frames to what its source tells.

use std::cell::Cell;

use super::SourcePlace;
use super::alias::{Aliases, Meaning, Name, name};
use super::channel::Channel;
use super::facts::{
    CaseFacts, CaseKind, ChannelKind, ConditionFacts, Exit, GroupFacts, HeldLock, LoopFacts, Operation, SelfSpawn,
    SiteFacts, SpawnKind,
};
use super::flow;
use super::go::{Expression, Kind, Loop, NodeId, Type, VariableId};
use super::locks::{LockCall, lock_call};
use super::package::{Callee, Package, Spot};
use super::site;
use super::uses::{Use, Uses, What, method_of};
use crate::model::Wait;

/// Locks that one goroutine is said to hold.
const HELD: usize = 4;

/// A frame of a blocked goroutine that lies in the package.
pub(super) struct PackageFrame<'f> {
    /// The index of its file.
    pub file: usize,
    /// Its line.
    pub line: u32,
    /// Its function, as the profile has it.
    pub function: &'f str,
}

/// A package with what its names mean.
pub(super) struct Examiner<'p> {
    pub package: &'p Package,
    pub aliases: &'p Aliases,
    pub uses: &'p Uses,
    /// What the questions have cost: nodes and uses looked at.
    pub spent: Cell<u64>,
}

/// A blocked goroutine, as far as it lies in one package: the frame that blocks first.
pub(super) struct BlockedAt<'f> {
    pub wait: Wait,
    /// No frame but the runtime's and those of sync and time is inside the first.
    pub blocks_itself: bool,
    pub frames: Vec<PackageFrame<'f>>,
    /// The file and line of the `go` statement, where it lies in the package.
    pub creator: Option<(usize, u32)>,
}

impl Examiner<'_> {
    /// What the source tells; `None` where the first frame's line does no such thing.
    pub(super) fn examine(&self, blocked: &BlockedAt<'_>) -> Option<SiteFacts> {
        let first = blocked.frames.first()?;
        let (spot, operation) = match blocked.blocks_itself {
            true => site::blocking(self.package, first.file, first.line, blocked.wait)?,
            false => (site::function_at(self.package, first.file, first.line)?, Operation::Call),
        };
        let go = self.package.go(spot);
        let channel = match go.kind(spot.node) {
            Kind::Send { channel, .. } | Kind::Receive { channel } => Some(channel),
            Kind::For { over: Loop::Range(over, _) } if operation == Operation::Range => Some(over),
            _ => None,
        };
        let named = channel.and_then(|channel| name(self.package, spot.file, channel));
        let wanted = lock_call(self.package, spot).filter(|_| operation == Operation::Lock);
        let goroutine = self.goroutine(blocked).unwrap_or(spot);
        let statements = self.spawn_statements(goroutine, blocked.creator);
        let of = named.as_ref().map(|named| self.meaning_here(named, &statements));
        let spawns = self.spawns(&statements, of.as_ref());
        let spawners: Vec<Spot> = spawns.iter().map(|(_, function)| *function).collect();
        let about = |channel: &Expression| {
            self.channel(&Channel { spot, expression: channel, of: of.clone(), spawners: &spawners })
        };
        let call_line = Place { file: first.file, line: first.line };
        Some(SiteFacts {
            place: self.place_at(first.file, first.line),
            function: self.function_name(spot),
            operation,
            channel: channel.map(about),
            cases: if operation == Operation::Select { self.cases(spot, &spawners) } else { Vec::new() },
            repeats: self.loop_of(spot),
            condition: flow::condition_around(go, spot.node).map(|node| self.place(Spot { node, ..spot })),
            context: self.context_in_scope(spot),
            sent_before: of.as_ref().and_then(|of| self.sent_before(spot, of)),
            kept: of.as_ref().and_then(|of| self.kept(spot, of)),
            takes_back: of.as_ref().is_some_and(|of| self.taken_back(spot, of).next().is_some()),
            spawns: spawns.into_iter().map(|(facts, _)| facts).collect(),
            held: self.held(blocked, wanted.as_ref()),
            lock: wanted.as_ref().map(|call| self.lock(call)),
            group: self.group(spot, operation, call_line, &spawners),
            condition_variable: (operation == Operation::Condition).then(|| self.condition_variable(spot)).flatten(),
            spawns_itself: self.spawns_itself(goroutine),
        })
    }

    /// The function that the goroutine was started with, where it lies in the package.
    fn goroutine(&self, blocked: &BlockedAt<'_>) -> Option<Spot> {
        let started = blocked.frames.iter().rev().find(|frame| !frame.function.contains(".gowrap"))?;
        site::function_at(self.package, started.file, started.line)
    }

    /// A node's place.
    pub(super) fn place(&self, spot: Spot) -> SourcePlace {
        self.place_at(spot.file, self.package.go(spot).line(spot.node))
    }

    fn place_at(&self, file: usize, line: u32) -> SourcePlace {
        SourcePlace { file: self.package.files[file].shown.clone(), line: u64::from(line) }
    }

    /// The declared function around a node, as Go writes it.
    pub(super) fn function_name(&self, spot: Spot) -> String {
        let Some(node) = self.package.go(spot).declaration_of(spot.node) else { return String::new() };
        let function = Spot { node, ..spot };
        match self.package.kind(function) {
            Kind::Function { name, receiver: Some((_, Type::Pointer(_))), .. } => {
                format!("(*{}).{name}", self.package.receiver(function))
            }
            Kind::Function { name, receiver: Some(_), .. } => format!("{}.{name}", self.package.receiver(function)),
            Kind::Function { name, .. } => name.clone(),
            _ => String::new(),
        }
    }

    /// What is done with a name, whoever calls.
    pub(super) fn uses_of(&self, of: &Name) -> Vec<Use> {
        self.uses_of_meaning(&self.aliases.meaning(of))
    }

    /// What is done with all that may mean one thing.
    pub(super) fn uses_of_meaning(&self, of: &Meaning) -> Vec<Use> {
        let uses = self.uses.of(of);
        self.spend(uses.len());
        uses
    }

    /// Notes that so many nodes were looked at.
    pub(super) fn spend(&self, nodes: usize) {
        self.spent.set(self.spent.get() + nodes as u64);
    }

    /// What a name means to the goroutine that one statement started: a parameter means what is passed there.
    fn meaning_here(&self, named: &Name, statements: &[(Spot, SpawnKind)]) -> Meaning {
        let argument = match (named, statements) {
            (Name::Variable(file, id), [(statement, SpawnKind::Go)]) => self.argument(*statement, *file, *id),
            _ => None,
        };
        match argument {
            Some(argument) => self.aliases.meaning_in_call(named, &argument),
            None => self.aliases.meaning(named),
        }
    }

    /// What a `go` statement passes for a parameter of the function that it starts.
    fn argument(&self, statement: Spot, file: usize, parameter: VariableId) -> Option<Name> {
        let call = Spot { node: statement.node + 1, ..statement };
        let Some(Kind::Call { arguments, .. }) =
            self.package.go(call).nodes.get(call.node as usize).map(|node| &node.kind)
        else {
            return None;
        };
        let Callee::Own(function) = self.package.callee(call) else { return None };
        let signature = self.package.kind(function).signature().filter(|_| function.file == file)?;
        let at = signature.parameters.iter().position(|(id, _)| *id == Some(parameter))?;
        name(self.package, call.file, arguments.get(at)?)
    }

    /// The loop around a node in its function.
    pub(super) fn loop_of(&self, spot: Spot) -> Option<LoopFacts> {
        let node = flow::loop_around(self.package.go(spot), spot.node)?;
        Some(self.loop_facts(Spot { node, ..spot }))
    }

    /// What is known of a loop.
    pub(super) fn loop_facts(&self, spot: Spot) -> LoopFacts {
        let go = self.package.go(spot);
        let over = match go.kind(spot.node) {
            Kind::For { over: Loop::Range(..) } => {
                let head = flow::loop_head(go, spot.node);
                head.split_once("range ").map(|(_, over)| over.to_owned())
            }
            _ => None,
        };
        LoopFacts {
            place: self.place(spot),
            text: flow::loop_head(go, spot.node),
            endless: flow::is_endless(go, spot.node),
            over,
            exit: flow::leaves_loop(self.package, spot).map(|spot| self.exit(spot)),
        }
    }

    fn cases(&self, select: Spot, spawners: &[Spot]) -> Vec<CaseFacts> {
        let go = self.package.go(select);
        flow::cases(go, select.node)
            .map(|node| {
                let case = Spot { node, ..select };
                let communication = Spot { node: node + 1, ..select };
                let channel = match go.nodes.get(node as usize + 1).map(|node| &node.kind) {
                    Some(Kind::Send { channel, .. } | Kind::Receive { channel }) => Some(channel),
                    _ => None,
                };
                let expression = channel;
                let channel = channel.map(|expression| {
                    let of = name(self.package, select.file, expression).map(|of| self.aliases.meaning(&of));
                    self.channel(&Channel { spot: communication, expression, of, spawners })
                });
                CaseFacts {
                    timer_each_time: matches!(expression, Some(Expression::Call(_)))
                        && self.case_kind(case) == CaseKind::Timer,
                    place: self.place(case),
                    kind: self.case_kind(case),
                    channel,
                    leaves: flow::case_leaves(self.package, case),
                }
            })
            .collect()
    }

    /// What a case waits for.
    pub(super) fn case_kind(&self, case: Spot) -> CaseKind {
        match self.package.go(case).nodes.get(case.node as usize + 1).map(|node| &node.kind) {
            Some(Kind::Send { .. }) => CaseKind::Send,
            Some(Kind::Receive { channel }) => match self.channel_kind(case.file, channel) {
                ChannelKind::Done(_) => CaseKind::Done,
                ChannelKind::Timer => CaseKind::Timer,
                ChannelKind::Ticker => CaseKind::Ticker,
                ChannelKind::Plain => CaseKind::Receive,
            },
            _ => CaseKind::Receive,
        }
    }

    /// An earlier send to the same channel in the same function, from which control goes on to this one.
    fn sent_before(&self, spot: Spot, of: &Meaning) -> Option<SourcePlace> {
        let go = self.package.go(spot);
        let function = go.function_of(spot.node)?;
        let same_loop = flow::loop_around(go, spot.node);
        let earlier = self.uses_of_meaning(of).into_iter().filter(|one| {
            let node = one.spot.node;
            one.what == What::Send
                && one.spot.file == spot.file
                && node < spot.node
                && go.function_of(node) == Some(function)
                && flow::loop_around(go, node) == same_loop
                && flow::select_of(go, node).is_none()
        });
        let goes_on = |node: NodeId| {
            // The outermost branch around it that this send lies outside of.
            let branches = go.around(node).skip(1).take_while(|at| spot.node >= go.nodes[*at as usize].next);
            let branch = branches.filter(|at| flow::is_branch(go.kind(*at))).last();
            let leaves = |branch: NodeId| {
                go.within(branch).any(|at| {
                    let here = Spot { node: at, ..spot };
                    go.function_of(at) == Some(function) && flow::leaves_function(self.package, here)
                })
            };
            !flow::exclude_each_other(go, node, spot.node) && !branch.is_some_and(leaves)
        };
        earlier.filter(|one| goes_on(one.spot.node)).map(|one| self.place(one.spot)).next()
    }

    /// Receives by which a function takes back what it sent: a channel that counts.
    fn taken_back(&self, spot: Spot, of: &Meaning) -> impl Iterator<Item = Spot> {
        let go = self.package.go(spot);
        let function = go.function_of(spot.node);
        let own_literal = move |node: NodeId| go.function_of(node) == function || flow::is_deferred(go, node);
        let declaration = go.declaration_of(spot.node);
        // Who receives first and sends afterwards gives back: the channel holds a value in turn, as a lock does.
        let uses = self.uses_of_meaning(of);
        let gives_back = uses.iter().any(|one| {
            one.what == What::Receive
                && one.spot.file == spot.file
                && one.spot.node < spot.node
                && go.function_of(one.spot.node) == function
        });
        let is_send = matches!(go.kind(spot.node), Kind::Send { .. }) && !gives_back;
        uses.into_iter()
            .map(|one| (one.spot, one.what))
            .filter(move |(one, what)| {
                is_send
                    && *what == What::Receive
                    && one.file == spot.file
                    && one.node > spot.node
                    && go.declaration_of(one.node) == declaration
                    && own_literal(one.node)
            })
            .map(|(one, _)| one)
    }

    /// A way out of the function between a send and the receive that takes the value back.
    fn kept(&self, spot: Spot, of: &Meaning) -> Option<Exit> {
        let go = self.package.go(spot);
        let function = go.function_of(spot.node)?;
        let backs: Vec<NodeId> = self.taken_back(spot, of).map(|one| one.node).collect();
        let last = backs.iter().copied().max()?;
        if backs.iter().any(|node| flow::is_deferred(go, *node)) {
            return None;
        }
        let beside = |node: NodeId| Spot { node, ..spot };
        let leaves = go.own(function).filter(|node| *node > spot.node && *node < last).find(|node| {
            let free =
                backs.iter().any(|back| back < node && super::locks::is_on_the_way(self.package, beside(*back), *node));
            flow::leaves_function(self.package, beside(*node)) && !free
        });
        leaves.map(|node| self.exit(beside(node)))
    }

    fn held(&self, blocked: &BlockedAt<'_>, wanted: Option<&LockCall>) -> Vec<HeldLock> {
        let frames = blocked.frames.iter().enumerate();
        let held = frames.flat_map(|(i, frame)| self.held_at(frame.file, frame.line, wanted, i == 0));
        held.take(HELD).collect()
    }

    /// The WaitGroup or errgroup that is waited for.
    fn group(&self, spot: Spot, operation: Operation, at: Place, spawners: &[Spot]) -> Option<GroupFacts> {
        let call = match operation {
            Operation::WaitGroup => spot,
            Operation::Call => self.call_of(at, "Wait")?,
            _ => return None,
        };
        let Kind::Call { callee, .. } = self.package.kind(call) else { return None };
        let of = method_of(self.package, call.file, callee)?;
        let text = self.package.go(call).text_of(call.node);
        let text = text.rfind(".Wait").map_or(text, |at| &text[..at]).to_owned();
        let errgroup = self.errgroup(call.file, callee);
        if operation == Operation::Call && errgroup.is_none() {
            return None;
        }
        let methods = |wanted: &str| -> Vec<Spot> {
            let uses = self.uses_of(&of).into_iter().filter(|one| one.what == What::Method);
            uses.map(|one| one.spot).filter(|spot| self.package.callee(*spot).name() == Some(wanted)).collect()
        };
        let uses =
            |spots: Vec<Spot>| spots.into_iter().map(|one| self.use_facts(one, spot, spawners)).collect::<Vec<_>>();
        let inside = methods("Add").into_iter().find(|add| {
            let go = self.package.go(*add);
            go.function_of(add.node).and_then(|function| go.nodes[function as usize].parent).is_some_and(|call| {
                go.nodes[call as usize].parent.is_some_and(|parent| matches!(go.kind(parent), Kind::Go))
            })
        });
        Some(GroupFacts {
            name: text,
            adds: uses(methods("Add")),
            dones: uses(methods("Done")),
            added_inside: inside.map(|spot| self.place(spot)),
            errgroup,
        })
    }

    /// Whether a method's receiver is an errgroup, and whether that one cancels the others when one fails.
    pub(super) fn errgroup(&self, file: usize, callee: &Expression) -> Option<bool> {
        let Expression::Field(base, _) = callee else { return None };
        let of = self.package.type_of(file, base);
        let Type::Qualified(package, group) = of.target() else { return None };
        if package != "errgroup" || group != "Group" {
            return None;
        }
        let names = self.names_of(file, base);
        Some(names.iter().any(|name| match name {
            Name::Made(spot) => {
                matches!(self.package.callee(*spot), Callee::Function(_, function) if function == "WithContext")
            }
            _ => false,
        }))
    }

    /// All names of an expression, whoever calls.
    pub(super) fn names_of(&self, file: usize, expression: &Expression) -> Vec<Name> {
        let named = name(self.package, file, expression);
        named.map(|of| self.aliases.names_of(&self.aliases.meaning(&of))).unwrap_or_default()
    }

    /// A call of a method in a line.
    fn call_of(&self, at: Place, method: &str) -> Option<Spot> {
        let go = &self.package.files[at.file].go;
        let is_call = |node: &NodeId| matches!(go.kind(*node), Kind::Call { callee: Expression::Field(_, name), .. } if name == method);
        go.covering(at.line).find(is_call).map(|node| Spot { file: at.file, node })
    }

    fn condition_variable(&self, spot: Spot) -> Option<ConditionFacts> {
        let Kind::Call { callee, .. } = self.package.kind(spot) else { return None };
        let of = method_of(self.package, spot.file, callee)?;
        let text = self.package.go(spot).text_of(spot.node);
        let signals = self
            .uses_of(&of)
            .into_iter()
            .filter(|one| one.what == What::Method)
            .filter(|one| matches!(self.package.callee(one.spot).name(), Some("Signal" | "Broadcast")));
        Some(ConditionFacts {
            name: text.rfind(".Wait").map_or(text, |at| &text[..at]).to_owned(),
            in_loop: flow::loop_around(self.package.go(spot), spot.node).is_some(),
            signals: signals.map(|one| self.place(one.spot)).collect(),
        })
    }

    /// Where the goroutine's function starts another of itself.
    fn spawns_itself(&self, goroutine: Spot) -> Option<SelfSpawn> {
        let go = self.package.go(goroutine);
        let function = go.declaration_of(goroutine.node)?;
        let function = Spot { node: function, ..goroutine };
        let spots = || go.within(function.node).map(|node| Spot { node, ..goroutine });
        let again = spots().find(|spot| {
            matches!(go.kind(spot.node), Kind::Go)
                && self.package.callee(Spot { node: spot.node + 1, ..*spot }) == Callee::Own(function)
        })?;
        let sleep = spots().find(|spot| match self.package.callee(*spot) {
            Callee::Function(path, name) => path == "time" && matches!(name.as_str(), "Sleep" | "After" | "NewTimer"),
            _ => false,
        });
        Some(SelfSpawn { place: self.place(again), after_sleep: sleep.map(|spot| self.place(spot)) })
    }

    /// How a literal that is an argument of a call is run.
    pub(super) fn passed_to(&self, call: Spot) -> SpawnKind {
        let Kind::Call { callee, .. } = self.package.kind(call) else { return SpawnKind::Go };
        match self.errgroup(call.file, callee) {
            Some(with_context) => SpawnKind::ErrGroup { with_context },
            None => SpawnKind::Passed(site::called(callee).unwrap_or_default().to_owned()),
        }
    }
}

/// A line of a file.
#[derive(Clone, Copy)]
struct Place {
    file: usize,
    line: u32,
}

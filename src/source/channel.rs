//! What is known of a channel.

use super::SourcePlace;
use super::alias::{Meaning, Name, origin};
use super::examine::Examiner;
use super::facts::{ChannelFacts, ChannelKind, ContextFacts, MakeFacts, UseFacts};
use super::flow;
use super::go::{Expression, Kind, NodeId, Origin, Type, VariableId};
use super::package::{Callee, Spot};
use super::uses::{Use, What};

/// Uses of one channel that are told.
const USES: usize = 100;

/// A channel at a place.
pub(super) struct Channel<'c> {
    /// Where it is used.
    pub spot: Spot,
    /// What is used.
    pub expression: &'c Expression,
    /// What that means there.
    pub of: Option<Meaning>,
    /// The functions with the `go` statements.
    pub spawners: &'c [Spot],
}

impl Examiner<'_> {
    /// What is known of it in its package.
    pub(super) fn channel(&self, channel: &Channel<'_>) -> ChannelFacts {
        let file = channel.spot.file;
        let of = channel.of.as_ref();
        let uses = of.map(|of| self.uses_of_meaning(of)).unwrap_or_default();
        let facts = |wanted: &[What]| -> Vec<UseFacts> {
            let uses = uses.iter().filter(|one| wanted.contains(&one.what)).take(USES);
            uses.map(|one| self.use_facts(one.spot, channel.spot, channel.spawners)).collect()
        };
        let makes = uses.iter().filter(|one| one.what == What::Make).map(|one| self.make(one)).collect();
        let names = of.map(|of| self.aliases.names_of(of)).unwrap_or_default();
        let escapes = uses.iter().find(|one| one.what == What::Escape).map(|one| self.place(one.spot));
        ChannelFacts {
            name: self.text_of_channel(channel),
            kind: self.channel_kind(file, channel.expression),
            makes,
            sends: facts(&[What::Send]),
            receives: facts(&[What::Receive, What::Range]),
            closes: facts(&[What::Close]),
            never_set: matches!(names.as_slice(), [Name::Field(_, field)] if !super::uses::is_exported(field)),
            escapes: escapes.or_else(|| self.exported(&names)),
            field: names.iter().find_map(|name| match name {
                Name::Field(of, field) => Some((of.clone(), field.clone())),
                _ => None,
            }),
        }
    }

    fn text_of_channel(&self, channel: &Channel<'_>) -> String {
        let go = self.package.go(channel.spot);
        let text = go.text_of(channel.spot.node);
        let text = match go.kind(channel.spot.node) {
            Kind::Send { .. } => text.split("<-").next().unwrap_or(text),
            Kind::Receive { .. } => text.trim_start_matches("<-"),
            Kind::For { .. } => {
                let head = flow::before_body(text);
                head.split_once("range ").map_or(head, |(_, over)| over)
            }
            _ => text,
        };
        text.trim().to_owned()
    }

    fn make(&self, one: &Use) -> MakeFacts {
        let go = self.package.go(one.spot);
        let capacity = match go.kind(one.spot.node) {
            Kind::MakeChannel { capacity } => capacity.clone().filter(|capacity| capacity != "0"),
            _ => None,
        };
        MakeFacts { place: self.place(one.spot), text: go.text_of(one.spot.node).to_owned(), capacity }
    }

    /// A use of a channel, or of a WaitGroup, seen from where a goroutine blocks.
    pub(super) fn use_facts(&self, one: Spot, site: Spot, spawners: &[Spot]) -> UseFacts {
        let go = self.package.go(one);
        let function = go.function_of(one.node).map(|node| Spot { node, ..one });
        let blocks_in = self.package.go(site).function_of(site.node).map(|node| Spot { node, ..site });
        let is_range = matches!(go.kind(one.node), Kind::For { .. });
        let select = flow::select_of(go, one.node);
        let own_case = select.and(go.nodes[one.node as usize].parent);
        let beside =
            select.into_iter().flat_map(|select| flow::cases(go, select)).filter(|case| Some(*case) != own_case);
        UseFacts {
            place: self.place(one),
            function: self.function_name(one),
            is_range,
            repeats: if is_range { Some(self.loop_facts(one)) } else { self.loop_of(one) },
            condition: flow::condition_around(go, one.node).map(|node| self.place(Spot { node, ..one })),
            beside: beside.map(|node| self.case_kind(Spot { node, ..one })).collect(),
            never_waits: select.is_some_and(|select| flow::has_default(go, select)),
            deferred: flow::is_deferred(go, one.node),
            own: function.is_some() && function == blocks_in,
            spawner: function.is_some_and(|function| spawners.contains(&function)),
            skipped_by: self.skipped_by(one),
        }
    }

    /// A way out of the function before a statement that isn't in the branch that leaves.
    fn skipped_by(&self, one: Spot) -> Option<super::Exit> {
        let go = self.package.go(one);
        if flow::is_deferred(go, one.node) {
            return None;
        }
        let function = go.function_of(one.node)?;
        let leaves = go.own(function).take_while(|node| *node < one.node).find(|node| {
            let before = Spot { node: *node, ..one };
            // `return <-ch` is no way around the receive within it.
            flow::leaves_function(self.package, before) && go.nodes[*node as usize].next <= one.node
        });
        leaves.map(|node| self.exit(Spot { node, ..one }))
    }

    /// A name through which other packages can use the channel.
    fn exported(&self, names: &[Name]) -> Option<SourcePlace> {
        names.iter().find_map(|name| match name {
            Name::Variable(file, id) => self.parameter_of_exported(*file, *id),
            _ => None,
        })
    }

    /// The line of an exported function whose parameter a variable is.
    fn parameter_of_exported(&self, file: usize, id: VariableId) -> Option<SourcePlace> {
        let go = &self.package.files[file].go;
        let node = go.nodes.iter().position(|node| match &node.kind {
            Kind::Function { name, signature, .. } => {
                super::uses::is_exported(name) && signature.parameters.iter().any(|(variable, _)| *variable == Some(id))
            }
            _ => false,
        })?;
        Some(self.place(Spot { file, node: node as NodeId }))
    }

    /// What a channel is: the program's own, a clock's, or a context's.
    pub(super) fn channel_kind(&self, file: usize, expression: &Expression) -> ChannelKind {
        if let Some(kind) = self.made_kind(file, expression) {
            return kind;
        }
        let names = self.names_of(file, expression);
        let made = names.iter().find_map(|name| match name {
            Name::Made(spot) => self.made_kind(spot.file, &Expression::Call(spot.node)),
            _ => None,
        });
        made.unwrap_or(ChannelKind::Plain)
    }

    fn made_kind(&self, file: usize, expression: &Expression) -> Option<ChannelKind> {
        match expression {
            Expression::Field(base, field) if field == "C" => match self.package.type_of(file, base).target() {
                Type::Qualified(package, of) if package == "time" && of == "Ticker" => Some(ChannelKind::Ticker),
                Type::Qualified(package, of) if package == "time" && of == "Timer" => Some(ChannelKind::Timer),
                _ => None,
            },
            Expression::Call(node) => {
                let call = Spot { file, node: *node };
                match self.package.callee(call) {
                    Callee::Function(path, name) if path == "time" && name == "After" => Some(ChannelKind::Timer),
                    Callee::Function(path, name) if path == "time" && name == "Tick" => Some(ChannelKind::Ticker),
                    Callee::Method(package, of, name) if package == "context" && of == "Context" && name == "Done" => {
                        Some(ChannelKind::Done(self.context_of(call)))
                    }
                    Callee::Unknown(name) if name == "Done" => Some(ChannelKind::Done(self.context_of(call))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Who cancels the context whose `Done` a call is of.
    fn context_of(&self, call: Spot) -> ContextFacts {
        let Kind::Call { callee: Expression::Field(base, _), .. } = self.package.kind(call) else {
            return ContextFacts::default();
        };
        let text = self.package.go(call).text_of(call.node);
        let mut facts = ContextFacts {
            name: text.trim_end_matches("()").trim_end_matches(".Done").to_owned(),
            ..ContextFacts::default()
        };
        let names = self.names_of(call.file, base);
        let made = names.iter().filter_map(super::alias::made_at);
        let mut others = 0;
        for spot in made {
            match self.package.callee(spot) {
                Callee::Function(path, function) if path == "context" => match function.as_str() {
                    "Background" | "TODO" => facts.background = Some(self.place(spot)),
                    "WithCancel" | "WithTimeout" | "WithDeadline" | "WithCancelCause" | "WithTimeoutCause" => {
                        facts.derived = Some(self.place(spot));
                        facts.never_cancelled |= !self.is_cancelled(spot);
                    }
                    _ => {}
                },
                _ => others += 1,
            }
        }
        if others > 0 {
            facts.background = None;
        }
        facts
    }

    /// Whether the cancel function of a derived context is used at all.
    fn is_cancelled(&self, derived: Spot) -> bool {
        let go = self.package.go(derived);
        let value = Expression::Call(derived.node);
        let cancel = go.nodes.iter().find_map(|node| match &node.kind {
            Kind::Declare { variables, values } if values.as_slice() == [value.clone()] => {
                Some(variables.get(1).copied().flatten())
            }
            Kind::Assign { targets, values } if values.as_slice() == [value.clone()] => match targets.get(1) {
                Some(Expression::Variable(id)) => Some(Some(*id)),
                Some(Expression::Name(name)) if name == "_" => Some(None),
                // Kept in a field: somebody may call it.
                _ => None,
            },
            _ => None,
        });
        match cancel {
            None => true,
            Some(None) => false,
            Some(Some(id)) => {
                let is_it = |expression: &Expression| *expression == Expression::Variable(id);
                go.nodes.iter().any(|node| match &node.kind {
                    Kind::Call { callee, arguments } => is_it(callee) || arguments.iter().any(is_it),
                    Kind::Return { values } | Kind::Declare { values, .. } | Kind::Assign { values, .. } => {
                        values.iter().any(is_it)
                    }
                    Kind::Composite { fields, .. } => fields.iter().any(|(_, value)| is_it(value)),
                    Kind::Send { value, .. } => is_it(value),
                    _ => false,
                })
            }
        }
    }

    /// The name of a `context.Context` that a statement could have asked.
    pub(super) fn context_in_scope(&self, spot: Spot) -> Option<String> {
        let go = self.package.go(spot);
        let is_context = |of: &Type| *of.target() == Type::Qualified("context".into(), "Context".into());
        for function in go.around(spot.node).filter(|node| go.kind(*node).is_function()) {
            let signature = go.kind(function).signature()?;
            let parameter = signature.parameters.iter().find(|(id, of)| id.is_some() && is_context(of));
            if let Some((Some(id), _)) = parameter {
                return Some(go.variables[*id as usize].name.clone());
            }
            let derived = go.own(function).take_while(|node| *node < spot.node).find_map(|node| match go.kind(node) {
                Kind::Declare { variables, .. } => variables.first().copied().flatten().filter(|id| {
                    let value = origin(self.package, spot.file, *id);
                    matches!(value, Some(Origin::Result(call, 0)) if matches!(self.package.callee(Spot { node: *call, ..spot }),
                        Callee::Function(path, _) if path == "context"))
                }),
                _ => None,
            });
            if let Some(id) = derived {
                return Some(go.variables[id as usize].name.clone());
            }
        }
        let receiver = go.declaration_of(spot.node).map(|node| self.package.receiver(Spot { node, ..spot }))?;
        let declaration = self.package.type_named(receiver)?;
        let field = declaration.fields.iter().find(|(_, of)| is_context(of))?;
        Some(field.0.clone())
    }
}

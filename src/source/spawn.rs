//! The statements that start a goroutine.

use super::alias::{Meaning, Name};
use super::examine::Examiner;
use super::facts::{Exit, SpawnFacts, SpawnKind};
use super::flow;
use super::go::{Expression, Kind, NodeId, Type, VariableId};
use super::package::{Callee, Spot};
use super::site;
use super::uses::What;

/// Statements that start one function's goroutines and are told.
const SPAWNS: usize = 8;

impl Examiner<'_> {
    /// The statements that may have started a function's goroutine; the one that the dump names alone, where it does.
    pub(super) fn spawn_statements(&self, goroutine: Spot, creator: Option<(usize, u32)>) -> Vec<(Spot, SpawnKind)> {
        let mut found: Vec<(Spot, SpawnKind)> = match creator {
            Some((file, line)) => {
                site::go_statements(self.package, file, line).map(|spot| (spot, SpawnKind::Go)).collect()
            }
            None => Vec::new(),
        };
        if found.is_empty() {
            found = self.started_by(goroutine);
        }
        found.truncate(SPAWNS);
        found
    }

    /// What is known of such statements, each with the function it stands in.
    pub(super) fn spawns(
        &self,
        statements: &[(Spot, SpawnKind)],
        channel: Option<&Meaning>,
    ) -> Vec<(SpawnFacts, Spot)> {
        statements.iter().filter_map(|(spot, by)| self.spawn(*spot, by.clone(), channel)).collect()
    }

    /// All statements of the package that start a function.
    fn started_by(&self, goroutine: Spot) -> Vec<(Spot, SpawnKind)> {
        let go = self.package.go(goroutine);
        let started = go.around(goroutine.node).find(|node| go.kind(*node).is_function());
        let Some(started) = started.map(|node| Spot { node, ..goroutine }) else { return Vec::new() };
        if let Kind::Literal { .. } = go.kind(started.node) {
            let Some(call) = go.nodes[started.node as usize].parent else { return Vec::new() };
            return match go.kind(call) {
                Kind::Call { callee, .. } if *callee == Expression::Literal(started.node) => {
                    let parent = go.nodes[call as usize].parent.filter(|parent| matches!(go.kind(*parent), Kind::Go));
                    parent.map(|node| (Spot { node, ..started }, SpawnKind::Go)).into_iter().collect()
                }
                Kind::Call { .. } => {
                    let call = Spot { node: call, ..started };
                    vec![(call, self.passed_to(call))]
                }
                _ => Vec::new(),
            };
        }
        let starts = |spot: &Spot| {
            matches!(self.package.kind(*spot), Kind::Go)
                && self.package.callee(Spot { node: spot.node + 1, ..*spot }) == Callee::Own(started)
        };
        self.package.spots().filter(starts).map(|spot| (spot, SpawnKind::Go)).collect()
    }

    fn spawn(&self, spot: Spot, by: SpawnKind, channel: Option<&Meaning>) -> Option<(SpawnFacts, Spot)> {
        let go = self.package.go(spot);
        let function = go.function_of(spot.node)?;
        let receive = channel.and_then(|channel| self.received_after(spot, function, channel));
        let facts = SpawnFacts {
            place: self.place(spot),
            function: self.function_name(spot),
            repeats: self
                .loop_of(spot)
                .filter(|_| !channel.is_some_and(|channel| self.is_new_each_round(spot, channel))),
            by,
            exit_before_receive: receive.and_then(|receive| self.left_between(spot, function, receive)),
            receive: receive.map(|node| self.place(Spot { node, ..spot })),
        };
        Some((facts, Spot { node: function, ..spot }))
    }

    /// Whether each round of the loop around a statement makes a channel of its own: it is made there, or lies in a value that
    /// is.
    fn is_new_each_round(&self, spot: Spot, channel: &Meaning) -> bool {
        let go = self.package.go(spot);
        let Some(around) = flow::loop_around(go, spot.node) else { return false };
        let lines = go.line(around) + 1..=go.nodes[around as usize].last_line;
        // A parameter is only another name for what is passed.
        let is_parameter = |id: VariableId| {
            let signatures = go.nodes.iter().filter_map(|node| node.kind.signature());
            signatures.flat_map(|signature| &signature.parameters).any(|(parameter, _)| *parameter == Some(id))
        };
        let inside = |file: usize, id: VariableId| {
            file == spot.file
                && !is_parameter(id)
                && lines.contains(&self.package.files[file].go.variables[id as usize].line)
        };
        let names = self.aliases.names_of(channel);
        let owners: Vec<&str> = names
            .iter()
            .filter_map(|name| match name {
                Name::Field(of, _) => Some(of.as_str()),
                _ => None,
            })
            .collect();
        let made_in: Vec<Spot> = names.iter().filter_map(super::alias::made_at).collect();
        let around_it = around..go.nodes[around as usize].next;
        let own = |made: &&Spot| made.file == spot.file && go.function_of(made.node) == go.function_of(spot.node);
        let mut own = made_in.iter().filter(own).peekable();
        // What the function itself made before the loop is one channel for all rounds, whatever holds it.
        if own.peek().is_some() && !own.any(|made| around_it.contains(&made.node)) {
            return false;
        }
        let is_made_there = names.iter().any(|name| match name {
            Name::Variable(file, id) => inside(*file, *id),
            Name::Made(made) => made.file == spot.file && (around..go.nodes[around as usize].next).contains(&made.node),
            _ => false,
        });
        is_made_there
            || self.variables_of_call(spot).any(|id| {
                let of = self.package.type_of(spot.file, &Expression::Variable(id));
                inside(spot.file, id) && matches!(of.target(), Type::Name(of) if owners.contains(&of.as_str()))
            })
    }

    /// The variables that a `go` statement's call is of, and those it passes.
    fn variables_of_call(&self, statement: Spot) -> impl Iterator<Item = VariableId> {
        let mut variables = Vec::new();
        if let Some(Kind::Call { callee, arguments }) =
            self.package.go(statement).nodes.get(statement.node as usize + 1).map(|node| &node.kind)
        {
            variables.extend(std::iter::once(callee).chain(arguments).filter_map(base_variable));
        }
        variables.into_iter()
    }

    /// The first statement of the function, after the goroutine is started, in which the channel is received from: itself or in
    /// what it calls.
    fn received_after(&self, spot: Spot, function: NodeId, channel: &Meaning) -> Option<NodeId> {
        let go = self.package.go(spot);
        let receives: Vec<Spot> = self
            .uses_of_meaning(channel)
            .into_iter()
            .filter(|one| matches!(one.what, What::Receive | What::Range))
            .map(|one| one.spot)
            .collect();
        let functions: Vec<Option<Spot>> = receives
            .iter()
            .map(|one| self.package.go(*one).function_of(one.node).map(|node| Spot { node, ..*one }))
            .collect();
        go.own(function).filter(|node| *node > spot.node).find(|node| {
            let here = Spot { node: *node, ..spot };
            if receives.contains(&here) {
                return true;
            }
            let waits_for_it =
                !go.nodes[*node as usize].parent.is_some_and(|parent| matches!(go.kind(parent), Kind::Go));
            match self.package.kind(here) {
                Kind::Call { .. } if waits_for_it => match self.package.callee(here) {
                    Callee::Own(callee) => functions.contains(&Some(callee)),
                    _ => false,
                },
                _ => false,
            }
        })
    }

    /// Where a function may be left after it has started a goroutine and before it receives.
    fn left_between(&self, spot: Spot, function: NodeId, receive: NodeId) -> Option<Exit> {
        let go = self.package.go(spot);
        let between = go.own(function).filter(|node| *node > spot.node && *node < receive);
        let leaves = between.map(|node| Spot { node, ..spot }).find(|spot| flow::leaves_function(self.package, *spot));
        // `return <-ch` is no way out before the receive within it.
        let leaves = leaves.filter(|exit| go.nodes[exit.node as usize].next <= receive);
        leaves.map(|spot| self.exit(spot))
    }
}

/// The variable that an expression is a part of.
fn base_variable(expression: &Expression) -> Option<VariableId> {
    match expression {
        Expression::Variable(id) => Some(*id),
        Expression::Field(base, _) | Expression::Element(base) => base_variable(base),
        _ => None,
    }
}

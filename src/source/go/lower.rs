//! Statements of a syntax tree into nodes.

use tree_sitter::Node as Syntax;

use super::syntax::{Expression, GoFile, Kind, Loop, Node, NodeId, Origin, Signature, Type, Variable, VariableId};

/// Nesting of real Go stays below 60; what is deeper is left out and noted.
const DEEPEST: usize = 200;

/// A file while it is read.
pub(super) struct Lowering<'t> {
    /// What is known of it.
    pub(super) file: GoFile,
    text: &'t str,
    parent: Option<NodeId>,
    /// Names of variables with what they mean, innermost scope last.
    scopes: Vec<Vec<(&'t str, VariableId)>>,
    depth: usize,
}

/// The named children of a node without comments.
pub(super) fn children<'t>(node: Syntax<'t>) -> impl Iterator<Item = Syntax<'t>> {
    let mut cursor = node.walk();
    let mut next = cursor.goto_first_child().then(|| cursor.node());
    std::iter::from_fn(move || {
        let now = next?;
        next = cursor.goto_next_sibling().then(|| cursor.node());
        Some(now)
    })
    .filter(|child| child.is_named() && child.kind() != "comment")
}

impl<'t> Lowering<'t> {
    /// An empty file.
    pub(super) fn new(text: &'t str) -> Self {
        Lowering { file: GoFile::default(), text, parent: None, scopes: Vec::new(), depth: 0 }
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Option<Syntax<'_>>) -> &'t str {
        node.and_then(|node| self.text.get(node.byte_range())).unwrap_or_default()
    }

    /// Notes that a node couldn't be read.
    pub(super) fn unread(&mut self, node: Syntax<'_>) {
        let lines = node.start_position().row as u32 + 1..node.end_position().row as u32 + 2;
        self.file.unread.push(lines);
    }

    /// Adds a node with what `inner` adds within it.
    pub(super) fn node(&mut self, kind: Kind, syntax: Syntax<'_>, inner: impl FnOnce(&mut Self)) -> NodeId {
        let id = self.file.nodes.len() as NodeId;
        self.file.nodes.push(Node {
            kind,
            parent: self.parent,
            next: id + 1,
            line: syntax.start_position().row as u32 + 1,
            last_line: syntax.end_position().row as u32 + 1,
            start: syntax.start_byte() as u32,
            end: syntax.end_byte() as u32,
        });
        let outer = self.parent.replace(id);
        inner(self);
        self.parent = outer;
        self.file.nodes[id as usize].next = self.file.nodes.len() as NodeId;
        id
    }

    /// Sets what a node is once what it holds is known.
    pub(super) fn becomes(&mut self, node: NodeId, kind: Kind) {
        self.file.nodes[node as usize].kind = kind;
    }

    fn scope(&mut self, inner: impl FnOnce(&mut Self)) {
        self.scopes.push(Vec::new());
        inner(self);
        self.scopes.pop();
    }

    /// Goes one level deeper, unless it is too deep.
    pub(super) fn deeper<T>(&mut self, node: Syntax<'_>, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            self.unread(node);
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        Some(result)
    }

    /// What a name means.
    pub(super) fn lookup(&self, name: &str) -> Option<VariableId> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.iter().rev().find(|(known, _)| *known == name))
            .map(|(_, id)| *id)
    }

    /// A new variable in the innermost scope; none for `_`.
    fn declare(&mut self, name: Syntax<'_>, of: Option<Type>, value: Option<Origin>) -> Option<VariableId> {
        let line = name.start_position().row as u32 + 1;
        let name = self.text(Some(name));
        if name == "_" || name.is_empty() {
            return None;
        }
        let id = self.file.variables.len() as VariableId;
        self.file.variables.push(Variable { name: name.to_owned(), of, line, value });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, id));
        }
        Some(id)
    }

    /// A function or method.
    pub(super) fn declaration(&mut self, node: Syntax<'_>) {
        let name = self.text(node.child_by_field_name("name")).to_owned();
        self.scope(|this| {
            let receiver = node.child_by_field_name("receiver").and_then(|list| this.parameters(list).pop());
            let signature = this.signature(node);
            let body = node.child_by_field_name("body");
            this.node(Kind::Function { name, receiver, signature }, node, |this| this.body(body));
        });
    }

    /// A function literal.
    pub(super) fn literal(&mut self, node: Syntax<'_>) -> NodeId {
        let mut id = 0;
        self.scope(|this| {
            let signature = this.signature(node);
            let body = node.child_by_field_name("body");
            id = this.node(Kind::Literal { signature }, node, |this| this.body(body));
        });
        id
    }

    fn signature(&mut self, node: Syntax<'_>) -> Signature {
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default();
        let (mut results, mut named_results) = (Vec::new(), Vec::new());
        match node.child_by_field_name("result") {
            Some(list) if list.kind() == "parameter_list" => {
                for (variable, of) in self.parameters(list) {
                    results.push(of);
                    named_results.extend(variable);
                }
            }
            Some(one) => results.push(self.type_of(one)),
            None => {}
        }
        Signature { parameters, results, named_results }
    }

    /// Parameters, each with its variable; those without names too.
    fn parameters(&mut self, list: Syntax<'_>) -> Vec<(Option<VariableId>, Type)> {
        let mut parameters = Vec::new();
        for parameter in children(list) {
            let of = parameter.child_by_field_name("type").map_or(Type::Other, |of| self.type_of(of));
            let of = if parameter.kind() == "variadic_parameter_declaration" { Type::List(Box::new(of)) } else { of };
            let mut cursor = parameter.walk();
            let names: Vec<Syntax<'_>> =
                parameter.children_by_field_name("name", &mut cursor).filter(Syntax::is_named).collect();
            if names.is_empty() {
                parameters.push((None, of));
                continue;
            }
            for name in names {
                let variable = self.declare(name, Some(of.clone()), None);
                parameters.push((variable, of.clone()));
            }
        }
        parameters
    }

    fn body(&mut self, block: Option<Syntax<'_>>) {
        if let Some(block) = block {
            self.deeper(block, |this| this.scope(|this| this.statements(block)));
        }
    }

    fn statements(&mut self, node: Syntax<'_>) {
        for child in children(node) {
            if child.kind() == "statement_list" {
                self.statements(child);
            } else {
                self.statement(child);
            }
        }
    }

    fn statement(&mut self, node: Syntax<'_>) {
        self.deeper(node, |this| this.one_statement(node));
    }

    fn one_statement(&mut self, node: Syntax<'_>) {
        match node.kind() {
            "ERROR" => self.unread(node),
            "go_statement" => drop(self.node(Kind::Go, node, |this| this.all_expressions(node))),
            "defer_statement" => drop(self.node(Kind::Defer, node, |this| this.all_expressions(node))),
            "block" => drop(self.node(Kind::Block, node, |this| this.scope(|this| this.statements(node)))),
            "for_statement" => self.for_statement(node),
            "if_statement" => self.if_statement(node),
            "expression_switch_statement" | "type_switch_statement" => self.switch(node),
            "select_statement" => self.select(node),
            "labeled_statement" => {
                let name = self.text(node.child_by_field_name("label")).to_owned();
                let inner: Vec<_> = children(node).skip(1).collect();
                self.node(Kind::Label { name }, node, |this| inner.into_iter().for_each(|child| this.statement(child)));
            }
            "short_var_declaration" => {
                let values = self.list(node.child_by_field_name("right"));
                let names: Vec<_> = node.child_by_field_name("left").into_iter().flat_map(children).collect();
                self.short_declaration(node, &names, values);
            }
            "var_declaration" => self.var_declaration(node),
            "assignment_statement" => {
                let values = self.list(node.child_by_field_name("right"));
                let targets = self.list(node.child_by_field_name("left"));
                self.node(Kind::Assign { targets, values }, node, |_| {});
            }
            "send_statement" => self.send(node),
            "return_statement" => {
                let mut values = Vec::new();
                let id = self.node(Kind::Return { values: Vec::new() }, node, |this| {
                    values = children(node).flat_map(|list| this.list(Some(list))).collect();
                });
                self.becomes(id, Kind::Return { values });
            }
            "break_statement" => {
                let label = children(node).next().map(|label| self.text(Some(label)).to_owned());
                self.node(Kind::Break { label }, node, |_| {});
            }
            "continue_statement" => drop(self.node(Kind::Continue, node, |_| {})),
            "goto_statement" => drop(self.node(Kind::Goto, node, |_| {})),
            _ => self.all_expressions(node),
        }
    }

    fn all_expressions(&mut self, node: Syntax<'_>) {
        for child in children(node) {
            self.expression(child);
        }
    }

    fn send(&mut self, node: Syntax<'_>) {
        let part = |name| node.child_by_field_name(name);
        let (mut channel, mut value) = (Expression::Other, Expression::Other);
        let empty = Kind::Send { channel: Expression::Other, value: Expression::Other };
        let id = self.node(empty, node, |this| {
            channel = part("channel").map_or(Expression::Other, |node| this.expression(node));
            value = part("value").map_or(Expression::Other, |node| this.expression(node));
        });
        self.becomes(id, Kind::Send { channel, value });
    }

    fn var_declaration(&mut self, node: Syntax<'_>) {
        for child in children(node) {
            match child.kind() {
                "var_spec_list" => self.var_declaration(child),
                "var_spec" => {
                    let of = child.child_by_field_name("type").map(|of| self.type_of(of));
                    let values = self.list(child.child_by_field_name("value"));
                    let mut cursor = child.walk();
                    let names: Vec<_> =
                        child.children_by_field_name("name", &mut cursor).filter(Syntax::is_named).collect();
                    let origins = origins(&values, names.len());
                    let declared =
                        names.iter().zip(origins).map(|(name, origin)| self.declare(*name, of.clone(), origin));
                    let variables = declared.collect();
                    self.node(Kind::Declare { variables, values }, child, |_| {});
                }
                _ => {}
            }
        }
    }

    /// `:=` takes what its own scope has and declares the rest.
    fn short_declaration(&mut self, node: Syntax<'_>, names: &[Syntax<'_>], values: Vec<Expression>) {
        let origins = origins(&values, names.len());
        let mut variables = Vec::new();
        for (name, origin) in names.iter().zip(origins) {
            let text = self.text(Some(*name));
            let own = self.scopes.last().and_then(|scope| scope.iter().rev().find(|(known, _)| *known == text));
            let variable = own.map(|(_, id)| *id);
            variables.push(variable.or_else(|| self.declare(*name, None, origin)));
        }
        self.node(Kind::Declare { variables, values }, node, |_| {});
    }

    fn for_statement(&mut self, node: Syntax<'_>) {
        let clause = children(node).find(|child| child.kind() != "block");
        let body = node.child_by_field_name("body");
        self.scope(|this| {
            let mut over = Loop::Endless;
            let id = this.node(Kind::For { over: Loop::Endless }, node, |this| {
                over = this.loop_clause(clause);
                this.body(body);
            });
            this.becomes(id, Kind::For { over });
        });
    }

    fn loop_clause(&mut self, clause: Option<Syntax<'_>>) -> Loop {
        let Some(clause) = clause else { return Loop::Endless };
        let part = |name| clause.child_by_field_name(name);
        match clause.kind() {
            "range_clause" => {
                let over = part("right").map_or(Expression::Other, |right| self.expression(right));
                let names: Vec<_> = part("left").into_iter().flat_map(children).collect();
                let mut variables = [None, None];
                let declares = self.text.get(clause.byte_range()).is_some_and(|text| text.contains(":="));
                for (i, name) in names.iter().take(2).enumerate() {
                    let origin = Origin::Element(over.clone(), i == 0);
                    variables[i] = if declares {
                        self.declare(*name, None, Some(origin))
                    } else {
                        self.lookup(self.text(Some(*name)))
                    };
                }
                Loop::Range(over, variables)
            }
            "for_clause" => {
                part("initializer").into_iter().for_each(|node| self.statement(node));
                part("condition").into_iter().for_each(|node| drop(self.expression(node)));
                match part("condition") {
                    Some(_) => Loop::While,
                    None => Loop::Endless,
                }
            }
            _ => {
                self.expression(clause);
                match self.text(Some(clause)) {
                    "true" => Loop::Endless,
                    _ => Loop::While,
                }
            }
        }
    }

    fn if_statement(&mut self, node: Syntax<'_>) {
        let part = |name| node.child_by_field_name(name);
        self.scope(|this| {
            part("initializer").into_iter().for_each(|node| this.statement(node));
            part("condition").into_iter().for_each(|node| drop(this.expression(node)));
            this.node(Kind::If, node, |this| {
                this.body(part("consequence"));
                if let Some(alternative) = part("alternative") {
                    this.node(Kind::Else, alternative, |this| this.statement(alternative));
                }
            });
        });
    }

    fn switch(&mut self, node: Syntax<'_>) {
        let part = |name| node.child_by_field_name(name);
        self.scope(|this| {
            part("initializer").into_iter().for_each(|node| this.statement(node));
            let value = part("value").map(|node| this.expression(node));
            if let (Some(alias), Some(value)) = (part("alias").and_then(|list| children(list).next()), value) {
                this.declare(alias, None, Some(Origin::Value(value)));
            }
            this.node(Kind::Switch, node, |this| {
                for case in children(node).filter(|child| child.kind().ends_with("_case")) {
                    let values = case.child_by_field_name("value");
                    this.node(Kind::SwitchCase, case, |this| {
                        if case.kind() == "expression_case" {
                            this.list(values);
                        }
                        this.case_body(case);
                    });
                }
            });
        });
    }

    fn case_body(&mut self, case: Syntax<'_>) {
        self.scope(|this| {
            children(case).filter(|child| child.kind() == "statement_list").for_each(|list| this.statements(list));
        });
    }

    fn select(&mut self, node: Syntax<'_>) {
        self.node(Kind::Select, node, |this| {
            for case in children(node) {
                let default = case.kind() == "default_case";
                if !default && case.kind() != "communication_case" {
                    this.unread(case);
                    continue;
                }
                this.node(Kind::SelectCase { default }, case, |this| {
                    this.scope(|this| {
                        if let Some(communication) = case.child_by_field_name("communication") {
                            this.communication(communication);
                        }
                        children(case)
                            .filter(|child| child.kind() == "statement_list")
                            .for_each(|list| this.statements(list));
                    });
                });
            }
        });
    }

    fn communication(&mut self, node: Syntax<'_>) {
        if node.kind() == "send_statement" {
            return self.send(node);
        }
        let value = node.child_by_field_name("right").map_or(Expression::Other, |right| self.expression(right));
        let names: Vec<_> = node.child_by_field_name("left").into_iter().flat_map(children).collect();
        let declares = self.text.get(node.byte_range()).is_some_and(|text| text.contains(":="));
        if declares {
            self.short_declaration(node, &names, vec![value]);
        } else if !names.is_empty() {
            let targets = names.into_iter().map(|name| self.expression(name)).collect();
            self.node(Kind::Assign { targets, values: vec![value] }, node, |_| {});
        }
    }
}

/// Where each of some variables comes from.
fn origins(values: &[Expression], names: usize) -> Vec<Option<Origin>> {
    match values {
        [Expression::Call(call)] if names > 1 => (0..names).map(|i| Some(Origin::Result(*call, i))).collect(),
        // The second of `value, ok` is a bool.
        [one] => (0..names).map(|i| (i == 0).then(|| Origin::Value(one.clone()))).collect(),
        several => (0..names).map(|i| several.get(i).cloned().map(Origin::Value)).collect(),
    }
}

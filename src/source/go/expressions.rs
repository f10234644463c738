//! Expressions and types of a syntax tree: what they mean, and the operations within them as nodes.

use tree_sitter::Node as Syntax;

use super::lower::{Lowering, children};
use super::syntax::{Expression, Kind, Type};

/// Types nested more deeply say nothing that is asked.
const DEEPEST_TYPE: usize = 20;

impl Lowering<'_> {
    /// The values of an expression list, or of a single expression.
    pub(super) fn list(&mut self, node: Option<Syntax<'_>>) -> Vec<Expression> {
        match node {
            Some(list) if list.kind() == "expression_list" => children(list).map(|one| self.expression(one)).collect(),
            Some(one) => vec![self.expression(one)],
            None => Vec::new(),
        }
    }

    /// What an expression means; calls, receives and function literals within it become nodes.
    pub(super) fn expression(&mut self, node: Syntax<'_>) -> Expression {
        self.deeper(node, |this| this.one_expression(node)).unwrap_or(Expression::Other)
    }

    fn one_expression(&mut self, node: Syntax<'_>) -> Expression {
        let part = |name| node.child_by_field_name(name);
        match node.kind() {
            "identifier" => {
                let name = self.text(Some(node));
                self.lookup(name).map_or_else(|| Expression::Name(name.to_owned()), Expression::Variable)
            }
            "nil" => Expression::Nil,
            "selector_expression" => {
                let operand = part("operand").map_or(Expression::Other, |operand| self.expression(operand));
                Expression::Field(Box::new(operand), self.text(part("field")).to_owned())
            }
            "index_expression" | "slice_expression" => {
                let operand = part("operand").map_or(Expression::Other, |operand| self.expression(operand));
                for name in ["index", "start", "end"] {
                    part(name).into_iter().for_each(|node| drop(self.expression(node)));
                }
                if node.kind() == "slice_expression" {
                    return operand;
                }
                self.node(Kind::Element, node, |_| {});
                Expression::Element(Box::new(operand))
            }
            "parenthesized_expression" | "literal_element" | "variadic_argument" | "expression_statement" => {
                children(node).next().map_or(Expression::Other, |inner| self.expression(inner))
            }
            "type_instantiation_expression" => {
                part("type").map_or(Expression::Other, |name| Expression::Name(self.text(Some(name)).to_owned()))
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "call_expression" => self.call(node),
            "composite_literal" => self.composite(node),
            "func_literal" => Expression::Literal(self.literal(node)),
            "type_conversion_expression" | "type_assertion_expression" => {
                part("operand").into_iter().for_each(|node| drop(self.expression(node)));
                part("type").map_or(Expression::Other, |of| Expression::Typed(self.type_of(of)))
            }
            "ERROR" => {
                self.unread(node);
                Expression::Other
            }
            _ => {
                children(node).for_each(|child| drop(self.expression(child)));
                Expression::Other
            }
        }
    }

    fn unary(&mut self, node: Syntax<'_>) -> Expression {
        let Some(operand) = node.child_by_field_name("operand") else { return Expression::Other };
        match self.text(node.child_by_field_name("operator")) {
            "<-" => {
                let mut channel = Expression::Other;
                let id = self.node(Kind::Receive { channel: Expression::Other }, node, |this| {
                    channel = this.expression(operand)
                });
                self.becomes(id, Kind::Receive { channel });
                Expression::Receive(id)
            }
            "&" | "*" => self.expression(operand),
            _ => {
                self.expression(operand);
                Expression::Other
            }
        }
    }

    /// Sums of thousands of strings lean to the left; they are followed without recursion.
    fn binary(&mut self, node: Syntax<'_>) -> Expression {
        let (mut rights, mut left) = (Vec::new(), node);
        while left.kind() == "binary_expression" {
            rights.extend(left.child_by_field_name("right"));
            match left.child_by_field_name("left") {
                Some(next) => left = next,
                None => return Expression::Other,
            }
        }
        self.expression(left);
        rights.into_iter().rev().for_each(|right| drop(self.expression(right)));
        Expression::Other
    }

    fn call(&mut self, node: Syntax<'_>) -> Expression {
        let Some(function) = node.child_by_field_name("function") else { return Expression::Other };
        let arguments: Vec<_> = node.child_by_field_name("arguments").into_iter().flat_map(children).collect();
        let name = self.text(Some(function));
        if matches!(name, "make" | "new") && self.lookup(name).is_none() {
            return self.made(node, name == "new", &arguments);
        }
        let (mut callee, mut values) = (Expression::Other, Vec::new());
        let empty = Kind::Call { callee: Expression::Other, arguments: Vec::new() };
        let id = self.node(empty, node, |this| {
            callee = this.expression(function);
            values = arguments.into_iter().map(|argument| this.expression(argument)).collect();
        });
        // Type arguments are no element.
        if let Expression::Element(name) = callee {
            callee = *name;
        }
        self.becomes(id, Kind::Call { callee, arguments: values });
        Expression::Call(id)
    }

    fn made(&mut self, node: Syntax<'_>, is_new: bool, arguments: &[Syntax<'_>]) -> Expression {
        arguments.iter().skip(1).for_each(|argument| drop(self.expression(*argument)));
        match arguments.first() {
            Some(of) if is_new => Expression::Typed(Type::Pointer(Box::new(self.type_of(*of)))),
            Some(of) if of.kind() == "channel_type" => {
                let capacity = arguments.get(1).map(|capacity| self.text(Some(*capacity)).to_owned());
                Expression::MakeChannel(self.node(Kind::MakeChannel { capacity }, node, |_| {}))
            }
            Some(of) => Expression::Typed(self.type_of(*of)),
            None => Expression::Other,
        }
    }

    fn composite(&mut self, node: Syntax<'_>) -> Expression {
        let of = node.child_by_field_name("type").map_or(Type::Other, |of| self.type_of(of));
        let body = node.child_by_field_name("body");
        let mut fields = Vec::new();
        let id = self.node(Kind::Composite { of: Type::Other, fields: Vec::new() }, node, |this| {
            fields = body.map(|body| this.fields(body)).unwrap_or_default();
        });
        self.becomes(id, Kind::Composite { of, fields });
        Expression::Composite(id)
    }

    /// Elements with their keys; those without have their number as a key.
    fn fields(&mut self, body: Syntax<'_>) -> Vec<(String, Expression)> {
        let mut fields = Vec::new();
        for (i, element) in children(body).enumerate() {
            if element.kind() == "keyed_element" {
                let key = self.text(element.child_by_field_name("key")).to_owned();
                let value = element.child_by_field_name("value");
                let value = value.map_or(Expression::Other, |value| self.expression(value));
                fields.push((key, value));
            } else {
                let value = self.expression(element);
                fields.push((i.to_string(), value));
            }
        }
        fields
    }

    /// What a type is.
    pub(super) fn type_of(&self, node: Syntax<'_>) -> Type {
        self.nested_type(node, 0)
    }

    fn nested_type(&self, node: Syntax<'_>, depth: usize) -> Type {
        if depth > DEEPEST_TYPE {
            return Type::Other;
        }
        let part = |name| node.child_by_field_name(name);
        let inner =
            |part: Option<Syntax<'_>>| Box::new(part.map_or(Type::Other, |part| self.nested_type(part, depth + 1)));
        match node.kind() {
            "type_identifier" | "identifier" => Type::Name(self.text(Some(node)).to_owned()),
            "qualified_type" => {
                Type::Qualified(self.text(part("package")).to_owned(), self.text(part("name")).to_owned())
            }
            "selector_expression" => {
                Type::Qualified(self.text(part("operand")).to_owned(), self.text(part("field")).to_owned())
            }
            "pointer_type" => Type::Pointer(inner(children(node).next())),
            "parenthesized_type" => *inner(children(node).next()),
            "generic_type" => *inner(part("type")),
            "slice_type" | "array_type" | "implicit_length_array_type" => Type::List(inner(part("element"))),
            "map_type" => Type::List(inner(part("value"))),
            "channel_type" => Type::Channel(inner(part("value"))),
            "function_type" => Type::Function(match part("result") {
                Some(list) if list.kind() == "parameter_list" => {
                    children(list).map(|result| *inner(result.child_by_field_name("type"))).collect()
                }
                Some(one) => vec![*inner(Some(one))],
                None => Vec::new(),
            }),
            _ => Type::Other,
        }
    }
}

//! Go code as the analysis needs it: functions, blocks and the operations that goroutines can wait in, in source order.
//!
//! The nodes of a file lie in one list, each before what it holds; names of variables are resolved when the list is made, so
//! that two variables of one name are two.

use std::ops::Range;

/// An index into [`GoFile::nodes`].
pub(in crate::source) type NodeId = u32;
/// An index into [`GoFile::variables`].
pub(in crate::source) type VariableId = u32;

/// A Go file.
#[derive(Debug, Default)]
pub(in crate::source) struct GoFile {
    /// Its text.
    pub text: String,
    /// The name in its package clause.
    pub package: String,
    /// Name in this file and path.
    pub imports: Vec<(String, String)>,
    /// All nodes, each before those within it.
    pub nodes: Vec<Node>,
    /// All variables of functions.
    pub variables: Vec<Variable>,
    /// Its types.
    pub types: Vec<TypeDeclaration>,
    /// Variables of the package: name, type and value.
    pub globals: Vec<Global>,
    /// Lines from and to which it is no Go, or too deeply nested to be followed.
    pub unread: Vec<Range<u32>>,
}

impl GoFile {
    /// The text of a node.
    pub(in crate::source) fn text_of(&self, node: NodeId) -> &str {
        let node = &self.nodes[node as usize];
        self.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// The node and those that it lies in, innermost first.
    pub(in crate::source) fn around(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |at| self.nodes[*at as usize].parent)
    }

    /// The function or function literal that a node is a statement of.
    pub(in crate::source) fn function_of(&self, node: NodeId) -> Option<NodeId> {
        self.around(node).skip(1).find(|at| self.nodes[*at as usize].kind.is_function())
    }

    /// The declared function that a node lies in, whatever literals are between.
    pub(in crate::source) fn declaration_of(&self, node: NodeId) -> Option<NodeId> {
        self.around(node).find(|at| matches!(self.nodes[*at as usize].kind, Kind::Function { .. }))
    }

    /// What lies within a node, in source order.
    pub(in crate::source) fn within(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        node + 1..self.nodes[node as usize].next
    }

    /// What a function does itself: the nodes within it that lie in no function literal of it.
    pub(in crate::source) fn own(&self, function: NodeId) -> impl Iterator<Item = NodeId> {
        self.within(function).filter(move |at| self.function_of(*at) == Some(function))
    }

    /// The nodes that a line is part of, each before what lies in it.
    pub(in crate::source) fn covering(&self, line: u32) -> impl Iterator<Item = NodeId> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(node) = self.nodes.get(at as usize).filter(|node| node.line <= line) {
                let here = at;
                at = if node.last_line < line { node.next } else { at + 1 };
                if node.last_line >= line {
                    return Some(here);
                }
            }
            None
        })
    }

    /// The kind of a node.
    pub(in crate::source) fn kind(&self, node: NodeId) -> &Kind {
        &self.nodes[node as usize].kind
    }

    /// The line that a node begins in.
    pub(in crate::source) fn line(&self, node: NodeId) -> u32 {
        self.nodes[node as usize].line
    }

    /// The path of an import by its name in this file.
    pub(in crate::source) fn import(&self, name: &str) -> Option<&str> {
        self.imports.iter().find(|(known, _)| known == name).map(|(_, path)| path.as_str())
    }
}

/// A part of a function.
#[derive(Debug)]
pub(in crate::source) struct Node {
    /// What it is.
    pub kind: Kind,
    /// What it lies in.
    pub parent: Option<NodeId>,
    /// The first node after it and all within it.
    pub next: NodeId,
    /// Its first line, from 1.
    pub line: u32,
    /// Its last line.
    pub last_line: u32,
    /// Its bytes in the text.
    pub start: u32,
    /// See `start`.
    pub end: u32,
}

/// What a node is.
#[derive(Debug)]
pub(in crate::source) enum Kind {
    /// A declared function or method.
    Function { name: String, receiver: Option<(Option<VariableId>, Type)>, signature: Signature },
    /// A function literal.
    Literal { signature: Signature },
    /// `go`; its call is the node after it.
    Go,
    /// `defer`; its call is the node after it.
    Defer,
    /// A loop.
    For { over: Loop },
    /// `if`, without its `else`.
    If,
    /// The `else` of the `if` that it lies in.
    Else,
    /// `switch`, also of types.
    Switch,
    /// A case of it.
    SwitchCase,
    /// `select`.
    Select,
    /// A case of it; what it communicates is the node after it.
    SelectCase { default: bool },
    /// A block that is none of the above's.
    Block,
    /// A label, and the statement after it.
    Label { name: String },
    /// `:=`, `var`; without values the zero value.
    Declare { variables: Vec<Option<VariableId>>, values: Vec<Expression> },
    /// `=`.
    Assign { targets: Vec<Expression>, values: Vec<Expression> },
    /// `channel <- value`.
    Send { channel: Expression, value: Expression },
    /// `<-channel`.
    Receive { channel: Expression },
    /// A call, also of built-in functions but `make`.
    Call { callee: Expression, arguments: Vec<Expression> },
    /// `make(chan T, capacity)`: the capacity as written.
    MakeChannel { capacity: Option<String> },
    /// `T{field: value}`.
    Composite { of: Type, fields: Vec<(String, Expression)> },
    /// `a[i]`.
    Element,
    /// `return`.
    Return { values: Vec<Expression> },
    /// `break`.
    Break { label: Option<String> },
    /// `continue`.
    Continue,
    /// `goto`.
    Goto,
}

impl Kind {
    /// A function or a function literal.
    pub(in crate::source) fn is_function(&self) -> bool {
        matches!(self, Kind::Function { .. } | Kind::Literal { .. })
    }

    /// Its parameters and results.
    pub(in crate::source) fn signature(&self) -> Option<&Signature> {
        match self {
            Kind::Function { signature, .. } | Kind::Literal { signature } => Some(signature),
            _ => None,
        }
    }
}

/// What a loop is over.
#[derive(Debug)]
pub(in crate::source) enum Loop {
    /// `for {`.
    Endless,
    /// A condition, alone or between `;`.
    While,
    /// `range`, what over, and the variables.
    Range(Expression, [Option<VariableId>; 2]),
}

/// The parameters and results of a function.
#[derive(Debug, Default)]
pub(in crate::source) struct Signature {
    /// A variable for each parameter that has a name.
    pub parameters: Vec<(Option<VariableId>, Type)>,
    /// The types of its results.
    pub results: Vec<Type>,
    /// The variables of named results.
    pub named_results: Vec<VariableId>,
}

/// A variable of a function.
#[derive(Debug)]
pub(in crate::source) struct Variable {
    /// Its name.
    pub name: String,
    /// Its type, where it is written.
    pub of: Option<Type>,
    /// Where it is declared.
    pub line: u32,
    /// What it is first set to.
    pub value: Option<Origin>,
}

/// Where a variable's first value comes from.
#[derive(Clone, Debug)]
pub(in crate::source) enum Origin {
    /// A value.
    Value(Expression),
    /// One of several results of a call.
    Result(NodeId, usize),
    /// An element of what a range is over, or the elements' keys.
    Element(Expression, bool),
}

/// A value, as far as it says which channel, lock or function is meant.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) enum Expression {
    /// A variable of a function.
    Variable(VariableId),
    /// A name of the package, of an import, or built in.
    Name(String),
    /// `a.b`.
    Field(Box<Expression>, String),
    /// `a[i]`.
    Element(Box<Expression>),
    /// A function literal.
    Literal(NodeId),
    /// The result of a call.
    Call(NodeId),
    /// A new channel.
    MakeChannel(NodeId),
    /// A composite literal.
    Composite(NodeId),
    /// What is received.
    Receive(NodeId),
    /// `new(T)`, or a value of which only the type is known.
    Typed(Type),
    /// `nil`.
    Nil,
    /// Anything else.
    Other,
}

/// A type, as far as it says which fields, methods and channels are meant.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) enum Type {
    /// A type of the package, or built in.
    Name(String),
    /// A type of an import: the import's name here, and its own.
    Qualified(String, String),
    /// `*T`.
    Pointer(Box<Type>),
    /// A slice, an array, or a map's values.
    List(Box<Type>),
    /// A channel.
    Channel(Box<Type>),
    /// A function, with its results.
    Function(Vec<Type>),
    /// Anything else.
    Other,
}

impl Type {
    /// The type, or what it points to.
    pub(in crate::source) fn target(&self) -> &Type {
        match self {
            Type::Pointer(of) => of.target(),
            other => other,
        }
    }
}

/// A type of the package.
#[derive(Debug)]
pub(in crate::source) struct TypeDeclaration {
    /// Its name.
    pub name: String,
    /// What it is, where it is no struct.
    pub of: Type,
    /// The fields of a struct.
    pub fields: Vec<(String, Type)>,
    /// The types that a struct embeds.
    pub embedded: Vec<Type>,
}

/// A variable of the package.
#[derive(Debug)]
pub(in crate::source) struct Global {
    /// Its name.
    pub name: String,
    /// Its type, where it is written.
    pub of: Option<Type>,
    /// Its value.
    pub value: Option<Expression>,
}

//! A package: its files, and which function, type or field a name in them means.

use std::collections::HashMap;

use super::go::{Expression, GoFile, Kind, NodeId, Origin, Type, TypeDeclaration, VariableId};

/// Types that hold types that hold…: no real name needs more steps.
const STEPS: usize = 12;

/// A node of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    /// The index of its file.
    pub file: usize,
    /// The node in it.
    pub node: NodeId,
}

/// A file of a package.
pub(super) struct PackageFile {
    /// How reports name it: as the profile does, where it does.
    pub shown: String,
    /// What it holds.
    pub go: GoFile,
}

/// The files of a folder that belong together.
pub(super) struct Package {
    /// Its files.
    pub files: Vec<PackageFile>,
    functions: HashMap<(String, String), Spot>,
    types: HashMap<String, (usize, usize)>,
    globals: HashMap<String, (usize, usize)>,
}

/// What a call calls.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Callee {
    /// A function, method or function literal of the package.
    Own(Spot),
    /// A function of another package: its path and name.
    Function(String, String),
    /// A method of another package's type: the package's name here, the type's and its own.
    Method(String, String, String),
    /// Built in.
    BuiltIn(String),
    /// It isn't known; its last name.
    Unknown(String),
}

impl Callee {
    /// The function's own name.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Callee::Function(_, name) | Callee::Method(_, _, name) | Callee::BuiltIn(name) | Callee::Unknown(name) => {
                Some(name)
            }
            Callee::Own(_) => None,
        }
    }
}

impl Package {
    /// A package of files, of which the first `named` are those that frames name: of others that declare the same
    /// functions, which are for other builds, nothing is taken.
    pub(super) fn new(files: Vec<PackageFile>, named: usize) -> Self {
        let mut package =
            Package { files: Vec::new(), functions: HashMap::new(), types: HashMap::new(), globals: HashMap::new() };
        let name = files.first().map(|file| file.go.package.clone()).unwrap_or_default();
        for (i, file) in files.into_iter().enumerate() {
            let functions: Vec<((String, String), NodeId)> = declared(&file.go).collect();
            let is_other_build = || functions.iter().any(|(key, _)| package.functions.contains_key(key));
            if i >= named && (file.go.package != name || is_other_build()) {
                continue;
            }
            let at = package.files.len();
            package.functions.extend(functions.into_iter().map(|(key, node)| (key, Spot { file: at, node })));
            package.types.extend(file.go.types.iter().enumerate().map(|(i, of)| (of.name.clone(), (at, i))));
            package.globals.extend(file.go.globals.iter().enumerate().map(|(i, of)| (of.name.clone(), (at, i))));
            package.files.push(file);
        }
        package
    }

    /// A file.
    pub(super) fn go(&self, spot: Spot) -> &GoFile {
        &self.files[spot.file].go
    }

    /// The kind of a node.
    pub(super) fn kind(&self, spot: Spot) -> &Kind {
        self.go(spot).kind(spot.node)
    }

    /// All nodes of all files.
    pub(super) fn spots(&self) -> impl Iterator<Item = Spot> {
        self.files
            .iter()
            .enumerate()
            .flat_map(|(file, of)| (0..of.go.nodes.len() as NodeId).map(move |node| Spot { file, node }))
    }

    /// A type of the package.
    pub(super) fn type_named(&self, name: &str) -> Option<&TypeDeclaration> {
        self.types.get(name).map(|(file, at)| &self.files[*file].go.types[*at])
    }

    /// A variable of the package: whether there is one of that name.
    pub(super) fn is_global(&self, name: &str) -> bool {
        self.globals.contains_key(name)
    }

    /// A function, or a method of a type of the package.
    pub(super) fn function(&self, receiver: &str, name: &str) -> Option<Spot> {
        self.functions.get(&(receiver.to_owned(), name.to_owned())).copied()
    }

    /// The name of the type whose method a function is; empty for a function.
    pub(super) fn receiver(&self, function: Spot) -> &str {
        match self.kind(function) {
            Kind::Function { receiver: Some((_, of)), .. } => match of.target() {
                Type::Name(name) => name,
                _ => "",
            },
            _ => "",
        }
    }

    /// What a call calls.
    pub(super) fn callee(&self, call: Spot) -> Callee {
        // A `go` that a file ends with has no call behind it.
        match self.go(call).nodes.get(call.node as usize).map(|node| &node.kind) {
            Some(Kind::Call { callee, .. }) => self.called(call.file, callee, 0),
            _ => Callee::Unknown(String::new()),
        }
    }

    fn called(&self, file: usize, callee: &Expression, steps: usize) -> Callee {
        match callee {
            Expression::Literal(node) => Callee::Own(Spot { file, node: *node }),
            Expression::Name(name) => match self.function("", name) {
                Some(spot) => Callee::Own(spot),
                None if is_built_in(name) => Callee::BuiltIn(name.clone()),
                None => Callee::Unknown(name.clone()),
            },
            Expression::Variable(id) => match &self.files[file].go.variables[*id as usize].value {
                Some(Origin::Value(value)) if steps < STEPS && value != callee => self.called(file, value, steps + 1),
                _ => Callee::Unknown(self.files[file].go.variables[*id as usize].name.clone()),
            },
            Expression::Field(base, name) => self.called_method(file, base, name, steps),
            _ => Callee::Unknown(String::new()),
        }
    }

    fn called_method(&self, file: usize, base: &Expression, name: &str, steps: usize) -> Callee {
        if let Expression::Name(import) = base
            && !self.is_global(import)
            && let Some(path) = self.files[file].go.import(import)
        {
            return Callee::Function(path.to_owned(), name.to_owned());
        }
        match self.type_within(file, base, steps + 1).target() {
            Type::Name(of) => self.method(of, name, steps + 1),
            Type::Qualified(package, of) => Callee::Method(package.clone(), of.clone(), name.to_owned()),
            _ => Callee::Unknown(name.to_owned()),
        }
    }

    /// A method of a type, or of one that it embeds.
    fn method(&self, of: &str, name: &str, steps: usize) -> Callee {
        if let Some(spot) = self.function(of, name) {
            return Callee::Own(spot);
        }
        let unknown = Callee::Unknown(name.to_owned());
        let Some(declaration) = self.type_named(of).filter(|_| steps < STEPS) else { return unknown };
        let embedded = declaration.embedded.iter().map(|embedded| match embedded.target() {
            Type::Name(of) => self.method(of, name, steps + 1),
            Type::Qualified(package, of) => Callee::Method(package.clone(), of.clone(), name.to_owned()),
            _ => unknown.clone(),
        });
        embedded.into_iter().find(|callee| !matches!(callee, Callee::Unknown(_))).unwrap_or_else(|| unknown.clone())
    }

    /// The struct that a field is declared in, the type itself or one that it embeds, and the field's type.
    pub(super) fn field<'p>(&'p self, of: &'p str, name: &str, steps: usize) -> Option<(&'p str, &'p Type)> {
        let declaration = self.type_named(of).filter(|_| steps < STEPS)?;
        if let Some((_, field)) = declaration.fields.iter().find(|(known, _)| known == name) {
            return Some((of, field));
        }
        declaration.embedded.iter().find_map(|embedded| match embedded.target() {
            // The field of an embedded type is that type's name.
            Type::Name(inner) if inner == name => Some((of, embedded)),
            Type::Qualified(_, inner) if inner == name => Some((of, embedded)),
            Type::Name(inner) => self.field(inner, name, steps + 1),
            _ => None,
        })
    }

    /// The type of an expression, as far as the package tells.
    pub(super) fn type_of(&self, file: usize, expression: &Expression) -> Type {
        self.type_within(file, expression, 0)
    }

    fn type_within(&self, file: usize, expression: &Expression, steps: usize) -> Type {
        if steps >= STEPS {
            return Type::Other;
        }
        let go = &self.files[file].go;
        match expression {
            Expression::Variable(id) => self.type_of_variable(file, *id, steps + 1),
            Expression::Name(name) => match self.globals.get(name) {
                Some((at, i)) => {
                    let global = &self.files[*at].go.globals[*i];
                    let by_value = || global.value.as_ref().map(|value| self.type_within(*at, value, steps + 1));
                    global.of.clone().or_else(by_value).unwrap_or(Type::Other)
                }
                None => Type::Other,
            },
            Expression::Field(base, name) => {
                let base = self.type_within(file, base, steps + 1);
                match base.target() {
                    Type::Name(of) => self.field(of, name, steps).map_or(Type::Other, |(_, field)| field.clone()),
                    Type::Qualified(p, of)
                        if p == "time" && name == "C" && matches!(of.as_str(), "Timer" | "Ticker") =>
                    {
                        Type::Channel(Box::new(Type::Other))
                    }
                    _ => Type::Other,
                }
            }
            Expression::Element(base) => match self.underlying(self.type_within(file, base, steps + 1)) {
                Type::List(of) => *of,
                _ => Type::Other,
            },
            Expression::Call(node) => self.result(Spot { file, node: *node }, 0, steps + 1),
            Expression::MakeChannel(_) => Type::Channel(Box::new(Type::Other)),
            Expression::Composite(node) => match go.kind(*node) {
                Kind::Composite { of, .. } => of.clone(),
                _ => Type::Other,
            },
            Expression::Receive(node) => match go.kind(*node) {
                Kind::Receive { channel } => match self.underlying(self.type_within(file, channel, steps + 1)) {
                    Type::Channel(of) => *of,
                    _ => Type::Other,
                },
                _ => Type::Other,
            },
            Expression::Typed(of) => of.clone(),
            Expression::Literal(_) | Expression::Nil | Expression::Other => Type::Other,
        }
    }

    fn type_of_variable(&self, file: usize, id: VariableId, steps: usize) -> Type {
        let variable = &self.files[file].go.variables[id as usize];
        match (&variable.of, &variable.value) {
            (Some(of), _) => of.clone(),
            (None, Some(Origin::Value(value))) => self.type_within(file, value, steps),
            (None, Some(Origin::Result(call, i))) => self.result(Spot { file, node: *call }, *i, steps),
            (None, Some(Origin::Element(over, is_key))) => {
                match (self.underlying(self.type_within(file, over, steps)), is_key) {
                    (Type::List(of), false) | (Type::Channel(of), true) => *of,
                    _ => Type::Other,
                }
            }
            (None, None) => Type::Other,
        }
    }

    /// The type of one of the results of a call.
    fn result(&self, call: Spot, i: usize, steps: usize) -> Type {
        let Kind::Call { callee, .. } = self.kind(call) else { return Type::Other };
        match self.called(call.file, callee, steps) {
            Callee::Own(function) => {
                let results = self.kind(function).signature().map(|signature| &signature.results);
                results.and_then(|results| results.get(i)).cloned().unwrap_or(Type::Other)
            }
            Callee::Function(path, name) => known_result(&path, &name, i),
            _ => match self.type_within(call.file, callee, steps) {
                Type::Function(results) => results.get(i).cloned().unwrap_or(Type::Other),
                // A conversion.
                _ => match callee {
                    Expression::Name(name) if self.types.contains_key(name) => Type::Name(name.clone()),
                    _ => Type::Other,
                },
            },
        }
    }

    /// What a type of the package is.
    pub(super) fn underlying(&self, of: Type) -> Type {
        let mut of = of;
        for _ in 0..STEPS {
            let Type::Name(name) = &of else { break };
            match self.type_named(name) {
                Some(declaration) if declaration.of != of => of = declaration.of.clone(),
                _ => break,
            }
        }
        of
    }
}

/// Functions of the standard library, and of errgroup, whose results goroutines wait for.
fn known_result(path: &str, name: &str, i: usize) -> Type {
    let of = |package: &str, name: &str| Type::Qualified(package.into(), name.into());
    let pointer = |to: Type| Type::Pointer(Box::new(to));
    match (path.rsplit('/').next().unwrap_or(path), name, i) {
        ("context", _, 0) => of("context", "Context"),
        ("time", "NewTicker", 0) => pointer(of("time", "Ticker")),
        ("time", "NewTimer" | "AfterFunc", 0) => pointer(of("time", "Timer")),
        ("time", "After" | "Tick", 0) => Type::Channel(Box::new(Type::Other)),
        ("sync", "NewCond", 0) => pointer(of("sync", "Cond")),
        ("errgroup", "WithContext", 0) => pointer(of("errgroup", "Group")),
        ("errgroup", "WithContext", 1) => of("context", "Context"),
        _ => Type::Other,
    }
}

fn is_built_in(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "cap"
            | "clear"
            | "close"
            | "complex"
            | "copy"
            | "delete"
            | "imag"
            | "len"
            | "make"
            | "max"
            | "min"
            | "new"
            | "panic"
            | "print"
            | "println"
            | "real"
            | "recover"
    )
}

/// The functions of a file that there can be one of: receiver's type and name.
fn declared(go: &GoFile) -> impl Iterator<Item = ((String, String), NodeId)> {
    go.nodes.iter().enumerate().filter_map(|(node, of)| match &of.kind {
        Kind::Function { name, receiver, .. } if name != "init" && name != "_" => {
            let receiver = match receiver.as_ref().map(|(_, of)| of.target()) {
                Some(Type::Name(of)) => of.clone(),
                _ => String::new(),
            };
            Some(((receiver, name.clone()), node as NodeId))
        }
        _ => None,
    })
}

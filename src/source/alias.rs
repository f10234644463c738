//! Which names mean the same channel or lock, within a package.
//!
//! What is assigned, returned or put into a field is one with what it is assigned to, whatever the order ("Points-to analysis
//! in almost linear time", POPL 1996): too much may be taken as one, so that "nobody receives" is only said where no name that
//! could mean the channel is received from. Arguments and parameters are kept apart, and linked: of a
//! function that is called from several places, one call can be followed.

use std::collections::{BTreeSet, HashMap};

use super::go::{Expression, Kind, Loop, NodeId, Origin, Type, VariableId};
use super::package::{Callee, Package, Spot};

/// A name, or an unnamed value, that can hold a channel or a lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Name {
    /// A variable of a function.
    Variable(usize, VariableId),
    /// A field of a type of the package.
    Field(String, String),
    /// A field of what isn't of such a type.
    Member(Box<Name>, String),
    /// A variable of the package.
    Global(String),
    /// One of a function's results.
    Result(Spot, usize),
    /// The elements of a slice or map.
    Element(Box<Name>),
    /// What a call to another package returns, or a new channel.
    Made(Spot),
    /// A variable of another package.
    Foreign(String, String),
}

/// Members of members of…: no real name needs more.
const DEEPEST: usize = 12;
/// Elements of elements of what is the same: no real name needs more.
const ROUNDS: usize = 2;

/// Names, by what they mean.
pub(super) struct Aliases {
    names: HashMap<Name, usize>,
    parents: Vec<usize>,
    /// From arguments to parameters.
    passed: Vec<(usize, usize)>,
    /// The same by class, once all is known: to parameters, and back.
    down: HashMap<usize, Vec<usize>>,
    up: HashMap<usize, Vec<usize>>,
    by_class: HashMap<usize, Vec<Name>>,
}

/// The classes of all names that may mean one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    name: Name,
    classes: BTreeSet<usize>,
}

impl Meaning {
    /// The classes, and the name itself where it has none.
    pub(super) fn classes(&self) -> (&BTreeSet<usize>, &Name) {
        (&self.classes, &self.name)
    }
}

impl Aliases {
    /// All that a package says.
    pub(super) fn of(package: &Package) -> Self {
        let mut aliases = Aliases {
            names: HashMap::new(),
            parents: Vec::new(),
            passed: Vec::new(),
            down: HashMap::new(),
            up: HashMap::new(),
            by_class: HashMap::new(),
        };
        for spot in package.spots() {
            aliases.take(package, spot);
        }
        for (file, of) in package.files.iter().enumerate() {
            for global in &of.go.globals {
                if let Some(value) = &global.value {
                    let value = name(package, file, value);
                    aliases.same(Some(Name::Global(global.name.clone())), value);
                }
            }
        }
        aliases.parts_of_the_same();
        for id in 0..aliases.parents.len() {
            aliases.parents[id] = aliases.root(id);
        }
        aliases.index();
        aliases
    }

    fn index(&mut self) {
        for (argument, parameter) in std::mem::take(&mut self.passed) {
            let (argument, parameter) = (self.root(argument), self.root(parameter));
            if argument != parameter {
                self.down.entry(argument).or_default().push(parameter);
                self.up.entry(parameter).or_default().push(argument);
            }
        }
        for (name, id) in &self.names {
            self.by_class.entry(self.parents[*id]).or_default().push(name.clone());
        }
        self.by_class.values_mut().for_each(|names| names.sort());
    }

    /// Elements and members of what is the same are the same.
    fn parts_of_the_same(&mut self) {
        for _ in 0..ROUNDS {
            let mut first: HashMap<(usize, Option<String>), Name> = HashMap::new();
            let mut names: Vec<(Name, usize)> = self.names.iter().map(|(name, id)| (name.clone(), *id)).collect();
            names.sort_by_key(|(_, id)| *id);
            for (name, _) in names {
                let (base, part) = match &name {
                    Name::Element(base) => (base, None),
                    Name::Member(base, field) => (base, Some(field.clone())),
                    _ => continue,
                };
                let Some(class) = self.class(base) else { continue };
                match first.get(&(class, part.clone())).cloned() {
                    Some(known) => self.same(Some(known), Some(name)),
                    None => drop(first.insert((class, part), name)),
                }
            }
        }
    }

    fn take(&mut self, package: &Package, spot: Spot) {
        let file = spot.file;
        let of = |expression: &Expression| name(package, file, expression);
        match package.kind(spot) {
            Kind::Declare { variables, values } => {
                let targets: Vec<Option<Name>> =
                    variables.iter().map(|id| id.map(|id| Name::Variable(file, id))).collect();
                self.assign(package, file, &targets, values);
            }
            Kind::Assign { targets, values } => {
                let targets: Vec<Option<Name>> = targets.iter().map(of).collect();
                self.assign(package, file, &targets, values);
            }
            Kind::For { over: Loop::Range(over, [_, Some(value)]) } => {
                let element = of(over).map(|over| Name::Element(Box::new(over)));
                self.same(Some(Name::Variable(file, *value)), element);
            }
            Kind::Composite { of: Type::List(_), fields } => {
                for (_, value) in fields {
                    self.same(Some(Name::Element(Box::new(Name::Made(spot)))), of(value));
                }
            }
            Kind::Composite { of: Type::Name(of_type), fields } => {
                for (field, value) in fields {
                    let field = match field.parse::<usize>() {
                        Ok(at) => {
                            package.type_named(of_type).and_then(|of| of.fields.get(at)).map(|(name, _)| name.clone())
                        }
                        Err(_) => Some(field.clone()),
                    };
                    self.same(field.map(|field| Name::Field(of_type.clone(), field)), of(value));
                }
            }
            Kind::Call { arguments, callee } => self.call(package, spot, callee, arguments),
            Kind::Return { values } => {
                if let Some(function) = package.go(spot).function_of(spot.node) {
                    let function = Spot { file, node: function };
                    for (i, value) in values.iter().enumerate() {
                        self.same(Some(Name::Result(function, i)), of(value));
                    }
                }
            }
            Kind::Function { signature, .. } | Kind::Literal { signature } => {
                for (i, id) in signature.named_results.iter().enumerate() {
                    self.same(Some(Name::Result(spot, i)), Some(Name::Variable(file, *id)));
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, package: &Package, file: usize, targets: &[Option<Name>], values: &[Expression]) {
        if let ([Expression::Call(call)], true) = (values, targets.len() > 1) {
            if let Callee::Own(function) = package.callee(Spot { file, node: *call }) {
                for (i, target) in targets.iter().enumerate() {
                    self.same(target.clone(), Some(Name::Result(function, i)));
                }
            } else if let Some(target) = targets.first() {
                self.same(target.clone(), Some(Name::Made(Spot { file, node: *call })));
            }
            return;
        }
        for (target, value) in targets.iter().zip(values) {
            self.same(target.clone(), name(package, file, value));
        }
    }

    fn call(&mut self, package: &Package, call: Spot, callee: &Expression, arguments: &[Expression]) {
        match package.callee(call) {
            Callee::Own(function) => {
                let file = function.file;
                let Some(signature) = package.kind(function).signature() else { return };
                for ((parameter, _), argument) in signature.parameters.iter().zip(arguments) {
                    let parameter = parameter.map(|id| Name::Variable(file, id));
                    self.passes(name(package, call.file, argument), parameter);
                }
                if let (Kind::Function { receiver: Some((Some(id), _)), .. }, Expression::Field(base, _)) =
                    (package.kind(function), callee)
                {
                    self.passes(name(package, call.file, base), Some(Name::Variable(file, *id)));
                }
            }
            Callee::BuiltIn(built_in) if built_in == "append" => {
                let list = arguments.first().and_then(|list| name(package, call.file, list));
                for argument in arguments.iter().skip(1) {
                    let element = list.clone().map(|list| Name::Element(Box::new(list)));
                    self.same(element, name(package, call.file, argument));
                }
            }
            _ => {}
        }
    }

    fn id(&mut self, name: Name) -> usize {
        let next = self.parents.len();
        let id = *self.names.entry(name).or_insert(next);
        if id == next {
            self.parents.push(next);
        }
        id
    }

    fn root(&self, mut id: usize) -> usize {
        while self.parents[id] != id {
            id = self.parents[id];
        }
        id
    }

    /// The root, with the way there halved for those who ask later.
    fn shorten(&mut self, mut id: usize) -> usize {
        while self.parents[id] != id {
            self.parents[id] = self.parents[self.parents[id]];
            id = self.parents[id];
        }
        id
    }

    fn same(&mut self, a: Option<Name>, b: Option<Name>) {
        let (Some(a), Some(b)) = (a, b) else { return };
        let (a, b) = (self.id(a), self.id(b));
        let (a, b) = (self.shorten(a), self.shorten(b));
        // The smaller number stays the root, so that the result hangs on no order but the source's.
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high] = low;
    }

    fn passes(&mut self, argument: Option<Name>, parameter: Option<Name>) {
        let (Some(argument), Some(parameter)) = (argument, parameter) else { return };
        let link = (self.id(argument), self.id(parameter));
        self.passed.push(link);
    }

    /// A number that all names share which are assigned to each other. A name that nothing is assigned to has none.
    pub(super) fn class(&self, name: &Name) -> Option<usize> {
        self.names.get(name).map(|id| self.root(*id))
    }

    /// All that a name may mean, whoever calls.
    pub(super) fn meaning(&self, name: &Name) -> Meaning {
        let both =
            |class: usize| self.down.get(&class).into_iter().chain(self.up.get(&class)).flatten().copied().collect();
        Meaning { name: name.clone(), classes: closure(self.class(name), both) }
    }

    /// What a parameter means in the calls that pass this argument: what other callers pass is left out.
    pub(super) fn meaning_in_call(&self, parameter: &Name, argument: &Name) -> Meaning {
        let up = |class: usize| self.up.get(&class).cloned().unwrap_or_default();
        let down = |class: usize| self.down.get(&class).cloned().unwrap_or_default();
        let mut classes = closure(self.class(argument), up);
        let starts: Vec<usize> = classes.iter().copied().chain(self.class(parameter)).collect();
        for start in starts {
            classes.extend(closure(Some(start), down));
        }
        Meaning { name: parameter.clone(), classes }
    }

    /// Whether two names may mean one thing.
    pub(super) fn are_same(&self, a: &Name, b: &Name) -> bool {
        a == b || self.class(b).is_some_and(|class| self.meaning(a).classes.contains(&class))
    }

    /// All names that may mean it, in a fixed order.
    pub(super) fn names_of(&self, of: &Meaning) -> Vec<Name> {
        if of.classes.is_empty() {
            return vec![of.name.clone()];
        }
        of.classes.iter().filter_map(|class| self.by_class.get(class)).flatten().cloned().collect()
    }
}

/// All that is reached from a class.
fn closure(from: Option<usize>, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut reached: BTreeSet<usize> = from.into_iter().collect();
    let mut open: Vec<usize> = reached.iter().copied().collect();
    while let Some(class) = open.pop() {
        for class in next(class) {
            if reached.insert(class) {
                open.push(class);
            }
        }
    }
    reached
}

/// The name of an expression, where it has one.
pub(super) fn name(package: &Package, file: usize, expression: &Expression) -> Option<Name> {
    name_within(package, file, expression, 0)
}

fn name_within(package: &Package, file: usize, expression: &Expression, depth: usize) -> Option<Name> {
    if depth > DEEPEST {
        return None;
    }
    match expression {
        Expression::Variable(id) => Some(Name::Variable(file, *id)),
        Expression::Name(name) if package.is_global(name) => Some(Name::Global(name.clone())),
        Expression::Field(base, field) => {
            if let Expression::Name(import) = base.as_ref()
                && !package.is_global(import)
            {
                return Some(Name::Foreign(import.clone(), field.clone()));
            }
            let of = package.type_of(file, base);
            if let Type::Name(of) = of.target()
                && let Some((owner, _)) = package.field(of, field, 0)
            {
                return Some(Name::Field(owner.to_owned(), field.clone()));
            }
            let base = name_within(package, file, base, depth + 1)?;
            Some(Name::Member(Box::new(base), field.clone()))
        }
        Expression::Element(base) => {
            name_within(package, file, base, depth + 1).map(|base| Name::Element(Box::new(base)))
        }
        Expression::Call(node) => {
            let call = Spot { file, node: *node };
            match package.callee(call) {
                Callee::Own(function) => Some(Name::Result(function, 0)),
                _ => Some(Name::Made(call)),
            }
        }
        Expression::MakeChannel(node) | Expression::Composite(node) => Some(Name::Made(Spot { file, node: *node })),
        _ => None,
    }
}

/// Where a variable's first value comes from.
pub(super) fn origin(package: &Package, file: usize, id: VariableId) -> Option<&Origin> {
    package.files[file].go.variables[id as usize].value.as_ref()
}

/// The node of a name that was made where it stands.
pub(super) fn made_at(name: &Name) -> Option<Spot> {
    match name {
        Name::Made(spot) => Some(*spot),
        _ => None,
    }
}

/// A spot of the same file.
pub(super) fn beside(spot: Spot, node: NodeId) -> Spot {
    Spot { file: spot.file, node }
}

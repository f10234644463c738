//! What is done with each channel and lock of a package, whatever it is called.

use std::collections::HashMap;

use super::alias::{Aliases, Meaning, Name, name};
use super::go::{Expression, Kind, Loop, Type};
use super::package::{Callee, Package, Spot};

/// One thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Where.
    pub spot: Spot,
    /// What.
    pub what: What,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// `make(chan T)`.
    Make,
    /// `<-`, also as a case of a select.
    Send,
    /// See `Send`.
    Receive,
    /// `for range`.
    Range,
    /// `close`.
    Close,
    /// It is given to code that isn't read.
    Escape,
    /// A method of it is called: the call tells which.
    Method,
}

/// All uses of a package.
pub(super) struct Uses {
    by_class: HashMap<usize, Vec<Use>>,
    by_name: HashMap<Name, Vec<Use>>,
}

impl Uses {
    /// Goes through a package.
    pub(super) fn all(package: &Package, aliases: &Aliases) -> Self {
        let mut uses = Uses { by_class: HashMap::new(), by_name: HashMap::new() };
        for spot in package.spots() {
            let file = spot.file;
            let mut add = |of: Option<Name>, what: What| uses.add(aliases, of, Use { spot, what });
            match package.kind(spot) {
                Kind::Send { channel, value } => {
                    add(name(package, file, channel), What::Send);
                    add(name(package, file, value), What::Escape);
                }
                Kind::Receive { channel } => add(name(package, file, channel), What::Receive),
                Kind::For { over: Loop::Range(over, _) } => add(name(package, file, over), What::Range),
                Kind::MakeChannel { .. } => add(Some(Name::Made(spot)), What::Make),
                Kind::Return { values } if leaves_the_package(package, spot) => {
                    values.iter().for_each(|value| add(name(package, file, value), What::Escape));
                }
                Kind::Call { callee, arguments } => match package.callee(spot) {
                    Callee::Own(_) => {}
                    Callee::BuiltIn(built_in) if built_in == "close" => {
                        arguments.iter().for_each(|argument| add(name(package, file, argument), What::Close));
                    }
                    Callee::BuiltIn(_) => {}
                    of => {
                        if !only_looks(&of) {
                            arguments.iter().for_each(|argument| add(name(package, file, argument), What::Escape));
                        }
                        add(method_of(package, file, callee), What::Method);
                    }
                },
                _ => {}
            }
        }
        uses
    }

    fn add(&mut self, aliases: &Aliases, of: Option<Name>, one: Use) {
        let Some(of) = of else { return };
        let list = match aliases.class(&of) {
            Some(class) => self.by_class.entry(class).or_default(),
            None => self.by_name.entry(of).or_default(),
        };
        list.push(one);
    }

    /// What is done with all that may mean one thing, in source order.
    pub(super) fn of(&self, of: &Meaning) -> Vec<Use> {
        let (classes, name) = of.classes();
        if classes.is_empty() {
            return self.by_name.get(name).cloned().unwrap_or_default();
        }
        let mut uses: Vec<Use> =
            classes.iter().filter_map(|class| self.by_class.get(class)).flatten().copied().collect();
        uses.sort_by_key(|one| one.spot);
        uses
    }
}

/// Functions that print what they are given, and nothing else.
fn only_looks(callee: &Callee) -> bool {
    match callee {
        Callee::Function(path, _) => matches!(path.as_str(), "fmt" | "log" | "log/slog" | "unsafe" | "reflect"),
        Callee::Method(package, ..) => matches!(package.as_str(), "log" | "slog" | "testing"),
        _ => false,
    }
}

/// Whether other packages may call the function that returns here.
fn leaves_the_package(package: &Package, spot: Spot) -> bool {
    let go = package.go(spot);
    go.function_of(spot.node).is_some_and(|function| match go.kind(function) {
        Kind::Function { name, .. } => is_exported(name),
        _ => false,
    })
}

/// Whether other packages can use a name.
pub(super) fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// Whose method is called: the variable or field; of a type that embeds a lock, the lock.
pub(super) fn method_of(package: &Package, file: usize, callee: &Expression) -> Option<Name> {
    let Expression::Field(base, method) = callee else { return None };
    if let Type::Name(of) = package.type_of(file, base).target()
        && let Some(declaration) = package.type_named(of)
        && package.function(of, method).is_none()
    {
        let lock = declaration.embedded.iter().find_map(|embedded| match embedded.target() {
            Type::Qualified(package, name) if package == "sync" => Some(name.clone()),
            _ => None,
        });
        if let Some(lock) = lock {
            return Some(Name::Field(of.clone(), lock));
        }
    }
    name(package, file, base)
}

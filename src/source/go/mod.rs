//! Go files, read as far as the analysis of blocked goroutines needs it. Nothing here knows goroutines.

mod expressions;
mod lower;
mod read;
mod syntax;

pub(super) use read::read;
pub(super) use syntax::{Expression, GoFile, Kind, Loop, NodeId, Origin, Type, TypeDeclaration, VariableId};

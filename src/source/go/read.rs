//! A Go file's text into its functions, types and imports.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::lower::{Lowering, children};
use super::syntax::{Global, GoFile, Type, TypeDeclaration};

/// The parser asks after each hundred of its operations whether to go on. Of Go's own files it asks once for 60 bytes and
/// more; so many bytes are allowed for each time, beside some thousand times for any file.
const BYTES_PER_STEP: usize = 20;
const STEPS: usize = 10_000;
/// What is no Go is taken for every possible thing, which is slow: once it isn't, less is allowed.
const BYTES_PER_STEP_OF_ERRORS: usize = 1_000;
const STEPS_OF_ERRORS: usize = 500;

/// Reads a file. `None` where it is none that Go compiles, or would take too long to find out.
pub(in crate::source) fn read(bytes: &[u8]) -> Option<GoFile> {
    // The compiler takes neither (cmd/compile/internal/syntax/source.go:nextch), and a megabyte of random bytes keeps the parser
    // busy for half a minute within its steps.
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?.to_owned();
    if !is_text(&text) {
        return None;
    }
    let tree = parse(&text)?;
    let mut lowering = Lowering::new(&text);
    for node in children(tree.root_node()) {
        match node.kind() {
            "package_clause" => lowering.file.package = lowering.text(node.named_child(0)).to_owned(),
            "import_declaration" => imports(&mut lowering, node),
            "function_declaration" | "method_declaration" => lowering.declaration(node),
            "type_declaration" => types(&mut lowering, node),
            "var_declaration" => globals(&mut lowering, node),
            "ERROR" => lowering.unread(node),
            _ => {}
        }
    }
    let mut file = lowering.file;
    file.text = text;
    Some(file)
}

/// Whether nearly all of it is text: what isn't, the parser would take long to find out.
fn is_text(text: &str) -> bool {
    const ONE_IN: usize = 50;
    let is_strange = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    text.chars().filter(is_strange).count() <= text.len() / ONE_IN
}

/// The tree of a text.
fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    let mut steps = STEPS + text.len() / BYTES_PER_STEP;
    let mut steps_of_errors = STEPS_OF_ERRORS + text.len() / BYTES_PER_STEP_OF_ERRORS;
    let mut within_limit = |state: &ParseState| {
        steps = steps.saturating_sub(1);
        steps_of_errors = steps_of_errors.saturating_sub(usize::from(state.has_error()));
        if steps == 0 || steps_of_errors == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let mut rest = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut rest, None, Some(ParseOptions::new().progress_callback(&mut within_limit)))
}

fn imports(lowering: &mut Lowering<'_>, node: tree_sitter::Node<'_>) {
    for child in children(node) {
        match child.kind() {
            "import_spec_list" => imports(lowering, child),
            "import_spec" => {
                let path = lowering.text(child.child_by_field_name("path")).trim_matches(['"', '`']).to_owned();
                let name = match child.child_by_field_name("name") {
                    Some(name) => lowering.text(Some(name)).to_owned(),
                    None => package_name(&path).to_owned(),
                };
                lowering.file.imports.push((name, path));
            }
            _ => {}
        }
    }
}

/// The name that a package of a path most likely has: its last element, or the one before a version.
fn package_name(path: &str) -> &str {
    let is_version =
        |s: &str| s.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let mut elements = path.rsplit('/');
    let last = elements.next().unwrap_or(path);
    let name = if is_version(last) { elements.next().unwrap_or(last) } else { last };
    let name = name.split(".v").next().unwrap_or(name);
    name.strip_prefix("go-").unwrap_or(name)
}

fn types(lowering: &mut Lowering<'_>, node: tree_sitter::Node<'_>) {
    for spec in children(node).filter(|child| matches!(child.kind(), "type_spec" | "type_alias")) {
        let name = lowering.text(spec.child_by_field_name("name")).to_owned();
        let Some(of) = spec.child_by_field_name("type") else { continue };
        let (mut fields, mut embedded) = (Vec::new(), Vec::new());
        if of.kind() == "struct_type" {
            let list = children(of).filter(|list| list.kind() == "field_declaration_list");
            for field in list.flat_map(children).filter(|field| field.kind() == "field_declaration") {
                let of = field.child_by_field_name("type").map_or(Type::Other, |of| lowering.type_of(of));
                let names: Vec<String> = children(field)
                    .filter(|c| c.kind() == "field_identifier")
                    .map(|c| lowering.text(Some(c)).to_owned())
                    .collect();
                if names.is_empty() {
                    embedded.push(of);
                } else {
                    fields.extend(names.into_iter().map(|name| (name, of.clone())));
                }
            }
        }
        let of = lowering.type_of(of);
        lowering.file.types.push(TypeDeclaration { name, of, fields, embedded });
    }
}

fn globals(lowering: &mut Lowering<'_>, node: tree_sitter::Node<'_>) {
    for child in children(node) {
        match child.kind() {
            "var_spec_list" => globals(lowering, child),
            "var_spec" => {
                let of = child.child_by_field_name("type").map(|of| lowering.type_of(of));
                let values = lowering.list(child.child_by_field_name("value"));
                let names: Vec<String> = children(child)
                    .filter(|c| c.kind() == "identifier")
                    .map(|c| lowering.text(Some(c)).to_owned())
                    .collect();
                for (i, name) in names.into_iter().enumerate() {
                    let value = values.get(i).cloned();
                    lowering.file.globals.push(Global { name, of: of.clone(), value });
                }
            }
            _ => {}
        }
    }
}

//! `convert --to folded`: a line for each stack, entry first, with its goroutines, as flame graph tools and speedscope
//! read it. The wait state is the leaf.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::clean;
use crate::report::{Group, Report};

/// Writes the report's one snapshot. Stacks of a delta profile that became fewer have no place in the format.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut stacks: BTreeMap<String, i64> = BTreeMap::new();
    for group in report.groups.iter().filter(|group| group.count > 0) {
        *stacks.entry(folded(group)).or_default() += group.count;
    }
    for (stack, goroutines) in stacks {
        writeln!(out, "{stack} {goroutines}")?;
    }
    Ok(())
}

fn folded(group: &Group) -> String {
    // What parts frames and counts can't be in a name.
    let name = |text: &str| clean(text).replace(';', ":");
    let mut line = String::new();
    for frame in group.frames.iter().rev() {
        line += &name(&frame.function);
        line.push(';');
    }
    line + "[" + &name(&group.state) + "]"
}

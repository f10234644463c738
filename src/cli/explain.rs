//! `unpark explain`.

use super::args::ExplainArguments;
use super::{OK, UNREADABLE, output, plan, terminal};
use crate::render::{self, Style};
use crate::report;

/// Prints a page, or the list; returns the exit code.
pub(super) fn run(arguments: &ExplainArguments) -> u8 {
    let rules = match plan::rules(&arguments.rules) {
        Ok(rules) => rules,
        Err(message) => {
            terminal::complain(&message, &[]);
            return UNREADABLE;
        }
    };
    let page = match &arguments.name {
        None => report::labels(&rules),
        Some(name) => match report::explain(name, &rules) {
            Ok(page) => page,
            Err(unknown) => {
                let mut hints = vec!["`unpark explain` lists all".to_owned()];
                if let Some(nearest) = unknown.nearest {
                    hints.insert(0, format!("the nearest is {nearest}"));
                }
                terminal::complain(&format!("there is no pattern and no signature {name}"), &hints);
                return UNREADABLE;
            }
        },
    };
    let color = terminal::color(arguments.color, true);
    let style = Style { width: terminal::width(true), color, ..Style::default() };
    let written = output::write_to(None, color, |out| out.write_all(render::page(&page, &style).as_bytes()));
    match written {
        Ok(()) => OK,
        Err(e) => {
            terminal::complain(&format!("standard output: {e}"), &[]);
            UNREADABLE
        }
    }
}

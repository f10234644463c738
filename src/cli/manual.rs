//! Completions for shells and manual pages, from the definition of the command line.

use std::io;

use clap_complete::Shell;

use super::{OK, UNREADABLE, output, terminal};
use crate::classify::patterns::nearest_of;

/// Prints completions; returns the exit code.
pub(super) fn completions(shell: Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "unpark", &mut text);
    print(&text)
}

/// Prints the page of a command, or of all; returns the exit code.
pub(super) fn page(name: Option<&str>) -> u8 {
    let mut all = super::command();
    all.build();
    let command = match name {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            Some(command) => command.clone().display_name(format!("unpark-{name}")),
            None => {
                let names: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
                let nearest = nearest_of(name, names.iter().copied()).map(|name| format!("the nearest is {name}"));
                let hints: Vec<String> =
                    nearest.into_iter().chain([format!("there are: {}", names.join(", "))]).collect();
                terminal::complain(&format!("there is no command {name}"), &hints);
                return UNREADABLE;
            }
        },
    };
    let mut text = Vec::new();
    match clap_mangen::Man::new(command).render(&mut text) {
        Ok(()) => print(&text),
        Err(e) => failed(&e),
    }
}

fn print(text: &[u8]) -> u8 {
    match output::write_to(None, false, |out| out.write_all(text)) {
        Ok(()) => OK,
        Err(e) => failed(&e),
    }
}

fn failed(error: &io::Error) -> u8 {
    terminal::complain(&format!("standard output: {error}"), &[]);
    UNREADABLE
}

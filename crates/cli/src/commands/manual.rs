//! `catchment completions` and `catchment man`: what shells and manuals want to know of us.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use crate::output::{Target, print};
use crate::report::Failure;

/// Print the completions for a shell
///
/// For example: `catchment completions bash > ~/.local/share/bash-completion/completions/catchment`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write one for each command
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for the pages of all commands
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Runs `completions`.
///
/// # Errors
/// If they cannot be written.
pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut crate::Arguments::command(), "catchment", &mut text);
    print(&String::from_utf8_lossy(&text))
}

/// Runs `man`.
///
/// # Errors
/// If a page cannot be written.
pub fn man(args: &ManArgs) -> Result<(), Failure> {
    let mut command = crate::Arguments::command();
    command.build();
    match &args.out {
        None => print(&page(&command, "catchment")),
        Some(folder) => write_pages(&command, "catchment", folder),
    }
}

fn write_pages(command: &Command, name: &str, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    let text = page(command, name);
    Target::new(Some(&path))?.write(|out| out.write_all(text.as_bytes()))?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        write_pages(inner, &format!("{name}-{}", inner.get_name()), folder)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> String {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone()).title(name);
    page.render(&mut text).expect("a list of bytes takes all");
    String::from_utf8_lossy(&text).into_owned()
}

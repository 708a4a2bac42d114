//! The step `examples`: what README and docs show is what really happens.
//!
//! A fenced block tagged `console` is a transcript: lines that start with `$ ` are commands, the
//! lines below each are what it must print (stdout and stderr, as on a terminal). A line `...`
//! stands for any number of lines, also for none. Blocks with another tag are not run.
//!
//! `README.md` is always run; a page under `docs/` is when it has a line [`MARK`]. The first line
//! of a block may say more: `console exit=2` (the last command ends with that exit code; without
//! it all succeed) and `console needs=NAME` (skipped, loudly, where the variable is not set). A
//! command that names `CATCHMENT_DATA` needs it without saying so. `CATCHMENT_DAEMONS` counts as
//! set where BIRD and FRR can be installed and we are root, as labs need it.
//!
//! Commands run in the repository's root, through `sh`, with the debug build of `catchment` first
//! on the PATH. What they leave behind stays, so examples should write to `target/`.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use similar::TextDiff;

use crate::shell::{Failure, build_catchment, call, program, root};
use crate::{setup, tidy};

/// The line by which a page under `docs/` asks to be run.
const MARK: &str = "<!-- console blocks are run by cargo xtask test -->";

/// An example that takes longer hangs (a server, say), or is no example.
const TIME_LIMIT: Duration = Duration::from_secs(300);

pub fn run() -> Result<(), Failure> {
    let mut blocks = Vec::new();
    for (path, text) in pages()? {
        blocks.extend(blocks_in(&path, &text)?);
    }
    if blocks.is_empty() {
        println!("neither README.md nor a marked page under docs/ has a `console` block");
        return Ok(());
    }
    setup::c_compiler()?;
    let catchment = build_catchment(false)?;
    let path = path_with(&catchment)?;
    let daemons = "CATCHMENT_DAEMONS";
    let wants_daemons = blocks.iter().any(|block| block.needs.iter().any(|name| name == daemons));
    let has_daemons = wants_daemons && setup::is_root() && setup::bgp_daemons().is_ok();
    let is_set = |name: &str| env::var_os(name).is_some() || name == daemons && has_daemons;
    let mut failed_count = 0;
    for block in &blocks {
        if let Some(missing) = block.missing_variable(is_set) {
            println!("SKIPPED {}: {missing} is not set", block.place(block.line));
            continue;
        }
        failed_count += usize::from(!block.run(&path)?);
    }
    if failed_count == 0 {
        return Ok(());
    }
    Err(Failure::check(
        format!("{failed_count} of {} console blocks do not show what happens", blocks.len()),
        "correct the page, or the program; `...` stands for lines that may differ",
    ))
}

/// The pages whose console blocks are run, by name.
fn pages() -> Result<Vec<(String, String)>, Failure> {
    let files = tidy::tracked_files()?;
    let marked = |text: &str| text.lines().any(|line| line.trim() == MARK);
    let pages = files.into_iter().filter(|file| {
        let page = file.path.starts_with("docs/") && file.path.ends_with(".md");
        file.path == "README.md" || page && marked(&file.text)
    });
    Ok(pages.map(|file| (file.path, file.text)).collect())
}

/// The PATH, with the folder of the built binary first.
fn path_with(catchment: &Path) -> Result<OsString, Failure> {
    let folder = catchment.parent().map(PathBuf::from).unwrap_or_default();
    let rest = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(folder).chain(env::split_paths(&rest)))
        .map_err(|error| Failure::environment(format!("the PATH cannot be extended: {error}"), ""))
}

/// One fenced block of commands and what they print.
#[derive(Debug, Default)]
struct Block {
    page: String,
    /// Where the fence opens, from 1.
    line: usize,
    needs: Vec<String>,
    /// The exit code of the last command; the others end with 0.
    exit: i32,
    commands: Vec<Command>,
}

#[derive(Debug)]
struct Command {
    line: usize,
    text: String,
    expected: Vec<String>,
}

/// The `console` blocks of a page.
fn blocks_in(page: &str, text: &str) -> Result<Vec<Block>, Failure> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((line, opening)) = lines.next() {
        let opening = opening.trim();
        let fence_length = opening.chars().take_while(|it| *it == '`').count();
        if fence_length < 3 {
            continue;
        }
        let closes = |line: &str| {
            let line = line.trim();
            line.len() >= fence_length && line.chars().all(|it| it == '`')
        };
        let body = lines.by_ref().take_while(|(_, line)| !closes(line));
        let body: Vec<(usize, &str)> = body.collect();
        let mut words = opening[fence_length..].split_whitespace();
        if words.next() != Some("console") {
            continue;
        }
        let mut block = Block { page: page.to_owned(), line, ..Block::default() };
        for word in words {
            block.set(word)?;
        }
        block.read(&body)?;
        blocks.push(block);
    }
    Ok(blocks)
}

impl Block {
    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.page)
    }

    /// Takes one word of the line that opens the block.
    fn set(&mut self, word: &str) -> Result<(), Failure> {
        match word.split_once('=') {
            Some(("needs", name)) => self.needs.push(name.to_owned()),
            Some(("exit", code)) if code.parse::<u8>().is_ok() => {
                self.exit = code.parse().unwrap_or_default();
            }
            _ => {
                return Err(Failure::check(
                    format!("{}: a console block cannot say `{word}`", self.place(self.line)),
                    "`exit=CODE` and `needs=VARIABLE` are known",
                ));
            }
        }
        Ok(())
    }

    /// Takes the lines between the fences.
    fn read(&mut self, body: &[(usize, &str)]) -> Result<(), Failure> {
        let mut lines = body.iter();
        while let Some(&(line, text)) = lines.next() {
            if let Some(command) = text.trim_start().strip_prefix("$ ") {
                let mut command = command.to_owned();
                // A command goes on below a backslash, as in a shell.
                while command.ends_with('\\') {
                    let Some(&(_, more)) = lines.next() else { break };
                    command.push('\n');
                    command.push_str(more);
                }
                self.commands.push(Command { line, text: command, expected: Vec::new() });
            } else if let Some(command) = self.commands.last_mut() {
                command.expected.push(text.to_owned());
            } else if !text.trim().is_empty() {
                return Err(Failure::check(
                    format!("{}: a console block starts without a command", self.place(line)),
                    "start commands with `$ `, or tag the block `text`",
                ));
            }
        }
        Ok(())
    }

    /// A variable that the block needs and that is not set.
    fn missing_variable(&self, is_set: impl Fn(&str) -> bool) -> Option<&str> {
        let data = "CATCHMENT_DATA";
        let uses_data = self.commands.iter().any(|command| command.text.contains(data));
        let needs = self.needs.iter().map(String::as_str).chain(uses_data.then_some(data));
        needs.into_iter().find(|name| !is_set(name))
    }

    /// Runs the commands up to the first that does not do what the page shows.
    fn run(&self, path: &OsString) -> Result<bool, Failure> {
        for (index, command) in self.commands.iter().enumerate() {
            println!("{}: $ {}", self.place(command.line), command.text);
            let is_last = index + 1 == self.commands.len();
            let exit = if is_last { self.exit } else { 0 };
            let Some((status, output)) = execute(&command.text, path)? else {
                println!("  still running after {} s: stopped", TIME_LIMIT.as_secs());
                return Ok(false);
            };
            let actual = tidied(output.lines());
            let expected = tidied(command.expected.iter().map(String::as_str));
            let same = matches(&expected, &actual);
            if !same {
                println!("{}", difference(&expected, &actual));
            }
            if status.code() != Some(exit) {
                println!("  the page says it ends with exit code {exit}; it ended with {status}");
                if same {
                    println!("{}", output.trim_end());
                }
            }
            if !same || status.code() != Some(exit) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Runs a command line and returns what it printed, or `None` if it did not end in time.
fn execute(text: &str, path: &OsString) -> Result<Option<(ExitStatus, String)>, Failure> {
    let not_run = |error: std::io::Error| Failure::environment(format!("`{text}`: {error}"), "");
    // One file for both streams keeps their order, and unlike a pipe never fills up.
    let output_path = root().join("target").join(format!("example-{}.txt", std::process::id()));
    let output = File::create(&output_path).map_err(not_run)?;
    let mut shell = program("sh");
    shell
        .args(["-c", text])
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("CARGO_TERM_COLOR", "never");
    shell.env_remove("CLICOLOR_FORCE").env_remove("FORCE_COLOR");
    shell.stdout(output.try_clone().map_err(not_run)?).stderr(output);
    // A group of its own, so that a command that hangs ends with all it started.
    let mut child = shell.process_group(0).spawn().map_err(not_run)?;
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(not_run)? {
            break Some(status);
        }
        if start.elapsed() > TIME_LIMIT {
            call(program("sh").args(["-c", &format!("kill -KILL -{}", child.id())]))?;
            child.wait().map_err(not_run)?;
            break None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    };
    let bytes = fs::read(&output_path).map_err(not_run)?;
    fs::remove_file(&output_path).map_err(not_run)?;
    Ok(status.map(|status| (status, String::from_utf8_lossy(&bytes).into_owned())))
}

/// Lines without the blanks at their ends, and without empty lines at the end.
fn tidied<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut lines: Vec<&str> = lines.map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

/// Whether the lines are as expected, where `...` stands for any number of them.
fn matches(expected: &[&str], actual: &[&str]) -> bool {
    // `reachable[n]`: the expected lines so far can stand for the first n actual ones.
    let mut reachable = vec![false; actual.len() + 1];
    reachable[0] = true;
    for pattern in expected {
        let mut next = vec![false; actual.len() + 1];
        if pattern.trim() == "..." {
            let first = reachable.iter().position(|it| *it).unwrap_or(reachable.len());
            next[first..].fill(true);
        } else {
            for (index, line) in actual.iter().enumerate() {
                next[index + 1] = reachable[index] && line == pattern;
            }
        }
        reachable = next;
    }
    reachable[actual.len()]
}

/// What the page shows (`-`) against what happened (`+`).
fn difference(expected: &[&str], actual: &[&str]) -> String {
    let [expected, actual] = [expected, actual].map(|lines| lines.join("\n") + "\n");
    let diff = TextDiff::from_lines(&expected, &actual);
    let text = diff.unified_diff().context_radius(5).header("the page", "the program").to_string();
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Shows the blocks of a page whose fences are written `'''`.
    fn check(page: &str, expected: Expect) {
        let page = page.replace("'''", "```");
        let shown = match blocks_in("page.md", &page) {
            Err(failure) => format!("{failure}\n"),
            Ok(blocks) => blocks.iter().map(show).collect(),
        };
        expected.assert_eq(&shown);
    }

    fn show(block: &Block) -> String {
        let mut text = format!("{} exit={} needs={:?}\n", block.line, block.exit, block.needs);
        for command in &block.commands {
            text += &format!("  {} {:?} {:?}\n", command.line, command.text, command.expected);
        }
        text
    }

    #[test]
    fn only_console_blocks_are_examples() {
        check(
            "Text.\n'''sh\n$ no\n'''\n'''console\n$ one\nout\n\n$ two\n'''\n$ not in a block\n",
            expect![[r#"
                5 exit=0 needs=[]
                  6 "one" ["out", ""]
                  9 "two" []
            "#]],
        );
    }

    #[test]
    fn a_longer_fence_can_show_a_block() {
        check("''''md\n'''console\n$ no\n'''\n''''\n", expect![""]);
    }

    #[test]
    fn a_block_says_how_it_ends_and_what_it_needs() {
        check(
            "'''console exit=2 needs=A needs=B\n$ long \\\n  line\nout\n'''\n",
            expect![[r#"
                1 exit=2 needs=["A", "B"]
                  2 "long \\\n  line" ["out"]
            "#]],
        );
    }

    #[test]
    fn a_block_without_a_command_is_refused() {
        check(
            "'''console\noutput\n'''\n",
            expect![[r#"
                error: page.md:2: a console block starts without a command
                  help: start commands with `$ `, or tag the block `text`
            "#]],
        );
    }

    #[test]
    fn an_unknown_word_is_refused() {
        check(
            "'''console exit=two\n$ x\n'''\n",
            expect![[r#"
                error: page.md:1: a console block cannot say `exit=two`
                  help: `exit=CODE` and `needs=VARIABLE` are known
            "#]],
        );
    }

    #[test]
    fn data_is_needed_by_those_that_name_it() {
        let blocks = blocks_in("page.md", "```console\n$ cat $CATCHMENT_DATA/x\n```\n").unwrap();
        assert_eq!(blocks[0].missing_variable(|_| false), Some("CATCHMENT_DATA"));
        assert_eq!(blocks[0].missing_variable(|_| true), None);
    }

    #[test]
    fn dots_stand_for_any_lines() {
        assert!(matches(&[], &[]));
        assert!(matches(&["a", "..."], &["a"]));
        assert!(matches(&["...", "b", "...", "d"], &["a", "b", "b", "c", "d"]));
        assert!(!matches(&["...", "b"], &["b", "c"]));
        assert!(!matches(&["a", "..."], &["b", "a"]));
        assert!(!matches(&[], &["a"]));
        assert!(!matches(&["a"], &[]));
    }

    #[test]
    fn a_command_prints_both_streams_in_order() {
        let path = env::var_os("PATH").unwrap();
        let (status, output) =
            execute("echo one; echo two >&2; echo three; exit 3", &path).unwrap().unwrap();
        assert_eq!((status.code(), output.as_str()), (Some(3), "one\ntwo\nthree\n"));
    }
}

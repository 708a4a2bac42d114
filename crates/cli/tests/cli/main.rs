//! The binary as a user meets it: exit codes, what it prints where, and what it leaves behind.
//!
//! Every test runs the real program in a folder of its own, without the user's environment.
#![expect(clippy::print_stdout, reason = "a test that did not run says so")]

mod answers;
mod at;
mod config;
mod data;
#[cfg(target_os = "linux")]
mod lab;
mod library;
mod mistakes;
mod output;
mod pages;
mod plan_hold;
mod real_data;
mod serve;
mod simulate;
mod steer;
mod sweep;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use expect_test::Expect;

/// A folder for one test, empty.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> &Folder {
        fs::write(self.0.join(name), content).unwrap();
        self
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Names of all files, ascending, hidden ones too.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_catchment"));
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        for name in ["CATCHMENT_DATA", "CATCHMENT_TOKEN", "NO_COLOR", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }
}

/// What a run left.
#[derive(Debug, PartialEq)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
        let code = output.status.code().unwrap_or_else(|| panic!("{}", output.status));
        Ran { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// The standard output of a run that was done.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    /// What a run complained of that ended with this exit code, and printed nothing else.
    #[track_caller]
    fn failed(self, code: i32) -> String {
        assert_eq!((self.code, &*self.out), (code, ""), "{}", self.err);
        self.err
    }
}

/// Compares what was printed. Long lines are folded so that they can be written down, and what
/// all lines are indented by is left out, since `expect!` cannot know it.
#[track_caller]
fn check(printed: &str, expected: &Expect) {
    let mut folded = String::new();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let margin = printed.lines().filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
    for line in printed.lines().map(|line| line.get(margin..).unwrap_or("")) {
        let mut column = 0;
        for (index, word) in line.split(' ').enumerate() {
            let length = word.chars().count() + 1;
            if column > 20 && column + length > 84 {
                folded.push_str("\n        ");
                column = 8;
            } else if index > 0 {
                folded.push(' ');
            }
            folded.push_str(word);
            column += length;
        }
        folded.push('\n');
    }
    expected.assert_eq(&folded);
}

/// Runs in an empty folder.
fn catchment(name: &str, args: &[&str]) -> Ran {
    Folder::new(name).run(args)
}

/// A folder with `wheel.toml`, a dispute wheel (Griffin et al., BAD GADGET): each of three peers
/// prefers the next one.
fn wheel(name: &str) -> Folder {
    let mut text = String::from(
        "format = 1\nname = \"wheel\"\n[service]\nprefixes = [\"192.0.2.0/24\"]\n\
        [world]\nas_rel = \"wheel.txt\"\n\
        [[site]]\nname = \"s\"\nasn = 10\n",
    );
    for (asn, next) in [(1, 2), (2, 3), (3, 1)] {
        text.push_str(&format!(
            "[[correction]]\nas_policy = {{ asn = {asn}, neighbor = {next}, local_pref = 900 }}\n"
        ));
    }
    let folder = Folder::new(name);
    folder.put("wheel.txt", "1|10|-1\n2|10|-1\n3|10|-1\n1|2|0\n2|3|0\n3|1|0\n");
    folder.put("wheel.toml", text);
    folder
}

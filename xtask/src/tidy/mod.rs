//! `cargo xtask tidy`: the house rules that no other tool checks.
//!
//! Each rule is a pure function from files to findings, so that its tests need no disk:
//! [`manifests`] keeps the layers apart, [`source`] reads files line by line, [`links`] follows
//! links in Markdown. A finding says where, what, and what to do. A new rule is a function and
//! one more line in [`findings`].

use std::fmt;
use std::fs;
use std::path::Path;

use crate::shell::{Failure, program, read, root};

mod links;
mod manifests;
mod source;

/// A text file of the repository.
pub struct TextFile {
    /// From the repository's root, with `/`.
    pub path: String,
    pub text: String,
}

/// A broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    /// From 1.
    line: usize,
    what: String,
    help: String,
}

impl Finding {
    fn new(file: &TextFile, line: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n  help: {}", self.path, self.line, self.what, self.help)
    }
}

/// Check the house rules: layers, headers, line lengths, links, and more.
pub fn run() -> Result<(), Failure> {
    let files = tracked_files()?;
    let findings = findings(&files);
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    Err(Failure::check(format!("the house rules are broken in {} places", findings.len()), ""))
}

fn findings(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(manifests::layers(files));
    findings.extend(manifests::lints(files));
    findings.extend(manifests::clippy_settings(files));
    for file in files {
        findings.extend(source::check(file));
    }
    findings.extend(source::stale_exceptions(files));
    findings.extend(links::check(files));
    findings.sort();
    findings
}

/// The files that git tracks, and new ones that it does not ignore. Where git does not answer
/// (a copy without history, a clone of another user), all files but what builds leave behind.
pub fn tracked_files() -> Result<Vec<TextFile>, Failure> {
    let root = root();
    let mut git = program("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
    let mut paths = Vec::new();
    if let Ok(listed) = read(&mut git) {
        paths.extend(listed.split_terminator('\0').map(str::to_owned));
    } else {
        println!("git does not list the files: taking all there are");
        walk(&root, "", &mut paths).map_err(|error| {
            Failure::environment(format!("the repository cannot be read: {error}"), "")
        })?;
    }
    paths.sort();
    // A file may be tracked and deleted. A picture has no lines to check, but links lead to it.
    let file = |path: String| {
        let bytes = fs::read(root.join(&path)).ok()?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        Some(TextFile { path, text })
    };
    Ok(paths.into_iter().filter_map(file).collect())
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if matches!(name.as_str(), ".git" | "target" | "node_modules") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod testing {
    //! What the tests of all rules share.

    use expect_test::Expect;

    use super::{Finding, TextFile};

    /// Files from `== path` headings, each followed by its text.
    pub fn files(text: &str) -> Vec<TextFile> {
        let mut files: Vec<TextFile> = Vec::new();
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("== ") {
                files.push(TextFile { path: path.to_owned(), text: String::new() });
            } else if let Some(file) = files.last_mut() {
                file.text.push_str(line);
                file.text.push('\n');
            }
        }
        files
    }

    pub fn check(findings: Vec<Finding>, expected: Expect) {
        let shown: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
        expected.assert_eq(&shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_repository_are_found() {
        let files = tracked_files().unwrap();
        assert!(files.iter().any(|file| file.path == "xtask/src/tidy/mod.rs"));
        assert!(files.iter().all(|file| !file.path.starts_with("target/")));
    }
}

//! Rules on the text of single files: headers, lengths, loose ends, traces of a machine.
//!
//! The words searched for are put together here from parts, so that this file does not find
//! itself.

use super::{Finding, TextFile};

/// What rustfmt keeps to in code; it does not break comments and strings.
const COLUMNS_MAX: usize = 100;

/// A file is one concept.
const LINES_MAX: usize = 1000;

/// Files that may be longer, with the length they may have: it only ever goes down.
const LONGER: &[(&str, usize)] = &[];

/// Checks one file by all rules of this module.
pub fn check(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.path.ends_with(".rs") {
        findings.extend(header(file));
        findings.extend(length(file));
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        if file.path.ends_with(".rs") {
            findings.extend(columns(file, line, text));
            findings.extend(unfinished(file, line, text));
        }
        findings.extend(loose_end(file, line, text));
        findings.extend(machine(file, line, text));
    }
    findings
}

/// A source file opens with what it is.
fn header(file: &TextFile) -> Option<Finding> {
    let first = file.text.lines().next().unwrap_or_default();
    let text = first.strip_prefix("//!").unwrap_or_default();
    text.trim().is_empty().then(|| {
        let help = "open it with `//!`: what it is, what it is not, where to go next";
        Finding::new(file, 1, "the file has no header", help)
    })
}

fn length(file: &TextFile) -> Option<Finding> {
    let allowed = LONGER.iter().find(|(path, _)| *path == file.path).map_or(LINES_MAX, |it| it.1);
    let count = file.text.lines().count();
    (count > allowed).then(|| {
        let what = format!("the file has {count} lines, {allowed} are allowed");
        Finding::new(file, allowed + 1, what, "split it: a file is one concept")
    })
}

/// Exceptions that are no longer needed, so that they cannot be used up again.
pub fn stale_exceptions(files: &[TextFile]) -> Vec<Finding> {
    let stale = LONGER.iter().filter(|(path, _)| {
        let file = files.iter().find(|file| file.path == *path);
        file.is_none_or(|file| file.text.lines().count() <= LINES_MAX)
    });
    let finding = |(path, _): &(&str, usize)| Finding {
        path: "xtask/src/tidy/source.rs".to_owned(),
        line: 1,
        what: format!("LONGER names `{path}`, which is not longer"),
        help: "remove it from the list".to_owned(),
    };
    stale.map(finding).collect()
}

fn columns(file: &TextFile, line: usize, text: &str) -> Option<Finding> {
    let count = text.chars().count();
    (count > COLUMNS_MAX).then(|| {
        let what = format!("the line has {count} columns, {COLUMNS_MAX} are allowed");
        Finding::new(file, line, what, "break it; move a long expectation to a story")
    })
}

/// Code that says of itself that it is not done, and tests that do not run.
fn unfinished(file: &TextFile, line: usize, text: &str) -> Option<Finding> {
    let [todo, unimplemented] = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    let ignored = ["#[", "ignore"].concat();
    let (found, help) = if text.contains(&ignored) {
        (ignored, "assert today's wrong answer and say why it is wrong")
    } else if has_word(text, &unimplemented) {
        (unimplemented, "write it, or return an error that says it is not there")
    } else if has_word(text, &todo) {
        (todo, "write it, or return an error that says it is not there")
    } else {
        return None;
    };
    Some(Finding::new(file, line, format!("`{found}` is in the code"), help))
}

/// A note to oneself without an owner and a reason.
fn loose_end(file: &TextFile, line: usize, text: &str) -> Option<Finding> {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let word = words.iter().find(|word| {
        starts_of_word(text, word).any(|start| {
            let rest = &text[start + word.len()..];
            let goes_on = rest.starts_with(|it: char| it.is_alphanumeric() || it == '_');
            !goes_on && !has_owner_and_reason(rest)
        })
    })?;
    let what = format!("`{word}` has no owner or no reason");
    Some(Finding::new(file, line, what, format!("write `{word}(owner: reason)`, or do it")))
}

/// Whether the text goes on with `(owner: reason)`.
fn has_owner_and_reason(text: &str) -> bool {
    let inside = text.strip_prefix('(').and_then(|it| it.split_once(')')).map(|it| it.0);
    let pair = inside.and_then(|it| it.split_once(':'));
    pair.is_some_and(|(owner, reason)| !owner.trim().is_empty() && !reason.trim().is_empty())
}

/// Paths of one machine and hosts of registries: they say nothing on another machine, and where
/// packages come from is its setting.
fn machine(file: &TextFile, line: usize, text: &str) -> Option<Finding> {
    // Lock files name the default registry by the address that means it.
    if file.path.ends_with("Cargo.lock") {
        return None;
    }
    let folders = ["work", "root", "home", "Users"].map(|folder| format!("/{folder}/"));
    let hosts = [["crates", ".io"], ["registry", ".npmjs"], ["pypi", ".org"], ["deb", ".debian"]]
        .map(|parts| parts.concat());
    if let Some(folder) = folders.iter().find(|folder| has_word(text, folder)) {
        let what = format!("`{folder}` is a path of one machine");
        return Some(Finding::new(file, line, what, "write it relative to the repository"));
    }
    let host = hosts.iter().find(|host| text.contains(host.as_str()))?;
    let what = format!("`{host}` is the host of a registry");
    Some(Finding::new(file, line, what, "leave registries to the machine's configuration"))
}

/// Whether `word` occurs in the text at the start of a word. (`example.org/x/` has no `/x/`.)
fn has_word(text: &str, word: &str) -> bool {
    starts_of_word(text, word).next().is_some()
}

fn starts_of_word<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_word = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.' | '-' | '}');
    let starts = text.match_indices(word).map(|(start, _)| start);
    starts.filter(move |start| !text[..*start].ends_with(part_of_word))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::testing;
    use super::*;

    /// Checks a Rust file with a header. The words searched for carry a `^` in these tests, in the
    /// text and in the expectation, so that they are not found here.
    fn check_lines(lines: &str, expected: Expect) {
        let text = format!("//! Header.\n{}\n", lines.replace('^', ""));
        let findings = check(&TextFile { path: "x.rs".to_owned(), text });
        let mut shown: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
        for marked in [
            "to^do!(",
            "unimp^lemented!(",
            "#[^ignore",
            "TO^DO",
            "FIX^ME",
            "/ho^me/",
            "/wo^rk/",
            "cra^tes.io",
        ] {
            shown = shown.replace(&marked.replace('^', ""), marked);
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_source_file_opens_with_a_header() {
        let files = testing::files("== a.rs\nuse x;\n== b.rs\n//!\n== c.rs\n//! C.\n== d.md\nD\n");
        testing::check(
            files.iter().flat_map(check).collect(),
            expect![[r#"
                a.rs:1: the file has no header
                  help: open it with `//!`: what it is, what it is not, where to go next
                b.rs:1: the file has no header
                  help: open it with `//!`: what it is, what it is not, where to go next
            "#]],
        );
    }

    #[test]
    fn a_line_has_a_hundred_columns() {
        let fits = "é".repeat(100);
        check_lines(
            &format!("{fits}\n{fits}é"),
            expect![[r#"
                x.rs:3: the line has 101 columns, 100 are allowed
                  help: break it; move a long expectation to a story
            "#]],
        );
    }

    #[test]
    fn a_file_has_a_thousand_lines() {
        let text = format!("//! Header.{}", "\n// line".repeat(1000));
        testing::check(
            check(&TextFile { path: "x.rs".to_owned(), text }),
            expect![[r#"
                x.rs:1001: the file has 1001 lines, 1000 are allowed
                  help: split it: a file is one concept
            "#]],
        );
    }

    #[test]
    fn nothing_is_left_unfinished() {
        check_lines(
            "#[^ignore = \"slow\"]\nto^do!()\nunimp^lemented!()\nmy_to^do!()",
            expect![[r#"
                x.rs:2: `#[^ignore` is in the code
                  help: assert today's wrong answer and say why it is wrong
                x.rs:3: `to^do!(` is in the code
                  help: write it, or return an error that says it is not there
                x.rs:4: `unimp^lemented!(` is in the code
                  help: write it, or return an error that says it is not there
            "#]],
        );
    }

    #[test]
    fn a_loose_end_has_an_owner_and_a_reason() {
        check_lines(
            "// TO^DO: later\n// TO^DO(eva: needs MED)\n// FIX^ME(eva)\n// TO^DOS\n// FIX^ME",
            expect![[r#"
                x.rs:2: `TO^DO` has no owner or no reason
                  help: write `TO^DO(owner: reason)`, or do it
                x.rs:4: `FIX^ME` has no owner or no reason
                  help: write `FIX^ME(owner: reason)`, or do it
                x.rs:6: `FIX^ME` has no owner or no reason
                  help: write `FIX^ME(owner: reason)`, or do it
            "#]],
        );
    }

    #[test]
    fn no_trace_of_a_machine() {
        check_lines(
            "\"/ho^me/eva/x\"\n// at /wo^rk/x\n// https://example.org/wo^rk/x\nhttps://cra^tes.io",
            expect![[r#"
                x.rs:2: `/ho^me/` is a path of one machine
                  help: write it relative to the repository
                x.rs:3: `/wo^rk/` is a path of one machine
                  help: write it relative to the repository
                x.rs:5: `cra^tes.io` is the host of a registry
                  help: leave registries to the machine's configuration
            "#]],
        );
    }
}

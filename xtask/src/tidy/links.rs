//! Links in Markdown lead somewhere: relative ones to a file or folder of the repository.
//!
//! Not checked: addresses on the Web, and headings within a page.

use std::collections::BTreeSet;

use super::{Finding, TextFile};

/// Checks the relative links of all Markdown files against the files there are.
pub fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    for file in files {
        let path = file.path.as_str();
        known.insert(path);
        known.extend(path.match_indices('/').map(|(slash, _)| &path[..slash]));
    }
    let pages = files.iter().filter(|file| file.path.ends_with(".md"));
    pages.flat_map(|page| broken(page, &known)).collect()
}

fn broken(page: &TextFile, known: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, target) in links(&page.text) {
        let path = target.split(['#', '?']).next().unwrap_or_default();
        if path.is_empty() || is_address(target) {
            continue;
        }
        let help = match resolve(&page.path, path) {
            Some(path) if path.is_empty() || known.contains(path.as_str()) => continue,
            Some(path) => format!("there is no `{path}` in the repository"),
            None => "it leads out of the repository".to_owned(),
        };
        findings.push(Finding::new(page, line, format!("the link to `{target}` is broken"), help));
    }
    findings
}

/// Whether a link names a scheme, such as `https:`.
fn is_address(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.chars().all(|it| it.is_ascii_alphanumeric() || it == '+')
    })
}

/// The path in the repository that a link on a page means; `None` if it leads out.
fn resolve(page: &str, link: &str) -> Option<String> {
    let link = link.replace("%20", " ");
    let mut parts: Vec<&str> = match link.starts_with('/') {
        true => Vec::new(),
        false => page.split('/').collect(),
    };
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The targets of links and images, each with its line. Code is left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim_start();
        let ticks = &trimmed[..trimmed.len() - trimmed.trim_start_matches('`').len()];
        match fence {
            Some(open) => {
                if ticks.len() >= open.len() && trimmed.trim_end() == ticks {
                    fence = None;
                }
            }
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                // Every second part between backticks is code.
                for prose in line.split('`').step_by(2) {
                    links.extend(inline(prose).map(|target| (number, target)));
                }
                links.extend(definition(trimmed).map(|target| (number, target)));
            }
        }
    }
    links
}

/// The targets of `[text](target "title")`. Code in the text may have cut the start away.
fn inline(prose: &str) -> impl Iterator<Item = &str> {
    prose.match_indices("](").filter_map(|(start, _)| {
        let rest = prose[start + 2..].trim_start();
        match rest.strip_prefix('<') {
            Some(rest) => rest.split('>').next(),
            None => rest.split([')', ' ']).next(),
        }
    })
}

/// The target of a line `[label]: target`.
fn definition(line: &str) -> Option<&str> {
    let (label, rest) = line.strip_prefix('[')?.split_once("]:")?;
    let target = rest.split_whitespace().next()?;
    (!label.contains(']') && !label.starts_with('^')).then(|| target.trim_matches(['<', '>']))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::testing;
    use super::*;

    #[test]
    fn a_relative_link_leads_to_a_file_or_folder() {
        testing::check(
            check(&testing::files(
                "\
== README.md
[a](docs/a.md) [b](docs/b.md#part) [`code`](./docs) [c](gone.md) ![d](<gone two.png>)
[web](https://example.org/x) [mail](mailto:x@example.org) [here](#part) `[x](code.md)`
```md
[x](in-code.md)
```
[out](../elsewhere.md)
[label]: docs/gone.md
== docs/a.md
[up](../README.md) [root](/docs/a.md) [wrong](docs/a.md \"title\")
== docs/b.md
",
            )),
            expect![[r#"
                README.md:1: the link to `gone.md` is broken
                  help: there is no `gone.md` in the repository
                README.md:1: the link to `gone two.png` is broken
                  help: there is no `gone two.png` in the repository
                README.md:6: the link to `../elsewhere.md` is broken
                  help: it leads out of the repository
                README.md:7: the link to `docs/gone.md` is broken
                  help: there is no `docs/gone.md` in the repository
                docs/a.md:1: the link to `docs/a.md` is broken
                  help: there is no `docs/docs/a.md` in the repository
            "#]],
        );
    }
}

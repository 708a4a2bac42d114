//! What is wrong with a user's input, where, and what to do.

use std::fmt;
use std::ops::Range;

/// One mistake in a scenario or another file that a user wrote.
///
/// The core knows the *path* of a value (`site.2.neighbors.0.asn`); readers know its bytes. A
/// reader fills in `span` from the path, and a shell renders both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Stable name for programs, such as `scenario::unknown_site`.
    pub code: &'static str,
    /// What is wrong: a lower-case fragment with the user's words in backticks.
    pub message: String,
    /// Dotted path of the offending value, empty for the whole file. Entries of lists are numbers.
    pub path: String,
    /// Bytes of the offending value in the file, if known.
    pub span: Option<Range<usize>>,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Mistake {
    /// A mistake at `path` without help or span.
    pub fn new(code: &'static str, path: impl Into<String>, message: impl Into<String>) -> Mistake {
        Mistake {
            code,
            message: message.into(),
            path: path.into(),
            span: None,
            help: String::new(),
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help = help.into();
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at `{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

/// The name among `known` that a user most likely meant by `given`: the fewest edits, at most a
/// third of its length and never less than two. Ties go to the first of `known`.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = given.chars().count();
    // Nobody mistypes a name of this length, and comparing costs its length for each name.
    if length > 64 {
        return None;
    }
    let limit = (length / 3).max(2);
    known
        .into_iter()
        .map(|name| (edit_distance(&given.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit && *distance < name.chars().count().max(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Advice that names the nearest of `known`, or all of them if there are few.
pub fn nearest_help<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(given, known.iter().copied()) {
        Some(name) => format!("the nearest name is `{name}`"),
        None if known.is_empty() => String::new(),
        None if known.len() <= 20 => {
            let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known: {}", list.join(", "))
        }
        None => String::new(),
    }
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["frankfurt", "prefixes", "prepend", "fra"];
        assert_eq!(nearest("prefxies", known), Some("prefixes"));
        assert_eq!(nearest("FRA", known), Some("fra"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"prepend".repeat(1000), known), None);
    }
}

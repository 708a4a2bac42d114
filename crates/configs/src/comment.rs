//! Comments in files: broken into lines that fit on a screen.

/// Columns of a line with a comment.
const COLUMNS_MAX: usize = 90;

/// A text as comment lines, each with its end; a `\n` in it begins a new line.
pub(crate) fn comment(mark: char, indent: usize, text: &str) -> String {
    let head = format!("{}{mark}", " ".repeat(indent));
    let mut lines = String::new();
    for part in text.lines() {
        let mut line = head.clone();
        for word in part.split(' ') {
            let is_full = line.chars().count() + 1 + word.chars().count() > COLUMNS_MAX;
            if is_full && line != head {
                lines.push_str(&line);
                lines.push('\n');
                line.clone_from(&head);
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_comments_are_broken_at_spaces() {
        assert_eq!(comment('#', 0, ""), "");
        assert_eq!(comment('!', 1, "one\ntwo"), " ! one\n ! two\n");
        let text = comment('#', 2, &format!("{} {}", "a".repeat(80), "b".repeat(200)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, [format!("  # {}", "a".repeat(80)), format!("  # {}", "b".repeat(200))]);
    }
}

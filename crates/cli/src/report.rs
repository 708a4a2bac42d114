//! What goes wrong, and how a person sees it: miette draws, this file decides what.
//!
//! A [`Failure`] is made where something goes wrong and rendered once, in `main`. Notes (what a
//! reader skipped, what an answer leaves out) go to stderr as lines.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::ops::Range;
use std::sync::Arc;

use catchment_model::Mistake;
use console::Term;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::exit::Exit;

/// Longer lines are not drawn: nobody reads them, and a terminal chokes on them.
const LINE_BYTES_SHOWN: usize = 1000;
/// More mistakes of one file are counted, not drawn.
const PROBLEMS_SHOWN: usize = 100;
/// The same where none of them is more than syntax: then it is the wrong file, and each of its
/// lines says so.
const SYNTAX_SHOWN: usize = 5;

/// Why a command ends without what was asked.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// What is wrong. Empty if there is nobody left to be told.
    pub problems: Vec<Problem>,
    /// The file that they are in, if it is one.
    pub source: Option<Arc<Source>>,
    /// How many of them are drawn.
    shown: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What: a lower-case fragment.
    pub message: String,
    /// Where in the source of the failure.
    pub span: Option<Range<usize>>,
    /// What to do; may be empty.
    pub help: String,
}

/// A text that a user wrote, as it is shown.
#[derive(Debug)]
pub struct Source {
    /// Name of the file.
    pub name: String,
    text: String,
}

impl Source {
    /// Control characters are not shown, since they could play with the terminal; each becomes
    /// as many question marks as it has bytes, so that places stay where they are.
    pub fn new(name: &str, text: &str) -> Source {
        let is_bad = |c: char| c.is_control() && c != '\n' && c != '\t';
        let text = if text.contains(is_bad) {
            let mut clean = String::with_capacity(text.len());
            for c in text.chars() {
                match c {
                    // A line may end in CR LF.
                    '\r' => clean.push(' '),
                    c if is_bad(c) => (0..c.len_utf8()).for_each(|_| clean.push('?')),
                    c => clean.push(c),
                }
            }
            clean
        } else {
            text.to_owned()
        };
        Source { name: printable(name), text }
    }

    /// Line and column (in characters) of a byte, both from 1.
    fn position(&self, byte: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..byte.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
    }

    /// Whether the lines around a span can be drawn.
    fn can_be_drawn(&self, span: &Range<usize>) -> bool {
        let bytes = self.text.as_bytes();
        let around = |mut newlines: usize, byte: &u8| {
            newlines -= usize::from(*byte == b'\n');
            newlines
        };
        let (mut left, mut right) = (2, 2);
        let before = bytes[..span.start].iter().rev();
        let before = before.take_while(|byte| {
            left = around(left, byte);
            left > 0
        });
        let after = bytes[span.end..].iter().take_while(|byte| {
            right = around(right, byte);
            right > 0
        });
        before.count() + span.len() + after.count() <= 4 * LINE_BYTES_SHOWN
    }
}

impl Failure {
    /// One problem.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        let problem = Problem { message: message.into(), span: None, help: String::new() };
        Failure { exit, problems: vec![problem], source: None, shown: PROBLEMS_SHOWN }
    }

    /// The input is wrong.
    pub fn bad_input(message: impl Into<String>) -> Failure {
        Failure::new(Exit::BadInput, message)
    }

    /// Nobody is left to be told, or everything is said already.
    pub fn silent(exit: Exit) -> Failure {
        Failure { exit, problems: Vec::new(), source: None, shown: 0 }
    }

    /// The reader of our output went away. That is its right, and no failure.
    pub fn closed_pipe() -> Failure {
        Failure::silent(Exit::Done)
    }

    /// All mistakes of a file.
    pub fn mistakes(mistakes: Vec<Mistake>, source: &Arc<Source>) -> Failure {
        let problem = |mistake: Mistake| Problem {
            message: match (&mistake.span, &*mistake.path) {
                (None, path) if !path.is_empty() && !names_option(&mistake.message) => {
                    format!("at `{path}`: {}", mistake.message)
                }
                _ => mistake.message,
            },
            span: mistake.span,
            help: mistake.help,
        };
        let is_syntax = mistakes.iter().all(|mistake| mistake.code == "scenario::syntax");
        Failure {
            exit: Exit::BadInput,
            shown: if is_syntax { SYNTAX_SHOWN } else { PROBLEMS_SHOWN },
            problems: mistakes.into_iter().map(problem).collect(),
            source: Some(Arc::clone(source)),
        }
    }

    /// A file that the user named cannot be read. If it is not there, the input is wrong; if it
    /// is and the machine says no, the environment is.
    pub fn cannot_read(name: &str, error: &io::Error) -> Failure {
        use io::ErrorKind as Kind;
        let exit = match error.kind() {
            Kind::NotFound
            | Kind::IsADirectory
            | Kind::NotADirectory
            | Kind::InvalidInput
            | Kind::InvalidData
            | Kind::InvalidFilename
            | Kind::UnexpectedEof => Exit::BadInput,
            _ => Exit::Environment,
        };
        Failure::new(exit, format!("cannot read `{name}`: {}", reason(error)))
    }

    /// A file, or the standard output, cannot be written.
    pub fn cannot_write(name: &str, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::closed_pipe();
        }
        use io::ErrorKind as Kind;
        let exit = match error.kind() {
            Kind::NotFound | Kind::IsADirectory | Kind::NotADirectory | Kind::InvalidFilename => {
                Exit::BadInput
            }
            _ => Exit::Environment,
        };
        Failure::new(exit, format!("cannot write {name}: {}", reason(error)))
    }

    /// The same with advice at its first problem.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Failure {
        if let Some(problem) = self.problems.first_mut() {
            problem.help = help.into();
        }
        self
    }

    /// The same, seen from the place in a file that led there.
    #[must_use]
    pub fn within(mut self, source: &Arc<Source>, span: Option<Range<usize>>) -> Failure {
        for problem in &mut self.problems {
            problem.span = span.clone();
        }
        self.source = Some(Arc::clone(source));
        self
    }

    /// Tells the user.
    pub fn print(&self) {
        let mut text = String::new();
        for problem in self.problems.iter().take(self.shown) {
            render(problem, self.source.as_ref(), &mut text);
        }
        let count = self.problems.len();
        if let (true, Some(source)) = (count > 1, &self.source) {
            let shown = match count > self.shown {
                true => format!(" (the first {} are shown)", self.shown),
                false => String::new(),
            };
            text.push_str(&format!("{count} mistakes in {}{shown}\n", source.name));
        }
        to_stderr(&text);
    }
}

/// What an error of the operating system says, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

/// A number with its noun.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A line for the user that is no failure.
pub fn note(text: &str) {
    to_stderr(&wrapped("note: ", &printable(text), width().unwrap_or(usize::MAX)));
}

/// Columns of the terminal, within reason; `None` if there is none, since lines of a log should
/// stay whole.
fn width() -> Option<usize> {
    let (_, columns) = Term::stderr().size_checked()?;
    Some(usize::from(columns).clamp(60, 120))
}

/// Breaks a text at spaces; further lines are indented as far as the first.
fn wrapped(head: &str, text: &str, width: usize) -> String {
    let indent = " ".repeat(head.len());
    let options = Options::new(width)
        .initial_indent(head)
        .subsequent_indent(&indent)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    let mut lines = textwrap::fill(text, options);
    lines.push('\n');
    lines
}

/// Writes to stderr. If that cannot be done, there is nobody to tell.
pub fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Text without what could play with the terminal.
pub fn printable(text: &str) -> String {
    let clean = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(clean).collect()
}

/// Whether a message names the option that it is about, so that no file needs to be named.
fn names_option(message: &str) -> bool {
    ["--set ", "--change "].iter().any(|option| message.contains(option))
}

/// A problem as miette takes it.
struct Drawn {
    message: String,
    help: String,
    source: Option<(NamedSource<Arc<String>>, Range<usize>)>,
}

fn render(problem: &Problem, source: Option<&Arc<Source>>, into: &mut String) {
    let mut message = printable(&problem.message);
    let mut drawn = None;
    if let (Some(source), Some(span)) = (source, &problem.span) {
        let end = span.end.min(source.text.len());
        let span = span.start.min(end)..end;
        if source.can_be_drawn(&span) {
            let text = Arc::new(source.text.clone());
            drawn = Some((NamedSource::new(&source.name, text), span));
        } else {
            let (line, column) = source.position(span.start);
            message.push_str(&format!(" (at {}:{line}:{column})", source.name));
        }
    } else if let Some(source) = source
        && !names_option(&message)
    {
        message.push_str(&format!(" (in {})", source.name));
    }
    let drawn = Drawn { message, help: printable(&problem.help), source: drawn };
    let color = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width().unwrap_or(usize::MAX))
        // Not within an address or a path.
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .with_break_words(false)
        .with_links(false)
        .without_cause_chain();
    if handler.render_report(into, &drawn).is_err() {
        into.push_str(&format!("error: {}\n", drawn.message));
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|(source, _)| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.source.as_ref()?;
        let label = LabeledSpan::new(None, span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_not_shown_and_move_nothing() {
        let source = Source::new("a\u{1b}b", "x\u{1b}[2J\u{85}y\r\n\tz");
        assert_eq!(source.name, "a\u{fffd}b");
        assert_eq!(source.text, "x?[2J??y \n\tz");
    }

    #[test]
    fn notes_are_broken_at_spaces() {
        assert_eq!(wrapped("note: ", "one two three", 14), "note: one two\n      three\n");
        assert_eq!(wrapped("note: ", "a-long-word", 9), "note: a-long-word\n");
    }

    #[test]
    fn positions_count_characters() {
        let source = Source::new("file", "one\nzwölf\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(8), (2, 4));
        assert_eq!(source.position(99), (3, 1));
    }

    #[test]
    fn a_huge_line_is_not_drawn() {
        let long = "x".repeat(1_000_000);
        assert!(!Source::new("file", &long).can_be_drawn(&(5..6)));
        let many = "line\n".repeat(100_000);
        assert!(Source::new("file", &many).can_be_drawn(&(50_000..50_001)));
    }
}

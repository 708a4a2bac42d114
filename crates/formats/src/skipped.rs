//! What a reader of dirty data left out, and why.

use std::fmt;

/// Examples that are kept for each reason. The counts are of all.
pub const EXAMPLES_MAX: usize = 20;
/// Bytes of a line that an example shows.
const TEXT_MAX: usize = 80;

/// Why a line was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The line has not the form of its file.
    Malformed,
    /// A field that is needed is empty or missing.
    FieldMissing,
    /// An AS number is zero, which is reserved (RFC 7607).
    AsnZero,
    /// An AS number is negative.
    AsnNegative,
    /// An AS number has more than 32 bits.
    AsnTooLarge,
    /// The code of the relationship is unknown.
    UnknownCode,
    /// The line is not UTF-8.
    NotUtf8,
    /// The line is longer than any reader takes.
    LineTooLong,
    /// A number is none.
    BadNumber,
    /// An address is none, or a range ends before it starts.
    BadAddress,
    /// A range overlaps one that starts before it.
    Overlap,
    /// Coordinates are none or lie outside the Earth.
    BadCoordinates,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Reason::Malformed => "not of the form of this file",
            Reason::FieldMissing => "a needed field is empty",
            Reason::AsnZero => "AS number zero is reserved",
            Reason::AsnNegative => "AS number is negative",
            Reason::AsnTooLarge => "AS number has more than 32 bits",
            Reason::UnknownCode => "unknown relationship code",
            Reason::NotUtf8 => "not UTF-8",
            Reason::LineTooLong => "line is longer than 1 MiB",
            Reason::BadNumber => "not a number",
            Reason::BadAddress => "not an address or not a range",
            Reason::Overlap => "overlaps an earlier range",
            Reason::BadCoordinates => "impossible coordinates",
        })
    }
}

/// One skipped line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its number, from 1.
    pub line: u64,
    /// Its beginning, with what cannot be printed replaced.
    pub text: String,
}

/// All lines that were skipped for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// Everything that a reader skipped, by reason, in the order in which the reasons were met.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// The reasons.
    pub groups: Vec<Group>,
}

impl Skipped {
    /// Whether nothing was skipped.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Lines skipped, for all reasons.
    pub fn count(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// Lines skipped for one reason.
    pub fn count_of(&self, reason: Reason) -> u64 {
        self.groups.iter().find(|group| group.reason == reason).map_or(0, |group| group.count)
    }

    pub(crate) fn note(&mut self, reason: Reason, line: u64, bytes: &[u8]) {
        let known = self.groups.iter().position(|group| group.reason == reason);
        let index = known.unwrap_or_else(|| {
            self.groups.push(Group { reason, count: 0, examples: Vec::new() });
            self.groups.len() - 1
        });
        let group = &mut self.groups[index];
        group.count += 1;
        if group.examples.len() < EXAMPLES_MAX {
            group.examples.push(Example { line, text: excerpt(bytes) });
        }
    }
}

/// `3 lines skipped: 2 not UTF-8 (lines 4, 9), 1 AS number is negative (line 7)`.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        write!(f, "{} line{} skipped", self.count(), plural(self.count()))?;
        for (index, group) in self.groups.iter().enumerate() {
            let lines: Vec<String> =
                group.examples.iter().take(3).map(|example| example.line.to_string()).collect();
            let more = if group.count > lines.len() as u64 { ", …" } else { "" };
            let (sign, s) = (if index == 0 { ":" } else { "," }, plural(group.count));
            let lines = lines.join(", ");
            write!(f, "{sign} {} {} (line{s} {lines}{more})", group.count, group.reason)?;
        }
        Ok(())
    }
}

/// The beginning of a line as text that is safe to print.
fn excerpt(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(TEXT_MAX)];
    let mut text: String = String::from_utf8_lossy(shown)
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if bytes.len() > TEXT_MAX {
        text.push('…');
    }
    text
}

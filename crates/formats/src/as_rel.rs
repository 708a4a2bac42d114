//! AS relationship files: CAIDA serial-1 (`1|11537|0`) and serial-2 (`1|11537|0|bgp`).
//!
//! `a|b|-1` says that `a` is a provider of `b`, `a|b|0` that they are peers. `1` and `2` say that
//! they are siblings: CAIDA's files of 2004–2006 and the inputs of other simulators write one or
//! the other, no file both with another meaning. A fourth field names the source of a link;
//! sources are counted, not kept for each link.
//!
//! Lines are read where they lie, without a copy, eight bytes at a time: the 13.6 MB of April 2026
//! take some 10 ms. What is not a link is skipped and reported. Duplicates and contradictions are
//! the business of [`catchment_model::World::from_links`].

use std::io::{self, BufRead};

use catchment_model::world::Link;
use catchment_model::{Asn, Relation};

use crate::lines::{LINE_BYTES_MAX, Piece, for_each_piece};
use crate::skipped::{Reason, Skipped};

/// Different sources that are counted apart.
const SOURCES_MAX: usize = 64;
/// Bytes of a source's name that count.
const SOURCE_BYTES_MAX: usize = 64;
/// ASes of a clique or list of exchanges that are kept from the comments.
const COMMENT_ASES_MAX: usize = 100_000;

/// A relationship file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AsRel {
    /// Its links, in file order.
    pub links: Vec<Link>,
    /// Line of each link, from 1.
    pub lines: Vec<u32>,
    /// What its comments say.
    pub comments: Comments,
    /// Links by their source (fourth field), by name.
    pub sources: Vec<(String, u64)>,
    /// What is no link.
    pub skipped: Skipped,
}

/// What the comments at the head of a file say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comments {
    /// The clique of tier-1 ASes (`# input clique: …` or `# inferred clique: …`).
    pub clique: Vec<Asn>,
    /// ASes of Internet exchanges (`# IXP ASes: …`).
    pub exchanges: Vec<Asn>,
    /// Comment lines.
    pub count: u64,
}

/// Reads a relationship file.
///
/// A file without any link is no error here: the caller knows whether that makes sense.
///
/// # Errors
/// Only what the reader itself returns.
pub fn read<R: BufRead>(reader: R) -> io::Result<AsRel> {
    let mut parser = Parser::default();
    for_each_piece(reader, |piece| match piece {
        Piece::Lines(bytes) => parser.take_lines(bytes),
        Piece::TooLong(beginning) => {
            parser.line += 1;
            parser.found.skipped.note(Reason::LineTooLong, parser.line, beginning);
        }
    })?;
    let mut found = parser.found;
    for (name, count) in [("bgp", parser.bgp), ("mlp", parser.mlp)] {
        if count > 0 {
            found.sources.push((name.to_owned(), count));
        }
    }
    found.sources.sort();
    Ok(found)
}

#[derive(Default)]
struct Parser {
    found: AsRel,
    /// Number of the line read last.
    line: u64,
    /// Links of the two sources that serial-2 files name.
    bgp: u64,
    mlp: u64,
}

/// The longest plain line: two numbers of 8 digits, `-1`, separators, a source, and what the
/// reads of 8 bytes may touch behind them.
const FAST_WINDOW: usize = 40;

impl Parser {
    fn take_lines(&mut self, bytes: &[u8]) {
        // Serial-2 lines have some 19 bytes, serial-1 lines some 14.
        let expected = bytes.len() / 17;
        self.found.links.reserve(expected);
        self.found.lines.reserve(expected);
        let mut at = 0;
        while at < bytes.len() {
            self.line += 1;
            if let Some(window) = bytes.get(at..at + FAST_WINDOW)
                && let Some(length) = self.take_plain(window)
            {
                at += length;
                continue;
            }
            let rest = &bytes[at..];
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            self.take_any(line.strip_suffix(b"\r").unwrap_or(line));
            at += end + 1;
        }
    }

    /// Takes a line as almost all are: returns its length with line feed, or `None` if it is not
    /// plain, which says nothing about whether it is right.
    #[inline]
    fn take_plain(&mut self, window: &[u8]) -> Option<usize> {
        let (a, a_len) = plain_number(window)?;
        let (b, b_len) = plain_number(&window[a_len + 1..])?;
        let mut at = a_len + b_len + 2;
        let relation = match window[at] {
            b'0' => Relation::Peer,
            b'-' if window[at + 1] == b'1' => Relation::Customer,
            _ => return None,
        };
        at += if relation == Relation::Peer { 1 } else { 2 };
        match window[at] {
            b'\n' => at += 1,
            b'|' => {
                match &window[at + 1..at + 5] {
                    b"bgp\n" => self.bgp += 1,
                    b"mlp\n" => self.mlp += 1,
                    _ => return None,
                }
                at += 5;
            }
            _ => return None,
        }
        self.found.links.push(Link { a: Asn(a), b: Asn(b), relation });
        self.found.lines.push(self.line as u32);
        Some(at)
    }

    /// Takes any line, slowly.
    fn take_any(&mut self, line: &[u8]) {
        if line.len() > LINE_BYTES_MAX {
            self.found.skipped.note(Reason::LineTooLong, self.line, line);
            return;
        }
        if line.first() == Some(&b'#') {
            self.take_comment(line);
            return;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match parse_line(line) {
            Ok((link, source)) => {
                self.found.links.push(link);
                self.found.lines.push(u32::try_from(self.line).unwrap_or(u32::MAX));
                if let Some(source) = source {
                    self.count_source(source);
                }
            }
            Err(reason) => self.found.skipped.note(reason, self.line, line),
        }
    }

    fn count_source(&mut self, source: &[u8]) {
        match source {
            b"bgp" => self.bgp += 1,
            b"mlp" => self.mlp += 1,
            _ => {
                let name = String::from_utf8_lossy(&source[..source.len().min(SOURCE_BYTES_MAX)]);
                let sources = &mut self.found.sources;
                match sources.iter().position(|(known, _)| *known == name) {
                    Some(index) => sources[index].1 += 1,
                    None if sources.len() < SOURCES_MAX => sources.push((name.into_owned(), 1)),
                    None => sources[SOURCES_MAX - 1].1 += 1,
                }
            }
        }
    }

    fn take_comment(&mut self, line: &[u8]) {
        self.found.comments.count += 1;
        let Ok(text) = str::from_utf8(line) else { return };
        let Some((title, list)) = text.split_once(':') else { return };
        let comments = &mut self.found.comments;
        let into = match title.trim_start_matches('#').trim() {
            "input clique" | "inferred clique" => &mut comments.clique,
            "IXP ASes" => &mut comments.exchanges,
            _ => return,
        };
        let asns = list.split_ascii_whitespace().filter_map(|word| word.parse::<Asn>().ok());
        into.extend(asns.take(COMMENT_ASES_MAX.saturating_sub(into.len())));
    }
}

/// Reads 1 to 7 digits and the `|` behind them from the first 8 bytes, all at once; `None` if
/// there is anything else or the number is 0.
#[inline]
fn plain_number(bytes: &[u8]) -> Option<(u32, usize)> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(bytes.first_chunk().copied()?);
    // The lowest marked byte is the first `|`; bytes above it may be marked wrongly.
    let bars = word ^ (ONES * b'|' as u64);
    let marks = bars.wrapping_sub(ONES) & !bars & HIGHS;
    let length = (marks.trailing_zeros() / 8) as usize;
    if length == 0 || length == 8 {
        return None;
    }
    // Digits move to the top, zeros fill in from below as leading digits.
    let shift = 64 - 8 * length as u32;
    let digits = (word << shift) | ((ONES * b'0' as u64) & ((1 << shift) - 1));
    let values = digits ^ (ONES * b'0' as u64);
    if values.wrapping_add(ONES * 0x76) & HIGHS != 0 || values & HIGHS != 0 {
        return None;
    }
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let number = quads.wrapping_mul(10_000).wrapping_add(quads >> 32) as u32;
    (number != 0).then_some((number, length))
}

/// Reads `a|b|code` or `a|b|code|source`.
fn parse_line(line: &[u8]) -> Result<(Link, Option<&[u8]>), Reason> {
    if str::from_utf8(line).is_err() {
        return Err(Reason::NotUtf8);
    }
    let mut fields = line.split(|byte| *byte == b'|');
    let mut next = || fields.next().map(<[u8]>::trim_ascii);
    let (a, b, code) = (next(), next(), next());
    let (Some(a), Some(b), Some(code)) = (a, b, code) else { return Err(Reason::Malformed) };
    let source = next();
    if next().is_some() {
        return Err(Reason::Malformed);
    }
    let (a, b) = (asn(a)?, asn(b)?);
    let relation = match code {
        b"-1" => Relation::Customer,
        b"0" => Relation::Peer,
        b"1" | b"2" => Relation::Sibling,
        _ => return Err(Reason::UnknownCode),
    };
    Ok((Link { a, b, relation }, source))
}

/// Reads an AS number, and says which way it is wrong.
pub(crate) fn asn(field: &[u8]) -> Result<Asn, Reason> {
    let (negative, digits) = match field.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, field),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Reason::Malformed);
    }
    if negative {
        return Err(Reason::AsnNegative);
    }
    let number = digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
    });
    match number {
        None => Err(Reason::AsnTooLarge),
        Some(0) => Err(Reason::AsnZero),
        Some(number) => Ok(Asn(number)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Read};

    use super::*;

    fn links(text: &str) -> Vec<String> {
        let found = read(text.as_bytes()).unwrap();
        let lines = found.links.iter().zip(&found.lines);
        lines.map(|(l, line)| format!("{line}: {} {} {}", l.a, l.b, l.relation)).collect()
    }

    #[test]
    fn both_serials_and_old_siblings_are_read() {
        let text = "# source:topology|BGP|20260401\n1|11537|0|bgp\n2|3|-1\r\n\n4|5|1\n6|7|2|mlp";
        assert_eq!(
            links(text),
            ["2: 1 11537 peer", "3: 2 3 customer", "5: 4 5 sibling", "6: 6 7 sibling"]
        );
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(found.sources, [("bgp".to_owned(), 1), ("mlp".to_owned(), 1)]);
        assert_eq!(found.comments.count, 1);
        assert!(found.skipped.is_empty());
    }

    /// Found by fuzzing: a mark was taken off only where the reader gave it in one piece.
    #[test]
    fn a_byte_order_mark_is_no_part_of_a_line_however_the_reader_cuts_it() {
        for text in ["\u{feff}1|2|-1\n3|4|0\n", "\u{feff}# input clique: 174\n", "\u{feff}"] {
            let whole = read(text.as_bytes()).unwrap();
            assert!(whole.skipped.is_empty(), "{text:?}: {:?}", whole.skipped);
            for capacity in [1, 2, 3, 7] {
                let cut = read(BufReader::with_capacity(capacity, text.as_bytes())).unwrap();
                assert_eq!(cut, whole, "{text:?}, {capacity} bytes at a time");
            }
        }
    }

    #[test]
    fn comments_name_the_clique_and_the_exchanges() {
        let text = "# input clique: 174 209 x\n# IXP ASes: 1200 4635\n#clique: 1\n1|2|0\n";
        let comments = read(text.as_bytes()).unwrap().comments;
        assert_eq!(comments.clique, [Asn(174), Asn(209)]);
        assert_eq!(comments.exchanges, [Asn(1200), Asn(4635)]);
        assert_eq!(comments.count, 3);
    }

    #[test]
    fn whatever_is_no_link_is_skipped_and_said() {
        let cases: [(&[u8], Reason); 14] = [
            (b"1|2", Reason::Malformed),
            (b"1|2|0|bgp|more", Reason::Malformed),
            (b"one|2|0", Reason::Malformed),
            (b"|2|0", Reason::Malformed),
            (b"--1|2|0", Reason::Malformed),
            (b"+1|2|0", Reason::Malformed),
            (b"0|2|0", Reason::AsnZero),
            (b"1|00000000|0", Reason::AsnZero),
            (b"-5|2|-1", Reason::AsnNegative),
            (b"1|4294967296|0", Reason::AsnTooLarge),
            (b"1|99999999999999999999999|0", Reason::AsnTooLarge),
            (b"1|2|3", Reason::UnknownCode),
            (b"1|2|", Reason::UnknownCode),
            (b"1|2|0|\xff", Reason::NotUtf8),
        ];
        for (line, reason) in cases {
            // Alone, where it is read slowly, and before enough text to be read fast.
            for padding in ["", "\n# padding so that whole windows of bytes can be read at once\n"]
            {
                let bytes = [line, padding.as_bytes()].concat();
                let found = read(&*bytes).unwrap();
                assert!(found.links.is_empty(), "{:?} was taken", String::from_utf8_lossy(line));
                assert_eq!(found.skipped.count_of(reason), 1, "{}", found.skipped);
                assert_eq!(found.skipped.groups[0].examples[0].line, 1);
            }
        }
    }

    #[test]
    fn skipped_lines_are_summed_up_in_a_sentence() {
        let found = read(&b"1|2|0\n0|2|0\nx\n0|3|0\n"[..]).unwrap();
        assert_eq!(
            found.skipped.to_string(),
            "3 lines skipped: 2 AS number zero is reserved (lines 2, 4), \
             1 not of the form of this file (line 3)"
        );
    }

    #[test]
    fn the_largest_numbers_are_read() {
        let tail = "\n# padding so that whole windows of bytes can be read at once\n";
        for number in [1, 9, 10, 9_999_999, 10_000_000, 99_999_999, 100_000_000, u32::MAX] {
            let text = format!("{number}|{number}|-1{tail}");
            assert_eq!(links(&text), [format!("1: {number} {number} customer")]);
        }
    }

    #[test]
    fn a_line_of_a_gibibyte_is_skipped_without_being_held() {
        let huge = io::repeat(b'7').take(1 << 30);
        let file = Cursor::new(b"1|2|0\n").chain(huge).chain(Cursor::new(b"\n3|4|0\n"));
        let found = read(BufReader::with_capacity(1 << 16, file)).unwrap();
        assert_eq!(found.links.len(), 2);
        assert_eq!(found.lines, [1, 3]);
        assert_eq!(found.skipped.count_of(Reason::LineTooLong), 1);
    }

    #[test]
    fn sources_are_bounded() {
        let text: String = (0..1000).map(|n| format!("1|2|0|s{n}\n")).collect();
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(found.sources.len(), SOURCES_MAX);
        assert_eq!(found.sources.iter().map(|(_, count)| count).sum::<u64>(), 1000);
    }

    proptest::proptest! {
        /// Fast and slow reading agree, however the reader cuts the bytes.
        #[test]
        fn buffers_do_not_matter(
            bytes in proptest::collection::vec(
                proptest::sample::select(b"0123456789||||\n\n-1bgpmlp #\xff".to_vec()), 0..300),
            buffer in 1..64_usize,
        ) {
            let whole = read(&*bytes).unwrap();
            let cut = read(BufReader::with_capacity(buffer, &*bytes)).unwrap();
            proptest::prop_assert_eq!(whole, cut);
        }

        /// What was written is what is read.
        #[test]
        fn links_round_trip(
            expected in proptest::collection::vec((1..=u32::MAX, 1..200_u32, 0..2), 0..50),
        ) {
            let text: String = expected
                .iter()
                .map(|(a, b, peer)| format!("{a}|{b}|{}|bgp\n", peer - 1))
                .collect();
            let found = read(text.as_bytes()).unwrap();
            let read: Vec<_> = found
                .links
                .iter()
                .map(|l| (l.a.0, l.b.0, i32::from(l.relation == Relation::Peer)))
                .collect();
            proptest::prop_assert_eq!(read, expected);
        }
    }
}

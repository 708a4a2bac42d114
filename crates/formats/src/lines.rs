//! Lines of any reader in bounded memory: large pieces where the reader has them, no line of
//! more than [`LINE_BYTES_MAX`] held.

use std::io::{self, BufRead};

/// Longer lines are reported as too long, and only their beginning is kept.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;
/// What is kept of a line that is too long.
const KEPT_OF_LONG: usize = 256;

/// Spreadsheets and some editors begin a text with it. It says nothing, and is no part of the first
/// line.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A piece of a file.
pub(crate) enum Piece<'a> {
    /// Whole lines, each with its line feed but perhaps the last.
    Lines(&'a [u8]),
    /// The beginning of a line that is too long.
    TooLong(&'a [u8]),
}

/// Hands out the whole file in pieces.
pub(crate) fn for_each_piece<R: BufRead>(
    mut reader: R,
    mut take: impl FnMut(Piece<'_>),
) -> io::Result<()> {
    // The beginning of a line whose end the reader has not given yet.
    let mut carried: Vec<u8> = Vec::new();
    let mut too_long = false;
    // The first piece begins where the file does, however the reader cuts it.
    let mut at_start = true;
    let mut take = |piece: Piece<'_>| {
        let strip = std::mem::take(&mut at_start);
        let text = |bytes| match strip {
            true => <[u8]>::strip_prefix(bytes, BYTE_ORDER_MARK).unwrap_or(bytes),
            false => bytes,
        };
        match piece {
            Piece::Lines(lines) if text(lines).is_empty() => {}
            Piece::Lines(lines) => take(Piece::Lines(text(lines))),
            Piece::TooLong(beginning) => take(Piece::TooLong(text(beginning))),
        }
    };
    loop {
        let chunk = match reader.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            break;
        }
        let consumed = chunk.len();
        let mut rest = chunk;
        if too_long || !carried.is_empty() {
            let line_end = memchr::memchr(b'\n', rest).map(|at| at + 1);
            let (tail, after) = rest.split_at(line_end.unwrap_or(rest.len()));
            rest = after;
            let length = carried.len() + tail.len() - usize::from(line_end.is_some());
            if !too_long && length <= LINE_BYTES_MAX {
                carried.extend_from_slice(tail);
            } else if !too_long {
                too_long = true;
                carried.extend_from_slice(&tail[..tail.len().min(KEPT_OF_LONG)]);
                carried.truncate(KEPT_OF_LONG);
                carried.shrink_to_fit();
            }
            if line_end.is_some() {
                take(if too_long { Piece::TooLong(&carried) } else { Piece::Lines(&carried) });
                carried.clear();
                too_long = false;
            }
        }
        let whole = memchr::memrchr(b'\n', rest).map_or(0, |at| at + 1);
        let (lines, tail) = rest.split_at(whole);
        if !lines.is_empty() {
            take(Piece::Lines(lines));
        }
        if tail.len() > LINE_BYTES_MAX {
            too_long = true;
            carried.extend_from_slice(&tail[..KEPT_OF_LONG]);
        } else {
            carried.extend_from_slice(tail);
        }
        reader.consume(consumed);
    }
    if too_long {
        take(Piece::TooLong(&carried));
    } else if !carried.is_empty() {
        take(Piece::Lines(&carried));
    }
    Ok(())
}

/// Hands out each line with its number, without line end; `Err` is one that is too long.
pub(crate) fn for_each_line<R: BufRead>(
    reader: R,
    mut take: impl FnMut(u64, Result<&[u8], &[u8]>),
) -> io::Result<()> {
    let mut number = 0;
    for_each_piece(reader, |piece| match piece {
        Piece::TooLong(beginning) => {
            number += 1;
            take(number, Err(beginning));
        }
        Piece::Lines(mut lines) => {
            while !lines.is_empty() {
                let end = memchr::memchr(b'\n', lines);
                let line = &lines[..end.unwrap_or(lines.len())];
                lines = end.map_or(&[][..], |at| &lines[at + 1..]);
                number += 1;
                if line.len() > LINE_BYTES_MAX {
                    take(number, Err(&line[..KEPT_OF_LONG]));
                } else {
                    take(number, Ok(line.strip_suffix(b"\r").unwrap_or(line)));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    fn lines(bytes: &[u8], buffer: usize) -> Vec<(u64, Result<Vec<u8>, usize>)> {
        let mut found = Vec::new();
        let reader = BufReader::with_capacity(buffer, Cursor::new(bytes));
        for_each_line(reader, |number, line| {
            found.push((number, line.map(<[u8]>::to_vec).map_err(<[u8]>::len)));
        })
        .unwrap();
        found
    }

    #[test]
    fn buffers_of_any_size_give_the_same_lines() {
        let bytes = b"one\r\n\ntwo three\nlast";
        let whole = lines(bytes, 1000);
        assert_eq!(whole.len(), 4);
        assert_eq!(whole[0], (1, Ok(b"one".to_vec())));
        assert_eq!(whole[3], (4, Ok(b"last".to_vec())));
        let marked = [BYTE_ORDER_MARK, bytes].concat();
        for buffer in 1..25 {
            assert_eq!(lines(bytes, buffer), whole, "buffer of {buffer}");
            if buffer >= BYTE_ORDER_MARK.len() {
                assert_eq!(lines(&marked, buffer), whole, "buffer of {buffer}, with a mark");
            }
        }
    }

    #[test]
    fn a_line_is_too_long_wherever_it_stands() {
        for buffer in [1000, 10 << 20] {
            for (before, after) in [("", ""), ("a\n", ""), ("a\n", "\nb\n"), ("", "\nb")] {
                let text = format!("{before}{}{after}", "x".repeat(LINE_BYTES_MAX + 1));
                let found = lines(text.as_bytes(), buffer);
                let long: Vec<_> = found.iter().filter(|(_, line)| line.is_err()).collect();
                assert_eq!(long.len(), 1, "{before:?} {after:?} in {buffer}");
                assert_eq!(long[0], &(1 + before.len() as u64 / 2, Err(KEPT_OF_LONG)));
                assert_eq!(found.len(), text.lines().count());
            }
        }
    }
}

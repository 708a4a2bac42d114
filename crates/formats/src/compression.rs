//! Compressed input: told apart by its first bytes, never by a name.
//!
//! Archives of several members (gzip, bzip2) or frames (zstd) are read to their end. All three
//! decoders are written in Rust and bounded in memory: zstd windows of more than 128 MiB are
//! refused. Nothing bounds what comes out: who reads it must stream it.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// `.bz2`.
    Bzip2,
    /// `.gz`.
    Gzip,
    /// `.zst`.
    Zstd,
}

impl Compression {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Compression::Plain => "plain",
            Compression::Bzip2 => "bzip2",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

/// Bytes that [`detect`] looks at.
pub const MAGIC_BYTES: usize = 10;

/// Tells by the first bytes (ten are enough) how a file is compressed.
pub fn detect(first: &[u8]) -> Compression {
    // A bzip2 file continues with a block (digits of pi) or, if empty, with its end (of its root).
    let bzip2_blocks: [&[u8]; 2] =
        [&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
    let is_bzip2 = first.starts_with(b"BZh")
        && first.get(3).is_none_or(|level| (b'1'..=b'9').contains(level))
        && first.get(4..MAGIC_BYTES).is_none_or(|block| bzip2_blocks.contains(&block));
    // 0x184d2a50 to 0x184d2a5f are frames to skip, which an archive may begin with (RFC 8878).
    let is_zstd = first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || (first.len() >= 4 && first[0] & 0xf0 == 0x50 && first[1..4] == [0x2a, 0x4d, 0x18]);
    if is_bzip2 {
        Compression::Bzip2
    } else if first.starts_with(&[0x1f, 0x8b]) {
        Compression::Gzip
    } else if is_zstd {
        Compression::Zstd
    } else {
        Compression::Plain
    }
}

/// What decoders hand out at once. Large, so that lines are rarely cut.
const BUFFER: usize = 1 << 18;

/// Reads through whatever compression the bytes have; plain bytes go through untouched.
///
/// Reading from the result fails with words about the archive where it is truncated or corrupt.
///
/// # Errors
/// Only what the reader itself returns for its first bytes.
pub fn decompress<'a>(mut reader: Box<dyn BufRead + 'a>) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut compression = detect(reader.fill_buf()?);
    let too_few = reader.fill_buf()?.len() < MAGIC_BYTES;
    if too_few {
        let mut first = Vec::new();
        reader.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut first)?;
        compression = detect(&first);
        reader = Box::new(io::Cursor::new(first).chain(reader));
    }
    let inner: Box<dyn Read + 'a> = match compression {
        Compression::Plain => return Ok(reader),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        Compression::Zstd => Box::new(ZstdFrames::new(reader)),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, Archive { inner, compression })))
}

/// A decoder whose errors say what is wrong with which archive.
struct Archive<'a> {
    inner: Box<dyn Read + 'a>,
    compression: Compression,
}

impl Read for Archive<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into).map_err(|error| {
            let name = self.compression.name();
            match error.kind() {
                io::ErrorKind::Interrupted => error,
                io::ErrorKind::UnexpectedEof => io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    format!("the {name} archive is truncated: it ends in the middle"),
                ),
                // Decoders report broken content under these; all others come from the reader.
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("the {name} archive is corrupt: {error}"),
                    )
                }
                _ => error,
            }
        })
    }
}

/// All frames of a zstd archive, one behind the other, checksums verified (RFC 8878).
struct ZstdFrames<R> {
    source: R,
    decoder: FrameDecoder,
    /// Whether the decoder is inside a frame.
    in_frame: bool,
    /// An error ends the archive.
    failed: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(source: R) -> ZstdFrames<R> {
        ZstdFrames { source, decoder: FrameDecoder::new(), in_frame: false, failed: false }
    }

    /// Goes to the next frame with content. Returns whether there is one.
    fn open_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let skipped =
                        io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
                    if skipped < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(zstd_error(error)),
            }
        }
        Ok(false)
    }

    fn read_frames(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame && !self.open_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(zstd_error)?;
            }
            let count = self.decoder.read(into)?;
            if count > 0 {
                return Ok(count);
            }
            let stored = self.decoder.get_checksum_from_data();
            if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is wrong"));
            }
            self.in_frame = false;
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(0);
        }
        self.read_frames(into).inspect_err(|error| {
            self.failed = error.kind() != io::ErrorKind::Interrupted;
        })
    }
}

/// The decoder wraps what its source returned: an early end must stay one.
fn zstd_error(error: FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(inner) = current.downcast_ref::<io::Error>() {
            return match inner.kind() {
                io::ErrorKind::Other => io::Error::new(io::ErrorKind::InvalidData, error),
                kind => kind.into(),
            };
        }
        cause = current.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn unpack(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decompress(Box::new(bytes))?.read_to_end(&mut out)?;
        Ok(out)
    }

    /// Text that does not shrink to nothing.
    fn content() -> Vec<u8> {
        (0..20_000_u64)
            .flat_map(|n| format!("{}|{n}|-1\n", n.wrapping_mul(0x9e37_79b9) % 90_001).into_bytes())
            .collect()
    }

    fn pack(compression: Compression, content: &[u8]) -> Vec<u8> {
        match compression {
            Compression::Plain => content.to_vec(),
            Compression::Bzip2 => {
                let mut encoder =
                    bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zstd => ruzstd::encoding::compress_to_vec(
                content,
                ruzstd::encoding::CompressionLevel::Fastest,
            ),
        }
    }

    const ALL: [Compression; 3] = [Compression::Bzip2, Compression::Gzip, Compression::Zstd];

    #[test]
    fn archives_of_any_kind_are_read_whatever_their_name() {
        for compression in ALL {
            let packed = pack(compression, &content());
            assert_eq!(detect(&packed), compression);
            assert_eq!(unpack(&packed).unwrap(), content(), "{compression:?}");
            // Two archives one behind the other are one.
            let twice = [packed.clone(), packed].concat();
            assert_eq!(unpack(&twice).unwrap(), [content(), content()].concat());
            assert_eq!(unpack(&pack(compression, b"")).unwrap(), b"");
        }
    }

    #[test]
    fn plain_text_goes_through() {
        for text in ["", "B", "BZh", "BZh is how a bzip2 file begins", "1|2|0\n"] {
            if text != "BZh" {
                assert_eq!(unpack(text.as_bytes()).unwrap(), text.as_bytes());
            }
        }
    }

    #[test]
    fn one_byte_at_a_time_is_enough_to_detect() {
        for compression in ALL {
            let packed = pack(compression, &content());
            let slow = BufReader::with_capacity(1, Cursor::new(packed));
            let mut out = Vec::new();
            decompress(Box::new(slow)).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, content());
        }
    }

    #[test]
    fn a_truncated_archive_says_so() {
        for compression in ALL {
            let packed = pack(compression, &content());
            for end in [12, packed.len() / 2, packed.len() - 1] {
                let error = unpack(&packed[..end]).unwrap_err();
                let expected = format!(
                    "the {} archive is truncated: it ends in the middle",
                    compression.name()
                );
                assert_eq!(error.to_string(), expected, "{end} of {}", packed.len());
            }
        }
    }

    #[test]
    fn a_corrupt_archive_says_so() {
        for compression in ALL {
            let mut packed = pack(compression, &content());
            let middle = packed.len() / 2;
            for byte in &mut packed[middle..middle + 40] {
                *byte ^= 0x55;
            }
            let error = unpack(&packed).unwrap_err().to_string();
            let expected = format!("the {} archive is corrupt: ", compression.name());
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn a_zstd_checksum_is_checked() {
        let mut packed = pack(Compression::Zstd, &content());
        *packed.last_mut().unwrap() ^= 1;
        assert!(unpack(&packed).is_err());
    }

    #[test]
    fn zstd_frames_to_skip_are_skipped() {
        let mut packed = vec![0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        packed.extend(pack(Compression::Zstd, b"text"));
        assert_eq!(unpack(&packed).unwrap(), b"text");
        assert!(unpack(&packed[..9]).unwrap_err().to_string().contains("truncated"));
    }
}

//! `.world` files: a world as flat arrays that open in milliseconds.
//!
//! ```text
//! 0   8  magic `CATCHMNT`
//! 8   4  version, 1
//! 12  4  CRC-32 of all that follows
//! 16  8  bytes of the whole file
//! 24  4  sections
//! 28  4  zero
//! 32     for each section: tag (4 letters), flags (4), offset (8), bytes (8)
//!        the sections in the order of the list, each from a multiple of 8
//! ```
//!
//! All numbers are little-endian. Arrays are the numbers one behind the other. A list of texts is
//! its count, the end of each text (both 4 bytes), then all texts as UTF-8. A reader skips
//! sections that it does not know if their flags say [`FLAG_OPTIONAL`], and refuses the file
//! otherwise: so later versions can add what older ones may ignore.
//!
//! Equal worlds give equal bytes.

use std::io::{self, Read, Write};

use catchment_model::world::{BrokenWorld, Client, WorldParts};
use catchment_model::{Asn, LatLon, Place, World};
use thiserror::Error;

/// The first bytes of a `.world` file.
pub const MAGIC: [u8; 8] = *b"CATCHMNT";
/// The version that this crate writes, and the highest that it reads.
pub const VERSION: u32 = 1;
/// Flag of a section that a reader may skip.
pub const FLAG_OPTIONAL: u32 = 1;

const HEADER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 24;
/// What the checksum covers starts here.
const CHECKED_FROM: usize = 16;

/// Why bytes are no world.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WorldFileError {
    /// Other first bytes.
    #[error("this is not a world file: it does not begin with `CATCHMNT`")]
    NotAWorldFile,
    /// Written by a later version.
    #[error("the world file has version {0}, and this program reads version {VERSION}")]
    NewerVersion(u32),
    /// It needs a section that this version does not know.
    #[error("the world file has a section `{0}`, which this program does not know")]
    UnknownSection(String),
    /// The end is missing.
    #[error("the world file is truncated: it has {found} of its {expected} bytes")]
    Truncated {
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// The reader failed.
    #[error("{0}")]
    Unreadable(String),
    /// The checksum differs.
    #[error("the world file is damaged: its checksum is wrong")]
    Checksum,
    /// The checksum is right and the content is not.
    #[error("the world file is damaged: {0}")]
    Damaged(&'static str),
    /// The arrays do not fit together.
    #[error(transparent)]
    Broken(#[from] BrokenWorld),
}

/// Whether bytes begin as a world file does.
pub fn is_world_file(first: &[u8]) -> bool {
    first.starts_with(&MAGIC)
}

/// Writes a world.
///
/// # Errors
/// What the writer returns; and `InvalidInput` for texts of more than 4 GiB.
pub fn write<W: Write>(world: &World, mut out: W) -> io::Result<()> {
    out.write_all(&bytes_of(world)?)
}

fn bytes_of(world: &World) -> io::Result<Vec<u8>> {
    let asns: Vec<u32> = world.asns.iter().map(|asn| asn.0).collect();
    let mut places = Vec::new();
    put_f64s(&mut places, world.places.iter().flat_map(|place| [place.at.lat, place.at.lon]));
    put_texts(&mut places, world.places.iter().map(|place| &*place.code))?;
    put_texts(&mut places, world.places.iter().map(|place| &*place.name))?;
    put_texts(&mut places, world.places.iter().map(|place| &*place.country))?;
    let mut as_names = Vec::new();
    put_u32s(&mut as_names, world.as_names.iter().map(|(index, _)| *index));
    put_texts(&mut as_names, world.as_names.iter().map(|(_, name)| &**name))?;
    let mut clients = Vec::new();
    put_f64s(&mut clients, world.clients.iter().map(|client| client.weight));
    put_u32s(&mut clients, world.clients.iter().map(|client| client.router));
    put_texts(&mut clients, world.clients.iter().map(|client| &*client.name))?;
    put_texts(&mut clients, world.clients.iter().map(|client| &*client.region))?;
    let count = |count: usize| u32::try_from(count).map_err(|_| too_large());
    let mut counts = Vec::new();
    put_u32s(
        &mut counts,
        [count(world.places.len())?, count(world.as_names.len())?, count(world.clients.len())?],
    );
    let u32s = |numbers: &[u32]| {
        let mut bytes = Vec::with_capacity(4 * numbers.len());
        put_u32s(&mut bytes, numbers.iter().copied());
        bytes
    };
    let mut weights = Vec::with_capacity(8 * world.weights.len());
    put_f64s(&mut weights, world.weights.iter().copied());

    let sections: [([u8; 4], Vec<u8>); 13] = [
        (*b"NAME", world.name.as_bytes().to_vec()),
        (*b"CNTS", counts),
        (*b"ASNS", u32s(&asns)),
        (*b"FRTR", u32s(&world.first_router)),
        (*b"RTAS", u32s(&world.router_as)),
        (*b"RTPL", u32s(&world.router_places)),
        (*b"RTID", u32s(&world.router_ids)),
        (*b"WGHT", weights),
        (*b"ROWS", u32s(&world.rows)),
        (*b"NBRS", u32s(&world.neighbors)),
        (*b"PLCS", places),
        (*b"ASNM", as_names),
        (*b"CLNT", clients),
    ];
    Ok(assemble(&sections.map(|(tag, content)| (tag, 0, content))))
}

/// Lays sections out behind a header.
fn assemble(sections: &[([u8; 4], u32, Vec<u8>)]) -> Vec<u8> {
    let mut offset = HEADER_BYTES + ENTRY_BYTES * sections.len();
    let mut entries = Vec::new();
    for (tag, flags, content) in sections {
        entries.extend_from_slice(tag);
        entries.extend_from_slice(&flags.to_le_bytes());
        entries.extend_from_slice(&(offset as u64).to_le_bytes());
        entries.extend_from_slice(&(content.len() as u64).to_le_bytes());
        offset += content.len().next_multiple_of(8);
    }
    let mut bytes = Vec::with_capacity(offset);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&(offset as u64).to_le_bytes());
    bytes.extend_from_slice(&(sections.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&entries);
    for (_, _, content) in sections {
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let checksum = crc32fast::hash(&bytes[CHECKED_FROM..]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the world is too large for a world file")
}

fn put_u32s(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    numbers.into_iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

fn put_f64s(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = f64>) {
    numbers.into_iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

fn put_texts<'a>(
    bytes: &mut Vec<u8>,
    texts: impl Iterator<Item = &'a str> + Clone,
) -> io::Result<()> {
    let mut end = 0_u32;
    for text in texts.clone() {
        let length = u32::try_from(text.len()).map_err(|_| too_large())?;
        end = end.checked_add(length).ok_or_else(too_large)?;
        bytes.extend_from_slice(&end.to_le_bytes());
    }
    texts.for_each(|text| bytes.extend_from_slice(text.as_bytes()));
    Ok(())
}

/// Reads a world from bytes in memory.
///
/// # Errors
/// As [`read_from`].
pub fn read(bytes: &[u8]) -> Result<World, WorldFileError> {
    read_from(bytes, bytes.len() as u64)
}

/// Reads a world of which there are `length` bytes. Nothing is allocated that they do not hold,
/// and the large arrays are filled as they come, without a copy of the file beside them.
///
/// # Errors
/// [`WorldFileError`] says what is wrong with the file.
pub fn read_from<R: Read>(reader: R, length: u64) -> Result<World, WorldFileError> {
    let mut sections = Sections::read(reader, length)?;
    let counts = sections.bytes(*b"CNTS")?;
    let mut counts = Cursor(&counts);
    let [place_count, name_count, client_count] =
        [counts.count()?, counts.count()?, counts.count()?];

    let section = sections.bytes(*b"PLCS")?;
    let mut cursor = Cursor(&section);
    let at = cursor.f64s(2 * place_count)?;
    let (codes, names) = (cursor.texts(place_count)?, cursor.texts(place_count)?);
    let places = at.chunks_exact(2).zip(codes).zip(names).zip(cursor.texts(place_count)?);
    let places = places.map(|(((at, code), name), country)| Place {
        code,
        name,
        country,
        at: LatLon { lat: at[0], lon: at[1] },
    });

    let section = sections.bytes(*b"ASNM")?;
    let mut cursor = Cursor(&section);
    let indices = cursor.u32s(name_count)?;
    let as_names = indices.into_iter().zip(cursor.texts(name_count)?);

    let section = sections.bytes(*b"CLNT")?;
    let mut cursor = Cursor(&section);
    let (weights, routers) = (cursor.f64s(client_count)?, cursor.u32s(client_count)?);
    let names = cursor.texts(client_count)?;
    let clients = weights.into_iter().zip(routers).zip(names).zip(cursor.texts(client_count)?);
    let clients =
        clients.map(|(((weight, router), name), region)| Client { name, router, region, weight });

    let name = String::from_utf8(sections.bytes(*b"NAME")?);
    let parts = WorldParts {
        name: name.map_err(|_| Damaged("a text is not UTF-8"))?,
        asns: sections.u32s(*b"ASNS")?.into_iter().map(Asn).collect(),
        first_router: sections.u32s(*b"FRTR")?,
        router_as: sections.u32s(*b"RTAS")?,
        router_places: sections.u32s(*b"RTPL")?,
        router_ids: sections.u32s(*b"RTID")?,
        weights: {
            let section = sections.bytes(*b"WGHT")?;
            Cursor(&section).f64s(section.len() / 8)?
        },
        rows: sections.u32s(*b"ROWS")?,
        neighbors: sections.u32s(*b"NBRS")?,
        places: places.collect(),
        as_names: as_names.collect(),
        clients: clients.collect(),
    };
    Ok(World::from_parts(parts)?)
}

use WorldFileError::Damaged;

/// Sections that are arrays of 32-bit numbers.
const NUMBERS: [[u8; 4]; 7] =
    [*b"ASNS", *b"FRTR", *b"RTAS", *b"RTPL", *b"RTID", *b"ROWS", *b"NBRS"];
/// The others that [`read_from`] uses.
const BYTES: [[u8; 4]; 6] = [*b"NAME", *b"CNTS", *b"WGHT", *b"PLCS", *b"ASNM", *b"CLNT"];
/// Bytes that are read and checked at a time: few enough to stay in the cache meanwhile.
const CHUNK: usize = 1 << 16;

/// Memory that is reserved on a file's word; beyond it, only as bytes arrive.
const TRUSTED: usize = 1 << 26;

/// The content of a file whose header and checksum are right.
struct Sections {
    numbers: Vec<([u8; 4], Vec<u32>)>,
    bytes: Vec<([u8; 4], Vec<u8>)>,
}

/// A reader that counts and checks what it reads.
struct Checked<R> {
    reader: R,
    position: u64,
    length: u64,
    checksum: crc32fast::Hasher,
    chunk: Vec<u8>,
}

impl<R: Read> Checked<R> {
    /// Reads into the chunk; `size` is at most [`CHUNK`].
    fn chunk(&mut self, size: usize) -> Result<&[u8], WorldFileError> {
        let chunk = &mut self.chunk[..size];
        self.reader.read_exact(chunk).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                WorldFileError::Truncated { expected: self.length, found: self.position }
            }
            _ => WorldFileError::Unreadable(error.to_string()),
        })?;
        self.position += size as u64;
        // No fuzzer gets past a checksum.
        if !cfg!(fuzzing) {
            self.checksum.update(chunk);
        }
        Ok(chunk)
    }

    /// Hands `size` bytes on, chunk by chunk; each but the last is of [`CHUNK`] bytes.
    fn each_chunk(
        &mut self,
        size: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), WorldFileError> {
        let mut left = size;
        while left > 0 {
            let size = left.min(CHUNK);
            take(self.chunk(size)?);
            left -= size;
        }
        Ok(())
    }
}

impl Sections {
    fn read<R: Read>(mut reader: R, length: u64) -> Result<Sections, WorldFileError> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        let got = (&mut reader).take(HEADER_BYTES as u64).read_to_end(&mut header);
        got.map_err(|error| WorldFileError::Unreadable(error.to_string()))?;
        if !is_world_file(&header) {
            return Err(WorldFileError::NotAWorldFile);
        }
        let truncated = |expected| WorldFileError::Truncated { expected, found: length };
        let (Some(version), Some(checksum)) = (u32_at(&header, 8), u32_at(&header, 12)) else {
            return Err(truncated(HEADER_BYTES as u64));
        };
        if version > VERSION || version == 0 {
            return Err(WorldFileError::NewerVersion(version));
        }
        let (Some(expected), Some(count), Some(_)) =
            (u64_at(&header, 16), u32_at(&header, 24), u32_at(&header, 28))
        else {
            return Err(truncated(HEADER_BYTES as u64));
        };
        if expected > length {
            return Err(truncated(expected));
        }
        if expected < length {
            return Err(Damaged("bytes follow its end"));
        }
        let mut checked = Checked {
            reader,
            position: HEADER_BYTES as u64,
            length,
            checksum: crc32fast::Hasher::new(),
            chunk: vec![0; CHUNK],
        };
        checked.checksum.update(&header[CHECKED_FROM..]);
        let sections = Sections::read_content(&mut checked, count)?;
        if !cfg!(fuzzing) && checked.checksum.finalize() != checksum {
            return Err(WorldFileError::Checksum);
        }
        Ok(sections)
    }

    fn read_content<R: Read>(
        checked: &mut Checked<R>,
        count: u32,
    ) -> Result<Sections, WorldFileError> {
        let room = checked.length - checked.position;
        if u64::from(count) * ENTRY_BYTES as u64 > room {
            return Err(Damaged("its list of sections has no end"));
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            let entry = checked.chunk(ENTRY_BYTES)?;
            let tag = [entry[0], entry[1], entry[2], entry[3]];
            let flags = u32_at(entry, 4).unwrap_or(0);
            let (offset, size) = (u64_at(entry, 8).unwrap_or(0), u64_at(entry, 16).unwrap_or(0));
            entries.push((offset, size, tag, flags));
        }
        let mut sections = Sections { numbers: Vec::new(), bytes: Vec::new() };
        for (offset, size, tag, flags) in entries {
            let end = offset.checked_add(size).filter(|end| *end <= checked.length);
            if end.is_none() {
                return Err(Damaged("a section lies outside the file"));
            }
            let gap = offset.checked_sub(checked.position);
            let gap = gap.ok_or(Damaged("its sections are not in order"))?;
            // Both are at most the bytes that there are.
            let (gap, size) = (gap as usize, size as usize);
            checked.each_chunk(gap, |_| {})?;
            if NUMBERS.contains(&tag) {
                let mut numbers = Vec::with_capacity(size.min(TRUSTED) / 4);
                checked.each_chunk(size, |bytes| {
                    let (words, _) = bytes.as_chunks();
                    numbers.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
                })?;
                sections.numbers.push((tag, numbers));
            } else if BYTES.contains(&tag) {
                let mut content = Vec::with_capacity(size.min(TRUSTED));
                checked.each_chunk(size, |bytes| content.extend_from_slice(bytes))?;
                sections.bytes.push((tag, content));
            } else if flags & FLAG_OPTIONAL == 0 {
                let name = tag.escape_ascii().to_string();
                return Err(WorldFileError::UnknownSection(name));
            } else {
                checked.each_chunk(size, |_| {})?;
            }
        }
        let rest = (checked.length - checked.position) as usize;
        checked.each_chunk(rest, |_| {})?;
        Ok(sections)
    }

    fn u32s(&mut self, tag: [u8; 4]) -> Result<Vec<u32>, WorldFileError> {
        take_tagged(&mut self.numbers, tag)
    }

    fn bytes(&mut self, tag: [u8; 4]) -> Result<Vec<u8>, WorldFileError> {
        take_tagged(&mut self.bytes, tag)
    }
}

/// The first entry of this tag.
fn take_tagged<T>(entries: &mut Vec<([u8; 4], T)>, tag: [u8; 4]) -> Result<T, WorldFileError> {
    let at = entries.iter().position(|(known, _)| *known == tag);
    Ok(entries.swap_remove(at.ok_or(Damaged("a section is missing"))?).1)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The rest of a section. Takes what is there, never more.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, size: usize) -> Result<&'a [u8], WorldFileError> {
        let bytes = count.checked_mul(size).and_then(|length| self.0.split_at_checked(length));
        let (taken, rest) = bytes.ok_or(Damaged("a section is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn count(&mut self) -> Result<usize, WorldFileError> {
        Ok(self.u32s(1)?[0] as usize)
    }

    fn u32s(&mut self, count: usize) -> Result<Vec<u32>, WorldFileError> {
        let (words, _) = self.take(count, 4)?.as_chunks();
        Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }

    fn f64s(&mut self, count: usize) -> Result<Vec<f64>, WorldFileError> {
        let (words, _) = self.take(count, 8)?.as_chunks();
        Ok(words.iter().map(|word| f64::from_le_bytes(*word)).collect())
    }

    fn texts(&mut self, count: usize) -> Result<Vec<String>, WorldFileError> {
        let ends = self.u32s(count)?;
        let last = ends.last().map_or(0, |end| *end as usize);
        let bytes = self.take(last, 1)?;
        let all = str::from_utf8(bytes).map_err(|_| Damaged("a text is not UTF-8"))?;
        let mut start = 0;
        let mut texts = Vec::with_capacity(ends.len());
        for end in ends {
            let end = end as usize;
            texts.push(all.get(start..end).ok_or(Damaged("texts are cut wrongly"))?.to_owned());
            start = end;
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use catchment_model::{Relation, WorldBuilder};

    use super::*;

    /// A world with everything in it that a file can hold.
    fn world() -> World {
        let mut builder = WorldBuilder::new("small");
        let place = |code: &str, name: &str, lat, lon| Place {
            code: code.to_owned(),
            name: name.to_owned(),
            country: "DE".to_owned(),
            at: LatLon { lat, lon },
        };
        let fra = builder.place(place("FRA", "Frankfurt", 50.04, 8.56));
        let muc = builder.place(place("MUC", "München", 48.35, 11.79));
        let routers = [
            builder.router(Asn(64500), Some(fra)),
            builder.router(Asn(64501), Some(muc)),
            builder.router(Asn(64501), Some(fra)),
            builder.router(Asn(4_200_000_000), None),
        ];
        builder.link(routers[0], routers[2], Relation::Provider);
        builder.link(routers[1], routers[3], Relation::Peer);
        builder.client("Offenbach", routers[0], "eu", 70.5);
        builder.as_name(Asn(64501), "Beispiel-Netz");
        builder.build().unwrap().world
    }

    fn file() -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&world(), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_world_comes_back_as_it_was() {
        assert_eq!(read(&file()).unwrap(), world());
        assert_eq!(file(), file());
        let mut empty = Vec::new();
        let nothing = World::from_parts(WorldParts {
            first_router: vec![0],
            rows: vec![0],
            ..WorldParts::default()
        });
        write(nothing.as_ref().unwrap(), &mut empty).unwrap();
        assert_eq!(read(&empty), Ok(nothing.unwrap()));
    }

    #[test]
    fn other_files_are_told_apart() {
        assert_eq!(read(b""), Err(WorldFileError::NotAWorldFile));
        assert_eq!(read(b"1|2|0\n"), Err(WorldFileError::NotAWorldFile));
        let mut newer = file();
        newer[8] = 2;
        assert_eq!(read(&newer), Err(WorldFileError::NewerVersion(2)));
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = file();
        for end in 8..bytes.len() {
            let error = read(&bytes[..end]).unwrap_err();
            assert!(matches!(error, WorldFileError::Truncated { .. }), "{end}: {error}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(read(&longer), Err(Damaged("bytes follow its end")));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = file();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    /// The bytes with a checksum that fits them again.
    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let checksum = crc32fast::hash(&bytes[CHECKED_FROM..]);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    #[test]
    fn a_right_checksum_over_garbage_changes_nothing() {
        let bytes = file();
        for at in CHECKED_FROM..bytes.len() {
            for value in [0, 0x7f, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                // A file that still makes sense is a world; whatever else, it is no panic.
                let _ = read(&sealed(damaged));
            }
        }
        let mut many = bytes;
        many[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(read(&sealed(many)), Err(Damaged(_) | WorldFileError::UnknownSection(_))));
    }

    #[test]
    fn sections_of_later_versions_are_skipped_if_they_may_be() {
        let bytes = file();
        let entry = |index: usize| {
            let entry = &bytes[HEADER_BYTES + ENTRY_BYTES * index..][..ENTRY_BYTES];
            let tag = [entry[0], entry[1], entry[2], entry[3]];
            let start = u64_at(entry, 8).unwrap() as usize;
            let size = u64_at(entry, 16).unwrap() as usize;
            (tag, 0, bytes[start..start + size].to_vec())
        };
        let mut all: Vec<([u8; 4], u32, Vec<u8>)> = (0..13).map(entry).collect();
        all.push((*b"CORR", FLAG_OPTIONAL, b"corrections".to_vec()));
        assert_eq!(read(&assemble(&all)).unwrap(), world());
        all.last_mut().unwrap().1 = 0;
        let unknown = Err(WorldFileError::UnknownSection("CORR".to_owned()));
        assert_eq!(read(&assemble(&all)), unknown);
        all.truncate(5);
        assert_eq!(read(&assemble(&all)), Err(Damaged("a section is missing")));
    }
}

//! AS paths, each stored once: a path is its first AS and the number of the path behind it.
//!
//! Equal paths have equal numbers, so that "is this the route that I have?" is one comparison.
//! Attributes that act at one receiver only (an announcement's MED and communities, LOCAL_PREF
//! inside an AS, round-trip time where a rule weighs it) stand in a [`Tag`] at the head.

use std::collections::BTreeMap;

use catchment_model::rng::mix;
use catchment_model::service::Announcement;

/// Number of a path. [`EMPTY`] is an own route's.
pub type PathId = u32;

/// The path of length 0.
pub const EMPTY: PathId = 0;
/// Paths are numbered below this, so that a class fits beside them in a word.
pub const PATH_COUNT_MAX: u32 = (1 << 30) - 8;
/// The tag of a path that carries nothing more.
pub const NO_TAG: u32 = 0;

/// What a route carries beside its AS path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tag {
    /// The origin's announcement that the AS of the receiver heard, by number from 1; 0 for a plain
    /// one.
    pub said: u32,
    /// LOCAL_PREF inside an AS, where it is not the one of its class.
    pub local_pref: Option<u32>,
    /// Bits of the round-trip time in ms at the sender; `None` where no rule weighs it, or where
    /// it is not known.
    pub rtt_bits: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link {
    asn: u32,
    behind: PathId,
    tag: u32,
    length: u32,
    /// A bit for each AS on the path, see [`bit`]: where an AS has none, it is not on the path, and
    /// the path need not be walked to see that.
    members: u64,
}

/// One of 64 bits for each AS number.
fn bit(asn: u32) -> u64 {
    1 << (asn.wrapping_mul(0x9e37_79b1) >> 26)
}

/// All paths of a run.
#[derive(Debug, Clone)]
pub struct Paths {
    links: Vec<Link>,
    /// Open addressing; `EMPTY` is a free place, as the empty path is never looked for.
    table: Vec<PathId>,
    tags: Vec<Tag>,
    tag_of: BTreeMap<Tag, u32>,
    announcements: Vec<Announcement>,
}

impl Default for Paths {
    /// No path but the empty one.
    fn default() -> Paths {
        Paths {
            links: vec![Link { asn: 0, behind: EMPTY, tag: NO_TAG, length: 0, members: 0 }],
            table: vec![EMPTY; 1 << 10],
            tags: vec![Tag::default()],
            tag_of: BTreeMap::from([(Tag::default(), NO_TAG)]),
            announcements: Vec::new(),
        }
    }
}

impl Paths {
    /// No path but the empty one, and room for some.
    pub fn with_room(paths: usize) -> Paths {
        let table = vec![EMPTY; (paths * 2).next_power_of_two().max(1 << 10)];
        Paths { table, ..Paths::default() }
    }

    /// How many paths there are, the empty one included.
    pub fn count(&self) -> usize {
        self.links.len()
    }

    /// Bytes that they fill, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.links[..]) + size_of_val(&self.table[..])
    }

    /// The path with `asn` in front of `behind`.
    ///
    /// # Panics
    /// If there are more than 2^30 paths.
    pub fn push(&mut self, behind: PathId, asn: u32, tag: u32) -> PathId {
        let next = self.links[behind as usize];
        let (length, members) = (next.length + 1, next.members | bit(asn));
        self.intern(Link { asn, behind, tag, length, members })
    }

    /// The same path with another tag. The empty path carries tags too, inside an origin's AS.
    pub fn tagged(&mut self, path: PathId, tag: u32) -> PathId {
        let link = self.links[path as usize];
        if link.tag == tag {
            return path;
        }
        if link.length == 0 && tag == NO_TAG {
            return EMPTY;
        }
        self.intern(Link { tag, ..link })
    }

    fn intern(&mut self, link: Link) -> PathId {
        let mut at = self.place(&link);
        loop {
            let found = self.table[at];
            if found == EMPTY {
                break;
            }
            if self.links[found as usize] == link {
                return found;
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        let id = self.links.len() as PathId;
        assert!(id < PATH_COUNT_MAX, "a run holds less than 2^30 paths");
        self.links.push(link);
        self.table[at] = id;
        if self.links.len() * 8 > self.table.len() * 5 {
            self.grow();
        }
        id
    }

    fn place(&self, link: &Link) -> usize {
        let pair = u64::from(link.behind) << 32 | u64::from(link.asn);
        let hash = mix(pair ^ u64::from(link.tag).rotate_left(48));
        (hash >> 32) as usize & (self.table.len() - 1)
    }

    fn grow(&mut self) {
        let len = self.table.len() * 2;
        self.table.clear();
        self.table.resize(len, EMPTY);
        for id in 1..self.links.len() {
            let mut at = self.place(&self.links[id]);
            while self.table[at] != EMPTY {
                at = (at + 1) & (len - 1);
            }
            self.table[at] = id as PathId;
        }
    }

    /// ASNs on the path, repetitions counted.
    pub fn length(&self, path: PathId) -> u32 {
        self.links[path as usize].length
    }

    /// First AS of the path; 0 for the empty one.
    pub fn head(&self, path: PathId) -> u32 {
        self.links[path as usize].asn
    }

    /// How often an AS stands in a path.
    pub fn occurrences(&self, path: PathId, asn: u32) -> u32 {
        let mut count = 0;
        let mut link = self.links[path as usize];
        if link.members & bit(asn) == 0 {
            return 0;
        }
        while link.length > 0 {
            count += u32::from(link.asn == asn);
            link = self.links[link.behind as usize];
        }
        count
    }

    /// ASNs of a path, nearest first, origin last.
    pub fn asns(&self, path: PathId) -> impl Iterator<Item = u32> + '_ {
        let link = |path: PathId| {
            let link = self.links[path as usize];
            (link.length > 0).then_some(link)
        };
        std::iter::successors(link(path), move |it| link(it.behind)).map(|it| it.asn)
    }

    /// What a route carries beside its path.
    pub fn tag(&self, path: PathId) -> Tag {
        self.tags[self.links[path as usize].tag as usize]
    }

    /// Whether a route carries something beside its path.
    pub fn is_tagged(&self, path: PathId) -> bool {
        self.links[path as usize].tag != NO_TAG
    }

    /// The number of a tag.
    pub fn tag_id(&mut self, tag: Tag) -> u32 {
        if let Some(id) = self.tag_of.get(&tag) {
            return *id;
        }
        let id = self.tags.len() as u32;
        self.tags.push(tag);
        self.tag_of.insert(tag, id);
        id
    }

    /// The number of an announcement for [`Tag::said`]; prepends are no part of it.
    pub fn announcement_id(&mut self, said: &Announcement) -> u32 {
        let said = Announcement { prepend: 0, ..said.clone() };
        if said == Announcement::default() {
            return 0;
        }
        let known = self.announcements.iter().position(|other| *other == said);
        let index = known.unwrap_or_else(|| {
            self.announcements.push(said);
            self.announcements.len() - 1
        });
        index as u32 + 1
    }

    /// The announcement that a route was heard with in this AS, if that was not plain.
    pub fn announcement(&self, path: PathId) -> Option<&Announcement> {
        if !self.is_tagged(path) {
            return None;
        }
        self.announcements.get((self.tag(path).said as usize).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_paths_have_equal_numbers() {
        let mut paths = Paths::default();
        let mut ids = Vec::new();
        for asn in 1..3000 {
            let one = paths.push(EMPTY, asn, NO_TAG);
            let two = paths.push(one, asn + 1, NO_TAG);
            ids.push((one, two));
        }
        for (asn, (one, two)) in (1..3000).zip(ids) {
            assert_eq!(paths.push(EMPTY, asn, NO_TAG), one);
            assert_eq!(paths.push(one, asn + 1, NO_TAG), two);
            assert_eq!(paths.asns(two).collect::<Vec<_>>(), [asn + 1, asn]);
            assert_eq!(paths.length(two), 2);
            assert_eq!(paths.occurrences(two, asn), 1);
        }
    }

    #[test]
    fn tags_come_and_go() {
        let mut paths = Paths::default();
        let said = Announcement { med: Some(5), prepend: 3, ..Announcement::default() };
        let said_id = paths.announcement_id(&said);
        assert_eq!(paths.announcement_id(&Announcement { prepend: 1, ..said.clone() }), said_id);
        assert_eq!(paths.announcement_id(&Announcement { prepend: 1, ..Default::default() }), 0);
        let tag = paths.tag_id(Tag { said: said_id, ..Tag::default() });
        let plain = paths.push(EMPTY, 7, NO_TAG);
        let tagged = paths.push(EMPTY, 7, tag);
        assert_ne!(plain, tagged);
        assert_eq!(paths.tagged(tagged, NO_TAG), plain);
        assert_eq!(paths.announcement(tagged).unwrap().med, Some(5));
        assert_eq!(paths.announcement(plain), None);
        let own = paths.tagged(EMPTY, tag);
        assert_eq!((paths.length(own), paths.tagged(own, NO_TAG)), (0, EMPTY));
    }
}

//! A world with one router per AS from a plain list of links, as relationship files give it.
//!
//! Such lists are long (a million entries) and dirty; this is the fast way from one to flat
//! arrays, and it says what it dropped.

use super::{NO_PLACE, World, WorldParts};
use crate::{Asn, Relation};

/// One entry of a relationship list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// One AS.
    pub a: Asn,
    /// The other AS.
    pub b: Asn,
    /// What `b` is to `a`.
    pub relation: Relation,
}

/// An entry that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkProblem {
    /// Position of the dropped entry in the list.
    pub dropped: u32,
    /// Position of the entry that it repeats or contradicts; of itself for a self loop.
    pub kept: u32,
    /// What is wrong with it.
    pub kind: LinkProblemKind,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkProblemKind {
    /// An AS linked with itself.
    SelfLoop,
    /// The pair stands there already, with the same relationship.
    Duplicate,
    /// The pair stands there already, with another relationship.
    Contradiction,
}

impl World {
    /// Builds a world of one router per AS, BGP identifier = ASN, weight 1, no places.
    ///
    /// Of several entries for one pair the first counts. Returns what was dropped, in list order.
    pub fn from_links(name: &str, links: &[Link]) -> (World, Vec<LinkProblem>) {
        let numbering = Numbering::new(links);
        let mut sides: Vec<(u32, u32, Relation)> = Vec::with_capacity(links.len());
        let mut problems = Vec::new();
        for (position, link) in links.iter().enumerate() {
            if link.a == link.b {
                let position = position as u32;
                let kind = LinkProblemKind::SelfLoop;
                problems.push(LinkProblem { dropped: position, kept: position, kind });
                continue;
            }
            let (a, b) = (numbering.index(link.a), numbering.index(link.b));
            sides.push((a, b, link.relation));
        }
        let count = numbering.asns.len();
        let ids: Vec<u32> = numbering.asns.iter().map(|asn| asn.0).collect();
        let (mut row_starts, mut neighbors) = rows(count, &sides, &ids);
        if has_repeated_pairs(count, &row_starts, &neighbors) {
            let kept = drop_repeated(&numbering, links, &mut problems);
            (row_starts, neighbors) = rows(count, &kept, &ids);
        }
        problems.sort_by_key(|problem| problem.dropped);
        let world = World::trusted(WorldParts {
            name: name.to_owned(),
            first_router: (0..=count as u32).collect(),
            router_as: (0..count as u32).collect(),
            router_places: vec![NO_PLACE; count],
            router_ids: ids,
            weights: vec![1.0; count],
            rows: row_starts,
            neighbors,
            asns: numbering.asns,
            ..WorldParts::default()
        });
        (world, problems)
    }

    /// The same world without some links, each given as (provider router, customer router).
    #[must_use]
    pub fn without_provider_links(&self, dropped: &[(u32, u32)]) -> World {
        let mut parts = self.parts.clone();
        let gone = |router: u32, neighbor: u32, relation: Relation| match relation {
            Relation::Customer => dropped.contains(&(router, neighbor)),
            Relation::Provider => dropped.contains(&(neighbor, router)),
            _ => false,
        };
        parts.neighbors.clear();
        parts.rows.clear();
        for router in 0..self.router_count() as u32 {
            for relation in Relation::ALL {
                parts.rows.push(parts.neighbors.len() as u32);
                let group = self.group(router, relation);
                let group = &self.neighbors[group.start as usize..group.end as usize];
                let stays = |neighbor: &&u32| !gone(router, **neighbor, relation);
                parts.neighbors.extend(group.iter().filter(stays));
            }
        }
        parts.rows.push(parts.neighbors.len() as u32);
        World::trusted(parts)
    }
}

/// AS numbers to dense indices in ascending order, by a table of two levels.
struct Numbering {
    asns: Vec<Asn>,
    /// For each page of 2^12 numbers, where its indices start in `indices`, or `u32::MAX`.
    pages: Vec<u32>,
    indices: Vec<u32>,
}

const PAGE_BITS: u32 = 12;
const PAGE: usize = 1 << PAGE_BITS;

impl Numbering {
    fn new(links: &[Link]) -> Numbering {
        let mut pages = vec![u32::MAX; 1 << (32 - PAGE_BITS)];
        let mut indices: Vec<u32> = Vec::new();
        for asn in links.iter().flat_map(|link| [link.a, link.b]) {
            let page = &mut pages[(asn.0 >> PAGE_BITS) as usize];
            if *page == u32::MAX {
                *page = indices.len() as u32;
                indices.resize(indices.len() + PAGE, 0);
            }
            indices[*page as usize + (asn.0 as usize & (PAGE - 1))] = 1;
        }
        let mut asns = Vec::new();
        for (page, start) in pages.iter().enumerate().filter(|(_, start)| **start != u32::MAX) {
            for offset in 0..PAGE {
                let slot = &mut indices[*start as usize + offset];
                if *slot == 1 {
                    *slot = asns.len() as u32;
                    asns.push(Asn((page << PAGE_BITS | offset) as u32));
                }
            }
        }
        Numbering { asns, pages, indices }
    }

    fn index(&self, asn: Asn) -> u32 {
        let page = self.pages[(asn.0 >> PAGE_BITS) as usize];
        self.indices[page as usize + (asn.0 as usize & (PAGE - 1))]
    }
}

/// Compressed rows from links (a, b, what b is to a), each group sorted by (identifier, router).
///
/// Two scatters instead of many sorts: the first makes rows in list order; the second reads them
/// neighbor by neighbor in ascending order and writes each back to the row of its other end, so
/// that all rows fill up in that order.
pub(super) fn rows(
    router_count: usize,
    links: &[(u32, u32, Relation)],
    ids: &[u32],
) -> (Vec<u32>, Vec<u32>) {
    let slot = |router: u32, relation: Relation| 4 * router as usize + relation as usize;
    let mut starts = vec![0_u32; 4 * router_count + 1];
    for (a, b, relation) in links {
        starts[slot(*a, *relation) + 1] += 1;
        starts[slot(*b, relation.reversed()) + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut unsorted = vec![0_u32; 2 * links.len()];
    for (a, b, relation) in links {
        for (router, neighbor, relation) in [(*a, *b, *relation), (*b, *a, relation.reversed())] {
            let place = &mut next[slot(router, relation)];
            unsorted[*place as usize] = neighbor;
            *place += 1;
        }
    }
    let mut order: Vec<u32> = (0..router_count as u32).collect();
    if ids.windows(2).any(|pair| pair[0] > pair[1]) {
        order.sort_unstable_by_key(|router| (ids[*router as usize], *router));
    }
    next.copy_from_slice(&starts);
    let mut neighbors = vec![0_u32; unsorted.len()];
    for neighbor in order {
        for relation in Relation::ALL {
            let group = slot(neighbor, relation);
            for router in &unsorted[starts[group] as usize..starts[group + 1] as usize] {
                let place = &mut next[slot(*router, relation.reversed())];
                neighbors[*place as usize] = neighbor;
                *place += 1;
            }
        }
    }
    (starts, neighbors)
}

/// Whether a router has the same neighbor twice, in one group or in two.
fn has_repeated_pairs(router_count: usize, rows: &[u32], neighbors: &[u32]) -> bool {
    let mut seen_by = vec![u32::MAX; router_count];
    (0..router_count).any(|router| {
        let row = rows[4 * router] as usize..rows[4 * router + 4] as usize;
        neighbors[row].iter().any(|neighbor| {
            std::mem::replace(&mut seen_by[*neighbor as usize], router as u32) == router as u32
        })
    })
}

/// Keeps the first entry of each pair, and notes the others.
fn drop_repeated(
    numbering: &Numbering,
    links: &[Link],
    problems: &mut Vec<LinkProblem>,
) -> Vec<(u32, u32, Relation)> {
    let mut order: Vec<(u32, u32, u32)> = Vec::with_capacity(links.len());
    for (position, link) in links.iter().enumerate().filter(|(_, link)| link.a != link.b) {
        let (a, b) = (numbering.index(link.a), numbering.index(link.b));
        order.push((a.min(b), a.max(b), position as u32));
    }
    order.sort_unstable();
    let seen_from = |position: u32, a: u32| {
        let link = links[position as usize];
        if numbering.index(link.a) == a { link.relation } else { link.relation.reversed() }
    };
    let mut kept: Vec<(u32, u32, Relation)> = Vec::with_capacity(order.len());
    let mut first: Option<(u32, u32, u32)> = None;
    for (a, b, position) in order {
        match first {
            Some((first_a, first_b, first_position)) if (first_a, first_b) == (a, b) => {
                let same = seen_from(position, a) == seen_from(first_position, a);
                let kind =
                    if same { LinkProblemKind::Duplicate } else { LinkProblemKind::Contradiction };
                problems.push(LinkProblem { dropped: position, kept: first_position, kind });
            }
            _ => {
                first = Some((a, b, position));
                kept.push((a, b, seen_from(position, a)));
            }
        }
    }
    kept
}

//! What a graph of ASes looks like from afar: counts, degrees, customer cones, path lengths, ties.
//!
//! [`Shape`] says how the graph is built, [`RouteShape`] how routes from a few origins spread over
//! it. Both serve to compare a synthetic Internet with the real one, whose figures are in
//! [`REAL_2026`], and to describe a world to its user. Neither decides a route for anybody: that
//! is the routing crate, which knows places, prepends and tie-breaks.

use crate::as_graph::AsGraph;
use crate::random::Stream;

/// How many of the largest cones and degrees a [`Shape`] lists.
pub const TOP: usize = 10;

/// The real graph: CAIDA AS Relationships, serial-2, `20260401.as-rel2`, 1 April 2026.
///
/// Facts counted from the file, which itself may not be redistributed; a test counts them again
/// where the file is at hand. CAIDA's own inference of the clique is the same 19 ASes.
pub const REAL_2026: Shape = Shape {
    as_count: 79_327,
    transit_links: 163_285,
    peer_links: 564_868,
    with_customers: 12_526,
    stubs_multihomed: 35_348,
    stubs_with_peers: 9_044,
    stubs_with_providers_only: 57_757,
    without_provider: 452,
    clique: 19,
    cones_largest: [72_358, 70_673, 68_366, 64_868, 61_612, 61_350, 59_697, 58_484, 58_026, 57_582],
    customers_largest: [6_560, 6_478, 2_527, 2_409, 2_290, 2_236, 1_800, 1_449, 1_198, 1_177],
    peers_largest: [9_744, 7_854, 6_672, 5_741, 5_287, 5_189, 5_071, 4_682, 4_622, 4_353],
    degree_median: 2,
    degree_p99: 475,
};

/// Routes on the graph of [`REAL_2026`].
pub const REAL_2026_ROUTES: Routes = Routes { path_length_mean: 3.33, tied_share: 0.51 };

/// What is typical of the routes of a prefix with eight sites: medians over many
/// [`RouteShape::draw`]s. Single draws spread widely, from 2.8 to 4.1 ASNs and from 30 to 80 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Routes {
    /// [`RouteShape::path_length_mean`].
    pub path_length_mean: f64,
    /// [`RouteShape::tied_share`].
    pub tied_share: f64,
}

impl Routes {
    /// Medians over `draws` draws of eight origins; `None` of no draw.
    pub fn measure(graph: &AsGraph, draws: u32, seed: u64) -> Option<Routes> {
        let draws = RouteShape::draw(graph, draws, 8, seed);
        Some(Routes {
            path_length_mean: median(draws.iter().map(RouteShape::path_length_mean))?,
            tied_share: median(draws.iter().map(RouteShape::tied_share))?,
        })
    }
}

/// Counts, degrees and customer cones of a graph. All counts are of ASes unless they say links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// All ASes.
    pub as_count: u32,
    /// Provider–customer links.
    pub transit_links: u32,
    /// Peer links.
    pub peer_links: u32,
    /// ASes with a customer.
    pub with_customers: u32,
    /// ASes without a customer that have two or more providers.
    pub stubs_multihomed: u32,
    /// ASes without a customer that have a peer.
    pub stubs_with_peers: u32,
    /// ASes with neither customer nor peer, but with a provider.
    pub stubs_with_providers_only: u32,
    /// ASes without a provider.
    pub without_provider: u32,
    /// Size of the tier-1 clique, see [`clique`].
    pub clique: u32,
    /// The largest customer cones, descending. A cone is all that is reached downwards over
    /// provider–customer links, the AS itself included.
    pub cones_largest: [u32; TOP],
    /// The largest numbers of customers, descending.
    pub customers_largest: [u32; TOP],
    /// The largest numbers of peers, descending.
    pub peers_largest: [u32; TOP],
    /// The middle of all degrees (neighbors of any kind), the lower of two.
    pub degree_median: u32,
    /// The degree that one AS in a hundred reaches.
    pub degree_p99: u32,
}

impl Shape {
    /// Measures `graph`. The cones make it cost about a second for the whole Internet.
    pub fn measure(graph: &AsGraph) -> Shape {
        let all = || 0..graph.as_count();
        let count = |test: &dyn Fn(u32) -> bool| all().filter(|&index| test(index)).count() as u32;
        let stub = |index: u32| graph.customers(index).is_empty();
        let degrees = descending(all().map(|index| graph.degree(index) as u32));
        Shape {
            as_count: graph.as_count(),
            transit_links: graph.transit_link_count() as u32,
            peer_links: graph.peer_link_count() as u32,
            with_customers: count(&|index| !stub(index)),
            stubs_multihomed: count(&|index| stub(index) && graph.providers(index).len() > 1),
            stubs_with_peers: count(&|index| stub(index) && !graph.peers(index).is_empty()),
            stubs_with_providers_only: count(&|index| {
                stub(index) && graph.peers(index).is_empty() && !graph.providers(index).is_empty()
            }),
            without_provider: count(&|index| graph.providers(index).is_empty()),
            clique: clique(graph).len() as u32,
            cones_largest: top(&descending(cones(graph).into_iter())),
            customers_largest: top(&descending(all().map(|i| graph.customers(i).len() as u32))),
            peers_largest: top(&descending(all().map(|i| graph.peers(i).len() as u32))),
            degree_median: degrees.get(degrees.len() / 2).copied().unwrap_or(0),
            degree_p99: degrees.get(degrees.len() / 100).copied().unwrap_or(0),
        }
    }

    /// ASes without a customer.
    pub fn stubs(&self) -> u32 {
        self.as_count - self.with_customers
    }

    /// Links of both kinds.
    pub fn links(&self) -> u32 {
        self.transit_links + self.peer_links
    }

    /// Share of the links that are peer links, 0 to 1.
    pub fn peer_link_share(&self) -> f64 {
        ratio(self.peer_links, self.links())
    }

    /// Share of the ASes that have no customer, 0 to 1.
    pub fn stub_share(&self) -> f64 {
        ratio(self.stubs(), self.as_count)
    }

    /// Share of the stubs that have two or more providers, 0 to 1.
    pub fn multihomed_share(&self) -> f64 {
        ratio(self.stubs_multihomed, self.stubs())
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

fn descending(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values
}

fn top(descending: &[u32]) -> [u32; TOP] {
    std::array::from_fn(|rank| descending.get(rank).copied().unwrap_or(0))
}

/// The tier-1 clique: among the ASes without a provider, by number of customers descending (then
/// by index), each that peers with all those taken before it.
///
/// Luckie et al. (IMC 2013 §4.3) look for the largest clique among the ten ASes of largest transit
/// degree and grow it; on a graph with known relationships this greedy walk finds about the same.
pub fn clique(graph: &AsGraph) -> Vec<u32> {
    let mut tops: Vec<u32> = (0..graph.as_count())
        .filter(|&i| graph.providers(i).is_empty() && !graph.customers(i).is_empty())
        .collect();
    tops.sort_by_key(|&index| (usize::MAX - graph.customers(index).len(), index));
    let mut members: Vec<u32> = Vec::new();
    for index in tops {
        if members.iter().all(|member| graph.peers(index).contains(member)) {
            members.push(index);
        }
    }
    members
}

/// The size of the customer cone of every AS, itself included.
///
/// One walk per AS with customers. The sum of all cones of 80 000 ASes is some 30 million, so
/// nothing cleverer is worth its code.
pub fn cones(graph: &AsGraph) -> Vec<u32> {
    let mut seen_by = vec![u32::MAX; graph.as_count() as usize];
    let mut stack = Vec::new();
    (0..graph.as_count())
        .map(|root| {
            let mut size = 1;
            seen_by[root as usize] = root;
            stack.push(root);
            while let Some(index) = stack.pop() {
                for &customer in graph.customers(index) {
                    let seen = &mut seen_by[customer as usize];
                    if *seen != root {
                        *seen = root;
                        size += 1;
                        stack.push(customer);
                    }
                }
            }
            size
        })
        .collect()
}

/// How the routes of one prefix, announced by a few origins at once, spread over a graph.
///
/// Rules: valley-free export; own before customer before peer before provider; then the shortest
/// path; what is still equal is tied. The tied sites of an AS are those of all its best neighbors.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteShape {
    /// All ASes.
    pub as_count: u32,
    /// `by_length[l]`: ASes whose path has `l` ASNs; an origin has 0, its neighbor 1.
    pub by_length: Vec<u32>,
    /// ASes with two or more tied sites.
    pub tied: u32,
}

/// Preference of a route, best first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    OwnOrCustomer,
    Peer,
    Provider,
    None,
}

impl RouteShape {
    /// Routes from `origins` (at most 64) to all ASes.
    ///
    /// # Panics
    ///
    /// With more than 64 origins, since a set of sites is one machine word.
    pub fn measure(graph: &AsGraph, origins: &[u32]) -> RouteShape {
        assert!(origins.len() <= 64, "a set of sites has room for 64");
        let as_count = graph.as_count() as usize;
        let mut class = vec![Class::None; as_count];
        let mut length = vec![u32::MAX; as_count];
        let mut sites = vec![0u64; as_count];
        // by_level[l]: the ASes with a path of l ASNs. A set of sites is complete when its level
        // is read, because it grows only from the level above.
        let mut by_level: Vec<Vec<u32>> = vec![Vec::new()];
        for (site, &origin) in origins.iter().enumerate() {
            if sites[origin as usize] == 0 {
                by_level[0].push(origin);
            }
            class[origin as usize] = Class::OwnOrCustomer;
            length[origin as usize] = 0;
            sites[origin as usize] |= 1 << site;
        }

        // Upwards: customer routes.
        let mut level = 0;
        while level < by_level.len() {
            let next = level as u32 + 1;
            for at in 0..by_level[level].len() {
                let index = by_level[level][at];
                for &provider in graph.providers(index) {
                    let p = provider as usize;
                    if length[p] == u32::MAX {
                        class[p] = Class::OwnOrCustomer;
                        length[p] = next;
                        push(&mut by_level, next, provider);
                    }
                    if length[p] == next {
                        sites[p] |= sites[index as usize];
                    }
                }
            }
            level += 1;
        }

        // Sideways: one peer link, from an AS with an own or a customer route.
        for index in 0..graph.as_count() {
            let i = index as usize;
            if class[i] != Class::None {
                continue;
            }
            for &peer in graph.peers(index) {
                let p = peer as usize;
                if class[p] != Class::OwnOrCustomer || length[p] + 1 > length[i] {
                    continue;
                }
                if length[p] + 1 < length[i] {
                    length[i] = length[p] + 1;
                    sites[i] = 0;
                }
                sites[i] |= sites[p];
            }
            if length[i] != u32::MAX {
                class[i] = Class::Peer;
                push(&mut by_level, length[i], index);
            }
        }

        // Downwards: every route goes to the customers.
        let mut level = 0;
        while level < by_level.len() {
            let next = level as u32 + 1;
            for at in 0..by_level[level].len() {
                let index = by_level[level][at];
                for &customer in graph.customers(index) {
                    let c = customer as usize;
                    if class[c] == Class::None {
                        class[c] = Class::Provider;
                        length[c] = next;
                        push(&mut by_level, next, customer);
                    }
                    if class[c] == Class::Provider && length[c] == next {
                        sites[c] |= sites[index as usize];
                    }
                }
            }
            level += 1;
        }

        RouteShape {
            as_count: graph.as_count(),
            by_length: by_level.iter().map(|ases| ases.len() as u32).collect(),
            tied: sites.iter().filter(|set| set.count_ones() > 1).count() as u32,
        }
    }

    /// Measures `draws` times, each with `origin_count` different origins among the ASes with 5 to
    /// 600 customers (all ASes with customers where there are too few of those).
    pub fn draw(graph: &AsGraph, draws: u32, origin_count: usize, seed: u64) -> Vec<RouteShape> {
        let with = |least: usize, most: usize| -> Vec<u32> {
            let fits = |i: &u32| (least..=most).contains(&graph.customers(*i).len());
            (0..graph.as_count()).filter(fits).collect()
        };
        let mut pool = with(5, 600);
        if pool.len() < origin_count {
            pool = with(1, usize::MAX);
        }
        (0..draws)
            .map(|draw| {
                let mut stream = Stream::new(seed, 0, u64::from(draw));
                let mut pool = pool.clone();
                let origins: Vec<u32> = (0..origin_count.min(pool.len()))
                    .map(|_| pool.swap_remove(stream.below(pool.len() as u64) as usize))
                    .collect();
                RouteShape::measure(graph, &origins)
            })
            .collect()
    }

    /// ASes with a route.
    pub fn reached(&self) -> u32 {
        self.by_length.iter().sum()
    }

    /// Mean path length in ASNs over the ASes with a route.
    pub fn path_length_mean(&self) -> f64 {
        let sum = self.by_length.iter().enumerate().map(|(l, &n)| l as u64 * u64::from(n));
        sum.sum::<u64>() as f64 / f64::from(self.reached().max(1))
    }

    /// Share of all ASes that are tied between two or more sites, 0 to 1.
    pub fn tied_share(&self) -> f64 {
        ratio(self.tied, self.as_count)
    }
}

fn push(by_level: &mut Vec<Vec<u32>>, level: u32, index: u32) {
    let level = level as usize;
    if by_level.len() <= level {
        by_level.resize(level + 1, Vec::new());
    }
    by_level[level].push(index);
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::{RouteShape, Shape, clique, cones, median};
    use crate::as_graph::AsGraph;
    use crate::as_graph::LinkKind::{Peer, ProviderCustomer};

    /// Two at the top (0, 1), two in the middle (2, 3), three stubs; 4 buys from both 2 and 3.
    /// Peers are the two of each row: 0 and 1, 2 and 3, 5 and 6.
    fn small() -> AsGraph {
        let sold = [(0, 2), (1, 3), (2, 4), (3, 4), (2, 5), (3, 6)];
        let peered = [(0, 1), (2, 3), (5, 6)];
        let links: Vec<_> = sold
            .map(|(a, b)| (a, b, ProviderCustomer))
            .into_iter()
            .chain(peered.map(|(a, b)| (a, b, Peer)))
            .collect();
        AsGraph::new(7, &links)
    }

    #[test]
    fn a_small_graph_is_counted() {
        let graph = small();
        let shape = Shape::measure(&graph);
        assert_eq!((shape.as_count, shape.transit_links, shape.peer_links), (7, 6, 3));
        assert_eq!((shape.with_customers, shape.stubs(), shape.stubs_multihomed), (4, 3, 1));
        assert_eq!((shape.stubs_with_peers, shape.stubs_with_providers_only), (2, 1));
        assert_eq!((shape.without_provider, shape.clique), (2, 2));
        assert_eq!(clique(&graph), [0, 1]);
        assert_eq!(cones(&graph), [4, 4, 3, 3, 1, 1, 1]);
        assert_eq!(shape.cones_largest[..5], [4, 4, 3, 3, 1]);
        assert_eq!((shape.degree_median, shape.degree_p99), (2, 4));
    }

    #[test]
    fn ties_are_kept_and_customers_come_before_shorter_peers() {
        // Sites at 2 and 3: stub 4 hears both from its providers. 0 and 1 take their customers.
        let two = RouteShape::measure(&small(), &[2, 3]);
        assert_eq!((two.by_length.as_slice(), two.tied), ([2, 5].as_slice(), 1));
        // Sites at 5 and 6 peer with each other; 0 and 2 take 5, 1 and 3 take 6; 4 is tied.
        let stubs = RouteShape::measure(&small(), &[5, 6]);
        assert_eq!((stubs.by_length.as_slice(), stubs.tied), ([2, 2, 3].as_slice(), 1));
        // One site is never tied. 3 hears 5 over its peer 2 (2 ASNs), 6 takes it from its peer 5.
        let one = RouteShape::measure(&small(), &[5]);
        assert_eq!((one.by_length.as_slice(), one.tied), ([1, 2, 3, 1].as_slice(), 0));
        assert_eq!(one.reached(), 7);
    }

    #[test]
    fn an_island_has_no_route() {
        let graph = AsGraph::new(3, &[(0, 1, ProviderCustomer)]);
        let shape = RouteShape::measure(&graph, &[1]);
        assert_eq!((shape.reached(), shape.by_length.as_slice()), (2, [1, 1].as_slice()));
        assert_eq!(shape.path_length_mean(), 0.5);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }
}

//! Who ranks above whom, and how large a transit AS should become.

use super::ground::stream;
use super::{Purpose, SyntheticSpec};

/// By how many doublings an AS may rank lower than its size says, exclusive; each number of them is
/// as likely. Rank says who may sell to whom; in the real graph some small networks sell to large
/// ones.
const ORDER_DOUBLINGS: u64 = 9;

/// Customers of the transit ASes of an Internet of 79 327 ASes, by size: `(position, customers in
/// thousandths)`, rounded from the real graph. Between two rows the curve is a power law.
const CUSTOMERS: &[(u32, u32)] = &[
    (1, 6_600_000),
    (2, 6_400_000),
    (3, 2_600_000),
    (10, 1_180_000),
    (20, 720_000),
    (50, 330_000),
    (100, 200_000),
    (200, 125_000),
    (400, 65_000),
    (800, 31_000),
    (1_600, 14_000),
    (3_000, 6_300),
    (5_000, 3_200),
    (8_000, 1_600),
    (12_526, 1_000),
];

/// ASes of the Internet that [`CUSTOMERS`] describes.
pub(super) const REFERENCE_ASES: u32 = 79_327;

/// Positions by size of the clique members: not the largest nineteen, but most of those.
const CLIQUE_POSITIONS: [u32; 19] =
    [1, 2, 3, 4, 5, 7, 8, 11, 14, 20, 22, 24, 25, 26, 35, 46, 60, 90, 130];

/// The order of ranks and the sizes that belong to them. Ranks `0..clique` are the clique,
/// `clique..transit` the other transit ASes, the rest stubs.
#[derive(Debug)]
pub(super) struct Standing {
    pub clique: u32,
    pub transit: u32,
    /// Customers wanted by each transit rank, in thousandths.
    pub customers_milli: Vec<u64>,
}

impl Standing {
    pub fn new(spec: &SyntheticSpec) -> Standing {
        let ases = spec.ases;
        // 19 at Internet scale, 3 for the smallest; a clique grows with the logarithm.
        let clique = ((ases.ilog2().saturating_sub(5)) * 19 / 11).clamp(3, 19);
        // 15.8 % of all ASes have customers.
        let transit = (ases * 158 / 1000).max(clique * 2);
        let at = |position: u32| customers_milli(position, ases);
        let in_clique = &CLIQUE_POSITIONS[..clique as usize];
        let outside = (1..).filter(|position| !in_clique.contains(position));
        let mut outside: Vec<(u64, u32)> = outside
            .take((transit - clique) as usize)
            .map(|position| {
                let doublings = stream(spec, Purpose::Standing, position).below(ORDER_DOUBLINGS);
                (u64::from(position) << doublings, position)
            })
            .collect();
        outside.sort_unstable();
        let outside = outside.into_iter().map(|(_, position)| position);
        let customers_milli = in_clique.iter().copied().chain(outside).map(at).collect();
        Standing { clique, transit, customers_milli }
    }

    /// True for ranks with customers.
    pub fn is_transit(&self, rank: u32) -> bool {
        rank < self.transit
    }
}

/// The size at `position`, scaled to the number of ASes; at least one customer.
fn customers_milli(position: u32, ases: u32) -> u64 {
    let after = CUSTOMERS.partition_point(|&(known, _)| known <= position);
    let scaled = |milli: f64| {
        let milli = milli * f64::from(ases) / f64::from(REFERENCE_ASES);
        (milli as u64).max(1_000)
    };
    let (x0, y0) = CUSTOMERS[after - 1];
    let Some(&(x1, y1)) = CUSTOMERS.get(after) else { return scaled(f64::from(y0)) };
    let slope = libm::log(f64::from(y1) / f64::from(y0)) / libm::log(f64::from(x1) / f64::from(x0));
    scaled(f64::from(y0) * libm::exp(slope * libm::log(f64::from(position) / f64::from(x0))))
}

//! Demand in whole numbers, so that sums do not depend on their order.

use super::graph::{Graph, NOBODY};

/// What each router counts for in totals: a multiple of one unit, a power of two.
///
/// The unit is as small as it may be for the sum of all demand to stay below 2^53, so that totals
/// are exact integers and convert to `f64` without rounding. A weight is off by half a unit at
/// most, less than the sum of all weights times 2^-51; whole numbers, and their halves, quarters
/// and so on, are not off at all unless the sum is huge.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Demand of each router, in units.
    pub(super) of_routers: Vec<u64>,
    /// The same summed over the routers of each node of a graph and of those that follow it, but
    /// nothing for those that follow; empty where there is no graph.
    pub(super) of_nodes: Vec<u64>,
    /// The same for those that follow.
    pub(super) led: Vec<u64>,
    unit: f64,
    total: u64,
}

impl Demand {
    /// Demand by router.
    ///
    /// # Panics
    /// If a weight is negative or no finite number.
    pub(super) fn new(weights: &[f64]) -> Demand {
        for (router, weight) in weights.iter().enumerate() {
            let fits = weight.is_finite() && *weight >= 0.0;
            assert!(fits, "the weight of router {router} is {weight}");
        }
        // The sum decides the unit only, so that its rounding does not matter.
        let sum: f64 = weights.iter().sum();
        assert!(sum < 1e300, "weights of {sum} in all are too much to add up");
        // 2^exponent <= sum < 2^(exponent + 1), or below where the sum is 0 or subnormal.
        let exponent = (sum.to_bits() >> 52) as i64 - 1023;
        // A unit of 2^(exponent - 51) makes the sum less than 2^52 units, and leaves as many again
        // for rounding. Not below what a power of two can be in either direction.
        let scale_bits = (1023 + (51 - exponent).clamp(-1000, 1000)) as u64;
        let scale = f64::from_bits(scale_bits << 52);
        let of_routers: Vec<u64> =
            weights.iter().map(|weight| libm::rint(weight * scale) as u64).collect();
        let total = of_routers.iter().sum();
        let (of_nodes, led) = (Vec::new(), Vec::new());
        Demand { of_routers, of_nodes, led, unit: 1.0 / scale, total }
    }

    /// Sums over the nodes of a graph.
    pub(super) fn on(mut self, graph: &Graph) -> Demand {
        self.of_nodes = vec![0; graph.node_count()];
        self.led = vec![0; graph.node_count()];
        for (node, units) in graph.node_of.iter().zip(&self.of_routers) {
            self.of_nodes[*node as usize] += units;
        }
        // Leaders are providers, which come before those that follow.
        for node in (0..graph.node_count()).rev() {
            if graph.leader_of[node] != NOBODY {
                self.led[node] = std::mem::take(&mut self.of_nodes[node]);
                self.of_nodes[graph.leader_of[node] as usize] += self.led[node];
            }
        }
        self
    }

    /// One unit, in the unit of the weights.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// Demand of a router, in units.
    pub fn of_router(&self, router: u32) -> u64 {
        self.of_routers[router as usize]
    }

    /// The sum over all routers, in units: less than 2^53.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Units as a number in the unit of the weights. Exact.
    pub fn in_weights(&self, units: u64) -> f64 {
        units as f64 * self.unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_weights_are_exact() {
        let weights: Vec<f64> = (0..80_000).map(f64::from).collect();
        let demand = Demand::new(&weights);
        for (router, weight) in weights.iter().enumerate() {
            assert_eq!(demand.in_weights(demand.of_router(router as u32)), *weight);
        }
        assert_eq!(demand.in_weights(demand.total()), 80_000.0 * 79_999.0 / 2.0);
    }

    #[test]
    fn any_weights_stay_below_2_to_the_53() {
        let sets: [&[f64]; 7] = [
            &[],
            &[0.0, 0.0],
            &[1e12; 1000],
            &[1e-300, 1e-310, 0.0],
            &[5e-324; 3],
            &[0.1, 0.2, 0.3, 1e12],
            &[1e299, 1.0],
        ];
        for weights in sets {
            let demand = Demand::new(weights);
            assert!(demand.total() < 1 << 53, "{weights:?}");
            let sum: f64 = weights.iter().sum();
            let error = (demand.in_weights(demand.total()) - sum).abs();
            let bound = weights.len() as f64 * demand.unit();
            assert!(error <= bound, "{weights:?}: {error} > {bound}");
        }
    }
}

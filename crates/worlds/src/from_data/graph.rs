//! The plain world of a relationship list, and the provider cycles in such a list.
//!
//! Routing in three passes needs that nobody is an indirect provider of itself (models 1.7).
//! Inferred relationships break that now and then; the cycles are found, named, and cut.

use std::collections::BTreeMap;

use catchment_model::world::{Link, LinkProblem};
use catchment_model::{Asn, Relation, World};

/// What was wrong with a relationship list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphReport {
    /// Entries that were dropped, in list order.
    pub problems: Vec<LinkProblem>,
    /// Provider cycles, each cut at one link.
    pub cycles: Vec<Cycle>,
}

/// A cycle of providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The ASes around it, each a provider of the next and the last of the first; the lowest
    /// number stands first.
    pub asns: Vec<Asn>,
    /// The link that was dropped: provider, customer.
    pub dropped: (Asn, Asn),
}

/// A world of one router per AS from a relationship list, without provider cycles.
///
/// A cycle is cut at the link whose provider has the fewest customers, because a small network
/// that seems to sell to a large one is the likeliest error of an inference. Ties go to the
/// lowest provider, then customer. Siblings are not joined for this: a cycle through a sibling
/// link stays.
pub fn from_links(name: &str, links: &[Link]) -> (World, GraphReport) {
    let (world, problems) = World::from_links(name, links);
    let (cycles, dropped) = find_cycles(&world);
    let world = if dropped.is_empty() { world } else { world.without_provider_links(&dropped) };
    (world, GraphReport { problems, cycles })
}

/// Cycles in the order found, and the links to drop as (provider router, customer router).
fn find_cycles(world: &World) -> (Vec<Cycle>, Vec<(u32, u32)>) {
    let Some(mut rest) = Rest::above_cycles(world) else { return (Vec::new(), Vec::new()) };
    rest.peel_from_below();
    let (mut cycles, mut dropped) = (Vec::new(), Vec::new());
    let mut first = 0;
    while let Some(start) = (first..rest.alive.len() as u32).find(|a| rest.alive[*a as usize]) {
        // Whatever is alive has a provider and a customer that are.
        first = start;
        let around = rest.cycle_from(start);
        let next = |position: usize| around[(position + 1) % around.len()];
        let customers = |router: u32| world.group(router, Relation::Customer).len();
        let (provider, customer) = (0..around.len())
            .map(|position| (around[position], next(position)))
            .min_by_key(|(provider, customer)| (customers(*provider), *provider, *customer))
            .expect("a cycle has links");
        rest.drop_link(provider, customer);
        dropped.push((provider, customer));
        cycles.push(Cycle {
            asns: around.iter().map(|router| world.asn_of(*router)).collect(),
            dropped: (world.asn_of(provider), world.asn_of(customer)),
        });
    }
    (cycles, dropped)
}

/// The part of the graph that peeling has left.
struct Rest<'a> {
    world: &'a World,
    alive: Vec<bool>,
    providers: Vec<u32>,
    customers: Vec<u32>,
    dropped: Vec<(u32, u32)>,
}

impl Rest<'_> {
    /// Peels off who has no provider left (Kahn). `None` if nothing is left: no cycle. This is
    /// all that a clean graph costs.
    fn above_cycles(world: &World) -> Option<Rest<'_>> {
        let count = world.router_count() as u32;
        let degree = |router: u32, relation| world.group(router, relation).len() as u32;
        let mut providers: Vec<u32> =
            (0..count).map(|router| degree(router, Relation::Provider)).collect();
        let mut queue: Vec<u32> =
            (0..count).filter(|router| providers[*router as usize] == 0).collect();
        let mut peeled = 0;
        while let Some(provider) = queue.get(peeled).copied() {
            peeled += 1;
            let group = world.group(provider, Relation::Customer);
            for customer in &world.neighbors[group.start as usize..group.end as usize] {
                providers[*customer as usize] -= 1;
                if providers[*customer as usize] == 0 {
                    queue.push(*customer);
                }
            }
        }
        if peeled == count as usize {
            return None;
        }
        let mut alive = vec![true; count as usize];
        for router in queue {
            alive[router as usize] = false;
        }
        let customers = (0..count).map(|router| degree(router, Relation::Customer)).collect();
        Some(Rest { world, alive, providers, customers, dropped: Vec::new() })
    }

    fn neighbors(&self, router: u32, relation: Relation) -> impl Iterator<Item = u32> + '_ {
        let group = self.world.group(router, relation);
        let row = &self.world.neighbors[group.start as usize..group.end as usize];
        let is_dropped = move |neighbor: u32| match relation {
            Relation::Customer => self.dropped.contains(&(router, neighbor)),
            _ => self.dropped.contains(&(neighbor, router)),
        };
        row.iter().copied().filter(move |n| self.alive[*n as usize] && !is_dropped(*n))
    }

    /// Peels off who has no customer left.
    fn peel_from_below(&mut self) {
        let leaves = (0..self.alive.len() as u32)
            .filter(|router| self.alive[*router as usize] && self.customers[*router as usize] == 0);
        self.peel(leaves.collect());
    }

    /// Peels off these, and who is left without a provider or without a customer.
    fn peel(&mut self, mut queue: Vec<u32>) {
        while let Some(router) = queue.pop() {
            if !std::mem::replace(&mut self.alive[router as usize], false) {
                continue;
            }
            let above: Vec<u32> = self.neighbors(router, Relation::Provider).collect();
            for provider in above {
                self.customers[provider as usize] -= 1;
                if self.customers[provider as usize] == 0 {
                    queue.push(provider);
                }
            }
            let below: Vec<u32> = self.neighbors(router, Relation::Customer).collect();
            for customer in below {
                self.providers[customer as usize] -= 1;
                if self.providers[customer as usize] == 0 {
                    queue.push(customer);
                }
            }
        }
    }

    /// Walks from provider to lowest customer until an AS comes again; from its lowest member.
    fn cycle_from(&self, start: u32) -> Vec<u32> {
        let mut walk = vec![start];
        let mut position_of = BTreeMap::from([(start, 0_usize)]);
        loop {
            let last = walk[walk.len() - 1];
            let next = self
                .neighbors(last, Relation::Customer)
                .min()
                .expect("who is left has a customer that is left");
            if let Some(position) = position_of.get(&next) {
                let mut around = walk.split_off(*position);
                let lowest = (0..around.len()).min_by_key(|at| around[*at]).unwrap_or(0);
                around.rotate_left(lowest);
                return around;
            }
            position_of.insert(next, walk.len());
            walk.push(next);
        }
    }

    fn drop_link(&mut self, provider: u32, customer: u32) {
        self.dropped.push((provider, customer));
        self.customers[provider as usize] -= 1;
        self.providers[customer as usize] -= 1;
        let mut queue = Vec::new();
        if self.customers[provider as usize] == 0 {
            queue.push(provider);
        }
        if self.providers[customer as usize] == 0 {
            queue.push(customer);
        }
        self.peel(queue);
    }
}

//! What no announcement can beat: round trips over the shortest way, whatever BGP would choose.
//!
//! A path of BGP is a walk over links and inside ASes. So its round trip is at least that of the
//! shortest such walk to any site, and a mean over such walks is below the mean of every
//! configuration.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use catchment_routing::{Situation, link_rtt_ms};

/// The round trip in ms of the shortest walk from each router to the nearest of some others;
/// infinite where there is none. `None` where the place of some router is not known, so that a
/// walk could be shorter than anyone can say.
pub(crate) fn shortest_ms(situation: Situation<'_>, ends: &[u32]) -> Option<Vec<f64>> {
    let Situation { world, rules, .. } = situation;
    let mut shortest = vec![f64::INFINITY; world.router_count()];
    // Times are not negative, so that their bits are in their order.
    let mut next: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    for end in ends {
        world.place(*end)?;
        shortest[*end as usize] = rules.t_server;
        next.push(Reverse((rules.t_server.to_bits(), *end)));
    }
    while let Some(Reverse((bits, here))) = next.pop() {
        let so_far = f64::from_bits(bits);
        if so_far > shortest[here as usize] {
            continue;
        }
        let outside = world.sessions(here).map(|session| world.neighbors[session as usize]);
        let inside = world.routers_of(world.router_as[here as usize]);
        for other in outside.chain(inside).filter(|other| *other != here) {
            let time = so_far + link_rtt_ms(world, rules, other, here)?;
            if time < shortest[other as usize] {
                shortest[other as usize] = time;
                next.push(Reverse((time.to_bits(), other)));
            }
        }
    }
    Some(shortest)
}

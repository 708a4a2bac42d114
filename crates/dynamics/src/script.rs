//! What a run is asked: everything that can change its answer, borrowed from a shell.

use std::collections::BTreeMap;

use catchment_model::scenario::{GeoDns, Steering};
use catchment_model::schedule::Occurrence;
use catchment_routing::Situation;

use crate::delivery::Source;

/// Everything that a run depends on. Equal scripts give equal runs, byte for byte.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// World, service, rules and seed as they are before the first event.
    pub situation: Situation<'a>,
    /// What happens, ascending by time.
    pub schedule: &'a [Occurrence],
    /// How clients find a site.
    pub steering: Steering,
    /// The prefix that clients send to, by index; longer and shorter ones that cover it are played
    /// too. Hybrid steering has its own for each region.
    pub prefix: u16,
    /// How DNS answers, where it steers.
    pub geodns: &'a GeoDns,
    /// Hybrid steering: index of the prefix of each region.
    pub regional: &'a BTreeMap<String, u16>,
    /// Demand in gigabits a second of the clients that say it, by index into `world.clients`.
    pub client_gbps: &'a BTreeMap<u32, f64>,
    /// Who sends, if not the clients: the bots of an attack.
    pub senders: Option<&'a [Source]>,
    /// Whether the packets of all other routers are followed too, without weight. They change
    /// nothing but [`crate::play::Timeline::bystanders`].
    pub bystanders: bool,
}

impl Script<'_> {
    /// Who sends: the clients of the world, or all its routers with weight where it names none.
    pub fn sources(&self) -> Vec<Source> {
        if let Some(senders) = self.senders {
            return senders.to_vec();
        }
        let world = self.situation.world;
        if world.clients.is_empty() {
            let with_weight = |router: &u32| world.weights[*router as usize] > 0.0;
            let source = |router: u32| {
                let asn = world.asn_of(router);
                let place = world.place(router);
                Source {
                    name: place.map_or(format!("AS{asn}"), |it| format!("AS{asn} {}", it.code)),
                    router,
                    region: String::new(),
                    weight: world.weights[router as usize],
                    gbps: 0.0,
                }
            };
            return (0..world.router_count() as u32).filter(with_weight).map(source).collect();
        }
        let gbps = |index: u32| self.client_gbps.get(&index).copied().unwrap_or(0.0);
        (0..)
            .zip(&world.clients)
            .map(|(index, client)| Source {
                name: client.name.clone(),
                router: client.router,
                region: client.region.clone(),
                weight: client.weight,
                gbps: gbps(index),
            })
            .collect()
    }

    /// All routers that are none of `sources`, as sources without weight.
    pub fn bystanders(&self, sources: &[Source]) -> Vec<Source> {
        let world = self.situation.world;
        let mut sends = vec![false; world.router_count()];
        for source in sources {
            sends[source.router as usize] = true;
        }
        let bystander = |router: u32| Source {
            name: format!("AS{}", world.asn_of(router)),
            router,
            region: String::new(),
            weight: 0.0,
            gbps: 0.0,
        };
        let routers = 0..world.router_count() as u32;
        routers.filter(|router| !sends[*router as usize]).map(bystander).collect()
    }
}

//! Where the dots' packets are under way: which prefix each follows, how far it is, and which sites
//! could be reached.

use std::collections::BTreeMap;

use catchment_dynamics::engine::OWN;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::outcome::prefix_to;
use catchment_dynamics::play::{RouteLog, Timeline, covering, targets};
use catchment_dynamics::rtt::{Way, unicast_ms, ways};
use catchment_dynamics::sites::Lives;
use catchment_dynamics::{Delivery, Fate, Script};
use catchment_model::scenario::Steering;

/// The logs that packets to a prefix follow, longest first, by place in the timeline.
pub fn layers(script: &Script<'_>, timeline: &Timeline, prefix: u16) -> Vec<usize> {
    let place = |prefix: &u16| timeline.routes.iter().position(|log| log.prefix == *prefix);
    covering(script, prefix).iter().filter_map(place).collect()
}

/// The prefix that packets with this fate go to; `None` if they go to none that is known.
pub fn prefix_of(script: &Script<'_>, fate: Fate) -> Option<u16> {
    match fate {
        Fate::Served(site) | Fate::Stale(Some(site)) => prefix_to(script, Some(site)),
        Fate::Stale(None) | Fate::Looping | Fate::NoRoute => prefix_to(script, None),
    }
}

/// The prefix that stands for those of whom nothing else is known.
pub fn first_prefix(script: &Script<'_>) -> u16 {
    targets(script).first().copied().unwrap_or(script.prefix)
}

/// Which sites are healthy at a time and announce; where DNS alone steers, healthy.
pub fn active_sites(script: &Script<'_>, timeline: &Timeline, at_us: i64) -> Vec<bool> {
    let sites = &script.situation.service.sites;
    let lives = Lives::new(script.situation.service, &timeline.schedule);
    let mut announced = vec![script.steering == Steering::GeoDns; sites.len()];
    for log in &timeline.routes {
        // For each router of a site whether it uses a route of its own.
        let own = |router: u32| (router, log.start[router as usize].slot == OWN);
        let mut uses_own: BTreeMap<u32, bool> = sites.iter().map(|it| own(it.router)).collect();
        for change in log.changes.iter().take_while(|change| change.at_us <= at_us) {
            if let Some(uses_own) = uses_own.get_mut(&change.router) {
                *uses_own = change.best.slot == OWN;
            }
        }
        for (announced, site) in announced.iter_mut().zip(sites) {
            *announced |= uses_own[&site.router];
        }
    }
    let is_active =
        |(site, announced): (u32, bool)| announced && lives.at(site, at_us).is_reachable();
    (0..).zip(announced).map(is_active).collect()
}

/// Round trips of everybody at a time.
pub struct RoundTrips<'a> {
    script: Script<'a>,
    /// The ways to each prefix that is in use.
    ways: Vec<(u16, Vec<Way>)>,
}

impl<'a> RoundTrips<'a> {
    /// Follows all routes. There is an adjacency where BGP plays a part.
    pub fn new(
        script: &Script<'a>,
        timeline: &Timeline,
        adjacency: Option<&Adjacency>,
        at_us: i64,
    ) -> RoundTrips<'a> {
        let to_prefix = |prefix: u16| {
            let layers: Vec<&RouteLog> = layers(script, timeline, prefix)
                .into_iter()
                .map(|place| &timeline.routes[place])
                .collect();
            let ways = adjacency.map(|it| ways(script, it, &layers, at_us)).unwrap_or_default();
            (prefix, ways)
        };
        let ways = targets(script).into_iter().map(to_prefix).collect();
        RoundTrips { script: *script, ways }
    }

    /// Round trip in ms of packets of a router that a site serves: along the routes in use; where
    /// DNS alone steers, to the site's own address, of which only the distance is known.
    pub fn ms(&self, router: u32, site: u32) -> Option<f64> {
        let situation = self.script.situation;
        match self.script.steering {
            Steering::GeoDns => {
                let to = situation.service.sites[site as usize].router;
                unicast_ms(situation.world, situation.rules, router, to)
            }
            Steering::Anycast | Steering::Hybrid => {
                let prefix = prefix_to(&self.script, Some(site))?;
                let (_, ways) = self.ways.iter().find(|(other, _)| *other == prefix)?;
                ways.get(router as usize)?.rtt_ms
            }
        }
    }

    /// Mean by share of each dot's streams that are served, in ms; NaN without.
    pub fn of_dots(&self, deliveries: [(&Delivery, &[Fate]); 2]) -> Vec<f32> {
        let count = self.script.situation.world.router_count();
        let mut sums = vec![(0.0, 0.0); count];
        for (delivery, fates) in deliveries {
            for (stream, fate) in delivery.streams.iter().zip(fates) {
                let router = delivery.sources[stream.source as usize].router;
                let Some(rtt_ms) = fate.site().and_then(|site| self.ms(router, site)) else {
                    continue;
                };
                let sum = &mut sums[router as usize];
                sum.0 += stream.share * rtt_ms;
                sum.1 += stream.share;
            }
        }
        let mean = |(sum, share): (f64, f64)| if share > 0.0 { sum / share } else { f64::NAN };
        sums.into_iter().map(|sum| mean(sum) as f32).collect()
    }

    /// The round trip that half of the served demand does not exceed, in ms.
    pub fn median(&self, delivery: &Delivery, fates: &[Fate]) -> Option<f64> {
        let mut trips: Vec<(f64, f64)> = (0..)
            .zip(fates)
            .filter_map(|(stream, fate)| {
                let source = delivery.streams[stream as usize].source;
                let router = delivery.sources[source as usize].router;
                Some((self.ms(router, fate.site()?)?, delivery.weight(stream)))
            })
            .collect();
        trips.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let all: f64 = trips.iter().map(|(_, weight)| weight).sum();
        let mut below = 0.0;
        let half = trips.iter().find(|(_, weight)| {
            below += weight;
            all > 0.0 && below >= all / 2.0
        });
        half.map(|(rtt_ms, _)| *rtt_ms)
    }
}

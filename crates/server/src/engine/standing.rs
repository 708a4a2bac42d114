//! How each site stands over time, as the engine sees it, so that nobody has to guess it from the
//! events.
//!
//! Read as the states of an [`Outcome`](catchment_dynamics::Outcome) are: `active` here is what
//! they count. Where DNS alone steers it knows nothing of announcements, and any failure takes a
//! site out of its answers.

use std::collections::BTreeMap;

use catchment_dynamics::engine::OWN;
use catchment_dynamics::play::Timeline;
use catchment_model::scenario::{FailureKind, Steering};
use catchment_model::schedule::Deed;
use catchment_model::service::Service;

use crate::api::{CapacityInfo, SiteState, StandingInfo};

/// What has been done to a site, and what it does.
#[derive(Clone, Copy)]
struct Standing {
    /// Its service is dead.
    dead: bool,
    /// It was told not to announce, or never was told to.
    withheld: bool,
    /// It asks everybody to go elsewhere.
    drained: bool,
    /// In how many logs its router uses a route of its own.
    announced: u32,
}

impl Standing {
    fn fail(&mut self, how: FailureKind, steering: Steering) {
        match how {
            FailureKind::Drain => self.drained = true,
            FailureKind::Unannounced => {
                self.withheld = true;
                // Routers meet a machine that has restarted. To health checks it was dead before,
                // and they still do not reach it.
                self.dead &= steering == Steering::GeoDns;
            }
            _ => self.dead = true,
        }
    }

    fn info(self, at_us: i64, site: u32, steering: Steering) -> StandingInfo {
        let by_dns = steering == Steering::GeoDns;
        let is_away = if by_dns { self.withheld } else { self.announced == 0 };
        let state = match self {
            Standing { dead: true, .. } => SiteState::Failed,
            _ if is_away => SiteState::Unannounced,
            Standing { drained: true, .. } => SiteState::Draining,
            _ => SiteState::Up,
        };
        let is_active = match by_dns {
            true => state == SiteState::Up,
            false => !self.dead && !is_away,
        };
        // An address that only this site has leads nowhere without it.
        let is_lost = self.dead || by_dns && self.withheld;
        StandingInfo { at_us, site, state, is_active, serves: !is_lost }
    }
}

/// What happens in an instant.
#[derive(Default)]
struct Instant {
    /// Deeds, by place in the schedule.
    deeds: Vec<usize>,
    /// Changes of routes, by log and place in it.
    routes: Vec<(usize, usize)>,
}

/// How each site stands at t = 0, before the events of that instant, and whenever it changes.
pub fn standings(service: &Service, timeline: &Timeline, steering: Steering) -> Vec<StandingInfo> {
    let mut of_router: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (index, site) in (0..).zip(&service.sites) {
        of_router.entry(site.router).or_default().push(index);
    }
    let mut now: Vec<Standing> = Vec::with_capacity(service.sites.len());
    for site in &service.sites {
        let logs = timeline.routes.iter();
        let own = logs.filter(|log| log.start[site.router as usize].slot == OWN);
        let announced = own.count() as u32;
        now.push(Standing { dead: false, withheld: !site.active, drained: false, announced });
    }
    let mut instants: BTreeMap<i64, Instant> = BTreeMap::new();
    for (place, occurrence) in timeline.schedule.iter().enumerate() {
        if matches!(occurrence.deed, Deed::Fail { .. } | Deed::Restore { .. }) {
            instants.entry(occurrence.at.us).or_default().deeds.push(place);
        }
    }
    let mut uses_own: Vec<BTreeMap<u32, bool>> = Vec::with_capacity(timeline.routes.len());
    for (log_place, log) in timeline.routes.iter().enumerate() {
        let routers = of_router.keys();
        let own = routers.map(|router| (*router, log.start[*router as usize].slot == OWN));
        uses_own.push(own.collect());
        for (place, change) in log.changes.iter().enumerate() {
            if of_router.contains_key(&change.router) {
                instants.entry(change.at_us).or_default().routes.push((log_place, place));
            }
        }
    }
    let show = |(site, standing): (u32, &Standing)| standing.info(0, site, steering);
    let mut last: Vec<StandingInfo> = (0..).zip(&now).map(show).collect();
    let mut all = last.clone();
    for (at_us, Instant { deeds, routes }) in instants {
        let mut touched: Vec<u32> = Vec::new();
        for place in deeds {
            let (site, how) = match timeline.schedule[place].deed {
                Deed::Fail { site, how } => (site, Some(how)),
                Deed::Restore { site } => (site, None),
                _ => continue,
            };
            let standing = &mut now[site as usize];
            match how {
                Some(how) => standing.fail(how, steering),
                None => {
                    let announced = standing.announced;
                    *standing =
                        Standing { dead: false, withheld: false, drained: false, announced };
                }
            }
            touched.push(site);
        }
        for (log, place) in routes {
            let change = &timeline.routes[log].changes[place];
            let is_own = change.best.slot == OWN;
            if uses_own[log].insert(change.router, is_own) == Some(is_own) {
                continue;
            }
            for site in &of_router[&change.router] {
                let announced = &mut now[*site as usize].announced;
                *announced = if is_own { *announced + 1 } else { *announced - 1 };
                touched.push(*site);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for site in touched {
            let info = now[site as usize].info(at_us, site, steering);
            let before = &mut last[site as usize];
            if (StandingInfo { at_us, ..*before }) != info {
                *before = info;
                all.push(info);
            }
        }
    }
    all
}

/// What sites can carry from when on, where events change it.
pub fn capacities(timeline: &Timeline) -> Vec<CapacityInfo> {
    let step = |occurrence: &catchment_model::schedule::Occurrence| match &occurrence.deed {
        Deed::Capacity { site, capacity } => Some(CapacityInfo {
            at_us: occurrence.at.us,
            site: *site,
            kqps: capacity.kqps,
            gbps: capacity.gbps,
        }),
        _ => None,
    };
    timeline.schedule.iter().filter_map(step).collect()
}

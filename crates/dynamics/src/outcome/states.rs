//! How things stand between events: what each site serves, which are active, how long paths are.

use catchment_model::scenario::{FailureKind, Steering};
use catchment_model::schedule::{Deed, Occurrence};

use crate::delivery::{Delivery, Fate};
use crate::engine::{Best, NO_SLOT, OWN};
use crate::play::{RouteLog, Timeline};
use crate::script::Script;

use super::{Share, State, Window};

/// The state at t = 0 and after each event, without repetitions; and for each event the places of
/// those before and after it.
pub(super) fn states(
    script: &Script<'_>,
    timeline: &Timeline,
    windows: &[Window],
) -> (Vec<State>, Vec<(usize, usize)>) {
    let mut health = Health::new(script);
    let mut walk = Walk::new(script, timeline);
    let mut states = vec![walk.state(&health)];
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(windows.len());
    for (index, window) in windows.iter().enumerate() {
        if index > 0 && windows[index - 1].from_us == window.from_us {
            // Events of one instant: the window of the first is that of all.
            places.push(places[index - 1]);
            continue;
        }
        let before = states.len() - 1;
        let at_once = windows[index..].iter().take_while(|it| it.from_us == window.from_us);
        let was_well = health.clone();
        for other in index..index + at_once.count() {
            health.occur(&script.schedule[other]);
        }
        if walk.advance(window.last_us) || health != was_well {
            let state = walk.state(&health);
            if state != states[before] {
                states.push(state);
            }
        }
        places.push((before, states.len() - 1));
    }
    (states, places)
}

/// Which sites are well, whatever is announced.
#[derive(Clone, PartialEq)]
struct Health {
    healthy: Vec<bool>,
    /// Where DNS steers alone: those that it would name. It knows nothing of announcements.
    named: Vec<bool>,
}

impl Health {
    fn new(script: &Script<'_>) -> Health {
        let sites = &script.situation.service.sites;
        let active: Vec<bool> = sites.iter().map(|site| site.active).collect();
        Health { healthy: vec![true; sites.len()], named: active }
    }

    fn occur(&mut self, occurrence: &Occurrence) {
        match occurrence.deed {
            Deed::Fail { site, how } => {
                // A machine that forgets to announce has restarted; a drain heals no dead one.
                let healthy = &mut self.healthy[site as usize];
                *healthy = match how {
                    FailureKind::Unannounced => true,
                    FailureKind::Drain => *healthy,
                    _ => false,
                };
                self.named[site as usize] = false;
            }
            Deed::Restore { site } => {
                self.healthy[site as usize] = true;
                self.named[site as usize] = true;
            }
            _ => {}
        }
    }
}

/// The run, read forward.
struct Walk<'a> {
    script: Script<'a>,
    delivery: &'a Delivery,
    fates: Vec<Fate>,
    next_fate: usize,
    logs: &'a [RouteLog],
    best: Vec<Vec<Best>>,
    next_route: Vec<usize>,
    /// For each prefix of the service the logs that packets to it follow, longest first.
    layers: Vec<Vec<usize>>,
}

impl<'a> Walk<'a> {
    fn new(script: &Script<'a>, timeline: &'a Timeline) -> Walk<'a> {
        let (logs, delivery) = (&*timeline.routes, &timeline.delivery);
        let prefixes = &script.situation.service.prefixes;
        let layers = prefixes.iter().map(|wanted| {
            let prefix_of = |log: &usize| &prefixes[usize::from(logs[*log].prefix)];
            let mut layers: Vec<usize> =
                (0..logs.len()).filter(|log| prefix_of(log).contains(wanted)).collect();
            layers.sort_by_key(|log| std::cmp::Reverse(prefix_of(log).length()));
            layers
        });
        Walk {
            script: *script,
            delivery,
            fates: delivery.start.clone(),
            next_fate: 0,
            logs,
            best: logs.iter().map(|log| log.start.clone()).collect(),
            next_route: vec![0; logs.len()],
            layers: layers.collect(),
        }
    }

    /// Applies everything up to and including an instant. Answers whether anything happened.
    fn advance(&mut self, to_us: i64) -> bool {
        let mut happened = false;
        while let Some(change) = self.delivery.changes.get(self.next_fate)
            && change.at_us <= to_us
        {
            self.fates[change.stream as usize] = change.fate;
            self.next_fate += 1;
            happened = true;
        }
        for layer in 0..self.logs.len() {
            while let Some(change) = self.logs[layer].changes.get(self.next_route[layer])
                && change.at_us <= to_us
            {
                self.best[layer][change.router as usize] = change.best;
                self.next_route[layer] += 1;
                happened = true;
            }
        }
        happened
    }

    /// Length of the path that packets of a router to a prefix follow.
    fn path_length(&self, router: u32, prefix: u16) -> Option<u32> {
        self.layers[usize::from(prefix)].iter().find_map(|layer| {
            let best = self.best[*layer][router as usize];
            (best.slot != NO_SLOT).then(|| self.logs[*layer].paths.length(best.told.path()))
        })
    }

    fn state(&self, health: &Health) -> State {
        let service = self.script.situation.service;
        let site_count = service.sites.len();
        let mut sites = vec![Share::default(); site_count];
        let mut unserved = Share::default();
        let (mut routed, mut length_sum) = (0_u64, 0_u64);
        // Streams ascend by source: a source was counted at a place if it came last.
        let mut counted = vec![u32::MAX; site_count + 1];
        let mut last_source = u32::MAX;
        for (stream, fate) in (0..).zip(&self.fates) {
            let place = fate.site().map_or(site_count, |site| site as usize);
            let share = sites.get_mut(place).unwrap_or(&mut unserved);
            share.demand += self.delivery.weight(stream);
            let source = self.delivery.streams[stream as usize].source;
            if counted[place] != source {
                counted[place] = source;
                share.sources += 1;
            }
            // The first stream of a source stands for it: the others differ by what DNS said, or
            // take routes of equal length.
            if std::mem::replace(&mut last_source, source) == source {
                continue;
            }
            let prefix = prefix_to(&self.script, fate.site());
            let router = self.delivery.sources[source as usize].router;
            if let Some(length) = prefix.and_then(|prefix| self.path_length(router, prefix)) {
                routed += 1;
                length_sum += u64::from(length);
            }
        }
        let announces =
            |router: u32| self.best.iter().any(|layer| layer[router as usize].slot == OWN);
        let is_active = |site: &usize| match self.script.steering {
            Steering::GeoDns => health.named[*site],
            _ => health.healthy[*site] && announces(service.sites[*site].router),
        };
        State {
            sites,
            unserved,
            active_sites: (0..site_count).filter(is_active).count() as u32,
            path_length_mean: (routed > 0).then(|| length_sum as f64 / routed as f64),
        }
    }
}

/// The prefix that clients of a site send to, and whoever would like to come there; `None` where
/// it takes no BGP to say who goes where.
pub fn prefix_to(script: &Script<'_>, site: Option<u32>) -> Option<u16> {
    match script.steering {
        Steering::Anycast => Some(script.prefix),
        Steering::GeoDns => None,
        Steering::Hybrid => {
            let region = &script.situation.service.sites[site? as usize].region;
            script.regional.get(region).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use catchment_model::Duration;

    use super::*;

    #[test]
    fn a_drain_heals_no_dead_site() {
        let mut health = Health { healthy: vec![true], named: vec![true] };
        let mut after = |deed| {
            let (at, label) = (Duration::default(), String::new());
            health.occur(&Occurrence { at, index: 0, deed, label });
            health.healthy[0]
        };
        let fail = |how| Deed::Fail { site: 0, how };
        assert!(after(fail(FailureKind::Drain)));
        assert!(!after(fail(FailureKind::Silent)));
        assert!(!after(fail(FailureKind::Drain)));
        assert!(after(fail(FailureKind::Unannounced)));
        assert!(!after(fail(FailureKind::Withdraw)));
        assert!(after(Deed::Restore { site: 0 }));
    }
}

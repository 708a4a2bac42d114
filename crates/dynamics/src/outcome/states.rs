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
        for other in index..index + at_once.count() {
            health.occur(&script.schedule[other]);
        }
        walk.advance(window.last_us);
        let state = walk.state(&health);
        if state != states[before] {
            states.push(state);
        }
        places.push((before, states.len() - 1));
    }
    (states, places)
}

/// Which sites are well, whatever is announced.
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
                let serves = matches!(how, FailureKind::Drain | FailureKind::Unannounced);
                self.healthy[site as usize] = serves;
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

/// Sources that send to one prefix.
struct Group {
    /// The logs of the prefixes that cover it, longest first, by place in the timeline.
    layers: Vec<usize>,
    /// How many sources each router has.
    sources_at: Vec<u32>,
    /// How many of them have a route, and the sum of the lengths of their paths.
    routed: u64,
    length_sum: u64,
}

/// The run, read forward.
struct Walk<'a> {
    delivery: &'a Delivery,
    fates: Vec<Fate>,
    next_fate: usize,
    logs: &'a [RouteLog],
    best: Vec<Vec<Best>>,
    next_route: Vec<usize>,
    groups: Vec<Group>,
    /// The router of each site.
    site_routers: Vec<u32>,
    dns_alone: bool,
}

impl<'a> Walk<'a> {
    fn new(script: &Script<'_>, timeline: &'a Timeline) -> Walk<'a> {
        let Timeline { routes: logs, delivery } = timeline;
        let sites = &script.situation.service.sites;
        let mut walk = Walk {
            delivery,
            fates: delivery.start.clone(),
            next_fate: 0,
            logs,
            best: logs.iter().map(|log| log.start.clone()).collect(),
            next_route: vec![0; logs.len()],
            groups: groups(script, timeline),
            site_routers: sites.iter().map(|site| site.router).collect(),
            dns_alone: script.steering == Steering::GeoDns,
        };
        for group in 0..walk.groups.len() {
            for router in 0..script.situation.world.router_count() as u32 {
                walk.count(group, router, true);
            }
        }
        walk
    }

    /// Adds the sources of a router to a group, or takes them off.
    fn count(&mut self, group: usize, router: u32, adds: bool) {
        let Group { layers, sources_at, .. } = &self.groups[group];
        let sources = u64::from(sources_at[router as usize]);
        if sources == 0 {
            return;
        }
        let best = |layer: &usize| {
            let best = self.best[*layer][router as usize];
            (best.slot != NO_SLOT).then(|| self.logs[*layer].paths.length(best.told.path()))
        };
        let Some(length) = layers.iter().find_map(best) else { return };
        let length_sum = sources * u64::from(length);
        let group = &mut self.groups[group];
        match adds {
            true => {
                (group.routed, group.length_sum) =
                    (group.routed + sources, group.length_sum + length_sum)
            }
            false => {
                (group.routed, group.length_sum) =
                    (group.routed - sources, group.length_sum - length_sum)
            }
        }
    }

    /// Applies everything up to and including an instant.
    fn advance(&mut self, to_us: i64) {
        while let Some(change) = self.delivery.changes.get(self.next_fate)
            && change.at_us <= to_us
        {
            self.fates[change.stream as usize] = change.fate;
            self.next_fate += 1;
        }
        for layer in 0..self.logs.len() {
            while let Some(change) = self.logs[layer].changes.get(self.next_route[layer])
                && change.at_us <= to_us
            {
                let concerned: Vec<usize> = (0..self.groups.len())
                    .filter(|group| self.groups[*group].layers.contains(&layer))
                    .collect();
                for group in &concerned {
                    self.count(*group, change.router, false);
                }
                self.best[layer][change.router as usize] = change.best;
                for group in concerned {
                    self.count(group, change.router, true);
                }
                self.next_route[layer] += 1;
            }
        }
    }

    fn state(&self, health: &Health) -> State {
        let site_count = self.site_routers.len();
        let mut sites = vec![Share::default(); site_count];
        let mut unserved = Share::default();
        // Streams ascend by source: a source was counted if it came last.
        let mut counted = vec![u32::MAX; site_count + 1];
        for (stream, fate) in (0..).zip(&self.fates) {
            let place = fate.site().map_or(site_count, |site| site as usize);
            let share = sites.get_mut(place).unwrap_or(&mut unserved);
            share.demand += self.delivery.weight(stream);
            let source = self.delivery.streams[stream as usize].source;
            if counted[place] != source {
                counted[place] = source;
                share.sources += 1;
            }
        }
        let announces =
            |router: u32| self.best.iter().any(|layer| layer[router as usize].slot == OWN);
        let is_active = |site: &usize| match self.dns_alone {
            true => health.named[*site],
            false => health.healthy[*site] && announces(self.site_routers[*site]),
        };
        let routed: u64 = self.groups.iter().map(|group| group.routed).sum();
        let length_sum: u64 = self.groups.iter().map(|group| group.length_sum).sum();
        State {
            sites,
            unserved,
            active_sites: (0..site_count).filter(is_active).count() as u32,
            path_length_mean: (routed > 0).then(|| length_sum as f64 / routed as f64),
        }
    }
}

/// The prefix that a source sends to: that of its region where there is one, since DNS would give
/// it that; else the one that the run is about.
pub(super) fn target(script: &Script<'_>, source: usize, delivery: &Delivery) -> u16 {
    let region = &delivery.sources[source].region;
    match script.steering {
        Steering::Hybrid => script.regional.get(region).copied().unwrap_or(script.prefix),
        Steering::Anycast | Steering::GeoDns => script.prefix,
    }
}

fn groups(script: &Script<'_>, timeline: &Timeline) -> Vec<Group> {
    let Timeline { routes: logs, delivery } = timeline;
    let prefixes = &script.situation.service.prefixes;
    let routers = script.situation.world.router_count();
    let mut targets: Vec<(u16, Group)> = Vec::new();
    for (index, source) in delivery.sources.iter().enumerate() {
        let target = target(script, index, delivery);
        let place = match targets.iter().position(|(known, _)| *known == target) {
            Some(place) => place,
            None => {
                let wanted = &prefixes[usize::from(target)];
                let prefix_of = |log: &usize| &prefixes[usize::from(logs[*log].prefix)];
                let mut layers: Vec<usize> =
                    (0..logs.len()).filter(|log| prefix_of(log).contains(wanted)).collect();
                layers.sort_by_key(|log| std::cmp::Reverse(prefix_of(log).length()));
                let sources_at = vec![0; routers];
                let group = Group { layers, sources_at, routed: 0, length_sum: 0 };
                targets.push((target, group));
                targets.len() - 1
            }
        };
        targets[place].1.sources_at[source.router as usize] += 1;
    }
    targets.into_iter().map(|(_, group)| group).collect()
}

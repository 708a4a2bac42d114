//! Load over time: what each site is offered, and what it serves of it (models 6 and 8).
//!
//! [`load`] reads where demand and bots go from a [`Delivery`] each and writes a [`LoadLog`]:
//! constant pieces, a new one whenever something changes at a site. [`first_overload`] says which
//! site would withdraw itself; the run then repeats with that failure in its schedule. The closed
//! forms are in [`crate::overload`].
//!
//! Retries are at their fixed point at once: clients retry within seconds, faster than anything
//! else here. Demand that reaches no site is no load, and its retries are none either.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::Rules;
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Bots, Deed, Occurrence};
use catchment_model::service::{Announcement, Capacity, Reach, Service};

use crate::delivery::{Delivery, Fate};
use crate::overload::{Filter, retry_factor, retry_loss, success};

/// What [`load`] reads.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Where the clients' demand goes.
    pub delivery: &'a Delivery,
    /// The sites and their capacities before the first event.
    pub service: &'a Service,
    /// What happens, ascending by time. Sites that withdraw themselves stand here as failures of
    /// kind `unannounced`.
    pub schedule: &'a [Occurrence],
    /// Retries, and what a filter does.
    pub rules: &'a Rules,
    /// Where the bots' packets go, for each attack whose bots are routers, by its place in the
    /// schedule. The weights of the sources are shares of the attack that sum to 1.
    pub bots: &'a BTreeMap<u32, Delivery>,
    /// Whether sites filter while an attack reaches them.
    pub filtering: bool,
}

/// A site from one instant until its next step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadStep {
    /// From when, in µs.
    pub at_us: i64,
    /// The site.
    pub site: u32,
    /// Requests of its clients, each counted once; in the unit of the world (kq/s where it has
    /// one).
    pub legit_kqps: f64,
    /// The same in gigabits a second.
    pub legit_gbps: f64,
    /// Attack that reaches it.
    pub attack_kqps: f64,
    /// The same in gigabits a second.
    pub attack_gbps: f64,
    /// All that arrives: requests with their retries, and the attack.
    pub offered_kqps: f64,
    /// The same in gigabits a second.
    pub offered_gbps: f64,
    /// Offered over capacity, the higher of link (gigabits) and servers (queries, behind the
    /// filter); 0 where nothing is limited, infinite where a capacity is 0.
    pub utilization: f64,
    /// P(an attempt is lost), 0 to 1, if the filter does not take it for an attack.
    pub loss: f64,
    /// Share of its clients' requests that succeed at some attempt, 0 to 1.
    pub served: f64,
}

/// Load of all sites over time.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadLog {
    /// Ascending by time, then site. Each site has one at t = 0, with the events of that instant.
    pub steps: Vec<LoadStep>,
    /// When the run ended, in µs.
    pub end_us: i64,
}

impl LoadLog {
    /// The steps of one site, ascending by time.
    pub fn of(&self, site: u32) -> impl Iterator<Item = &LoadStep> {
        self.steps.iter().filter(move |step| step.site == site)
    }

    /// All sites at a time, by index.
    pub fn at(&self, at_us: i64) -> Vec<LoadStep> {
        let until = self.steps.partition_point(|step| step.at_us <= at_us);
        let mut latest = BTreeMap::new();
        for step in &self.steps[..until] {
            latest.insert(step.site, *step);
        }
        latest.into_values().collect()
    }
}

/// What a site is offered before retries.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Offered {
    /// Requests.
    pub legit_kqps: f64,
    /// The same in gigabits a second.
    pub legit_gbps: f64,
    /// Attack.
    pub attack_kqps: f64,
    /// The same in gigabits a second.
    pub attack_gbps: f64,
}

/// One site at one instant (models 6.2 and 6.4): its link loses first, then a filter removes what
/// it takes for an attack, then its servers lose. Queries and gigabits are separate capacities,
/// and the scarcer one rules. A filter judges clients, not attempts: whoever it rejects retries in
/// vain.
pub fn serve(
    at_us: i64,
    site: u32,
    capacity: Capacity,
    offered: Offered,
    filter: Option<Filter>,
    retries: u32,
) -> LoadStep {
    let Filter { efficiency, false_positive } =
        filter.unwrap_or(Filter { efficiency: 0.0, false_positive: 0.0 });
    let Offered { legit_kqps, legit_gbps, attack_kqps, attack_gbps } = offered;
    let rejected = false_positive * (1.0 + f64::from(retries));
    let accepted = 1.0 - false_positive;
    // Each capacity has a loss at which what gets through just fills it. What gets through falls
    // in the loss, so at the higher of the two the other capacity has room.
    let loss_on = |capacity: Option<f64>, fresh, steady| {
        capacity.map_or(0.0, |capacity| retry_loss(capacity, fresh, steady, retries))
    };
    let link_steady = rejected * legit_gbps + attack_gbps;
    let link_loss = loss_on(capacity.gbps, accepted * legit_gbps, link_steady);
    let left_attack = (1.0 - efficiency) * attack_kqps;
    let server_loss = loss_on(capacity.kqps, accepted * legit_kqps, left_attack);
    let loss = link_loss.max(server_loss);

    let attempts = accepted * retry_factor(loss, retries) + rejected;
    let offered_kqps = attempts * legit_kqps + attack_kqps;
    let offered_gbps = attempts * legit_gbps + attack_gbps;
    let at_servers = accepted * retry_factor(loss, retries) * legit_kqps + left_attack;
    let over = |capacity: Option<f64>, offered: f64| match capacity {
        Some(capacity) if offered > 0.0 => offered / capacity,
        _ => 0.0,
    };
    LoadStep {
        at_us,
        site,
        legit_kqps,
        legit_gbps,
        attack_kqps,
        attack_gbps,
        offered_kqps,
        offered_gbps,
        utilization: over(capacity.kqps, at_servers).max(over(capacity.gbps, offered_gbps)),
        loss,
        served: accepted * success(loss, retries),
    }
}

/// Highest demand of a stream, in its unit: so many that eight million of them can be summed. Files
/// are held to less.
const DEMAND_MAX: f64 = (1_u64 << 40) as f64;

/// Sums of demand as integers of 2^-64 of its unit, so that what was added and taken away again
/// leaves nothing behind, in whichever order. More than [`DEMAND_MAX`] counts as that.
fn fixed(demand: f64) -> i128 {
    libm::round(libm::ldexp(demand.clamp(0.0, DEMAND_MAX), 64)) as i128
}

fn float(sum: i128) -> f64 {
    libm::ldexp(sum as f64, -64)
}

/// Two sums for each site.
type Sums = Vec<[i128; 2]>;

/// A delivery that is played forward, with its sums by site.
struct Player<'a> {
    delivery: &'a Delivery,
    /// Changes that were played.
    played: usize,
    fates: Vec<Fate>,
    sums: Sums,
}

impl<'a> Player<'a> {
    fn new(delivery: &'a Delivery, site_count: usize) -> Player<'a> {
        let (fates, sums) = (delivery.start.clone(), vec![[0; 2]; site_count]);
        let mut player = Player { delivery, played: 0, fates, sums };
        for stream in 0..delivery.streams.len() as u32 {
            player.add(stream, 1);
        }
        player
    }

    /// Adds a stream to the sums of its site, or takes it away; gives the site.
    fn add(&mut self, stream: u32, sign: i128) -> Option<u32> {
        let site = self.fates[stream as usize].site()?;
        let part = self.delivery.streams[stream as usize];
        let gbps = self.delivery.sources[part.source as usize].gbps * part.share;
        let [kqps_sum, gbps_sum] = &mut self.sums[site as usize];
        *kqps_sum += sign * fixed(self.delivery.weight(stream));
        *gbps_sum += sign * fixed(gbps);
        Some(site)
    }

    fn next_at(&self) -> Option<i64> {
        Some(self.delivery.changes.get(self.played)?.at_us)
    }

    /// Plays all changes up to a time.
    fn play(&mut self, until_us: i64, touched: &mut BTreeSet<u32>) {
        let delivery = self.delivery;
        let changes = &delivery.changes[self.played..];
        for change in changes.iter().take_while(|change| change.at_us <= until_us) {
            touched.extend(self.add(change.stream, -1));
            self.fates[change.stream as usize] = change.fate;
            touched.extend(self.add(change.stream, 1));
            self.played += 1;
        }
    }
}

/// Whether a site with these announcements has somebody to announce to.
fn has_sessions(reach: Reach, announcements: &BTreeMap<u32, Announcement>) -> bool {
    reach == Reach::Everyone || !announcements.is_empty()
}

/// What the schedule means for loads.
enum Turn {
    /// The attack at this place begins or ends.
    Attack(u32, bool),
    /// A site is in service from here on, or failed.
    InService(u32, bool),
    /// A site has somebody to announce to, or nobody.
    HasSessions(u32, bool),
    Capacity(u32, Capacity),
}

/// The turns of a schedule, ascending by time.
fn turns(schedule: &[Occurrence], gshut_wait_us: i64) -> Vec<(i64, Turn)> {
    let mut turns = Vec::new();
    for (place, occurrence) in schedule.iter().enumerate() {
        let at_us = occurrence.at.us;
        match &occurrence.deed {
            Deed::Fail { site, how: FailureKind::Drain } => {
                let gone_us = at_us + gshut_wait_us;
                let back = schedule[place..].iter().any(|later| {
                    later.at.us <= gone_us && later.deed == Deed::Restore { site: *site }
                });
                if !back {
                    turns.push((gone_us, Turn::InService(*site, false)));
                }
            }
            // Some dead sites announce for a while; what reaches them then loads nobody.
            Deed::Fail { site, .. } => turns.push((at_us, Turn::InService(*site, false))),
            Deed::Restore { site } => turns.push((at_us, Turn::InService(*site, true))),
            Deed::Announce { site, reach, announcements, .. } => {
                let has_sessions = has_sessions(*reach, announcements);
                turns.push((at_us, Turn::HasSessions(*site, has_sessions)));
            }
            Deed::Attack { lasts, .. } => {
                turns.push((at_us, Turn::Attack(place as u32, true)));
                let end = lasts.map(|lasts| (at_us + lasts.us, Turn::Attack(place as u32, false)));
                turns.extend(end);
            }
            Deed::Capacity { site, capacity } => {
                turns.push((at_us, Turn::Capacity(*site, *capacity)));
            }
            Deed::Link { .. } | Deed::Policy { .. } | Deed::Igp { .. } => {}
        }
    }
    turns.sort_by_key(|(at_us, _)| *at_us);
    turns
}

/// An attack that a schedule holds.
struct Attack<'a> {
    kqps: f64,
    gbps: f64,
    on: bool,
    bots: AttackBots<'a>,
}

enum AttackBots<'a> {
    Routers(Player<'a>),
    Sites(&'a [(u32, f64)]),
}

impl Attack<'_> {
    /// Its share that reaches a site, 0 to 1.
    fn share(&self, site: u32, announces: bool) -> f64 {
        match &self.bots {
            AttackBots::Routers(player) => float(player.sums[site as usize][0]),
            AttackBots::Sites(shares) if announces => {
                shares.iter().filter(|(it, _)| *it == site).map(|(_, share)| share).sum()
            }
            AttackBots::Sites(_) => 0.0,
        }
    }
}

/// Load of each site over time.
///
/// Attacks whose shares are given by site reach a site while it announces, as far as the schedule
/// says so: from a restore at once, though the site may take longer to be heard.
pub fn load(demand: &Demand<'_>) -> LoadLog {
    let site_count = demand.service.sites.len();
    let mut legit = Player::new(demand.delivery, site_count);
    let mut attacks = attacks(demand);
    let mut capacities: Vec<Capacity> =
        demand.service.sites.iter().map(|site| site.capacity).collect();
    // A site announces if it is in service and has sessions. What fails keeps its sessions for
    // later, and an announcement that is edited brings no failed site back.
    let sites = &demand.service.sites;
    let mut in_service: Vec<bool> = sites.iter().map(|site| site.active).collect();
    let mut heard: Vec<bool> =
        sites.iter().map(|site| has_sessions(site.reach, &site.announcements)).collect();
    let turns = turns(demand.schedule, demand.rules.gshut_wait.us);
    let mut turns = turns.iter().peekable();

    let end_us = demand.delivery.end_us;
    let mut steps: Vec<LoadStep> = Vec::new();
    let mut latest: Vec<Option<LoadStep>> = vec![None; site_count];
    let mut touched: BTreeSet<u32> = (0..site_count as u32).collect();
    let mut next_us = Some(0);
    while let Some(now_us) = next_us.filter(|next_us| *next_us <= end_us) {
        legit.play(now_us, &mut touched);
        for attack in attacks.values_mut() {
            // Bots that do not send move all the same, but nobody needs to look.
            let mut moved = BTreeSet::new();
            if let AttackBots::Routers(player) = &mut attack.bots {
                player.play(now_us, &mut moved);
            }
            if attack.on {
                touched.append(&mut moved);
            }
        }
        while let Some((_, turn)) = turns.next_if(|(at_us, _)| *at_us <= now_us) {
            match turn {
                Turn::Attack(place, on) => {
                    attacks.get_mut(place).expect("each attack is known").on = *on;
                    touched.extend(0..site_count as u32);
                }
                Turn::InService(site, now) => {
                    in_service[*site as usize] = *now;
                    touched.insert(*site);
                }
                Turn::HasSessions(site, now) => {
                    heard[*site as usize] = *now;
                    touched.insert(*site);
                }
                Turn::Capacity(site, capacity) => {
                    capacities[*site as usize] = *capacity;
                    touched.insert(*site);
                }
            }
        }
        for site in std::mem::take(&mut touched) {
            let index = site as usize;
            let mut offered = Offered {
                legit_kqps: float(legit.sums[index][0]),
                legit_gbps: float(legit.sums[index][1]),
                ..Offered::default()
            };
            for attack in attacks.values().filter(|attack| attack.on) {
                let share = attack.share(site, in_service[index] && heard[index]);
                offered.attack_kqps += attack.kqps * share;
                offered.attack_gbps += attack.gbps * share;
            }
            let attacked = offered.attack_kqps > 0.0 || offered.attack_gbps > 0.0;
            let filter = (demand.filtering && attacked).then_some(Filter {
                efficiency: demand.rules.filter_e,
                false_positive: demand.rules.filter_f,
            });
            let retries = demand.rules.retries;
            let step = serve(now_us, site, capacities[index], offered, filter, retries);
            let same = |last: LoadStep| LoadStep { at_us: now_us, ..last } == step;
            if !latest[index].is_some_and(same) {
                latest[index] = Some(step);
                steps.push(step);
            }
        }
        let bots = attacks.values().filter_map(|attack| match &attack.bots {
            AttackBots::Routers(player) => player.next_at(),
            AttackBots::Sites(_) => None,
        });
        let turn = turns.peek().map(|(at_us, _)| *at_us);
        next_us = bots.chain(legit.next_at()).chain(turn).min();
    }
    LoadLog { steps, end_us }
}

/// The attacks of a schedule, by place; none is on yet.
fn attacks<'a>(demand: &Demand<'a>) -> BTreeMap<u32, Attack<'a>> {
    let site_count = demand.service.sites.len();
    let attack = |(place, occurrence): (u32, &'a Occurrence)| {
        let Deed::Attack { kqps, gbps, bots, .. } = &occurrence.deed else { return None };
        let bots = match bots {
            Bots::Sites(shares) => AttackBots::Sites(shares),
            Bots::Routers(_) => {
                let delivery =
                    demand.bots.get(&place).expect("an attack without fates of its bots");
                AttackBots::Routers(Player::new(delivery, site_count))
            }
        };
        Some((place, Attack { kqps: *kqps, gbps: *gbps, on: false, bots }))
    };
    (0..).zip(demand.schedule).filter_map(attack).collect()
}

/// The first site that has been offered more than `threshold` times its capacity for `after_us`
/// without a break, and when it has been so for that long; of several the one with the highest
/// load over capacity, then the lowest. A run in which such sites withdraw themselves
/// (`overload = withdraw`) takes `shed_threshold` and `fall` × `hc_interval`. Sites in `gone` have
/// done so already, at the times given: what had begun by then is dealt with, though it may take
/// its time to end. Since each relieves others, or burdens them, everyone counts anew from then on,
/// and they go in turn (models 6.4).
pub fn first_overload(
    log: &LoadLog,
    threshold: f64,
    after_us: i64,
    gone: &[(u32, i64)],
) -> Option<(u32, i64)> {
    let is_dealt_with = |site: u32, since_us: i64| {
        gone.iter().any(|(other, at_us)| *other == site && since_us <= *at_us)
    };
    let last_us = gone.iter().map(|(_, at_us)| *at_us).max().unwrap_or(i64::MIN);
    // Since when a site is above, and how far it is now.
    let mut above: BTreeMap<u32, (i64, f64)> = BTreeMap::new();
    let mut found: Vec<(i64, f64, u32)> = Vec::new();
    let mut note = |site: u32, (since_us, utilization): (i64, f64), until_us: i64| {
        let at_us = since_us.max(last_us).saturating_add(after_us);
        if at_us <= until_us && !is_dealt_with(site, since_us) {
            found.push((at_us, utilization, site));
        }
    };
    for step in &log.steps {
        if step.utilization > threshold {
            above.entry(step.site).or_insert((step.at_us, 0.0)).1 = step.utilization;
        } else if let Some(since) = above.remove(&step.site) {
            // Relieved in the very instant of the last check, it stays.
            note(step.site, since, step.at_us - 1);
        }
    }
    for (site, since) in above {
        note(site, since, log.end_us);
    }
    let first = found.into_iter().min_by(|(at_us, load, site), (other_us, other, other_site)| {
        at_us.cmp(other_us).then(other.total_cmp(load)).then(site.cmp(other_site))
    });
    first.map(|(at_us, _, site)| (site, at_us))
}

#[cfg(test)]
mod tests;

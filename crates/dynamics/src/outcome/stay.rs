//! Who does not come back when a site returns, and why (models 12.5).
//!
//! The routers are asked: the run is repeated up to the end of the window, and the packets of
//! whoever stayed away are followed to the first router that had the choice.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use catchment_model::Asn;
use catchment_model::rules::{Decision, OldestRule};
use catchment_model::scenario::Steering;
use catchment_model::schedule::Deed;
use catchment_routing::{Policy, Step};

use crate::agenda::Course;
use crate::delivery::{Delivery, Fate};
use crate::engine::{NO_SLOT, OWN};
use crate::play::{Timeline, Unfinished, Watch, drive};
use crate::prelude::Prelude;
use crate::script::Script;

use super::states::prefix_to;
use super::{Share, Window};

/// Sources whose reason is asked for after one event; those with most demand come first. Finding
/// a reason takes a walk through the network.
const ASKED_MAX: usize = 1000;

/// Sources between two looks at whether somebody wants to know no more.
const ASKED_AT_ONCE: u64 = 64;

/// Who was at a site before it failed, and is elsewhere after it returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Stayed {
    /// The source, by index into the delivery's.
    pub source: u32,
    /// How much of its demand.
    pub demand: f64,
    /// The site that returned.
    pub site: u32,
    /// What becomes of that demand instead, at the end of the window; of the largest part, where
    /// it goes several ways.
    pub fate: Fate,
    /// Why. `None` if nobody asked, since there are too many.
    pub why: Option<Why>,
}

/// Why somebody did not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A router on the way had the choice, and the route to the site lost.
    Lost {
        /// The router: its AS, and its city where the AS has several.
        router: String,
        /// From whom it has the route that it keeps.
        kept_from: String,
        /// From whom it has the one to the site.
        lost_from: String,
        /// The step of the decision process at which that one lost.
        step: Step,
        /// Where this is about the past: whether the rule keeps the route in use, not the oldest.
        keeps_used: bool,
    },
    /// The site does not announce.
    NotAnnounced,
    /// No router on the way has a usable route to the site.
    NotHeard {
        /// The AS where the packets start.
        asn: Asn,
    },
    /// DNS still answers with another address, or a resolver still holds such an answer.
    Answer,
    /// The route leads to the site by now; packets follow when the last forwarding table does.
    OnItsWay,
}

impl Why {
    /// In a word, for counting: the step of the decision process, or what else it is.
    pub const fn name(&self) -> &'static str {
        match self {
            Why::Lost { step, .. } => step.name(),
            Why::NotAnnounced => "not-announced",
            Why::NotHeard { .. } => "not-heard",
            Why::Answer => "dns",
            Why::OnItsWay => "on-its-way",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Lost { router, kept_from, step, keeps_used, .. } => {
                let reason = reason(*step, *keeps_used);
                write!(f, "{router} keeps the route from {kept_from}: {reason} ({step})")
            }
            Why::NotAnnounced => f.write_str("the site is not announced"),
            Why::NotHeard { asn } => {
                write!(f, "no router on the way from AS{asn} has a usable route to the site")
            }
            Why::Answer => f.write_str("DNS, or a cache of it, still answers otherwise"),
            Why::OnItsWay => f.write_str("forwarding tables are still being written"),
        }
    }
}

/// What the kept route had over the other.
fn reason(step: Step, keeps_used: bool) -> &'static str {
    match step {
        Step::LocalPref => "its LOCAL_PREF is higher",
        Step::PathLength => "its path is shorter",
        Step::Origin => "its origin code is better",
        Step::Med => "its MED is lower",
        Step::Ebgp => "it comes from another AS, the other from inside",
        Step::IgpCost => "its exit is nearer",
        Step::Oldest if keeps_used => "it is the one in use",
        Step::Oldest => "it is the older one",
        Step::Rtt => "its round trip is shorter",
        Step::TieBreak => "the tie-break says so",
        Step::RouterId => "its neighbor has the lower identifier",
        Step::ClusterList => "its reflection path is shorter",
        Step::NeighborAddress => "its neighbor has the lower address",
    }
}

/// For each event who stayed away, and how much came back.
pub(super) type Returns = (Vec<Vec<Stayed>>, Vec<Option<Share>>);

/// For each event who stayed away, and how much came back; empty but for returns of sites that
/// had failed.
pub(super) fn stayed(
    script: &Script<'_>,
    timeline: &Timeline,
    windows: &[Window],
    prelude: Option<&mut Prelude>,
    watch: Watch<'_>,
) -> Result<Returns, Unfinished> {
    let mut stayed: Vec<Vec<Stayed>> = vec![Vec::new(); windows.len()];
    let mut back: Vec<Option<Share>> = vec![None; windows.len()];
    let delivery = &timeline.delivery;
    // What was at each site before it failed, and since which event it has.
    let mut failed: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut reader = Reader { delivery, fates: delivery.start.clone(), next: 0 };
    let mut after = reader.clone();
    for (index, window) in windows.iter().enumerate() {
        reader.advance(window.from_us - 1);
        match script.schedule[index].deed {
            Deed::Fail { site, .. } => {
                let here = (0..).zip(&reader.fates);
                let here = here.filter(|(_, fate)| fate.site() == Some(site));
                failed.entry(site).or_insert_with(|| here.map(|(stream, _)| stream).collect());
            }
            Deed::Restore { site } => {
                let Some(streams) = failed.remove(&site) else { continue };
                after.advance(window.last_us);
                stayed[index] = elsewhere(delivery, &after.fates, site, &streams);
                back[index] = Some(again(&after, site, &streams));
            }
            _ => {}
        }
    }
    if stayed.iter().any(|of| !of.is_empty()) {
        match prelude.filter(|prelude| prelude.fits(script.situation)) {
            Some(prelude) => ask(script, timeline, windows, &mut stayed, prelude, watch)?,
            None => {
                let mut prelude = Prelude::new(script.situation);
                ask(script, timeline, windows, &mut stayed, &mut prelude, watch)?;
            }
        }
    }
    Ok((stayed, back))
}

/// Streams that are at a site again after they had been elsewhere, and what they carry.
fn again(after: &Reader<'_>, site: u32, streams: &[u32]) -> Share {
    let Reader { delivery, fates, next } = after;
    let mut left = vec![false; fates.len()];
    for change in &delivery.changes[..*next] {
        left[change.stream as usize] |= change.fate.site() != Some(site);
    }
    let is_back =
        |stream: &&u32| left[**stream as usize] && fates[**stream as usize].site() == Some(site);
    let (mut share, mut last) = (Share::default(), u32::MAX);
    for stream in streams.iter().filter(is_back) {
        share.demand += delivery.weight(*stream);
        let source = delivery.streams[*stream as usize].source;
        share.sources += u32::from(std::mem::replace(&mut last, source) != source);
    }
    share
}

#[derive(Clone)]
struct Reader<'a> {
    delivery: &'a Delivery,
    fates: Vec<Fate>,
    next: usize,
}

impl Reader<'_> {
    fn advance(&mut self, to_us: i64) {
        while let Some(change) = self.delivery.changes.get(self.next)
            && change.at_us <= to_us
        {
            self.fates[change.stream as usize] = change.fate;
            self.next += 1;
        }
    }
}

/// Streams that are not at a site, by source; largest first.
fn elsewhere(delivery: &Delivery, fates: &[Fate], site: u32, streams: &[u32]) -> Vec<Stayed> {
    let away = |stream: &&u32| fates[**stream as usize].site() != Some(site);
    let away: Vec<u32> = streams.iter().filter(away).copied().collect();
    let source = |stream: u32| delivery.streams[stream as usize].source;
    let mut stayed: Vec<Stayed> = away
        .chunk_by(|a, b| source(*a) == source(*b))
        .map(|streams| {
            let mut by_fate: BTreeMap<Fate, f64> = BTreeMap::new();
            for stream in streams {
                *by_fate.entry(fates[*stream as usize]).or_default() += delivery.weight(*stream);
            }
            let largest = by_fate.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
            let (fate, _) = largest.expect("there is a stream");
            Stayed {
                source: source(streams[0]),
                demand: by_fate.values().sum(),
                site,
                fate: *fate,
                why: None,
            }
        })
        .collect();
    stayed.sort_by(|a, b| b.demand.total_cmp(&a.demand).then(a.source.cmp(&b.source)));
    stayed
}

/// Finds the reasons.
fn ask(
    script: &Script<'_>,
    timeline: &Timeline,
    windows: &[Window],
    stayed: &mut [Vec<Stayed>],
    prelude: &mut Prelude,
    watch: Watch<'_>,
) -> Result<(), Unfinished> {
    let delivery = &timeline.delivery;
    let adjacency = Arc::clone(prelude.adjacency());
    let mut courses: BTreeMap<u16, Course<'_>> = BTreeMap::new();
    for (stayed, window) in stayed.iter_mut().zip(windows) {
        // Several sites may return; each reason needs the whole network as it was then.
        for (place, entry) in (0..).zip(stayed.iter_mut().take(ASKED_MAX)) {
            if place % ASKED_AT_ONCE == 0 && watch(place, place).is_break() {
                return Err(Unfinished::Cancelled);
            }
            let prefix = prefix_to(script, Some(entry.site));
            // DNS names another region, or steers alone.
            let elsewhere =
                entry.fate.site().is_some_and(|it| prefix_to(script, Some(it)) != prefix);
            let (Some(prefix), false) = (prefix, elsewhere) else {
                entry.why = Some(Why::Answer);
                continue;
            };
            // The last window lasts until the end of the run, which may be known.
            if window.last_us == i64::MAX
                && let Some(end) = prelude.take_end(script, &adjacency, prefix)
            {
                courses.insert(prefix, end);
            }
            let course = match courses.entry(prefix) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(prelude.start(script, &adjacency, prefix, watch)?)
                }
            };
            drive(course, window.last_us, watch)?;
            let router = delivery.sources[entry.source as usize].router;
            entry.why = Some(why(script, course, router, entry.site));
        }
    }
    Ok(())
}

/// Why packets of a router do not end at a site.
fn why(script: &Script<'_>, course: &Course<'_>, start: u32, site: u32) -> Why {
    let (engine, policy) = (&course.engine, course.policy());
    let spec = &script.situation.service.sites[site as usize];
    if engine.best(spec.router).slot != OWN {
        return Why::NotAnnounced;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut router = start;
    while seen.insert(router) {
        let best = engine.best(router).slot;
        if best == NO_SLOT {
            break;
        }
        if best == OWN {
            if policy.own_site(router) != Some(site) {
                break;
            }
            return match script.steering {
                Steering::Anycast => Why::OnItsWay,
                Steering::GeoDns | Steering::Hybrid => Why::Answer,
            };
        }
        let heard = engine.heard(&policy, router);
        let leads_there = |position: &usize| {
            let slot = heard[*position].slot;
            slot != best && lands(course, &policy, course.adjacency().peer(slot)) == Some(site)
        };
        let here = lands(course, &policy, router);
        if here != Some(site)
            && let Some(position) = (0..heard.len()).find(leads_there)
            && let Some(selection) = engine.select(router, &heard)
            && let Some((_, step)) = selection.lost.iter().find(|lost| lost.0 == position)
        {
            let rules = script.situation.rules;
            let role = policy.role(router);
            return Why::Lost {
                router: label(course, router, router),
                kept_from: label(course, course.adjacency().peer(best), router),
                lost_from: label(course, course.adjacency().peer(heard[position].slot), router),
                step: *step,
                keeps_used: keeps_used(rules.decision, rules.oldest_rule_of(role)),
            };
        }
        router = course.adjacency().peer(best);
    }
    Why::NotHeard { asn: script.situation.world.asn_of(start) }
}

fn keeps_used(decision: Decision, rule: OldestRule) -> bool {
    decision == Decision::Textbook || rule == OldestRule::SelectedPeer
}

/// The site where the best routes lead from a router.
fn lands(course: &Course<'_>, policy: &Policy<'_>, start: u32) -> Option<u32> {
    let mut router = start;
    // Routes that have settled do not go round; others may.
    for _ in 0..course.adjacency().first.len() {
        match course.engine.best(router).slot {
            NO_SLOT => return None,
            OWN => return policy.own_site(router),
            slot => router = course.adjacency().peer(slot),
        }
    }
    None
}

/// A router for people, seen from another: its AS, with its city where that AS has several.
fn label(course: &Course<'_>, router: u32, seen_from: u32) -> String {
    let world = course.situation().world;
    let place = world.place(router).map_or("", |place| place.code.as_str());
    let entry = world.router_as[router as usize];
    let inside = router != seen_from && entry == world.router_as[seen_from as usize];
    let asn = world.asn_of(router);
    match world.routers_of(entry).len() {
        _ if inside && !place.is_empty() => format!("its own router in {place}"),
        2.. if !place.is_empty() => format!("AS{asn} in {place}"),
        _ => format!("AS{asn}"),
    }
}

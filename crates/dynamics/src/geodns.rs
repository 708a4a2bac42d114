//! GeoDNS over time: which site each client is sent to, and for how long to a dead one (models
//! section 4).
//!
//! A name server answers with a site by the place of whoever asks (`answers`); resolvers keep what
//! it said (`caches`), with the habits and places of `resolvers`; a health check takes dead sites
//! out of the answers (`checks`). [`formulas`] has what this comes to on average.
//!
//! What is left out: every site has a unicast address of its own, and whoever is told it is taken
//! to reach it while the site lives. So only failures, returns and capacities of sites matter
//! here; links, sessions, policies, announcements and attacks do not. Neither does a site's own
//! `hold_up` or session: it answers from the instant at which it is restored. Open connections do
//! not ask again (models 13, row 31): a [`Delivery`] says where new packets of a client go that has
//! asked, as all are taken to.

mod answers;
mod caches;
mod checks;
mod draws;
pub mod formulas;
mod resolvers;
#[cfg(test)]
mod twin;

use catchment_model::geo::EARTH_RADIUS_KM;
use catchment_model::rng::fnv1a64;
use catchment_model::schedule::Deed;
use catchment_model::service::Site;
use catchment_routing::Situation;

use crate::delivery::{Delivery, Fate, FateChange, NO_CAUSE, Source, Stages, Stream};
use crate::script::Script;
use crate::sites::Lives;
use answers::{Authority, Target};
use caches::{Held, News, Shift, Turn, play};
use checks::{is_offered_at_start, verdicts};
use resolvers::{Askers, Cache, Point, askers};

/// Which region's prefix DNS answers for each stream, over time: the DNS half of hybrid steering
/// (models 7.4). What BGP makes of the prefix is not said here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegionAnswers {
    /// Who sends.
    pub sources: Vec<Source>,
    /// Parts of their demand, by the resolver that they ask; ascending by source.
    pub streams: Vec<Stream>,
    /// The prefix that each stream is told at t = 0, before the events of that instant; `None` if
    /// there is no answer.
    pub start: Vec<Option<u16>>,
    /// All changes, ascending by time; those of one instant ascend by stream, and no stream
    /// changes twice in an instant.
    pub changes: Vec<RegionChange>,
    /// When the run ended: nothing changes after it, in µs.
    pub end_us: i64,
}

/// A stream is told another region's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionChange {
    /// When, in µs since the start of the scenario.
    pub at_us: i64,
    /// The stream, by index.
    pub stream: u32,
    /// Index of the prefix from here on; `None` if there is no answer.
    pub region: Option<u16>,
    /// The occurrence that caused it, by place in the schedule.
    pub cause: u32,
    /// From that occurrence until the answers changed, in µs.
    pub detection_us: i64,
    /// From then until the cached answer ran out, in µs. Both sum to the time since the cause.
    pub client_us: i64,
}

/// The fates of all clients under [`catchment_model::scenario::Steering::GeoDns`].
///
/// A change's cause is the first event since which the stream's answer had been out of date; if
/// the site itself dies or returns under a stream, it is that event.
pub fn deliver(script: &Script<'_>) -> Delivery {
    let lives = Lives::new(script.situation.service, script.schedule);
    let askers = askers(script);
    let (authority, shifts) = server(script, &lives, &askers.caches, |_| true);
    let names: Vec<u32> = (0..lives.site_count() as u32).collect();
    let held = play(authority, &shifts, &names);

    let fates: Vec<Vec<FateChange>> =
        (0..askers.caches.len() as u32).map(|cache| fates_of(cache, &held, &lives)).collect();
    let start = |cache: &u32| fate(held.start[*cache as usize], &lives, i64::MIN);
    let start = askers.cache_of.iter().map(start).collect();
    let mut changes: Vec<FateChange> = per_stream(&askers, |cache| &fates[cache as usize])
        .map(|(stream, change)| FateChange { stream, ..*change })
        .collect();
    changes.sort_unstable_by_key(|change| (change.at_us, change.stream));
    let end_us = end_us(script, &shifts, changes.last().map(|change| change.at_us));
    Delivery { sources: askers.sources, streams: askers.streams, start, changes, end_us }
}

/// The answers of DNS under [`catchment_model::scenario::Steering::Hybrid`].
///
/// The server picks a site by its policy among the healthy sites of the regions that have a
/// prefix, and answers with the prefix of that site's region. So a region is as near as its
/// nearest healthy site; it leaves the answers when the health check has taken out all its sites;
/// and clients are mapped by place, whatever region they say they are of. Each site is checked for
/// itself, as under GeoDNS, and one that is `unannounced` counts as down.
pub fn regions(script: &Script<'_>) -> RegionAnswers {
    let sites = &script.situation.service.sites;
    let lives = Lives::new(script.situation.service, script.schedule);
    let prefix = |region: &String| script.regional.get(region).copied();
    let prefixes: Vec<Option<u16>> = sites.iter().map(|site| prefix(&site.region)).collect();
    let askers = askers(script);
    let (authority, shifts) =
        server(script, &lives, &askers.caches, |site| prefixes[site as usize].is_some());
    // Sites without one are never answered.
    let names: Vec<u32> = prefixes.iter().map(|it| it.map_or(u32::MAX, u32::from)).collect();
    let held = play(authority, &shifts, &names);

    let region = |answer: Option<u32>| {
        answer.map(|it| u16::try_from(it).expect("an answer is a prefix of a region"))
    };
    let start = askers.cache_of.iter().map(|cache| region(held.start[*cache as usize])).collect();
    let mut changes: Vec<RegionChange> = per_stream(&askers, |cache| held.turns_of(cache))
        .map(|(stream, turn)| {
            let Stages { detection_us, client_us, .. } = stages(turn);
            let (at_us, cause) = (turn.at_us, turn.reason.cause);
            let region = region(turn.answer);
            RegionChange { at_us, stream, region, cause, detection_us, client_us }
        })
        .collect();
    changes.sort_unstable_by_key(|change| (change.at_us, change.stream));
    let end_us = end_us(script, &shifts, changes.last().map(|change| change.at_us));
    RegionAnswers { sources: askers.sources, streams: askers.streams, start, changes, end_us }
}

/// A resolver that a part of a source's clients asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolver {
    /// The share of the clients. Shares are in the order of the source's streams.
    pub share: f64,
    /// How far from the clients the name server takes them to be, in km; `None` if places are not
    /// known.
    pub km: Option<f64>,
}

/// The resolvers of one source.
pub fn resolvers_of(script: &Script<'_>, source: &Source) -> Vec<Resolver> {
    let senders = std::slice::from_ref(source);
    let askers = askers(&Script { senders: Some(senders), ..*script });
    let here = script.situation.world.place(source.router).map(|place| Point::new(place.at));
    let resolver = |(stream, cache): (&Stream, &u32)| Resolver {
        share: stream.share,
        km: here.zip(askers.caches[*cache as usize].place).map(|(here, there)| {
            let half_chord = libm::sqrt(here.chord2(&there)) / 2.0;
            2.0 * EARTH_RADIUS_KM * libm::asin(half_chord.min(1.0))
        }),
    };
    askers.streams.iter().zip(&askers.cache_of).map(resolver).collect()
}

/// The name server before the first event, and what it learns, ascending by time. `listed` says
/// which sites belong to the service that is asked for.
fn server<'a>(
    script: &Script<'_>,
    lives: &Lives,
    caches: &'a [Cache],
    listed: impl Fn(u32) -> bool,
) -> (Authority<'a>, Vec<Shift>) {
    let Situation { world, service, seed, .. } = script.situation;
    let target = |(index, site): (u32, &Site)| Target {
        place: world.place(site.router).map(|place| Point::new(place.at)),
        key: fnv1a64(site.name.as_str().as_bytes()),
        capacity: site.capacity,
        listed: listed(index),
        offered: listed(index) && is_offered_at_start(lives, index),
    };
    let targets = (0..).zip(&service.sites).map(target).collect();
    let authority = Authority::new(script.geodns.policy, seed, caches, targets);
    let offers = verdicts(lives, service, script.geodns, seed);
    let mut shifts: Vec<Shift> = offers
        .iter()
        .filter(|verdict| listed(verdict.site))
        .map(|verdict| Shift {
            at_us: verdict.at_us,
            site: verdict.site,
            news: News::Offered(verdict.offered),
            cause: verdict.cause,
            since_us: verdict.since_us,
        })
        .collect();
    for (cause, occurrence) in (0..).zip(script.schedule) {
        if let Deed::Capacity { site, capacity } = occurrence.deed
            && listed(site)
        {
            let (at_us, news) = (occurrence.at.us, News::Capacity(capacity));
            shifts.push(Shift { at_us, site, news, cause, since_us: at_us });
        }
    }
    // Stable: what the checks find comes before capacities, these in the order of the schedule.
    shifts.sort_by_key(|shift| shift.at_us);
    (authority, shifts)
}

/// What becomes of the packets of those who hold this answer.
fn fate(answer: Option<u32>, lives: &Lives, at_us: i64) -> Fate {
    match answer {
        None => Fate::NoRoute,
        Some(site) if lives.at(site, at_us).is_reachable() => Fate::Served(site),
        Some(site) => Fate::Stale(Some(site)),
    }
}

/// All changes of fate of those who share an entry: its turns, and between them the deaths and
/// returns of the site that it names. The stream is left at 0.
fn fates_of(cache: u32, held: &Held, lives: &Lives) -> Vec<FateChange> {
    let turns = held.turns_of(cache);
    let mut answer = held.start[cache as usize];
    let mut last = fate(answer, lives, i64::MIN);
    let mut from_us = i64::MIN;
    let mut changes = Vec::new();
    let mut turn_to = |at_us: i64, fate: Fate, cause: u32, stages: Stages, answer: bool| {
        if fate != last {
            assert_ne!(cause, NO_CAUSE, "a fate changed without an event");
            last = fate;
            changes.push(FateChange { at_us, stream: 0, fate, cause, stages, answer });
        }
    };
    for turn in turns.iter().map(Some).chain([None]) {
        // A turn at the instant of a death decides alone what becomes of the stream.
        let until_us = turn.map_or(i64::MAX, |turn| turn.at_us);
        let phases = answer.map_or(&[][..], |site| lives.of(site));
        let later = phases.partition_point(|phase| phase.from_us <= from_us);
        for phase in phases[later..].iter().take_while(|phase| phase.from_us < until_us) {
            let fate = fate(answer, lives, phase.from_us);
            turn_to(phase.from_us, fate, phase.cause, Stages::default(), false);
        }
        if let Some(turn) = turn {
            (answer, from_us) = (turn.answer, turn.at_us);
            let fate = fate(answer, lives, from_us);
            turn_to(from_us, fate, turn.reason.cause, stages(turn), true);
        }
    }
    changes
}

/// Where the time between an event and the turn that it led to went.
fn stages(turn: &Turn) -> Stages {
    let reason = turn.reason;
    Stages {
        detection_us: reason.noticed_us - reason.since_us,
        client_us: turn.at_us - reason.noticed_us,
        ..Stages::default()
    }
}

/// What happens to each stream, given what happens to its entry.
fn per_stream<'a, T: 'a>(
    askers: &'a Askers,
    of_cache: impl Fn(u32) -> &'a [T] + 'a,
) -> impl Iterator<Item = (u32, &'a T)> + 'a {
    (0..)
        .zip(&askers.cache_of)
        .flat_map(move |(stream, cache)| of_cache(*cache).iter().map(move |it| (stream, it)))
}

/// After this nothing happens.
fn end_us(script: &Script<'_>, shifts: &[Shift], last_change_us: Option<i64>) -> i64 {
    let last_event_us = script.schedule.last().map(|occurrence| occurrence.at.us);
    let last_shift_us = shifts.last().map(|shift| shift.at_us);
    last_event_us.max(last_shift_us).max(last_change_us).unwrap_or(0)
}

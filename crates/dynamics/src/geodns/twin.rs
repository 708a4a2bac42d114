//! The slow, obvious twin of [`super::deliver`]: an agenda of every refresh of every cache, every
//! event and everything that a health check notices. The two agree on random small scenarios.

use std::collections::BTreeMap;

use catchment_model::rng::draw;
use catchment_model::rules::Rules;
use catchment_model::scenario::{AnswerPolicy, FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::{Capacity, Reach};
use catchment_model::world::WorldBuilder;
use catchment_model::{Asn, Duration, LatLon, Overlay, Place, Service, World};

use super::*;

const S: i64 = 1_000_000;

/// A small scenario, drawn so that instants coincide often.
struct Case {
    world: World,
    overlay: Overlay,
    service: Service,
    rules: Rules,
    schedule: Vec<Occurrence>,
    geodns: GeoDns,
    regional: BTreeMap<String, u16>,
    gbps: BTreeMap<u32, f64>,
    seed: u64,
}

impl Case {
    fn drawn(seed: u64) -> Case {
        let mut count = 0;
        let mut below = |bound: u64| {
            count += 1;
            draw(seed, 77, count) % bound
        };
        let mut builder = WorldBuilder::new("case");
        let places: Vec<u32> = (0..5)
            .map(|index| {
                let at = LatLon { lat: 10.0 * (index % 2) as f64, lon: 25.0 * f64::from(index) };
                let (code, country) = (format!("C{index}"), String::new());
                builder.place(Place { code: code.clone(), name: code, country, at })
            })
            .collect();
        let site_count = 1 + below(4) as u32;
        let client_count = 1 + below(5) as u32;
        let mut place = || Some(places[below(6) as usize % 5]).filter(|_| below(8) > 0);
        let routers: Vec<_> = (0..site_count + client_count)
            .map(|index| builder.router(Asn(100 + index), place()))
            .collect();
        for index in 0..client_count {
            // Some share a router, and so a resolver.
            let router = routers[(site_count + below(u64::from(index) + 1) as u32) as usize];
            builder.client(&format!("c{index}"), router, "", 10.0 * (1 + below(4)) as f64);
        }
        let built = builder.build().unwrap();
        let capacity = |number: u64| Capacity {
            kqps: (number > 0).then_some(20.0 * number as f64),
            gbps: None,
        };
        let site = |index: u32, active, capacity| Site {
            name: format!("s{index}").parse().unwrap(),
            asn: Asn(100 + index),
            router: built.router_of[index as usize],
            own_router: true,
            active,
            prefixes: vec![0],
            reach: Reach::Everyone,
            announcements: BTreeMap::new(),
            capacity,
            region: ["eu", "us", "none"][index as usize % 3].to_owned(),
        };
        let sites =
            (0..site_count).map(|index| site(index, below(8) > 0, capacity(below(4)))).collect();
        let mut at_s = 0;
        let schedule = (0..below(9) as u32)
            .map(|index| {
                at_s += [0, 0, 1, 5, 30, 60, 100, 200][below(8) as usize];
                let site = below(u64::from(site_count)) as u32;
                let deed = match below(8) {
                    0..=3 => {
                        let how = FailureKind::NAMES[below(8) as usize].1;
                        Deed::Fail { site, how }
                    }
                    4..=6 => Deed::Restore { site },
                    _ => Deed::Capacity { site, capacity: capacity(below(4)) },
                };
                Occurrence { at: Duration::from_s(at_s), index, deed, label: String::new() }
            })
            .collect();
        let geodns = GeoDns {
            ttl: Duration::from_s([0, 1, 30, 60][below(4) as usize]),
            policy: AnswerPolicy::NAMES[below(4) as usize].1,
            check_interval: Duration::from_s([0, 1, 10][below(3) as usize]),
            check_fall: 1 + below(3) as u32,
            check_timeout: Duration::from_s(below(2) as i64),
            ecs_share: [0.0, 0.3, 1.0][below(3) as usize],
            ttl_stretch_share: 0.0,
            min_ttl_share: 0.3,
            min_ttl: Duration::from_s(100),
            negative_ttl: Duration::from_s([0, 7, 20][below(3) as usize]),
            resolver_km: Some([0.0, 2000.0][below(2) as usize]),
            public_share: Some([0.0, 0.4][below(2) as usize]),
        };
        Case {
            world: built.world,
            overlay: Overlay::default(),
            service: Service { sites, ..Service::default() },
            rules: Rules::default(),
            schedule,
            geodns,
            regional: BTreeMap::from([("eu".to_owned(), 3), ("us".to_owned(), 5)]),
            gbps: BTreeMap::new(),
            seed,
        }
    }

    fn script(&self) -> Script<'_> {
        Script {
            situation: Situation {
                world: &self.world,
                overlay: &self.overlay,
                service: &self.service,
                rules: &self.rules,
                seed: self.seed,
            },
            schedule: &self.schedule,
            steering: Steering::GeoDns,
            prefix: 0,
            senders: None,
            bystanders: false,
            geodns: &self.geodns,
            regional: &self.regional,
            client_gbps: &self.gbps,
        }
    }
}

/// The fates of all streams after each instant at which anything happens, the answers that they
/// hold, and the instant.
type Picture = (i64, Vec<Fate>, Vec<Option<u32>>);

/// Plays every refresh up to a time.
fn slow(script: &Script<'_>, listed: impl Fn(u32) -> bool, end_us: i64) -> Vec<Picture> {
    let lives = Lives::new(script.situation.service, script.schedule);
    let askers = askers(script);
    let (mut authority, shifts) = server(script, &lives, &askers.caches, listed);
    let mut held = authority.answers();
    let ttl_us = |index: usize, answer: Option<u32>| {
        let cache = &askers.caches[index];
        if answer.is_some() { cache.ttl_us } else { cache.negative_ttl_us }
    };
    let mut expiries: Vec<i64> = (0..held.len())
        .map(|index| {
            let cache = &askers.caches[index];
            if held[index].is_some() { cache.first_us } else { cache.negative_first_us }
        })
        .collect();
    let mut pictures = Vec::new();
    let mut now_us = 0;
    loop {
        for shift in shifts.iter().filter(|shift| shift.at_us == now_us) {
            shift.tell(&mut authority);
        }
        let answers = authority.answers();
        for (index, answer) in answers.iter().enumerate() {
            if expiries[index] <= now_us || ttl_us(index, held[index]) == 0 {
                held[index] = *answer;
                expiries[index] = now_us + ttl_us(index, *answer);
            }
        }
        let of_stream = |cache: &u32| held[*cache as usize];
        let holds: Vec<Option<u32>> = askers.cache_of.iter().map(of_stream).collect();
        let fates = holds.iter().map(|answer| fate(*answer, &lives, now_us)).collect();
        pictures.push((now_us, fates, holds));
        let next_us = shifts
            .iter()
            .map(|shift| shift.at_us)
            .chain(script.schedule.iter().map(|occurrence| occurrence.at.us))
            .chain(expiries.iter().copied())
            .filter(|at_us| *at_us > now_us)
            .min();
        match next_us.filter(|next_us| *next_us <= end_us) {
            Some(next_us) => now_us = next_us,
            None => return pictures,
        }
    }
}

/// Laws of every delivery.
fn check_laws(delivery: &Delivery, schedule: &[Occurrence]) {
    let keys: Vec<(i64, u32)> = delivery.changes.iter().map(|it| (it.at_us, it.stream)).collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "not sorted, or twice in an instant");
    assert!(keys.last().is_none_or(|last| last.0 <= delivery.end_us));
    let mut fates = delivery.start.clone();
    for change in &delivery.changes {
        let fate = &mut fates[change.stream as usize];
        assert_ne!(*fate, change.fate, "a change changes nothing");
        *fate = change.fate;
        let Stages { detection_us, propagation_us, mrai_us, fib_us, client_us } = change.stages;
        let sum_us = detection_us + propagation_us + mrai_us + fib_us + client_us;
        assert_eq!(sum_us, change.at_us - schedule[change.cause as usize].at.us);
        assert!(detection_us >= 0 && client_us >= 0);
    }
}

#[test]
fn the_fast_one_agrees_with_every_refresh_played() {
    let (mut changes, mut stale, mut without) = (0, 0, 0);
    for seed in 0..1500 {
        let case = Case::drawn(seed);
        let script = case.script();
        let delivery = deliver(&script);
        assert_eq!(delivery, deliver(&script));
        check_laws(&delivery, &case.schedule);
        for (at_us, fates, _) in slow(&script, |_| true, delivery.end_us + 120 * S) {
            assert_eq!(delivery.at(at_us), fates, "seed {seed} at {at_us} µs");
        }
        changes += delivery.changes.len();
        let count = |wanted: fn(&Fate) -> bool| {
            delivery.changes.iter().filter(|change| wanted(&change.fate)).count()
        };
        stale += count(|fate| matches!(fate, Fate::Stale(_)));
        without += count(|fate| matches!(fate, Fate::NoRoute));
    }
    assert!(changes > 5000 && stale > 1000 && without > 500, "{changes} {stale} {without}");
}

#[test]
fn regions_agree_with_every_refresh_played() {
    let mut count = 0;
    for seed in 0..1500 {
        let case = Case::drawn(seed);
        let script = case.script();
        let answers = regions(&script);
        let has_prefix =
            |site: u32| case.regional.contains_key(&case.service.sites[site as usize].region);
        for (at_us, _, holds) in slow(&script, has_prefix, answers.end_us + 120 * S) {
            let mut told = answers.start.clone();
            for change in answers.changes.iter().filter(|change| change.at_us <= at_us) {
                told[change.stream as usize] = change.region;
            }
            let prefix = |site: u32| case.regional[&case.service.sites[site as usize].region];
            let holds: Vec<Option<u16>> = holds.iter().map(|site| site.map(prefix)).collect();
            assert_eq!(told, holds, "seed {seed} at {at_us} µs");
        }
        for change in &answers.changes {
            let since_us = case.schedule[change.cause as usize].at.us;
            assert_eq!(change.detection_us + change.client_us, change.at_us - since_us);
        }
        count += answers.changes.len();
    }
    assert!(count > 1000, "{count}");
}

//! Bars P3, P5 and P6 (draws), and all failures of 339 sites that are new ASes.
//!
//! What the times should be: a block of 64 lanes reads some 400 000 words of 128 bytes, so 1 ms
//! and 15 µs a configuration, and as much again for totals (P3). Failures of one or two sites
//! leave most of the graph as it is: a fifth of that (P5). A draw reads each row three times (P6).

use std::collections::BTreeMap;

use catchment_model::rules::OldestRule;
use catchment_model::service::{Announcement, Capacity, Reach, Site};
use catchment_model::{Asn, Overlay, Relation, Rules, Service, World, WorldBuilder};
use catchment_routing::{
    Batch, Configuration, Instructions, Sites, Wanted, failures, single_failures,
};
use catchment_testkit::random::Draws;

use super::{Bench, median_us, timed, transit_ases};

/// Runs a sweep that only looks at totals; returns something of each, so that nothing is left out.
pub fn sweep(batch: &Batch<'_>, all: impl IntoIterator<Item = Configuration>) -> u64 {
    let mut largest = 0;
    batch.worker().sweep(all, batch.demand(), Wanted::Totals, |_, answer| {
        largest = largest.max(answer.expect("it settles").totals().iter().copied().max().unwrap());
    });
    largest
}

fn sweep_us(batch: &Batch<'_>, configurations: &[Configuration], rounds: usize) -> f64 {
    let mut times: Vec<f64> =
        (0..rounds).map(|_| timed(|| sweep(batch, configurations.iter().cloned())).0).collect();
    median_us(&mut times)
}

/// Random subsets of 100 sites.
pub fn subsets(site_count: usize, count: usize) -> Vec<Configuration> {
    let mut draws = Draws::new(3);
    let subset = |_| {
        let mut sites = Sites::none(site_count);
        while sites.count() < 100 {
            sites.set(draws.below(site_count as u64) as u32, true);
        }
        Configuration::of_sites(sites)
    };
    (0..count).map(subset).collect()
}

/// The situation as it is, with ties broken at random.
pub fn draws(batch: &Batch<'_>, count: usize) -> Vec<Configuration> {
    let draw = |draw| Configuration { draw: Some(draw as u64), ..batch.as_it_is() };
    (0..count).map(draw).collect()
}

pub fn all(bench: &Bench, figure: &mut impl FnMut(&'static str, f64)) {
    let (batch_us, batch) = timed(|| Batch::new(bench.situation(), 0));
    figure("batch_new_300_sites_ms", batch_us / 1e3);
    assert!(batch.is_lanes(), "{:?}", batch.not_lanes());
    let active = batch.announcing();
    let subsets = subsets(active.count(), 64 * 10);
    let pairs: Vec<Configuration> = failures(&active).collect();
    let draws: Vec<Configuration> =
        (0..1_000).map(|draw| Configuration { draw: Some(draw), ..batch.as_it_is() }).collect();
    let names = [
        (Instructions::Avx512, ["p3_avx512_us", "p5_avx512_ms", "p6_avx512_1000_draws_ms"]),
        (Instructions::Avx2, ["p3_avx2_us", "p5_avx2_ms", "p6_avx2_1000_draws_ms"]),
        (Instructions::Portable, ["p3_portable_us", "p5_portable_ms", "p6_portable_1000_draws_ms"]),
    ];
    for (instructions, [p3, p5, p6]) in names {
        if instructions > Instructions::available() {
            continue;
        }
        let batch = Batch::new(bench.situation(), 0).with_at_most(instructions);
        figure(p3, sweep_us(&batch, &subsets, 15) / subsets.len() as f64);
        figure(p5, sweep_us(&batch, &pairs, 3) / 1e3);
        figure(p6, sweep_us(&batch, &draws, 5) / 1e3);
    }
    let singles: Vec<Configuration> = single_failures(&active).collect();
    figure("batch_300_failures_ms", sweep_us(&batch, &singles, 15) / 1e3);

    let new = new_ases(&bench.world);
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            timed(|| {
                let batch = Batch::new(new.situation(), 0);
                let active = batch.announcing();
                sweep(&batch, single_failures(&active))
            })
            .0
        })
        .collect();
    figure("batch_339_new_ases_prepared_and_failed_ms", median_us(&mut times) / 1e3);
    let batch = Batch::new(new.situation(), 0);
    let singles: Vec<Configuration> = single_failures(&batch.announcing()).collect();
    figure("batch_339_new_ases_failed_ms", sweep_us(&batch, &singles, 15) / 1e3);
}

/// 339 sites, each a new AS with three providers.
fn new_ases(world: &World) -> Bench {
    let mut builder = WorldBuilder::from_world(world);
    let providers = transit_ases(world, 900, 2);
    let mut draws = Draws::new(339);
    let mut handles = Vec::new();
    for row in 0..339 {
        let router = builder.router(Asn(4_200_000_000 + row), None);
        builder.weight(router, 1.0);
        let mut chosen: Vec<Asn> = Vec::new();
        while chosen.len() < 3 {
            let provider = *draws.pick(&providers);
            if !chosen.contains(&provider) {
                chosen.push(provider);
                let handle = builder.routers_of_asn(provider).next().expect("it is there");
                builder.link(router, handle, Relation::Provider);
            }
        }
        handles.push(router);
    }
    let built = builder.build().expect("no link is there twice");
    let sites = handles.iter().enumerate().map(|(row, handle)| {
        let router = built.router_of[handle.0 as usize];
        let plain = |session| (session, Announcement::default());
        Site {
            name: format!("s{row}").parse().expect("a site name"),
            asn: built.world.asn_of(router),
            router,
            own_router: true,
            active: true,
            prefixes: vec![0],
            reach: Reach::Listed,
            announcements: built.world.sessions(router).map(plain).collect::<BTreeMap<_, _>>(),
            capacity: Capacity::default(),
            region: String::new(),
        }
    });
    let service = Service {
        prefixes: vec!["192.0.2.0/24".parse().expect("a prefix")],
        sites: sites.collect(),
        roas: Vec::new(),
    };
    let rules = Rules {
        oldest_rule: Some(OldestRule::None),
        med_deterministic: Some(true),
        ..Rules::default()
    };
    Bench { world: built.world, service, overlay: Overlay::default(), rules }
}

//! Every router of a scenario as configuration: real daemons take all files, and the files say what
//! the engine does.
#![expect(clippy::disallowed_methods, reason = "scenarios are files")]

mod common;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use catchment_configs::network::network_routers;
use catchment_configs::site::{Ground, Unconfigurable};
use catchment_configs::{Daemon, RouterConfig, files};
use catchment_testkit::random::{Case, Kind as Trouble, case};
use catchment_testkit::story::{Story, whole};
use common::{Checker, ground};

/// Sessions have addresses of their own, the same from both ends.
fn addresses(a: u32, b: u32, is_v4: bool) -> (IpAddr, IpAddr) {
    let address = |own: u32, other: u32| match is_v4 {
        true => IpAddr::from(Ipv4Addr::from(0x0a00_0000 | own << 12 | other)),
        false => {
            IpAddr::from(Ipv6Addr::from(0xfd << 120 | u128::from(own) << 64 | u128::from(other)))
        }
    };
    (address(a, b), address(b, a))
}

fn routers_or_not(ground: Ground<'_>, is_v4: bool) -> Result<Vec<RouterConfig>, Unconfigurable> {
    let world = ground.world;
    let mut link = |session: u32| {
        addresses(world.router_of_session(session), world.neighbors[session as usize], is_v4)
    };
    network_routers(ground, &mut link, &mut |a, b| addresses(a, b, is_v4))
}

fn routers(story: &Story) -> Vec<RouterConfig> {
    routers_or_not(ground(story), true).expect("real routers can do it")
}

/// The routers of a random case that leaves nothing to its seed.
fn random_routers(seed: u64, is_v4: bool) -> Vec<RouterConfig> {
    let Case { world, overlay, service, mut rules, .. } = case(seed, Trouble::Irregular);
    (rules.policy_noise, rules.hybrid_link_share) = (0.0, 0.0);
    for share in
        [&mut rules.peer_over_customer_share, &mut rules.longer_share, &mut rules.rov_share]
    {
        *share = share.round();
    }
    let ground = Ground { world: &world, overlay: &overlay, service: &service, rules: &rules };
    routers_or_not(ground, is_v4).expect("real routers can do it")
}

/// All scenarios of the repository on worlds that a lab can hold.
fn scenarios() -> Vec<(String, Story)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("it is there").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut stories = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("it can be read");
        if text.contains("\nbuiltin = ") {
            let story = whole(&text, None);
            assert!(story.assembled.world.router_count() <= 200, "{}", path.display());
            stories.push((path.file_stem().unwrap().to_string_lossy().into_owned(), story));
        }
    }
    assert!(stories.len() > 20, "{}", stories.len());
    stories
}

fn text(daemon: Daemon, router: &RouterConfig) -> String {
    files(daemon, router).remove(0).text
}

#[track_caller]
fn assert_taken(checker: &Checker, name: &str, text: &str) {
    let complaint = checker.complaint(text);
    assert!(complaint.is_empty(), "{name}: {complaint}\n{text}");
}

#[test]
fn bird_takes_every_router_of_every_scenario() {
    let Some(checker) = Checker::new(Daemon::Bird, "bird-networks") else { return };
    let mut seen = std::collections::BTreeSet::new();
    for (name, story) in scenarios() {
        for router in routers(&story) {
            let text = text(Daemon::Bird, &router);
            // Most routers are the same in most scenarios.
            if seen.insert(text.clone()) {
                assert_taken(&checker, &name, &text);
            }
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

/// Siblings, leaks, overrides, communities, lost links, long prefixes: whatever random worlds have.
#[test]
fn bird_takes_every_router_of_random_worlds() {
    let Some(checker) = Checker::new(Daemon::Bird, "bird-random-networks") else { return };
    let mut count = 0;
    for seed in 0..12 {
        for router in random_routers(seed, seed % 2 == 0) {
            assert_taken(&checker, &format!("seed {seed}"), &text(Daemon::Bird, &router));
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

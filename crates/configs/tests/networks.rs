//! Every router of a scenario as configuration: real daemons take all files, and the files say what
//! the engine does.
#![expect(clippy::disallowed_methods, reason = "scenarios are files")]

mod common;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use catchment_configs::network::network_routers;
use catchment_configs::router::{Export, Import, Kind};
use catchment_configs::site::{Ground, Unconfigurable};
use catchment_configs::{Daemon, RouterConfig, files};
use catchment_model::service::{Announcement, Reach, Roa, Site};
use catchment_model::{
    Asn, Community, LatLon, Overlay, Place, Relation, Rules, Service, World, WorldBuilder,
};
use catchment_testkit::random::{Case, Kind as Trouble, case};
use catchment_testkit::story::{Story, whole};
use common::{Checker, ground};
use expect_test::expect_file;

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
    rules.peer_over_customer_share = rules.peer_over_customer_share.round();
    (rules.longer_share, rules.rov_share) = ((seed % 3 / 2) as f64, 1.0);
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

/// A sample, as FRR needs a twelfth of a second for a file.
#[test]
fn frr_takes_routers_of_every_scenario() {
    let Some(checker) = Checker::new(Daemon::Frr, "frr-networks") else { return };
    let mut seen = std::collections::BTreeSet::new();
    for (name, story) in scenarios() {
        for router in routers(&story) {
            let text = text(Daemon::Frr, &router);
            if seen.insert(text.clone()) && seen.len() % 8 == 0 {
                assert_taken(&checker, &name, &text);
            }
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

#[test]
fn frr_takes_routers_of_random_worlds() {
    let Some(checker) = Checker::new(Daemon::Frr, "frr-random-networks") else { return };
    for seed in 0..12 {
        for router in random_routers(seed, seed % 2 == 0).iter().skip(seed as usize % 5).step_by(5)
        {
            assert_taken(&checker, &format!("seed {seed}"), &text(Daemon::Frr, router));
        }
    }
}

/// What the tests below look at: AS 10 in two cities, with a provider, a peer, a sibling and two
/// sites as customers, of which one is no valid origin and one speaks of a longer prefix.
struct Small {
    world: World,
    overlay: Overlay,
    service: Service,
    rules: Rules,
}

impl Small {
    fn new() -> Small {
        let mut builder = WorldBuilder::new("small");
        let mut place = |code: &str, lat, lon| {
            let (code, name) = (code.to_owned(), code.to_owned());
            builder.place(Place { code, name, country: String::new(), at: LatLon { lat, lon } })
        };
        let (fra, ams) = (place("FRA", 50.03, 8.57), place("AMS", 52.31, 4.76));
        let mut router = |asn, city| builder.router(Asn(asn), Some(city));
        let (here, there) = (router(10, fra), router(10, ams));
        let (provider, peer, sibling) = (router(1, fra), router(20, fra), router(11, ams));
        let sites = [router(64500, fra), router(64501, ams)];
        builder.as_name(Asn(10), "Ten");
        builder.link(here, provider, Relation::Provider);
        builder.link(here, peer, Relation::Peer);
        builder.link(there, sibling, Relation::Sibling);
        builder.link(sites[0], here, Relation::Provider);
        builder.link(sites[1], there, Relation::Provider);
        let built = builder.build().expect("no link is twice there");
        let world = built.world;
        let router =
            |handle: catchment_model::world::RouterHandle| built.router_of[handle.0 as usize];
        let session = |a, b| world.session_to(router(a), router(b)).expect("they are linked");
        let said = |prepend, med, communities: &[Community]| Announcement {
            prepend,
            med,
            communities: communities.to_vec(),
            takes_longer: false,
        };
        let communities =
            [Community::NoPeer, Community::GracefulShutdown, Community::NoAnnounce(Asn(11))];
        let plain = said(0, None, &[]);
        let longer = Announcement { takes_longer: true, ..plain.clone() };
        let site = |at: usize, to, prefixes: &[u16], said: Announcement| Site {
            name: ["fra", "ams"][at].parse().unwrap(),
            asn: world.asn_of(router(sites[at])),
            router: router(sites[at]),
            own_router: true,
            active: true,
            prefixes: prefixes.to_vec(),
            reach: Reach::Listed,
            announcements: [(session(sites[at], to), said)].into(),
            capacity: Default::default(),
            region: String::new(),
        };
        let first = site(0, here, &[0], said(2, Some(10), &communities));
        let second = site(1, there, &[0, 1], longer);
        let prefix = |text: &str| text.parse().unwrap();
        let roa = Roa { prefix: prefix("192.0.2.0/24"), max_length: 25, asn: Asn(64500) };
        let service = Service {
            prefixes: ["192.0.2.0/24", "192.0.2.0/25"].map(prefix).to_vec(),
            sites: vec![first, second],
            roas: vec![roa],
        };
        let mut overlay = Overlay::default();
        overlay.prepends.insert(session(here, provider), 1);
        overlay.closed.insert(session(peer, here));
        overlay.leaks.insert(world.router_as[router(sibling) as usize]);
        overlay.local_prefs.insert((world.router_as[router(here) as usize], Asn(20)), 250);
        let rules = Rules { rov_share: 1.0, ..Rules::default() };
        Small { world, overlay, service, rules }
    }

    fn routers(&self) -> Vec<RouterConfig> {
        self.routers_or_not().expect("real routers can do it")
    }

    fn routers_or_not(&self) -> Result<Vec<RouterConfig>, Unconfigurable> {
        let Small { world, overlay, service, rules } = self;
        routers_or_not(Ground { world, overlay, service, rules }, true)
    }
}

fn of<'a>(routers: &'a [RouterConfig], name: &str) -> &'a RouterConfig {
    routers.iter().find(|router| router.site.as_str() == name).expect("there is one of this name")
}

#[test]
fn two_routers_of_a_network() {
    let all = Small::new().routers();
    let names: Vec<&str> = all.iter().map(|router| router.site.as_str()).collect();
    assert_eq!(names, ["as1-fra", "as10-fra", "as10-ams", "as11-ams", "as20-fra", "fra", "ams"]);
    for (daemon, name) in [(Daemon::Bird, "bird"), (Daemon::Frr, "frr")] {
        for router in ["as10-fra", "as10-ams"] {
            let path =
                format!("{}/tests/rendered/small-{router}.{name}.conf", env!("CARGO_MANIFEST_DIR"));
            expect_file![path].assert_eq(&text(daemon, of(&all, router)));
        }
    }
}

#[test]
fn real_daemons_take_the_small_network() {
    for (daemon, name) in [(Daemon::Bird, "bird-small"), (Daemon::Frr, "frr-small")] {
        let Some(checker) = Checker::new(daemon, name) else { continue };
        for router in Small::new().routers() {
            assert_taken(&checker, name, &text(daemon, &router));
        }
    }
}

/// What is told on one side is what the other looks for.
#[test]
fn both_ends_of_a_session_agree() {
    for (_, story) in scenarios() {
        let all = routers(&story);
        for router in &all {
            for session in &router.sessions {
                let is_other_end = |other: &&RouterConfig| {
                    other.sessions.iter().any(|back| {
                        (back.local, back.remote) == (session.remote, session.local)
                            && back.neighbor == router.asn
                            && match (back.kind, session.kind) {
                                (Kind::Mesh, Kind::Mesh) => true,
                                (Kind::External(one), Kind::External(two)) => one == two.reversed(),
                                _ => false,
                            }
                    })
                };
                let other = all.iter().find(is_other_end).expect("a session has two ends");
                assert_eq!(other.asn, session.neighbor);
            }
        }
    }
}

#[test]
fn networks_have_no_placeholders_and_fit_a_screen() {
    for seed in 0..40 {
        for router in random_routers(seed, seed % 2 == 0) {
            for daemon in [Daemon::Bird, Daemon::Frr] {
                let text = text(daemon, &router);
                assert!(!text.contains("replace"), "{text}");
                assert!(text.is_ascii());
                assert_eq!(text.lines().find(|line| line.len() > 100), None);
            }
        }
    }
}

#[test]
fn what_a_seed_draws_is_refused() {
    let refused = |change: fn(&mut Rules)| {
        let mut small = Small::new();
        change(&mut small.rules);
        small.routers_or_not().err().map(|error| error.to_string())
    };
    assert_eq!(refused(|_| {}), None);
    assert_eq!(
        refused(|rules| rules.rov_share = 0.4).as_deref(),
        Some(
            "which networks `rules.rov_share` means is drawn from the seed, and configuration \
             knows no seed"
        )
    );
    assert!(refused(|rules| rules.policy_noise = 0.1).is_some());
    assert!(refused(|rules| rules.longer_share = 0.5).is_some());
    assert!(refused(|rules| rules.peer_over_customer_share = 0.5).is_some());
    assert_eq!(refused(|rules| rules.peer_over_customer_share = 1.0), None);
}

/// A site of its own is a network that has nobody to tell what it learns; where it is closed or
/// down, nothing is told or no session there.
#[test]
fn sites_links_and_closed_sessions() {
    let mut small = Small::new();
    let all = small.routers();
    let site = of(&all, "fra");
    assert_eq!(site.about(), "site fra: AS64500 in FRA");
    assert_eq!(of(&all, "as10-fra").about(), "AS10 in FRA");
    let Export::Network(told) = &site.sessions[0].export else { panic!("it announces") };
    assert_eq!((told.to, told.own.len(), told.own[0].0.prepend), (Relation::Provider, 1, 2));
    assert_eq!(of(&all, "as20-fra").sessions[0].export, Export::Nothing);
    assert!(matches!(of(&all, "as20-fra").sessions[0].import, Import::Network(_)));
    assert_eq!(of(&all, "as10-fra").igp, [(addresses(2, 1, true).0, 367)]);
    small.overlay.set_link(0, 1, false);
    assert_eq!(of(&small.routers(), "as1-fra").sessions, []);
}

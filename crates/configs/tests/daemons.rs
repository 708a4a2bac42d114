//! Real daemons take what is written for them. Nothing is started: `bird -p` and `vtysh -C` read a
//! file and say what is wrong with it.
//!
//! They run where the daemons are, and say loudly where they are not. FRR needs a twelfth of a
//! second for a file, BIRD a hundredth; hence fewer seeds for FRR.

mod common;

use catchment_configs::address::Addresses;
use catchment_configs::{Daemon, RouterConfig, change, files};
use catchment_model::{Asn, Community, Duration, Prefix};
use catchment_testkit::random::{Case, Draws, Kind, case};
use catchment_testkit::story::story;
use common::{Checker, random_routers_with, router};

/// A random service with announcements from a wider range than the worlds' own: both families,
/// highest numbers, every community, all timers.
fn spoken(seed: u64) -> Case {
    let mut case = case(seed, Kind::Irregular);
    let mut draws = Draws::new(seed ^ 0x00c0_f165);
    let more: [Prefix; 3] =
        ["2001:db8:53::/48", "203.0.113.0/24", "198.51.100.128/25"].map(|it| it.parse().unwrap());
    case.service.prefixes.extend(&more[..draws.below(4) as usize]);
    for site in &mut case.service.sites {
        site.prefixes = (0..case.service.prefixes.len() as u16).collect();
        site.prefixes.retain(|_| draws.chance(80));
        for said in site.announcements.values_mut() {
            said.prepend = *draws.pick(&[0, 0, 1, 3, 198]);
            said.med = *draws.pick(&[None, Some(0), Some(10), Some(u32::MAX)]);
            let all = [
                Community::NoExport,
                Community::NoAdvertise,
                Community::NoPeer,
                Community::GracefulShutdown,
                Community::Blackhole,
                Community::NoAnnounce(Asn(u32::MAX)),
                Community::NoAnnounce(Asn(174)),
                Community::Other(0, 0),
                Community::Other(65535, 65535),
            ];
            said.communities = all.into_iter().filter(|_| draws.chance(30)).collect();
            if draws.chance(5) {
                let long = |number| Community::NoAnnounce(Asn(u32::MAX - number));
                said.communities = (0..100).map(long).collect();
            }
        }
    }
    let seconds = |draws: &mut Draws| {
        let all = [None, Some(0), Some(1), Some(9), Some(60), Some(600)];
        draws.pick(&all).map(Duration::from_s)
    };
    case.rules.hold = seconds(&mut draws);
    case.rules.keepalive = seconds(&mut draws);
    case.rules.connect_retry = seconds(&mut draws);
    case.rules.mrai_ebgp = seconds(&mut draws);
    case.rules.gr_helper = draws.chance(30);
    case.rules.bfd_interval = Duration::from_ms(*draws.pick(&[10, 300, 1000]));
    case.rules.bfd_multiplier = *draws.pick(&[2, 3, 50]);
    case
}

/// Routers of two random services of the same sites.
fn two_states(seed: u64) -> (Vec<RouterConfig>, Vec<RouterConfig>) {
    let before = spoken(seed);
    let mut after = spoken(seed);
    let mut draws = Draws::new(seed);
    after.rules = spoken(seed + 1000).rules;
    for site in &mut after.service.sites {
        site.prefixes.retain(|_| draws.chance(60));
        if draws.chance(30) {
            site.announcements.pop_last();
        }
        for said in site.announcements.values_mut().filter(|_| draws.chance(50)) {
            *said = Default::default();
        }
    }
    let addresses = &mut Addresses::beside([&before.service]);
    (random_routers_with(&before, addresses), random_routers_with(&after, addresses))
}

fn main_file(daemon: Daemon, router: &RouterConfig) -> String {
    files(daemon, router).remove(0).text
}

#[track_caller]
fn assert_taken(checker: &Checker, text: &str) {
    let complaint = checker.complaint(text);
    assert!(complaint.is_empty(), "{complaint}\n{text}");
}

fn takes_every_site(daemon: Daemon, name: &str, seeds: u64) {
    let Some(checker) = Checker::new(daemon, name) else { return };
    let mut count = 0;
    for seed in 0..seeds {
        let (before, after) = two_states(seed);
        for router in before.iter().chain(&after) {
            assert_taken(&checker, &main_file(daemon, router));
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn bird_takes_every_site() {
    takes_every_site(Daemon::Bird, "bird-sites", 60);
}

#[test]
fn frr_takes_every_site() {
    takes_every_site(Daemon::Frr, "frr-sites", 15);
}

#[test]
fn frr_takes_the_lines_of_changes() {
    let Some(checker) = Checker::new(Daemon::Frr, "frr-changes") else { return };
    let mut count = 0;
    for seed in 0..15 {
        let (before, after) = two_states(seed);
        for change in change(Daemon::Frr, &before, &after) {
            assert_taken(&checker, &change.apply.lines);
            assert_taken(&checker, &change.undo.lines);
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// The daemons notice what the examples of models 2.8 get wrong, as far as a reader can: else the
/// tests above could not fail.
#[test]
fn daemons_refuse_what_is_wrong() {
    let eight = story("[world]\nbuiltin = \"eight\"");
    let fra = router(&eight, "fra");
    let without = |text: &str, part: &str| {
        assert!(text.contains(part), "{text}");
        text.replace(part, "")
    };
    if let Some(checker) = Checker::new(Daemon::Bird, "bird-refuses") {
        let text = main_file(Daemon::Bird, &fra);
        assert_taken(&checker, &text);
        let import = "    import filter { if net = 0.0.0.0/0 then { accept; } reject; };\n";
        let complaint = checker.complaint(&without(&text, import));
        assert!(complaint.contains("EBGP requires explicit import policy"), "{complaint}");
        let export = "    export filter to_as1299_v4;\n";
        let complaint = checker.complaint(&without(&text, export));
        assert!(complaint.contains("EBGP requires explicit export policy"), "{complaint}");
    }
    if let Some(checker) = Checker::new(Daemon::Frr, "frr-refuses") {
        let text = main_file(Daemon::Frr, &fra);
        assert_taken(&checker, &text);
        let complaint = checker.complaint(&text.replace("network 192", "netwrk 192"));
        assert!(complaint.contains("Unknown command"), "{complaint}");
    }
}

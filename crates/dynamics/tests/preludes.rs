//! A run that goes on from a start-up that was kept is the run from the beginning, byte for byte,
//! whatever was played when the start-up was made. A failure names the seed.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::history::{history, recall};
use catchment_dynamics::play::{Timeline, Unfinished, covering, play, play_with};
use catchment_dynamics::state::{At, Moment, Options};
use catchment_dynamics::{Outcome, Prelude, Script};
use catchment_model::rules::{Ecmp, OldestRule, Overload};
use catchment_model::scenario::{GeoDns, Steering};
use catchment_model::schedule::Occurrence;
use catchment_model::{Duration, Overlay};
use catchment_routing::Situation;
use catchment_testkit::happenings::{happenings, pace};
use catchment_testkit::random::{Case, Draws, Kind, case};

/// Worlds that are played.
const WORLDS: u64 = 300;

struct Drawn {
    case: Case,
    steering: Steering,
    regional: BTreeMap<String, u16>,
    geodns: GeoDns,
    draws: Draws,
}

/// A random network with timers of all sorts, of one prefix or several, steered in each way.
fn drawn(seed: u64) -> Drawn {
    let mut draws = Draws::new(seed ^ 0x7072_656c);
    let kind = *draws.pick(&[Kind::Plain, Kind::Regular, Kind::Regular, Kind::Irregular]);
    let mut case = case(seed, kind);
    pace(&mut case.rules, &mut draws);
    case.rules.rfd_share = *draws.pick(&[0.0, 0.0, 1.0]);
    case.rules.zombie_p = *draws.pick(&[0.0, 0.0, 0.3]);
    case.rules.oldest_rule =
        Some(*draws.pick(&[OldestRule::None, OldestRule::Timestamp, OldestRule::SelectedPeer]));
    case.rules.ecmp = *draws.pick(&[Ecmp::None, Ecmp::None, Ecmp::PerFlow]);
    if draws.chance(20) {
        case.rules.overload = Overload::Withdraw;
        for site in &mut case.service.sites {
            site.capacity.kqps = Some(1.0 + draws.below(4) as f64);
        }
    }
    let last = case.service.prefixes.len() as u16 - 1;
    for (site, region) in case.service.sites.iter_mut().zip(["a", "b"].into_iter().cycle()) {
        site.region = region.to_owned();
    }
    let regional = BTreeMap::from([("a".to_owned(), 0), ("b".to_owned(), last)]);
    let steering = *draws.pick(&[Steering::Anycast, Steering::Anycast, Steering::Hybrid]);
    Drawn { case, steering, regional, geodns: GeoDns::default(), draws }
}

impl Drawn {
    fn script<'a>(
        &'a self,
        situation: Situation<'a>,
        schedule: &'a [Occurrence],
        gbps: &'a BTreeMap<u32, f64>,
    ) -> Script<'a> {
        Script {
            situation,
            schedule,
            steering: self.steering,
            prefix: 0,
            geodns: &self.geodns,
            regional: &self.regional,
            client_gbps: gbps,
            senders: None,
            bystanders: true,
        }
    }
}

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// All of a run, or why there is none.
fn text(run: &Result<Timeline, Unfinished>) -> String {
    format!("{run:?}")
}

#[test]
fn a_start_up_that_was_kept_changes_nothing() {
    let (mut resumed, mut settled, mut several) = (0, 0, 0);
    for seed in 0..WORLDS {
        let mut drawn = drawn(seed);
        let schedules: Vec<Vec<Occurrence>> =
            (0..3).map(|_| happenings(&drawn.case, &mut drawn.draws)).collect();
        let gbps = BTreeMap::new();
        let situation = drawn.case.situation();
        let mut prelude = Prelude::new(situation);
        // The first run makes the start-ups under its own schedule; the others go on from them.
        for schedule in schedules.iter().chain([&schedules[0], &Vec::new()]) {
            let script = drawn.script(situation, schedule, &gbps);
            let whole = play(&script, &mut go_on);
            resumed += u64::from(prelude.start_ups() > 0);
            several += u64::from(prelude.start_ups() > 1);
            let kept = play_with(&script, &mut prelude, &mut go_on);
            assert_eq!(text(&whole), text(&kept), "seed {seed}");
            let Ok(timeline) = whole else { continue };
            settled += 1;
            let outcome = Outcome::with(&script, &timeline, &mut prelude, &mut go_on);
            assert_eq!(Ok(Outcome::of(&script, &timeline)), outcome, "seed {seed}");
            see_moments(&script, &timeline, &prelude, &mut drawn.draws.clone(), seed);
        }
    }
    assert!(resumed > 3 * WORLDS && settled > 4 * WORLDS && several > 100, "{resumed} {several}");
}

/// Compares tables and histories at some times.
fn see_moments(
    script: &Script<'_>,
    timeline: &Timeline,
    prelude: &Prelude,
    draws: &mut Draws,
    seed: u64,
) {
    let script = &Script { schedule: &timeline.schedule, ..*script };
    let Situation { world, rules, .. } = script.situation;
    let adjacency = Adjacency::new(world, rules);
    let options = Options { routers: true, data_plane: true };
    for us in [-1, 0, 700_000, 25_000_000, 1_000_000_000] {
        let at = At::Time(Duration { us });
        let whole = Moment::reach(script, &adjacency, at, &mut go_on).unwrap().table(options);
        let kept = Moment::reach_with(script, prelude, at, &mut go_on).unwrap().table(options);
        assert_eq!(whole, kept, "seed {seed}, at {us}");
        let prefix = timeline.routes[draws.below(timeline.routes.len() as u64) as usize].prefix;
        if us < 0 {
            continue;
        }
        let router = draws.below(world.router_count() as u64) as u32;
        let asked = (router, prefix);
        let told = history(script, &adjacency, router, prefix, at, &mut go_on).unwrap();
        let covering = covering(script, prefix);
        let of = |prefix: &u16| timeline.routes.iter().find(|log| log.prefix == *prefix).unwrap();
        let logs: Vec<_> = covering.iter().map(of).collect();
        let recalled = recall(script, prelude, &logs, asked, us, &mut go_on).unwrap().history;
        assert_eq!(told.pasts, recalled.pasts, "seed {seed}, router {router} at {us}");
        assert_eq!(told.hops, recalled.hops, "seed {seed}, router {router} at {us}");
        assert_eq!(told.ending, recalled.ending, "seed {seed}, router {router} at {us}");
    }
}

#[test]
fn a_prelude_is_of_one_situation() {
    for seed in 0..WORLDS {
        let mut drawn = drawn(seed);
        let schedule = happenings(&drawn.case, &mut drawn.draws);
        let gbps = BTreeMap::new();
        let situation = drawn.case.situation();
        let mut prelude = Prelude::new(situation);
        let _ = play_with(&drawn.script(situation, &schedule, &gbps), &mut prelude, &mut go_on);
        let mut rules = situation.rules.clone();
        rules.proc_delay = Duration::from_ms(77);
        let mut service = situation.service.clone();
        service.sites[0].active ^= true;
        let mut overlay = situation.overlay.clone();
        if situation.world.session_count() > 0 {
            overlay.closed.insert(0);
            overlay.prepends.insert(0, 7);
        }
        let others = [
            Situation { seed: situation.seed ^ 1, ..situation },
            Situation { rules: &rules, ..situation },
            Situation { service: &service, ..situation },
            Situation { overlay: &overlay, ..situation },
        ];
        for other in others {
            let is_same = *other.overlay == *situation.overlay
                && *other.service == *situation.service
                && *other.rules == *situation.rules
                && other.seed == situation.seed;
            assert_eq!(prelude.fits(other), is_same, "seed {seed}");
            let script = drawn.script(other, &schedule, &gbps);
            let whole = play(&script, &mut go_on);
            let kept = play_with(&script, &mut prelude.clone(), &mut go_on);
            assert_eq!(text(&whole), text(&kept), "seed {seed}");
            if let Ok(timeline) = whole {
                let outcome = Outcome::with(&script, &timeline, &mut prelude, &mut go_on);
                assert_eq!(Ok(Outcome::of(&script, &timeline)), outcome, "seed {seed}");
            }
        }
        assert!(
            prelude.fits(Situation { overlay: &Overlay::clone(situation.overlay), ..situation })
        );
        // The same network with other demand starts up alike; another one does not.
        let mut parts = (**situation.world).clone();
        parts.weights.iter_mut().for_each(|weight| *weight += 1.0);
        let heavier = catchment_model::World::from_parts(parts.clone()).unwrap();
        assert!(prelude.fits(Situation { world: &heavier, ..situation }));
        parts.asns.last_mut().unwrap().0 += 1;
        let renamed = catchment_model::World::from_parts(parts).unwrap();
        assert!(!prelude.fits(Situation { world: &renamed, ..situation }));
    }
}

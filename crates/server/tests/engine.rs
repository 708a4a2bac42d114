//! What the engine answers about scenarios, and what it refuses.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use catchment_dynamics::Outcome;
use catchment_model::scenario::WorldSource;
use catchment_model::world::{NO_PLACE, WorldParts};
use catchment_model::{Scenario, World};
use catchment_server::api::{EventInfo, RunReport, StandingInfo, SteeringName};
use catchment_server::engine::{Engine, Watch, WorldFiles};
use catchment_worlds::{BaseWorld, builtin};
use common::{NoFiles, Reference, decode, engine, go_on, library, play, played, scenario};

/// The first and the last of times that must be equal.
const MS: f64 = 1e-9;

#[test]
fn a_result_has_the_numbers_of_the_outcome() {
    for name in ["hello", "restore-surprise", "cascade", "ddos-region", "regional-geodns"] {
        let report = &played(name, &[]).result.runs[0];
        let reference = Reference::new(library(name));
        let timeline = reference.timeline(false);
        let outcome = Outcome::of(&reference.script(false), &timeline);
        assert_eq!(report.end_us, outcome.end_us, "{name}");
        assert_eq!((report.demand, report.sources), (outcome.demand, outcome.sources));
        assert!((report.lost - outcome.lost()).abs() < MS);
        assert_eq!(report.states.len(), outcome.states.len());
        for (info, state) in report.states.iter().zip(&outcome.states) {
            let told: Vec<f64> = info.sites.iter().map(|site| site.demand).collect();
            let known: Vec<f64> = state.sites.iter().map(|site| site.demand).collect();
            assert_eq!(told, known);
            assert_eq!(info.active_sites, state.active_sites);
        }
        assert_eq!(report.events.len(), outcome.events.len());
        for (info, event) in report.events.iter().zip(&outcome.events) {
            assert_eq!((info.at_us, info.end_us), (event.at_us, event.end_us));
            assert_eq!((info.before as usize, info.after as usize), (event.before, event.after));
            assert_eq!(info.hurt.demand, event.hurt.demand);
            assert_eq!(info.all_us, event.restored.all_us);
            assert_eq!(info.converged_us, event.converged_us);
            assert_eq!(info.messages, event.messages);
            assert_eq!(info.moves.len(), event.moves.len());
            assert_eq!(info.stayed_who.len(), event.stayed.len());
            let tried: u32 = info.paths_tried.iter().sum();
            assert_eq!(tried > 0, event.converged_us.is_some(), "{name} {}", info.label);
        }
    }
}

#[test]
fn who_comes_back_and_who_stays_is_counted_for_returns_only() {
    let played = played("hello", &[]);
    let [failed, returned] = &played.result.runs[0].events[..] else { panic!("two events") };
    let words = |event: &EventInfo| (event.deed.clone(), event.how.clone(), event.site);
    let fra = played.result.sites.iter().position(|site| site.name == "fra").unwrap() as u32;
    assert_eq!(words(failed), ("fail".to_owned(), Some("withdraw".to_owned()), Some(fra)));
    assert_eq!(words(returned), ("restore".to_owned(), None, Some(fra)));
    assert!(failed.came_back.is_none() && failed.stayed.is_none());
    let (back, stayed) = (returned.came_back.unwrap(), returned.stayed.unwrap());
    // Berlin and Moscow come back, Istanbul does not.
    assert_eq!((back.demand, back.sources), (170.0, 2));
    assert_eq!((stayed.demand, stayed.sources), (70.0, 1));
    assert_eq!(returned.stayed_who[0].name, "Istanbul");
    assert_eq!(back.demand + stayed.demand, failed.hurt.demand);
    assert_eq!(returned.index, Some(1));
}

#[test]
fn all_runs_end_together_and_have_round_trips() {
    let asked = [SteeringName::Anycast, SteeringName::Geodns, SteeringName::Anycast];
    let played = played("hello", &asked);
    let runs = &played.result.runs;
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].end_us, runs[1].end_us);
    assert!(runs[1].lost > 10.0 * runs[0].lost);
    // Mumbai is a third of the demand and next to its site, whoever steers; São Paulo too.
    assert_eq!((runs[0].rtt_before_ms, runs[1].rtt_before_ms), (Some(0.5), Some(0.1)));
    assert_eq!(runs[0].rtt_after_ms, Some(0.5));
}

#[test]
fn names_neighbors_and_rules_are_all_there() {
    let result = played("hello", &[]).result;
    let fra = result.sites.iter().find(|site| site.name == "fra").unwrap();
    assert_eq!((&*fra.city, fra.kqps, fra.is_active), ("Frankfurt", Some(480.0), true));
    assert_eq!(fra.neighbors[0].name, "Arelion");
    let rule = result.rules.iter().find(|rule| rule.name == "decision").unwrap();
    assert_eq!((&*rule.value, &*rule.default), ("textbook", "policy"));
    assert!(result.rules.iter().all(|rule| !rule.text.contains("(models")));
    assert!(result.clients.iter().all(|client| client.index.is_none()));
    assert_eq!(result.prefixes, ["192.0.2.0/24"]);
}

#[test]
fn clients_of_the_file_say_where_they_stand_in_it() {
    let text = "format = 1\nname = \"x\"\n[world]\nbuiltin = \"hello\"\n\
                [service]\nprefixes = [\"192.0.2.0/24\"]\n\
                [[client]]\nasn = 65545\nweight = 5\n\
                [[client]]\nasn = 4200000000\nname = \"Paris\"\nat = [48.86, 2.35]\n\
                neighbors = [{ asn = 3356 }]\n";
    let played = play(scenario(text), &[]).unwrap();
    let index = |name: &str| {
        let clients = &played.result.clients;
        clients.iter().find(|client| client.name == name).unwrap().index
    };
    assert_eq!((index("Istanbul"), index("Paris"), index("Berlin")), (Some(0), Some(1), None));
}

#[test]
fn worlds_in_files_are_forbidden_unless_allowed() {
    let file = WorldSource::File("/etc/passwd".to_owned());
    let asked = Scenario { world: file.clone(), ..library("hello") };
    let problem = play(asked.clone(), &[]).err().unwrap();
    assert_eq!((&*problem.kind, problem.status), ("forbidden-world", 403));
    assert!(!problem.help.is_empty());
    // An allowed one is opened, and this one cannot be.
    let allowing = Engine::new(Arc::new(NoFiles), vec![file]);
    let problem = allowing.play(asked, &[], &go_on).err().unwrap();
    assert_eq!(
        (&*problem.kind, &*problem.title),
        ("bad-world", "the data of this world cannot be read here")
    );
}

#[test]
fn all_mistakes_are_told() {
    let text = "format = 1\nname = \"x\"\n[world]\nbuiltin = \"hello\"\n\
                [service]\nprefixes = [\"192.0.2.0/24\"]\n\
                [[event]]\nat = \"1s\"\nfail = \"frs\"\n\
                [[event]]\nat = \"2s\"\nfail = \"nowhere\"\n";
    let problem = play(scenario(text), &[]).err().unwrap();
    assert_eq!((&*problem.kind, problem.status), ("scenario-mistakes", 422));
    let paths: Vec<&str> = problem.mistakes.iter().map(|it| &*it.path).collect();
    assert_eq!(paths, ["event.0.fail", "event.1.fail"]);
    let hybrid = play(library("hello"), &[SteeringName::Anycast, SteeringName::Hybrid]);
    assert_eq!(hybrid.err().unwrap().mistakes[0].code, "scenario::no_regional_prefix");
    let unknown = WorldSource::Builtin("hallo".to_owned());
    let problem = play(Scenario { world: unknown, ..library("hello") }, &[]).err().unwrap();
    assert!(problem.mistakes[0].help.contains("hello"), "{problem:?}");
    let huge = WorldSource::Synthetic { ases: 4_000_000, seed: 1 };
    let problem = play(Scenario { world: huge, ..library("hello") }, &[]).err().unwrap();
    assert_eq!(problem.mistakes[0].path, "world.synthetic");
}

#[test]
fn whoever_watches_can_stop_it_at_any_look() {
    let looks = AtomicU64::new(0);
    let count = |_: &str, _: u64, _: u64| {
        looks.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let asked = [SteeringName::Anycast, SteeringName::Geodns];
    engine().play(library("hello"), &asked, &count).unwrap();
    let all = looks.into_inner();
    assert!(all > 10, "{all}");
    for last in [0, 1, all / 2, all - 1] {
        let looks = AtomicU64::new(0);
        let stop = |_: &str, _: u64, _: u64| match looks.fetch_add(1, Ordering::Relaxed) {
            look if look >= last => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let problem = engine().play(library("hello"), &asked, &stop).err().unwrap();
        assert_eq!((&*problem.kind, problem.status), ("cancelled", 499), "after {last}");
        // Nobody is asked again after having said so.
        assert_eq!(looks.into_inner(), last + 1);
    }
    let played = played("hello", &asked);
    let stop = |_: &str, _: u64, _: u64| ControlFlow::Break(());
    assert_eq!(played.why(0, 0, 0, &stop).unwrap_err().kind, "cancelled");
    assert_eq!(played.catchment_table(0, 0, &stop).unwrap_err().kind, "cancelled");
}

#[test]
fn equal_questions_have_equal_answers_and_hashes() {
    let asked = [SteeringName::Anycast, SteeringName::Geodns];
    let [mut a, mut b] = [(), ()].map(|()| played("hello", &asked));
    assert_eq!(a.timeline(0), b.timeline(0));
    assert_eq!(a.timeline(1), b.timeline(1));
    assert_eq!(a.world(), b.world());
    (a.result.engine_ms, b.result.engine_ms) = (0.0, 0.0);
    assert_eq!(a.result, b.result);
    assert_eq!(a.result.hash.len(), 32);
    let other = |scenario, asked: &[SteeringName]| play(scenario, asked).unwrap().result.hash;
    let hello = library("hello");
    assert_ne!(other(hello.clone(), &asked[..1]), a.result.hash);
    let seeded = Scenario { seed: 2, ..hello.clone() };
    assert_ne!(other(seeded, &asked), a.result.hash);
    assert_eq!(other(hello, &asked), a.result.hash);
}

#[test]
fn a_larger_world_is_kept_and_asked() {
    let text = "format = 1\nname = \"x\"\n[world]\nsynthetic = { ases = 3000 }\n\
                [service]\nprefixes = [\"192.0.2.0/24\"]\n\
                [[site]]\nname = \"a\"\nasn = 1000001\n\
                [[site]]\nname = \"b\"\nasn = 1000002\n\
                [[event]]\nat = \"1s\"\nfail = \"a\"\n";
    let engine = engine();
    let played = engine.play(scenario(text), &[], &go_on).unwrap();
    assert!(!played.result.world.has_clients && played.result.world.has_places);
    let world = decode(&played.world());
    let timeline = decode(&played.timeline(0).unwrap());
    assert_eq!(timeline["stream_dot"].len(), world["asn"].len());
    let dot = world["tier"].iter().position(|tier| *tier == 3.0).unwrap() as u32;
    let why = played.why(0, dot, 20_000_000, &go_on).unwrap();
    assert!(!why.hops.is_empty() && !why.nearest.is_empty(), "{why:?}");
    let near = played.nearest(48.9, 2.4, None).unwrap();
    assert!(near.client.is_none() && world["weight"][near.dot as usize] > 0.0);
    assert!(played.bytes() > 100_000);
    // The second time the world is there: nobody is told that it is built twice.
    let again = engine.play(scenario(text), &[], &go_on).unwrap();
    assert_eq!(again.result.world.id, played.result.world.id);
}

#[test]
fn tables_have_the_columns_of_the_command_line() {
    let edge = played("edge-cache", &[]);
    let table = edge.events_table(0).unwrap();
    assert!(table.column("first_byte_cache_ms").is_some());
    let variant = table.column("variant").unwrap();
    assert_eq!(variant.values.print(0).as_deref(), Some("as written"));
    let played = played("hello", &[]);
    assert!(played.events_table(0).unwrap().column("first_byte_cache_ms").is_none());
    assert_eq!(played.events_table(7).unwrap_err().status, 404);
    assert!(played.timeline(7).is_none());
    assert!(played.dot(100_000).is_none());
}

/// How sites stand at a time, those of that instant included or not.
fn standing_at(report: &RunReport, at_us: i64, included: bool) -> Vec<StandingInfo> {
    let mut sites: BTreeMap<u32, StandingInfo> = BTreeMap::new();
    let is_past = |it: &&StandingInfo| it.at_us < at_us || included && it.at_us == at_us;
    report.standing.iter().filter(is_past).for_each(|it| _ = sites.insert(it.site, *it));
    sites.into_values().collect()
}

#[test]
fn active_sites_are_those_that_the_outcome_counts() {
    let folder = format!("{}/../../scenarios", env!("CARGO_MANIFEST_DIR"));
    let mut states = BTreeSet::new();
    let mut played_count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_stem().and_then(|it| it.to_str()) else { continue };
        if path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        let scenario = library(name);
        // Larger worlds take their time, and add no way for a site to stand.
        if !matches!(scenario.world, WorldSource::Builtin(_)) {
            continue;
        }
        let mut asked = vec![SteeringName::Anycast, SteeringName::Geodns];
        if !scenario.regional.is_empty() {
            asked.push(SteeringName::Hybrid);
        }
        let result = play(scenario, &asked).unwrap_or_else(|it| panic!("{name}: {it:?}")).result;
        played_count += 1;
        for run in &result.runs {
            let check = |state: u32, standing: &[StandingInfo], when: &str| {
                assert_eq!(standing.len(), result.sites.len());
                let active = standing.iter().filter(|it| it.is_active).count() as u32;
                let counted = run.states[state as usize].active_sites;
                assert_eq!(active, counted, "{name} {:?} {when}: {standing:?}", run.steering);
            };
            check(0, &run.standing[..result.sites.len()], "at first");
            let times: Vec<i64> = run.standing.iter().map(|it| it.at_us).collect();
            assert!(times.is_sorted());
            for event in &run.events {
                // What happens together is one window.
                let is_last = run.events.last().is_some_and(|it| it.at_us == event.at_us);
                check(event.after, &standing_at(run, event.end_us, is_last), &event.label);
            }
            states.extend(run.standing.iter().map(|it| format!("{:?}", it.state)));
        }
    }
    assert!(played_count > 10, "{played_count}");
    assert_eq!(states.into_iter().collect::<Vec<_>>(), ["Failed", "Unannounced", "Up"]);
}

#[test]
fn a_site_is_drained_and_dead_and_comes_back() {
    let text = |events: &str| {
        format!(
            "format = 1\nname = \"x\"\n[world]\nbuiltin = \"eight\"\n[rules]\n\
             gshut_wait = \"60s\"\n[service]\nprefixes = [\"192.0.2.0/24\"]\n{events}"
        )
    };
    let event = |at: &str, what: &str| format!("[[event]]\nat = \"{at}\"\n{what}\n");
    let told = |events: &str, steering: SteeringName| {
        let result = play(scenario(&text(events)), &[steering]).unwrap().result;
        let fra = result.sites.iter().position(|site| site.name == "fra").unwrap() as u32;
        let ours = result.runs[0].standing.iter().filter(|it| it.site == fra);
        let word = |it: &StandingInfo| {
            let mut word = format!("{} {:?}", it.at_us / 1_000_000, it.state).to_lowercase();
            word += if it.is_active { " active" } else { "" };
            word + if it.serves { "" } else { " mute" }
        };
        ours.map(word).collect::<Vec<_>>().join(", ")
    };
    let drained =
        event("10s", "fail = \"fra\"\nhow = \"drain\"") + &event("200s", "restore = \"fra\"");
    let anycast = "0 up active, 10 draining active, 70 unannounced, 200 up active";
    assert_eq!(told(&drained, SteeringName::Anycast), anycast);
    let geodns = "0 up active, 10 draining, 200 up active";
    assert_eq!(told(&drained, SteeringName::Geodns), geodns);
    let dead = event("10s", "fail = \"fra\"\nhow = \"silent\"")
        + &event("20s", "fail = \"fra\"\nhow = \"drain\"");
    for steering in [SteeringName::Anycast, SteeringName::Geodns] {
        assert_eq!(told(&dead, steering), "0 up active, 10 failed mute");
    }
    let taken_out = event("10s", "fail = \"fra\"\nhow = \"unannounced\"");
    let anycast = "0 up active, 10 unannounced";
    assert_eq!(told(&taken_out, SteeringName::Anycast), anycast);
    assert_eq!(told(&taken_out, SteeringName::Geodns), "0 up active, 10 unannounced mute");
}

#[test]
fn capacities_that_events_change_are_told() {
    let text = "format = 1\nname = \"x\"\n[world]\nbuiltin = \"hello\"\n\
                [service]\nprefixes = [\"192.0.2.0/24\"]\n\
                [[event]]\nat = \"5s\"\ncapacity = { site = \"fra\", kqps = 7 }\n";
    let result = play(scenario(text), &[]).unwrap().result;
    let [step] = &result.runs[0].capacities[..] else { panic!("one step") };
    let name = &*result.sites[step.site as usize].name;
    assert_eq!((step.at_us, name, step.kqps, step.gbps), (5_000_000, "fra", Some(7.0), None));
}

#[test]
fn what_the_command_line_notes_is_noted() {
    let two = library("hello");
    let more: Vec<_> = ["192.0.2.0/24", "198.51.100.0/24"].map(|it| it.parse().unwrap()).into();
    let notes = |scenario: Scenario, steering| play(scenario, &[steering]).unwrap().result.notes;
    assert!(notes(two.clone(), SteeringName::Anycast).is_empty());
    let idle = Scenario { prefixes: more, ..two };
    let told = notes(idle.clone(), SteeringName::Anycast);
    let expected = "clients send to the first prefix of the service, and nobody to \
                    198.51.100.0/24; put it first to play it";
    assert_eq!(told, [expected]);
    assert!(notes(idle, SteeringName::Geodns).is_empty());
    let placeless = engine_of(placeless());
    let text = "format = 1\nname = \"x\"\n[world]\nas_rel = \"links\"\n\
                [service]\nprefixes = [\"192.0.2.0/24\"]\n\
                [[site]]\nname = \"a\"\nasn = 1299\n[[site]]\nname = \"b\"\nasn = 2914\n";
    let notes = |steering| {
        let played = placeless.play(scenario(text), &[steering], &go_on);
        played.unwrap_or_else(|it| panic!("{it:?}")).result.notes
    };
    let is_blind = |note: &String| note.starts_with("the world does not know where the sites are");
    assert!(notes(SteeringName::Geodns).iter().any(is_blind));
    assert!(!notes(SteeringName::Anycast).iter().any(is_blind));
}

/// A world of which nobody knows where anything is.
fn placeless() -> BaseWorld {
    let mut parts = WorldParts::clone(&builtin("hello").unwrap().world);
    parts.places.clear();
    parts.router_places.fill(NO_PLACE);
    BaseWorld::from_data(World::from_parts(parts).unwrap())
}

fn engine_of(base: BaseWorld) -> Engine {
    struct One(BaseWorld);
    impl WorldFiles for One {
        fn open(&self, _: &WorldSource, _: Watch<'_>) -> Result<BaseWorld, String> {
            Ok(self.0.clone())
        }
    }
    Engine::new(Arc::new(One(base)), vec![WorldSource::AsRel("links".to_owned())])
}

#[test]
fn what_an_engine_has_played_before_changes_no_answer() {
    let names =
        ["hello", "restore-surprise", "cascade", "ddos-region", "regional-geodns", "ttl-gap"];
    let used = engine();
    for name in names {
        let whole = library(name);
        // With all events, with none, the other way round, and once more.
        for (count, seed) in [(usize::MAX, 0), (0, 0), (1, 0), (usize::MAX, 7), (usize::MAX, 0)] {
            let mut scenario = whole.clone();
            scenario.events.truncate(count);
            scenario.seed ^= seed;
            let asked = [SteeringName::Anycast, SteeringName::Geodns, SteeringName::Hybrid];
            let asked = if scenario.regional.is_empty() { &asked[..2] } else { &asked[..] };
            let answer = |engine: &Engine| {
                let mut played = engine.play(scenario.clone(), asked, &go_on).unwrap();
                played.result.engine_ms = 0.0;
                let mut text = serde_json::to_string(&played.result).unwrap();
                for run in 0..asked.len() {
                    for at_us in [0, 11_000_000, 700_000_000] {
                        for dot in 0..5 {
                            let why = played.why(run, dot, at_us, &go_on).unwrap();
                            text += &serde_json::to_string(&why).unwrap();
                        }
                        text += &format!("{:?}", played.rtt(run, at_us, &go_on).unwrap());
                        text += &format!("{:?}", played.catchment_table(run, at_us, &go_on));
                    }
                    text += &format!("{:?}", played.timeline(run));
                    text += &format!("{:?}", played.ties(run, &go_on));
                    text += &format!("{:?}", played.events_table(run));
                }
                text
            };
            assert!(answer(&used) == answer(&engine()), "{name}, {count} events, seed {seed}");
        }
    }
}

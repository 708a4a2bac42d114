//! What the engine answers about scenarios, and what it refuses.

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use catchment_dynamics::Outcome;
use catchment_model::Scenario;
use catchment_model::scenario::WorldSource;
use catchment_server::api::{EventInfo, SteeringName};
use catchment_server::engine::Engine;
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
    assert_eq!((&*problem.kind, &*problem.title), ("bad-world", "there are no files"));
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
    let near = played.nearest(48.9, 2.4).unwrap();
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

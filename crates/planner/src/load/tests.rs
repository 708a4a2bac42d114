//! Scenarios as text, ready to be planned with; and the day.

use std::collections::BTreeMap;

use catchment_dynamics::Script;
use catchment_model::Rules;
use catchment_model::scenario::{GeoDns, Steering};
use catchment_testkit::random::{self, Case, Kind};
use catchment_testkit::story::{Story, situation, whole};

use super::*;
use crate::load::day::{Day, HOURS, diurnal};
use crate::oracle::{Oracle, Unplanned};

/// A scenario, from what follows `name = …`.
pub(crate) fn scenario(text: &str) -> Story {
    let service = match text.contains("[service]") {
        true => "",
        false => "\n[service]\nprefixes = [\"192.0.2.0/24\"]\n",
    };
    whole(&format!("format = 1\nname = \"plan\"\n{text}\n{service}"), None)
}

/// The world of models 12.4 with more after it.
pub(crate) fn eight(text: &str) -> Story {
    scenario(&format!("[world]\nbuiltin = \"eight\"\n{text}"))
}

pub(crate) fn brief(story: &Story) -> Brief<'_> {
    let script = Script {
        situation: situation(&story.assembled),
        schedule: &[],
        steering: story.scenario.steering,
        prefix: 0,
        geodns: &story.scenario.geodns,
        regional: &story.assembled.regional,
        client_gbps: &story.assembled.client_gbps,
        senders: None,
        bystanders: false,
    };
    Brief::new(script, &story.scenario.residency).unwrap()
}

/// What random cases do not have, so that they can be planned with.
#[derive(Default)]
pub(crate) struct Bare {
    geodns: GeoDns,
    regional: BTreeMap<String, u16>,
    client_gbps: BTreeMap<u32, f64>,
    residency: BTreeMap<String, Vec<String>>,
}

impl Bare {
    pub(crate) fn brief<'a>(&'a self, case: &'a Case) -> Result<Brief<'a>, Unplanned> {
        let script = Script {
            situation: case.situation(),
            schedule: &[],
            steering: Steering::Anycast,
            prefix: 0,
            geodns: &self.geodns,
            regional: &self.regional,
            client_gbps: &self.client_gbps,
            senders: None,
            bystanders: false,
        };
        Brief::new(script, &self.residency)
    }
}

/// Lines, folded so that they can be written down.
pub(crate) fn folded(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let mut column = 0;
        for (index, word) in line.split(' ').enumerate() {
            let length = word.chars().count() + 1;
            if column + length > 80 {
                text.push_str("\n    ");
                column = 4;
            } else if index > 0 {
                text.push(' ');
            }
            text.push_str(word);
            column += length;
        }
        text.push('\n');
    }
    text
}

/// What an answer says in words.
pub(crate) fn said(answer: &crate::Answer) -> String {
    let headline = std::slice::from_ref(&answer.headline);
    folded(&[headline, &answer.findings[..]].concat())
}

#[test]
fn t8_3_diurnal() {
    let rules = Rules::default();
    let factor = |hour| format!("{:.3}", diurnal(&rules, hour));
    assert_eq!([8.0, 14.0, 20.0].map(factor), ["0.500", "1.000", "1.500"]);
}

/// Two numbers for a site hold its whole day: the same as all sources scaled hour by hour.
#[test]
fn a_day_is_the_sum_of_its_sources() {
    let story = eight("");
    let brief = brief(&story);
    let placement = Oracle::new(&brief).unwrap().base().unwrap();
    let day = Day::of(&brief, &placement);
    let world = brief.situation().world;
    let mut spread = 0.0_f64;
    for hour in 0..HOURS {
        let scaled = brief.scaled(|source| {
            let local = f64::from(hour) + world.place(source.router).unwrap().at.lon / 15.0;
            diurnal(brief.situation().rules, local)
        });
        let plain = Loads::of(&scaled, &placement);
        for site in brief.active_sites() {
            let (fast, slow) = (day.at(site, hour).kqps, plain.sites[site as usize].kqps);
            assert!((fast - slow).abs() < 1e-9, "{hour} h at {site}: {fast}, not {slow}");
            spread = spread.max((fast - day.mean().sites[site as usize].kqps).abs());
        }
    }
    // The day is no flat line.
    assert!(spread > 100.0, "{spread}");
}

/// On random worlds, whatever moves makes of the loads before the loads after.
#[test]
fn moves_account_for_every_change_of_load() {
    let bare = Bare::default();
    let mut moved = 0;
    for seed in 0..400 {
        let case = random::case(seed, Kind::Regular);
        let Ok(brief) = bare.brief(&case) else { continue };
        let mut oracle = Oracle::by(crate::Method::Solve, &brief).unwrap();
        let base = oracle.base().unwrap();
        for site in brief.active_sites() {
            let after = oracle.without(&[site]).unwrap();
            let (mut loads, expected) = (Loads::of(&brief, &base), Loads::of(&brief, &after));
            for it in moves::moves(&base, &after) {
                let demand = brief.sources[it.source as usize].weight * it.share;
                let mut add = |site: Option<u32>, demand: f64| match site {
                    Some(site) => loads.sites[site as usize].kqps += demand,
                    None => loads.unserved.kqps += demand,
                };
                add(it.from, -demand);
                add(it.to, demand);
                moved += 1;
            }
            let kqps = |loads: &Loads| -> Vec<f64> {
                let sites = loads.sites.iter().map(|load| load.kqps);
                sites.chain([loads.unserved.kqps]).collect()
            };
            assert_eq!(kqps(&loads), kqps(&expected), "seed {seed}, site {site}");
        }
    }
    assert!(moved > 500, "{moved}");
}

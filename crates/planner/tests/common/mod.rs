//! Briefs for tests: from scenarios as text, and from random situations.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use catchment_dynamics::Script;
use catchment_model::scenario::{GeoDns, Steering};
use catchment_planner::{Brief, Unplanned};
use catchment_routing::Situation;
use catchment_testkit::random::Case;
use catchment_testkit::story::{Story, situation, story};

/// A scenario, ready to be planned with.
pub struct Ground {
    story: Story,
}

/// Assembles a scenario as [`story`] reads it.
pub fn ground(text: &str) -> Ground {
    Ground { story: story(&format!("\n{text}")) }
}

impl Ground {
    /// What a plan starts from.
    pub fn brief(&self) -> Brief<'_> {
        let Story { scenario, assembled, .. } = &self.story;
        let script = Script {
            situation: situation(assembled),
            schedule: &[],
            steering: scenario.steering,
            prefix: 0,
            geodns: &scenario.geodns,
            regional: &assembled.regional,
            client_gbps: &assembled.client_gbps,
            senders: None,
            bystanders: false,
        };
        Brief::new(script, &scenario.residency).unwrap()
    }

    /// The index of a site.
    pub fn site(&self, name: &str) -> u32 {
        self.story.assembled.service.site_index(&name.parse().unwrap()).unwrap()
    }
}

static NO_REGIONS: BTreeMap<String, u16> = BTreeMap::new();
static NO_GBPS: BTreeMap<u32, f64> = BTreeMap::new();
static NO_RESIDENCY: BTreeMap<String, Vec<String>> = BTreeMap::new();
static GEODNS: std::sync::LazyLock<GeoDns> = std::sync::LazyLock::new(GeoDns::default);

/// What a plan starts from in a random situation; `None` where nobody asks for anything.
pub fn brief_of_case(case: &Case) -> Option<Brief<'_>> {
    brief_of(case.situation()).ok()
}

/// The same in any situation.
pub fn brief_of(situation: Situation<'_>) -> Result<Brief<'_>, Unplanned> {
    let script = Script {
        situation,
        schedule: &[],
        steering: Steering::Anycast,
        prefix: 0,
        geodns: &GEODNS,
        regional: &NO_REGIONS,
        client_gbps: &NO_GBPS,
        senders: None,
        bystanders: false,
    };
    Brief::new(script, &NO_RESIDENCY)
}

/// A text with lines of at most 70 columns or so, to be written down.
pub fn folded(text: &str) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count() + 1;
            if column > 0 && column + length > 70 {
                folded.push_str("\n   ");
                column = 4;
            }
            folded.push_str(if column > 0 { " " } else { "" });
            folded.push_str(word);
            column += length;
        }
        folded.push('\n');
    }
    folded
}

//! The values of the model reference for the fixture `eight` (models 12.4 to 12.6), played.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::agenda::{ANNOUNCED_APART_US, Course};
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::script::Script;
use catchment_model::Duration;
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_testkit::story::{situation, story};

#[test]
fn t12_2_times_and_messages() {
    for rule in ["timestamp", "selected_peer", "none"] {
        let story =
            story(&format!("[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"{rule}\""));
        let assembled = &story.assembled;
        let adjacency = Adjacency::new(&assembled.world, &assembled.rules);
        let geodns = GeoDns::default();
        let (regional, gbps) = (BTreeMap::new(), BTreeMap::new());
        for site in 0..8 {
            let occur = |at_s, index, deed| Occurrence {
                at: Duration::from_s(at_s),
                index,
                deed,
                label: String::new(),
            };
            let schedule = [
                occur(10, 0, Deed::Fail { site, how: FailureKind::Withdraw }),
                occur(600, 1, Deed::Restore { site }),
            ];
            let script = Script {
                situation: situation(assembled),
                schedule: &schedule,
                steering: Steering::Anycast,
                prefix: 0,
                geodns: &geodns,
                regional: &regional,
                client_gbps: &gbps,
                senders: None,
            };
            let mut watch = |_, _| ControlFlow::Continue(());
            let (log, _) =
                catchment_dynamics::play::play_prefix(&script, &adjacency, 0, &mut watch).unwrap();
            let name = &assembled.service.sites[site as usize].name;
            println!(
                "{rule} {name} startup {} fail {:.4} {} restore {:.4} {}",
                log.startup.messages(),
                (log.counts[0].last_change_us - 10_000_000) as f64 / 1e6,
                log.counts[0].messages(),
                (log.counts[1].last_change_us - 600_000_000) as f64 / 1e6,
                log.counts[1].messages()
            );
        }
    }
}

//! The event engine on real graphs: message counts of an independent engine on two cuts.

use std::collections::BTreeMap;

use catchment_dynamics::agenda::Course;
use catchment_dynamics::delivery::NO_CAUSE;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::script::Script;
use catchment_model::rules::OldestRule;
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::{Duration, Overlay, Rules};
use catchment_routing::Situation;
use catchment_testkit::real;

/// Rules without any delay: one global queue, first in, first out.
fn fifo() -> Rules {
    Rules {
        oldest_rule: Some(OldestRule::None),
        med_deterministic: Some(true),
        mrai_ebgp: Some(Duration::from_s(0)),
        mrai_ibgp: Some(Duration::from_s(0)),
        ssld: Some(false),
        link_delay: Some(Duration::from_s(0)),
        proc_delay: Duration::from_s(0),
        ..Rules::default()
    }
}

/// Messages of the announcement of all sites at one instant, and of one withdrawal.
fn messages(graph: &str, withdrawn: u32) -> Option<(u64, u64)> {
    let world = real::as_rel_world(&format!("peer-results/{graph}.as-rel.txt.gz"))?;
    let origins = real::asn_list(&format!("peer-results/{graph}.sites8.txt"))?;
    let service = real::service_of(&world, &origins);
    let rules = fifo();
    let overlay = Overlay::default();
    let site = origins.iter().position(|asn| asn.0 == withdrawn).expect("it is a site") as u32;
    let schedule = [Occurrence {
        at: Duration::from_s(1),
        index: 0,
        deed: Deed::Fail { site, how: FailureKind::Withdraw },
        label: String::new(),
    }];
    let (geodns, regional, gbps) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    let script = Script {
        situation,
        schedule: &schedule,
        steering: Steering::Anycast,
        prefix: 0,
        geodns: &geodns,
        regional: &regional,
        client_gbps: &gbps,
        senders: None,
        bystanders: false,
    };
    let adjacency = Adjacency::new(&world, &rules);
    let mut course = Course::new(&script, &adjacency, 0);
    course.announce(0);
    course.advance(i64::MAX);
    Some((course.engine.count(NO_CAUSE).messages(), course.engine.count(0).messages()))
}

#[test]
fn two_engines_count_the_same_messages() {
    if let Some(counted) = messages("sub5000", 8220) {
        assert_eq!(counted, (28_052, 2_823));
    }
    if let Some(counted) = messages("sub10000", 58511) {
        assert_eq!(counted, (53_422, 9_856));
    }
}

//! How long the fixture `eight` takes and how much it says (models 12.2 and 12.6), for each
//! oldest-route rule. Who lands where: `fixture.rs`.

mod common;

use catchment_dynamics::play::RouteLog;
use catchment_testkit::story::{Story, story};
use common::{fails_and_returns, log_of};

const RULES: [&str; 3] = ["timestamp", "selected_peer", "none"];

fn eight(rule: &str, more: &str) -> Story {
    let head = "[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule";
    story(&format!("{head} = \"{rule}\"\n{more}"))
}

/// Time from an event to the last change of a best route, in s.
fn last_change_s(log: &RouteLog, event: usize, at_s: i64) -> f64 {
    (log.counts[event].last_change_us - at_s * 1_000_000) as f64 / 1e6
}

/// A site, its times at failure and return in s, and the messages of either.
const TIMES: [(&str, f64, f64, u64); 8] = [
    ("jfk", 0.076, 0.076, 15),
    ("mia", 0.090, 0.090, 21),
    ("gru", 0.022, 0.022, 6),
    ("lhr", 0.028, 0.028, 15),
    ("fra", 0.086, 0.086, 28),
    ("bom", 0.153, 0.153, 22),
    ("nrt", 0.188, 0.135, 48),
    ("sin", 0.088, 0.088, 14),
];

#[test]
fn t12_2_times_and_messages() {
    for (rule, startup) in RULES.into_iter().zip([357, 357, 409]) {
        let story = eight(rule, "");
        for (site, fail_s, return_s, messages) in TIMES {
            let (fail_s, return_s) = match (rule, site) {
                ("selected_peer", "sin") => (0.100, 0.100),
                ("none", "fra") => (0.097, 0.097),
                _ => (fail_s, return_s),
            };
            let log = log_of(&story, &fails_and_returns(&story, site));
            assert_eq!(log.startup.messages(), startup, "{rule}");
            let took_s = [last_change_s(&log, 0, 10), last_change_s(&log, 1, 600)];
            for (took_s, expected_s) in took_s.into_iter().zip([fail_s, return_s]) {
                let what = format!("{rule}, {site}: {took_s} s, expected {expected_s} s");
                assert!((took_s - expected_s).abs() <= 0.002, "{what}");
            }
            let counts = [log.counts[0].messages(), log.counts[1].messages()];
            assert_eq!(counts, [messages; 2], "{rule}, {site}");
        }
    }
}

#[test]
fn t12_6_messages_of_a_single_origin_as() {
    let sites = ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"];
    let one_as = sites.map(|site| format!("[[site]]\nname = \"{site}\"\nasn = 64496\n")).concat();
    for (rule, startup) in RULES.into_iter().zip([291, 291, 343]) {
        let story = eight(rule, &one_as);
        for (site, messages) in sites.into_iter().zip([8, 13, 5, 8, 28, 9, 48, 9]) {
            let log = log_of(&story, &fails_and_returns(&story, site));
            assert_eq!(log.startup.messages(), startup, "{rule}");
            let counts = [log.counts[0].messages(), log.counts[1].messages()];
            assert_eq!(counts, [messages; 2], "{rule}, {site}");
        }
    }
}

//! Who lands where in the fixture `eight` as it is played (models 12.4 to 12.6, 7.2), for each
//! oldest-route rule. Times and messages: `normative.rs`.

mod common;

use catchment_testkit::story::{Story, story};
use common::{Clients, at_s, fails_and_returns};

const RULES: [&str; 3] = ["timestamp", "selected_peer", "none"];

fn eight(rule: &str, more: &str) -> Story {
    let head = "[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule";
    story(&format!("{head} = \"{rule}\"\n{more}"))
}

/// Where everyone lands after the start-up.
fn baseline(story: &Story) -> Clients {
    Clients::at(story, &[], at_s(0))
}

/// All sites are one AS (T12.6).
fn single_origin() -> String {
    let site = |name| format!("[[site]]\nname = \"{name}\"\nasn = 64496\n");
    ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"].map(site).concat()
}

/// What is so for each rule.
fn each(values: [&'static str; 3]) -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.into_iter().zip(values)
}

/// As printed in T12.1, by the rule `timestamp`.
const BASELINE: [(&str, &str); 17] = [
    ("New York-A", "jfk, 3356 64496"),
    ("New York-B", "jfk, 3356 64496"),
    ("San Francisco", "jfk, 3356 64496"),
    ("Miami", "mia, 3356 64497"),
    ("Bogota", "mia, 3356 64497"),
    ("Sao Paulo", "gru, 12956 64498"),
    ("London", "lhr, 3356 64499"),
    ("Berlin", "fra, 1299 64500"),
    ("Moscow", "fra, 1299 64500"),
    ("Istanbul", "fra, 1299 64500"),
    ("Mumbai", "bom, 6453 64501"),
    ("Johannesburg", "bom, 6453 64501"),
    ("Singapore", "nrt, 2914 64502"),
    ("Tokyo-A", "nrt, 2914 64502"),
    ("Tokyo-B", "sin, 6453 64503"),
    ("Seoul", "nrt, 2914 64502"),
    ("Sydney", "nrt, 2914 64502"),
];

#[test]
fn t12_1_baseline() {
    let timestamp = baseline(&eight("timestamp", ""));
    assert_eq!(timestamp.0.len(), BASELINE.len());
    for (name, place) in BASELINE {
        assert_eq!(timestamp.of(name), place, "{name}");
    }
    let others = ["", "Singapore sin, Seoul sin", "New York-B fra"];
    for (rule, moved) in each(others) {
        let clients = baseline(&eight(rule, ""));
        assert_eq!(clients.moved_since(&timestamp), moved, "{rule}");
        assert_eq!(clients.path_length_mean(), 2.0, "{rule}");
    }
    assert_eq!(baseline(&eight("selected_peer", "")).of("Seoul"), "sin, 6453 64503");
    assert_eq!(baseline(&eight("none", "")).of("New York-B"), "fra, 1299 64500");
}

/// A failure of T12.2 and T12.3: the site, who moves where by each rule, how long AS paths are in
/// the mean then, and who is not where it was after the return.
type Failure = (&'static str, [&'static str; 3], f64, [&'static str; 3]);

const FAILURES: [Failure; 8] = [
    (
        "jfk",
        [
            "New York-A mia, New York-B fra, San Francisco mia",
            "New York-A mia, New York-B mia, San Francisco mia",
            "New York-A mia, San Francisco mia",
        ],
        2.0,
        ["New York-B fra", "", ""],
    ),
    ("mia", ["Miami jfk, Bogota jfk"; 3], 2.0, [""; 3]),
    ("gru", ["Sao Paulo mia"; 3], 2.0, [""; 3]),
    ("lhr", ["London jfk"; 3], 2.0, [""; 3]),
    (
        "fra",
        [
            "Berlin lhr, Moscow lhr, Istanbul bom",
            "Berlin lhr, Moscow lhr, Istanbul bom",
            "New York-B jfk, Berlin lhr, Moscow lhr, Istanbul bom",
        ],
        36.0 / 17.0,
        ["Istanbul bom", "Istanbul bom", ""],
    ),
    ("bom", ["Mumbai sin, Johannesburg sin"; 3], 2.0, [""; 3]),
    (
        "nrt",
        [
            "Singapore sin, Tokyo-A sin, Seoul sin, Sydney sin",
            "Tokyo-A sin, Sydney sin",
            "Singapore sin, Tokyo-A sin, Seoul sin, Sydney sin",
        ],
        36.0 / 17.0,
        ["Singapore sin, Seoul sin", "", ""],
    ),
    ("sin", ["Tokyo-B bom", "Singapore bom, Tokyo-B bom, Seoul bom", "Tokyo-B bom"], 2.0, [""; 3]),
];

#[test]
fn t12_2_fail_one_site_and_t12_3_restore_it() {
    for (position, rule) in RULES.into_iter().enumerate() {
        let story = eight(rule, "");
        let before = baseline(&story);
        for (site, moved, path_length_mean, not_back) in FAILURES {
            let schedule = fails_and_returns(&story, site);
            let failed = Clients::at(&story, &schedule, at_s(599));
            assert_eq!(failed.moved_since(&before), moved[position], "{rule}, {site} fails");
            assert_eq!(failed.path_length_mean(), path_length_mean, "{rule}, {site} fails");
            if site == "fra" {
                assert_eq!(failed.of("Berlin"), "lhr, 1299 3356 64499", "{rule}");
            }
            let back = Clients::at(&story, &schedule, at_s(1200));
            assert_eq!(back.moved_since(&before), not_back[position], "{rule}, {site} returns");
            assert_eq!(back.path_length_mean(), 2.0, "{rule}, {site} returns");
        }
    }
}

#[test]
fn t12_4_reversed_start_order() {
    // The reference gives the rule `timestamp`. By the rule `selected_peer` Singapore and Seoul
    // are at SIN anyway; without history the order cannot matter.
    let timestamp = "New York-B fra, Istanbul bom, Singapore sin, Seoul sin";
    let moved = [timestamp, "New York-B fra, Istanbul bom", ""];
    for (rule, moved) in each(moved) {
        let story = eight(rule, "");
        let mut reversed = eight(rule, "");
        reversed.assembled.service.sites.reverse();
        assert_eq!(baseline(&reversed).moved_since(&baseline(&story)), moved, "{rule}");
    }
}

#[test]
fn t12_5_more_peering_attracts_neighbors() {
    let more =
        "[[site]]\nname = \"nrt\"\nneighbors = [{ asn = 2914 }, { asn = 6453, at = \"NRT\" }]";
    for (rule, moved) in each(["Tokyo-B nrt", "Tokyo-B nrt, Seoul nrt", "Tokyo-B nrt"]) {
        let clients = baseline(&eight(rule, more));
        assert_eq!(clients.moved_since(&baseline(&eight(rule, ""))), moved, "{rule}");
    }
}

#[test]
fn t12_6_single_origin_as() {
    for (rule, not_back) in each(["Istanbul bom", "Istanbul bom", ""]) {
        let one = eight(rule, &single_origin());
        // With one path for all sites, timestamps mean what the selected peer means.
        let like = if rule == "none" { "none" } else { "selected_peer" };
        let many = eight(like, "");
        let before = baseline(&one);
        assert_eq!(before.moved_since(&baseline(&many)), "", "{rule}");
        for (site, moved, _, _) in FAILURES {
            let schedule = fails_and_returns(&one, site);
            let failed = Clients::at(&one, &schedule, at_s(599));
            let position = RULES.iter().position(|it| *it == like).unwrap();
            assert_eq!(failed.moved_since(&before), moved[position], "{rule}, {site} fails");
            let back = Clients::at(&one, &schedule, at_s(1200));
            let lost = if site == "fra" { not_back } else { "" };
            assert_eq!(back.moved_since(&before), lost, "{rule}, {site} returns");
        }
    }
}

fn prepends(site: &str, upstream: u32, count: u32) -> String {
    let neighbor = format!("{{ asn = {upstream}, prepend = {count} }}");
    format!("[[site]]\nname = \"{site}\"\nneighbors = [{neighbor}]\n")
}

#[test]
fn t7_1_fra_prepends() {
    // Without history New York-B is at FRA too, by the lowest identifier of two equal paths.
    let moved = ["Istanbul bom", "Istanbul bom", "New York-B jfk, Istanbul bom"];
    for count in [1, 3] {
        for (rule, moved) in each(moved) {
            let clients = baseline(&eight(rule, &prepends("fra", 1299, count)));
            assert_eq!(clients.moved_since(&baseline(&eight(rule, ""))), moved, "{rule}, {count}");
        }
    }
}

#[test]
fn t7_2_bom_prepends_to_protect_fra() {
    // By the rule `selected_peer` the longer path lets Singapore and Seoul select NTT when NRT is
    // announced, and SIN then comes too late: 7.2 gives the two that move by every rule.
    let selected = "Mumbai sin, Johannesburg sin, Singapore nrt, Seoul nrt";
    let plain = "Mumbai sin, Johannesburg sin";
    let cycles = ["Istanbul sin", "Istanbul sin", ""];
    for ((rule, moved), not_back) in each([plain, selected, plain]).zip(cycles) {
        let story = eight(rule, &prepends("bom", 6453, 1));
        let plain = baseline(&eight(rule, ""));
        assert_eq!(baseline(&story).moved_since(&plain), moved, "{rule}");
        let schedule = fails_and_returns(&story, "fra");
        let back = Clients::at(&story, &schedule, at_s(1200));
        assert_eq!(back.moved_since(&baseline(&story)), not_back, "{rule}");
    }
}

//! `catchment plan capacity`, `attack` and `residency`.

use expect_test::expect;

use super::{Folder, catchment, check};

/// Exit code 1, and what it printed.
#[track_caller]
fn says_no(name: &str, args: &[&str]) -> String {
    let ran = catchment(name, args);
    assert_eq!((ran.code, &*ran.err), (1, ""), "{}", ran.out);
    ran.out
}

#[test]
fn capacity_says_what_each_site_needs() {
    let out = says_no("capacity", &["plan", "capacity", "eight"]);
    check(&out, &expect![]);
    let text = says_no("capacity-text", &["plan", "capacity", "eight", "--format", "table"]);
    let lines: Vec<&str> = text.lines().take(6).collect();
    check(&lines.join("\n"), &expect![]);
}

#[test]
fn capacity_takes_groups_pairs_and_the_day() {
    let args = ["plan", "capacity", "eight", "--group", "cable=FRA, lhr", "--pairs", "none"];
    let out = says_no("groups", &[&args[..], &["--table", "failures"]].concat());
    check(out.lines().last().unwrap(), &expect![]);
    let missing = catchment("no-pairs", &[&args[..], &["--table", "pairs"]].concat()).failed(2);
    assert!(missing.contains("it has sites, failures, heirs, matrix, day"), "{missing}");
    let out = says_no("by-day", &[&args[..], &["--day"]].concat());
    check(out.lines().last().unwrap(), &expect![]);
    let all = ["plan", "capacity", "eight", "--pairs", "all", "--table", "pairs"];
    assert_eq!(says_no("all-pairs", &all).lines().count(), 1 + 28);
}

#[test]
fn capacity_holds_where_there_is_enough() {
    let args = ["plan", "capacity", "eight", "--pairs", "none", "--set"];
    let sets = ["site.mia.capacity.kqps=270", "--set", "site.lhr.capacity.kqps=290", "--set"];
    let last = ["site.sin.capacity.kqps=480"];
    let out = catchment("enough", &[&args[..], &sets[..], &last[..]].concat()).done();
    assert_eq!(out.lines().count(), 9);
}

#[test]
fn attack_compares_botnets_and_finds_a_response() {
    let out = says_no("attack", &["plan", "attack", "eight", "--format", "table"]);
    let lines: Vec<&str> = out.lines().take_while(|line| !line.is_empty()).collect();
    check(&lines.join("\n"), &expect![]);
    let args = ["plan", "attack", "eight", "--from", "by_users", "--mqps", "0.59,1.2"];
    check(&catchment("absorbed", &args).done(), &expect![]);
}

#[test]
fn attack_reads_bots_from_a_file_and_sizes_from_what_is_seen() {
    let folder = Folder::new("bots");
    folder.put("bots.csv", "asn,share\n65546,3\n65543,1\n4200000000,1\n");
    let args = ["plan", "attack", "eight", "--from", "file=bots.csv", "--mqps", "1"];
    let ran = folder.run(&[&args[..], &["--table", "playbook"]].concat());
    check(&ran.out, &expect![]);
    let seen = ["--seen", "bom=40%", "--seen", "fra=0.5", "--table", "estimate"];
    check(&folder.run(&[&args[..], &seen[..]].concat()).out, &expect![]);
}

#[test]
fn the_attack_of_a_scenario_is_its_size() {
    let out = says_no("own-attack", &["plan", "attack", "ddos-region", "--table", "families"]);
    check(&out, &expect![]);
}

#[test]
fn residency_says_who_leaves_and_what_a_prefix_would_cost() {
    let args = ["plan", "residency", "eight", "--keep", "eu=eu"];
    check(&says_no("residency", &args), &expect![]);
    let text = says_no("residency-text", &[&args[..], &["--format", "table"]].concat());
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    check(&lines.join("\n"), &expect![]);
    let set = ["plan", "residency", "eight", "--set", "residency.eu=[\"eu\", \"uk\"]"];
    catchment("allowed", &set).done();
}

#[test]
fn names_that_do_not_exist_are_mistakes_with_the_nearest() {
    let mut text = String::new();
    for (index, args) in [
        &["capacity", "eight", "--group", "x=frq"][..],
        &["capacity", "eight", "--group", "fra"],
        &["attack", "eight", "--from", "region=asai"],
        &["attack", "eight", "--from", "by_user"],
        &["attack", "eight", "--from", "zipf"],
        &["attack", "eight", "--from", "ases=1"],
        &["attack", "eight", "--mqps", "0"],
        &["attack", "eight", "--seen", "fra=2"],
        &["attack", "eight", "--seen", "fro=0.5"],
        &["attack", "eight", "--from", "file=nowhere.csv"],
        &["residency", "eight"],
        &["residency", "eight", "--keep", "ue=eu"],
    ]
    .iter()
    .enumerate()
    {
        let name = format!("names-{index}");
        text.push_str(&catchment(&name, &[&["plan"], *args].concat()).failed(2));
    }
    check(&text, &expect![]);
}

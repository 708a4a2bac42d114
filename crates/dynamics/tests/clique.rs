//! Path hunting in a clique, and a chain without any (T2.6 and T2.7 of models 2.1): the cases in
//! which every time and every message can be worked out by hand.

mod common;

use common::net::{Net, Run};

/// An origin, number 1, that is connected to all of a clique of `n`. Routes cross everywhere and
/// only their length counts; the lowest neighbor wins among equals.
fn clique(n: u32, rules: &str) -> Net {
    let mut text = String::from("site a at 1\n");
    for low in 1..=n {
        for high in low + 1..=n + 1 {
            text.push_str(&format!("{low} ~ {high}\n"));
        }
    }
    // "Message delay d, proc 0; advertised to all neighbors including the next hop; no jitter."
    Net::of(&text).rules("split_horizon=false mrai_jitter=1.0 proc_delay=0s").rules(rules)
}

/// T_down and messages of a withdrawal long after everyone had the route.
fn down(n: u32, rules: &str) -> String {
    let net = clique(n, rules);
    let run = net.play("0 fail a");
    for asn in 1..=n + 1 {
        assert_eq!(run.path_at(&asn.to_string(), 1e6), "-", "AS{asn} has a route left");
    }
    format!("{:.2} s, {}", run.took_s(0), run.messages(0))
}

/// A column of the table of T2.6, for n = 2, 3, …
fn check(rules: &str, expected: &[&str]) {
    for (n, expected) in (2..).zip(expected) {
        assert_eq!(down(n, rules), *expected, "n = {n}, {rules}");
    }
}

#[test]
fn t2_6_mrai_without_ssld() {
    let expected = ["0.02 s, 10", "30.02 s, 27", "60.02 s, 56", "90.02 s, 100", "120.02 s, 162"];
    check("mrai_ebgp=30s ssld=false wrate=false", &expected);
    check("mrai_ebgp=30s ssld=false wrate=true", &expected);
}

#[test]
fn t2_6_ssld() {
    let expected = ["0.02 s, 4", "0.03 s, 18", "0.03 s, 32", "0.03 s, 50", "0.03 s, 72"];
    check("mrai_ebgp=30s ssld=true wrate=false", &expected);
}

#[test]
fn t2_6_ssld_and_wrate() {
    let expected = ["0.02 s, 4", "30.02 s, 12", "60.02 s, 27", "90.02 s, 51", "120.02 s, 86"];
    check("mrai_ebgp=30s ssld=true wrate=true", &expected);
}

#[test]
fn t2_6_without_mrai() {
    check("mrai_ebgp=0s ssld=false", &["0.02 s, 10", "0.03 s, 48", "0.04 s, 220", "0.05 s, 780"]);
}

#[test]
fn t2_6_closed_forms() {
    for n in 3..=9 {
        // Labovitz: (N − 3) × 30 s for N = n + 1 nodes.
        let net = clique(n, "mrai_ebgp=30s ssld=false");
        let run = net.play("0 fail a");
        assert_eq!(run.took_s(0), f64::from(n - 2) * 30.0 + 0.02, "n = {n}");
        let down = down(n, "mrai_ebgp=30s ssld=true wrate=false");
        assert_eq!(down, format!("0.03 s, {}", 2 * n * n), "n = {n}");
    }
}

/// Time and messages of the first announcement: the site starts at t = 0.
fn up(n: u32, rules: &str) -> (f64, u64) {
    let mut net = clique(n, rules);
    net.service.sites[0].active = false;
    let run: Run<'_> = net.play("0 restore a");
    assert_eq!(run.log().startup.messages(), 0);
    (run.took_s(0), run.messages(0))
}

#[test]
fn t2_6_up() {
    for n in 2..=8 {
        for mrai in ["mrai_ebgp=0s", "mrai_ebgp=30s"] {
            let of = |ssld: &str| up(n, &format!("{mrai} {ssld}"));
            assert_eq!(of("ssld=false"), (0.01, u64::from(n * (n + 1))), "n = {n}, {mrai}");
            assert_eq!(of("ssld=true"), (0.01, u64::from(n * n)), "n = {n}, {mrai}");
        }
    }
}

#[test]
fn t2_7_chain() {
    // Origin, A, B, C, D: each the customer of the one before, so that routes go all the way down.
    let mut net = Net::of("1 > 2\n2 > 3\n3 > 4\n4 > 5\nsite o at 1")
        .rules("link_delay=20ms proc_delay=50ms split_horizon=true");
    net.service.sites[0].active = false;
    let run = net.play("0 restore o; 1000 fail o");
    assert_eq!((run.took_s(0), run.messages(0)), (0.280, 4));
    assert_eq!((run.took_s(1), run.messages(1)), (0.280, 4));
    assert_eq!(run.paths_of("5"), "0 -, 0.280 4 3 2 1, 1000.280 -");
    // Each hop adds a link and a decision.
    assert_eq!(run.paths_of("3"), "0 -, 0.140 2 1, 1000.140 -");
}

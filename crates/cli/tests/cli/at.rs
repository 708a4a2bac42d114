//! `--at T`: the network of a scenario at one time.

use expect_test::expect;

use crate::{catchment, check};

/// The lines of some ASes.
fn rows(table: &str, asns: &[&str]) -> String {
    let is_it = |line: &&str| asns.contains(&line.split(',').next().unwrap());
    table.lines().filter(is_it).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_settled_state_without_a_past_is_what_solve_prints() {
    let set = ["--set", "rules.oldest_rule=none", "--set", "rules.med_deterministic=true"];
    for routers in [&[][..], &["--routers"]] {
        let run =
            |command: &[&str]| catchment("settled", &[command, &set[..], routers].concat()).done();
        let state = run(&["simulate", "eight", "--at", "0s"]);
        assert_eq!(state, run(&["solve", "eight"]));
        assert_eq!(state, run(&["simulate", "eight", "--at", "1h"]));
    }
    let start = catchment("settled", &["simulate", "eight", "--at", "start"]).done();
    check(&rows(&start, &["65536", "64496"]), &expect!["64496,,,,,,,,\n65536,,,,,,,,\n"]);
}

#[test]
fn a_time_in_the_middle_shows_both_planes() {
    let at = |time: &str| {
        let args = ["simulate", "frankfurt-fails", "--at", time, "--data-plane"];
        let table = catchment("planes", &args).done();
        let header = table.lines().next().unwrap();
        assert!(header.ends_with(",decided_by,state"), "{header}");
        rows(&table, &["65543", "65545", "65547"])
    };
    check(
        &at("-1s"),
        &expect![[r#"
        65543,fra,provider,2,1299 64500,9.533,,,only,served
        65545,fra,provider,2,1299 64500,39.273,,,oldest,served
        65547,bom,provider,2,6453 64501,146.944,,,only,served
    "#]],
    );
    check(
        &at("30s"),
        &expect![[r#"
        65543,,provider,2,1299 64500,,,,only,stale
        65545,,provider,2,1299 64500,,,,oldest,stale
        65547,bom,provider,2,6453 64501,146.944,,,only,served
    "#]],
    );
    check(
        &at("5m"),
        &expect![[r#"
        65543,lhr,provider,3,1299 3356 64499,23.667,,,only,served
        65545,bom,provider,2,6453 64501,102.235,,,path-length,served
        65547,bom,provider,2,6453 64501,146.944,,,only,served
    "#]],
    );
    check(
        &at("20m"),
        &expect![[r#"
        65543,fra,provider,2,1299 64500,9.533,,,only,served
        65545,bom,provider,2,6453 64501,102.235,,,oldest,served
        65547,bom,provider,2,6453 64501,146.944,,,only,served
    "#]],
    );
}

#[test]
fn explain_tells_how_it_came_to_that() {
    let explain = ["explain", "frankfurt-fails", "--as", "65545", "--at", "20m"];
    let story = catchment("history", &[&explain[..], &["--format", "table"]].concat()).done();
    let last = story.lines().last().unwrap();
    check(
        last,
        &expect![[r#"
        Decided at AS65545 Istanbul, IST, step oldest: bom won over fra because it was
                there first (since -359.917 s; fra since 600.051 s).
    "#]],
    );
    let table = catchment("history", &explain).done();
    let header = table.lines().next().unwrap();
    check(
        header,
        &expect![[r#"
        time_s,router,from,to,as_path,site,decided_by,came_in,cause,waited_ms
    "#]],
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let simulate = |more: &[&str]| {
        let ran = catchment("refused", &[&["simulate", "eight"], more].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{more:?}: {}", ran.err);
        ran.err
    };
    assert!(simulate(&["--data-plane"]).contains("--at <T>"));
    assert!(simulate(&["--at", "0s", "--compare"]).contains("--compare"));
    let err = simulate(&["--at", "soon"]);
    assert!(err.contains("`soon` is not a time") && err.contains("`start`"), "{err}");
}

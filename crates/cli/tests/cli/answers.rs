//! Commands that succeed.

use std::fs;
use std::path::Path;

use expect_test::expect;

use crate::{Folder, catchment, check};

#[test]
fn solve_follows_the_contract_of_the_design() {
    let out = catchment("contract", &["solve", "eight", "--set", "rules.oldest_rule=none"]).done();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "asn,site,class,path_length,as_path,rtt_ms,tied_sites,tied_shares,decided_by"
    );
    let decided = |asn: &str| {
        let row = lines.iter().find(|line| line.split(',').next() == Some(asn)).unwrap();
        row.rsplit(',').next().unwrap()
    };
    assert_eq!(decided("1299"), "local-pref");
    assert_eq!(decided("2914"), "local-pref");
    assert_eq!(decided("3356"), "ebgp");
    assert_eq!(decided("6453"), "igp-cost");
    assert_eq!(decided("12956"), "igp-cost");
    assert_eq!(decided("65536"), "only");
    assert_eq!(decided("65537"), "router-id");
}

#[test]
fn history_is_noted_where_a_steady_state_leaves_it_out() {
    let args = ["solve", "eight", "--set", "rules.oldest_rule=timestamp"];
    let ran = catchment("history", &args);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains(",history\n"));
    assert!(ran.err.starts_with("note: some choices fall to the oldest route"), "{}", ran.err);
    let args = ["solve", "eight", "--set", "rules.oldest_rule=none"];
    let args = [&args[..], &["--set", "rules.med_deterministic=true"]].concat();
    let ran = catchment("history", &args);
    assert_eq!((ran.err.as_str(), ran.out.contains("history")), ("", false));
}

#[test]
fn routers_and_tie_sets_are_shown_when_asked_for() {
    let out = catchment("routers", &["solve", "eight", "--routers", "--tie-sets"]).done();
    assert!(out.starts_with("asn,city,site,"), "{out}");
    assert!(out.lines().count() > 31);
    assert!(out.contains("|"));
}

#[test]
fn a_file_a_built_in_scenario_and_its_printed_form_give_one_answer() {
    let folder = Folder::new("one-answer");
    let by_name = folder.run(&["solve", "eight"]).done();
    let toml = folder.run(&["scenario", "show", "eight"]).done();
    let json = folder.run(&["scenario", "show", "eight", "--json"]).done();
    folder.put("a.toml", toml).put("b.json", &json).put("c", &json);
    for file in ["a.toml", "b.json", "c"] {
        assert_eq!(folder.run(&["solve", file]).done(), by_name, "{file}");
    }
}

#[test]
fn settings_and_seed_override_the_file() {
    let folder = Folder::new("override");
    let changed = folder
        .run(&[
            "scenario",
            "show",
            "eight",
            "--seed",
            "99",
            "--set",
            "service.prefixes.0=10.0.0.0/24",
        ])
        .done();
    assert!(changed.contains("seed = 99\n"), "{changed}");
    assert!(changed.contains("10.0.0.0/24"), "{changed}");
    let without_sites = folder.run(&["solve", "empty"]).done();
    assert!(without_sites.lines().skip(1).all(|line| line.ends_with(",,,,,,,,")));
}

#[test]
fn explain_tells_a_story_and_a_table() {
    let story =
        catchment("story", &["explain", "eight", "--as", "AS65540", "--format", "table"]).done();
    assert!(story.contains("AS65540"), "{story}");
    assert!(story.contains("igp-cost"), "{story}");
    let table = catchment("story", &["explain", "eight", "--as", "65540"]).done();
    assert!(table.lines().next().unwrap().contains(','), "{table}");
    let by_city =
        |city| catchment("story", &["explain", "eight", "--as", "3356", "--city", city]).done();
    assert_eq!(by_city("gru"), by_city("São Paulo"));
    assert_ne!(by_city("gru"), by_city("LHR"));
}

#[test]
fn every_scenario_of_the_library_is_listed_and_has_no_mistakes() {
    let list = catchment("library", &["scenario", "list"]).done();
    let names: Vec<&str> =
        list.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(names.contains(&name.as_str()), "{name} is not in {list}");
    }
    for name in names {
        let text = catchment("library", &["scenario", "show", name]).done();
        // Real data may not be there.
        if !text.contains("${") {
            let checked = catchment("library", &["scenario", "check", name]);
            assert_eq!(checked.code, 0, "{}", checked.err);
        }
    }
}

#[test]
fn a_new_scenario_solves_as_it_is_and_is_not_overwritten() {
    let folder = Folder::new("new");
    assert_eq!(folder.run(&["scenario", "new", "mine.toml"]).done(), "");
    assert!(folder.get("mine.toml").contains("name = \"mine\""));
    assert_eq!(folder.run(&["scenario", "check", "mine.toml"]).code, 0);
    let solved = folder.run(&["solve", "mine.toml"]).done();
    assert!(solved.contains(",fra,") && solved.contains(",sin,"), "{solved}");
    folder.put("mine.toml", "precious");
    let refused = folder.run(&["scenario", "new", "mine.toml"]).failed(2);
    check(
        &refused,
        &expect![[r#"
              × `mine.toml` is there already
              help: `--force` overwrites it
        "#]],
    );
    assert_eq!(folder.get("mine.toml"), "precious");
    folder.run(&["scenario", "new", "mine.toml", "--force"]).done();
    assert_ne!(folder.get("mine.toml"), "precious");
}

#[test]
fn help_and_manual_say_the_exit_codes() {
    let help = catchment("help", &["--help"]).done();
    let manual = catchment("help", &["man"]).done();
    for text in [help, manual] {
        for word in ["Exit codes", "0 ", "1 ", "2 ", "3 ", "70 ", "130 "] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
    let solve = catchment("help", &["solve", "--help"]).done();
    assert!(solve.contains("--tie-sets") && solve.contains("csv"), "{solve}");
    let version = catchment("help", &["--version"]).done();
    assert_eq!(version, format!("catchment {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_command_has_a_manual_page_and_every_shell_completions() {
    let folder = Folder::new("man");
    folder.run(&["man", "--out", "."]).done();
    let pages = folder.files();
    for page in ["catchment.1", "catchment-solve.1", "catchment-world-build.1"] {
        assert!(pages.contains(&page.to_owned()), "{page} is not in {pages:?}");
        assert!(folder.get(page).contains(".SH NAME"), "{page}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = folder.run(&["completions", shell]).done();
        assert!(text.contains("tie-sets"), "{shell}");
    }
}

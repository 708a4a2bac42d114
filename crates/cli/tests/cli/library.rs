//! The scenarios of the library as users meet them. What each of them promises is tested in
//! `crates/dynamics/tests/library.rs`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{Folder, Ran};

/// Names of all files of the folder, ascending, with their text.
pub fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (stem, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Whether a scenario needs data that may not be redistributed, and there is none. Says so.
pub fn is_out_of_reach(name: &str, text: &str) -> bool {
    let out_of_reach =
        text.contains("${CATCHMENT_DATA}") && std::env::var_os("CATCHMENT_DATA").is_none();
    if out_of_reach {
        println!("NOT RUN: `{name}` needs the data of CATCHMENT_DATA, which is not set");
    }
    out_of_reach
}

/// Runs with the data of this machine, if it has any.
pub fn run(folder: &Folder, args: &[&str]) -> Ran {
    let mut command = folder.command(args);
    if let Some(data) = std::env::var_os("CATCHMENT_DATA") {
        command.env("CATCHMENT_DATA", data);
    }
    command.output().unwrap().into()
}

#[test]
fn every_scenario_has_a_name_a_question_and_what_to_look_for() {
    for (name, text) in files() {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
            line.unwrap_or_else(|| panic!("{name} has no `{key}`")).trim_end_matches('"').to_owned()
        };
        assert_eq!(value("name"), name);
        assert!(value("question").ends_with('?'), "{name}");
        assert!(value("look_for").ends_with('.'), "{name}");
    }
}

#[test]
fn every_scenario_is_solved_and_played_with_its_variants() {
    let folder = Folder::new("library-played");
    for (name, text) in files() {
        if is_out_of_reach(&name, &text) {
            continue;
        }
        run(&folder, &["solve", &name]).done();
        let begin = Instant::now();
        let out = run(&folder, &["simulate", &name, "--format", "table"]).done();
        assert!(out.starts_with(&format!("{name}: ")), "{out}");
        // Nobody waits for a card to turn. Limits are for slow machines and unoptimised builds.
        let limit_s = if text.contains("as_rel") { 120 } else { 30 };
        assert!(begin.elapsed() < Duration::from_secs(limit_s), "{name}: {:?}", begin.elapsed());
        let rows = run(&folder, &["simulate", &name]).done();
        let events = rows.lines().count() - 1;
        assert!(events >= text.matches("[[event]]").count(), "{name}: {rows}");
        if text.contains("[[compare]]") {
            let compared = run(&folder, &["simulate", &name, "--compare"]).done();
            assert!(compared.lines().count() > rows.lines().count(), "{name}: {compared}");
        }
    }
}

/// A quarter of the Internet moves from one site to another, and back.
#[test]
fn the_internet_of_2026_loses_its_largest_site() {
    let name = "internet-2026-fails";
    let text = files().into_iter().find(|(it, _)| it == name).unwrap().1;
    if is_out_of_reach(name, &text) {
        return;
    }
    let out = run(&Folder::new("internet-fails"), &["simulate", name, "--format", "json"]).done();
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(rows[0]["demand"], 79327.0);
    assert_eq!(
        (&rows[0]["hurt_sources"], &rows[0]["moved_demand"]),
        (&21644.into(), &21644.0.into())
    );
    let seconds = |row: usize, column: &str| rows[row][column].as_f64().unwrap();
    assert!(seconds(0, "failover_s") < 0.2, "{out}");
    assert!((30.0..90.0).contains(&seconds(0, "converged_s")), "{out}");
    assert_eq!(
        (&rows[1]["stayed_demand"], &rows[1]["moved_demand"]),
        (&0.0.into(), &21644.0.into())
    );
}

#[test]
fn an_origin_that_is_nowhere_is_a_mistake() {
    let folder = Folder::new("edge-nowhere");
    let text = files().into_iter().find(|(it, _)| it == "edge-cache").unwrap().1;
    folder.put("x.toml", text.replace("\"SIN\"", "\"SINGAPORE\""));
    let err = folder.run(&["simulate", "x.toml"]).failed(2);
    assert!(
        err.contains("`SINGAPORE` is not the code of a city") && err.contains("`SIN`"),
        "{err}"
    );
}

#[test]
fn waits_for_the_first_byte_have_lines_and_columns() {
    let folder = Folder::new("edge");
    let out = folder.run(&["simulate", "edge-cache", "--format", "table"]).done();
    assert!(out.contains("first byte, origin in SIN (TLS 1.2)"), "{out}");
    let compared = folder.run(&["simulate", "edge-cache", "--compare", "--format", "table"]).done();
    let row = compared.lines().find(|line| line.starts_with("  from its cache")).unwrap();
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>()[3..],
        ["108", "ms", "81", "ms", "54", "ms"]
    );
    let rows = folder.run(&["simulate", "edge-cache"]).done();
    let header = rows.lines().next().unwrap();
    assert!(
        header
            .ends_with("first_byte_origin_ms,first_byte_site_ms,first_byte_cache_ms,origin_factor"),
        "{header}"
    );
    // Scenarios without an edge have none of them.
    assert!(!folder.run(&["simulate", "hello"]).done().contains("first_byte"));
}

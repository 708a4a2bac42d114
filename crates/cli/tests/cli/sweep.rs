//! Sweeps: rows that agree with single questions, and that come out the same however often they
//! were killed.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::{Folder, Ran, wheel};

/// Columns of a CSV file by name, as text.
fn column<'a>(csv: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = header.iter().position(|it| *it == name).unwrap_or_else(|| panic!("{header:?}"));
    lines.map(|line| line.split(',').nth(place).unwrap()).collect()
}

#[test]
fn a_row_of_a_grid_is_what_one_question_says() {
    let folder = Folder::new("sweep-grid");
    let grid = "rules.oldest_rule=none,timestamp";
    let sites = "site.bom.remove=false,true";
    let sweep = ["plan", "sweep", "eight", "--vary", grid, "--vary", sites, "--out", "rows.csv"];
    folder.run(&sweep).done();
    let rows = folder.get("rows.csv");
    assert_eq!(column(&rows, "row"), ["0", "1", "2", "3"]);
    assert_eq!(column(&rows, "rules.oldest_rule"), ["none", "none", "timestamp", "timestamp"]);
    assert_eq!(column(&rows, "site.bom.remove"), ["false", "true", "false", "true"]);
    for (row, (rule, removed)) in
        [("none", "false"), ("none", "true"), ("timestamp", "false"), ("timestamp", "true")]
            .into_iter()
            .enumerate()
    {
        let (rule, removed) =
            (format!("rules.oldest_rule={rule}"), format!("site.bom.remove={removed}"));
        let diff = ["plan", "diff", "eight", "--table", "sites", "--set", &rule];
        let one = folder.run(&[&diff[..], &["--set", &removed]].concat()).done();
        for (site, load) in column(&one, "site").iter().zip(column(&one, "b")) {
            assert_eq!(column(&rows, &format!("load_{site}"))[row], load, "row {row}, {site}");
        }
    }
    assert_eq!(column(&rows, "load_bom")[1], "");
    assert_eq!(folder.files(), ["rows.csv"]);
}

#[test]
fn a_sweep_that_is_killed_again_and_again_comes_out_the_same() {
    let folder = Folder::new("sweep-killed");
    let sweep = |out: &'static str| {
        let ties = ["--ties", "--missing-links", "0.1", "--rows", "6000", "--seed", "3"];
        let draw = ["--random", "site.fra.capacity.kqps=100..900"];
        // Where everybody landed is counted apart from the rows.
        let set = ["--set", "rules.oldest_rule=none", "--table", "certainty"];
        [&["plan", "sweep", "eight", "--out", out], &ties[..], &draw, &set].concat()
    };
    let started = Instant::now();
    let summary = folder.run(&sweep("whole.parquet")).done();
    let whole = fs::read(folder.0.join("whole.parquet")).unwrap();
    // Long enough for some work, short enough for many kills.
    let life = (started.elapsed() / 8).max(Duration::from_millis(250));
    let (mut kills, mut word) = (0, 88_172_645_463_325_252_u64);
    let ended = loop {
        let mut child = folder
            .command(&sweep("killed.parquet"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Xorshift: other moments in each round.
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        thread::sleep(life.mul_f64(0.5 + (word >> 11) as f64 / (1_u64 << 53) as f64));
        if child.try_wait().unwrap().is_some() || kills == 100 {
            break child.wait_with_output().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        // A torn record, as a machine without power leaves it.
        if kills % 2 == 0
            && let Ok(mut file) =
                File::options().append(true).open(folder.0.join("killed.parquet.sweep"))
        {
            std::io::Write::write_all(&mut file, &[1, 2, 3]).unwrap();
        }
    };
    assert!((3..100).contains(&kills), "{kills} kills");
    let ended = Ran::from(ended);
    assert_eq!((ended.code, &ended.out), (0, &summary));
    assert_eq!(fs::read(folder.0.join("killed.parquet")).unwrap(), whole);
    let left: Vec<String> =
        folder.files().into_iter().filter(|name| !name.ends_with(".part")).collect();
    assert_eq!(left, ["killed.parquet", "whole.parquet"]);

    let reader = SerializedFileReader::new(File::open(folder.0.join("whole.parquet")).unwrap());
    let rows: Vec<Vec<(String, Field)>> = reader
        .unwrap()
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().into_columns())
        .collect();
    assert_eq!(rows.len(), 6000);
    let capacity = rows[17].iter().find(|(name, _)| name == "site.fra.capacity.kqps").unwrap();
    assert!(matches!(capacity.1, Field::Long(100..=900)), "{capacity:?}");
}

#[test]
fn ctrl_c_stops_behind_a_row_and_the_same_command_goes_on() {
    let folder = Folder::new("sweep-stopped");
    let sweep = ["plan", "sweep", "eight", "--ties", "--rows", "200000", "--out", "a.parquet"];
    let child =
        folder.command(&sweep).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(700));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, &*ran.out), (130, ""));
    assert!(ran.err.contains("the same command goes on from there"), "{}", ran.err);
    assert_eq!(folder.files(), ["a.parquet.sites", "a.parquet.sweep"]);
    // Another question is not mixed with it.
    let other = [&sweep[..], &["--seed", "2"]].concat();
    let error = folder.run(&other).failed(2);
    assert!(error.contains("has begun another sweep: its seed is 1, not 2"), "{error}");
}

#[test]
fn events_of_each_row_are_played_and_measured() {
    let folder = Folder::new("sweep-simulate");
    let sweep = ["plan", "sweep", "frankfurt-fails", "--simulate", "--out", "a.csv"];
    let vary = ["--vary", "event.0.how=bfd,hold-timer", "--rows", "3"];
    folder.run(&[&sweep[..], &vary].concat()).done();
    let rows = folder.get("a.csv");
    assert_eq!(column(&rows, "hurt_max"), ["240.000"; 6]);
    let times: Vec<f64> =
        column(&rows, "failover_max_s").iter().map(|it| it.parse().unwrap()).collect();
    assert!(times[..3].iter().all(|time| *time < 2.0), "{times:?}");
    assert!(times[3..].iter().all(|time| (60.0..200.0).contains(time)), "{times:?}");
    // Each repetition has its own luck, and the first that of the scenario.
    assert!(times[3] != times[4] && times[4] != times[5], "{times:?}");
    let one = folder.run(&["simulate", "frankfurt-fails", "--format", "csv"]).done();
    let failover: f64 = column(&one, "failover_s")[0].parse().unwrap();
    assert!((failover - times[3]).abs() < 0.000_6, "{failover}, {times:?}");
}

#[test]
fn rows_that_do_not_settle_are_rows_all_the_same() {
    let folder = wheel("sweep-wheel");
    let vary = ["--vary", "rules.lp_customer=300,950", "--out", "a.csv"];
    folder.run(&[&["plan", "sweep", "wheel.toml"], &vary[..]].concat()).done();
    let rows = folder.get("a.csv");
    assert_eq!(column(&rows, "settled"), ["0", "1"]);
    assert_eq!(column(&rows, "load_s")[0], "");
}

#[test]
fn mistakes_come_before_the_first_row() {
    let folder = Folder::new("sweep-mistakes");
    let sweep = |args: &[&str]| {
        folder.run(&[&["plan", "sweep", "eight", "--out", "a.parquet"], args].concat()).failed(2)
    };
    for (args, expected) in [
        (&[][..], "nothing varies"),
        (&["--vary", "rules.oldest_rule=none,olde"], "olde"),
        (&["--vary", "site.fra.capcity=1,2"], "capcity"),
        (&["--vary", "seed=1,2"], "seed of its own"),
        (&["--random", "rules.policy_noise=0..2"], "rules.policy_noise=2"),
        (&["--random", "x=3..1"], "wrong way round"),
        (&["--ties", "--missing-links", "1.5"], "share from 0 to 1"),
        (&["--ties", "--plot", "a.parquet"], "no form"),
        (&["--simulate", "--vary", "rules.oldest_rule=none"], "has none"),
    ] {
        let error = sweep(args);
        assert!(error.contains(expected), "{args:?}: {error}");
        assert_eq!(folder.files(), Vec::<String>::new(), "{args:?}");
    }
}

/// A graph without places, in which rows go through a batch by the block.
fn plain(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut links = String::new();
    for asn in 10..200 {
        links.push_str(&format!("{}|{asn}|-1\n{}|{asn}|-1\n", asn / 7, asn / 3 - 1));
    }
    links.push_str("1|2|0\n2|3|0\n3|1|0\n1|4|-1\n2|5|-1\n3|6|-1\n1|7|-1\n2|8|-1\n3|9|-1\n");
    folder.put("rel", links);
    let sites: String = [150, 80, 33, 61]
        .iter()
        .map(|asn| format!("[[site]]\nname=\"s{asn}\"\nasn={asn}\n"))
        .collect();
    folder.put(
        "x.toml",
        format!(
            "format = 1\nname = \"x\"\n[world]\nas_rel = \"rel\"\n[rules]\noldest_rule = \"none\"\n\
             med_deterministic = true\n[service]\nprefixes = [\"192.0.2.0/24\"]\n{sites}"
        ),
    );
    folder
}

#[test]
fn rows_are_the_same_whatever_the_number_of_threads() {
    let folder = plain("sweep-threads");
    let remove = |site: u32| format!("site.s{site}.remove=false,true");
    let removed = [remove(150), remove(80), remove(33)];
    let sets: Vec<&str> = removed.iter().flat_map(|it| ["--vary", it]).collect();
    let capacity = ["--random", "site.s61.capacity.kqps=1..9"];
    let cases: [Vec<&str>; 4] = [
        [&sets[..], &capacity, &["--rows", "50"]].concat(),
        [&["--ties", "--rows", "300"], &sets[..2], &capacity].concat(),
        vec!["--missing-links", "0.1", "--policy-noise", "0.1", "--rows", "300"],
        vec!["--ties", "--missing-links", "0.1", "--extra-links", "0.1", "--rows", "100"],
    ];
    for (case, args) in cases.iter().enumerate() {
        let run = |threads: &str| {
            let sweep = ["plan", "sweep", "x.toml", "--out", "a.csv", "--table", "certainty"];
            let summary = folder.run(&[&sweep[..], &["--threads", threads], args].concat()).done();
            (folder.get("a.csv"), summary)
        };
        let one = run("1");
        assert!(one.0.lines().count() > 100, "case {case}");
        assert!(["2", "7"].iter().all(|threads| run(threads) == one), "case {case}");
    }
}

/// A field of the last row; commas of settings come before it.
fn from_behind<'a>(csv: &'a str, name: &str) -> &'a str {
    let header: Vec<&str> = csv.lines().next().unwrap().rsplit(',').collect();
    let place = header.iter().position(|it| *it == name).unwrap();
    csv.lines().last().unwrap().rsplit(',').nth(place).unwrap()
}

/// The twin: rows that go through a batch, and the scenario solved with the same settings.
#[test]
fn a_row_of_a_block_is_what_solve_says() {
    let folder = plain("sweep-block");
    let settings = [
        ("site.s150.remove", "true"),
        ("site.s80.neighbors", "[{asn=11,prepend=3},{asn=25}]"),
        ("correction.0.link", "{a=33,b=4,state=\"down\"}"),
        ("site.s61.capacity.kqps", "20"),
    ];
    folder.put(
        "y.toml",
        folder.get("x.toml") + "[[correction]]\nlink = { a = 33, b = 10, state = \"down\" }\n",
    );
    for (path, value) in settings {
        let setting = format!("{path}={value}");
        // Twice, so that there are two rows.
        let sweep = ["plan", "sweep", "y.toml", "--rows", "2", "--out", "a.csv", "--vary"];
        folder.run(&[&sweep[..], &[&setting]].concat()).done();
        let rows = folder.get("a.csv");
        let solve = ["solve", "y.toml", "--format", "csv", "--set"];
        let solved = folder.run(&[&solve[..], &[&setting]].concat()).done();
        for site in ["s150", "s80", "s33", "s61"] {
            let landed = column(&solved, "site").iter().filter(|it| **it == site).count();
            let load = from_behind(&rows, &format!("load_{site}"));
            let expected = if path == "site.s150.remove" && site == "s150" {
                String::new()
            } else {
                format!("{landed}.000")
            };
            assert_eq!(load, expected, "{setting}, {site}");
        }
    }
}

#[test]
fn the_first_row_that_fails_ends_it_whatever_the_number_of_threads() {
    let folder = plain("sweep-fails");
    let axes = [
        ["--vary", "site.s61.capacity.kqps=1,2"],
        // Each value is fine alone, and the last of both are not together.
        ["--vary", "rules.lp_customer=300,250"],
        ["--vary", "rules.lp_peer=200,280"],
    ];
    let ends: Vec<(String, u64)> = ["1", "2", "7"]
        .into_iter()
        .map(|threads| {
            let sweep = ["plan", "sweep", "x.toml", "--out", "a.csv", "--rows", "35"];
            let args = [&sweep[..], axes.as_flattened(), &["--threads", threads]].concat();
            let error = folder.run(&args).failed(2);
            let checkpoint = folder.0.join("a.csv.sweep");
            let done = fs::metadata(&checkpoint).unwrap().len();
            fs::remove_file(checkpoint).unwrap();
            (error, done)
        })
        .collect();
    assert!(ends[0].0.contains("rules.lp_customer=250"), "{ends:?}");
    // Rows 0 to 104 are done: 6 + 4 measures of 8 bytes each, and a sum of 4.
    assert!(ends[0].1 > 105 * 84 && ends[0].1 < 105 * 84 + 4000, "{ends:?}");
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
}

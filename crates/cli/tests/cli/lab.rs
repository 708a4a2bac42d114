//! Real BGP daemons against the engines, and what a lab leaves behind: nothing.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Folder, Ran};

/// Whether labs can run here. If not it says so, and where daemons are installed it fails.
fn can_run() -> bool {
    let has_bird = Command::new("bird").arg("--version").output().is_ok();
    let is_root = fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .any(|line| line.split_whitespace().take(3).eq(["Uid:", "0", "0"]));
    if has_bird && is_root {
        return true;
    }
    let what = if has_bird { "a lab needs root" } else { "`bird` is missing" };
    assert!(std::env::var_os("CATCHMENT_DAEMONS").is_none(), "{what}");
    println!("NOT RUN: {what}");
    false
}

const COMPARE: [&str; 6] = ["lab", "compare", "eight", "--daemon", "bird", "--format=csv"];

fn column<'a>(csv: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = csv.lines();
    let head = lines.next().expect("a head");
    let at = head.split(',').position(|column| column == name).expect("it has the column");
    lines.map(|line| line.split(',').nth(at).expect("every row is as long")).collect()
}

/// A scenario in which these sites of `eight` fail and return, one after the other.
fn failures(sites: &[&str]) -> String {
    let events = sites.iter().enumerate().map(|(number, site)| {
        let minute = 10 * number;
        format!(
            "[[event]]\nat = \"{minute}m\"\nfail = \"{site}\"\n\
             [[event]]\nat = \"{}m\"\nrestore = \"{site}\"\n",
            minute + 5
        )
    });
    let head = "format = 1\nname = \"all\"\n[world]\nbuiltin = \"eight\"\n\
                [service]\nprefixes = [\"192.0.2.0/24\"]\n";
    format!("{head}{}", events.collect::<String>())
}

/// Every site of `eight` fails and returns, one after the other.
#[test]
fn bird_agrees_wherever_a_site_of_eight_fails_and_returns() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("lab-eight");
    let sites = ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"];
    folder.put("all.toml", failures(&sites));
    let args = ["lab", "compare", "all.toml", "--daemon", "bird", "--format", "csv"];
    let ran = folder.run(&args);
    assert_eq!(ran.code, 0, "{ran:#?}");
    // The start and 16 events, 56 routers each.
    assert_eq!(column(&ran.out, "agree"), vec!["yes"; 17 * 56]);
    // Not because nothing moved: everybody leaves a site that has failed.
    let (stages, landed) = (column(&ran.out, "stage"), column(&ran.out, "bird"));
    for site in sites {
        let at = |stage: &str| {
            let rows = stages.iter().zip(&landed).filter(|row| *row.0 == stage);
            rows.filter(|row| *row.1 == site).count()
        };
        assert!(at("start") > 1, "{site}");
        assert_eq!(at(&format!("{site} fails (withdraw)")), 0, "{site}");
        assert_eq!(
            at(&format!("{site} returns")),
            at("start"),
            "{site}: BIRD keeps no oldest route"
        );
    }
}

/// When both sites of a region are gone, packets follow the prefix that covers theirs.
#[test]
fn a_covering_prefix_catches_packets_on_bird_too() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("lab-covering");
    let ran = folder.run(&["lab", "compare", "regional-geodns", "--daemon", "bird"]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let rows = column(&ran.out, "stage").len();
    // Five prefixes, the start and four events, 56 routers.
    assert_eq!(rows, 5 * 5 * 56);
}

/// A link is cut, a session shut down; and both come back.
#[test]
fn links_and_sessions_that_are_lost_are_lost_on_bird_too() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("lab-lost");
    for scenario in ["peering-lost-gru", "istanbul-tie"] {
        let ran = folder.run(&["lab", "compare", scenario, "--daemon", "bird"]);
        assert_eq!(ran.code, 0, "{ran:#?}");
        assert_eq!(column(&ran.out, "agree").len(), 3 * 56, "{scenario}");
    }
}

/// The daemons have a say: where the engines are told another rule, they differ.
#[test]
fn a_difference_is_found() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("lab-differs");
    let Ran { code, out, err } = folder.run(&[
        "lab",
        "compare",
        "hello",
        "--daemon",
        "bird",
        "--differences",
        "--format",
        "csv",
    ]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("of 168 answers differ"), "{err}");
    assert!(out.lines().count() > 1 && column(&out, "agree").iter().all(|agree| *agree == "no"));
}

/// Who is killed leaves nothing, whenever it is; and two at once do not meet.
#[test]
fn nothing_is_left_of_labs_that_are_killed() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("lab-killed");
    // Each event takes a second at least, so that no lab ends by itself while we wait for that.
    folder.put("long.toml", failures(&["jfk"; 30]));
    let long = ["lab", "compare", "long.toml", "--daemon", "bird"];
    let mut word = 88_172_645_463_325_252_u64;
    for _ in 0..15 {
        let mut labs: Vec<_> = (0..2)
            .map(|_| {
                let mut command = folder.command(&long);
                command.env(MARK, "1").stdout(Stdio::null()).stderr(Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        // Xorshift (Marsaglia 2003): some time before, in or after the start of the daemons.
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        thread::sleep(Duration::from_millis(word % 1500));
        for lab in &mut labs {
            lab.kill().unwrap();
            let status = lab.wait().unwrap();
            assert_eq!(status.signal(), Some(9), "it was at work");
        }
        let end = Instant::now() + Duration::from_secs(20);
        while !marked().is_empty() {
            assert!(Instant::now() < end, "these outlive their lab: {:?}", marked());
            thread::sleep(Duration::from_millis(10));
        }
    }
    assert_eq!(folder.files(), ["long.toml"]);
    // And the next one is as good as any.
    let ran = folder.run(&COMPARE);
    assert_eq!(ran.code, 0, "{ran:#?}");
}

/// In the environment of labs that are killed, and of all that they start.
const MARK: &str = "CATCHMENT_TEST_KILLED";

/// Processes of this machine that have the mark.
fn marked() -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        // It may be gone by now.
        let Ok(environment) = fs::read(path.join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|word| word.starts_with(MARK.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// What cannot be played is said before anything starts.
#[test]
fn what_a_lab_cannot_do_is_said() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("lab-cannot");
    let ran = folder.run(&["lab", "compare", "tokyo-to-sin", "--daemon", "bird"]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.err.contains("cannot play `AS6453 changes its policy for AS2914`"), "{}", ran.err);
    let ran = folder.run(&["lab", "compare", "internet", "--daemon", "bird"]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.err.contains("more than the 500 that a lab runs"), "{}", ran.err);
    let ran = folder.run(&["lab", "compare", "eigth", "--daemon", "bird"]);
    assert_eq!(ran.code, 2, "{ran:#?}");
}

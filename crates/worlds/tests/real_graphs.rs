//! Worlds from the real relationship files.
//!
//! The data may not be redistributed. Where the environment variable `CATCHMENT_DATA` names its
//! directory these tests run, elsewhere they say that they did not.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use catchment_model::world::{Link, LinkProblemKind};
use catchment_model::{Asn, Relation};
use catchment_worlds::from_data::from_links;
use expect_test::expect;

#[expect(clippy::disallowed_methods, reason = "a test asks where its data is, and reads it")]
#[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
fn links(file: &str) -> Option<Vec<Link>> {
    let path = std::env::var_os("CATCHMENT_DATA")
        .map(|directory| PathBuf::from(directory).join("as-relationships").join(file));
    let Some(path) = path.filter(|path| path.exists()) else {
        eprintln!("NOT RUN: CATCHMENT_DATA is not set or lacks `{file}`");
        return None;
    };
    let text = BufReader::new(bzip2::read::MultiBzDecoder::new(File::open(path).unwrap()));
    let mut links = Vec::new();
    for line in text.lines().map(|line| line.unwrap()).filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('|');
        let mut number = || Asn(fields.next().unwrap().parse().unwrap());
        let (a, b) = (number(), number());
        let relation = match fields.next() {
            Some("-1") => Relation::Customer,
            Some("0") => Relation::Peer,
            Some("1" | "2") => Relation::Sibling,
            _ => panic!("no relationship in `{line}`"),
        };
        links.push(Link { a, b, relation });
    }
    Some(links)
}

#[test]
fn the_graph_of_2026_is_clean() {
    let Some(links) = links("20260401.as-rel2.txt.bz2") else { return };
    let (world, report) = from_links("2026", &links);
    assert_eq!((world.as_count(), world.session_count() / 2), (79_327, 728_153));
    assert_eq!((report.problems.len(), report.cycles.len()), (0, 0));
}

#[test]
fn toposcope_has_duplicates_and_provider_cycles() {
    let Some(links) = links("toposcope-asrel_201806.txt.bz2") else { return };
    let (world, report) = from_links("toposcope", &links);
    let count = |kind| report.problems.iter().filter(|problem| problem.kind == kind).count();
    let mut lengths: Vec<usize> = report.cycles.iter().map(|cycle| cycle.asns.len()).collect();
    lengths.sort_unstable();
    let found = format!(
        "{} links, {} ASes, {} duplicates, {} contradictions\ncycles of {lengths:?}\n",
        links.len(),
        world.as_count(),
        count(LinkProblemKind::Duplicate),
        count(LinkProblemKind::Contradiction),
    );
    expect![[r#"
        287374 links, 61411 ASes, 158 duplicates, 0 contradictions
        cycles of [3, 3, 3, 3, 3, 4, 5, 8, 9, 13]
    "#]]
    .assert_eq(&found);
}

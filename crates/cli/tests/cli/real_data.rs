//! On the real Internet, where its data is at hand.

use std::env;
use std::path::PathBuf;

use crate::Folder;

fn data() -> Option<PathBuf> {
    let found = env::var_os("CATCHMENT_DATA").map(PathBuf::from);
    if found.is_none() {
        println!("NOT RUN: CATCHMENT_DATA is not set");
    }
    found
}

#[test]
fn the_internet_of_2026_is_solved_from_the_archive_and_from_a_world_file() {
    let Some(data) = data() else { return };
    let folder = Folder::new("internet");
    let run = |args: &[&str]| {
        let output = folder.command(args).env("CATCHMENT_DATA", &data).output().unwrap();
        crate::Ran::from(output)
    };
    let from_archive = run(&["solve", "internet-2026"]).done();
    assert_eq!(from_archive.lines().count(), 79_328);
    let archive = data.join("as-relationships/20260401.as-rel2.txt.bz2");
    let archive = archive.to_str().unwrap();
    run(&["world", "build", "--as-rel", archive, "--out", "i.world"]).done();
    let from_world = run(&["solve", "internet-2026", "--set", "world.file=i.world"]).done();
    assert_eq!(from_world, from_archive);
}

#[test]
fn dirty_graphs_are_built_and_their_dirt_is_reported() {
    let Some(data) = data() else { return };
    let folder = Folder::new("toposcope");
    let rel = data.join("as-relationships/toposcope-asrel_201806.txt.bz2");
    let ran =
        folder.run(&["world", "build", "--as-rel", rel.to_str().unwrap(), "--out", "t.world"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("repeat an earlier line"), "{}", ran.err);
    assert!(ran.err.contains("cycles of providers"), "{}", ran.err);
}

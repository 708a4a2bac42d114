//! Real files, read as they were published. They may not be redistributed, so these tests look
//! for them where the environment variable `CATCHMENT_DATA` says, and say loudly when they cannot.

#![expect(clippy::disallowed_methods, reason = "these tests open real files")]
#![expect(clippy::print_stderr, reason = "a test that did not run must say so")]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use catchment_formats::skipped::Reason;
use catchment_formats::{
    airports, as_names, as_rel, cities, compression, ip_ranges, presence, world_file,
};
use catchment_model::{Asn, Relation, World};

/// Opens a file of the data set, or says that the test does not run.
fn open(name: &str) -> Option<Box<dyn BufRead>> {
    let Some(folder) = std::env::var_os("CATCHMENT_DATA") else {
        eprintln!("NOT RUN: CATCHMENT_DATA is not set, so `{name}` was not read");
        return None;
    };
    let path: PathBuf = [PathBuf::from(folder), name.into()].iter().collect();
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(compression::decompress(Box::new(BufReader::new(file))).unwrap())
}

#[test]
fn relationships_of_april_2026() {
    let Some(reader) = open("as-relationships/20260401.as-rel2.txt.bz2") else { return };
    let found = as_rel::read(reader).unwrap();
    assert_eq!(found.links.len(), 728_153);
    assert!(found.skipped.is_empty(), "{}", found.skipped);
    assert!(found.comments.clique.contains(&Asn(174)), "{:?}", found.comments.clique);
    let counted: u64 = found.sources.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, 728_153, "{:?}", found.sources);
    let (world, problems) = World::from_links("R26", &found.links);
    assert!(problems.is_empty());
    assert_eq!(world.as_count(), 79_327);

    let mut bytes = Vec::new();
    world_file::write(&world, &mut bytes).unwrap();
    assert_eq!(world_file::read(&bytes).unwrap(), world);
}

#[test]
fn relationships_of_all_years() {
    for (file, links, peers) in [
        ("20000101.as-rel.txt.bz2", 12_741, 1_314),
        ("20050101.as-rel.txt.bz2", 48_378, 12_610),
        ("20100101.as-rel.txt.bz2", 94_797, 31_737),
        ("20180101.as-rel.txt.bz2", 261_340, 143_637),
        ("20250901.as-rel.txt.bz2", 493_350, 332_184),
    ] {
        let Some(reader) = open(&format!("as-relationships/{file}")) else { return };
        let found = as_rel::read(reader).unwrap();
        assert!(found.skipped.is_empty(), "{file}: {}", found.skipped);
        let peer_count = found.links.iter().filter(|link| link.relation == Relation::Peer).count();
        assert_eq!((found.links.len(), peer_count), (links, peers), "{file}");
        assert!(!found.comments.clique.is_empty(), "{file}");
    }
}

#[test]
fn inferred_relationships_with_duplicates_are_read_and_reported() {
    let Some(reader) = open("as-relationships/toposcope-asrel_201806.txt.bz2") else { return };
    let found = as_rel::read(reader).unwrap();
    let (world, problems) = World::from_links("toposcope", &found.links);
    assert!(world.as_count() > 60_000);
    assert_eq!((found.links.len(), problems.len()), (287_374, 158));
    // Each can be shown with its line and the line that it repeats.
    let line = |position: u32| found.lines[position as usize];
    assert!(problems.iter().all(|problem| line(problem.kept) < line(problem.dropped)));
}

#[test]
fn address_ranges_are_joined() {
    let Some(asns) = open("as-info/ip-location-db-asn-ipv4.csv.zst") else { return };
    let Some(countries) = open("as-info/ip-location-db-asn-country-ipv4.csv.zst") else { return };
    let (asns, skipped) = ip_ranges::read_asns(asns).unwrap();
    // Two ranges of the US Department of Defense do overlap.
    assert!(skipped.count() <= 1 && skipped.count_of(Reason::Overlap) == 1, "{skipped}");
    let (countries, skipped) = ip_ranges::read_countries(countries).unwrap();
    assert!(skipped.is_empty(), "{skipped}");
    let addresses = ip_ranges::addresses_by_asn(&asns);
    let largest = addresses.iter().max_by_key(|(_, count)| **count).unwrap();
    assert_eq!(*largest.0, Asn(749), "the US Department of Defense has the most addresses");
    let joined = ip_ranges::addresses_by_asn_and_country(&asns, &countries);
    let total = |counts: &mut dyn Iterator<Item = u64>| counts.sum::<u64>() as f64;
    let share = total(&mut joined.values().copied()) / total(&mut addresses.values().copied());
    assert!((0.9..=1.0).contains(&share), "{share} of the addresses have a country");
}

#[test]
fn places_are_read() {
    let Some(reader) = open("as-info/igdb-RIPEAtlas_asn_loc.csv.zst") else { return };
    let (found, skipped) = presence::read(reader).unwrap();
    assert!(found.len() > 9_000, "{}", found.len());
    assert!(skipped.count() < 100, "{skipped}");
    let Some(reader) = open("as-info/igdb-PCH_asn_loc.csv.zst") else { return };
    let (found, skipped) = presence::read(reader).unwrap();
    assert!(found.len() > 5_000, "{}", found.len());
    assert!(skipped.count() < 100, "{skipped}");

    let Some(reader) = open("geo/geonames-cities15000.csv.zst") else { return };
    let (found, skipped) = cities::read(reader).unwrap();
    assert_eq!(found[0].name, "Shanghai");
    assert!(found.len() > 20_000 && skipped.is_empty(), "{skipped}");

    let Some(reader) = open("anycast/airportsdata-20260905.csv.zst") else { return };
    let (found, skipped) = airports::read(reader).unwrap();
    let fra = found.iter().find(|airport| airport.iata == "FRA").unwrap();
    assert_eq!((&*fra.country, fra.at.lat.round()), ("DE", 50.0));
    assert!(found.len() > 7_000 && skipped.is_empty(), "{} {skipped}", found.len());
}

#[test]
fn names_are_read() {
    let Some(reader) = open("as-info/asn-name-country-20230228.txt.zst") else { return };
    let (found, skipped) = as_names::read(reader).unwrap();
    let level3 = &found[found.partition_point(|name| name.asn < Asn(3356))];
    assert_eq!((&*level3.name, &*level3.country), ("LEVEL3", "US"));
    assert!(found.len() > 90_000);
    assert_eq!(skipped.count_of(Reason::AsnZero), skipped.count(), "{skipped}");
}

//! Figures that the crate states as facts, derived again from the data they came from.
//!
//! The data may not be redistributed. Where the environment variable `CATCHMENT_DATA` names its
//! directory these tests run, elsewhere they say that they did not.

use catchment_worlds::as_graph::{AsGraph, LinkKind};
use catchment_worlds::cities;
use catchment_worlds::shape::{REAL_2026, REAL_2026_ROUTES, RouteShape, Routes, Shape};
use catchment_worlds::synthetic::{SyntheticSpec, generate};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// The path of a data file, or `None`, loudly, where there is none.
#[expect(clippy::disallowed_methods, reason = "only the environment knows where the data is")]
#[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
fn data(file: &str) -> Option<PathBuf> {
    let path =
        std::env::var_os("CATCHMENT_DATA").map(|directory| PathBuf::from(directory).join(file));
    let path = path.filter(|path| path.exists());
    if path.is_none() {
        eprintln!("NOT RUN: CATCHMENT_DATA is not set or lacks `{file}`");
    }
    path
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data")]
fn open(path: PathBuf) -> File {
    File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// AS numbers, ascending, and the graph of a CAIDA serial-2 file (`a|b|kind|source`).
fn read_relationships(lines: impl BufRead) -> (Vec<u32>, AsGraph) {
    let mut links = Vec::new();
    for line in lines.lines().map(|line| line.unwrap()).filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('|');
        let mut number = || fields.next().unwrap().parse::<u32>().unwrap();
        let (a, b) = (number(), number());
        let kind = match fields.next() {
            Some("-1") => LinkKind::ProviderCustomer,
            Some("0") => LinkKind::Peer,
            _ => panic!("no relationship in `{line}`"),
        };
        links.push((a, b, kind));
    }
    let mut asns: Vec<u32> = links.iter().flat_map(|&(a, b, _)| [a, b]).collect();
    asns.sort_unstable();
    asns.dedup();
    let index = |asn: u32| asns.binary_search(&asn).unwrap() as u32;
    let links: Vec<_> = links.into_iter().map(|(a, b, kind)| (index(a), index(b), kind)).collect();
    let graph = AsGraph::new(asns.len() as u32, &links);
    (asns, graph)
}

#[test]
fn the_real_figures_come_from_the_real_graph() {
    let Some(path) = data("as-relationships/20260401.as-rel2.txt.bz2") else { return };
    let text = BufReader::new(bzip2::read::MultiBzDecoder::new(open(path)));
    let (asns, graph) = read_relationships(text);
    assert_eq!(Shape::measure(&graph), REAL_2026);

    // 57 540 ASes tied and 287 without a route: the figures of an independent program.
    let origins = [16629, 30986, 31242, 9129, 13489, 142271, 4049, 7226]
        .map(|asn: u32| asns.binary_search(&asn).unwrap() as u32);
    let routes = RouteShape::measure(&graph, &origins);
    assert_eq!((routes.tied, routes.as_count - routes.reached()), (57_540, 287));
    assert_eq!(routes.by_length.len(), 15, "the longest path has 15 ASes, its origin included");

    // The same twenty draws on the synthetic Internet give the same picture.
    let twenty = Routes::measure(&graph, 20, 1).unwrap();
    let synthetic = generate(&SyntheticSpec { ases: 80_000, seed: 1 }).unwrap();
    let likewise = Routes::measure(&synthetic.graph(), 20, 1).unwrap();
    let longer = likewise.path_length_mean / twenty.path_length_mean - 1.0;
    assert!(longer.abs() <= 0.10, "{likewise:?}, really {twenty:?}");
    let tied = likewise.tied_share - twenty.tied_share;
    assert!(tied.abs() <= 0.10, "{likewise:?}, really {twenty:?}");

    let routes = Routes::measure(&graph, 200, 1).unwrap();
    assert!(
        (routes.path_length_mean - REAL_2026_ROUTES.path_length_mean).abs() < 0.05,
        "{routes:?}"
    );
    assert!((routes.tied_share - REAL_2026_ROUTES.tied_share).abs() < 0.01, "{routes:?}");
}

/// Operators name sites by these codes, so each must be known and lie where it should.
#[test]
fn the_cities_of_a_large_network_are_known() {
    let Some(path) = data("anycast/cloudflare-colos-20260807.csv") else { return };
    let mut count = 0;
    let mut unknown = Vec::new();
    let mut elsewhere = Vec::new();
    for line in BufReader::new(open(path)).lines().skip(1).map(|line| line.unwrap()) {
        let code = line.split(',').next().unwrap();
        let mut fields = line.rsplit(',').map(str::trim);
        let Some(city) = cities::by_iata(code) else {
            unknown.push(code.to_owned());
            continue;
        };
        // Some lines lack the position.
        let mut degrees = || fields.next().and_then(|field| field.parse::<f64>().ok());
        let (Some(lon), Some(lat)) = (degrees(), degrees()) else { continue };
        let off = (city.lat - lat).abs().max((city.lon - lon).abs());
        if off > 1.0 {
            elsewhere.push(code.to_owned());
        }
        count += 1;
    }
    assert!(count > 300, "{count} cities");
    // Airfields without scheduled flights, an airport of 2025, and a code of the network's own.
    assert_eq!(elsewhere, ["SSA"]);
    assert_eq!(unknown, ["ZDM", "QWJ", "CFC", "JXG"]);
}

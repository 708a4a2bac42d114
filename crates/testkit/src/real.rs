//! The real AS graph of April 2026, where `CATCHMENT_DATA` says it lies. It may not be
//! redistributed, so that tests and benches on it run only where it is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use catchment_formats::{as_rel, compression, presence};
use catchment_model::service::{Capacity, Reach, Site};
use catchment_model::{Asn, Service, World};
use catchment_worlds::from_data::{Presence, PublicData, from_links, join};

/// Finds a file of the data folder. Says loudly on stderr if there is none.
#[expect(clippy::disallowed_methods, reason = "tests on real data are told where it is")]
#[expect(clippy::print_stderr, reason = "a test that does not run must not look as if it did")]
pub fn data_file(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("CATCHMENT_DATA") else {
        eprintln!("NOT RUN: CATCHMENT_DATA is not set, so that `{name}` cannot be found");
        return None;
    };
    Some(PathBuf::from(folder).join(name))
}

/// Reads a relationship file of the data folder into a world.
///
/// # Panics
/// If the file is not as it was.
pub fn as_rel_world(name: &str) -> Option<World> {
    let reader = open(name)?;
    let as_rel = as_rel::read(reader).expect("it is whole");
    Some(from_links(name, &as_rel.links).0)
}

/// The graph of April 2026: 79 327 ASes.
pub fn internet_2026() -> Option<World> {
    as_rel_world("as-relationships/20260401.as-rel2.txt.bz2")
}

/// The graph of April 2026 with places: its 2 000 ASes with the most links have a router in each
/// city where a presence table sees them, all others one router.
pub fn internet_2026_with_places() -> Option<World> {
    let world = internet_2026()?;
    let mut by_links: Vec<u32> = (0..world.as_count() as u32).collect();
    by_links.sort_by_key(|as_index| std::cmp::Reverse(world.sessions(*as_index).len()));
    let mut largest: Vec<Asn> =
        by_links[..2_000].iter().map(|as_index| world.asns[*as_index as usize]).collect();
    largest.sort_unstable();
    let mut presence = Vec::new();
    for table in ["as-info/igdb-PCH_asn_loc.csv.zst", "as-info/igdb-RIPEAtlas_asn_loc.csv.zst"] {
        let (rows, _) = presence::read(open(table)?).expect("it has the columns");
        presence.extend(
            rows.into_iter().filter(|row| largest.binary_search(&row.asn).is_ok()).map(|row| {
                Presence { asn: row.asn, city: row.city, country: row.country, at: row.at }
            }),
        );
    }
    let data = PublicData { presence, ..PublicData::default() };
    Some(join("internet 2026 with places", &world, &data).0)
}

/// Opens a file of the data folder, decompressed.
#[expect(clippy::disallowed_methods, reason = "tests on real data read it")]
pub(crate) fn open(name: &str) -> Option<Box<dyn BufRead>> {
    let path = data_file(name)?;
    let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(compression::decompress(Box::new(BufReader::new(file))).expect("it is readable"))
}

/// Reads a text file of the data folder.
///
/// # Panics
/// If the file is not as it was.
#[expect(clippy::disallowed_methods, reason = "tests on real data read it")]
pub fn text(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(data_file(name)?).expect("it is readable"))
}

/// Reads a list of ASNs, one in a line.
///
/// # Panics
/// If the file is not as it was.
pub fn asn_list(name: &str) -> Option<Vec<Asn>> {
    Some(text(name)?.split_whitespace().map(|asn| asn.parse().expect("an ASN")).collect())
}

/// A service whose sites are whole ASes of the world, named by their numbers.
///
/// # Panics
/// If the world lacks one of them.
pub fn service_of(world: &World, origins: &[Asn]) -> Service {
    let site = |asn: &Asn| {
        let routers = world.routers_of_asn(*asn);
        assert!(!routers.is_empty(), "AS{asn} is not in the world");
        Site {
            name: format!("as{asn}").parse().expect("a site name"),
            asn: *asn,
            router: world.shown_router(routers),
            own_router: false,
            active: true,
            prefixes: vec![0],
            reach: Reach::Everyone,
            announcements: BTreeMap::new(),
            capacity: Capacity::default(),
            region: String::new(),
        }
    };
    Service {
        prefixes: vec!["192.0.2.0/24".parse().expect("a prefix")],
        sites: origins.iter().map(site).collect(),
        roas: Vec::new(),
    }
}

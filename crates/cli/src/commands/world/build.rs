//! `catchment world build`: joins public data into a `.world` file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use catchment_formats::cities::DataError;
use catchment_formats::compression::decompress;
use catchment_formats::skipped::Skipped;
use catchment_formats::{as_names, cities, ip_ranges, presence};
use catchment_worlds::from_data::{
    self, AddressRange, CountryRange, JoinReport, ListedCity, Presence, PublicData,
};
use clap::Args;

use crate::input::world;
use crate::output::Target;
use crate::progress::Progress;
use crate::report::{Failure, note};

/// Build a `.world` file from public data
///
/// Every file may be compressed (bzip2, gzip, zstd). What cannot be used is skipped and reported.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// AS relationships, CAIDA serial-1 or serial-2
    #[arg(long, value_name = "FILE")]
    as_rel: PathBuf,
    /// IPv4 ranges with their AS (`first,last,asn`), for weights and countries
    #[arg(long, value_name = "FILE")]
    ip_asn: Option<PathBuf>,
    /// IPv4 ranges with their country (`first,last,country`)
    #[arg(long, value_name = "FILE")]
    ip_country: Option<PathBuf>,
    /// Cities with population, as GeoNames has them
    #[arg(long, value_name = "FILE")]
    cities: Option<PathBuf>,
    /// Cities in which ASes are present; can be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    presence: Vec<PathBuf>,
    /// Names of ASes (`1:LVLT-1, US`)
    #[arg(long, value_name = "FILE")]
    as_names: Option<PathBuf>,
    /// The `.world` file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, or the world not be written.
pub fn run(args: &BuildArgs) -> Result<(), Failure> {
    let target = Target::new(Some(&args.out))?;
    let tables = [&args.ip_asn, &args.ip_country, &args.cities, &args.as_names];
    let inputs: Vec<&PathBuf> = std::iter::once(&args.as_rel)
        .chain(tables.into_iter().flatten())
        .chain(&args.presence)
        .collect();
    target.spare(&inputs)?;
    let progress = Progress::start("reading");
    let graph = world::read_graph(&args.as_rel, &progress)?;
    let data = read_data(args, &progress)?;
    progress.phase("building");
    let joined = (data != PublicData::default()).then(|| {
        let name = args.out.display().to_string();
        from_data::join(&world::world_name(&name), &graph, &data)
    });
    let (world, report) = match joined {
        Some((world, report)) => (world, Some(report)),
        None => (graph, None),
    };
    progress.phase("writing");
    super::write(&world, &target)?;
    drop(progress);
    if let Some(report) = report {
        note_report(&report, &data);
    }
    super::summary(&world, &args.out);
    Ok(())
}

fn read_data(args: &BuildArgs, progress: &Progress) -> Result<PublicData, Failure> {
    let mut data = PublicData::default();
    if let Some(path) = &args.ip_asn {
        let ranges = read(path, progress, |reader| Ok(ip_ranges::read_asns(reader)?))?;
        let owned = |range: ip_ranges::IpRange<_>| {
            let ip_ranges::IpRange { first, last, of } = range;
            AddressRange { first, last, asn: of }
        };
        data.addresses = ranges.into_iter().map(owned).collect();
    }
    if let Some(path) = &args.ip_country {
        let ranges = read(path, progress, |reader| Ok(ip_ranges::read_countries(reader)?))?;
        let used = |range: ip_ranges::IpRange<ip_ranges::Country>| {
            let country = range.of.as_str().to_owned();
            CountryRange { first: range.first, last: range.last, country }
        };
        data.countries = ranges.into_iter().map(used).collect();
    }
    if let Some(path) = &args.cities {
        let listed = |city: cities::City| {
            let cities::City { name, at, country, population } = city;
            ListedCity { name, country, at, population }
        };
        data.cities = read(path, progress, cities::read)?.into_iter().map(listed).collect();
    }
    for path in &args.presence {
        let seen = |seen: presence::Presence| {
            let presence::Presence { asn, at, city, country } = seen;
            Presence { asn, city, country, at }
        };
        data.presence.extend(read(path, progress, presence::read)?.into_iter().map(seen));
    }
    if let Some(path) = &args.as_names {
        let names = read(path, progress, |reader| Ok(as_names::read(reader)?))?;
        data.names = names.into_iter().map(|name| (name.asn, name.name)).collect();
    }
    Ok(data)
}

/// Reads a file through its compression. One without a single usable line is a wrong file.
///
/// # Errors
/// If it cannot be read, or has nothing in it.
pub fn read<T>(
    path: &Path,
    progress: &Progress,
    parse: impl FnOnce(Box<dyn BufRead>) -> Result<(Vec<T>, Skipped), DataError>,
) -> Result<Vec<T>, Failure> {
    let name = path.display().to_string();
    let opened = || -> io::Result<Box<dyn BufRead>> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        decompress(Box::new(BufReader::with_capacity(1 << 18, progress.reading(file, bytes))))
    };
    let parsed = opened().map_err(DataError::Io).and_then(parse);
    let (found, skipped) = parsed.map_err(|error| match error {
        DataError::Io(error) => Failure::cannot_read(&name, &error),
        other => Failure::bad_input(format!("cannot use `{name}`: {other}")),
    })?;
    if found.is_empty() {
        let failure = Failure::bad_input(format!("`{name}` has nothing of what it should have"));
        return Err(failure.help(skipped.to_string()));
    }
    world::note_skipped(&name, &skipped);
    Ok(found)
}

/// Says how well the tables met, and what of them nobody used.
fn note_report(report: &JoinReport, data: &PublicData) {
    let JoinReport { ases_seen, ases_in_capital, ases_nowhere, .. } = *report;
    note(&format!(
        "places of ASes: {ases_seen} where the presence tables see them, {ases_in_capital} in the \
         largest city of their country, {ases_nowhere} unknown"
    ));
    if !data.addresses.is_empty() {
        note(&format!(
            "weights of ASes: {} have no addresses and so weight 0; {} addresses are of ASes \
             without a link",
            report.ases_without_addresses, report.addresses_unused
        ));
    }
    if !data.presence.is_empty() {
        note(&format!(
            "presences: {}, of which {} are of ASes without a link, {} have impossible \
             coordinates, {} are in no listed city and made one",
            data.presence.len(),
            report.presence_unused,
            report.presence_without_place,
            report.presence_off_list
        ));
    }
}

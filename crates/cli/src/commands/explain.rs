//! `catchment explain`: why an AS lands where it does, and what would move it; or, at a time of
//! the scenario, how it came to be there.

use catchment_dynamics::state::At;
use catchment_formats::table::Format;
use catchment_model::mistake::nearest;
use catchment_model::{Asn, Prefix, World};
use catchment_routing::explain::explain;
use catchment_worlds::Assembled;
use clap::Args;

use super::at::history_at;
use super::solve::{catchments, situation, unsolved};
use crate::input::{ScenarioArgs, world};
use crate::output::OutputArgs;
use crate::progress::Progress;
use crate::report::Failure;

/// Why an AS lands where it does, hop by hop, and which single change would move it
///
/// In the form `table` this is a story; in the others, one row for each candidate on the way, or
/// with `--at` for each best route that the routers on the way tried.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The AS
    #[arg(long = "as", value_name = "ASN", allow_hyphen_values = true)]
    asn: Asn,
    /// Its router in this city [default: the one with the largest weight]
    #[arg(long, value_name = "CITY")]
    city: Option<String>,
    /// The prefix that its packets go to [default: the first of the service]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Prefix>,
    /// Play the scenario up to this time (`30s`, or `start` for the time before the first
    /// announcement), and tell how the AS came to use what it uses then
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    at: Option<At>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// If there is no such AS, city or prefix, no answer, or it cannot be written.
pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let output = args.output.settle()?;
    let progress = Progress::start("reading");
    let loaded = args.scenario.load()?;
    output.spare(&world::inputs_of(&loaded))?;
    let base = world::of_scenario(&loaded, &progress)?;
    progress.phase("building");
    let assembled = loaded.assemble(&base)?;
    let router = router_of(&assembled.world, args.asn, args.city.as_deref())?;
    let prefix = prefix_of(&assembled, args.prefix)?;
    if let Some(at) = args.at {
        let history = history_at(&loaded, &assembled, router, prefix, at, &progress)?;
        progress.phase("writing");
        return match output.format {
            Format::Table => output.text(&history.to_string()),
            _ => output.table(&history.to_table()),
        };
    }
    progress.phase("solving");
    let catchments = catchments(&assembled)?;
    let explanation =
        explain(situation(&assembled), &catchments, router, prefix).map_err(unsolved)?;
    progress.phase("writing");
    match output.format {
        Format::Table => output.text(&explanation.to_string()),
        _ => output.table(&explanation.to_table()),
    }
}

fn router_of(world: &World, asn: Asn, city: Option<&str>) -> Result<u32, Failure> {
    let routers = world.routers_of_asn(asn);
    if routers.is_empty() {
        let given = asn.to_string();
        let near = |other: &&Asn| other.to_string().len().abs_diff(given.len()) <= 1;
        let known: Vec<String> = world.asns.iter().filter(near).map(Asn::to_string).collect();
        let message = format!("the world has no AS{asn}");
        let nearest = nearest(&given, known.iter().map(String::as_str));
        return Err(Failure::bad_input(message)
            .help(nearest.map_or(String::new(), |asn| format!("the nearest number is {asn}"))));
    }
    let Some(city) = city else { return Ok(world.shown_router(routers)) };
    let is_here = |router: &u32| {
        let place = world.place(*router);
        place.is_some_and(|place| {
            place.code.eq_ignore_ascii_case(city) || place.name.eq_ignore_ascii_case(city)
        })
    };
    routers.clone().find(is_here).ok_or_else(|| {
        let codes: Vec<&str> =
            routers.filter_map(|router| Some(&*world.place(router)?.code)).collect();
        let failure = Failure::bad_input(format!("AS{asn} has no router in `{city}`"));
        failure.help(match codes.is_empty() {
            true => "this world does not know where its routers are".to_owned(),
            false => format!("it is in {}", codes.join(", ")),
        })
    })
}

fn prefix_of(assembled: &Assembled, given: Option<Prefix>) -> Result<u16, Failure> {
    let prefixes = &assembled.service.prefixes;
    let Some(given) = given else { return Ok(0) };
    match prefixes.iter().position(|prefix| *prefix == given) {
        Some(position) => Ok(position as u16),
        None => {
            let known: Vec<String> = prefixes.iter().map(|prefix| format!("`{prefix}`")).collect();
            let message = format!("the service has no prefix `{given}`");
            Err(Failure::bad_input(message).help(format!("it has {}", known.join(", "))))
        }
    }
}

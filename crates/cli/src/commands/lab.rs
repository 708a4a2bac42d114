//! `catchment lab`: the scenario on real BGP daemons.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::thread;

use catchment_configs::RouterConfig;
use catchment_configs::network::network_routers;
use catchment_configs::router::Family;
use catchment_configs::site::Ground;
use catchment_dynamics::script::Script;
use catchment_dynamics::state::{At, Moment, Options as MomentOptions};
use catchment_lab::bird;
use catchment_lab::compare::{self, Row, Seen, Verdict};
use catchment_lab::lab::{Act, Lab, LabError};
use catchment_lab::sandbox::{self, NoRoom, Room};
use catchment_lab::table::Used;
use catchment_lab::wiring::Wiring;
use catchment_model::rules::{OldestRule, Overload, VendorProfile};
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::table::Values;
use catchment_model::{Asn, Duration, Table};
use catchment_routing::table::{Options, solve_table};
use catchment_routing::{Catchment, Situation, Unsolved, solve};
use catchment_worlds::{Assembled, schedule};
use clap::{Args, Subcommand};

use super::at::on_stage;
use super::solve::{script, unsolved};
use crate::exit::Exit;
use crate::input::{ScenarioArgs, world};
use crate::output::OutputArgs;
use crate::progress::{Progress, Steps};
use crate::report::{Failure, count, note};

const EXAMPLES: &str = "\
Examples:
  catchment lab compare eight --daemon bird
  catchment lab compare three-cities --daemon bird --format csv";

/// Run a scenario on real BGP daemons in network namespaces
#[derive(Debug, Subcommand)]
pub enum LabCommand {
    Compare(CompareArgs),
}

/// Lay side by side what `solve`, `simulate` and real daemons say: one row per router
///
/// Every router of the scenario runs a daemon in a network namespace of its own. The events are
/// played one by one, each until all tables are at rest. Nothing can leave the machine, and nothing
/// stays behind. Needs root.
///
/// Columns: `stage` (`start`, or the event that was played), the router, its site and its AS path
/// by each of the three, and `agree`: `yes`, `no`, or `history` where `simulate` and the daemons
/// agree on an older route, which `solve` knows nothing of.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The routers' software
    #[arg(long, value_name = "DAEMON", value_parser = ["bird"])]
    daemon: String,
    /// Show only routers where the three differ
    #[arg(long)]
    differences: bool,
    /// We are inside the namespaces
    #[arg(long, hide = true)]
    inside: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Between two looks whether the lab has ended.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Runs the command.
///
/// # Errors
/// If the scenario has mistakes, this machine does not let us, or the answers differ.
pub fn run(command: &LabCommand) -> Result<(), Failure> {
    match command {
        LabCommand::Compare(args) if args.inside => compare(args),
        LabCommand::Compare(args) => {
            // What is wrong with the input should not need rights to be told.
            args.output.settle()?;
            args.scenario.load()?;
            if !bird::is_installed() {
                return Err(Failure::new(Exit::Environment, "there is no program `bird`")
                    .help("install BIRD 2, on Debian with `apt-get install bird2`"));
            }
            enter()
        }
    }
}

/// Runs this command again in namespaces of its own, and ends as it does.
fn enter() -> Result<(), Failure> {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    arguments.push("--inside".into());
    let mut room = Room::open(&arguments).map_err(no_room)?;
    loop {
        match room.ended() {
            Ok(None) => thread::sleep(PAUSE),
            Ok(Some(status)) => std::process::exit(i32::from(sandbox::exit_code(status))),
            Err(error) => {
                let what = format!("the lab cannot be watched: {error}");
                return Err(Failure::new(Exit::Environment, what));
            }
        }
    }
}

fn no_room(error: NoRoom) -> Failure {
    Failure::new(Exit::Environment, error.to_string())
        .help("a lab makes namespaces for processes and networks: run it as root")
}

/// The comparison, inside the namespaces.
fn compare(args: &CompareArgs) -> Result<(), Failure> {
    let folder = sandbox::furnish().map_err(no_room)?;
    let output = args.output.settle()?;
    let progress = Progress::start("reading");
    let loaded = args.scenario.load()?;
    let base = world::of_scenario(&loaded, &progress)?;
    progress.phase("building");
    let mut assembled = loaded.assemble(&base)?;
    for replaced in as_daemon(&mut assembled) {
        note(&replaced);
    }
    let mut schedule =
        schedule(&assembled, &loaded.scenario).map_err(|mistakes| loaded.mistakes(mistakes))?;
    schedule.iter_mut().for_each(at_rest);
    let acts = schedule.iter().map(|occurrence| acts(&assembled, occurrence));
    let acts = acts.collect::<Result<Vec<Vec<Act>>, Failure>>()?;
    let family = Family::of(&assembled.service.prefixes[0]);
    if assembled.service.prefixes.iter().any(|prefix| Family::of(prefix) != family) {
        return Err(Failure::bad_input("the service has prefixes of IPv4 and of IPv6")
            .help("a lab runs one address family: leave the other out"));
    }
    let wiring = Wiring::new(&assembled.world).map_err(|error| {
        Failure::bad_input(error.to_string()).help("a lab takes small worlds, such as `eight`")
    })?;
    let routers = routers(&assembled, &wiring, family)?;
    let remarks: BTreeSet<&String> = routers.iter().flat_map(|router| &router.remarks).collect();
    remarks.into_iter().for_each(|remark| note(remark));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Failure::new(Exit::Environment, format!("no event loop: {error}")))?;
    let tables = runtime.block_on(play(&wiring, family, &routers, &acts, &folder, &progress))?;

    // Events an hour apart, so that each comes to rest, as in the lab.
    let apart = |number: usize| Duration::from_s(3600 * number as i64);
    let spaced: Vec<Occurrence> = (1..)
        .zip(schedule)
        .map(|(number, occurrence)| Occurrence { at: apart(number), ..occurrence })
        .collect();
    let mut rows = Vec::new();
    for (number, tables) in tables.iter().enumerate() {
        let script = script(&loaded.scenario, &assembled, &spaced[..number]);
        let at = Duration { us: apart(number + 1).us - 1 };
        let at = At::Time(if number == 0 { Duration::from_s(0) } else { at });
        let stage = spaced[..number].last().map_or("start", |occurrence| &*occurrence.label);
        let seen = stage_rows(&script, at, &wiring, tables, &progress)?;
        rows.extend(seen.into_iter().map(|(prefix, row)| Line { stage, prefix, row }));
    }
    drop(progress);
    let differing = rows.iter().filter(|line| line.row.verdict == Verdict::Differs).count();
    let all = rows.len();
    if args.differences {
        rows.retain(|line| line.row.verdict != Verdict::Agrees);
    }
    output.table(&table(&assembled, &rows))?;
    if differing > 0 {
        let what = format!("{differing} of {all} answers differ");
        return Err(Failure::new(Exit::No, what).help("rows with `agree` = `no` say which"));
    }
    note(&format!("all {} agree", count(all as u64, "answer", "answers")));
    Ok(())
}

/// The tables of the daemons at the start and after each event, all of them at rest.
async fn play(
    wiring: &Wiring,
    family: Family,
    routers: &[RouterConfig],
    acts: &[Vec<Act>],
    folder: &Path,
    progress: &Progress,
) -> Result<Vec<Vec<Vec<Used>>>, Failure> {
    let mut steps: Option<(&str, Steps)> = None;
    let mut watch = |phase: &'static str, done, total| {
        if steps.as_ref().is_none_or(|(shown, _)| *shown != phase) {
            steps = Some((phase, progress.counting(phase)));
        }
        if let Some((_, steps)) = &steps {
            steps.tell(done, total);
        }
    };
    let failed = |error: LabError| Failure::new(Exit::Environment, error.to_string());
    let mut lab = Lab::start(wiring, family, routers, folder, &mut watch).await.map_err(failed)?;
    let mut tables = vec![lab.settle(&mut watch).await.map_err(failed)?];
    for acts in acts {
        for act in acts {
            lab.act(act).await.map_err(failed)?;
        }
        tables.push(lab.settle(&mut watch).await.map_err(failed)?);
    }
    Ok(tables)
}

/// Makes a withdrawal of every failure that ends as one: the neighbors have the same tables at
/// rest, however they noticed.
fn at_rest(occurrence: &mut Occurrence) {
    if let Deed::Fail { how, .. } = &mut occurrence.deed
        && !matches!(how, FailureKind::Withdraw | FailureKind::Silent)
    {
        *how = FailureKind::Withdraw;
        note(&format!(
            "`{}` is played as a withdrawal by all three: tables at rest do not depend on how \
             neighbors notice",
            occurrence.label
        ));
    }
}

/// What is done to the daemons for an event.
fn acts(assembled: &Assembled, occurrence: &Occurrence) -> Result<Vec<Act>, Failure> {
    let router = |site: u32| assembled.service.sites[site as usize].router;
    let label = &occurrence.label;
    match &occurrence.deed {
        Deed::Fail { site, how: FailureKind::Withdraw } => {
            return Ok(vec![Act::Announce { router: router(*site), on: false }]);
        }
        Deed::Restore { site } => {
            return Ok(vec![Act::Announce { router: router(*site), on: true }]);
        }
        Deed::Link { pairs, up, wire } => {
            let act = |ends: &(u32, u32)| match *wire {
                true => Act::Link { ends: *ends, up: *up },
                false => Act::Session { ends: *ends, up: *up },
            };
            return Ok(pairs.iter().map(act).collect());
        }
        _ => {}
    }
    Err(Failure::bad_input(format!("the lab cannot play `{label}`")).help(
        "it plays sites that withdraw and come back, and links and sessions that go down and come \
         up: leave the other events out",
    ))
}

/// One stage, by prefix and router.
fn stage_rows(
    script: &Script<'_>,
    at: At,
    wiring: &Wiring,
    tables: &[Vec<Used>],
    progress: &Progress,
) -> Result<Vec<(u16, Row)>, Failure> {
    let Situation { world, service, .. } = script.situation;
    on_stage(script, progress, |script, adjacency, watch| {
        let moment = Moment::reach(script, adjacency, at, watch)?;
        let options = MomentOptions { routers: true, ..MomentOptions::default() };
        let played = moment.table(options);
        let situation = moment.course(0).situation();
        let solved = (0..service.prefixes.len() as u16).map(|prefix| solve(situation, prefix));
        let solved = solved.collect::<Result<Vec<Catchment>, Unsolved>>().map_err(unsolved);
        let options = Options { routers: true, ..Options::default() };
        let rows = solved.map(|solved| {
            let solved = solve_table(situation, &solved, options);
            let mut rows = Vec::new();
            for (number, prefix) in (0..).zip(&service.prefixes) {
                let daemons = compare::followed(world, service, wiring, tables, *prefix);
                let solve = compare::told(&solved, service, number);
                let simulate = compare::told(&played, service, number);
                let of_prefix = compare::rows(&solve, &simulate, &daemons);
                rows.extend(of_prefix.into_iter().map(|row| (number, row)));
            }
            rows
        });
        Ok(rows)
    })?
}

/// A row of the table.
struct Line<'a> {
    stage: &'a str,
    prefix: u16,
    row: Row,
}

/// Gives all routers the defaults of the daemon, as the daemon has no other; returns in words what
/// that replaced.
fn as_daemon(assembled: &mut Assembled) -> Vec<String> {
    let rules = &mut assembled.rules;
    let mut replaced = Vec::new();
    if rules.vendor_profile.replace(VendorProfile::Bird) != Some(VendorProfile::Bird) {
        replaced.push("all routers have the defaults of BIRD in `simulate` too".to_owned());
    }
    if let Some(rule) = rules.oldest_rule.take()
        && rule != OldestRule::None
    {
        replaced.push(format!("`oldest_rule` = `{rule}` is left out: BIRD knows no oldest route"));
    }
    if rules.overload != Overload::Absorb {
        rules.overload = Overload::Absorb;
        replaced.push("no site withdraws because of its load: the lab carries none".to_owned());
    }
    if rules.med_deterministic.take().is_some() {
        replaced.push("`med_deterministic` is as BIRD has it".to_owned());
    }
    replaced
}

/// What each router is told.
fn routers(
    assembled: &Assembled,
    wiring: &Wiring,
    family: Family,
) -> Result<Vec<RouterConfig>, Failure> {
    let Assembled { world, overlay, service, rules, .. } = assembled;
    let pair = |router: u32, other: u32| {
        let address = |a, b| wiring.address(a, b, family).expect("neighbors have a link");
        (address(router, other), address(other, router))
    };
    let mut link =
        |session| pair(world.router_of_session(session), world.neighbors[session as usize]);
    let ground = Ground { world, overlay, service, rules };
    network_routers(ground, &mut link, &mut |a, b| pair(a, b))
        .map_err(|error| Failure::bad_input(error.to_string()))
}

fn table(assembled: &Assembled, lines: &[Line<'_>]) -> Table {
    let Assembled { world, service, .. } = assembled;
    let texts = |of: &dyn Fn(&Line<'_>) -> Option<String>| {
        let texts: Vec<Option<String>> = lines.iter().map(of).collect();
        Values::from_texts(texts.iter().map(Option::as_deref))
    };
    let mut table = Table::default();
    table.push("stage", "", texts(&|line| Some(line.stage.to_owned())));
    let asns = lines.iter().map(|line| Some(i64::from(world.asn_of(line.row.router).0)));
    table.push("asn", "", Values::Integer(asns.collect()));
    let city = |line: &Line<'_>| world.place(line.row.router).map(|place| place.code.clone());
    table.push("city", "", texts(&city));
    if service.prefixes.len() > 1 {
        let prefix = |line: &Line<'_>| service.prefixes[usize::from(line.prefix)].to_string();
        table.push("prefix", "", texts(&|line| Some(prefix(line))));
    }
    type Of = fn(&Row) -> &Option<Seen>;
    let all: [(&str, Of); 3] = [
        ("solve", |row| &row.solve),
        ("simulate", |row| &row.simulate),
        ("bird", |row| &row.daemon),
    ];
    for (name, of) in all {
        let site = |line: &Line<'_>| of(&line.row).as_ref().map(|seen| seen.site.clone());
        table.push(name, "", texts(&site));
    }
    for (name, of) in all {
        let path = |line: &Line<'_>| {
            let asns = of(&line.row).as_ref()?.path.iter().map(Asn::to_string);
            Some(asns.collect::<Vec<_>>().join(" "))
        };
        table.push(format!("{name}_path"), "", texts(&path));
    }
    table.push("agree", "", texts(&|line| Some(line.row.verdict.word().to_owned())));
    table
}

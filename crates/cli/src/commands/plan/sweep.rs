//! `catchment plan sweep`: many scenarios that differ in a few settings.
//!
//! `planner` says which settings row `i` has and what it is measured by. Here is what needs files,
//! worlds and threads: a [`Bench`] lays the settings over the scenario and joins it with its world,
//! [`crew`] has several of them at work, and [`checkpoint`] keeps what is done.

mod bench;
mod checkpoint;
mod crew;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use catchment_formats::scenario::write_json;
use catchment_formats::table::{Format, ParquetRows};
use catchment_model::rng::mix;
use catchment_model::{Scenario, World};
use catchment_planner::sweep::certainty::Certainty;
use catchment_planner::sweep::lanes::{Ground, loosest};
use catchment_planner::sweep::measure::{Measure, measures};
use catchment_planner::sweep::summary::Summary;
use catchment_planner::sweep::{Axis, Draw, Question};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};

use self::bench::{Bench, Library, Measured, Shared};
use self::checkpoint::Checkpoint;
use super::answer::{AnswerArgs, end};
use super::{Ready, unplanned};
use crate::input::{Loaded, ScenarioArgs, world};
use crate::output::{Output, OutputArgs, Target, shown};
use crate::progress::Progress;
use crate::report::{Failure, count, note};
use crate::signals;

/// Rows of a point where something is drawn, if nobody says.
const DRAWN_ROWS: u64 = 100;
/// Rows of a Parquet file that are written at once.
const GROUP_ROWS: u64 = 1 << 16;
/// Counts are kept so often, but never so often that it takes more than a twentieth of the time.
const KEPT_EVERY: Duration = Duration::from_millis(200);
/// Threads, if nobody says: each has memory of its own, in a large world some 50 MB.
const THREADS_MAX: usize = 8;

/// Many scenarios that differ in a few settings: a grid, a sample, tossed ties, lost links
///
/// Each row has its settings, its seed and its measures: load of each site, round trips, what is
/// not served, and with --simulate what the events did. Rows go to --out; quantiles over them, and
/// how sure it is where each network lands, to the standard output. A sweep that was stopped goes
/// on with the same command.
#[derive(Debug, Args)]
pub struct SweepArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Values of a setting, as `rules.policy_noise=0,0.1,0.2`; repeated, all combinations
    #[arg(long, value_name = "PATH=V1,V2", value_parser = Axis::parse)]
    vary: Vec<Axis>,
    /// Draw a setting for each row, from `PATH=LOW..HIGH` or `PATH=V1,V2`; can be repeated
    #[arg(long, value_name = "PATH=LOW..HIGH", value_parser = Draw::parse)]
    random: Vec<Draw>,
    /// Rows for each combination of --vary [default: 100 if something is drawn, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rows: Option<u64>,
    /// Let every router toss a fair coin between routes that tie (in the steady state)
    #[arg(long, conflicts_with = "simulate")]
    ties: bool,
    /// Lose this share of the links between networks, others in each row
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    missing_links: f64,
    /// Add peer links that the data may miss, as a share of those it has
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    extra_links: f64,
    /// Give this share of the networks preferences of their own, others in each row
    #[arg(long, value_name = "SHARE", value_parser = share)]
    policy_noise: Option<f64>,
    /// Play the events of the scenario in each row, and measure what they did
    #[arg(long)]
    simulate: bool,
    /// How many threads make rows; they are the same [default: one for each core, 8 at most]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// The file of the rows: by its name Parquet, CSV, JSON or text. What is done is kept beside it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Form of the summary on the standard output [default: a text on a terminal; else CSV]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    format: Option<Format>,
    /// Which table of the summary to write: `quantiles` or `certainty`
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Draw the summary as SVG or PNG
    #[arg(long, value_name = "FILE.svg|.png")]
    plot: Option<PathBuf>,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::NAMES.map(|(name, _)| name))
        .map(|name| name.parse().expect("clap let only names of formats through"))
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "write a share from 0 to 1".to_owned())
}

/// Whether somebody pressed Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Runs the command.
///
/// # Errors
/// If a row has no answer, or nothing can be written.
pub fn run(args: &SweepArgs) -> Result<(), Failure> {
    let rows_out = OutputArgs { format: None, out: Some(args.out.clone()) }.settle()?;
    if !matches!(rows_out.target(), Target::File(..)) {
        let message = format!("cannot write rows to {}", shown(&args.out));
        return Err(Failure::bad_input(message)
            .help("name a file: what is done of a sweep is kept beside it"));
    }
    let summary_out = AnswerArgs {
        table: args.table.clone(),
        plot: args.plot.clone(),
        output: OutputArgs { format: args.format, out: None },
    };
    let outlet = summary_out.settle()?;
    if let Some(name) = outlet.targets().find_map(|it| it.clash(rows_out.target())) {
        let message = format!("cannot write {name} twice");
        return Err(Failure::bad_input(message).help("give `--out` and `--plot` two names"));
    }
    let progress = Progress::start("reading");
    let loaded = args.scenario.load()?;
    let inputs = world::inputs_of(&loaded);
    rows_out.spare(&inputs)?;
    outlet.spare(&inputs)?;
    let question = question(args, &loaded);
    question.check().map_err(unplanned)?;
    if args.simulate && loaded.scenario.events.is_empty() {
        return Err(Failure::bad_input("`--simulate` plays events, and the scenario has none")
            .help("give it an `[[event]]`, or leave `--simulate` out"));
    }
    let base = world::of_scenario(&loaded, &progress)?;
    progress.phase("building");
    // Says what the assembler has to say, once.
    let ready = Ready::quiet(&loaded, &base)?;
    let brief = ready.brief()?;
    let mut certainty = Certainty::new(&brief);
    let library = Library::new(&loaded, base);
    let columns = bench::columns(&question, &library, &progress)?;
    let measures = measures(&columns, args.simulate);
    let asked = asked(args, &question, &library, &measures);
    let mut checkpoint = Checkpoint::open(&args.out, &asked, measures.len())?;
    let service = loosest(brief.service());
    let shared = Shared {
        question: &question,
        library: &library,
        simulate: args.simulate,
        columns: &columns,
        measures: &measures,
        followed: certainty.clone(),
        ground: if args.simulate || args.ties { None } else { Ground::new(&brief, &service) },
    };
    resume(&mut checkpoint, &mut certainty)?;
    let done = checkpoint.rows();
    if done > 0 {
        let rows = count(question.rows(), "row", "rows");
        note(&format!("going on behind row {done} of {rows}"));
    }
    sweep(args, &shared, &mut checkpoint, &mut certainty, &progress)?;
    progress.phase("writing");
    write_rows(&rows_out, &question, &measures, &checkpoint)?;
    let summary =
        Summary::read(&question, columns.clone(), measures.clone(), certainty, |place| {
            checkpoint.column(place)
        })?;
    let answer = summary.answer(&question);
    outlet.write(&answer, &loaded.scenario.name)?;
    // Last: whoever could not write the summary can ask again without doing it again.
    checkpoint.remove();
    drop(progress);
    end(&answer)
}

fn question(args: &SweepArgs, loaded: &Loaded) -> Question {
    let mut question = Question {
        axes: args.vary.clone(),
        draws: args.random.clone(),
        repeats: 1,
        seed: loaded.scenario.seed,
        ties: args.ties,
        missing_links: args.missing_links,
        extra_links: args.extra_links,
        policy_noise: args.policy_noise,
    };
    let default = if question.is_drawn() { DRAWN_ROWS } else { 1 };
    question.repeats = args.rows.unwrap_or(default);
    question
}

/// Everything that can change a row, for the first line of the checkpoint.
fn asked(
    args: &SweepArgs,
    question: &Question,
    library: &Library<'_>,
    measures: &[Measure],
) -> Value {
    let axis = |axis: &Axis| format!("{}={}", axis.path, axis.values.join(","));
    let worlds = library.worlds();
    let worlds: Vec<String> =
        worlds.iter().map(|base| format!("{:016x}", digest(&base.world))).collect();
    // The seed is told apart from the rest, so that a message can name it.
    let scenario = Scenario { seed: 1, ..library.loaded().scenario.clone() };
    json!({
        "sweep": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "seed": question.seed,
        "rows": question.repeats,
        "vary": question.axes.iter().map(axis).collect::<Vec<_>>(),
        "random": question.draws.iter().map(|draw| format!("{draw:?}")).collect::<Vec<_>>(),
        "ties": question.ties,
        "missing-links": question.missing_links,
        "extra-links": question.extra_links,
        "policy-noise": question.policy_noise,
        "simulate": args.simulate,
        "worlds": worlds,
        "scenario": write_json(&scenario),
        "measures": measures.iter().map(|it| it.name.to_string()).collect::<Vec<_>>(),
    })
}

/// A number that tells worlds apart: of sessions, places and demand.
fn digest(world: &World) -> u64 {
    let numbers = [&world.router_as, &world.router_places, &world.router_ids, &world.rows];
    let numbers = numbers.into_iter().chain([&world.neighbors]).flatten().map(|it| u64::from(*it));
    let weights = world.weights.iter().chain(world.clients.iter().map(|client| &client.weight));
    let asns = world.asns.iter().map(|asn| u64::from(asn.0));
    let places = world.places.iter().flat_map(|place| [place.at.lat, place.at.lon]);
    numbers
        .chain(asns)
        .chain(weights.copied().chain(places).map(f64::to_bits))
        .fold(0, |sum, word| mix(sum ^ word).wrapping_add(catchment_model::rng::GOLDEN_GAMMA))
}

/// Goes back to the last row up to which both files say what happened.
fn resume(checkpoint: &mut Checkpoint, certainty: &mut Certainty) -> Result<(), Failure> {
    let counts = checkpoint.counts().filter(|counts| counts.rows <= checkpoint.rows());
    let restored = counts.filter(|counts| certainty.restore(&counts.bytes).is_some());
    checkpoint.truncate(restored.map_or(0, |counts| counts.rows))
}

fn sweep(
    args: &SweepArgs,
    shared: &Shared<'_, '_>,
    checkpoint: &mut Checkpoint,
    certainty: &mut Certainty,
    progress: &Progress,
) -> Result<(), Failure> {
    signals::instead(|| STOP.store(true, Relaxed));
    let (first, rows) = (checkpoint.rows(), shared.question.rows());
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = args.threads.unwrap_or(cores.min(NonZeroUsize::new(THREADS_MAX).expect("8")));
    let threads = threads.get().min((rows - first).max(1).try_into().unwrap_or(usize::MAX));
    let steps = progress.counting("sweeping");
    let (mut kept_at, mut pause) = (Instant::now(), KEPT_EVERY);
    let ledger = RefCell::new((checkpoint, certainty));
    let look_up = |next: u64| {
        steps.tell(next - first, rows - first);
        let stop = STOP.load(Relaxed);
        if stop || kept_at.elapsed() > pause {
            let started = Instant::now();
            let (checkpoint, certainty) = &mut *ledger.borrow_mut();
            checkpoint.keep_counts(&certainty.to_bytes())?;
            kept_at = Instant::now();
            pause = KEPT_EVERY.max(20 * started.elapsed());
        }
        if stop {
            let rows = count(rows, "row", "rows");
            note(&format!("stopped behind {next} of {rows}; the same command goes on from there"));
            signals::end();
        }
        Ok(())
    };
    let take = |_, row: Result<Measured, Failure>| {
        let Measured { values, landed } = row?;
        let (checkpoint, certainty) = &mut *ledger.borrow_mut();
        checkpoint.append(&values)?;
        certainty.add(&landed);
        Ok(())
    };
    let maker = || {
        let mut bench = Bench::new(shared);
        move |rows| bench.rows(rows)
    };
    crew::in_order(threads, first..rows, maker, look_up, take)?;
    let (checkpoint, certainty) = ledger.into_inner();
    checkpoint.keep_counts(&certainty.to_bytes())
}

fn write_rows(
    output: &Output,
    question: &Question,
    measures: &[Measure],
    checkpoint: &Checkpoint,
) -> Result<(), Failure> {
    if output.format != Format::Parquet {
        let values = checkpoint.read(0, question.rows())?;
        return output.table(&question.table(0, measures, &values));
    }
    let mut failure = None;
    let written = output.target().write(|out| {
        let mut file = ParquetRows::new(&question.table(0, measures, &[]), out)?;
        for first in (0..question.rows()).step_by(GROUP_ROWS as usize) {
            match checkpoint.read(first, GROUP_ROWS) {
                Ok(values) => file.push(&question.table(first, measures, &values))?,
                Err(error) => {
                    failure = Some(error);
                    return Err(std::io::ErrorKind::Other.into());
                }
            }
        }
        file.finish()
    });
    match failure {
        Some(failure) => Err(failure),
        None => written,
    }
}

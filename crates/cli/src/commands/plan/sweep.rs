//! `catchment plan sweep`: many scenarios that differ in a few settings.
//!
//! `planner` says which settings row `i` has and what it is measured by. Here is what needs files
//! and worlds: a [`Bench`] lays the settings over the scenario and joins it with its world, and
//! [`checkpoint`] keeps what is done.

mod checkpoint;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use catchment_dynamics::Outcome;
use catchment_dynamics::play::{Unfinished, Watch, play};
use catchment_dynamics::script::Script;
use catchment_formats::scenario::{with_overrides, write_json};
use catchment_formats::table::{Format, ParquetRows};
use catchment_model::rng::mix;
use catchment_model::scenario::WorldSource;
use catchment_model::{Overlay, Scenario, World};
use catchment_planner::sweep::certainty::{Certainty, Landing};
use catchment_planner::sweep::disturb::{extra_links, lose_links};
use catchment_planner::sweep::measure::{self, Measure, drawn, measures};
use catchment_planner::sweep::summary::Summary;
use catchment_planner::sweep::{Axis, Draw, Question, Row};
use catchment_planner::{Brief, Oracle, Unplanned};
use catchment_routing::Unsolved;
use catchment_worlds::{Assembled, BaseWorld, assemble, schedule};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};

use self::checkpoint::Checkpoint;
use super::answer::{AnswerArgs, end};
use super::{Ready, script_of, unplanned};
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
    let mut certainty = Certainty::new(&ready.brief()?);
    drop(ready);
    let mut bench = Bench::new(args, &question, &loaded, base, &progress)?;
    let sites = bench.sites()?;
    let measures = measures(&sites, args.simulate);
    let asked = asked(args, &question, &bench, &measures);
    let mut checkpoint = Checkpoint::open(&args.out, &asked, measures.len())?;
    resume(&mut checkpoint, &mut certainty)?;
    let done = checkpoint.rows();
    if done > 0 {
        let rows = count(question.rows(), "row", "rows");
        note(&format!("going on behind row {done} of {rows}"));
    }
    sweep(&question, &mut bench, &mut checkpoint, &mut certainty, &sites, &measures, &progress)?;
    progress.phase("writing");
    write_rows(&rows_out, &question, &measures, &checkpoint)?;
    let summary =
        Summary::read(&question, sites, measures, certainty, |place| checkpoint.column(place))?;
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
fn asked(args: &SweepArgs, question: &Question, bench: &Bench<'_>, measures: &[Measure]) -> Value {
    let axis = |axis: &Axis| format!("{}={}", axis.path, axis.values.join(","));
    let worlds: Vec<String> =
        bench.worlds.iter().map(|(_, base)| format!("{:016x}", digest(&base.world))).collect();
    // The seed is told apart from the rest, so that a message can name it.
    let scenario = Scenario { seed: 1, ..bench.loaded.scenario.clone() };
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
    question: &Question,
    bench: &mut Bench<'_>,
    checkpoint: &mut Checkpoint,
    certainty: &mut Certainty,
    sites: &[String],
    measures: &[Measure],
    progress: &Progress,
) -> Result<(), Failure> {
    signals::instead(|| STOP.store(true, Relaxed));
    let (first, rows) = (checkpoint.rows(), question.rows());
    let steps = progress.counting("sweeping");
    let (mut kept_at, mut pause) = (Instant::now(), KEPT_EVERY);
    for index in first..rows {
        steps.tell(index - first, rows - first);
        let stop = STOP.load(Relaxed);
        if stop || kept_at.elapsed() > pause {
            let started = Instant::now();
            checkpoint.keep_counts(&certainty.to_bytes())?;
            kept_at = Instant::now();
            pause = KEPT_EVERY.max(20 * started.elapsed());
        }
        if stop {
            let rows = count(rows, "row", "rows");
            note(&format!("stopped behind {index} of {rows}; the same command goes on from there"));
            signals::end();
        }
        let row = question.row(index);
        let Measured { values, landings } = bench.row(&row, certainty, sites, measures)?;
        checkpoint.append(&values)?;
        certainty.add(&landings);
    }
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

/// Where rows are made and measured.
struct Bench<'a> {
    question: &'a Question,
    loaded: &'a Loaded,
    simulate: bool,
    /// Worlds that were read, by what names them.
    worlds: Vec<(WorldSource, BaseWorld)>,
    /// The last row's scenario, for one with the same settings.
    last: Option<Prepared>,
    progress: &'a Progress,
}

/// What a row came to.
struct Measured {
    values: Vec<f64>,
    landings: Vec<Landing>,
}

/// Settings, laid over the scenario and joined with its world.
struct Prepared {
    settings: Vec<(String, String)>,
    scenario: Scenario,
    assembled: Assembled,
    /// The overlay before links were lost.
    overlay: Overlay,
}

impl<'a> Bench<'a> {
    fn new(
        args: &SweepArgs,
        question: &'a Question,
        loaded: &'a Loaded,
        base: BaseWorld,
        progress: &'a Progress,
    ) -> Result<Bench<'a>, Failure> {
        let worlds = vec![(loaded.scenario.world.clone(), base)];
        Ok(Bench { question, loaded, simulate: args.simulate, worlds, last: None, progress })
    }

    /// Names of all sites that rows can have: those of the scenario, and of each value alone. Its
    /// mistakes come here, before the first row.
    fn sites(&mut self) -> Result<Vec<String>, Failure> {
        let mut sites: Vec<String> = Vec::new();
        let alone = self.question.samples().into_iter().map(|setting| vec![setting]);
        let all: Vec<Vec<(String, String)>> = std::iter::once(Vec::new()).chain(alone).collect();
        for settings in all {
            let prepared = self.prepare(&settings, self.question.seed)?;
            for site in &prepared.assembled.service.sites {
                let name = site.name.to_string();
                if !sites.contains(&name) {
                    sites.push(name);
                }
            }
        }
        Ok(sites)
    }

    fn prepare(&mut self, settings: &[(String, String)], seed: u64) -> Result<Prepared, Failure> {
        let options = || {
            let text = settings.iter().map(|(path, value)| format!("`{path}={value}`"));
            text.collect::<Vec<_>>().join(", ")
        };
        let with = |mut failure: Failure| {
            if !settings.is_empty() {
                for problem in &mut failure.problems {
                    if !problem.message.contains("--set ") {
                        problem.message = format!("{} (with {})", problem.message, options());
                    }
                    problem.message = problem.message.replace("`--set ", "`");
                }
            }
            failure
        };
        let mut scenario = with_overrides(&self.loaded.scenario, settings)
            .map_err(|mistakes| with(self.loaded.mistakes(mistakes)))?;
        scenario.seed = seed;
        let loaded = self.loaded.with(scenario);
        let known = self.worlds.iter().position(|(source, _)| *source == loaded.scenario.world);
        let place = match known {
            Some(place) => place,
            None => {
                let base = world::of_scenario(&loaded, self.progress).map_err(with)?;
                self.worlds.push((loaded.scenario.world.clone(), base));
                self.worlds.len() - 1
            }
        };
        let base = &self.worlds[place].1;
        let mut scenario = loaded.scenario.clone();
        let extra = extra_links(&base.world, &scenario, self.question.extra_links, seed);
        scenario.corrections.extend(extra);
        let assembled =
            assemble(base, &scenario).map_err(|mistakes| with(loaded.mistakes(mistakes)))?;
        let overlay = assembled.overlay.clone();
        Ok(Prepared { settings: settings.to_vec(), scenario, assembled, overlay })
    }

    /// Makes a row and measures it. Depends on nothing but the row.
    fn row(
        &mut self,
        row: &Row,
        certainty: &Certainty,
        sites: &[String],
        measures: &[Measure],
    ) -> Result<Measured, Failure> {
        // Links are added before the world is built; everything else can be had from the last.
        let mut prepared = match self.last.take() {
            Some(last) if last.settings == row.settings && self.question.extra_links == 0.0 => last,
            _ => self.prepare(&row.settings, row.seed)?,
        };
        prepared.scenario.seed = row.seed;
        prepared.assembled.seed = row.seed;
        prepared.assembled.overlay.clone_from(&prepared.overlay);
        let Assembled { world, service, overlay, .. } = &mut prepared.assembled;
        lose_links(world, service, overlay, self.question.missing_links, row.seed);
        let measured = self.measure(&prepared, row, certainty, sites);
        self.last = Some(prepared);
        match measured {
            Ok(found) => Ok(found),
            Err(
                Unplanned::Unsolved(Unsolved::Oscillation(_))
                | Unplanned::Unfinished(Unfinished::Oscillation { .. }),
            ) => Ok(Measured { values: measure::unsettled(measures), landings: Vec::new() }),
            Err(error) => Err(in_row(unplanned(error), row)),
        }
    }

    fn measure(
        &self,
        prepared: &Prepared,
        row: &Row,
        certainty: &Certainty,
        sites: &[String],
    ) -> Result<Measured, Unplanned> {
        let Prepared { scenario, assembled, .. } = prepared;
        let script = script_of(scenario, assembled);
        let brief = Brief::new(script, &scenario.residency)?;
        let placement = match self.question.ties {
            true => drawn(&brief, row.seed)?,
            false => Oracle::new(&brief)?.base()?,
        };
        let mut values = measure::of_placement(&brief, &placement, sites)?;
        let landings = certainty.landings(&brief, &placement, sites);
        if self.simulate {
            let schedule = schedule(assembled, scenario).map_err(|mistakes| {
                let message = mistakes.first().map(|it| it.message.clone()).unwrap_or_default();
                Unplanned::question(message, "the events do not fit the settings of this row")
            })?;
            let script = Script { schedule: &schedule, ..script };
            let watch: Watch<'_> = &mut |_, _| ControlFlow::Continue(());
            let timeline = play(&script, watch)?;
            values.extend(measure::of_outcome(&Outcome::of(&script, &timeline)));
        }
        Ok(Measured { values, landings })
    }
}

/// A failure that says in which row.
fn in_row(mut failure: Failure, row: &Row) -> Failure {
    let settings = row.settings.iter().map(|(path, value)| format!("{path}={value}"));
    let settings = settings.collect::<Vec<_>>().join(", ");
    for problem in &mut failure.problems {
        problem.message =
            format!("row {} ({settings}; seed {}): {}", row.index, row.seed, problem.message);
    }
    failure
}

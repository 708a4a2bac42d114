//! `catchment simulate`: plays the events of a scenario, and says what each came to.
//!
//! A [`Played`] is one variant of the scenario with its outcome. `text` prints one for people,
//! `compare` several side by side, `trace` every change; [`crate::plot`] draws.

mod compare;
mod edge;
mod text;
mod trace;
mod words;

use std::ops::ControlFlow;
use std::path::PathBuf;

use catchment_dynamics::Outcome;
use catchment_dynamics::edge::{EdgeReport, Origin};
use catchment_dynamics::flows::{self, FlowModel, FlowReport};
use catchment_dynamics::outcome::tables::{Run, events_table};
use catchment_dynamics::play::{Timeline, play};
use catchment_dynamics::script::Script;
use catchment_formats::scenario::with_variant;
use catchment_formats::table::Format;
use catchment_model::scenario::{Steering, WorldSource};
use catchment_model::schedule::Occurrence;
use catchment_model::{Mistake, Scenario};
use catchment_worlds::{Assembled, BaseWorld, assemble, schedule};
use clap::{Args, ValueEnum};

use super::at::{AtArgs, state_at, unfinished};
use super::solve::script;
use crate::input::{Loaded, ScenarioArgs, world};
use crate::output::{OutputArgs, Target};
use crate::plot::{Curve, PlotFile, runs};
use crate::progress::Progress;
use crate::report::{Failure, note};
use trace::TraceFile;

/// Play the events of a scenario: who is cut off, for how long, where they go, who comes back
///
/// In the form `table` this is a report for people; in the others, one row for each variant and
/// event. With `--at` it is a table of all networks at that time instead.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// How clients find a site, in place of what the scenario says
    #[arg(long, value_name = "HOW", ignore_case = true)]
    steering: Option<SteeringArg>,
    /// Play the scenario as written, then each of its `[[compare]]` entries, side by side;
    /// without entries: anycast and GeoDNS, and hybrid if there are regional prefixes
    #[arg(long)]
    compare: bool,
    /// Write every change of a best route and of a client's fate to a file, by its name as
    /// Parquet, CSV, JSON or text
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    trace: Option<PathBuf>,
    /// Draw who was without service after each event, and for how long, as SVG or PNG
    #[arg(long, value_name = "FILE.svg|.png")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    at: AtArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SteeringArg {
    /// One address, and BGP chooses
    Anycast,
    /// An address for each site, and DNS chooses
    Geodns,
    /// DNS chooses a region, BGP the site
    Hybrid,
}

impl From<SteeringArg> for Steering {
    fn from(arg: SteeringArg) -> Steering {
        match arg {
            SteeringArg::Anycast => Steering::Anycast,
            SteeringArg::Geodns => Steering::GeoDns,
            SteeringArg::Hybrid => Steering::Hybrid,
        }
    }
}

/// A scenario, ready to be played.
struct Variant {
    name: String,
    scenario: Scenario,
    assembled: Assembled,
    schedule: Vec<Occurrence>,
}

/// One variant of a scenario, and what it came to.
struct Played {
    variant: Variant,
    timeline: Timeline,
    outcome: Outcome,
    flows: FlowReport,
    /// If the sites stand before an origin whose place is known.
    edge: Option<EdgeReport>,
}

impl Variant {
    fn script(&self) -> Script<'_> {
        script(&self.scenario, &self.assembled, &self.schedule)
    }

    /// A note, if DNS has to answer blindly.
    fn blind_note(&self) -> Option<String> {
        self.assembled.blind_note(self.scenario.steering, self.scenario.geodns.policy)
    }

    /// A note, if a prefix plays no part.
    fn idle_note(&self) -> Option<String> {
        self.assembled.idle_note(self.scenario.steering)
    }

    fn play(&self, progress: &Progress) -> Result<Timeline, Failure> {
        let steps = progress.counting("playing");
        let mut watch = |done, total| {
            steps.tell(done, total);
            ControlFlow::Continue(())
        };
        play(&self.script(), &mut watch).map_err(unfinished)
    }

    /// What a run of it came to.
    fn measure(self, timeline: Timeline, progress: &Progress) -> Played {
        progress.phase("measuring");
        let outcome = Outcome::of(&self.script(), &timeline);
        let model = FlowModel::of(&self.assembled.rules, self.scenario.steering);
        let flows = flows::breaks(&timeline.delivery, &timeline.schedule, &model);
        let edge = self.scenario.edge.as_ref().zip(self.assembled.origin).map(|(edge, at)| {
            let origin = Origin { at, handshake: edge.handshake };
            EdgeReport::of(&self.script(), &timeline, &outcome, origin)
        });
        Played { variant: self, timeline, outcome, flows, edge }
    }
}

/// Plays variants. Their runs end together: else the one in which nothing happens any more would
/// lose least, though its clients are cut off for good.
fn play_all(variants: Vec<Variant>, progress: &Progress) -> Result<Vec<Played>, Failure> {
    let mut timelines =
        variants.iter().map(|variant| variant.play(progress)).collect::<Result<Vec<_>, _>>()?;
    let end_us = timelines.iter().map(|timeline| timeline.delivery.end_us).max().unwrap_or(0);
    timelines.iter_mut().for_each(|timeline| timeline.delivery.end_us = end_us);
    let runs = variants.into_iter().zip(timelines);
    Ok(runs.map(|(variant, timeline)| variant.measure(timeline, progress)).collect())
}

/// Runs the command.
///
/// # Errors
/// If it cannot be played to its end, or what came of it cannot be written.
pub fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let output = args.output.settle()?;
    let trace = args.trace.as_deref().map(TraceFile::settle).transpose()?;
    let plot = args.plot.as_deref().map(PlotFile::settle).transpose()?;
    let targets = [
        Some(output.target()),
        trace.as_ref().map(TraceFile::target),
        plot.as_ref().map(PlotFile::target),
    ];
    apart(&targets.into_iter().flatten().collect::<Vec<_>>())?;
    let progress = Progress::start("reading");
    let mut loaded = args.scenario.load()?;
    if let Some(steering) = args.steering {
        loaded.scenario.steering = steering.into();
    }
    let chosen = choose(&loaded, args)?;
    for it in &chosen {
        let inputs = world::inputs_of(&it.loaded);
        targets.iter().flatten().try_for_each(|target| target.spare(&inputs))?;
    }
    let variants = assemble_all(chosen, args, &progress)?;
    // Of the state at a time DNS has no part.
    if args.at.at.is_none() {
        if let Some(text) = variants.iter().find_map(Variant::blind_note) {
            note(&text);
        }
        if variants.iter().all(|variant| variant.schedule.is_empty()) {
            note("the scenario has no events: nothing happens; `[[event]]` says what does");
        }
        if let Some(text) = variants.iter().find_map(Variant::idle_note) {
            note(&format!("{text}, or ask for `--at`, which shows all prefixes"));
        }
    }
    if let Some(at) = args.at.at {
        let table = state_at(&variants[0].script(), at, args.at.options(), &progress)?;
        progress.phase("writing");
        return output.table(&table);
    }
    let played = play_all(variants, &progress)?;
    progress.phase("writing");
    if let Some(file) = &trace {
        file.write(&played[0])?;
    }
    if let Some(file) = &plot {
        let curves: Vec<Curve<'_>> = played.iter().map(Played::curve).collect();
        let Scenario { name, question, .. } = &loaded.scenario;
        let title = if question.is_empty() { name } else { question };
        file.write(&runs(title, &curves))?;
    }
    match output.format {
        Format::Table if args.compare => output.text(&compare::text(&loaded.scenario, &played))?,
        Format::Table => output.text(&text::text(&played[0]))?,
        _ => {
            let runs: Vec<Run<'_>> = played.iter().map(Played::run).collect();
            output.table(&events_table(&runs))?;
        }
    }
    drop(progress);
    // The program ends here: the system takes memory back faster than we can hand it back.
    std::mem::forget(played);
    Ok(())
}

impl Played {
    fn run(&self) -> Run<'_> {
        Run {
            variant: &self.variant.name,
            outcome: &self.outcome,
            sources: &self.timeline.delivery.sources,
            service: &self.variant.assembled.service,
            flows: &self.flows,
            edge: self.edge.as_ref(),
        }
    }

    fn curve(&self) -> Curve<'_> {
        Curve { name: &self.variant.name, outcome: &self.outcome }
    }
}

/// Refuses to write two answers into one file.
fn apart(targets: &[&Target]) -> Result<(), Failure> {
    for (index, target) in targets.iter().enumerate() {
        if let Some(name) = targets[..index].iter().find_map(|other| target.clash(other)) {
            let message = format!("cannot write {name} twice");
            return Err(Failure::bad_input(message)
                .help("give `--out`, `--trace` and `--plot` different names"));
        }
    }
    Ok(())
}

/// A scenario that is to be played.
struct Choice {
    name: String,
    loaded: Loaded,
    /// Where in the file its settings are, if it is a variant: there its mistakes were made.
    path: Option<String>,
}

impl Choice {
    /// Mistakes that show where the user made them.
    fn mistakes(&self, mut mistakes: Vec<Mistake>, args: &SimulateArgs) -> Failure {
        for mistake in &mut mistakes {
            if let Some(path) = &self.path {
                mistake.message = format!("variant `{}`: {}", self.name, mistake.message);
                mistake.path.clone_from(path);
            } else if mistake.path == "steering" && args.steering.is_some() {
                // The file says something else.
                mistake.path.clear();
            }
        }
        self.loaded.mistakes(mistakes)
    }
}

/// What is to be played.
fn choose(loaded: &Loaded, args: &SimulateArgs) -> Result<Vec<Choice>, Failure> {
    let scenario = &loaded.scenario;
    let as_written =
        || Choice { name: "as written".to_owned(), loaded: loaded.clone(), path: None };
    if !args.compare {
        return Ok(vec![as_written()]);
    }
    if scenario.compare.is_empty() {
        let with = |name: &str, steering: Steering| {
            let loaded = loaded.with(Scenario { steering, ..scenario.clone() });
            Choice { name: name.to_owned(), loaded, path: None }
        };
        let mut chosen = vec![with("anycast", Steering::Anycast), with("GeoDNS", Steering::GeoDns)];
        if !scenario.regional.is_empty() {
            chosen.push(with("hybrid", Steering::Hybrid));
        }
        return Ok(chosen);
    }
    let mut chosen = vec![as_written()];
    for (index, entry) in scenario.compare.iter().enumerate() {
        let variant = with_variant(scenario, index).map_err(|m| loaded.mistakes(m))?;
        let path = Some(format!("compare.{index}"));
        chosen.push(Choice { name: entry.name.clone(), loaded: loaded.with(variant), path });
    }
    Ok(chosen)
}

/// Joins all variants and their worlds before the first is played, so that all mistakes come
/// early. Worlds are shared.
fn assemble_all(
    chosen: Vec<Choice>,
    args: &SimulateArgs,
    progress: &Progress,
) -> Result<Vec<Variant>, Failure> {
    let mut worlds: Vec<(WorldSource, BaseWorld)> = Vec::new();
    let mut variants: Vec<Variant> = Vec::with_capacity(chosen.len());
    for choice in chosen {
        let scenario = &choice.loaded.scenario;
        let known = worlds.iter().position(|(source, _)| *source == scenario.world);
        let place = match known {
            Some(place) => place,
            None => {
                let base = world::of_scenario(&choice.loaded, progress)?;
                worlds.push((scenario.world.clone(), base));
                worlds.len() - 1
            }
        };
        progress.phase("building");
        let assembled = assemble(&worlds[place].1, scenario)
            .map_err(|mistakes| choice.mistakes(mistakes, args))?;
        // Notes of variants repeat those of the first.
        if variants.is_empty() {
            assembled.notes.iter().for_each(|text| note(text));
        }
        let schedule =
            schedule(&assembled, scenario).map_err(|mistakes| choice.mistakes(mistakes, args))?;
        let Choice { name, loaded, .. } = choice;
        variants.push(Variant { name, scenario: loaded.scenario, assembled, schedule });
    }
    Ok(variants)
}

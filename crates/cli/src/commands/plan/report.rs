//! `catchment plan report`: the answers of several plans on one page that can be mailed, printed
//! and kept.
//!
//! Each part is asked as its own command would be, so that a page has what `plan attack` prints
//! and nothing else. `page` writes the HTML.

mod page;

use std::path::PathBuf;

use catchment_planner::Answer;
use catchment_planner::report::border_clients;
use catchment_worlds::{BaseWorld, assemble};
use clap::{Args, CommandFactory, Parser};

use self::page::{Fact, Page, Part};
use super::answer::AnswerArgs;
use super::{PlanArgs, PlanCommand, Ready, Sink};
use crate::exit::Exit;
use crate::input::{Loaded, ScenarioArgs, world};
use crate::output::{OutputArgs, Target};
use crate::progress::Progress;
use crate::report::{Failure, note};

/// The answers of several plans on one page: tables and pictures in one HTML file
///
/// The page needs no network and no script. Equal input gives equal bytes: it has no date unless
/// `--date` says one.
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The file of the page
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
    /// Which plans, each with its options: `--with capacity,attack` or `--with "attack --mqps 60"`
    /// [default: those that suit the scenario]; `border` lists clients that are tied between sites
    #[arg(long, value_name = "PLAN,PLAN")]
    with: Vec<String>,
    /// A date to stand at its head, as it is to be written
    #[arg(long, value_name = "TEXT")]
    date: Option<String>,
}

/// A plan as a part of a page.
#[derive(Debug, Parser)]
#[command(name = "plan", no_binary_name = true)]
struct PartArgs {
    #[command(subcommand)]
    command: PlanCommand,
}

/// A part of a page, ready to be asked.
enum Question {
    /// What its own command asks.
    Plan(Box<PlanCommand>),
    /// Which clients are tied between sites: of pages only.
    Border,
}

/// Its name.
const BORDER: &str = "border";

/// Plans that cannot be parts: they take more than a scenario, or are pages themselves.
const NO_PARTS: [&str; 4] = ["diff", "sweep", "report", "help"];

/// Runs the command.
///
/// # Errors
/// If a plan has no answer, or the page cannot be written.
pub fn run(args: &ReportArgs) -> Result<(), Failure> {
    let target = Target::new(Some(&args.out))?;
    let progress = Progress::start("reading");
    let loaded = args.scenario.load()?;
    target.spare(&world::inputs_of(&loaded))?;
    let base = world::of_scenario(&loaded, &progress)?;
    let facts = facts(args, &loaded, &base);
    drop(progress);
    if !loaded.scenario.events.is_empty() {
        note("plans do not play events; they ask about the state before the first");
    }
    // What no plan could start from is no matter of single parts, which say their notes themselves.
    let assembled = assemble(&base, &loaded.scenario).map_err(|it| loaded.mistakes(it))?;
    Ready { scenario: loaded.scenario.clone(), assembled }.brief()?;
    let is_own_choice = !args.with.is_empty();
    let wanted = if is_own_choice { wanted(&args.with) } else { suitable(&loaded, &base) };
    // All are read before the first is asked, so that mistakes come early.
    let mut questions = Vec::with_capacity(wanted.len());
    for words in &wanted {
        questions.push((words, question(words, args)?));
    }
    let mut parts = Vec::with_capacity(questions.len());
    for (words, question) in questions {
        parts.push(part(words, question, args, is_own_choice)?);
    }
    let page = Page {
        title: &loaded.scenario.name,
        question: &loaded.scenario.question,
        facts: &facts,
        parts: &parts,
    };
    target.write(|out| out.write_all(page.to_html().as_bytes()))
}

/// The parts that were asked for. A comma also separates values of a part's options, so that one
/// part ends only where the name of another begins; without options a comma always ends it, so that
/// a misspelled name is told as one.
fn wanted(given: &[String]) -> Vec<String> {
    let known = known();
    let mut wanted: Vec<String> = Vec::new();
    for text in given {
        for (place, piece) in text.split(',').enumerate() {
            let name = piece.split_whitespace().next().unwrap_or_default();
            match wanted.last_mut() {
                Some(part)
                    if place > 0
                        && part.contains(char::is_whitespace)
                        && !known.iter().any(|it| it == name) =>
                {
                    part.push(',');
                    part.push_str(piece);
                }
                _ => wanted.push(piece.trim().to_owned()),
            }
        }
    }
    wanted
}

/// Names of all plans that can be parts.
fn known() -> Vec<String> {
    let command = PartArgs::command();
    let names = command.get_subcommands().map(|it| it.get_name().to_owned());
    let plans = names.filter(|name| !NO_PARTS.contains(&&**name));
    plans.chain([BORDER.to_owned()]).collect()
}

/// What a scenario has something to say about.
fn suitable(loaded: &Loaded, base: &BaseWorld) -> Vec<String> {
    let scenario = &loaded.scenario;
    let mut sites = base.sites.iter().chain(&scenario.sites);
    let has_capacity = sites.any(|site| site.capacity.is_some());
    let suits = |name: &str| match name {
        "capacity" | BORDER => true,
        "residency" => !scenario.residency.is_empty(),
        "attack" => has_capacity,
        _ => false,
    };
    known().into_iter().filter(|name| suits(name)).collect()
}

/// Reads a part as its own command would be read.
fn question(words: &str, args: &ReportArgs) -> Result<Question, Failure> {
    let mut line: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let known = known();
    let name = line.first().cloned().unwrap_or_default();
    if !known.contains(&name) {
        let list = format!("a page can have {}", known.join(", "));
        let nearest = catchment_model::mistake::nearest(&name, known.iter().map(String::as_str));
        return Err(Failure::bad_input(format!("there is no plan `{name}` for a page")).help(
            match nearest {
                Some(nearest) => format!("the nearest name is `{nearest}`; {list}"),
                None => list,
            },
        ));
    }
    if name == BORDER {
        return match line.len() {
            1 => Ok(Question::Border),
            _ => {
                Err(Failure::bad_input(format!("`--with \"{words}\"`: `{BORDER}` has no options"))
                    .help(format!("write `--with {BORDER}`")))
            }
        };
    }
    let ScenarioArgs { scenario, seed, set } = &args.scenario;
    let mut common = vec![scenario.clone()];
    common.extend(seed.iter().map(|seed| format!("--seed={seed}")));
    common.extend(set.iter().map(|(path, value)| format!("--set={path}={value}")));
    line.splice(1..1, common);
    let mut parsed = PartArgs::try_parse_from(&line).map_err(|error| {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
        let help = format!("`catchment plan {name} --help` lists its options");
        Failure::bad_input(format!("`--with \"{words}\"`: {message}")).help(help)
    })?;
    if let Some(option) = parsed.command.own_place() {
        let message = format!("`--with \"{words}\"`: a part of a page has no `{option}`");
        return Err(Failure::bad_input(message)
            .help("leave it out: all tables and pictures of the answer are on the page"));
    }
    Ok(Question::Plan(Box::new(parsed.command)))
}

/// Asks a plan, and keeps its answer instead of printing it. One that cannot be says so on the
/// page: that too is an answer. So does one that makes no sense, if nobody asked for it by name.
fn part(
    words: &str,
    question: Question,
    args: &ReportArgs,
    is_own_choice: bool,
) -> Result<Part, Failure> {
    let sink = Sink::default();
    let outcome = match question {
        Question::Plan(mut command) => {
            if let Some(plan) = command.plan_args() {
                plan.sink = Some(sink.clone());
            }
            super::run(&command)
        }
        Question::Border => {
            let output = OutputArgs { format: None, out: None };
            let plan = PlanArgs {
                scenario: args.scenario.clone(),
                answer: AnswerArgs { table: None, plot: None, output },
                sink: Some(sink.clone()),
            };
            super::plan(&plan, border_clients)
        }
    };
    let answer: Option<Answer> = sink.take();
    match (outcome, answer) {
        (Ok(()), Some(answer)) => Ok(Part { name: words.to_owned(), answer: Ok(answer) }),
        (Err(failure), _)
            if !failure.problems.is_empty()
                && (failure.exit == Exit::No
                    || failure.exit == Exit::BadInput && !is_own_choice) =>
        {
            let text = |problem: &crate::report::Problem| match problem.help.is_empty() {
                true => problem.message.clone(),
                false => format!("{}; {}", problem.message, problem.help),
            };
            let texts: Vec<String> = failure.problems.iter().map(text).collect();
            Ok(Part { name: words.to_owned(), answer: Err(texts) })
        }
        (Err(failure), _) => Err(failure),
        (Ok(()), None) => unreachable!("a plan that ends well has an answer"),
    }
}

/// What the page is about.
fn facts(args: &ReportArgs, loaded: &Loaded, base: &BaseWorld) -> Vec<Fact> {
    let scenario = &loaded.scenario;
    let mut facts = vec![Fact::new("scenario", &scenario.name)];
    if let Some(date) = &args.date {
        facts.push(Fact::new("date", date));
    }
    let world = &base.world;
    let size =
        format!("{}, {} ASes, {} routers", world.name, world.as_count(), world.router_count());
    facts.push(Fact::new("world", size.trim_start_matches(", ")));
    let steering = catchment_model::scenario::Steering::NAMES;
    let steering = steering.iter().find(|(_, it)| *it == scenario.steering);
    facts.push(Fact::new("steering", steering.map_or("", |(name, _)| name)));
    let rules: Vec<String> =
        scenario.rules.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let rules = match (scenario.preset, rules.is_empty()) {
        (None, true) => "the defaults of the world".to_owned(),
        (None, false) => rules.join(", "),
        (Some(preset), true) => format!("preset {preset}"),
        (Some(preset), false) => format!("preset {preset}, {}", rules.join(", ")),
    };
    facts.push(Fact::new("rules", &rules));
    facts.push(Fact::new("seed", &scenario.seed.to_string()));
    facts.push(Fact::new("engine", concat!("catchment ", env!("CARGO_PKG_VERSION"))));
    facts.push(Fact::new("command", &command_line()));
    facts
}

/// The command line as it can be typed again.
fn command_line() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:@%+".contains(c);
    let quoted = |word: String| match !word.is_empty() && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let words = std::env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("catchment".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

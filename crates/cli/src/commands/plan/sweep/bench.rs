//! Where rows are made and measured: settings are laid over the scenario, and it is joined with
//! its world.
//!
//! A row depends on nothing but its number. What it shares with others is only found once: worlds
//! by all threads ([`Library`]), the batch of rows that differ little ([`Ground`]), candidates
//! among which coins choose ([`Coins`]), and by each thread its last row.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex};

use catchment_dynamics::play::{Unfinished, Watch, play};
use catchment_dynamics::{Outcome, Script, Source};
use catchment_formats::scenario::with_overrides;
use catchment_model::scenario::{Steering, WorldSource};
use catchment_model::{Overlay, Scenario, World};
use catchment_planner::sweep::certainty::{Certainty, Landed, Places};
use catchment_planner::sweep::coins::Coins;
use catchment_planner::sweep::disturb::{extra_links, lose_links};
use catchment_planner::sweep::lanes::{Asker, Found, Ground, LaneRow};
use catchment_planner::sweep::measure::{self, Measure, RowSites};
use catchment_planner::sweep::{Question, Row};
use catchment_planner::{Brief, Oracle, Unplanned};
use catchment_routing::{Situation, Unsolved};
use catchment_worlds::{Assembled, BaseWorld, assemble, schedule};

use super::super::unplanned;
use crate::commands::solve::script;
use crate::input::{Loaded, world};
use crate::progress::Progress;
use crate::report::Failure;

/// The scenario, and the worlds that its settings name.
pub struct Library<'a> {
    loaded: &'a Loaded,
    /// Worlds that were read, by what names them.
    worlds: Mutex<Vec<(WorldSource, Arc<BaseWorld>)>>,
}

/// What all threads look at.
pub struct Shared<'a, 'g> {
    pub question: &'a Question,
    pub library: &'a Library<'a>,
    /// Whether the events of each row are played.
    pub simulate: bool,
    /// Names of all sites that rows can have.
    pub columns: &'a [String],
    pub measures: &'a [Measure],
    /// Who is followed; counts nothing.
    pub followed: Certainty,
    /// What most rows may stand on, if they may.
    pub ground: Option<Ground<'g>>,
}

/// What a row came to.
pub struct Measured {
    pub values: Vec<f64>,
    pub landed: Landed,
}

/// Settings, laid over the scenario and joined with its world.
struct Prepared {
    settings: Vec<(String, String)>,
    scenario: Scenario,
    assembled: Assembled,
    /// The overlay before links were lost.
    overlay: Overlay,
}

impl Prepared {
    fn script(&self) -> Script<'_> {
        script(&self.scenario, &self.assembled, &[])
    }

    /// Its sources, for the next row.
    fn with(&self, sources: Vec<Source>, places: Places) -> Sources {
        let Assembled { world, client_gbps, .. } = &self.assembled;
        Sources { world: Arc::clone(world), client_gbps: client_gbps.clone(), sources, places }
    }
}

impl<'a> Library<'a> {
    /// That of a scenario, with its own world.
    pub fn new(loaded: &'a Loaded, base: BaseWorld) -> Library<'a> {
        let worlds = vec![(loaded.scenario.world.clone(), Arc::new(base))];
        Library { loaded, worlds: Mutex::new(worlds) }
    }

    /// The scenario without settings.
    pub fn loaded(&self) -> &'a Loaded {
        self.loaded
    }

    /// All worlds that were read.
    pub fn worlds(&self) -> Vec<Arc<BaseWorld>> {
        let worlds = self.worlds.lock().expect("nobody panics with worlds in hand");
        worlds.iter().map(|(_, base)| Arc::clone(base)).collect()
    }

    /// The world of a variant. Nobody else reads one meanwhile: it may be the same.
    fn world(&self, loaded: &Loaded, progress: &Progress) -> Result<Arc<BaseWorld>, Failure> {
        let mut worlds = self.worlds.lock().expect("nobody panics with worlds in hand");
        if let Some((_, base)) = worlds.iter().find(|(it, _)| *it == loaded.scenario.world) {
            return Ok(Arc::clone(base));
        }
        let base = Arc::new(world::of_scenario(loaded, progress)?);
        worlds.push((loaded.scenario.world.clone(), Arc::clone(&base)));
        Ok(base)
    }

    fn prepare(
        &self,
        settings: &[(String, String)],
        seed: u64,
        extra: f64,
        progress: &Progress,
    ) -> Result<Prepared, Failure> {
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
        let base = self.world(&loaded, progress).map_err(with)?;
        let mut scenario = loaded.scenario.clone();
        let extra = extra_links(&base.world, &scenario, extra, seed);
        scenario.corrections.extend(extra);
        let assembled =
            assemble(&base, &scenario).map_err(|mistakes| with(loaded.mistakes(mistakes)))?;
        let overlay = assembled.overlay.clone();
        Ok(Prepared { settings: settings.to_vec(), scenario, assembled, overlay })
    }
}

/// Names of all sites that rows can have: those of the scenario, and of each value alone. Its
/// mistakes come here, before the first row.
pub fn columns(
    question: &Question,
    library: &Library<'_>,
    progress: &Progress,
) -> Result<Vec<String>, Failure> {
    let mut sites: Vec<String> = Vec::new();
    let alone = question.samples().into_iter().map(|setting| vec![setting]);
    let all: Vec<Vec<(String, String)>> = std::iter::once(Vec::new()).chain(alone).collect();
    for settings in all {
        let prepared = library.prepare(&settings, question.seed, question.extra_links, progress)?;
        for site in &prepared.assembled.service.sites {
            let name = site.name.to_string();
            if !sites.contains(&name) {
                sites.push(name);
            }
        }
    }
    Ok(sites)
}

/// The sources of a world, which most rows share.
struct Sources {
    world: Arc<World>,
    client_gbps: BTreeMap<u32, f64>,
    sources: Vec<Source>,
    places: Places,
}

/// Makes rows, in one thread.
pub struct Bench<'s> {
    shared: &'s Shared<'s, 's>,
    asker: Option<Asker<'s, 's>>,
    /// The last row's scenario, for one with the same settings.
    last: Option<Prepared>,
    /// Those of the last row.
    sources: Option<Sources>,
}

impl<'s> Bench<'s> {
    /// An empty one.
    pub fn new(shared: &'s Shared<'s, 's>) -> Bench<'s> {
        let asker = shared.ground.as_ref().map(Ground::asker);
        Bench { shared, asker, last: None, sources: None }
    }

    /// Makes rows and measures them; if one fails, none behind it.
    pub fn rows(&mut self, rows: Range<u64>) -> Vec<Result<Measured, Failure>> {
        let rows: Vec<Row> = rows.map(|index| self.shared.question.row(index)).collect();
        let mut made = Vec::with_capacity(rows.len());
        let failed = match self.shared.question.ties {
            true => self.tossed(&rows, &mut made),
            false => self.settled(&rows, &mut made),
        };
        let mut results: Vec<Result<Measured, Failure>> = made.into_iter().map(Ok).collect();
        results.extend(failed.err().map(Err));
        results
    }

    /// Rows of the steady state, those that can by lanes.
    fn settled(&mut self, rows: &[Row], made: &mut Vec<Measured>) -> Result<(), Failure> {
        let shared = self.shared;
        let mut found: Vec<Option<Measured>> = Vec::with_capacity(rows.len());
        let mut waiting: Vec<(usize, LaneRow)> = Vec::new();
        let mut outcome = Ok(());
        for (place, row) in rows.iter().enumerate() {
            let mut make = || {
                let prepared = self.prepared(row)?;
                let ground = shared.ground.as_ref();
                let in_lanes = ground.map(|it| it.row(&prepared.script(), shared.columns));
                let measured = match in_lanes.transpose() {
                    Ok(Some(Some(row))) => {
                        waiting.push((place, row));
                        Ok(None)
                    }
                    Ok(_) => self.alone(&prepared).map(Some),
                    Err(error) => Err(error),
                };
                self.last = Some(prepared);
                shared.or_unsettled(measured, row)
            };
            match make() {
                Ok(measured) => found.push(measured),
                Err(failure) => {
                    outcome = Err(failure);
                    break;
                }
            }
        }
        let (places, waiting): (Vec<usize>, Vec<LaneRow>) = waiting.into_iter().unzip();
        if let Some(asker) = &mut self.asker {
            let mut failed: Option<(usize, Failure)> = None;
            asker.ask(&waiting, |at, answer| {
                let measured = answer
                    .map(|Found { values, landed }| Some(Measured { values, landed }))
                    .map_err(Unplanned::from);
                match shared.or_unsettled(measured, &rows[places[at]]) {
                    Ok(measured) => found[places[at]] = measured,
                    Err(failure) => drop(failed.get_or_insert((places[at], failure))),
                }
            });
            if let Some((place, failure)) = failed {
                found.truncate(place);
                outcome = Err(failure);
            }
        }
        made.extend(found.into_iter().map(|row| row.expect("it was asked for")));
        outcome
    }

    /// Rows in which every router tosses a coin: together if nothing else differs.
    fn tossed(&mut self, rows: &[Row], made: &mut Vec<Measured>) -> Result<(), Failure> {
        let mut next: Option<Prepared> = None;
        while let Some(row) = rows.get(made.len()) {
            let leader = match next.take() {
                Some(prepared) => prepared,
                None => self.prepared(row)?,
            };
            let (brief, places) = match self.brief(&leader) {
                Ok(brief) => brief,
                Err(error) => return Err(in_row(unplanned(error), row)),
            };
            let outcome = self.tossed_with(&leader, &brief, &places, rows, made);
            self.sources = Some(leader.with(brief.sources, places));
            self.last = Some(leader);
            next = outcome?;
        }
        Ok(())
    }

    /// Makes rows as long as their draws are those of `leader`. Returns the one that ended that,
    /// if it is prepared.
    fn tossed_with(
        &mut self,
        leader: &Prepared,
        brief: &Brief<'_>,
        places: &Places,
        rows: &[Row],
        made: &mut Vec<Measured>,
    ) -> Result<Option<Prepared>, Failure> {
        let shared = self.shared;
        let first = &rows[made.len()];
        let mut coins = match Coins::new(brief) {
            Ok(coins) => coins,
            Err(unsolved) => {
                made.push(shared.or_unsettled(Err(unsolved.into()), first)?);
                return Ok(None);
            }
        };
        let mut other: Option<Prepared> = None;
        loop {
            let row = &rows[made.len()];
            let script = other.as_ref().unwrap_or(leader).script();
            let sites = RowSites::new(script.situation.service, shared.columns);
            let sites = sites.map_err(|error| in_row(unplanned(error), row))?;
            let placement = coins.toss(row.seed);
            let values = measure::of_placement(brief, &placement, &sites);
            made.push(Measured { values, landed: places.landed(&placement, &sites) });
            let Some(row) = rows.get(made.len()) else { return Ok(None) };
            let Question { missing_links, extra_links, .. } = *shared.question;
            if missing_links > 0.0 || extra_links > 0.0 {
                // Every row has links of its own.
                return Ok(None);
            }
            let settings = &other.as_ref().unwrap_or(leader).settings;
            if row.settings != *settings {
                other = match row.settings == leader.settings {
                    true => None,
                    false => Some(self.prepared(row)?),
                };
            }
            let script = other.as_ref().unwrap_or(leader).script();
            let situation = Situation { seed: row.seed, ..script.situation };
            if !coins.answers_for(&Script { situation, ..script }) {
                return Ok(other.filter(|other| other.settings == row.settings));
            }
        }
    }

    /// What is asked about a row, and who of it is followed.
    fn brief<'p>(&mut self, prepared: &'p Prepared) -> Result<(Brief<'p>, Places), Unplanned> {
        let (script, residency) = (prepared.script(), &prepared.scenario.residency);
        let Assembled { world, client_gbps, .. } = &prepared.assembled;
        let is_same = |known: &Sources| {
            script.steering != Steering::GeoDns
                && (Arc::ptr_eq(&known.world, world) || known.world == *world)
                && known.client_gbps == *client_gbps
        };
        if let Some(Sources { sources, places, .. }) = self.sources.take().filter(is_same) {
            return Ok((Brief { script, sources, residency }, places));
        }
        let brief = Brief::new(script, residency)?;
        let places = self.shared.followed.places(&brief);
        Ok((brief, places))
    }

    /// Makes a row by itself.
    fn alone(&mut self, prepared: &Prepared) -> Result<Measured, Unplanned> {
        let (brief, places) = self.brief(prepared)?;
        let measured = self.shared.measure(prepared, &brief, &places);
        self.sources = Some(prepared.with(brief.sources, places));
        measured
    }

    /// The scenario of a row, joined with its world.
    fn prepared(&mut self, row: &Row) -> Result<Prepared, Failure> {
        let Shared { question, library, .. } = self.shared;
        // Links are added before the world is built; everything else can be had from the last.
        let mut prepared = match self.last.take() {
            Some(last) if last.settings == row.settings && question.extra_links == 0.0 => last,
            _ => {
                let silent = Progress::silent();
                library.prepare(&row.settings, row.seed, question.extra_links, &silent)?
            }
        };
        prepared.scenario.seed = row.seed;
        prepared.assembled.seed = row.seed;
        prepared.assembled.overlay.clone_from(&prepared.overlay);
        let Assembled { world, service, overlay, .. } = &mut prepared.assembled;
        lose_links(world, service, overlay, question.missing_links, row.seed);
        Ok(prepared)
    }
}

impl Shared<'_, '_> {
    /// What a row came to; one whose routing does not settle came to that.
    fn or_unsettled<T: From<Measured>>(
        &self,
        measured: Result<T, Unplanned>,
        row: &Row,
    ) -> Result<T, Failure> {
        match measured {
            Ok(found) => Ok(found),
            Err(
                Unplanned::Unsolved(Unsolved::Oscillation(_))
                | Unplanned::Unfinished(Unfinished::Oscillation { .. }),
            ) => {
                let values = measure::unsettled(self.measures);
                Ok(Measured { values, landed: Landed::none() }.into())
            }
            Err(error) => Err(in_row(unplanned(error), row)),
        }
    }

    fn measure(
        &self,
        prepared: &Prepared,
        brief: &Brief<'_>,
        places: &Places,
    ) -> Result<Measured, Unplanned> {
        let placement = Oracle::new(brief)?.base()?;
        let sites = RowSites::new(brief.service(), self.columns)?;
        let mut values = measure::of_placement(brief, &placement, &sites);
        let landed = places.landed(&placement, &sites);
        if self.simulate {
            let Prepared { scenario, assembled, .. } = prepared;
            let schedule = schedule(assembled, scenario).map_err(|mistakes| {
                let message = mistakes.first().map(|it| it.message.clone()).unwrap_or_default();
                Unplanned::question(message, "the events do not fit the settings of this row")
            })?;
            let script = Script { schedule: &schedule, ..prepared.script() };
            let watch: Watch<'_> = &mut |_, _| ControlFlow::Continue(());
            let timeline = play(&script, watch)?;
            values.extend(measure::of_outcome(&Outcome::of(&script, &timeline)));
        }
        Ok(Measured { values, landed })
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

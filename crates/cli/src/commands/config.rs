//! `catchment config`: what to type into real routers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use catchment_configs::address::Addresses;
use catchment_configs::change::Steps;
use catchment_configs::site::{Ground, routers};
use catchment_configs::{Daemon, RouterConfig, SiteChange, change, files};
use catchment_formats::table::Format;
use catchment_model::mistake::nearest_help;
use catchment_model::scenario::WorldSource;
use catchment_model::table::Values;
use catchment_model::{SiteName, Table};
use catchment_worlds::{Assembled, BaseWorld};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::input::{Loaded, ScenarioArgs, setting, world};
use crate::output::{OutputArgs, folder, formats, print};
use crate::progress::Progress;
use crate::report::{Failure, note};

const EXAMPLES: &str = "\
Examples:
  catchment config eight --daemon bird --site fra
  catchment config eight --daemon frr --out routers
  catchment config eight --daemon frr --change prepend-fra
  catchment config eight --daemon bird --change 'site.fra.neighbors=[{asn=1299,prepend=1}]'";

/// Write the configuration of each site's router for BIRD or FRR, or the lines of a change
///
/// Without `--out` one site's main file is printed. A scenario knows no addresses: those of links
/// are placeholders, in lines marked "replace".
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The routers' software
    #[arg(long, value_name = "DAEMON", value_parser = daemons())]
    daemon: Daemon,
    /// This site only; can be repeated
    #[arg(long = "site", value_name = "SITE")]
    sites: Vec<SiteName>,
    /// Write DIR/SITE/bird.conf, or DIR/SITE/frr.conf and DIR/SITE/daemons, and list them; with
    /// `--change` DIR/SITE/apply.conf and DIR/SITE/undo.conf. All of them appear, or none
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite files that are there
    #[arg(long, requires = "out")]
    force: bool,
    /// Not whole files, but the lines that lead from the scenario to a changed one, and those that
    /// take them back. PATH=VALUE as for `--set`, or another scenario; can be repeated
    #[arg(long, value_name = "CHANGE")]
    change: Vec<String>,
    /// Run BFD with all neighbors, not only at sites that an event fails by `bfd`
    #[arg(long)]
    bfd: bool,
    /// Form of the list of files [default: a table on a terminal; else CSV]
    #[arg(long, value_name = "FORMAT", value_parser = formats(), requires = "out")]
    format: Option<Format>,
}

fn daemons() -> impl TypedValueParser<Value = Daemon> {
    PossibleValuesParser::new(Daemon::NAMES.map(|(name, _)| name))
        .map(|name| name.parse().expect("clap let only names of daemons through"))
}

/// Runs the command.
///
/// # Errors
/// If the scenario has mistakes, a site cannot be a real router, or files cannot be written.
pub fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let progress = Progress::start("reading");
    let changed = args.changed()?;
    let state = State::load(&args.scenario, None, &progress)?;
    let wanted = match &changed {
        None => args.wanted(&[&state])?,
        Some(changed) => {
            let after = State::load(changed, Some(&state), &progress)
                .map_err(|failure| args.as_change(failure))?;
            let wanted = args.wanted(&[&state, &after])?;
            let services = [&state.assembled.service, &after.assembled.service];
            let addresses = &mut Addresses::beside(services);
            let before = state.routers(&wanted, args.bfd, addresses)?;
            let after = after.routers(&wanted, args.bfd, addresses)?;
            drop(progress);
            return tell_changes(args, &change(args.daemon, &before, &after));
        }
    };
    let addresses = &mut Addresses::beside([&state.assembled.service]);
    let routers = state.routers(&wanted, args.bfd, addresses)?;
    drop(progress);
    for router in &routers {
        for remark in &router.remarks {
            note(&format!("site `{}`: {remark}", router.site));
        }
    }
    match (&args.out, &routers[..]) {
        (Some(out), _) => write_files(args, out, &routers),
        (None, [router]) => print(&files(args.daemon, router)[0].text),
        (None, _) => {
            let (name, count) = (&state.loaded.scenario.name, routers.len());
            Err(Failure::bad_input(format!("`{name}` has {count} sites, and one can be printed"))
                .help("name it with `--site`, or write all of them with `--out DIR`"))
        }
    }
}

impl ConfigArgs {
    /// The scenario as it is afterwards, if the lines of a change are asked for.
    fn changed(&self) -> Result<Option<ScenarioArgs>, Failure> {
        if self.change.is_empty() {
            return Ok(None);
        }
        let mut after = self.scenario.clone();
        let mut other = None;
        for text in &self.change {
            if text.contains('=') {
                let change = setting(text).map_err(|help| {
                    Failure::bad_input(format!("`{text}` is no change")).help(help)
                })?;
                after.set.push(change);
            } else if let Some(other) = other.replace(text) {
                let message = format!("`{other}` and `{text}` cannot both be the changed scenario");
                return Err(Failure::bad_input(message)
                    .help("name one scenario; what is more to change is written PATH=VALUE"));
            }
        }
        if let Some(other) = other {
            after.scenario.clone_from(other);
        }
        Ok(Some(after))
    }

    /// A failure of the changed scenario, in terms of the option that changed it.
    fn as_change(&self, mut failure: Failure) -> Failure {
        for problem in &mut failure.problems {
            for change in &self.change {
                let (path, value) = change.split_once('=').unwrap_or_default();
                let (path, value) = (path.trim(), value.trim());
                let set = format!("`--set {path}={value}`");
                problem.message = problem.message.replace(&set, &format!("`--change {change}`"));
            }
        }
        failure
    }

    /// The names of the sites that are asked for: all that one of the states has, if none is named.
    fn wanted(&self, states: &[&State]) -> Result<Vec<SiteName>, Failure> {
        let mut known: Vec<SiteName> = Vec::new();
        for site in states.iter().flat_map(|state| &state.assembled.service.sites) {
            if !known.contains(&site.name) {
                known.push(site.name.clone());
            }
        }
        if known.is_empty() {
            let name = &states[0].loaded.scenario.name;
            return Err(Failure::bad_input(format!("`{name}` has no site to configure"))
                .help("`[[site]]` adds one"));
        }
        for site in &self.sites {
            if !known.contains(site) {
                let message = format!("scenario has no site `{site}`");
                let names = known.iter().map(SiteName::as_str);
                return Err(Failure::bad_input(message).help(nearest_help(site.as_str(), names)));
            }
        }
        if !self.sites.is_empty() {
            known.retain(|site| self.sites.contains(site));
        }
        Ok(known)
    }
}

/// A scenario with its world.
struct State {
    /// How the user named it.
    given: String,
    loaded: Loaded,
    base: BaseWorld,
    assembled: Assembled,
}

impl State {
    /// Reads a scenario. The world is that of `other` if both name the same.
    fn load(
        args: &ScenarioArgs,
        other: Option<&State>,
        progress: &Progress,
    ) -> Result<State, Failure> {
        let loaded = args.load()?;
        // A file that both name may be another one for each, if they lie in different folders.
        let is_file = matches!(loaded.scenario.world, WorldSource::AsRel(_) | WorldSource::File(_));
        let is_same = |other: &&State| {
            other.loaded.scenario.world == loaded.scenario.world
                && (!is_file || other.given == args.scenario)
        };
        let base = match other.filter(is_same) {
            Some(other) => other.base.clone(),
            None => world::of_scenario(&loaded, progress)?,
        };
        progress.phase("building");
        let assembled = loaded.assemble(&base)?;
        Ok(State { given: args.scenario.clone(), loaded, base, assembled })
    }

    /// The routers of these sites, as far as the scenario has them.
    fn routers(
        &self,
        wanted: &[SiteName],
        all_bfd: bool,
        addresses: &mut Addresses,
    ) -> Result<Vec<RouterConfig>, Failure> {
        let Assembled { world, overlay, service, rules, .. } = &self.assembled;
        let ground = Ground { world, overlay, service, rules };
        let scenario = &self.loaded.scenario;
        routers(ground, scenario, all_bfd, addresses, |site| wanted.contains(site))
            .map_err(|error| Failure::bad_input(error.to_string()))
    }
}

/// The folder of a site.
fn folder_of_site(site: &SiteName) -> Result<PathBuf, Failure> {
    match site.as_str() {
        "." | ".." => Err(Failure::bad_input(format!("site `{site}` cannot name a folder"))
            .help("give it another name, or print it without `--out`")),
        name => Ok(PathBuf::from(name)),
    }
}

/// Writes all files of all routers, and lists them.
fn write_files(args: &ConfigArgs, out: &Path, routers: &[RouterConfig]) -> Result<(), Failure> {
    let mut all = Vec::new();
    let mut rows: Vec<(&RouterConfig, String)> = Vec::new();
    for router in routers {
        let place = folder_of_site(&router.site)?;
        for file in files(args.daemon, router) {
            let path = place.join(file.name);
            rows.push((router, out.join(&path).display().to_string()));
            all.push((path, file.text));
        }
    }
    folder::write(out, &all, args.force)?;
    let mut table = Table::default();
    let count = |number: usize| Some(number as i64);
    let of = |value: fn(&RouterConfig) -> usize| {
        Values::Integer(rows.iter().map(|(router, _)| count(value(router))).collect())
    };
    table.push("site", "", texts(rows.iter().map(|(router, _)| router.site.as_str())));
    table.push("asn", "", of(|router| router.asn.0 as usize));
    table.push("city", "", texts(rows.iter().map(|(router, _)| &*router.city)));
    table.push("prefixes", "", of(|router| router.originated.len()));
    table.push("sessions", "", of(|router| router.sessions.len()));
    table.push("file", "", texts(rows.iter().map(|(_, path)| &**path)));
    list(args, &table)?;
    note("addresses of links are placeholders: look for \"replace\" in the files");
    Ok(())
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Values {
    Values::from_texts(texts.map(|text| (!text.is_empty()).then_some(text)))
}

fn list(args: &ConfigArgs, table: &Table) -> Result<(), Failure> {
    OutputArgs { format: args.format, out: None }.settle()?.table(table)
}

/// Prints what changes, or writes it into files and lists them.
fn tell_changes(args: &ConfigArgs, changes: &[SiteChange]) -> Result<(), Failure> {
    if changes.is_empty() {
        note("nothing changes in the configuration of any site");
        return Ok(());
    }
    let both = |change: &SiteChange| {
        [("apply", &change.apply), ("undo", &change.undo)]
            .map(|(name, steps)| (format!("{name}.conf"), text(args, change, name, steps)))
    };
    let Some(out) = &args.out else {
        let texts: Vec<String> = changes.iter().flat_map(both).map(|(_, text)| text).collect();
        return print(&texts.join("\n"));
    };
    let (mut all, mut rows) = (Vec::new(), Vec::new());
    for change in changes {
        let place = folder_of_site(&change.site)?;
        for (name, text) in both(change) {
            let path = place.join(name);
            rows.push((change, change.what.join("; "), out.join(&path).display().to_string()));
            all.push((path, text));
        }
    }
    folder::write(out, &all, args.force)?;
    let mut table = Table::default();
    table.push("site", "", texts(rows.iter().map(|(change, ..)| change.site.as_str())));
    let asns = rows.iter().map(|(change, ..)| Some(change.asn.0.into())).collect();
    table.push("asn", "", Values::Integer(asns));
    table.push("change", "", texts(rows.iter().map(|(_, what, _)| &**what)));
    table.push("file", "", texts(rows.iter().map(|(.., path)| &**path)));
    list(args, &table)
}

/// Lines of a change below what they do and how they come into effect.
fn text(args: &ConfigArgs, change: &SiteChange, name: &str, steps: &Steps) -> String {
    let mark = match args.daemon {
        Daemon::Bird => '#',
        Daemon::Frr => '!',
    };
    let mut text = String::new();
    let SiteChange { site, asn, what, .. } = change;
    for what in what {
        let back = if name == "undo" { "taken back: " } else { "" };
        let _ = writeln!(text, "{mark} {site}, AS{asn}: {back}{what}");
    }
    let (file, needs_file) =
        (format!("{name}.conf"), steps.commands.iter().any(|command| command.contains("LINES")));
    let how = match (args.daemon, needs_file, &args.out) {
        (Daemon::Bird, ..) => "Paste this into bird.conf, then run",
        (Daemon::Frr, true, None) => "Run, where LINES is a file with this",
        (Daemon::Frr, ..) => "Run",
    };
    let _ = writeln!(text, "{mark} {how}");
    for command in &steps.commands {
        let command = match &args.out {
            Some(_) => command.replace("LINES", &file),
            None => command.clone(),
        };
        let _ = writeln!(text, "{mark}   {command}");
    }
    let lines = steps.lines.trim_end();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{lines}");
    }
    text
}

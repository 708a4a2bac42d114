//! `catchment serve`: the simulator in a browser. Everything but files is the server's business.

use std::env;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use catchment_formats::scenario::{self, Syntax, write_toml};
use catchment_model::Scenario;
use catchment_model::scenario::WorldSource;
use catchment_server::engine::{Engine, Watch, WorldFiles};
use catchment_server::logs::{self, LogForm};
use catchment_server::serve::{Server, Settings};
use catchment_server::{LibraryScenario, Limits, Token};
use catchment_worlds::BaseWorld;
use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::input::{ScenarioArgs, world};
use crate::progress::Progress;
use crate::report::{Failure, note, to_stderr};
use crate::{library, signals};

/// What opens where nobody chose.
const FIRST: &str = "hello";
/// The variable that can hold the token.
const TOKEN_VARIABLE: &str = "CATCHMENT_TOKEN";

/// Open the simulator in a browser: the map, the controls, and the same answers as here
///
/// It answers on this machine only, unless `--listen` says otherwise; then whoever asks needs a
/// token. One that is made up is part of the address that it prints.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// A file or a built-in scenario to open first, or a world (`.world`, relationships) to build
    /// a service on
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// Where to answer; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
    /// A file with the token that whoever asks must know; else the variable CATCHMENT_TOKEN, else,
    /// where others than this machine can ask, one that is made up
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Runs at once; more wait. One for each core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    runs: Option<u32>,
    /// Longest run, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 120,
        value_parser = clap::value_parser!(u32).range(1..=86400)
    )]
    run_seconds: u32,
    /// Memory for results that are kept, in MiB
    #[arg(
        long,
        value_name = "MIB",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..=1_048_576)
    )]
    results_mib: u32,
    /// How much to log: error, warn, info, debug, trace or off
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: String,
    /// The form of the log; text on a terminal and JSON elsewhere if not given
    #[arg(long, value_name = "FORM")]
    log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object in each line
    Json,
}

/// Runs the command.
///
/// # Errors
/// If what is to be opened has mistakes, or the address cannot be had.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let form = match args.log_format {
        Some(LogFormat::Text) => LogForm::Text,
        Some(LogFormat::Json) => LogForm::Json,
        None => LogForm::fitting(),
    };
    let (mut offered, mut files) = offered()?;
    let first = match &args.scenario {
        Some(given) => open(given, &mut offered, &mut files)?,
        None => FIRST.to_owned(),
    };
    let token = token(args)?;
    logs::start(&args.log, form).map_err(Failure::bad_input)?;
    let allowed = files.folders.iter().map(|(source, _)| source.clone()).collect();
    let limits = Limits {
        runs_at_once: args.runs.unwrap_or(0) as usize,
        run_time: Duration::from_secs(args.run_seconds.into()),
        results_bytes: (args.results_mib as usize) << 20,
        ..Limits::default()
    };
    let settings = Settings {
        engine: Engine::new(Arc::new(files), allowed),
        library: offered,
        first,
        first_is_chosen: args.scenario.is_some(),
        token: token.as_ref().map(|known| known.token.clone()),
        limits,
    };
    let server = Server::bind(args.listen, settings).map_err(|e| cannot_listen(args.listen, &e))?;
    log_bugs();
    let stop = server.stop();
    signals::instead(move || stop.stop());
    let page = page(server.address());
    let with_token = match &token {
        Some(known) => format!("{page}/?token={}", known.token.text()),
        None => page.clone(),
    };
    // What is kept in a file shall not end up in a log.
    let shown =
        if token.as_ref().is_some_and(|it| !it.is_made_up) { page } else { with_token.clone() };
    to_stderr(&format!("Catchment is at {shown}\n"));
    if shown != with_token {
        note("whoever opens it needs the token that was given: add `/?token=` and the token");
    }
    if server.address().ip().is_unspecified() {
        note("from other machines, write a name of this one in place of the address");
    }
    if args.open {
        open_browser(&with_token, &shown);
    }
    server.run().map_err(|error| {
        Failure::new(Exit::Environment, format!("the server cannot go on: {error}"))
    })
}

/// The library, and the worlds in files that its scenarios name.
fn offered() -> Result<(Vec<LibraryScenario>, Files), Failure> {
    let mut files = Files { folders: Vec::new() };
    let mut offered = Vec::new();
    for name in library::names() {
        let toml = library::text(name).unwrap_or_default();
        let reading = scenario::read(&toml, Syntax::Toml, &[]);
        // Its tests read all of them.
        let scenario = reading.expect("the library has no mistakes").scenario;
        let unavailable = files.allow(&scenario.world, Path::new(".")).err();
        let argument = Some(name.to_owned());
        offered.push(LibraryScenario { scenario, toml, argument, unavailable });
    }
    Ok((offered, files))
}

/// Offers what was named on the command line too. Answers with its name.
fn open(
    given: &str,
    offered: &mut Vec<LibraryScenario>,
    files: &mut Files,
) -> Result<String, Failure> {
    let (scenario, toml, argument, folder) = match world::kind_of_file(Path::new(given))? {
        Some(kind) => {
            let source = match kind {
                world::FileKind::World => WorldSource::File(given.to_owned()),
                world::FileKind::Links => WorldSource::AsRel(given.to_owned()),
            };
            let scenario = empty_service(&source, &world::world_name(given));
            let toml = write_toml(&scenario);
            (scenario, toml, None, PathBuf::new())
        }
        None => {
            let args = ScenarioArgs { scenario: given.to_owned(), seed: None, set: Vec::new() };
            let loaded = args.load()?;
            let folder = world::folder_of_world(&loaded).to_owned();
            let toml = loaded.toml.unwrap_or_else(|| write_toml(&loaded.scenario));
            (loaded.scenario, toml, Some(given.to_owned()), folder)
        }
    };
    files.allow(&scenario.world, &folder).map_err(Failure::bad_input)?;
    let name = scenario.name.clone();
    let own = LibraryScenario { scenario, toml, argument, unavailable: None };
    offered.retain(|known| known.scenario.name != name);
    offered.insert(0, own);
    Ok(name)
}

/// A service without sites on a world.
fn empty_service(source: &WorldSource, name: &str) -> Scenario {
    const TEXT: &str = "format = 1\nname = \"world\"\n[world]\nbuiltin = \"eight\"\n\
                        [service]\nprefixes = [\"192.0.2.0/24\"]\n";
    let reading = scenario::read(TEXT, Syntax::Toml, &[]);
    let scenario = reading.expect("an empty service has no mistakes").scenario;
    Scenario { name: name.to_owned(), world: source.clone(), ..scenario }
}

/// The worlds in files that may be opened, each with the folder that its path starts from.
struct Files {
    folders: Vec<(WorldSource, PathBuf)>,
}

impl Files {
    /// Allows the world of a scenario, if it is in a file. What is named later counts.
    ///
    /// # Errors
    /// If it is not there: why, for people.
    fn allow(&mut self, source: &WorldSource, folder: &Path) -> Result<(), String> {
        if !matches!(source, WorldSource::AsRel(_) | WorldSource::File(_)) {
            return Ok(());
        }
        self.folders.retain(|(known, _)| known != source);
        self.folders.push((source.clone(), folder.to_owned()));
        world::is_there(source, folder).map_err(|failure| in_words(&failure))
    }
}

impl WorldFiles for Files {
    fn open(&self, source: &WorldSource, watch: Watch<'_>) -> Result<BaseWorld, String> {
        let known = self.folders.iter().find(|(known, _)| known == source);
        let (_, folder) = known.ok_or("this world is not one that the server was started with")?;
        if watch("reading the world", 0, 0).is_break() {
            return Err("cancelled".to_owned());
        }
        world::of_source(source, folder, &Progress::silent()).map_err(|failure| in_words(&failure))
    }
}

/// A failure in a sentence or two.
fn in_words(failure: &Failure) -> String {
    let Some(problem) = failure.problems.first() else { return String::new() };
    match problem.help.is_empty() {
        true => problem.message.clone(),
        false => format!("{}; {}", problem.message, problem.help),
    }
}

/// The token that whoever asks must know.
struct KnownToken {
    token: Token,
    /// Whether it was made up here, so that nobody knows it yet.
    is_made_up: bool,
}

/// The token that was given, or one that is made up where it is needed.
fn token(args: &ServeArgs) -> Result<Option<KnownToken>, Failure> {
    let (text, place) = if let Some(path) = &args.token_file {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| Failure::cannot_read(&name, &e))?;
        (text, format!("in `{name}`"))
    } else if let Some(text) = env::var_os(TOKEN_VARIABLE).filter(|text| !text.is_empty()) {
        (text.to_string_lossy().into_owned(), format!("in the variable `{TOKEN_VARIABLE}`"))
    } else if args.listen.ip().is_loopback() {
        return Ok(None);
    } else {
        return Ok(Some(KnownToken { token: Token::random(), is_made_up: true }));
    };
    let token = Token::new(text.trim());
    let given = token.map(|token| Some(KnownToken { token, is_made_up: false }));
    given.map_err(|why| Failure::bad_input(format!("the token {place} is none: {why}")))
}

/// The address of the page, as a browser on this machine would open it, without the token.
fn page(address: SocketAddr) -> String {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind as Kind;
    let what = format!("cannot answer at {address}");
    let (why, help) = match error.kind() {
        Kind::AddrInUse => (
            "another program does".to_owned(),
            format!("`--listen {}` picks a free port", SocketAddr::new(address.ip(), 0)),
        ),
        Kind::AddrNotAvailable => (
            "this machine does not have that address".to_owned(),
            "`--listen 127.0.0.1:8080` answers on this machine, `--listen 0.0.0.0:8080` on all of \
             its addresses"
                .to_owned(),
        ),
        Kind::PermissionDenied => {
            ("that is not allowed".to_owned(), "ports from 1024 on need no rights".to_owned())
        }
        _ => (error.to_string(), String::new()),
    };
    Failure::new(Exit::Environment, format!("{what}: {why}")).help(help)
}

/// A bug fails what was asked, and not the server.
fn log_bugs() {
    panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        logs::bug(message, &place);
    }));
}

/// Opens a page as the desktop does. If that cannot be, says so, with the address as `shown`.
fn open_browser(page: &str, shown: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(opener);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // It ends by itself; whoever waits for it lets the system forget it.
            let wait = move || {
                let _ = child.wait();
            };
            let _ = std::thread::Builder::new().name("browser".to_owned()).spawn(wait);
        }
        Err(_) => note(&format!("`{opener}` does not start: open {shown} yourself")),
    }
}

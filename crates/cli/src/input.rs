//! Finds and reads scenarios. Worlds: [`mod@world`]; the scenarios inside the binary:
//! [`crate::library`].

pub mod world;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catchment_formats::compression::{Compression, detect};
use catchment_formats::scenario::{self, SourceMap, Syntax};
use catchment_formats::world_file;
use catchment_model::mistake::nearest;
use catchment_model::{Mistake, Scenario};
use catchment_worlds::{Assembled, BaseWorld, assemble};
use clap::Args;

use crate::library;
use crate::report::{Failure, Source, note};

/// A scenario is written by hand: what is longer is something else.
const SCENARIO_BYTES_MAX: u64 = 16 << 20;

/// Which scenario, and what is changed in it.
#[derive(Debug, Clone, Args)]
pub struct ScenarioArgs {
    /// A file, or the name of a built-in scenario (see `catchment scenario list`)
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Seed of every draw, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
    /// Override a setting, such as `rules.oldest_rule=none`; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

/// A seed on the command line.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}", u64::MAX))
}

/// Reads `PATH=VALUE`.
///
/// # Errors
/// If it has another form.
pub fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => {
            Ok((path.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write a path, `=` and a value, such as `service.prefixes.0=192.0.2.0/24`".into()),
    }
}

/// A scenario, and where it stands.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Its text as messages show it.
    pub source: Arc<Source>,
    /// Its text as it was written, if that is TOML.
    pub toml: Option<String>,
    /// Its file, if it has one.
    file: Option<PathBuf>,
    map: SourceMap,
    /// The folder that relative paths start from.
    folder: PathBuf,
    set: Vec<(String, String)>,
}

impl ScenarioArgs {
    /// Finds and reads the scenario.
    ///
    /// # Errors
    /// All mistakes in it; or there is none.
    pub fn load(&self) -> Result<Loaded, Failure> {
        let text = find(&self.scenario)?;
        let source = Arc::new(Source::new(&text.name, &text.text));
        let reading = scenario::read(&text.text, text.syntax, &self.set)
            .map_err(|mistakes| Failure::mistakes(mistakes, &source))?;
        let mut scenario = reading.scenario;
        if let Some(seed) = self.seed {
            scenario.seed = seed;
        }
        let toml = (text.syntax == Syntax::Toml).then_some(text.text);
        let (map, folder, set) = (reading.source, text.folder, self.set.clone());
        Ok(Loaded { scenario, source, toml, file: text.file, map, folder, set })
    }
}

impl Loaded {
    /// Another scenario in the place of this one: a variant of it.
    #[must_use]
    pub fn with(&self, scenario: Scenario) -> Loaded {
        Loaded { scenario, ..self.clone() }
    }

    /// Joins the scenario and its world, and passes on what the assembler has to say.
    ///
    /// # Errors
    /// All mistakes that only the world could tell.
    pub fn assemble(&self, base: &BaseWorld) -> Result<Assembled, Failure> {
        let assembled = assemble(base, &self.scenario).map_err(|m| self.mistakes(m))?;
        assembled.notes.iter().for_each(|text| note(text));
        Ok(assembled)
    }

    /// Mistakes that know the path of a value, as a failure that shows the place.
    pub fn mistakes(&self, mut mistakes: Vec<Mistake>) -> Failure {
        for mistake in &mut mistakes {
            if let Some((path, value)) = self.set.iter().find(|(path, _)| self.meets(path, mistake))
            {
                mistake.message = format!("{} (from `--set {path}={value}`)", mistake.message);
            }
        }
        self.map.place(&mut mistakes);
        Failure::mistakes(mistakes, &self.source)
    }

    /// Whether `--set path=…` changed the value of a mistake, or something in or around it.
    fn meets(&self, path: &str, mistake: &Mistake) -> bool {
        if mistake.path.is_empty() {
            return false;
        }
        let mut written = path.split('.').enumerate();
        let mut actual = mistake.path.split('.');
        let (list, place) = (path.split('.').next(), mistake.path.split('.').nth(1));
        loop {
            let (Some((depth, word)), Some(segment)) = (written.next(), actual.next()) else {
                return true;
            };
            let entry = place.and_then(|place| place.parse::<usize>().ok());
            // An entry of a list stands in a mistake by its number, and in an option perhaps by
            // its name.
            let named = match (depth, list, entry) {
                (1, Some("site"), Some(entry)) => {
                    self.scenario.sites.get(entry).map(|site| site.name.to_string())
                }
                (1, Some("client"), Some(entry)) => {
                    self.scenario.clients.get(entry).map(|client| client.asn.to_string())
                }
                _ => None,
            };
            if word != segment && named.as_deref() != Some(word) {
                return false;
            }
        }
    }
}

/// The text of a scenario.
struct Text {
    name: String,
    text: String,
    syntax: Syntax,
    /// `None` for one of the library.
    file: Option<PathBuf>,
    folder: PathBuf,
}

/// A file if there is one of that name, else a scenario of the library.
fn find(given: &str) -> Result<Text, Failure> {
    let path = Path::new(given);
    let is_folder = path.is_dir();
    if path.exists() && !is_folder {
        return read(path);
    }
    if let Some(text) = library::text(given) {
        let (name, folder) = (format!("built-in scenario {given}"), PathBuf::from("."));
        return Ok(Text { name, text, syntax: Syntax::Toml, file: None, folder });
    }
    let looks_like_file = given.contains(std::path::MAIN_SEPARATOR)
        || path.extension().is_some_and(|extension| is_any(extension, &["toml", "json"]));
    if is_folder {
        return Err(Failure::bad_input(format!("`{given}` is a folder, not a scenario")));
    }
    let failure = match looks_like_file {
        true => Failure::cannot_read(given, &read_error(path)),
        false => Failure::bad_input(format!("there is no file or built-in scenario `{given}`")),
    };
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or(given);
    let list = "`catchment scenario list` shows the built-in scenarios";
    Err(failure.help(match nearest(stem, library::names()) {
        Some(name) => format!("the nearest name is `{name}`; {list}"),
        None => list.to_owned(),
    }))
}

/// Why a file that seems not to exist cannot be read: perhaps a folder may not be entered.
fn read_error(path: &Path) -> io::Error {
    path.metadata().err().unwrap_or_else(|| io::ErrorKind::NotFound.into())
}

fn is_any(extension: &OsStr, known: &[&str]) -> bool {
    known.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn read(path: &Path) -> Result<Text, Failure> {
    let name = path.display().to_string();
    let cannot = |error: io::Error| Failure::cannot_read(&name, &error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(SCENARIO_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if world_file::is_world_file(&bytes) {
        return Err(Failure::bad_input(format!("`{name}` is a world, not a scenario")).help(
            "name it in a scenario: `[world]`, then `file = \"…\"`; `catchment world info` \
                 describes it",
        ));
    }
    let compression = detect(&bytes);
    let other = match compression {
        Compression::Plain if is_relationships(&bytes) => Some("relationship file".to_owned()),
        Compression::Plain => None,
        packed => Some(format!("{} archive", packed.name())),
    };
    if let Some(other) = other {
        let message = format!("`{name}` is a {other}, not a scenario");
        return Err(Failure::bad_input(message).help(
            "relationship files are named in a scenario: `[world]`, then `as_rel = \"…\"`; \
             `catchment world info` describes one",
        ));
    }
    if bytes.len() as u64 > SCENARIO_BYTES_MAX {
        let limit = SCENARIO_BYTES_MAX >> 20;
        return Err(Failure::bad_input(format!("`{name}` is too large for a scenario")).help(
            format!(
                "a scenario has at most {limit} MiB; topologies are files of their own, named \
                 under `[world]`"
            ),
        ));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| not_utf8(&name, &error))?;
    // A byte order mark, which some editors write, is no part of the text.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    let is_json = match path.extension() {
        Some(extension) if is_any(extension, &["json"]) => true,
        Some(extension) if is_any(extension, &["toml"]) => false,
        _ => text.trim_start().starts_with('{'),
    };
    let syntax = if is_json { Syntax::Json } else { Syntax::Toml };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Text { name, text, syntax, file: Some(path.to_owned()), folder })
}

/// Whether the first line that is no comment has the form `1|11537|0`, which no TOML and no JSON
/// has.
fn is_relationships(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let first = lines.find(|line| !line.starts_with(b"#")).unwrap_or_default();
    let mut fields = first.split(|byte| *byte == b'|');
    let mut is_number =
        || fields.next().is_some_and(|f| !f.is_empty() && f.iter().all(u8::is_ascii_digit));
    is_number() && is_number() && fields.next().is_some()
}

fn not_utf8(name: &str, error: &std::string::FromUtf8Error) -> Failure {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = valid.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Failure::bad_input(format!("`{name}` is no text: byte {column} of line {line} is not UTF-8"))
        .help("a scenario is a TOML or JSON file; `catchment scenario new` writes one")
}

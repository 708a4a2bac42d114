//! Finds, reads and builds worlds, and says what their readers left out.

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use catchment_formats::as_rel::{self, AsRel};
use catchment_formats::compression::{Compression, decompress, detect};
use catchment_formats::skipped::Skipped;
use catchment_formats::world_file;
use catchment_model::scenario::WorldSource;
use catchment_model::world::LinkProblemKind;
use catchment_model::{Mistake, World};
use catchment_worlds::from_data::{self, Cycle, GraphReport};
use catchment_worlds::synthetic::{self, SyntheticSpec};
use catchment_worlds::{BUILTINS, BaseWorld, builtin};

use catchment_model::mistake::nearest_help;

use super::Loaded;
use crate::progress::Progress;
use crate::report::{self, Failure, note};

/// Large enough that lines are rarely cut, small enough to stay in the cache.
const BUFFER: usize = 1 << 18;
/// Examples of dropped links that a note names.
const EXAMPLES_SHOWN: usize = 3;

/// The world of a scenario.
///
/// # Errors
/// If it cannot be read, seen from the place in the scenario that names it.
pub fn of_scenario(loaded: &Loaded, progress: &Progress) -> Result<BaseWorld, Failure> {
    let (option, folder) = (option_of_world(loaded), folder_of_world(loaded));
    let at = |key: &str, mut failure: Failure| match option {
        Some((path, value)) => {
            for problem in &mut failure.problems {
                let _ = write!(problem.message, " (from `--set {path}={value}`)");
            }
            failure
        }
        None => failure.within(&loaded.source, loaded.map.locate(&format!("world.{key}"))),
    };
    match &loaded.scenario.world {
        WorldSource::Builtin(name) => builtin(name).ok_or_else(|| {
            let known = BUILTINS.iter().map(|(name, _)| *name);
            let message = format!("there is no built-in world `{name}`");
            let mistake = Mistake::new("scenario::unknown_world", "world.builtin", message);
            loaded.mistakes(vec![mistake.help(nearest_help(name, known))])
        }),
        source => {
            let key = match source {
                WorldSource::AsRel(_) => "as_rel",
                WorldSource::File(_) => "file",
                WorldSource::Builtin(_) | WorldSource::Synthetic { .. } => "synthetic",
            };
            of_source(source, folder, progress).map_err(|failure| at(key, failure))
        }
    }
}

/// The option of the command line that says which world.
fn option_of_world(loaded: &Loaded) -> Option<&(String, String)> {
    loaded.set.iter().rfind(|(path, _)| path.starts_with("world."))
}

/// The folder that the path of the world starts from. What is written on the command line is meant
/// as the shell sees it.
pub fn folder_of_world(loaded: &Loaded) -> &Path {
    if option_of_world(loaded).is_some() { Path::new("") } else { &loaded.folder }
}

/// A world as a scenario names it, whose file has this folder.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn of_source(
    source: &WorldSource,
    folder: &Path,
    progress: &Progress,
) -> Result<BaseWorld, Failure> {
    match source {
        WorldSource::Builtin(name) => builtin(name)
            .ok_or_else(|| Failure::bad_input(format!("there is no built-in world `{name}`"))),
        WorldSource::AsRel(written) => from_as_rel(&resolve(written, folder)?, progress),
        WorldSource::File(written) => from_file(&resolve(written, folder)?, progress),
        WorldSource::Synthetic { ases, seed } => {
            progress.phase("building");
            from_synthetic(SyntheticSpec { ases: *ases, seed: *seed })
        }
    }
}

/// Whether the file of a world is there; others always are.
///
/// # Errors
/// Why not.
pub fn is_there(source: &WorldSource, folder: &Path) -> Result<(), Failure> {
    let (WorldSource::AsRel(written) | WorldSource::File(written)) = source else { return Ok(()) };
    let path = resolve(written, folder)?;
    let found = path.metadata().map_err(|e| Failure::cannot_read(&path.display().to_string(), &e));
    found.map(|_| ())
}

/// What a file holds that is a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A `.world` file.
    World,
    /// Relationships of ASes.
    Links,
}

/// Whether a file is a world, and of which kind, by its first bytes; `None` for everything else.
///
/// # Errors
/// If it is there and cannot be read.
pub fn kind_of_file(path: &Path) -> Result<Option<FileKind>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let name = path.display().to_string();
    let cannot = |error: io::Error| Failure::cannot_read(&name, &error);
    let mut head = Vec::new();
    File::open(path).map_err(cannot)?.take(BUFFER as u64).read_to_end(&mut head).map_err(cannot)?;
    let is_packed = detect(&head) != Compression::Plain;
    Ok(match world_file::is_world_file(&head) {
        true => Some(FileKind::World),
        false if is_packed || super::is_relationships(&head) => Some(FileKind::Links),
        false => None,
    })
}

/// The files that a scenario is read from: its own, and that of its world.
pub fn inputs_of(loaded: &Loaded) -> Vec<PathBuf> {
    let world = match &loaded.scenario.world {
        WorldSource::AsRel(written) | WorldSource::File(written) => {
            resolve(written, folder_of_world(loaded)).ok()
        }
        WorldSource::Builtin(_) | WorldSource::Synthetic { .. } => None,
    };
    loaded.file.iter().cloned().chain(world).collect()
}

/// A path as a scenario writes it (design section 8): relative to the scenario's file, or, if it
/// begins with `${NAME}`, as that variable says and relative to the working directory.
fn resolve(written: &str, folder: &Path) -> Result<PathBuf, Failure> {
    let Some(rest) = written.strip_prefix("${") else { return Ok(folder.join(written)) };
    let Some((name, rest)) = rest.split_once('}') else {
        return Err(Failure::bad_input(format!(
            "`{written}` opens a variable and does not close it"
        ))
        .help("write `${NAME}/rest/of/the/path`"));
    };
    let mut path: OsString =
        env::var_os(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Failure::bad_input(format!("`{written}` needs the variable `{name}`, which is not set"))
            .help(format!(
                "set `{name}` to the folder that has the data; AS relationships come from CAIDA \
                 (https://www.caida.org/catalog/datasets/as-relationships/), who do not allow us \
                 to pass them on"
            ))
        })?;
    path.push(rest);
    Ok(PathBuf::from(path))
}

/// A world that the user names on the command line: `synthetic:ASES[:SEED]`, a file of either
/// kind, or a built-in name.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn by_name(given: &str, progress: &Progress) -> Result<BaseWorld, Failure> {
    if let Some(spec) = given.strip_prefix("synthetic:") {
        let (ases, seed) = spec.split_once(':').unwrap_or((spec, "1"));
        let (Ok(ases), Ok(seed)) = (ases.parse(), seed.parse()) else {
            return Err(Failure::bad_input(format!("`{given}` is no synthetic Internet"))
                .help("write `synthetic:ASES` or `synthetic:ASES:SEED`, both whole numbers"));
        };
        progress.phase("building");
        return from_synthetic(SyntheticSpec { ases, seed });
    }
    let path = Path::new(given);
    if path.exists() {
        return from_any_file(path, progress);
    }
    builtin(given).ok_or_else(|| {
        let error = path.metadata().err();
        match error.filter(|error| error.kind() != io::ErrorKind::NotFound) {
            Some(error) => Failure::cannot_read(given, &error),
            None => Failure::bad_input(format!("there is no file or built-in world `{given}`"))
                .help(nearest_help(given, BUILTINS.iter().map(|(name, _)| *name))),
        }
    })
}

/// A generated Internet.
///
/// # Errors
/// If it cannot have that size.
pub fn from_synthetic(spec: SyntheticSpec) -> Result<BaseWorld, Failure> {
    let synthetic = synthetic::generate(&spec).map_err(|e| Failure::bad_input(e.to_string()))?;
    let name = format!("synthetic, {} ASes, seed {}", spec.ases, spec.seed);
    Ok(from_data::from_synthetic(&name, &synthetic))
}

/// A file that has not been read yet, and its first bytes.
struct Opened {
    name: String,
    reader: Box<dyn BufRead>,
    is_world: bool,
    bytes: u64,
}

fn open(path: &Path, progress: &Progress) -> Result<Opened, Failure> {
    let name = path.display().to_string();
    let opened = || {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let mut reader = BufReader::with_capacity(BUFFER, progress.reading(file, bytes));
        let is_world = world_file::is_world_file(reader.fill_buf()?);
        Ok(Opened { name: name.clone(), reader: Box::new(reader), is_world, bytes })
    };
    opened().map_err(|error| Failure::cannot_read(&name, &error))
}

fn from_any_file(path: &Path, progress: &Progress) -> Result<BaseWorld, Failure> {
    let opened = open(path, progress)?;
    if opened.is_world { read_world(opened) } else { read_links(opened, progress) }
}

fn from_file(path: &Path, progress: &Progress) -> Result<BaseWorld, Failure> {
    let opened = open(path, progress)?;
    let is_world = opened.is_world;
    read_world(opened).map_err(|failure| match is_world {
        true => failure,
        false => failure.help(
            "relationship files are named with `as_rel`; `catchment world build` makes a \
             `.world` file from one",
        ),
    })
}

fn from_as_rel(path: &Path, progress: &Progress) -> Result<BaseWorld, Failure> {
    let opened = open(path, progress)?;
    if opened.is_world {
        return Err(Failure::bad_input(format!("`{}` is a `.world` file", opened.name))
            .help("name it with `file` in place of `as_rel`"));
    }
    read_links(opened, progress)
}

fn read_world(mut opened: Opened) -> Result<BaseWorld, Failure> {
    let name = &opened.name;
    let world = if opened.bytes > 0 {
        world_file::read_from(opened.reader, opened.bytes)
    } else {
        // A pipe does not say how much will come.
        let mut content = Vec::new();
        opened
            .reader
            .read_to_end(&mut content)
            .map_err(|error| Failure::cannot_read(name, &error))?;
        world_file::read(&content)
    };
    let world =
        world.map_err(|error| Failure::bad_input(format!("cannot read `{name}`: {error}")))?;
    Ok(BaseWorld::from_data(world))
}

fn read_links(opened: Opened, progress: &Progress) -> Result<BaseWorld, Failure> {
    let name = opened.name.clone();
    let links = read_as_rel(opened)?;
    progress.phase("building");
    Ok(BaseWorld::from_data(graph(&name, &links)))
}

/// A relationship file, for whoever wants its graph.
///
/// # Errors
/// If it cannot be read, or says nothing.
pub fn read_graph(path: &Path, progress: &Progress) -> Result<World, Failure> {
    let opened = open(path, progress)?;
    let name = opened.name.clone();
    if opened.is_world {
        return Err(Failure::bad_input(format!("`{name}` is a `.world` file already")));
    }
    let links = read_as_rel(opened)?;
    progress.phase("building");
    Ok(graph(&name, &links))
}

fn read_as_rel(opened: Opened) -> Result<AsRel, Failure> {
    let name = &opened.name;
    let reading = decompress(opened.reader).and_then(as_rel::read);
    let found = reading.map_err(|error| Failure::cannot_read(name, &error))?;
    if found.links.is_empty() {
        let message = format!("`{name}` has no relationship of two ASes");
        let example = found.skipped.groups.first().and_then(|group| group.examples.first());
        let form = "lines have the form `1|11537|0` or `1|11537|-1|bgp`";
        return Err(Failure::bad_input(message).help(match example {
            Some(example) => {
                format!("{form}; line {} is `{}`", example.line, example.text)
            }
            None => form.to_owned(),
        }));
    }
    note_skipped(name, &found.skipped);
    Ok(found)
}

/// Says what a reader left out.
pub fn note_skipped(name: &str, skipped: &Skipped) {
    if !skipped.is_empty() {
        note(&format!("`{name}`: {skipped}"));
    }
}

fn graph(name: &str, links: &AsRel) -> World {
    let (world, report) = from_data::from_links(&world_name(name), &links.links);
    note_problems(name, links, &report);
    world
}

/// A world is named as its file, without folder and endings.
pub fn world_name(path: &str) -> Cow<'_, str> {
    let name = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
    match name.find('.') {
        Some(at) if at > 0 => name[..at].to_owned().into(),
        _ => name.into_owned().into(),
    }
}

fn note_problems(name: &str, links: &AsRel, graph: &GraphReport) {
    let kinds = [
        (LinkProblemKind::Duplicate, "repeats an earlier line", "repeat an earlier line"),
        (
            LinkProblemKind::Contradiction,
            "contradicts an earlier line, which counts",
            "contradict an earlier line, which counts",
        ),
        (LinkProblemKind::SelfLoop, "is of an AS with itself", "are of an AS with itself"),
    ];
    for (kind, one, many) in kinds {
        let found = || graph.problems.iter().filter(|problem| problem.kind == kind);
        let count = found().count();
        if count == 0 {
            continue;
        }
        let links_are = |links: &str, what: &str| format!("{links} dropped that {what}");
        let dropped =
            report::count(count as u64, &links_are("link", one), &links_are("links", many));
        let mut text = format!("`{name}`: {dropped} (");
        for (index, problem) in found().take(EXAMPLES_SHOWN).enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            let line = |position: u32| links.lines[position as usize];
            let _ = write!(text, "{separator}line {}", line(problem.dropped));
            if problem.kept != problem.dropped {
                let _ = write!(text, " after {}", line(problem.kept));
            }
        }
        text.push_str(if count > EXAMPLES_SHOWN { ", …)" } else { ")" });
        note(&text);
    }
    if let Some(Cycle { asns, dropped: (provider, customer) }) = graph.cycles.first() {
        let around: Vec<String> = asns.iter().map(|asn| format!("AS{asn}")).collect();
        let cycles = report::count(
            graph.cycles.len() as u64,
            "cycle of providers, cut",
            "cycles of providers, each cut",
        );
        let more = if graph.cycles.len() > 1 { ", …" } else { "" };
        note(&format!(
            "`{name}`: {cycles} at one link ({}: AS{provider} no longer provides \
             AS{customer}{more})",
            around.join(" > ")
        ));
    }
}

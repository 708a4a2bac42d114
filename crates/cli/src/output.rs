//! Where answers go: to the standard output, or into a file that appears whole or not at all.
//!
//! A file is written under another name beside its place, brought to disk, and renamed. Until
//! then what stood there stays untouched; whatever goes wrong, nothing is left behind. Whole
//! folders: [`folder`].

pub mod folder;

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use catchment_formats::table::{self, Format};
use catchment_model::Table;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::report::Failure;

/// Rows that a terminal is given unasked; the last line then says how many are left.
const ROWS_ON_TERMINAL: usize = 200;

/// Where an answer goes, and in what form.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Form of the answer [default: by the name of --out; a table on a terminal; else CSV]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub format: Option<Format>,
    /// Write to a file, which appears whole or not at all
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

pub fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::NAMES.map(|(name, _)| name))
        .map(|name| name.parse().expect("clap let only names of formats through"))
}

/// [`OutputArgs`], settled before any work is done.
#[derive(Debug, Clone)]
pub struct Output {
    /// The form.
    pub format: Format,
    target: Target,
    /// Rows of a text that are shown; all if not given.
    rows_max: Option<usize>,
}

impl OutputArgs {
    /// Settles form and place.
    ///
    /// # Errors
    /// A binary form for a terminal, or a folder that does not exist.
    pub fn settle(&self) -> Result<Output, Failure> {
        let target = Target::new(self.out.as_deref())?;
        let terminal = self.out.is_none() && io::stdout().is_terminal();
        let by_name = self.out.as_deref().and_then(by_extension);
        let default = if terminal { Format::Table } else { Format::Csv };
        let format = self.format.or(by_name).unwrap_or(default);
        if terminal && format == Format::Parquet {
            return Err(Failure::bad_input("Parquet is binary and would upset the terminal")
                .help("name a file with `--out`, or send the output into a pipe"));
        }
        // Whoever asks for a table by name gets all of it.
        let rows_max = (terminal && self.format.is_none()).then_some(ROWS_ON_TERMINAL);
        Ok(Output { format, target, rows_max })
    }
}

/// The form that a file's name asks for.
fn by_extension(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "txt" => Some(Format::Table),
        "csv" => Some(Format::Csv),
        "json" => Some(Format::Json),
        "parquet" => Some(Format::Parquet),
        _ => None,
    }
}

impl Output {
    /// As [`Target::spare`].
    ///
    /// # Errors
    /// If the place is that of an input.
    pub fn spare<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<(), Failure> {
        self.target.spare(inputs)
    }

    /// The place.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Writes a table.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn table(&self, table: &Table) -> Result<(), Failure> {
        self.target.write(|out| match self.format {
            Format::Table => table::write_text(table, self.rows_max, out),
            format => table::write(table, format, out),
        })
    }

    /// Writes a text.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        self.target.write(|out| out.write_all(text.as_bytes()))
    }

    /// Writes what is no plain table: a text for people, JSON with some structure, else a table.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn either(
        &self,
        table: &Table,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.text(&text()),
            Format::Json => self.text(&json()),
            Format::Csv | Format::Parquet => self.table(table),
        }
    }
}

/// Writes a text to the standard output.
///
/// # Errors
/// If it cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    Target::Stdout.write(|out| out.write_all(text.as_bytes()))
}

/// Where bytes go.
#[derive(Debug, Clone)]
pub enum Target {
    /// The standard output.
    Stdout,
    /// A device, a pipe: something that cannot be replaced by a file.
    Special(PathBuf),
    /// A file, with the name that the user gave it.
    File(PathBuf, String),
}

impl Target {
    /// The place that `--out` names.
    ///
    /// # Errors
    /// If there cannot be a file.
    pub fn new(out: Option<&Path>) -> Result<Target, Failure> {
        let Some(out) = out else { return Ok(Target::Stdout) };
        let name = shown(out);
        match fs::metadata(out) {
            Ok(known) if known.is_dir() => {
                Err(Failure::bad_input(format!("cannot write {name}: it is a folder")))
            }
            // What a link leads to is replaced, not the link.
            Ok(known) if known.is_file() => match fs::canonicalize(out) {
                Ok(path) => Ok(Target::File(path, name)),
                Err(error) => Err(Failure::cannot_write(&name, &error)),
            },
            Ok(_) => Ok(Target::Special(out.to_owned())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::cannot_write(&name, &error))
            }
            Err(_) if out.file_name().is_none() => {
                Err(Failure::bad_input(format!("{name} is not the name of a file")))
            }
            Err(_) if !folder_of(out).is_dir() => {
                let folder = shown(folder_of(out));
                Err(Failure::bad_input(format!("cannot write {name}: no folder {folder}")))
            }
            Err(_) => Ok(Target::File(out.to_owned(), name)),
        }
    }

    /// Refuses to replace a file that is read: nobody means to lose a scenario to its answer.
    ///
    /// # Errors
    /// If the place is that of an input.
    pub fn spare<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<(), Failure> {
        let Target::File(path, name) = self else { return Ok(()) };
        // What is not there yet, or cannot be found, is no input. A hard link is a file of its
        // own: only one of its names is replaced.
        let Ok(path) = fs::canonicalize(path) else { return Ok(()) };
        let is_it = |input: &P| fs::canonicalize(input).is_ok_and(|input| input == path);
        match inputs.iter().any(is_it) {
            true => Err(Failure::bad_input(format!("cannot write {name}: it is read as well"))
                .help("give the output another name")),
            false => Ok(()),
        }
    }

    /// The name of the file if both are one.
    pub fn clash(&self, other: &Target) -> Option<&str> {
        let (Target::File(path, name), Target::File(other, _)) = (self, other) else { return None };
        // What is there is named in full already; what is not may be named in several ways.
        let whole = |path: &Path| {
            let folder = fs::canonicalize(folder_of(path)).ok()?;
            Some(folder.join(path.file_name()?))
        };
        (whole(path) == whole(other)).then_some(name)
    }

    /// Writes everything that `fill` writes, or nothing.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(
        &self,
        fill: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self {
            Target::Stdout => {
                // Not through `Stdout`, which would cut everything into lines.
                let whole = || {
                    let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
                    fill(&mut out)
                };
                whole().map_err(|error| Failure::cannot_write("the standard output", &error))
            }
            Target::Special(path) => {
                let whole = || fill(&mut OpenOptions::new().write(true).open(path)?);
                whole().map_err(|error| Failure::cannot_write(&shown(path), &error))
            }
            Target::File(path, name) => {
                replace(path, fill).map_err(|error| Failure::cannot_write(name, &error))
            }
        }
    }
}

/// A path as messages show it.
pub fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The files and folders that are being written, for whoever has to end the program.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A thread that panicked while it held the lock left nothing inconsistent.
fn pending_lock() -> MutexGuard<'static, Vec<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is half written. For the end of the program only: from here on nobody can finish
/// a file.
pub fn discard_pending() {
    let mut pending = pending_lock();
    pending.drain(..).for_each(|path| remove(&path));
    std::mem::forget(pending);
}

/// Removes something half written. Nobody can be told if that fails.
fn remove(path: &Path) {
    let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

fn replace(
    path: &Path,
    fill: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    let (mut file, temporary) = create_pending(path)?;
    let written = fill(&mut file).and_then(|()| file.sync_all());
    {
        // Whoever ends the program waits here, and finds the file renamed or removed.
        let mut pending = pending_lock();
        pending.retain(|other| *other != temporary);
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
    }
    // The rename itself is on disk once the folder is; not all file systems let us say so.
    let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Creates the file that will take the place of `path`, with the rights that the umask gives.
fn create_pending(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut pending = pending_lock();
    for attempt in 0.. {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
        name.push(format!(".{}-{attempt}.part", std::process::id()));
        let temporary = folder_of(path).join(name);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => {
                pending.push(temporary.clone());
                return Ok((file, temporary));
            }
            // Left behind by a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends by returning")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("catchment-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_stays_as_it_was_until_its_successor_is_whole() {
        let folder = folder("whole");
        let path = folder.join("a.csv");
        fs::write(&path, "old").unwrap();
        let target = Target::new(Some(&path)).unwrap();
        let written = target.write(|out| {
            out.write_all(b"half")?;
            assert_eq!(fs::read_to_string(&path)?, "old");
            assert_eq!(files(&folder).len(), 2);
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(written.unwrap_err().exit, crate::exit::Exit::Environment);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(files(&folder), ["a.csv"]);

        target.write(|out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(files(&folder), ["a.csv"]);

        // A link is followed, and stays.
        let link = folder.join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Target::new(Some(&link)).unwrap().write(|out| out.write_all(b"linked")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "linked");
        assert!(link.is_symlink());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_name_of_a_file_asks_for_a_form() {
        assert_eq!(by_extension(Path::new("x/a.PARQUET")), Some(Format::Parquet));
        assert_eq!(by_extension(Path::new("x.json/a")), None);
    }
}

//! Folders of files that appear whole or not at all.
//!
//! A new folder is filled under another name and renamed. In one that is there already all files
//! are first written to a place of their own inside it, and then moved; what else is there stays.
//! Only a machine that fails between two moves can leave some new and some old.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{folder_of, pending_lock, remove, shown};
use crate::report::Failure;

/// Files of a folder, with names that may begin with folders inside it.
pub type Files = [(PathBuf, String)];

/// Writes files into a folder, which is made if it is not there.
///
/// # Errors
/// If it cannot be done, or without `force` if one of the files is there already.
pub fn write(folder: &Path, files: &Files, force: bool) -> Result<(), Failure> {
    let name = shown(folder);
    let exists = match fs::metadata(folder) {
        Ok(known) if known.is_dir() => true,
        Ok(_) => return Err(Failure::bad_input(format!("cannot write {name}: it is no folder"))),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::cannot_write(&name, &error));
        }
        Err(_) if folder.file_name().is_none() => {
            return Err(Failure::bad_input(format!("{name} is not the name of a folder")));
        }
        Err(_) if !folder_of(folder).is_dir() => {
            let parent = shown(folder_of(folder));
            return Err(Failure::bad_input(format!("cannot write {name}: no folder {parent}")));
        }
        Err(_) => false,
    };
    if !force {
        refuse_to_overwrite(folder, files)?;
    }
    let written = if exists { add(folder, files) } else { create(folder, files) };
    written.map_err(|error| Failure::cannot_write(&name, &error))
}

fn refuse_to_overwrite(folder: &Path, files: &Files) -> Result<(), Failure> {
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
    let paths = files.iter().map(|(path, _)| folder.join(path));
    let there: Vec<PathBuf> = paths.filter(is_there).collect();
    let Some(first) = there.first() else { return Ok(()) };
    let more = match there.len() {
        1 => "is there already".to_owned(),
        count => format!("and {} more are there already", count - 1),
    };
    Err(Failure::bad_input(format!("{} {more}", shown(first))).help("`--force` overwrites"))
}

/// A new folder.
fn create(folder: &Path, files: &Files) -> io::Result<()> {
    let base = folder.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(base);
    let stage = stage(&folder_of(folder).join(hidden), files)?;
    finish(&stage, || fs::rename(&stage, folder))?;
    sync(folder_of(folder));
    Ok(())
}

/// Files in a folder that is there.
fn add(folder: &Path, files: &Files) -> io::Result<()> {
    let stage = stage(&folder.join(".catchment"), files)?;
    finish(&stage, || {
        // What can be refused is refused before the first file is moved.
        if files.iter().any(|(path, _)| folder.join(path).is_dir()) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        files.iter().try_for_each(|(path, _)| fs::create_dir_all(folder_of(&folder.join(path))))?;
        files.iter().try_for_each(|(path, _)| fs::rename(stage.join(path), folder.join(path)))?;
        remove(&stage);
        Ok(())
    })?;
    files.iter().for_each(|(path, _)| sync(folder_of(&folder.join(path))));
    Ok(())
}

/// Writes all files into a folder beside or inside their place, which nobody looks at.
fn stage(place: &Path, files: &Files) -> io::Result<PathBuf> {
    let stage = {
        let mut pending = pending_lock();
        let stage = free_folder(place)?;
        pending.push(stage.clone());
        stage
    };
    let fill = || {
        for (path, text) in files {
            let path = stage.join(path);
            fs::create_dir_all(folder_of(&path))?;
            let mut file = File::create_new(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
        }
        Ok(())
    };
    let filled: io::Result<()> = fill();
    filled.map(|()| stage.clone()).inspect_err(|_| {
        pending_lock().retain(|other| *other != stage);
        remove(&stage);
    })
}

/// Makes a folder with a name that is not taken.
fn free_folder(place: &Path) -> io::Result<PathBuf> {
    for attempt in 0.. {
        let mut name = place.as_os_str().to_owned();
        name.push(format!(".{}-{attempt}.part", std::process::id()));
        match fs::create_dir(&name) {
            Ok(()) => return Ok(name.into()),
            // Left behind by a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends by returning")
}

/// Moves what was staged to its place. Whoever ends the program waits, and finds it moved or gone.
fn finish(stage: &Path, act: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let mut pending = pending_lock();
    pending.retain(|other| other != stage);
    act().inspect_err(|_| remove(stage))
}

/// A rename is on disk once its folder is; not all file systems let us say so.
fn sync(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("catchment-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// All paths below a folder, hidden ones too, ascending.
    fn below(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut left = vec![folder.to_owned()];
        while let Some(next) = left.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
                if path.is_dir() {
                    left.push(path);
                }
            }
        }
        found.sort();
        found
    }

    fn files(list: &[(&str, &str)]) -> Vec<(PathBuf, String)> {
        list.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect()
    }

    #[test]
    fn a_folder_is_whole_or_not_there() {
        let folder = scratch("folder-whole");
        let out = folder.join("out");
        // The second file would be a folder: nothing appears.
        let clash = files(&[("a/x", "1"), ("a/x/y", "2")]);
        assert!(write(&out, &clash, false).is_err());
        assert_eq!(below(&folder), [""; 0]);

        write(&out, &files(&[("a/x", "1"), ("b/x", "2")]), false).unwrap();
        assert_eq!(below(&folder), ["out", "out/a", "out/a/x", "out/b", "out/b/x"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn files_that_are_there_are_kept_unless_force() {
        let folder = scratch("folder-force");
        let new = files(&[("a/x", "new"), ("b/x", "new")]);
        fs::create_dir(folder.join("b")).unwrap();
        fs::write(folder.join("b/x"), "old").unwrap();
        fs::write(folder.join("b/other"), "mine").unwrap();
        let failure = write(&folder, &new, false).unwrap_err();
        assert_eq!(failure.exit, Exit::BadInput);
        assert_eq!(below(&folder), ["b", "b/other", "b/x"]);

        write(&folder, &new, true).unwrap();
        assert_eq!(below(&folder), ["a", "a/x", "b", "b/other", "b/x"]);
        assert_eq!(fs::read_to_string(folder.join("b/x")).unwrap(), "new");
        assert_eq!(fs::read_to_string(folder.join("b/other")).unwrap(), "mine");

        // A folder in the place of a file is not replaced, and no other file is.
        fs::remove_file(folder.join("b/x")).unwrap();
        fs::create_dir(folder.join("b/x")).unwrap();
        assert!(write(&folder, &files(&[("a/x", "newer"), ("b/x", "newer")]), true).is_err());
        assert_eq!(fs::read_to_string(folder.join("a/x")).unwrap(), "new");
        assert_eq!(below(&folder), ["a", "a/x", "b", "b/other", "b/x"]);
        fs::remove_dir_all(folder).unwrap();
    }
}

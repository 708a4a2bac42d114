//! A room of its own for a lab: namespaces for processes, networks and mounts.
//!
//! The command runs again as the first process of a new PID namespace. Whatever it starts dies
//! with it, also if it is killed; and with the last process go the networks, which have no names,
//! and the files, which lie in a memory file system that nobody else sees. So nothing is left
//! behind, whichever way a lab ends, and labs that run at once cannot meet.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use thiserror::Error;

/// Why there can be no room.
#[derive(Debug, Error)]
pub enum NoRoom {
    /// The kernel refuses namespaces.
    #[error("the system lets this user have no {what}: {error}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// What the kernel said.
        error: io::Error,
    },
    /// The command could not be started again.
    #[error("the command cannot start itself inside its namespaces: {0}")]
    Start(io::Error),
}

impl NoRoom {
    fn refused(what: &'static str) -> impl Fn(nix::Error) -> NoRoom {
        move |error| NoRoom::Refused { what, error: error.into() }
    }
}

/// A lab that runs in its room. Killing it removes everything.
#[derive(Debug)]
pub struct Room {
    child: Child,
}

impl Room {
    /// Runs this program again with these arguments as the first process of a new PID namespace.
    /// It must call [`furnish`] before anything else.
    ///
    /// Children of this thread are in the namespace from here on; this one dies with the thread.
    ///
    /// # Errors
    /// If the kernel refuses namespaces, or the program cannot be started.
    pub fn open(arguments: &[OsString]) -> Result<Room, NoRoom> {
        unshare(CloneFlags::CLONE_NEWPID).map_err(NoRoom::refused("process namespace"))?;
        let mut command = Command::new("/proc/self/exe");
        command.args(arguments).stdin(Stdio::null());
        command.spawn().map(|child| Room { child }).map_err(NoRoom::Start)
    }

    /// Whether it has ended, and how.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Ends it and all that it started.
    pub fn clear(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Code with which a program should end whose room ended so: its own, or 128 and the signal.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// Makes the room that [`Room::open`] has opened fit for a lab: own networks, and an empty folder
/// for files, which is returned. Dies with whoever opened it.
///
/// # Errors
/// If the kernel refuses something.
pub fn furnish() -> Result<PathBuf, NoRoom> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(NoRoom::refused("death signal"))?;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC)
        .map_err(NoRoom::refused("network namespace"))?;
    let none = None::<&str>;
    // Else what is mounted here appears outside.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .map_err(NoRoom::refused("private mounts"))?;
    // A short path, as names of sockets have at most 107 bytes. Nothing of the machine is needed
    // there.
    let folder = Path::new("/run");
    mount(Some("lab"), folder, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, none)
        .map_err(NoRoom::refused("memory file system"))?;
    Ok(folder.to_owned())
}

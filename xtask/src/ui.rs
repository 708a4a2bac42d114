//! The user interface in `ui/`: its packages, its build, its checks, its tests in a browser.
//!
//! Everything goes through npm and the versions in `ui/package-lock.json`. The build, `ui/dist`, is
//! put into the library `server` when that is compiled, so it comes before it.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::setup;
use crate::shell::{Failure, build_catchment, call, program, root};

/// Most bytes of the first screen after gzip: HTML, scripts, styles and the map.
const FIRST_SCREEN_MAX: u64 = 150 * 1024;

/// Builds `ui/dist`, with its packages as the lock file has them.
pub fn build() -> Result<(), Failure> {
    packages()?;
    call(npm().args(["run", "build"]))
}

/// Forms, types and accessibility of the sources, tests of the parts, and the size of the whole.
pub fn check() -> Result<(), Failure> {
    packages()?;
    call(npm().args(["run", "format:check"])).map_err(|failure| Failure {
        help: "`npm run format` in ui/ puts it right".to_owned(),
        ..failure
    })?;
    call(npm().args(["run", "check"]))?;
    call(npm().args(["run", "test:unit"]))?;
    call(npm().args(["run", "build"]))?;
    call(npm().args(["run", "size", "--", &FIRST_SCREEN_MAX.to_string()]))
}

/// The page in a browser, against the engine.
pub fn browser() -> Result<(), Failure> {
    setup::chromium()?;
    build()?;
    let catchment = build_catchment(false)?;
    call(npm().args(["run", "test:browser"]).env("CATCHMENT", catchment))
}

fn npm() -> Command {
    let mut npm = program("npm");
    npm.current_dir(root().join("ui"));
    npm
}

/// What `package-lock.json` names, if it is not there already.
fn packages() -> Result<(), Failure> {
    setup::node()?;
    let ui = root().join("ui");
    // npm writes the second file when it has installed what the first one says.
    let installed = ui.join("node_modules").join(".package-lock.json");
    if changed_at(&ui.join("package-lock.json")) > changed_at(&installed) {
        call(npm().args(["ci", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}

/// When a file was last written; `None`, which is before all times, if it is not there.
fn changed_at(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|it| it.modified()).ok()
}

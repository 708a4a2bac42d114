//! What the other commands need on this machine, and how it gets there.
//!
//! A system package is installed where we may do so without asking (as root, or with sudo that
//! wants no password); otherwise we name the command and stop with exit code 3. Rust itself, its
//! linker included, must be here already: without them xtask would not run.

use std::env;
use std::path::{Path, PathBuf};

use crate::shell::{Failure, call, cargo, on_path, program, read, root, succeeds, typed};

/// The one version of cargo-deny that we use, so that its verdicts do not change by themselves.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// The first major version of Node.js that builds the user interface.
const NODE_MIN: u32 = 20;
/// Where Debian puts Chromium.
const CHROMIUM: &str = "/usr/bin/chromium";
/// Where Debian puts daemons, which is not on everybody's PATH.
pub const DAEMONS: &str = "/usr/sbin";

/// A C compiler, for crates that build C (zstd).
pub fn c_compiler() -> Result<(), Failure> {
    if env::var_os("CC").is_some() || on_path("cc") {
        return Ok(());
    }
    install_packages("a C compiler (`cc`)", &["gcc", "libc6-dev"])?;
    here_now("cc")
}

/// A C++ compiler, for libFuzzer.
pub fn cxx_compiler() -> Result<(), Failure> {
    if env::var_os("CXX").is_some() || on_path("c++") {
        return Ok(());
    }
    install_packages("a C++ compiler (`c++`)", &["g++"])?;
    here_now("c++")
}

/// Node.js and npm, for the user interface. The versions of Debian 12 are too old for its tools.
pub fn node() -> Result<(), Failure> {
    let version = read(program("node").arg("--version")).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().map(str::parse::<u32>);
    if on_path("npm") && matches!(major, Some(Ok(NODE_MIN..))) {
        return Ok(());
    }
    Err(Failure::environment(
        format!("Node.js {NODE_MIN} or later with npm is missing, which builds the user interface"),
        "install it from nodejs.org or your system's packages; all commands but `serve` do \
         without: `cargo xtask run solve eight`",
    ))
}

/// A browser, for tests of the user interface.
pub fn chromium() -> Result<(), Failure> {
    if env::var_os("CHROMIUM").is_some() || Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    install_packages("a browser (Chromium; the variable CHROMIUM can name one)", &["chromium"])?;
    here_now("chromium")
}

/// BIRD and FRR, which tests ask whether they would take a configuration, and which labs run. Their
/// services are kept from starting while they are installed, and switched off afterwards.
pub fn bgp_daemons() -> Result<(), Failure> {
    let are_here = || {
        let is_here = |name| on_path(name) || Path::new(DAEMONS).join(name).is_file();
        is_here("bird") && is_here("vtysh")
    };
    if are_here() {
        return Ok(());
    }
    without_services(|| install_packages("a BGP daemon (BIRD or FRR)", &["bird2", "frr"]))?;
    if are_here() { Ok(()) } else { here_now("bird").and_then(|()| here_now("vtysh")) }
}

/// Whether we may do everything.
pub fn is_root() -> bool {
    read(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs packages whose services shall not start. Debian asks a policy, if there is one, before
/// it starts anything; we lend it one that says no.
fn without_services(install: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    const POLICY: &str = "/usr/sbin/policy-rc.d";
    let as_root = |script: &str| {
        let is_root = is_root();
        let mut command = program(if is_root { "sh" } else { "sudo" });
        if !is_root {
            command.args(["-n", "sh"]);
        }
        succeeds(command.args(["-c", script]))
    };
    // One that is there already is the machine's own, and knows best.
    let lend = format!("printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}");
    let lent = !Path::new(POLICY).exists() && as_root(&lend);
    if !lent && !Path::new(POLICY).exists() {
        return Err(Failure::environment(
            "BIRD and FRR are missing, and their services could not be kept from starting",
            "`sudo apt-get install bird2 frr`, then `sudo systemctl disable --now bird frr`",
        ));
    }
    let installed = install();
    if lent {
        as_root(&format!("rm -f {POLICY}"));
    }
    as_root("command -v systemctl >/dev/null && systemctl disable bird frr");
    installed
}

/// A component of the Rust toolchain, asked for by the cargo command it brings.
pub fn component(name: &str, command: &str) -> Result<(), Failure> {
    if succeeds(cargo().args([command, "--version"])) {
        return Ok(());
    }
    let mut add = program("rustup");
    add.args(["component", "add", name]);
    let help = typed(&add);
    println!("`cargo {command}` is missing: {help}");
    if call(&mut add).is_ok() && succeeds(cargo().args([command, "--version"])) {
        return Ok(());
    }
    Err(Failure::environment(
        format!("the Rust component `{name}` is missing"),
        format!("`{help}`, or the package of your system that has `cargo-{command}`"),
    ))
}

/// The nightly toolchain, for fuzzing only.
pub fn nightly() -> Result<(), Failure> {
    if succeeds(program("rustup").args(["run", "nightly", "rustc", "--version"])) {
        return Ok(());
    }
    Err(Failure::environment(
        "the Rust toolchain `nightly` is missing (coverage for libFuzzer is unstable)",
        "`rustup toolchain install nightly --profile minimal`",
    ))
}

/// The cargo-deny to call: the one on the PATH if it is of our version, else our own under
/// `target/tools`, built on first use.
pub fn cargo_deny() -> Result<PathBuf, Failure> {
    let tools = root().join("target").join("tools");
    let own = tools.join("bin").join("cargo-deny");
    let version = format!("cargo-deny {CARGO_DENY_VERSION}");
    let is_ours = |path: &PathBuf| {
        let answer = read(program(&path.to_string_lossy()).arg("--version"));
        answer.is_ok_and(|answer| answer.trim() == version)
    };
    let installed = PathBuf::from("cargo-deny");
    if on_path("cargo-deny") && is_ours(&installed) {
        return Ok(installed);
    }
    if own.is_file() && is_ours(&own) {
        return Ok(own);
    }
    c_compiler()?;
    println!("building {version} (about a minute, once; it stays in target/tools)");
    let mut install = cargo();
    install.args(["install", "--locked", "--debug", "cargo-deny"]);
    install.args(["--version", CARGO_DENY_VERSION, "--root"]).arg(&tools);
    call(&mut install).map_err(|failure| {
        Failure::environment(
            format!("{version} is missing and cannot be built: {}", failure.what),
            format!("`cargo install --locked cargo-deny --version {CARGO_DENY_VERSION}`"),
        )
    })?;
    Ok(own)
}

fn here_now(name: &str) -> Result<(), Failure> {
    if on_path(name) {
        return Ok(());
    }
    Err(Failure::environment(
        format!("`{name}` is still missing after its packages were installed"),
        "look for it in your package manager",
    ))
}

/// Installs Debian packages, or says which command would.
fn install_packages(what: &str, packages: &[&str]) -> Result<(), Failure> {
    let by_hand = format!("sudo apt-get install {}", packages.join(" "));
    let missing = |why: &str| {
        Failure::environment(
            format!("{what} is missing, and {why}"),
            format!("`{by_hand}`, or the same for your system"),
        )
    };
    if !on_path("apt-get") {
        return Err(missing("this system has no apt-get to install it with"));
    }
    let sudo = if read(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        false
    } else if succeeds(program("sudo").args(["-n", "true"])) {
        true
    } else {
        return Err(missing("you are neither root nor may you use sudo without a password"));
    };
    let apt_get = |args: &[&str]| {
        let mut command = program(if sudo { "sudo" } else { "env" });
        if sudo {
            command.args(["-n", "env"]);
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(args);
        println!("{what} is missing: {}", typed(&command));
        call(&mut command)
    };
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(packages);
    // The package lists of a fresh machine are empty or old: fetch them and try again.
    let done = apt_get(&install).or_else(|_| {
        apt_get(&["update"])?;
        apt_get(&install)
    });
    done.map_err(|failure| missing(&format!("apt-get could not install it: {}", failure.what)))
}

//! What tests of this crate share: sites of scenarios as routers, and real daemons.
#![expect(clippy::disallowed_methods, reason = "real daemons read files")]
#![expect(dead_code, reason = "each test uses its part")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use catchment_configs::address::Addresses;
use catchment_configs::site::{Ground, Unconfigurable, has_bfd, site_router};
use catchment_configs::{Daemon, RouterConfig};
use catchment_model::service::Site;
use catchment_testkit::random::Case;
use catchment_testkit::story::Story;

/// The routers of all sites of a story.
pub fn routers(story: &Story) -> Vec<RouterConfig> {
    routers_with(story, &mut Addresses::beside([&story.assembled.service]))
}

/// The same with addresses that other stories share.
pub fn routers_with(story: &Story, addresses: &mut Addresses) -> Vec<RouterConfig> {
    let ground = ground(story);
    let sites = (0..).zip(&story.assembled.service.sites);
    let router = |(index, site): (u32, &Site)| {
        let bfd = has_bfd(&story.scenario, &site.name);
        site_router(ground, index, bfd, addresses).expect("a router can be it")
    };
    sites.map(router).collect()
}

/// The router of one site.
pub fn router(story: &Story, site: &str) -> RouterConfig {
    router_or_not(story, site).expect("a router can be it")
}

/// The same, or why no router can be it.
pub fn router_or_not(story: &Story, site: &str) -> Result<RouterConfig, Unconfigurable> {
    let service = &story.assembled.service;
    let name = site.parse().expect("it is a name");
    let index = service.site_index(&name).expect("the story has the site");
    let addresses = &mut Addresses::beside([service]);
    site_router(ground(story), index, has_bfd(&story.scenario, &name), addresses)
}

pub fn ground(story: &Story) -> Ground<'_> {
    let assembled = &story.assembled;
    Ground {
        world: &assembled.world,
        overlay: &assembled.overlay,
        service: &assembled.service,
        rules: &assembled.rules,
    }
}

/// Asks real daemons whether they would take a file.
pub struct Checker {
    daemon: Daemon,
    folder: PathBuf,
}

impl Checker {
    /// Says loudly if the daemon is not on this machine. Where `CATCHMENT_DAEMONS` is set, as in
    /// `cargo xtask test`, it has to be.
    ///
    /// # Panics
    /// If the daemon has to be here and is not.
    #[expect(clippy::print_stderr, reason = "a test that does not run must not look as if it did")]
    pub fn new(daemon: Daemon, name: &str) -> Option<Checker> {
        let (program, package) = match daemon {
            Daemon::Bird => ("bird", "bird2"),
            Daemon::Frr => ("vtysh", "frr"),
        };
        // Both answer without a daemon that runs.
        if Command::new(program).arg("--help").output().is_err() {
            let must = std::env::var_os("CATCHMENT_DAEMONS").is_some();
            assert!(!must, "`{program}` is missing: the package is `{package}`");
            eprintln!("NOT RUN: `{program}` is missing (package `{package}`)");
            return None;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("the folder for tests is writable");
        Some(Checker { daemon, folder })
    }

    /// What the daemon has against a file; empty if it takes it.
    pub fn complaint(&self, text: &str) -> String {
        let path = self.folder.join("checked.conf");
        fs::write(&path, text).expect("the folder for tests is writable");
        let mut command = match self.daemon {
            Daemon::Bird => Command::new("bird"),
            Daemon::Frr => Command::new("vtysh"),
        };
        match self.daemon {
            Daemon::Bird => command.args(["-p", "-c"]),
            Daemon::Frr => command.args(["-C", "-f"]),
        };
        let output = command.arg(&path).output().expect("it runs");
        let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        match output.status.success() {
            true => String::new(),
            false => format!("{}: {said}", output.status),
        }
    }
}

/// The routers of the sites of a random case; every other site runs BFD.
pub fn random_routers(case: &Case) -> Vec<RouterConfig> {
    random_routers_with(case, &mut Addresses::beside([&case.service]))
}

/// The same with addresses that other cases share.
pub fn random_routers_with(case: &Case, addresses: &mut Addresses) -> Vec<RouterConfig> {
    let Case { world, overlay, service, rules, .. } = case;
    let ground = Ground { world, overlay, service, rules };
    let sites = 0..service.sites.len() as u32;
    let mut router = |index| site_router(ground, index, index % 2 == 1, addresses);
    sites.map(|index| router(index).expect("a router can be it")).collect()
}

//! What to type into real routers.

use catchment_configs::address::Addresses;
use catchment_configs::site::{Ground, routers};
use catchment_configs::{Daemon, RouterConfig, change, files};
use catchment_model::Scenario;
use catchment_worlds::{Assembled, assemble};

use super::Watch;
use super::problems::{mistakes, problem};
use super::worlds::Worlds;
use crate::api::Problem;
use crate::api::plan::{DaemonName, SiteConfig};

/// The files of all sites, or the lines that lead from one scenario to another.
pub fn config(
    worlds: &Worlds,
    before: Option<&Scenario>,
    after: &Scenario,
    daemon: DaemonName,
    watch: Watch<'_>,
) -> Result<Vec<SiteConfig>, Problem> {
    let daemon = match daemon {
        DaemonName::Bird => Daemon::Bird,
        DaemonName::Frr => Daemon::Frr,
    };
    let join = |scenario: &Scenario| {
        let world = worlds.get(&scenario.world, watch)?;
        assemble(&world.base, scenario).map_err(mistakes)
    };
    let new = join(after)?;
    let Some(before) = before else {
        let addresses = &mut Addresses::beside([&new.service]);
        let whole = |router: &RouterConfig| SiteConfig {
            site: router.site.to_string(),
            what: Vec::new(),
            text: files(daemon, router)[0].text.clone(),
            commands: Vec::new(),
            undo: String::new(),
        };
        return Ok(all(after, &new, addresses)?.iter().map(whole).collect());
    };
    let old = join(before)?;
    let addresses = &mut Addresses::beside([&old.service, &new.service]);
    let (old, new) = (all(before, &old, addresses)?, all(after, &new, addresses)?);
    let lines = |it: catchment_configs::SiteChange| SiteConfig {
        site: it.site.to_string(),
        what: it.what,
        text: it.apply.lines,
        commands: it.apply.commands,
        undo: it.undo.lines,
    };
    Ok(change(daemon, &old, &new).into_iter().map(lines).collect())
}

fn all(
    scenario: &Scenario,
    assembled: &Assembled,
    addresses: &mut Addresses,
) -> Result<Vec<RouterConfig>, Problem> {
    let Assembled { world, overlay, service, rules, .. } = assembled;
    let ground = Ground { world, overlay, service, rules };
    routers(ground, scenario, false, addresses, |_| true).map_err(|error| {
        problem("unconfigurable", 422, error.to_string(), "change what the site announces")
    })
}

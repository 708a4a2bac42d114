//! What a plan starts from: a scenario as it stands before its first event.

use std::collections::BTreeMap;

use catchment_dynamics::{Script, Source};
use catchment_model::Service;
use catchment_model::mistake::nearest_help;
use catchment_model::scenario::Steering;
use catchment_model::service::Reach;
use catchment_routing::Situation;

use crate::oracle::Unplanned;

/// A scenario, ready to be planned with.
#[derive(Debug, Clone)]
pub struct Brief<'a> {
    /// World, service, rules, steering and demand. Plans do not play its schedule.
    pub script: Script<'a>,
    /// Who asks for how much.
    pub sources: Vec<Source>,
    /// For each region, the regions whose sites may serve it; what is not named may be served
    /// anywhere.
    pub residency: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> Brief<'a> {
    /// That of a script.
    ///
    /// # Errors
    /// If DNS alone chooses the sites, or nobody asks for anything.
    pub fn new(
        script: Script<'a>,
        residency: &'a BTreeMap<String, Vec<String>>,
    ) -> Result<Brief<'a>, Unplanned> {
        if script.steering == Steering::GeoDns {
            return Err(Unplanned::question(
                "with `steering = \"geodns\"` DNS chooses the sites, and BGP has nothing to plan",
                "ask with `--set steering=anycast`",
            ));
        }
        let sources = script.sources();
        if sources.is_empty() {
            return Err(Unplanned::question(
                "nobody asks for anything: no client and no AS has a weight",
                "give the scenario a `[[client]]`, or its world some weights",
            ));
        }
        Ok(Brief { script: Script { schedule: &[], ..script }, sources, residency })
    }

    /// The question to the solver.
    pub fn situation(&self) -> Situation<'a> {
        self.script.situation
    }

    /// What is announced.
    pub fn service(&self) -> &'a Service {
        self.script.situation.service
    }

    /// The name of a site.
    pub fn site_name(&self, site: u32) -> String {
        self.service().sites[site as usize].name.to_string()
    }

    /// The site that a user means.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn site_named(&self, name: &str) -> Result<u32, Unplanned> {
        let sites = &self.service().sites;
        let lower = name.to_lowercase();
        let named = sites.iter().position(|site| site.name.as_str() == lower);
        named.map(|index| index as u32).ok_or_else(|| {
            let known = sites.iter().map(|site| site.name.as_str());
            Unplanned::question(
                format!("the scenario has no site `{name}`"),
                nearest_help(name, known),
            )
        })
    }

    /// The sessions that a site announces over, ascending.
    pub fn sessions_of(&self, site: u32) -> Vec<u32> {
        let spec = &self.service().sites[site as usize];
        match spec.reach {
            Reach::Listed => spec.announcements.keys().copied().collect(),
            Reach::Everyone => {
                let world = self.situation().world;
                let routers = world.routers_of(world.router_as[spec.router as usize]);
                routers.flat_map(|router| world.sessions(router)).collect()
            }
        }
    }

    /// The sites that announce, ascending.
    pub fn active_sites(&self) -> Vec<u32> {
        let is_active = |(_, site): &(usize, &catchment_model::service::Site)| site.active;
        let sites = self.service().sites.iter().enumerate().filter(is_active);
        sites.map(|(index, _)| index as u32).collect()
    }

    /// The prefix that a source sends to: that of its region where DNS picks regions, else the
    /// service's.
    pub fn prefix_of(&self, source: &Source) -> u16 {
        match self.script.steering {
            Steering::Hybrid => {
                *self.script.regional.get(&source.region).unwrap_or(&self.script.prefix)
            }
            Steering::Anycast | Steering::GeoDns => self.script.prefix,
        }
    }

    /// The same with other demand: `factor` says by how much each source asks for more.
    #[must_use]
    pub fn scaled(&self, factor: impl Fn(&Source) -> f64) -> Brief<'a> {
        let scaled = |source: &Source| {
            let factor = factor(source);
            let (weight, gbps) = (source.weight * factor, source.gbps * factor);
            Source { weight, gbps, ..source.clone() }
        };
        Brief { sources: self.sources.iter().map(scaled).collect(), ..self.clone() }
    }
}

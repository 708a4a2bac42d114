//! Rows that are configurations of one batch: other sites, prepends, sessions and links than the
//! scenario, everything else the same.
//!
//! A [`Batch`] solves 64 of them in one pass over the graph, where the world is plain. It says
//! where everybody lands and not which way packets go, so that this is for worlds that do not know
//! round trips; relationship files alone do not. What is no such row, or no such world, is asked
//! one by one, with the same answer to the last bit.

use std::collections::BTreeMap;

use catchment_dynamics::Script;
use catchment_dynamics::play::covering;
use catchment_model::service::{Announcement, Reach, Site};
use catchment_model::{Overlay, Service, World};
use catchment_routing::{
    Answer, Batch, Configuration, MorePrepends, Sites, Situation, Unsolved, Wanted, Worker,
};

use super::certainty::Landed;
use super::measure::RowSites;
use crate::brief::Brief;
use crate::load::Load;
use crate::oracle::{Method, Unplanned};
use crate::quantile::Weighted;

/// More lost links than this and a solve of its own is as fast.
const LOST_MAX: usize = 256;

/// A service that rows restrict: all its sites announce, and nobody prepends.
pub fn loosest(service: &Service) -> Service {
    let mut loosest = service.clone();
    for site in &mut loosest.sites {
        site.active = true;
        site.announcements.values_mut().for_each(|said| said.prepend = 0);
    }
    loosest
}

/// What rows have in common, to be shared by threads.
#[derive(Debug)]
pub struct Ground<'a> {
    brief: &'a Brief<'a>,
    service: &'a Service,
    batch: Batch<'a>,
    /// Sources at the place of a site: the one round trip that is known without links is theirs
    /// to themselves.
    at_sites: Vec<u32>,
}

/// A row on a [`Ground`].
#[derive(Debug)]
pub struct LaneRow {
    configuration: Configuration,
    /// The sites of the row, by index in the row.
    sites: RowSites,
    /// The index of each in the ground's service.
    ground_sites: Vec<u32>,
}

/// What a row came to.
#[derive(Debug)]
pub struct Found {
    /// As of [`super::measure::of_placement`].
    pub values: Vec<f64>,
    /// By column.
    pub landed: Landed,
}

/// Whether some link has both ends at known places, so that a round trip over it is known.
fn knows_round_trips(world: &World) -> bool {
    let mut routers = 0..world.router_count() as u32;
    routers.any(|router| {
        world.place(router).is_some()
            && world
                .sessions(router)
                .any(|session| world.place(world.neighbors[session as usize]).is_some())
    })
}

/// The one prefix that matters; `None` where the past does, or round trips are known.
fn prefix(brief: &Brief<'_>) -> Option<u16> {
    if Method::of(brief) != Method::Solve || knows_round_trips(brief.situation().world) {
        return None;
    }
    let target = brief.prefix_of(brief.sources.first()?);
    if brief.sources.iter().any(|source| brief.prefix_of(source) != target) {
        return None;
    }
    let [prefix] = covering(&brief.script, target)[..] else { return None };
    Some(prefix)
}

/// Sources at sites of known places.
fn at_sites(brief: &Brief<'_>) -> Vec<u32> {
    let world = brief.situation().world;
    let is_at_site = |router: u32| {
        let mut sites = brief.service().sites.iter();
        world.place(router).is_some() && sites.any(|it| it.router == router)
    };
    let sources = (0..).zip(&brief.sources);
    sources.filter(|(_, it)| is_at_site(it.router)).map(|(at, _)| at).collect()
}

/// The same where no source has a round trip at all, not even one at a site to itself.
pub(crate) fn plain_prefix(brief: &Brief<'_>) -> Option<u16> {
    prefix(brief).filter(|_| at_sites(brief).is_empty())
}

impl<'a> Ground<'a> {
    /// That of a brief, with its service made [`loosest`]; `None` where every row must be asked
    /// for by itself: where the past matters, round trips are known, packets follow several
    /// prefixes, or the world is not plain.
    pub fn new(brief: &'a Brief<'a>, service: &'a Service) -> Option<Ground<'a>> {
        let prefix = prefix(brief)?;
        let batch = Batch::new(Situation { service, ..brief.situation() }, prefix);
        let at_sites = at_sites(brief);
        batch.is_lanes().then_some(Ground { brief, service, batch, at_sites })
    }

    /// The row of a script; `None` if it differs in more than a [`Configuration`] can say.
    ///
    /// # Errors
    /// If it has a site that is none of `columns`.
    pub fn row(
        &self,
        script: &Script<'_>,
        columns: &[String],
    ) -> Result<Option<LaneRow>, Unplanned> {
        let Some((configuration, ground_sites)) = self.configuration(script) else {
            return Ok(None);
        };
        let sites = RowSites::new(script.situation.service, columns)?;
        Ok(Some(LaneRow { configuration, sites, ground_sites }))
    }

    fn configuration(&self, script: &Script<'_>) -> Option<(Configuration, Vec<u32>)> {
        let (ours, theirs) = (self.brief.script, script);
        let Situation { world, overlay, service, rules, .. } = theirs.situation;
        let is_same = theirs.steering == ours.steering
            && theirs.prefix == ours.prefix
            && theirs.regional == ours.regional
            && theirs.client_gbps == ours.client_gbps
            && service.prefixes == self.service.prefixes
            && service.roas == self.service.roas
            && rules == ours.situation.rules
            && (std::ptr::eq(world, ours.situation.world) || world == ours.situation.world);
        if !is_same {
            return None;
        }
        let mut configuration = Configuration::of_sites(Sites::none(self.service.sites.len()));
        add_overlay(ours.situation.overlay, overlay, &mut configuration)?;
        let named: BTreeMap<&str, u32> =
            (0..).zip(&self.service.sites).map(|(at, it)| (it.name.as_str(), at)).collect();
        let mut ground_sites = Vec::with_capacity(service.sites.len());
        for site in &service.sites {
            let index = *named.get(site.name.as_str())?;
            // Two of one name would be one.
            if ground_sites.contains(&index) {
                return None;
            }
            add_site(&self.service.sites[index as usize], site, index, &mut configuration)?;
            ground_sites.push(index);
        }
        Some((configuration, ground_sites))
    }

    /// What a thread needs to ask.
    pub fn asker(&self) -> Asker<'_, 'a> {
        Asker { ground: self, worker: self.batch.worker() }
    }
}

/// Says with a configuration what a row's overlay has and that of the scenario has not.
fn add_overlay(ours: &Overlay, theirs: &Overlay, into: &mut Configuration) -> Option<()> {
    let Overlay { down, prepends, closed, local_prefs, leaks } = theirs;
    let is_same = *prepends == ours.prepends
        && *local_prefs == ours.local_prefs
        && *leaks == ours.leaks
        && ours.down.is_subset(down)
        && ours.closed.is_subset(closed);
    if !is_same || down.len() - ours.down.len() > LOST_MAX {
        return None;
    }
    into.lost_links.extend(down.difference(&ours.down));
    into.closed.extend(closed.difference(&ours.closed));
    Some(())
}

/// Says with a configuration how a row has a site.
fn add_site(ours: &Site, theirs: &Site, index: u32, into: &mut Configuration) -> Option<()> {
    let is_same = (ours.asn, ours.router, ours.own_router, ours.reach, &ours.prefixes)
        == (theirs.asn, theirs.router, theirs.own_router, theirs.reach, &theirs.prefixes);
    if !is_same {
        return None;
    }
    into.active.set(index, theirs.active);
    // Who tells everybody says nothing special on the sessions that it does not name.
    let plain = Announcement::default();
    let unnamed = (ours.reach == Reach::Everyone).then_some(&plain);
    let sessions = ours.announcements.keys();
    let more = theirs.announcements.keys().filter(|it| !ours.announcements.contains_key(it));
    for session in sessions.chain(more).copied() {
        let was = ours.announcements.get(&session).or(unnamed)?;
        let Some(is) = theirs.announcements.get(&session).or(unnamed) else {
            into.silent.push((index, session));
            continue;
        };
        if (was.prepend, was.med, &was.communities, was.takes_longer)
            != (0, is.med, &is.communities, is.takes_longer)
        {
            return None;
        }
        if is.prepend > 0 {
            let (session, count) = (Some(session), is.prepend);
            into.prepends.push(MorePrepends { site: index, session, count });
        }
    }
    Some(())
}

/// Asks for rows, in one thread.
#[derive(Debug)]
pub struct Asker<'g, 'a> {
    ground: &'g Ground<'a>,
    worker: Worker<'g, 'a>,
}

impl Asker<'_, '_> {
    /// Asks for rows in their order, and hands out what each came to, or why it did not.
    pub fn ask(&mut self, rows: &[LaneRow], mut visit: impl FnMut(usize, Result<Found, Unsolved>)) {
        let Ground { batch, .. } = self.ground;
        let configurations = rows.iter().map(|row| row.configuration.clone());
        self.worker.sweep(configurations, batch.demand(), Wanted::Routers, |at, answer| {
            visit(at, answer.map(|answer| rows[at].found(self.ground, &answer)));
        });
    }
}

impl LaneRow {
    /// What [`super::measure::of_placement`] would find, in the same order of sums.
    fn found(&self, ground: &Ground<'_>, answer: &Answer<'_>) -> Found {
        let Ground { brief, at_sites, .. } = ground;
        let ground_count = self.configuration.active.iter().last().map_or(0, |it| it as usize + 1);
        let mut loads = vec![Load::default(); ground_count];
        let mut unserved = Load::default();
        let mut column_of = vec![u32::MAX; ground_count];
        for (site, index) in (0..).zip(&self.ground_sites) {
            if let Some(column) = column_of.get_mut(*index as usize) {
                *column = self.sites.column(site);
            }
        }
        let mut columns = Vec::with_capacity(brief.sources.len());
        for source in &brief.sources {
            let site = answer.site(source.router);
            let load = match site {
                Some(site) => &mut loads[site as usize],
                None => &mut unserved,
            };
            load.kqps += source.weight;
            load.gbps += source.gbps;
            load.sources += 1;
            columns.push(site.map(|site| column_of[site as usize]));
        }
        let load = |site: u32| {
            let index = self.ground_sites[site as usize] as usize;
            loads.get(index).copied().unwrap_or_default()
        };
        let own = at_sites.iter().map(|at| &brief.sources[*at as usize]);
        let own = own.filter(|source| answer.path_length(source.router) == Some(0));
        let t_server = brief.situation().rules.t_server;
        let rtts = Weighted::new(own.map(|source| (t_server, source.weight)));
        let values = self.sites.measures(load, unserved, &rtts);
        Found { values, landed: Landed::whole(columns.iter().copied()) }
    }
}

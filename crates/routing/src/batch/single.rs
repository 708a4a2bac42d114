//! One configuration at a time, for what lanes cannot do: behind the same question, the bodies of
//! [`Solver`] and, for draws, the tied candidates of each router.

use catchment_model::service::Reach;

use super::block::{as_key, draw_key};
use super::configuration::{Configuration, Sites};
use super::lanes::coin;
use crate::catchment::{Catchment, Word};
use crate::choice::choice_at;
use crate::decision::Via;
use crate::fixpoint::drops;
use crate::policy::{Policy, Situation};
use crate::solver::{Change, Solver, Unsolved, solve};

/// Stands for "no route" where a site or length would stand.
pub(super) const NOWHERE: u32 = u32::MAX;

/// More changes than this and a fresh solve is as fast.
const CHANGES_MAX: usize = 8;

/// Where each router of a configuration lands.
#[derive(Debug, Clone, Default)]
pub(super) struct Landed {
    /// Site, or [`NOWHERE`].
    pub site: Vec<u32>,
    /// Length of the AS path, or [`NOWHERE`].
    pub path_length: Vec<u32>,
}

/// Solves one configuration. `solver` is kept from call to call, at the situation itself.
pub(super) fn land<'w>(
    situation: Situation<'w>,
    prefix_index: u16,
    configuration: &Configuration,
    solver: &mut Option<Solver<'w>>,
    landed: &mut Landed,
) -> Result<(), Unsolved> {
    if let Some(changes) = changes(situation, prefix_index, configuration) {
        if solver.is_none() {
            *solver = Solver::new(situation, prefix_index).ok();
        }
        if let Some(solver) = solver.as_mut().filter(|solver| solver.resolves_in_place()) {
            let made = changes.iter().take_while(|change| solver.resolve(change).is_ok()).count();
            let arrived = made == changes.len();
            if arrived {
                let catchment = solver.catchment();
                write(solver.situation(), prefix_index, configuration.draw, catchment, landed);
            }
            for _ in 0..made {
                solver.undo();
            }
            if arrived {
                return Ok(());
            }
            // Something on the way does not settle. That says nothing of the end.
        }
    }
    let (service, overlay) = configuration.applied(situation);
    let situation = Situation { service: &service, overlay: &overlay, ..situation };
    let catchment = solve(situation, prefix_index)?;
    write(situation, prefix_index, configuration.draw, &catchment, landed);
    Ok(())
}

/// The changes that lead from the situation to a configuration; `None` if they are many, or if the
/// way there could matter: MEDs can leave several stable states.
fn changes(
    situation: Situation<'_>,
    prefix_index: u16,
    configuration: &Configuration,
) -> Option<Vec<Change>> {
    let service = situation.service;
    let has_meds = |site: &catchment_model::service::Site| {
        site.announcements.values().any(|said| said.med.is_some())
    };
    if service.sites.iter().any(has_meds) {
        return None;
    }
    let before = Sites::active(service);
    let mut changes = Vec::new();
    for (site, spec) in service.sites.iter().enumerate() {
        let site = site as u32;
        if !spec.prefixes.contains(&prefix_index) {
            continue;
        }
        match (before.contains(site), configuration.active.contains(site)) {
            (true, false) => changes.push(Change::Withdraw(site)),
            (false, true) => changes.push(Change::Announce(site)),
            _ => {}
        }
        if changes.len() > CHANGES_MAX {
            return None;
        }
    }
    // All others first: a change is asked for in terms of what is said then.
    if configuration.prepends.len() + configuration.silent.len() > CHANGES_MAX {
        return None;
    }
    for more in &configuration.prepends {
        let (site, session) = (more.site, more.session?);
        let spec = &service.sites[site as usize];
        let again = configuration.prepends.iter().filter(|other| other.site == site).count() > 1;
        let mut said = match spec.announcements.get(&session) {
            Some(said) => said.clone(),
            None if spec.reach == Reach::Everyone => Default::default(),
            None => continue,
        };
        if again || configuration.silent.iter().any(|(silent, _)| *silent == site) {
            return None;
        }
        said.prepend = said.prepend.saturating_add(more.count);
        changes.push(Change::Say { site, session, announcement: Some(said) });
    }
    for (site, session) in &configuration.silent {
        if service.sites[*site as usize].reach == Reach::Everyone {
            return None;
        }
        changes.push(Change::Say { site: *site, session: *session, announcement: None });
    }
    for (a, b) in &configuration.lost_links {
        changes.push(Change::Link { a: *a, b: *b, up: false });
    }
    for session in &configuration.closed {
        changes.push(Change::Close { session: *session, closed: true });
    }
    (changes.len() <= CHANGES_MAX).then_some(changes)
}

fn write(
    situation: Situation<'_>,
    prefix_index: u16,
    draw: Option<u64>,
    catchment: &Catchment,
    landed: &mut Landed,
) {
    let length = |word: &Word| match *word {
        Word::NONE => NOWHERE,
        word => word.path_length(),
    };
    landed.path_length.clear();
    landed.path_length.extend(catchment.words.iter().map(length));
    landed.site.clear();
    match draw {
        None => {
            let site = |word: &Word| if *word == Word::NONE { NOWHERE } else { word.site() };
            landed.site.extend(catchment.words.iter().map(site));
        }
        Some(draw) => {
            landed.site.resize(catchment.words.len(), NOWHERE);
            toss(&Policy::new(situation, prefix_index), catchment, draw, &mut landed.site);
        }
    }
}

/// Follows from each router one of its tied candidates, by the coins that lanes toss too.
fn toss(policy: &Policy<'_>, catchment: &Catchment, draw: u64, sites: &mut [u32]) {
    let Situation { world, seed, .. } = policy.situation;
    let draw_key = draw_key(seed, draw);
    let mut done = vec![false; sites.len()];
    let mut way: Vec<u32> = Vec::new();
    for router in 0..sites.len() as u32 {
        let mut here = router;
        let site = loop {
            if done[here as usize] {
                break sites[here as usize];
            }
            way.push(here);
            assert!(way.len() <= sites.len(), "packets go round in circles");
            if catchment.words[here as usize] == Word::NONE || drops(policy, catchment, here) {
                break NOWHERE;
            }
            let choice = choice_at(policy, catchment, here).expect("it has a route");
            let as_index = world.router_as[here as usize];
            // Routers of one AS toss apart.
            let place = here - world.first_router[as_index as usize];
            let key = as_key(seed, world.asn_of(here).0) ^ place.wrapping_mul(0x9e37_79b9);
            let coin = u64::from(coin(key, draw_key));
            let chosen = (choice.tied.len() as u64 * coin) >> 16;
            match choice.tied[chosen as usize] {
                Via::Own => break catchment.site(here).expect("it originates"),
                Via::External(next) | Via::Internal(next) => here = next,
            }
        };
        for passed in way.drain(..) {
            done[passed as usize] = true;
            sites[passed as usize] = site;
        }
    }
}

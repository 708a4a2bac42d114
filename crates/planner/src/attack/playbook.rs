//! What to do about an attack: each action with what it does, and the best of all.
//!
//! For each overloaded site there are: absorb, withdraw, prepend one to three times, leave some of
//! its neighbors. All combinations are tried where they are few: then the best response is the best
//! that there is, of these. Where they are many, the best single action is taken again and again
//! while it helps: good, without a bound on how far from the best.

use std::collections::BTreeMap;

use catchment_model::{Asn, Relation};

use super::field::{Action, Field};
use super::{Cell, Pace, Size, cell};
use crate::brief::Brief;
use crate::capacity::fate::neighbor;
use crate::oracle::Unplanned;
use crate::words::list;

/// Combinations that are tried, all of them: so many routers' worth of solves or runs, within the
/// bounds of the other two.
const COMBINED_ROUTERS: usize = 1_000_000;
const COMBINATIONS_MIN: usize = 100;
const COMBINATIONS_MAX: usize = 2000;
/// Prepends beyond it hardly ever change anything more.
const PREPENDS: [u8; 3] = [1, 2, 3];
/// A site with more neighbors leaves its peers or its providers, not one by one.
const NEIGHBORS_MAX: usize = 4;
/// Responses that differ by less in what they serve are equally good.
const AS_GOOD: f64 = 0.001;

/// What to do about one family at one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Playbook {
    /// The family, by place.
    pub family: usize,
    /// How large it is.
    pub size: Size,
    /// Responses, the first is to do nothing; then single actions, then what sites do by
    /// themselves, then the best combination if no single action is as good.
    pub plays: Vec<Play>,
    /// The best of them, by place: most is served; of equals the fewest sites are over, then the
    /// least demand moves.
    pub best: usize,
    /// How the best was found.
    pub search: Search,
}

/// How far a search went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// All combinations were tried, so many.
    Exact(usize),
    /// One action after the other, while it helped.
    Greedy,
}

/// One response.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// What is done, in this order; nothing for absorbing.
    pub actions: Vec<Action>,
    /// Whether sites do it by themselves, since they are overloaded.
    pub by_itself: bool,
    /// Share of legitimate demand that is served, 0 to 1.
    pub served: f64,
    /// Sites above capacity.
    pub over: Vec<u32>,
    /// Legitimate demand that lands elsewhere, in kq/s.
    pub moved_kqps: f64,
    /// Clients that do so.
    pub moved_clients: u32,
    /// Change of the mean round trip of legitimate demand, in ms.
    pub rtt_change_ms: Option<f64>,
    /// A response that serves as much and moves less, by place.
    pub smaller: Option<usize>,
}

impl Play {
    /// What is done, for people.
    pub fn label(&self, brief: &Brief<'_>) -> String {
        let actions: Vec<String> = self.actions.iter().map(|action| action.label(brief)).collect();
        match (self.actions.is_empty(), self.by_itself) {
            (true, _) => "absorb".to_owned(),
            (false, false) => actions.join("; "),
            (false, true) => {
                let names: Vec<String> =
                    self.actions.iter().map(|action| brief.site_name(action.site())).collect();
                format!("by themselves {} withdraw", list(&names))
            }
        }
    }
}

/// Writes the playbook of a family at a size.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub(super) fn playbook(
    field: &mut Field<'_>,
    family: usize,
    size: Size,
    pace: &mut Pace<'_>,
) -> Result<Playbook, Unplanned> {
    let Cell { over, rounds, .. } = cell(field, family, size)?;
    let mut plays = vec![play(field, &[], family, size)?];
    let options: Vec<Vec<Action>> = over.iter().map(|site| options(field.brief(), *site)).collect();
    for action in options.iter().flatten() {
        plays.push(play(field, std::slice::from_ref(action), family, size)?);
    }
    if !rounds.is_empty() {
        let gone: Vec<Action> = rounds.iter().map(|it| Action::Withdraw(it.site)).collect();
        let withdrawn = play(field, &gone, family, size)?;
        plays.push(Play { by_itself: true, ..withdrawn });
    }
    let count = options.iter().fold(1_usize, |all, one| all.saturating_mul(one.len() + 1));
    let routers = field.brief().situation().world.router_count();
    let limit = (COMBINED_ROUTERS / routers.max(1)).clamp(COMBINATIONS_MIN, COMBINATIONS_MAX);
    let (found, search) = match count <= limit {
        true => (exact(field, &options, family, size, pace)?, Search::Exact(count)),
        false => (greedy(field, family, size, pace)?, Search::Greedy),
    };
    // A single action is there already.
    if plays.iter().all(|it| it.by_itself || it.actions != found.actions) {
        plays.push(found);
    }
    let best = (0..plays.len()).reduce(|a, b| match better(&plays[b], &plays[a]) {
        true => b,
        false => a,
    });
    let smaller = |it: &Play| {
        let as_good = |other: &Play| {
            other.served >= it.served - AS_GOOD
                && other.over.len() <= it.over.len()
                && is_smaller(other, it)
        };
        let all = (0..plays.len()).filter(|at| as_good(&plays[*at]));
        all.reduce(|a, b| if is_smaller(&plays[b], &plays[a]) { b } else { a })
    };
    let smaller: Vec<Option<usize>> = plays.iter().map(smaller).collect();
    for (play, smaller) in plays.iter_mut().zip(smaller) {
        play.smaller = smaller;
    }
    Ok(Playbook { family, size, plays, best: best.expect("absorbing is one"), search })
}

/// Whether a response moves less than another, or as much and takes less.
fn is_smaller(a: &Play, b: &Play) -> bool {
    match differ(a.moved_kqps, b.moved_kqps) {
        true => a.moved_kqps < b.moved_kqps,
        false => effort(a) < effort(b),
    }
}

/// How much is done: what can be undone most easily counts least.
fn effort(play: &Play) -> u32 {
    let of = |action: &Action| match action {
        Action::Prepend(_, count) => u32::from(*count),
        Action::Shed(_, asns) => 3 + asns.len() as u32,
        Action::Withdraw(_) => 10_000,
    };
    play.actions.iter().map(of).sum()
}

/// Whether two sums of floats differ by more than they are wrong by.
fn differ(x: f64, y: f64) -> bool {
    (x - y).abs() > 1e-9 * (1.0 + x.abs().max(y.abs()))
}

/// Whether one response is to be preferred to another.
fn better(a: &Play, b: &Play) -> bool {
    if differ(a.served, b.served) {
        return a.served > b.served;
    }
    if a.over.len() != b.over.len() {
        return a.over.len() < b.over.len();
    }
    if differ(a.moved_kqps, b.moved_kqps) {
        return a.moved_kqps < b.moved_kqps;
    }
    effort(a) < effort(b)
}

fn play(
    field: &mut Field<'_>,
    actions: &[Action],
    family: usize,
    size: Size,
) -> Result<Play, Unplanned> {
    let stand = field.stand(actions, family, size)?;
    let before = field.effect(&[])?.rtt_ms;
    let effect = field.effect(actions)?;
    Ok(Play {
        actions: actions.to_vec(),
        by_itself: false,
        served: stand.served(),
        over: stand.over(),
        moved_kqps: effect.moved_kqps,
        moved_clients: effect.moved_clients,
        rtt_change_ms: effect.rtt_ms.zip(before).map(|(after, before)| after - before),
        smaller: None,
    })
}

/// What can be done with a site, beside nothing.
fn options(brief: &Brief<'_>, site: u32) -> Vec<Action> {
    let mut options = vec![Action::Withdraw(site)];
    options.extend(PREPENDS.map(|count| Action::Prepend(site, count)));
    let world = brief.situation().world;
    let mut neighbors: BTreeMap<Asn, Relation> = BTreeMap::new();
    for session in brief.sessions_of(site) {
        let relation = world.relation(world.router_of_session(session), session);
        neighbors.insert(neighbor(brief, session), relation);
    }
    if neighbors.len() < 2 {
        return options;
    }
    if neighbors.len() <= NEIGHBORS_MAX {
        options.extend(neighbors.keys().map(|asn| Action::Shed(site, vec![*asn])));
        return options;
    }
    for relation in [Relation::Peer, Relation::Provider] {
        let of = neighbors.iter().filter(|(_, it)| **it == relation);
        let asns: Vec<Asn> = of.map(|(asn, _)| *asn).collect();
        if !asns.is_empty() && asns.len() < neighbors.len() {
            options.push(Action::Shed(site, asns));
        }
    }
    options
}

/// The best of all combinations.
fn exact(
    field: &mut Field<'_>,
    options: &[Vec<Action>],
    family: usize,
    size: Size,
    pace: &mut Pace<'_>,
) -> Result<Play, Unplanned> {
    let mut best = play(field, &[], family, size)?;
    let mut chosen = vec![0_usize; options.len()];
    loop {
        // Counts up, like the digits of a number.
        let Some(digit) = (0..options.len()).find(|at| chosen[*at] < options[*at].len()) else {
            return Ok(best);
        };
        chosen[digit] += 1;
        chosen[..digit].fill(0);
        let actions: Vec<Action> = options
            .iter()
            .zip(&chosen)
            .filter_map(|(options, chosen)| Some(options[chosen.checked_sub(1)?].clone()))
            .collect();
        pace.look()?;
        let next = play(field, &actions, family, size)?;
        if better(&next, &best) {
            best = next;
        }
    }
}

/// The best single action, again and again; also at sites that the actions before overload.
fn greedy(
    field: &mut Field<'_>,
    family: usize,
    size: Size,
    pace: &mut Pace<'_>,
) -> Result<Play, Unplanned> {
    let mut best = play(field, &[], family, size)?;
    loop {
        let before = best.clone();
        for site in &before.over {
            for action in options(field.brief(), *site) {
                let mut actions: Vec<Action> =
                    before.actions.iter().filter(|it| it.site() != *site).cloned().collect();
                actions.push(action);
                // Equal sets are asked once, in whichever order they came up.
                actions.sort();
                pace.look()?;
                let next = play(field, &actions, family, size)?;
                if better(&next, &best) {
                    best = next;
                }
            }
        }
        if best == before {
            return Ok(best);
        }
    }
}

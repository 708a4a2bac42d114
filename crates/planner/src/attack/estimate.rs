//! How large an attack is, told from the legitimate traffic that still arrives (models 6.5).
//!
//! A full link drops alike whatever comes. Whoever knows what the site would see of its clients,
//! and sees a share of it, knows what is offered: capacity over that share. Sites that see all are
//! not full, and say nothing.

use catchment_dynamics::overload::attack_estimate;

use super::field::Field;
use crate::brief::Brief;
use crate::oracle::Unplanned;

/// What one site still sees, and what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The site.
    pub site: u32,
    /// Share of its legitimate traffic that it still sees, above 0 to 1.
    pub seen: f64,
    /// Whether gigabits are meant; if not, queries.
    pub is_link: bool,
    /// What it can carry.
    pub capacity: f64,
    /// Legitimate demand that it expects.
    pub expected: f64,
    /// All that is sent to it.
    pub offered: f64,
    /// Of which the attack is.
    pub attack: f64,
    /// For each family the whole attack, if it is of that family; `None` where such bots do not
    /// reach the site.
    pub totals: Vec<Option<f64>>,
}

/// Reads what sites still see.
///
/// # Errors
/// If a site has no capacity, no demand, or sees nothing or everything; if the routing does not
/// settle.
pub fn estimates(
    brief: &Brief<'_>,
    field: &mut Field<'_>,
    seen: &[(u32, f64)],
) -> Result<Vec<Estimate>, Unplanned> {
    let families = field.effect(&[])?.shares.len();
    let mut estimates = Vec::with_capacity(seen.len());
    for (site, seen) in seen {
        let name = brief.site_name(*site);
        if !(*seen > 0.0 && *seen < 1.0) {
            return Err(Unplanned::question(
                format!("`{name}={seen}` says nothing about an attack"),
                "a site that is full sees a share above 0 and below 1 of what it expects",
            ));
        }
        let load = field.effect(&[])?.legit.sites[*site as usize];
        let capacity = brief.service().sites[*site as usize].capacity;
        let known = match (capacity.gbps, capacity.kqps) {
            (Some(gbps), _) if load.gbps > 0.0 => (true, gbps, load.gbps),
            (_, Some(kqps)) if load.kqps > 0.0 => (false, kqps, load.kqps),
            _ => {
                return Err(Unplanned::question(
                    format!("what `{name}` sees says nothing: it has no capacity, or no clients"),
                    format!("give it one: `--set site.{name}.capacity.kqps=100`"),
                ));
            }
        };
        let (is_link, capacity, expected) = known;
        let offered = attack_estimate(capacity, expected, seen * expected);
        let attack = (offered - expected).max(0.0);
        let mut totals = Vec::with_capacity(families);
        for family in 0..families {
            let share = field.shares(family)?[*site as usize];
            totals.push((share > 0.0).then(|| attack / share));
        }
        let seen = *seen;
        let site = *site;
        estimates.push(Estimate {
            site,
            seen,
            is_link,
            capacity,
            expected,
            offered,
            attack,
            totals,
        });
    }
    Ok(estimates)
}

/// The family that what several sites see agrees on best: the least ratio of the largest to the
/// smallest total, with that ratio. `None` if fewer than two sites speak, or no family reaches all.
pub fn best_fit(estimates: &[Estimate]) -> Option<(usize, f64)> {
    if estimates.len() < 2 {
        return None;
    }
    let fit = |family: usize| {
        let totals: Option<Vec<f64>> = estimates.iter().map(|it| it.totals[family]).collect();
        let totals = totals?;
        let most = totals.iter().copied().fold(f64::MIN, f64::max);
        let least = totals.iter().copied().fold(f64::MAX, f64::min);
        (least > 0.0).then(|| (family, most / least))
    };
    let all = (0..estimates[0].totals.len()).filter_map(fit);
    all.reduce(|best, it| if it.1 < best.1 { it } else { best })
}

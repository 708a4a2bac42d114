//! Overloaded sites that withdraw, one after the other, until those that are left can bear it or
//! nobody is left (models 6.4).
//!
//! In each round the site that is highest above its capacity goes, the first of equals, as in a run
//! with `overload = withdraw`; where its demand then lands is asked of the routing anew. The last
//! site goes too if it is overloaded: it does not know that it is the last.

use catchment_dynamics::load::{LoadStep, Offered, serve};
use catchment_dynamics::overload::Filter;
use catchment_model::Rules;
use catchment_model::service::Service;

use crate::oracle::Unplanned;

/// One site that withdraws.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Which.
    pub site: u32,
    /// What it was offered over its capacity, retries included, when it did.
    pub utilization: f64,
    /// Share of all demand that is served once it has gone, 0 to 1.
    pub served: f64,
}

/// All sites under an offer; those of [`crate::load`] and of an attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Stand {
    /// By index of the site.
    pub sites: Vec<LoadStep>,
    /// Legitimate demand that reaches no site.
    pub unserved_kqps: f64,
    /// The same in gigabits a second.
    pub unserved_gbps: f64,
}

impl Stand {
    /// What sites make of what they are offered: capacity, filter and retries by the rules.
    pub fn of(
        service: &Service,
        rules: &Rules,
        offered: &[Offered],
        (unserved_kqps, unserved_gbps): (f64, f64),
    ) -> Stand {
        let sites = (0..).zip(offered).zip(&service.sites).map(|((index, offered), site)| {
            let attacked = offered.attack_kqps > 0.0 || offered.attack_gbps > 0.0;
            let filter = (rules.filtering && attacked)
                .then_some(Filter { efficiency: rules.filter_e, false_positive: rules.filter_f });
            serve(0, index, site.capacity, *offered, filter, rules.retries)
        });
        Stand { sites: sites.collect(), unserved_kqps, unserved_gbps }
    }

    /// Share of legitimate demand that is served, 0 to 1; by requests, or by gigabits where nobody
    /// sends requests. 1 where there is no demand.
    pub fn served(&self) -> f64 {
        let total = |demand: fn(&LoadStep) -> f64, unserved: f64| {
            let all: f64 = self.sites.iter().map(demand).sum::<f64>() + unserved;
            let served: f64 = self.sites.iter().map(|site| demand(site) * site.served).sum();
            (all > 0.0).then(|| served / all)
        };
        total(|site| site.legit_kqps, self.unserved_kqps)
            .or_else(|| total(|site| site.legit_gbps, self.unserved_gbps))
            .unwrap_or(1.0)
    }

    /// Sites that are offered more than they can carry, ascending.
    pub fn over(&self) -> Vec<u32> {
        self.sites.iter().filter(|site| is_over(site.utilization)).map(|site| site.site).collect()
    }

    /// The site that is highest above `threshold`, the first of equals, with its utilization.
    fn highest(&self, threshold: f64) -> Option<(u32, f64)> {
        let above = self.sites.iter().filter(|site| site.utilization > threshold);
        let all = above.map(|site| (site.site, site.utilization));
        all.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}

/// Whether a load over capacity is above 1 by more than sums of floats are wrong by.
pub fn is_over(utilization: f64) -> bool {
    utilization > 1.0 + 1e-9
}

/// Lets overloaded sites withdraw in turn: the rounds, and how it ends. `stand` says how the sites
/// stand after those have gone, which are named in their order.
///
/// # Errors
/// Those of `stand`.
pub fn cascade(
    first: Stand,
    threshold: f64,
    mut stand: impl FnMut(&[u32]) -> Result<Stand, Unplanned>,
) -> Result<(Vec<Round>, Stand), Unplanned> {
    let (mut now, mut gone, mut rounds) = (first, Vec::new(), Vec::new());
    while let Some((site, utilization)) = now.highest(threshold) {
        // Whoever has gone is offered nothing, so nobody goes twice.
        if gone.contains(&site) {
            break;
        }
        gone.push(site);
        now = stand(&gone)?;
        rounds.push(Round { site, utilization, served: now.served() });
    }
    Ok((rounds, now))
}

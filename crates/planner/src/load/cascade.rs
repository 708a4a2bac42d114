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

/// Overloaded sites that withdraw in turn, for whoever asks the routing about many at once.
#[derive(Debug, Clone)]
pub struct Cascade {
    threshold: f64,
    now: Stand,
    gone: Vec<u32>,
    rounds: Vec<Round>,
}

impl Cascade {
    /// Nobody has gone yet.
    pub fn new(first: Stand, threshold: f64) -> Cascade {
        Cascade { threshold, now: first, gone: Vec::new(), rounds: Vec::new() }
    }

    /// Lets the next site go, if one must: whoever has gone then, in their order. How the others
    /// stand is to be said with [`Cascade::settle`].
    pub fn fall(&mut self) -> Option<&[u32]> {
        let (site, utilization) = self.now.highest(self.threshold)?;
        // Whoever has gone is offered nothing, so nobody goes twice.
        if self.gone.contains(&site) {
            return None;
        }
        self.gone.push(site);
        self.rounds.push(Round { site, utilization, served: 0.0 });
        Some(&self.gone)
    }

    /// Says how the sites stand after [`Cascade::fall`].
    ///
    /// # Panics
    /// If nobody has gone.
    pub fn settle(&mut self, stand: Stand) {
        self.rounds.last_mut().expect("nobody has gone").served = stand.served();
        self.now = stand;
    }

    /// The rounds, and how it ends.
    pub fn end(self) -> (Vec<Round>, Stand) {
        (self.rounds, self.now)
    }
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
    let mut cascade = Cascade::new(first, threshold);
    while let Some(gone) = cascade.fall() {
        let stand = stand(gone)?;
        cascade.settle(stand);
    }
    Ok(cascade.end())
}

#[cfg(test)]
mod tests {
    use catchment_dynamics::load::LoadStep;

    use super::*;

    /// Sites that are offered so much of a capacity of 10.
    fn stand(offered: &[f64]) -> Stand {
        let site = |(index, offered): (u32, &f64)| LoadStep {
            utilization: offered / 10.0,
            ..serve(
                0,
                index,
                catchment_model::service::Capacity { kqps: Some(10.0), gbps: None },
                Offered { legit_kqps: *offered, ..Offered::default() },
                None,
                0,
            )
        };
        let sites = (0..).zip(offered).map(site).collect();
        Stand { sites, unserved_kqps: 0.0, unserved_gbps: 0.0 }
    }

    #[track_caller]
    fn check(first: &[f64], then: &[&[f64]], expected: &[(u32, &str)]) {
        let mut left = then.iter();
        let (rounds, end) = cascade(stand(first), 1.2, |gone| {
            assert_eq!(gone.len() + left.len(), then.len() + 1);
            Ok(stand(left.next().expect("nobody goes then")))
        })
        .unwrap();
        let found: Vec<(u32, String)> =
            rounds.iter().map(|it| (it.site, format!("{:.2}", it.served))).collect();
        let expected: Vec<(u32, String)> =
            expected.iter().map(|(site, served)| (*site, (*served).to_owned())).collect();
        assert_eq!(found, expected);
        assert_eq!(left.len(), 0);
        assert_eq!(end, stand(then.last().copied().unwrap_or(first)));
    }

    #[test]
    fn the_highest_goes_first_and_the_first_of_equals() {
        check(&[13.0, 15.0, 15.0], &[&[13.0, 0.0, 30.0], &[43.0, 0.0, 0.0], &[0.0; 3]], {
            &[(1, "0.47"), (2, "0.23"), (0, "1.00")]
        });
    }

    #[test]
    fn it_ends_where_the_others_bear_it() {
        check(&[12.0, 5.0], &[], &[]);
        check(&[20.0, 5.0], &[&[0.0, 11.0]], &[(0, "0.91")]);
    }

    #[test]
    fn a_site_that_is_offered_something_after_it_has_gone_ends_it() {
        check(&[20.0, 5.0], &[&[20.0, 5.0]], &[(0, "0.60")]);
    }
}

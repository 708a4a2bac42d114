//! Will the other sites carry the load? Every single failure, and what it does to the rest
//! (models 8.1).

use std::ops::ControlFlow;

use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::Table;
use catchment_model::table::Values;

use crate::answer::{Answer, Bar, Chart, ChartKind, Section, Verdict};
use crate::brief::Brief;
use crate::load::Loads;
use crate::oracle::{Method, Oracle, Unplanned};

/// Headroom that a common rule of thumb asks of every site (models 8.1).
const RULE_OF_THUMB: f64 = 2.0;

/// What every single failure does to the load of the sites.
#[derive(Debug, Clone, PartialEq)]
pub struct CapacityPlan {
    /// Who said where demand lands.
    pub method: Method,
    /// Load before anything fails.
    pub base: Loads,
    /// Load after each active site has failed: (site, load).
    pub failures: Vec<(u32, Loads)>,
}

/// Plays every single failure.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn capacity(brief: &Brief<'_>, watch: Watch<'_>) -> Result<CapacityPlan, Unplanned> {
    let mut oracle = Oracle::new(brief)?;
    let base = Loads::of(brief, &oracle.base()?);
    let active = brief.active_sites();
    let mut failures = Vec::with_capacity(active.len());
    for (done, site) in active.iter().enumerate() {
        if let ControlFlow::Break(()) = watch(done as u64, active.len() as u64) {
            return Err(Unfinished::Cancelled.into());
        }
        failures.push((*site, Loads::of(brief, &oracle.without(&[*site])?)));
    }
    Ok(CapacityPlan { method: oracle.method(), base, failures })
}

impl CapacityPlan {
    /// The highest load of a site after a failure of another, and the first failure that causes
    /// it; its own load where no failure brings more.
    pub fn worst(&self, site: u32) -> (f64, Option<u32>) {
        let own = self.base.sites[site as usize].kqps;
        let others = self.failures.iter().filter(|(failed, _)| *failed != site);
        others.fold((own, None), |(worst, cause), (failed, loads)| {
            let load = loads.sites[site as usize].kqps;
            if load > worst { (load, Some(*failed)) } else { (worst, cause) }
        })
    }

    /// The worst load of a site over its own (models 8.1); `None` for a site without load.
    pub fn headroom(&self, site: u32) -> Option<f64> {
        let own = self.base.sites[site as usize].kqps;
        (own > 0.0).then(|| self.worst(site).0 / own)
    }

    /// The plan as an answer.
    pub fn answer(&self, brief: &Brief<'_>) -> Answer {
        let target = brief.situation().rules.u_target;
        let sites = brief.active_sites();
        let decimal = |decimals, value: &dyn Fn(u32) -> Option<f64>| Values::Decimal {
            decimals,
            values: sites.iter().map(|site| value(*site)).collect(),
        };
        let names: Vec<String> = sites.iter().map(|site| brief.site_name(*site)).collect();
        let causes: Vec<Option<String>> =
            sites.iter().map(|site| Some(brief.site_name(self.worst(*site).1?))).collect();
        let mut table = Table::default();
        table.push("site", "", Values::from_texts(names.iter().map(|name| Some(&**name))));
        table.push("load", "kq/s", decimal(3, &|it| Some(self.base.sites[it as usize].kqps)));
        table.push("worst", "kq/s", decimal(3, &|it| Some(self.worst(it).0)));
        table.push("cause", "", Values::from_texts(causes.iter().map(Option::as_deref)));
        table.push("headroom", "x", decimal(2, &|it| self.headroom(it)));
        table.push("required", "kq/s", decimal(3, &|it| Some(self.worst(it).0 / target)));
        let thumb: Vec<String> = sites
            .iter()
            .filter(|site| self.headroom(**site).is_some_and(|it| it > RULE_OF_THUMB))
            .map(|site| brief.site_name(*site))
            .collect();
        let headline = match thumb.is_empty() {
            true => "twice the load of each site is enough for any single failure".to_owned(),
            false => format!("a 2x rule fails at {}", thumb.join(", ")),
        };
        let bar = |site: &u32| {
            let (own, worst) = (self.base.sites[*site as usize].kqps, self.worst(*site).0);
            Bar {
                label: brief.site_name(*site),
                parts: vec![own, worst - own],
                tick: brief.service().sites[*site as usize].capacity.kqps,
            }
        };
        Answer {
            verdict: Verdict::Holds,
            headline,
            findings: vec![format!("where demand lands was asked of `{}`", self.method.name())],
            sections: vec![Section { name: "sites", title: "Sites".to_owned(), table }],
            charts: vec![Chart {
                title: "Load, and the most that a single failure adds".to_owned(),
                kind: ChartKind::Bars {
                    unit: "kq/s",
                    parts: vec!["load".to_owned(), "added by the worst failure".to_owned()],
                    bars: sites.iter().map(bar).collect(),
                },
            }],
        }
    }
}

//! Where clients and bots land, for each set of actions: asked once, whatever the sizes.

use std::collections::BTreeMap;

use catchment_dynamics::Source;
use catchment_dynamics::load::Offered;
use catchment_model::schedule::Bots;
use catchment_model::{Asn, Rules};
use catchment_routing::Change;

use super::{Family, Size};
use crate::brief::Brief;
use crate::capacity::fate::neighbor;
use crate::load::Loads;
use crate::load::cascade::Stand;
use crate::load::moves::moves;
use crate::oracle::{Method, Oracle, Placement, Unplanned};

/// What an operator can do with a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It announces nothing.
    Withdraw(u32),
    /// It prepends so often to all its neighbors, beside what it says already.
    Prepend(u32, u8),
    /// It announces nothing to these neighbors.
    Shed(u32, Vec<Asn>),
}

impl Action {
    /// The site.
    pub fn site(&self) -> u32 {
        match self {
            Action::Withdraw(site) | Action::Prepend(site, _) | Action::Shed(site, _) => *site,
        }
    }

    /// What is done, as people say it: `fra withdraws`.
    pub fn label(&self, brief: &Brief<'_>) -> String {
        let site = brief.site_name(self.site());
        match self {
            Action::Withdraw(_) => format!("{site} withdraws"),
            Action::Prepend(_, count) => format!("{site} prepends {count}"),
            Action::Shed(_, asns) => {
                let names: Vec<String> = asns.iter().map(|asn| format!("AS{asn}")).collect();
                format!("{site} leaves {}", names.join(", "))
            }
        }
    }

    fn changes(&self, brief: &Brief<'_>) -> Vec<Change> {
        let sessions = brief.sessions_of(self.site()).into_iter();
        match self {
            Action::Withdraw(site) => vec![Change::Withdraw(*site)],
            Action::Prepend(_, count) => {
                let overlay = brief.situation().overlay;
                let more = |session: u32| {
                    let had = overlay.prepends.get(&session).copied().unwrap_or(0);
                    Change::Prepend { session, count: had.saturating_add(*count) }
                };
                sessions.map(more).collect()
            }
            Action::Shed(_, asns) => sessions
                .filter(|session| asns.contains(&neighbor(brief, *session)))
                .map(|session| Change::Close { session, closed: true })
                .collect(),
        }
    }
}

/// What a set of actions does to everybody, before an attack has a size.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Legitimate demand by site.
    pub legit: Loads,
    /// For each family the share of its packets that reach each site.
    pub shares: Vec<Vec<f64>>,
    /// Legitimate demand that lands elsewhere than without the actions, in kq/s.
    pub moved_kqps: f64,
    /// Clients that do so, whole or in part.
    pub moved_clients: u32,
    /// Mean round trip of legitimate demand, in ms; `None` where no places are known.
    pub rtt_ms: Option<f64>,
}

/// The brief with bots among the sources, without demand of their own: clients first, then the
/// bots' routers, ascending.
pub fn with_bots<'a>(brief: &Brief<'a>, families: &[Family]) -> Brief<'a> {
    let world = brief.situation().world;
    let bot = |router: u32| Source {
        name: format!("AS{}", world.asn_of(router)),
        router,
        region: String::new(),
        weight: 0.0,
        gbps: 0.0,
    };
    let mut sources = brief.sources.clone();
    sources.extend(bot_routers(families).into_iter().map(bot));
    Brief { sources, ..brief.clone() }
}

fn bot_routers(families: &[Family]) -> Vec<u32> {
    let of = |family: &Family| match &family.bots {
        Bots::Routers(shares) => shares.iter().map(|(router, _)| *router).collect(),
        Bots::Sites(_) => Vec::new(),
    };
    let mut routers: Vec<u32> = families.iter().flat_map(of).collect();
    routers.sort_unstable();
    routers.dedup();
    routers
}

/// Answers where clients and bots land.
pub struct Field<'a> {
    brief: &'a Brief<'a>,
    combined: &'a Brief<'a>,
    oracle: Oracle<'a>,
    families: &'a [Family],
    /// For each family its shares by bot, in the order of the sources.
    weights: Vec<Vec<f64>>,
    base: Placement,
    known: BTreeMap<Vec<Action>, Effect>,
}

impl<'a> Field<'a> {
    /// `combined` is that of [`with_bots`].
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn new(
        brief: &'a Brief<'a>,
        combined: &'a Brief<'a>,
        families: &'a [Family],
    ) -> Result<Field<'a>, Unplanned> {
        let routers = bot_routers(families);
        let weights = |family: &Family| {
            let mut weights = vec![0.0; routers.len()];
            if let Bots::Routers(shares) = &family.bots {
                for (router, share) in shares {
                    let at = routers.binary_search(router).expect("all were collected");
                    weights[at] += share;
                }
            }
            weights
        };
        let mut oracle = Oracle::new(combined)?;
        let base = oracle.base()?;
        let weights = families.iter().map(weights).collect();
        Ok(Field { brief, combined, oracle, families, weights, base, known: BTreeMap::new() })
    }

    /// Who said where packets land.
    pub fn method(&self) -> Method {
        self.oracle.method()
    }

    /// The rules.
    pub fn rules(&self) -> &'a Rules {
        self.brief.situation().rules
    }

    /// Whether the packets of a family go where routing takes them. Where a law gives the shares
    /// of the sites, nobody knows where they would land if a site did something.
    pub fn follows_routing(&self, family: usize) -> bool {
        matches!(self.families[family].bots, Bots::Routers(_))
    }

    /// The scenario without bots.
    pub fn brief(&self) -> &'a Brief<'a> {
        self.brief
    }

    /// Sites that announce, ascending.
    pub fn sites(&self) -> Vec<u32> {
        self.brief.active_sites()
    }

    /// What the sites have to spare beside their legitimate demand, in kq/s and Gb/s; each site's
    /// own, so that what one lacks is not taken from another.
    pub fn spare(&self) -> (f64, f64) {
        let loads = Loads::of(self.combined, &self.base);
        self.sites().into_iter().fold((0.0, 0.0), |(kqps, gbps), site| {
            let capacity = self.brief.service().sites[site as usize].capacity;
            let load = loads.sites[site as usize];
            let left = |capacity: Option<f64>, load: f64| {
                capacity.map_or(0.0, |capacity| (capacity - load).max(0.0))
            };
            (kqps + left(capacity.kqps, load.kqps), gbps + left(capacity.gbps, load.gbps))
        })
    }

    /// What actions do, one after the other.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn effect(&mut self, actions: &[Action]) -> Result<&Effect, Unplanned> {
        if !self.known.contains_key(actions) {
            let effect = self.ask(actions)?;
            self.known.insert(actions.to_vec(), effect);
        }
        Ok(&self.known[actions])
    }

    fn ask(&mut self, actions: &[Action]) -> Result<Effect, Unplanned> {
        let steps: Vec<Vec<Change>> =
            actions.iter().map(|action| action.changes(self.brief)).collect();
        let placement = self.oracle.after(&steps)?;
        let clients = self.brief.sources.len();
        let site_count = self.brief.service().sites.len();
        let mut shares = vec![vec![0.0; site_count]; self.families.len()];
        let (mut rtt, mut weight) = (0.0, 0.0);
        for ((stream, site), rtt_ms) in placement.iter().zip(&placement.rtt_ms) {
            let source = stream.source as usize;
            match (source.checked_sub(clients), site) {
                (Some(bot), Some(site)) => {
                    for (shares, weights) in shares.iter_mut().zip(&self.weights) {
                        shares[site as usize] += weights[bot] * stream.share;
                    }
                }
                (None, Some(_)) => {
                    if let Some(rtt_ms) = rtt_ms {
                        let demand = self.brief.sources[source].weight * stream.share;
                        rtt += demand * rtt_ms;
                        weight += demand;
                    }
                }
                (_, None) => {}
            }
        }
        let withdrawn = |site: u32| actions.contains(&Action::Withdraw(site));
        for (shares, family) in shares.iter_mut().zip(self.families) {
            if let Bots::Sites(given) = &family.bots {
                for (site, share) in given.iter().filter(|(site, _)| !withdrawn(*site)) {
                    shares[*site as usize] = *share;
                }
            }
        }
        let (mut moved_kqps, mut moved_clients, mut last) = (0.0, 0, None);
        let moved = moves(&self.base, &placement);
        for it in moved.iter().filter(|it| (it.source as usize) < clients) {
            moved_kqps += self.brief.sources[it.source as usize].weight * it.share;
            moved_clients += u32::from(last.replace(it.source) != Some(it.source));
        }
        let legit = Loads::of(self.combined, &placement);
        let rtt_ms = (weight > 0.0).then(|| rtt / weight);
        Ok(Effect { legit, shares, moved_kqps, moved_clients, rtt_ms })
    }

    /// For each site its share of a family's packets, while nobody does anything.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn shares(&mut self, family: usize) -> Result<Vec<f64>, Unplanned> {
        Ok(self.effect(&[])?.shares[family].clone())
    }

    /// How the sites stand under an attack, after actions.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn stand(
        &mut self,
        actions: &[Action],
        family: usize,
        size: Size,
    ) -> Result<Stand, Unplanned> {
        let (service, rules) = (self.brief.service(), self.rules());
        let effect = self.effect(actions)?;
        let offered: Vec<Offered> = effect
            .legit
            .sites
            .iter()
            .zip(&effect.shares[family])
            .map(|(load, share)| Offered {
                legit_kqps: load.kqps,
                legit_gbps: load.gbps,
                attack_kqps: size.kqps * share,
                attack_gbps: size.gbps * share,
            })
            .collect();
        let unserved = (effect.legit.unserved.kqps, effect.legit.unserved.gbps);
        Ok(Stand::of(service, rules, &offered, unserved))
    }
}

//! What fails together: single sites, pairs, and whoever shares a fate.

use std::collections::BTreeMap;

use catchment_model::Asn;
use catchment_routing::Change;

use crate::brief::Brief;

/// Something that fails as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// What it is.
    pub kind: FateKind,
    /// The sites that it concerns, ascending. Those of a transit may keep other sessions.
    pub sites: Vec<u32>,
}

/// Kinds of what fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FateKind {
    /// One site.
    Site,
    /// Two sites, one after the other.
    Pair,
    /// A network that several sites buy transit from: all their sessions with it.
    Transit(Asn),
    /// All sites in one city, by its code.
    City(String),
    /// Sites that the user says fail together, by the name given.
    Named(String),
}

impl FateKind {
    /// Name in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            FateKind::Site => "site",
            FateKind::Pair => "pair",
            FateKind::Transit(_) => "transit",
            FateKind::City(_) => "city",
            FateKind::Named(_) => "group",
        }
    }
}

impl Fate {
    /// One site.
    pub fn site(site: u32) -> Fate {
        Fate { kind: FateKind::Site, sites: vec![site] }
    }

    /// Two sites, the lower first.
    pub fn pair(a: u32, b: u32) -> Fate {
        Fate { kind: FateKind::Pair, sites: vec![a.min(b), a.max(b)] }
    }

    /// Sites that fail together under a name.
    pub fn named(name: &str, mut sites: Vec<u32>) -> Fate {
        sites.sort_unstable();
        sites.dedup();
        Fate { kind: FateKind::Named(name.to_owned()), sites }
    }

    /// What it is called: `fra`, `fra + lhr`, `AS1299`, `Frankfurt (FRA)`.
    pub fn label(&self, brief: &Brief<'_>) -> String {
        match &self.kind {
            FateKind::Site | FateKind::Pair => {
                let names: Vec<String> =
                    self.sites.iter().map(|site| brief.site_name(*site)).collect();
                names.join(" + ")
            }
            FateKind::Transit(asn) => format!("AS{asn}"),
            FateKind::City(code) => code.clone(),
            FateKind::Named(name) => name.clone(),
        }
    }

    /// What happens, step by step. The sites of a pair fail apart, all others at once.
    pub fn steps(&self, brief: &Brief<'_>) -> Vec<Vec<Change>> {
        let withdraw = |site: &u32| Change::Withdraw(*site);
        match &self.kind {
            FateKind::Pair => self.sites.iter().map(|site| vec![withdraw(site)]).collect(),
            FateKind::Transit(asn) => vec![
                self.sites
                    .iter()
                    .flat_map(|site| brief.sessions_of(*site))
                    .filter(|session| neighbor(brief, *session) == *asn)
                    .map(|session| Change::Close { session, closed: true })
                    .collect(),
            ],
            _ => vec![self.sites.iter().map(withdraw).collect()],
        }
    }

    /// Whether a site is gone for good, and not merely short of a session.
    pub fn takes(&self, site: u32) -> bool {
        !matches!(self.kind, FateKind::Transit(_)) && self.sites.contains(&site)
    }
}

/// The AS at the other end of a session.
pub fn neighbor(brief: &Brief<'_>, session: u32) -> Asn {
    let world = brief.situation().world;
    world.asn_of(world.neighbors[session as usize])
}

/// What the active sites share: transit networks that two of them or more buy from, ascending, and
/// cities with two of them or more. Cables and buildings are known to the user alone.
pub fn shared(brief: &Brief<'_>) -> Vec<Fate> {
    let world = brief.situation().world;
    let mut transits: BTreeMap<Asn, Vec<u32>> = BTreeMap::new();
    let mut cities: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for site in brief.active_sites() {
        for session in brief.sessions_of(site) {
            let router = world.router_of_session(session);
            if world.relation(router, session) != catchment_model::Relation::Provider {
                continue;
            }
            let sites = transits.entry(neighbor(brief, session)).or_default();
            if sites.last() != Some(&site) {
                sites.push(site);
            }
        }
        let router = brief.service().sites[site as usize].router;
        if world.place(router).is_some() {
            cities.entry(world.router_places[router as usize]).or_default().push(site);
        }
    }
    let transits = transits.into_iter().filter(|(_, sites)| sites.len() > 1);
    let cities = cities.into_iter().filter(|(_, sites)| sites.len() > 1);
    transits
        .map(|(asn, sites)| Fate { kind: FateKind::Transit(asn), sites })
        .chain(cities.map(|(place, sites)| Fate {
            kind: FateKind::City(world.places[place as usize].code.clone()),
            sites,
        }))
        .collect()
}

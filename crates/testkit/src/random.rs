//! Random small situations, drawn from few values so that ties, where selection goes wrong, are
//! common. A case is a pure function of its seed, so a failing seed is the whole bug report.

use std::collections::BTreeMap;

use catchment_model::geo::LatLon;
use catchment_model::rng;
use catchment_model::rules::{Decision, MedMissing, MedScope, TieBreak};
use catchment_model::service::{Announcement, Capacity, Reach, Roa, Site};
use catchment_model::world::RouterHandle;
use catchment_model::{
    Asn, Community, Overlay, Place, Relation, Rules, Service, World, WorldBuilder,
};
use catchment_routing::Situation;

/// Draws in a row.
#[derive(Debug, Clone)]
pub struct Draws {
    seed: u64,
    count: u64,
}

impl Draws {
    /// The draws of a seed.
    pub fn new(seed: u64) -> Draws {
        Draws { seed, count: 0 }
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.count += 1;
        rng::draw(self.seed, 0x7e57, self.count) % bound.max(1)
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, options: &'a [T]) -> &'a T {
        &options[self.below(options.len() as u64) as usize]
    }
}

/// Everything a solve needs, owned.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its seed.
    pub seed: u64,
    /// Where.
    pub world: World,
    /// What is changed there.
    pub overlay: Overlay,
    /// What is announced.
    pub service: Service,
    /// How routers decide.
    pub rules: Rules,
}

impl Case {
    /// Borrows it for a solver.
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            world: &self.world,
            overlay: &self.overlay,
            service: &self.service,
            rules: &self.rules,
            seed: self.seed,
        }
    }
}

/// Which kinds of trouble a case may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One router per AS, whole ASes as origins, nothing special: what the packed body takes.
    Plain,
    /// Everything that keeps classes settled in order.
    Regular,
    /// LOCAL_PREF overrides, leaks and policy noise as well.
    Irregular,
}

const CITIES: [(&str, f64, f64); 6] = [
    ("JFK", 40.64, -73.78),
    ("LHR", 51.47, -0.45),
    ("FRA", 50.03, 8.57),
    ("SIN", 1.36, 103.99),
    ("NRT", 35.76, 140.39),
    // As far from FRA as a place can be, so that equal IGP costs come up.
    ("FRX", 50.03, 8.57),
];

/// The case of a seed.
pub fn case(seed: u64, kind: Kind) -> Case {
    let mut draws = Draws::new(seed);
    let mut builder = WorldBuilder::new("random");
    let has_places = kind != Kind::Plain && draws.chance(70);
    let one_router = kind == Kind::Plain || !has_places || draws.chance(30);
    let places: Vec<u32> = CITIES
        .iter()
        .map(|(code, lat, lon)| {
            builder.place(Place {
                code: (*code).to_owned(),
                name: (*code).to_owned(),
                country: String::new(),
                at: LatLon { lat: *lat, lon: *lon },
            })
        })
        .collect();
    let as_count = 3 + draws.below(12) as usize;
    let mut ases: Vec<Vec<RouterHandle>> = Vec::new();
    for index in 0..as_count {
        let count = if one_router { 1 } else { 1 + draws.below(3) };
        let routers = (0..count)
            .map(|_| {
                let place = has_places.then(|| *draws.pick(&places));
                let router = builder.router(Asn(10 * (index as u32 + 1)), place);
                builder.weight(router, draws.below(3) as f64);
                router
            })
            .collect();
        ases.push(routers);
    }
    // Providers have lower numbers in half of the cases, so that ties meet both orders.
    let upside_down = draws.chance(50);
    let density = 15 + draws.below(50);
    for a in 0..as_count {
        for b in a + 1..as_count {
            if !draws.chance(density) {
                continue;
            }
            let relation = match draws.below(20) {
                0..=10 if upside_down => Relation::Provider,
                0..=10 => Relation::Customer,
                11 if kind != Kind::Plain => Relation::Sibling,
                _ => Relation::Peer,
            };
            for _ in 0..1 + draws.below(2) {
                let from = *draws.pick(&ases[a]);
                let to = *draws.pick(&ases[b]);
                builder.link(from, to, relation);
            }
        }
    }
    let mut own_sites: Vec<(RouterHandle, Vec<RouterHandle>, bool)> = Vec::new();
    let site_count = 1 + draws.below(4);
    let shares_asn = draws.chance(30);
    let backbone = draws.chance(40);
    for index in 0..site_count {
        if kind == Kind::Plain || draws.chance(40) {
            let router = any_router(&mut draws, &ases);
            let listed = kind != Kind::Plain && draws.chance(40);
            own_sites.push((router, Vec::new(), listed));
            continue;
        }
        let asn = Asn(64500 + if shares_asn { 0 } else { index as u32 });
        let place = has_places.then(|| *draws.pick(&places));
        let router = match shares_asn && !backbone {
            true => builder.island(asn, place),
            false => builder.router(asn, place),
        };
        let mut neighbors = Vec::new();
        for _ in 0..1 + draws.below(3) {
            let neighbor = any_router(&mut draws, &ases);
            if neighbors.contains(&neighbor) {
                continue;
            }
            let relation = match draws.below(8) {
                0 => Relation::Peer,
                1 => Relation::Customer,
                _ => Relation::Provider,
            };
            builder.link(router, neighbor, relation);
            neighbors.push(neighbor);
        }
        own_sites.push((router, neighbors, true));
    }
    let built = match builder.clone().build() {
        Ok(built) => built,
        // A site that is linked twice to one AS in two ways: rare, so take the next seed.
        Err(_) => return case(seed.wrapping_add(1 << 40), kind),
    };
    let world = built.world;
    let place_of = |handle: RouterHandle| built.router_of[handle.0 as usize];

    let mut rules = Rules::default();
    rules.set("oldest_rule", &catchment_model::rules::Setting::Text("none".into())).unwrap();
    rules.med_deterministic = Some(true);
    if kind != Kind::Plain {
        if draws.chance(20) {
            rules.decision = Decision::Textbook;
        }
        if draws.chance(20) {
            rules.tie_break = *draws.pick(&[TieBreak::Hash, TieBreak::Rtt, TieBreak::IgpGeo]);
        }
        rules.med_scope = *draws.pick(&[
            MedScope::SameNeighborAs,
            MedScope::SameNeighborAs,
            MedScope::Always,
            MedScope::Never,
        ]);
        rules.med_missing = *draws.pick(&[MedMissing::Zero, MedMissing::Worst]);
        rules.rov_share = 0.5;
        rules.longer_share = 0.5;
        if draws.chance(10) {
            rules.hybrid_link_share = 0.05;
        }
    }

    let prefix_count = if kind == Kind::Plain { 1 } else { 1 + draws.below(3) as u16 };
    let prefixes: Vec<_> = ["192.0.2.0/24", "192.0.2.0/25", "192.0.2.0/23"]
        [..usize::from(prefix_count)]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let has_communities = kind != Kind::Plain && draws.chance(50);
    let has_meds = kind != Kind::Plain && draws.chance(50);
    let mut sites: Vec<Site> = Vec::new();
    for (index, (handle, neighbors, listed)) in own_sites.iter().enumerate() {
        let router = place_of(*handle);
        if sites.iter().any(|site| site.router == router) {
            continue;
        }
        let mut announcements = BTreeMap::new();
        let sessions: Vec<u32> = if neighbors.is_empty() {
            world
                .routers_of(world.router_as[router as usize])
                .flat_map(|router| world.sessions(router))
                .collect()
        } else {
            neighbors
                .iter()
                .filter_map(|neighbor| world.session_to(router, place_of(*neighbor)))
                .collect()
        };
        for session in sessions {
            if *listed && (neighbors.is_empty() && draws.chance(30)) {
                continue;
            }
            if *listed || (kind != Kind::Plain && draws.chance(20)) {
                let said = announcement(&mut draws, kind, has_meds, has_communities);
                announcements.insert(session, said);
            }
        }
        let mut own_prefixes: Vec<u16> = (0..prefix_count).collect();
        if draws.chance(40) {
            own_prefixes.retain(|_| draws.chance(60));
        }
        sites.push(Site {
            name: format!("s{index}").parse().unwrap(),
            asn: world.asn_of(router),
            router,
            active: kind == Kind::Plain || draws.chance(85),
            prefixes: if kind == Kind::Plain { vec![0] } else { own_prefixes },
            own_router: !neighbors.is_empty(),
            reach: if *listed { Reach::Listed } else { Reach::Everyone },
            announcements,
            capacity: Capacity::default(),
            region: String::new(),
        });
    }
    let mut roas = Vec::new();
    if kind != Kind::Plain && draws.chance(30) {
        let asn = sites[0].asn;
        roas.push(Roa { prefix: "192.0.2.0/23".parse().unwrap(), max_length: 24, asn });
    }
    let service = Service { prefixes, sites, roas };
    let overlay = match kind {
        Kind::Plain => Overlay::default(),
        _ => overlay(&mut draws, &world, kind),
    };
    if kind == Kind::Irregular {
        rules.policy_noise = *draws.pick(&[0.0, 0.3]);
        rules.peer_over_customer_share = *draws.pick(&[0.0, 0.5]);
    }
    Case { seed, world, overlay, service, rules }
}

fn any_router(draws: &mut Draws, ases: &[Vec<RouterHandle>]) -> RouterHandle {
    let index = draws.below(ases.len() as u64) as usize;
    *draws.pick(&ases[index])
}

fn announcement(
    draws: &mut Draws,
    kind: Kind,
    has_meds: bool,
    has_communities: bool,
) -> Announcement {
    let mut said = Announcement::default();
    if draws.chance(30) {
        said.prepend = draws.below(3) as u8;
    }
    if has_meds && draws.chance(70) {
        said.med = Some(5 * draws.below(3) as u32);
    }
    if has_communities && draws.chance(40) {
        let mut options = vec![
            Community::NoExport,
            Community::NoPeer,
            Community::Blackhole,
            Community::Other(1, 1),
            Community::NoAnnounce(Asn(10 * (1 + draws.below(8) as u32))),
        ];
        if kind == Kind::Irregular {
            options.extend([Community::GracefulShutdown, Community::NoAdvertise]);
        }
        said.communities.push(*draws.pick(&options));
    }
    said.takes_longer = draws.chance(30);
    said
}

fn overlay(draws: &mut Draws, world: &World, kind: Kind) -> Overlay {
    let mut overlay = Overlay::default();
    if draws.chance(50) || world.session_count() == 0 {
        return overlay;
    }
    for _ in 0..draws.below(4) {
        let session = draws.below(world.session_count() as u64) as u32;
        let router = world.router_of_session(session);
        match draws.below(3) {
            0 => {
                overlay.set_link(router, world.neighbors[session as usize], false);
            }
            1 => {
                overlay.prepends.insert(session, 1 + draws.below(2) as u8);
            }
            _ => {
                overlay.closed.insert(session);
            }
        }
    }
    if kind == Kind::Irregular {
        for _ in 0..draws.below(3) {
            let session = draws.below(world.session_count() as u64) as u32;
            let router = world.router_of_session(session);
            let neighbor = world.asn_of(world.neighbors[session as usize]);
            let as_index = world.router_as[router as usize];
            overlay.local_prefs.insert((as_index, neighbor), 50 * draws.below(8) as u32);
            if draws.chance(30) {
                overlay.leaks.insert(as_index);
            }
        }
    }
    overlay
}

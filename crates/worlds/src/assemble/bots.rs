//! Where the packets of an attack come from (models 6.1).
//!
//! Bots are in networks. The service's own networks have none: a site does not attack itself.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::mistake::nearest_help;
use catchment_model::scenario::{Action, Botnet};
use catchment_model::schedule::Bots;
use catchment_model::world::NO_PLACE;
use catchment_model::{Asn, Mistake, Scenario, World};

use super::Assembled;
use super::check::regions_of;
use super::lookup::unknown_as;

/// Routers or sites with their shares, which sum to 1.
type Shares = Vec<(u32, f64)>;

/// Where the packets of a botnet come from, in a scenario that is joined with its world.
///
/// # Errors
/// If nobody there is of it.
pub fn resolve_botnet(assembled: &Assembled, from: &Botnet) -> Result<Bots, Mistake> {
    Crowd::default().bots(assembled, from)
}

/// The botnets that a plan compares unasked: by users, everywhere alike, each region, and Zipf's
/// law; then those of the scenario's own attacks.
pub fn botnets_of(assembled: &Assembled, scenario: &Scenario) -> Vec<Botnet> {
    let clients = assembled.world.clients.iter().map(|client| &*client.region);
    let mut regions: BTreeSet<&str> = clients.filter(|region| !region.is_empty()).collect();
    if regions.is_empty() {
        let sites = assembled.service.sites.iter().map(|site| &*site.region);
        regions = sites.filter(|region| !region.is_empty()).collect();
    }
    let mut all = vec![Botnet::ByUsers, Botnet::Uniform];
    all.extend(regions.into_iter().map(|region| Botnet::Region(region.to_owned())));
    all.push(Botnet::Zipf(1.0));
    for event in &scenario.events {
        if let Action::Attack(attack) = &event.action
            && !all.contains(&attack.from)
        {
            all.push(attack.from.clone());
        }
    }
    all
}

/// The groups that attacks come from. Each kind is made when the first attack names it, since a
/// scenario may have many attacks and a world many routers.
#[derive(Default)]
pub(super) struct Crowd {
    uniform: Option<Shares>,
    by_users: Option<Shares>,
    client_regions: Option<BTreeMap<String, Shares>>,
    site_regions: Option<BTreeMap<String, Shares>>,
    countries: Option<BTreeMap<String, Shares>>,
}

impl Crowd {
    /// Resolves a botnet. The path of a mistake is relative to the event.
    pub(super) fn bots(&mut self, assembled: &Assembled, from: &Botnet) -> Result<Bots, Mistake> {
        let world = &assembled.world;
        let shares = match from {
            Botnet::Uniform => self.uniform.get_or_insert_with(|| uniform(assembled)).clone(),
            Botnet::ByUsers => self.by_users.get_or_insert_with(|| by_users(assembled)).clone(),
            Botnet::Region(region) => self.region(assembled, region)?,
            Botnet::Country(country) => self.country(assembled, country)?,
            Botnet::Ases(asns) => of_ases(world, asns)?,
            Botnet::Zipf(exponent) => zipf(assembled.service.sites.len(), *exponent),
        };
        if shares.is_empty() {
            let (path, message) = match from {
                Botnet::Zipf(_) => ("attack.from.zipf", "the service has no site to attack"),
                Botnet::Ases(_) => ("attack.from.ases", "an attack from no AS is none"),
                _ => ("attack", "the world has no network that bots could be in"),
            };
            return Err(Mistake::new("scenario::nobody_there", path, message));
        }
        Ok(match from {
            Botnet::Zipf(_) => Bots::Sites(shares),
            _ => Bots::Routers(shares),
        })
    }

    /// The named clients of a region; if there is none, the routers nearest to its sites.
    fn region(&mut self, assembled: &Assembled, region: &str) -> Result<Shares, Mistake> {
        let clients = self.client_regions.get_or_insert_with(|| client_regions(assembled));
        if let Some(shares) = clients.get(region) {
            return Ok(shares.clone());
        }
        let near_sites = self.site_regions.get_or_insert_with(|| site_regions(assembled));
        if let Some(shares) = near_sites.get(region) {
            return Ok(shares.clone());
        }
        let path = "attack.from.region";
        if regions_of(assembled).any(|known| known == region) {
            let message = format!("no network is in region `{region}`");
            return Err(Mistake::new("scenario::nobody_there", path, message).help(
                "a network belongs to its nearest site; give clients a `region`, or use `ases`",
            ));
        }
        let mut known: Vec<&str> = regions_of(assembled).collect();
        known.sort_unstable();
        known.dedup();
        let message = format!("no site and no client is in region `{region}`");
        Err(Mistake::new("scenario::unknown_region", path, message)
            .help(nearest_help(region, known)))
    }

    fn country(&mut self, assembled: &Assembled, country: &str) -> Result<Shares, Mistake> {
        let countries = self.countries.get_or_insert_with(|| countries(assembled));
        countries.get(&country.to_ascii_uppercase()).cloned().ok_or_else(|| {
            let message = format!("no network of the world is in country `{country}`");
            Mistake::new("scenario::unknown_country", "attack.from.country", message)
                .help("write two letters, as in `DE`")
        })
    }
}

/// Routers that bots can be at: all but those that belong to a site alone.
fn hosts(assembled: &Assembled) -> impl Iterator<Item = u32> {
    let own = assembled.service.sites.iter().filter(|site| site.own_router);
    let mut own: Vec<u32> = own.map(|site| site.router).collect();
    own.sort_unstable();
    let count = assembled.world.router_count() as u32;
    (0..count).filter(move |router| own.binary_search(router).is_err())
}

/// Every AS alike.
fn uniform(assembled: &Assembled) -> Shares {
    let world = &assembled.world;
    let mut asns: Vec<Asn> = hosts(assembled).map(|router| world.asn_of(router)).collect();
    asns.dedup();
    alike(asns.into_iter().map(|asn| world.shown_router(world.routers_of_asn(asn))).collect())
}

/// As users are: the named clients, or all routers where none is named.
fn by_users(assembled: &Assembled) -> Shares {
    let world = &assembled.world;
    match world.clients.is_empty() {
        true => by_weight(hosts(assembled).map(|r| (r, world.weights[r as usize])).collect()),
        false => by_weight(world.clients.iter().map(|it| (it.router, it.weight)).collect()),
    }
}

fn client_regions(assembled: &Assembled) -> BTreeMap<String, Shares> {
    let clients = assembled.world.clients.iter();
    grouped(clients.map(|client| (client.region.as_str(), (client.router, client.weight))))
}

/// Routers by the region of the nearest site; of equally near ones the first counts.
fn site_regions(assembled: &Assembled) -> BTreeMap<String, Shares> {
    let world = &assembled.world;
    let sites: Vec<_> = assembled
        .service
        .sites
        .iter()
        .filter_map(|site| Some((site.region.as_str(), world.place(site.router)?.at)))
        .collect();
    let nearest_region = |place: &catchment_model::Place| {
        let km = sites.iter().map(|(region, at)| (at.distance_km(&place.at), *region));
        km.min_by(|a, b| a.0.total_cmp(&b.0)).map_or("", |(_, region)| region)
    };
    let regions: Vec<&str> = world.places.iter().map(nearest_region).collect();
    let there = placed_hosts(assembled).map(|(router, place)| (regions[place], router));
    grouped(there.map(|(region, router)| (region, (router, world.weights[router as usize]))))
}

fn countries(assembled: &Assembled) -> BTreeMap<String, Shares> {
    let world = &assembled.world;
    let codes: Vec<String> =
        world.places.iter().map(|place| place.country.to_ascii_uppercase()).collect();
    let there = placed_hosts(assembled).map(|(router, place)| (codes[place].as_str(), router));
    grouped(there.map(|(code, router)| (code, (router, world.weights[router as usize]))))
}

/// Routers that bots can be at, with the index of their place, where it is known.
fn placed_hosts(assembled: &Assembled) -> impl Iterator<Item = (u32, usize)> {
    let places = &assembled.world.router_places;
    hosts(assembled)
        .map(|router| (router, places[router as usize]))
        .filter_map(|(router, place)| (place != NO_PLACE).then_some((router, place as usize)))
}

/// Members by the name of their group; those without one are in none.
fn grouped<'a>(members: impl Iterator<Item = (&'a str, (u32, f64))>) -> BTreeMap<String, Shares> {
    let mut groups: BTreeMap<&str, Shares> = BTreeMap::new();
    for (name, member) in members.filter(|(name, _)| !name.is_empty()) {
        groups.entry(name).or_default().push(member);
    }
    groups.into_iter().map(|(name, group)| (name.to_owned(), by_weight(group))).collect()
}

/// These ASes alike, also those of the service: who names them means them.
fn of_ases(world: &World, asns: &[Asn]) -> Result<Shares, Mistake> {
    let mut routers = Vec::with_capacity(asns.len());
    for (index, asn) in asns.iter().enumerate() {
        let all = world.routers_of_asn(*asn);
        if all.is_empty() {
            return Err(unknown_as(world, *asn, format!("attack.from.ases.{index}")));
        }
        routers.push(world.shown_router(all));
    }
    routers.sort_unstable();
    routers.dedup();
    Ok(alike(routers))
}

/// Zipf's law over the sites in the order of the service: the first has rank 1.
fn zipf(site_count: usize, exponent: f64) -> Shares {
    let shares =
        (0..site_count as u32).map(|site| (site, libm::pow(f64::from(site) + 1.0, -exponent)));
    normalised(shares.collect())
}

fn alike(routers: Vec<u32>) -> Shares {
    let share = 1.0 / routers.len() as f64;
    routers.into_iter().map(|router| (router, share)).collect()
}

/// Shares in proportion to weights, ascending by router, once each; alike if nobody has weight.
fn by_weight(mut members: Shares) -> Shares {
    members.sort_by_key(|(router, _)| *router);
    members.dedup_by(|next, first| {
        let same = next.0 == first.0;
        if same {
            first.1 += next.1;
        }
        same
    });
    if members.iter().all(|(_, weight)| *weight == 0.0) {
        return alike(members.into_iter().map(|(router, _)| router).collect());
    }
    members.retain(|(_, weight)| *weight > 0.0);
    normalised(members)
}

fn normalised(mut shares: Shares) -> Shares {
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    shares.iter_mut().for_each(|(_, share)| *share /= sum);
    shares
}

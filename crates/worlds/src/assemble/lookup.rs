//! From the user's words to places and routers, with advice where that fails.

use std::ops::Range;

use catchment_model::mistake::nearest;
use catchment_model::scenario::{NeighborSpec, PlaceRef};
use catchment_model::world::NO_PLACE;
use catchment_model::{Asn, LatLon, Mistake, Place, World};

use super::draft::Draft;
use crate::cities;

/// Beyond this many ASes the nearest number is no advice.
const FEW_ASES: usize = 1000;

/// What a user may have meant by this AS number.
pub(super) fn as_help(world: &World, asn: Asn) -> String {
    if world.as_count() > FEW_ASES {
        return String::new();
    }
    let known: Vec<String> = world.asns.iter().map(Asn::to_string).collect();
    match nearest(&asn.to_string(), known.iter().map(String::as_str)) {
        Some(nearest) => format!("the nearest number is {nearest}"),
        None => String::new(),
    }
}

pub(super) fn unknown_as(world: &World, asn: Asn, path: impl Into<String>) -> Mistake {
    Mistake::new("scenario::unknown_as", path, format!("the world has no AS{asn}"))
        .help(as_help(world, asn))
}

/// Pairs of linked routers of two ASes, ascending.
///
/// One pass over the rows of the AS with fewer sessions, since a scenario may ask for each of its
/// events: the largest networks have hundreds of routers, and comparing all with all would show.
pub(super) fn linked_pairs(world: &World, a: Asn, b: Asn) -> Vec<(u32, u32)> {
    let (routers_a, routers_b) = (world.routers_of_asn(a), world.routers_of_asn(b));
    let rows = |routers: &Range<u32>| {
        world.rows[4 * routers.start as usize]..world.rows[4 * routers.end as usize]
    };
    let (rows_a, rows_b) = (rows(&routers_a), rows(&routers_b));
    let from_a = rows_a.len() <= rows_b.len();
    let (rows, others) = if from_a { (rows_a, routers_b) } else { (rows_b, routers_a) };
    let to_other = rows.filter(|session| others.contains(&world.neighbors[*session as usize]));
    let mut pairs: Vec<(u32, u32)> = to_other
        .map(|session| (world.router_of_session(session), world.neighbors[session as usize]))
        .map(|(here, there)| if from_a { (here, there) } else { (there, here) })
        .collect();
    pairs.sort_unstable();
    pairs
}

/// An entry of the table of cities, by airport code.
fn table_city(code: &str) -> Option<Place> {
    let city = cities::by_iata(code)?;
    Some(Place {
        code: city.iata.to_owned(),
        name: city.name.to_owned(),
        country: city.country.to_owned(),
        at: LatLon { lat: city.lat, lon: city.lon },
    })
}

/// The code of the city that a user may have meant: by the name of a place of the world, by the
/// name of any city, by a code of the world, by any code.
fn meant_city<'a>(places: impl Iterator<Item = &'a Place> + Clone, given: &str) -> Option<String> {
    let by_name = |place: &&Place| place.name.eq_ignore_ascii_case(given);
    let named = places.clone().find(by_name).map(|place| place.code.clone());
    let in_table = cities::nearest_name(given).map(|city| city.iata.to_owned());
    let is_name = given.chars().count() > 3;
    let by_code = || nearest(given, places.map(|place| place.code.as_str())).map(str::to_owned);
    let by_name_in_table = in_table.clone().filter(|_| is_name);
    named.or(by_name_in_table).or_else(by_code).or(in_table)
}

fn unknown_city<'a>(
    places: impl Iterator<Item = &'a Place> + Clone,
    given: &str,
    path: &str,
) -> Mistake {
    let message = format!("`{given}` is not the code of a city");
    let help = match meant_city(places, given) {
        Some(code) => format!("the nearest is `{code}`; coordinates work too: at = [52.17, 20.97]"),
        None => "write an airport code such as `FRA`, or coordinates: at = [52.17, 20.97]".into(),
    };
    Mistake::new("scenario::unknown_city", path, message).help(help)
}

/// The key under which a file gives a place.
pub(super) fn place_key(place: &PlaceRef) -> &'static str {
    match place {
        PlaceRef::City(_) => "city",
        PlaceRef::At(_) => "at",
    }
}

/// The place that a user names, added to the draft if it is new to the world.
pub(super) fn find_place(
    draft: &mut Draft<'_>,
    place: &PlaceRef,
    name: &str,
    path: &str,
) -> Result<u32, Mistake> {
    match place {
        PlaceRef::City(code) => {
            if let Some(index) = draft.place_index(code) {
                return Ok(index);
            }
            match table_city(code) {
                Some(place) => Ok(draft.add_place(place)),
                None => {
                    let places: Vec<Place> = draft.places().cloned().collect();
                    Err(unknown_city(places.iter(), code, path))
                }
            }
        }
        PlaceRef::At(at) if at.is_valid() => Ok(draft.add_place_at(name, *at)),
        PlaceRef::At(at) => Err(not_on_earth(*at, path)),
    }
}

/// Where a place that a user names is; the draft stays as it is.
pub(super) fn locate(draft: &Draft<'_>, place: &PlaceRef, path: &str) -> Result<LatLon, Mistake> {
    match place {
        PlaceRef::City(code) => {
            let in_world = draft.place_index(code).and_then(|index| draft.place(index).cloned());
            in_world.or_else(|| table_city(code)).map(|place| place.at).ok_or_else(|| {
                let places: Vec<Place> = draft.places().cloned().collect();
                unknown_city(places.iter(), code, path)
            })
        }
        PlaceRef::At(at) if at.is_valid() => Ok(*at),
        PlaceRef::At(at) => Err(not_on_earth(*at, path)),
    }
}

fn not_on_earth(LatLon { lat, lon }: LatLon, path: &str) -> Mistake {
    let message = format!("`[{lat}, {lon}]` is not a place on Earth");
    Mistake::new("scenario::bad_coordinates", path, message)
        .help("write degrees north (-90 to 90), then degrees east (-180 to 180)")
}

/// The routers of an AS that are in a city, or a mistake that says where they are.
pub(super) fn routers_in_city(
    draft: &Draft<'_>,
    asn: Asn,
    routers: &[u32],
    code: &str,
    path: &str,
) -> Result<Vec<u32>, Mistake> {
    let is_there = |router: &u32| {
        draft.place_of(*router).is_some_and(|place| place.code.eq_ignore_ascii_case(code))
    };
    let found: Vec<u32> = routers.iter().copied().filter(is_there).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if draft.place_index(code).is_none() && table_city(code).is_none() {
        let places: Vec<Place> = draft.places().cloned().collect();
        return Err(unknown_city(places.iter(), code, path));
    }
    let code = code.to_uppercase();
    let cities = draft_cities(draft, routers);
    let help = match cities.len() {
        0 => format!("AS{asn} has no router with a place; leave the city out"),
        1..=24 => format!("it has one in {}", cities.join(", ")),
        count => format!("it has routers in {count} other cities"),
    };
    let message = format!("AS{asn} has no router in `{code}`");
    Err(Mistake::new("scenario::not_in_city", path, message).help(help))
}

fn draft_cities(draft: &Draft<'_>, routers: &[u32]) -> Vec<String> {
    let mut cities: Vec<String> =
        routers.iter().filter_map(|r| Some(draft.place_of(*r)?.code.clone())).collect();
    cities.sort_unstable();
    cities.dedup();
    cities
}

/// The router of the neighbor that a session leads to: in the city said, else in the same city,
/// else the nearest, else the first (design section 8).
pub(super) fn neighbor_router(
    draft: &Draft<'_>,
    from: u32,
    neighbor: &NeighborSpec,
    path: &str,
) -> Result<u32, Mistake> {
    let Some(asn) = neighbor.asn else {
        return Err(Mistake::new("scenario::missing_asn", path, "a neighbor needs an `asn`"));
    };
    let own = draft.asn_of(from);
    if asn == own {
        let message = format!("AS{asn} cannot be a neighbor of itself");
        return Err(Mistake::new("scenario::own_neighbor", format!("{path}.asn"), message)
            .help("`backbone = true` joins the sites of one AS"));
    }
    let routers = draft.routers_of_asn(asn);
    if routers.is_empty() {
        return Err(unknown_as(draft.base(), asn, format!("{path}.asn")));
    }
    let place = draft.place_index_of(from);
    let candidates = match &neighbor.at {
        // A world without places has nothing to choose.
        Some(_) if !draft.has_places() => routers,
        Some(code) => routers_in_city(draft, asn, &routers, code, &format!("{path}.at"))?,
        None => routers,
    };
    Ok(draft.nearest(place, &candidates).expect("there is a candidate"))
}

/// The router of an AS of the world that a site or client means: in its city or nearest to it,
/// else the one that stands for the AS in tables.
pub(super) fn router_at(draft: &Draft<'_>, asn: Asn, place: Option<u32>) -> u32 {
    let routers = draft.routers_of_asn(asn);
    let somewhere = |router: &u32| draft.place_index_of(*router) != NO_PLACE;
    if let Some(place) = place
        && routers.iter().any(somewhere)
    {
        return draft.nearest(place, &routers).expect("the AS has a router");
    }
    let weight = |router: u32| draft.base().weights.get(router as usize).copied().unwrap_or(0.0);
    let heavier = |best, router| if weight(router) > weight(best) { router } else { best };
    routers.into_iter().reduce(heavier).expect("the AS has a router")
}

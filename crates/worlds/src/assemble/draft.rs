//! A world in the making: the base world, the routers and links that a scenario adds to it, and
//! those that it takes away.
//!
//! Routers are named by *handle*: the router of the base world, or, beyond those, the number of a
//! new one. If nothing is added or taken away, the base world itself is the result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catchment_model::world::{NO_PLACE, RouterHandle};
use catchment_model::{Asn, LatLon, Mistake, Place, Relation, World, WorldBuilder};

use super::lookup::linked_pairs;
use crate::cities;

/// A router that a scenario adds.
struct NewRouter {
    asn: Asn,
    place: u32,
    /// Whether it shares no iBGP mesh with the other routers of its AS.
    island: bool,
    /// The BGP identifier of the router that it replaces.
    id: Option<u32>,
}

/// The base world and its changes.
pub(super) struct Draft<'a> {
    base: &'a Arc<World>,
    new_places: Vec<Place>,
    new_routers: Vec<NewRouter>,
    new_names: Vec<(Asn, String)>,
    /// From the lower handle to the higher: what the higher is to the lower.
    new_links: BTreeMap<(u32, u32), Relation>,
    /// The new links by their ASes, lower number first, and the new routers of each AS: a scenario
    /// may ask for each of its events.
    new_links_of: BTreeMap<(Asn, Asn), Vec<(u32, u32)>>,
    new_routers_of: BTreeMap<Asn, Vec<u32>>,
    dropped_routers: BTreeSet<u32>,
    dropped_links: BTreeSet<(u32, u32)>,
}

/// The finished world, and where the handles went.
pub(super) struct Built {
    pub world: Arc<World>,
    /// Router of each handle; `None` if the base world is shared.
    router_of: Option<Vec<u32>>,
}

impl Built {
    pub(super) fn router_of(&self, handle: u32) -> u32 {
        self.router_of.as_ref().map_or(handle, |router_of| router_of[handle as usize])
    }
}

fn ordered(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

impl<'a> Draft<'a> {
    pub(super) fn new(base: &'a Arc<World>) -> Draft<'a> {
        Draft {
            base,
            new_places: Vec::new(),
            new_routers: Vec::new(),
            new_names: Vec::new(),
            new_links: BTreeMap::new(),
            new_links_of: BTreeMap::new(),
            new_routers_of: BTreeMap::new(),
            dropped_routers: BTreeSet::new(),
            dropped_links: BTreeSet::new(),
        }
    }

    pub(super) fn base(&self) -> &World {
        self.base
    }

    fn base_count(&self) -> u32 {
        self.base.router_count() as u32
    }

    fn new_router(&self, handle: u32) -> Option<&NewRouter> {
        let index = handle.checked_sub(self.base_count())?;
        Some(&self.new_routers[index as usize])
    }

    pub(super) fn asn_of(&self, handle: u32) -> Asn {
        self.new_router(handle).map_or_else(|| self.base.asn_of(handle), |router| router.asn)
    }

    /// Index of a router's place, or [`NO_PLACE`].
    pub(super) fn place_index_of(&self, handle: u32) -> u32 {
        let in_base = || self.base.router_places[handle as usize];
        self.new_router(handle).map_or_else(in_base, |router| router.place)
    }

    pub(super) fn place(&self, index: u32) -> Option<&Place> {
        let index = index as usize;
        let new = || self.new_places.get(index.checked_sub(self.base.places.len())?);
        self.base.places.get(index).or_else(new)
    }

    pub(super) fn place_of(&self, handle: u32) -> Option<&Place> {
        self.place(self.place_index_of(handle))
    }

    /// Whether routers of this world have places.
    pub(super) fn has_places(&self) -> bool {
        !self.base.places.is_empty()
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.base.places.iter().chain(&self.new_places)
    }

    pub(super) fn place_index(&self, code: &str) -> Option<u32> {
        let at = self.places().position(|place| place.code.eq_ignore_ascii_case(code))?;
        Some(at as u32)
    }

    /// Adds a place, or finds the one with the same code.
    pub(super) fn add_place(&mut self, place: Place) -> u32 {
        self.place_index(&place.code).unwrap_or_else(|| {
            self.new_places.push(place);
            (self.base.places.len() + self.new_places.len()) as u32 - 1
        })
    }

    /// A place given by coordinates, named after what stands there.
    pub(super) fn add_place_at(&mut self, name: &str, at: LatLon) -> u32 {
        let base_code = name.to_uppercase().replace(char::is_whitespace, "-");
        let mut code = base_code.clone();
        let mut number = 1;
        loop {
            match self.place_index(&code) {
                Some(index) if self.place(index).is_some_and(|place| place.at == at) => {
                    return index;
                }
                // A code of the table of cities stays free for who means that city.
                None if cities::by_iata(&code).is_none() => break,
                _ => number += 1,
            }
            code = format!("{base_code}-{number}");
        }
        self.add_place(Place { code, name: name.to_owned(), country: String::new(), at })
    }

    /// Routers of an AS, ascending: those of the base world that stay, then new ones.
    pub(super) fn routers_of_asn(&self, asn: Asn) -> Vec<u32> {
        let kept = self.base.routers_of_asn(asn).filter(|r| !self.dropped_routers.contains(r));
        kept.chain(self.new_routers_of.get(&asn).into_iter().flatten().copied()).collect()
    }

    pub(super) fn add_router(
        &mut self,
        asn: Asn,
        place: Option<u32>,
        island: bool,
        id: Option<u32>,
    ) -> u32 {
        let place = place.unwrap_or(NO_PLACE);
        self.new_routers.push(NewRouter { asn, place, island, id });
        let handle = self.base_count() + self.new_routers.len() as u32 - 1;
        self.new_routers_of.entry(asn).or_default().push(handle);
        handle
    }

    pub(super) fn add_name(&mut self, asn: Asn, name: &str) {
        self.new_names.push((asn, name.to_owned()));
    }

    pub(super) fn drop_router(&mut self, router: u32) {
        self.dropped_routers.insert(router);
    }

    pub(super) fn drop_link(&mut self, a: u32, b: u32) {
        self.dropped_links.insert(ordered(a, b));
    }

    /// What `b` is to `a`, if they are linked.
    pub(super) fn relation(&self, a: u32, b: u32) -> Option<Relation> {
        let pair = ordered(a, b);
        let seen_from_a = |relation: Relation| if a < b { relation } else { relation.reversed() };
        if let Some(relation) = self.new_links.get(&pair) {
            return Some(seen_from_a(*relation));
        }
        if pair.1 >= self.base_count()
            || self.dropped_links.contains(&pair)
            || self.dropped_routers.contains(&a)
            || self.dropped_routers.contains(&b)
        {
            return None;
        }
        Some(self.base.relation(a, self.base.session_to(a, b)?))
    }

    /// Joins two routers; `relation` is what `b` is to `a`. Saying it twice changes nothing.
    pub(super) fn link(
        &mut self,
        a: u32,
        b: u32,
        relation: Relation,
        path: &str,
    ) -> Result<(), Mistake> {
        match self.relation(a, b) {
            Some(known) if known == relation => Ok(()),
            Some(known) => {
                let (a, b) = (self.asn_of(a), self.asn_of(b));
                let message = format!("AS{b} is a {known} of AS{a} elsewhere, not a {relation}");
                Err(Mistake::new("scenario::contradicting_links", path, message)
                    .help("two routers have one relationship; say the same at both ends"))
            }
            None => {
                let seen_from_low = if a < b { relation } else { relation.reversed() };
                self.new_links.insert(ordered(a, b), seen_from_low);
                let (asn_a, asn_b) = (self.asn_of(a), self.asn_of(b));
                let (asns, pair) =
                    if asn_a < asn_b { ((asn_a, asn_b), (a, b)) } else { ((asn_b, asn_a), (b, a)) };
                self.new_links_of.entry(asns).or_default().push(pair);
                Ok(())
            }
        }
    }

    /// Pairs of linked routers of two ASes.
    pub(super) fn linked_pairs(&self, a: Asn, b: Asn) -> Vec<(u32, u32)> {
        let mut pairs = linked_pairs(self.base, a, b);
        pairs.retain(|(x, y)| {
            !self.dropped_routers.contains(x)
                && !self.dropped_routers.contains(y)
                && !self.dropped_links.contains(&ordered(*x, *y))
        });
        let new = self.new_links_of.get(&(a.min(b), a.max(b))).into_iter().flatten();
        pairs.extend(new.map(|(low, high)| if a <= b { (*low, *high) } else { (*high, *low) }));
        pairs
    }

    /// Great-circle km from a place to a router; `None` if either is nowhere.
    pub(super) fn distance_km(&self, place: u32, router: u32) -> Option<f64> {
        let other = self.place_index_of(router);
        if place == other && place != NO_PLACE {
            return Some(0.0);
        }
        Some(self.place(place)?.at.distance_km(&self.place(other)?.at))
    }

    /// The nearest of some routers to a place; routers without a place are last, ties go to the
    /// first.
    pub(super) fn nearest(&self, place: u32, routers: &[u32]) -> Option<u32> {
        let km = |router: u32| self.distance_km(place, router).unwrap_or(f64::INFINITY);
        routers.iter().copied().min_by(|a, b| km(*a).total_cmp(&km(*b)))
    }

    /// Finishes the world.
    pub(super) fn build(self) -> Built {
        let base = self.base;
        let takes_nothing = self.dropped_routers.is_empty() && self.dropped_links.is_empty();
        if takes_nothing && self.new_routers.is_empty() && self.new_links.is_empty() {
            return Built { world: Arc::clone(base), router_of: None };
        }
        let (mut builder, mut handles) = if takes_nothing {
            let handles = (0..self.base_count()).map(RouterHandle).collect();
            (WorldBuilder::from_world(base), handles)
        } else {
            self.copy_what_stays()
        };
        let new_places: Vec<u32> =
            self.new_places.iter().map(|place| builder.place(place.clone())).collect();
        let base_place_count = base.places.len() as u32;
        for router in &self.new_routers {
            let place = match router.place {
                NO_PLACE => None,
                place if place < base_place_count => Some(place),
                place => Some(new_places[(place - base_place_count) as usize]),
            };
            let handle = if router.island {
                builder.island(router.asn, place)
            } else {
                builder.router(router.asn, place)
            };
            if let Some(id) = router.id {
                builder.router_id(handle, id);
            }
            handles.push(handle);
        }
        for ((a, b), relation) in &self.new_links {
            builder.link(handles[*a as usize], handles[*b as usize], *relation);
        }
        for (asn, name) in &self.new_names {
            builder.as_name(*asn, name);
        }
        let built = builder.build().expect("`Draft::link` refuses contradictions");
        // A dropped router has no index any more; nothing may ask for it.
        let index = |handle: &RouterHandle| {
            built.router_of.get(handle.0 as usize).copied().unwrap_or(u32::MAX)
        };
        let router_of = handles.iter().map(index).collect();
        Built { world: Arc::new(built.world), router_of: Some(router_of) }
    }

    /// The base world without what is taken away. Handles of dropped routers lead nowhere.
    fn copy_what_stays(&self) -> (WorldBuilder, Vec<RouterHandle>) {
        let base = self.base();
        let mut builder = WorldBuilder::new(base.name.clone());
        for place in &base.places {
            builder.place(place.clone());
        }
        let mut handles = Vec::with_capacity(base.router_count());
        for router in 0..self.base_count() {
            if self.dropped_routers.contains(&router) {
                handles.push(RouterHandle(u32::MAX));
                continue;
            }
            let asn = base.asn_of(router);
            let place = Some(base.router_places[router as usize]).filter(|p| *p != NO_PLACE);
            // Only an entry that stays a mesh, or comes first, may be the AS's common mesh.
            let entries = base.as_indices(asn);
            let entry = base.router_as[router as usize];
            let alone = base.routers_of(entry).len() == 1;
            let handle = if entry == entries.start || !alone {
                builder.router(asn, place)
            } else {
                builder.island(asn, place)
            };
            builder.router_id(handle, base.router_ids[router as usize]);
            handles.push(handle);
        }
        for router in (0..self.base_count()).filter(|r| !self.dropped_routers.contains(r)) {
            for relation in Relation::ALL {
                for session in base.group(router, relation) {
                    let neighbor = base.neighbors[session as usize];
                    let stays = !self.dropped_routers.contains(&neighbor)
                        && !self.dropped_links.contains(&ordered(router, neighbor));
                    if router < neighbor && stays {
                        let (a, b) = (handles[router as usize], handles[neighbor as usize]);
                        builder.link(a, b, relation);
                    }
                }
            }
        }
        for (index, name) in &base.as_names {
            builder.as_name(base.asns[*index as usize], name);
        }
        for client in &base.clients {
            let handle = handles[client.router as usize];
            assert!(handle.0 != u32::MAX, "a router with a client is dropped");
            builder.client(&client.name, handle, &client.region, client.weight);
        }
        // Last, because a client adds its weight to its router.
        for (handle, weight) in handles.iter().zip(&base.weights) {
            if handle.0 != u32::MAX {
                builder.weight(*handle, *weight);
            }
        }
        (builder, handles)
    }
}

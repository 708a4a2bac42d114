//! Builds a world router by router and link by link.

use thiserror::Error;

use super::{Client, NO_PLACE, World, WorldParts, links};
use crate::geo::Place;
use crate::{Asn, Relation};

/// A router of a world in the making, in order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouterHandle(pub u32);

/// Two links between the same routers with different relationships.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("AS{a} and AS{b} are linked twice, as {first} and as {second}")]
pub struct ConflictingLinks {
    /// One AS.
    pub a: Asn,
    /// The other AS.
    pub b: Asn,
    /// What `b` is to `a` by the first link.
    pub first: Relation,
    /// What `b` is to `a` by the second.
    pub second: Relation,
}

/// A finished world, and where the routers went.
#[derive(Debug, Clone)]
pub struct BuiltWorld {
    /// The world.
    pub world: World,
    /// Router of each handle.
    pub router_of: Vec<u32>,
}

#[derive(Debug, Clone)]
struct NewRouter {
    asn: Asn,
    /// Routers of one AS with different numbers are islands.
    island: u32,
    place: u32,
    id: Option<u32>,
    weight: f64,
}

/// A world in the making. Nothing is checked but in [`WorldBuilder::build`].
#[derive(Debug, Clone, Default)]
pub struct WorldBuilder {
    name: String,
    routers: Vec<NewRouter>,
    links: Vec<(u32, u32, Relation)>,
    places: Vec<Place>,
    as_names: Vec<(Asn, String)>,
    clients: Vec<Client>,
    island_count: u32,
}

impl WorldBuilder {
    /// An empty world.
    pub fn new(name: impl Into<String>) -> WorldBuilder {
        WorldBuilder { name: name.into(), ..WorldBuilder::default() }
    }

    /// Starts from a finished world: handle and router index are the same for all its routers.
    pub fn from_world(world: &World) -> WorldBuilder {
        let routers = (0..world.router_count())
            .map(|router| {
                let as_index = world.router_as[router];
                let asn = world.asns[as_index as usize];
                NewRouter {
                    asn,
                    island: as_index - world.as_indices(asn).start,
                    place: world.router_places[router],
                    id: Some(world.router_ids[router]),
                    weight: world.weights[router],
                }
            })
            .collect();
        let mut links = Vec::with_capacity(world.session_count() / 2);
        for router in 0..world.router_count() as u32 {
            for relation in Relation::ALL {
                for session in world.group(router, relation) {
                    let neighbor = world.neighbors[session as usize];
                    if router < neighbor {
                        links.push((router, neighbor, relation));
                    }
                }
            }
        }
        WorldBuilder {
            name: world.name.clone(),
            routers,
            links,
            places: world.places.clone(),
            as_names: world
                .as_names
                .iter()
                .map(|(index, name)| (world.asns[*index as usize], name.clone()))
                .collect(),
            clients: world.clients.clone(),
            island_count: world.as_count() as u32,
        }
    }

    /// Adds a place, or finds the one with the same code.
    pub fn place(&mut self, place: Place) -> u32 {
        if let Some(index) = self.place_index(&place.code) {
            return index;
        }
        self.places.push(place);
        self.places.len() as u32 - 1
    }

    /// The place with this code, in any case.
    pub fn place_index(&self, code: &str) -> Option<u32> {
        let at = self.places.iter().position(|place| place.code.eq_ignore_ascii_case(code))?;
        Some(at as u32)
    }

    /// Adds a router of an AS; routers of one AS share an iBGP mesh. Weight 0 until said.
    pub fn router(&mut self, asn: Asn, place: Option<u32>) -> RouterHandle {
        self.push_router(asn, place, 0)
    }

    /// Adds a router that shares no mesh with the other routers of its AS.
    pub fn island(&mut self, asn: Asn, place: Option<u32>) -> RouterHandle {
        self.island_count += 1;
        self.push_router(asn, place, self.island_count)
    }

    fn push_router(&mut self, asn: Asn, place: Option<u32>, island: u32) -> RouterHandle {
        let place = place.unwrap_or(NO_PLACE);
        self.routers.push(NewRouter { asn, island, place, id: None, weight: 0.0 });
        RouterHandle(self.routers.len() as u32 - 1)
    }

    /// Sets the BGP identifier. Routers without one get it in [`WorldBuilder::build`].
    pub fn router_id(&mut self, router: RouterHandle, id: u32) {
        self.routers[router.0 as usize].id = Some(id);
    }

    /// Sets the demand at a router.
    pub fn weight(&mut self, router: RouterHandle, weight: f64) {
        self.routers[router.0 as usize].weight = weight;
    }

    /// Adds a named source of demand; its weight adds to the router's.
    pub fn client(&mut self, name: &str, router: RouterHandle, region: &str, weight: f64) {
        self.routers[router.0 as usize].weight += weight;
        self.clients.push(Client {
            name: name.to_owned(),
            router: router.0,
            region: region.to_owned(),
            weight,
        });
    }

    /// Names an AS for people. The first name stays.
    pub fn as_name(&mut self, asn: Asn, name: &str) {
        self.as_names.push((asn, name.to_owned()));
    }

    /// Joins two routers; `relation` is what `b` is to `a`. Saying it twice changes nothing.
    pub fn link(&mut self, a: RouterHandle, b: RouterHandle, relation: Relation) {
        self.links.push((a.0, b.0, relation));
    }

    /// Handles of all routers of an AS number, in order of creation.
    pub fn routers_of_asn(&self, asn: Asn) -> impl Iterator<Item = RouterHandle> + '_ {
        let of_asn = move |(_, router): &(usize, &NewRouter)| router.asn == asn;
        let handle = |(index, _): (usize, &NewRouter)| RouterHandle(index as u32);
        self.routers.iter().enumerate().filter(of_asn).map(handle)
    }

    /// The place of a router in the making.
    pub fn place_of(&self, router: RouterHandle) -> Option<&Place> {
        self.places.get(self.routers[router.0 as usize].place as usize)
    }

    /// Finishes the world. Routers are ordered by (ASN, island, creation).
    ///
    /// BGP identifiers not set: the ASN, if all others are so or none is set and each AS has one
    /// router; else the next numbers in order of creation, if some are set; else numbers by
    /// (ASN, place) (design section 4).
    ///
    /// # Errors
    /// If two routers are joined twice with different relationships.
    pub fn build(self) -> Result<BuiltWorld, ConflictingLinks> {
        let ids = self.identifiers();
        let mut order: Vec<u32> = (0..self.routers.len() as u32).collect();
        order.sort_by_key(|handle| {
            let router = &self.routers[*handle as usize];
            (router.asn, router.island)
        });
        let mut router_of = vec![0; order.len()];
        let mut parts = WorldParts { name: self.name, places: self.places, ..Default::default() };
        let mut last = None;
        for (index, handle) in order.iter().enumerate() {
            let router = &self.routers[*handle as usize];
            router_of[*handle as usize] = index as u32;
            if last != Some((router.asn, router.island)) {
                last = Some((router.asn, router.island));
                parts.asns.push(router.asn);
                parts.first_router.push(index as u32);
            }
            parts.router_as.push(parts.asns.len() as u32 - 1);
            parts.router_places.push(router.place);
            parts.router_ids.push(ids[*handle as usize]);
            parts.weights.push(router.weight);
        }
        parts.first_router.push(order.len() as u32);

        let mut links: Vec<(u32, u32, Relation)> = Vec::with_capacity(self.links.len());
        for (a, b, relation) in self.links {
            let (a, b) = (router_of[a as usize], router_of[b as usize]);
            links.push(if a <= b { (a, b, relation) } else { (b, a, relation.reversed()) });
        }
        links.sort_unstable();
        links.dedup();
        if let Some(pair) =
            links.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1))
        {
            let asn = |router: u32| parts.asns[parts.router_as[router as usize] as usize];
            return Err(ConflictingLinks {
                a: asn(pair[0].0),
                b: asn(pair[0].1),
                first: pair[0].2,
                second: pair[1].2,
            });
        }
        (parts.rows, parts.neighbors) = links::rows(order.len(), &links, &parts.router_ids);

        parts.clients = self.clients;
        for client in &mut parts.clients {
            client.router = router_of[client.router as usize];
        }
        let mut names = self.as_names;
        names.sort_by_key(|(asn, _)| *asn);
        names.dedup_by_key(|(asn, _)| *asn);
        for (asn, name) in names {
            let index = parts.asns.partition_point(|other| *other < asn);
            if parts.asns.get(index) == Some(&asn) {
                parts.as_names.push((index as u32, name));
            }
        }
        Ok(BuiltWorld { world: World::trusted(parts), router_of })
    }

    fn identifiers(&self) -> Vec<u32> {
        let routers = &self.routers;
        let some_set = routers.iter().any(|router| router.id.is_some());
        let set_are_asns =
            routers.iter().all(|router| router.id.is_none_or(|id| id == router.asn.0));
        let mut asns: Vec<(Asn, u32)> = routers.iter().map(|r| (r.asn, r.island)).collect();
        asns.sort_unstable();
        let one_each = asns.windows(2).all(|pair| pair[0] != pair[1]);
        if set_are_asns && one_each {
            return routers.iter().map(|router| router.asn.0).collect();
        }
        if some_set {
            let mut next = routers.iter().filter_map(|router| router.id).max().unwrap_or(0);
            return routers
                .iter()
                .map(|router| {
                    router.id.unwrap_or_else(|| {
                        next = next.saturating_add(1);
                        next
                    })
                })
                .collect();
        }
        let mut order: Vec<usize> = (0..routers.len()).collect();
        order.sort_by_key(|index| (routers[*index].asn, routers[*index].place));
        let mut ids = vec![0; routers.len()];
        for (number, index) in order.into_iter().enumerate() {
            ids[index] = number as u32 + 1;
        }
        ids
    }
}

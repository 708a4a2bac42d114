//! A small world as a table: cities, networks present in them, who peers where, sites, clients.
//!
//! Routers are created in the order of the table (networks city by city, then sites, then
//! clients), and the BGP identifier is the running number, from 1 (models 12.4).

use std::sync::Arc;

use catchment_model::rules::Setting;
use catchment_model::scenario::{NeighborSpec, PlaceRef, SiteSpec};
use catchment_model::service::Capacity;
use catchment_model::world::RouterHandle;
use catchment_model::{Asn, LatLon, Place, Relation, WorldBuilder};

use crate::BaseWorld;

/// A city: code, name, country, region, degrees north, degrees east.
pub(super) type City = (&'static str, &'static str, &'static str, &'static str, f64, f64);

/// A network: number, name, cities.
pub(super) type Network = (u32, &'static str, &'static [&'static str]);

/// A session of a customer: the provider, and the city of its router if it is another one.
pub(super) type Upstream = (u32, Option<&'static str>);

/// A world as a table.
pub(super) struct Plan {
    pub name: &'static str,
    pub cities: &'static [City],
    pub networks: &'static [Network],
    /// Every pair of these networks peers …
    pub peers: &'static [u32],
    /// … in each of these cities where both are.
    pub peering_cities: &'static [&'static str],
    /// Regional networks: customer, provider, city.
    pub transit: &'static [(u32, u32, &'static str)],
    /// City, origin AS, upstreams, capacity in kq/s.
    pub sites: &'static [(&'static str, u32, &'static [Upstream], f64)],
    /// Name, AS, city, upstreams, demand in kq/s.
    pub clients: &'static [(&'static str, u32, &'static str, &'static [Upstream], f64)],
}

impl Plan {
    /// The same network without sites.
    pub(super) const fn without_sites(self, name: &'static str) -> Plan {
        Plan { name, sites: &[], ..self }
    }

    fn region(&self, code: &str) -> &'static str {
        self.cities.iter().find(|city| city.0 == code).expect("the table lists the city").3
    }

    pub(super) fn build(&self, rules: Vec<(&'static str, Setting)>) -> BaseWorld {
        let mut draft = Draft { builder: WorldBuilder::new(self.name), router_count: 0 };
        for (code, name, country, _, lat, lon) in self.cities {
            draft.builder.place(Place {
                code: (*code).to_owned(),
                name: (*name).to_owned(),
                country: (*country).to_owned(),
                at: LatLon { lat: *lat, lon: *lon },
            });
        }
        for (asn, name, cities) in self.networks {
            draft.builder.as_name(Asn(*asn), name);
            for city in *cities {
                draft.router(*asn, city);
            }
        }
        for (index, a) in self.peers.iter().enumerate() {
            for b in &self.peers[index + 1..] {
                for city in self.peering_cities {
                    if let (Some(a), Some(b)) = (draft.find(*a, city), draft.find(*b, city)) {
                        draft.builder.link(a, b, Relation::Peer);
                    }
                }
            }
        }
        for (customer, provider, city) in self.transit {
            let customer = draft.find(*customer, city).expect("the customer is in the city");
            draft.buy(customer, city, &[(*provider, None)]);
        }
        for (city, asn, upstreams, _) in self.sites {
            let router = draft.router(*asn, city);
            draft.buy(router, city, upstreams);
        }
        for (name, asn, city, upstreams, weight) in self.clients {
            let router = draft.router(*asn, city);
            draft.builder.as_name(Asn(*asn), name);
            draft.builder.client(name, router, self.region(city), *weight);
            draft.buy(router, city, upstreams);
        }
        let world = draft.builder.build().expect("the table says each relationship once").world;
        let sites = self.sites.iter().map(|site| self.site_spec(site)).collect();
        BaseWorld { world: Arc::new(world), sites, rules }
    }

    fn site_spec(&self, site: &(&'static str, u32, &'static [Upstream], f64)) -> SiteSpec {
        let (city, asn, upstreams, kqps) = site;
        let neighbor = |(asn, at): &Upstream| NeighborSpec {
            asn: Some(Asn(*asn)),
            at: at.map(str::to_owned),
            ..NeighborSpec::default()
        };
        SiteSpec {
            name: city.parse().expect("a city code can name a site"),
            remove: false,
            place: Some(PlaceRef::City((*city).to_owned())),
            asn: Some(Asn(*asn)),
            capacity: Some(Capacity { kqps: Some(*kqps), gbps: None }),
            region: Some(self.region(city).to_owned()),
            backbone: None,
            local: None,
            prefixes: None,
            neighbors: Some(upstreams.iter().map(neighbor).collect()),
        }
    }
}

struct Draft {
    builder: WorldBuilder,
    router_count: u32,
}

impl Draft {
    fn router(&mut self, asn: u32, city: &str) -> RouterHandle {
        let place = self.builder.place_index(city).expect("the table lists the city");
        let router = self.builder.router(Asn(asn), Some(place));
        self.router_count += 1;
        self.builder.router_id(router, self.router_count);
        router
    }

    fn find(&self, asn: u32, city: &str) -> Option<RouterHandle> {
        let in_city = |router: &RouterHandle| {
            self.builder.place_of(*router).is_some_and(|place| place.code == city)
        };
        self.builder.routers_of_asn(Asn(asn)).find(in_city)
    }

    fn buy(&mut self, customer: RouterHandle, city: &str, upstreams: &[Upstream]) {
        for (asn, at) in upstreams {
            let provider = self.find(*asn, at.unwrap_or(city)).expect("the upstream is there");
            self.builder.link(customer, provider, Relation::Provider);
        }
    }
}

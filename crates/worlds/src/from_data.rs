//! Worlds from data: relationship lists, tables of addresses and cities, the synthetic Internet.
//!
//! [`from_links`] makes the plain world of a relationship list: one router per AS, no places.
//! [`join()`] adds places and weights to such a world. [`from_synthetic`] does the same for a
//! generated Internet. What cannot be used is reported, never dropped in silence.
//!
//! Not here: reading the files (`formats`), and opening them (the shells).

mod graph;
mod join;
mod metros;
mod spread;

pub use graph::{Cycle, GraphReport, from_links};
pub use join::{AddressRange, CountryRange, JoinReport, ListedCity, Presence, PublicData, join};

use catchment_model::{Asn, LatLon, Place, Relation};

use crate::BaseWorld;
use crate::as_graph::LinkKind;
use crate::cities::metros::METROS;
use crate::synthetic::Synthetic;
use spread::Spread;

/// The world of a generated Internet: one router per AS and city, users as weights, split over
/// the cities of an AS by their population.
pub fn from_synthetic(name: &str, synthetic: &Synthetic) -> BaseWorld {
    let places = synthetic.cities.iter().map(|city| Place {
        code: city.iata.to_owned(),
        name: city.name.to_owned(),
        country: city.country.to_owned(),
        at: LatLon { lat: city.lat, lon: city.lon },
    });
    let population = |iata: &str| {
        let metro = METROS.iter().find(|metro| metro.iata == iata);
        metro.map_or(0, |metro| u64::from(metro.population_100k))
    };
    let relation = |kind| match kind {
        LinkKind::ProviderCustomer => Relation::Customer,
        LinkKind::Peer => Relation::Peer,
    };
    let spread = Spread {
        name,
        places: places.collect(),
        populations: synthetic.cities.iter().map(|city| population(city.iata)).collect(),
        asns: synthetic.ases.iter().map(|network| Asn(network.asn)).collect(),
        presence: synthetic
            .ases
            .iter()
            .map(|network| network.cities.iter().map(|city| u32::from(*city)).collect())
            .collect(),
        weights: synthetic.ases.iter().map(|network| network.weight as f64).collect(),
        homes: vec![None; synthetic.ases.len()],
        names: Vec::new(),
        links: synthetic.links.iter().map(|link| (link.a, link.b, relation(link.kind))).collect(),
    };
    BaseWorld::from_data(spread.build())
}

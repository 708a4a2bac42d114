//! The words of anycast as types: what every other crate of Catchment speaks.
//!
//! Pure: no file, socket, clock or randomness. A type here has a text form (`Display`, `FromStr`)
//! and nothing else; JSON, TOML and binary files belong to `formats`.
//!
//! Open first: [`world::World`] (where), [`service::Service`] (what is announced),
//! [`rules::Rules`] (how routers decide), [`scenario::Scenario`] (all of it, as a user writes it).
//!
//! What is left out: there is no router inside a city (one router per AS and city), no address
//! of a router (its index stands in for it), and no IPv6 next hop.

pub mod asn;
pub mod botnet;
pub mod community;
pub mod duration;
pub mod geo;
pub mod mistake;
pub mod prefix;
pub mod relation;
pub mod rng;
pub mod rules;
pub mod scenario;
pub mod schedule;
pub mod service;
pub mod site_name;
pub mod table;
pub mod world;

pub use asn::Asn;
pub use community::Community;
pub use duration::Duration;
pub use geo::{LatLon, Place};
pub use mistake::Mistake;
pub use prefix::Prefix;
pub use relation::{Class, Relation};
pub use rules::Rules;
pub use scenario::Scenario;
pub use service::Service;
pub use site_name::SiteName;
pub use table::Table;
pub use world::{Overlay, World, WorldBuilder};

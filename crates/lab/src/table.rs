//! What a daemon uses, in words that all daemons share.

use std::net::IpAddr;

use catchment_model::{Asn, Prefix};

/// A route that a router uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// To where.
    pub prefix: Prefix,
    /// AS path as it was received, the neighbor's AS first; empty for an own route and for one of
    /// the own AS.
    pub path: Vec<Asn>,
    /// From where it has it.
    pub from: From,
}

/// Where a route points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The router originates it.
    Here,
    /// A neighbor with this address.
    Neighbor(IpAddr),
    /// Somewhere that the daemon does not name.
    Nowhere,
}

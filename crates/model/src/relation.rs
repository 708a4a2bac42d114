//! Business relationships of two ASes, and the class that a route gets from them (models 1.3, 1.7).

use std::fmt;

/// What the neighbor at the other end of a session is to me.
///
/// The order is the order of the groups in a router's row of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Relation {
    /// It pays me.
    Customer = 0,
    /// We are one organisation: a route keeps its class when it crosses.
    Sibling = 1,
    /// We exchange our customers' traffic.
    Peer = 2,
    /// I pay it.
    Provider = 3,
}

impl Relation {
    /// All relations, in the order of a router's row.
    pub const ALL: [Relation; 4] =
        [Relation::Customer, Relation::Sibling, Relation::Peer, Relation::Provider];

    /// The same session seen from the other end.
    pub const fn reversed(self) -> Relation {
        match self {
            Relation::Customer => Relation::Provider,
            Relation::Provider => Relation::Customer,
            same => same,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Relation::Customer => "customer",
            Relation::Sibling => "sibling",
            Relation::Peer => "peer",
            Relation::Provider => "provider",
        })
    }
}

/// From whom a route was learned; lower is preferred. An AS's own route is `Origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Originated by the AS itself.
    Origin = 0,
    /// Learned from a customer.
    Customer = 1,
    /// Learned from a peer.
    Peer = 2,
    /// Learned from a provider.
    Provider = 3,
}

impl Class {
    /// All classes, best first.
    pub const ALL: [Class; 4] = [Class::Origin, Class::Customer, Class::Peer, Class::Provider];

    /// The class a route of class `self` gets at a receiver that sees the sender as `sender`.
    ///
    /// Over a sibling session it keeps its class, and an own route counts as a customer's.
    pub const fn at_receiver(self, sender: Relation) -> Class {
        match (sender, self) {
            (Relation::Customer, _) | (Relation::Sibling, Class::Origin) => Class::Customer,
            (Relation::Peer, _) => Class::Peer,
            (Relation::Provider, _) => Class::Provider,
            (Relation::Sibling, class) => class,
        }
    }

    /// The export rule (Gao-Rexford, models 1.7): own and customer routes go to everyone,
    /// all others to customers and siblings only.
    pub const fn may_be_told_to(self, receiver: Relation) -> bool {
        matches!(self, Class::Origin | Class::Customer)
            || matches!(receiver, Relation::Customer | Relation::Sibling)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Class::Origin => "origin",
            Class::Customer => "customer",
            Class::Peer => "peer",
            Class::Provider => "provider",
        })
    }
}

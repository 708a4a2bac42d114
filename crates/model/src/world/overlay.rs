//! Changes laid over a world without copying it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Asn;

/// Edits of a world that leave its arrays alone. Empty by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overlay {
    /// Links that are down, as pairs of routers, lower index first.
    pub down: BTreeSet<(u32, u32)>,
    /// Prepends that the router of a (directed) session adds when it exports over it.
    pub prepends: BTreeMap<u32, u8>,
    /// Directed sessions over which the router of the row exports nothing.
    pub closed: BTreeSet<u32>,
    /// LOCAL_PREF that an AS (index) gives to routes of a neighbor AS, instead of its class's.
    pub local_prefs: BTreeMap<(u32, Asn), u32>,
    /// ASes (index) that export provider and peer routes to everyone (RFC 7908 type 1-4).
    pub leaks: BTreeSet<u32>,
}

impl Overlay {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Overlay::default()
    }

    /// Takes a link down, or up again. Returns whether that changed anything.
    pub fn set_link(&mut self, a: u32, b: u32, up: bool) -> bool {
        let pair = (a.min(b), a.max(b));
        if up { self.down.remove(&pair) } else { self.down.insert(pair) }
    }

    /// Whether the link between two routers is down.
    pub fn is_down(&self, a: u32, b: u32) -> bool {
        !self.down.is_empty() && self.down.contains(&(a.min(b), a.max(b)))
    }
}

//! The relationship graph of ASes as flat arrays: who are the providers, customers and peers of
//! each AS.
//!
//! It exists to be measured (see [`crate::shape`]). It knows no cities, sessions or policies; the
//! `World` of the model has those.

/// How the two ASes of a link stand to each other (RFC 9234 §2, without siblings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    /// The first AS sells transit to the second.
    ProviderCustomer,
    /// The two exchange their own and their customers' routes.
    Peer,
}

/// Neighbor lists in compressed rows: those of AS `i` are `flat[starts[i]..starts[i + 1]]`.
#[derive(Debug, Clone)]
struct Rows {
    starts: Vec<u32>,
    flat: Vec<u32>,
}

impl Rows {
    /// Collects `(row, value)` pairs; a row keeps the order of the pairs.
    fn collect(row_count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Rows {
        let mut starts = vec![0u32; row_count + 1];
        for (row, _) in pairs.clone() {
            starts[row as usize + 1] += 1;
        }
        for row in 0..row_count {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut flat = vec![0u32; starts[row_count] as usize];
        for (row, value) in pairs {
            let slot = &mut next[row as usize];
            flat[*slot as usize] = value;
            *slot += 1;
        }
        Rows { starts, flat }
    }

    fn of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.flat[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// ASes `0..as_count` and the links between them.
#[derive(Debug, Clone)]
pub struct AsGraph {
    as_count: u32,
    providers: Rows,
    customers: Rows,
    peers: Rows,
}

impl AsGraph {
    /// Builds the graph from links `(a, b, kind)`; for [`LinkKind::ProviderCustomer`] the AS `a` is
    /// the provider. A pair that is listed twice counts twice.
    ///
    /// # Panics
    ///
    /// When a link names an AS at or above `as_count`.
    pub fn new(as_count: u32, links: &[(u32, u32, LinkKind)]) -> AsGraph {
        let sold = || {
            links
                .iter()
                .filter(|(.., kind)| *kind == LinkKind::ProviderCustomer)
                .map(|&(a, b, _)| (a, b))
        };
        let peered =
            links.iter().filter(|(.., kind)| *kind == LinkKind::Peer).map(|&(a, b, _)| (a, b));
        let rows = as_count as usize;
        AsGraph {
            as_count,
            providers: Rows::collect(rows, sold().map(|(a, b)| (b, a))),
            customers: Rows::collect(rows, sold()),
            peers: Rows::collect(rows, peered.flat_map(|(a, b)| [(a, b), (b, a)])),
        }
    }

    /// Number of ASes.
    pub fn as_count(&self) -> u32 {
        self.as_count
    }

    /// Number of provider–customer links.
    pub fn transit_link_count(&self) -> usize {
        self.customers.flat.len()
    }

    /// Number of peer links.
    pub fn peer_link_count(&self) -> usize {
        self.peers.flat.len() / 2
    }

    /// The ASes that sell transit to `index`.
    pub fn providers(&self, index: u32) -> &[u32] {
        self.providers.of(index)
    }

    /// The ASes that buy transit from `index`.
    pub fn customers(&self, index: u32) -> &[u32] {
        self.customers.of(index)
    }

    /// The peers of `index`.
    pub fn peers(&self, index: u32) -> &[u32] {
        self.peers.of(index)
    }

    /// Number of neighbors of any kind.
    pub fn degree(&self, index: u32) -> usize {
        self.providers(index).len() + self.customers(index).len() + self.peers(index).len()
    }
}

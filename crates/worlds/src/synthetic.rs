//! A synthetic Internet: ASes, cities and relationships that look like the real ones from afar.
//!
//! The real graph may not be redistributed, so Internet scale needs an invented one. Only sizes
//! and proportions come from the real graph ([`crate::shape::REAL_2026`]); no network, link or
//! number in here exists. [`crate::shape`] measures the likeness, and a test states its limits.
//!
//! How it is made, in this order, each step from its own random streams:
//!
//! 1. **Standing** (`standing`). ASes get a rank: the tier-1 clique first, then the transit ASes,
//!    roughly by the number of customers they should have, then stubs. A provider always ranks
//!    above its customer, so that provider loops cannot arise.
//! 2. **Places** (`places`). An AS lives in a city, drawn by population and by how many
//!    networks a person has in that part of the world. Transit ASes spread from there: the clique
//!    over most of the world, large ones over their region and beyond, small ones nowhere else.
//! 3. **Transit** (`transit`). Each AS buys from some ASes that are present where it is, drawn
//!    by the size they should have, so the customers of one city share the same few providers. Half
//!    of the ASes never buy from the clique. Each transit AS has one customer for certain.
//! 4. **Peering** (`peering`). The clique peers among itself. Exchange points in large cities have
//!    members, most pairs of whom peer through the route server. Some networks with an open policy
//!    peer with a share of all others, anywhere.
//! 5. **Users** (`users`). The users of a city are dealt to the ASes there, few getting most.
//! 6. **Numbers.** AS numbers start above [`ASN_FIRST`], where no real network is, so an invented
//!    AS is never mistaken for a real one. Larger networks tend to have lower numbers, as in life.
//!
//! The constants of these steps are fitted by hand, so that the measures agree. Small Internets are
//! scaled: sizes of ASes with their number, peering and presence with its square root.
//!
//! What it leaves out: ASes without a provider outside the clique (the real graph has some 430,
//! mostly holes in the measurement), siblings, hybrid and partial relationships, the longest chains
//! of resellers, national monopolies, and distance (two cities of a region are equally near). A
//! graph below some thousand ASes is a miniature, not an excerpt.

mod ground;
mod peering;
mod places;
mod standing;
mod transit;
mod users;

pub use crate::as_graph::LinkKind;
pub use crate::cities::City;

use crate::as_graph::AsGraph;
use ground::Ground;
use thiserror::Error;

/// The fewest ASes for which the steps make sense.
pub const ASES_MIN: u32 = 50;

/// The most ASes that are generated; the Internet has some 80 000.
pub const ASES_MAX: u32 = 200_000;

/// The number of the first AS. The range is not allocated to anybody, is no documentation or
/// private range, and leaves those to the sites of a scenario.
pub const ASN_FIRST: u32 = 1_000_001;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SyntheticSpec {
    /// Number of ASes, [`ASES_MIN`] to [`ASES_MAX`].
    pub ases: u32,
    /// Any number; another seed gives another Internet of the same shape.
    pub seed: u64,
}

/// One AS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticAs {
    /// Its number.
    pub asn: u32,
    /// Where it is present: indices into [`Synthetic::cities`], ascending, at least one.
    pub cities: Vec<u16>,
    /// Its users, in people. Many ASes have none.
    pub weight: u64,
}

/// A relationship of two ASes; each pair has at most one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SyntheticLink {
    /// Index into [`Synthetic::ases`]; for [`LinkKind::ProviderCustomer`] the provider.
    pub a: u32,
    /// Index into [`Synthetic::ases`]; for [`LinkKind::ProviderCustomer`] the customer, for
    /// [`LinkKind::Peer`] above `a`.
    pub b: u32,
    /// Which relationship.
    pub kind: LinkKind,
}

/// A generated Internet.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// The cities in which ASes are present.
    pub cities: Vec<City>,
    /// Ascending by number.
    pub ases: Vec<SyntheticAs>,
    /// Ascending by `a`, then `b`.
    pub links: Vec<SyntheticLink>,
}

impl Synthetic {
    /// The links alone, to be measured.
    pub fn graph(&self) -> AsGraph {
        let links: Vec<_> = self.links.iter().map(|link| (link.a, link.b, link.kind)).collect();
        AsGraph::new(self.ases.len() as u32, &links)
    }
}

/// A spec that cannot be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SyntheticError {
    /// Too few ASes for a clique, transit and stubs.
    #[error("a synthetic Internet of `{0}` ASes is too small: at least {ASES_MIN} are needed")]
    TooFew(u32),
    /// More ASes than the generator is made for.
    #[error("a synthetic Internet of `{0}` ASes is too large: at most {ASES_MAX} can be had")]
    TooMany(u32),
}

/// What a random stream is for. The values are part of the format: a change changes all worlds.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Home = 1,
    Presence = 2,
    Providers = 3,
    Anchors = 4,
    Participation = 5,
    Exchanges = 6,
    OpenPeering = 7,
    TopPeering = 8,
    Users = 9,
    Numbers = 10,
    Standing = 11,
}

/// Generates the Internet of `spec`; equal specs give equal results on every machine.
pub fn generate(spec: &SyntheticSpec) -> Result<Synthetic, SyntheticError> {
    if spec.ases < ASES_MIN {
        return Err(SyntheticError::TooFew(spec.ases));
    }
    if spec.ases > ASES_MAX {
        return Err(SyntheticError::TooMany(spec.ases));
    }
    let ground = Ground::new(spec);
    let places = places::place(&ground);
    let bought = transit::buy(&ground, &places);
    let peered = peering::peer(&ground, &places, &bought);
    let users = users::deal(&ground, &places);

    let by_number = numbers(&ground);
    let mut index_of = vec![0u32; spec.ases as usize];
    for (index, &rank) in by_number.iter().enumerate() {
        index_of[rank as usize] = index as u32;
    }
    let ases = (ASN_FIRST..)
        .zip(&by_number)
        .map(|(asn, &rank)| SyntheticAs {
            asn,
            cities: places[rank as usize].cities.clone(),
            weight: users[rank as usize],
        })
        .collect();
    let sold = bought.iter().map(|&(provider, customer)| SyntheticLink {
        a: index_of[provider as usize],
        b: index_of[customer as usize],
        kind: LinkKind::ProviderCustomer,
    });
    let peered = peered.iter().map(|&(first, second)| {
        let (first, second) = (index_of[first as usize], index_of[second as usize]);
        SyntheticLink { a: first.min(second), b: first.max(second), kind: LinkKind::Peer }
    });
    let mut links: Vec<SyntheticLink> = sold.chain(peered).collect();
    links.sort_unstable();
    Ok(Synthetic { cities: ground.cities, ases, links })
}

/// The ranks in order of their AS numbers: at random, but a higher rank tends to come earlier.
fn numbers(ground: &Ground) -> Vec<u32> {
    let ases = u64::from(ground.spec.ases);
    let mut ranks: Vec<(u64, u32)> = (0..ground.spec.ases)
        .map(|rank| {
            let late = ground.stream(Purpose::Numbers, rank).below(ases * 2);
            (late + u64::from(rank), rank)
        })
        .collect();
    ranks.sort_unstable();
    ranks.into_iter().map(|(_, rank)| rank).collect()
}

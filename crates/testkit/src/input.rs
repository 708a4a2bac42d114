//! Fixed inputs of benches: `tiny`, `region`, `internet`.

use catchment_model::world::Link;
use catchment_model::{Asn, Relation, World};
use catchment_worlds::as_graph::LinkKind;
use catchment_worlds::builtin;
use catchment_worlds::from_data::{from_links, from_synthetic};
use catchment_worlds::synthetic::{Synthetic, SyntheticSpec, generate};

fn synthetic(ases: u32) -> Synthetic {
    generate(&SyntheticSpec { ases, seed: 1 }).expect("the size is in range")
}

fn one_router(synthetic: &Synthetic) -> World {
    let asn = |index: u32| Asn(synthetic.ases[index as usize].asn);
    let links: Vec<Link> = synthetic
        .links
        .iter()
        .map(|link| Link {
            a: asn(link.a),
            b: asn(link.b),
            relation: match link.kind {
                LinkKind::ProviderCustomer => Relation::Customer,
                LinkKind::Peer => Relation::Peer,
            },
        })
        .collect();
    from_links("synthetic", &links).0
}

/// The built-in world `eight`: 56 routers.
///
/// # Panics
/// Never.
pub fn tiny() -> World {
    (*builtin("eight").expect("it is built in").world).clone()
}

/// A synthetic Internet of 5 000 ASes, several routers per AS.
pub fn region() -> World {
    (*from_synthetic("region", &synthetic(5_000)).world).clone()
}

/// A synthetic Internet of 80 000 ASes, one router per AS.
pub fn one_router_internet() -> World {
    one_router(&synthetic(80_000))
}

/// A synthetic Internet of 80 000 ASes, several routers per AS.
pub fn many_router_internet() -> World {
    (*from_synthetic("internet", &synthetic(80_000)).world).clone()
}

//! Communities of a scenario as numbers that go on the wire, with what they ask for in words.

use catchment_model::{Asn, Community};

/// A community on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// RFC 1997.
    Standard(u16, u16),
    /// RFC 8092.
    Large(u32, u32, u32),
}

/// Function of the large communities that stand for `no-announce`.
pub(crate) const NO_ANNOUNCE: u32 = 4;

/// The numbers of a community for a neighbor, and a comment. Those of a placeholder only show what
/// the neighbor's could look like.
pub(crate) fn wire(community: Community, neighbor: Asn, is_placeholder: bool) -> (Wire, String) {
    let well_known = |low: u16, text: String| (Wire::Standard(65535, low), text);
    match community {
        Community::NoExport => well_known(
            65281,
            format!("no-export (RFC 1997): AS{neighbor} uses the route and tells no other AS"),
        ),
        Community::NoAdvertise => well_known(
            65282,
            "no-advertise (RFC 1997): this neighbor uses the route and tells nobody".to_owned(),
        ),
        Community::NoPeer => {
            well_known(65284, format!("no-peer (RFC 3765): AS{neighbor} does not tell its peers"))
        }
        Community::GracefulShutdown => well_known(
            0,
            format!("graceful-shutdown (RFC 8326): AS{neighbor} uses it only for want of others"),
        ),
        Community::Blackhole => well_known(
            666,
            format!("blackhole (RFC 7999): AS{neighbor} drops all traffic to the prefix"),
        ),
        Community::NoAnnounce(asn) if !is_placeholder => (
            Wire::Large(neighbor.0, NO_ANNOUNCE, asn.0),
            format!("no-announce:{asn}: AS{neighbor} does not tell AS{asn}"),
        ),
        Community::NoAnnounce(asn) => (
            Wire::Large(neighbor.0, NO_ANNOUNCE, asn.0),
            format!(
                "replace: no-announce:{asn} asks AS{neighbor} not to tell AS{asn}. Each provider \
                 has numbers of its own for that; these only show the form (RFC 8195)"
            ),
        ),
        Community::Other(high, low) => {
            (Wire::Standard(high, low), format!("{high}:{low}, as the scenario has it"))
        }
    }
}

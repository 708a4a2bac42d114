//! BGP communities that an announcement may carry, and what the direct neighbor does with them.
//!
//! All of them act at the AS that receives the announcement and are stripped when it exports the
//! route further: operators act on their customers' communities and do not pass them on. This
//! differs from RFC 1997, where an unknown community is transitive; none of ours is unknown.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Asn;

/// A community with a meaning for routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Community {
    /// 65535:65281 (RFC 1997): the neighbor AS uses the route and tells no other AS.
    NoExport,
    /// 65535:65282 (RFC 1997): the neighbor router uses the route and tells nobody at all.
    NoAdvertise,
    /// 65535:65284 (RFC 3765): the neighbor AS does not tell its peers.
    NoPeer,
    /// 65535:0 (RFC 8326): the neighbor AS sets LOCAL_PREF 0.
    GracefulShutdown,
    /// 65535:666 (RFC 7999): the neighbor AS drops the traffic, and tells no other AS.
    Blackhole,
    /// `no-announce:ASN`: the neighbor AS does not tell this AS. Providers offer it under
    /// numbers of their own.
    NoAnnounce(Asn),
    /// Any other standard community (RFC 1997), carried without an effect.
    Other(u16, u16),
}

/// A text that is no community.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a community: write `no-export`, `no-advertise`, `no-peer`, `graceful-shutdown`, \
     `blackhole`, `no-announce:ASN` or two 16-bit numbers such as `65535:65281`"
)]
pub struct BadCommunity(pub String);

impl Community {
    fn from_numbers(high: u16, low: u16) -> Community {
        match (high, low) {
            (65535, 65281) => Community::NoExport,
            (65535, 65282) => Community::NoAdvertise,
            (65535, 65284) => Community::NoPeer,
            (65535, 0) => Community::GracefulShutdown,
            (65535, 666) => Community::Blackhole,
            _ => Community::Other(high, low),
        }
    }
}

impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Community::NoExport => f.write_str("no-export"),
            Community::NoAdvertise => f.write_str("no-advertise"),
            Community::NoPeer => f.write_str("no-peer"),
            Community::GracefulShutdown => f.write_str("graceful-shutdown"),
            Community::Blackhole => f.write_str("blackhole"),
            Community::NoAnnounce(asn) => write!(f, "no-announce:{asn}"),
            Community::Other(high, low) => write!(f, "{high}:{low}"),
        }
    }
}

impl FromStr for Community {
    type Err = BadCommunity;

    fn from_str(text: &str) -> Result<Community, BadCommunity> {
        let bad = || BadCommunity(text.to_owned());
        Ok(match text {
            "no-export" => Community::NoExport,
            "no-advertise" => Community::NoAdvertise,
            "no-peer" => Community::NoPeer,
            "graceful-shutdown" => Community::GracefulShutdown,
            "blackhole" => Community::Blackhole,
            _ => {
                let (high, low) = text.split_once(':').ok_or_else(bad)?;
                if high == "no-announce" {
                    Community::NoAnnounce(low.parse().map_err(|_| bad())?)
                } else {
                    let (high, low) = (high.parse(), low.parse());
                    Community::from_numbers(high.map_err(|_| bad())?, low.map_err(|_| bad())?)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_one() {
        assert_eq!("65535:65281".parse(), Ok(Community::NoExport));
        assert_eq!("no-announce:174".parse(), Ok(Community::NoAnnounce(Asn(174))));
        assert_eq!("3356:70".parse::<Community>().unwrap().to_string(), "3356:70");
        for text in ["no-announce:0", "70000:1", "noexport", "1:2:3", ""] {
            assert!(text.parse::<Community>().is_err(), "{text} was taken");
        }
    }
}

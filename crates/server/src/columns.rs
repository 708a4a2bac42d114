//! Arrays as little-endian binary (`application/vnd.catchment.columns`).
//!
//! One body is: `u32` length of a JSON header, the header, then the columns, each padded to a
//! multiple of 8 bytes from the start of the body. The header is
//! `{"columns": [{"name", "type": "u8"|"u16"|"u32"|"f32"|"f64", "length", "offset"}]}` with offsets
//! in bytes from the start of the body.
//!
//! `/world`: for each dot `asn` u32, `place` u32 ([`NO_PLACE`] if not known), `weight` f64 (0 for a
//! dot that is no source), `tier` u8 (1 without providers, 2 with customers, 3 at the edge); for
//! each place `place_lat` f32, `place_lon` f32. Names of places are at `/places`.
//!
//! `/timeline`, for each stream (a part of a dot's packets that always goes one way; those of one
//! dot are adjacent): `stream_dot` u32, `stream_share` f32, `stream_start` u16 (fate at t = 0). For
//! each change of a fate, ascending by time: `fate_at` f64 (µs), `fate_stream` u32, `fate` u16,
//! `fate_cause` u16 (place in `events`, 65535 for none); and where DNS has a part, `fate_noticed`
//! f64 (µs since the cause until it was noticed) and `fate_cached` f64 (µs in caches after that).
//! For each dot at t = 0: `length` u8 (AS path length, 255 without a route). For each change of a
//! best route: `route_at` f64 (µs), `route_dot` u32, `route_length` u8. For each step of demand
//! without service: `unserved_at` f64 (µs), `unserved` f64. For each step of a site's load:
//! `load_at` f64 (µs), `load_site` u16, `load_legit`, `load_offered`, `load_gbps`, `load_used`
//! (utilization, infinite without capacity), `load_loss` (0 to 1), all f64.
//!
//! `/layers/rtt`: for each dot `rtt` f32 (ms, NaN if not served), `best` f32 (ms, the best possible
//! to an active site). `/layers/ties`: for each dot `ties` u8, sites that it could reach if ties
//! broke otherwise.

use catchment_dynamics::Fate;

/// No place is known.
pub const NO_PLACE: u32 = u32::MAX;
/// Added to the site's index: packets go to it, and it does not answer.
pub const STALE: u16 = 0x4000;
/// Packets go into a link that is down.
pub const LOST: u16 = 0x7fff;
/// Packets go round.
pub const LOOPING: u16 = 0x8000;
/// Nobody knows a way.
pub const NO_ROUTE: u16 = 0xffff;

/// A fate in two bytes: the index of the site that serves, or one of the constants above.
pub fn fate_code(fate: Fate) -> u16 {
    match fate {
        Fate::Served(site) => site as u16,
        Fate::Stale(Some(site)) => STALE | site as u16,
        Fate::Stale(None) => LOST,
        Fate::Looping => LOOPING,
        Fate::NoRoute => NO_ROUTE,
    }
}

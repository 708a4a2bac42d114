//! Arrays as little-endian binary (`application/vnd.catchment.columns`).
//!
//! One body is: `u32` length of a JSON header, the header, then the columns, each padded to a
//! multiple of 8 bytes from the start of the body. The header is
//! `{"columns": [{"name", "type": "u8"|"u16"|"u32"|"f32"|"f64", "length", "offset"}]}` with offsets
//! in bytes from the start of the body.
//!
//! `/world`: for each dot `asn` u32, `place` u32 ([`NO_PLACE`] if not known), `weight` f64 (0 for a
//! dot that is no source), `tier` u8 (3 at the edge: without customers; else 1 without providers, 2
//! with them); for
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

use std::fmt::Write as _;

use catchment_dynamics::Fate;

/// Names of columns, as the browser asks for them.
pub mod name {
    /// AS number of each dot.
    pub const ASN: &str = "asn";
    /// Place of each dot, by index.
    pub const PLACE: &str = "place";
    /// Demand of each dot.
    pub const WEIGHT: &str = "weight";
    /// How high in the hierarchy each dot is.
    pub const TIER: &str = "tier";
    /// Degrees north of each place.
    pub const PLACE_LAT: &str = "place_lat";
    /// Degrees east of each place.
    pub const PLACE_LON: &str = "place_lon";
    /// Dot of each stream.
    pub const STREAM_DOT: &str = "stream_dot";
    /// Share of each stream.
    pub const STREAM_SHARE: &str = "stream_share";
    /// Fate of each stream at t = 0.
    pub const STREAM_START: &str = "stream_start";
    /// When a fate changes.
    pub const FATE_AT: &str = "fate_at";
    /// Whose fate changes.
    pub const FATE_STREAM: &str = "fate_stream";
    /// To what.
    pub const FATE: &str = "fate";
    /// Why.
    pub const FATE_CAUSE: &str = "fate_cause";
    /// How long it took until the cause was noticed.
    pub const FATE_NOTICED: &str = "fate_noticed";
    /// How long the answer stayed in caches after that.
    pub const FATE_CACHED: &str = "fate_cached";
    /// Path length of each dot at t = 0.
    pub const LENGTH: &str = "length";
    /// When a best route changes.
    pub const ROUTE_AT: &str = "route_at";
    /// Whose.
    pub const ROUTE_DOT: &str = "route_dot";
    /// How long the path is from then on.
    pub const ROUTE_LENGTH: &str = "route_length";
    /// When the demand without service changes.
    pub const UNSERVED_AT: &str = "unserved_at";
    /// To what.
    pub const UNSERVED: &str = "unserved";
    /// When the load of a site changes.
    pub const LOAD_AT: &str = "load_at";
    /// Whose.
    pub const LOAD_SITE: &str = "load_site";
    /// Requests of clients, each counted once.
    pub const LOAD_LEGIT: &str = "load_legit";
    /// All that arrives, in kq/s.
    pub const LOAD_OFFERED: &str = "load_offered";
    /// All that arrives, in Gbit/s.
    pub const LOAD_GBPS: &str = "load_gbps";
    /// Load over capacity.
    pub const LOAD_USED: &str = "load_used";
    /// Share of attempts that are lost.
    pub const LOAD_LOSS: &str = "load_loss";
    /// Round trip of each dot.
    pub const RTT: &str = "rtt";
    /// The best possible round trip of each dot.
    pub const BEST: &str = "best";
    /// Sites that each dot could reach by ties.
    pub const TIES: &str = "ties";
}

/// Stands for "no route" among path lengths; longer paths count as one less.
pub const NO_LENGTH: u8 = u8::MAX;
/// Stands for "no event" among causes.
pub const NO_EVENT: u16 = u16::MAX;

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

/// Sites that a fate can tell apart.
pub const SITES_MAX: usize = (LOST - STALE) as usize;

/// A fate in two bytes: the index of the site that serves, or one of the constants above.
///
/// # Panics
/// If the site is beyond [`SITES_MAX`]: another fate would have the same code.
pub fn fate_code(fate: Fate) -> u16 {
    let code = |site: u32| {
        assert!((site as usize) < SITES_MAX, "a site has the code of another fate");
        site as u16
    };
    match fate {
        Fate::Served(site) => code(site),
        Fate::Stale(Some(site)) => STALE | code(site),
        Fate::Stale(None) => LOST,
        Fate::Looping => LOOPING,
        Fate::NoRoute => NO_ROUTE,
    }
}

/// The numbers of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Bytes.
    U8(Vec<u8>),
    /// Two bytes each.
    U16(Vec<u16>),
    /// Four bytes each.
    U32(Vec<u32>),
    /// Four bytes each.
    F32(Vec<f32>),
    /// Eight bytes each.
    F64(Vec<f64>),
}

macro_rules! numbers {
    ($($variant:ident($type:ty) = $name:literal,)+) => {
        impl Numbers {
            fn kind(&self) -> &'static str {
                match self { $(Numbers::$variant(_) => $name,)+ }
            }

            fn len(&self) -> usize {
                match self { $(Numbers::$variant(values) => values.len(),)+ }
            }

            fn bytes(&self) -> usize {
                match self { $(Numbers::$variant(values) => size_of_val(&values[..]),)+ }
            }

            fn write(&self, out: &mut [u8]) {
                match self {
                    $(Numbers::$variant(values) => {
                        let fields = out.chunks_exact_mut(size_of::<$type>());
                        for (field, value) in fields.zip(values) {
                            field.copy_from_slice(&value.to_le_bytes());
                        }
                    })+
                }
            }
        }

        $(impl From<Vec<$type>> for Numbers {
            fn from(values: Vec<$type>) -> Numbers { Numbers::$variant(values) }
        })+
    };
}

numbers! {
    U8(u8) = "u8",
    U16(u16) = "u16",
    U32(u32) = "u32",
    F32(f32) = "f32",
    F64(f64) = "f64",
}

/// Columns to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    columns: Vec<(&'static str, Numbers)>,
}

impl Columns {
    /// Adds a column.
    pub fn push(&mut self, name: &'static str, values: impl Into<Numbers>) {
        self.columns.push((name, values.into()));
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        // Offsets stand in the header, whose length depends on their digits.
        let mut start = 8;
        let (header, end) = loop {
            let (header, end) = self.header(start);
            let needed = (4 + header.len()).next_multiple_of(8);
            if needed <= start {
                break (header, end);
            }
            start = needed;
        };
        let mut body = vec![0; end];
        body[..4].copy_from_slice(&(start as u32 - 4).to_le_bytes());
        body[4..start].fill(b' ');
        body[4..4 + header.len()].copy_from_slice(header.as_bytes());
        let mut at = start;
        for (_, numbers) in &self.columns {
            numbers.write(&mut body[at..at + numbers.bytes()]);
            at += numbers.bytes().next_multiple_of(8);
        }
        body
    }

    /// The header if columns begin at `start`, and where they end.
    fn header(&self, start: usize) -> (String, usize) {
        let mut header = String::from("{\"columns\":[");
        let mut offset = start;
        for (index, (name, numbers)) in self.columns.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let (kind, length) = (numbers.kind(), numbers.len());
            let _ = write!(
                header,
                "{comma}{{\"name\":\"{name}\",\"type\":\"{kind}\",\"length\":{length},\
                 \"offset\":{offset}}}"
            );
            offset += numbers.bytes().next_multiple_of(8);
        }
        header.push_str("]}");
        (header, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_has_a_code_of_its_own() {
        let sites = 0..SITES_MAX as u32;
        let mut fates: Vec<Fate> = sites.clone().map(Fate::Served).collect();
        fates.extend(sites.map(|site| Fate::Stale(Some(site))));
        fates.extend([Fate::Stale(None), Fate::Looping, Fate::NoRoute]);
        let mut codes: Vec<u16> = fates.into_iter().map(fate_code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    #[should_panic(expected = "a site has the code of another fate")]
    fn a_site_too_many_is_no_other_fate() {
        fate_code(Fate::Served(SITES_MAX as u32));
    }
}

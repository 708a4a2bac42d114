//! Tables with a header from any bytes: what is read lies on the Earth.
#![no_main]

use catchment_formats::{airports, bots, candidates, cities, presence};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((found, _)) = presence::read(bytes) {
        assert!(found.iter().all(|presence| presence.at.is_valid() && presence.asn.0 != 0));
    }
    if let Ok((found, _)) = cities::read(bytes) {
        assert!(found.iter().all(|city| city.at.is_valid()));
    }
    if let Ok((found, _)) = candidates::read(bytes) {
        assert!(found.iter().all(|candidate| candidate.asn.is_none_or(|asn| asn.0 != 0)));
    }
    if let Ok((found, _)) = candidates::read_neighbors(bytes) {
        assert!(found.iter().all(|neighbor| neighbor.asn.0 != 0));
    }
    if let Ok((found, _)) = airports::read(bytes) {
        assert!(found.iter().all(|airport| airport.iata.len() == 3));
    }
    if let Ok((found, _)) = bots::read(bytes) {
        assert!(found.iter().all(|(asn, share)| asn.0 != 0 && *share > 0.0));
    }
});

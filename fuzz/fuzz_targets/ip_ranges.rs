//! Tables of address ranges and AS names from any bytes: ranges ascend without overlap, and no
//! address is counted twice.
#![no_main]

use catchment_formats::{as_names, ip_ranges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (asns, _) = ip_ranges::read_asns(bytes).expect("memory does not fail");
    assert!(asns.iter().all(|range| range.first <= range.last));
    assert!(asns.windows(2).all(|pair| pair[0].last < pair[1].first));
    let addresses: u64 = ip_ranges::addresses_by_asn(&asns).values().sum();
    assert!(addresses <= 1 << 32);
    let (countries, _) = ip_ranges::read_countries(bytes).expect("memory does not fail");
    let joined = ip_ranges::addresses_by_asn_and_country(&asns, &countries);
    assert!(joined.values().sum::<u64>() <= addresses);
    let _ = as_names::read(bytes);
});

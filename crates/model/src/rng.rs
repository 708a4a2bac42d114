//! Seeded randomness: hashes of names, not streams, so that a draw never depends on how many
//! draws came before it.

/// The step of SplitMix64 from state to state: 2^64 over the golden ratio, made odd.
pub const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64 (Steele, Lea, Flood 2014): one well-mixed word for each input word.
pub const fn splitmix64(word: u64) -> u64 {
    mix(word.wrapping_add(GOLDEN_GAMMA))
}

/// The finalizer of SplitMix64 (constants of David Stafford's mix 13).
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A draw that belongs to (`seed`, `stream`, `key`) and to nothing else.
pub const fn draw(seed: u64, stream: u64, key: u64) -> u64 {
    splitmix64(splitmix64(splitmix64(seed) ^ stream) ^ key)
}

/// A number in [0, 1) for each word, in steps of 2^-53, which are exact.
pub const fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A number of the standard normal distribution from two in [0, 1) (Box and Muller 1958).
pub fn normal(first: f64, second: f64) -> f64 {
    // The logarithm of 0 is none.
    libm::sqrt(-2.0 * libm::log(1.0 - first)) * libm::cos(std::f64::consts::TAU * second)
}

/// Whether the draw of (`seed`, `stream`, `key`) falls into the lower `share` of all draws.
/// A share of 0 or less takes nobody, one of 1 or more everybody.
pub fn falls_in(share: f64, seed: u64, stream: u64, key: u64) -> bool {
    // 2^53 steps are exact in f64, so that every machine draws the same line.
    let draw = (draw(seed, stream, key) >> 11) as f64;
    draw < share * 9_007_199_254_740_992.0
}

/// FNV-1a, 64 bits: the hash that `models.md` names for link delays and tie-breaks.
pub fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(splitmix64(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(fnv1a64(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a64(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn shares_are_met() {
        let taken = (0..100_000).filter(|key| falls_in(0.1, 7, 1, *key)).count();
        assert!((9_700..10_300).contains(&taken), "{taken}");
        assert!(!(0..1000).any(|key| falls_in(0.0, 7, 1, key)));
        assert!((0..1000).all(|key| falls_in(1.0, 7, 1, key)));
    }
}

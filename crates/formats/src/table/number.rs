//! Numbers as text.

use std::io::Write;

/// Appends a whole number.
pub(super) fn put_integer(buffer: &mut Vec<u8>, value: i64) {
    buffer.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

const POWERS: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Appends a finite number with exactly `decimals` digits behind the point: the bytes that
/// `format!("{value:.decimals$}")` gives, some ten times as fast.
pub(super) fn put_decimal(buffer: &mut Vec<u8>, value: f64, decimals: u8) {
    let places = usize::from(decimals);
    if let Some(power) = POWERS.get(places) {
        let scaled = value.abs() * power;
        let whole = scaled as u64;
        let fraction = scaled - whole as f64;
        // Below 1e9 the product is off by less than 1e-6. Near a half the exact digits decide;
        // everywhere else the rounding is certain.
        if scaled < 1e9 && (fraction - 0.5).abs() > 1e-6 {
            let rounded = whole + u64::from(fraction > 0.5);
            if value.is_sign_negative() {
                buffer.push(b'-');
            }
            let unit = *power as u64;
            let mut digits = itoa::Buffer::new();
            buffer.extend_from_slice(digits.format(rounded / unit).as_bytes());
            if places > 0 {
                buffer.push(b'.');
                let tail = digits.format(rounded % unit);
                buffer.resize(buffer.len() + places - tail.len(), b'0');
                buffer.extend_from_slice(tail.as_bytes());
            }
            return;
        }
    }
    write!(buffer, "{value:.places$}").expect("a vector takes all bytes");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(value: f64, decimals: u8) -> String {
        let mut buffer = Vec::new();
        put_decimal(&mut buffer, value, decimals);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn halves_round_as_the_standard_library_says() {
        for value in [0.5, 1.5, 2.5, 0.125, 0.0005, 1.0005, -0.0004, -0.0, 1e300, 999_999.999_9] {
            for decimals in 0..12 {
                let expected = format!("{value:.*}", usize::from(decimals));
                assert_eq!(decimal(value, decimals), expected, "{value} with {decimals}");
            }
        }
    }

    proptest! {
        #[test]
        fn fast_and_slow_agree(
            value in -2e6..2e6_f64,
            small in -1.0..1.0_f64,
            decimals in 0..9_u8,
        ) {
            for value in [value, small, (value * 1000.0).trunc() / 1000.0, value.trunc() / 2.0] {
                let expected = format!("{value:.*}", usize::from(decimals));
                prop_assert_eq!(decimal(value, decimals), expected);
            }
        }
    }
}

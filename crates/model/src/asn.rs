//! AS numbers.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A 32-bit AS number (RFC 6793). Zero is reserved (RFC 7607): it is refused
/// everywhere but in ROAs, where it stands for nobody (RFC 6483 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Asn(pub u32);

/// A text or number that is no AS number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not an AS number: {reason}")]
pub struct BadAsn {
    /// What was given.
    pub text: String,
    /// Why it is none.
    pub reason: &'static str,
}

impl Asn {
    /// Takes a number from outside.
    ///
    /// # Errors
    /// Zero, negative numbers and numbers of more than 32 bits are refused.
    pub fn from_number(number: i64) -> Result<Asn, BadAsn> {
        let bad = |reason| Err(BadAsn { text: number.to_string(), reason });
        match number {
            ..0 => bad("it is negative"),
            0 => bad("zero is reserved (RFC 7607)"),
            1..=0xffff_ffff => Ok(Asn(number as u32)),
            _ => bad("it has more than 32 bits (the largest is 4294967295)"),
        }
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads `3320` and `AS3320`.
impl FromStr for Asn {
    type Err = BadAsn;

    fn from_str(text: &str) -> Result<Asn, BadAsn> {
        let bad = |reason| BadAsn { text: text.to_owned(), reason };
        let has_prefix = text.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("as"));
        let digits = if has_prefix { &text[2..] } else { text };
        if let Some(rest) = digits.strip_prefix('-')
            && !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(bad("it is negative"));
        }
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("it must be a number such as 3320 or AS3320"));
        }
        let number = digits.parse().unwrap_or(i64::MAX);
        Asn::from_number(number).map_err(|error| bad(error.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_and_refuses_the_rest() {
        assert_eq!("3320".parse(), Ok(Asn(3320)));
        assert_eq!("as3320".parse(), Ok(Asn(3320)));
        for text in ["", "AS", "0", "-1", "4294967296", "99999999999999999999", "1.5", "é2", "+3"]
        {
            assert!(text.parse::<Asn>().is_err(), "{text} was taken");
        }
    }
}

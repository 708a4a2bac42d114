//! Times as users write them: `30s`, `10m`, `250ms`, `1h30m`, `-5s`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A time span or an instant, in whole microseconds. Negative instants lie before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration {
    /// Microseconds.
    pub us: i64,
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a time: write a number with a unit, such as `30s`, `250ms`, `10m` or `1h30m`"
)]
pub struct BadDuration(pub String);

/// Units from large to small, with their length in microseconds.
const UNITS: [(&str, i64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

impl Duration {
    /// Whole seconds.
    pub const fn from_s(s: i64) -> Duration {
        Duration { us: s * 1_000_000 }
    }

    /// Whole milliseconds.
    pub const fn from_ms(ms: i64) -> Duration {
        Duration { us: ms * 1_000 }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.us < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.us.unsigned_abs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, length) in UNITS {
            let count = rest / length as u64;
            if count > 0 {
                write!(f, "{count}{unit}")?;
                rest -= count * length as u64;
            }
        }
        Ok(())
    }
}

impl FromStr for Duration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Duration, BadDuration> {
        let bad = || BadDuration(text.to_owned());
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        if rest.is_empty() {
            return Err(bad());
        }
        let mut us: i64 = 0;
        while !rest.is_empty() {
            let number_end =
                rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
            let (number, tail) = rest.split_at(number_end);
            let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let length = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?.1;
            let part = parse_decimal(number, length).ok_or_else(bad)?;
            us = us.checked_add(part).ok_or_else(bad)?;
            rest = tail;
        }
        Ok(Duration { us: sign * us })
    }
}

/// `number` (digits, perhaps one point) times `length`, exact to the microsecond.
fn parse_decimal(number: &str, length: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 6 || fraction.contains('.') {
        return None;
    }
    let mut us = whole.parse::<i64>().ok()?.checked_mul(length)?;
    if !fraction.is_empty() {
        let scale = 10_i64.checked_pow(fraction.len() as u32)?;
        us = us.checked_add(fraction.parse::<i64>().ok()?.checked_mul(length)? / scale)?;
    }
    Some(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_users_write() {
        let read = |text: &str| text.parse::<Duration>().map(|d| d.us);
        assert_eq!(read("0s"), Ok(0));
        assert_eq!(read("1.5s"), Ok(1_500_000));
        assert_eq!(read("1h30m"), Ok(5_400_000_000));
        assert_eq!(read("-250ms"), Ok(-250_000));
        for text in ["", "s", "5", "5 s", "1..5s", "5x", "99999999999999999999s", "-"] {
            assert!(read(text).is_err(), "{text} was taken");
        }
    }

    #[test]
    fn text_form_round_trips() {
        for us in [0, 1, 999_999, 1_000_000, 90_061_001_001, -5] {
            let duration = Duration { us };
            assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}

//! Where the bots of an attack are.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Asn;
use crate::mistake::nearest_help;

/// Where the bots of an attack are (models 6.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Botnet {
    /// Every AS alike.
    Uniform,
    /// As users are.
    ByUsers,
    /// In one region.
    Region(String),
    /// In one country, by ISO code.
    Country(String),
    /// In these ASes alike.
    Ases(Vec<Asn>),
    /// Over the sites by Zipf's law with this exponent.
    Zipf(f64),
}

/// Kinds of botnets as texts begin with them.
const KINDS: [&str; 6] = ["by_users", "uniform", "region", "country", "ases", "zipf"];
/// Exponents above send everything to one site.
const ZIPF_MAX: f64 = 10.0;
/// ASes that a label names.
const LABEL_ASES: usize = 3;

/// A text that names no botnet: what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadBotnet(pub String);

impl fmt::Display for Botnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Botnet::Uniform => f.write_str("uniform"),
            Botnet::ByUsers => f.write_str("by_users"),
            Botnet::Region(region) => write!(f, "region={region}"),
            Botnet::Country(country) => write!(f, "country={country}"),
            Botnet::Ases(ases) => write!(f, "ases={}", joined(ases)),
            Botnet::Zipf(exponent) => write!(f, "zipf={exponent}"),
        }
    }
}

fn joined(ases: &[Asn]) -> String {
    ases.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Botnet {
    /// The text for tables: of many ASes it names the first.
    pub fn label(&self) -> String {
        match self {
            Botnet::Ases(ases) if ases.len() > LABEL_ASES => {
                format!("ases={},…", joined(&ases[..LABEL_ASES]))
            }
            other => other.to_string(),
        }
    }
}

impl FromStr for Botnet {
    type Err = BadBotnet;

    fn from_str(text: &str) -> Result<Botnet, BadBotnet> {
        let (kind, value) = match text.split_once('=') {
            Some((kind, value)) => {
                (kind.trim(), Some(value.trim()).filter(|value| !value.is_empty()))
            }
            None => (text.trim(), None),
        };
        let bad = |help: &str| Err(BadBotnet(help.to_owned()));
        match (kind, value) {
            ("by_users", None) => Ok(Botnet::ByUsers),
            ("uniform", None) => Ok(Botnet::Uniform),
            ("region", Some(region)) => Ok(Botnet::Region(region.to_lowercase())),
            ("country", Some(country)) => {
                if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                    return bad("write the two letters of a country, such as `country=DE`");
                }
                Ok(Botnet::Country(country.to_ascii_uppercase()))
            }
            ("ases", Some(ases)) => {
                let asn = |text: &str| {
                    let text = text.trim();
                    let digits = text.strip_prefix("AS").or(text.strip_prefix("as"));
                    let asn: u32 = digits.unwrap_or(text).parse().ok()?;
                    (asn > 0).then_some(Asn(asn))
                };
                match ases.split(',').map(asn).collect() {
                    Some(ases) => Ok(Botnet::Ases(ases)),
                    None => bad("write AS numbers, such as `ases=64500,64501`"),
                }
            }
            ("zipf", Some(exponent)) => match exponent.parse::<f64>() {
                Ok(exponent) if (0.0..=ZIPF_MAX).contains(&exponent) => Ok(Botnet::Zipf(exponent)),
                _ => bad("write an exponent from 0 to 10, such as `zipf=1`"),
            },
            (kind, _) if KINDS.contains(&kind) => bad(&match value {
                None => format!("write what it is, as in `{kind}=…`"),
                Some(_) => format!("write `{kind}` alone"),
            }),
            (kind, _) => bad(&nearest_help(kind, KINDS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        for text in
            ["by_users", "uniform", "region=eu", "country=DE", "ases=64500,64501", "zipf=1.5"]
        {
            assert_eq!(text.parse::<Botnet>().unwrap().to_string(), text);
        }
        assert_eq!("country=de".parse::<Botnet>().unwrap().to_string(), "country=DE");
        assert_eq!("ases=AS1, 2,3,4".parse::<Botnet>().unwrap().label(), "ases=1,2,3,…");
    }

    #[test]
    fn what_names_none_says_what_to_write() {
        let help = |text: &str| text.parse::<Botnet>().unwrap_err().0;
        assert!(help("region").contains("region=…"));
        assert!(help("uniform=1").contains("alone"));
        assert!(help("country=Germany").contains("two letters"));
        assert!(help("ases=x").contains("AS numbers"));
        assert!(help("zipf=11").contains("exponent"));
        assert!(help("regoin=eu").contains("region"));
    }
}

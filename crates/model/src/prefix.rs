//! IP prefixes of a service.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

/// An IPv4 or IPv6 prefix without host bits, such as `192.0.2.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(IpNet);

/// A text that is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadPrefix {
    /// Not of the form address/length.
    #[error("`{0}` is not a prefix: write an address and a length, such as `192.0.2.0/24`")]
    Form(String),
    /// Bits behind the length are set.
    #[error("`{text}` has bits set behind its length: the prefix is `{trimmed}`")]
    HostBits {
        /// What was given.
        text: String,
        /// The same with the bits cleared.
        trimmed: Prefix,
    },
}

impl Prefix {
    /// Bits of the network part.
    pub fn length(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether this is an IPv4 prefix.
    pub fn is_ipv4(&self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }

    /// Whether every address of `other` lies in this prefix (true of itself).
    pub fn contains(&self, other: &Prefix) -> bool {
        self.0.contains(&other.0)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Prefix, BadPrefix> {
        let net: IpNet = text.parse().map_err(|_| BadPrefix::Form(text.to_owned()))?;
        let trimmed = net.trunc();
        if trimmed != net {
            return Err(BadPrefix::HostBits { text: text.to_owned(), trimmed: Prefix(trimmed) });
        }
        Ok(Prefix(net))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_host_bits_and_names_the_prefix() {
        let error = "192.0.2.1/24".parse::<Prefix>().unwrap_err();
        assert!(error.to_string().contains("`192.0.2.0/24`"), "{error}");
        assert!("192.0.2.0".parse::<Prefix>().is_err());
        assert!("2001:db8::/129".parse::<Prefix>().is_err());
    }

    #[test]
    fn containment_needs_the_same_family() {
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        assert!(prefix("0.0.0.0/0").contains(&prefix("192.0.2.0/24")));
        assert!(!prefix("0.0.0.0/0").contains(&prefix("2001:db8::/32")));
        assert!(!prefix("192.0.2.128/25").contains(&prefix("192.0.2.0/24")));
    }
}

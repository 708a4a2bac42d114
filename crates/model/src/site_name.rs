//! Names of sites.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The name of a site. Names are matched without case, so the stored form is lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteName(String);

/// A text that cannot name a site.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` cannot name a site: use 1 to 64 letters, digits, `-`, `_` or `.`")]
pub struct BadSiteName(pub String);

impl SiteName {
    /// The lower-case text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for SiteName {
    type Err = BadSiteName;

    fn from_str(text: &str) -> Result<SiteName, BadSiteName> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        // Tables join site names by `|` and paths by `.` in `--set`, but numbers address those.
        if text.is_empty() || text.chars().count() > 64 || !text.chars().all(allowed) {
            return Err(BadSiteName(text.to_owned()));
        }
        Ok(SiteName(text.to_lowercase()))
    }
}

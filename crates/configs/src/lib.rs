//! Configuration of real BGP daemons: whole files for a router, and the lines of a change.
//!
//! Open first: [`router::RouterConfig`] (one router's BGP as plain data), then [`site`] (how a
//! site of a service becomes one) and [`network`] (how every router of a world does), [`bird`] and
//! [`frr`] (how it is written down), [`mod@change`] (what to paste when it becomes another, and
//! what takes that back).
//!
//! Pure: texts come out, and a shell puts them into files. No route is chosen here.
//!
//! A new daemon is a variant of [`Daemon`] and a module that renders [`RouterConfig`]; a new kind
//! of policy is a variant of [`router::Import`] or [`router::Export`], and the compiler names the
//! places that have to learn it.
//!
//! What is left out: interfaces and their addresses, an IGP, passwords, and for sites everything
//! that a neighbor has to configure on its side. A scenario knows no addresses, so those of links
//! are placeholders ([`address`]) in lines marked "replace", unless somebody has real ones.

pub mod address;
pub mod bird;
pub mod change;
mod comment;
mod community;
pub mod frr;
pub mod network;
pub mod router;
pub mod site;

use std::fmt;
use std::str::FromStr;

pub use change::{SiteChange, change};
pub use network::network_routers;
pub use router::RouterConfig;

/// A BGP implementation that configuration can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daemon {
    /// BIRD 2.
    Bird,
    /// FRR: zebra, staticd, bgpd and, where BFD is on, bfdd.
    Frr,
}

impl Daemon {
    /// All of them with their names on the command line.
    pub const NAMES: [(&str, Daemon); 2] = [("bird", Daemon::Bird), ("frr", Daemon::Frr)];
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Daemon::Bird => "bird",
            Daemon::Frr => "frr",
        })
    }
}

impl FromStr for Daemon {
    type Err = String;

    fn from_str(text: &str) -> Result<Daemon, String> {
        let known = Daemon::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, daemon)| *daemon).ok_or_else(|| format!("`{text}` is no daemon we know"))
    }
}

/// A file of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
}

/// All files that a router needs, the main one first.
pub fn files(daemon: Daemon, router: &RouterConfig) -> Vec<File> {
    match daemon {
        Daemon::Bird => vec![File { name: "bird.conf", text: bird::render(router) }],
        Daemon::Frr => vec![
            File { name: "frr.conf", text: frr::render(router) },
            File { name: "daemons", text: frr::daemons(router) },
        ],
    }
}

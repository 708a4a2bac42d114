//! A whole scenario on daemons: built, settled, changed and read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use catchment_configs::router::{Family, Session};
use catchment_configs::{RouterConfig, bird};
use thiserror::Error;

use crate::bird::Bird;
use crate::network::{Broken, End, Namespace, link};
use crate::table::Used;
use crate::wiring::{Wiring, length};

/// Tables count as settled when they stayed the same for so long.
const QUIET: Duration = Duration::from_millis(1000);
/// Between two looks at all routers.
const PAUSE: Duration = Duration::from_millis(100);
/// Sessions come up within seconds: daemons try each second.
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// Why a lab did not run.
#[derive(Debug, Error)]
pub enum LabError {
    /// The network.
    #[error("the lab's network cannot be built: {0}")]
    Network(#[from] Broken),
    /// A daemon.
    #[error("router {router} {what}: {error}")]
    Daemon {
        /// Which router.
        router: u32,
        /// What it did not do.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// It did not come to rest.
    #[error("after {} s the lab is not at rest: {waiting}", SETTLE_MAX.as_secs())]
    Restless {
        /// What it waits for.
        waiting: String,
    },
}

/// Number of the interfaces of a link, at both ends. 1 is the loopback interface.
fn interface(link: u32) -> u32 {
    link + 2
}

/// Sees how far it is: what, done, of how many.
pub type Watch<'a> = &'a mut dyn FnMut(&'static str, u64, u64);

/// Daemons that run, by router. All of it ends when this is dropped.
#[derive(Debug)]
pub struct Lab {
    // Before the namespaces, so that it ends before them.
    daemons: Vec<Bird>,
    namespaces: Vec<Namespace>,
    wiring: Wiring,
    /// Sessions of each router, by name, with the router at the other end.
    sessions: Vec<BTreeMap<String, u32>>,
    /// Links that are down, or whose session is.
    down: BTreeSet<u32>,
}

/// What can be done to a lab that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A router withdraws what it originates, or announces it again.
    Announce {
        /// The router.
        router: u32,
        /// Whether it does.
        on: bool,
    },
    /// A link goes down or comes up.
    Link {
        /// Its ends.
        ends: (u32, u32),
        /// Whether it is up afterwards.
        up: bool,
    },
    /// The session over a link is shut down by both ends, or started again.
    Session {
        /// Its ends.
        ends: (u32, u32),
        /// Whether it is up afterwards.
        up: bool,
    },
}

impl Lab {
    /// Builds the network and starts a daemon for each configuration. Files go to a folder that is
    /// there and empty.
    ///
    /// # Errors
    /// If the kernel or a daemon refuses.
    pub async fn start(
        wiring: &Wiring,
        family: Family,
        routers: &[RouterConfig],
        folder: &Path,
        watch: Watch<'_>,
    ) -> Result<Lab, LabError> {
        let total = routers.len() as u64;
        let mut namespaces = Vec::with_capacity(routers.len());
        for done in 0..total {
            watch("namespaces", done, total);
            namespaces.push(Namespace::new().await?);
        }
        for (number, one) in (0..).zip(wiring.links()) {
            watch("links", u64::from(number), wiring.links().len() as u64);
            let [a, b] = one.routers;
            let name = format!("l{number}");
            let end = |router: u32, other| End {
                namespace: &namespaces[router as usize],
                name: &name,
                index: interface(number),
                address: wiring.address(router, other, family).expect("they are joined"),
                length: length(family),
            };
            link(end(a, b), end(b, a)).await?;
        }
        for (namespace, router) in namespaces.iter().zip(routers) {
            for (neighbor, cost) in &router.igp {
                let link = wiring.link_at(*neighbor).expect("routers of an AS are joined");
                // Costs are compared with each other only, and 0 would become another for IPv6.
                namespace.route(*neighbor, interface(link), cost.saturating_add(1)).await?;
            }
        }
        let mut daemons = Vec::with_capacity(routers.len());
        for (router, config) in (0..).zip(routers) {
            watch("daemons", u64::from(router), total);
            let own = folder.join(format!("r{router}"));
            let failed = |what| move |error| LabError::Daemon { router, what, error };
            fs::create_dir(&own).map_err(failed("has no folder"))?;
            let daemon = Bird::start(&namespaces[router as usize], &own, &bird::render(config));
            daemons.push(daemon.map_err(failed("does not start"))?);
        }
        let sessions = routers.iter().map(|router| {
            let other = |session: &Session| {
                let router = wiring.router_at(session.remote).expect("sessions are on links");
                (session.full_name(), router)
            };
            router.sessions.iter().map(other).collect()
        });
        let sessions = sessions.collect();
        Ok(Lab { daemons, namespaces, wiring: wiring.clone(), sessions, down: BTreeSet::new() })
    }

    /// Waits until all sessions are up and no table changes any more; returns the tables by router.
    ///
    /// # Errors
    /// If that takes too long, or a daemon does not answer.
    pub async fn settle(&mut self, watch: Watch<'_>) -> Result<Vec<Vec<Used>>, LabError> {
        let start = Instant::now();
        let (mut last, mut since): (Option<Vec<Vec<Used>>>, Instant) = (None, start);
        loop {
            let waiting = self.waiting();
            let total = self.daemons.len() as u64;
            watch("sessions", total - waiting.len() as u64, total);
            if waiting.is_empty() {
                let tables = self.tables()?;
                if last.as_ref() != Some(&tables) {
                    (last, since) = (Some(tables), Instant::now());
                } else if since.elapsed() >= QUIET {
                    return Ok(tables);
                }
            }
            if start.elapsed() > SETTLE_MAX {
                let what = match waiting.first() {
                    Some((router, what)) => format!("router {router}: {what}"),
                    None => "tables keep changing".to_owned(),
                };
                return Err(LabError::Restless { waiting: what });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Routers that are not ready, and what they wait for. Nobody waits for sessions over links
    /// that are down.
    fn waiting(&self) -> Vec<(u32, String)> {
        let mut all = Vec::new();
        for (router, daemon) in (0..).zip(&self.daemons) {
            let is_expected = |session: &String| {
                let other = self.sessions[router as usize].get(session);
                let link = other.and_then(|other| self.wiring.between(router, *other));
                !link.is_some_and(|link| self.down.contains(&link))
            };
            match daemon.waiting() {
                Ok(sessions) => {
                    let mut sessions = sessions.into_iter().filter(is_expected);
                    all.extend(sessions.next().map(|name| (router, format!("session {name}"))));
                }
                Err(error) => all.push((router, format!("its daemon: {error}"))),
            }
        }
        all
    }

    /// What every router uses.
    fn tables(&self) -> Result<Vec<Vec<Used>>, LabError> {
        let used = |(router, daemon): (u32, &Bird)| {
            let what = "does not show its routes";
            daemon.used().map_err(|error| LabError::Daemon { router, what, error })
        };
        (0..).zip(&self.daemons).map(used).collect()
    }

    /// Waits for sessions over a link from here on, or no more; returns its number.
    fn expect(&mut self, a: u32, b: u32, up: bool) -> u32 {
        let link = self.wiring.between(a, b).expect("the link is there");
        match up {
            true => self.down.remove(&link),
            false => self.down.insert(link),
        };
        link
    }

    /// Does something to it. What comes of it is seen after [`Lab::settle`].
    ///
    /// # Errors
    /// If a daemon or the kernel refuses.
    ///
    /// # Panics
    /// If there is no such router or link.
    pub async fn act(&mut self, act: &Act) -> Result<(), LabError> {
        match *act {
            Act::Announce { router, on } => {
                let switched = self.daemons[router as usize].announce(on);
                let what = if on { "does not announce" } else { "does not withdraw" };
                switched.map_err(|error| LabError::Daemon { router, what, error })
            }
            Act::Link { ends: (a, b), up } => {
                let link = self.expect(a, b, up);
                for end in [a, b] {
                    self.namespaces[end as usize].set_up(interface(link), up).await?;
                }
                Ok(())
            }
            Act::Session { ends: (a, b), up } => {
                self.expect(a, b, up);
                for (router, other) in [(a, b), (b, a)] {
                    let sessions = self.sessions[router as usize].iter();
                    for (name, _) in sessions.filter(|(_, neighbor)| **neighbor == other) {
                        let switched = self.daemons[router as usize].session(name, up);
                        let what = "does not switch a session";
                        switched.map_err(|error| LabError::Daemon { router, what, error })?;
                    }
                }
                Ok(())
            }
        }
    }
}

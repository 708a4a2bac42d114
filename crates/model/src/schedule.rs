//! What happens when: the events of a scenario, resolved against its world.
//!
//! `worlds` makes it from names; the event engine, the load model and GeoDNS read it. Everything
//! here is an index into a [`crate::World`] or [`crate::Service`].

use std::collections::BTreeMap;

use crate::scenario::FailureKind;
use crate::service::{Announcement, Capacity, Reach};
use crate::{Asn, Duration};

/// One event of a scenario at its time. A schedule ascends by (time, place in the file); an event
/// that acts in several places, such as an IGP cost in two meshes, stands in it several times.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// When; not before 0.
    pub at: Duration,
    /// Place in the scenario's list of events.
    pub index: u32,
    /// What happens.
    pub deed: Deed,
    /// The same as text for people, such as `fra fails (hold-timer)`.
    pub label: String,
}

/// What happens. Sites, routers and sessions are indices.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A site fails. A drain is a failure of kind [`FailureKind::Drain`].
    Fail {
        /// The site.
        site: u32,
        /// How its neighbors notice.
        how: FailureKind,
    },
    /// A site that had failed comes back. Whoever makes a schedule sees to it that it had.
    Restore {
        /// The site.
        site: u32,
    },
    /// Links, as pairs of routers, go down or come up.
    Link {
        /// The ends.
        pairs: Vec<(u32, u32)>,
        /// Whether they are up afterwards.
        up: bool,
        /// Whether packets are concerned too; if not, only the BGP session.
        wire: bool,
    },
    /// An AS changes what it does with a neighbor.
    Policy {
        /// LOCAL_PREF of the routes from it: (AS index, neighbor, value).
        local_prefs: Vec<(u32, Asn, u32)>,
        /// Prepends of directed sessions; 0 for no more.
        prepends: Vec<(u32, u8)>,
        /// Directed sessions that tell nothing any more (`true`), or again (`false`).
        closed: Vec<(u32, bool)>,
    },
    /// A site says something else to its neighbors.
    Announce {
        /// The site.
        site: u32,
        /// Its reach from now on.
        reach: Reach,
        /// All its announcements from now on.
        announcements: BTreeMap<u32, Announcement>,
        /// Links that come up for it.
        opened: Vec<(u32, u32)>,
    },
    /// The IGP cost between two routers of one AS changes.
    Igp {
        /// One router.
        a: u32,
        /// The other.
        b: u32,
        /// The new cost, in km.
        cost: u32,
    },
    /// An attack begins.
    Attack {
        /// Thousand queries a second in all.
        kqps: f64,
        /// Gigabits a second in all.
        gbps: f64,
        /// Where it comes from.
        bots: Bots,
        /// When it ends; never if not given.
        lasts: Option<Duration>,
    },
    /// A site's capacity changes.
    Capacity {
        /// The site.
        site: u32,
        /// All of its capacity from now on.
        capacity: Capacity,
    },
}

/// Where the packets of an attack come from, as shares of its volume that sum to 1. Indices ascend,
/// each is there once, and none has a share of 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Bots {
    /// Routers: the network decides where their packets land.
    Routers(Vec<(u32, f64)>),
    /// Sites: the law of their shares is given, as in models 6.1 (`zipf`). What is meant for a
    /// site that announces nothing is not sent.
    Sites(Vec<(u32, f64)>),
}

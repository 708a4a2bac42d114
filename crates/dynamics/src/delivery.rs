//! What becomes of each client's packets, over time: the data plane as its users see it.
//!
//! The BGP data plane (`plane`) and GeoDNS (`geodns`) both write a
//! [`Delivery`]; marks, flows and load read it and do not ask who wrote it.

/// A source of demand: a named client, or a router with weight in worlds without clients.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Name for people: the client's, or `AS3320 FRA`.
    pub name: String,
    /// The router where its packets start.
    pub router: u32,
    /// Region; empty if none.
    pub region: String,
    /// Demand in the unit of the world (kq/s where it has one).
    pub weight: f64,
    /// Demand in gigabits a second; 0 if nobody said.
    pub gbps: f64,
}

/// A part of a source's demand that always goes one way. Most sources have one stream; several
/// where flows are spread over equal routes, or where clients of one source ask different
/// resolvers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stream {
    /// The source, by index.
    pub source: u32,
    /// Its share of the source's demand; the shares of a source sum to 1.
    pub share: f64,
}

/// What becomes of a stream's packets (design section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// A site answers.
    Served(u32),
    /// Sent to a site that does not answer, or (`None`) over a link that is down.
    Stale(Option<u32>),
    /// They go round until their time to live ends.
    Looping,
    /// Some router on the way has no route; or DNS has no answer.
    NoRoute,
}

impl Fate {
    /// The site that answers, if one does.
    pub fn site(self) -> Option<u32> {
        match self {
            Fate::Served(site) => Some(site),
            _ => None,
        }
    }

    /// Name in tables: `served`, `stale`, `looping`, `no-route`.
    pub const fn name(self) -> &'static str {
        match self {
            Fate::Served(_) => "served",
            Fate::Stale(_) => "stale",
            Fate::Looping => "looping",
            Fate::NoRoute => "no-route",
        }
    }
}

/// Where the time between an event and a change of fate went, in µs (design section 6). They sum
/// to the time since the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stages {
    /// Until the neighbor, or the health check, noticed.
    pub detection_us: i64,
    /// Messages under way and being processed; for DNS, the way to the answer.
    pub propagation_us: i64,
    /// Messages held back by MRAI timers, on the causal path.
    pub mrai_us: i64,
    /// From the decision to the forwarding table.
    pub fib_us: i64,
    /// The client itself: cached DNS answers running out.
    pub client_us: i64,
}

/// Stands for "no event" in [`FateChange::cause`].
pub const NO_CAUSE: u32 = u32::MAX;

/// One change of a stream's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FateChange {
    /// When, in µs since the start of the scenario.
    pub at_us: i64,
    /// The stream, by index.
    pub stream: u32,
    /// What becomes of its packets from here on.
    pub fate: Fate,
    /// The occurrence that caused it, by place in the schedule, or [`NO_CAUSE`].
    pub cause: u32,
    /// Where the time since the cause went.
    pub stages: Stages,
    /// Whether DNS sent new packets elsewhere. Open connections keep the address that they have
    /// (models 4.3).
    pub answer: bool,
}

/// What becomes of all packets, over time. State at a time is a fold over `changes`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delivery {
    /// Who sends.
    pub sources: Vec<Source>,
    /// Parts of their demand, ascending by source.
    pub streams: Vec<Stream>,
    /// The fate of each stream at t = 0, before the events of that instant.
    pub start: Vec<Fate>,
    /// All changes, ascending by time; those of one instant ascend by stream, and no stream
    /// changes twice in an instant.
    pub changes: Vec<FateChange>,
    /// When the run ended: nothing changes after it, in µs.
    pub end_us: i64,
}

impl Delivery {
    /// The fate of each stream at a time, all changes of that instant applied.
    pub fn at(&self, at_us: i64) -> Vec<Fate> {
        let mut fates = self.start.clone();
        for change in &self.changes[..self.changes.partition_point(|it| it.at_us <= at_us)] {
            fates[change.stream as usize] = change.fate;
        }
        fates
    }

    /// Demand of a stream, in the unit of the world.
    pub fn weight(&self, stream: u32) -> f64 {
        let Stream { source, share } = self.streams[stream as usize];
        self.sources[source as usize].weight * share
    }
}

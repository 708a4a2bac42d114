//! A scenario: everything that can change an answer, as a user writes it (design section 8).
//!
//! Plain data with the user's names in it. `formats` reads and writes it; `worlds` resolves it
//! against a world into a [`crate::World`], an [`crate::Overlay`], a [`crate::Service`] and
//! [`crate::Rules`]. A scenario never knows who runs it.

use std::collections::BTreeMap;

pub use crate::botnet::Botnet;
use crate::rules::{Preset, Setting};
use crate::service::Capacity;
use crate::{Asn, Community, Duration, LatLon, Prefix, Relation, SiteName};

/// The version that `format = 1` names.
pub const FORMAT: i64 = 1;

/// A scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Short name.
    pub name: String,
    /// The question that it answers; may be empty.
    pub question: String,
    /// What to look for in the answer; may be empty.
    pub look_for: String,
    /// Seed of every draw. 1 if not given.
    pub seed: u64,
    /// How clients find a site.
    pub steering: Steering,
    /// Where it happens.
    pub world: WorldSource,
    /// Bundle of settings, applied before `rules`.
    pub preset: Option<Preset>,
    /// Settings of `[rules]`, by name. Names and types were checked by the reader.
    pub rules: BTreeMap<String, Setting>,
    /// Prefixes of the service.
    pub prefixes: Vec<Prefix>,
    /// Hybrid steering: the prefix of each region.
    pub regional: BTreeMap<String, Prefix>,
    /// New and changed sites, in file order.
    pub sites: Vec<SiteSpec>,
    /// New and changed clients, in file order.
    pub clients: Vec<ClientSpec>,
    /// Route origin authorisations.
    pub roas: Vec<RoaSpec>,
    /// ASes that leak.
    pub leaks: Vec<Asn>,
    /// For each region, the regions whose sites may serve it.
    pub residency: BTreeMap<String, Vec<String>>,
    /// Settings of GeoDNS.
    pub geodns: GeoDns,
    /// What the sites stand in front of, if they do not answer all themselves.
    pub edge: Option<Edge>,
    /// What happens, in file order.
    pub events: Vec<Event>,
    /// Standing corrections of the world: the steering kinds of events, without a time.
    pub corrections: Vec<Correction>,
    /// Variants to compare.
    pub compare: Vec<Variant>,
}

/// How clients find a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Steering {
    /// BGP alone.
    #[default]
    Anycast,
    /// DNS answers by place; every site has an address of its own.
    GeoDns,
    /// DNS picks a region's prefix, BGP the site.
    Hybrid,
}

impl Steering {
    /// All of them with their names in files.
    pub const NAMES: [(&str, Steering); 3] = [
        ("anycast", Steering::Anycast),
        ("geodns", Steering::GeoDns),
        ("hybrid", Steering::Hybrid),
    ];
}

/// Where a scenario happens.
#[derive(Debug, Clone, PartialEq)]
pub enum WorldSource {
    /// A built-in world, by name.
    Builtin(String),
    /// A relationship file, path as written.
    AsRel(String),
    /// A `.world` file, path as written.
    File(String),
    /// A generated Internet.
    Synthetic {
        /// ASes to generate.
        ases: u32,
        /// Its own seed, apart from the scenario's.
        seed: u64,
    },
}

/// A city as a user names it.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaceRef {
    /// IATA code, upper case.
    City(String),
    /// Coordinates.
    At(LatLon),
}

/// A new site, or a change of one that the world brings.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteSpec {
    /// Its name.
    pub name: SiteName,
    /// Whether it is dropped.
    pub remove: bool,
    /// Where it is.
    pub place: Option<PlaceRef>,
    /// The AS that originates; needed for a new site.
    pub asn: Option<Asn>,
    /// What it can carry.
    pub capacity: Option<Capacity>,
    /// Region.
    pub region: Option<String>,
    /// Whether sites of its AS share an iBGP mesh.
    pub backbone: Option<bool>,
    /// Whether every session carries NO_EXPORT (a local site, RFC 4786 §4.3).
    pub local: Option<bool>,
    /// Prefixes that it announces; all if not given.
    pub prefixes: Option<Vec<Prefix>>,
    /// Its sessions.
    pub neighbors: Option<Vec<NeighborSpec>>,
}

/// One session of a site or client.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NeighborSpec {
    /// The neighbor.
    pub asn: Option<Asn>,
    /// What it is; a provider if not given.
    pub relation: Option<Relation>,
    /// City of the neighbor's router; the same city, else the nearest, if not given.
    pub at: Option<String>,
    /// Prepends.
    pub prepend: Option<u8>,
    /// MED.
    pub med: Option<u32>,
    /// Communities.
    pub communities: Option<Vec<Community>>,
    /// Whether it takes longer prefixes than others do.
    pub takes_longer: Option<bool>,
    /// In an event: takes the session out.
    pub withdraw: Option<bool>,
}

/// A new client, or a change of one that the world brings.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientSpec {
    /// Its AS.
    pub asn: Asn,
    /// Name for people.
    pub name: Option<String>,
    /// Where it is.
    pub place: Option<PlaceRef>,
    /// Region.
    pub region: Option<String>,
    /// Demand in kq/s.
    pub weight: Option<f64>,
    /// Demand in gigabits a second.
    pub gbps: Option<f64>,
    /// Its sessions, if its AS is new.
    pub neighbors: Option<Vec<NeighborSpec>>,
}

/// A route origin authorisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoaSpec {
    /// The covered prefix.
    pub prefix: Prefix,
    /// Longest announcement allowed; the prefix's own length if not given (RFC 6482 §3).
    pub max_length: Option<u8>,
    /// The AS that may originate.
    pub asn: Asn,
}

/// How GeoDNS picks an answer (models section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerPolicy {
    /// The nearest healthy site.
    #[default]
    Nearest,
    /// At random by capacity.
    Weighted,
    /// The nearest that has room.
    LoadAware,
    /// By client tier.
    Tier,
}

impl AnswerPolicy {
    /// All of them with their names in files.
    pub const NAMES: [(&str, AnswerPolicy); 4] = [
        ("nearest", AnswerPolicy::Nearest),
        ("weighted", AnswerPolicy::Weighted),
        ("load-aware", AnswerPolicy::LoadAware),
        ("tier", AnswerPolicy::Tier),
    ];
}

/// Settings of GeoDNS, with the defaults of models 12A.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoDns {
    /// TTL of the answers.
    pub ttl: Duration,
    /// How an answer is picked.
    pub policy: AnswerPolicy,
    /// Interval of the health check.
    pub check_interval: Duration,
    /// Failed checks until a site is taken out.
    pub check_fall: u32,
    /// Time until a check counts as failed.
    pub check_timeout: Duration,
    /// Share of clients whose resolver sends the client's subnet (RFC 7871).
    pub ecs_share: f64,
    /// Share of resolvers that stretch TTLs.
    pub ttl_stretch_share: f64,
    /// Share of resolvers that raise TTLs to a minimum.
    pub min_ttl_share: f64,
    /// That minimum.
    pub min_ttl: Duration,
    /// How long a resolver remembers that there was no answer (RFC 2308).
    pub negative_ttl: Duration,
    /// Median distance from a client to the resolver of its provider, in km. If not given: 0 in
    /// worlds with named clients, 260 elsewhere (models 4.1).
    pub resolver_km: Option<f64>,
    /// Share of clients that use a public resolver which sends no subnet. If not given: 0 in
    /// worlds with named clients, 0.2 elsewhere.
    pub public_share: Option<f64>,
}

impl Default for GeoDns {
    fn default() -> GeoDns {
        GeoDns {
            ttl: Duration::from_s(60),
            policy: AnswerPolicy::Nearest,
            check_interval: Duration::from_s(30),
            check_fall: 3,
            check_timeout: Duration::from_s(0),
            ecs_share: 0.3,
            ttl_stretch_share: 0.0874,
            min_ttl_share: 0.05,
            min_ttl: Duration::from_s(300),
            negative_ttl: Duration::from_s(60),
            resolver_km: None,
            public_share: None,
        }
    }
}

/// Sites that end connections and pass requests on to an origin (models 5.6).
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Where the origin is.
    pub origin: PlaceRef,
    /// How clients connect.
    pub handshake: Handshake,
}

/// What is said before the first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handshake {
    /// TCP alone.
    Tcp,
    /// TCP, then TLS 1.2.
    Tls12,
    /// TCP, then TLS 1.3 (RFC 8446 §2).
    #[default]
    Tls13,
    /// QUIC (RFC 9000 §7).
    Quic,
    /// QUIC to a server known from before, with early data (RFC 9001 §4.6).
    QuicEarlyData,
}

impl Handshake {
    /// All of them with their names in files.
    pub const NAMES: [(&str, Handshake); 5] = [
        ("tcp", Handshake::Tcp),
        ("tls12", Handshake::Tls12),
        ("tls13", Handshake::Tls13),
        ("quic", Handshake::Quic),
        ("quic-0rtt", Handshake::QuicEarlyData),
    ];

    /// Round trips that it costs.
    pub const fn round_trips(self) -> i64 {
        match self {
            Handshake::Tls12 => 3,
            Handshake::Tls13 => 2,
            Handshake::Tcp | Handshake::Quic => 1,
            Handshake::QuicEarlyData => 0,
        }
    }
}

/// Something that happens at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Duration,
    /// What.
    pub action: Action,
}

/// What an event does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A site fails.
    Fail(SiteName, FailureKind),
    /// It comes back.
    Restore(SiteName),
    /// It is drained by GRACEFUL_SHUTDOWN (RFC 8326).
    Drain(SiteName),
    /// One of the changes that can also stand as a correction.
    Change(Change),
    /// An IGP cost changes inside an AS.
    Igp {
        /// The AS.
        asn: Asn,
        /// City of one router.
        a: String,
        /// City of the other.
        b: String,
        /// New cost in km.
        cost: u32,
    },
    /// An attack begins.
    Attack(Attack),
    /// A site's capacity changes.
    Capacity {
        /// The site.
        site: SiteName,
        /// Its new capacity.
        capacity: Capacity,
    },
}

/// A change of topology or policy (design section 4, corrections).
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A link between two ASes goes down or up, everywhere or in one city.
    Link {
        /// One AS.
        a: Asn,
        /// The other.
        b: Asn,
        /// Where; everywhere if not given.
        city: Option<String>,
        /// Whether it is up afterwards.
        up: bool,
        /// What `b` is to `a`, if the link is new.
        relation: Option<Relation>,
    },
    /// One BGP session between two ASes goes down or up; the link stays.
    Session {
        /// One AS.
        a: Asn,
        /// The other.
        b: Asn,
        /// Where; everywhere if not given.
        city: Option<String>,
        /// Whether it is up afterwards.
        up: bool,
    },
    /// An AS changes what it does with a neighbor.
    AsPolicy {
        /// The AS.
        asn: Asn,
        /// The neighbor.
        neighbor: Asn,
        /// LOCAL_PREF of the routes from it.
        local_pref: Option<u32>,
        /// Prepends on the routes to it.
        prepend: Option<u8>,
        /// Whether it gets any routes.
        export: Option<bool>,
    },
    /// A site changes what it says to one neighbor.
    Announce {
        /// The site.
        site: SiteName,
        /// The neighbor and the keys that change.
        neighbor: NeighborSpec,
    },
}

/// A standing correction of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Where this is known from; may be empty.
    pub source: String,
    /// What is corrected.
    pub change: Change,
}

/// How a site fails (design section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailureKind {
    /// One message.
    #[default]
    Withdraw,
    /// GRACEFUL_SHUTDOWN first.
    Drain,
    /// The interface goes down.
    Interface,
    /// BFD notices.
    Bfd,
    /// Only the hold timer notices.
    HoldTimer,
    /// The site's own health check notices.
    HealthCheck,
    /// Nobody notices: the service is dead, the route stays.
    Silent,
    /// The service is fine, the route is gone.
    Unannounced,
}

impl FailureKind {
    /// All of them with their names in files.
    pub const NAMES: [(&str, FailureKind); 8] = [
        ("withdraw", FailureKind::Withdraw),
        ("drain", FailureKind::Drain),
        ("interface", FailureKind::Interface),
        ("bfd", FailureKind::Bfd),
        ("hold-timer", FailureKind::HoldTimer),
        ("health-check", FailureKind::HealthCheck),
        ("silent", FailureKind::Silent),
        ("unannounced", FailureKind::Unannounced),
    ];
}

/// An attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Attack {
    /// Gigabits a second in all.
    pub gbps: Option<f64>,
    /// Million queries a second in all.
    pub mqps: Option<f64>,
    /// Where the bots are.
    pub from: Botnet,
    /// How long; to the end if not given.
    pub lasts: Option<Duration>,
}

/// One entry of `[[compare]]`: a name and settings laid over the scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Settings by path, as `--set` takes them.
    pub set: BTreeMap<String, Setting>,
}

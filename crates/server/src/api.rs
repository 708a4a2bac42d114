//! What travels as JSON. Arrays travel as [`crate::columns`].
//!
//! Other people's programs depend on these types, not on ours: they are converted by hand, and a
//! field that is gone or renamed is a new version of the paths. Times that end in `_us` are whole
//! microseconds, since the start of the scenario unless said otherwise, and fit into a double.
//! Demand is in the unit of the world (kq/s where it has one). Sites, dots and runs are named by
//! their index in the lists of the same [`RunResult`]. `null` is "never", "none" or "not known".

pub mod plan;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What this server is, for a page that has just been opened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Info {
    /// Version of the engine.
    pub version: String,
    /// Name of the scenario to open first.
    pub first: String,
    /// Whether that one was named on the command line, so that its events are wanted too.
    pub first_is_chosen: bool,
    /// Bounds on what may be asked.
    pub limits: LimitsInfo,
}

/// Bounds on what may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitsInfo {
    /// Most bytes of a request's body.
    pub body_bytes: u64,
    /// Most events of a scenario.
    pub events: u32,
    /// Most sites that a scenario names.
    pub sites: u32,
    /// Most prefixes of a service.
    pub prefixes: u32,
    /// Most clients that a scenario names.
    pub clients: u32,
    /// Longest run, in seconds of wall time.
    pub run_seconds: u32,
}

/// One scenario of the library.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ScenarioCard {
    /// Its name, unique.
    pub name: String,
    /// The question that it answers; may be empty.
    pub question: String,
    /// What to look for in the answer; may be empty.
    pub look_for: String,
    /// Where it happens, for people: `eight`, `synthetic, 80 000 ASes`.
    pub world: String,
    /// How its clients find a site.
    pub steering: SteeringName,
    /// How many events it has.
    pub events: u32,
    /// Whether it happens on a world of the size of the Internet, which takes seconds to build.
    pub is_large: bool,
    /// Why it cannot be opened here, such as missing data; `null` if it can.
    pub unavailable: Option<String>,
}

/// A scenario with its text.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ScenarioFile {
    /// The scenario as JSON, in the form that the command line reads and writes.
    #[schema(value_type = Object)]
    pub scenario: Value,
    /// The same as TOML.
    pub toml: String,
}

/// A scenario to be read, as text in TOML or JSON.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ScenarioText {
    /// The text.
    pub text: String,
}

/// How clients find a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SteeringName {
    /// One address, and BGP chooses.
    Anycast,
    /// An address for each site, and DNS chooses.
    Geodns,
    /// DNS chooses a region, BGP the site.
    Hybrid,
}

/// A scenario to be played.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct RunRequest {
    /// The scenario as JSON, in the form that the command line reads.
    #[schema(value_type = Object)]
    pub scenario: Value,
    /// How clients find a site: one run for each, all ending together. Empty: as written.
    #[serde(default)]
    pub steering: Vec<SteeringName>,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunState {
    /// Names the run as long as the server knows it.
    pub id: String,
    /// How far it is.
    pub phase: RunPhase,
    /// What it is doing, for people: `building the world`, `playing`.
    pub doing: String,
    /// Steps done of that.
    pub done: u64,
    /// Steps in all; 0 if nobody knows.
    pub total: u64,
    /// Hash of the result, once it is done.
    pub result: Option<String>,
    /// What went wrong, if it failed.
    pub problem: Option<Problem>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunPhase {
    /// Waits for others to end.
    Queued,
    /// Goes on.
    Running,
    /// Has a result.
    Done,
    /// Ended without one.
    Failed,
    /// Was given up because somebody asked for it.
    Cancelled,
}

/// What went wrong (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name for programs, such as `scenario-mistakes`, `not-found`, `too-large`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is wrong, in a sentence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What to do; may be empty.
    pub help: String,
    /// Every mistake of a scenario.
    pub mistakes: Vec<MistakeInfo>,
}

/// A mistake in a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MistakeInfo {
    /// Stable name for programs, such as `scenario::unknown_site`.
    pub code: String,
    /// Dotted path of the value, such as `event.0.fail`; empty for the whole file.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
    /// Line in the text, from 1, if it was read from one.
    pub line: Option<u32>,
    /// Column in the text, from 1, if it was read from one.
    pub column: Option<u32>,
}

/// Everything that runs of one scenario came to, but for arrays.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunResult {
    /// Hash of all that can change it: scenario, world, steering, engine version.
    pub hash: String,
    /// Version of the engine.
    pub engine: String,
    /// Name of the scenario.
    pub name: String,
    /// The question that it answers; may be empty.
    pub question: String,
    /// What to look for; may be empty.
    pub look_for: String,
    /// Seed of every draw.
    pub seed: u64,
    /// Where it happens.
    pub world: WorldInfo,
    /// Every parameter of the rules, in the order of their declaration.
    pub rules: Vec<RuleInfo>,
    /// Prefixes of the service, clients send to the first.
    pub prefixes: Vec<String>,
    /// The sites, in announcement order.
    pub sites: Vec<SiteInfo>,
    /// Named sources of demand; none in worlds where every network counts for itself.
    pub clients: Vec<ClientInfo>,
    /// One for each steering that was asked for.
    pub runs: Vec<RunReport>,
    /// What one may want to know and did not ask, a fragment of a sentence each.
    pub notes: Vec<String>,
    /// How long the engine took, in ms of wall time, worlds included. Not part of what is hashed.
    pub engine_ms: f64,
}

/// Where a scenario happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorldInfo {
    /// Names the arrays of `/world`: equal ids, equal arrays.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// ASes.
    pub ases: u32,
    /// Dots: routers.
    pub dots: u32,
    /// Links between ASes.
    pub links: u32,
    /// Whether routers have places.
    pub has_places: bool,
    /// Whether demand comes from named clients. If not, every network with weight is a source.
    pub has_clients: bool,
}

/// One parameter of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleInfo {
    /// Its name in files, such as `oldest_rule`.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// Its default as text.
    pub default: String,
    /// What it means, for people.
    pub text: String,
}

/// One site.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SiteInfo {
    /// Its name, such as `fra`.
    pub name: String,
    /// Its city for people, such as `Frankfurt`; its name where the place is not known.
    pub city: String,
    /// The AS that originates there.
    pub asn: u32,
    /// Degrees north; `null` if the place is not known.
    pub lat: Option<f64>,
    /// Degrees east; `null` if the place is not known.
    pub lon: Option<f64>,
    /// The router that originates, as a dot.
    pub dot: u32,
    /// Region; may be empty.
    pub region: String,
    /// Whether it announces at t = 0.
    pub is_active: bool,
    /// Capacity in kq/s; `null` for unlimited.
    pub kqps: Option<f64>,
    /// Capacity in Gbit/s; `null` for unlimited.
    pub gbps: Option<f64>,
    /// Whom it announces to, for people, such as `AS1299 Arelion`.
    pub neighbors: Vec<NeighborInfo>,
}

/// Somebody whom a site announces to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NeighborInfo {
    /// The AS.
    pub asn: u32,
    /// Its name; may be empty.
    pub name: String,
    /// Prepends towards it.
    pub prepend: u8,
}

/// One named source of demand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClientInfo {
    /// Its name.
    pub name: String,
    /// Its router, as a dot.
    pub dot: u32,
    /// Its AS.
    pub asn: u32,
    /// Degrees north; `null` if the place is not known.
    pub lat: Option<f64>,
    /// Degrees east; `null` if the place is not known.
    pub lon: Option<f64>,
    /// Region; may be empty.
    pub region: String,
    /// Demand.
    pub weight: f64,
    /// Place in the scenario's own list `client`; `null` if the world brings it.
    pub index: Option<u32>,
}

/// What one run came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RunReport {
    /// How clients found a site.
    pub steering: SteeringName,
    /// When nothing changes any more.
    pub end_us: i64,
    /// All demand.
    pub demand: f64,
    /// How many sources it comes from.
    pub sources: u32,
    /// Demand times seconds without service, all events together.
    pub lost: f64,
    /// The same for those who had none from the start.
    pub lost_before: f64,
    /// How things stand: at t = 0, then after events that changed something.
    pub states: Vec<StateInfo>,
    /// What each event did, ascending by time.
    pub events: Vec<EventInfo>,
    /// How each site stands: first at t = 0, before the events of that instant, one entry for each
    /// in their order, then each change, ascending by time. The last entry of a site up to a time
    /// is how it stands then.
    pub standing: Vec<StandingInfo>,
    /// What sites can carry from when on, ascending by time, where events change it; before that
    /// it is what `sites` says.
    pub capacities: Vec<CapacityInfo>,
    /// What became of flows, by kind.
    pub flows: Vec<FlowsInfo>,
    /// Round trip that half of the demand does not exceed at t = 0, in ms, among what is served:
    /// along the routes in use as tables have it, or where DNS alone steers by the distance to the
    /// site's own address. `null` if places are not known.
    pub rtt_before_ms: Option<f64>,
    /// The same at the end.
    pub rtt_after_ms: Option<f64>,
}

/// How things stand at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StateInfo {
    /// For each site what it serves.
    pub sites: Vec<ShareInfo>,
    /// What nobody serves.
    pub unserved: ShareInfo,
    /// Sites that are healthy and announced.
    pub active_sites: u32,
    /// Mean AS path length of the sources with a route.
    pub path_length_mean: Option<f64>,
}

/// How a site stands from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct StandingInfo {
    /// From when on.
    pub at_us: i64,
    /// The site.
    pub site: u32,
    /// How it stands.
    pub state: SiteState,
    /// Whether it counts in `active_sites`: healthy and announced; where DNS alone steers, healthy
    /// and not taken out by its operator.
    pub is_active: bool,
    /// Whether it answers packets that still arrive.
    pub serves: bool,
}

/// How a site stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SiteState {
    /// Healthy and, where BGP has a part, announced.
    Up,
    /// Its service is dead, also where nobody has noticed yet. To drain it changes nothing.
    Failed,
    /// It is there, and asks clients to go elsewhere.
    Draining,
    /// Healthy and not announced: not started, taken out, withdrawn under load, drained to the
    /// end, or not yet announced again.
    Unannounced,
}

/// What a site can carry from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct CapacityInfo {
    /// From when on.
    pub at_us: i64,
    /// The site.
    pub site: u32,
    /// Capacity in kq/s; `null` for unlimited.
    pub kqps: Option<f64>,
    /// Capacity in Gbit/s; `null` for unlimited.
    pub gbps: Option<f64>,
}

/// A part of the demand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ShareInfo {
    /// Demand.
    pub demand: f64,
    /// Sources that it comes from.
    pub sources: u32,
}

/// What one event did. Marks are in µs since the event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventInfo {
    /// Place in the scenario's list `event`; `null` if a site withdrew itself.
    pub index: Option<u32>,
    /// What happened, for people.
    pub label: String,
    /// In a word: `fail`, `restore`, `link`, `policy`, `announce`, `igp`, `attack`, `capacity`.
    pub deed: String,
    /// The site that it happened to.
    pub site: Option<u32>,
    /// How a site failed, as in files.
    pub how: Option<String>,
    /// When.
    pub at_us: i64,
    /// When the next thing happened, or the run ended.
    pub end_us: i64,
    /// State before it, by place in `states`.
    pub before: u32,
    /// State after it, by place in `states`.
    pub after: u32,
    /// Who lost service on its account.
    pub hurt: ShareInfo,
    /// Most demand without service at once.
    pub peak: f64,
    /// First notice.
    pub detected_us: Option<i64>,
    /// When the first of the hurt were served again.
    pub first_us: Option<i64>,
    /// When half of the hurt demand was.
    pub half_us: Option<i64>,
    /// When 95 % were.
    pub most_us: Option<i64>,
    /// When all were: failover.
    pub all_us: Option<i64>,
    /// Last change of a best route: the last convergence time. Always `null` where DNS steers.
    pub converged_us: Option<i64>,
    /// When the last stale route, entry or answer was gone.
    pub cleanup_us: Option<i64>,
    /// Announcements and withdrawals.
    pub messages: u64,
    /// Demand times seconds without service.
    pub lost: f64,
    /// Demand without service for good.
    pub unserved_for_good: f64,
    /// Where the time went until the hurt were served again, means by demand.
    pub stages: Option<StagesInfo>,
    /// Who went where, largest first.
    pub moves: Vec<MoveInfo>,
    /// Sites with more load than they can carry.
    pub overloads: Vec<OverloadInfo>,
    /// Who came back, if a site returned: demand of those who had been there before it failed and
    /// are there again.
    pub came_back: Option<ShareInfo>,
    /// Who did not, in all.
    pub stayed: Option<ShareInfo>,
    /// Who did not, those with most demand first; at most 50.
    pub stayed_who: Vec<StayedInfo>,
    /// Flows that broke and would have anyway.
    pub broken_needed: f64,
    /// Flows that broke without need.
    pub broken_unneeded: f64,
    /// Routers whose best route changed: how many tried 1, 2, 3 … routes on its account. Prefixes
    /// count apart.
    pub paths_tried: Vec<u32>,
}

/// Where time went, in µs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct StagesInfo {
    /// Until somebody noticed.
    pub detection_us: f64,
    /// Messages under way.
    pub propagation_us: f64,
    /// Messages held back by MRAI timers.
    pub mrai_us: f64,
    /// Forwarding tables.
    pub fib_us: f64,
    /// Cached DNS answers running out.
    pub client_us: f64,
}

/// Demand that changed sites; `null` stands for no service.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct MoveInfo {
    /// From where.
    pub from: Option<u32>,
    /// To where.
    pub to: Option<u32>,
    /// How much.
    pub moved: ShareInfo,
}

/// A site with more load than it can carry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct OverloadInfo {
    /// The site.
    pub site: u32,
    /// Load over capacity; `null` if it has no capacity at all.
    pub utilization: Option<f64>,
    /// Share of attempts that are lost.
    pub loss: f64,
    /// For how long, in µs.
    pub lasted_us: i64,
    /// Whether it is so at the end of the window.
    pub stays: bool,
}

/// Who did not come back to a site, and why.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StayedInfo {
    /// Who, for people.
    pub name: String,
    /// Its router, as a dot.
    pub dot: u32,
    /// How much of its demand.
    pub demand: f64,
    /// The site where it is instead; `null` if nowhere.
    pub now: Option<u32>,
    /// Why, in a sentence; `null` if nobody asked.
    pub why: Option<String>,
    /// Why in a word: a step of the decision process, or `dns`, `not-announced`, …
    pub reason: Option<String>,
}

/// What became of flows of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlowsInfo {
    /// The kind.
    pub name: String,
    /// How many were open at a time.
    pub open: f64,
    /// Broken that would have broken anyway.
    pub needed: f64,
    /// Broken without need.
    pub unneeded: f64,
    /// Share that survived the run.
    pub survival_run: f64,
}

/// Why packets of a dot go where they go.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Why {
    /// The dot.
    pub dot: u32,
    /// Who, for people.
    pub subject: String,
    /// Its AS.
    pub asn: u32,
    /// When.
    pub at_us: i64,
    /// The site where best routes lead at that time, or where DNS alone steers the one that answers
    /// most of its packets; `null` if nowhere.
    pub site: Option<u32>,
    /// How it was decided, in a sentence.
    pub verdict: String,
    /// Position of the decisive hop: the first at which another site was on offer.
    pub decisive: Option<u32>,
    /// The routers that its packets pass, itself first.
    pub hops: Vec<HopInfo>,
    /// How their way ends, in a sentence, where it does not end at a site.
    pub ending: Option<String>,
    /// The best routes that it had since the start-up, ascending by time.
    pub changes: Vec<ChangeInfo>,
    /// What became of its packets from t = 0 on.
    pub packets: Vec<PacketInfo>,
    /// Round trip to the site in ms.
    pub rtt_ms: Option<f64>,
    /// Every active site, the nearest first.
    pub nearest: Vec<NearInfo>,
    /// The site where it would land if all settled as things are at this instant, and nothing had
    /// been before; `null` if nowhere, where that does not settle, and where DNS alone steers. If
    /// it is not `site`, age holds the dot there, or news are still under way.
    pub settled_site: Option<u32>,
    /// Single changes that would move it, solved for the steady state of this instant; the one
    /// with the fewest side effects first. None where that state has it elsewhere already.
    pub flips: Vec<FlipInfo>,
    /// The command that prints the same. It says `SCENARIO.toml` unless the scenario is one of the
    /// library as it is there.
    pub command: String,
}

/// One router on the way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HopInfo {
    /// The router, as a dot.
    pub dot: u32,
    /// AS, name and city for people.
    pub label: String,
    /// Its AS.
    pub asn: u32,
    /// Whether the site is here.
    pub originates: bool,
    /// The last step that removed a candidate, by its name in tables, such as `path-length`.
    pub decided_by: Option<String>,
    /// What it could choose from: the winner first, then by how far each came.
    pub options: Vec<OptionInfo>,
    /// The steps of the decision process in force, in their order, by name.
    pub steps: Vec<String>,
}

/// One candidate of a hop.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OptionInfo {
    /// From whom, for people.
    pub from: String,
    /// AS_PATH, nearest neighbor first.
    pub as_path: Vec<u32>,
    /// The site where it leads.
    pub site: Option<u32>,
    /// `customer`, `peer`, `provider`, or `origin`.
    pub class: String,
    /// LOCAL_PREF.
    pub local_pref: u32,
    /// AS_PATH length with prepends.
    pub path_length: u32,
    /// MED; `null` if it has none.
    pub med: Option<u32>,
    /// Whether it came from inside the AS.
    pub is_internal: bool,
    /// IGP cost to where it leaves the AS, in km.
    pub igp_cost: u32,
    /// RTT along its path in ms, where the textbook rules weigh it.
    pub rtt_ms: Option<f64>,
    /// BGP identifier of the neighbor.
    pub router_id: u32,
    /// Since when it is known, or in use, for people; empty where age did not matter.
    pub age: String,
    /// The step at which it lost; `null` for the winner.
    pub lost_at: Option<String>,
}

/// A change of a best route.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChangeInfo {
    /// When; negative in the start-up.
    pub at_us: i64,
    /// From whom the new route comes; `null` if there is none.
    pub to: Option<String>,
    /// AS_PATH of the new one.
    pub as_path: Vec<u32>,
    /// Where packets end by best routes from here on.
    pub site: Option<u32>,
    /// What came in, for people.
    pub came_in: String,
    /// How the decision went, for people.
    pub verdict: String,
    /// What it goes back to, for people.
    pub cause: String,
}

/// A change of what becomes of packets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PacketInfo {
    /// When.
    pub at_us: i64,
    /// Fate as in [`crate::columns::fate_code`].
    pub fate: u16,
    /// The same for people.
    pub text: String,
    /// The event that it goes back to, for people.
    pub cause: Option<String>,
}

/// A site by distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct NearInfo {
    /// The site.
    pub site: u32,
    /// Great-circle km.
    pub km: f64,
    /// Best possible round trip in ms, straight through fibre with the usual stretch.
    pub rtt_ms: f64,
}

/// A single change that would move a dot to another site.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlipInfo {
    /// What to do, for people: `prepend 1 towards AS1299 at fra`.
    pub action: String,
    /// The site that would do it.
    pub site: u32,
    /// Where the dot would land; `null` if it would lose its route.
    pub lands_at: Option<u32>,
    /// Demand that moves in all, as a share of all demand.
    pub moved_share: f64,
    /// Routers that move in all.
    pub moved_routers: u32,
    /// The events that would do it, as in files but without `at`; empty if events cannot say it.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
}

/// Who stands for a new client at a place on the map.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Nearest {
    /// A client to add to the scenario's list `client`, in worlds with named clients.
    #[schema(value_type = Option<Object>)]
    pub client: Option<Value>,
    /// The nearest network with users, as a dot.
    pub dot: u32,
    /// Its AS.
    pub asn: u32,
    /// What was chosen and why, in a sentence.
    pub text: String,
}

/// A network that fits a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found {
    /// The dot.
    pub dot: u32,
    /// Its AS.
    pub asn: u32,
    /// AS, name and city for people.
    pub label: String,
}

/// One place of a world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceInfo {
    /// IATA code where it has one.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Two letters (ISO 3166); may be empty.
    pub country: String,
}

/// A city with an airport, wherever a client or a site may be put.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CityInfo {
    /// IATA code.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Two letters (ISO 3166).
    pub country: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

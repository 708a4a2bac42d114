//! Connections: which of them outlive a change of catchment, and which a run breaks (models 5).
//!
//! First closed forms for one flow, then [`breaks`], which counts over a [`Delivery`].
//!
//! A failed site breaks its flows in any design. What anycast has to answer for are the moves that
//! were not needed: a site that wins its clients back, a flap, a change of policy (models 5.3).
//!
//! Left out: flows that two equal routes tear apart packet by packet ([`per_packet_survival`]);
//! clients that wait before they connect again (here all do so at once); writes that a dead site
//! had not passed on.

use std::collections::BTreeMap;

use catchment_model::Rules;
use catchment_model::scenario::{FailureKind, Steering};
use catchment_model::schedule::{Deed, Occurrence};

use crate::delivery::{Delivery, FateChange, NO_CAUSE};

/// How long flows of one kind last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// All as long as this, in s; above 0.
    Fixed(f64),
    /// Exponential with this mean, in s; above 0.
    Exponential(f64),
}

impl Length {
    /// Mean, in s.
    pub fn mean_s(self) -> f64 {
        match self {
            Length::Fixed(s) | Length::Exponential(s) => s,
        }
    }

    /// Share of flows that no change of catchment meets, at `lambda` changes a second: the Laplace
    /// transform of the lengths (models 5.1).
    pub fn survival(self, lambda: f64) -> f64 {
        match self {
            Length::Fixed(s) => libm::exp(-lambda * s),
            Length::Exponential(mean_s) => 1.0 / (1.0 + lambda * mean_s),
        }
    }

    /// Share of the flows open at one moment that are still open `age_s` later.
    pub fn still_open(self, age_s: f64) -> f64 {
        match self {
            // Seen at a random moment, a flow is at a uniform place of its life.
            Length::Fixed(s) => (1.0 - age_s / s).max(0.0),
            Length::Exponential(mean_s) => libm::exp(-age_s / mean_s),
        }
    }
}

/// The rate of changes, per s, at which this share of flows of `length_s` survives (models 5.1).
pub fn rate_of_survival(survival: f64, length_s: f64) -> f64 {
    -libm::log(survival) / length_s
}

/// How often the catchment of a client changes in calm times. Instability is concentrated in few
/// clients, so there are two classes (models 5.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// Share of unstable clients, 0 to 1.
    pub unstable_share: f64,
    /// Changes per s of a stable client.
    pub lambda_s: f64,
    /// Changes per s of an unstable client.
    pub lambda_u: f64,
}

impl Stability {
    /// As the rules say.
    pub fn of(rules: &Rules) -> Stability {
        let Rules { unstable_share, lambda_s, lambda_u, .. } = *rules;
        Stability { unstable_share, lambda_s, lambda_u }
    }

    /// Share of all clients' flows that survive calm times.
    pub fn survival(&self, length: Length) -> f64 {
        (1.0 - self.unstable_share) * length.survival(self.lambda_s)
            + self.unstable_share * length.survival(self.lambda_u)
    }
}

/// P(a flow of `packets` packets stays at one site) where a router spreads packets over `ways`
/// next hops to different sites: ways^(1 − packets) (models 5.4). Both are at least 1.
pub fn per_packet_survival(ways: u32, packets: u32) -> f64 {
    libm::pow(f64::from(ways), 1.0 - f64::from(packets))
}

/// Mean and standard deviation of the flows on one of `ways` next hops, each flow hashed to one of
/// them for all its life: none breaks (models 5.4).
pub fn per_flow_spread(flows: u32, ways: u32) -> (f64, f64) {
    let (flows, part) = (f64::from(flows), 1.0 / f64::from(ways));
    (flows * part, libm::sqrt(flows * part * (1.0 - part)))
}

/// Time from a failure until a client that was connected is so again (models 5.7), in µs: until
/// there is a site to reach and the client knows that it has to, then the handshake.
pub fn recovery_us(failover_us: i64, client_detection_us: i64, handshake_us: i64) -> i64 {
    failover_us.max(client_detection_us) + handshake_us
}

/// When a sending client learns by a reset that its connection is gone, in µs after its first lost
/// packet: its first retransmission after the failover, at 1, 3, 7, … s (RFC 6298 §5.5), reaches
/// the new site, which answers (models 5.3).
pub fn reset_seen_us(failover_us: i64, rtt_us: i64) -> i64 {
    let (mut sent_us, mut timeout_us) = (0, 1_000_000);
    while sent_us < failover_us {
        sent_us += timeout_us;
        timeout_us *= 2;
    }
    sent_us + rtt_us
}

/// P(a read does not see the client's own write): `elsewhere` is the probability that it lands at
/// another site, `gap_s` the time since the write, `lag_s` the mean of the exponential replication
/// lag (models 5.8).
pub fn stale_read(elsewhere: f64, gap_s: f64, lag_s: f64) -> f64 {
    elsewhere * libm::exp(-gap_s / lag_s)
}

/// What carries a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A question and an answer: a change of site does nothing to it.
    Udp,
    /// Dies at a site that does not know it.
    Tcp,
    /// The same, unless sites forward by connection id.
    Quic,
}

/// One kind of flow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowClass {
    /// Name in tables.
    pub name: &'static str,
    /// What carries it.
    pub protocol: Protocol,
    /// How long it lasts.
    pub length: Length,
    /// Its share of all flows that are open at one moment, 0 to 1.
    pub share: f64,
}

/// Flows and what they can stand.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowModel {
    /// Open flows for each unit of demand.
    pub flows_per_unit: f64,
    /// Kinds of flows; their shares sum to 1.
    pub classes: Vec<FlowClass>,
    /// How long TCP keeps trying without an answer, in µs.
    pub keep_tcp_us: i64,
    /// The same of QUIC.
    pub keep_quic_us: i64,
    /// Whether sites forward QUIC packets to the site that their connection id names (models 5.3).
    pub quic_lb: bool,
    /// How often catchments change in calm times; never where DNS alone steers.
    pub stability: Stability,
    /// Mean replication lag between sites, in s.
    pub lag_s: f64,
    /// Time from a client's last write to its first read after a move, in s, beside the time that
    /// it had no site.
    pub read_gap_s: f64,
}

impl FlowModel {
    /// The defaults. The mix is our choice, as no source gives one: a thousand open flows for each
    /// kq/s, a tenth of them DNS questions, the others web requests, video and web sockets
    /// (models 5.1 takes 30, 1200 and 3600 s), a third over QUIC. TCP gives up after 120 s without
    /// an answer, QUIC after 30 s (idle timeouts of common servers).
    pub fn of(rules: &Rules, steering: Steering) -> FlowModel {
        let class = |name, protocol, length_s, share| FlowClass {
            name,
            protocol,
            length: Length::Fixed(length_s),
            share,
        };
        let calm = Stability::of(rules);
        FlowModel {
            flows_per_unit: 1000.0,
            classes: vec![
                class("dns", Protocol::Udp, 0.1, 0.1),
                class("tcp-30s", Protocol::Tcp, 30.0, 0.35),
                class("quic-30s", Protocol::Quic, 30.0, 0.2),
                class("tcp-20m", Protocol::Tcp, 1200.0, 0.2),
                class("quic-20m", Protocol::Quic, 1200.0, 0.1),
                class("tcp-1h", Protocol::Tcp, 3600.0, 0.05),
            ],
            keep_tcp_us: 120_000_000,
            keep_quic_us: 30_000_000,
            quic_lb: rules.quic_lb,
            stability: match steering {
                Steering::GeoDns => Stability { lambda_s: 0.0, lambda_u: 0.0, ..calm },
                Steering::Anycast | Steering::Hybrid => calm,
            },
            lag_s: 2.0,
            read_gap_s: 0.1,
        }
    }

    /// How long a flow of a class lives without an answer, in µs.
    fn keep_us(&self, class: &FlowClass) -> i64 {
        match class.protocol {
            Protocol::Udp => i64::MAX,
            Protocol::Tcp => self.keep_tcp_us,
            Protocol::Quic => self.keep_quic_us,
        }
    }

    /// Whether a flow of a class goes on at its old site after its packets arrive elsewhere.
    fn stays(&self, class: &FlowClass) -> bool {
        self.quic_lb && class.protocol == Protocol::Quic
    }
}

/// Broken flows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Broken {
    /// In any design: their site failed or was taken out, or their client was cut off for longer
    /// than they wait.
    pub needed: f64,
    /// Moved away from a site that lived and announced.
    pub unneeded: f64,
}

impl Broken {
    fn add(&mut self, flows: f64, needed: bool) {
        *(if needed { &mut self.needed } else { &mut self.unneeded }) += flows;
    }

    /// Both.
    pub fn total(&self) -> f64 {
        self.needed + self.unneeded
    }
}

/// What one event did to flows.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFlows {
    /// The occurrence, by place in the schedule, or [`NO_CAUSE`].
    pub cause: u32,
    /// Flows of all classes.
    pub broken: Broken,
    /// The same by class of the model.
    pub by_class: Vec<Broken>,
    /// Demand that it sent from one site to another, in the unit of the world. Demand that moves
    /// twice counts twice.
    pub moved: f64,
    /// P(the first read after the move is stale), mean over that demand; 0 if none moved.
    pub stale_reads: f64,
}

/// What a run did to the flows of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassFlows {
    /// Name in tables.
    pub name: &'static str,
    /// Flows open at one moment.
    pub open: f64,
    /// Flows that were open at some time of the run.
    pub seen: f64,
    /// Those that broke.
    pub broken: Broken,
    /// Share of `seen` that no event broke.
    pub survival_run: f64,
    /// Share that survives calm times, in which paths flap all the same ([`Stability`]). 1 where
    /// flows do not notice that.
    pub survival_calm: f64,
}

/// What a run did to flows.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowReport {
    /// By event, ascending by place in the schedule; only those that moved or broke something.
    pub events: Vec<EventFlows>,
    /// By class of the model.
    pub classes: Vec<ClassFlows>,
}

/// What a site is at a time, for its flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SiteState {
    Alive,
    /// Serves, but was taken out: drained or not announced.
    Leaving,
    Dead,
}

/// Flows of one class that go on at a site where new ones do not go any more.
struct Rest {
    class: usize,
    site: u32,
    count: f64,
    since_us: i64,
    /// Whether they have an address that DNS gives nobody any more. What becomes of the packets
    /// of new flows is not about them.
    apart: bool,
}

/// A time without service.
#[derive(Debug, Clone, Copy)]
struct Lost {
    since_us: i64,
    cause: u32,
    /// Whether it was an answer of DNS, of which open flows notice nothing.
    answer: bool,
}

/// Where the flows of a stream are.
struct StreamFlows {
    /// Open flows, of all classes.
    open: f64,
    /// The site of all flows but the rests; `None` once they broke.
    home: Option<u32>,
    /// The site that served last.
    last: Option<u32>,
    /// If nobody serves.
    lost: Option<Lost>,
    rests: Vec<Rest>,
}

/// Counts the flows that a run breaks (models 5.3).
///
/// - All flows of a site that fails break at that instant, whatever becomes of its clients: they
///   were *needed*. Drained and unannounced sites do not fail in this sense: they go on serving
///   what reaches them.
/// - Flows of a stream that comes to another site break there. They were needed if the old site
///   was taken out at that time (failed, drained, unannounced), or if an attack or a change of
///   capacity made it withdraw itself; else *unneeded*. That includes lost links: the site lived,
///   and under an address of its own most clients would have found another way to it. Where none
///   was left we count too many as unneeded; to know, one would have to route each site alone.
/// - Flows of a stream that loses its site and finds the same one again survive, if they wait that
///   long. If not, no move broke them, and they count as needed.
/// - Where an answer of DNS sends new flows elsewhere, open ones keep their address: they end at
///   their site, or die with it. The same with `quic_lb`, whoever sends them elsewhere. What
///   becomes of the way to the old address is not followed.
///
/// Sites that withdraw themselves because of overload are best given in `schedule` as failures of
/// kind `unannounced`.
pub fn breaks(delivery: &Delivery, schedule: &[Occurrence], model: &FlowModel) -> FlowReport {
    let streams = (0..delivery.streams.len() as u32).zip(&delivery.start);
    let mut ledger = Ledger {
        model,
        schedule,
        sites: BTreeMap::new(),
        events: BTreeMap::new(),
        streams: streams
            .map(|(stream, fate)| StreamFlows {
                open: delivery.weight(stream) * model.flows_per_unit,
                home: fate.site(),
                last: fate.site(),
                lost: match fate.site() {
                    Some(_) => None,
                    None => Some(Lost { since_us: 0, cause: NO_CAUSE, answer: false }),
                },
                rests: Vec::new(),
            })
            .collect(),
    };
    let mut changes = delivery.changes.iter().peekable();
    for (place, occurrence) in (0..).zip(schedule) {
        // What happens at an instant comes before what follows from it at that instant.
        while let Some(change) = changes.next_if(|it| it.at_us < occurrence.at.us) {
            ledger.change(change);
        }
        ledger.occur(occurrence, place);
    }
    for change in changes {
        ledger.change(change);
    }
    ledger.close(delivery.end_us)
}

/// The state of [`breaks`].
struct Ledger<'a> {
    model: &'a FlowModel,
    schedule: &'a [Occurrence],
    /// Sites that are not alive.
    sites: BTreeMap<u32, SiteState>,
    events: BTreeMap<u32, EventFlows>,
    streams: Vec<StreamFlows>,
}

impl StreamFlows {
    /// Flows of a class at the home site at a time.
    fn at_home(&self, model: &FlowModel, class: usize, now_us: i64) -> f64 {
        // Without service no new flows take the places of those that end elsewhere.
        let until_us = self.lost.map_or(now_us, |lost| lost.since_us);
        let rests = self.rests.iter().filter(|rest| rest.class == class);
        let elsewhere: f64 = rests.map(|rest| rest.open(model, until_us)).sum();
        (self.open * model.classes[class].share - elsewhere).max(0.0)
    }
}

impl Rest {
    fn open(&self, model: &FlowModel, now_us: i64) -> f64 {
        let age_s = (now_us - self.since_us).max(0) as f64 / 1e6;
        self.count * model.classes[self.class].length.still_open(age_s)
    }
}

/// The entry of an event, made when first needed.
fn event<'a>(
    events: &'a mut BTreeMap<u32, EventFlows>,
    model: &FlowModel,
    cause: u32,
) -> &'a mut EventFlows {
    events.entry(cause).or_insert_with(|| EventFlows {
        cause,
        broken: Broken::default(),
        by_class: vec![Broken::default(); model.classes.len()],
        moved: 0.0,
        stale_reads: 0.0,
    })
}

impl Ledger<'_> {
    fn break_flows(&mut self, cause: u32, class: usize, flows: f64, needed: bool) {
        if flows > 0.0 && self.model.classes[class].protocol != Protocol::Udp {
            let entry = event(&mut self.events, self.model, cause);
            entry.broken.add(flows, needed);
            entry.by_class[class].add(flows, needed);
        }
    }

    fn state(&self, site: u32) -> SiteState {
        self.sites.get(&site).copied().unwrap_or(SiteState::Alive)
    }

    fn occur(&mut self, occurrence: &Occurrence, place: u32) {
        match occurrence.deed {
            Deed::Fail { site, how: FailureKind::Drain | FailureKind::Unannounced } => {
                // A dead site does not come to life by being drained.
                self.sites.entry(site).or_insert(SiteState::Leaving);
            }
            Deed::Fail { site, .. } => {
                self.sites.insert(site, SiteState::Dead);
                self.break_site(site, occurrence.at.us, place);
            }
            Deed::Restore { site } => {
                self.sites.remove(&site);
            }
            _ => {}
        }
    }

    /// All flows of a site that dies.
    fn break_site(&mut self, site: u32, now_us: i64, cause: u32) {
        let model = self.model;
        for index in 0..self.streams.len() {
            if self.streams[index].home == Some(site) {
                for class in 0..model.classes.len() {
                    let flows = self.streams[index].at_home(model, class, now_us);
                    self.break_flows(cause, class, flows, true);
                }
                self.streams[index].home = None;
            }
            let dead = self.streams[index].rests.extract_if(.., |rest| rest.site == site);
            for rest in dead.collect::<Vec<_>>() {
                self.break_flows(cause, rest.class, rest.open(model, now_us), true);
            }
        }
    }

    fn change(&mut self, change: &FateChange) {
        let FateChange { at_us: now_us, stream, cause, answer, .. } = *change;
        let flows = &mut self.streams[stream as usize];
        let Some(site) = change.fate.site() else {
            flows.lost.get_or_insert(Lost { since_us: now_us, cause, answer });
            return;
        };
        let (gap_us, lost_cause) =
            flows.lost.map_or((0, NO_CAUSE), |lost| (now_us - lost.since_us, lost.cause));
        let cause = if cause == NO_CAUSE { lost_cause } else { cause };
        self.time_out(stream as usize, now_us, gap_us, Some(site));
        self.leave_home(stream as usize, now_us, site, cause, answer);
        let model = self.model;
        let flows = &mut self.streams[stream as usize];
        flows.rests.retain(|rest| rest.site != site && rest.open(model, now_us) > 0.0);
        flows.home = Some(site);
        flows.lost = None;
        if flows.last.replace(site).is_some_and(|last| last != site) {
            let moved = flows.open / model.flows_per_unit;
            let gap_s = gap_us as f64 / 1e6 + model.read_gap_s;
            let entry = event(&mut self.events, model, cause);
            entry.moved += moved;
            // The sum for now; `close` makes it the mean.
            entry.stale_reads += moved * stale_read(1.0, gap_s, model.lag_s);
        }
    }

    /// Flows that have waited for too long while nobody served. Those at home that would have
    /// to move anyway are left to [`Self::leave_home`], which knows whether that was needed.
    fn time_out(&mut self, index: usize, now_us: i64, gap_us: i64, next: Option<u32>) {
        let model = self.model;
        let Some(Lost { cause, answer: false, .. }) = self.streams[index].lost else { return };
        let gave_up = |class: usize| gap_us > model.keep_us(&model.classes[class]);
        if self.streams[index].home.is_some_and(|home| next.is_none_or(|next| next == home)) {
            for class in (0..model.classes.len()).filter(|class| gave_up(*class)) {
                let flows = self.streams[index].at_home(model, class, now_us);
                self.break_flows(cause, class, flows, true);
            }
        }
        let rests =
            self.streams[index].rests.extract_if(.., |rest| !rest.apart && gave_up(rest.class));
        for rest in rests.collect::<Vec<_>>() {
            self.break_flows(cause, rest.class, rest.open(model, now_us - gap_us), true);
        }
    }

    /// What becomes of the flows at home when the stream comes to `site`, by an answer of DNS or
    /// not.
    fn leave_home(&mut self, index: usize, now_us: i64, site: u32, cause: u32, answer: bool) {
        let Some(home) = self.streams[index].home.filter(|home| *home != site) else { return };
        let model = self.model;
        let cause_of = self.schedule.get(cause as usize).map(|it| &it.deed);
        let overload = matches!(cause_of, Some(Deed::Attack { .. } | Deed::Capacity { .. }));
        let needed = overload || self.state(home) != SiteState::Alive;
        let lost = self.streams[index].lost;
        let apart = answer || lost.is_some_and(|lost| lost.answer);
        let cut_off = lost.filter(|lost| !lost.answer);
        let gap_us = cut_off.map_or(0, |lost| now_us - lost.since_us);
        // Counted before the first is moved to the rests, from which the others are reckoned.
        let counts: Vec<f64> = (0..model.classes.len())
            .map(|class| self.streams[index].at_home(model, class, now_us))
            .collect();
        for ((class, kind), count) in model.classes.iter().enumerate().zip(counts) {
            if (apart || model.stays(kind)) && gap_us <= model.keep_us(kind) {
                let rest = Rest { class, site: home, count, since_us: now_us, apart };
                self.streams[index].rests.push(rest);
            } else {
                self.break_flows(cause, class, count, needed);
            }
        }
    }

    fn close(mut self, end_us: i64) -> FlowReport {
        let model = self.model;
        for index in 0..self.streams.len() {
            if let Some(lost) = self.streams[index].lost {
                self.time_out(index, end_us, end_us - lost.since_us, None);
            }
        }
        let mut events: Vec<EventFlows> = self.events.into_values().collect();
        for event in events.iter_mut().filter(|event| event.moved > 0.0) {
            event.stale_reads /= event.moved;
        }
        let open: f64 = self.streams.iter().map(|flows| flows.open).sum();
        let class = |(class, kind): (usize, &FlowClass)| {
            let open = open * kind.share;
            let seen = open * (1.0 + end_us as f64 / 1e6 / kind.length.mean_s());
            let mut broken = Broken::default();
            for event in &events {
                broken.needed += event.by_class[class].needed;
                broken.unneeded += event.by_class[class].unneeded;
            }
            let survival_run = if seen > 0.0 { 1.0 - broken.total() / seen } else { 1.0 };
            let moves_hurt = kind.protocol != Protocol::Udp && !model.stays(kind);
            let survival_calm =
                if moves_hurt { model.stability.survival(kind.length) } else { 1.0 };
            ClassFlows { name: kind.name, open, seen, broken, survival_run, survival_calm }
        };
        let classes = model.classes.iter().enumerate().map(class).collect();
        FlowReport { events, classes }
    }
}

#[cfg(test)]
mod tests;

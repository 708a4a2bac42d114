//! How one router came to use what it uses at a time: every best route that it and the routers on
//! its way tried, what made them change, and what became of the packets meanwhile.
//!
//! `catchment_routing::explain` tells why a settled network is as it is. Here there is a past, so
//! that a route may be in use for no better reason than that it was there first; what would have
//! to be changed to move it is not asked.

mod tell;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use catchment_model::rules::{Decision, OldestRule};
use catchment_model::table::Values;
use catchment_model::{Asn, Duration, Overlay, Prefix, Service, Table};
use catchment_routing::decision::Step;
use catchment_routing::explain::{Choosable, Hop, label, path_text};
use catchment_routing::{Candidate, Situation};

use crate::agenda::{ANNOUNCED_APART_US, Course};
use crate::delivery::{Fate, NO_CAUSE, Source};
use crate::engine::adjacency::Adjacency;
use crate::engine::witness::{Prompt, Turn};
use crate::engine::{NO_SLOT, OWN};
use crate::play::{self, RouteLog, Unfinished, Watch};
use crate::prelude::Prelude;
use crate::rtt::walk;
use crate::script::Script;
use crate::state::{At, Moment, View, play_to};

/// What a router went through up to a time, and where that left it.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The time.
    pub at: At,
    /// The prefix that was asked for.
    pub prefix: Prefix,
    /// The router asked about, as text for people.
    pub subject: String,
    /// Where its packets end at that time by best routes, by name; `None` if nowhere.
    pub site: Option<String>,
    /// The router asked about, then those that its packets come to at that time.
    pub pasts: Vec<Past>,
    /// What became of its packets, by forwarding tables, from t = 0 on.
    pub packets: Vec<PacketChange>,
    /// The routers that its packets pass, each with everything that it could choose from at that
    /// time. Empty without a route.
    pub hops: Vec<AgedHop>,
    /// How their way ends.
    pub ending: Ending,
}

/// How the way of packets along best routes ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// At a site, or before the first step.
    Arrived,
    /// At a router that was asked to drop them (RFC 7999).
    Dropped,
    /// At a router without route, by its text for people.
    NoRoute(String),
    /// Never: the last router sends them to this one, which they have passed.
    Loop(String),
}

/// The best routes that one router had, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The router.
    pub router: u32,
    /// AS number, name and city as text for people.
    pub label: String,
    /// Each change, ascending by time.
    pub changes: Vec<Change>,
}

/// A change of a best route.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When, in µs.
    pub at_us: i64,
    /// The prefix whose route it is.
    pub prefix: Prefix,
    /// From whom the route before came, as text for people; `None` if there was none.
    pub from: Option<String>,
    /// From whom the new one comes; `None` if there is none.
    pub to: Option<String>,
    /// AS_PATH of the new one.
    pub as_path: Vec<Asn>,
    /// Where packets end by best routes from here on, by name; `None` if nowhere.
    pub site: Option<String>,
    /// The last step that removed a candidate of the new one; `None` if nothing was weighed.
    pub decided_by: Option<Step>,
    /// What came in, as text for people.
    pub came_in: String,
    /// How the decision went, as text for people.
    pub verdict: String,
    /// The occurrence that it goes back to, as text for people.
    pub cause: String,
    /// Waits for MRAI timers on the causal path, in µs.
    pub waited_us: u32,
}

/// A change of what becomes of packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketChange {
    /// When, in µs.
    pub at_us: i64,
    /// What becomes of them from here on.
    pub fate: Fate,
    /// The same as text for people.
    pub text: String,
    /// The occurrence that it goes back to; `None` for what was so at t = 0.
    pub cause: Option<String>,
}

/// A router on the way with its candidates, and how old those are where age decided.
#[derive(Debug, Clone, PartialEq)]
pub struct AgedHop {
    /// The hop as `explain` has it.
    pub hop: Hop,
    /// For each option since when it has been known, or in use, as text for people; empty where age
    /// did not matter.
    pub ages: Vec<String>,
}

/// Tells the history of a router to a prefix, by index, up to a time. The script is played twice:
/// who is on the way is known only at the end. The schedule is taken as it is: see
/// [`crate::state::schedule_of`].
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn history(
    script: &Script<'_>,
    adjacency: &Adjacency,
    router: u32,
    prefix: u16,
    at: At,
    watch: Watch<'_>,
) -> Result<History, Unfinished> {
    let moment = Moment::reach(script, adjacency, at, watch)?;
    let view = View::new(&moment, prefix);
    let watched: BTreeSet<u32> = passed(&view, router).into_iter().collect();
    let mut turns = Turns::default();
    for layer in play::covering(script, prefix) {
        let mut course = Course::new(script, adjacency, layer);
        course.engine.watch(watched.clone());
        play_to(&mut course, at, watch)?;
        turns.take(&mut course);
    }
    let narrator = Narrator { script, adjacency };
    let packets = narrator.packets(&moment, router, prefix);
    Ok(History { packets, ..narrator.history(&view, at, router, prefix, turns) })
}

/// A history, and how the network stood at the end of it.
#[derive(Debug, Clone)]
pub struct Recollection {
    /// The history. It says nothing of packets: the run of the logs knows them.
    pub history: History,
    /// What the events had done to links and policies.
    pub overlay: Overlay,
    /// What the sites announced.
    pub service: Service,
}

/// The same as [`history`] for whoever has played the script to its end, and so knows who is on the
/// way, and has kept the prelude of that run: only what comes after t = 0 is played once more.
/// `logs` are those of the prefix and of all that cover it, longest first.
///
/// # Errors
/// If the watch says so.
///
/// # Panics
/// If the prelude is that of another situation, or the time is before t = 0.
pub fn recall(
    script: &Script<'_>,
    prelude: &Prelude,
    logs: &[&RouteLog],
    (router, prefix): (u32, u16),
    at_us: i64,
    watch: Watch<'_>,
) -> Result<Recollection, Unfinished> {
    let adjacency = prelude.adjacency();
    let watched: BTreeSet<u32> = walk(script, adjacency, logs, router, at_us).collect();
    let at = At::Time(Duration { us: at_us });
    let mut turns = Turns::default();
    let take = |course: &mut Course<'_>| turns.take(course);
    let asked = (prefix, &watched);
    let moment = Moment::watch_one(script, prelude, asked, at_us, take, watch)?;
    let view = View::new(&moment, prefix);
    let history = Narrator { script, adjacency }.history(&view, at, router, prefix, turns);
    let Situation { overlay, service, .. } = moment.course(prefix).situation();
    Ok(Recollection { history, overlay: overlay.clone(), service: service.clone() })
}

/// The router asked about, those that its packets pass, and where they would go on to.
fn passed(view: &View<'_>, router: u32) -> Vec<u32> {
    let walk = view.walk(router);
    let mut routers = vec![router];
    routers.extend(walk.iter().skip(1).map(|(passed, _)| *passed));
    let beyond = view.beyond(&walk);
    routers.extend(beyond.filter(|next| !routers.contains(next)));
    routers
}

/// What routers did, with the AS_PATHs that they chose.
#[derive(Default)]
struct Turns {
    turns: Vec<(Prefix, Turn)>,
    paths: Vec<Vec<Asn>>,
}

impl Turns {
    /// Takes them from a course.
    fn take(&mut self, course: &mut Course<'_>) {
        let prefix = course.situation().service.prefixes[usize::from(course.prefix())];
        for turn in course.engine.take_turns() {
            let asns = |path| course.engine.paths().asns(path).map(Asn).collect();
            self.paths.push(match turn.best.slot {
                NO_SLOT | OWN => Vec::new(),
                _ => asns(turn.best.told.path()),
            });
            self.turns.push((prefix, turn));
        }
    }
}
/// Puts into words what happens in a script.
struct Narrator<'a> {
    script: &'a Script<'a>,
    adjacency: &'a Adjacency,
}

impl Narrator<'_> {
    /// Tells all but what became of packets.
    fn history(&self, view: &View<'_>, at: At, router: u32, prefix: u16, turns: Turns) -> History {
        let situation = self.situation();
        let walk = view.walk(router);
        let routers = passed(view, router);
        let ending = match view.beyond(&walk) {
            Some(next) => {
                let name = label(situation, next);
                match walk.iter().any(|(passed, _)| *passed == next) {
                    true => Ending::Loop(name),
                    false => Ending::NoRoute(name),
                }
            }
            None if walk.is_empty() || view.sites[router as usize].is_some() => Ending::Arrived,
            None => Ending::Dropped,
        };
        let Turns { turns, paths } = turns;
        let mut changes: Vec<(u32, Change)> = turns
            .iter()
            .zip(paths)
            .map(|((prefix, turn), as_path)| (turn.router, self.change(*prefix, turn, as_path)))
            .collect();
        changes.sort_by_key(|(_, change)| change.at_us);
        let past = |router: &u32| Past {
            router: *router,
            label: label(situation, *router),
            changes: changes
                .iter()
                .filter(|(other, _)| other == router)
                .map(|(_, change)| change.clone())
                .collect(),
        };
        let hop = |(passed, position): &(u32, usize)| self.hop(view, *passed, *position, &turns);
        History {
            at,
            prefix: situation.service.prefixes[usize::from(prefix)],
            subject: label(situation, router),
            site: view.sites[router as usize].map(|site| self.site(site)),
            pasts: routers.iter().map(past).collect(),
            packets: Vec::new(),
            hops: walk.iter().map(hop).collect(),
            ending,
        }
    }

    fn situation(&self) -> Situation<'_> {
        self.script.situation
    }

    fn site(&self, site: u32) -> String {
        self.situation().service.sites[site as usize].name.to_string()
    }

    /// The neighbor at a slot.
    fn neighbor(&self, slot: u32) -> String {
        let (owner, peer) = (self.adjacency.owner(slot), self.adjacency.peer(slot));
        let name = label(self.situation(), peer);
        let world = self.situation().world;
        match world.router_as[owner as usize] == world.router_as[peer as usize] {
            true => format!("{name} (iBGP)"),
            false => name,
        }
    }

    /// From whom a best route is.
    fn source(&self, slot: u32) -> Option<String> {
        match slot {
            NO_SLOT => None,
            OWN => Some("itself".to_owned()),
            slot => Some(self.neighbor(slot)),
        }
    }

    /// What something goes back to. Nothing in the start-up has an occurrence of its own, so that
    /// the last site announced before it is named.
    fn cause(&self, cause: u32, at_us: i64) -> String {
        if let Some(occurrence) = self.script.schedule.get(cause as usize) {
            return match occurrence.label.is_empty() {
                true => format!("event {}", occurrence.index + 1),
                false => occurrence.label.clone(),
            };
        }
        let sites = &self.situation().service.sites;
        let active: Vec<u32> =
            (0..sites.len() as u32).filter(|site| sites[*site as usize].active).collect();
        let until_start = -at_us.min(-1) - 1;
        let later = (until_start / ANNOUNCED_APART_US) as usize;
        match active.len().checked_sub(later + 1).and_then(|position| active.get(position)) {
            Some(site) if cause == NO_CAUSE => format!("start-up, after {}", self.site(*site)),
            _ => "start-up".to_owned(),
        }
    }

    fn change(&self, prefix: Prefix, turn: &Turn, as_path: Vec<Asn>) -> Change {
        Change {
            at_us: turn.at_us,
            prefix,
            from: self.source(turn.before.slot),
            to: self.source(turn.best.slot),
            as_path,
            site: turn.site.map(|site| self.site(site)),
            decided_by: turn.decided_by,
            came_in: self.came_in(turn),
            verdict: self.verdict(turn),
            cause: self.cause(turn.best.cause, turn.at_us),
            waited_us: turn.best.waited_us,
        }
    }

    fn came_in(&self, turn: &Turn) -> String {
        let from = turn.prompt.slot().map_or(String::new(), |slot| self.neighbor(slot));
        match turn.prompt {
            Prompt::Announced(slot) if slot == turn.before.slot => {
                format!("{from} announced another route")
            }
            Prompt::Announced(_) => format!("{from} announced a route"),
            Prompt::Withdrawn(_) => format!("{from} withdrew its route"),
            Prompt::Refused(_) => {
                format!("{from} announced a route that may not be used, in place of the one before")
            }
            Prompt::SessionLost(_) => format!("the session with {from} was lost"),
            Prompt::StaleSwept(_) => {
                format!("{from}, which had restarted, did not announce its route again")
            }
            Prompt::Reused(_) => format!("damping let go of the route from {from}"),
            Prompt::Unstuck(_) => {
                format!("a withdrawal by {from}, which had got stuck, took effect")
            }
            Prompt::Died => "the router died".to_owned(),
            Prompt::Own if turn.best.slot == OWN => "a site began to announce here".to_owned(),
            Prompt::Own if turn.before.slot == OWN => "the site here stopped announcing".to_owned(),
            Prompt::Own => "its own rules changed".to_owned(),
        }
    }

    fn verdict(&self, turn: &Turn) -> String {
        match (turn.best.slot, turn.decided_by) {
            (NO_SLOT, _) => "nothing else was there".to_owned(),
            (OWN, _) => "its own route beats all others".to_owned(),
            (slot, _) if slot == turn.before.slot && turn.candidates > 1 => {
                format!("still the best of {}", turn.candidates)
            }
            (_, None) => "the only candidate".to_owned(),
            (_, Some(step)) => match turn.beaten_at {
                Some(lost_at) => {
                    let came_from = turn.prompt.slot();
                    let new = match came_from == Some(turn.best.slot) {
                        true => "it".to_owned(),
                        false => format!("that of {}", self.neighbor(turn.best.slot)),
                    };
                    let old = match came_from == Some(turn.before.slot) {
                        true => "it".to_owned(),
                        false => format!("that of {}", self.neighbor(turn.before.slot)),
                    };
                    format!("{new} beat {old} at {lost_at}")
                }
                None => format!("the best of {}, decided by {step}", turn.candidates),
            },
        }
    }

    fn fate(&self, fate: Fate) -> String {
        fate_text(self.situation().service, fate)
    }

    fn packets(&self, moment: &Moment<'_>, router: u32, prefix: u16) -> Vec<PacketChange> {
        if moment.at().us() < 0 {
            return Vec::new();
        }
        let source = Source {
            name: label(self.situation(), router),
            router,
            region: String::new(),
            weight: 0.0,
            gbps: 0.0,
        };
        let delivery = moment.delivery(prefix, source);
        let packet_change =
            |at_us, fate, cause| PacketChange { at_us, fate, text: self.fate(fate), cause };
        let start = delivery.start.iter().map(|fate| packet_change(0, *fate, None));
        let changes = delivery.changes.iter().map(|change| {
            let cause = self.cause(change.cause, change.at_us);
            packet_change(change.at_us, change.fate, Some(cause))
        });
        // What an event at 0 changes at once was never seen otherwise.
        let mut packets: Vec<PacketChange> = start.chain(changes).collect();
        if packets.get(1).is_some_and(|second| second.at_us == 0) {
            packets.remove(0);
        }
        packets
    }

    fn hop(
        &self,
        view: &View<'_>,
        router: u32,
        position: usize,
        turns: &[(Prefix, Turn)],
    ) -> AgedHop {
        let situation = self.situation();
        let layer = &view.layers[position];
        let prefix = situation.service.prefixes[usize::from(layer.course.prefix())];
        let engine = &layer.course.engine;
        let used = engine.best(router).slot;
        let mut hop = Hop {
            router,
            asn: situation.world.asn_of(router),
            label: label(situation, router),
            prefix,
            originates: used == OWN,
            options: Vec::new(),
            decided_by: None,
            history: false,
        };
        let Some(verdict) = engine.verdict(&layer.policy, router, used, view.fresh) else {
            return AgedHop { hop, ages: Vec::new() };
        };
        hop.decided_by = verdict.decided_by();
        // Whoever came furthest first; of those who fell together, the shortest path.
        let mut losers = verdict.lost.clone();
        losers.sort_by_key(|(loser, step)| {
            let Candidate { local_pref, path_length, router_id, .. } =
                verdict.heard[*loser].candidate;
            (Reverse(*step), Reverse(local_pref), path_length, router_id)
        });
        let order: Vec<(usize, Option<Step>)> = std::iter::once((verdict.best, None))
            .chain(losers.into_iter().map(|(loser, step)| (loser, Some(step))))
            .collect();
        hop.options = order
            .iter()
            .map(|(heard, lost_at)| {
                let heard = &verdict.heard[*heard];
                let site = view.sites[self.adjacency.peer(heard.slot) as usize];
                Choosable {
                    candidate: Candidate {
                        site: site.unwrap_or(u32::MAX),
                        ..heard.candidate.clone()
                    },
                    from: self.neighbor(heard.slot),
                    as_path: view.as_path(position, heard.told.path()),
                    site: site.map_or("nowhere".to_owned(), |site| self.site(site)),
                    lost_at: *lost_at,
                }
            })
            .collect();
        let by_age = order.iter().any(|(_, lost_at)| *lost_at == Some(Step::Oldest));
        let rules = situation.rules;
        let by_timestamp = rules.decision == Decision::Policy
            && rules.oldest_rule_of(layer.policy.role(router)) == OldestRule::Timestamp;
        let age = |(heard, lost_at): &(usize, Option<Step>)| {
            let matters = by_age && matches!(lost_at, None | Some(Step::Oldest));
            if matters && by_timestamp {
                let since_us = verdict.heard[*heard].received_us;
                return format!("since {} s", tell::seconds(since_us));
            }
            // Being in use is all that counts, not for how long; but it is what people ask.
            let taken = turns.iter().rfind(|(other, turn)| {
                let is_taken = turn.before.slot != turn.best.slot;
                *other == prefix && turn.router == router && is_taken
            });
            match taken {
                Some((_, turn)) if matters && lost_at.is_none() => {
                    format!("in use since {} s", tell::seconds(turn.at_us))
                }
                _ => String::new(),
            }
        };
        let ages = order.iter().map(age).collect();
        AgedHop { hop, ages }
    }
}

/// What becomes of packets, for people.
pub fn fate_text(service: &Service, fate: Fate) -> String {
    let name = |site: u32| &service.sites[site as usize].name;
    match fate {
        Fate::Served(site) => format!("served by {}", name(site)),
        Fate::Stale(Some(site)) => {
            format!("lost: sent to {}, which does not answer", name(site))
        }
        Fate::Stale(None) => "lost: sent over a link that is down".to_owned(),
        Fate::Looping => "lost: they go round in a loop".to_owned(),
        Fate::NoRoute => "lost: a router on the way has no route".to_owned(),
    }
}

impl History {
    /// One row for each change of a best route, router by router.
    pub fn to_table(&self) -> Table {
        let rows: Vec<(&Past, &Change)> = self
            .pasts
            .iter()
            .flat_map(|past| past.changes.iter().map(move |change| (past, change)))
            .collect();
        let texts = |value: fn(&(&Past, &Change)) -> Option<String>| {
            let texts: Vec<Option<String>> = rows.iter().map(value).collect();
            Values::from_texts(texts.iter().map(Option::as_deref))
        };
        let decimals = |decimals: u8, value: fn(&Change) -> f64| Values::Decimal {
            decimals,
            values: rows.iter().map(|(_, change)| Some(value(change))).collect(),
        };
        let prefixes: BTreeSet<Prefix> = rows.iter().map(|(_, change)| change.prefix).collect();
        let mut table = Table::default();
        table.push("time_s", "s", decimals(6, |change| change.at_us as f64 / 1e6));
        table.push("router", "", texts(|(past, _)| Some(past.label.clone())));
        if prefixes.len() > 1 {
            table.push("prefix", "", texts(|(_, change)| Some(change.prefix.to_string())));
        }
        table.push("from", "", texts(|(_, change)| change.from.clone()));
        table.push("to", "", texts(|(_, change)| change.to.clone()));
        let as_path =
            |(_, change): &(&Past, &Change)| change.to.as_ref().map(|_| path_text(&change.as_path));
        table.push("as_path", "", texts(as_path));
        table.push("site", "", texts(|(_, change)| change.site.clone()));
        let decided_by = |(_, change): &(&Past, &Change)| {
            change.to.as_ref()?;
            Some(change.decided_by.map_or("only", |step| step.name()).to_owned())
        };
        table.push("decided_by", "", texts(decided_by));
        table.push("came_in", "", texts(|(_, change)| Some(change.came_in.clone())));
        table.push("cause", "", texts(|(_, change)| Some(change.cause.clone())));
        let waited_ms = decimals(3, |change| f64::from(change.waited_us) / 1e3);
        table.push("waited_ms", "ms", waited_ms);
        table
    }
}

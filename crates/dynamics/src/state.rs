//! The network at one time: what each router uses then, in the columns of `solve`, and what
//! becomes of its packets.
//!
//! Two planes, never mixed in a column: `site` follows the best routes, `state` the forwarding
//! tables. While news are under way they differ, and both differ from `solve`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use catchment_model::rules::Overload;
use catchment_model::schedule::Occurrence;
use catchment_model::table::Values;
use catchment_model::{Asn, Duration, Table};
use catchment_routing::decision::Step;
use catchment_routing::table::{self, Row, table_from_rows};
use catchment_routing::{Policy, link_rtt_ms};
use thiserror::Error;

use crate::agenda::{ANNOUNCED_APART_US, Course};
use crate::delivery::{Delivery, Fate, Source};
use crate::engine::adjacency::Adjacency;
use crate::engine::{Best, NO_SLOT, OWN, RouteChange};
use crate::forwarding::Routes;
use crate::plane::{self, Forwarding, Ground, Hop};
use crate::play::{self, Unfinished, Watch};
use crate::prelude::Prelude;
use crate::script::Script;
use crate::spread::Buckets;

/// A time that somebody asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// Before the first announcement.
    Start,
    /// Then, with everything up to and including that instant done. At 0 the start-up is over;
    /// negative times lie inside it.
    Time(Duration),
}

impl At {
    /// The time in µs; before all others for the start.
    pub fn us(self) -> i64 {
        match self {
            At::Start => i64::MIN,
            At::Time(time) => time.us,
        }
    }
}

/// A text that is no time of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a time: write a number with a unit, such as `30s`, `250ms`, `10m` or `1h30m`, \
     or `start` for the time before the first announcement"
)]
pub struct BadTime(pub String);

impl FromStr for At {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<At, BadTime> {
        match text {
            "start" => Ok(At::Start),
            // Nobody means another unit by it.
            "0" => Ok(At::Time(Duration::default())),
            _ => text.parse().map(At::Time).map_err(|_| BadTime(text.to_owned())),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Start => f.write_str("start"),
            At::Time(time) => time.fmt(f),
        }
    }
}

/// Which rows and columns to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// A row for each router instead of one for each AS.
    pub routers: bool,
    /// Add the column `state`.
    pub data_plane: bool,
}

/// What happens in a script, with the sites that withdraw themselves under load (models 6.4).
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn schedule_of(script: &Script<'_>, watch: Watch<'_>) -> Result<Vec<Occurrence>, Unfinished> {
    match script.situation.rules.overload {
        Overload::Withdraw => Ok(play::play(script, watch)?.schedule),
        Overload::Absorb => Ok(script.schedule.to_vec()),
    }
}

/// The network of a script at one time.
#[derive(Debug, Clone)]
pub struct Moment<'a> {
    script: Script<'a>,
    at: At,
    /// Each prefix of the service that was played, with what its routers did up to here.
    played: BTreeMap<u16, (Course<'a>, Written)>,
}

/// What forwarding tables are made from.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Best routes at t = 0; in the start-up, before the first announcement.
    start: Vec<Best>,
    /// Changes since.
    changes: Vec<RouteChange>,
}

impl<'a> Moment<'a> {
    /// Plays a script from before the first announcement up to a time, all prefixes of it. The
    /// schedule is taken as it is: see [`schedule_of`].
    ///
    /// # Errors
    /// If the routing does not settle, or the watch says so.
    pub fn reach(
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        at: At,
        watch: Watch<'_>,
    ) -> Result<Moment<'a>, Unfinished> {
        let mut played = BTreeMap::new();
        for prefix in 0..script.situation.service.prefixes.len() as u16 {
            let mut course = Course::new(script, adjacency, prefix);
            let written = play_to(&mut course, at, watch)?;
            played.insert(prefix, (course, written));
        }
        Ok(Moment { script: *script, at, played })
    }

    /// The same for whoever has kept a prelude, which spares the start-up at t = 0 or later.
    ///
    /// # Errors
    /// If the routing does not settle, or the watch says so.
    ///
    /// # Panics
    /// If the prelude is that of another situation.
    pub fn reach_with(
        script: &Script<'a>,
        prelude: &'a Prelude,
        at: At,
        watch: Watch<'_>,
    ) -> Result<Moment<'a>, Unfinished> {
        assert!(prelude.fits(script.situation), "the prelude is that of the script's situation");
        if at.us() < 0 {
            return Moment::reach(script, prelude.adjacency(), at, watch);
        }
        let mut played = BTreeMap::new();
        for prefix in 0..script.situation.service.prefixes.len() as u16 {
            let mut course = prelude.start(script, prelude.adjacency(), prefix, watch)?;
            let written = play_on_to(&mut course, at.us(), watch)?;
            played.insert(prefix, (course, written));
        }
        Ok(Moment { script: *script, at, played })
    }

    /// The same for one prefix and those that cover it, of which alone may be asked then. `turns`
    /// sees each course, which has watched some routers from the first announcement on.
    ///
    /// # Panics
    /// If the prelude is that of another situation, or the time is before t = 0.
    pub(crate) fn watch_one(
        script: &Script<'a>,
        prelude: &'a Prelude,
        (prefix, watched): (u16, &BTreeSet<u32>),
        at_us: i64,
        mut turns: impl FnMut(&mut Course<'a>),
        watch: Watch<'_>,
    ) -> Result<Moment<'a>, Unfinished> {
        assert!(prelude.fits(script.situation), "the prelude is that of the script's situation");
        assert!(at_us >= 0, "the start-up is over");
        let adjacency = prelude.adjacency();
        let at = At::Time(Duration { us: at_us });
        let mut played = BTreeMap::new();
        for prefix in play::covering(script, prefix) {
            let (mut course, written) =
                match prelude.start_watching(script, adjacency, prefix, watched) {
                    Some(mut course) => {
                        let written = play_on_to(&mut course, at_us, watch)?;
                        (course, written)
                    }
                    None => {
                        let mut course = Course::new(script, adjacency, prefix);
                        course.engine.watch(watched.clone());
                        let written = play_to(&mut course, at, watch)?;
                        (course, written)
                    }
                };
            turns(&mut course);
            played.insert(prefix, (course, written));
        }
        Ok(Moment { script: *script, at, played })
    }

    /// The time.
    pub fn at(&self) -> At {
        self.at
    }

    /// What was played.
    pub fn script(&self) -> &Script<'a> {
        &self.script
    }

    /// A prefix of the service on its way, stopped at this time.
    pub fn course(&self, prefix: u16) -> &Course<'a> {
        &self.played[&prefix].0
    }

    /// What all routers use, in the columns of `solve`, and if asked for what becomes of their
    /// packets.
    pub fn table(&self, options: Options) -> Table {
        let prefixes = 0..self.script.situation.service.prefixes.len() as u16;
        let views: Vec<View<'_>> = prefixes.clone().map(|prefix| View::new(self, prefix)).collect();
        let fates: Vec<Vec<Fate>> = match options.data_plane {
            true => prefixes.map(|prefix| self.fates(prefix)).collect(),
            false => Vec::new(),
        };
        let mut states = Vec::new();
        let solve_options = table::Options { routers: options.routers, tie_sets: false };
        let mut table = table_from_rows(self.script.situation, solve_options, |router, prefix| {
            if let Some(fates) = fates.get(usize::from(prefix)) {
                let name = fates[router as usize].name();
                let state = STATES.iter().position(|state| *state == name);
                states.push(state.expect("each fate has a name") as u32);
            }
            views[usize::from(prefix)].row(router)
        });
        if options.data_plane {
            let texts = STATES.map(str::to_owned).to_vec();
            table.push("state", "", Values::Word { texts, rows: states });
        }
        table
    }

    /// What becomes of the packets that each router sends to a prefix, by the forwarding tables of
    /// this time.
    pub fn fates(&self, prefix: u16) -> Vec<Fate> {
        self.on_the_ground(prefix, |layers, ground| plane::fates_at(layers, ground, self.at.us()))
    }

    /// What became of the packets of one router to a prefix, from t = 0 up to this time.
    pub fn delivery(&self, prefix: u16, source: Source) -> Delivery {
        self.on_the_ground(prefix, |layers, ground| {
            let mut delivery = plane::deliver(layers, ground, vec![source]);
            delivery.changes.retain(|change| change.at_us <= self.at.us());
            delivery.end_us = delivery.end_us.min(self.at.us());
            delivery
        })
    }

    fn on_the_ground<T>(
        &self,
        prefix: u16,
        answer: impl FnOnce(&[&Forwarding], &Ground<'_>) -> T,
    ) -> T {
        let Script { situation, schedule, .. } = self.script;
        let covering = play::covering(&self.script, prefix);
        let forwarding: Vec<Forwarding> = covering
            .iter()
            .map(|prefix| {
                let (course, Written { start, changes }) = &self.played[prefix];
                Routes::of_course(course, start, changes).forwarding(&Buckets::one()).remove(0)
            })
            .collect();
        let layers: Vec<&Forwarding> = forwarding.iter().collect();
        let cut: Vec<(u32, u32)> = situation.overlay.down.iter().copied().collect();
        let course = self.course(prefix);
        let ground = Ground {
            ends: &play::ends(&self.script, &covering),
            cut: &cut,
            sites: &course.site_changes,
            site_count: situation.service.sites.len(),
            wires: &course.wire_changes,
            notices: &course.notices,
            schedule,
        };
        answer(&layers, &ground)
    }
}

/// Values of `state`, as [`Fate::name`] has them.
const STATES: [&str; 4] = ["served", "stale", "looping", "no-route"];

/// Plays a new course up to a time, and writes down what forwarding tables are made from.
pub(crate) fn play_to(
    course: &mut Course<'_>,
    at: At,
    watch: Watch<'_>,
) -> Result<Written, Unfinished> {
    if at != At::Start {
        course.announce(ANNOUNCED_APART_US);
    }
    if at.us() >= 0 {
        play::drive(course, -1, watch)?;
    }
    if at == At::Start {
        return Ok(Written { start: bests(course), changes: Vec::new() });
    }
    play_on_to(course, at.us(), watch)
}

/// Plays a course on up to a time.
fn play_on_to(
    course: &mut Course<'_>,
    at_us: i64,
    watch: Watch<'_>,
) -> Result<Written, Unfinished> {
    let start = bests(course);
    course.engine.record();
    play::drive(course, at_us, watch)?;
    Ok(Written { start, changes: course.engine.take_log() })
}

fn bests(course: &Course<'_>) -> Vec<Best> {
    let routers = course.situation().world.router_count() as u32;
    (0..routers).map(|router| course.engine.best(router)).collect()
}

/// Forwarding of packets to one prefix by best routes: each router uses the longest prefix that
/// covers it and that it has a route to (models 1.1: longest-prefix match is no BGP decision).
pub(crate) struct View<'m> {
    /// The prefixes that cover it, longest first.
    pub(crate) layers: Vec<Layer<'m>>,
    /// Where packets of each router end.
    pub(crate) sites: Vec<Option<u32>>,
    /// Up to t = 0 textbook rules know no past (design section 5).
    pub(crate) fresh: bool,
}

/// One prefix of a view.
pub(crate) struct Layer<'m> {
    pub(crate) course: &'m Course<'m>,
    pub(crate) policy: Policy<'m>,
}

impl<'m> View<'m> {
    pub(crate) fn new(moment: &'m Moment<'_>, prefix: u16) -> View<'m> {
        let layers = play::covering(&moment.script, prefix)
            .into_iter()
            .map(|prefix| {
                let course: &'m Course<'m> = moment.course(prefix);
                Layer { course, policy: course.policy() }
            })
            .collect();
        let fresh = moment.at.us() <= 0;
        let mut view = View { layers, sites: Vec::new(), fresh };
        view.sites = view.find_sites(moment.script.situation.world.router_count());
        view
    }

    /// The route that a router uses, and the position of its prefix.
    pub(crate) fn used(&self, router: u32) -> Option<(usize, Best)> {
        let bests = self.layers.iter().map(|layer| layer.course.engine.best(router));
        bests.enumerate().find(|(_, best)| best.slot != NO_SLOT)
    }

    /// What a router does with packets.
    fn hop(&self, router: u32) -> Hop {
        let Some((position, best)) = self.used(router) else { return Hop::None };
        Routes::of_course(self.layers[position].course, &[], &[]).hop(router, &best)
    }

    /// The routers that packets of `router` pass, itself first, with the position of the prefix by
    /// which each sends them on; up to where they end, or come back to.
    pub(crate) fn walk(&self, router: u32) -> Vec<(u32, usize)> {
        let mut passed: Vec<(u32, usize)> = Vec::new();
        let mut here = router;
        while let Some((position, _)) = self.used(here) {
            if passed.iter().any(|(other, _)| *other == here) {
                break;
            }
            passed.push((here, position));
            let Hop::To(next) = self.hop(here) else { break };
            here = next;
        }
        passed
    }

    /// The router that packets are sent to at the end of a walk, which either was passed before or
    /// has no route; `None` if they go no further.
    pub(crate) fn beyond(&self, walk: &[(u32, usize)]) -> Option<u32> {
        match self.hop(walk.last()?.0) {
            Hop::To(next) => Some(next),
            Hop::None | Hop::Drop | Hop::Own(_) => None,
        }
    }

    /// Where packets of all routers end. Each router is visited once.
    fn find_sites(&self, routers: usize) -> Vec<Option<u32>> {
        #[derive(Clone, Copy, PartialEq)]
        enum Visit {
            Not,
            Now,
            Done,
        }
        let mut visits = vec![Visit::Not; routers];
        let mut sites = vec![None; routers];
        let mut passed: Vec<u32> = Vec::new();
        for router in 0..routers as u32 {
            let mut here = router;
            let site = loop {
                match visits[here as usize] {
                    Visit::Done => break sites[here as usize],
                    // A loop.
                    Visit::Now => break None,
                    Visit::Not => {}
                }
                visits[here as usize] = Visit::Now;
                passed.push(here);
                match self.hop(here) {
                    Hop::To(next) => here = next,
                    Hop::Own(site) => break Some(site),
                    Hop::None | Hop::Drop => break None,
                }
            };
            for router in passed.drain(..) {
                visits[router as usize] = Visit::Done;
                sites[router as usize] = site;
            }
        }
        sites
    }

    /// AS_PATH of a route in a layer, nearest neighbor first.
    pub(crate) fn as_path(&self, position: usize, path: u32) -> Vec<Asn> {
        self.layers[position].course.engine.paths().asns(path).map(Asn).collect()
    }

    /// The last step that removed a candidate of the route in use.
    fn decided_by(&self, router: u32, position: usize, best: Best) -> Option<Step> {
        if best.slot == OWN {
            return None;
        }
        let Layer { course, policy } = &self.layers[position];
        course.engine.verdict(policy, router, best.slot, self.fresh)?.decided_by()
    }

    fn rtt_ms(&self, router: u32) -> Option<f64> {
        let policy = &self.layers[0].policy;
        let (world, rules) = (policy.world(), policy.rules());
        world.place(router)?;
        let walk = self.walk(router);
        let mut rtt_ms = rules.t_server;
        for pair in walk.windows(2) {
            rtt_ms += link_rtt_ms(world, rules, pair[0].0, pair[1].0)?;
        }
        Some(rtt_ms)
    }

    fn row(&self, router: u32) -> Option<Row> {
        let (position, best) = self.used(router)?;
        let site = self.sites[router as usize];
        Some(Row {
            site,
            class: best.told.class(),
            as_path: self.as_path(position, best.told.path()),
            rtt_ms: site.and_then(|_| self.rtt_ms(router)),
            decided_by: self.decided_by(router, position, best),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_text_form() {
        let read = |text: &str| text.parse::<At>();
        assert_eq!(read("start"), Ok(At::Start));
        assert_eq!(read("30s"), Ok(At::Time(Duration::from_s(30))));
        assert_eq!(read("0"), Ok(At::Time(Duration::from_s(0))));
        assert_eq!(read("-120s"), Ok(At::Time(Duration::from_s(-120))));
        for text in ["", "30", "Start", "end", "1y"] {
            assert_eq!(read(text), Err(BadTime(text.to_owned())));
        }
        assert_eq!(read("90s").unwrap().to_string(), "1m30s");
        assert_eq!(At::Start.to_string(), "start");
    }
}

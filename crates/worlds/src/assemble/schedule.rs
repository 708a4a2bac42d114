//! The events of a scenario, resolved and in the order of time (design section 6).
//!
//! They are played on a copy of the assembled scenario, so that each deed knows what the earlier
//! ones have left behind: what a site announces by then, and whether it has failed. Nothing here
//! takes time; that is the business of the event engine.

use std::collections::BTreeMap;

use catchment_model::scenario::{Action, Attack, Change, Event, FailureKind, Scenario};
use catchment_model::schedule::{Bots, Deed, Occurrence};
use catchment_model::service::Capacity;
use catchment_model::{Asn, Duration, Mistake, SiteName, World};

use super::bots::Crowd;
use super::lookup::unknown_as;
use super::{Assembled, MISTAKES_MAX, changes, unknown_site, within};

/// Most memory that the deeds of a scenario may fill. A deed lists all that it is about, and an
/// attack from everywhere or a site with thousands of sessions makes that long.
const BYTES_MAX: usize = 256 << 20;

/// Resolves the events of a scenario against what [`super::assemble()`] made of it.
///
/// Ascending by time; events of one time are in the order of the file. An event is several
/// occurrences where it acts in several meshes of one AS. The cost is that of the deeds plus a few
/// searches per event: only sites and corrections are copied, once.
///
/// # Errors
/// What is wrong with the events. None if `assembled` comes from this very scenario, since
/// [`super::assemble()`] would have reported it.
pub fn schedule(
    assembled: &Assembled,
    scenario: &Scenario,
) -> Result<Vec<Occurrence>, Vec<Mistake>> {
    let mut occurrences = Vec::with_capacity(scenario.events.len());
    Play::new(assembled).all(
        scenario,
        |_, _| false,
        |index, event, deed| {
            let label = label(&event.action);
            occurrences.push(Occurrence { at: event.at, index, deed, label });
        },
    )?;
    Ok(occurrences)
}

/// A scenario while its events are played.
pub(super) struct Play {
    now: Assembled,
    sites: BTreeMap<SiteName, u32>,
    /// Whether each site has failed by now.
    failed: Vec<bool>,
    crowd: Crowd,
    /// Memory that the deeds so far fill.
    bytes: usize,
}

impl Play {
    pub(super) fn new(assembled: &Assembled) -> Play {
        let sites = &assembled.service.sites;
        Play {
            now: assembled.clone(),
            sites: sites.iter().map(|site| site.name.clone()).zip(0..).collect(),
            failed: vec![false; sites.len()],
            crowd: Crowd::default(),
            bytes: 0,
        }
    }

    /// Plays all events but those that `skip` names, and hands on each deed with its event.
    ///
    /// # Errors
    /// What is wrong with them, in the order of the file.
    pub(super) fn all(
        mut self,
        scenario: &Scenario,
        skip: impl Fn(usize, &Action) -> bool,
        mut hand_on: impl FnMut(u32, &Event, Deed),
    ) -> Result<(), Vec<Mistake>> {
        let mut order: Vec<usize> = (0..scenario.events.len()).collect();
        order.sort_by_key(|index| scenario.events[*index].at);
        let mut mistakes = BTreeMap::new();
        for index in order {
            let event = &scenario.events[index];
            if skip(index, &event.action) {
                continue;
            }
            match self.deeds(event) {
                Ok(deeds) => {
                    self.bytes += deeds.iter().map(bytes).sum::<usize>();
                    if self.bytes > BYTES_MAX {
                        mistakes.insert(index, too_large(index));
                        break;
                    }
                    for deed in deeds {
                        changes::apply(&mut self.now, &deed);
                        hand_on(index as u32, event, deed);
                    }
                }
                Err(mistake) => {
                    mistakes.insert(index, within(&format!("event.{index}"), mistake));
                }
            }
            if mistakes.len() == MISTAKES_MAX {
                break;
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes.into_values().collect()) }
    }

    fn site(&self, name: &SiteName, key: &str) -> Result<u32, Mistake> {
        let index = self.sites.get(name).copied();
        index.ok_or_else(|| unknown_site(&self.now.service, name, key))
    }

    /// What an event does. The path of a mistake is relative to the event.
    fn deeds(&mut self, event: &Event) -> Result<Vec<Deed>, Mistake> {
        if event.at < Duration::default() {
            let message = format!("an event cannot happen at `{}`, before the start", event.at);
            return Err(Mistake::new("scenario::out_of_range", "at", message)
                .help("a correction holds from the start"));
        }
        let deed = match &event.action {
            Action::Fail(site, how) => self.fail(self.site(site, "fail")?, *how),
            Action::Drain(site) => self.fail(self.site(site, "drain")?, FailureKind::Drain),
            Action::Restore(site) => self.restore(site, event.at)?,
            Action::Change(Change::Announce { site, neighbor }) => {
                changes::announce(&self.now, self.site(site, "announce.site")?, neighbor)?
            }
            Action::Change(change) => changes::resolve(&self.now, change)?,
            Action::Igp { asn, a, b, cost } => return igp(&self.now.world, *asn, [a, b], *cost),
            Action::Attack(attack) => self.attack(attack)?,
            Action::Capacity { site, capacity } => {
                let site = self.site(site, "capacity.site")?;
                let old = self.now.service.sites[site as usize].capacity;
                // As in an entry of `[[site]]`, what is not given stays.
                let (kqps, gbps) = (capacity.kqps.or(old.kqps), capacity.gbps.or(old.gbps));
                Deed::Capacity { site, capacity: Capacity { kqps, gbps } }
            }
        };
        Ok(vec![deed])
    }

    /// A site that has failed may fail again: it restarts, but is not announced.
    fn fail(&mut self, site: u32, how: FailureKind) -> Deed {
        self.failed[site as usize] = true;
        Deed::Fail { site, how }
    }

    fn restore(&mut self, name: &SiteName, at: Duration) -> Result<Deed, Mistake> {
        let site = self.site(name, "restore")?;
        if !std::mem::take(&mut self.failed[site as usize]) {
            let message = format!("site `{name}` cannot return at {at}: it is not down then");
            return Err(Mistake::new("scenario::not_failed", "restore", message).help(
                "let it `fail` or `drain` before; events of one time happen in the order of the \
                 file",
            ));
        }
        Ok(Deed::Restore { site })
    }

    fn attack(&mut self, attack: &Attack) -> Result<Deed, Mistake> {
        Ok(Deed::Attack {
            kqps: attack.mqps.unwrap_or(0.0) * 1000.0,
            gbps: attack.gbps.unwrap_or(0.0),
            bots: self.crowd.bots(&self.now, &attack.from)?,
            lasts: attack.lasts,
        })
    }
}

/// Memory that the lists of a deed fill, about: the same on every machine, so that each draws the
/// line at the same event.
fn bytes(deed: &Deed) -> usize {
    match deed {
        Deed::Link { pairs, .. } => 8 * pairs.len(),
        Deed::Policy { local_prefs, prepends, closed } => {
            12 * local_prefs.len() + 8 * prepends.len() + 8 * closed.len()
        }
        Deed::Announce { announcements, .. } => 72 * announcements.len(),
        Deed::Attack { bots: Bots::Routers(shares) | Bots::Sites(shares), .. } => 16 * shares.len(),
        Deed::Fail { .. } | Deed::Restore { .. } | Deed::Igp { .. } | Deed::Capacity { .. } => 0,
    }
}

fn too_large(index: usize) -> Mistake {
    let megabytes = BYTES_MAX >> 20;
    let message = format!("the events up to this one fill {megabytes} MB of memory");
    Mistake::new("scenario::too_large", format!("event.{index}"), message)
        .help("use fewer attacks from everywhere, and fewer changes of sites with many sessions")
}

/// The routers of an AS in two cities, in each mesh that has both.
fn igp(world: &World, asn: Asn, cities: [&String; 2], cost: u32) -> Result<Vec<Deed>, Mistake> {
    let entries = world.as_indices(asn);
    if entries.is_empty() {
        return Err(unknown_as(world, asn, "igp.asn"));
    }
    let is_in = |router: u32, city: &str| {
        world.place(router).is_some_and(|place| place.code.eq_ignore_ascii_case(city))
    };
    for (key, city) in ["a", "b"].into_iter().zip(cities) {
        if !world.routers_of_asn(asn).any(|router| is_in(router, city)) {
            let mut codes: Vec<&str> = world
                .routers_of_asn(asn)
                .filter_map(|router| Some(world.place(router)?.code.as_str()))
                .collect();
            codes.sort_unstable();
            let message = format!("AS{asn} has no router in `{city}`");
            let path = format!("igp.{key}");
            return Err(Mistake::new("scenario::not_in_city", path, message)
                .help(format!("it has one in {}", codes.join(", "))));
        }
    }
    let [a, b] = cities;
    if a.eq_ignore_ascii_case(b) {
        let message = format!("`{a}` is given at both ends");
        return Err(Mistake::new("scenario::same_router", "igp.b", message));
    }
    let mut deeds = Vec::new();
    for entry in entries {
        let in_city = |city: &str| world.routers_of(entry).find(|router| is_in(*router, city));
        if let (Some(a), Some(b)) = (in_city(a), in_city(b)) {
            deeds.push(Deed::Igp { a, b, cost });
        }
    }
    if deeds.is_empty() {
        let message = format!("the routers of AS{asn} in `{a}` and `{b}` share no network");
        return Err(Mistake::new("scenario::not_linked", "igp", message)
            .help("its sites are islands; `backbone = true` joins them"));
    }
    Ok(deeds)
}

/// An event in a few words.
fn label(action: &Action) -> String {
    let at = |city: Option<&str>| city.map_or(String::new(), |city| format!(" in {city}"));
    let state = |up: bool| if up { "up" } else { "down" };
    match action {
        Action::Drain(site) | Action::Fail(site, FailureKind::Drain) => format!("{site} drains"),
        Action::Fail(site, how) => {
            let name = FailureKind::NAMES.iter().find(|(_, kind)| kind == how);
            format!("{site} fails ({})", name.map_or("", |(name, _)| name))
        }
        Action::Restore(site) => format!("{site} returns"),
        Action::Change(Change::Link { a, b, city, up, .. }) => {
            format!("link AS{a}-AS{b}{} {}", at(city.as_deref()), state(*up))
        }
        Action::Change(Change::Session { a, b, city, up }) => {
            format!("session AS{a}-AS{b}{} {}", at(city.as_deref()), state(*up))
        }
        Action::Change(Change::AsPolicy { asn, neighbor, .. }) => {
            format!("AS{asn} changes its policy for AS{neighbor}")
        }
        Action::Change(Change::Announce { site, neighbor }) => {
            let to = neighbor.asn.map_or(String::new(), |asn| format!(" AS{asn}"));
            let at = at(neighbor.at.as_deref());
            match neighbor.withdraw {
                Some(true) => format!("{site} withdraws from{to}{at}"),
                _ => format!("{site} announces differently to{to}{at}"),
            }
        }
        Action::Igp { asn, a, b, cost } => {
            format!("IGP cost of AS{asn} between {a} and {b} becomes {cost} km")
        }
        Action::Attack(attack) => {
            let gbps = attack.gbps.map(|gbps| format!("{gbps} Gbps"));
            let mqps = attack.mqps.map(|mqps| format!("{mqps} Mq/s"));
            let volume: Vec<String> = gbps.into_iter().chain(mqps).collect();
            match volume.is_empty() {
                true => "attack begins".to_owned(),
                false => format!("attack of {} begins", volume.join(" and ")),
            }
        }
        Action::Capacity { site, .. } => format!("capacity of {site} changes"),
    }
}

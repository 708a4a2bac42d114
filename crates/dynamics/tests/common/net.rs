//! Small networks as text, things that happen to them as text, and what came of it as text.
//!
//! ```text
//! 1 > 2 3          # 1 is the provider of 2 and 3
//! 2 = 3            # peers
//! 4 ~ 5            # siblings: routes cross without policy
//! site a at 2      # AS2 announces
//! site b by 1 3    # a router of its own, AS 64500 and up, customer of 1 and 3
//! ```
//!
//! Events are `0 fail a hold-timer; 30 restore a`: seconds, what, with whom; see [`Net::events`].

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::agenda::Course;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::engine::{Best, Count, NO_SLOT, OWN};
use catchment_dynamics::play::{RouteLog, Timeline, Unfinished, play, play_prefix};
use catchment_dynamics::{Fate, Script, Stages};
use catchment_model::rules::Setting;
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Bots, Deed, Occurrence};
use catchment_model::service::{Capacity, Reach, Site};
use catchment_model::{Asn, Duration, Overlay, Relation, Rules, Service, World, WorldBuilder};
use catchment_routing::Situation;
use catchment_testkit::random::Case;
use catchment_testkit::story::Story;

/// Rules of the textbook: no timers but those that a test asks for.
const PLAIN: &str = "oldest_rule=none mrai_ebgp=0s mrai_ibgp=0s ssld=false fib_delay=0s \
                     connect_retry=0s link_delay=10ms";

/// A network with its service and rules.
#[derive(Debug, Clone)]
pub struct Net {
    pub world: World,
    pub overlay: Overlay,
    pub service: Service,
    pub rules: Rules,
    pub seed: u64,
    pub steering: Steering,
    pub geodns: GeoDns,
    pub regional: BTreeMap<String, u16>,
}

impl Net {
    /// Reads a network. Each AS has one router, and every AS sends.
    pub fn of(text: &str) -> Net {
        let lines = || {
            let line = |line: &str| line.split('#').next().unwrap_or("").trim().to_owned();
            text.lines().map(line).filter(|line| !line.is_empty())
        };
        let numbers = |text: &str| -> Vec<u32> {
            text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
        };
        let mut asns: Vec<u32> =
            lines().filter(|line| !line.starts_with("site")).flat_map(|it| numbers(&it)).collect();
        asns.sort_unstable();
        asns.dedup();
        let mut builder = WorldBuilder::new("net");
        let mut routers = BTreeMap::new();
        for asn in asns {
            let router = builder.router(Asn(asn), None);
            builder.weight(router, 1.0);
            routers.insert(asn, router);
        }
        let mut sites: Vec<(String, u32, Vec<u32>)> = Vec::new();
        for line in lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words[0] == "site" {
                let around = numbers(&line);
                match words[2] {
                    "at" => sites.push((words[1].to_owned(), around[0], Vec::new())),
                    _ => {
                        let asn = 64_500 + sites.len() as u32;
                        let router = builder.router(Asn(asn), None);
                        for provider in &around {
                            builder.link(router, routers[provider], Relation::Provider);
                        }
                        sites.push((words[1].to_owned(), asn, around));
                    }
                }
                continue;
            }
            let relation = match words[1] {
                ">" => Relation::Customer,
                "=" => Relation::Peer,
                "~" => Relation::Sibling,
                other => panic!("`{other}` is no relation"),
            };
            let ends = numbers(&line);
            for other in &ends[1..] {
                builder.link(routers[&ends[0]], routers[other], relation);
            }
        }
        let world = builder.build().expect("links agree").world;
        let router_of = |asn: u32| world.routers_of_asn(Asn(asn)).start;
        let site = |(name, asn, providers): &(String, u32, Vec<u32>)| {
            let router = router_of(*asn);
            let session = |to: &u32| world.session_to(router, router_of(*to)).unwrap();
            Site {
                name: name.parse().unwrap(),
                asn: Asn(*asn),
                router,
                own_router: !providers.is_empty(),
                active: true,
                prefixes: vec![0],
                reach: if providers.is_empty() { Reach::Everyone } else { Reach::Listed },
                announcements: providers.iter().map(|to| (session(to), <_>::default())).collect(),
                capacity: Capacity::default(),
                region: String::new(),
            }
        };
        let service = Service {
            prefixes: vec!["192.0.2.0/24".parse().unwrap()],
            sites: sites.iter().map(site).collect(),
            roas: Vec::new(),
        };
        let net = Net {
            world,
            overlay: Overlay::default(),
            service,
            rules: Rules::default(),
            seed: 0,
            steering: Steering::Anycast,
            geodns: GeoDns::default(),
            regional: BTreeMap::new(),
        };
        net.rules(PLAIN)
    }

    /// That of a story.
    pub fn of_story(story: &Story) -> Net {
        let it = &story.assembled;
        Net {
            world: World::clone(&it.world),
            overlay: it.overlay.clone(),
            service: it.service.clone(),
            rules: it.rules.clone(),
            seed: it.seed,
            steering: story.scenario.steering,
            geodns: story.scenario.geodns.clone(),
            regional: it.regional.clone(),
        }
    }

    /// That of a random case.
    pub fn of_case(case: &Case) -> Net {
        Net {
            world: case.world.clone(),
            overlay: case.overlay.clone(),
            service: case.service.clone(),
            rules: case.rules.clone(),
            seed: case.seed,
            steering: Steering::Anycast,
            geodns: GeoDns::default(),
            regional: BTreeMap::new(),
        }
    }

    /// The same by other rules, such as `wrate=true hold=90s`.
    pub fn rules(mut self, text: &str) -> Net {
        for setting in text.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap();
            let setting = match (value.parse(), value.parse(), value.parse()) {
                (Ok(value), ..) => Setting::Integer(value),
                (_, Ok(value), _) => Setting::Float(value),
                (.., Ok(value)) => Setting::Bool(value),
                _ => Setting::Text(value.to_owned()),
            };
            self.rules.set(name, &setting).unwrap_or_else(|bad| panic!("{bad:?}"));
        }
        self
    }

    /// The same with other draws.
    pub fn seed(mut self, seed: u64) -> Net {
        self.seed = seed;
        self
    }

    pub fn situation(&self) -> Situation<'_> {
        Situation {
            world: &self.world,
            overlay: &self.overlay,
            service: &self.service,
            rules: &self.rules,
            seed: self.seed,
        }
    }

    /// A router by the number of its AS, or `3356@FRA` where that has several.
    pub fn router(&self, text: &str) -> u32 {
        let (asn, city) = text.split_once('@').unwrap_or((text, ""));
        let is_there = |router: &u32| {
            city.is_empty() || self.world.place(*router).is_some_and(|it| it.code == city)
        };
        let mut routers = self.world.routers_of_asn(Asn(asn.parse().unwrap()));
        routers.find(is_there).unwrap_or_else(|| panic!("there is no router {text}"))
    }

    pub fn site(&self, name: &str) -> u32 {
        let index = self.service.site_index(&name.parse().unwrap());
        index.unwrap_or_else(|| panic!("there is no site {name}"))
    }

    /// All links of two ASes.
    fn pairs(&self, a: &str, b: &str) -> Vec<(u32, u32)> {
        let routers = |text: &str| match text.contains('@') {
            true => self.router(text)..self.router(text) + 1,
            false => self.world.routers_of_asn(Asn(text.parse().unwrap())),
        };
        let mut pairs = Vec::new();
        for one in routers(a) {
            let others = routers(b).filter(|other| self.world.session_to(one, *other).is_some());
            pairs.extend(others.map(|other| (one, other)));
        }
        assert!(!pairs.is_empty(), "{a} and {b} have no link");
        pairs
    }

    fn deed(&self, words: &[&str]) -> Deed {
        let sessions = |a: &str, b: &str| -> Vec<u32> {
            let session = |(a, b): (u32, u32)| self.world.session_to(a, b).unwrap();
            self.pairs(a, b).into_iter().map(session).collect()
        };
        let (local_prefs, prepends, closed) = (Vec::new(), Vec::new(), Vec::new());
        match *words {
            ["fail", site] => Deed::Fail { site: self.site(site), how: FailureKind::Withdraw },
            ["fail", site, how] => {
                let named = FailureKind::NAMES.iter().find(|(name, _)| *name == how);
                Deed::Fail { site: self.site(site), how: named.expect("it is a kind").1 }
            }
            ["restore", site] => Deed::Restore { site: self.site(site) },
            [what @ ("link" | "session"), a, b, state] => {
                let (up, wire) = (state == "up", what == "link");
                Deed::Link { pairs: self.pairs(a, b), up, wire }
            }
            ["prefer", asn, neighbor, local_pref] => {
                let as_index = self.world.router_as[self.router(asn) as usize];
                let neighbor = Asn(neighbor.parse().unwrap());
                let local_prefs = vec![(as_index, neighbor, local_pref.parse().unwrap())];
                Deed::Policy { local_prefs, prepends, closed }
            }
            ["prepend", a, b, count] => {
                let count: u8 = count.parse().unwrap();
                let prepends = sessions(a, b).into_iter().map(|it| (it, count)).collect();
                Deed::Policy { local_prefs, prepends, closed }
            }
            [what @ ("close" | "open"), a, b] => {
                let closed = sessions(a, b).into_iter().map(|it| (it, what == "close")).collect();
                Deed::Policy { local_prefs, prepends, closed }
            }
            // The site prepends on all its sessions.
            ["say", site, count] => {
                let site = self.site(site);
                let spec = &self.service.sites[site as usize];
                let mut announcements = spec.announcements.clone();
                for said in announcements.values_mut() {
                    said.prepend = count.parse().unwrap();
                }
                Deed::Announce { site, reach: spec.reach, announcements, opened: Vec::new() }
            }
            ["igp", a, b, cost] => {
                let cost = cost.parse().unwrap();
                Deed::Igp { a: self.router(a), b: self.router(b), cost }
            }
            ["attack", from, kqps, lasts_s] => Deed::Attack {
                kqps: kqps.parse().unwrap(),
                gbps: 0.0,
                bots: Bots::Routers(vec![(self.router(from), 1.0)]),
                lasts: Some(Duration::from_s(lasts_s.parse().unwrap())),
            },
            _ => panic!("`{}` is no event", words.join(" ")),
        }
    }

    /// Reads a schedule: `TIME DEED; TIME DEED`, in seconds. Deeds are `fail SITE HOW`,
    /// `restore SITE`, `link AS AS down`, `session AS AS up`, `prefer AS NEIGHBOR LOCAL_PREF`,
    /// `prepend AS NEIGHBOR COUNT`, `close AS NEIGHBOR`, `open AS NEIGHBOR`, `say SITE PREPEND`,
    /// `igp ROUTER ROUTER COST` and `attack ROUTER KQPS SECONDS`.
    pub fn events(&self, text: &str) -> Vec<Occurrence> {
        let event = |(index, line): (u32, &str)| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at_s: f64 = words[0].parse().unwrap();
            let at = Duration { us: (at_s * 1e6).round() as i64 };
            Occurrence { at, index, deed: self.deed(&words[1..]), label: line.trim().to_owned() }
        };
        let lines = text.split(';').filter(|line| !line.trim().is_empty());
        (0..).zip(lines).map(event).collect()
    }

    /// Lets `act` see a script of this network.
    pub fn with_script<T>(
        &self,
        schedule: &[Occurrence],
        act: impl FnOnce(&Script<'_>, &Adjacency) -> T,
    ) -> T {
        let adjacency = Adjacency::new(&self.world, &self.rules);
        let script = Script {
            situation: self.situation(),
            schedule,
            steering: self.steering,
            prefix: 0,
            geodns: &self.geodns,
            regional: &self.regional,
            client_gbps: &BTreeMap::new(),
            senders: None,
            bystanders: false,
        };
        act(&script, &adjacency)
    }

    /// Plays events, and expects that it ends.
    pub fn play(&self, events: &str) -> Run<'_> {
        self.try_play(events).unwrap_or_else(|error| panic!("{events}: {error}"))
    }

    /// Plays events.
    pub fn try_play(&self, events: &str) -> Result<Run<'_>, Unfinished> {
        self.try_play_schedule(self.events(events))
    }

    /// Plays a schedule.
    pub fn try_play_schedule(&self, schedule: Vec<Occurrence>) -> Result<Run<'_>, Unfinished> {
        self.with_script(&schedule, |script, adjacency| {
            let timeline = play(script, &mut |_, _| ControlFlow::Continue(()))?;
            Ok(Run { net: self, adjacency: adjacency.clone(), timeline })
        })
    }

    /// Plays the first prefix, and lets `see` look at how it ended.
    pub fn course<T>(&self, events: &str, see: impl FnOnce(&RouteLog, &Course<'_>) -> T) -> T {
        self.with_script(&self.events(events), |script, adjacency| {
            let mut go_on = |_, _| ControlFlow::Continue(());
            let (log, course) = play_prefix(script, adjacency, 0, &mut go_on).expect("it settles");
            see(&log, &course)
        })
    }
}

/// What was played.
pub struct Run<'n> {
    pub net: &'n Net,
    pub adjacency: Adjacency,
    pub timeline: Timeline,
}

fn us(at_s: f64) -> i64 {
    (at_s * 1e6).round() as i64
}

impl Run<'_> {
    pub fn log(&self) -> &RouteLog {
        &self.timeline.routes[0]
    }

    /// What an event caused.
    pub fn count(&self, event: usize) -> Count {
        self.log().counts[event]
    }

    /// Messages that an event caused.
    pub fn messages(&self, event: usize) -> u64 {
        self.count(event).messages()
    }

    /// Time from an event to the last change of a best route that it caused, in s.
    pub fn took_s(&self, event: usize) -> f64 {
        let at_us = self.timeline.schedule[event].at.us;
        (self.count(event).last_change_us - at_us) as f64 / 1e6
    }

    /// When neighbors noticed an event, in s after it.
    pub fn noticed_s(&self, event: u32) -> Vec<f64> {
        let at_us = self.timeline.schedule[event as usize].at.us;
        let ours = self.log().notices.iter().filter(|it| it.cause == event);
        ours.map(|it| (it.at_us - at_us) as f64 / 1e6).collect()
    }

    fn path(&self, best: &Best) -> String {
        match best.slot {
            NO_SLOT => "-".to_owned(),
            OWN => "own".to_owned(),
            _ => {
                let path = self.log().paths.asns(best.told.path());
                path.map(|asn| asn.to_string()).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// The AS path that a router uses at a time, `-` if it has no route.
    pub fn path_at(&self, router: &str, at_s: f64) -> String {
        self.path(&self.log().at(us(at_s))[self.net.router(router) as usize])
    }

    /// All paths that a router uses, from t = 0 on: `0 2 1, 0.020 3 2 1`.
    pub fn paths_of(&self, router: &str) -> String {
        let router = self.net.router(router);
        let mut text = vec![format!("0 {}", self.path(&self.log().start[router as usize]))];
        for change in self.log().changes.iter().filter(|it| it.router == router) {
            text.push(format!("{:.3} {}", change.at_us as f64 / 1e6, self.path(&change.best)));
        }
        text.join(", ")
    }

    /// A fate as `fra`, `stale fra`, `stale`, `looping` or `no-route`.
    pub fn fate(&self, fate: Fate) -> String {
        let name = |site: u32| self.net.service.sites[site as usize].name.to_string();
        match fate {
            Fate::Served(site) => name(site),
            Fate::Stale(Some(site)) => format!("stale {}", name(site)),
            other => other.name().to_owned(),
        }
    }

    fn stream(&self, source: &str) -> u32 {
        let delivery = &self.timeline.delivery;
        let is_it = |stream: &catchment_dynamics::Stream| {
            delivery.sources[stream.source as usize].name == source
        };
        delivery.streams.iter().position(is_it).expect("it is a source") as u32
    }

    /// What becomes of the packets of a client, or of `AS7`, at a time.
    pub fn fate_at(&self, source: &str, at_s: f64) -> String {
        self.fate(self.timeline.delivery.at(us(at_s))[self.stream(source) as usize])
    }

    /// All its fates: `0 fra, 0.010 stale fra, 0.121 lhr`.
    pub fn fates_of(&self, source: &str) -> String {
        let stream = self.stream(source);
        let delivery = &self.timeline.delivery;
        let mut text = vec![format!("0 {}", self.fate(delivery.start[stream as usize]))];
        for change in delivery.changes.iter().filter(|it| it.stream == stream) {
            text.push(format!("{:.3} {}", change.at_us as f64 / 1e6, self.fate(change.fate)));
        }
        text.join(", ")
    }

    /// When a source is served again by another site or the same for good, in s.
    pub fn served_for_good_s(&self, source: &str) -> f64 {
        let stream = self.stream(source);
        let mut ours = self.timeline.delivery.changes.iter().filter(|it| it.stream == stream);
        ours.next_back().map_or(0.0, |it| it.at_us as f64 / 1e6)
    }

    /// Stages of the changes of a source's fate, with their times in s.
    pub fn stages_of(&self, source: &str) -> Vec<(f64, Stages)> {
        let stream = self.stream(source);
        let ours = self.timeline.delivery.changes.iter().filter(|it| it.stream == stream);
        ours.map(|it| (it.at_us as f64 / 1e6, it.stages)).collect()
    }
}

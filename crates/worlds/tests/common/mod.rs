//! Scenarios as lines of text, and assembled ones as lines again.
//!
//! A line is a block and its keys; `neighbor` belongs to the site or client above it:
//!
//! ```text
//! prefix 192.0.2.0/24
//! site waw city=WAW asn=64510
//! neighbor 1299 at=FRA prepend=2
//! client 65552 city=WAW weight=5
//! correction link a=1299 b=174 state=down
//! event fail fra
//! ```

#![expect(dead_code, reason = "each test binary uses a part")]

use std::fmt::Write as _;
use std::str::FromStr;

use catchment_model::rules::{Preset, Setting};
use catchment_model::scenario::*;
use catchment_model::service::{Capacity, Reach};
use catchment_model::{Asn, Duration, LatLon, Mistake, Relation};
use catchment_worlds::{Assembled, assemble, builtin};

/// A scenario with one prefix and nothing else.
pub fn plain(world: &str) -> Scenario {
    Scenario {
        name: "test".to_owned(),
        question: String::new(),
        look_for: String::new(),
        seed: 1,
        steering: Steering::Anycast,
        world: WorldSource::Builtin(world.to_owned()),
        preset: None,
        rules: Default::default(),
        prefixes: vec!["192.0.2.0/24".parse().unwrap()],
        regional: Default::default(),
        sites: Vec::new(),
        clients: Vec::new(),
        roas: Vec::new(),
        leaks: Vec::new(),
        residency: Default::default(),
        geodns: GeoDns::default(),
        edge: None,
        events: Vec::new(),
        corrections: Vec::new(),
        compare: Vec::new(),
    }
}

/// The words of a line and its `key=value` pairs.
struct Line<'a> {
    words: Vec<&'a str>,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Line<'a> {
        let (mut words, mut pairs) = (Vec::new(), Vec::new());
        for part in line.split_whitespace() {
            match part.split_once('=') {
                Some(pair) => pairs.push(pair),
                None => words.push(part),
            }
        }
        Line { words, pairs }
    }

    fn text(&self, key: &str) -> Option<String> {
        let pair = self.pairs.iter().find(|(name, _)| *name == key)?;
        Some(pair.1.replace('_', " "))
    }

    fn get<T: FromStr>(&self, key: &str) -> Option<T> {
        let pair = self.pairs.iter().find(|(name, _)| *name == key)?;
        Some(pair.1.parse().unwrap_or_else(|_| panic!("bad value of {key}: {}", pair.1)))
    }

    fn list<T: FromStr>(&self, key: &str) -> Option<Vec<T>> {
        let text = self.text(key)?;
        let part = |part: &str| part.parse().unwrap_or_else(|_| panic!("bad part: {part}"));
        Some(text.split(',').filter(|p| !p.is_empty()).map(part).collect())
    }

    fn place(&self) -> Option<PlaceRef> {
        let at = self.list::<f64>("at").map(|at| PlaceRef::At(LatLon { lat: at[0], lon: at[1] }));
        self.text("city").map(PlaceRef::City).or(at)
    }

    fn word<T: FromStr>(&self, index: usize) -> T {
        let word = self.words[index];
        word.parse().unwrap_or_else(|_| panic!("bad word: {word}"))
    }
}

fn relation(line: &Line<'_>) -> Option<Relation> {
    Some(match line.text("relation")?.as_str() {
        "customer" => Relation::Customer,
        "peer" => Relation::Peer,
        "sibling" => Relation::Sibling,
        _ => Relation::Provider,
    })
}

fn neighbor(line: &Line<'_>, asn: Asn) -> NeighborSpec {
    NeighborSpec {
        asn: Some(asn),
        relation: relation(line),
        at: line.text("at"),
        prepend: line.get("prepend"),
        med: line.get("med"),
        communities: line.list("communities"),
        takes_longer: line.get("takes-longer"),
        withdraw: line.get("withdraw"),
    }
}

pub fn change(text: &str) -> Change {
    let line = Line::new(text);
    let asn = |key: &str| line.get::<Asn>(key).expect("an ASN");
    let up = || line.text("state").is_none_or(|state| state == "up");
    let city = || line.text("city");
    match line.words[0] {
        "link" => Change::Link {
            a: asn("a"),
            b: asn("b"),
            city: city(),
            up: up(),
            relation: relation(&line),
        },
        "session" => Change::Session { a: asn("a"), b: asn("b"), city: city(), up: up() },
        "as_policy" => Change::AsPolicy {
            asn: asn("asn"),
            neighbor: asn("neighbor"),
            local_pref: line.get("local_pref"),
            prepend: line.get("prepend"),
            export: line.get("export"),
        },
        "announce" => Change::Announce {
            site: line.get("site").unwrap(),
            neighbor: neighbor(&line, asn("neighbor")),
        },
        other => panic!("no change: {other}"),
    }
}

/// Reads an event, its time first if it is not the start: `30s fail fra how=bfd`.
pub fn event(text: &str) -> Event {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    match first.parse() {
        Ok(at) => Event { at, action: action(rest) },
        Err(_) => Event { at: Duration::from_s(0), action: action(text) },
    }
}

fn action(text: &str) -> Action {
    let line = Line::new(text);
    let capacity = || Capacity { kqps: line.get("kqps"), gbps: line.get("gbps") };
    let how = || {
        let given = line.text("how")?;
        let known = FailureKind::NAMES.into_iter().find(|(name, _)| *name == given);
        Some(known.unwrap_or_else(|| panic!("no failure: {given}")).1)
    };
    match line.words[0] {
        "fail" => Action::Fail(line.word(1), how().unwrap_or_default()),
        "restore" => Action::Restore(line.word(1)),
        "drain" => Action::Drain(line.word(1)),
        "capacity" => Action::Capacity { site: line.word(1), capacity: capacity() },
        "igp" => Action::Igp {
            asn: line.get("asn").unwrap(),
            a: line.text("a").unwrap(),
            b: line.text("b").unwrap(),
            cost: line.get("cost").unwrap_or(1),
        },
        "attack" => {
            let from = match line.words.get(1) {
                Some(&"by_users") => Botnet::ByUsers,
                _ => Botnet::Uniform,
            };
            let region = line.text("region").map(Botnet::Region);
            let country = line.text("country").map(Botnet::Country);
            let ases = line.list("ases").map(Botnet::Ases);
            let zipf = line.get("zipf").map(Botnet::Zipf);
            Action::Attack(Attack {
                gbps: line.get("gbps"),
                mqps: line.get("mqps"),
                from: region.or(country).or(ases).or(zipf).unwrap_or(from),
                lasts: line.get("lasts"),
            })
        }
        _ => Action::Change(change(text)),
    }
}

/// Reads a scenario.
pub fn scenario(world: &str, text: &str) -> Scenario {
    let mut scenario = plain(world);
    let mut neighbors_of_client = false;
    for text in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (block, rest) = text.split_once(' ').unwrap_or((text, ""));
        let line = Line::new(rest);
        match block {
            "no-prefix" => scenario.prefixes.clear(),
            "prefix" => scenario.prefixes.push(line.word(0)),
            "regional" => _ = scenario.regional.insert(line.words[0].to_owned(), line.word(1)),
            "preset" => {
                scenario.preset = Some(line.word::<Preset>(0));
            }
            "rule" => {
                for (name, value) in &line.pairs {
                    let setting = match (value.parse::<i64>(), value.parse::<bool>()) {
                        (Ok(number), _) => Setting::Integer(number),
                        (_, Ok(value)) => Setting::Bool(value),
                        _ => Setting::Text((*value).to_owned()),
                    };
                    scenario.rules.insert((*name).to_owned(), setting);
                }
            }
            "site" => {
                neighbors_of_client = false;
                let kqps = line.get("kqps");
                let gbps = line.get("gbps");
                let capacity =
                    (kqps.is_some() || gbps.is_some()).then_some(Capacity { kqps, gbps });
                scenario.sites.push(SiteSpec {
                    name: line.word(0),
                    remove: line.get("remove").unwrap_or(false),
                    place: line.place(),
                    asn: line.get("asn"),
                    capacity,
                    region: line.text("region"),
                    backbone: line.get("backbone"),
                    local: line.get("local"),
                    prefixes: line.list("prefixes"),
                    neighbors: None,
                });
            }
            "client" => {
                neighbors_of_client = true;
                scenario.clients.push(ClientSpec {
                    asn: line.word(0),
                    name: line.text("name"),
                    place: line.place(),
                    region: line.text("region"),
                    weight: line.get("weight"),
                    gbps: line.get("gbps"),
                    neighbors: None,
                });
            }
            "neighbor" => {
                let list = if neighbors_of_client {
                    &mut scenario.clients.last_mut().unwrap().neighbors
                } else {
                    &mut scenario.sites.last_mut().unwrap().neighbors
                };
                list.get_or_insert_default().push(neighbor(&line, line.word(0)));
            }
            "roa" => scenario.roas.push(RoaSpec {
                prefix: line.word(0),
                max_length: line.get("max-length"),
                asn: line.get("asn").unwrap(),
            }),
            "leak" => scenario.leaks.push(line.word(0)),
            "residency" => {
                let allowed = line.words[1..].iter().map(|word| (*word).to_owned()).collect();
                scenario.residency.insert(line.words[0].to_owned(), allowed);
            }
            "correction" => scenario
                .corrections
                .push(Correction { source: String::new(), change: change(rest) }),
            "event" => scenario.events.push(event(rest)),
            other => panic!("no block: {other}"),
        }
    }
    scenario
}

pub fn assembled(world: &str, text: &str) -> Assembled {
    assemble(&builtin(world).unwrap(), &scenario(world, text)).unwrap_or_else(|mistakes| {
        panic!("{}", show_mistakes(&mistakes));
    })
}

pub fn mistakes(world: &str, text: &str) -> String {
    match assemble(&builtin(world).unwrap(), &scenario(world, text)) {
        Ok(_) => "none\n".to_owned(),
        Err(mistakes) => show_mistakes(&mistakes),
    }
}

pub fn show_mistakes(mistakes: &[Mistake]) -> String {
    let mut out = String::new();
    for mistake in mistakes {
        let Mistake { code, message, path, help, .. } = mistake;
        writeln!(out, "{path} {code}").unwrap();
        for text in [message, help].into_iter().filter(|text| !text.is_empty()) {
            writeln!(out, "    {text}").unwrap();
        }
    }
    out
}

/// A router as `ASN@CITY#identifier`.
pub fn router_name(assembled: &Assembled, router: u32) -> String {
    let world = &assembled.world;
    let city = world.place(router).map_or(String::new(), |place| format!("@{}", place.code));
    format!("{}{city}#{}", world.asn_of(router), world.router_ids[router as usize])
}

/// The sites that `names` lists, and what each says to whom.
pub fn show_sites(assembled: &Assembled, names: &[&str]) -> String {
    let world = &assembled.world;
    let mut out = String::new();
    for site in &assembled.service.sites {
        if !names.contains(&site.name.as_str()) {
            continue;
        }
        write!(out, "{} {}", site.name, router_name(assembled, site.router)).unwrap();
        write!(out, " {:?} prefixes {:?}", site.reach, site.prefixes).unwrap();
        if !site.region.is_empty() {
            write!(out, " region {}", site.region).unwrap();
        }
        if let Some(kqps) = site.capacity.kqps {
            write!(out, " {kqps} kq/s").unwrap();
        }
        out.push('\n');
        for (session, announcement) in &site.announcements {
            let from = world.router_of_session(*session);
            let to = world.neighbors[*session as usize];
            let relation = world.relation(from, *session);
            write!(out, "    ").unwrap();
            if from != site.router || site.reach == Reach::Everyone {
                write!(out, "{} ", router_name(assembled, from)).unwrap();
            }
            write!(out, "> {} {relation}", router_name(assembled, to)).unwrap();
            if announcement.prepend > 0 {
                write!(out, " prepend {}", announcement.prepend).unwrap();
            }
            if let Some(med) = announcement.med {
                write!(out, " med {med}").unwrap();
            }
            for community in &announcement.communities {
                write!(out, " {community}").unwrap();
            }
            if assembled.overlay.is_down(from, to) {
                write!(out, " (down)").unwrap();
            }
            out.push('\n');
        }
    }
    out
}

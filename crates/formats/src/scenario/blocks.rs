//! The blocks of a scenario, but for events.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::mistake::nearest_help;
use catchment_model::rules::{Preset, Rules, Setting};
use catchment_model::scenario::{
    AnswerPolicy, ClientSpec, Edge, Event, FORMAT, GeoDns, Handshake, NeighborSpec, PlaceRef,
    RoaSpec, SiteSpec, Steering, Variant, WorldSource,
};
use catchment_model::service::Capacity;
use catchment_model::world::WEIGHT_MAX;
use catchment_model::{Asn, Community, LatLon, Mistake, Prefix, Relation, Scenario};

use super::decode::{Decoder, Fields};
use super::events;
use super::overrides::Override;
use super::tree::{Node, Origin, Table, Value, below};

/// Keys at the top of a file.
const TOP: [&str; 19] = [
    "format",
    "name",
    "question",
    "look_for",
    "seed",
    "steering",
    "world",
    "rules",
    "service",
    "site",
    "client",
    "roa",
    "leak",
    "residency",
    "geodns",
    "edge",
    "event",
    "correction",
    "compare",
];
const SOURCES: [&str; 4] = ["builtin", "as_rel", "file", "synthetic"];
const SITE: [&str; 11] = [
    "name",
    "remove",
    "city",
    "at",
    "asn",
    "capacity",
    "region",
    "backbone",
    "local",
    "prefixes",
    "neighbors",
];
const CLIENT: [&str; 8] = ["asn", "name", "city", "at", "region", "weight", "gbps", "neighbors"];
pub(super) const NEIGHBOR: [&str; 7] =
    ["asn", "relation", "at", "prepend", "med", "communities", "takes_longer"];
const GEODNS: [&str; 10] = [
    "ttl",
    "policy",
    "health_check",
    "ecs_share",
    "ttl_stretch_share",
    "min_ttl_share",
    "min_ttl",
    "negative_ttl",
    "resolver_km",
    "public_share",
];
/// Most synthetic ASes: ten times the Internet.
const SYNTHETIC_ASES_MAX: u32 = 1_000_000;
/// Most prepends: longer paths are filtered by many networks and say nothing more.
const PREPEND_MAX: u8 = 32;
/// Most variants: each is laid over the whole file and checked.
const VARIANTS_MAX: usize = 100;
/// Most events: a change every five minutes for a year. Each is looked up in the world and played.
const EVENTS_MAX: usize = 100_000;
/// Half way around the Earth, in km.
const FARTHEST_KM: f64 = 20_040.0;
/// Names of prefixes that a message may have to choose from.
const PREFIXES_NAMED_MAX: usize = 100;
/// What to write for coordinates.
const DEGREES_HELP: &str = "write degrees north and east, such as `[52.17, 20.97]`";
/// A day, in seconds.
const DAY_S: i64 = 86_400;

/// No bound above; for capacities.
pub(super) const UNBOUNDED: std::ops::RangeInclusive<f64> = 0.0..=f64::MAX;

/// Decodes a whole file. There is a scenario if nothing that it needs is missing; it counts only
/// if there are no mistakes.
pub(super) fn decode(tree: &Table, overrides: &[Override]) -> (Option<Scenario>, Vec<Mistake>) {
    let mut decoder = Decoder::new(overrides);
    let scenario = decoder.scenario(&Fields::root(tree));
    (scenario, decoder.mistakes)
}

impl Decoder<'_> {
    fn scenario(&mut self, top: &Fields<'_>) -> Option<Scenario> {
        self.check_keys(top, &TOP);
        if !top.has("format") {
            self.report_missing(top, "format", "write `format = 1` at the top");
        } else if let Some(format) = self.whole(top, "format", i64::MIN..=i64::MAX)
            && format != FORMAT
        {
            let message = format!("format {format} is not known");
            let help = format!("this program reads `format = {FORMAT}`");
            self.report_at(top, "format", "scenario::unknown_format", message, help);
        }
        if !top.has("name") {
            self.report_missing(top, "name", "");
        }
        let name = self.name(top, "name");
        let question = self.text(top, "question").unwrap_or_default();
        let look_for = self.text(top, "look_for").unwrap_or_default();
        let seed = self.whole(top, "seed", 0..=u64::MAX).unwrap_or(1);
        let steering = self.choice(top, "steering", &Steering::NAMES).unwrap_or_default();
        let world = self.world(top);
        let (preset, rules) = self.rules(top);
        let (prefixes, regional) = self.service(top);
        if steering == Steering::Hybrid && regional.is_empty() {
            let message = "`hybrid` steering needs a prefix for each region";
            let help = "add them under `[service.regional]`, such as `eu = \"198.51.100.0/24\"`";
            self.report_at(top, "steering", "scenario::no_regional_prefix", message, help);
        }
        let known_prefixes: BTreeSet<Prefix> =
            prefixes.iter().chain(regional.values()).copied().collect();
        let scenario = Scenario {
            name: name.unwrap_or_default(),
            question,
            look_for,
            seed,
            steering,
            world: world.unwrap_or(WorldSource::Builtin(String::new())),
            preset,
            rules,
            prefixes,
            regional,
            sites: self.sites(top, &known_prefixes),
            clients: self.clients(top),
            roas: self.entries(top, "roa", Decoder::roa),
            leaks: self.leaks(top),
            residency: self.residency(top),
            geodns: self.geodns(top),
            edge: self.edge(top),
            events: self.events(top),
            corrections: self.entries(top, "correction", events::correction),
            compare: self.variants(top),
        };
        self.mistakes.is_empty().then_some(scenario)
    }

    /// Reads each entry of a list of tables.
    fn entries<T>(
        &mut self,
        top: &Fields<'_>,
        key: &str,
        read: impl Fn(&mut Self, &Node, &str) -> Option<T>,
    ) -> Vec<T> {
        let nodes = self.list(top, key).unwrap_or_default();
        let nodes = nodes.iter().enumerate();
        nodes.filter_map(|(index, node)| read(self, node, &below(key, index))).collect()
    }

    fn world(&mut self, top: &Fields<'_>) -> Option<WorldSource> {
        let help = "add `[world]` with one of `builtin`, `as_rel`, `file` or `synthetic`";
        let Some(node) = top.get("world") else {
            self.report_missing(top, "world", help);
            return None;
        };
        let fields = self.table(node, "world", &SOURCES)?;
        let given: Vec<&str> = SOURCES.into_iter().filter(|key| fields.has(key)).collect();
        let key = match given[..] {
            [key] => key,
            [] if fields.has_others(&SOURCES) => return None,
            [] => {
                let message = "`world` does not say where it comes from";
                self.report("scenario::no_world", "world", &node.origin, message, help);
                return None;
            }
            [first, second, ..] => {
                let message = format!("`world` has two sources, `{first}` and `{second}`");
                self.report_at(&fields, second, "scenario::two_worlds", message, "keep one");
                return None;
            }
        };
        match key {
            "builtin" => self.name(&fields, key).map(WorldSource::Builtin),
            "as_rel" => self.name(&fields, key).map(WorldSource::AsRel),
            "file" => self.name(&fields, key).map(WorldSource::File),
            _ => {
                let fields = self.table(fields.get(key)?, "world.synthetic", &["ases", "seed"])?;
                if !fields.has("ases") {
                    self.report_missing(&fields, "ases", "such as `{ ases = 80000, seed = 1 }`");
                }
                let seed = self.whole(&fields, "seed", 0..=u64::MAX).unwrap_or(1);
                let ases = self.whole(&fields, "ases", 1..=SYNTHETIC_ASES_MAX)?;
                Some(WorldSource::Synthetic { ases, seed })
            }
        }
    }

    fn rules(&mut self, top: &Fields<'_>) -> (Option<Preset>, BTreeMap<String, Setting>) {
        let mut settings = BTreeMap::new();
        let Some(node) = top.get("rules") else { return (None, settings) };
        let Some(fields) = self.table(node, "rules", &[]) else { return (None, settings) };
        let names: Vec<(&str, Preset)> =
            Preset::ALL.iter().map(|preset| (preset.name(), *preset)).collect();
        let preset = self.choice(&fields, "preset", &names);
        let mut rules = Rules::default();
        rules.apply_preset(preset.unwrap_or(Preset::Ideal));
        for (key, node) in fields.entries().filter(|(key, _)| *key != "preset") {
            let path = fields.path_of(key);
            let Some(setting) = self.setting(node, &path) else { continue };
            match rules.set(key, &setting) {
                Ok(()) => {
                    settings.insert(key.to_owned(), setting);
                }
                Err(error) => {
                    let known = Rules::PARAMETERS.iter().any(|parameter| parameter.name == key);
                    let code =
                        if known { "scenario::bad_setting" } else { "scenario::unknown_key" };
                    self.report(code, path, &node.origin, error.message, error.help);
                }
            }
        }
        for (name, message) in rules.contradictions() {
            // Any of the three that stand in one relation may be the one that is given.
            let given = ["lp_customer", "lp_peer", "lp_provider"]
                .into_iter()
                .find(|key| name == "lp_customer" && fields.has(key));
            let name = given.unwrap_or(name);
            self.report_at(&fields, name, "scenario::contradiction", message, "");
        }
        (preset, settings)
    }

    fn service(&mut self, top: &Fields<'_>) -> (Vec<Prefix>, BTreeMap<String, Prefix>) {
        let (mut prefixes, mut regional) = (Vec::new(), BTreeMap::new());
        let help = "add `[service]` with `prefixes = [\"192.0.2.0/24\"]`";
        let Some(node) = top.get("service") else {
            let message = "the service has no prefix";
            self.report("scenario::no_prefix", "", &Origin::Unknown, message, help);
            return (prefixes, regional);
        };
        let Some(fields) = self.table(node, "service", &["prefixes", "regional"]) else {
            return (prefixes, regional);
        };
        let mut seen = BTreeSet::new();
        let mut add = |decoder: &mut Self, node: &Node, path: &str| {
            let prefix = decoder.prefix_of(node, path)?;
            if !seen.insert(prefix) {
                let message = format!("the prefix `{prefix}` stands here twice");
                let code = "scenario::duplicate_prefix";
                decoder.report(code, path, &node.origin, message, "each prefix has one meaning");
                return None;
            }
            Some(prefix)
        };
        let nodes = self.list(&fields, "prefixes").unwrap_or_default();
        if nodes.is_empty() && !matches!(fields.get("prefixes"), Some(node) if !is_list(node)) {
            let message = "the service has no prefix";
            self.report_at(&fields, "prefixes", "scenario::no_prefix", message, help);
        }
        if nodes.len() > usize::from(u16::MAX) {
            let message = "the service has more than 65535 prefixes";
            self.report_at(&fields, "prefixes", "scenario::out_of_range", message, "");
        }
        for (index, node) in nodes.iter().enumerate() {
            prefixes.extend(add(self, node, &format!("service.prefixes.{index}")));
        }
        if let Some(node) = fields.get("regional")
            && let Some(fields) = self.table(node, "service.regional", &[])
        {
            for (region, node) in fields.entries() {
                if let Some(prefix) = add(self, node, &fields.path_of(region)) {
                    regional.insert(region.to_owned(), prefix);
                }
            }
        }
        (prefixes, regional)
    }

    fn sites(&mut self, top: &Fields<'_>, known: &BTreeSet<Prefix>) -> Vec<SiteSpec> {
        let read = |decoder: &mut Self, node: &Node, path: &str| {
            let site = decoder.site_spec(node, path, known)?;
            Some((site, node.clone(), path.to_owned()))
        };
        let sites = self.entries(top, "site", read);
        let mut seen: BTreeMap<_, String> = BTreeMap::new();
        for (site, node, path) in &sites {
            let name = &site.name;
            if let Some(first) = seen.get(name) {
                let origin = node.table().and_then(|table| table.get("name"));
                let origin = origin.map_or(&node.origin, |name| &name.origin).clone();
                let message = format!("two sites are called `{name}`");
                let help = format!("the other is `{first}`; names are matched without case");
                let path = below(path, "name");
                self.report("scenario::duplicate_site", path, &origin, message, help);
            } else {
                seen.insert(name.clone(), path.clone());
            }
        }
        sites.into_iter().map(|(site, ..)| site).collect()
    }

    fn site_spec(&mut self, node: &Node, path: &str, known: &BTreeSet<Prefix>) -> Option<SiteSpec> {
        let fields = self.table(node, path, &SITE)?;
        let name = self.needed_site(&fields, "name");
        let capacity_path = fields.path_of("capacity");
        let capacity = fields.get("capacity").and_then(|node| {
            let fields = self.table(node, &capacity_path, &["kqps", "gbps"])?;
            Some(self.capacity(&fields))
        });
        let prefixes = self.list(&fields, "prefixes").map(|nodes| {
            let mut prefixes: Vec<Prefix> = Vec::new();
            let mut seen = BTreeSet::new();
            for (index, node) in nodes.iter().enumerate() {
                let path = format!("{path}.prefixes.{index}");
                let Some(prefix) = self.prefix_of(node, &path) else { continue };
                if !seen.insert(prefix) {
                    let message = format!("the prefix `{prefix}` stands here twice");
                    let code = "scenario::duplicate_prefix";
                    self.report(code, path, &node.origin, message, "keep one");
                } else if !known.contains(&prefix) && !known.is_empty() {
                    let message = format!("the service has no prefix `{prefix}`");
                    let known = known.iter().take(PREFIXES_NAMED_MAX).map(Prefix::to_string);
                    let known: Vec<String> = known.collect();
                    let help = nearest_help(&prefix.to_string(), known.iter().map(String::as_str));
                    let code = "scenario::unknown_prefix";
                    self.report(code, path, &node.origin, message, help);
                }
                prefixes.push(prefix);
            }
            prefixes
        });
        let (remove, place) = (self.flag(&fields, "remove"), self.place(&fields));
        Some(SiteSpec {
            remove: remove.unwrap_or(false),
            place,
            asn: self.asn(&fields, "asn"),
            capacity,
            region: self.name(&fields, "region"),
            backbone: self.flag(&fields, "backbone"),
            local: self.flag(&fields, "local"),
            prefixes,
            neighbors: self.neighbors(&fields),
            name: name?,
        })
    }

    /// What a site can carry.
    pub fn capacity(&mut self, fields: &Fields<'_>) -> Capacity {
        Capacity {
            kqps: self.number(fields, "kqps", UNBOUNDED),
            gbps: self.number(fields, "gbps", UNBOUNDED),
        }
    }

    /// `city = "FRA"` or `at = [50.04, 8.56]`.
    fn place(&mut self, fields: &Fields<'_>) -> Option<PlaceRef> {
        if fields.has("city") && fields.has("at") {
            let message = "`city` and `at` both say where this is";
            self.report_at(fields, "at", "scenario::two_places", message, "keep one");
        }
        let city = self.city(fields, "city").map(PlaceRef::City);
        let Some(node) = fields.get("at") else { return city };
        let path = fields.path_of("at");
        match &node.value {
            Value::List(list) => self.degrees("at", node, list, &path).or(city),
            _ => {
                self.report_type(&path, node, "a list of two numbers", DEGREES_HELP);
                city
            }
        }
    }

    /// `[50.04, 8.56]`, the value of `key`.
    fn degrees(&mut self, key: &str, node: &Node, list: &[Node], path: &str) -> Option<PlaceRef> {
        let [lat, lon] = list else {
            let message = format!("`{key}` must be two numbers, not {}", list.len());
            self.report("scenario::wrong_type", path, &node.origin, message, DEGREES_HELP);
            return None;
        };
        let lat = self.number_of(lat, &below(path, "0"), -90.0..=90.0);
        let lon = self.number_of(lon, &below(path, "1"), -180.0..=180.0);
        Some(PlaceRef::At(LatLon { lat: lat?, lon: lon? }))
    }

    fn neighbors(&mut self, fields: &Fields<'_>) -> Option<Vec<NeighborSpec>> {
        let nodes = self.list(fields, "neighbors")?;
        let mut found: Vec<NeighborSpec> = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, node) in nodes.iter().enumerate() {
            let path = format!("{}.neighbors.{index}", fields.path);
            let Some(inner) = self.table(node, &path, &NEIGHBOR) else { continue };
            let asn = self.needed_asn(&inner, "asn");
            let Some(spec) = self.neighbor(&inner, asn) else { continue };
            if !seen.insert((spec.asn, spec.at.clone())) {
                let message = format!("AS{} is a neighbor twice", spec.asn.map_or(0, |asn| asn.0));
                let help = "one session to each router: give different cities in `at`, or keep one";
                self.report_at(&inner, "asn", "scenario::duplicate_neighbor", message, help);
            }
            found.push(spec);
        }
        Some(found)
    }

    /// The keys of a neighbor, its number apart.
    pub fn neighbor(&mut self, fields: &Fields<'_>, asn: Option<Asn>) -> Option<NeighborSpec> {
        let names = [
            ("provider", Relation::Provider),
            ("peer", Relation::Peer),
            ("customer", Relation::Customer),
        ];
        let spec = NeighborSpec {
            asn,
            relation: self.choice(fields, "relation", &names),
            at: self.city(fields, "at"),
            prepend: self.prepend(fields),
            med: self.whole(fields, "med", 0..=u32::MAX),
            communities: self.communities(fields),
            takes_longer: self.flag(fields, "takes_longer"),
            withdraw: self.flag(fields, "withdraw"),
        };
        asn.is_some().then_some(spec)
    }

    /// How often a number is added to the path.
    pub fn prepend(&mut self, fields: &Fields<'_>) -> Option<u8> {
        self.whole(fields, "prepend", 0..=PREPEND_MAX)
    }

    fn communities(&mut self, fields: &Fields<'_>) -> Option<Vec<Community>> {
        let nodes = self.list(fields, "communities")?.iter().enumerate();
        let mut found = Vec::new();
        for (index, node) in nodes {
            let path = format!("{}.communities.{index}", fields.path);
            let community = self.parse_of(node, &path, "scenario::bad_community");
            found.extend(community.filter(|community| !found.contains(community)));
        }
        Some(found)
    }

    fn clients(&mut self, top: &Fields<'_>) -> Vec<ClientSpec> {
        let mut seen = BTreeSet::new();
        let nodes = self.list(top, "client").unwrap_or_default();
        let mut clients = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let path = below("client", index);
            let Some(fields) = self.table(node, &path, &CLIENT) else { continue };
            let asn = self.needed_asn(&fields, "asn");
            let place = self.place(&fields);
            let (weight, gbps) = (
                self.number(&fields, "weight", 0.0..=WEIGHT_MAX),
                self.number(&fields, "gbps", 0.0..=WEIGHT_MAX),
            );
            let (name, region) = (self.name(&fields, "name"), self.name(&fields, "region"));
            let neighbors = self.neighbors(&fields);
            let Some(asn) = asn else { continue };
            if !seen.insert((asn, format!("{place:?}"))) {
                let message = format!("AS{asn} is a client twice in one place");
                let help = "add the weights, or give each a city of its own";
                self.report_at(&fields, "asn", "scenario::duplicate_client", message, help);
            }
            clients.push(ClientSpec { asn, name, place, region, weight, gbps, neighbors });
        }
        clients
    }

    fn roa(&mut self, node: &Node, path: &str) -> Option<RoaSpec> {
        let fields = self.table(node, path, &["prefix", "max_length", "asn"])?;
        let prefix = match fields.get("prefix") {
            Some(node) => self.prefix_of(node, &fields.path_of("prefix")),
            None => {
                self.report_missing(&fields, "prefix", "");
                None
            }
        };
        // AS 0 says that nobody may originate the prefix (RFC 6483 §4).
        let nobody = fields.get("asn").is_some_and(|node| matches!(node.value, Value::Integer(0)));
        let asn = if nobody { Some(Asn(0)) } else { self.needed_asn(&fields, "asn") };
        let bounds = prefix
            .map_or(0..=128, |prefix| prefix.length()..=if prefix.is_ipv4() { 32 } else { 128 });
        let max_length = self.whole(&fields, "max_length", bounds);
        Some(RoaSpec { prefix: prefix?, max_length, asn: asn? })
    }

    fn leaks(&mut self, top: &Fields<'_>) -> Vec<Asn> {
        let nodes = self.list(top, "leak").unwrap_or_default();
        let mut leaks: Vec<Asn> = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, node) in nodes.iter().enumerate() {
            let path = below("leak", index);
            let Some(fields) = self.table(node, &path, &["asn"]) else { continue };
            let Some(asn) = self.needed_asn(&fields, "asn") else { continue };
            if !seen.insert(asn) {
                let message = format!("AS{asn} leaks twice");
                self.report_at(&fields, "asn", "scenario::duplicate_leak", message, "keep one");
            }
            leaks.push(asn);
        }
        leaks
    }

    fn residency(&mut self, top: &Fields<'_>) -> BTreeMap<String, Vec<String>> {
        let mut residency = BTreeMap::new();
        let fields = top.get("residency").and_then(|node| self.table(node, "residency", &[]));
        let Some(fields) = fields else { return residency };
        for (region, node) in fields.entries() {
            let Some(nodes) = self.list(&fields, region) else { continue };
            let path = fields.path_of(region);
            let mut regions = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                regions.extend(self.text_of(node, &below(&path, index)));
            }
            if regions.is_empty() && nodes.is_empty() {
                let message = format!("no region may serve clients of `{region}`");
                let help = format!("name at least one, such as `{region} = [\"{region}\"]`");
                self.report("scenario::empty", path, &node.origin, message, help);
            }
            residency.insert(region.to_owned(), regions);
        }
        residency
    }

    fn geodns(&mut self, top: &Fields<'_>) -> GeoDns {
        let mut geodns = GeoDns::default();
        let fields = top.get("geodns").and_then(|node| self.table(node, "geodns", &GEODNS));
        let Some(fields) = fields else { return geodns };
        let share = |decoder: &mut Self, key: &str, into: &mut f64| {
            *into = decoder.number(&fields, key, 0.0..=1.0).unwrap_or(*into);
        };
        share(self, "ecs_share", &mut geodns.ecs_share);
        share(self, "ttl_stretch_share", &mut geodns.ttl_stretch_share);
        share(self, "min_ttl_share", &mut geodns.min_ttl_share);
        geodns.ttl = self.duration(&fields, "ttl", 0..=7 * DAY_S).unwrap_or(geodns.ttl);
        geodns.min_ttl = self.duration(&fields, "min_ttl", 0..=7 * DAY_S).unwrap_or(geodns.min_ttl);
        geodns.negative_ttl =
            self.duration(&fields, "negative_ttl", 0..=7 * DAY_S).unwrap_or(geodns.negative_ttl);
        geodns.resolver_km = self.number(&fields, "resolver_km", 0.0..=FARTHEST_KM);
        geodns.public_share = self.number(&fields, "public_share", 0.0..=1.0);
        geodns.policy =
            self.choice(&fields, "policy", &AnswerPolicy::NAMES).unwrap_or(geodns.policy);
        let known = ["interval", "fall", "timeout"];
        if let Some(node) = fields.get("health_check")
            && let Some(check) = self.table(node, "geodns.health_check", &known)
        {
            geodns.check_interval =
                self.duration(&check, "interval", 0..=DAY_S).unwrap_or(geodns.check_interval);
            geodns.check_fall = self.whole(&check, "fall", 1..=100).unwrap_or(geodns.check_fall);
            geodns.check_timeout =
                self.duration(&check, "timeout", 0..=DAY_S).unwrap_or(geodns.check_timeout);
        }
        geodns
    }

    fn edge(&mut self, top: &Fields<'_>) -> Option<Edge> {
        let fields = self.table(top.get("edge")?, "edge", &["origin", "handshake"])?;
        let handshake = self.choice(&fields, "handshake", &Handshake::NAMES).unwrap_or_default();
        let Some(node) = fields.get("origin") else {
            self.report_missing(&fields, "origin", "write a city, such as `origin = \"SIN\"`");
            return None;
        };
        let path = fields.path_of("origin");
        let origin = match &node.value {
            Value::List(list) => self.degrees("origin", node, list, &path)?,
            _ => PlaceRef::City(self.city(&fields, "origin")?),
        };
        Some(Edge { origin, handshake })
    }

    fn events(&mut self, top: &Fields<'_>) -> Vec<Event> {
        // Before any is read: what follows takes time for each.
        if let Some(Value::List(nodes)) = top.get("event").map(|node| &node.value)
            && nodes.len() > EVENTS_MAX
        {
            let message = format!("there are {} events, more than {EVENTS_MAX}", nodes.len());
            let help = "play a shorter time, or several scenarios";
            self.report_at(top, "event", "scenario::out_of_range", message, help);
            return Vec::new();
        }
        self.entries(top, "event", events::event)
    }

    fn variants(&mut self, top: &Fields<'_>) -> Vec<Variant> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let nodes = self.list(top, "compare").unwrap_or_default();
        if nodes.len() > VARIANTS_MAX {
            let message = format!("there are {} variants, more than {VARIANTS_MAX}", nodes.len());
            let help = "a sweep over many settings is `catchment plan sweep`";
            self.report_at(top, "compare", "scenario::out_of_range", message, help);
            return Vec::new();
        }
        let mut variants = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let path = below("compare", index);
            let Some(fields) = self.table(node, &path, &["name", "set"]) else { continue };
            if !fields.has("name") {
                self.report_missing(&fields, "name", "");
            }
            let name = self.name(&fields, "name");
            let mut set = BTreeMap::new();
            let set_path = fields.path_of("set");
            match fields.get("set") {
                None => {
                    let help = "such as `set = { \"geodns.ttl\" = \"60s\" }`";
                    self.report_missing(&fields, "set", help);
                }
                Some(node) => {
                    if let Some(inner) = self.table(node, &set_path, &[]) {
                        self.settings(&inner, "", &mut set);
                    }
                }
            }
            let Some(name) = name else { continue };
            if !seen.insert(name.clone()) {
                let message = format!("two variants are called `{name}`");
                self.report_at(&fields, "name", "scenario::duplicate_variant", message, "");
            }
            variants.push(Variant { name, set });
        }
        variants
    }

    /// Settings of a variant: dotted paths, nested tables, or both.
    fn settings(&mut self, fields: &Fields<'_>, at: &str, set: &mut BTreeMap<String, Setting>) {
        for (key, node) in fields.entries() {
            let (place, path) = (fields.path_of(key), below(at, key));
            let first = path.split('.').next().unwrap_or("");
            if matches!(node.value, Value::Table(_)) {
                if let Some(inner) = self.table(node, &place, &[]) {
                    self.settings(&inner, &path, set);
                }
            } else if !TOP.contains(&first) || matches!(first, "format" | "compare") {
                let message = format!("`{path}` is not the path of a setting");
                let known = TOP.into_iter().filter(|key| !matches!(*key, "format" | "compare"));
                let help = nearest_help(first, known);
                self.report("scenario::bad_path", place, &node.origin, message, help);
            } else if let Some(setting) = self.setting(node, &place)
                && set.insert(path.clone(), setting).is_some()
            {
                let message = format!("`{path}` is set twice");
                self.report("scenario::duplicate_key", place, &node.origin, message, "keep one");
            }
        }
    }
}

fn is_list(node: &Node) -> bool {
    matches!(node.value, Value::List(_))
}

//! What a scenario says survives being written and read, in both syntaxes; settings laid over it
//! change what they name and nothing else.

use catchment_formats::scenario::{self, Reading, Syntax};
use catchment_model::scenario::{
    Action, AnswerPolicy, Botnet, Change, Edge, FailureKind, GeoDns, Handshake, PlaceRef, Steering,
};
use catchment_model::{Asn, Duration, LatLon, Scenario};
use expect_test::expect;
use proptest::prelude::*;

/// The example of the design.
const FRANKFURT: &str = r#"
format = 1
name = "frankfurt-fails"
question = "Who is hurt, and for how long, when Frankfurt dies without a word?"
seed = 7
steering = "anycast"

[world]
builtin = "eight"

[rules]
decision = "policy"
oldest_rule = "timestamp"

[service]
prefixes = ["192.0.2.0/24"]

[[event]]
at = "0s"
fail = "fra"
how = "hold-timer"

[[event]]
at = "10m"
restore = "fra"

[[compare]]
name = "BFD"
set = { "event.0.how" = "bfd" }

[[compare]]
name = "GeoDNS, TTL 60"
set = { steering = "geodns", "geodns.ttl" = "60s" }
"#;

/// Every block and every key.
const EVERYTHING: &str = r#"
format = 1
name = "everything \"quoted\" \\ and\ttabbed"
question = "Zürich → 東京?\nA second line"
look_for = "the \u007f character"
seed = 18446744073709551615
steering = "hybrid"
world = { synthetic = { ases = 80000, seed = 3 } }

[rules]
preset = "realistic"
policy_noise = 0.1
lp_peer = 250
hold = "9s"
wrate = true
t_hop = 0.2

[service]
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
[service.regional]
eu = "198.51.100.0/24"
"north america" = "203.0.113.0/24"

[residency]
eu = ["eu", "ch"]

[geodns]
ttl = "1m30s"
policy = "load-aware"
ecs_share = 0.25
ttl_stretch_share = 0.1
min_ttl_share = 0
min_ttl = "2m"
negative_ttl = "5s"
resolver_km = 0
public_share = 0.2
health_check = { interval = "0s", fall = 2, timeout = "500ms" }

[edge]
origin = "sin"
handshake = "quic-0rtt"

[[site]]
name = "WAW"
city = "waw"
asn = 64510
capacity = { kqps = 300, gbps = 40.5 }
region = "eu"
backbone = false
local = true
prefixes = ["192.0.2.0/24", "198.51.100.0/24"]
neighbors = [
  { asn = 1299 },
  { asn = 3356, relation = "peer", at = "fra", prepend = 2, med = 10, takes_longer = true,
    communities = ["no-export", "65535:65281", "no-announce:174", "3356:70"] },
]
[[site]]
name = "fra"
remove = true
[[site]]
name = "sea"
at = [-52.17, 20.970000000000002]
neighbors = []
capacity = {}

[[client]]
asn = 65545
name = "Istanbul"
city = "IST"
region = "asia"
weight = 70.125
gbps = 1e-7
neighbors = [{ asn = "AS1299", relation = "customer" }]
[[client]]
asn = 65546
at = [0, 180]

[[roa]]
prefix = "192.0.2.0/24"
max_length = 24
asn = 64496
[[roa]]
prefix = "2001:db8::/32"
asn = 4294967295

[[leak]]
asn = 65537

[[correction]]
source = "looking glass, 2026-04-01"
link = { a = 3356, b = 12956, state = "up", relation = "sibling" }
[[correction]]
session = { a = 1, b = 2, city = "mia", state = "down" }
[[correction]]
as_policy = { asn = 1, neighbor = 2, local_pref = 80, prepend = 1, export = false }
[[correction]]
announce = { site = "waw", neighbor = 1299, med = 5, communities = [] }

[[event]]
at = "0s"
fail = "FRA"
[[event]]
at = "1.5s"
fail = "fra"
how = "health-check"
[[event]]
at = "2s"
restore = "fra"
[[event]]
at = "3s"
drain = "fra"
[[event]]
at = "30s"
link = { a = 3356, b = 12956, city = "MIA", state = "down" }
[[event]]
at = "30s"
session = { a = 3356, b = 12956, state = "up" }
[[event]]
at = "60s"
announce = { site = "bom", neighbor = 6453, prepend = 1, withdraw = true, at = "lhr" }
[[event]]
at = "90s"
as_policy = { asn = 65545, neighbor = 1299, local_pref = 80 }
[[event]]
at = "95s"
igp = { asn = 1299, a = "FRA", b = "LHR", cost = 900 }
[[event]]
at = "2m"
attack = { gbps = 400, mqps = 60, from = { region = "asia" }, lasts = "5m" }
[[event]]
at = "2m"
attack = { gbps = 0.5, from = "by_users" }
[[event]]
at = "2m"
attack = { mqps = 1, from = { country = "de" } }
[[event]]
at = "2m"
attack = { mqps = 1, from = { ases = [1, 2] } }
[[event]]
at = "2m"
attack = { mqps = 1, from = { zipf = 1.2 } }
[[event]]
at = "2m"
attack = { mqps = 1 }
[[event]]
at = "3m"
capacity = { site = "fra", kqps = 100 }

[[compare]]
name = "nested and dotted"
[compare.set]
geodns = { ttl = "60s", policy = "tier" }
"event.1.how" = "bfd"
seed = 1
"rules.wrate" = false
"rules.t_hop" = 1.0
[[compare]]
name = "a new site"
set = { "site.ams.asn" = 64511, "site.waw.neighbors.1299.prepend" = 3, "client.65546.weight" = 5 }
"#;

#[track_caller]
fn reading(text: &str, syntax: Syntax) -> Reading {
    scenario::read(text, syntax, &[]).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

#[track_caller]
fn parse(text: &str) -> Scenario {
    reading(text, Syntax::Toml).scenario
}

#[test]
fn the_example_of_the_design_is_read() {
    let scenario = parse(FRANKFURT);
    assert_eq!(scenario.name, "frankfurt-fails");
    assert_eq!(scenario.seed, 7);
    assert_eq!(scenario.steering, Steering::Anycast);
    let site = "fra".parse().unwrap();
    assert_eq!(scenario.events[0].action, Action::Fail(site, FailureKind::HoldTimer));
    assert_eq!(scenario.events[1].at, Duration::from_s(600));
    assert_eq!(scenario.compare.len(), 2);
}

#[test]
fn what_is_left_out_has_defaults() {
    let text = "format = 1\nname = \"x\"\nworld.builtin = \"eight\"\n\
                service.prefixes = [\"192.0.2.0/24\"]\n";
    let scenario = parse(text);
    assert_eq!((scenario.seed, scenario.steering), (1, Steering::Anycast));
    assert_eq!(scenario.geodns, Default::default());
    assert!(scenario.rules.is_empty() && scenario.sites.is_empty());
}

#[test]
fn every_block_is_read() {
    let scenario = parse(EVERYTHING);
    assert_eq!(scenario.seed, u64::MAX);
    assert_eq!(scenario.sites[0].place, Some(PlaceRef::City("WAW".to_owned())));
    let geodns = GeoDns {
        ttl: Duration::from_s(90),
        policy: AnswerPolicy::LoadAware,
        check_interval: Duration::from_s(0),
        check_fall: 2,
        check_timeout: Duration::from_ms(500),
        ecs_share: 0.25,
        ttl_stretch_share: 0.1,
        min_ttl_share: 0.0,
        min_ttl: Duration::from_s(120),
        negative_ttl: Duration::from_s(5),
        resolver_km: Some(0.0),
        public_share: Some(0.2),
    };
    assert_eq!(scenario.geodns, geodns);
    let origin = PlaceRef::City("SIN".to_owned());
    assert_eq!(scenario.edge, Some(Edge { origin, handshake: Handshake::QuicEarlyData }));
    let neighbors = scenario.sites[0].neighbors.as_ref().unwrap();
    // `no-export` and `65535:65281` are one community.
    assert_eq!(neighbors[1].communities.as_ref().unwrap().len(), 3);
    assert_eq!(neighbors[1].at.as_deref(), Some("FRA"));
    assert!(scenario.sites[1].remove);
    assert_eq!(scenario.sites[2].neighbors, Some(Vec::new()));
    assert_eq!(scenario.clients[0].gbps, Some(1e-7));
    assert_eq!(scenario.roas[1].asn, Asn(u32::MAX));
    assert_eq!(scenario.corrections.len(), 4);
    assert_eq!(scenario.events.len(), 16);
    let Action::Attack(attack) = &scenario.events[11].action else { panic!() };
    assert_eq!(attack.from, Botnet::Country("DE".to_owned()));
    let Action::Change(Change::Announce { neighbor, .. }) = &scenario.events[6].action else {
        panic!()
    };
    assert_eq!(neighbor.withdraw, Some(true));
    assert_eq!(scenario.compare[0].set.len(), 6);
}

#[test]
fn written_toml_and_json_read_back_equal() {
    for text in [FRANKFURT, EVERYTHING] {
        let scenario = parse(text);
        let toml = scenario::write_toml(&scenario);
        assert_eq!(reading(&toml, Syntax::Toml).scenario, scenario, "{toml}");
        let json = scenario::write_json(&scenario);
        assert_eq!(reading(&json, Syntax::Json).scenario, scenario, "{json}");
        // And writing is settled.
        assert_eq!(scenario::write_toml(&parse(&toml)), toml);
        assert_eq!(scenario::write_json(&reading(&json, Syntax::Json).scenario), json);
    }
}

#[test]
fn an_origin_can_be_given_in_degrees() {
    let text = "format = 1\nname = \"x\"\nworld.builtin = \"eight\"\n\
                service.prefixes = [\"192.0.2.0/24\"]\n[edge]\norigin = [1.36, 103.99]\n";
    let scenario = parse(text);
    let origin = PlaceRef::At(LatLon { lat: 1.36, lon: 103.99 });
    assert_eq!(scenario.edge, Some(Edge { origin, handshake: Handshake::Tls13 }));
    let toml = scenario::write_toml(&scenario);
    assert!(toml.ends_with("[edge]\norigin = [1.36, 103.99]\n"), "{toml}");
    assert_eq!(parse(&toml), scenario);
    assert_eq!(reading(&scenario::write_json(&scenario), Syntax::Json).scenario, scenario);
}

#[test]
fn a_scenario_is_written_as_people_would() {
    let text = "format = 1\nname = \"x\"\nworld.builtin = \"eight\"\n\
        service.prefixes = [\"192.0.2.0/24\"]\nservice.regional.eu = \"198.51.100.0/24\"\n\
        [[site]]\nname = \"waw\"\ncapacity.kqps = 300\n\
        neighbors = [{ asn = 1299 }, { asn = 3356, prepend = 2 }]\n\
        [[event]]\nat = \"90s\"\nfail = \"waw\"\n\
        [[compare]]\nname = \"BFD\"\nset = { \"event.0.how\" = \"bfd\" }\n";
    let scenario = parse(text);
    expect![[r#"
        format = 1
        name = "x"

        [world]
        builtin = "eight"

        [service]
        prefixes = ["192.0.2.0/24"]

        [service.regional]
        eu = "198.51.100.0/24"

        [[site]]
        name = "waw"
        capacity = { kqps = 300 }
        neighbors = [
          { asn = 1299 },
          { asn = 3356, prepend = 2 },
        ]

        [[event]]
        at = "1m30s"
        fail = "waw"

        [[compare]]
        name = "BFD"
        set = { "event.0.how" = "bfd" }
    "#]]
    .assert_eq(&scenario::write_toml(&scenario));
    expect![[r#"
        {
          "format": 1,
          "name": "x",
          "world": {
            "builtin": "eight"
          },
          "service": {
            "prefixes": ["192.0.2.0/24"],
            "regional": {
              "eu": "198.51.100.0/24"
            }
          },
          "site": [
            {
              "name": "waw",
              "capacity": {
                "kqps": 300
              },
              "neighbors": [
                {
                  "asn": 1299
                },
                {
                  "asn": 3356,
                  "prepend": 2
                }
              ]
            }
          ],
          "event": [
            {
              "at": "1m30s",
              "fail": "waw"
            }
          ],
          "compare": [
            {
              "name": "BFD",
              "set": {
                "event.0.how": "bfd"
              }
            }
          ]
        }
    "#]]
    .assert_eq(&scenario::write_json(&scenario));
}

#[test]
fn later_mistakes_are_located_by_path() {
    let source = reading(FRANKFURT, Syntax::Toml).source;
    let text = |path| source.locate(path).map(|span| &FRANKFURT[span]);
    assert_eq!(text("event.0.fail"), Some("\"fra\""));
    assert_eq!(text("service.prefixes.0"), Some("\"192.0.2.0/24\""));
    assert_eq!(text("event.1"), Some("[[event]]"));
    // What is not there is looked for around it.
    assert_eq!(text("event.1.how"), Some("[[event]]"));
    assert_eq!(text("world.builtin.x.y"), Some("\"eight\""));
    assert_eq!(text("geodns.ttl"), None);
    let key = source.locate_key("event.0.fail").map(|span| &FRANKFURT[span]);
    assert_eq!(key, Some("fail"));
}

fn set(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn settings_change_what_they_name() {
    let overrides = set(&[
        ("site.fra.capacity.kqps", "200"),
        ("site.FRA.region", "eu"),
        ("rules.oldest_rule", "none"),
        ("event.0.how", "bfd"),
        ("event.1.at", "5m"),
        ("geodns.ttl", "60s"),
        ("geodns.health_check.fall", "5"),
        ("seed", "3"),
        ("name", "2026"),
        ("world.as_rel", "${DATA}/x.bz2"),
        ("client.65545.weight", "7.5"),
        ("service.prefixes", "[\"198.51.100.0/24\"]"),
        ("residency.eu", "[\"eu\"]"),
        ("site.fra.neighbors", "[{ asn = 1299 }]"),
        ("site.fra.neighbors.1299.prepend", "2"),
        ("site.fra.city", "FRA"),
        ("site.fra.at", "[50, 8]"),
    ]);
    let changed = scenario::read(FRANKFURT, Syntax::Toml, &overrides).unwrap().scenario;
    expect![[r#"
        format = 1
        name = "2026"
        question = "Who is hurt, and for how long, when Frankfurt dies without a word?"
        seed = 3

        [world]
        as_rel = "${DATA}/x.bz2"

        [rules]
        decision = "policy"
        oldest_rule = "none"

        [service]
        prefixes = ["198.51.100.0/24"]

        [residency]
        eu = ["eu"]

        [geodns]
        health_check = { fall = 5 }

        [[site]]
        name = "fra"
        at = [50, 8]
        capacity = { kqps = 200 }
        region = "eu"
        neighbors = [{ asn = 1299, prepend = 2 }]

        [[client]]
        asn = 65545
        weight = 7.5

        [[event]]
        at = "0s"
        fail = "fra"
        how = "bfd"

        [[event]]
        at = "5m"
        restore = "fra"

        [[compare]]
        name = "BFD"
        set = { "event.0.how" = "bfd" }

        [[compare]]
        name = "GeoDNS, TTL 60"
        set = { "geodns.ttl" = "60s", steering = "geodns" }
    "#]]
    .assert_eq(&scenario::write_toml(&changed));
    // The same over a scenario that has been read.
    assert_eq!(scenario::with_overrides(&parse(FRANKFURT), &overrides), Ok(changed));
}

#[test]
fn variants_are_laid_over_a_scenario() {
    let scenario = parse(EVERYTHING);
    let first = scenario::with_variant(&scenario, 0).unwrap();
    assert_eq!(first.geodns.ttl, Duration::from_s(60));
    assert_eq!(first.seed, 1);
    assert!(first.compare.is_empty());
    let second = scenario::with_variant(&scenario, 1).unwrap();
    assert_eq!(second.sites[3].asn, Some(Asn(64511)));
    assert_eq!(second.sites[0].neighbors.as_ref().unwrap()[0].prepend, Some(3));
    assert_eq!(second.clients[1].weight, Some(5.0));
    assert!(scenario::with_variant(&scenario, 2).is_err());
}

proptest! {
    /// Texts of any kind survive, as values and as keys.
    #[test]
    fn any_text_round_trips(name in "\\PC{1,20}|[\\x00-\\x7f]{1,8}", region in ".{1,10}") {
        let mut scenario = parse(FRANKFURT);
        scenario.name = format!("x{name}");
        scenario.question = name;
        scenario.residency.insert(region.clone(), vec![region]);
        let toml = scenario::write_toml(&scenario);
        prop_assert_eq!(reading(&toml, Syntax::Toml).scenario, scenario.clone(), "{}", toml);
        let json = scenario::write_json(&scenario);
        prop_assert_eq!(reading(&json, Syntax::Json).scenario, scenario);
    }

    /// So do numbers of any size.
    #[test]
    fn any_number_round_trips(
        size in 0.0..f64::MAX,
        weight in 0.0..1e12,
        small in 0.0..1.0_f64,
        seed: u64,
        us in 0..1_i64 << 40,
    ) {
        let mut scenario = parse(EVERYTHING);
        let capacity = catchment_model::service::Capacity { kqps: Some(size), gbps: None };
        scenario.sites[0].capacity = Some(capacity);
        scenario.clients[0].weight = Some(weight);
        scenario.clients[0].gbps = Some(small);
        scenario.geodns.ecs_share = small;
        scenario.seed = seed;
        scenario.events[0].at = Duration { us };
        let toml = scenario::write_toml(&scenario);
        prop_assert_eq!(reading(&toml, Syntax::Toml).scenario, scenario.clone(), "{}", toml);
        let json = scenario::write_json(&scenario);
        prop_assert_eq!(reading(&json, Syntax::Json).scenario, scenario);
    }

    /// Whatever is thrown at the readers, they answer.
    #[test]
    fn garbage_is_a_mistake(text in ".{0,200}", at in 0..3000_usize, with in ".{0,3}") {
        let _ = scenario::read(&text, Syntax::Toml, &[]);
        let _ = scenario::read(&text, Syntax::Json, &[]);
        let mut cut = at.min(EVERYTHING.len());
        while !EVERYTHING.is_char_boundary(cut) {
            cut -= 1;
        }
        let mixed = format!("{}{with}{}", &EVERYTHING[..cut], &EVERYTHING[cut..]);
        if let Err(mistakes) = scenario::read(&mixed, Syntax::Toml, &[]) {
            prop_assert!(!mistakes.is_empty());
            for span in mistakes.iter().filter_map(|mistake| mistake.span.clone()) {
                prop_assert!(mixed.get(span).is_some());
            }
        }
        let overrides = set(&[(&text, &with), (&with, &text)]);
        let _ = scenario::read(FRANKFURT, Syntax::Toml, &overrides);
    }
}

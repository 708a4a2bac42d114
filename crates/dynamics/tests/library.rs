//! The scenarios of the library, each with what its card promises: who lands where, when, and what
//! the variants change. `crates/cli/tests/cli/library.rs` runs all of them as users do.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use catchment_dynamics::delivery::Fate;
use catchment_dynamics::edge::{EdgeReport, EdgeState, FirstByte, Origin, Wait};
use catchment_dynamics::outcome::{EventOutcome, State};
use catchment_dynamics::play::{Timeline, play};
use catchment_dynamics::{Outcome, Script};
use catchment_model::scenario::Handshake;
use catchment_testkit::story::{Story, situation, whole};

/// A scenario of the library, played.
struct Card {
    story: Story,
    timeline: Timeline,
    outcome: Outcome,
    edge: Option<EdgeReport>,
}

/// Plays a scenario of the library, as written.
macro_rules! card {
    ($name:literal) => {
        Card::play(include_str!(concat!("../../../scenarios/", $name, ".toml")), None)
    };
    ($name:literal, $variant:literal) => {
        Card::play(include_str!(concat!("../../../scenarios/", $name, ".toml")), Some($variant))
    };
}

impl Card {
    fn play(text: &str, variant: Option<&str>) -> Card {
        let story = whole(text, variant);
        let schedule = story.schedule();
        let script = Script {
            situation: situation(&story.assembled),
            schedule: &schedule,
            steering: story.scenario.steering,
            prefix: 0,
            geodns: &story.scenario.geodns,
            regional: &story.assembled.regional,
            client_gbps: &story.assembled.client_gbps,
            senders: None,
            bystanders: false,
        };
        let timeline = play(&script, &mut |_, _| ControlFlow::Continue(())).expect("it settles");
        let outcome = Outcome::of(&script, &timeline);
        let edge = story.scenario.edge.as_ref().zip(story.assembled.origin).map(|(edge, at)| {
            let origin = Origin { at, handshake: edge.handshake };
            EdgeReport::of(&script, &timeline, &outcome, origin)
        });
        Card { story, timeline, outcome, edge }
    }

    fn event(&self, index: usize) -> &EventOutcome {
        &self.outcome.events[index]
    }

    fn site(&self, site: Option<u32>) -> &str {
        let sites = &self.story.assembled.service.sites;
        site.map_or("nowhere", |site| sites[site as usize].name.as_str())
    }

    fn name(&self, source: u32) -> &str {
        &self.timeline.delivery.sources[source as usize].name
    }

    /// What the sites serve, `jfk 150, mia 60`; those without demand are left out.
    fn shares(&self, state: &State) -> String {
        let mut out = String::new();
        let sites = (0..).zip(&state.sites).map(|(site, share)| (self.site(Some(site)), share));
        for (name, share) in sites.chain([("nowhere", &state.unserved)]) {
            if share.demand > 0.0 {
                let comma = if out.is_empty() { "" } else { ", " };
                write!(out, "{comma}{name} {}", share.demand).unwrap();
            }
        }
        out
    }

    fn start(&self) -> String {
        self.shares(&self.outcome.states[0])
    }

    fn after(&self, event: usize) -> String {
        self.shares(&self.outcome.states[self.event(event).after])
    }

    /// Who moved on account of an event, `fra → lhr 170`.
    fn moves(&self, event: usize) -> String {
        let moves =
            self.event(event).moves.iter().map(|it| {
                format!("{} → {} {}", self.site(it.from), self.site(it.to), it.moved.demand)
            });
        moves.collect::<Vec<_>>().join(", ")
    }

    /// Who did not come back, `Istanbul at bom`.
    fn stayed(&self, event: usize) -> String {
        let stayed = self.event(event).stayed.iter();
        let told =
            stayed.map(|it| format!("{} at {}", self.name(it.source), self.site(it.fate.site())));
        told.collect::<Vec<_>>().join(", ")
    }

    /// Sites with too much load after an event, with the share of attempts that they lose.
    fn overloads(&self, event: usize) -> String {
        let told = self
            .event(event)
            .overloads
            .iter()
            .map(|it| format!("{} loses {:.0} %", self.site(Some(it.site)), 100.0 * it.loss));
        told.collect::<Vec<_>>().join(", ")
    }

    /// When all whom an event hurt were served again, in s after it.
    #[track_caller]
    fn served_s(&self, event: usize) -> f64 {
        self.event(event).restored.all_us.expect("they are served again") as f64 / 1e6
    }

    /// Labels of events, with their times in whole seconds.
    fn told(&self) -> Vec<String> {
        let events = self.outcome.events.iter();
        events.map(|it| format!("{} s {}", it.at_us / 1_000_000, it.label)).collect()
    }

    /// Where a client is before the first event.
    fn client(&self, name: &str) -> String {
        let delivery = &self.timeline.delivery;
        let is_it = |source: u32| self.name(source) == name;
        let streams = delivery.streams.iter().zip(&delivery.start);
        let fates = streams.filter(|(stream, _)| is_it(stream.source));
        let sites: Vec<&str> = fates.map(|(_, fate): (_, &Fate)| self.site(fate.site())).collect();
        sites.join(", ")
    }
}

/// Whether a time or share is as expected.
#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value}, not {expected} ± {tolerance}");
}

/// What all sites of `eight` serve in calm times (T12.1).
const CALM: &str = "jfk 150, mia 60, gru 150, lhr 60, fra 240, bom 340, nrt 140, sin 40";

#[test]
fn hello() {
    let card = card!("hello");
    // The shortest path, then the delay: Singapore's own users stay at home, unlike in `eight`.
    assert_eq!(card.start(), "jfk 150, mia 60, gru 150, lhr 60, fra 240, bom 340, nrt 120, sin 60");
    assert_eq!(card.moves(0), "fra → lhr 170, fra → bom 70");
    near(card.served_s(0), 0.011, 0.002);
    assert_eq!(card.stayed(1), "Istanbul at bom");
    assert_eq!(card!("hello", "rules of routers").stayed(1), "Istanbul at bom");
    let dns = card!("hello", "GeoDNS");
    assert_eq!(dns.stayed(1), "");
    assert!((60.0..590.0).contains(&dns.served_s(0)), "{}", dns.served_s(0));
}

#[test]
fn three_cities() {
    let card = card!("three-cities");
    assert_eq!(card.start(), "jfk 100, fra 100, sin 100");
    assert_eq!(card.after(0), "jfk 200, sin 100");
    near(card.served_s(0), 0.044, 0.002);
    assert_eq!(card.after(1), card.start());
    // The hold timer of Cisco is 180 s, less what has gone of the last keepalive's 60.
    let silent = card!("three-cities", "hold timer").served_s(0);
    assert!((120.0..181.0).contains(&silent), "{silent}");
    let dns = card!("three-cities", "GeoDNS").served_s(0);
    assert!((60.0..151.0).contains(&dns), "{dns}");
}

#[test]
fn four_cities() {
    let card = card!("four-cities");
    assert_eq!(card.client("Johannesburg"), "lhr");
    assert_eq!(card.moves(0), "lhr → jfk 140");
    assert_eq!(card.overloads(0), "jfk loses 55 %");
    assert_eq!(card.after(1), card.start());
}

#[test]
fn frankfurt_fails() {
    let card = card!("frankfurt-fails");
    assert_eq!(card.start(), CALM);
    assert_eq!(card.moves(0), "fra → lhr 170, fra → bom 70");
    let silent = card.served_s(0);
    assert!((120.0..181.0).contains(&silent), "{silent}");
    assert_eq!(card.stayed(1), "Istanbul at bom");
    let bfd = card!("frankfurt-fails", "BFD").served_s(0);
    assert!((0.6..1.0).contains(&bfd), "{bfd}");
    let dns =
        [card!("frankfurt-fails", "GeoDNS, TTL 60"), card!("frankfurt-fails", "GeoDNS, TTL 300")];
    let [short, long] = dns.map(|card| card.outcome.lost());
    assert!(short < long, "{short} {long}");
}

#[test]
fn ttl_gap() {
    let card = card!("ttl-gap");
    assert_eq!(card.moves(0), "fra → lhr 240");
    // A check every 30 s fails three times: 60 to 90 s. Then the TTL, at most (T4.1).
    let noticed = card.event(0).detected_us.unwrap() as f64 / 1e6;
    assert!((60.0..=90.0).contains(&noticed), "{noticed}");
    let last = |card: &Card, ttl: f64| {
        let waited = card.served_s(0) - noticed;
        assert!((0.0..=ttl).contains(&waited), "{waited} of {ttl}");
    };
    let variants = [card!("ttl-gap", "TTL 30"), card, card!("ttl-gap", "TTL 300")];
    for (variant, ttl) in variants.iter().zip([30.0, 60.0, 300.0]) {
        last(variant, ttl);
    }
    let lost = variants.map(|card| card.outcome.lost());
    assert!(lost.is_sorted(), "{lost:?}");
    let ideal = card!("ttl-gap", "ideal check");
    assert!(ideal.served_s(0) <= 60.0);
    // One in eleven resolvers keeps answers for some half an hour.
    assert!(card!("ttl-gap", "stretched TTLs").served_s(0) > 150.0);
    near(card!("ttl-gap", "anycast").served_s(0), 0.011, 0.002);
}

#[test]
fn restore_surprise() {
    let card = card!("restore-surprise");
    assert_eq!(card.moves(0), "nrt → sin 140");
    assert_eq!(card.stayed(1), "Seoul at sin, Singapore at sin");
    assert_eq!(card.stayed(3), "Istanbul at bom");
    let in_use = card!("restore-surprise", "route in use");
    assert_eq!((in_use.stayed(1), in_use.stayed(3)), (String::new(), "Istanbul at bom".into()));
    let neither = card!("restore-surprise", "no such rule");
    assert_eq!((neither.stayed(1), neither.stayed(3)), (String::new(), String::new()));
    assert_eq!(neither.after(3), neither.start());
}

#[test]
fn tokyo_to_sin() {
    let card = card!("tokyo-to-sin");
    assert_eq!((card.start(), card.client("Tokyo-B")), (CALM.into(), "sin".into()));
    // AS6453 prefers its peer: Mumbai and Johannesburg go to Tokyo as well.
    assert_eq!(card.moves(0), "bom → nrt 340, sin → nrt 40");
    assert_eq!(card.after(1), CALM);
    // Tokyo announces to AS6453: only Tokyo-B moves (T12.5).
    assert_eq!(card.moves(2), "sin → nrt 40");
}

#[test]
fn istanbul_tie() {
    let card = card!("istanbul-tie");
    assert_eq!(card.client("Istanbul"), "fra");
    assert_eq!(card.moves(0), "fra → bom 70");
    // The session is back, and nothing moves: the route to Mumbai is older by now.
    assert_eq!(card.moves(1), "");
    let no_age = card!("istanbul-tie", "no age");
    assert_eq!(no_age.moves(1), "bom → fra 70");
    let split = card!("istanbul-tie", "multipath");
    let of = |card: &Card| card.start().split(", ").map(str::to_owned).collect::<Vec<_>>();
    // Half of Istanbul's 70 is in each of the two (T5.4).
    assert!(split.client("Istanbul").contains("fra") && split.client("Istanbul").contains("bom"));
    assert!(!of(&split).contains(&"fra 240".to_owned()));
    assert_eq!(split.after(1), split.start());
    let prepended = card!("istanbul-tie", "Mumbai prepends");
    assert_eq!(prepended.client("Mumbai"), "sin");
    assert_eq!(prepended.moves(0), "fra → sin 70");
    assert_eq!(prepended.moves(1), "");
    let prefers = card!("istanbul-tie", "Istanbul prefers");
    assert_eq!(prefers.moves(1), "bom → fra 70");
}

#[test]
fn peering_lost_gru() {
    let card = card!("peering-lost-gru");
    assert_eq!(card.moves(0), "gru → mia 150");
    near(card.served_s(0), 0.01, 0.002);
    // 210 for a capacity of 120 (T8.1), and clients try three times.
    assert_eq!(card.overloads(0), "mia loses 75 %");
    assert_eq!(card.after(1), CALM);
    assert_eq!(card.overloads(1), "");
}

#[test]
fn ddos_world() {
    let card = card!("ddos-world");
    assert_eq!(card.told()[0], "60 s attack of 1.1 Mq/s begins");
    assert_eq!((card.overloads(0), card.after(0)), (String::new(), CALM.into()));
    let alike = card!("ddos-world", "each network alike");
    assert_eq!(alike.event(0).overloads.len(), 4);
    let more = card!("ddos-world", "four times");
    assert_eq!((more.event(0).overloads.len(), more.after(0)), (8, CALM.into()));
    let leave = card!("ddos-world", "four times, leave");
    let last = leave.outcome.events.len() - 1;
    assert_eq!(leave.after(last), "nowhere 1180");
}

#[test]
fn ddos_region() {
    let card = card!("ddos-region");
    assert_eq!(card.overloads(0), "fra loses 71 %");
    assert_eq!(card.after(0), CALM);
    let withdraw = card!("ddos-region", "withdraw");
    assert_eq!(withdraw.told()[1], "63 s fra withdraws itself, overloaded");
    assert_eq!(withdraw.outcome.events.len(), 1 + 8);
    let filtered = card!("ddos-region", "filter");
    assert_eq!((filtered.overloads(0), filtered.after(0)), (String::new(), CALM.into()));
}

#[test]
fn unannounced_restart() {
    let card = card!("unannounced-restart");
    assert!((0.6..1.0).contains(&card.served_s(0)));
    // The servers are back, and nobody comes.
    assert_eq!((card.moves(1), card.overloads(1)), (String::new(), "lhr loses 78 %".into()));
    assert_eq!(card.event(1).hurt.sources, 0);
    assert_eq!((card.moves(2), card.stayed(2)), ("lhr → fra 170".into(), "Istanbul at bom".into()));
}

#[test]
fn cascade() {
    let card = card!("cascade");
    let sites = ["bom", "sin", "nrt", "lhr", "fra", "jfk", "mia", "gru"];
    let told = card.told();
    assert_eq!(told.len(), sites.len());
    for (label, site) in told.iter().zip(sites) {
        assert!(label.contains(site), "{label}");
    }
    let last = &card.outcome.events[7];
    near(last.at_us as f64 / 1e6, 31.2, 0.1);
    assert_eq!(card.after(7), "nowhere 1180");
    let absorb = card!("cascade", "absorb");
    assert_eq!(
        (absorb.moves(0), absorb.overloads(0)),
        ("bom → sin 340".into(), "sin loses 92 %".into())
    );
}

#[test]
fn regional_geodns() {
    let card = card!("regional-geodns");
    assert_eq!(card.moves(0), "fra → lhr 240");
    near(card.served_s(0), 0.011, 0.002);
    // A whole region is gone: the covering prefix leads elsewhere.
    assert_eq!(card.moves(1), "lhr → bom 240, lhr → jfk 60");
    near(card.served_s(1), 0.232, 0.01);
    assert_eq!((card.stayed(2), card.stayed(3)), (String::new(), String::new()));
    assert_eq!(card.after(3), card.start());
    let bare = card!("regional-geodns", "no covering prefix");
    near(bare.served_s(0), 0.011, 0.002);
    let dns = card!("regional-geodns", "GeoDNS");
    // Health check and TTL, for whoever asks DNS alone.
    assert!((60.0..=150.0).contains(&bare.served_s(1)), "{}", bare.served_s(1));
    assert_eq!(bare.event(1).restored, dns.event(1).restored);
    near(card!("regional-geodns", "anycast").served_s(1), 0.011, 0.002);
}

#[test]
fn edge_cache() {
    let card = card!("edge-cache");
    let report = card.edge.as_ref().unwrap();
    let mean_ms = |wait: Option<Wait>| wait.unwrap().mean_us / 1000.0;
    let means =
        |state: &EdgeState| [mean_ms(state.direct), mean_ms(state.through), mean_ms(state.cached)];
    let [direct, through, cached] = means(&report.start);
    near(direct, 775.0, 1.0);
    near(through, 303.0, 1.0);
    near(cached, 108.0, 1.0);
    near(report.start.cached.unwrap().median_us as f64 / 1000.0, 2.0, 0.1);
    // London is 10 880 km from the origin and 0.5 ms from its site: four round trips, or one and
    // four short ones (T5.6).
    let of = |name: &str| -> FirstByte {
        let source = card.timeline.delivery.sources.iter().position(|it| it.name == name).unwrap();
        report.start.clients[source]
    };
    let london = of("London");
    let far_us = london.through_us - london.cached_us;
    near(far_us as f64 / 1000.0, 228.4, 0.5);
    assert_eq!(london.direct_us, 4 * far_us);
    assert_eq!(london.cached_us, 4 * 500);
    // Frankfurt's 240 of 1180 find cold caches: 20 times their part (T8.4).
    let after = &report.events[0];
    assert_eq!((after.moved, after.served), (240.0, 1180.0));
    near(after.origin_factor(report.cache, 0.0), (940.0 + 20.0 * 240.0) / 1180.0, 1e-9);
    near(after.origin_factor(report.cache, 600.0), 2.42, 0.01);
    assert!(means(after)[1] > through);
    // Those who come back find a cold cache too; Istanbul does not move again.
    assert_eq!(report.events[1].moved, 170.0);
    let [tls13, quic] = [card!("edge-cache", "TLS 1.3"), card!("edge-cache", "QUIC")]
        .map(|card| means(&card.edge.as_ref().unwrap().start));
    near(tls13[0], direct * 3.0 / 4.0, 0.01);
    near(quic[0], direct * 2.0 / 4.0, 0.01);
    assert!(cached > tls13[2] && tls13[2] > quic[2]);
}

/// The numbers of T5.6 from places: a client 10 ms from its site, which is 200 ms from the origin.
#[test]
fn edge_cache_800_240_40() {
    // Where the ends alone are known, an RTT is 2.1 × km / 100 ms, and 0.1 ms in the server. With
    // GeoDNS that holds for the site as well. On the equator a degree is 111.19 km.
    let degrees = |rtt_ms: f64| (rtt_ms - 0.1) * 100.0 / 2.1 / (6371.0 * 1.0_f64.to_radians());
    let (site, origin) = (degrees(10.0), degrees(200.0));
    let text = format!(
        "format = 1\nname = \"t5.6\"\nsteering = \"geodns\"\n[world]\nbuiltin = \"empty\"\n\
         [service]\nprefixes = [\"192.0.2.0/24\"]\n\
         [edge]\norigin = [0.0, {origin}]\nhandshake = \"tls12\"\n\
         [[site]]\nname = \"near\"\nat = [{site}, 0.0]\nasn = 64496\n\
         neighbors = [{{ asn = 1299 }}]\n\
         [[client]]\nasn = 65600\nname = \"Client\"\nat = [0.0, 0.0]\n\
         neighbors = [{{ asn = 1299 }}]\n"
    );
    let card = Card::play(&text, None);
    let report = card.edge.as_ref().unwrap();
    assert_eq!(report.origin.handshake, Handshake::Tls12);
    let delivery = &card.timeline.delivery;
    let stream = delivery.streams.iter().position(|it| card.name(it.source) == "Client").unwrap();
    let first_byte = report.start.clients.iter().find(|it| it.stream == stream as u32).unwrap();
    let ms = |us: i64| us as f64 / 1000.0;
    near(ms(first_byte.direct_us), 800.0, 0.1);
    near(ms(first_byte.cached_us), 40.0, 0.1);
    // The site lies across from the origin: a little farther than the client.
    near(ms(first_byte.through_us), 240.0, 1.0);
}

#[test]
fn plan_add_warsaw() {
    // A site without clients: it meets AS1299 where Frankfurt does.
    let card = card!("plan-add-warsaw");
    assert!(card.start().contains("fra ") && !card.start().contains("waw"), "{}", card.start());
}

#[test]
fn empty() {
    let card = card!("empty");
    assert_eq!(card.start(), "nowhere 1180");
    assert!(card.outcome.events.is_empty());
}

#[test]
fn root_2015() {
    let card = card!("root-2015");
    assert_eq!(card.overloads(0), "lhr loses 99 %, fra loses 99 %, bom loses 96 %, nrt loses 99 %");
    assert_eq!(card.after(0), CALM);
    let withdraw = card!("root-2015", "withdraw");
    let last = withdraw.outcome.events.len() - 1;
    let lasted_s = (withdraw.event(last).at_us - withdraw.event(0).at_us) as f64 / 1e6;
    assert_eq!((last, withdraw.after(last)), (8, "nowhere 1180".into()));
    // Three checks for each of the eight.
    near(lasted_s, 24.0, 0.1);
}

#[test]
fn withdrawn_worldwide_2025() {
    let card = card!("withdrawn-worldwide-2025");
    assert_eq!((card.start(), card.after(0)), (CALM.into(), "nowhere 1180".into()));
    near(card.outcome.lost(), 62.0 * 60.0 * 1180.0, 1000.0);
    // All are back, if not all where they were.
    assert!(!card.after(15).contains("nowhere"));
    let by_name = card!("withdrawn-worldwide-2025", "by hostname");
    assert_eq!(by_name.outcome.lost(), 0.0);
    assert!(by_name.start().contains("fra-by-name 240"), "{}", by_name.start());
    assert_eq!(by_name.after(0), by_name.start());
}

#[test]
fn backbone_lost_2021() {
    let card = card!("backbone-lost-2021");
    assert_eq!(card.after(0), "nowhere 1180");
    for event in &card.outcome.events[..8] {
        // Three checks, a second apart (models 2.2).
        assert!((2_000_000..=3_000_000).contains(&event.detected_us.unwrap()), "{}", event.label);
        // Six hours, two checks and `hold_up`.
        near(event.restored.all_us.unwrap() as f64 / 1e6, 6.0 * 3600.0 + 21.0, 13.0);
    }
    let stays = card!("backbone-lost-2021", "Mumbai stays");
    assert_eq!(stays.after(0), "bom 1180");
    assert_eq!(stays.event(0).overloads.len(), 1);
    assert!((0..7).all(|event| stays.served_s(event) < 4.0));
    assert!(stays.outcome.lost() < card.outcome.lost() / 1000.0);
}

/// Mean round-trip time of a solved letter, by users.
fn mean_rtt_ms(story: &Story) -> f64 {
    let (world, rules) = (&story.assembled.world, &story.assembled.rules);
    let (mut sum, mut users) = (0.0, 0.0);
    for router in 0..world.router_count() as u32 {
        let weight = world.weights[router as usize];
        if let Some(rtt_ms) = story.catchments[0].rtt_ms(world, rules, router) {
            sum += weight * rtt_ms;
            users += weight;
        }
    }
    sum / users
}

/// Share of users whom the first event hurts, and of them who is served again within 0.3 s.
fn hurt_and_quick(card: &Card) -> (f64, f64) {
    let event = card.event(0);
    let quick = event.recovery.iter().take_while(|step| step.at_us <= 300_000).last();
    (event.hurt.demand / card.outcome.demand, quick.map_or(0.0, |step| step.value))
}

#[test]
fn root_letters() {
    let (small, large) = (card!("root-letter-small"), card!("root-letter-large"));
    let sites = [&small, &large].map(|card| card.story.assembled.service.sites.len());
    assert_eq!(sites, [3, 120]);
    let (hurt, quick) = hurt_and_quick(&small);
    near(hurt, 0.22, 0.02);
    assert!(quick > 0.9, "{quick}");
    let moves = small.moves(0);
    assert!(moves.starts_with("ams → nrt ") && moves.contains("ams → iad "), "{moves}");
    let stayed: f64 = small.event(1).stayed.iter().map(|it| it.demand).sum();
    near(stayed / small.event(0).hurt.demand, 0.23, 0.03);
    let (hurt, quick) = hurt_and_quick(&large);
    near(hurt, 1.0 / 7.0, 0.01);
    assert!(quick > 0.95, "{quick}");
    // No other site has as many users.
    let users = large.outcome.states[0].sites.iter().map(|share| share.demand);
    near(users.fold(0.0, f64::max) / large.outcome.demand, hurt, 1e-9);
    let [few, many] = [&small, &large].map(|card| mean_rtt_ms(&card.story));
    near(many / few, 0.5, 0.05);
}

#[test]
fn internet_loses_frankfurt_in_an_instant_and_not_all_come_back() {
    let card = card!("internet");
    let (failed, returned) = (card.event(0), card.event(1));
    near(failed.hurt.demand / card.outcome.demand, 0.20, 0.01);
    assert_eq!(failed.hurt.sources, 22_089);
    near(card.served_s(0), 0.031, 0.003);
    let to_bom = &failed.moves[0];
    assert_eq!(card.site(to_bom.to), "bom");
    near(to_bom.moved.demand / failed.hurt.demand, 0.58, 0.005);
    near(failed.converged_us.unwrap() as f64 / 1e6, 75.0, 0.5);
    assert_eq!(returned.stayed.len(), 1062);
    let oldest = returned
        .stayed
        .iter()
        .filter(|it| it.why.as_ref().is_some_and(|why| why.name() == "oldest"));
    assert!(oldest.count() > 1062 / 2);
}

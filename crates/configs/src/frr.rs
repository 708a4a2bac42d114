//! FRR: `frr.conf` for all its daemons, and the file that says which of them run.
//!
//! Accepted by FRR 8.4 and written for 8 and later. What it needs and examples forget (models 2.8)
//! is commented where it stands. A file is a list of lines in contexts, so that a change can add
//! and take back single lines ([`mod@crate::change`]).
//!
//! Unlike BIRD, FRR sends MED 0 where none is set, since `network` takes over the metric of the
//! static route. To routers that count a missing MED as 0 that is the same, and where networks
//! count it as the worst the worst is sent.
//!
//! What FRR cannot do: a route with BLACKHOLE goes no further, but packets to it are forwarded and
//! not dropped, as no route map says so to the kernel. GRACEFUL_SHUTDOWN makes LOCAL_PREF 0
//! whatever the rules are. Its oldest-route rule is [`crate::router::Process`]'s matter.

mod network;

use std::fmt::Write as _;

use crate::comment::comment;
use crate::community::{Wire, wire};
use crate::router::{
    Attributes, DEFAULT_RECEIVED_MAX, Export, Family, Import, Kind, Process, RouterConfig, Session,
};

/// Hold time that FRR has by itself, in its traditional profile (models 2.4).
const HOLD_DEFAULT_S: u16 = 180;
/// Name of the BFD profile.
const BFD_PROFILE: &str = "site";

/// Lines that stand in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The commands that lead there, from the top; none for the top itself.
    pub path: Vec<String>,
    /// Comment above it: whole lines without their mark.
    pub comment: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What it sets: a line of the same key takes its place.
    pub key: String,
    /// The command.
    pub text: String,
    /// Comment above it; may be empty.
    pub comment: String,
}

impl Section {
    fn new(path: &[&str], comment: &str) -> Section {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        Section { path, comment: comment.to_owned(), lines: Vec::new() }
    }

    /// A line that stands beside all others.
    fn line(&mut self, text: impl Into<String>) -> &mut Line {
        let text = text.into();
        self.keyed(text.clone(), text)
    }

    /// A line that takes the place of any other with this key.
    fn keyed(&mut self, key: impl Into<String>, text: impl Into<String>) -> &mut Line {
        self.lines.push(Line { key: key.into(), text: text.into(), comment: String::new() });
        self.lines.last_mut().expect("one was pushed")
    }
}

/// The file `frr.conf`.
pub fn render(router: &RouterConfig) -> String {
    let mut text = format!("! FRR, {}. Made by Catchment.\n!\n", router.about());
    let mut usage = "`vtysh -C -f frr.conf` checks it, `vtysh -b` loads it.".to_owned();
    if router.placeholders {
        usage.push_str(
            " Values in lines marked \"replace\" are yours to fill in: the addresses there are of \
             ranges for documentation.",
        );
    }
    text.push_str(&comment('!', 0, &usage));
    for remark in &router.remarks {
        text.push_str(&comment('!', 0, &format!("Note: {remark}.")));
    }
    let sections = sections(router);
    let mut open: &[String] = &[];
    for section in &sections {
        // A context inside the one that is open goes on in it.
        let inside = !open.is_empty() && section.path.starts_with(open);
        if !inside {
            leave(&mut text, open, 0);
            open = &[];
            text.push_str("!\n");
        }
        let depth = open.len();
        let indent = " ".repeat(depth);
        if inside {
            let _ = writeln!(text, "{indent}!");
        }
        text.push_str(&comment('!', depth, &section.comment));
        for (at, step) in section.path.iter().enumerate().skip(depth) {
            let _ = writeln!(text, "{}{step}", " ".repeat(at));
        }
        for line in &section.lines {
            write_line(&mut text, line, section.path.len());
        }
        if section.path.len() > 1 {
            leave(&mut text, &section.path, 1);
            open = &section.path[..1];
        } else {
            open = &section.path;
        }
    }
    leave(&mut text, open, 0);
    text
}

fn write_line(text: &mut String, line: &Line, depth: usize) {
    text.push_str(&comment('!', depth, &line.comment));
    let _ = writeln!(text, "{}{}", " ".repeat(depth), line.text);
}

/// Leaves all contexts of a path but the outermost `stay`.
pub(crate) fn leave(text: &mut String, path: &[String], stay: usize) {
    for at in (stay..path.len()).rev() {
        let _ = writeln!(text, "{}{}", " ".repeat(at), leave_of(&path[at]));
    }
}

fn leave_of(step: &str) -> &'static str {
    if step.starts_with("address-family") { "exit-address-family" } else { "exit" }
}

/// The file `daemons`.
pub fn daemons(router: &RouterConfig) -> String {
    let bfdd = if router.bfd.is_some() { "yes" } else { "no" };
    format!(
        "# FRR, {}. Made by Catchment.\n\
         # zebra and staticd always run: the routes that are announced are theirs.\n\
         bgpd=yes\n\
         bfdd={bfdd}\n\
         vtysh_enable=yes\n\
         zebra_options=\"  -A 127.0.0.1 -s 90000000\"\n\
         bgpd_options=\"   -A 127.0.0.1\"\n\
         staticd_options=\"-A 127.0.0.1\"\n\
         bfdd_options=\"   -A 127.0.0.1\"\n",
        router.about()
    )
}

/// The sections, each behind those that it refers to.
pub(crate) fn sections(router: &RouterConfig) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut top = Section::new(&[], "");
    top.keyed("frr defaults", "frr defaults traditional");
    top.line("service integrated-vtysh-config");
    top.keyed("log syslog", "log syslog informational");
    sections.push(top);
    sections.extend(static_routes(router));
    if let Some(bfd) = router.bfd {
        let mut section = Section::new(
            &["bfd", &format!("profile {BFD_PROFILE}")],
            "The neighbors have to run BFD too.",
        );
        section.keyed("transmit-interval", format!("transmit-interval {}", bfd.interval_ms));
        section.keyed("receive-interval", format!("receive-interval {}", bfd.interval_ms));
        section.keyed("detect-multiplier", format!("detect-multiplier {}", bfd.multiplier));
        sections.push(section);
    }
    sections.push(if router.is_network() { network::lists(router) } else { lists(router) });
    let families = || Family::ALL.into_iter().filter(|family| router.uses(*family));
    let nothing = "For sessions on which nothing is taken, or nothing told.";
    sections.push(Section::new(&["route-map NOTHING deny 10"], nothing));
    for family in families() {
        sections.extend(shared_maps(router, family));
        sections.extend(network::mesh_maps(router, family));
    }
    for session in &router.sessions {
        sections.extend(session_maps(session, router));
    }
    let head = format!("router bgp {}", router.asn);
    sections.push(bgp(router, &head));
    for family in families() {
        sections.push(address_family(router, &head, family));
    }
    sections
}

/// The routes that are announced.
fn static_routes(router: &RouterConfig) -> Option<Section> {
    let mut section = Section::new(
        &[],
        "The routes that are announced: `network` tells only what is in the routing table. They \
         stand as long as FRR runs, whether the service is well or not: `no ip route ...` \
         withdraws one, and a health check should. Addresses of the service are on a local \
         interface, and more specific.",
    );
    for prefix in &router.originated {
        let ip = ip(Family::of(prefix));
        section.line(format!("{ip} route {prefix} blackhole"));
    }
    (!section.lines.is_empty()).then_some(section)
}

fn ip(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ipv6",
    }
}

/// Prefix lists and the list of AS paths.
fn lists(router: &RouterConfig) -> Section {
    let mut section = Section::new(&[], "");
    section
        .line("bgp as-path access-list OWN permit ^$")
        .comment
        .push_str("What starts here has an empty AS path: nothing that was learned can leave.");
    for family in Family::ALL.into_iter().filter(|family| router.uses(*family)) {
        let (ip, digit) = (ip(family), family.digit());
        for prefix in router.originated_of(family) {
            section.line(format!("{ip} prefix-list OWN{digit} permit {prefix}"));
        }
        let imports = |wanted: fn(&Import) -> bool| {
            router.sessions_of(family).any(|session| wanted(&session.import))
        };
        if imports(|import| matches!(import, Import::Default { .. })) {
            let default = family.default_route();
            section.line(format!("{ip} prefix-list DEFAULT{digit} permit {default}"));
        }
        if imports(|import| matches!(import, Import::Service | Import::Routes { .. })) {
            for prefix in router.service_of(family) {
                let more = match prefix.length() < family.bits() {
                    true => format!(" le {}", family.bits()),
                    false => String::new(),
                };
                section.line(format!("{ip} prefix-list SERVICE{digit} permit {prefix}{more}"));
            }
        }
        if imports(|import| matches!(import, Import::Routes { .. })) {
            let (all, most) = (family.default_route(), family.length_max());
            section.line(format!("{ip} prefix-list ROUTES{digit} permit {all} ge 1 le {most}"));
        }
    }
    section
}

fn match_prefix(section: &mut Section, family: Family, list: &str) {
    let key = format!("match {} address prefix-list", ip(family));
    section.keyed(&*key, format!("{key} {list}"));
}

/// Route maps that sessions of a family share.
fn shared_maps(router: &RouterConfig, family: Family) -> Vec<Section> {
    let digit = family.digit();
    let mut maps = Vec::new();
    if router.sessions_of(family).any(|session| matches!(session.import, Import::Routes { .. })) {
        let mut reject = Section::new(&[&format!("route-map ROUTES-V{digit} deny 10")], "");
        match_prefix(&mut reject, family, &format!("SERVICE{digit}"));
        let mut accept = Section::new(&[&format!("route-map ROUTES-V{digit} permit 20")], "");
        match_prefix(&mut accept, family, &format!("ROUTES{digit}"));
        maps.extend([reject, accept]);
    }
    if router.sessions_of(family).any(|session| session.import == Import::Service) {
        let mut input = Section::new(&[&format!("route-map MESH-IN-V{digit} permit 10")], "");
        match_prefix(&mut input, family, &format!("SERVICE{digit}"));
        let line = input.keyed("set community", "set community no-advertise");
        line.comment.push_str("A site announces what it originates, and not what others do.");
        maps.push(input);
        if !router.originated_of(family).is_empty() {
            let mut output = Section::new(&[&format!("route-map MESH-OUT-V{digit} permit 10")], "");
            match_prefix(&mut output, family, &format!("OWN{digit}"));
            output.keyed("match as-path", "match as-path OWN");
            maps.push(output);
        }
    }
    maps
}

/// Name of a route map of one session.
fn map_name(direction: &str, session: &Session) -> String {
    let name = session.full_name().to_ascii_uppercase().replace('_', "-");
    format!("{direction}-{name}")
}

/// Route maps of one external session.
fn session_maps(session: &Session, router: &RouterConfig) -> Vec<Section> {
    let mut maps = Vec::new();
    let digit = session.family.digit();
    if let Import::Network(accepted) = &session.import {
        maps.extend(network::accepting_map(session, accepted, router));
    }
    if let Export::Network(told) = &session.export {
        maps.extend(network::telling_map(session, told, router));
    }
    if let Import::Default { local_pref } = session.import {
        let path = format!("route-map {} permit 10", map_name("FROM", session));
        let about = format!("The way back to clients, through {}.", session.about());
        let mut map = Section::new(&[&path], &about);
        match_prefix(&mut map, session.family, &format!("DEFAULT{digit}"));
        if let Some(value) = local_pref {
            map.keyed("set local-preference", format!("set local-preference {value}"));
        }
        maps.push(map);
    }
    if let (Export::Originated(said), Kind::External(_)) = (&session.export, session.kind) {
        let path = format!("route-map {} permit 10", map_name("TO", session));
        let mut about = format!("What {} is told.", session.about());
        if said.takes_longer {
            about.push_str(" It agreed to take longer prefixes than others do.");
        }
        let mut map = Section::new(&[&path], &about);
        match_prefix(&mut map, session.family, &format!("OWN{digit}"));
        map.keyed("match as-path", "match as-path OWN");
        attributes(&mut map, said, session, router);
        maps.push(map);
    }
    maps
}

fn attributes(map: &mut Section, said: &Attributes, session: &Session, router: &RouterConfig) {
    if said.prepend > 0 {
        let own = vec![router.asn.to_string(); said.prepend as usize].join(" ");
        let line = map.keyed("set as-path prepend", format!("set as-path prepend {own}"));
        line.comment = format!("Prepends {}.", said.prepend);
    }
    if let Some(med) = said.med {
        map.keyed("set metric", format!("set metric {med}"));
    }
    let mut standard: (Vec<String>, Vec<String>) = Default::default();
    let mut large: (Vec<String>, Vec<String>) = Default::default();
    for community in &said.communities {
        let (numbers, words) = wire(*community, session.neighbor, router.placeholders);
        let (list, text) = match numbers {
            Wire::Standard(high, low) => (&mut standard, format!("{high}:{low}")),
            Wire::Large(global, function, value) => {
                (&mut large, format!("{global}:{function}:{value}"))
            }
        };
        list.0.push(text);
        list.1.push(format!("{words}."));
    }
    for (key, (numbers, comments)) in [("set community", standard), ("set large-community", large)]
    {
        if !numbers.is_empty() {
            let line = map.keyed(key, format!("{key} {}", numbers.join(" ")));
            line.comment = comments.join("\n");
        }
    }
}

/// The BGP process and its neighbors.
fn bgp(router: &RouterConfig, head: &str) -> Section {
    let mut section = Section::new(&[head], "");
    let line = section.keyed("bgp router-id", format!("bgp router-id {}", router.identifier));
    line.comment = match router.placeholders {
        true => {
            "replace: the BGP identifier of the scenario's world. Unique in your AS; neighbors \
             whose other routes tie prefer the lowest."
        }
        false => {
            "The BGP identifier of the world: neighbors whose other routes tie prefer the lowest."
        }
    }
    .to_owned();
    section.line("bgp log-neighbor-changes");
    let line = section.line("bgp ebgp-requires-policy");
    line.comment = "No policy, no routes, in both directions (RFC 8212).".to_owned();
    section.line("bgp network import-check");
    section.line("no bgp default ipv4-unicast");
    match router.restart_s {
        Some(time) => {
            section.keyed("graceful restart", "bgp graceful-restart");
            let key = "bgp graceful-restart restart-time";
            section.keyed(key, format!("{key} {time}"));
        }
        None => {
            let line = section.keyed("graceful restart", "bgp graceful-restart-disable");
            if router.placeholders {
                line.comment = "Else neighbors could keep sending packets to a site that is dead \
                            (RFC 4724)."
                    .to_owned();
            }
        }
    }
    if let Some(process) = &router.process {
        decision(&mut section, process);
    }
    for session in &router.sessions {
        neighbor(&mut section, session, router);
    }
    section
}

/// How routes are weighed.
fn decision(section: &mut Section, process: &Process) {
    for (is_on, line) in [
        (!process.prefers_older, "bgp bestpath compare-routerid"),
        (process.med_always, "bgp always-compare-med"),
        (process.med_missing_worst, "bgp bestpath med missing-as-worst"),
    ] {
        if is_on {
            section.line(line);
        }
    }
    let no = if process.med_deterministic { "" } else { "no " };
    section.keyed("bgp deterministic-med", format!("{no}bgp deterministic-med"));
}

fn neighbor(section: &mut Section, session: &Session, router: &RouterConfig) {
    let head = format!("neighbor {}", session.remote);
    let mut set = |what: &str, value: String| {
        let key = format!("{head} {what}");
        let text = if value.is_empty() { key.clone() } else { format!("{key} {value}") };
        let line = section.keyed(key, text);
        if router.placeholders && matches!(what, "remote-as" | "update-source") {
            line.comment = match what {
                "remote-as" => "replace: the neighbor's address, here and below.".to_owned(),
                _ => "replace: our address.".to_owned(),
            };
        }
    };
    set("remote-as", session.neighbor.to_string());
    set("description", session.about());
    set("update-source", session.local.to_string());
    if let Some((hold, keepalive)) = router.timers.hold_and_keepalive(HOLD_DEFAULT_S) {
        set("timers", format!("{keepalive} {hold}"));
    }
    let quick = router.timers.quick;
    if let Some(retry) = quick.then_some(1).or(router.timers.connect_retry_s) {
        set("timers connect", retry.to_string());
    }
    let mrai = match session.kind {
        Kind::Mesh => router.timers.mesh_mrai_s,
        Kind::External(_) => router.timers.mrai_s,
    };
    if let Some(mrai) = mrai.or(quick.then_some(0)) {
        set("advertisement-interval", mrai.to_string());
    }
    if session.kind != Kind::Mesh && router.bfd.is_some() {
        set("bfd", String::new());
        set("bfd profile", BFD_PROFILE.to_owned());
    }
}

fn address_family(router: &RouterConfig, head: &str, family: Family) -> Section {
    let digit = family.digit();
    let path = format!("address-family ipv{digit} unicast");
    let mut section = Section::new(&[head, &path], "");
    for prefix in router.originated_of(family) {
        section.line(format!("network {prefix}"));
    }
    for session in router.sessions_of(family) {
        let head = format!("neighbor {}", session.remote);
        section.line(format!("{head} activate"));
        section.line(format!("{head} send-community all"));
        if session.kind == Kind::Mesh {
            section.line(format!("{head} next-hop-self"));
        }
        let input = match &session.import {
            Import::Nothing => "NOTHING".to_owned(),
            Import::Default { .. } | Import::Network(_) => map_name("FROM", session),
            Import::Routes { .. } => format!("ROUTES-V{digit}"),
            Import::Service | Import::Mesh => format!("MESH-IN-V{digit}"),
        };
        let output = match (&session.export, session.kind) {
            (Export::Nothing, _) => "NOTHING".to_owned(),
            (Export::Originated(_), Kind::Mesh) | (Export::Mesh, _) => {
                format!("MESH-OUT-V{digit}")
            }
            (Export::Originated(_), Kind::External(_)) | (Export::Network(_), _) => {
                map_name("TO", session)
            }
        };
        let limit = match &session.import {
            Import::Default { .. } => Some((
                format!("{DEFAULT_RECEIVED_MAX} warning-only force"),
                "More than the default route was not asked for. Only a warning: a session that \
                 goes down takes the announcement with it.",
            )),
            Import::Routes { limit } => Some((
                format!("{limit} warning-only"),
                "replace: the number that the neighbor publishes.",
            )),
            Import::Nothing | Import::Service | Import::Network(_) | Import::Mesh => None,
        };
        if let Some(most) = router.process.map(|it| it.own_as_max).filter(|most| *most > 0) {
            section.keyed(format!("{head} allowas-in"), format!("{head} allowas-in {most}"));
        }
        section.keyed(format!("{head} route-map in"), format!("{head} route-map {input} in"));
        section.keyed(format!("{head} route-map out"), format!("{head} route-map {output} out"));
        if let Some((limit, comment)) = limit {
            let key = format!("{head} maximum-prefix");
            let line = section.keyed(&*key, format!("{key} {limit}"));
            line.comment = comment.to_owned();
        }
    }
    section
}

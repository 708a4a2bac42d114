//! BIRD 2: one file of named blocks.
//!
//! Accepted by BIRD 2.0.12 and written for 2.x: what it stumbles over elsewhere (models 2.8) is
//! commented where it is avoided. Blocks have names, so that a change can say which to replace
//! ([`mod@crate::change`]).
//!
//! What BIRD cannot do: it has no MRAI, and of oldest-route rules it has one of its own
//! ([`crate::router::Process`]).

mod network;

use std::fmt::Write as _;

use catchment_model::Prefix;

use crate::comment::comment;
use crate::community::{Wire, wire};
use crate::router::{
    Attributes, DEFAULT_RECEIVED_MAX, Export, Family, Import, Kind, Process, RouterConfig, Session,
};

/// Hold time that BIRD has by itself (models 2.4).
const HOLD_DEFAULT_S: u16 = 240;

/// A named piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// How it begins, and so what it is called: `filter to_as1299_v4`.
    pub name: String,
    /// Comments above it, then the block; each line with its end.
    pub text: String,
}

/// The file `bird.conf`.
pub fn render(router: &RouterConfig) -> String {
    let mut text = head(router);
    for block in blocks(router) {
        text.push('\n');
        text.push_str(&block.text);
    }
    text
}

/// What stands above the blocks.
fn head(router: &RouterConfig) -> String {
    let mut text = format!("# BIRD 2, {}. Made by Catchment.\n#\n", router.about());
    let mut usage = "`bird -p -c bird.conf` checks it, `birdc configure` loads it.".to_owned();
    if router.placeholders {
        usage.push_str(
            " Values in lines marked \"replace\" are yours to fill in: the addresses there are of \
             ranges for documentation.",
        );
    }
    text.push_str(&comment('#', 0, &usage));
    for remark in &router.remarks {
        text.push_str(&comment('#', 0, &format!("Note: {remark}.")));
    }
    text
}

/// The blocks, each behind those that it refers to.
pub(crate) fn blocks(router: &RouterConfig) -> Vec<Block> {
    let mut identifier = "replace: the BGP identifier of the scenario's world. Unique in your AS; \
                          neighbors whose other routes tie prefer the lowest.";
    if !router.placeholders {
        identifier = "The BGP identifier of the world: neighbors whose other routes tie prefer \
                      the lowest.";
    }
    let mut blocks = vec![
        block("log", "", "log syslog all;"),
        block("router id", identifier, &format!("router id {};", router.identifier)),
        block(
            "protocol device",
            "Without it BIRD knows no interface, and no session comes up.",
            "protocol device {\n}",
        ),
    ];
    let families = || Family::ALL.into_iter().filter(|family| router.uses(*family));
    for family in families() {
        let digit = family.digit();
        let name = format!("protocol kernel kernel{digit}");
        if router.is_network() {
            network::kernel(router, family, &name, &mut blocks);
            continue;
        }
        let body = [
            &*format!("{name} {{"),
            &format!("  ipv{digit} {{"),
            "    import none;",
            "    export where source ~ [ RTS_STATIC, RTS_BGP ];",
            "  };",
            "}",
        ];
        let about = "The way back to clients, and the service's prefixes so that packets for \
                     unused addresses end here.";
        blocks.push(block(&name, about, &body.join("\n")));
    }
    if let Some(bfd) = router.bfd {
        let body = [
            "protocol bfd {",
            "  interface \"*\" {",
            &format!("    min rx interval {} ms;", bfd.interval_ms),
            &format!("    min tx interval {} ms;", bfd.interval_ms),
            "    idle tx interval 1 s;",
            &format!("    multiplier {};", bfd.multiplier),
            "  };",
            "}",
        ];
        let about = "Sessions with `bfd on` need it. The neighbor has to run BFD too.";
        blocks.push(block("protocol bfd", about, &body.join("\n")));
    }
    for family in families() {
        origin_blocks(router, family, &mut blocks);
    }
    if router.is_network() {
        network::functions(&mut blocks);
    }
    for family in families().filter(|_| router.is_network()) {
        network::family_blocks(router, family, &mut blocks);
    }
    for session in &router.sessions {
        if let Import::Network(accepted) = &session.import {
            blocks.push(network::accepting_filter(session, accepted, router));
        }
        match &session.export {
            Export::Originated(said) if session.kind != Kind::Mesh => {
                blocks.push(export_filter(session, said, router));
            }
            Export::Network(told) => blocks.push(network::telling_filter(session, told, router)),
            _ => {}
        }
        blocks.push(protocol(session, router));
    }
    blocks
}

/// What the router originates, and what belongs to the service.
fn origin_blocks(router: &RouterConfig, family: Family, blocks: &mut Vec<Block>) {
    let digit = family.digit();
    let originated = router.originated_of(family);
    if !originated.is_empty() {
        let is_network = router.is_network();
        let routes: String =
            originated.iter().map(|prefix| format!("  route {prefix} blackhole;\n")).collect();
        blocks.push(block(
            &format!("protocol static service{digit}"),
            &format!(
                "The routes that are announced. They stand as long as BIRD runs, whether the \
                 service is well or not: `birdc disable service{digit}` withdraws them, and a \
                 health check should. Addresses of the service are on a local interface, and more \
                 specific."
            ),
            &format!("protocol static service{digit} {{\n  ipv{digit};\n{routes}}}"),
        ));
        if is_network {
            return;
        }
        blocks.push(block(
            &format!("function own{digit}"),
            "What may leave: what starts here, and never what was learned.",
            &format!(
                "function own{digit}() {{\n  return source = RTS_STATIC && net ~ {};\n}}",
                set(&originated, "")
            ),
        ));
    }
    let needs_space =
        |session: &Session| matches!(session.import, Import::Routes { .. } | Import::Service);
    let service = router.service_of(family);
    if router.sessions_of(family).any(needs_space) && !service.is_empty() {
        blocks.push(block(
            &format!("function of_service{digit}"),
            "The service's address space: nobody outside has a say in it.",
            &format!("function of_service{digit}() {{\n  return net ~ {};\n}}", set(&service, "+")),
        ));
    }
}

/// The filter of what one neighbor is told.
fn export_filter(session: &Session, said: &Attributes, router: &RouterConfig) -> Block {
    let name = format!("filter to_{}", session.full_name());
    let mut body = String::new();
    let _ = writeln!(body, "  if ! own{}() then reject;", session.family.digit());
    body.push_str(&attributes(said, session, router, 2));
    let mut about = format!("What {} is told.", session.about());
    if said.takes_longer {
        about.push_str(" It agreed to take longer prefixes than others do.");
    }
    block(&name, &about, &format!("{name} {{\n{body}  accept;\n}}"))
}

/// Lines that put attributes on a route.
fn attributes(
    said: &Attributes,
    session: &Session,
    router: &RouterConfig,
    indent: usize,
) -> String {
    let mut body = String::new();
    let space = " ".repeat(indent);
    if said.prepend > 0 {
        let _ = writeln!(body, "{space}# Prepends {}.", said.prepend);
    }
    for _ in 0..said.prepend {
        let _ = writeln!(body, "{space}bgp_path.prepend({});", router.asn);
    }
    if let Some(med) = said.med {
        let _ = writeln!(body, "{space}bgp_med = {med};");
    }
    for community in &said.communities {
        let (numbers, words) = wire(*community, session.neighbor, router.placeholders);
        body.push_str(&comment('#', indent, &format!("{words}.")));
        let _ = match numbers {
            Wire::Standard(high, low) => {
                writeln!(body, "{space}bgp_community.add(({high}, {low}));")
            }
            Wire::Large(global, function, value) => {
                writeln!(body, "{space}bgp_large_community.add(({global}, {function}, {value}));")
            }
        };
    }
    body
}

fn protocol(session: &Session, router: &RouterConfig) -> Block {
    let digit = session.family.digit();
    let name = format!("protocol bgp {}", session.full_name());
    let mut body = String::new();
    let _ = writeln!(body, "  description \"{}\";", session.about());
    let replace = if router.placeholders { "  # replace" } else { "" };
    let _ = writeln!(body, "  local {} as {};{replace}", session.local, router.asn);
    let _ = writeln!(body, "  neighbor {} as {};{replace}", session.remote, session.neighbor);
    if let Some((hold, keepalive)) = router.timers.hold_and_keepalive(HOLD_DEFAULT_S) {
        let _ = writeln!(body, "  hold time {hold};");
        if hold > 0 {
            let _ = writeln!(body, "  keepalive time {keepalive};");
        }
    }
    if router.timers.quick {
        body.push_str("  connect delay time 1;\n  connect retry time 1;\n");
        body.push_str("  error wait time 1, 2;\n");
    } else if let Some(retry) = router.timers.connect_retry_s {
        let _ = writeln!(body, "  connect retry time {retry};");
    }
    if let Some(process) = &router.process {
        body.push_str(&decision(process));
    }
    match router.restart_s {
        Some(time) => {
            let _ = writeln!(body, "  graceful restart on;\n  graceful restart time {time};");
        }
        None => {
            if router.placeholders {
                let why = "Else the neighbor could keep sending packets to a site that is dead \
                           (RFC 4724).";
                body.push_str(&comment('#', 2, why));
            }
            body.push_str("  graceful restart off;\n");
        }
    }
    if router.bfd.is_some() && session.kind != Kind::Mesh {
        body.push_str("  bfd on;\n");
    }
    let _ = writeln!(body, "  ipv{digit} {{");
    if session.kind == Kind::Mesh {
        body.push_str("    next hop self;\n");
    }
    body.push_str(&import(session));
    let _ = match (&session.export, session.kind) {
        (Export::Nothing, _) => writeln!(body, "    export none;"),
        (Export::Originated(_), Kind::Mesh) => writeln!(body, "    export where own{digit}();"),
        (Export::Originated(_), Kind::External(_)) => {
            writeln!(body, "    export filter to_{};", session.full_name())
        }
        (Export::Network(_), _) => {
            writeln!(body, "    export filter to_{};", session.full_name())
        }
        (Export::Mesh, _) => writeln!(body, "    export filter to_mesh{digit};"),
    };
    body.push_str("  };\n");
    block(&name, "", &format!("{name} {{\n{body}}}"))
}

/// How routes are weighed. All sessions of a router say the same, as BIRD asks either of two.
fn decision(process: &Process) -> String {
    let mut lines = String::new();
    for (is_on, line) in [
        (process.prefers_older, "prefer older on"),
        (process.med_always, "med metric on"),
        (process.med_deterministic, "deterministic med on"),
        (process.med_missing_worst, "default bgp_med 4294967295"),
    ] {
        if is_on {
            let _ = writeln!(lines, "  {line};");
        }
    }
    if process.own_as_max > 0 {
        let _ = writeln!(lines, "  allow local as {};", process.own_as_max);
    }
    lines
}

/// What a channel takes. BIRD refuses an external session that does not say (RFC 8212).
fn import(session: &Session) -> String {
    let (digit, default) = (session.family.digit(), session.family.default_route());
    match &session.import {
        Import::Nothing => "    import none;\n".to_owned(),
        Import::Default { local_pref } => {
            let prefer = local_pref.map_or(String::new(), |it| format!("bgp_local_pref = {it}; "));
            let why = "More than the default route was not asked for. Only a warning: a session \
                       that goes down takes the announcement with it.";
            [
                &*format!("    import filter {{ if net = {default} then {{ {prefer}accept; }}"),
                " reject; };\n",
                &comment('#', 4, why),
                &format!("    receive limit {DEFAULT_RECEIVED_MAX} action warn;\n"),
            ]
            .concat()
        }
        Import::Routes { limit } => {
            let most = session.family.length_max();
            let why = "replace: the number that the neighbor publishes. What is beyond is not \
                       taken, and the session stands.";
            [
                "    import filter {\n",
                &format!("      if of_service{digit}() then reject;\n"),
                &format!("      if net.len = 0 || net.len > {most} then reject;\n"),
                "      accept;\n    };\n",
                &comment('#', 4, why),
                &format!("    import limit {limit} action block;\n"),
            ]
            .concat()
        }
        Import::Service => format!("    import where of_service{digit}();\n"),
        Import::Network(_) => format!("    import filter from_{};\n", session.full_name()),
        Import::Mesh => format!("    import where carried{digit}();\n"),
    }
}

/// A block with its comment, which may be empty or several lines.
fn block(name: &str, about: &str, body: &str) -> Block {
    Block { name: name.to_owned(), text: format!("{}{body}\n", comment('#', 0, about)) }
}

/// A set of prefixes; `pattern` follows each.
fn set(prefixes: &[&Prefix], pattern: &str) -> String {
    let prefixes: Vec<String> =
        prefixes.iter().map(|prefix| format!("{prefix}{pattern}")).collect();
    format!("[ {} ]", prefixes.join(", "))
}

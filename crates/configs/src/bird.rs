//! BIRD 2: one file of named blocks.
//!
//! Accepted by BIRD 2.0.12 and written for 2.x: what it stumbles over elsewhere (models 2.8) is
//! commented where it is avoided. Blocks have names, so that a change can say which to replace
//! ([`mod@crate::change`]).
//!
//! What BIRD cannot do: it has no MRAI, and of oldest-route rules it has one of its own
//! ([`crate::router::Process`]).

use std::fmt::Write as _;

use catchment_model::{Asn, Class, Prefix, Relation};

use crate::comment::comment;
use crate::community::{NO_ANNOUNCE, Wire, wire};
use crate::network::{LOCAL_PREF_OWN, MARK, mark_of};
use crate::router::{
    Accepted, Attributes, DEFAULT_RECEIVED_MAX, Export, Family, Import, Kind, Process,
    RouterConfig, Session, Told,
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
            network_kernel(router, family, &name, &mut blocks);
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
        network_functions(&mut blocks);
    }
    for family in families().filter(|_| router.is_network()) {
        network_blocks(router, family, &mut blocks);
    }
    for session in &router.sessions {
        if let Import::Network(accepted) = &session.import {
            blocks.push(accepting_filter(session, accepted, router));
        }
        match &session.export {
            Export::Originated(said) if session.kind != Kind::Mesh => {
                blocks.push(export_filter(session, said, router));
            }
            Export::Network(told) => blocks.push(telling_filter(session, told, router)),
            _ => {}
        }
        blocks.push(protocol(session, router));
    }
    blocks
}

/// The kernel's table, of which a router of a mesh reads the ways to the others.
fn network_kernel(router: &RouterConfig, family: Family, name: &str, blocks: &mut Vec<Block>) {
    let digit = family.digit();
    let has_mesh = router.sessions_of(family).any(|session| session.import == Import::Mesh);
    let mut body = format!("{name} {{\n");
    if has_mesh {
        body.push_str("  learn;\n");
    }
    let _ = writeln!(body, "  ipv{digit} {{");
    body.push_str(match has_mesh {
        true => "    import filter { igp_metric = krt_metric; accept; };\n",
        false => "    import none;\n",
    });
    body.push_str(
        "    export filter {\n\
         \x20     if source !~ [ RTS_STATIC, RTS_BGP ] then reject;\n\
         \x20     # A blackhole drops what it is asked to (RFC 7999).\n\
         \x20     if (65535, 666) ~ bgp_community then dest = RTD_BLACKHOLE;\n\
         \x20     accept;\n\
         \x20   };\n  };\n}",
    );
    let mut about = "Where packets go.".to_owned();
    if has_mesh {
        about.push_str(
            " The other way, metrics of the routes that something else puts into the kernel are \
             costs inside the AS.",
        );
    }
    blocks.push(block(name, &about, &body));
    if has_mesh {
        let service = router.service_of(family);
        let import = match service.is_empty() {
            true => "all".to_owned(),
            false => format!("where net !~ {}", set(&service, "+")),
        };
        let name = format!("protocol direct interior{digit}");
        let about = "Next hops inside the AS are looked up, and so are those on a link. Addresses \
                     of the service are no way to anybody.";
        let body = format!("{name} {{\n  ipv{digit} {{\n    import {import};\n  }};\n}}");
        blocks.push(block(&name, about, &body));
    }
}

/// What filters of all families ask.
fn network_functions(blocks: &mut Vec<Block>) {
    blocks.push(block(
        "function is_own",
        "What starts in this AS has an empty path, here and at its other routers.",
        "function is_own() {\n  return source = RTS_STATIC || bgp_path.len = 0;\n}",
    ));
    blocks.push(block(
        "function stays",
        "What came from its origin with the wish to go no further: no-export, no-advertise (RFC \
         1997), blackhole (RFC 7999).",
        "function stays() {\n  return bgp_community ~ [ (65535, 65281), (65535, 65282), (65535, \
         666) ];\n}",
    ));
}

/// What sessions of a family share.
fn network_blocks(router: &RouterConfig, family: Family, blocks: &mut Vec<Block>) {
    let digit = family.digit();
    let carried = match &router.service_of(family)[..] {
        [] => "false".to_owned(),
        service => format!("net ~ {}", set(service, "")),
    };
    blocks.push(block(
        &format!("function carried{digit}"),
        "What is carried: the prefixes of the service.",
        &format!("function carried{digit}() {{\n  return {carried};\n}}"),
    ));
    if router.sessions_of(family).any(|session| session.export == Export::Mesh) {
        let body = [
            &*format!("filter to_mesh{digit} {{"),
            &format!("  if ! carried{digit}() then reject;"),
            "  if source = RTS_STATIC then {",
            &format!("    bgp_local_pref = {LOCAL_PREF_OWN};"),
            "    # As FRR has it, so that daemons of both kinds understand each other.",
            "    bgp_med = 0;",
            "  }",
            "  accept;",
            "}",
        ];
        let about = "What other routers of the AS are told. What starts here is the best they \
                     can have.";
        blocks.push(block(&format!("filter to_mesh{digit}"), about, &body.join("\n")));
    }
}

/// The filter of what is taken from a neighbor of a network.
fn accepting_filter(session: &Session, accepted: &Accepted, router: &RouterConfig) -> Block {
    let name = format!("filter from_{}", session.full_name());
    let mut body = String::new();
    let prefixes: Vec<&Prefix> = accepted.prefixes.iter().collect();
    if prefixes.is_empty() {
        return block(&name, "", &format!("{name} {{\n  reject;\n}}"));
    }
    let _ = writeln!(body, "  if net !~ {} then reject;", set(&prefixes, ""));
    for prefix in &accepted.prefixes {
        let of_prefix = accepted.invalid.iter().filter(|(other, _)| other == prefix);
        let origins: Vec<String> = of_prefix.map(|(_, origin)| origin.to_string()).collect();
        if !origins.is_empty() {
            let origins = origins.join(", ");
            body.push_str(&comment('#', 2, "RPKI-invalid (RFC 6811)."));
            let _ =
                writeln!(body, "  if net = {prefix} && bgp_path.last ~ [ {origins} ] then reject;");
        }
    }
    let local_prefs = &accepted.local_prefs;
    match accepted.from {
        Relation::Sibling => {
            // The sibling has marked what it does not have from a customer.
            body.push_str("  ");
            for class in [Class::Peer, Class::Provider] {
                let (mark, local_pref) = (mark(router.asn, class), local_prefs.of(class));
                let _ = write!(
                    body,
                    "if {mark} ~ bgp_large_community then {{\n    bgp_local_pref = \
                     {local_pref};\n  }} else "
                );
            }
            body.push_str("{\n");
            body.push_str(&marking(router.asn, Class::Customer, local_prefs.customer, 4));
            body.push_str("  }\n");
        }
        Relation::Customer => {
            body.push_str(&marking(router.asn, Class::Customer, local_prefs.customer, 2));
        }
        Relation::Peer => {
            body.push_str(&marking(router.asn, Class::Peer, local_prefs.peer, 2));
        }
        Relation::Provider => {
            body.push_str(&marking(router.asn, Class::Provider, local_prefs.provider, 2));
        }
    }
    if accepted.honors_shutdown {
        body.push_str("  if (65535, 0) ~ bgp_community then bgp_local_pref = 0;\n");
    }
    if accepted.ignores_med {
        body.push_str("  bgp_med = 0;\n");
    }
    let about = format!("What is taken from {}.", session.about());
    block(&name, &about, &format!("{name} {{\n{body}  accept;\n}}"))
}

/// Lines that give a route its class, whatever the neighbor says it is.
fn marking(asn: Asn, class: Class, local_pref: u32, indent: usize) -> String {
    let indent = " ".repeat(indent);
    format!(
        "{indent}bgp_large_community.delete([({asn}, {MARK}, *)]);\n\
         {indent}bgp_large_community.add({});\n\
         {indent}bgp_local_pref = {local_pref};\n",
        mark(asn, class)
    )
}

fn mark(asn: Asn, class: Class) -> String {
    format!("({asn}, {MARK}, {})", mark_of(class))
}

/// The filter of what a neighbor of a network is told.
fn telling_filter(session: &Session, told: &Told, router: &RouterConfig) -> Block {
    let name = format!("filter to_{}", session.full_name());
    let (asn, digit) = (router.asn, session.family.digit());
    let mut body = format!("  if ! carried{digit}() then reject;\n");
    if told.own.is_empty() {
        body.push_str("  if is_own() then reject;\n");
    } else {
        body.push_str("  if is_own() then {\n");
        for (said, prefixes) in &told.own {
            let prefixes: Vec<&Prefix> = prefixes.iter().collect();
            let _ = writeln!(body, "    if net ~ {} then {{", set(&prefixes, ""));
            body.push_str(&attributes(said, session, router, 6));
            body.push_str("      accept;\n    }\n");
        }
        body.push_str("    reject;\n  }\n");
    }
    let may_tell_all = told.leaks || matches!(told.to, Relation::Customer | Relation::Sibling);
    if !may_tell_all {
        let _ = writeln!(
            body,
            "  if {} !~ bgp_large_community then reject;",
            mark(asn, Class::Customer)
        );
    }
    body.push_str("  if stays() then reject;\n");
    if told.to == Relation::Peer {
        body.push_str("  # no-peer (RFC 3765)\n");
        body.push_str("  if (65535, 65284) ~ bgp_community then reject;\n");
    }
    let _ = writeln!(
        body,
        "  # no-announce:{neighbor}\n  if ({asn}, {NO_ANNOUNCE}, {neighbor}) ~ \
         bgp_large_community then reject;\n  bgp_community.delete([(*, *)]);",
        neighbor = session.neighbor
    );
    let empty = "bgp_large_community.delete([(*, *, *)]);";
    if told.to == Relation::Sibling {
        body.push_str("  # A sibling takes a route as what it is here.\n");
        body.push_str("  ");
        for class in [Class::Peer, Class::Provider] {
            let (here, there) = (mark(asn, class), mark(session.neighbor, class));
            let _ = write!(
                body,
                "if {here} ~ bgp_large_community then {{\n    {empty}\n    \
                 bgp_large_community.add({there});\n  }} else "
            );
        }
        let _ = writeln!(body, "{{\n    {empty}\n  }}");
    } else {
        let _ = writeln!(body, "  {empty}");
    }
    let learned = Attributes { prepend: told.prepend, ..Attributes::default() };
    body.push_str(&attributes(&learned, session, router, 2));
    let mut about = format!("What {} is told.", session.about());
    if told.leaks {
        about.push_str(" It leaks: all that was learned goes to everybody (RFC 7908).");
    }
    block(&name, &about, &format!("{name} {{\n{body}  accept;\n}}"))
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

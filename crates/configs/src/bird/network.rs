//! What networks take and tell, in filters: the same policy as [`crate::frr`] writes.

use std::fmt::Write as _;

use catchment_model::{Asn, Class, Prefix, Relation};

use super::{Block, attributes, block, set};
use crate::comment::comment;
use crate::community::NO_ANNOUNCE;
use crate::network::{LOCAL_PREF_OWN, MARK, mark_of};
use crate::router::{Accepted, Attributes, Export, Family, Import, RouterConfig, Session, Told};

/// The kernel's table, of which a router of a mesh reads the ways to the others.
pub(super) fn kernel(router: &RouterConfig, family: Family, name: &str, blocks: &mut Vec<Block>) {
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
pub(super) fn functions(blocks: &mut Vec<Block>) {
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
pub(super) fn family_blocks(router: &RouterConfig, family: Family, blocks: &mut Vec<Block>) {
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
pub(super) fn accepting_filter(
    session: &Session,
    accepted: &Accepted,
    router: &RouterConfig,
) -> Block {
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
pub(super) fn telling_filter(session: &Session, told: &Told, router: &RouterConfig) -> Block {
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

//! What files look like, and what must be in them whoever the site is (models 2.8).

mod common;

use catchment_configs::router::{Export, Import, Kind, Session};
use catchment_configs::{Daemon, RouterConfig, files};
use catchment_model::Community;
use catchment_testkit::random::{Kind as Trouble, case};
use catchment_testkit::story::{Story, story};
use common::{router, routers};
use expect_test::{ExpectFile, expect_file};

/// Compares a file with the one in `tests/rendered`.
fn check(router: &RouterConfig, daemon: Daemon, name: &str, expected: &ExpectFile) {
    let all = files(daemon, router);
    let file = all.iter().find(|file| file.name == name).expect("the daemon has such a file");
    expected.assert_eq(&file.text);
}

fn eight() -> Story {
    story("[world]\nbuiltin = \"eight\"")
}

/// Everything that an announcement can carry, both families, BFD, timers.
fn rich() -> Story {
    story(
        "[world]\nbuiltin = \"eight\"\n\
         [service]\nprefixes = [\"192.0.2.0/24\", \"2001:db8:53::/48\"]\n\
         [rules]\nhold = \"9s\"\nbfd_interval = \"100ms\"\n\
         [[site]]\nname = \"fra\"\nneighbors = [\n\
         { asn = 1299, prepend = 2, med = 10, \
           communities = [\"no-export\", \"1299:70\", \"no-announce:174\"] },\n\
         { asn = 6453, relation = \"peer\" },\n\
         { asn = 2914 }]\n\
         [[correction]]\nannounce = { site = \"fra\", neighbor = 2914, withdraw = true }\n\
         [[event]]\nat = \"10s\"\nfail = \"fra\"\nhow = \"bfd\"\n",
    )
}

/// Two sites of one AS with a backbone.
fn backbone() -> Story {
    story(
        "[world]\nbuiltin = \"empty\"\n\
         [[site]]\nname = \"ams\"\ncity = \"AMS\"\nasn = 64500\nbackbone = true\n\
         neighbors = [{ asn = 1299, at = \"FRA\" }]\n\
         [[site]]\nname = \"jfk\"\ncity = \"JFK\"\nasn = 64500\nbackbone = true\n\
         neighbors = [{ asn = 3356, relation = \"peer\" }]\n",
    )
}

#[test]
fn a_plain_site_for_bird() {
    let expected = expect_file!["rendered/eight-fra.bird.conf"];
    check(&router(&eight(), "fra"), Daemon::Bird, "bird.conf", &expected);
}

#[test]
fn a_plain_site_for_frr() {
    let expected = expect_file!["rendered/eight-fra.frr.conf"];
    check(&router(&eight(), "fra"), Daemon::Frr, "frr.conf", &expected);
}

#[test]
fn a_site_with_two_providers() {
    let hello = story("[world]\nbuiltin = \"hello\"");
    let mia = router(&hello, "mia");
    let expected = expect_file!["rendered/hello-mia.bird.conf"];
    check(&mia, Daemon::Bird, "bird.conf", &expected);
    check(&mia, Daemon::Frr, "frr.conf", &expect_file!["rendered/hello-mia.frr.conf"]);
}

#[test]
fn a_site_with_all_there_is() {
    let fra = router(&rich(), "fra");
    check(&fra, Daemon::Bird, "bird.conf", &expect_file!["rendered/rich-fra.bird.conf"]);
    check(&fra, Daemon::Frr, "frr.conf", &expect_file!["rendered/rich-fra.frr.conf"]);
    check(&fra, Daemon::Frr, "daemons", &expect_file!["rendered/rich-fra.daemons"]);
}

#[test]
fn a_site_on_a_backbone_without_provider() {
    let jfk = router(&backbone(), "jfk");
    check(&jfk, Daemon::Bird, "bird.conf", &expect_file!["rendered/backbone-jfk.bird.conf"]);
    check(&jfk, Daemon::Frr, "frr.conf", &expect_file!["rendered/backbone-jfk.frr.conf"]);
}

/// Routers of the stories above, and of random services on random worlds.
fn all_routers() -> Vec<RouterConfig> {
    let mut all: Vec<RouterConfig> =
        [eight(), rich(), backbone()].iter().flat_map(routers).collect();
    for seed in 0..60 {
        all.extend(common::random_routers(&case(seed, Trouble::Irregular)));
    }
    assert!(all.iter().any(|router| router.sessions.iter().any(|it| it.kind == Kind::Mesh)));
    all
}

fn text(router: &RouterConfig, daemon: Daemon) -> String {
    files(daemon, router).remove(0).text
}

/// Text of the block that begins with this line, to its closing brace in the first column.
fn block<'a>(text: &'a str, head: &str) -> &'a str {
    let start = text.find(&format!("\n{head} {{")).unwrap_or_else(|| panic!("no {head}\n{text}"));
    let end = text[start..].find("\n}").expect("a block ends");
    &text[start..start + end]
}

#[test]
fn bird_has_the_device_protocol() {
    for router in all_routers() {
        block(&text(&router, Daemon::Bird), "protocol device");
    }
}

/// Models 2.8: `protocol direct` without a channel has no routes.
#[test]
fn bird_originates_from_a_static_protocol_with_a_channel() {
    for router in all_routers() {
        let text = text(&router, Daemon::Bird);
        assert!(!text.contains("protocol direct"));
        for prefix in &router.originated {
            let digit = if prefix.is_ipv4() { 4 } else { 6 };
            let routes = block(&text, &format!("protocol static service{digit}"));
            assert!(routes.contains(&format!("\n  ipv{digit};")), "{routes}");
            assert!(routes.contains(&format!("\n  route {prefix} blackhole;")), "{routes}");
        }
    }
}

/// Models 2.8: BIRD refuses an external session that does not say what it takes and tells.
#[test]
fn bird_says_on_each_session_what_is_taken_and_told() {
    for router in all_routers() {
        let text = text(&router, Daemon::Bird);
        for session in &router.sessions {
            let protocol = block(&text, &format!("protocol bgp {}", session.full_name()));
            for policy in ["import", "export"] {
                let given = ["none;", "filter ", "where "]
                    .iter()
                    .any(|how| protocol.contains(&format!("\n    {policy} {how}")));
                assert!(given, "{policy}: {protocol}");
            }
        }
    }
}

/// Models 2.8: `bfd on` does nothing without the protocol.
#[test]
fn bird_has_the_bfd_protocol_where_a_session_wants_bfd() {
    let mut count = 0;
    for router in all_routers() {
        let text = text(&router, Daemon::Bird);
        let has_neighbors = router.sessions.iter().any(|session| session.kind != Kind::Mesh);
        let wanted = router.bfd.is_some() && has_neighbors;
        assert_eq!(text.contains("\n  bfd on;"), wanted);
        if wanted {
            block(&text, "protocol bfd");
            count += 1;
        }
    }
    assert!(count > 0);
}

/// Models 2.8: with import-check, `network` tells nothing that is not in the routing table.
#[test]
fn frr_has_a_route_for_each_network() {
    for router in all_routers() {
        let text = text(&router, Daemon::Frr);
        for prefix in &router.originated {
            let ip = if prefix.is_ipv4() { "ip" } else { "ipv6" };
            assert!(text.contains(&format!("\n  network {prefix}\n")), "{text}");
            assert!(text.contains(&format!("\n{ip} route {prefix} blackhole\n")), "{text}");
        }
    }
}

/// Models 2.8: an external session without a policy takes and tells nothing (RFC 8212).
#[test]
fn frr_has_policies_in_and_out_on_each_session() {
    for router in all_routers() {
        let text = text(&router, Daemon::Frr);
        assert!(text.contains("\n bgp ebgp-requires-policy\n"));
        for session in &router.sessions {
            let head = format!("\n  neighbor {} route-map ", session.remote);
            let maps: Vec<&str> = text
                .match_indices(&head)
                .map(|(at, _)| text[at + head.len()..].lines().next().unwrap())
                .collect();
            let [input, output] = maps[..] else { panic!("{maps:?} of {}", session.remote) };
            for (map, direction) in [(input, " in"), (output, " out")] {
                let name = map.strip_suffix(direction).unwrap_or_else(|| panic!("{map}"));
                assert!(text.contains(&format!("\nroute-map {name} ")), "{name} is not there");
            }
        }
    }
}

/// What was learned is told to nobody.
#[test]
fn nothing_that_was_learned_leaves() {
    let mut filters = 0;
    for router in all_routers() {
        let (bird, frr) = (text(&router, Daemon::Bird), text(&router, Daemon::Frr));
        for digit in [4, 6].iter().filter(|it| bird.contains(&format!("function own{it}"))) {
            let own = block(&bird, &format!("function own{digit}()"));
            assert!(own.contains("return source = RTS_STATIC && net ~ ["), "{own}");
        }
        for session in &router.sessions {
            if session.export == Export::Nothing || session.kind == Kind::Mesh {
                continue;
            }
            filters += 1;
            let name = session.full_name();
            let filter = block(&bird, &format!("filter to_{name}"));
            let digit = session.family.digit();
            let first = filter.lines().nth(2).unwrap();
            assert_eq!(first, format!("  if ! own{digit}() then reject;"));
            let map =
                format!("\nroute-map TO-{} permit 10\n", name.to_uppercase().replace('_', "-"));
            let at = frr.find(&map).unwrap_or_else(|| panic!("no {map}"));
            let lines: Vec<&str> = frr[at..].lines().skip(2).take(2).collect();
            let ip = if digit == 4 { "ip" } else { "ipv6" };
            let prefixes = format!(" match {ip} address prefix-list OWN{digit}");
            assert_eq!(lines, [&*prefixes, " match as-path OWN"]);
        }
        // Of what comes over the backbone, nobody hears.
        if router.sessions.iter().any(|session| session.kind == Kind::Mesh) {
            let head = "\nroute-map MESH-IN-V4 permit 10\n";
            let at = frr.find(head).expect("there is one");
            let end = at + frr[at..].find("\nexit").expect("it ends");
            assert!(frr[at..end].contains("\n set community no-advertise"), "{}", &frr[at..end]);
        }
    }
    assert!(filters > 100, "{filters}");
}

#[test]
fn lines_fit_a_screen_and_files_are_ascii() {
    for router in all_routers() {
        for daemon in [Daemon::Bird, Daemon::Frr] {
            let text = text(&router, daemon);
            assert!(text.is_ascii());
            let long = text.lines().find(|line| line.len() > 100);
            assert_eq!(long, None);
        }
    }
}

#[test]
fn what_no_router_could_be_is_said() {
    let refused = |prepend: u8, communities: u16| {
        let mut story = eight();
        let sites = &mut story.assembled.service.sites;
        let fra = sites.iter_mut().find(|site| site.name.as_str() == "fra").unwrap();
        let said = fra.announcements.values_mut().next().unwrap();
        said.prepend = prepend;
        said.communities = (0..communities).map(|it| Community::Other(1299, it)).collect();
        common::router_or_not(&story, "fra").err().map(|error| error.to_string())
    };
    assert_eq!(refused(200, 100), None);
    assert_eq!(
        refused(201, 0).as_deref(),
        Some("site `fra` has 201 prepends towards AS1299; 200 can be configured")
    );
    assert_eq!(
        refused(0, 101).as_deref(),
        Some("site `fra` has 101 communities towards AS1299; 100 can be configured")
    );
}

/// Where a site is an AS of the world, only its own part is here, and it says what is not.
#[test]
fn a_network_of_the_world_as_site() {
    let story = story(
        "[world]\nbuiltin = \"eight\"\n\
         [[site]]\nname = \"arelion\"\ncity = \"FRA\"\nasn = 1299\n",
    );
    let router = router(&story, "arelion");
    assert_eq!(router.city, "FRA");
    assert_eq!(router.remarks.len(), 2, "{:?}", router.remarks);
    assert!(router.remarks[1].ends_with("are not here: 10"), "{}", router.remarks[1]);
    let mesh = router.sessions.iter().filter(|session| session.kind == Kind::Mesh);
    assert_eq!(mesh.count(), 4);
    let text = text(&router, Daemon::Bird);
    assert!(text.contains("# Note: AS1299 is a network of the world"), "{text}");
}

/// What corrections lay over the world is part of what a router does.
#[test]
fn corrections_count() {
    let story = story(
        "[world]\nbuiltin = \"eight\"\n\
         [[site]]\nname = \"fra\"\nneighbors = [{ asn = 1299, prepend = 1 }]\n\
         [[correction]]\nas_policy = { asn = 64500, neighbor = 1299, prepend = 2 }\n\
         [[correction]]\nas_policy = { asn = 64502, neighbor = 2914, export = false }\n\
         [[correction]]\nas_policy = { asn = 64496, neighbor = 3356, local_pref = 80 }\n\
         [[correction]]\nlink = { a = 64497, b = 12956, state = \"down\" }\n",
    );
    let sessions = |site| router(&story, site).sessions;
    let Export::Originated(said) = &sessions("fra")[0].export else { panic!("fra announces") };
    assert_eq!(said.prepend, 3);
    assert_eq!(sessions("nrt")[0].export, Export::Nothing);
    assert_eq!(sessions("jfk")[0].import, Import::Default { local_pref: Some(80) });
    let frr = text(&router(&story, "jfk"), Daemon::Frr);
    assert!(frr.contains("\n set local-preference 80\n"), "{frr}");
    let names: Vec<String> = sessions("mia").iter().map(Session::full_name).collect();
    assert_eq!(names, ["as3356_v4"]);
}

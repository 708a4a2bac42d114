//! Test values of the model reference, by their names there: T1.* (routing trees), T3 (round-trip
//! times), T7.3 and T10.* (prefix lengths, origin validation, local sites), T12.* (`eight`).

use std::collections::BTreeMap;

use catchment_model::service::{Announcement, Capacity, Reach, Site};
use catchment_model::{Asn, Overlay, Relation, Rules, Service, WorldBuilder};
use catchment_routing::table::{Options, solve_table};
use catchment_routing::{Situation, solve};
use catchment_testkit::story::{Story, story};
use expect_test::expect;

const NONE: &str = "[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"none\"\n";

#[test]
fn t1_1_routing_tree() {
    expect![[r#"
        asn,site,class,path_length,as_path,rtt_ms,tied_sites,tied_shares,decided_by
        1,as6,customer,2,3 6,,,,router-id
        2,as6,peer,3,1 3 6,,,,only
        3,as6,customer,1,6,,,,only
        4,as6,customer,1,6,,,,local-pref
        5,as6,peer,2,4 6,,,,local-pref
        6,as6,origin,0,,,,,only
        7,as6,provider,3,5 4 6,,,,only
        8,as6,provider,4,2 1 3 6,,,,only
    "#]]
    .assert_eq(&story("[world]\nbuiltin = \"tree\"").csv(Options::default()));
}

#[test]
fn t1_2_prepending_does_not_beat_local_pref() {
    let prepended = story(
        "[world]
builtin = \"tree\"

[[site]]
name = \"as6\"
neighbors = [{ asn = 3 }, { asn = 4, prepend = 2 }]",
    );
    // 4 still uses its customer; 1 stays.
    expect![[r#"
        1,as6,customer,2,3 6,,,,path-length
        4,as6,customer,3,6 6 6,,,,local-pref
        5,as6,peer,4,4 6 6 6,,,,local-pref
        7,as6,provider,5,5 4 6 6 6,,,,only"#]]
    .assert_eq(&prepended.rows(&[1, 4, 5, 7]));
}

#[test]
fn t1_3_two_origins() {
    let two = story("[world]\nbuiltin = \"tree\"\n\n[[site]]\nname = \"as8\"\nasn = 8");
    // Lengths are one less than in the reference, which adds a virtual destination.
    expect![[r#"
        1,as6,customer,2,3 6,,,,router-id
        2,as8,customer,1,8,,,,local-pref
        3,as6,customer,1,6,,,,only
        4,as6,customer,1,6,,,,local-pref
        5,as6,peer,2,4 6,,,,local-pref
        7,as6,provider,3,5 4 6,,,,only"#]]
    .assert_eq(&two.rows(&[1, 2, 3, 4, 5, 7]));
}

#[test]
fn t12_1_baseline_without_history() {
    let eight = story(NONE);
    expect![[r#"
        New York-A       jfk  3356 64496
        New York-B       fra  1299 64500
        San Francisco    jfk  3356 64496
        Miami            mia  3356 64497
        Bogota           mia  3356 64497
        Sao Paulo        gru  12956 64498
        London           lhr  3356 64499
        Berlin           fra  1299 64500
        Moscow           fra  1299 64500
        Istanbul         fra  1299 64500
        Mumbai           bom  6453 64501
        Johannesburg     bom  6453 64501
        Singapore        nrt  2914 64502
        Tokyo-A          nrt  2914 64502
        Tokyo-B          sin  6453 64503
        Seoul            nrt  2914 64502
        Sydney           nrt  2914 64502
    "#]]
    .assert_eq(&eight.clients());
    assert_eq!(eight.path_length_mean(), Some(2.0));
}

/// Who moves where when each site fails, and the average AS path then.
fn failures(base: &Story) -> String {
    let mut text = String::new();
    for site in 0..base.assembled.service.sites.len() {
        let failed = base.without(site as u32);
        let name = &base.assembled.service.sites[site].name;
        let mean = failed.path_length_mean().unwrap();
        text += &format!("{name} {mean:.4}: {}\n", failed.moved_from(base).join(", "));
    }
    text
}

const FAILURES_WITHOUT_HISTORY: &str = "\
jfk 2.0000: New York-A to mia, San Francisco to mia
mia 2.0000: Miami to jfk, Bogota to jfk
gru 2.0000: Sao Paulo to mia
lhr 2.0000: London to jfk
fra 2.1176: New York-B to jfk, Berlin to lhr, Moscow to lhr, Istanbul to bom
bom 2.0000: Mumbai to sin, Johannesburg to sin
nrt 2.1176: Singapore to sin, Tokyo-A to sin, Seoul to sin, Sydney to sin
sin 2.0000: Tokyo-B to bom
";

#[test]
fn t12_2_fail_one_site() {
    let eight = story(NONE);
    assert_eq!(failures(&eight), FAILURES_WITHOUT_HISTORY);
    // Berlin's new path, as the reference gives it.
    let fra = eight.assembled.service.site_index(&"fra".parse().unwrap()).unwrap();
    expect!["65543,lhr,provider,3,1299 3356 64499,23.667,,,only"]
        .assert_eq(&eight.without(fra).rows(&[65543]));
}

#[test]
fn t12_6_single_origin_as() {
    let mut text = NONE.to_owned();
    for site in ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"] {
        text += &format!("\n[[site]]\nname = \"{site}\"\nasn = 64496\n");
    }
    let one = story(&text);
    assert_eq!(one.moved_from(&story(NONE)), [""; 0]);
    assert_eq!(failures(&one), FAILURES_WITHOUT_HISTORY);
}

#[test]
fn t3_round_trip_times_of_eight() {
    let rows = story(NONE).rows(&[65536, 65537, 65545, 1299, 64496]);
    let rtts: Vec<&str> = rows.lines().map(|row| row.split(',').nth(5).unwrap()).collect();
    assert_eq!(rtts, ["0.500", "130.682", "39.273", "130.482", "0.100"]);
}

#[test]
fn the_csv_contract_of_eight() {
    let decided = |story: &Story, asn: u32| {
        let row = story.rows(&[asn]);
        row.rsplit(',').next().unwrap().to_owned()
    };
    let eight = story(NONE);
    let asns = [1299, 2914, 3356, 6453, 12956, 65536, 65537];
    let steps = ["local-pref", "local-pref", "ebgp", "igp-cost", "igp-cost", "only", "router-id"];
    assert_eq!(asns.map(|asn| decided(&eight, asn)), steps);

    // With the oldest-route rule that the world brings, ties between eBGP routes are history.
    let with_history = story("[world]\nbuiltin = \"eight\"");
    let asns = [65536, 65537, 65545, 65548, 65551, 6453];
    let steps = ["only", "history", "history", "history", "history", "igp-cost"];
    assert_eq!(asns.map(|asn| decided(&with_history, asn)), steps);

    // Header and columns; ties are those of the router shown, names sorted.
    let csv = eight.csv(Options { tie_sets: true, routers: false });
    let header = "asn,site,class,path_length,as_path,rtt_ms,tied_sites,tied_shares,decided_by";
    assert_eq!(csv.lines().next(), Some(header));
    assert_eq!(csv.lines().count(), 1 + 5 + 8 + 17);
    let row = csv.lines().find(|line| line.starts_with("65545,")).unwrap();
    let expected = "65545,fra,provider,2,1299 64500,39.273,bom|fra,0.500000|0.500000,router-id";
    assert_eq!(row, expected);
    let asns: Vec<u32> =
        csv.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(asns.is_sorted());

    let routers = eight.csv(Options { tie_sets: false, routers: true });
    assert!(routers.starts_with("asn,city,site,class,"), "{routers}");
    assert!(routers.contains("\n6453,NRT,sin,customer,1,64503,112.997,,,igp-cost\n"), "{routers}");
    assert_eq!(routers.lines().count(), 1 + 31 + 8 + 17);
}

#[test]
fn several_prefixes_have_a_row_each_and_no_route_leaves_fields_empty() {
    let two = story(
        "[world]
builtin = \"eight\"
[service]
prefixes = [\"192.0.2.0/24\", \"198.51.100.0/24\"]
[[site]]
name = \"waw\"
city = \"WAW\"
asn = 64510
prefixes = [\"198.51.100.0/24\"]
neighbors = [{ asn = 1299, communities = [\"no-export\"] }]
[[site]]
name = \"jfk\"
prefixes = [\"192.0.2.0/24\"]
[rules]
oldest_rule = \"none\"
",
    );
    let csv = two.csv(Options::default());
    assert!(csv.starts_with("asn,prefix,site,class,"), "{csv}");
    expect![[r#"
        64496,192.0.2.0/24,jfk,origin,0,,0.100,,,only
        64496,198.51.100.0/24,mia,provider,2,3356 64497,37.606,,,only"#]]
    .assert_eq(&two.rows(&[64496]));
    let only_local = story(
        "[world]
builtin = \"empty\"
[[site]]
name = \"waw\"
city = \"WAW\"
asn = 64510
local = true
neighbors = [{ asn = 1299 }]
",
    );
    // The neighbor itself uses a local site, nobody behind it does (RFC 4786, models T10.2).
    assert_eq!(only_local.rows(&[65543]), "65543,,,,,,,,");
    assert!(only_local.rows(&[1299]).starts_with("1299,waw,customer,1,64510,"));
}

#[test]
fn t10_2_no_export_keeps_a_site_local_and_a_covering_prefix_restores_reachability() {
    let nrt = |communities: &str, prefixes: &str| {
        story(&format!(
            "[world]
builtin = \"eight\"
[service]
prefixes = [\"192.0.2.0/24\"{prefixes}]
[[site]]
name = \"nrt\"
prefixes = [\"192.0.2.0/24\"]
neighbors = [{{ asn = 2914{communities} }}]
[rules]
oldest_rule = \"none\"
"
        ))
    };
    let local = nrt(", communities = [\"no-export\"]", "");
    // AS2914 itself uses NRT and tells nobody: its single-homed customers have no route, the
    // others use another provider.
    expect![[r#"
        2914,nrt,customer,1,64502,227.945,,,local-pref
        65549,,,,,,,,
        64511,,,,,,,,
        65548,sin,provider,2,6453 64503,0.500,,,only
        65551,sin,provider,2,6453 64503,139.620,,,only"#]]
    .assert_eq(&local.rows(&[2914, 65549, 64511, 65548, 65551]));
    let covered = nrt(", communities = [\"no-export\"]", ", \"192.0.2.0/23\"");
    // The covering prefix is announced by all other sites; Tokyo-A's packets follow it to
    // AS2914, which knows the longer prefix and delivers them to NRT all the same.
    expect![[r#"
        65549,192.0.2.0/24,nrt,provider,3,2914 6453 64503,0.500,,,only
        65549,192.0.2.0/23,sin,provider,3,2914 6453 64503,113.397,,,only"#]]
    .assert_eq(&covered.rows(&[65549]));
}

#[test]
fn t10_1_networks_with_origin_validation_see_only_the_valid_site() {
    let world = |rov_share: f64| {
        story(&format!(
            "[world]
builtin = \"eight\"
[rules]
oldest_rule = \"none\"
rov_share = {rov_share:?}
[[roa]]
prefix = \"192.0.2.0/24\"
asn = 64500
"
        ))
    };
    // Everybody validates: only FRA (64500) is left.
    let sites = |story: &Story| {
        let mut sites: Vec<String> =
            story.clients().lines().map(|line| line[17..].trim().to_owned()).collect();
        sites.iter_mut().for_each(|line| line.truncate(3));
        sites.sort();
        sites.dedup();
        sites
    };
    assert_eq!(sites(&world(1.0)), ["fra"]);
    assert_eq!(world(0.0).moved_from(&story(NONE)), [""; 0]);
    // A /25 from 64500 is invalid by its length.
    let longer = story(
        "[world]
builtin = \"eight\"
[service]
prefixes = [\"192.0.2.0/25\"]
[rules]
rov_share = 1.0
longer_share = 1.0
[[roa]]
prefix = \"192.0.2.0/24\"
asn = 64500
",
    );
    assert_eq!(sites(&longer), ["-"]);
}

#[test]
fn ties_follow_the_packets_through_longer_prefixes() {
    let mut text = "[world]
builtin = \"eight\"
[service]
prefixes = [\"192.0.2.0/24\", \"192.0.2.0/25\"]
[rules]
oldest_rule = \"none\"
[[site]]
name = \"bom\"
neighbors = [{ asn = 6453, takes_longer = true }]
"
    .to_owned();
    for site in ["jfk", "mia", "gru", "lhr", "fra", "nrt", "sin"] {
        text += &format!("[[site]]\nname = \"{site}\"\nprefixes = [\"192.0.2.0/24\"]\n");
    }
    // Tokyo-B has no route to the /25; AS6453, to which it sends, has one, and it leads to BOM.
    let csv = story(&text).csv(Options { tie_sets: true, routers: false });
    let rows: Vec<&str> = csv.lines().filter(|line| line.starts_with("65550,")).collect();
    assert_eq!(
        rows,
        [
            "65550,192.0.2.0/24,sin,provider,2,6453 64503,113.197,sin,1.000000,only",
            "65550,192.0.2.0/25,bom,provider,2,6453 64503,143.213,bom,1.000000,only",
        ]
    );
}

#[test]
fn a_blackholed_route_leads_nowhere() {
    let dropped = story(
        "[world]
builtin = \"eight\"
[rules]
oldest_rule = \"none\"
[[site]]
name = \"nrt\"
neighbors = [{ asn = 2914, communities = [\"blackhole\"] }]
",
    );
    let csv = dropped.csv(Options { tie_sets: true, routers: false });
    let row = csv.lines().find(|line| line.starts_with("2914,")).unwrap();
    assert_eq!(row, "2914,,customer,1,64502,,,,local-pref");
    // RFC 7999: nobody else hears of it.
    assert_eq!(dropped.rows(&[65549]), "65549,,,,,,,,");
}

#[test]
fn an_explanation_names_the_cause_of_a_local_pref() {
    let text = |extra: &str| format!("{NONE}{extra}");
    let business = story(NONE).explain(65550).to_string();
    assert!(!business.contains("somebody set it"), "{business}");
    let set = story(&text(
        "\n[[correction]]\nas_policy = { asn = 65537, neighbor = 3356, local_pref = 101 }\n",
    ));
    let told = set.explain(65537).to_string();
    assert!(told.contains("LOCAL_PREF 101 beats 100: somebody set it"), "{told}");
}

/// A world in which every client is a direct neighbor of both sites.
fn two_sites_and(clients: u32) -> (catchment_model::World, Service) {
    let mut builder = WorldBuilder::new("two sites");
    let sites = [64496, 64497].map(|asn| builder.router(Asn(asn), None));
    for client in 0..clients {
        let router = builder.router(Asn(100_000 + client), None);
        for site in sites {
            builder.link(site, router, Relation::Provider);
        }
    }
    let built = builder.build().unwrap();
    let site = |index: usize, prefixes: &[u16]| {
        let router = built.router_of[index];
        let announcements: BTreeMap<u32, Announcement> = built
            .world
            .sessions(router)
            .map(|session| (session, Announcement::default()))
            .collect();
        Site {
            name: ["a", "b"][index].parse().unwrap(),
            asn: built.world.asn_of(router),
            router,
            active: true,
            prefixes: prefixes.to_vec(),
            own_router: true,
            reach: Reach::Listed,
            announcements,
            capacity: Capacity::default(),
            region: String::new(),
        }
    };
    let service = Service {
        prefixes: vec!["192.0.2.0/24".parse().unwrap(), "192.0.2.0/25".parse().unwrap()],
        sites: vec![site(0, &[0]), site(1, &[0, 1])],
        roas: Vec::new(),
    };
    (built.world, service)
}

#[test]
fn t7_3_a_longer_prefix_moves_only_those_who_accept_it() {
    const CLIENTS: u32 = 20_000;
    let (world, service) = two_sites_and(CLIENTS);
    let overlay = Overlay::default();
    let at_b = |longer_share: f64| {
        let rules = Rules { longer_share, ..Rules::default() };
        let situation = Situation {
            world: &world,
            overlay: &overlay,
            service: &service,
            rules: &rules,
            seed: 1,
        };
        let answers = [0, 1].map(|prefix| solve(situation, prefix).unwrap());
        let table = solve_table(situation, &answers, Options::default());
        let (sites, prefixes) = (table.column("site").unwrap(), table.column("prefix").unwrap());
        let count = |prefix: &str| {
            (0..table.row_count())
                .filter(|row| prefixes.values.print(*row).as_deref() == Some(prefix))
                .filter(|row| sites.values.print(*row).as_deref() == Some("b"))
                .count()
        };
        [count("192.0.2.0/24"), count("192.0.2.0/25")]
    };
    // Everyone ties, and A has the lower number: B has only itself.
    let nobody = at_b(0.0);
    assert_eq!(nobody, [1, 1]);
    let tenth = at_b(0.1);
    assert_eq!(tenth[0], 1, "the upper half does not move");
    let share = (tenth[1] - 1) as f64 / f64::from(CLIENTS);
    assert!((share - 0.1).abs() < 0.008, "{share} of A's catchment moved");
    // Even site A's own network hears the longer prefix, from the clients, and follows it.
    assert_eq!(at_b(1.0)[1], 2 + CLIENTS as usize);
}

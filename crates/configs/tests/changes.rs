//! The lines of a change as people meet them.

mod common;

use std::fmt::Write as _;

use catchment_configs::address::Addresses;
use catchment_configs::{Daemon, SiteChange, change};
use catchment_testkit::story::story;
use common::routers_with;
use expect_test::{Expect, expect};

/// What changes from one scenario to another.
fn changes(daemon: Daemon, before: &str, after: &str) -> Vec<SiteChange> {
    let (before, after) = (story(before), story(after));
    let addresses = &mut Addresses::beside([&before.assembled.service, &after.assembled.service]);
    let (before, after) = (routers_with(&before, addresses), routers_with(&after, addresses));
    change(daemon, &before, &after)
}

fn check(daemon: Daemon, after: &str, expected: &Expect) {
    let mut text = String::new();
    for change in changes(daemon, "[world]\nbuiltin = \"eight\"", after) {
        let _ = writeln!(text, "{}: {}", change.site, change.what.join("; "));
        for (name, steps) in [("apply", &change.apply), ("undo", &change.undo)] {
            let _ = writeln!(text, "{name}\n{}", steps.lines.trim_end());
            steps.commands.iter().for_each(|command| _ = writeln!(text, "$ {command}"));
        }
    }
    expected.assert_eq(&text);
}

const PREPENDED: &str = "[world]\nbuiltin = \"eight\"\n\
    [[site]]\nname = \"fra\"\nneighbors = [{ asn = 1299, prepend = 1 }]";

#[test]
fn a_prepend_for_bird() {
    check(
        Daemon::Bird,
        PREPENDED,
        &expect![[r#"
        fra: towards AS1299 Arelion, provider, in FRA: prepends 1, before 0
        apply
        # in place of `filter to_as1299_v4`:
        # What AS1299 Arelion, provider, in FRA is told.
        filter to_as1299_v4 {
          if ! own4() then reject;
          # Prepends 1.
          bgp_path.prepend(64500);
          accept;
        }
        $ birdc configure check
        $ birdc configure timeout 300
        $ birdc configure confirm
        undo
        # in place of `filter to_as1299_v4`:
        # What AS1299 Arelion, provider, in FRA is told.
        filter to_as1299_v4 {
          if ! own4() then reject;
          accept;
        }
        $ birdc configure check
        $ birdc configure timeout 300
        $ birdc configure confirm
    "#]],
    );
}

#[test]
fn a_prepend_for_frr() {
    check(
        Daemon::Frr,
        PREPENDED,
        &expect![[r#"
        fra: towards AS1299 Arelion, provider, in FRA: prepends 1, before 0
        apply
        route-map TO-AS1299-V4 permit 10
         ! Prepends 1.
         set as-path prepend 64500
        exit
        $ vtysh -C -f LINES
        $ vtysh -f LINES
        $ vtysh -c 'clear bgp ipv4 unicast 203.0.113.1 soft out'
        $ vtysh -c 'write memory'
        undo
        route-map TO-AS1299-V4 permit 10
         no set as-path prepend
        exit
        $ vtysh -C -f LINES
        $ vtysh -f LINES
        $ vtysh -c 'clear bgp ipv4 unicast 203.0.113.1 soft out'
        $ vtysh -c 'write memory'
    "#]],
    );
}

#[test]
fn a_session_more_for_frr() {
    let after = "[world]\nbuiltin = \"eight\"\n\
        [[site]]\nname = \"nrt\"\nneighbors = [{ asn = 2914 }, { asn = 6453 }]";
    check(
        Daemon::Frr,
        after,
        &expect![[r#"
            nrt: a new session with AS6453 Tata, provider, in NRT
            apply
            route-map FROM-AS6453-V4 permit 10
             match ip address prefix-list DEFAULT4
            exit
            route-map TO-AS6453-V4 permit 10
             match ip address prefix-list OWN4
             match as-path OWN
            exit
            router bgp 64502
             ! replace: the neighbor's address, here and below.
             neighbor 203.0.113.3 remote-as 6453
             neighbor 203.0.113.3 description AS6453 Tata, provider, in NRT
             ! replace: our address.
             neighbor 203.0.113.3 update-source 203.0.113.2
             address-family ipv4 unicast
              neighbor 203.0.113.3 activate
              neighbor 203.0.113.3 send-community all
              neighbor 203.0.113.3 route-map FROM-AS6453-V4 in
              neighbor 203.0.113.3 route-map TO-AS6453-V4 out
              ! More than the default route was not asked for. Only a warning: a session that goes
              ! down takes the announcement with it.
              neighbor 203.0.113.3 maximum-prefix 10 warning-only force
             exit-address-family
            exit
            $ vtysh -C -f LINES
            $ vtysh -f LINES
            $ vtysh -c 'write memory'
            undo
            router bgp 64502
             no neighbor 203.0.113.3
            exit
            no route-map TO-AS6453-V4 permit 10
            no route-map FROM-AS6453-V4 permit 10
            $ vtysh -C -f LINES
            $ vtysh -f LINES
            $ vtysh -c 'write memory'
        "#]],
    );
}

#[test]
fn a_session_withdrawn_for_frr() {
    let after = "[world]\nbuiltin = \"eight\"\n\
        [[correction]]\nannounce = { site = \"fra\", neighbor = 1299, withdraw = true }";
    check(
        Daemon::Frr,
        after,
        &expect![[r#"
        fra: towards AS1299 Arelion, provider, in FRA: announces nothing
        apply
        router bgp 64500
         address-family ipv4 unicast
          neighbor 203.0.113.1 route-map NOTHING out
         exit-address-family
        exit
        no route-map TO-AS1299-V4 permit 10
        $ vtysh -C -f LINES
        $ vtysh -f LINES
        $ vtysh -c 'clear bgp ipv4 unicast 203.0.113.1 soft out'
        $ vtysh -c 'write memory'
        undo
        route-map TO-AS1299-V4 permit 10
         match ip address prefix-list OWN4
         match as-path OWN
        exit
        router bgp 64500
         address-family ipv4 unicast
          neighbor 203.0.113.1 route-map TO-AS1299-V4 out
         exit-address-family
        exit
        $ vtysh -C -f LINES
        $ vtysh -f LINES
        $ vtysh -c 'clear bgp ipv4 unicast 203.0.113.1 soft out'
        $ vtysh -c 'write memory'
    "#]],
    );
}

#[test]
fn a_regional_prefix_for_bird() {
    let after = "[world]\nbuiltin = \"eight\"\n\
        [service]\nprefixes = [\"192.0.2.0/24\"]\n\
        [service.regional]\nsa = \"198.51.100.0/24\"";
    check(
        Daemon::Bird,
        after,
        &expect![[r#"
            gru: announces 198.51.100.0/24
            apply
            # in place of `protocol static service4`:
            # The routes that are announced. They stand as long as BIRD runs, whether the service is
            # well or not: `birdc disable service4` withdraws them, and a health check should.
            # Addresses of the service are on a local interface, and more specific.
            protocol static service4 {
              ipv4;
              route 192.0.2.0/24 blackhole;
              route 198.51.100.0/24 blackhole;
            }

            # in place of `function own4`:
            # What may leave: what starts here, and never what was learned.
            function own4() {
              return source = RTS_STATIC && net ~ [ 192.0.2.0/24, 198.51.100.0/24 ];
            }
            $ birdc configure check
            $ birdc configure timeout 300
            $ birdc configure confirm
            undo
            # in place of `protocol static service4`:
            # The routes that are announced. They stand as long as BIRD runs, whether the service is
            # well or not: `birdc disable service4` withdraws them, and a health check should.
            # Addresses of the service are on a local interface, and more specific.
            protocol static service4 {
              ipv4;
              route 192.0.2.0/24 blackhole;
            }

            # in place of `function own4`:
            # What may leave: what starts here, and never what was learned.
            function own4() {
              return source = RTS_STATIC && net ~ [ 192.0.2.0/24 ];
            }
            $ birdc configure check
            $ birdc configure timeout 300
            $ birdc configure confirm
        "#]],
    );
}

#[test]
fn sites_that_come_go_and_change_their_as() {
    let after = "[world]\nbuiltin = \"eight\"\n\
        [[site]]\nname = \"jfk\"\nremove = true\n\
        [[site]]\nname = \"fra\"\nasn = 64510\n\
        [[site]]\nname = \"waw\"\ncity = \"WAW\"\nasn = 64511\nneighbors = [{ asn = 1299 }]";
    let before = "[world]\nbuiltin = \"eight\"";
    let after = after.replace("64511", "64509");
    for daemon in [Daemon::Bird, Daemon::Frr] {
        let changes = changes(daemon, before, &after);
        let what: Vec<String> =
            changes.iter().map(|it| format!("{}: {}", it.site, it.what.join("; "))).collect();
        assert_eq!(
            what,
            [
                "fra: its AS is AS64510, and was AS64500",
                "waw: a new site: site waw: AS64509 in WAW",
                "jfk: the site is gone",
            ]
        );
        assert!(changes[0].apply.lines.starts_with("# the whole file "));
        assert!(changes[1].undo.lines.is_empty() && changes[2].apply.lines.is_empty());
        assert!(changes[2].undo.lines.contains("64496"));
    }
}

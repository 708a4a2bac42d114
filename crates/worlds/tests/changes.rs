//! Corrections, and the changes that events will make.

mod common;

use std::fmt::Write as _;

use catchment_worlds::{Assembled, apply_change};
use common::{assembled, change, router_name, show_sites};
use expect_test::{Expect, expect};

fn show_overlay(assembled: &Assembled) -> String {
    let overlay = &assembled.overlay;
    let world = &assembled.world;
    let name = |router: u32| router_name(assembled, router);
    let session = |session: u32| {
        let to = world.neighbors[session as usize];
        format!("{} > {}", name(world.router_of_session(session)), name(to))
    };
    let mut out = String::new();
    for (a, b) in &overlay.down {
        writeln!(out, "down {} {}", name(*a), name(*b)).unwrap();
    }
    for (at, prepend) in &overlay.prepends {
        writeln!(out, "prepend {prepend} {}", session(*at)).unwrap();
    }
    for at in &overlay.closed {
        writeln!(out, "closed {}", session(*at)).unwrap();
    }
    for ((index, neighbor), local_pref) in &overlay.local_prefs {
        let asn = world.asns[*index as usize];
        writeln!(out, "local-pref {local_pref} at {asn} from {neighbor}").unwrap();
    }
    for index in &overlay.leaks {
        writeln!(out, "leak {}", world.asns[*index as usize]).unwrap();
    }
    out
}

/// Applies the changes one by one to `eight`; a mistake is shown in its place.
#[track_caller]
fn check(scenario: &str, changes: &[&str], expected: Expect) {
    let mut assembled = assembled("eight", scenario);
    let mut out = show_overlay(&assembled);
    for text in changes {
        writeln!(out, "-- {text}").unwrap();
        match apply_change(&mut assembled, &change(text)) {
            Ok(()) => out += &show_overlay(&assembled),
            Err(mistake) => {
                writeln!(out, "at `{}`: {}", mistake.path, mistake.message).unwrap();
                if !mistake.help.is_empty() {
                    writeln!(out, "    {}", mistake.help).unwrap();
                }
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn links_go_down_and_up_everywhere_or_in_a_city() {
    check(
        "correction link a=3356 b=12956 city=MIA state=down",
        &[
            "link a=3356 b=12956 state=down",
            "session a=3356 b=12956 city=MIA state=up",
            "link a=3356 b=12956",
            "link a=3356 b=12956 city=FRA state=down",
            "link a=3356 b=4242 state=down",
            "link a=3356 b=65549 state=down",
            "link a=3356 b=65549 state=up relation=customer",
            "link a=3356 b=3356 state=down",
        ],
        expect![[r#"
            down 3356@MIA#7 12956@MIA#29
            -- link a=3356 b=12956 state=down
            down 3356@JFK#6 12956@JFK#28
            down 3356@MIA#7 12956@MIA#29
            -- session a=3356 b=12956 city=MIA state=up
            down 3356@JFK#6 12956@JFK#28
            -- link a=3356 b=12956
            -- link a=3356 b=12956 city=FRA state=down
            at `link.city`: AS3356 and AS12956 have no link in `FRA`
                they have one in JFK, MIA
            -- link a=3356 b=4242 state=down
            at `link.b`: the world has no AS4242
            -- link a=3356 b=65549 state=down
            at `link`: AS3356 and AS65549 have no link
                state = "up" with `relation` makes one
            -- link a=3356 b=65549 state=up relation=customer
            at `link`: AS3356 and AS65549 have no link
                state = "up" with `relation` makes one
            -- link a=3356 b=3356 state=down
            at `link.b`: AS3356 is given at both ends
        "#]],
    );
}

#[test]
fn policy_is_laid_over() {
    check(
        "
        leak 65537
        correction as_policy asn=65545 neighbor=1299 local_pref=80
        ",
        &[
            "as_policy asn=65545 neighbor=1299 local_pref=120",
            "as_policy asn=12956 neighbor=3356 prepend=2 export=false",
            "as_policy asn=12956 neighbor=3356 prepend=0 export=true",
            "as_policy asn=12956 neighbor=3356",
            "as_policy asn=12956 neighbor=65549 prepend=1",
        ],
        expect![[r#"
            local-pref 80 at 65545 from 1299
            leak 65537
            -- as_policy asn=65545 neighbor=1299 local_pref=120
            local-pref 120 at 65545 from 1299
            leak 65537
            -- as_policy asn=12956 neighbor=3356 prepend=2 export=false
            prepend 2 12956@JFK#28 > 3356@JFK#6
            prepend 2 12956@MIA#29 > 3356@MIA#7
            closed 12956@JFK#28 > 3356@JFK#6
            closed 12956@MIA#29 > 3356@MIA#7
            local-pref 120 at 65545 from 1299
            leak 65537
            -- as_policy asn=12956 neighbor=3356 prepend=0 export=true
            local-pref 120 at 65545 from 1299
            leak 65537
            -- as_policy asn=12956 neighbor=3356
            at `as_policy`: nothing changes between AS12956 and AS3356
                set `local_pref`, `prepend` or `export`
            -- as_policy asn=12956 neighbor=65549 prepend=1
            at `as_policy`: AS12956 and AS65549 have no link
        "#]],
    );
}

#[test]
fn a_link_that_comes_later_is_there_and_down() {
    let scenario = "event link a=65549 b=6453 city=NRT relation=provider";
    check(
        scenario,
        &["link a=65549 b=6453 city=NRT state=up"],
        expect![[r#"
        down 6453@NRT#25 65549@NRT#53
        -- link a=65549 b=6453 city=NRT state=up
    "#]],
    );
}

#[test]
fn a_link_that_is_corrected_is_up() {
    let assembled = assembled("eight", "correction link a=64511 b=6453 relation=provider");
    let world = &assembled.world;
    let sydney = world.routers_of_asn("64511".parse().unwrap()).start;
    let names =
        world.sessions(sydney).map(|s| router_name(&assembled, world.neighbors[s as usize]));
    expect!["2914@SYD#18 6453@SIN#24"].assert_eq(&names.collect::<Vec<_>>().join(" "));
    assert!(assembled.overlay.is_empty());
}

#[track_caller]
fn check_announce(scenario: &str, site: &str, changes: &[&str], expected: Expect) {
    let mut assembled = assembled("eight", scenario);
    let mut out = show_sites(&assembled, &[site]);
    for text in changes {
        writeln!(out, "-- {text}").unwrap();
        match apply_change(&mut assembled, &change(text)) {
            Ok(()) => out += &show_sites(&assembled, &[site]),
            Err(mistake) => {
                writeln!(out, "at `{}`: {}", mistake.path, mistake.message).unwrap();
                if !mistake.help.is_empty() {
                    writeln!(out, "    {}", mistake.help).unwrap();
                }
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn a_site_changes_what_it_says() {
    check_announce(
        "site mia local=true",
        "mia",
        &[
            "announce site=mia neighbor=12956 prepend=1 med=5",
            "announce site=mia neighbor=12956 communities=graceful-shutdown",
            "announce site=mia neighbor=12956 withdraw=true",
            "announce site=mia neighbor=12956",
            "announce site=mia neighbor=1299",
            "announce site=mia neighbor=3356 at=JFK",
            "announce site=mai neighbor=3356",
        ],
        expect![[r#"
            mia 64497@MIA#33 Listed prefixes [0] region na 120 kq/s
                > 3356@MIA#7 provider no-export
                > 12956@MIA#29 provider no-export
            -- announce site=mia neighbor=12956 prepend=1 med=5
            mia 64497@MIA#33 Listed prefixes [0] region na 120 kq/s
                > 3356@MIA#7 provider no-export
                > 12956@MIA#29 provider prepend 1 med 5 no-export
            -- announce site=mia neighbor=12956 communities=graceful-shutdown
            mia 64497@MIA#33 Listed prefixes [0] region na 120 kq/s
                > 3356@MIA#7 provider no-export
                > 12956@MIA#29 provider prepend 1 med 5 no-export graceful-shutdown
            -- announce site=mia neighbor=12956 withdraw=true
            mia 64497@MIA#33 Listed prefixes [0] region na 120 kq/s
                > 3356@MIA#7 provider no-export
            -- announce site=mia neighbor=12956
            mia 64497@MIA#33 Listed prefixes [0] region na 120 kq/s
                > 3356@MIA#7 provider no-export
                > 12956@MIA#29 provider no-export
            -- announce site=mia neighbor=1299
            at `announce.neighbor`: site `mia` has no session with AS1299
            -- announce site=mia neighbor=3356 at=JFK
            at `announce.at`: site `mia` has no session with AS3356 in `JFK`
            -- announce site=mai neighbor=3356
            at `announce.site`: scenario has no site `mai`
                the nearest name is `mia`
        "#]],
    );
}

#[test]
fn a_session_that_opens_later_is_down_until_then() {
    check_announce(
        "event announce site=nrt neighbor=6453 prepend=1",
        "nrt",
        &["announce site=nrt neighbor=6453 prepend=1"],
        expect![[r#"
            nrt 64502@NRT#38 Listed prefixes [0] region asia 280 kq/s
                > 2914@NRT#17 provider
            -- announce site=nrt neighbor=6453 prepend=1
            nrt 64502@NRT#38 Listed prefixes [0] region asia 280 kq/s
                > 2914@NRT#17 provider
                > 6453@NRT#25 provider prepend 1
        "#]],
    );
    let mut assembled = assembled("eight", "event announce site=nrt neighbor=6453");
    assert_eq!(assembled.overlay.down.len(), 1);
    apply_change(&mut assembled, &change("announce site=nrt neighbor=6453")).unwrap();
    assert!(assembled.overlay.is_empty());
}

#[test]
fn an_as_of_the_world_that_withdraws_from_one_neighbor_lists_the_others() {
    check_announce(
        "site istanbul asn=65545",
        "istanbul",
        &[
            "announce site=istanbul neighbor=1299 prepend=2",
            "announce site=istanbul neighbor=1299 withdraw=true",
        ],
        expect![[r#"
            istanbul 65545@IST#49 Everyone prefixes [0]
            -- announce site=istanbul neighbor=1299 prepend=2
            istanbul 65545@IST#49 Everyone prefixes [0]
                65545@IST#49 > 1299@IST#5 provider prepend 2
            -- announce site=istanbul neighbor=1299 withdraw=true
            istanbul 65545@IST#49 Listed prefixes [0]
                > 6453@IST#26 provider
        "#]],
    );
}

/// The file takes a link of the world away; an event makes it anew.
#[test]
fn what_the_file_took_away_can_come_back() {
    check_announce(
        "
        site fra
        neighbor 3356
        event announce site=fra neighbor=1299
        ",
        "fra",
        &["announce site=fra neighbor=1299"],
        expect![[r#"
            fra 64500@FRA#36 Listed prefixes [0] region eu 480 kq/s
                > 3356@FRA#10 provider
            -- announce site=fra neighbor=1299
            fra 64500@FRA#36 Listed prefixes [0] region eu 480 kq/s
                > 1299@FRA#3 provider
                > 3356@FRA#10 provider
        "#]],
    );
    check(
        "
        site fra city=WAW
        neighbor 3356
        event link a=64500 b=1299 relation=provider
        ",
        &["link a=64500 b=1299"],
        expect![[r#"
            down 1299@FRA#3 64500@WAW#36
            -- link a=64500 b=1299
        "#]],
    );
}

/// A session that the file has is not opened a second time, nearer.
#[test]
fn a_session_of_the_file_is_the_one_that_changes() {
    let text = "
        site waw city=WAW asn=64510
        neighbor 1299 at=JFK
        event announce site=waw neighbor=1299 prepend=1
    ";
    check_announce(
        text,
        "waw",
        &["announce site=waw neighbor=1299 prepend=1"],
        expect![[r#"
            waw 64510@WAW#57 Listed prefixes [0]
                > 1299@JFK#1 provider
            -- announce site=waw neighbor=1299 prepend=1
            waw 64510@WAW#57 Listed prefixes [0]
                > 1299@JFK#1 provider prepend 1
        "#]],
    );
    assert!(assembled("eight", text).overlay.down.is_empty());
}

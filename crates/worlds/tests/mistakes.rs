//! What a scenario can get wrong, where, and what we advise.

mod common;

use common::mistakes;
use expect_test::{Expect, expect};

#[track_caller]
fn check(world: &str, text: &str, expected: Expect) {
    expected.assert_eq(&mistakes(world, text));
}

#[test]
fn nothing_is_wrong_with_a_plain_scenario() {
    check(
        "eight",
        "",
        expect![[r#"
        none
    "#]],
    );
}

#[test]
fn sites() {
    check(
        "eight",
        "
        site frb kqps=1
        site zzz
        site waw city=WAW asn=64510
        neighbor 1298
        neighbor 1299
        neighbor 1299 at=FRA
        neighbor 3356 at=BOM
        neighbor 3356 at=FRX
        neighbor 64510
        site WAW city=SVO asn=64511
        site jfx remove=true
        site oslo city=OSLO asn=64505
        neighbor 1299
        site nowhere asn=64506
        neighbor 1299
        site alone city=OSL asn=64507
        site moon at=91,0 asn=64508
        neighbor 1299
        ",
        expect![[r#"
            site.3.name scenario::duplicate_site
                site `waw` is there twice
                names are matched without case; join the two entries, or rename one
            site.4.name scenario::unknown_site
                there is no site `jfx` to remove
                the nearest name is `jfk`
            site.0 scenario::missing_asn
                the new site `frb` needs an `asn`
                the nearest name is `fra`, if you meant to change it
            site.1 scenario::missing_asn
                the new site `zzz` needs an `asn`
                give the number of a new AS, or of one of the world
            site.5.city scenario::unknown_city
                `OSLO` is not the code of a city
                the nearest is `OSL`; coordinates work too: at = [52.17, 20.97]
            site.6 scenario::missing_city
                site `nowhere` needs a city
                AS64506 is new: write city = "FRA" or at = [50.03, 8.57]
            site.7 scenario::missing_neighbors
                site `alone` has no neighbors
                AS64507 is new: say who hears it, as in neighbors = [{ asn = … }]
            site.8.at scenario::bad_coordinates
                `[91, 0]` is not a place on Earth
                write degrees north (-90 to 90), then degrees east (-180 to 180)
            site.2.neighbors.0.asn scenario::unknown_as
                the world has no AS1298
                the nearest number is 1299
            site.2.neighbors.2 scenario::duplicate_neighbor
                site `waw` has AS1299 as a neighbor twice
                join the two entries, or say with `at` which router each means
            site.2.neighbors.3.at scenario::not_in_city
                AS3356 has no router in `BOM`
                it has one in BOG, FRA, GRU, JFK, LHR, MIA, SFO
            site.2.neighbors.4.at scenario::unknown_city
                `FRX` is not the code of a city
                the nearest is `FRA`; coordinates work too: at = [52.17, 20.97]
            site.2.neighbors.5.asn scenario::own_neighbor
                AS64510 cannot be a neighbor of itself
                `backbone = true` joins the sites of one AS
        "#]],
    );
}

#[test]
fn a_site_in_no_city_still_has_its_neighbors_looked_at() {
    check(
        "eight",
        "
        site a city=QQQ asn=64600
        neighbor 1299
        neighbor 1298
        neighbor 64601
        site b asn=64601
        neighbor 64600
        ",
        expect![[r#"
            site.0.city scenario::unknown_city
                `QQQ` is not the code of a city
                the nearest is `HQQ`; coordinates work too: at = [52.17, 20.97]
            site.1 scenario::missing_city
                site `b` needs a city
                AS64601 is new: write city = "FRA" or at = [50.03, 8.57]
            site.0.neighbors.1.asn scenario::unknown_as
                the world has no AS1298
                the nearest number is 1299
        "#]],
    );
}

#[test]
fn a_name_of_a_city_is_no_code() {
    check(
        "eight",
        "
        site a city=Frankfurt asn=64510
        neighbor 1299
        site b city=Warsaw asn=64509
        neighbor 1299
        site c city=FRB asn=64508
        neighbor 1299
        ",
        expect![[r#"
            site.0.city scenario::unknown_city
                `Frankfurt` is not the code of a city
                the nearest is `FRA`; coordinates work too: at = [52.17, 20.97]
            site.1.city scenario::unknown_city
                `Warsaw` is not the code of a city
                the nearest is `WAW`; coordinates work too: at = [52.17, 20.97]
        "#]],
    );
}

#[test]
fn one_router_one_site() {
    check(
        "eight",
        "
        site a asn=1299 city=FRA
        site b asn=1299 city=FRA
        site c asn=64510 city=WAW backbone=true
        neighbor 1299
        site d asn=64510 city=WAW backbone=true
        neighbor 1299
        site e asn=64510 city=SVO
        neighbor 1299
        ",
        expect![[r#"
            site.4 scenario::mixed_backbone
                AS64510 has a backbone at site `c` and none at site `e`
                give `backbone` the same value at all sites of one AS
            site.1.asn scenario::same_router
                sites `a` and `b` share one router
                an AS has one router in a city; give the sites two cities or two ASes
            site.3.asn scenario::same_router
                sites `c` and `d` share one router
                an AS has one router in a city; give the sites two cities or two ASes
        "#]],
    );
}

#[test]
fn sessions_of_an_as_of_the_world() {
    check(
        "eight",
        "
        site berlin asn=65543
        neighbor 3356
        neighbor 1299 at=JFK
        site moscow asn=65544
        neighbor 1299
        neighbor 1299 at=SVO
        ",
        expect![[r#"
            site.0.neighbors.0 scenario::not_linked
                AS65543 has no session with AS3356
                an AS of the world announces over its own sessions; a correction can add a link
            site.0.neighbors.1 scenario::not_linked
                AS65543 has no session with AS1299 in `JFK`
                an AS of the world announces over its own sessions; a correction can add a link
            site.1.neighbors.1 scenario::duplicate_neighbor
                site `moscow` has AS1299 as a neighbor twice
                join the two entries, or say with `at` which router each means
        "#]],
    );
}

#[test]
fn links_that_contradict() {
    check(
        "eight",
        "
        site waw city=WAW asn=64510
        neighbor 65552 relation=customer
        client 65552 city=WAW
        neighbor 64510 relation=peer
        ",
        expect![[r#"
            client.0.neighbors.0 scenario::contradicting_links
                AS64510 is a provider of AS65552 elsewhere, not a peer
                two routers have one relationship; say the same at both ends
        "#]],
    );
}

#[test]
fn prefixes() {
    check(
        "eight",
        "
        no-prefix
        regional eu 198.51.100.0/24
        regional ue 198.51.101.0/24
        site fra prefixes=192.0.2.0/24
        site jfk prefixes=198.51.100.0/24
        ",
        expect![[r#"
            service.prefixes scenario::no_prefix
                the service has no prefix
                write prefixes = ["192.0.2.0/24"]
            service.regional.ue scenario::unknown_region
                no site is in region `ue`
                the nearest name is `eu`
            site.1.prefixes.0 scenario::wrong_region
                site `jfk` is not in the region of `198.51.100.0/24`
                sites of region eu announce it
            site.0.prefixes.0 scenario::unknown_prefix
                `192.0.2.0/24` of site `fra` is not of the service
                known: `198.51.100.0/24`, `198.51.101.0/24`
        "#]],
    );
    check(
        "eight",
        "prefix 192.0.2.0/24",
        expect![[r#"
            service.prefixes.1 scenario::duplicate_prefix
                `192.0.2.0/24` is there twice
        "#]],
    );
}

#[test]
fn clients() {
    check(
        "eight",
        "
        client 65545 city=FRA
        client 65546 weight=-1
        client 65547
        neighbor 1299
        client 65552
        neighbor 1299
        client 65553 city=WAW
        client 65554 city=WAW
        neighbor 1299
        neighbor 1299
        client 65554
        ",
        expect![[r#"
            client.0.city scenario::not_in_city
                AS65545 has no router in `FRA`
                it has one in IST
            client.1.weight scenario::bad_weight
                the client AS65546 cannot have this weight
                write a number of kq/s from 0 to 1e12
            client.2.neighbors scenario::known_as
                AS65547 is in the world and has its sessions
                leave `neighbors` out; a correction can add or take away a link
            client.3 scenario::missing_city
                the client AS65552 needs a city
                its AS is new: write city = "FRA" or at = [50.03, 8.57]
            client.4 scenario::missing_neighbors
                the client AS65553 has no neighbors
                its AS is new: say who sells it transit, as in neighbors = [{ asn = … }]
            client.6.asn scenario::duplicate_client
                the client AS65554 is there twice
                join the two entries
            client.5.neighbors.1 scenario::duplicate_neighbor
                the client AS65554 has AS1299 as a neighbor twice
                join the two entries, or say with `at` which router each means
        "#]],
    );
}

#[test]
fn rules() {
    check(
        "eight",
        "rule oldest_rul=none lp_peer=400 mrai_ebgp=soon tie_break=oldest",
        expect![[r#"
            rules.mrai_ebgp scenario::bad_setting
                `soon` is not a value of `mrai_ebgp`
                it must be a time such as `30s`
            rules.oldest_rul scenario::bad_setting
                there is no parameter `oldest_rul`
                the nearest name is `oldest_rule`
            rules.lp_peer scenario::contradiction
                LOCAL_PREF must fall from customer to peer to provider, not 300 / 400 / 100
            rules.tie_break scenario::contradiction
                `oldest` needs a past, which a steady state does not have
        "#]],
    );
}

#[test]
fn roas_leaks_and_residency() {
    check(
        "eight",
        "
        roa 192.0.2.0/24 asn=64496 max-length=33
        roa 192.0.2.0/24 asn=64496 max-length=23
        leak 65566
        residency eu eu ue
        residency es eu
        ",
        expect![[r#"
            roa.0.max_length scenario::bad_max_length
                `33` cannot be the `max_length` of 192.0.2.0/24
                it must lie between 24 and 32
            roa.1.max_length scenario::bad_max_length
                `23` cannot be the `max_length` of 192.0.2.0/24
                it must lie between 24 and 32
            leak.0.asn scenario::unknown_as
                the world has no AS65566
                the nearest number is 65536
            residency.es scenario::unknown_region
                no site and no client is in region `es`
                the nearest name is `eu`
            residency.eu.1 scenario::unknown_region
                no site and no client is in region `ue`
                the nearest name is `eu`
        "#]],
    );
}

#[test]
fn events_and_corrections() {
    check(
        "eight",
        "
        event fail frb
        event restore FRA
        event drain waw
        event capacity tok
        event link a=3356 b=12957 state=down
        event link a=3356 b=65549
        event link a=3356 b=65549 city=XXX relation=customer
        event session a=3356 b=12956 city=FRA state=down
        event as_policy asn=65545 neighbor=3356 local_pref=80
        event announce site=bom neighbor=6454
        event announce site=bmo neighbor=6453
        event announce site=bom neighbor=6453 at=FRX
        event igp asn=1299 a=FRA b=MIA
        event igp asn=1299 a=FRA b=fra
        event attack region=aisa
        event attack country=XX
        event attack ases=1299,77
        correction link a=1299 b=77
        correction link a=1299 b=12956 city=FRA
        ",
        expect![[r#"
            correction.1.link scenario::missing_relation
                AS1299 and AS12956 have no link to bring up
                a new link needs `relation`: what `b` is to `a`
            event.5.link scenario::missing_relation
                AS3356 and AS65549 have no link to bring up
                a new link needs `relation`: what `b` is to `a`
            event.6.link.city scenario::unknown_city
                `XXX` is not the code of a city
                the nearest is `HXX`; coordinates work too: at = [52.17, 20.97]
            event.11.announce.at scenario::unknown_city
                `FRX` is not the code of a city
                the nearest is `FRA`; coordinates work too: at = [52.17, 20.97]
            correction.0.link.b scenario::unknown_as
                the world has no AS77
            event.0.fail scenario::unknown_site
                scenario has no site `frb`
                the nearest name is `fra`
            event.1.restore scenario::not_failed
                site `fra` cannot return at 0s: it is not down then
                let it `fail` or `drain` before; events of one time happen in the order of the file
            event.2.drain scenario::unknown_site
                scenario has no site `waw`
                known: `jfk`, `mia`, `gru`, `lhr`, `fra`, `bom`, `nrt`, `sin`
            event.3.capacity.site scenario::unknown_site
                scenario has no site `tok`
                the nearest name is `jfk`
            event.4.link.b scenario::unknown_as
                the world has no AS12957
                the nearest number is 12956
            event.7.session.city scenario::not_linked
                AS3356 and AS12956 have no link in `FRA`
                they have one in JFK, MIA
            event.8.as_policy scenario::not_linked
                AS65545 and AS3356 have no link
            event.9.announce.neighbor scenario::unknown_as
                the world has no AS6454
                the nearest number is 6453
            event.10.announce.site scenario::unknown_site
                scenario has no site `bmo`
                the nearest name is `bom`
            event.12.igp.b scenario::not_in_city
                AS1299 has no router in `MIA`
                it has one in FRA, IST, JFK, LHR, SVO
            event.13.igp.b scenario::same_router
                `FRA` is given at both ends
            event.14.attack.from.region scenario::unknown_region
                no site and no client is in region `aisa`
                the nearest name is `asia`
            event.15.attack.from.country scenario::unknown_country
                no network of the world is in country `XX`
                write two letters, as in `DE`
            event.16.attack.from.ases.1 scenario::unknown_as
                the world has no AS77
        "#]],
    );
}

#[test]
fn what_failed_once_is_said_once() {
    check(
        "eight",
        "
        site waw city=XYZ1 asn=64510
        neighbor 1299
        event fail waw
        event announce site=waw neighbor=1299
        event link a=64510 b=1299 state=down
        leak 64510
        ",
        expect![[r#"
            site.0.city scenario::unknown_city
                `XYZ1` is not the code of a city
                write an airport code such as `FRA`, or coordinates: at = [52.17, 20.97]
        "#]],
    );
}

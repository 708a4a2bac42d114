//! Every mistake that a scenario file can have without a world: what is said, where, and what to
//! do. All mistakes of a file come in one report.

use catchment_formats::scenario::{self, Syntax};
use catchment_model::Mistake;
use expect_test::{Expect, expect};

/// A file without mistakes. Tests put text before or behind it.
const HEAD: &str = "format = 1\nname = \"test\"\n";
const WORLD: &str = "[world]\nbuiltin = \"eight\"\n[service]\nprefixes = [\"192.0.2.0/24\"]\n";

fn report(text: &str, mistakes: &[Mistake]) -> String {
    let mut lines = String::new();
    for mistake in mistakes {
        let place = match &mistake.span {
            Some(span) => {
                let before = &text[..span.start];
                let line = 1 + before.matches('\n').count();
                let column = 1 + before.rsplit('\n').next().unwrap_or("").chars().count();
                let shown: String = text[span.clone()].chars().take(24).collect();
                format!("{line}:{column} {shown:?}")
            }
            None => "-".to_owned(),
        };
        let code = mistake.code.strip_prefix("scenario::").expect("codes name their area");
        lines += &format!("{place} {code} at `{}`\n", mistake.path);
        lines += &wrapped(&mistake.message);
        if !mistake.help.is_empty() {
            lines += &wrapped(&format!("help: {}", mistake.help));
        }
    }
    lines
}

/// Lines of at most some 66 columns, so that reports fit into this file.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = usize::MAX;
    for word in text.split(' ') {
        if width.saturating_add(word.len()) >= 66 {
            lines += if lines.is_empty() { "    " } else { "\n      " };
            width = 0;
        } else {
            lines.push(' ');
        }
        lines += word;
        width += 1 + word.len();
    }
    lines + "\n"
}

/// Checks the report on a whole file.
#[track_caller]
fn check_file(text: &str, expected: Expect) {
    match scenario::read(text, Syntax::Toml, &[]) {
        Ok(_) => expected.assert_eq("no mistake\n"),
        Err(mistakes) => expected.assert_eq(&report(text, &mistakes)),
    }
}

/// Checks the report on blocks added to a file that is right.
#[track_caller]
fn check(blocks: &str, expected: Expect) {
    check_file(&format!("{HEAD}{WORLD}{blocks}"), expected);
}

#[test]
fn a_file_that_is_right_has_none() {
    check(
        "",
        expect![[r#"
        no mistake
    "#]],
    );
}

#[test]
fn an_empty_file_lacks_all_that_is_needed() {
    check_file(
        "",
        expect![[r#"
            - missing_key at ``
                `format` is missing
                help: write `format = 1` at the top
            - missing_key at ``
                `name` is missing
            - missing_key at ``
                `world` is missing
                help: add `[world]` with one of `builtin`, `as_rel`, `file` or
                  `synthetic`
            - no_prefix at ``
                the service has no prefix
                help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        "#]],
    );
}

#[test]
fn syntax_errors_come_together() {
    check_file(
        "format = \nname = \"x\nseed = 1 2\n",
        expect![[r#"
            1:10 "" syntax at ``
                string values must be quoted, expected literal string
                help: this is not TOML: texts stand in quotes, `key = value` on a
                  line of its own
            2:10 "" syntax at ``
                invalid basic string, expected `"`
                help: this is not TOML: texts stand in quotes, `key = value` on a
                  line of its own
            3:8 "1 2" syntax at ``
                string values must be quoted, expected literal string
                help: this is not TOML: texts stand in quotes, `key = value` on a
                  line of its own
        "#]],
    );
}

#[test]
fn the_example_of_style_md() {
    check(
        "[[event]]\nat = \"0s\"\nfail = \"ams 2\"\nhow = \"drian\"\n",
        expect![[r#"
        9:8 "\"ams 2\"" bad_site_name at `event.0.fail`
            `ams 2` cannot name a site
            help: use 1 to 64 letters, digits, `-`, `_` or `.`
        10:7 "\"drian\"" unknown_value at `event.0.how`
            `drian` is not a value of `how`
            help: the nearest name is `drain`
    "#]],
    );
}

#[test]
fn the_top_of_a_file() {
    check_file(
        &format!("format = 2\nname = \"\"\nseed = -1\nsteering = \"anycats\"\nsede = 1\n{WORLD}"),
        expect![[r#"
            1:10 "2" unknown_format at `format`
                format 2 is not known
                help: this program reads `format = 1`
            2:8 "\"\"" empty at `name`
                `name` is empty
            3:8 "-1" out_of_range at `seed`
                `seed` must lie between 0 and 18446744073709551615, not `-1`
            4:12 "\"anycats\"" unknown_value at `steering`
                `anycats` is not a value of `steering`
                help: the nearest name is `anycast`
            5:1 "sede" unknown_key at `sede`
                unknown key `sede`
                help: the nearest name is `seed`
        "#]],
    );
    check_file(
        &format!("format = \"1\"\nname = 5\nseed = 1.5\nquestion = [\"?\"]\n{WORLD}"),
        expect![[r#"
            1:10 "\"1\"" wrong_type at `format`
                `format` must be a whole number, not a text
            2:8 "5" wrong_type at `name`
                `name` must be a text, not `5`
                help: texts stand in quotes
            3:8 "1.5" wrong_type at `seed`
                `seed` must be a whole number, not `1.5`
            4:12 "[\"?\"]" wrong_type at `question`
                `question` must be a text, not a list
                help: texts stand in quotes
        "#]],
    );
    check_file(
        &format!("{HEAD}seed = 99999999999999999999\nsteering = 2026-01-01\n{WORLD}"),
        expect![[r#"
            3:8 "99999999999999999999" out_of_range at `seed`
                `seed` must lie between 0 and 18446744073709551615, not
                  `99999999999999999999`
            4:12 "2026-01-01" wrong_type at `steering`
                `steering` must be a text, not the date or time `2026-01-01`
                help: texts stand in quotes
        "#]],
    );
    check_file(
        &format!("{HEAD}steering = \"hybrid\"\n{WORLD}"),
        expect![[r#"
            3:12 "\"hybrid\"" no_regional_prefix at `steering`
                `hybrid` steering needs a prefix for each region
                help: add them under `[service.regional]`, such as `eu =
                  "198.51.100.0/24"`
        "#]],
    );
}

#[test]
fn the_world() {
    let service = "[service]\nprefixes = [\"192.0.2.0/24\"]\n";
    for (world, expected) in [
        (
            "[world]\n",
            expect![[r#"
                3:1 "[world]" no_world at `world`
                    `world` does not say where it comes from
                    help: add `[world]` with one of `builtin`, `as_rel`, `file` or
                      `synthetic`
            "#]],
        ),
        (
            "[world]\nbuiltin = \"eight\"\nfile = \"x.world\"\n",
            expect![[r#"
            5:8 "\"x.world\"" two_worlds at `world.file`
                `world` has two sources, `builtin` and `file`
                help: keep one
        "#]],
        ),
        (
            "[world]\nbuildin = \"eight\"\n",
            expect![[r#"
                4:1 "buildin" unknown_key at `world.buildin`
                    unknown key `buildin` in `world`
                    help: the nearest name is `builtin`
            "#]],
        ),
        (
            "world = \"eight\"\n",
            expect![[r#"
            3:9 "\"eight\"" wrong_type at `world`
                `world` must be a table, not a text
        "#]],
        ),
        (
            "[world]\nsynthetic = { seed = 1 }\n",
            expect![[r#"
            4:13 "{ seed = 1 }" missing_key at `world.synthetic`
                `world.synthetic` has no `ases`
                help: such as `{ ases = 80000, seed = 1 }`
        "#]],
        ),
        (
            "[world]\nsynthetic = { ases = 0, sead = 1 }\n",
            expect![[r#"
            4:22 "0" out_of_range at `world.synthetic.ases`
                `ases` must lie between 1 and 1000000, not `0`
            4:25 "sead" unknown_key at `world.synthetic.sead`
                unknown key `sead` in `world.synthetic`
                help: the nearest name is `seed`
        "#]],
        ),
        (
            "[world]\nas_rel = \"\"\n",
            expect![[r#"
            4:10 "\"\"" empty at `world.as_rel`
                `as_rel` is empty
        "#]],
        ),
    ] {
        check_file(&format!("{HEAD}{world}{service}"), expected);
    }
}

#[test]
fn the_service() {
    let world = "[world]\nbuiltin = \"eight\"\n";
    for (service, expected) in [
        (
            "",
            expect![[r#"
            - no_prefix at ``
                the service has no prefix
                help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        "#]],
        ),
        (
            "[service]\n",
            expect![[r#"
            5:1 "[service]" no_prefix at `service.prefixes`
                the service has no prefix
                help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        "#]],
        ),
        (
            "[service]\nprefixes = []\n",
            expect![[r#"
            6:12 "[]" no_prefix at `service.prefixes`
                the service has no prefix
                help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        "#]],
        ),
        (
            "[service]\nprefixes = \"192.0.2.0/24\"\n",
            expect![[r#"
            6:12 "\"192.0.2.0/24\"" wrong_type at `service.prefixes`
                `prefixes` must be a list, not a text
        "#]],
        ),
        (
            "[service]\nprefixes = [\"192.0.2.1/24\", \"192.0.2.0\", 5, \"2001:db8::/32\", \
             \"2001:DB8::/32\"]\n",
            expect![[r#"
                6:13 "\"192.0.2.1/24\"" bad_prefix at `service.prefixes.0`
                    `192.0.2.1/24` has bits set behind its length
                    help: the prefix is `192.0.2.0/24`
                6:29 "\"192.0.2.0\"" bad_prefix at `service.prefixes.1`
                    `192.0.2.0` is not a prefix
                    help: write an address and a length, such as `192.0.2.0/24`
                6:42 "5" wrong_type at `service.prefixes.2`
                    `service.prefixes.2` must be a text, not `5`
                    help: texts stand in quotes
                6:62 "\"2001:DB8::/32\"" duplicate_prefix at `service.prefixes.4`
                    the prefix `2001:db8::/32` stands here twice
                    help: each prefix has one meaning
            "#]],
        ),
        (
            "[service]\nprefixes = [\"192.0.2.0/24\"]\nregional = { eu = \"192.0.2.0/24\", \
             us = \"x\" }\n",
            expect![[r#"
                7:19 "\"192.0.2.0/24\"" duplicate_prefix at `service.regional.eu`
                    the prefix `192.0.2.0/24` stands here twice
                    help: each prefix has one meaning
                7:40 "\"x\"" bad_prefix at `service.regional.us`
                    `x` is not a prefix
                    help: write an address and a length, such as `192.0.2.0/24`
            "#]],
        ),
    ] {
        check_file(&format!("{HEAD}{world}{service}"), expected);
    }
}

#[test]
fn rules() {
    check(
        "[rules]\npreset = \"realistik\"\ndecision = \"polcy\"\noldest_rul = \"none\"\n\
         mrai_busy = 1.5\nlp_peer = 500\nhold = 90\nproc_delay = [1]\ntie_break = \"oldest\"\n",
        expect![[r#"
            8:10 "\"realistik\"" unknown_value at `rules.preset`
                `realistik` is not a value of `preset`
                help: the nearest name is `realistic`
            9:12 "\"polcy\"" bad_setting at `rules.decision`
                `polcy` is not a value of `decision`
                help: it must be `policy` or `textbook`
            10:14 "\"none\"" unknown_key at `rules.oldest_rul`
                there is no parameter `oldest_rul`
                help: the nearest name is `oldest_rule`
            11:13 "1.5" bad_setting at `rules.mrai_busy`
                `1.5` is out of range for `mrai_busy`
                help: it must lie between 0 and 1
            12:11 "500" contradiction at `rules.lp_peer`
                LOCAL_PREF must fall from customer to peer to provider, not 300 /
                  500 / 100
            13:8 "90" bad_setting at `rules.hold`
                `90` is not a value of `hold`
                help: it must be a time such as `30s`
            14:14 "[1]" wrong_type at `rules.proc_delay`
                `proc_delay` must be a number, a text, `true` or `false`, not a
                  list
            15:13 "\"oldest\"" contradiction at `rules.tie_break`
                `oldest` needs a past, which a steady state does not have
        "#]],
    );
}

#[test]
fn sites() {
    check(
        "[[site]]\ncity = \"WAW\"\n[[site]]\nname = \"a b\"\n\
         [[site]]\nname = \"waw\"\ncity = \"W W\"\nat = [91, 20]\nasn = 0\n\
         capacity = { kqps = -1, gbps = \"40\", qps = 1 }\nbackbone = 1\n\
         prefixes = [\"192.0.3.0/24\", \"192.0.2.0/24\", \"192.0.2.0/24\"]\n\
         [[site]]\nname = \"WAW\"\nasn = -5\nat = [1]\nneighbours = []\n\
         [[site]]\nname = \"x\"\nasn = 4294967296\ncapacity = { kqps = nan }\nregion = \"\"\n",
        expect![[r#"
            7:1 "[[site]]" missing_key at `site.0`
                `site.0` has no `name`
            10:8 "\"a b\"" bad_site_name at `site.1.name`
                `a b` cannot name a site
                help: use 1 to 64 letters, digits, `-`, `_` or `.`
            13:8 "\"W W\"" bad_city at `site.2.city`
                `W W` is not the code of a city
                help: such as `FRA`
            14:6 "[91, 20]" two_places at `site.2.at`
                `city` and `at` both say where this is
                help: keep one
            14:7 "91" out_of_range at `site.2.at.0`
                `site.2.at.0` must lie between -90 and 90, and is `91`
            15:7 "0" bad_asn at `site.2.asn`
                `0` is not an AS number
                help: zero is reserved (RFC 7607)
            16:21 "-1" out_of_range at `site.2.capacity.kqps`
                `kqps` must not be negative, and is `-1`
            16:32 "\"40\"" wrong_type at `site.2.capacity.gbps`
                `gbps` must be a number, not a text
            16:38 "qps" unknown_key at `site.2.capacity.qps`
                unknown key `qps` in `site.2.capacity`
                help: the nearest name is `kqps`
            17:12 "1" wrong_type at `site.2.backbone`
                `backbone` must be `true` or `false`, not `1`
            18:13 "\"192.0.3.0/24\"" unknown_prefix at `site.2.prefixes.0`
                the service has no prefix `192.0.3.0/24`
                help: the nearest name is `192.0.2.0/24`
            18:45 "\"192.0.2.0/24\"" duplicate_prefix at `site.2.prefixes.2`
                the prefix `192.0.2.0/24` stands here twice
                help: keep one
            20:8 "\"WAW\"" duplicate_site at `site.3.name`
                two sites are called `waw`
                help: the other is `site.2`; names are matched without case
            21:7 "-5" bad_asn at `site.3.asn`
                `-5` is not an AS number
                help: it is negative
            22:6 "[1]" wrong_type at `site.3.at`
                `at` must be two numbers, not 1
                help: write degrees north and east, such as `[52.17, 20.97]`
            23:1 "neighbours" unknown_key at `site.3.neighbours`
                unknown key `neighbours` in `site.3`
                help: the nearest name is `neighbors`
            26:7 "4294967296" bad_asn at `site.4.asn`
                `4294967296` is not an AS number
                help: it has more than 32 bits (the largest is 4294967295)
            27:21 "nan" out_of_range at `site.4.capacity.kqps`
                `kqps` must be a finite number, and is `NaN`
            28:10 "\"\"" empty at `site.4.region`
                `region` is empty
        "#]],
    );
    check(
        "[site]\nname = \"waw\"\n",
        expect![[r#"
        7:1 "[site]" wrong_type at `site`
            `site` must be a list of tables, not a table
            help: write `[[site]]` above each entry
    "#]],
    );
}

#[test]
fn neighbors() {
    check(
        "[[site]]\nname = \"waw\"\nneighbors = [\n  { relation = \"provider\" },\n  \
         { asn = 1299, prepend = 33, med = -1, communities = [\"no-exprot\", 5] },\n  \
         { asn = 1299, relation = \"sibling\" },\n  { asn = \"AS1299\", at = \"FRA\" },\n  \
         { asn = 3356, withdraw = true },\n  174,\n]\n",
        expect![[r#"
            10:3 "{ relation = \"provider\" " missing_key at `site.0.neighbors.0`
                `site.0.neighbors.0` has no `asn`
            11:27 "33" out_of_range at `site.0.neighbors.1.prepend`
                `prepend` must lie between 0 and 32, not `33`
            11:37 "-1" out_of_range at `site.0.neighbors.1.med`
                `med` must lie between 0 and 4294967295, not `-1`
            11:56 "\"no-exprot\"" bad_community at `site.0.neighbors.1.communities.0`
                `no-exprot` is not a community
                help: write `no-export`, `no-advertise`, `no-peer`,
                  `graceful-shutdown`, `blackhole`, `no-announce:ASN` or two 16-bit
                  numbers such as `65535:65281`
            11:69 "5" wrong_type at `site.0.neighbors.1.communities.1`
                `site.0.neighbors.1.communities.1` must be a text, not `5`
                help: texts stand in quotes
            12:11 "1299" duplicate_neighbor at `site.0.neighbors.2.asn`
                AS1299 is a neighbor twice
                help: one session to each router: give different cities in `at`,
                  or keep one
            12:28 "\"sibling\"" unknown_value at `site.0.neighbors.2.relation`
                `sibling` is not a value of `relation`
                help: known: `provider`, `peer`, `customer`
            14:17 "withdraw" unknown_key at `site.0.neighbors.4.withdraw`
                unknown key `withdraw` in `site.0.neighbors.4`
                help: known: `asn`, `relation`, `at`, `prepend`, `med`,
                  `communities`, `takes_longer`
            15:3 "174" wrong_type at `site.0.neighbors.5`
                `site.0.neighbors.5` must be a table, not `174`
        "#]],
    );
}

#[test]
fn clients() {
    check(
        "[[client]]\nweight = 1e300\n[[client]]\nasn = 65545\ncity = \"IST\"\nweight = -70\n\
         [[client]]\nasn = 65545\ncity = \"ist\"\nweight = 1e300\ngbps = 2e12\n\
         [[client]]\nasn = 65545\ncity = \"ESB\"\n\
         wieght = inf\n",
        expect![[r#"
            7:1 "[[client]]" missing_key at `client.0`
                `client.0` has no `asn`
            8:10 "1e300" out_of_range at `client.0.weight`
                `weight` must lie between 0 and 1e12, and is `1e300`
            12:10 "-70" out_of_range at `client.1.weight`
                `weight` must lie between 0 and 1e12, and is `-70`
            14:7 "65545" duplicate_client at `client.2.asn`
                AS65545 is a client twice in one place
                help: add the weights, or give each a city of its own
            16:10 "1e300" out_of_range at `client.2.weight`
                `weight` must lie between 0 and 1e12, and is `1e300`
            17:8 "2e12" out_of_range at `client.2.gbps`
                `gbps` must lie between 0 and 1e12, and is `2e12`
            21:1 "wieght" unknown_key at `client.3.wieght`
                unknown key `wieght` in `client.3`
                help: the nearest name is `weight`
        "#]],
    );
}

#[test]
fn roas_and_leaks() {
    check(
        "[[roa]]\nprefix = \"192.0.2.0/24\"\nmax_length = 23\nasn = -1\n\
         [[roa]]\nprefix = \"192.0.2.0/24\"\nmax_length = 33\nasn = 1\n\
         [[roa]]\nmaxlength = 24\n[[leak]]\nasn = 1\n[[leak]]\nasn = 1\n[[leak]]\n",
        expect![[r#"
            9:14 "23" out_of_range at `roa.0.max_length`
                `max_length` must lie between 24 and 32, not `23`
            10:7 "-1" bad_asn at `roa.0.asn`
                `-1` is not an AS number
                help: it is negative
            13:14 "33" out_of_range at `roa.1.max_length`
                `max_length` must lie between 24 and 32, not `33`
            15:1 "[[roa]]" missing_key at `roa.2`
                `roa.2` has no `prefix`
            15:1 "[[roa]]" missing_key at `roa.2`
                `roa.2` has no `asn`
            16:1 "maxlength" unknown_key at `roa.2.maxlength`
                unknown key `maxlength` in `roa.2`
                help: the nearest name is `max_length`
            20:7 "1" duplicate_leak at `leak.1.asn`
                AS1 leaks twice
                help: keep one
            21:1 "[[leak]]" missing_key at `leak.2`
                `leak.2` has no `asn`
        "#]],
    );
}

/// AS 0 in a ROA says that nobody may originate the prefix (RFC 6483 §4).
#[test]
fn a_roa_may_name_as_0() {
    check("[[roa]]\nprefix = \"192.0.2.0/24\"\nasn = 0\n", expect!["no mistake\n"]);
}

#[test]
fn edge() {
    check(
        "[edge]\nhandshake = \"tls3\"\n",
        expect![[r#"
        7:1 "[edge]" missing_key at `edge`
            `edge` has no `origin`
            help: write a city, such as `origin = "SIN"`
        8:13 "\"tls3\"" unknown_value at `edge.handshake`
            `tls3` is not a value of `handshake`
            help: the nearest name is `tls13`
    "#]],
    );
    check(
        "[edge]\norigin = [1, 2, 3]\n",
        expect![[r#"
        8:10 "[1, 2, 3]" wrong_type at `edge.origin`
            `origin` must be two numbers, not 3
            help: write degrees north and east, such as `[52.17, 20.97]`
    "#]],
    );
    check(
        "[edge]\norigin = 5\norigins = \"SIN\"\n",
        expect![[r#"
        8:10 "5" wrong_type at `edge.origin`
            `origin` must be a text, not `5`
            help: texts stand in quotes
        9:1 "origins" unknown_key at `edge.origins`
            unknown key `origins` in `edge`
            help: the nearest name is `origin`
    "#]],
    );
    check(
        "[edge]\norigin = [91, 0]\n",
        expect![[r#"
        8:11 "91" out_of_range at `edge.origin.0`
            `edge.origin.0` must lie between -90 and 90, and is `91`
    "#]],
    );
}

#[test]
fn residency_and_geodns() {
    check(
        "[residency]\neu = []\nus = \"us\"\nasia = [5]\n\
         [geodns]\nttl = 60\npolicy = \"closest\"\necs_share = 1.5\nmin_ttl = \"-1s\"\ntlt = 1\n\
         health_check = { interval = \"soon\", fall = 0, timeout = \"0s\", rise = 2 }\n\
         negative_ttl = \"8d\"\nresolver_km = 20041\npublic_share = -0.1\n",
        expect![[r#"
            8:6 "[]" empty at `residency.eu`
                no region may serve clients of `eu`
                help: name at least one, such as `eu = ["eu"]`
            9:6 "\"us\"" wrong_type at `residency.us`
                `us` must be a list, not a text
            10:9 "5" wrong_type at `residency.asia.0`
                `residency.asia.0` must be a text, not `5`
                help: texts stand in quotes
            12:7 "60" wrong_type at `geodns.ttl`
                `ttl` must be a time, not `60`
                help: write a number with a unit, such as `30s`, `250ms` or `10m`
            13:10 "\"closest\"" unknown_value at `geodns.policy`
                `closest` is not a value of `policy`
                help: known: `nearest`, `weighted`, `load-aware`, `tier`
            14:13 "1.5" out_of_range at `geodns.ecs_share`
                `ecs_share` must lie between 0 and 1, and is `1.5`
            15:11 "\"-1s\"" out_of_range at `geodns.min_ttl`
                `min_ttl` must lie between 0s and 7d, not `-1s`
            16:1 "tlt" unknown_key at `geodns.tlt`
                unknown key `tlt` in `geodns`
                help: the nearest name is `ttl`
            17:29 "\"soon\"" bad_time at `geodns.health_check.interval`
                `soon` is not a time
                help: write a number with a unit, such as `30s`, `250ms` or `10m`
            17:44 "0" out_of_range at `geodns.health_check.fall`
                `fall` must lie between 1 and 100, not `0`
            17:63 "rise" unknown_key at `geodns.health_check.rise`
                unknown key `rise` in `geodns.health_check`
                help: known: `interval`, `fall`, `timeout`
            18:16 "\"8d\"" out_of_range at `geodns.negative_ttl`
                `negative_ttl` must lie between 0s and 7d, not `8d`
            19:15 "20041" out_of_range at `geodns.resolver_km`
                `resolver_km` must lie between 0 and 20040, and is `20041`
            20:16 "-0.1" out_of_range at `geodns.public_share`
                `public_share` must lie between 0 and 1, and is `-0.1`
        "#]],
    );
}

#[test]
fn events_do_one_thing_at_a_time() {
    check(
        "[[event]]\nat = \"0s\"\n[[event]]\nfail = \"fra\"\n\
         [[event]]\nat = \"-1s\"\nfail = \"fra\"\nrestore = \"fra\"\n\
         [[event]]\nat = \"1s\"\nrestore = \"fra\"\nhow = \"bfd\"\n\
         [[event]]\nat = \"1s\"\nfial = \"fra\"\n",
        expect![[r#"
            7:1 "[[event]]" no_action at `event.0`
                this event does nothing
                help: add one of `fail`, `restore`, `drain`, `link`, `session`,
                  `as_policy`, `announce`, `igp`, `attack`, `capacity`
            9:1 "[[event]]" missing_key at `event.1`
                `event.1` has no `at`
                help: say when, such as `at = "30s"`
            12:6 "\"-1s\"" out_of_range at `event.2.at`
                `at` must lie between 0s and 366d, not `-1s`
            14:11 "\"fra\"" two_actions at `event.2.restore`
                this event does two things, `fail` and `restore`
                help: write a second `[[event]]`
            18:7 "\"bfd\"" contradiction at `event.3.how`
                `how` says how a site fails, and none does
                help: add `fail`
            21:1 "fial" unknown_key at `event.4.fial`
                unknown key `fial` in `event.4`
                help: the nearest name is `fail`
        "#]],
    );
}

#[test]
fn events_of_each_kind() {
    check(
        "[[event]]\nat = \"1s\"\nlink = { a = 1, b = 1, city = \"\", state = \"donw\" }\n\
         [[event]]\nat = \"1s\"\nlink = { a = 1, relation = \"friend\" }\n\
         [[event]]\nat = \"1s\"\nsession = { a = 1, b = 2, state = \"up\", relation = \"peer\" }\n\
         [[event]]\nat = \"1s\"\nas_policy = { asn = 1, neighbor = 2 }\n\
         [[event]]\nat = \"1s\"\nas_policy = { neighbor = 2, local_pref = -1, export = \"no\" }\n\
         [[event]]\nat = \"1s\"\nannounce = { site = \"bom\", neighbor = 6453 }\n\
         [[event]]\nat = \"1s\"\nannounce = { neighbor = 6453, prepends = 1, withdraw = 1 }\n\
         [[event]]\nat = \"1s\"\nigp = { asn = 1, a = \"FRA\", b = \"fra\", cost = -1 }\n\
         [[event]]\nat = \"1s\"\nattack = { from = { region = \"asia\", zipf = 1 } }\n\
         [[event]]\nat = \"1s\"\nattack = { gbps = 1, from = \"region\", lasts = 5 }\n\
         [[event]]\nat = \"1s\"\nattack = { mqps = -1, from = { country = \"Germany\" } }\n\
         [[event]]\nat = \"1s\"\nattack = { mqps = 1, from = { ases = [0, 5] } }\n\
         [[event]]\nat = \"1s\"\ncapacity = { kqps = -1 }\n\
         [[event]]\nat = \"1s\"\ndrain = 5\n",
        expect![[r#"
            9:21 "1" self_link at `event.0.link.b`
                AS1 has no link with itself
            9:31 "\"\"" bad_city at `event.0.link.city`
                `` is not the code of a city
                help: such as `FRA`
            9:43 "\"donw\"" unknown_value at `event.0.link.state`
                `donw` is not a value of `state`
                help: the nearest name is `down`
            12:8 "{ a = 1, relation = \"fri" missing_key at `event.1.link`
                `event.1.link` has no `b`
            12:8 "{ a = 1, relation = \"fri" missing_key at `event.1.link`
                `event.1.link` has no `state`
                help: write `state = "down"` or `state = "up"`
            12:28 "\"friend\"" unknown_value at `event.1.link.relation`
                `friend` is not a value of `relation`
                help: known: `customer`, `sibling`, `peer`, `provider`
            15:41 "relation" unknown_key at `event.2.session.relation`
                unknown key `relation` in `event.2.session`
                help: known: `a`, `b`, `city`, `state`
            18:13 "{ asn = 1, neighbor = 2 " no_action at `event.3.as_policy`
                this `as_policy` changes nothing
                help: add `local_pref`, `prepend` or `export`
            21:13 "{ neighbor = 2, local_pr" missing_key at `event.4.as_policy`
                `event.4.as_policy` has no `asn`
            21:42 "-1" out_of_range at `event.4.as_policy.local_pref`
                `local_pref` must lie between 0 and 4294967295, not `-1`
            21:55 "\"no\"" wrong_type at `event.4.as_policy.export`
                `export` must be `true` or `false`, not a text
            24:12 "{ site = \"bom\", neighbor" no_action at `event.5.announce`
                this `announce` changes nothing
                help: add a key of a neighbor, such as `prepend`, or `withdraw =
                  true`
            27:12 "{ neighbor = 6453, prepe" missing_key at `event.6.announce`
                `event.6.announce` has no `site`
            27:31 "prepends" unknown_key at `event.6.announce.prepends`
                unknown key `prepends` in `event.6.announce`
                help: the nearest name is `prepend`
            27:56 "1" wrong_type at `event.6.announce.withdraw`
                `withdraw` must be `true` or `false`, not `1`
            30:33 "\"fra\"" self_link at `event.7.igp.b`
                `a` and `b` are one city
            30:47 "-1" out_of_range at `event.7.igp.cost`
                `cost` must lie between 0 and 500000, not `-1`
            33:10 "{ from = { region = \"asi" no_action at `event.8.attack`
                this attack sends nothing
                help: add `gbps` or `mqps`
            33:19 "{ region = \"asia\", zipf " bad_botnet at `event.8.attack.from`
                `from` must say one thing
                help: one of `region`, `country`, `ases` or `zipf`
            36:29 "\"region\"" unknown_value at `event.9.attack.from`
                `region` is no place of bots
                help: the nearest name is `region`; write it as a table, such as
                  `{ region = "eu" }`
            36:47 "5" wrong_type at `event.9.attack.lasts`
                `lasts` must be a time, not `5`
                help: write a number with a unit, such as `30s`, `250ms` or `10m`
            39:19 "-1" out_of_range at `event.10.attack.mqps`
                `mqps` must lie between 0 and 1000000000, and is `-1`
            39:42 "\"Germany\"" bad_country at `event.10.attack.from.country`
                `Germany` is not a country
                help: write its two letters (ISO 3166), such as `DE`
            42:39 "0" bad_asn at `event.11.attack.from.ases.0`
                `0` is not an AS number
                help: zero is reserved (RFC 7607)
            45:12 "{ kqps = -1 }" missing_key at `event.12.capacity`
                `event.12.capacity` has no `site`
            45:21 "-1" out_of_range at `event.12.capacity.kqps`
                `kqps` must not be negative, and is `-1`
            48:9 "5" wrong_type at `event.13.drain`
                `drain` must be a text, not `5`
                help: texts stand in quotes
        "#]],
    );
}

#[test]
fn corrections() {
    check(
        "[[correction]]\nsource = \"looking glass\"\n[[correction]]\nfail = \"fra\"\n\
         link = { a = 1, b = 2, state = \"up\" }\n",
        expect![[r#"
            7:1 "[[correction]]" no_action at `correction.0`
                this correction does nothing
                help: add one of `link`, `session`, `as_policy`, `announce`
            10:1 "fail" unknown_key at `correction.1.fail`
                unknown key `fail` in `correction.1`
                help: known: `source`, `link`, `session`, `as_policy`, `announce`
        "#]],
    );
}

#[test]
fn variants_are_laid_over_the_file_before_anything_runs() {
    check(
        "[[event]]\nat = \"0s\"\nfail = \"fra\"\n\
         [[compare]]\nname = \"BFD\"\nset = { \"event.1.how\" = \"bfd\" }\n\
         [[compare]]\nname = \"typo\"\nset = { geodns.tlt = \"60s\", \"event.0.how\" = \"bdf\" }\n\
         [[compare]]\nname = \"hybrid\"\nset = { steering = \"hybrid\" }\n\
         [[compare]]\nname = \"two\"\nset = { \"site.waw.asn\" = 0, \"rules..x\" = 1 }\n",
        expect![[r#"
            12:25 "\"bfd\"" bad_path at `compare.0.set.event.1.how`
                `event` has one entry, `event.0`, and no `event.1`
            15:22 "\"60s\"" unknown_key at `compare.1.set.geodns.tlt`
                unknown key `tlt` in `geodns`
                help: the nearest name is `ttl`
            15:45 "\"bdf\"" unknown_value at `compare.1.set.event.0.how`
                `bdf` is not a value of `how`
                help: the nearest name is `bfd`
            18:20 "\"hybrid\"" no_regional_prefix at `compare.2.set.steering`
                `hybrid` steering needs a prefix for each region
                help: add them under `[service.regional]`, such as `eu =
                  "198.51.100.0/24"`
            21:26 "0" bad_asn at `compare.3.set.site.waw.asn`
                `0` is not an AS number
                help: zero is reserved (RFC 7607)
            21:42 "1" bad_path at `compare.3.set.rules..x`
                `rules..x` is no path of a setting
                help: write the keys with points between them, such as
                  `geodns.ttl`
        "#]],
    );
}

#[test]
fn variants_themselves() {
    check(
        "[[compare]]\nset = { seed = 2 }\n[[compare]]\nname = \"x\"\n\
         [[compare]]\nname = \"x\"\nset = { sead = 2, format = 2, seed = [1] }\n",
        expect![[r#"
            7:1 "[[compare]]" missing_key at `compare.0`
                `compare.0` has no `name`
            9:1 "[[compare]]" missing_key at `compare.1`
                `compare.1` has no `set`
                help: such as `set = { "geodns.ttl" = "60s" }`
            12:8 "\"x\"" duplicate_variant at `compare.2.name`
                two variants are called `x`
            13:16 "2" bad_path at `compare.2.set.sead`
                `sead` is not the path of a setting
                help: the nearest name is `seed`
            13:28 "2" bad_path at `compare.2.set.format`
                `format` is not the path of a setting
                help: known: `name`, `question`, `look_for`, `seed`, `steering`,
                  `world`, `rules`, `service`, `site`, `client`, `roa`, `leak`,
                  `residency`, `geodns`, `edge`, `event`, `correction`
            13:38 "[1]" wrong_type at `compare.2.set.seed`
                `seed` must be a number, a text, `true` or `false`, not a list
        "#]],
    );
}

#[test]
fn too_many_variants() {
    let variant = |n| format!("[[compare]]\nname = \"{n}\"\nset = {{ seed = {n} }}\n");
    check(
        &(0..101).map(variant).collect::<String>(),
        expect![[r#"
        7:1 "[[compare]]" out_of_range at `compare`
            there are 101 variants, more than 100
            help: a sweep over many settings is `catchment plan sweep`
    "#]],
    );
}

/// Said once and before any is read, since each would be looked up in the world.
#[test]
fn too_many_events() {
    let event = "[[event]]\nat = \"1s\"\nfail = 5\n";
    check(
        &event.repeat(100_001),
        expect![[r#"
        7:1 "[[event]]" out_of_range at `event`
            there are 100001 events, more than 100000
            help: play a shorter time, or several scenarios
    "#]],
    );
    let event = "[[event]]\nat = \"1s\"\nfail = \"fra\"\n";
    let text = format!("{HEAD}{WORLD}{}", event.repeat(100_000));
    let reading = scenario::read(&text, Syntax::Toml, &[]).expect("that many are allowed");
    assert_eq!(reading.scenario.events.len(), 100_000);
}

#[test]
fn a_health_check_without_interval_is_ideal_and_not_negative() {
    check("[geodns]\nhealth_check = { interval = \"0s\" }\n", expect!["no mistake\n"]);
    check(
        "[geodns]\nhealth_check = { interval = \"-1s\" }\n",
        expect![[r#"
        8:29 "\"-1s\"" out_of_range at `geodns.health_check.interval`
            `interval` must lie between 0s and 1d, not `-1s`
    "#]],
    );
}

#[test]
fn settings_from_the_command_line_say_so() {
    let text = format!("{HEAD}{WORLD}[[event]]\nat = \"0s\"\nfail = \"fra\"\n");
    let overrides = [
        ("seed", "many"),
        ("sede", "1"),
        ("event.1.how", "bfd"),
        ("event.0.how", "bdf"),
        ("site.fra.capacity.kqps", "-200"),
        ("site.0.asn", "0"),
        ("name.x", "1"),
        ("rules.", "1"),
        ("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "1"),
        ("geodns.ttl", "60"),
        ("service.prefixes.1", "\"192.0.2.0/25\""),
    ];
    let overrides = overrides.map(|(path, value)| (path.to_owned(), value.to_owned()));
    let mistakes = scenario::read(&text, Syntax::Toml, &overrides).unwrap_err();
    expect![[r#"
        - bad_path at `event.1.how`
            `event` has one entry, `event.0`, and no `event.1` (from `--set
              event.1.how=bfd`)
        - bad_path at `name.x`
            `name` is a text, not a table (from `--set name.x=1`)
        - bad_path at `rules.`
            `rules.` is no path of a setting (from `--set rules.=1`)
            help: write the keys with points between them, such as
              `geodns.ttl`
        - bad_path at `a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q`
            a path has at most 16 keys (from `--set
              a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1`)
        - bad_path at `service.prefixes.1`
            `prefixes` has one entry, `prefixes.0`, and no `prefixes.1` (from
              `--set service.prefixes.1="192.0.2.0/25"`)
        - unknown_key at `sede`
            unknown key `sede` (from `--set sede=1`)
            help: the nearest name is `seed`
        - wrong_type at `seed`
            `seed` must be a whole number, not a text (from `--set
              seed=many`)
        - out_of_range at `site.0.capacity.kqps`
            `kqps` must not be negative, and is `-200` (from `--set
              site.fra.capacity.kqps=-200`)
        - bad_asn at `site.0.asn`
            `0` is not an AS number (from `--set site.0.asn=0`)
            help: zero is reserved (RFC 7607)
        - wrong_type at `geodns.ttl`
            `ttl` must be a time, not `60` (from `--set geodns.ttl=60`)
            help: write a number with a unit, such as `30s`, `250ms` or `10m`
        - unknown_value at `event.0.how`
            `bdf` is not a value of `how` (from `--set event.0.how=bdf`)
            help: the nearest name is `bfd`
    "#]]
    .assert_eq(&report(&text, &mistakes));
}

#[test]
fn json_has_the_same_mistakes_with_their_places() {
    let check = |text: &str, expected: Expect| {
        let mistakes = scenario::read(text, Syntax::Json, &[]).unwrap_err();
        expected.assert_eq(&report(text, &mistakes));
    };
    check(
        r#"{"format": 1, "name": "x", "world": {"builtin": "eight"}, "sede": 1,
           "service": {"prefixes": ["192.0.2.0/24"]}, "event": [{"at": "0s"}]}"#,
        expect![[r#"
            1:59 "\"sede\"" unknown_key at `sede`
                unknown key `sede`
                help: the nearest name is `seed`
            2:65 "{\"at\": \"0s\"}" no_action at `event.0`
                this event does nothing
                help: add one of `fail`, `restore`, `drain`, `link`, `session`,
                  `as_policy`, `announce`, `igp`, `attack`, `capacity`
        "#]],
    );
    check(
        "{\"format\": 1,\n \"näme\": ü}",
        expect![[r#"
        2:10 "ü" syntax at ``
            expected value
            help: this is not JSON
    "#]],
    );
    check(
        "[1]",
        expect![[r#"
        - wrong_type at ``
            a scenario must be an object, not a list
    "#]],
    );
    check(
        "",
        expect![[r#"
        1:1 "" syntax at ``
            EOF while parsing a value
            help: this is not JSON
    "#]],
    );
    check(
        "{} x",
        expect![[r#"
        1:4 "x" syntax at ``
            trailing characters
            help: this is not JSON
    "#]],
    );
    check(
        r#"{"name": 1e999, "seed": 1}"#,
        expect![[r#"
            1:10 "1e999" syntax at `name`
                number out of range
        "#]],
    );
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let mistakes = scenario::read(&deep, Syntax::Json, &[]).unwrap_err();
    assert!(mistakes[0].message.contains("nested more than 64 deep"), "{:?}", mistakes[0].message);
    check(
        r#"{"name": "a", "site": [{"name": "b", "name": "c"}], "name": 1}"#,
        expect![[r#"
            1:38 "\"name\"" duplicate_key at `site.0.name`
                `name` stands twice in one object
                help: keep one of them
            1:53 "\"name\"" duplicate_key at `name`
                `name` stands twice in one object
                help: keep one of them
        "#]],
    );
}

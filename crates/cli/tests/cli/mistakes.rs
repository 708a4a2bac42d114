//! Mistakes in scenarios and on the command line: exit code 2, the place, what to do.

use expect_test::{Expect, expect};

use crate::{Folder, catchment, check, wheel};

/// A scenario with these lines behind a sound beginning.
fn refused(name: &str, rest: &str, expected: &Expect) {
    let text = format!("format = 1\nname = \"x\"\n[world]\nbuiltin = \"eight\"\n{rest}");
    check_text(name, &text, expected);
}

fn check_text(name: &str, text: &str, expected: &Expect) {
    let folder = Folder::new(name);
    folder.put("x.toml", text);
    let err = folder.run(&["solve", "x.toml", "--out", "answer.csv"]).failed(2);
    check(&err, expected);
    assert_eq!(folder.files(), ["x.toml"], "something was written");
    assert_eq!(folder.run(&["scenario", "check", "x.toml"]).failed(2), err);
}

const SERVICE: &str = "[service]\nprefixes = [\"192.0.2.0/24\"]\n";

#[test]
fn no_prefix() {
    refused(
        "no-prefix",
        "",
        &expect![[r#"
              × the service has no prefix (in x.toml)
              help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        "#]],
    );
    refused(
        "no-prefix",
        "[service]\nprefixes = []\n",
        &expect![[r#"
              × the service has no prefix
               ╭─[x.toml:6:12]
             5 │ [service]
             6 │ prefixes = []
               ·            ──
               ╰────
              help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        "#]],
    );
}

#[test]
fn impossible_as_numbers_and_unknown_keys_in_one_report() {
    let rest = format!(
        "{SERVICE}\n\
        [[site]]\nname = \"a\"\nasn = -5\ncity = \"FRA\"\nneighbors = [{{ asn = 1299 }}]\n\
        [[site]]\nname = \"b\"\nasn = 0\ncity = \"FRA\"\nneighbors = [{{ asn = 1299 }}]\n\
        [[site]]\nname = \"c\"\nasn = 4294967296\ncitty = \"FRA\"\n"
    );
    refused(
        "impossible",
        &rest,
        &expect![[r#"
              × `-5` is not an AS number
                ╭─[x.toml:10:7]
              9 │ name = "a"
             10 │ asn = -5
                ·       ──
             11 │ city = "FRA"
                ╰────
              help: it is negative
              × `0` is not an AS number
                ╭─[x.toml:15:7]
             14 │ name = "b"
             15 │ asn = 0
                ·       ─
             16 │ city = "FRA"
                ╰────
              help: zero is reserved (RFC 7607)
              × `4294967296` is not an AS number
                ╭─[x.toml:20:7]
             19 │ name = "c"
             20 │ asn = 4294967296
                ·       ──────────
             21 │ citty = "FRA"
                ╰────
              help: it has more than 32 bits (the largest is 4294967295)
              × unknown key `citty` in `site.2`
                ╭─[x.toml:21:1]
             20 │ asn = 4294967296
             21 │ citty = "FRA"
                · ─────
                ╰────
              help: the nearest name is `city`
            4 mistakes in x.toml
        "#]],
    );
}

#[test]
fn what_only_the_world_can_tell_has_a_place_too() {
    let rest = format!(
        "{SERVICE}\n\
        [[site]]\nname = \"a\"\nasn = 64508\ncity = \"FFA\"\nneighbors = [{{ asn = 1299 }}]\n\
        [[site]]\nname = \"b\"\nasn = 64509\ncity = \"FRA\"\n\
        [[site]]\nname = \"c\"\nasn = 64510\ncity = \"FRA\"\nneighbors = [{{ asn = 1298 }}]\n"
    );
    refused(
        "world-tells",
        &rest,
        &expect![[r#"
              × `FFA` is not the code of a city
                ╭─[x.toml:11:8]
             10 │ asn = 64508
             11 │ city = "FFA"
                ·        ─────
             12 │ neighbors = [{ asn = 1299 }]
                ╰────
              help: the nearest is `FRA`; coordinates work too: at = [52.17, 20.97]
              × site `b` has no neighbors
                ╭─[x.toml:13:1]
             12 │ neighbors = [{ asn = 1299 }]
             13 │ [[site]]
                · ────────
             14 │ name = "b"
                ╰────
              help: AS64509 is new: say who hears it, as in neighbors = [{ asn = … }]
              × the world has no AS1298
                ╭─[x.toml:21:22]
             20 │ city = "FRA"
             21 │ neighbors = [{ asn = 1298 }]
                ·                      ────
                ╰────
              help: the nearest number is 1299
            3 mistakes in x.toml
        "#]],
    );
}

#[test]
fn duplicate_names() {
    let rest = format!("{SERVICE}\n[[site]]\nname = \"fra\"\n[[site]]\nname = \"FRA\"\n");
    refused(
        "duplicates",
        &rest,
        &expect![[r#"
              × two sites are called `fra`
                ╭─[x.toml:11:8]
             10 │ [[site]]
             11 │ name = "FRA"
                ·        ─────
                ╰────
              help: the other is `site.0`; names are matched without case
        "#]],
    );
}

#[test]
fn a_new_site_that_nobody_hears() {
    refused(
        "unheard",
        "[service]\nprefixes = [\"192.0.2.0/24\"]\n[[site]]\nname = \"waw\"\ncity = \"WAW\"\n\
         asn = 64510\nneighbors = []\n",
        &expect![[r#"
             × site `waw` has no neighbors
               ╭─[x.toml:11:13]
            10 │ asn = 64510
            11 │ neighbors = []
               ·             ──
               ╰────
             help: say who hears it, as in neighbors = [{ asn = … }]
        "#]],
    );
    // A site of the base world may fall silent, and a part of a backbone needs no neighbor.
    let fra =
        ["solve", "eight", "--set", "rules.oldest_rule=none", "--set", "site.fra.neighbors=[]"];
    let silent = catchment("silent", &fra);
    assert_eq!((silent.code, &*silent.err), (0, "note: site `fra` announces to nobody\n"));
    let part = ["site.fra.asn=64496", "site.fra.backbone=true", "site.jfk.backbone=true"]
        .map(|set| ["--set", set])
        .concat();
    let args = [&fra[..], &*part].concat();
    let ran = catchment("part", &args);
    assert_eq!((ran.code, &*ran.err), (0, ""));
}

#[test]
fn a_site_is_taken_away_wherever_it_comes_from() {
    let sites = |args: &[&str]| {
        let out = catchment("taken", &[&["solve", "plan-add-warsaw"], args].concat()).done();
        ["waw", "fra"].map(|site| out.contains(&format!(",{site},")))
    };
    assert_eq!(sites(&[]), [true, true]);
    assert_eq!(sites(&["--set", "site.waw.remove=true"]), [false, true]);
    assert_eq!(sites(&["--set", "site.fra.remove=true"]), [true, false]);
}

#[test]
fn broken_toml() {
    refused(
        "broken",
        "[service\n",
        &expect![[r#"
              × unclosed table, expected `]`
               ╭─[x.toml:5:9]
             4 │ builtin = "eight"
             5 │ [service
               ·         ▲
               ╰────
              help: this is not TOML: texts stand in quotes, `key = value` on a line of its own
        "#]],
    );
    refused(
        "repeated",
        "[service]\n[rules]\n[service]\n",
        &expect![[r#"
             × duplicate key
              ╭─[x.toml:7:2]
            6 │ [rules]
            7 │ [service]
              ·  ───────
              ╰────
             help: it is there already: keep one, or join the two tables
        "#]],
    );
    check_text(
        "empty",
        "",
        &expect![[r#"
          × `format` is missing (in x.toml)
          help: write `format = 1` at the top
          × `name` is missing (in x.toml)
          × `world` is missing (in x.toml)
          help: add `[world]` with one of `builtin`, `as_rel`, `file` or `synthetic`
          × the service has no prefix (in x.toml)
          help: add `[service]` with `prefixes = ["192.0.2.0/24"]`
        4 mistakes in x.toml
    "#]],
    );
}

#[test]
fn worlds_that_are_not_there() {
    let world = |world: &str| format!("format = 1\nname = \"x\"\n{SERVICE}[world]\n{world}\n");
    check_text(
        "no-world",
        &world("builtin = \"eigth\""),
        &expect![[r#"
              × there is no built-in world `eigth`
               ╭─[x.toml:6:11]
             5 │ [world]
             6 │ builtin = "eigth"
               ·           ───────
               ╰────
              help: the nearest name is `eight`
        "#]],
    );
    check_text(
        "no-world",
        &world("file = \"no.world\""),
        &expect![[r#"
              × cannot read `no.world`: no such file or directory
               ╭─[x.toml:6:8]
             5 │ [world]
             6 │ file = "no.world"
               ·        ──────────
               ╰────
        "#]],
    );
    check_text(
        "no-world",
        &world("as_rel = \"${NOT_SET_ANYWHERE}/x.txt\""),
        &expect![[r#"
             × `${NOT_SET_ANYWHERE}/x.txt` needs the variable `NOT_SET_ANYWHERE`, which is not
                    set
              ╭─[x.toml:6:10]
            5 │ [world]
            6 │ as_rel = "${NOT_SET_ANYWHERE}/x.txt"
              ·          ───────────────────────────
              ╰────
             help: set `NOT_SET_ANYWHERE` to the folder that has the data; AS relationships
                    come from CAIDA (https://www.caida.org/catalog/datasets/as-relationships/),
                    who do not allow us to pass them on
        "#]],
    );
    check_text(
        "no-world",
        &world("synthetic = { ases = 7 }"),
        &expect![[r#"
              × a synthetic Internet of `7` ASes is too small: at least 50 are needed
               ╭─[x.toml:6:13]
             5 │ [world]
             6 │ synthetic = { ases = 7 }
               ·             ────────────
               ╰────
        "#]],
    );
}

#[test]
fn settings_on_the_command_line_are_named() {
    let set = |setting: &str| catchment("set", &["solve", "eight", "--set", setting]).failed(2);
    check(
        &set("rules.oldst_rule=none"),
        &expect![[r#"
              × there is no parameter `oldst_rule` (from `--set rules.oldst_rule=none`)
              help: the nearest name is `oldest_rule`
        "#]],
    );
    check(
        &set("site.fra.neighbors.0.asn=77"),
        &expect![[r#"
            × the file lists no neighbors of `site.fra` (from `--set
                    site.fra.neighbors.0.asn=77`)
            help: give the whole list: `site.fra.neighbors=[{ asn = 1299, prepend = 1 }]`
        "#]],
    );
    check(
        &set("world.file=no.world"),
        &expect![[r#"
            × cannot read `no.world`: no such file or directory (from `--set
                    world.file=no.world`)
        "#]],
    );
    assert!(set("seed").contains("write a path, `=` and a value"));
}

#[test]
fn scenarios_that_are_not_there() {
    let solve = |scenario: &str| catchment("nowhere", &["solve", scenario]).failed(2);
    check(
        &solve("eigth"),
        &expect![[r#"
            × there is no file or built-in scenario `eigth`
            help: the nearest name is `eight`; `catchment scenario list` shows the built-in
                    scenarios
        "#]],
    );
    check(
        &solve("no/such.toml"),
        &expect![[r#"
              × cannot read `no/such.toml`: no such file or directory
              help: `catchment scenario list` shows the built-in scenarios
        "#]],
    );
    check(
        &solve("."),
        &expect![[r#"
              × `.` is a folder, not a scenario
        "#]],
    );
}

#[test]
fn what_is_no_scenario() {
    let folder = Folder::new("no-scenario");
    folder.put("garbage", [0x7f, b'E', b'L', b'F', 10, 0xff, 0xfe]);
    check(
        &folder.run(&["solve", "garbage"]).failed(2),
        &expect![[r#"
              × `garbage` is no text: byte 1 of line 2 is not UTF-8
              help: a scenario is a TOML or JSON file; `catchment scenario new` writes one
        "#]],
    );
    folder.run(&["world", "generate", "--ases", "100", "--out", "x.world"]);
    check(
        &folder.run(&["solve", "x.world"]).failed(2),
        &expect![[r#"
            × `x.world` is a world, not a scenario
            help: name it in a scenario: `[world]`, then `file = "…"`; `catchment world info`
                    describes it
        "#]],
    );
    folder.put("rel.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    check(
        &folder.run(&["solve", "rel.gz"]).failed(2),
        &expect![[r#"
        × `rel.gz` is a gzip archive, not a scenario
        help: relationship files are named in a scenario: `[world]`, then `as_rel = "…"`;
                `catchment world info` describes one
    "#]],
    );
    folder.put("rel.txt", "# source:topology|BGP\n1|2|-1\n");
    check(
        &folder.run(&["solve", "rel.txt"]).failed(2),
        &expect![[r#"
        × `rel.txt` is a relationship file, not a scenario
        help: relationship files are named in a scenario: `[world]`, then `as_rel = "…"`;
                `catchment world info` describes one
    "#]],
    );
    // Each line is wrong, and a few of them tell as much as all.
    folder.put("table.csv", "asn,site,class\n".repeat(50));
    let err = folder.run(&["solve", "table.csv"]).failed(2);
    assert!(err.ends_with("50 mistakes in table.csv (the first 5 are shown)\n"), "{err}");
    assert_eq!(err.matches("this is not TOML").count(), 5);
    let huge = std::fs::File::create(folder.0.join("huge.toml")).unwrap();
    huge.set_len(1 << 30).unwrap();
    check(
        &folder.run(&["solve", "huge.toml"]).failed(2),
        &expect![[r#"
            × `huge.toml` is too large for a scenario
            help: a scenario has at most 16 MiB; topologies are files of their own, named under
                    `[world]`
        "#]],
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let folder = Folder::new("mark");
    let json = folder.run(&["scenario", "show", "eight", "--json"]).done();
    let toml = folder.run(&["scenario", "show", "eight"]).done();
    for (name, text) in [("x.json", &json), ("json", &json), ("x.toml", &toml)] {
        folder.put(name, format!("\u{feff}{text}"));
        assert_eq!(folder.run(&["scenario", "check", name]).code, 0, "{name}");
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let folder = Folder::new("control");
    folder.put("x.toml", "format = 1\nname = \"x\"\n\u{9b}2J = 1 # \u{1b}[2J\n");
    let err = folder.run(&["solve", "x.toml"]).failed(2);
    assert!(!err.contains(|c: char| c.is_control() && c != '\n'), "{err:?}");
}

#[test]
fn a_line_of_a_megabyte_is_not_drawn() {
    let folder = Folder::new("long-line");
    let text = format!("format = 1\nname = \"{}\"\nkey = 1\n", "x".repeat(1 << 20));
    folder.put("x.toml", text);
    let err = folder.run(&["solve", "x.toml"]).failed(2);
    assert!(err.len() < 5000, "{} bytes", err.len());
    assert!(err.contains("x.toml:3:1"), "{err}");
}

#[test]
fn unknown_ases_cities_and_prefixes() {
    let explain = |args: &[&str]| {
        catchment("unknown", &[&["explain", "eight", "--as"], args].concat()).failed(2)
    };
    check(
        &explain(&["3357"]),
        &expect![[r#"
              × the world has no AS3357
              help: the nearest number is 3356
        "#]],
    );
    check(
        &explain(&["12956", "--city", "FRA"]),
        &expect![[r#"
              × AS12956 has no router in `FRA`
              help: it is in JFK, MIA, GRU, BOG
        "#]],
    );
    check(
        &explain(&["3356", "--prefix", "10.0.0.0/8"]),
        &expect![[r#"
              × the service has no prefix `10.0.0.0/8`
              help: it has `192.0.2.0/24`
        "#]],
    );
    assert!(explain(&["0"]).contains("zero is reserved"));
    assert!(explain(&["4294967296"]).contains("32 bits"));
    assert!(explain(&["-1"]).contains("negative"));
}

#[test]
fn usage_is_exit_code_2() {
    for args in [&["solve"][..], &["solve", "eight", "--format", "cvs"], &["simulate"], &[]] {
        let ran = catchment("usage", args);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{args:?}");
        assert!(ran.err.contains("Usage: catchment") || ran.err.contains("--help"), "{}", ran.err);
    }
}

#[test]
fn a_negative_number_is_a_wrong_number_and_no_option() {
    for args in [
        &["solve", "eight", "--seed", "-1"][..],
        &["world", "info", "eight", "--seed", "-1"],
        &["world", "generate", "--ases", "-1", "--out", "x.world"],
        &["world", "generate", "--ases", "50", "--seed", "-1", "--out", "x.world"],
    ] {
        let err = catchment("negative", args).failed(2);
        assert!(err.contains("invalid value '-1' for '--"), "{args:?}: {err}");
    }
}

#[test]
fn oscillation_is_exit_code_1_and_names_the_ases() {
    let folder = wheel("wheel");
    let err = folder.run(&["solve", "wheel.toml", "--out", "x.csv"]).failed(1);
    check(
        &err,
        &expect![[r#"
            × the routing does not settle: AS1, AS2, AS3 keep changing their best route
            help: their preferences contradict each other; look at LOCAL_PREF overrides, leaks
                    and `rules.policy_noise`
        "#]],
    );
    assert_eq!(folder.files(), ["wheel.toml", "wheel.txt"]);
}

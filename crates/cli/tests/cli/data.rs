//! Data sets: dirty, broken, hostile.

use std::fs::File;
use std::io::Write;

use bzip2::write::BzEncoder;
use expect_test::{Expect, expect};
use flate2::write::GzEncoder;

use crate::{Folder, catchment, check};

const SCENARIO: &str = "format = 1\nname = \"x\"\n[world]\nas_rel = \"rel\"\n\
    [service]\nprefixes = [\"192.0.2.0/24\"]\n[[site]]\nname = \"s\"\nasn = 3\n";

const LINKS: &str = "# a comment\n1|2|-1\n1|3|-1|bgp\n2|3|0|mlp\n";

fn with_links(name: &str, links: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::new(name);
    folder.put("rel", links).put("x.toml", SCENARIO);
    folder
}

fn refused(folder: &Folder, expected: &Expect) {
    let before = folder.files();
    let err = folder.run(&["solve", "x.toml", "--out", "answer.csv"]).failed(2);
    check(&err, expected);
    assert_eq!(folder.files(), before, "something was written");
}

#[test]
fn links_are_read_through_any_compression() {
    let plain = with_links("plain", LINKS).run(&["solve", "x.toml"]).done();
    assert_eq!(plain.lines().count(), 4);
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(LINKS.as_bytes()).unwrap();
    let mut bzip2 = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(LINKS.as_bytes()).unwrap();
    for packed in [gzip.finish().unwrap(), bzip2.finish().unwrap()] {
        assert_eq!(with_links("packed", packed).run(&["solve", "x.toml"]).done(), plain);
    }
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_cost_no_line() {
    let plain = with_links("unix", LINKS).run(&["solve", "x.toml"]);
    let windows = format!("\u{feff}{}", LINKS.replace('\n', "\r\n"));
    assert_eq!(with_links("windows", windows).run(&["solve", "x.toml"]), plain);
}

#[test]
fn truncated_and_corrupt_archives() {
    let lines: String = (1..5000).map(|n| format!("{n}|{}|-1\n", n * 7 % 4999 + 1)).collect();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.as_bytes()).unwrap();
    let mut packed = gzip.finish().unwrap();
    refused(
        &with_links("truncated", &packed[..packed.len() / 2]),
        &expect![[r#"
              × cannot read `rel`: the gzip archive is truncated: it ends in the middle
               ╭─[x.toml:4:10]
             3 │ [world]
             4 │ as_rel = "rel"
               ·          ─────
             5 │ [service]
               ╰────
        "#]],
    );
    let middle = packed.len() / 2;
    packed[middle..middle + 50].fill(0x55);
    let folder = with_links("corrupt", &packed);
    let err = folder.run(&["solve", "x.toml", "--out", "answer.csv"]).failed(2);
    assert!(err.contains("the gzip archive is corrupt"), "{err}");
    assert_eq!(folder.files(), ["rel", "x.toml"]);
}

#[test]
fn garbage_is_no_graph() {
    let garbage: Vec<u8> =
        (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let folder = with_links("garbage-links", garbage);
    let err = folder.run(&["solve", "x.toml"]).failed(2);
    assert!(err.contains("`rel` has no relationship of two ASes"), "{err}");
    assert!(!err.contains(|c: char| c.is_control() && c != '\n'), "{err:?}");
    refused(
        &with_links("empty-links", ""),
        &expect![[r#"
              × `rel` has no relationship of two ASes
               ╭─[x.toml:4:10]
             3 │ [world]
             4 │ as_rel = "rel"
               ·          ─────
             5 │ [service]
               ╰────
              help: lines have the form `1|11537|0` or `1|11537|-1|bgp`
        "#]],
    );
}

#[test]
fn what_is_skipped_and_dropped_is_said() {
    let links = "1|2|-1\n1|3|-1\n-1|2|0\n0|2|0\n4294967296|2|0\n1|2|9\nnonsense\n\
        2|1|1\n1|3|-1\n4|4|0\n5|6|-1\n6|7|-1\n7|5|-1\n";
    let ran = with_links("dirty", links).run(&["solve", "x.toml"]);
    assert_eq!(ran.code, 0);
    check(
        &ran.err,
        &expect![[r#"
            note: `rel`: 5 lines skipped: 1 AS number is negative (line 3), 1 AS number zero is
                    reserved (line 4), 1 AS number has more than 32 bits (line 5), 1 unknown
                    relationship code (line 6), 1 not of the form of this file (line 7)
            note: `rel`: 1 link dropped that repeats an earlier line (line 9 after 2)
            note: `rel`: 1 link dropped that contradicts an earlier line, which counts (line 8
                    after 1)
            note: `rel`: 1 link dropped that is of an AS with itself (line 10)
            note: `rel`: 1 cycle of providers, cut at one link (AS5 > AS6 > AS7: AS5 no longer
                    provides AS6)
        "#]],
    );
}

#[test]
fn a_line_of_a_gibibyte_is_skipped() {
    let folder = with_links("gibibyte", LINKS);
    let rel = File::options().append(true).open(folder.0.join("rel")).unwrap();
    rel.set_len(1 << 30).unwrap();
    let ran = folder.run(&["solve", "x.toml"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 4), "{}", ran.err);
    check(
        &ran.err,
        &expect![[r#"
        note: `rel`: 1 line skipped: 1 line is longer than 1 MiB (line 5)
    "#]],
    );
}

#[test]
fn a_path_is_relative_to_the_scenario_or_begins_with_a_variable() {
    let folder = Folder::new("relative");
    std::fs::create_dir(folder.0.join("inner")).unwrap();
    folder.put("inner/rel", LINKS).put("inner/x.toml", SCENARIO);
    let expected = folder.run(&["solve", "inner/x.toml"]).done();
    folder.put("y.toml", SCENARIO.replace("\"rel\"", "\"${FOLDER}/rel\""));
    let run =
        |value: &str| folder.command(&["solve", "y.toml"]).env("FOLDER", value).output().unwrap();
    assert_eq!(crate::Ran::from(run("inner")).done(), expected);
    assert_eq!(crate::Ran::from(run(folder.0.join("inner").to_str().unwrap())).done(), expected);
    assert_eq!(crate::Ran::from(run("")).code, 2);
}

#[test]
fn a_world_is_built_described_and_solved() {
    let folder = with_links("build", LINKS);
    let built = folder.run(&["world", "build", "--as-rel", "rel", "--out", "i.world"]);
    assert_eq!((built.code, &*built.out), (0, ""), "{}", built.err);
    check(
        &built.err,
        &expect![[r#"
        `i.world`: 3 ASes, 3 routers, 3 sessions
    "#]],
    );
    folder.put("w.toml", SCENARIO.replace("as_rel = \"rel\"", "file = \"i.world\""));
    assert_eq!(folder.run(&["solve", "w.toml"]).done(), folder.run(&["solve", "x.toml"]).done());
    let text = folder.run(&["world", "info", "i.world", "--format", "table"]).done();
    check(
        &text,
        &expect![[r#"
        rel

                 3  ASes
                 3  routers
                 0  cities
                 3  sessions
                 2  provider links
                 1  peer links
                 0  sibling links
                 1  ASes with customers
                 0  stubs with several providers
                 2  stubs with peers
                 1  ASes without provider
                 0  named clients
                 0  built-in sites
                 2  median degree

        largest degrees
                 2  AS1 
                 2  AS2 
                 2  AS3 

        largest cones
                 3  AS1 
                 1  AS2 
                 1  AS3 

        clique (1)
            AS1

        path lengths with 3 sites (mean of 10 draws)
                 0   33.3 %
                 1   66.7 %

             0.0 %  of the ASes are tied between sites
    "#]],
    );
    for world in ["i.world", "rel"] {
        let json = folder.run(&["world", "info", world, "--format", "json"]).done();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["counts"]["ases"], 3);
        assert_eq!(value["counts"]["peer_links"], 1);
    }
}

#[test]
fn a_world_takes_places_and_weights_from_tables() {
    let folder = with_links("tables", LINKS);
    folder
        .put("ip", "1.0.0.0,1.0.0.255,1\n2.0.0.0,2.0.255.255,2\n9.0.0.0,9.0.0.255,99\nbad\n")
        .put("country", "1.0.0.0,1.0.0.255,DE\n2.0.0.0,2.0.255.255,FR\n")
        .put(
            "cities",
            "name,latitude,longitude,countrycode,population\nBerlin,52.5,13.4,DE,3600000\n\
             Paris,48.9,2.3,FR,2100000\n",
        )
        .put("presence", "ASN,LATITUDE,LONGITUDE\n3,48.9,2.3\n3,52.5,13.4\n")
        .put("names", "1:ONE, DE\n2:TWO, FR\n");
    let args = ["world", "build", "--as-rel", "rel", "--ip-asn", "ip", "--ip-country", "country"];
    let more = ["--cities", "cities", "--presence", "presence", "--as-names", "names"];
    let ran = folder.run(&[&args[..], &more, &["--out", "i.world"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    check(
        &ran.err,
        &expect![[r#"
            note: `ip`: 1 line skipped: 1 not of the form of this file (line 4)
            note: places of ASes: 1 where the presence tables see them, 2 in the largest city
                    of their country, 0 unknown
            note: weights of ASes: 1 have no addresses and so weight 0; 256 addresses are of
                    ASes without a link
            note: presences: 2, of which 0 are of ASes without a link, 0 have impossible
                    coordinates, 0 are in no listed city and made one
            `i.world`: 3 ASes, 4 routers, 3 sessions
        "#]],
    );
    let json = folder.run(&["world", "info", "i.world", "--format", "json"]).done();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["counts"]["routers"], 4);
    assert_eq!(value["counts"]["cities"], 2);
    // A wrong file is refused, and leaves the old world.
    let err = folder
        .run(&["world", "build", "--as-rel", "rel", "--cities", "names", "--out", "i.world"])
        .failed(2);
    check(
        &err,
        &expect![[r#"
            × cannot use `names`: the first line names no column `name` (known: `1:ONE`, `DE`)
        "#]],
    );
    assert_eq!(folder.run(&["world", "info", "i.world", "--format", "json"]).done(), json);
}

#[test]
fn a_generated_world_is_the_same_each_time() {
    let folder = Folder::new("generated");
    for name in ["a.world", "b.world"] {
        let args = ["world", "generate", "--ases", "200", "--seed", "7", "--out", name];
        folder.run(&args).done();
    }
    let bytes = |name: &str| std::fs::read(folder.0.join(name)).unwrap();
    assert_eq!(bytes("a.world"), bytes("b.world"));
    let by_spec = folder.run(&["world", "info", "synthetic:200:7"]).done();
    assert_eq!(folder.run(&["world", "info", "a.world"]).done(), by_spec);
    check(
        &folder.run(&["world", "info", "synthetic:lots"]).failed(2),
        &expect![[r#"
              × `synthetic:lots` is no synthetic Internet
              help: write `synthetic:ASES` or `synthetic:ASES:SEED`, both whole numbers
        "#]],
    );
    check(
        &folder.run(&["world", "info", "synthetic:7"]).failed(2),
        &expect![[r#"
              × a synthetic Internet of `7` ASes is too small: at least 50 are needed
        "#]],
    );
}

#[test]
fn damaged_worlds() {
    let folder = Folder::new("damaged");
    folder.run(&["world", "generate", "--ases", "100", "--out", "x.world"]).done();
    let bytes = std::fs::read(folder.0.join("x.world")).unwrap();
    folder.put("x.toml", SCENARIO.replace("as_rel = \"rel\"", "file = \"x.world\""));
    folder.put("x.world", &bytes[..bytes.len() - 9]);
    let err = folder.run(&["solve", "x.toml"]).failed(2);
    assert!(err.contains("the world file is truncated"), "{err}");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    folder.put("x.world", flipped);
    refused(
        &folder,
        &expect![[r#"
              × cannot read `x.world`: the world file is damaged: its checksum is wrong
               ╭─[x.toml:4:8]
             3 │ [world]
             4 │ file = "x.world"
               ·        ─────────
             5 │ [service]
               ╰────
        "#]],
    );
    folder.put("x.world", LINKS);
    refused(
        &folder,
        &expect![[r#"
             × cannot read `x.world`: this is not a world file: it does not begin with
                    `CATCHMNT`
              ╭─[x.toml:4:8]
            3 │ [world]
            4 │ file = "x.world"
              ·        ─────────
            5 │ [service]
              ╰────
             help: relationship files are named with `as_rel`; `catchment world build` makes a
                    `.world` file from one
        "#]],
    );
    folder.put("rel", &bytes).put("x.toml", SCENARIO);
    refused(
        &folder,
        &expect![[r#"
              × `rel` is a `.world` file
               ╭─[x.toml:4:10]
             3 │ [world]
             4 │ as_rel = "rel"
               ·          ─────
             5 │ [service]
               ╰────
              help: name it with `file` in place of `as_rel`
        "#]],
    );
}

#[test]
fn a_file_that_may_not_be_read_is_exit_code_3() {
    use std::os::unix::fs::PermissionsExt;
    let folder = with_links("forbidden", LINKS);
    std::fs::set_permissions(folder.0.join("rel"), PermissionsExt::from_mode(0o000)).unwrap();
    if File::open(folder.0.join("rel")).is_ok() {
        println!("NOT RUN: this user may read everything");
        return;
    }
    assert!(folder.run(&["solve", "x.toml"]).failed(3).contains("permission denied"));
}

#[test]
fn an_unknown_world_names_the_nearest() {
    let err = catchment("unknown-world", &["world", "info", "four-citys"]).failed(2);
    check(
        &err,
        &expect![[r#"
              × there is no file or built-in world `four-citys`
              help: the nearest name is `four-cities`
        "#]],
    );
}

//! `catchment simulate`: reports, comparisons, traces and pictures.

use std::fs;

use expect_test::expect;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use crate::{Folder, catchment, check, wheel};

const SERVICE: &str = "[service]\nprefixes = [\"192.0.2.0/24\"]\n";

#[test]
fn a_failure_is_told_with_its_stages_and_who_stays_away() {
    let out = catchment("told", &["simulate", "frankfurt-fails", "--format", "table"]).done();
    check(
        &out,
        &expect![[r#"
            frankfurt-fails: Who is hurt, and for how long, when Frankfurt dies without a word?
            anycast; 17 clients with a demand of 1 180; 8 of 8 sites active; AS paths of 2.0000
                    on average

            0 s  fra fails (hold-timer)
              hurt       240 of demand (20.3 %), 3 clients
              noticed    after 144.429 s
              served     again: first 144.429 s, 50 % 144.429 s, 95 % 144.429 s, all 144.429 s
              stages     detection 144.429 s, propagation 0 s, MRAI 0 s, FIB 0 s, clients 0 s
                    (mean)
                         144.429 s, 0 s, 0 s, 0 s, 0 s (Berlin, the last)
              lost       34 663 (demand × seconds without service)
              converged  after 144.504 s, with 26 messages
              clocks     failover 144.429 s, cleanup 144.504 s
              flows      broken: 216 000 needed, 63 000 unneeded
              reads      21.5 % of the first after the move miss the last write
              moves      fra → lhr 170, fra → bom 70
              overload   lhr at 458.8 % of capacity loses 78.2 % of attempts, until the next
                    event
              then       7 active sites, AS paths of 2.1176

            600 s  fra returns
              hurt       nobody
              noticed    after 0 s
              converged  after 0.086 s, with 29 messages
              clocks     failover not needed, cleanup 0.086 s
              flows      broken: 0 needed, 153 000 unneeded
              reads      95.1 % of the first after the move miss the last write
              moves      lhr → fra 170
              not back   Istanbul stays at bom: AS65545 keeps the route from AS6453 in IST: it
                    is the older one (oldest)
              then       8 active sites, AS paths of 2.0000

            demand at  start  from 0 s  from 600 s
            jfk          150       150         150
            mia           60        60          60
            gru          150       150         150
            lhr           60       230          60
            fra          240         0         170
            bom          340       410         410
            nrt          140       140         140
            sin           40        40          40
            nowhere        0         0           0

            flows        open  needed  unneeded  survive  in calm times
            dns       118 000       0         0  100.0 %        100.0 %
            tcp-30s   413 000  84 000    84 000   98.1 %         99.6 %
            quic-30s  236 000  48 000    48 000   98.1 %         99.6 %
            tcp-20m   236 000  48 000    48 000   72.9 %         98.3 %
            quic-20m  118 000  24 000    24 000   72.9 %         98.3 %
            tcp-1h     59 000  12 000    12 000   65.1 %         97.0 %
        "#]],
    );
}

#[test]
fn variants_stand_side_by_side() {
    let args = ["simulate", "frankfurt-fails", "--compare", "--format", "table"];
    // Not through `check`, which would fold the table.
    expect![[r#"
        frankfurt-fails: Who is hurt, and for how long, when Frankfurt dies without a word?

                                  as written               BFD  GeoDNS, TTL 60  GeoDNS, TTL 300
        steering                     anycast           anycast          GeoDNS           GeoDNS

        0 s  fra fails            hold-timer               bfd      hold-timer       hold-timer
          demand hurt                    240               240             240              240
          50 % served              144.429 s           0.722 s        95.696 s        178.481 s
          95 % served              144.429 s           0.722 s       237.872 s        288.118 s
          100 % served             144.429 s           0.722 s       237.872 s        288.118 s
          lost                        34 663             173.3          25 606           44 304
          flows             216 000 / 63 000  216 000 / 63 000     216 000 / 0      216 000 / 0

        600 s  fra returns
          not back                  1 client          1 client       0 clients        0 clients
          flows                  0 / 153 000       0 / 153 000           0 / 0            0 / 0

        lost in all                   34 663             173.3          25 606           44 304

        lost: demand × seconds without service; flows: broken, needed / unneeded
        not back (as written, BFD): Istanbul stays at bom:
          AS65545 keeps the route from AS6453 in IST: it is the older one (oldest)
    "#]]
    .assert_eq(&catchment("compare", &args).done());
}

#[test]
fn a_comparison_fits_on_one_screen() {
    let args = ["simulate", "frankfurt-fails", "--compare", "--format", "table"];
    let out = catchment("screen", &args).done();
    let widest = out.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(out.lines().count() <= 40 && widest <= 100, "{out}");
}

#[test]
fn without_entries_anycast_and_geodns_are_compared_and_hybrid_if_it_can_be() {
    let folder = Folder::new("no-entries");
    let base = format!(
        "format = 1\nname = \"x\"\n[world]\nbuiltin = \"eight\"\n\
         [[event]]\nat = \"0s\"\nfail = \"fra\"\n{SERVICE}"
    );
    let regional = "[service.regional]\neu = \"198.51.100.0/24\"\n\
                    [[site]]\nname = \"fra\"\nregion = \"eu\"\n\
                    [[site]]\nname = \"lhr\"\nregion = \"eu\"\n";
    folder.put("x.toml", &base).put("y.toml", format!("{base}{regional}"));
    let variants = |file: &str| {
        let out = folder.run(&["simulate", file, "--compare"]).done();
        let names = out.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(variants("x.toml"), ["anycast", "GeoDNS"]);
    assert_eq!(variants("y.toml"), ["anycast", "GeoDNS", "hybrid"]);
}

#[test]
fn one_row_for_each_variant_and_event() {
    let folder = Folder::new("rows");
    let out = folder.run(&["simulate", "frankfurt-fails"]).done();
    let lines: Vec<&str> = out.lines().collect();
    check(
        &lines[0].replace(',', " "),
        &expect![[r#"
            variant event label time_s demand hurt_demand hurt_sources peak_unserved detected_s
                    restored_first_s restored_50_s restored_95_s failover_s converged_s
                    cleanup_s messages lost unserved_for_good detection_s propagation_s mrai_s
                    fib_s client_s moved_demand flows_broken_needed flows_broken_unneeded
                    stayed_demand stayed unserved_after active_sites path_length_mean
                    overloaded loss_max
        "#]],
    );
    assert_eq!(lines.len(), 3);
    let compared = folder.run(&["simulate", "frankfurt-fails", "--compare"]).done();
    assert_eq!(compared.lines().count(), 1 + 4 * 2);
    // The first variant is the scenario as written.
    assert!(compared.starts_with(&out), "{compared}");
    let json = folder.run(&["simulate", "frankfurt-fails", "--format", "json"]).done();
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[1]["stayed"], "Istanbul");
    assert_eq!(rows[0]["path_length_mean"].as_f64().map(|it| (it * 1e4).round()), Some(21176.0));
    assert_eq!(rows[1]["failover_s"], serde_json::Value::Null);
}

#[test]
fn steering_can_be_given_in_place_of_the_scenarios() {
    let folder = Folder::new("steering");
    let run = |args: &[&str]| folder.run(&[&["simulate", "frankfurt-fails"], args].concat()).done();
    let by_dns = run(&["--steering", "geodns"]);
    assert_ne!(by_dns, run(&[]));
    assert_eq!(by_dns, run(&["--set", "steering=geodns"]));
    assert_eq!(run(&["--steering", "anycast"]), run(&[]));
    let hybrid = ["simulate", "frankfurt-fails", "--steering", "hybrid"];
    check(
        &folder.run(&hybrid).failed(2),
        &expect![[r#"
        × hybrid steering picks a region's prefix, and no region has one (in built-in
                scenario frankfurt-fails)
        help: give each region its own: `[service.regional]`, then `eu = "198.51.100.0/24"`
    "#]],
    );
}

#[test]
fn seed_and_settings_change_the_run_and_equal_input_gives_equal_bytes() {
    let folder = Folder::new("seeded");
    let run = |args: &[&str]| folder.run(&[&["simulate", "frankfurt-fails"], args].concat()).done();
    assert_eq!(run(&[]), run(&["--seed", "7"]));
    // When the hold timer runs out is a draw.
    assert_ne!(run(&[]), run(&["--seed", "8"]));
    assert!(run(&["--set", "event.0.how=withdraw"]).contains("fra fails (withdraw)"));
}

#[test]
fn a_trace_has_every_change_in_the_form_of_its_name() {
    let folder = Folder::new("trace");
    let trace = |file: &str| {
        let args = ["simulate", "frankfurt-fails", "--trace", file, "--out", "marks.csv"];
        folder.run(&args).done();
    };
    trace("t.csv");
    let csv = folder.get("t.csv");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("time_s,plane,prefix,asn,city,client,from,to,path_length,as_path,state,cause,demand")
    );
    assert!(csv.contains("0.000000,data,,65545,IST,Istanbul,fra,,,,stale,0,70.000000\n"), "{csv}");
    assert!(csv.contains(",control,192.0.2.0/24,65545,IST,,1299,6453,2,6453 64501,route,0,\n"));
    let times: Vec<f64> =
        lines.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted());
    trace("t.parquet");
    let file = fs::File::open(folder.0.join("t.parquet")).unwrap();
    let rows = SerializedFileReader::new(file).unwrap().metadata().file_metadata().num_rows();
    assert_eq!(rows as usize, times.len());
    trace("t.json");
    assert_eq!(folder.files(), ["marks.csv", "t.csv", "t.json", "t.parquet"]);
}

#[test]
fn pictures_are_svg_or_png_and_the_same_each_time() {
    let folder = Folder::new("plot");
    for (file, head) in [("a.svg", &b"<svg "[..]), ("a.PNG", b"\x89PNG\r\n\x1a\n")] {
        let draw = || {
            let args = ["simulate", "frankfurt-fails", "--compare", "--plot", file];
            folder.run(&args).done();
            fs::read(folder.0.join(file)).unwrap()
        };
        let first = draw();
        assert!(first.starts_with(head));
        assert!(first == draw(), "{file} differs");
    }
    let svg = folder.get("a.svg");
    assert!(svg.ends_with("</svg>\n") && svg.contains("GeoDNS, TTL 300"), "{svg}");
    assert_eq!(folder.files(), ["a.PNG", "a.svg"]);
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is_played() {
    let folder = Folder::new("refused");
    let text = format!("format = 1\nname = \"x\"\n[world]\nbuiltin = \"eight\"\n{SERVICE}");
    folder.put("x.toml", &text).put("x.svg", &text).put("x.csv", &text);
    let refused = |args: &[&str]| {
        let err = folder.run(&[&["simulate"], args].concat()).failed(2);
        err.lines().next().unwrap().trim().to_owned()
    };
    let lines = [
        refused(&["x.toml", "--plot", "x.gif"]),
        refused(&["x.toml", "--plot", "no/x.svg"]),
        refused(&["x.toml", "--trace", "trace"]),
        refused(&["x.svg", "--plot", "x.svg"]),
        refused(&["x.csv", "--trace", "./x.csv"]),
        refused(&["x.toml", "--trace", "a.csv", "--out", "./a.csv"]),
    ];
    check(
        &lines.join("\n"),
        &expect![[r#"
        × cannot draw `x.gif`: its name says no form
        × cannot write `no/x.svg`: no folder `no`
        × cannot tell from its name what `trace` should be
        × cannot write `x.svg`: it is read as well
        × cannot write `./x.csv`: it is read as well
        × cannot write `a.csv` twice
    "#]],
    );
    assert_eq!(folder.files(), ["x.csv", "x.svg", "x.toml"]);
    assert_eq!(folder.get("x.svg"), text);
}

#[test]
fn wrong_flags_are_wrong_usage() {
    for args in [
        &["simulate"][..],
        &["simulate", "eight", "--steering", "dns"],
        &["simulate", "eight", "--compare", "--trace", "t.csv"],
        &["simulate", "eight", "--tie-sets"],
    ] {
        let ran = catchment("flags", args);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{args:?}");
    }
}

#[test]
fn without_events_nothing_happens() {
    let ran = catchment("calm", &["simulate", "eight", "--format", "table"]);
    assert_eq!(ran.code, 0);
    check(
        &ran.err,
        &expect![[r#"
        note: the scenario has no events: nothing happens; `[[event]]` says what does
    "#]],
    );
    assert!(ran.out.contains("8 of 8 sites active; AS paths of 2.0000"), "{}", ran.out);
}

#[test]
fn prefixes_that_nobody_sends_to_are_named() {
    let told = |prefixes: &str, more: &[&str]| {
        let set = format!("service.prefixes={prefixes}");
        let ran =
            catchment("idle", &[&["simulate", "frankfurt-fails", "--set", &set], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.err.contains("nobody to 198.51.100.0/24")
    };
    let apart = r#"["192.0.2.0/24", "198.51.100.0/24"]"#;
    assert!(told(apart, &[]));
    assert!(!told(apart, &["--at", "30s"]));
    assert!(!told(apart, &["--steering", "geodns"]));
    assert!(!told(r#"["192.0.2.0/24", "192.0.0.0/16"]"#, &[]));
}

#[test]
fn a_mistake_in_a_variant_is_found_before_anything_is_played() {
    let folder = Folder::new("variant");
    let text = format!(
        "format = 1\nname = \"x\"\n[world]\nbuiltin = \"eight\"\n{SERVICE}\
         [[event]]\nat = \"0s\"\nfail = \"fra\"\n\
         [[compare]]\nname = \"typo\"\nset = {{ \"event.0.fail\" = \"fro\" }}\n"
    );
    folder.put("x.toml", text);
    let err = folder.run(&["simulate", "x.toml", "--compare"]).failed(2);
    check(
        &err,
        &expect![[r#"
             × variant `typo`: scenario has no site `fro`
               ╭─[x.toml:10:1]
             9 │ fail = "fra"
            10 │ [[compare]]
               · ───────────
            11 │ name = "typo"
               ╰────
             help: the nearest name is `fra`
        "#]],
    );
    // Alone, the scenario has no mistake.
    folder.run(&["simulate", "x.toml"]).done();
}

#[test]
fn oscillation_is_exit_code_1_and_names_the_ases() {
    let folder = wheel("simulated-wheel");
    let args = ["simulate", "wheel.toml", "--out", "x.csv", "--plot", "x.svg"];
    let err = folder.run(&args).failed(1);
    check(
        &err,
        &expect![[r#"
            note: the scenario has no events: nothing happens; `[[event]]` says what does
              × the routing does not settle: after 1 million messages, at 25d21h54m35s, AS1,
                    AS2, AS3 keep changing their best route
              help: their preferences contradict each other; look at LOCAL_PREF overrides,
                    leaks and `rules.policy_noise`
        "#]],
    );
    assert_eq!(folder.files(), ["wheel.toml", "wheel.txt"]);
}

#[test]
fn runs_that_are_compared_end_together() {
    // With anycast nothing happens after the event: its clients would lose nothing until then.
    let set = "event=[{at=\"0s\",fail=\"bom\",how=\"silent\"}]";
    let out = catchment("together", &["simulate", "eight", "--set", set, "--compare"]).done();
    let lost = |line: usize| out.lines().nth(line).unwrap().split(',').nth(16).unwrap();
    let lost: [f64; 2] = [lost(1), lost(2)].map(|lost| lost.parse().unwrap());
    assert!(lost[0] > lost[1] && lost[1] > 0.0, "{lost:?}");
    let table = ["simulate", "eight", "--set", set, "--compare", "--format", "table"];
    let out = catchment("for-good", &table).done();
    assert!(out.contains("\n  cut off for good          340            0\n"), "{out}");
}

#[test]
fn each_overload_has_a_line_and_hurts_somehow() {
    let set = "event=[{at=\"1s\",capacity={site=\"lhr\",kqps=0}},\
               {at=\"2s\",attack={mqps=5,lasts=\"9s\",from={zipf=0}}}]";
    let out = catchment("overloads", &["simulate", "eight", "--set", set, "--format", "table"]);
    let out = out.done();
    let line =
        "  overload   lhr without any capacity loses 100.0 % of attempts, until the next event\n";
    assert!(out.contains(line), "{out}");
    assert!(out.contains("  hurt       nobody, but see overload\n"), "{out}");
    assert_eq!(
        out.lines().filter(|line| line.ends_with(" of attempts, for 9 s")).count(),
        7,
        "{out}"
    );
    assert!(out.contains("loses 100.0 % of attempts, to the end of the run\n"), "{out}");
}

#[test]
fn an_attack_at_the_end_is_over_when_it_is_over() {
    let played = |lasts: &str| {
        let set = format!("event=[{{at=\"0s\",attack={{mqps=50,lasts=\"{lasts}\"}}}}]");
        let args = ["simulate", "eight", "--set", &set, "--set", "rules.overload=withdraw"];
        catchment(&format!("lasts-{lasts}"), &args).done()
    };
    // Sites withdraw after three seconds of too much load, one after the other.
    assert_eq!(played("2s").lines().count(), 1 + 1);
    assert_eq!(played("4s").lines().count(), 1 + 1 + 1);
    assert_eq!(played("1m").lines().count(), 1 + 1 + 8);
}

#[test]
fn dns_that_cannot_measure_distances_says_so() {
    let folder = Folder::new("blind");
    folder.put("graph.txt", "1|2|-1|bgp\n1|3|-1|bgp\n");
    folder.put(
        "x.toml",
        format!(
            "format = 1\nname = \"x\"\n[world]\nas_rel = \"graph.txt\"\n{SERVICE}\
             [[site]]\nname = \"a\"\nasn = 2\n[[site]]\nname = \"b\"\nasn = 3\n\
             [[event]]\nat = \"0s\"\nfail = \"a\"\n"
        ),
    );
    let told = |args: &[&str]| {
        let args = [&["simulate", "x.toml"], args].concat();
        folder.run(&args).err.contains("DNS finds none of them nearer")
    };
    assert!(told(&["--steering", "GeoDNS"]) && told(&["--compare"]));
    assert!(!told(&[]) && !told(&["--steering", "geodns", "--set", "geodns.policy=weighted"]));
}

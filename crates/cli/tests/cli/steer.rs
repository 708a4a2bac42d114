//! `catchment plan steer` and `catchment plan sites`, as an operator meets them.

use expect_test::expect;

use crate::{Folder, catchment, check};

const CANDIDATES: &str = "\
site,city,asn,neighbors,options,region,kqps
waw,FRA,64530,1299,3356,eu,400
ist,IST,64531,6453,1299,eu,200
mad,LHR,64532,99999,,eu,200
syd,SYD,64533,2914,,oc,200
nrt,,,,6453,,
";

#[test]
fn a_target_is_met_with_the_steps_that_it_takes() {
    let folder = Folder::new("steer-target");
    let asked = ["plan", "steer", "eight", "--target", "fra=14.4%", "--within", "0.1%"];
    let out = folder.run(&[&asked[..], &["--changes", "1"]].concat()).done();
    check(
        &out,
        &expect![[r#"
        step,change,moved,clients,who,rtt_mean,rtt_p95,unserved,off_goal,over_ceiling
        0,as things are,0.000,0,,27.061,146.944,0.000,5.839,
        1,fra prepends 1 towards AS1299 in FRA,70.000,1,fra → bom 70.0 kq/s
                (Istanbul),30.796,146.944,0.000,0.000,
    "#]],
    );
    // The lines of a scenario do what was promised.
    let lines = folder.run(&[&asked[..], &["--changes", "1", "--table", "corrections"]].concat());
    let line = lines.done();
    assert!(line.contains("neighbor = 1299, prepend = 1"), "{line}");
    let text = "format = 1\nname = \"t\"\n[world]\nbuiltin = \"eight\"\n[service]\nprefixes = \
                [\"192.0.2.0/24\"]\n[[correction]]\nannounce = { site = \"fra\", neighbor = 1299, \
                prepend = 1 }\n";
    folder.put("t.toml", text);
    let out = folder
        .run(&["plan", "steer", "t.toml", "--target", "fra=14.4%", "--within", "0.1%"])
        .done();
    assert_eq!(out.lines().count(), 2, "nothing is left to change: {out}");
}

#[test]
fn what_cannot_be_met_ends_with_1() {
    let folder = Folder::new("steer-no");
    let asked = ["plan", "steer", "eight", "--target", "gru=50%", "--changes", "1"];
    let ran = folder.run(&[&asked[..], &["--format", "table"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.starts_with("no configuration of these levers meets"), "{}", ran.out);
    let err = folder
        .run(&[
            "plan",
            "steer",
            "eight",
            "--ceiling",
            "fra=1,lhr=1,jfk=1,mia=1,gru=1,bom=1,nrt=1,sin=1",
        ])
        .failed(1);
    check(
        &err,
        &expect![[r#"
        × all ceilings together are 8.0 kq/s, 1172.0 kq/s less than the demand of 1180.0
                kq/s
        help: no announcement makes room: add 1172.0 kq/s of capacity, or raise the
                ceilings
    "#]],
    );
    let err = folder.run(&["plan", "steer", "eight", "--target", "frq=30%"]).failed(2);
    check(
        &err,
        &expect![[r#"
        × scenario has no site `frq`
        help: the nearest name is `fra`
    "#]],
    );
    let err = folder.run(&["plan", "steer", "eight"]).failed(2);
    assert!(err.contains("--target"), "{err}");
    for wrong in ["--target=fra", "--target=fra=130%", "--ceiling=x", "--ceiling=fra=-1"] {
        folder.run(&["plan", "steer", "eight", wrong]).failed(2);
    }
}

#[test]
fn letters_are_written_where_help_is_needed() {
    let folder = Folder::new("steer-letters");
    // Singapore lands at NRT over AS2914, and would land at home if that did not tell it.
    let asked = ["plan", "steer", "eight", "--lower", "mean", "--changes", "1"];
    let letters = ["--letters", "letters.txt"];
    folder.run(&[&asked[..], &letters[..]].concat()).done();
    let text = folder.get("letters.txt");
    assert!(text.contains("Please do not tell this route to AS65548"), "{text}");
    // A prepend needs nobody.
    let alone = ["--levers", "prepend", "--letters", "none.txt"];
    let ran = folder.run(&[&asked[..], &alone[..]].concat());
    assert!(ran.code == 0 && ran.err.contains("no letter to write"), "{}", ran.err);
    assert_eq!(folder.files(), ["letters.txt"]);
}

#[test]
fn letters_and_answer_are_two_files() {
    let folder = Folder::new("steer-one-file");
    let asked = ["plan", "steer", "eight", "--ceiling", "fra=200", "--letters"];
    let pairs = [["a.txt", "--out", "./a.txt"], ["a.svg", "--plot", "a.svg"]];
    for files in pairs {
        let error = folder.run(&[&asked[..], &files[..]].concat()).failed(2);
        assert!(error.contains("twice") && error.contains("the letters"), "{error}");
    }
    assert_eq!(folder.files(), Vec::<String>::new());
}

#[test]
fn what_is_said_twice_is_a_mistake() {
    let twice = |name: &str, args: &[&str]| catchment(name, args).failed(2);
    let error = twice("ceilings", &["plan", "steer", "eight", "--ceiling", "fra=200,FRA=300"]);
    assert!(error.contains("site `FRA` has two ceilings"), "{error}");
    let keep = ["plan", "residency", "eight", "--keep", "eu=eu", "--keep", "eu=uk"];
    assert!(twice("keep", &keep).contains("region `eu` has two rules"));
}

#[test]
fn sites_are_chosen_from_a_file_of_candidates() {
    let folder = Folder::new("sites-choose");
    folder.put("candidates.csv", CANDIDATES);
    let asked = ["plan", "sites", "eight", "--candidates", "candidates.csv", "--choose", "1"];
    let ran = folder.run(&[&asked[..], &["--format", "table"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    check(
        &ran.out,
        &expect![[r#"
        open syd: mean RTT 24.27 ms (without them 27.06 ms)
        - exact: all sets of 1 of 3 candidates were looked at, and none is better
        - the fullest site after any single failure is sin with 475.0 % of its capacity,
                after bom has failed
        - one more session, nrt with AS6453 in NRT, would lower the mean RTT by 3.82 ms
        - where demand lands was asked of `simulate`; a failed site counts as if it had
                never announced

        Sites to open
        site  verdict  load_before (kq/s)  load (kq/s)  capacity (kq/s)
        jfk   stays               150.000      150.000          300.000
        mia   stays                60.000       60.000          120.000
        gru   stays               150.000      150.000          300.000
        lhr   stays                60.000       60.000          120.000
        fra   stays               240.000      240.000          480.000
        bom   stays               340.000      340.000          680.000
        nrt   stays               140.000      120.000          280.000
        sin   stays                40.000       40.000           80.000
        waw   leave                                             400.000
        ist   leave                                             200.000
        syd   open                              20.000          200.000

        Sets of which none is better in everything
        set     opened  sites  rtt_mean (ms)  rtt_p95 (ms)  unserved (%)  worst_load (%) 
                worst_cause  worst_unserved (%)  violation (%)
        best    syd         9         24.270       113.197         0.000         475.000 
                bom                       0.000          0.000
        today               8         27.061       146.944         0.000         475.000 
                bom                       0.000          0.000
        pareto  ist         9         27.061       146.944         0.000         425.000 
                bom                       0.000          0.000

        What one more session is worth
        site  neighbor       gain (ms)  rtt_mean (ms)  moved (kq/s)  who
        nrt   AS6453 in NRT      3.820         20.450        40.000  sin → nrt (Tokyo-B)
    "#]],
    );
    check(
        &ran.err,
        &expect![[r#"
        note: of the candidates' neighbors 1 neighbor is not in this world
        note: left out: 1 candidate without a neighbor in this world
    "#]],
    );
    let sessions = folder.run(&[&asked[..], &["--table", "sessions"]].concat()).done();
    // T12.5.
    assert!(sessions.contains("sin → nrt (Tokyo-B)"), "{sessions}");
}

/// The same sites as TOML, as a table, and as a table with a line for each neighbor.
#[test]
fn candidates_are_the_same_in_every_form() {
    let folder = Folder::new("sites-forms");
    let (head, syd) = ("site,city,asn,neighbors,kqps", "syd,SYD,64533,2914,");
    let table = |lines: &[&str]| format!("{head}\n{}\n", lines.join("\n"));
    folder
        .put("a.csv", table(&["waw,FRA,64530,1299 3356:peer,400", syd]))
        .put("b.csv", table(&["waw,FRA,64530,1299,400", syd, "waw,FRA,64530,3356:peer,400"]))
        .put(
            "c.toml",
            "[[site]]\nname = \"waw\"\ncity = \"FRA\"\nasn = 64530\n\
            capacity = { kqps = 400 }\n\
            neighbors = [{ asn = 1299 }, { asn = 3356, relation = \"peer\" }]\n\
            [[site]]\nname = \"syd\"\ncity = \"SYD\"\nasn = 64533\nneighbors = [{ asn = 2914 }]\n",
        );
    let ask = |file: &str| {
        let args = ["plan", "sites", "eight", "--choose=1", "--format=json", "--candidates"];
        folder.run(&[&args[..], &[file]].concat())
    };
    let out = ask("a.csv").done();
    assert!(out.contains("open syd: mean RTT 24.27 ms"), "{out}");
    assert_eq!(ask("b.csv").done(), out);
    assert_eq!(ask("c.toml").done(), out);

    folder
        .put("d.csv", "site,city,asn,neighbors\nwaw,FRA,64530,1299\nWAW,LHR,64530,3356\n")
        .put("more.toml", "[rules]\noldest_rule = \"none\"\n")
        .put("none.toml", "")
        .put("typo.toml", "[[site]]\nname = \"waw\"\ncitty = \"FRA\"\n");
    let wrong = |file: &str, message: &str| {
        let error = ask(file).failed(2);
        assert!(error.contains(message), "{error}");
    };
    wrong("d.csv", "candidate `waw` stands there twice, and differs");
    wrong("more.toml", "says more than candidates can");
    wrong("none.toml", "has no candidate");
    wrong("typo.toml", "typo.toml:3:1");
}

/// A list of places says nothing about networks: those of the world that are there are met.
#[test]
fn candidates_meet_who_is_present_in_their_city() {
    let folder = Folder::new("sites-present");
    folder
        .put("colos.csv", "colo,name,lat,lon\nSYD,Sydney,-33.9,151.2\nOSL,Oslo,60.2,11.1\n")
        .put("same.csv", "site,lat,lon,asn,neighbors\nsyd,-33.9,151.2,64599,2914\n");
    let asked = ["plan", "sites", "eight", "--choose=1", "--asn=64599", "--format=json"];
    let ask = |more: &[&str]| folder.run(&[&asked[..], more].concat());
    let alone = ask(&["--candidates", "colos.csv"]).failed(2);
    assert!(alone.contains("left out: 2 candidates without a neighbor"), "{alone}");
    // In Sydney there are 2914, which sells transit, and a client of it, which does not.
    let met = ask(&["--candidates", "colos.csv", "--present", "provider"]);
    assert!(met.err.contains("left out: 1 candidate without a neighbor"), "{}", met.err);
    assert_eq!(met.done(), ask(&["--candidates", "same.csv"]).done());
    let peers = ask(&["--candidates", "colos.csv", "--present", "peer"]).done();
    assert!(peers.contains("open syd"), "{peers}");
}

/// A site that announces to all neighbors of its AS is not silenced by a row of its name.
#[test]
fn a_row_of_a_site_without_a_list_leaves_it_as_it_is() {
    let folder = Folder::new("sites-known");
    folder.put("with.csv", "site,asn\nb,\nc,1000211\n").put("without.csv", "site,asn\nc,1000211\n");
    let world = "--set=world.synthetic={ases=400}";
    let sites = ["--set=site.a.asn=1000025", "--set=site.b.asn=1000102"];
    let asked = ["plan", "sites", "eight", world, sites[0], sites[1], "--choose=1", "--candidates"];
    let ask = |file: &str| folder.run(&[&asked[..], &[file]].concat());
    let with = ask("with.csv");
    assert_eq!(with, ask("without.csv"));
    assert!(!with.err.contains("announces to nobody"), "{}", with.err);
    with.done();
}

#[test]
fn questions_without_sense_end_with_2() {
    let folder = Folder::new("sites-wrong");
    folder.put("candidates.csv", CANDIDATES).put("none.csv", "a,b\n1,2\n");
    let wrong: [&[&str]; 6] = [
        &["plan", "sites", "eight", "--choose", "1"],
        &["plan", "sites", "eight", "--choose", "1", "--replace", "--neighbors", "none.csv"],
        &["plan", "sites", "eight", "--choose", "9", "--candidates", "candidates.csv"],
        &["plan", "sites", "eight", "--choose", "0", "--replace"],
        &["plan", "sites", "eight", "--choose", "1", "--candidates", "none.csv"],
        &["plan", "sites", "eight", "--choose", "1", "--replace", "--objective", "residency"],
    ];
    for args in wrong {
        let err = folder.run(args).failed(2);
        assert!(err.contains("help") || err.contains("known:"), "{args:?}: {err}");
    }
}

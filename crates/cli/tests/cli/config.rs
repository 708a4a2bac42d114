//! `catchment config`: files for real routers, and the lines of changes.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use expect_test::expect;

use crate::library::{files, is_out_of_reach, run};
use crate::{Folder, catchment, check};

#[test]
fn one_site_is_printed_and_all_are_written() {
    let folder = Folder::new("config-written");
    let printed = folder.run(&["config", "eight", "--daemon", "bird", "--site", "FRA"]).done();
    assert!(printed.contains("\nfilter to_as1299_v4 {\n"), "{printed}");

    let args = ["config", "eight", "--daemon", "bird", "--out", "routers"];
    let ran = folder.run(&args);
    assert!(ran.err.contains("look for \"replace\" in the files"), "{}", ran.err);
    check(
        &ran.done(),
        &expect![[r#"
            site,asn,city,prefixes,sessions,file
            jfk,64496,JFK,1,1,routers/jfk/bird.conf
            mia,64497,MIA,1,2,routers/mia/bird.conf
            gru,64498,GRU,1,1,routers/gru/bird.conf
            lhr,64499,LHR,1,1,routers/lhr/bird.conf
            fra,64500,FRA,1,1,routers/fra/bird.conf
            bom,64501,BOM,1,1,routers/bom/bird.conf
            nrt,64502,NRT,1,1,routers/nrt/bird.conf
            sin,64503,SIN,1,1,routers/sin/bird.conf
        "#]],
    );
    assert_eq!(folder.get("routers/fra/bird.conf"), printed);
    assert_eq!(folder.files(), ["routers"]);
}

#[test]
fn files_that_are_there_are_not_lost() {
    let folder = Folder::new("config-kept");
    let args = ["config", "eight", "--daemon", "frr", "--site", "fra", "--out", "."];
    folder.run(&args).done();
    assert_eq!(folder.files(), ["fra"]);
    folder.put("fra/daemons", "mine");
    check(
        &folder.run(&args).failed(2),
        &expect![[r#"
              × `./fra/frr.conf` and 1 more are there already
              help: `--force` overwrites
        "#]],
    );
    assert_eq!(folder.get("fra/daemons"), "mine");
    // Files of another daemon are at no risk.
    folder.run(&["config", "eight", "--daemon", "bird", "--site", "fra", "--out", "."]).done();
    assert_eq!(folder.get("fra/daemons"), "mine");
    folder.run(&[&args[..], &["--force"]].concat()).done();
    assert!(folder.get("fra/daemons").contains("bgpd=yes"));
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let folder = Folder::new("config-mistakes");
    folder.put("file", "");
    let dots = "format = 1\nname = \"dots\"\n[world]\nbuiltin = \"empty\"\n\
        [service]\nprefixes = [\"192.0.2.0/24\"]\n\
        [[site]]\nname = \"..\"\ncity = \"FRA\"\nasn = 64500\nneighbors = [{ asn = 1299 }]\n";
    folder.put("dots.toml", dots);
    let mut all = String::new();
    for args in [
        &["eight", "--daemon", "bird"][..],
        &["eight", "--daemon", "bird", "--site", "frb"],
        &["empty", "--daemon", "bird"],
        &["eight", "--daemon", "bird", "--out", "file"],
        &["eight", "--daemon", "bird", "--out", "no/where"],
        &["dots.toml", "--daemon", "bird", "--out", "out"],
        &["eight", "--daemon", "bird", "--change", "site.frb.asn=x"],
        &["eight", "--daemon", "bird", "--change", "eigth"],
        &["eight", "--daemon", "bird", "--change", "hello", "--change", "empty"],
        &["eight", "--daemon", "bird", "--change", "=x"],
    ] {
        all += &folder.run(&[&["config"], args].concat()).failed(2);
    }
    assert_eq!(folder.files(), ["dots.toml", "file"]);
    check(
        &all,
        &expect![[r#"
        × `eight` has 8 sites, and one can be printed
        help: name it with `--site`, or write all of them with `--out DIR`
        × scenario has no site `frb`
        help: the nearest name is `fra`
        × `empty` has no site to configure
        help: `[[site]]` adds one
        × cannot write `file`: it is no folder
        × cannot write `no/where`: no folder `no`
        × site `..` cannot name a folder
        help: give it another name, or print it without `--out`
        × `x` is not an AS number (from `--change site.frb.asn=x`)
        help: it must be a number such as 3320 or AS3320
        × there is no file or built-in scenario `eigth`
        help: the nearest name is `eight`; `catchment scenario list` shows the built-in
                scenarios
        × `hello` and `empty` cannot both be the changed scenario
        help: name one scenario; what is more to change is written PATH=VALUE
        × `=x` is no change
        help: write a path, `=` and a value, such as `service.prefixes.0=192.0.2.0/24`
    "#]],
    );
}

#[test]
fn the_lines_of_a_change_are_printed() {
    let args = ["config", "eight", "--daemon", "frr", "--change", "prepend-fra"];
    check(
        &catchment("config-change", &args).done(),
        &expect![[r#"
        ! fra, AS64500: towards AS1299 Arelion, provider, in FRA: prepends 1, before 0
        ! Run, where LINES is a file with this
        !   vtysh -C -f LINES
        !   vtysh -f LINES
        !   vtysh -c 'clear bgp ipv4 unicast 203.0.113.1 soft out'
        !   vtysh -c 'write memory'

        route-map TO-AS1299-V4 permit 10
         ! Prepends 1.
         set as-path prepend 64500
        exit

        ! fra, AS64500: taken back: towards AS1299 Arelion, provider, in FRA: prepends 1,
                before 0
        ! Run, where LINES is a file with this
        !   vtysh -C -f LINES
        !   vtysh -f LINES
        !   vtysh -c 'clear bgp ipv4 unicast 203.0.113.1 soft out'
        !   vtysh -c 'write memory'

        route-map TO-AS1299-V4 permit 10
         no set as-path prepend
        exit
    "#]],
    );
}

#[test]
fn the_lines_of_a_change_are_written() {
    let folder = Folder::new("config-change-out");
    let change = "site.nrt.neighbors=[{asn=2914},{asn=6453}]";
    let args = ["config", "eight", "--daemon", "bird", "--change", change, "--out", "out"];
    check(
        &folder.run(&args).done(),
        &expect![[r#"
        site,asn,change,file
        nrt,64502,"a new session with AS6453 Tata, provider, in NRT",out/nrt/apply.conf
        nrt,64502,"a new session with AS6453 Tata, provider, in NRT",out/nrt/undo.conf
    "#]],
    );
    check(
        &folder.get("out/nrt/undo.conf"),
        &expect![[r#"
        # nrt, AS64502: taken back: a new session with AS6453 Tata, provider, in NRT
        # Paste this into bird.conf, then run
        #   birdc configure check
        #   birdc configure timeout 300
        #   birdc configure confirm

        # remove `filter to_as6453_v4`
        # remove `protocol bgp as6453_v4`
    "#]],
    );
    assert!(folder.get("out/nrt/apply.conf").contains("\nprotocol bgp as6453_v4 {\n"));
}

#[test]
fn what_changes_nothing_is_said() {
    let ran =
        catchment("config-same", &["config", "eight", "--daemon", "frr", "--change", "seed=3"]);
    assert_eq!(ran.err, "note: nothing changes in the configuration of any site\n");
    assert_eq!(ran.done(), "");
}

#[test]
fn bfd_follows_the_events_or_the_option() {
    let folder = Folder::new("config-bfd");
    let has_bfd = |args: &[&str]| {
        let args = [&["config", "frankfurt-fails", "--daemon", "bird"], args].concat();
        folder.run(&args).done().contains("  bfd on;")
    };
    assert!(!has_bfd(&["--site", "fra"]));
    assert!(has_bfd(&["--site", "fra", "--set", "event.0.how=bfd"]));
    assert!(!has_bfd(&["--site", "lhr", "--set", "event.0.how=bfd"]));
    assert!(has_bfd(&["--site", "lhr", "--bfd"]));
}

/// Files that a real daemon would not take, and why. `vtysh` mostly sleeps, so several run at once.
fn complaints(program: &str, options: &[&str], paths: &[PathBuf]) -> String {
    let mut said = String::new();
    for some in paths.chunks(8) {
        let start = |path: &PathBuf| {
            let mut command = Command::new(program);
            command.args(options).arg(path).stdout(Stdio::piped()).stderr(Stdio::piped());
            (path.display().to_string(), command.spawn().unwrap())
        };
        for (path, child) in some.iter().map(start).collect::<Vec<_>>() {
            let output = child.wait_with_output().unwrap();
            if !output.status.success() {
                let [out, err] =
                    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
                said.push_str(&format!("{path}: {err}{out}\n"));
            }
        }
    }
    said
}

/// `bird -p` and `vtysh -C` take each site of each scenario. Nothing is started.
#[test]
fn real_daemons_take_every_site_of_every_scenario() {
    let folder = Folder::new("config-daemons");
    for (daemon, program, main, options) in [
        ("bird", "bird", "bird.conf", &["-p", "-c"][..]),
        ("frr", "vtysh", "frr.conf", &["-C", "-f"]),
    ] {
        if Command::new(program).arg("--help").output().is_err() {
            let must = std::env::var_os("CATCHMENT_DAEMONS").is_some();
            assert!(!must, "`{program}` is missing");
            println!("NOT RUN: `{program}` is missing");
            continue;
        }
        let mut paths = Vec::new();
        for (name, text) in files() {
            if name == "empty" || is_out_of_reach(&name, &text) {
                continue;
            }
            let out = format!("{daemon}-{name}");
            run(&folder, &["config", &name, "--daemon", daemon, "--out", &out]).done();
            let sites = fs::read_dir(folder.0.join(&out)).unwrap();
            paths.extend(sites.map(|entry| entry.unwrap().path().join(main)));
        }
        paths.sort();
        assert!(paths.len() > 300, "{}", paths.len());
        assert_eq!(complaints(program, options, &paths), "");
    }
}

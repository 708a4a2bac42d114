//! Where answers go: formats agree, files appear whole or not at all, pipes may close.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use expect_test::expect;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::{Folder, Ran, check};

#[test]
fn csv_json_and_parquet_say_the_same() {
    let folder = Folder::new("formats");
    let solve = ["solve", "eight", "--routers", "--tie-sets"];
    for file in ["a.csv", "a.json", "a.parquet"] {
        assert_eq!(folder.run(&[&solve[..], &["--out", file]].concat()).done(), "");
    }
    let csv: Vec<Vec<String>> = folder
        .get("a.csv")
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    let (header, rows) = csv.split_first().unwrap();

    // Keys of a line, in the order of the file; values as CSV writes them.
    let json = folder.get("a.json");
    let lines: Vec<&str> = json.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(rows) {
        let value: serde_json::Value = serde_json::from_str(line.trim_end_matches(',')).unwrap();
        assert_eq!(value.as_object().unwrap().len(), header.len());
        for (name, field) in header.iter().zip(row) {
            let text = match &value[name] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                number if name == "rtt_ms" => format!("{:.3}", number.as_f64().unwrap()),
                number => number.to_string(),
            };
            assert_eq!(&text, field, "{name} in {line}");
        }
    }

    let parquet = File::open(folder.0.join("a.parquet")).unwrap();
    let parquet = SerializedFileReader::new(parquet).unwrap();
    let mut count = 0;
    for (record, row) in parquet.get_row_iter(None).unwrap().zip(rows) {
        for ((name, value), (expected_name, field)) in
            record.unwrap().get_column_iter().zip(header.iter().zip(row))
        {
            assert_eq!(name, expected_name);
            let text = match value {
                Field::Null => String::new(),
                Field::Str(text) => text.clone(),
                Field::Long(number) => number.to_string(),
                Field::Double(number) => format!("{number:.3}"),
                other => panic!("{name} is {other:?}"),
            };
            assert_eq!(&text, field, "{name}");
        }
        count += 1;
    }
    assert_eq!(count, rows.len());
}

#[test]
fn a_full_disk_is_exit_code_3() {
    let folder = Folder::new("full");
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    for args in [&["solve", "eight"][..], &["--help"], &["scenario", "list"], &["man"]] {
        let output = folder.command(args).stdout(full()).output().unwrap();
        let ran = Ran::from(output);
        assert_eq!(ran.code, 3, "{args:?}: {}", ran.err);
        assert_eq!(
            ran.err, "  × cannot write the standard output: no space left on device\n",
            "{args:?}"
        );
    }
    let err = folder.run(&["solve", "eight", "--out", "/dev/full"]).failed(3);
    assert_eq!(err, "  × cannot write `/dev/full`: no space left on device\n");
}

/// A limit on the size of files stands in for a full disk.
#[test]
fn a_file_that_cannot_be_finished_leaves_the_old_one() {
    let folder = Folder::new("limit");
    folder.put("a.csv", "old");
    let output = Command::new("sh")
        .args(["-c", "ulimit -f 1; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_catchment")])
        .args(["solve", "eight", "--routers", "--out", "a.csv"])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let err = Ran::from(output).failed(3);
    assert_eq!(err, "  × cannot write `a.csv`: file too large\n");
    assert_eq!((folder.files(), folder.get("a.csv")), (vec!["a.csv".to_owned()], "old".to_owned()));
}

#[test]
fn places_where_no_file_can_be() {
    let folder = Folder::new("places");
    fs::create_dir(folder.0.join("inner")).unwrap();
    let out = |path: &str| folder.run(&["solve", "eight", "--out", path]).failed(2);
    check(
        &out("inner"),
        &expect![[r#"
              × cannot write `inner`: it is a folder
        "#]],
    );
    check(
        &out("no/such/folder.csv"),
        &expect![[r#"
              × cannot write `no/such/folder.csv`: no folder `no/such`
        "#]],
    );
    check(
        &out(".."),
        &expect![[r#"
              × cannot write `..`: it is a folder
        "#]],
    );
}

#[test]
fn an_answer_never_replaces_what_it_was_made_from() {
    let folder = Folder::new("spared");
    let scenario = "format = 1\nname = \"x\"\n[world]\nas_rel = \"links.txt\"\n\
                    [service]\nprefixes = [\"192.0.2.0/24\"]\n";
    folder.put("x.toml", scenario).put("links.txt", "1|2|-1\n");
    std::os::unix::fs::symlink("x.toml", folder.0.join("link.csv")).unwrap();
    let refused = |args: &[&str]| folder.run(args).failed(2);
    check(
        &refused(&["solve", "x.toml", "--out", "./x.toml"]),
        &expect![[r#"
              × cannot write `./x.toml`: it is read as well
              help: give the output another name
        "#]],
    );
    for args in [
        ["solve", "x.toml", "--out", "link.csv"],
        ["solve", "x.toml", "--out", "links.txt"],
        ["world", "info", "links.txt", "--out=links.txt"],
    ] {
        assert!(refused(&args).contains("it is read as well"), "{args:?}");
    }
    refused(&["explain", "x.toml", "--as", "1", "--out", "x.toml"]);
    refused(&["world", "build", "--as-rel", "links.txt", "--out", "links.txt"]);
    let tables = ["--cities", "--presence", "--ip-asn", "--ip-country", "--as-names"];
    for table in tables {
        refused(&["world", "build", "--as-rel", "links.txt", table, "x.toml", "--out", "x.toml"]);
    }
    folder.put("bots.csv", "asn,share\n65536,1\n").put("sites.csv", "site,city\nwaw,WAW\n");
    let attack = ["plan", "attack", "eight", "--from", "file=bots.csv", "--out", "bots.csv"];
    let sites =
        ["plan", "sites", "eight", "--choose=1", "--asn=64510", "--candidates", "sites.csv"];
    for args in [&attack[..], &[&sites[..], &["--out", "sites.csv"]].concat()] {
        assert!(refused(args).contains("it is read as well"), "{args:?}");
    }
    refused(&[&sites[..], &["--neighbors", "bots.csv", "--out", "bots.csv"]].concat());
    assert_eq!(folder.get("bots.csv"), "asn,share\n65536,1\n");
    assert_eq!(folder.get("sites.csv"), "site,city\nwaw,WAW\n");
    let steer = ["plan", "steer", "x.toml", "--target", "a=1%", "--letters"];
    assert!(refused(&[&steer[..], &["links.txt"]].concat()).contains("it is read as well"));
    assert_eq!(
        (folder.get("x.toml"), folder.get("links.txt")),
        (scenario.into(), "1|2|-1\n".into())
    );
    folder.run(&["solve", "x.toml", "--out", "x.csv"]).done();
    folder.run(&["solve", "x.toml", "--out", "x.csv"]).done();
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new("closed");
    folder.put(
        "x.toml",
        "format = 1\nname = \"x\"\n[world]\nsynthetic = { ases = 20000, seed = 1 }\n\
        [service]\nprefixes = [\"192.0.2.0/24\"]\n",
    );
    for args in [&["solve", "x.toml"][..], &["--help"], &["completions", "zsh"], &["man"]] {
        let mut command = folder.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // As `head -1` does.
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn whenever_it_is_killed_a_file_is_old_or_new() {
    let folder = Folder::new("killed");
    let generate = ["world", "generate", "--ases", "3000", "--out", "x.world"];
    folder.run(&generate).done();
    let new = fs::read(folder.0.join("x.world")).unwrap();
    for delay_ms in [0, 5, 10, 20, 40, 80, 160] {
        folder.put("x.world", "old");
        let mut command = folder.command(&generate);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(delay_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = fs::read(folder.0.join("x.world")).unwrap();
        assert!(found == b"old" || found == new, "after {delay_ms} ms: {} bytes", found.len());
    }
}

#[test]
fn an_interrupt_ends_at_once_and_leaves_nothing() {
    let folder = Folder::new("interrupt");
    let made = Command::new("mkfifo").arg(folder.0.join("rel")).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("NOT RUN: this system has no mkfifo");
        return;
    }
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        // Nobody ever writes a word into the pipe, so it would wait forever.
        let args = ["world", "build", "--as-rel", "rel", "--out", "x.world"];
        let mut child = folder.command(&args).stderr(Stdio::null()).spawn().unwrap();
        // This waits until the program has opened its end.
        let _pipe = File::options().write(true).open(folder.0.join("rel")).unwrap();
        let kill = format!("kill -s {signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(folder.files(), ["rel"]);
    }
}

#[test]
fn files_have_the_rights_that_the_umask_gives() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("umask");
    let status = Command::new("sh")
        .args(["-c", "umask 027; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_catchment")])
        .args(["solve", "eight", "--out", "a.csv"])
        .current_dir(&folder.0)
        .status()
        .unwrap();
    assert!(status.success());
    let mode = fs::metadata(folder.0.join("a.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

//! Answers of plans in all their forms: text, JSON, one table, a picture, a page.

use expect_test::expect;
use serde_json::Value;

use crate::{Folder, catchment, check};

#[test]
fn diff_says_who_moves_and_how_far() {
    let args = ["plan", "diff", "eight", "--set", "site.bom.remove=true", "--format", "table"];
    let text = catchment("diff", &args).done();
    let head: Vec<&str> = text.lines().take(6).collect();
    check(
        &head.join("\n"),
        &expect![[r#"
            2 sources with 28.81 % of the demand (340.0 kq/s) land elsewhere
            - most goes from bom to sin: 340.0 kq/s (28.81 %) of 2 sources in 2 ASes, +77.0 ms
                    in the mean
            - mean round trip 27.1 ms in A, 49.2 ms in B; 95 % within 146.9 ms in A, 165.2 ms
                    in B
            - it matters most to Mumbai (300 kq/s): bom → sin, +82.5 ms
            - where demand lands was asked of `simulate`
        "#]],
    );
    let args = ["plan", "diff", "eight", "--set", "site.bom.remove=true", "--table", "flows"];
    check(
        &catchment("diff", &args).done(),
        &expect![[r#"
            from,to,sources,ases,demand,share,change_ms
            bom,sin,2,2,340.000,28.81,77.004
        "#]],
    );
}

#[test]
fn diff_of_two_files_needs_no_settings_and_of_one_it_does() {
    let folder = Folder::new("diff-two");
    let summary = |args: &[&str]| folder.run(&[&["plan", "diff"], args].concat());
    let same = summary(&["eight", "eight"]).done();
    assert!(same.contains("\nmoved,0,0,0.000,0.00\n"), "{same}");
    // Of another world one client is the same: its AS and its city are.
    let other = summary(&["eight", "four-cities"]).done();
    assert!(other.contains("\nin both,1,1,100.000,6.41\n"), "{other}");
    assert!(other.contains("\nonly in A,16,16,"), "{other}");
    let error = summary(&["eight"]).failed(2);
    assert!(error.contains("--set"), "{error}");
    let error = summary(&["eight", "--set", "site.xyz.capacity.kqps=x"]).failed(2);
    assert!(error.contains("--set site.xyz.capacity.kqps=x"), "{error}");
}

#[test]
fn json_has_the_whole_answer_with_units() {
    let args = ["plan", "capacity", "eight", "--format", "json"];
    let ran = catchment("json", &args);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["verdict"], "fails");
    assert!(answer["headline"].as_str().unwrap().contains("mia, lhr and sin"), "{answer}");
    let table = &answer["tables"][0];
    assert_eq!(table["name"], "sites");
    let units: Vec<(&str, &str)> = table["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["unit"].as_str().unwrap()))
        .collect();
    assert!(units.contains(&("site", "")) && units.contains(&("load", "kq/s")), "{units:?}");
    assert_eq!(table["rows"].as_array().unwrap().len(), 8);
    let charts = answer["charts"].as_array().unwrap();
    let bars = charts.iter().find(|chart| chart["kind"] == "bars").unwrap();
    assert_eq!(bars["bars"].as_array().unwrap().len(), 8);
    let heat = charts.iter().find(|chart| chart["kind"] == "heat").unwrap();
    let count = |key: &str| heat[key].as_array().unwrap().len();
    assert_eq!(count("cells"), count("rows") * count("columns"));
    // One table is an array, as everywhere.
    let args = [&args[..], &["--table", "sites"]].concat();
    let rows: Value = serde_json::from_str(&catchment("json", &args).out).unwrap();
    assert_eq!(rows, table["rows"]);
    let wrong = ["plan", "capacity", "eight", "--table", "sitse"];
    let error = catchment("json", &wrong).failed(2);
    assert!(error.contains("the nearest name is `sites`"), "{error}");
}

#[test]
fn plots_are_the_same_each_time_and_say_what_they_are() {
    let folder = Folder::new("plan-plot");
    for file in ["a.svg", "b.svg", "a.png", "b.png"] {
        let ran = folder.run(&["plan", "capacity", "eight", "--out", "x.csv", "--plot", file]);
        assert_eq!((ran.code, &*ran.out), (1, ""), "{}", ran.err);
    }
    let svg = folder.get("a.svg");
    assert_eq!(svg, folder.get("b.svg"));
    let read = |name: &str| std::fs::read(folder.0.join(name)).unwrap();
    assert_eq!(read("a.png"), read("b.png"));
    assert!(svg.contains("kq/s") && svg.contains("sin"), "{svg}");
    let refused =
        |args: &[&str]| folder.run(&[&["plan", "capacity", "eight"], args].concat()).failed(2);
    assert!(refused(&["--plot", "x.gif"]).contains(".svg"));
    assert!(refused(&["--plot", "x.svg", "--out", "x.svg"]).contains("twice"));
}

#[test]
fn a_page_has_everything_inside_and_the_same_bytes_each_time() {
    let folder = Folder::new("page");
    folder.put(
        "a.toml",
        "format = 1\nname = \"a <b> & c\"\nquestion = \"Will it hold?\"\n[world]\n\
         builtin = \"eight\"\n[service]\nprefixes = [\"192.0.2.0/24\"]\n",
    );
    let report = ["plan", "report", "a.toml", "--out", "a.html", "--with", "capacity"];
    folder.run(&report).done();
    let page = folder.get("a.html");
    folder.run(&report).done();
    assert_eq!(folder.get("a.html"), page);
    assert_eq!(folder.files(), ["a.html", "a.toml"]);
    for part in [
        "<h1>a &lt;b&gt; &amp; c</h1>",
        "Will it hold?",
        "<dt>seed</dt><dd>1</dd>",
        "<dt>command</dt><dd>catchment plan report a.toml --out a.html --with capacity</dd>",
        "<dt>engine</dt><dd>catchment ",
        "Content-Security-Policy",
        "mia, lhr and sin",
        "▲ does not hold",
        "prefers-color-scheme:dark",
    ] {
        assert!(page.contains(part), "no {part}");
    }
    // Nothing is loaded, and nothing runs.
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    for bad in ["http:", "https:", "<script", "src=", "url(", "@import", "<link", "onload"] {
        assert!(!elsewhere.contains(bad), "{bad}");
    }
    for tag in ["table", "svg", "section", "figure", "ul", "details", "main", "body", "html"] {
        let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
        assert_eq!(page.matches(&open).count(), page.matches(&close).count(), "{tag}");
    }
    assert!(!page.contains("<dt>date</dt>"));
    folder.run(&[&report[..], &["--date", "19 May 2026"]].concat()).done();
    assert!(folder.get("a.html").contains("<dt>date</dt><dd>19 May 2026</dd>"));
}

#[test]
fn a_page_of_what_is_no_plan_is_refused() {
    let folder = Folder::new("no-page");
    let report = |with: &str| {
        folder.run(&["plan", "report", "eight", "--out", "a.html", "--with", with]).failed(2)
    };
    assert!(report("capacty").contains("the nearest name is `capacity`"));
    assert!(report("sweep").contains("there is no plan `sweep` for a page"));
    let error = report("capacity --colour red");
    assert!(error.contains("unexpected argument '--colour'"), "{error}");
    assert_eq!(folder.files(), Vec::<String>::new());
}

#[test]
fn parts_of_a_page_take_options_with_commas_and_none_that_lead_elsewhere() {
    let folder = Folder::new("page-options");
    let report =
        |with: &str| folder.run(&["plan", "report", "eight", "--out", "a.html", "--with", with]);
    report("capacity --pairs none --group cable=fra,lhr,border").done();
    let page = folder.get("a.html");
    assert!(page.contains("cable") && page.contains("Border clients"), "{page}");
    let error = report("capacity,atack").failed(2);
    assert!(error.contains("the nearest name is `attack`"), "{error}");
    let error = report("border --most 3").failed(2);
    assert!(error.contains("`border` has no options"), "{error}");
    for (option, value) in
        [("--out", "x.csv"), ("--table", "sites"), ("--format", "csv"), ("--plot", "x.svg")]
    {
        let error = report(&format!("capacity {option} {value}")).failed(2);
        assert!(error.contains(&format!("a part of a page has no `{option}`")), "{error}");
    }
    let error = report("steer --ceiling --letters x.txt").failed(2);
    assert!(error.contains("a part of a page has no `--letters`"), "{error}");
    assert_eq!(folder.files(), ["a.html"]);
}

/// What nobody asked for by name does not cost the page.
#[test]
fn a_page_says_what_could_not_be_asked_unless_it_was_asked_for() {
    let folder = Folder::new("page-without");
    let only_fra = ["jfk", "mia", "gru", "lhr", "bom", "nrt", "sin"]
        .map(|name| format!("--set=site.{name}.remove=true"));
    let mut args = vec!["plan", "report", "eight", "--out", "a.html"];
    args.extend(only_fra.iter().map(String::as_str));
    args.push("--set=site.fra.capacity.kqps=1");
    folder.run(&args).done();
    assert!(folder.get("a.html").contains("the sites have nothing to spare"));
    args.extend(["--with", "attack"]);
    assert!(folder.run(&args).failed(2).contains("the sites have nothing to spare"));
}

//! `catchment plan capacity`, `attack` and `residency`.

use expect_test::expect;

use super::{Folder, catchment, check};

/// Exit code 1, and what it printed.
#[track_caller]
fn says_no(name: &str, args: &[&str]) -> String {
    let ran = catchment(name, args);
    assert_eq!((ran.code, &*ran.err), (1, ""), "{}", ran.out);
    ran.out
}

/// A table without its header.
fn rows(csv: &str) -> String {
    csv.lines().skip(1).collect::<Vec<_>>().join("\n")
}

#[test]
fn capacity_says_what_each_site_needs() {
    let out = says_no("capacity", &["plan", "capacity", "eight"]);
    check(
        &out,
        &expect![[r#"
        site,load,worst,cause,headroom,capacity,utilization,required,missing,method
        jfk,150.000,210.000,mia,1.40,300.000,70.0,262.500,,simulate
        mia,60.000,210.000,gru,3.50,120.000,175.0,262.500,142.500,simulate
        gru,150.000,150.000,,1.00,300.000,50.0,187.500,,simulate
        lhr,60.000,230.000,fra,3.83,120.000,191.7,287.500,167.500,simulate
        fra,240.000,280.000,jfk,1.17,480.000,58.3,350.000,,simulate
        bom,340.000,410.000,fra,1.21,680.000,60.3,512.500,,simulate
        nrt,140.000,140.000,,1.00,280.000,50.0,175.000,,simulate
        sin,40.000,380.000,bom,9.50,80.000,475.0,475.000,395.000,simulate
    "#]],
    );
    let text = says_no("capacity-text", &["plan", "capacity", "eight", "--format", "table"]);
    let lines: Vec<&str> = text.lines().take(6).collect();
    check(
        &lines.join("\n"),
        &expect![[r#"
        3 of 8 sites cannot carry what a single failure brings at 80 % of capacity: mia,
                lhr and sin
        - the failure that breaks the plan is bom: sin goes to 475 % of its capacity
        - sin needs 395 kq/s more than its 80: when bom fails it is asked for 380, which is
                80 % of 475
        - lhr needs 168 kq/s more than its 120: when fra fails it is asked for 230, which
                is 80 % of 288
        - mia needs 142 kq/s more than its 120: when gru fails it is asked for 210, which
                is 80 % of 262
        - a 2x rule fails at mia (3.50x), lhr (3.83x) and sin (9.50x); were a failed site's
                load spread evenly, 1.14x would do, but BGP hands it on in lumps
    "#]],
    );
}

#[test]
fn capacity_takes_groups_pairs_and_the_day() {
    let args = ["plan", "capacity", "eight", "--group", "cable=FRA, lhr", "--pairs", "none"];
    let out = says_no("groups", &[&args[..], &["--table", "failures"]].concat());
    check(
        out.lines().last().unwrap(),
        &expect![[r#"
        cable,group,lhr|fra,300.000,0.000,bom,85.3,,100.0,,100.0
    "#]],
    );
    let missing = catchment("no-pairs", &[&args[..], &["--table", "pairs"]].concat()).failed(2);
    assert!(missing.contains("it has sites, failures, heirs, matrix, day"), "{missing}");
    let out = says_no("by-day", &[&args[..], &["--day"]].concat());
    check(
        out.lines().last().unwrap(),
        &expect![[r#"
        sin,59.912,551.929,bom,15,9.21,80.000,689.9,689.911,609.911,simulate
    "#]],
    );
    let all = ["plan", "capacity", "eight", "--pairs", "all", "--table", "pairs"];
    assert_eq!(says_no("all-pairs", &all).lines().count(), 1 + 28);
}

#[test]
fn capacity_holds_where_there_is_enough() {
    let args = ["plan", "capacity", "eight", "--pairs", "none", "--set"];
    let sets = ["site.mia.capacity.kqps=270", "--set", "site.lhr.capacity.kqps=290", "--set"];
    let last = ["site.sin.capacity.kqps=480"];
    let out = catchment("enough", &[&args[..], &sets[..], &last[..]].concat()).done();
    assert_eq!(out.lines().count(), 9);
}

#[test]
fn attack_compares_botnets_and_finds_a_response() {
    let out = says_no("attack", &["plan", "attack", "eight", "--format", "table"]);
    let lines: Vec<&str> = out.lines().take_while(|line| !line.is_empty()).collect();
    check(
        &lines.join("\n"),
        &expect![[r#"
            944 kq/s from `by_users` are absorbed; from `uniform` they put 4 sites over
                    capacity: jfk, mia, nrt and sin
            - `uniform` puts jfk, mia, nrt and sin over capacity: 99 % of demand is served if
                    they absorb it; if overloaded sites withdrew, all 8 would go, which leaves
                    0 % served; best response: mia leaves AS12956; nrt prepends 1; sin prepends
                    1 (the best of all 875 combinations): 99.8 % served, jfk, mia and bom still
                    over, together it moves 100 kq/s of clients, +5.3 ms on average
            - `region=asia` puts bom, nrt and sin over capacity: 96.9 % of demand is served if
                    they absorb it; if overloaded sites withdrew, all 8 would go, which leaves
                    0 % served; that is best: no action serves more (the best of all 125
                    combinations)
            - `region=sa` puts mia and gru over capacity: 94 % of demand is served if they
                    absorb it; if overloaded sites withdrew, all 8 would go, which leaves 0 %
                    served; that is best: no action serves more (the best of all 35
                    combinations)
            - `region=na` puts jfk and mia over capacity: 94.4 % of demand is served if they
                    absorb it; if overloaded sites withdrew, all 8 would go, which leaves 0 %
                    served; that is best: no action serves more (the best of all 35
                    combinations)
            - 7 more families put a site over capacity: see the table `playbook`
            - an even split of 944 kq/s over 8 sites predicts 118 kq/s each; `region=africa`
                    puts 944 kq/s on bom
            - absorbed up to: `by_users` 1180 kq/s (jfk is full first)
        "#]],
    );
    let args = ["plan", "attack", "eight", "--from", "by_users", "--mqps", "0.59,1.2"];
    check(
        &rows(&catchment("absorbed", &args).done()),
        &expect![[r#"
            by_users,590.0,,0,,jfk,75.0,100.0,,100.0,simulate
            by_users,1200.0,,8,jfk|mia|gru|lhr|fra|bom|nrt|sin,bom,101.7,100.0,,100.0,simulate
        "#]],
    );
}

#[test]
fn attack_reads_bots_from_a_file_and_sizes_from_what_is_seen() {
    let folder = Folder::new("bots");
    folder.put("bots.csv", "asn,share\n65546,3\n65543,1\n4200000000,1\n");
    let args = ["plan", "attack", "eight", "--from", "file=bots.csv", "--mqps", "1"];
    let ran = folder.run(&[&args[..], &["--table", "playbook"]].concat());
    check(
        &ran.out,
        &expect![[r#"
        family,response,served,over,moved,moved_clients,rtt_change,note
        bots,absorb,96.6,fra|bom,0.0,0,0.0,best
        bots,fra withdraws,81.9,lhr|bom,240.0,3,5.8,`absorb` does as much
        bots,fra prepends 1,94.2,bom,70.0,1,3.7,
        bots,fra prepends 2,94.2,bom,70.0,1,3.7,`fra prepends 1` does as much
        bots,fra prepends 3,94.2,bom,70.0,1,3.7,`fra prepends 1` does as much
        bots,bom withdraws,71.8,fra|sin,340.0,2,22.2,`absorb` does as much
        bots,bom prepends 1,71.8,fra|sin,340.0,2,22.2,`absorb` does as much
        bots,bom prepends 2,71.8,fra|sin,340.0,2,22.2,`absorb` does as much
        bots,bom prepends 3,71.8,fra|sin,340.0,2,22.2,`absorb` does as much
        bots,"by themselves bom, sin, nrt, lhr, fra, jfk, mia and gru
                withdraw",0.0,,1180.0,17,,
    "#]],
    );
    let seen = ["--seen", "bom=40%", "--seen", "fra=0.5", "--table", "estimate"];
    check(
        &folder.run(&[&args[..], &seen[..]].concat()).out,
        &expect![[r#"
        site,seen,unit,capacity,offered,attack_here,if_it_is,attack_in_all
        bom,40.0,kq/s,680.0,1700.0,1360.0,bots,1813.3
        fra,50.0,kq/s,480.0,960.0,720.0,bots,2880.0
    "#]],
    );
}

#[test]
fn the_attack_of_a_scenario_is_its_size() {
    let args = ["plan", "attack", "ddos-region", "--table", "families"];
    let ran = catchment("own-attack", &args);
    assert_eq!(ran.code, 1);
    check(
        &ran.out,
        &expect![[r#"
        family,even,most,at,ratio,absorbed_up_to,first_over,reaches_nobody
        by_users,137.5,316.9,bom,2.31,1180.0,jfk,0.0
        uniform,137.5,250.0,nrt,1.82,440.0,mia,0.0
        region=africa,137.5,1100.0,bom,8.00,340.0,bom,0.0
        region=asia,137.5,717.4,bom,5.22,460.0,sin,0.0
        region=eu,137.5,1100.0,fra,8.00,240.0,fra,0.0
        region=me,137.5,1100.0,fra,8.00,240.0,fra,0.0
        region=na,137.5,970.6,jfk,7.06,170.0,jfk,0.0
        region=oceania,137.5,1100.0,nrt,8.00,140.0,nrt,0.0
        region=ru,137.5,1100.0,fra,8.00,240.0,fra,0.0
        region=sa,137.5,868.4,gru,6.32,190.0,gru,0.0
        region=uk,137.5,1100.0,lhr,8.00,60.0,lhr,0.0
        zipf=1,137.5,404.7,jfk,2.94,326.1,mia,0.0
    "#]],
    );
}

#[test]
fn residency_says_who_leaves_and_what_a_prefix_would_cost() {
    let args = ["plan", "residency", "eight", "--keep", "eu=eu"];
    check(
        &rows(&says_no("residency", &args)),
        &expect![[r#"
            eu,eu,fra,60.000,0.0,0.0,fra,100.0,0.0,100.0,0.0,simulate
        "#]],
    );
    let text = says_no("residency-text", &[&args[..], &["--format", "table"]].concat());
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    check(
        &lines.join("\n"),
        &expect![[r#"
        clients of `eu` leave the regions that may serve them
        - all of `eu` (60 kq/s) is served inside now
        - when fra fails, 100 % of `eu` is served outside, at lhr
        - no announcement of this prefix serves 100 % of `eu` inside once fra has failed:
                with every site outside silent, nobody would answer them
        - a prefix for `eu` that only fra announces would keep all inside, for a mean round
                trip of 9.5 ms in place of 9.5; if they all fail, nobody answers, or with a
                covering prefix 100 % is outside again
    "#]],
    );
    let set = ["plan", "residency", "eight", "--set", "residency.eu=[\"eu\", \"uk\"]"];
    catchment("allowed", &set).done();
}

#[test]
fn names_that_do_not_exist_are_mistakes_with_the_nearest() {
    let mut text = String::new();
    for (index, args) in [
        &["capacity", "eight", "--group", "x=frq"][..],
        &["capacity", "eight", "--group", "fra"],
        &["attack", "eight", "--from", "region=asai"],
        &["attack", "eight", "--from", "by_user"],
        &["attack", "eight", "--from", "zipf"],
        &["attack", "eight", "--from", "ases=1"],
        &["attack", "eight", "--mqps", "0"],
        &["attack", "eight", "--seen", "fra=2"],
        &["attack", "eight", "--seen", "fro=0.5"],
        &["attack", "eight", "--from", "file=nowhere.csv"],
        &["residency", "eight"],
        &["residency", "eight", "--keep", "ue=eu"],
    ]
    .iter()
    .enumerate()
    {
        let name = format!("names-{index}");
        text.push_str(&catchment(&name, &[&["plan"], *args].concat()).failed(2));
    }
    check(
        &text,
        &expect![[r#"
          × the scenario has no site `frq`
          help: the nearest name is `fra`
        error: invalid value 'fra' for '--group <NAME=SITE,SITE>': write a name, `=` and
                sites, such as `cable=fra,lhr`

        For more information, try '--help'.
          × no site and no client is in region `asai`
          help: the nearest name is `asia`
        error: invalid value 'by_user' for '--from <WHERE>': the nearest name is `by_users`

        For more information, try '--help'.
        error: invalid value 'zipf' for '--from <WHERE>': write what it is, as in `zipf=…`

        For more information, try '--help'.
          × the world has no AS1
        error: invalid value '0' for '--mqps <MQPS>': write a number above 0, and 1e9 at
                most

        For more information, try '--help'.
          × `fra=2` says nothing about an attack
          help: a site that is full sees a share above 0 and below 1 of what it expects
          × the scenario has no site `fro`
          help: the nearest name is `fra`
          × cannot read `nowhere.csv`: no such file or directory
          × nothing says which regions may serve which clients
          help: give the scenario a `[residency]`, or say `--keep asia=asia`
          × no client is in region `ue`
          help: the nearest name is `eu`
    "#]],
    );
}

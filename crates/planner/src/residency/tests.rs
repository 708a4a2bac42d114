//! Residency in the world of models 12.4.

use std::ops::ControlFlow;

use expect_test::expect;

use super::*;
use crate::answer::Verdict;
use crate::load::tests::{brief, eight, folded, said};

fn rules(text: &str) -> Residency {
    let rule = |line: &str| {
        let (region, allowed) = line.split_once('=').unwrap();
        (region.to_owned(), allowed.split(',').map(str::to_owned).collect())
    };
    text.split(' ').filter(|it| !it.is_empty()).map(rule).collect()
}

fn plan(brief: &Brief<'_>, text: &str) -> Result<ResidencyPlan, Unplanned> {
    residency(brief, &rules(text), &mut |_, _| ControlFlow::Continue(()))
}

#[test]
fn t8_5_residency() {
    let story = eight("[residency]\neu = [\"eu\"]");
    let brief = brief(&story);
    assert_eq!(*brief.residency, rules("eu=eu"));
    let plan = plan(&brief, "eu=eu").unwrap();
    let eu = &plan.regions[0];
    assert_eq!((eu.now.outside, eu.kqps), (0.0, 60.0));
    let site = |name| brief.site_named(name).unwrap();
    let worst = eu.worst().unwrap();
    assert_eq!(plan.sites[worst], site("fra"));
    assert_eq!(
        (eu.after[worst].outside, &eu.after[worst].at[..]),
        (1.0, &[(site("lhr"), 1.0)][..])
    );
    // No announcement holds them then; a prefix of their own would, at the price of silence.
    assert_eq!((eu.cannot, eu.cannot_after[worst]), (0.0, 1.0));
    let regional = eu.regional.as_ref().unwrap();
    assert_eq!((regional.now.outside, regional.now.unserved), (0.0, 0.0));
    assert_eq!(regional.unserved_after, [(site("fra"), 1.0)]);
    assert_eq!((regional.covered.outside, regional.covered.unserved), (1.0, 0.0));
    assert_eq!(plan.answer(&brief).verdict, Verdict::Fails);
}

#[test]
fn regions_that_may_help_each_other_hold() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, "eu=eu,uk uk=uk,eu,na").unwrap();
    assert!(plan.regions.iter().all(RegionPlan::holds));
    assert_eq!(plan.answer(&brief).verdict, Verdict::Holds);
}

#[test]
fn what_is_outside_now_is_said_with_its_price() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, "asia=asia sa=sa").unwrap();
    let answer = plan.answer(&brief);
    expect![[r#"
        clients of `sa` leave the regions that may serve them
        all of `asia` (460 kq/s) is served inside now
        21.1 % of `sa` (190 kq/s) is served outside now, at mia
        when gru fails, 100 % of `sa` is served outside, at mia
        no announcement of this prefix serves 100 % of `sa` inside once gru has failed:
            with every site outside silent, nobody would answer them
        if every site outside prepended 5 times, 21.1 % of `sa` would still be outside:
            there business decides, and not the length of paths
        a prefix for `sa` that only gru announces would keep all inside, for a mean
            round trip of 40.4 ms in place of 11.3; if they all fail, nobody answers,
            or with a covering prefix 100 % is outside again
    "#]]
    .assert_eq(&said(&answer));
}

#[test]
fn rules_about_nobody_are_questions() {
    let story = eight("");
    let brief = brief(&story);
    let message = |text: &str| match plan(&brief, text).unwrap_err() {
        Unplanned::Question { message, help } => format!("{message}; {help}"),
        other => panic!("{other}"),
    };
    let all = [message(""), message("ue=eu"), message("eu=ue")];
    expect![[r#"
        nothing says which regions may serve which clients; give the scenario a
            `[residency]`, or say `--keep asia=asia`
        no client is in region `ue`; the nearest name is `eu`
        no site and no client is in region `ue`; the nearest name is `eu`
    "#]]
    .assert_eq(&folded(&all));
}

/// A region without a site of its own can only be served elsewhere, or not at all.
#[test]
fn a_region_without_a_site_has_no_plan() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, "me=me").unwrap();
    let me = &plan.regions[0];
    assert_eq!((me.now.outside, me.cannot, &me.regional), (1.0, 1.0, &None));
    let answer = plan.answer(&brief);
    let said = answer.findings.last().unwrap();
    assert!(said.starts_with("no site is where `me` may be served"), "{said}");
    assert_eq!(answer.section("regional"), None);
}

/// Whoever has no rule is nobody's business, and shares are of the region alone.
#[test]
fn shares_are_of_the_region() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, "sa=sa").unwrap();
    let sa = &plan.regions[0];
    assert_eq!(sa.kqps, 190.0);
    assert!((sa.now.outside - 40.0 / 190.0).abs() < 1e-12);
    for held in sa.after.iter().chain([&sa.now]) {
        let sum: f64 = held.at.iter().map(|(_, share)| share).sum();
        assert!((sum - held.outside).abs() < 1e-12);
        assert!(held.outside + held.unserved <= 1.0 + 1e-12);
    }
}

/// Whom nobody serves is not served inside.
#[test]
fn who_reaches_no_site_is_not_said_to_be_inside() {
    let gone = |names: &[&str]| -> String {
        let site = |name: &&str| format!("[[site]]\nname = \"{name}\"\nremove = true\n");
        names.iter().map(site).collect()
    };
    let others = ["jfk", "mia", "gru", "lhr", "bom", "nrt", "sin"];
    let ask = |text: &str| {
        let story = eight(text);
        let brief = brief(&story);
        let answer = plan(&brief, "eu=eu").unwrap().answer(&brief);
        (answer.verdict, answer.headline, answer.findings)
    };
    let (verdict, headline, findings) = ask(&gone(&[&others[..], &["fra"]].concat()));
    assert_eq!(verdict, Verdict::Holds);
    assert_eq!(
        headline,
        "nobody is served outside the regions that may, but clients of `eu` reach no site now or \
         after a failure"
    );
    assert_eq!(
        findings[0],
        "0 % of `eu` (60 kq/s) is served inside now, and 100 % reaches no site"
    );
    let (_, headline, findings) = ask(&gone(&others));
    assert!(headline.contains("clients of `eu` reach no site"), "{headline}");
    assert_eq!(findings[0], "all of `eu` (60 kq/s) is served inside now");
    assert_eq!(findings[1], "when fra fails, 100 % of `eu` reaches no site");
}

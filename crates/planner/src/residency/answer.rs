//! What [`ResidencyPlan`] says: sentences, tables, a chart.

use catchment_model::Table;

use super::{Held, PREPENDS_MAX, RegionPlan, ResidencyPlan};
use crate::answer::{Answer, Chart, ChartKind, Section, Verdict};
use crate::brief::Brief;
use crate::words::{decimals, list, number, percent, percents, texts};

impl ResidencyPlan {
    /// The plan as an answer. It holds if nobody is outside, now or after a single failure.
    pub fn answer(&self, brief: &Brief<'_>) -> Answer {
        let broken: Vec<String> = self
            .regions
            .iter()
            .filter(|region| !region.holds())
            .map(|region| format!("`{}`", region.region))
            .collect();
        let cut_off: Vec<String> = self
            .regions
            .iter()
            .filter(|region| region.worst_unserved().is_some() || region.now.unserved > 0.0)
            .map(|region| format!("`{}`", region.region))
            .collect();
        let headline = match (broken.is_empty(), cut_off.is_empty()) {
            (true, true) => {
                "clients stay in the regions that may serve them, whichever site fails".into()
            }
            // Whom nobody serves is not outside, and not well off either.
            (true, false) => format!(
                "nobody is served outside the regions that may, but clients of {} reach no site \
                 now or after a failure",
                list(&cut_off)
            ),
            (false, _) => {
                format!("clients of {} leave the regions that may serve them", list(&broken))
            }
        };
        let findings = self.regions.iter().flat_map(|it| self.findings(brief, it)).collect();
        let mut sections = vec![
            section("residency", "Who is served outside", self.table(brief)),
            section("failures", "After each single failure", self.failures(brief)),
        ];
        if self.regions.iter().any(|region| region.regional.is_some()) {
            let title = "A prefix for each region, announced by the sites inside";
            sections.push(section("regional", title, self.regional(brief)));
        }
        Answer {
            verdict: if broken.is_empty() { Verdict::Holds } else { Verdict::Fails },
            headline,
            findings,
            sections,
            charts: vec![self.chart(brief)],
        }
    }

    fn findings(&self, brief: &Brief<'_>, plan: &RegionPlan) -> Vec<String> {
        let names = |sites: &mut dyn Iterator<Item = u32>| {
            let names: Vec<String> = sites.map(|site| brief.site_name(site)).collect();
            list(&names)
        };
        let at = |held: &Held| names(&mut held.at.iter().map(|(site, _)| *site));
        let region = &plan.region;
        let mut findings = Vec::new();
        let kqps = number(plan.kqps);
        let Held { outside, unserved, .. } = plan.now;
        let inside = (1.0 - outside - unserved).max(0.0);
        findings.push(match (outside > 0.0, unserved > 0.0) {
            (true, false) => format!(
                "{} of `{region}` ({kqps} kq/s) is served outside now, at {}",
                percent(outside),
                at(&plan.now)
            ),
            (true, true) => format!(
                "{} of `{region}` ({kqps} kq/s) is served outside now, at {}, and {} reaches no \
                 site",
                percent(outside),
                at(&plan.now),
                percent(unserved)
            ),
            (false, false) => format!("all of `{region}` ({kqps} kq/s) is served inside now"),
            (false, true) => format!(
                "{} of `{region}` ({kqps} kq/s) is served inside now, and {} reaches no site",
                percent(inside),
                percent(unserved)
            ),
        });
        if let Some(worst) = plan.worst() {
            let held = &plan.after[worst];
            findings.push(format!(
                "when {} fails, {} of `{region}` is served outside, at {}",
                brief.site_name(self.sites[worst]),
                percent(held.outside),
                at(held)
            ));
        }
        if let Some(worst) = plan.worst_unserved() {
            findings.push(format!(
                "when {} fails, {} of `{region}` reaches no site",
                brief.site_name(self.sites[worst]),
                percent(plan.after[worst].unserved)
            ));
        }
        if plan.inside.is_empty() {
            findings.push(format!(
                "no site is where `{region}` may be served ({}): build one there, or allow more",
                plan.allowed.join(", ")
            ));
            return findings;
        }
        let never = plan.worst().map_or(0.0, |worst| plan.cannot_after[worst]);
        if plan.cannot > 0.0 || never > 0.0 {
            let when = plan
                .worst()
                .filter(|_| never > plan.cannot)
                .map_or("even now".to_owned(), |worst| {
                    format!("once {} has failed", brief.site_name(self.sites[worst]))
                });
            findings.push(format!(
                "no announcement of this prefix serves {} of `{region}` inside {when}: with every \
                 site outside silent, nobody would answer them",
                percent(never.max(plan.cannot))
            ));
        }
        if plan.now.outside > 0.0 {
            findings.push(format!(
                "if every site outside prepended {PREPENDS_MAX} times, {} of `{region}` would \
                 still be outside: there business decides, and not the length of paths",
                percent(plan.prepended)
            ));
        }
        if plan.holds() {
            return findings;
        }
        if let Some(regional) = &plan.regional {
            let change = regional.now.rtt_ms.zip(plan.now.rtt_ms);
            let price = change.map_or(String::new(), |(after, before)| {
                format!(", for a mean round trip of {after:.1} ms in place of {before:.1}")
            });
            findings.push(format!(
                "a prefix for `{region}` that only {} announces would keep all inside{price}; if \
                 they all fail, nobody answers, or with a covering prefix {} is outside again",
                names(&mut plan.inside.iter().copied()),
                percent(regional.covered.outside)
            ));
        }
        findings
    }

    fn table(&self, brief: &Brief<'_>) -> Table {
        let all = &self.regions;
        let of = |value: &dyn Fn(&RegionPlan) -> Option<f64>| -> Vec<Option<f64>> {
            all.iter().map(value).collect()
        };
        let worst = |it: &RegionPlan| Some(brief.site_name(self.sites[it.worst()?]));
        let then = |it: &RegionPlan| it.worst().map_or(it.now.outside, |at| it.after[at].outside);
        let never = |it: &RegionPlan| it.cannot_after.iter().copied().fold(it.cannot, f64::max);
        let mut table = Table::default();
        table.push("region", "", texts(all.iter().map(|it| Some(it.region.clone()))));
        table.push("allowed", "", texts(all.iter().map(|it| Some(it.allowed.join("|")))));
        table.push("sites", "", texts(all.iter().map(|it| joined(brief, &it.inside))));
        table.push("demand", "kq/s", decimals(3, of(&|it| Some(it.kqps))));
        table.push("outside", "%", percents(of(&|it| Some(it.now.outside))));
        table.push("unserved", "%", percents(of(&|it| Some(it.now.unserved))));
        table.push("worst_failure", "", texts(all.iter().map(worst)));
        table.push("outside_then", "%", percents(of(&|it| Some(then(it)))));
        table.push("never_inside", "%", percents(of(&|it| Some(it.cannot))));
        table.push("never_inside_then", "%", percents(of(&|it| Some(never(it)))));
        table.push("outside_prepended", "%", percents(of(&|it| Some(it.prepended))));
        table.push("method", "", texts(all.iter().map(|_| Some(self.method.name().to_owned()))));
        table
    }

    fn failures(&self, brief: &Brief<'_>) -> Table {
        let rows: Vec<(&RegionPlan, usize)> = self
            .regions
            .iter()
            .flat_map(|region| (0..self.sites.len()).map(move |at| (region, at)))
            .collect();
        let held = |(region, at): &(&RegionPlan, usize)| region.after[*at].clone();
        let lands = |row: &(&RegionPlan, usize)| {
            let sites: Vec<u32> = held(row).at.iter().map(|(site, _)| *site).collect();
            joined(brief, &sites)
        };
        let mut table = Table::default();
        let regions = rows.iter().map(|(region, _)| Some(region.region.clone()));
        table.push("region", "", texts(regions));
        let failed = rows.iter().map(|(_, at)| Some(brief.site_name(self.sites[*at])));
        table.push("failed", "", texts(failed));
        let demand = rows.iter().map(|row| Some(held(row).outside * row.0.kqps));
        table.push("outside_demand", "kq/s", decimals(3, demand));
        table.push("outside", "%", percents(rows.iter().map(|row| Some(held(row).outside))));
        table.push("lands_at", "", texts(rows.iter().map(lands)));
        table.push("unserved", "%", percents(rows.iter().map(|row| Some(held(row).unserved))));
        let never = rows.iter().map(|(region, at)| Some(region.cannot_after[*at]));
        table.push("never_inside", "%", percents(never));
        table.push("rtt", "ms", decimals(1, rows.iter().map(|row| held(row).rtt_ms)));
        table
    }

    fn regional(&self, brief: &Brief<'_>) -> Table {
        let rows: Vec<_> =
            self.regions.iter().filter_map(|it| Some((it, it.regional.as_ref()?))).collect();
        let worst = |regional: &super::Regional| {
            let all = regional.unserved_after.iter().copied();
            all.reduce(|a, b| if b.1 > a.1 { b } else { a }).filter(|(_, share)| *share > 0.0)
        };
        let mut table = Table::default();
        table.push("region", "", texts(rows.iter().map(|(it, _)| Some(it.region.clone()))));
        table.push("announced_by", "", texts(rows.iter().map(|(it, _)| joined(brief, &it.inside))));
        table.push("rtt_now", "ms", decimals(1, rows.iter().map(|(it, _)| it.now.rtt_ms)));
        table.push("rtt", "ms", decimals(1, rows.iter().map(|(_, it)| it.now.rtt_ms)));
        let change = rows.iter().map(|(plan, it)| Some(it.now.rtt_ms? - plan.now.rtt_ms?));
        table.push("rtt_change", "ms", decimals(1, change));
        table.push("unserved", "%", percents(rows.iter().map(|(_, it)| Some(it.now.unserved))));
        let full = rows.iter().map(|(_, it)| Some(brief.site_name(it.fullest?.0)));
        table.push("fullest", "", texts(full));
        table.push("utilization", "%", percents(rows.iter().map(|(_, it)| Some(it.fullest?.1))));
        let cause = rows.iter().map(|(_, it)| Some(brief.site_name(worst(it)?.0)));
        table.push("worst_failure", "", texts(cause));
        let share = rows.iter().map(|(_, it)| Some(worst(it).map_or(0.0, |(_, share)| share)));
        table.push("unserved_then", "%", percents(share));
        let outside = rows.iter().map(|(_, it)| Some(it.covered.outside));
        table.push("all_fail_covered_outside", "%", percents(outside));
        let rtt = rows.iter().map(|(_, it)| it.covered.rtt_ms);
        table.push("all_fail_covered_rtt", "ms", decimals(1, rtt));
        let alone = rows.iter().map(|_| Some(1.0));
        table.push("all_fail_uncovered_unserved", "%", percents(alone));
        table
    }

    fn chart(&self, brief: &Brief<'_>) -> Chart {
        let cells = self.regions.iter().flat_map(|region| {
            let all = std::iter::once(&region.now).chain(&region.after);
            all.map(|held| Some(100.0 * held.outside))
        });
        let failures = self.sites.iter().map(|site| brief.site_name(*site));
        Chart {
            title: "Demand served outside its regions".to_owned(),
            kind: ChartKind::Heat {
                unit: "%",
                row_title: "clients of".to_owned(),
                column_title: "fails".to_owned(),
                rows: self.regions.iter().map(|region| region.region.clone()).collect(),
                columns: std::iter::once("none".to_owned()).chain(failures).collect(),
                cells: cells.collect(),
                limit: Some(0.05),
            },
        }
    }
}

fn joined(brief: &Brief<'_>, sites: &[u32]) -> Option<String> {
    let names: Vec<String> = sites.iter().map(|site| brief.site_name(*site)).collect();
    (!names.is_empty()).then(|| names.join("|"))
}

fn section(name: &'static str, title: &str, table: Table) -> Section {
    Section { name, title: title.to_owned(), table }
}

//! A choice of sites as sentences, tables and pictures.

use catchment_model::Table;
use catchment_model::table::Values;

use crate::answer::{Answer, Bar, Chart, ChartKind, Curve, Section, Verdict};
use crate::brief::Brief;
use crate::sites::{Choice, EXACT_MAX, Objective, SessionWorth, SitesPlan};
use crate::steer::trial::demand_of;
use crate::steer::{Flow, Measure, Proof, neighbor_text};

/// Sessions that sentences speak of.
const SESSIONS_NAMED: usize = 2;
/// Clients that a field of a table names.
const CLIENTS_NAMED: usize = 4;

impl SitesPlan {
    /// The value of the objective, in its unit.
    pub fn value(&self, choice: &Choice) -> Option<f64> {
        match self.question.objective {
            Objective::Rtt(Measure::Mean) => choice.merit.rtt_mean_ms,
            Objective::Rtt(Measure::P95) => choice.merit.rtt_p95_ms,
            Objective::WorstLoad => Some(100.0 * choice.worst.load),
            Objective::Residency => Some(100.0 * choice.merit.violation),
        }
    }

    /// The plan as an answer.
    pub fn answer(&self, brief: &Brief<'_>) -> Answer {
        let words = Words { brief, plan: self };
        let mut sections = vec![words.sites(), words.sets()];
        if !self.sessions.is_empty() {
            sections.push(words.sessions());
        }
        Answer {
            verdict: Verdict::Holds,
            headline: words.headline(),
            findings: words.findings(),
            sections,
            charts: words.charts(),
        }
    }
}

struct Words<'a> {
    brief: &'a Brief<'a>,
    plan: &'a SitesPlan,
}

impl Words<'_> {
    fn names(&self, sites: &[u32], separator: &str) -> String {
        let names: Vec<String> = sites.iter().map(|site| self.brief.site_name(*site)).collect();
        names.join(separator)
    }

    fn value(&self, choice: &Choice) -> String {
        let unit = self.plan.question.objective.unit();
        self.plan.value(choice).map_or("-".to_owned(), |value| format!("{value:.2} {unit}"))
    }

    fn headline(&self) -> String {
        let plan = self.plan;
        let mut text = format!(
            "open {}: {} {}",
            self.names(&plan.best.chosen, ", "),
            plan.question.objective.name(),
            self.value(&plan.best)
        );
        if let Some(before) = &plan.before {
            text.push_str(&format!(" (without them {})", self.value(before)));
        }
        text
    }

    fn findings(&self) -> Vec<String> {
        let plan = self.plan;
        let (best, count) = (&plan.best, plan.question.candidates.len());
        let mut findings = Vec::new();
        let unit = plan.question.objective.unit();
        let name = plan.question.objective.name();
        findings.push(match plan.proof {
            Proof::Exact => format!(
                "exact: all sets of {} of {count} candidates were looked at, and none is better",
                plan.question.choose
            ),
            Proof::AtLeast(lowest) => {
                let lowest = match plan.question.objective {
                    Objective::Rtt(_) => lowest,
                    _ => 100.0 * lowest,
                };
                let far = plan.value(best).map_or(0.0, |value| (value - lowest).max(0.0));
                format!(
                    "not proved to be the best: {} sets were tried; no {} of the candidates can \
                     have a {name} below {lowest:.2} {unit}, so that this is at most {far:.2} \
                     {unit} from the best",
                    plan.trials, plan.question.choose
                )
            }
            Proof::Met | Proof::NoBound => format!(
                "no bound: {} sets were tried, and how much better the best of all is nobody knows",
                plan.trials
            ),
        });
        if best.merit.unserved > 1e-9 {
            findings.push(format!(
                "{:.2} % of demand reaches none of the sites",
                100.0 * best.merit.unserved
            ));
        }
        let worst = &best.worst;
        let of = if self.capacities() { "of its capacity" } else { "of all demand" };
        let cause = worst.failed.map_or("with all sites up".to_owned(), |failed| {
            format!("after {} has failed", self.brief.site_name(failed))
        });
        findings.push(format!(
            "the fullest site after any single failure is {} with {:.1} % {of}, {cause}",
            self.brief.site_name(worst.site),
            100.0 * worst.load
        ));
        if worst.unserved > best.merit.unserved + 1e-9 {
            findings.push(format!(
                "a single failure leaves {:.2} % of demand without a site",
                100.0 * worst.unserved
            ));
        }
        if best.merit.violation > 1e-9 {
            findings.push(format!(
                "{:.2} % of demand is served outside the regions allowed for it",
                100.0 * best.merit.violation
            ));
        }
        for worth in plan.sessions.iter().filter(|it| it.gain > 1e-9).take(SESSIONS_NAMED) {
            findings.push(format!(
                "one more session, {} with {}, would lower the {name} by {:.2} {unit}",
                self.brief.site_name(worth.site),
                neighbor_text(self.brief.situation().world, worth.session),
                self.gain(worth)
            ));
        }
        if count > EXACT_MAX {
            findings.push(
                "the table `sets` compares the best sets that were looked at, not all".to_owned(),
            );
        }
        findings.push(format!(
            "where demand lands was asked of `{}`; a failed site counts as if it had never \
             announced",
            plan.method.name()
        ));
        findings
    }

    fn capacities(&self) -> bool {
        let all = self.plan.kept.iter().chain(&self.plan.question.candidates);
        all.map(|site| self.brief.service().sites[*site as usize].capacity)
            .any(|it| it.kqps.is_some() || it.gbps.is_some())
    }

    fn gain(&self, worth: &SessionWorth) -> f64 {
        match self.plan.question.objective {
            Objective::Rtt(_) => worth.gain,
            _ => 100.0 * worth.gain,
        }
    }

    fn sites(&self) -> Section {
        let plan = self.plan;
        let mut all: Vec<u32> =
            plan.kept.iter().chain(&plan.question.candidates).copied().collect();
        all.sort_unstable();
        let is_in = |site: &u32| plan.kept.contains(site) || plan.best.chosen.contains(site);
        let decimal = |value: &dyn Fn(u32) -> Option<f64>| Values::Decimal {
            decimals: 3,
            values: all.iter().map(|site| value(*site)).collect(),
        };
        let verdict = |site: &u32| {
            Some(match (plan.kept.contains(site), is_in(site)) {
                (true, _) => "stays",
                (false, true) => "open",
                (false, false) => "leave",
            })
        };
        let before = |site: u32| {
            let before = plan.before.as_ref()?;
            plan.kept.contains(&site).then(|| before.merit.loads.sites[site as usize].kqps)
        };
        let load =
            |site: u32| is_in(&site).then(|| plan.best.merit.loads.sites[site as usize].kqps);
        let mut table = Table::default();
        let names: Vec<String> = all.iter().map(|site| self.brief.site_name(*site)).collect();
        table.push("site", "", Values::from_texts(names.iter().map(|name| Some(&**name))));
        table.push("verdict", "", Values::from_texts(all.iter().map(verdict)));
        table.push("load_before", "kq/s", decimal(&before));
        table.push("load", "kq/s", decimal(&load));
        let capacity = |site: u32| self.brief.service().sites[site as usize].capacity.kqps;
        table.push("capacity", "kq/s", decimal(&capacity));
        Section { name: "sites", title: "Sites to open".to_owned(), table }
    }

    fn sets(&self) -> Section {
        let mut all: Vec<(&str, &Choice)> = vec![("best", &self.plan.best)];
        all.extend(self.plan.before.as_ref().map(|before| ("today", before)));
        let rest = self.plan.pareto.iter().filter(|it| it.chosen != self.plan.best.chosen);
        all.extend(rest.map(|choice| ("pareto", choice)));
        let decimal = |value: &dyn Fn(&Choice) -> Option<f64>| Values::Decimal {
            decimals: 3,
            values: all.iter().map(|(_, choice)| value(choice)).collect(),
        };
        let texts: Vec<String> =
            all.iter().map(|(_, choice)| self.names(&choice.chosen, "|")).collect();
        let failed: Vec<Option<String>> = all
            .iter()
            .map(|(_, choice)| Some(self.brief.site_name(choice.worst.failed?)))
            .collect();
        let mut table = Table::default();
        table.push("set", "", Values::from_texts(all.iter().map(|(what, _)| Some(*what))));
        table.push("opened", "", Values::from_texts(texts.iter().map(|text| Some(&**text))));
        let size = |choice: &Choice| Some((self.plan.kept.len() + choice.chosen.len()) as i64);
        let sizes = all.iter().map(|(_, choice)| size(choice)).collect();
        table.push("sites", "", Values::Integer(sizes));
        table.push("rtt_mean", "ms", decimal(&|it| it.merit.rtt_mean_ms));
        table.push("rtt_p95", "ms", decimal(&|it| it.merit.rtt_p95_ms));
        table.push("unserved", "%", decimal(&|it| Some(100.0 * it.merit.unserved)));
        table.push("worst_load", "%", decimal(&|it| Some(100.0 * it.worst.load)));
        table.push("worst_cause", "", Values::from_texts(failed.iter().map(Option::as_deref)));
        table.push("worst_unserved", "%", decimal(&|it| Some(100.0 * it.worst.unserved)));
        table.push("violation", "%", decimal(&|it| Some(100.0 * it.merit.violation)));
        Section {
            name: "sets",
            title: "Sets of which none is better in everything".to_owned(),
            table,
        }
    }

    fn flows(&self, flows: &[Flow]) -> String {
        let name =
            |site: Option<u32>| site.map_or("nowhere".to_owned(), |it| self.brief.site_name(it));
        let one = |flow: &Flow| {
            let named = flow.sources.iter().take(CLIENTS_NAMED);
            let mut who: Vec<String> =
                named.map(|source| self.brief.sources[*source as usize].name.clone()).collect();
            if flow.sources.len() > who.len() {
                who.push(format!("{} more", flow.sources.len() - who.len()));
            }
            format!("{} → {} ({})", name(flow.from), name(flow.to), who.join(", "))
        };
        flows.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    fn sessions(&self) -> Section {
        let all = &self.plan.sessions;
        let world = self.brief.situation().world;
        let texts = |text: &dyn Fn(&SessionWorth) -> String| {
            let all: Vec<String> = all.iter().map(text).collect();
            Values::from_texts(all.iter().map(|it| Some(&**it)))
        };
        let decimal = |value: &dyn Fn(&SessionWorth) -> Option<f64>| Values::Decimal {
            decimals: 3,
            values: all.iter().map(value).collect(),
        };
        let mut table = Table::default();
        table.push("site", "", texts(&|it| self.brief.site_name(it.site)));
        table.push("neighbor", "", texts(&|it| neighbor_text(world, it.session)));
        let unit = self.plan.question.objective.unit();
        table.push("gain", unit, decimal(&|it| Some(self.gain(it))));
        table.push("rtt_mean", "ms", decimal(&|it| it.rtt_mean_ms));
        let moved = |it: &SessionWorth| Some(demand_of(&it.flows));
        table.push("moved", "kq/s", decimal(&moved));
        table.push("who", "", texts(&|it| self.flows(&it.flows)));
        Section { name: "sessions", title: "What one more session is worth".to_owned(), table }
    }

    fn charts(&self) -> Vec<Chart> {
        let plan = self.plan;
        let all: Vec<u32> = plan.kept.iter().chain(&plan.best.chosen).copied().collect();
        let bar = |site: &u32| Bar {
            label: self.brief.site_name(*site),
            parts: vec![plan.best.merit.loads.sites[*site as usize].kqps],
            tick: self.brief.service().sites[*site as usize].capacity.kqps,
        };
        // One curve for each number of sites, by ascending worst load.
        let mut curves: Vec<Curve> = Vec::new();
        for choice in &plan.pareto {
            let name = format!("{} sites", plan.kept.len() + choice.chosen.len());
            let Some(rtt) = choice.merit.rtt_mean_ms else { continue };
            let point = (100.0 * choice.worst.load, rtt);
            match curves.iter_mut().find(|curve| curve.name == name) {
                Some(curve) => curve.points.push(point),
                None => curves.push(Curve { name, points: vec![point] }),
            }
        }
        for curve in &mut curves {
            curve.points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        }
        vec![
            Chart {
                title: "Load of each site with the best set".to_owned(),
                kind: ChartKind::Bars {
                    unit: "kq/s",
                    parts: vec!["load".to_owned()],
                    bars: all.iter().map(bar).collect(),
                },
            },
            Chart {
                title: "Round trips against the load after a failure".to_owned(),
                kind: ChartKind::Lines {
                    x_title: "worst load after a failure, %".to_owned(),
                    y_title: "mean RTT, ms".to_owned(),
                    lines: curves,
                },
            },
        ]
    }
}

//! A plan as sentences, tables and pictures.

use catchment_model::table::Values;
use catchment_model::{SiteName, Table};

use crate::answer::{Answer, Bar, Chart, ChartKind, Section, Verdict};
use crate::brief::Brief;
use crate::steer::lever::{corrections, neighbor_text};
use crate::steer::trial::{Flow, Goal, Measure, Standing, demand_of, excess};
use crate::steer::{Proof, Single, SteerPlan, Step, met};
use crate::words::count;

/// Clients that a sentence names; the tables have all.
const CLIENTS_NAMED: usize = 4;
/// Spaces beyond it are not tried wholly by anybody who waits for the answer.
const ALL_TRIALS_MAX: u128 = 1_000_000;
/// Flows that a sentence names.
const FLOWS_NAMED: usize = 4;

impl SteerPlan {
    /// How things stand after the plan.
    pub fn after(&self) -> &Standing {
        self.steps.last().map_or(&self.before, |step| &step.after)
    }

    /// Whether the goal is reached; for round trips, whether they get shorter.
    pub fn holds(&self) -> bool {
        match self.goal {
            Goal::Latency(_) => true,
            _ => met(&self.goal, self.after()),
        }
    }

    /// What the plan is for, as a clause.
    pub fn purpose(&self, brief: &Brief<'_>) -> String {
        match &self.goal {
            Goal::Shares { targets, .. } => {
                let of = |(site, share): &(u32, f64)| {
                    format!("{} {:.1} %", brief.site_name(*site), 100.0 * share)
                };
                let list: Vec<String> = targets.iter().map(of).collect();
                format!("so that our sites get these shares of our traffic: {}", list.join(", "))
            }
            Goal::Ceiling { .. } => {
                "so that none of our sites gets more traffic than it can carry".to_owned()
            }
            Goal::Latency(_) => "to bring our users to nearer sites".to_owned(),
        }
    }

    /// The plan as an answer.
    pub fn answer(&self, brief: &Brief<'_>) -> Answer {
        let words = Words { brief, plan: self };
        let mut sections = vec![words.steps(), words.sites()];
        if !self.singles.is_empty() {
            sections.push(words.levers());
        }
        if !self.border.clients.is_empty() {
            sections.push(self.border.section(brief));
        }
        if !self.astray.is_empty() {
            sections.push(words.astray());
        }
        if !self.steps.is_empty() {
            sections.push(words.corrections());
        }
        Answer {
            verdict: if self.holds() { Verdict::Holds } else { Verdict::Fails },
            headline: words.headline(),
            findings: words.findings(),
            sections,
            charts: words.charts(),
        }
    }
}

struct Words<'a> {
    brief: &'a Brief<'a>,
    plan: &'a SteerPlan,
}

impl Words<'_> {
    fn total(&self) -> f64 {
        self.brief.sources.iter().map(|source| source.weight).sum()
    }

    fn percent(&self, kqps: f64) -> f64 {
        if self.total() > 0.0 { 100.0 * kqps / self.total() } else { 0.0 }
    }

    fn change(&self, lever: usize, option: usize) -> String {
        let lever = &self.plan.levers[lever];
        lever.describe(self.brief, &lever.options[option])
    }

    fn headline(&self) -> String {
        let plan = self.plan;
        let changes = match plan.steps.len() {
            1 => "one change".to_owned(),
            count => format!("{count} changes"),
        };
        if let Goal::Latency(measure) = plan.goal {
            let of = |standing: &Standing| match measure {
                Measure::Mean => standing.rtt_mean_ms,
                Measure::P95 => standing.rtt_p95_ms,
            };
            let ms = |value: Option<f64>| value.map_or("-".to_owned(), |it| format!("{it:.2} ms"));
            return match plan.steps.is_empty() {
                true => format!(
                    "no change that was tried lowers the {} of {}",
                    measure.name(),
                    ms(of(&plan.before))
                ),
                false => format!(
                    "{changes} bring the {} from {} to {}",
                    measure.name(),
                    ms(of(&plan.before)),
                    ms(of(plan.after()))
                )
                .replace("one change bring", "one change brings"),
            };
        }
        let goal = match plan.goal {
            Goal::Shares { .. } => "the target shares",
            _ => "all ceilings",
        };
        match (self.plan.holds(), plan.steps.len()) {
            (true, 0) => format!("{goal} are met as things are"),
            (true, 1) => format!("one change meets {goal}"),
            (true, _) => format!("{changes} meet {goal}"),
            (false, _) => {
                let best = match plan.proof {
                    Proof::Exact => "no configuration of these levers meets",
                    _ => "no plan was found that meets",
                };
                format!("{best} {goal}: {}", self.worst())
            }
        }
    }

    /// The site that is furthest from the goal.
    fn worst(&self) -> String {
        let after = self.plan.after();
        match &self.plan.goal {
            Goal::Shares { targets, within } => {
                let off = |(site, target): &(u32, f64)| {
                    let share = self.percent(after.loads.sites[*site as usize].kqps) / 100.0;
                    ((share - target).abs(), *site, share, *target)
                };
                let all = targets.iter().map(off);
                let Some((_, site, share, target)) = all.max_by(|a, b| a.0.total_cmp(&b.0)) else {
                    return "no target was given".to_owned();
                };
                format!(
                    "{} gets {:.1} % at best (target {:.1} ± {:.1} %)",
                    self.brief.site_name(site),
                    100.0 * share,
                    100.0 * target,
                    100.0 * within
                )
            }
            Goal::Ceiling { ceilings } => {
                let over = self.over(after);
                let list: Vec<String> = over
                    .iter()
                    .map(|site| {
                        let load = &after.loads.sites[*site as usize];
                        let ceiling = ceilings[*site as usize];
                        let name = self.brief.site_name(*site);
                        match (ceiling.kqps, ceiling.gbps) {
                            (Some(kqps), _) if load.kqps > kqps => {
                                format!("{name} gets {:.1} kq/s of {kqps:.1}", load.kqps)
                            }
                            (_, Some(gbps)) => {
                                format!("{name} gets {:.1} Gbit/s of {gbps:.1}", load.gbps)
                            }
                            _ => name,
                        }
                    })
                    .collect();
                list.join(", ")
            }
            Goal::Latency(_) => String::new(),
        }
    }

    /// Sites above their ceilings: those of the goal, or their capacities times the target.
    fn over(&self, standing: &Standing) -> Vec<u32> {
        let target = self.brief.situation().rules.u_target;
        let gbps: f64 = self.brief.sources.iter().map(|source| source.gbps).sum();
        let sites = (0..).zip(&standing.loads.sites);
        sites
            .filter(|(site, load)| {
                let ceiling = match &self.plan.goal {
                    Goal::Ceiling { ceilings } => ceilings[*site as usize],
                    _ => {
                        let mut capacity = self.brief.service().sites[*site as usize].capacity;
                        capacity.kqps = capacity.kqps.map(|it| it * target);
                        capacity.gbps = capacity.gbps.map(|it| it * target);
                        capacity
                    }
                };
                excess(load, ceiling, (self.total(), gbps)) > 0.0
            })
            .map(|(site, _)| site)
            .collect()
    }

    fn name(&self, site: Option<u32>) -> String {
        site.map_or("nowhere".to_owned(), |site| self.brief.site_name(site))
    }

    fn who(&self, flow: &Flow) -> String {
        let named = flow.sources.iter().take(CLIENTS_NAMED);
        let mut names: Vec<String> =
            named.map(|source| self.brief.sources[*source as usize].name.clone()).collect();
        if flow.sources.len() > names.len() {
            names.push(format!("{} more", flow.sources.len() - names.len()));
        }
        names.join(", ")
    }

    fn flows(&self, flows: &[Flow]) -> String {
        let one = |flow: &Flow| {
            let (from, to) = (self.name(flow.from), self.name(flow.to));
            format!("{from} → {to} {:.1} kq/s ({})", flow.kqps, self.who(flow))
        };
        let mut texts: Vec<String> = flows.iter().take(FLOWS_NAMED).map(one).collect();
        if flows.len() > texts.len() {
            texts.push(format!("{} more flows", flows.len() - texts.len()));
        }
        texts.join("; ")
    }

    fn findings(&self) -> Vec<String> {
        let plan = self.plan;
        let mut findings = Vec::new();
        let mut before = &plan.before;
        for (number, step) in (1..).zip(&plan.steps) {
            findings.push(self.step(number, step, before));
            before = &step.after;
        }
        findings.push(self.proof());
        if plan.after().unserved > plan.before.unserved + 1e-9 {
            findings.push(format!(
                "{:.2} % of demand reaches no site after the plan, {:.2} % today",
                100.0 * plan.after().unserved,
                100.0 * plan.before.unserved
            ));
        }
        for idle in &plan.idle {
            findings.push(format!(
                "the {} prepends of {} towards {} change nothing: they can go",
                idle.count,
                self.brief.site_name(idle.site),
                neighbor_text(self.brief.situation().world, idle.session)
            ));
        }
        let useless = |single: &&Single| single.flows.as_ref().is_some_and(Vec::is_empty);
        let count = plan.singles.iter().filter(useless).count();
        if count > 0 {
            findings.push(format!(
                "of {} single changes {count} move nobody; the table `levers` marks them",
                plan.singles.len()
            ));
        }
        for astray in plan.astray.iter().filter(|astray| !astray.as_today) {
            findings.push(format!(
                "new with this plan: after {} has failed and come back, {}",
                self.brief.site_name(astray.failed),
                self.flows(&astray.flows)
            ));
        }
        if plan.border.tied_sources > 0 {
            findings.push(format!(
                "{:.1} kq/s ({:.1} % of demand, {} clients) lie on the border between sites: \
                 conventions decide where they land",
                plan.border.tied_kqps,
                self.percent(plan.border.tied_kqps),
                plan.border.tied_sources
            ));
        }
        if !plan.letters.is_empty() {
            let to: Vec<String> =
                plan.letters.iter().map(|letter| format!("AS{}", letter.neighbor)).collect();
            findings.push(format!("the plan needs the help of {}", to.join(", ")));
        }
        findings.push(format!("where demand lands was asked of `{}`", plan.method.name()));
        findings
    }

    fn step(&self, number: usize, step: &Step, before: &Standing) -> String {
        let moved = demand_of(&step.flows);
        let mut text = format!("{number}. {}: ", self.change(step.lever, step.option));
        if step.flows.is_empty() {
            text.push_str("moves nobody by itself");
        } else {
            text.push_str(&format!("moves {moved:.1} kq/s: {}", self.flows(&step.flows)));
        }
        if let (Some(old), Some(new)) = (before.rtt_mean_ms, step.after.rtt_mean_ms) {
            text.push_str(&format!("; mean RTT {old:.2} → {new:.2} ms"));
        }
        let (was, is) = (self.over(before), self.over(&step.after));
        let new: Vec<String> = is
            .iter()
            .filter(|site| !was.contains(site))
            .map(|site| self.brief.site_name(*site))
            .collect();
        if !new.is_empty() {
            text.push_str(&format!("; now over its ceiling: {}", new.join(", ")));
        }
        text
    }

    fn proof(&self) -> String {
        let plan = self.plan;
        let tried = format!("{} of {} configurations were tried", plan.trials, plan.space);
        let short = match plan.cut_short {
            true => ", which is all that was allowed; `--trials` allows more",
            false => "",
        };
        match plan.proof {
            Proof::Exact if plan.holds() && plan.steps.is_empty() && plan.trials == 0 => {
                "nothing needs to change, so that nothing else was tried".to_owned()
            }
            Proof::Exact => format!(
                "exact: all {} configurations of {} were looked at, and none is better",
                plan.space,
                count(plan.levers.len(), "lever")
            ),
            Proof::Met if plan.steps.len() == 1 => {
                "the goal is met, and needs no more than this one change".to_owned()
            }
            Proof::Met => {
                format!("the goal is met; a plan with fewer changes may exist: {tried}{short}")
            }
            Proof::AtLeast(miss) => format!(
                "not proved to be the best: {tried}{short}; no announcement whatsoever can bring \
                 it below {miss:.2} ms, the round trip over the shortest ways"
            ),
            Proof::NoBound => {
                let all = match plan.space <= ALL_TRIALS_MAX {
                    true => format!("; `--trials {}` would try them all", plan.space),
                    false => String::new(),
                };
                format!(
                    "no bound: {tried}{short}, and how much better the best of all is nobody \
                     knows{all}"
                )
            }
        }
    }

    /// How far from the goal, in the unit of [`Words::goal_unit`].
    fn off(&self, standing: &Standing) -> f64 {
        match self.plan.goal {
            Goal::Latency(_) => standing.miss,
            _ => 100.0 * standing.miss,
        }
    }

    fn goal_unit(&self) -> &'static str {
        match self.plan.goal {
            Goal::Latency(_) => "ms",
            _ => "%",
        }
    }

    fn steps(&self) -> Section {
        let plan = self.plan;
        let standings: Vec<&Standing> =
            std::iter::once(&plan.before).chain(plan.steps.iter().map(|it| &it.after)).collect();
        let texts = |first: &str, text: &dyn Fn(&Step) -> String| {
            let all: Vec<String> =
                std::iter::once(first.to_owned()).chain(plan.steps.iter().map(text)).collect();
            Values::from_texts(all.iter().map(|it| Some(&**it)))
        };
        let decimal = |decimals, value: &dyn Fn(&Standing) -> Option<f64>| Values::Decimal {
            decimals,
            values: standings.iter().map(|it| value(it)).collect(),
        };
        let of_steps = |value: &dyn Fn(&Step) -> f64| -> Vec<Option<f64>> {
            std::iter::once(Some(0.0)).chain(plan.steps.iter().map(|it| Some(value(it)))).collect()
        };
        let moved = of_steps(&|step| demand_of(&step.flows));
        let clients = std::iter::once(Some(0)).chain(plan.steps.iter().map(|step| {
            let mut who: Vec<u32> =
                step.flows.iter().flat_map(|flow| flow.sources.iter().copied()).collect();
            who.sort_unstable();
            who.dedup();
            Some(who.len() as i64)
        }));
        let over: Vec<String> = standings
            .iter()
            .map(|it| {
                let names: Vec<String> =
                    self.over(it).iter().map(|site| self.brief.site_name(*site)).collect();
                names.join("|")
            })
            .collect();
        let mut table = Table::default();
        table.push("step", "", Values::Integer((0..standings.len() as i64).map(Some).collect()));
        let change = |step: &Step| self.change(step.lever, step.option);
        table.push("change", "", texts("as things are", &change));
        table.push("moved", "kq/s", Values::Decimal { decimals: 3, values: moved });
        table.push("clients", "", Values::Integer(clients.collect()));
        table.push("who", "", texts("", &|step| self.flows(&step.flows)));
        table.push("rtt_mean", "ms", decimal(3, &|it| it.rtt_mean_ms));
        table.push("rtt_p95", "ms", decimal(3, &|it| it.rtt_p95_ms));
        table.push("unserved", "%", decimal(3, &|it| Some(100.0 * it.unserved)));
        table.push("off_goal", self.goal_unit(), decimal(3, &|it| Some(self.off(it))));
        table.push("over_ceiling", "", Values::from_texts(over.iter().map(|it| Some(&**it))));
        Section { name: "steps", title: "What to change, in this order".to_owned(), table }
    }

    fn sites(&self) -> Section {
        let plan = self.plan;
        let sites = self.brief.active_sites();
        let names: Vec<String> = sites.iter().map(|site| self.brief.site_name(*site)).collect();
        let decimal = |decimals, value: &dyn Fn(u32) -> Option<f64>| Values::Decimal {
            decimals,
            values: sites.iter().map(|site| value(*site)).collect(),
        };
        let load = |standing: &Standing, site: u32| standing.loads.sites[site as usize].kqps;
        let target = |site: u32| match &plan.goal {
            Goal::Shares { targets, .. } => {
                Some(100.0 * targets.iter().find(|(it, _)| *it == site)?.1)
            }
            _ => None,
        };
        let ceiling = |site: u32| match &plan.goal {
            Goal::Ceiling { ceilings } => ceilings[site as usize].kqps,
            _ => self.brief.service().sites[site as usize].capacity.kqps,
        };
        let after = plan.after();
        let mut table = Table::default();
        table.push("site", "", Values::from_texts(names.iter().map(|name| Some(&**name))));
        table.push("today", "kq/s", decimal(3, &|it| Some(load(&plan.before, it))));
        table.push("planned", "kq/s", decimal(3, &|it| Some(load(after, it))));
        let share = |standing: &Standing, site| Some(self.percent(load(standing, site)));
        table.push("share_today", "%", decimal(2, &|it| share(&plan.before, it)));
        table.push("share_planned", "%", decimal(2, &|it| share(after, it)));
        table.push("target", "%", decimal(2, &target));
        table.push("ceiling", "kq/s", decimal(3, &ceiling));
        Section { name: "sites", title: "Sites today and with the plan".to_owned(), table }
    }

    fn levers(&self) -> Section {
        let singles = &self.plan.singles;
        let texts = |text: &dyn Fn(&Single) -> Option<String>| {
            let all: Vec<Option<String>> = singles.iter().map(text).collect();
            Values::from_texts(all.iter().map(Option::as_deref))
        };
        let decimal = |decimals, value: &dyn Fn(&Single) -> Option<f64>| Values::Decimal {
            decimals,
            values: singles.iter().map(value).collect(),
        };
        let moved = |single: &Single| Some(demand_of(single.flows.as_ref()?));
        let note = |single: &Single| {
            Some(
                match &single.flows {
                    None => "does not settle",
                    Some(flows) if flows.is_empty() => "changes nothing",
                    Some(_) if single.repeats => "as with fewer prepends",
                    Some(_) => return None,
                }
                .to_owned(),
            )
        };
        let mut table = Table::default();
        table.push("change", "", texts(&|it| Some(self.change(it.lever, it.option))));
        table.push("moved", "kq/s", decimal(3, &moved));
        table.push("who", "", texts(&|it| Some(self.flows(it.flows.as_ref()?))));
        table.push("rtt_mean", "ms", decimal(3, &|it| it.after.as_ref()?.rtt_mean_ms));
        let unserved = |it: &Single| Some(100.0 * it.after.as_ref()?.unserved);
        table.push("unserved", "%", decimal(3, &unserved));
        let off = |it: &Single| Some(self.off(it.after.as_ref()?));
        table.push("off_goal", self.goal_unit(), decimal(3, &off));
        table.push("note", "", texts(&note));
        Section { name: "levers", title: "What each change alone would do".to_owned(), table }
    }

    fn astray(&self) -> Section {
        let rows: Vec<_> = self
            .plan
            .astray
            .iter()
            .flat_map(|astray| astray.flows.iter().map(move |flow| (astray, flow)))
            .collect();
        let column = |texts: Vec<String>| Values::from_texts(texts.iter().map(|it| Some(&**it)));
        let mut table = Table::default();
        let failed = rows.iter().map(|(astray, _)| self.brief.site_name(astray.failed));
        table.push("failed", "", column(failed.collect()));
        table.push("from", "", column(rows.iter().map(|(_, it)| self.name(it.from)).collect()));
        table.push("to", "", column(rows.iter().map(|(_, it)| self.name(it.to)).collect()));
        table.push("who", "", column(rows.iter().map(|(_, it)| self.who(it)).collect()));
        let demand = rows.iter().map(|(_, flow)| Some(flow.kqps)).collect();
        table.push("demand", "kq/s", Values::Decimal { decimals: 3, values: demand });
        let today = |astray: &super::Astray| if astray.as_today { "yes" } else { "no" };
        let today = rows.iter().map(|(astray, _)| today(astray).to_owned());
        table.push("as_today", "", column(today.collect()));
        Section {
            name: "astray",
            title: "Who is not won back by a site that fails and comes back".to_owned(),
            table,
        }
    }

    fn corrections(&self) -> Section {
        let lines = corrections(self.brief, &self.plan.service);
        let mut table = Table::default();
        table.push("line", "", Values::from_texts(lines.iter().map(|it| Some(&**it))));
        Section {
            name: "corrections",
            title: "The plan as lines of a scenario: an `announce` under `[[correction]]`, else \
                    `--set`"
                .to_owned(),
            table,
        }
    }

    fn charts(&self) -> Vec<Chart> {
        let plan = self.plan;
        let sites = self.brief.active_sites();
        let bars = sites.iter().flat_map(|site| {
            let tick = match &plan.goal {
                Goal::Shares { targets, .. } => {
                    let target = targets.iter().find(|(it, _)| it == site);
                    target.map(|(_, share)| share * self.total())
                }
                Goal::Ceiling { ceilings } => ceilings[*site as usize].kqps,
                Goal::Latency(_) => self.brief.service().sites[*site as usize].capacity.kqps,
            };
            let bar = move |label: String, standing: &Standing| {
                let load = standing.loads.sites[*site as usize].kqps;
                Bar { label, parts: vec![load], tick }
            };
            let name = self.brief.site_name(*site);
            [
                bar(format!("{name} today"), &plan.before),
                bar(format!("{name} planned"), plan.after()),
            ]
        });
        let mut cells = vec![None; sites.len() * sites.len()];
        let place = |site: Option<u32>| sites.iter().position(|it| Some(*it) == site);
        for flow in plan.steps.iter().flat_map(|step| &step.flows) {
            if let (Some(from), Some(to)) = (place(flow.from), place(flow.to)) {
                *cells[from * sites.len() + to].get_or_insert(0.0) += flow.kqps;
            }
        }
        let names: Vec<SiteName> = sites
            .iter()
            .map(|site| self.brief.service().sites[*site as usize].name.clone())
            .collect();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        vec![
            Chart {
                title: "Load of each site today and with the plan".to_owned(),
                kind: ChartKind::Bars {
                    unit: "kq/s",
                    parts: vec!["load".to_owned()],
                    bars: bars.collect(),
                },
            },
            Chart {
                title: "Demand that the steps move".to_owned(),
                kind: ChartKind::Heat {
                    unit: "kq/s",
                    row_title: "from".to_owned(),
                    column_title: "to".to_owned(),
                    rows: names.clone(),
                    columns: names,
                    cells,
                    limit: None,
                },
            },
        ]
    }
}

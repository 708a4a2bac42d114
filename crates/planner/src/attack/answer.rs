//! What [`AttackPlan`] says: sentences, tables, charts.

use catchment_model::Table;

use super::estimate::best_fit;
use super::field::Action;
use super::playbook::{Play, Playbook, Search};
use super::{AttackPlan, Cell, Size};
use crate::answer::{Answer, Bar, Chart, ChartKind, Section, Verdict};
use crate::brief::Brief;
use crate::words::{count, decimals, integers, list, number, percent, percents, texts};

/// Families that get a sentence.
const FAMILIES_MAX: usize = 4;
/// Sites that are named one by one.
const NAMED_MAX: usize = 3;

impl AttackPlan {
    /// The plan as an answer. It holds if no family of the main size puts a site over its capacity.
    pub fn answer(&self, brief: &Brief<'_>) -> Answer {
        let harmless = |family: usize| self.map[family][self.main].over.is_empty();
        let (absorbed, fatal): (Vec<usize>, Vec<usize>) =
            (0..self.families.len()).partition(|family| harmless(*family));
        let mut sections = vec![
            section("map", "Who survives what", self.map_table(brief)),
            section("families", "An even split, and what the routing makes of it", {
                self.claims_table(brief)
            }),
        ];
        if !self.playbooks.is_empty() {
            let title = format!("What to do about {}", self.sizes[self.main].text());
            sections.push(section("playbook", &title, self.playbook_table(brief)));
        }
        let title = format!("The sites under {}", self.sizes[self.main].text());
        sections.push(section("sites", &title, self.sites_table(brief)));
        if !self.estimates.is_empty() {
            let title = "How large the attack is, by what still arrives";
            sections.push(section("estimate", title, self.estimates_table(brief)));
        }
        Answer {
            verdict: if fatal.is_empty() { Verdict::Holds } else { Verdict::Fails },
            headline: self.headline(brief, &absorbed, &fatal),
            findings: self.findings(brief, &absorbed, &fatal),
            sections,
            charts: self.charts(brief, &fatal),
        }
    }

    fn names(&self, brief: &Brief<'_>, sites: &[u32]) -> String {
        let names: Vec<String> = sites.iter().map(|site| brief.site_name(*site)).collect();
        list(&names)
    }

    /// The family that puts most sites over their capacity; of equals the one that costs most.
    /// One for which there is a playbook, if there is any.
    fn worst(&self, fatal: &[usize]) -> Option<usize> {
        let key = |family: usize| {
            let cell = &self.map[family][self.main];
            let known = self.playbooks.iter().any(|book| book.family == family);
            (known, cell.over.len(), 1.0 - cell.served)
        };
        fatal.iter().copied().reduce(|a, b| if key(b) > key(a) { b } else { a })
    }

    fn headline(&self, brief: &Brief<'_>, absorbed: &[usize], fatal: &[usize]) -> String {
        let size = self.sizes[self.main].text();
        let name = |family: &usize| self.families[*family].clone();
        let Some(worst) = self.worst(fatal) else {
            return format!("{size} are absorbed wherever they come from");
        };
        let over = &self.map[worst][self.main].over;
        let falls = format!(
            "from `{}` they put {} over capacity: {}",
            self.families[worst],
            count(over.len(), "site"),
            self.names(brief, over)
        );
        match absorbed.is_empty() {
            true => format!("{size} are too much wherever they come from; {falls}"),
            false => {
                let names: Vec<String> =
                    absorbed.iter().map(name).map(|it| format!("`{it}`")).collect();
                format!("{size} from {} are absorbed; {falls}", list(&names))
            }
        }
    }

    fn findings(&self, brief: &Brief<'_>, absorbed: &[usize], fatal: &[usize]) -> Vec<String> {
        let mut findings = Vec::new();
        let (mut order, mut left) = (Vec::new(), fatal.to_vec());
        while let Some(worst) = self.worst(&left) {
            left.retain(|family| *family != worst);
            order.push(worst);
        }
        for family in order.iter().take(FAMILIES_MAX) {
            let cell = &self.map[*family][self.main];
            let playbook = self.playbooks.iter().find(|it| it.family == *family);
            findings.push(self.response(brief, *family, cell, playbook));
        }
        if order.len() > FAMILIES_MAX {
            let left = order.len() - FAMILIES_MAX;
            let families = if left == 1 {
                "1 more family".to_owned()
            } else {
                format!("{left} more families")
            };
            findings.push(format!("{families} put a site over capacity: see the table `playbook`"));
        }
        findings.extend(self.claim_check(brief));
        let up_to: Vec<String> = absorbed
            .iter()
            .filter_map(|family| {
                let claim = &self.claims[*family];
                let size = self.sizes[self.main].times(claim.absorbed?);
                let first = brief.site_name(claim.first?);
                Some(format!(
                    "`{}` {} ({first} is full first)",
                    self.families[*family],
                    size.text()
                ))
            })
            .collect();
        if !up_to.is_empty() {
            findings.push(format!("absorbed up to: {}", up_to.join(", ")));
        }
        for it in &self.estimates {
            let unit = if it.is_link { "Gb/s" } else { "kq/s" };
            findings.push(format!(
                "{} sees {} of its {} {unit}: {} {unit} are sent to it, {} of them attack",
                brief.site_name(it.site),
                percent(it.seen),
                number(it.expected),
                number(it.offered),
                number(it.attack)
            ));
        }
        if let Some((family, ratio)) = best_fit(&self.estimates) {
            findings.push(format!(
                "what the sites see fits `{}` best: the totals that follow differ by {ratio:.2}x",
                self.families[family]
            ));
        }
        let lost = (0..self.families.len()).filter(|it| self.claims[*it].lost > 1e-9);
        for family in lost {
            findings.push(format!(
                "{} of `{}` reaches no site",
                percent(self.claims[family].lost),
                self.families[family]
            ));
        }
        findings
    }

    fn response(
        &self,
        brief: &Brief<'_>,
        family: usize,
        cell: &Cell,
        playbook: Option<&Playbook>,
    ) -> String {
        let mut text = format!(
            "`{}` puts {} over capacity: {} of demand is served if they absorb it",
            self.families[family],
            self.names(brief, &cell.over),
            percent(cell.served)
        );
        if let (false, Some(served)) = (cell.rounds.is_empty(), cell.served_withdrawn) {
            let gone: Vec<u32> = cell.rounds.iter().map(|round| round.site).collect();
            let who = match gone.len() {
                0..=NAMED_MAX => self.names(brief, &gone),
                many if many == self.sites.len() => format!("all {many}"),
                many => format!("{many} of {}", self.sites.len()),
            };
            text.push_str(&format!(
                "; if overloaded sites withdrew, {who} would go, which leaves {} served",
                percent(served)
            ));
        }
        if cell.served_withdrawn.is_none() {
            text.push_str("; where these bots would go if a site withdrew is not known");
        }
        let Some(playbook) = playbook else { return text };
        let best = &playbook.plays[playbook.best];
        let how = match playbook.search {
            _ if best.by_itself => "better than what was tried at the overloaded sites".to_owned(),
            Search::Exact(count) => format!("the best of all {count} combinations"),
            Search::Greedy => "found step by step, perhaps not the best".to_owned(),
        };
        if best.actions.is_empty() {
            text.push_str(&format!("; that is best: no action serves more ({how})"));
            return text;
        }
        let then = match best.over.is_empty() {
            true => "no site over capacity".to_owned(),
            false => format!("{} still over", self.names(brief, &best.over)),
        };
        let rtt =
            best.rtt_change_ms.map_or(String::new(), |it| format!(", {it:+.1} ms on average"));
        text.push_str(&format!(
            "; best response: {} ({how}): {} served, {then}, {} moves {} kq/s of clients{rtt}",
            best.label(brief),
            percent(best.served),
            if best.actions.len() == 1 { "which" } else { "together it" },
            number(best.moved_kqps)
        ));
        text
    }

    /// "Divided by the number of sites", against the family that is furthest from it.
    fn claim_check(&self, brief: &Brief<'_>) -> Option<String> {
        let ratio = |family: usize| self.claims[family].share / self.claims[family].even;
        let worst =
            (0..self.claims.len()).reduce(|a, b| if ratio(b) > ratio(a) { b } else { a })?;
        let (claim, size) = (&self.claims[worst], self.sizes[self.main]);
        Some(format!(
            "an even split of {} over {} predicts {} each; `{}` puts {} on {}",
            size.text(),
            count(self.sites.len(), "site"),
            size.times(claim.even).text(),
            self.families[worst],
            size.times(claim.share).text(),
            brief.site_name(claim.site)
        ))
    }

    fn map_table(&self, brief: &Brief<'_>) -> Table {
        let rows: Vec<(usize, usize)> = (0..self.families.len())
            .flat_map(|family| (0..self.sizes.len()).map(move |size| (family, size)))
            .collect();
        let cell = |(family, size): &(usize, usize)| &self.map[*family][*size];
        let fullest = |at: &(usize, usize)| {
            let sites = &cell(at).stand.sites;
            let most =
                sites.iter().reduce(|a, b| if b.utilization > a.utilization { b } else { a });
            most.filter(|site| site.utilization > 0.0)
        };
        let mut table = Table::default();
        let families = rows.iter().map(|(family, _)| Some(self.families[*family].clone()));
        table.push("family", "", texts(families));
        let sizes = |value: fn(Size) -> f64| -> Vec<Option<f64>> {
            let of = |(_, size): &(usize, usize)| Some(value(self.sizes[*size]));
            rows.iter().map(|row| of(row).filter(|value| *value > 0.0)).collect()
        };
        table.push("attack", "kq/s", decimals(1, sizes(|size| size.kqps)));
        table.push("attack_link", "Gb/s", decimals(1, sizes(|size| size.gbps)));
        table.push(
            "sites_over",
            "",
            integers(rows.iter().map(|it| Some(cell(it).over.len() as i64))),
        );
        table.push("over", "", texts(rows.iter().map(|it| joined(brief, &cell(it).over))));
        let full = rows.iter().map(|it| Some(brief.site_name(fullest(it)?.site)));
        table.push("fullest", "", texts(full));
        let full = rows.iter().map(|it| Some(fullest(it)?.utilization));
        table.push("utilization", "%", percents(full));
        table.push("served", "%", percents(rows.iter().map(|it| Some(cell(it).served))));
        let gone = rows.iter().map(|it| {
            let gone: Vec<u32> = cell(it).rounds.iter().map(|round| round.site).collect();
            joined(brief, &gone)
        });
        table.push("then_withdraw", "", texts(gone));
        let then = rows.iter().map(|it| cell(it).served_withdrawn);
        table.push("served_then", "%", percents(then));
        let method = rows.iter().map(|_| Some(self.method.name().to_owned()));
        table.push("method", "", texts(method));
        table
    }

    fn claims_table(&self, brief: &Brief<'_>) -> Table {
        let size = self.sizes[self.main];
        let (whole, unit) = match size.kqps > 0.0 {
            true => (size.kqps, "kq/s"),
            false => (size.gbps, "Gb/s"),
        };
        let all = &self.claims;
        let mut table = Table::default();
        table.push("family", "", texts(self.families.iter().cloned().map(Some)));
        table.push("even", unit, decimals(1, all.iter().map(|it| Some(whole * it.even))));
        table.push("most", unit, decimals(1, all.iter().map(|it| Some(whole * it.share))));
        table.push("at", "", texts(all.iter().map(|it| Some(brief.site_name(it.site)))));
        table.push("ratio", "x", decimals(2, all.iter().map(|it| Some(it.share / it.even))));
        let absorbed = all.iter().map(|it| Some(whole * it.absorbed?));
        table.push("absorbed_up_to", unit, decimals(1, absorbed));
        let first = all.iter().map(|it| Some(brief.site_name(it.first?)));
        table.push("first_over", "", texts(first));
        table.push("reaches_nobody", "%", percents(all.iter().map(|it| Some(it.lost))));
        table
    }

    fn playbook_table(&self, brief: &Brief<'_>) -> Table {
        let rows: Vec<(&Playbook, usize, &Play)> = self
            .playbooks
            .iter()
            .flat_map(|book| book.plays.iter().enumerate().map(move |(at, play)| (book, at, play)))
            .collect();
        let mut table = Table::default();
        let families = rows.iter().map(|(book, ..)| Some(self.families[book.family].clone()));
        table.push("family", "", texts(families));
        table.push("response", "", texts(rows.iter().map(|(.., it)| Some(it.label(brief)))));
        table.push("served", "%", percents(rows.iter().map(|(.., it)| Some(it.served))));
        table.push("over", "", texts(rows.iter().map(|(.., it)| joined(brief, &it.over))));
        let moved = rows.iter().map(|(.., it)| Some(it.moved_kqps));
        table.push("moved", "kq/s", decimals(1, moved));
        let clients = rows.iter().map(|(.., it)| Some(i64::from(it.moved_clients)));
        table.push("moved_clients", "", integers(clients));
        let rtt = rows.iter().map(|(.., it)| it.rtt_change_ms);
        table.push("rtt_change", "ms", decimals(1, rtt));
        let note = |(book, at, play): &(&Playbook, usize, &Play)| {
            if *at == book.best {
                return Some("best".to_owned());
            }
            Some(format!("`{}` does as much", book.plays[play.smaller?].label(brief)))
        };
        table.push("note", "", texts(rows.iter().map(note)));
        table
    }

    fn sites_table(&self, brief: &Brief<'_>) -> Table {
        let rows: Vec<(usize, u32)> = (0..self.families.len())
            .flat_map(|family| self.sites.iter().map(move |site| (family, *site)))
            .collect();
        let step = |(family, site): &(usize, u32)| {
            &self.map[*family][self.main].stand.sites[*site as usize]
        };
        let capacity = |site: u32| brief.service().sites[site as usize].capacity;
        let mut table = Table::default();
        let families = rows.iter().map(|(family, _)| Some(self.families[*family].clone()));
        table.push("family", "", texts(families));
        table.push("site", "", texts(rows.iter().map(|(_, site)| Some(brief.site_name(*site)))));
        let kqps = |value: fn(&catchment_dynamics::load::LoadStep) -> f64| -> Vec<Option<f64>> {
            rows.iter().map(|row| Some(value(step(row)))).collect()
        };
        table.push("legit", "kq/s", decimals(1, kqps(|it| it.legit_kqps)));
        table.push("attack", "kq/s", decimals(1, kqps(|it| it.attack_kqps)));
        let limit = rows.iter().map(|(_, site)| capacity(*site).kqps);
        table.push("capacity", "kq/s", decimals(1, limit));
        if self.sizes[self.main].gbps > 0.0 {
            table.push("legit_link", "Gb/s", decimals(1, kqps(|it| it.legit_gbps)));
            table.push("attack_link", "Gb/s", decimals(1, kqps(|it| it.attack_gbps)));
            let limit = rows.iter().map(|(_, site)| capacity(*site).gbps);
            table.push("capacity_link", "Gb/s", decimals(1, limit));
        }
        table.push("utilization", "%", percents(kqps(|it| it.utilization)));
        table.push("served", "%", percents(kqps(|it| it.served)));
        table
    }

    fn estimates_table(&self, brief: &Brief<'_>) -> Table {
        let rows: Vec<(usize, usize)> = (0..self.estimates.len())
            .flat_map(|at| (0..self.families.len()).map(move |family| (at, family)))
            .collect();
        let of = |value: fn(&super::Estimate) -> f64| -> Vec<Option<f64>> {
            rows.iter().map(|(at, _)| Some(value(&self.estimates[*at]))).collect()
        };
        let name = |(at, _): &(usize, usize)| Some(brief.site_name(self.estimates[*at].site));
        let unit = |(at, _): &(usize, usize)| {
            Some(if self.estimates[*at].is_link { "Gb/s" } else { "kq/s" }.to_owned())
        };
        let mut table = Table::default();
        table.push("site", "", texts(rows.iter().map(name)));
        table.push("seen", "%", percents(of(|it| it.seen)));
        table.push("unit", "", texts(rows.iter().map(unit)));
        table.push("capacity", "", decimals(1, of(|it| it.capacity)));
        table.push("offered", "", decimals(1, of(|it| it.offered)));
        table.push("attack_here", "", decimals(1, of(|it| it.attack)));
        let family = rows.iter().map(|(_, family)| Some(self.families[*family].clone()));
        table.push("if_it_is", "", texts(family));
        let totals = rows.iter().map(|(at, family)| self.estimates[*at].totals[*family]);
        table.push("attack_in_all", "", decimals(1, totals));
        table
    }

    fn charts(&self, brief: &Brief<'_>, fatal: &[usize]) -> Vec<Chart> {
        let cells = |value: &dyn Fn(&Cell) -> f64| -> Vec<Option<f64>> {
            self.map.iter().flatten().map(|cell| Some(value(cell))).collect()
        };
        let heat = |title: &str, unit, limit, cells| Chart {
            title: title.to_owned(),
            kind: ChartKind::Heat {
                unit,
                row_title: "from".to_owned(),
                column_title: "attack".to_owned(),
                rows: self.families.clone(),
                columns: self.sizes.iter().map(Size::text).collect(),
                cells,
                limit: Some(limit),
            },
        };
        let mut charts = vec![
            heat("Legitimate demand lost if all sites absorb", "%", 0.05, {
                cells(&|cell| 100.0 * (1.0 - cell.served))
            }),
            heat("Sites over capacity", "sites", 0.5, cells(&|cell| cell.over.len() as f64)),
        ];
        let shown = self.worst(fatal).unwrap_or(0);
        let is_link = self.sizes[self.main].kqps <= 0.0;
        let stand = &self.map[shown][self.main].stand;
        let bar = |site: &u32| {
            let step = &stand.sites[*site as usize];
            let capacity = brief.service().sites[*site as usize].capacity;
            let (parts, tick) = match is_link {
                true => (vec![step.legit_gbps, step.attack_gbps], capacity.gbps),
                false => (vec![step.legit_kqps, step.attack_kqps], capacity.kqps),
            };
            Bar { label: brief.site_name(*site), parts, tick }
        };
        let size = self.sizes[self.main].text();
        charts.push(Chart {
            title: format!("The sites under {size} from {}", self.families[shown]),
            kind: ChartKind::Bars {
                unit: if is_link { "Gb/s" } else { "kq/s" },
                parts: vec!["legitimate".to_owned(), "attack".to_owned()],
                bars: self.sites.iter().map(bar).collect(),
            },
        });
        charts
    }
}

impl Size {
    /// `590 kq/s`, `590 kq/s and 40 Gb/s`.
    pub fn text(&self) -> String {
        let kqps = (self.kqps > 0.0).then(|| format!("{} kq/s", number(self.kqps)));
        let gbps = (self.gbps > 0.0).then(|| format!("{} Gb/s", number(self.gbps)));
        match (kqps, gbps) {
            (Some(kqps), Some(gbps)) => format!("{kqps} and {gbps}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => "nothing".to_owned(),
        }
    }
}

impl AttackPlan {
    /// The best response to a family at the main size; nothing where it needs none.
    pub fn best_response(&self, family: usize) -> &[Action] {
        let book = self.playbooks.iter().find(|book| book.family == family);
        book.map_or(&[], |book| &book.plays[book.best].actions)
    }
}

fn joined(brief: &Brief<'_>, sites: &[u32]) -> Option<String> {
    let names: Vec<String> = sites.iter().map(|site| brief.site_name(*site)).collect();
    (!names.is_empty()).then(|| names.join("|"))
}

fn section(name: &'static str, title: &str, table: Table) -> Section {
    Section { name, title: title.to_owned(), table }
}

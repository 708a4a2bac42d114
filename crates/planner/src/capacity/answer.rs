//! What [`CapacityPlan`] says: sentences, tables, charts.

use catchment_model::Table;

use super::heirs::Heir;
use super::{CapacityPlan, Failure, Need, PairFailure, Unit};
use crate::answer::{Answer, Bar, Chart, ChartKind, Section, Verdict};
use crate::brief::Brief;
use crate::load::Load;
use crate::load::cascade::{Round, is_over};
use crate::load::day::HOURS;
use crate::words::{count, decimals, integers, list, number, percent, percents, texts};

/// Headroom that a common rule of thumb asks of every site (models 8.1).
const RULE_OF_THUMB: f64 = 2.0;

/// Sentences of one kind: more are in the tables.
const SENTENCES_MAX: usize = 4;

impl CapacityPlan {
    /// The plan as an answer.
    pub fn answer(&self, brief: &Brief<'_>) -> Answer {
        let needs: Vec<Need> =
            self.sites.iter().map(|site| self.need(brief, *site, Unit::Kqps)).collect();
        let links: Vec<Need> = match self.has_gbps(brief) {
            true => self.sites.iter().map(|site| self.need(brief, *site, Unit::Gbps)).collect(),
            false => Vec::new(),
        };
        let short: Vec<u32> = (0..self.sites.len())
            .filter(|at| needs[*at].is_short() || links.get(*at).is_some_and(Need::is_short))
            .map(|at| self.sites[at])
            .collect();
        let lost = self.lost();
        let verdict =
            if short.is_empty() && lost.is_empty() { Verdict::Holds } else { Verdict::Fails };
        let mut sections = vec![Section {
            name: "sites",
            title: "Sites: what each carries, at worst, and what it needs".to_owned(),
            table: self.needs_table(brief, &needs, Unit::Kqps),
        }];
        if !links.is_empty() {
            sections.push(Section {
                name: "links",
                title: "The same for their links".to_owned(),
                table: self.needs_table(brief, &links, Unit::Gbps),
            });
        }
        sections.extend([
            section("failures", "Failures, and what overloaded sites do", self.failures(brief)),
            section("heirs", "Who inherits from whom", self.heirs(brief)),
            section("matrix", "Load of every site after every single failure", self.cells(brief)),
        ]);
        if !self.pairs.is_empty() {
            let title = match self.pairs.len() < self.pair_count {
                true => format!("The worst {} of {} pairs", self.pairs.len(), self.pair_count),
                false => "Double failures, worst first".to_owned(),
            };
            sections.push(section("pairs", &title, self.pairs_table(brief)));
        }
        if self.has_day(brief) {
            sections.push(section("day", "Load over the day (UTC)", self.day_table(brief)));
        }
        Answer {
            verdict,
            headline: self.headline(brief, &short, &lost, &needs, &links),
            findings: self.findings(brief, &lost, &needs, &links),
            sections,
            charts: self.charts(brief, &needs),
        }
    }

    /// Single failures after which demand reaches no site that reached one before, most first, with
    /// its share.
    fn lost(&self) -> Vec<(&Failure, f64)> {
        let share = |part: fn(&Load) -> f64, failure: &Failure| {
            let (base, then) = (self.base.mean(), failure.day.mean());
            let (all, more) = (part(&base.total()), part(&then.unserved) - part(&base.unserved));
            if all > 0.0 { more / all } else { 0.0 }
        };
        let lost = |failure| {
            let share = share(|load| load.kqps, failure).max(share(|load| load.gbps, failure));
            (share > 1e-9).then_some((failure, share))
        };
        let mut lost: Vec<(&Failure, f64)> = self.singles.iter().filter_map(lost).collect();
        lost.sort_by(|a, b| b.1.total_cmp(&a.1));
        lost
    }

    fn headline(
        &self,
        brief: &Brief<'_>,
        short: &[u32],
        lost: &[(&Failure, f64)],
        needs: &[Need],
        links: &[Need],
    ) -> String {
        let known = needs.iter().chain(links).any(|need| need.capacity.is_some());
        let target = percent(self.target);
        if short.is_empty()
            && let [(worst, share), rest @ ..] = lost
        {
            let first = format!(
                "not every site may fail: without {}, {} of demand reaches no site",
                worst.fate.label(brief),
                percent(*share)
            );
            return match rest.len() {
                0 => first,
                more => format!("{first}; {} more cut somebody off", count(more, "failure")),
            };
        }
        if !known {
            return format!(
                "no site has a capacity: here is what each needs to survive any single failure at \
                 {target}"
            );
        }
        if short.is_empty() {
            return format!("every site survives any single failure of another at {target}");
        }
        let names: Vec<String> = short.iter().map(|site| brief.site_name(*site)).collect();
        let mut all = needs.iter().chain(links).filter(|need| need.is_short());
        let load = match all.all(|need| need.cause.is_none()) {
            true => "today's load",
            false => "what a single failure brings",
        };
        format!(
            "{} of {} cannot carry {load} at {target} of capacity: {}",
            names.len(),
            count(self.sites.len(), "site"),
            list(&names)
        )
    }

    fn findings(
        &self,
        brief: &Brief<'_>,
        lost: &[(&Failure, f64)],
        needs: &[Need],
        links: &[Need],
    ) -> Vec<String> {
        let mut findings = Vec::new();
        for (failure, share) in lost.iter().take(SENTENCES_MAX) {
            findings.push(format!(
                "when {} fails, {} of demand reaches no site",
                failure.fate.label(brief),
                percent(*share)
            ));
        }
        if let Some((failed, site, full)) = self.breaking(brief).filter(|it| it.2 > self.target) {
            findings.push(format!(
                "the failure that breaks the plan is {}: {} goes to {} of its capacity",
                brief.site_name(failed),
                brief.site_name(site),
                percent(full)
            ));
        }
        self.buy(brief, needs, Unit::Kqps, &mut findings);
        self.buy(brief, links, Unit::Gbps, &mut findings);
        findings.extend(self.rule_of_thumb(brief, needs));
        self.cascades(brief, &mut findings);
        self.spills(brief, &mut findings);
        findings.extend(self.worst_group(brief));
        findings.extend(self.worst_pair(brief));
        if self.has_day(brief) {
            findings.extend(self.worst_hour(brief));
        }
        findings.push(match self.method.name() {
            "simulate" => "where demand lands was played, since routers keep the older of two \
                           equal routes here"
                .to_owned(),
            _ => "where demand lands was solved; ties that history would settle go by router id"
                .to_owned(),
        });
        findings
    }

    /// What to buy, the largest shortage first.
    fn buy(&self, brief: &Brief<'_>, needs: &[Need], unit: Unit, findings: &mut Vec<String>) {
        let mut short: Vec<&Need> = needs.iter().filter(|need| need.is_short()).collect();
        short.sort_by(|a, b| b.missing.partial_cmp(&a.missing).expect("loads are numbers"));
        let unit = unit.name();
        for need in short.iter().take(SENTENCES_MAX) {
            let cause = match need.cause {
                Some(cause) => format!("when {} fails", brief.site_name(cause)),
                None => "with all sites up".to_owned(),
            };
            let hour = need.hour.map_or(String::new(), |hour| format!(" at {hour} h UTC"));
            findings.push(format!(
                "{} needs {} {unit} more than its {}: {cause} it is asked for {}{hour}, which is \
                 {} of {}",
                brief.site_name(need.site),
                number(need.missing.expect("it is short")),
                number(need.capacity.expect("it has some")),
                number(need.worst),
                percent(self.target),
                number(need.required),
            ));
        }
        if short.len() > SENTENCES_MAX {
            let all: f64 = short.iter().filter_map(|need| need.missing).sum();
            findings.push(format!(
                "{} more are short; all together need {} {unit} more",
                count(short.len() - SENTENCES_MAX, "site"),
                number(all)
            ));
        }
    }

    fn rule_of_thumb(&self, brief: &Brief<'_>, needs: &[Need]) -> Option<String> {
        let factor = |need: &Need| need.headroom().filter(|it| *it > RULE_OF_THUMB);
        let above: Vec<String> = needs
            .iter()
            .filter_map(|need| {
                Some(format!("{} ({:.2}x)", brief.site_name(need.site), factor(need)?))
            })
            .collect();
        let sites = self.sites.len();
        if sites < 2 {
            return None;
        }
        let even = even_spread(sites);
        Some(match above.is_empty() {
            true => "twice the load of each site is enough for any single failure".to_owned(),
            false => format!(
                "a 2x rule fails at {}; were a failed site's load spread evenly, {even:.2}x would \
                 do, but BGP hands it on in lumps",
                list(&above)
            ),
        })
    }

    fn cascades(&self, brief: &Brief<'_>, findings: &mut Vec<String>) {
        let mut falling: Vec<&Failure> =
            self.singles.iter().filter(|it| !it.rounds.is_empty()).collect();
        // The worst is that after which least is served; of equals that with most withdrawals.
        let key = |it: &Failure| (served_then(it.served, &it.rounds), it.rounds.len());
        falling.sort_by(|a, b| {
            let ((a_served, a_rounds), (b_served, b_rounds)) = (key(a), key(b));
            a_served.total_cmp(&b_served).then(b_rounds.cmp(&a_rounds))
        });
        let gone = |rounds: &[Round]| -> Vec<String> {
            rounds.iter().map(|round| brief.site_name(round.site)).collect()
        };
        if let Some(worst) = falling.first() {
            findings.push(format!(
                "if overloaded sites withdrew, {} would do so after {} fails: {} of demand would \
                 still be served, against {} if they stay",
                list(&gone(&worst.rounds)),
                worst.fate.label(brief),
                percent(served_then(worst.served, &worst.rounds)),
                percent(worst.served)
            ));
        }
        if falling.len() > 1 {
            findings.push(format!(
                "{} of {} single failures would set off withdrawals",
                falling.len(),
                self.singles.len()
            ));
        }
        if let Some(deepest) = &self.deepest_fall {
            let [a, b] = deepest.sites.map(|site| brief.site_name(site));
            findings.push(format!(
                "{} of {} double failures would set off withdrawals; most is lost after {a} and \
                 {b} fail: {} would go, and {} of demand would be served, against {} if they stay",
                self.pairs_falling,
                self.pair_count,
                list(&gone(&deepest.rounds)),
                percent(served_then(deepest.served, &deepest.rounds)),
                percent(deepest.served)
            ));
        }
    }

    /// Heirs that a map would not name.
    fn spills(&self, brief: &Brief<'_>, findings: &mut Vec<String>) {
        let mut spills: Vec<(&Failure, &Heir)> = self
            .singles
            .iter()
            .flat_map(|failure| failure.heirs.iter().map(move |heir| (failure, heir)))
            .filter(|(_, heir)| heir.far.is_some())
            .collect();
        let far = |heir: &Heir| heir.far.as_ref().map_or(0.0, |far| far.kqps * far.extra_km);
        spills.sort_by(|a, b| far(b.1).total_cmp(&far(a.1)));
        for (failure, heir) in spills.iter().take(SENTENCES_MAX) {
            let (Some(far), Some(to)) = (&heir.far, heir.to) else { continue };
            findings.push(format!(
                "when {} fails, {} kq/s go to {}, though {} is {} km nearer to them",
                failure.fate.label(brief),
                number(far.kqps),
                brief.site_name(to),
                brief.site_name(far.nearest),
                number(far.extra_km.round()),
            ));
        }
    }

    /// The group that hurts most: by what is not served, then by how full a site gets.
    fn worst_group(&self, brief: &Brief<'_>) -> Option<String> {
        let key = |failure: &Failure| {
            let full = self.fullest(brief, failure).map_or(0.0, |(_, full)| full);
            (1.0 - failure.served, full)
        };
        let worst = self.groups.iter().reduce(|a, b| if key(b) > key(a) { b } else { a })?;
        let (lost, full) = key(worst);
        if lost < 1e-9 && full <= self.target {
            return None;
        }
        let names: Vec<String> =
            worst.fate.sites.iter().map(|site| brief.site_name(*site)).collect();
        let full = self.fullest(brief, worst).map_or(String::new(), |(site, full)| {
            format!(", and {} goes to {} of its capacity", brief.site_name(site), percent(full))
        });
        Some(format!(
            "of what shares a fate, {} ({}) hurts most: {} of demand is served{full}",
            worst.fate.label(brief),
            list(&names),
            percent(worst.served)
        ))
    }

    fn worst_pair(&self, brief: &Brief<'_>) -> Option<String> {
        let pair = self.pairs.first()?;
        let full = match pair.utilization {
            Some(full) => format!("{} of its capacity", percent(full)),
            None => format!("{} kq/s", number(pair.load.kqps)),
        };
        Some(format!(
            "the worst double failure is {} and {}: {} goes to {full}",
            brief.site_name(pair.sites[0]),
            brief.site_name(pair.sites[1]),
            brief.site_name(pair.worst),
        ))
    }

    /// When the most loaded hour of a site is one of its heirs' clients.
    fn worst_hour(&self, brief: &Brief<'_>) -> Option<String> {
        let plan = CapacityPlan { day: true, ..self.clone() };
        let needs = self.sites.iter().map(|site| plan.need(brief, *site, Unit::Kqps));
        let fullest = |need: &Need| need.utilization().unwrap_or(0.0);
        let worst = needs.reduce(|a, b| if fullest(&b) > fullest(&a) { b } else { a })?;
        let full = worst.utilization()?;
        let own = self.base.peak(worst.site, |load| load.kqps);
        let cause = worst.cause.map_or("with all sites up".to_owned(), |cause| {
            let (_, peak) = self.base.peak(cause, |load| load.kqps);
            format!("when {} fails, whose clients peak at {peak} h", brief.site_name(cause))
        });
        Some(format!(
            "over the day, with the demand as daily mean, {} is fullest at {} h UTC {cause}: {} of \
             its capacity; its own clients peak at {} h",
            brief.site_name(worst.site),
            worst.hour.unwrap_or(0),
            percent(full),
            own.1
        ))
    }

    /// Load of a site over its capacity after a failure, at the hour at which it is fullest if the
    /// plan is about hours; `None` if it has no capacity.
    fn full(&self, brief: &Brief<'_>, failure: &Failure, site: u32) -> Option<f64> {
        let capacity = brief.service().sites[site as usize].capacity;
        let of = |load: &Load| load.utilization(capacity);
        let mean = of(&failure.day.mean().sites[site as usize])?;
        Some(match self.day {
            true => failure.day.peak(site, |load| of(load).unwrap_or(0.0)).0,
            false => mean,
        })
    }

    fn fullest(&self, brief: &Brief<'_>, failure: &Failure) -> Option<(u32, f64)> {
        let left = self.sites.iter().filter(|site| !failure.fate.takes(**site));
        let full = |site: &u32| Some((*site, self.full(brief, failure, *site)?));
        left.filter_map(full).reduce(|a, b| if b.1 > a.1 { b } else { a })
    }

    fn needs_table(&self, brief: &Brief<'_>, needs: &[Need], unit: Unit) -> Table {
        let unit = unit.name();
        let of = |value: &dyn Fn(&Need) -> Option<f64>| -> Vec<Option<f64>> {
            needs.iter().map(value).collect()
        };
        let mut table = Table::default();
        table.push("site", "", texts(needs.iter().map(|it| Some(brief.site_name(it.site)))));
        table.push("load", unit, decimals(3, of(&|it| Some(it.load))));
        table.push("worst", unit, decimals(3, of(&|it| Some(it.worst))));
        table.push("cause", "", texts(needs.iter().map(|it| Some(brief.site_name(it.cause?)))));
        if self.day {
            table.push("hour", "h UTC", integers(needs.iter().map(|it| it.hour.map(i64::from))));
        }
        table.push("headroom", "x", decimals(2, of(&Need::headroom)));
        table.push("capacity", unit, decimals(3, of(&|it| it.capacity)));
        table.push("utilization", "%", percents(of(&Need::utilization)));
        table.push("required", unit, decimals(3, of(&|it| Some(it.required))));
        table.push("missing", unit, decimals(3, of(&|it| it.missing)));
        table.push("method", "", texts(needs.iter().map(|_| Some(self.method.name().to_owned()))));
        table
    }

    fn failures(&self, brief: &Brief<'_>) -> Table {
        let all: Vec<&Failure> = self.singles.iter().chain(&self.groups).collect();
        let names = |sites: &mut dyn Iterator<Item = u32>| joined(brief, sites);
        let over = |failure: &&Failure| {
            let full = |site: &u32| self.full(brief, failure, *site).is_some_and(is_over);
            let left = self.sites.iter().copied().filter(|site| !failure.fate.takes(*site));
            names(&mut left.filter(full))
        };
        let moved = |failure: &Failure| failure.heirs.iter().map(|heir| heir.kqps).sum::<f64>();
        let fullest: Vec<Option<(u32, f64)>> =
            all.iter().map(|it| self.fullest(brief, it)).collect();
        let end = |it: &&Failure| served_then(it.served, &it.rounds);
        let mut table = Table::default();
        table.push("failure", "", texts(all.iter().map(|it| Some(it.fate.label(brief)))));
        table.push("kind", "", texts(all.iter().map(|it| Some(it.fate.kind.name().to_owned()))));
        let sites = |it: &&Failure| names(&mut it.fate.sites.iter().copied());
        table.push("sites", "", texts(all.iter().map(sites)));
        table.push("moved", "kq/s", decimals(3, all.iter().map(|it| Some(moved(it)))));
        let unserved = all.iter().map(|it| Some(it.day.mean().unserved.kqps));
        table.push("unserved", "kq/s", decimals(3, unserved));
        let worst = fullest.iter().map(|it| Some(brief.site_name((*it)?.0)));
        table.push("fullest", "", texts(worst));
        table.push("utilization", "%", percents(fullest.iter().map(|it| Some((*it)?.1))));
        table.push("over", "", texts(all.iter().map(over)));
        if self.day {
            table.push("hour", "h UTC", integers(all.iter().map(|it| it.hour.map(i64::from))));
        }
        table.push("served", "%", percents(all.iter().map(|it| Some(it.served))));
        let withdraw = |it: &&Failure| names(&mut it.rounds.iter().map(|round| round.site));
        table.push("then_withdraw", "", texts(all.iter().map(withdraw)));
        table.push("served_then", "%", percents(all.iter().map(|it| Some(end(it)))));
        table
    }

    fn heirs(&self, brief: &Brief<'_>) -> Table {
        let all: Vec<(String, &Heir)> = self
            .singles
            .iter()
            .flat_map(|failure| {
                let label = failure.fate.label(brief);
                failure.heirs.iter().map(move |heir| (label.clone(), heir))
            })
            .collect();
        let totals: Vec<f64> = self
            .singles
            .iter()
            .flat_map(|failure| {
                let total: f64 = failure.heirs.iter().map(|heir| heir.kqps).sum();
                failure.heirs.iter().map(move |_| total)
            })
            .collect();
        let site = |site: Option<u32>| Some(brief.site_name(site?));
        let of = |value: &dyn Fn(&Heir) -> Option<f64>| -> Vec<Option<f64>> {
            all.iter().map(|(_, heir)| value(heir)).collect()
        };
        let share = all
            .iter()
            .zip(&totals)
            .map(|((_, heir), total)| (*total > 0.0).then(|| heir.kqps / total));
        let mut table = Table::default();
        table.push("failed", "", texts(all.iter().map(|(label, _)| Some(label.clone()))));
        table.push("from", "", texts(all.iter().map(|(_, heir)| site(heir.from))));
        table.push("heir", "", texts(all.iter().map(|(_, heir)| site(heir.to))));
        table.push("demand", "kq/s", decimals(3, of(&|heir| Some(heir.kqps))));
        table.push("share", "%", percents(share));
        let sources = all.iter().map(|(_, heir)| Some(i64::from(heir.sources)));
        table.push("sources", "", integers(sources));
        table.push("distance", "km", decimals(0, of(&|heir| heir.km)));
        let far = |heir: &Heir| heir.far.as_ref().map(|far| far.kqps);
        table.push("not_nearest", "kq/s", decimals(3, of(&far)));
        let nearest = |heir: &Heir| site(heir.far.as_ref().map(|far| far.nearest));
        table.push("nearest", "", texts(all.iter().map(|(_, heir)| nearest(heir))));
        let farther = |heir: &Heir| heir.far.as_ref().map(|far| far.extra_km);
        table.push("farther", "km", decimals(0, of(&farther)));
        table
    }

    fn cells(&self, brief: &Brief<'_>) -> Table {
        let matrix = self.matrix(brief);
        let pairs: Vec<(usize, usize)> = (0..self.sites.len())
            .flat_map(|row| (0..self.sites.len()).map(move |column| (row, column)))
            .filter(|(row, column)| row != column)
            .collect();
        let name = |at: usize| Some(brief.site_name(self.sites[at]));
        let load = |(row, column): &(usize, usize)| {
            Some(self.load(&self.singles[*row].day, self.sites[*column], Unit::Kqps).0)
        };
        let mut table = Table::default();
        table.push("failed", "", texts(pairs.iter().map(|(row, _)| name(*row))));
        table.push("site", "", texts(pairs.iter().map(|(_, column)| name(*column))));
        table.push("load", "kq/s", decimals(3, pairs.iter().map(load)));
        let full = pairs.iter().map(|(row, column)| matrix[*row][*column]);
        table.push("utilization", "%", percents(full));
        table
    }

    fn pairs_table(&self, brief: &Brief<'_>) -> Table {
        let all = &self.pairs;
        let name = |site: u32| Some(brief.site_name(site));
        let over = |it: &PairFailure| joined(brief, &mut it.over.iter().copied());
        let withdraw =
            |it: &PairFailure| joined(brief, &mut it.rounds.iter().map(|round| round.site));
        let end = |it: &PairFailure| Some(served_then(it.served, &it.rounds));
        let mut table = Table::default();
        table.push("first", "", texts(all.iter().map(|it| name(it.sites[0]))));
        table.push("second", "", texts(all.iter().map(|it| name(it.sites[1]))));
        table.push("fullest", "", texts(all.iter().map(|it| name(it.worst))));
        table.push("load", "kq/s", decimals(3, all.iter().map(|it| Some(it.load.kqps))));
        table.push("utilization", "%", percents(all.iter().map(|it| it.utilization)));
        table.push("over", "", texts(all.iter().map(over)));
        table.push("unserved", "kq/s", decimals(3, all.iter().map(|it| Some(it.unserved.kqps))));
        if self.day {
            table.push("hour", "h UTC", integers(all.iter().map(|it| it.hour.map(i64::from))));
        }
        table.push("served", "%", percents(all.iter().map(|it| Some(it.served))));
        table.push("then_withdraw", "", texts(all.iter().map(withdraw)));
        table.push("served_then", "%", percents(all.iter().map(end)));
        table
    }

    /// Whether anybody's place is known, so that there is a day.
    fn has_day(&self, brief: &Brief<'_>) -> bool {
        let world = brief.situation().world;
        brief.situation().rules.diurnal_a > 0.0
            && brief.sources.iter().any(|source| world.place(source.router).is_some())
    }

    fn day_table(&self, brief: &Brief<'_>) -> Table {
        let plan = CapacityPlan { day: true, ..self.clone() };
        let needs: Vec<Need> =
            self.sites.iter().map(|site| plan.need(brief, *site, Unit::Kqps)).collect();
        let hours: Vec<(u32, u32)> =
            self.sites.iter().flat_map(|site| (0..HOURS).map(move |hour| (*site, hour))).collect();
        let need = |site: u32| needs.iter().find(|need| need.site == site).expect("all sites");
        let worst_at = |(site, hour): &(u32, u32)| {
            let others = self.singles.iter().filter(|it| !it.fate.takes(*site));
            let at = others.map(|it| it.day.at(*site, *hour).kqps);
            at.fold(self.base.at(*site, *hour).kqps, f64::max)
        };
        let capacity = |site: u32| brief.service().sites[site as usize].capacity.kqps;
        let mark = |(site, hour): &(u32, u32)| {
            let own = self.base.peak(*site, |load| load.kqps).1 == *hour;
            let worst = need(*site).hour == Some(*hour);
            match (own, worst) {
                (true, true) => Some("own peak, worst".to_owned()),
                (true, false) => Some("own peak".to_owned()),
                (false, true) => {
                    let cause = need(*site).cause.map(|cause| brief.site_name(cause));
                    Some(cause.map_or("worst".to_owned(), |it| format!("worst, {it} fails")))
                }
                (false, false) => None,
            }
        };
        let mut table = Table::default();
        table.push("site", "", texts(hours.iter().map(|(site, _)| Some(brief.site_name(*site)))));
        table.push("hour", "h UTC", integers(hours.iter().map(|(_, hour)| Some((*hour).into()))));
        let load = hours.iter().map(|(site, hour)| Some(self.base.at(*site, *hour).kqps));
        table.push("load", "kq/s", decimals(3, load));
        table.push("worst", "kq/s", decimals(3, hours.iter().map(|it| Some(worst_at(it)))));
        let full = hours.iter().map(|it| Some(worst_at(it) / capacity(it.0)?));
        table.push("utilization", "%", percents(full));
        table.push("mark", "", texts(hours.iter().map(mark)));
        table
    }

    fn charts(&self, brief: &Brief<'_>, needs: &[Need]) -> Vec<Chart> {
        let names: Vec<String> = self.sites.iter().map(|site| brief.site_name(*site)).collect();
        let limited = needs.iter().any(|need| need.capacity.is_some());
        let matrix = self.matrix(brief);
        let cells: Vec<Option<f64>> = match limited {
            true => matrix.into_iter().flatten().map(|cell| Some(100.0 * cell?)).collect(),
            false => self
                .singles
                .iter()
                .flat_map(|failure| {
                    let of = move |site: &u32| {
                        let load = self.load(&failure.day, *site, Unit::Kqps).0;
                        (!failure.fate.takes(*site)).then_some(load)
                    };
                    self.sites.iter().map(of)
                })
                .collect(),
        };
        let bar = |need: &Need| Bar {
            label: brief.site_name(need.site),
            parts: vec![need.load, need.worst - need.load],
            tick: need.capacity,
        };
        let mut charts = vec![
            Chart {
                title: "Load after each single failure".to_owned(),
                kind: ChartKind::Heat {
                    unit: if limited { "% of capacity" } else { "kq/s" },
                    row_title: "fails".to_owned(),
                    column_title: "carries".to_owned(),
                    rows: names.clone(),
                    columns: names.clone(),
                    cells,
                    limit: limited.then_some(100.0),
                },
            },
            Chart {
                title: "Load, and the most that a single failure adds".to_owned(),
                kind: ChartKind::Bars {
                    unit: "kq/s",
                    parts: vec!["load".to_owned(), "added by the worst failure".to_owned()],
                    bars: needs.iter().map(bar).collect(),
                },
            },
        ];
        if self.has_day(brief) {
            let hour = |site: &u32| {
                let site = *site;
                (0..HOURS).map(move |hour| Some(self.base.at(site, hour).kqps))
            };
            charts.push(Chart {
                title: "Load over the day".to_owned(),
                kind: ChartKind::Heat {
                    unit: "kq/s",
                    row_title: "site".to_owned(),
                    column_title: "hour (UTC)".to_owned(),
                    rows: names,
                    columns: (0..HOURS).map(|hour| hour.to_string()).collect(),
                    cells: self.sites.iter().flat_map(hour).collect(),
                    limit: None,
                },
            });
        }
        charts
    }
}

/// Share of demand that is served when withdrawals have ended.
fn served_then(served: f64, rounds: &[Round]) -> f64 {
    rounds.last().map_or(served, |round| round.served)
}

/// What every site would need, as a multiple of its load, if a failed site's load spread evenly
/// over the others (models 8.1). `sites` is 2 or more.
pub fn even_spread(sites: usize) -> f64 {
    sites as f64 / (sites - 1) as f64
}

impl Unit {
    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Kqps => "kq/s",
            Unit::Gbps => "Gb/s",
        }
    }
}

fn joined(brief: &Brief<'_>, sites: &mut dyn Iterator<Item = u32>) -> Option<String> {
    let names: Vec<String> = sites.map(|site| brief.site_name(site)).collect();
    (!names.is_empty()).then(|| names.join("|"))
}

fn section(name: &'static str, title: &str, table: Table) -> Section {
    Section { name, title: title.to_owned(), table }
}

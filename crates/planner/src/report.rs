//! Answers that only a report has: what belongs on a page about a service, and is a question of no
//! other plan by itself.

use catchment_dynamics::play::Watch;

use crate::answer::{Answer, Bar, Chart, ChartKind, Verdict};
use crate::border::{Border, border};
use crate::brief::Brief;
use crate::oracle::Unplanned;
use crate::words::{count, number, percent};

/// Clients for which a settlement is looked for, which takes solves.
const CLIENTS_MAX: usize = 12;

/// Which demand is tied between sites, and what would settle it.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn border_clients(brief: &Brief<'_>, watch: Watch<'_>) -> Result<Answer, Unplanned> {
    Ok(answer(brief, &border(brief, CLIENTS_MAX, watch)?))
}

fn answer(brief: &Brief<'_>, border: &Border) -> Answer {
    let total: f64 = brief.sources.iter().map(|source| source.weight).sum();
    let share = if total > 0.0 { border.tied_kqps / total } else { 0.0 };
    let clients = count(border.tied_sources as usize, "client");
    let headline = match border.tied_sources {
        0 => "every client has one best site".to_owned(),
        _ => format!(
            "{clients} with {} of the demand ({} kq/s) could as well land elsewhere",
            percent(share),
            number(border.tied_kqps)
        ),
    };
    // The sites of all ties, each a part of every bar, so that a part is one site everywhere.
    let mut sites: Vec<u32> =
        border.clients.iter().flat_map(|client| client.shares.iter().map(|it| it.0)).collect();
    sites.sort_unstable();
    sites.dedup();
    let bar = |client: &crate::border::BorderClient| {
        let source = &brief.sources[client.source as usize];
        let part = |site: &u32| {
            let share = client.shares.iter().find(|it| it.0 == *site).map_or(0.0, |it| it.1);
            source.weight * share
        };
        Bar { label: source.name.clone(), parts: sites.iter().map(part).collect(), tick: None }
    };
    let chart = Chart {
        title: "Demand on the border, by where fair coins would take it".to_owned(),
        kind: ChartKind::Bars {
            unit: "kq/s",
            parts: sites.iter().map(|site| brief.site_name(*site)).collect(),
            bars: border.clients.iter().map(bar).collect(),
        },
    };
    let mut findings = Vec::new();
    if border.clients.len() < border.tied_sources as usize {
        findings.push(format!(
            "what would settle it was looked for at the {} with most demand",
            border.clients.len()
        ));
    }
    Answer {
        verdict: Verdict::Holds,
        headline,
        findings,
        sections: vec![border.section(brief)],
        charts: if border.clients.is_empty() { Vec::new() } else { vec![chart] },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::ControlFlow;

    use catchment_dynamics::Script;
    use catchment_model::scenario::{GeoDns, Steering};
    use catchment_testkit::story::{situation, story};

    use super::*;

    /// models 12.6: Istanbul is tied between Frankfurt and Mumbai.
    #[test]
    fn istanbul_is_on_the_border() {
        let story = story("[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"none\"\n");
        let (geodns, none, residency) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
        let script = Script {
            situation: situation(&story.assembled),
            schedule: &[],
            steering: Steering::Anycast,
            prefix: 0,
            geodns: &geodns,
            regional: &none,
            client_gbps: &story.assembled.client_gbps,
            senders: None,
            bystanders: false,
        };
        let brief = Brief::new(script, &residency).unwrap();
        let watch: Watch<'_> = &mut |_, _| ControlFlow::Continue(());
        let answer = border_clients(&brief, watch).unwrap();
        let ChartKind::Bars { parts, bars, .. } = &answer.charts[0].kind else { panic!() };
        let bar = bars.iter().find(|bar| bar.label == "Istanbul").unwrap();
        let of = |name: &str| bar.parts[parts.iter().position(|part| part == name).unwrap()];
        assert_eq!((of("fra"), of("bom")), (35.0, 35.0));
        let sum: f64 = bars.iter().flat_map(|bar| &bar.parts).sum();
        assert!(answer.headline.contains(&format!("({} kq/s)", number(sum))), "{answer:?}");
    }
}

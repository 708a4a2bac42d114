//! What a world is like, in figures.

use std::collections::BTreeSet;
use std::fmt;

use catchment_model::table::Values;
use catchment_model::{Relation, Table, World};
use catchment_worlds::BaseWorld;
use catchment_worlds::as_graph::{AsGraph, LinkKind};
use catchment_worlds::shape::{RouteShape, TOP, clique, cones};
use serde_json::json;

/// Draws of sites, over which path lengths and ties are averaged.
const DRAWS: u32 = 10;
/// Sites of each draw.
const SITES: usize = 8;

/// An AS with a figure, as AS number, name and value.
type Ranked = (u32, String, u32);

/// The figures of a world.
#[derive(Debug)]
pub struct Description {
    name: String,
    counts: Vec<(&'static str, u64)>,
    degree_median: u32,
    degrees: Vec<Ranked>,
    cones: Vec<Ranked>,
    clique: Vec<u32>,
    /// Mean share of the ASes by path length in ASNs.
    path_lengths: Vec<f64>,
    /// Mean share of ASes tied between sites.
    tied_share: f64,
    site_count: usize,
}

impl Description {
    /// Measures a world. The cones make it cost up to a second.
    pub fn of(base: &BaseWorld, seed: u64) -> Description {
        let world = &*base.world;
        let (graph, sibling_links) = graph_of(world);
        let all = || 0..graph.as_count();
        let count = |test: &dyn Fn(u32) -> bool| all().filter(|index| test(*index)).count() as u64;
        let stub = |index: u32| graph.customers(index).is_empty();
        let cities: BTreeSet<u32> = world.router_places.iter().copied().collect();
        let cities = cities.iter().filter(|place| (**place as usize) < world.places.len()).count();
        let counts = vec![
            ("ASes", u64::from(graph.as_count())),
            ("routers", world.router_count() as u64),
            ("cities", cities as u64),
            ("sessions", world.session_count() as u64 / 2),
            ("provider links", graph.transit_link_count() as u64),
            ("peer links", graph.peer_link_count() as u64),
            ("sibling links", sibling_links),
            ("ASes with customers", count(&|index| !stub(index))),
            (
                "stubs with several providers",
                count(&|index| stub(index) && graph.providers(index).len() > 1),
            ),
            ("stubs with peers", count(&|index| stub(index) && !graph.peers(index).is_empty())),
            ("ASes without provider", count(&|index| graph.providers(index).is_empty())),
            ("named clients", world.clients.len() as u64),
            ("built-in sites", base.sites.len() as u64),
        ];
        let ranked = |values: Vec<u32>| -> Vec<Ranked> {
            let mut order: Vec<u32> = all().collect();
            order.sort_by_key(|index| (u32::MAX - values[*index as usize], *index));
            let named = |index: u32| {
                let name = world.as_name(index).unwrap_or("").to_owned();
                (world.asns[index as usize].0, name, values[index as usize])
            };
            order.into_iter().take(TOP).map(named).collect()
        };
        let degrees: Vec<u32> = all().map(|index| graph.degree(index) as u32).collect();
        let mut sorted = degrees.clone();
        sorted.sort_unstable();
        let site_count = SITES.min(graph.as_count() as usize);
        let shapes = RouteShape::draw(&graph, DRAWS, SITES, seed);
        let longest = shapes.iter().map(|shape| shape.by_length.len()).max().unwrap_or(0);
        let share = |length: usize| {
            let of = |shape: &RouteShape| {
                let count = shape.by_length.get(length).copied().unwrap_or(0);
                f64::from(count) / f64::from(shape.as_count.max(1))
            };
            shapes.iter().map(of).sum::<f64>() / f64::from(DRAWS)
        };
        Description {
            name: world.name.clone(),
            counts,
            degree_median: sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0),
            degrees: ranked(degrees),
            cones: ranked(cones(&graph)),
            clique: clique(&graph).iter().map(|index| world.asns[*index as usize].0).collect(),
            path_lengths: (0..longest).map(share).collect(),
            tied_share: shapes.iter().map(RouteShape::tied_share).sum::<f64>() / f64::from(DRAWS),
            site_count,
        }
    }

    /// One row for each figure.
    pub fn to_table(&self) -> Table {
        let mut rows: Vec<(&str, String, f64)> = Vec::new();
        rows.extend(
            self.counts.iter().map(|(name, value)| ("count", (*name).into(), *value as f64)),
        );
        rows.push(("degree median", String::new(), f64::from(self.degree_median)));
        for (what, ranked) in [("degree", &self.degrees), ("cone", &self.cones)] {
            let row = |(asn, _, value): &Ranked| (what, asn.to_string(), f64::from(*value));
            rows.extend(ranked.iter().map(row));
        }
        rows.extend(self.clique.iter().map(|asn| ("clique", asn.to_string(), 1.0)));
        let lengths = self.path_lengths.iter().enumerate();
        rows.extend(
            lengths.map(|(length, share)| ("path length share", length.to_string(), *share)),
        );
        rows.push(("tied share", String::new(), self.tied_share));
        let mut table = Table::default();
        let texts = |texts: Vec<&str>| Values::from_texts(texts.into_iter().map(Some));
        table.push("figure", "", texts(rows.iter().map(|row| row.0).collect()));
        table.push("of", "", texts(rows.iter().map(|row| &*row.1).collect()));
        let values = rows.iter().map(|row| Some(row.2)).collect();
        table.push("value", "", Values::Decimal { decimals: 4, values });
        table
    }

    /// The same as JSON.
    pub fn to_json(&self) -> String {
        let counts: serde_json::Map<_, _> = self
            .counts
            .iter()
            .map(|(name, value)| (name.to_lowercase().replace([' ', '-'], "_"), json!(value)))
            .collect();
        let ranked = |ranked: &[Ranked]| -> Vec<_> {
            let entry =
                |(asn, name, value): &Ranked| json!({"asn": asn, "name": name, "value": value});
            ranked.iter().map(entry).collect()
        };
        let value = json!({
            "name": self.name,
            "counts": counts,
            "degree": {"median": self.degree_median, "largest": ranked(&self.degrees)},
            "cones": {"largest": ranked(&self.cones)},
            "clique": self.clique,
            "routes": {
                "sites": self.site_count,
                "draws": DRAWS,
                "share_by_path_length": self.path_lengths,
                "tied_share": self.tied_share,
            },
        });
        format!("{value:#}\n")
    }
}

/// For people.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.name)?;
        for (name, value) in &self.counts {
            writeln!(f, "{value:>10}  {name}")?;
        }
        writeln!(f, "{:>10}  median degree", self.degree_median)?;
        for (title, ranked) in [("largest degrees", &self.degrees), ("largest cones", &self.cones)]
        {
            writeln!(f, "\n{title}")?;
            for (asn, name, value) in ranked {
                writeln!(f, "{value:>10}  AS{asn} {name}")?;
            }
        }
        let clique: Vec<String> = self.clique.iter().map(|asn| format!("AS{asn}")).collect();
        writeln!(f, "\nclique ({})\n    {}", clique.len(), clique.join(" "))?;
        let sites = self.site_count;
        writeln!(f, "\npath lengths with {sites} sites (mean of {DRAWS} draws)")?;
        for (length, share) in self.path_lengths.iter().enumerate() {
            writeln!(f, "{length:>10}  {:>5.1} %", 100.0 * share)?;
        }
        writeln!(f, "\n{:>8.1} %  of the ASes are tied between sites", 100.0 * self.tied_share)
    }
}

/// The graph of ASes, islands apart, and the number of sibling links, which it leaves out.
fn graph_of(world: &World) -> (AsGraph, u64) {
    let mut links: Vec<(u32, u32, LinkKind)> = Vec::with_capacity(world.session_count() / 2);
    let mut siblings: Vec<(u32, u32)> = Vec::new();
    for router in 0..world.router_count() as u32 {
        let own = world.router_as[router as usize];
        for relation in [Relation::Customer, Relation::Peer, Relation::Sibling] {
            let group = world.group(router, relation);
            for neighbor in &world.neighbors[group.start as usize..group.end as usize] {
                let other = world.router_as[*neighbor as usize];
                match relation {
                    Relation::Customer => links.push((own, other, LinkKind::ProviderCustomer)),
                    Relation::Peer if own < other => links.push((own, other, LinkKind::Peer)),
                    Relation::Sibling if own < other => siblings.push((own, other)),
                    _ => {}
                }
            }
        }
    }
    // Two ASes may meet in several cities.
    links.sort_unstable();
    links.dedup();
    siblings.sort_unstable();
    siblings.dedup();
    (AsGraph::new(world.as_count() as u32, &links), siblings.len() as u64)
}

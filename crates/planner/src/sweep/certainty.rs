//! How sure it is where each source lands, over all rows of a sweep.

use std::collections::BTreeMap;

use catchment_dynamics::{Source, Stream};
use catchment_model::table::Values;
use catchment_model::{Asn, Table, World};

use super::measure::RowSites;
use crate::brief::Brief;
use crate::oracle::Placement;

/// From this share on, where a source lands is certain.
pub const CERTAIN: f64 = 0.95;
/// From this share on it is likely; below it is a toss-up.
pub const LIKELY: f64 = 0.60;

/// Stands for "nobody" among sites.
const NOBODY: u32 = u32::MAX;

/// In how many rows each source landed where.
#[derive(Debug, Clone, PartialEq)]
pub struct Certainty {
    sources: Vec<Known>,
    /// By source: site (by column, or [`NOBODY`]) and rows, ascending by site. Rows in which a
    /// source is split count for parts.
    landed: Vec<Vec<(u32, f64)>>,
}

/// A source that is followed.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    asn: Asn,
    city: String,
    name: String,
    demand: f64,
}

/// Where a part of a source landed in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landing {
    /// The source, by place among those that are followed.
    pub source: u32,
    /// The site, by column; `u32::MAX` for nobody.
    pub site: u32,
    /// The part, 0 to 1.
    pub share: f64,
}

/// Where the sources that are followed landed in a row. A row of a large world has one for each
/// network, and many rows wait for their turn to be counted: what can be short is.
#[derive(Debug, Clone, PartialEq)]
pub enum Landed {
    /// By source: the column of its site, or `u16::MAX` for none.
    Whole(Vec<u16>),
    /// Parts, in the order of the row's streams.
    Parts(Vec<Landing>),
}

/// Stands for "nobody" among short columns.
const NOBODY_SHORT: u16 = u16::MAX;

impl Landed {
    /// A row in which nobody was counted.
    pub fn none() -> Landed {
        Landed::Parts(Vec::new())
    }

    /// All sources that are followed, in their order, each wholly in one column or nowhere.
    pub fn whole(columns: impl Iterator<Item = Option<u32>> + Clone) -> Landed {
        let short = |column: Option<u32>| match column {
            Some(column) => u16::try_from(column).ok().filter(|it| *it != NOBODY_SHORT),
            None => Some(NOBODY_SHORT),
        };
        let whole: Option<Vec<u16>> = columns.clone().map(short).collect();
        whole.map(Landed::Whole).unwrap_or_else(|| {
            let landing = |(source, column): (u32, Option<u32>)| Landing {
                source,
                site: column.unwrap_or(NOBODY),
                share: 1.0,
            };
            Landed::Parts((0..).zip(columns).map(landing).collect())
        })
    }
}

/// Where the sources of a row are among those that are followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// By source of the row; `None` for one that is not followed.
    places: Vec<Option<u32>>,
    /// Whether they are the same, in the same order.
    is_same: bool,
}

/// How sure it is where a source lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// In 95 % of the rows or more at one site.
    Certain,
    /// In 60 %.
    Likely,
    /// In fewer.
    TossUp,
}

impl Sureness {
    /// All of them, surest first.
    pub const ALL: [Sureness; 3] = [Sureness::Certain, Sureness::Likely, Sureness::TossUp];

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Sureness::Certain => "certain",
            Sureness::Likely => "likely",
            Sureness::TossUp => "toss-up",
        }
    }

    /// That of a share of the rows.
    pub fn of(share: f64) -> Sureness {
        // Shares are sums of parts, which are rounded.
        match share + 1e-9 {
            share if share >= CERTAIN => Sureness::Certain,
            share if share >= LIKELY => Sureness::Likely,
            _ => Sureness::TossUp,
        }
    }
}

fn city(world: &World, router: u32) -> &str {
    world.place(router).map_or("", |place| &place.code)
}

impl Places {
    /// Where each source that is followed landed in a row.
    pub fn landed(&self, placement: &Placement, sites: &RowSites) -> Landed {
        let Placement { streams, sites: landed, .. } = placement;
        let column = |site: &Option<u32>| site.map(|site| sites.column(site));
        let is_whole = self.is_same
            && streams.len() == self.places.len()
            && (0..).zip(streams).all(|(at, it)| it.source == at && it.share == 1.0);
        if is_whole {
            return Landed::whole(landed.iter().map(column));
        }
        let landing = |(stream, site): (&Stream, &Option<u32>)| {
            let source = self.places[stream.source as usize]?;
            Some(Landing { source, site: column(site).unwrap_or(NOBODY), share: stream.share })
        };
        Landed::Parts(streams.iter().zip(landed).filter_map(landing).collect())
    }

    /// Whether the sources are those that are followed, in the same order.
    pub fn is_same(&self) -> bool {
        self.is_same
    }
}

impl Certainty {
    /// Follows the sources of a brief.
    pub fn new(brief: &Brief<'_>) -> Certainty {
        let world = brief.situation().world;
        let known = |source: &Source| Known {
            asn: world.asn_of(source.router),
            city: city(world, source.router).to_owned(),
            name: source.name.clone(),
            demand: source.weight,
        };
        let sources: Vec<Known> = brief.sources.iter().map(known).collect();
        Certainty { landed: vec![Vec::new(); sources.len()], sources }
    }

    /// Sources that are followed.
    pub fn source_count(&self) -> usize {
        self.sources.len()
    }

    /// Where the sources of a row are among those that are followed. Sources are matched by AS,
    /// city and name, since a row may have others.
    pub fn places(&self, brief: &Brief<'_>) -> Places {
        let world = brief.situation().world;
        let key = |source: &'_ Source| (world.asn_of(source.router), city(world, source.router));
        let is_same = brief.sources.len() == self.sources.len()
            && brief.sources.iter().zip(&self.sources).all(|(source, known)| {
                key(source) == (known.asn, &*known.city) && source.name == known.name
            });
        if is_same {
            let places = (0..self.sources.len() as u32).map(Some).collect();
            return Places { places, is_same };
        }
        let mut by_key: BTreeMap<(Asn, &str, &str), u32> = BTreeMap::new();
        for (place, it) in (0..).zip(&self.sources) {
            by_key.entry((it.asn, &it.city, &it.name)).or_insert(place);
        }
        let find = |source: &Source| {
            let (asn, city) = key(source);
            by_key.get(&(asn, city, &*source.name)).copied()
        };
        Places { places: brief.sources.iter().map(find).collect(), is_same }
    }

    /// Counts a row. Rows must come in their order: sums depend on it.
    ///
    /// # Panics
    /// If the row is that of other sources.
    pub fn add(&mut self, landed: &Landed) {
        let mut add = |source: usize, site: u32, share: f64| {
            let landed = &mut self.landed[source];
            match landed.binary_search_by_key(&site, |entry| entry.0) {
                Ok(at) => landed[at].1 += share,
                Err(at) => landed.insert(at, (site, share)),
            }
        };
        match landed {
            Landed::Whole(columns) => {
                assert_eq!(columns.len(), self.sources.len(), "the row has other sources");
                for (source, column) in columns.iter().enumerate() {
                    let nobody = *column == NOBODY_SHORT;
                    add(source, if nobody { NOBODY } else { u32::from(*column) }, 1.0);
                }
            }
            Landed::Parts(parts) => {
                for Landing { source, site, share } in parts {
                    add(*source as usize, *site, *share);
                }
            }
        }
    }

    /// The counts as bytes, for whoever wants to go on later.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for landed in &self.landed {
            bytes.extend((landed.len() as u32).to_le_bytes());
            for (site, rows) in landed {
                bytes.extend(site.to_le_bytes());
                bytes.extend(rows.to_le_bytes());
            }
        }
        bytes
    }

    /// Takes back counts of the same sources; `None`, and no change, if they do not fit.
    #[must_use]
    pub fn restore(&mut self, bytes: &[u8]) -> Option<()> {
        let mut rest = bytes;
        let mut take = |count: usize| -> Option<&[u8]> {
            let (head, tail) = rest.split_at_checked(count)?;
            rest = tail;
            Some(head)
        };
        let mut landed = Vec::with_capacity(self.landed.len());
        for _ in 0..self.landed.len() {
            let count = u32::from_le_bytes(take(4)?.try_into().ok()?);
            let mut entries = Vec::new();
            for _ in 0..count {
                let site = u32::from_le_bytes(take(4)?.try_into().ok()?);
                entries.push((site, f64::from_le_bytes(take(8)?.try_into().ok()?)));
            }
            landed.push(entries);
        }
        if !rest.is_empty() {
            return None;
        }
        self.landed = landed;
        Some(())
    }

    /// The sites of a source, by column, most often first, with shares of the rows in which the
    /// source was there.
    fn ranked(&self, source: usize) -> Vec<(u32, f64)> {
        let landed = &self.landed[source];
        let total: f64 = landed.iter().map(|(_, rows)| rows).sum();
        let mut ranked: Vec<(u32, f64)> =
            landed.iter().map(|(site, rows)| (*site, rows / total)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
    }

    /// Demand by how sure it is where it lands, in the order of [`Sureness::ALL`].
    pub fn demand(&self) -> [f64; 3] {
        let mut demand = [0.0; 3];
        for (source, known) in self.sources.iter().enumerate() {
            if let Some((_, share)) = self.ranked(source).first() {
                demand[Sureness::of(*share) as usize] += known.demand;
            }
        }
        demand
    }

    /// One row for each source, ascending by ASN. `columns` are the names of the sites.
    pub fn table(&self, columns: &[String]) -> Table {
        let mut order: Vec<usize> = (0..self.sources.len()).collect();
        order.sort_by_key(|at| {
            let it = &self.sources[*at];
            (it.asn, &it.city, &it.name)
        });
        let ranked: Vec<Vec<(u32, f64)>> = order.iter().map(|at| self.ranked(*at)).collect();
        let name = |site: u32| columns.get(site as usize).map_or("nobody", String::as_str);
        let sites = |rank: usize| {
            Values::from_texts(ranked.iter().map(move |it| it.get(rank).map(|entry| name(entry.0))))
        };
        let shares = |rank: usize| {
            let share = |it: &Vec<(u32, f64)>| Some(100.0 * it.get(rank)?.1);
            Values::Decimal { decimals: 2, values: ranked.iter().map(share).collect() }
        };
        let sureness = |it: &Vec<(u32, f64)>| Some(Sureness::of(it.first()?.1).name());
        let sources = || order.iter().map(|at| &self.sources[*at]);
        let mut table = Table::default();
        let asns = sources().map(|it| Some(it.asn.0.into())).collect();
        table.push("asn", "", Values::Integer(asns));
        table.push("name", "", Values::from_texts(sources().map(|it| Some(&*it.name))));
        let city = |it: &'_ Known| (!it.city.is_empty()).then(|| it.city.clone());
        let cities: Vec<Option<String>> = sources().map(city).collect();
        table.push("city", "", Values::from_texts(cities.iter().map(Option::as_deref)));
        let demand = sources().map(|it| Some(it.demand)).collect();
        table.push("demand", "kq/s", Values::Decimal { decimals: 3, values: demand });
        table.push("site", "", sites(0));
        table.push("share", "%", shares(0));
        table.push("next_site", "", sites(1));
        table.push("next_share", "%", shares(1));
        table.push("sureness", "", Values::from_texts(ranked.iter().map(sureness)));
        table
    }
}

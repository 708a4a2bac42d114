//! Who inherits from whom, and whether that is the heir that a map would name.
//!
//! BGP hands a failed site's clients to whoever comes next by business and path length. The nearest
//! site may get none of them.

use std::collections::BTreeMap;

use crate::brief::Brief;
use crate::load::moves::Move;

/// Demand that goes from one site to another when something fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Heir {
    /// The site that had it; `None` if nobody had.
    pub from: Option<u32>,
    /// The heir; `None` if nobody serves it any more.
    pub to: Option<u32>,
    /// Demand, in kq/s.
    pub kqps: f64,
    /// The same in gigabits a second.
    pub gbps: f64,
    /// Sources of demand, whole or in part.
    pub sources: u32,
    /// Great-circle distance between the two sites, in km, where both places are known.
    pub km: Option<f64>,
    /// The part of it that another active site is nearer to.
    pub far: Option<Far>,
}

/// Demand that lands farther away than it would have to.
#[derive(Debug, Clone, PartialEq)]
pub struct Far {
    /// How much, in kq/s.
    pub kqps: f64,
    /// The nearest active site of most of it.
    pub nearest: u32,
    /// Mean of how much farther the heir is than the nearest active site, in km, by demand.
    pub extra_km: f64,
}

/// The sites by distance from each place, worked out when somebody asks.
pub struct Distances<'a> {
    brief: &'a Brief<'a>,
    sites: Vec<u32>,
    by_place: Vec<Option<Vec<(u32, f64)>>>,
}

impl<'a> Distances<'a> {
    /// Of the active sites of a brief.
    pub fn new(brief: &'a Brief<'a>) -> Distances<'a> {
        let by_place = vec![None; brief.situation().world.places.len()];
        Distances { brief, sites: brief.active_sites(), by_place }
    }

    /// The active sites with known places by distance in km from a router, the nearest first;
    /// none if its place is not known.
    pub fn from(&mut self, router: u32) -> &[(u32, f64)] {
        let world = self.brief.situation().world;
        let place = world.router_places[router as usize] as usize;
        let Some(slot) = self.by_place.get_mut(place) else { return &[] };
        slot.get_or_insert_with(|| {
            let of = |site: &u32| {
                let other = self.brief.service().sites[*site as usize].router;
                Some((*site, world.distance_km(router, other)?))
            };
            let mut sites: Vec<(u32, f64)> = self.sites.iter().filter_map(of).collect();
            sites.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            sites
        })
    }
}

/// What has moved, by (from, to), most demand first. `is_gone` says which sites serve nobody.
pub fn heirs(
    brief: &Brief<'_>,
    moves: &[Move],
    distances: &mut Distances<'_>,
    is_gone: impl Fn(u32) -> bool,
) -> Vec<Heir> {
    /// Sums of a pair of sites.
    #[derive(Default)]
    struct Sum {
        kqps: f64,
        gbps: f64,
        sources: u32,
        far_kqps: f64,
        far_kqps_km: f64,
        nearest: BTreeMap<u32, f64>,
    }
    let mut sums: BTreeMap<(Option<u32>, Option<u32>), Sum> = BTreeMap::new();
    for it in moves {
        let source = &brief.sources[it.source as usize];
        let sum = sums.entry((it.from, it.to)).or_default();
        let kqps = source.weight * it.share;
        sum.kqps += kqps;
        sum.gbps += source.gbps * it.share;
        sum.sources += 1;
        let Some(to) = it.to else { continue };
        let near = distances.from(source.router);
        let km_to = near.iter().find(|(site, _)| *site == to).map(|(_, km)| *km);
        let nearest = near.iter().find(|(site, _)| !is_gone(*site));
        if let (Some(km_to), Some((nearest, km))) = (km_to, nearest)
            && *km < km_to
        {
            sum.far_kqps += kqps;
            sum.far_kqps_km += kqps * (km_to - km);
            *sum.nearest.entry(*nearest).or_default() += kqps;
        }
    }
    let router = |site: u32| brief.service().sites[site as usize].router;
    let heir = |((from, to), sum): ((Option<u32>, Option<u32>), Sum)| {
        let km = from
            .zip(to)
            .and_then(|(from, to)| brief.situation().world.distance_km(router(from), router(to)));
        let most = sum.nearest.into_iter().reduce(|best, it| if it.1 > best.1 { it } else { best });
        let far = most.filter(|_| sum.far_kqps > 0.0).map(|(nearest, _)| Far {
            kqps: sum.far_kqps,
            nearest,
            extra_km: sum.far_kqps_km / sum.far_kqps,
        });
        Heir { from, to, kqps: sum.kqps, gbps: sum.gbps, sources: sum.sources, km, far }
    };
    let mut heirs: Vec<Heir> = sums.into_iter().map(heir).collect();
    heirs.sort_by(|a, b| b.kqps.total_cmp(&a.kqps));
    heirs
}

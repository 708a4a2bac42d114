//! What each site carries of a placement: now, and over the day (models 8.2).
//!
//! [`moves`] compares two placements, [`cascade`] follows what sites do that are overloaded.

pub mod cascade;
pub mod day;
pub mod moves;

use catchment_model::service::Capacity;

use crate::brief::Brief;
use crate::oracle::Placement;

/// Demand at one site.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Requests, in the unit of the world (kq/s where it has one).
    pub kqps: f64,
    /// Gigabits a second, of the sources that say it.
    pub gbps: f64,
    /// Sources that are served there, at least in part.
    pub sources: u32,
}

/// Demand by site, and what nobody serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Loads {
    /// By index of the site.
    pub sites: Vec<Load>,
    /// Demand of sources that reach no site.
    pub unserved: Load,
}

impl Loads {
    /// Those of a placement.
    pub fn of(brief: &Brief<'_>, placement: &Placement) -> Loads {
        let mut loads = Loads {
            sites: vec![Load::default(); brief.service().sites.len()],
            unserved: Load::default(),
        };
        let mut counted: Vec<Option<u32>> = vec![None; loads.sites.len() + 1];
        for (stream, site) in placement.iter() {
            let source = &brief.sources[stream.source as usize];
            let load = match site {
                Some(site) => &mut loads.sites[site as usize],
                None => &mut loads.unserved,
            };
            load.kqps += source.weight * stream.share;
            load.gbps += source.gbps * stream.share;
            let last = &mut counted[site.map_or(0, |site| site as usize + 1)];
            if last.replace(stream.source) != Some(stream.source) {
                load.sources += 1;
            }
        }
        loads
    }

    /// All demand, served or not.
    pub fn total(&self) -> Load {
        self.sites.iter().fold(self.unserved, |sum, load| Load {
            kqps: sum.kqps + load.kqps,
            gbps: sum.gbps + load.gbps,
            sources: sum.sources + load.sources,
        })
    }
}

impl Load {
    /// Load over capacity, the scarcer of the two; `None` where nothing is limited.
    pub fn utilization(&self, capacity: Capacity) -> Option<f64> {
        let over = |load: f64, capacity: Option<f64>| {
            capacity.map(|capacity| if load > 0.0 { load / capacity } else { 0.0 })
        };
        match (over(self.kqps, capacity.kqps), over(self.gbps, capacity.gbps)) {
            (Some(kqps), Some(gbps)) => Some(kqps.max(gbps)),
            (kqps, gbps) => kqps.or(gbps),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

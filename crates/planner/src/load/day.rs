//! Demand over the day: it follows the sun, and so the worst hour of a site is that of its clients,
//! or of those that it inherits (models 8.2).
//!
//! A source asks for w (1 + a cos(2π (h − peak) / 24)) at its local hour h. Sums of such waves are
//! such waves: two numbers for each site hold its whole day, whatever number of sources it has.
//! Local time goes by longitude, 15 degrees an hour; time zones are politics. A source without a
//! place asks alike at all hours.

use std::f64::consts::PI;

use catchment_model::Rules;

use crate::brief::Brief;
use crate::load::{Load, Loads};
use crate::oracle::Placement;

/// Hours of a day.
pub const HOURS: u32 = 24;

/// Demand at a local hour as a multiple of its daily mean (models 8.2).
pub fn diurnal(rules: &Rules, local_hour: f64) -> f64 {
    1.0 + rules.diurnal_a * libm::cos(angle(local_hour - rules.h_peak))
}

fn angle(hours: f64) -> f64 {
    2.0 * PI * hours / f64::from(HOURS)
}

/// Cosine and sine of how far ahead of the daily peak a source is at 0 h UTC; `None` without a
/// place.
pub(crate) fn phase(brief: &Brief<'_>, router: u32) -> Option<(f64, f64)> {
    let lon = brief.situation().world.place(router)?.at.lon;
    let ahead = angle(lon / 15.0 - brief.situation().rules.h_peak);
    Some((libm::cos(ahead), libm::sin(ahead)))
}

/// How far demand is from its mean over the day: a wave.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Wave {
    cosine: f64,
    sine: f64,
}

impl Wave {
    fn add(&mut self, demand: f64, (cosine, sine): (f64, f64)) {
        self.cosine += demand * cosine;
        self.sine += demand * sine;
    }

    fn at(&self, hour: u32) -> f64 {
        let now = angle(f64::from(hour));
        self.cosine * libm::cos(now) - self.sine * libm::sin(now)
    }
}

/// Loads of all sites over a day, whose mean is that of the demand as given.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    mean: Loads,
    amplitude: f64,
    /// Requests, gigabits: by site, and last what nobody serves.
    waves: Vec<[Wave; 2]>,
}

impl Day {
    /// That of a placement.
    pub fn of(brief: &Brief<'_>, placement: &Placement) -> Day {
        let mean = Loads::of(brief, placement);
        let nobody = mean.sites.len();
        let mut waves = vec![[Wave::default(); 2]; nobody + 1];
        for (stream, site) in placement.iter() {
            let source = &brief.sources[stream.source as usize];
            let Some(phase) = phase(brief, source.router) else { continue };
            let [kqps, gbps] = &mut waves[site.map_or(nobody, |site| site as usize)];
            kqps.add(source.weight * stream.share, phase);
            gbps.add(source.gbps * stream.share, phase);
        }
        Day { mean, amplitude: brief.situation().rules.diurnal_a, waves }
    }

    /// That of sums over the sources of each site, and last of those that nobody serves: their
    /// demand, and for requests and gigabits the same times the cosine and the sine of [`phase`].
    pub(crate) fn of_sums(brief: &Brief<'_>, mean: Loads, waves: &[[(f64, f64); 2]]) -> Day {
        let wave = |(cosine, sine): (f64, f64)| Wave { cosine, sine };
        let waves = waves.iter().map(|both| both.map(wave)).collect();
        Day { mean, amplitude: brief.situation().rules.diurnal_a, waves }
    }

    /// The mean over the day.
    pub fn mean(&self) -> &Loads {
        &self.mean
    }

    /// Load of a site at a full hour, UTC.
    pub fn at(&self, site: u32, hour: u32) -> Load {
        self.load(self.mean.sites[site as usize], site as usize, hour)
    }

    /// Loads of all sites at a full hour, UTC.
    pub fn loads(&self, hour: u32) -> Loads {
        let sites = self.mean.sites.iter().enumerate();
        Loads {
            sites: sites.map(|(site, mean)| self.load(*mean, site, hour)).collect(),
            unserved: self.load(self.mean.unserved, self.mean.sites.len(), hour),
        }
    }

    fn load(&self, mean: Load, place: usize, hour: u32) -> Load {
        let [kqps, gbps] = &self.waves[place];
        // What is nothing in exact numbers may come out a little below.
        let load = |mean: f64, wave: &Wave| (mean + self.amplitude * wave.at(hour)).max(0.0);
        Load { kqps: load(mean.kqps, kqps), gbps: load(mean.gbps, gbps), ..mean }
    }

    /// The full hour (UTC) at which a measure of a site's load is highest, the first of equals, and
    /// that measure.
    pub fn peak(&self, site: u32, measure: impl Fn(&Load) -> f64) -> (f64, u32) {
        let at = |hour: u32| (measure(&self.at(site, hour)), hour);
        (1..HOURS).map(at).fold(at(0), |best, next| if next.0 > best.0 { next } else { best })
    }
}

//! Places on the Earth, distances between them, and the time light needs (models 3.1).
//!
//! All functions use `libm`, whose results are the same on every machine: IGP costs and the
//! textbook rules compare what is computed here, after rounding to whole kilometres and
//! microseconds.

use std::fmt;

/// Mean Earth radius in km (models, conventions).
pub const EARTH_RADIUS_KM: f64 = 6371.0;
/// One-way speed of light in fibre, km per ms (models, conventions).
pub const FIBRE_KM_PER_MS: f64 = 200.0;

/// Degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatLon {
    /// Degrees, −90 to 90, north positive.
    pub lat: f64,
    /// Degrees, −180 to 180, east positive.
    pub lon: f64,
}

impl LatLon {
    /// Whether both coordinates are numbers in range.
    pub fn is_valid(&self) -> bool {
        (-90.0..=90.0).contains(&self.lat) && (-180.0..=180.0).contains(&self.lon)
    }

    /// Great-circle distance in km, by the haversine formula (models 3.1).
    pub fn distance_km(&self, other: &LatLon) -> f64 {
        let radians = |degrees: f64| degrees * (std::f64::consts::PI / 180.0);
        let half_sine_squared = |angle: f64| {
            let sine = libm::sin(radians(angle) / 2.0);
            sine * sine
        };
        let h = half_sine_squared(other.lat - self.lat)
            + libm::cos(radians(self.lat))
                * libm::cos(radians(other.lat))
                * half_sine_squared(other.lon - self.lon);
        2.0 * EARTH_RADIUS_KM * libm::asin(libm::sqrt(h.clamp(0.0, 1.0)))
    }
}

/// A city of a world.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// IATA code in upper case where the city has one, else any short name without spaces.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Two letters (ISO 3166), empty if unknown.
    pub country: String,
    /// Where it is.
    pub at: LatLon,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(lat: f64, lon: f64) -> LatLon {
        LatLon { lat, lon }
    }
    const JFK: LatLon = at(40.6413, -73.7781);
    const LHR: LatLon = at(51.4700, -0.4543);
    const IST: LatLon = at(41.2753, 28.7519);
    const FRA: LatLon = at(50.0379, 8.5622);
    const BOM: LatLon = at(19.0896, 72.8656);
    const GRU: LatLon = at(-23.4356, -46.4731);
    const MIA: LatLon = at(25.7959, -80.2870);
    const SYD: LatLon = at(-33.9399, 151.1753);

    #[track_caller]
    fn close(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
    }

    #[test]
    fn t3_1_distances_and_floors() {
        let cases = [
            (JFK, LHR, 5540.0),
            (IST, FRA, 1838.1),
            (IST, BOM, 4834.4),
            (GRU, MIA, 6573.6),
            (FRA, SYD, 16496.3),
        ];
        for (a, b, km) in cases {
            close(a.distance_km(&b), km, 0.1);
        }
        let floor_ms = 2.0 * JFK.distance_km(&LHR) / FIBRE_KM_PER_MS;
        close(floor_ms, 55.40, 0.01);
        close(floor_ms * 1.4, 77.56, 0.01);
        close(floor_ms * 2.1, 116.34, 0.01);
    }

    #[test]
    fn t3_2_symmetric_zero_and_antipodal() {
        assert_eq!(JFK.distance_km(&LHR), LHR.distance_km(&JFK));
        assert_eq!(FRA.distance_km(&FRA), 0.0);
        close(at(10.0, 20.0).distance_km(&at(-10.0, -160.0)), 20015.1, 0.05);
        close(at(90.0, 0.0).distance_km(&at(-90.0, 77.0)), 20015.1, 0.05);
    }

    #[test]
    fn t3_3_geographic_inflation_of_istanbul() {
        // Models 3.4: 2 × (distance reached − distance of the nearest site) / 200 ms.
        let inflation_ms = 2.0 * (IST.distance_km(&BOM) - IST.distance_km(&FRA)) / FIBRE_KM_PER_MS;
        close(inflation_ms, 29.96, 0.005);
    }
}

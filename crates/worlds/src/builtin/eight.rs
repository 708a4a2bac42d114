//! The world of models 12.4, with its own rules (`eight`), with those of introductions
//! (`hello`), and without sites (`empty`).

use catchment_model::rules::Setting;

use super::plan::Plan;
use crate::BaseWorld;

/// Models 12.4, as printed there. Regions follow models 8.6: London lies outside the EU.
pub(super) const EIGHT: Plan = Plan {
    name: "eight",
    cities: &[
        ("JFK", "New York", "US", "na", 40.64, -73.78),
        ("MIA", "Miami", "US", "na", 25.79, -80.29),
        ("GRU", "São Paulo", "BR", "sa", -23.43, -46.47),
        ("LHR", "London", "GB", "uk", 51.47, -0.45),
        ("FRA", "Frankfurt", "DE", "eu", 50.03, 8.57),
        ("BOM", "Mumbai", "IN", "asia", 19.09, 72.87),
        ("NRT", "Tokyo", "JP", "asia", 35.76, 140.39),
        ("SIN", "Singapore", "SG", "asia", 1.36, 103.99),
        ("SYD", "Sydney", "AU", "oceania", -33.95, 151.18),
        ("IST", "Istanbul", "TR", "me", 41.28, 28.75),
        ("BER", "Berlin", "DE", "eu", 52.36, 13.50),
        ("SFO", "San Francisco", "US", "na", 37.62, -122.38),
        ("SVO", "Moscow", "RU", "ru", 55.97, 37.41),
        ("BOG", "Bogotá", "CO", "sa", 4.70, -74.15),
        ("JNB", "Johannesburg", "ZA", "africa", -26.14, 28.25),
        ("ICN", "Seoul", "KR", "asia", 37.46, 126.44),
    ],
    networks: &[
        (1299, "Arelion", &["JFK", "LHR", "FRA", "SVO", "IST"]),
        (3356, "Lumen", &["JFK", "MIA", "GRU", "LHR", "FRA", "SFO", "BOG"]),
        (2914, "NTT", &["JFK", "LHR", "FRA", "SIN", "NRT", "SYD", "SFO"]),
        (6453, "Tata", &["JFK", "LHR", "FRA", "BOM", "SIN", "NRT", "IST", "JNB"]),
        (12956, "Telxius", &["JFK", "MIA", "GRU", "BOG"]),
    ],
    peers: &[1299, 3356, 2914, 6453, 12956],
    peering_cities: &["JFK", "LHR", "FRA", "MIA", "SIN", "NRT"],
    transit: &[],
    sites: &[
        ("JFK", 64496, &[(3356, None)], 300.0),
        ("MIA", 64497, &[(3356, None), (12956, None)], 120.0),
        ("GRU", 64498, &[(12956, None)], 300.0),
        ("LHR", 64499, &[(3356, None)], 120.0),
        ("FRA", 64500, &[(1299, None)], 480.0),
        ("BOM", 64501, &[(6453, None)], 680.0),
        ("NRT", 64502, &[(2914, None)], 280.0),
        ("SIN", 64503, &[(6453, None)], 80.0),
    ],
    clients: &[
        ("New York-A", 65536, "JFK", &[(3356, None)], 60.0),
        ("New York-B", 65537, "JFK", &[(3356, None), (1299, None)], 40.0),
        ("San Francisco", 65538, "SFO", &[(3356, None)], 50.0),
        ("Miami", 65539, "MIA", &[(3356, None)], 20.0),
        ("Bogota", 65540, "BOG", &[(3356, None)], 40.0),
        ("Sao Paulo", 65541, "GRU", &[(12956, None)], 150.0),
        ("London", 65542, "LHR", &[(3356, None)], 60.0),
        ("Berlin", 65543, "BER", &[(1299, Some("FRA"))], 60.0),
        ("Moscow", 65544, "SVO", &[(1299, None)], 110.0),
        ("Istanbul", 65545, "IST", &[(1299, None), (6453, None)], 70.0),
        ("Mumbai", 65546, "BOM", &[(6453, None)], 300.0),
        ("Johannesburg", 65547, "JNB", &[(6453, None)], 40.0),
        ("Singapore", 65548, "SIN", &[(6453, None), (2914, None)], 20.0),
        ("Tokyo-A", 65549, "NRT", &[(2914, None)], 60.0),
        ("Tokyo-B", 65550, "NRT", &[(6453, None)], 40.0),
        ("Seoul", 65551, "ICN", &[(2914, Some("NRT")), (6453, Some("NRT"))], 40.0),
        ("Sydney", 64511, "SYD", &[(2914, None)], 20.0),
    ],
};

/// What the small built-in worlds carry (design section 6): links and messages take time, and
/// nothing else does.
pub(super) fn small_world_rules(oldest_rule: &str) -> Vec<(&'static str, Setting)> {
    let text = |value: &str| Setting::Text(value.to_owned());
    vec![
        ("oldest_rule", text(oldest_rule)),
        ("mrai_ebgp", text("0s")),
        ("mrai_ibgp", text("0s")),
        ("mrai_busy", Setting::Float(0.0)),
        ("ssld", Setting::Bool(false)),
        ("fib_delay", text("0s")),
        ("connect_retry", text("0s")),
    ]
}

fn eight_rules() -> Vec<(&'static str, Setting)> {
    let mut rules = small_world_rules("timestamp");
    rules.push(("stretch_link", Setting::Float(2.1)));
    rules
}

pub(super) fn eight() -> BaseWorld {
    EIGHT.build(eight_rules())
}

pub(super) fn hello() -> BaseWorld {
    let mut rules = eight_rules();
    rules.push(("decision", Setting::Text("textbook".to_owned())));
    Plan { name: "hello", ..EIGHT }.build(rules)
}

/// Identifiers run on without a gap: clients follow the transit networks.
pub(super) fn empty() -> BaseWorld {
    EIGHT.without_sites("empty").build(eight_rules())
}

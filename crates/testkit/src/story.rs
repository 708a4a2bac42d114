//! Scenarios as text, solved: so that a test reads as what a user would type and see.

use std::fmt::Write as _;

use catchment_formats::scenario::{self, Syntax};
use catchment_formats::table::{self, Format};
use catchment_model::scenario::WorldSource;
use catchment_model::schedule::Occurrence;
use catchment_model::{Asn, Mistake, Scenario, Table};
use catchment_routing::explain::{Explanation, explain};
use catchment_routing::table::{Options, solve_table};
use catchment_routing::{Catchment, Situation, solve};
use catchment_worlds::assemble::{Assembled, assemble, schedule};
use catchment_worlds::builtin;
use catchment_worlds::from_data::from_synthetic;
use catchment_worlds::synthetic::{SyntheticSpec, generate};

/// A solved scenario.
#[derive(Debug, Clone)]
pub struct Story {
    /// What was written.
    pub scenario: Scenario,
    /// What the solver was asked.
    pub assembled: Assembled,
    /// The answer for each prefix.
    pub catchments: Vec<Catchment>,
}

/// Solves a scenario on a built-in world. `format`, `name` and the prefix 192.0.2.0/24 are filled
/// in where the text does not give them.
///
/// # Panics
/// If the scenario has mistakes or does not settle.
pub fn story(text: &str) -> Story {
    let mut full = String::from("format = 1\nname = \"story\"\n");
    let (top, rest) = match text.find("\n[") {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let _ = writeln!(full, "{top}\n{rest}");
    if !text.contains("prefixes =") {
        full.push_str("\n[service]\nprefixes = [\"192.0.2.0/24\"]\n");
    }
    whole(&full, None)
}

/// Solves a whole scenario on a built-in or synthetic world, or one of its variants by name.
///
/// # Panics
/// If the scenario has mistakes or does not settle, or there is no such variant.
pub fn whole(text: &str, variant: Option<&str>) -> Story {
    let settled = |result: Result<Scenario, Vec<Mistake>>| {
        result.unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:#?}"))
    };
    let reading = scenario::read(text, Syntax::Toml, &[]);
    let mut scenario = settled(reading.map(|reading| reading.scenario));
    if let Some(name) = variant {
        let index = scenario.compare.iter().position(|it| it.name == name);
        let index = index.unwrap_or_else(|| panic!("there is no variant `{name}`"));
        scenario = settled(scenario::with_variant(&scenario, index));
    }
    let base = match &scenario.world {
        WorldSource::Builtin(name) => {
            builtin(name).unwrap_or_else(|| panic!("there is no world `{name}`"))
        }
        WorldSource::Synthetic { ases, seed } => {
            let spec = SyntheticSpec { ases: *ases, seed: *seed };
            from_synthetic("synthetic", &generate(&spec).expect("it can be had"))
        }
        _ => panic!("stories read no files"),
    };
    let assembled =
        assemble(&base, &scenario).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:#?}"));
    let situation = situation(&assembled);
    let prefixes = 0..assembled.service.prefixes.len() as u16;
    let catchments = prefixes.map(|prefix| solve(situation, prefix).expect("it settles")).collect();
    Story { scenario, assembled, catchments }
}

/// What the solver is asked.
pub fn situation(assembled: &Assembled) -> Situation<'_> {
    Situation {
        world: &assembled.world,
        overlay: &assembled.overlay,
        service: &assembled.service,
        rules: &assembled.rules,
        seed: assembled.seed,
    }
}

impl Story {
    /// The table of `solve`.
    pub fn table(&self, options: Options) -> Table {
        solve_table(situation(&self.assembled), &self.catchments, options)
    }

    /// The table of `solve` as CSV.
    pub fn csv(&self, options: Options) -> String {
        let mut bytes = Vec::new();
        table::write(&self.table(options), Format::Csv, &mut bytes).expect("memory takes it");
        String::from_utf8(bytes).expect("CSV is text")
    }

    /// The CSV lines of some ASes, without the header.
    pub fn rows(&self, asns: &[u32]) -> String {
        let csv = self.csv(Options::default());
        let of = |asn: &u32| {
            let start = format!("{asn},");
            csv.lines().filter(move |line| line.starts_with(&start)).map(str::to_owned)
        };
        asns.iter().flat_map(|asn| of(asn).collect::<Vec<_>>()).collect::<Vec<_>>().join("\n")
    }

    /// For each named client the site where it lands, and its AS path.
    pub fn clients(&self) -> String {
        let mut text = String::new();
        let world = &self.assembled.world;
        for client in &world.clients {
            let site = self.catchments[0].site(client.router);
            let site =
                site.map_or("-", |site| self.assembled.service.sites[site as usize].name.as_str());
            let path = self.catchments[0].as_path(world, client.router).unwrap_or_default();
            let path: Vec<String> = path.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "{:16} {site:4} {}", client.name, path.join(" "));
        }
        text
    }

    /// The same with one site withdrawn: it stays in the world and announces nothing.
    ///
    /// # Panics
    /// If that does not settle.
    pub fn without(&self, site: u32) -> Story {
        let mut assembled = self.assembled.clone();
        assembled.service.sites[site as usize].active = false;
        let prefixes = 0..assembled.service.prefixes.len() as u16;
        let situation = situation(&assembled);
        let catchments =
            prefixes.map(|prefix| solve(situation, prefix).expect("it settles")).collect();
        Story { scenario: self.scenario.clone(), assembled, catchments }
    }

    /// What happens when.
    ///
    /// # Panics
    /// If the events have mistakes.
    pub fn schedule(&self) -> Vec<Occurrence> {
        schedule(&self.assembled, &self.scenario).expect("the story was assembled")
    }

    /// Unweighted mean of the AS path lengths of the clients with a route (models 12.4).
    pub fn path_length_mean(&self) -> Option<f64> {
        let clients = &self.assembled.world.clients;
        let length = |client: &catchment_model::world::Client| {
            Some(self.catchments[0].route(client.router)?.path_length)
        };
        let lengths: Vec<u32> = clients.iter().filter_map(length).collect();
        (!lengths.is_empty()).then(|| f64::from(lengths.iter().sum::<u32>()) / lengths.len() as f64)
    }

    /// Names of the clients that land elsewhere than in `other`, with the site here.
    pub fn moved_from(&self, other: &Story) -> Vec<String> {
        let site = |story: &Story, client: usize| {
            let router = story.assembled.world.clients[client].router;
            let site = story.catchments[0].site(router);
            site.map(|site| story.assembled.service.sites[site as usize].name.to_string())
        };
        let clients = 0..self.assembled.world.clients.len();
        clients
            .filter(|client| site(self, *client) != site(other, *client))
            .map(|client| {
                let name = &self.assembled.world.clients[client].name;
                format!("{name} to {}", site(self, client).unwrap_or_else(|| "nowhere".to_owned()))
            })
            .collect()
    }

    /// Why an AS lands where it does.
    ///
    /// # Panics
    /// If there is no such AS.
    pub fn explain(&self, asn: u32) -> Explanation {
        let world = &self.assembled.world;
        let router = world.shown_router(world.routers_of_asn(Asn(asn)));
        explain(situation(&self.assembled), &self.catchments, router, 0).expect("it is solvable")
    }
}

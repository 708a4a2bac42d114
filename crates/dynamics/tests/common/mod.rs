//! What tests of the event engine share: scripts made from schedules, and states as text.

#![allow(dead_code, reason = "each test is a program of its own and uses a part")]

pub mod net;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::play::{RouteLog, play_prefix};
use catchment_dynamics::script::Script;
use catchment_dynamics::state::{At, Moment, Options};
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::{Asn, Duration, Table};
use catchment_routing::Situation;
use catchment_testkit::story::{Story, situation};

/// Lets `act` see a script that plays a schedule.
pub fn with_script<T>(
    situation: Situation<'_>,
    schedule: &[Occurrence],
    act: impl FnOnce(&Script<'_>, &Adjacency) -> T,
) -> T {
    let adjacency = Adjacency::new(situation.world, situation.rules);
    let (geodns, regional, client_gbps) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
    let script = Script {
        situation,
        schedule,
        steering: Steering::Anycast,
        prefix: 0,
        geodns: &geodns,
        regional: &regional,
        client_gbps: &client_gbps,
        senders: None,
        bystanders: false,
    };
    act(&script, &adjacency)
}

/// The network of a situation at a time.
pub fn table_at(
    situation: Situation<'_>,
    schedule: &[Occurrence],
    at: At,
    options: Options,
) -> Table {
    with_script(situation, schedule, |script, adjacency| {
        let mut go_on = |_, _| ControlFlow::Continue(());
        Moment::reach(script, adjacency, at, &mut go_on).expect("it settles").table(options)
    })
}

/// The whole run of the first prefix of a story.
pub fn log_of(story: &Story, schedule: &[Occurrence]) -> RouteLog {
    with_script(situation(&story.assembled), schedule, |script, adjacency| {
        let mut go_on = |_, _| ControlFlow::Continue(());
        play_prefix(script, adjacency, 0, &mut go_on).expect("it settles").0
    })
}

/// A time in seconds.
pub fn at_s(s: i64) -> At {
    At::Time(Duration::from_s(s))
}

/// An event of a schedule, at a time in seconds.
pub fn occurrence(at_s: i64, index: u32, deed: Deed, label: &str) -> Occurrence {
    Occurrence { at: Duration::from_s(at_s), index, deed, label: label.to_owned() }
}

/// A site, by name.
pub fn site_of(story: &Story, name: &str) -> u32 {
    story.assembled.service.site_index(&name.parse().unwrap()).unwrap()
}

/// A site withdraws at 10 s and returns at 600 s.
pub fn fails_and_returns(story: &Story, name: &str) -> [Occurrence; 2] {
    let site = site_of(story, name);
    let how = FailureKind::Withdraw;
    [
        occurrence(10, 0, Deed::Fail { site, how }, &format!("{name} fails (withdraw)")),
        occurrence(600, 1, Deed::Restore { site }, &format!("{name} returns")),
    ]
}

/// A column of the rows of some ASes; `-` where it is empty.
pub fn cells(table: &Table, column: &str, asns: &[Asn]) -> Vec<String> {
    let (keys, values) = (table.column("asn").unwrap(), table.column(column).unwrap());
    let row = |asn: &Asn| {
        let is_it = |row: &usize| keys.values.print(*row) == Some(asn.to_string());
        (0..table.row_count()).find(is_it).expect("the AS has a row")
    };
    asns.iter().map(|asn| values.values.print(row(asn)).unwrap_or("-".to_owned())).collect()
}

/// The clients of a story at a time: name, site and AS path of each.
pub struct Clients(pub Vec<[String; 3]>);

impl Clients {
    /// Reads them from the table of the state.
    pub fn at(story: &Story, schedule: &[Occurrence], at: At) -> Clients {
        let table = table_at(situation(&story.assembled), schedule, at, Options::default());
        let world = &story.assembled.world;
        let asns: Vec<Asn> =
            world.clients.iter().map(|client| world.asn_of(client.router)).collect();
        let sites = cells(&table, "site", &asns);
        let paths = cells(&table, "as_path", &asns);
        let names = world.clients.iter().map(|client| client.name.clone());
        Clients(
            names.zip(sites).zip(paths).map(|((name, site), path)| [name, site, path]).collect(),
        )
    }

    /// Who is elsewhere than in `before`, and where: `Istanbul bom, Berlin lhr`.
    pub fn moved_since(&self, before: &Clients) -> String {
        let pairs = self.0.iter().zip(&before.0);
        let moved = pairs.filter(|(after, before)| after[1] != before[1]);
        moved.map(|([name, site, _], _)| format!("{name} {site}")).collect::<Vec<_>>().join(", ")
    }

    /// Unweighted mean of the AS path lengths of the clients with a route (models 12.4).
    pub fn path_length_mean(&self) -> f64 {
        let lengths: Vec<usize> = self
            .0
            .iter()
            .filter(|[_, _, path]| path != "-")
            .map(|[_, _, path]| path.split_whitespace().count())
            .collect();
        lengths.iter().sum::<usize>() as f64 / lengths.len() as f64
    }

    /// One of them, as `site, path`.
    pub fn of(&self, name: &str) -> String {
        let [_, site, path] = self.0.iter().find(|[it, ..]| it == name).expect("it is a client");
        format!("{site}, {path}")
    }
}

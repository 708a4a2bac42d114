//! Border clients: demand for which several sites are equally good, so that a convention, a coin
//! or the order of announcements decides. And what would settle each of them (models 12.6).

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::play::{Unfinished, Watch, covering};
use catchment_dynamics::{Script, Source};
use catchment_model::relation::Class;
use catchment_model::service::{Announcement, Reach};
use catchment_model::table::Values;
use catchment_model::{Asn, Overlay, Service, Table};
use catchment_routing::explain::label;
use catchment_routing::policy::class_local_pref;
use catchment_routing::{Catchment, Policy, Situation, Ties, Unsolved, Via, choice, solve};

use crate::answer::Section;
use crate::brief::Brief;
use crate::oracle::{Method, Oracle, Unplanned};
use crate::steer::trial::settled;
use crate::steer::{neighbor_text, said, sessions_of};

/// Sites to which a settlement is looked for, for each client.
const SITES_MAX: usize = 3;
/// Above the LOCAL_PREF of the class and below that of the next: enough to win, and no more.
const LOCAL_PREF_MORE: u32 = 10;

/// The border clients of a brief.
#[derive(Debug, Clone, PartialEq)]
pub struct Border {
    /// Sources that could land at several sites.
    pub tied_sources: u32,
    /// Their demand, in the unit of the world.
    pub tied_kqps: f64,
    /// Those with most demand, with what would settle them.
    pub clients: Vec<BorderClient>,
}

/// A source that could land at several sites.
#[derive(Debug, Clone, PartialEq)]
pub struct BorderClient {
    /// The source, by index.
    pub source: u32,
    /// The site where it lands today: most of it, where its flows are spread.
    pub site: u32,
    /// Sites and how likely each is if ties are broken by fair coins; ascending by site.
    pub shares: Vec<(u32, f64)>,
    /// The first router on the way whose tied routes lead to different sites.
    pub decider: u32,
    /// What would settle it, for each site that it could land at; least moved demand first.
    pub settlements: Vec<Settlement>,
}

/// A change after which the client lands at one site whatever the coins say.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// That site.
    pub site: u32,
    /// The change.
    pub how: How,
    /// Demand of others that lands elsewhere by it, in the unit of the world.
    pub moved_kqps: f64,
    /// How many others those are.
    pub moved_sources: u32,
}

/// What settles a border client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A site prepends on a session.
    Prepend {
        /// The site.
        site: u32,
        /// The session.
        session: u32,
        /// How often.
        count: u8,
    },
    /// A site stops announcing on a session.
    Silence {
        /// The site.
        site: u32,
        /// The session.
        session: u32,
    },
    /// The network that decides prefers a neighbor.
    LocalPref {
        /// The network.
        asn: Asn,
        /// Its neighbor.
        neighbor: Asn,
        /// LOCAL_PREF of the routes from it.
        value: u32,
    },
}

/// A solved state with its ties, for each prefix that sources send to.
///
/// Ties are those of routers that ask nobody about the past. Where they do ask, where a source
/// lands is played ([`State::landed`]); that a client is settled is as true there, since nothing is
/// left for the past to decide.
struct State {
    /// By prefix: those that cover it, longest first.
    chains: BTreeMap<u16, Vec<u16>>,
    catchments: BTreeMap<u16, Catchment>,
    ties: BTreeMap<u16, Ties>,
}

/// Finds the border clients, and for the `most` with most demand what would settle them.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn border(brief: &Brief<'_>, most: usize, watch: Watch<'_>) -> Result<Border, Unplanned> {
    let situation = brief.situation();
    let today = State::of(brief, situation)?;
    let landed = today.landed(brief)?;
    let mut tied: Vec<(u32, &Source)> = (0..)
        .zip(&brief.sources)
        .filter(|(_, source)| source.weight > 0.0 && today.shares(brief, source).len() > 1)
        .collect();
    let tied_kqps = tied.iter().fold(0.0, |sum, (_, source)| sum + source.weight);
    let tied_sources = tied.len() as u32;
    tied.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight));
    tied.truncate(most);
    let mut clients = Vec::with_capacity(tied.len());
    for (done, (index, source)) in tied.iter().enumerate() {
        if let ControlFlow::Break(()) = watch(done as u64, tied.len() as u64) {
            return Err(Unfinished::Cancelled.into());
        }
        clients.extend(today.client(brief, &landed, *index, source)?);
    }
    Ok(Border { tied_sources, tied_kqps, clients })
}

impl State {
    fn of(brief: &Brief<'_>, situation: Situation<'_>) -> Result<State, Unsolved> {
        let mut state =
            State { chains: BTreeMap::new(), catchments: BTreeMap::new(), ties: BTreeMap::new() };
        for source in &brief.sources {
            let prefix = brief.prefix_of(source);
            state.chains.entry(prefix).or_insert_with(|| covering(&brief.script, prefix));
        }
        for prefix in state.chains.values().flatten() {
            if !state.catchments.contains_key(prefix) {
                state.catchments.insert(*prefix, solve(situation, *prefix)?);
            }
        }
        for (prefix, chain) in &state.chains {
            let chain: Vec<(Policy<'_>, &Catchment)> = chain
                .iter()
                .map(|it| (Policy::new(situation, *it), &state.catchments[it]))
                .collect();
            state.ties.insert(*prefix, Ties::along(&chain));
        }
        Ok(state)
    }

    fn shares(&self, brief: &Brief<'_>, source: &Source) -> &[(u32, f64)] {
        &self.ties[&brief.prefix_of(source)].shares[source.router as usize]
    }

    /// The prefix whose route a router uses for an address of another.
    fn used(&self, target: u16, router: u32) -> Option<u16> {
        let has_route = |prefix: &&u16| self.catchments[*prefix].site(router).is_some();
        self.chains[&target].iter().find(has_route).copied()
    }

    fn site(&self, brief: &Brief<'_>, source: &Source) -> Option<u32> {
        let used = self.used(brief.prefix_of(source), source.router)?;
        self.catchments[&used].site(source.router)
    }

    /// The site where each source lands, or most of it; `None` where nobody answers.
    fn landed(&self, brief: &Brief<'_>) -> Result<Vec<Option<u32>>, Unplanned> {
        let method = Method::of(brief);
        if method == Method::Solve {
            return Ok(brief.sources.iter().map(|source| self.site(brief, source)).collect());
        }
        let placement = Oracle::by(method, brief)?.base()?;
        let mut most: Vec<(f64, Option<u32>)> = vec![(0.0, None); brief.sources.len()];
        for (stream, site) in placement.iter() {
            let known = &mut most[stream.source as usize];
            if stream.share > known.0 {
                *known = (stream.share, site);
            }
        }
        Ok(most.into_iter().map(|(_, site)| site).collect())
    }

    fn client(
        &self,
        brief: &Brief<'_>,
        landed: &[Option<u32>],
        index: u32,
        source: &Source,
    ) -> Result<Option<BorderClient>, Unplanned> {
        let situation = brief.situation();
        let target = brief.prefix_of(source);
        let Some(used) = self.used(target, source.router) else { return Ok(None) };
        let catchment = &self.catchments[&used];
        let Some(site) = landed[index as usize] else { return Ok(None) };
        let ties = &self.ties[&target];
        let behind = |via: &Via| match via {
            Via::Own => None,
            Via::External(other) | Via::Internal(other) => Some(&ties.shares[*other as usize]),
        };
        let splits = |router: u32| {
            let choice = choice(situation, used, catchment, router)?;
            let first = behind(choice.tied.first()?)?;
            let differs = choice.tied.iter().any(|via| behind(via) != Some(first));
            differs.then_some((router, choice.tied))
        };
        let Some((decider, tied)) = catchment.walk(source.router).find_map(splits) else {
            return Ok(None);
        };
        let shares = ties.shares[source.router as usize].clone();
        let mut client = BorderClient { source: index, site, shares, decider, settlements: vec![] };
        let mut likely = client.shares.clone();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (wanted, _) in likely.into_iter().take(SITES_MAX) {
            for how in self.ways(brief, used, &client, &tied, wanted) {
                let Some(settlement) = State::settles(brief, landed, &client, wanted, how)? else {
                    continue;
                };
                client.settlements.push(settlement);
            }
        }
        let key = |it: &Settlement| (it.moved_sources, it.site);
        client.settlements.sort_by(|a, b| {
            a.moved_kqps.total_cmp(&b.moved_kqps).then_with(|| key(a).cmp(&key(b)))
        });
        Ok(Some(client))
    }

    /// Changes that could bring a client to a site.
    fn ways(
        &self,
        brief: &Brief<'_>,
        prefix: u16,
        client: &BorderClient,
        tied: &[Via],
        wanted: u32,
    ) -> Vec<How> {
        let Situation { world, service, rules, .. } = brief.situation();
        let catchment = &self.catchments[&prefix];
        let mut ways: Vec<How> = Vec::new();
        for via in tied {
            let (Via::External(next) | Via::Internal(next)) = *via else { continue };
            let Some(at) = catchment.site(next) else { continue };
            if at == wanted {
                if let Via::External(next) = *via {
                    let class =
                        catchment.route(client.decider).map_or(Class::Provider, |it| it.class);
                    let value = class_local_pref(rules, class).saturating_add(LOCAL_PREF_MORE);
                    let asn = world.asn_of(client.decider);
                    ways.push(How::LocalPref { asn, neighbor: world.asn_of(next), value });
                }
                continue;
            }
            // The session over which the other site is reached.
            let way: Vec<u32> =
                std::iter::once(client.decider).chain(catchment.walk(next)).collect();
            let leaves = |pair: &&[u32]| world.asn_of(pair[0]) != world.asn_of(pair[1]);
            let Some(last) = way.windows(2).rev().find(leaves) else { continue };
            let Some(session) = world.session_to(last[1], last[0]) else { continue };
            if said(&service.sites[at as usize], session).is_none() {
                continue;
            }
            ways.push(How::Prepend { site: at, session, count: 1 });
            let sessions = sessions_of(world, &service.sites[at as usize]);
            let announces = |it: &&u32| said(&service.sites[at as usize], **it).is_some();
            if sessions.iter().filter(announces).count() > 1 {
                ways.push(How::Silence { site: at, session });
            }
        }
        let mut distinct: Vec<How> = Vec::with_capacity(ways.len());
        for way in ways {
            if !distinct.contains(&way) {
                distinct.push(way);
            }
        }
        distinct
    }

    /// What a change does, if the client lands at the wanted site after it for sure.
    fn settles(
        brief: &Brief<'_>,
        landed: &[Option<u32>],
        client: &BorderClient,
        wanted: u32,
        how: How,
    ) -> Result<Option<Settlement>, Unplanned> {
        let situation = brief.situation();
        let (mut overlay, mut service) = (situation.overlay.clone(), situation.service.clone());
        how.act(brief, &mut overlay, &mut service);
        let changed = Situation { overlay: &overlay, service: &service, ..situation };
        let after = match State::of(brief, changed) {
            Ok(after) => after,
            Err(Unsolved::Oscillation(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let source = &brief.sources[client.source as usize];
        let is_settled = match after.shares(brief, source) {
            [(site, share)] => *site == wanted && *share > 1.0 - 1e-9,
            _ => false,
        };
        if !is_settled {
            return Ok(None);
        }
        let script = Script { situation: changed, ..brief.script };
        let changed = Brief { script, sources: brief.sources.clone(), residency: brief.residency };
        let Some(landed_after) = settled(after.landed(&changed))? else { return Ok(None) };
        let (mut moved_kqps, mut moved_sources) = (0.0, 0);
        let both = landed.iter().zip(&landed_after);
        for ((index, other), (before, after)) in (0..).zip(&brief.sources).zip(both) {
            if index != client.source && before != after {
                moved_kqps += other.weight;
                moved_sources += 1;
            }
        }
        Ok(Some(Settlement { site: wanted, how, moved_kqps, moved_sources }))
    }
}

impl How {
    fn act(self, brief: &Brief<'_>, overlay: &mut Overlay, service: &mut Service) {
        let world = brief.situation().world;
        match self {
            How::Prepend { site, session, count } => {
                let said: &mut Announcement =
                    service.sites[site as usize].announcements.entry(session).or_default();
                said.prepend = said.prepend.saturating_add(count);
            }
            How::Silence { site, session } => {
                let site = &mut service.sites[site as usize];
                if site.reach == Reach::Everyone {
                    for other in sessions_of(world, site) {
                        site.announcements.entry(other).or_default();
                    }
                    site.reach = Reach::Listed;
                }
                site.announcements.remove(&session);
            }
            How::LocalPref { asn, neighbor, value } => {
                for entry in world.as_indices(asn) {
                    overlay.local_prefs.insert((entry, neighbor), value);
                }
            }
        }
    }

    /// As a sentence without its end, such as `fra prepends 1 towards AS1299 in FRA`.
    pub fn describe(self, brief: &Brief<'_>) -> String {
        let world = brief.situation().world;
        match self {
            How::Prepend { site, session, count } => format!(
                "{} prepends {count} more towards {}",
                brief.site_name(site),
                neighbor_text(world, session)
            ),
            How::Silence { site, session } => format!(
                "{} stops announcing to {}",
                brief.site_name(site),
                neighbor_text(world, session)
            ),
            How::LocalPref { asn, neighbor, value } => {
                format!("AS{asn} gives routes from AS{neighbor} LOCAL_PREF {value}")
            }
        }
    }
}

impl Border {
    /// As a table: a row for each settlement, one for a client that nothing settles.
    pub fn section(&self, brief: &Brief<'_>) -> Section {
        let rows: Vec<(&BorderClient, Option<&Settlement>)> = self
            .clients
            .iter()
            .flat_map(|client| {
                let none = client.settlements.is_empty().then_some((client, None));
                client.settlements.iter().map(move |it| (client, Some(it))).chain(none)
            })
            .collect();
        let texts = |text: &dyn Fn(&BorderClient, Option<&Settlement>) -> Option<String>| {
            let all: Vec<Option<String>> = rows.iter().map(|(a, b)| text(a, *b)).collect();
            Values::from_texts(all.iter().map(Option::as_deref))
        };
        let source = |client: &BorderClient| &brief.sources[client.source as usize];
        let mut table = Table::default();
        table.push("client", "", texts(&|client, _| Some(source(client).name.clone())));
        let demand = rows.iter().map(|(client, _)| Some(source(client).weight)).collect();
        table.push("demand", "kq/s", Values::Decimal { decimals: 3, values: demand });
        table.push("site", "", texts(&|client, _| Some(brief.site_name(client.site))));
        let tied = |client: &BorderClient, _: Option<&Settlement>| {
            let one = |(site, share): &(u32, f64)| {
                format!("{} {:.1} %", brief.site_name(*site), 100.0 * share)
            };
            Some(client.shares.iter().map(one).collect::<Vec<_>>().join(" | "))
        };
        table.push("tied", "", texts(&tied));
        let decider = |client: &BorderClient| label(brief.situation(), client.decider);
        table.push("decided_at", "", texts(&|client, _| Some(decider(client))));
        table.push("settled_by", "", texts(&|_, it| Some(it?.how.describe(brief))));
        table.push("lands_at", "", texts(&|_, it| Some(brief.site_name(it?.site))));
        let moved = rows.iter().map(|(_, it)| Some(it.as_ref()?.moved_kqps)).collect();
        table.push("others_moved", "kq/s", Values::Decimal { decimals: 3, values: moved });
        Section {
            name: "border",
            title: "Border clients, and what would settle each".to_owned(),
            table,
        }
    }
}

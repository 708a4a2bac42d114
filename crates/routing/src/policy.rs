//! What routers tell each other and what they take: the export and import rules of models 1.6,
//! 1.7, 7.3 and 10, in one place for all bodies of the solver.
//!
//! Everything here is about one prefix. Nothing here decides between routes.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::relation::{Class, Relation};
use catchment_model::rng;
use catchment_model::rules::{Decision, OldestRule, Role, TieBreak};
use catchment_model::service::{Announcement, Reach, Site, Validity};
use catchment_model::{Asn, Community, Overlay, Rules, Service, World};

use crate::decision::weighs_rtt;

/// Everything that a solve depends on. Engines borrow it; shells own its parts.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Where.
    pub world: &'a World,
    /// What is changed there.
    pub overlay: &'a Overlay,
    /// What is announced.
    pub service: &'a Service,
    /// How routers decide.
    pub rules: &'a Rules,
    /// Seed of every draw.
    pub seed: u64,
}

/// Streams of draws, so that one knob never shifts the draws of another.
mod stream {
    pub const POLICY_NOISE: u64 = 1;
    pub const NOISY_LOCAL_PREF: u64 = 2;
    pub const PEER_OVER_CUSTOMER: u64 = 3;
    pub const PARTIAL_TRANSIT: u64 = 4;
    pub const LONGER_PREFIX: u64 = 5;
    pub const ROV: u64 = 6;
}

/// LOCAL_PREF is drawn from here under `policy_noise` (models 1.8).
const NOISY_LOCAL_PREFS: std::ops::RangeInclusive<u64> = 50..=350;

/// What a router tells a neighbor about its best route.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Class at the receiver.
    pub class: Class,
    /// ASNs added to the path: the sender's, and its repetitions.
    pub added: u32,
    /// What the site says with it, if the sender is its origin.
    pub announcement: Option<&'a Announcement>,
}

static PLAIN: Announcement =
    Announcement { prepend: 0, med: None, communities: Vec::new(), takes_longer: false };

/// The rules of one prefix, prepared.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    pub(crate) situation: Situation<'a>,
    prefix_index: u16,
    /// Sites that announce the prefix, by AS index.
    origins: BTreeMap<u32, Vec<u32>>,
    /// Whether each AS originates.
    originates: Vec<bool>,
    /// Routers of all sites, announcing or not.
    site_routers: BTreeSet<u32>,
    /// Longer than networks take without agreement.
    longer: bool,
    /// For each site, whether its announcement is RPKI-invalid.
    invalid: Vec<bool>,
    /// ASes that drop invalid routes; empty if no announcement is invalid.
    validates: Vec<bool>,
    /// Some announcement carries communities.
    scoped: bool,
    /// The short way of choosing inside an AS would miss a step.
    needs_whole_process: bool,
    /// Some announcement carries a MED.
    meds: bool,
    /// Routes of other ASes than origins cross by the export rule alone.
    simple: bool,
    /// LOCAL_PREF follows from the class alone.
    plain_local_prefs: bool,
    /// See [`Policy::is_regular`] and [`Policy::is_plain`].
    regular: bool,
    plain: bool,
    /// Some router has an oldest-route rule or compares MEDs in order of arrival.
    may_have_past: bool,
}

impl<'a> Policy<'a> {
    /// Prepares the rules of one prefix of a service, by index. Linear in the number of routers.
    pub fn new(situation: Situation<'a>, prefix_index: u16) -> Policy<'a> {
        let service = situation.service;
        let prefix = service.prefixes[usize::from(prefix_index)];
        let mut origins: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let (mut scoped, mut meds) = (false, false);
        for (index, site) in service.sites.iter().enumerate() {
            if site.active && site.prefixes.contains(&prefix_index) {
                let as_index = situation.world.router_as[site.router as usize];
                origins.entry(as_index).or_default().push(index as u32);
                scoped |= site.announcements.values().any(|said| !said.communities.is_empty());
                meds |= site.announcements.values().any(|said| said.med.is_some());
            }
        }
        let length_max = match prefix.is_ipv4() {
            true => situation.rules.max_length_v4,
            false => situation.rules.max_length_v6,
        };
        let invalid: Vec<bool> = service
            .sites
            .iter()
            .map(|site| service.validity(&prefix, site.asn) == Validity::Invalid)
            .collect();
        let some_invalid = origins.values().flatten().any(|site| invalid[*site as usize]);
        let validates = if some_invalid { validating_ases(&situation) } else { Vec::new() };
        let longer = u32::from(prefix.length()) > length_max;
        let site_routers = service.sites.iter().map(|site| site.router).collect();
        let simple = !scoped
            && !longer
            && validates.is_empty()
            && situation.overlay.is_empty()
            && situation.rules.hybrid_link_share == 0.0;
        let one_router = situation.world.has_one_router_per_as();
        let needs_whole_process = weighs_rtt(situation.world, situation.rules)
            || one_router && situation.rules.tie_break != TieBreak::AsnLowest;
        let mut originates = vec![false; situation.world.as_count()];
        for as_index in origins.keys() {
            originates[*as_index as usize] = true;
        }
        let mut policy = Policy {
            situation,
            originates,
            prefix_index,
            site_routers,
            longer,
            invalid,
            validates,
            scoped,
            needs_whole_process,
            meds,
            simple,
            plain_local_prefs: has_plain_local_prefs(&situation, &origins),
            regular: is_regular(&situation, &origins),
            plain: false,
            may_have_past: [Role::Site, Role::Network].into_iter().any(|role| {
                situation.rules.oldest_rule_of(role) != OldestRule::None
                    || !situation.rules.med_deterministic_of(role)
            }),
            origins,
        };
        policy.plain = policy.regular && policy.simple && policy.all_tell_everyone();
        policy
    }

    /// Where.
    pub fn world(&self) -> &'a World {
        self.situation.world
    }

    /// How routers decide.
    pub fn rules(&self) -> &'a Rules {
        self.situation.rules
    }

    /// Which prefix of the service this is about.
    pub(crate) fn prefix_index(&self) -> usize {
        usize::from(self.prefix_index)
    }

    /// Routers that originate, with their site, in order of AS.
    pub fn own_routes(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let router = |site: u32| self.situation.service.sites[site as usize].router;
        self.origins.values().flatten().map(move |site| (router(*site), *site))
    }

    /// The site at a router that announces the prefix.
    pub fn own_site(&self, router: u32) -> Option<u32> {
        let as_index = self.world().router_as[router as usize];
        if !self.is_origin(as_index) {
            return None;
        }
        let sites = &self.origins[&as_index];
        let here = |site: &&u32| self.situation.service.sites[**site as usize].router == router;
        sites.iter().find(here).copied()
    }

    /// Whether an AS originates the prefix.
    pub(crate) fn is_origin(&self, as_index: u32) -> bool {
        self.originates[as_index as usize]
    }

    /// Whether the (class, length) of an AS is settled in the order of the export rules, which
    /// the bucket body needs (design section 5): overrides of LOCAL_PREF, leaks and the like
    /// break that.
    pub(crate) fn is_regular(&self) -> bool {
        self.regular
    }

    fn all_tell_everyone(&self) -> bool {
        let Situation { world, rules, service, .. } = self.situation;
        rules.decision == Decision::Policy
            && !world.has_islands()
            // Withdrawn sites too: the packed body can turn any of them on.
            && service.sites.iter().all(|site| {
                site.reach == Reach::Everyone && site.announcements.is_empty()
            })
    }

    /// Whether nothing but the export rule and plain origins is at work: no overlay, no
    /// prepends, MEDs, communities, filters, islands or restricted sessions.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the steps of the decision process come down to class, length and identifier.
    pub(crate) fn is_plain_graph(&self) -> bool {
        let world = self.world();
        self.plain && world.has_one_router_per_as() && !world.has_siblings()
    }

    /// What `from` tells `to` about its best route of class `class`, or `None` for nothing.
    ///
    /// `relation` is what `to` is to `from`; `entered_by` the announcement by which the route
    /// came into the AS of `from`, if it came from its origin.
    pub fn export(
        &self,
        from: u32,
        to: u32,
        relation: Relation,
        class: Class,
        entered_by: Option<&Announcement>,
    ) -> Option<Offer<'a>> {
        let Situation { world, overlay, rules, seed, .. } = self.situation;
        let from_as = world.router_as[from as usize];
        if !class.may_be_told_to(relation) && !overlay.leaks.contains(&from_as) {
            return None;
        }
        if let Some(said) = entered_by
            && stops(said, relation, world.asn_of(to))
        {
            return None;
        }
        let mut added = 1;
        if !overlay.is_empty() {
            if overlay.is_down(from, to) {
                return None;
            }
            let session = world.session_to(from, to)?;
            if overlay.closed.contains(&session) {
                return None;
            }
            added += u32::from(overlay.prepends.get(&session).copied().unwrap_or(0));
        }
        if rules.hybrid_link_share > 0.0
            && relation == Relation::Customer
            && class > Class::Customer
            && self.is_partial_transit(from, to, seed)
        {
            return None;
        }
        let announcement = match class {
            Class::Origin => Some(self.announcement(from_as, world.session_to(from, to)?)?),
            _ => None,
        };
        added += announcement.map_or(0, |said| u32::from(said.prepend));
        Some(Offer { class: class.at_receiver(relation.reversed()), added, announcement })
    }

    /// What an origin AS says on a session, or `None` if it says nothing there.
    ///
    /// A session that some active site lists carries what that site says; otherwise it is plain
    /// if some active site of the AS tells everyone.
    fn announcement(&self, as_index: u32, session: u32) -> Option<&'a Announcement> {
        let sites = &self.situation.service.sites;
        let active = self.origins.get(&as_index)?;
        let said = |site: &u32| sites[*site as usize].announcements.get(&session);
        active.iter().find_map(said).or_else(|| {
            let tells_all = |site: &&u32| sites[**site as usize].reach == Reach::Everyone;
            active.iter().find(tells_all).map(|_| &PLAIN)
        })
    }

    /// Whether the AS of `to` takes the route at all; the loop check is not done here, as each
    /// body knows paths in its own way.
    pub fn takes(&self, to: u32, offer: &Offer<'_>, site: u32) -> bool {
        let is_invalid = !self.validates.is_empty() && self.invalid[site as usize];
        self.takes_route(to, offer.announcement, is_invalid)
    }

    /// The same where the route's site is not known, but who originates it.
    pub fn takes_from(&self, to: u32, announcement: Option<&Announcement>, origin: Asn) -> bool {
        let is_invalid = |(site, invalid): (&Site, &bool)| *invalid && site.asn == origin;
        let is_invalid = !self.validates.is_empty()
            && self.situation.service.sites.iter().zip(&self.invalid).any(is_invalid);
        self.takes_route(to, announcement, is_invalid)
    }

    fn takes_route(&self, to: u32, said: Option<&Announcement>, is_invalid: bool) -> bool {
        let Situation { world, rules, seed, .. } = self.situation;
        let to_as = world.router_as[to as usize];
        if is_invalid && self.validates[to_as as usize] {
            return false;
        }
        // Longer prefixes: by agreement with the origin, or because the AS takes them from
        // anybody (models 7.3). A blackhole is wanted long (RFC 7999 §3.3).
        let agreed = said.is_some_and(|said| {
            said.takes_longer || said.communities.contains(&Community::Blackhole)
        });
        !self.longer
            || agreed
            || rng::falls_in(
                rules.longer_share,
                seed,
                stream::LONGER_PREFIX,
                u64::from(world.asn_of(to).0),
            )
    }

    /// LOCAL_PREF that the AS of `to` gives to a route of `class` from `from`.
    pub fn local_pref(
        &self,
        to: u32,
        from: u32,
        class: Class,
        announcement: Option<&Announcement>,
    ) -> u32 {
        let Situation { world, overlay, rules, seed, .. } = self.situation;
        if announcement.is_some_and(|said| said.communities.contains(&Community::GracefulShutdown))
        {
            return 0;
        }
        let (to_as, from_asn) = (world.router_as[to as usize], world.asn_of(from));
        if !overlay.local_prefs.is_empty()
            && let Some(local_pref) = overlay.local_prefs.get(&(to_as, from_asn))
        {
            return *local_pref;
        }
        let to_asn = u64::from(world.asns[to_as as usize].0);
        if rng::falls_in(rules.policy_noise, seed, stream::POLICY_NOISE, to_asn) {
            let pair = to_asn << 32 | u64::from(from_asn.0);
            let span = NOISY_LOCAL_PREFS.end() - NOISY_LOCAL_PREFS.start() + 1;
            let draw = rng::draw(seed, stream::NOISY_LOCAL_PREF, pair) % span;
            return (NOISY_LOCAL_PREFS.start() + draw) as u32;
        }
        if class == Class::Peer
            && rng::falls_in(
                rules.peer_over_customer_share,
                seed,
                stream::PEER_OVER_CUSTOMER,
                to_asn,
            )
        {
            return rules.lp_customer.saturating_add(1);
        }
        class_local_pref(rules, class)
    }

    /// Whether the provider `from` gives the customer `to` its customer routes only.
    fn is_partial_transit(&self, from: u32, to: u32, seed: u64) -> bool {
        let (from, to) = (self.world().asn_of(from).0, self.world().asn_of(to).0);
        let pair = u64::from(from) << 32 | u64::from(to);
        rng::falls_in(self.rules().hybrid_link_share, seed, stream::PARTIAL_TRANSIT, pair)
    }

    /// Whether some announcement limits where its route goes.
    pub fn is_scoped(&self) -> bool {
        self.scoped
    }

    /// Whether steps outside BGP can decide, so that choosing by eBGP over iBGP, IGP cost and
    /// identifier alone would miss a step.
    pub(crate) fn needs_whole_process(&self) -> bool {
        self.needs_whole_process
    }

    /// Whether some announcement carries a MED, which its direct neighbors compare.
    pub fn has_meds(&self) -> bool {
        self.meds
    }

    /// Whether no network drops the prefix for its length or its origin.
    pub(crate) fn takes_all(&self) -> bool {
        !self.longer && self.validates.is_empty()
    }

    /// Whether routes of ASes that do not originate cross by the export rule alone.
    pub fn is_simple(&self) -> bool {
        self.simple
    }

    /// Whether LOCAL_PREF follows from the class of a route alone.
    pub fn has_plain_local_prefs(&self) -> bool {
        self.plain_local_prefs
    }

    /// Whether any router has a rule about its past.
    pub(crate) fn may_have_past(&self) -> bool {
        self.may_have_past
    }

    /// Whether the oldest-route rule of a router could decide (models 1.5).
    pub(crate) fn has_oldest_rule(&self, router: u32) -> bool {
        self.rules().oldest_rule_of(self.role(router)) != OldestRule::None
    }

    /// Whether a router compares MEDs in order of arrival (models 1.2).
    pub(crate) fn scans_meds(&self, router: u32) -> bool {
        !self.rules().med_deterministic_of(self.role(router))
    }

    /// The part of a router in the world.
    pub fn role(&self, router: u32) -> Role {
        if self.site_routers.contains(&router) { Role::Site } else { Role::Network }
    }
}

fn is_regular(situation: &Situation<'_>, origins: &BTreeMap<u32, Vec<u32>>) -> bool {
    let Situation { overlay, rules, .. } = *situation;
    overlay.leaks.is_empty()
        && rules.allow_own_as == 0
        && (rules.decision == Decision::Textbook || has_plain_local_prefs(situation, origins))
        // Only one router of the AS gets the route, so that the AS has no common key.
        && !carries(situation, origins, Community::NoAdvertise)
}

fn has_plain_local_prefs(situation: &Situation<'_>, origins: &BTreeMap<u32, Vec<u32>>) -> bool {
    let Situation { overlay, rules, .. } = *situation;
    overlay.local_prefs.is_empty()
        && rules.policy_noise == 0.0
        && rules.peer_over_customer_share == 0.0
        && !carries(situation, origins, Community::GracefulShutdown)
}

/// Whether some announcement carries a community.
fn carries(
    situation: &Situation<'_>,
    origins: &BTreeMap<u32, Vec<u32>>,
    wanted: Community,
) -> bool {
    origins
        .values()
        .flatten()
        .flat_map(|site| situation.service.sites[*site as usize].announcements.values())
        .any(|said| said.communities.contains(&wanted))
}

/// LOCAL_PREF by class alone (models 1.3).
pub fn class_local_pref(rules: &Rules, class: Class) -> u32 {
    match class {
        Class::Origin | Class::Customer => rules.lp_customer,
        Class::Peer => rules.lp_peer,
        Class::Provider => rules.lp_provider,
    }
}

/// Whether a community keeps the AS that got the announcement from telling `to`.
fn stops(said: &Announcement, relation: Relation, to: Asn) -> bool {
    said.communities.iter().any(|community| match community {
        Community::NoExport | Community::NoAdvertise | Community::Blackhole => true,
        Community::NoPeer => relation == Relation::Peer,
        Community::NoAnnounce(asn) => *asn == to,
        Community::GracefulShutdown | Community::Other(..) => false,
    })
}

/// ASes that drop RPKI-invalid routes: drawn in random order until they hold `rov_share` of all
/// transit (models 10). An AS weighs one and its customers, so that networks that carry others
/// count for as many as they carry.
fn validating_ases(situation: &Situation<'_>) -> Vec<bool> {
    let Situation { world, rules, seed, .. } = *situation;
    let weight = |as_index: u32| -> u64 {
        let customers = |router: u32| world.group(router, Relation::Customer).len() as u64;
        1 + world.routers_of(as_index).map(customers).sum::<u64>()
    };
    let mut order: Vec<(u64, u32)> = (0..world.as_count() as u32)
        .map(|as_index| {
            let asn = u64::from(world.asns[as_index as usize].0);
            (rng::draw(seed, stream::ROV, asn), as_index)
        })
        .collect();
    order.sort_unstable();
    let total: u64 = (0..world.as_count() as u32).map(weight).sum();
    let mut validates = vec![false; world.as_count()];
    let mut held = 0;
    for (_, as_index) in order {
        if held as f64 >= rules.rov_share * total as f64 {
            break;
        }
        held += weight(as_index);
        validates[as_index as usize] = true;
    }
    validates
}

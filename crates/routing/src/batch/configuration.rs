//! What a sweep varies: one configuration of a service, as differences from its situation.

use catchment_model::service::Reach;
use catchment_model::{Overlay, Service};

use crate::policy::Situation;

/// A set of sites, by index into the service's sites.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sites {
    /// How many sites the service has.
    count: u32,
    words: Vec<u64>,
}

impl Sites {
    /// None of `count` sites.
    pub fn none(count: usize) -> Sites {
        Sites { count: count as u32, words: vec![0; count.div_ceil(64)] }
    }

    /// Those of `count` sites for which `contains` is true.
    pub fn of(count: usize, contains: impl Fn(u32) -> bool) -> Sites {
        let mut sites = Sites::none(count);
        (0..count as u32).filter(|site| contains(*site)).for_each(|site| sites.set(site, true));
        sites
    }

    /// The sites of a service that are active.
    pub fn active(service: &Service) -> Sites {
        Sites::of(service.sites.len(), |site| service.sites[site as usize].active)
    }

    /// Whether a site is in the set; none beyond the service's sites is.
    #[inline]
    pub fn contains(&self, site: u32) -> bool {
        self.words.get(site as usize / 64).is_some_and(|word| word >> (site % 64) & 1 == 1)
    }

    /// Takes a site in or out.
    ///
    /// # Panics
    /// If the service has no such site.
    pub fn set(&mut self, site: u32, contains: bool) {
        assert!(site < self.count, "site {site} of {}", self.count);
        let word = &mut self.words[site as usize / 64];
        *word = *word & !(1 << (site % 64)) | u64::from(contains) << (site % 64);
    }

    /// The sites in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(block, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(block as u32 * 64 + bit)
            })
        })
    }

    /// How many sites are in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Takes in what is in one of two sets of the same service, but not in both.
    pub(super) fn join_differences(&mut self, one: &Sites, other: &Sites) {
        for (word, (one, other)) in self.words.iter_mut().zip(one.words.iter().zip(&other.words)) {
            *word |= one ^ other;
        }
    }
}

/// Sites that prepend more than the service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MorePrepends {
    /// The site.
    pub site: u32,
    /// The session of its AS, or `None` for all of them.
    pub session: Option<u32>,
    /// How often more. With what the service says it comes to 255 at most: what is above, as in a
    /// scenario, cannot be said.
    pub count: u8,
}

/// One configuration of a service: what a sweep solves by the thousand. Everything that it does
/// not name is as in the situation of its [`super::Batch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Sites that announce, of those that announce the prefix at all.
    pub active: Sites,
    /// Prepends on top of those of the service; several for one session add up.
    pub prepends: Vec<MorePrepends>,
    /// Sessions (directed, from a router of the site's AS) over which a site says nothing, as
    /// (site, session).
    pub silent: Vec<(u32, u32)>,
    /// Links that are down besides those of the overlay, as pairs of routers.
    pub lost_links: Vec<(u32, u32)>,
    /// Directed sessions whose routers tell nothing over them, besides those of the overlay. They
    /// still hear what comes the other way; and unlike a silent site, a router is also kept from
    /// passing on what it has heard.
    pub closed: Vec<u32>,
    /// Number of a random draw: each router then chooses among its tied candidates by a fair coin
    /// of its own (design section 5). `None` breaks ties as the rules say.
    pub draw: Option<u64>,
}

impl Configuration {
    /// Only these sites, nothing else changed.
    pub fn of_sites(active: Sites) -> Configuration {
        Configuration {
            active,
            prepends: Vec::new(),
            silent: Vec::new(),
            lost_links: Vec::new(),
            closed: Vec::new(),
            draw: None,
        }
    }

    /// The service and the overlay that say the same, for whoever asks with [`crate::solve`].
    /// The draw is not in there.
    ///
    /// # Panics
    /// If it names a site, session or router that does not exist.
    pub fn applied(&self, situation: Situation<'_>) -> (Service, Overlay) {
        let world = situation.world;
        let (mut service, mut overlay) = (situation.service.clone(), situation.overlay.clone());
        for (index, site) in service.sites.iter_mut().enumerate() {
            site.active = self.active.contains(index as u32);
        }
        let sessions_of = |router: u32| -> Vec<u32> {
            let routers = world.routers_of(world.router_as[router as usize]);
            routers.flat_map(|router| world.sessions(router)).collect()
        };
        for more in &self.prepends {
            let site = &mut service.sites[more.site as usize];
            let sessions = match more.session {
                Some(session) => vec![session],
                None => sessions_of(site.router),
            };
            for session in sessions {
                if site.reach == Reach::Everyone {
                    site.announcements.entry(session).or_default();
                }
                if let Some(said) = site.announcements.get_mut(&session) {
                    said.prepend = said.prepend.saturating_add(more.count);
                }
            }
        }
        for (site, session) in &self.silent {
            let site = &mut service.sites[*site as usize];
            if site.reach == Reach::Everyone {
                for session in sessions_of(site.router) {
                    site.announcements.entry(session).or_default();
                }
                site.reach = Reach::Listed;
            }
            site.announcements.remove(session);
        }
        for (a, b) in &self.lost_links {
            overlay.set_link(*a, *b, false);
        }
        overlay.closed.extend(self.closed.iter().copied());
        (service, overlay)
    }
}

/// All failures of one of these sites, in their order.
pub fn single_failures(active: &Sites) -> impl Iterator<Item = Configuration> + '_ {
    active.iter().map(|failed| without(active, &[failed]))
}

/// All failures of two of these sites, (0, 1), (0, 2), … of their order: n (n − 1) / 2.
pub fn double_failures(active: &Sites) -> impl Iterator<Item = Configuration> + '_ {
    active.iter().flat_map(move |first| {
        active
            .iter()
            .skip_while(move |second| *second <= first)
            .map(move |second| without(active, &[first, second]))
    })
}

/// All failures of one site, then of two.
pub fn failures(active: &Sites) -> impl Iterator<Item = Configuration> + '_ {
    single_failures(active).chain(double_failures(active))
}

fn without(active: &Sites, failed: &[u32]) -> Configuration {
    let mut left = active.clone();
    failed.iter().for_each(|site| left.set(*site, false));
    Configuration::of_sites(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_all_pairs_once() {
        let active = Sites::of(70, |site| site % 2 == 1);
        let gone = |left: &Configuration| -> Vec<u32> {
            active.iter().filter(|site| !left.active.contains(*site)).collect()
        };
        let all: Vec<Vec<u32>> = failures(&active).map(|left| gone(&left)).collect();
        assert_eq!(all.len(), 35 + 35 * 34 / 2);
        assert_eq!(all[..2], [vec![1], vec![3]]);
        assert_eq!(all[35..37], [vec![1, 3], vec![1, 5]]);
        assert_eq!(all[all.len() - 1], vec![67, 69]);
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), all.len());
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut sites = Sites::of(130, |site| site == 0 || site == 129);
        assert_eq!(sites.iter().collect::<Vec<_>>(), [0, 129]);
        sites.set(129, false);
        sites.set(64, true);
        assert_eq!((sites.iter().collect::<Vec<_>>(), sites.count()), (vec![0, 64], 2));
        assert!(!sites.contains(129) && !sites.contains(5000));
    }
}

//! What a way of steering leaves unused of a scenario, so that nobody wonders at the answer.

use catchment_model::Prefix;
use catchment_model::scenario::{AnswerPolicy, Steering};

use super::Assembled;

impl Assembled {
    /// A note, if DNS has to answer by distance in a world without places.
    pub fn blind_note(&self, steering: Steering, policy: AnswerPolicy) -> Option<String> {
        let Assembled { world, service, .. } = self;
        let steers_blindly = steering != Steering::Anycast
            && policy != AnswerPolicy::Weighted
            && service.sites.len() > 1
            && service.sites.iter().all(|site| world.place(site.router).is_none());
        steers_blindly.then(|| {
            "the world does not know where the sites are, so that DNS finds none of them nearer \
             than another, and names the first that is well; `geodns.policy = \"weighted\"` \
             spreads clients by capacity"
                .to_owned()
        })
    }

    /// A note, if a prefix of the service plays no part since BGP alone steers.
    pub fn idle_note(&self, steering: Steering) -> Option<String> {
        let prefix = self.idle_prefix().filter(|_| steering == Steering::Anycast)?;
        Some(format!(
            "clients send to the first prefix of the service, and nobody to {prefix}; put it first \
             to play it"
        ))
    }

    /// A prefix that the first one is no part of. Regional ones are there for hybrid steering, so
    /// that nobody wonders.
    fn idle_prefix(&self) -> Option<Prefix> {
        let Assembled { service, regional, .. } = self;
        let first = service.prefixes.first()?;
        let is_regional = |index: u16| regional.values().any(|it| *it == index);
        let idle =
            |(index, prefix): &(u16, &Prefix)| !prefix.contains(first) && !is_regional(*index);
        (0..).zip(&service.prefixes).find(idle).map(|(_, prefix)| *prefix)
    }
}

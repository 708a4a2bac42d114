//! Who is at fault when the routing does not settle.

use std::collections::BTreeSet;

use catchment_model::Asn;
use catchment_model::relation::Class;

use super::{Engine, Told};

impl Engine<'_> {
    /// The ASes that changed their minds most often, at least half as often as the first, but for
    /// those who only follow: what they have is not told to any of the others.
    pub(super) fn restless(&self) -> Vec<Asn> {
        let most = self.state.changes_of.iter().copied().max().unwrap_or(0);
        let mut often: BTreeSet<u32> = (0..self.world.router_count() as u32)
            .filter(|router| self.state.changes_of[*router as usize] * 2 >= most)
            .collect();
        loop {
            let (leading, following): (BTreeSet<u32>, BTreeSet<u32>) =
                often.iter().partition(|router| self.leads(**router, &often));
            // Where all follow (leaks), somebody does not.
            if following.is_empty() || leading.is_empty() {
                break;
            }
            often = leading;
        }
        let mut ases: Vec<Asn> = often.iter().map(|router| self.world.asn_of(*router)).collect();
        ases.dedup();
        ases
    }

    /// Whether a router tells one of `others` something, or would tell it one of its routes.
    fn leads(&self, router: u32, others: &BTreeSet<u32>) -> bool {
        let slots = self.adjacency.slots(router);
        let classes = slots.clone().map(|slot| self.state.slots[slot as usize].heard);
        let classes: BTreeSet<Class> =
            classes.filter(|heard| *heard != Told::NONE).map(Told::class).collect();
        slots.filter(|slot| others.contains(&self.peer(*slot))).any(|slot| {
            let relation = self.adjacency.relation(slot);
            let is_for = |class: &Class| relation.is_none_or(|it| class.may_be_told_to(it));
            self.state.slots[slot as usize].said != Told::NONE || classes.iter().any(is_for)
        })
    }
}

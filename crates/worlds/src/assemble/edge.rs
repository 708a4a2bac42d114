//! Where the origin behind the sites is.

use catchment_model::scenario::Scenario;
use catchment_model::{LatLon, Mistake};

use super::draft::Draft;
use super::lookup::locate;

/// The place that `[edge]` names. It is no place of the world: no router is there.
pub(super) fn origin(
    draft: &Draft<'_>,
    scenario: &Scenario,
    mistakes: &mut Vec<Mistake>,
    notes: &mut Vec<String>,
) -> Option<LatLon> {
    let edge = scenario.edge.as_ref()?;
    if !draft.has_places() {
        notes.push("`edge` has no effect: this world does not know where its routers are".into());
        return None;
    }
    locate(draft, &edge.origin, "edge.origin").map_err(|mistake| mistakes.push(mistake)).ok()
}

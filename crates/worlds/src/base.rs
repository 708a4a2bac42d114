//! What a scenario starts from: a world, and what comes with it.

use std::sync::Arc;

use catchment_model::World;
use catchment_model::rules::Setting;
use catchment_model::scenario::SiteSpec;

/// A world before a scenario changes it.
#[derive(Debug, Clone)]
pub struct BaseWorld {
    /// The world. Shared: a scenario that adds no AS and no link does not copy it.
    pub world: Arc<World>,
    /// Sites that it brings, in announcement order, written as in a file. A scenario changes
    /// them by name.
    pub sites: Vec<SiteSpec>,
    /// Settings that it carries, applied before the preset and the settings of the file.
    pub rules: Vec<(&'static str, Setting)>,
}

impl BaseWorld {
    /// A world read from data: no sites, and MRAI timers that are busy now and then
    /// (models 12A, `mrai_busy`).
    pub fn from_data(world: World) -> BaseWorld {
        let rules = vec![("mrai_busy", Setting::Float(0.1))];
        BaseWorld { world: Arc::new(world), sites: Vec::new(), rules }
    }
}

//! Where scenarios happen: the worlds that were used last are kept, and each is made once however
//! many ask for it at a time.

use std::sync::{Arc, Mutex, PoisonError};

use catchment_model::World;
use catchment_model::scenario::WorldSource;
use catchment_worlds::from_data;
use catchment_worlds::synthetic::{self, SyntheticSpec};
use catchment_worlds::{BUILTINS, BaseWorld, builtin};

use super::problems::{cancelled, mistakes, problem};
use super::{Watch, WorldFiles};
use crate::api::Problem;
use catchment_model::Mistake;
use catchment_model::mistake::nearest_help;

/// Worlds that are kept. One of the size of the Internet takes some tens of MB.
const KEPT: usize = 4;

/// A world with its name in hashes.
#[derive(Clone)]
pub struct KnownWorld {
    /// The world.
    pub base: BaseWorld,
    /// Equal texts, equal worlds, for equal versions of the engine.
    pub identity: Arc<str>,
}

/// A place for a world, empty until somebody has made it.
type Place = Arc<Mutex<Option<KnownWorld>>>;

/// All worlds that may be asked for.
pub struct Worlds {
    files: Arc<dyn WorldFiles>,
    allowed: Vec<WorldSource>,
    /// The last used last.
    kept: Mutex<Vec<(WorldSource, Place)>>,
}

impl Worlds {
    /// None is kept yet.
    pub fn new(files: Arc<dyn WorldFiles>, allowed: Vec<WorldSource>) -> Worlds {
        Worlds { files, allowed, kept: Mutex::new(Vec::new()) }
    }

    /// The world of a scenario.
    ///
    /// # Errors
    /// If there is none of that name or size, it lies in a file that may not be opened or cannot be
    /// read, or the watch says so.
    pub fn get(&self, source: &WorldSource, watch: Watch<'_>) -> Result<KnownWorld, Problem> {
        let is_file = matches!(source, WorldSource::AsRel(_) | WorldSource::File(_));
        if is_file && !self.allowed.contains(source) {
            return Err(problem(
                "forbidden-world",
                403,
                "this server opens no files but those of its own scenarios",
                "name a built-in or synthetic world, or play the scenario with \
                 `catchment simulate FILE`",
            ));
        }
        let place = self.place(source);
        // Whoever panicked while making it left it empty.
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*place {
            return Ok(known.clone());
        }
        if watch("building the world", 0, 0).is_break() {
            return Err(cancelled());
        }
        let known = self.make(source, watch)?;
        Ok(place.insert(known).clone())
    }

    /// The place of a world, which becomes the last used.
    fn place(&self, source: &WorldSource) -> Place {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(other, _)| other == source);
        let entry = match known {
            Some(position) => kept.remove(position),
            None => (source.clone(), Place::default()),
        };
        let place = entry.1.clone();
        kept.push(entry);
        if kept.len() > KEPT {
            kept.remove(0);
        }
        place
    }

    fn make(&self, source: &WorldSource, watch: Watch<'_>) -> Result<KnownWorld, Problem> {
        let mistake = |code, path: &str, message: String, help: String| {
            mistakes(vec![Mistake::new(code, path, message).help(help)])
        };
        match source {
            WorldSource::Builtin(name) => {
                let base = builtin(name).ok_or_else(|| {
                    let known = BUILTINS.iter().map(|(name, _)| *name);
                    let message = format!("there is no built-in world `{name}`");
                    let help = nearest_help(name, known);
                    mistake("scenario::unknown_world", "world.builtin", message, help)
                })?;
                Ok(KnownWorld { base, identity: format!("builtin {name}").into() })
            }
            WorldSource::Synthetic { ases, seed } => {
                let spec = SyntheticSpec { ases: *ases, seed: *seed };
                let synthetic = synthetic::generate(&spec).map_err(|error| {
                    let code = "scenario::bad_setting";
                    mistake(code, "world.synthetic", error.to_string(), String::new())
                })?;
                let name = format!("synthetic, {ases} ASes, seed {seed}");
                let base = from_data::from_synthetic(&name, &synthetic);
                Ok(KnownWorld { base, identity: name.into() })
            }
            WorldSource::AsRel(_) | WorldSource::File(_) => {
                let opened = self.files.open(source, watch);
                let base = opened.map_err(|error| match watch("building the world", 0, 0) {
                    std::ops::ControlFlow::Break(()) => cancelled(),
                    std::ops::ControlFlow::Continue(()) => problem(
                        "bad-world",
                        422,
                        "the data of this world cannot be read here",
                        &format!("{error}; then start the server anew"),
                    ),
                })?;
                let identity = identity(&base);
                Ok(KnownWorld { base, identity: identity.into() })
            }
        }
    }
}

/// A hash of all that can change an answer in a world: what decides routes, and what people read.
fn identity(base: &BaseWorld) -> String {
    let world: &World = &base.world;
    let mut hasher = blake3::Hasher::new();
    // Texts with their lengths, so that none can run into the next.
    let put = |hasher: &mut blake3::Hasher, texts: &[&str]| {
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    };
    put(&mut hasher, &[&world.name, &format!("{:?} {:?}", base.sites, base.rules)]);
    for numbers in [
        &world.first_router,
        &world.router_places,
        &world.router_ids,
        &world.rows,
        &world.neighbors,
    ] {
        hasher.update(&(numbers.len() as u64).to_le_bytes());
        for chunk in numbers.chunks(1024) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|number| number.to_le_bytes()).collect();
            hasher.update(&bytes);
        }
    }
    for asn in &world.asns {
        hasher.update(&asn.0.to_le_bytes());
    }
    for weight in &world.weights {
        hasher.update(&weight.to_le_bytes());
    }
    for place in &world.places {
        hasher.update(&place.at.lat.to_le_bytes());
        hasher.update(&place.at.lon.to_le_bytes());
        put(&mut hasher, &[&place.code, &place.name, &place.country]);
    }
    for (entry, name) in &world.as_names {
        hasher.update(&entry.to_le_bytes());
        put(&mut hasher, &[name]);
    }
    for client in &world.clients {
        hasher.update(&client.router.to_le_bytes());
        hasher.update(&client.weight.to_le_bytes());
        put(&mut hasher, &[&client.name, &client.region]);
    }
    hex(&hasher.finalize())
}

/// The first half of a hash as text: 16 bytes are enough to tell things apart.
pub fn hex(hash: &blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use catchment_model::rules::Setting;
    use catchment_model::world::WorldParts;

    #[test]
    fn whatever_can_change_an_answer_changes_the_identity() {
        let eight = builtin("eight").unwrap();
        let parts: WorldParts = WorldParts::clone(&eight.world);
        let with = |change: &dyn Fn(&mut WorldParts)| {
            let mut parts = parts.clone();
            change(&mut parts);
            let world = Arc::new(World::from_parts(parts).unwrap());
            identity(&BaseWorld { world, ..eight.clone() })
        };
        let mut sites = eight.clone();
        sites.sites.pop();
        let mut rules = eight.clone();
        rules.rules.push(("mrai_busy", Setting::Float(0.5)));
        let mut all = vec![
            with(&|_| {}),
            identity(&sites),
            identity(&rules),
            with(&|parts| parts.name += "x"),
            with(&|parts| parts.places[0].country = "XX".to_owned()),
            with(&|parts| parts.places[0].name += "x"),
            with(&|parts| parts.places[0].code += "X"),
            with(&|parts| parts.places[0].at.lat += 1.0),
            with(&|parts| parts.as_names[0].1 += "x"),
            with(&|parts| _ = parts.as_names.pop()),
            with(&|parts| parts.weights[0] += 1.0),
            with(&|parts| parts.clients[0].name += "x"),
            with(&|parts| parts.clients[0].region += "x"),
        ];
        assert_eq!(all[0], identity(&eight));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}

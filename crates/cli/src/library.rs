//! The scenarios inside the binary: those of `scenarios/`, and one for each built-in world.

use std::fmt::Write as _;

use catchment_worlds::BUILTINS;

/// Scenario files by name, ascending, as the build found them.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// Names of all scenarios: first those with a file, then built-in worlds without one.
pub fn names() -> Vec<&'static str> {
    let files = FILES.iter().map(|(name, _)| *name);
    let worlds = BUILTINS.iter().map(|(name, _)| *name);
    let worlds = worlds.filter(|world| FILES.iter().all(|(name, _)| name != world));
    files.chain(worlds).collect()
}

/// The TOML text of the scenario of this name.
pub fn text(name: &str) -> Option<String> {
    if let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) {
        return Some((*text).to_owned());
    }
    let (name, question) = BUILTINS.iter().find(|(known, _)| *known == name)?;
    let mut text = String::new();
    writeln!(text, "format = 1").expect("strings take all");
    writeln!(text, "name = \"{name}\"").expect("strings take all");
    writeln!(text, "question = \"{question}\"").expect("strings take all");
    writeln!(text, "\n[world]\nbuiltin = \"{name}\"").expect("strings take all");
    writeln!(text, "\n[service]\nprefixes = [\"192.0.2.0/24\"]").expect("strings take all");
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_library() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = path.file_stem().unwrap().to_str().unwrap();
                assert_eq!(text(name), Some(fs::read_to_string(&path).unwrap()), "{name}");
            }
        }
    }

    #[test]
    fn every_built_in_world_is_a_scenario() {
        for (name, _) in BUILTINS {
            assert!(names().contains(name));
            assert!(text(name).is_some());
        }
    }
}

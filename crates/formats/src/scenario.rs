//! Scenarios as files: TOML or JSON into [`Scenario`] and back (design section 8).
//!
//! A file is parsed into one small tree whose values know their bytes, `--set` changes that tree,
//! and a decoder written by hand reads it and notes *every* mistake on its way, not the first. What
//! only a world can tell (whether a site, an AS or a city exists) is left to whoever assembles the
//! scenario; [`SourceMap`] finds the bytes for the paths in its mistakes.
//!
//! Next: [`read`]; `decode.rs` and its neighbours for the blocks of a file.

mod blocks;
mod decode;
mod events;
mod json;
mod overrides;
mod source;
mod toml;
mod tree;
mod write;

use catchment_model::{Mistake, Scenario};

pub use self::source::SourceMap;
pub use self::write::{write_json, write_toml};

use self::overrides::Override;
use self::tree::Table;

/// How a scenario is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// TOML 1.0.
    Toml,
    /// JSON with the same content.
    Json,
}

/// A scenario and where its values stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The scenario.
    pub scenario: Scenario,
    /// Bytes of its values in the text.
    pub source: SourceMap,
}

/// Reads a scenario, with settings laid over it as `--set path=value` gives them.
///
/// A path is the dotted path of a key. An entry of a list is addressed by its number from 0; a
/// site also by its name, a client or neighbor by its ASN. A site or client that the file does
/// not have yet is added, so that what the world brings can be changed. A value is TOML if it can
/// be read so, else text.
///
/// The variants of `[[compare]]` are read too, each laid over the file, so that their mistakes
/// are found before anything runs.
///
/// # Errors
/// All mistakes, in the order in which they stand in the text; those without a place come last.
pub fn read(
    text: &str,
    syntax: Syntax,
    overrides: &[(String, String)],
) -> Result<Reading, Vec<Mistake>> {
    let tree = match syntax {
        Syntax::Toml => toml::parse(text)?,
        Syntax::Json => json::parse(text)?,
    };
    let overrides: Vec<Override> =
        overrides.iter().map(|(path, value)| Override::from_option(path, value)).collect();
    let (scenario, tree) = decode_with(tree, &overrides)?;
    let mistakes = check_variants(&scenario, &tree);
    if !mistakes.is_empty() {
        return Err(sorted(mistakes));
    }
    Ok(Reading { scenario, source: SourceMap::new(&tree) })
}

/// Lays settings over a scenario, as `--set path=value` gives them; see [`read`].
///
/// # Errors
/// All mistakes that the settings make.
pub fn with_overrides(
    scenario: &Scenario,
    overrides: &[(String, String)],
) -> Result<Scenario, Vec<Mistake>> {
    let overrides: Vec<Override> =
        overrides.iter().map(|(path, value)| Override::from_option(path, value)).collect();
    Ok(decode_with(write::tree_of(scenario), &overrides)?.0)
}

/// Lays the settings of one of its own variants over a scenario. The result keeps the name of the
/// scenario and has no variants.
///
/// # Errors
/// All mistakes that the settings make; or there is no such variant.
pub fn with_variant(scenario: &Scenario, variant: usize) -> Result<Scenario, Vec<Mistake>> {
    let Some(entry) = scenario.compare.get(variant) else {
        let count = scenario.compare.len();
        let message = format!("the scenario has {count} variants, none with number {variant}");
        return Err(vec![Mistake::new("scenario::unknown_variant", "compare", message)]);
    };
    let mut tree = write::tree_of(scenario);
    tree.remove("compare");
    let overrides: Vec<Override> = entry
        .set
        .iter()
        .map(|(path, value)| Override::from_variant(variant, path, value, None))
        .collect();
    Ok(decode_with(tree, &overrides)?.0)
}

/// Lays `overrides` over a tree and decodes it.
fn decode_with(mut tree: Table, overrides: &[Override]) -> Result<(Scenario, Table), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for (index, setting) in overrides.iter().enumerate() {
        if let Err(mistake) = overrides::apply(&mut tree, index, setting) {
            mistakes.push(setting.blame(mistake));
        }
    }
    let (scenario, found) = blocks::decode(&tree, overrides);
    mistakes.extend(found);
    match scenario {
        Some(scenario) if mistakes.is_empty() => Ok((scenario, tree)),
        _ => Err(sorted(mistakes)),
    }
}

/// The mistakes that variants make where the scenario itself has none.
fn check_variants(scenario: &Scenario, tree: &Table) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut plain = tree.clone();
    plain.remove("compare");
    for (index, variant) in scenario.compare.iter().enumerate() {
        let overrides: Vec<Override> = variant
            .set
            .iter()
            .map(|(path, value)| {
                let origin = source::variant_origin(tree, index, path);
                Override::from_variant(index, path, value, origin)
            })
            .collect();
        let Err(found) = decode_with(plain.clone(), &overrides) else { continue };
        for mut mistake in found {
            let own = format!("compare.{index}");
            if !mistake.path.starts_with(&own) {
                mistake.message = format!("variant `{}`: {}", variant.name, mistake.message);
                mistake.path = own;
            }
            mistakes.push(mistake);
        }
    }
    mistakes
}

/// In the order of the text, once each.
fn sorted(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| mistake.span.as_ref().map_or(usize::MAX, |span| span.start));
    mistakes.dedup();
    mistakes
}

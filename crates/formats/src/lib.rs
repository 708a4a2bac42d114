//! Files in and out: scenarios, AS relationships, worlds, tables, and the data sets that a world
//! is made from.
//!
//! Pure: takes text, bytes, `BufRead` and `Write`, and opens nothing. Bytes from outside never
//! panic. Data sets are dirty by nature, so their readers return the value *and* what they
//! [skipped]; a scenario is written by hand, so its reader accepts it whole or says all that is
//! wrong with it.
//!
//! Open first: [`scenario`] (TOML and JSON into [`catchment_model::Scenario`]), [`as_rel`]
//! (relationship files), [`world_file`] (`.world` files), [`table`] (what engines return).
//!
//! What is left out: nothing here resolves a scenario against a world, joins data sets, or knows
//! where a file came from. That is the business of `worlds` and of the shells.

pub mod airports;
pub mod as_names;
pub mod as_rel;
pub mod bots;
pub mod candidates;
pub mod cities;
pub mod compression;
mod delimited;
pub mod ip_ranges;
mod lines;
pub mod presence;
pub mod scenario;
pub mod skipped;
pub mod table;
pub mod world_file;

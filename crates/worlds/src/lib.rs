//! Worlds: the built-in ones, the synthetic Internet, those made from public data, and the
//! assembler that joins a world and a scenario into what the solver takes.
//!
//! Pure: no file, clock or environment; readers of files live in `formats`.
//!
//! Open first: [`builtin()`] (the named worlds), [`assemble()`] (scenario + world → world,
//! overlay, service, rules), [`schedule()`] (its events → what happens when), [`from_data`]
//! (relationship lists, places and weights → world), [`synthetic`] (the generated Internet),
//! [`cities`] (airport codes).

pub mod as_graph;
pub mod assemble;
mod base;
mod builtin;
pub mod cities;
pub mod from_data;
mod random;
pub mod shape;
pub mod synthetic;

pub use assemble::{Assembled, apply_change, assemble, botnets_of, resolve_botnet, schedule};
pub use base::BaseWorld;
pub use builtin::{BUILTINS, builtin};

//! Time: what happens, and to whom, between the moment a site fails and the moment everybody is
//! served again.
//!
//! Open first: [`script::Script`] (what is asked), [`delivery::Delivery`] (what becomes of each
//! client's packets).

pub mod delivery;
pub mod geodns;
pub mod script;
pub mod sites;

pub use delivery::{Delivery, Fate, FateChange, Source, Stages, Stream};
pub use script::Script;

//! Time: what happens, and to whom, between the moment a site fails and the moment everybody is
//! served again.
//!
//! Open first: [`script::Script`] (what is asked), [`delivery::Delivery`] (what becomes of each
//! client's packets).
//!
//! What is left out: routers have no queue for their processor, each message takes `proc_delay`;
//! other prefixes are there only as running MRAI timers (`mrai_busy`); retries of clients are at
//! their fixed point at once; a site that withdrew itself under load does not return by itself.
//! [`geodns`] and [`flows`] say what they leave out.

pub mod agenda;
pub mod damping;
pub mod delivery;
pub mod edge;
pub mod engine;
pub mod flows;
mod forwarding;
pub mod geodns;
pub mod history;
mod hybrid;
pub mod load;
pub mod outcome;
pub mod overload;
pub mod plane;
pub mod play;
pub mod prelude;
pub mod rtt;
pub mod script;
pub mod sites;
mod spread;
pub mod state;
pub mod timing;

pub use delivery::{Delivery, Fate, FateChange, Source, Stages, Stream};
pub use outcome::Outcome;
pub use prelude::Prelude;
pub use script::Script;

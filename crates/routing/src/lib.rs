//! Steady state: which site each network reaches, and why.
//!
//! Open first: [`decision`] (how one router chooses), [`policy`] (what routers tell each other),
//! [`Solver`] (who lands where). Three bodies answer the same question: `fixpoint` (slow, obvious,
//! for everything), `bucket` (exact in one ordered sweep, incremental), `packed` (the same for
//! plain worlds of one router per AS, in words that compare as the decision process does).
//! [`Batch`] asks the same question for many configurations of a service, side by side.
//!
//! What is left out: there is no time here (`dynamics` has it), so no route is older than
//! another; no route reflectors; no addresses of routers.

mod batch;
mod bucket;
mod catchment;
mod choice;
pub mod decision;
pub mod explain;
pub mod fixpoint;
mod packed;
pub mod policy;
mod solver;
pub mod table;
mod ties;

pub use batch::{
    Answer, Batch, Configuration, Demand, Instructions, MorePrepends, NotLanes, Sites, Wanted,
    Worker, double_failures, failures, single_failures,
};
pub use catchment::{Catchment, INDEX_MAX, PATH_LENGTH_MAX, Route, link_rtt_ms};
pub use choice::{Choice, choice, choice_at};
pub use decision::{Candidate, Selection, Step, Via};
pub use fixpoint::Oscillation;
pub use policy::{Policy, Situation};
pub use solver::{Change, Solver, Unsolved, solve};
pub use ties::{TieSets, Ties};

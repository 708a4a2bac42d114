//! Plans: questions of operators that take many solves or runs.
//!
//! Open first: [`brief::Brief`] (what a plan starts from), [`oracle::Oracle`] (who lands where
//! under a failure or a change, and who says so), [`answer::Answer`] (what every plan returns:
//! a verdict, tables with units, charts). Each module beside them is one question.
//!
//! What is left out: plans speak of the state in which the network comes to rest; how long it
//! takes to get there is asked of `dynamics`.

pub mod answer;
pub mod attack;
pub mod border;
pub mod brief;
pub mod capacity;
pub mod diff;
pub mod letters;
pub mod load;
pub mod oracle;
pub mod quantile;
pub mod report;
pub mod residency;
pub mod sites;
pub mod steer;
pub mod sweep;
mod words;

pub use answer::{Answer, Chart, Section, Verdict};
pub use brief::Brief;
pub use oracle::{Method, Oracle, Placement, Unplanned};

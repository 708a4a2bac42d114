//! Worlds that need no files: the synthetic Internet, the table of cities, and measures of both.

pub mod as_graph;
pub mod cities;
mod random;
pub mod shape;
pub mod synthetic;

//! The commands, one file each.

pub mod at;
pub mod config;
pub mod explain;
pub mod manual;
pub mod plan;
pub mod scenario;
pub mod serve;
pub mod simulate;
pub mod solve;
pub mod world;

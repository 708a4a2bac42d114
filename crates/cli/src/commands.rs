//! The commands, one file each.

pub mod at;
pub mod config;
pub mod explain;
#[cfg(target_os = "linux")]
pub mod lab;
pub mod manual;
pub mod plan;
pub mod scenario;
pub mod serve;
pub mod simulate;
pub mod solve;
pub mod world;

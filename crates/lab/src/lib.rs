//! Real BGP daemons in network namespaces, run by the scenario that the engines simulate.
//!
//! Open first: [`lab::Lab`] (a whole world on daemons: start, settle, act), then [`compare`] (what
//! three answers say side by side). Below are [`sandbox`] (a room of its own, so that nothing is
//! left behind), [`network`] (namespaces and links), [`wiring`] (who is joined to whom, and under
//! which addresses), [`bird`] (one daemon) and [`table`] (what a daemon uses).
//!
//! What is not here: configuration, which `configs` writes for every router of a world, and any
//! choice of a route.
//!
//! Linux only, and as root: elsewhere there is no more than the pure parts.

#[cfg(target_os = "linux")]
pub mod bird;
pub mod compare;
#[cfg(target_os = "linux")]
pub mod lab;
#[cfg(target_os = "linux")]
pub mod network;
#[cfg(target_os = "linux")]
pub mod sandbox;
pub mod table;
pub mod wiring;

//! The engines behind HTTP: an API with versioned paths, described by OpenAPI, and the user
//! interface inside the binary.
//!
//! Open first: [`api`] (what travels), [`engine`] (who answers).

pub mod api;
pub mod columns;
pub mod engine;

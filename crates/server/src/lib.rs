//! The engines behind HTTP: an API with versioned paths, described by OpenAPI, and the user
//! interface inside the binary.
//!
//! Open first: [`api`] (what travels), [`engine`] (who answers), [`serve`] (the server), `routes`
//! (its paths), `guard` (who may ask). It opens no files: worlds in files come through
//! [`engine::WorldFiles`], and the interface is part of the binary.

pub mod api;
mod app;
mod assets;
pub mod columns;
pub mod engine;
mod guard;
pub mod logs;
mod metrics;
mod openapi;
mod pool;
mod problem;
mod results;
mod routes;
mod runs;
pub mod serve;
mod stall;

pub use self::app::{LibraryScenario, Limits};
pub use self::guard::Token;
pub use self::openapi::document;

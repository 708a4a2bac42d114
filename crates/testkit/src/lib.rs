//! Generators of random worlds, fixed inputs of benches, the text form of small worlds, and the
//! picture of one. For tests and documents only.

pub mod colos;
pub mod happenings;
pub mod input;
pub mod picture;
pub mod random;
pub mod real;
pub mod story;

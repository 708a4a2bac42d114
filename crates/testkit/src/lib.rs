//! Generators of random worlds and the text form of small worlds. For tests only.

pub mod input;
pub mod random;
pub mod real;
pub mod story;

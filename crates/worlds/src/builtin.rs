//! The built-in worlds: small, named, and the same for everybody.
//!
//! `eight` is the normative fixture of models 12.4; the others show one thing each. Names of
//! transit networks are labels, not claims about contracts. Origins and clients use the numbers
//! reserved for documentation (RFC 5398).

mod eight;
mod plan;
mod teaching;

use crate::BaseWorld;

/// The names of the built-in worlds, each with the question that it is for.
pub const BUILTINS: &[(&str, &str)] = &[
    ("eight", "which of eight sites on four continents does each of 17 clients reach, and why?"),
    ("hello", "the same eight sites under the rules that introductions teach: who lands where?"),
    ("three-cities", "New York, Frankfurt, Singapore: who takes over when one of them dies?"),
    ("four-cities", "New York, London, Singapore, São Paulo: is the nearest site the one reached?"),
    ("tree", "how does a route climb to providers, cross one peering and come down again?"),
    ("empty", "the network of `eight` without sites: where would you put yours?"),
];

/// The built-in world of this name.
pub fn builtin(name: &str) -> Option<BaseWorld> {
    match name {
        "eight" => Some(eight::eight()),
        "hello" => Some(eight::hello()),
        "empty" => Some(eight::empty()),
        "three-cities" => Some(teaching::three_cities()),
        "four-cities" => Some(teaching::four_cities()),
        "tree" => Some(teaching::tree()),
        _ => None,
    }
}

//! Routing that never settles: a run says so, names who is at fault, and ends.

mod common;

use catchment_dynamics::play::Unfinished;
use catchment_model::Asn;
use common::net::Net;

/// BAD GADGET (Griffin, Shepherd, Wilfong 2002): 2, 3 and 4 peer with each other and have 1 as
/// customer; each prefers the way through the next to its own, and tells peers of its own only.
const WHEEL: &str = "2 > 1\n3 > 1\n4 > 1\n2 = 3\n3 = 4\n2 = 4\nsite a at 1\n";
const TURN: &str = "10 prefer 2 3 400; 10 prefer 3 4 400; 10 prefer 4 2 400";

fn check(net: &Net) {
    match net.try_play(TURN) {
        Err(Unfinished::Oscillation { ases, messages, at_s }) => {
            assert_eq!(ases, [2, 3, 4].map(Asn));
            assert_eq!(messages, 1_000_000);
            assert!(at_s >= 10);
        }
        Err(Unfinished::Cancelled) => panic!("nobody cancelled it"),
        Ok(_) => panic!("it settled"),
    }
}

#[test]
fn a_dispute_wheel_is_named() {
    check(&Net::of(WHEEL));
    check(&Net::of(WHEEL).rules("proc_delay=0s link_delay=0s"));
    check(&Net::of(WHEEL).rules("mrai_ebgp=30s"));
    check(&Net::of(WHEEL).rules("mrai_ebgp=30s wrate=true ssld=true"));
}

#[test]
fn those_who_only_follow_are_not_named() {
    // Customers hear each change, and can do nothing about it.
    let followers = "2 > 5\n3 > 5\n5 > 6\n4 > 7\n";
    check(&Net::of(&format!("{WHEEL}{followers}")));
    check(&Net::of(&format!("{WHEEL}{followers}")).rules("mrai_ebgp=30s"));
}

#[test]
fn a_wheel_with_an_even_number_of_spokes_settles() {
    // Two that prefer each other: whoever is first stays with it.
    let net = Net::of("2 > 1\n3 > 1\n2 = 3\nsite a at 1");
    let run = net.play("10 prefer 2 3 400; 20 prefer 3 2 400");
    assert_eq!((run.path_at("2", 100.0), run.path_at("3", 100.0)), ("3 1".into(), "1".into()));
}

#[test]
fn a_wheel_that_is_taken_apart_in_time_settles() {
    let net = Net::of(WHEEL);
    let run = net.play(&format!("{TURN}; 60 prefer 4 2 300"));
    assert_eq!(run.path_at("2", 1e6), "1");
    assert_eq!(run.path_at("3", 1e6), "4 1");
    assert_eq!(run.path_at("4", 1e6), "1");
}

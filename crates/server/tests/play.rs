//! What the engine answers about scenarios of the library.

mod common;

use catchment_server::api::SteeringName;
use common::{decode, played};

#[test]
fn hello_has_a_result_a_world_and_a_timeline() {
    let played = played("hello", &[SteeringName::Anycast, SteeringName::Geodns]);
    let result = &played.result;
    assert_eq!((result.sites.len(), result.clients.len(), result.runs.len()), (8, 17, 2));
    assert_eq!(result.runs[0].end_us, result.runs[1].end_us);
    let world = decode(&played.world());
    assert_eq!(world["asn"].len() as u32, result.world.dots);
    let timeline = decode(&played.timeline(0).unwrap());
    assert_eq!(timeline["stream_dot"].len() as u32, result.world.dots);
}

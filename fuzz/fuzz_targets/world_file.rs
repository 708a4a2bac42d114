//! A `.world` file from any bytes: an error at worst, and a world that was read is written as bytes
//! that read back equal. The checksum is not checked under fuzzing, since no fuzzer gets past it.
#![no_main]

use catchment_formats::world_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(world) = world_file::read(bytes) {
        let mut again = Vec::new();
        world_file::write(&world, &mut again).expect("memory does not fail");
        assert_eq!(world_file::read(&again).as_ref(), Ok(&world));
        // Whatever the world promises holds.
        for router in 0..world.router_count() as u32 {
            for session in world.sessions(router) {
                let neighbor = world.neighbors[session as usize];
                assert!(world.session_to(neighbor, router).is_some());
            }
        }
    }
});

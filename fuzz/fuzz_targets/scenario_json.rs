//! A scenario in JSON from any text: mistakes at worst; and a scenario that was read is written as
//! JSON that reads back equal.
#![no_main]

use catchment_formats::scenario::{self, Syntax};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = catchment_fuzz::text(bytes) else { return };
    match scenario::read(text, Syntax::Json, &[]) {
        Ok(reading) => {
            let json = scenario::write_json(&reading.scenario);
            let again = scenario::read(&json, Syntax::Json, &[]).expect("what was written is read");
            assert_eq!(again.scenario, reading.scenario);
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for span in mistakes.into_iter().filter_map(|mistake| mistake.span) {
                assert!(text.get(span).is_some());
            }
        }
    }
});

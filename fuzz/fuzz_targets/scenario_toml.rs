//! A scenario in TOML from any text: mistakes at worst, each inside the text; and a scenario that
//! was read is written as a text, in both syntaxes, that reads back equal.
#![no_main]

use catchment_formats::scenario::{self, Syntax};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = catchment_fuzz::text(bytes) else { return };
    match scenario::read(text, Syntax::Toml, &[]) {
        Ok(reading) => {
            let toml = scenario::write_toml(&reading.scenario);
            let again = scenario::read(&toml, Syntax::Toml, &[]).expect("what was written is read");
            assert_eq!(again.scenario, reading.scenario);
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
    // The first line as a setting of the command line.
    if let Some((path, value)) = text.lines().next().and_then(|line| line.split_once('=')) {
        let settings = [(path.to_owned(), value.to_owned())];
        let plain = "format = 1\nname = \"x\"\nworld.builtin = \"eight\"\n\
            service.prefixes = [\"192.0.2.0/24\"]\n[[site]]\nname = \"fra\"\n\
            neighbors = [{ asn = 1 }]\n[[event]]\nat = \"0s\"\nfail = \"fra\"\n";
        let _ = scenario::read(plain, Syntax::Toml, &settings);
    }
});

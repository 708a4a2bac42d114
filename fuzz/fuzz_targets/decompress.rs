//! Archives from any bytes: an error at worst, the same however the bytes arrive. Output is read to
//! a limit, since a small archive may hold much.
#![no_main]

use std::io::{BufReader, Read};

use catchment_formats::compression;
use libfuzzer_sys::fuzz_target;

const OUTPUT_MAX: u64 = 1 << 20;

fn unpack(reader: Box<dyn std::io::BufRead + '_>) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let archive = compression::decompress(reader).map_err(|error| error.to_string())?;
    let read = archive.take(OUTPUT_MAX).read_to_end(&mut out);
    read.map(|_| out).map_err(|error| error.to_string())
}

fuzz_target!(|bytes: &[u8]| {
    let whole = unpack(Box::new(bytes));
    let cut = unpack(Box::new(BufReader::with_capacity(3, bytes)));
    assert_eq!(whole.is_ok(), cut.is_ok());
    if let (Ok(whole), Ok(cut)) = (whole, cut) {
        assert_eq!(whole, cut);
    }
});

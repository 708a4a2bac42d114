//! A relationship file from any bytes: each line is a link, a comment, empty, or skipped; and it
//! does not matter how a reader cuts the bytes.
#![no_main]

use std::io::BufReader;

use catchment_formats::as_rel;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = as_rel::read(bytes).expect("memory does not fail");
    assert_eq!(whole.links.len(), whole.lines.len());
    assert!(whole.links.iter().all(|link| link.a.0 != 0 && link.b.0 != 0));
    let line_count = bytes.split(|byte| *byte == b'\n').count() as u64;
    let taken = whole.links.len() as u64 + whole.skipped.count() + whole.comments.count;
    assert!(taken <= line_count);
    for capacity in [1, 7, 64] {
        let cut = as_rel::read(BufReader::with_capacity(capacity, bytes));
        assert_eq!(cut.expect("memory does not fail"), whole);
    }
});

//! What fuzz targets share. The targets themselves are in `fuzz_targets/`, one file each; how to
//! add one is in `README.md`.

/// The input as text, or `None` if it is not UTF-8: readers of text get nothing else.
#[must_use]
pub fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

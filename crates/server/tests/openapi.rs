//! `docs/openapi.json` says what the server says.

use expect_test::expect_file;

#[test]
fn the_description_is_written_down() {
    expect_file!["../../../docs/openapi.json"].assert_eq(&catchment_server::document());
}

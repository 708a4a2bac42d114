//! What documents show is what the code says: `UPDATE_EXPECT=1` writes them anew.

use catchment_testkit::picture::picture;
use catchment_testkit::story::story;
use expect_test::expect_file;

#[test]
fn the_picture_of_eight_is_a_real_answer() {
    let story = story(
        "
        [world]
        builtin = \"eight\"
        [rules]
        oldest_rule = \"none\"
        med_deterministic = true
        ",
    );
    let title = "Where 17 clients land: eight sites, one address";
    let description = "A world map with eight sites and seventeen clients. Most clients land \
                       nearby; Sydney lands in Tokyo, and Tokyo-B in Singapore.";
    expect_file!["../../../docs/eight.svg"].assert_eq(&picture(&story, title, description));
}

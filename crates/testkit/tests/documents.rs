//! What documents show is what the code says: `UPDATE_EXPECT=1` writes them anew.

use std::fmt::Write as _;

use catchment_formats::scenario::{self, Syntax};
use catchment_model::Rules;
use catchment_testkit::picture::picture;
use catchment_testkit::story::story;
use catchment_worlds::{assemble, builtin};
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

/// The page around the table of parameters.
const RULES_HEAD: &str = "\
# Reference: the parameters of `[rules]`

All are optional, and `--set rules.NAME=VALUE` takes the same names. A default of \u{2013} follows
from the vendor profile or the world. `solve` and `explain` read the parameters that decide routes;
`simulate` and `explain --at` read those about time and load too. `u_target`, `diurnal_a`, `h_peak`,
`q_mrai` and `hops` are checked already, and change no output yet. How the rules combine is in
[scenario.md](scenario.md). A test writes this page from the table in
[crates/model/src/rules.rs](../crates/model/src/rules.rs).

| name | default | value | what it does |
|---|---|---|---|
";

#[test]
fn the_reference_of_rules_is_complete() {
    let mut page = RULES_HEAD.to_owned();
    for (parameter, value) in Rules::PARAMETERS.iter().zip(Rules::default().values()) {
        let default = match value.text.as_str() {
            "" => "\u{2013}".to_owned(),
            text => format!("`{text}`"),
        };
        let form = match (value.form.as_str(), parameter.range) {
            (form, "") => form.to_owned(),
            (form, range) if form.starts_with("a time") => format!("a time, {range} s"),
            (form, range) => format!("{form}, {range}"),
        };
        let doc = parameter.text();
        let name = parameter.name;
        writeln!(page, "| `{name}` | {default} | {form} | {doc} |").expect("strings take all");
    }
    expect_file!["../../../docs/rules.md"].assert_eq(&page);
}

#[test]
fn the_examples_of_the_scenario_reference_are_one_valid_scenario() {
    let page = include_str!("../../../docs/scenario.md");
    let blocks = page.split("```toml\n").skip(1);
    let text: String = blocks.map(|block| block.split("```").next().unwrap_or("")).collect();
    let reading = scenario::read(&text, Syntax::Toml, &[])
        .unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:#?}"));
    let base = builtin("eight").expect("it is built in");
    if let Err(mistakes) = assemble(&base, &reading.scenario) {
        panic!("{text}\n{mistakes:#?}");
    }
}

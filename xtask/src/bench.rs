//! `cargo xtask bench`: one line of JSON for the history of measurements.
//!
//! The figures come from the bench target `figures` of the routing crate: a plain program
//! (`harness = false`) that, given `--json`, prints one JSON object on stdout. This command adds
//! what makes a figure comparable later: commit, compiler, processor. There is no date in it; the
//! commit has one.

use std::fs;

use serde_json::{Map, Value, json};
use toml::de::DeTable;

use crate::setup;
use crate::shell::{Failure, cargo, program, read, root};

const PACKAGE: &str = "catchment-routing";
const MANIFEST: &str = "crates/routing/Cargo.toml";
const BENCH: &str = "figures";

pub fn run() -> Result<(), Failure> {
    setup::c_compiler()?;
    let manifest = fs::read_to_string(root().join(MANIFEST)).map_err(|error| {
        Failure::environment(format!("`{MANIFEST}` cannot be read: {error}"), "")
    })?;
    let figures = if has_bench(&manifest) {
        let mut command = cargo();
        command.args(["bench", "--package", PACKAGE, "--bench", BENCH, "--", "--json"]);
        figures_in(&read(&mut command)?)?
    } else {
        eprintln!("{MANIFEST} has no [[bench]] named `{BENCH}` yet: there are no figures");
        Map::new()
    };
    let commit = read(program("git").args(["rev-parse", "HEAD"]))?;
    let changes = read(program("git").args(["status", "--porcelain"]))?;
    let rustc = read(program("rustc").arg("--version"))?;
    let line = json!({
        "commit": commit.trim(),
        "uncommitted_changes": !changes.trim().is_empty(),
        "rustc": rustc.trim(),
        "cpu": cpu_model(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        "cpu_count": std::thread::available_parallelism().map_or(0, usize::from),
        "figures": figures,
    });
    println!("{line}");
    Ok(())
}

fn has_bench(manifest: &str) -> bool {
    let Ok(manifest) = DeTable::parse(manifest) else { return false };
    let benches = manifest.get_ref().get("bench").and_then(|it| it.get_ref().as_array());
    benches.is_some_and(|benches| {
        benches.iter().any(|bench| {
            bench.get_ref().get("name").and_then(|it| it.get_ref().as_str()) == Some(BENCH)
        })
    })
}

/// The bench's answer: all of its output, or the last line that is a JSON object.
fn figures_in(output: &str) -> Result<Map<String, Value>, Failure> {
    let mut candidates = std::iter::once(output).chain(output.lines().rev());
    candidates.find_map(|text| serde_json::from_str(text).ok()).ok_or_else(|| {
        Failure::check(
            format!("the bench `{BENCH}` printed no JSON object"),
            "with `--json` it must print its figures as one object on stdout",
        )
    })
}

/// The processor's name in the text of `/proc/cpuinfo`; empty on other systems.
fn cpu_model(cpuinfo: &str) -> &str {
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    model.and_then(|line| line.split_once(':')).map_or("", |(_, name)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bench_is_found_by_name() {
        assert!(has_bench("[[bench]]\nname = \"other\"\n[[bench]]\nname = \"figures\""));
        assert!(!has_bench("[[bench]]\nname = \"other\""));
        assert!(!has_bench("[package]\nname = \"figures\""));
    }

    #[test]
    fn figures_are_the_last_object_printed() {
        let figures = figures_in("warming up\n{\"solve_ms\": 1.5}\n").unwrap();
        assert_eq!(figures["solve_ms"], 1.5);
        assert_eq!(figures_in("nothing").unwrap_err().exit, 1);
    }

    #[test]
    fn the_processor_has_a_name() {
        assert_eq!(
            cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n"),
            "Some CPU @ 3 GHz"
        );
        assert_eq!(cpu_model(""), "");
    }
}

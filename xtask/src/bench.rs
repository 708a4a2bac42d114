//! `cargo xtask bench`: one line of JSON for the history of measurements.
//!
//! The figures come from the bench targets `figures` of routing, dynamics and planner: plain
//! programs (`harness = false`) that, given `--json`, print one JSON object on stdout. This command
//! adds whole runs of the release binary (bar P8 of the performance reference: read, solve, write
//! all rows; CPU time, as wall time depends on who else is at work), and what makes a figure
//! comparable later: commit, compiler, processor. There is no date in it; the commit has one.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

use serde_json::{Map, Value, json};
use toml::de::DeTable;

use crate::setup;
use crate::shell::{Failure, cargo, program, read, root};

/// The crates that measure themselves, by folder.
const CRATES: [&str; 3] = ["routing", "dynamics", "planner"];
const BENCH: &str = "figures";

pub fn run() -> Result<(), Failure> {
    setup::c_compiler()?;
    let mut figures = Map::new();
    for folder in CRATES {
        let path = format!("crates/{folder}/Cargo.toml");
        let manifest = fs::read_to_string(root().join(&path)).map_err(|error| {
            Failure::environment(format!("`{path}` cannot be read: {error}"), "")
        })?;
        if !has_bench(&manifest) {
            eprintln!("{path} has no [[bench]] named `{BENCH}`: there are no figures of it");
            continue;
        }
        let package = format!("catchment-{folder}");
        let mut command = cargo();
        command.args(["bench", "--package", &package, "--bench", BENCH, "--", "--json"]);
        figures.extend(figures_in(&read(&mut command)?)?);
    }
    figures.extend(whole_runs()?);
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

/// The graph of P8, below `CATCHMENT_DATA`.
const GRAPH: &str = "as-relationships/20260401.as-rel2.txt.bz2";
/// ASes of that graph that originate, as in `scenarios/internet-2026.toml`.
const SCENARIO: &str = "scenarios/internet-2026.toml";
/// Runs behind each median.
const RUNS: usize = 9;

/// CPU time of whole runs of `catchment solve` on the real graph, from decompressed text and from
/// a `.world` file. Nothing where the graph is not at hand.
fn whole_runs() -> Result<Map<String, Value>, Failure> {
    let mut figures = Map::new();
    let graph = env::var_os("CATCHMENT_DATA").map(|folder| Path::new(&folder).join(GRAPH));
    let Some(graph) = graph.filter(|graph| graph.exists()) else {
        eprintln!("CATCHMENT_DATA has no {GRAPH}: whole runs are not measured");
        return Ok(figures);
    };
    let mut build = cargo();
    run_quietly(build.args(["build", "--release", "--package", "catchment-cli"]))?;
    let binary = root().join("target/release/catchment");
    let folder = root().join("target/bench");
    let cannot = |error: std::io::Error| Failure::environment(format!("{error}"), "");
    fs::create_dir_all(&folder).map_err(cannot)?;
    let (text, world) = (folder.join("graph.txt"), folder.join("graph.world"));
    let unpacked = Command::new("bzip2").arg("-dkc").arg(&graph).stdin(Stdio::null()).output();
    let unpacked = unpacked.map_err(|error| {
        Failure::environment(format!("bzip2 cannot run: {error}"), "apt-get install bzip2")
    })?;
    File::create(&text).and_then(|mut file| file.write_all(&unpacked.stdout)).map_err(cannot)?;
    let make_world = ["world", "build", "--as-rel"];
    run_quietly(Command::new(&binary).args(make_world).arg(&text).arg("--out").arg(&world))?;
    for (name, key, file) in
        [("p8_from_text_cpu_ms", "as_rel", &text), ("p8_from_world_cpu_ms", "file", &world)]
    {
        let source = format!("world={{ {key} = '{}' }}", file.display());
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let before = children_cpu_ms();
            let mut solve = Command::new(&binary);
            solve.current_dir(root()).args(["solve", SCENARIO, "--format", "csv", "--set"]);
            run_quietly(solve.arg(&source).stdout(Stdio::null()))?;
            times.push(children_cpu_ms() - before);
        }
        times.sort_by(f64::total_cmp);
        figures.insert(name.to_owned(), json!(times[RUNS / 2]));
    }
    Ok(figures)
}

/// CPU time of all programs that we ran and that have ended, in ms.
fn children_cpu_ms() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let ms =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
    ms(usage.user_time()) + ms(usage.system_time())
}

fn run_quietly(command: &mut Command) -> Result<(), Failure> {
    let status = command.stdin(Stdio::null()).stderr(Stdio::inherit()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::check(format!("{command:?} ended with {status}"), "")),
        Err(error) => Err(Failure::environment(format!("{command:?} cannot run: {error}"), "")),
    }
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

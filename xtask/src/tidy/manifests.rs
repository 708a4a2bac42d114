//! Rules on manifests: which crate may import which, and that all share the workspace's lints.
//!
//! [`MAY_IMPORT`] is the picture in ARCHITECTURE.md as data. Change both together, and say why
//! in a decision under `docs/decisions/`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Finding, TextFile};

/// What each crate may import of ours, by folder under `crates/`. Tests may use `testkit` too.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("routing", &["model"]),
    ("dynamics", &["model", "routing"]),
    ("planner", &["model", "routing", "dynamics"]),
    ("formats", &["model"]),
    ("worlds", &["model"]),
    ("configs", &["model"]),
    ("testkit", PURE),
    ("server", PURE),
    ("lab", PURE),
    (
        "cli",
        &[
            "model", "routing", "dynamics", "planner", "formats", "worlds", "configs", "server",
            "lab",
        ],
    ),
];

/// The crates that touch nothing outside: no file, socket, clock, environment.
const PURE: &[&str] = &["model", "routing", "dynamics", "planner", "formats", "worlds", "configs"];

const TABLES: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];
const PREFIX: &str = "catchment-";

/// A manifest, parsed, with the file it came from.
struct Manifest<'a> {
    file: &'a TextFile,
    table: DeTable<'a>,
}

/// The layers: no crate imports what stands above or beside it.
pub fn layers(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let aliases = aliases(files);
    for file in manifests(files) {
        let manifest = match parse(file) {
            Ok(manifest) => manifest,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        match crate_of(&file.path) {
            Some(folder) => findings.extend(layer(&manifest, folder, &aliases)),
            None if file.path == "xtask/Cargo.toml" => {
                findings.extend(imports(&manifest, &aliases).map(|import| {
                    let what = format!("xtask may not import `{}`", import.name);
                    Finding::new(file, import.line, what, "run the `catchment` binary instead")
                }));
            }
            // The workspace's own manifest and that of the fuzz targets import what they like.
            None => {}
        }
    }
    findings
}

fn layer(manifest: &Manifest<'_>, folder: &str, aliases: &[(String, String)]) -> Vec<Finding> {
    let file = manifest.file;
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == folder) else {
        let what = format!("crate `{folder}` has no place among the layers");
        return vec![Finding::new(file, 1, what, "give it one: MAY_IMPORT in xtask/src/tidy")];
    };
    let mut findings = Vec::new();
    let package = manifest.table.get("package").and_then(|it| it.get_ref().get("name"));
    let name = package.and_then(|it| it.get_ref().as_str()).unwrap_or_default();
    if name.strip_prefix(PREFIX) != Some(folder) {
        let line = package.map_or(1, |name| line_of(file, name));
        let what = format!("package `{name}` is in the folder `crates/{folder}`");
        findings.push(Finding::new(file, line, what, format!("name it `{PREFIX}{folder}`")));
    }
    for import in imports(manifest, aliases) {
        let for_tests = import.table == "dev-dependencies";
        if allowed.contains(&import.name.as_str()) || for_tests && import.name == "testkit" {
            continue;
        }
        let allowed = if allowed.is_empty() {
            "nothing of ours".to_owned()
        } else {
            format!("only {}", allowed.join(", "))
        };
        let help = if import.name == "testkit" {
            "testkit is for [dev-dependencies]".to_owned()
        } else {
            format!("`{folder}` may import {allowed}; ARCHITECTURE.md says why")
        };
        let what = format!("`{folder}` may not import `{}` ({})", import.name, import.table);
        findings.push(Finding::new(file, import.line, what, help));
    }
    findings
}

/// A dependency on one of our crates.
struct Import {
    /// The folder under `crates/`.
    name: String,
    table: &'static str,
    line: usize,
}

/// The dependencies on our crates, of all platforms.
fn imports<'a>(
    manifest: &'a Manifest<'_>,
    aliases: &'a [(String, String)],
) -> impl Iterator<Item = Import> + 'a {
    let platforms = manifest.table.get("target").and_then(|it| it.get_ref().as_table());
    let platforms = platforms.into_iter().flat_map(DeTable::values);
    let platforms = platforms.filter_map(|platform| platform.get_ref().as_table());
    let places = std::iter::once(&manifest.table).chain(platforms);
    let tables = places.flat_map(|place| {
        TABLES
            .into_iter()
            .filter_map(move |name| Some((name, place.get(name)?.get_ref().as_table()?)))
    });
    tables.flat_map(move |(table, dependencies)| {
        dependencies.iter().filter_map(move |(key, value)| {
            let package = package_of(key.get_ref(), value, aliases);
            let name = package.strip_prefix(PREFIX)?.to_owned();
            Some(Import { name, table, line: line_of(manifest.file, key) })
        })
    })
}

/// The package behind a dependency, which may be renamed here or in the workspace.
fn package_of(key: &str, value: &Spanned<DeValue<'_>>, aliases: &[(String, String)]) -> String {
    let renamed = value.get_ref().get("package").and_then(|it| it.get_ref().as_str());
    let in_workspace = || aliases.iter().find(|(alias, _)| alias == key).map(|(_, it)| it.as_str());
    renamed.or_else(in_workspace).unwrap_or(key).to_owned()
}

/// The names under which the workspace's manifest offers packages of another name.
fn aliases(files: &[TextFile]) -> Vec<(String, String)> {
    let root = files.iter().find(|file| file.path == "Cargo.toml");
    let Some(manifest) = root.and_then(|file| parse(file).ok()) else { return Vec::new() };
    let workspace = manifest.table.get("workspace").and_then(|it| it.get_ref().as_table());
    let offered = workspace.and_then(|it| it.get("dependencies")?.get_ref().as_table());
    let pairs = offered.into_iter().flatten().filter_map(|(key, value)| {
        let package = value.get_ref().get("package")?.get_ref().as_str()?;
        Some((key.get_ref().to_string(), package.to_owned()))
    });
    pairs.collect()
}

/// Each crate takes the lints of the workspace.
pub fn lints(files: &[TextFile]) -> Vec<Finding> {
    let ours = |file: &&TextFile| crate_of(&file.path).is_some() || file.path == "xtask/Cargo.toml";
    let manifests = manifests(files).filter(ours).filter_map(|file| parse(file).ok());
    let without = manifests.filter(|manifest| {
        let lints = manifest.table.get("lints").and_then(|it| it.get_ref().get("workspace"));
        lints.and_then(|it| it.get_ref().as_bool()) != Some(true)
    });
    let finding = |manifest: Manifest<'_>| {
        let what = "the crate does not take the lints of the workspace";
        Finding::new(manifest.file, 1, what, "add `[lints]` with `workspace = true`")
    };
    without.map(finding).collect()
}

/// Only shells lift what clippy.toml forbids: files, sockets, clocks.
pub fn clippy_settings(files: &[TextFile]) -> Vec<Finding> {
    let in_pure = files.iter().filter(|file| {
        let Some((folder, name)) =
            file.path.strip_prefix("crates/").and_then(|it| it.split_once('/'))
        else {
            return false;
        };
        PURE.contains(&folder) && (name.ends_with("clippy.toml"))
    });
    let finding = |file| {
        let what = "a pure crate has Clippy settings of its own";
        Finding::new(file, 1, what, "delete it: only shells may open files, sockets and clocks")
    };
    in_pure.map(finding).collect()
}

fn manifests(files: &[TextFile]) -> impl Iterator<Item = &TextFile> {
    files.iter().filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"))
}

fn parse(file: &TextFile) -> Result<Manifest<'_>, Finding> {
    match DeTable::parse(&file.text) {
        Ok(table) => Ok(Manifest { file, table: table.into_inner() }),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let what = format!("this is not TOML: {}", error.message());
            Err(Finding::new(file, line_at(file, start), what, "correct the syntax"))
        }
    }
}

/// The folder `x` of `crates/x/Cargo.toml`.
fn crate_of(path: &str) -> Option<&str> {
    let folder = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!folder.contains('/')).then_some(folder)
}

fn line_of<T>(file: &TextFile, value: &Spanned<T>) -> usize {
    line_at(file, value.span().start)
}

/// The line of a place in the text, from 1.
fn line_at(file: &TextFile, offset: usize) -> usize {
    1 + file.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::testing::{check, files};
    use super::*;

    #[test]
    fn a_crate_imports_only_what_is_below_it() {
        check(
            layers(&files(
                "\
== crates/formats/Cargo.toml
[package]
name = \"catchment-formats\"
[dependencies]
catchment-model.workspace = true
catchment-routing.workspace = true
serde = \"1\"
[target.'cfg(unix)'.dependencies]
catchment-worlds = { path = \"../worlds\" }
== crates/routing/Cargo.toml
[package]
name = \"catchment-routing\"
[dependencies]
catchment-testkit.workspace = true
[dev-dependencies]
catchment-testkit.workspace = true
catchment-formats.workspace = true
",
            )),
            expect![[r#"
                crates/formats/Cargo.toml:5: `formats` may not import `routing` (dependencies)
                  help: `formats` may import only model; ARCHITECTURE.md says why
                crates/formats/Cargo.toml:8: `formats` may not import `worlds` (dependencies)
                  help: `formats` may import only model; ARCHITECTURE.md says why
                crates/routing/Cargo.toml:4: `routing` may not import `testkit` (dependencies)
                  help: testkit is for [dev-dependencies]
                crates/routing/Cargo.toml:7: `routing` may not import `formats` (dev-dependencies)
                  help: `routing` may import only model; ARCHITECTURE.md says why
            "#]],
        );
    }

    #[test]
    fn another_name_hides_no_import() {
        check(
            layers(&files(
                "\
== Cargo.toml
[workspace.dependencies]
paths = { path = \"crates/routing\", package = \"catchment-routing\" }
== crates/model/Cargo.toml
[package]
name = \"catchment-model\"
[dependencies]
paths.workspace = true
files = { package = \"catchment-formats\", path = \"../formats\" }
",
            )),
            expect![[r#"
                crates/model/Cargo.toml:5: `model` may not import `formats` (dependencies)
                  help: `model` may import nothing of ours; ARCHITECTURE.md says why
                crates/model/Cargo.toml:4: `model` may not import `routing` (dependencies)
                  help: `model` may import nothing of ours; ARCHITECTURE.md says why
            "#]],
        );
    }

    #[test]
    fn xtask_and_unknown_crates_are_seen() {
        check(
            layers(&files(
                "\
== crates/extra/Cargo.toml
[package]
name = \"catchment-extra\"
== crates/model/Cargo.toml
[package]
name = \"model\"
== crates/worlds/Cargo.toml
[package
== xtask/Cargo.toml
[dependencies]
catchment-model.workspace = true
",
            )),
            expect![[r#"
                crates/extra/Cargo.toml:1: crate `extra` has no place among the layers
                  help: give it one: MAY_IMPORT in xtask/src/tidy
                crates/model/Cargo.toml:2: package `model` is in the folder `crates/model`
                  help: name it `catchment-model`
                crates/worlds/Cargo.toml:1: this is not TOML: unclosed table, expected `]`
                  help: correct the syntax
                xtask/Cargo.toml:2: xtask may not import `model`
                  help: run the `catchment` binary instead
            "#]],
        );
    }

    #[test]
    fn all_take_the_lints_of_the_workspace() {
        check(
            lints(&files(
                "\
== crates/model/Cargo.toml
[lints]
workspace = true
== crates/routing/Cargo.toml
[lints.clippy]
all = \"allow\"
== fuzz/Cargo.toml
[package]
",
            )),
            expect![[r#"
                crates/routing/Cargo.toml:1: the crate does not take the lints of the workspace
                  help: add `[lints]` with `workspace = true`
            "#]],
        );
    }

    #[test]
    fn pure_crates_have_no_clippy_settings() {
        check(
            clippy_settings(&files(
                "== clippy.toml\n== crates/cli/clippy.toml\n== crates/model/.clippy.toml\n",
            )),
            expect![[r#"
                crates/model/.clippy.toml:1: a pure crate has Clippy settings of its own
                  help: delete it: only shells may open files, sockets and clocks
            "#]],
        );
    }
}

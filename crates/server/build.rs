//! Puts the built user interface, `ui/dist`, into the library: paths, contents, hashes.
//!
//! Without it the library compiles too, and says how to build one.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&manifest).join("../..");
    let (ui, dist) = (root.join("ui"), root.join("ui/dist"));
    // A path that is missing would count as changed at each build: the nearest that is there.
    let watched = [&dist, &ui].into_iter().find(|path| path.is_dir());
    let watched = watched.map_or_else(|| root.join("Cargo.toml"), PathBuf::clone);
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    if dist.is_dir() {
        list(&dist, &mut files);
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let below = file.strip_prefix(&dist).expect("it lies below");
        let path = below.to_str().expect("Vite writes names in UTF-8").replace('\\', "/");
        let mut hasher = DefaultHasher::new();
        hasher.write(&fs::read(&file).expect("it is readable"));
        let hash = format!("{:016x}", hasher.finish());
        let file = fs::canonicalize(&file).expect("it is there");
        writeln!(
            table,
            "    Asset {{ path: {path:?}, hash: {hash:?}, content: include_bytes!({file:?}) }},"
        )
        .expect("strings take all");
    }
    table.push_str("]\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("assets.rs");
    fs::write(out, table).expect("the folder for generated files is writable");
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            list(&path, into);
        } else {
            into.push(path);
        }
    }
}

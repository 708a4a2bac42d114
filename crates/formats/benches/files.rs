//! What files cost. The input is `internet`: a made-up relationship file of the size and shape of
//! the graph of April 2026 (79,327 ASes, 728,153 links, 13.6 MB of text), equal on every machine;
//! with `CATCHMENT_DATA` set, the real one.
//!
//! What the times should be, on one core of some 3 GHz: a line has 19 bytes and takes 15 ns to
//! parse (11 ms in all); a `.world` file of 9 MB is one checksum at 10 GB/s, one copy at 5 GB/s and
//! one check of 1.46 M sessions at 1 ns (4 ms); a row of 60 bytes takes 60 ns (5 ms).

#![expect(clippy::disallowed_methods, reason = "a bench opens the real file if there is one")]

use std::hint::black_box;
use std::io::{Read, Write};

use catchment_formats::table::{write_csv, write_json, write_parquet};
use catchment_formats::{as_rel, compression, world_file};
use catchment_model::table::Values;
use catchment_model::{Table, World};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const AS_COUNT: u64 = 79_327;
const LINK_COUNT: u64 = 728_153;

/// The relationship file.
fn internet() -> Vec<u8> {
    if let Some(folder) = std::env::var_os("CATCHMENT_DATA") {
        let path = std::path::Path::new(&folder).join("as-relationships/20260401.as-rel2.txt.bz2");
        let file = std::io::BufReader::new(std::fs::File::open(path).expect("the real graph"));
        let mut text = Vec::new();
        let mut reader = compression::decompress(Box::new(file)).expect("a bzip2 archive");
        reader.read_to_end(&mut text).expect("a whole archive");
        return text;
    }
    let mut text = Vec::new();
    let mut state = 1_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    // ASNs of all lengths that occur: most of 4 to 6 digits.
    let asn = |index: u64| if index < 50_000 { index + 1 } else { 5 * index };
    let mut per_as = LINK_COUNT / AS_COUNT;
    for a in 0..AS_COUNT {
        if a == AS_COUNT - 1 {
            per_as += LINK_COUNT % AS_COUNT;
        }
        for _ in 0..per_as {
            let (b, peer) = (draw(AS_COUNT), draw(4) != 0);
            let code = if peer { "0" } else { "-1" };
            let source = if peer && draw(2) == 0 { "mlp" } else { "bgp" };
            writeln!(text, "{}|{}|{code}|{source}", asn(a), asn(b)).expect("memory");
        }
    }
    text
}

/// What `solve` prints for that graph: 79,327 rows of 9 columns.
fn solve_table() -> Table {
    let rows = AS_COUNT as usize;
    let words = |texts: &[&str], step: usize| Values::Word {
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        rows: (0..rows).map(|row| (row / step % texts.len()) as u32).collect(),
    };
    let paths: Vec<String> =
        (0..rows).map(|row| format!("{} 3356 1299 {}", row + 1, 64500 + row % 8)).collect();
    let mut table = Table::default();
    table.push("asn", "", Values::Integer((0..rows as i64).map(Some).collect()));
    table.push("site", "", words(&["fra", "lhr", "nrt", "sin", "jfk", "mia", "gru", "bom"], 3));
    table.push("class", "", words(&["customer", "peer", "provider"], 7));
    let lengths = (0..rows).map(|row| Some(row as i64 % 7)).collect();
    table.push("path_length", "", Values::Integer(lengths));
    table.push("as_path", "", Values::from_texts(paths.iter().map(|path| Some(&**path))));
    let rtts = (0..rows).map(|row| (row % 9 != 0).then_some(row as f64 / 777.7)).collect();
    table.push("rtt_ms", "ms", Values::Decimal { decimals: 3, values: rtts });
    table.push("tied_sites", "", words(&["fra", "fra|lhr", "nrt|sin"], 2));
    table.push("tied_shares", "", words(&["1.000000", "0.500000|0.500000"], 2));
    table.push("decided_by", "", words(&["path-length", "router-id", "local-pref", "only"], 5));
    table
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("formats/internet");
    group.sample_size(20);

    let text = internet();
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read_as_rel", |b| b.iter(|| as_rel::read(black_box(&*text))));

    let links = as_rel::read(&*text).expect("memory").links;
    let (world, _) = World::from_links("internet", &links);
    group.bench_function("links_to_world", |b| b.iter(|| World::from_links("x", &links)));
    let mut file = Vec::new();
    world_file::write(&world, &mut file).expect("memory");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("open_world", |b| b.iter(|| world_file::read(black_box(&file))));
    group.bench_function("write_world", |b| b.iter(|| world_file::write(&world, Vec::new())));

    let table = solve_table();
    let mut csv = Vec::new();
    write_csv(&table, &mut csv).expect("memory");
    group.throughput(Throughput::Bytes(csv.len() as u64));
    group.bench_function("write_csv", |b| b.iter(|| write_csv(&table, std::io::sink())));
    group.bench_function("write_json", |b| b.iter(|| write_json(&table, std::io::sink())));
    group.bench_function("write_parquet", |b| b.iter(|| write_parquet(&table, Vec::new())));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);

//! Hybrid steering: DNS says which region's prefix, BGP which of its sites (models 7.4).

use std::collections::BTreeMap;

use crate::delivery::{Delivery, Fate, FateChange, Stages};
use crate::geodns::RegionAnswers;

/// What becomes of packets that follow `answers`, given what becomes of those to each prefix.
///
/// # Panics
/// If an answer names a prefix of which nothing is known, or one of other sources.
pub fn combine(answers: &RegionAnswers, deliveries: &BTreeMap<u16, Delivery>) -> Delivery {
    let source_count = answers.sources.len();
    // In each delivery, the changes of each source; it has one stream for each.
    let by_source: BTreeMap<u16, Vec<Vec<FateChange>>> = deliveries
        .iter()
        .map(|(prefix, delivery)| {
            let mut rows = vec![Vec::new(); source_count];
            for change in &delivery.changes {
                rows[delivery.streams[change.stream as usize].source as usize].push(*change);
            }
            (*prefix, rows)
        })
        .collect();
    let mut turns = vec![Vec::new(); answers.streams.len()];
    for change in &answers.changes {
        turns[change.stream as usize].push(*change);
    }
    let start_of = |prefix: Option<u16>, source: usize| {
        prefix.map_or(Fate::NoRoute, |prefix| deliveries[&prefix].start[source])
    };
    let mut changes = Vec::new();
    let mut start = Vec::with_capacity(answers.streams.len());
    for (index, (stream, first)) in answers.streams.iter().zip(&answers.start).enumerate() {
        let source = stream.source as usize;
        let mut fate = start_of(*first, source);
        start.push(fate);
        let mut told = *first;
        let mut from_us = i64::MIN;
        let mut turns = turns[index].iter().peekable();
        loop {
            let until_us = turns.peek().map_or(i64::MAX, |turn| turn.at_us);
            if let Some(prefix) = told {
                let row = &by_source[&prefix][source];
                let first = row.partition_point(|it| it.at_us <= from_us);
                for change in row[first..].iter().take_while(|it| it.at_us < until_us) {
                    fate = change.fate;
                    changes.push(FateChange { stream: index as u32, ..*change });
                }
            }
            let Some(turn) = turns.next() else { break };
            told = turn.region;
            from_us = turn.at_us;
            let here = |prefix: u16| {
                let row = &by_source[&prefix][source];
                let done = row.partition_point(|it| it.at_us <= turn.at_us);
                match done.checked_sub(1) {
                    Some(last) => row[last].fate,
                    None => deliveries[&prefix].start[source],
                }
            };
            let next = told.map_or(Fate::NoRoute, here);
            if next != fate {
                fate = next;
                let stages = Stages {
                    detection_us: turn.detection_us,
                    client_us: turn.client_us,
                    ..Stages::default()
                };
                let (at_us, stream) = (turn.at_us, index as u32);
                changes.push(FateChange { at_us, stream, fate, cause: turn.cause, stages });
            }
        }
    }
    changes.sort_by_key(|change| (change.at_us, change.stream));
    let ends = deliveries.values().map(|delivery| delivery.end_us);
    let end_us = ends.chain([answers.end_us]).max().unwrap_or(0);
    let (sources, streams) = (answers.sources.clone(), answers.streams.clone());
    Delivery { sources, streams, start, changes, end_us }
}

//! Hybrid steering: DNS says which region's prefix, BGP which of its sites (models 7.4).

use std::collections::BTreeMap;

use crate::delivery::{Delivery, Fate, FateChange, Stages, Stream};
use crate::geodns::{RegionAnswers, RegionChange};

/// What becomes of packets that follow `answers`, given what becomes of those to each prefix. Each
/// part of a source that asks one resolver is cut into the parts that go different ways.
///
/// # Panics
/// If an answer names a prefix of which nothing is known, or one of other sources.
pub fn combine(answers: &RegionAnswers, deliveries: &BTreeMap<u16, Delivery>) -> Delivery {
    let mut parts = vec![Vec::new(); answers.sources.len()];
    if let Some(delivery) = deliveries.values().next() {
        for (index, stream) in (0..).zip(&delivery.streams) {
            parts[stream.source as usize].push((index, stream.share));
        }
    }
    let rows: BTreeMap<u16, Rows<'_>> =
        deliveries.iter().map(|(prefix, delivery)| (*prefix, Rows::new(delivery))).collect();
    let mut turns = vec![Vec::new(); answers.streams.len()];
    for change in &answers.changes {
        turns[change.stream as usize].push(*change);
    }
    let (mut streams, mut start, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for (asker, (stream, first)) in answers.streams.iter().zip(&answers.start).enumerate() {
        for (part, share) in &parts[stream.source as usize] {
            let index = streams.len() as u32;
            streams.push(Stream { source: stream.source, share: stream.share * share });
            start.push(fate_at(&rows, *first, *part, i64::MIN));
            follow(&rows, *first, &turns[asker], *part, |change| {
                changes.push(FateChange { stream: index, ..change });
            });
        }
    }
    changes.sort_by_key(|change| (change.at_us, change.stream));
    let ends = deliveries.values().map(|delivery| delivery.end_us);
    let end_us = ends.chain([answers.end_us]).max().unwrap_or(0);
    Delivery { sources: answers.sources.clone(), streams, start, changes, end_us }
}

/// A delivery, stream by stream.
struct Rows<'a> {
    start: &'a [Fate],
    changes: Vec<Vec<FateChange>>,
}

impl Rows<'_> {
    fn new(delivery: &Delivery) -> Rows<'_> {
        let mut changes = vec![Vec::new(); delivery.streams.len()];
        for change in &delivery.changes {
            changes[change.stream as usize].push(*change);
        }
        Rows { start: &delivery.start, changes }
    }
}

/// What becomes of a part's packets to a prefix at a time.
fn fate_at(rows: &BTreeMap<u16, Rows<'_>>, prefix: Option<u16>, part: u32, at_us: i64) -> Fate {
    let Some(prefix) = prefix else { return Fate::NoRoute };
    let rows = &rows[&prefix];
    let row = &rows.changes[part as usize];
    match row.partition_point(|it| it.at_us <= at_us).checked_sub(1) {
        Some(last) => row[last].fate,
        None => rows.start[part as usize],
    }
}

/// Follows one part through its answers.
fn follow(
    rows: &BTreeMap<u16, Rows<'_>>,
    first: Option<u16>,
    turns: &[RegionChange],
    part: u32,
    mut push: impl FnMut(FateChange),
) {
    let mut fate = fate_at(rows, first, part, i64::MIN);
    let (mut told, mut from_us) = (first, i64::MIN);
    let mut turns = turns.iter().peekable();
    loop {
        let until_us = turns.peek().map_or(i64::MAX, |turn| turn.at_us);
        if let Some(prefix) = told {
            let row = &rows[&prefix].changes[part as usize];
            let next = row.partition_point(|it| it.at_us <= from_us);
            for change in row[next..].iter().take_while(|it| it.at_us < until_us) {
                if change.fate != fate {
                    fate = change.fate;
                    push(*change);
                }
            }
        }
        let Some(turn) = turns.next() else { return };
        (told, from_us) = (turn.region, turn.at_us);
        let next = fate_at(rows, told, part, turn.at_us);
        if next != fate {
            fate = next;
            let stages = Stages {
                detection_us: turn.detection_us,
                client_us: turn.client_us,
                ..Stages::default()
            };
            let (at_us, cause) = (turn.at_us, turn.cause);
            push(FateChange { at_us, stream: part, fate, cause, stages, answer: true });
        }
    }
}

//! What has moved between two placements: whose demand, from where to where.

use catchment_dynamics::Stream;

use crate::oracle::Placement;

/// Demand of one source that one placement serves elsewhere than another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// The source, by index.
    pub source: u32,
    /// Where it was served; `None` for nowhere.
    pub from: Option<u32>,
    /// Where it is served then.
    pub to: Option<u32>,
    /// Share of the source's demand that this is, above 0 to 1.
    pub share: f64,
}

/// Shares below it are what is left of sums that should be 0.
const NOTHING: f64 = 1e-9;

/// What has moved, ascending by source.
///
/// Where a source is spread over several sites, no more is moved than must be, and what leaves
/// several sites goes to those that gain in proportion.
pub fn moves(before: &Placement, after: &Placement) -> Vec<Move> {
    let mut moves = Vec::new();
    let is_whole = |placement: &Placement| placement.streams.iter().all(|it| it.share == 1.0);
    if is_whole(before) && is_whole(after) {
        for ((stream, from), (other, to)) in before.iter().zip(after.iter()) {
            assert_eq!(stream.source, other.source, "two placements of other sources");
            if from != to {
                moves.push(Move { source: stream.source, from, to, share: 1.0 });
            }
        }
        return moves;
    }
    let (mut old, mut new) = (by_source(before).peekable(), by_source(after).peekable());
    while let (Some((source, was)), Some((other, is))) = (old.next(), new.next()) {
        assert_eq!(source, other, "two placements of other sources");
        if let ([(from, _)], [(to, _)]) = (&was[..], &is[..]) {
            if from != to {
                moves.push(Move { source, from: *from, to: *to, share: 1.0 });
            }
            continue;
        }
        let share_in = |all: &[(Option<u32>, f64)], site: Option<u32>| {
            all.iter().find(|(it, _)| *it == site).map_or(0.0, |(_, share)| *share)
        };
        let gains: Vec<(Option<u32>, f64)> = is
            .iter()
            .map(|(site, share)| (*site, share - share_in(&was, *site)))
            .filter(|(_, gain)| *gain > NOTHING)
            .collect();
        let gained: f64 = gains.iter().map(|(_, gain)| gain).sum();
        for (from, share) in &was {
            let lost = share - share_in(&is, *from);
            if lost <= NOTHING {
                continue;
            }
            let part = |(to, gain): &(Option<u32>, f64)| Move {
                source,
                from: *from,
                to: *to,
                share: lost * gain / gained,
            };
            moves.extend(gains.iter().map(part));
        }
    }
    moves
}

/// For each source the sites where it is served, with shares that sum to 1.
fn by_source(placement: &Placement) -> impl Iterator<Item = (u32, Vec<(Option<u32>, f64)>)> + '_ {
    let mut all = placement.iter().peekable();
    std::iter::from_fn(move || {
        let (Stream { source, share }, site) = all.next()?;
        let mut sites = vec![(site, share)];
        while let Some((stream, site)) = all.next_if(|(stream, _)| stream.source == source) {
            match sites.iter_mut().find(|(it, _)| *it == site) {
                Some((_, share)) => *share += stream.share,
                None => sites.push((site, stream.share)),
            }
        }
        Some((source, sites))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From text such as `a, b 0.5, - 0.5`: a source for each part that begins at 1.
    fn placement(text: &str) -> Placement {
        let (mut streams, mut sites) = (Vec::new(), Vec::new());
        for (source, line) in (0..).zip(text.split(';')) {
            for part in line.split(',') {
                let (site, share) = part.trim().split_once(' ').unwrap_or((part.trim(), "1"));
                streams.push(Stream { source, share: share.parse().unwrap() });
                sites.push(site.parse().ok());
            }
        }
        let rtt_ms = vec![None; sites.len()];
        Placement { streams, sites, rtt_ms }
    }

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        let site = |site: Option<u32>| site.map_or("-".to_owned(), |site| site.to_string());
        let show =
            |it: &Move| format!("{}: {} {}>{}", it.source, it.share, site(it.from), site(it.to));
        let found: Vec<String> =
            moves(&placement(before), &placement(after)).iter().map(show).collect();
        assert_eq!(found.join(", "), expected);
    }

    #[test]
    fn whole_sources_move() {
        check("0; 1; -", "0; 2; 1", "1: 1 1>2, 2: 1 ->1");
        check("0", "-", "0: 1 0>-");
    }

    #[test]
    fn no_more_is_moved_than_must_be() {
        check("0 0.5, 1 0.5", "1", "0: 0.5 0>1");
        check("0", "0 0.5, 1 0.25, 2 0.25", "0: 0.25 0>1, 0: 0.25 0>2");
        check("0 0.5, 1 0.5", "1 0.5, 0 0.5", "");
        check("0 0.5, 1 0.5", "2 0.75, - 0.25", {
            "0: 0.375 0>2, 0: 0.125 0>-, 0: 0.375 1>2, 0: 0.125 1>-"
        });
    }
}
